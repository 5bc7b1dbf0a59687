"""
How long the factor library takes: to load, and to compile a plan of 10,000 distinct keys.

``make bench`` measures; the limits are those of a user's patience (0.3 s and 2 s), so they hold only where nothing else
runs. ``make test`` runs both once for their results.
"""

from itertools import product
from typing import Any

import pytest

import hsesg_carbon as hc
from hsesg_carbon.cube import CellKey
from hsesg_carbon.factors import _shipped

LOAD, COMPILE = 0.3, 2.0
KEYS = 10_000
ACTIVITIES = [
    ("electricity.grid", "kWh"),
    ("stationary.natural_gas", "m3"),
    ("stationary.natural_gas", "Nm3"),
    ("stationary.anthracite", "t"),
    ("stationary.lpg", "t"),
    ("mobile.petrol", "L"),
    ("mobile.diesel", "L"),
    ("refrigerant.r410a", "kg"),
]
REGIONS = ["CN", "CN-ZJ-hangzhou", "CN-HB-wuhan", "CN-GD-shenzhen", "CN-BJ", "CN-SH"]


def held(benchmark: Any, limit: float) -> None:
    """Hold the median to a limit where benchmarks are measured."""
    if benchmark.enabled:
        print(f"median {benchmark.stats.stats.median:.3f} s, limit {limit} s")
        assert benchmark.stats.stats.median < limit


def test_the_shipped_library_loads(benchmark: Any) -> None:
    def load() -> hc.FactorLibrary:
        _shipped.cache_clear()
        return hc.FactorLibrary.shipped()

    library = benchmark(load)
    assert len(library.numbers) >= 5_000
    held(benchmark, LOAD)


@pytest.fixture(scope="module")
def cells() -> list[CellKey]:
    """10,000 keys, all of them different plans: activity, unit, region and month, at several sites."""
    months = [hc.Period.parse(f"{year}-{month:02d}") for year in (2021, 2022, 2023, 2024) for month in range(1, 13)]
    sites = (f"site-{number}" for number in range(10**6))
    every = (
        CellKey(site, month, activity, unit, region, "")
        for site in sites
        for (activity, unit), region, month in product(ACTIVITIES, REGIONS, months)
    )
    return [next(every) for _ in range(KEYS)]


def test_ten_thousand_distinct_keys_compile(benchmark: Any, cells: list[CellKey]) -> None:
    library, method = hc.FactorLibrary.shipped(), hc.Methodology.shipped("ghgp-cn")
    plan = benchmark.pedantic(hc.Plan.compile, (cells, library, method), rounds=5)
    assert len(plan.keys) == KEYS
    held(benchmark, COMPILE)
