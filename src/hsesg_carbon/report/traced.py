"""The accounts as an auditor traces them: rows, lines, multipliers and what instruments cover. No layout here."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from hsesg_carbon import units
from hsesg_carbon.cube import CellKey
from hsesg_carbon.findings import Where
from hsesg_carbon.instruments import Instrument, Part
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import EMITTED, PlanKey, PlanLine, plan_keys
from hsesg_carbon.records import COUNTED, EmissionFactor, Flow, FuelProperty, Gwp
from hsesg_carbon.verification import Population
from hsesg_carbon.verification.sampling import CHECKED, Item
from hsesg_carbon.workspace import Workspace

MOST_LINES = 100_000
"""Above so many lines the detail is by cell of the cube (site, month, activity, unit), not by row."""

BESIDE = "beside"
Series = tuple[str, str]
"""What a line adds to: a scope, or the kind of a flow that is in no scope; and the method of Scope 2, if it has one."""

PlaceKey = tuple[CellKey, Period]
"""A cell of the cube in one of the periods that it falls into."""


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """A row of activity data as it is summed; of very many rows a cell of the cube, with the number of its rows."""

    number: int
    activity_id: str
    cell: CellKey
    period: Period
    quantity: Fraction
    where: Where
    meter: str = ""
    quality: str = ""
    evidence: str = ""
    rounded: bool = False
    rows: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Multiplier:
    """A line of the plan for an activity and a unit; ``instrument`` is set where its own factor takes the place."""

    number: int
    activity: str
    unit: str
    line: PlanLine
    instrument: Instrument | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Potential:
    """
    What one unit of a flow counts for, in tCO2e: ``weight``, from ``record`` where a set of potentials says so.

    ``convert`` is what makes the printed value the weight.
    """

    number: int
    flow: Flow
    weight: Fraction
    record: Gwp | None

    @property
    def convert(self) -> Fraction:
        """The weight over the printed value."""
        return self.weight / Fraction(self.record.value) if self.record and self.record.value else self.weight


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """
    What an instrument covers of a cell in a period, in its unit; without an instrument: what is left for the rules.

    ``available`` is what earlier instruments left of ``consumed``, which is the site's own use of the bills.
    """

    number: int
    place: PlaceKey
    instrument: Instrument | None
    consumed: Fraction
    available: Fraction
    covered: Fraction
    before: tuple["Rung", ...]

    @property
    def part(self) -> Fraction:
        """The share of the consumption that it stands for."""
        return self.covered / self.consumed


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """
    What rows of a period have in common for one line: quantity x share x counted x part x multiplier = amount.

    ``share`` is of the days of the period stated, ``counted`` what the boundary counts, the part is what an instrument
    or the rules stand for, by ``rung`` (``None``: all of it). ``rate`` is the product of all but the quantity, and
    ``weighed`` that times the potential, in tCO2e; ``None`` where it is in no total.
    """

    share: Fraction
    counted: Fraction
    multiplier: Multiplier
    series: Series
    rate: Fraction
    weighed: Fraction | None
    potential: Potential | None
    rung: Rung | None


class Line(NamedTuple):
    """One line of a row in a period. The exact numbers are formed when they are asked for: they are slow."""

    stated: Stated
    period: Period
    rated: Rated

    @property
    def year(self) -> int:
        """The calendar year that it falls into."""
        return self.period.start.year

    @property
    def floats(self) -> tuple[float, float | None]:
        """``amount`` and ``t_co2e`` as the floats nearest to them, which need no fraction in lowest terms."""
        above, below = self.stated.quantity.as_integer_ratio()
        rate, weighed = self.rated.rate, self.rated.weighed
        amount = (above * rate.numerator) / (below * rate.denominator)
        if weighed is None:
            return amount, None
        return amount, (above * weighed.numerator) / (below * weighed.denominator)

    @property
    def amount(self) -> Fraction:
        """How much of the line's flow it is."""
        return self.stated.quantity * self.rated.rate

    @property
    def t_co2e(self) -> Fraction | None:
        """What it adds to the totals, in tCO2e; ``None`` where it is in none."""
        return None if self.rated.weighed is None else self.stated.quantity * self.rated.weighed


@dataclass(frozen=True)
class Traced:
    """
    Everything that a workspace's totals are made of.

    Args:
        workspace: The accounts.
        most: How many lines may stand row by row.

    Example:
        >>> traced = Traced(Workspace("examples/hundsun-2024"))
        >>> sum(one.t_co2e for one in traced.lines if one.t_co2e) == traced.headline.total().value
        True
    """

    workspace: Workspace
    most: int = MOST_LINES
    _multipliers: dict[tuple[object, ...], Multiplier] = field(default_factory=dict, repr=False, compare=False)
    _potentials: dict[tuple[str, Fraction], Potential] = field(default_factory=dict, repr=False, compare=False)

    @property
    def headline(self) -> Inventory:
        """The inventory by the method of Scope 2 that the totals are on."""
        return self.workspace.inventory

    @cached_property
    def views(self) -> dict[str, Inventory]:
        """The inventory by each method of Scope 2 that the methodology has."""
        return self.workspace.views

    @cached_property
    def by_row(self) -> bool:
        """Whether the detail is row by row: not where that would be too many lines for a spreadsheet."""
        ledger = self.headline.ledger
        lines = (ledger.cube.rows[place.cell] * len(place.rate.lines) for place, _ in ledger.held)
        return sum(lines) <= self.most

    @cached_property
    def stated(self) -> tuple[Stated, ...]:
        """The rows of activity data in the order of the files, or the cells of the cube."""
        return tuple(self._rows() if self.by_row else self._cells())

    def _rows(self) -> Iterator[Stated]:
        number = 0
        for batch in self.headline.ledger.activities:
            for row in batch.rows():
                number += 1
                yield Stated(
                    number,
                    row.activity_id,
                    row.key,
                    row.period,
                    row.quantity,
                    row.where,
                    row.meter or "",
                    row.quality or "",
                    row.evidence or "",
                    row.rounded,
                )

    def _cells(self) -> Iterator[Stated]:
        cube = self.headline.ledger.cube
        for number, (cell, steps) in enumerate(cube.steps.items(), start=1):
            quantity = Fraction(steps, 10 ** units.grid(cell.unit))
            yield Stated(number, "", cell, cell.period, quantity, Where(), rows=cube.rows[cell])

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines, in the order of the rows; those of Scope 2 once for each method."""
        return tuple(line for stated in self.stated for line in self._lines_of(stated))

    @property
    def multipliers(self) -> tuple[Multiplier, ...]:
        """The distinct multipliers of the lines."""
        self.lines  # noqa: B018  (making them finds the multipliers)
        return tuple(self._multipliers.values())

    @property
    def potentials(self) -> tuple[Potential, ...]:
        """The distinct weights of the lines."""
        self.lines  # noqa: B018
        return tuple(self._potentials.values())

    @cached_property
    def records(self) -> tuple[EmissionFactor | FuelProperty, ...]:
        """The factors and properties used, each once, factors first."""
        used = {record.id: record for one in self.multipliers for record in one.line.records}
        return tuple(sorted(used.values(), key=lambda one: (isinstance(one, FuelProperty), one.id)))

    @cached_property
    def population(self) -> Population:
        """The rows of the reported years to draw a sample from: ``Population.of``, from these lines."""
        years = self.workspace.settings.years
        if not self.by_row:
            return Population.of(self.headline, years)
        amounts: dict[tuple[int, int], list[Rated]] = {}
        for line in self.lines:
            own = amounts.setdefault((line.stated.number, line.year), [])
            if line.rated.weighed is not None and line.rated.series[1] in {"", self.headline.scope2}:
                own.append(line.rated)
        items, silent = [], []
        for (number, year), rated in amounts.items():
            stated = self.stated[number - 1]
            if year not in years:
                continue
            if whole := stated.quantity * self._weighed_by(tuple(rated)):
                weakest = (record.checked for one in rated for record in one.multiplier.line.records)
                checked = max(weakest, key=CHECKED.index, default="")
                name, scope = stated.activity_id, rated[0].series[0]
                items.append(Item(name, year, scope, whole, stated.quality, checked, stated.where))
            else:
                silent.append((stated.activity_id, year))
        return Population(tuple(items), tuple(silent))

    @cached_property
    def whole(self) -> Fraction:
        """What all lines come to, in tCO2e, those of each method of Scope 2; summed as integers by denominator."""
        sums: dict[int, int] = {}
        for stated, _, rated in self.lines:
            if rated.weighed is not None:
                below = stated.quantity.denominator * rated.weighed.denominator
                sums[below] = sums.get(below, 0) + stated.quantity.numerator * rated.weighed.numerator
        return sum((Fraction(above, below) for below, above in sums.items()), Fraction(0))

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """What instruments cover, instrument by instrument as they were walked, then what is left for the rules."""
        return tuple(rung for own in self._rungs.values() for rung in own)

    # ---------------------------------------------------------------------------------------------- inside

    def _lines_of(self, stated: Stated) -> Iterator[Line]:
        for period, rated in self._rated(stated.cell):
            for one in rated:
                yield Line(stated, period, one)

    def _rated(self, cell: CellKey) -> list[tuple[Period, tuple[Rated, ...]]]:
        """Return what stands for a cell in each of its periods, made once for all of its rows."""
        if cell not in self._by_cell:
            self._by_cell[cell] = [(key.period, self._rated_in(cell, key, share)) for key, share in plan_keys(cell)]
        return self._by_cell[cell]

    def _rated_in(self, cell: CellKey, key: PlanKey, share: Fraction) -> tuple[Rated, ...]:
        """Return what stands for a cell in a period; cells without instruments that count alike share it."""
        counted, lines = self.workspace.boundary.share(cell.site, key.period), self.headline.ledger.plan.lines_of(key)
        if (cell, key.period) in self._by_place:
            return tuple(self._rates(cell, key, share, counted))
        alike = cell.activity, cell.unit, id(lines), share.as_integer_ratio(), counted.as_integer_ratio()
        if alike not in self._alike:
            self._alike[alike] = tuple(self._rates(cell, key, share, counted))
        return self._alike[alike]

    @cached_property
    def _alike(self) -> dict[Hashable, tuple[Rated, ...]]:
        return {}

    def _rates(self, cell: CellKey, key: PlanKey, share: Fraction, counted: Fraction) -> Iterator[Rated]:
        beside = self.headline.ledger.plan.library.catalogue[cell.activity].scope == BESIDE
        for multiplier, rung in self._standing(cell, key):
            line = multiplier.line
            potential = None if beside else self._potential(line, cell.activity)
            series = self._series(line, cell.activity, totalled=potential is not None)
            rate = line.multiplier * share * counted * (rung.part if rung else 1)
            weighed = rate * potential.weight if potential else None
            yield Rated(share, counted, multiplier, series, rate, weighed, potential, rung)

    def _weighed_by(self, rated: tuple[Rated, ...]) -> Fraction:
        """Return what one unit of a row adds to the totals by some lines, which thousands of rows have."""
        if rated not in self._weighed_sums:
            self._weighed_sums[rated] = sum((one.weighed or Fraction(0) for one in rated), Fraction(0))
        return self._weighed_sums[rated]

    @cached_property
    def _weighed_sums(self) -> dict[tuple[Rated, ...], Fraction]:
        return {}

    @cached_property
    def _by_cell(self) -> dict[CellKey, list[tuple[Period, tuple[Rated, ...]]]]:
        return {}

    def _standing(self, cell: CellKey, key: PlanKey) -> Iterator[tuple[Multiplier, Rung | None]]:
        """Yield what stands for a cell in a period, as ``Inventory.lines`` has it."""
        rungs = self._by_place.get((cell, key.period), ())
        left = next((one for one in rungs if one.instrument is None), None)
        for line in self.headline.ledger.plan.lines_of(key):
            market = line.scope2 == "market" and line.flow.kind in EMITTED
            yield self._multiplier(cell, line), left if market else None
        for rung in rungs:
            if rung.instrument is not None:
                line = self.views["market"].instrument_line(rung.instrument, key)
                yield self._multiplier(cell, line, rung.instrument), rung

    @cached_property
    def _by_place(self) -> dict[PlaceKey, list[Rung]]:
        found: dict[PlaceKey, list[Rung]] = {}
        for one in self.rungs:
            found.setdefault(one.place, []).append(one)
        return found

    @cached_property
    def _rungs(self) -> dict[str, list[Rung]]:
        """Rungs by instrument; what is left stands under no name, last."""
        market = self.views.get("market")
        parts = market.matching.parts if market else {}
        consumed = self._consumed(set(parts))
        before: dict[PlaceKey, tuple[Rung, ...]] = {}
        found: dict[str, list[Rung]] = {name: [] for name in _walked(parts)}
        number = 0
        for name, own in found.items():
            for place, place_parts in parts.items():
                for part in place_parts:
                    if part.instrument.instrument == name:
                        number += 1
                        earlier = before.get(place, ())
                        used = self._used(place[0].site)
                        left = consumed[place] - sum((one.covered for one in earlier), Fraction(0))
                        covered = part.quantity * used
                        rung = Rung(number, place, part.instrument, consumed[place], left, covered, earlier)
                        before[place] = (*earlier, rung)
                        own.append(rung)
        rest = []
        for place, earlier in before.items():
            number += 1
            left = consumed[place] - sum((one.covered for one in earlier), Fraction(0))
            rest.append(Rung(number, place, None, consumed[place], left, left, earlier))
        return {**found, "": rest} if rest else found

    def _consumed(self, wanted: set[PlaceKey]) -> dict[PlaceKey, Fraction]:
        """Return the site's own use of the electricity of some cells and periods."""
        found: dict[PlaceKey, Fraction] = {}
        for cell, key, quantity in self.headline.ledger.quantities() if wanted else ():
            place = replace(cell, extra=()), key.period
            if place in wanted:
                found[place] = found.get(place, Fraction(0)) + quantity * self._used(cell.site)
        return found

    def _used(self, site_id: str) -> Fraction:
        site = self.workspace.boundary.site(site_id)
        return site.used if site else Fraction(1)

    def _multiplier(self, cell: CellKey, line: PlanLine, instrument: Instrument | None = None) -> Multiplier:
        name = (cell.activity, cell.unit, instrument.instrument if instrument else id(line))
        if name not in self._multipliers:
            self._multipliers[name] = Multiplier(len(self._multipliers) + 1, cell.activity, cell.unit, line, instrument)
        return self._multipliers[name]

    def _potential(self, line: PlanLine, activity: str) -> Potential | None:
        if line.flow.kind not in COUNTED:
            return None
        own = line.flow.flow, activity
        if own not in self._weighed:
            weight, record = self.headline.weight(line.flow, activity), self.headline.potential(line.flow, activity)
            potential = Potential(len(self._potentials) + 1, line.flow, weight, record)
            self._weighed[own] = self._potentials.setdefault((line.flow.flow, weight), potential)
        return self._weighed[own]

    @cached_property
    def _weighed(self) -> dict[tuple[str, str], Potential]:
        return {}

    def _series(self, line: PlanLine, activity: str, *, totalled: bool) -> Series:
        scope = self.headline.ledger.plan.library.catalogue[activity].scope
        if totalled:
            return scope, line.scope2
        if line.flow.kind in COUNTED or (scope == BESIDE and line.flow.kind not in EMITTED):
            return BESIDE, line.scope2
        return line.flow.kind, line.scope2


def _walked(parts: Mapping[PlaceKey, tuple[Part, ...]]) -> list[str]:
    """Return the instruments in an order in which none stands before another that was walked earlier at a place."""
    earlier: dict[str, set[str]] = {}
    for own in parts.values():
        names = [one.instrument.instrument for one in own]
        for place, name in enumerate(names):
            earlier.setdefault(name, set()).update(names[:place])
    order: list[str] = []
    while len(order) < len(earlier):  # instruments are walked one after the other, so some name is always ready
        order += sorted(name for name, needs in earlier.items() if name not in order and needs <= set(order))
    return order
