"""Every kind of anomaly is told from the others by its signature, and sound series are left in peace."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hsesg_carbon.anomalies import Anomaly, find
from hsesg_carbon.baselines import Series
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.periods import Period
from tests.simulated_bills import months, score, simulate

Bills = list[float | None]


@cache
def sound(count: int = 48) -> Series:
    return simulate(5, sites=1, count=count, regions=1, faults=0, noise=(0.02, 0.02)).series[0]


def changed(change: Callable[[Bills], None], series: Series | None = None) -> tuple[Anomaly, ...]:
    series = series or sound()
    bills = list(series.quantities)
    change(bills)
    return find([replace(series, quantities=tuple(bills))])


def times(factor: float, first: int, last: int | None = None) -> Callable[[Bills], None]:
    def change(bills: Bills) -> None:
        for place in range(first, (last or first) + 1):
            bills[place] = float(round(bills[place] * factor))

    return change


def to(value: float | None, first: int, last: int | None = None) -> Callable[[Bills], None]:
    def change(bills: Bills) -> None:
        for place in range(first, (last or first) + 1):
            bills[place] = value

    return change


def copied(first: int, last: int, back: int = 1) -> Callable[[Bills], None]:
    def change(bills: Bills) -> None:
        for place in range(first, last + 1):
            bills[place] = bills[place - back]

    return change


def told(found: tuple[Anomaly, ...]) -> list[tuple[str, str, str]]:
    return [(one.month.label, one.kind, one.group) for one in found]


def test_a_sound_series_has_no_anomaly() -> None:
    assert find([sound()]) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (times(1.25, 20), ("2022-09", "spike", "consumption")),
        (times(0.75, 20), ("2022-09", "drop", "consumption")),
        (times(1.25, 47), ("2024-12", "spike", "consumption")),
        (times(0.75, 0), ("2021-01", "drop", "consumption")),
        (times(1.2, 30, 47), ("2023-07", "step", "consumption")),
        (times(0.8, 45, 47), ("2024-10", "step", "consumption")),
        (times(1.25, 20, 24), ("2022-09", "step", "consumption")),
        (times(10, 20), ("2022-09", "spike", "meter-fault")),
        (times(0.01, 20), ("2022-09", "drop", "meter-fault")),
        (times(7, 20), ("2022-09", "spike", "meter-fault")),
        (times(40, 30, 47), ("2023-07", "multiplier", "meter-fault")),
        (times(1 / 40, 30, 47), ("2023-07", "multiplier", "meter-fault")),
        (times(2 / 3, 30, 47), ("2023-07", "multiplier", "meter-fault")),
        (to(-500.0, 20), ("2022-09", "negative", "meter-fault")),
        (to(0.0, 20, 21), ("2022-09", "stuck", "meter-fault")),
        (copied(20, 22), ("2022-09", "stuck", "meter-fault")),
        (copied(20, 20), ("2022-09", "duplicate", "data")),
        (copied(30, 30, 12), ("2023-07", "duplicate", "data")),
        (to(None, 20, 21), ("2022-09", "missing", "data")),
        (to(None, 46, 47), ("2024-11", "missing", "data")),
    ],
)
def test_each_kind_is_told_by_its_signature(change: Callable[[Bills], None], expected: tuple[str, str, str]) -> None:
    assert told(changed(change)) == [expected]


def test_a_reading_shifted_into_the_next_bill_is_one_anomaly() -> None:
    def change(bills: Bills) -> None:
        moved = round(bills[20] * 0.3)
        bills[20] -= moved
        bills[21] += moved

    [found] = changed(change)
    assert (found.month.label, found.kind, found.group) == ("2022-09", "late", "data")
    assert "2022-10" in found.reason()


def test_two_months_in_one_bill_are_arrears_and_no_spike() -> None:
    def change(bills: Bills) -> None:
        bills[21] += bills[20]
        bills[20] = None

    assert told(changed(change)) == [("2022-09", "missing", "data"), ("2022-10", "late", "data")]


def test_a_slow_drift_is_told_from_a_step() -> None:
    def change(bills: Bills) -> None:
        for place in range(24, 48):
            bills[place] *= np.exp(0.2 / 12 * (place - 23))

    [found] = changed(change)
    assert found.kind == "drift"
    assert 20 < float(found.data["change"]) < 60


def test_a_step_is_reported_once_and_judged_against_the_level_before() -> None:
    [found] = changed(times(1.2, 30, 47))
    assert found.data["months"] == 18
    assert found.actual / found.expected == pytest.approx(1.2, rel=0.06)
    assert found.low < found.expected < found.high < found.actual


def test_several_faults_at_one_site_do_not_hide_each_other() -> None:
    def change(bills: Bills) -> None:
        for place, factor in ((3, 1.2), (10, 1.2), (22, 0.8), (46, 1.25)):
            times(factor, place)(bills)
        times(0.82, 30, 47)(bills)

    assert [one[0] for one in told(changed(change))] == ["2021-04", "2021-11", "2022-11", "2023-07", "2024-11"]


def test_the_newest_month_is_judged_with_only_the_past_known() -> None:
    bills = list(sound().quantities)
    times(1.25, 35)(bills)
    later = replace(sound(), quantities=tuple(bills))
    found = find([later], upto=Period.parse("2023-12"))
    assert told(found) == [("2023-12", "spike", "consumption")]


def test_summers_without_heat_are_no_faults_but_heat_in_summer_is() -> None:
    rng = np.random.default_rng(2)
    year = np.array([300, 250, 180, 60, 0, 0, 0, 0, 0, 40, 150, 260])
    bills = [float(round(1000 * one * np.exp(rng.normal(0, 0.02)))) for one in np.tile(year, 4)]
    series = Series("a", "heat", "GJ", months(48), tuple(bills))
    assert find([series]) == ()
    bills[30] = 60_000.0
    [found] = find([replace(series, quantities=tuple(bills))])
    assert (found.month.label, found.kind, found.data["code"]) == ("2023-07", "spike", "anomaly-off-season")


def test_a_flat_charge_is_no_stuck_meter() -> None:
    assert find([Series("a", "water", "m3", months(36), (120.0,) * 36)]) == ()


def test_small_whole_numbers_agree_by_chance() -> None:
    rng = np.random.default_rng(9)
    bills = tuple(float(one) for one in np.round(12 + rng.normal(0, 1, 36)))
    assert [one for one in find([Series("a", "diesel", "t", months(36), bills)]) if one.kind != "spike"] == []


def test_a_site_that_opened_late_is_not_missing_before() -> None:
    assert changed(to(None, 0, 11)) == ()


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    changes = [times(1.25, 20), times(1.2, 30, 47), to(0.0, 20), copied(20, 22), times(10, 20), to(None, 20)]
    for change in changes:
        [found] = changed(change)
        for lang in LANGUAGES:
            reason = found.reason(lang)
            assert found.month.label in reason
            assert "{" not in reason
            assert "None" not in reason


@pytest.mark.parametrize("seed", [21, 22])
def test_faults_are_found_where_weather_is_given(seed: int) -> None:
    known = simulate(seed, sites=40, regions=2)
    got = score(known, find(known.series))
    assert got["recall"] >= 0.86
    assert got["precision"] >= 0.87
    assert got["alarms"] <= 0.3


def test_faults_are_found_where_only_peers_tell_the_weather() -> None:
    known = simulate(23, sites=40, regions=1, weather_given=False)
    got = score(known, find(known.series))
    assert got["recall"] >= 0.8
    assert got["precision"] >= 0.85
