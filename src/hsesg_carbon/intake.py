"""The activity data of a folder: every table that people keep becomes validated rows, or a fault with its place."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsesg_carbon.activities import MAX_ROWS_PER_RULE, OPTIONAL, REQUIRED, Activities, Site
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.submeters import check_parts
from hsesg_carbon.tables import EXCEL_ERRORS, UNCALCULATED, Table, read_parquet, read_tables

if TYPE_CHECKING:
    import pandas as pd

_KNOWN = (*REQUIRED, *OPTIONAL, "part_of", "role")
_IGNORED = (".", "~$")
_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
_TABLE_COLUMNS = 4
"""A sheet with so many columns is a table whose headings nobody knows, not a sheet of notes."""


def read_activities(
    workspace: Path, sites: Sequence[Site], library: FactorLibrary
) -> tuple[tuple[Activities, ...], Activities | None]:
    """
    Read ``activity/`` of a workspace and the tables that rows derive from (``refrigerants.csv`` ...).

    Returns:
        The tables of people as one batch and each Parquet file as one more; and apart the rows with ``part_of``,
        which other rows contain (``None`` if there are none).

    Raises:
        InputError: Everything that is wrong in all tables, with file, sheet, row and column.
    """
    tables, frames, problems = _activity_files(workspace)
    text, notes, wrong = _frame_of(tables)
    problems += wrong
    text, memo = _separated(text)
    problems += [Finding(code="part-of-parquet", severity="error") for one in frames if "part_of" in one.columns]
    batches = []
    for frame in ([] if text is None else [text]) + frames:
        try:
            batches.append(Activities(frame, sites, library, unique_ids=True))
        except InputError as error:
            told = {one.where for one in problems}
            problems += [one for one in _as_findings(error, None) if one.where not in told]
    memos: list[Activities] = []
    if memo is not None and not problems:
        try:
            memos.append(Activities(memo, sites, library, unique_ids=True))
        except InputError as error:
            problems += _as_findings(error, None)
        problems += check_parts(_stated_parts(memo), _containers(batches))
    if not problems:
        problems += _repeated_ids([*batches, *memos])
    if problems or not batches:
        raise InputError("activities-broken", problems, count=len(problems))
    batches[0].findings[:0] = notes
    return tuple(batches), memos[0] if memos else None


# -------------------------------------------------------------------------------------------------- private


def _activity_files(workspace: Path) -> tuple[list[Table], list[Any], list[Finding]]:
    """Read ``activity/`` and what rows derive from; what cannot be read is noted, never passed over."""
    folder = workspace / "activity"
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    paths = [path for path in paths if not path.name.startswith(_IGNORED) and path.name.lower() not in _SYSTEM_FILES]
    derived = [path for path in sorted(workspace.glob("*.*")) if path.stem.lower() in DERIVATIONS]
    if not paths and not derived:
        raise InputError("no-activity-files", folder=str(folder))
    tables: list[Table] = []
    frames: list[Any] = []
    problems: list[Finding] = []
    for path in [*paths, *derived]:
        try:
            if path in derived:
                tables += map(DERIVATIONS[path.stem.lower()], read_tables(path))
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
    return tables, frames, problems


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
        if set(table.columns) >= set(REQUIRED) and not table.problems:  # broken cells do not hide other problems
            used.append(table)
    columns = list(dict.fromkeys(column for table in used for column in table.columns))
    rows = [(table, row) for table in used for row in table.rows]
    if not rows:
        return None, notes, problems
    data: dict[str, list[Any]] = {name: [row.cells.get(name) for _, row in rows] for name in columns}
    data["origin_file"] = [table.file for table, _ in rows]
    data["origin_sheet"] = [table.sheet for table, _ in rows]
    data["origin_row"] = [row.number for _, row in rows]
    kept = {
        name: values for name, values in data.items() if name in REQUIRED or any(value is not None for value in values)
    }
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=None if name == "origin_row" else "str") for name, values in kept.items()}
    )
    return frame, notes, problems


def _separated(frame: "pd.DataFrame | None") -> "tuple[pd.DataFrame | None, pd.DataFrame | None]":
    """Return the rows that stand for themselves, and those that state ``part_of`` or ``role``."""
    if frame is None or "part_of" not in frame.columns:
        return frame, None
    named = [name for name in ("part_of", "role") if name in frame.columns]
    memo = frame[named].notna().any(axis=1)
    apart = frame[memo].reset_index(drop=True)
    for name in ("part_of", "role"):
        apart[name] = apart[name].fillna("") if name in apart else ""
    kept = frame[~memo].drop(columns=named).reset_index(drop=True)
    return (kept if len(kept) else None), apart


def _stated_parts(memo: "pd.DataFrame") -> list[tuple[str, str, Where]]:
    return [
        (one["part_of"], one["role"], Where(file=one["origin_file"], sheet=one["origin_sheet"], row=one["origin_row"]))
        for one in memo.reindex(columns=["part_of", "role", "origin_file", "origin_sheet", "origin_row"])
        .astype(object)
        .where(lambda held: held.notna(), None)
        .to_dict("records")
    ]


def _containers(batches: Sequence[Activities]) -> frozenset[str]:
    """Return the ids and meters that can contain other rows."""
    names: set[str] = set()
    for batch in batches:
        names |= batch.ids()
        if "meter" in list(batch.frame.columns):
            names |= {str(one) for one in batch.frame["meter"].to_list() if one is not None}
    return frozenset(names)


def _table_findings(table: Table) -> tuple[list[Finding], list[Finding]]:
    """Return remarks on a table of activity data, and what makes it unusable."""
    place = Where(file=table.file, sheet=table.sheet)
    if not set(table.columns) & set(REQUIRED):
        if table.sheet is not None and len(table.columns) < _TABLE_COLUMNS:  # a sheet of notes, not of data
            return [Finding(code="sheet-skipped", severity="warning", where=place)], []
        data = {"found": table.columns, "wanted": [*REQUIRED, "period"]}
        return [], [Finding(code="headings-unknown", severity="error", where=place, data=data)]
    problems = list(table.problems)
    missing = [name for name in REQUIRED if name not in table.columns]
    if not ("period" in table.columns or {"period_start", "period_end"} <= set(table.columns)):
        missing.append("period")
    problems += [
        Finding(code="column-missing", severity="error", where=place, data={"column": name, "found": table.columns})
        for name in missing
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
        for column, value in row.cells.items():
            if column != "quantity" and (value in EXCEL_ERRORS or value == UNCALCULATED):
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
