"""Uncertainty of an inventory: what is known of its inputs, and what follows for its totals."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory, Product
from hsesg_carbon.ledger import Group
from hsesg_carbon.propagation import FIRST_ORDER, Drawn, Interval, Line, Propagation, Sampling, interval_of
from hsesg_carbon.records import WELL_CHECKED, EmissionFactor, FuelProperty
from hsesg_carbon.spreads import Shape, Spread, Z
from hsesg_carbon.tables import read_record
from hsesg_carbon.units import CO2E, parse_number

FILE = "uncertainty.toml"
KEY = 0.95
"""Key categories are those that together make up so much of a total or of its variance (IPCC 2006 vol. 1, ch. 4)."""

_APPROACHES = ("approach1", "approach2")


def _percentage(value: Any) -> Any:
    """Read ``"5 %"``; anything else is refused, because 5 and 0.05 could both be meant."""
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise InputError("uncertainty-percent", value=str(value))
    return parse_number(value.strip().removesuffix("%").strip()) / 100


Percent = Annotated[Decimal, BeforeValidator(_percentage), Field(ge=0)]


class _Stated(BaseModel):
    """How far something may lie from its estimate: 95 % between ``below`` and ``above`` it, and how that is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    below: Percent
    above: Percent
    shape: Shape
    origin: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.spread  # noqa: B018  (raises)
        return self

    @property
    def spread(self) -> Spread:
        """The same as multiples of the estimate."""
        return Spread(float(1 - self.below), float(1 + self.above), self.shape)


class OfActivity(_Stated):
    """
    The uncertainty of activity data; the first that fits a cell rules.

    ``activity`` and ``site`` are patterns; ``quality`` holds it to rows of that quality. ``shared`` says what errs
    together: everything at a site of one ``meter``, whatever the period; or each ``period`` by itself.
    """

    activity: str = "*"
    site: str = "*"
    quality: str | None = None
    shared: Literal["meter", "period"]


class OfNumber(_Stated):
    """The uncertainty of a factor, a fuel property or an instrument's factor, by its id."""

    id: str = Field(min_length=1)


class UncertaintyRules(BaseModel):
    """
    What is stated of uncertainty: the content of ``uncertainty.toml``.

    ``published`` is the shape for 95 % limits that a publication prints unequally far from its value, ``lognormal`` or
    ``triangular``; equal ones are normal. Limits are used where the number was seen in two transcriptions or the
    publication itself; a row under ``number`` comes before them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published: Literal["lognormal", "triangular"]
    activity: tuple[OfActivity, ...] = ()
    number: tuple[OfNumber, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "UncertaintyRules":
        """Read ``uncertainty.toml``; every key that does not fit is named in one ``InputError``."""
        return read_record(path, cls)


@dataclass(frozen=True, slots=True)
class Source:
    """An uncertain input: its spread and where that is known from. Without a spread nothing is stated of it."""

    id: str
    kind: Literal["activity", "number"]
    spread: Spread | None
    origin: str


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

    Raises:
        InventoryError: There are no totals.
        InputError: A dimension is unknown, or limits do not fit their shape.
    """

    inventory: Inventory = field(repr=False)
    rules: UncertaintyRules = field(repr=False)
    by: tuple[str, ...] = ("year",)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What the totals are of, in the order of all arrays here."""
        return tuple(dict.fromkeys(row.group for row in self.inventory.by(*self.by)))

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every input of the totals by its id, those of which nothing is stated included."""
        return self._collapsed[1]

    @cached_property
    def propagation(self) -> Propagation:
        """The totals as sums of products of inputs: lines with the same inputs are one."""
        lines, sources = self._collapsed
        spreads = {name: one.spread for name, one in sources.items() if one.spread is not None}
        return Propagation(lines, spreads)

    def approach1(self) -> dict[Group, Interval]:
        """Return the interval of every total by the formulas of IPCC's Approach 1; correlated inputs come first."""
        return dict(zip(self.groups, self.propagation.approach1(), strict=True))

    def approach2(self, draws: int = 2**16, seed: int = 0, sampling: Sampling = "sobol") -> dict[Group, Interval]:
        """Return the interval of every total by drawing the inputs (Monte Carlo)."""
        return dict(zip(self.groups, self.drawn(draws, seed, sampling).intervals(), strict=True))

    def drawn(self, draws: int = 2**16, seed: int = 0, sampling: Sampling = "sobol") -> Drawn:
        """Return the draws themselves, shape ``(draws, groups)``: differences and ratios of totals come from these."""
        return self.propagation.approach2(draws, seed, sampling)

    def trend(self, first: Group, last: Group, draws: int = 2**16, seed: int = 0) -> tuple[Interval, Interval]:
        """
        Return by how many percent a total changed from one group to another, by both approaches.

        What both totals share moves them together and mostly cancels (IPCC 2006 Guidelines vol. 1, Table 3.2).

        Raises:
            InventoryError: A group has no total, or the first is 0.
        """
        return self._trend(first, last, self.drawn(draws, seed))

    def _trend(self, first: Group, last: Group, drawn: Drawn) -> tuple[Interval, Interval]:
        places = [self.groups.index(one) if one in self.groups else -1 for one in (first, last)]
        before, after = (float(self.propagation.estimates[one]) if one >= 0 else 0.0 for one in places)
        if min(places) < 0 or not before:
            raise InventoryError(
                "uncertainty-no-trend", groups=[" ".join(str(v) for _, v in one) for one in self.groups]
            )
        weights = [0.0] * len(self.groups)  # the slope of the change at the estimates
        weights[places[0]] -= 100 * after / before**2
        weights[places[1]] += 100 / before
        change, deviation = 100 * (after - before) / before, self.propagation.deviation(weights)
        formulas = Interval(change, change, deviation, change - Z * deviation, change + Z * deviation)
        outputs = drawn.outputs
        values = 100 * (outputs[:, places[1]] - outputs[:, places[0]]) / outputs[:, places[0]]
        return formulas, interval_of(change, values)

    def trends(self, drawn: Drawn) -> list[tuple[tuple[Group, Group], tuple[Interval, Interval]]]:
        """Return the trend from the first year to the last of everything that has totals in both, from some draws."""
        years = sorted({int(dict(group)["year"]) for group in self.groups} if "year" in self.by else set())
        found = []
        for group in self.groups if len(years) > 1 else ():
            last = tuple((name, years[-1] if name == "year" else value) for name, value in group)
            if dict(group)["year"] == years[0] and last in self.groups:
                found.append(((group, last), self._trend(group, last, drawn)))
        return found

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

    def as_json(self, draws: int, seed: int, lang: str = "en") -> dict[str, Any]:
        """Return both approaches, what gives the variance, the inputs and the findings as plain data (floats)."""
        first, drawn, given = self.approach1(), self.drawn(draws, seed), self.contributions()
        second = dict(zip(self.groups, drawn.intervals(), strict=True))
        return {
            "unit": CO2E,
            "draws": drawn.count,
            "seed": seed,
            "totals": [
                {
                    **dict(group),
                    "estimate": first[group].estimate,
                    "approach1": _plain(first[group]),
                    "approach2": _plain(second[group]),
                    "variance": [{"input": name, "share": share} for name, share in given[group].items()],
                }
                for group in self.groups
            ],
            "trends": [
                {
                    "first": dict(groups[0]),
                    "last": dict(groups[1]),
                    "unit": "%",
                    **{name: _plain(one) for name, one in zip(_APPROACHES, trend, strict=True)},
                }
                for groups, trend in self.trends(drawn)
            ],
            "inputs": [
                {
                    "input": one.id,
                    "kind": one.kind,
                    "lower": one.spread and one.spread.lower,
                    "upper": one.spread and one.spread.upper,
                    "shape": one.spread and one.spread.shape,
                    "origin": one.origin or None,
                }
                for one in self.sources.values()
            ],
            "findings": [one.as_json(lang) for one in self.findings],
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Name inputs of which nothing is stated, and where the first order of Approach 1 ends."""
        return (*self._unstated(), *self._wide())

    # ---------------------------------------------------------------------------------------------- inside

    @cached_property
    def _collapsed(self) -> tuple[list[Line], dict[str, Source]]:
        """Return the lines that share the same inputs as one each, and the inputs."""
        tells = self.inventory.dimensions(self.by)
        places = {tuple(value for _, value in group): place for place, group in enumerate(self.groups)}
        if not places:
            raise InventoryError("uncertainty-nothing")
        amounts: dict[tuple[str, ...], Any] = {}
        sources: dict[str, Source] = {}
        for product in self.inventory.products():
            value = product.t_co2e
            if not value:
                continue
            own = {one.id: one for one in self._inputs(product)}
            sources |= own
            held = amounts.setdefault(tuple(own), np.zeros(len(places)))
            held[places[tuple(tell(product.entry) for tell in tells.values())]] += float(value)
        return [Line(tuple(one.tolist()), names) for names, one in amounts.items()], sources

    def _inputs(self, product: Product) -> Iterator[Source]:
        yield self._activity(product)
        if product.rung:
            yield self._number(product.rung, None)
        for record in product.entry.line.records:
            yield self._number(record.id, record)

    def _activity(self, product: Product) -> Source:
        cell, extra = product.entry.cell, dict(product.entry.cell.extra)
        meter, quality = extra.get("meter", ""), extra.get("quality", "")
        for one in self.rules.activity:
            fits = fnmatchcase(cell.activity, one.activity) and fnmatchcase(cell.site, one.site)
            if fits and one.quality in {None, quality}:
                together = meter or cell.activity if one.shared == "meter" else f"{cell.activity} {cell.period.label}"
                return Source(f"{cell.site}: {together} {quality}".strip(), "activity", one.spread, one.origin)
        return Source(f"{cell.site}: {cell.activity} {quality}".strip(), "activity", None, "")

    def _number(self, name: str, record: EmissionFactor | FuelProperty | None) -> Source:
        stated = self._numbers.get(name)
        if stated is not None:
            return Source(name, "number", stated.spread, stated.origin)
        if record is None or not record.value or record.checked not in WELL_CHECKED:
            return Source(name, "number", None, "")
        if record.lower95 is None or record.upper95 is None:
            return Source(name, "number", None, "")
        lower, upper = float(record.lower95 / record.value), float(record.upper95 / record.value)
        even = record.value - record.lower95 == record.upper95 - record.value
        spread = Spread(lower, upper, "normal" if even else self.rules.published)
        return Source(name, "number", spread, f"{record.source}, {record.locator}")

    @cached_property
    def _numbers(self) -> dict[str, OfNumber]:
        return {one.id: one for one in self.rules.number}

    def _unstated(self) -> Iterator[Finding]:
        whole = float(np.sum(np.abs(self.propagation.estimates))) or 1.0
        for kind in ("activity", "number"):
            bare = {name for name, one in self.sources.items() if one.kind == kind and one.spread is None}
            resting = [line for line in self._collapsed[0] if bare & set(line.inputs)]
            if resting:
                share = sum(float(np.sum(np.abs(line.amounts))) for line in resting) / whole
                data = {"inputs": sorted(bare), "percent": f"{100 * share:.1f}"}
                yield Finding(code=f"uncertainty-unstated-{kind}", severity="warning", data=data)

    def _wide(self) -> Iterator[Finding]:
        spreads: Mapping[str, Spread] = self.propagation.spreads
        wide = sorted(name for name, one in spreads.items() if one.deviation > FIRST_ORDER)
        if wide:
            data = {"inputs": wide, "limit": f"{FIRST_ORDER * 100:.0f}"}
            yield Finding(code="uncertainty-wide", severity="warning", data=data)


def key_categories(amounts: Mapping[str, float]) -> list[str]:
    """
    Return the names that together make up 95 % of what all have, by size, the largest first.

    Example:
        >>> key_categories({"electricity": 90.0, "gas": 8.0, "petrol": 2.0})
        ['electricity', 'gas']
    """
    whole, reached, found = sum(map(abs, amounts.values())), 0.0, list[str]()
    for name, amount in _by_size(amounts):
        if reached >= KEY * whole:
            break
        found.append(name)
        reached += abs(amount)
    return found


def _plain(interval: Interval) -> dict[str, float | None]:
    below, above = (one if math.isfinite(one) else None for one in interval.percent)
    return {
        "mean": interval.mean,
        "deviation": interval.deviation,
        "lower": interval.lower,
        "upper": interval.upper,
        "percent_below": below,
        "percent_above": above,
    }


def _by_size(amounts: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    return sorted(amounts.items(), key=lambda item: (-abs(item[1]), item[0]))
