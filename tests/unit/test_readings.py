"""Registers and intervals: what a meter says was used, to the last digit."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction as F

import numpy as np
import pytest

from hsesg_carbon.errors import InputError
from hsesg_carbon.readings import (
    Intervals,
    Reading,
    Register,
    Replacement,
    by_month,
    consumption,
    read_on,
    spans,
    uses_of,
    whole_days,
)
from hsesg_carbon.stamps import Clock, Pattern

FROM_EVER = datetime.min


def reading(day: str, value: str, row: int | None = None, estimated: bool = False) -> Reading:
    return Reading(datetime.fromisoformat(day), F(value), estimated, row)


def refused(call: object, *args: object, **named: object) -> InputError:
    with pytest.raises(InputError) as caught:
        call(*args, **named)  # type: ignore[operator]
    return caught.value


# ------------------------------------------------------------------------------------------------ two readings


def test_consumption_is_the_difference_times_the_multiplier_exactly() -> None:
    assert consumption(Decimal("100.10"), Decimal("100.35"), Decimal("80")) == 20
    assert consumption(Decimal("0.1"), Decimal("0.3")) == F(1, 5)


def test_a_register_that_rolls_over_counts_on() -> None:
    assert consumption(99998, 12, digits=5) == 14
    assert consumption(Decimal("99998.5"), Decimal("0.5"), 40, 5) == 80


def test_a_falling_reading_without_digits_names_both_ways_out() -> None:
    error = refused(consumption, 200, 100)
    assert error.code == "reading-falls"
    assert "rolled over" in error.text("en") and "replaced" in error.text("en")
    assert "翻转" in error.text("zh") and "换表" in error.text("zh")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((-1, 5), "reading-negative"),
        ((1, -5), "reading-negative"),
        ((1, 100_000, 1, 5), "reading-beyond-register"),
        ((1, 2, 0), "multiplier-not-positive"),
        ((1, 2, -3), "multiplier-not-positive"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(args: tuple[int, ...], code: str) -> None:
    assert refused(consumption, *args).code == code


# ------------------------------------------------------------------------------------------------- a series


def test_readings_on_any_days_give_the_periods_between_them() -> None:
    said = uses_of([reading("2024-01-15", "10"), reading("2024-02-20", "46"), reading("2024-03-01", "46")], Register())
    assert [(one.period.start, one.period.end, one.quantity) for one in said.uses] == [
        (date(2024, 1, 15), date(2024, 2, 19), 36),
        (date(2024, 2, 20), date(2024, 2, 29), 0),
    ]
    assert not said.findings


def test_a_reading_at_the_end_of_a_day_belongs_to_what_went_before() -> None:
    days = [read_on(date(2023, 12, 31), at_end=True), read_on(date(2024, 1, 31), at_end=True)]
    said = uses_of([Reading(days[0], F(0)), Reading(days[1], F(5))], Register())
    assert said.uses[0].period.label == "2024-01"


def test_readings_out_of_order_are_sorted_and_it_is_said() -> None:
    said = uses_of(
        [reading("2024-03-01", "30", 3), reading("2024-01-01", "10", 1), reading("2024-02-01", "15", 2)], Register()
    )
    assert [one.quantity for one in said.uses] == [5, 15]
    assert [one.code for one in said.findings] == ["readings-sorted"]


def test_a_replaced_meter_counts_to_its_end_and_the_new_one_from_its_beginning() -> None:
    change = Replacement(datetime(2024, 1, 20, 12), F(1000), F(3))
    said = uses_of([reading("2024-01-01", "900"), reading("2024-02-01", "53")], Register(replacements=(change,)))
    assert said.uses[0].quantity == 150
    assert not said.findings


def test_a_reading_at_the_very_moment_of_a_replacement_is_left_aside() -> None:
    """Whether it is of the old meter or of the new one cannot be told."""
    change = Replacement(datetime(2024, 1, 20), F(1000), F(3))
    days = [("2024-01-01", "900"), ("2024-01-20", "500"), ("2024-02-01", "53")]
    said = uses_of(
        [reading(day, value, row) for row, (day, value) in enumerate(days, start=2)], Register(replacements=(change,))
    )
    assert [(one.code, one.where and one.where.row) for one in said.findings] == [("replacement-at-reading", 3)]
    assert said.aside == {3: "fault"}
    assert [one.quantity for one in said.uses] == [150]


def test_the_multiplier_of_a_replaced_meter_may_change_with_it() -> None:
    change = Replacement(datetime(2024, 1, 20, 12), F(1000), F(0))
    register = Register(multipliers=((FROM_EVER, F(10)), (datetime(2024, 1, 20, 12), F(40))), replacements=(change,))
    said = uses_of([reading("2024-01-01", "900"), reading("2024-02-01", "5")], register)
    assert said.uses[0].quantity == 100 * 10 + 5 * 40


def test_the_new_meter_may_have_other_digits() -> None:
    change = Replacement(datetime(2024, 1, 20, 12), F(500), F(9990), digits=4)
    register = Register(digits=6, replacements=(change,))
    said = uses_of([reading("2024-01-01", "400"), reading("2024-02-01", "9995"), reading("2024-03-01", "5")], register)
    assert [one.quantity for one in said.uses] == [105, 10]


def test_a_multiplier_that_changes_between_readings_is_refused_and_at_a_reading_taken() -> None:
    register = Register(multipliers=((FROM_EVER, F(1)), (datetime(2024, 2, 1), F(2))))
    apart = uses_of([reading("2024-01-01", "0"), reading("2024-02-01", "10"), reading("2024-03-01", "20")], register)
    assert [one.quantity for one in apart.uses] == [10, 20]
    across = uses_of([reading("2024-01-01", "0"), reading("2024-03-01", "20", 7)], register)
    assert not across.uses
    assert [(one.code, one.where and one.where.row) for one in across.findings] == [("multiplier-changes-between", 7)]


def test_no_multiplier_is_taken_before_the_first_one_holds() -> None:
    register = Register(multipliers=((datetime(2024, 2, 1), F(2)),))
    said = uses_of([reading("2024-01-01", "0"), reading("2024-03-01", "20")], register)
    assert [one.code for one in said.findings] == ["multiplier-unknown"]


def test_two_readings_at_one_moment_that_differ_are_both_left_aside() -> None:
    rows = [
        reading("2024-01-01", "0", 2),
        reading("2024-02-01", "8", 3),
        reading("2024-02-01", "9", 4),
        reading("2024-03-01", "20", 5),
    ]
    said = uses_of(rows, Register())
    assert [(one.code, one.severity) for one in said.findings] == [("reading-twice", "error")]
    assert said.aside == {3: "fault", 4: "fault"}
    assert [(one.rows, one.quantity) for one in said.uses] == [((2, 5), 20)]


def test_the_same_reading_twice_counts_once() -> None:
    said = uses_of(
        [reading("2024-01-01", "0", 2), reading("2024-02-01", "8", 3), reading("2024-02-01", "8", 4)], Register()
    )
    assert [(one.code, one.severity) for one in said.findings] == [("reading-repeated", "info")]
    assert said.aside == {4: "repeated"}
    assert [one.quantity for one in said.uses] == [8]


def test_a_rollover_is_told_and_one_by_more_than_half_the_register_is_a_warning() -> None:
    near = uses_of([reading("2024-01-01", "99990"), reading("2024-02-01", "15")], Register(digits=5))
    far = uses_of([reading("2024-01-01", "5000"), reading("2024-02-01", "4990")], Register(digits=5))
    assert [(one.code, one.severity) for one in near.findings] == [("reading-rolled-over", "info")]
    assert [(one.code, one.severity) for one in far.findings] == [("reading-rolled-far", "warning")]
    assert near.uses[0].quantity == 25


def test_a_reading_that_cannot_be_is_left_aside_and_the_others_are_used() -> None:
    rows = [reading("2024-01-01", "10", 2), reading("2024-02-01", "-4", 3), reading("2024-03-01", "70", 4)]
    said = uses_of(rows, Register())
    assert [(one.code, one.where and one.where.row) for one in said.findings] == [("reading-negative", 3)]
    assert said.aside == {3: "fault"}
    assert [one.quantity for one in said.uses] == [60]


def test_a_use_beside_an_estimated_reading_is_estimated() -> None:
    rows = [
        reading("2024-01-01", "1"),
        reading("2024-02-01", "2", estimated=True),
        reading("2024-03-01", "3"),
        reading("2024-04-01", "4"),
    ]
    assert [one.estimated for one in uses_of(rows, Register()).uses] == [True, True, False]


def test_readings_by_the_hour_become_whole_days_and_what_is_left_is_given_back() -> None:
    rows = [
        reading(f"2024-01-0{day} {hour:02d}:00:00", str(24 * day + hour)) for day in (1, 2, 3) for hour in range(24)
    ]
    whole, left = whole_days(uses_of(rows[6:], Register()).uses)
    assert [(one.period.start, one.quantity) for one in whole] == [(date(2024, 1, 2), 24)]
    assert [one.quantity for one in left] == [18, 23]


def test_uses_within_a_month_are_joined_and_one_that_crosses_months_stays() -> None:
    days = ["2024-01-01", "2024-01-10", "2024-01-20", "2024-02-05", "2024-02-15", "2024-03-01"]
    joined = by_month(uses_of([reading(day, str(10 * at)) for at, day in enumerate(days)], Register()).uses)
    assert [(str(one.period.start), str(one.period.end), one.quantity) for one in joined] == [
        ("2024-01-01", "2024-01-19", 20),
        ("2024-01-20", "2024-02-04", 10),
        ("2024-02-05", "2024-02-29", 20),
    ]


# ----------------------------------------------------------------------------------------------- intervals


def intervals(moments: list[int], steps: list[int], clock: str = "+08:00", length: int = 3600) -> Intervals:
    wall = Clock(clock)
    count = len(moments)
    return Intervals(
        meters=np.zeros(count, np.int64),
        starts=np.array([wall.wall(one) for one in moments]),
        moments=np.array(moments),
        steps=np.array(steps),
        estimated=np.zeros(count, bool),
        places=1,
        length=length,
        clock=wall,
    )


def test_days_are_those_of_the_local_clock() -> None:
    first = Clock("+08:00").utc(0)
    days = intervals([first + 3600 * hour for hour in range(48)], list(range(48))).days()
    assert [(one.number, one.count, one.total) for one in days] == [
        (0, 24, F(sum(range(24)), 10)),
        (1, 24, F(sum(range(24, 48)), 10)),
    ]


def test_sums_beyond_64_bits_are_exact() -> None:
    days = intervals([3600 * hour for hour in range(8)], [2**62 + 1] * 8, "+00:00").days()
    assert days[0].total == F(8 * (2**62 + 1), 10)


def test_a_day_on_which_clocks_change_has_23_or_25_hours() -> None:
    some = intervals([0], [1], "Europe/Berlin")
    spring, autumn = (
        date(2024, month, day).toordinal() - date(1970, 1, 1).toordinal() for month, day in ((3, 31), (10, 27))
    )
    assert [some.expected(one) for one in (spring, spring + 1, autumn)] == [23, 24, 25]


def test_a_repeated_hour_with_its_offset_is_no_repetition() -> None:
    first = Clock("+02:00").utc(Pattern("YYYY-MM-DD HH:mm").moment("2024-10-27 02:00")[0])
    both = intervals([first, first + 3600], [1, 2], "Europe/Berlin")
    assert both.starts[0] == both.starts[1]
    assert not both.repeated().any()
    assert intervals([first, first], [1, 2], "Europe/Berlin").repeated().all()


def test_a_repeated_hour_without_offset_is_refused() -> None:
    wall, _ = Pattern("YYYY-MM-DD HH:mm").moment("2024-10-27 02:30")
    gone, _ = Pattern("YYYY-MM-DD HH:mm").moment("2024-03-31 02:30")
    for one in (wall, gone):
        assert refused(Clock("Europe/Berlin").utc, one).code == "stamp-repeated"
    assert Clock("Asia/Shanghai").utc(wall) == wall - 8 * 3600


def test_intervals_that_do_not_start_on_the_grid_are_found() -> None:
    assert intervals([0, 3600, 5400], [1, 1, 1]).off_grid().tolist() == [False, False, True]


def test_runs_end_with_the_month_and_at_a_missing_day() -> None:
    at = [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 3)]
    days = intervals(
        [(one.toordinal() - date(1970, 1, 1).toordinal()) * 86400 for one in at], [1] * 4, "+00:00", 86400
    ).days()
    assert [len(run) for run in spans(days)] == [2, 1, 1]


# ------------------------------------------------------------------------------------------------- stamps


@pytest.mark.parametrize(
    ("pattern", "text", "day"),
    [
        ("D/M/YYYY", "3/4/2024", date(2024, 4, 3)),
        ("M/D/YYYY", "3/4/2024", date(2024, 3, 4)),
        ("YYYYMMDD", "20240304", date(2024, 3, 4)),
        ("YYYY年M月D日", "2024年3月4日", date(2024, 3, 4)),
        ("YYYY/MM/DD", "2024/3/4", date(2024, 3, 4)),
        ("DD.MM.YYYY", "2024-03-04 00:00:00", date(2024, 3, 4)),
    ],
)
def test_days_are_read_as_stated(pattern: str, text: str, day: date) -> None:
    assert Pattern(pattern).day(text) == day


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("DD/MM/YYYY", "2024/3/4"),
        ("YYYYMMDD", "2024-3-4"),
        ("YYYY-MM-DD", "2024-02-30"),
        ("D/M/YYYY", "13/13/2024"),
        ("YYYYMMDD", "45352"),
    ],
)
def test_what_is_not_written_as_stated_is_refused(pattern: str, text: str) -> None:
    assert refused(Pattern(pattern).day, text).code == "stamp-not-so"


def test_24_00_is_the_end_of_the_day() -> None:
    pattern = Pattern("YYYY-MM-DD HH:mm")
    assert pattern.moment("2024-01-01 24:00") == pattern.moment("2024-01-02 00:00")
    assert refused(pattern.moment, "2024-01-01 24:15").code == "stamp-not-so"


def test_a_time_where_days_are_stated_is_refused() -> None:
    assert refused(Pattern("YYYY-MM-DD").day, "2024-01-01 10:00").code == "stamp-not-so"
    assert refused(Pattern("YYYY-MM-DD HH:mm").day, "2024-01-01 10:00").code == "stamp-time-of-day"


def test_an_offset_in_the_stamp_is_understood() -> None:
    assert Pattern("YYYY-MM-DDTHH:mm:ssZ").moment("1970-01-01T08:00:00+08:00") == (28800, 28800)
    assert Pattern("YYYY-MM-DDTHH:mm:ssZ").moment("1970-01-01T00:00:00Z") == (0, 0)


def test_a_clock_that_nobody_knows_is_refused() -> None:
    assert refused(Clock("Mars/Olympus").check).code == "clock-unknown"
    assert refused(Clock("../../etc/passwd").check).code == "clock-unknown"


def test_quarters_and_months_are_read() -> None:
    assert Pattern("YYYY-Q").period("2024-Q2").label == "2024-Q2"
    assert Pattern("M月").period("11月", 2023).label == "2023-11"
    assert refused(Pattern("YYYYMM").period, "202413").code == "period-broken"
