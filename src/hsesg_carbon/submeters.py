"""Rows that another row already contains: sub-metered machine rooms, feedstock. They enter no total, only shares."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import near
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.ledger import Ledger, Total, Totals
from hsesg_carbon.plan import plan_keys
from hsesg_carbon.units import Amount

ROLES = ("it", "feedstock")
IT = "it"


@dataclass(frozen=True)
class Submeters:
    """
    Memo rows, which a row of the ledger contains: what share of it they are, and the PUE of machine rooms.

    Args:
        activities: The rows with ``part_of``, and ``role`` where it is stated.
        ledger: The totals that contain them.
    """

    activities: Activities = field(repr=False)
    ledger: Ledger = field(repr=False)

    def shares(self) -> Totals:
        """Return the share of each site's yearly use of an activity that its memo rows are, in percent, by ``role``."""
        compared = self._units()
        whole: dict[tuple[str, str, int], Fraction] = {}
        for cell, key, quantity in self.ledger.quantities():
            if cell.activity not in compared or units.kind(cell.unit) != units.kind(compared[cell.activity]):
                continue
            place = (cell.site, cell.activity, key.period.start.year)
            whole[place] = whole.get(place, Fraction(0)) + quantity * units.ratio(cell.unit, compared[cell.activity])
        rows = []
        for (site, activity, year, role), quantity in sorted(self._held().items()):
            if total := whole.get((site, activity, year)):
                group = (("site", site), ("activity", activity), ("year", year), ("role", role))
                rows.append(Total(group, "share", Amount(100 * quantity / total, "%")))
        return Totals(tuple(rows))

    def pue(self) -> Totals:
        """
        Return the power usage effectiveness by site and year: all electricity of the site over that of its IT rows.

        It is a PUE only where the site is a data centre; of an office it says how much the machine room weighs.
        """
        return Totals(
            tuple(
                Total((("site", row["site"]), ("year", row["year"])), "pue", Amount(100 / row.amount.value, "1"))
                for row in self.shares()
                if row["role"] == IT and row["activity"] == "electricity.grid" and row.amount.value
            )
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Say how many rows enter no total, and name parts that exceed what contains them."""
        count = sum(1 for _ in self.activities.ids())
        over = [row for row in self.shares() if row.amount.value > 100]  # noqa: PLR2004  (percent)
        return (
            Finding(code="part-of-memo", severity="info", data={"count": count}),
            *(
                Finding(
                    code="part-exceeds-whole",
                    severity="warning",
                    data={"site": row["site"], "activity": row["activity"], "year": row["year"]},
                )
                for row in over
            ),
        )

    def _held(self) -> dict[tuple[str, str, int, str], Fraction]:
        compared = self._units()
        held: dict[tuple[str, str, int, str], Fraction] = {}
        for cell, year, quantity in self._quantities():
            place = (cell.site, cell.activity, year, dict(cell.extra).get("role", "") or "-")
            held[place] = held.get(place, Fraction(0)) + quantity * units.ratio(cell.unit, compared[cell.activity])
        return held

    def _quantities(self) -> Iterator[tuple[CellKey, int, Fraction]]:
        for cell, steps in self.activities.cube(["role"]).steps.items():
            for key, share in plan_keys(cell):
                yield cell, key.period.start.year, Fraction(steps, 10 ** units.grid(cell.unit)) * share

    def _units(self) -> dict[str, str]:
        """Return the unit in which each activity's parts are compared with what contains them."""
        return {cell.activity: cell.unit for cell in self.activities.cube().steps}


def check_parts(parts: list[tuple[str, str, Where]], containers: frozenset[str]) -> list[Finding]:
    """Return a finding for every ``(part_of, role)`` that names no row or meter, or no known role."""
    found = []
    for part_of, role, where in parts:
        if part_of and part_of not in containers:
            known = near(part_of, sorted(containers)) or sorted(containers)[:4] or ["-"]
            data = {"part_of": part_of, "known": known}
            found.append(Finding(code="part-of-unknown", severity="error", where=where, data=data))
        if role and (not part_of or role not in ROLES):
            data = {"role": role, "known": ROLES}
            found.append(Finding(code="part-role", severity="error", where=where, data=data))
    return found
