"""Meters: what a cumulative register says was used between two readings, and what intervals add up to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.periods import Period
from hsesg_carbon.stamps import DAY, Clock, clock_text, day_at
from hsesg_carbon.units import exact_text

Number = Fraction | Decimal | int

ENERGY_OF_POWER = {"W": "Wh", "kW": "kWh", "MW": "MWh"}
"""The unit of an hour at a power."""


def consumption(start: Number, end: Number, multiplier: Number = 1, digits: int | None = None) -> Fraction:
    """
    Return what went through a meter between two readings of its cumulative register.

    Args:
        start: The earlier reading.
        end: The later one.
        multiplier: What one step of the register stands for: the ratios of current and voltage transformers (CT, PT).
        digits: Digits of the register before the point. Where they are known, a reading below the earlier one has
            rolled over once: 99998 is followed by 00012.

    Raises:
        InputError: A reading is negative or has more digits than the register, the multiplier is not above 0, or
            readings fall and nothing is known that explains it.

    Example:
        >>> consumption(Decimal("99998"), Decimal("12"), multiplier=80, digits=5)
        Fraction(1120, 1)
    """
    for value in (start, end):
        if value < 0:
            raise InputError("reading-negative", value=exact_text(Fraction(value)))
        if digits is not None and value >= 10**digits:
            raise InputError("reading-beyond-register", value=exact_text(Fraction(value)), digits=digits)
    if multiplier <= 0:
        raise InputError("multiplier-not-positive", value=exact_text(Fraction(multiplier)))
    steps = Fraction(end) - Fraction(start)
    if steps < 0:
        if digits is None:
            raise InputError("reading-falls", start=exact_text(Fraction(start)), end=exact_text(Fraction(end)))
        steps += 10**digits
    return steps * Fraction(multiplier)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a register showed at a moment of local time; ``row`` is where that is written.

    A reading at the start of a day is at its midnight, one at the end of a day at the next day's (``read_on``).
    """

    at: datetime
    value: Fraction
    estimated: bool = False
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """
    Another meter took over: the old one's final reading, and the new one's first.

    ``at`` is the moment; midday where only the day is known. ``digits`` are of the new register, where they differ.
    """

    at: datetime
    final: Fraction
    first: Fraction
    digits: int | None = None


@dataclass(frozen=True)
class Register:
    """
    A register as it is read: its digits, its replacements and its multipliers, each from a moment on.

    ``multipliers`` and ``replacements`` are in the order of their moments; the first multiplier holds from ever.
    """

    digits: int | None = None
    multipliers: tuple[tuple[datetime, Fraction], ...] = ((datetime.min, Fraction(1)),)
    replacements: tuple[Replacement, ...] = ()

    def multiplier(self, start: datetime, end: datetime) -> Fraction:
        """
        Return the one multiplier that holds between two moments.

        Raises:
            InputError: It changes between them, so that nobody can tell what was used before and what after; or none
                holds yet.
        """
        for at, _ in self.multipliers[1:]:
            if start < at < end:
                raise InputError("multiplier-changes-between", moment=moment_text(at))
        held = [factor for at, factor in self.multipliers if at <= start]
        if not held:
            raise InputError("multiplier-unknown", moment=moment_text(start), first=moment_text(self.multipliers[0][0]))
        return held[-1]

    def digits_at(self, at: datetime) -> int | None:
        """Return the digits of the register that is there at a moment."""
        changed = [one.digits for one in self.replacements if one.at <= at and one.digits is not None]
        return [self.digits, *changed][-1]


@dataclass(frozen=True, slots=True)
class Use:
    """What went through a meter from one moment to another, and the rows of the two readings."""

    start: datetime
    end: datetime
    quantity: Fraction
    estimated: bool = False
    rows: tuple[int | None, int | None] = (None, None)

    @property
    def period(self) -> Period:
        """The days, both included; both moments are midnights."""
        return Period.of(self.start.date(), self.end.date() - timedelta(days=1))


@dataclass(frozen=True)
class Uses:
    """
    What the readings of one register say: the use between each and the next, findings, and the rows left aside.

    ``aside`` gives the reason of each row that was not used: ``fault`` or ``repeated``.
    """

    uses: tuple[Use, ...] = ()
    findings: tuple[Finding, ...] = ()
    aside: dict[int | None, str] = field(default_factory=dict)


def moment_text(at: datetime) -> str:
    """Return a moment of local time as text: the day alone at midnight."""
    return at.strftime("%Y-%m-%d" if at.time() == time() else "%Y-%m-%d %H:%M")


def read_on(day: date, *, at_end: bool = False) -> datetime:
    """
    Return the moment of a reading that states a day only: its first moment, or its last.

    Example:
        >>> read_on(date(2024, 1, 31), at_end=True)
        datetime.datetime(2024, 2, 1, 0, 0)
    """
    return datetime.combine(day + timedelta(days=int(at_end)), time())


def uses_of(readings: Sequence[Reading], register: Register) -> Uses:
    """
    Return the use between each reading of a register and the next; the order of the readings does not matter.

    Each is exact, rollovers, replacements and multipliers included. A reading that cannot be (two that differ at one
    moment, negative, more digits than the register) is a finding at its row and left aside; where readings fall without
    a known reason the use between the two is left out, with a finding.

    Example:
        >>> both = [Reading(read_on(date(2024, 1, 1)), Fraction(10)), Reading(read_on(date(2024, 2, 1)), Fraction(40))]
        >>> [(one.period.label, one.quantity) for one in uses_of(both, Register()).uses]
        [('2024-01', Fraction(30, 1))]
    """
    ordered = sorted(readings, key=lambda one: one.at)
    findings: list[Finding] = []
    if any(later.at < one.at for one, later in pairwise(readings)):
        findings.append(Finding(code="readings-sorted", severity="info", where=Where(row=readings[0].row)))
    aside: dict[int | None, str] = {}
    kept = _distinct(ordered, register, findings, aside)
    changed = {one.at for one in register.replacements}
    for one in [one for one in kept if one.at in changed]:
        findings.append(_at(one, "replacement-at-reading", moment=moment_text(one.at)))
        aside[one.row] = "fault"
        kept.remove(one)
    uses = []
    for one, later in pairwise(kept):
        try:
            quantity = _use(one, later, register)
        except InputError as error:
            findings.append(_at(later, error.code, **error.data))
            aside.setdefault(later.row, "fault")
            continue
        findings += _rolled(one, later, register)
        uses.append(Use(one.at, later.at, quantity, one.estimated or later.estimated, (one.row, later.row)))
    return Uses(tuple(uses), tuple(findings), aside)


def whole_days(uses: Sequence[Use]) -> tuple[tuple[Use, ...], tuple[Use, ...]]:
    """
    Return uses that begin and end at midnight, made of those between readings at any time of day; and what is left.

    What lies before the first midnight with a reading, after the last, or beside a gap is left: it belongs to no day
    in full.
    """
    whole: list[Use] = []
    left: list[Use] = []
    for run in _runs(uses):
        held: list[Use] = []
        for one in run:
            held.append(one)
            if one.end.time() == time():
                (whole if held[0].start.time() == time() else left).append(_joined(held))
                held = []
        left += [_joined(held)] if held else []
    return tuple(whole), tuple(left)


def by_month(uses: Sequence[Use]) -> tuple[Use, ...]:
    """Return uses with those that follow one another within one calendar month joined; midnights only."""
    joined: list[list[Use]] = []
    for one in uses:
        last = joined[-1][-1] if joined else None
        same = last is not None and last.end == one.start and _month(joined[-1][0], last) == _month(one, one)
        if same and _month(one, one) is not None:
            joined[-1].append(one)
        else:
            joined.append([one])
    return tuple(map(_joined, joined))


# ------------------------------------------------------------------------------------------------ intervals


@dataclass(frozen=True)
class Intervals:
    """
    What was measured in intervals of one length, as arrays of one length: shape (n,).

    Args:
        meters: The number of each interval's meter, from 0.
        starts: Its start as the local wall clock shows it, in seconds since 1970.
        moments: Its start in seconds of UTC since 1970, which tells a repeated hour from the first.
        steps: What was measured, as whole steps of 10^-places of the unit: int64, or Python integers (object).
        estimated: Whether it is an estimate.
        places: See ``steps``.
        length: The length of the intervals. [s]
        clock: The local clock.
    """

    meters: Any
    starts: Any
    moments: Any
    steps: Any
    estimated: Any
    places: int
    length: int
    clock: Clock

    def repeated(self) -> Any:
        """Return which intervals start at one moment of one meter with another: booleans, shape (n,)."""
        import numpy as np  # noqa: PLC0415

        order = np.lexsort((self.moments, self.meters))
        meters, moments = self.meters[order], self.moments[order]
        same = (meters[1:] == meters[:-1]) & (moments[1:] == moments[:-1])
        found = np.zeros(len(order), dtype=bool)
        found[order[1:][same]] = True
        found[order[:-1][same]] = True
        return found

    def off_grid(self) -> Any:
        """Return which do not start at a whole number of lengths after local midnight: booleans, shape (n,)."""
        return self.starts % DAY % self.length != 0

    def days(self) -> "tuple[Day, ...]":
        """Return the exact sum and the count of every day of every meter, in order."""
        import numpy as np  # noqa: PLC0415

        if not len(self.meters):
            return ()
        days = self.starts // DAY
        order = np.lexsort((days, self.meters))
        meters, days = self.meters[order], days[order]
        firsts = np.flatnonzero(np.r_[True, (meters[1:] != meters[:-1]) | (days[1:] != days[:-1])])
        steps = _summable(self.steps)[order]
        sums = np.add.reduceat(steps, firsts)
        counts = np.diff(np.r_[firsts, len(order)])
        guesses = np.add.reduceat(self.estimated[order].astype(np.int64), firsts)
        return tuple(
            Day(int(meters[at]), int(days[at]), _exact(total, self.places), int(count), int(guessed), int(order[at]))
            for at, total, count, guessed in zip(firsts, sums, counts, guesses, strict=True)
        )

    def expected(self, day: int) -> int:
        """Return how many intervals a day has."""
        return self.clock.day_seconds(day) // self.length

    def missing(self, meter: int, first: int, last: int, count: int = 3) -> Iterator[str]:
        """Yield the first intervals of a meter that are not there between two days, as the wall clock shows them."""
        import numpy as np  # noqa: PLC0415

        of_meter = self.starts[self.meters == meter]
        there = set(of_meter[(of_meter // DAY >= first) & (of_meter // DAY <= last)].tolist())
        wanted = np.arange(first * DAY, (last + 1) * DAY, self.length).tolist()
        for one in [one for one in wanted if one not in there][:count]:
            yield clock_text(one)


@dataclass(frozen=True, slots=True)
class Day:
    """
    The intervals of a meter on a day (its number since 1970): their exact sum, their count, how many are estimated.

    ``index`` is the place of the first of them in the arrays.
    """

    meter: int
    number: int
    total: Fraction
    count: int
    estimated: int
    index: int


def spans(days: Sequence[Day]) -> tuple[tuple[Day, ...], ...]:
    """Return runs of days of one meter that follow one another within one calendar month."""
    runs: list[list[Day]] = []
    for one in days:
        last = runs[-1][-1] if runs else None
        follows = last is not None and last.meter == one.meter and last.number + 1 == one.number
        if follows and day_at(one.number).day > 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return tuple(map(tuple, runs))


# -------------------------------------------------------------------------------------------------- private


def _exact(steps: Any, places: int) -> Fraction:
    return Fraction(int(steps), 10**places)


def _summable(steps: Any) -> Any:
    """Return integers of a type that their sum cannot leave."""
    largest = max(abs(int(steps.max())), abs(int(steps.min())))
    return steps if largest * len(steps) < 2**63 else steps.astype(object)


def _at(reading: Reading, code: str, severity: Any = "error", **data: Any) -> Finding:
    return Finding(code=code, severity=severity, where=Where(row=reading.row), data=data)


def _distinct(
    ordered: Sequence[Reading], register: Register, findings: list[Finding], aside: dict[int | None, str]
) -> list[Reading]:
    """Return readings that can be, no two at one moment: equal ones count once, of others none is believed."""
    moments: dict[datetime, list[Reading]] = {}
    for one in ordered:
        moments.setdefault(one.at, []).append(one)
    kept = []
    for at, same in moments.items():
        try:
            for one in same:
                consumption(one.value, one.value, digits=register.digits_at(at))
        except InputError as error:
            findings.append(_at(one, error.code, **error.data))
            aside.update((two.row, "fault") for two in same)
            continue
        if len(same) > 1:
            equal = len({(one.value, one.estimated) for one in same}) == 1
            code, reason = ("reading-repeated", "repeated") if equal else ("reading-twice", "fault")
            rows = [str(one.row) for one in same if one.row is not None]
            shown = [exact_text(one.value) for one in same]
            data = {"moment": moment_text(at), "rows": rows, "values": shown}
            findings.append(_at(same[1], code, "info" if equal else "error", **data))
            aside.update((one.row, reason) for one in (same[1:] if equal else same))
            if not equal:
                continue
        kept.append(same[0])
    return kept


def _within(one: Reading, later: Reading, register: Register) -> list[Replacement]:
    return [two for two in register.replacements if one.at < two.at < later.at]


def _use(one: Reading, later: Reading, register: Register) -> Fraction:
    """Return the use between two readings, over the meters that were there in turn."""
    total, at, value = Fraction(0), one.at, one.value
    for change in _within(one, later, register):
        total += consumption(value, change.final, register.multiplier(at, change.at), register.digits_at(at))
        at, value = change.at, change.first
    return total + consumption(value, later.value, register.multiplier(at, later.at), register.digits_at(at))


def _rolled(one: Reading, later: Reading, register: Register) -> list[Finding]:
    """Say that a register rolled over, if it did; more than half of its range is told apart as unlikely."""
    digits = register.digits_at(one.at)
    if digits is None or later.value >= one.value or _within(one, later, register):
        return []
    steps = later.value - one.value + 10**digits
    data = {"start": exact_text(one.value), "end": exact_text(later.value), "digits": digits}
    data["steps"] = exact_text(steps)
    likely = 2 * steps <= 10**digits
    code = "reading-rolled-over" if likely else "reading-rolled-far"
    return [_at(later, code, "info" if likely else "warning", **data)]


def _runs(uses: Sequence[Use]) -> Iterator[list[Use]]:
    run: list[Use] = []
    for one in uses:
        if run and run[-1].end != one.start:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _joined(uses: Sequence[Use]) -> Use:
    first, last = uses[0], uses[-1]
    total = sum((one.quantity for one in uses), Fraction(0))
    return Use(first.start, last.end, total, any(one.estimated for one in uses), (first.rows[0], last.rows[1]))


def _month(first: Use, last: Use) -> tuple[int, int] | None:
    """Return year and month where both uses lie within one calendar month."""
    start, end = first.start, last.end - timedelta(days=1)
    return (start.year, start.month) if (start.year, start.month) == (end.year, end.month) else None
