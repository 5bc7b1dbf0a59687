"""The schedule of differences (差异汇总表): what is reported against what was recomputed, held to a threshold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from hsesg_carbon import units
from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Entry
from hsesg_carbon.percentages import part, percent_text, share_text
from hsesg_carbon.plan import Step
from hsesg_carbon.records import EmissionFactor, FuelProperty
from hsesg_carbon.units import CO2E
from hsesg_carbon.verification.against import BESIDE, facts_of
from hsesg_carbon.verification.intervals import Interval, point, scaled
from hsesg_carbon.verification.reported import ReportedTable
from hsesg_carbon.verification.sampling import Projection
from hsesg_carbon.verification.standard import first_rows
from hsesg_carbon.verification.verdict import Verification

Kind = Literal["factual", "judgemental", "projected"]
"""
A difference is ``factual`` where the print is wrong by any reading, ``judgemental`` where another published number in
place of the inventory's gives the print, ``projected`` where it stands for rows that a sample did not reach.
"""

Cell = tuple[str, str]
"""A row and a period."""

TOTAL, SCOPES = "ghg.total", ("ghg.scope1", "ghg.scope2")
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Line:
    """
    One figure, printed and recomputed, in tCO2e.

    ``printed`` is the cell as it stands, or as an explanation reads it; ``agrees`` says that the recomputed value
    rounds to it.
    """

    row: str
    period: str
    printed: str
    reported: Fraction
    recomputed: Fraction
    agrees: bool

    @property
    def difference(self) -> Fraction:
        """Reported less recomputed."""
        return self.reported - self.recomputed

    @property
    def error(self) -> Fraction:
        """The difference, where it is more than rounding."""
        return _ZERO if self.agrees else self.difference


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One entry of the schedule, in tCO2e: above 0 where too much was reported.

    ``source`` is ``printed`` or ``sample``; ``number`` names the published number that would give the print, where
    there is one. Of the total only what its scopes leave open is an entry of its own, so entries can be added.
    """

    row: str
    period: str
    kind: Kind
    amount: Fraction
    source: Literal["printed", "sample"] = "printed"
    number: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """
    The differences of a scope, or of everything, in a period: ``net``, and ``gross`` where none makes up for another.

    ``base`` is the recomputed amount that they are measured by.

    Example:
        >>> five_percent = Sum("ghg.total", "2024", Fraction(100), Fraction(-5), Fraction(7), Fraction(5, 100))
        >>> five_percent.net_exceeds, five_percent.gross_exceeds
        (False, True)
    """

    row: str
    period: str
    base: Fraction
    net: Fraction
    gross: Fraction
    threshold: Fraction

    def percent(self, amount: Fraction) -> Fraction | None:
        """Return an amount in percent of the base; ``None`` where the base is 0."""
        return part(amount, abs(self.base))

    @property
    def net_exceeds(self) -> bool:
        """Whether the net sum is strictly above the threshold."""
        return abs(self.net) > self.threshold * abs(self.base)

    @property
    def gross_exceeds(self) -> bool:
        """Whether the gross sum is strictly above the threshold."""
        return self.gross > self.threshold * abs(self.base)


@dataclass(frozen=True)
class Schedule:
    """
    All differences between a reported table and an inventory, with their sums by scope, total and period.

    ``missing`` names figures of which only one side is there, with the side that lacks: they are no zeros. ``undone``
    is the schedule after the best explanation of every inconsistency is undone (columns exchanged, digits swapped ...);
    ``None`` where no such explanation touches these figures.
    """

    threshold: Fraction
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]
    sums: tuple[Sum, ...]
    missing: tuple[tuple[str, str, str], ...] = ()
    undone: "Schedule | None" = None

    @classmethod
    def of(
        cls,
        table: ReportedTable,
        inventory: Inventory,
        verification: Verification,
        threshold: Fraction,
        projections: Iterable[Projection] = (),
    ) -> "Schedule":
        """
        Return the schedule of a table against an inventory, year by year.

        Args:
            table: What was printed; its rows ``ghg.scope1``, ``ghg.scope2`` and ``ghg.total`` are compared.
            inventory: What the figures should be.
            verification: What ``verify`` said of the two: its explanations are undone.
            threshold: Share of the recomputed emissions, e.g. 1/20. A sum exceeds it only strictly above.
            projections: Errors of a sample of the inventory's rows (``Sample.projected``).

        Raises:
            InputError: The threshold is no share, or nothing can be compared.
        """
        if not 0 < threshold < 1:
            raise InputError("share-out-of-range", name="threshold", share=share_text(threshold))
        held = _Figures.of(table, inventory)
        if not held.lines:
            raise InputError("schedule-nothing", rows=[*SCOPES, TOTAL])
        sampled = tuple(projections)
        mended = {key: one for key, one in verification.mended.items() if key in held.lines}
        printed = held.schedule(threshold, sampled, mended)
        return replace(printed, undone=held.righted(mended).schedule(threshold, sampled, {})) if mended else printed

    def as_json(self) -> dict[str, Any]:
        """Return plain data; exact numbers as text, half up to 12 places where their decimals do not end."""
        text = units.exact_text

        def percent(one: Sum | None, amount: Fraction) -> str | None:
            held = None if one is None else one.percent(amount)
            return None if held is None else text(held)

        bases = {(one.row, one.period): one for one in self.sums}
        return {
            "threshold_percent": percent_text(self.threshold),
            "unit": CO2E,
            "lines": [
                {
                    "id": one.row,
                    "period": one.period,
                    "printed": one.printed,
                    "reported": text(one.reported),
                    "recomputed": text(one.recomputed),
                    "difference": text(one.difference),
                    "percent": percent(bases[one.row, one.period], one.difference),
                    "agrees": one.agrees,
                }
                for one in self.lines
            ],
            "entries": [
                {
                    "id": one.row,
                    "period": one.period,
                    "kind": one.kind,
                    "amount": text(one.amount),
                    "source": one.source,
                    "number": one.number,
                    "percent": percent(bases[one.row, one.period], one.amount),
                    "percent_of_total": percent(bases.get((TOTAL, one.period)), one.amount),
                }
                for one in self.differences
            ],
            "sums": [
                {
                    "id": one.row,
                    "period": one.period,
                    "base": text(one.base),
                    "net": text(one.net),
                    "net_percent": percent(one, one.net),
                    "net_exceeds": one.net_exceeds,
                    "gross": text(one.gross),
                    "gross_percent": percent(one, one.gross),
                    "gross_exceeds": one.gross_exceeds,
                }
                for one in self.sums
            ],
            "missing": [{"id": row, "period": period, "side": side} for row, period, side in self.missing],
            "undone": None if self.undone is None else self.undone.as_json(),
        }


# -------------------------------------------------------------------------------------------------- inside


@dataclass(frozen=True)
class _Figures:
    """The figures of a table beside those of an inventory, in tCO2e, by row and period."""

    inventory: Inventory
    bases: Mapping[Cell, Fraction]
    prints: Mapping[Cell, "_Printed"]

    @classmethod
    def of(cls, table: ReportedTable, inventory: Inventory) -> "_Figures":
        facts, rows = facts_of(table, inventory), first_rows(table)
        size, kind = units.measured(CO2E)
        bases: dict[Cell, Fraction] = {}
        prints: dict[Cell, _Printed] = {}
        for column, period in enumerate(table.periods):
            for row in (*SCOPES, TOTAL):
                if (known := facts.fixed.get((BESIDE + row, column))) is not None:
                    bases[row, period] = Fraction(known.lo) / size
                if row in rows and dict(rows[row].dimensions) == kind and (held := rows[row].interval(column)):
                    cell = rows[row].cells[column]
                    prints[row, period] = _Printed(cell.text.strip(), scaled(held, 1 / size), cell.printed is not None)
        return cls(inventory, bases, prints)

    @cached_property
    def lines(self) -> dict[Cell, Line]:
        """The figures of which both sides are there."""
        both = (key for key in dict.fromkeys((*self.prints, *self.bases)) if key in self.prints and key in self.bases)
        return {key: self.prints[key].line(key, self.bases[key]) for key in both}

    @property
    def missing(self) -> tuple[tuple[str, str, str], ...]:
        """The figures of which only one side is there."""
        sides = ((self.prints, self.bases, "inventory"), (self.bases, self.prints, "report"))
        return tuple((*key, lacking) for here, there, lacking in sides for key in here if key not in there)

    def righted(self, mended: Mapping[Cell, Interval]) -> "_Figures":
        """Return the figures with other readings of some cells, in base units."""
        size = units.measured(CO2E)[0]
        read = {}
        for key, one in mended.items():
            held = scaled(one, 1 / size)
            text = units.exact_text(held.middle) if held.bounded else self.prints[key].text
            read[key] = _Printed(text, held, plain=True)
        return replace(self, prints={**self.prints, **read})

    def schedule(
        self, threshold: Fraction, sampled: Sequence[Projection], mended: Mapping[tuple[str, str], Interval]
    ) -> Schedule:
        """Return the schedule of these figures; cells that an explanation mends are wrong by any number."""
        found = [*self._scopes(mended), *self._totals(), *self._sampled(sampled)]
        found.sort(key=lambda one: (one.period, one.row))
        sums = []
        for (row, period), base in self.bases.items():
            own = [one.amount for one in found if one.period == period and row in {one.row, TOTAL}]
            sums.append(Sum(row, period, base, sum(own, _ZERO), sum(map(abs, own), _ZERO), threshold))
        return Schedule(threshold, tuple(self.lines.values()), tuple(found), tuple(sums), self.missing)

    def _scopes(self, mended: Mapping[Cell, Interval]) -> Iterator[Difference]:
        exchanges = _Exchanges(self.inventory)
        for key, one in self.lines.items():
            if one.row != TOTAL and not one.agrees:
                other = "" if key in mended else exchanges.giving(one, self.prints[key].held)
                yield Difference(*key, "judgemental" if other else "factual", one.difference, number=other)

    def _totals(self) -> Iterator[Difference]:
        """Yield what totals are off beyond their scopes, and beyond what rounding all of them can make."""
        for key, one in self.lines.items():
            if one.row == TOTAL:
                parts = [other for other in self.lines.values() if other.period == one.period and other.row != TOTAL]
                left = self.prints[key].held - point(one.recomputed)
                for other in parts:
                    left = left - (self.prints[other.row, other.period].held - point(other.recomputed))
                if _ZERO not in left:
                    yield Difference(*key, "factual", one.error - sum((other.error for other in parts), _ZERO))

    def _sampled(self, sampled: Iterable[Projection]) -> Iterator[Difference]:
        for one in sampled:
            row, period = f"ghg.scope{one.scope}", str(one.year)
            if (row, period) not in self.bases:
                row = TOTAL  # Scope 3 has no line of its own here
            if (row, period) not in self.bases:
                raise InputError("schedule-sample-year", year=one.year, known=sorted({key[1] for key in self.bases}))
            if one.known:
                yield Difference(row, period, "factual", one.known, "sample")
            if one.further:
                yield Difference(row, period, "projected", one.further, "sample")


@dataclass(frozen=True)
class _Printed:
    """A cell as it stands and what it can mean, in tCO2e; ``plain`` where it is one number, not a bound or a range."""

    text: str
    held: Interval
    plain: bool

    def line(self, key: Cell, recomputed: Fraction) -> Line:
        """Return the cell beside what it should be; bounds and ranges differ by what lies between, and no more."""
        near = Fraction(min(max(recomputed, self.held.lo), self.held.hi))
        reported = self.held.middle if self.plain and self.held.bounded else near
        return Line(*key, self.text, reported, recomputed, recomputed in self.held)


class _Exchanges:
    """What the inventory would come to with one published number in the place of another, or another GWP set."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.used: dict[tuple[str, str], dict[tuple[str, str], tuple[Step, str, Fraction]]] = {}
        catalogue = inventory.ledger.plan.library.catalogue
        for entry, weight in inventory.counted():
            one = catalogue[entry.cell.activity]
            held = self.used.setdefault((f"ghg.scope{one.scope}", str(entry.period.start.year)), {})
            for step in _numbers(entry):
                assert step.record is not None
                amount = held[step.record.id, step.op][2] if (step.record.id, step.op) in held else _ZERO
                held[step.record.id, step.op] = (step, one.subject, amount + entry.amount * weight)

    def giving(self, line: Line, held: Interval) -> str:
        """Return the published number, or the GWP set, that gives a printed figure; nothing where there is none."""
        for step, subject, amount in self.used.get((line.row, line.period), {}).values():
            assert step.record is not None
            for other, ratio in self._others(step.record, subject):
                change = ratio if step.op == "×" else 1 / ratio
                if line.recomputed + amount * (change - 1) in held:
                    return other
        key = (line.row, line.period)
        return next((one for one, totals in self._sets if key in totals and totals[key] in held), "")

    def _others(self, record: EmissionFactor | FuelProperty, subject: str) -> Iterator[tuple[str, Fraction]]:
        """Yield the other published numbers of the same thing, as ratios to the one that is used."""
        library = self.inventory.ledger.plan.library
        size, kind = units.measured(record.plain_unit)
        for one in library.factors if isinstance(record, EmissionFactor) else library.properties:
            if one.value and record.value and _family(one, subject) == _family(record, subject):
                other_size, other_kind = units.measured(one.plain_unit)
                ratio = Fraction(one.value) * other_size / (Fraction(record.value) * size)
                if other_kind == kind:
                    yield one.id, ratio

    @cached_property
    def _sets(self) -> list[tuple[str, dict[tuple[str, str], Fraction]]]:
        """The inventory under the other GWP sets, where all of it can be seen so."""
        inventory = self.inventory
        known = {one.gwp_set for one in inventory.ledger.plan.library.gwps}
        found = []
        for one in sorted(known - {inventory.gwp}) if inventory.gwp != "none" else ():
            try:
                totals = inventory.seen(gwp=one).by("scope", "year")
            except InventoryError:  # CO2e of one set, or a gas that the set lacks: it cannot have been used for all
                continue
            found.append((one, {(f"ghg.scope{row['scope']}", str(row["year"])): row.amount.value for row in totals}))
        return found


def _numbers(entry: Entry) -> Iterator[Step]:
    return (step for step in entry.line.steps if step.record is not None)


def _family(record: EmissionFactor | FuelProperty, subject: str) -> tuple[str | None, ...]:
    """Return what editions and vintages of one number share; varieties of a fuel count as the fuel."""
    if isinstance(record, EmissionFactor):
        return record.activity, record.flow, record.region, record.lifecycle, record.basis
    of = subject if record.subject.startswith(f"{subject}_") else record.subject
    return of, record.property, record.basis
