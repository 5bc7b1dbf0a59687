"""United States: tables of one hub check each other, and model years are mixtures of known control technologies."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise, product

from hsesg_carbon import FactorLibrary
from tests.oracles import Check, Values, half_a_digit
from tests.oracles.harness import same, stated

HUB = "epahub2025"
HUB_2023 = "epahub2023"
GASES = ("ch4", "n2o")

COLUMN = {"short_ton": Decimal(1), "us_gal": Decimal("0.01")}
"""Table 1 prints its per-unit columns to this step; per scf the step differs by fuel: the value's own digits count."""


def checks(library: FactorLibrary) -> Iterator[Check]:
    """Yield every relation between the rows of the hubs of 2025 and 2023 and of eGRID2023."""
    known = {one.id for one in (*library.factors, *library.properties)}
    yield from _heat_contents(library, known)
    yield from _fuel_classes(known)
    yield from _printed_twice()
    yield from _steam_and_liquor()
    yield from _model_years(known)
    yield from _transport()
    yield from _non_road(known)
    yield from _alternative_vehicles()
    yield from _waste_alike(known)
    yield from _waste_mixtures()
    yield from _grid(library)


def alike(about: str, ids: Sequence[str]) -> Check:
    """Return the check that all these rows print one number."""
    return same(f"{about}: one number", *ids)


def _close(left: Decimal, right: Decimal, tolerance: Decimal) -> bool:
    return abs(left - right) <= tolerance


# ---------------------------------------------------------------------------------------------- Table 1 (and 2, 7, 12)


def _heat_contents(library: FactorLibrary, known: set[str]) -> Iterator[Check]:
    """The factor per unit is heat content times the factor per mmBtu, rounded to the column: without any exception."""
    for one in library.properties:
        if one.source != "epa-hub-2025":
            continue
        fuel, _, state = one.id.removeprefix(f"{HUB}.").partition(".gcv")
        unit = one.unit.partition("/")[2].lower()
        for gas in ("co2", "co2-biogenic", *GASES):
            base = f"{HUB}.stationary.{fuel}.{gas}{state}"
            if f"{base}.mmbtu" in known:
                ids = (one.id, f"{base}.mmbtu", f"{base}.{unit}")
                yield Check(f"{base}: heat content x per mmBtu = per {unit}", ids, _product(ids, COLUMN.get(unit)))


def _product(ids: tuple[str, str, str], step: Decimal | None) -> Callable[[Values], bool]:
    def holds(value: Values) -> bool:
        heat, per_energy, per_unit = (value(one) for one in ids)
        return _close(heat * per_energy, per_unit, step / 2 if step else half_a_digit(per_unit))

    return holds


COALS = [
    "anthracite",
    "other_bituminous_coal",
    "sub_bituminous_coal",
    "lignite",
    "mixed_coal_commercial",
    "mixed_coal_electric_power",
    "mixed_coal_coking",
    "mixed_coal_industrial",
    "coke_oven_lignite_coke",
]
SOLIDS = [
    "municipal_solid_waste",
    "petroleum_coke",
    "plastics",
    "tyres",
    "agricultural_byproducts",
    "peat",
    "solid_byproducts",
]
BIOGASES = ["landfill_gas", "other_biogas"]
BIOFUELS = ["biodiesels", "ethanol", "rendered_animal_fat", "vegetable_oil"]
OF_THEIR_OWN = {"wood_wood_waste", "natural_gas", "blast_furnace_gas", "coke_oven_gas"}
"""Fuels whose CH4 and N2O per mmBtu are those of no class."""


def _fuel_classes(known: set[str]) -> Iterator[Check]:
    """CH4 and N2O per mmBtu are printed by class of fuel: coal, other solids, petroleum products, biogas, biofuels."""
    for gas in GASES:
        rows = sorted(one for one in known if one.startswith(f"{HUB}.stationary.") and f".{gas}." in one)
        rows = [one for one in rows if one.endswith(".mmbtu")]
        others = {*COALS, *SOLIDS, *BIOGASES, *BIOFUELS, "black_liquor", *OF_THEIR_OWN}
        classes = {"coal": COALS, "other solids": SOLIDS, "biogas": BIOGASES, "liquid biofuels": BIOFUELS}
        classes |= {"kraft liquor": ["black_liquor"]}
        classes["petroleum products"] = list({one.split(".")[2] for one in rows} - others)
        for name, fuels in classes.items():
            yield alike(f"{gas} of {name}", [one for one in rows if one.split(".")[2] in fuels])


def _printed_twice() -> Iterator[Check]:
    """Table 2 repeats Table 1; Table 10 repeats the cars and light trucks of Table 8; diesel is distillate No. 2."""
    same = {"aviation_gasoline": "us_gal", "jet_kerosene": "us_gal", "lpg": "us_gal", "petrol": "us_gal"}
    for fuel, unit in {**same, "natural_gas": "scf"}.items():
        yield alike(f"Tables 1 and 2, {fuel}", [f"{HUB}.{use}.{fuel}.co2.{unit}" for use in ("stationary", "mobile")])
    for fuel in ("biodiesels", "ethanol"):
        ids = [f"{HUB}.{use}.{fuel}.co2-biogenic.us_gal" for use in ("stationary", "mobile")]
        yield alike(f"Tables 1 and 2, {fuel}", ids)
    for mobile, stationary in (("diesel", "fuel_oil_no2"), ("residual_fuel_oil", "fuel_oil_no6")):
        ids = [f"{HUB}.mobile.{mobile}.co2.us_gal", f"{HUB}.stationary.{stationary}.co2.us_gal"]
        yield alike(f"Tables 1 and 2, {mobile}", ids)
    for gas in ("co2", *GASES):
        cars = [f"{HUB}.freight.car.{gas}.mile", f"{HUB}.travel.car.{gas}.passenger-car"]
        yield alike(f"Tables 8 and 10, passenger car, {gas}", cars)
        trucks = [f"{HUB}.freight.van.{gas}.mile", f"{HUB}.travel.car.{gas}.light-duty-truck"]
        yield alike(f"Tables 8 and 10, light-duty truck, {gas}", trucks)


TABLE_AA_1 = {
    "north-american-softwood": "94.4",
    "north-american-hardwood": "93.7",
    "bagasse": "95.5",
    "bamboo": "93.7",
    "straw": "95.1",
}
"""40 CFR Part 98, Table AA-1 to Subpart AA: kg CO2 per mmBtu of kraft pulping liquor, by wood furnish."""


def _steam_and_liquor() -> Iterator[Check]:
    """Steam is natural gas burnt at 80 % efficiency; kraft liquor is Table AA-1 of the reporting rule."""
    for gas in ("co2", *GASES):
        ids = (f"{HUB}.heat.purchased.{gas}.mmbtu", f"{HUB}.stationary.natural_gas.{gas}.mmbtu")
        yield Check(f"Table 7, steam from natural gas at 80 %, {gas}", ids, _over(ids, Decimal("0.8")))
    for furnish, printed in TABLE_AA_1.items():
        one = f"{HUB}.stationary.black_liquor.co2-biogenic.{furnish}.mmbtu"
        yield stated(f"40 CFR 98 Table AA-1, {furnish}", one, printed)
    for gas, printed in (("ch4", "1.9"), ("n2o", "0.42")):
        one = f"{HUB}.stationary.black_liquor.{gas}.straw.mmbtu"
        yield stated(f"40 CFR 98 Table AA-1, {gas}", one, printed)


def _over(ids: tuple[str, str], efficiency: Decimal) -> Callable[[Values], bool]:
    return lambda value: _close(value(ids[1]) / efficiency, value(ids[0]), half_a_digit(value(ids[0])))


# ------------------------------------------------------------------------------------------------------------- Table 3

RATES = {
    "car": {
        "non": (1696, 197),
        "ox": (1355, 504),
        "t0": (704, 647),
        "t1": (271, 429),
        "lev": (100, 205),
        "lev2": (70, 43),
        "t2": (72, 48),
        "lev3": (45, 12),
        "t3": (55, 15),
    },
    "van": {
        "non": (1908, 218),
        "ox": (1516, 639),
        "t0": (776, 1056),
        "t1": (452, 871),
        "lev": (148, 223),
        "lev2": (84, 57),
        "t2": (100, 25),
        "lev3": (65, 12),
        "t3": (92, 12),
    },
    "heavy_truck": {
        "none": (4604, 497),
        "non": (4181, 473),
        "ox": (2356, 1317),
        "t0": (2630, 2135),
        "t1": (655, 1750),
        "lev": (300, 466),
        "lev2": (391, 15),
        "t2": (297, 15),
        "lev3": (411, 136),
        "t3": (252, 63),
    },
}
"""
CH4 and N2O of the control technologies of EPA's national inventory, in 1e-4 g per mile.

From uncontrolled and non-catalyst over oxidation catalyst, Tier 0, Tier 1, LEV, LEV II, Tier 2 to LEV III and Tier 3.
They are not transcribed from a page but fitted to the rows: the proof is that whole percentages of one to three
neighbouring technologies give both figures of each of the 112 model years to the last printed digit, and that some
years print a technology alone. A digit swapped in a year leaves it outside every such mixture, as a rule.
"""

MIXES = {
    "car": {
        "non": "1973-1974",
        "non ox": "1975 1976-1977 1978-1979",
        "non ox t0": "1980",
        "ox t0": "1981 1982 1983",
        "t0": "1984-1993",
        "t0 t1": "1994 1995",
        "t0 t1 lev": "1996 1997",
        "t1 lev": "1998 1999 2000 2001 2002",
        "lev lev2": "2003 2004 2005 2006 2009 2010 2011 2012 2013 2014",
        "lev lev2 t2": "2007 2008",
        "t2 lev3": "2015 2016",
        "t2 lev3 t3": "2017 2018 2019",
        "lev3 t3": "2020 2021 2022",
    },
    "van": {
        "non": "1973-1974",
        "non ox": "1975 1976 1977-1978 1979-1980",
        "ox t0": "1981 1982 1983 1984 1985 1986 1987-1993",
        "t0 t1": "1994 1995",
        "t1": "1996 1997",
        "t1 lev": "1998 1999 2000 2001 2002",
        "t1 lev lev2": "2003",
        "lev t2": "2004",
        "lev lev2 t2": "2005 2006 2007",
        "lev2 t2": "2008 2009 2010 2011 2012 2013",
        "lev2 t2 lev3": "2014 2015 2016",
        "t2 lev3 t3": "2017 2018 2019",
        "lev3 t3": "2020 2021 2022",
    },
    "heavy_truck": {
        "none": "1980-or-earlier",
        "none ox": "1981-1984",
        "non ox": "1985-1986",
        "non ox t0": "1987 1988-1989 1990-1995",
        "ox t0 t1": "1996 1997",
        "t1": "1998",
        "t1 lev": "1999 2000 2001 2002",
        "t1 lev t2": "2003",
        "lev t2": "2004 2005 2006",
        "lev2 t2": "2007 2008 2009 2010 2011 2012 2013 2014",
        "lev2 t2 lev3": "2015",
        "lev2 lev3 t3": "2016 2017 2018 2019",
        "lev3 t3": "2020 2021 2022",
    },
}
"""The technologies that a model year of petrol vehicles mixes."""


def _model_years(known: set[str]) -> Iterator[Check]:
    for vehicle, mixes in MIXES.items():
        for names, years in mixes.items():
            rates = [RATES[vehicle][name] for name in names.split()]
            for year in years.split():
                ids = tuple(f"{HUB}.vehicle.{vehicle}.{gas}.petrol.model-year-{year}" for gas in GASES)
                yield Check(f"Table 3, {vehicle} {year}: a mix of {names}", ids, _mixes(ids, rates))
        covered = {f"model-year-{year}" for years in mixes.values() for year in years.split()}
        assert covered == {one.rpartition(".")[2] for one in known if f"{HUB}.vehicle.{vehicle}.ch4.petrol" in one}


def _mixes(ids: tuple[str, ...], rates: Sequence[tuple[int, int]]) -> Callable[[Values], bool]:
    def holds(value: Values) -> bool:
        wanted = [int(value(one).scaleb(4)) * 100 for one in ids]
        return any(
            all(abs(sum(s * r[k] for s, r in zip(shares, rates, strict=True)) - wanted[k]) <= 50 for k in (0, 1))
            for shares in _percentages(len(rates))
        )

    return holds


def _percentages(parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to split 100 % into so many whole percentages."""
    for head in product(range(101), repeat=parts - 1):
        if sum(head) <= 100:
            yield (*head, 100 - sum(head))


# ----------------------------------------------------------------------------------------------- Tables 4, 5, 8 and 10


def _transport() -> Iterator[Check]:
    truck = [
        f"{HUB}.freight.heavy_truck.{gas}.{unit}" for gas in ("co2", *GASES) for unit in ("mile", "short_ton_mile")
    ]
    yield Check("Table 8, truck: one payload links both units in all three gases", tuple(truck), _one_ratio(truck))
    air = [f"{HUB}.travel.flight.{g}.{h}-haul" for h in ("short", "medium", "long") for g in ("co2", "n2o")]
    yield Check("Table 10, flights: N2O per CO2 is that of jet fuel", tuple(air), _one_ratio(air))
    jet = [f"{HUB}.mobile.jet_kerosene.co2.us_gal", f"{HUB}.mobile.jet_kerosene.n2o.nonroad.aircraft"]
    freight = [f"{HUB}.freight.flight.{gas}.short_ton_mile" for gas in ("co2", "n2o")]
    yield Check("Tables 2, 5 and 8, air freight: N2O per CO2", (*jet, *freight), _one_ratio([*jet, *freight]))
    ch4 = [f"{HUB}.mobile.jet_kerosene.ch4.nonroad.aircraft", f"{HUB}.freight.flight.ch4.short_ton_mile"]
    yield alike("Tables 5 and 8, jet aircraft emit no CH4", ch4)
    for gas in GASES:
        diesel = [f"{HUB}.mobile.diesel.co2.us_gal", f"{HUB}.mobile.diesel.{gas}.nonroad.locomotives"]
        trains = [f"{HUB}.{x}" for g in ("co2", gas) for x in (f"freight.rail.{g}.short_ton_mile",)]
        trains += [f"{HUB}.travel.rail.{g}.intercity.other-routes" for g in ("co2", gas)]
        ids = [*diesel, *trains]
        yield Check(f"Tables 2, 5, 8 and 10, diesel trains: {gas} per CO2", tuple(ids), _one_ratio(ids))
    for gas in ("co2", *GASES):
        routes = ("northeast-corridor", "national-average", "other-routes")
        ids = [f"{HUB}.travel.rail.{gas}.intercity.{route}" for route in routes]
        yield Check(f"Table 10, intercity rail, {gas}: average between its parts", tuple(ids), _rising(ids))


def _one_ratio(ids: Sequence[str]) -> Callable[[Values], bool]:
    """Hold pairs of rows (first, second, first, second ...) to one ratio, within the rounding of both."""

    def holds(value: Values) -> bool:
        low, high = Decimal(0), Decimal("Infinity")
        for first, second in zip(ids[::2], ids[1::2], strict=True):
            a, b = value(first), value(second)
            wide = (half_a_digit(a), half_a_digit(b))
            low = max(low, (b - wide[1]) / (a + wide[0]))
            high = min(high, (b + wide[1]) / (a - wide[0]))
        return low <= high

    return holds


def _rising(ids: Sequence[str]) -> Callable[[Values], bool]:
    return lambda value: all(value(low) < value(high) for low, high in pairwise(ids))


def _non_road(known: set[str]) -> Iterator[Check]:
    for gas in GASES:
        for group in ("agricultural", "construction-mining"):
            ends = ("4-stroke", "off-road-trucks")
            ids = [f"{HUB}.mobile.petrol.{gas}.nonroad.{group}-equipment.{end}" for end in ends]
            yield alike(f"Table 5, petrol off-road trucks of {group} are four-strokes, {gas}", ids)
        groups = ("agricultural", "construction-mining")
        ids = [f"{HUB}.mobile.diesel.{gas}.nonroad.{group}-equipment.off-road-trucks" for group in groups]
        yield alike(f"Table 5, diesel off-road trucks, {gas}", ids)
    for one in sorted(known):
        if one.startswith(f"{HUB}.mobile.petrol.ch4.nonroad.") and one.endswith(".2-stroke"):
            ids = [one, one.replace("2-stroke", "4-stroke")]
            about = f"{one}: two-strokes emit 2.0 to 3.7 times the CH4 of four-strokes"
            yield Check(about, tuple(ids), _within(ids, "2.0", "3.7"))


def _within(ids: Sequence[str], low: str, high: str) -> Callable[[Values], bool]:
    return lambda value: Decimal(low) * value(ids[1]) <= value(ids[0]) <= Decimal(high) * value(ids[1])


def _alternative_vehicles() -> Iterator[Check]:
    """Table 4 (2023): trucks of both classes alike, LNG as CNG, methanol as ethanol, CH4 of LPG a tenth of CNG."""

    def row(gas: str, what: str) -> str:
        vehicle, _, fuel = what.partition(" ")
        return f"{HUB_2023}.vehicle.{vehicle}.{gas}.{fuel}"

    trucks = [f"heavy_truck diesel.{kind}.model-year-" for kind in ("medium-duty", "heavy-duty")]
    for gas, years in product(GASES, ("1960-2006", "2007-2020")):
        yield alike(f"Table 4, diesel trucks {years}, {gas}", [row(gas, f"{one}{years}") for one in trucks])
    kinds = {"van": "", "heavy_truck": ".heavy-duty", "bus": ""}
    for gas, (vehicle, kind) in product(GASES, {**kinds, "heavy_truck ": ".medium-duty"}.items()):
        gases = [row(gas, f"{vehicle.strip()} {fuel}{kind}") for fuel in ("cng", "lng")]
        yield alike(f"Table 4, {vehicle}{kind} on CNG and LNG, {gas}", gases)
    for gas, (vehicle, kind) in product(GASES, {"car": "", "heavy_truck": ".heavy-duty", "bus": ""}.items()):
        alcohols = [row(gas, f"{vehicle} {fuel}{kind}") for fuel in ("methanol", "ethanol")]
        yield alike(f"Table 4, {vehicle} on methanol and ethanol, {gas}", alcohols)
    for vehicle, kind in (
        ("car", ""),
        ("van", ""),
        ("heavy_truck", ".medium-duty"),
        ("heavy_truck", ".heavy-duty"),
        ("bus", ""),
    ):
        ids = [row("ch4", f"{vehicle} {fuel}{kind}") for fuel in ("lpg", "cng")]
        yield Check(f"Table 4, {vehicle}{kind}: CH4 of LPG is a tenth of CNG", tuple(ids), _a_tenth(ids))
        yield alike(
            f"Table 4, {vehicle}{kind}: N2O of LPG and CNG",
            [row("n2o", f"{vehicle} {f}{kind}") for f in ("lpg", "cng")],
        )
    for gas, vehicle in product(GASES, ("car", "van")):
        ids = [row(gas, f"{vehicle} {fuel}") for fuel in ("lpg", "ethanol")]
        yield alike(f"Table 4, {vehicle} on LPG and ethanol, {gas}", ids)
    for vehicle in ("car", "van"):
        for gas in GASES:
            ids = [
                row(gas, f"{vehicle} diesel.model-year-{years}") for years in ("1983-2006", "1960-1982", "2007-2020")
            ]
            yield Check(f"Table 4, diesel {vehicle}, {gas}: order of model years", tuple(ids), _rising(ids))


def _a_tenth(ids: Sequence[str]) -> Callable[[Values], bool]:
    return lambda value: _close(value(ids[1]) / 10, value(ids[0]), half_a_digit(value(ids[0])))


# ------------------------------------------------------------------------------------------------------------- Table 9

INERT = [
    "aluminium_cans",
    "aluminium_ingot",
    "steel_cans",
    "copper_wire",
    "glass",
    "hdpe",
    "ldpe",
    "pet",
    "lldpe",
    "pp",
    "ps",
    "pvc",
    "pla",
    "mixed_metals",
    "mixed_plastics",
    "carpet",
    "desktop_computers",
    "portable_electronics",
    "flat_panel_displays",
    "crt_displays",
    "electronic_peripherals",
    "printers",
    "electronics",
    "bricks",
    "concrete",
    "fly_ash",
    "tyres",
    "asphalt",
    "asphalt_shingles",
    "plasterboard",
    "insulation",
    "structural_steel",
    "vinyl_flooring",
]
FOODS = [
    "food",
    "food_non_meat",
    "food_meat",
    "beef",
    "poultry",
    "grains",
    "bread",
    "fruit_and_vegetables",
    "dairy_products",
]
GARDEN = ["garden", "grass", "leaves", "branches"]
PAPERS = [
    "cardboard",
    "magazines",
    "newspaper",
    "office_paper",
    "phonebooks",
    "books",
    "paper_and_board_mixed",
    "paper_residential",
    "paper_offices",
]
ALIKE = {
    "landfilled": (INERT, ["phonebooks", "newspaper"], ["books", "office_paper"]),
    "combusted": (
        ["aluminium_cans", "aluminium_ingot", "steel_cans", "copper_wire", "glass", "pla", "mixed_metals"],
        ["hdpe", "ldpe", "lldpe", "pp"],
        [*PAPERS, *FOODS, *GARDEN, "mixed_organics", "dimensional_lumber", "mdf"],
    ),
    "composted": (FOODS, GARDEN),
    "anaerobic-digestion-dry": (FOODS,),
    "anaerobic-digestion-wet": (FOODS,),
    "recycled": (["magazines", "newspaper", "office_paper"], ["phonebooks", "books"]),
}
"""What Table 9 prints alike: inert waste in a landfill is transport alone, ash of metals and of biomass likewise."""

MIXTURES = {
    "paper_and_board_mixed": {"cardboard": 48, "magazines": 8, "newspaper": 24, "office_paper": 20},
    "paper_residential": {"cardboard": 53, "magazines": 10, "newspaper": 23, "office_paper": 14},
    "paper_offices": {"cardboard": 5, "magazines": 36, "newspaper": 21, "office_paper": 38},
    "garden": {"grass": 50, "leaves": 25, "branches": 25},
    "mixed_metals": {"aluminium_cans": 35, "steel_cans": 65},
    "mixed_plastics": {"pet": 61, "hdpe": 39},
    "food_meat": {"beef": 45, "poultry": 55},
    "food_non_meat": {"grains": 16, "fruit_and_vegetables": 61, "dairy_products": 23},
    "food": {"beef": 9, "poultry": 11, "grains": 13, "fruit_and_vegetables": 49, "dairy_products": 18},
}
"""Mixed materials by parts, in percent: not transcribed from a page; they give the printed mixtures of Table 9."""


def _waste(material: str, treatment: str) -> str:
    return f"{HUB}.waste.{material}.co2e.{treatment}"


def _waste_alike(known: set[str]) -> Iterator[Check]:
    for treatment, groups in ALIKE.items():
        for group in groups:
            ids = [one for one in (_waste(material, treatment) for material in group) if one in known]
            yield alike(f"Table 9, {treatment}: {group[0]} and others", ids)


def _waste_mixtures() -> Iterator[Check]:
    treatments = {"garden": ("landfilled", "anaerobic-digestion-dry"), "mixed_metals": ("recycled",)}
    treatments |= {"mixed_plastics": ("recycled", "combusted")}
    for mixed, parts in MIXTURES.items():
        paper = ("landfilled", "recycled") if "paper" in mixed else ("landfilled",)
        for treatment in treatments.get(mixed, paper):
            ids = (_waste(mixed, treatment), *(_waste(part, treatment) for part in parts))
            yield Check(f"Table 9, {mixed} {treatment}: the mean of its parts", ids, _mean(ids, list(parts.values())))
    for treatment in ("recycled", "landfilled", "combusted"):
        ids = tuple(_waste(one, treatment) for one in ("portable_electronics", "electronics", "electronic_peripherals"))
        yield Check(f"Table 9, electronics {treatment}: mixed between its parts", ids, _ordered(ids))


def _mean(ids: Sequence[str], shares: Sequence[int]) -> Callable[[Values], bool]:
    """Hold the first row to the weighted mean of the others: every one is rounded to 0.01."""

    def holds(value: Values) -> bool:
        mean = sum((share * value(one) for share, one in zip(shares, ids[1:], strict=True)), Decimal(0)) / 100
        return _close(value(ids[0]), mean, Decimal("0.01"))

    return holds


def _ordered(ids: Sequence[str]) -> Callable[[Values], bool]:
    return lambda value: all(value(low) <= value(high) for low, high in pairwise(ids))


# --------------------------------------------------------------------------------------------------------------- eGRID


def _grid(library: FactorLibrary) -> Iterator[Check]:
    """
    Non-baseload power emits more CO2 than all power; CH4 and N2O lie where the fuels of power plants put them.

    Per mmBtu, gas gives 1 g CH4, 0.1 g N2O and 53.06 kg CO2, coal 11, 1.6 and some 94, oil 3, 0.6 and some 75. So N2O
    is a tenth to a fifth of CH4, and CH4 18 to 140 mg per kg CO2 (biomass, whose CO2 is not counted, adds to it).
    """
    rows = {one.id for one in library.factors if one.source == "epa-egrid2023"}
    for co2 in sorted(one for one in rows if ".co2." in one):
        ch4, n2o = (co2.replace(".co2.", f".{gas}.") for gas in GASES)
        yield Check(f"{n2o}: a tenth to a fifth of CH4", (ch4, n2o), _bounded(ch4, n2o, "0.1", "0.2"))
        yield Check(f"{ch4}: 18 to 140 mg per kg CO2", (co2, ch4), _bounded(co2, ch4, "0.000018", "0.00014"))
        if co2.endswith("total-output"):
            pair = (co2, co2.replace("total-output", "non-baseload"))
            yield Check(f"{co2}: below non-baseload", pair, _rising(pair))
    for variant in ("total-output", "non-baseload"):
        for gas in ("co2", *GASES):
            ids = tuple(sorted(one for one in rows if one.endswith(f".{gas}.{variant}")))
            yield Check(f"eGRID2023, {gas}, {variant}: the average lies within", ids, _inside(ids))


def _bounded(below: str, above: str, low: str, high: str) -> Callable[[Values], bool]:
    """Hold the second row to a range of ratios to the first, within the rounding to 0.001."""
    half = Decimal("0.0005")

    def holds(value: Values) -> bool:
        a, b = value(below), value(above)
        return b + half >= Decimal(low) * (a - half) and b - half <= Decimal(high) * (a + half)

    return holds


def _inside(ids: Sequence[str]) -> Callable[[Values], bool]:
    average = next(one for one in ids if ".us." in one)
    return lambda value: min(map(value, ids)) < value(average) < max(map(value, ids))
