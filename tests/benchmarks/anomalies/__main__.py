"""
``python -m tests.benchmarks.anomalies``: made-up sites afresh, what is found on them, and what can be had at all.

``--out docs/explanation/anomalies.md`` writes the tables between the two lines that mark their place in the page.
"""

import argparse
import secrets
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.anomalies.generator import NOISE
from tests.benchmarks.anomalies.score import run, table

BEGIN, END = "<!-- scores begin -->", "<!-- scores end -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print or write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.anomalies", description=__doc__)
    parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--months", type=int, default=48)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, help="of the first run; a fresh one by default")
    parser.add_argument("--noise", nargs=2, type=float, default=NOISE, metavar=("LOW", "HIGH"))
    parser.add_argument("--bounds", action="store_true", help="only what can be had, without the finder")
    parser.add_argument("--out", type=Path, help="a page with the two marks; printed by default")
    chosen = parser.parse_args(arguments)
    first = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    low, high = chosen.noise
    runs = [
        run(chosen.sites, chosen.months, seed, (low, high), finder=not chosen.bounds)
        for seed in range(first, first + chosen.runs)
    ]
    last = first + chosen.runs - 1
    seeds = f"seed {first}" if chosen.runs == 1 else f"{chosen.runs} runs, seeds {first} to {last}: mean (range)"
    heading = f"{chosen.sites} made-up sites x {chosen.months} months, noise {low:.1%} to {high:.1%}; {seeds}."
    text = table(runs, heading)
    if chosen.out:
        chosen.out.write_text(placed(chosen.out.read_text(encoding="utf-8"), text), encoding="utf-8", newline="\n")
    print(text, end="")


def placed(page: str, text: str) -> str:
    """Return a page with a text between its marks; ``ValueError`` where it has not both, once and in order."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        msg = f"the page needs the lines {BEGIN} and {END}, once each and in this order"
        raise ValueError(msg)
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
