"""
Made-up sites with monthly use and faults that are known: what ``anomalies.find`` is held to. All figures are invented.

It knows nothing of the finder and is not tuned to it: it was written before the finder was read, from what is known of
buildings. What is drawn and why:

- **Climates** of ten regions shaped like China's, from severe cold to tropical: a yearly cosine with its peak in late
  July, +-0.8 C from month to month that all years of a region share, and an anomaly of each month of 1.0 to 1.5 C
  (one standard deviation), a fifth of which lasts into the next month: about what monthly means vary by in a temperate
  climate. Days scatter by 3 C within a month. Degree days are those of the days, on 18 C and 26 C, the bases of
  Chinese design standards (JGJ 26, GB 50176).
- **Weather-driven** sites (half of them) heat, cool or both: 15 to 50 % of a normal year's use, less where the climate
  asks for little. Their own balance points lie 0.5 C (one standard deviation) off 18 and 26: nobody knows a building's.
- **The others** (machine rooms, some offices and shops, canteens) have at most 2 % that follows the weather.
- **Days**: use follows the days of the month, its working days (statutory holidays deducted), and the days around the
  Chinese New Year, which moves between January and February.
- **Change**: a trend of -3 to +5 % a year; at three sites in ten the occupancy changes once by up to 6 % over 4 to 9
  months, which is no fault.
- **Noise**: of each site a standard deviation between 1.5 and 3.5 %, multiplicative, with a correlation of 0 to 0.4
  from month to month. A judgement, not a measurement: what remains of bills of whole calendar months once days,
  weather and occupancy are known. It has to be about that, or a fault of 12 % is lost: at 5 % it is 2.4 standard
  deviations, and 0.1 false alarms in 48 months need 3.1. Real buildings are often noisier, and then only larger
  faults can be found; ``--noise`` shows by how much.
- **Faults**: three of a site, 12 to 25 % up or down, at any months, two apart; one in three lasts 2 to 6 months.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Variant = Literal["changes", "clean", "meters"]
VARIANTS: tuple[Variant, ...] = ("changes", "clean", "meters")

HEATING_BASE, COOLING_BASE = 18.0, 26.0
MILD = 22.0
"""A temperature at which no site heats or cools."""
NOISE = (0.015, 0.035)
METER_KINDS = ("stuck-at-zero", "stuck", "negative", "times-ten", "decimal")

CLIMATES = {  # made up: mean of the year and half its swing, C
    "severe-cold": (4.5, 21.0),
    "dry-north-west": (8.0, 18.5),
    "cold-north": (13.0, 15.5),
    "cold-inland": (14.0, 13.5),
    "lower-river": (17.0, 12.0),
    "middle-river": (17.5, 12.5),
    "basin": (16.5, 10.0),
    "mild-plateau": (15.5, 6.0),
    "south-coast": (22.5, 7.5),
    "tropical": (24.0, 6.0),
}

NEW_YEAR = {  # first day of the Chinese year
    2018: date(2018, 2, 16),
    2019: date(2019, 2, 5),
    2020: date(2020, 1, 25),
    2021: date(2021, 2, 12),
    2022: date(2022, 2, 1),
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
}
HOLIDAYS = {1: 1, 4: 1, 5: 1, 6: 1, 9: 1, 10: 3}
"""Statutory days off by month, besides the Chinese New Year's three: what make-up days leave of the long holidays."""
DRIVEN = (0.15, 0.50)
"""Shares of a normal year's use that follow the weather, of sites that are driven by it."""
HARDLY = (600.0, 100.0)
"""Degree days of a year below which nobody heats, or cools."""
FULL = (3000.0, 900.0)
"""Degree days of a year at which all of the use might heat, or cool: where there are few, little of the use does."""
FIRST_YEARS = (2018, 2022)
ENSEMBLE = 80
"""Years of weather from which the oracle without weather knows what a normal month is."""


@dataclass(frozen=True)
class Fault:
    """A planted fault: the first and last month (places in the series), and what it does to the use."""

    first: int
    last: int
    kind: str
    factor: float | None = None

    @property
    def months(self) -> range:
        """The places of its months."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True)
class MadeUp:
    """
    One made-up site.

    Args:
        expected: Use of each month without faults and noise. [unit, shape (months,)]
        usual: The same under the weather of a usual year, and by how much single years differ. [unit; share of use]
        quantities: What the bills say: with noise and faults. [unit, shape (months,)]
        weather: Heating and cooling degree days of each month. [C d, shape (months, 2)]
        noise: Standard deviation of the noise. [share of use]
    """

    site: str
    carrier: str
    unit: str
    region: str
    use: str
    driven: bool
    months: tuple[tuple[int, int], ...] = field(repr=False)
    expected: Floats = field(repr=False)
    usual: tuple[Floats, Floats] = field(repr=False)
    quantities: Floats = field(repr=False)
    weather: Floats = field(repr=False)
    noise: float
    faults: tuple[Fault, ...]


def sites(
    count: int, months: int, seed: int, variant: Variant = "changes", noise: tuple[float, float] = NOISE
) -> tuple[MadeUp, ...]:
    """Return made-up sites; the same seed gives the same sites, whatever is planted in them."""
    clean = _clean(count, months, seed, noise)
    return tuple(_planted(np.random.default_rng([seed, place, 1]), one, variant) for place, one in enumerate(clean))


@lru_cache(maxsize=8)
def _clean(count: int, months: int, seed: int, noise: tuple[float, float]) -> tuple[MadeUp, ...]:
    """Return the sites as they are without faults: kept, because the variants of a seed share them."""
    random = np.random.default_rng(seed)
    first = date(int(random.integers(*FIRST_YEARS, endpoint=True)), int(random.integers(1, 13)), 1)
    calendar = tuple(_months(first, months))
    climates = [_climate(random, region, calendar) for region in CLIMATES]
    return tuple(
        _site(
            np.random.default_rng([seed, place, 0]),
            f"site-{place:04d}",
            climates[place % len(climates)],
            calendar,
            noise,
        )
        for place in range(count)
    )


# ------------------------------------------------------------------------------------------------- calendar


def _months(first: date, count: int) -> Iterator[tuple[int, int]]:
    for place in range(first.month - 1, first.month - 1 + count):
        yield first.year + place // 12, place % 12 + 1


@cache
def days_of(year: int, month: int) -> tuple[date, ...]:
    """Return the days of a month."""
    start = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    return tuple(start + timedelta(days=day) for day in range((after - start).days))


def _around_new_year(year: int, month: int, before: int, after: int) -> int:
    """Return how many days of a month lie so near to the Chinese New Year's first day."""
    return sum(-before <= (day - NEW_YEAR[year]).days <= after for day in days_of(year, month))


@cache
def away_days(year: int, month: int) -> int:
    """Return the days of a month on which many are away for the Chinese New Year."""
    return _around_new_year(year, month, 3, 8)


@cache
def working_days(year: int, month: int) -> int:
    """Return the days of work: Monday to Friday without the statutory days off."""
    week = sum(day.weekday() < 5 for day in days_of(year, month))
    return week - HOLIDAYS.get(month, 0) - _around_new_year(year, month, 0, 2)


# -------------------------------------------------------------------------------------------------- weather


@dataclass(frozen=True)
class Climate:
    """
    Daily temperatures of the months as they were, and of further years that might have been (the ensemble).

    Args:
        days: Shape (months, 31); days that a month has not are so mild that nobody heats or cools.
        ensemble: Shape (months, years, 31).
    """

    region: str
    days: Floats
    ensemble: Floats

    def degree_days(self, heating: float, cooling: float) -> tuple[Floats, Floats]:
        """Return degree days of the months, shape (months, 2), and of the ensemble, shape (months, years, 2)."""
        return _degree_days(self.days, heating, cooling), _degree_days(self.ensemble, heating, cooling)


def _climate(random: np.random.Generator, region: str, calendar: tuple[tuple[int, int], ...]) -> Climate:
    mean, swing = CLIMATES[region]
    spread = random.uniform(1.0, 1.5)
    shape = random.normal(0, 0.8, 12)
    anomalies = _correlated(random, len(calendar), 0.2) * spread
    days, ensemble = np.full((len(calendar), 31), MILD), np.full((len(calendar), ENSEMBLE, 31), MILD)
    for place, ((year, month), anomaly) in enumerate(zip(calendar, anomalies, strict=True)):
        own = np.array([day.timetuple().tm_yday for day in days_of(year, month)])
        normal = mean + swing * np.cos(2 * np.pi * (own - 203) / 365.25) + shape[month - 1]
        days[place, : len(own)] = normal + anomaly + _scatter(random, len(own))
        other = random.normal(0, spread, (ENSEMBLE, 1)) + random.normal(0, 3.0, (ENSEMBLE, len(own)))
        ensemble[place, :, : len(own)] = normal + other
    return Climate(region, days, ensemble)


def _scatter(random: np.random.Generator, days: int) -> Floats:
    """Return how far the days of a month lie off its mean: 3 C, and nothing on average."""
    own = _correlated(random, days, 0.6) * 3.0
    return np.asarray(own - own.mean())


def _correlated(random: np.random.Generator, count: int, correlation: float) -> Floats:
    """Return a stationary series of standard deviation 1, each value so correlated with the one before."""
    values = random.normal(0, 1, count)
    for place in range(1, count):
        values[place] = correlation * values[place - 1] + (1 - correlation**2) ** 0.5 * values[place]
    return values


def _degree_days(days: Floats, heating: float, cooling: float) -> Floats:
    return np.stack([np.clip(heating - days, 0, None).sum(-1), np.clip(days - cooling, 0, None).sum(-1)], -1)


# ---------------------------------------------------------------------------------------------------- sites


def _site(
    random: np.random.Generator,
    name: str,
    climate: Climate,
    calendar: tuple[tuple[int, int], ...],
    noise: tuple[float, float],
) -> MadeUp:
    """Return a site without faults."""
    driven = bool(random.random() < 0.5)
    use = str(random.choice(["office", "retail"] if driven else ["office", "retail", "machine-room"]))
    gas = bool(random.random() < 0.15) and use != "machine-room"
    plain = _plain(random, use, calendar)
    bases = random.normal((HEATING_BASE, COOLING_BASE), 0.5)
    own, ensemble = climate.degree_days(*bases)
    weights = _modes(random, ensemble.mean(axis=1), heats_only=gas) * (1 if driven else random.uniform(0, 0.04))
    yearly = 12 / len(calendar)
    per_degree_day = weights / np.maximum(ensemble.mean(axis=1).sum(axis=0) * yearly, 1e-9)
    level = 10 ** random.uniform(4.0, 6.0) * (0.1 if gas else 1.0) * 12  # a year's use
    slow = _slow(random, len(calendar))
    base = plain / plain.sum() / yearly * (1 - weights.sum())
    expected = level * slow * (base + own @ per_degree_day)
    years = level * slow[:, None] * (base[:, None] + ensemble @ per_degree_day)
    own_noise = random.uniform(*noise)
    scatter = np.exp(_correlated(random, len(calendar), random.uniform(0, 0.4)) * own_noise)
    return MadeUp(
        name,
        "natural_gas" if gas else "electricity",
        "m3" if gas else "kWh",
        climate.region,
        use,
        driven,
        calendar,
        expected,
        (np.asarray(np.median(years, axis=1)), np.asarray(np.log(years).std(axis=1))),
        np.round(expected * scatter, 1),
        climate.degree_days(HEATING_BASE, COOLING_BASE)[0],
        own_noise,
        (),
    )


def _plain(random: np.random.Generator, use: str, calendar: tuple[tuple[int, int], ...]) -> Floats:
    """Return what use follows besides the weather: days, working days, the New Year, the season of a trade."""
    of_work = {"office": (0.2, 0.45), "retail": (0.0, 0.08), "machine-room": (0.0, 0.03)}[use]
    dip = {"office": (0.10, 0.35), "retail": (-0.10, 0.15), "machine-room": (0.0, 0.03)}[use]
    work, idle, busy = random.uniform(*of_work), random.uniform(*dip), random.uniform(0, 0.06)
    values = []
    for year, month in calendar:
        every = len(days_of(year, month)) / 30.4
        away = idle * away_days(year, month) / 30.4
        trade = 1 + (busy if use == "retail" and month in {10, 12} else 0)
        values.append((work * working_days(year, month) / 20.8 + (1 - work) * every - away) * trade)
    return np.array(values)


def _modes(random: np.random.Generator, normal: Floats, *, heats_only: bool) -> Floats:
    """Return the shares of a year's use that heat and cool, as far as the climate asks for either."""
    heating, cooling = normal.sum(axis=0) * 12 / len(normal)
    mode = random.choice(["heating", "cooling", "both"])
    of_heat = random.uniform(0.3, 0.7) if mode == "both" else float(mode == "heating")
    if cooling < HARDLY[1] or heats_only:
        of_heat = 1.0
    elif heating < HARDLY[0]:
        of_heat = 0.0
    share = random.uniform(*DRIVEN)
    most = np.maximum(np.array([heating, cooling]) / FULL, DRIVEN[0])
    return np.minimum(share * np.array([of_heat, 1 - of_heat]), most)


def _slow(random: np.random.Generator, count: int) -> Floats:
    """Return the trend, and one change of occupancy where there is one."""
    trend = (1 + random.uniform(-0.03, 0.05)) ** (np.arange(count) / 12)
    if random.random() >= 0.3:
        return np.asarray(trend)
    lasts, change = int(random.integers(4, 10)), random.uniform(-0.06, 0.06)
    start = int(random.integers(0, count))
    return np.asarray(trend * (1 + change * np.clip((np.arange(count) - start) / lasts, 0, 1)))


# --------------------------------------------------------------------------------------------------- faults


def _planted(random: np.random.Generator, site: MadeUp, variant: Variant) -> MadeUp:
    """Return the site with the faults of a variant."""
    if variant == "clean":
        return site
    quantities = site.quantities.copy()
    lengths = [_length(random, variant) for _ in range(3)]
    faults = []
    for first, last in _places(random, len(quantities), lengths):
        if variant == "changes":
            factor = 1 + random.uniform(0.12, 0.25) * random.choice([-1, 1])
            fault = Fault(first, last, "step" if last > first else "change", float(factor))
            quantities[list(fault.months)] *= factor
        else:
            fault = _meter_fault(random, quantities, first, last)
        faults.append(fault)
    return replace(site, quantities=np.round(quantities, 1), faults=tuple(faults))


def _length(random: np.random.Generator, variant: Variant) -> int:
    """Return how many months a fault lasts: one in three changes is a step; a stuck meter is known by two months."""
    if variant == "meters":
        return int(random.choice([1, 1, 1, 2, 3, 4]))
    return int(random.integers(2, 7)) if random.random() < 1 / 3 else 1


def _places(random: np.random.Generator, months: int, lengths: list[int]) -> list[tuple[int, int]]:
    """Return where faults of these lengths lie, each two months or more from the next; all ways are equally likely."""
    free = months - sum(lengths) - (len(lengths) - 1)  # one month at least between two
    starts = np.sort(random.choice(free + len(lengths), len(lengths), replace=False)) - np.arange(len(lengths))
    found, used = [], 0
    for start, length in zip(starts, lengths, strict=True):
        first = int(start) + used
        found.append((first, first + length - 1))
        used += length + 1
    return found


def _meter_fault(random: np.random.Generator, quantities: Floats, first: int, last: int) -> Fault:
    """Plant a meter fault: what lasts is a register that stands still, or a reading that is repeated."""
    if last > first:
        kind = str(random.choice(["stuck-at-zero", "stuck"])) if first > 0 else "stuck-at-zero"
        quantities[first : last + 1] = 0.0 if kind == "stuck-at-zero" else quantities[first - 1]
        return Fault(first, last, kind)
    kind = str(random.choice(["negative", "times-ten", "decimal"]))
    factor = {"negative": -1.0, "times-ten": 10.0, "decimal": float(random.choice([0.1, 0.01, 100.0]))}[kind]
    quantities[first] *= factor
    return Fault(first, last, kind, factor)
