"""
A made-up monitor, in the form of `monitor --json`: rich enough to fill every part of the page, with hostile names.

No figure in it is real. Factors are round numbers chosen for the test (0.5 kgCO2e/kWh and the like), so that nobody can
mistake them for anything published.
"""

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

SCRIPT = "<script>alert(1)</script>"
CLOSING = "</script><img src=x onerror=alert(2)>"
FORMULA = "=cmd|' /C calc'!A0"


@dataclass(frozen=True)
class Carrier:
    """What is consumed, in made-up figures: tonnes per unit, a base load and a weather-driven part of 12 months."""

    id: str
    en: str
    zh: str
    unit: str
    scope: str
    kwh: Decimal
    tce: Decimal
    tco2e: Decimal
    base: float
    swing: float
    winter_only: bool = False


CARRIERS = (
    Carrier(
        "electricity",
        "Electricity",
        "电力",
        "kWh",
        "2",
        Decimal(1),
        Decimal("0.0001"),
        Decimal("0.0005"),
        180_000,
        0.35,
    ),
    Carrier(
        "natural-gas", "Natural gas", "天然气", "m3", "1", Decimal(10), Decimal("0.001"), Decimal("0.002"), 6_000, -0.6
    ),
    Carrier(
        "heat",
        "Purchased heat",
        "外购热力",
        "GJ",
        "2",
        Decimal(300),
        Decimal("0.03"),
        Decimal("0.1"),
        900,
        -0.9,
        winter_only=True,
    ),
)
NAMES = (
    ("hangzhou-hq", "Hangzhou headquarters", "杭州总部", "CN-ZJ"),
    ("shanghai-lab", "Shanghai laboratory", "上海实验楼", "CN-SH"),
    ("beijing-office", "Beijing office", "北京办公区", "CN-BJ"),
    ("shenzhen-dc", "Shenzhen data centre", "深圳数据中心", "CN-GD"),
    ("hostile", f"Depot {SCRIPT}", f"仓库{CLOSING}", "CN-HB"),
)
SEASON = (0.9, 0.8, 0.2, -0.1, -0.3, -0.7, -1.0, -1.0, -0.5, -0.1, 0.3, 0.8)
"""How wintry a month is, -1 to 1."""


def months_from(first: int, count: int) -> list[str]:
    return [f"{first + place // 12}-{place % 12 + 1:02d}" for place in range(count)]


def monitor_json(sites: int = 5, months: int = 36, seed: int = 8) -> dict[str, Any]:
    """Return a monitor of made-up figures: the same for the same arguments."""
    random = Random(seed)
    calendar = months_from(2022, months)
    places = [_site(number) for number in range(sites)]
    made: dict[str, Any] = {
        "organisation": {"id": "made-up", "name": {"en": "Made-up Campus Ltd", "zh": "虚构园区有限公司"}},
        "basis": {
            "methodology": "ghgp-cn",
            "gwp": "AR6",
            "scope2_method": "location",
            "consolidation": "operational-control",
            "boundary": "made-up",
        },
        "month": calendar[-1],
        "months": calendar,
        "years": sorted({int(month[:4]) for month in calendar}),
        "sites": places,
        "carriers": [{"id": one.id, "name": {"en": one.en, "zh": one.zh}, "unit": one.unit} for one in CARRIERS],
        "series": [],
        "baselines": [],
        "anomalies": [],
        "completeness": [],
        "models": [],
        "figures": [],
    }
    for place, site in enumerate(places):
        for carrier in CARRIERS:
            _fill(made, site["id"], place, carrier, random)
    for part in (_denominators, _indicators, _targets, _rooms, _bands, _bills, _shares, _findings):
        part(made, random)
    return made


def _site(number: int) -> dict[str, Any]:
    if number < len(NAMES):
        id_, en, zh, region = NAMES[number]
        return {"id": id_, "name": {"en": en, "zh": zh}, "region": region}
    return {"id": f"site-{number:03d}", "name": {}, "region": "CN-ZJ"}


def _fill(made: dict[str, Any], site: str, place: int, carrier: Carrier, random: Random) -> None:
    """Add the months of one site and carrier: what was metered, what was expected, what went wrong."""
    scale = 1 + 0.4 * ((place * 7) % 5)
    last = len(made["months"]) - 1
    planted = {
        (0, "electricity", last): ("step", "consumption", 1.21),
        (1, "electricity", last): ("spike", "meter-fault", 4.0),
        (3, "electricity", last): ("drift", "consumption", 1.14),
        (2, "natural-gas", last): ("stuck", "meter-fault", 1.35),
        (4, "electricity", last - 4): ("drop", "consumption", 0.78),
        (0, "natural-gas", last - 9): ("decimal", "data", 10.0),
    }
    missing = {(2, "electricity", last), (4, "natural-gas", last - 2), (1, "heat", last - 11)}
    for number, month in enumerate(made["months"]):
        winter = SEASON[int(month[5:]) - 1]
        key = {"site": site, "carrier": carrier.id, "month": month}
        if carrier.winter_only and winter < 0.2:
            made["completeness"].append({**key, "status": "not-expected", "days": 0, "of": 30})
            continue
        expected = carrier.base * scale * (1 - carrier.swing * winter * 0.5)
        spread = 0.06 * expected
        fault = planted.get((place, carrier.id, number))
        actual = expected * (fault[2] if fault else 1 + random.uniform(-0.04, 0.04))
        known = (place, carrier.id, number) not in missing and random.random() > 0.004
        quantity = Decimal(f"{actual:.2f}") + Decimal(random.randrange(1000)) / 100_000
        estimated = "1" if known and random.random() < 0.02 else ("0.25" if known and random.random() < 0.02 else "0")
        status = ("estimated" if estimated == "1" else "complete") if known else "missing"
        if known and (place, number) == (3, last):
            status = "partial"
        made["completeness"].append({**key, "status": status, "days": 30 if status == "complete" else 21, "of": 30})
        made["series"].append(
            {
                **key,
                "scope": carrier.scope,
                "quantity": format(quantity, "f") if known else None,
                "unit": carrier.unit,
                "kwh": format(quantity * carrier.kwh, "f") if known else None,
                "tce": format(quantity * carrier.tce, "f") if known else None,
                "tco2e": format(quantity * carrier.tco2e, "f") if known else None,
                "estimated": estimated,
            }
        )
        made["baselines"].append({**key, "expected": expected, "low": expected - spread, "high": expected + spread})
        if fault and known:
            band = (expected, expected - spread, expected + spread)
            made["anomalies"].append(_anomaly({**key, "unit": carrier.unit}, fault, float(quantity), band))
    made["models"].append(
        {
            "site": site,
            "carrier": carrier.id,
            "kind": "degree-days" if place % 2 else "month-of-year",
            "training": [made["months"][0], made["months"][min(23, last)]],
            "r2": 0.93 - 0.04 * (place % 5),
            "cv_rmse": 3.5 + place % 5,
            "months": min(24, last + 1),
        }
    )


def _anomaly(
    key: dict[str, Any], fault: tuple[str, str, float], actual: float, band: tuple[float, float, float]
) -> dict[str, Any]:
    kind, group, _ = fault
    expected, low, high = band
    unit, month = key["unit"], key["month"]
    percent = (actual / expected - 1) * 100
    return {
        "site": key["site"],
        "carrier": key["carrier"],
        "month": month,
        "meter": "00123",
        "kind": kind,
        "group": group,
        "actual": actual,
        "expected": expected,
        "low": low,
        "high": high,
        "deviation_percent": percent,
        "reason": {
            "en": f"{month}: {actual:,.0f} {unit} where {low:,.0f} to {high:,.0f} was expected, {percent:+.0f} %. "
            + _WHY[kind][0],
            "zh": f"{month}：{actual:,.0f} {unit}，预期为{low:,.0f}至{high:,.0f} {unit}，偏差{percent:+.0f} %。"
            + _WHY[kind][1],
        },
    }


_WHY = {
    "step": ("It stays high: something new runs day and night.", "持续偏高：可能有新设备昼夜运行。"),
    "drop": ("It stays low: equipment was switched off or a meter lost.", "持续偏低：设备停用或漏接电表。"),
    "drift": ("It has risen for months: a set point or a leak.", "连续数月上升：设定值变化或泄漏。"),
    "spike": ("A single reading four times the usual: read the meter again.", "单次读数为平时四倍：请重新抄表。"),
    "stuck": ("The same reading three months in a row: the meter stands still.", "连续三个月读数相同：表计停走。"),
    "decimal": ("Ten times the usual: a shifted decimal point or another unit.", "为平时十倍：小数点或单位有误。"),
}


def _denominators(made: dict[str, Any], random: Random) -> None:
    made["denominators"] = [
        {"site": site["id"], "denominator": name, "period": str(year), "value": value, "unit": unit}
        for site in made["sites"]
        for year in made["years"]
        for name, value, unit in (
            ("floor_area", str(20_000 + random.randrange(9000)), "m2"),
            ("persons", "850", "person"),
        )
    ]


def _indicators(made: dict[str, Any], random: Random) -> None:
    made["indicators"] = [
        {
            "indicator": indicator,
            "site": site["id"],
            "carrier": carrier,
            "period": str(year),
            "value": f"{start * random.uniform(0.8, 1.2):.3f}",
            "unit": unit,
            "baseline": f"{start:.3f}" if year > made["years"][0] else None,
            "change_percent": f"{random.uniform(-12, 9):.2f}" if year > made["years"][0] else None,
        }
        for site in made["sites"]
        for year in made["years"]
        for indicator, carrier, start, unit in (
            ("energy-per-area", "electricity", 92.5, "kWh/m2"),
            ("energy-per-person", "electricity", 2310.0, "kWh/person"),
            ("emissions-per-area", None, 51.2, "kgCO2e/m2"),
        )
    ]


def _targets(made: dict[str, Any], random: Random) -> None:
    year = made["years"][-1]
    used = {
        measure: sum(
            (Decimal(row[measure] or 0) for row in made["series"] if row["month"][:4] == str(year)), Decimal(0)
        )
        for measure in ("tce", "tco2e")
    }
    made["targets"] = [
        {
            "target": f"{what}-{year}",
            "site": None,
            "what": what,
            "year": year,
            "plan": plan,
            "unit": unit,
            "actual_to_date": None if actual is None else format(actual, "f"),
            "months_covered": 12,
            "completion_percent": None if actual is None else f"{actual * 100 / Decimal(plan):.6f}",
            "plan_to_date": plan,
        }
        for what, plan, unit, actual in (
            ("energy", "4300", "tce", used["tce"]),
            ("emissions", "15800", "tCO2e", used["tco2e"]),
            ("electricity", "17000000", "kWh", None),
        )
    ]
    made["trajectory"] = [
        {
            "target": "neutral-2060",
            "year": one,
            "value": str(13_000 if one <= 2030 else round(13_000 * (2060 - one) / 30)),
            "unit": "tCO2e",
            "actual": str(12_000 + 300 * (one - 2022)) if one in made["years"] else None,
            "interpolated": one not in {2022, 2030, 2060},
        }
        for one in range(2022, 2061)
    ]


def _rooms(made: dict[str, Any], random: Random) -> None:
    made["pue"] = [
        {
            "site": "shenzhen-dc",
            "month": month,
            "value": None if number == 5 else f"{1.32 + random.uniform(-0.05, 0.08):.4f}",
        }
        for number, month in enumerate(made["months"])
    ]


def _bands(made: dict[str, Any], random: Random) -> None:
    made["bands"] = [
        {
            "site": site["id"],
            "standard": "made-up band",
            "building": "office",
            "climate": "made-up",
            "unit": "kWh/m2",
            "constraint": "110",
            "guide": "80",
            "actual": f"{random.uniform(70, 120):.2f}",
            "position": "between",
            "source": "made up for the test",
        }
        for site in made["sites"][:4]
    ]


def _bills(made: dict[str, Any], random: Random) -> None:
    made["reconciliation"] = [
        {
            "site": made["sites"][0]["id"],
            "carrier": "electricity",
            "meter": "00123",
            "month": month,
            "bill": "180000",
            "metered": metered,
            "unit": "kWh",
            "difference_percent": difference,
            "within": within,
        }
        for month in made["months"][-12:]
        for metered, difference, within in [
            ("172800.5", "4.17", False) if month == made["month"] else ("179100.25", "0.50", True)
        ]
    ]


def _shares(made: dict[str, Any], random: Random) -> None:
    made["recharges"] = [
        {
            "site": made["sites"][0]["id"],
            "tenant": tenant,
            "carrier": "electricity",
            "month": month,
            "quantity": f"{random.randrange(900_000, 1_100_000) / 100:.2f}",
            "unit": "kWh",
            "tco2e": f"{random.randrange(400_000, 600_000) / 100_000:.5f}",
        }
        for month in made["months"][-12:]
        for tenant in ("Café Lotus", FORMULA, "+86 Logistics", "@home", "-minus")
    ]
    made["estimated"] = [
        {"scope": scope, "year": year, "percent": f"{random.uniform(0, 9):.2f}"}
        for year in made["years"]
        for scope in ("1", "2")
    ]


def _findings(made: dict[str, Any], random: Random) -> None:
    where = {"file": "activity/electricity.csv", "row": 17, "column": "quantity", "value": FORMULA}
    made["findings"] = [
        {"code": code, "severity": severity, "message": text, "where": place, "data": {}}
        for code, severity, text, place in (
            ("made-up-one", "warning", f"A made-up finding about {SCRIPT}.", where),
            ("made-up-two", "info", "Two quantities were rounded to the grid. (made up)", None),
            ("made-up-three", "error", "A row could not be read. (made up)", where),
        )
    ]
