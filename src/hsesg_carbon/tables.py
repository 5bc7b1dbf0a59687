"""The only reader of files: CSV, Excel and TOML become text with a place; numbers are made later, and exactly."""

import csv
import io
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hsesg_carbon.errors import InputError, near
from hsesg_carbon.findings import Finding, Where

M = TypeVar("M", bound=BaseModel)

EXCEL_ERRORS = frozenset({"#DIV/0!", "#REF!", "#N/A", "#NAME?", "#NUM!", "#VALUE!", "#NULL!", "#SPILL!", "#CALC!"})
MAX_BYTES = 512 * 1024 * 1024
"""Largest size of a file, and of a workbook once unpacked: a bound against zip bombs."""
_MAX_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts (the heading is 1) and its non-blank cells, as text, by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text: the file it came from, its sheet (Excel), its columns and its non-blank rows."""

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def where(self, row: Row, column: str | None = None) -> Where:
        """Return the place of a cell, with its value."""
        value = None if column is None else row.cells.get(column)
        return Where(file=self.file, sheet=self.sheet, row=row.number, column=column, value=value)

    def check_columns(self, needed: Iterable[str], known: Iterable[str]) -> list[Finding]:
        """Return a finding for every needed column that is missing and every column nobody knows."""
        known = list(known)
        place = Where(file=self.file, sheet=self.sheet, row=1)
        problems = [
            Finding(
                code="column-missing", severity="error", where=place, data={"column": column, "found": self.columns}
            )
            for column in needed
            if column not in self.columns
        ]
        problems += [
            Finding(
                code="column-unknown",
                severity="error",
                where=place,
                data={"column": column, "known": near(column, known) or known},
            )
            for column in self.columns
            if column not in known
        ]
        return problems

    def records(self, model: type[M], split: frozenset[str] = frozenset()) -> tuple[list[M], list[Finding]]:
        """
        Return one ``model`` per row, and a finding for every cell that does not fit.

        Cells of the columns in ``split`` hold several values, separated by ``;``.
        """
        fields = model.model_fields
        needed = [name for name, field in fields.items() if field.is_required()]
        problems = self.check_columns(needed, fields)
        records: list[M] = []
        for row in self.rows if not problems else ():
            cells: dict[str, Any] = dict(row.cells)
            for column in split & cells.keys():
                cells[column] = tuple(one.strip() for one in cells[column].split(";") if one.strip())
            try:
                records.append(model.model_validate(cells))
            except ValidationError as error:
                problems += [self._misfit(row, one["loc"], one["type"], one["msg"]) for one in error.errors()]
        return records, problems

    def _misfit(self, row: Row, loc: tuple[Any, ...], reason: str, why: str) -> Finding:
        column = str(loc[0]) if loc else None
        if reason == "missing":
            return Finding(code="cell-blank", severity="error", where=self.where(row, column), data={"column": column})
        return Finding(code="cell-misfit", severity="error", where=self.where(row, column), data={"why": why})


def read_toml(path: Path | Traversable) -> dict[str, Any]:
    """
    Return a TOML file as a dict; its decimals are exact (``Decimal``).

    Raises:
        InputError: The file is missing or is no TOML; the message says in which line.
    """
    text = _decode(_bytes(path), path.name)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError("toml-broken", file=path.name, why=str(error)) from error


def read_tables(path: Path | Traversable) -> list[Table]:
    """
    Return the tables of a CSV file (one) or an Excel workbook (one per sheet that is not empty), all cells as text.

    Raises:
        InputError: The file is missing, empty, too large or not what its name says.
    """
    suffix = path.name.rsplit(".", 1)[-1].lower()
    if suffix == "csv":
        return [_table(path.name, None, _csv_rows(_decode(_bytes(path), path.name), path.name))]
    if suffix in {"xlsx", "xlsm"}:
        tables = [_table(path.name, sheet, rows) for sheet, rows in _excel_sheets(_bytes(path), path.name) if rows]
        if not tables:
            raise InputError("file-empty", file=path.name)
        return tables
    raise InputError("file-kind", file=path.name, known=[".csv", ".xlsx"])


def read_parquet(path: Path) -> Any:
    """
    Return a Parquet file as a pandas frame, its columns as they are typed.

    Raises:
        InputError: It is no Parquet file, or neither pyarrow nor fastparquet is installed.
    """
    import pandas as pd  # noqa: PLC0415

    try:
        return pd.read_parquet(path)
    except ImportError as error:
        raise InputError("parquet-engine", file=path.name) from error
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise InputError("parquet-broken", file=path.name, why=str(error)[:200]) from error


def _bytes(path: Path | Traversable) -> bytes:
    if not path.is_file():
        raise InputError("file-missing", file=str(path))
    if isinstance(path, Path) and path.stat().st_size > MAX_BYTES:
        raise InputError("file-too-large", file=path.name, limit=MAX_BYTES // 1024**2)
    return path.read_bytes()


def _decode(raw: bytes, file: str) -> str:
    """Decode UTF-8 with or without a byte-order mark, or GB 18030, in which Chinese Excel saves CSV files."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("file-encoding", file=file)


def _csv_rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    if not text.strip():
        raise InputError("file-empty", file=file)
    if "\0" in text:
        raise InputError("file-encoding", file=file)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 0
    try:
        for cells in reader:  # a quoted cell may span lines: name the line on which the row begins
            rows.append((line + 1, cells))
            line = reader.line_num
    except csv.Error as error:
        raise InputError("csv-broken", file=file, line=line + 1, why=str(error)) from error
    return rows


def _excel_sheets(raw: bytes, file: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    """Yield each sheet's rows as text: cached values, and a marker where a formula was never calculated."""
    from openpyxl import load_workbook  # noqa: PLC0415  (slow to import, and CSV users never need it)

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InputError("excel-broken", file=file, why=str(error)) from error
    if unpacked > MAX_BYTES:
        raise InputError("file-too-large", file=file, limit=MAX_BYTES // 1024**2)
    try:
        values = load_workbook(io.BytesIO(raw), data_only=True, read_only=True)
        formulas = load_workbook(io.BytesIO(raw), data_only=False, read_only=True)
        for sheet in values.worksheets:
            rows = []
            both = zip(sheet.iter_rows(), formulas[sheet.title].iter_rows(), strict=True)
            for number, (shown, written) in enumerate(both, start=1):
                cells = [_excel_text(a.value, b.value) for a, b in zip(shown, written, strict=True)]
                if any(cells):
                    rows.append((number, cells))
            yield sheet.title, rows
    except Exception as error:  # openpyxl raises whatever a damaged part of the archive happens to provoke
        raise InputError("excel-broken", file=file, why=f"{type(error).__name__}: {error}"[:200]) from error


def _excel_text(value: Any, written: Any) -> str:
    """Return a cell as the text a person would type: shortest decimals, ISO dates."""
    if value is None:
        return "#UNCALCULATED" if isinstance(written, str) and written.startswith("=") else ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value).strip()


def _table(file: str, sheet: str | None, rows: list[tuple[int, list[str]]]) -> Table:
    """Make a table of numbered rows, the first of which that is not blank is the heading."""
    filled = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    filled = [(number, cells) for number, cells in filled if any(cells)]
    if not filled:
        raise InputError("file-empty", file=file)
    (heading, names), *body = filled
    columns = tuple(name.lower() for name in names)
    while columns and not columns[-1]:
        columns = columns[:-1]
    problems = []
    if len(set(columns)) < len(columns) or "" in columns:
        place = Where(file=file, sheet=sheet, row=heading)
        problems.append(Finding(code="heading-broken", severity="error", where=place, data={"found": columns}))
    table_rows = []
    for number, cells in body:
        if any(cells[len(columns) :]) and len(problems) < _MAX_PROBLEMS:
            place = Where(file=file, sheet=sheet, row=number)
            problems.append(
                Finding(
                    code="row-too-long",
                    severity="error",
                    where=place,
                    data={"cells": len(cells), "columns": len(columns)},
                )
            )
        table_rows.append(Row(number, {c: v for c, v in zip(columns, cells, strict=False) if v}))
    if problems:
        raise InputError("table-broken", problems, file=file)
    return Table(file, sheet, columns, tuple(table_rows))
