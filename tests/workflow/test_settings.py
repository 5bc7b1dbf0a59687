"""What ``inventory.toml`` cannot say: each is refused with what to do, before a figure is computed."""

from pathlib import Path

import pandas as pd
import pytest

import hsesg_carbon as hc
from tests.commands import edit, refused

SITE = '[[site]]\nid = "reporting-boundary"\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[accept]]", SITE + "\n[[accept]]", "reporting-boundary"),
        ('region = "CN"', 'region = "CN-Zhejiang"', "CN-ZJ"),
        ('periods = ["2022", "2023", "2024"]', 'periods = ["2022", "2023-01"]', "2023-01"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(workspace: Path, old: str, new: str, words: str) -> None:
    edit(workspace / "inventory.toml", old, new)
    said = refused("footprint", workspace)
    assert "inventory.toml" in said
    assert words in said


def test_a_site_that_is_listed_twice_is_refused_in_frames_too() -> None:
    twice = [hc.Site(id="hq", region="CN"), hc.Site(id="hq", region="US")]
    with pytest.raises(hc.InputError, match="hq"):
        hc.Activities(pd.DataFrame(), sites=twice)


def test_years_without_a_row_are_nothing_to_report(workspace: Path) -> None:
    edit(workspace / "inventory.toml", 'periods = ["2022", "2023", "2024"]', 'periods = ["2031"]')
    assert "2031" in refused("footprint", workspace)


def test_a_workspace_without_printed_figures_has_none_to_verify(workspace: Path) -> None:
    (workspace / "reported.csv").unlink()
    assert "reported.csv" in refused("verify", workspace)


def test_lines_of_an_earlier_run_do_not_stay_beside_new_results(workspace: Path) -> None:
    accounts = hc.Workspace(workspace)
    accounts.write(accounts.footprint())
    old = workspace / "out" / "lines-2.csv"
    old.write_text("of an earlier run", encoding="utf-8")
    assert old not in accounts.write(accounts.footprint())
    assert not old.exists()
