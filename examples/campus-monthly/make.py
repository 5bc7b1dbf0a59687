"""
Write the tables of this example: ``python make.py [FOLDER]``. Every figure is made up; the same seed, the same bytes.

Use is drawn day by day, as whole kWh, m3, litres or tenths of a GJ, so that bills of calendar months and bills that
cross months are sums of the same days. Only ``random()`` of the standard library and plain arithmetic are used: they
give the same digits on every machine.

Each year's electricity, natural gas, petrol and water of all sites together are what Hundsun published for 2022 to 2024
(``examples/hundsun-2024``), **before** the faults are planted. How they divide over sites, meters, days is made up.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from random import Random

SEED = 20241231
FIRST, LAST = date(2022, 1, 1), date(2024, 12, 31)
YEARS = (2022, 2023, 2024)
DAYS = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
MONTHS = [(year, month) for year in YEARS for month in range(1, 13)]
MADE_UP = "made up 虚构"

PUBLISHED = {  # all sites together, by year: Hundsun's report of 2024, its years as examples/hundsun-2024 assigns them
    "electricity": {2022: 15_471_207, 2023: 15_722_244, 2024: 15_387_360},
    "gas": {2022: 160_036, 2023: 147_699, 2024: 123_278},
    "petrol": {2022: 6_963, 2023: 10_694, 2024: 8_508},
    "water": {2022: 141_558, 2023: 127_654, 2024: 130_722},
}
MACHINE_ROOMS = {2022: 801_300, 2023: 812_600, 2024: 825_400}
"""Hangzhou's machine room and the servers in Shanghai: 2024 is the published 82.54 x 10^4 kWh, the rest made up."""

NEW_YEAR = (date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10))
HOLIDAYS = {(1, 1), (4, 5), (5, 1), (5, 2), (5, 3), (6, 22), (9, 29), (10, 1), (10, 2), (10, 3), (10, 4), (10, 5)}

CLIMATES = {  # made up, shaped like the cities' climates: mean temperature of each month, C
    "hz": (5, 7, 11, 17, 22, 25, 29, 28.5, 24.5, 19, 13, 7),
    "bj": (-3, 0, 7, 15, 21, 25, 27, 26, 21, 14, 5, -1),
    "sh": (5, 6.5, 10.5, 16, 21, 25, 29, 28.5, 25, 20, 14, 7.5),
    "sz": (15.5, 17, 19.5, 23, 26, 28, 29, 28.5, 27.5, 25.5, 21.5, 17),
    "wh": (4, 7, 12, 18, 23, 26.5, 29.5, 28.5, 24, 18, 12, 6),
}
HEATING_BASE, COOLING_BASE = 18, 26
FELT = 24
"""The temperature from which the buildings are cooled: not the base of the degree days, as with real buildings."""
MIDDLE = 15
"""The day on which a month's normal stands; between two of them it is interpolated."""
BREAK = range(7)
"""The days off at the New Year, from its first day on."""
EMPTY = range(-4, 10)
"""The days around the New Year on which many are away."""


@dataclass(frozen=True)
class Load:
    """
    What the use of a meter follows, as weights of a day: each is the share of an ordinary day's use.

    ``work``: on working days; ``heat``, ``cool``: per degree below 18 or above 24 C; ``noise``: standard deviation of a
    month; ``idle``: what is missing around the New Year; ``season``: only in the heating season of the north.
    """

    base: float
    work: float = 0.0
    heat: float = 0.0
    cool: float = 0.0
    noise: float = 0.02
    idle: float = 0.25
    season: bool = False


@dataclass(frozen=True)
class Meter:
    """A meter: its site, carrier, share of the year's total, what it follows, and the day on which its bills begin."""

    site: str
    name: str
    carrier: str
    share: float
    load: Load
    cut: int = 1


@dataclass(frozen=True)
class Bill:
    """One bill; ``quantity`` counts the smallest unit (``UNITS``)."""

    key: str
    meter: Meter
    start: date
    end: date
    quantity: int
    quality: str = "invoiced"
    note: str = MADE_UP


UNITS = {
    "electricity": ("electricity.grid", "kWh", 1),
    "gas": ("stationary.natural_gas", "m3", 1),
    "heat": ("heat.purchased", "GJ", 10),
    "petrol": ("mobile.petrol", "L", 1),
}
"""Activity, unit, and how many of what is counted make one unit."""

OFFICE = Load(base=0.55, work=0.40, heat=0.010, cool=0.050)
METERS = (
    Meter("hz", "00101", "electricity", 0.37, OFFICE),
    Meter("hz", "00102", "electricity", 0.24, Load(0.70, 0.25, 0.008, 0.040, idle=0.15)),
    Meter("hz", "00103", "electricity", 0.05, OFFICE, cut=16),
    Meter("wh", "4201-A", "electricity", 0.130, OFFICE),
    Meter("wh", "4201-B", "electricity", 0.020, OFFICE, cut=26),
    Meter("bj", "1100256", "electricity", 0.075, Load(0.60, 0.38, 0.000, 0.055)),
    Meter("sz", "0755-7", "electricity", 0.055, Load(0.50, 0.35, 0.000, 0.055)),
    Meter("sh", "3101-9", "electricity", 0.060, Load(0.94, 0.04, 0.000, 0.008, 0.015, idle=0.02)),
    Meter("hz", "G-01", "gas", 0.70, Load(0.10, 0.90, 0.010, 0.000, 0.025)),
    Meter("bj", "G-77", "gas", 0.30, Load(0.05, 0.05, 0.055, 0.000, 0.03, idle=0.10)),
    Meter("bj", "H-3", "heat", 1.0, Load(0.10, 0.00, 0.060, 0.000, 0.025, idle=0.10, season=True)),
    Meter("hz", "", "petrol", 1.0, Load(0.20, 0.80, noise=0.08)),
)
HEAT = {2022: 41_260, 2023: 40_380, 2024: 38_940}
"""Tenths of a GJ of district heat in Beijing: made up, Hundsun publishes none."""
ROOMS = (  # sub-meters: already in the bills of the meter that contains them
    ("hz", "00102-R", "00102", "", 0.31, Load(0.98, 0.02, 0.0, 0.001, 0.01, idle=0.0)),
    ("sh", "3101-9-IT", "3101-9", "it", 0.69, Load(1.0, noise=0.01, idle=0.0)),
)
WATER = {"hz": 0.68, "wh": 0.15, "bj": 0.08, "sz": 0.06, "sh": 0.03}
AREA = {"hz": 128_000, "wh": 42_000, "bj": 16_000, "sh": 9_000, "sz": 14_000}
PERSONS = {
    "hz": (4_650, 4_710, 4_420),
    "wh": (1_190, 1_240, 1_150),
    "bj": (540, 560, 510),
    "sh": (210, 220, 240),
    "sz": (550, 560, 520),
}


# ------------------------------------------------------------------------------------------------------- the days


def normal(random: Random) -> float:
    """Return a draw of mean 0 and standard deviation 1, of sums alone: the same digits everywhere."""
    return sum(random.random() for _ in range(12)) - 6


def temperatures(site: str) -> dict[date, float]:
    """Return the mean temperature of each day: the month's normal, how far the month was off it, the day's scatter."""
    random, normals, found = Random(f"{SEED}:weather:{site}"), CLIMATES[site], {}
    off = {month: 1.2 * normal(random) for month in MONTHS}
    for day in DAYS:
        after = day.month % 12 if day.day > MIDDLE else day.month - 2
        weight = abs(day.day - 15.5) / 31
        mean = normals[day.month - 1] * (1 - weight) + normals[after] * weight
        found[day] = mean + off[day.year, day.month] + 2.5 * normal(random)
    return found


def works(day: date) -> bool:
    """Return whether a day is worked."""
    away = any((day - first).days in BREAK for first in NEW_YEAR)
    return day.isoweekday() not in {6, 7} and not away and (day.month, day.day) not in HOLIDAYS


def heated(day: date) -> bool:
    """Return whether a day lies in the heating season of the north."""
    return (day.month, day.day) >= (11, 15) or (day.month, day.day) <= (3, 15)


def weights(name: str, load: Load, weather: Mapping[date, float]) -> dict[date, float]:
    """Return how much of a year's use each day has, before it is scaled to the year's total."""
    random, found = Random(f"{SEED}:load:{name}"), {}
    months = {month: 1 + load.noise * normal(random) for month in MONTHS}
    for day in DAYS:
        there = 1 - load.idle if any((day - first).days in EMPTY for first in NEW_YEAR) else 1.0
        cold, hot = max(0.0, HEATING_BASE - weather[day]), max(0.0, weather[day] - FELT)
        follows = (load.base + load.work * works(day)) * there + load.heat * cold + load.cool * hot
        asked = 0.0 if load.season and not heated(day) else follows
        found[day] = asked * months[day.year, day.month] * (1 + 0.03 * normal(random))
    return found


def divided(total: int, parts: Mapping[date, float]) -> dict[date, int]:
    """Return a whole number divided in these proportions, to the last unit."""
    whole, seen, given, found = sum(parts.values()), 0.0, 0, {}
    for day, part in parts.items():
        seen += part
        upto = round(total * (seen / whole))
        found[day], given = upto - given, upto
    found[day] += total - given
    return found


def year_of(days: Mapping[date, float], year: int) -> dict[date, float]:
    """Return the days of a year."""
    return {day: value for day, value in days.items() if day.year == year}


def uses() -> dict[str, dict[date, int]]:
    """Return the true use of each meter by day; the yearly sums of a carrier are the published ones."""
    weather = {site: temperatures(site) for site in CLIMATES}
    found: dict[str, dict[date, int]] = {_key(one): {} for one in METERS}
    for carrier in UNITS:
        own = [one for one in METERS if one.carrier == carrier]
        shaped = {one: weights(_key(one), one.load, weather[one.site]) for one in own}
        for year in YEARS:
            total = (HEAT if carrier == "heat" else PUBLISHED[carrier])[year]
            left = total
            for one in own:
                part = left if one is own[-1] else round(total * one.share)
                left -= part
                found[_key(one)] |= divided(part, year_of(shaped[one], year))
    return found


def _key(meter: Meter) -> str:
    return f"{meter.site}-{meter.carrier}-{meter.name}"


# ------------------------------------------------------------------------------------------------------ the bills


def spans(cut: int) -> Iterator[tuple[date, date]]:
    """Yield the periods of bills that begin on a day of the month; the first and the last end with the years."""
    start = FIRST
    while start <= LAST:
        next_month = date(start.year + start.month // 12, start.month % 12 + 1, cut)
        following = date(start.year, start.month, cut) if start.day < cut else next_month
        yield start, min(following - timedelta(days=1), LAST)
        start = following


def bills(meter: Meter, use: Mapping[date, int]) -> list[Bill]:
    """Return the true bills of a meter: no bill where nothing was used all the time."""
    found = []
    for start, end in spans(meter.cut):
        quantity = sum(use[day] for day in DAYS if start <= day <= end)
        if quantity:
            used = [day for day in DAYS if start <= day <= end and (not meter.load.season or heated(day))]
            until = f"{end:%Y-%m}" if meter.cut == 1 else f"{end}"
            key = f"{meter.site}-{meter.carrier}-{meter.name or 'fleet'}-{until}"
            found.append(Bill(key, meter, used[0], used[-1], quantity))
    return found


# ----------------------------------------------------------------------------------------------------- the faults


@dataclass(frozen=True)
class Fault:
    """A fault that is planted: what is wrong with one bill, or with the bills from it on."""

    kind: str
    site: str
    carrier: str
    meter: str
    months: tuple[str, ...]
    en: str
    zh: str
    percent: int = 100


FAULTS = (
    Fault(
        *("decimal", "bj", "electricity", "1100256", ("2022-11",)),
        en="decimal point misplaced: ten times too much",
        zh="小数点错位：扩大十倍",
        percent=1000,
    ),
    Fault(
        *("stuck", "sz", "electricity", "0755-7", ("2022-05", "2022-06", "2022-07")),
        en="meter stuck: the bill of April repeated for three months",
        zh="表计停走：连续三个月重复4月账单数",
    ),
    Fault(
        *("change", "bj", "electricity", "1100256", ("2023-03",)),
        en="one phase of the meter lost: a third too little",
        zh="电表缺相：少计约三分之一",
        percent=67,
    ),
    Fault(
        *("missing", "sz", "electricity", "0755-7", ("2023-09",)),
        en="bill missing",
        zh="账单缺失",
    ),
    Fault(
        *("change", "wh", "electricity", "4201-A", ("2023-10",)),
        en="chiller left on day and night after the season",
        zh="制冷季结束后冷机昼夜未关",
        percent=118,
    ),
    Fault(
        *("change", "hz", "gas", "G-01", ("2023-12",)),
        en="kitchen valve left open at night",
        zh="食堂阀门夜间未关",
        percent=124,
    ),
    Fault(
        *("overlap", "hz", "electricity", "00103", ("2024-03",)),
        en="corrected bill entered beside the first one: counted twice",
        zh="更正账单与原账单重复录入",
    ),
    Fault(
        *("step", "sh", "electricity", "3101-9", tuple(f"2024-{month:02d}" for month in range(4, 13))),
        en="servers moved in from elsewhere: real, and it stays",
        zh="服务器迁入：真实变化且持续",
        percent=122,
    ),
    Fault(
        *("late", "wh", "electricity", "4201-A", ("2024-06", "2024-07")),
        en="bill of June came late: one bill for June and July",
        zh="6月账单迟到：与7月合并为一张",
    ),
    Fault(
        *("reconciliation", "hz", "electricity", "00101", ("2024-05",)),
        en="own meter reads 6 % less than the bill",
        zh="自有表计读数比账单低6%",
        percent=94,
    ),
)


def planted(truth: Sequence[Bill], fault: Fault) -> list[Bill]:
    """Return the bills with a fault in them."""
    own = [one for one in truth if (one.meter.site, one.meter.carrier, one.meter.name) == _place(fault)]
    hit = [one for one in own if f"{one.end:%Y-%m}" in fault.months]
    ways: dict[str, Callable[[], Mapping[str, Sequence[Bill]]]] = {
        "stuck": lambda: {one.key: [replace(one, quantity=own[own.index(hit[0]) - 1].quantity)] for one in hit},
        "missing": lambda: {one.key: [] for one in hit},
        "late": lambda: {hit[0].key: [], hit[1].key: [_joined(*hit)]},
        "overlap": lambda: {one.key: [one, _again(one)] for one in hit},
        "reconciliation": dict,
    }
    scaled = {one.key: [replace(one, quantity=round(one.quantity * fault.percent / 100))] for one in hit}
    changed = ways.get(fault.kind, lambda: scaled)()
    return [bill for one in truth for bill in changed.get(one.key, [one])]


def _place(fault: Fault) -> tuple[str, str, str]:
    return fault.site, fault.carrier, fault.meter


def _joined(first: Bill, second: Bill) -> Bill:
    return replace(second, start=first.start, quantity=first.quantity + second.quantity)


def _again(one: Bill) -> Bill:
    """Return a second bill of nearly the same days: it begins four days earlier and says a little less."""
    return replace(
        one, key=f"{one.key}-corrected", start=one.start - timedelta(days=4), quantity=round(one.quantity * 98 / 100)
    )


def recorded(truth: Sequence[Bill]) -> list[Bill]:
    """Return the bills as they were entered: with all faults, and one that the supplier itself estimated."""
    for fault in FAULTS:
        truth = planted(truth, fault)
    return [replace(one, quality="estimated") if one.key == "sz-electricity-0755-7-2024-02" else one for one in truth]


# ----------------------------------------------------------------------------------------------------- the tables

Rows = Iterable[Sequence[object]]
ACTIVITY = (
    "activity_id",
    "site",
    "period",
    "activity",
    "quantity",
    "unit",
    "meter",
    "quality",
    "part_of",
    "role",
    "note",
)


def tables() -> dict[str, tuple[Sequence[str], Rows]]:
    """Return every table of the workspace: its columns and rows, by the name of its file."""
    use = uses()
    truth = [bill for meter in METERS for bill in bills(meter, use[_key(meter)])]
    entered = recorded(truth)
    rooms = list(room_rows())
    by_carrier = {
        carrier: [_row(one) for one in entered if one.meter.carrier == carrier]
        + (rooms if carrier == "electricity" else [])
        for carrier in UNITS
    }
    return {
        **{f"activity/{carrier}.csv": (_used(rows), _cut(rows)) for carrier, rows in by_carrier.items()},
        "refrigerants.csv": refrigerants(),
        "water.csv": water(),
        "waste.csv": waste(),
        "denominators.csv": denominators(),
        "instruments.csv": instruments(),
        "weather.csv": weather_rows(),
        "targets.csv": targets(),
        "tenants.csv": tenants(),
        "meter_checks.csv": meter_checks(truth),
        "faults.csv": fault_rows(truth, entered),
    }


def shown(quantity: int, parts: int) -> str:
    """Return a whole number of parts of a unit as a decimal."""
    return str(quantity) if parts == 1 else f"{quantity // parts}.{quantity % parts}"


def label(start: date, end: date) -> str:
    """Return a period as the activity tables write it."""
    whole = start.day == 1 and (end + timedelta(days=1)).day == 1 and (start.year, start.month) == (end.year, end.month)
    return f"{start:%Y-%m}" if whole else f"{start}/{end}"


def _row(one: Bill) -> list[object]:
    activity, unit, parts = UNITS[one.meter.carrier]
    quantity = shown(one.quantity, parts)
    period = label(one.start, one.end)
    return [one.key, one.meter.site, period, activity, quantity, unit, one.meter.name, one.quality, "", "", one.note]


def room_rows() -> Iterator[list[object]]:
    """Yield the monthly readings of the sub-meters of machine rooms."""
    for site, name, whole, role, share, load in ROOMS:
        shaped = weights(name, load, temperatures(site))
        for year in YEARS:
            days = divided(room_use(name, share, year), year_of(shaped, year))
            for month in range(1, 13):
                quantity = sum(value for day, value in days.items() if day.month == month)
                grown = round(quantity * 134 / 100) if site == "sh" and (year, month) >= (2024, 4) else quantity
                yield [f"{site}-room-{year}-{month:02d}", site, f"{year}-{month:02d}", "electricity.grid", grown, "kWh",
                       name, "measured", whole, role, MADE_UP]  # fmt: skip


def room_use(name: str, share: float, year: int) -> int:
    """Return a year's use of a machine room; the last has what the others leave of the total."""
    total = MACHINE_ROOMS[year]
    if name != ROOMS[-1][1]:
        return round(total * share)
    return total - sum(room_use(own, part, year) for _, own, _, _, part, _ in ROOMS[:-1])


def _used(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the columns in which some row says anything."""
    return [name for place, name in enumerate(ACTIVITY) if any(row[place] != "" for row in rows)]


def _cut(rows: Sequence[Sequence[object]]) -> Rows:
    kept = [ACTIVITY.index(name) for name in _used(rows)]
    return [[row[place] for place in kept] for row in rows]


def refrigerants() -> tuple[Sequence[str], Rows]:
    """Return what was refilled in the year: all of it had leaked."""
    refilled = {("hz", "refrigerant.r134a"): (18.5, 22, 16.4), ("wh", "refrigerant.r410a"): (4.2, 3.6, 5.1)}
    rows = [
        [f"{site}-{activity.split('.')[1]}-{year}", site, year, activity, "simplified", kg, "kg", MADE_UP]
        for (site, activity), own in refilled.items()
        for year, kg in zip(YEARS, own, strict=True)
    ]
    return ("id", "site", "period", "activity", "method", "recharged", "unit", "note"), rows


def water() -> tuple[Sequence[str], Rows]:
    """Return what each site took from the mains by month, and what it gave off by year."""
    rows: list[list[object]] = []
    for year in YEARS:
        left = PUBLISHED["water"][year]
        for site, share in WATER.items():
            part = left if site == list(WATER)[-1] else round(PUBLISHED["water"][year] * share)
            left -= part
            shaped = weights(f"water-{site}", Load(0.45, 0.50, cool=0.03, noise=0.03), temperatures(site))
            days = divided(part, year_of(shaped, year))
            stressed = "yes" if site == "bj" else "no"
            for month in range(1, 13):
                quantity = sum(value for day, value in days.items() if day.month == month)
                rows.append(
                    [site, f"{year}-{month:02d}", "withdrawal", "third-party", quantity, "m3", stressed, MADE_UP]
                )
            given = round(part * 85 / 100)
            rows.append([site, year, "discharge", "third-party", given, "m3", stressed, f"{MADE_UP}: 85 %"])
    return ("site", "period", "kind", "source_or_destination", "quantity", "unit", "stressed", "note"), rows


def waste() -> tuple[Sequence[str], Rows]:
    """Return some waste of the year."""
    kinds = (
        ("hz", "paper and cardboard", "no", "recycling", (9_400, 8_900, 8_650), "kg"),
        ("hz", "food waste", "no", "other-recovery", (61_000, 64_500, 60_200), "kg"),
        ("hz", "batteries", "yes", "recycling", (320, 0, 410), "kg"),
        ("hz", "computers", "no", "preparation-for-reuse", (640, 905, 0), "台"),
        ("wh", "mixed office waste", "no", "incineration-with-energy", (28_000, 29_300, 27_100), "kg"),
    )
    rows = [
        [site, year, material, hazardous, treatment, quantity, unit, MADE_UP]
        for site, material, hazardous, treatment, own, unit in kinds
        for year, quantity in zip(YEARS, own, strict=True)
    ]
    return ("site", "period", "material", "hazardous", "treatment", "quantity", "unit", "note"), rows


def denominators() -> tuple[Sequence[str], Rows]:
    """Return floor areas and persons: of all sites together, then of each."""
    rows: list[list[object]] = []
    for place, year in enumerate(YEARS):
        for site in ("", *AREA):
            area = AREA[site] if site else sum(AREA.values())
            persons = PERSONS[site][place] if site else sum(own[place] for own in PERSONS.values())
            rows.append(["floor_area", site, year, area, "m2", "five-sites", 1, MADE_UP])
            rows.append(["persons", site, year, persons, "person", "five-sites", 1, MADE_UP])
    return ("denominator", "site", "period", "value", "unit", "boundary", "version", "source"), rows


def instruments() -> tuple[Sequence[str], Rows]:
    """Return a green certificate for a part of what Hangzhou used in 2024."""
    cells = {
        "instrument": "gec-2024-001", "kind": "certificate", "period": "2024", "market": "CN", "site": "hz",
        "volume": 1500, "unit": "MWh", "factor": 0, "factor_unit": "kgCO2/kWh", "produced_from": "2024-01-01",
        "produced_to": "2024-09-30", "valid_until": "2025-12-31", "retired_for": "campus", "retired_on": "2024-12-20",
        "conveys_attribute": "yes", "only_claim": "yes", "tracked_and_retired": "yes", "note": MADE_UP,
    }  # fmt: skip
    return tuple(cells), [list(cells.values())]


def weather_rows() -> tuple[Sequence[str], Rows]:
    """Return the degree days of each site and month, of the same days that the use follows."""
    rows = []
    for site in CLIMATES:
        days = temperatures(site)
        for year, month in MONTHS:
            own = [value for day, value in days.items() if (day.year, day.month) == (year, month)]
            heating = sum(max(0.0, HEATING_BASE - value) for value in own)
            cooling = sum(max(0.0, value - COOLING_BASE) for value in own)
            degree_days = [f"{heating:.1f}", f"{cooling:.1f}"]
            rows.append([site, f"{year}-{month:02d}", *degree_days, HEATING_BASE, COOLING_BASE, MADE_UP])
    columns = ("heating_degree_days", "cooling_degree_days", "base_heating", "base_cooling")
    return ("site", "month", *columns, "source"), rows


def targets() -> tuple[Sequence[str], Rows]:
    """Return plans of years, and the path of emissions to a peak before 2030 and to neutrality before 2060."""
    columns = ("target", "site", "what", "period", "value", "unit", "kind", "source")
    plans = (
        ("plan-electricity", "", "electricity", (15_600_000, 15_650_000, 15_500_000), "kWh"),
        ("plan-electricity-hz", "hz", "electricity", (10_250_000, 10_350_000, 10_200_000), "kWh"),
        ("plan-gas", "", "natural_gas", (162_000, 155_000, 140_000), "m3"),
        ("plan-energy", "", "energy", (2_280, 2_290, 2_240), "tce"),
        ("plan-emissions", "", "emissions", (8_750, 8_650, 8_450), "tCO2e"),
    )
    path = {2022: 8_750, 2029: 8_900, 2035: 7_200, 2050: 2_100, 2060: 0}
    rows: list[list[object]] = [
        [name, site, what, year, value, unit, "plan", MADE_UP]
        for name, site, what, own, unit in plans
        for year, value in zip(YEARS, own, strict=True)
    ]
    rows += [
        ["neutral-2060", "", "emissions", year, value, "tCO2e", "trajectory", MADE_UP] for year, value in path.items()
    ]
    return columns, rows


def tenants() -> tuple[Sequence[str], Rows]:
    """Return who else uses electricity of the sites."""
    columns = ("tenant", "site", "activity", "basis", "share", "meter", "from", "to", "note")
    return columns, [
        ["coffee-shop", "hz", "electricity.grid", "share", "0.012", "", "2022-01-01", "", MADE_UP],
        ["start-up", "wh", "electricity.grid", "share", "0.06", "", "2023-04-01", "2024-09-30", MADE_UP],
        ["cloud-customer", "sh", "electricity.grid", "meter", "", "3101-9-IT", "2024-04-01", "", MADE_UP],
    ]


def meter_checks(truth: Sequence[Bill]) -> tuple[Sequence[str], Rows]:
    """Return own readings of Hangzhou's first meter in 2024: within half a per cent of the bill, but for one month."""
    random, rows = Random(f"{SEED}:checks"), []
    low = {(one.meter, month): one.percent for one in FAULTS if one.kind == "reconciliation" for month in one.months}
    for one in truth:
        if one.meter.name == "00101" and one.start.year == YEARS[-1]:
            month = f"{one.start:%Y-%m}"
            read = one.quantity * low.get((one.meter.name, month), 100) / 100 * (1 + 0.002 * normal(random))
            rows.append([one.meter.site, "electricity.grid", one.meter.name, month, round(read), "kWh", MADE_UP])
    return ("site", "activity", "meter", "period", "quantity", "unit", "note"), rows


def fault_rows(truth: Sequence[Bill], entered: Sequence[Bill]) -> tuple[Sequence[str], Rows]:
    """Return the planted faults: each month's true and entered quantity of that meter; blank where there is no bill."""
    rows = []
    for fault in FAULTS:
        for month in fault.months:
            was, now = (
                [one for one in own if (one.meter.site, one.meter.carrier, one.meter.name) == _place(fault)]
                for own in (truth, entered)
            )
            amounts = [_quantity([one for one in own if f"{one.end:%Y-%m}" == month]) for own in (was, now)]
            unit = UNITS[fault.carrier][1]
            carrier = "natural_gas" if fault.carrier == "gas" else fault.carrier
            rows.append([fault.site, carrier, fault.meter, month, fault.kind, *amounts, unit, fault.en, fault.zh])
    quantities = ("true_quantity", "entered_quantity", "unit")
    return ("site", "carrier", "meter", "month", "kind", *quantities, "what", "what_zh"), rows


def _quantity(own: Sequence[Bill]) -> object:
    return sum(one.quantity for one in own) if own else ""


def written(columns: Sequence[str], rows: Rows) -> str:
    """Return a table as CSV."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def main(folder: Path) -> None:
    """Write every table below a folder."""
    for name, (columns, rows) in tables().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(columns, rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
