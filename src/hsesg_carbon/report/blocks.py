"""What a page of the report is made of: sections, tables, figures and sentences, before any of it is HTML."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from hsesg_carbon import shown
from hsesg_carbon.findings import GRAVITY
from hsesg_carbon.report.drawings import Drawing

_PLACES = {"tCO2e": 2, "t": 2, "GJ": 0, "MWh": 1, "tce": 2, "%": 1, "ML": 3, "kWh": 0, "m3": 0, "L": 0}
_UNKNOWN_UNIT = 2
_LEADING = 3  # digits of a ratio that must be seen
_MOST = 9
_BROAD = 9  # columns of a table that is set closer
_SHORT = 14  # rows of a table that is not parted in print
_COLUMN = 48  # characters of what stands in columns
_DIGITS = 6  # of a small number that is too long
_LONG = 14  # characters of an exact number that are still read as one


@dataclass(frozen=True)
class Link:
    """A word that leads to another place of the page."""

    text: str
    href: str


@dataclass(frozen=True)
class Cell:
    """
    A cell of a table: its text, and of a figure what it is exactly, which figure it is and what explains it.

    ``kind`` is ``text``, ``number`` or ``head`` (the heading of its row); ``bar`` is a share of 0 to 100 to be drawn,
    ``span`` the columns that it takes.
    """

    text: str
    kind: str = "text"
    exact: str | None = None
    figure: str | None = None
    href: str | None = None
    note: str | None = None
    links: tuple[Link, ...] = ()
    bar: str | None = None
    code: bool = False
    span: int = 1


@dataclass(frozen=True)
class Row:
    """A row of a table; ``tone`` is ``sum`` for a total, ``steps`` for one cell over all columns, of the row above."""

    cells: tuple[Cell, ...]
    id: str | None = None
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption; ``numbers`` are its columns of figures, ``look`` is how columns share its width."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: frozenset[int] = frozenset()
    look: str = ""
    id: str | None = None
    kind: str = "table"

    @property
    def short(self) -> bool:
        """Whether it is short enough to stay on one page of paper."""
        return len(self.rows) <= _SHORT

    @property
    def broad(self) -> bool:
        """Whether it has so many columns that they are set closer."""
        return len(self.columns) >= _BROAD


@dataclass(frozen=True)
class Figure:
    """A drawing with the sentence that says what it shows; a table has its figures. ``draw`` takes a while."""

    id: str
    caption: str
    draw: Callable[[], Drawing]
    kind: str = "figure"


@dataclass(frozen=True)
class Note:
    """A sentence; ``tone`` is ``nothing`` where it says why there is nothing to show."""

    text: str
    tone: str = "note"
    kind: str = "note"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    id: str | None = None
    kind: str = "heading"


@dataclass(frozen=True)
class Facts:
    """Terms and what they are here."""

    rows: tuple[tuple[str, Cell], ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Remark:
    """
    A judgement with its weight in a word, told by its shape as well.

    Of several alike it says the first, ``alike`` how many there are, and ``each`` where or what every one of them is.
    """

    severity: str
    word: str
    text: str
    place: str = ""
    about: tuple[Link, ...] = ()
    count: int = 1
    alike: str = ""
    each: tuple[str, ...] = ()

    @property
    def gravity(self) -> int:
        """Its place among the weights, the gravest first."""
        return GRAVITY.index(self.severity)

    @property
    def short(self) -> bool:
        """Whether all that it lists is short enough to stand in columns."""
        return all(len(one) <= _COLUMN for one in self.each)


@dataclass(frozen=True)
class Remarks:
    """Judgements, the gravest first."""

    rows: tuple[Remark, ...]
    kind: str = "remarks"


Block = Table | Figure | Note | Heading | Facts | Remarks


@dataclass(frozen=True)
class Section:
    """A numbered part of the page with its blocks; ``short`` is its name in the table of contents."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tile:
    """A key figure: what it is, its value with its unit, and sentences on how it moved and how sure it is."""

    id: str
    name: str
    value: Cell
    unit: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """
    How figures are written: half up, with thousands commas, the same number of places for a unit all over a page.

    A ratio, such as tCO2e/m2, has as many places as its smallest figure needs to show three digits.

    Example:
        >>> Numbers({"tCO2e/m2": 5}).text("0.04378715", "tCO2e/m2"), Numbers().text("8544.8391", "tCO2e")
        ('0.04379', '8,544.84')
    """

    places: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, figures: Iterable[tuple[str | None, str]]) -> "Numbers":
        """Return the places that ratios with these figures need, given as (exact figure, unit)."""
        places: dict[str, int] = {}
        for value, unit in figures:
            if value is not None and "/" in unit and Fraction(value):
                size = Decimal(value).adjusted()
                places[unit] = max(places.get(unit, _UNKNOWN_UNIT), min(_MOST, _LEADING - 1 - size))
        return cls(places)

    def finer(self, figures: Iterable[tuple[str | None, str]]) -> "Numbers":
        """
        Return the same with the places that smaller ratios of a row need beside it.

        Example:
            >>> Numbers({"tCO2e/m2": 2}).finer([("0.0437", "tCO2e/m2")]).text("0.0437", "tCO2e/m2")
            '0.0437'
        """
        own = Numbers.of(figures).places
        return Numbers({**self.places, **{unit: max(self.places.get(unit, 0), own[unit]) for unit in own}})

    def text(self, value: str | float | Fraction, unit: str, *, signed: bool = False) -> str:
        """Return a figure of ``unit`` for people."""
        places = self.places.get(unit, _PLACES.get(unit, _UNKNOWN_UNIT))
        text = shown.number(Fraction(value), places, signed=signed)
        return text.removeprefix("+") if not text.strip("+0.") else text


def whole_number(value: str) -> str:
    """
    Return an exact number with thousands commas, shortened where it is longer than is read at a glance.

    Example:
        >>> whole_number("15387360"), whole_number("0.0000000389310000001")
        ('15,387,360', '0.000000038931')
    """
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    text = f"{number:,f}"
    if len(text) <= _LONG:
        return text
    if abs(number) >= 1:
        return shown.number(Fraction(number), 4)
    return shown.number(Fraction(number), _DIGITS - 1 - number.adjusted()).rstrip("0")


def figure_text(row: Mapping[str, Any], *names: str) -> str:
    """
    Return the name of a figure from what its row says, such as ``totals/2024/2/location``.

    Example:
        >>> figure_text({"year": 2024, "scope": "1", "method": None}, "year", "scope", "method")
        '2024/1/-'
    """
    return "/".join("-" if row.get(name) is None else str(row[name]) for name in names)
