"""
Which slips can be told from a table at all: every single edit is tried, with interval arithmetic of its own.

A slip is *visible* where some relation of the table fails, and *identifiable* where moreover no edit but its own repair
makes all relations hold. An edit is ``kind``, ``cells`` and ``detail``; what it makes of the cells are intervals (a
text, where the kind says the very print). Two edits of the same cells that admit the true print are one repair
under two names. A factor that would leave nothing of a number at the decimals of its row (8,000 was 0.00) is no repair.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from tests.slips.generator import ENERGY, Cell, Expr, Key, Number, Row, Table, denominator, leaves, terms
from tests.slips.slips import (
    COARSER,
    DENSITIES,
    ENERGY_FACTORS,
    POWERS,
    Slip,
    coarse,
    misprints,
    negated,
    neighbours,
    number_of,
    places_of,
    product_of,
    roundable,
    siblings,
    swaps,
)

Span = tuple[Fraction, Fraction]
"""From and to, both included. ``None`` in its place: anything."""


# ------------------------------------------------------------------------------------------------- intervals


def half_a_digit(text: str) -> Span:
    """Return what is printed as this text."""
    value, half = number_of(text), Fraction(1, 2 * 10 ** places_of(text))
    return value - half, value + half


def cut_off(text: str) -> Span:
    """Return what gives this text where the digits behind it were cut off."""
    value, step = number_of(text), Fraction(1, 10 ** places_of(text))
    return (value - step, value) if text.startswith("-") else (value, value + step)


def times(span: Span, factor: Fraction) -> Span:
    one, two = span[0] * factor, span[1] * factor
    return (one, two) if one <= two else (two, one)


def combined(sign: str, left: Span | None, right: Span | None) -> Span | None:
    """Return what two spans give; anything, where one is anything or the divisor may be zero."""
    if left is None or right is None:
        return None
    if sign == "+":
        return left[0] + right[0], left[1] + right[1]
    if sign == "-":
        return left[0] - right[1], left[1] - right[0]
    if sign == "/":
        if right[0] <= 0 <= right[1]:
            return None
        right = (1 / right[1], 1 / right[0])
    corners = [one * two for one in left for two in right]
    return min(corners), max(corners)


def meet(one: Span | None, two: Span | None) -> bool:
    return one is None or two is None or (one[0] <= two[1] and two[0] <= one[1])


def common(spans: Iterable[Span | None]) -> Span | None:
    """Return what all spans share; empty where its ends are crossed, anything where no span says something."""
    held = [one for one in spans if one is not None]
    return (max(one[0] for one in held), min(one[1] for one in held)) if held else None


# ------------------------------------------------------------------------------------------------- the judge


@dataclass(frozen=True)
class Instance:
    """A relation in one period: ``result`` is the cell it stands beside."""

    row: Row
    period: str
    result: Key
    cells: frozenset[Key]


@dataclass(frozen=True)
class Edit:
    """One repair: what was done wrong, where, and what the cells should have been. ``text`` where the kind says it."""

    kind: str
    cells: frozenset[Key]
    becomes: Mapping[Key, Span | None]
    detail: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


class Judge:
    """A table as printed, its relation instances, and what fails."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.spans: dict[Key, Span | None] = {}
        for (row, period), text in table.prints.items():
            self.spans[row, period] = times(half_a_digit(text), table.rows[row].size) if text else None
        self.instances = list(self._instances())
        self.groups = self._grouped()
        self.of_cell: dict[Key, list[int]] = {}
        for number, group in enumerate(self.groups):
            for cell in {cell for one in group[1] for cell in one.cells}:
                self.of_cell.setdefault(cell, []).append(number)
        self.failing = [number for number in range(len(self.groups)) if self.lost(number, {})]

    def _instances(self) -> Iterator[Instance]:
        for row in self.table.rows.values():
            for period in self.table.periods:
                if row.relation is None:
                    continue
                cells = [self.table.at(leaf, period) for leaf in leaves(row.relation)]
                if None not in cells:
                    yield Instance(row, period, (row.id, period), frozenset({(row.id, period), *filter(None, cells)}))

    def _grouped(self) -> list[tuple[Key | None, list[Instance]]]:
        """Put together the instances that share an undisclosed quantity; every other stands alone."""
        groups: dict[Key, list[Instance]] = {}
        alone: list[tuple[Key | None, list[Instance]]] = []
        for one in self.instances:
            hidden = [cell for cell in one.cells if not self.table.prints[cell]]
            assert len(hidden) <= 1
            if hidden:
                groups.setdefault(hidden[0], []).append(one)
            else:
                alone.append((None, [one]))
        return [*alone, *groups.items()]

    @property
    def loss(self) -> int:
        """How many relation instances fail."""
        return sum(self.lost(number, {}) for number in self.failing)

    def lost(self, number: int, changes: Mapping[Key, Span | None]) -> int:
        """Return how many instances of a group fail with other values in some cells."""
        hidden, members = self.groups[number]
        if hidden is None:
            return int(not self.holds(members[0], changes))
        spans = [span for one in members if (span := self.solved(one, hidden, changes)) is not None]
        return len(spans) - max((sum(one[0] <= low[0] <= one[1] for one in spans) for low in spans), default=0)

    def span(self, cell: Key, changes: Mapping[Key, Span | None]) -> Span | None:
        return changes[cell] if cell in changes else self.spans[cell]

    def holds(self, instance: Instance, changes: Mapping[Key, Span | None]) -> bool:
        assert instance.row.relation is not None
        return meet(self.span(instance.result, changes), self.value(instance.row.relation, instance.period, changes))

    def value(self, expr: Expr, period: str, changes: Mapping[Key, Span | None]) -> Span | None:
        """Return all that an expression can be."""
        if isinstance(expr, Number):
            return Fraction(expr.value), Fraction(expr.value)
        if isinstance(expr, Cell):
            at = self.table.at(expr, period)
            assert at is not None
            return self.span(at, changes)
        return combined(expr.sign, self.value(expr.left, period, changes), self.value(expr.right, period, changes))

    def solved(self, instance: Instance, hidden: Key, changes: Mapping[Key, Span | None]) -> Span | None:
        """Return what an undisclosed cell has to be for an instance to hold."""
        target, expr = self.span(instance.result, changes), instance.row.relation
        assert expr is not None
        while not isinstance(expr, Cell):
            assert not isinstance(expr, Number)
            if hidden in [self.table.at(leaf, instance.period) for leaf in leaves(expr.left)]:
                inverse = {"+": "-", "-": "+", "*": "/", "/": "*"}[expr.sign]
                target = combined(inverse, target, self.value(expr.right, instance.period, changes))
                expr = expr.left
                continue
            left = self.value(expr.left, instance.period, changes)
            if expr.sign in "+*":
                target = combined("-" if expr.sign == "+" else "/", target, left)
            else:
                target = combined(expr.sign, left, target)
            expr = expr.right
        return target

    def repairs(self, edit: Edit) -> bool:
        """Return whether an edit makes every relation hold."""
        touched = dict.fromkeys(
            [*self.failing, *(number for cell in edit.becomes for number in self.of_cell.get(cell, []))]
        )
        return not any(self.lost(number, edit.becomes) for number in touched)

    def reaches(self, cells: Iterable[Key]) -> bool:
        """Return whether a change of the cells could matter to every instance that fails."""
        touched = {number for cell in cells for number in self.of_cell.get(cell, [])}
        return touched.issuperset(self.failing)

    def worth(self, cell: Key) -> Span | None:
        """Return what a cell can be: its print, or what the relations of an undisclosed quantity leave for it."""
        if self.table.prints[cell]:
            return self.spans[cell]
        members = next((held for hidden, held in self.groups if hidden == cell), [])
        span = common(self.solved(one, cell, {}) for one in members)
        return span if span is None or span[0] <= span[1] else None


# ------------------------------------------------------------------------------------------------- every edit


def edits(judge: Judge, *, pruned: bool = True) -> Iterator[Edit]:
    """
    Yield every single edit of every kind at every place.

    ``pruned`` leaves out places that touch no cell of some relation that fails: an edit there leaves it failing.
    """
    table = judge.table
    for row in table.rows.values():
        if not row.disclosed:
            continue
        cells = [(row.id, period) for period in table.periods]
        for cell in cells:
            if not pruned or judge.reaches([cell]):
                yield from _of_cell(judge, row, cell)
        if not pruned or judge.reaches(cells):
            yield from _scaled(judge, row, cells)
    for block in sorted({row.table for row in table.rows.values()}):
        rows = [row.id for row in table.rows.values() if row.table == block]
        for first, second in combinations(table.periods, 2):
            other = {first: second, second: first}
            cells = [(row, period) for row in rows for period in other]
            if not pruned or judge.reaches(cells):
                becomes = {(row, period): judge.spans[row, other[period]] for row, period in cells}
                yield Edit(
                    "columns-transposed", frozenset(cells), becomes, {"table": block, "first": first, "second": second}
                )


def _of_cell(judge: Judge, row: Row, cell: Key) -> Iterator[Edit]:
    table, text = judge.table, judge.table.prints[cell]

    def edit(kind: str, span: Span | None, print_: str | None = None, **detail: str) -> Edit:
        names = {name.rstrip("_"): held for name, held in detail.items()}
        return Edit(kind, frozenset({cell}), {cell: span}, names, print_)

    def as_text(kind: str, new: str) -> Edit:
        return edit(kind, times(half_a_digit(new), row.size), new, instead=new)

    if number_of(text):
        yield from (as_text("digits-swapped", new) for new in swaps(text))
        yield from (as_text("digit-wrong", new) for new in misprints(text))
        yield edit("sign", times(half_a_digit(negated(text)), row.size), negated(text))
    yield edit("truncated", times(cut_off(text), row.size))
    for name, period in neighbours(table, cell):
        if number_of(table.prints[name, period]) == number_of(text):
            yield edit("copied", None, from_=f"{name}[{period}]")
    yield from _scaled(judge, row, [cell])
    yield from _of_relation(judge, row, cell, edit)


def _scaled(judge: Judge, row: Row, cells: list[Key]) -> Iterator[Edit]:
    """Yield the edits that a cell or a whole row can have: another unit, power of ten or label, a term more."""
    where = frozenset(cells)
    held = {cell: judge.spans[cell] for cell in cells}
    spans = {cell: span for cell, span in held.items() if span is not None}
    if all(number_of(judge.table.prints[cell]) for cell in cells):
        unit = [("energy-unit", factor) for factor in ENERGY_FACTORS if row.unit in ENERGY]
        for kind, factor in [*(("power-of-ten", factor) for factor in POWERS), *unit]:
            if all(abs(number_of(judge.table.prints[cell]) / factor) * 2 * 10**row.places >= 1 for cell in cells):
                yield Edit(
                    kind,
                    where,
                    {cell: times(span, 1 / factor) for cell, span in spans.items()},
                    {"factor": str(factor)},
                )
    if row.unit in {"L", "kg"}:
        low, high = DENSITIES if row.unit == "L" else (1 / DENSITIES[1], 1 / DENSITIES[0])
        becomes = {cell: combined("/", span, (low, high)) for cell, span in spans.items()}
        yield Edit("litres-as-kg", where, becomes, {"factor": str(low)})
    for also in sorted(set(siblings(judge.table, row.id))):
        less = {cell: combined("-", span, judge.spans[also, cell[1]]) for cell, span in spans.items()}
        yield Edit("wrong-label", where, less, {"also": also})
    for term in terms(row.relation):
        for kind, sign in (("counted-twice", "-"), ("left-out", "+")):
            becomes = {cell: combined(sign, span, judge.spans[term, cell[1]]) for cell, span in spans.items()}
            yield Edit(kind, where, becomes, {"term": term})


def _of_relation(judge: Judge, row: Row, cell: Key, edit: Callable[..., Edit]) -> Iterator[Edit]:
    """Yield the edits of a cell that fits a wrong way to compute it: it becomes what its relation says."""
    table, period, printed = judge.table, cell[1], judge.spans[cell]
    if row.relation is None or any(table.at(leaf, period) is None for leaf in leaves(row.relation)):
        return
    right = judge.value(row.relation, period, {at: judge.worth(at) for at in _hidden(judge, row, period)})
    below, before = denominator(row.relation), table.before(period)
    if (
        below
        and before
        and meet(printed, judge.value(row.relation, period, {(below, period): judge.worth((below, before))}))
    ):
        yield edit("stale-denominator", right, denominator=below)
    product = product_of(table, row)
    if product is not None:
        activity, factor = product
        for text in factor.published:
            value = number_of(text) * factor.size
            span = judge.spans[activity.id, period]
            if span and text != table.prints[factor.id, period] and meet(printed, times(span, value)):
                kind = "gwp-set" if factor.unit == "kgCO2e/kg" else "factor-vintage"
                yield edit(kind, right, factor=text)
    for leaf in roundable(row):
        at = table.at(leaf, period)
        assert at is not None
        if table.prints[at] and any(_midway(judge, row, period, at, drop) for drop in COARSER):
            yield edit("rounded-midway", right, term=leaf.row)


def _hidden(judge: Judge, row: Row, period: str) -> list[Key]:
    assert row.relation is not None
    found = [judge.table.at(leaf, period) for leaf in leaves(row.relation)]
    return [at for at in found if at is not None and not judge.table.prints[at]]


def _midway(judge: Judge, row: Row, period: str, at: Key, drop: int) -> bool:
    """Return whether the print of a row follows from a term that lost some of its digits first."""
    assert row.relation is not None
    term, text = judge.table.rows[at[0]], judge.table.prints[at]
    # the print and the coarser number are both rounded from the true term: 1234.9 is printed 1235 and becomes 1230
    ways = {coarse(end, places_of(text) - drop) * term.size for end in half_a_digit(text)} - {0}
    changes = {hidden: judge.worth(hidden) for hidden in _hidden(judge, row, period)}
    values = [judge.value(row.relation, period, {**changes, at: (one, one)}) for one in ways]
    return any(meet(judge.spans[row.id, period], one) for one in values)


# ------------------------------------------------------------------------------------------------- the verdict


def same(edit: Edit, slip: Slip, truth: Table) -> bool:
    """Return whether an edit repairs a slip: in the same cells, admitting what should have been printed."""
    if edit.cells != slip.cells:
        return False
    if edit.text is not None:
        (cell,) = edit.cells
        return (edit.text == truth.prints[cell]) or (edit.kind == slip.kind == "digit-wrong")
    return all(_admits(edit.becomes[cell], truth, cell) for cell in edit.becomes)


def _admits(span: Span | None, truth: Table, cell: Key) -> bool:
    text = truth.prints[cell]
    return not text or meet(span, times(half_a_digit(text), truth.rows[cell[0]].size))


@dataclass(frozen=True)
class Verdict:
    """What can be known of a slip: whether anything fails, and which other edits would make all hold."""

    loss: int
    others: tuple[Edit, ...]

    @property
    def visible(self) -> bool:
        return self.loss > 0

    @property
    def identifiable(self) -> bool:
        return self.visible and not self.others


def judged(slip: Slip, truth: Table) -> Verdict:
    """Return what can be known of a slip from the table that it is in."""
    judge = Judge(slip.table)
    if not judge.failing:
        return Verdict(0, ())
    others = (edit for edit in edits(judge) if not same(edit, slip, truth))
    return Verdict(judge.loss, tuple(edit for edit in others if judge.repairs(edit)))
