"""The indices of Hundsun's own report: ours hold every environmental item of them, with the same figures."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import hsesg_carbon as hc
from hsesg_carbon.disclose import Disclosed
from hsesg_carbon.report.disclosed import shown
from hsesg_carbon.units import exact_text
from tests.conftest import HUNDSUN

ITEMS = tomllib.loads((Path(__file__).parent / "hundsun_index.toml").read_text(encoding="utf-8"))["item"]
YEARS = (2022, 2023, 2024)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Disclosed]]:
    accounts = hc.Workspace(HUNDSUN)
    return {
        name: {row.requirement.datum: row for row in hc.Disclosure.of(accounts, name).rows}
        for name in ("sse-14", "gri")
    }


def figures(row: Disclosed) -> dict[int, str]:
    return {int(one.year or 0): exact_text(one.value) for one in row.answer.figures if one.value is not None}


def test_the_companys_index_lists_what_the_report_says_it_lists() -> None:
    assert [one["code"] for one in ITEMS if one["index"] == "gri"] == [
        *("302-1", "302-3", "303-5", "305-1", "305-2", "305-4", "305-5", "306-2", "306-3"),
    ]
    assert [one["code"] for one in ITEMS if one["index"] == "sse-14"] == [
        *("21-28", "30", "31", "32", "33", "35", "36", "37"),
    ]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item['index']}-{item['code']}")
def test_every_item_of_the_companys_index_is_answered_or_says_what_is_missing(
    rows: dict[str, dict[str, Disclosed]], item: dict[str, Any]
) -> None:
    own = [row for row in rows[item["index"]].values() if row.requirement.clause in item["clauses"]]
    assert {row.requirement.clause for row in own} == set(item["clauses"])
    assert all(row.answer.figures or row.answer.missing for row in own)


@pytest.mark.parametrize(
    ("index", "datum", "printed"),
    [
        ("gri", "305-1-a", ("364.86", "346.13", "287.98")),
        ("gri", "305-2-a", ("8,301.85", "8,436.56", "8,256.86")),
        ("sse-14", "sse-24-total", ("8,666.71", "8,782.69", "8,544.84")),
        ("sse-14", "sse-24-scope1", ("364.86", "346.13", "287.98")),
    ],
)
def test_figures_round_to_what_the_report_prints(
    rows: dict[str, dict[str, Disclosed]], index: str, datum: str, printed: tuple[str, ...]
) -> None:
    own = figures(rows[index][datum])
    assert tuple(shown(own[year]) for year in YEARS) == printed


def test_the_year_on_year_change_is_the_one_that_the_report_tells_in_words(
    rows: dict[str, dict[str, Disclosed]],
) -> None:
    own = [one for one in rows["gri"]["305-5-x"].answer.figures if one.year == 2024]
    assert [(shown(exact_text(one.value or 0)), one.unit) for one in own] == [("-237.85", "tCO2e"), ("-2.708", "%")]


def test_water_is_missing_with_its_file_and_the_rows_that_the_report_prints(
    rows: dict[str, dict[str, Disclosed]],
) -> None:
    row = rows["gri"]["303-5-a"]
    assert row.status == "missing"
    assert [one.code for one in row.answer.missing] == ["disclose-missing-file", "disclose-printed"]
    assert row.answer.missing[0].data["file"] == "water.csv"
    assert row.answer.missing[1].data["rows"] == ["总用水量 (water.total)"]


def test_the_report_is_of_co2_alone_and_the_tables_say_which_gases_are_not_computed(
    rows: dict[str, dict[str, Disclosed]],
) -> None:
    row = rows["gri"]["305-1-b"]
    assert row.status == "partly"
    assert row.answer.missing[0].data["gases"] == ["CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3"]


def test_naming_the_version_reported_before_tells_the_effect_of_the_restatement() -> None:
    accounts = hc.Workspace(HUNDSUN)
    (row,) = [
        one
        for one in hc.Disclosure.of(accounts, "gri-2", "earlier-basis.toml").rows
        if one.requirement.datum == "2-4-a-ii"
    ]
    bridge = hc.Restatement(accounts.version("earlier-basis.toml").inventory, accounts.inventory).bridge()
    for change in bridge:
        before, after, difference, *causes = [one.value for one in row.answer.figures if one.year == change["year"]]
        assert (before, after, difference) == (change.before, change.after, change.difference)
        assert sum(one or 0 for one in causes) == difference


def test_the_version_that_the_workspace_names_as_restated_is_told(
    rows: dict[str, dict[str, Disclosed]],
) -> None:
    row = rows["sse-14"]["sse-25-effect"]
    assert row.status == "answered"
    assert {one.year for one in row.answer.figures} == {2022, 2023}  # the years that the report restates
    assert all("hypothesis" in (one.note or {})["en"] for one in row.answer.figures)
