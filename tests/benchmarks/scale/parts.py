"""The parts of the page: each measures one question and returns tables; medians stay in ``Run`` for the goals."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import hsesg_carbon as hc
from tests.benchmarks.scale import data, ours
from tests.benchmarks.scale.engines import ENGINES, Engine, Pandas
from tests.benchmarks.scale.measure import interleaved, medians, peak, rounds_of
from tests.benchmarks.scale.rivals import COLUMNS, PINT, PLAIN, ROW_LOOPS, Rival

IN_MEMORY = 10_000_000
"""The most rows that are read into memory at once."""

LINES = 1_000_000
"""The most rows whose lines are made: nearly five to a row, of seventeen columns."""

BATCH = 1_000
LOOPED = 10_000
BARE, OURS = "bare group-by-sum", "ours"


@dataclass(frozen=True)
class Table:
    """A table of the page, with what it says and how it was measured."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Run:
    """One run of the benchmark: where the files are, how many rounds, which engines can run, what was found."""

    folder: Path
    rounds: int
    engines: tuple[Engine, ...]
    found: dict[tuple[str, int, str], float] = field(default_factory=dict)
    identical: dict[int, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, rounds: int, engines: tuple[Engine, ...] = ENGINES) -> "Run":
        """Return a run with the engines that are there."""
        return cls(folder, rounds, tuple(one for one in engines if not one.missing()))

    def timed(self, part: str, rows: int, tasks: dict[str, Callable[[], Any]]) -> dict[str, float]:
        """Measure tasks in turns, keep their medians under the part's name, and return them."""
        got = medians(interleaved(tasks, self.rounds, rows))
        self.found |= {(part, rows, name): value for name, value in got.items()}
        return got

    def scans(self) -> list[Engine]:
        """Return the engines that read the file themselves; Spark is there for its digits only."""
        return [one for one in self.engines if not one.in_memory and one.module != "pyspark"]

    def frames(self) -> list[Engine]:
        """Return the engines whose frame lies in memory."""
        return [one for one in self.engines if one.in_memory]


def from_file(run: Run, rows: int) -> list[Table]:
    """Totals from Parquet: ours, the floor of the same engine, and what else people do, all in turns."""
    path = data.written(rows, run.folder)
    steps: dict[str, list[dict[str, float]]] = {one.name: [] for one in run.scans()}
    tasks: dict[str, Callable[[], Any]] = {}
    for engine in run.scans():
        tasks[f"{engine.name}: {BARE}"] = lambda engine=engine: engine.bare(engine.open(path))
        tasks[f"{engine.name}: {OURS}"] = lambda engine=engine: _stepped(steps[engine.name], engine, path)
    if rows <= IN_MEMORY:
        for rival in (PLAIN, *PINT):
            if not rival.missing:
                tasks[rival.name] = lambda rival=rival: rival.run(pd.read_parquet(path, columns=COLUMNS))
    got = run.timed("file", rows, tasks)
    table = Table(
        f"Totals from Parquet, {rows:,} rows",
        f"From opening the file to totals by {' and '.join(ours.BY)}; medians of {rounds_of(run.rounds, rows)} rounds.",
        ("", "seconds", *(f"times {one.name}: {OURS}" for one in run.scans())),
        tuple(
            (name, _seconds(spent), *(_times(spent / got[f"{one.name}: {OURS}"]) for one in run.scans()))
            for name, spent in got.items()
        ),
    )
    return [table, _steps_table(rows, steps, got, run)]


def _stepped(steps: list[dict[str, float]], engine: Engine, path: Path) -> Any:
    taken: dict[str, float] = {}
    found = ours.totals(lambda: engine.open(path), taken)
    steps.append(taken)
    return found


def _steps_table(rows: int, steps: dict[str, list[dict[str, float]]], got: dict[str, float], run: Run) -> Table:
    lines = []
    for name, taken in steps.items():
        counted = taken[-rounds_of(run.rounds, rows) :]
        middle = medians({step: [one[step] for one in counted] for step in ours.STEPS})
        ratio = got[f"{name}: {OURS}"] / got[f"{name}: {BARE}"]
        lines.append((name, *(_seconds(middle[step]) for step in ours.STEPS), _times(ratio)))
    what = "Where the time of ours goes, in seconds, and the whole against the bare group-by-sum of the same engine."
    return Table(f"Steps, {rows:,} rows", what, ("", *ours.STEPS, "ours/bare"), tuple(lines))


def in_memory(run: Run, rows: int) -> list[Table]:
    """Totals of a frame that is there already; on pandas also what else people do with it."""
    path, lines = data.written(rows, run.folder), []
    for engine in run.frames():
        frame = engine.open(path)
        tasks: dict[str, Callable[[], Any]] = {
            BARE: lambda engine=engine, frame=frame: engine.bare(frame),
            OURS: lambda frame=frame: ours.totals(lambda: frame),
        }
        rivals = (PLAIN, *PINT) if isinstance(engine, Pandas) else ()
        tasks |= {one.name: lambda one=one, frame=frame: one.run(frame) for one in rivals if not one.missing}
        got = run.timed(engine.name, rows, tasks)
        lines += [(engine.name, name, _seconds(spent), _times(spent / got[BARE])) for name, spent in got.items()]
        del frame, tasks
    note = f"The frame was read before. In turns within an engine; medians of {rounds_of(run.rounds, rows)} rounds."
    columns = ("", "", "seconds", f"times {BARE}")
    return [Table(f"Totals of a frame in memory, {rows:,} rows", note, columns, tuple(lines))]


def row_loops(run: Run, rows: int = LOOPED) -> list[Table]:
    """What packages that loop over rows can bear."""
    frame = pd.read_parquet(data.written(rows, run.folder))
    there = [one for one in ROW_LOOPS if not one.missing]
    tasks: dict[str, Callable[[], Any]] = {one.name: lambda one=one: one.run(frame[COLUMNS]) for one in there}
    tasks |= {PLAIN.name: lambda: PLAIN.run(frame[COLUMNS]), OURS: lambda: ours.totals(lambda: frame)}
    got = run.timed("loops", rows, tasks)
    lines = [(name, _seconds(spent), f"{spent / rows * 1e6:,.1f}") for name, spent in got.items()]
    lines += [(one.name, one.missing, "") for one in ROW_LOOPS if one.missing]
    note = (
        f"On a pandas frame in memory; medians of {run.rounds} rounds. Ours pays for its {data.DISTINCT:,} keys here, "
        "not for its rows. atomic6ghg has factors of its own for fuels: its tonnes are other tonnes."
    )
    return [Table(f"Packages that loop over rows, {rows:,} rows", note, ("", "seconds", "µs a row"), tuple(lines))]


def lines(run: Run, rows: int) -> list[Table]:
    """Row-level amounts against a bare join and multiplication: the same table, the same columns."""
    path, table, found = data.written(rows, run.folder), ours.multipliers(), []
    for engine in (*run.scans(), *run.frames()):
        frame = engine.open(path)
        ledger = ours.ledger(frame)
        with tempfile.TemporaryDirectory(dir=run.folder) as folder:
            to = Path(folder) / "lines.parquet"
            tasks: dict[str, Callable[[], Any]] = {
                "bare join and multiply": lambda engine=engine, frame=frame, to=to: engine.kept(
                    engine.joined(frame, table), to
                ),
                OURS: lambda engine=engine, ledger=ledger, to=to: engine.kept(ledger.lines(), to),
            }
            try:
                got = run.timed(f"lines {engine.name}", rows, tasks)
            except hc.CarbonError as error:  # an engine that has no lines says so
                found.append((engine.name, "", "", f"refused: {error.code}"))
                continue
        bare, own = got.values()
        found.append((engine.name, _seconds(bare), _seconds(own), _times(own / bare)))
        del frame, ledger, tasks
    note = (
        f"{table.num_rows / data.DISTINCT:.2f} lines to a row, one for each flow. Scans write them to Parquet, frames "
        f"keep them in memory. Medians of {rounds_of(run.rounds, rows)} rounds."
    )
    columns = ("", "bare join and multiply, s", "ours, s", "ours/bare")
    return [Table(f"Lines of {rows:,} rows", note, columns, tuple(found))]


def without_a_rescan(run: Run, rows: int) -> list[Table]:
    """What a ledger answers without going back to the rows."""
    engine = run.scans()[0]
    path = data.written(rows, run.folder)
    ledger = ours.ledger(engine.open(path))
    bills = data.bills(rows, BATCH).to_pandas()
    batch = ours.ledger(bills)
    both = ledger + batch
    controlled, held = ours.boundaries()
    view = hc.Inventory(ledger, boundary=controlled)
    tasks: dict[str, Callable[[], Any]] = {
        f"add {BATCH:,} rows: check, compile, sum, add": lambda: ledger + ours.ledger(bills),
        f"add {BATCH:,} rows that are summed already": lambda: ledger + batch,
        f"remove {BATCH:,} rows": lambda: both - batch,
        "another GWP set (AR5)": lambda: view.seen(gwp="AR5"),
        "another GWP set (AR5), its total": lambda: view.seen(gwp="AR5").total(),
        "another boundary (equity share)": lambda: view.seen(boundary=held),
        "another boundary (equity share), its total": lambda: view.seen(boundary=held).total(),
        "totals by scope and year": lambda: ledger.totals(*ours.BY),
    }
    got = run.timed("no rescan", rows, tasks)
    note = f"Of a ledger of {data.DISTINCT:,} keys on {engine.name}; medians of {run.rounds} rounds."
    found = tuple((name, f"{spent * 1000:,.1f}") for name, spent in got.items())
    return [Table(f"Without a pass over the {rows:,} rows", note, ("", "ms"), found)]


def digits(run: Run, rows: int) -> list[Table]:
    """Whether every engine gives the same exact totals of the same rows; pandas also after shuffling them."""
    path, first, found = data.written(rows, run.folder), None, []
    for engine in run.engines:
        frame = engine.open(path)
        frames = {engine.name: frame}
        if isinstance(engine, Pandas):
            frames[f"{engine.name}, shuffled"] = frame.sample(frac=1, random_state=7)
        del frame
        for name in list(frames):
            held = frames.pop(name)
            got = ours.digits(ours.ledger(held))
            first = got if first is None else first
            found.append((name, f"{len(got):,}", "yes" if got == first else "NO"))
            del held
    run.identical[rows] = all(same == "yes" for *_, same in found)
    note = (
        "Totals by site, activity and month, each flow for itself, compared as exact fractions with those of the first "
        f"engine. All identical: {'yes' if run.identical[rows] else 'NO'}."
    )
    missing = tuple((one.name, one.missing(), "") for one in ENGINES if one not in run.engines and one.missing())
    return [Table(f"Digits, {rows:,} rows", note, ("", "totals", "identical"), (*found, *missing))]


def memory(run: Run, rows: int) -> list[Table]:
    """Peak memory of a process that does nothing else."""
    path, found = data.written(rows, run.folder), []
    for engine in run.scans():
        got = {work: peak(engine.name, work, path)["mib"] for work in ("nothing", "bare", "ours")}
        run.found[f"memory {engine.name}", rows, OURS] = got["ours"]
        found.append((engine.name, *(f"{mib:,.0f}" for mib in got.values())))
    note = (
        "MiB at the most (VmHWM) of a process of its own, mapped pages of the file included; 'nothing' is Python, the "
        "imports and the factor library."
    )
    columns = ("", "nothing", BARE, OURS)
    return [Table(f"Peak memory, {rows:,} rows from Parquet", note, columns, tuple(found))]


def _seconds(value: float) -> str:
    return f"{value:,.3f}" if value < 10 else f"{value:,.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def missing_rivals() -> list[Rival]:
    """Return the rivals that are not installed."""
    return [one for one in (*PINT, *ROW_LOOPS) if one.missing]
