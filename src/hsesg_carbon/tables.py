"""The only reader of files: CSV, Excel and TOML become text with a place; numbers are made later, and exactly."""

import codecs
import csv
import io
import re
import tomllib
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from hsesg_carbon import workbooks
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.findings import Finding, Severity, Where
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.periods import day_of
from hsesg_carbon.spelling import LONGEST
from hsesg_carbon.units import parse_number
from hsesg_carbon.workbooks import EVERY, Progress, Sheet, Shown, letter

M = TypeVar("M", bound=BaseModel)

_NOBODYS = (".", "~$")
"""How the names of files begin that nobody means to hand over: hidden ones, and the locks of open workbooks."""
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})

EXCEL_ERRORS = workbooks.EXCEL_ERRORS
UNCALCULATED = workbooks.UNCALCULATED
MAX_BYTES = workbooks.MAX_BYTES

IDENTIFIERS = frozenset({"activity_id", "id", "meter", "part_of"})
"""Columns whose cells are names, even where they look like numbers."""
PERIOD = "period"
"""The column in which a day that is shown as a month is that month."""

MAX_COLUMNS = 16_384
"""Columns of a table: as many as Excel has. What looks at each of them in turn would not end for a million."""
_MAX_ROWS = 2_000_000
"""Rows of a CSV file: twice as many as Excel has; a row takes some 400 bytes of memory, however short it is."""
_MAX_CELLS = 16_000_000
"""Cells of a CSV file: with 60 bytes for each, a gigabyte. Bulk data beyond it goes into Parquet."""
_MAX_LINE = 150_000
"""Commas of a line: more than ``MAX_COLUMNS`` and one cell of commas as long as a cell may be."""
_MAX_PARQUET_CELLS = 100_000_000
"""Rows times columns of a Parquet file that is read into memory: 8 bytes for each, whatever it holds."""
_MAX_TOML = 4 * 1024 * 1024
"""Bytes of settings: a hundred times the longest; each takes the parser half a microsecond."""
_MAX_KEYS = 30_000_000
"""Squares of dots in the lines of settings: a key of so many parts costs as much, a second for 5,000 of them."""
_MAX_DEPTH = 100
"""Levels of settings, of which people need five; what walks through them does not end in a stack that is full."""
_MAX_INTEGER = 64
"""Bits of an integer in settings, as TOML has it."""
_MAX_PROBLEMS = 100
_MAX_WHY = 200
"""Letters of what a parser says, which may repeat the file."""
_MAX_ALIKE = 10
"""Remarks of one kind in a column of which each is placed; more become one remark that counts them."""
_FEW = 3
"""Formulas of a column that make a habit, and how many times as many as the exceptions they must be."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a cell a formula when a spreadsheet opens a CSV file."""
_HARMFUL = re.compile(r"\n[=+\-@\t\r]")
"""What may become a formula in a spreadsheet, among cells that stand on a line each."""
_SEARCHED = 1000
"""So many rows are searched for it at once."""
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(/\d+)?")
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d{2,}")
_UNUSUAL = re.compile("[０-９\u00ad\u200b-\u200f\u2060\ufeff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_KEY_DOT = re.compile(r"\.(?!\d+[\"']?\s*,)")
"""A dot that may part a key: one in a list of numbers does not."""
_WIDE_NUMBER = re.compile(r"(?=.*[０-９])[0-9０-９.．,，+＋\-－/／:：%％\s]+")
_WIDE_GROUPED = re.compile(r"[+＋\-－]?[0-9０-９]{1,3}(，[0-9０-９]{3})+([.．][0-9０-９]+)?")
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
    remarks on how it was read. ``letters`` are those of its columns in a spreadsheet, ``heading`` is the row of the
    headings: both tell where a cell is in the user's own file.
    """

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    heading: int = 1

    def where(self, row: Row, column: str | None = None) -> Where:
        """Return the place of a cell, with its value."""
        value = None if column is None else row.cells.get(column)
        return Where(file=self.file, sheet=self.sheet, row=row.number, column=column, value=value)

    def check_columns(self, needed: Iterable[str], known: Iterable[str]) -> list[Finding]:
        """Return a finding for every needed column that is missing and every column nobody knows."""
        known = list(known)
        place = Where(file=self.file, sheet=self.sheet, row=self.heading)
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
            for column in [one for one in self.columns if one not in known][:_MAX_PROBLEMS]
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
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        needed = [name for name, field in fields.items() if field.is_required()]
        numbers = [name for name, field in fields.items() if "Decimal" in str(field.annotation)]
        days = [name for name, field in fields.items() if "datetime.date" in str(field.annotation)]
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
            wrong += self._days(row, cells, days)
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

    def _days(self, row: Row, cells: dict[str, Any], columns: Sequence[str]) -> Iterator[Finding]:
        """Read the days of a row in place; a cell that is no day at all is left for the record to refuse."""
        for column in columns:
            try:
                cells[column] = day_of(cells[column])
            except KeyError:
                continue
            except InputError as error:
                if error.code != "period-broken":
                    yield Finding(code=error.code, severity="error", where=self.where(row, column), data=error.data)


def misfits(error: ValidationError, model: type[BaseModel] | None = None) -> list[Finding]:
    """Return what a record or a settings file has wrong, in the words of the message catalogue."""
    findings = []
    errors = error.errors()
    for one in errors[:_MAX_PROBLEMS]:
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in one["loc"])
        context = one.get("ctx", {})
        data: dict[str, Any] = {"key": key}
        if one["type"] == "missing":
            code = "key-missing"
        elif one["type"] == "extra_forbidden":
            word = key.rsplit(".", 1)[-1]
            known = _keys_at(model, one["loc"][:-1])
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
            code, data["why"] = "key-misfit", one["msg"].removeprefix("Value error, ")
        findings.append(Finding(code=code, severity="error", data=data))
    if (more := len(errors) - _MAX_PROBLEMS) > 0:
        findings.append(Finding(code="more-problems", severity="error", data={"count": more}))
    return findings


def _keys_at(model: type[BaseModel] | None, path: Iterable[int | str]) -> list[str]:
    """Return the keys that may stand at a place of a record: of the record itself, or of one inside it."""
    for part in path:
        if model is None or isinstance(part, int):
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        model = _record_in(fields[part].annotation) if part in fields else None
    return [field.alias or name for name, field in model.model_fields.items()] if model is not None else []


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record that a field holds, alone or several of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_record_in, get_args(annotation))), None)


def read_toml(path: Path | Traversable) -> dict[str, Any]:
    """
    Return a TOML file as a dict; its decimals are exact (``Decimal``).

    Raises:
        InputError: The file is missing, too large for settings, or no TOML; the message says in which line.
    """
    raw = read_bytes(path)
    if len(raw) > _MAX_TOML:
        raise InputError("toml-too-large", file=path.name, limit=_MAX_TOML // 1024**2)
    text, _ = _decode(raw, path.name)
    _refuse_long_keys(text, path.name)
    try:
        document = tomllib.loads(text, parse_float=_toml_number)
    except RecursionError as error:
        raise InputError("toml-too-deep", file=path.name, limit=_MAX_DEPTH) from error
    except ValueError as error:
        raise InputError("toml-broken", file=path.name, why=str(error)[:_MAX_WHY]) from error
    _refuse_boundless(document, path.name)
    return document


def _toml_number(text: str) -> Decimal:
    """Return a number of settings by the rules of every other number: finite, of no more digits than people write."""
    return parse_number(text.replace("_", ""))


def _refuse_long_keys(text: str, file: str) -> None:
    """Refuse keys of so many parts (``a.a.a...``) that the parser, which takes their square, would not end."""
    effort = 0
    for number, line in enumerate(text.split("\n"), start=1):
        effort += line.count(".") and len(_KEY_DOT.findall(line)) ** 2
        if effort > _MAX_KEYS:
            raise InputError("toml-long-key", file=file, line=number)


def _refuse_boundless(document: dict[str, Any], file: str) -> None:
    """Refuse settings too deep to be walked through, and integers too long to be said."""
    level: list[Any] = [document]
    for _ in range(_MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict | list):
                inner += one.values() if isinstance(one, dict) else one
            elif isinstance(one, int) and one.bit_length() > _MAX_INTEGER:
                raise InputError("toml-long-integer", file=file, limit=_MAX_INTEGER, start=f"{one:#x}"[:20])
        if not inner:
            return
        level = inner
    raise InputError("toml-too-deep", file=file, limit=_MAX_DEPTH)


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


def is_nobodys(name: str) -> bool:
    """
    Say whether a file of this name in a folder of data is nobody's data, but a system's or a program's own.

    Example:
        >>> is_nobodys("~$bills.xlsx"), is_nobodys("Thumbs.db"), is_nobodys("bills.xlsx")
        (True, True, False)
    """
    return name.startswith(_NOBODYS) or name.lower() in _SYSTEM_FILES


def read_tables(path: Path | Traversable, progress: Progress | None = None) -> list[Table]:
    """
    Return the tables of a CSV file (one) or an Excel workbook (one per sheet that is not empty), all cells as text.

    Args:
        path: The file.
        progress: Called with the rows done and the rows in all, at most once every thousand rows.

    Raises:
        InputError: The file is missing, empty, too large or not what its name says.
    """
    suffix = path.name.rsplit(".", 1)[-1].lower()
    if suffix == "csv":
        return [parse_csv(read_bytes(path), path.name, progress)]
    if suffix in {"xlsx", "xlsm"}:
        sheets = workbooks.sheets(read_bytes(path), path.name, progress)
        tables = [_sheet_table(path.name, sheet) for sheet in sheets if sheet.rows]
        if not tables:
            raise InputError("file-empty", file=path.name)
        return tables
    raise InputError("file-kind", file=path.name, known=[".csv", ".xlsx", ".parquet"])


def parse_csv(data: bytes, file: str, progress: Progress | None = None) -> Table:
    """
    Return the table that the bytes of a CSV file hold.

    Raises:
        InputError: They are no text, or no CSV; the message says in which line.
    """
    rows, notes = _csv_rows(data, file, progress)
    for _, cells in rows:
        cells[:] = map(str.strip, cells)
    return _table(file, None, rows, notes)


def csv_cells(data: bytes, file: str) -> list[list[str]]:
    """
    Return the cells of a CSV file as they stand, lines above a heading and blanks around them among them.

    Raises:
        InputError: They are no text, or no CSV; the message says in which line.
    """
    return [cells for _, cells in _csv_rows(data, file)[0]]


def read_parquet(path: Path) -> Any:
    """
    Return a Parquet file as a pandas frame, its columns as they are typed.

    Raises:
        InputError: It is no Parquet file, unpacks to more than is read at once, has columns of lists or records, or
            pyarrow is not installed.
    """
    import pandas as pd  # noqa: PLC0415

    _size(path, MAX_BYTES)
    _note(path)
    try:
        _refuse_large_parquet(path)
        return pd.read_parquet(path)
    except InputError:
        raise
    except ImportError as error:
        raise InputError("parquet-engine", file=path.name) from error
    except Exception as error:  # pyarrow and pandas raise whatever a damaged part of the file happens to provoke
        raise InputError("parquet-broken", file=path.name, why=f"{type(error).__name__}: {error}"[:200]) from error


def _refuse_large_parquet(path: Path) -> None:
    """
    Refuse a Parquet file that unpacks to more than is read at once, before it is.

    A few kilobytes hold a billion rows that are alike, or a million times the same long text. What the file says of
    its rows bounds numbers; texts are looked up in their dictionaries, and their lengths added.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(path) as file:
        about, schema = file.metadata, file.schema_arrow
    sizes = [about.row_group(at).total_byte_size for at in range(about.num_row_groups)]
    _refuse_more(path, "parquet-too-many-cells", about.num_rows * max(1, about.num_columns), _MAX_PARQUET_CELLS)
    _refuse_more(path, "parquet-too-many-columns", about.num_columns, MAX_COLUMNS)
    _refuse_more(path, "parquet-too-many-bytes", sum(sizes), MAX_BYTES)
    if nested := [one.name for one in schema if pa.types.is_nested(one.type)]:
        raise InputError("parquet-nested", file=path.name, column=nested[0][:_MAX_WHY])
    columns = (about.schema.column(at) for at in range(about.num_columns))
    texts = [one.path for one in columns if one.physical_type == "BYTE_ARRAY"]
    total = 0
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(columns=texts) if texts else ():
            batch.validate(full=True)  # text that is none is found here, not where a cell is looked at
            for one in batch.columns:
                words = pa.types.is_dictionary(one.type)
                lengths = pc.binary_length(one.dictionary).take(one.indices) if words else pa.array([one.nbytes])
                total += pc.sum(lengths).as_py() or 0
            _refuse_more(path, "parquet-too-many-bytes", total, MAX_BYTES)


def _refuse_more(path: Path, code: str, count: int, limit: int) -> None:
    if count > limit:
        raise InputError(code, file=path.name, count=count, limit=limit)


def read_bytes(path: Path | Traversable, limit: int = MAX_BYTES) -> bytes:
    """
    Return a file as it is.

    Raises:
        InputError: It is missing, no plain file, larger than ``limit`` bytes, or grows while it is read.
    """
    if not isinstance(path, Path):
        if not path.is_file():
            raise InputError("file-missing", file=str(path))
        return path.read_bytes()  # the library's own
    size = _size(path, limit)
    _note(path)
    with path.open("rb") as file:
        raw = file.read(size + 1)
    if len(raw) > size:  # what the system makes up while it is read has no size
        raise InputError("file-growing", file=path.name)
    return raw


def _size(path: Path, limit: int) -> int:
    """Return how large a plain file is, and refuse what is none: of a pipe or a device there is no end."""
    if not path.is_file():
        raise InputError("file-not-plain" if path.exists() else "file-missing", file=str(path))
    size = path.stat().st_size
    if size > limit:
        raise InputError("file-too-large", file=path.name, limit=limit // 1024**2)
    return size


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Return rows of text as CSV in which no cell can become a formula when a spreadsheet opens it.

    Example:
        >>> table_text(["site", "value"], [["=1+1", "-1/3"]]).splitlines()[1]
        "'=1+1,-1/3"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = iter((columns, *rows))
    while some := list(islice(rows, _SEARCHED)):
        if _HARMFUL.search("\n".join(["", *map("\n".join, some)])):
            some = [_harmless(row) for row in some]
        writer.writerows(some)
    return text.getvalue()


def _harmless(row: Iterable[str]) -> list[str]:
    """Return cells of which none can become a formula."""
    return [f"'{one}" if one.startswith(FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(one) else one for one in row]


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


def _csv_rows(
    raw: bytes, file: str, progress: Progress | None = None
) -> tuple[list[tuple[int, list[str]]], list[Finding]]:
    """Return the rows of a CSV file, and a remark where it is in GB 18030; its text is never in memory as a whole."""
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError("file-empty", file=file)
    if b"\0" in raw:
        raise InputError("file-encoding", file=file)
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")  # no letter of either encoding has these bytes
    if lines > _MAX_ROWS:
        raise InputError("csv-too-many-rows", file=file, limit=_MAX_ROWS)
    if lines + raw.count(b",") > _MAX_CELLS:
        raise InputError("csv-too-many-cells", file=file, limit=_MAX_CELLS)
    try:
        return _parsed(raw, "utf-8-sig", file, progress, lines), []
    except UnicodeDecodeError:
        pass
    try:
        rows = _parsed(raw, "gb18030", file, progress, lines)
    except UnicodeDecodeError as error:
        raise InputError("file-encoding", file=file) from error
    return rows, [Finding(code="read-as-gb18030", severity="info", where=Where(file=file))]


def _parsed(raw: bytes, encoding: str, file: str, progress: Progress | None, lines: int) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV file in one encoding, each with the line on which it begins."""
    text = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")
    reader = csv.reader(_narrow_lines(text, file), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 0
    try:
        for cells in reader:  # a quoted cell may span lines: name the line on which the row begins
            if len(cells) > MAX_COLUMNS:
                raise InputError("csv-too-wide", file=file, line=line + 1, limit=MAX_COLUMNS)
            rows.append((line + 1, cells))
            line = reader.line_num
            if progress and not len(rows) % EVERY:
                progress(line, lines)
    except csv.Error as error:
        raise InputError("csv-broken", file=file, line=line + 1, why=str(error)) from error
    return rows


def _narrow_lines(text: Iterable[str], file: str) -> Iterator[str]:
    """Yield lines, and refuse one that is parted into more cells than a row has, before it is."""
    for number, line in enumerate(text, start=1):
        if line.count(",") > _MAX_LINE:
            raise InputError("csv-too-wide", file=file, line=number, limit=MAX_COLUMNS)
        yield line


def _excel_sheets(
    raw: bytes, file: str, progress: Progress | None = None
) -> Iterator[tuple[str, list[tuple[int, list[str]]], list[Finding]]]:
    """Yield each sheet's name, its rows as text, and remarks, before any heading is looked for."""
    for sheet in workbooks.sheets(raw, file, progress):
        down = [
            _merged(file, sheet, block, {}).model_copy(update={"severity": "warning"})
            for block in sheet.merged
            if block[2] > block[0]  # across one row it is a title
        ]
        notes = [
            *_hidden(file, sheet, sheet.rows[0][0] if sheet.rows else 1, {}),
            *down[:_MAX_PROBLEMS],
            *_as_shown(file, sheet, sheet.shown, {}),
            *_lost(file, sheet, {}),
        ]
        yield sheet.name, sheet.rows, notes if sheet.rows else []


def _sheet_table(file: str, sheet: Sheet) -> Table:
    """Make a table of a sheet, with remarks on what would mislead a reader of it."""
    table = _table(file, sheet.name, sheet.rows)
    names = {one: name for name, one in table.letters.items()}
    months = [one for one in sheet.months if names.get(letter(one.cell[1])) == PERIOD and one.cell[0] > table.heading]
    if months:
        stated = {one.cell[0]: one.text for one in months}
        rows = (
            Row(row.number, row.cells | {PERIOD: stated[row.number]}) if row.number in stated else row
            for row in table.rows
        )
        table = replace(table, rows=tuple(rows))
    merged = _covering(sheet, table)
    problems = [
        *table.problems,
        *(_merged(file, sheet, block, names) for block in merged[:_MAX_PROBLEMS]),
        *_lost(file, sheet, names),
    ]
    notes = [
        *_hidden(file, sheet, table.heading, names),
        *table.notes,
        *_as_shown(file, sheet, [one for one in (*sheet.shown, *months) if one.cell[0] > table.heading], names),
        *_odd_formulas(sheet, table, names),
    ]
    return replace(table, problems=tuple(problems), notes=tuple(notes))


def _place(file: str, sheet: Sheet, cell: tuple[int | None, int], names: Mapping[str, str]) -> Where:
    """Return the place of a cell: its column by name, or by letter where it has none."""
    row, column = cell
    return Where(file=file, sheet=sheet.name, row=row, column=names.get(letter(column), letter(column)))


def _hidden(file: str, sheet: Sheet, heading: int, names: Mapping[str, str]) -> Iterator[Finding]:
    """Name what is hidden but holds something: a filter, or an old version, that nobody sees any more."""
    if sheet.hidden and sheet.rows:
        yield Finding(code="sheet-hidden", severity="warning", where=Where(file=file, sheet=sheet.name))
    if sheet.from_1904 and sheet.rows:
        yield Finding(code="dates-from-1904", severity="info", where=Where(file=file, sheet=sheet.name))
    for column in sheet.hidden_columns[:_MAX_PROBLEMS]:
        place = _place(file, sheet, (heading, column), names)
        yield Finding(code="column-hidden", severity="warning", where=place, data={"letter": letter(column)})
    blocks: list[list[int]] = []
    for number in sheet.hidden_rows:
        if blocks and blocks[-1][1] == number - 1:
            blocks[-1][1] = number
        else:
            blocks.append([number, number])
    for first, last in blocks[:_MAX_PROBLEMS]:
        data = {"first": first, "last": last, "count": len(sheet.hidden_rows)}
        place = Where(file=file, sheet=sheet.name, row=first)
        yield Finding(code="rows-hidden", severity="warning", where=place, data=data)


def _covering(sheet: Sheet, table: Table) -> list[workbooks.Block]:
    """Return the merged blocks below the heading that hold something in columns of which one is read."""
    blocks = [block for block in sheet.merged if block[2] > table.heading]
    if not blocks:
        return []
    letters = set(table.letters.values())
    read = [column for column in range(1, MAX_COLUMNS + 1) if letter(column) in letters]
    numbers = [number for number, _ in sheet.rows]
    filled: dict[int, list[int]] = defaultdict(list)  # blocks may be thousands, and each span all rows
    for number, cells in sheet.rows:
        for column, text in enumerate(cells, start=1):
            if text:
                filled[column].append(number)

    def holds(block: workbooks.Block) -> bool:
        first, left, last, right = block
        start, end = bisect_left(numbers, first), bisect_right(numbers, last)
        if end - start <= right - left:
            return any(any(cells[left - 1 : right]) for _, cells in sheet.rows[start:end])
        columns = (filled.get(column, []) for column in range(left, right + 1))
        return any(bisect_left(one, first) < bisect_right(one, last) for one in columns)

    return [one for one in blocks if bisect_left(read, one[1]) < bisect_right(read, one[3]) and holds(one)]


def _merged(file: str, sheet: Sheet, block: workbooks.Block, names: Mapping[str, str]) -> Finding:
    first, left, last, right = block
    text = f"{letter(left)}{first}:{letter(right)}{last}"
    where = _place(file, sheet, (first, left), names)
    return Finding(code="cells-merged", severity="error", where=where, data={"block": text})


def _lost(file: str, sheet: Sheet, names: Mapping[str, str]) -> list[Finding]:
    return [
        Finding(code="digits-lost", severity="error", where=_place(file, sheet, cell, names))
        for cell in sheet.lost[:_MAX_PROBLEMS]
    ]


def _as_shown(file: str, sheet: Sheet, shown: Iterable[Shown], names: Mapping[str, str]) -> Iterator[Finding]:
    """Name the cells of which the number format, not the value, says what they read."""
    columns: dict[int, list[Shown]] = defaultdict(list)
    for one in shown:
        columns[one.cell[1]].append(one)
    for alike in columns.values():
        for one in alike if len(alike) <= _MAX_ALIKE else alike[:1]:
            data = {"held": one.held, "text": one.text, "count": len(alike)}
            place = _place(file, sheet, one.cell, names)
            yield Finding(code="read-as-shown", severity="info", where=place, data=data)


def _odd_formulas(sheet: Sheet, table: Table, names: Mapping[str, str]) -> Iterator[Finding]:
    """Name numbers that were typed over a column's formulas, and formulas that stand alone among numbers."""
    columns = {column for _, column in sheet.formulas if letter(column) in names}
    for column in sorted(columns):
        filled = [
            (number, cells[column - 1])
            for number, cells in sheet.rows
            if number > table.heading and len(cells) >= column and cells[column - 1]
        ]
        formulas = [one for one in filled if (one[0], column) in sheet.formulas]
        typed = [one for one in filled if (one[0], column) not in sheet.formulas]
        numbers = [one for one in typed if _PLAIN_NUMBER.fullmatch(one[1])]
        severity: Severity
        if typed and len(formulas) >= _FEW * len(typed):
            code, severity, odd = "formula-overwritten", "warning", typed
        elif formulas and len(numbers) >= _FEW * len(formulas):
            code, severity, odd = "formula-alone", "info", formulas
        else:
            continue
        for number, value in odd[:_MAX_PROBLEMS]:
            where = _place(table.file, sheet, (number, column), names).model_copy(update={"value": value})
            yield Finding(code=code, severity=severity, where=where, data={"count": len(odd), "of": len(filled)})


def _table(file: str, sheet: str | None, rows: list[tuple[int, list[str]]], notes: Sequence[Finding] = ()) -> Table:
    """
    Make a table of numbered rows, whose cells have no blanks around them.

    The heading is the first row with two cells: a title above it has one. Columns without heading and content are
    left out.
    """
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        raise InputError("file-empty", file=file)
    start = next((place for place, (_, cells) in enumerate(filled) if sum(map(bool, cells)) > 1), 0)
    (heading, titles), *body = filled[start:]
    names = [_INVISIBLE.sub("", name).strip().lower() for name in titles]
    columns = tuple(filter(None, names))
    letters: dict[str, str] = {}
    for place, name in enumerate(names, start=1):
        if name:
            letters.setdefault(name, letter(place))
    table = Table(file, sheet, columns, (), letters=letters, heading=heading)
    wide = _tidied(body)
    table_rows: list[Row] = []
    stray: list[tuple[int, int, list[str]]] = []
    unnamed = not all(names)
    for number, cells in body:
        if (unnamed or len(cells) > len(names)) and len(stray) < _MAX_PROBLEMS:
            places = [at for at, cell in enumerate(cells) if cell and not "".join(names[at : at + 1])]
            stray += [(number, places[0], [cells[at] for at in places[:3]])] if places else []
        # a short row ends early: the cells that it lacks are blank
        table_rows.append(Row(number, {name: cell for name, cell in zip(names, cells, strict=False) if cell and name}))
    table = replace(table, rows=tuple(table_rows))
    problems = [*_heading_problems(table, stray), *_rounded(table)]
    notes = [*notes, *_wide_notes(table, names, wide)]
    return replace(table, problems=tuple(problems), notes=tuple(notes))


def _heading_problems(table: Table, stray: Sequence[tuple[int, int, list[str]]]) -> Iterator[Finding]:
    """Name columns that are named twice and cells that stand under no name, a finding a row."""
    if repeated := sorted(one for one, count in Counter(table.columns).items() if count > 1):
        place = Where(file=table.file, sheet=table.sheet, row=table.heading)
        yield Finding(code="heading-repeated", severity="error", data={"found": repeated}, where=place)
    for number, first, cells in stray:
        place = Where(file=table.file, sheet=table.sheet, row=number, column=letter(first + 1))
        yield Finding(code="cell-without-heading", severity="error", data={"cells": cells}, where=place)


def _rounded(table: Table) -> list[Finding]:
    """Name identifiers that a spreadsheet has rounded to 1.23457E+11: they name nothing any more."""
    columns = [name for name in table.columns if name in IDENTIFIERS]
    return [
        Finding(code="identifier-rounded", severity="error", where=table.where(row, column))
        for column in columns
        for row in table.rows
        if is_rounded(row.cells.get(column, ""))
    ][:_MAX_PROBLEMS]


def is_rounded(text: str) -> bool:
    """
    Say whether a spreadsheet has rounded a long number to scientific notation.

    Example:
        >>> is_rounded("1.23457E+11"), is_rounded("123456789012")
        (True, False)
    """
    return "+" in text and _ROUNDED.fullmatch(text) is not None


_Wide = dict[int, tuple[list[tuple[int, str, str]], int]]
"""Of a column by its place: the first cells in full width (row, text, plain text) and how many there are."""


def _tidied(body: list[tuple[int, list[str]]]) -> _Wide:
    """Take invisible characters off cells and make full-width numbers plain, in place; return what became of which."""
    wide: _Wide = {}
    for number, cells in body:
        text = "".join(cells)
        if text.isascii() or not _UNUSUAL.search(text):
            continue
        for place, cell in enumerate(cells):
            plain = _INVISIBLE.sub("", cell).strip()
            if len(plain) <= LONGEST and _WIDE_NUMBER.fullmatch(plain):
                if _WIDE_GROUPED.fullmatch(plain):  # nobody writes a decimal comma in full width
                    plain = plain.replace("，", "")
                plain = unicodedata.normalize("NFKC", plain)
                first, count = wide.get(place, ([], 0))
                first += [(number, cell, plain)] if count < _MAX_ALIKE else []
                wide[place] = first, count + 1
            cells[place] = plain
    return wide


def _wide_notes(table: Table, names: Sequence[str], wide: _Wide) -> Iterator[Finding]:
    for place, (first, count) in wide.items():
        column = (names[place] if place < len(names) else "") or letter(place + 1)
        for number, cell, plain in first if count <= _MAX_ALIKE else first[:1]:
            where = Where(file=table.file, sheet=table.sheet, row=number, column=column, value=cell)
            yield Finding(code="full-width-read", severity="info", where=where, data={"plain": plain, "count": count})


def raw_sheets(
    path: Path | Traversable, progress: Progress | None = None
) -> list[tuple[str | None, list[tuple[int, list[str]]], list[Finding]]]:
    """
    Return what a CSV file or a workbook holds, sheet by sheet, before any heading is looked for.

    A sheet is its name (``None`` of a CSV file), its rows with their numbers, all cells as text, and remarks.
    ``progress`` is told how many rows are read.

    Raises:
        InputError: The file is missing, empty, too large or not what its name says.
    """
    suffix = path.name.rsplit(".", 1)[-1].lower()
    if suffix == "csv":
        return [(None, *_csv_rows(read_bytes(path), path.name, progress))]
    if suffix in {"xlsx", "xlsm"}:
        return list(_excel_sheets(read_bytes(path), path.name, progress))
    raise InputError("file-kind", file=path.name, known=[".csv", ".xlsx"])
