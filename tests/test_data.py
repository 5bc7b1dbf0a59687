"""Every row of the shipped data is sound: it parses, has its provenance, and its unit measures what its kind must."""

import csv
import re
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import hsesg_carbon as hc
from hsesg_carbon import units
from hsesg_carbon.methodology import Methodology
from hsesg_carbon.monitoring import benchmarks
from hsesg_carbon.plan import describe
from hsesg_carbon.records import CatalogueEntry, EmissionFactor, FuelProperty
from hsesg_carbon.vetting import BASES, LINKS, NO_FUELS, PURE, faults, word_faults
from tests.each import each

DATA = Path(__file__).resolve().parent.parent / "emission_factors"
LIBRARY = hc.FactorLibrary.shipped()
METHODOLOGIES = sorted(path.stem for path in (DATA / "methodologies").glob("*.toml"))
NUMBERS = [*LIBRARY.factors, *LIBRARY.properties]


def rows_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


BESIDE_CO2 = {"CH4", "N2O"}
"""Gases of bought energy that few publishers give: they need not resolve, so the catalogue does not list them."""


def uses_of(factor: EmissionFactor) -> list[CatalogueEntry]:
    """What a factor holds for: ``*.petrol`` wherever petrol is burnt, not for what happened before."""
    before = ("upstream.",) if factor.activity.startswith("*") else ()
    return [
        entry
        for entry in LIBRARY.catalogue.values()
        if fnmatchcase(entry.activity, factor.activity) and not entry.activity.startswith(before)
    ]


def test_a_number_has_source_locator_and_region() -> None:
    def law(number: EmissionFactor | FuelProperty) -> None:
        source = LIBRARY.sources[number.source]
        assert source.licence
        assert number.locator.strip()
        assert number.region in LIBRARY.regions
        assert number.valid_to is None or number.valid_from is None or number.valid_from <= number.valid_to
        limits = (number.lower95, number.value, number.upper95)
        assert [one for one in limits if one is not None] == sorted(one for one in limits if one is not None)
        if number.checked in {"computed", "inferred"}:
            assert number.note, "computed and inferred numbers say how"
        assert describe(number, LIBRARY)["title"]

    each(NUMBERS, lambda one: one.id, law)


def test_a_factor_is_its_flow_per_a_quantity_of_its_activity() -> None:
    def law(factor: EmissionFactor) -> None:
        above, below = units.sides(factor.plain_unit)
        flow = LIBRARY.flows[factor.flow]
        assert units.kind(above) == units.kind(flow.unit)
        fitting = uses_of(factor)
        assert fitting, "some activity can use it"
        for entry in fitting:
            beside = factor.flow in BESIDE_CO2 and entry.subject in NO_FUELS
            assert factor.flow in entry.flows or factor.flow == "CO2e" or beside, "CO2e may stand in for any gases"
            assert units.kind(below) in {units.kind("GJ"), *(units.kind(one) for one in entry.measured_in)}
        per_energy_of_fuel = units.kind(below) == units.kind("GJ") and fitting[0].subject not in NO_FUELS
        assert (factor.basis is not None) == per_energy_of_fuel
        assert (factor.flow == "CO2e") == (factor.gwp_set is not None)

    each(LIBRARY.factors, lambda one: one.id, law)


def test_a_fuel_property_links_what_its_kind_links() -> None:
    def law(prop: FuelProperty) -> None:
        if prop.property in PURE:
            assert prop.unit == "1"
            assert 0 < prop.value <= 1
            return
        above, below = units.sides(prop.unit)
        linked = {(units.kind(a), units.kind(b)) for a, b in LINKS[prop.property]}
        assert (units.kind(above), units.kind(below)) in linked
        if prop.source == "definition":  # carbon is carbon: no heating value is involved
            assert prop.basis is None
            return
        assert prop.basis == {**BASES, "carbon-content": "net"}.get(prop.property)

    each(LIBRARY.properties, lambda one: one.id, law)


def test_shipped_data_are_held_to_what_own_data_are_held_to() -> None:
    assert {one.id: found for one in LIBRARY.numbers if (found := list(faults(one, LIBRARY)))} == {}
    entries = (*LIBRARY.catalogue.items(), *LIBRARY.regions.items())
    assert {name: found for name, one in entries if (found := list(word_faults(one, LIBRARY)))} == {}


def test_no_two_factors_are_indistinguishable() -> None:
    """What a rule can name tells every factor from every other; a superseded row is told by that."""
    told: dict[tuple[object, ...], list[str]] = {}
    for one in LIBRARY.factors:
        names = (one.activity, one.flow, one.variant, one.technology, one.basis, one.unit, one.lifecycle, one.region)
        told.setdefault((*names, one.valid_from, one.valid_to, one.source, one.supersedes), []).append(one.id)
    assert [ids for ids in told.values() if len(ids) > 1] == []


def test_what_is_emitted_upstream_is_never_counted_with_the_factor_of_burning() -> None:
    """A CO2e factor that names fuels by a pattern holds for stationary and mobile use only."""
    for one in LIBRARY.factors:
        if one.flow == "CO2e" and one.lifecycle == "direct":
            assert {entry.scope for entry in uses_of(one)} <= {"1"} or "*" not in one.activity, one.id
            assert not [
                code for code in LIBRARY.catalogue if code.startswith("upstream.") and fnmatchcase(code, one.activity)
            ]


def test_ids_are_unique_over_all_files() -> None:
    ids = [one.id for one in (*NUMBERS, *LIBRARY.gwps)]
    assert len(ids) == len(set(ids))


def test_every_source_is_used_and_every_used_source_is_described() -> None:
    used = {one.source for one in (*NUMBERS, *LIBRARY.gwps, *LIBRARY.equivalences.values(), *benchmarks())}
    assert used == set(LIBRARY.sources)


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.csv")), ids=lambda path: path.name)
def test_files_are_plain_csv_with_one_publication_each(path: Path) -> None:
    text = path.read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    rows = list(csv.DictReader(text.decode("utf-8").splitlines()))
    assert rows
    if path.parent.name == "factors":
        assert len({row["source"] for row in rows}) == 1


def test_catalogue_flows_and_units_exist() -> None:
    for entry in LIBRARY.catalogue.values():
        assert set(entry.flows) <= set(LIBRARY.flows), entry.activity
        assert all(units.kind(one) for one in entry.measured_in), entry.activity
        assert entry.aliases, entry.activity
    for flow in LIBRARY.flows.values():
        assert units.kind(flow.unit)


def test_an_alias_names_one_fuel() -> None:
    owners: dict[str, set[str]] = {}
    for entry in LIBRARY.catalogue.values():
        for alias in entry.aliases:
            owners.setdefault(alias.casefold(), set()).add(entry.subject)
    assert {alias: subjects for alias, subjects in owners.items() if len(subjects) > 1} == {}


def test_regions_form_a_tree_under_the_world() -> None:
    for code in LIBRARY.regions:
        assert LIBRARY.region_path(code)[-1] == "world"


@pytest.mark.parametrize(
    ("city", "path"),
    [
        ("CN-ZJ-hangzhou", ["CN-ZJ-hangzhou", "CN-ZJ", "CN-grid-east", "CN", "world"]),
        ("CN-HB-wuhan", ["CN-HB-wuhan", "CN-HB", "CN-grid-central", "CN", "world"]),
        ("CN-GD-shenzhen", ["CN-GD-shenzhen", "CN-GD", "CN-grid-south", "CN", "world"]),
        ("CN-BJ", ["CN-BJ", "CN-grid-north", "CN", "world"]),
        ("CN-SH", ["CN-SH", "CN-grid-east", "CN", "world"]),
        ("CN-grid6-central", ["CN-grid6-central", "CN", "world"]),
    ],
)
def test_a_region_leads_to_its_grid_region_and_country(city: str, path: list[str]) -> None:
    assert LIBRARY.region_path(city) == path


def test_china_has_seven_and_six_grid_regions_and_30_provinces_with_values() -> None:
    provinces = {code for code in LIBRARY.regions if re.fullmatch("CN-[A-Z]{2}", code)}
    assert len(provinces) == 30
    assert {LIBRARY.regions[code].parent for code in provinces} == {
        code for code in LIBRARY.regions if code.startswith("CN-grid-")
    }
    assert len([code for code in LIBRARY.regions if code.startswith("CN-grid6-")]) == 6
    assert all(one.name_en and one.name_zh and one.name_en != one.name_zh for one in LIBRARY.regions.values())


@pytest.mark.parametrize("source", ["mee-2024-12", "mee-2024-33", "mee-2025-47"])
def test_an_announcement_gives_the_country_seven_regions_and_30_provinces(source: str) -> None:
    regions = [one.region for one in LIBRARY.factors if one.source == source and one.variant == "average"]
    assert len(regions) == len(set(regions)) == 1 + 7 + 30


@pytest.mark.parametrize(
    ("region", "values"),
    [
        ("CN-ZJ", ("0.5422", "0.5153", "0.4974")),
        ("CN-HB", ("0.3672", "0.4364", "0.4044")),
        ("CN-BJ", ("0.5688", "0.5580", "0.5554")),
        ("CN-GD", ("0.4715", "0.4403", "0.4419")),
        ("CN-SH", ("0.5834", "0.5849", "0.5737")),
    ],
)
def test_provincial_electricity_stands_as_printed(region: str, values: tuple[str, ...]) -> None:
    for year, value in zip(("2021", "2022", "2023"), values, strict=True):
        found = LIBRARY.factor(f"mee{year}.electricity.{region.lower()}.average")
        assert (str(found.value), found.region, found.valid_from.year) == (value, region, int(year))


def test_the_value_of_the_emission_trading_scheme_is_never_the_statistic() -> None:
    administrative = [one for one in LIBRARY.factors if one.variant == "ets-administrative"]
    assert [one.id for one in administrative] == ["ets2021.electricity.cn.ets-administrative"]
    assert {one.source for one in administrative}.isdisjoint(
        one.source for one in LIBRARY.factors if one.variant == "average"
    )


def test_ipcc_gives_every_fuel_ch4_and_n2o_in_four_sectors() -> None:
    """Tables 2.2 to 2.5 have the fuels of Table 1.4: 53 fuels x 2 gases x 4 tables."""
    stationary = [one for one in LIBRARY.factors if re.search(r"[.]t2-[2-5]$", one.id)]
    assert len(stationary) == 53 * 2 * 4
    fuels = {
        one.activity.removeprefix("*.")
        for one in LIBRARY.factors
        if one.id.startswith("ipcc2006.") and "*" in one.activity
    }
    for table, technology in (
        ("2.2", "energy-industries"),
        ("2.3", "manufacturing-construction"),
        ("2.4", "commercial-institutional"),
        ("2.5", "residential-agriculture"),
    ):
        for flow in ("CH4", "N2O"):
            here = [one for one in stationary if one.flow == flow and f"Table {table}" in one.locator]
            assert {one.technology for one in here} == {technology}
            assert {one.activity.removeprefix("stationary.") for one in here} == fuels
            assert len(here) == 53


def test_gwp_rows_are_unique_and_use_known_flows() -> None:
    keys = [(one.gwp_set, one.flow, one.origin, one.metric) for one in LIBRARY.gwps]
    assert len(keys) == len(set(keys))
    assert {one.flow for one in LIBRARY.gwps} <= set(LIBRARY.flows)
    assert {one.source for one in LIBRARY.gwps} <= set(LIBRARY.sources)
    assert {one.unit for one in LIBRARY.gwps} == {"kgCO2e/kg"}
    assert all(one.value > 0 and one.locator for one in LIBRARY.gwps)
    assert {one.metric for one in LIBRARY.gwps} == {"GWP20", "GWP100", "GWP500", "GTP100"}
    co2 = {(one.gwp_set, one.metric) for one in LIBRARY.gwps if one.flow == "CO2" and one.value == 1}
    assert co2 == {(one.gwp_set, one.metric) for one in LIBRARY.gwps}


def test_what_is_left_out_has_a_reason() -> None:
    assert all(row["what"] and row["why"] and row["reference"] for row in rows_of("left_out.csv"))


@pytest.mark.parametrize(
    ("factor", "value", "locator"),
    [
        ("mee2021.electricity.cn.average", "0.5568", "Table 1"),
        ("mee2021.electricity.cn.excluding-traded-nonfossil", "0.5942", "Table 4"),
        ("mee2021.electricity.cn.fossil", "0.8426", "Table 5"),
        ("mee2022.electricity.cn.average", "0.5366", "Table 1"),
        ("mee2022.electricity.cn.excluding-traded-nonfossil", "0.5856", "Table 4"),
        ("mee2022.electricity.cn.fossil", "0.8325", "Table 5"),
        ("mee2023.electricity.cn.average", "0.5306", "Table 1"),
        ("mee2023.electricity.cn.excluding-traded-nonfossil", "0.6096", "Table 4"),
        ("mee2023.electricity.cn.fossil", "0.8273", "Table 5"),
        ("ipcc2006.natural_gas.co2", "56100", "Table 1.4"),
        ("ipcc2006.petrol.co2", "69300", "Table 1.4"),
    ],
)
def test_the_numbers_people_quote_stand_as_printed(factor: str, value: str, locator: str) -> None:
    found = LIBRARY.factor(factor)
    assert found.value == Decimal(value)
    assert locator in found.locator


@pytest.mark.parametrize(
    ("gwp_set", "ch4_fossil", "ch4_biogenic", "n2o"),
    [
        ("SAR", "21", "21", "310"),
        ("AR4", "25", "25", "298"),
        ("AR5", "28", "28", "265"),
        ("AR6", "29.8", "27.0", "273"),
    ],
)
def test_gwp100_of_the_main_gases(gwp_set: str, ch4_fossil: str, ch4_biogenic: str, n2o: str) -> None:
    assert LIBRARY.gwp(gwp_set, "CO2").value == 1
    assert LIBRARY.gwp(gwp_set, "CH4", "fossil").value == Decimal(ch4_fossil)
    assert LIBRARY.gwp(gwp_set, "CH4", "biogenic").value == Decimal(ch4_biogenic)
    assert LIBRARY.gwp(gwp_set, "N2O").value == Decimal(n2o)


@pytest.mark.parametrize("name", METHODOLOGIES)
def test_a_methodology_names_only_what_exists_and_gives_reasons(name: str) -> None:
    method = Methodology.shipped(name)
    assert method.id == name
    assert {"en", "zh"} <= set(method.title)
    for use in method.use:
        assert len(use.reason) > 10
        assert set(use.source) <= set(LIBRARY.sources)
        for choice in use.properties:
            if choice.id:
                assert LIBRARY.fuel_property(choice.id).property == choice.property
            else:
                assert choice.source in LIBRARY.sources
    if method.coal_equivalent:
        assert method.coal_equivalent.source in LIBRARY.sources
