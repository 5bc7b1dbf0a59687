"""The ledger: quantity x multiplier = amount. Exact totals by any dimensions, lines on demand, and explanations."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from hsesg_carbon import units
from hsesg_carbon.activities import Activities, ActivityRow
from hsesg_carbon.cube import CellKey, Cube
from hsesg_carbon.errors import CarbonError, InputError, InventoryError, near
from hsesg_carbon.findings import Finding
from hsesg_carbon.lines import lines_of
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import Plan, PlanKey, PlanLine, describe, plan_keys
from hsesg_carbon.records import Flow
from hsesg_carbon.units import Amount

if TYPE_CHECKING:
    import pandas as pd

Group = tuple[tuple[str, str | int], ...]
E = TypeVar("E")
W = TypeVar("W")
N = TypeVar("N", int, Fraction)


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the cube, within one reporting period, as one flow: the smallest thing that a total is made of."""

    cell: CellKey
    key: PlanKey
    line: PlanLine
    amount: Fraction

    @property
    def period(self) -> Period:
        """The month, quarter or year that the amount falls into."""
        return self.key.period


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """
    What the steps of a cell are multiplied by: ``step`` is one of them in its unit, times the share of its days.

    One object stands for many cells and is known by its identity, which is what makes forming sums cheap.
    """

    activity: str
    step: Fraction
    lines: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One cell of the cube within one reporting period, and its rate."""

    cell: CellKey
    key: PlanKey
    rate: Rate

    @property
    def period(self) -> Period:
        """The month, quarter or year that it lies in."""
        return self.key.period


class Placed(Protocol):
    """Whatever has a cell and a period: most dimensions ask no more of it."""

    @property
    def cell(self) -> CellKey:
        """The cell of the cube."""

    @property
    def period(self) -> Period:
        """The reporting period."""


OfPlace = Callable[[Placed], str | int]
"""How a dimension tells its value. Only those of ``_MONTHS`` may ask for more of the period than the year."""
_MONTHS = frozenset({"period", "month"})
OfLine = Callable[[PlanLine], str | int]


@dataclass(frozen=True)
class Dimensions:
    """
    What totals are told apart by, and how: most names ask the cell and the period, a few the line.

    Raises:
        InputError: A name is unknown.
    """

    names: tuple[str, ...]
    of_place: Mapping[str, OfPlace]
    of_line: Mapping[str, OfLine]

    def __post_init__(self) -> None:
        _need_known(self.names, [*self.of_place, *self.of_line])

    def tells(self) -> dict[str, Callable[[Entry], str | int]]:
        """Return, for each name, how an entry tells its value."""
        by_line = {name: _by_line(tell) for name, tell in self.of_line.items()}
        return {name: by_line.get(name) or self.of_place[name] for name in self.names}

    @property
    def by_month(self) -> bool:
        """Whether any of the names tells places of one year apart."""
        return not _MONTHS.isdisjoint(self.names)

    @cached_property
    def by_place(self) -> list[OfPlace]:
        """How a place tells its part of a group."""
        return [self.of_place[name] for name in self._placed]

    @cached_property
    def by_line(self) -> list[OfLine]:
        """How a line tells the rest of it."""
        return [tell for name, tell in self.of_line.items() if name in self.names]

    def group(self, of_place: Sequence[str | int], of_line: Sequence[str | int]) -> Group:
        """Return a group of what ``by_place`` and ``by_line`` have told."""
        told = (*of_place, *of_line)
        return tuple([(name, told[place]) for name, place in self._order])

    @cached_property
    def _placed(self) -> list[str]:
        return [name for name in dict.fromkeys(self.names) if name not in self.of_line]

    @cached_property
    def _order(self) -> list[tuple[str, int]]:
        told = [*self._placed, *(name for name in self.of_line if name in self.names)]
        return [(name, told.index(name)) for name in dict.fromkeys(self.names)]


def _by_line(tell: OfLine) -> Callable[[Entry], str | int]:
    return lambda entry: tell(entry.line)


@dataclass(frozen=True, slots=True)
class Total:
    """An exact amount of one flow and what it is the total of, e.g. ``{"scope": "2", "year": 2024}``."""

    group: Group
    flow: str
    amount: Amount

    def __getitem__(self, name: str) -> str | int:
        return dict(self.group)[name]


@dataclass(frozen=True)
class Totals(Sequence[Total]):
    """
    Exact totals, sorted by their group. ``value(year=2024)`` picks one, ``frame()`` gives a table.

    Example:
        >>> one = Total((("year", 2024),), "CO2", Amount(Fraction(5, 4), "t"))
        >>> str(Totals((one,)).value(year=2024))
        '1.25 t'
    """

    rows: tuple[Total, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Total: ...
    @overload
    def __getitem__(self, place: slice) -> "Totals": ...
    def __getitem__(self, place: "int | slice") -> "Total | Totals":
        return self.rows[place] if isinstance(place, int) else Totals(self.rows[place])

    def value(self, flow: str | None = None, **group: str | int) -> Amount:
        """
        Return the one amount that fits ``flow`` and ``group``.

        Raises:
            InventoryError: None or several fit: a missing total is no zero.
        """
        facts = [{**dict(row.group), "flow": row.flow} for row in self.rows]
        return self.rows[place_of(facts, group if flow is None else {"flow": flow, **group})].amount

    def frame(self) -> "pd.DataFrame":
        """Return a pandas table: the group's columns, flow, ``value`` as it is shown (Decimal) and unit."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(
            [
                {
                    **dict(row.group),
                    "flow": row.flow,
                    "value": Decimal(units.exact_text(row.amount.value)),
                    "unit": row.amount.unit,
                }
                for row in self.rows
            ]
        )

    def __str__(self) -> str:
        return "\n".join(
            "  ".join([*(str(value) for _, value in row.group), row.flow, str(row.amount)]) for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """A step with the number that it leaves behind: ``quantity`` in ``unit``, reached by ``op`` with ``value``."""

    op: str
    value: Fraction
    value_unit: str
    quantity: Amount
    record: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """How one flow of one row came about, for the part of the row that falls into ``period``."""

    period: Period
    share: Fraction
    flow: Flow
    start: Amount
    steps: tuple[ExplainedStep, ...]
    amount: Amount
    rule: int
    reason: dict[str, str]
    fit: tuple[str, ...]
    scope2: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that stands behind one row of activity data. ``str()`` gives it as plain lines."""

    row: ActivityRow
    methodology: str
    lines: tuple[ExplainedLine, ...]

    def __str__(self) -> str:
        text = [
            f"{self.row.activity_id}: {units.exact_text(self.row.quantity)} {self.row.key.unit} {self.row.key.activity}"
        ]
        for line in self.lines:
            text.append(f"{line.flow.flow} in {line.period.label}: {line.amount}")
            text.append(f"  {line.start}")
            for step in line.steps:
                origin = (
                    f"  ({step.record['id']}: {step.record['title']}, {step.record['locator']})" if step.record else ""
                )
                text.append(f"  {step.op} {units.exact_text(step.value)} {step.value_unit} = {step.quantity}{origin}")
        return "\n".join(text)


@dataclass(frozen=True)
class Ledger:
    """
    The sums of activities and the plan that weighs them. Ledgers of batches add and subtract exactly.

    ``totals`` are always by flow and unit (tonnes of a gas, GJ); only an ``Inventory`` weighs gases against each other.
    """

    plan: Plan = field(repr=False)
    cube: Cube = field(repr=False)
    activities: tuple[Activities, ...] = field(repr=False)
    _places: Mapping[CellKey, tuple[Place, ...]] = field(repr=False, compare=False)

    @classmethod
    def of(cls, plan: Plan, activities: Activities, dimensions: Sequence[str] = ()) -> "Ledger":
        """Return the ledger of some activities under a plan."""
        cube = activities.cube(dimensions)
        return cls(plan, cube, (activities,), _places_of(plan, cube))

    def __add__(self, other: "Ledger") -> "Ledger":
        return self._combined(other, self.cube + other.cube, (*self.activities, *other.activities))

    def __sub__(self, other: "Ledger") -> "Ledger":
        kept = list(self.activities)
        for one in other.activities:
            if one not in kept:
                raise InputError("batch-not-in-ledger")
            kept.remove(one)
        return self._combined(other, self.cube - other.cube, tuple(kept))

    def _combined(self, other: "Ledger", cube: Cube, activities: tuple[Activities, ...]) -> "Ledger":
        apart = {tuple(name for name, _ in extra) for extra in self._extras | other._extras}
        if self.plan.methodology != other.plan.methodology or _differ(self.plan, other.plan) or len(apart) > 1:
            raise InputError("ledgers-differ", first=self.plan.methodology.id, second=other.plan.methodology.id)
        plan = self.plan
        if other.plan is not plan:
            findings = {one.model_dump_json(): one for one in (*plan.findings, *other.plan.findings)}
            lines = {**plan.lines, **other.plan.lines}
            plan = Plan(lines, plan.library, plan.methodology, tuple(findings.values()))
        return Ledger(plan, cube, activities, {**other._places, **self._places})

    @cached_property
    def _extras(self) -> set[tuple[tuple[str, str], ...]]:
        """The distinct values of the dimensions named at ``run``."""
        return {cell.extra for cell in self.cube.steps}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Judgements about the data and about how well factors fit."""
        return (*(one for acts in self.activities for one in acts.findings), *self.plan.findings)

    def quantities(self) -> Iterator[tuple[CellKey, PlanKey, Fraction]]:
        """Yield every cell and period with its exact quantity, in the unit of the cell."""
        for place, steps in self.held:
            yield place.cell, place.key, steps * place.rate.step

    def entries(self) -> Iterator[Entry]:
        """Yield every cell, period and flow with its exact amount; of Scope 2, once for each method."""
        for place, steps in self.held:
            quantity = steps * place.rate.step
            for line in place.rate.lines:
                yield Entry(place.cell, place.key, line, quantity * line.multiplier)

    @cached_property
    def held(self) -> "tuple[Held, ...]":
        """Every cell in every period that it falls into, with its quantity in steps of the grid of its unit."""
        return tuple((place, steps) for cell, steps in self.cube.steps.items() for place in self._places[cell])

    @cached_property
    def _by_year(self) -> "tuple[Held, ...]":
        return tuple(held_by_year(self.held))

    @cached_property
    def rates(self) -> tuple[Rate, ...]:
        """The distinct rates of all places."""
        return tuple(dict.fromkeys(place.rate for place, _ in self.held))

    @cached_property
    def used(self) -> tuple[tuple[str, PlanLine], ...]:
        """The distinct lines of the plan that stand in this ledger, each with its activity."""
        lines = {(one.activity, id(line)): line for one in self.rates for line in one.lines}
        return tuple((activity, line) for (activity, _), line in lines.items())

    def totals(self, *by: str) -> Totals:
        """
        Return exact totals by flow and by any dimensions.

        Where the methodology has both methods of Scope 2, ``scope2`` is kept apart unasked: the two are never added.

        Dimensions: scope, iso14064, year, period (or month: longer periods stand under their own label), site,
        activity, subject, region, instrument, technology and those named at ``run``.

        Raises:
            InputError: A dimension is unknown.
        """
        both = len(self.plan.methodology.scope2) > 1 and "scope2" not in by
        telling, whole = self.telling((*by, "scope2") if both else by), Fraction(1)
        held = {whole: self.held if telling.by_month else self._by_year}
        return ordered(summed(held, telling, lambda _, line: (line.flow.flow, line.flow.unit, whole)))

    def dimensions(self, by: Sequence[str]) -> dict[str, Callable[[Entry], str | int]]:
        """Return, for each name, how an entry tells its value."""
        return self.telling(by).tells()

    def telling(
        self,
        by: Sequence[str],
        of_place: Mapping[str, OfPlace] | None = None,
        of_line: Mapping[str, OfLine] | None = None,
    ) -> Dimensions:
        """Return the dimensions asked for, of those that a ledger has and others that a view of it adds."""
        catalogue = self.plan.library.catalogue
        known: dict[str, OfPlace] = {
            "scope": lambda one: catalogue[one.cell.activity].scope,
            "iso14064": lambda one: catalogue[one.cell.activity].iso14064,
            "subject": lambda one: catalogue[one.cell.activity].subject,
            "year": lambda one: one.period.start.year,
            "period": lambda one: one.period.label,
            "month": lambda one: one.period.label,
            "site": lambda one: one.cell.site,
            "activity": lambda one: one.cell.activity,
            "region": lambda one: one.cell.region,
            "instrument": lambda one: one.cell.instrument,
            "technology": lambda one: one.cell.technology,
        }
        for name in {name for extra in self._extras for name, _ in extra}:
            known[name] = lambda one, name=name: dict(one.cell.extra).get(name, "")  # type: ignore[misc]
        lines: dict[str, OfLine] = {"scope2": lambda line: line.scope2}
        return Dimensions(tuple(by), {**known, **(of_place or {})}, {**lines, **(of_line or {})})

    def lines(self) -> Any:
        """
        Return one line per row, period and flow, in the kind of frame that came in: a view for people and spreadsheets.

        Adds ``line_period``, ``flow`` (``-`` for a row that yields none), ``scope2`` (its method), ``rung``,
        ``factor_id``, ``property_ids``, ``counted``, ``multiplier`` (float, in the flow's unit per unit of quantity,
        times the share of the row's days), ``amount`` (float) and ``amount_unit``. Exact totals come from ``totals``,
        never from summing these. Columns of the frame that bear one of these names get ``_input`` behind theirs.

        The ledger knows neither instruments nor a boundary: ``rung`` is blank and ``counted`` is 1. ``Inventory.lines``
        gives both.

        Raises:
            InputError: The frame's engine cannot join (named), or rows of several batches were merged.
        """
        if len(self.activities) != 1:
            raise InputError("lines-of-batches")
        return lines_of(self.activities[0], self.plan)

    def explain(self, activity_id: str) -> Explanation:
        """
        Return every step from a row's quantity to its amounts, each number with id, source, table and page.

        Raises:
            InputError: No row has this id, or several have.
        """
        row = self.row(activity_id)
        lines = []
        for key, share in plan_keys(row.key):
            for line in self.plan.lines_of(key):
                start = Amount(row.quantity * share, row.key.unit)
                steps, amount = self.walk(start, line)
                lines.append(
                    ExplainedLine(
                        key.period,
                        share,
                        line.flow,
                        start,
                        steps,
                        amount,
                        line.rule,
                        line.reason,
                        line.fit,
                        line.scope2,
                    )
                )
        return Explanation(row, self.plan.methodology.id, tuple(lines))

    def walk(self, start: Amount, line: PlanLine) -> tuple[tuple[ExplainedStep, ...], Amount]:
        """Carry a quantity through the steps of a line, keeping what each leaves behind."""
        value, steps, have = start.value, list[ExplainedStep](), start.unit
        for step in line.steps:
            if step.record is None and step.value != 1:  # 44/12
                value *= step.value
                steps.append(ExplainedStep("×", step.value, step.unit, Amount(value, step.gives), None))
            elif step.convert != 1 or step.record is None:
                value *= step.convert
                ratio = f"{step.needs}/{have}"
                steps.append(ExplainedStep("×", step.convert, ratio, Amount(value, step.needs), None))
            if step.record is not None:
                value *= step.value if step.op == "×" else 1 / step.value
                record = describe(step.record, self.plan.library)
                steps.append(ExplainedStep(step.op, step.value, step.unit, Amount(value, step.gives), record))
            have = step.gives
        return tuple(steps), Amount(value, line.flow.unit)

    def row(self, activity_id: str) -> ActivityRow:
        """Return a row by its id; none or several raise ``InputError``."""
        found: list[ActivityRow] = []
        missing: CarbonError | None = None
        for activities in self.activities:
            try:
                found.append(activities.row(activity_id))
            except InputError as error:
                if error.code != "activity-id-unknown":
                    raise
                missing = missing or error
        if len(found) > 1:
            raise InputError("activity-id-repeated", activity_id=activity_id)
        if not found:
            raise missing or InputError("activity-id-unknown", activity_id=activity_id, suggestions=["-"])
        return found[0]


def place_of(facts: Sequence[Mapping[str, str | int]], wanted: Mapping[str, str | int]) -> int:
    """Return the place of the one row whose facts are as wanted; none or several raise ``InventoryError``."""
    fitting = [
        place
        for place, own in enumerate(facts)
        if all(str(own.get(name)) == str(value) for name, value in wanted.items())
    ]
    if len(fitting) != 1:
        shown = ", ".join(f"{name}={value}" for name, value in wanted.items()) or "-"
        near_by = [facts[place] for place in fitting] or list(facts)
        have = [" ".join(str(value) for value in own.values()) for own in near_by[:12]] or ["-"]
        raise InventoryError("total-ambiguous" if fitting else "total-missing", wanted=shown, have=have)
    return fitting[0]


def chosen(names: Sequence[str], known: Mapping[str, Callable[[E], str | int]]) -> dict[str, Callable[[E], str | int]]:
    """Return the dimensions that are asked for; one that is not known raises ``InputError``."""
    _need_known(names, list(known))
    return {name: known[name] for name in names}


def _need_known(names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError("unknown-dimension", dimension=name, known=near(name, known) or known)


Held = tuple[Place, int]
"""A place and the quantity there, in steps of the grid of its unit."""

Sums = dict[tuple[Group, str, str], Fraction]
"""Amounts by group, flow and unit."""

Counting = Callable[[str, PlanLine], tuple[str, str, Fraction] | None]
"""As what a line of an activity counts: flow, unit, and how much of it one unit of the line's flow is, or nothing."""


def grouped(
    amounts: Iterable[tuple[E, str, str, Fraction]], dimensions: Mapping[str, Callable[[E], str | int]]
) -> Totals:
    """Sum ``(entry, flow, unit, amount)`` by group, flow and unit; exact, so the order does not matter."""
    sums: Sums = {}
    for entry, flow, unit, amount in amounts:
        group = tuple((name, tell(entry)) for name, tell in dimensions.items())
        sums[group, flow, unit] = sums.get((group, flow, unit), Fraction(0)) + amount
    return ordered(sums)


def by_year(amounts: Iterable[tuple[Place, W, N]]) -> Iterator[tuple[Place, W, N]]:
    """
    Yield amounts at places with those of a year as one, where they differ in nothing but the part of the year.

    A footprint is told in a hundred ways, and most of them do not ask for the month. What an amount is of, such as a
    rate or a line, is known by its identity; the first of the places stands for all of them.
    """
    first: dict[Hashable, tuple[Place, W]] = {}
    sums: dict[Hashable, N] = {}
    for place, what, amount in amounts:
        name = _of_year(place), id(what)
        if name in first:
            sums[name] += amount
        else:
            first[name], sums[name] = (place, what), amount
    for alike, (place, what) in first.items():
        yield place, what, sums[alike]


def held_by_year(held: "Iterable[Held]") -> "list[Held]":
    """Return places and their steps ``by_year``, those of each rate apart."""
    return [(place, steps) for place, _, steps in by_year((place, place.rate, steps) for place, steps in held)]


def _of_year(place: Place) -> Hashable:
    """Return all that a place can tell dimensions, but for the part of the year."""
    cell = place.cell
    told = cell.site, cell.activity, cell.region, cell.technology, cell.instrument, cell.extra
    return *told, place.key.period.start.year


def summed(held: Mapping[Fraction, Iterable[Held]], dimensions: Dimensions, counting: Counting) -> Sums:
    """
    Sum places, by the share of them that counts: ``grouped`` of all their lines, at a fraction of the cost.

    What is multiplied alike is first summed as integers, so that exact fractions, which are slow, are needed once for
    each kind of thing in a group and not for each cell, period and flow.
    """
    sums: Sums = {}
    tells = dimensions.by_place
    for share, places in held.items():
        steps: dict[tuple[tuple[str | int, ...], Rate], int] = {}
        for place, own in places:
            alike = tuple([tell(place) for tell in tells]), place.rate
            steps[alike] = steps.get(alike, 0) + own
        counted: dict[Rate, dict[tuple[tuple[str | int, ...], str, str], Fraction]] = {}
        for (told, rate), own in steps.items():
            if rate not in counted:
                counted[rate] = _counted(rate, share, dimensions.by_line, counting)
            for (by_line, flow, unit), each in counted[rate].items():
                name = dimensions.group(told, by_line), flow, unit
                sums[name] = sums.get(name, 0) + own * each
    return sums


def _counted(
    rate: Rate, share: Fraction, tells: Sequence[OfLine], counting: Counting
) -> dict[tuple[tuple[str | int, ...], str, str], Fraction]:
    """Return what one step at a rate counts for, by what the lines tell, flow and unit."""
    amounts: dict[tuple[tuple[str | int, ...], str, str], Fraction] = {}
    for line in rate.lines:
        as_what = counting(rate.activity, line)
        if as_what is not None:
            flow, unit, each = as_what
            name = tuple([tell(line) for tell in tells]), flow, unit
            amounts[name] = amounts.get(name, 0) + rate.step * share * line.multiplier * each
    return amounts


def ordered(sums: Sums) -> Totals:
    """Return totals sorted by their group."""
    rows = sorted(sums.items(), key=lambda item: ([str(value) for _, value in item[0][0]], item[0][1]))
    return Totals(tuple(Total(group, flow, Amount(value, unit)) for (group, flow, unit), value in rows))


def _places_of(plan: Plan, cube: Cube) -> dict[CellKey, tuple[Place, ...]]:
    """Return the places of every cell; one that the plan was not compiled for raises: a lost row loses emissions."""
    rates: dict[tuple[str, str, int, int, int], Rate] = {}
    grids: dict[str, int] = {}
    places = {}
    for cell in cube.steps:
        if cell.unit not in grids:
            grids[cell.unit] = 10 ** units.grid(cell.unit)
        own = []
        for key, share in plan_keys(cell):
            lines = plan.lines_of(key)
            alike = cell.activity, cell.unit, id(lines), share.numerator, share.denominator
            rate = rates.get(alike)
            if rate is None:
                rate = rates[alike] = Rate(cell.activity, share / grids[cell.unit], lines)
            own.append(Place(cell, key, rate))
        places[cell] = tuple(own)
    return places


def _differ(first: Plan, second: Plan) -> bool:
    """Say whether two plans have other lines for a key that both have; lines that many keys share are compared once."""
    if first is second:
        return False
    fewer, more = sorted((first.lines, second.lines), key=len)
    pairs = {
        (id(own), id(other)): (own, other)
        for key, own in fewer.items()
        if (other := more.get(key)) is not None and other is not own
    }
    return any(own != other for own, other in pairs.values())
