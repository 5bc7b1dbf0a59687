"""The binder that workpapers are filed in: leaves, formats, live formulas with our value beside, and check cells."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from hsesg_carbon.layouts import letter
from hsesg_carbon.messages import message

if TYPE_CHECKING:
    from xlsxwriter import Workbook as Book
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

HEADING = 3
"""The row of the headings, counted from 0; data begin below it."""

FIRST = HEADING + 1
ROW = "\0"
"""What stands in a run of cells for the number of the row, counted from 1; no text of a workbook can hold it."""

NOTHING = "–"
_LONGEST = 32_000
_MARKUP = frozenset("&<>")
_INK, _HEAD, _RULE = "#1F2933", "#1F5C57", "#C9D1D6"
_STATED, _PUBLISHED, _LIBRARY = "#0B5394", "#E8F0FA", "#5F6B73"
_EXACT_DIGITS = 15
_letter = cache(letter)

Kind = Literal["t", "n", "q", "r", "x", "p", "d", "i"]
"""How a cell is shown: text, two decimals, a quantity, a ratio, as it comes, percent, day, whole number."""

SHAPES: dict[str, str] = {
    "t": "@",
    "n": "#,##0.00",
    "q": "#,##0.00####",
    "r": "#,##0.0000",
    "x": "General",
    "p": "0.00%",
    "d": "yyyy-mm-dd",
    "i": "0",
}
_PLACED: dict[str, dict[str, Any]] = {"t": {"align": "left", "indent": 1}, "i": {"align": "center"}}
Value = str | int | float | Fraction | Decimal | date | None


class Formula(NamedTuple):
    """A live formula and what it comes to, so that a reader without calculation sees the same."""

    text: str
    value: float | str


class Check(NamedTuple):
    """A figure of the workpapers held to the library's: where it stands, and what it should be."""

    what: str
    of: str
    cell: str
    library: Fraction | int | Formula


@dataclass(frozen=True)
class Binder:
    """A workbook while it is written; ``cells`` says where figures stand that other leaves refer to."""

    book: "Book"
    lang: str
    cells: dict[tuple[Any, ...], str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    leaves: dict[str, "Leaf"] = field(default_factory=dict)

    @classmethod
    def new(cls, path: Path, lang: str) -> "Binder":
        """Start a workbook in which no text can become a formula or a link, and that says nothing of when or where."""
        from xlsxwriter import Workbook as Book  # noqa: PLC0415

        book = Book(str(path), dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False))
        book.set_properties({"created": datetime(2000, 1, 1)})  # the same bytes whenever it is written
        book.set_calc_mode("auto")
        return cls(book, lang)

    def say(self, code: str, **data: Any) -> str:
        """Return a word of the workpapers."""
        return message(f"label.papers-{code}", self.lang, **data)

    def both(self, names: Mapping[str, str], instead: str = "") -> str:
        """Return a name in the language of the binder."""
        return names.get(self.lang) or next(iter(names.values()), instead)

    def leaf(self, code: str) -> "Leaf":
        """Add a sheet; ``code`` names it, its title and its help in the catalogue of messages."""
        name = self.say(f"tab-{code}")
        page: Any = self.book.add_worksheet(name, _page_class())
        self.leaves[code] = Leaf(self, code, name, page)
        return self.leaves[code]

    def style(self, kind: Kind, look: str = "", shape: str = "") -> "Format":
        """Return a format, made once for each kind: how a number reads, and what sort of cell it is."""
        return self.format(**{"num_format": shape or SHAPES[kind], **_PLACED.get(kind, {}), **_looks()[look]})

    def format(self, **told: Any) -> "Format":
        """Return a format, made once."""
        key = tuple(sorted(told.items()))
        if key not in self._formats:
            font = "Calibri" if self.lang == "en" else "Microsoft YaHei"
            base = {"font_name": font, "font_size": 10, "font_color": _INK, "valign": "top"}
            self._formats[key] = self.book.add_format({**base, **told})
        return self._formats[key]

    @cached_property
    def _formats(self) -> "dict[Any, Format]":
        return {}

    def check(self, what: str, of: str, cell: str, library: Fraction | int | Formula) -> None:
        """Note a figure that is to be held to the library's."""
        self.checks.append(Check(what, of, cell, library))


@dataclass(frozen=True)
class Leaf:
    """One sheet. Rows and columns count from 0; ``ref`` gives the address that formulas use."""

    binder: Binder
    code: str
    name: str
    page: Any = field(repr=False)

    def begin(self, headings: Sequence[tuple[str, float]], *, freeze: int = 1, right: Container[int] = ()) -> None:
        """Write title, help and headings with their widths; ``right`` are columns of numbers. Set up view and print."""
        binder = self.binder
        title = binder.format(bold=True, font_size=15, font_color=_HEAD)
        self.page.write_string(0, 0, binder.say(f"title-{self.code}"), title)
        self.page.write_string(1, 0, binder.say(f"help-{self.code}"), binder.format(font_color="#555555"))
        self.page.set_row(0, 24)
        self.heads(HEADING, [head for head, _ in headings], right)
        for place, (_, width) in enumerate(headings):
            self.page.set_column(place, place, width)
        self.page.freeze_panes(FIRST, freeze)
        self.print_setup()
        self.page.repeat_rows(HEADING)

    def print_setup(self) -> None:
        """Set up A4 landscape, one page wide."""
        self.page.hide_gridlines(2)
        self.page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # a year may well be text
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.fit_to_pages(1, 0)
        self.page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.page.set_footer("&L&F&C&A&R&P / &N")

    def heads(self, row: int, texts: Iterable[str], right: Container[int] = ()) -> None:
        """Write a row of headings; those over numbers, ``right``, stand as these do."""
        look: dict[str, Any] = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": _HEAD,
            "text_wrap": True,
            "valign": "vcenter",
        }
        look |= {"border": 1, "border_color": _RULE}
        texts = list(texts)
        for place, text in enumerate(texts):
            side = {"align": "right"} if place in right else {"align": "left", "indent": 1}
            self.page.write_string(row, place, cell_text(text), self.binder.format(**look, **side))
        lines = max((text.count("\n") + 1 for text in texts), default=1)
        self.page.set_row(row, 15 * max(2, lines))

    def put(
        self, row: int, column: int, value: Value | Formula, kind: Kind = "t", look: str = "", *, shape: str = ""
    ) -> None:
        """Write a cell: what somebody wrote is always text, never a formula."""
        text_formula = kind == "t" and isinstance(value, Formula)  # in a cell of text it would be text once edited
        style = self.binder.style(kind, look, "General" if text_formula else shape)
        if value is None:
            self.page.write_blank(row, column, None, style)
        elif isinstance(value, Formula):
            self.page.write_formula(row, column, value.text, style, value.value)
        elif isinstance(value, str):
            self.page.write_string(row, column, cell_text(value), style)
        elif isinstance(value, date):
            self.page.write_number(row, column, serial(value), style)
        else:
            self.page.write_number(row, column, float(value), style)

    def across(self, row: int, columns: tuple[int, int], text: str, width: float) -> None:
        """Write a sentence over several columns that are ``width`` wide together."""
        style = self.binder.style("t", "wrap")
        self.page.merge_range(row, columns[0], row, columns[1], "", style)
        self.page.write_string(row, columns[0], cell_text(text), style)
        self.tall(row, [(text, width)])

    def tall(self, row: int, texts: Iterable[tuple[str, float]]) -> None:
        """Make a row as high as the longest of its wrapped texts needs, each in the width of its column."""
        lines = max((-(-wide(text) // max(1, int(width * 1.1))) for text, width in texts), default=1)
        if lines > 1:
            self.page.set_row(row, 14.5 * lines + 2)

    def section(self, row: int, code: str, **data: Any) -> None:
        """Write the heading of a part of the sheet."""
        self.page.set_row(row, 21)
        style = self.binder.format(bold=True, font_size=12, font_color=_HEAD, valign="vcenter")
        self.page.write_string(row, 0, self.binder.say(code, **data), style)

    def note(self, row: int, text: str, column: int = 0) -> None:
        """Write a remark."""
        self.page.write_string(row, column, cell_text(text), self.binder.format(font_color="#555555", italic=True))

    def fill(self, first: int, columns: Sequence[tuple[Kind, str]], rows: Iterable[Sequence["Value | Formula"]]) -> int:
        """Write many rows at once, below everything else on the sheet; return the row after them."""
        styles = self.styles(columns)
        return self.lay(first, len(columns), (self.run(styles, 0, row) for row in rows))

    def lay(self, first: int, width: int, rows: Iterable[str]) -> int:
        """
        Write rows of ``run``s at once, below everything else on the sheet; return the row after them.

        Cell by cell a sheet of some hundred thousand cells takes many seconds. A run that many rows have is made once.
        """
        number, lines = first, cast("list[str]", self.page.lines)
        for row in rows:
            number += 1
            lines.append(f'<row r="{ROW}">{row}</row>'.replace(ROW, str(number)))
        if number > first:
            self.page._check_dimensions(first, 0)
            self.page._check_dimensions(number - 1, width - 1)
        return number

    def styles(self, columns: Sequence[tuple[Kind, str]]) -> list[int]:
        """Return the styles of columns as ``run`` takes them."""
        return [self.binder.style(*one)._get_xf_index() for one in columns]

    def run(self, styles: Sequence[int], start: int, values: Sequence["Value | Formula"]) -> str:
        """Return neighbouring cells from a column on as XML, in which ``ROW`` stands for the number of the row."""
        made = self._made
        cells = [f'<c r="{_letter(at)}{ROW}" s="{styles[at]}"{made(value)}' for at, value in enumerate(values, start)]
        return "".join(cells)

    def _made(self, value: "Value | Formula") -> str:
        """Return the XML of a cell behind its address and style; what somebody wrote is a shared string."""
        if type(value) is str:
            known = cast("dict[str, str]", self.page.known)
            if value not in known:
                known[value] = f' t="s"><v>{self.page.str_table._get_shared_string_index(cell_text(value))}</v></c>'
            return known[value]
        if isinstance(value, Formula):
            text = escape(value.text) if _MARKUP.intersection(value.text) else value.text
            return f"><f>{text}</f><v>{value.value!r}</v></c>"
        return "/>" if value is None else f"><v>{value!r}</v></c>"

    def ref(self, row: int, column: int) -> str:
        """Return the address of a cell as formulas of any sheet write it."""
        return f"{quoted(self.name)}!${letter(column)}${row + 1}"

    def here(self, row: int, column: int) -> str:
        """Return the address of a cell as formulas of its own sheet write it."""
        return f"${letter(column)}${row + 1}"

    def cells(self, first: int, last: int, column: int) -> str:
        """Return the address of cells of a column as formulas of their own sheet write it."""
        return f"{self.here(first, column)}:{self.here(last, column)}"

    def span(self, first: int, last: int, column: int) -> str:
        """Return the address of cells of a column."""
        place = letter(column)
        return f"{quoted(self.name)}!${place}${first + 1}:${place}${last + 1}"

    def table(self, last: int, columns: int) -> None:
        """Let the rows below the headings be filtered."""
        self.page.autofilter(HEADING, 0, max(last, HEADING), columns - 1)

    def judged(self, cells: tuple[int, int, int, int]) -> None:
        """Colour cells that say OK or CHECK; the words carry it too, for print in black and white."""
        for word, told in (
            ("ok", {"font_color": "#1B5E20", "bg_color": "#E3F2E1"}),
            ("check", {"font_color": "#8E1B12", "bg_color": "#FAD7D3", "bold": True}),
        ):
            rule = {"type": "cell", "criteria": "==", "value": f'"{self.binder.say(word)}"'}
            self.page.conditional_format(*cells, {**rule, "format": self.binder.book.add_format(told)})


# -------------------------------------------------------------------------------------------------- formulas


def quoted(name: str) -> str:
    """Return a sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"


def number_text(value: Fraction) -> str:
    """
    Return a number as a formula holds it: exact where a spreadsheet, which counts in floats, can.

    Example:
        >>> number_text(Fraction(1, 1000)), number_text(Fraction(44, 12)), number_text(Fraction(5))
        ('1/1000', '11/3', '5')
    """
    above, below = value.numerator, value.denominator
    if max(len(str(abs(above))), len(str(below))) > _EXACT_DIGITS:
        return repr(float(value))
    return f"{above}/{below}" if below != 1 else str(above)


def times(value: Fraction) -> str:
    """
    Return what a formula appends to multiply by a number: nothing for 1.

    Example:
        >>> times(Fraction(3, 1000)), times(Fraction(1, 1000)), times(Fraction(1))
        ('*3/1000', '/1000', '')
    """
    if value == 1:
        return ""
    if value.numerator == 1 and len(str(value.denominator)) <= _EXACT_DIGITS:
        return f"/{value.denominator}"
    return f"*{number_text(value)}"


def serial(day: date) -> int:
    """Return a day as a spreadsheet counts it."""
    return (day - date(1899, 12, 30)).days


def is_exact(value: Fraction) -> bool:
    """
    Say whether a spreadsheet shows a number as it is: 15 digits are all that it keeps.

    Example:
        >>> is_exact(Fraction("12345.678")), is_exact(Fraction("1234567890123.4567"))
        (True, False)
    """
    return Fraction(f"{float(value):.{_EXACT_DIGITS}g}") == value


def printed_shape(value: Decimal) -> str:
    """
    Return the number format that shows a published value with the decimals that it is printed with.

    Example:
        >>> printed_shape(Decimal("1.30")), printed_shape(Decimal("74100"))
        ('0.00', '0')
    """
    places = -int(value.as_tuple().exponent)
    return "0." + "0" * places if places > 0 else "0"


# -------------------------------------------------------------------------------------------------- private


def cell_text(text: str) -> str:
    """Return text as a cell can hold it; what looks like XML of rich text would be taken for that, so it is broken."""
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def wide(text: str) -> int:
    """Return how many columns a text takes: Chinese characters take two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


@cache
def _looks() -> dict[str, dict[str, Any]]:
    """Return what tells the sorts of cells apart: ink, and shade or slant for print in black and white."""
    return {
        "": {},
        "stated": {"font_color": _STATED},
        "published": {"font_color": _STATED, "bg_color": _PUBLISHED},
        "library": {"font_color": _LIBRARY, "italic": True},
        "total": {"bold": True, "top": 1, "bottom": 6, "top_color": _INK, "bottom_color": _INK},
        "bold": {"bold": True},
        "wrap": {"text_wrap": True},
        "mid": {"align": "center"},
        "ask": {"bg_color": "#FFF8DC", "border": 1, "border_color": _RULE},
    }


@cache
def _page_class() -> "type[Worksheet]":
    """Return a sheet that takes formulas as they stand (none is newer than Excel 2010) and many rows at once."""
    from xlsxwriter.worksheet import Worksheet  # noqa: PLC0415

    class Page(Worksheet):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lines: list[str] = []
            self.known: dict[str, str] = {}

        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
            return formula.removeprefix("=")

        def _write_rows(self) -> None:
            super()._write_rows()
            self.fh.write("".join(self.lines))

    return Page
