"""
``python -m tests.benchmarks.scale``, or ``make performance``: measure, and write ``docs/reference/performance.md``.

Run it where nothing else runs. With ``--folder`` the files of rows (1.3 GB for 100 million) stay for the next run.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.scale import parts
from tests.benchmarks.scale.measure import ROUNDS
from tests.benchmarks.scale.page import page, settings_of_engines
from tests.benchmarks.scale.parts import IN_MEMORY, Run, Table

SIZES = ("1e4", "1e6", "1e7", "1e8")
PARTS = ("file", "memory-frames", "loops", "lines", "views", "digits", "peak")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, measure part by part, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--rows", nargs="+", type=lambda text: int(float(text)), default=[int(float(n)) for n in SIZES])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--folder", type=Path, help="where the rows are kept; a temporary folder by default")
    parser.add_argument("--out", type=Path, help="the page; printed by default")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="scale-") as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        text = measured(Run.of(folder, chosen.rounds), sorted(chosen.rows), chosen.parts)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8", newline="\n")
    else:
        print(text, end="")


def measured(run: Run, sizes: Sequence[int], wanted: Sequence[str] = PARTS) -> str:
    """Return the page of the wanted parts, each on the sizes that it can bear."""
    held = [rows for rows in sizes if rows <= IN_MEMORY]
    largest = held[-1:]
    work: list[tuple[str, Callable[[Run, int], list[Table]], Sequence[int]]] = [
        ("file", parts.from_file, sizes),
        ("memory-frames", parts.in_memory, held),
        ("loops", parts.row_loops, [min(parts.LOOPED, sizes[0])]),
        ("lines", parts.lines, [rows for rows in held if rows <= parts.LINES]),
        ("views", parts.without_a_rescan, largest),
        ("digits", parts.digits, largest),
        ("peak", parts.memory, sizes[-2:]),
    ]
    load, settings = os.getloadavg()[0], settings_of_engines()
    tables: list[Table] = []
    for name, part, own in work:
        for rows in own if name in wanted else ():
            print(f"{name}, {rows:,} rows", file=sys.stderr, flush=True)
            tables += part(run, rows)
    return page(run, tables, load, settings)


if __name__ == "__main__":
    main()
