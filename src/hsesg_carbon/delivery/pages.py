"""A workbook as it was delivered: its sheets, which heading is which column, its filled rows, what is wrong where."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.layouts import letter
from hsesg_carbon.messages import LANGUAGES, message
from hsesg_carbon.sheets import HEADING_ROW, Choices, Column, Sheet, Workbook, shown
from hsesg_carbon.tables import UNCALCULATED, Table
from hsesg_carbon.units import parse_number
from hsesg_carbon.workspace import Workspace

MOST_KNOWN = 8
"""Words of a list that a sentence names."""
SHOWN = 80
"""Letters of a cell that a sentence repeats."""
_NUMBERED = re.compile(r" \d+$")


@dataclass(frozen=True)
class Line:
    """A row of a sheet that is filled in: its number and cells by column, as codes, days and plain numbers."""

    number: int
    raw: Mapping[str, str]
    cells: dict[str, str]


@dataclass
class Page:
    """A sheet as it was delivered; ``lines`` are its rows of data, once they are read."""

    sheet: Sheet
    table: Table
    lines: Sequence[Line] = ()
    _by_number: dict[int, Line] = field(default_factory=dict, repr=False)

    def take(self, lines: Sequence[Line]) -> None:
        """Keep the rows of data."""
        self.lines, self._by_number = lines, {one.number: one for one in lines}

    def raw(self, number: int | None, column: str | None) -> str | None:
        """Return a cell of a row of data as it was written; nothing for a whole row."""
        line = self._by_number.get(number) if number is not None else None
        return line.raw.get(column) if line and column else None

    @cached_property
    def heads(self) -> dict[str, Column]:
        """The columns of the table that are columns of the sheet; of two with one name the first."""
        heads: dict[str, Column] = {}
        for name in self.table.columns:
            column = self.sheet.column(name)
            if column is not None and column not in heads.values():
                heads[name] = column
        return heads

    @cached_property
    def letters(self) -> dict[str, str]:
        """The letter of every column of the sheet by its name."""
        return {column.name: self.table.letters[name] for name, column in self.heads.items()}

    @property
    def whole(self) -> bool:
        """Whether every heading that must be there is; else its rows lack something that was told once."""
        return all(one.name in self.letters for one in self.sheet.columns if one.required)

    def where(self, number: int | None, column: str | None = None, value: str | None = None) -> Where:
        """Return the place of a cell: the column as the letter that a spreadsheet shows."""
        at = None if column is None else self.letters.get(column)
        return Where(file=self.table.file, sheet=self.table.sheet, row=number, column=at, value=value)

    def filled(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield every filled row: its number and what stands in the columns of the sheet."""
        heads = self.heads
        for row in self.table.rows:
            cells = {heads[name].name: text for name, text in row.cells.items() if name in heads}
            if cells:
                yield row.number, cells

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the headings, and remarks on how the sheet was read."""
        yield from (_lettered(self.table, one) for one in (*self.table.problems, *self.table.notes))
        heads = self.heads
        own = [name for name in self.table.columns if name not in heads]
        lost = [one for one in self.sheet.columns if one not in heads.values()]
        if not heads:
            place = Where(file=self.table.file, sheet=self.table.sheet, row=HEADING_ROW)
            yield Finding(code="delivery-headings-gone", severity="error", where=place)
            return
        for column in lost:
            if column.required or own:
                at = letter(self.sheet.columns.index(column))
                place = Where(file=self.table.file, sheet=self.table.sheet, row=HEADING_ROW, column=at)
                data = {"title": column.title, "found": own[:MOST_KNOWN]}
                yield Finding(code="delivery-heading-lost", severity="error", where=place, data=data)
        for name in own if not lost else ():
            place = Where(file=self.table.file, sheet=self.table.sheet, row=HEADING_ROW)
            yield Finding(code="delivery-column-own", severity="warning", where=place, data={"title": name})


class Book:
    """A workbook while it is read: its sheets in their order, and everything that is wrong, collected on the way."""

    def __init__(
        self, path: Path, name: str, workspace: Workspace | None, described: Workbook, tables: Mapping[str, Table]
    ) -> None:
        self.path, self.name, self.workspace, self.described = path, name, workspace, described
        self.stem = name.rpartition(".")[0]
        self.library = workspace.library if workspace else FactorLibrary.shipped()
        self.pages = [Page(one, tables[one.id]) for one in described.sheets if one.id in tables]
        self.more: list[Finding] = [one for page in self.pages for one in page.findings()]
        self.more += [
            Finding(
                code="delivery-sheet-lost", severity="error", where=Where(file=path.name), data={"title": one.title}
            )
            for one in described.sheets
            if one.id not in tables and not one.optional
        ]
        self._told: dict[tuple[str | None, int | None, str | None], Finding] = {}
        self._rows_told: set[tuple[str | None, int | None]] = set()
        self._choices: dict[str, Choices] = {}

    @property
    def findings(self) -> list[Finding]:
        """All that was found."""
        return [*self.more, *self._told.values()]

    def page(self, name: str) -> Page | None:
        """Return a sheet by its id, ``None`` where the workbook lacks it."""
        return next((one for one in self.pages if one.sheet.id == name), None)

    def lines(self, name: str) -> Sequence[Line]:
        """Return the rows of a sheet by its id, none where the workbook lacks it."""
        page = self.page(name)
        return page.lines if page else ()

    def choices(self, name: str) -> Choices:
        """Return what a drop-down list offers."""
        if name not in self._choices:
            self._choices[name] = self.described.choices(name, self.library)
        return self._choices[name]

    def own_activities(self, page: Page) -> Choices:
        """Return the activities that a sheet offers: of all the others none is what was meant there."""
        if page.sheet.id not in self._choices:
            own = {one.activity for one in self.described.activities(page.sheet, self.library)}
            every = self.choices("activity").labels
            self._choices[page.sheet.id] = Choices({code: one for code, one in every.items() if code in own})
        return self._choices[page.sheet.id]

    # ------------------------------------------------------------------------------------------------ what is wrong

    def tell(
        self, page: Page, number: int | None, column: str | None, code: str, severity: Any = "error", /, **data: Any
    ) -> None:
        """Note what is wrong with a cell; the first word about a cell stands, the rest would follow from it."""
        place = page.where(number, column, page.raw(number, column))
        known = next((one for one in page.sheet.columns if one.name == column), None)
        if known is not None:
            data |= {name: known.title for name in ("column", "key") if data.get(name) == column}
        self._note(place, Finding(code=code, severity=severity, where=place, data=data), column)

    def tell_entry(self, page: Page, number: int | None, code: str, **data: Any) -> None:
        """Note what is wrong with a line of the form."""
        place = page.where(number, "entry")
        self._note(place, Finding(code=code, severity="error", where=place, data=data), "entry")

    def tell_row(self, page: Page, number: int, column: str, raw: str, code: str) -> None:
        """Note that a row is none of data, at its first cell."""
        place = page.where(number, column, raw)
        self._note(place, Finding(code=code, severity="error", where=place, data={"value": raw[:SHOWN]}), column)

    def _note(self, place: Where, found: Finding, column: str | None) -> None:
        self._told.setdefault((place.sheet, place.row, place.column if column else found.code), found)
        self._rows_told.add((place.sheet, place.row))

    @property
    def any_told(self) -> bool:
        """Whether something is wrong with any cell."""
        return bool(self._told)

    def is_told(self, page: Page, line: Line, *columns: str) -> bool:
        """Say whether something is wrong with one of the cells."""
        places = [page.where(line.number, one) for one in columns]
        return any((one.sheet, one.row, one.column) in self._told for one in places)

    def row_is_told(self, page: Page, line: Line) -> bool:
        """Say whether something is wrong with a row, in whatever cell."""
        return (page.table.sheet, line.number) in self._rows_told


def strange_sheets(tables: Sequence[Table], described: Workbook) -> Iterator[Finding]:
    """Name sheets that are none of the workbook's, and changes in what is only computed."""
    pages = {shown(one["name"], lang) for one in (described.guide, described.completeness) for lang in ("en", "zh")}
    for table in tables:
        name = table.sheet or ""
        marked = {message("label.marked-sheet", lang) for lang in LANGUAGES}
        if {name, _NUMBERED.sub("", name)} & {"lists", "calc", *marked} or any(
            one in pages for one in (name, *name.split(" ", maxsplit=1))
        ):
            if any(shown(described.completeness["name"], lang) in name for lang in ("en", "zh")):
                yield from _changed_cells(table)
            continue
        yield Finding(code="sheet-skipped", severity="warning", where=Where(file=table.file, sheet=table.sheet))


def _lettered(table: Table, one: Finding) -> Finding:
    """Return a finding about a table with the letter of its column: headings differ by language, letters do not."""
    place = one.where
    at = table.letters.get(place.column or "") if place else None
    if place is None or at is None:
        return one
    return one.model_copy(update={"where": place.model_copy(update={"column": at})})


def _changed_cells(table: Table) -> Iterator[Finding]:
    """Name cells of the completeness sheet that are no share: somebody wrote over their formula."""
    for one in table.notes:
        if one.code == "formula-overwritten":
            yield _lettered(table, one).model_copy(update={"severity": "info"})
    for row in table.rows:
        for name, text in row.cells.items():
            if not name[:4].isdigit() or text in {"–", "!", UNCALCULATED}:
                continue
            try:
                sound = 0 <= parse_number(text) <= 1
            except InputError:
                sound = False
            if not sound:
                changed = Finding(code="delivery-formula-changed", severity="info", where=table.where(row, name))
                yield _lettered(table, changed)
