"""A reported table: what was printed, cell by cell, and what each print says about the true value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from hsesg_carbon import units
from hsesg_carbon.errors import InputError, UnitError
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.periods import Period
from hsesg_carbon.spelling import nfkc
from hsesg_carbon.tables import Table, read_tables
from hsesg_carbon.verification.intervals import Interval, hull, scaled
from hsesg_carbon.verification.relations import ROW_ID, Dimensions, Expression, parse

NEEDED, OPTIONAL = ("id", "unit"), ("table", "label", "equals", "source")
POINTS = frozenset({"个百分点", "百分点", "pp", "percentage points"})
"""Percent of what the percentage is of, not of the percentage: a unit of differences."""
Key = tuple[str, int]
"""A cell: the id of its row and the place of its column."""

_MAX_CELLS = 100_000
_MAX_CELL = 200
_NOTHING = re.compile(
    r"(不适用|不涉及|未披露|未统计|无数据|不可用|暂无|n\.?\s?/?\s?a\.?(?![a-z])|nil\b"
    r"|not (applicable|available|disclosed)|[-–—―−/]+$|无$)",
    re.I,
)
_MARKS = re.compile(
    r"([*†‡§#¹²³⁰⁴⁵⁶⁷⁸⁹①②③④⑤⑥⑦⑧⑨⑩]+|[\[(（]\s*(注|note)?\s*[0-9a-z]{1,2}\s*[\])）]|注\s*\d{1,2})$", re.I
)
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_BODY = r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?"
_PRINT = re.compile(rf"(?P<number>{_BODY})(?:[eE](?P<tens>[+-]?\d{{1,2}}))?\s*(?P<scale>%|‰|百万|千|万|亿)?", re.ASCII)
_PREFIX = re.compile(r"(<=|>=|[<>≤≥~≈约]|超过|逾|more than\b|over\b|about\b|approx\.?|ca\.?)\s*", re.I)
_ABOVE = frozenset({">", ">=", "≥", "超过", "逾", "more than", "over"})
_RANGE = re.compile(r"(?<=[\d%])\s*(?:[-–—~～至]|to)\s*(?=[\d.])")
_SCALES = {"%": Fraction(1, 100), "‰": Fraction(1, 1000), "千": Fraction(1000), "万": Fraction(10**4)}
_SCALES |= {"百万": Fraction(10**6), "亿": Fraction(10**8)}


@dataclass(frozen=True, slots=True)
class Print:
    """A printed number: its digits, how many of them are decimals, and what it is multiplied by (万, %, minus)."""

    digits: str
    places: int
    scale: Fraction = Fraction(1)
    negative: bool = False

    @property
    def step(self) -> Fraction:
        """One unit of the last printed digit."""
        return self.scale / Fraction(10) ** self.places

    @property
    def value(self) -> Fraction:
        """The number as it is printed."""
        return int(self.digits) * self.step * (-1 if self.negative else 1)

    @property
    def interval(self) -> Interval:
        """What is rounded to this print: half a unit of the last digit either side."""
        return self.coarser(0)

    def coarser(self, zeros: int) -> Interval:
        """Return what is rounded to this print where so many of its last digits are not significant."""
        half = self.step * 10**zeros / 2
        return Interval(self.value - half, self.value + half)

    @property
    def truncated(self) -> Interval:
        """Return what gives this print where digits were cut off."""
        return (
            Interval(self.value - self.step, self.value)
            if self.negative
            else Interval(self.value, self.value + self.step)
        )

    @property
    def text(self) -> str:
        """The number in plain digits."""
        whole = self.digits.zfill(self.places + 1)
        cut = len(whole) - self.places
        shown = whole[:cut] + (f".{whole[cut:]}" if self.places else "")
        suffix = next((word for word, one in _SCALES.items() if one == self.scale and self.scale != 1), "")
        return ("-" if self.negative else "") + shown + suffix


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What one cell says. ``number`` has an interval; ``blank`` and ``absent`` (n/a, 不适用) say nothing.

    ``text`` is words, ``unreadable`` looks like a number but is none that has one meaning.
    """

    text: str
    state: Literal["number", "blank", "absent", "text", "unreadable"]
    interval: Interval | None = None
    printed: Print | None = None


def read_cell(text: str) -> Cell:
    """
    Read a cell as it was printed.

    Example:
        >>> read_cell("8,782.69").interval
        Interval(lo=Fraction(1756537, 200), hi=Fraction(1756539, 200))
        >>> read_cell("<0.01").interval, read_cell("不适用（见注）").state, read_cell("1.234,5").state
        (Interval(lo=Fraction(0, 1), hi=Fraction(1, 100)), 'absent', 'unreadable')
    """
    plain = text.strip()
    if not plain:
        return Cell(text, "blank")
    plain = _unmarked(plain[:_MAX_CELL])
    if _NOTHING.match(plain):
        return Cell(text, "absent")
    if plain.startswith("#"):  # an error of the spreadsheet, or a formula that was never calculated
        return Cell(text, "unreadable")
    if not any(map(str.isdigit, plain)) or len(text) > _MAX_CELL:
        return Cell(text, "text")
    return _figure(text, _SPACES.sub(",", plain))


def _unmarked(text: str) -> str:
    """Return a cell without the marks of footnotes, in plain characters: a raised 1 is a mark, not a digit."""
    while len(marked := _MARKS.sub("", text).strip()) < len(text) and any(map(str.isdigit, marked)):
        text = marked
    return nfkc(text).replace("\N{MINUS SIGN}", "-").strip()


def _figure(text: str, plain: str) -> Cell:
    """Read what has digits: a bound, a range, one number, or neither."""
    prefix = _PREFIX.match(plain)
    if prefix:
        return _bounded(text, prefix[1].lower(), plain[prefix.end() :])
    if plain[:1].isdigit() and plain.endswith("+"):
        return _bounded(text, ">=", plain[:-1])
    parts = _RANGE.split(plain)
    if len(parts) == 2:  # noqa: PLR2004  (from and to)
        return _ranged(text, *parts)
    printed = _number(plain)
    if printed is not None:
        return Cell(text, "number", printed.interval, printed)
    words = sum(map(str.isalpha, plain)) > 2  # noqa: PLR2004  ("2024 onwards" is text)
    looks = plain[:1] in "+-(." or plain[:1].isdigit()
    return Cell(text, "unreadable" if looks and not words else "text")


def _number(text: str) -> Print | None:
    plain = text.strip()
    negative = plain.startswith("-") or (plain.startswith("(") and plain.endswith(")"))
    plain = plain.strip("()").strip()
    plain = plain[1:].strip() if plain[:1] in {"+", "-"} else plain  # one sign; with two it has no one meaning
    found = _PRINT.fullmatch(plain)
    if found is None or not found["number"]:
        return None
    whole, _, decimals = found["number"].replace(",", "").partition(".")
    scale = _SCALES.get(found["scale"] or "", Fraction(1)) * Fraction(10) ** int(found["tens"] or 0)
    return Print(whole + decimals, len(decimals), scale, negative)


def _bounded(text: str, prefix: str, rest: str) -> Cell:
    """Read ``<0.01``, ``>5`` and ``约120``; a number that says it is about so much has no significant zeros."""
    printed = _number(rest)
    if printed is None:
        return Cell(text, "unreadable")
    if prefix in {"<", "<=", "≤"}:
        return Cell(text, "number", Interval(min(Fraction(0), printed.value), printed.value))
    if prefix in _ABOVE:
        return Cell(text, "number", Interval(printed.value, float("inf")))
    return Cell(text, "number", printed.coarser(trailing_zeros(printed)), printed)


def _ranged(text: str, low: str, high: str) -> Cell:
    ends = [_number(one) for one in (low, high)]
    if None in ends:
        return Cell(text, "unreadable")
    both = [one.interval for one in ends if one]
    return Cell(text, "number", hull(both)) if both[0].lo <= both[1].hi else Cell(text, "unreadable")


def trailing_zeros(printed: Print) -> int:
    """Return how many zeros an integer ends in: they may be digits or the mark of a coarser rounding."""
    return 0 if printed.places else len(printed.digits) - len(printed.digits.rstrip("0") or "0")


# -------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True)
class ReportedRow:
    """A row: its cells by column, in the order of the columns; ``size`` is its unit in base units."""

    table: str
    id: str
    label: str
    unit: str
    equals: tuple[Expression, ...]
    source: str
    cells: tuple[Cell, ...]
    where: Where
    size: Fraction
    dimensions: Dimensions

    def interval(self, column: int) -> Interval | None:
        """Return what a cell says in base units; ``None`` where it says nothing."""
        held = self.cells[column].interval
        return None if held is None else scaled(held, self.factor(column))

    def told(self, figure: str) -> str:
        """Return a figure of the row with its unit; a pure number has none."""
        return figure if self.unit in {"", "1"} else f"{figure} {self.unit}"

    def factor(self, column: int) -> Fraction:
        """Return what a print of the cell is multiplied by to be in base units: ``3%`` in a row of ``%`` is 3 of it."""
        printed = self.cells[column].printed
        percent = printed is not None and printed.scale == _SCALES["%"] and self.unit.strip() == "%"
        return self.size * 100 if percent else self.size

    @property
    def undisclosed(self) -> bool:
        """Whether the row says nothing at all: a quantity to be solved for."""
        return all(one.state == "blank" for one in self.cells)


@dataclass(frozen=True)
class ReportedTable:
    """
    Printed tables and sentences: rows of verbatim cells, one column per period.

    Example:
        >>> row = {"id": "ghg.scope1", "unit": "tCO2e", "cells": {"2024": "287.98"}}
        >>> ReportedTable.of([row], ["2024"]).rows[0].cells[0].interval.lo
        Fraction(11519, 40)
    """

    rows: tuple[ReportedRow, ...]
    periods: tuple[str, ...]
    notes: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "ReportedTable":
        """
        Read ``reported.csv`` or ``.xlsx`` (every sheet with an ``id`` column).

        Raises:
            InputError: Everything that makes it unreadable, with file, sheet, row and column.
        """
        tables = [one for one in read_tables(Path(path)) if "id" in one.columns or one.sheet is None]
        if not tables:
            raise InputError("reported-no-table", file=Path(path).name, wanted=[*NEEDED, "2024"])
        problems = [problem for one in tables for problem in _misshapen(one)]
        if problems:
            raise InputError("table-broken", problems, file=Path(path).name)
        headings = [_headings(one) for one in tables]
        rows = [
            {
                **{name: row.cells.get(name, "") for name in (*NEEDED, *OPTIONAL)},
                "table": row.cells.get("table") or one.sheet or "",
                "cells": {label: row.cells.get(name, "") for label, (name, *_) in own.items()},
                "headings": {label: name for label, (name, *_) in own.items()},
                "where": one.where(row),
            }
            for one, own in zip(tables, headings, strict=True)
            for row in one.rows
        ]
        read = cls.of(rows, list(dict.fromkeys(label for own in headings for label in own)))
        return replace(read, notes=(*(note for one in tables for note in one.notes), *read.notes))

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], periods: Sequence[str]) -> "ReportedTable":
        """
        Make a table of rows with ``id``, ``unit`` and ``cells`` (verbatim text by period), and what else a file has.

        A period is known by its shortest label, however the cells spell it: ``2024年`` is the year ``2024``.

        Raises:
            InputError: A period, an id or a relation cannot be read; all of them in one error.
        """
        held = list(rows)
        if len(held) * max(len(periods), 1) > _MAX_CELLS:
            raise InputError("reported-too-large", cells=len(held) * len(periods), most=_MAX_CELLS)
        if not periods:
            raise InputError("reported-no-period", wanted=["2024", "2024-03", "2024-Q1"])
        if not held:
            raise InputError("reported-no-row")
        order = sorted(periods, key=Period.parse)
        labels = [Period.parse(one).label for one in order]
        if twice := [one for one in labels if labels.count(one) > 1]:
            columns = [one for one, label in zip(order, labels, strict=True) if label == twice[0]]
            raise InputError("reported-period-twice", period=twice[0], columns=columns)
        problems: list[Finding] = []
        notes: list[Finding] = []
        made = [_row(one, number, order, problems, notes) for number, one in enumerate(held, start=2)]
        seen: set[tuple[str, str]] = set()
        for one in made:
            if one is not None and (one.table, one.id) in seen:
                problems.append(
                    Finding(code="reported-id-twice", severity="error", where=one.where, data={"id": one.id})
                )
            elif one is not None:
                seen.add((one.table, one.id))
        if problems:
            raise InputError(
                "table-broken", problems, file=str(next((one.where.file for one in problems if one.where), None) or "-")
            )
        return cls(tuple(one for one in made if one is not None), tuple(labels), tuple(notes))


def _misshapen(table: Table) -> list[Finding]:
    """Return what is wrong with the columns of a file: names that are missing, or are no period."""
    place = Where(file=table.file, sheet=table.sheet)
    found = list(table.problems)
    found += [
        Finding(code="column-missing", severity="error", where=place, data={"column": name, "found": table.columns})
        for name in NEEDED
        if name not in table.columns
    ]
    for name in table.columns:
        if name not in (*NEEDED, *OPTIONAL):
            try:
                Period.parse(name)
            except InputError:
                data = {"column": name, "known": [*NEEDED, *OPTIONAL]}
                found.append(Finding(code="reported-column", severity="error", where=place, data=data))
    if not found:
        found += [
            Finding(code="reported-period-twice", severity="error", where=place, data={"period": one, "columns": names})
            for one, names in _headings(table).items()
            if len(names) > 1
        ]
    return found


def _headings(table: Table) -> dict[str, list[str]]:
    """Return the columns of each period, however it is spelt: ``2024年`` and ``2024`` are one."""
    found: dict[str, list[str]] = {}
    for name in table.columns:
        if name not in (*NEEDED, *OPTIONAL):
            found.setdefault(Period.parse(name).label, []).append(name)
    return found


def _row(
    row: Mapping[str, Any], number: int, periods: Sequence[str], problems: list[Finding], notes: list[Finding]
) -> ReportedRow | None:
    """Make one row; what is wrong with it joins ``problems``, what was noted on the way ``notes``."""
    where = row.get("where") or Where(row=number)
    text = {name: str(row.get(name) or "").strip() for name in (*NEEDED, *OPTIONAL)}
    if not ROW_ID.fullmatch(text["id"]):
        problems.append(Finding(code="reported-id", severity="error", where=where, data={"id": text["id"] or "-"}))
        return None
    relations = []
    for one in text["equals"].split(";"):
        try:
            if one.strip():
                relations.append(parse(one))
        except InputError as error:
            place = where.model_copy(update={"column": "equals"})
            problems.append(Finding(code=error.code, severity="error", where=place, data=error.data))
    cells = tuple(read_cell(str(row.get("cells", {}).get(one) or "")) for one in periods)
    for period, cell in zip(periods, cells, strict=True):
        if cell.state == "unreadable":
            heading = row.get("headings", {}).get(period, period)
            place = where.model_copy(update={"column": heading, "value": cell.text})
            notes.append(Finding(code="cell-unreadable", severity="warning", where=place, data={"id": text["id"]}))
    size, dimensions = _measured(text["unit"], where, notes)
    return ReportedRow(
        *(text["table"], text["id"], text["label"], text["unit"], tuple(relations), text["source"]),
        *(cells, where, size, dimensions),
    )


def _measured(unit: str, where: Where, notes: list[Finding]) -> tuple[Fraction, Dimensions]:
    """Return the size and kind of a unit; one that nobody knows is of a kind of its own, with a remark."""
    if unit in {"", "1"}:
        return Fraction(1), {}
    if unit in POINTS:
        return units.measured("percent")
    try:
        return units.measured(re.sub(r"CO2(?!e)", "CO2e", units.normalise(unit)))
    except UnitError:
        place = where.model_copy(update={"column": "unit"})
        notes.append(Finding(code="reported-unit", severity="info", where=place, data={"unit": unit}))
        return Fraction(1), {unit: 1}
