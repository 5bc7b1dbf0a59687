"""Periods of whole days: how people write them, and the reporting periods that they fall into."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from hsesg_carbon.errors import InputError

MAX_DAYS = 10 * 366
"""The longest period of one row: a bound against mistyped years."""

_PERIOD = re.compile(r"(\d{4})年?(?:(?:-|(?<=年))(?:(\d{1,2})月?|[Qq]([1-4])))?", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_YEARS = range(1900, 2201)
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
        """Read ``2024``, ``2024-03``, ``2024-Q1`` or ``2024-03-15/2024-04-14``; anything else raises ``InputError``."""
        match = _PERIOD.fullmatch(text.strip())
        first_day, slash, last_day = text.partition("/")
        if slash:
            return cls.of(day_of(first_day), day_of(last_day))
        if match is None:
            code = "period-one-day" if _DAY.fullmatch(text.strip()) else "period-broken"
            raise InputError(code, value=text[:40])
        year, month, quarter = (int(part) if part else 0 for part in match.groups())
        if year not in _YEARS or (match[2] and not 1 <= month <= 12):  # noqa: PLR2004  (months)
            raise InputError("period-broken", value=text[:40])
        start = date(year, month or (3 * quarter - 2 if quarter else 1), 1)
        return cls.of(start, _month_end(year, month or (3 * quarter or 12)))

    @classmethod
    def of(cls, start: date, end: date) -> "Period":
        """Return the period between two days; an end before its start raises ``InputError``."""
        if start.year not in _YEARS or end.year not in _YEARS:
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
    """Return the day that a cell states; a time of day or a time zone is refused, for it could shift the day."""
    value = plain(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None or (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
            raise InputError("period-time-of-day", value=str(value))
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(text_of(value))
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise InputError("period-broken", value=text_of(value)[:40]) from error


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
