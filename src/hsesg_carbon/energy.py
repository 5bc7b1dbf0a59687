"""The energy account: GJ, MWh and tonnes of coal equivalent of the same rows that make the emissions."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from hsesg_carbon import units
from hsesg_carbon.inventory import Denominator, Inventory, divided
from hsesg_carbon.ledger import Entry, Total, Totals, grouped
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
        known = self.inventory.ledger.dimensions(dimensions)
        return _in_unit(grouped(self._by_flow(self._energy()), known), unit)

    def comprehensive(self, *dimensions: str, unit: str | None = None) -> Totals:
        """
        Return energy net of what is sold (综合能源消费量): ``by`` less ``electricity.sold`` and ``heat.sold``.

        GB/T 2589 counts energy net of what leaves; scopes and ``by`` stay gross. A carrier of which more is sold than
        bought stands below zero.

        Raises:
            UnitError: ``unit`` is unknown or measures no energy.
        """
        known = self.inventory.ledger.dimensions(dimensions)
        less = ((entry, -amount) for entry, amount in self._energy(sold=True))
        return _in_unit(grouped(self._by_flow(chain(self._energy(), less)), known), unit)

    def renewable(self, *dimensions: str, unit: str | None = None) -> Totals:
        """
        Return energy apart by ``renewable``: ``yes`` or ``no``; the two add up to ``by`` of the same dimensions.

        Renewable are fuels of biogenic carbon, electricity made on the site (``electricity.onsite_*``), and, under the
        market-based view only, bought electricity that certificates or green-power trades cover. What is not shown to
        be renewable is ``no``: so the grid's own mix stands there, whatever share of it is renewable.
        """
        known = self.inventory.ledger.dimensions(dimensions)
        rows = []
        for place, answer in enumerate(("yes", "no")):
            parts = ((entry, self._split(entry, amount)[place]) for entry, amount in self._energy())
            rows += [
                Total((("renewable", answer), *row.group), row.flow, row.amount)
                for row in grouped(self._by_flow(parts), known)
            ]
        return _in_unit(Totals(tuple(rows)), unit)

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
            whole = wholes[row["year"], row.flow]
            if whole:
                rows.append(Total(row.group, row.flow, Amount(100 * row.amount.value / whole, "%")))
        return Totals(tuple(rows))

    def share(self, carrier: str, flow: str, year: int) -> Amount:
        """
        Return one carrier's share of a year's comprehensive energy use, in percent.

        Raises:
            InventoryError: Nothing was used in that year, or not this carrier.
        """
        return self.shares().value(flow, subject=carrier, year=year)

    # ---------------------------------------------------------------------------------------------- inside

    def _energy(self, *, sold: bool = False) -> Iterator[tuple[Entry, Fraction]]:
        """Yield the energy that is used, or that which is sold: beside the scopes, like its emissions."""
        catalogue = self.inventory.ledger.plan.library.catalogue
        for entry, share in self.inventory.weighed():
            beside = catalogue[entry.cell.activity].scope == "beside"
            if entry.line.flow.kind in ENERGY_KINDS and beside == sold:
                yield entry, entry.amount * share

    @staticmethod
    def _by_flow(amounts: Iterable[tuple[Entry, Fraction]]) -> Iterator[tuple[Entry, str, str, Fraction]]:
        return ((entry, entry.line.flow.flow, entry.line.flow.unit, amount) for entry, amount in amounts)

    def _split(self, entry: Entry, amount: Fraction) -> tuple[Fraction, Fraction]:
        """Return the renewable and the other part of an amount of energy."""
        activity = entry.cell.activity
        if self.inventory.ledger.plan.library.catalogue[activity].origin == "biogenic" or activity.startswith(_ONSITE):
            return amount, Fraction(0)
        parts = self.inventory.matching.parts.get((entry.cell, entry.period), ())
        covered = sum((one.quantity for one in parts if one.instrument.kind in RENEWABLE_INSTRUMENTS), Fraction(0))
        if not covered:
            return Fraction(0), amount
        part = amount * covered * entry.line.multiplier / entry.amount  # covered > 0: the entry is not of nothing
        return part, amount - part


def _in_unit(totals: Totals, unit: str | None) -> Totals:
    """Return energy proper in a unit; all flows as they are where none is asked for."""
    if unit is None:
        return totals
    ratio = units.ratio("GJ", unit)
    rows = [row for row in totals if row.flow == "energy.gj"]
    return Totals(tuple(replace(row, flow="energy", amount=Amount(row.amount.value * ratio, unit)) for row in rows))
