"""
China: three default sets for fuels, two editions of GB/T 2589 and three years of grid factors against each other.

``china_grid.csv`` is a second transcription of the announcements, made by others than the one that ships.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from hsesg_carbon.factors import FactorLibrary
from tests.oracles import Check, Values
from tests.oracles.harness import between, cut, frozen, near, rising, same, shortened, stated

KCAL_PER_KGCE = 7000
KILOJOULES = {"gbt2589-2008": Decimal("4.1816"), "gbt2589-2020": Decimal("4.1868")}
"""Of a kcal in the two editions."""

NO_MULTIPLE_OF_FIFTY = {"natural_gas_oilfield", "natural_gas", "electricity", "compressed_air"}
"""Both editions rest on multiples of 50 kcal, but these of 10: 9310, 860 and 280 kcal."""

NOT_OF_ITS_EDITION = {
    "gbt2589-2008.refinery_dry_gas.ncv": "46055 is 11000 kcal at 4.1868; the first default set has 45.998, at 4.1816",
}
"""Heating values that are not a round number of kcal at the rate of their edition."""

SETS = ("ndrc2013", "ndrc2015", "gbt32151-2024")

DIFFERENT: dict[str, dict[tuple[str, str], set[str]]] = {
    "carbon-content": {
        ("ndrc2013", "ndrc2015"): {"coke_oven_gas", "jet_kerosene", "lng"},
        ("ndrc2015", "gbt32151-2024"): {"coke"},
        ("ndrc2013", "gbt32151-2024"): {"lng", "coke"},
    },
    "oxidation": {
        ("ndrc2013", "ndrc2015"): {"jet_kerosene", "lng", "lpg", "refinery_dry_gas"},
        ("ndrc2015", "gbt32151-2024"): {"cleaned_coal", "lng", "lpg"},
        ("ndrc2013", "gbt32151-2024"): set(),
    },
}
"""Fuels on which two default sets differ; on all others they agree, up to digits that one of them drops. Heating values
differ on purpose, so AGREE lists those that do not."""

NOT_OF_IPCC = {
    ("ndrc2013", "anthracite"),
    ("ndrc2013", "lignite"),
    ("ndrc2013", "petroleum_coke"),
    ("ndrc2015", "anthracite"),
    ("ndrc2015", "lignite"),
    ("ndrc2015", "petroleum_coke"),
    ("ndrc2015", "coke_oven_gas"),
    ("ndrc2015", "jet_kerosene"),
    ("gbt32151-2024", "anthracite"),
    ("gbt32151-2024", "lignite"),
}
"""Carbon contents that are not those of IPCC 2006, Table 1.3: of Chinese coals and coke, and of two fuels of a set."""

AGREE = {
    "ndrc2013": "coal_slime coal_tar coke crude_oil diesel fuel_oil kerosene lpg petrol natural_gas",
    "ndrc2015": "cleaned_coal coal_tar crude_benzene natural_gas",
    "gbt32151-2024": "coke diesel lpg petrol natural_gas",
}
"""Heating values of the sets, in GJ/t or GJ/10^4 m3, that are those of GB/T 2589-2008, in kJ/kg or kJ/m3."""

OTHER_FUELS = (
    ("ndrc2013.coal_gangue.ncv", "gbt2589-2020.washed_middlings.ncv"),  # 2000 kcal at 4.1868
    ("ndrc2015.lng.ncv", "gbt2589-2020.crude_oil.ncv"),  # 10000 kcal at 4.1868
)
"""Heating values of other fuels of the same number of kcal."""

OF_IPCC = {
    "ndrc2013": "aviation_gasoline jet_kerosene petroleum_coke",
    "ndrc2015": "lpg",
    "gbt32151-2024": "anthracite lignite",
}
"""Heating values taken from IPCC 2006, Table 1.2."""

SAME_CLASS = (
    ("ndrc2013.coal_gangue.carbon-content", "ndrc2013.coal_slime.carbon-content"),
    ("ndrc2015.cleaned_coal.carbon-content", "ndrc2015.other_washed_coal.carbon-content"),
    ("gbt32151-2024.cleaned_coal.carbon-content", "gbt32151-2024.other_washed_coal.carbon-content"),
    ("ndrc2015.fuel_oil.ncv", "ndrc2015.other_petroleum_products.ncv"),
    ("ndrc2015.kerosene.ncv", "ndrc2015.jet_kerosene.ncv"),
    ("ndrc2013.lng.ncv", "gbt32151-2024.lng.ncv"),
    ("ndrc2013.lng.carbon-content", "ndrc2013.lpg.carbon-content"),  # the first set repeats the value of LPG for LNG
    ("ndrc2013.coal_slime.ncv", "gbt32151-2024.other_washed_coal.ncv"),
    ("ndrc2013.coke_oven_gas.ncv", "ndrc2015.coke_oven_gas.ncv"),
    ("ndrc2015.heat.co2", "gbt32150-2025.heat.co2"),
    ("gbt2589-2008.steam_low_pressure.coal-equivalent", "gbt2589-2008.blast_furnace_gas.coal-equivalent"),
    ("cn-practice.petrol90.density", "cn-practice.petrol-0.72.density"),
)
"""Rows that print one number."""

OTHER_PLACES = {
    # guideline for land transport, p. 60, in another transcription
    "ndrc2015.diesel.ncv": "43.330",
    "ndrc2015.diesel.carbon-content": "0.02020",
    "ndrc2015.diesel.oxidation": "0.98",
}

PRODUCTS = {"ndrc2015.petrol": (1, "3.0425"), "ndrc2015.natural_gas": (10, "2.1622")}
"""t CO2 per t and kg CO2 per m3 (GJ/10^4 m3 over 10) as calculators of the second set state them."""

OXIDISED_ALIKE = {
    "ndrc2013": (
        "crude_oil fuel_oil petrol diesel kerosene lng lpg coal_tar refinery_dry_gas",
        "natural_gas blast_furnace_gas oxygen_steel_furnace_gas coke_oven_gas",
        "aviation_gasoline jet_kerosene",
    ),
    "ndrc2015": (
        "crude_oil fuel_oil petrol diesel kerosene jet_kerosene naphtha petroleum_coke other_petroleum_products "
        "coal_tar crude_benzene",
        "refinery_dry_gas lpg lng natural_gas coke_oven_gas blast_furnace_gas oxygen_steel_furnace_gas other_coal_gas "
        "closed_calcium_carbide_furnace_gas",
        "bituminous_coal cleaned_coal coke",
        "other_washed_coal briquettes",
    ),
    "gbt32151-2024": ("petrol diesel lpg lng",),
}
"""Fuels of one kind, of which a set says that the same share of carbon is oxidised."""

STANDARDS = {"petrol": "china-1 china-2 china-3 china-4-and-later", "lpg": "china-1 china-2 china-3-and-later"}


def checks(library: FactorLibrary) -> Iterator[Check]:
    yield from _grid(library)
    yield from _editions(library)
    yield from _sets(library)
    yield from (same(f"{ids[0]} and its like print one value", *ids) for ids in SAME_CLASS)
    yield from (stated(f"{row} in another transcription", row, value) for row, value in OTHER_PLACES.items())
    yield from _vehicles()
    yield from _densities(library)


# ---------------------------------------------------------------------------------------------------------- electricity


def _grid(library: FactorLibrary) -> Iterator[Check]:
    for row in frozen("china_grid.csv"):
        for year in ("2021", "2022", "2023"):
            one = f"mee{year}.electricity.{row['region'].lower()}.{row['variant']}"
            yield stated(f"{one} in another transcription", one, row[year])
    for source, year in (("mee-2024-12", "2021"), ("mee-2024-33", "2022"), ("mee-2025-47", "2023")):
        yield from _within(library, source)
        national = [f"mee{year}.electricity.cn.{one}" for one in ("average", "excluding-traded-nonfossil", "fossil")]
        yield rising(f"national variants of {year}", *national)


def _within(library: FactorLibrary, source: str) -> Iterator[Check]:
    """A region lies between its provinces, the country between its regions: true of all of them."""
    ids = {one.region: one.id for one in library.factors if one.source == source and one.variant == "average"}
    regions = [code for code in ids if code.startswith("CN-grid-")]
    for outer in ("CN", *regions):
        parts = regions if outer == "CN" else [code for code in ids if library.regions[code].parent == outer]
        inner = tuple(ids[code] for code in parts)
        yield between(f"{ids[outer]} between its parts", ids[outer], inner)


# ------------------------------------------------------------------------------------------------- heating values, kgce


def _kcal(kilojoules: Decimal, edition: str, multiple: int) -> Decimal:
    return (kilojoules / KILOJOULES[edition] / multiple).quantize(Decimal(1), ROUND_HALF_UP) * multiple


def _editions(library: FactorLibrary) -> Iterator[Check]:
    ids = {one.id for one in library.properties}
    for one in library.properties:
        if one.source not in KILOJOULES:
            continue
        multiple = 10 if one.subject in NO_MULTIPLE_OF_FIFTY else 50
        coal = f"{one.source}.{one.subject}.coal-equivalent"
        if one.property == "ncv" and one.id not in NOT_OF_ITS_EDITION:
            yield _round(one.id, one.source, multiple)
            if coal in ids:
                yield _coal(one.id, coal, one.source, multiple)
            later = one.id.replace("2008", "2020")
            if one.source == "gbt2589-2008" and later in ids:
                yield _rates(one.id, later, multiple)
        if one.property == "coal-equivalent" and one.subject not in {"heat", "energy"}:
            yield _round_coal(one.id, multiple)
    for edition in KILOJOULES:
        heat = f"{edition}.heat.coal-equivalent"
        yield cut(f"{heat} is 1/29.3076", heat, 1 / Decimal("29.3076"))
    energy = "gbt2589-2020.energy.coal-equivalent"
    yield stated(f"{energy} is 7000 kcal of 4.1868 kJ", energy, str(7 * Decimal("4.1868")))
    yield same("electricity in both editions", *(f"{edition}.electricity.coal-equivalent" for edition in KILOJOULES))
    yield _rates("ndrc2013.refinery_dry_gas.ncv", "gbt2589-2020.refinery_dry_gas.ncv", 50, per=1000)


def _round(ncv: str, edition: str, multiple: int) -> Check:
    def holds(v: Values) -> bool:
        return abs(_kcal(v(ncv), edition, multiple) * KILOJOULES[edition] - v(ncv)) < 1

    return Check(f"{ncv} is a multiple of {multiple} kcal at the rate of its edition", (ncv,), holds)


def _coal(ncv: str, coal: str, edition: str, multiple: int) -> Check:
    def holds(v: Values) -> bool:
        return v(coal) == (_kcal(v(ncv), edition, multiple) / KCAL_PER_KGCE).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    return Check(f"{coal} is its heating value over 7000 kcal", (ncv, coal), holds)


def _rates(earlier: str, later: str, multiple: int, per: int = 1) -> Check:
    def holds(v: Values) -> bool:
        kcal = _kcal(v(later), "gbt2589-2020", multiple)
        return abs(kcal * KILOJOULES["gbt2589-2008"] - v(earlier) * per) < 1

    return Check(f"{earlier} and {later} are one number of kcal", (earlier, later), holds)


def _round_coal(coal: str, multiple: int) -> Check:
    def holds(v: Values) -> bool:
        kcal = (v(coal) * KCAL_PER_KGCE / multiple).quantize(Decimal(1), ROUND_HALF_UP) * multiple
        return v(coal) == (kcal / KCAL_PER_KGCE).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    return Check(f"{coal} is a multiple of {multiple} kcal over 7000", (coal,), holds)


# --------------------------------------------------------------------------------------------------------- default sets


def _sets(library: FactorLibrary) -> Iterator[Check]:
    ids = {one.id for one in library.properties}
    for kind, pairs in DIFFERENT.items():
        for (first, second), different in pairs.items():
            for one in sorted(ids):
                edition, _, rest = one.partition(".")
                other = f"{second}.{rest}"
                both = edition == first and rest.endswith(f".{kind}") and other in ids
                if both and rest.removesuffix(f".{kind}") not in different:
                    yield _alike(one, other)
    for edition in SETS:
        yield from _from_elsewhere(edition, ids)
        for number, fuels in enumerate(OXIDISED_ALIKE[edition], 1):
            yield same(
                f"oxidation in {edition}, kind {number}", *(f"{edition}.{one}.oxidation" for one in fuels.split())
            )
    for fuel, (per, value) in PRODUCTS.items():
        yield _product(fuel, per, value)


def _from_elsewhere(edition: str, ids: set[str]) -> Iterator[Check]:
    for one in sorted(ids):
        mine, _, rest = one.partition(".")
        both = mine == edition and rest.endswith(".carbon-content") and f"ipcc2006.{rest}" in ids
        if both and (edition, rest.removesuffix(".carbon-content")) not in NOT_OF_IPCC:
            yield _alike(one, f"ipcc2006.{rest}", 1000)
    for fuel in AGREE[edition].split():
        gas = fuel == "natural_gas"
        twin = f"gbt2589-2008.{'natural_gas_oilfield' if gas else fuel}.ncv"
        yield _alike(f"{edition}.{fuel}.ncv", twin, 100 if gas else 1000)
    for first, second in OTHER_FUELS:
        if first.startswith(f"{edition}."):
            yield _alike(first, second, 1000)
    for fuel in OF_IPCC[edition].split():
        yield _alike(f"{edition}.{fuel}.ncv", f"ipcc2006.{fuel}.ncv")


def _alike(first: str, second: str, per: int = 1) -> Check:
    def holds(v: Values) -> bool:
        return shortened(v(first) * per, v(second))

    return Check(f"{first} and {second} are one number", (first, second), holds)


def _product(fuel: str, per: int, value: str) -> Check:
    ids = tuple(f"{fuel}.{kind}" for kind in ("ncv", "carbon-content", "oxidation"))

    def holds(v: Values) -> bool:
        return shortened(v(ids[0]) * v(ids[1]) * v(ids[2]) * 44 / 12 / per * Decimal(1), Decimal(value))

    return Check(f"CO2 of {fuel} as calculators state it", ids, holds)


# ---------------------------------------------------------------------------------------------------------- vehicles


def _vehicles() -> Iterator[Check]:
    """Cars and other light vehicles share rows; N2O falls from standard to standard."""
    stem = "ndrc-land-transport-2015"
    for standard in STANDARDS["petrol"].split():
        for fuel, gas in (("diesel", "ch4"), ("diesel", "n2o"), ("petrol", "ch4")):
            row = f"{gas}.{fuel}-{standard}"
            yield same(f"cars and other light vehicles, {row}", f"{stem}.car.{row}", f"{stem}.other_light.{row}")
    lpg = [f"{stem}.car.ch4.lpg-{standard}" for standard in STANDARDS["lpg"].split()]
    yield same("cars on LPG, CH4", *lpg)
    for vehicle, fuel in (("car", "petrol"), ("car", "lpg"), ("other_light", "petrol")):
        rows = [f"{stem}.{vehicle}.n2o.{fuel}-{standard}" for standard in STANDARDS[fuel].split()]
        yield rising(f"N2O of {vehicle} on {fuel} falls with the standard", *reversed(rows))
    yield same(
        "cars on petrol and on LPG of the first standard, N2O",
        f"{stem}.car.n2o.petrol-china-1",
        f"{stem}.car.n2o.lpg-china-1",
    )


def _densities(library: FactorLibrary) -> Iterator[Check]:
    for litres in (1351, 1360):
        row = f"cn-practice.petrol-{litres}.density"
        yield cut(f"{row} is 1000/{litres}", row, Decimal(1000) / litres)
    most = "gb17930-2016.petrol.density.max"
    for one in library.properties:
        if one.source == "cn-practice-density":
            yield _specified(one.id, most)
    grades = [f"cn-practice.petrol{grade}.density" for grade in (92, 95, 98)]
    yield rising("petrol is denser with the grade", *grades)
    yield near(
        "densities of diesel", "ndrc-land-transport-2015.diesel.density", "gb19147-2016.diesel.density.max", "1.01"
    )


def _specified(row: str, most: str) -> Check:
    return Check(
        f"{row} within the specification of petrol", (row, most), lambda v: Decimal("0.72") <= v(row) <= v(most) / 1000
    )
