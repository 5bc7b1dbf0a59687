"""Laws of gap filling: it adds rows and changes none, follows its scale, and knows when to leave a series alone."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsesg_carbon.activities import Bill
from hsesg_carbon.gaps import Method
from hsesg_carbon.periods import Period
from tests.billed import bill, filling, matrix, months, steady

YEARS = [2022, 2023]
LABELS = months(*YEARS)
AREAS = {"hq": 1200, "lab": 700, "shop": 90}
WEATHER = {one: (abs(7 - place % 12) * 31, (place * 7 % 5) * 11) for place, one in enumerate(LABELS)}
STEP = Fraction(1, 10**6)
CHANGING: tuple[Method, ...] = ("interpolation", "same-month-last-year", "per-area")

quantities = st.integers(1, 10**9).map(lambda steps: Fraction(steps, 1000))
series = st.lists(quantities, min_size=24, max_size=24)
gaps = st.sets(st.integers(13, 22), min_size=1, max_size=3)


def bills_of(values: list[Fraction], gone: set[int], factor: Fraction | int = 1) -> list[Bill]:
    """Return the bills of a site with gaps and of two without."""
    own = [bill(one, values[place] * factor) for place, one in enumerate(LABELS) if place not in gone]
    return own + [
        bill(one, value * times * factor, site=site)
        for site, times in (("lab", 2), ("shop", 3))
        for one, value in zip(LABELS, reversed(values), strict=True)
    ]


@settings(max_examples=25, deadline=None)
@given(series, gaps, st.sampled_from(CHANGING), st.integers(2, 1000))
def test_what_is_filled_goes_with_the_scale_of_the_bills(
    values: list[Fraction], gone: set[int], method: Method, factor: int
) -> None:
    both = [
        {one.id: one.quantity for one in filling(bills_of(values, gone, by), YEARS, method, areas=AREAS).filled}
        for by in (1, factor)
    ]
    assert list(both[0]) == list(both[1])
    for name, one in both[0].items():
        assert abs(both[1][name] - factor * one) <= (factor + 1) * STEP / 2  # each was rounded to the grid


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 50), gaps)
def test_degree_days_go_with_the_scale_of_the_bills(base: int, slope: int, factor: int, gone: set[int]) -> None:
    def filled(by: int) -> list[Fraction]:
        bills = [
            bill(one, by * (base * Period.parse(one).days + slope * WEATHER[one][0]))
            for place, one in enumerate(LABELS)
            if place not in gone
        ]
        return [one.quantity for one in filling(bills, YEARS, "degree-days", weather=WEATHER).filled]

    assert filled(factor) == [factor * one for one in filled(1)]


@settings(max_examples=20, deadline=None)
@given(quantities, gaps, st.sampled_from(CHANGING))
def test_the_estimate_of_a_constant_series_is_the_constant(per_day: Fraction, gone: set[int], method: Method) -> None:
    kept = [one for place, one in enumerate(LABELS) if place not in gone]
    bills = [*steady(*kept, per_day=per_day), *steady(*LABELS, per_day=per_day * 2, site="lab")]
    found = filling(bills, YEARS, method, areas={"hq": 500, "lab": 1000}).filled
    assert {one.month.label: one.quantity for one in found} == {
        LABELS[place]: per_day * Period.parse(LABELS[place]).days for place in gone
    }
    assert {one.half_width for one in found} == {0}


@settings(max_examples=20, deadline=None)
@given(series, st.sampled_from([*CHANGING, "degree-days"]))
def test_a_complete_series_is_left_alone(values: list[Fraction], method: Method) -> None:
    found = filling(bills_of(values, set()), YEARS, method, areas=AREAS, weather=WEATHER)
    assert found.filled == ()
    assert [one.code for one in found.findings] == ["gap-rule-idle"]


@settings(max_examples=25, deadline=None)
@given(series, gaps, st.sampled_from(CHANGING))
def test_filled_rows_make_the_matrix_complete_and_stand_beside_what_is_known(
    values: list[Fraction], gone: set[int], method: Method
) -> None:
    bills = bills_of(values, gone)
    found = filling(bills, YEARS, method, areas=AREAS)
    rows = [bill(one.period.label, one.quantity, quality="estimated") for one in found.filled]
    after = matrix([*bills, *rows], *YEARS)
    assert not list(after.missing())
    told = {one.month.label for one in after.matrix if one.status == "estimated"}
    assert told == {LABELS[place] for place in gone}
    again = filling([*bills, *rows], YEARS, method, areas=AREAS)
    assert again.filled == ()  # a second time there is nothing to fill
    for key in found.completeness.series:  # and nothing that was known has changed
        assert after.known(key, "kWh") == found.completeness.known(key, "kWh")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 360), st.integers(0, 80)), min_size=1, max_size=12))
def test_the_matrix_counts_days_as_a_calendar_does(spans: list[tuple[int, int]]) -> None:
    """Against a count day by day, and whatever the order of the bills."""
    first = Period.parse("2022").start.toordinal()
    bills = []
    for start, length in spans:
        begins, ends = (date.fromordinal(first + start + place) for place in (0, length))
        bills.append(bill(f"{begins}/{ends}"))
    counts: dict[int, int] = {}
    for start, length in spans:
        for day in range(first + start, first + start + length + 1):
            counts[day] = counts.get(day, 0) + 1
    found = matrix(bills, *YEARS)
    assert found.matrix == matrix(list(reversed(bills)), *YEARS).matrix
    for one in found.matrix:
        days_of = range(one.month.start.toordinal(), one.month.end.toordinal() + 1)
        assert one.days == sum(day in counts for day in days_of)
        assert one.twice == sum(counts.get(day, 0) > 1 for day in days_of)
    missing = {
        day
        for _, _, own in found.missing()
        for one in own
        for day in range(one.start.toordinal(), one.end.toordinal() + 1)
    }
    reported = {day for one in found.months for day in range(one.start.toordinal(), one.end.toordinal() + 1)}
    assert missing == reported - set(counts)


def test_a_series_of_noughts_is_filled_with_nought() -> None:
    kept = [one for one in LABELS if one != "2023-05"]
    (one,) = filling(steady(*kept, per_day=0), YEARS, "interpolation").filled
    assert (one.quantity, one.half_width) == (0, 0)
    with pytest.raises(Exception, match="cannot be compared"):
        _ = filling(steady(*kept, per_day=0), YEARS, "same-month-last-year").filled
