"""Bills: rows of an export that state a quantity and a period, or have a column for each month."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any, NoReturn

from hsesg_carbon import units
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.layouts import Cells, letter, title
from hsesg_carbon.mappings import Meter
from hsesg_carbon.periods import YEARS, Period
from hsesg_carbon.readings import (
    consumption,
)
from hsesg_carbon.takings import Holder, Record, Taking

_DATED = ("period", "period_start", "period_end", "year")


def bills(export: Taking) -> Iterator[Record]:
    """Yield the bills of a list, or of a table with a column for each month."""
    holders = export.holders()
    names = ("part", "credit", "evidence", "note")
    more = list(zip(*(export.column(name) for name in names), strict=True))
    period_of = cache(lambda *texts: _period(export, *texts))
    periods = list(zip(*(export.column(name) for name in _DATED), strict=True))
    for place, (row, holder) in enumerate(zip(export.rows, holders, strict=True)):
        found = _billed(export, row, holder, periods[place], period_of)
        if holder is None or export.aside.get(row[0]) == "fault":
            continue
        for period, quantity, column in found:
            if quantity.numerator < 0 and not more[place][1]:
                export.fault(row[0], column, "quantity-negative")
                break
            part, credit, evidence, note = more[place]
            yield Record(holder, period, quantity, row[0], False, part, credit, evidence, note, column)
        else:
            if not found:
                export.aside[row[0]] = "blank"


def _billed(
    export: Taking, row: Cells, holder: Holder | None, texts: tuple[str, ...], period_of: Callable[..., Any]
) -> list[tuple[Period, Fraction, str | None]]:
    """Return period, quantity and column of what a row bills; note what is wrong with its cells."""
    number, cells = row
    if export.mapping.wide:
        found = list(_months(export, row, texts[3], period_of))
        _check_row_total(export, number, cells)
        return found
    period = period_of(*texts)
    for name, error in [] if isinstance(period, Period) else period:
        export.fault(number, export.letter(name), error.code, texts[_DATED.index(name)], **error.data)
    quantity = _quantity(export, number, cells, holder)
    if quantity is None or not isinstance(period, Period):
        return []
    return [(period, quantity, export.quantity_letter)]


def _months(
    export: Taking, row: Cells, year: str, period_of: Callable[..., Any]
) -> Iterator[tuple[Period, Fraction, str | None]]:
    """Yield what stands in the columns of the months."""
    number, cells = row
    blank = []
    for place, heading in export.wide_at.items():
        text = cells[place].strip()
        if not text:
            blank.append(heading)
            continue
        period = period_of(heading, "", "", year)
        value = export.quantity(text)
        if isinstance(value, CarbonError):
            export.fault(number, letter(place), value.code, text, **value.data)
        elif isinstance(period, Period):
            yield period, value, letter(place)
        else:
            for name, error in period:
                column = export.letter("year") if name == "year" else letter(place)
                export.fault(number, column, error.code, heading, **error.data)
    if blank:
        export.note("export-cells-blank", "warning", (number, None), columns=blank)


def _check_row_total(export: Taking, number: int, cells: list[str]) -> None:
    """Hold the sum over the months to the total of the row, where the mapping names its column."""
    stated = _cell(export, number, cells, export.at.get("quantity"), needed=False)
    values = [export.quantity(cells[place].strip()) for place in export.wide_at if cells[place].strip()]
    total = sum((one for one in values if isinstance(one, Fraction)), Fraction(0))
    if stated is not None and abs(stated - total) > export.mapping.tolerance:
        data = {"stated": units.exact_text(stated), "summed": units.exact_text(total)}
        data["difference"] = units.exact_text(stated - total)
        export.fault(number, export.letter("quantity"), "export-parts-differ", "", **data)


def _period(export: Taking, label: str, start: str, end: str, year: str) -> Period | list[tuple[str, CarbonError]]:
    """Return the period that the cells state, or what is wrong with which of them."""
    if export.mapping.period_format and (label or "period" in export.at):
        try:
            return _labelled(export, label, year)
        except CarbonError as error:
            return [("year" if error.data.get("column") == "year" else "period", error)]
    days: list[date] = []
    wrong: list[tuple[str, CarbonError]] = []
    for name, text in (("period_start", start), ("period_end", end)):
        try:
            days.append(export.mapping.dates.day(text) if text else _blank(name))
        except CarbonError as error:
            wrong.append((name, error))
    if wrong:
        return wrong
    back = int(export.mapping.last_day == "excluded")
    try:
        return Period.of(days[0], date.fromordinal(days[1].toordinal() - back))
    except CarbonError as error:
        return [("period_end", error)]


def _labelled(export: Taking, label: str, year: str) -> Period:
    """Return the month, quarter or year that a label names, its year from the mapping or the row where it has none."""
    mapping = export.mapping
    if not label:
        _blank("period")
    if export.sheet.name is not None and re.fullmatch(r"\d{4}-\d{2}-01", label):
        return Period.parse(label[:-3])  # a spreadsheet's cell that holds the first of a month
    stated = mapping.year
    if year:
        value = export.number(year)
        if isinstance(value, InputError) or value not in YEARS:
            raise InputError("period-broken", value=year[:40], column="year")
        stated = int(value)
    if stated is None and "year" not in mapping.periods.fields:
        _blank("year")
    return mapping.periods.period(title(label) if mapping.wide else label, stated)


def _blank(column: str) -> NoReturn:
    raise InputError("cell-blank", column=column)


def _quantity(export: Taking, number: int, cells: list[str], holder: Holder | None) -> Fraction | None:
    """Return the quantity of a bill: as it stands, held to its parts and to its readings where there are any."""
    if not _has_other(export):
        return _cell(export, number, cells, export.at.get("quantity"), needed=True)
    stated = _cell(export, number, cells, export.at.get("quantity"), needed=False)
    parts = [_cell(export, number, cells, place, needed="quantity" not in export.at) for place in export.parts_at]
    read = _read_quantity(export, number, cells, holder)
    if export.aside.get(number) == "fault":
        return None
    sums = (
        {"parts": sum((one or Fraction(0) for one in parts), Fraction(0))}
        if any(one is not None for one in parts)
        else {}
    )
    if read is not None:
        sums["readings"] = read
    for code, other in (("export-parts-differ", sums.get("parts")), ("export-readings-differ", sums.get("readings"))):
        quantity = stated if stated is not None else next(iter(sums.values()), None)
        if other is not None and quantity is not None and abs(quantity - other) > export.mapping.tolerance:
            data = {"stated": units.exact_text(quantity), "summed": units.exact_text(other)}
            data["difference"] = units.exact_text(quantity - other)
            export.fault(number, export.quantity_letter, code, "", **data)
    quantity = stated if stated is not None else next(iter(sums.values()), None)
    if quantity is None:
        export.fault(number, export.quantity_letter, "quantity-blank")
    return quantity


def _has_other(export: Taking) -> bool:
    return bool(export.parts_at) or "reading_start" in export.at


def _cell(export: Taking, number: int, cells: list[str], place: int | None, *, needed: bool) -> Fraction | None:
    """Return the quantity in a cell; note what is wrong with it."""
    if place is None:
        return None
    text = cells[place].strip()
    if not text:
        if needed:
            export.fault(number, letter(place), "quantity-blank")
        return None
    value = export.quantity(text)
    if isinstance(value, InputError):
        export.fault(number, letter(place), value.code, text, **value.data)
        return None
    return value


def _read_quantity(export: Taking, number: int, cells: list[str], holder: Holder | None) -> Fraction | None:
    """Return what the readings on a bill come to, with its multiplier; ``None`` where it has none."""
    if "reading_start" not in export.at or holder is None:
        return None
    places = [export.at.get(name) for name in ("reading_start", "reading_end", "multiplier")]
    start, end, factor = (_cell(export, number, cells, place, needed=False) for place in places)
    if start is None and end is None:
        return None
    try:
        return _product(export, holder, start, end, factor)
    except InputError as error:
        export.fault(number, export.letter("reading_end"), error.code, cells[export.at["reading_end"]], **error.data)
        return None


def _product(
    export: Taking, holder: Holder, start: Fraction | None, end: Fraction | None, factor: Fraction | None
) -> Fraction:
    """Return the consumption between two readings on a bill."""
    meter = export.mapping.meters.get(holder.meter, Meter())
    if start is None or end is None:
        raise InputError("cell-blank", column="reading_start" if start is None else "reading_end")
    if isinstance(meter.multiplier, tuple):
        raise InputError("mapping-multiplier-dated", meter=holder.meter)
    own = None if meter.multiplier is None else Fraction(meter.multiplier)
    if factor is not None and own is not None and factor != own:
        data: dict[str, Any] = {"stated": units.exact_text(factor), "mapped": units.exact_text(own)}
        raise InputError("export-meter-elsewhere", column="multiplier", **data)
    return consumption(start, end, next((one for one in (factor, own) if one is not None), 1), meter.digits)
