"""``hsesg-carbon drivers`` end to end."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import hsesg_carbon as hc
from hsesg_carbon.cli import app
from tests.conftest import HUNDSUN
from tests.workflow.test_offices import office


def run(*arguments: str | Path) -> str:
    """Run the command in this process; an error of the library is raised."""
    done = CliRunner().invoke(app, ["drivers", *map(str, arguments)])
    if isinstance(done.exception, hc.CarbonError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def as_json(*arguments: str | Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return document


def test_the_example_adds_up_in_every_view() -> None:
    found = as_json(HUNDSUN, "--from", 2022, "--to", "2024", "--per", "revenue")
    assert (found["start"], found["end"]) == ("8666.7091004453292", "8544.8391511971072")
    parts = {one["driver"]: Decimal(one["value"]) for one in found["drivers"]}
    assert sum(parts.values()) == Decimal(found["change"]) == Decimal("-121.869949248222")
    assert list(parts) == ["activity", "intensity", "mix", "factor-real", "factor-choice"]
    assert parts["factor-real"] == parts["factor-choice"] == 0
    assert sum(Decimal(one["value"]) for one in found["effects"]) == Decimal(found["change"])
    assert [one["from"] for one in found["waterfall"][1:-1]] == [one["to"] for one in found["waterfall"][:-2]]
    assert found["waterfall"][-2]["to"] == found["end"]
    assert {one["code"] for one in found["findings"]} == {"drivers-rounded", "denominator-boundary-accepted"}
    assert (found["per"], found["scope2_method"]) == ("revenue", "location")


def test_the_tables_show_the_same_in_both_languages() -> None:
    text = run(HUNDSUN, "--from", "2022", "--to", "2024", "--per", "revenue")
    assert re.search(r"intensity +-340\.23 +-3\.93 %", text)
    assert re.search(r"natural gas +activity +\+3\.72", text)
    text = run(HUNDSUN, "--from", "2022", "--to", "2023", "--by", "scope", "--lang", "zh")
    assert re.search(r"活动水平 +\+75\.76", text)
    assert re.search(r"范围二 +活动水平 +\+72\.67", text)
    assert "以能源使用量" in text
    assert "Total" not in run(HUNDSUN, "--from", "2022", "--to", "2023", "--by", "site")  # there is one site only


def test_what_is_asked_wrongly_is_refused_with_a_sentence(workspace: Path) -> None:
    years = ("--from", "2022", "--to", "2023")
    with pytest.raises(hc.InputError, match="carrier"):
        run(workspace, *years, "--by", "carriers")
    with pytest.raises(hc.InventoryError, match="has no emissions"):
        run(workspace, "--from", "2021", "--to", "2023")
    with pytest.raises(hc.InventoryError, match="market"):
        run(workspace, *years, "--scope2", "market")
    assert CliRunner().invoke(app, ["drivers", str(workspace), "--from", "2022"]).exit_code == 2


WINTERS = """carrier,period,kind,value,base,source
natural_gas,2022,heating,1800,18,made up
natural_gas,2023,heating,1700,18,made up
"""


def test_degree_days_beside_the_activity_data_are_applied(workspace: Path) -> None:
    (workspace / "degree_days.csv").write_text(WINTERS, encoding="utf-8")
    found = as_json(workspace, "--from", "2022", "--to", "2023")
    parts = {(one["carrier"], one["driver"]): Fraction(one["value"]) for one in found["effects"]}
    assert parts["natural_gas", "weather"] < 0 == parts["electricity", "weather"]
    assert {"drivers-weather"} <= {one["code"] for one in found["findings"]}
    with pytest.raises(hc.InventoryError, match="2024"):
        run(workspace, "--from", "2022", "--to", "2024")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("natural_gas,2024-01,heating,1,18,made up", "row 4"),
        ("natural_gas,2024,heating,0,18,made up", "row 4"),
        ("natural_gas,2024,warming,1,18,made up", "row 4"),
        ("natural_gas,2024,heating,1,18,", "source"),
    ],
)
def test_a_broken_row_of_degree_days_is_named(workspace: Path, row: str, words: str) -> None:
    (workspace / "degree_days.csv").write_text(WINTERS + row + "\n", encoding="utf-8")
    with pytest.raises(hc.InputError, match=words):
        run(workspace, "--from", "2022", "--to", "2023")


def test_an_unknown_site_of_degree_days_is_named(workspace: Path) -> None:
    text = WINTERS.replace("carrier,", "site,carrier,").replace("natural_gas", "nowhere,natural_gas")
    (workspace / "degree_days.csv").write_text(text, encoding="utf-8")
    with pytest.raises(hc.InputError, match="nowhere"):
        run(workspace, "--from", "2022", "--to", "2023")


def test_a_year_that_the_data_cover_in_part_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "us"
    office(folder, "ghgp-cn", "CN-ZJ-hangzhou", 2023, [("electricity.grid", 100, "MWh", "")])
    settings = folder / "inventory.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('["2023"]', '["2022", "2023"]'), encoding="utf-8")
    (own,) = (folder / "activity").glob("*.csv")
    heading, first = own.read_text(encoding="utf-8").strip().splitlines()
    more = first.replace("2023", "2022-03").replace("r0", "x0")
    (folder / "activity" / "more.csv").write_text(f"{heading}\n{more}\n", encoding="utf-8")
    found = as_json(folder, "--from", "2022", "--to", "2023", "--scope2", "market")
    assert "year-partly-covered" in {one["code"] for one in found["findings"]}
    assert found["scope2_method"] == "market"


def test_another_version_of_both_years_is_explained_on_its_own_basis() -> None:
    real = as_json(HUNDSUN, "--from", "2022", "--to", "2023", "--basis", "data-year.toml")
    parts = {one["driver"]: Decimal(one["value"]) for one in real["drivers"]}
    assert parts["factor-choice"] == 0
    assert round(parts["factor-real"], 2) == Decimal("-93.58")
    standing = as_json(HUNDSUN, "--from", "2022", "--to", "2024", "--basis", "data-year.toml")
    parts = {one["driver"]: Decimal(one["value"]) for one in standing["drivers"]}
    assert parts["factor-real"] == 0
    assert round(parts["factor-choice"], 2) == Decimal("-92.58")
    assert {"drivers-factor-choice"} <= {one["code"] for one in standing["findings"]}


def test_the_restatement_of_the_first_year_comes_before_its_drivers() -> None:
    asked = (HUNDSUN, "--from", "2022", "--to", "2024", "--published", "earlier-basis.toml")
    found = as_json(*asked)
    assert Decimal(found["restatement"]) == 15471207 * (Decimal("0.5366") - Decimal("0.5703")) / 1000
    assert Decimal(found["published"]) + Decimal(found["restatement"]) == Decimal(found["start"])
    labels = [one["label"] for one in found["waterfall"]]
    assert labels[:3] == ["2022 as published", "restatement", "activity"]
    assert found["waterfall"][-2]["to"] == found["end"]
    assert re.search(r"restatement +-521\.38 +-5\.67 %", run(*asked))
