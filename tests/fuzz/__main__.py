"""
Run the fuzzers for long: ``python -m tests.fuzz --executions 1000000 --out tests/fuzz/results.json``.

What was run is kept in the state file after every piece, so that a run that was stopped goes on where it was. A case is
its target, seed and number: ``--case TARGET:NUMBER`` runs one again and shows what happens.
"""

import argparse
import faulthandler
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.harness import Ran, ran, shares
from tests.fuzz.targets import ROOT, TARGETS, outcome

PIECE = 500
"""Executions of a target between two looks at the clock and the state."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[1])
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=sorted(TARGETS), default=sorted(TARGETS))
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "fuzz" / "results.json")
    parser.add_argument("--state", type=Path, default=ROOT / ".fuzz.json", help="where a run that was stopped goes on")
    parser.add_argument("--case", help="TARGET:NUMBER, to see one case again")
    told = parser.parse_args()
    faulthandler.enable()  # a reader in C that falls over leaves its place
    if told.case:
        name, number = told.case.split(":")
        given = TARGETS[name].make(Random(f"{told.seed}:{name}:{number}"))
        print(repr(given))
        print("taken" if outcome(TARGETS[name], given) else "refused")
        return
    state = json.loads(told.state.read_text(encoding="utf-8")) if told.state.exists() else {}
    if state.get("seed") != told.seed:
        state = {"seed": told.seed, "targets": {}}
    _run(state, shares(told.executions, told.only), told.state)
    result = _result(state)
    told.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(
        f"{result['executions']:,} executions, {result['rate_per_second']:,} a second, "
        f"{result['failures']} failures: {told.out}"
    )
    sys.exit(1 if result["failures"] else 0)


def _run(state: dict[str, Any], wanted: dict[str, int], file: Path) -> None:
    """Run every target until it has had its share, a piece of each in turn."""
    done = {name: Ran.of(state["targets"].get(name, {})) for name in wanted}
    while short := [name for name, one in done.items() if one.executions < wanted[name]]:
        for name in short:
            one = done[name]
            # pieces in proportion: all targets come to their end together
            piece = max(1, min(wanted[name] - one.executions, PIECE * wanted[name] // max(wanted.values())))
            ran(TARGETS[name], state["seed"], piece, one)
            state["targets"][name] = one.plain()
        file.write_text(json.dumps(state), encoding="utf-8")
        total = sum(one.executions for one in done.values())
        failed = Counter({name: len(one.failures) for name, one in done.items() if one.failures})
        print(f"\r{total:,} of {sum(wanted.values()):,} {dict(failed) or ''}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _result(state: dict[str, Any]) -> dict[str, Any]:
    ran_all = {name: Ran.of(one) for name, one in sorted(state["targets"].items())}
    executions, seconds = sum(one.executions for one in ran_all.values()), sum(one.seconds for one in ran_all.values())
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit or "unknown",
        "seed": state["seed"],
        "executions": executions,
        "cpu_seconds": round(seconds, 1),
        "rate_per_second": round(executions / max(seconds, 1e-9)),
        "failures": sum(len(one.failures) for one in ran_all.values()),
        "targets": {name: one.shown() for name, one in ran_all.items()},
    }


if __name__ == "__main__":
    main()
