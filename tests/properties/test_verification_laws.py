"""Laws of verification: an interval holds every value that rounds to its print, and no relation may lose one."""

from fractions import Fraction
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon import units
from hsesg_carbon.errors import InputError
from hsesg_carbon.verification.intervals import EVERYTHING, Interval, common, point
from hsesg_carbon.verification.relations import (
    Constant,
    Expression,
    Operation,
    Ref,
    parse,
    refs,
    said,
    simplified,
    solved,
)
from hsesg_carbon.verification.relations import value as value_of
from hsesg_carbon.verification.reported import read_cell

numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
positive = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)
NAMES = ("a", "b", "c.d", "e")


@st.composite
def within(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval and a number in it."""
    one, two, three = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return Interval(one, three), two


expressions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        st.sampled_from([Ref(name) for name in NAMES]),
        st.sampled_from([Ref("a", 1)]),
        st.integers(1, 99).map(lambda one: Constant(point(one), str(one))),
    ),
    lambda inner: st.builds(Operation, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
    max_leaves=8,
)


@given(within(), within())
def test_what_two_numbers_give_lies_in_what_their_intervals_give(
    one: tuple[Interval, Fraction], two: tuple[Interval, Fraction]
) -> None:
    (left, a), (right, b) = one, two
    assert a + b in left + right
    assert a - b in left - right
    assert a * b in left * right
    if b:
        assert a / b in left / right


@given(st.lists(within(), min_size=1, max_size=8))
def test_no_place_is_in_more_intervals_than_the_common_one(held: list[tuple[Interval, Fraction]]) -> None:
    intervals = [one for one, _ in held]
    region, which = common(intervals)
    assert all(region.meet(intervals[place]) == region for place in which)
    for _, at in held:
        assert sum(at in one for one in intervals) <= len(which)


@given(expressions, st.lists(positive, min_size=5, max_size=5))
def test_a_relation_is_read_as_it_is_written(expression: Expression, values: list[Fraction]) -> None:
    held = dict(zip([*map(Ref, NAMES), Ref("a", 1)], map(point, values), strict=True))
    try:
        parsed = parse(said(expression))
    except InputError as error:  # numbers alone that come to nothing, as 1 - 1 below a line
        assert error.code == "relation-divides-by-zero"
        return
    written, read = (value_of(one, held.__getitem__) for one in (simplified(expression), parsed))
    if written.lo == written.hi and read.lo == read.hi:  # nothing divided by zero
        assert read == written


@given(expressions, st.lists(positive, min_size=5, max_size=5))
def test_a_simpler_relation_has_the_same_value(expression: Expression, values: list[Fraction]) -> None:
    held = dict(zip([*map(Ref, NAMES), Ref("a", 1)], map(point, values), strict=True))
    before = value_of(expression, held.__getitem__)
    after = value_of(simplified(expression), held.__getitem__)
    if before.lo == before.hi and after.lo == after.hi and -inf < before.lo < inf:
        assert before == after


@given(expressions, st.lists(positive, min_size=5, max_size=5), st.lists(positive, min_size=5, max_size=5))
def test_solving_for_a_cell_never_loses_its_value(
    expression: Expression, values: list[Fraction], slack: list[Fraction]
) -> None:
    names = [*map(Ref, NAMES), Ref("a", 1)]
    exact = dict(zip(names, map(point, values), strict=True))
    wide = {ref: Interval(one.lo - by, one.hi + by) for (ref, one), by in zip(exact.items(), slack, strict=True)}
    result = value_of(expression, exact.__getitem__)
    if result.lo != result.hi:  # divided by zero
        return
    for wanted in dict.fromkeys(refs(expression)):
        assert exact[wanted].lo in solved(expression, result, wanted, wide.__getitem__)


def test_a_cell_that_is_divided_by_zero_can_be_anything() -> None:
    nothing_times_it = parse("b * (a / c)")
    cells = {Ref("b"): point(0), Ref("c"): point(0)}
    assert solved(nothing_times_it, point(0), Ref("a"), cells.__getitem__) == EVERYTHING


@given(st.decimals(min_value=0, max_value=10**9, places=4), st.integers(0, 3))
def test_a_cell_holds_every_number_that_is_printed_so(number: object, places: int) -> None:
    exact = Fraction(str(number))
    text = f"{units.half_up(exact, places):,}"
    held = read_cell(text).interval
    assert held is not None
    assert exact in held
    assert Fraction(held.hi) - Fraction(held.lo) == Fraction(1, 10**places)
