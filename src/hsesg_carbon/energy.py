"""The energy account: GJ and tonnes of coal equivalent of the same rows that make the emissions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Entry, Total, Totals, grouped
from hsesg_carbon.units import Amount


@dataclass(frozen=True)
class EnergyAccount:
    """
    Energy use of an inventory's boundary, by carrier (the catalogue's ``subject``), in GJ and tce.

    GJ follow from the heating values that the methodology uses for emissions; tce from its coefficients of coal
    equivalent (GB/T 2589). 当量值 and 等价值 are different flows and never mixed.

    Example: ``EnergyAccount(inventory).by("subject", "year")``.
    """

    inventory: Inventory

    def by(self, *dimensions: str) -> Totals:
        """Return energy by the ledger's dimensions, one row per flow (``energy.gj``, ``tce.dangliang``)."""
        return grouped(
            ((entry, entry.line.flow.flow, entry.line.flow.unit, amount) for entry, amount in self._energy()),
            self.inventory.ledger.dimensions(dimensions),
        )

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

    def _energy(self) -> Iterator[tuple[Entry, Fraction]]:
        for entry, share in self.inventory.weighed():
            if entry.line.flow.kind in {"energy", "coal-equivalent"}:
                yield entry, entry.amount * share
