"""The energy account: GJ and tonnes of coal equivalent of the same rows that make the emissions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hsesg_carbon.errors import InventoryError
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Entry, Totals, grouped
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

    def share(self, carrier: str | int, flow: str, year: int) -> Amount:
        """
        Return a carrier's share of a year's comprehensive energy use, in percent.

        Raises:
            InventoryError: Nothing was used in that year, so no share exists.
        """
        whole = part = Fraction(0)
        catalogue = self.inventory.ledger.plan.library.catalogue
        for entry, amount in self._energy():
            if entry.line.flow.flow == flow and entry.period.start.year == year:
                whole += amount
                part += amount if catalogue[entry.cell.activity].subject == carrier else 0
        if not whole:
            raise InventoryError("total-missing", wanted=f"{flow} {year}", have=["-"])
        return Amount(100 * part / whole, "%")

    def _energy(self) -> Iterator[tuple[Entry, Fraction]]:
        for entry, share in self.inventory.weighed():
            if entry.line.flow.kind in {"energy", "coal-equivalent"}:
                yield entry, entry.amount * share
