"""Baselines hold to the rule that made the bills, whatever faults the history holds."""

from dataclasses import replace

import numpy as np
import pytest

from hsesg_carbon.baselines import Series, fit, fit_all
from hsesg_carbon.errors import InputError
from tests.simulated_bills import months, simulate

SEASON = 1 + 0.4 * np.cos(2 * np.pi * np.arange(12) / 12)


def degree_day_series(count: int = 36, noise: float = 0.01) -> tuple[Series, np.ndarray]:
    """Return bills of 50 a day, 3 a heating and 2 a cooling degree day, and what they are without noise."""
    rng = np.random.default_rng(11)
    span = months(count)
    season = np.cos(2 * np.pi * np.arange(count) / 12)
    heating = np.maximum(300 * season, 0) * rng.uniform(0.8, 1.2, count)
    cooling = np.maximum(-200 * season, 0) * rng.uniform(0.8, 1.2, count)
    true = 50.0 * np.array([one.days for one in span]) + 3 * heating + 2 * cooling
    bills = true * np.exp(rng.normal(0, noise, count))
    weather = tuple(zip(heating.tolist(), cooling.tolist(), strict=True))
    return Series("a", "heat", "kWh", span, tuple(bills.tolist()), weather), true


def test_a_degree_day_baseline_recovers_what_made_the_bills() -> None:
    series, true = degree_day_series()
    baseline = fit(series)
    assert baseline.kind == "degree-days"
    assert np.array(baseline.expected) == pytest.approx(true, rel=0.015)
    assert baseline.r2 > 0.97
    assert 0.5 < baseline.cv_rmse < 2.0
    assert (baseline.trained, baseline.training) == (36, (series.months[0], series.months[-1]))


def test_faulty_months_do_not_bend_the_baseline() -> None:
    series, _ = degree_day_series()
    wrong = list(series.quantities)
    for place, factor in ((5, 3.0), (6, 1.2), (20, 0.8), (35, 0.1)):
        wrong[place] *= factor
    sound, bent = fit(series), fit(replace(series, quantities=tuple(wrong)))
    assert np.array(bent.expected) == pytest.approx(np.array(sound.expected), rel=0.02)
    assert [(one.shape, one.first) for one in bent.disturbances] == [("single", at) for at in (5, 6, 20, 35)]


def test_the_band_holds_the_sound_months() -> None:
    known = simulate(3, sites=30, regions=1, faults=0)
    inside = total = 0
    for series, baseline in zip(known.series, fit_all(known.series), strict=True):
        for bill, low, high in zip(series.quantities, baseline.low, baseline.high, strict=True):
            total += 1
            inside += low <= bill <= high
    assert inside / total > 0.995


def test_a_month_without_a_bill_is_expected_all_the_same() -> None:
    series, true = degree_day_series()
    gap = fit(replace(series, quantities=(*series.quantities[:9], None, *series.quantities[10:])))
    assert gap.expected[9] == pytest.approx(true[9], rel=0.03)
    assert gap.low[9] < true[9] < gap.high[9]
    assert gap.trained == 35


def test_months_whose_weather_is_not_known_have_a_wider_band_and_no_gap() -> None:
    series, true = degree_day_series()
    weather = tuple(None if at in {4, 11} else one for at, one in enumerate(series.weather))
    baseline = fit(replace(series, weather=weather))
    assert baseline.kind == "degree-days"
    assert np.isfinite(baseline.expected).all()
    assert baseline.low[11] < true[11] < baseline.high[11]
    assert baseline.high[11] / baseline.expected[11] > 1.2 > baseline.high[23] / baseline.expected[23]


def test_without_weather_the_months_of_the_year_are_the_rule() -> None:
    rng = np.random.default_rng(4)
    bills = 1000 * np.tile(SEASON, 4) * np.exp(rng.normal(0, 0.01, 48))
    baseline = fit(Series("a", "gas", "m3", months(48), tuple(bills.tolist())))
    assert baseline.kind == "month-of-year"
    assert np.array(baseline.expected) == pytest.approx(1000 * np.tile(SEASON, 4), rel=0.04)


def test_peers_of_a_region_know_the_weather_that_nobody_wrote_down() -> None:
    known = simulate(8, sites=24, regions=1, faults=0, weather_given=False)
    alone = [fit(one).cv_rmse for one in known.series[:6]]
    together = [one.cv_rmse for one in fit_all(known.series)[:6]]
    assert np.median(together) < 0.6 * np.median(alone)


def test_a_history_too_short_has_no_baseline() -> None:
    short = Series("a", "gas", "m3", months(5), (10.0, 11.0, 12.0, 11.0, 10.0))
    baseline = fit(short)
    assert baseline.kind == "none"
    assert baseline.expected == (None,) * 5
    assert (baseline.r2, baseline.cv_rmse, baseline.training) == (None, None, None)


@pytest.mark.parametrize("wrong", ["gap", "reversed", "quarter"])
def test_months_that_do_not_follow_one_another_are_refused(wrong: str) -> None:
    span = months(6)
    broken = {
        "gap": (*span[:2], *span[3:]),
        "reversed": span[:5][::-1],
        "quarter": (type(span[0]).parse("2021-Q1"), *span[3:7], span[5])[:5],
    }[wrong]
    with pytest.raises(InputError) as caught:
        Series("a", "gas", "m3", broken, (1.0,) * 5)
    assert caught.value.code == "series-months"


def test_quantities_and_months_must_be_as_many() -> None:
    with pytest.raises(InputError) as caught:
        Series("a", "gas", "m3", months(3), (1.0, 2.0))
    assert caught.value.code == "series-lengths"


def humid(hot: bool, sites: int = 20) -> list[Series]:
    """Return sites that cool; with ``hot``, some summer months were humid, and they used more for it than others."""
    rng = np.random.default_rng(5)
    span = months(48)
    cooling = np.maximum(-300 * np.cos(2 * np.pi * np.arange(48) / 12), 0) * rng.uniform(0.8, 1.2, 48)
    moist = np.where(cooling > 0, rng.normal(0, 0.12, 48), 0.0) * hot
    weather = tuple((0.0, one) for one in cooling.tolist())
    days = np.array([one.days for one in span])
    out = []
    for at in range(sites):
        used = (50 * days + rng.uniform(6, 14) * cooling * (1 + moist)) * np.exp(rng.normal(0, 0.02, 48))
        out.append(Series(f"s{at}", "electricity", "kWh", span, tuple(used.tolist()), weather, "coast"))
    return out


def test_what_all_sites_of_a_region_feel_beyond_their_degree_days_is_no_fault_of_any() -> None:
    """Alone each site has months that look odd; together they know that the months were humid."""
    alone = sum(len(fit(one).disturbances) for one in humid(hot=True))
    together = sum(len(one.disturbances) for one in fit_all(humid(hot=True)))
    dry = sum(len(one.disturbances) for one in fit_all(humid(hot=False)))
    assert together <= max(3, alone / 2)
    assert dry <= 3


def test_a_fault_in_a_humid_month_is_told_all_the_same() -> None:
    sites = humid(hot=True)
    bills = list(sites[3].quantities)
    bills[30] *= 0.75
    baseline = fit_all([*sites[:3], replace(sites[3], quantities=tuple(bills)), *sites[4:]])[3]
    assert [(one.shape, one.first) for one in baseline.disturbances] == [("single", 30)]


def test_a_building_that_heats_below_fifteen_degrees_is_foretold_from_degree_days_to_eighteen() -> None:
    rng = np.random.default_rng(8)
    span = months(48)
    days = [one.days for one in span]
    mean = 10 - 12 * np.cos(2 * np.pi * np.arange(48) / 12) + rng.normal(0, 1.5, 48)
    daily = [rng.normal(one, 4, count) for one, count in zip(mean, days, strict=True)]
    to_18, to_15 = (np.array([np.maximum(limit - one, 0).sum() for one in daily]) for limit in (18, 15))
    true = 50.0 * np.array(days) + 15 * to_15
    weather = tuple((one, 0.0) for one in to_18.tolist())
    baseline = fit(Series("a", "gas", "kWh", span, tuple((true * np.exp(rng.normal(0, 0.01, 48))).tolist()), weather))
    assert np.array(baseline.expected) == pytest.approx(true, rel=0.09)
    assert baseline.disturbances == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (((10, 11, 1.2), (12, 18, 1.2)), [("single", 10, 11), ("level", 12, 18)]),
        (((10, 18, 0.8), (20, 26, 0.8)), [("level", 10, 18), ("level", 20, 26)]),
    ],
)
def test_a_sound_month_between_two_like_faults_is_not_accused(
    changes: tuple[tuple[int, int, float], ...], told: list[tuple[str, int, int]]
) -> None:
    series, _ = degree_day_series(48, 0.02)
    bills = np.array(series.quantities)
    for first, after, factor in changes:
        bills[first:after] *= factor
    found = fit(replace(series, quantities=tuple(bills.tolist()))).disturbances
    assert [(one.shape, one.first, one.after) for one in found] == told
