"""What rows cover: years that they leave open in part, and periods that hold others, which may count twice."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import Period, period_names
from hsesg_carbon.sites import Site

Labels = tuple[tuple[str, str], ...]
"""What rows are of, as the finding's sentence names it: ``(("site", "hq"), ("activity", "electricity.grid"))``."""


def days_of(periods: Iterable[Period]) -> set[date]:
    """Return the days of some periods."""
    return set().union(*map(_days_of, periods))


@lru_cache(2**12)
def _days_of(one: Period) -> frozenset[date]:
    """Return the days of a period; many sites have the same ones."""
    return frozenset(one.start + timedelta(days=place) for place in range(one.days))


def unlike_years(held: Mapping[Labels, Iterable[Period]], years: Iterable[int]) -> list[Finding]:
    """Name years with data that are not reported, and reported years without data: missing is not zero."""
    present, wanted = {one.start.year for periods in held.values() for one in periods}, set(years)
    codes = {"period-not-reported": present - wanted, "period-without-data": wanted - present}
    return [
        Finding(code=code, severity="warning", data={"year": str(year)})
        for code, apart in codes.items()
        for year in sorted(apart)
    ]


def open_years(
    code: str,
    held: Mapping[Labels, Iterable[Period]],
    years: Container[int],
    sites: Iterable[Site],
    expected: Callable[[Labels], set[date] | None] = lambda _: None,
) -> list[Finding]:
    """
    Name the years that rows cover in part only, with the months that lack days: what is missing is not zero.

    Of a site that joined or left within the year, the days on which it belonged are looked for. ``expected`` may say
    that rows are looked for on some days only, as those of a heating season.
    """
    known = {one.id: one for one in sites}
    findings = []
    for labels, periods in sorted(held.items()):
        covered = days_of(periods)
        site = known.get(dict(labels)["site"])
        for year in sorted({day.year for day in covered}):
            belonging = _belonging(site, year)
            seasons = expected(labels)
            belonging = belonging if seasons is None else belonging & seasons
            days = len(covered & belonging)
            if year in years and 0 < days < len(belonging):
                months = _months_of(belonging - covered)
                data = {**dict(labels), "year": year, "days": days, "of": len(belonging), "months": months}
                findings.append(Finding(code=code, severity="warning", data=data))
    return findings


def held_periods(code: str, held: Mapping[Labels, Iterable[Period]], years: Container[int]) -> list[Finding]:
    """Name periods that hold others of the same thing: if one is the sum of the others, it counts twice."""
    findings = []
    for labels, periods in sorted(held.items()):
        own = sorted(one for one in set(periods) if any(year in years for year in one.years))
        if all(one.end < other.start for one, other in pairwise(own)):  # as nearly all are
            continue
        for outer in own:
            inner = period_names(one for one in own if one != outer and one.within(outer))
            if inner:
                data = {**dict(labels), "outer": outer.label, "inner": inner}
                findings.append(Finding(code=code, severity="warning", data=data))
    return findings


def _months_of(days: Iterable[date]) -> list[str]:
    """Return the months that days lie in."""
    return period_names({Period(day, day).folded() for day in days})


def _belonging(site: Site | None, year: int) -> set[date]:
    """Return the days of a year on which a site belongs to the organisation."""
    days = days_of([Period.parse(str(year))])
    if site is None:
        return days
    return {day for day in days if (site.first or day) <= day <= (site.last or day)}
