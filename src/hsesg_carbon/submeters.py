"""Rows that another row already contains: sub-metered machine rooms, and feedstock, which is taken off it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.activities import ActivityRow
from hsesg_carbon.coverage import days_of
from hsesg_carbon.errors import near
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.periods import Period, period_names
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.sites import Site
from hsesg_carbon.units import Amount

IT, FEEDSTOCK = "it", "feedstock"
ROLES = (IT, FEEDSTOCK)

Place = tuple[str, str, int]
"""Site, activity and year."""


@dataclass(frozen=True, slots=True)
class Part:
    """A row that another contains, and that other (of a meter's several bills the first that it touches)."""

    row: ActivityRow
    holder: ActivityRow

    @property
    def feedstock(self) -> bool:
        """Whether it is material use: then it is taken off what contains it."""
        return self.row.role == FEEDSTOCK

    @property
    def quantity(self) -> Fraction:
        """The quantity in the unit of what contains it."""
        return self.row.quantity * units.ratio(self.row.key.unit, self.holder.key.unit)

    @property
    def period(self) -> Period:
        """When it counts: feedstock falls into the period of the bill that it is taken off."""
        return self.holder.key.period if self.feedstock else self.row.period

    def by_year(self, inventory: Inventory) -> Iterator[tuple[int, Fraction]]:
        """Yield its quantity by year, as far as its site counts at all."""
        for period, days in self.period.parts(folded=False):
            if _counts(inventory, self.holder.key.site, period):
                yield period.start.year, self.quantity * days


@dataclass(frozen=True)
class Submeters:
    """
    The parts of rows: what share of their whole they are, and the PUE of machine rooms.

    Args:
        parts: The rows with ``part_of``. Feedstock among them stands in the inventory as well, with its quantity below
            zero (``credit_of``); the others enter no total.
        inventory: The inventory that contains them.
    """

    parts: tuple[Part, ...] = field(repr=False)
    inventory: Inventory = field(repr=False)

    def memo(self, activity_id: str) -> ActivityRow | None:
        """Return the row with this id where it is a part that enters no total."""
        return next((one.row for one in self.parts if one.row.activity_id == activity_id and not one.feedstock), None)

    def shares(self) -> Totals:
        """Return the share of each site's yearly use of an activity that its parts are, in percent, by ``role``."""
        wholes, _ = self._wholes()
        held: dict[tuple[Place, str], Fraction] = {}
        for one in self.parts:
            for year, quantity in one.by_year(self.inventory):
                key = (_place(one, year), one.row.role or "-")
                held[key] = held.get(key, Fraction(0)) + quantity * units.ratio(one.holder.key.unit, self._unit(one))
        rows = []
        for ((site, activity, year), role), quantity in sorted(held.items()):
            if whole := wholes.get((site, activity, year)):
                group = (("site", site), ("activity", activity), ("year", year), ("role", role))
                rows.append(Total(group, "share", Amount(100 * quantity / whole, "%")))
        return Totals(tuple(rows))

    def pue(self) -> Totals:
        """
        Return the power usage effectiveness by site and year: all electricity of the site over that of its IT rows.

        Grid and on-site power count alike. Both are compared over the same days: those of the IT rows, if the site's
        bills can be told apart at them; else the year has no PUE and ``findings`` say so. It is a PUE only where the
        site is a data centre; of an office it says how much the machine room weighs.
        """
        rows = []
        for (site, year), (days, quantity) in sorted(self._rooms().items()):
            power, covered = self._power(site, year, days)
            if covered == days and quantity:
                rows.append(Total((("site", site), ("year", year)), "pue", Amount(power / quantity, "1")))
        return Totals(tuple(rows))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Say what enters no total and what was taken off, and where shares or a PUE cannot be told."""
        memos = sum(not one.feedstock for one in self.parts)
        found = [Finding(code="part-of-memo", severity="info", data={"count": memos})] if memos else []
        return (*found, *self._feedstock_findings(), *self._share_findings(), *self._pue_findings())

    # ---------------------------------------------------------------------------------------------- inside

    def _wholes(self) -> tuple[dict[Place, Fraction], set[Place]]:
        """Return what contains the parts, feedstock included, and where it is in units that cannot be added."""
        compared = {(one.holder.key.site, one.holder.key.activity): self._unit(one) for one in self.parts}
        wholes: dict[Place, Fraction] = {}
        mixed = set()
        for cell, key, quantity in self.inventory.ledger.quantities():
            unit = compared.get((cell.site, cell.activity))
            if unit is None or not _counts(self.inventory, cell.site, key.period):
                continue
            place = (cell.site, cell.activity, key.period.start.year)
            if units.kind(cell.unit) == units.kind(unit):
                wholes[place] = wholes.get(place, Fraction(0)) + quantity * units.ratio(cell.unit, unit)
            else:
                mixed.add(place)
        for one in self.parts:
            for year, quantity in one.by_year(self.inventory) if one.feedstock else ():
                wholes[_place(one, year)] += quantity * units.ratio(one.holder.key.unit, self._unit(one))
        return {place: whole for place, whole in wholes.items() if place not in mixed}, mixed

    def _unit(self, one: Part) -> str:
        """Return the unit in which a part is compared: that of the first part of the same site and activity."""
        own = (one.holder.key.site, one.holder.key.activity)
        first = next(part for part in self.parts if (part.holder.key.site, part.holder.key.activity) == own)
        return first.holder.key.unit

    def _rooms(self) -> dict[tuple[str, int], tuple[set[date], Fraction]]:
        """Return, by site and year, the days that IT rows cover and their electricity in kWh."""
        rooms: dict[tuple[str, int], tuple[set[date], Fraction]] = {}
        for one in self.parts:
            if one.row.role != IT:
                continue
            for year, quantity in one.by_year(self.inventory):
                days, before = rooms.get((one.holder.key.site, year), (set(), Fraction(0)))
                own = {day for day in days_of([one.row.period]) if day.year == year}
                kilowatt_hours = quantity * units.ratio(one.holder.key.unit, "kWh")
                rooms[one.holder.key.site, year] = (days | own, before + kilowatt_hours)
        return rooms

    def _power(self, site: str, year: int, days: set[date]) -> tuple[Fraction, set[date]]:
        """Return the site's electricity in kWh in reporting periods that touch some days, and the days it covers."""
        catalogue = self.inventory.ledger.plan.library.catalogue
        touched: set[date] = set()
        power = Fraction(0)
        for cell, key, quantity in self.inventory.ledger.quantities():
            own = days_of([key.period]) if cell.site == site and key.period.start.year == year else set()
            if own & days and _electric(catalogue[cell.activity]) and _counts(self.inventory, site, key.period):
                power += quantity * units.ratio(cell.unit, "kWh")
                touched |= own
        stated = [
            (cell.activity, period)
            for batch in self.inventory.ledger.activities
            for cell, period in batch.stated()
            if cell.site == site and _electric(catalogue[cell.activity])
        ]
        bought = [period for activity, period in stated if activity == "electricity.grid"]
        return power, days_of(bought or [period for _, period in stated]) & touched

    def _feedstock_findings(self) -> Iterator[Finding]:
        """Say how much of what was left out as feedstock."""
        taken: dict[Place, Fraction] = {}
        for one in self.parts:
            for year, quantity in one.by_year(self.inventory) if one.feedstock else ():
                in_unit = quantity * units.ratio(one.holder.key.unit, self._unit(one))
                taken[_place(one, year)] = taken.get(_place(one, year), Fraction(0)) + in_unit
        unit = {(one.holder.key.site, one.holder.key.activity): self._unit(one) for one in self.parts}
        for (site, activity, year), quantity in sorted(taken.items()):
            data = {
                "site": site,
                "activity": activity,
                "year": year,
                "quantity": f"{Amount(quantity, unit[site, activity])}",
            }
            yield Finding(code="feedstock-left-out", severity="info", data=data)

    def _share_findings(self) -> Iterator[Finding]:
        """Name parts that exceed what contains them, and wholes in units that cannot be added."""
        over = [row for row in self.shares() if row.amount.value > 100]  # noqa: PLR2004  (percent)
        for row in over:
            data = {"site": row["site"], "activity": row["activity"], "year": row["year"]}
            yield Finding(code="part-exceeds-whole", severity="warning", data=data)
        for site, activity, year in sorted(self._wholes()[1]):
            data = {"site": site, "activity": activity, "year": year}
            yield Finding(code="part-units-mixed", severity="warning", data=data)

    def _pue_findings(self) -> Iterator[Finding]:
        """Name years without a PUE, and PUEs of a part of a year."""
        for (site, year), (days, _) in sorted(self._rooms().items()):
            data: dict[str, Any] = {"site": site, "year": year, "days": len(days)}
            if self._power(site, year, days)[1] != days:
                yield Finding(code="pue-days-differ", severity="warning", data=data)
            elif len(days) < (of := Period.parse(str(year)).days):
                yield Finding(code="pue-part-year", severity="info", data={**data, "of": of})


def check_parts(
    rows: Sequence[ActivityRow],
    holders: Sequence[ActivityRow],
    catalogue: Mapping[str, CatalogueEntry],
    sites: Iterable[Site],
) -> tuple[tuple[Part, ...], list[Finding]]:
    """Return the parts with what contains each of them, and a finding at its place for every row that is no part."""
    known = {one.id: one for one in sites}
    named: dict[str, list[ActivityRow]] = {}
    for one in holders:
        for name in {one.activity_id, one.meter} - {None}:
            named.setdefault(str(name), []).append(one)
    parts, found = [], []
    for row in rows:
        wrong = _role_fault(row, catalogue) or _site_fault(row, known)
        holder, misfit = (None, None) if wrong else _holder(row, named, catalogue)
        if wrong or misfit:
            code, data = wrong or misfit or ("", {})
            found.append(Finding(code=code, severity="error", where=row.where, data=data))
        elif holder:
            parts.append(Part(row, holder))
    return tuple(parts), found + _exceeding(parts)


def credit_of(part: Part) -> dict[str, str]:
    """Return the cells of a feedstock row that change where it stands in the ledger, taken off its bill."""
    key = part.holder.key
    cells = {
        "quantity": units.exact_text(-part.row.quantity),
        "credit": "yes",
        "period": part.holder.period.label,
        "period_start": part.holder.period.start.isoformat(),
        "period_end": part.holder.period.end.isoformat(),
    }
    return cells | {name: getattr(key, name) for name in ("region", "technology", "instrument")}


# -------------------------------------------------------------------------------------------------- private

_Fault = tuple[str, dict[str, Any]]


def _counts(inventory: Inventory, site: str, period: Period) -> bool:
    """Say whether anything of a site counts in a period; what is outside the boundary is shown nowhere."""
    return inventory.boundary is None or bool(inventory.boundary.share(site, period))


def _electric(entry: CatalogueEntry) -> bool:
    """Say whether an activity is electricity that a site uses: bought or made there, not sold, not lost."""
    return entry.activity.startswith("electricity.") and entry.scope in {"1", "2"}


def _place(one: Part, year: int) -> Place:
    return one.holder.key.site, one.holder.key.activity, year


def _role_fault(row: ActivityRow, catalogue: Mapping[str, CatalogueEntry]) -> _Fault | None:
    """Return what is wrong with the role of a row, or with its sign."""
    entry = catalogue[row.key.activity]
    if row.part_of is None or row.role not in {None, *ROLES}:
        return "part-role", {"role": row.role or "", "known": ROLES}
    fuel = entry.origin is not None and "energy.gj" in entry.flows
    if (row.role == IT and not _electric(entry)) or (row.role == FEEDSTOCK and not fuel):
        return "part-role-activity", {"role": row.role, "activity": entry.activity}
    if row.quantity < 0:
        return "part-negative", {"quantity": f"{Amount(row.quantity, row.key.unit)}"}
    return None


def _site_fault(row: ActivityRow, known: Mapping[str, Site]) -> _Fault | None:
    """Return a fault where the site joined or left within the row's period: which days count cannot be told."""
    site = known.get(row.key.site)
    if site is None or not any(site.cuts(one) for one, _ in row.period.parts(folded=False)):
        return None
    day = site.first if site.first and row.period.start < site.first <= row.period.end else site.last
    return "boundary-within-period", {"site": site.id, "day": day, "period": row.period.label}


def _holder(
    row: ActivityRow, named: Mapping[str, list[ActivityRow]], catalogue: Mapping[str, CatalogueEntry]
) -> tuple[ActivityRow | None, _Fault | None]:
    """Return the row that contains another, or what they do not have in common."""
    own = named.get(row.part_of or "", [])
    names: dict[str, Any] = {"part_of": row.part_of}
    if not own:
        return None, (
            "part-of-unknown",
            {**names, "known": near(str(row.part_of), sorted(named)) or sorted(named)[:4] or ["-"]},
        )
    carrier = catalogue[row.key.activity].subject

    def same_activity(one: ActivityRow) -> bool:
        by_meter = one.activity_id != row.part_of and row.role != FEEDSTOCK
        same_carrier = by_meter and catalogue[one.key.activity].subject == carrier
        return one.key.activity == row.key.activity or same_carrier

    tests: tuple[tuple[str, Callable[[ActivityRow], bool]], ...] = (
        ("site", lambda one: one.key.site == row.key.site),
        ("activity", same_activity),
        ("unit", lambda one: units.kind(one.key.unit) == units.kind(row.key.unit)),
    )
    for what, fits in tests:
        fitting = [one for one in own if fits(one)]
        if not fitting:
            there = sorted({getattr(one.key, what) for one in own})
            return None, ("part-differs", {**names, "what": what, "stated": getattr(row.key, what), "there": there})
        own = fitting
    spans = [one for one in sorted(own, key=lambda one: one.period) if days_of([one.period]) & days_of([row.period])]
    whole = [one for one in spans if row.period.within(one.period)]
    if row.role == FEEDSTOCK and not whole:
        return None, ("part-feedstock-period", {**names, "period": row.period.label})
    if not days_of([row.period]) <= days_of(one.period for one in spans):
        there = period_names(one.period for one in own)
        return None, ("part-differs", {**names, "what": "period", "stated": row.period.label, "there": there})
    return (whole or spans)[0], None


def _exceeding(parts: Sequence[Part]) -> list[Finding]:
    """Name feedstock that is more than the bill it is taken off, at the row that makes it so."""
    taken: dict[str, Fraction] = {}
    found = []
    for one in parts:
        if not one.feedstock:
            continue
        holder = one.holder
        before = taken.get(holder.activity_id, Fraction(0))
        taken[holder.activity_id] = before + one.quantity
        if before <= holder.quantity < before + one.quantity or (before == 0 and holder.quantity < 0):
            data = {
                "part_of": holder.activity_id,
                "taken": f"{Amount(taken[holder.activity_id], holder.key.unit)}",
                "whole": f"{Amount(holder.quantity, holder.key.unit)}",
            }
            found.append(Finding(code="feedstock-exceeds", severity="error", where=one.row.where, data=data))
    return found
