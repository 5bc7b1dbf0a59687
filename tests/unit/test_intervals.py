"""Intervals of exact numbers: what the four operations can give, at their ends and at zero."""

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon.verification.intervals import EVERYTHING, Interval, common, hull, point

ENDS = st.integers(-3, 3)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    lo, hi = sorted((draw(ENDS), draw(ENDS)))
    return Interval(Fraction(lo), Fraction(hi))


def inside(one: Interval) -> list[Fraction]:
    """Return numbers of an interval: its ends, and quarters between them."""
    lo, hi = Fraction(one.lo), Fraction(one.hi)
    return [lo + (hi - lo) * part / 4 for part in range(5)]


@given(intervals(), intervals())
def test_what_two_numbers_give_lies_within_what_their_intervals_give(one: Interval, two: Interval) -> None:
    for x, y in product(inside(one), inside(two)):
        assert x + y in one + two
        assert x - y in one - two
        assert x * y in one * two
        assert y == 0 or x / y in one / two
        assert -x in -one


@given(intervals(), intervals())
def test_what_intervals_give_is_no_wider_than_what_their_ends_give(one: Interval, two: Interval) -> None:
    corners = [x * y for x, y in product((one.lo, one.hi), (two.lo, two.hi))]
    assert (one * two) == Interval(min(corners), max(corners))
    assert (one + two) == Interval(one.lo + two.lo, one.hi + two.hi)
    if two.lo > 0 or two.hi < 0:
        quotients = [Fraction(x) / Fraction(y) for x, y in product((one.lo, one.hi), (two.lo, two.hi))]
        assert one / two == Interval(min(quotients), max(quotients))


INFINITE = math.inf
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("one", "two", "quotient"),
    [
        (point(1), Interval(Fraction(-1), Fraction(1)), EVERYTHING),
        (point(1), point(0), EVERYTHING),
        (point(0), point(0), EVERYTHING),
        (point(1), Interval(Fraction(0), Fraction(2)), Interval(HALF, INFINITE)),
        (point(1), Interval(Fraction(-2), Fraction(0)), Interval(-INFINITE, -HALF)),
        (point(-1), Interval(Fraction(0), Fraction(2)), Interval(-INFINITE, -HALF)),
        (point(-1), Interval(Fraction(-2), Fraction(0)), Interval(HALF, INFINITE)),
        (point(1), Interval(Fraction(2), INFINITE), Interval(Fraction(0), HALF)),
        (point(1), Interval(-INFINITE, Fraction(-2)), Interval(-HALF, Fraction(0))),
        (Interval(Fraction(1), INFINITE), point(2), Interval(HALF, INFINITE)),
        (Interval(Fraction(1), INFINITE), Interval(Fraction(2), INFINITE), Interval(Fraction(0), INFINITE)),
        (Interval(HALF, Fraction(1)), Interval(HALF, Fraction(1)), Interval(HALF, Fraction(2))),
        (Interval(Fraction(0), Fraction(1)), point(2), Interval(Fraction(0), HALF)),
    ],
)
def test_division_at_zero_and_without_an_end(one: Interval, two: Interval, quotient: Interval) -> None:
    assert one / two == quotient


@pytest.mark.parametrize("endless", [INFINITE, -INFINITE])
def test_times_zero_is_zero_and_times_less_turns_the_sign(endless: float) -> None:
    one = Interval(*sorted((Fraction(1), endless)))
    assert one * point(0) == point(0)
    assert one * point(-1) == -one
    assert one * point(2) == Interval(*(two * 2 for two in (one.lo, one.hi)))
    assert not one.bounded


def test_the_hull_holds_all_and_most_meet_at_the_first_such_place() -> None:
    held = [Interval(Fraction(lo), Fraction(hi)) for lo, hi in ((0, 2), (1, 3), (5, 7), (6, 8))]
    assert hull(held) == Interval(Fraction(0), Fraction(8))
    assert common(held) == (Interval(Fraction(1), Fraction(2)), frozenset({0, 1}))
    assert common([]) == (EVERYTHING, frozenset())
    assert held[0].middle == 1
