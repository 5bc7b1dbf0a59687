"""What monthly monitoring needs beside the bills: weather, targets, tenants, own meter readings, kinds of buildings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.errors import InputError, near
from hsesg_carbon.percentages import percent_text, read_share
from hsesg_carbon.periods import Period
from hsesg_carbon.records import CatalogueEntry, Checked
from hsesg_carbon.sites import Site
from hsesg_carbon.tables import read_tables
from hsesg_carbon.units import CO2E

ENERGY, EMISSIONS = "energy", "emissions"
TOLERANCE = Fraction(2)
"""
Percent by which a bill and the reading of an own meter may differ. A judgement: two meters of accuracy class 1
(IEC 62053-21) can be 1 % off each, in opposite directions.
"""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Weather(_Record):
    """
    The degree days of a month, in kelvin days, at a site or in the region of several: a row of ``weather.csv``.

    A row of a site rules there before one of its region. Bases are temperatures in degrees Celsius.
    """

    month: str
    heating_degree_days: Decimal = Field(ge=0)
    cooling_degree_days: Decimal = Field(ge=0)
    base_heating: Decimal
    base_cooling: Decimal
    source: str = Field(min_length=1)
    site: str | None = Field(default=None, min_length=1)
    region: str | None = Field(default=None, min_length=1)

    def check(self) -> None:
        """Raise ``InputError`` where the row is of no calendar month, or of no place or of two."""
        month_of(self.month)
        if (self.site is None) == (self.region is None):
            raise InputError("weather-place")


class Target(_Record):
    """
    What is aimed at in a year: a row of ``targets.csv``.

    ``what`` is ``energy``, ``emissions`` (Scopes 1 and 2) or a carrier of the catalogue, such as ``electricity``. A
    ``plan`` is the plan of that year; a ``trajectory`` is a path of several years, straight between those stated.
    Without ``site`` it is of all sites.

    Example:
        >>> row = {"target": "peak", "what": "emissions", "period": "2030", "value": "900", "unit": "tCO2e"}
        >>> Target.model_validate(row | {"kind": "trajectory", "source": "made up"}).year
        2030
    """

    target: str = Field(min_length=1)
    what: str = Field(min_length=1)
    period: str
    value: Decimal = Field(ge=0)
    unit: str
    kind: Literal["plan", "trajectory"]
    source: str = Field(min_length=1)
    site: str | None = Field(default=None, min_length=1)

    @property
    def year(self) -> int:
        """The calendar year; ``InputError`` where the period is another one."""
        year = Period.parse(self.period).calendar_year
        if year is None:
            raise InputError("target-not-a-year", target=self.target, period=self.period)
        return year

    def check(self, catalogue: Mapping[str, CatalogueEntry]) -> None:
        """Raise ``InputError`` or ``UnitError`` where year, subject or unit do not fit each other."""
        self.year  # noqa: B018  (raises)
        carriers = {one.subject for one in catalogue.values()}
        if self.what not in {ENERGY, EMISSIONS, *carriers}:
            known = near(self.what, [ENERGY, EMISSIONS, *sorted(carriers)]) or [ENERGY, EMISSIONS, "electricity"]
            raise InputError("target-what", what=self.what, known=known)
        own = [one for one in catalogue.values() if one.subject == self.what]
        if self.what == ENERGY:
            fits = units.kind(self.unit) in {units.kind("tce"), units.kind("kWh")}
        elif self.what == EMISSIONS:
            fits = units.is_co2e(self.unit)
        else:
            fits = any(one.accepts(self.unit) for one in own)
        if not fits:
            examples = {ENERGY: ["tce", "kWh", "GJ"], EMISSIONS: [CO2E]}
            known = examples.get(self.what) or list(dict.fromkeys(unit for one in own for unit in one.measured_in))
            raise InputError("target-unit", what=self.what, unit=self.unit, known=known)


class Tenant(_Record):
    """
    What a tenant uses of a site's bills: a ``share``, or what a ``meter`` says: a row of ``tenants.csv``.

    A share is ``6%`` or ``0.06``. ``from`` and ``to`` are the first and last day. The meter is that of rows with
    ``part_of``, or of ``meter_checks``.

    Example:
        >>> Tenant(tenant="cafe", site="hq", activity="electricity.grid", basis="share", share="6%").fraction
        Fraction(3, 50)
    """

    tenant: str = Field(min_length=1)
    site: str
    activity: str
    basis: Literal["share", "meter"]
    share: str | None = Field(default=None, min_length=1)
    meter: str | None = Field(default=None, min_length=1)
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    note: str | None = None

    @property
    def fraction(self) -> Fraction:
        """The share, from above 0 to 1; 0 where none is stated. ``InputError`` where it is another number, or none."""
        if self.share is None:
            return Fraction(0)
        share = read_share(self.share)
        if not 0 < share <= 1:
            raise InputError("tenant-share", value=self.share)
        return share

    def check(self) -> None:
        """Raise ``InputError`` where the row does not state what its basis needs, or ends before it begins."""
        self.fraction  # noqa: B018  (raises)
        stated = {name for name in ("share", "meter") if getattr(self, name) is not None}
        if stated != {self.basis}:
            raise InputError("tenant-basis", basis=self.basis)
        if self.first and self.last and self.last < self.first:
            raise InputError("period-reversed", start=self.first, end=self.last)

    def check_beside(self, others: Iterable["Tenant"]) -> None:
        """Raise ``InputError`` where the shares of one site and activity are more than the whole on some day."""
        alike = [one for one in others if (one.site, one.activity, one.basis) == (self.site, self.activity, "share")]
        own = [one for one in (*alike, self) if one.basis == "share"]
        for day in {one.first or date.min for one in own}:
            shares = sum((one.fraction for one in own if one.holds(day)), Fraction(0))
            if shares > 1:
                percent = percent_text(shares)
                raise InputError("tenant-shares", site=self.site, activity=self.activity, percent=percent)

    def holds(self, day: date) -> bool:
        """Say whether the tenant is there on a day."""
        return (self.first or day) <= day <= (self.last or day)

    def part_of(self, month: Period) -> Fraction:
        """Return the part of a month's days on which the tenant is there."""
        first, last = max(self.first or month.start, month.start), min(self.last or month.end, month.end)
        return Fraction(max((last - first).days + 1, 0), month.days)


class MeterCheck(_Record):
    """What an own meter read for a month that is billed as well, beside the totals: a row of ``meter_checks.csv``."""

    site: str
    activity: str
    period: str
    quantity: Decimal
    unit: str
    meter: str | None = Field(default=None, min_length=1)
    note: str | None = None

    @property
    def key(self) -> tuple[str, str, str, Period]:
        """Site, activity, meter and month."""
        return self.site, self.activity, self.meter or "", month_of(self.period)

    def check_beside(self, others: Iterable["MeterCheck"]) -> None:
        """Raise ``InputError`` where the meter has two readings for the month, or the period is no month."""
        if self.key in {one.key for one in others}:
            raise InputError("meter-check-twice", meter=self.meter or "–", period=self.period)


class Building(_Record):
    """What kind of building a site is, and in which climate, for benchmarks: a row of ``buildings.csv``."""

    site: str
    building: str = Field(min_length=1)
    climate_zone: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Benchmark(_Record):
    """
    What a kind of building may use in a year per floor area: ``constraint`` (约束值) and ``guide`` (引导值).

    Example:
        >>> [str(one.guide) for one in benchmarks() if one.building == "office-a"]
        ['70']
    """

    id: str = Field(min_length=1)
    standard: str
    building: str
    climate_zone: str
    constraint: Decimal = Field(gt=0)
    guide: Decimal = Field(gt=0)
    unit: str
    source: str
    locator: str = Field(min_length=1)
    checked: Checked
    note: str | None = None

    def check(self) -> None:
        """Raise ``InputError`` where the guide is above the constraint; ``UnitError`` if it is no energy per area."""
        units.ratio(self.unit, "kWh/m2")
        if self.guide > self.constraint:
            raise InputError("benchmark-reversed", guide=self.guide, constraint=self.constraint)

    def position(self, actual: Fraction) -> str:
        """Return where a yearly use, in its unit, lies: ``below-guide``, ``between`` or ``above-constraint``."""
        if actual > Fraction(self.constraint):
            return "above-constraint"
        return "below-guide" if actual <= Fraction(self.guide) else "between"


@cache
def benchmarks() -> tuple[Benchmark, ...]:
    """
    Return the benchmarks that are shipped.

    Source: ``emission_factors/benchmarks/``; every row says where it was seen and how it was checked.
    """
    folder = files("hsesg_carbon.emission_factors").joinpath("benchmarks")
    found: list[Benchmark] = []
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        for table in read_tables(path):
            records, problems = table.records(Benchmark, check=Benchmark.check)
            if problems:
                raise InputError("table-broken", problems, file=path.name)
            found += records
    return tuple(found)


def month_of(text: str) -> Period:
    """
    Return a calendar month.

    Raises:
        InputError: It is none.

    Example:
        >>> month_of("2024-02").days
        29
    """
    period = Period.parse(text)
    if not period.is_month:
        raise InputError("not-a-month", period=text)
    return period


def weather_of(rows: Sequence[Weather], site: Site) -> dict[Period, tuple[Fraction, Fraction]]:
    """
    Return the heating and cooling degree days of a site by month: its own, else those of its region.

    Example:
        >>> row = {"month": "2024-01", "heating_degree_days": "300", "cooling_degree_days": "0", "base_heating": "18",
        ...        "base_cooling": "26", "source": "made up"}
        >>> own = row | {"heating_degree_days": "310", "site": "hq"}
        >>> both = [Weather(**own), Weather(**row, region="CN-ZJ")]
        >>> [int(days) for days in weather_of(both, Site(id="hq", region="CN-ZJ"))[month_of("2024-01")]]
        [310, 0]
    """
    found: dict[Period, tuple[Fraction, Fraction]] = {}
    own = [one for one in rows if one.site == site.id]
    for one in (*(one for one in rows if one.region is not None and one.region == site.region), *own):
        found[month_of(one.month)] = Fraction(one.heating_degree_days), Fraction(one.cooling_degree_days)
    return found
