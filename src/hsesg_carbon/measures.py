"""Reduction measures and carbon credits: ledgers of their own beside the inventory, never netted against it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.coverage import Labels
from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.ledger import Totals, chosen, grouped
from hsesg_carbon.periods import Period, years_of
from hsesg_carbon.units import CO2E

REDUCED, CREDITS = "CO2e-reduced", "CO2e-credits"


class Measure(BaseModel):
    """
    What a reduction measure saves in a period: a quantity (``kWh``, ``m3`` ...) times a stated factor, with its source.

    The reduction is a claim of the organisation: the inventory already holds the lower consumption.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: str = Field(min_length=1)
    period: str
    scope: Literal["1", "2", "3"]
    quantity: Decimal = Field(ge=0)
    unit: str
    factor: Decimal = Field(ge=0)
    factor_unit: str
    source: str = Field(min_length=1)
    evidence: str | None = None
    note: str | None = None

    @property
    def reduced(self) -> Fraction:
        """The reduction in tCO2e; a factor in CO2 alone counts as it is, its GWP being 1."""
        above, below = units.sides(self.factor_unit)
        if not units.is_co2e(above):
            above = f"{units.without_gas(above, 'CO2')}CO2e"
        return (
            Fraction(self.quantity) * Fraction(self.factor) * units.ratio(above, CO2E) * units.ratio(self.unit, below)
        )

    def check(self) -> None:
        """
        Hold the row to a period and to a factor that is CO2 or CO2e per the unit of the quantity.

        Raises:
            InputError: The factor's unit names no CO2.
            UnitError: The units do not fit each other.
        """
        Period.parse(self.period)
        if not units.per_co2(self.factor_unit):
            raise InputError("measure-factor-unit", unit=self.factor_unit)
        self.reduced  # noqa: B018  (raises)


class Offset(BaseModel):
    """
    A carbon credit (CCER, VCU ...): so many tCO2e of one vintage, and for whom and when it was retired.

    What is not retired is held, not used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    credit: str = Field(min_length=1)
    registry: str = Field(min_length=1)
    kind: str = Field(min_length=1)
    vintage: str
    volume: Decimal = Field(gt=0)
    unit: str = CO2E
    retired_for: str | None = None
    retired_on: date | None = None
    evidence: str | None = None
    note: str | None = None

    def check(self) -> None:
        """
        Hold the row to a vintage, a volume of CO2e, and a retirement that says both for whom and when.

        Raises:
            InputError: Only one of ``retired_for`` and ``retired_on`` is there, or it was retired before it was earned.
            UnitError: The unit is none of CO2e.
        """
        vintage = Period.parse(self.vintage)
        units.ratio(self.unit, CO2E)
        if (self.retired_for is None) != (self.retired_on is None):
            raise InputError("offset-retired-half")
        if self.retired_on is not None and self.retired_on < vintage.start:
            raise InputError("offset-before-vintage", day=self.retired_on, vintage=self.vintage)


MeasureRow = tuple[Measure, int]
_OF_MEASURE: Mapping[str, Callable[[MeasureRow], str | int]] = {
    "measure": lambda row: row[0].measure,
    "scope": lambda row: row[0].scope,
    "source": lambda row: row[0].source,
    "year": lambda row: row[1],
}


@dataclass(frozen=True)
class Measures:
    """
    The reductions of an organisation in tCO2e, by ``measure``, ``scope``, ``source`` and ``year``: beside the totals.

    Example:
        >>> row = {"measure": "LED", "period": "2024", "scope": "2", "quantity": "1000", "unit": "kWh"}
        >>> led = Measure.model_validate(row | {"factor": "0.5366", "factor_unit": "kgCO2/kWh", "source": "made up"})
        >>> str(Measures((led,)).by("year").value(year=2024))
        '0.5366 tCO2e'
    """

    items: tuple[Measure, ...]

    def by(self, *dimensions: str) -> Totals:
        """Return reductions by any of the dimensions; an unknown one raises ``InputError``."""
        return grouped(self._rows(), chosen(dimensions, _OF_MEASURE))

    @property
    def years(self) -> set[int]:
        """The calendar years that have rows."""
        return years_of(one.period for one in self.items)

    @property
    def entered(self) -> dict[Labels, set[Period]]:
        """The periods of the rows by measure: none should hold another."""
        held: dict[Labels, set[Period]] = {}
        for one in self.items:
            held.setdefault((("file", "measures"), ("what", one.measure)), set()).add(Period.parse(one.period))
        return held

    def _rows(self) -> Iterator[tuple[MeasureRow, str, str, Fraction]]:
        for one in self.items:
            for part, days in Period.parse(one.period).parts():
                yield (one, part.start.year), REDUCED, CO2E, one.reduced * days


@dataclass(frozen=True)
class Offsets:
    """
    Carbon credits by ``kind``, ``registry``, ``vintage``, ``year`` (of retirement) and ``status``: never netted.

    ``status`` is ``retired`` (for the reporter), ``held``, or ``for-others``.

    Raises:
        InventoryError: A credit stands there twice within its registry.
    """

    items: tuple[Offset, ...]
    reporter: str

    def __post_init__(self) -> None:
        stated = Counter((one.registry, one.credit) for one in self.items)
        if repeated := sorted({credit for (_, credit), times in stated.items() if times > 1}):
            raise InventoryError("offset-twice", credits=repeated)

    def by(self, *dimensions: str) -> Totals:
        """Return volumes by any of the dimensions and ``status``, which is kept apart unasked."""
        known: dict[str, Callable[[Offset], str | int]] = {
            "kind": lambda one: one.kind,
            "registry": lambda one: one.registry,
            "vintage": lambda one: Period.parse(one.vintage).label,  # 2024 and 2024年 are one
            "year": lambda one: one.retired_on.year if one.retired_on else "-",
            "status": self.status,
        }
        names = dimensions if "status" in dimensions else (*dimensions, "status")
        rows = ((one, CREDITS, CO2E, Fraction(one.volume) * units.ratio(one.unit, CO2E)) for one in self.items)
        return grouped(rows, chosen(names, known))

    def status(self, one: Offset) -> str:
        """Say whether a credit was retired for the reporter, for someone else, or is held."""
        if one.retired_for is None:
            return "held"
        return "retired" if one.retired_for == self.reporter else "for-others"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Name the credits that were retired for someone else: they support no claim of the reporter."""
        others = [one.credit for one in self.items if self.status(one) == "for-others"]
        return (Finding(code="offset-for-others", severity="warning", data={"credits": others}),) if others else ()
