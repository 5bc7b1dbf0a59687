"""The command uncertainty: intervals and what gives them, from the file of a workspace."""

import json
import math
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hsesg_carbon.cli import app
from hsesg_carbon.errors import InputError
from hsesg_carbon.ranges import UncertaintyRules
from hsesg_carbon.uncertainty import Uncertainty
from hsesg_carbon.workspace import Workspace
from tests.workflow.test_instruments import GOOD, HEADER
from tests.workflow.test_offices import office

HUNDSUN = Path(__file__).parents[2] / "examples" / "hundsun-2024"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(HUNDSUN, tmp_path / "hundsun", ignore=shutil.ignore_patterns("out", "seals"))
    return tmp_path / "hundsun"


def test_hundsuns_made_up_ranges_give_intervals_that_both_approaches_agree_on(folder: Path) -> None:
    done = CliRunner().invoke(app, ["uncertainty", str(folder), "--json", "--draws", "16384", "--seed", "7"])
    assert done.exit_code == 0, done.exception
    result = json.loads(done.stdout)
    totals = {one["year"]: one for one in result["totals"]}
    assert [round(totals[year]["estimate"], 2) for year in (2022, 2023, 2024)] == [8666.71, 8782.69, 8544.84]
    for one in totals.values():
        assert one["approach1"]["percent_above"] == pytest.approx(5.2, abs=0.1)
        assert one["approach2"]["deviation"] == pytest.approx(one["approach1"]["deviation"], rel=0.01)
        assert one["variance"][0]["input"] == "mee2022.electricity.cn.average"
        assert sum(part["share"] for part in one["variance"]) == pytest.approx(1)
    origins = {one["input"]: one["origin"] for one in result["inputs"]}
    assert "made up" in origins["mee2022.electricity.cn.average"]
    assert origins["cn-practice.petrol95.density"] is None
    assert [one["code"] for one in result["findings"]] == [
        "uncertainty-unstated-number",
        "uncertainty-not-normal",
        "uncertainty-correlated",
        "uncertainty-denominator-exact",
    ]
    assert {(one["assessment"], one["with_uncertainty"]) for one in result["key_categories"]} == {
        (name, own) for name in ("level", "trend") for own in (False, True)
    }
    assert [round(one["estimate"], 2) for one in result["intensities"]] == [1.33, 1.21, 1.30]
    assert result["blocks"] == 16
    for one in totals.values():
        errors = one["approach2"]["standard_errors"]
        assert errors["mean"] < errors["deviation"] < errors["lower"] < 0.001 * one["estimate"]
    again = CliRunner().invoke(app, ["uncertainty", str(folder), "--json", "--draws", "16384", "--seed", "7"])
    assert again.stdout == done.stdout


def test_the_terminal_shows_both_approaches_in_both_languages(folder: Path) -> None:
    for lang, words in (("en", ("Approach 1", "of variance")), ("zh", ("方法1", "占方差"))):
        done = CliRunner().invoke(app, ["uncertainty", str(folder), "--by", "scope", "--lang", lang])
        assert done.exit_code == 0, done.exception
        assert all(word in done.stdout for word in words)
        assert "8,301.8" in done.stdout


def test_a_footprint_has_intervals_when_asked(folder: Path) -> None:
    done = CliRunner().invoke(app, ["footprint", str(folder), "--json", "--uncertainty"])
    assert done.exit_code == 0, done.exception
    result = json.loads(done.stdout)
    assert {(one["year"], one["scope"]) for one in result["totals"]} >= {(2024, "1"), (2024, "2"), (2024, "total")}
    for one in (*result["totals"], *result["intensities"]):
        both = one["uncertainty"]
        assert both["approach1"]["mean"] == pytest.approx(float(Fraction(one["value"])), rel=1e-9)
        assert both["approach2"]["lower"] < both["approach2"]["mean"] < both["approach2"]["upper"]
    assert result["uncertainty"]["draws"] == 2**16
    bare = json.loads(CliRunner().invoke(app, ["footprint", str(folder), "--json"]).stdout)
    assert "uncertainty" not in bare
    assert not any("uncertainty" in one for one in (*bare["totals"], *bare["intensities"]))
    shown = CliRunner().invoke(app, ["footprint", str(folder), "--uncertainty"])
    assert "-5.4 % … +5.4 %" in shown.stdout
    assert "warning: 3.8 % of the emissions rest on numbers of which no uncertainty is stated" in shown.stdout


def test_a_restatement_has_intervals_when_asked(folder: Path) -> None:
    command = ["restate", str(folder), "--before", "earlier-basis.toml", "--year", "2022"]
    done = CliRunner().invoke(app, [*command, "--uncertainty", "--json"])
    assert done.exit_code == 0, done.exception
    (change,) = json.loads(done.stdout)["uncertainty"]["changes"]
    difference = change["difference"]
    assert difference["estimate"] == pytest.approx(-521.38, abs=0.005)
    # the new factor errs by 5 %, of the old nothing is stated; bills cancel but for what the factors differ
    want = math.hypot(0.05 * 8301.8454, 0.02 * 521.38)
    assert difference["estimate"] - difference["approach1"]["lower"] == pytest.approx(want, rel=1e-3)
    assert "uncertainty" not in json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    (folder / "uncertainty.toml").unlink()
    assert isinstance(CliRunner().invoke(app, [*command, "--uncertainty"]).exception, InputError)


def test_an_instrument_is_one_input_of_all_that_it_covers(tmp_path: Path) -> None:
    """Two bills of 100 MWh at a supplier's 0.2 kg/kWh, +-10 % (made up): one error in both, and in nothing else."""
    office(tmp_path, "ghgp-cn", "CN-ZJ-hangzhou", 2023, [("electricity.grid", 100, "MWh", "")] * 2)
    row = GOOD.replace(",40,MWh,0,kgCO2/kWh,", ",200,MWh,0.2,kgCO2/kWh,")
    (tmp_path / "instruments.csv").write_text(HEADER + row, encoding="utf-8")
    ten = {"id": "gec-1", "below": "10 %", "above": "10 %", "shape": "normal", "origin": "made up"}
    rules = UncertaintyRules.model_validate({"published": "lognormal", "number": [ten]})
    accounts = Workspace(tmp_path).inventory
    for method, percent in (("market", 10.0), ("location", 0.0)):
        found = Uncertainty(accounts.seen(scope2=method), rules)
        assert [one.percent[1] for one in found.approach1().values()] == pytest.approx([percent])


def test_meters_and_qualities_are_told_apart_where_all_tables_state_them(folder: Path) -> None:
    bills = folder / "activity" / "energy.csv"
    head, *lines = bills.read_text(encoding="utf-8").splitlines()
    assert "meter" not in head.split(",")
    lines = [f"{line},m-{place}" for place, line in enumerate(lines) if line]
    bills.write_text("\n".join([f"{head},meter", *lines]) + "\n", encoding="utf-8")
    rules = folder / "uncertainty.toml"
    text = rules.read_text(encoding="utf-8").replace('shared = "period"', 'shared = "meter"')
    rules.write_text(text, encoding="utf-8")
    sources = Workspace(folder).uncertainty().sources
    assert sum(one.kind == "activity" for one in sources.values()) == len(lines)


def test_without_a_file_there_is_nothing_to_tell(folder: Path) -> None:
    (folder / "uncertainty.toml").unlink()
    done = CliRunner().invoke(app, ["uncertainty", str(folder)])
    assert isinstance(done.exception, InputError)
    assert "uncertainty.toml" in done.exception.text("en")


def test_an_unknown_level_is_refused(folder: Path) -> None:
    done = CliRunner().invoke(app, ["uncertainty", str(folder), "--by", "planet"])
    assert isinstance(done.exception, InputError)
