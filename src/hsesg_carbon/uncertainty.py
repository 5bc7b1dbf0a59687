"""Uncertainty of an inventory: what follows for totals, trends, intensities and restatements from what is stated."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np

from hsesg_carbon.categories import BY_UNCERTAINTY, Assessed, key_categories, trend_sizes
from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import Denominator, ruling_denominators
from hsesg_carbon.inventory import Inventory, Product
from hsesg_carbon.ledger import Group
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.propagation import (
    DRAWS,
    FIRST_ORDER,
    SMALL,
    Drawn,
    Interval,
    Line,
    Propagation,
    Sampling,
    normal_interval,
)
from hsesg_carbon.ranges import OfDenominator, OfNumber, UncertaintyRules
from hsesg_carbon.records import WELL_CHECKED, EmissionFactor, FuelProperty
from hsesg_carbon.spreads import Spread, Z
from hsesg_carbon.units import CO2E

Both = tuple[Interval, Interval]
"""An interval by Approach 1 and by Approach 2."""

Approach = Literal[1, 2]
_APPROACHES = ("approach1", "approach2")
_CATEGORY = ("activity", "gas")
S = TypeVar("S")
_MOST_NAMES = 20
"""Inputs that a finding names."""

_MOST_TOTALS = 5
"""Totals that a finding names; all are in the JSON."""


@dataclass(frozen=True, slots=True)
class Source:
    """
    An uncertain input: its spread and where that is known from. Without a spread nothing is stated of it.

    ``row`` is the row of the rules that states it, e.g. ``activity 2``; nothing where a publication does.
    """

    id: str
    kind: Literal["activity", "number", "denominator"]
    spread: Spread | None
    origin: str
    row: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data; null where nothing is stated."""
        return {
            "input": self.id,
            "kind": self.kind,
            "lower": self.spread and self.spread.lower,
            "upper": self.spread and self.spread.upper,
            "shape": self.spread and self.spread.shape,
            "origin": self.origin or None,
        }


@dataclass(frozen=True, slots=True)
class KeyCategories:
    """
    The categories (activity and gas) of a year, or of the change between two, by their share.

    ``weighed``: sizes are multiplied by the category's uncertainty (IPCC's Approach 2, 90 % together are key), else
    they stand alone (Approach 1, 95 %).
    """

    years: tuple[int, ...]
    weighed: bool
    categories: tuple[Assessed[Group], ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return a row for each category, the largest first."""
        assessment = "level" if len(self.years) == 1 else "trend"
        head = {"years": list(self.years), "assessment": assessment, "with_uncertainty": self.weighed}
        return [
            {**head, **dict(one.category), "share": one.share, "cumulated": one.cumulated, "key": one.key}
            for one in self.categories
        ]


@dataclass(frozen=True)
class Uncertainty:
    """
    The uncertainty of totals, by any dimensions: what moves together is drawn together.

    Every line that uses one factor moves with it, across sites and years, and so does what one meter has read. Nothing
    is assumed of an input of which nothing is stated: it is taken as exact, and a finding says how much rests on it.

    Args:
        inventory: A ledger run with the dimensions ``meter`` and ``quality`` tells meters and qualities apart.
        rules: What is stated.
        by: Dimensions of the totals, e.g. ``("year",)``.
        draws: Of Approach 2; at least so many.
        seed: Any whole number; the same draws the same.
        sampling: ``sobol`` (even points) or ``plain``.
        approach: The one whose intervals ``intervals`` returns.
        denominators: What emissions are divided by; exact but for those that ``rules`` state a range of.
        accept_boundary: Boundaries of denominators that may differ from the inventory's.
        fills: The spread of every row that fills a gap, by its id in the dimension ``filled``, and where it is from.

    Raises:
        InventoryError: There are no totals.
        InputError: A dimension is unknown, or limits do not fit their shape.
    """

    inventory: Inventory = field(repr=False)
    rules: UncertaintyRules = field(repr=False)
    by: tuple[str, ...] = ("year",)
    draws: int = DRAWS
    seed: int = 0
    sampling: Sampling = "sobol"
    approach: Approach = 2
    denominators: tuple[Denominator, ...] = field(default=(), repr=False)
    accept_boundary: tuple[str, ...] = ()
    fills: Mapping[str, tuple[Spread, str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.approach not in {1, 2}:
            raise InputError("uncertainty-approach", approach=self.approach)

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        *,
        rules: UncertaintyRules,
        approach: Approach,
        by: Sequence[str] = ("year",),
        draws: int = DRAWS,
        seed: int = 0,
    ) -> "Uncertainty":
        """
        Return the uncertainty of an inventory's totals by one approach: see ``intervals``.

        Rules and approach have no default, for either changes the answer (docs/decisions/0014-uncertainty.md).
        """
        return cls(inventory, rules, tuple(by), draws, seed, approach=approach)

    @staticmethod
    def of_change(before: "Uncertainty", after: "Uncertainty", years: Container[int]) -> "ChangeUncertainty":
        """Return the uncertainty of a restatement: what both versions rest on moves both and mostly cancels."""
        return ChangeUncertainty(before, after, years)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What the totals are of, in the order of all arrays here."""
        return tuple(dict.fromkeys(row.group for row in self.inventory.by(*self.by)))

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every input of the totals and denominators by its id, those of which nothing is stated included."""
        return self._collapsed[1] | {one.id: one for one in self._ranged.values()}

    @cached_property
    def propagation(self) -> Propagation:
        """The totals, then the uncertain denominators, as sums of products of inputs; lines with the same are one."""
        width = len(self.groups)
        lines = [Line((*one.amounts, *[0.0] * len(self._ranged)), one.inputs) for one in self._collapsed[0]]
        for place, (key, source) in enumerate(self._ranged.items()):
            amounts = [0.0] * (width + len(self._ranged))
            amounts[width + place] = float(self._ruling[key].value)
            lines.append(Line(tuple(amounts), (source.id,)))
        return Propagation(lines, _spreads(self.sources))

    def approach1(self) -> dict[Group, Interval]:
        """Return the interval of every total by the formulas of IPCC's Approach 1; correlated inputs come first."""
        return dict(zip(self.groups, self.propagation.approach1(), strict=False))  # denominators follow the totals

    def approach2(self) -> dict[Group, Interval]:
        """Return the interval of every total by drawing the inputs (Monte Carlo)."""
        return dict(zip(self.groups, self.drawn.intervals(), strict=False))

    def intervals(self) -> dict[Group, Interval]:
        """Return the interval of every total by the approach asked for."""
        return self.approach1() if self.approach == 1 else self.approach2()

    @cached_property
    def drawn(self) -> Drawn:
        """The draws themselves, shape ``(draws, groups)``: differences and ratios of totals come from these."""
        return self.propagation.approach2(self.draws, self.seed, self.sampling)

    def trend(self, first: Group, last: Group) -> Both:
        """
        Return by how many percent of its size a total changed from one group to another, by both approaches.

        What both totals share moves them together and mostly cancels (IPCC 2006 Guidelines vol. 1, Table 3.2).

        Raises:
            InventoryError: A group has no total, or the first is 0.
        """
        places = [self.groups.index(one) if one in self.groups else -1 for one in (first, last)]
        if min(places) < 0 or not self.propagation.estimates[places[0]]:
            raise InventoryError("uncertainty-no-trend", groups=[_label(one) for one in self.groups])
        return _change(self.propagation, self.drawn, places[0], places[1])

    def trends(self) -> list[tuple[tuple[Group, Group], Both]]:
        """Return the trend from the first year to the last of everything that has totals in both, the first not 0."""
        years = self._years
        found = []
        for group in self.groups if len(years) > 1 else ():
            last = tuple((name, years[-1] if name == "year" else value) for name, value in group)
            begun = dict(group)["year"] == years[0] and self.propagation.estimates[self.groups.index(group)]
            if begun and last in self.groups:
                found.append(((group, last), self.trend(group, last)))
        return found

    def intensities(self) -> list[tuple[Denominator, Group, Both]]:
        """
        Return the intervals of totals per denominator of their year, in tCO2e per its unit.

        Raises:
            InventoryError: A boundary differs and was not accepted, or a denominator is not of a year.
        """
        found = []
        for per in dict.fromkeys(one.denominator for one in self.denominators) if self._years else ():
            for row in self.inventory.intensity(self.denominators, per, self.by, self.accept_boundary):
                group = tuple((name, dict(row.group)[name]) for name in self.by)
                divisor = self._ruling[per, int(row["year"])]
                found.append((divisor, group, self._divided(group, divisor)))
        return found

    def _divided(self, group: Group, divisor: Denominator) -> Both:
        place, value = self.groups.index(group), float(divisor.value)
        key = divisor.denominator, divisor.year or 0
        amounts = self.drawn.outputs[:, place]
        weights = np.zeros(len(self.propagation.estimates))
        weights[place] = 1 / value
        estimate = float(self.propagation.estimates[place]) / value
        if key not in self._ranged:
            return _both(self.propagation, self.drawn, estimate, weights, amounts / value)
        below = len(self.groups) + list(self._ranged).index(key)
        weights[below] = -estimate / value
        return _both(self.propagation, self.drawn, estimate, weights, amounts / self.drawn.outputs[:, below])

    def contributions(self) -> dict[Group, dict[str, float]]:
        """Return the share of each total's variance that each input gives, the largest first; they add up to 1."""
        given = self.propagation.contributions()
        found = {}
        for place, group in enumerate(self.groups):
            parts = {name: float(np.asarray(one)[place]) for name, one in given.items()}
            whole = sum(parts.values())
            ordered = sorted(parts.items(), key=lambda item: (-item[1], item[0]))
            found[group] = {name: part / whole for name, part in ordered if part} if whole else {}
        return found

    @cached_property
    def key_categories(self) -> tuple[KeyCategories, ...]:
        """
        The key categories (activity and gas) of every year's level and of the trend from the first year to the last.

        Each twice: by size alone, and by size times the category's uncertainty as Approach 1 has it. A list is left out
        where it would be empty: without a second year, without a change of structure, without any uncertainty.

        Source:
            IPCC 2006 Guidelines, vol. 1, ch. 4: eq. 4.1-4.3 (95 %), 4.4 and 4.5 (90 %), as recalled.
        """
        amounts: dict[int, dict[Group, float]] = {}
        reach: dict[int, dict[Group, float]] = {}  # the relative uncertainty of each category
        for group, one in replace(self, by=("year", *_CATEGORY), denominators=()).approach1().items():
            year = int(dict(group)["year"])
            amounts.setdefault(year, {})[group[1:]] = one.estimate
            if one.estimate:  # what is 0 at last keeps the uncertainty that it had at first
                reach.setdefault(year, {})[group[1:]] = Z * one.relative
        years = sorted(amounts)
        sizes: list[tuple[tuple[int, ...], dict[Group, float]]] = [((year,), amounts[year]) for year in years]
        if len(years) > 1:
            ends = years[0], years[-1]
            sizes.append((ends, trend_sizes(*(amounts[year] for year in ends))))
        found = []
        for of_years, own in sizes:
            known = {**reach.get(of_years[0], {}), **reach.get(of_years[-1], {})}
            weighed = {name: size * known.get(name, 0.0) for name, size in own.items()}
            found.append(KeyCategories(of_years, False, tuple(key_categories(own))))
            found.append(KeyCategories(of_years, True, tuple(key_categories(weighed, BY_UNCERTAINTY))))
        return tuple(one for one in found if one.categories)

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return both approaches, what gives the variance, the inputs and the findings as plain data (floats)."""
        first, second, given = self.approach1(), self.approach2(), self.contributions()
        return {
            "unit": CO2E,
            **self.drawing(),
            "totals": [
                {
                    **dict(group),
                    "estimate": first[group].estimate,
                    **plain((first[group], second[group])),
                    "relative_difference": finite(second[group].relative - first[group].relative),
                    "variance": [{"input": name, "share": share} for name, share in given[group].items()],
                }
                for group in self.groups
            ],
            "trends": [
                {"first": dict(groups[0]), "last": dict(groups[1]), "unit": "%", **plain(trend)}
                for groups, trend in self.trends()
            ],
            "intensities": [
                {
                    **dict(group),
                    "per": one.denominator,
                    "unit": f"{CO2E}/{one.unit}",
                    "estimate": both[0].estimate,
                    **plain(both),
                }
                for one, group, both in self.intensities()
            ],
            "key_categories": [row for one in self.key_categories for row in one.as_json()],
            "inputs": [one.as_json() for one in self.sources.values()],
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def drawing(self) -> dict[str, Any]:
        """Return how Approach 2 was drawn, as plain data."""
        return _drawing(self.drawn, self)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Name ranges that apply to nothing, what nothing is stated of, and where intervals are not to be relied on."""
        exact = sorted({per for per, _ in self._ruling} - {per for per, _ in self._ranged})
        bare = [Finding(code="uncertainty-denominator-exact", severity="info", data={"denominators": exact})]
        kinds = ("activity", "number", *(("denominator",) if self._ruling and self._years else ()))
        told = (*_idle(self.rules, self.sources, kinds), *_remarks(self._collapsed[0], self.sources))
        return (*told, *(bare if exact else ()), *self._about_0(), *self._apart())

    # ---------------------------------------------------------------------------------------------- inside

    @property
    def _years(self) -> list[int]:
        return sorted({int(dict(group)["year"]) for group in self.groups}) if "year" in self.by else []

    @cached_property
    def _ruling(self) -> dict[tuple[str, int], Denominator]:
        """The denominators that rule, by name and year."""
        names = dict.fromkeys(one.denominator for one in self.denominators)
        return {(per, year): one for per in names for year, one in ruling_denominators(self.denominators, per).items()}

    @cached_property
    def _ranged(self) -> dict[tuple[str, int], Source]:
        """The denominators of years with totals that a range is stated of."""
        found = {}
        for key, one in self._ruling.items():
            stated = self._stated_of(one) if key[1] in self._years else None
            if stated is not None:
                row, own = stated
                found[key] = Source(f"{one.denominator} {one.period}", "denominator", own.spread, own.origin, row)
        return found

    def _stated_of(self, one: Denominator) -> tuple[str, OfDenominator] | None:
        rows = _rows("denominator", self.rules.denominator)
        return next(((row, own) for row, own in rows if own.fits(one.denominator, one.period)), None)

    @cached_property
    def _collapsed(self) -> tuple[list[Line], dict[str, Source]]:
        """Return the lines that share the same inputs as one each, and the inputs."""
        tells = self.inventory.dimensions(self.by)
        places = {tuple(value for _, value in group): place for place, group in enumerate(self.groups)}
        if not places:
            raise InventoryError("uncertainty-nothing")
        amounts: dict[tuple[tuple[str, ...], tuple[str, ...]], Any] = {}
        sources: dict[str, Source] = {}
        for product in self.inventory.products():
            value = product.t_co2e
            if not value:
                continue
            times, over = self._inputs(product)
            sources |= {one.id: one for one in (*times, *over)}
            moved = tuple(one.id for one in times), tuple(one.id for one in over)
            held = amounts.setdefault(moved, np.zeros(len(places)))
            entry = product.entry
            held[places[tuple(tell(entry) for tell in tells.values())]] += float(value)
        return [Line(tuple(one.tolist()), *moved) for moved, one in amounts.items()], sources

    def _inputs(self, product: Product) -> tuple[list[Source], list[Source]]:
        """Return what an entry is a product of, and what it is divided by."""
        times, over = [self._activity(product)], list[Source]()
        if product.rung:
            times.append(self._number(product.rung, None))
        for step in product.line.steps:
            if step.record is not None:
                (over if step.op == "÷" else times).append(self._number(step.record.id, step.record))
        return times, over

    def _activity(self, product: Product) -> Source:
        cell, extra = product.place.cell, dict(product.place.cell.extra)
        meter, quality, filled = (extra.get(name, "") for name in ("meter", "quality", "filled"))
        for row, one in _rows("activity", self.rules.activity):
            fits = fnmatchcase(cell.activity, one.activity) and fnmatchcase(cell.site, one.site)
            own_kind = filled not in self.fills if one.filled is None else filled and fnmatchcase(filled, one.filled)
            if fits and own_kind and one.quality in {None, quality}:
                # a gas meter may have the number of an electricity meter: other rows of the rules, other errors
                own = f"{meter} {one.activity}".removesuffix(" *") if meter else cell.activity
                together = own if one.shared == "meter" else f"{own} {cell.period.label}"
                name = f"{cell.site}: {together} {quality}".strip() if one.filled is None else filled
                return Source(name, "activity", one.spread, one.origin, row)
        if filled in self.fills:
            return Source(filled, "activity", *self.fills[filled])
        return Source(f"{cell.site}: {cell.activity} {quality}".strip(), "activity", None, "")

    def _number(self, name: str, record: EmissionFactor | FuelProperty | None) -> Source:
        if name in self._numbers:
            row, stated = self._numbers[name]
            return Source(name, "number", stated.spread, stated.origin, row)
        if record is None or not record.value or record.checked not in WELL_CHECKED:
            return Source(name, "number", None, "")
        if record.lower95 is None or record.upper95 is None:
            return Source(name, "number", None, "")
        lower, upper = float(record.lower95 / record.value), float(record.upper95 / record.value)
        even = record.value - record.lower95 == record.upper95 - record.value
        try:
            spread = Spread(lower, upper, "normal" if even else self.rules.published)
        except InputError as error:
            why = {lang: error.text(lang) for lang in LANGUAGES}
            raise InputError("uncertainty-published", id=name, why=why) from error
        return Source(name, "number", spread, f"{record.source}, {record.locator}")

    @cached_property
    def _numbers(self) -> dict[str, tuple[str, OfNumber]]:
        return {one.id: (row, one) for row, one in _rows("number", self.rules.number)}

    def _about_0(self) -> Iterator[Finding]:
        """Yield totals and denominators that may be 0, of those that something is divided by."""
        whole = self.propagation.approach1()
        bases = [self.groups.index(groups[0]) for groups, _ in self.trends()]
        names = [_label(group) for group in self.groups] + [one.id for one in self._ranged.values()]
        yield from _maybe_0((names[place], whole[place]) for place in (*bases, *range(len(self.groups), len(whole))))

    def _apart(self) -> Iterator[Finding]:
        """Yield how far the approaches are apart, where an input spreads too far for them to agree within 1 %."""
        spreads: Mapping[str, Spread] = self.propagation.spreads
        wide = sorted(name for name, one in spreads.items() if one.deviation > SMALL)
        if not wide:
            return
        second = self.approach2()
        pairs = [(group, one, second[group]) for group, one in self.approach1().items() if one.estimate]
        pairs.sort(key=lambda row: -abs(row[2].relative - row[1].relative))
        totals = [
            f"{_label(group)}: {one.relative:.4f} / {other.relative:.4f} ({other.relative - one.relative:+.4f})"
            for group, one, other in pairs[:_MOST_TOTALS]
        ]
        data = {"inputs": _few(wide), "limit": f"{SMALL * 100:.0f}", "totals": totals, "count": len(pairs)}
        yield Finding(code="uncertainty-approaches", severity="warning", data=data)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a restatement made of a total: before, after, the difference in tCO2e, and in percent unless it was 0."""

    group: Group
    before: Both
    after: Both
    difference: Both
    percent: Both | None


@dataclass(frozen=True)
class ChangeUncertainty:
    """
    The uncertainty of the change from one version of the accounts to another.

    Both are drawn with the same inputs: a meter, a bill or a number that both rest on errs alike in both, so that it
    mostly cancels. Numbers with different ids err independently, also where one is the next edition of the other.

    Args:
        before: As reported; its rules, dimensions and draws are those of ``after``.
        after: As restated.
        years: The years compared.

    Raises:
        InputError: The two state different rules, dimensions or draws.
    """

    before: Uncertainty = field(repr=False)
    after: Uncertainty = field(repr=False)
    years: Container[int]

    def __post_init__(self) -> None:
        sides = [(one.rules, one.by, one.draws, one.seed, one.sampling) for one in (self.before, self.after)]
        if sides[0] != sides[1]:
            raise InputError("uncertainty-versions-differ")

    @cached_property
    def rows(self) -> tuple[Changed, ...]:
        """The change of every total that either version has; one that only one has was, or becomes, 0."""
        drawn, found = self._drawn, []
        intervals = list(zip(self._propagation.approach1(), drawn.intervals(), strict=True))
        for place, group in enumerate(self._groups):
            first, last = place, place + len(self._groups)
            estimate = intervals[last][0].estimate - intervals[first][0].estimate
            weights = np.zeros(len(intervals))
            weights[first], weights[last] = -1, 1
            values = drawn.outputs[:, last] - drawn.outputs[:, first]
            difference = _both(self._propagation, drawn, estimate, weights, values)
            percent = _change(self._propagation, drawn, first, last) if intervals[first][0].estimate else None
            found.append(Changed(group, intervals[first], intervals[last], difference, percent))
        return tuple(found)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What nothing is stated of in the two versions together, and which conditions of Approach 1 fail."""
        told = _remarks(self._propagation.lines, self._sources)
        bases = ((_label(one.group), one.before[0]) for one in self.rows if one.percent is not None)
        return (*_idle(self.after.rules, self._sources, ("activity", "number")), *told, *_maybe_0(bases))

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return both approaches of every change as plain data (floats)."""
        return {
            "unit": CO2E,
            **self.drawing(),
            "changes": [
                {
                    **dict(one.group),
                    "before": {"estimate": one.before[0].estimate, **plain(one.before)},
                    "after": {"estimate": one.after[0].estimate, **plain(one.after)},
                    "difference": {"estimate": one.difference[0].estimate, **plain(one.difference)},
                    "percent": one.percent and {"estimate": one.percent[0].estimate, **plain(one.percent)},
                }
                for one in self.rows
            ],
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def drawing(self) -> dict[str, Any]:
        """Return how Approach 2 was drawn, as plain data."""
        return _drawing(self._drawn, self.after)

    @cached_property
    def _groups(self) -> tuple[Group, ...]:
        own = dict.fromkeys((*self.before.groups, *self.after.groups))
        return tuple(sorted((one for one in own if dict(one).get("year", 0) in self.years), key=str))

    @cached_property
    def _propagation(self) -> Propagation:
        """The totals as reported, then those as restated: sums of products of the inputs of both."""
        places = {group: place for place, group in enumerate(self._groups)}
        lines = []
        for offset, side in enumerate((self.before, self.after)):
            for line in side.propagation.lines:
                amounts = [0.0] * (2 * len(places))
                for group, amount in zip(side.groups, line.amounts, strict=False):
                    if group in places:
                        amounts[offset * len(places) + places[group]] = amount
                lines.append(Line(tuple(amounts), line.inputs, line.divisors))
        if not places:
            raise InventoryError("uncertainty-nothing")
        return Propagation(lines, _spreads(self._sources))

    @property
    def _sources(self) -> dict[str, Source]:
        return self.before.sources | self.after.sources

    @cached_property
    def _drawn(self) -> Drawn:
        return self._propagation.approach2(self.after.draws, self.after.seed, self.after.sampling)


def plain(both: Both) -> dict[str, Any]:
    """Return an interval by both approaches as plain data."""
    return {name: _plain(one) for name, one in zip(_APPROACHES, both, strict=True)}


# -------------------------------------------------------------------------------------------------- private


def _spreads(sources: Mapping[str, Source]) -> dict[str, Spread]:
    return {name: one.spread for name, one in sources.items() if one.spread is not None}


def _drawing(drawn: Drawn, asked: Uncertainty) -> dict[str, Any]:
    return {"draws": drawn.count, "seed": asked.seed, "sampling": asked.sampling, "blocks": drawn.blocks}


def _label(group: Group) -> str:
    return " ".join(str(value) for _, value in group)


def _rows(kind: str, stated: Sequence[S]) -> list[tuple[str, S]]:
    """Return rows of the rules with their place in the file: ``activity 2``."""
    return [(f"{kind} {place}", one) for place, one in enumerate(stated, 1)]


def _idle(rules: UncertaintyRules, sources: Mapping[str, Source], kinds: Sequence[str]) -> Iterator[Finding]:
    """Yield the rows of the rules that no input goes by: likely an id or a pattern that is misspelt."""
    told = {
        "activity": [" ".join(filter(None, (one.activity, one.site, one.quality))) for one in rules.activity],
        "number": [one.id for one in rules.number],
        "denominator": [f"{one.denominator} {one.period}" for one in rules.denominator],
    }
    used = {one.row for one in sources.values()}
    idle = [f"{row} ({own})" for kind in kinds for row, own in _rows(kind, told[kind]) if row not in used]
    if idle:
        yield Finding(code="uncertainty-idle", severity="warning", data={"rows": idle})


def _maybe_0(divisors: Iterable[tuple[str, Interval]]) -> Iterator[Finding]:
    """Yield what may be 0 by Approach 1: a ratio to it may be anything, and no draws tell its limits."""
    if names := [name for name, one in divisors if one.lower <= 0 <= one.upper]:
        yield Finding(code="uncertainty-maybe-0", severity="warning", data={"divisors": _few(names)})


def _few(names: Sequence[str]) -> list[str]:
    """Return so many names as a sentence bears, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return [*names[:_MOST_NAMES], *([f"… +{more}"] if more > 0 else [])]


def _remarks(lines: Sequence[Line], sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Yield what nothing is stated of, and the conditions of Approach 1 (small, normal, independent) that fail."""
    whole = sum(abs(amount) for line in lines for amount in line.amounts) or 1.0
    for kind in ("activity", "number"):
        bare = {name for name, one in sources.items() if one.kind == kind and one.spread is None}
        share = (
            sum(abs(amount) for line in lines if bare & {*line.inputs, *line.divisors} for amount in line.amounts)
            / whole
        )
        if share:
            data = {"inputs": _few(sorted(bare)), "percent": f"{100 * share:.1f}"}
            yield Finding(code=f"uncertainty-unstated-{kind}", severity="warning", data=data)
    spreads = {name: one for name, one in _spreads(sources).items() if not one.exact}
    if wide := sorted(name for name, one in spreads.items() if one.deviation > FIRST_ORDER):
        data = {"inputs": _few(wide), "limit": f"{FIRST_ORDER * 100:.0f}"}
        yield Finding(code="uncertainty-wide", severity="warning", data=data)
    if uneven := sorted(f"{name} ({one.shape})" for name, one in spreads.items() if one.shape != "normal"):
        yield Finding(code="uncertainty-not-normal", severity="info", data={"inputs": _few(uneven)})
    terms = Counter[str]()
    for line in lines:
        terms.update({name: sum(map(bool, line.amounts)) for name in {*line.inputs, *line.divisors}})
    if shared := sorted(name for name in spreads if terms[name] > 1):
        yield Finding(code="uncertainty-correlated", severity="info", data={"inputs": _few(shared)})


def _both(propagation: Propagation, drawn: Drawn, estimate: float, weights: Any, values: Any) -> Both:
    """Return the interval of something computed from outputs: by its slopes at the estimates, and draw by draw."""
    return normal_interval(estimate, propagation.deviation(weights)), drawn.interval(estimate, values)


def _change(propagation: Propagation, drawn: Drawn, first: int, last: int) -> Both:
    """Return by how many percent of its size one output is above another: of a sink that emits more, upwards too."""
    before, after = (float(propagation.estimates[place]) for place in (first, last))
    weights = np.zeros(len(propagation.estimates))
    weights[first] -= 100 * after / (before * abs(before))
    weights[last] += 100 / abs(before)
    values = 100 * (drawn.outputs[:, last] - drawn.outputs[:, first]) / np.abs(drawn.outputs[:, first])
    return _both(propagation, drawn, 100 * (after - before) / abs(before), weights, values)


def finite(value: float) -> float | None:
    """Return a statistic, ``None`` where it is none: of an estimate of 0 nothing is a share."""
    return value if math.isfinite(value) else None


def _plain(interval: Interval) -> dict[str, Any]:
    below, above = (finite(one) for one in interval.percent)
    errors = interval.errors
    return {
        "mean": interval.mean,
        "deviation": interval.deviation,
        "relative_deviation": finite(interval.relative),
        "lower": interval.lower,
        "upper": interval.upper,
        "percent_below": below,
        "percent_above": above,
        "standard_errors": errors
        and {"mean": errors.mean, "deviation": errors.deviation, "lower": errors.lower, "upper": errors.upper},
    }
