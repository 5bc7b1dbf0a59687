"""Closed intervals of exact numbers, also without end: what a rounded print says about the true value."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Bound = Fraction | float
"""An exact number, or ``math.inf`` or ``-math.inf``; no other float."""

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Interval:
    """
    All numbers from ``lo`` to ``hi``, both included.

    Example:
        >>> Interval(Fraction(1), Fraction(2)) / Interval(Fraction(4), Fraction(4))
        Interval(lo=Fraction(1, 4), hi=Fraction(1, 2))
    """

    lo: Bound
    hi: Bound

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(_sum(self.lo, other.lo), _sum(self.hi, other.hi))

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(_sum(self.lo, -other.hi), _sum(self.hi, -other.lo))

    def __mul__(self, other: "Interval") -> "Interval":
        if self.lo > 0 and other.lo > 0:  # what tables are made of
            return Interval(_product(self.lo, other.lo), _product(self.hi, other.hi))
        corners = [_product(one, two) for one in (self.lo, self.hi) for two in (other.lo, other.hi)]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: "Interval") -> "Interval":
        if self.lo > 0 and other.lo > 0 and self.bounded and other.bounded:
            return Interval(self.lo / other.hi, self.hi / other.lo)
        if other.lo < 0 < other.hi or other.lo == other.hi == 0:
            return EVERYTHING
        if other.lo == 0:
            turned = Interval(_turned(other.hi), math.inf)
        elif other.hi == 0:
            turned = Interval(-math.inf, _turned(other.lo))
        else:
            turned = Interval(_turned(other.hi), _turned(other.lo))
        return self * turned

    def __neg__(self) -> "Interval":
        return Interval(-self.hi, -self.lo)

    def __contains__(self, value: Bound) -> bool:
        return self.lo <= value <= self.hi

    def meets(self, other: "Interval") -> bool:
        """Say whether the two have a number in common."""
        return self.lo <= other.hi and other.lo <= self.hi

    def meet(self, other: "Interval") -> "Interval | None":
        """Return what the two have in common, ``None`` if nothing."""
        lo, hi = max(self.lo, other.lo), min(self.hi, other.hi)
        return Interval(lo, hi) if lo <= hi else None

    @property
    def bounded(self) -> bool:
        """Whether both ends are numbers."""
        return not isinstance(self.lo, float) and not isinstance(self.hi, float)

    @property
    def middle(self) -> Fraction:
        """The number in the middle of a bounded interval."""
        return (Fraction(self.lo) + Fraction(self.hi)) / 2


EVERYTHING = Interval(-math.inf, math.inf)


def point(value: Fraction | int) -> Interval:
    """Return the interval of one number."""
    return Interval(Fraction(value), Fraction(value))


def scaled(interval: Interval, factor: Fraction) -> Interval:
    """Return the interval times a number that is not 0."""
    lo, hi = _product(interval.lo, factor), _product(interval.hi, factor)
    return Interval(lo, hi) if factor > 0 else Interval(hi, lo)


def hull(intervals: Iterable[Interval]) -> Interval:
    """Return the smallest interval that holds them all."""
    held = list(intervals)
    return Interval(min(one.lo for one in held), max(one.hi for one in held))


def common(intervals: Sequence[Interval]) -> tuple[Interval, frozenset[int]]:
    """
    Return where most of the intervals overlap, and which of them do: the first such place from below.

    Example:
        >>> one, two, far = (Interval(Fraction(lo), Fraction(lo + 2)) for lo in (0, 1, 9))
        >>> common([one, two, far])
        (Interval(lo=Fraction(1, 1), hi=Fraction(2, 1)), frozenset({0, 1}))
    """
    best: frozenset[int] = frozenset()
    for start in sorted({one.lo for one in intervals}):  # the most are met at the lower end of one of them
        held = frozenset(place for place, one in enumerate(intervals) if start in one)
        if len(held) > len(best):
            best = held
    if not best:
        return EVERYTHING, best
    lo, hi = max(intervals[place].lo for place in best), min(intervals[place].hi for place in best)
    return Interval(lo, hi), best


def _sum(one: Bound, two: Bound) -> Bound:
    if isinstance(one, float):
        return one
    return two if isinstance(two, float) else one + two


def _product(one: Bound, two: Bound) -> Bound:
    if not one or not two:
        return _ZERO
    if isinstance(one, float) or isinstance(two, float):
        return math.inf if (one > 0) == (two > 0) else -math.inf
    return one * two


def _turned(bound: Bound) -> Fraction:
    return _ZERO if isinstance(bound, float) else 1 / bound
