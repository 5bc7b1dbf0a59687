"""Months: which of them the bills of a site, an activity and a meter cover, in part, twice or not at all."""

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.activities import Bill
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import Period, months_of, period_names
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.sites import Site

Status = Literal["complete", "partial", "missing", "overlapping", "estimated", "not-expected"]
Days = tuple[int, int]
"""First and last day of a span, as ordinals: whole months are compared without a set of their days."""

EVERY_MONTH = ("stationary.*", "mobile.*", "vehicle.*", "electricity.*", "heat.*", "cooling.*", "water.*")
"""What is used month by month; anything else (a refill of refrigerant, a flight) happens when it happens."""

BY_WIRE_AND_PIPE = ("electricity.*", "heat.*", "cooling.*", "stationary.natural_gas", "water.*")
"""What comes with one bill for the same days; fuel is bought in many."""

_SWAPPED = range(-31, 2)
"""Days from the last bill of a meter to the first of another, between which one took the other's place."""

_SEASON = re.compile(r"(\d\d)(?:-(\d\d))?/(\d\d)(?:-(\d\d))?", re.ASCII)
_MOST_MONTHS = 2
"""Months that a bill may touch and still say what was used in each."""

_LEAP = 2024
"""A leap year, in which every day of a year exists."""


class SeriesKey(NamedTuple):
    """What bills go on from one another: those of a meter, or without one those of an activity at a site."""

    site: str
    activity: str
    meter: str


class Expected(BaseModel):
    """
    Where bills are expected, if not in every month: a row of ``expected.csv``. The first that fits a series rules.

    ``site``, ``activity`` and ``meter`` are patterns. ``season`` is ``11/03`` (November to March), ``11-15/03-15``, or
    ``none`` where bills come when they come; ``first_day`` and ``last_day`` are of a contract or a meter.

    Example:
        >>> heating = Expected(activity="heat.purchased", season="11-15/03-15", note="heating season of the city")
        >>> [str(date.fromordinal(day)) for day in next(heating.seasons(2023, 2023))]
        ['2022-11-15', '2023-03-15']
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str = "*"
    activity: str
    meter: str = "*"
    season: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    note: str = Field(min_length=1)

    def check(self) -> None:
        """Raise ``InputError`` where the season is none, or the last day comes before the first."""
        tuple(self.seasons(_LEAP, _LEAP))
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise InputError("period-reversed", start=self.first_day, end=self.last_day)

    def fits(self, key: SeriesKey) -> bool:
        """Say whether it is about a series."""
        patterns = (self.site, self.activity, self.meter)
        return all(fnmatchcase(one, like) for one, like in zip(key, patterns, strict=True))

    def seasons(self, first_year: int, last_year: int) -> Iterator[Days]:
        """Yield the seasons that touch some years; without a season it is these years themselves."""
        if self.season is None:
            yield date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
            return
        if self.season.strip().lower() == "none":
            return
        match = _SEASON.fullmatch(self.season.strip())
        try:
            first, first_day, last, last_day = (int(one) if one else 0 for one in match.groups()) if match else (0,) * 4
            begins = (first, first_day or 1)
            ends = (last, last_day or monthrange(_LEAP, last)[1])
            for year in range(first_year - 1, last_year + 1):
                yield _day(year, *begins).toordinal(), _day(year + (begins > ends), *ends).toordinal()
        except (ValueError, IndexError) as error:
            raise InputError("expected-season", value=self.season[:40]) from error


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """
    A cell of the matrix: what bills a series has in a month.

    ``days`` of the ``of`` days on which bills are expected are covered, ``twice`` by more than one bill. A month that
    bills cover although none is ``expected`` (a flight, a site before it joined) says nothing about completeness.
    """

    key: SeriesKey
    carrier: str
    month: Period
    status: Status
    days: int
    of: int
    twice: int = 0
    expected: bool = True


@dataclass(frozen=True, slots=True)
class _Covered:
    """The days of one series: covered, covered twice, by estimates, expected, and expected without a bill."""

    covered: list[Days]
    twice: list[Days]
    estimated: list[Days]
    expected: list[Days]
    missing: list[Days]


@dataclass(frozen=True)
class Completeness:
    """
    The matrix of sites, carriers, meters and months: where bills are missing, cover days twice, or are estimated.

    Expected are all months of the reported years, up to the last that has any bill, of every series that has a bill in
    one of them, on the days on which its site belongs to the organisation.

    Args:
        bills: The bills as they are stated, of whatever years.
        sites: The sites, with their days of belonging.
        years: The reported years.
        catalogue: The kinds of activities, by code.
        exceptions: Where bills are not expected in every month.
    """

    bills: Sequence[Bill] = field(repr=False)
    sites: Sequence[Site]
    years: Sequence[int]
    catalogue: Mapping[str, CatalogueEntry] = field(repr=False)
    exceptions: Sequence[Expected] = ()

    @cached_property
    def series(self) -> dict[SeriesKey, list[Bill]]:
        """The bills of each series that has one in a reported year, by their days."""
        held: dict[SeriesKey, list[Bill]] = {}
        for one in self.bills:
            held.setdefault(SeriesKey(one.cell.site, one.cell.activity, one.meter), []).append(one)
        years = set(self.years)
        return {
            key: sorted(own, key=lambda one: (one.period, one.quality, one.cell.region, one.cell.technology))
            for key, own in sorted(held.items())
            if any(not one.credit and one.period.years & years for one in own)
        }

    @cached_property
    def months(self) -> tuple[Period, ...]:
        """The months of the matrix: those of the reported years, up to the last that any bill touches."""
        last = max((one.period.end for own in self.series.values() for one in own), default=date.min)
        of_years = (month for year in sorted(set(self.years)) for month in months_of(year))
        return tuple(one for one in of_years if one.start <= last)

    @cached_property
    def matrix(self) -> tuple[BilledMonth, ...]:
        """Every series in every month."""
        return tuple(cell for key, own in self._days.items() for cell in self._cells(key, own))

    def missing(self) -> Iterator[tuple[SeriesKey, Period, tuple[Period, ...]]]:
        """Yield every month in which days of a series are expected and not covered, with these days."""
        for key, own in self._days.items():
            for month, spans in _by_month(own.missing, self._in_matrix).items():
                yield key, month, tuple(Period(*map(date.fromordinal, one)) for one in spans)

    def known(self, key: SeriesKey, unit: str) -> dict[Period, Fraction]:
        """
        Return what a series used in each month that bills cover wholly and once, in a unit, split by days.

        Bills that are estimated, or of more than two months, tell nothing of a month.

        Raises:
            UnitError: A bill does not measure the same thing as the unit.
        """
        bills = self.series[key]
        once, twice = (_by_month(one) for one in _layers(_spans(bills)))
        vague = {
            month
            for one in bills
            if one.quality == "estimated" or len(_by_month([_span(one)])) > _MOST_MONTHS
            for month in _by_month([_span(one)])
        }
        found = {
            month: Fraction(0)
            for month, spans in once.items()
            if sum(map(_size, spans)) == month.days and month not in twice and month not in vague
        }
        for one in bills:
            each = one.quantity * units.ratio(one.cell.unit, unit) / one.period.days
            for month, spans in _by_month([_span(one)]).items():
                if month in found:
                    found[month] += each * sum(map(_size, spans))
        return found

    def cell(self, key: SeriesKey, month: Period) -> BilledMonth | None:
        """Return a cell of the matrix; ``None`` for a month or a series that is not in it."""
        return self._by_place.get((key, month))

    def due(self, gap: Finding) -> Finding | None:
        """Return a gap between two bills of a meter with its days on which bills are expected; nothing if none are."""
        key = SeriesKey(gap.data["site"], gap.data["activity"], gap.data["meter"])
        if key not in self._days or not any(one.fits(key) for one in self.exceptions):
            return gap
        period = Period.parse(gap.data["between"])
        days = sum(map(_size, _both(self._days[key].expected, [(period.start.toordinal(), period.end.toordinal())])))
        return gap.model_copy(update={"data": {**gap.data, "days": days}}) if days else None

    def expected_days(self, site: str, activity: str) -> set[date] | None:
        """Return the days on which an activity of a site is expected, ``None`` where no exception says which."""
        keys = [key for key in self.series if (key.site, key.activity) == (site, activity)]
        if not any(one.fits(key) for key in keys for one in self.exceptions):
            return None
        spans = [span for key in keys for span in self._days[key].expected]
        return {date.fromordinal(day) for first, last in spans for day in range(first, last + 1)}

    def rows(self) -> list[dict[str, Any]]:
        """Return the matrix as plain data, with a row for every carrier that a site does not have, too."""
        found = [
            {
                "site": one.key.site,
                "carrier": one.carrier,
                "activity": one.key.activity,
                "meter": one.key.meter or None,
                "month": one.month.label,
                "status": one.status,
                "days": one.days,
                "of": one.of,
                "twice": one.twice,
            }
            for one in self.matrix
        ]
        held = {(key.site, self._carrier(key)) for key in self.series}
        carriers = sorted({carrier for _, carrier in held})
        nothing = {"activity": None, "meter": None, "status": "not-expected", "days": 0, "of": 0, "twice": 0}
        for site in self.sites:
            for carrier in carriers:
                if (site.id, carrier) not in held:
                    place = {"site": site.id, "carrier": carrier}
                    found += [{**place, **nothing, "month": month.label} for month in self.months]
        return found

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Say what the checks of meters and of years cannot see: which months, and bills without a meter."""
        idle = [one for one in self.exceptions if not any(one.fits(key) for key in self.series)]
        told = [
            Finding(
                code="expected-idle",
                severity="warning",
                data={"activity": one.activity, "site": one.site, "meter": one.meter},
            )
            for one in idle
        ]
        return (*self._overlaps(), *self._gaps(), *told)

    # ---------------------------------------------------------------------------------------------- inside

    @cached_property
    def _in_matrix(self) -> frozenset[Period]:
        return frozenset(self.months)

    @cached_property
    def _by_place(self) -> dict[tuple[SeriesKey, Period], BilledMonth]:
        return {(one.key, one.month): one for one in self.matrix}

    def _carrier(self, key: SeriesKey) -> str:
        return self.catalogue[key.activity].subject

    def _cells(self, key: SeriesKey, own: _Covered) -> Iterator[BilledMonth]:
        """Yield the months of one series."""
        carrier = self._carrier(key)
        covered, expected, missing, twice, estimated = (
            self._counted(spans) for spans in (own.covered, own.expected, own.missing, own.twice, own.estimated)
        )
        for place, month in enumerate(self.months):
            due, lacking = expected[place], missing[place]
            status: Status = "complete"
            if not due and not covered[place]:
                status = "not-expected"
            elif twice[place]:
                status = "overlapping"
            elif lacking:
                status = "missing" if lacking == due else "partial"
            elif estimated[place]:
                status = "estimated"
            days = due - lacking if due else covered[place]
            yield BilledMonth(key, carrier, month, status, days, due or days, twice[place], expected=bool(due))

    def _counted(self, spans: Sequence[Days]) -> list[int]:
        """Return how many days of each month of the matrix lie in spans."""
        found = [0] * len(self.months)
        bounds = self._bounds
        for first, last in spans:
            place = bisect_right(bounds, (first, date.max.toordinal())) - 1
            for at in range(max(place, 0), len(bounds)):
                start, end = bounds[at]
                if start > last:
                    break
                found[at] += max(0, min(last, end) - max(first, start) + 1)
        return found

    @cached_property
    def _bounds(self) -> list[Days]:
        """First and last day of every month of the matrix."""
        return [(one.start.toordinal(), one.end.toordinal()) for one in self.months]

    @cached_property
    def _days(self) -> dict[SeriesKey, _Covered]:
        """What days every series covers and should cover."""
        own = {key: _spans(bills) for key, bills in self.series.items()}
        swapped = _swaps(own)
        beside: dict[tuple[str, str], list[SeriesKey]] = {}
        for key in self.series:
            beside.setdefault(key[:2], []).append(key)
        found = {}
        for key, bills in self.series.items():
            loose = SeriesKey(key.site, key.activity, "")
            others = [one for one in beside[key[:2]] if one.meter]
            covered, twice = _layers(own[key])
            many = not key.meter and not is_any(key.activity, BY_WIRE_AND_PIPE)
            expected = [] if not key.meter and others else _both(self._expected(key), [swapped[key]])
            also = _layers(own[loose])[0] if key.meter and loose in own else []
            found[key] = _Covered(
                covered=covered,
                twice=[] if many else twice,
                estimated=_layers(_spans(one for one in bills if one.quality == "estimated"))[0],
                expected=expected,
                missing=_without(_without(expected, covered), also),
            )
        return found

    def _expected(self, key: SeriesKey) -> list[Days]:
        """Return the days on which bills of a series are expected."""
        rule = next((one for one in self.exceptions if one.fits(key)), None)
        if not self.months or (rule is None and not key.meter and not is_any(key.activity, EVERY_MONTH)):
            return []
        site = self._belonging.get(key.site)
        first = max((one for one in (site and site.first, rule and rule.first_day) if one), default=date.min)
        last = min((one for one in (site and site.last, rule and rule.last_day) if one), default=date.max)
        belonging = _both(self._reported, [(first.toordinal(), last.toordinal())])
        if rule is None or rule.season is None:
            return belonging
        return _both(belonging, list(rule.seasons(self.months[0].start.year, self.months[-1].end.year)))

    @cached_property
    def _belonging(self) -> dict[str, Site]:
        return {one.id: one for one in self.sites}

    @cached_property
    def _reported(self) -> list[Days]:
        """The days of the months of the matrix."""
        return _layers(self._bounds)[0]

    def _overlaps(self) -> Iterator[Finding]:
        """Yield series without a meter that bills cover twice; a year beside its months is told elsewhere."""
        for key, own in self._days.items():
            if key.meter or not own.twice:
                continue
            spans = _spans(self.series[key])
            inner = [one for one in spans if not any(_holds(one, other) for other in set(spans))]
            twice = _by_month(_both(_layers(inner)[1], self._reported), self._in_matrix)
            if twice:
                days = sum(_size(one) for these in twice.values() for one in these)
                data = {"site": key.site, "activity": key.activity, "days": days, "months": period_names(list(twice))}
                yield Finding(code="bills-overlap", severity="warning", data=data)

    def _gaps(self) -> Iterator[Finding]:
        """Yield series that lack months, but for gaps between bills of a meter, and years that no series covers."""
        lacking = {key[:2] for key, own in self._days.items() if own.missing}
        of_site: dict[tuple[str, str], list[Days]] = {place: [] for place in lacking}
        for key, own in self._days.items():
            if key[:2] in lacking:
                of_site[key[:2]] += own.covered
        months_of = {place: set(_by_month(_layers(spans)[0], self._in_matrix)) for place, spans in of_site.items()}
        for key, own in self._days.items():
            billed = months_of.get(key[:2], set())
            years = {one.start.year for one in billed}
            missing = _by_month(own.missing, self._in_matrix)
            if key.meter:  # the gaps between its bills are told one by one
                between = (own.covered[0][0], own.covered[-1][1])
                missing = {month: rest for month, spans in missing.items() if (rest := _without(spans, [between]))}
            untold = [month for month in missing if month in billed or month.start.year not in years]
            if untold:
                days = {month: sum(map(_size, missing[month])) for month in untold}
                told = period_names([month for month in untold if days[month] == month.days])
                told += [f"{month.label} ({own}/{month.days})" for month, own in days.items() if own < month.days]
                data = {"site": key.site, "activity": key.activity, "meter": key.meter or "–", "months": told}
                yield Finding(code="bills-missing", severity="warning", data=data)


# -------------------------------------------------------------------------------------------------- private


@lru_cache(2**10)
def is_any(activity: str, patterns: tuple[str, ...]) -> bool:
    """Say whether an activity fits any of some patterns."""
    return any(fnmatchcase(activity, one) for one in patterns)


def _day(year: int, month: int, day: int) -> date:
    """Return a day of a year; the 29th of February is the 28th where there is none."""
    date(_LEAP, month, day)  # raises
    return date(year, month, min(day, monthrange(year, month)[1]))


def _size(span: Days) -> int:
    return span[1] - span[0] + 1


def _holds(outer: Days, inner: Days) -> bool:
    """Say whether a span holds another and is longer."""
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]


def _span(bill: Bill) -> Days:
    return bill.period.start.toordinal(), bill.period.end.toordinal()


def _spans(bills: Iterable[Bill]) -> list[Days]:
    """Return the days of bills, of each as often as there are rows; credits cover none."""
    found = []
    for one in bills:
        if not one.credit:
            found += [_span(one)] * min(one.count, 2)
    return found


def _layers(spans: Iterable[Days]) -> tuple[list[Days], list[Days]]:
    """
    Return the days that spans cover at least once, and at least twice, as spans that do not touch.

    Example:
        >>> _layers([(1, 10), (8, 12), (13, 15)])
        ([(1, 15)], [(8, 10)])
    """
    once: list[Days] = []
    twice: list[Days] = []
    for first, last in sorted(spans):
        if once and first <= once[-1][1]:
            shared = (first, min(last, once[-1][1]))
            if not twice or shared[0] > twice[-1][1] + 1:
                twice.append(shared)
            else:
                twice[-1] = (twice[-1][0], max(twice[-1][1], shared[1]))
        if once and first <= once[-1][1] + 1:
            once[-1] = (once[-1][0], max(once[-1][1], last))
        else:
            once.append((first, last))
    return once, twice


def _both(spans: Sequence[Days], others: Sequence[Days]) -> list[Days]:
    """Return the days that lie in spans of both lists, each sorted."""
    found = []
    for first, last in spans:
        for start, end in others:
            if max(first, start) <= min(last, end):
                found.append((max(first, start), min(last, end)))
    return sorted(found)


def _without(spans: Sequence[Days], taken: Sequence[Days]) -> list[Days]:
    """
    Return the days of spans that lie in none of the others, which are sorted and apart.

    Example:
        >>> _without([(1, 10)], [(3, 4), (10, 12)])
        [(1, 2), (5, 9)]
    """
    found = []
    for span in spans:
        first, last = span
        for start, end in taken:
            if end < first or start > last:
                continue
            if start > first:
                found.append((first, start - 1))
            first = end + 1
        if first <= last:
            found.append((first, last))
    return found


def _by_month(spans: Iterable[Days], months: Container[Period] | None = None) -> dict[Period, list[Days]]:
    """Return spans cut at the ends of months, by month; where months are given, days outside of them are left out."""
    found: dict[Period, list[Days]] = {}
    for first, last in spans:
        day = first
        while day <= last:
            start = date.fromordinal(day)
            month = Period(start, start).folded()
            end = min(last, month.end.toordinal())
            if months is None or month in months:
                found.setdefault(month, []).append((day, end))
            day = end + 1
    return found


def _swaps(spans: Mapping[SeriesKey, Sequence[Days]]) -> dict[SeriesKey, Days]:
    """Return from when to when a series goes on: a meter that took another's place begins where that one ends."""
    ends = {key: (min(first for first, _ in own), max(last for _, last in own)) for key, own in spans.items() if own}
    found = {key: (date.min.toordinal(), date.max.toordinal()) for key in spans}
    by_place: dict[tuple[str, str], list[SeriesKey]] = {}
    for key in ends:
        if key.meter:
            by_place.setdefault(key[:2], []).append(key)
    for keys in by_place.values():
        for one in keys:
            for other in keys:
                (first, last), (start, end) = ends[one], ends[other]
                if one != other and first < start and last < end and start - last in _SWAPPED:
                    found[one] = (found[one][0], last)
                    found[other] = (start, found[other][1])
    return found
