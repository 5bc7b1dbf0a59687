"""A workspace with a base-year policy and events, from its files to the decision; every figure is made up."""

import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

import hsesg_carbon as hc
from tests.commands import edit
from tests.conftest import ROOT
from tests.test_docs import blocks
from tests.unit.test_base_year import GAS, GRID

EXAMPLE = ROOT / "examples" / "base-year"
PAGE = ROOT / "docs" / "how-to" / "decide-a-base-year-recalculation.md"
EVENTS, POLICY = "base_year_events.csv", "base_year.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A writable copy of the example."""
    shutil.copytree(EXAMPLE, tmp_path / "group", ignore=shutil.ignore_patterns("out"))
    return tmp_path / "group"


def refused(folder: Path, lang: str = "en") -> str:
    with pytest.raises(hc.CarbonError) as caught:
        hc.Workspace(folder).base_year_decision()
    return caught.value.text(lang)


def test_the_example_is_decided_as_by_hand() -> None:
    decision = hc.Workspace(EXAMPLE).base_year_decision()
    base = 14000 * GRID + 200000 * GAS + 300 * GRID
    effects = [Fraction("-120.5"), -300 * GRID, Fraction("0.6") * 1600 * GRID]
    counted = [one for one in decision.weighed if one.status == "counts"]
    assert [one.effect for one in counted] == effects
    assert {one.base for one in counted} == {base}
    assert [one.held for one in counted] == [sum(map(abs, effects[:place])) for place in (1, 2, 3)]
    assert decision.since == ("plant-bought",)
    assert sum(row.amount.value for row in decision.restated) == base + sum(effects)
    assert {one.event: one.status for one in decision.weighed if one.status != "counts"} == {
        "grid-2023": "non-trigger",
        "annex-opened": "non-trigger",
        "canteen-out": "reported-elsewhere",
    }
    assert not decision.findings


def test_the_page_shows_the_files_of_the_example() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"```toml\n{(EXAMPLE / POLICY).read_text(encoding='utf-8')}```" in text
    assert ("csv", (EXAMPLE / EVENTS).read_text(encoding="utf-8")) in blocks(PAGE)


def test_the_footprint_knows_nothing_of_the_policy(folder: Path) -> None:
    accounts = hc.Workspace(folder)
    assert accounts.base_year_decision().recalculate
    told = accounts.footprint()
    for name in (EVENTS, POLICY):
        (folder / name).unlink()
    bare = hc.Workspace(folder)
    assert told == bare.footprint()
    assert (bare.base_year_policy, bare.base_year_events) == (None, ())
    assert "has no base_year.toml" in refused(folder)


def test_without_events_the_base_year_stands(folder: Path) -> None:
    (folder / EVENTS).unlink()
    decision = hc.Workspace(folder).base_year_decision()
    assert not decision.recalculate
    assert decision.sentences() == ["The base year 2022 stands: nothing exceeds the threshold."]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,2024-01-01,2024-01-01,closure,hqq,,,,,me,", "row 8: site 'hqq' is not listed"),
        ("x,2024-01-01,2024-01-01,aquisition,hq,,,,,me,", "row 8, column kind: 'aquisition' kind must be one of"),
        ("x,2024-01-01,1.2.24,error,hq,1,3,,,me,", "row 8, column known: '1.2.24' known must be a day"),
        ("x,2024-01-01,2024-01-01,error,hq,1,3 t,,,me,", "row 8, column effect: '3 t' is a number with a unit"),
        ("x,2024-01-01,2024-01-01,error,hq,,,,,me,", "row 8: the rows cannot tell what an event of kind error makes"),
        ("x,2024-01-01,2024-01-01,outsourcing,lab,,,,,me,", "row 8: outsourcing: fill in other_scope"),
        ("x,2024-01-01,2024-01-01,error,hq,1,3,,,,", "row 8, column source: source is missing"),
        ("lab-sold,2024-01-02,2023-11-30,divestment,hq,,,,,me,", "row 8: event 'lab-sold': effective is 2024-01-02"),
        ("lab-sold,2024-01-01,2023-11-30,divestment,lab,,,,,me,", "row 8: event 'lab-sold' has this site and scope tw"),
    ],
)
def test_what_is_wrong_with_an_event_is_told_at_its_row(folder: Path, row: str, said: str) -> None:
    path = folder / EVENTS
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    assert f"{EVENTS}, {said}" in refused(folder)
    assert f"{EVENTS}" in refused(folder, "zh")


def test_rules_are_told_in_chinese_too(folder: Path) -> None:
    edit(folder / POLICY, '"5 %"', "0.05")
    edit(folder / POLICY, "opening = {", "openning = {")
    assert "无法读取阈值'0.05'" in refused(folder, "zh")
    assert 'write a percentage in quotation marks, such as "5 %"' in refused(folder)
    edit(folder / POLICY, "0.05", '"5 %"')
    assert "'openning' is no kind of event; did you mean opening" in refused(folder)
    path = folder / EVENTS
    path.write_text(path.read_text(encoding="utf-8") + "x,2024-01-01,2024-01-01,error,hq,,,,,me,\n", encoding="utf-8")
    edit(folder / POLICY, "openning", "opening")
    assert "第8行: 数据行无法得出差错对基准年的影响" in refused(folder, "zh")


def test_every_missing_key_of_a_policy_is_named(folder: Path) -> None:
    for line in ('threshold = "5 %"', "cumulative = true", 'of = "as-reported"'):
        edit(folder / POLICY, line, "")
    said = refused(folder)
    assert all(f"{POLICY}: {key} is missing" in said for key in ("threshold", "cumulative", "of"))


def test_the_policy_and_the_inventory_have_one_base_year(folder: Path) -> None:
    edit(folder / "inventory.toml", "base_year = 2022", "base_year = 2023")
    assert "base_year.toml has the base years 2022, inventory.toml has base_year = 2023" in refused(folder)


def test_events_may_stand_in_a_workbook_and_remarks_on_it_are_findings(folder: Path) -> None:
    lines = [line.split(",") for line in (folder / EVENTS).read_text(encoding="utf-8").splitlines()]
    before = hc.Workspace(folder).base_year_decision()
    (folder / EVENTS).unlink()
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for line in lines:
        sheet.append([cell or None for cell in line])
    workbook.create_sheet("notes").append(["read", "me"])
    workbook.save(folder / "base_year_events.xlsx")
    decision = hc.Workspace(folder).base_year_decision()
    assert decision.weighed == before.weighed
    assert [one.code for one in decision.findings] == ["sheet-skipped"]


def test_the_parts_of_a_restatement_are_decided_with_the_events_of_the_file(folder: Path) -> None:
    accounts = hc.Workspace(folder)
    parts = [("factor-value", "2", Fraction(-1, 3)), ("factor-choice", "2", Fraction(-2, 3))]
    further = hc.BaseYearEvent.of_parts(parts, "r", date(2025, 3, 1), "made up")
    decision = accounts.base_year_decision(further=further)
    assert decision.pending == ("r-factor-choice", "r-factor-value")
    assert [one.held for one in decision.weighed[-2:]] == [1, 1]


def test_a_base_as_first_reported_is_the_measure_where_the_rows_were_corrected(folder: Path) -> None:
    first = hc.Workspace(folder).inventory.by("scope", "year")
    edit(folder / "activity" / "bills.csv", "electricity.grid,14000", "electricity.grid,13000")
    decision = hc.Workspace(folder).base_year_decision(base=first)
    assert decision.weighed[0].base == 14300 * GRID + 200000 * GAS


def test_a_site_that_the_boundary_still_counts_is_no_sold_one(folder: Path) -> None:
    edit(folder / EVENTS, "lab-sold,2024-01-01", "lab-sold,2023-12-31")
    found = hc.Workspace(folder).base_year_decision().findings
    assert [(one.code, one.severity) for one in found] == [("base-year-share-differs", "warning")]
    assert "0 % of site lab count after it, but by inventory.toml 100 % do on 2023-12-31" in found[0].message()


def test_what_a_plant_without_rows_had_must_be_stated(folder: Path) -> None:
    edit(folder / "activity" / "bills.csv", "plant-2022,plant,2022", "plant-2022,hq,2022")
    assert "site plant has no emissions of 2022 in the accounts, which is not zero" in refused(folder)
    edit(
        folder / EVENTS, "acquisition,plant,,,,,contract,60 %", "acquisition,plant,2,515,,estimated,contract,by output"
    )
    found = hc.Workspace(folder).base_year_decision().findings
    assert [one.code for one in found] == ["base-year-estimated"]


def test_by_the_market_a_plant_comes_with_the_certificates_of_its_base_year(folder: Path) -> None:
    """A certificate covers 400 of the plant's 1,600 MWh: three quarters of what it has without one."""
    edit(folder / "inventory.toml", 'methodology = "hundsun-2024"', 'methodology = "ghgp-cn"')
    edit(folder / POLICY, 'scope2 = "location"', 'scope2 = "market"')
    bare = hc.Workspace(folder).base_year_decision()
    (folder / "instruments.csv").write_text(
        "instrument,kind,period,market,volume,unit,factor,factor_unit,site,produced_from,produced_to,retired_for,"
        "retired_on,conveys_attribute,only_claim,tracked_and_retired\n"
        "gec,certificate,2022,CN,400,MWh,0,kgCO2/kWh,plant,2022-01-01,2022-12-31,made-up,2022-12-31,yes,yes,yes\n",
        encoding="utf-8",
    )
    covered = hc.Workspace(folder).base_year_decision()
    effects = [{one.event: one.effect for one in side.weighed}["plant-bought"] for side in (bare, covered)]
    assert effects[0] is not None
    assert effects[0] > 500
    assert effects[1] == effects[0] * Fraction(3, 4)
    assert bare.reported == covered.reported
