"""The checks of a reported table: every relation in every period, and which of them cannot all be true."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from hsesg_carbon.verification.intervals import EVERYTHING, Interval, common
from hsesg_carbon.verification.relations import Expression, Ref, refs, said, solved, value
from hsesg_carbon.verification.reported import Key

_ROUNDS = 12
"""Passes over a group of checks that share several undisclosed quantities; each pass can only narrow."""


@dataclass(frozen=True)
class Check:
    """
    That the cell of ``row`` in ``column`` is what ``expression`` says.

    ``kind``: ``stated`` (the table's own ``equals``), ``footing``, ``ratio``, ``change``, ``share``, ``recomputed``
    from the inventory's factors, ``agreed`` with the inventory.
    """

    kind: str
    row: str
    column: int
    expression: Expression
    wording: str = ""
    """What stands for the expression where it would not be readable."""

    @property
    def target(self) -> Key:
        """The cell that the check is about."""
        return self.row, self.column

    def key(self, ref: Ref) -> Key:
        """Return the cell that a reference of this check means."""
        return ref.row, self.column - ref.back

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """All cells of the check, the target first."""
        return tuple(dict.fromkeys((self.target, *self._refs)))

    @property
    def columns_back(self) -> range:
        """The columns that the check compares with the one before them."""
        back = max((ref.back for ref in refs(self.expression)), default=0)
        return range(self.column - back + 1, self.column + 1)

    @cached_property
    def _refs(self) -> dict[Key, Ref]:
        """The cells that the expression names, and as what."""
        return {self.key(ref): ref for ref in refs(self.expression)}

    def name(self, periods: Sequence[str]) -> str:
        """Return the check in words: ``ghg.total[2024] = ghg.scope1 + ghg.scope2``."""
        return f"{self.row}[{periods[self.column]}] = {self.wording or said(self.expression)}"

    def implied(self, key: Key, values: "Values") -> Interval:
        """Return all that one cell of the check can be, given the others."""
        if key == self.target:
            if key in self._refs:
                return EVERYTHING
            return value(self.expression, lambda ref: values[self.key(ref)])
        return solved(self.expression, values[self.target], self._refs[key], lambda ref: values[self.key(ref)])

    def holds(self, values: "Values") -> bool:
        """Say whether the cell can be what the expression says."""
        return values[self.target].meets(value(self.expression, lambda ref: values[self.key(ref)]))


class Values:
    """The intervals of the cells, with some put in the place of what is printed; unknown cells can be everything."""

    __slots__ = ("base", "over")

    def __init__(self, base: Mapping[Key, Interval], over: Mapping[Key, Interval] | None = None) -> None:
        self.base = base
        self.over = dict(over or {})

    def __getitem__(self, key: Key) -> Interval:
        held = self.over.get(key)
        return self.base.get(key, EVERYTHING) if held is None else held


@dataclass(frozen=True)
class Edit:
    """What an explanation changes: cells read otherwise, cells that may be anything, and checks worded otherwise."""

    values: Mapping[Key, Interval] = field(default_factory=dict)
    free: frozenset[Key] = frozenset()
    checks: Mapping[int, Expression] = field(default_factory=dict)

    def joined(self, other: "Edit") -> "Edit":
        """Return both edits as one; the other's reading of a cell rules."""
        return Edit({**self.values, **other.values}, self.free | other.free, {**self.checks, **other.checks})


NO_EDIT = Edit()


class System:
    """
    All checks of a table with the intervals of its cells.

    Args:
        values: Intervals in base units of every cell that says something.
        unknown: Cells of quantities that nobody discloses: solved for.
        checks: What must hold.
        lenient: Rows of undisclosed quantities that may well differ from use to use (floor areas, head counts):
            that they differ is worth a question, but explains nothing else.
        dimensions: What values that stand in no row of the table measure.
    """

    def __init__(
        self,
        values: Mapping[Key, Interval],
        unknown: Iterable[Key],
        checks: Sequence[Check],
        lenient: Iterable[str] = (),
        dimensions: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        self.values = dict(values)
        self.unknown = frozenset(unknown)
        self.checks = tuple(checks)
        self.lenient = frozenset(lenient)
        self.dimensions = dict(dimensions or {})
        self.of_key: dict[Key, list[int]] = {}
        for place, one in enumerate(self.checks):
            for key in one.keys:
                self.of_key.setdefault(key, []).append(place)
        groups = _grouped(range(len(self.checks)), self.checks, self.unknown)
        self.tie_of = {place: tie for tie in groups for place in tie}
        self.weak = frozenset(
            place
            for tie in groups
            if {key[0] for one in tie for key in self.checks[one].keys if key in self.unknown} & self.lenient
            for place in tie
        )
        self.failing = self.assess(range(len(self.checks)))
        self.disputed = frozenset(one for place in self.failing & self.weak for one in self.tie_of[place])
        """Checks on lenient quantities that differ already: no edit is judged by them."""

    @property
    def wrong(self) -> frozenset[int]:
        """The failing checks that call for an explanation."""
        return self.failing - self.weak

    @property
    def testable(self) -> int:
        """How many checks can fail: an undisclosed quantity takes one check to be solved for."""
        count = 0
        for tie in set(map(tuple, self.tie_of.values())):
            solved_for = {key for place in tie for key in self.checks[place].keys if key in self.unknown}
            count += max(len(tie) - len(solved_for), 0)
        return count

    def edited(self, edit: Edit) -> "System":
        """Return the system as it is after an edit."""
        values = {**self.values, **edit.values}
        checks = [
            replace(one, expression=edit.checks[place]) if place in edit.checks else one
            for place, one in enumerate(self.checks)
        ]
        return System(
            {k: v for k, v in values.items() if k not in edit.free},
            self.unknown | edit.free,
            checks,
            self.lenient,
            self.dimensions,
        )

    def touched(self, edit: Edit) -> frozenset[int]:
        """Return the checks that an edit can make or mend."""
        places = {place for key in (*edit.values, *edit.free) for place in self.of_key.get(key, ())} | set(edit.checks)
        for place, expression in edit.checks.items():  # a reworded check may lean on other undisclosed quantities
            for ref in refs(expression):
                key = self.checks[place].key(ref)
                if key in self.unknown:
                    places.update(self.of_key.get(key, ()))
        return frozenset(one for place in places for one in self.tie_of[place])

    def outcome(self, edit: Edit) -> tuple[frozenset[int], frozenset[int]]:
        """Return the checks that an edit resolves and those that it breaks."""
        places = self.touched(edit)
        after = self.assess(places, edit) - self.disputed
        before = (self.failing & places) - self.disputed
        resolved, broken = before - after, after - before
        for tie in {self.tie_of[place] for place in places if len(self.tie_of[place]) > 1}:
            swapped = min(len(resolved.intersection(tie)), len(broken.intersection(tie)))
            if swapped:  # which check of a tie is called the failing one may change without any being mended
                resolved -= set(sorted(resolved.intersection(tie))[:swapped])
                broken -= set(sorted(broken.intersection(tie))[:swapped])
        return resolved, broken

    def assess(self, places: Iterable[int], edit: Edit = NO_EDIT) -> frozenset[int]:
        """Return as few failing checks as it takes, among some, for the others to be possible together."""
        checks = [
            (
                place,
                replace(self.checks[place], expression=edit.checks[place])
                if place in edit.checks
                else self.checks[place],
            )
            for place in places
        ]
        known = dict(checks)
        values = Values(self.values, {**edit.values, **dict.fromkeys(edit.free, EVERYTHING)})
        unknown = self.unknown | edit.free
        failing: set[int] = set()
        for tie in _grouped(known, known, unknown):
            free = {key for place in tie for key in known[place].keys if key in unknown}
            if not free:
                failing.update(place for place in tie if not known[place].holds(values))
            elif len(free) == 1:
                (key,) = free
                _, held = common([known[place].implied(key, values) for place in tie])
                failing.update(place for at, place in enumerate(tie) if at not in held)
            else:
                failing |= _dropped([(place, known[place]) for place in tie], free, values)
        return frozenset(failing)

    def implied(self, key: Key) -> list[tuple[int, Interval]]:
        """Return what each check says about a cell, the others as they are; checks that say nothing are left out."""
        found = []
        for place in self.of_key.get(key, ()):
            values = Values(self.values)
            for other in self.checks[place].keys:
                if other in self.unknown and other != key:
                    values.over[other] = self.solved(other, without=key)
            told = self.checks[place].implied(key, values)
            if told != EVERYTHING:
                found.append((place, told))
        return found

    def solved(self, key: Key, without: Key | None = None, only: Iterable[int] | None = None) -> Interval:
        """Return what an undisclosed quantity must be by all checks that name it, or only some of them."""
        values = Values(self.values)
        told = [
            self.checks[place].implied(key, values)
            for place in (self.of_key.get(key, ()) if only is None else only)
            if without is None or without not in self.checks[place].keys
        ]
        return common(told)[0] if told else EVERYTHING


def _grouped(
    places: Iterable[int], checks: Mapping[int, Check] | Sequence[Check], unknown: frozenset[Key]
) -> list[tuple[int, ...]]:
    """Return checks apart where they share no undisclosed quantity, together where they do."""
    group: dict[int, list[int]] = {}
    of_key: dict[Key, int] = {}
    root: dict[int, int] = {}

    def find(one: int) -> int:
        while root[one] != one:
            one = root[one]
        return one

    for place in places:
        root[place] = place
        for key in checks[place].keys:
            if key in unknown:
                root[find(of_key.setdefault(key, place))] = find(place)
    for place in root:
        group.setdefault(find(place), []).append(place)
    return [tuple(one) for one in group.values()]


def _dropped(tie: list[tuple[int, Check]], free: set[Key], values: Values) -> set[int]:
    """Return the fewest checks without which several undisclosed quantities have values: one if one is enough."""
    failing = _narrowed(tie, free, values)
    if failing and len(tie) > 2:  # noqa: PLR2004  (the order of checks must not choose the culprit)
        for place, _ in tie:
            if not _narrowed([one for one in tie if one[0] != place], free, values):
                return {place}
    return failing


def _narrowed(tie: list[tuple[int, Check]], free: set[Key], values: Values) -> set[int]:
    """Narrow the undisclosed quantities by every check in turn; return the checks that leave nothing."""
    held = Values(values.base, {**values.over, **dict.fromkeys(free, EVERYTHING)})
    failing: set[int] = set()
    for _ in range(_ROUNDS):
        moved = False
        for place, one in tie:
            if place in failing:
                continue
            if not one.holds(held):
                failing.add(place)
                continue
            for key in one.keys:
                if key not in free:
                    continue
                met = held[key].meet(one.implied(key, held))
                if met is None:
                    failing.add(place)
                    break
                moved |= met != held[key]
                held.over[key] = met
        if not moved:
            break
    return failing
