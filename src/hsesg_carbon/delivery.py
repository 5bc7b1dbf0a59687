"""A delivered file: what it says for which table of a workspace, what is wrong at which cell, what was counted."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.exports import COLUMNS as EXPORT_COLUMNS
from hsesg_carbon.exports import Controls, read_export
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.instruments import Instrument
from hsesg_carbon.intake import ORIGIN
from hsesg_carbon.layouts import letter
from hsesg_carbon.mappings import read_mapping
from hsesg_carbon.messages import LANGUAGES, message
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.readings import consumption
from hsesg_carbon.settings import Settings
from hsesg_carbon.sheets import HEADING_ROW, PERIOD, READINGS, Choices, Column, Sheet, Workbook, shown
from hsesg_carbon.sites import Entity, Held, Site
from hsesg_carbon.tables import (
    EXCEL_ERRORS,
    FORMULA_STARTS,
    UNCALCULATED,
    Row,
    Table,
    is_rounded,
    misfits,
    read_bytes,
    read_tables,
)
from hsesg_carbon.units import exact_text, parse_number
from hsesg_carbon.waste import WasteLoad
from hsesg_carbon.water import WaterFlow
from hsesg_carbon.workbooks import Progress
from hsesg_carbon.workspace import Workspace

Rows = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""The columns of a table and its rows, as text."""

_ANY_PERIOD = "2000"
"""Stands in for a period that cannot be read, so that what else is wrong with its row is told as well."""
_TOLD_BY_LIBRARY = frozenset({"site", "activity", "unit", "region", "quality"})
"""Columns of activity data whose words the library itself refuses."""
_MODELS: Mapping[str, type[BaseModel]] = {"water": WaterFlow, "waste": WasteLoad, "instruments": Instrument}
_BILL = ("site", "activity", "meter", *PERIOD, "quantity", "unit")
"""What two rows must have in common to be one bill entered twice."""
_OF_SITES = {"floor_area": "m2", "persons": "person"}
"""Columns of the sheet of sites that are denominators, with the unit that they are asked in."""
_QUOTED_STARTS = (*FORMULA_STARTS, "'")
"""What a name cannot start with: a formula, or the quote that a CSV file puts before one."""
_CHECKED = re.compile(r"(?:\.checked(?:-(\d+))?)+(?=\.[^.]+$)", re.ASCII)
_NUMBERED = re.compile(r" \d+$")
_PERCENT = re.compile(r"\d+(\.\d+)?\s*[%％]", re.ASCII)
_TOTAL = ("合计", "总计", "小计", "共计", "累计", "total", "subtotal", "sum")
_SHOWN = 80
_MOST_KNOWN = 8


@dataclass(frozen=True)
class Delivery:
    """
    What a delivered file holds.

    ``tables`` are what goes to which table of a workspace (``activity``, ``water`` ...), each row with its origin;
    ``inventory`` is what ``inventory.toml`` is made of, ``None`` where the file says nothing of it. ``controls`` count
    rows and sums sheet by sheet; ``letters`` give the column of a sheet for the headings that findings may name.
    """

    file: str
    sha256: str
    kind: str
    tables: Mapping[str, Rows] = field(repr=False)
    findings: tuple[Finding, ...]
    controls: tuple[Controls, ...]
    inventory: Mapping[str, Any] | None = field(default=None, repr=False)
    letters: Mapping[tuple[str | None, str], str] = field(default_factory=dict, repr=False)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What keeps it from being taken in."""
        return tuple(one for one in self.findings if one.severity == "error")

    def held_to(self, rows: int | None, totals: Sequence[str]) -> "Delivery":
        """
        Return the delivery with a fault for every stated count or total that it does not come to.

        Args:
            rows: How many rows must have been taken; ``None`` where nothing is stated.
            totals: What the rows must add up to, such as ``12345.6 kWh``: held to all rows in units of that family.

        Raises:
            InputError: A total is no number and unit.
        """
        found: list[Finding] = []
        taken = sum(one.taken for one in self.controls)
        place = Where(file=self.file)
        if rows is not None and taken != rows:
            counts = {"stated": rows, "taken": taken}
            found.append(Finding(code="delivery-rows-differ", severity="error", where=place, data=counts))
        for text in totals:
            value, _, unit = text.strip().partition(" ")
            try:
                stated, family = Fraction(parse_number(value)), units.family(unit.strip())
            except CarbonError as error:
                raise InputError("delivery-total-broken", value=text) from error
            summed = sum(
                (
                    total * units.ratio(own, unit.strip())
                    for one in self.controls
                    for (_, own), total in one.sums.items()
                    if units.family(own) == family
                ),
                Fraction(0),
            )
            if summed != stated:
                data = {"stated": exact_text(stated), "summed": exact_text(summed), "unit": unit.strip()}
                data["difference"] = exact_text(abs(summed - stated))
                found.append(Finding(code="delivery-total-differs", severity="error", where=place, data=data))
        return replace(self, findings=(*self.findings, *found))

    def at_cell(self, one: Finding) -> Finding:
        """Return a finding about a row of this file with the letter of its column, where it has a name of a table's."""
        place, described = one.where, Workbook.described()
        if place is None or place.file != self.file or place.column is None:
            return one
        sheet = described.sheet(place.sheet or "")
        for (name, heading), at in self.letters.items():
            column = sheet.column(heading) if sheet and name == place.sheet else None
            if column is not None and described.table_name(column.name) == place.column:
                return one.model_copy(update={"where": place.model_copy(update={"column": at})})
        return one

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return a plain dict for JSON output."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "kind": self.kind,
            "controls": [one.as_json() for one in self.controls],
            "findings": [one.as_json(lang) for one in self.findings],
        }


def read_workbook(path: Path, workspace: Workspace | None = None, progress: Progress | None = None) -> Delivery:
    """
    Read a filled workbook, in whatever language it was written.

    Args:
        path: The workbook.
        workspace: Where it is to be taken in, if that is there: then its sites and settings need not be repeated.
        progress: Told how many rows are read.

    Returns:
        What it holds; everything that is wrong stands in ``findings``, each at its cell.

    Raises:
        InputError: The file cannot be read, or is no such workbook.
    """
    raw = read_bytes(path)
    described = Workbook.described()
    found_tables = read_tables(path, progress)
    tables = {sheet.id: table for table in found_tables if (sheet := described.sheet(table.sheet or ""))}
    if not tables:
        raise InputError("delivery-no-workbook", file=path.name)
    others = [one for one in found_tables if described.sheet(one.sheet or "") is None]
    reading = _Reading(path, described, workspace, tables)
    found = [*reading.findings(), *_strange_sheets(others, described)]
    return Delivery(
        delivered_name(path),
        hashlib.sha256(raw).hexdigest(),
        "workbook",
        reading.rows(),
        tuple(sorted(found, key=partial(_order, [table.sheet for table in found_tables]))),
        tuple(reading.controls(found)),
        reading.inventory,
        {(table.sheet, name): at for table in found_tables for name, at in table.letters.items()},
    )


def delivered_name(path: Path) -> str:
    """
    Return the name under which a file counts: a coloured copy that was corrected is the file that it is a copy of.

    Example:
        >>> delivered_name(Path("bills/year.checked.xlsx"))
        'year.xlsx'
    """
    return _CHECKED.sub("", path.name)


def checked_copy(path: Path) -> Path:
    """
    Return where the coloured copy of a file goes: beside it; copies of corrected copies are counted.

    Example:
        >>> [checked_copy(Path(name)).name for name in ("year.xlsx", "year.checked.xlsx", "year.checked-2.xlsx")]
        ['year.checked.xlsx', 'year.checked-2.xlsx', 'year.checked-3.xlsx']
        >>> delivered_name(Path("year.checked-3.xlsx"))
        'year.xlsx'
    """
    earlier = _CHECKED.search(path.name)
    count = f"-{int(earlier[1] or 1) + 1}" if earlier else ""
    return path.with_name(f"{Path(delivered_name(path)).stem}.checked{count}.xlsx")


def read_mapped(path: Path, mapping: Path, workspace: Workspace, progress: Progress | None = None) -> Delivery:
    """
    Read an export of a utility or a meter system by a mapping, into rows of ``activity``.

    ``progress`` is told how many rows are read.

    Raises:
        InputError: The file or the mapping cannot be read, or they do not fit each other.
    """
    raw = read_bytes(path)
    told = read_export(path, read_mapping(mapping), workspace.boundary.sites, workspace.library, progress)
    cells = itemgetter(*EXPORT_COLUMNS)
    rows = tuple([tuple([one or "" for one in cells(row)]) for row in told.rows])
    sha256 = hashlib.sha256(raw).hexdigest()
    return Delivery(path.name, sha256, "export", {"activity": (EXPORT_COLUMNS, rows)}, told.findings, (told.controls,))


# ------------------------------------------------------------------------------------------------------ the pages


@dataclass(frozen=True)
class _Line:
    """A row of a sheet that is filled in: its number and cells by column, as codes, days and plain numbers."""

    number: int
    raw: Mapping[str, str]
    cells: dict[str, str]


@dataclass(frozen=True)
class _Page:
    """A sheet as it was delivered: which heading is which column, and its filled rows."""

    sheet: Sheet
    table: Table

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
        letter = None if column is None else self.letters.get(column)
        return Where(file=self.table.file, sheet=self.table.sheet, row=number, column=letter, value=value)

    def lines(self) -> Iterator[tuple[int, dict[str, str]]]:
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
                data = {"title": column.title, "found": own[:_MOST_KNOWN]}
                yield Finding(code="delivery-heading-lost", severity="error", where=place, data=data)
        for name in own if not lost else ():
            place = Where(file=self.table.file, sheet=self.table.sheet, row=HEADING_ROW)
            yield Finding(code="delivery-column-own", severity="warning", where=place, data={"title": name})


def _strange_sheets(tables: Sequence[Table], described: Workbook) -> Iterator[Finding]:
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


# ---------------------------------------------------------------------------------------------------- the reading


class _Reading:
    """One workbook while it is read: its sheets in their order, everything that is wrong collected on the way."""

    def __init__(
        self, path: Path, described: Workbook, workspace: Workspace | None, tables: Mapping[str, Table]
    ) -> None:
        self.path, self.described, self.workspace = path, described, workspace
        self.name = delivered_name(path)
        self.stem = self.name.rpartition(".")[0]
        self.library = workspace.library if workspace else FactorLibrary.shipped()
        self.pages = [_Page(one, tables[one.id]) for one in described.sheets if one.id in tables]
        self.told: dict[tuple[str | None, int | None, str | None], Finding] = {}
        self.more: list[Finding] = []
        self._choices: dict[str, Choices] = {}
        for page in self.pages:
            self.more += page.findings()
        self.more += [
            Finding(
                code="delivery-sheet-lost", severity="error", where=Where(file=path.name), data={"title": one.title}
            )
            for one in described.sheets
            if one.id not in tables and not one.optional
        ]
        self.lines: dict[str, list[_Line]] = {}
        self._by_number: dict[tuple[str, int | None], _Line] = {}
        self.entries = self._form()
        self._sites_first()
        for page in self.pages:
            if page.sheet.id not in self.lines and not page.sheet.entries:
                self._read(page)
        self.inventory = self._inventory()
        self._hold_activities()
        for page in self.pages:
            if page.sheet.gives not in {"inventory", "activity"}:
                self._hold_table(page)

    def findings(self) -> list[Finding]:
        """Return all that was found."""
        return [*self.more, *self.told.values()]

    def tell(
        self, page: _Page, number: int | None, column: str | None, code: str, severity: Any = "error", /, **data: Any
    ) -> None:
        """Note what is wrong with a cell; the first word about a cell stands, the rest would follow from it."""
        place = page.where(number, column, self._raw(page, number, column))
        known = next((one for one in page.sheet.columns if one.name == column), None)
        if known is not None:
            data |= {name: known.title for name in ("column", "key") if data.get(name) == column}
        key = (place.sheet, place.row, place.column if column else code)
        self.told.setdefault(key, Finding(code=code, severity=severity, where=place, data=data))

    def _raw(self, page: _Page, number: int | None, column: str | None) -> str | None:
        """Return a cell as it was written; nothing for a whole row."""
        line = self._by_number.get((page.sheet.id, number))
        return line.raw.get(column) if line and column else None

    def page(self, name: str) -> _Page | None:
        return next((one for one in self.pages if one.sheet.id == name), None)

    def choices(self, name: str) -> Choices:
        if name not in self._choices:
            self._choices[name] = self.described.choices(name, self.library)
        return self._choices[name]

    # --------------------------------------------------------------------------------------------- cells

    def _read(self, page: _Page) -> None:
        """Read the filled rows of a sheet, cell by cell."""
        lines = [_Line(number, raw, dict(raw)) for number, raw in page.lines() if not self._beside(page, number, raw)]
        self.lines[page.sheet.id] = lines
        self._by_number |= {(page.sheet.id, line.number): line for line in lines}
        required = {one.name for one in page.heads.values() if one.required}  # a heading that is lost is told once
        for line in lines:
            for column in page.sheet.columns:
                if text := line.raw.get(column.name, ""):
                    self._cell(page, line, column, text)
                elif column.name in required and not (column.name == "quantity" and "reading_start" in line.raw):
                    self.tell(page, line.number, column.name, "cell-blank", column=column.name)
            if page.sheet.has_readings:
                self._hold_readings(page, line)
            if "role" in line.cells and "part_of" not in line.cells:
                self.tell(page, line.number, "part_of", "delivery-role-alone")
            self._hold_days(page, line)

    def _beside(self, page: _Page, number: int, raw: Mapping[str, str]) -> bool:
        """Tell a row that is a total or a remark, no row of data: once, not at every cell that it lacks."""
        if (
            page.sheet.gives == "inventory"
            or {"activity", "kind", "material", "denominator", "instrument_id"} & raw.keys()
        ):
            return False
        first = next(name for name in page.sheet.names if name in raw)
        total = any(text.replace(" ", "").lower().startswith(_TOTAL) for text in raw.values())
        remark = (
            not {"quantity", "unit", "value", "reading_end"} & raw.keys() and raw.get("site") not in self.known_sites
        )
        if not total and not remark:
            return False
        code = "delivery-row-total" if total else "delivery-row-remark"
        place = page.where(number, first, raw[first])
        data = {"value": raw[first][:_SHOWN]}
        self.told[place.sheet, number, place.column] = Finding(code=code, severity="error", where=place, data=data)
        return True

    def _cell(self, page: _Page, line: _Line, column: Column, text: str) -> None:
        """Make a cell what its column is of: a code, a day, a plain number."""
        if text in EXCEL_ERRORS or text == UNCALCULATED:
            self.tell(page, line.number, column.name, "number-excel-error", value=text)
            return
        try:
            line.cells[column.name] = self._plain(column, text)
        except CarbonError as error:
            code, data = _in_workbook(error, page.sheet, column, text)
            self.tell(page, line.number, column.name, code, **data)
            return
        if column.kind == "choice" and column.list not in {"site", "unit"} and not column.open:
            offered = self.choices(str(column.list))
            if column.list == "activity" and offered.code(text) is None:
                meant = self._own(page, offered).meant(text)  # 天然气 is that of boilers on the sheet of boilers
                if meant is not None:
                    line.cells[column.name] = meant
                    return
                if any((like := _like(text, self._own(page, offered))).values()):
                    self.tell(page, line.number, column.name, "delivery-not-listed", value=text[:_SHOWN], known=like)
                    return
            unheard = offered.meant(text) is None and not (
                page.sheet.gives == "activity" and column.name in _TOLD_BY_LIBRARY
            )
            if unheard:
                listed = _listed(text, self._own(page, offered) if column.list == "activity" else offered)
                self.tell(page, line.number, column.name, "delivery-not-listed", value=text[:_SHOWN], known=listed)

    def _own(self, page: _Page, offered: Choices) -> Choices:
        """Return the activities that a sheet offers: of all the others none is what was meant there."""
        if page.sheet.id not in self._choices:
            own = {one.activity for one in self.described.activities(page.sheet, self.library)}
            self._choices[page.sheet.id] = Choices({code: one for code, one in offered.labels.items() if code in own})
        return self._choices[page.sheet.id]

    def _plain(self, column: Column, text: str) -> str:
        if column.kind == "date":
            return day_of(text).isoformat()
        if column.kind == "number":
            return f"{parse_number(text):f}"
        if column.kind == "choice" and column.list not in {"site", "unit"}:
            offered = self.choices(str(column.list))
            return (offered.code(text) if column.list == "activity" else offered.meant(text)) or text
        if column.kind == "identifier" and is_rounded(text):
            raise InputError("identifier-rounded")
        return text

    def _hold_days(self, page: _Page, line: _Line) -> None:
        """Hold the two days of a row to each other."""
        for first, last in (PERIOD, ("from", "to")):
            if {first, last} <= line.cells.keys() and not self._is_told(page, line, first, last):
                try:
                    Period.of(day_of(line.cells[first]), day_of(line.cells[last]))
                except CarbonError as error:
                    if first in PERIOD or error.code == "period-reversed":
                        self.tell(page, line.number, last, error.code, **error.data)

    def _is_told(self, page: _Page, line: _Line, *columns: str) -> bool:
        places = [page.where(line.number, one) for one in columns]
        return any((one.sheet, one.row, one.column) in self.told for one in places)

    def _hold_readings(self, page: _Page, line: _Line) -> None:
        """Make the quantity of two readings, or hold the quantity to them."""
        cells = line.cells
        if not {"reading_start", "reading_end"} & cells.keys() or self._is_told(page, line, *READINGS, "quantity"):
            return
        missing = [one for one in ("reading_start", "reading_end") if one not in cells]
        if missing:
            self.tell(page, line.number, missing[0], "delivery-reading-half", column=missing[0])
            return
        start, end, times = (Decimal(cells.get(name, "1")) for name in ("reading_start", "reading_end", "multiplier"))
        try:
            digits = int(cells["digits"]) if "digits" in cells else None
            read = consumption(start, end, times, digits)
        except ValueError as error:
            code, data = (error.code, error.data) if isinstance(error, CarbonError) else ("number-not-a-number", {})
            column = "reading_end" if isinstance(error, CarbonError) else "digits"
            self.tell(page, line.number, column, code, **(data or {"value": cells.get("digits", "")}))
            return
        if "quantity" not in cells:
            cells["quantity"] = exact_text(read)
        elif Fraction(cells["quantity"]) != read:
            apart = exact_text(abs(read - Fraction(cells["quantity"])))
            data = {"summed": exact_text(read), "stated": cells["quantity"], "difference": apart}
            self.tell(page, line.number, "quantity", "export-readings-differ", **data)

    # --------------------------------------------------------------------------------- organisation and sites

    def _form(self) -> dict[str, str]:
        """Return what the form says, by its lines."""
        page = self.page("organisation")
        entries: dict[str, str] = {}
        if page is None:
            return entries
        asked: dict[str, int] = {}
        for number, cells in page.lines():
            entry = page.sheet.entry(cells.get("item", ""))
            if entry is None:
                if "entry" in cells:
                    self.more.append(
                        Finding(
                            code="delivery-line-unknown",
                            severity="error",
                            where=page.where(number, "item", cells.get("item", "")),
                            data={"value": cells["entry"]},
                        )
                    )
                continue
            asked[entry.name] = number
            if text := cells.get("entry", ""):
                entries[entry.name] = self._entry(page, number, entry, text)
        if entries or self.workspace is None:
            for entry in page.sheet.entries:
                if entry.required and entry.name not in entries:
                    self._tell_entry(page, asked.get(entry.name), "cell-blank", column=entry.title)
            if not {"name_en", "name_zh"} & entries.keys():
                title = next(one.title for one in page.sheet.entries if one.name == "name_zh")
                self._tell_entry(page, asked.get("name_zh"), "cell-blank", column=title)
        return entries

    def _entry(self, page: _Page, number: int, entry: Column, text: str) -> str:
        try:
            plain = self._plain(entry, text)
        except CarbonError as error:
            self._tell_entry(page, number, error.code, **error.data)
            return text
        if entry.name in {"periods", "base_year"}:
            years = [
                one.strip().removesuffix("年")
                for one in text.replace("；", ";").replace("，", ";").replace(",", ";").split(";")
            ]
            wrong = [one for one in years if not (one.isascii() and one.isdigit() and len(one) == len("2024"))]
            if wrong:
                self._tell_entry(page, number, "delivery-not-a-year", value=wrong[0][:_SHOWN])
                return ""
            return ";".join(years)
        if entry.list and not entry.open and self.choices(entry.list).code(text) is None:
            known = _listed(text, self.choices(entry.list))
            self._tell_entry(page, number, "delivery-not-listed", value=text[:_SHOWN], known=known)
        if entry.name == "methodology" and plain not in self.choices("methodology").labels:
            own = self.workspace is not None and (self.workspace.folder / plain).is_file() and plain.endswith(".toml")
            if not own:
                listed = list(self.choices("methodology").labels)
                self._tell_entry(page, number, "delivery-not-listed", value=plain[:_SHOWN], known=listed)
        return plain

    def _tell_entry(self, page: _Page, number: int | None, code: str, **data: Any) -> None:
        place = page.where(number, "entry")
        key = (place.sheet, place.row, place.column)
        self.told.setdefault(key, Finding(code=code, severity="error", where=place, data=data))

    def _sites_first(self) -> None:
        """Read the sites and companies, for the other sheets name them."""
        self.sites: list[Site] = list(self.workspace.settings.site) if self.workspace else []
        self.entities: list[Entity] = []
        self.known_sites: list[str] = []
        self.sites_of_no_region: set[str | None] = set()
        for name, model in (("entities", Entity), ("sites", Site)):
            if page := self.page(name):
                self._read(page)
                lines = self.lines[name]
                made = [self._held(page, line, model) for line in lines]
                if name == "entities":
                    self.entities = [one for one in made if isinstance(one, Entity)]
                elif lines and page.whole:
                    self.sites = [one for one in made if isinstance(one, Site)]
        self.sites = list({one.id: one for one in self.sites}.values())  # of repeated ones the last: that was told
        self.known_sites = sorted(one.id for one in self.sites)
        if page := self.page("sites"):
            lines = self.lines["sites"]
            self.sites_of_no_region = {one.cells.get("id") for one in lines if self._is_told(page, one, "region")}
            for line in lines:
                for name in _OF_SITES:
                    if name in line.cells and not self._is_told(page, line, name) and Decimal(line.cells[name]) <= 0:
                        self.tell(page, line.number, name, "delivery-not-above-zero", column=name)

    @property
    def sites_stated(self) -> bool:
        """Whether anything says which sites there are; without its sheet no site could be known."""
        page = self.page("sites")
        return bool(self.sites) or (page is not None and page.whole)

    def _held(self, page: _Page, line: _Line, model: type[Held]) -> Held:
        """Return the site or company of a row, and tell what does not fit; then as far as its id goes."""
        key = "id" if model is Site else "entity_id"
        name = line.cells.get(key, "")
        seen = [one for one in self.lines[page.sheet.id] if one.number < line.number and one.cells.get(key) == name]
        if name and seen:
            self.tell(page, line.number, key, "delivery-site-twice", site=name, row=seen[0].number)
        if name.startswith(_QUOTED_STARTS):
            self.tell(page, line.number, key, "delivery-site-formula", site=name)
        cells = {one: text for one, text in line.cells.items() if not self._is_told(page, line, one)}
        try:
            return model.model_validate(_held_document(cells, key) | {"id": name or "-"})
        except ValidationError as error:
            for one in misfits(error, model):
                column = str(one.data.get("key", "")).replace("lease.", "lease_").replace("lease", "lease_basis", 1)
                column = column.replace("lease_basis_", "lease_")
                told = column if column in page.sheet.names else None
                leased = [own for own in page.sheet.names if own.startswith("lease_")]
                if column.startswith("lease_") and self._is_told(page, line, *leased):
                    continue  # what it lacks may stand in the cell that could not be read
                self.tell(page, line.number, told, one.code, **one.data)
            where = {"region": cells["region"]} if "region" in cells and model is Site else {}
            return model.model_validate({"id": name or "-"} | where)  # its bills shall not be told to lack a region

    def _inventory(self) -> Mapping[str, Any] | None:
        """Return what ``inventory.toml`` is made of, ``None`` where the workbook says nothing of it."""
        sites = [line for line in self.lines.get("sites", ()) if line.cells.get("id")]
        if not self.entries and not sites:
            return None
        told = self.entries
        name = {lang: told[f"name_{lang}"] for lang in ("en", "zh") if f"name_{lang}" in told}
        both = {lang: name.get(lang) or next(iter(name.values())) for lang in ("en", "zh")} if name else {}
        document: dict[str, Any] = {"organisation": {"id": told.get("id", ""), "name": both}} if told else {}
        document |= {one: told[one] for one in ("methodology", "consolidation", "boundary") if told.get(one)}
        if told.get("base_year"):
            document["base_year"] = int(told["base_year"])
        if told.get("known_at") and not self.told:
            document["known_at"] = day_of(told["known_at"])
        if told.get("keep_published") == "yes":
            document["keep_published"] = True
        if told.get("periods"):
            document["periods"] = told["periods"].split(";")
        document["site"] = [_held_document(line.cells, "id") for line in sites]
        for name_, key in (("entities", "entity"), ("accept", "accept")):
            if lines := self.lines.get(name_):
                made = [_held_document(one.cells, "entity_id") if key == "entity" else dict(one.cells) for one in lines]
                document[key] = made
        return document

    # --------------------------------------------------------------------------------------------- activity data

    def _hold_activities(self) -> None:
        """Hold all activity data to what the library holds it to, and tell bills that stand there twice."""
        self.activities: list[tuple[_Page, _Line]] = [
            (page, line)
            for page in self.pages
            if page.sheet.gives == "activity" and page.whole
            for line in self.lines.get(page.sheet.id, ())
        ]
        for page, line in self.activities:
            line.cells.setdefault("activity_id", f"{self.stem}-{page.sheet.id}-{line.number}")
        repeated = self._repeated()
        if not self.activities:
            return
        held = self._held_rows(self.activities)
        if held is None:  # what is wrong was told; between the other rows there may be more
            sound = [(page, line) for page, line in self.activities if not self._row_is_told(page, line)]
            held = self._held_rows(sound) if sound else None
        if held is None:
            return
        self.more += held.findings
        unread = {line.cells.get("meter") for page, line in self.activities if self._row_is_told(page, line)}
        places = {line.cells["activity_id"]: (page, line) for page, line in self.activities}
        for one in held.check():
            second = str(one.data.get("second", ""))
            if second in repeated or second not in places:
                continue
            if one.code == "meter-gap" and one.data["meter"] in unread:  # what cannot be read yet is not missing
                continue
            page, line = places[second]
            self.tell(page, line.number, "period_start", one.code, one.severity, **one.data)

    def _held_rows(self, rows: "Sequence[tuple[_Page, _Line]]") -> Activities | None:
        """Return rows as activity data; ``None`` where some cannot be, which is told."""
        try:
            return Activities(self._frame(rows), self.sites, self.library, unique_ids=True)
        except InputError as error:
            for one in error.problems:
                assert isinstance(one, Finding)
                self._tell_library(one)
            return None

    def _row_is_told(self, page: _Page, line: _Line) -> bool:
        return any(sheet == page.table.sheet and row == line.number for sheet, row, _ in self.told)

    def _frame(self, taken: "Sequence[tuple[_Page, _Line]]") -> Any:
        """Return rows as a frame; what cannot be read already is replaced by what can, for it was told."""
        import pandas as pd  # noqa: PLC0415

        names = list(dict.fromkeys(name for page, _ in taken for name in page.sheet.names))
        names = [one for one in names if one not in READINGS and one not in {"part_of", "role"}]
        rows = []
        for page, line in taken:
            cells: dict[str, Any] = {name: line.cells.get(name) for name in names}
            if self._is_told(page, line, *PERIOD):
                cells |= dict.fromkeys(PERIOD, f"{_ANY_PERIOD}-01-01")
            if self._is_told(page, line, "quantity", *READINGS):
                cells["quantity"] = "0"
            place = dict(zip(ORIGIN, (page.table.file, page.table.sheet, line.number), strict=True))
            rows.append(cells | place)
        frame = pd.DataFrame(rows, columns=[*names, *ORIGIN])
        return frame.loc[:, frame.notna().any() | frame.columns.isin([*_BILL, "activity_id"])].astype(
            {name: "str" for name in names if name in frame.columns and frame[name].notna().any()}
        )

    def _tell_library(self, one: Finding) -> None:
        """Tell what the library says against a row, at its cell in the workbook."""
        place = one.where
        page = next((own for own in self.pages if place and own.table.sheet == place.sheet), None)
        if place is None or page is None or place.row is None:
            self.more.append(one)
            return
        if one.code == "unknown-site" and not self.sites_stated:
            return
        if one.code == "region-missing" and one.data.get("site") in self.sites_of_no_region:
            return
        column = place.column if place.column in page.sheet.names else None
        code = "delivery-site-unknown" if one.code == "unknown-site" else one.code
        self.tell(page, place.row, column, code, one.severity, **one.data)

    def _repeated(self) -> set[str]:
        """Tell rows that are one bill entered twice; return their ids."""
        first: dict[tuple[str, ...], tuple[_Page, _Line]] = {}
        repeated = set()
        for page, line in self.activities:
            if self._row_is_told(page, line):
                continue
            key = tuple(line.cells.get(name, "") for name in _BILL)
            before_page, before = first.setdefault(key, (page, line))
            if before is not line:
                repeated.add(line.cells["activity_id"])
                near_by = before_page is page
                row = str(before.number) if near_by else f"{before_page.table.sheet}!{before.number}"
                self.tell(page, line.number, "quantity", "row-repeated", "warning", row=row)
        return repeated

    # --------------------------------------------------------------------------------------------- other tables

    def _hold_table(self, page: _Page) -> None:
        """Hold the rows of a sheet to the record that they become."""
        lines = self.lines.get(page.sheet.id, [])
        boundary = self.entries.get("boundary") or (self.workspace.settings.boundary if self.workspace else "")
        for line in lines:
            if page.sheet.gives == "refrigerants":
                line.cells.setdefault("row_id", f"{self.stem}-{page.sheet.id}-{line.number}")
            if page.sheet.gives == "denominators" and boundary:
                line.cells.setdefault("boundary", boundary)
            site = line.cells.get("site")
            if site and self.sites_stated and site not in self.known_sites:
                known = near(site, self.known_sites) or self.known_sites[:_MOST_KNOWN] or ["-"]
                self.tell(page, line.number, "site", "delivery-site-unknown", site=site[:_SHOWN], known=known)
        if not lines or not page.whole:
            return
        table, names = self._as_table(page, lines)
        for one in self._faults(page.sheet.gives, table):
            place = one.where or Where()
            named = place.column or next((key for key in one.data if key in page.sheet.names), "")
            column = names.get(named, named)
            if column == "period" and "period_start" in page.sheet.names:
                column = "period_start"
            data = dict(one.data)
            if "key" in data and data["key"] == place.column:
                data["key"] = next((own.title for own in page.sheet.columns if own.name == column), data["key"])
            self.tell(page, place.row, column if column in page.sheet.names else None, one.code, one.severity, **data)
        self._same_rows(page, lines)

    def _same_rows(self, page: _Page, lines: Sequence[_Line]) -> None:
        seen: dict[tuple[tuple[str, str], ...], int] = {}
        for line in lines:
            key = tuple(sorted((name, text) for name, text in line.cells.items() if name != "row_id"))
            before = seen.setdefault(key, line.number)
            if before != line.number:
                self.tell(page, line.number, page.sheet.names[0], "row-repeated", "warning", row=before)

    def _as_table(self, page: _Page, lines: Sequence[_Line]) -> tuple[Table, dict[str, str]]:
        """Return rows as they stand in the table of a workspace, and what its columns are called on the sheet."""
        names = {self.described.table_name(one): one for one in page.sheet.names if one not in PERIOD}
        columns = tuple(dict.fromkeys((*names, "period")))
        rows = []
        for line in lines:
            cells = {self.described.table_name(name): text for name, text in line.cells.items() if name not in PERIOD}
            if "period_start" in page.sheet.names:
                cells["period"] = self._label(page, line)
            rows.append(Row(line.number, {name: cells[name] for name in columns if cells.get(name)}))
        return Table(page.table.file, page.table.sheet, columns, tuple(rows)), names

    def _label(self, page: _Page, line: _Line) -> str:
        """Return the period of a row as the tables of a workspace state it."""
        if not set(PERIOD) <= line.cells.keys() or self._is_told(page, line, *PERIOD):
            return _ANY_PERIOD
        return Period.of(*(day_of(line.cells[one]) for one in PERIOD)).label

    def _faults(self, gives: str, table: Table) -> Sequence[Finding]:
        """Return what is wrong with the rows of a table, in the words of the library."""
        if gives in DERIVATIONS:
            try:
                DERIVATIONS[gives](table)
            except InputError as error:
                return [one for one in error.problems if isinstance(one, Finding)]
            return []
        if gives == "denominators":
            return self._denominator_faults(table)
        check: Callable[[Any], None] = lambda one: one.check()  # noqa: E731
        if gives == "instruments":
            check = lambda one: one.check(self.library)  # noqa: E731
        return table.records(_MODELS[gives], check=check)[1]

    def _denominator_faults(self, table: Table) -> list[Finding]:
        """Hold denominators to a unit, a period and a value; the same value must not stand there twice."""
        found, seen = [], set()
        for row in table.rows:
            cells = row.cells
            for column, hold in _DENOMINATOR:
                try:
                    hold(cells)
                except CarbonError as error:
                    if cells.get(column):
                        place = table.where(row, column)
                        found.append(Finding(code=error.code, severity="error", where=place, data=error.data))
            key = tuple(cells.get(one, "") for one in ("denominator", "site", "period", "version", "boundary"))
            if key in seen:
                names = {one: cells.get(one, "1") for one in ("denominator", "period", "version")}
                place = table.where(row, "value")
                found.append(Finding(code="denominator-twice", severity="error", where=place, data=names))
            seen.add(key)
        return found

    # --------------------------------------------------------------------------------------------- what comes of it

    def rows(self) -> dict[str, Rows]:
        """Return what goes to which table, each row with its origin."""
        tables: dict[str, Rows] = {}
        for page in self.pages:
            gives, lines = page.sheet.gives, self.lines.get(page.sheet.id, [])
            if gives in {"inventory", "activity"} or not lines:
                continue
            table, _ = self._as_table(page, lines)
            rows = [{**row.cells, **self._origin(page, row.number)} for row in table.rows]
            tables[gives] = _as_rows((*table.columns, *ORIGIN), rows)
        if self.activities:
            names = list(dict.fromkeys(name for page, _ in self.activities for name in page.sheet.names))
            names = ["activity_id", *(one for one in names if one not in (*READINGS, "activity_id"))]
            rows = [{**line.cells, **self._origin(page, line.number)} for page, line in self.activities]
            tables["activity"] = _as_rows((*names, *ORIGIN), rows)
        if of_sites := self._of_sites():
            columns, told = tables.get("denominators", ((), ()))
            before = [dict(zip(columns, row, strict=True)) for row in told]
            names = list(dict.fromkeys([*columns, *(name for row in of_sites for name in row)]))
            tables["denominators"] = _as_rows(tuple(names), [*before, *of_sites])
        return tables

    def _origin(self, page: _Page, number: int) -> dict[str, str]:
        return dict(zip(ORIGIN, (self.name, page.table.sheet or "", str(number)), strict=True))

    def _of_sites(self) -> list[dict[str, str]]:
        """Return the floor area and persons of the sites as denominators of every year that is reported."""
        page = self.page("sites")
        periods = self.entries.get("periods", "").split(";") if self.entries.get("periods") else []
        if not periods and self.workspace is not None:
            periods = list(self.workspace.settings.periods)
        boundary = self.entries.get("boundary") or (self.workspace.settings.boundary if self.workspace else "")
        return [
            {
                "denominator": name,
                "site": line.cells.get("id", ""),
                "period": year,
                "value": line.cells[name],
                "unit": unit,
                "boundary": boundary,
                "source": f"workbook, sheet {page.table.sheet}",  # not its file: a copy says the same
                **self._origin(page, line.number),
            }
            for line in (self.lines.get("sites", []) if page else [])
            for name, unit in _OF_SITES.items()
            if page is not None and name in line.cells
            for year in periods
        ]

    def controls(self, found: Sequence[Finding]) -> Iterator[Controls]:
        """Yield the control totals of each sheet that holds rows of data."""
        for page in self.pages:
            if page.sheet.gives == "inventory":
                continue
            lines = self.lines.get(page.sheet.id, [])
            faulty = {
                one.where.row
                for one in found
                if one.severity == "error" and one.where and one.where.sheet == page.table.sheet
            }
            sound = [line for line in lines if line.number not in faulty]
            sums: dict[tuple[str, str], Fraction] = {}
            for line in sound:
                if "quantity" in line.cells and page.sheet.stream + page.sheet.activities + page.sheet.units:
                    what = line.cells.get("activity") or line.cells.get("kind") or line.cells.get("material", "")
                    key = (what, _unit(line.cells.get("unit", "")))
                    sums[key] = sums.get(key, Fraction(0)) + Fraction(line.cells["quantity"])
            days = [day_of(line.cells[name]) for line in sound for name in PERIOD if name in line.cells]
            first, last = (min(days), max(days)) if days else (None, None)
            left = {"fault": len(lines) - len(sound)} if len(sound) < len(lines) else {}
            yield Controls(
                self.path.name, page.table.sheet, len(lines), len(sound), left, len(sound), sums, first, last
            )


def _unit(text: str) -> str:
    """Return a unit under its one name: 度 and 千瓦时 are summed with kWh."""
    try:
        return units.canonical(text)
    except CarbonError:
        return text


def _in_workbook(error: CarbonError, sheet: Sheet, column: Column, text: str) -> tuple[str, dict[str, Any]]:
    """Return what is wrong with a cell as a person sees the workbook: days have columns of their own, units may not."""
    if column.kind == "date" and error.code in {"period-broken", "date-broken"}:
        try:
            period = Period.parse(text)
        except CarbonError:
            return "date-broken", {"value": text[:_SHOWN]}
        day = period.end if column.name in {"period_end", "to"} else period.start
        return "delivery-not-a-day", {"value": text[:_SHOWN], "day": day.isoformat()}
    if column.kind == "number" and _PERCENT.fullmatch(text):
        share = exact_text(Fraction(text.rstrip("%％ ")) / 100)
        return "delivery-percent", {"value": text, "plain": share}
    if error.code == "number-with-unit" and "unit" not in sheet.names:
        return "delivery-number-only", {"value": text, "plain": error.data["plain"], "unit": column.unit or "–"}
    return error.code, dict(error.data)


def _hold_period(cells: Mapping[str, str]) -> None:
    """Refuse the period of a denominator that is no whole year; of a site a month will do as well."""
    period, site = Period.parse(cells.get("period", "")), cells.get("site")
    if period.label != str(period.start.year) and not (site and period.is_month):
        code = "denominator-not-a-month" if site else "denominator-not-a-year"
        raise InputError(code, denominator=cells.get("denominator", "-"), period=period.label)


def _hold_value(cells: Mapping[str, str]) -> None:
    """Refuse a denominator that nothing can be divided by."""
    if parse_number(cells.get("value", "")) <= 0:
        raise InputError("key-out-of-range", key="value", limit="> 0")


_DENOMINATOR: tuple[tuple[str, Callable[[Mapping[str, str]], object]], ...] = (
    ("unit", lambda cells: units.grid(cells.get("unit", ""))),
    ("period", _hold_period),
    ("value", _hold_value),
)
"""What the columns of a denominator are held to."""


def _listed(text: str, offered: Choices) -> dict[str, list[str]]:
    """Return words of a list for "choose one of", by language: those like what was written, else the first."""
    first = {lang: [texts[lang] for texts in offered.labels.values()][:_MOST_KNOWN] for lang in LANGUAGES}
    return {lang: like or first[lang] for lang, like in _like(text, offered).items()}


def _like(text: str, offered: Choices) -> dict[str, list[str]]:
    """Return the words of a list that hold what was written, else those spelt like it, by language."""
    words = {lang: [texts[lang] for texts in offered.labels.values()] for lang in LANGUAGES}
    held = {lang: [one for one in own if text.casefold() in one.casefold()] for lang, own in words.items()}
    return {lang: held[lang][:_MOST_KNOWN] or near(text, own) for lang, own in words.items()}


def _as_rows(columns: tuple[str, ...], rows: Sequence[Mapping[str, str]]) -> Rows:
    """Return rows with the columns that any of them fills."""
    kept = tuple(name for name in columns if any(row.get(name) for row in rows))
    return kept, tuple(tuple(row.get(name) or "" for name in kept) for row in rows)


def _held_document(cells: Mapping[str, str], key: str) -> dict[str, Any]:
    """Return the row of a site or company as ``inventory.toml`` has it."""
    names = {lang: cells[f"name_{lang}"] for lang in ("en", "zh") if f"name_{lang}" in cells}
    document: dict[str, Any] = {"id": cells.get(key, "")} | ({"name": names} if names else {})
    plain = ("held_by", "region", "equity_share", "entity", "legal_entity", "accounting_group")
    document |= {name: cells[name] for name in plain if name in cells}
    if "control" in cells:
        document["control"] = [] if cells["control"] == "none" else cells["control"].split(";")
    document |= {name: date.fromisoformat(cells[name]) for name in ("from", "to") if _is_day(cells.get(name, ""))}
    lease = {name.removeprefix("lease_"): text for name, text in cells.items() if name.startswith("lease_")}
    return document | ({"lease": lease} if lease else {})


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _order(sheets: Sequence[str | None], one: Finding) -> tuple[int, int, str]:
    """Sort findings by sheet, in the order in which a person turns the sheets, row and column."""
    place = one.where or Where()
    sheet = sheets.index(place.sheet) if place.sheet in sheets else -1
    return sheet, place.row or 0, f"{len(place.column or ''):3}{place.column or ''}"


def settings_cells(settings: Settings) -> dict[str, list[dict[str, str]]]:
    """Return what the sheets of the workbook say of an inventory: the form (one row), sites, companies, exceptions."""
    organisation = settings.organisation
    form = _filled(
        id=organisation.id,
        name_en=organisation.name.get("en"),
        name_zh=organisation.name.get("zh"),
        methodology=settings.methodology,
        consolidation=settings.consolidation,
        boundary=settings.boundary,
        periods="; ".join(settings.periods),
        base_year=settings.base_year,
        known_at=settings.known_at,
        keep_published="yes" if settings.keep_published else None,
    )
    return {
        "organisation": [form],
        "sites": [_site_cells(one) for one in settings.site],
        "entities": [_held_cells(one) | _filled(entity_id=one.id, held_by=one.held_by) for one in settings.entity],
        "accept": [_filled(**one.model_dump()) for one in settings.accept],
    }


def _site_cells(one: Site) -> dict[str, str]:
    lease = one.lease.model_dump() if one.lease else {}
    group = one.accounting_group if "accounting_group" in one.model_fields_set else None
    told = {"id": one.id, "region": one.region, "entity": one.entity, "legal_entity": one.legal_entity}
    return _held_cells(one) | _filled(
        **told, accounting_group=group, **{f"lease_{name}": value for name, value in lease.items()}
    )


def _held_cells(one: Held) -> dict[str, str]:
    """Return what a site and a company have in common, as far as it is stated."""
    stated = one.model_fields_set
    return _filled(
        name_en=one.name.get("en"),
        name_zh=one.name.get("zh"),
        equity_share=one.equity_share if "equity_share" in stated else None,
        control=(";".join(sorted(one.control)) or "none") if "control" in stated else None,
        **{"from": one.first, "to": one.last},
    )


def _filled(**values: Any) -> dict[str, str]:
    """Return what is stated, as text."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in values.items()
        if value is not None
    }
