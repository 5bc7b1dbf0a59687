"""Attainment of targets: what the years of an inventory count beside the plans and paths of its targets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.monitoring import EMISSIONS, ENERGY, Target
from hsesg_carbon.targets import straight
from hsesg_carbon.units import CO2E
from hsesg_carbon.workspace import Workspace

Json = dict[str, Any]

_MONTHS = 12
_LACKING = ("missing", "partial")
_Place = tuple[str, str, int, str]
"""Site, carrier, year and, of quantities, what their unit measures."""


@dataclass(frozen=True)
class Attainment:
    """
    What Scopes 1 and 2 count of whole years beside their targets: exact, and nothing where bills are missing.

    Args:
        workspace: The accounts; emissions are those of the headline method of Scope 2.
        years: The reported years.

    Example: ``list(Attainment(workspace, (2023, 2024)).rows(targets))``.
    """

    workspace: Workspace = field(repr=False)
    years: tuple[int, ...]

    def rows(self, targets: Iterable[Target]) -> Iterator[Json]:
        """Yield the plans of years, then every year of every path, with what the year counts."""
        paths: dict[tuple[str, str | None, str], list[Target]] = {}
        for one in targets:
            if one.kind == "plan":
                yield self._target(one, one.year, Fraction(one.value), interpolated=False)
            else:
                paths.setdefault((one.target, one.site, one.what), []).append(one)
        for rows in paths.values():
            first = min(rows, key=lambda one: one.year)
            for year, value, between in straight(rows):
                yield self._target(first, year, value, interpolated=between)

    def _target(self, one: Target, year: int, value: Fraction, *, interpolated: bool) -> Json:
        complete = year in self.years and self._is_complete(one, year)
        actual = self._actual(one, year) if complete else None
        return {
            "target": one.target,
            "kind": one.kind,
            "site": one.site,
            "what": one.what,
            "year": year,
            "value": units.exact_text(value),
            "unit": one.unit,
            "actual": units.known_text(actual),
            "complete": complete,
            "interpolated": interpolated,
            "source": one.source,
        }

    def _is_complete(self, one: Target, year: int) -> bool:
        """Say whether bills cover all of a year that a target is about."""
        months = {month.start.month for month in self.workspace.completeness.months if month.start.year == year}
        return len(months) == _MONTHS and not any(
            cell.status in _LACKING
            and cell.month.start.year == year
            and one.site in {None, cell.key.site}
            and one.what in {ENERGY, EMISSIONS, cell.carrier}
            for cell in self.workspace.completeness.matrix
        )

    def _actual(self, one: Target, year: int) -> Fraction | None:
        """Return what Scopes 1 and 2 count of a target's subject, in its unit; ``None`` where no row tells it so."""
        measure = "tce" if units.kind(one.unit) == units.kind("tce") else "gj"
        if one.what == EMISSIONS:
            return self._of_target(one, year, self._used["tco2e"], units.ratio(CO2E, one.unit))
        if one.what != ENERGY:
            kinds = {kind for (_, carrier, own, kind) in self._used["quantity"] if (carrier, own) == (one.what, year)}
            if kinds == {units.kind(one.unit)}:
                size = units.measured(one.unit)[0]
                return self._of_target(one, year, self._used["quantity"], 1 / size)
            if units.kind(one.unit) != units.kind("GJ"):
                return None
        return self._of_target(one, year, self._used[measure], units.ratio({"gj": "GJ"}.get(measure, "tce"), one.unit))

    @staticmethod
    def _of_target(one: Target, year: int, used: Mapping[_Place, Fraction], ratio: Fraction) -> Fraction | None:
        own = [
            amount
            for (site, carrier, of, _), amount in used.items()
            if of == year and one.site in {None, site} and one.what in {ENERGY, EMISSIONS, carrier}
        ]
        return sum(own, Fraction(0)) * ratio if own else None

    @cached_property
    def _used(self) -> dict[str, dict[_Place, Fraction]]:
        """What Scopes 1 and 2 count, by measure, then site, carrier, year and, of quantities (in base units), kind."""
        view, found = self.workspace.inventory, dict[str, dict[_Place, Fraction]]()
        dimensions = ("site", "subject", "year", "scope")
        for name, totals in (("tco2e", view.by(*dimensions)), ("energy", EnergyAccount(view).by(*dimensions))):
            for row in totals:
                measure = {"energy.gj": "gj", "CO2e": name}.get(row.flow, "tce")
                key = str(row["site"]), str(row["subject"]), int(row["year"]), ""
                if row["scope"] in {"1", "2"}:
                    own = found.setdefault(measure, {})
                    own[key] = own.get(key, Fraction(0)) + row.amount.value
        entries = self.workspace.library.catalogue
        for cell, key_, quantity in view.ledger.quantities():
            entry, size = entries[cell.activity], units.measured(cell.unit)[0]
            share = self.workspace.boundary.share(cell.site, key_.period)
            if entry.scope in {"1", "2"} and share:
                place = cell.site, entry.subject, key_.period.start.year, units.kind(cell.unit)
                own = found.setdefault("quantity", {})
                own[place] = own.get(place, Fraction(0)) + quantity * size * share
        return {name: found.get(name, {}) for name in ("tco2e", "gj", "tce", "quantity")}
