"""What of a site's bills is recharged to tenants, and whether bills agree with own meters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from hsesg_carbon import percentages, units
from hsesg_carbon.findings import Finding
from hsesg_carbon.monitoring import MeterCheck, Tenant
from hsesg_carbon.monthly import Monthly
from hsesg_carbon.months import SeriesKey
from hsesg_carbon.periods import Period, months_between, period_names
from hsesg_carbon.submeters import Part

Readings = Mapping[tuple[str, str, str, Period], Fraction]
"""What a meter read in a month, by site, activity, meter and month, in the carrier's unit."""


@dataclass(frozen=True, slots=True)
class Recharge:
    """
    What a tenant used of a site's bills in a month; without a tenant what is left: the site's own use.

    The rows of a site, activity and month add up to the bills, exactly, in quantity and tCO2e; all are ``None`` where
    the bills do not cover the month, or a meter has no reading.
    """

    site: str
    activity: str
    month: Period
    tenant: str | None
    quantity: Fraction | None
    t_co2e: Fraction | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A bill beside what the own meter read, in the carrier's unit; the difference in percent of the reading's size."""

    check: MeterCheck
    month: Period
    bill: Fraction | None
    metered: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        """Bill less reading, in percent of the reading's size: above 0 more is billed than was read."""
        return percentages.change(self.bill, self.metered)

    def within(self, tolerance: Fraction) -> bool | None:
        """Say whether the difference is at most a tolerance in percent; ``None`` where there is none."""
        return None if self.difference is None else abs(self.difference) <= tolerance


@dataclass(frozen=True)
class Recharges:
    """
    The recharges of all tenants, month by month.

    Args:
        monthly: What the bills come to.
        tenants: Who uses what share, or by which meter.
        readings: What the tenants' meters read.
    """

    monthly: Monthly = field(repr=False)
    tenants: Sequence[Tenant]
    readings: Readings = field(repr=False)

    def rows(self) -> Iterator[Recharge]:
        """Yield what each tenant used in each month, then what is left of the bills."""
        for (site, activity), own in sorted(self._by_bill.items()):
            for month in self.monthly.months:
                there = [one for one in own if one.part_of(month)]
                if there:
                    yield from self._of_month(site, activity, month, there)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Name the months in which tenants used more than the bills say."""
        over: dict[tuple[str, str], list[Period]] = {}
        for one in self.rows():
            if one.tenant is None and one.quantity is not None and one.quantity < 0:
                over.setdefault((one.site, one.activity), []).append(one.month)
        return tuple(
            Finding(
                code="recharge-exceeds",
                severity="warning",
                data={"site": site, "activity": activity, "months": period_names(months)},
            )
            for (site, activity), months in over.items()
        )

    @property
    def _by_bill(self) -> dict[tuple[str, str], list[Tenant]]:
        found: dict[tuple[str, str], list[Tenant]] = {}
        for one in self.tenants:
            found.setdefault((one.site, one.activity), []).append(one)
        return found

    def _of_month(self, site: str, activity: str, month: Period, there: Sequence[Tenant]) -> Iterator[Recharge]:
        whole = self.monthly.of_activity("quantity", site, activity, month)
        emitted = self.monthly.of_activity("tco2e", site, activity, month)
        used = [self._used(one, month, whole) for one in there]
        known = [one for one in used if one is not None]
        complete = whole is not None and len(known) == len(used)
        for tenant, quantity in zip(there, used, strict=True):
            emissions = _in_proportion(emitted, quantity, whole)
            yield Recharge(site, activity, month, tenant.tenant, quantity, emissions)
        left = whole - sum(known, Fraction(0)) if whole is not None and complete else None
        yield Recharge(site, activity, month, None, left, _in_proportion(emitted, left, whole))

    def _used(self, tenant: Tenant, month: Period, whole: Fraction | None) -> Fraction | None:
        if whole is None:
            return None
        if tenant.share is not None:
            return whole * tenant.fraction * tenant.part_of(month)
        return self.readings.get((tenant.site, tenant.activity, str(tenant.meter), month))


def reconciled(monthly: Monthly, checks: Sequence[MeterCheck]) -> Iterator[Reconciliation]:
    """Yield every reading of an own meter beside the bill of that meter, or of the whole activity without one."""
    for one in checks:
        site, activity, meter, month = one.key
        metered = in_carrier_unit(monthly, activity, Fraction(one.quantity), one.unit)
        if meter:
            bill = monthly.of_stream(SeriesKey(site, activity, meter), month)
        else:
            bill = monthly.of_activity("quantity", site, activity, month)
        yield Reconciliation(one, month, bill, metered)


def in_carrier_unit(monthly: Monthly, activity: str, quantity: Fraction, unit: str) -> Fraction | None:
    """Return a quantity in the unit in which the carrier's bills are added; ``None`` if they measure another thing."""
    own = monthly.carriers.get(monthly.catalogue[activity].subject)
    if own is None or units.kind(own) != units.kind(unit):
        return None
    return quantity * units.ratio(unit, own)


def readings_of(
    monthly: Monthly, parts: Sequence[Part], checks: Sequence[MeterCheck]
) -> dict[tuple[str, str, str, Period], Fraction]:
    """Return what meters read by month: rows with ``part_of`` that cover the month, else ``meter_checks``."""
    found: dict[tuple[str, str, str, Period], Fraction] = {}
    for one in checks:
        quantity = in_carrier_unit(monthly, one.activity, Fraction(one.quantity), one.unit)
        if quantity is not None:
            found[one.key] = quantity
    for key, (days, quantity) in sub_metered(monthly, [one for one in parts if one.row.meter]).items():
        if days == key[3].days:
            found[key] = quantity
    return found


def sub_metered(monthly: Monthly, parts: Sequence[Part]) -> dict[tuple[str, str, str, Period], tuple[int, Fraction]]:
    """Return days and quantity of parts by site, activity, meter and month, split by days, in the carrier's unit."""
    found: dict[tuple[str, str, str, Period], tuple[int, Fraction]] = {}
    for one in parts:
        row = one.row
        quantity = in_carrier_unit(monthly, row.key.activity, row.quantity, row.key.unit)
        for month in months_between(row.period.start, row.period.end) if quantity is not None else ():
            inside = min(row.period.end, month.end) - max(row.period.start, month.start)
            key = (row.key.site, row.key.activity, row.meter or "", month)
            days, before = found.get(key, (0, Fraction(0)))
            share = Fraction(inside.days + 1, row.period.days)
            found[key] = (days + inside.days + 1, before + (quantity or Fraction(0)) * share)
    return found


def _in_proportion(emitted: Fraction | None, part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    """Return the part of emissions that belongs to a part of the quantity."""
    if emitted is None or part is None or whole is None:
        return None
    if not whole:
        return Fraction(0) if not part else None
    return emitted * part / whole
