"""The waste account: by material and treatment, diverted and directed to disposal, in the words of GRI 306."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.boundary import Boundary
from hsesg_carbon.coverage import Labels
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import Denominator, divided
from hsesg_carbon.ledger import Totals, chosen, grouped
from hsesg_carbon.periods import Period, years_of
from hsesg_carbon.units import CO2E

WASTE = "waste"
AVOIDED = "CO2e-avoided"
DIVERTED = frozenset({"preparation-for-reuse", "recycling", "other-recovery"})
"""Operations of GRI 306-4; those of GRI 306-5 are disposal, incineration with energy recovery among them."""
_SHOWN = {"t": "t", "台": "台"}
"""By what waste is counted: mass, or devices, which have no mass unless one is stated."""


class WasteLoad(BaseModel):
    """
    Waste of a site in a period and what became of it.

    A load that was reused or recycled may state what its publisher says this avoids elsewhere: ``avoided_factor``, its
    unit (``kgCO2e/kg``, ``kgCO2e/台``) and source. It is shown beside the totals, never in them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str
    period: str
    material: str = Field(min_length=1)
    hazardous: Literal["yes", "no"]
    treatment: Literal[
        "preparation-for-reuse",
        "recycling",
        "other-recovery",
        "incineration-with-energy",
        "incineration-without-energy",
        "landfill",
        "other-disposal",
    ]
    on_site: Literal["yes", "no"] | None = None
    quantity: Decimal = Field(ge=0)
    unit: str
    avoided_factor: Decimal | None = Field(default=None, ge=0)
    avoided_factor_unit: str | None = None
    avoided_source: str | None = None
    evidence: str | None = None
    note: str | None = None

    @property
    def diverted(self) -> bool:
        """Whether the load was diverted from disposal."""
        return self.treatment in DIVERTED

    @property
    def counted_in(self) -> str:
        """``t``, or ``台`` for devices that are counted."""
        shown = next((one for one in _SHOWN if units.kind(one) == units.kind(self.unit)), None)
        if shown is None:
            raise InputError("waste-unit", unit=self.unit)
        return shown

    @property
    def avoided(self) -> Fraction | None:
        """What the whole load avoids in tCO2e, ``None`` where nothing is stated."""
        if self.avoided_factor is None or self.avoided_factor_unit is None:
            return None
        above, below = units.sides(self.avoided_factor_unit)
        ratio = units.ratio(above, CO2E) * units.ratio(self.unit, below)
        return Fraction(self.quantity) * Fraction(self.avoided_factor) * ratio

    def check(self) -> None:
        """
        Hold the row to a period, a unit and a whole statement of what is avoided.

        Raises:
            InputError: The unit is neither mass nor devices, a factor lacks unit or source, or the load is disposed of.
            UnitError: The unit of the factor is not CO2e per the kind of the quantity.
        """
        Period.parse(self.period)
        self.counted_in  # noqa: B018  (raises)
        stated = [self.avoided_factor, self.avoided_factor_unit, self.avoided_source]
        if any(one is not None for one in stated):
            if None in stated:
                raise InputError("avoided-incomplete")
            if not self.diverted:
                raise InputError("avoided-of-disposal", treatment=self.treatment)
            self.avoided  # noqa: B018  (raises)


Row = tuple[WasteLoad, int]
_DIMENSIONS: Mapping[str, Callable[[Row], str | int]] = {
    "year": lambda row: row[1],
    "site": lambda row: row[0].site,
    "material": lambda row: row[0].material,
    "hazardous": lambda row: row[0].hazardous,
    "treatment": lambda row: row[0].treatment,
    "diverted": lambda row: "yes" if row[0].diverted else "no",
    "on_site": lambda row: row[0].on_site or "-",
    "source": lambda row: row[0].avoided_source or "-",
}


@dataclass(frozen=True)
class WasteAccount:
    """
    Waste within a boundary: exact masses in t, devices in 台, never added to each other.

    Example: ``account.by("hazardous", "treatment", "year")``, ``account.by("diverted", "year")``.
    """

    items: tuple[WasteLoad, ...]
    boundary: Boundary

    def by(self, *dimensions: str) -> Totals:
        """
        Return waste by ``year``, ``site``, ``material``, ``hazardous``, ``treatment``, ``diverted`` or ``on_site``.

        Raises:
            InputError: A dimension is unknown.
            InventoryError: A site is not in the boundary, or joined or left within a period.
        """
        rows = (
            ((one, year), WASTE, one.counted_in, Fraction(one.quantity) * units.ratio(one.unit, one.counted_in) * part)
            for one, year, part in self._parts()
        )
        return grouped(rows, chosen(dimensions, _DIMENSIONS))

    def avoided(self, *dimensions: str) -> Totals:
        """Return the emissions that reuse and recycling avoid elsewhere, as stated, in tCO2e: outside every total."""
        rows = (
            ((one, year), AVOIDED, CO2E, one.avoided * part)
            for one, year, part in self._parts()
            if one.avoided is not None
        )
        return grouped(rows, chosen(dimensions, _DIMENSIONS))

    def intensity(
        self,
        denominators: Iterable[Denominator],
        per: str,
        by: tuple[str, ...] = (),
        accept_boundary: Iterable[str] = (),
        years: Container[int] | None = None,
    ) -> Totals:
        """
        Return waste per denominator and year, in t (and 台) per its unit.

        Raises:
            InventoryError: A year has two values, units differ, or a boundary differs and was not accepted.
        """
        return divided(
            self.by(*by, "year"), denominators, per, self.boundary.id, accept_boundary=accept_boundary, years=years
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Name sites outside the boundary, and say that avoided emissions are no part of the totals."""
        count = sum(one.avoided is not None for one in self.items)
        own = [Finding(code="avoided-beside", severity="info", data={"count": count})] if count else []
        return (*self.boundary.findings((one.site, Period.parse(one.period)) for one in self.items), *own)

    @property
    def years(self) -> set[int]:
        """The calendar years that have rows."""
        return years_of(one.period for one in self.items)

    @property
    def covered(self) -> dict[Labels, set[Period]]:
        """The periods of the rows by site: together they should cover a year."""
        return self._periods(lambda one: one.site)

    @property
    def entered(self) -> dict[Labels, set[Period]]:
        """The periods of the rows by site, material and treatment: none should hold another."""
        return self._periods(lambda one: f"{one.site}, {one.material}, {one.treatment}")

    def _periods(self, tell: Callable[[WasteLoad], str]) -> dict[Labels, set[Period]]:
        held: dict[Labels, set[Period]] = {}
        for one in self.items:
            labels = (("file", WASTE), ("site", one.site), ("what", tell(one)))
            held.setdefault(labels, set()).add(Period.parse(one.period))
        return held

    def _parts(self) -> Iterator[tuple[WasteLoad, int, Fraction]]:
        for one in self.items:
            for year, part in self.boundary.counted(one.site, Period.parse(one.period)):
                yield one, year, part
