"""Laws of the baselines and anomalies: units, order, other regions and relabelled sites change no verdict."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsesg_carbon.anomalies import Anomaly, find
from hsesg_carbon.baselines import Series, fit, fit_all
from tests.simulated_bills import months, simulate

FEW = settings(max_examples=8, deadline=None)
seeds = st.integers(0, 10**6)


def verdicts(found: tuple[Anomaly, ...]) -> list[tuple[str, str, str]]:
    return [(one.site, one.month.label, one.kind) for one in found]


def some(seed: int, sites: int = 4) -> list[Series]:
    return simulate(seed, sites=sites, count=36, regions=1, missing=0.03).series


@FEW
@given(seeds, st.sampled_from([0.25, 1024.0, 2.0**-20]))
def test_scaling_all_quantities_scales_the_band_and_changes_no_verdict(seed: int, factor: float) -> None:
    series = some(seed, 2)
    scaled = [
        replace(one, quantities=tuple(None if two is None else two * factor for two in one.quantities))
        for one in series
    ]
    assert verdicts(find(series)) == verdicts(find(scaled))
    for one, other in zip(fit_all(series), fit_all(scaled), strict=True):
        assert np.array(other.high) == pytest.approx(np.array(one.high) * factor, rel=1e-6)


@FEW
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_series_does_not_matter(seed: int, random: Random) -> None:
    series = some(seed)
    shuffled = random.sample(series, len(series))
    assert find(series) == find(shuffled)


@FEW
@given(seeds, seeds)
def test_a_site_in_another_region_changes_nothing_for_the_others(seed: int, other: int) -> None:
    series = some(seed, 3)
    stranger = replace(some(other, 1)[0], site="stranger", region="elsewhere")
    assert find(series) == tuple(one for one in find([*series, stranger]) if one.site != "stranger")


@FEW
@given(seeds)
def test_a_series_without_noise_and_faults_has_no_anomalies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = np.array([one.days for one in months(36)])
    heating = np.tile(rng.uniform(0, 500, 12), 3)
    bills = rng.uniform(10, 1000) * days + rng.uniform(0, 30) * heating
    weather = tuple((float(one), 0.0) for one in heating)
    assert find([Series("a", "heat", "kWh", months(36), tuple(bills.tolist()), weather)]) == ()


@FEW
@given(seeds)
def test_the_same_months_of_other_years_get_the_same_verdicts(seed: int) -> None:
    """Moved by 28 years the calendar repeats, weekdays and leap years included; only the Chinese New Year moves."""
    rng = np.random.default_rng(seed)
    bills = 1000 * np.exp(rng.normal(0, 0.02, 36))
    bills[17] *= 1.4
    early, late = (Series("a", "water", "m3", months(36, year), tuple(bills.tolist())) for year in (2040, 2068))
    assert [one.month.start.month for one in find([early])] == [one.month.start.month for one in find([late])]
    assert np.array(fit(early).expected) == pytest.approx(np.array(fit(late).expected), rel=1e-9)


@FEW
@given(seeds)
def test_the_result_is_the_same_each_time(seed: int) -> None:
    series = some(seed)
    assert find(series) == find(series)
