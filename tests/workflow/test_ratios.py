"""What an intensity is of: page, workpapers and disclosure tables each say which scopes and gases they divide."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hsesg_carbon as hc
from hsesg_carbon.report.disclosed import markdown
from hsesg_carbon.report.html import numbered
from hsesg_carbon.report.reading import Reading
from hsesg_carbon.report.workpapers import write_workpapers

FILES = {
    "inventory.toml": """organisation = { id = "us", name = { en = "Us", zh = "我们" } }
methodology = "own.toml"
consolidation = "operational-control"
boundary = "all"
base_year = 2022
periods = ["2022", "2023"]
[[site]]
id = "hq"
region = "CN-ZJ"
""",
    "own.toml": """id = "own"
title = { en = "Own", zh = "自有" }
extends = "ghgp-cn"
[[use]]
activity = "water.supply"
flow = "CO2e"
source = ["own"]
reason = "own"
""",
    "factors/sources.toml": """[own]
title = "made up"
publisher = "us"
licence = "own"
licence_class = "own"
""",
    "factors/own.csv": (
        "id,activity,flow,value,unit,gwp_set,lifecycle,region,valid_from,valid_to,published,source,locator,checked\n"
        "own.water,water.supply,CO2e,0.3,kgCO2e/m3,AR6,direct,CN,2020-01-01,,2024,own,p. 1,primary\n"
    ),
    "denominators.csv": (
        "denominator,period,value,unit,boundary,version,source\n"
        "revenue,2022,7,million CNY,all,1,made up\nrevenue,2023,9,million CNY,all,1,made up\n"
    ),
    "activity/bills.csv": (
        "activity_id,site,period,activity,quantity,unit\n"
        "e22,hq,2022,electricity.grid,90,MWh\ne23,hq,2023,electricity.grid,100,MWh\n"
        "g23,hq,2023,stationary.natural_gas,5000,m3\nw23,hq,2023,water.supply,40000,m3\n"
    ),
}


def accounts(folder: Path, **more: str) -> hc.Workspace:
    """Return the accounts with other bills, or another row of something."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(more.get(Path(name).stem, text), encoding="utf-8")
    return hc.Workspace(folder)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> hc.Workspace:
    """Return accounts with Scope 1, 2 and 3 in 2023, and Scope 2 alone in 2022; all of it is made up."""
    return accounts(tmp_path_factory.mktemp("ratios"))


@pytest.fixture(scope="module")
def statement(workspace: hc.Workspace) -> dict[str, Any]:
    return hc.Statement.of(workspace).as_json()


def scopes_of(workspace: hc.Workspace, year: int) -> dict[str, Fraction]:
    return {
        str(row["scope"]): row.amount.value for row in workspace.inventory.by("scope", "year") if row["year"] == year
    }


def test_the_ratio_of_gri_305_4_leaves_scope_3_out_and_says_so(workspace: hc.Workspace) -> None:
    document = hc.Disclosure.of(workspace, "gri-305").as_json()
    rows = {row["datum"]: row for row in document["rows"] if row["clause"] == "305-4"}
    own = scopes_of(workspace, 2023)
    (figure,) = (one for one in rows["305-4-a"]["figures"] if one["year"] == 2023)
    assert abs(Fraction(figure["value"]) - (own["1"] + own["2"]) / 9) < Fraction(1, 10**11)
    gases = "CO2, CH4, N2O, HFCs, PFCs, SF6, NF3"
    assert figure["note"]["en"] == f"divided: emissions of Scope 1, Scope 2 (location-based); gases: {gases}"
    assert figure["note"]["zh"].startswith("分子：范围一、范围二（基于位置）的排放；气体：CO2、CH4")
    (part,) = (one for one in rows["305-4-c-1"]["figures"] if one["year"] == 2023)
    assert part["note"]["en"] == f"divided: emissions of Scope 1; gases: {gases}"
    assert f"- {figure['note']['en']}" in markdown(document)


def test_a_ratio_of_scopes_of_which_one_is_absent_is_no_full_answer(workspace: hc.Workspace) -> None:
    """Of 2022 there is no Scope 1: the ratio of that year is of Scope 2 alone, as the total beside it says too."""
    (row,) = (one for one in hc.Disclosure.of(workspace, "gri-305").rows if one.requirement.datum == "305-4-a")
    assert [(one.code, one.data["years"]) for one in row.answer.missing] == [("disclose-scope-absent", [2022])]
    assert row.status == "partly"


def test_the_page_says_what_its_ratios_divide_and_that_the_disclosure_differs(statement: dict[str, Any]) -> None:
    (row,) = (
        one
        for one in statement["intensities"]
        if (one["year"], one["scope"], one["method"]) == (2023, "total", "location")
    )
    (total,) = (
        one for one in statement["totals"] if (one["year"], one["scope"], one["method"]) == (2023, "total", "location")
    )
    assert abs(Fraction(row["value"]) - Fraction(total["value"]) / 9) < Fraction(1, 10**11)
    sections = {one.id: one for _, one in numbered(Reading(statement, "en"))}
    notes = [one.text for one in sections["intensities"].blocks if one.kind == "note"]
    assert notes[:2] == [
        "Divided: the emissions of the scopes that a row names; gases: CO2, CH4, N2O, HFCs, PFCs, SF6, NF3.",
        "Scope 1+2+3 holds Scope 3; the ratio of the disclosure tables (GRI 305-4) is of Scope 1 and 2 alone.",
    ]


def test_the_workpapers_say_what_their_ratios_divide(workspace: hc.Workspace, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workpapers(workspace, tmp_path / "papers.xlsx").path)
    assert book["Intensities"]["A3"].value == (
        "Divided: emissions of the scopes that a row names; Total is Scope 1, Scope 2, Scope 3. "
        "Gases: CO2, CH4, N2O, HFCs, PFCs, SF6, NF3."
    )


def test_a_change_out_of_credits_is_disclosed_the_way_that_the_total_went(tmp_path: Path) -> None:
    """Credits of 100 MWh at 0.5153 kg/kWh, then 50 MWh at 0.4974: 76.4 t more, which is 148.3 % of 51.53 t."""
    bills = "e22,hq,2022,electricity.grid,-100,MWh,yes\ne23,hq,2023,electricity.grid,50,MWh,\n"
    own = accounts(tmp_path, bills="activity_id,site,period,activity,quantity,unit,credit\n" + bills)
    (row,) = (one for one in hc.Disclosure.of(own, "gri-305").rows if one.requirement.datum == "305-5-x")
    before, after = -100 * Fraction("0.5153"), 50 * Fraction("0.4974")
    assert {one.unit: one.value for one in row.answer.figures} == {
        "tCO2e": after - before,
        "%": 100 * (after - before) / -before,
    }
