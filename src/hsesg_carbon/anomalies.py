"""Anomalies in monthly energy data: what departs from the baseline or cannot be, each with its kind and a reason."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

from hsesg_carbon.baselines import Baseline, Series, fit_all
from hsesg_carbon.disturbances import Disturbance
from hsesg_carbon.messages import message
from hsesg_carbon.periods import Period

Kind = Literal["spike", "drop", "step", "drift", "stuck", "negative", "multiplier", "missing", "late", "duplicate"]
Group = Literal["consumption", "meter-fault", "data"]

RATIOS = (
    15,
    16,
    20,
    25,
    30,
    40,
    50,
    60,
    75,
    80,
    100,
    120,
    150,
    160,
    200,
    250,
    300,
    350,
    400,
    500,
    600,
    800,
    1000,
    1200,
)
"""Usual ratios of current transformers to 5 A and of voltage transformers to 100 V (IEC 61869-2 preferred values)."""

SMALL_RATIOS = (1.5, 2, 3, 4, 5, 6, 8, 10, 12)
"""Ratios of two usual ratios, such as 60 entered for 40; 1.5 is also one phase of three that is lost."""

_IMPOSSIBLE = 5.0
_DECIMAL = 0.06
_UNLIKELY = 0.005
_YEAR = 12
_STUCK = 3
_NEAR = 2.0
_OFF = 0.05
_SHARE = 1 / 3
_BIG = 100
_FEW = 10


@dataclass(frozen=True)
class Anomaly:
    """
    Something in a series for a person to look at; quantities are floats in the unit of the series.

    ``group`` says what to suspect: the ``consumption`` itself, the meter (``meter-fault``), or the ``data``.
    What lasts is reported once, at its first month; ``data`` says how long.
    """

    site: str
    carrier: str
    meter: str | None
    month: Period
    kind: Kind
    group: Group
    actual: float | None
    expected: float | None
    low: float | None
    high: float | None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def deviation_percent(self) -> float | None:
        """The departure from what was expected, in percent of it; ``None`` where either is not known."""
        if self.actual is None or not self.expected:
            return None
        return 100 * (self.actual / self.expected - 1)

    def reason(self, lang: str = "en") -> str:
        """Return one sentence: what is there, what was expected, and what is likely behind it."""
        facts: dict[str, Any] = {name: _shown(value) for name, value in self.data.items() if name != "code"}
        for name in ("actual", "expected", "low", "high"):
            facts[name] = _shown(getattr(self, name))
        percent = self.deviation_percent
        facts["percent"] = "–" if percent is None else f"{percent:+,.0f}"
        return message(self.data["code"], lang, month=self.month.label, **facts)


def find(
    all_series: Sequence[Series], *, upto: Period | None = None, baselines: Sequence[Baseline] | None = None
) -> tuple[Anomaly, ...]:
    """
    Return the anomalies of all series, by site, carrier, meter and month.

    Series of one region inform each other (``baselines.fit_all``). With ``upto`` nothing after that month is known.
    Where the baselines of the very series are at hand they need not be fitted again. A sound series is accused of a
    false departure about once in forty years of months (0.025 a year).

    Example:
        >>> months = tuple(Period.parse(f"{2021 + at // 12}-{at % 12 + 1:02d}") for at in range(36))
        >>> used = [31_000 + 700 * (at % 3) for at in range(36)]
        >>> used[29] = 41_000
        >>> [found] = find([Series("hq", "electricity", "kWh", months, tuple(map(float, used)))])
        >>> found.month.label, found.kind, found.group
        ('2023-06', 'spike', 'consumption')
    """
    series = [_cut(one, upto) for one in all_series]
    fitted = fit_all(series) if baselines is None or upto is not None else baselines
    found = [one for pair in zip(series, fitted, strict=True) for one in _of(*pair)]
    return tuple(sorted(found, key=lambda one: (one.site, one.carrier, one.meter or "", one.month, one.kind)))


def _cut(series: Series, upto: Period | None) -> Series:
    if upto is None:
        return series
    count = sum(one.end <= upto.end for one in series.months)
    weather = None if series.weather is None else series.weather[:count]
    return replace(series, months=series.months[:count], quantities=series.quantities[:count], weather=weather)


def _of(series: Series, baseline: Baseline) -> list[Anomaly]:
    """Return the anomalies of one series; what is told by its digits comes first and is not told again."""
    case = _Case(series, baseline)
    found: dict[int, Anomaly] = {}
    spoken: set[int] = set()
    for first, last, one in [*case.missing(), *case.negative(), *case.repeated(), *case.nothing(), *case.tiny()]:
        if not spoken & {first}:
            found[first] = one
        spoken |= set(range(first, last + 1))
    for first, last, one in case.departures():
        if first not in spoken:
            found.setdefault(first, one)
            spoken |= set(range(first, last + 1))
    return list(found.values())


Told = tuple[int, int, Anomaly]
"""First and last month that an anomaly speaks of, and the anomaly."""


@dataclass(frozen=True)
class _Case:
    series: Series
    baseline: Baseline

    def at(self, place: int, kind: Kind, group: Group, code: str, by: float = 1.0, **data: Any) -> Anomaly:
        """Return an anomaly of a month; ``by`` is what its expected value is divided by (the level before a step)."""
        one = self.baseline
        expected, low, high = (
            None if value is None else value / by for value in (one.expected[place], one.low[place], one.high[place])
        )
        series = self.series
        facts = {"code": code, "unit": series.unit, **data}
        named = (series.site, series.carrier, series.meter, series.months[place], kind, group)
        return Anomaly(*named, series.quantities[place], expected, low, high, facts)

    def runs(self, holds: Sequence[bool]) -> Iterator[tuple[int, int]]:
        """Yield first and last place of every run of months for which something holds."""
        first = None
        for place, one in enumerate([*holds, False]):
            if one and first is None:
                first = place
            elif not one and first is not None:
                yield first, place - 1
                first = None

    def missing(self) -> Iterator[Told]:
        """Yield the gaps; months before the first bill are none."""
        for first, last in self.runs([one is None for one in self.series.quantities]):
            if first > 0:
                code = "anomaly-missing" if last < len(self.series.months) - 1 else "anomaly-missing-last"
                facts: dict[str, Any] = {"months": last - first + 1, "until": self.series.months[last].label}
                yield first, last, self.at(first, "missing", "data", code, **facts)

    def negative(self) -> Iterator[Told]:
        for place, one in enumerate(self.series.quantities):
            if one is not None and one < 0:
                yield place, place, self.at(place, "negative", "meter-fault", "anomaly-negative")

    def nothing(self) -> Iterator[Told]:
        """Yield the runs of zeros in months that are never zero."""
        quantities = self.series.quantities
        known = [one for one in quantities if one is not None]
        often = sum(one == 0 for one in known) > _SHARE * len(known)
        odd = [
            one == 0 and not self.off_season(place) and not (often and not self.others(place))
            for place, one in enumerate(quantities)
        ]
        for first, last in self.runs(odd):
            facts: dict[str, Any] = {"months": last - first + 1, "until": self.series.months[last].label}
            yield first, last, self.at(first, "stuck", "meter-fault", "anomaly-zero", **facts)

    def tiny(self) -> Iterator[Told]:
        """Yield what is next to nothing and what is used in a season without use: neither enters a baseline."""
        positive = sorted(one for one in self.series.quantities if one is not None and one > 0)
        if not positive or self.baseline.kind == "none":
            return
        middle = positive[len(positive) // 2]
        for place, one in enumerate(self.series.quantities):
            if one is None or one <= 0:
                continue
            others = self.others(place)
            if self.off_season(place) and others:
                if one > _OFF * middle and one > _STUCK * max(others):
                    usual = sorted(others)[len(others) // 2]
                    told = self.at(place, "spike", "consumption", "anomaly-off-season")
                    yield place, place, replace(told, expected=usual, low=0.0, high=_OFF * middle)
            elif one < self.baseline.least and not self.off_season(place):
                yield place, place, self.single(place)

    def others(self, place: int) -> list[float]:
        """Return the quantities of the same month in other years."""
        quantities = self.series.quantities
        return [
            float(one)
            for at, one in enumerate(quantities)
            if at != place and (at - place) % _YEAR == 0 and one is not None and one >= 0
        ]

    def off_season(self, place: int) -> bool:
        """Say whether there is next to no use in this month of most other years."""
        others = self.others(place)
        return bool(others) and 2 * sum(one <= self.baseline.least for one in others) >= len(others)

    def repeated(self) -> Iterator[Told]:
        """Yield values that repeat to the digit though they could not by chance."""
        quantities = self.series.quantities
        same = [False, *(_alike(*pair) for pair in pairwise(quantities))]
        count = max(len(quantities) - 1, 1)
        told: set[int] = set()
        for first, last in self.runs(same) if sum(same) <= _SHARE * count else ():
            times = last - first + 2
            chance = math.prod(self.chance(at - 1, at) for at in range(first, last + 1)) * count
            if chance < _UNLIKELY:
                facts: dict[str, Any] = {"times": times, "before": self.series.months[first - 1].label}
                told |= set(range(first, last + 1))
                if times >= _STUCK:
                    yield first, last, self.at(first, "stuck", "meter-fault", "anomaly-stuck", **facts)
                else:
                    yield first, last, self.at(first, "duplicate", "data", "anomaly-duplicate", **facts)
        yearly = [at for at in range(_YEAR, len(quantities)) if _alike(quantities[at - _YEAR], quantities[at])]
        if len(yearly) > _SHARE * max(len(quantities) - _YEAR, 1):
            return
        for at in yearly:
            if at not in told and self.chance(at - _YEAR, at) * count < _UNLIKELY:
                facts = {"times": 2, "before": self.series.months[at - _YEAR].label}
                yield at, at, self.at(at, "duplicate", "data", "anomaly-duplicate", **facts)

    def chance(self, one: int, other: int) -> float:
        """Return the chance that two months agree to the digit, were they independent."""
        first, second = self.baseline.expected[one], self.baseline.expected[other]
        if first is None or second is None:
            return 1.0
        spread = math.hypot(first * self.baseline.spread[one], second * self.baseline.spread[other])
        apart = (first - second) / spread if spread else 0.0
        grid = _grid([abs(two) for two in self.series.quantities if two])
        return min(1.0, grid * math.exp(-(min(abs(apart), 3.0) ** 2) / 2) / (spread * math.sqrt(2 * math.pi) or 1.0))

    def departures(self) -> Iterator[Told]:
        """Yield what the baseline found to be disturbed."""
        for one in self.baseline.disturbances:
            if one.shape == "single":
                yield one.first, one.first, self.single(one.first)
            elif one.shape == "late":
                yield one.first, one.first + 1, self.late(one.first)
            else:
                yield one.first, one.first, self.lasting(one)

    def single(self, place: int) -> Anomaly:
        """Return what a single departing month is: of impossible size, arrears of a gap, or more or less use."""
        actual, expected = self.series.quantities[place], self.baseline.expected[place]
        assert actual is not None
        assert expected is not None
        ratio = actual / expected
        spread = self.baseline.spread[place]
        gap = self.gap_before(place)
        if gap:
            due = expected + sum(self.baseline.expected[at] or 0.0 for at in range(place - gap, place))
            if abs(actual / due - 1) < 3 * max(spread, 0.02):
                return self.at(place, "late", "data", "anomaly-arrears", months=gap)
        if max(ratio, 1 / ratio) >= _IMPOSSIBLE:
            return self.impossible(place, ratio, spread)
        if ratio > 1:
            return self.at(place, "spike", "consumption", "anomaly-spike")
        return self.at(place, "drop", "consumption", "anomaly-drop")

    def impossible(self, place: int, ratio: float, spread: float) -> Anomaly:
        """Return a departure that no change of use explains: a decimal point, a ratio of transformers, a register."""
        power = math.log10(ratio)
        kind: Kind = "spike" if ratio > 1 else "drop"
        if round(power) and abs(power - round(power)) < max(_DECIMAL, 3 * spread / math.log(10)):
            return self.at(place, kind, "meter-fault", "anomaly-decimal", factor=10.0 ** abs(round(power)))
        factor = _ratio(ratio, spread, RATIOS)
        if factor is not None:
            return self.at(place, "multiplier", "meter-fault", "anomaly-multiplier", factor=factor)
        return self.at(place, kind, "meter-fault", "anomaly-register")

    def gap_before(self, place: int) -> int:
        """Return how many months just before a month have no bill, or one of nothing."""
        count = 0
        while place - count > 0 and not self.series.quantities[place - count - 1]:
            count += 1
        return count if count < place else 0

    def late(self, place: int) -> Anomaly:
        """Return an amount that stands in one month and is missing in its neighbour."""
        actual, expected = self.series.quantities[place], self.baseline.expected[place]
        assert actual is not None
        assert expected is not None
        facts: dict[str, Any] = {"shifted": abs(actual - expected), "next": self.series.months[place + 1].label}
        code = "anomaly-late-low" if actual < expected else "anomaly-late-high"
        return self.at(place, "late", "data", code, **facts)

    def lasting(self, one: Disturbance) -> Anomaly:
        """Return a changed level, or a drift, judged against what held before it."""
        last = one.after - 1
        ratio = math.exp(one.size)
        facts: dict[str, Any] = {
            "months": last - one.first + 1,
            "until": self.series.months[last].label,
            "change": f"{100 * (ratio - 1):+.0f}",
        }
        if one.shape == "ramp":
            grown = math.exp(one.size * (last - one.first + 1) / _YEAR)
            facts["change"] = f"{100 * (grown - 1):+.0f}"
            actual, expected = self.series.quantities[last], self.baseline.expected[last]
            facts |= {"latest": actual, "foretold": None if expected is None else expected / grown}
            return self.at(one.first, "drift", "consumption", "anomaly-drift", math.exp(one.size / _YEAR), **facts)
        factor = _ratio(ratio, self.baseline.spread[one.first], (*SMALL_RATIOS, *RATIOS))
        if factor is not None:
            code = "anomaly-multiplier-lasting"
            return self.at(one.first, "multiplier", "meter-fault", code, ratio, factor=factor, **facts)
        code = "anomaly-step-lasting" if one.after == len(self.series.months) else "anomaly-step-until"
        return self.at(one.first, "step", "consumption", code, ratio, **facts)


def _alike(one: float | None, other: float | None) -> bool:
    return one is not None and one == other and one > 0


def _ratio(ratio: float, spread: float, known: Sequence[float]) -> float | None:
    """Return the known ratio that a ratio, or its inverse, comes close to."""
    larger = max(ratio, 1 / ratio)
    near = min(known, key=lambda one: abs(math.log(larger / one)))
    return float(near) if abs(math.log(larger / near)) < max(0.02, min(spread, 0.03)) else None


def _grid(values: Sequence[float]) -> float:
    """Return the step that all values are multiples of (Euclid); a millionth of the largest where there is none."""
    least = 1e-6 * max(values, default=1.0)
    step = 0.0
    for one in values:
        large, small = max(step, one), min(step, one)
        while small > least:
            large, small = small, large % small
            if large - small < least:
                small = 0.0
        step = large
        if step <= 2 * least:
            return least
    return max(step, least)


def _shown(value: Any) -> Any:
    """Return a number as people write it, without digits that mean nothing."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return value
    if value and abs(value) < _FEW:
        return f"{value:.3g}"
    return f"{value:,.1f}" if abs(value) < _BIG and value % 1 else f"{value:,.0f}"
