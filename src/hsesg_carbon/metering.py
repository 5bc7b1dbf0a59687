"""Readings and intervals: rows of an export that tell what meters showed, added up exactly."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from fractions import Fraction
from functools import cache
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.layouts import letter, title
from hsesg_carbon.mappings import Meter
from hsesg_carbon.periods import Period
from hsesg_carbon.readings import (
    Day,
    Intervals,
    Reading,
    Register,
    Replacement,
    Use,
    by_month,
    moment_text,
    read_on,
    spans,
    uses_of,
    whole_days,
)
from hsesg_carbon.stamps import DAY, Clock, Pattern, day_at
from hsesg_carbon.takings import Holder, Place, Record, Taking

_PLAIN = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?", re.ASCII)


def metered(export: Taking) -> Iterator[Record]:
    """Yield what the readings of each register come to, between readings or month by month."""
    groups: dict[Holder, list[int]] = {}
    for place, holder in enumerate(export.holders()):
        if holder is not None and export.aside.get(export.rows[place][0]) != "fault":
            groups.setdefault(_of_quality(export, holder), []).append(place)
    read = _Readings(export)
    for holder, places in groups.items():
        yield from read.records(holder, places)


def _of_quality(export: Taking, holder: Holder) -> Holder:
    """Return what a sum of several rows is of: it is measured unless one of them is estimated."""
    return replace(holder, quality=export.mapping.constants.quality or "measured")


class _Readings:
    """The readings of an export, register by register."""

    def __init__(self, export: Taking) -> None:
        self.export = export
        names = ("date", "reading", "multiplier", "quality", "old_final", "new_first")
        self.texts = {name: export.column(name) for name in names}
        self.moment = cache(self._moment)

    def records(self, holder: Holder, places: Sequence[int]) -> Iterator[Record]:
        """Yield the records of one register."""
        export = self.export
        changes = [self._change(place) for place in places if self.texts["old_final"][place]]
        readings = [one for place in places if (one := self._reading(place)) is not None]
        try:
            register = self._register(holder, places, [one for one in changes if one is not None])
        except InputError as error:
            export.fault(export.rows[places[0]][0], export.letter("multiplier"), error.code, "", **error.data)
            export.aside.update((export.rows[place][0], "fault") for place in places)
            return
        if len(readings) < 2:  # noqa: PLR2004  (a use has two ends)
            for one in readings:
                export.aside.setdefault(one.row or 0, "alone")
                export.note("reading-alone", "warning", (one.row or 0, export.letter("reading")), meter=holder.meter)
            return
        said = uses_of(readings, register)
        self._tell(said.findings, said.aside)
        for use in self._grouped(said.uses, holder):
            yield Record(
                holder=holder,
                period=use.period,
                quantity=use.quantity,
                row=use.rows[1] or 0,
                estimated=use.estimated,
                column=export.letter("reading"),
            )

    def _grouped(self, uses: Sequence[Use], holder: Holder) -> Sequence[Use]:
        export = self.export
        if export.mapping.readings_at == "as-stamped":
            uses, left = whole_days(uses)
            for one in left:
                data = {"start": moment_text(one.start), "end": moment_text(one.end), "meter": holder.meter}
                data |= {"quantity": units.exact_text(one.quantity), "unit": holder.unit}
                export.note("readings-part-day", "warning", (one.rows[0] or 0, export.letter("date")), **data)
        return by_month(uses) if export.mapping.records == "month" else uses

    def _moment(self, text: str) -> datetime | CarbonError:
        pattern, at = self.export.mapping.dates, self.export.mapping.readings_at
        if not text:
            return InputError("cell-blank", column="date")
        try:
            if at != "as-stamped":
                return read_on(pattern.day(text), at_end=at == "end-of-day")
            wall, offset = pattern.moment(text)
            if offset is not None:
                return InputError("stamp-with-offset", value=text[:40])
            return datetime.combine(day_at(wall // DAY), time(wall % DAY // 3600, wall % 3600 // 60, wall % 60))
        except CarbonError as error:
            return error

    def _reading(self, place: int) -> Reading | None:
        """Return the reading of a row; ``None`` where it has a fault, or only tells of a replacement."""
        export, row = self.export, self.export.rows[place][0]
        text = self.texts["reading"][place]
        at = self.moment(self.texts["date"][place])
        if isinstance(at, CarbonError):
            export.fault(row, export.letter("date"), at.code, self.texts["date"][place], **at.data)
            return None
        if not text:
            if not self.texts["old_final"][place]:
                export.fault(row, export.letter("reading"), "quantity-blank")
            return None
        value = export.number(text)
        if isinstance(value, InputError):
            export.fault(row, export.letter("reading"), value.code, text, **value.data)
            return None
        quality = self.texts["quality"][place]
        said = export.mapping.values.quality.get(quality, quality) or export.mapping.constants.quality
        return Reading(at, value, said == "estimated", row)

    def _change(self, place: int) -> Replacement | None:
        """Return the replacement that a row tells of: on its day, at midday, or at the moment that it states."""
        export, row = self.export, self.export.rows[place][0]
        values = []
        for name in ("old_final", "new_first"):
            text = self.texts[name][place]
            value = export.number(text) if text else InputError("cell-blank", column=name)
            if isinstance(value, InputError):
                export.fault(row, export.letter(name), value.code, text, **value.data)
            else:
                values.append(value)
        try:
            wall, _ = export.mapping.dates.moment(self.texts["date"][place])
        except CarbonError:
            return None  # told with the reading
        stated = export.mapping.readings_at == "as-stamped"
        at = datetime.combine(day_at(wall // DAY), time(wall % DAY // 3600, wall % 3600 // 60) if stated else time(12))
        if len(values) < 2:  # noqa: PLR2004  (a replacement has two readings)
            return None
        return Replacement(at, values[0], values[1])

    def _register(self, holder: Holder, places: Sequence[int], changes: Sequence[Replacement]) -> Register:
        """Return the register: as the mapping states it, with the replacements and the multiplier of the rows."""
        meter = self.export.mapping.meters.get(holder.meter, Meter())
        register = meter.register()
        texts = sorted({self.texts["multiplier"][place] for place in places} - {""})
        values = []
        for text in texts:
            value = self.export.number(text)
            if isinstance(value, InputError):
                raise value
            values.append(value)
        if len(set(values)) > 1:
            raise InputError("export-multipliers-differ", meter=holder.meter, found=texts)
        if values and meter.multiplier is not None and register.multipliers != ((datetime.min, values[0]),):
            raise InputError(
                "export-meter-elsewhere", column="multiplier", stated=texts[0], mapped=str(meter.multiplier)
            )
        multipliers = ((datetime.min, values[0]),) if values else register.multipliers
        together = sorted((*register.replacements, *changes), key=lambda one: one.at)
        return Register(register.digits, multipliers, tuple(together))

    def _tell(self, findings: Iterable[Finding], aside: Mapping[int | None, str]) -> None:
        """Add what the register says, at the cells of its readings."""
        export = self.export
        rows = {number: place for place, (number, _) in enumerate(export.rows)}
        for one in findings:
            row = one.where.row if one.where and one.where.row else 0
            text = self.texts["reading"][rows[row]] if row in rows else ""
            if one.severity == "error":
                export.fault(row, export.letter("reading"), one.code, text, **one.data)
            else:
                where = export.sheet.where(row, export.letter("reading"), text)
                export.findings.append(one.model_copy(update={"where": where}))
        for number, reason in aside.items():
            export.aside.setdefault(number or 0, reason)


# --------------------------------------------------------------------------------------------------- intervals


@dataclass(frozen=True)
class _Cellwise:
    """
    Interval values as they stand, one entry each: row numbers, columns, holders' codes, stamps and texts.

    ``stamps`` are numbers of distinct stamps, ``texts`` numbers of distinct texts: what is read once for each.
    """

    rows: Any
    columns: Any
    holders: Any
    stamps: Any
    texts: Any
    distinct_stamps: Sequence[tuple[int, int] | CarbonError]
    distinct_texts: Sequence[str]
    stamp_texts: Sequence[str]
    stamp_column: str | None
    estimated: Any


def listed_intervals(export: Taking) -> Iterator[Record]:
    """Yield what a list of intervals adds up to."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    holders, codes = _coded_holders(export)
    stamps, stamp_texts = pd.factorize(np.array(export.column("stamp"), dtype=object))
    texts, distinct = pd.factorize(np.array(export.column("quantity"), dtype=object))
    rows = np.array([number for number, _ in export.rows], dtype=np.int64)
    columns = np.full(len(rows), export.place("quantity"))
    moments = [_moment_of(export, one) for one in stamp_texts]
    estimated = _estimated(export, holders, codes)
    cells = _Cellwise(
        rows,
        columns,
        codes,
        stamps,
        texts,
        moments,
        list(distinct),
        list(stamp_texts),
        export.letter("stamp"),
        estimated,
    )
    yield from _summed(export, cells, holders)


def matrix_intervals(export: Taking) -> Iterator[Record]:
    """Yield what a table of days down and intervals across adds up to."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    holders, codes = _coded_holders(export)
    across = _across(export)
    days, day_texts = pd.factorize(np.array(export.column("date"), dtype=object))
    moments: list[tuple[int, int] | CarbonError] = []
    for text in day_texts:
        try:
            day = export.mapping.dates.day(text)
        except CarbonError as error:
            moments += [error] * len(across)
            continue
        first = (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
        moments += [_local(export, first + seconds) for seconds in across.values()]
    wide = np.array([export.cells(place) for place in across], dtype=object).T.reshape(-1)
    texts, distinct = pd.factorize(wide)
    rows = np.repeat(np.array([number for number, _ in export.rows], dtype=np.int64), len(across))
    columns = np.tile(np.array(list(across)), len(export.rows))
    stamps = (days[:, None] * len(across) + np.arange(len(across))[None, :]).reshape(-1)
    cells = _Cellwise(
        rows,
        columns,
        np.repeat(codes, len(across)),
        stamps,
        texts,
        moments,
        list(distinct),
        [text for text in day_texts for _ in across],
        export.letter("date"),
        np.repeat(_estimated(export, holders, codes), len(across)),
    )
    yield from _summed(export, cells, holders)


def _coded_holders(export: Taking) -> tuple[list[Holder], Any]:
    """Return the distinct holders, whatever their quality, and the number of each row's; -1 where it has a fault."""
    import numpy as np  # noqa: PLC0415

    found = export.holders()
    distinct = {id(one): one for one in found}  # one object for each distinct text, so a million rows cost little
    numbers: dict[Holder, int] = {}
    codes = {at: -1 if one is None else numbers.setdefault(one, len(numbers)) for at, one in distinct.items()}
    return list(numbers), np.array([codes[id(one)] for one in found], dtype=np.int64)


def _estimated(export: Taking, holders: Sequence[Holder], codes: Any) -> Any:
    import numpy as np  # noqa: PLC0415

    flags = np.array([*(one.quality == "estimated" for one in holders), False])
    return flags[codes]


def _across(export: Taking) -> dict[int, int]:
    """Return where the interval of each column starts or ends, in seconds after the midnight of its row's day."""
    mapping = export.mapping
    pattern = Pattern(title(mapping.matrix or ""))
    found: dict[int, int] = {}
    for place, heading in export.wide_at.items():
        part = {name: int(value) for name, value in (pattern.read(heading) or {}).items()}
        if "place" in part:
            seconds = (part["place"] - (mapping.stamp_at == "start")) * mapping.length
        else:
            seconds = part["hour"] * 3600 + part["minute"] * 60 + part.get("second", 0)
        if seconds == 0 and mapping.stamp_at == "end" and found and max(found.values()) == DAY - mapping.length:
            seconds = DAY  # 00:00 behind 23:45 is the end of the day
        found[place] = seconds
    if len(found) * mapping.length != DAY or len(set(found.values())) < len(found):
        data: dict[str, Any] = {"found": len(found), "needed": DAY // mapping.length, "interval": mapping.interval}
        raise InputError("export-matrix-columns", file=export.sheet.file, **data)
    return found


def _moment_of(export: Taking, text: str) -> tuple[int, int] | CarbonError:
    """Return the start of the interval that a stamp names: in UTC, and as the local clock shows it."""
    mapping = export.mapping
    try:
        if not text:
            raise InputError("cell-blank", column="stamp")
        if mapping.length == DAY:
            first = mapping.dates.day(text)
            return _local(export, (first.toordinal() - date(1970, 1, 1).toordinal()) * DAY)
        wall, offset = mapping.dates.moment(text)
    except CarbonError as error:
        return error
    return _local(export, wall, offset)


def _local(export: Taking, wall: int, offset: int | None = None) -> tuple[int, int] | CarbonError:
    mapping = export.mapping
    local = Clock(mapping.local_time or "Z")
    written = Clock(mapping.stamp_time or mapping.local_time or "Z")
    back = mapping.length if mapping.stamp_at == "end" else 0
    try:
        if mapping.length == DAY and offset is None:  # a day is named, not a moment
            return local.utc(wall - back), wall - back
        utc = (wall - offset if offset is not None else written.utc(wall)) - back
        return utc, local.wall(utc)
    except CarbonError as error:
        return error


def _summed(export: Taking, cells: _Cellwise, holders: Sequence[Holder]) -> Iterator[Record]:
    """Yield the exact sums of intervals by meter and month; note what is wrong with cells and what is missing."""
    import numpy as np  # noqa: PLC0415

    good = _good_stamps(export, cells)
    steps, places, numbers = _steps(export, cells)
    blank = np.array([not one for one in cells.distinct_texts])[cells.texts]
    _tell_blank(export, cells, blank)
    good &= numbers & ~blank & ~_faulty_rows(export, cells)
    moments = np.array(
        [(0, 0) if isinstance(one, CarbonError) else one for one in cells.distinct_stamps], dtype=np.int64
    )
    same = _merged(holders)

    def chosen(kept: Any) -> Intervals:
        return Intervals(
            meters=same[cells.holders[kept]],
            starts=moments[cells.stamps[kept], 1],
            moments=moments[cells.stamps[kept], 0],
            steps=steps[kept],
            estimated=cells.estimated[kept],
            places=places,
            length=export.mapping.length,
            clock=Clock(export.mapping.local_time or "Z"),
        )

    kept = np.flatnonzero(good)
    intervals = chosen(kept)
    repeated, off = intervals.repeated(), intervals.off_grid()
    for code, found in (("interval-repeated", repeated), ("interval-off-grid", off)):
        _each(export, cells, kept[found], code, interval=export.mapping.interval)
    if repeated.any() or off.any():
        kept = np.flatnonzero(good & ~_faulty_rows(export, cells))
        intervals = chosen(kept)
    yield from _monthly(export, cells, intervals, kept, holders)


def _faulty_rows(export: Taking, cells: _Cellwise) -> Any:
    """Return which entries stand in a row with a fault: a row is taken as a whole, or not at all."""
    import numpy as np  # noqa: PLC0415

    faulty = [row for row, reason in export.aside.items() if reason == "fault"]
    return np.isin(cells.rows, faulty) | (cells.holders < 0)


def _merged(holders: Sequence[Holder]) -> Any:
    """Return the number of each holder's meter: those that differ in quality only have one."""
    import numpy as np  # noqa: PLC0415

    numbers: dict[tuple[str, ...], int] = {}
    return np.array(
        [numbers.setdefault((one.site, one.meter, one.activity, one.unit), place) for place, one in enumerate(holders)],
        dtype=np.int64,
    )


def _each(export: Taking, cells: _Cellwise, wrong: Any, code: str, **data: Any) -> None:
    for at in wrong.tolist():
        text = cells.stamp_texts[cells.stamps[at]]
        export.fault(int(cells.rows[at]), cells.stamp_column, code, text, moment=text, **data)


def _good_stamps(export: Taking, cells: _Cellwise) -> Any:
    """Return which entries have a moment; note the others."""
    import numpy as np  # noqa: PLC0415

    broken = np.array([isinstance(one, CarbonError) for one in cells.distinct_stamps])[cells.stamps]
    told: set[tuple[int, int]] = set()
    for at in np.flatnonzero(broken).tolist():
        error = cells.distinct_stamps[cells.stamps[at]]
        key = (int(cells.rows[at]), int(cells.stamps[at]) if error is None else 0)
        if isinstance(error, CarbonError) and key not in told:
            told.add(key)
            text = cells.stamp_texts[cells.stamps[at]]
            export.fault(int(cells.rows[at]), cells.stamp_column, error.code, text, **error.data)
    return ~broken


def _steps(export: Taking, cells: _Cellwise) -> tuple[Any, int, Any]:
    """Return every quantity in whole steps of 10^-places, the places, and which are numbers; note the others."""
    import numpy as np  # noqa: PLC0415

    exact, places, wrong = _exact_steps(export, cells.distinct_texts)
    small = max(map(abs, exact), default=0) < 2**62
    steps = np.array(exact, dtype=np.int64 if small else object)[cells.texts]
    broken = np.zeros(len(cells.distinct_texts), dtype=bool)
    broken[list(wrong)] = True
    for at in np.flatnonzero(broken[cells.texts]).tolist() if wrong else ():
        error = wrong[int(cells.texts[at])]
        text = cells.distinct_texts[cells.texts[at]]
        export.fault(int(cells.rows[at]), letter(int(cells.columns[at])), error.code, text, **error.data)
    return steps, places, ~broken[cells.texts]


def _exact_steps(export: Taking, texts: Sequence[str]) -> tuple[list[int], int, dict[int, InputError]]:
    """
    Return distinct texts as whole steps of 10^-places, the places, and what is wrong with which of them.

    Most are written plainly (``12.5``), which costs no more than taking out the point; blanks are 0 here.
    """
    mapping = export.mapping
    usual = not mapping.thousands and mapping.decimal == "." and mapping.sign == "as-written"
    plain = [_PLAIN.fullmatch(one) if usual else None for one in texts]
    wrong: dict[int, InputError] = {}
    others: dict[int, Fraction] = {}
    for at in [at for at, match in enumerate(plain) if match is None]:
        value = export.quantity(texts[at]) if texts[at] else Fraction(0)
        if isinstance(value, Fraction) and value < 0:
            value = InputError("interval-negative")
        if isinstance(value, InputError):
            wrong[at] = value
        else:
            others[at] = value
    places = max([len(match[2]) for match in plain if match and match[2]], default=0)
    while any(10**places % one.denominator for one in others.values()):
        places += 1
    exact = [0 if one is None else int(one[1] + (one[2] or "").ljust(places, "0")) for one in plain]
    for at, value in others.items():
        exact[at] = int(value * 10**places)
    return exact, places, wrong


def _tell_blank(export: Taking, cells: _Cellwise, blank: Any) -> None:
    """Say how many values are blank, row by row in a matrix, where a row may be blank in part."""
    import numpy as np  # noqa: PLC0415

    if not blank.any():
        return
    rows, counts = np.unique(cells.rows[blank], return_counts=True)
    width = len(cells.rows) // max(1, len(export.rows))
    for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
        if count == width:
            export.aside.setdefault(row, "blank")
    first = int(np.flatnonzero(blank)[0])
    place = (int(cells.rows[first]), letter(int(cells.columns[first])))
    export.note("intervals-blank", "warning", place, count=int(counts.sum()), rows=len(rows))


def _monthly(
    export: Taking, cells: _Cellwise, intervals: Intervals, kept: Any, holders: Sequence[Holder]
) -> Iterator[Record]:
    """Yield a record for each run of days within a month; name the intervals that are missing."""
    last: Day | None = None
    hours = Fraction(export.mapping.length, 3600) if export.mapping.measures == "power" else Fraction(1)
    registers = {place: export.mapping.meters.get(one.meter, Meter()).register() for place, one in enumerate(holders)}
    for run in spans(intervals.days()):
        holder = _of_quality(export, holders[run[0].meter])
        period = Period.of(day_at(run[0].number), day_at(run[-1].number))
        row = int(cells.rows[kept[run[0].index]])
        if last is not None and last.meter == run[0].meter and last.number + 1 < run[0].number:
            data = {"first": day_at(last.number + 1), "last": day_at(run[0].number - 1), "meter": holder.meter}
            export.note("interval-days-missing", "warning", (row, cells.stamp_column), **data, site=holder.site)
        last = run[-1]
        total = Fraction(0)
        try:
            for day in run:
                midnight = datetime.combine(day_at(day.number), time())
                total += day.total * registers[day.meter].multiplier(midnight, read_on(midnight.date(), at_end=True))
        except InputError as error:
            export.fault(row, cells.stamp_column, error.code, "", **error.data)
            continue
        note = _tell_missing(export, intervals, run, holder, (row, cells.stamp_column))
        guessed = sum(day.estimated for day in run)
        if guessed:
            of = sum(day.count for day in run)
            data = {"meter": holder.meter, "period": period.label, "count": guessed, "of": of}
            export.note("intervals-estimated", "info", (row, cells.stamp_column), **data)
        yield Record(holder, period, total * hours, row, guessed > 0, note=note, column=cells.stamp_column)


def _tell_missing(export: Taking, intervals: Intervals, run: Sequence[Day], holder: Holder, place: Place) -> str:
    """Say how many intervals of some days are missing, and return it as a note."""
    wanted = sum(intervals.expected(day.number) for day in run)
    missing = wanted - sum(day.count for day in run)
    if missing <= 0:
        return ""
    first, last = run[0].number, run[-1].number
    shown = list(intervals.missing(run[0].meter, first, last))
    data = {"meter": holder.meter, "site": holder.site, "start": day_at(first), "end": day_at(last)}
    export.note("intervals-missing", "warning", place, count=missing, of=wanted, moments=shown, **data)
    return f"intervals 间隔 {wanted - missing}/{wanted}"
