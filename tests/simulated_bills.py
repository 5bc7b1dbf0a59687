"""Made-up monthly bills with known faults, for the tests of baselines and anomalies: seeded, no real data."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hsesg_carbon.baselines import Series
from hsesg_carbon.periods import Period

NEW_YEAR_HOLIDAY = {2019: (0, 7), 2020: (7, 0), 2021: (0, 7), 2022: (1, 6), 2023: (7, 0), 2024: (0, 8), 2025: (4, 4)}
"""Days of the Chinese New Year holiday in January and in February."""


@dataclass
class Portfolio:
    """Simulated series and, for each site, what was planted: month index -> (kind, relative size)."""

    series: list[Series]
    faults: dict[str, dict[int, tuple[str, float]]] = field(default_factory=dict)


def months(count: int, first_year: int = 2021) -> tuple[Period, ...]:
    return tuple(Period.parse(f"{first_year + at // 12}-{at % 12 + 1:02d}") for at in range(count))


def regional_weather(rng: np.random.Generator, count: int, cold: float) -> np.ndarray:
    """Return daily temperatures by month: a sine of the year with a monthly and a daily deviation, list of arrays."""
    out = []
    for at, month in enumerate(months(count)):
        middle = 16 - cold - (12 + cold / 2) * np.cos(2 * np.pi * (at % 12 + 0.2) / 12)
        out.append(middle + rng.normal(0, 1.3) + rng.normal(0, 3.0, month.days))
    return np.array(out, dtype=object)


def degree_days(days: np.ndarray, heating: float, cooling: float) -> np.ndarray:
    return np.array([(np.maximum(heating - one, 0).sum(), np.maximum(one - cooling, 0).sum()) for one in days])


def simulate(
    seed: int,
    *,
    sites: int = 60,
    count: int = 48,
    regions: int = 3,
    weather_driven: bool = True,
    weather_given: bool = True,
    noise: tuple[float, float] = (0.01, 0.03),
    faults: int = 3,
    steps: float = 0.3,
    autocorrelation: float = 0.0,
    missing: float = 0.0,
    holidays: float = 0.0,
    own_base: float = 0.0,
) -> Portfolio:
    """Return a portfolio; ``own_base`` scatters the balance temperatures of the sites around the published base."""
    rng = np.random.default_rng(seed)
    climate = [regional_weather(rng, count, rng.uniform(0, 8)) for _ in range(regions)]
    known = Portfolio([])
    for at in range(sites):
        region = at % regions
        season = _season(rng, climate[region], weather_driven, own_base)
        use = season * _calendar(rng, count, holidays) * np.exp(rng.normal(0, 0.03) / 12 * np.arange(count))
        use *= np.exp(_noise(rng, count, rng.uniform(*noise), autocorrelation))
        planted = _plant(rng, use, faults, steps)
        bills: list[Any] = [float(one) for one in np.round(use * rng.uniform(20, 20000))]
        for place in np.flatnonzero(rng.random(count) < missing):
            if place not in planted and 0 < place < count - 1:
                bills[place] = None
        given = tuple(map(tuple, degree_days(climate[region], 18, 22))) if weather_given else None
        name = f"s{at:03d}"
        known.series.append(Series(name, "electricity", "kWh", months(count), tuple(bills), given, f"r{region}"))
        known.faults[name] = planted
    return known


def _season(rng: np.random.Generator, days: np.ndarray, driven: bool, own_base: float) -> np.ndarray:
    """Return use by month: a base load per day, and heating or cooling or both where weather drives it."""
    length = np.array([len(one) for one in days])
    if not driven:
        return 100.0 * length * (1 + rng.uniform(0, 0.06) * np.cos(2 * np.pi * (np.arange(len(days)) - 7) / 12))
    heating, cooling = [(1, 0), (0, 1), (1, 1)][rng.integers(3)]
    own = degree_days(days, 18 + rng.normal(0, own_base), 22 + rng.normal(0, own_base))
    typical = own.sum(axis=0) / length.sum()
    share = rng.uniform(0.15, 0.6)
    parts = own / np.maximum(typical, 1e-9) * np.array([heating, cooling]) / (heating + cooling)
    return 100.0 * ((1 - share) * length + share * parts.sum(axis=1))


def _calendar(rng: np.random.Generator, count: int, size: float) -> np.ndarray:
    factor = np.ones(count)
    for at, month in enumerate(months(count)):
        if at % 12 < 2:
            factor[at] -= size * NEW_YEAR_HOLIDAY[month.start.year][at % 12] / month.days
    return factor


def _noise(rng: np.random.Generator, count: int, size: float, autocorrelation: float) -> np.ndarray:
    fresh = rng.normal(0, 1, count)
    for at in range(1, count):
        fresh[at] = autocorrelation * fresh[at - 1] + np.sqrt(1 - autocorrelation**2) * fresh[at]
    return fresh * size


def _plant(rng: np.random.Generator, use: np.ndarray, faults: int, steps: float) -> dict[int, tuple[str, float]]:
    planted: dict[int, tuple[str, float]] = {}
    for _ in range(faults):
        size = rng.uniform(0.12, 0.25) * rng.choice([-1, 1])
        lasting = rng.random() < steps
        places = [one for one in range(len(use)) if one not in planted]
        if lasting:
            places = [one for one in places if 4 <= one < len(use) - 3]
        place = int(rng.choice(places))
        planted[place] = ("step" if lasting else "single", float(size))
        use[place : len(use) if lasting else place + 1] *= 1 + size
    return planted


def score(known: Portfolio, found: Any) -> dict[str, float]:
    """Return recall, precision and false alarms per site; a finding counts at its very month, missing bills do not."""
    hits = alarms = 0
    seen: set[tuple[str, int]] = set()
    place = {one.site: {month: at for at, month in enumerate(one.months)} for one in known.series}
    for one in found:
        if one.group == "data" and one.kind == "missing":
            continue
        at = place[one.site][one.month]
        if at in known.faults[one.site]:
            seen.add((one.site, at))
            hits += 1
        else:
            alarms += 1
    planted = sum(map(len, known.faults.values()))
    return {
        "recall": len(seen) / planted if planted else 1.0,
        "precision": hits / (hits + alarms) if hits + alarms else 1.0,
        "alarms": alarms / len(known.series),
    }
