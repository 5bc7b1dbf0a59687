"""The only reader of files: CSV, Excel and TOML become text with a place; numbers are made later, and exactly."""

import csv
import io
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.resources.abc import Traversable
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.units import parse_number

M = TypeVar("M", bound=BaseModel)

EXCEL_ERRORS = frozenset({"#DIV/0!", "#REF!", "#N/A", "#NAME?", "#NUM!", "#VALUE!", "#NULL!", "#SPILL!", "#CALC!"})
UNCALCULATED = "#UNCALCULATED"
"""What a cell reads whose formula was never calculated."""

MAX_BYTES = 512 * 1024 * 1024
"""Largest size of a file, and of a workbook once unpacked: a bound against zip bombs."""
_MAX_PROBLEMS = 100
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(/\d+)?")
_LIMITS = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}


_opened: ContextVar[set[str] | None] = ContextVar("_opened", default=None)


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """
    Give the set in which every file that is read from here on is noted, by its path.

    So a seal can say which files of a folder the accounts rest on, and which merely lie there.
    """
    files: set[str] = set()
    token = _opened.set(files)
    try:
        yield files
    finally:
        _opened.reset(token)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts (the heading is 1) and its non-blank cells, as text, by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table of text: the file it came from, its sheet (Excel), its columns and its non-blank rows.

    ``problems`` make it unusable as a table of data (a sheet of notes may have them and be left aside); ``notes`` are
    remarks on how it was read.
    """

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()

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

    def records(
        self, model: type[M], split: frozenset[str] = frozenset(), check: Callable[[M], None] | None = None
    ) -> tuple[list[M], list[Finding]]:
        """
        Return one ``model`` per row, and a finding for every cell that does not fit.

        Cells of the columns in ``split`` hold several values, separated by ``;``. ``check`` may raise a ``CarbonError``
        on a record; it becomes a finding at its row.
        """
        fields = model.model_fields
        needed = [name for name, field in fields.items() if field.is_required()]
        numbers = [name for name, field in fields.items() if "Decimal" in str(field.annotation)]
        problems = [*self.problems, *self.check_columns(needed, fields)]
        if not self.rows:
            problems.append(
                Finding(code="table-without-rows", severity="error", where=Where(file=self.file, sheet=self.sheet))
            )
        records: list[M] = []
        for row in self.rows if not problems else ():
            cells: dict[str, Any] = dict(row.cells)
            for column in split & cells.keys():
                cells[column] = tuple(one.strip() for one in cells[column].split(";") if one.strip())
            wrong: list[Finding] = []
            for column in numbers:
                if column in cells:
                    try:
                        cells[column] = parse_number(cells[column])
                    except InputError as error:
                        wrong.append(
                            Finding(code=error.code, severity="error", where=self.where(row, column), data=error.data)
                        )
            if not wrong:
                try:
                    record = model.model_validate(cells)
                    if check is not None:
                        check(record)
                    records.append(record)
                except ValidationError as error:
                    wrong = [
                        one.model_copy(update={"where": self.where(row, str(one.data.get("key", "")) or None)})
                        for one in misfits(error, model)
                    ]
                except CarbonError as error:
                    wrong = [Finding(code=error.code, severity="error", where=self.where(row), data=error.data)]
            problems += wrong
        return records, problems


def misfits(error: ValidationError, model: type[BaseModel] | None = None) -> list[Finding]:
    """Return what a record or a settings file has wrong, in the words of the message catalogue."""
    known = list(model.model_fields) if model is not None else []
    findings = []
    for one in error.errors():
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in one["loc"])
        context = one.get("ctx", {})
        data: dict[str, Any] = {"key": key}
        if one["type"] == "missing":
            code = "key-missing"
        elif one["type"] == "extra_forbidden":
            word = key.rsplit(".", 1)[-1]
            code, data["known"] = "key-unknown", [one for one in near(word, known) or known if one != word]
        elif one["type"] == "literal_error":
            code, data["expected"] = "key-not-allowed", context.get("expected", "")
        elif one["type"] in _LIMITS:
            code, data["limit"] = "key-out-of-range", f"{_LIMITS[one['type']]} {next(iter(context.values()))}"
        elif one["type"].startswith("date_"):
            code = "key-not-a-day"
        elif isinstance(own := context.get("error"), CarbonError):  # a validator that says it in our words
            code, data = own.code, {**own.data, **({"key": key} if key else {})}
        else:
            code, data["why"] = "key-misfit", one["msg"]
        findings.append(Finding(code=code, severity="error", data=data))
    return findings


def read_toml(path: Path | Traversable) -> dict[str, Any]:
    """
    Return a TOML file as a dict; its decimals are exact (``Decimal``).

    Raises:
        InputError: The file is missing or is no TOML; the message says in which line.
    """
    text, _ = _decode(read_bytes(path), path.name)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError("toml-broken", file=path.name, why=str(error)) from error


def read_record(path: Path, model: type[M]) -> M:
    """
    Read a TOML file that is one record.

    Raises:
        InputError: The file is no TOML, or keys are missing, unknown or do not fit: all of them in one error.
    """
    try:
        return model.model_validate(read_toml(path))
    except ValidationError as error:
        place = {"where": Where(file=path.name)}
        problems = [_with_key(one).model_copy(update=place) for one in misfits(error, model)]
        raise InputError("settings-broken", problems, file=path.name) from error


def _with_key(problem: Finding) -> Finding:
    """Return a problem whose sentence names its key: those of single values do not know where they stand."""
    plain = {lang: problem.message(lang) for lang in LANGUAGES}
    key = problem.data.get("key", "")
    if not key or key in plain["en"]:
        return problem
    return problem.model_copy(update={"code": "key-refused", "data": {"key": key, "why": plain}})


def read_tables(path: Path | Traversable) -> list[Table]:
    """
    Return the tables of a CSV file (one) or an Excel workbook (one per sheet that is not empty), all cells as text.

    Raises:
        InputError: The file is missing, empty, too large or not what its name says.
    """
    suffix = path.name.rsplit(".", 1)[-1].lower()
    if suffix == "csv":
        return [parse_csv(read_bytes(path), path.name)]
    if suffix in {"xlsx", "xlsm"}:
        sheets = _excel_sheets(read_bytes(path), path.name)
        tables = [_table(path.name, sheet, rows, notes) for sheet, rows, notes in sheets if rows]
        if not tables:
            raise InputError("file-empty", file=path.name)
        return tables
    raise InputError("file-kind", file=path.name, known=[".csv", ".xlsx", ".parquet"])


def parse_csv(data: bytes, file: str) -> Table:
    """
    Return the table that the bytes of a CSV file hold.

    Raises:
        InputError: They are no text, or no CSV; the message says in which line.
    """
    text, notes = _decode(data, file)
    return _table(file, None, _csv_rows(text, file), notes)


def csv_cells(data: bytes, file: str) -> list[list[str]]:
    """
    Return the cells of a CSV file as they stand, lines above a heading and blanks around them among them.

    Raises:
        InputError: They are no text, or no CSV; the message says in which line.
    """
    text, _ = _decode(data, file)
    return [cells for _, cells in _csv_rows(text, file)]


def read_parquet(path: Path) -> Any:
    """
    Return a Parquet file as a pandas frame, its columns as they are typed.

    Raises:
        InputError: It is no Parquet file, or neither pyarrow nor fastparquet is installed.
    """
    import pandas as pd  # noqa: PLC0415

    _note(path)
    try:
        return pd.read_parquet(path)
    except ImportError as error:
        raise InputError("parquet-engine", file=path.name) from error
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise InputError("parquet-broken", file=path.name, why=str(error)[:200]) from error


def read_bytes(path: Path | Traversable, limit: int = MAX_BYTES) -> bytes:
    """
    Return a file as it is.

    Raises:
        InputError: It is missing, or larger than ``limit`` bytes.
    """
    if not path.is_file():
        raise InputError("file-missing", file=str(path))
    if isinstance(path, Path) and path.stat().st_size > limit:
        raise InputError("file-too-large", file=path.name, limit=limit // 1024**2)
    _note(path)
    return path.read_bytes()


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Return rows of text as CSV in which no cell can become a formula when a spreadsheet opens it.

    Example:
        >>> table_text(["site", "value"], [["=1+1", "-1/3"]]).splitlines()[1]
        "'=1+1,-1/3"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow(
            [f"'{one}" if one.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(one) else one for one in row]
        )
    return text.getvalue()


def _note(path: Path | Traversable) -> None:
    files = _opened.get()
    if files is not None:
        files.add(str(path))


def _decode(raw: bytes, file: str) -> tuple[str, list[Finding]]:
    """Decode UTF-8 with or without a byte-order mark, or, with a remark, GB 18030, which Chinese Excel writes."""
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise InputError("file-encoding", file=file) from error
    return text, [Finding(code="read-as-gb18030", severity="info", where=Where(file=file))]


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


def _excel_sheets(raw: bytes, file: str) -> Iterator[tuple[str, list[tuple[int, list[str]]], list[Finding]]]:
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
            written = formulas[sheet.title]
            for one in (sheet, written):
                one.reset_dimensions()  # exporters often state too small a range, beyond which rows would be lost
            rows = []
            for number, both in enumerate(zip(sheet.iter_rows(), written.iter_rows(), strict=True), start=1):
                pairs = zip_longest(*both)
                cells = [_excel_text(a and a.value, b and b.value) for a, b in pairs]
                if any(cells):
                    rows.append((number, cells))
            hidden = getattr(sheet, "sheet_state", "visible") != "visible"
            place = Where(file=file, sheet=sheet.title)
            notes = [Finding(code="sheet-hidden", severity="warning", where=place)] if hidden and rows else []
            yield sheet.title, rows, notes
    except Exception as error:  # openpyxl raises whatever a damaged part of the archive happens to provoke
        raise InputError("excel-broken", file=file, why=f"{type(error).__name__}: {error}"[:200]) from error


def _excel_text(value: Any, written: Any) -> str:
    """Return a cell as the text a person would type: shortest decimals, ISO dates."""
    if value is None:
        return "" if written is None or written == "" else UNCALCULATED
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value).strip()


def _table(file: str, sheet: str | None, rows: list[tuple[int, list[str]]], notes: Sequence[Finding] = ()) -> Table:
    """
    Make a table of numbered rows.

    The heading is the first row with two cells: a title above it has one. Columns without heading and content are
    left out.
    """
    filled = [(number, list(map(str.strip, cells))) for number, cells in rows]
    filled = [(number, cells) for number, cells in filled if any(cells)]
    if not filled:
        raise InputError("file-empty", file=file)
    start = next((place for place, (_, cells) in enumerate(filled) if sum(map(bool, cells)) > 1), 0)
    (heading, titles), *body = filled[start:]
    names = [name.lower() for name in titles]
    width = max(len(cells) for _, cells in filled[start:])
    unnamed = [place for place in range(width) if not "".join(names[place : place + 1])]
    columns = tuple(filter(None, names))
    problems = []
    if len(set(columns)) < len(columns):
        repeated = sorted({one for one in columns if columns.count(one) > 1})
        problems.append(
            Finding(
                code="heading-repeated",
                severity="error",
                data={"found": repeated},
                where=Where(file=file, sheet=sheet, row=heading),
            )
        )
    table_rows = []
    for number, cells in body:
        stray = [cells[place] for place in unnamed if place < len(cells) and cells[place]]
        if stray and len(problems) < _MAX_PROBLEMS:
            problems.append(
                Finding(
                    code="cell-without-heading",
                    severity="error",
                    data={"cells": stray[:3]},
                    where=Where(file=file, sheet=sheet, row=number),
                )
            )
        # a short row ends early: the cells that it lacks are blank
        table_rows.append(Row(number, {name: cell for name, cell in zip(names, cells, strict=False) if cell and name}))
    return Table(file, sheet, columns, tuple(table_rows), tuple(problems), tuple(notes))


def raw_sheets(path: Path | Traversable) -> list[tuple[str | None, list[tuple[int, list[str]]], list[Finding]]]:
    """
    Return what a CSV file or a workbook holds, sheet by sheet, before any heading is looked for.

    A sheet is its name (``None`` of a CSV file), its rows with their numbers, all cells as text, and remarks.

    Raises:
        InputError: The file is missing, empty, too large or not what its name says.
    """
    suffix = path.name.rsplit(".", 1)[-1].lower()
    if suffix == "csv":
        text, notes = _decode(read_bytes(path), path.name)
        return [(None, _csv_rows(text, path.name), notes)]
    if suffix in {"xlsx", "xlsm"}:
        return list(_excel_sheets(read_bytes(path), path.name))
    raise InputError("file-kind", file=path.name, known=[".csv", ".xlsx"])
