"""Contractual instruments of Scope 2: which consumption they cover, and what falls to the next rung (market-based)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hsesg_carbon import units
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding
from hsesg_carbon.messages import both
from hsesg_carbon.periods import Period

Answer = Literal["yes", "no", "unknown"]
Consumption = Mapping[tuple[CellKey, Period], Fraction]
"""Bought electricity by cell and period, in the unit of the cell."""

_DIRECT = ("power-trade", "ppa")
_MONTH = timedelta(days=31)


class Instrument(BaseModel):
    """
    A claim to electricity of stated emissions: certificate (绿证), green-power trade, PPA, I-REC, supplier's rate.

    ``period`` is the consumption that it is claimed for, ``market`` the region within which it can be. ``factor`` may
    be 0: that is a factor. The answers are the quality criteria of the GHG Protocol Scope 2 Guidance (Table 7.1); one
    that is not answered ``yes`` is not met. A supplier's rate without ``volume`` covers all that is left.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    instrument: str = Field(min_length=1)
    kind: Literal["certificate", "power-trade", "ppa", "rec", "supplier"]
    period: str
    market: str
    site: str | None = None
    volume: Decimal | None = Field(default=None, gt=0)
    unit: str | None = None
    factor: Decimal = Field(ge=0)
    factor_unit: str
    gwp_set: str | None = None
    produced_from: date | None = None
    produced_to: date | None = None
    valid_until: date | None = None
    retired_for: str | None = None
    retired_on: date | None = None
    conveys_attribute: Answer = "unknown"
    only_claim: Answer = "unknown"
    tracked_and_retired: Answer = "unknown"
    delivered_mix: Answer = "unknown"
    claim_transferred: Answer = "unknown"
    ccer: Answer = "unknown"
    evidence: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _has_volume(self) -> "Instrument":
        if self.volume is None and (self.unit is not None or self.kind != "supplier"):
            raise InputError("instrument-without-volume", key="volume")
        if self.volume is not None and self.unit is None:
            raise InputError("key-missing", key="unit")
        return self

    @property
    def claimed(self) -> Period:
        """The consumption that it is claimed for."""
        return Period.parse(self.period)

    @property
    def flow(self) -> str:
        """What the factor is of: ``CO2``, or ``CO2e`` where its gases are not told apart."""
        return "CO2e" if units.is_co2e(units.sides(self.factor_unit)[0]) else "CO2"

    @property
    def per(self) -> tuple[str, str]:
        """The two sides of the factor's unit, without the gas: ``("kg", "kWh")``."""
        above, below = units.sides(self.factor_unit)
        return units.without_gas(above, self.flow), below

    def on_other_set(self, gwp: str) -> bool:
        """Say whether the factor is CO2e that was not weighed with ``gwp``; none needs no set."""
        return self.flow == "CO2e" and self.factor != 0 and self.gwp_set != gwp

    def hold_to(self, gwp: str) -> None:
        """Raise ``InventoryError`` where the factor is CO2e of another GWP set."""
        if self.on_other_set(gwp):
            stated = self.gwp_set or "-"
            raise InventoryError("instrument-other-set", instrument=self.instrument, gwp_set=stated, asked=gwp)

    def check(self, library: FactorLibrary) -> None:
        """
        Hold an instrument to units, a period and a market that exist.

        Raises:
            InputError: The period cannot be read, or the factor's unit is neither CO2 nor CO2e per something.
            UnitError: The units do not measure electricity.
            FactorError: The market is no region.
        """
        Period.parse(self.period)
        if self.unit is not None:
            units.ratio(self.unit, "kWh")
        if not units.per_co2(self.factor_unit):
            raise InputError("instrument-factor-unit", unit=self.factor_unit)
        units.ratio(f"{self.per[0]}/{self.per[1]}", "tCO2e/kWh" if self.flow == "CO2e" else "t/kWh")
        library.region_path(self.market)

    def unmet(self, reporter: str, months: int) -> list[str]:
        """Return the codes of the quality criteria that the instrument does not meet, whatever is consumed."""
        unmet = []
        if self.conveys_attribute != "yes":
            unmet.append("criterion-attribute")
        if self.only_claim != "yes" or self.ccer == "yes":
            unmet.append("criterion-only-claim")
        if self.kind != "supplier" and (
            self.tracked_and_retired != "yes" or self.retired_for != reporter or self.retired_on is None
        ):
            unmet.append("criterion-retired")
        if self.valid_until is not None and (self.retired_on is None or self.retired_on > self.valid_until):
            unmet.append("criterion-validity")
        if self.kind != "supplier" and not self._near(months):
            unmet.append("criterion-vintage")
        if self.kind == "supplier" and self.delivered_mix != "yes":
            unmet.append("criterion-supplier")
        if self.kind in _DIRECT and self.claim_transferred != "yes":
            unmet.append("criterion-contract")
        return unmet

    def _near(self, months: int) -> bool:
        """Say whether production lies within so many months of the consumption that it is claimed for."""
        if self.produced_from is None or self.produced_to is None or self.produced_to < self.produced_from:
            return False
        slack, claimed = _MONTH * months, self.claimed
        return claimed.start - slack <= self.produced_from and self.produced_to <= claimed.end + slack


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a cell's consumption that an instrument covers, in the unit of the cell."""

    instrument: Instrument
    quantity: Fraction


@dataclass(frozen=True)
class Instruments:
    """
    The instruments of an organisation, walked by volume: certificates and contracts first, suppliers' rates after them.

    Args:
        items: The instruments; ids must be unique.
        reporter: For whom they must have been retired.
        months: How many months production may lie before or after the consumption (criterion 4).
    """

    items: tuple[Instrument, ...]
    reporter: str
    months: int

    def __post_init__(self) -> None:
        ids = [one.instrument for one in self.items]
        if repeated := sorted({one for one in ids if ids.count(one) > 1}):
            raise InventoryError("instrument-twice", instruments=repeated)

    def match(self, consumption: Consumption, library: FactorLibrary, *, capped: bool = False) -> "Matching":
        """
        Return which consumption each instrument covers, in proportion to what is left of it.

        The most specific go first: of one site before of any, of a smaller market, of a shorter period; ids last.
        With ``capped`` one that claims more than is left covers what is left: for a what-if, never for an inventory.

        Raises:
            InventoryError: An instrument claims more than is left, credits deducted, in its market, period and site.
        """
        left = dict(consumption)
        parts: dict[tuple[CellKey, Period], list[Part]] = {}
        findings = []
        for one in sorted(self.items, key=lambda item: _order(item, library)):
            unmet = one.unmet(self.reporter, self.months)
            places = [] if unmet else self._places(one, left, library)
            unmet = unmet or _nowhere(one, places, left)
            if unmet:
                told = [both(f"label.{code}") for code in unmet]
                data = {"instrument": one.instrument, "volume": _volume(one), "unmet": told}
                findings.append(Finding(code="instrument-falls", severity="warning", data=data))
                continue
            within = {place: left[place] for place in places if place[1].within(one.claimed)}
            for place, quantity in _covered(one, within, capped=capped).items():
                parts.setdefault(place, []).append(Part(one, quantity))
                left[place] -= quantity
        return Matching({place: tuple(own) for place, own in parts.items()}, tuple(findings))

    @staticmethod
    def _places(one: Instrument, left: Consumption, library: FactorLibrary) -> list[tuple[CellKey, Period]]:
        """Return the cells of the instrument's market and site that its period touches."""
        claimed = one.claimed
        return [
            (cell, period)
            for cell, period in left
            if one.site in {None, cell.site}
            and one.market in library.region_path(cell.region)
            and period.start <= claimed.end
            and claimed.start <= period.end
        ]


@dataclass(frozen=True)
class Matching:
    """What instruments cover of each cell and period, and remarks on those that cover nothing."""

    parts: Mapping[tuple[CellKey, Period], tuple[Part, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def covered(self, cell: CellKey, period: Period) -> Fraction:
        """Return how much of a cell's consumption in a period is covered, in the unit of the cell."""
        return sum((part.quantity for part in self.parts.get((cell, period), ())), Fraction(0))


def _order(one: Instrument, library: FactorLibrary) -> tuple[bool, bool, int, int, str]:
    market = -len(library.region_path(one.market)) if one.market in library.regions else 0
    return one.kind == "supplier", one.site is None, market, one.claimed.days, one.instrument


def _nowhere(one: Instrument, places: list[tuple[CellKey, Period]], left: Consumption) -> list[str]:
    """Return why an instrument that meets its own criteria finds nothing to cover; nothing if it does."""
    if not places:
        return ["criterion-market"]
    within = [place for place in places if place[1].within(one.claimed)]
    if not within:
        return ["criterion-period"]
    if one.volume is None and not any(left[place] for place in within):
        return ["criterion-covered"]
    return []


def _covered(
    one: Instrument, within: Mapping[tuple[CellKey, Period], Fraction], *, capped: bool
) -> dict[tuple[CellKey, Period], Fraction]:
    """Return what an instrument covers of each cell; credits count against what can be claimed."""
    if one.volume is None or one.unit is None:
        return {place: quantity for place, quantity in within.items() if quantity}
    unit = one.unit
    in_unit = {place: quantity * units.ratio(place[0].unit, unit) for place, quantity in within.items()}
    net, volume = sum(in_unit.values(), Fraction(0)), Fraction(one.volume)
    if capped:
        volume = min(volume, max(net, Fraction(0)))
    if volume > net:
        raise InventoryError(
            "instrument-over-claimed",
            instrument=one.instrument,
            volume=_volume(one),
            consumed=f"{units.exact_text(max(net, Fraction(0)))} {unit}",
            period=one.period,
            market=one.market,
        )
    bought = sum((quantity for quantity in in_unit.values() if quantity > 0), Fraction(0))
    if not volume or not bought:
        return {}
    return {place: quantity * volume / bought for place, quantity in within.items() if quantity > 0}


def _volume(one: Instrument) -> str:
    return f"{one.volume} {one.unit}" if one.volume is not None else "-"
