"""The ledger: quantity x multiplier = amount. Exact totals by any dimensions, lines on demand, and explanations."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, overload

import narwhals as nw

from hsesg_carbon import units
from hsesg_carbon.activities import Activities, ActivityRow
from hsesg_carbon.cube import CellKey, Cube, collected
from hsesg_carbon.errors import CarbonError, InputError, InventoryError, near
from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import Plan, PlanKey, PlanLine, describe, plan_keys
from hsesg_carbon.records import Flow
from hsesg_carbon.units import Amount

if TYPE_CHECKING:
    import pandas as pd

_LINE_COLUMNS = (
    *("line_period", "flow", "scope2", "rung", "factor_id", "property_ids"),
    *("counted", "multiplier", "amount_unit"),
)
NO_FLOW = "-"
"""What ``flow`` reads in the line of a row that yields none: its emissions are left out, not zero."""

Group = tuple[tuple[str, str | int], ...]
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the cube, within one reporting period, as one flow: the smallest thing that a total is made of."""

    cell: CellKey
    line: PlanLine
    amount: Fraction

    @property
    def period(self) -> Period:
        """The month, quarter or year that the amount falls into."""
        return self.line.key.period


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


@dataclass(frozen=True, slots=True)
class Stood:
    """
    A line of the plan and the part of a cell that it stands for; ``rung`` is the instrument that gives it, if one does.

    ``counted`` is the share of it that a boundary counts.
    """

    line: PlanLine
    part: Fraction = Fraction(1)
    rung: str = ""
    counted: Fraction = Fraction(1)


@dataclass(frozen=True)
class Ledger:
    """
    The sums of activities and the plan that weighs them. Ledgers of batches add and subtract exactly.

    ``totals`` are always by flow and unit (tonnes of a gas, GJ); only an ``Inventory`` weighs gases against each other.
    """

    plan: Plan = field(repr=False)
    cube: Cube = field(repr=False)
    activities: tuple[Activities, ...] = field(repr=False)

    @classmethod
    def of(cls, plan: Plan, activities: Activities, dimensions: Sequence[str] = ()) -> "Ledger":
        """Return the ledger of some activities under a plan."""
        ledger = cls(plan, activities.cube(dimensions), (activities,))
        for cell in ledger.cube.steps:
            for key, _ in plan_keys(cell):
                plan.lines_of(key)
        return ledger

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
        mine, theirs = self.plan.lines, other.plan.lines
        differing = any(mine[key] != theirs[key] for key in mine.keys() & theirs.keys())
        apart = {tuple(name for name, _ in cell.extra) for cell in (*self.cube.steps, *other.cube.steps)}
        if self.plan.methodology != other.plan.methodology or differing or len(apart) > 1:
            raise InputError("ledgers-differ", first=self.plan.methodology.id, second=other.plan.methodology.id)
        plan = Plan(
            {**self.plan.lines, **other.plan.lines},
            self.plan.library,
            self.plan.methodology,
            tuple({one.model_dump_json(): one for one in (*self.plan.findings, *other.plan.findings)}.values()),
        )
        return Ledger(plan, cube, activities)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Judgements about the data and about how well factors fit."""
        return (*(one for acts in self.activities for one in acts.findings), *self.plan.findings)

    def quantities(self) -> Iterator[tuple[CellKey, PlanKey, Fraction]]:
        """Yield every cell and period with its exact quantity, in the unit of the cell."""
        for cell, steps in self.cube.steps.items():
            quantity = Fraction(steps, 10 ** units.grid(cell.unit))
            for key, share in plan_keys(cell):
                yield cell, key, quantity * share

    def entries(self) -> Iterator[Entry]:
        """Yield every cell, period and flow with its exact amount; of Scope 2, once for each method."""
        for cell, key, quantity in self.quantities():
            for line in self.plan.lines_of(key):
                yield Entry(cell, line, quantity * line.multiplier)

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
        return grouped(
            ((entry, entry.line.flow.flow, entry.line.flow.unit, entry.amount) for entry in self.entries()),
            self.dimensions((*by, "scope2") if both else by),
        )

    def dimensions(self, by: Sequence[str]) -> dict[str, Callable[[Entry], str | int]]:
        """Return, for each name, how an entry tells its value."""
        catalogue = self.plan.library.catalogue
        known: dict[str, Callable[[Entry], str | int]] = {
            "scope": lambda entry: catalogue[entry.cell.activity].scope,
            "iso14064": lambda entry: catalogue[entry.cell.activity].iso14064,
            "subject": lambda entry: catalogue[entry.cell.activity].subject,
            "year": lambda entry: entry.period.start.year,
            "period": lambda entry: entry.period.label,
            "month": lambda entry: entry.period.label,
            "site": lambda entry: entry.cell.site,
            "activity": lambda entry: entry.cell.activity,
            "region": lambda entry: entry.cell.region,
            "instrument": lambda entry: entry.cell.instrument,
            "technology": lambda entry: entry.cell.technology,
            "scope2": lambda entry: entry.line.scope2,
        }
        extra = {name for cell in self.cube.steps for name, _ in cell.extra}
        for name in extra:
            known[name] = lambda entry, name=name: dict(entry.cell.extra).get(name, "")  # type: ignore[misc]
        return chosen(by, known)

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
                steps, amount = self._walk(start, line)
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

    def _walk(self, start: Amount, line: PlanLine) -> tuple[tuple[ExplainedStep, ...], Amount]:
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
    for name in names:
        if name not in known:
            raise InputError("unknown-dimension", dimension=name, known=near(name, list(known)) or list(known))
    return {name: known[name] for name in names}


def grouped(
    amounts: Iterable[tuple[E, str, str, Fraction]], dimensions: Mapping[str, Callable[[E], str | int]]
) -> Totals:
    """Sum ``(entry, flow, unit, amount)`` by group, flow and unit; exact, so the order does not matter."""
    sums: dict[tuple[Group, str, str], Fraction] = {}
    for entry, flow, unit, amount in amounts:
        group = tuple((name, tell(entry)) for name, tell in dimensions.items())
        sums[group, flow, unit] = sums.get((group, flow, unit), Fraction(0)) + amount
    ordered = sorted(sums.items(), key=lambda item: ([str(v) for _, v in item[0][0]], item[0][1]))
    return Totals(tuple(Total(group, flow, Amount(value, unit)) for (group, flow, unit), value in ordered))


def lines_of(
    activities: Activities, plan: Plan, standing: Callable[[CellKey, PlanKey], Iterable[Stood]] | None = None
) -> Any:
    """
    Return the lines of one batch, as ``Ledger.lines`` does; no sums are needed for them.

    ``standing`` says what stands for a cell in a period: by default the lines of the plan. They are joined to the rows
    on their raw key; a row without a partner raises, for it would lose emissions.
    """
    stands = standing or (lambda _, key: map(Stood, plan.lines_of(key)))
    frame = activities.frame
    taken = {*_LINE_COLUMNS, "amount"} & set(frame.collect_schema().names())
    frame = frame.rename({name: f"{name}_input" for name in sorted(taken)}) if taken else frame
    table: dict[str, list[Any]] = {f"_hc_key{place}": [] for place in range(len(activities.raw_keys))}
    table |= {name: [] for name in _LINE_COLUMNS}
    for raw, cell in activities.raw_cells.items():
        for key, share in plan_keys(cell):
            values: list[tuple[Any, ...]] = [
                (
                    key.period.label,
                    (line := one.line).flow.flow,
                    line.scope2,
                    one.rung,
                    line.factor.id if line.factor else "",
                    " ".join(used.id for used in line.properties),
                    float(one.counted),
                    float(share * one.part * line.multiplier),
                    line.flow.unit,
                )
                for one in stands(cell, key)
            ]
            for made in values or [(key.period.label, NO_FLOW, *[""] * 4, None, None, "")]:
                for place, value in enumerate(raw):
                    table[f"_hc_key{place}"].append(_join_text(value))
                for name, one in zip(_LINE_COLUMNS, made, strict=True):
                    table[name].append(one)
    if isinstance(frame, nw.LazyFrame) and not frame.implementation.is_polars():
        raise InputError("lines-engine", engine=str(frame.implementation))
    if isinstance(frame, nw.LazyFrame):
        plan_frame: Any = nw.from_dict(table, backend="polars").lazy()
    else:
        plan_frame = nw.from_dict(table, backend=frame.implementation)
    names = [f"_hc_key{place}" for place in range(len(activities.raw_keys))]
    keyed = frame.with_columns(
        *(_join_key(frame, name).alias(key) for key, name in zip(names, activities.raw_keys, strict=True))
    )
    joined = keyed.join(plan_frame, on=names, how="left")
    if activities.quantity_kind == "text":
        floats = [float(units.decimal_of(one) or 0) for one in joined["quantity"].to_list()]
        joined = joined.with_columns(nw.new_series("_hc_quantity", floats, nw.Float64, backend=joined.implementation))
    else:
        joined = joined.with_columns(nw.col("quantity").cast(nw.Float64).alias("_hc_quantity"))
    lines = joined.with_columns((nw.col("_hc_quantity") * nw.col("multiplier")).alias("amount"))
    lost = lines.filter(nw.col("flow").is_null()).select(nw.len().alias("_rows"))
    if count := int(collected(lost).item()):  # on lazy engines this runs the join once more, for the count alone
        raise InputError("lines-lost", count=count)
    return lines.drop([*names, "_hc_quantity"]).to_native()


def _join_key(frame: Any, name: str) -> nw.Expr:
    """Return a key column as the text that the plan's table has: ISO dates, and nothing for nulls."""
    dtype = frame.collect_schema()[name]
    if dtype == nw.Date or dtype == nw.Datetime:  # noqa: PLR1714  (types compare equal, but hash apart)
        return nw.col(name).dt.to_string("%Y-%m-%d").fill_null("")
    return nw.col(name).cast(nw.String).fill_null("")


def _join_text(value: Any) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else str(value)
