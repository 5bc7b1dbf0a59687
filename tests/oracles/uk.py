"""
The UK Government's conversion factors against each other: one number is printed per kilometre and per mile, per tonne,
litre and kWh, with and without radiative forcing, in two editions, in two tables.

The publisher adds three gases that are rounded one by one to five decimals, so a sum may miss by one unit of the last.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from operator import le
from pathlib import Path

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.records import EmissionFactor
from tests.oracles import Check, Values

LAST = Decimal("0.00001")
"""One unit of the last of the five decimals in which the UK Government prints."""
MILE = Decimal("1.609344")
LOADS = ("0-percent-laden", "50-percent-laden", "100-percent-laden")

REVISED_2025 = {  # grid gas of another year, other shares of biofuel, heating values of coal, CH4 and N2O of biomass
    "natural_gas": ("1.000", "1.013"),
    "petrol": ("0.992", "1.0001"),
    "diesel average-biofuel-blend": ("1.021", "1.025"),
    "coal industrial": ("0.998", "0.9985"),
    "coal electricity-generation": ("0.983", "1.008"),
    "coal electricity-generation-home-produced": ("0.983", "1.008"),
    "wood_wood_waste": ("1.015", "1.017"),
    "other_solid_biomass": ("0.875", "0.876"),
    "other_biogas": ("0.95", "0.99"),
    "landfill_gas": ("0.999", "1.002"),
    "biogasoline": ("0.994", "1.002"),
    "renewable_jet_kerosene": ("0.997", "1.006"),
}
"""Fuels whose direct factors the 2025 edition revised, and by how much; it repeats all others from 2024."""
REVISED_UPSTREAM = {
    "ethanol": ("1.185", "1.1855"),
    "biodiesels methyl-ester": ("0.821", "0.8215"),
    "biodiesels off-road": ("0.821", "0.8215"),
    "biodiesels methyl-ester-used-cooking-oil": ("0.913", "0.9135"),
    "biodiesels methyl-ester-tallow": ("0.8105", "0.811"),
    "biodiesels hydrotreated-vegetable-oil": ("1.0095", "1.01"),
    "biodiesels development-diesel": ("0.972", "0.9725"),
    "biomethane compressed": ("1.209", "1.2095"),
    "biomethane liquefied": ("2.2525", "2.253"),
    "biopropane": ("0.7275", "0.73"),
    "biogasoline": ("0.957", "0.9635"),
    "biomethanol": ("1.0053", "1.0056"),
    "renewable_jet_kerosene": ("1.475", "1.486"),
}
"""Fuels whose upstream factors the 2025 edition revised, and by how much."""
OTHER_HEATING_VALUE = {
    name for name in REVISED_2025 if name.startswith(("natural_gas", "petrol", "diesel", "coal electricity"))
}
OTHER_DENSITY = {"biopropane", "biogasoline", "renewable_jet_kerosene"}

SAME_FUEL = (
    ("natural_gas", "cng", "average-blend", "t kWh"),
    ("natural_gas", "lng", "mineral", "t kWh"),
    ("residual_fuel_oil", "processed-residual-oil", "fuel-oil", "t L kWh"),
    ("diesel", "processed-distillate-oil", "gas-oil", "t L kWh"),
    ("coal", "electricity-generation-home-produced", "electricity-generation", "kWh"),
    ("biodiesels", "methyl-ester-used-cooking-oil", "methyl-ester", "kg L GJ"),
    ("biodiesels", "methyl-ester-tallow", "methyl-ester", "kg L GJ"),
    ("biodiesels", "off-road", "methyl-ester", "kg L GJ"),
)
"""Rows of one fuel under two names, burnt."""
SAME_UPSTREAM = (
    ("natural_gas", "mineral", "average-blend", "t m3 kWh"),
    ("diesel", "marine-gas-oil", "gas-oil", "t L kWh"),
    ("residual_fuel_oil", "marine-fuel-oil", "fuel-oil", "t L kWh"),
    ("biodiesels", "off-road", "methyl-ester", "kg L GJ"),
)
"""Rows of one fuel under two names, upstream. Not the processed oils, whose upstream factors are half as high again."""

INERT = {"aggregates", "average_construction", "asphalt", "bricks", "concrete", "insulation", "soils"}
INERT |= {"construction_metals"}
"""Wastes that are collected as construction waste: one factor for all ways of recycling them."""
OWN_LANDFILL = {"wood", "asbestos", "soils", "plasterboard", "clothing", "food", "garden", "food_and_garden"}
OWN_LANDFILL |= {"mixed_municipal", "commercial_and_industrial", "construction_metals"}
PAPERS = {"books", "board", "paper", "paper_and_board_mixed"}

TRANSPORT = (
    ("aggregates", "bricks", "concrete", "insulation"),
    ("ldpe", "paper", "aluminium_cans.closed-loop-source", "paper.closed-loop-source"),
    ("aluminium_cans", "steel_cans", "pet", "pet.closed-loop-source", "ldpe.closed-loop-source"),
    ("steel_cans", "steel_cans.closed-loop-source"),
    ("pp", "pp.closed-loop-source"),
)
"""Materials whose production is a whole number of kg CO2e, to which one transport of the group is added."""
CO2E_OF_SHIP_CO2 = Decimal("1.01246")
"""CO2e of a gram of CO2 of every ship: found as what makes all 41 sizes whole tenths of a gram."""
MEGALITRE = {
    "desnz2024.water.supply.co2e": "153.10865",
    "desnz2024.water.treatment.co2e": "185.7412",
    "desnz2025.water.supply.co2e": "191.30156",
    "desnz2025.water.treatment.co2e": "170.87549",
}
"""Flat files, Water supply and Water treatment, kgCO2e per million litres."""


Key = tuple[str, str, str, str, str]
"""Edition, activity, technology, unit of the quantity with its basis, variant."""


@dataclass(frozen=True)
class Uk:
    """The British rows, found by what tells them apart."""

    rows: dict[Key, EmissionFactor]

    def get(self, year: str, activity: str, technology: str, per: str, variant: str = "") -> str | None:
        """Return the id of a row; ``per`` has the basis after a space."""
        found = self.rows.get((year, activity, technology, per, variant))
        return found.id if found else None

    def need(self, year: str, activity: str, technology: str, per: str, variant: str = "") -> str:
        """Return the id of a row that must exist."""
        return self.rows[year, activity, technology, per, variant].id

    def of(self, year: str, *starts: str) -> Iterator[Key]:
        """Yield the keys of an edition whose activity starts so."""
        yield from (key for key in self.rows if key[0] == year and key[1].startswith(starts))


def _british(library: FactorLibrary) -> Uk:
    rows = {}
    for one in library.factors:
        if one.source.startswith("desnz-") and one.flow == "CO2e" and one.region == "GB":
            per = " ".join(filter(None, (one.plain_unit.partition("/")[2], one.basis)))
            rows[one.source[6:], one.activity, one.technology or "", per, one.variant or ""] = one
    return Uk(rows)


def _fuel(key: Key) -> str:
    return f"{key[1].rpartition('.')[2]} {key[2]}".strip()


def _among(name: str, names: Iterable[str]) -> str:
    """Return which of the names means a fuel: itself or its subject; nothing if none does."""
    known = set(names)
    return next((one for one in (name, name.split(maxsplit=1)[0]) if one in known), "")


def rule(about: str, ids: tuple[str, ...], holds: Callable[..., bool]) -> Check:
    """Hold what a function says of the values of some rows, in order."""
    return Check(about, ids, lambda value: holds(*map(value, ids)))


def printed(about: str, row: str, number: Decimal, within: Decimal = Decimal(0)) -> Check:
    """Hold that a row is a number that the publication prints elsewhere."""
    return rule(about, (row,), lambda value: abs(value - number) <= within)


def near(about: str, one: str, other: str, within: Decimal = Decimal(0), times: Decimal = Decimal(1)) -> Check:
    """Hold that one row is the other times a number."""
    return Check(about, (one, other), lambda value: abs(value(one) - times * value(other)) <= within)


def band(about: str, one: str, other: str, low: str, high: str) -> Check:
    """Hold that the ratio of two rows lies between two numbers."""
    least, most = Decimal(low), Decimal(high)
    return Check(about, (one, other), lambda value: least * value(other) <= value(one) <= most * value(other))


def _span(value: Values, over: str, under: str) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest ratio that two printed numbers allow."""
    top, bottom = value(over), value(under)
    return (top - LAST) / (bottom + LAST), (top + LAST) / max(bottom - LAST, LAST / 10)


def same_ratio(about: str, one: tuple[str, str], other: tuple[str, str], loose: str = "0") -> Check:
    """Hold that two ratios agree as far as their printed digits can tell; ``loose`` adds a share."""
    slack = Decimal(loose)

    def holds(value: Values) -> bool:
        low, high = _span(value, *one)
        least, most = _span(value, *other)
        return low * (1 - slack) <= most and least * (1 - slack) <= high

    return Check(about, tuple(dict.fromkeys((*one, *other))), holds)


def between(about: str, one: str, others: Iterable[str]) -> Check:
    """Hold that a row is not beyond the lowest and highest of others."""
    names = tuple(others)

    def holds(value: Values) -> bool:
        return min(map(value, names)) <= value(one) <= max(map(value, names))

    return Check(about, (one, *names), holds)


def checks(library: FactorLibrary) -> Iterator[Check]:
    """Yield the relations of the British rows."""
    uk = _british(library)
    yield from _miles(uk)
    yield from _tables(uk)
    for year in ("2024", "2025"):
        yield from _fuels_alike(uk, year)
    yield from _editions(uk)
    yield from _heating_values(uk)
    yield from _latest(uk, library)
    yield from _electricity_and_heat(uk)
    yield from _flights(uk)
    yield from _lorries(uk)
    yield from _vans_and_passengers(uk)
    yield from _ships(uk)
    yield from _wastes(uk)
    yield from _materials(uk)
    yield from _parts()


def _miles(uk: Uk) -> Iterator[Check]:
    """Three gases, each rounded per km and per mile: no row misses by more than 0.000029."""
    for year, activity, technology, per, variant in uk.of("2025", ""):
        if per == "mile":
            mile = uk.need(year, activity, technology, per, variant)
            km = uk.need(year, activity, technology, "km", variant)
            yield near(f"{mile} is 1.609344 times the factor per km", mile, km, 3 * LAST, MILE)


def _tables(uk: Uk) -> Iterator[Check]:
    """Company cars (Scope 1) and travel by car (Scope 3) are the same cars; only charged electricity differs."""
    for key in uk.of("2025", "vehicle."):
        travel = uk.need("2025", key[1].replace("vehicle.", "travel."), *key[2:])
        own = uk.need(*key)
        if key[2].endswith("battery-electric"):
            yield printed(f"{own} emits nothing while driven", own, Decimal(0))
        elif key[2].endswith("plug-in-hybrid"):
            yield band(f"{travel} with and without electricity", travel, own, "1.05", "1.90")
        else:
            # the motorcycles of Scope 1 are sums of the transcription, not the printed ones
            yield near(f"{own} is printed as {travel} too", own, travel, LAST if "motorbike" in own else Decimal(0))


def _fuels_alike(uk: Uk, year: str) -> Iterator[Check]:
    for table, before in ((SAME_FUEL, "[ms]*."), (SAME_UPSTREAM, "upstream.")):
        for subject, one, other, pers in table:
            for key in uk.of(year, ""):
                if _fuel(key) != f"{subject} {one}" or key[1].startswith("upstream.") != (before == "upstream."):
                    continue
                twin = uk.get(year, key[1], other, key[3]) or uk.get(year, before + subject, other, key[3])
                if twin and key[3].split()[0] in pers.split():
                    name = uk.need(*key)
                    yield near(f"{name} is the same fuel as {twin}", name, twin, LAST / 10)


def _editions(uk: Uk) -> Iterator[Check]:
    """What the edition of 2025 did not revise it repeats, to one unit of the last digit."""
    for starts, bands, within in (
        (("[ms]", "mobile.", "stationary."), REVISED_2025, LAST),
        (("upstream.",), REVISED_UPSTREAM, Decimal(0)),
    ):
        for key in uk.of("2024", *starts):
            old, new = uk.need(*key), uk.need("2025", *key[1:])
            if name := _among(_fuel(key), bands):
                yield band(f"{new} and {old} differ by the revision only", new, old, *bands[name])
            else:
                yield near(f"{new} repeats {old}", new, old, within * (2 if "diesel.co2e.mineral" in new else 1))


def _heating_values(uk: Uk) -> Iterator[Check]:
    """The factors of one fuel per t, L, m3, kg, GJ and kWh have the ratios of its density and heating values."""
    for year, start in product(("2024", "2025"), ("[ms]", "mobile.", "stationary.", "upstream.")):
        fuels: dict[tuple[str, str], dict[str, Key]] = {}
        for key in uk.of(year, start):
            fuels.setdefault((key[1], key[2]), {})[key[3]] = key
        for rows in fuels.values():
            for over, under in PAIRS:
                if over in rows and under in rows:
                    yield from _elsewhere(uk, rows[over], rows[under])


PAIRS = (
    ("kWh net", "kWh gross"),
    ("t", "kWh gross"),
    ("t", "kWh net"),
    ("L", "t"),
    ("m3", "t"),
    ("L", "kWh gross"),
    ("kg", "GJ net"),
    ("L", "kg"),
    ("L", "GJ net"),
)


def _elsewhere(uk: Uk, over: Key, under: Key) -> Iterator[Check]:
    """Compare the ratio of two units of one fuel with the ratio in the edition before and with the one upstream."""
    here, name = (uk.need(*over), uk.need(*under)), _fuel(over)
    direct, heating = not over[1].startswith("upstream."), over[3] == "kWh net"
    before = uk.get("2024", *over[1:]), uk.get("2024", *under[1:])
    if over[0] == "2025" and before[0] and before[1]:
        revised = _among(name, OTHER_DENSITY) or (direct and not heating and _among(name, OTHER_HEATING_VALUE))
        loose = "0.025" if revised else "0.0005"
        yield same_ratio(f"{here[0]} over {here[1]} as in 2024", here, (before[0], before[1]), loose)
    if direct and "landfill_gas" not in over[1]:  # nothing is emitted upstream of landfill gas
        upstream = "upstream." + over[1].rpartition(".")[2]
        there = uk.get(over[0], upstream, *over[2:]), uk.get(over[0], upstream, *under[2:])
        if there[0] and there[1]:
            # upstream factors rest on somewhat older densities and heating values
            loose = "0.0005" if heating else "0.14" if "grass-straw" in name else "0.04"
            yield same_ratio(f"{here[0]} over {here[1]} as upstream", here, (there[0], there[1]), loose)


def _latest(uk: Uk, library: FactorLibrary) -> Iterator[Check]:
    """The rows of 2026 that 2025 has too, and the fuel properties of 2026."""
    for key in uk.of("2026", "[ms]"):
        old, new = uk.get("2025", *key[1:]), uk.need(*key)
        if old and (_among(_fuel(key), ("propane", "lpg", "residual_fuel_oil")) or key[2].startswith("processed")):
            yield near(f"{new} repeats {old}", new, old, LAST)
        elif old:
            yield band(f"{new} and {old} of two editions", new, old, "0.98", "1.006")
    gas = {per: uk.need("2026", "[ms]*.natural_gas", "average-blend", per) for per in ("kWh net", "kWh gross")}
    values = {one.id: one for one in library.properties if one.source == "desnz-2026"}
    net, gross = "desnz2026.natural_gas.ncv", "desnz2026.natural_gas.gcv"
    assert {net, gross} <= set(values)
    yield same_ratio("natural gas 2026, net and gross", (gas["kWh net"], gas["kWh gross"]), (gross, net))
    for year, fuel in (("2026", "propane"), ("2025", "propane"), ("2025", "lpg")):
        litre, tonne = uk.need(year, f"[ms]*.{fuel}", "", "L"), uk.need("2026", f"[ms]*.{fuel}", "", "t")
        yield _by_density(litre, tonne, f"desnz2026.{fuel}.density")


def _by_density(litre: str, tonne: str, density: str) -> Check:
    """Hold that a factor per litre is the one per tonne times the density in kg/m3."""
    about = f"{litre} is {tonne} by the density"
    return rule(about, (litre, tonne, density), lambda a, b, rho: abs(a - b * rho / 1_000_000) <= LAST)


def _electricity_and_heat(uk: Uk) -> Iterator[Check]:
    for year in map(str, range(2014, 2021)):
        grid, losses = uk.need(year, "electricity.grid", "", "kWh"), uk.need(year, "electricity.losses", "", "kWh")
        before = uk.need(year, "upstream.electricity", "", "kWh")
        lost = uk.need(year, "upstream.electricity_losses", "", "kWh")
        yield same_ratio(f"one rate of losses in {year}", (losses, grid), (lost, before))
        yield band(f"losses are 8 to 10 % in {year}", losses, grid, "0.08", "0.10")
        yield band(f"upstream share of electricity in {year}", before, grid, "0.135", "0.162")
    for old, new in pairwise([*map(str, range(2014, 2021))]):
        one, other = uk.need(new, "electricity.grid", "", "kWh"), uk.need(old, "electricity.grid", "", "kWh")
        yield band(f"the grid gets cleaner, {old} to {new}", one, other, "0.80", "0.94")
    grid = uk.need("2024", "electricity.grid", "", "kWh")
    about = "CO2 of 2023 with its CH4 and N2O (see its note) at AR5 is the CO2e of 2024 within 0.00003"
    parts = ("desnz2023.electricity.grid.co2", grid)
    yield rule(about, parts, lambda co2, co2e: abs(co2 + Decimal("0.002114205") - co2e) < 3 * LAST)
    losses = uk.need("2024", "electricity.losses", "", "kWh")
    yield near("electricity losses of 2024 are 8.84 % of its grid", losses, grid, LAST, Decimal("0.0884"))
    newer = uk.need("2025", "electricity.losses", "", "kWh"), uk.need("2025", "electricity.grid", "", "kWh")
    yield band("electricity losses of 2025 stand on more than its grid", *newer, "0.09", "0.11")
    for new, old, low, high in (("2025", "2024", "0.85", "0.86"), ("2026", "2025", "0.73", "0.75")):
        one, other = uk.need(new, "electricity.grid", "", "kWh"), uk.need(old, "electricity.grid", "", "kWh")
        yield band(f"the grid gets cleaner, {old} to {new}", one, other, low, high)
    yield from _heat(uk)
    for row, number in MEGALITRE.items():
        yield printed(f"{row} is the factor per million litres", row, Decimal(number) / 1000, LAST / 2)


def _heat(uk: Uk) -> Iterator[Check]:
    """5 % lost on the way are 5/95 of what arrives. The edition of 2025 prints its loss still on the heat of 2024."""
    for year in ("2024", "2025"):
        for activity in ("heat.purchased", "upstream.heat"):
            one, other = (uk.need(year, activity, name, "kWh") for name in ("onsite", "district"))
            yield near(f"{one} is {other}", one, other)
        lost, heat = uk.need(year, "heat.losses", "", "kWh"), uk.need("2024", "heat.purchased", "district", "kWh")
        yield near(f"{lost} is 5/95 of the heat", lost, heat, LAST, Decimal(5) / 95)
        lost, heat = uk.need(year, "upstream.heat_losses", "", "kWh"), uk.need(year, "upstream.heat", "district", "kWh")
        yield near(f"{lost} is 5/95 of the heat", lost, heat, LAST, Decimal(5) / 95)
    old, new = (uk.need(year, "heat.purchased", "district", "kWh") for year in ("2025", "2026"))
    yield near(f"{new} repeats {old}", new, old)


def _flights(uk: Uk) -> Iterator[Check]:
    """
    Radiative forcing multiplies CO2 by 1.7; seats are weighted 1, 1.6, 2.9 and 4 (on short hauls 1 and 1.5).

    The share of an economy seat in the average is one number for all hauls, with and without forcing, and upstream.
    """
    for key in uk.of("2025", "travel.flight", "freight.flight", "upstream.travel_flight"):
        if key[4] == "with-rf":
            forced, plain = uk.need(*key), uk.need(*key[:4], "without-rf")
            if key[1].startswith("upstream"):
                yield near(f"{forced} has no radiative forcing", forced, plain)
            else:
                yield band(f"{forced} over {plain}", forced, plain, "1.6897", "1.6933")
        haul, _, seat = key[2].partition(".")
        weights = {"premium-economy": "1.6", "business": "1.5" if haul == "short-haul" else "2.9", "first": "4"}
        if seat in weights:
            economy = uk.need(key[0], key[1], f"{haul}.economy", key[3], key[4])
            weight = Decimal(weights[seat])
            yield near(f"{uk.need(*key)} is {weight} economy seats", uk.need(*key), economy, 3 * LAST, weight)
        if seat == "economy":
            average = uk.need(key[0], key[1], f"{haul}.average", key[3], key[4])
            share = Decimal("0.98358" if haul == "short-haul" else "0.7659")
            yield near(f"{uk.need(*key)} is a fixed share of the average", uk.need(*key), average, 2 * LAST, share)
    for variant in ("with-rf", "without-rf"):
        one, other = (
            uk.need("2025", "freight.flight", haul, "tonne_km", variant) for haul in ("long-haul", "international")
        )
        yield near(f"{one} is {other}", one, other)


def _lorries(uk: Uk) -> Iterator[Check]:
    """Fuel rises linearly with the load; half a load is half the payload; all lorries lie between the two kinds."""
    lorry = "freight.heavy_truck"
    classes = sorted({key[2].rpartition(".")[0] for key in uk.of("2025", lorry)})
    for name in classes:
        km = [uk.need("2025", lorry, f"{name}.{load}", "km") for load in LOADS]
        tonnes = [uk.need("2025", lorry, f"{name}.{load}", "tonne_km") for load in LOADS[1:]]
        mean = uk.need("2025", lorry, f"{name}.average-laden", "km")
        yield _halfway(km[0], km[1], km[2])
        yield _half_load((km[1], tonnes[0]), (km[2], tonnes[1]), "0.005" if name.endswith("all") else "0")
        yield between(f"{name}: the average load lies between", mean, (km[0], km[2]))
        yield from _cooled(uk, name)
    for total in ("all", "refrigerated.all"):
        before = total.removesuffix("all")
        for load, per in product((*LOADS, "average-laden"), ("km", "tonne_km")):
            if one := uk.get("2025", lorry, f"{total}.{load}", per):
                parts = [
                    uk.need("2025", lorry, f"{before}{kind}.{load}", per) for kind in ("rigid-all", "articulated-all")
                ]
                yield between(f"{one} lies between rigid and articulated", one, parts)


def _halfway(empty: str, half: str, full: str) -> Check:
    return rule(f"{half} is halfway", (empty, half, full), lambda a, b, c: abs(a + c - 2 * b) <= 3 * LAST)


def _half_load(half: tuple[str, str], full: tuple[str, str], loose: str) -> Check:
    """Hold that the full load, factor per km over factor per tonne km, is twice the half load; of all sizes, nearly."""

    def holds(value: Values) -> bool:
        low, high = _span(value, *half)
        least, most = _span(value, *full)
        return 2 * low * (1 - Decimal(loose)) <= most and least * (1 - Decimal(loose)) <= 2 * high

    return Check(f"{full[1]}: twice the half load", (*half, *full), holds)


def _cooled(uk: Uk, name: str) -> Iterator[Check]:
    """A cooled lorry carries the same payload; cooling adds one share to rigid and one to articulated lorries."""
    cold = f"refrigerated.{name}"
    if uk.get("2025", "freight.heavy_truck", f"{cold}.0-percent-laden", "km") is None:
        return
    for load in (*LOADS, "average-laden"):
        for per in ("km", "tonne_km"):
            one, other = (uk.get("2025", "freight.heavy_truck", f"{x}.{load}", per) for x in (cold, name))
            if one and other and name != "all":
                low, high = ("1.1900", "1.1922") if name.startswith("rigid") else ("1.1552", "1.1573")
                yield band(f"{one} is {other} cooled", one, other, low, high)


def _vans_and_passengers(uk: Uk) -> Iterator[Check]:
    van = "freight.van"
    for fuel, low, high in (
        ("diesel", "0.17", "0.45"),
        ("petrol", "0.14", "0.41"),
        ("battery-electric", "0.23", "0.38"),
    ):
        for name in ("class-1", "class-2", "class-3", "average"):
            km, tonne = (uk.need("2025", van, f"{name}.{fuel}", per) for per in ("km", "tonne_km"))
            yield band(f"the load of a van, {km}", km, tonne, low, high)
    rows = {
        fuel: tuple(uk.need("2025", van, f"{fuel}", per) for per in ("km", "tonne_km"))
        for fuel in ("average.cng", "average.lpg", "average.plug-in-hybrid", "class-3.plug-in-hybrid")
    }
    yield same_ratio("gas vans carry one load", _two(rows["average.cng"]), _two(rows["average.lpg"]))
    for one, other in zip(rows["average.plug-in-hybrid"], rows["class-3.plug-in-hybrid"], strict=True):
        yield near(f"{one}: all hybrid vans are of class III", one, other)
    for taxi, seats in (("regular-taxi", "1.4"), ("black-cab", "1.5")):
        for activity in ("travel.taxi", "upstream.travel_taxi"):
            km, person = (uk.need("2025", activity, taxi, per) for per in ("km", "passenger_km"))
            yield near(f"{km}: {seats} passengers", km, person, 2 * LAST, Decimal(seats))
    for activity in ("travel.bus", "upstream.travel_bus"):
        parts = [uk.need("2025", activity, one, "passenger_km") for one in ("local-not-london", "local-london")]
        mean = uk.need("2025", activity, "local-average", "passenger_km")
        yield between(f"{mean} lies between", mean, parts)
    names = ("foot-passenger", "car-passenger", "average")
    foot, car, mean = (uk.need("2025", "travel.ferry", one, "passenger_km") for one in names)
    yield between("the average ferry passenger lies between", mean, (foot, car))
    yield from _whole(uk)


def _two(pair: tuple[str, ...]) -> tuple[str, str]:
    return pair[0], pair[1]


def _whole(uk: Uk) -> Iterator[Check]:
    """Working from home is the sum of its two parts."""
    parts = [uk.need("2025", "commuting.homeworking", one, "fte_hour") for one in ("office-equipment", "heating")]
    whole = uk.need("2025", "commuting.homeworking", "office-equipment-and-heating", "fte_hour")
    yield _sum("homeworking is equipment and heating", whole, tuple(parts))


def _ships(uk: Uk) -> Iterator[Check]:
    """Grams of CO2 per tonne km have one decimal; an average lies between the sizes; bigger ships emit less."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for key in uk.of("2025", "freight.ship", "freight.tanker"):
        kinds.setdefault((key[1], key[2].partition(".")[0]), []).append(uk.need(*key))
    for rows in kinds.values():
        for row in rows:
            if not row.endswith(".average.tonne-km"):
                yield rule(f"{row} is tenths of a gram of CO2", (row,), _tenths)
        if len(rows) > 2:
            yield between(f"{rows[-1]} lies between the sizes", rows[-1], rows[:-1])
        for larger, smaller in pairwise(row for row in rows if not row.endswith(".average.tonne-km")):
            if "general-cargo" not in larger:  # small general cargo ships emit less than middle ones
                yield rule(f"{larger} emits no more than {smaller}", (larger, smaller), le)


def _tenths(value: Decimal) -> bool:
    grams = (value * 1000 / CO2E_OF_SHIP_CO2).quantize(Decimal("0.1"))
    return abs(grams * CO2E_OF_SHIP_CO2 / 1000 - value) <= LAST * Decimal("0.6")


def _wastes(uk: Uk) -> Iterator[Check]:
    """Recycling, burning and composting are only collection and transport, so one number holds for a whole group."""
    groups: dict[str, list[str]] = {}
    for key in uk.of("2025", "waste."):
        group = _waste_group(key[1].removeprefix("waste."), key[2])
        if group:
            groups.setdefault(group, []).append(uk.need(*key))
    for name, rows in groups.items():
        for one, other in pairwise([*rows, rows[0]]):
            if one != other:
                yield near(f"{one} has the one factor of {name}", one, other)
    mixed, food, garden = (
        uk.need("2025", f"waste.{name}", "landfill", "t") for name in ("food_and_garden", "food", "garden")
    )
    yield _mixture("mixed food and garden waste is 17.5 % food", mixed, food, garden, "0.175")


def _waste_group(material: str, treatment: str) -> str:
    if treatment in {"open-loop", "closed-loop"}:
        return "recycled inert waste" if material in INERT else "recycled or burnt waste"
    if treatment == "combustion":
        return "recycled or burnt waste"
    if treatment == "landfill" and material in PAPERS:
        return "paper in landfill"
    if treatment == "landfill" and material in OWN_LANDFILL:
        return ""
    return "inert construction waste in landfill" if treatment == "landfill" and material in INERT else "other waste"


def _mixture(about: str, mixed: str, one: str, other: str, share: str) -> Check:
    part = Decimal(share)
    return rule(about, (mixed, one, other), lambda a, b, c: abs(a - part * b - (1 - part) * c) <= 2 * LAST)


def _materials(uk: Uk) -> Iterator[Check]:
    def row(material: str, technology: str = "primary-material-production") -> str:
        name, _, own = material.partition(".")
        return uk.need("2025", f"materials.{name}", own or technology, "t")

    for group in TRANSPORT:
        for one, other in pairwise(map(row, (*group, group[0]))):
            yield rule(f"{one} and {other} have one transport", (one, other), lambda a, b: (a - b) % 1 == 0)
    for technology in ("primary-material-production", "closed-loop-source"):
        cans = [row(name, technology) for name in ("mixed_cans", "aluminium_cans", "steel_cans")]
        yield _mixture(f"mixed cans are 36 % aluminium, {technology}", cans[0], cans[1], cans[2], "0.36")
        metal = row("mixed_metals", technology)
        yield between(f"{metal} lies between steel and aluminium", metal, cans[1:])
        plastics = [row(name, technology) for name in ("mixed_plastics", "rigid_plastics", "plastic_film")]
        yield _share("average plastics, " + technology, plastics, "0.58", "0.59")
    papers = [[row(name, one) for name in ("paper_and_board_mixed", "board", "paper")] for one in PAPER_SOURCES]
    yield _same_mixture("mixed paper has one share of board", papers)
    one, other = row("aggregates", "closed-loop-source"), row("concrete", "closed-loop-source")
    yield near("crushed concrete is the aggregate of a closed loop", one, other)


PAPER_SOURCES = ("primary-material-production", "closed-loop-source")


def _share(about: str, rows: list[str], low: str, high: str) -> Check:
    """Hold that the first row is a mixture of the second and the third, with a share between two numbers."""

    def holds(value: Values) -> bool:
        mixed, one, other = map(value, rows)
        return one != other and Decimal(low) <= (mixed - other) / (one - other) <= Decimal(high)

    return Check(about, tuple(rows), holds)


def _same_mixture(about: str, pairs: list[list[str]]) -> Check:
    def holds(value: Values) -> bool:
        shares = []
        for mixed, one, other in ([*map(value, rows)] for rows in pairs):
            shares.append((mixed - other) / (one - other) if one != other else Decimal(-1))
        return abs(shares[0] - shares[1]) < LAST

    return Check(about, tuple(name for rows in pairs for name in rows), holds)


def _parts() -> Iterator[Check]:
    """CO2e is the sum of what the publication prints for the gases (in CO2e; CO2 ships as a row of its own in 2026)."""
    table = csv.DictReader((Path(__file__).parent / "desnz_parts.csv").read_text(encoding="utf-8").splitlines())
    parts: dict[str, dict[str, Decimal]] = {}
    for row in table:
        parts.setdefault(row["of"], {})[row["gas"]] = Decimal(row["value"])
    for whole, gases in parts.items():
        co2 = () if "CO2" in gases else (whole.replace(".co2e", ".co2"),)
        yield _sum(f"{whole} is the sum of its gases", whole, co2, sum(gases.values(), Decimal(0)))


def _sum(about: str, whole: str, parts: tuple[str, ...], more: Decimal = Decimal(0)) -> Check:
    return rule(about, (whole, *parts), lambda total, *shares: abs(total - sum(shares) - more) <= LAST)
