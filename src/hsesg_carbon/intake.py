"""The tables of a folder: every table that people keep becomes validated rows, or a fault with its place."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

import narwhals as nw
from pydantic import BaseModel

from hsesg_carbon import units
from hsesg_carbon.activities import MAX_ROWS_PER_RULE, OPTIONAL, REQUIRED, Activities
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.sites import Site
from hsesg_carbon.submeters import Part, check_parts, credit_of
from hsesg_carbon.tables import EXCEL_ERRORS, UNCALCULATED, Row, Table, is_nobodys, read_parquet, read_tables

if TYPE_CHECKING:
    import pandas as pd

_KNOWN = (*REQUIRED, *OPTIONAL, "part_of", "role")
ORIGIN = ("origin_file", "origin_sheet", "origin_row")
"""Columns that name the place in a delivered file from which a row was taken in; they rule over the row's own place."""
_TABLE_COLUMNS = 4
"""A sheet with so many columns is a table whose headings nobody knows, not a sheet of notes."""
_TABLES = (".csv", ".xlsx", ".xlsm")
_OTHER_TABLES = {".xls", ".xlsb", ".ods", ".tsv", ".parquet", ".numbers", ".et"}
"""Tables that would be lost if their file were only passed over with a remark."""
_NO_VALUES = EXCEL_ERRORS | {UNCALCULATED}
_ROW_NUMBER = re.compile(r"[0-9]{1,9}")
_BROADEST = 38
"""Digits of the widest decimal that the engines have."""

Engine = Literal["pandas", "polars", "pyarrow", "duckdb"]
"""What can sum the activity data of a workspace."""

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class SideTable(Generic[R]):
    """A table beside the activity data: its records, and remarks on how it was read."""

    items: tuple[R, ...] = ()
    notes: tuple[Finding, ...] = ()


def read_records(folder: Path, stem: str, model: type[R], check: Callable[[R], None]) -> SideTable[R]:
    """
    Read the table of a name, ``.csv`` or ``.xlsx``, beside the activity data; it may be absent.

    Raises:
        InputError: Every fault of it with its place; or there are two such files, of which one may be an old copy.
    """
    path, notes = _table_file(folder, stem)
    items: list[R] = []
    tables, remarks = _sheets_of(path, model) if path else ([], [])
    for table in tables:
        records, problems = table.records(model, check=check)
        if problems:
            raise InputError("table-broken", problems, file=table.file)
        items += records
    return SideTable(tuple(items), (*notes, *remarks, *(one for table in tables for one in table.notes)))


def read_activities(
    workspace: Path,
    sites: Sequence[Site],
    library: FactorLibrary,
    engine: Engine = "pandas",
    fill: Callable[[Sequence[Activities]], Sequence[Mapping[str, str]]] | None = None,
) -> tuple[tuple[Activities, ...], tuple[Part, ...]]:
    """
    Read ``activity/`` of a workspace and the tables that rows derive from (``refrigerants.csv`` ...).

    Args:
        workspace: The folder.
        sites: The sites that rows may name.
        library: Where activity codes and regions are looked up.
        engine: What the batches are handed to, after they were read and checked.
        fill: What returns further rows for gaps in what was read; they stand among the rows of people's tables.

    Returns:
        The tables of people as one batch and each Parquet file as one more; and apart the rows with ``part_of``,
        which other rows contain. Feedstock among them also stands in the first batch, below zero: it is not burnt.

    Raises:
        InputError: Everything that is wrong in all tables, with file, sheet, row and column.
    """
    _check_engine(engine)
    tables, frames, notes, problems = _activity_files(workspace)
    text, remarks, wrong = _frame_of(tables)
    problems += wrong
    text, memo = _separated(text)
    problems += [Finding(code="part-of-parquet", severity="error") for one in frames if "part_of" in one.columns]
    if frames and any("quality" in one.columns for one in [*frames, *([] if text is None else [text])]):
        frames = list(_alike(frames, ["quality"]))
        text = text if text is None else next(_alike([text], ["quality"]))
    batches = []
    for frame in ([] if text is None else [text]) + frames:
        batches += _validated(frame, sites, library, problems)
    memos = [] if memo is None or problems else _validated(memo, sites, library, problems)
    parts: tuple[Part, ...] = ()
    if memos and not problems:
        rows = memos[0].rows()
        names = [row.part_of for row in rows if row.part_of]
        holders = [one for batch in batches for one in batch.rows(names)]
        parts, wrong = check_parts(rows, holders, library.catalogue, sites)
        problems += wrong
    if not problems:
        problems += _repeated_ids([*batches, *memos])
    if memo is not None and not problems and any(one.feedstock for one in parts):
        credited = _validated(_with_credits(text, memo, parts), sites, library, problems)
        batches = [*credited, *(batches if text is None else batches[1:])]
    if problems or not batches:
        raise InputError("activities-broken", problems, count=len(problems))
    if filling := fill(batches) if fill else ():
        people = batches[0].frame.to_native() if len(batches) > len(frames) else None
        batches = _validated(_with_rows(people, filling), sites, library, problems)
        batches += [
            one
            for frame in _alike(frames, ("quality", "filled"))
            for one in _validated(frame, sites, library, problems)
        ]
        problems += _repeated_ids(batches)
        if problems:
            raise InputError("activities-broken", problems, count=len(problems))
    batches = [_moved(one, engine, sites, library) for one in batches]
    batches[0].findings[:0] = [*notes, *remarks]
    return tuple(batches), parts


def stated_tables(folder: Path, stem: str) -> list[Table]:
    """
    Return the tables of a workspace as people wrote them: all of ``activity/``, or those of the file ``stem``.

    Sheets of notes are left aside; so is Parquet, which holds no text.

    Raises:
        InputError: A file cannot be read, or there are two for one table.
    """
    if stem != "activity":
        path, _ = _table_file(folder, stem)
        return read_tables(path) if path else []
    paths = sorted((folder / stem).iterdir()) if (folder / stem).is_dir() else []
    found = [
        one
        for path in paths
        if not is_nobodys(path.name) and path.suffix.lower() in _TABLES
        for one in read_tables(path)
    ]
    return [one for one in found if not _is_prose(one, set(REQUIRED))]


# -------------------------------------------------------------------------------------------------- private


def _validated(frame: Any, sites: Sequence[Site], library: FactorLibrary, problems: list[Finding]) -> list[Activities]:
    """Return a frame as activities; what is wrong with it goes to ``problems``, at places where nothing is told yet."""
    try:
        return [Activities(frame, sites, library, unique_ids=True)]
    except InputError as error:
        told = {one.where for one in problems}
        problems += [one for one in _as_findings(error, None) if one.where not in told]
        return []


def _check_engine(engine: str) -> None:
    """Refuse an engine that is not known or not installed."""
    if engine not in get_args(Engine):
        raise InputError("engine-unknown", engine=engine, known=get_args(Engine))
    needed = {"polars": ["polars"], "pyarrow": ["pyarrow"], "duckdb": ["duckdb", "pyarrow"]}.get(engine, [])
    if missing := [name for name in needed if find_spec(name) is None]:
        extra = "polars" if engine == "polars" else "duckdb"
        raise InputError("engine-missing", engine=engine, missing=missing, extra=extra)


def _moved(batch: Activities, engine: Engine, sites: Sequence[Site], library: FactorLibrary) -> Activities:
    """
    Return checked activities in the hands of another engine, which groups and sums them on its own.

    Quantities that people typed go as they stand on the grid of their unit, to DuckDB as decimals, because a lazy
    engine reads no text; the remarks on how they were rounded stay.
    """
    if engine == "pandas":
        return batch
    frame = batch.frame.to_native()
    if batch.quantity_kind == "text":
        quantities = [units.exact_text(row.quantity) for row in batch.rows()]
        frame = frame.assign(quantity=quantities)
    moved = Activities(_converted(frame, engine, batch), sites, library, unique_ids=True)
    moved.findings[:] = batch.findings
    return moved


def _converted(frame: "pd.DataFrame", engine: Engine, batch: Activities) -> Any:
    """Return a pandas frame as the engine holds it; for DuckDB quantities that are text become decimals."""
    if engine == "polars" and batch.quantity_kind == "text":  # needs no pyarrow, unlike what pandas types demand
        cells = {name: frame[name].astype(object).where(frame[name].notna(), None).to_list() for name in frame.columns}
        return nw.from_dict(cells, backend="polars").to_native()
    if engine == "polars":
        return nw.from_native(frame).to_polars()
    table = nw.from_native(frame).to_arrow()
    if engine == "pyarrow":
        return table
    import duckdb  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    if batch.quantity_kind == "text":
        scale = max(len(one.partition(".")[2]) for one in frame["quantity"])  # no wider than they are: sums need room
        decimals = pa.array([Decimal(one) for one in frame["quantity"]], pa.decimal128(_BROADEST, scale))
        table = table.set_column(table.column_names.index("quantity"), "quantity", decimals)
    return duckdb.from_arrow(table)


def _table_file(folder: Path, stem: str) -> tuple[Path | None, list[Finding]]:
    """Return the one file that a table of this name is read from, and a remark on each that only bears its name."""
    named = [path for path in sorted(folder.glob("*")) if path.stem.lower() == stem]
    files = [path for path in named if path.is_file() and path.suffix.lower() in _TABLES]
    other = [path for path in named if path.is_file() and path.suffix.lower() in _OTHER_TABLES]
    if other:
        raise InputError("file-kind", file=other[0].name, known=[".csv", ".xlsx"])
    if len(files) > 1:
        raise InputError("table-twice", table=stem, files=[path.name for path in files])
    notes = [
        Finding(code="side-not-read", severity="warning", where=Where(file=path.name), data={"table": stem})
        for path in named
        if path not in files
    ]
    return (files[0] if files else None), notes


def _sheets_of(path: Path, model: type[BaseModel] | None) -> tuple[list[Table], list[Finding]]:
    """Return the sheets of a file that hold data, and remarks: sheets of notes are left aside, repeated rows named."""
    tables = [_without_origin(one) for one in read_tables(path)]
    needed = {name for name, field in model.model_fields.items() if field.is_required()} if model else set()
    prose = [table for table in tables if needed and _is_prose(table, needed)]
    kept = [table for table in tables if table not in prose] or tables  # a lone sheet is a table, however it looks
    notes = [
        Finding(code="sheet-skipped", severity="warning", where=Where(file=table.file, sheet=table.sheet))
        for table in tables
        if table not in kept
    ]
    return kept, [*notes, *_repeated_rows(kept)]


def _is_prose(table: Table, known: set[str]) -> bool:
    """Say whether a sheet is one of notes, not of data."""
    return not set(table.columns) & known and table.sheet is not None and len(table.columns) < _TABLE_COLUMNS


def _repeated_rows(tables: Sequence[Table]) -> Iterator[Finding]:
    """Name rows that are wholly identical to one before: the same bill, perhaps, entered twice."""
    first: dict[tuple[tuple[str, str], ...], str] = {}
    for table in tables:
        for row in table.rows:
            place = f"{table.sheet}!{row.number}" if len(tables) > 1 else str(row.number)
            before = first.setdefault(tuple(sorted(row.cells.items())), place)
            if before != place:
                yield Finding(code="row-repeated", severity="warning", where=table.where(row), data={"row": before})


def _derived_tables(path: Path) -> tuple[list[Table], list[Finding]]:
    """Return the activity rows that derive from a file, and remarks."""
    stem = path.stem.lower()
    derivation = DERIVATIONS[stem]
    sheets, notes = _sheets_of(path, derivation.model)
    if len(sheets) > 1 and "id" in derivation.model.model_fields:
        # ids are made of the row's number, which each sheet has
        sheets = [_with_ids(stem, table) for table in sheets]
    origins = {
        (table.sheet, row.number): {name: row.cells[name] for name in ORIGIN if name in row.cells}
        for table in read_tables(path)
        for row in table.rows
    }
    return [_with_origin(derivation(table), origins) for table in sheets], notes


def _without_origin(table: Table) -> Table:
    """Return a table without the columns that say from where its rows were taken in."""
    if not set(ORIGIN) & set(table.columns):
        return table
    rows = (
        Row(row.number, {name: text for name, text in row.cells.items() if name not in ORIGIN}) for row in table.rows
    )
    return replace(table, columns=tuple(one for one in table.columns if one not in ORIGIN), rows=tuple(rows))


def _with_origin(table: Table, origins: Mapping[tuple[str | None, int], dict[str, str]]) -> Table:
    """Return derived rows with the origin of the rows that they derive from."""
    rows = (Row(row.number, row.cells | origins.get((table.sheet, row.number), {})) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _with_ids(stem: str, table: Table) -> Table:
    rows = (Row(row.number, {"id": f"{stem}-{table.sheet}-{row.number}"} | row.cells) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _activity_files(workspace: Path) -> tuple[list[Table], list[Any], list[Finding], list[Finding]]:
    """Read ``activity/`` and what rows derive from; what cannot be read is noted, never passed over."""
    folder = workspace / "activity"
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    paths = [one for one in paths if not is_nobodys(one.name)]
    notes: list[Finding] = []
    problems: list[Finding] = []
    derived: list[Path] = []
    for stem in DERIVATIONS:
        try:
            found, remarks = _table_file(workspace, stem)
        except InputError as error:
            problems += _as_findings(error, None)
            continue
        derived += [found] if found else []
        notes += remarks
    if not (paths or derived or problems):
        raise InputError("no-activity-files", folder=str(folder))
    tables: list[Table] = []
    frames: list[Any] = []
    for path in [*paths, *derived]:
        try:
            if path in derived:
                made, remarks = _derived_tables(path)
                tables += made
                notes += remarks
            elif path.is_dir():
                problems.append(Finding(code="subfolder", severity="error", data={"folder": path.name}))
            elif path.suffix.lower() == ".parquet":
                frame = read_parquet(path)
                frames.append(frame.assign(origin_file=path.name, origin_row=range(1, len(frame) + 1)))
            else:
                tables += read_tables(path)
        except InputError as error:
            problems += _as_findings(error, path.name)
        except OSError as error:
            data = {"file": path.name, "why": error.strerror or str(error)}
            problems.append(Finding(code="file-system", severity="error", data=data))
    return tables, frames, notes, problems


def _as_findings(error: CarbonError, file: str | None) -> list[Finding]:
    """Return an error as findings: its own problems, or itself."""
    if error.problems:
        return [one for one in error.problems if isinstance(one, Finding)]
    where = None if "file" in error.data else Where(file=file)
    return [Finding(code=error.code, severity="error", where=where, data=error.data)]


def _frame_of(tables: Sequence[Table]) -> "tuple[pd.DataFrame | None, list[Finding], list[Finding]]":
    """Return all tables as one frame of text with the origin of each row, remarks, and what is wrong."""
    import pandas as pd  # noqa: PLC0415

    notes: list[Finding] = []
    problems: list[Finding] = []
    used: list[Table] = []
    for table in tables:
        remarks, wrong = _table_findings(table)
        notes += [*table.notes, *remarks]
        problems += wrong
        if not _missing(table) and not table.problems:  # broken cells do not hide other problems
            used.append(table)
    columns = list(dict.fromkeys(column for table in used for column in table.columns))
    cells = [row.cells for table in used for row in table.rows]
    if not cells:
        return None, notes, problems
    data: dict[str, list[Any]] = {name: [] if name in ORIGIN else [one.get(name) for one in cells] for name in columns}
    problems += _origin_problems(used)
    origins = [_origin(table, row) for table in used for row in table.rows]
    data |= dict(zip(ORIGIN, map(list, zip(*origins, strict=True)), strict=True))
    kept = {
        name: values for name, values in data.items() if name in REQUIRED or any(value is not None for value in values)
    }
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=None if name == "origin_row" else "str") for name, values in kept.items()}
    )
    return frame, notes, problems


def _origin(table: Table, row: Row) -> tuple[str, str | None, int]:
    """Return file, sheet and row of the delivered file; the row's own place where none is stated."""
    cells = row.cells
    if "origin_file" not in cells:
        return table.file, table.sheet, row.number
    stated = cells.get("origin_row", "")
    number = int(stated) if _ROW_NUMBER.fullmatch(stated) else row.number
    return cells["origin_file"], cells.get("origin_sheet"), number


def _origin_problems(tables: Sequence[Table]) -> list[Finding]:
    """Return the cells of ``origin_row`` that state no row."""
    return [
        Finding(code="origin-row-broken", severity="error", where=table.where(row, "origin_row"))
        for table in tables
        for row in table.rows
        if "origin_row" in row.cells and not _ROW_NUMBER.fullmatch(row.cells["origin_row"])
    ]


def _separated(frame: "pd.DataFrame | None") -> "tuple[pd.DataFrame | None, pd.DataFrame | None]":
    """Return the rows that stand for themselves, and those that state ``part_of`` or ``role``."""
    if frame is None or not {"part_of", "role"} & set(frame.columns):
        return frame, None
    named = [name for name in ("part_of", "role") if name in frame.columns]
    memo = frame[named].notna().any(axis=1)
    apart = frame[memo].reset_index(drop=True)
    for name in ("part_of", "role"):
        apart[name] = apart[name].fillna("") if name in apart else ""
    kept = frame[~memo].drop(columns=named).reset_index(drop=True)
    return (kept if len(kept) else None), apart


def _with_credits(text: "pd.DataFrame | None", memo: "pd.DataFrame", parts: Sequence[Part]) -> "pd.DataFrame":
    """Return the rows that stand for themselves with every feedstock row taken off the bill that contains it."""
    import pandas as pd  # noqa: PLC0415

    taken = {one.row.activity_id: credit_of(one) for one in parts if one.feedstock}
    ids = memo["activity_id"].str.strip()
    credited = memo[ids.isin(list(taken))].drop(columns="meter", errors="ignore")  # it is no bill of its meter
    own = [name for name in ("period", "period_start", "period_end") if name in memo.columns]
    for name in ("quantity", "credit", *own, "region", "technology", "instrument"):
        cells = [taken[one][name] or None for one in ids[credited.index]]
        if name in credited or any(cells):
            credited[name] = pd.Series(cells, credited.index, "str")
    return credited if text is None else pd.concat([text, credited], ignore_index=True)


def _with_rows(text: "pd.DataFrame | None", rows: Sequence[Mapping[str, str]]) -> "pd.DataFrame":
    """Return the rows of people's tables and those that fill gaps, which have their period as the tables state it."""
    import pandas as pd  # noqa: PLC0415

    dated = {"period_start", "period_end"}
    wanted = {"period"} if text is None or "period" in text.columns else dated
    own = pd.DataFrame(
        {
            name: pd.Series([row[name] or None for row in rows], dtype="str")
            for name in rows[0]
            if name not in {"period", *dated} - wanted
        }
    )
    own = own.dropna(axis="columns", how="all")
    if text is None:
        return own
    whole = {name: "Int64" for name in ("origin_row",) if name in text.columns}  # what has no row makes no fractions
    return pd.concat([text.astype(whole), own], ignore_index=True)


def _alike(frames: Sequence["pd.DataFrame"], names: Sequence[str]) -> Iterator["pd.DataFrame"]:
    """Yield Parquet tables with columns that others have: what a row does not state is told apart from what it does."""
    import pandas as pd  # noqa: PLC0415

    for one in frames:
        blank = {name: pd.Series(None, one.index, "str") for name in names if name not in one.columns}
        yield one.assign(**blank) if blank else one


def _missing(table: Table) -> list[str]:
    """Return the columns that a table of activity data needs and does not have."""
    missing = [name for name in REQUIRED if name not in table.columns]
    dated = "period" in table.columns or {"period_start", "period_end"} <= set(table.columns)
    return missing if dated else [*missing, "period"]


def _table_findings(table: Table) -> tuple[list[Finding], list[Finding]]:
    """Return remarks on a table of activity data, and what makes it unusable."""
    place = Where(file=table.file, sheet=table.sheet)
    if not set(table.columns) & set(REQUIRED):
        if _is_prose(table, set(REQUIRED)):
            return [Finding(code="sheet-skipped", severity="warning", where=place)], []
        data = {"found": table.columns, "wanted": [*REQUIRED, "period"]}
        return [], [Finding(code="headings-unknown", severity="error", where=place, data=data)]
    problems = list(table.problems)
    problems += [
        Finding(code="column-missing", severity="error", where=place, data={"column": name, "found": table.columns})
        for name in _missing(table)
    ]
    notes = [
        Finding(
            code="column-not-used",
            severity="warning",
            where=place,
            data={"column": name, "known": near(name, _KNOWN) or ["-"]},
        )
        for name in table.columns
        if name not in _KNOWN
    ]
    for row in table.rows:
        if _NO_VALUES.isdisjoint(row.cells.values()):
            continue
        for column, value in row.cells.items():
            if column != "quantity" and value in _NO_VALUES:
                problems.append(
                    Finding(
                        code="number-excel-error",
                        severity="error",
                        where=table.where(row, column),
                        data={"value": value},
                    )
                )
    if not table.rows:
        problems.append(Finding(code="table-without-rows", severity="error", where=place))
    return notes, problems


def _repeated_ids(batches: Sequence[Activities]) -> list[Finding]:
    """Return the ids that stand in more than one batch: a bill in a workbook and in a Parquet file counts twice."""
    seen: set[str] = set()
    repeated: set[str] = set()
    for batch in batches if len(batches) > 1 else ():
        ids = batch.ids()
        repeated |= seen & ids
        seen |= ids
    return [
        Finding(code="id-in-several-files", severity="error", data={"activity_id": one, "count": len(repeated)})
        for one in sorted(repeated)[:MAX_ROWS_PER_RULE]
    ]
