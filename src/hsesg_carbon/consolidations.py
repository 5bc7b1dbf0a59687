"""The inventory under every consolidation, the total of GB/T 32150, and why one of them has nothing to show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from hsesg_carbon.boundary import CONSOLIDATIONS, Boundary, Consolidation
from hsesg_carbon.errors import InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.messages import both
from hsesg_carbon.units import CO2E, Amount


@dataclass(frozen=True)
class Consolidations:
    """
    An inventory with a boundary, seen under all four consolidations of its sites, whichever of them rules.

    Example: ``Consolidations(inventory).under("equity-share").by("scope", "year")``.
    """

    inventory: Inventory = field(repr=False)

    def under(self, approach: Consolidation) -> Inventory:
        """Return the inventory of the same sites under another consolidation."""
        return self._views[approach]

    def national(self) -> tuple[Totals, Totals]:
        """
        Return the items of GB/T 32150 by year, and their total: of the legal person, location-based.

        Both are empty under a methodology without the location-based method: the standard knows no other.
        """
        if not self._located:
            return Totals(()), Totals(())
        items = self.under("legal-entity").seen(scope2="location").national("year")
        sums: dict[str | int, Fraction] = {}
        for row in items:
            sums[row["year"]] = sums.get(row["year"], Fraction(0)) + row.amount.value
        return items, Totals(
            tuple(Total((("year", year),), "CO2e", Amount(value, CO2E)) for year, value in sorted(sums.items()))
        )

    def findings(self, years: Iterable[int]) -> list[Finding]:
        """Say why a consolidation, or the total of GB/T 32150, has nothing in years that have emissions otherwise."""
        present = {one: self._years(view.by("year")) for one, view in self._views.items()}
        wanted = set(years) & set().union(*present.values())
        entity = self._boundary.entity or "-"
        findings = [
            Finding(
                code="consolidation-empty",
                severity="warning",
                data={
                    "consolidation": both(f"label.consolidation-{one}"),
                    "years": sorted(wanted - present[one]),
                    "reason": both(f"reason-empty-{one}", entity=entity),
                },
            )
            for one in CONSOLIDATIONS
            if wanted - present[one]
        ]
        missing = wanted - self._years(self.national()[1])
        if not missing:
            return findings
        if not self._located:
            reason = both("reason-national-location", methodology=self.inventory.ledger.plan.methodology.id)
        elif missing - present["legal-entity"]:
            reason = both("reason-empty-legal-entity", entity=entity)
        else:
            reason = both("reason-national-items")
        data = {"years": sorted(missing), "reason": reason}
        return [*findings, Finding(code="national-empty", severity="info", data=data)]

    @property
    def _located(self) -> bool:
        return "location" in self.inventory.ledger.plan.methodology.scope2

    @property
    def _boundary(self) -> Boundary:
        """The boundary; without one there is nothing to consolidate."""
        if self.inventory.boundary is None:
            raise InventoryError("boundary-missing")
        return self.inventory.boundary

    @cached_property
    def _views(self) -> Mapping[Consolidation, Inventory]:
        return {one: self.inventory.seen(boundary=replace(self._boundary, consolidation=one)) for one in CONSOLIDATIONS}

    @staticmethod
    def _years(totals: Totals) -> set[int]:
        return {int(row["year"]) for row in totals}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one site has in a scope and year under two boundaries, in tCO2e, and the share that counts under each."""

    site: str
    scope: str
    year: int
    first: Fraction
    second: Fraction
    shares: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]

    @property
    def difference(self) -> Fraction:
        """Second less first."""
        return self.second - self.first


def reconciled(first: Inventory, second: Inventory) -> tuple[Reconciled, ...]:
    """
    Reconcile two boundaries of one ledger, site by site: the differences add up to that of the totals, exactly.

    Sites outside one of the boundaries stand with 0 there, because here nothing of them counts.

    Raises:
        InventoryError: The two differ in more than the boundary.
    """
    if first.ledger is not second.ledger or (first.gwp, first.scope2) != (second.gwp, second.scope2):
        raise InventoryError("reconcile-differs")
    keys = ("site", "scope", "year")
    sides = [{tuple(row[key] for key in keys): row.amount.value for row in one.by(*keys)} for one in (first, second)]
    shares: list[dict[tuple[str, int], set[Fraction]]] = [{}, {}]
    for cell, key, _ in first.ledger.quantities():
        for own, one in zip(shares, (first, second), strict=True):
            share = one.boundary.share(cell.site, key.period) if one.boundary else Fraction(1)
            own.setdefault((cell.site, key.period.start.year), set()).add(share)
    rows = []
    for site, scope, year in sorted({*sides[0], *sides[1]}, key=str):
        amounts = [side.get((site, scope, year), Fraction(0)) for side in sides]
        of_year = tuple(tuple(sorted(own[str(site), int(year)])) for own in shares)
        rows.append(Reconciled(str(site), str(scope), int(year), amounts[0], amounts[1], (of_year[0], of_year[1])))
    return tuple(rows)
