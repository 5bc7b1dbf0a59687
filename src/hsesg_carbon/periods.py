"""Periods of whole days: how people write them, and the reporting periods that they fall into."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.spelling import nfkc

MAX_DAYS = 10 * 366
"""The longest period of one row: a bound against mistyped years."""

_PERIOD = re.compile(r"(\d{4})年?(?:(?:-|(?<=年))(?:(\d{1,2})月?|[Qq]([1-4])))?", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
YEARS = range(1900, 2201)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_TIME = re.compile(r"(?P<day>.*\d日?)[T ]\s*(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)", re.ASCII)
_MIDNIGHT = re.compile(r"[0:.]+")
_SPELT = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        r"(?P<year>\d{4}) ?年 ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?P<day>\d{{1,2}})[- ]{_MONTH_NAME},?[- ](?P<year>\d{{4}}|\d{{2}})",
        rf"{_MONTH_NAME} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
    )
)
_YEAR_LAST = re.compile(r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<other>\d{1,2})(?P=sign)(?P<year>\d{4})", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?", re.ASCII)
_SPELT_MONTH = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4}) ?[-/年] ?(?P<month>\d{1,2}) ?月?",
        r"(?P<year>\d{4})\.?(?P<month>\d{2})",
        r"(?P<year>\d{4})\.(?P<month>[2-9])",
        rf"{_MONTH_NAME}[- ](?P<year>\d{{4}})",
    )
)
_JANUARY_OR_OCTOBER = re.compile(r"(\d{4})\.1", re.ASCII)
_SPELT_QUARTER = re.compile(r"(?P<year>\d{4})年?第?(?P<quarter>[1-4一二三四])季度", re.ASCII)
_BETWEEN = re.compile(r"至|到|~|—|–|\bto\b|\s-\s")
_DASHED = re.compile(r"(\d{4}([/.])\d{1,2}\2\d{1,2})-(\d{4}\2\d{1,2}\2\d{1,2})", re.ASCII)
_PERIODS = 2**14
"""How many distinct periods are remembered: more than the days of forty years."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """
    A span of whole days, both ends included.

    Example:
        >>> Period.parse("2024-Q1").end, Period.parse("2024-02").label
        (datetime.date(2024, 3, 31), '2024-02')
    """

    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """
        Read ``2024``, ``2024-03``, ``2024-Q1`` or ``2024-03-15/2024-04-14``, and what else has only one reading.

        People write ``2024/3``, ``202403``, ``Mar 2024``, ``2024年一季度`` and ``2024.3.15-2024.4.14``, too. ``2024.1``
        is refused: a spreadsheet makes it of 2024.10.

        Raises:
            InputError: The text states no period, or one of two.
        """
        match = _PERIOD.fullmatch(text.strip())
        if match is None:
            days = _DASHED.fullmatch(text.strip())
            parts = [days[1], days[3]] if days else [one.strip() for one in _BETWEEN.split(_narrow(text))]
            if len(parts) == 1 and _day_spelt(parts[0]) is None and not _spelt_month(parts[0]):
                parts = text.split("/", maxsplit=1)
            if len(parts) == 2:  # noqa: PLR2004  (the first day and the last)
                return cls.of(day_of(parts[0]), day_of(parts[1]))
            match = _PERIOD.fullmatch(_spelt_month(text) or "")
        if match is None:
            day_of(text)  # says what is wrong with a day; one that is right is no period
            raise InputError("period-one-day", value=text[:40])
        year, month, quarter = (int(part) if part else 0 for part in match.groups())
        if year not in YEARS or (match[2] and not 1 <= month <= 12):  # noqa: PLR2004  (months)
            raise InputError("period-broken", value=text[:40])
        start = date(year, month or (3 * quarter - 2 if quarter else 1), 1)
        return cls.of(start, _month_end(year, month or (3 * quarter or 12)))

    @classmethod
    def of(cls, start: date, end: date) -> "Period":
        """Return the period between two days; an end before its start raises ``InputError``."""
        if start.year not in YEARS or end.year not in YEARS:
            raise InputError("period-broken", value=f"{start}/{end}")
        if end < start:
            raise InputError("period-reversed", start=start, end=end)
        if (end - start).days > MAX_DAYS:
            raise InputError("period-too-long", start=start, end=end, years=MAX_DAYS // 366)
        return cls(start, end)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days + 1

    @property
    def years(self) -> set[int]:
        """The calendar years that it touches."""
        return set(range(self.start.year, self.end.year + 1))

    @property
    def is_month(self) -> bool:
        """Whether it is one whole calendar month."""
        return self.start.day == 1 and self.end == _month_end(self.start.year, self.start.month)

    @property
    def calendar_year(self) -> int | None:
        """The calendar year that it is, ``None`` if it is anything else."""
        return self.start.year if self.label == str(self.start.year) else None

    def within(self, other: "Period") -> bool:
        """Say whether no day of it lies outside another period."""
        return other.start <= self.start and self.end <= other.end

    @property
    def label(self) -> str:
        """The shortest text that ``parse`` reads back."""
        return _label(self.start, self.end)

    def folded(self) -> "Period":
        """Return the month that holds this period, or the period itself where it is longer: the key of the cube."""
        if (self.start.year, self.start.month) == (self.end.year, self.end.month):
            return _month(self.start.year, self.start.month)
        return self

    def parts(self, *, folded: bool = True) -> tuple[tuple["Period", Fraction], ...]:
        """
        Return the reporting periods that this one falls into, each with its exact share of the days.

        With ``folded`` the parts are the months that hold them, else just the days themselves.

        A month, a whole quarter and a whole year stay whole, and so does what lies within a month; anything else that
        crosses months is split by days.
        """
        return _parts(self.start, self.end, folded)


# The cells of a cube are many, their periods few; what one is called and split into is found once for each.


@lru_cache(_PERIODS)
def _label(start: date, end: date) -> str:
    year = start.year
    if end.year == year:
        first, last = start.month, end.month
        if start.day == 1 and end == _month_end(year, last):
            if first == last:
                return f"{year}-{first:02d}"
            if (first, last) == (1, 12):
                return f"{year}"
            if last == first + 2 and first % 3 == 1:
                return f"{year}-Q{(last // 3)}"
    return f"{start}/{end}"


@lru_cache(_PERIODS)
def _month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), _month_end(year, month))


@lru_cache(_PERIODS)
def _parts(start: date, end: date, folded: bool) -> tuple[tuple[Period, Fraction], ...]:
    whole = Period(start, end)
    if "/" not in whole.label or (start.year, start.month) == (end.year, end.month):
        return ((whole, Fraction(1)),)
    parts = []
    first = start
    while first <= end:
        month_end = _month_end(first.year, first.month)
        inside = Period(first, min(month_end, end))
        parts.append((inside.folded() if folded else inside, Fraction(inside.days, whole.days)))
        first = month_end + timedelta(days=1)
    return tuple(parts)


def day_of(value: Any) -> date:
    """
    Return the day that a cell states; a time of day or a time zone is refused, for it could shift the day.

    Text is read here, and not where files are, so that a day means the same in a workbook, a CSV file and a frame. Any
    spelling that has only one reading is understood: the year first, the month as a word, or a day above 12.

    Raises:
        InputError: It is no day; or ``03/04/2024``, which has two readings; or 45352, as Excel counts days.

    Example:
        >>> day_of("2024/3/1"), day_of("2024年3月1日"), day_of("1-Mar-24")
        (datetime.date(2024, 3, 1), datetime.date(2024, 3, 1), datetime.date(2024, 3, 1))
    """
    value = plain(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None or (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
            raise InputError("period-time-of-day", value=str(value))
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value)
    match = _DAY.fullmatch(text)
    day = _day(*map(int, match[1].split("-"))) if match else _day_spelt(text)
    if day is None:
        raise InputError("period-broken", value=text[:40])
    return day


def iso_day(text: str) -> date | None:
    """Return the day that is written as ISO 8601 has it, ``None`` where it is not."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_year(text: str) -> bool:
    """Say whether a text is a calendar year and nothing else: ``2024``; ``2024²``, with a footnote, is none."""
    return text.isascii() and text.isdigit() and len(text) == len("2024")


def years_of(labels: Iterable[str]) -> set[int]:
    """Return the calendar years that periods lie in."""
    return {year for one in labels for year in Period.parse(one).years}


def months_of(year: int) -> tuple[Period, ...]:
    """Return the calendar months of a year."""
    return tuple(Period.parse(f"{year}-{month:02d}") for month in range(1, 13))


@lru_cache(_PERIODS)
def months_between(first: date, last: date) -> tuple[Period, ...]:
    """
    Return the calendar months from that of one day to that of another.

    Example:
        >>> [one.label for one in months_between(date(2023, 12, 31), date(2024, 1, 1))]
        ['2023-12', '2024-01']
    """
    found = []
    while first <= last:
        month = Period(first, first).folded()
        found.append(month)
        first = month.end + timedelta(days=1)
    return tuple(found)


def months_later(month: Period, count: int) -> Period:
    """
    Return the calendar month so many months later, or earlier where ``count`` is below 0.

    Example:
        >>> months_later(Period.parse("2024-01"), -2).label, months_later(Period.parse("2024-01"), 13).label
        ('2023-11', '2025-02')
    """
    year, place = divmod(month.start.year * len(_MONTHS) + month.start.month - 1 + count, len(_MONTHS))
    return _month(year, place + 1)


def period_names(periods: Iterable[Period]) -> list[str]:
    """
    Return periods as a sentence lists them: months, quarters or years that follow on one another as a span.

    Example:
        >>> period_names(Period.parse(one) for one in ("2024-07", "2024-01", "2024-02", "2024-03", "2022", "2023"))
        ['2022–2023', '2024-01–2024-03', '2024-07']
    """
    runs: list[list[Period]] = []
    for one in sorted(set(periods), key=lambda one: (_length(one), one)):
        before = runs[-1][-1] if runs else None
        if before and _length(one) == _length(before) and _length(one) and (one.start - before.end).days == 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [run[0].label if len(run) == 1 else f"{run[0].label}–{run[-1].label}" for run in sorted(runs)]


def _length(period: Period) -> int:
    """Return how many months a whole month, quarter or year has, 0 of anything else."""
    return 0 if "/" in period.label else period.end.month - period.start.month + 1


def _narrow(text: str) -> str:
    """Return text with full-width characters as plain ones."""
    return nfkc(text).strip()


def _day_spelt(text: str) -> date | None:
    """Return the day that a text states in another spelling, ``None`` where it is none."""
    known = _narrow(text)
    if timed := _TIME.fullmatch(known):
        if not _MIDNIGHT.fullmatch(timed["time"]):
            raise InputError("period-time-of-day", value=text[:40])
        known = timed["day"]
    for pattern in _SPELT:
        if found := pattern.fullmatch(known):
            parts = found.groupdict()
            month = int(parts["month"]) if "month" in parts else _MONTHS.index(parts["name"].lower()) + 1
            year = int(parts["year"])
            return _day(year if len(parts["year"]) == 4 else 2000 + year, month, int(parts["day"]))  # noqa: PLR2004
    if found := _YEAR_LAST.fullmatch(known):
        year, one, other = int(found["year"]), int(found["one"]), int(found["other"])
        readings = sorted({day for day in (_day(year, one, other), _day(year, other, one)) if day})
        if len(readings) > 1:
            raise InputError("date-ambiguous", value=text[:40], readings=readings)
        return readings[0] if readings else None
    if _SERIAL.fullmatch(known):
        raise InputError("date-serial", value=text[:40], day=date(1899, 12, 30) + timedelta(days=int(float(known))))
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _spelt_month(text: str) -> str | None:
    """Return the label of a month or quarter in another spelling, ``None`` where the text is none."""
    known = _narrow(text)
    if found := _JANUARY_OR_OCTOBER.fullmatch(known):
        raise InputError("date-ambiguous", value=text[:40], readings=[f"{found[1]}-01", f"{found[1]}-10"])
    if found := _SPELT_QUARTER.fullmatch(known):
        quarter = found["quarter"]
        return f"{found['year']}-Q{'一二三四'.index(quarter) + 1 if not quarter.isdecimal() else quarter}"
    for pattern in _SPELT_MONTH:
        if found := pattern.fullmatch(known):
            parts = found.groupdict()
            month = int(parts["month"]) if "month" in parts else _MONTHS.index(parts["name"].lower()) + 1
            return f"{parts['year']}-{month:02d}"
    return None


def plain(value: Any) -> Any:
    """Return a cell with the nulls of every engine as ``None``."""
    if type(value) is str:  # most are, and this is asked of every cell of every key
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if type(value).__name__ in {"NaTType", "NAType"}:
        return None
    return value


def text_of(value: Any) -> str:
    """Return a cell as text without spaces around it; nothing for nulls."""
    known = plain(value)
    return "" if known is None else str(known).strip()


def text_or_none(value: Any) -> str | None:
    """Return a cell as text, ``None`` where there is none."""
    return text_of(value) or None


def _month_end(year: int, month: int) -> date:
    return (date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)
