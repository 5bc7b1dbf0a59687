"""The page: what was measured, on which machine, and which goals it meets."""

import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.scale import data
from tests.benchmarks.scale.parts import BARE, OURS, Run, Table, missing_rivals
from tests.benchmarks.scale.rivals import PINT, PLAIN

PACKAGES = ("narwhals", "polars", "duckdb", "pandas", "pyarrow", "numpy", "pyspark", "pint", "pint-pandas")
RIVALS = ("atomic6ghg", "esgcalc")
SETTINGS = ("POLARS_", "ARROW_", "MALLOC_", "_RJEM", "MIMALLOC", "OMP_")


@dataclass(frozen=True)
class Goal:
    """What was set out to be met, and what was measured: ``least`` where more is better."""

    text: str
    limit: float
    measured: float
    least: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether the measured value is on the right side."""
        return self.measured >= self.limit if self.least else self.measured <= self.limit


def settings_of_engines() -> dict[str, str]:
    """Return what the environment tells engines and allocators; to be asked before an engine adds its own."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)}


def page(run: Run, tables: Iterable[Table], load: float, settings: Mapping[str, str]) -> str:
    """Return the whole page; ``load`` and ``settings`` are those before the first measurement."""
    lines = [
        "# Performance",
        "",
        "Written by `make performance`; do not edit. All figures are of one run on one machine: ratios mean more than "
        "seconds.",
        "",
        *_machine(date.today(), load, settings),
        "",
        *_rows(),
        "",
        *_goals(goals(run)),
    ]
    for table in tables:
        lines += [f"## {table.title}", "", table.note, "", *_grid(table.columns, table.rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def goals(run: Run) -> list[Goal]:
    """Return the goals that this run measured."""
    return [*_of_totals(run), *_of_frames(run), *_of_lines(run), *_of_views(run), *_of_memory(run)]


def _of_totals(run: Run) -> Iterator[Goal]:
    """Totals from the file at ten million rows."""
    rows = 10_000_000
    for engine in run.scans():
        own = run.found.get(("file", rows, f"{engine.name}: {OURS}"))
        if own is None:
            continue
        bare = run.found["file", rows, f"{engine.name}: {BARE}"]
        yield Goal(f"{engine.name}, {rows:,} rows: ours against the {BARE}", 1.3, own / bare)
        plain = run.found["file", rows, PLAIN.name]
        yield Goal(f"{engine.name}, {rows:,} rows: faster than {PLAIN.name}", 6, plain / own, least=True)
        pint = {one.name: run.found[key] for one in PINT if (key := ("file", rows, one.name)) in run.found}
        if pint:
            best = min(pint, key=pint.__getitem__)
            yield Goal(f"{engine.name}, {rows:,} rows: faster than {best}", 30, pint[best] / own, least=True)


def _of_frames(run: Run) -> Iterator[Goal]:
    for rows in (1_000_000, 10_000_000):
        plain = run.found.get(("pandas (frame)", rows, PLAIN.name))
        if plain is not None:
            own = run.found["pandas (frame)", rows, OURS]
            yield Goal(f"pandas frame, {rows:,} rows: faster than {PLAIN.name}", 1.5, plain / own, least=True)


def _of_lines(run: Run) -> Iterator[Goal]:
    for (part, rows, name), own in run.found.items():
        if part.startswith("lines ") and name == OURS and rows >= 1_000_000:
            bare = run.found[part, rows, "bare join and multiply"]
            engine = part.removeprefix("lines ")
            yield Goal(f"{engine}, lines of {rows:,} rows against a bare join and multiply", 1.5, own / bare)


def _of_views(run: Run) -> Iterator[Goal]:
    for (part, rows, name), spent in run.found.items():
        if part == "no rescan" and rows >= 10_000_000 and name.startswith(("add", "remove", "another")):
            yield Goal(f"{rows:,} rows: {name}", 20, spent * 1000, unit=" ms")


def _of_memory(run: Run) -> Iterator[Goal]:
    for (part, rows, _), mib in run.found.items():
        if part.startswith("memory ") and rows >= 100_000_000:
            yield Goal(f"{part.removeprefix('memory ')}, {rows:,} rows: peak memory", 1536, mib, unit=" MiB")


def _goals(found: list[Goal]) -> Iterator[str]:
    if not found:
        return
    yield "## Goals"
    yield ""
    rows = [(one.text, _limit(one), f"{one.measured:,.2f}{one.unit}", "yes" if one.met else "no") for one in found]
    yield from _grid(("", "goal", "measured", "met"), rows)
    yield ""


def _limit(goal: Goal) -> str:
    return f"{'at least' if goal.least else 'at most'} {goal.limit:,g}{goal.unit}"


def _rows() -> Iterator[str]:
    sites, months, kinds = len(data.SITES), len(data.MONTHS), len(data.KINDS)
    yield (
        f"The rows are made up: {sites} sites, {months} months, {kinds} kinds of activity, drawn for every row from a "
        f"seed, so that up to {data.DISTINCT:,} distinct keys ({', '.join(data.KEYS)}) lie in no order; quantities "
        f"have two decimals. The methodology is `{data.METHODOLOGY}`: ours yields CO2, CH4, N2O, Scope 2 by both "
        "methods and energy in GJ and tce, exactly, after checking every row. The other ways yield CO2 alone, as "
        "floats, unchecked. The factor library is loaded before, once in a process."
    )


def _machine(today: date, load: float, settings: Mapping[str, str]) -> Iterator[str]:
    there = {name: _version(name) for name in (*PACKAGES, *RIVALS)}
    versions = ", ".join(f"{name} {number}" for name, number in there.items() if number)
    told = ", ".join(f"{name}={value}" for name, value in settings.items())
    yield (
        f"{today.isoformat()}; {_cpu()}, {os.cpu_count()} cores, {_gib():.0f} GiB; {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}; {versions}. Load before the run "
        f"{load:.1f}. Settings of allocators and engines: {told or 'none, as installed'}."
    )
    if missing := missing_rivals():
        yield ""
        yield f"Not installed, so not measured: {', '.join(one.name for one in missing)}."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown processor"
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1].strip() if found else platform.machine()


def _gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _grid(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(columns)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
