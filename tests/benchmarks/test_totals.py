"""
Speed as ratios within one run: the totals pass against a bare pandas group-by-sum of the same frame on the same keys.

``make test`` runs these once for their results; ``make bench`` measures them and holds the ratios.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon import units
from tests.benchmarks.conftest import KEYS


def bare(frame: pd.DataFrame) -> Any:
    return frame.groupby(KEYS)["quantity"].sum()


def compiled(activities: hc.Activities) -> hc.Plan:
    return hc.Plan.compile(activities, hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024"))


def median_seconds(run: Callable[[], Any], rounds: int = 7) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_pint_is_called_once_per_distinct_unit_not_per_row(
    million: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    ask = units._ask_pint
    units._measure.cache_clear()
    monkeypatch.setattr(units, "_ask_pint", lambda unit: calls.append(unit) or ask(unit))
    activities = hc.Activities(million)
    totals = compiled(activities).run(activities).totals("site", "year")
    assert len(activities.keys) == 60
    assert len(totals) == 5 * 4 * 3
    assert 0 < len(calls) < 200


def test_a_million_rows_give_the_total_that_integers_give(million: pd.DataFrame) -> None:
    activities = hc.Activities(million)
    total = compiled(activities).run(activities).totals("activity").value(flow="CO2", activity="electricity.grid")
    hundredths = (
        (million.loc[million["activity"] == "electricity.grid", "quantity"] * 100).round().astype("int64").sum()
    )
    assert total.value * 100_000 * 10_000 == int(hundredths) * 5366


@pytest.mark.benchmark(group="one million rows, 60 keys")
def test_bare_group_by(million: pd.DataFrame, benchmark: Any) -> None:
    benchmark(bare, million)


@pytest.mark.benchmark(group="one million rows, 60 keys")
def test_row_checks(million: pd.DataFrame, benchmark: Any) -> None:
    benchmark(hc.Activities, million)


@pytest.mark.benchmark(group="one million rows, 60 keys")
def test_totals_pass(million: pd.DataFrame, benchmark: Any) -> None:
    activities = hc.Activities(million)
    plan = compiled(activities)
    benchmark(lambda: plan.run(activities).totals("site", "year"))


def test_the_totals_pass_stays_within_its_ratio(million: pd.DataFrame, request: pytest.FixtureRequest) -> None:
    """At most 1.5 times the bare group-by, the row checks at most as much again; measured only by ``make bench``."""
    if request.config.getoption("benchmark_disable"):
        pytest.skip("a ratio of times: measured by 'make bench'")
    for name, frame in (("text keys", million), ("categorical keys", million.astype(dict.fromkeys(KEYS, "category")))):
        activities = hc.Activities(frame)
        plan = compiled(activities)
        floor = median_seconds(lambda frame=frame: frame.groupby(KEYS, observed=True)["quantity"].sum())
        totals = median_seconds(lambda: plan.run(activities).totals("site", "year"))  # noqa: B023
        checks = median_seconds(lambda frame=frame: hc.Activities(frame))
        print(f"{name}: bare {floor:.3f} s, totals {totals / floor:.2f}x, row checks {checks / floor:.2f}x")
        assert totals <= 1.5 * floor, name
        assert checks <= 1.5 * floor, name
