"""What could have happened: the single slips, and pairs of them, that would make a reported table consistent."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.verification.checks import NO_EDIT, Check, Edit, System, Values
from hsesg_carbon.verification.intervals import Interval, common, point, scaled
from hsesg_carbon.verification.published import Published
from hsesg_carbon.verification.relations import Constant, Expression, Operation, Ref, added, refs, replaced, summed
from hsesg_carbon.verification.reported import Key, Print, ReportedRow, ReportedTable, trailing_zeros
from hsesg_carbon.verification.standard import first_rows

UNEXPLAINED, TWO_EDITS = "unexplained", "two-edits"
_MOST_SHOWN = 8
_MOST_JOINED = 4
_MOST_PAIRS = 6
_MOST_FIRST = 4
"""How many first edits a search for pairs begins with."""
_MOST_FINDINGS = 200
_MOST_TERMS = 12
"""Terms of a sum up to which a row that holds another one is looked for: every pair of them is tried."""
_FUEL_UNITS = frozenset({"L", "kg", "t", "升", "千克", "吨"})
_SCALED = frozenset({"power-of-ten", "energy-unit"})
_NUMBERS = _SCALED | {"digits-swapped", "digit-wrong"}
_UNLIKELY = 8
"""What a vague explanation costs more: a term 100 times smaller and one 1,000 times smaller both vanish in a total."""


@dataclass(frozen=True)
class Slip:
    """
    One thing that may have gone wrong: what kind, in which cells, and what undoing it does to the checks.

    ``resolves`` and ``breaks`` are places of checks in the system.
    """

    kind: str
    cells: tuple[Key, ...]
    detail: Mapping[str, str]
    edit: Edit
    resolves: frozenset[int] = frozenset()
    breaks: frozenset[int] = frozenset()
    vague: bool = False
    """Whether something quite different of the same kind would do as well, so that the fit says little."""

    @property
    def net(self) -> int:
        """How many checks more hold than before."""
        return len(self.resolves) - len(self.breaks)

    @property
    def rank(self) -> tuple[int, int, int, tuple[Key, ...]]:
        """Better explanations sort first: what they mend and break, how common they are, how little they change."""
        unlikely = _UNLIKELY * (self.vague or (self.kind == "columns-transposed" and len(self.resolves) == 1))
        return 2 * len(self.breaks) - len(self.resolves), cost(self.kind) + unlikely, len(self.cells), self.cells

    @property
    def merit(self) -> tuple[int, int]:
        """What makes two explanations equally good."""
        return self.rank[:2]


@dataclass(frozen=True)
class Inconsistency:
    """Checks that cannot all hold, and what would explain it, best first."""

    checks: frozenset[int]
    slips: tuple[Slip, ...]
    system: System = field(repr=False)

    @property
    def equally_good(self) -> int:
        """How many explanations are as good as the first."""
        return sum(one.merit == self.slips[0].merit for one in self.slips)


def explained(system: System, table: ReportedTable, published: Published) -> tuple[list[Inconsistency], System]:
    """
    Return what cannot be true in a table, one group of checks for each slip that explains them, and the table mended.

    The best single slip is taken first, undone, and the rest explained in turn (at once, where slips touch no check in
    common); where no single slip mends anything cleanly, pairs are tried. Explanations that mend less than half of what
    the best one does are not told. Checks that nothing explains come last, each for itself.
    """
    found: list[Inconsistency] = []
    pairs = _MOST_PAIRS
    while system.wrong and len(found) < _MOST_FINDINGS:
        search = Search(system, table, published)
        slips = sorted(search.slips(), key=lambda one: one.rank)
        undone, settled, waiting = NO_EDIT, frozenset[int](), frozenset[int]()
        for single in [one for one in slips if one.net > 0]:
            best = single
            if settled & system.touched(best.edit) or waiting & best.resolves:
                waiting |= best.resolves  # what is undone changes what it would mend: judged anew in the next round
                continue
            pair = None
            if pairs and (best.kind == UNEXPLAINED or best.breaks):
                pairs -= 1
                pair = search.pair(slips, best.resolves)
            if pair is not None and pair.rank < best.rank and not settled & system.touched(pair.edit):
                slips, best = [*slips, pair], pair
            found.append(_explained_by(best, slips, system))
            undone, settled = undone.joined(best.edit), settled | system.touched(best.edit)
        if undone is NO_EDIT:
            pair = search.pair(slips, system.wrong) if pairs else None
            if pair is None:
                ties = dict.fromkeys(system.tie_of[place] for place in sorted(system.wrong))
                found += [Inconsistency(system.wrong.intersection(tie), (), system) for tie in ties]
                break
            pairs -= 1
            found.append(_explained_by(pair, [*slips, pair], system))
            undone = pair.edit
        system = system.edited(undone)
    return found, system


def _explained_by(best: Slip, slips: Iterable[Slip], system: System) -> Inconsistency:
    """Return the checks that the best slip mends, with it and whatever else mends most of them."""
    others = sorted(slips, key=lambda one: one.rank)
    shown = [one for one in others if one.resolves & best.resolves and 2 * one.net > best.net]
    return Inconsistency(best.resolves, tuple(_distinct(shown)[:_MOST_SHOWN]), system)


def _distinct(slips: Iterable[Slip]) -> list[Slip]:
    """Return slips once each; those that only put another number in the same cells are told as one."""
    told: dict[Any, list[Slip]] = {}
    for one in slips:
        detail = () if one.kind in _NUMBERS else tuple(sorted(one.detail.items()))
        told.setdefault((one.kind, one.cells, detail), []).append(one)
    return [_joined([one for one in held if one.merit == held[0].merit]) for held in told.values()]


def _joined(slips: Sequence[Slip]) -> Slip:
    first = slips[0]
    every = {name: list(dict.fromkeys(one.detail[name] for one in slips)) for name in first.detail}
    shown = {
        name: " / ".join(values[:_MOST_JOINED]) + (" / …" if len(values) > _MOST_JOINED else "")
        for name, values in every.items()
    }
    return replace(first, detail=shown)


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    text = files("hsesg_carbon.verification").joinpath("slips.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def cost(kind: str) -> int:
    """Return how uncommon a slip is; a row or table of ``slips.toml``."""
    return int(_catalogue()[kind]["cost"])


@cache
def _factors(kind: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, _catalogue()[kind]["factors"]))


class Search:
    """All single slips that touch a failing check of a system, or one of those in ``focus``."""

    def __init__(
        self, system: System, table: ReportedTable, published: Published, focus: frozenset[int] | None = None
    ) -> None:
        self.system = system
        self.wrong = system.wrong if focus is None else system.wrong & focus
        self.table = table
        self.published = published
        self.rows = first_rows(table)
        ties = {system.tie_of[place] for place in self.wrong}
        self.places = sorted(place for tie in ties for place in tie)
        self.keys = list(
            dict.fromkeys(
                key for place in self.places for key in system.checks[place].keys if self._printed(key) is not None
            )
        )

    def slips(self, *, of_one_cell: bool = False) -> list[Slip]:
        """Return every slip that mends some check, judged; only those of single cells if so asked."""
        single = (self._worded, self._cells)
        sources = single if of_one_cell else (self._columns, self._whole_rows, self._exchanged, self._labels, *single)
        judged = [found for source in sources for one in source() if (found := self._judged(one)) is not None]
        fits = Counter((one.kind, one.cells) for one in judged if one.kind in _SCALED)
        return [replace(one, vague=one.vague or fits[one.kind, one.cells] > 1) for one in judged]

    def pair(self, slips: Sequence[Slip], checks: frozenset[int]) -> Slip | None:
        """Return the best slip and slip of one cell that together mend some checks and break nothing, if there are."""
        firsts = [one for one in slips if one.kind != UNEXPLAINED and one.resolves & checks][:_MOST_FIRST]
        best: Slip | None = None
        for first in firsts:
            near = checks | self.system.touched(first.edit)
            after = Search(self.system.edited(first.edit), self.table, self.published, near)
            for second in after.slips(of_one_cell=True):
                if second.kind == UNEXPLAINED or set(second.cells) & set(first.cells):
                    continue
                both = first.edit.joined(second.edit)
                detail = {"first": first.kind, "second": second.kind}
                pair = self._judged(Slip(TWO_EDITS, (*first.cells, *second.cells), detail, both))
                if pair and not pair.breaks and (best is None or pair.rank < best.rank):
                    best = pair
        return best

    # ---------------------------------------------------------------------------------------------- kinds

    def _columns(self) -> Iterator[Slip]:
        """Two columns of a block put for each other: of every named table, or of all rows where none is named."""
        blocks: dict[str, list[str]] = {}
        for row in self.table.rows:
            if self.rows[row.id] is row and row.id not in self.system.dimensions:
                blocks.setdefault(row.table, []).append(row.id)
        wide = range(len(self.table.periods))
        for name, ids in blocks.items():
            said = [at for at in wide if any((one, at) in self.system.values for one in ids)]
            for place, first in enumerate(said):  # a column that says nothing is not put for another
                for second in said[place + 1 :]:
                    edit = self._swapped([((one, first), (one, second)) for one in ids])
                    if edit.values:
                        cells = tuple((one, at) for one in ids for at in (first, second) if self._printed((one, at)))
                        periods = self.table.periods
                        detail = {"table": name or "-", "first": periods[first], "second": periods[second]}
                        yield Slip("columns-transposed", cells, detail, edit)

    def _swapped(self, pairs: Iterable[tuple[Key, Key]]) -> Edit:
        values: dict[Key, Interval] = {}
        free: set[Key] = set()
        for one, two in pairs:
            for here, there in ((one, two), (two, one)):
                held = self.system.values.get(there)
                if held is not None:
                    values[here] = held
                elif here in self.system.values:  # the cell that comes here says nothing
                    free.add(here)
        return Edit(values, frozenset(free))

    def _whole_rows(self) -> Iterator[Slip]:
        """A whole row in another unit or another power of ten, or with its sign turned."""
        for row in dict.fromkeys(key[0] for key in self.keys):
            cells = self._cells_of(row)
            if len(cells) > 1:
                for detail, density in self._densities(self.rows[row]):
                    held = {key: self.system.values[key] * density for key in cells}
                    yield Slip("litres-as-kg", cells, detail, Edit(held))
                for kind, detail, factor in self._multipliers(self.rows[row]):
                    values = {key: scaled(self.system.values[key], 1 / factor) for key in cells}
                    yield Slip(kind, cells, detail, Edit(values))

    def _multipliers(self, row: ReportedRow) -> Iterator[tuple[str, dict[str, str], Fraction]]:
        """Yield what a print of the row may have been multiplied by, mistakenly."""
        yield "sign", {}, Fraction(-1)
        for kind in ("power-of-ten", "energy-unit") if dict(row.dimensions).get("[energy]") else ("power-of-ten",):
            for factor in _factors(kind):
                yield kind, {"factor": units.exact_text(factor)}, factor

    def _exchanged(self) -> Iterator[Slip]:
        """Two rows put for each other, in one column or in all."""
        wide = range(len(self.table.periods))
        for one in dict.fromkeys(key[0] for key in self._suspects):
            for two in self.rows:
                if two in self.system.dimensions or one == two or not self._alike(one, two):
                    continue
                fitting = [at for at in wide if self._fits(one, two, at)]
                for columns in (*([at] for at in fitting), *([list(wide)] if fitting else [])):
                    pairs = [
                        ((one, at), (two, at)) for at in columns if {(one, at), (two, at)} <= self.system.values.keys()
                    ]
                    if len(pairs) == len(columns):
                        cells = tuple(sorted(key for both in pairs for key in both))
                        vague = not all(self.system.values[key].bounded for key in cells)
                        detail = dict(zip(("one", "two"), sorted((one, two)), strict=True))
                        yield Slip("labels-exchanged", cells, detail, self._swapped(pairs), vague=vague)

    @cached_property
    def _suspects(self) -> dict[Key, list[Interval]]:
        """The cells of failing checks, and what each of those checks would have them be."""
        suspects: dict[Key, list[Interval]] = {}
        for key in dict.fromkeys(key for place in self.wrong for key in self.system.checks[place].keys):
            if self._printed(key) is not None:
                suspects[key] = [held for place, held in self.system.implied(key) if place in self.system.failing]
        return suspects

    def _fits(self, one: str, two: str, at: int) -> bool:
        """Say whether what a row prints could stand in another, by a failing check that has one of them, or both."""
        held = self.system.values.get((two, at))
        if held is None or (one, at) not in self._suspects:
            return False
        if any(held.meets(wanted) for wanted in self._suspects[one, at]):
            return True
        both = set(self.system.of_key.get((one, at), ())).intersection(self.system.of_key.get((two, at), ()))
        return bool(both & self.wrong)

    def _alike(self, one: str, two: str) -> bool:
        return self.rows[one].dimensions == self.rows[two].dimensions

    def _labels(self) -> Iterator[Slip]:
        """A row that holds itself and another term of the same sum, in one column or in all."""
        for place in self.places:
            check = self.system.checks[place]
            terms = [one for sign, one in added(check.expression) if isinstance(one, Ref) and sign > 0 and not one.back]
            if not 1 < len(terms) <= _MOST_TERMS or len(terms) != len(added(check.expression)):
                continue
            for one in terms:
                others = [two for two in terms if two != one]
                for also in ([two] for two in others):
                    yield from self._holding(one.row, [two.row for two in also], check.column)
                if len(others) > 1:
                    yield from self._holding(one.row, [two.row for two in others], check.column)

    def _holding(self, row: str, also: Sequence[str], column: int) -> Iterator[Slip]:
        wide = range(len(self.table.periods))
        for columns in ([column], list(wide)):
            values = {}
            for at in columns:
                held = [self.system.values.get((one, at)) for one in (row, *also)]
                if self._printed((row, at)) is None or None in held:
                    break
                first, *others = (one for one in held if one is not None)
                for one in others:
                    first = first - one
                values[row, at] = first
            if len(values) == len(columns):
                yield Slip("wrong-label", tuple(values), {"also": ", ".join(also)}, Edit(values))

    def _worded(self) -> Iterator[Slip]:
        """A cell computed in another way: a term twice or left out, another denominator, factor or rounding."""
        failing = {key for place in self.wrong for key in self.system.checks[place].keys}
        alike: dict[tuple[str, str, Expression, Expression], tuple[dict[str, str], set[int]]] = {}
        for place in self.places:
            check = self.system.checks[place]
            suspect = place in self.system.failing or check.target in failing  # it may miss its users only
            if not suspect or self._printed(check.target) is None:
                continue
            for kind, detail, worded in self._wordings(check):
                if not self._reads(check, worded):
                    continue
                yield from self._computed_so([place], kind, detail, worded)
                if place in self.wrong:
                    held = alike.setdefault((kind, check.row, check.expression, worded), (detail, set()))
                    held[1].add(place)
        for (kind, _, _, worded), (detail, places) in alike.items():  # the same slip in several columns of a row
            if len(places) > 1:
                yield from self._computed_so(sorted(places), kind, detail, worded)

    def _reads(self, check: Check, worded: Expression) -> bool:
        """Say whether the cell prints what it would be if it had been computed so."""
        return replace(check, expression=worded).holds(self._solved(check, worded))

    def _solved(self, check: Check, worded: Expression) -> Values:
        """Return the cells, undisclosed quantities as the other checks have them."""
        values = Values(self.system.values)
        for ref in refs(worded):
            if (key := check.key(ref)) in self.system.unknown:
                values.over[key] = self.system.solved(key, without=check.target)
        return values

    def _computed_so(
        self, places: Sequence[int], kind: str, detail: Mapping[str, str], worded: Expression
    ) -> Iterator[Slip]:
        """Yield that cells were computed in another way; what uses them may have used that value, or the true one."""
        checks = [self.system.checks[place] for place in places]
        cells = tuple(one.target for one in checks)
        yield Slip(kind, cells, detail, Edit(checks=dict.fromkeys(places, worded)))
        meant = {one.target: one.implied(one.target, self._solved(one, one.expression)) for one in checks}
        yield Slip(kind, cells, detail, Edit(meant))

    def _wordings(self, check: Check) -> Iterator[tuple[str, dict[str, str], Expression]]:
        yield from _resummed(check.expression)
        yield from self._divided(check)
        for ref in dict.fromkeys(refs(check.expression)):
            for kind, name, value in self._other_factors(check, ref):
                yield kind, {"factor": name}, replaced(check.expression, ref, Constant(point(value), name))
            printed = self._printed(check.key(ref))
            for zeros in range(1, len(printed.digits) if printed else 0):
                assert printed is not None
                step = printed.step * 10**zeros
                coarse = Fraction(units.half_up(printed.value / step, 0)) * step * self._factor(check.key(ref))
                if coarse:
                    yield (
                        "rounded-midway",
                        {"term": ref.row},
                        replaced(check.expression, ref, Constant(point(coarse), ref.row)),
                    )

    def _divided(self, check: Check) -> Iterator[tuple[str, dict[str, str], Expression]]:
        """Yield the check with another period's or another row's denominator."""
        for node in _nodes(check.expression):
            if not (isinstance(node, Operation) and node.sign == "/" and isinstance(node.right, Ref)):
                continue
            below = node.right
            others = [
                replace(below, back=below.back + 1),
                *([replace(below, back=below.back - 1)] if below.back else []),
            ]
            kind = self.rows[below.row].dimensions if below.row in self.rows else None
            others += [
                Ref(name, below.back) for name, row in self.rows.items() if name != below.row and row.dimensions == kind
            ]
            for other in others:
                key = check.key(other)
                if key in self.system.values or key in self.system.unknown:
                    name = f"{other.row}[{self.table.periods[key[1]]}]"
                    worded = replaced(check.expression, node, Operation("/", node.left, other))
                    yield "stale-denominator", {"denominator": name}, worded

    def _other_factors(self, check: Check, ref: Ref) -> Iterator[tuple[str, str, Fraction]]:
        """Yield the other published values of the factor or GWP that a cell holds."""
        key = check.key(ref)
        held = self.system.values.get(key)
        kind = self.rows[key[0]].dimensions if key[0] in self.rows else self.system.dimensions.get(key[0])
        if held is not None and held.bounded and held.lo > 0 and kind is not None:
            for one in self.published.alternatives(held, kind):
                yield one.slip, one.id, one.value

    def _cells(self) -> Iterator[Slip]:
        """One cell misprinted; only where a cell that may be anything would mend more than it breaks."""
        for key in self.keys:
            anything = self._judged(Slip(UNEXPLAINED, (key,), {}, Edit(free=frozenset([key]))))
            if anything is None or anything.net <= 0:
                continue
            told = self.system.implied(key)
            wanted = [held for place, held in told if place in self.system.failing] or [held for _, held in told]
            region, _ = common([held for _, held in told])
            ends = (
                units.exact_text(Fraction(one) / self._factor(key), 6) if not isinstance(one, float) else endless
                for one, endless in ((region.lo, "-∞"), (region.hi, "∞"))
            )
            yield replace(anything, detail={"range": " – ".join(dict.fromkeys(ends))})
            for other in self._neighbours(key):
                name = f"{other[0]}[{self.table.periods[other[1]]}]"
                yield Slip("copied", (key,), {"from": name}, Edit(free=frozenset([key])))
            for kind, detail, held in self._misprints(key):
                if any(held.meets(one) for one in wanted):
                    yield Slip(kind, (key,), detail, Edit({key: held}))

    def _misprints(self, key: Key) -> Iterator[tuple[str, dict[str, str], Interval]]:
        """Yield what a cell may have been meant to say."""
        printed, factor = self._printed(key), self._factor(key)
        assert printed is not None
        for kind, detail, by in self._multipliers(self.rows[key[0]]):
            yield kind, detail, scaled(printed.interval, factor / by)
        for told, density in self._densities(self.rows[key[0]]):
            yield "litres-as-kg", told, scaled(printed.interval, factor) * density
        yield "truncated", {}, scaled(printed.truncated, factor)
        for zeros in range(1, trailing_zeros(printed) + 1):
            detail = {"step": units.exact_text(printed.step * 10**zeros)}
            yield "rounded-coarser", detail, scaled(printed.coarser(zeros), factor)
        for kind, digits in _misspelt(printed):
            meant = replace(printed, digits=digits)
            yield kind, {"instead": meant.text}, scaled(meant.interval, factor)

    def _neighbours(self, key: Key) -> Iterator[Key]:
        """Yield the cells beside, above and below that print the same."""
        row, column = key
        ids = [one.id for one in self.table.rows if one.table == self.rows[row].table]
        at = ids.index(row)
        around = [
            (row, column - 1),
            (row, column + 1),
            *((one, column) for one in ids[max(at - 1, 0) : at + 2] if one != row),
        ]
        mine = self._printed(key)
        if mine and sum(self._printed(one) == mine for one in self._cells_of(row)) > 2:  # noqa: PLR2004
            return  # a row that never changes repeats its neighbours rightly
        for other in around:
            theirs = self._printed(other) if 0 <= other[1] < len(self.table.periods) else None
            if mine and theirs and (mine.digits, mine.places) == (theirs.digits, theirs.places):
                yield other

    # ---------------------------------------------------------------------------------------------- inside

    def _densities(self, row: ReportedRow) -> Iterator[tuple[dict[str, str], Interval]]:
        """Yield what a print may have to be multiplied by where litres and kilograms were put for each other."""
        if row.unit in _FUEL_UNITS:
            held = self.published.densities(frozenset(_catalogue()["litres-as-kg"]["subjects"]))
            low, high = min(held), max(held)
            told = f"{units.exact_text(low)} – {units.exact_text(high)} kg/L"
            yield {"density": told, "true": "kg"}, Interval(low, high)
            yield {"density": told, "true": "L"}, Interval(1 / high, 1 / low)

    def _judged(self, slip: Slip) -> Slip | None:
        resolves, breaks = self.system.outcome(slip.edit)
        if slip.kind == "columns-transposed":  # a check that loses its cell is not mended
            resolves -= {place for key in slip.edit.free for place in self.system.of_key.get(key, ())}
        return replace(slip, resolves=resolves, breaks=breaks) if resolves - self.system.weak else None

    def _printed(self, key: Key) -> Print | None:
        row = self.rows.get(key[0])
        return row.cells[key[1]].printed if row and key in self.system.values else None

    def _factor(self, key: Key) -> Fraction:
        return self.rows[key[0]].factor(key[1]) if key[0] in self.rows else Fraction(1)

    def _cells_of(self, row: str) -> tuple[Key, ...]:
        wide = range(len(self.table.periods))
        return tuple((row, at) for at in wide if self._printed((row, at)) is not None)


# -------------------------------------------------------------------------------------------------- wording


def _nodes(expression: Expression) -> Iterator[Expression]:
    yield expression
    if isinstance(expression, Operation):
        yield from _nodes(expression.left)
        yield from _nodes(expression.right)


def _resummed(expression: Expression) -> Iterator[tuple[str, dict[str, str], Expression]]:
    """Yield the expression with terms of a sum left out, or one counted twice."""
    for node in _nodes(expression):
        terms = added(node)
        if len(terms) < 2:  # noqa: PLR2004
            continue
        for at, (sign, term) in enumerate(terms):
            if not any(refs(term)):
                continue
            twice = [*terms, (sign, term)]
            yield "counted-twice", {"term": _named([term])}, replaced(expression, node, summed(twice))
            left = [one for place, one in enumerate(terms) if place != at]
            yield "left-out", {"term": _named([term])}, replaced(expression, node, summed(left))
        for at, kept in enumerate(terms):
            out = [term for place, (_, term) in enumerate(terms) if place != at]
            if len(out) > 1 and all(any(refs(one)) for one in out):
                yield "left-out", {"term": _named(out)}, replaced(expression, node, summed([kept]))


def _named(terms: Iterable[Expression]) -> str:
    """Return the rows that terms begin with."""
    return ", ".join(next(refs(one)).row for one in terms)


def _misspelt(printed: Print) -> Iterator[tuple[str, str]]:
    """Yield other digits: two neighbours exchanged, or one changed; a number does not begin with a needless 0."""
    digits = printed.digits
    leading = len(digits) - printed.places > 1

    def plausible(other: str) -> bool:
        return not (leading and other.startswith("0"))

    for at in range(len(digits) - 1):
        other = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if other != digits and plausible(other):
            yield "digits-swapped", other
    for at, held in enumerate(digits):
        for one in "0123456789":
            other = digits[:at] + one + digits[at + 1 :]
            if one != held and plausible(other):
                yield "digit-wrong", other
