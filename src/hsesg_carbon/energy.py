"""The energy account: GJ, MWh and tonnes of coal equivalent of the same rows that make the emissions."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.intensity import Denominator, divided
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Group, Total, Totals
from hsesg_carbon.percentages import part
from hsesg_carbon.plan import PlanLine
from hsesg_carbon.units import Amount

ENERGY_KINDS = frozenset({"energy", "coal-equivalent"})
RENEWABLE_INSTRUMENTS = frozenset({"certificate", "power-trade", "rec"})
"""Instruments that are issued for renewable power only; a PPA or a supplier's rate may be of any power."""
_ONSITE = "electricity.onsite_"


@dataclass(frozen=True)
class EnergyAccount:
    """
    Energy use of an inventory's boundary, by carrier (the catalogue's ``subject``), in GJ, MWh and tce.

    GJ follow from the heating values that the methodology uses for emissions; tce from its coefficients of coal
    equivalent (GB/T 2589). 当量值 and 等价值 are different flows and never mixed. MWh are GJ over 3.6, exactly.

    Example: ``EnergyAccount(inventory).by("subject", "year")``, ``.by("year", unit="MWh")``.
    """

    inventory: Inventory

    def by(self, *dimensions: str, unit: str | None = None) -> Totals:
        """
        Return energy by the ledger's dimensions, one row per flow (``energy.gj``, ``tce.dangliang``).

        With ``unit`` (``MWh``, ``GJ``, ``万kWh`` ...) only energy proper, as flow ``energy``, in that unit: coal
        equivalent is no energy that could be converted.

        Raises:
            UnitError: ``unit`` is unknown or measures no energy.
        """
        return _in_unit(self._summed(dimensions, lambda activity: int(not self._is_beside(activity))), unit)

    def comprehensive(self, *dimensions: str, unit: str | None = None) -> Totals:
        """
        Return energy net of what is sold (综合能源消费量): ``by`` less ``electricity.sold`` and ``heat.sold``.

        GB/T 2589 counts energy net of what leaves; scopes and ``by`` stay gross. A carrier of which more is sold than
        bought stands below zero.

        Raises:
            UnitError: ``unit`` is unknown or measures no energy.
        """
        return _in_unit(self._summed(dimensions, lambda activity: -1 if self._is_beside(activity) else 1), unit)

    def renewable(self, *dimensions: str, unit: str | None = None) -> Totals:
        """
        Return energy apart by ``renewable``: ``yes`` or ``no``; the two add up to ``by`` of the same dimensions.

        Renewable are fuels of biogenic carbon, electricity made on the site (``electricity.onsite_*``), and, under the
        market-based view only, bought electricity that certificates or green-power trades cover. What is not shown to
        be renewable is ``no``: so the grid's own mix stands there, whatever share of it is renewable.
        """
        whole = self.by(*dimensions)
        green = {(row.group, row.flow): row.amount.value for row in self._summed(dimensions, self._is_made_renewable)}
        for key, amount in self._covered(dimensions):
            green[key] = green.get(key, Fraction(0)) + amount
        parts: tuple[list[Total], list[Total]] = [], []
        for row in whole:
            own = green.get((row.group, row.flow), Fraction(0))
            for rows, answer, amount in zip(parts, ("yes", "no"), (own, row.amount.value - own), strict=True):
                rows.append(Total((("renewable", answer), *row.group), row.flow, Amount(amount, row.amount.unit)))
        return _in_unit(Totals((*parts[0], *parts[1])), unit)

    def intensity(
        self,
        denominators: Iterable[Denominator],
        per: str,
        by: tuple[str, ...] = (),
        accept_boundary: Iterable[str] = (),
        years: Container[int] | None = None,
    ) -> Totals:
        """
        Return energy per denominator and year, one row per flow: GJ and tce per its unit.

        Arguments and refusals are those of ``Inventory.intensity``.

        Raises:
            InventoryError: A year has two values, units differ, or a boundary differs and was not accepted.
        """
        own = self.inventory.boundary.id if self.inventory.boundary else "-"
        return divided(self.by(*by, "year"), denominators, per, own, accept_boundary=accept_boundary, years=years)

    def shares(self) -> Totals:
        """
        Return each carrier's share of a year's comprehensive energy use in percent, by flow.

        A year in which nothing was used has no shares.
        """
        wholes = {(row["year"], row.flow): row.amount.value for row in self.by("year")}
        rows = []
        for row in self.by("subject", "year"):
            percent = part(row.amount.value, wholes[row["year"], row.flow])
            if percent is not None:
                rows.append(Total(row.group, row.flow, Amount(percent, "%")))
        return Totals(tuple(rows))

    def share(self, carrier: str, flow: str, year: int) -> Amount:
        """
        Return one carrier's share of a year's comprehensive energy use, in percent.

        Raises:
            InventoryError: Nothing was used in that year, or not this carrier.
        """
        return self.shares().value(flow, subject=carrier, year=year)

    # ---------------------------------------------------------------------------------------------- inside

    def _summed(self, dimensions: Sequence[str], times: Callable[[str], int]) -> Totals:
        """Sum energy by dimensions and flow, each activity so many times: 0 leaves it out."""

        def counting(activity: str, line: PlanLine) -> tuple[str, str, Fraction] | None:
            own = times(activity) if line.flow.kind in ENERGY_KINDS else 0
            return (line.flow.flow, line.flow.unit, Fraction(own)) if own else None

        return self.inventory.summed(self.inventory.ledger.telling(dimensions), counting)

    def _covered(self, dimensions: Sequence[str]) -> Iterator[tuple[tuple[Group, str], Fraction]]:
        """Yield, by group and flow, the energy that instruments for renewable power cover."""
        telling = self.inventory.ledger.telling(dimensions)
        for place, share, parts in self.inventory.covered():
            covered = sum((one.quantity for one in parts if one.instrument.kind in RENEWABLE_INSTRUMENTS), Fraction(0))
            if not covered or self._is_made_renewable(place.cell.activity):
                continue
            told = [tell(place) for tell in telling.by_place]
            for line in place.rate.lines:
                if line.flow.kind in ENERGY_KINDS and line.scope2 in {"", self.inventory.scope2}:
                    group = telling.group(told, [tell(line) for tell in telling.by_line])
                    yield (group, line.flow.flow), covered * line.multiplier * share

    def _is_beside(self, activity: str) -> bool:
        """Say whether an activity stands beside the scopes: what is sold."""
        return self.inventory.ledger.plan.library.catalogue[activity].scope == "beside"

    def _is_made_renewable(self, activity: str) -> bool:
        """Say whether all energy of an activity is renewable: fuel of biogenic carbon, or electricity of the site."""
        entry = self.inventory.ledger.plan.library.catalogue[activity]
        return not self._is_beside(activity) and (entry.origin == "biogenic" or activity.startswith(_ONSITE))


def _in_unit(totals: Totals, unit: str | None) -> Totals:
    """Return energy proper in a unit; all flows as they are where none is asked for."""
    if unit is None:
        return totals
    ratio = units.ratio("GJ", unit)
    rows = [row for row in totals if row.flow == "energy.gj"]
    return Totals(tuple(replace(row, flow="energy", amount=Amount(row.amount.value * ratio, unit)) for row in rows))
