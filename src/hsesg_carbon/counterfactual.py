"""Counterfactuals: what each term of a total would be, had only some of what differs between two versions changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from hsesg_carbon import units
from hsesg_carbon.attribution import Table, always, packed, shifted, subsets, switched, times
from hsesg_carbon.corrections import Corrections
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import CarbonError, FactorError, InventoryError, UnitError
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding
from hsesg_carbon.instruments import Instrument, Matching
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Entry
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import LINKS, Plan, PlanKey, PlanLine, covered_gases, plan_keys
from hsesg_carbon.records import COUNTED, EmissionFactor, Flow, FuelProperty

CAUSES = (
    "activity",
    "lines",
    "unit",
    "factor-value",
    "factor-choice",
    "property",
    "gases",
    "gwp",
    "boundary",
    "ownership",
    "scope2",
    "denominator",
)
"""What can differ between two versions of an inventory; their order is that of a sequential attribution."""

BIT = {cause: place for place, cause in enumerate(CAUSES)}
Amounts = Callable[[int], Fraction]
"""An amount by what is changed."""

_ON = always(1)


@dataclass(frozen=True, slots=True)
class Term:
    """
    What one cell of activity data yields of one gas in one period, in tCO2e, under every subset of its causes.

    ``lines`` are the lines of the plan before and after, for whoever asks which numbers stand behind a cause.
    """

    entry: Entry
    table: Table
    lines: tuple[PlanLine | None, PlanLine | None]


class Rules:
    """One version's rules, asked about the cells of both versions."""

    def __init__(self, view: Inventory, cells: Iterable[CellKey]) -> None:
        self.view = view
        self.plan = view.ledger.plan
        self.methods = self.plan.methodology.scope2
        self.covered = covered_gases(self.plan.library, self.plan.methodology)
        self._lines: dict[PlanKey, tuple[PlanLine, ...]] = dict(self.plan.lines)
        self._weights: dict[tuple[str, str], Fraction | None] = {}
        self._shares: dict[tuple[str, Period], Fraction] = {}
        self.silent: dict[str, CarbonError] = {}
        """Activities for which this version has no rules, and why: they stay under the other version's."""
        foreign = [cell for cell in cells if any(key not in self._lines for key, _ in plan_keys(cell))]
        try:
            self._lines |= self._compiled(foreign)
        except CarbonError:
            for cell in foreign:
                try:
                    self._lines |= self._compiled([cell])
                except CarbonError as error:
                    self.silent[cell.activity] = error

    def _compiled(self, cells: Sequence[CellKey]) -> dict[PlanKey, tuple[PlanLine, ...]]:
        return Plan.compile(cells, self.plan.library, self.plan.methodology).lines if cells else {}

    def emitted(self, key: PlanKey, method: str) -> dict[str, PlanLine] | None:
        """Return the lines of a key that count in totals, by flow; ``None`` where this version has no rule for it."""
        if key not in self._lines or (method and method not in self.methods):
            return None
        return {
            line.flow.flow: line for line in self._lines[key] if line.flow.kind in COUNTED and line.scope2 == method
        }

    def labelled(self, key: PlanKey) -> bool:
        """Say whether the lines of a key belong to a method of Scope 2."""
        return any(line.scope2 for line in self._lines.get(key, ()))

    def properties(self, key: PlanKey) -> dict[str, FuelProperty]:
        """Return the properties by which a key's gases were computed."""
        emitted = (line for line in self._lines.get(key, ()) if line.flow.kind in COUNTED)
        return {one.property: one for line in emitted for one in line.properties}

    def share(self, site: str, period: Period) -> Fraction:
        """Return what counts of a site: nothing where it is not listed, by days where it joins or leaves within."""
        if (site, period) not in self._shares:
            self._shares[site, period] = self._share(site, period)
        return self._shares[site, period]

    def _share(self, site_id: str, period: Period) -> Fraction:
        boundary = self.view.boundary
        if boundary is None:
            return Fraction(1)
        site = boundary.site(site_id)
        if site is None:
            return Fraction(0)
        first, last = max(site.first or period.start, period.start), min(site.last or period.end, period.end)
        if last < first:
            return Fraction(0)
        inside = Period(first, last)
        return boundary.share(site_id, inside) * Fraction(inside.days, period.days)

    def lists(self, site: str) -> bool:
        """Say whether the site belongs to this version at all."""
        return self.view.boundary is None or self.view.boundary.site(site) is not None

    def used(self, site_id: str) -> Fraction:
        """Return the part of a site's bills that is its own use; all of it where the site is not listed."""
        site = self.view.boundary.site(site_id) if self.view.boundary else None
        return site.used if site else Fraction(1)

    def weight(self, flow: Flow, activity: str) -> Fraction | None:
        """Return what a unit of a gas counts for in tCO2e; ``None`` where this version has no GWP for it."""
        key = flow.flow, activity
        if key not in self._weights:
            try:
                known = activity in self.plan.library.catalogue  # an older library may not have it yet
                self._weights[key] = self.view.weight(flow, activity) if known else None
            except InventoryError:
                self._weights[key] = None
        return self._weights[key]


@dataclass(frozen=True)
class Counterfactual:
    """
    Two versions of an inventory, taken apart into what differs between them.

    Whatever one version cannot answer (a GWP for a gas that it does not cover, a rule for an activity that it does not
    have) is answered by the other, so that only what both can say is a cause.
    """

    before: Inventory
    after: Inventory
    _sides: tuple[Rules, Rules] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in (self.before, self.after):
            if any(cell.extra for cell in one.ledger.cube.steps):
                raise InventoryError("restate-dimensions")
        cells = {*self.corrections.quantities, *(cell for own in self.corrections.changes.values() for cell in own)}
        object.__setattr__(self, "_sides", (Rules(self.before, cells), Rules(self.after, cells)))

    @cached_property
    def corrections(self) -> Corrections:
        """How the activity data changed."""
        boundaries = [one.boundary for one in (self.before, self.after)]
        sites = [None if one is None else {site.id: site for site in one.sites} for one in boundaries]
        first, second = ((one.ledger.cube, one.ledger.activities) for one in (self.before, self.after))
        return Corrections.between(first, second, sites)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Name every activity for which one version has no rule: what changed about it is told by the other alone."""
        found = []
        for rules in self._sides:
            for activity, error in sorted(rules.silent.items()):
                why = {lang: error.text(lang) for lang in LANGUAGES}
                data = {"activity": activity, "methodology": rules.plan.methodology.id, "why": why}
                found.append(Finding(code="restate-no-rule", severity="info", data=data))
        return tuple(found)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every term of the two totals."""
        return tuple(self._terms())

    def _terms(self) -> Iterator[Term]:
        for cell in self._cells:
            if self._library_of(cell.activity).catalogue[cell.activity].scope == "beside":
                continue
            quantity = self._quantity(cell)
            for key, days in plan_keys(cell):
                shared = times(quantity, always(days), self._share(cell.site, key.period))
                if not any(shared[1]):
                    continue
                for method, present in self._methods(key):
                    if method == "market" and self._instruments:
                        yield from self._market_terms(cell, key, days, present)
                    else:
                        for flow in self._flows(key, method):
                            yield self._term(cell, key, flow, times(shared, present))

    def _term(self, cell: CellKey, key: PlanKey, flow: "_Line", amount: Table) -> Term:
        line = flow.standing
        table = times(amount, flow.present, flow.multiplier, self._weight(line.flow, cell.activity))
        return Term(Entry(cell, key, line, Fraction(0)), table, flow.lines)

    @cached_property
    def _cells(self) -> list[CellKey]:
        changed = (cell for own in self.corrections.changes.values() for cell in own)
        return list(dict.fromkeys((*self.corrections.quantities, *changed)))

    def _library_of(self, activity: str) -> FactorLibrary:
        libraries = [side.plan.library for side in reversed(self._sides)]
        return next(one for one in libraries if activity in one.catalogue)

    def _quantity(self, cell: CellKey) -> Table:
        changes = ((BIT[cause], own[cell]) for cause, own in self.corrections.changes.items() if own.get(cell))
        return shifted(self.corrections.quantities.get(cell, Fraction(0)), changes)

    def _share(self, site: str, period: Period) -> Table:
        before, after = self._shares(site, period)
        return switched(self._share_bit(before, after), before, after)

    def _shares(self, site: str, period: Period) -> tuple[Fraction, Fraction]:
        """Return what counts of a site in either version; where only one lists it, what that one says of it in both."""
        lists, shares = self._listing(site), [side.share(site, period) for side in self._sides]
        return shares[lists[0]], shares[lists[1]]

    def _listing(self, site: str) -> tuple[int, int]:
        """
        Return which version is asked about a site for the one before and for the one after.

        A version that does not list a site says nothing of it: its rows come and go with it, and a row that was moved
        there is counted as the other version counts it. Else a site that got another name would be lost and found.
        """
        first, second = (side.lists(site) for side in self._sides)
        return (0 if first or not second else 1, 1 if second or not first else 0)

    def _share_bit(self, before: Fraction, after: Fraction) -> int:
        """Return the cause of another share: ownership where the site counts in both, by the same consolidation."""
        approaches = {one.boundary.consolidation if one.boundary else "" for one in (self.before, self.after)}
        return BIT["ownership" if before and after and len(approaches) == 1 else "boundary"]

    def _weight(self, flow: Flow, activity: str) -> Table:
        before, after = (side.weight(flow, activity) for side in self._sides)
        known = before if after is None else after
        if known is None:
            raise InventoryError("gwp-needed", flow=flow.flow, methodology=self.after.ledger.plan.methodology.id)
        return switched(BIT["gwp"], known if before is None else before, known)

    def _methods(self, key: PlanKey) -> list[tuple[str, Table]]:
        """Return the methods of Scope 2 under which a key counts, and when: none apart for anything but Scope 2."""
        if not any(side.labelled(key) for side in self._sides):
            return [("", _ON)]
        before, after = self.before.scope2, self.after.scope2
        if before == after:
            return [(before, _ON)]
        off, on = Fraction(0), Fraction(1)
        return [(before, switched(BIT["scope2"], on, off)), (after, switched(BIT["scope2"], off, on))]

    def _flows(self, key: PlanKey, method: str) -> "Iterator[_Line]":
        """Yield what a key emits under either version's rules."""
        before, after = (side.emitted(key, method) for side in self._sides)
        before, after = after if before is None else before, before if after is None else after
        if before is None or after is None:  # neither has a rule: no version computes anything here
            return
        for flow in dict.fromkeys((*before, *after)):
            yield _Line.of(self._sides, key, before.get(flow), after.get(flow))

    # ------------------------------------------------------------------------------------------- market-based Scope 2

    @cached_property
    def _instruments(self) -> bool:
        return any(one.instruments is not None for one in (self.before, self.after) if one.scope2 == "market")

    @cached_property
    def _bought(self) -> dict[tuple[CellKey, Period], Table]:
        """Bought electricity as the sites use it, by cell and period, under every subset of what changes it."""
        found = {}
        for cell in self._cells:
            entry = self._library_of(cell.activity).catalogue[cell.activity]
            if (entry.scope, entry.subject) != ("2", "electricity"):
                continue
            for key, days in plan_keys(cell):
                found[cell, key.period] = times(self._quantity(cell), always(days), self._used(cell.site, key.period))
        return found

    def _used(self, site: str, period: Period) -> Table:
        first, second = self._listing(site)
        bit = self._share_bit(*self._shares(site, period))
        return switched(bit, self._sides[first].used(site), self._sides[second].used(site))

    @cached_property
    def _matchings(self) -> tuple[int, dict[int, Matching]]:
        """What instruments cover under every subset of what changes it: they are matched anew in each."""
        views = (self.before, self.after)
        own = [one.instruments if one.scope2 == "market" else None for one in views]
        if any(one.scope2 != "market" for one in views):  # where only one version has the method, its own are taken
            own = [own[0] or own[1]] * 2
        mask = 0 if own[0] == own[1] else 1 << BIT["scope2"]
        for other, _ in self._bought.values():
            mask |= other
        found = {}
        for changed in subsets(mask):
            items = own[changed >> BIT["scope2"] & 1] if mask >> BIT["scope2"] & 1 else own[1]
            side = self._sides[1] if own[0] == own[1] or changed >> BIT["scope2"] & 1 else self._sides[0]
            bought = {place: values[packed(changed, own_mask)] for place, (own_mask, values) in self._bought.items()}
            found[changed] = items.match(bought, side.plan.library, capped=True) if items is not None else Matching()
        return mask, found

    def _market_terms(self, cell: CellKey, key: PlanKey, days: Fraction, present: Table) -> Iterator[Term]:
        """Yield the terms of a cell of which instruments cover a part: what is left by the rules, then each of them."""
        mask, matchings = self._matchings
        place = cell, key.period
        used = self._used(cell.site, key.period)
        whole = times(self._quantity(cell), always(days))
        union = mask | whole[0] | used[0]

        def table(amount: Amounts) -> Table:
            return union, tuple(amount(changed) for changed in subsets(union))

        def in_bills(changed: int, quantity: Fraction) -> Fraction:
            return quantity / used[1][packed(changed, used[0])]

        def left(changed: int) -> Fraction:
            covered = matchings[changed & mask].covered(*place)
            return whole[1][packed(changed, whole[0])] - in_bills(changed, covered)

        share = times(self._share(cell.site, key.period), present)
        for flow in self._flows(key, "market"):
            yield self._term(cell, key, flow, times(table(left), share))
        parts = [part.instrument for one in matchings.values() for part in one.parts.get(place, ())]
        for one in dict.fromkeys(parts):

            def covered(changed: int, one: Instrument = one) -> Fraction:
                parts = matchings[changed & mask].parts.get(place, ())
                own = (part.quantity for part in parts if part.instrument == one)
                return in_bills(changed, sum(own, Fraction(0)))

            line = self._holder(one).instrument_line(one, key)
            weight = self._weight(line.flow, cell.activity)
            amount = times(table(covered), share, always(line.multiplier), weight)
            yield Term(Entry(cell, key, line, Fraction(0)), amount, (line, line))

    def _holder(self, one: Instrument) -> Inventory:
        """Return the version that an instrument is of: the later of those that are market-based and have it."""
        views = (view for view in (self.after, self.before) if view.scope2 == "market" and view.instruments)
        return next(view for view in views if view.instruments and one in view.instruments.items)


# -------------------------------------------------------------------------------------------------- private


@dataclass(frozen=True, slots=True)
class _Line:
    """One flow of a key under both versions' rules: whether it is there, and its multiplier."""

    present: Table
    multiplier: Table
    lines: tuple[PlanLine | None, PlanLine | None]

    @property
    def standing(self) -> PlanLine:
        """The line after, or the one before where there is none after."""
        before, after = self.lines
        line = after or before
        assert line is not None  # one of the two versions has yielded the flow
        return line

    @classmethod
    def of(cls, sides: tuple[Rules, Rules], key: PlanKey, before: PlanLine | None, after: PlanLine | None) -> "_Line":
        """Compare the lines of a flow; one of them may be missing."""
        theirs = [side.properties(key) for side in sides]
        if before is not None and after is not None:
            return cls(_ON, _multiplier(before, after, theirs, sides[1].plan.library), (before, after))
        line, other = (after, 0) if before is None else (before, 1)
        assert line is not None
        covers = line.flow.flow in sides[other].covered or line.flow.kind == "co2e"
        bit = BIT["factor-choice" if covers else "gases"]
        here, gone = Fraction(1), Fraction(0)
        present = switched(bit, gone, here) if before is None else switched(bit, here, gone)
        own, swapped = line.multiplier, _with_properties(line, theirs[other])
        sides_of = (swapped, own) if before is None else (own, swapped)
        return cls(present, switched(BIT["property"], *sides_of), (before, after))


def _multiplier(
    before: PlanLine, after: PlanLine, properties: Sequence[Mapping[str, FuelProperty]], library: FactorLibrary
) -> Table:
    """Return the multiplier of a line with the factor of either version and the properties of either."""
    numbers = [[(one.id, one.value, one.unit) for one in line.records] for line in (before, after)]
    if numbers[0] == numbers[1]:  # else two changes could cancel
        return switched(BIT["property"], before.multiplier, after.multiplier)
    old, new = (_factors(line) for line in (before, after))
    if _values(old) == _values(new):
        cause = "unit" if _respelt(before.properties, after.properties) else "property"
        return switched(BIT[cause], before.multiplier, after.multiplier)
    bit = BIT[_factor_cause(old, new, library)]
    mixed = _with_properties(before, properties[1]), _with_properties(after, properties[0])
    if mixed == (before.multiplier, after.multiplier):  # neither has a property that the other could replace
        return switched(bit, before.multiplier, after.multiplier)
    values = (before.multiplier, mixed[1], mixed[0], after.multiplier)  # nothing, factor, property, both
    return 1 << bit | 1 << BIT["property"], values


def _factors(line: PlanLine) -> list[EmissionFactor | FuelProperty]:
    """Return the numbers that make up the factor: it, or carbon content and oxidation; not what measures the fuel."""
    return [one for one in line.records if isinstance(one, EmissionFactor) or one.property not in LINKS]


def _values(records: Iterable[EmissionFactor | FuelProperty]) -> list[tuple[str, object, str]]:
    return [(one.id, one.value, one.unit) for one in records]


def _factor_cause(
    old: Sequence[EmissionFactor | FuelProperty], new: Sequence[EmissionFactor | FuelProperty], library: FactorLibrary
) -> str:
    """Say whether a factor was corrected (the same number, or the row that supersedes it) or another one chosen."""
    pairs = list(zip(old, new, strict=False))
    if len(old) != len(new) or not all(_same_number(one, other, library) for one, other in pairs):
        return "factor-choice"
    return "unit" if _respelt(old, new) else "factor-value"


def _respelt(old: Sequence[EmissionFactor | FuelProperty], new: Sequence[EmissionFactor | FuelProperty]) -> bool:
    """Say whether the numbers stayed and only units were corrected."""
    return [one.value for one in old] == [one.value for one in new] and [one.unit for one in old] != [
        one.unit for one in new
    ]


def _same_number(
    old: EmissionFactor | FuelProperty, new: EmissionFactor | FuelProperty, library: FactorLibrary
) -> bool:
    """Say whether one row is the other, edited, or corrects it."""
    seen = set[str]()
    for first, last in ((new, old), (old, new)):
        one: str | None = first.id
        while one is not None and one not in seen:
            if one == last.id:
                return True
            seen.add(one)
            try:
                one = library.find(one).supersedes  # type: ignore[union-attr]
            except FactorError:
                one = first.supersedes if one == first.id else None
    return False


def _with_properties(line: PlanLine, others: Mapping[str, FuelProperty]) -> Fraction:
    """Return the multiplier of a line with another version's heating value and density, where it uses such a one."""
    multiplier = line.multiplier
    for step in line.steps:
        own = step.record
        if not isinstance(own, FuelProperty) or own.property not in LINKS or own.property not in others:
            continue
        other = others[own.property]
        try:
            ratio = Fraction(other.value) * units.ratio(other.unit, own.unit) / Fraction(own.value)
        except UnitError:  # per mass there and per volume here: not the same link
            continue
        multiplier = multiplier * ratio if step.op == "×" else multiplier / ratio
    return multiplier
