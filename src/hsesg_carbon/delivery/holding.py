"""The rows of a delivered workbook, held to the records that they become, in the words of the library."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.delivery.form import Known
from hsesg_carbon.delivery.pages import MOST_KNOWN, SHOWN, Book, Line, Page
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.instruments import Instrument
from hsesg_carbon.intake import ORIGIN
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.sheets import PERIOD, READINGS
from hsesg_carbon.tables import Row, Table
from hsesg_carbon.units import parse_number
from hsesg_carbon.waste import WasteLoad
from hsesg_carbon.water import WaterFlow

Taken = tuple[Page, Line]
"""A row with the sheet that it stands on."""

_ANY_PERIOD = "2000"
"""Stands in for a period that cannot be read, so that what else is wrong with its row is told as well."""
_MODELS: Mapping[str, type[BaseModel]] = {"water": WaterFlow, "waste": WasteLoad, "instruments": Instrument}
_BILL = ("site", "activity", "meter", *PERIOD, "quantity", "unit")
"""What two rows must have in common to be one bill entered twice."""


def hold_activities(book: Book, known: Known) -> list[Taken]:
    """Hold all activity data to what the library holds it to, and tell bills that stand there twice."""
    taken = [
        (page, line) for page in book.pages if page.sheet.gives == "activity" and page.whole for line in page.lines
    ]
    for page, line in taken:
        line.cells.setdefault("activity_id", f"{book.stem}-{page.sheet.id}-{line.number}")
    repeated = _repeated(book, taken)
    held = _held_rows(book, taken, known) if taken else None
    if held is None:  # what is wrong was told; between the other rows there may be more
        sound = [(page, line) for page, line in taken if not book.row_is_told(page, line)]
        held = _held_rows(book, sound, known) if sound else None
    if held is None:
        return taken
    book.more += held.findings
    unread = {line.cells.get("meter") for page, line in taken if book.row_is_told(page, line)}
    places = {line.cells["activity_id"]: (page, line) for page, line in taken}
    for one in held.check():
        second = str(one.data.get("second", ""))
        if second in repeated or second not in places:
            continue
        if one.code == "meter-gap" and one.data["meter"] in unread:  # what cannot be read yet is not missing
            continue
        page, line = places[second]
        book.tell(page, line.number, "period_start", one.code, one.severity, **one.data)
    return taken


def _held_rows(book: Book, rows: Sequence[Taken], known: Known) -> Activities | None:
    """Return rows as activity data; ``None`` where some cannot be, which is told."""
    try:
        return Activities(_frame(book, rows), known.sites, book.library, unique_ids=True)
    except InputError as error:
        for one in error.problems:
            assert isinstance(one, Finding)
            _tell_library(book, one, known)
        return None


def _frame(book: Book, taken: Sequence[Taken]) -> Any:
    """Return rows as a frame; what cannot be read already is replaced by what can, for it was told."""
    import pandas as pd  # noqa: PLC0415

    names = list(dict.fromkeys(name for page, _ in taken for name in page.sheet.names))
    names = [one for one in names if one not in READINGS and one not in {"part_of", "role"}]
    rows = []
    for page, line in taken:
        cells: dict[str, Any] = {name: line.cells.get(name) for name in names}
        if book.is_told(page, line, *PERIOD):
            cells |= dict.fromkeys(PERIOD, f"{_ANY_PERIOD}-01-01")
        if book.is_told(page, line, "quantity", *READINGS):
            cells["quantity"] = "0"
        place = dict(zip(ORIGIN, (page.table.file, page.table.sheet, line.number), strict=True))
        rows.append(cells | place)
    frame = pd.DataFrame(rows, columns=[*names, *ORIGIN])
    return frame.loc[:, frame.notna().any() | frame.columns.isin([*_BILL, "activity_id"])].astype(
        {name: "str" for name in names if name in frame.columns and frame[name].notna().any()}
    )


def _tell_library(book: Book, one: Finding, known: Known) -> None:
    """Tell what the library says against a row, at its cell in the workbook."""
    place = one.where
    page = next((own for own in book.pages if place and own.table.sheet == place.sheet), None)
    if place is None or page is None or place.row is None:
        book.more.append(one)
        return
    if one.code == "unknown-site" and not known.stated:
        return
    if one.code == "region-missing" and one.data.get("site") in known.of_no_region:
        return
    column = place.column if place.column in page.sheet.names else None
    code = "delivery-site-unknown" if one.code == "unknown-site" else one.code
    book.tell(page, place.row, column, code, one.severity, **one.data)


def _repeated(book: Book, taken: Sequence[Taken]) -> set[str]:
    """Tell rows that are one bill entered twice; return their ids."""
    first: dict[tuple[str, ...], tuple[Page, Line]] = {}
    repeated = set()
    for page, line in taken:
        if book.row_is_told(page, line):
            continue
        key = tuple(line.cells.get(name, "") for name in _BILL)
        before_page, before = first.setdefault(key, (page, line))
        if before is not line:
            repeated.add(line.cells["activity_id"])
            near_by = before_page is page
            row = str(before.number) if near_by else f"{before_page.table.sheet}!{before.number}"
            book.tell(page, line.number, "quantity", "row-repeated", "warning", row=row)
    return repeated


def hold_table(book: Book, page: Page, known: Known, boundary: str) -> None:
    """Hold the rows of a sheet to the record that they become."""
    lines, ids = page.lines, known.ids
    for line in lines:
        if page.sheet.gives == "refrigerants":
            line.cells.setdefault("row_id", f"{book.stem}-{page.sheet.id}-{line.number}")
        if page.sheet.gives == "denominators" and boundary:
            line.cells.setdefault("boundary", boundary)
        site = line.cells.get("site")
        if site and known.stated and site not in ids:
            like = near(site, ids) or ids[:MOST_KNOWN] or ["-"]
            book.tell(page, line.number, "site", "delivery-site-unknown", site=site[:SHOWN], known=like)
    if not lines or not page.whole:
        return
    table, names = as_table(book, page)
    for one in _faults(book, page.sheet.gives, table):
        place = one.where or Where()
        named = place.column or next((key for key in one.data if key in page.sheet.names), "")
        column = names.get(named, named)
        if column == "period" and "period_start" in page.sheet.names:
            column = "period_start"
        data = dict(one.data)
        if "key" in data and data["key"] == place.column:
            data["key"] = next((own.title for own in page.sheet.columns if own.name == column), data["key"])
        book.tell(page, place.row, column if column in page.sheet.names else None, one.code, one.severity, **data)
    _same_rows(book, page)


def _same_rows(book: Book, page: Page) -> None:
    """Tell rows that say the same."""
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for line in page.lines:
        key = tuple(sorted((name, text) for name, text in line.cells.items() if name != "row_id"))
        before = seen.setdefault(key, line.number)
        if before != line.number:
            book.tell(page, line.number, page.sheet.names[0], "row-repeated", "warning", row=before)


def as_table(book: Book, page: Page) -> tuple[Table, dict[str, str]]:
    """Return rows as they stand in the table of a workspace, and what its columns are called on the sheet."""
    names = {book.described.table_name(one): one for one in page.sheet.names if one not in PERIOD}
    columns = tuple(dict.fromkeys((*names, "period")))
    rows = []
    for line in page.lines:
        cells = {book.described.table_name(name): text for name, text in line.cells.items() if name not in PERIOD}
        if "period_start" in page.sheet.names:
            cells["period"] = _label(book, page, line)
        rows.append(Row(line.number, {name: cells[name] for name in columns if cells.get(name)}))
    return Table(page.table.file, page.table.sheet, columns, tuple(rows)), names


def _label(book: Book, page: Page, line: Line) -> str:
    """Return the period of a row as the tables of a workspace state it."""
    if not set(PERIOD) <= line.cells.keys() or book.is_told(page, line, *PERIOD):
        return _ANY_PERIOD
    return Period.of(*(day_of(line.cells[one]) for one in PERIOD)).label


def _faults(book: Book, gives: str, table: Table) -> Sequence[Finding]:
    """Return what is wrong with the rows of a table, in the words of the library."""
    if gives in DERIVATIONS:
        try:
            DERIVATIONS[gives](table)
        except InputError as error:
            return [one for one in error.problems if isinstance(one, Finding)]
        return []
    if gives == "denominators":
        return _denominator_faults(table)
    check: Callable[[Any], None] = lambda one: one.check()  # noqa: E731
    if gives == "instruments":
        check = lambda one: one.check(book.library)  # noqa: E731
    return table.records(_MODELS[gives], check=check)[1]


def _denominator_faults(table: Table) -> list[Finding]:
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


def _hold_period(cells: Mapping[str, str]) -> None:
    """Refuse the period of a denominator that is no whole year; of a site a month will do as well."""
    period, site = Period.parse(cells.get("period", "")), cells.get("site")
    if period.calendar_year is None and not (site and period.is_month):
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
