"""Energy baselines (EnB): what a meter or bill should show each month, with a band, in spite of faulty history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from hsesg_carbon.common_factors import CommonFactors
from hsesg_carbon.disturbances import LASTING, Disturbance, Limits, Projected, Search, column
from hsesg_carbon.errors import InputError
from hsesg_carbon.periods import Period

Kind = Literal["degree-days", "shared-weather", "month-of-year", "none"]

ALARMS_PER_YEAR = 0.010
"""False alarms that a sound series may have in a year: 2/3 for single months, 1/3 for levels."""

FEWEST = 6
"""Months with a bill below which there is no baseline."""

FLOOR = 0.015
"""The least relative standard deviation that bills are credited with: a reading half a day off is 1.6 % of a month."""

_NEW_YEARS = (
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 "
    "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 "
    "2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"
)
"""First days of the Chinese year (Hong Kong Observatory, Gregorian-lunar calendar conversion tables)."""

_HOLIDAY = 7
_WORKDAYS = 5
_BIG = 1e3
_YEAR = 12
_GROSS = 6.0
_GROSS_SPREAD = 0.1
_GROSS_LEAST = 0.4
_NEAR_ZERO = 0.02
_TREND = 0.08
_DOUBT = 1.5
"""What each common factor must add to the score: the best of several tries looks better than it is."""

_TINY = 1e-6
_WEEKDAY = 0.5


@dataclass(frozen=True)
class Series:
    """
    The monthly use of one carrier at one site, or of one meter.

    ``months`` are consecutive calendar months, ascending; ``quantities`` are floats in ``unit``, ``None`` where there
    is no bill. ``weather`` holds heating and cooling degree days by month, ``None`` where they are not known. Sites of
    one ``region`` share their weather, known or not; those without a region count as one.

    Raises:
        InputError: The months are not consecutive calendar months, or the lengths differ.
    """

    site: str
    carrier: str
    unit: str
    months: tuple[Period, ...]
    quantities: tuple[float | None, ...]
    weather: tuple[tuple[float, float] | None, ...] | None = None
    region: str | None = None
    meter: str | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.months), len(self.quantities)} | (
            {len(self.weather)} if self.weather is not None else set()
        )
        if len(lengths) > 1:
            raise InputError("series-lengths", site=self.site, carrier=self.carrier)
        numbers = [12 * one.start.year + one.start.month for one in self.months]
        whole = all(one == one.folded() for one in self.months)
        if not whole or numbers != list(range(numbers[0], numbers[0] + len(numbers)) if numbers else []):
            raise InputError("series-months", site=self.site, carrier=self.carrier)


@dataclass(frozen=True)
class Baseline:
    """
    What a series should show each month: expected, low and high, floats in its unit.

    Every month is expected from all other months, without those found to be disturbed, at the level that holds in it. A
    month outside its band departs from the rule; a sound one does so with the chance that ``ALARMS_PER_YEAR`` states.
    ``r2`` and ``cv_rmse`` (percent) are those of ASHRAE Guideline 14, over the months of ``training`` that are not
    disturbed, each foretold from the others. ``spread`` is the relative standard deviation of a month as foretold;
    quantities up to ``least`` are next to nothing and enter no baseline.
    """

    site: str
    carrier: str
    meter: str | None
    unit: str
    kind: Kind
    months: tuple[Period, ...]
    expected: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    training: tuple[Period, Period] | None
    trained: int
    r2: float | None
    cv_rmse: float | None
    disturbances: tuple[Disturbance, ...] = ()
    spread: tuple[float, ...] = ()
    least: float = 0.0


def fit(series: Series, peers: Sequence[Series] = ()) -> Baseline:
    """Return the baseline of one series; ``peers`` of its region lend their weather and their steadiness."""
    return fit_all([series, *peers])[0]


def fit_all(all_series: Sequence[Series]) -> tuple[Baseline, ...]:
    """Return the baseline of every series, in the order given; series of one region inform each other, no others do."""
    regions: dict[str | None, list[int]] = {}
    for place, one in enumerate(all_series):
        regions.setdefault(one.region, []).append(place)
    out: dict[int, Baseline] = {}
    for places in regions.values():
        ordered = sorted(places, key=lambda at: _identity(all_series[at]))
        out.update(zip(ordered, _region([all_series[at] for at in ordered]), strict=True))
    return tuple(out[place] for place in range(len(all_series)))


def _identity(one: Series) -> tuple[Any, ...]:
    return (one.site, one.carrier, one.meter or "", one.unit, one.quantities.__repr__())


@dataclass(frozen=True)
class _Settings:
    """How a noise is made up: month effects against it, carry-over to the next month, holiday, small values."""

    season: float = 0.7
    carried: float = 0.0
    holiday: float = 0.0
    power: float = 1.0


_GRID = tuple(
    _Settings(season, carried, holiday)
    for season in (0.0, 0.7, 2.0)
    for carried in (0.0, 0.35, 0.65)
    for holiday in ((0.0, 0.3) if carried < 0.5 and season else (0.0,))  # noqa: PLR2004
)


@dataclass(frozen=True)
class _Calendar:
    """What the months of a series are, as arrays of shape ``(n,)`` and ``(n, n)``."""

    days: Any
    years: Any
    same_month: Any
    near_month: Any
    apart: Any
    holiday: Any
    fixed: Any


@lru_cache(512)
def _calendar(months: tuple[Period, ...]) -> _Calendar:
    days = np.array([one.days for one in months], dtype=float)
    number = np.array([one.start.month for one in months])
    place = np.arange(len(months))
    between = np.abs(number[:, None] - number)
    workdays = [sum((one.start.weekday() + at) % 7 < _WORKDAYS for at in range(one.days)) for one in months]
    free = np.array(workdays) / days - _WORKDAYS / 7
    return _Calendar(
        days,
        place / _YEAR,
        (between == 0).astype(float),
        np.exp(-2 * np.sin(np.pi * between / _YEAR) ** 2 / 0.7**2),
        np.abs(place[:, None] - place),
        np.array([_holiday_share(one) for one in months]),
        _TREND**2 * np.outer(place, place) / _YEAR**2 + _WEEKDAY**2 * np.outer(free, free),
    )


def _holiday_share(month: Period) -> float:
    """Return the share of a month's days that fall into the week of the Chinese New Year."""
    from datetime import date, timedelta  # noqa: PLC0415

    share = 0
    for text in _NEW_YEARS.split():
        if text.startswith(str(month.start.year)):
            first = date.fromisoformat(text)
            share = sum(month.start <= first + timedelta(days=at - 1) <= month.end for at in range(_HOLIDAY))
    return share / month.days


@dataclass(frozen=True)
class _Data:
    """A series as arrays: use per day, which months may be used, columns of a rule."""

    series: Series
    calendar: _Calendar
    use: Any
    usable: Any
    least: float
    gross: tuple[Disturbance, ...] = ()

    @property
    def logs(self) -> Any:
        return np.log(np.where(self.usable, self.use, 1.0))


def _data(series: Series) -> _Data:
    calendar = _calendar(series.months)
    quantities = np.array([np.nan if one is None else one for one in series.quantities], dtype=float)
    use = quantities / calendar.days
    positive = use[use > 0]
    least = _NEAR_ZERO * float(np.median(positive)) if len(positive) else 0.0
    usable = np.isfinite(use) & (use > least)
    data = _Data(series, calendar, np.where(usable, use, 1.0), usable, least * float(np.median(calendar.days)))
    if usable.sum() < FEWEST:
        return data
    return replace(data, gross=_gross(data))


def _gross(data: _Data) -> tuple[Disturbance, ...]:
    """Return what is wrong by so much that no rule is needed to see it, so that it cannot bend one."""
    calendar, usable = data.calendar, data.usable
    covariance = 0.7**2 * calendar.near_month + 0.1**2 * calendar.same_month + _GROSS_SPREAD**2 * np.eye(len(usable))
    covariance = covariance + _TREND**2 * np.outer(calendar.years, calendar.years) + np.diag(np.where(usable, 0, _BIG))
    logs = np.where(usable, data.logs - np.median(data.logs[usable]), 0.0)
    start = Projected.of(covariance, np.ones((len(usable), 1)), logs)
    scale = max(1.0, start.scale(usable))
    found = Search(start, usable, np.ones(len(usable)), Limits(_GROSS * scale, _GROSS * scale, scale, 1e6)).run()
    return tuple(one for one in found if abs(one.size) > _GROSS_LEAST and one.shape != "late")


def _path(disturbances: Sequence[Disturbance], late: Any) -> Any:
    """Return all that disturbances add, on the logarithmic scale, shape ``(n,)``."""
    out = np.zeros(len(late))
    for one in disturbances:
        out += one.size * column(one, late)
    return out


@dataclass(frozen=True)
class _Rule:
    """The form of a rule: its columns in use per day, shape ``(n, p)``, and whether months of the year are free."""

    kind: Kind
    columns: Any
    free_season: bool
    common: Any = None
    signed: bool = False


@dataclass(frozen=True)
class _Fitted:
    """A rule fitted to a series."""

    data: _Data
    rule: _Rule
    settings: _Settings
    beta: Any
    spread: float
    disturbances: tuple[Disturbance, ...]
    limits: Limits


def _robust_start(data: _Data, rule: _Rule) -> Any:
    """Return coefficients of the columns by iterated reweighting (Tukey's biweight), in relative errors."""
    use = data.use / np.exp(_path(data.gross, np.ones(len(data.use))))
    weight = np.where(data.usable, 1.0, 0.0)
    middle = float(np.median(use[data.usable]))
    beta = np.zeros(rule.columns.shape[1])
    for _ in range(12):
        root = np.sqrt(weight)[:, None]
        beta = np.linalg.lstsq(rule.columns * root, use * root[:, 0], rcond=None)[0]
        beta = _physical(rule, beta, use, root)
        centre = np.maximum(rule.columns @ beta, 0.05 * middle)
        rest = use / centre - 1
        scale = max(1.4826 * float(np.median(np.abs(rest[data.usable]))), FLOOR)
        weight = np.where(data.usable, np.maximum(1 - (rest / (4.7 * scale)) ** 2, 0.0) ** 2, 0.0) / centre**2
        if (weight > 0).sum() <= rule.columns.shape[1]:
            weight = np.where(data.usable, 1.0, 0.0) / centre**2
    return beta


def _physical(rule: _Rule, beta: Any, use: Any, root: Any) -> Any:
    """Drop degree days that would lower the use: nothing heats less because it is colder."""
    if rule.signed or beta.min() >= 0:
        return beta
    from scipy.optimize import nnls  # noqa: PLC0415

    out: Any = nnls(rule.columns * root, use * root[:, 0])[0]
    return out


def _covariance(data: _Data, rule: _Rule, settings: _Settings, centre: Any, spread: float) -> Any:
    """Return the covariance of the logarithms about the rule, shape ``(n, n)``."""
    calendar = data.calendar
    size = np.ones(len(centre))
    if settings.power != 1:
        middle = float(np.median(centre[data.usable]))
        size = np.clip((centre / middle) ** (settings.power - 1), 0.3, 10)
    out = spread**2 * np.outer(size, size) * settings.carried**calendar.apart
    out = out + (settings.season * spread) ** 2 * calendar.same_month
    if rule.free_season:
        out = out + 0.5**2 * calendar.near_month + 0.1**2 * calendar.same_month
    out = out + calendar.fixed
    if settings.holiday:
        out = out + settings.holiday**2 * np.outer(calendar.holiday, calendar.holiday)
    if rule.common is not None:
        out = out + 0.7**2 * np.outer(rule.common, rule.common)
    return out + np.diag(np.where(data.usable, 0.0, _BIG))


def _centre(data: _Data, rule: _Rule, beta: Any) -> Any:
    middle = float(np.median(data.use[data.usable]))
    return np.maximum(rule.columns @ beta, 0.05 * middle)


@dataclass(frozen=True)
class _Around:
    """A series about the current coefficients of a rule, on the logarithmic scale (Gauss-Newton)."""

    state: Projected
    centre: Any
    covariance: Any
    design: Any
    values: Any
    late: Any

    @classmethod
    def of(cls, data: _Data, rule: _Rule, settings: _Settings, beta: Any, spread: float) -> "_Around":
        centre = _centre(data, rule, beta)
        common = 0.0 if rule.common is None else rule.common
        values = np.where(data.usable, data.logs - np.log(centre) - common, 0.0)
        design = rule.columns / centre[:, None]
        covariance = _covariance(data, rule, settings, centre, spread)
        late = np.median(centre * data.calendar.days) / (centre * data.calendar.days)
        return cls(Projected.of(covariance, design, values), centre, covariance, design, values, late)

    def known(self, disturbances: Sequence[Disturbance]) -> Projected:
        """Return the series with disturbances projected out as well."""
        state = self.state
        for one in disturbances:
            state = state.without(column(one, self.late))
        return state


def _fit_rule(
    data: _Data,
    rule: _Rule,
    settings: _Settings,
    *,
    start: "_Fitted | None" = None,
    peers: tuple[float, float] | None = None,
    rounds: int = 2,
) -> _Fitted:
    """Fit a rule: search disturbances, then coefficients and spread without them, a few times over."""
    beta = _robust_start(data, rule) if start is None else start.beta
    found: tuple[Disturbance, ...] = data.gross if start is None else start.disturbances
    spread = _first_spread(data, rule, beta) if start is None else start.spread
    limits = Limits(0.0, 0.0)
    for turn in range(rounds):
        around = _Around.of(data, rule, settings, beta, spread)
        limits = _limits(data, rule, spread, peers)
        search = Search(around.state, data.usable, around.late, limits)
        found = search.unmasked(found) if start is None and turn == 0 else search.run(found)
        scale = around.known(found).scale(data.usable, limits.prior, limits.weight)
        beta = _refined(data, rule, beta, around, found)
        spread = max(spread * scale, FLOOR)
    return _Fitted(data, rule, settings, beta, spread, found, limits)


def _first_spread(data: _Data, rule: _Rule, beta: Any) -> float:
    rest = data.logs - np.log(_centre(data, rule, beta)) - _path(data.gross, np.ones(len(data.use)))
    rest = rest[data.usable]
    return float(np.clip(1.4826 * np.median(np.abs(rest - np.median(rest))), FLOOR, 0.08))


def _refined(data: _Data, rule: _Rule, beta: Any, around: _Around, found: Sequence[Disturbance]) -> Any:
    """Return the coefficients by generalised least squares, the disturbances as columns beside them."""
    beside = [column(one, around.late) for one in found]
    whole = np.column_stack([around.design, *beside]) if beside else around.design
    values = around.values + np.where(data.usable, (rule.columns @ beta) / around.centre, 0.0)
    root = np.linalg.cholesky(around.covariance)
    left, right = np.linalg.solve(root, whole), np.linalg.solve(root, values)
    both = np.linalg.lstsq(left, right, rcond=1e-10)[0]
    new = both[: len(beta)]
    if not rule.signed and new.min() < 0:
        from scipy.optimize import nnls  # noqa: PLC0415

        new = nnls(left[:, : len(beta)], right - left[:, len(beta) :] @ both[len(beta) :])[0]
    return new


def _limits(data: _Data, rule: _Rule, spread: float, peers: tuple[float, float] | None) -> Limits:
    """Return the limits that keep to the stated rate of false alarms, by Student's t at the freedom that there is."""
    prior, weight = (1.0, 0.0) if peers is None else (peers[0] / spread, peers[1])
    freedom = max(float(data.usable.sum()) - rule.columns.shape[1] - 2, 2.0) + weight
    return Limits(*_quantiles(round(freedom, 1)), prior, weight)


@lru_cache(4096)
def _quantiles(freedom: float) -> tuple[float, float]:
    """Return the limits of single values and of levels, two-sided; a level is looked for in a few places at once."""
    from scipy.special import stdtrit  # noqa: PLC0415

    single = float(stdtrit(freedom, 1 - ALARMS_PER_YEAR * 2 / 3 / _YEAR / 2))
    return single, float(stdtrit(freedom, 1 - ALARMS_PER_YEAR / 3 / _YEAR / 6))


def _score(fitted: _Fitted, settings: _Settings, floor: float = FLOOR) -> float:
    """
    Return how well each month is foretold from the others: the logarithmic score, in which no month counts beyond 3 sd.

    A disturbance costs as much as a month at that cap, so that a poor rule gains nothing by calling months disturbed.
    """
    data = fitted.data
    state = _Around.of(data, fitted.rule, settings, fitted.beta, fitted.spread).known(fitted.disturbances)
    judged = data.usable & (state.matrix.diagonal() > _TINY)
    scale = max(state.scale(data.usable), floor / fitted.spread)
    variance = scale**2 / state.matrix.diagonal()[judged]
    error = state.values[judged] / state.matrix.diagonal()[judged]
    capped = np.minimum(error**2 / variance, 9.0)
    single = int(data.usable.sum() - judged.sum())
    lost = single * (np.median(np.log(variance)) + 9) + 9 * (len(fitted.disturbances) - single)
    return float(-0.5 * (np.sum(np.log(variance) + capped) + lost))


def _rules(data: _Data) -> list[_Rule]:
    count = len(data.use)
    ones = np.ones((count, 1))
    rules = [_Rule("month-of-year", ones, free_season=True)]
    weather = data.series.weather
    if weather is not None and any(one is not None for one in weather):
        known = np.array([(np.nan, np.nan) if one is None else one for one in weather], dtype=float)
        daily = known / data.calendar.days[:, None]
        rules.append(_Rule("degree-days", np.column_stack([ones, daily]), free_season=False))
    return rules


def _region(all_series: Sequence[Series]) -> list[Baseline]:
    """Return the baselines of the series of one region."""
    every = [_data(one) for one in all_series]
    first = [_first(one) for one in every]
    settled = iter(_settled(_shared([one for one in first if one is not None])))
    return [_baseline(data, None if one is None else next(settled)) for data, one in zip(every, first, strict=True)]


def _first(data: _Data) -> _Fitted | None:
    if data.usable.sum() < FEWEST:
        return None
    tried = [_fit_rule(data, one, _Settings()) for one in _rules(data)]
    return max(tried, key=lambda one: _score(one, one.settings))


def _shared(fitted: Sequence[_Fitted]) -> list[_Fitted]:
    """Let series without weather learn it from what their peers have in common, where there are enough of them."""
    best = list(fitted)
    lacking = [at for at, one in enumerate(best) if one.rule.kind != "degree-days"]
    scores = {at: _score(best[at], best[at].settings) for at in lacking}
    for count in _counts(len(best)) if lacking else ():
        panel, span = _panel(best)
        factors = CommonFactors.of(panel, count)
        for at in lacking:
            data = best[at].data
            rows = [span[month] for month in data.series.months]
            rule = _Rule("shared-weather", factors.without(at)[rows], free_season=False, signed=True)
            one = _fit_rule(data, rule, _Settings())
            if (score := _score(one, one.settings) - _DOUBT * count) > scores[at]:
                best[at], scores[at] = one, score
    return best


def _counts(series: int) -> tuple[int, ...]:
    """Return how many factors to try, in which order: few and safe ones first, so that levels are known before more."""
    most = min(4, (series - 2) // 2)
    return {1: (1,), 2: (1, 2), 3: (2, 3), 4: (2, 4, 3)}.get(most, ())


def _panel(fitted: Sequence[_Fitted]) -> tuple[Any, dict[Period, int]]:
    """Return use per day over its median by series and month, without what is known to be disturbed."""
    months = sorted({month for one in fitted for month in one.data.series.months})
    span = {month: at for at, month in enumerate(months)}
    panel = np.full((len(fitted), len(months)), np.nan)
    for row, one in zip(panel, fitted, strict=True):
        data = one.data
        use = data.use / np.exp(
            _path([two for two in one.disturbances if two.shape in LASTING], np.ones(len(data.use)))
        )
        use = np.where(data.usable, use / np.median(use[data.usable]), np.nan)
        row[[span[month] for month in data.series.months]] = use
    return panel, span


def _settled(fitted: Sequence[_Fitted]) -> list[_Fitted]:
    """Choose the noise of every series, with its peers' scores as a prior, pool the spreads and search for good."""
    rough = [_fit_rule(one.data, one.rule, settings, start=one, rounds=1) for one, settings in _chosen(fitted)]
    peers = _pooled([one.spread for one in rough], [float(one.data.usable.sum()) - 6 for one in rough])
    return [_fit_rule(one.data, one.rule, one.settings, peers=peers, start=one) for one in rough]


def _chosen(fitted: Sequence[_Fitted]) -> list[tuple[_Fitted, _Settings]]:
    if not fitted:
        return []
    scores = np.array([[_score(one, settings) for settings in _GRID] for one in fitted])
    scores = scores - scores.max(axis=1, keepdims=True)
    shared = scores.sum(axis=0)
    out = []
    for one, own in zip(fitted, scores, strict=True):
        others = (shared - own) / max(len(fitted) - 1, 1)
        out.append((one, _GRID[int((own + others).argmax())]))
    return out


def _pooled(spreads: Sequence[float], freedom: Sequence[float]) -> tuple[float, float] | None:
    """Return the typical spread of peers and what it is worth in months (Smyth 2004, by moments of the logarithm)."""
    from scipy.special import digamma, polygamma  # noqa: PLC0415

    if len(spreads) < 3:  # noqa: PLR2004
        return None
    half = np.maximum(np.array(freedom), 2.0) / 2
    logs = 2 * np.log(np.array(spreads)) - digamma(half) + np.log(half)
    between = float(np.var(logs, ddof=1) - np.mean(polygamma(1, half)))
    worth = 60.0
    if between > 0:
        lower, upper = 0.2, 200.0
        for _ in range(60):
            middle = (lower * upper) ** 0.5
            lower, upper = (middle, upper) if polygamma(1, middle / 2) > between else (lower, middle)
        worth = min(lower, 60.0)
    typical = float(np.exp(0.5 * (np.mean(logs) + digamma(worth / 2) - np.log(worth / 2))))
    return typical, worth


def _baseline(data: _Data, fitted: _Fitted | None) -> Baseline:
    series = data.series
    empty = (None,) * len(series.months)
    named = (series.site, series.carrier, series.meter, series.unit)
    if fitted is None:
        return Baseline(*named, "none", series.months, empty, empty, empty, None, 0, None, None, least=data.least)
    return _banded(named, fitted)


def _banded(named: tuple[str, str, str | None, str], fitted: _Fitted) -> Baseline:
    """Foretell every month from all others that are not disturbed, at the level that holds in it."""
    sound = fitted.data.usable.copy()
    for one in fitted.disturbances:
        if one.shape in {"single", "late"}:
            sound[one.first : one.first + (2 if one.shape == "late" else 1)] = False
    data = replace(fitted.data, usable=sound)
    around = _Around.of(data, fitted.rule, fitted.settings, fitted.beta, fitted.spread)
    state = around.known([one for one in fitted.disturbances if one.shape in LASTING])
    diagonal = np.maximum(state.matrix.diagonal(), 1e-12)
    common = 0.0 if fitted.rule.common is None else fitted.rule.common
    foretold = around.values - state.values / diagonal + np.log(around.centre) + common
    spread = np.sqrt(np.maximum(1 / diagonal - np.where(sound, 0.0, _BIG), fitted.spread**2))
    return _as_baseline(named, fitted, sound, foretold, spread)


def _as_baseline(
    named: tuple[str, str, str | None, str], fitted: _Fitted, sound: Any, foretold: Any, spread: Any
) -> Baseline:
    data = fitted.data
    expected = np.exp(foretold) * data.calendar.days
    months = data.series.months
    places = np.flatnonzero(data.usable)
    actual = (data.use * data.calendar.days)[sound]
    error = actual - expected[sound]
    total = float(np.sum((actual - actual.mean()) ** 2))
    freedom = max(len(actual) - fitted.rule.columns.shape[1], 1)
    factor = np.exp(fitted.limits.single * spread)
    return Baseline(
        *named,
        fitted.rule.kind,
        months,
        tuple(map(float, expected)),
        tuple(map(float, expected / factor)),
        tuple(map(float, expected * factor)),
        (months[places[0]], months[places[-1]]),
        len(actual),
        1 - float(np.sum(error**2)) / total if total > 0 else None,
        100 * float(np.sqrt(np.sum(error**2) / freedom)) / float(actual.mean()),
        fitted.disturbances,
        tuple(map(float, spread)),
        data.least,
    )
