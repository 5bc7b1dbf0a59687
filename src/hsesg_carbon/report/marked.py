"""The user's own workbook again, with every fault at its cell: coloured, explained in a comment, listed in front."""

import io
import math
import re
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsesg_carbon import workbooks
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding, Severity, Where
from hsesg_carbon.messages import message, visible
from hsesg_carbon.tables import Table, csv_cells, read_bytes
from hsesg_carbon.writing import write_whole

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Letters = Mapping[tuple[str | None, str], str]
"""The letter of a column by the sheet (``None`` for a CSV file) and the column's name."""

COLOURS: Mapping[Severity, str] = {"error": "FFFFB3B3", "warning": "FFFFE699", "info": "FFCFE2F3"}
"""The fill of a marked cell."""

_RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_AUTHOR = "hsesg_carbon"
_MAX_COMMENT = 2_000
_MAX_CELL = 32_000
_MAX_LINKS = 60_000
"""Excel takes a sheet with more links for a broken one."""
_LAST_ROW = 1_048_576
_LONGEST = 8192
"""Letters of a formula in Excel: what is longer is none of a person's, and would take long to search."""
_WIDTHS = (6, 10, 18, 9, 24, 90, 24)
"""Of the columns of the list."""
_LETTERS = re.compile(r"[A-Z]{1,3}")
_NO_SHEET_NAME = re.compile(r"[\\/*?:\[\]]")
_OUTSIDE = re.compile(
    r"\||\[\d+\][\w .'\-]*!|\[[^\]]+\.\w{2,5}\]"  # DDE, and the two spellings of another workbook
    r"|\b(?:_xl\w+\.)*(?:WEBSERVICE|FILTERXML|HYPERLINK|IMAGE|RTD|DDE|CALL|REGISTER(?:\.ID)?|EXEC|IMPORT\w*|STOCKHISTORY"
    r"|CUBE\w+|SQL\.REQUEST|PY)\s*\(",
    re.IGNORECASE,
)
"""What a formula holds that could reach beyond the workbook: another program, another file, another host."""
_WITHIN = re.compile(r'\bHYPERLINK\s*\((?=\s*"#[^"]*"\s*[,)])', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


def write_marked(
    source: Path, findings: Sequence[Finding], letters: Letters | Sequence[Table], target: Path, lang: str = "en"
) -> int:
    """
    Write a copy of a workbook or CSV file in which every finding stands at its cell, and a list of them in front.

    Values, formats, drop-downs and widths stay. Macros, pivot tables and links to other files are not copied, and a
    formula that could reach beyond the workbook becomes text, which the list names. A formula has no value in the copy
    until a spreadsheet has opened it.

    Args:
        source: The user's file, ``.xlsx``, ``.xlsm`` or ``.csv``; it is never written to.
        findings: What is to be told; those about other files are listed without a link.
        letters: Where the columns that findings name are: the tables that were read, or a mapping.
        target: The ``.xlsx`` to write.
        lang: ``en`` or ``zh``.

    Returns:
        The number of cells that are marked.

    Raises:
        InputError: The source cannot be read, or the target is the source or no ``.xlsx``.
    """
    if target.suffix.lower() != ".xlsx":
        raise InputError("file-kind", file=target.name, known=[".xlsx"])
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError("marked-over-source", file=target.name)
    raw = read_bytes(source)
    book = _copied_csv(raw, source) if source.suffix.lower() == ".csv" else _copied(raw, source.name)
    every = [*findings, *_made_inert(book, source.name)]
    places = _Places(source.name, letters, book)
    marks: dict[tuple[str, int, str], list[Finding]] = defaultdict(list)
    cells = [places.cell(one.where) for one in every]
    for one, cell in zip(every, cells, strict=True):
        if cell is not None:
            marks[cell].append(one)
    for (sheet, row, column), told in marks.items():
        _mark(book[sheet][f"{column}{row}"], told, lang)
    _list(book, every, cells, lang)
    _save(book, target)
    return len(marks)


# -------------------------------------------------------------------------------------------------- private


def _copied(raw: bytes, file: str) -> "Workbook":
    """Open a workbook without what is not copied."""
    from openpyxl import load_workbook  # noqa: PLC0415

    workbooks.refuse_unsound(raw, file)
    try:
        with warnings.catch_warnings():  # of extensions that are left out
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(raw), keep_vba=False, keep_links=False, rich_text=True)
    except Exception as error:  # openpyxl raises whatever a damaged part of the archive happens to provoke
        raise InputError("excel-broken", file=file, why=f"{type(error).__name__}: {error}"[:200]) from error
    every: list[Any] = list(book.worksheets)
    for sheet in every:
        sheet._pivots = []  # their source may be another file, asked as soon as the copy is opened
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    return book


def _copied_csv(raw: bytes, source: Path) -> "Workbook":
    """Make a workbook of a CSV file, every cell as the text that it is."""
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _NO_SHEET_NAME.sub("_", source.stem)[:31].strip("'") or "CSV"
    for number, cells in enumerate(csv_cells(raw, source.name), start=1):
        for place, text in enumerate(cells, start=1):
            if text:
                _write(sheet.cell(number, place), text)
    return book


def _write(cell: Any, text: str) -> None:
    """Write text that stays text, whatever it begins with and however often it is edited."""
    cell.value = (
        visible(text[:_MAX_CELL]) if "\n" not in text else "\n".join(map(visible, text[:_MAX_CELL].split("\n")))
    )
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _made_inert(book: "Workbook", file: str) -> list[Finding]:
    """Make text of every formula that could reach beyond the workbook, take out links, and name each."""
    found = []
    for name in [name for name, one in book.defined_names.items() if _reaches_outside(one.attr_text or "")]:
        del book.defined_names[name]
        found.append(Finding(code="made-inert", severity="warning", where=Where(file=file), data={"what": name}))
    for sheet in book.worksheets:
        for name in [name for name, one in sheet.defined_names.items() if _reaches_outside(one.attr_text or "")]:
            del sheet.defined_names[name]
        rules = sheet.data_validations.dataValidation
        rules[:] = [one for one in rules if not _reaches_outside(f"{one.formula1} {one.formula2}")]
        for (number, place), cell in sorted(_cells(sheet).items()):  # the rows would make every cell up to the farthest
            what = _inert(cell)
            if what:
                where = Where(file=file, sheet=sheet.title, row=number, column=workbooks.letter(place))
                found.append(Finding(code="made-inert", severity="warning", where=where, data={"what": what[:200]}))
    return found


def _cells(sheet: Any) -> dict[tuple[int, int], Any]:
    """Return the cells that a sheet holds, by row and column."""
    return dict(sheet._cells)


def _inert(cell: Any) -> str:
    """Make a cell harmless and return what was in it, nothing where it was so before."""
    link = getattr(cell, "hyperlink", None)
    target = ""
    if link is not None and link.target:
        target = link.target
        cell.hyperlink = None
    if cell.data_type == "s" and isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
        cell.quotePrefix = True
    if cell.data_type != "f":
        return target
    formula = str(getattr(cell.value, "text", cell.value) or "")
    if not _reaches_outside(formula):
        return target
    _write(cell, formula)
    return formula


def _reaches_outside(formula: str) -> bool:
    """Say whether a formula could reach beyond the workbook; what it only quotes, and links within it, do not."""
    if len(formula) > _LONGEST:
        return True
    return bool(_OUTSIDE.search(_QUOTED.sub('""', _WITHIN.sub("(", formula))))


class _Places:
    """Finds the cell of the copy that a finding is about."""

    def __init__(self, file: str, letters: Letters | Sequence[Table], book: "Workbook") -> None:
        self.file = file
        self.sheets = set(book.sheetnames)
        self.only = book.sheetnames[0] if len(book.sheetnames) == 1 else None
        self.headings: dict[str | None, int] = {}
        if isinstance(letters, Mapping):
            self.letters = dict(letters)
        else:
            self.letters = {(table.sheet, name): one for table in letters for name, one in table.letters.items()}
            self.headings = {table.sheet: table.heading for table in letters}
        self.merged = {
            sheet.title: [(block.bounds, block.start_cell) for block in sheet.merged_cells.ranges]
            for sheet in book.worksheets
        }

    def cell(self, where: Where | None) -> tuple[str, int, str] | None:
        """Return sheet, row and column letter, or ``None`` where a finding is of no cell of this file."""
        if where is None or where.file not in {None, self.file}:
            return None
        sheet = where.sheet or self.only
        if sheet not in self.sheets:
            return None
        row = where.row or (self.headings.get(where.sheet) if where.column else None)
        if row is None or not 1 <= row <= _LAST_ROW:
            return None
        return self._anchor(sheet, row, self._letter(where))

    def _letter(self, where: Where) -> str:
        """Return the column of a finding; the first column of the table where it is about the whole row."""
        column = where.column or ""
        if (where.sheet, column) in self.letters:
            return self.letters[where.sheet, column]
        if _LETTERS.fullmatch(column):
            return column
        own = [one for (sheet, _), one in self.letters.items() if sheet == where.sheet]
        return min(own, key=lambda one: (len(one), one), default="A")

    def _anchor(self, sheet: str, row: int, column: str) -> tuple[str, int, str]:
        """Return the one cell of a merged block that can be written to, or the cell itself."""
        from openpyxl.utils import column_index_from_string  # noqa: PLC0415

        place = column_index_from_string(column)
        for (left, top, right, bottom), start in self.merged.get(sheet, ()):
            if left <= place <= right and top <= row <= bottom:
                return sheet, start.row, start.column_letter
        return sheet, row, column


def _mark(cell: Any, told: Sequence[Finding], lang: str) -> None:
    """Colour a cell and explain in a comment why; a comment that is there stays, below ours."""
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.styles import PatternFill  # noqa: PLC0415

    told = sorted(told, key=lambda one: _RANK[one.severity])
    cell.fill = PatternFill("solid", fgColor=COLOURS[told[0].severity])
    sentences = dict.fromkeys(
        f"{message(f'label.severity-{one.severity}', lang)} {_sentence(one, lang)}" for one in told
    )
    text = "\n".join(sentences)
    if cell.comment is not None:
        text += f"\n\n{cell.comment.text}"
    if len(text) > _MAX_COMMENT:
        text = text[: _MAX_COMMENT - 1] + "…"
    width = 340
    cell.comment = Comment(text, _AUTHOR, height=_height(text, width), width=width)


def _severity(one: Severity, lang: str) -> str:
    """Return the severity as a word for a column, without the colon that it has before a sentence."""
    return message(f"label.severity-{one}", lang).rstrip(":：")


def _sentence(one: Finding, lang: str) -> str:
    return visible(one.message(lang))


def _height(text: str, width: int) -> int:
    """Return how many pixels high a comment must be to show its text."""
    in_a_line = width // 8
    lines = sum(max(1, math.ceil(_columns(line) / in_a_line)) for line in text.split("\n"))
    return min(24 + 19 * lines, 460)


def _columns(text: str) -> int:
    """Return how wide a text is, in Latin characters."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


@dataclass
class _Sheet:
    """The list of faults while it is written."""

    sheet: "Worksheet"
    row: int = 0
    styles: dict[str, Any] = field(default_factory=dict)

    def line(self, *texts: str | int, bold: bool = False) -> None:
        """Write a line of cells."""
        from openpyxl.styles import Alignment, Font  # noqa: PLC0415

        self.row += 1
        for place, text in enumerate(texts, start=1):
            cell = self.sheet.cell(self.row, place)
            if isinstance(text, int):
                cell.value = text
            elif text:
                _write(cell, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(name="Calibri", size=11, bold=bold)
        lines = [math.ceil(_columns(str(text)) / width) for text, width in zip(texts, _WIDTHS, strict=False)]
        if len(texts) == len(_WIDTHS):  # a spreadsheet fits the rows to their text only when it edits them
            self.sheet.row_dimensions[self.row].height = 15 * max(1, *lines)


def _list(
    book: "Workbook", findings: Sequence[Finding], cells: Sequence[tuple[str, int, str] | None], lang: str
) -> None:
    """Put a sheet in front that counts the findings by kind and lists each with a link to its cell."""
    from openpyxl.styles import Font, PatternFill  # noqa: PLC0415
    from openpyxl.worksheet.hyperlink import Hyperlink  # noqa: PLC0415
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415

    title = _free(book, message("label.marked-sheet", lang))
    sheet = book.create_sheet(title, 0)
    page = _Sheet(sheet)
    page.line(message("label.marked-title" if findings else "label.marked-none", lang, count=len(findings)), bold=True)
    page.line(message("label.marked-how", lang))
    for number in (1, 2):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=len(_WIDTHS))
    sheet.row_dimensions[2].height = 32
    kinds = Counter((_RANK[one.severity], one.severity, one.code) for one in findings)
    for (_, severity, code), count in sorted(kinds.items()):
        page.line(count, _severity(severity, lang), code)
        sheet.cell(page.row, 2).fill = PatternFill("solid", fgColor=COLOURS[severity])
    page.row += 1
    page.line(*(message(f"label.marked-{one}", lang) for one in _HEADINGS), bold=True)
    first = page.row
    order = {one: place for place, one in enumerate(book.sheetnames)}
    ranked = sorted(
        zip(findings, cells, strict=True),
        key=lambda one: (_RANK[one[0].severity], (order[one[1][0]], one[1][1]) if one[1] else (len(order), 0)),
    )
    for number, (one, cell) in enumerate(ranked, start=1):
        where = one.where or Where()
        place = f"{cell[2]}{cell[1]}" if cell else ""
        named = cell[0] if cell else where.text(lang)
        value = where.value or (_value(book, cell) if cell and where.column else "")
        page.line(number, _severity(one.severity, lang), named, place, value, _sentence(one, lang), one.code)
        sheet.cell(page.row, 2).fill = PatternFill("solid", fgColor=COLOURS[one.severity])
        if cell and number <= _MAX_LINKS:
            link = sheet.cell(page.row, 4)
            quoted = cell[0].replace("'", "''")
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{place}")
            link.font = Font(name="Calibri", size=11, color="FF0563C1", underline="single")
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{first + 1}" if first <= _MAX_FROZEN else None
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.auto_filter.ref = f"A{first}:G{max(page.row, first)}"
    _show_first(book)


def _value(book: "Workbook", cell: tuple[str, int, str]) -> str:
    """Return what stands in a cell, as text."""
    value = book[cell[0]][f"{cell[2]}{cell[1]}"].value
    return workbooks.plain_text(getattr(value, "text", value))[:80]


_HEADINGS = ("number", "severity", "place", "cell", "value", "sentence", "kind")
_MAX_FROZEN = 15
"""Lines above the list that may stay in sight: more would leave no room for it on a small screen."""


def _free(book: "Workbook", title: str) -> str:
    """Return a name that no sheet has yet."""
    taken = {one.lower() for one in book.sheetnames}
    number = 1
    name = title
    while name.lower() in taken:
        number += 1
        name = f"{title} {number}"
    return name


def _show_first(book: "Workbook") -> None:
    """Open the copy on its first sheet, and on that alone: sheets that are chosen together are edited together."""
    book.active = 0
    for place, sheet in enumerate(book.worksheets):
        for view in sheet.views.sheetView:
            view.tabSelected = place == 0


def _save(book: "Workbook", target: Path) -> None:
    """Write the copy in one step, so that no half of it is left behind."""
    stream = io.BytesIO()
    book.save(stream)
    write_whole(target, stream.getvalue())
