"""Column mappings: what somebody states about an export, so that nothing in it has to be guessed."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding, Where, fault
from hsesg_carbon.readings import ENERGY_OF_POWER, Register, Replacement
from hsesg_carbon.stamps import DAY, Clock, Pattern
from hsesg_carbon.tables import read_record
from hsesg_carbon.units import Exact

Kind = Literal["bills", "readings", "intervals", "interval-matrix"]

TOTAL_WORDS = ("合计", "总计", "小计", "总和", "total", "subtotal", "sub-total", "grand total", "sum")
"""What stands at the beginning of a row of totals, unless the mapping says otherwise."""

_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LENGTH = re.compile(r"([1-9]\d{0,2}) ?(min|h|d)")
_SECONDS = {"min": 60, "h": 3600, "d": DAY}
_OWN: dict[str, tuple[Kind, ...]] = {
    "wide": ("bills",),
    "year": ("bills",),
    "parts": ("bills",),
    "last_day": ("bills",),
    "period_format": ("bills",),
    "sign": ("bills", "intervals", "interval-matrix"),
    "readings_at": ("readings",),
    "records": ("readings",),
    "interval": ("intervals", "interval-matrix"),
    "stamp_at": ("intervals", "interval-matrix"),
    "measures": ("intervals", "interval-matrix"),
    "local_time": ("intervals", "interval-matrix"),
    "stamp_time": ("intervals",),
    "matrix": ("interval-matrix",),
    "columns.period": ("bills",),
    "columns.period_start": ("bills",),
    "columns.period_end": ("bills",),
    "columns.year": ("bills",),
    "columns.reading_start": ("bills",),
    "columns.reading_end": ("bills",),
    "columns.part": ("bills",),
    "columns.credit": ("bills",),
    "columns.date": ("readings", "interval-matrix"),
    "columns.reading": ("readings",),
    "columns.old_final": ("readings",),
    "columns.new_first": ("readings",),
    "columns.multiplier": ("bills", "readings"),
    "columns.stamp": ("intervals",),
    "columns.quantity": ("bills", "intervals"),
    "columns.evidence": ("bills",),
    "columns.note": ("bills",),
}
"""Keys that mean something for some kinds of export only."""

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "bills": (
        "columns.period + period_format | columns.period_start + columns.period_end + date_format "
        "| wide + period_format",
        "columns.quantity | parts | columns.reading_start + columns.reading_end | wide",
    ),
    "readings": ("columns.date + date_format", "columns.reading", "readings_at"),
    "intervals": ("columns.stamp + date_format", "columns.quantity", "interval", "stamp_at", "measures", "local_time"),
    "interval-matrix": ("columns.date + date_format", "matrix", "interval", "stamp_at", "measures", "local_time"),
}
"""What a mapping of a kind must state: ``|`` between ways, of which one is enough, ``+`` between what goes together."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Columns(_Part):
    """
    Which heading of the export holds what; headings as they are printed, blanks and full-width forms do not matter.

    ``part`` is a text that tells rows of one meter and period apart, such as the tariff period of a long table.
    ``old_final`` and ``new_first`` are filled in on the day on which a meter is replaced.
    """

    site: str | None = None
    meter: str | None = None
    activity: str | None = None
    unit: str | None = None
    quantity: str | None = None
    period: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    year: str | None = None
    date: str | None = None
    stamp: str | None = None
    reading: str | None = None
    reading_start: str | None = None
    reading_end: str | None = None
    old_final: str | None = None
    new_first: str | None = None
    multiplier: str | None = None
    part: str | None = None
    quality: str | None = None
    credit: str | None = None
    evidence: str | None = None
    note: str | None = None

    def stated(self) -> dict[str, str]:
        """Return the heading of every field that is mapped."""
        return {name: heading for name, heading in self if heading is not None}


class Constants(_Part):
    """What holds for every row of the export."""

    site: str | None = None
    meter: str | None = None
    activity: str | None = None
    unit: str | None = None
    quality: Literal["measured", "invoiced", "estimated"] | None = None
    evidence: str | None = None
    note: str | None = None


class Values(_Part):
    """What the words of the export mean, by column: ``site = { "杭州总部" = "hangzhou" }``."""

    site: dict[str, str] = Field(default_factory=dict)
    activity: dict[str, str] = Field(default_factory=dict)
    unit: dict[str, str] = Field(default_factory=dict)
    quality: dict[str, str] = Field(default_factory=dict)


class Skip(_Part):
    """Rows to leave aside: those whose cell of a column equals or starts with some text, or is blank, and why."""

    column: str
    reason: str = Field(min_length=1)
    equals: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    blank: bool = False

    def meets(self, cell: str) -> bool:
        """Say whether a row with this cell is left aside; blanks around it do not matter."""
        text = cell.strip()
        return text in self.equals or (bool(self.starts) and text.startswith(self.starts)) or (self.blank and not text)


class Step(_Part):
    """A multiplier from the beginning of a day on."""

    first: date = Field(alias="from")
    multiplier: Exact = Field(gt=0)


class Change(_Part):
    """A meter was replaced: its final reading and the new one's first; ``at`` is a day, or a day and time."""

    at: datetime | date
    final: Exact = Field(ge=0)
    first: Exact = Field(ge=0)
    multiplier: Exact | None = Field(default=None, gt=0)
    digits: int | None = Field(default=None, ge=1, le=15)

    @field_validator("at", mode="before")
    @classmethod
    def _day_stays_day(cls, value: object) -> object:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value

    @property
    def moment(self) -> datetime:
        """The moment; midday where only the day is stated."""
        return self.at if isinstance(self.at, datetime) else datetime.combine(self.at, time(12))


class Meter(_Part):
    """
    What one meter measures, and how its register is read.

    ``multiplier`` is one number, or several with the day from which each holds; ``digits`` are those of the register
    before the point.
    """

    site: str | None = None
    activity: str | None = None
    unit: str | None = None
    note: str | None = None
    multiplier: Exact | tuple[Step, ...] | None = None
    digits: int | None = Field(default=None, ge=1, le=15)
    replaced: tuple[Change, ...] = ()

    def register(self) -> Register:
        """Return the register as ``readings`` takes it."""
        changes = sorted(self.replaced, key=lambda one: one.moment)
        steps = self.multiplier if isinstance(self.multiplier, tuple) else ()
        first = Decimal(1) if isinstance(self.multiplier, tuple) or self.multiplier is None else self.multiplier
        factors = [(datetime.combine(one.first, time()), Fraction(one.multiplier)) for one in steps]
        factors += [(one.moment, Fraction(one.multiplier)) for one in changes if one.multiplier is not None]
        if not steps:
            factors.append((datetime.min, Fraction(first)))
        replacements = (
            Replacement(one.moment, Fraction(one.final), Fraction(one.first), one.digits) for one in changes
        )
        return Register(self.digits, tuple(sorted(factors)), tuple(replacements))


class ColumnMapping(_Part):
    """
    What a TOML file states about an export: its kind, its columns, and how its dates and numbers are written.

    See docs/how-to/take-in-an-export.md for every key, with examples.

    Example:
        >>> stated = {"kind": "bills", "columns": {"meter": "户号", "quantity": "电量", "period": "账期"},
        ...           "period_format": "YYYYMM", "constants": {"site": "hq", "unit": "kWh"}}
        >>> [one.data["needed"] for one in ColumnMapping.model_validate(stated).faults()]
        ['columns.activity | constants.activity | meters.activity']
    """

    kind: Kind
    columns: Columns = Field(default_factory=Columns)
    sheet: str | int | None = None
    constants: Constants = Field(default_factory=Constants)
    values: Values = Field(default_factory=Values)
    meters: dict[str, Meter] = Field(default_factory=dict)
    date_format: str | None = None
    period_format: str | None = None
    last_day: Literal["included", "excluded"] = "included"
    wide: bool = False
    year: int | None = Field(default=None, ge=1900, le=2200)
    parts: tuple[str, ...] = ()
    tolerance: Exact = Field(default=Decimal(0), ge=0)
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    sign: Literal["as-written", "reversed"] = "as-written"
    readings_at: Literal["start-of-day", "end-of-day", "as-stamped"] | None = None
    records: Literal["reading", "month"] = "reading"
    interval: str | None = None
    stamp_at: Literal["start", "end"] | None = None
    measures: Literal["energy", "power"] | None = None
    local_time: str | None = None
    stamp_time: str | None = None
    matrix: str | None = None
    total_words: tuple[str, ...] = TOTAL_WORDS
    skip: tuple[Skip, ...] = ()

    @property
    def length(self) -> int:
        """The length of the intervals in seconds, 0 where it does not divide a day."""
        match = _LENGTH.fullmatch(self.interval or "")
        seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
        return seconds if seconds and DAY % seconds == 0 else 0

    @cached_property
    def dates(self) -> Pattern:
        """How days and moments are written."""
        return Pattern(self.date_format or "")

    @cached_property
    def periods(self) -> Pattern:
        """How months, quarters and years are written."""
        return Pattern(self.period_format or "")

    def headings(self) -> dict[str, str]:
        """Return all headings that must be there, each with the key that names it."""
        named = {heading: f"columns.{name}" for name, heading in self.columns.stated().items()}
        named |= dict.fromkeys(self.parts, "parts")
        return named | {one.column: "skip.column" for one in self.skip}

    def faults(self) -> list[Finding]:
        """Return everything that is missing from the mapping, contradicts itself or means nothing for its kind."""
        return [*self._missing(), *self._unused(), *self._pattern_faults(), *self._meaning_faults()]

    # ---------------------------------------------------------------------------------------------- inside

    def _says(self, key: str) -> bool:
        first, _, rest = key.partition(".")
        if first == "columns":
            return getattr(self.columns, rest) is not None
        if first == "constants":
            return getattr(self.constants, rest) is not None
        if first == "meters":
            return bool(self.meters) and all(getattr(one, rest) is not None for one in self.meters.values())
        return bool(getattr(self, first)) and (first not in type(self).model_fields or self._differs(first))

    def _differs(self, key: str) -> bool:
        return bool(getattr(self, key) != type(self).model_fields[key].default)

    def _missing(self) -> Iterator[Finding]:
        ways = [*_NEEDED[self.kind]]
        ways += [f"columns.{one} | constants.{one} | meters.{one}" for one in ("site", "activity", "unit")]
        for needed in ways:
            if not any(all(self._says(key.strip()) for key in way.split("+")) for way in needed.split("|")):
                yield fault("mapping-needs", kind=self.kind, needed=needed)
        if self.meters and not (self._says("columns.meter") or self._says("constants.meter")):
            yield fault("mapping-needs", kind=self.kind, needed="columns.meter | constants.meter")
        if self.kind == "readings" and self.columns.old_final and not self.columns.new_first:
            yield fault("mapping-needs", kind=self.kind, needed="columns.new_first")

    def _unused(self) -> Iterator[Finding]:
        for key, kinds in _OWN.items():
            if self.kind not in kinds and self._says(key):
                yield fault("mapping-unused", key=key, kind=self.kind, kinds=kinds)
        with_readings = self.kind == "readings" or self.columns.reading_start is not None
        if self.kind == "bills" and self.columns.multiplier and not with_readings:
            yield fault("mapping-unused", key="columns.multiplier", kind=self.kind, kinds=["readings"])
        for name, one in self.meters.items():
            if one.multiplier is not None and self.kind == "bills" and not with_readings:
                yield fault("mapping-unused", key=f"meters.{name}.multiplier", kind=self.kind, kinds=["readings"])
            if one.replaced and self.kind != "readings":
                yield fault("mapping-unused", key=f"meters.{name}.replaced", kind=self.kind, kinds=["readings"])

    def _pattern_faults(self) -> Iterator[Finding]:
        timed = self.kind == "intervals" and 0 < self.length < DAY
        timed = timed or (self.kind == "readings" and self.readings_at == "as-stamped")
        wanted = {"date_format": ("year", "month", "day", *(("hour", "minute") if timed else ()))}
        wanted["period_format"] = () if self.year or self.columns.year else ("year",)
        wanted["matrix"] = ()
        for key, needed in wanted.items():
            text = getattr(self, key)
            fields = Pattern(text or "").fields
            whole = set(needed) <= set(fields) and len(set(fields)) == len(fields) and fields
            if key == "matrix" and fields not in {("hour", "minute"), ("hour", "minute", "second"), ("place",)}:
                whole = False
            if text is not None and not whole:
                yield fault("mapping-pattern", key=key, pattern=text, needed=needed or ["HH:mm"])

    def _meaning_faults(self) -> Iterator[Finding]:
        if self.interval is not None and not self.length:
            yield fault("mapping-interval", value=self.interval)
        if self.thousands == self.decimal:
            yield fault("mapping-signs", sign=self.decimal)
        units = {self.constants.unit, *(one.unit for one in self.meters.values())} - {None}
        if self.measures == "power" and self.columns.unit is None and units - ENERGY_OF_POWER.keys():
            yield fault("mapping-power", units=sorted(map(str, units)), known=list(ENERGY_OF_POWER))
        for clock in (self.local_time, self.stamp_time):
            try:
                Clock(clock or "Z").check()
            except InputError as error:
                yield fault(error.code, **error.data)
        for name, one in self.meters.items():
            steps = one.multiplier if isinstance(one.multiplier, tuple) else ()
            if self.readings_at == "as-stamped" and not all(isinstance(two.at, datetime) for two in one.replaced):
                yield fault("mapping-replaced-time", meter=name)
            if isinstance(one.multiplier, tuple) and not steps:
                yield fault("mapping-needs", kind=self.kind, needed=f"meters.{name}.multiplier")
            if len({two.first for two in steps}) < len(steps):
                yield fault("mapping-multiplier-twice", meter=name)


def read_mapping(path: Path) -> ColumnMapping:
    """
    Read a mapping from a TOML file.

    Raises:
        InputError: The file is no TOML, or states what cannot be: every fault of it in one error.
    """
    mapping = read_record(path, ColumnMapping)
    if faults := mapping.faults():
        place = {"where": Where(file=path.name)}
        raise InputError("settings-broken", [one.model_copy(update=place) for one in faults], file=path.name)
    return mapping
