"""The water account: withdrawal, discharge, consumption and recycled water, in the words of GRI 303."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.boundary import Boundary
from hsesg_carbon.coverage import Labels, days_of
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import Denominator, divided
from hsesg_carbon.ledger import Total, Totals, chosen, grouped
from hsesg_carbon.periods import Period, years_of
from hsesg_carbon.units import Amount

WATER = "water"
CONSUMPTION = "consumption"


class WaterFlow(BaseModel):
    """
    Water that a site takes, gives off or uses again in a period.

    ``source_or_destination`` is worded as in GRI 303-3 and 303-4; recycled water has none. ``stressed`` says whether
    it is of an area with water stress.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str
    period: str
    kind: Literal["withdrawal", "discharge", "recycled"]
    source_or_destination: Literal["surface", "ground", "sea", "produced", "third-party"] | None = None
    quantity: Decimal = Field(ge=0)
    unit: str
    stressed: Literal["yes", "no"] | None = None
    evidence: str | None = None
    note: str | None = None

    def check(self) -> None:
        """
        Hold the row to a period, a volume and a source or destination where there must be one.

        Raises:
            InputError: The unit measures no volume, or the source or destination does not go with the kind.
        """
        Period.parse(self.period)
        if units.kind(self.unit) != units.kind("m3"):
            raise InputError("water-no-volume", unit=self.unit)
        wrong = {"withdrawal": (None,), "discharge": (None, "produced"), "recycled": ()}[self.kind]
        if self.source_or_destination in wrong:
            raise InputError("water-place", kind=self.kind, place=self.source_or_destination or "-")


Row = tuple[WaterFlow, int]
_DIMENSIONS: Mapping[str, Callable[[Row], str | int]] = {
    "kind": lambda row: row[0].kind,
    "year": lambda row: row[1],
    "site": lambda row: row[0].site,
    "source_or_destination": lambda row: row[0].source_or_destination or "-",
    "stressed": lambda row: row[0].stressed or "-",
}


@dataclass(frozen=True)
class WaterAccount:
    """
    Water within a boundary, by kind and year: exact volumes, bills across years split by days.

    Recycled water is neither withdrawn nor discharged: it stands beside them.

    Example:
        >>> from hsesg_carbon.sites import Site
        >>> hq = Boundary("all", (Site(id="hq", control=("operational",)),), "operational-control")
        >>> row = {"site": "hq", "period": "2024", "source_or_destination": "third-party", "unit": "m3"}
        >>> taken = WaterFlow.model_validate(row | {"kind": "withdrawal", "quantity": "1200"})
        >>> given = WaterFlow.model_validate(row | {"kind": "discharge", "quantity": "900"})
        >>> str(WaterAccount((taken, given), hq).consumption().value(year=2024))
        '0.3 ML'
    """

    items: tuple[WaterFlow, ...]
    boundary: Boundary

    def by(self, *dimensions: str, unit: str = "ML") -> Totals:
        """
        Return volumes by ``kind`` and any of ``year``, ``site``, ``source_or_destination`` and ``stressed``.

        ``kind`` is kept apart unasked: what comes in, goes out and goes round is never added.

        Raises:
            InputError: A dimension is unknown.
            InventoryError: A site is not in the boundary, or joined or left within a period.
        """
        names = dimensions if "kind" in dimensions else ("kind", *dimensions)
        return grouped(
            (((one, year), WATER, unit, volume) for one, year, volume in self._volumes(unit)),
            chosen(names, _DIMENSIONS),
        )

    def consumption(self, unit: str = "ML") -> Totals:
        """
        Return withdrawal less discharge by year (GRI 303-5).

        A year has one only where withdrawal and discharge of every site cover the same days: what is missing is not
        zero. ``findings`` name the years left out, and those where more was discharged than withdrawn.
        """
        held: dict[tuple[str, int], Fraction] = {}
        for row in self.by("kind", "year", unit=unit):
            held[str(row["kind"]), int(row["year"])] = row.amount.value
        open_years = {year for _, year in self._uncovered()}
        years = sorted({year for kind, year in held if kind != "recycled"} - open_years)
        return Totals(
            tuple(
                Total(
                    (("kind", CONSUMPTION), ("year", year)),
                    WATER,
                    Amount(held["withdrawal", year] - held["discharge", year], unit),
                )
                for year in years
            )
        )

    def intensity(
        self,
        denominators: Iterable[Denominator],
        per: str,
        unit: str = "m3",
        accept_boundary: Iterable[str] = (),
        years: Container[int] | None = None,
    ) -> Totals:
        """
        Return withdrawal, discharge, recycled water and consumption per denominator and year, ``unit`` per its unit.

        Raises:
            InventoryError: A year has two values, units differ, or a boundary differs and was not accepted.
        """
        rows = [*self.by("kind", "year", unit=unit), *self.consumption(unit)]
        return divided(rows, denominators, per, self.boundary.id, accept_boundary=accept_boundary, years=years)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Judgements: years without a consumption, negative ones, rows that do not say whether water is scarce."""
        found = self.boundary.findings((one.site, Period.parse(one.period)) for one in self.items)
        found += [
            Finding(code="water-days-differ", severity="warning", data={"site": site, "year": year})
            for site, year in self._uncovered()
        ]
        found += [
            Finding(
                code="water-consumption-negative",
                severity="warning",
                data={"year": row["year"], "amount": str(row.amount)},
            )
            for row in self.consumption("m3")
            if row.amount.value < 0
        ]
        silent = [one for one in self.items if one.stressed is None and one.kind != "recycled"]
        if silent:
            found.append(Finding(code="water-stress-unstated", severity="info", data={"count": len(silent)}))
        return tuple(found)

    @property
    def years(self) -> set[int]:
        """The calendar years that have rows."""
        return years_of(one.period for one in self.items)

    @property
    def covered(self) -> dict[Labels, set[Period]]:
        """The periods of the rows by site and kind: together they should cover a year."""
        return self._periods(lambda one: f"{one.site}, {one.kind}")

    @property
    def entered(self) -> dict[Labels, set[Period]]:
        """The periods of the rows by site, kind and source: none should hold another."""
        return self._periods(lambda one: f"{one.site}, {one.kind}, {one.source_or_destination or '-'}")

    # ---------------------------------------------------------------------------------------------- inside

    def _periods(self, tell: Callable[[WaterFlow], str]) -> dict[Labels, set[Period]]:
        held: dict[Labels, set[Period]] = {}
        for one in self.items:
            labels = (("file", WATER), ("site", one.site), ("what", tell(one)))
            held.setdefault(labels, set()).add(Period.parse(one.period))
        return held

    def _volumes(self, unit: str) -> Iterator[tuple[WaterFlow, int, Fraction]]:
        for one in self.items:
            volume = Fraction(one.quantity) * units.ratio(one.unit, unit)
            for year, part in self.boundary.counted(one.site, Period.parse(one.period)):
                yield one, year, volume * part

    def _uncovered(self) -> list[tuple[str, int]]:
        """Return the sites and years whose withdrawal and discharge do not cover the same days within the boundary."""
        days: dict[tuple[str, int], dict[str, set[date]]] = {}
        for one in self.items:
            for part, _ in Period.parse(one.period).parts(folded=False):
                if one.kind != "recycled" and self.boundary.share(one.site, part):
                    for day in days_of([part]):
                        days.setdefault((one.site, day.year), {}).setdefault(one.kind, set()).add(day)
        return sorted(key for key, kinds in days.items() if kinds.get("withdrawal") != kinds.get("discharge"))
