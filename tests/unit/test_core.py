"""Plan, ledger and inventory: what is chosen, what is refused, and what each view says."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hsesg_carbon as hc
from hsesg_carbon.activities import ENGINES
from hsesg_carbon.consolidations import Consolidations
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.instruments import Instruments
from hsesg_carbon.intensity import denominators_missing, divided, ruling_denominators
from hsesg_carbon.periods import Period, period_names
from tests.restated import certificate

ELECTRICITY = {"activity": "electricity.grid", "unit": "kWh"}
PETROL = {"activity": "mobile.petrol", "unit": "L"}
GAS = {"activity": "stationary.natural_gas", "unit": "m3"}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    base = {"site": "hq", "region": "CN", "period": "2024", "quantity": "1000", **ELECTRICITY}
    return pd.DataFrame([{"activity_id": f"a{place}", **base, **one} for place, one in enumerate(changes)])


@pytest.fixture
def ledger(multigas_library: hc.FactorLibrary, multigas: hc.Methodology) -> Callable[..., hc.Ledger]:
    def make(*changes: dict[str, Any], method: hc.Methodology = multigas, **options: Any) -> hc.Ledger:
        activities = hc.Activities(rows(*changes), library=multigas_library, **options)
        return hc.Plan.compile(activities, multigas_library, method).run(activities)

    return make


def methodology(tmp_path: Path, text: str) -> hc.Methodology:
    path = tmp_path / "method.toml"
    path.write_text(
        'id = "m"\ntitle = { en = "m", zh = "m" }\ngases = ["CO2"]\ngwp = "none"\nscope2 = ["location"]\n' + text,
        encoding="utf-8",
    )
    return hc.Methodology.load(path)


# --------------------------------------------------------------------------------------------------------------- plan


def test_multipliers_are_exact_rationals(ledger: Callable[..., hc.Ledger]) -> None:
    (line, *_) = ledger(PETROL).plan.lines_of(ledger(PETROL).plan.keys[0])
    # litres over 1360 L/t, times 44.3 TJ/Gg, times 69.3 t/TJ: does not end as a decimal
    assert line.multiplier == Fraction(1, 1360) * Fraction("44.3") / 1000 * Fraction("69.3")
    assert [one.id for one in line.properties] == ["made-up.petrol.volume", "ipcc2006.petrol.ncv"]
    assert line.factor is not None
    assert line.factor.id == "ipcc2006.petrol.co2"


GRID_RULE = (
    '[[use]]\nactivity = "electricity.grid"\nflow = "CO2"\nsource = ["mee-2024-33"]\nvariant = "average"\n'
    'vintage = "activity-year"\nreason = "a reason"\n'
)
RULE = (
    '[[use]]\nactivity = "mobile.petrol"\nflow = "CO2"\nsource = ["ipcc-2006-v2"]\nreason = "a reason"\nproperties = ['
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("use = []\n", "no-rule"),
        (RULE + "]\n", "property-chain-missing"),
        (RULE + '{ property = "density", id = "cn-practice.petrol95.density" }]\n', "property-chain-missing"),
        (
            RULE + '{ property = "ncv", id = "gbt2589-2020.petrol.ncv" }, { property = "density", id = '
            '"gbt2589-2020.petrol.ncv" }]\n',
            "property-kind-differs",
        ),
        (RULE + '{ property = "ncv", id = "gbt2589-2020.petrol.ncvv" }]\n', "unknown-id"),
        (
            RULE + '{ property = "ncv", source = "gbt2589-2020" }, { property = "ncv", source = "gbt2589-2008" }, '
            '{ property = "density", id = "cn-practice.petrol95.density" }]\n',
            "property-chain-tie",
        ),
        (RULE + '{ property = "density", source = "cn-practice-density" }]\n', "property-tie"),
        (RULE + '{ property = "oxidation", id = "gbt32151-2024.petrol.oxidation" }]\n', "property-not-applied"),
        (RULE.replace("ipcc-2006-v2", "ipcc-2006") + "]\n", "rule-source-unknown"),
        (RULE.replace("mobile.petrol", "*") + "]\n", "property-chain-missing"),
        (RULE.replace("mobile.petrol", "mobile.petroll") + "]\n" + RULE + "]\n", "rule-activity-unknown"),
        (RULE.replace('"CO2"', '"C02"') + "]\n" + RULE + "]\n", "rule-flow-unknown"),
        (
            '[[use]]\nactivity = "mobile.petrol"\nflow = "CO2"\nreason = "r"\nproperties = ['
            '{ property = "carbon-content", id = "gbt32151-2024.petrol.carbon-content" }]\n',
            "carbon-not-stated",
        ),
        (
            '[[use]]\nactivity = "mobile.petrol"\nflow = "energy.gj"\nreason = "r"\nproperties = ['
            '{ property = "net-to-gross", id = "ipcc2006.coal_and_oil.net-to-gross" }]\n',
            "property-not-applied",
        ),
    ],
)
def test_a_methodology_that_leaves_something_open_is_refused(
    tmp_path: Path, library: hc.FactorLibrary, text: str, code: str
) -> None:
    method = methodology(tmp_path, text)
    with pytest.raises(hc.CarbonError) as caught:
        hc.Plan.compile(hc.Activities(rows(PETROL)), library, method)
    assert code in {caught.value.code, *(one.code for one in caught.value.problems)}
    assert caught.value.text("zh")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('gases = ["CO3"]\nuse = []\n', "CO3"),
        (RULE + '{ property = "ncv" }]\n', "either id or source"),
        (RULE.replace("source =", "omit = true\nsource =") + "]\n", "one of source, elsewhere and omit"),
        (RULE + '{ property = "oxidation", id = "a" }, { property = "oxidation", id = "b" }]\n', "stated once"),
    ],
)
def test_a_methodology_that_says_two_things_of_one_is_refused(
    tmp_path: Path, library: hc.FactorLibrary, text: str, words: str
) -> None:
    path = tmp_path / "m.toml"
    head = 'id = "m"\ntitle = { en = "m", zh = "m" }\ngwp = "none"\nscope2 = ["location"]\n'
    path.write_text(head + ("" if text.startswith("gases") else 'gases = ["CO2"]\n') + text, encoding="utf-8")
    with pytest.raises(hc.MethodologyError, match=words):
        hc.Plan.compile(hc.Activities(rows(PETROL)), library, hc.Methodology.load(path))


def test_all_words_that_a_methodology_mistypes_are_named_at_once_by_rule(
    tmp_path: Path, library: hc.FactorLibrary
) -> None:
    method = methodology(tmp_path, RULE + "]\n" + RULE.replace("petrol", "petroll").replace("-v2", "-v3") + "]\n")
    with pytest.raises(hc.MethodologyError) as caught:
        hc.Plan.compile(hc.Activities(rows(PETROL)), library, method)
    told = [(one.code, one.data["rule"], one.data["suggestions"][0]) for one in caught.value.problems]
    assert told == [("rule-source-unknown", 2, "ipcc-2006-v2"), ("rule-activity-unknown", 2, "mobile.petrol")]


def test_a_rule_without_the_property_it_needs_is_told_which_published_ones_would_lead_there(
    tmp_path: Path, library: hc.FactorLibrary
) -> None:
    with pytest.raises(hc.CarbonError) as caught:
        hc.Plan.compile(hc.Activities(rows(PETROL)), library, methodology(tmp_path, RULE + "]\n"))
    told = next(one for one in caught.value.problems if one.code == "property-chain-missing")
    kinds = {library.fuel_property(one).property for one in told.data["known"]}
    assert kinds == {"density", "gcv"}  # of litres no net heating value speaks
    assert 'properties = [{ property = "ncv", id = "..." }]' in told.message()


def test_a_key_mistyped_in_a_rule_is_told_the_key_of_rules_that_is_like_it(tmp_path: Path) -> None:
    with pytest.raises(hc.MethodologyError, match="did you mean vintage"):
        methodology(tmp_path, RULE.replace("reason =", "vintge = 'latest-known'\nreason =") + "]\n")


def test_a_methodology_that_is_not_shipped_is_refused_with_those_like_it() -> None:
    with pytest.raises(hc.MethodologyError, match="hundsun-2024"):
        hc.Methodology.shipped("hundsun-2023")


def test_an_activity_that_is_in_no_catalogue_is_refused_whoever_made_its_cells(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    cell = next(iter(hc.Activities(rows(PETROL)).keys))
    with pytest.raises(hc.FactorError, match=r"mobile\.petrl.*mobile\.petrol"):
        hc.Plan.compile([replace(cell, activity="mobile.petrl")], multigas_library, multigas)


def test_a_gross_heating_value_does_not_serve_a_net_factor(tmp_path: Path, multigas_library: hc.FactorLibrary) -> None:
    method = methodology(
        tmp_path,
        RULE.replace("mobile.petrol", "stationary.natural_gas")
        + '{ property = "gcv", id = "made-up.natural_gas.gcv" }]\n',
    )
    with pytest.raises(hc.MethodologyError) as caught:
        hc.Plan.compile(hc.Activities(rows(GAS)), multigas_library, method)
    assert "basis-differs" in {caught.value.code, *(one.code for one in caught.value.problems)}


def test_of_net_and_gross_the_basis_of_the_factor_decides(tmp_path: Path, multigas_library: hc.FactorLibrary) -> None:
    method = methodology(
        tmp_path,
        RULE.replace("mobile.petrol", "stationary.natural_gas")
        + '{ property = "gcv", id = "made-up.natural_gas.gcv" }, '
        '{ property = "ncv", id = "gbt2589-2008.natural_gas_oilfield.ncv" }]\n'
        '[[use]]\nactivity = "*"\nflow = "energy.gj"\nreason = "net"\n'
        'properties = [{ property = "ncv", id = "gbt2589-2008.natural_gas_oilfield.ncv" }]\n',
    )
    with pytest.raises(hc.MethodologyError, match="several ways"):  # energy has no basis of its own to decide by
        hc.Plan.compile(hc.Activities(rows(GAS)), multigas_library, method)


def test_the_coal_equivalent_of_power_at_its_equal_value_must_be_stated_by_a_rule(
    library: hc.FactorLibrary,
) -> None:
    """GB/T 2589 leaves 等价值 to the statistics of each year: no shipped source has it."""
    method = hc.Methodology.shipped("hundsun-2024")
    coal = method.coal_equivalent.model_copy(update={"electricity": "dengjia"})  # type: ignore[union-attr]
    with pytest.raises(hc.CarbonError) as caught:
        hc.Plan.compile(hc.Activities(rows({})), library, method.model_copy(update={"coal_equivalent": coal}))
    assert "dengjia-not-stated" in {caught.value.code, *(one.code for one in caught.value.problems)}


def test_a_heating_value_does_not_serve_a_carbon_content_that_says_neither_net_nor_gross(
    tmp_path: Path, library: hc.FactorLibrary
) -> None:
    content = library.fuel_property("gbt32151-2024.petrol.carbon-content")
    bare = replace(
        library,
        properties=tuple(
            one.model_copy(update={"basis": None}) if one.id == content.id else one for one in library.properties
        ),
    )
    rule = (
        '[[use]]\nactivity = "mobile.petrol"\nflow = "CO2"\nreason = "r"\nproperties = ['
        '{ property = "carbon-content", id = "gbt32151-2024.petrol.carbon-content" }, '
        '{ property = "oxidation", id = "gbt32151-2024.petrol.oxidation" }, '
        '{ property = "ncv", id = "gbt2589-2020.petrol.ncv" }]\n'
    )
    tonnes = rows({"activity": "mobile.petrol", "unit": "t"})
    method = methodology(tmp_path, rule)
    hc.Plan.compile(hc.Activities(tonnes), library, method)
    with pytest.raises(hc.CarbonError) as caught:
        hc.Plan.compile(hc.Activities(tonnes), bare, method)
    assert "basis-not-stated" in {caught.value.code, *(one.code for one in caught.value.problems)}


def test_a_plan_of_other_activities_loses_no_row(ledger: Callable[..., hc.Ledger]) -> None:
    """Rows that a plan was not compiled for have no lines: their emissions would be missing from every total."""
    plan = ledger(PETROL).plan
    with pytest.raises(hc.FactorError) as caught:
        plan.run(hc.Activities(rows(PETROL, ELECTRICITY), library=plan.library)).totals("year")
    assert (caught.value.code, caught.value.data["activity"]) == ("key-not-planned", "electricity.grid")


def test_everything_that_is_open_is_named_at_once(tmp_path: Path, library: hc.FactorLibrary) -> None:
    method = methodology(tmp_path, "use = []\n")
    with pytest.raises(hc.FactorError) as caught:
        hc.Plan.compile(hc.Activities(rows(PETROL, GAS, ELECTRICITY)), library, method)
    assert {one.data["activity"] for one in caught.value.problems if one.code == "no-rule"} == {  # type: ignore[attr-defined]
        "mobile.petrol",
        "stationary.natural_gas",
        "electricity.grid",
    }


def test_broken_methodology_files_name_every_key(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text('id = "m"\ngases = []\nflavour = "x"\nuse = []\n', encoding="utf-8")
    with pytest.raises(hc.MethodologyError) as caught:
        hc.Methodology.load(path)
    assert {one.code for one in caught.value.problems} >= {"key-missing", "key-unknown"}
    for text in (
        'extends = "m"\n',
        'extends = "../m"\n',
        'extends = "nowhere"\n',
        'extends = "hundsun-2024"\nuse = 5\n',
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(hc.MethodologyError):
            hc.Methodology.load(path)


def test_own_rules_come_before_inherited_ones(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        'extends = "hundsun-2024"\nid = "m"\ntitle = { en = "m", zh = "m" }\n'
        '[[use]]\nactivity = "electricity.*"\nflow = "CO2"\n'
        'source = ["mee-2025-47"]\nvariant = "average"\nregion = "CN"\nvintage = "latest-known"\n'
        'reason = "newest"\n',
        encoding="utf-8",
    )
    method = hc.Methodology.load(path)
    assert (method.id, method.gases) == ("m", ("CO2",))
    place = method.place("electricity.grid", "CO2", "hq")
    use = method.use[place - 1]
    assert place == 1
    assert use is not None
    assert use.source == ("mee-2025-47",)


def test_published_co2e_takes_the_place_of_gases_only_where_a_rule_says_so(
    tmp_path: Path, multigas_library: hc.FactorLibrary
) -> None:
    text = (
        '[[use]]\nactivity = "stationary.petrol"\nflow = "CO2e"\nsource = ["made-up"]\nreason = "no gases published"\n'
        '[[use]]\nactivity = "*.petrol"\nflow = "energy.gj"\nreason = "x"\nproperties = [{ property = "ncv", source = '
        '"ipcc-2006-v2" }, { property = "density", id = "made-up.petrol.volume" }]\n'
    )
    method = methodology(tmp_path, text).model_copy(update={"gwp": "AR5"})
    activities = hc.Activities(rows({**PETROL, "activity": "stationary.petrol"}), library=multigas_library)
    ledger = hc.Plan.compile(activities, multigas_library, method).run(activities)
    assert str(hc.Inventory(ledger).total()) == "2.29 tCO2e"
    with pytest.raises(hc.InventoryError, match=r"on AR5 and cannot be seen on AR6; .*keep_published"):
        hc.Inventory(ledger).seen(gwp="AR6")
    kept = hc.Inventory(ledger).seen(gwp="AR6", keep_published=True)
    assert str(kept.total()) == "2.29 tCO2e"
    (finding,) = [one for one in kept.findings if one.code == "co2e-kept"]
    assert finding.data == {"factor": "made-up.petrol.co2e.2024", "gwp_set": "AR5", "asked": "AR6"}


def test_the_plan_as_a_table_shows_rule_fit_and_ids(ledger: Callable[..., hc.Ledger]) -> None:
    table = ledger(ELECTRICITY, PETROL).plan.table()
    assert set(table["flow"]) == {"CO2", "CH4", "N2O", "energy.gj"}
    assert table.loc[table["activity"] == "electricity.grid", "factor_id"].iloc[0] == "mee2023.electricity.cn.average"
    assert table.loc[table["activity"] == "electricity.grid", "fit"].iloc[0] == "earlier-year"


# ------------------------------------------------------------------------------------------------------------- ledger


def test_what_is_meant_for_the_fuel_or_for_any_energy_fits(library: hc.FactorLibrary) -> None:
    """Carbon content and oxidation of the fuel itself, and the coal equivalent of any energy: nothing stands in."""
    method = hc.Methodology.shipped("cn-public-building")
    heat = {"activity": "stationary.gas_energy", "unit": "GJ", "quantity": "10"}
    plan = hc.Plan.compile(hc.Activities(rows({**PETROL, "period": "2023"}, heat), library=library), library, method)
    fits = {(key.activity, line.flow.flow): line.fit for key in plan.keys for line in plan.lines_of(key)}
    assert fits["mobile.petrol", "CO2"] == fits["mobile.petrol", "tce.dangliang"] == ("exact",)
    coal = [line.properties for key in plan.keys for line in plan.lines_of(key) if line.flow.flow == "tce.dangliang"]
    assert "energy" in {one.subject for own in coal for one in own}
    assert [one.data["number"] for one in plan.findings if one.code == "fit-other-fuel"] == []


def test_a_variety_of_a_fuel_and_power_however_generated_is_no_other_fuel(library: hc.FactorLibrary) -> None:
    solar = {"activity": "electricity.onsite_solar", "unit": "kWh"}
    plan = hc.Plan.compile(
        hc.Activities(rows({**GAS, "period": "2023"}, {**solar, "period": "2023"}), library=library),
        library,
        hc.Methodology.shipped("ghgp-cn"),
    )
    held = {(key.activity, one.subject) for key in plan.keys for line in plan.lines_of(key) for one in line.properties}
    assert held == {("stationary.natural_gas", "natural_gas_oilfield"), ("electricity.onsite_solar", "electricity")}
    assert [one.data["number"] for one in plan.findings if one.code == "fit-other-fuel"] == []


def test_a_factor_of_another_activity_or_region_is_not_exact(tmp_path: Path, library: hc.FactorLibrary) -> None:
    sold = GRID_RULE.replace('"electricity.grid"', '"electricity.sold"\nby = "electricity.grid"')
    method = methodology(tmp_path, GRID_RULE + sold)
    told = [{"period": "2022", "activity": name} for name in ("electricity.grid", "electricity.sold")]
    fits = {}
    for own, of_region in (("CN", ""), ("US", 'region = "CN"\n')):
        ruled = (
            methodology(tmp_path, "".join(f"{rule}{of_region}" for rule in (GRID_RULE, sold))) if of_region else method
        )
        plan = hc.Plan.compile(hc.Activities(rows(*({**one, "region": own} for one in told))), library, ruled)
        fits |= {(own, key.activity): line.fit for key in plan.keys for line in plan.lines_of(key) if line.factor}
    assert fits == {
        ("CN", "electricity.grid"): ("exact",),
        ("CN", "electricity.sold"): ("other-activity",),
        ("US", "electricity.grid"): ("other-region",),
        ("US", "electricity.sold"): ("other-region", "other-activity"),
    }


def test_fuel_and_distance_are_questioned_where_both_are_of_one_site_and_year(library: hc.FactorLibrary) -> None:
    car = {"activity": "vehicle.car", "unit": "km", "technology": "average.petrol", "region": "GB", "period": "2025"}
    fuel = {**PETROL, "region": "GB", "period": "2025", "technology": ""}
    method = hc.Methodology.shipped("uk-desnz-2025")

    def questioned(*changes: dict[str, Any], method: hc.Methodology = method) -> list[dict[str, Any]]:
        plan = hc.Plan.compile(hc.Activities(rows(*changes), library=library), library, method)
        return [one.data for one in plan.findings if one.code == "fuel-and-distance"]

    burnt = {"site": "hq", "year": 2025, "fuels": ["mobile.petrol"], "distances": ["vehicle.car"]}
    assert questioned(car, fuel) == [burnt]
    assert questioned(car, {**fuel, "site": "depot"}) == questioned(car) == questioned(fuel) == []


def test_dimensions_of_the_frame_can_be_kept_apart(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    frame = rows({"building": "north"}, {"building": "south"}, {"building": "south"})
    activities = hc.Activities(frame, library=multigas_library)
    plan = hc.Plan.compile(activities, multigas_library, multigas)
    by = plan.run(activities, dimensions=["building"]).totals("building")
    assert by.value("CO2", building="south").value == 2 * by.value("CO2", building="north").value
    with pytest.raises(hc.InputError, match="no column"):
        plan.run(activities, dimensions=["floor"])
    with pytest.raises(hc.InputError, match="rename"):
        plan.run(activities, dimensions=["year"])
    with pytest.raises(hc.InputError, match="scope"):
        plan.run(activities).totals("scop")


def test_periods_and_months_tell_the_reporting_period(ledger: Callable[..., hc.Ledger]) -> None:
    one = ledger({"period": "2024-01", "quantity": "3000"}, {"period": "2024-02-10/2024-02-11"}, {"period": "2024-Q4"})
    inventory = hc.Inventory(one)
    for name in ("period", "month"):
        shown = {row[name]: row.amount.value for row in inventory.by(name)}
        assert shown == {
            "2024-01": 3 * Fraction("0.5306"),
            "2024-02": Fraction("0.5306"),
            "2024-Q4": Fraction("0.5306"),
        }


def test_an_id_that_no_row_has_is_refused_with_those_like_it(ledger: Callable[..., hc.Ledger]) -> None:
    one = ledger({"activity_id": "power-hq"}, PETROL)
    assert one.row("power-hq").quantity == 1000
    with pytest.raises(hc.InputError, match="'powre-hq'; near: power-hq") as caught:
        one.row("powre-hq")
    assert caught.value.code == "activity-id-unknown"


def test_ledgers_of_different_factors_do_not_add_up(
    tmp_path: Path, library: hc.FactorLibrary, multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    def with_grid(value: str) -> hc.Ledger:
        factors = tuple(
            one.model_copy(update={"value": Decimal(value)}) if one.activity == "electricity.grid" else one
            for one in multigas_library.factors
        )
        import dataclasses

        changed = dataclasses.replace(multigas_library, factors=factors)
        activities = hc.Activities(rows({}), library=changed)
        return hc.Plan.compile(activities, changed, multigas).run(activities)

    with pytest.raises(hc.InputError) as caught:
        with_grid("0.5") + with_grid("0.9")
    assert caught.value.code == "ledgers-differ"


def test_cubes_subtract_to_signed_differences_and_back(multigas_library: hc.FactorLibrary) -> None:
    old = hc.Activities(rows({"quantity": "10"}), library=multigas_library).cube()
    new = hc.Activities(rows({"quantity": "12"}), library=multigas_library).cube()
    assert list((new - old).steps.values()) == [2_000_000]
    assert old + (new - old) == new
    assert (old + new) - old == new
    assert not (old - old).steps


def test_only_what_was_added_can_be_taken_out(ledger: Callable[..., hc.Ledger]) -> None:
    one, other = ledger({}), ledger({"quantity": "5"})
    assert ((one + other) - one).totals() == other.totals()
    with pytest.raises(hc.InputError, match="added"):
        one - other


def test_lines_keep_columns_of_the_same_name_apart(ledger: Callable[..., hc.Ledger]) -> None:
    run = ledger({"multiplier": 7.0, "amount": "88.10"})
    lines = run.lines()
    assert set(lines["multiplier_input"]) == {7.0}
    assert set(lines["amount_input"]) == {"88.10"}
    assert 7.0 not in set(lines["multiplier"])
    exact = {one.flow.flow: float(one.amount.value) for one in run.explain("a0").lines}
    assert dict(zip(lines["flow"], lines["amount"], strict=True)) == pytest.approx(exact)


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f,
        pl.from_pandas,
        lambda f: pl.from_pandas(f).lazy(),
        lambda f: pa.Table.from_pandas(f, preserve_index=False),
    ],
)
def test_lines_come_in_the_kind_of_frame_that_went_in(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology, make: Callable[[pd.DataFrame], Any]
) -> None:
    frame = rows({"period": "2023-12-17/2024-01-15", "quantity": 30, "region": None}, {"quantity": 3, **GAS})
    native = make(frame)
    activities = hc.Activities(native, sites=[hc.Site(id="hq", region="CN")], library=multigas_library)
    lines = hc.Plan.compile(activities, multigas_library, multigas).run(activities).lines()
    assert type(lines) is type(native)
    table = lines.collect() if isinstance(lines, pl.LazyFrame) else lines
    table = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    assert sorted(table.loc[table["activity_id"] == "a0", "line_period"].unique()) == ["2023-12", "2024-01"]
    assert len(table) == 2 * 2 + 4  # two months of CO2 and GJ; CO2, CH4, N2O and GJ


def test_lines_of_a_relation_are_a_relation_and_no_row_is_lost(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    connection = duckdb.connect()
    connection.register("source", rows({"quantity": 1, "instrument": None}, {"quantity": 3, **GAS}))
    connection.execute("create table t as select * replace (cast(quantity as double) as quantity) from source")
    activities = hc.Activities(connection.table("t"), library=multigas_library)
    run = hc.Plan.compile(activities, multigas_library, multigas).run(activities)
    lines = run.lines()
    assert isinstance(lines, duckdb.DuckDBPyRelation)
    told = lines.aggregate("activity_id, flow, sum(amount) as amount", "activity_id, flow").fetchall()
    exact = {
        (one.row.activity_id, line.flow.flow): line.amount.value
        for one in map(run.explain, ("a0", "a1"))
        for line in one.lines
    }
    assert {(row, flow): amount for row, flow, amount in told} == {
        key: pytest.approx(float(one)) for key, one in exact.items()
    }
    connection.execute("insert into t select * replace ('2021' as period) from t")
    with pytest.raises(hc.InputError, match="changed") as caught:
        run.lines()
    assert caught.value.code == "lines-lost"


def test_an_engine_that_nobody_has_tested_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsesg_carbon.activities.ENGINES", (nw.Implementation.PANDAS,))
    with pytest.raises(hc.InputError, match="its engine is POLARS") as caught:
        hc.Activities(pl.from_pandas(rows({})))
    assert caught.value.code == "frame-kind"
    assert nw.Implementation.DASK not in ENGINES


def test_explain_splits_a_bill_by_days(ledger: Callable[..., hc.Ledger]) -> None:
    found = ledger({"period": "2023-12-17/2024-01-15", "quantity": "30"}).explain("a0")
    co2 = [line for line in found.lines if line.flow.flow == "CO2"]
    assert [(line.period.label, line.share) for line in co2] == [
        ("2023-12", Fraction(1, 2)),
        ("2024-01", Fraction(1, 2)),
    ]
    assert sum(line.amount.value for line in co2) == 30 * Fraction("0.5306") / 1000  # 2023, and 2023 as latest known
    with pytest.raises(hc.InputError, match="a0"):
        ledger({}).explain("a00")


def test_explain_agrees_with_totals_to_the_last_digit(ledger: Callable[..., hc.Ledger]) -> None:
    one = ledger({"quantity": "0.12345678", "period": "2024-03-05/2024-03-20"})
    found = one.explain("a0")
    assert found.row.rounded
    for line in found.lines:
        assert line.amount.value == one.totals().value(line.flow.flow).value


def test_totals_are_of_the_rows_that_were_checked_and_a_frame_that_changes_since_is_refused() -> None:
    connection = duckdb.connect()
    connection.register("source", rows({"quantity": 1}))
    connection.execute("create table t as select * replace (cast(quantity as double) as quantity) from source")
    activities = hc.Activities(connection.table("t"))
    checked = activities.cube()
    connection.execute("insert into t select * from t")
    assert activities.cube() == checked
    with pytest.raises(hc.InputError, match="changed"):
        activities.cube(["activity_id"])


@pytest.mark.parametrize(
    "change",
    [
        "insert into t select * from t",
        "insert into t select * replace ('plant' as site) from t",
        "insert into t select * replace (null as quantity) from t",
        "insert into t select * replace ('MWh' as unit, 1e9 as quantity) from t",
        "update t set quantity = 5e12",
    ],
)
def test_a_frame_that_changes_is_refused_whatever_is_asked_of_it(change: str) -> None:
    connection = duckdb.connect()
    connection.register("source", rows({"quantity": 1}).assign(meter="m1", evidence="bill"))
    connection.execute("create table t as select * replace (cast(quantity as double) as quantity) from source")
    activities = hc.Activities(connection.table("t"))
    assert len(list(activities.bills())) == 1
    connection.execute(change)
    asked: list[Callable[[], object]] = [lambda: activities.cube(["evidence"]), lambda: list(activities.bills())]
    if "replace ('" in change:
        asked.append(activities.rows)
    for ask in asked:
        with pytest.raises(hc.InputError, match="changed"):
            ask()


@pytest.mark.parametrize("make", [lambda f: f, pl.from_pandas, pa.Table.from_pandas, duckdb.from_df])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": -1.5}, "quantity-negative"),
        ({"quantity": float("nan")}, "quantity-not-finite"),
        ({"quantity": 2.0**51 + 0.5}, "quantity-imprecise"),
        ({"unit": "kWhh"}, "unknown-unit"),
        ({"period_start": pd.Timestamp("2024-01-01 10:00")}, "period-time-of-day"),
    ],
)
def test_door_checks_hold_for_timestamps(
    make: Callable[[pd.DataFrame], Any], changes: dict[str, Any], code: str
) -> None:
    """Whether the bad rows can be found again or not, the fault is reported."""
    good = {"quantity": 1.0, "period_start": pd.Timestamp("2024-01-01"), "period_end": pd.Timestamp("2024-01-31")}
    frame = rows(good, {**good, **changes}).drop(columns="period")
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(make(frame))
    assert code in {one.code for one in caught.value.problems}


def test_time_zones_single_precision_and_conflicts_are_refused() -> None:
    zoned = rows(
        {
            "quantity": 1.0,
            "period_start": pd.Timestamp("2024-01-01", tz="Asia/Shanghai"),
            "period_end": pd.Timestamp("2024-01-31", tz="Asia/Shanghai"),
        }
    ).drop(columns="period")
    with pytest.raises(hc.InputError, match="time zone"):
        hc.Activities(zoned)
    with pytest.raises(hc.InputError, match="single precision"):
        hc.Activities(rows({"quantity": 1.0}).astype({"quantity": "float32"}))
    with pytest.raises(hc.InputError, match="contradicts"):
        hc.Activities(rows({"period": "2023", "period_start": "2024-01-01", "period_end": "2024-01-31"}))
    with pytest.raises(hc.InputError, match="pandas, Polars"):
        hc.Activities([{"activity_id": "a"}])


# ---------------------------------------------------------------------------------------------------------- inventory


def test_ownership_weighs_by_consolidation(ledger: Callable[..., hc.Ledger]) -> None:
    half = hc.Site(id="hq", equity_share=Decimal("0.3"), control=("operational",))
    whole = hc.Inventory(ledger({})).total().value
    shares = {
        consolidation: hc.Inventory(ledger({}), hc.Boundary("b", (half,), consolidation)).by("site")
        for consolidation in ("equity-share", "operational-control", "financial-control")
    }
    assert shares["equity-share"].value().value == whole * Fraction(3, 10)
    assert shares["operational-control"].value().value == whole
    assert len(shares["financial-control"]) == 0
    with pytest.raises(hc.InventoryError, match="equity-share"):
        hc.Boundary("b", (half,), "share")  # type: ignore[arg-type]
    with pytest.raises(hc.InventoryError, match="hq"):
        hc.Boundary("b", (half, half), "equity-share")


def test_what_lies_outside_the_boundary_is_named_and_no_total_is_not_zero(ledger: Callable[..., hc.Ledger]) -> None:
    late = hc.Site.model_validate({"id": "hq", "from": "2025-01-01"})
    inventory = hc.Inventory(ledger({}), hc.Boundary("b", (late,), "operational-control"))
    assert [one.code for one in inventory.findings if "site" in one.code] == ["site-outside-boundary"]
    with pytest.raises(hc.InventoryError, match="not zero"):
        inventory.total()
    other = hc.Boundary("b", (hc.Site(id="depot"),), "operational-control")
    with pytest.raises(hc.InventoryError, match="hq"):
        hc.Inventory(ledger({}), other).total()


def test_a_site_that_joins_within_a_period_needs_bills_split_at_that_day(ledger: Callable[..., hc.Ledger]) -> None:
    site = hc.Site.model_validate({"id": "hq", "region": "CN", "from": "2024-03-15"})
    boundary = hc.Boundary("b", (site,), "operational-control")
    with pytest.raises(hc.InventoryError, match="2024-03-15"):
        hc.Inventory(ledger({"period": "2024-03"}, sites=[site]), boundary).total()
    split = ledger(
        {"period": "2024-03-01/2024-03-14", "quantity": "7"},
        {"period": "2024-03-15/2024-03-31", "quantity": "5"},
        sites=[site],
    )
    assert hc.Inventory(split, boundary).total().value == 5 * Fraction("0.5306") / 1000
    with pytest.raises(ValueError, match="leaves"):
        hc.Site.model_validate({"id": "x", "from": "2024-03-15", "to": "2024-03-01"})


def test_gwp_is_a_view_and_what_the_basis_excludes_is_an_error(
    ledger: Callable[..., hc.Ledger], multigas: hc.Methodology
) -> None:
    one = ledger(GAS)
    tonnes = {row.flow: row.amount.value for row in one.totals()}
    expected = tonnes["CO2"] + tonnes["CH4"] * Fraction("29.8") + tonnes["N2O"] * 273
    assert hc.Inventory(one).total().value == expected
    assert hc.Inventory(one, gwp="SAR").total().value == tonnes["CO2"] + tonnes["CH4"] * 21 + tonnes["N2O"] * 310
    for options, words in (
        ({"gwp": "AR7"}, "AR6"),
        ({"gwp": "none"}, "names no GWP"),
        ({"scope2": "market"}, "market"),
    ):
        with pytest.raises(hc.InventoryError, match=words):
            hc.Inventory(one, **options)
    with pytest.raises(hc.InventoryError, match="combustion_methane"):
        hc.Inventory(ledger(GAS, method=multigas.model_copy(update={"combustion_methane": None})))
    leaner = ledger(GAS, method=multigas.model_copy(update={"combustion_methane": "non-fossil"}))
    assert hc.Inventory(leaner).total().value == tonnes["CO2"] + tonnes["CH4"] * 27 + tonnes["N2O"] * 273


def test_a_methodology_of_co2_alone_takes_no_gwp() -> None:
    activities = hc.Activities(rows({}))
    ledger = hc.Plan.compile(activities, activities.library, hc.Methodology.shipped("hundsun-2024")).run(activities)
    with pytest.raises(hc.InventoryError, match="cannot change"):
        hc.Inventory(ledger).seen(gwp="AR6")


def test_biogenic_co2_stands_beside_the_total(ledger: Callable[..., hc.Ledger]) -> None:
    inventory = hc.Inventory(ledger({"activity": "mobile.biodiesels", "unit": "L"}))
    tonnes = {row.flow: row.amount.value for row in inventory.ledger.totals()}
    assert inventory.total().value == tonnes["CH4"] * 27 + tonnes["N2O"] * 273
    assert inventory.biogenic("year").value().value == tonnes["CO2-biogenic"]


def denominator(**changes: Any) -> hc.Denominator:
    return hc.Denominator.model_validate(
        {
            "denominator": "revenue",
            "period": "2024",
            "value": "200",
            "unit": "million CNY",
            "boundary": "b",
            "source": "annual report",
            **changes,
        }
    )


def test_intensities_refuse_what_does_not_belong_together(ledger: Callable[..., hc.Ledger]) -> None:
    boundary = hc.Boundary("b", (hc.Site(id="hq"),), "operational-control")
    inventory = hc.Inventory(ledger({}), boundary)
    value = inventory.intensity([denominator()], per="revenue").value(year=2024)
    assert value.value == Fraction("0.5306") / 200
    assert value.unit == "tCO2e/million CNY"
    for given, code in (
        ([denominator(boundary="group")], "denominator-boundary-differs"),
        ([denominator(), denominator(value="3")], "denominator-twice"),
        ([denominator(period="2024-Q1")], "denominator-not-a-year"),
        ([denominator(), denominator(period="2023", unit="CNY")], "denominator-units-differ"),
        ([denominator(denominator="area")], "unknown-denominator"),
        ([], "unknown-denominator"),
    ):
        with pytest.raises(hc.InventoryError) as caught:
            inventory.intensity(given, per="revenue")
        assert caught.value.code == code
    accepted = inventory.intensity([denominator(boundary="group")], "revenue", accept_boundary=["group"])
    assert accepted.value(year=2024) == value


def test_a_year_without_a_denominator_is_left_out_and_named(ledger: Callable[..., hc.Ledger]) -> None:
    boundary = hc.Boundary("b", (hc.Site(id="hq"),), "operational-control")
    given = [denominator(period="2023")]
    assert not hc.Inventory(ledger({}), boundary).intensity(given, per="revenue")
    (finding,) = denominators_missing(given, [2024, 2023])
    assert (finding.code, finding.severity) == ("denominator-missing", "warning")
    assert (finding.data["denominator"], finding.data["year"]) == ("revenue", 2024)


def test_a_higher_version_of_a_denominator_rules_by_number() -> None:
    versions = [denominator(version="9", value="1"), denominator(version="10", value="2")]
    assert ruling_denominators(versions, "revenue")[2024].value == 2


def test_a_missing_total_is_no_zero(ledger: Callable[..., hc.Ledger]) -> None:
    totals = hc.Inventory(ledger({}, PETROL)).by("scope", "year")
    assert [row["scope"] for row in totals] == ["1", "2"]
    for group in ({"scope": "3"}, {"year": 2024}):
        with pytest.raises(hc.InventoryError):
            totals.value(**group)
    with pytest.raises(hc.InventoryError, match=r"no total for scope=3, year=2024; .* Have: 1 2024 .*2 2024"):
        totals.value(scope="3", year=2024)
    assert list(totals.frame().columns) == ["scope", "year", "flow", "value", "unit"]
    assert len(totals[:1]) == 1


def test_energy_shares_leave_out_years_without_use(ledger: Callable[..., hc.Ledger]) -> None:
    account = EnergyAccount(hc.Inventory(ledger({"quantity": "0"}, {"period": "2023"}, {**GAS, "period": "2023"})))
    assert {row["year"] for row in account.shares()} == {2023}
    shares = [account.share(carrier, "energy.gj", 2023).value for carrier in ("electricity", "natural_gas")]
    assert sum(shares) == 100
    with pytest.raises(hc.InventoryError):
        account.share("electricity", "energy.gj", 2024)


def test_periods_split_into_reporting_periods_by_days() -> None:
    def parts(text: str) -> list[tuple[str, Fraction]]:
        return [(period.label, share) for period, share in hc.Period.parse(text).parts()]

    assert parts("2024") == [("2024", Fraction(1))]
    assert parts("2024-Q3") == [("2024-Q3", Fraction(1))]
    assert parts("2024-03-05/2024-03-20") == [("2024-03-05/2024-03-20", Fraction(1))]
    assert parts("2023-12-31/2024-02-01") == [
        ("2023-12", Fraction(1, 33)),
        ("2024-01", Fraction(31, 33)),
        ("2024-02", Fraction(1, 33)),
    ]
    assert (
        hc.Period.parse("2024年3月")
        == hc.Period.parse("2024-3")
        == hc.Period(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
    )


# ---------------------------------------------------------------------------------------- kinds of frames and columns


DATED = {"quantity": 30.0, "period_start": pd.Timestamp("2023-12-17"), "period_end": pd.Timestamp("2024-01-15")}


@pytest.mark.parametrize(
    "make",
    [lambda f: f, pl.from_pandas, lambda f: pl.from_pandas(f).lazy(), pa.Table.from_pandas],
    ids=["pandas", "polars", "polars-lazy", "pyarrow"],
)
def test_lines_and_totals_agree_for_timestamps(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology, make: Callable[[pd.DataFrame], Any]
) -> None:
    native = make(rows(DATED, {**DATED, **GAS}).drop(columns="period"))
    activities = hc.Activities(native, library=multigas_library)
    run = hc.Plan.compile(activities, multigas_library, multigas).run(activities)
    lines = run.lines()
    table = lines.collect() if isinstance(lines, pl.LazyFrame) else lines
    table = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    for row in run.totals():
        assert table.loc[table["flow"] == row.flow, "amount"].sum() == pytest.approx(float(row.amount.value), rel=1e-12)


def test_object_columns_of_mixed_types_and_blanks_are_text_with_nulls(multigas_library: hc.FactorLibrary) -> None:
    frame = rows({}, {})
    frame["period"] = pd.Series([2024, "2024-03"], dtype=object)
    frame["region"] = pd.Series(["CN", None], dtype=object)
    activities = hc.Activities(frame, sites=[hc.Site(id="hq", region="CN")], library=multigas_library)
    assert [key.region for key in activities.keys] == ["CN", "CN"]
    assert activities.row("a0").period.label == "2024"
    assert activities.row("a1").key.region == "CN"
    blank = rows({})
    blank["site"] = pd.Series([None], dtype=object)
    with pytest.raises(hc.InputError, match="fill it in"):
        hc.Activities(blank)


@pytest.mark.parametrize("kind", ["Int64", "Float64", "int64[pyarrow]", "double[pyarrow]"])
def test_a_key_of_nothing_but_nulls_is_a_blank_quantity(kind: str) -> None:
    frame = rows({}, PETROL)
    frame["quantity"] = pd.array([1, None], dtype=kind)
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(frame)
    assert [(one.code, one.where.activity_id) for one in caught.value.problems] in (  # type: ignore[attr-defined]
        [("quantity-blank", "a1")],
        [("quantity-not-finite", "a1")],
    )


@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 has no copy on write")
def test_what_the_caller_does_to_the_frame_later_changes_nothing(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    frame = rows({"quantity": 10.0}).astype({"quantity": float})
    activities = hc.Activities(frame, library=multigas_library)
    frame.loc[0, "quantity"] = 999.0
    run = hc.Plan.compile(activities, multigas_library, multigas).run(activities)
    assert run.explain("a0").row.quantity == 10
    assert run.totals().value("energy.gj").value == Fraction("0.036")


def test_explain_takes_a_float_as_the_totals_take_it(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    for quantity in (33.33333333, 0.1, 1.0005, -2.5000005, 1e-120, 12345.678901234):
        frame = rows({"quantity": quantity, "credit": "yes", **PETROL})
        activities = hc.Activities(frame, library=multigas_library)
        run = hc.Plan.compile(activities, multigas_library, multigas).run(activities)
        for line in run.explain("a0").lines:
            assert line.amount.value == run.totals().value(line.flow.flow).value, quantity


def test_quality_is_one_of_three_words_whatever_the_frame() -> None:
    for make in (lambda f: f, pl.from_pandas, duckdb.from_df):
        with pytest.raises(hc.InputError, match="measured, invoiced or estimated"):
            hc.Activities(make(rows({"quantity": 1.0, "quality": "measured"}, {"quantity": 1.0, "quality": "guess"})))


def test_a_crossing_bill_on_the_right_side_of_a_joining_day_counts(ledger: Callable[..., hc.Ledger]) -> None:
    site = hc.Site.model_validate({"id": "hq", "region": "CN", "from": "2024-03-15"})
    boundary = hc.Boundary("b", (site,), "operational-control")
    bills = ({"period": "2024-02-15/2024-03-14", "quantity": "7"}, {"period": "2024-03-15/2024-04-14", "quantity": "5"})
    inventory = hc.Inventory(ledger(*bills, sites=[site]), boundary)
    assert inventory.total().value == 5 * Fraction("0.5306") / 1000
    assert [one.code for one in inventory.findings if "site" in one.code] == ["site-outside-boundary"]


def test_the_first_of_a_rule_for_co2e_and_rules_for_gases_decides(
    tmp_path: Path, multigas_library: hc.FactorLibrary
) -> None:
    gas = (
        RULE.replace("mobile.petrol", "*.petrol")
        + '{ property = "ncv", source = "ipcc-2006-v2" }, { property = "density", id = "made-up.petrol.volume" }]\n'
    )
    published = (
        '[[use]]\nactivity = "stationary.petrol"\nsite = "hq"\nflow = "CO2e"\nsource = ["made-up"]\nreason = "x"\n'
        'properties = [{ property = "ncv", id = "gbt2589-2020.petrol.ncv" }, '
        '{ property = "density", id = "made-up.petrol.volume" }]\n'
    )
    for text, flow, heating_value in ((published + gas, "CO2e", "43.124"), (gas + published, "CO2", "44.3")):
        method = methodology(tmp_path, text).model_copy(update={"gwp": "AR5"})
        activities = hc.Activities(
            rows({**PETROL, "activity": "stationary.petrol", "quantity": "1360"}), library=multigas_library
        )
        run = hc.Plan.compile(activities, multigas_library, method).run(activities)
        assert {row.flow for row in run.totals()} == {flow, "energy.gj"}
        assert run.totals().value("energy.gj").value == Fraction(heating_value)
        left_out = [one for one in hc.Inventory(run).findings if one.code == "gases-left-out"]
        assert bool(left_out) == (flow == "CO2")


def test_two_values_of_one_kind_in_a_rule_tie_and_other_fuels_are_named(
    tmp_path: Path, library: hc.FactorLibrary
) -> None:
    gas = (
        RULE.replace("mobile.petrol", "*") + '{ property = "ncv", id = "ipcc2006.petroleum_coke.ncv" }, '
        '{ property = "density", id = "cn-practice.petrol95.density" }]\n'
    )
    activities = hc.Activities(rows(PETROL))
    plan = hc.Plan.compile(activities, library, methodology(tmp_path, gas))
    assert "fit-other-fuel" in {one.code for one in plan.findings}
    two = (
        gas + '[[use]]\nactivity = "*"\nflow = "energy.gj"\nreason = "x"\nproperties = [{ property = "ncv", id = '
        '"gbt2589-2020.petrol.ncv" }, { property = "ncv", id = "gbt2589-2008.petrol.ncv" }]\n'
    )
    with pytest.raises(hc.MethodologyError, match="several ways"):
        hc.Plan.compile(activities, library, methodology(tmp_path, two))


def test_the_same_batch_twice_can_be_taken_out_once(ledger: Callable[..., hc.Ledger]) -> None:
    one = ledger({})
    assert ((one + one) - one).explain("a0") == one.explain("a0")
    with pytest.raises(hc.InputError, match="several rows"):
        (one + ledger({"quantity": "3"})).explain("a0")


def test_ids_that_differ_in_spaces_are_the_same_and_a_space_is_no_id() -> None:
    same = rows({}, {})
    same["activity_id"] = ["x", "x "]
    assert [one.code for one in hc.Activities(same).check()] == ["duplicate-id"] * 2
    same["activity_id"] = ["x", " "]
    assert [one.code for one in hc.Activities(same).check()] == ["cell-blank"]


def test_periods_that_follow_on_one_another_are_told_as_a_span_and_kinds_are_never_mixed() -> None:
    labels = ["2024-12", "2023", "2025-01", "2024-Q2", "2024-Q1", "2022", "2024-03-15/2024-04-14", "2025-01", "2024-02"]
    told = period_names(Period.parse(one) for one in labels)
    assert told == ["2022–2023", "2024-Q1–2024-Q2", "2024-02", "2024-03-15/2024-04-14", "2024-12–2025-01"]
    assert period_names([]) == []


def test_what_is_open_month_after_month_is_told_once_with_its_span(tmp_path: Path, library: hc.FactorLibrary) -> None:
    bills = rows(*({"period": f"2024-{month:02}", "region": "US"} for month in (1, 2, 3, 7)), PETROL)
    with pytest.raises(hc.FactorError) as caught:
        hc.Plan.compile(hc.Activities(bills), library, methodology(tmp_path, GRID_RULE))
    told = {(one.code, str(one.data.get("period"))) for one in caught.value.problems}  # type: ignore[attr-defined]
    assert ("factor-missing", "['2024-01–2024-03', '2024-07']") in told
    assert len(told) == len(caught.value.problems) == caught.value.data["count"]


def test_lines_of_several_batches_are_asked_for_one_by_one(ledger: Callable[..., hc.Ledger]) -> None:
    first, second = ledger(ELECTRICITY), ledger({**ELECTRICITY, "quantity": "7", "activity_id": "b"})
    view = hc.Inventory(first + second, gwp="AR6")
    with pytest.raises(hc.InputError) as caught:
        view.lines()
    assert caught.value.code == "lines-of-batches"
    assert len(view.lines(second.activities[0])) == len(second.lines())


def test_entries_of_some_years_are_those_of_no_other(ledger: Callable[..., hc.Ledger]) -> None:
    view = hc.Inventory(ledger(ELECTRICITY, {**ELECTRICITY, "period": "2023"}), gwp="AR6")
    assert {one.period.start.year for one in view.entries()} == {2023, 2024}
    assert {one.period.start.year for one in view.entries({2023})} == {2023}


def test_without_a_boundary_there_is_nothing_to_remark_and_nothing_to_consolidate(
    ledger: Callable[..., hc.Ledger],
) -> None:
    own = ledger(ELECTRICITY)
    view = hc.Inventory(own, gwp="AR6")
    assert view.remarks(own.activities[0].rows()[0]) == ()
    with pytest.raises(hc.InventoryError) as caught:
        Consolidations(view).under("legal-entity")
    assert caught.value.code == "boundary-missing"


def test_periods_outside_the_years_that_accounts_can_have_are_refused() -> None:
    for first, last in ((dt.date(1899, 12, 31), dt.date(1900, 1, 1)), (dt.date(2200, 12, 31), dt.date(2201, 1, 1))):
        with pytest.raises(hc.InputError) as caught:
            Period.of(first, last)
        assert caught.value.code == "period-broken"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_a_decimal_that_is_no_number_is_refused(value: Decimal) -> None:
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(pd.DataFrame([{**rows(PETROL).iloc[0].to_dict(), "quantity": value}]))
    assert {"number-not-finite", "quantity-not-finite"} & {one.code for one in caught.value.problems}


def test_years_after_one_without_a_denominator_are_divided_too(ledger: Callable[..., hc.Ledger]) -> None:
    view = hc.Inventory(ledger(*({"period": year} for year in ("2022", "2023", "2024"))), gwp="AR6")
    staff = [
        hc.Denominator(denominator="staff", period=year, value=Decimal(10), unit="person", boundary="all", source="x")
        for year in ("2022", "2024")
    ]
    rows = divided(view.by("year"), staff, "staff", "all")
    assert [row["year"] for row in rows] == [2022, 2024]
    with pytest.raises(hc.InventoryError) as caught:
        divided(view.by("year"), staff, "revenue", "all")
    assert caught.value.data["known"] == ["staff"]


# ------------------------------------------------------------------------------------- what instruments cover; items


def market(table: pd.DataFrame, *dimensions: str, **changes: Any) -> hc.Inventory:
    """Return a market-based view of 2023 under a certificate of 20 MWh."""
    (one,) = certificate("20").items
    claimed = Instruments((one.model_copy(update=changes),), "us", 12)
    activities = hc.Activities(table.assign(period="2023"))
    ledger = hc.Plan.compile(activities, activities.library, hc.Methodology.shipped("ghgp-cn")).run(
        activities, dimensions=dimensions
    )
    return hc.Inventory(ledger, scope2="market", instruments=claimed, keep_published=True)


def test_places_alike_are_one_pool_but_what_an_instrument_covers_stands_by_itself() -> None:
    table = rows(*({"site": site, "quantity": "50000"} for site in ("hq", "plant", "depot")))
    view = market(table, site="plant")
    pools = list(view.pools(lambda one: one.cell.activity, {2023}))
    assert {tuple(sorted(place.cell.site for place in one.places)): one.quantity for one in pools} == {
        ("depot", "hq"): 100_000,
        ("plant",): 50_000,
    }
    by_site = {row["site"]: row.amount.value for row in view.by("site")}
    found = {
        tuple(sorted(place.cell.site for place in one.places)): sum(
            (line.quantity * line.line.multiplier * (line.weight or 0) for line in one.lines), Fraction(0)
        )
        for one in pools
    }
    assert found == {("depot", "hq"): by_site["depot"] + by_site["hq"], ("plant",): by_site["plant"]}
    assert by_site["plant"] * 50 == by_site["hq"] * 30
    assert list(view.pools(lambda one: one.cell.activity, {2022})) == []


def test_a_certificate_of_no_stated_set_is_kept_as_published_and_shown_with_a_dash() -> None:
    table = rows({"quantity": "50000"})
    for stated, told in ((None, "-"), ("AR4", "AR4")):
        view = market(table, factor=Decimal("0.2"), factor_unit="kgCO2e/kWh", gwp_set=stated)
        (finding,) = [one for one in view.findings if one.code == "instrument-kept"]
        assert finding.data == {"instrument": "gec-1", "gwp_set": told, "asked": "AR6"}


def test_bills_that_their_credit_notes_cancel_in_another_building_cannot_be_shown_by_row() -> None:
    bill = {"quantity": "50000", "building": "north", "credit": "no"}
    credit = {"quantity": "-50000", "building": "south", "credit": "yes"}
    view = market(rows(bill, credit, {**bill, "site": "depot"}), "building")
    by_site = {row["site"]: row.amount.value for row in view.by("site")}
    assert by_site["depot"] == -4 * by_site["hq"]  # 50 - 10 MWh, and 50 - 10 - 50
    with pytest.raises(hc.InputError, match="site hq, 2023: bills and credit notes") as caught:
        view.lines()
    assert caught.value.code == "lines-of-credits"


def test_what_is_no_item_of_the_national_standard_and_what_is_scope_3_is_in_none(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "open"\n', encoding="utf-8"
    )
    (tmp_path / "catalogue.csv").write_text(
        "activity,scope,iso14064,subject,measured_in,flows,name_en,name_zh,aliases\n"
        "vehicle.commuting,3,3,commuting,km,CO2,commuting,通勤,\n"
        "torch.acetylene,1,1,acetylene,kg,CO2,torch,焊炬,\n"
        "mobile.acetylene,1,1,acetylene,kg,CO2,engine,发动机,\n",
        encoding="utf-8",
    )
    named = {"vehicle.commuting": "km", "torch.acetylene": "kg", "mobile.acetylene": "kg"}
    (tmp_path / "factors.csv").write_text(
        "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"
        + "".join(
            f"own.{place},{name},CO2,{place + 1},kg/{unit},CN,2020-01-01,2020,own,x,primary\n"
            for place, (name, unit) in enumerate(named.items())
        ),
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    method = methodology(tmp_path, '[[use]]\nactivity = "*"\nflow = "CO2"\nsource = ["own"]\nreason = "ours"\n')
    table = rows(*({"activity": name, "unit": unit} for name, unit in named.items()))
    activities = hc.Activities(table, library=library)
    view = hc.Inventory(hc.Plan.compile(activities, library, method).run(activities))
    assert {row["scope"]: row.amount.value for row in view.by("scope")} == {"1": 5, "3": 1}
    assert {row["item"]: row.amount.value for row in view.national()} == {"fuel-combustion": 3}
