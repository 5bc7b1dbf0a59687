"""
What the program tells of fixed cases, word by word: ``python -m tests.golden.told`` writes ``tests/golden/told/`` anew.

These are no published results: they hold what people and scripts read still, so that a change of it is seen in the
difference and meant. Sums and verdicts in them are held to their sources by the other golden tests.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hsesg_carbon as hc
from hsesg_carbon.verification import verify
from tests.commands import run
from tests.unit import test_verification as made_up

HERE = Path(__file__).parent / "told"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

COMMANDS = {
    "verify-hundsun.json": "verify hundsun-2024 --threshold 5 --sample 4 --seed 1 --json",
    "verify-hundsun.txt": "verify hundsun-2024 --threshold 5 --confidence 95 --expected 1 --seed 1",
    "verify-hundsun.zh.txt": "verify hundsun-2024 --threshold 0.01 --sample 4 --seed 1 --lang zh",
    "restate-hundsun.json": "restate hundsun-2024 --before ghgp-cn --json",
    "restate-hundsun.txt": "restate hundsun-2024 --before earlier-basis.toml --by scope --by site --by activity",
    "restate-hundsun.zh.txt": "restate hundsun-2024 --before ghgp-cn --method sequential --lang zh",
    "restate-base-year.txt": "restate base-year --before ghgp-cn",
    "explain-petrol.txt": "explain hundsun-2024 2024-petrol",
    "explain-gas.zh.txt": "explain hundsun-2024 2022-gas --lang zh",
    "footprint-hundsun.json": "footprint hundsun-2024 --json",
    "footprint-campus.txt": "footprint campus-monthly",
    "factors-grid.txt": "factors search 0.5366",
}

SLIPS: dict[str, dict[tuple[str, str], str]] = {
    "digits exchanged": {("total", "2022"): "1,047.4"},
    "a digit wrong": {("scope2", "2023"): "973.6"},
    "ten times": {("scope1", "2021"): "2,006"},
    "sign": {("scope1", "2022"): "-210.5"},
    "unit of energy": {("power", "2022"): "5,796.00"},
    "copied": {("total", "2023"): "1,074.4"},
    "left out": {("total", "2021"): "804.9"},
    "counted twice": {("total", "2021"): "1,206.1"},
    "wrong label": {("scope1", "2022"): "1,074.4"},
    "old denominator": {("each", "2022"): "2.620"},
    "factor of another year": {("scope2", "2022"): "896.4"},
    "cut, not rounded": {("each", "2022"): "2.480"},
    "rounded coarser": {("power", "2023"): "1,700.00"},
    "two cells": {("gas", "2021"): "12.04", ("power", "2023"): "1,720.50"},
    "two cells of one sum": {("gas", "2022"): "113.9", ("fleet", "2022"): "7,860"},
    "rows exchanged": {(name, "2022"): text for name, text in (("gas", "863.9"), ("scope2", "131.9"))},
    "a row in kilograms": {("fleet", "2021"): "80,200", ("fleet", "2022"): "78,600", ("fleet", "2023"): "91,700"},
    "nothing explains": {("total", "2022"): "17", ("each", "2022"): "99", ("change", "2023"): "-3"},
}
"""Cells of the made-up table of tests/unit/test_verification.py that are printed otherwise."""

HIDDEN = made_up.TABLE | {
    "staff": ("person", "", ("", "", "")),
    "each2": ("kgCO2e/person", "scope2 / staff", ("1,963", "2,995", "1,944")),
}
STANDARD: made_up.Rows = {  # made up: reserved names, whose relations are known without being stated
    "ghg.scope1": ("tCO2e", "", ("200.6", "210.5", "219.0")),
    "ghg.scope2": ("tCO2e", "", ("804.9", "863.9", "913.6")),
    "ghg.scope3": ("tCO2e", "", ("50.0", "51.0", "52.0")),
    "ghg.total": ("tCO2e", "", ("1,055.5", "1,125.4", "1,148.6")),
    "ghg.total.change": ("%", "", ("", "6.62", "5.26")),
    "revenue": ("million CNY", "", ("100", "110", "125")),
    "ghg.total.per.revenue": ("tCO2e/million CNY", "", ("10.56", "12.01", "9.48")),
    "energy.electricity": ("MWh", "", ("1,500.00", "1,610.00", "1,702.50")),
    "energy.natural_gas": ("m3", "", ("56,000", "61,000", "59,000")),
    "energy.natural_gas.share": ("%", "", ("27.4", "28.0", "85.1")),
}


def slips() -> dict[str, Any]:
    """Return what is told of each slip in the made-up table, and of two tables of other kinds."""
    tables = {name: made_up.table(changes) for name, changes in SLIPS.items()}
    tables |= {"undisclosed": made_up.table(rows=HIDDEN), "reserved names": made_up.table(rows=STANDARD)}
    found = {name: verify(table) for name, table in tables.items()}
    return {name: one.as_json() | {"zh": [told.line("zh") for told in one.findings]} for name, one in found.items()}


def plan() -> list[dict[str, Any]]:
    """Return the plan of Hundsun's accounts under the methodology of its report, line by line."""
    lines = hc.Workspace(EXAMPLES / "hundsun-2024").inventory.ledger.plan.table()
    return [dict(one) for one in lines.to_dict("records")]


def commanded(words: str) -> str:
    with TemporaryDirectory() as folder:
        for name in {one for one in words.split() if (EXAMPLES / one).is_dir()}:
            shutil.copytree(EXAMPLES / name, Path(folder) / name, ignore=shutil.ignore_patterns("out", "seals"))
        done = run(*words.split(), cwd=Path(folder))
    assert done.returncode in {0, 1}, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


def _document(made: Callable[[], Any]) -> str:
    return json.dumps(made(), ensure_ascii=False, indent=1, default=str) + "\n"


def told(name: str) -> str:
    """Return what is told now under a name."""
    made: dict[str, Callable[[], Any]] = {"slips.json": slips, "plan.json": plan}
    return _document(made[name]) if name in made else commanded(COMMANDS[name])


NAMES = [*COMMANDS, "slips.json", "plan.json"]

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for each in NAMES:
        (HERE / each).write_text(told(each), encoding="utf-8", newline="\n")
