"""Moments as exports write them: a stated pattern reads the text, a clock says which moment that is."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hsesg_carbon.errors import InputError
from hsesg_carbon.periods import Period

DAY = 86_400
"""Seconds of a day without a change of the clocks."""

_TOKENS = re.compile(r"YYYY|MM|M|DD|D|HH|H|mm|ss|Q|Z|#|.", re.DOTALL)
_FIELDS = {"YYYY": "year", "MM": "month", "M": "month", "DD": "day", "D": "day", "HH": "hour", "H": "hour"}
_FIELDS |= {"mm": "minute", "ss": "second", "Q": "quarter", "Z": "offset", "#": "place"}
_WRITTEN = {"year": r"\d{4}", "quarter": "[Qq]?[1-4]", "offset": r"Z|[+-]\d{2}:?\d{2}", "place": r"\d{1,3}"}
_EPOCH = date(1970, 1, 1).toordinal()
_LAST_HOUR = 24
_YEARS = range(1901, 2200)
"""Within those of periods, whatever the clock; a bound against mistyped years."""
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


@dataclass(frozen=True)
class Pattern:
    """
    How dates and times are written, stated and never guessed: ``YYYY-MM-DD HH:mm``, ``D/M/YYYY``, ``YYYY年M月``.

    ``YYYY MM DD HH mm ss`` stand for digits, ``Q`` for a quarter, ``Z`` for an offset from UTC such as ``+08:00`` and
    ``#`` for the number of an interval of the day; one digit is enough where the next character is none.

    Example:
        >>> Pattern("D/M/YYYY").day("3/4/2024"), Pattern("YYYY年M月").period("2024年2月").label
        (datetime.date(2024, 4, 3), '2024-02')
    """

    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts of a moment that it states: year, month, day, hour ..."""
        return tuple(_FIELDS[one] for one in _TOKENS.findall(self.text) if one in _FIELDS)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        tokens = _TOKENS.findall(self.text)
        written = []
        for place, one in enumerate(tokens):
            name = _FIELDS.get(one)
            beside = tokens[max(place - 1, 0) : place] + tokens[place + 1 : place + 2]
            digits = r"\d{2}" if any(_FIELDS.get(two) for two in beside) and len(one) > 1 else r"\d{1,2}"
            written.append(f"(?P<{name}>{_WRITTEN.get(name, digits)})" if name else re.escape(one))
        return re.compile("".join(written), re.ASCII)

    def read(self, text: str) -> dict[str, str] | None:
        """Return the parts that ``text`` states, ``None`` where it is not written so."""
        found = self._regex.fullmatch(text)
        return None if found is None else found.groupdict()

    def day(self, text: str) -> date:
        """
        Return the day; ``2024-03-31``, which is how spreadsheets hand over dates, is understood beside the pattern.

        Raises:
            InputError: The text is not written so, or there is no such day.
        """
        wall, offset = self.moment(text)
        if offset is not None:
            raise InputError("stamp-with-offset", value=text[:40])
        if wall % DAY:
            raise InputError("stamp-time-of-day", value=text[:40], pattern=self.text)
        return day_at(wall // DAY)

    def period(self, text: str, year: int | None = None) -> Period:
        """
        Return the month, quarter or year.

        Args:
            text: What stands there.
            year: The year, for patterns that state none.

        Raises:
            InputError: The text is not written so, or there is no such period.
        """
        found = self.read(text)
        if found is None:
            raise InputError("stamp-not-so", value=text[:40], pattern=self.text)
        label = found.get("year") or str(year)
        if "month" in found:
            label += f"-{int(found['month']):02d}"
        elif "quarter" in found:
            label += f"-Q{found['quarter'][-1]}"
        return Period.parse(label)

    def moment(self, text: str) -> tuple[int, int | None]:
        """
        Return the moment in seconds since 1970 as the wall clock shows it, and the offset from UTC where one is stated.

        ``24:00`` is the end of the day. A spreadsheet's fraction of a second is rounded away.

        Raises:
            InputError: The text is not written so, or there is no such moment.
        """
        found = self.read(text) or _iso(text, timed="hour" in self.fields)
        if found is None:
            raise InputError("stamp-not-so", value=text[:40], pattern=self.text)
        part = {name: int(value) for name, value in found.items() if name != "offset" and value}
        hour, minute, second = (part.get(name, 0) for name in ("hour", "minute", "second"))
        try:
            day = date(part["year"], part["month"], part["day"]).toordinal() - _EPOCH
        except ValueError as error:
            raise InputError("stamp-not-so", value=text[:40], pattern=self.text) from error
        late = minute > 59 or second > 59 or hour > _LAST_HOUR or (hour == _LAST_HOUR and (minute or second))  # noqa: PLR2004
        if late or part["year"] not in _YEARS:
            raise InputError("stamp-not-so", value=text[:40], pattern=self.text)
        wall = day * DAY + hour * 3600 + minute * 60 + second
        return wall + (int(found.get("rounded") or 0)), _seconds(found.get("offset"))


_ISO_MOMENT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[ T](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def _iso(text: str, *, timed: bool) -> dict[str, str] | None:
    """Read what a spreadsheet hands over for a cell that holds a date; it cannot be mistaken for anything else."""
    match = _ISO_MOMENT.fullmatch(text)
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    if "hour" in found and not timed and (found["hour"], found["minute"], found.get("second", "00")) != ("00",) * 3:
        return None
    fraction = found.pop("fraction", "")
    found["rounded"] = "1" if fraction[:1] >= "5" else "0"
    return found


def _seconds(offset: str | None) -> int | None:
    if offset is None:
        return None
    if offset == "Z":
        return 0
    match = _OFFSET.fullmatch(offset)
    assert match is not None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


@dataclass(frozen=True)
class Clock:
    """
    A clock on a wall: a fixed offset from UTC (``+08:00``) or a named zone (``Europe/Berlin``).

    Example:
        >>> Clock("+08:00").wall(0), Clock("+08:00").utc(8 * 3600)
        (28800, 0)
    """

    name: str

    @cached_property
    def offset(self) -> int | None:
        """The fixed offset in seconds, ``None`` of a named zone."""
        return _seconds(self.name) if self.name == "Z" or _OFFSET.fullmatch(self.name) else None

    @cached_property
    def _zone(self) -> tzinfo:
        if self.offset is not None:
            return timezone(timedelta(seconds=self.offset))
        try:
            return ZoneInfo(self.name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InputError("clock-unknown", name=self.name[:60]) from error

    def check(self) -> None:
        """Raise ``InputError`` where no such clock is known."""
        _ = self._zone

    def wall(self, utc: int) -> int:
        """Return what the clock shows at a moment, both in seconds since 1970."""
        if self.offset is not None:
            return utc + self.offset
        shown = datetime.fromtimestamp(utc, UTC).astimezone(self._zone).utcoffset()
        assert shown is not None
        return utc + int(shown.total_seconds())

    def utc(self, wall: int) -> int:
        """
        Return the moment at which the clock shows ``wall``.

        Raises:
            InputError: It shows it twice or never, because it is put back or forward then.
        """
        if self.offset is not None:
            return wall - self.offset
        naive = datetime.fromtimestamp(wall, UTC).replace(tzinfo=self._zone)
        offsets = [one.utcoffset() for one in (naive, naive.replace(fold=1))]
        if offsets[0] != offsets[1]:
            raise InputError("stamp-repeated", value=naive.strftime("%Y-%m-%d %H:%M"), zone=self.name)
        assert offsets[0] is not None
        return wall - int(offsets[0].total_seconds())

    def day_seconds(self, day: int) -> int:
        """Return how long a day is that begins ``day`` days after 1970: 23 or 25 hours where the clocks change."""
        return DAY if self.offset is not None else self._midnight(day + 1) - self._midnight(day)

    def _midnight(self, day: int) -> int:
        shown = datetime.fromtimestamp(day * DAY, UTC).replace(tzinfo=self._zone).utcoffset()
        assert shown is not None
        return day * DAY - int(shown.total_seconds())


def day_at(number: int) -> date:
    """Return the day that is so many days after 1970-01-01."""
    return date.fromordinal(_EPOCH + number)


def clock_text(wall: int) -> str:
    """Return what a clock shows as text, such as ``2024-03-31 23:45``."""
    return f"{day_at(wall // DAY)} {wall % DAY // 3600:02d}:{wall % 3600 // 60:02d}"
