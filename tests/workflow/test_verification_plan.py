"""``verify --threshold --sample`` end to end, and the page that shows it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import hsesg_carbon as hc
from hsesg_carbon.cli import app
from tests.conftest import HUNDSUN


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run the command in this process; an error of the library is raised."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, hc.CarbonError):
        raise done.exception
    return done.exit_code, done.stdout


def as_json(*arguments: str | Path) -> dict[str, Any]:
    code, text = run("verify", HUNDSUN, *arguments, "--json")
    assert code == 1  # the example has errors, whatever else is asked
    document: dict[str, Any] = json.loads(text)
    return document


def test_the_schedule_of_the_example_shows_what_the_transposition_is_worth() -> None:
    plain = as_json()
    asked = as_json("--threshold", "5")
    assert {name: asked[name] for name in plain} == plain  # the contract stays
    assert set(asked) - set(plain) == {"differences"}
    found = asked["differences"]
    sums = {(one["id"], one["period"]): one for one in found["sums"]}
    assert sums["ghg.total", "2022"]["net"] == "115.9808995546708"
    assert sums["ghg.scope1", "2023"]["net_exceeds"] is True  # 5.41 % of Scope 1
    assert sums["ghg.total", "2023"]["gross_exceeds"] is False  # 1.75 % of everything
    assert sums["ghg.total", "2024"]["gross"] == "0"
    assert {one["kind"] for one in found["entries"]} == {"factual"}
    assert found["undone"]["entries"] == []
    assert all(one["agrees"] for one in found["undone"]["lines"])


def test_the_sample_of_the_example_is_reproducible_and_says_how_it_was_drawn() -> None:
    first = as_json("--threshold", "5%", "--sample", "5", "--seed", "2024")["sample"]
    again = as_json("--sample", "5", "--seed", "2024")["sample"]
    assert first == again
    assert (first["size"], first["seed"], first["population"]["items"]) == (5, 2024, 9)
    assert [one["activity_id"] for one in first["items"] if one["certain"]] == ["2022-elec", "2023-elec", "2024-elec"]
    assert len(first["items"]) == 5
    sized = as_json("--threshold", "5", "--confidence", "95", "--expected", "1", "--seed", "1")["sample"]
    assert (sized["size"], sized["confidence_percent"], sized["expected_percent"]) == (95, "95", "1")
    assert len(sized["items"]) == 9


def test_results_of_the_sample_become_known_and_projected_differences(tmp_path: Path) -> None:
    asked = ("--threshold", "5", "--sample", "4", "--seed", "1")
    drawn = as_json(*asked)["sample"]["items"]
    gas = next(one for one in drawn if not one["certain"])
    lines = [f"{one['activity_id']},{one['year']},{one['value']}" for one in drawn if one is not gas]
    lines.append(f"{gas['activity_id']},{gas['year']},{float(gas['value']) - 1:.6f}")
    results = tmp_path / "results.csv"
    results.write_text("activity_id,period,audited\n" + "\n".join(lines) + "\n", encoding="utf-8")
    entries = as_json(*asked, "--results", results)["differences"]["entries"]
    sampled = {one["kind"]: float(one["amount"]) for one in entries if one["source"] == "sample"}
    assert sampled["factual"] == pytest.approx(1, abs=1e-5)
    assert sampled["projected"] == pytest.approx(1 / float(gas["chance"]) - 1, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--threshold", "five"], "number-not-a-number"),
        (["--threshold", "0"], "share-out-of-range"),
        (["--threshold", "100"], "share-out-of-range"),
        (["--sample", "5"], "option-needs"),
        (["--seed", "5"], "option-needs"),
        (["--expected", "1", "--threshold", "5"], "option-needs"),
        (["--confidence", "95", "--seed", "5"], "option-needs"),
        (["--results", "r.csv", "--sample", "5", "--seed", "5"], "option-needs"),
        (["--sample", "5", "--confidence", "95", "--threshold", "5", "--seed", "5"], "sample-size-twice"),
        (["--sample", "0", "--seed", "5"], "sample-size"),
        (["--sample", "5", "--seed", "5", "--weight", "estimated"], "number-not-a-number"),
        (["--sample", "5", "--seed", "5", "--weight", "guessed=2"], "sample-weight-word"),
        (["--threshold", "5", "--sample", "5", "--seed", "5", "--results", "nowhere.csv"], "file-missing"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], code: str) -> None:
    with pytest.raises(hc.CarbonError) as error:
        run("verify", HUNDSUN, *options)
    assert error.value.code == code
    assert error.value.text("zh") != error.value.text("en")


def test_a_table_alone_has_nothing_to_be_held_to() -> None:
    with pytest.raises(hc.InputError) as error:
        run("verify", HUNDSUN / "reported.csv", "--threshold", "5")
    assert error.value.code == "materiality-needs-workspace"


def test_broken_results_are_named_by_row(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("activity_id,period,audited\na,2024,1\na,2024,2\nb,2024,x\n", encoding="utf-8")
    with pytest.raises(hc.InputError) as error:
        run("verify", HUNDSUN, "--threshold", "5", "--sample", "4", "--seed", "1", "--results", results)
    assert [one.where.row for one in error.value.problems] == [3, 4]  # type: ignore[attr-defined]


def test_the_chinese_output_has_the_same_figures() -> None:
    arguments = ("verify", HUNDSUN, "--threshold", "5", "--sample", "5", "--seed", "2024")
    english, chinese = (run(*arguments, "--lang", lang)[1] for lang in ("en", "zh"))
    figures = re.compile(r"[-+]?\d[\d,]*\.\d\d")
    tails = [text[text.index(word) :] for text, word in ((english, "Differences"), (chinese, "差异汇总"))]
    assert figures.findall(tails[0]) == figures.findall(tails[1])
    assert "事实差异" in chinese
