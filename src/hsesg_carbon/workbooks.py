"""
Excel workbooks as people keep them: bytes become sheets of text, and what a reader would be misled by is told apart.

Two readers share the work. calamine takes sheets that are plain, in seconds for a hundred thousand rows; openpyxl takes
those with number formats that change what a cell shows. A scan of the bytes decides, and finds what neither of them
reports while streaming: hidden rows and columns, merged blocks, error values, cells with formulas.
"""

import io
import re
import string
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from xml.etree import ElementTree as Xml
from xml.parsers import expat

from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import both

EXCEL_ERRORS = frozenset({"#DIV/0!", "#REF!", "#N/A", "#NAME?", "#NUM!", "#VALUE!", "#NULL!", "#SPILL!", "#CALC!"})
UNCALCULATED = "#UNCALCULATED"
"""What a cell reads whose formula was never calculated."""

MAX_BYTES = 512 * 1024 * 1024
"""Largest size of a file, and of a workbook once unpacked: a bound against zip bombs."""

Progress = Callable[[int, int | None], None]
"""What is called now and then while rows are read: rows done, rows in all where known."""

EVERY = 1000
"""Rows between two calls of ``Progress``."""

Cell = tuple[int, int]
"""Row and column of a cell, both from 1."""

Block = tuple[int, int, int, int]
"""First row, first column, last row and last column of a block of cells."""

_MAX_CELLS = 16_000_000
"""Largest grid that is handed to calamine, which lays out blank cells too: two far corners would take all memory."""
_MAX_WIDTH = 50_000_000
"""Largest number of rows times columns that is read at all."""
_MAX_BLOCKS = 10_000
_MAX_TAGGED = 16_000_000
"""Cells of a sheet, and texts that sheets share: a tag of a few bytes that both readers make an object of."""
_MAX_ROW = 1_048_576
"""The last row that Excel has: openpyxl would count up to any that is named."""
_MAX_COLUMNS = 16_384
_MAX_LEVELS = 100
"""Levels of the XML of a part, which has ten: of each that is open a parser keeps a record, and of a million many."""
_MAX_PARTS = 10_000
_MAX_DIRECTORY = _MAX_PARTS * 512
"""Parts of a workbook, and bytes of the list of them: an entry of 46 bytes takes half a kilobyte once it is read."""
_MAX_SMALL = 8 * 1024 * 1024
_MAX_SMALL_TAGS = 500_000
"""Bytes and tags of a part that is read as a whole; of styles Excel has 65,490 at the most."""
_MAX_FORMAT = 255
"""Letters of a number format, as Excel has it: openpyxl's patterns take their square, and a mask as much for a cell."""
_MAX_COPIED = 2_000_000
"""Cells of a workbook that is copied, with those in merged blocks and under links: openpyxl makes half a kilobyte of
each."""
_MANY = 100_000
"""How many distinct numbers of a sheet are remembered as text."""
_MAX_PART = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
_EXACT_DIGITS = 10**15
"""From here on Excel keeps no longer every digit of a number."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TOO_DEEP = "tags within tags without an end"
_WHOLE = ("[Content_Types].xml", "docProps/core.xml", "docProps/custom.xml")
"""Parts that openpyxl reads as a whole, beside those that are read here."""
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22
_ZIP_END_64 = b"PK\x06\x07"
_ZIP_END_64_SIZES = (56, 20)
"""Of the end of a directory of 64 bits, and of what tells where it is."""
_FIRST_YEAR = 1901

# The scan meets hostile bytes: no pattern looks beyond the tag in which it began, so each takes linear time.
_PROLOG = re.compile(rb"^\s*<\?xml[^<>]*\?>\s*")
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)|\x00")
_PREFIX = re.compile(rb"<(\w+:)(?:sst|worksheet)[\s>]")
_NAMESPACES = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ODD = (b"<!", b"\r", b"&#", b"\x00", b"rPh", b"='", b"t =", b"t= ")
_ODD_NAMES = (b":c ", b":c>", b":row ")
"""What no plain part holds: comments, entities, readings of Japanese, and spellings that the scan does not know."""
_LETTERS = string.ascii_uppercase.encode()
_ESCAPED = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_TYPES = (b' t="e"', b' t="s"', b' t="n"', b' t="b"', b' t="str"', b' t="inlineStr"')
_CELLS = re.compile(rb"<c[\s/>]")
_PLACED_FIRST = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
_PLACED = re.compile(rb'<c\s(?:[^<>]*?\s)?r="([A-Z]{1,3}\d{1,7})"')
_ROWS = re.compile(rb"<row(?:\s([^<>]*))?>")
_COLUMN = re.compile(rb"<col\s([^<>]*)>")
_MERGED = re.compile(rb'<mergeCell\s[^<>]*?ref\s*=\s*["\']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["\']')
_FORMULA = re.compile(rb"<f[\s/>]")
_TEXTUAL = re.compile(rb'<c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^<>]*\st="str"')
_STYLE = re.compile(rb' s="(\d+)"')
_ERROR = re.compile(
    rb'<c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^<>]* t="e"[^<>]*>(?:<f[^<>]*>[^<]*</f>|<f[^<>]*/>)?<v>(#[^<&]+)</v>'
)
_WITH_FORMULA = re.compile(rb'<c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^<>]*>\s*<f[\s/>]')
_LINKED = re.compile(rb'<hyperlink\s[^<>]*?ref\s*=\s*["\']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["\']')
_FAR_ROW = re.compile(rb'<row\s(?:[^<>]*?\s)?r\s*=\s*["\'](\d{7,})["\']')
_SPELT_APART = re.compile(rb"<\w+:(?:row|c)[\s/>]")
"""Rows and cells in a second spelling of their namespace, which the scan does not count."""
_HIDDEN = re.compile(rb'\bhidden\s*=\s*["\'](?:1|true)["\']')
_NUMBERED = re.compile(rb'(?:^|\s)r\s*=\s*["\'](\d{1,7})["\']')
_SPAN = re.compile(rb'\b(min|max)\s*=\s*["\'](\d{1,5})["\']')

_PLAIN_FORMATS = frozenset({*range(5), *range(9, 17), 22, *range(37, 45), 49})
_CHINESE_DATES = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in formats that show dates in Chinese and Japanese Excel; openpyxl takes them for numbers."""
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_PLAIN_NUMBER = re.compile(r"(?!0{2,}(?![.\d]))[#0?,.%()\-+ ¥￥$€/;@]*")
_PLAIN_DAY = re.compile(r"(?=.*d)(?=.*y)[ymdhs:/\-., ]+", re.IGNORECASE)
_MASK = re.compile(r'(?:"([^"]*)"|\\(.))?(0+(?:[-/ ]0+)*)')
_MONTH = re.compile(r"(?=.*y)(?=.*m)(?!.*[dhs])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell that is read as its number format shows it: its place, the value that it holds, and the text."""

    cell: Cell
    held: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A sheet as text: numbered rows that are not blank, and what could mislead a reader of them.

    ``hidden_rows`` and ``hidden_columns`` are those that hold something; ``months`` are days of which the cell shows
    only year and month; ``lost`` are numbers so long that Excel has dropped digits.
    """

    name: str
    rows: list[tuple[int, list[str]]]
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    merged: tuple[Block, ...] = ()
    formulas: frozenset[Cell] = frozenset()
    shown: tuple[Shown, ...] = ()
    months: tuple[Shown, ...] = ()
    lost: tuple[Cell, ...] = ()
    from_1904: bool = False


def sheets(raw: bytes, file: str, progress: Progress | None = None, *, quickly: bool = True) -> Iterator[Sheet]:
    """
    Yield each sheet of a workbook, with the values that its formulas had when it was saved.

    Args:
        raw: The workbook.
        file: Its name, for errors.
        progress: Called at most every ``EVERY`` rows.
        quickly: Let calamine take the sheets that are plain; what is read is the same.

    Raises:
        InputError: It is no workbook, is protected by a password, or is too large once unpacked.
    """
    archive = _opened(raw, file)
    try:
        yield from _sheets(raw, archive, progress, quickly)
    except Exception as error:  # openpyxl raises whatever a damaged part of the archive happens to provoke
        raise _refused(error, file) from error


def refuse_unsound(raw: bytes, file: str) -> None:
    """
    Refuse a workbook that unpacks to more than it says, whose parts do not fit together, or too large to be copied.

    Raises:
        InputError: It is no workbook, is protected by a password, or is too large.
    """
    archive = _opened(raw, file)
    try:
        facts = _Workbook(raw, archive)
    except Exception as error:  # whatever a damaged part happens to provoke
        raise _refused(error, file) from error
    cells = sum(one.cells + sum(map(_area, (*one.merged, *one.linked))) for one in facts.scans.values())
    if cells + facts.tags > _MAX_COPIED:
        raise InputError("excel-too-large-to-copy", file=file, limit=_MAX_COPIED)


def directory(raw: bytes) -> tuple[int, bool]:
    """
    Return how many bytes the directory of a zip has, as it says itself, and whether that is said in 64 bits.

    To list a gigabyte of entries takes ten. What is no zip has no directory.
    """
    at = len(raw) - _ZIP_END_SIZE  # where the module looks first, then further ahead, before a comment
    if not (raw[at:].startswith(_ZIP_END) and raw.endswith(b"\0\0")):
        at = raw.rfind(_ZIP_END, max(0, at - 0xFFFF))
    if not 0 <= at <= len(raw) - _ZIP_END_SIZE:
        return 0, False
    if raw[max(0, at - _ZIP_END_64_SIZES[1]) : at].startswith(_ZIP_END_64):
        wide = max(0, at - sum(_ZIP_END_64_SIZES))
        return int.from_bytes(raw[wide + 40 : wide + 48], "little"), True
    return int.from_bytes(raw[at + 12 : at + 16], "little"), False


def letter(column: int) -> str:
    """
    Return the letters of a column of a spreadsheet.

    Example:
        >>> letter(1), letter(27)
        ('A', 'AA')
    """
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def plain_text(value: Any) -> str:
    """
    Return the value of a cell as the text a person would type: shortest decimals, ISO dates.

    Example:
        >>> plain_text(0.1), plain_text(12.0), plain_text(datetime(2024, 3, 1))
        ('0.1', '12', '2024-03-01')
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value).strip()


# -------------------------------------------------------------------------------------------------- private


class _LimitError(Exception):
    """A workbook has more of something than is read."""

    def __init__(self, what: str, limit: int) -> None:
        self.what, self.limit = both(what), limit
        super().__init__(what)


def _refused(error: Exception, file: str) -> InputError:
    """Return why a workbook is not read."""
    if isinstance(error, _LimitError):
        return InputError("excel-too-large", file=file, what=error.what, limit=error.limit)
    return InputError("excel-broken", file=file, why=f"{type(error).__name__}: {error}"[:200])


def _opened(raw: bytes, file: str) -> zipfile.ZipFile:
    """Open the archive that a workbook is."""
    if raw.startswith(_OLE):
        raise InputError("excel-protected", file=file)
    if directory(raw)[0] > _MAX_DIRECTORY:
        raise _refused(_LimitError("label.excel-parts", _MAX_PARTS), file)
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError("excel-broken", file=file, why=str(error)) from error
    if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
        raise InputError("file-too-large", file=file, limit=MAX_BYTES // 1024**2)
    return archive


def _sheets(raw: bytes, archive: zipfile.ZipFile, progress: Progress | None, quickly: bool) -> Iterator[Sheet]:
    facts = _Workbook(raw, archive)
    counter = _Counter(progress, sum(one.rows for one in facts.scans.values()))
    quick = _Quick(raw, facts) if quickly and facts.plain else None
    careful: _Careful | None = None
    for name, path in facts.sheets:
        scan = facts.scans[path]
        sheet = quick.sheet(name, scan, counter) if quick and scan.plain else None
        if sheet is None:
            careful = careful or _Careful(raw)
            sheet = careful.sheet(name, scan, counter)
        yield replace(
            sheet,
            hidden=path in facts.hidden,
            hidden_rows=tuple(number for number, _ in sheet.rows if number in scan.hidden_rows),
            hidden_columns=tuple(sorted(scan.hidden_columns & _holding(sheet))) if scan.hidden_columns else (),
            merged=tuple(scan.merged),
            formulas=frozenset(scan.formulas),
            from_1904=facts.from_1904,
        )


def _holding(sheet: Sheet) -> set[int]:
    """Return the columns of a sheet that hold anything."""
    return {column for _, cells in sheet.rows for column, text in enumerate(cells, start=1) if text}


def _area(block: Block) -> int:
    """Return how many cells a block has."""
    first, left, last, right = block
    return (last - first + 1) * (right - left + 1)


class _Counter:
    """Counts the rows of all sheets and tells them now and then."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def rows(self, rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Number the rows of a sheet, as a spreadsheet does."""
        start = self.done
        number = 0
        for number, row in enumerate(rows, start=1):
            if self.progress and not number % EVERY:
                self.progress(min(start + number, self.total), self.total)
            yield number, row
        self.done = min(start + number, self.total)
        if self.progress:
            self.progress(self.done, self.total)


@dataclass(slots=True)
class _Scan:
    """What the bytes of a sheet show."""

    odd: frozenset[bytes]
    plain: bool = True
    prefix: bytes = b""
    rows: int = 0
    cells: int = 0
    last: Cell = (0, 0)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Block] = field(default_factory=list)
    linked: list[Block] = field(default_factory=list)
    formulas: set[Cell] = field(default_factory=set)
    textual: set[Cell] = field(default_factory=set)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)

    def take(self, part: bytes) -> None:
        """Take in a part that ends with the end of a row, or with the sheet."""
        if self.rows == 0 and b"<worksheet" in part[:_CHUNK] and not any(one in part for one in _NAMESPACES):
            raise ValueError("a sheet of another kind of document")  # one reader would take it, the other find nothing
        if self.rows == 0 and (found := _PREFIX.search(part)):
            self.prefix = found[1]
        if self.prefix:
            self.plain = False
            part = part.replace(b"<" + self.prefix, b"<").replace(b"</" + self.prefix, b"</")
        self.plain &= not _is_odd(part) and part.count(b' t="') - part.count(b'<f t="') == sum(map(part.count, _TYPES))
        self.plain &= not self.odd or self.odd.isdisjoint(_STYLE.findall(part))
        errors = _ERROR.findall(part) if b' t="e"' in part else []
        self.plain &= len(errors) == part.count(b' t="e"')
        for letters, number, text in errors:
            self.errors.setdefault(int(number), {})[_number(letters)] = text.decode()
        cells = len(_CELLS.findall(part))
        self._refuse_far(part, cells)
        placed = _PLACED_FIRST.findall(part)
        if len(placed) < cells:
            placed = _PLACED.findall(part)
        whole = len(placed) == cells
        self.plain &= whole
        if placed:
            joined = b" ".join(placed)
            columns, rows = (set(joined.translate(None, rest).split()) for rest in (b"0123456789", _LETTERS))
            self.last = (max(self.last[0], *map(int, rows)), max(self.last[1], *map(_number, columns)))
        if _FORMULA.search(part):
            textual = _TEXTUAL.findall(part)
            self.plain &= len(textual) == part.count(b' t="str"')
            self.textual.update((int(row), _number(column)) for column, row in textual)
            if not whole:
                raise ValueError("cells without a reference hold formulas")
            self.formulas.update((int(row), _number(column)) for column, row in _WITH_FORMULA.findall(part))
        self._take_rows(part)
        self._take_blocks(part)

    def _refuse_far(self, part: bytes, cells: int) -> None:
        """Refuse more cells and rows than any sheet has, as well as those that could not be counted."""
        self.cells += cells
        if self.cells > _MAX_TAGGED:
            raise _LimitError("label.excel-cells", _MAX_TAGGED)
        if b":" in part and _SPELT_APART.search(part):
            raise ValueError("rows or cells in two namespaces")
        if any(int(one) > _MAX_ROW for one in _FAR_ROW.findall(part)):
            raise ValueError("a row beyond the last that Excel has")

    def _take_blocks(self, part: bytes) -> None:
        """Take in what spans several cells: hidden columns, merged blocks, links."""
        for attributes in _COLUMN.findall(part) if b"hidden" in part else ():
            if _HIDDEN.search(attributes) and len(self.hidden_columns) < _MAX_COLUMNS:
                span = {name: int(value) for name, value in _SPAN.findall(attributes)}
                self.hidden_columns.update(range(span[b"min"], min(span[b"max"], _MAX_COLUMNS) + 1))
        for first_column, first, last_column, last in _MERGED.findall(part):
            self.merged.append((int(first), _number(first_column), int(last), _number(last_column)))
        self.linked += [
            (int(first), _number(left), int(last), _number(right))
            for left, first, right, last in (_LINKED.findall(part) if b"<hyperlink" in part else ())
        ]
        if max(len(self.merged), len(self.linked)) > _MAX_BLOCKS:
            raise _LimitError("label.excel-blocks", _MAX_BLOCKS)

    def _take_rows(self, part: bytes) -> None:
        if b"hidden" in part:
            for place, attributes in enumerate(_ROWS.findall(part), start=self.rows + 1):
                if _HIDDEN.search(attributes):
                    stated = _NUMBERED.search(attributes)
                    self.hidden_rows.add(int(stated[1]) if stated else place)
        self.rows += part.count(b"<row ") + part.count(b"<row>")
        if self.rows > _MAX_ROW:
            raise _LimitError("label.excel-rows", _MAX_ROW)


class _Workbook:
    """What the parts of a workbook show before any cell is read: its sheets, and how far calamine may be trusted."""

    def __init__(self, raw: bytes, archive: zipfile.ZipFile) -> None:
        self._raw = raw
        self._members = {member.filename: member for member in archive.infolist()}
        self.plain = (
            len(self._members) == len(archive.infolist()) and not archive.comment and raw[-22:].startswith(_ZIP_END)
        )  # otherwise another reader might open other parts than these
        self._name_sheets()
        odd = _odd_styles(self._part("xl/styles.xml"))
        self.plain &= odd is not None
        self.tags = 0
        self.scans: dict[str, _Scan] = {}
        paths = {path for _, path in self.sheets}
        for name, member in self._members.items():
            again = partial(_unpacked, raw, member)
            if name in paths:
                self.scans[name] = _scanned(_shallow(_cut(again(), b"row>"), again), odd or frozenset())
            elif name.lower().endswith(".vml"):
                for part in _cut(again(), b">"):
                    self.tags += part.count(b"<")
            elif name.lower().endswith((".xml", ".rels")):  # any of them may be named as the one of the shared texts
                self._take_part(_shallow(_cut(again(), b">"), again), strings=name == "xl/sharedStrings.xml")
            else:
                for _ in again():  # to its end, so that its size is known to be true
                    pass
        for name in _WHOLE:
            self._part(name)

    def _take_part(self, parts: Iterable[bytes], *, strings: bool) -> None:
        """Look at a part of XML that is no sheet."""
        tags = 0
        for part in parts:
            tags += part.count(b"<")
            if tags > _MAX_TAGGED:
                raise _LimitError("label.excel-texts", _MAX_TAGGED)
            self.plain &= not (strings and _is_odd(part))
        self.tags += 0 if strings else tags

    def _part(self, name: str) -> bytes:
        """Return a small part, nothing where there is none."""
        if name not in self._members:
            return b""
        if self._members[name].file_size > _MAX_SMALL:
            raise ValueError(f"{name} is too large")
        part = b"".join(_unpacked(self._raw, self._members[name]))
        if part.count(b"<") > _MAX_SMALL_TAGS:
            raise ValueError(f"{name} is too large")
        _refuse_doctype(part)
        return part

    def _name_sheets(self) -> None:
        """Find the part of every sheet, in the order in which Excel shows them."""
        top = _targets(self._part("_rels/.rels"), "")
        main = next((path for kind, path in top.values() if kind.endswith("/officeDocument")), "xl/workbook.xml")
        book = Xml.fromstring(self._part(main))
        folder, _, own = main.rpartition("/")
        targets = _targets(self._part(f"{folder}/_rels/{own}.rels".lstrip("/")), folder)
        options = book.find(f"{_MAIN}workbookPr")
        self.from_1904 = options is not None and options.get("date1904") in {"1", "true"}
        self.plain &= not self.from_1904 and main == "xl/workbook.xml"
        self.sheets: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        for sheet in book.iter(f"{_MAIN}sheet"):
            kind, path = targets[sheet.get(f"{_OFFICE}id", "")]
            if not kind.endswith("/worksheet"):
                continue
            if path not in self._members:
                raise ValueError(f"no sheet at {path}")
            if path in (other for _, other in self.sheets):  # each would be read again, and be as large
                raise ValueError(f"two sheets at {path}")
            self.sheets.append((sheet.get("name", ""), path))
            if sheet.get("state", "visible") != "visible":
                self.hidden.add(path)
        if not self.sheets:
            raise ValueError("no sheets")


def _targets(rels: bytes, folder: str) -> dict[str, tuple[str, str]]:
    """Return kind and path of what a part refers to, by id."""
    found = {}
    for one in Xml.fromstring(rels) if rels else ():
        target = one.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        found[one.get("Id", "")] = (one.get("Type", ""), path)
    return found


def _unpacked(raw: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """
    Yield what a member of the archive holds, and refuse one that holds more or less than the archive says.

    The archive's word is what bounds the size; a reader that does not check it would unpack a bomb.
    """
    start = member.header_offset
    if raw[start : start + 4] != b"PK\x03\x04" or member.flag_bits & 1:
        raise zipfile.BadZipFile("encrypted, or not where it should be")
    names = struct.unpack("<HH", raw[start + 26 : start + 30])
    start += 30 + sum(names)
    packed = memoryview(raw)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        if member.compress_size != member.file_size:
            raise zipfile.BadZipFile("sizes differ")
        yield from (bytes(packed[at : at + _CHUNK]) for at in range(0, len(packed), _CHUNK))
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("packed in a way that Excel does not use")
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    rest: bytes | memoryview = packed
    while not stream.eof:
        part = stream.decompress(rest, _CHUNK)
        rest = stream.unconsumed_tail
        size += len(part)
        if size > member.file_size or not (part or rest or stream.eof):
            raise zipfile.BadZipFile("sizes differ")
        yield part
    if size != member.file_size:
        raise zipfile.BadZipFile("sizes differ")


def _cut(parts: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """Yield the parts of a stream anew, each but the last up to an ``end``, so that nothing is torn apart."""
    carry = b""
    for place, part in enumerate(parts):
        carry += _PROLOG.sub(b"", part) if place == 0 else part
        at = carry.rfind(end)
        if at >= 0:
            whole, carry = carry[: at + len(end)], carry[at + len(end) :]
            _refuse_doctype(whole)
            yield whole
        if len(carry) > _MAX_PART:
            raise ValueError("a single row is too large")
    _refuse_doctype(carry)
    yield carry


def _scanned(parts: Iterable[bytes], odd: frozenset[bytes]) -> _Scan:
    scan = _Scan(odd)
    for part in parts:
        scan.take(part)
    row, column = scan.last
    if scan.rows * column > _MAX_WIDTH:
        raise _LimitError("label.excel-places", _MAX_WIDTH)
    if sum(map(_area, scan.merged)) > _MAX_ROW * _MAX_COLUMNS:
        raise ValueError("merged blocks overlap")
    scan.plain &= row * column <= _MAX_CELLS
    return scan


def _shallow(parts: Iterable[bytes], again: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """
    Yield the parts of a stream of XML, and refuse it where more tags are open at once than any workbook needs.

    Tags are counted. Where a sign of greater or a comment stands among them, or a part is too long to be looked at from
    end to end only, a parser counts instead, which takes longer.
    """
    depth, sure = 0, True
    for part in parts:
        tags = part.count(b"<")
        if sure and (b"<!" in part or tags != part.count(b">") or len(part) > 4 * _CHUNK):
            sure = False
            _refuse_deep(again())
        depth += tags - 2 * part.count(b"</") - part.count(b"/>") - part.count(b"<?")
        if sure and depth > _MAX_LEVELS:
            raise ValueError(_TOO_DEEP)
        yield part


def _refuse_deep(parts: Iterable[bytes]) -> None:
    """Refuse XML in which more tags are open at once than any workbook needs."""
    depth = 0

    def opened(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_LEVELS:
            raise ValueError(_TOO_DEEP)

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        for part in parts:
            parser.Parse(part)
    except expat.ExpatError:
        return  # no reader gets further than here, and those that look at this part at all say why


def _refuse_doctype(part: bytes) -> None:
    """Refuse definitions of entities: no workbook has any, and a few lines of them unpack to gigabytes."""
    if _DOCTYPE.search(part):
        raise ValueError("XML with a document type")


def _is_odd(part: bytes) -> bool:
    """Say whether a part holds what the two readers might understand in different ways."""
    return (
        any(one in part for one in _ODD)
        or bool(b"_x" in part and _ESCAPED.search(part))
        or bool(b":" in part and (any(one in part for one in _ODD_NAMES) or _PREFIX.search(part[:_CHUNK])))
    )


def _number(letters: bytes) -> int:
    """Return the number of a column from its letters."""
    number = 0
    for one in letters:
        number = number * 26 + one - 64
    return number


def _odd_styles(styles: bytes) -> frozenset[bytes] | None:
    """Return the styles whose number format the two readers might understand in different ways, by their number."""
    if not styles:
        return None
    sheet = Xml.fromstring(styles)
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in sheet.iter(f"{_MAIN}numFmt")}
    if max(map(len, own.values()), default=0) > _MAX_FORMAT:
        raise ValueError("a number format is too long")
    used = [one.get("numFmtId", "0") for one in sheet.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf")]
    odd = [
        place
        for place, one in enumerate(used)
        if not (_plain_format(own[one]) if one in own else one.isdecimal() and int(one) in _PLAIN_FORMATS)
    ]
    return None if not used or 0 in odd else frozenset(b"%d" % one for one in odd)  # 0 is of cells that name none


def _plain_format(code: str) -> bool:
    if code.lower() == "general":
        return True
    bare = _LITERAL.sub("", code)
    return bool(_PLAIN_NUMBER.fullmatch(bare) or _PLAIN_DAY.fullmatch(bare.removesuffix(";@")))


class _Quick:
    """calamine's view of a workbook whose formats are plain."""

    def __init__(self, raw: bytes, facts: _Workbook) -> None:
        self._book: Any = None
        try:
            from python_calamine import CalamineWorkbook, SheetTypeEnum  # noqa: PLC0415

            book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
            names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
            if names == [name for name, _ in facts.sheets]:
                self._book = book
        except BaseException as error:  # a fault inside calamine comes as no Exception
            _go_on(error)

    def sheet(self, name: str, scan: _Scan, counter: _Counter) -> Sheet | None:
        """Return a sheet, or ``None`` where the careful reader has to look."""
        if self._book is None:
            return None
        try:
            rows = self._book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except BaseException as error:
            _go_on(error)
            return None
        if len(rows) > scan.last[0] or len(rows) < max(scan.errors, default=0):
            return None
        kept = []
        texts, days = _Texts(), _Days()
        formulas: dict[int, list[int]] = {}
        for number, column in scan.formulas - scan.textual:
            formulas.setdefault(number, []).append(column)
        if len(rows) < max(formulas, default=0):
            rows += [[] for _ in range(max(formulas) - len(rows))]  # formulas without a value are nothing to calamine
        try:
            for number, row in counter.rows(rows):
                cells = [
                    one.strip() if type(one) is str else texts[one] if type(one) is float else days[one] for one in row
                ]
                for column, text in scan.errors.get(number, {}).items():  # calamine has nothing there
                    cells += [""] * (column - len(cells))
                    cells[column - 1] = text
                for column in formulas.get(number, ()):
                    cells += [""] * (column - len(cells))
                    cells[column - 1] = cells[column - 1] or UNCALCULATED
                if any(cells):
                    kept.append((number, _trimmed(cells)))
        except _DoubtError:
            return None
        return Sheet(name, kept)


def _trimmed(cells: list[str]) -> list[str]:
    """Return the cells of a row up to the last that is not blank."""
    while not cells[-1]:
        cells.pop()
    return cells


class _DoubtError(Exception):
    """A value that the two readers might read in different ways."""


class _Texts(dict[float, str]):
    """The texts of numbers: most columns repeat a few of them."""

    def __missing__(self, value: float) -> str:
        if abs(value) >= _EXACT_DIGITS:
            raise _DoubtError
        text = plain_text(value)
        if len(self) < _MANY:
            self[value] = text
        return text


class _Days(dict[Any, str]):
    """The texts of what is neither text nor a number: bills repeat their days."""

    def __missing__(self, value: Any) -> str:
        if isinstance(value, bool):
            return plain_text(value)
        if not isinstance(value, date) or value.year < _FIRST_YEAR:
            raise _DoubtError
        text = plain_text(value)
        if len(self) < _MANY:
            self[value] = text
        return text


def _go_on(error: BaseException) -> None:
    """Let the careful reader say what is wrong with a file that calamine could not take; stop for anything else."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


class _Careful:
    """openpyxl's view of a workbook, cell by cell with its number format."""

    def __init__(self, raw: bytes) -> None:
        from openpyxl import load_workbook  # noqa: PLC0415  (slow to import, and CSV users never need it)

        with warnings.catch_warnings():  # of parts that are not read: drop-downs, pictures, print settings
            warnings.simplefilter("ignore")
            self._book = load_workbook(io.BytesIO(raw), data_only=True, read_only=True, keep_links=False)

    def sheet(self, name: str, scan: _Scan, counter: _Counter) -> Sheet:
        """Return a sheet."""
        sheet = self._book[name]
        sheet.reset_dimensions()  # exporters often state too small a range, beyond which rows would be lost
        formats = _Formats(self._book.epoch)
        rows = []
        with warnings.catch_warnings():  # a serial number that is no date becomes an error value, which is told
            warnings.simplefilter("ignore")
            for number, row in counter.rows(sheet.iter_rows()):
                cells = [formats.text(number, column, one) for column, one in enumerate(row, start=1)]
                if scan.formulas:
                    cells = [
                        UNCALCULATED if not text and _uncalculated(cell) and (number, column) in scan.formulas else text
                        for column, (text, cell) in enumerate(zip(cells, row, strict=True), start=1)
                    ]
                if any(cells):
                    rows.append((number, _trimmed(cells)))
        return Sheet(name, rows, shown=tuple(formats.shown), months=tuple(formats.months), lost=tuple(formats.lost))


def _uncalculated(cell: Any) -> bool:
    """Say whether a blank cell with a formula has no value yet; one whose value is no text at all has."""
    return cell.value is None and cell.data_type != "str"


class _Formats:
    """Turns cells of a sheet into text, and notes where the number format has a say in it."""

    def __init__(self, epoch: datetime) -> None:
        self.epoch = epoch
        self.shown: list[Shown] = []
        self.months: list[Shown] = []
        self.lost: list[Cell] = []

    def text(self, row: int, column: int, cell: Any) -> str:
        """Return a cell as the text a person would type."""
        value: Any = cell.value
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool):
            return str(value)
        if isinstance(value, int | float):
            return self._number(row, column, cell, value)
        if isinstance(value, datetime) and value.day == 1 and _MONTH.match(_bare(cell.number_format)):
            self.months.append(Shown((row, column), plain_text(value), f"{value:%Y-%m}"))
        return plain_text(value)

    def _number(self, row: int, column: int, cell: Any, value: float) -> str:
        number_format = cell.number_format
        if number_format == "General":
            if cell.style_array.numFmtId in _CHINESE_DATES:
                return self._chinese_date(row, column, cell, value)
        elif (mask := _MASK.fullmatch(number_format.partition(";")[0])) and value >= 0 and float(value).is_integer():
            held = plain_text(value)
            text = (mask[1] or mask[2] or "") + _masked(mask[3], held)
            if text != held:
                self.shown.append(Shown((row, column), held, text))
            return text
        if abs(value) >= _EXACT_DIGITS:
            self.lost.append((row, column))
            return str(int(value))
        return plain_text(value)

    def _chinese_date(self, row: int, column: int, cell: Any, value: float) -> str:
        from openpyxl.utils.datetime import from_excel  # noqa: PLC0415

        try:
            day = from_excel(value, self.epoch)
        except (OverflowError, ValueError):
            return "#VALUE!"
        text = plain_text(day)
        if cell.style_array.numFmtId in _CHINESE_MONTHS and isinstance(day, datetime) and day.day == 1:
            self.months.append(Shown((row, column), text, f"{day:%Y-%m}"))
        return text


_CHINESE_MONTHS = frozenset({27, 36, 50, 52, 57})


def _masked(mask: str, digits: str) -> str:
    """Return digits as a number format of zeros shows them: ``0000-00`` makes 202403 2024-03."""
    zeros = mask.count("0")
    filled = digits.zfill(zeros)
    head, tail = filled[: len(filled) - zeros], iter(filled[len(filled) - zeros :])
    return head + "".join(next(tail) if one == "0" else one for one in mask)


def _bare(number_format: str) -> str:
    """Return what a number format shows of the value, without the words around it."""
    return re.sub(r"\[[^\[\]]*\]", "", _LITERAL.sub("", number_format.partition(";")[0]))
