"""The cells of a delivered sheet, made what their columns are of; what cannot be is told at its cell."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hsesg_carbon.delivery.pages import MOST_KNOWN, SHOWN, Book, Line, Page
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.percentages import read_share
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.readings import consumption
from hsesg_carbon.sheets import PERIOD, READINGS, Choices, Column, Sheet
from hsesg_carbon.tables import EXCEL_ERRORS, UNCALCULATED, is_rounded
from hsesg_carbon.units import exact_text, parse_number

_TOLD_BY_LIBRARY = frozenset({"site", "activity", "unit", "region", "quality"})
"""Columns of activity data whose words the library itself refuses."""
_PERCENT = re.compile(r"\d+(\.\d+)?\s*[%％]", re.ASCII)
_TOTAL = ("合计", "总计", "小计", "共计", "累计", "total", "subtotal", "sum")


def read_page(book: Book, page: Page, sites: Collection[str] = ()) -> None:
    """Read the filled rows of a sheet, cell by cell; ``sites`` are those that are known."""
    filled = page.filled()
    lines = [Line(number, raw, dict(raw)) for number, raw in filled if not _beside(book, page, number, raw, sites)]
    page.take(lines)
    required = {one.name for one in page.heads.values() if one.required}  # a heading that is lost is told once
    for line in lines:
        for column in page.sheet.columns:
            if text := line.raw.get(column.name, ""):
                _cell(book, page, line, column, text)
            elif column.name in required and not (column.name == "quantity" and "reading_start" in line.raw):
                book.tell(page, line.number, column.name, "cell-blank", column=column.name)
        if page.sheet.has_readings:
            _hold_readings(book, page, line)
        if "role" in line.cells and "part_of" not in line.cells:
            book.tell(page, line.number, "part_of", "delivery-role-alone")
        _hold_days(book, page, line)


def _beside(book: Book, page: Page, number: int, raw: Mapping[str, str], sites: Collection[str]) -> bool:
    """Tell a row that is a total or a remark, no row of data: once, not at every cell that it lacks."""
    if page.sheet.gives == "inventory" or {"activity", "kind", "material", "denominator", "instrument_id"} & raw.keys():
        return False
    first = next(name for name in page.sheet.names if name in raw)
    total = any(text.replace(" ", "").lower().startswith(_TOTAL) for text in raw.values())
    remark = not {"quantity", "unit", "value", "reading_end"} & raw.keys() and raw.get("site") not in sites
    if not total and not remark:
        return False
    book.tell_row(page, number, first, raw[first], "delivery-row-total" if total else "delivery-row-remark")
    return True


def _cell(book: Book, page: Page, line: Line, column: Column, text: str) -> None:
    """Make a cell what its column is of: a code, a day, a plain number."""
    if text in EXCEL_ERRORS or text == UNCALCULATED:
        book.tell(page, line.number, column.name, "number-excel-error", value=text)
        return
    try:
        line.cells[column.name] = plain(book, column, text)
    except CarbonError as error:
        code, data = _in_workbook(error, page.sheet, column, text)
        book.tell(page, line.number, column.name, code, **data)
        return
    if column.kind == "choice" and column.list not in {"site", "unit"} and not column.open:
        offered = book.choices(str(column.list))
        if column.list == "activity" and offered.code(text) is None:
            meant = book.own_activities(page).meant(text)  # 天然气 is that of boilers on the sheet of boilers
            if meant is not None:
                line.cells[column.name] = meant
                return
            if any((like := _like(text, book.own_activities(page))).values()):
                book.tell(page, line.number, column.name, "delivery-not-listed", value=text[:SHOWN], known=like)
                return
        unheard = offered.meant(text) is None and not (
            page.sheet.gives == "activity" and column.name in _TOLD_BY_LIBRARY
        )
        if unheard:
            known = listed(text, book.own_activities(page) if column.list == "activity" else offered)
            book.tell(page, line.number, column.name, "delivery-not-listed", value=text[:SHOWN], known=known)


def plain(book: Book, column: Column, text: str) -> str:
    """Return a cell as what its column is of."""
    if column.kind == "date":
        return day_of(text).isoformat()
    if column.kind == "number":
        return f"{parse_number(text):f}"
    if column.kind == "choice" and column.list not in {"site", "unit"}:
        offered = book.choices(str(column.list))
        return (offered.code(text) if column.list == "activity" else offered.meant(text)) or text
    if column.kind == "identifier" and is_rounded(text):
        raise InputError("identifier-rounded")
    return text


def _hold_days(book: Book, page: Page, line: Line) -> None:
    """Hold the two days of a row to each other."""
    for first, last in (PERIOD, ("from", "to")):
        if {first, last} <= line.cells.keys() and not book.is_told(page, line, first, last):
            try:
                Period.of(day_of(line.cells[first]), day_of(line.cells[last]))
            except CarbonError as error:
                if first in PERIOD or error.code == "period-reversed":
                    book.tell(page, line.number, last, error.code, **error.data)


def _hold_readings(book: Book, page: Page, line: Line) -> None:
    """Make the quantity of two readings, or hold the quantity to them."""
    cells = line.cells
    if not {"reading_start", "reading_end"} & cells.keys() or book.is_told(page, line, *READINGS, "quantity"):
        return
    missing = [one for one in ("reading_start", "reading_end") if one not in cells]
    if missing:
        book.tell(page, line.number, missing[0], "delivery-reading-half", column=missing[0])
        return
    start, end, times = (Decimal(cells.get(name, "1")) for name in ("reading_start", "reading_end", "multiplier"))
    try:
        digits = int(cells["digits"]) if "digits" in cells else None
        read = consumption(start, end, times, digits)
    except ValueError as error:
        code, data = (error.code, error.data) if isinstance(error, CarbonError) else ("number-not-a-number", {})
        column = "reading_end" if isinstance(error, CarbonError) else "digits"
        book.tell(page, line.number, column, code, **(data or {"value": cells.get("digits", "")}))
        return
    if "quantity" not in cells:
        cells["quantity"] = exact_text(read)
    elif Fraction(cells["quantity"]) != read:
        apart = exact_text(abs(read - Fraction(cells["quantity"])))
        data = {"summed": exact_text(read), "stated": cells["quantity"], "difference": apart}
        book.tell(page, line.number, "quantity", "export-readings-differ", **data)


def _in_workbook(error: CarbonError, sheet: Sheet, column: Column, text: str) -> tuple[str, dict[str, Any]]:
    """Return what is wrong with a cell as a person sees the workbook: days have columns of their own, units may not."""
    if column.kind == "date" and error.code in {"period-broken", "date-broken"}:
        try:
            period = Period.parse(text)
        except CarbonError:
            return "date-broken", {"value": text[:SHOWN]}
        day = period.end if column.name in {"period_end", "to"} else period.start
        return "delivery-not-a-day", {"value": text[:SHOWN], "day": day.isoformat()}
    if column.kind == "number" and _PERCENT.fullmatch(text) and len(text) <= SHOWN:
        return "delivery-percent", {"value": text, "plain": exact_text(read_share(text))}
    if error.code == "number-with-unit" and "unit" not in sheet.names:
        return "delivery-number-only", {"value": text, "plain": error.data["plain"], "unit": column.unit or "–"}
    return error.code, dict(error.data)


def listed(text: str, offered: Choices) -> dict[str, list[str]]:
    """Return words of a list for "choose one of", by language: those like what was written, else the first."""
    first = {lang: [texts[lang] for texts in offered.labels.values()][:MOST_KNOWN] for lang in LANGUAGES}
    return {lang: like or first[lang] for lang, like in _like(text, offered).items()}


def _like(text: str, offered: Choices) -> dict[str, list[str]]:
    """Return the words of a list that hold what was written, else those spelt like it, by language."""
    words = {lang: [texts[lang] for texts in offered.labels.values()] for lang in LANGUAGES}
    held = {lang: [one for one in own if text.casefold() in one.casefold()] for lang, own in words.items()}
    return {lang: held[lang][:MOST_KNOWN] or near(text, own) for lang, own in words.items()}
