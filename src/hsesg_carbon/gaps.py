"""Gaps: days without a bill, filled by a named method where the workspace says so, and how far that may be off."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import percentages, units
from hsesg_carbon.activities import Bill
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.intensity import Denominator, ruling_denominators
from hsesg_carbon.messages import LANGUAGES, both, message
from hsesg_carbon.monitoring import Weather, weather_of
from hsesg_carbon.months import Completeness, SeriesKey
from hsesg_carbon.periods import Period, months_later, months_of, period_names
from hsesg_carbon.shown import number
from hsesg_carbon.sites import Site
from hsesg_carbon.spreads import TAIL, Spread
from hsesg_carbon.tables import read_record

FILE = "gaps.toml"
AREA = "floor_area"
"""The denominator of sites that ``per-area`` goes by."""

Method = Literal["interpolation", "same-month-last-year", "per-area", "degree-days"]
NOTES: dict[Method, str] = {
    "interpolation": "gap-note-interpolation",
    "same-month-last-year": "gap-note-same-month",
    "per-area": "gap-note-per-area",
    "degree-days": "gap-note-degree-days",
}
_FEWEST_CHECKS = 3
"""Months that a method must be tried on before its error is stated."""

_FINEST = Decimal("0.001")
"""Percent below which an error is not told: the floats that it is computed with say no more."""

_MONTHS = 12
_PLACES = 6
_PER_TERM = 2
"""Months needed for each coefficient of a regression."""

Known = Mapping[Period, Fraction]
"""What a series used in each month of which that is known."""


class Fill(BaseModel):
    """
    Which gaps are filled, and how: a ``[[fill]]`` of ``gaps.toml``. The first that fits a gap rules.

    ``site``, ``activity``, ``meter`` and ``month`` are patterns, such as ``2024-0*``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str = "*"
    activity: str
    meter: str = "*"
    month: str = "*"
    method: Method
    reason: str = Field(min_length=1)

    def fits(self, key: SeriesKey, month: Period) -> bool:
        """Say whether it is about a gap."""
        pairs = zip((*key, month.label), (self.site, self.activity, self.meter, self.month), strict=True)
        return all(fnmatchcase(one, like) for one, like in pairs)


class GapRules(BaseModel):
    """What is filled and how: the content of ``gaps.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fill: tuple[Fill, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> "GapRules":
        """Read ``gaps.toml``; every key that does not fit is named in one ``InputError``."""
        return read_record(path, cls)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a method says of a month: use per day, the months that it rests on, and the numbers of its arithmetic."""

    per_day: Fraction
    months: tuple[Period, ...]
    numbers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A row that stands for days without a bill: its quantity, what it rests on, and how far it may be off.

    ``half_width`` is the half-width of the 95 % interval in percent of the quantity, ``None`` where the method could
    not be tried on enough months; ``checks`` says on how many it was. ``rule`` is the place of its ``[[fill]]``.
    """

    id: str
    key: SeriesKey
    month: Period
    period: Period
    quantity: Fraction
    unit: str
    region: str
    technology: str
    rule: int
    method: Method
    reason: str
    note: dict[str, str]
    half_width: Decimal | None
    checks: int

    @property
    def spread(self) -> Spread | None:
        """How far it may lie from its estimate, as a multiple of it."""
        share = None if self.half_width is None else float(self.half_width) / 100
        return None if share is None else Spread(1 - share, 1 + share, "normal")

    @property
    def origin(self) -> str:
        """Where its spread is known from, in words."""
        return message("gap-origin", "en", file=FILE, rule=self.rule, method=self.method, checks=self.checks)

    def cells(self) -> dict[str, str]:
        """Return it as a row of activity data, all cells as text."""
        return {
            "activity_id": self.id,
            "site": self.key.site,
            "period": self.period.label,
            "period_start": self.period.start.isoformat(),
            "period_end": self.period.end.isoformat(),
            "activity": self.key.activity,
            "quantity": units.exact_text(self.quantity),
            "unit": self.unit,
            "meter": self.key.meter,
            "region": self.region,
            "technology": self.technology,
            "quality": "estimated",
            "evidence": self.reason,
            "note": " | ".join(self.note[lang] for lang in LANGUAGES),
            "origin_file": FILE,
            "filled": self.id,
        }


@dataclass(frozen=True)
class GapFilling:
    """
    The gaps of a matrix, filled by the rules of ``gaps.toml``: never over a day that has a bill.

    Args:
        completeness: The bills as they came, and where they are missing.
        rules: Which gaps are filled by which method.
        sites: The sites, with their regions.
        areas: Floor areas of sites, as denominators with a site.
        weather: Degree days by site or region and month.

    Raises:
        InputError: From ``filled``: a method cannot be applied to a gap that its rule names, all of them at once.
    """

    completeness: Completeness = field(repr=False)
    rules: GapRules
    sites: Sequence[Site] = field(repr=False)
    areas: Sequence[Denominator] = field(default=(), repr=False)
    weather: Sequence[Weather] = field(default=(), repr=False)

    @cached_property
    def filled(self) -> tuple[Filled, ...]:
        """The rows that fill the gaps, by series and month."""
        found: list[Filled] = []
        problems: list[Finding] = []
        for key, month, spans in self.completeness.missing():
            rule = next((place for place, one in enumerate(self.rules.fill, 1) if one.fits(key, month)), 0)
            if not rule:
                continue
            try:
                found += self._rows(key, month, spans, rule)
            except CarbonError as error:
                why = both(error.code, **error.data)
                method = self.rules.fill[rule - 1].method
                told = {"rule": rule, "method": method, "meter": key.meter or "–", "month": month.label, "why": why}
                data = {"site": key.site, "activity": key.activity, **told}
                problems.append(Finding(code="gap-not-filled", severity="error", where=Where(file=FILE), data=data))
        if problems:
            raise InputError("gaps-broken", problems, file=FILE, count=len(problems))
        return tuple(found)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Say what was filled, how much of the whole it is and how far it may be off; and which rules fill nothing."""
        by_series: dict[tuple[SeriesKey, int, int], list[Filled]] = {}
        for one in self.filled:
            by_series.setdefault((one.key, one.period.start.year, one.rule), []).append(one)
        told = [self._told(key, year, own) for (key, year, _), own in by_series.items()]
        used = {one.rule for one in self.filled}
        for place, rule in enumerate(self.rules.fill, 1):
            if place not in used:
                data = {"rule": place, "activity": rule.activity, "site": rule.site, "method": rule.method}
                told.append(Finding(code="gap-rule-idle", severity="warning", where=Where(file=FILE), data=data))
        return tuple(told)

    # ---------------------------------------------------------------------------------------------- inside

    def _told(self, key: SeriesKey, year: int, own: Sequence[Filled]) -> Finding:
        unit = own[0].unit
        quantity = sum((one.quantity for one in own), Fraction(0))
        whole = quantity + _used(self.completeness.bills, key, year, unit)
        widths = sorted(one.half_width for one in own if one.half_width is not None)
        known = [f"±{_plain(one)} %" for one in dict.fromkeys((widths[0], widths[-1]))] if widths else []
        unknown = both("label.gap-error-unknown")
        data = {
            "site": key.site,
            "activity": key.activity,
            "meter": key.meter or "–",
            "year": year,
            "count": len(own),
            "months": period_names(one.month for one in own),
            "quantity": units.exact_text(quantity),
            "unit": unit,
            "percent": number(percentages.part(quantity, whole)),
            "method": own[0].method,
            "rule": own[0].rule,
            "uncertainty": " … ".join(known) if len(widths) == len(own) else unknown,
        }
        return Finding(code="gaps-filled", severity="info", where=Where(file=FILE), data=data)

    def _rows(self, key: SeriesKey, month: Period, spans: Sequence[Period], place: int) -> Iterator[Filled]:
        """Yield a row for every stretch of a month without a bill."""
        rule, series = self.rules.fill[place - 1], self._series(key)
        estimate = _METHODS[rule.method](series, month, series.known)
        if estimate.per_day < 0:
            raise InputError("gap-below-zero", value=units.exact_text(estimate.per_day, _PLACES))
        width, checks = series.error(rule.method, month, estimate)
        for period in spans:
            quantity = Fraction(units.half_up(estimate.per_day * period.days, units.grid(series.unit)))
            data = {
                **estimate.numbers,
                "per_day": units.exact_text(estimate.per_day, _PLACES),
                "days": period.days,
                "unit": series.unit,
                "quantity": units.exact_text(quantity),
                "months": period_names(estimate.months),
            }
            cell = series.nearest(period).cell
            name = month.label if period == month else period.start.isoformat()
            yield Filled(
                id=":".join(["gap", *filter(None, key), name]),
                key=key,
                month=month,
                period=period,
                quantity=quantity,
                unit=series.unit,
                region=cell.region,
                technology=cell.technology,
                rule=place,
                method=rule.method,
                reason=rule.reason,
                note=both(NOTES[rule.method], **data),
                half_width=width,
                checks=checks,
            )

    def _series(self, key: SeriesKey) -> "_Series":
        held: _Series | None = self._held.get(key)
        if held is None:
            held = self._held[key] = _Series(self, key)
        return held

    @cached_property
    def _held(self) -> "dict[SeriesKey, _Series]":
        return {}

    @cached_property
    def area_of(self) -> dict[tuple[str, int], Fraction]:
        """The floor area of every site and year, in m2."""
        found = {}
        for site in dict.fromkeys(one.site for one in self.areas if one.site is not None):
            own = [one for one in self.areas if (one.site, one.denominator) == (site, AREA) and one.year is not None]
            for year, one in ruling_denominators(own, AREA).items():
                found[site, year] = Fraction(one.value) * units.ratio(one.unit, "m2")
        return found

    def weather_of(self, site_id: str) -> dict[Period, tuple[Fraction, Fraction]]:
        """Return the heating and cooling degree days of every month at a site: its own rows, else its region's."""
        site = next((one for one in self.sites if one.id == site_id), None)
        return weather_of(self.weather, site) if site else {}

    def use_of(self, site: str, activity: str, month: Period, unit: str) -> Fraction | None:
        """Return what a site used of an activity in a month, over all its meters; ``None`` where some is not known."""
        total: Fraction | None = None
        for key in self.keys_of[site, activity]:
            cell = self.completeness.cell(key, month)
            if cell is None or cell.status == "not-expected":
                continue
            used = self.known_of(key, unit).get(month)
            if used is None:
                return None
            total = (total or Fraction(0)) + used
        return total

    @cached_property
    def keys_of(self) -> dict[tuple[str, str], list[SeriesKey]]:
        """The series of every site and activity."""
        found: dict[tuple[str, str], list[SeriesKey]] = {}
        for key in self.completeness.series:
            found.setdefault((key.site, key.activity), []).append(key)
        return found

    def known_of(self, key: SeriesKey, unit: str) -> Known:
        """Return the months of a series that are known, computed once."""
        if (key, unit) not in self._known:
            self._known[key, unit] = self.completeness.known(key, unit)
        return self._known[key, unit]

    @cached_property
    def _known(self) -> dict[tuple[SeriesKey, str], Known]:
        return {}


# -------------------------------------------------------------------------------------------------- private


@dataclass(frozen=True)
class _Series:
    """A series with gaps: what is known of it, and how far a method is off where it is known."""

    filling: GapFilling
    key: SeriesKey
    _errors: dict[Any, tuple[Decimal | None, int]] = field(default_factory=dict)

    @cached_property
    def bills(self) -> list[Bill]:
        return [one for one in self.filling.completeness.series[self.key] if not one.credit]

    @cached_property
    def unit(self) -> str:
        return self.bills[-1].cell.unit

    @cached_property
    def known(self) -> Known:
        return self.filling.known_of(self.key, self.unit)

    @cached_property
    def weather(self) -> dict[Period, tuple[Fraction, Fraction]]:
        return self.filling.weather_of(self.key.site)

    def nearest(self, period: Period) -> Bill:
        """Return the bill next to a period, whose region and technology the period has as well."""
        return min(self.bills, key=lambda one: (abs((one.period.start - period.start).days), one.period))

    def error(self, method: Method, month: Period, estimate: Estimate) -> tuple[Decimal | None, int]:
        """Return the half-width of the method's error in percent, and on how many known months it was tried."""
        around = _distances(month, estimate) if method == "interpolation" else (0, 0)
        alike = (method, around, month if method == "per-area" else None)
        if alike not in self._errors:
            pairs = tuple(self._tried(method, month, around))
            self._errors[alike] = half_width(pairs), len(pairs)
        return self._errors[alike]

    def _tried(self, method: Method, month: Period, around: tuple[int, int]) -> Iterator[tuple[Fraction, Fraction]]:
        """Yield estimate and truth of every known month, estimated as if it were not known."""
        pairs = []
        for one, used in self.known.items():
            hidden = {months_later(one, by) for by in range(-around[0] + 1, around[1])} if around != (0, 0) else {one}
            left = {other: own for other, own in self.known.items() if other not in hidden}
            try:
                found = _METHODS[method](self, one, left)
            except CarbonError:
                continue
            if method != "interpolation" or _distances(one, found) == around:
                pairs.append((found.per_day, used / one.days))
        if method == "per-area" and len(pairs) < _FEWEST_CHECKS:
            pairs = list(_among_peers(self, month))
        yield from pairs


def half_width(pairs: Sequence[tuple[Fraction, Fraction]]) -> Decimal | None:
    """
    Return half the width of the 95 % interval of an estimate in percent of it, from estimates and what was true.

    It is Student's t of as many degrees of freedom as there are pairs, times the root of the mean square of what was
    true over what was estimated, less 1; to three digits. ``None`` with fewer than three pairs.

    Example:
        >>> half_width([(Fraction(100), Fraction(one)) for one in (95, 105, 100, 90, 110)])
        Decimal('18.2')
    """
    if len(pairs) < _FEWEST_CHECKS or any(not estimated and true for estimated, true in pairs):
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  (only who fills needs it)

    squares = [float(true / estimated - 1) ** 2 if estimated else 0.0 for estimated, true in pairs]
    percent = 100 * float(stdtrit(len(pairs), 1 - TAIL)) * math.sqrt(math.fsum(squares) / len(pairs))
    shown = Decimal(f"{percent:.3g}")
    return Decimal(0) if not percent else max(_FINEST, shown)


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _months_apart(first: Period, last: Period) -> int:
    return (last.start.year - first.start.year) * _MONTHS + last.start.month - first.start.month


def _distances(month: Period, estimate: Estimate) -> tuple[int, int]:
    """Return how many months away the neighbours of a month are that were interpolated between."""
    before, after = estimate.months
    return _months_apart(before, month), _months_apart(month, after)


def _middle(month: Period) -> Fraction:
    return Fraction(month.start.toordinal() + month.end.toordinal(), 2)


def _interpolation(series: _Series, month: Period, known: Known) -> Estimate:
    """Use per day on the line between the nearest known months, from the middle of one to that of the other."""
    before = max((one for one in known if one < month), default=None)
    after = min((one for one in known if one > month), default=None)
    if before is None or after is None:
        raise InputError("gap-no-neighbour")
    rates = [known[one] / one.days for one in (before, after)]
    weight = (_middle(month) - _middle(before)) / (_middle(after) - _middle(before))
    shown = [units.exact_text(one, _PLACES) for one in rates]
    numbers = {"before": before.label, "after": after.label, "rate_before": shown[0], "rate_after": shown[1]}
    return Estimate(rates[0] + (rates[1] - rates[0]) * weight, (before, after), numbers)


def _same_month_last_year(series: _Series, month: Period, known: Known) -> Estimate:
    """Use per day a year before, times the ratio of both years over the months that are known in both."""
    last = months_later(month, -_MONTHS)
    if last not in known:
        raise InputError("gap-no-last-year", month=last.label)
    both = [
        (one, past)
        for one in months_of(month.start.year)
        if one != month and one in known and (past := months_later(one, -_MONTHS)) in known
    ]
    sums = [
        sum((known[one] for one in side), Fraction(0)) / sum(one.days for one in side) if side else Fraction(0)
        for side in ([one for one, _ in both], [past for _, past in both])
    ]
    if not sums[1]:
        raise InputError("gap-no-ratio", year=month.start.year, before=month.start.year - 1)
    ratio, rate = sums[0] / sums[1], known[last] / last.days
    numbers = {
        "last": last.label,
        "rate_last": units.exact_text(rate, _PLACES),
        "ratio": units.exact_text(ratio, _PLACES),
        "year": month.start.year,
        "before": month.start.year - 1,
    }
    return Estimate(rate * ratio, tuple(one for one, _ in both), numbers)


def _per_area(series: _Series, month: Period, known: Known) -> Estimate:
    """Use per m2 and day of the other sites that are known in the month, times the site's own area."""
    filling, (site, activity, _) = series.filling, series.key
    own = filling.area_of.get((site, month.start.year))
    if own is None:
        raise InputError("gap-no-area", site=site, year=month.start.year, denominator=AREA)
    if len([one for one in filling.keys_of[site, activity] if one.meter]) > 1:
        raise InputError("gap-area-of-meter", site=site)
    use, area, peers = Fraction(0), Fraction(0), []
    for other, theirs in _peers(series, month):
        used = filling.use_of(other, activity, month, series.unit)
        if used is not None:
            use, area = use + used, area + theirs
            peers.append(other)
    if not peers:
        raise InputError("gap-no-peers", activity=activity, month=month.label)
    numbers = {
        "peers": peers,
        "use": units.exact_text(use, _PLACES),
        "area": units.exact_text(area, _PLACES),
        "own_area": units.exact_text(own, _PLACES),
    }
    return Estimate(use / area * own / month.days, (month,), numbers)


def _peers(series: _Series, month: Period) -> Iterator[tuple[str, Fraction]]:
    """Yield the other sites with the same activity and a floor area in the year of a month."""
    filling = series.filling
    for site, activity in filling.keys_of:
        area = filling.area_of.get((site, month.start.year))
        if activity == series.key.activity and site != series.key.site and area is not None:
            yield site, area


def _among_peers(series: _Series, month: Period) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield what the other sites say of each of them in a month, and what it used: per m2, for areas differ."""
    filling = series.filling
    used = [
        (area, use)
        for site, area in _peers(series, month)
        if (use := filling.use_of(site, series.key.activity, month, series.unit)) is not None
    ]
    areas, uses = (sum((one[side] for one in used), Fraction(0)) for side in (0, 1))
    for area, use in used if len(used) > 1 else ():
        yield (uses - use) / (areas - area), use / area


def _degree_days(series: _Series, month: Period, known: Known) -> Estimate:
    """
    Use per day from a regression of the known months: base load per day, and use per heating and cooling degree day.

    Least squares in exact fractions, so that every machine gives the same digits. A degree day that lowers the use
    says nothing physical and is left out.
    """
    weather = series.weather
    if month not in weather:
        raise InputError("gap-no-weather", site=series.key.site, month=month.label)
    rows = [((Fraction(one.days), *weather[one]), used) for one, used in sorted(known.items()) if one in weather]
    columns = [0, *(place for place in (1, 2) if len({row[place] for row, _ in rows}) > 1)]
    slopes: dict[int, Fraction] = {}
    while len(columns) > 1:
        if len(rows) < _PER_TERM * len(columns):
            raise InputError("gap-few-months", count=len(rows), needed=_PER_TERM * len(columns))
        slopes = _least_squares([([row[place] for place in columns], used) for row, used in rows], columns)
        lowest = min(columns[1:], key=lambda place: slopes[place])
        if slopes[lowest] > 0:
            break
        columns.remove(lowest)
    if len(columns) == 1:
        raise InputError("gap-no-weather-effect", count=len(rows))
    inputs = (Fraction(month.days), *weather[month])
    per_day = sum((slopes[place] * inputs[place] for place in columns), Fraction(0)) / month.days
    shown = [units.exact_text(slopes.get(place, Fraction(0)), _PLACES) for place in range(3)]
    numbers = {
        **dict(zip(("base", "heating", "cooling"), shown, strict=True)),
        "hdd": units.exact_text(inputs[1]),
        "cdd": units.exact_text(inputs[2]),
        "of": month.days,
    }
    return Estimate(per_day, tuple(one for one in sorted(known) if one in weather), numbers)


def _least_squares(rows: Sequence[tuple[Sequence[Fraction], Fraction]], names: Sequence[int]) -> dict[int, Fraction]:
    """Return the exact coefficients of ordinary least squares by the normal equations."""
    size = len(names)
    # as integers, each column in steps of its own: fractions are slow, and a method is tried on every month
    columns = [*zip(*(x for x, _ in rows), strict=True), tuple(y for _, y in rows)]
    scales = [math.lcm(*(one.denominator for one in column)) for column in columns]
    whole = [
        [one.numerator * (scale // one.denominator) for one in column]
        for column, scale in zip(columns, scales, strict=True)
    ]
    table = [
        [Fraction(sum(a * b for a, b in zip(whole[i], whole[j], strict=True))) for j in range(size + 1)]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next((j for j in range(i, size) if table[j][i]), None)
        if pivot is None:
            raise InputError("gap-no-fit")
        table[i], table[pivot] = table[pivot], table[i]
        table[i] = [one / table[i][i] for one in table[i]]
        for j in range(size):
            if j != i:
                table[j] = [own - table[j][i] * other for own, other in zip(table[j], table[i], strict=True)]
    return {name: row[-1] * scales[i] / scales[-1] for i, (name, row) in enumerate(zip(names, table, strict=True))}


_METHODS: dict[Method, Callable[[_Series, Period, Known], Estimate]] = {
    "interpolation": _interpolation,
    "same-month-last-year": _same_month_last_year,
    "per-area": _per_area,
    "degree-days": _degree_days,
}


def _used(bills: Iterable[Bill], key: SeriesKey, year: int, unit: str) -> Fraction:
    """Return what the bills of a site and activity say of a year, over all meters."""
    total = Fraction(0)
    for one in bills:
        if (one.cell.site, one.cell.activity) == key[:2]:
            shares = (days for part, days in one.period.parts(folded=False) if part.start.year == year)
            total += one.quantity * units.ratio(one.cell.unit, unit) * sum(shares, Fraction(0))
    return total
