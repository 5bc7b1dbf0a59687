"""Targets: how far the plan of a year is met by now, and the path to a year such as 2030 or 2060."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from hsesg_carbon import percentages, units
from hsesg_carbon.monitoring import EMISSIONS, ENERGY, Target
from hsesg_carbon.monthly import Measure, Monthly
from hsesg_carbon.periods import Period, months_of
from hsesg_carbon.units import CO2E


@dataclass(frozen=True)
class Progress:
    """
    The plan of a year beside what is known of it, in the plan's unit.

    ``actual`` is the sum of ``months``, in which everything is known; ``to_date`` the part of the plan that these
    months have, ``by`` last year's ``profile`` or else by ``days``. Nothing is forecast.
    """

    target: Target
    months: tuple[Period, ...]
    actual: Fraction | None
    to_date: Fraction | None
    by: str | None

    @property
    def completion(self) -> Fraction | None:
        """The actual in percent of the plan of the year (计划完成率); ``None`` without one."""
        return percentages.part(self.actual, Fraction(self.target.value))

    @property
    def pace(self) -> Fraction | None:
        """The actual in percent of the plan to date (进度完成率); ``None`` without one."""
        return percentages.part(self.actual, self.to_date)


@dataclass(frozen=True)
class Point:
    """A year of a path: stated, or ``interpolated`` on the straight line between stated ones; the actual beside it."""

    target: Target
    year: int
    value: Fraction
    actual: Fraction | None
    interpolated: bool


def progress(monthly: Monthly, target: Target, month: Period) -> Progress:
    """Return how far the plan of a year is met by the end of a month, or of its year if that is over."""
    year = [one for one in months_of(target.year) if one.start <= month.start]
    actual, known = actual_of(monthly, target, year)
    plan = Fraction(target.value)
    before = months_of(target.year - 1)
    whole, all_known = actual_of(monthly, target, before)
    like = [one for one in before if one.start.month in {own.start.month for own in known}]
    part, part_known = actual_of(monthly, target, like)
    if not known:
        return Progress(target, known, None, None, None)
    if len(all_known) == len(before) and len(part_known) == len(like) and whole and part is not None:
        return Progress(target, known, actual, plan * part / whole, "profile")
    days = sum(one.days for one in months_of(target.year))
    return Progress(target, known, actual, plan * sum(one.days for one in known) / days, "days")


def path(monthly: Monthly, stated: Sequence[Target]) -> Iterator[Point]:
    """
    Yield every year of a path, from the first stated to the last, in the unit of its first row.

    The actual is that of years in which every month is known.
    """
    first = min(stated, key=lambda one: one.year)
    for year, value, interpolated in straight(stated):
        months = months_of(year)
        actual, covered = actual_of(monthly, first, months)
        yield Point(first, year, value, actual if len(covered) == len(months) else None, interpolated)


def straight(stated: Sequence[Target]) -> Iterator[tuple[int, Fraction, bool]]:
    """
    Yield every year of a path with its value, in the unit of the first row, and whether it lies between stated ones.

    Example:
        >>> row = {"target": "peak", "what": "emissions", "unit": "tCO2e", "kind": "trajectory", "source": "made up"}
        >>> ends = [Target(**row, period=year, value=value) for year, value in (("2024", "900"), ("2026", "800"))]
        >>> [(year, int(value), between) for year, value, between in straight(ends)]
        [(2024, 900, False), (2025, 850, True), (2026, 800, False)]
    """
    rows = sorted(stated, key=lambda one: one.year)
    values = {one.year: Fraction(one.value) * units.ratio(one.unit, rows[0].unit) for one in rows}
    known = sorted(values)
    for year in range(known[0], known[-1] + 1):
        value = values.get(year)
        if value is None:
            before, after = max(one for one in known if one < year), min(one for one in known if one > year)
            value = values[before] + (values[after] - values[before]) * Fraction(year - before, after - before)
        yield year, value, year not in values


def actual_of(monthly: Monthly, target: Target, months: Sequence[Period]) -> tuple[Fraction | None, tuple[Period, ...]]:
    """Return what was used or emitted in some months, in the target's unit, and the months of which all is known."""
    found = _measured(monthly, target)
    if found is None:
        return None, ()
    measure, carrier, unit = found
    amount, known = monthly.to_date(measure, months, target.site, carrier)
    return None if amount is None else amount * units.ratio(unit, target.unit), known


# -------------------------------------------------------------------------------------------------- private


def _measured(monthly: Monthly, target: Target) -> tuple[Measure, str | None, str] | None:
    """Return measure, carrier and unit of what a target is about; ``None`` if bills do not tell it in such a unit."""
    kind = units.kind(target.unit)
    if target.what == EMISSIONS:
        return "tco2e", None, CO2E
    if target.what == ENERGY:
        return ("tce", None, "tce") if kind == units.kind("tce") else ("kwh", None, "kWh")
    unit = monthly.carriers.get(target.what)
    if unit is not None and units.kind(unit) == kind:
        return "quantity", target.what, unit
    return ("kwh", target.what, "kWh") if kind == units.kind("kWh") else None
