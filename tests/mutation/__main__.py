"""
Test the tests: ``python -m tests.mutation --mutants 1000 --out tests/mutation/results.json``.

A seeded sample of small faults is put into the source, one at a time, and the tests that reach the line are run in a
fork of one process that has collected them all. What was found is kept after every mutant, so that a run that was
stopped goes on where it was. ``--survivors`` prints those that no test noticed.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.mutation.mutants import PACKAGE, ROOT, Mutant, sample, shown
from tests.mutation.survivors import explained
from tests.mutation.trial import Trial

MODULES = [
    *("units", "factors", "plan", "ledger", "boundary", "intensity", "inventory", "restate"),
    *sorted(f"verification/{path.stem}" for path in (PACKAGE / "verification").glob("*.py") if path.stem != "__init__"),
]
TESTS = [
    *(
        f"tests/unit/test_{name}.py"
        for name in (
            *("units", "core", "factors", "bad_input", "sites", "engine_edges"),
            *(
                "verification",
                "relations",
                "against",
                "reported",
                "materiality",
                "sampling",
                "claims",
                "intervals",
                "explaining",
                "statement",
            ),
        )
    ),
    *(
        f"tests/properties/test_{name}.py"
        for name in (
            *("laws", "sums", "engine_digits", "market", "consolidation", "energy"),
            *("restatement", "verification_laws", "sampling", "slips"),
        )
    ),
    *(
        f"tests/golden/test_{name}.py"
        for name in (
            *("hundsun_2024", "hundsun_under_ghgp_cn", "methodologies", "worked_examples"),
            *("hundsun_verification", "restatements", "told"),
        )
    ),
    *(
        f"tests/workflow/test_{name}.py"
        for name in (
            *("restate", "entities", "instruments", "parts", "ratios", "settings", "offices"),
            *("command_line", "factor_commands", "printed", "verification_plan"),
        )
    ),
    *(f"tests/test_docs.py::test_docstring_examples_run[{name.replace('/', '.')}]" for name in MODULES),
    "tests/test_docs.py::test_the_output_on_a_how_to_page_is_real",
    "tests/test_front.py::test_a_page_for_newcomers_works_when_it_is_followed_word_by_word",
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[1])
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=MODULES, default=MODULES)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "mutation" / "results.json")
    parser.add_argument("--state", type=Path, default=ROOT / ".mutation.json", help="where a stopped run goes on")
    parser.add_argument("--again", action="store_true", help="try the survivors anew, after new tests")
    parser.add_argument("--survivors", action="store_true", help="print those without an explanation, and run nothing")
    told = parser.parse_args()
    drawn = sample(told.only, told.mutants, told.seed)
    state: dict[str, str] = json.loads(told.state.read_text(encoding="utf-8")) if told.state.exists() else {}
    if told.survivors:
        for one in drawn:
            if state.get(one.name) in ("survived", "unreached") and one.name not in explained():
                print(f"{state[one.name]} {one.name}\n  line {one.line}: {shown(one)}")
        return
    if told.again:
        state = {name: found for name, found in state.items() if found not in ("survived", "unreached")}
    left = [one for one in drawn if one.name not in state]
    if left:
        trial = Trial(left, state, told.state)
        # A folder of its own: pytest deletes all but the three newest that it made, even while they are in use.
        own = mkdtemp(prefix="mutation-")
        code = pytest.main(
            [
                f"--basetemp={own}",
                "-q",
                "-s",
                "--benchmark-disable",
                "-p",
                "no:cacheprovider",
                "-o",
                "tmp_path_retention_policy=none",
                "-k",
                "not spark and not wheel and not process",  # starting them takes longer than a mutant may
                *TESTS,
            ],
            plugins=[trial],
        )
        rmtree(own, ignore_errors=True)
        if trial.error or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            sys.exit(trial.error or f"the tests could not be collected: {code!r}")
    result = _result(drawn, state, told.seed)
    told.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{result['killed']} of {result['run']} mutants killed ({result['sampled']} drawn): {told.out}")


def _result(drawn: list[Mutant], state: dict[str, str], seed: int) -> dict[str, Any]:
    found = Counter(state.get(one.name, "not run") for one in drawn)
    run = {one.name: state[one.name] for one in drawn if state.get(one.name, "invalid") != "invalid"}
    alive = [name for name, what in run.items() if what in ("survived", "unreached")]
    by_module = {
        module: dict(Counter(state.get(one.name, "not run") for one in drawn if one.module == module))
        for module in MODULES
    }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
        "seed": seed,
        "sampled": len(drawn),
        "run": len(run),
        "killed": len(run) - len(alive),
        "survived": len(alive),
        "explained": sum(name in explained() for name in alive),
        "found": dict(found),
        "by_module": by_module,
    }


main()
