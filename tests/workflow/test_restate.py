"""A restatement from the command line and from Python: versions, causes, refusals; Hundsun's stated hypothesis."""

import json
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import hsesg_carbon as hc
from hsesg_carbon.cli import app
from hsesg_carbon.errors import CarbonError, InputError, InventoryError
from hsesg_carbon.instruments import Instruments
from hsesg_carbon.restate import Restatement
from hsesg_carbon.seal import Seal
from hsesg_carbon.sites import Entity, Site
from hsesg_carbon.units import half_up
from hsesg_carbon.versions import compared
from hsesg_carbon.workspace import Workspace
from tests.restated import CAUSES, KINDS, Drawn, certificate, row_of

HUNDSUN = Path(__file__).parents[2] / "examples" / "hundsun-2024"
LIBRARY, METHOD = hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024")


@pytest.fixture
def accounts(tmp_path: Path) -> Workspace:
    shutil.copytree(HUNDSUN, tmp_path / "hundsun", ignore=shutil.ignore_patterns("out"))
    return Workspace(tmp_path / "hundsun")


def told(*arguments: str) -> Any:
    done = CliRunner().invoke(app, ["restate", *arguments, "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_hundsuns_stated_hypothesis_is_all_electricity_factor(accounts: Workspace) -> None:
    result = told(str(accounts.folder), "--before", "earlier-basis.toml", "--year", "2022", "--year", "2023")
    assert [one["cause"] for one in result["causes"]] == ["factor-choice"]
    found = {row["year"]: row for row in result["totals"]}
    for year, change, percent in ((2022, "-521.38", "-5.67"), (2023, "-529.84", "-5.69")):
        assert half_up(Fraction(found[year]["difference"]), 2) == Decimal(change)
        assert half_up(Fraction(found[year]["percent"]), 2) == Decimal(percent)
        assert found[year]["parts"][0]["value"] == found[year]["parts"][0]["alone"] == found[year]["difference"]
        assert found[year]["interaction"] == "0"
    scopes = {(row["year"], row["scope"]): row["difference"] for row in result["by_scope"]}
    assert scopes[2022, "1"] == scopes[2023, "1"] == "0"
    (before, after), *_ = [(one["before"], one["after"]) for one in result["numbers"]]
    assert (before[0]["value"], after[0]["value"]) == ("0.5703", "0.5366")
    assert before[0]["checked"] == "inferred"
    assert "hypothesis" in before[0]["title"]
    written = pd.read_csv(accounts.folder / "out" / "restatement.csv", dtype=str)
    part = written[(written["year"] == "2022") & (written["scope"] == "2") & (written["kind"] == "part")]
    assert part["value"].tolist() == ["-521.376072"] or Decimal(part["value"].iloc[0]) == Decimal(scopes[2022, "2"])


def test_the_grid_factor_of_each_year_would_have_changed_two_years_and_says_what_stands_in(accounts: Workspace) -> None:
    result = told(str(accounts.folder), "--before", "hundsun-2024", "--after", "data-year.toml")
    changes = {row["year"]: half_up(Fraction(row["difference"]), 2) for row in result["totals"]}
    assert changes == {2022: Decimal("0.00"), 2023: Decimal("-94.33"), 2024: Decimal("-92.32")}
    values = {one["year"]: one["after"][0]["value"] for one in result["numbers"]}
    assert values == {2023: "0.5306", 2024: "0.5306"}
    assert [one["code"] for one in result["findings"]].count("fit-earlier-year") == 1


def test_factors_as_they_were_known_on_a_day_are_a_version(accounts: Workspace) -> None:
    """The statistic of 2023 was published on 2025-12-31: a day earlier, that of 2022 stood in for all years."""
    result = told(str(accounts.folder), "--before", "data-year.toml@2025-12-30", "--after", "data-year.toml@2025-12-31")
    assert (result["before"]["known_at"], result["after"]["known_at"]) == ("2025-12-30", "2025-12-31")
    changes = {row["year"]: half_up(Fraction(row["difference"]), 2) for row in result["totals"]}
    assert changes == {2022: Decimal("0.00"), 2023: Decimal("-94.33"), 2024: Decimal("-92.32")}


def test_a_version_is_a_folder_with_bills_sites_and_denominators_of_its_own(accounts: Workspace) -> None:
    reported = accounts.folder / "versions" / "report-2023"
    shutil.copytree(accounts.folder, reported, ignore=shutil.ignore_patterns("versions", "out"))
    bills = reported / "activity" / "energy.csv"
    text = bills.read_text(encoding="utf-8")
    bills.write_text(text.replace("15387360,kWh", "15387.36,MWh").replace("15722244", "15722245"), encoding="utf-8")
    assert bills.read_text(encoding="utf-8") != text
    table = reported / "denominators.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",6581,", ",6580,"), encoding="utf-8")
    result = told(str(accounts.folder), "--before", "report-2023")
    assert [one["cause"] for one in result["causes"]] == ["activity"]
    changes = {row["year"]: Fraction(row["difference"]) for row in result["totals"]}
    assert changes == {2022: 0, 2023: -Fraction("0.0005366"), 2024: 0}  # MWh for kWh is no change
    intensities = {row["year"]: {one["cause"]: one["value"] for one in row["parts"]} for row in result["intensities"]}
    assert [cause for cause, value in intensities[2023].items() if value != "0"] == ["activity"]
    assert [cause for cause, value in intensities[2024].items() if value != "0"] == ["denominator"]
    lines = pd.read_csv(accounts.folder / "out" / "restatement-lines.csv", dtype=str)
    assert lines["changed"].tolist() == ["quantity", "quantity unit"]


def test_a_sealed_pack_is_a_version_and_a_broken_one_is_refused(accounts: Workspace, tmp_path: Path) -> None:
    pytest.importorskip("rocrate", reason="sealing needs the extra provenance")
    pack = tmp_path / "reported.zip"
    Seal.of(accounts, pack)
    bills = accounts.folder / "activity" / "energy.csv"
    bills.write_text(bills.read_text(encoding="utf-8").replace("15722244", "15722245"), encoding="utf-8")
    result = told(str(accounts.folder), "--before", str(pack))
    assert [one["cause"] for one in result["causes"]] == ["activity"]
    assert {row["year"]: row["difference"] for row in result["totals"]} == {2022: "0", 2023: "0.0005366", 2024: "0"}
    assert (accounts.folder / "out" / "restatement.json").is_file()
    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 2] ^= 1
    pack.write_bytes(raw)
    done = CliRunner().invoke(app, ["restate", str(accounts.folder), "--before", str(pack)])
    assert isinstance(done.exception, InputError)
    assert "not as it was sealed" in done.exception.text("en")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--before", "no-such"], "no version of these accounts"),
        (["--before", "../../etc"], "no version of these accounts"),
        (["--before", "hundsun-2024@2024-02-30"], "no version of these accounts"),
        (["--before", "ghgp-cn", "--after", "ghgp-cn"], "both versions are the same"),
        (["--before", "ghgp-cn", "--year", "2019"], "2019 is not reported by both"),
        (["--before", "ghgp-cn", "--method", "random"], "there are shapley, sequential"),
        (["--before", "ghgp-cn", "--method", "sequential", "--order", "factor"], "did you mean factor-value"),
        (["--before", "ghgp-cn", "--by", "planet"], "planet"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(accounts: Workspace, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["restate", str(accounts.folder), *arguments])
    assert isinstance(done.exception, CarbonError)
    assert said in done.exception.text("en")
    assert done.exception.text("zh") != done.exception.text("en")


def test_the_base_year_policy_weighs_the_change_of_the_base_year(accounts: Workspace) -> None:
    result = told(str(accounts.folder), "--before", "earlier-basis.toml")["base_year"]
    assert (result["recalculate"], result["since"]) == (True, ["restated-factor-choice"])
    (event,) = result["events"]
    assert half_up(Fraction(event["percent"]), 4) == Decimal("-5.6745")
    assert (event["kind"], event["exceeds"]) == ("method", True)
    assert told(str(accounts.folder), "--before", "earlier-basis.toml", "--year", "2023")["base_year"] is None


def test_what_a_wider_boundary_is_to_the_policy_must_be_said(accounts: Workspace) -> None:
    reported = accounts.folder / "versions" / "report-2023"
    shutil.copytree(accounts.folder, reported, ignore=shutil.ignore_patterns("versions", "out"))
    settings = reported / "inventory.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('equity_share = "1"\ncontrol', 'equity_share = "0.9"\ncontrol'), encoding="utf-8")
    for folder in (accounts.folder, reported):
        path = folder / "inventory.toml"
        text = path.read_text(encoding="utf-8").replace('"operational-control"', '"equity-share"')
        path.write_text(text, encoding="utf-8")
    open_ = told(str(accounts.folder), "--before", "report-2023")
    assert [one["cause"] for one in open_["causes"]] == ["ownership"]
    assert open_["base_year"] is None
    assert "restate-decision-open" in [one["code"] for one in open_["findings"]]
    decided = told(str(accounts.folder), "--before", "report-2023", "--kind", "ownership=method")
    assert decided["base_year"]["recalculate"]
    done = CliRunner().invoke(
        app, ["restate", str(accounts.folder), "--before", "ghgp-cn", "--kind", "boundary=bought"]
    )
    assert isinstance(done.exception, InputError)


def test_the_terminal_shows_the_bridge_in_chinese(accounts: Workspace) -> None:
    done = CliRunner().invoke(app, ["restate", str(accounts.folder), "--before", "ghgp-cn", "--lang", "zh"])
    assert done.exit_code == 0
    assert "重述前" in done.stdout
    assert "热值或密度" in done.stdout
    assert "共同作用" in done.stdout


# ------------------------------------------------------------------------------------------------ from Python


def rows(quantities: dict[str, Any], unit: str = "kWh", site: str = "hq") -> list[dict[str, Any]]:
    return [
        {
            "activity_id": name,
            "site": site,
            "period": "2023",
            "activity": "electricity.grid",
            "quantity": quantity,
            "unit": unit,
            "region": "CN",
        }
        for name, quantity in quantities.items()
    ]


def inventory(frame: Any, boundary: hc.Boundary | None = None, dimensions: tuple[str, ...] = ()) -> hc.Inventory:
    acts = hc.Activities(frame)
    return hc.Inventory(hc.Plan.compile(acts, LIBRARY, METHOD).run(acts, dimensions), boundary)


def engines() -> dict[str, Any]:
    import duckdb
    import polars as pl
    import pyarrow as pa

    return {
        "pandas": lambda table: table,
        "polars": pl.from_pandas,
        "polars-lazy": lambda table: pl.from_pandas(table).lazy(),
        "pyarrow": pa.Table.from_pandas,
        "duckdb": duckdb.from_df,
    }


@pytest.mark.parametrize("first", ["pandas", "polars", "polars-lazy", "pyarrow", "duckdb"])
def test_versions_on_any_two_engines_give_the_same_bridge(first: str) -> None:
    old = pd.DataFrame(rows({"a": 1000.0, "b": 10.25, "c": 7.0}))
    new = pd.DataFrame(rows({"b": 20.25, "a": 1000.0, "d": 3.0}))
    expected = Restatement(inventory(old), inventory(new)).bridge()
    assert expected[0].parts == {
        "activity": Fraction("0.005366"),
        "lines": Fraction("-0.0021464"),
    }
    for turn in engines().values():
        assert Restatement(inventory(engines()[first](old)), inventory(turn(new))).bridge() == expected


def test_frames_in_any_order_and_under_any_index_are_paired_by_id() -> None:
    old = pd.DataFrame([*rows({f"a{place}": float(place) for place in range(9)}), *rows({"p": 5.0}, site="plant")])
    new = old.copy()
    new.loc[3, "quantity"] += 2
    new.loc[9, "quantity"] += 1
    expected = {"activity": 3 * Fraction("0.5366") / 1000}
    for frame in (new, new.sample(frac=1, random_state=1), new[::-1], new.set_index("activity_id", drop=False)):
        assert Restatement(inventory(old), inventory(frame)).bridge()[0].parts == expected
        assert Restatement(inventory(frame), inventory(old.sample(frac=1, random_state=2))).bridge()[0].difference == (
            -expected["activity"]
        )


@pytest.mark.parametrize("number", [Decimal, str, int, float])
def test_quantities_of_every_type_are_paired_exactly(number: Any) -> None:
    before, after = {"a": 3, "b": 4, "c": 5}, {"a": 3, "b": 6, "c": 5}
    sides = [pd.DataFrame(rows({name: number(one) for name, one in side.items()})) for side in (before, after)]
    restated = Restatement(*(inventory(one) for one in sides))
    assert restated.bridge()[0].parts == {"activity": 2 * Fraction("0.5366") / 1000}


def test_numbers_as_ids_in_one_version_are_the_texts_of_the_other() -> None:
    old = pd.DataFrame(rows({"1": 5.0, "2": 7.0}))
    new = old.assign(activity_id=[1, 2], quantity=[5.0, 8.0])
    assert Restatement(inventory(old), inventory(new)).causes == ("activity",)


def test_a_number_that_kept_its_digits_under_another_unit_is_a_corrected_unit() -> None:
    old, new = pd.DataFrame(rows({"a": 5, "b": 1})), pd.DataFrame(rows({"a": 5, "b": 1}, unit="MWh"))
    restated = Restatement(inventory(old), inventory(new))
    assert restated.bridge()[0].parts == {"unit": 6 * (1000 - 1) * Fraction("0.5366") / 1000}


def test_a_table_spelt_in_another_unit_is_no_change() -> None:
    old, new = pd.DataFrame(rows({"a": 5000, "b": 1})), pd.DataFrame(rows({"a": 5, "b": Decimal("0.001")}, unit="MWh"))
    restated = Restatement(inventory(old), inventory(new))
    assert restated.causes == ()
    assert restated.bridge()[0].parts == {}
    assert restated.bridge().frame()["step"].tolist() == ["before", "after"]


def test_a_site_that_only_one_version_lists_comes_with_the_boundary_and_its_rows() -> None:
    hq, plant = (Site.model_validate({"id": name, "region": "CN"}) for name in ("hq", "plant"))
    old = inventory(pd.DataFrame(rows({"a": 1000})), hc.Boundary("all", (hq,), "operational-control"))
    both = pd.DataFrame([*rows({"a": 1000}), *rows({"b": 500}, site="plant")])
    new = inventory(both, hc.Boundary("all", (hq, plant), "operational-control"))
    assert Restatement(old, new).bridge()[0].parts == {"boundary": Fraction("0.2683")}
    assert Restatement(new, old).bridge()[0].parts == {"boundary": -Fraction("0.2683")}


def test_rows_that_repeat_an_id_are_refused_where_they_differ() -> None:
    old = pd.DataFrame([*rows({"a": 1}), *rows({"a": 2, "b": 3})])
    new = pd.DataFrame(rows({"a": 1, "b": 2}))
    with pytest.raises(InputError, match="share an id"):
        Restatement(inventory(old), inventory(new))


def test_dimensions_of_one_version_are_refused() -> None:
    table = pd.DataFrame(rows({"a": 1})).assign(meter="m1")
    with pytest.raises(InventoryError, match="dimensions"):
        Restatement(inventory(table), inventory(table, dimensions=("meter",)))


def test_versions_without_a_year_in_common_are_refused() -> None:
    old, new = pd.DataFrame(rows({"a": 1})), pd.DataFrame(rows({"a": 1})).assign(period="2024")
    with pytest.raises(InventoryError, match="no year in common"):
        Restatement(inventory(old), inventory(new))


def test_more_than_eight_causes_at_once_are_told_in_one_order_only() -> None:
    amounts = [("north", "2023", KINDS[0], Decimal(40_000)), ("north", "2022", KINDS[1], Decimal(7))]
    amounts += [("south", "2022", kind, Decimal(1000)) for kind in (*KINDS, *KINDS)]
    drawn = Drawn([row_of(f"r{place}", *one) for place, one in enumerate(amounts)], frozenset(CAUSES), False, (2, 1, 9))
    restated = Restatement(drawn.before, drawn.after)
    assert len(restated.causes) > 8
    with pytest.raises(InventoryError, match="more than 8"):
        restated.bridge()
    for row in restated.bridge("site", method="sequential"):
        assert sum(row.parts.values(), row.before) == row.after


def test_eight_causes_at_once_are_told_without_an_order() -> None:
    amounts = [("north", "2023", KINDS[0], Decimal(40_000)), ("north", "2022", KINDS[1], Decimal(7))]
    amounts += [("south", "2022", kind, Decimal(1000)) for kind in (*KINDS, *KINDS)]
    table = [row_of(f"r{place}", *one) for place, one in enumerate(amounts)]
    drawn = Drawn(table, frozenset(CAUSES) - {"scope2", "gases"}, False, (2, 1, 9))
    bridge = Restatement(drawn.before, drawn.after).bridge()
    told = {row["year"]: sum(part != 0 for part in row.parts.values()) for row in bridge}
    assert told == {2022: 8, 2023: 7}
    for row in bridge:
        assert sum(row.parts.values(), row.before) == row.after


def test_an_intensity_needs_a_denominator_on_both_sides(accounts: Workspace) -> None:
    restated = compared(accounts, "earlier-basis.toml").restatement
    accepted = {"accept_boundary": ["group"]}
    (first, *_), per = accounts.denominators, "revenue"
    bridge = restated.intensity(accounts.denominators, [first], per, **accepted)
    assert [row["year"] for row in bridge] == [2022]
    respelt = first.model_copy(update={"value": first.value * 100, "unit": "万元"})
    assert restated.intensity([respelt], [first], per, **accepted).causes == ("factor-choice",)
    with pytest.raises(CarbonError):
        restated.intensity([first.model_copy(update={"unit": "m2"})], [first], per, **accepted)
    with pytest.raises(InventoryError):
        restated.intensity(accounts.denominators, accounts.denominators, "heads")
    for sides in (([], [first]), ([first], [])):  # known to one version, so no year can be compared
        assert len(restated.intensity(*sides, per, **accepted)) == 0
    with pytest.raises(InventoryError):
        restated.intensity(accounts.denominators, accounts.denominators, per)


def test_the_same_version_twice_has_an_empty_bridge(accounts: Workspace) -> None:
    bridge = Restatement(accounts.inventory, accounts.inventory).bridge("site")
    assert bridge.causes == ()
    assert all(row.difference == 0 and row.percent == 0 for row in bridge)


def test_a_bridge_is_asked_for_one_group(accounts: Workspace) -> None:
    bridge = compared(accounts, "ghgp-cn").bridge("scope")
    assert (
        bridge.of(year=2024, scope="1").after == accounts.inventory.by("year", "scope").value(year=2024, scope=1).value
    )
    with pytest.raises(InventoryError):
        bridge.of(year=2024)


def test_a_row_that_was_moved_is_no_new_row_even_where_another_of_the_same_amount_took_its_place() -> None:
    """The sums of hq are as they were, so only the id tells that ``a`` was moved."""
    old = pd.DataFrame(rows({"a": 1000}))
    new = pd.DataFrame([*rows({"a": 1000}, site="plant"), *rows({"b": 1000})])
    tonne = Fraction("0.5366")
    found = {row["site"]: row.parts for row in Restatement(inventory(old), inventory(new)).bridge("site")}
    assert found == {"hq": {"activity": -tonne, "lines": tonne}, "plant": {"activity": tonne, "lines": Fraction(0)}}


@pytest.mark.parametrize("used", [None, {"basis": "area", "area": 1, "building_area": 4, "note": "made up"}])
def test_a_site_that_got_another_name_is_neither_lost_nor_found(used: Any) -> None:
    """A version that does not list a site says nothing of it, so the boundary has no part in the move of its rows."""
    hq, seat = (Site.model_validate({"id": name, "region": "CN", "lease": used}) for name in ("hq", "seat"))
    old = inventory(pd.DataFrame(rows({"a": 1000})), hc.Boundary("all", (hq,), "operational-control"))
    new = inventory(pd.DataFrame(rows({"a": 1000}, site="seat")), hc.Boundary("all", (seat,), "operational-control"))
    restated = Restatement(old, new)
    (row,) = restated.bridge()
    assert (row.parts, row.alone, row.interaction) == ({"activity": 0}, {"activity": 0}, 0)
    assert [one.parts["activity"] for one in restated.bridge("site")] == [-row.before, row.before]


def test_a_number_finer_than_the_grid_of_one_of_its_units_is_still_the_same_number() -> None:
    """Cubic metres are counted to the sixth decimal: as 8.02117, which is no other number than 8.0211700049."""
    gas = {"activity_id": "a", "site": "hq", "period": "2023", "activity": "stationary.natural_gas", "region": "CN"}
    old, new = (pd.DataFrame([{**gas, "quantity": "8.0211700049", "unit": unit}]) for unit in ("m3", "万m3"))
    assert Restatement(inventory(old), inventory(new)).causes == ("unit",)
    moved = pd.DataFrame([{**gas, "quantity": "8.02118", "unit": "万m3"}])
    assert Restatement(inventory(old), inventory(moved)).causes == ("activity",)


def test_rows_are_counted_of_the_years_compared_alone() -> None:
    old = pd.DataFrame(rows({"a": 1, "b": 2}))
    new = pd.concat([old, old.assign(activity_id=["c", "d"], period="2024")], ignore_index=True)
    new.loc[0, "quantity"] = 5
    restated = Restatement(inventory(old), inventory(new))
    assert [one.data["rows"] for one in restated.findings if one.code == "restated-rows"] == [1]
    assert restated.lines()["activity_id"].tolist() == ["a"]


def test_lines_stand_side_by_side_whatever_type_the_ids_have() -> None:
    old = pd.DataFrame(rows({"1": 5.0, "2": 7.0}))
    new = old.assign(activity_id=[1, 2], quantity=[5.0, 8.0])
    (line,) = Restatement(inventory(old), inventory(new)).lines().to_dict("records")
    assert (line["activity_id"], line["quantity_before"], line["quantity_after"]) == ("2", 7.0, 8.0)
    spaced = old.assign(activity_id=[" 1", "2 "])
    assert Restatement(inventory(old), inventory(spaced)).lines().empty


def test_of_lines_that_differ_the_largest_stand_first_and_those_as_large_by_id() -> None:
    old = pd.DataFrame(rows({"b": 5, "c": 5, "a": 5, "d": 5, "e": 5}))
    new = pd.DataFrame(rows({"b": 6, "c": 9, "a": 6, "d": 6, "e": 5}))
    lines = Restatement(inventory(old), inventory(new)).lines()
    assert lines["activity_id"].tolist() == ["c", "a", "b", "d"]
    assert lines.index.tolist() == [0, 1, 2, 3]
    assert [name for name in lines.columns if name.removesuffix("_before").removesuffix("_after") == name] == [
        *("activity_id", "line_period", "flow", "rung", "difference", "changed")
    ]


def test_lines_that_share_an_id_are_refused() -> None:
    old = pd.DataFrame([*rows({"a": 1}), *rows({"a": 2, "b": 3})])
    restated = Restatement(inventory(old), inventory(old))
    assert restated.bridge().causes == ()
    with pytest.raises(InputError, match="share an id"):
        restated.lines()


def test_a_dimension_that_is_named_twice_counts_once(accounts: Workspace) -> None:
    restated = Restatement(accounts.inventory, accounts.inventory)
    assert restated.bridge("scope", "year", "scope") == restated.bridge("scope")


# ------------------------------------------------------------------------------------------- folders that are versions


def copied(accounts: Workspace, name: str) -> Path:
    """Return a version of its own that is like the accounts."""
    folder = accounts.folder / "versions" / name
    shutil.copytree(accounts.folder, folder, ignore=shutil.ignore_patterns("versions", "out"))
    return folder


def reworded(path: Path, words: str, others: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert words in text
    path.write_text(text.replace(words, others), encoding="utf-8")


def test_a_version_may_have_a_day_in_its_own_name(accounts: Workspace) -> None:
    folder = copied(accounts, "report@2024-06-30")
    version = accounts.version("report@2024-06-30")
    assert (version.folder, version.known) == (folder, None)


def test_a_path_upwards_is_not_looked_for_under_versions(
    accounts: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``../other`` is beside where one stands, and never the folder ``other`` within the workspace."""
    copied(accounts, "v")
    shutil.copytree(accounts.folder / "versions" / "v", accounts.folder / "other")
    monkeypatch.chdir(tmp_path / "hundsun" / "versions")
    with pytest.raises(InputError):
        accounts.version("../../other")
    assert accounts.version("../other").folder.resolve() == accounts.folder / "other"


def test_a_folder_without_its_settings_is_no_version_and_broken_files_are_told_with_their_folder(
    accounts: Workspace,
) -> None:
    folder = copied(accounts, "v")
    (folder / "activity" / "energy.csv").write_text("activity_id,site,period,activity,quantity,unit\n")
    with pytest.raises(InputError) as error:
        compared(accounts, "v").bridge()
    assert str(folder) in error.value.text("zh")
    assert "energy.csv" in error.value.text("en")
    (folder / "inventory.toml").unlink()
    with pytest.raises(InputError) as error:
        accounts.version("v")
    assert error.value.code == "restate-version-empty"


def test_versions_are_records_and_are_not_written_to(accounts: Workspace) -> None:
    folder = copied(accounts, "v")
    told(str(accounts.folder), "--before", "ghgp-cn", "--after", "v")
    assert not (folder / "out").exists()
    assert (accounts.folder / "out" / "restatement.json").is_file()


def test_what_stands_in_one_version_alone_is_named(accounts: Workspace) -> None:
    folder = copied(accounts, "v")
    reworded(folder / "inventory.toml", 'id = "hundsun"', 'id = "acme"')
    rows_kept = (folder / "denominators.csv").read_text(encoding="utf-8").splitlines()[:2]
    (folder / "denominators.csv").write_text("\n".join(rows_kept) + "\n", encoding="utf-8")
    for one in (folder, accounts.folder):
        reworded(one / "inventory.toml", '"2024"]', '"2024", "2025"]')
    versions = compared(accounts, "v", years=(2022, 2024, 2025))
    found = {one.code: one.data for one in versions.findings if one.severity == "warning"}
    assert (found["restated-basis"]["before"], found["restated-basis"]["after"]) == ("acme", "hundsun")
    assert found["restate-no-denominator"]["years"] == [2024]
    assert found["restate-no-denominator"]["version"]["en"] == "as reported"
    assert found["restate-years-empty"]["years"] == (2025,)
    assert [row["year"] for row in versions.intensities()["revenue"]] == [2022]


def test_a_basis_names_what_a_chain_of_entities_makes_of_a_site_and_which_instruments_differ() -> None:
    def view(share: str, volume: str | None) -> hc.Inventory:
        venture = Entity.model_validate({"id": "venture", "equity_share": share})
        hq = Site.model_validate({"id": "hq", "region": "CN", "entity": "venture"})
        boundary = hc.Boundary("all", (hq,), "equity-share", "us", (venture,))
        acts = hc.Activities(pd.DataFrame(rows({"a": 900_000})), boundary.sites)
        ledger = hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("ghgp-cn")).run(acts)
        return hc.Inventory(ledger, boundary, scope2="market", instruments=certificate(volume) if volume else None)

    restated = Restatement(view("0.5", None), view("0.6", "20"))
    assert restated.causes == ("ownership", "scope2")
    basis = {one.data["what"]["en"]: (one.data["before"], one.data["after"]) for one in restated.findings}
    assert basis["site"] == (
        "hq 50 %, financial+operational, venture, CN",
        "hq 60 %, financial+operational, venture, CN",
    )
    assert basis["instruments"] == ("-", "gec-1 (20 MWh, 0 kgCO2/kWh)")


def test_a_basis_names_every_instrument_that_differs_and_the_method_of_scope_2() -> None:
    acts = hc.Activities(pd.DataFrame(rows({"a": 900_000})))
    ledger = hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("ghgp-cn")).run(acts)
    (one,) = certificate("20").items
    two = one.model_copy(update={"instrument": "gec-2", "volume": None, "unit": None, "factor": Decimal("0.1")})
    both = hc.Inventory(ledger, scope2="market", instruments=Instruments((one, two), "us", 12))
    none, location = hc.Inventory(ledger, scope2="market"), hc.Inventory(ledger, scope2="location")

    def basis(*views: hc.Inventory) -> list[tuple[str, str, str]]:
        found = [found for found in Restatement(*views).findings if found.code == "restated-basis"]
        return [(found.data["what"]["en"], found.data["before"], found.data["after"]) for found in found]

    assert basis(both, none) == [("instruments", "gec-1 (20 MWh, 0 kgCO2/kWh), gec-2 (– , 0.1 kgCO2/kWh)", "-")]
    assert basis(location, both) == [("Scope 2 method", "location", "market")]


def test_a_basis_names_the_days_of_a_site_and_no_approach_without_a_boundary() -> None:
    def boundary(**stated: Any) -> hc.Boundary:
        site = Site.model_validate({"id": "hq", "region": "CN", **stated})
        return hc.Boundary("all", (site,), "operational-control")

    def basis(*boundaries: hc.Boundary | None) -> list[tuple[str, str, str]]:
        table = pd.DataFrame(rows({"a": 1000}))
        found = Restatement(*(inventory(table, one) for one in boundaries)).findings
        told = [one.data for one in found if one.code == "restated-basis"]
        return [(one["what"]["en"], one["before"], one["after"]) for one in told]

    control = "hq 100 %, financial+operational"
    first, last = boundary(**{"from": "2022-01-01"}), boundary(to="2023-12-31")
    span = boundary(**{"from": "2022-01-01", "to": "2023-12-31"})
    assert basis(boundary(), first) == [("site", f"{control}, CN", f"{control}, 2022-01-01/, CN")]
    assert basis(last, span) == [("site", f"{control}, /2023-12-31, CN", f"{control}, 2022-01-01/2023-12-31, CN")]
    bare = {"region": None, "equity_share": "0.5", "legal_entity": "venture-ltd"}
    lease = {"basis": "area", "area": 1, "building_area": 4, "note": "made up"}
    assert basis(boundary(**bare), boundary(**bare, lease=lease, control=["operational"])) == [
        ("site", "hq 50 %, financial+operational, venture-ltd", "hq 50 %, operational, × 25 %, venture-ltd")
    ]
    assert basis(None, span) == [("consolidation", "-", "operational-control")]
    assert basis(span, None) == [("consolidation", "operational-control", "-")]


def test_a_certificate_in_co2e_is_weighed_by_the_version_that_uses_it() -> None:
    """Only the market-based version, on AR5, claims it; that the other is on AR6 is no reason to refuse."""
    (one,) = certificate("20").items
    stated = {"factor": Decimal("0.2"), "factor_unit": "kgCO2e/kWh", "gwp_set": "AR5"}
    claimed = Instruments((one.model_copy(update=stated),), "us", 12)
    acts = hc.Activities(pd.DataFrame(rows({"a": 900_000})))
    ledger = hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("ghgp-cn")).run(acts)
    market = hc.Inventory(ledger, gwp="AR5", scope2="market", instruments=claimed)
    location = hc.Inventory(ledger, gwp="AR6", scope2="location", instruments=claimed)
    for pair in ((market, location), (location, market)):
        assert Restatement(*pair).bridge()[0].parts == {"scope2": pair[1].total().value - pair[0].total().value}


# ---------------------------------------------------------------------------------- what only one version has rules for


def ruled(method: hc.Methodology, *changes: dict[str, Any], library: hc.FactorLibrary = LIBRARY) -> hc.Inventory:
    table = [{**row, **one} for row, one in zip(rows({f"a{at}": 1000 for at in range(9)}), changes, strict=False)]
    acts = hc.Activities(pd.DataFrame(table), library=library)
    return hc.Inventory(hc.Plan.compile(acts, library, method).run(acts))


def test_an_activity_without_a_rule_in_one_version_stays_under_the_others_and_is_named() -> None:
    energy = METHOD.use[2].properties[0].model_copy(update={"id": "gbt2589-2020.diesel.ncv"})
    diesel = METHOD.use[2].model_copy(update={"activity": "stationary.diesel", "properties": (energy,)})
    wider = METHOD.model_copy(update={"id": "wider", "use": (*METHOD.use, diesel)})
    petrol, burnt = {"activity": "mobile.petrol", "unit": "t"}, {"activity": "stationary.diesel", "unit": "t"}
    old, new = ruled(METHOD, {}), ruled(wider, {}, petrol, burnt)
    restated = Restatement(old, new)
    tonnes = 1000 * (Fraction("43.124") * Fraction("69.3") + Fraction("42.705") * Fraction("74.1")) / 1000
    assert restated.bridge()[0].parts == {"lines": tonnes}
    silent = [one for one in restated.findings if one.code == "restate-no-rule"]
    assert [(one.data["activity"], one.data["methodology"]) for one in silent] == [
        ("stationary.diesel", "hundsun-2024")
    ]
    assert "stationary.diesel" in silent[0].data["why"]["en"]
    assert silent[0].data["why"]["en"] != silent[0].data["why"]["zh"]


def test_what_stands_beside_the_scopes_has_no_part_in_a_restatement() -> None:
    sold = METHOD.use[0].model_copy(update={"activity": "electricity.sold", "by": "electricity.grid"})
    method = METHOD.model_copy(update={"use": (*METHOD.use, sold)})
    old = ruled(method, {}, {"activity": "electricity.sold"})
    new = ruled(method, {"quantity": 3000}, {"activity": "electricity.sold", "quantity": 5000})
    assert Restatement(old, new).bridge()[0].parts == {"activity": 2 * Fraction("0.5366")}


def test_a_gas_that_neither_version_can_weigh_is_no_zero(
    multigas_library: hc.FactorLibrary, multigas: hc.Methodology
) -> None:
    """Under the rules of the version without the gas row it emits CH4, and neither version states a GWP set."""
    method = multigas.model_copy(update={"gwp": "none"})
    gas = {"activity": "stationary.natural_gas", "unit": "m3"}
    old, new = ruled(METHOD, {}, gas), ruled(method, {}, library=multigas_library)
    with pytest.raises(InventoryError) as raised:
        Restatement(old, new).bridge()
    assert (raised.value.code, raised.value.data["flow"]) == ("gwp-needed", "CH4")


def test_a_site_of_one_version_alone_is_a_dash_in_the_basis_of_the_other() -> None:
    hq, plant = (Site.model_validate({"id": name, "region": "CN"}) for name in ("hq", "plant"))
    table = pd.DataFrame(rows({"a": 1000}))
    old, new = (inventory(table, hc.Boundary("all", own, "operational-control")) for own in ((hq,), (hq, plant)))
    found = Restatement(old, new).findings
    sites = [(one.data["before"], one.data["after"]) for one in found if one.code == "restated-basis"]
    assert sites == [("plant –", "plant 100 %, financial+operational, CN")]


def test_a_factor_that_is_exchanged_behind_bills_that_credit_notes_cancel_changes_nothing() -> None:
    grid = METHOD.use[0]
    method = METHOD.model_copy(
        update={"use": (grid.model_copy(update={"source": ("mee-2024-12",), "vintage": 2021}), *METHOD.use[1:])}
    )
    bill, credit = {"credit": "no"}, {"credit": "yes", "site": "plant", "quantity": -1000}
    old, new = (ruled(one, bill, credit) for one in (METHOD, method))
    for way in ("shapley", "sequential"):
        (change,) = Restatement(old, new).numbers(way)
        assert [one.value for one in (*change.before, *change.after)] == [Decimal("0.5366"), Decimal("0.5568")]
        assert (change.amount, change.gas, change.activity, change.year) == (0, "CO2", "electricity.grid", 2023)
