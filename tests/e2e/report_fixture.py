"""A made-up statement with everything a report shows; its parts add up exactly, and some of its names are hostile."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

from tests.e2e.fixture import FORMULA, SCRIPT

YEARS = (2022, 2023, 2024)
METHODS = ("location", "market")
NAMES = {
    "electricity.grid": {"en": "Electricity from the grid", "zh": "外购电力"},
    "heat.district": {"en": "District heat", "zh": "外购热力"},
    "stationary.natural_gas": {"en": "Natural gas", "zh": "天然气"},
    "mobile.petrol": {"en": "Petrol of vehicles", "zh": "车用汽油"},
    "fugitive.r410a": {"en": SCRIPT, "zh": SCRIPT},
}
UNITS = {
    "electricity.grid": "kWh",
    "heat.district": "GJ",
    "stationary.natural_gas": "m3",
    "mobile.petrol": "L",
    "fugitive.r410a": "kg",
}
FACTORS = {  # made up; tonnes of a gas per unit, the gas, its GWP, the scope
    ("electricity.grid", "location"): ("0.0005366", "CO2", "1", "2"),
    ("electricity.grid", "market"): ("0.000412", "CO2", "1", "2"),
    ("heat.district", "location"): ("0.11", "CO2", "1", "2"),
    ("heat.district", "market"): ("0.11", "CO2", "1", "2"),
    ("stationary.natural_gas", None): ("0.0021840291", "CO2", "1", "1"),
    ("stationary.natural_gas", "CH4"): ("0.000000038931", "CH4", "27.9", "1"),
    ("mobile.petrol", None): ("0.0022025207", "CO2", "1", "1"),
    ("fugitive.r410a", None): ("0.001", "HFC-32/HFC-125", "2255.5", "1"),
}
MOST = {
    "electricity.grid": 4_000_000,
    "heat.district": 2_000,
    "stationary.natural_gas": 60_000,
    "mobile.petrol": 9_000,
    "fugitive.r410a": 20,
}


def both(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


def text_of(value: Decimal) -> str:
    """Return a number as the statement writes it: plain, no zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def statement_json(sites: int = 5) -> dict[str, Any]:
    """Return the statement of ``sites`` made-up sites; the same on every run."""
    random = Random(20241231)
    names = [{"en": f"Campus {number + 1}", "zh": f"园区{number + 1}"} for number in range(sites)]
    names[1] = both(SCRIPT)
    names[2] = both(FORMULA)
    quantities = {
        (f"s{number}", activity, year): Decimal(random.randint(most // 4, most)) * (100 - 2 * place) / 100
        for number in range(sites)
        for activity, most in MOST.items()
        for place, year in enumerate(YEARS)
        if activity != "fugitive.r410a" or number == 1
    }
    calculation = _calculation(quantities, sites)
    sums = _sums(quantities, calculation)
    totals = _totals(sums["totals"])
    return {
        "organisation": {"id": "made-up", "name": {"en": "A made-up company", "zh": "虚构公司"}},
        "years": list(YEARS),
        "base_year": YEARS[0],
        "unit": "tCO2e",
        "scopes": ["1", "2"],
        "basis": {
            "methodology": {"id": "made-up", "title": {"en": "A made-up methodology", "zh": "虚构方法"}},
            "gases": ["CO2", "CH4", "HFC"],
            "gwp": "AR6",
            "scope2": list(METHODS),
            "headline_scope2": "location",
            "consolidation": "operational-control",
            "coal_equivalent": {"source": "gbt2589-2020", "electricity": "dangliang"},
            "boundary_id": "all-sites",
            "known_at": None,
            "notes": [],
            "boundary": [
                {
                    "site": f"s{number}",
                    "name": name,
                    "region": "CN",
                    "share": "1",
                    "control": ["financial", "operational"],
                    "from": "2022-01-01",
                    "to": None,
                }
                for number, name in enumerate(names)
            ],
        },
        "totals": totals,
        "memo": [{"year": year, "kind": "biogenic", "value": "1.25", "unit": "t"} for year in YEARS],
        "gases": _rows(sums["gases"], ("year", "scope", "method", "gas"), unit="tCO2e"),
        "sites": _rows(sums["sites"], ("site", "year", "scope", "method")),
        "sources": [
            {**row, "name": NAMES[row["activity"]]}
            for row in _rows(sums["sources"], ("activity", "year", "scope", "method"))
        ],
        "intensities": _intensities(totals),
        **_energy(quantities),
        "water": {
            "account": [
                {"kind": kind, "year": year, "flow": "water", "value": value, "unit": "ML"}
                for kind, value in (("withdrawal", "130.722"), ("discharge", "111.114"), ("consumption", "19.608"))
                for year in YEARS
            ]
        },
        "waste": [],
        "targets": _targets(totals),
        "restatement": _restatement(),
        "drivers": [
            {
                "from": first,
                "to": first + 1,
                "method": "location",
                "parts": [
                    {"part": "activity", "name": {"en": "activity", "zh": "活动水平"}, "amount": "-120.5"},
                    {"part": "weather", "name": {"en": "weather", "zh": "天气"}, "amount": "44.125"},
                    {"part": "factor-real", "name": {"en": "factor, really changed", "zh": "因子"}, "amount": "0"},
                ],
                "why": None,
            }
            for first in YEARS[:-1]
        ],
        "verification": {
            "checks": 78,
            "passed": 77,
            "findings": [
                finding("reported-differs", "error", f"The figure {SCRIPT} cannot be true.", file="reported.csv", row=2)
            ],
        },
        "uncertainty": _uncertainty(totals),
        "quality": [
            {"year": year, "scope": "total", "quality": quality, "percent": percent}
            for year in YEARS
            for quality, percent in (
                ("measured", "20.5"),
                ("invoiced", "70"),
                ("estimated", "7"),
                ("not-stated", "2.5"),
            )
        ],
        "completeness": {
            "expected_months": 900,
            "complete": 890,
            "estimated": 6,
            "missing": 4,
            "partial": 0,
            "overlapping": 0,
        },
        "caveats": [
            {
                "code": "missing-months",
                "severity": "error",
                "message": both("4 months have no bill."),
                "figures": ["totals"],
                "count": 4,
            },
            {
                "code": "estimated",
                "severity": "warning",
                "message": both("7 % of the emissions are estimated."),
                "figures": ["totals"],
                "count": 1,
            },
            {
                "code": "scope-3-not-in",
                "severity": "info",
                "message": both("Scope 3 is not in it."),
                "figures": ["totals"],
                "count": 1,
            },
        ],
        "calculation": calculation,
        "factors": _factors(calculation),
        "seal": {
            "root": "ab" * 32,
            "sealed": {"number": 2, "time": "2025-03-01T10:00:00Z", "root": "cd" * 32, "same": False},
            "problem": None,
        },
        **_beside(),
        **_boundaries(sums["totals"]),
        "versions": {"hsesg_carbon": "0.1.0"},
        "findings": [
            *(
                finding("site-share-applied", "info", f"s{number} of {year} counts in part.")
                | {"where": None, "data": {"site": f"s{number}", "year": str(year), "percent": "60"}}
                for number in range(sites)
                for year in YEARS
            ),
            *(
                finding(
                    "bills-gap", "warning", f"{number} days of {SCRIPT} have no bill.", file="bills.csv", row=number
                )
                | {"data": {"days": str(number)}}
                for number in range(20, 25)
            ),
            finding("meter-gap", "warning", f"meter {FORMULA} has a gap.", file="bills.csv", row=7, sheet=SCRIPT),
        ],
    }


def finding(code: str, severity: str, text: str, **where: Any) -> dict[str, Any]:
    return {"code": code, "severity": severity, "message": both(text), "where": where, "data": {}}


def _calculation(quantities: Mapping[tuple[str, str, int], Decimal], sites: int) -> list[dict[str, Any]]:
    rows = []
    for year in YEARS:
        for (activity, kind), (multiplier, flow, gwp, scope) in FACTORS.items():
            used = [value for (_, one, when), value in quantities.items() if (one, when) == (activity, year)]
            quantity = sum(used, Decimal(0))
            amount = quantity * Decimal(multiplier)
            rows.append(
                {
                    "id": f"{activity}|{kind or '-'}|{flow}|{year}",
                    "year": year,
                    "scope": scope,
                    "method": kind if scope == "2" else None,
                    "activity": activity,
                    "name": NAMES[activity],
                    "region": "CN",
                    "instrument": None,
                    "quantity": text_of(quantity),
                    "unit": UNITS[activity],
                    "multiplier": multiplier,
                    "amount": text_of(amount),
                    "flow": flow,
                    "share": "1",
                    "gwp": gwp,
                    "tco2e": text_of(amount * Decimal(gwp)),
                    "factor": f"made-up.{activity}.{kind or flow}",
                    "properties": ["made-up.gas.ncv"] if activity == "stationary.natural_gas" else [],
                    "steps": [f"{text_of(quantity)} {UNITS[activity]}", f"x {multiplier} t/{UNITS[activity]}"],
                    "reason": {"en": f"Rule of {SCRIPT}", "zh": f"{SCRIPT}的规则"},
                    "fit": ["exact"],
                    "rounded": [],
                    "sites": len(used),
                }
            )
    return rows


def _sums(quantities: Mapping[tuple[str, str, int], Decimal], calculation: list[dict[str, Any]]) -> dict[str, Any]:
    sums: dict[str, Any] = {name: defaultdict(Decimal) for name in ("totals", "gases", "sites", "sources")}
    for row in calculation:
        methods = METHODS if row["method"] is None else (row["method"],)
        year, scope = row["year"], row["scope"]
        value = Decimal(row["tco2e"])
        each = {
            site: quantity * Decimal(row["multiplier"]) * Decimal(row["gwp"])
            for (site, activity, when), quantity in quantities.items()
            if (activity, when) == (row["activity"], year)
        }
        places = [(scope, row["method"]), *(("total", method) for method in methods)]
        sums["gases"][year, scope, row["method"], row["flow"]] += value
        for part, method in places:
            sums["totals"][year, part, method] += value
            sums["sources"][row["activity"], year, part, method] += value
            for site, amount in each.items():
                sums["sites"][site, year, part, method] += amount
    return sums


def _rows(sums: Mapping[tuple[Any, ...], Decimal], names: tuple[str, ...], **more: Any) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key, strict=True)), "value": text_of(value), **more} for key, value in sums.items()]


def _totals(sums: Mapping[tuple[int, str, str | None], Decimal]) -> list[dict[str, Any]]:
    rows = []
    for (year, scope, method), value in sums.items():
        before, base = sums.get((year - 1, scope, method)), sums[YEARS[0], scope, method]
        rows.append(
            {
                "year": year,
                "scope": scope,
                "method": method,
                "value": text_of(value),
                "estimated_percent": "7",
                "change_percent": None if before is None else _percent(value, before),
                "since_base_percent": None if year == YEARS[0] else _percent(value, base),
                "low": float(value) * 0.95 if method == "location" else None,
                "high": float(value) * 1.06 if method == "location" else None,
            }
        )
    return rows


def _percent(now: Decimal, then: Decimal) -> str:
    return text_of(round((now - then) * 100 / then, 12))


def _intensities(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "denominator": "revenue",
            "name": {"en": "revenue", "zh": "营业收入"},
            "year": row["year"],
            "scope": row["scope"],
            "method": row["method"],
            "value": text_of(round(Decimal(row["value"]) / 6581, 12)),
            "unit": "tCO2e/million CNY",
            "denominator_value": "6581",
            "denominator_unit": "million CNY",
            "boundary": "group",
            "source": f"made up, {SCRIPT}",
        }
        for row in totals
    ]


def _energy(quantities: Mapping[tuple[str, str, int], Decimal]) -> dict[str, Any]:
    per = {
        "electricity.grid": "0.0036",
        "heat.district": "1",
        "stationary.natural_gas": "0.0389",
        "mobile.petrol": "0.0318",
    }
    rows, totals = [], []
    for year in YEARS:
        gj = {
            activity: sum(
                (v for (_, one, when), v in quantities.items() if (one, when) == (activity, year)), Decimal(0)
            )
            * Decimal(value)
            for activity, value in per.items()
        }
        whole = sum(gj.values())
        for activity, value in gj.items():
            rows.append(
                {
                    "carrier": activity.split(".")[-1] if activity != "electricity.grid" else "electricity",
                    "name": NAMES[activity],
                    "year": year,
                    "gj": text_of(value),
                    "mwh": text_of(round(value / Decimal("3.6"), 12)),
                    "tce": text_of(value * Decimal("0.0341")),
                    "renewable_percent": "12.5" if activity == "electricity.grid" else "0",
                    "share_percent": text_of(round(value * 100 / whole, 12)),
                    "tce_share_percent": text_of(round(value * 100 / whole, 12)),
                }
            )
        totals.append(
            {
                "year": year,
                "gj": text_of(whole),
                "mwh": text_of(round(whole / Decimal("3.6"), 12)),
                "tce": text_of(whole * Decimal("0.0341")),
                "tce_basis": "dangliang",
                "renewable_percent": "10.4",
                "renewable_by_method": {"location": "10.4", "market": "22.75"},
            }
        )
    return {"energy": rows, "energy_totals": totals, "energy_calculation": _energy_calculation(rows, per)}


def _energy_calculation(rows: list[dict[str, Any]], per: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the products that the energy is made of, as if each carrier were one row."""
    activities = {one.split(".")[-1] if one != "electricity.grid" else "electricity": one for one in per}
    found = []
    for row in rows:
        activity = activities[row["carrier"]]
        for measure, unit, each in (("gj", "GJ", per[activity]), ("tce", "tce", "0.0341")):
            quantity = text_of(Decimal(row["gj"]) / (Decimal(each) if measure == "gj" else 1))
            found.append(
                {
                    **{"id": f"{activity}|{measure}|{row['year']}", "year": row["year"], "carrier": row["carrier"]},
                    **{"activity": activity, "name": NAMES[activity], "region": "CN", "technology": None},
                    **{"quantity": quantity, "unit": "GJ" if measure == "tce" else "unit", "multiplier": each},
                    **{"amount": row[measure], "flow": measure, "flow_unit": unit, "share": "1"},
                    **{"counted": row[measure], "factor": None, "properties": ["made-up.gas.ncv"], "sites": 1},
                    **{"steps": [f"{quantity} x {each}"], "reason": both("made up"), "fit": ["exact"], "rounded": []},
                }
            )
    return found


def _targets(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    actual = {row["year"]: row["value"] for row in totals if (row["scope"], row["method"]) == ("total", "location")}
    start = Decimal(actual[YEARS[0]])
    return [
        {
            "target": "neutral-2060",
            "what": "emissions",
            "kind": "trajectory",
            "site": None,
            "source": "made up",
            "complete": True,
            "year": year,
            "value": text_of(round(start * share / 100, 3)),
            "unit": "tCO2e",
            "actual": actual.get(year),
            "interpolated": year in (2023, 2024),
        }
        for year, share in ((2022, 100), (2023, 97), (2024, 94), (2030, 75), (2060, 0))
    ]


def _restatement() -> dict[str, Any]:
    return {
        "before": {"id": "earlier", "title": both("The earlier basis")},
        "after": {"id": "made-up", "title": both("A made-up methodology")},
        "years": [
            {
                "year": year,
                "before": "9188.0887763453292",
                "after": "8666.7091004453292",
                "difference": "-521.3796759",
                "percent": "-5.674517177525",
                "causes": [
                    {
                        "cause": "factor-choice",
                        "name": {"en": "other factor vintage or source", "zh": "改用其他年份或来源的因子"},
                        "amount": "-600.3796759",
                    },
                    {"cause": "boundary", "name": {"en": "boundary", "zh": "核算边界"}, "amount": "79"},
                ],
            }
            for year in YEARS[:2]
        ],
        "reason": {"en": "A later edition of the factors.", "zh": "采用新版排放因子。"},
    }


def _uncertainty(totals: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "method": "approach-2",
        "draws": 65536,
        "seed": 0,
        "totals": [
            {
                "year": row["year"],
                "scope": row["scope"],
                "low": row["low"],
                "high": row["high"],
                "percent_low": -5.0,
                "percent_high": 6.0,
            }
            for row in totals
            if row["low"] is not None
        ],
        "contributions": [
            {"year": YEARS[-1], "scope": "total", "source": source, "name": both(source), "share_percent": share}
            for source, share in (("made-up factor of electricity", 86.0), (SCRIPT, 13.5), ("made-up gas", 0.5))
        ],
    }


def _beside() -> dict[str, Any]:
    measure = {"measure": FORMULA, "scope": "2", "source": f"made up, {SCRIPT}", "flow": "CO2e-reduced"}
    credit = {"kind": "CCER", "registry": SCRIPT, "flow": "CO2e-credits", "unit": "tCO2e"}
    return {
        "measures": [{**measure, "year": year, "value": "53.66", "unit": "tCO2e"} for year in YEARS[1:]],
        "offsets": [
            {**credit, "vintage": "2022", "year": 2024, "status": "retired", "value": "120"},
            {**credit, "vintage": "2023", "year": "-", "status": "held", "value": "80.5"},
        ],
    }


def _boundaries(sums: Mapping[tuple[int, str, str | None], Decimal]) -> dict[str, Any]:
    told = {"flow": "CO2e", "unit": "tCO2e"}
    shares = {"equity-share": Decimal("0.6"), "financial-control": Decimal(1), "operational-control": Decimal(1)}
    return {
        "consolidations": [
            {"consolidation": one, "year": year, "scope": scope, **told, "value": text_of(value * share)}
            for one, share in shares.items()
            for (year, scope, method), value in sums.items()
            if scope != "total" and method in {None, "location"}
        ],
        "national": [
            {"year": year, "item": item, **told, "value": text_of(sums[year, scope, method])}
            for year in YEARS
            for item, scope, method in (
                ("total", "total", "location"),
                ("electricity-bought", "2", "location"),
                ("fuel-combustion", "1", None),
            )
        ],
    }


def _factors(calculation: list[dict[str, Any]]) -> list[dict[str, Any]]:
    source = {
        "id": "made-up",
        "title": both(f"A made-up table {SCRIPT}"),
        "publisher": "nobody",
        "edition": "1",
        "published": "2024",
    }
    ids = dict.fromkeys(row["factor"] for row in calculation)
    rows = [
        {
            "id": one,
            "kind": "factor",
            "what": both(one.split(".")[1]),
            "value": "0.5366",
            "unit": "kgCO2/kWh",
            "basis": None,
            "region": "CN",
            "valid": "2022",
            "source": source,
            "locator": "Table 1",
            "checked": "primary",
            "note": "made up",
            "used_by": [row["id"] for row in calculation if row["factor"] == one],
        }
        for one in ids
    ]
    ncv = {
        **rows[0],
        "id": "made-up.gas.ncv",
        "kind": "property",
        "what": both("heating value"),
        "value": "38.931",
        "unit": "MJ/m3",
        "basis": "net",
    }
    return [*rows, {**ncv, "used_by": [row["id"] for row in calculation if "made-up.gas.ncv" in row["properties"]]}]
