"""
Electricity and fuels of other countries: editions, years and tables of one publisher against each other.

A band is as wide as the largest true step within it; where one country breaks out, it is named with the reason.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from hsesg_carbon.factors import FactorLibrary
from tests.oracles import Check, Values
from tests.oracles.harness import between, cut, frozen, near, same, stated, step

REVISED_BY = "1.12"
"""The final inventory of 2023 changed the estimate of the EEA by this factor at most ..."""

REVISED_MORE = {
    "at": ("1.45", "85 to 59: most of the change is the final inventory"),
    "cz": ("1.22", "440 to 361"),
    "dk": ("1.14", "94 to 83"),
    "ee": ("1.28", "690 to 543"),
    "es": ("1.13", "158 to 140"),
    "fi": ("1.22", "40 to 33"),
    "gr": ("1.33", "258 to 343, upwards"),
    "lt": ("1.59", "124 to 78"),
    "lu": ("1.48", "56 to 38"),
    "ro": ("1.24", "234 to 189"),
    "se": ("1.15", "8 to 7: whole grams"),
}
"""... except for these: the two editions as they stand, each revision named by the later one."""

NEXT_YEAR = "1.21"
"""From 2023 to 2024 (both of the edition of 2026) no member moved by more ..."""

NEXT_YEAR_MORE = {
    "dk": ("1.30", "83 to 64"),
    "ee": ("1.42", "543 to 384: oil shale gave way"),
    "fi": ("1.23", "33 to 27"),
    "fr": ("1.31", "47 to 36"),
    "hr": ("1.42", "139 to 98"),
    "lt": ("1.28", "78 to 61"),
    "pt": ("1.41", "115 to 82"),
    "sk": ("1.41", "83 to 59"),
}
"""... except these."""

STEPS = {  # largest step from one year to the next, in the unit of the rows
    "moea-tw": ("electricity.tw", range(2005, 2026), "0.026"),
    "eppo": ("electricity.th", range(2011, 2023), "0.025"),
    "ema": ("electricity.sg", range(2005, 2015), "0.039"),
    "hke": ("electricity.hk", range(2017, 2020), "0.01"),
}

AUSTRALIA = ("au", "au-nsw", "au-vic", "au-qld", "au-sa", "au-wa", "au-tas", "au-nt")
NGA = ("nga2024", "nga2025", "nga2026")
NGA_PER_UNIT = {  # workbook of 2026, sheet Energy - Scope 1, cells I26, I48, I47, I49 and I52: kg CO2-e per m3 or kL
    "natural_gas": "2.025129",
    "diesel": "2709.72",
    "diesel_heating_oil": "2600.929",
    "residual_fuel_oil": "2931.448",
    "lpg": "1557.42",
}

NEW_ZEALAND_2025 = {  # Measuring emissions 2025, version 3, sheet data, cells O1367, O1371, O1363: unchanged since
    "lpg.commercial": "2.971635097",
    "residual_fuel_oil.light-commercial": "2.970880948",
    "residual_fuel_oil.heavy-commercial": "3.053591727",
}
NEW_ZEALAND_DIESEL_2025 = {"commercial": Decimal("2.679858468"), "industrial": Decimal("2.67269124")}
"""Cells O1359 and O1399 of the same sheet: CO2 changed by 2026, CH4 and N2O did not."""


def checks(library: FactorLibrary) -> Iterator[Check]:
    yield from _europe(library)
    yield from _germany()
    yield from _years(library)
    yield from _australia()
    yield from _new_zealand()


def _europe(library: FactorLibrary) -> Iterator[Check]:
    members = sorted(code.lower() for code, region in library.regions.items() if region.parent == "EU")
    for member in (*members, "eu"):
        rows = [
            f"eea{edition}.electricity.{member}.{year}" for edition, year in ((2024, 2023), (2026, 2023), (2026, 2024))
        ]
        most, _ = REVISED_MORE.get(member, (REVISED_BY, ""))
        yield near(f"EEA, 2023 of {member} in two editions", rows[0], rows[1], most)
        most, _ = NEXT_YEAR_MORE.get(member, (NEXT_YEAR, ""))
        yield near(f"EEA, {member} from 2023 to 2024", rows[1], rows[2], most)
    for edition, year in ((2024, 2023), (2026, 2023), (2026, 2024)):
        ids = tuple(f"eea{edition}.electricity.{member}.{year}" for member in members)
        whole = f"eea{edition}.electricity.eu.{year}"
        yield between(f"EEA {edition}, EU in {year} between its members", whole, ids)
    yield _fall("63", "1990")
    yield _fall("11", "2023")


def _fall(percent: str, since: str) -> Check:
    """The text of the indicator: in 2024 63 % less than in 1990 and 11 % less than in 2023, both cut off."""
    ids = ("eea2026.electricity.eu.2024", f"eea2026.electricity.eu.{since}")

    def holds(v: Values) -> bool:
        return int(100 * (1 - v(ids[0]) / v(ids[1]))) == int(percent)

    return Check(f"EU electricity in 2024 is {percent} % below {since}", ids, holds)


def _germany() -> Iterator[Check]:
    """CO2 of the UBA lies by a fifth above all gases of the EEA, in both years alike: the two do not count the same."""
    ids = tuple(f"{source}.electricity.de.{year}" for year in (2023, 2024) for source in ("uba2025", "eea2026"))

    def holds(v: Values) -> bool:
        return all(Decimal("1.22") <= v(ids[at]) / v(ids[at + 1]) <= Decimal("1.25") for at in (0, 2))

    yield Check("Germany, UBA over EEA in 2023 and 2024", ids, holds)
    yield Check(
        "Germany, 1990 is about twice 2023",
        ("uba2025.electricity.de.1990", ids[0]),
        lambda v: Decimal("1.9") <= v("uba2025.electricity.de.1990") / v(ids[0]) <= Decimal("2.0"),
    )


def _years(library: FactorLibrary) -> Iterator[Check]:
    for publisher, (subject, years, most) in STEPS.items():
        row = {
            one.valid_from.year: one.id
            for one in library.factors
            if one.id.startswith(publisher) and f".{subject}." in one.id
        }
        for year in years[1:]:
            yield step(f"{subject} from {year - 1} to {year}", row[year - 1], row[year], most)
    yield step("Singapore from 2014 to 2017", "ema2021.electricity.sg.2014", "ema2018.electricity.sg.2017", "0.009")
    yield step("Singapore from 2017 to 2022", "ema2018.electricity.sg.2017", "ema2023.electricity.sg.2022", "0.001")


def _australia() -> Iterator[Check]:
    for before, after in pairwise(NGA):
        for region in AUSTRALIA:
            row = f"electricity.{region}.location-based"
            yield step(f"{region} from {before} to {after}", f"{before}.{row}", f"{after}.{row}", "0.05")
        row = "electricity.au.residual-mix"
        yield step(f"residual mix from {before} to {after}", f"{before}.{row}", f"{after}.{row}", "0.02")
    for edition in NGA:
        states = tuple(f"{edition}.electricity.{region}.location-based" for region in AUSTRALIA[1:])
        yield between(f"Australia between its states in {edition}", f"{edition}.electricity.au.location-based", states)
    upstream = tuple(f"nga2025.upstream_electricity.{region}" for region in AUSTRALIA)
    yield between("Australia between its states, upstream", upstream[0], upstream[1:])
    yield stated("energy of petrol as in the transport table", "nga2025.petrol.gcv", "34.2")
    for fuel, value in NGA_PER_UNIT.items():
        yield same(f"{fuel}, factor in three editions", *(f"{edition}.{fuel}.co2e" for edition in NGA))
        yield same(f"{fuel}, energy content in three editions", *(f"{edition}.{fuel}.gcv" for edition in NGA))
        yield _product(fuel, f"nga2026.{fuel}.gcv", f"nga2026.{fuel}.co2e", value)


def _product(fuel: str, content: str, factor: str, value: str) -> Check:
    about = f"{fuel}: energy content x factor is the printed product"
    return Check(about, (content, factor), lambda v: v(content) * v(factor) == Decimal(value))


def _new_zealand() -> Iterator[Check]:
    for row, value in NEW_ZEALAND_2025.items():
        one = f"mfe2026v2.{row}.co2e"
        yield cut(f"{one} is the value of 2025, rounded", one, Decimal(value))
    diesel = tuple(f"mfe2026v2.diesel.{use}.co2e" for use in NEW_ZEALAND_DIESEL_2025)

    def gases(v: Values) -> bool:
        before = NEW_ZEALAND_DIESEL_2025["commercial"] - NEW_ZEALAND_DIESEL_2025["industrial"]
        return v(diesel[0]) - v(diesel[1]) == before.quantize(Decimal("0.00001"), ROUND_HALF_UP)

    yield Check("diesel of two uses differs by its CH4 and N2O, as in 2025", diesel, gases)
    for row, before in zip(diesel, NEW_ZEALAND_DIESEL_2025.values(), strict=True):
        yield _hardly_changed(row, before)
    yield _losses()
    for part in frozen("new_zealand_gases.csv"):
        yield _sum(f"mfe2026v2.{part['row']}", Decimal(part["ch4"]) + Decimal(part["n2o"]))


def _sum(row: str, others: Decimal) -> Check:
    ids = (f"{row}.co2e", f"{row}.co2")
    about = f"{row}: CO2 and the printed parts of CH4 and N2O are the printed total"
    return Check(about, ids, lambda v: abs(v(ids[1]) + others - v(ids[0])) < Decimal("0.00001"))


def _hardly_changed(row: str, before: Decimal) -> Check:
    return Check(f"{row} within 0.2 % of 2025", (row,), lambda v: abs(v(row) / before - 1) < Decimal("0.002"))


def _losses() -> Check:
    """The edition computes the losses of 2025 with the share observed in 2024."""
    ids = tuple(
        f"mfe2026v2.{what}.nz.{year}" for year in (2024, 2025) for what in ("electricity_losses", "electricity")
    )

    def holds(v: Values) -> bool:
        return abs(v(ids[0]) / v(ids[1]) / (v(ids[2]) / v(ids[3])) - 1) < Decimal("0.000002")

    return Check("losses over electricity of New Zealand in 2024 and 2025", ids, holds)
