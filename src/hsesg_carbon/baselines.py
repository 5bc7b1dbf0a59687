"""Energy baselines (EnB): what a meter or bill should show each month, with a band, in spite of faulty history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from hsesg_carbon.common_factors import CommonFactors
from hsesg_carbon.disturbances import LASTING, Disturbance, Odds, Projected, Search, column
from hsesg_carbon.errors import InputError
from hsesg_carbon.periods import Period

Kind = Literal["degree-days", "shared-weather", "month-of-year", "none"]

FEWEST = 6
"""Months with a bill below which there is no baseline."""

FLOOR = 0.004
"""The least relative standard deviation that bills are credited with: readings are rounded, and hours early or late."""

_NEW_YEARS = (
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 "
    "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 "
    "2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"
)
"""First days of the Chinese year (Hong Kong Observatory, Gregorian-lunar calendar conversion tables)."""

_FADES = 0.7
_HOLIDAY = 7
_WORKDAYS = 5
_BIG = 1e3
_YEAR = 12
_GROSS = 20.0
_GROSS_SPREAD = 0.1
_GROSS_LEAST = 0.4
_NEAR_ZERO = 0.02
_TREND = 0.08
_DOUBT = 1.5
"""What each common factor must add to the score: the best of several tries looks better than it is."""

_COST = 7.8
"""
Twice the logarithm of the odds against a disturbance in a month.

Chosen on simulations other than those of the published scores, for less than 0.1 false alarms per site in four years
where sites have degree days and three faults each.
"""

_SIZE = 0.2
"""Usual size of what people want to know of, as a logarithm; much smaller ones need not be told from noise."""

_USUAL = 0.025, 4.0
"""The relative standard deviation of a series without peers, and what this is worth in months."""

_UNKNOWN = 0.15
"""How much a month may be off whose degree days are not known, where use follows them."""

_STEADY = 8.0
"""Months that speak for a noise as wide in all seasons."""

_WIDEST = 5.0
_PEERS = 5
_TOGETHER = 0.2
_SPELL = 6
_FAR = 2.0
_TINY = 1e-6
_WEEKDAY = 0.5

_BALANCE = 1.5
"""How far the balance temperature of a building lies from that of the degree days, usually. [degrees]"""

_DAYS = 2.5
"""Degree days per day at which two thirds of the days are beyond the balance temperature. [degrees]"""

_VARIES = 0.03
"""Standard deviation of the logarithm of what a rule foretells, beyond which use follows the weather."""

_ALIKE = 6
"""Peers that follow the weather, with fewer of which what they have in common cannot be told from chance."""

_CLIPPED = 2.5
"""Standard deviations beyond which a departure is a fault and says nothing of the weather."""

_EDGE = 0.9
"""Share of what chance alone puts into the strongest direction from which on a direction is held common to all."""


@dataclass(frozen=True)
class Series:
    """
    The monthly use of one carrier at one site, or of one meter.

    ``months`` are consecutive calendar months, ascending; ``quantities`` are floats in ``unit``, ``None`` where there
    is no bill. ``weather`` holds heating and cooling degree days by month, ``None`` where they are not known. Sites of
    one ``region`` share their weather, known or not; those without a region share no weather, only how steady they are.

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
    month outside its band departs from the rule; a sound one does so about once in forty years.
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
    """
    How a noise is made up: month effects against it, the share that is slow, and the week of the New Year.

    The slow part fades by 0.7 from month to month: occupancy and habits.
    """

    season: float = 0.7
    slow: float = 0.0
    holiday: float = 0.0


_GRID = tuple(
    _Settings(season, slow, holiday) for season in (0.0, 0.7, 2.0) for slow in (0.0, 0.3, 0.7) for holiday in (0.0, 0.2)
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
    """A series as arrays: use per day, which months may be used, columns of a rule, what it shares beyond the rule."""

    series: Series
    calendar: _Calendar
    use: Any
    usable: Any
    least: float
    daily: Any
    unknown: Any
    widened: Any
    common: Any
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
    small = least * float(np.median(calendar.days))
    data = _Data(
        series, calendar, np.where(usable, use, 1.0), usable, small, *_weather(series, calendar), np.ones(len(use)), 0.0
    )
    if usable.sum() < FEWEST:
        return data
    return replace(data, gross=_gross(data))


def _weather(series: Series, calendar: _Calendar) -> tuple[Any, Any]:
    """Return degree days per day, shape ``(n, 2)``, and where they are only the usual ones of the month of the year."""
    count = len(series.months)
    given = [None] * count if series.weather is None else series.weather
    daily = np.array([(np.nan, np.nan) if one is None else one for one in given]) / calendar.days[:, None]
    unknown = ~np.isfinite(daily).all(axis=1)
    for place in np.flatnonzero(unknown) if not unknown.all() else ():
        like = (calendar.near_month[place] * ~unknown) ** 4 + _TINY * ~unknown
        daily[place] = like[~unknown] @ daily[~unknown] / like.sum()
    return daily, unknown


def _gross(data: _Data) -> tuple[Disturbance, ...]:
    """Return what is wrong by so much that no rule is needed to see it, so that it cannot bend one."""
    calendar, usable = data.calendar, data.usable
    covariance = 0.7**2 * calendar.near_month + 0.1**2 * calendar.same_month + _GROSS_SPREAD**2 * np.eye(len(usable))
    covariance = covariance + _TREND**2 * np.outer(calendar.years, calendar.years) + np.diag(np.where(usable, 0, _BIG))
    logs = np.where(usable, data.logs - np.median(data.logs[usable]), 0.0) / _GROSS_SPREAD
    start = Projected.of(covariance / _GROSS_SPREAD**2, np.ones((len(usable), 1)), logs)
    odds = Odds(_GROSS, 3 / _GROSS_SPREAD, weight=1)
    found = Search(start, usable, np.ones(len(usable)), odds, float(usable.sum()) - 1).run()
    sized = [replace(one, size=one.size * _GROSS_SPREAD) for one in found]
    return tuple(one for one in sized if abs(one.size) > _GROSS_LEAST and one.shape != "late")


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
    odds: Odds
    freedom: float


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


def _covariance(data: _Data, rule: _Rule, settings: _Settings, beta: Any, spread: float) -> tuple[Any, Any]:
    """Return the covariance of the logarithms about the rule, shape ``(n, n)``, and of it that of what is no rule."""
    calendar = data.calendar
    noise = (1 - settings.slow) * np.eye(len(data.use)) + settings.slow * _FADES**calendar.apart
    noise = (noise + settings.season**2 * calendar.same_month) * np.outer(data.widened, data.widened)
    if rule.kind == "degree-days" and data.unknown.any():
        noise = noise + np.diag(np.where(data.unknown, (_UNKNOWN / spread) ** 2, 0.0))
    out = noise + calendar.fixed / spread**2 + np.diag(np.where(data.usable, 0.0, _BIG / spread**2))
    out = out + data.common / spread**2
    if rule.kind == "degree-days":
        out = out + _balance(data, rule, beta) / spread**2
    if rule.free_season:
        out = out + (0.5**2 * calendar.near_month + 0.1**2 * calendar.same_month) / spread**2
    if settings.holiday:
        out = out + (settings.holiday / spread) ** 2 * np.outer(calendar.holiday, calendar.holiday)
    return out, noise


def _balance(data: _Data, rule: _Rule, beta: Any) -> Any:
    """
    Return the covariance, shape ``(n, n)``, of what a balance temperature does that is not that of the degree days.

    A building that heats below 15 degrees needs less than degree days to 18 degrees say: by as many degrees, on as many
    days as it is cold enough. On days whose temperatures scatter, that share of days grows with the degree days per day
    as it does here.
    """
    cold = 1 - np.exp(-data.daily / _DAYS)
    moved = _BALANCE * beta[1:] * cold / _centre(data, rule, beta)[:, None]
    return moved @ moved.T


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
    freedom: float

    @classmethod
    def of(cls, data: _Data, rule: _Rule, settings: _Settings, beta: Any, spread: float) -> "_Around":
        centre = _centre(data, rule, beta)
        values = np.where(data.usable, data.logs - np.log(centre), 0.0) / spread
        design = rule.columns / centre[:, None] / spread
        covariance, noise = _covariance(data, rule, settings, beta, spread)
        late = np.median(centre * data.calendar.days) / (centre * data.calendar.days)
        state = Projected.of(covariance, design, values)
        freedom = max(float((state.matrix * noise)[np.ix_(data.usable, data.usable)].sum()), 2.0)
        return cls(state, centre, covariance, design, values, late, freedom)


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
    freedom = 0.0
    odds = Odds(_COST, _SIZE / spread)
    for _ in range(rounds):
        around = _Around.of(data, rule, settings, beta, spread)
        usual, weight = _USUAL if peers is None else peers
        odds = Odds(_COST, _SIZE / spread, usual / spread, weight)
        freedom = around.freedom
        search = Search(around.state, data.usable, around.late, odds, freedom, data.gross)
        found = search.run()
        scale = search.scale(search.project(found))
        beta = _refined(data, rule, beta, around, found)
        found = tuple(replace(one, size=one.size * spread) for one in found)
        spread = max(spread * scale, FLOOR)
    return _Fitted(data, rule, settings, beta, spread, found, odds, freedom + odds.weight)


def _first_spread(data: _Data, rule: _Rule, beta: Any) -> float:
    rest = data.logs - np.log(_centre(data, rule, beta)) - _path(data.gross, np.ones(len(data.use)))
    rest = rest[data.usable]
    return float(np.clip(1.4826 * np.median(np.abs(rest - np.median(rest))), FLOOR, 0.08))


def _refined(data: _Data, rule: _Rule, beta: Any, around: _Around, found: Sequence[Disturbance]) -> Any:
    """Return the coefficients by generalised least squares, the disturbances as columns beside them."""
    beside = [column(one, around.late) for one in found]
    whole = np.column_stack([around.design, *beside]) if beside else around.design
    values = around.values + np.where(data.usable, around.design @ beta, 0.0)
    root = np.linalg.cholesky(around.covariance)
    left, right = np.linalg.solve(root, whole), np.linalg.solve(root, values)
    both = np.linalg.lstsq(left, right, rcond=1e-10)[0]
    new = both[: len(beta)]
    if not rule.signed and new.min() < 0:
        from scipy.optimize import nnls  # noqa: PLC0415

        new = nnls(left[:, : len(beta)], right - left[:, len(beta) :] @ both[len(beta) :])[0]
    return new


def _score(fitted: _Fitted, settings: _Settings) -> float:
    """
    Return how well each month is foretold from the others: the logarithmic score, in which no month counts beyond 3 sd.

    A disturbance costs as much as a month at that cap, so that a poor rule gains nothing by calling months disturbed.
    """
    data, spread = fitted.data, fitted.spread
    around = _Around.of(data, fitted.rule, settings, fitted.beta, spread)
    search = Search(
        around.state, data.usable, around.late, Odds(_COST, 10 * _SIZE / spread), fitted.freedom, data.gross
    )
    state = search.project(fitted.disturbances)
    diagonal = state.matrix.diagonal()
    judged = data.usable & (diagonal > (spread / _SIZE) ** 2 / 2)
    if not judged.any():
        return -1e6
    error = state.values[judged] / diagonal[judged]
    scale = max(float(np.mean(np.minimum(error**2 * diagonal[judged], 9.0))), (FLOOR / spread) ** 2)
    variance = scale * spread**2 / diagonal[judged]
    capped = np.minimum((error * spread) ** 2 / variance, 9.0)
    single = int(data.usable.sum() - judged.sum())
    lost = single * (np.median(np.log(variance)) + 9) + 9 * (len(fitted.disturbances) - single)
    return float(-0.5 * (np.sum(np.log(variance) + capped) + lost))


def _rule(data: _Data) -> _Rule:
    """Return the rule to begin with: degree days where they are known, else the months of the year."""
    ones = np.ones((len(data.use), 1))
    if data.unknown.all():
        return _Rule("month-of-year", ones, free_season=True)
    return _Rule("degree-days", np.column_stack([ones, data.daily]), free_season=False)


def _region(all_series: Sequence[Series]) -> list[Baseline]:
    """Return the baselines of the series of one region."""
    every = [_data(one) for one in all_series]
    first = [_first(one) for one in every]
    settled = iter(_settled(_shared([one for one in first if one is not None])))
    return [_baseline(data, None if one is None else next(settled)) for data, one in zip(every, first, strict=True)]


def _first(data: _Data) -> _Fitted | None:
    if data.usable.sum() < FEWEST:
        return None
    return _fit_rule(data, _rule(data), _Settings())


def _shared(fitted: Sequence[_Fitted]) -> list[_Fitted]:
    """Let series without weather learn it from what their peers have in common, where there are enough of them."""
    best = list(fitted)
    lacking = [at for at, one in enumerate(best) if one.rule.kind != "degree-days"]
    scores = {at: _score(best[at], best[at].settings) for at in lacking}
    alone = any(one.data.series.region is None for one in best)
    for count in _counts(len(best)) if lacking and not alone else ():
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
    """
    Return use per day over its median by series and month, without changed levels.

    What many series share to the same side is left in: it is what they have in common, and no fault of any.
    """
    months = sorted({month for one in fitted for month in one.data.series.months})
    span = {month: at for at, month in enumerate(months)}
    use = np.full((len(fitted), len(months)), np.nan)
    path = np.zeros_like(use)
    for at, one in enumerate(fitted):
        data = one.data
        columns = [span[month] for month in data.series.months]
        use[at, columns] = np.where(data.usable, data.use / np.median(data.use[data.usable]), np.nan)
        lasting = [two for two in one.disturbances if two.shape in LASTING]
        path[at, columns] = _path(lasting, np.ones(len(data.use)))
    for side in (path > 0, path < 0):
        path = np.where(side & (side.mean(axis=0) > _TOGETHER), 0.0, path)
    panel = use / np.exp(path)
    return panel / np.nanmedian(panel, axis=1)[:, None], span


def _settled(fitted: Sequence[_Fitted]) -> list[_Fitted]:
    """Choose the noise of every series, with its peers' scores as a prior, pool the spreads and search for good."""
    rough = [_fit_rule(one.data, one.rule, settings, start=one, rounds=1) for one, settings in _chosen(fitted)]
    rough = [replace(one, data=data) for one, data in zip(rough, _widened(rough), strict=True)]
    rough = [replace(one, data=data) for one, data in zip(rough, _with_common(rough), strict=True)]
    peers = _pooled([one.spread for one in rough], [one.freedom - one.odds.weight for one in rough])
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


def _widened(fitted: Sequence[_Fitted]) -> list[_Data]:
    """
    Return the data, where the weather is not known with wider noise in what can be foretold less.

    Where a fifth of the peers depart in the same month to the same side, it was the weather, and no fault of any.
    """
    apart = [_apart(one, _SPELL) for one in fitted]
    span = sorted({month for one in fitted for month in one.data.series.months})
    place = {month: at for at, month in enumerate(span)}
    panel = np.full((len(fitted), len(span)), np.nan)
    for row, one, own in zip(panel, fitted, apart, strict=True):
        row[[place[month] for month in one.data.series.months]] = own
    out = []
    for at, (one, own) in enumerate(zip(fitted, apart, strict=True)):
        data = one.data
        if one.rule.kind == "degree-days":
            out.append(data)
            continue
        peers = np.delete(panel, at, 0)[:, [place[month] for month in data.series.months]]
        together = np.array([_together(month) for month in peers.T])
        near = data.calendar.near_month**2 * np.isfinite(own)
        level = np.nan_to_num(_apart(one, 0))
        season = (_STEADY + near @ np.minimum(level**2, 9.0)) / (_STEADY + near.sum(axis=1))
        wide = season if one.rule.free_season else np.ones(len(own))
        out.append(replace(data, widened=np.sqrt(np.maximum(wide, together**2))))
    return out


def _with_common(fitted: Sequence[_Fitted]) -> list[_Data]:
    """
    Return the data, with the covariance of what the peers have in common beyond the rule.

    Degree days do not say that a hot month was humid as well, but all sites of the region felt it that cool.
    """
    driven = [at for at, one in enumerate(fitted) if one.data.series.region is not None and _varies(one)]
    span = sorted({month for at in driven for month in fitted[at].data.series.months})
    place = {month: at for at, month in enumerate(span)}
    columns = {at: [place[month] for month in fitted[at].data.series.months] for at in driven}
    panel = np.zeros((len(driven), len(span)))
    for row, at in zip(panel, driven, strict=True):
        row[columns[at]] = np.clip(np.nan_to_num(_apart(fitted[at], _SPELL)), -_CLIPPED, _CLIPPED)
    out = [one.data for one in fitted]
    for own, at in enumerate(driven):
        common = _common(np.delete(panel, own, 0)[:, columns[at]])
        out[at] = replace(out[at], common=fitted[at].spread ** 2 * common)
    return out


def _varies(one: _Fitted) -> bool:
    """Say whether use follows the weather, known or shared."""
    centre = np.log(_centre(one.data, one.rule, one.beta))
    return one.rule.kind in {"degree-days", "shared-weather"} and float(np.std(centre)) > _VARIES


def _common(panel: Any) -> Any:
    """
    Return the covariance, shape ``(t, t)``, of what the rows of a panel of departures, shape ``(n, t)``, share.

    Only directions that stand out from chance count (Marchenko and Pastur 1967), each with as much as is likely behind
    it (Baik and Silverstein 2006). Both in standard deviations.
    """
    count, months = panel.shape
    out = np.zeros((months, months))
    squares = float(np.mean(panel**2)) if panel.size else 0.0
    if count < _ALIKE or squares < _TINY:
        return out
    _, singular, directions = np.linalg.svd(panel / squares**0.5, full_matrices=False)
    ratio = months / count
    for value, direction in zip(singular**2 / count, directions, strict=True):
        if value <= _EDGE * (1 + ratio**0.5) ** 2:
            break
        middle = value + 1 - ratio
        behind = (middle + max(middle**2 - 4 * value, 0.0) ** 0.5) / 2 - 1
        out += max(behind, 0.0) * np.outer(direction, direction)
    return squares * out


def _together(apart: Any) -> float:
    """Return by how much more than usual a fifth of the peers depart to the same side; 1 where they are few."""
    known = apart[np.isfinite(apart)]
    if len(known) < _PEERS:
        return 1.0
    far = max(np.quantile(known, 0.8), np.quantile(-known, 0.8))
    return float(far) if far > _FAR else 1.0


def _apart(fitted: _Fitted, longer: int) -> Any:
    """
    Return how far each month is from what the others foretell, in standard deviations; NaN where it is not known.

    Changed levels are known, if they last longer than so many months.
    """
    around = _Around.of(fitted.data, fitted.rule, fitted.settings, fitted.beta, fitted.spread)
    lasting = [one for one in fitted.disturbances if one.shape in LASTING and one.after - one.first > longer]
    search = Search(around.state, fitted.data.usable, around.late, fitted.odds, around.freedom, fitted.data.gross)
    state = search.project(lasting)
    out = state.values / np.sqrt(np.maximum(state.matrix.diagonal(), _TINY))
    return np.where(fitted.data.usable, out, np.nan)


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
        if one.shape not in LASTING:
            sound[one.first : one.after] = False
    data, unit = replace(fitted.data, usable=sound), fitted.spread
    around = _Around.of(data, fitted.rule, fitted.settings, fitted.beta, unit)
    state = around.state
    for one in fitted.disturbances:
        if one.shape in LASTING:
            state = state.without(column(one, around.late), _BIG)
    diagonal = np.maximum(state.matrix.diagonal(), 1e-12)
    foretold = (around.values - state.values / diagonal) * unit + np.log(around.centre)
    spread = unit * np.sqrt(np.maximum(1 / diagonal - np.where(sound, 0.0, _BIG / unit**2), 1.0))
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
    limit = replace(fitted.odds, size=_SIZE).limit(spread, fitted.freedom)
    factor = np.exp(np.minimum(limit * spread, _WIDEST))
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
