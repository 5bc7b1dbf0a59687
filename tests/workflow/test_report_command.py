"""The command ``report``: the page and the workpapers of a workspace, from the command line."""

import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hsesg_carbon.shown import number
from hsesg_carbon.workspace import Workspace
from tests.commands import as_json, refused, run

ROOT = Path(__file__).resolve().parents[2]


def test_page_and_workpapers_are_written_and_the_last_line_says_where(workspace: Path) -> None:
    done = run("report", workspace)
    assert done.returncode == 0, done.stderr
    page, papers = workspace / "out" / "report.html", workspace / "out" / "workpapers.xlsx"
    assert done.stderr.splitlines()[-1] == f"Written: {page}, {papers}"
    assert "cover CO2 alone" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert 'lang="en"' in text
    for figure in ("8,666.71", "8,782.69", "8,544.84"):  # report, table of key indicators: total of each year
        assert figure in text
    assert "Lead" in load_workbook(papers).sheetnames


def test_the_statement_has_the_totals_of_the_footprint(workspace: Path) -> None:
    stated, told = as_json("report", workspace), as_json("footprint", workspace)
    headline = {
        (one["year"], one["scope"]): Fraction(one["value"])
        for one in stated["totals"]
        if one["method"] in {None, stated["basis"]["headline_scope2"]}
    }
    assert headline == {(one["year"], one["scope"]): Fraction(one["value"]) for one in told["totals"]}
    assert not (workspace / "out" / "report.html").exists()


def test_a_second_run_gives_the_same_bytes_and_chinese_is_another_page(workspace: Path, tmp_path: Path) -> None:
    made = {}
    for name, lang in (("first", "en"), ("second", "en"), ("third", "zh")):
        folder = tmp_path / name
        assert run("report", workspace, "--out", folder, "--lang", lang).returncode == 0
        made[name] = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert set(made["first"]) == {"report.html", "workpapers.xlsx"}
    assert made["first"] == made["second"]
    assert made["first"]["report.html"] != made["third"]["report.html"]
    assert "温室气体" in made["third"]["report.html"].decode()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_accounts_that_cannot_be_computed_leave_the_old_files_as_they_are(workspace: Path, lang: str) -> None:
    assert run("report", workspace).returncode == 0
    before = {one.name: one.read_bytes() for one in (workspace / "out").iterdir()}
    rows = next((workspace / "activity").glob("*.csv"))
    rows.write_text(rows.read_text(encoding="utf-8").replace("kWh", "kWx"), encoding="utf-8")
    assert "kWx" in refused("report", workspace, "--lang", lang)
    assert {one.name: one.read_bytes() for one in (workspace / "out").iterdir()} == before


@pytest.mark.parametrize("example", ["campus-monthly", "base-year"])
def test_every_example_has_a_report(example: str, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts"
    shutil.copytree(ROOT / "examples" / example, accounts, ignore=shutil.ignore_patterns("out", "seals"))
    done = run("report", accounts)
    assert done.returncode == 0, done.stderr
    total = Workspace(accounts).footprint("en")["totals"][-1]
    assert number(total["value"]) in (accounts / "out" / "report.html").read_text(encoding="utf-8")
