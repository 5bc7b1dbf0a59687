"""
IPCC 2006, volume 2: tables against each other, heating values and carbon contents against another transcription.

``ipcc_fuels.csv`` is frozen from bonsai-ipcc 0.5.3 (MIT licence, copyright 2023 Maik Budzinski), with our names of
fuels; docs/decisions/0006-oracles.md says why.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.records import EmissionFactor, FuelProperty
from tests.oracles import Check
from tests.oracles.harness import fixed, frozen, rising, same, stated

KNOWN_SLIPS = {
    ("natural_gas_liquids", "ncv"): "44.3 there, 44.2 in two other transcriptions of Table 1.2",
    ("other_solid_biomass", "ncv"): "11.8 there, the value of the row above; 11.6 in two other transcriptions",
}
"""Where the frozen table is wrong."""

THIRD_TRANSCRIPTION = {
    "ipcc2006.natural_gas_liquids.ncv": "44.2",
    "ipcc2006.other_solid_biomass.ncv": "11.6",
    "ipcc2006.municipal_waste_nonbiomass.ncv": "10",
}
"""Heating values that the frozen table lacks or has wrong, as the GHG Protocol (workbook of March 2024) has them."""

MOBILE = {  # Table 3.2.2, p. 3.21, and Table 3.3.1, p. 3.36, read from the pages by others: kg/TJ
    "petrol.ch4.t3-2-2.road-uncontrolled": "33",
    "petrol.n2o.t3-2-2.road-uncontrolled": "3.2",
    "petrol.ch4.t3-2-2.road-oxidation-catalyst": "25",
    "petrol.n2o.t3-2-2.road-oxidation-catalyst": "8.0",
    "petrol.ch4.t3-2-2.road-low-mileage-light-duty-1995-or-later": "3.8",
    "petrol.n2o.t3-2-2.road-low-mileage-light-duty-1995-or-later": "5.7",
    "diesel.ch4.t3-2-2.road": "3.9",
    "diesel.ch4.t3-3-1.off-road-agriculture": "4.15",
    "diesel.n2o.t3-3-1.off-road-agriculture": "28.6",
    "petrol.ch4.t3-3-1.off-road-agriculture-4-stroke": "80",
    "petrol.ch4.t3-3-1.off-road-industry-4-stroke": "50",
    "petrol.ch4.t3-3-1.off-road-household-4-stroke": "120",
    "petrol.n2o.t3-3-1.off-road-agriculture-4-stroke": "2",
    "petrol.ch4.t3-3-1.off-road-agriculture-2-stroke": "140",
    "petrol.ch4.t3-3-1.off-road-forestry-2-stroke": "170",
    "petrol.ch4.t3-3-1.off-road-industry-2-stroke": "130",
    "petrol.ch4.t3-3-1.off-road-household-2-stroke": "180",
    "petrol.n2o.t3-3-1.off-road-agriculture-2-stroke": "0.4",
}
"""A transcription of chapter 3 by others than those of the rows that ship."""

OTHER_LIMITS = {
    "ipcc2006.coke_oven_gas.co2": "Table 1.4 does not print the limits of Table 1.3 x 44/12 here",
    "ipcc2006.peat.co2": "Table 1.4 prints a lower limit of 100000, not that of Table 1.3 x 44/12",
}
"""Where the limits of two tables do not follow from each other."""

GROUPS = {
    "liquid": (
        "crude_oil orimulsion natural_gas_liquids petrol aviation_gasoline jet_gasoline jet_kerosene kerosene "
        "shale_oil diesel residual_fuel_oil naphtha bitumen lubricants petroleum_coke refinery_feedstocks "
        "paraffin_waxes white_spirit_sbp other_petroleum_products biogasoline biodiesels other_liquid_biofuels"
    ),
    "gaseous": (
        "lpg ethane refinery_gas gas_coke gas_works_gas coke_oven_gas blast_furnace_gas oxygen_steel_furnace_gas "
        "natural_gas landfill_gas sludge_gas other_biogas"
    ),
    "coal": (
        "anthracite coking_coal other_bituminous_coal sub_bituminous_coal lignite oil_shale_tar_sands "
        "brown_coal_briquettes patent_fuel coke_oven_lignite_coke coal_tar"
    ),
    "waste and wood": (
        "municipal_waste_nonbiomass industrial_wastes waste_oils wood_wood_waste other_solid_biomass "
        "municipal_waste_biomass"
    ),
}
"""Fuels to which Tables 2.2-2.5 give one value: they are built by kind of fuel (LPG and gas coke count as gas)."""

TABLES = ("t2-2", "t2-3", "t2-4", "t2-5")


def checks(library: FactorLibrary) -> Iterator[Check]:
    properties: dict[tuple[str, str], FuelProperty] = {
        (one.subject, one.property): one for one in library.properties if one.source == "ipcc-2006-v2"
    }
    yield from _second_transcription(properties)
    yield from (stated(f"{row} in a third transcription", row, value) for row, value in THIRD_TRANSCRIPTION.items())
    yield from _carbon(library, properties)
    yield from _groups()
    yield from _sectors(library)
    yield from _machines()
    yield from (
        stated(f"{row} of chapter 3 in another transcription", f"ipcc2006.{row}", v) for row, v in MOBILE.items()
    )


def _second_transcription(properties: dict[tuple[str, str], FuelProperty]) -> Iterator[Check]:
    for row in frozen("ipcc_fuels.csv"):
        key = (row["subject"], row["property"])
        if key not in KNOWN_SLIPS:
            one = properties[key]
            yield stated(f"{one.id} in another transcription", one.id, row["value"])
            limits = {(one.lower95, Decimal(row["lower95"])), (one.upper95, Decimal(row["upper95"]))}
            fits = all(mine == other for mine, other in limits if mine is not None)
            yield fixed(f"{one.id}: its limits in another transcription", fits)


def _three_digits(carbon: Decimal) -> Decimal:
    """Return kg CO2/TJ of a carbon content in kg/GJ, all of it oxidised, with the three digits of print."""
    co2 = carbon * 44000 / 12
    return co2.quantize(Decimal(1).scaleb(co2.adjusted() - 2), ROUND_HALF_UP)


def _carbon(library: FactorLibrary, properties: dict[tuple[str, str], FuelProperty]) -> Iterator[Check]:
    for one in library.factors:
        if one.source == "ipcc-2006-v2" and one.flow in {"CO2", "CO2-biogenic"}:
            carbon = properties[one.activity.removeprefix("*."), "carbon-content"]
            yield _oxidised(one.id, carbon.id)
            if one.id not in OTHER_LIMITS:
                yield _limits(one, carbon)


def _oxidised(co2: str, carbon: str) -> Check:
    return Check(f"{co2} is its carbon content x 44/12", (co2, carbon), lambda v: v(co2) == _three_digits(v(carbon)))


def _limits(one: EmissionFactor, carbon: FuelProperty) -> Check:
    pairs = [(one.lower95, carbon.lower95), (one.upper95, carbon.upper95)]
    fits = all(co2 == _three_digits(content) for co2, content in pairs if co2 and content)
    return fixed(f"{one.id}: its limits are those of its carbon content x 44/12", fits)


def _groups() -> Iterator[Check]:
    for name, fuels in GROUPS.items():
        for table in TABLES:
            for gas in ("ch4", "n2o"):
                ids = [f"ipcc2006.{fuel}.{gas}.{table}" for fuel in fuels.split()]
                yield same(f"{gas.upper()} of {name} fuels in Table {table[1:].replace('-', '.')}", *ids)


def _sectors(library: FactorLibrary) -> Iterator[Check]:
    """N2O is one in Tables 2.2 and 2.3, and one in 2.4 and 2.5; CH4 never falls from 2.2 to 2.3 to 2.5."""
    stems = sorted(one.id.removesuffix(".t2-2") for one in library.factors if one.id.endswith(".t2-2"))
    for stem in stems:
        ids = tuple(f"{stem}.{table}" for table in TABLES)
        if stem.endswith(".n2o"):
            yield same(f"{stem} in Tables 2.2 and 2.3", *ids[:2])
            yield same(f"{stem} in Tables 2.4 and 2.5", *ids[2:])
        else:
            yield rising(f"{stem} never falls", *ids)
    for gas in ("ch4", "n2o"):
        yield same(f"black liquor, {gas.upper()}", *(f"ipcc2006.black_liquor.{gas}.{table}" for table in TABLES))
    yield same("charcoal, CH4", *(f"ipcc2006.charcoal.ch4.{table}" for table in TABLES))
    yield same("charcoal as wood, N2O", "ipcc2006.charcoal.n2o.t2-2", "ipcc2006.wood_wood_waste.n2o.t2-2")
    yield same("peat as coal, N2O", "ipcc2006.peat.n2o.t2-2", "ipcc2006.lignite.n2o.t2-2")


def _machines() -> Iterator[Check]:
    """Chapter 3 prints one value for machines and craft of one kind."""
    uses = ("agriculture", "forestry", "industry", "household")
    aircraft = ("aviation_gasoline", "jet_kerosene", "jet_gasoline")
    for gas in ("ch4", "n2o"):
        diesel = (f"ipcc2006.diesel.{gas}.t3-3-1.off-road-{use}" for use in uses)
        yield same(f"diesel machines and locomotives, {gas}", *diesel, f"ipcc2006.diesel.{gas}.t3-4-1.rail")
        crafts = (f"ipcc2006.{fuel}.{gas}.t3-6-5.aircraft-uncontrolled" for fuel in aircraft)
        yield same(f"aircraft, {gas}", *crafts)
        vehicles = (f"ipcc2006.{vehicle}.{gas}.t3-2-4.methanol" for vehicle in ("heavy_truck", "bus"))
        yield same(f"trucks and buses on methanol, {gas}", *vehicles)
    for strokes, of in ((4, uses[:1] + uses[2:]), (2, uses)):
        petrol = (f"ipcc2006.petrol.n2o.t3-3-1.off-road-{use}-{strokes}-stroke" for use in of)
        yield same(f"petrol machines of {strokes} strokes, N2O", *petrol)
    yield same("diesel vehicles, CH4 and N2O", "ipcc2006.diesel.ch4.t3-2-2.road", "ipcc2006.diesel.n2o.t3-2-2.road")
    yield same(
        "coal in locomotives and plants, N2O",
        "ipcc2006.sub_bituminous_coal.n2o.t3-4-1.rail",
        "ipcc2006.sub_bituminous_coal.n2o.t2-2",
    )
