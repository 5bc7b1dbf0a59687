"""What the verification of a table finds: sentences as an auditor writes them, the evidence, and what explains it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict

from hsesg_carbon import units
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import GRAVITY, Finding, Severity
from hsesg_carbon.intensity import Denominator
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.messages import LANGUAGES, both, message
from hsesg_carbon.shown import percent
from hsesg_carbon.verification.against import facts_of
from hsesg_carbon.verification.checks import Check, System, Values
from hsesg_carbon.verification.claims import claims, supposed
from hsesg_carbon.verification.explain import Inconsistency, Slip, explained
from hsesg_carbon.verification.intervals import EVERYTHING, Interval, scaled
from hsesg_carbon.verification.judgement import Basis, Judgement
from hsesg_carbon.verification.published import Published
from hsesg_carbon.verification.relations import refs
from hsesg_carbon.verification.reported import Key, ReportedTable
from hsesg_carbon.verification.standard import Facts, first_rows, system_of

CellName = tuple[str, str]
"""A cell as people name it: id of its row, period."""

_PLACES = 6
"""In which order findings are told."""
_SOFT = frozenset({"rounded-coarser", "truncated"})
"""Slips of presentation: the figure is not wrong, only less exact than it looks."""


class Explanation(BaseModel):
    """
    A smallest edit that makes the table more consistent.

    ``kind`` is one of ``slips.toml``; ``resolves`` and ``breaks`` name the checks that it mends and would break.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    cells: tuple[CellName, ...]
    detail: Mapping[str, str]
    resolves: tuple[str, ...]
    breaks: tuple[str, ...]

    def text(self, lang: str = "en") -> str:
        """Return the edit as a sentence."""
        return message(f"slip.{self.kind}", lang, cells=_spoken(self.cells), **self.detail)

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data: ``kind``, ``edit`` (the sentence), ``resolves``, ``breaks``, ``cells``, ``detail``."""
        return {
            "kind": self.kind,
            "edit": self.text(lang),
            "resolves": list(self.resolves),
            "breaks": list(self.breaks),
            "cells": _cells_json(self.cells),
            "detail": dict(self.detail),
        }


class Evidence(BaseModel):
    """A check that fails: what is printed and what the rest implies, in the unit of the row, and what lies between."""

    model_config = ConfigDict(frozen=True)

    check: str
    unit: str
    printed: tuple[str, str]
    implied: tuple[str, str]
    residual: str

    def as_json(self) -> dict[str, Any]:
        """Return plain data; intervals as lists of two exact numbers, ``inf`` where there is no end."""
        return self.model_dump(mode="json")


class Discrepancy(Finding):
    """A finding about cells of a reported table, with the evidence and what would explain it, best first."""

    cells: tuple[CellName, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    explanations: tuple[Explanation, ...] = ()

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return a plain dict for JSON output."""
        return {
            **super().as_json(lang),
            "cells": _cells_json(self.cells),
            "evidence": [one.as_json() for one in self.evidence],
            "explanations": [one.as_json(lang) for one in self.explanations],
        }


@dataclass(frozen=True)
class Verification:
    """The outcome: how many checks there were, how many passed, what was found, and what undisclosed quantities are."""

    checks: int
    passed: int
    findings: tuple[Finding, ...]
    implied: tuple[tuple[str, str, str, str], ...] = ()
    """Undisclosed quantities: ``(id, period, lowest, highest)``, in the unit of the row or of a ratio that names it."""

    mended: Mapping[CellName, Interval] = field(default_factory=dict, repr=False)
    """The cells that the best explanations read otherwise than printed, and how, in base units."""

    @property
    def clean(self) -> bool:
        """Whether no finding is an error."""
        return all(one.severity != "error" for one in self.findings)

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data: ``checks``, ``passed``, ``findings``, ``implied``."""
        return {
            "checks": self.checks,
            "passed": self.passed,
            "findings": [one.as_json(lang) for one in self.findings],
            "implied": [
                {"id": one, "period": period, "lowest": low, "highest": high} for one, period, low, high in self.implied
            ],
        }


def verify(
    table: ReportedTable,
    inventory: Inventory | None = None,
    denominators: Iterable[Denominator] = (),
    library: FactorLibrary | None = None,
) -> Verification:
    """
    Hold a reported table to its own relations, the standard ones, an inventory and the denominators.

    Args:
        table: What was printed.
        inventory: What the figures should be: years are compared by scope, carrier and factor.
        denominators: What intensities are divided by.
        library: Published numbers that explain slips; the inventory's, or the shipped library, by default.

    Raises:
        InputError: A relation names a row that is not there or does not fit its unit; all of them in one error.

    Example:
        >>> texts = {"ghg.scope1": "346.13", "ghg.scope2": "8,436.56", "ghg.total": "8,728.69"}
        >>> rows = [{"id": id, "unit": "tCO2e", "cells": {"2023": text}} for id, text in texts.items()]
        >>> found = verify(ReportedTable.of(rows, ["2023"])).findings[0]
        >>> found.code, found.explanations[0].kind, found.explanations[0].detail["instead"]
        ('reported-footing', 'digits-swapped', '8782.69')
    """
    own = inventory.ledger.plan.library if inventory is not None else FactorLibrary.shipped()
    published = Published.of(library or own)
    facts = facts_of(table, inventory, denominators)
    system = system_of(table, published, facts)
    view = _View(system, table, facts)
    found: list[Finding] = list(table.notes)
    told, mended = explained(system, table, published)
    inferred = supposed(table)
    found += [_tempered(view.discrepancy(one), inferred) for one in told]
    found += view.differing()
    basis = Basis(table, mended, published, inventory, tuple(denominators))
    judged = list(claims(basis))
    wrong = [one for one in judged if one is not None]
    found += map(view.judged, wrong)
    failed = len(system.failing) + sum(one.count for one in wrong)
    checks = system.testable + len(judged) - len(wrong) + sum(one.count for one in wrong)
    found.sort(key=lambda one: GRAVITY.index(one.severity))
    return Verification(checks, checks - failed, tuple(found), tuple(view.implied()), view.mended(told))


def _tempered(found: Discrepancy, supposed: frozenset[str]) -> Discrepancy:
    """Return a finding as a warning where a figure that nobody printed takes part in it: that may be what is wrong."""
    leans = any(row in supposed for row, _ in found.cells)
    return found.model_copy(update={"severity": "warning"}) if leans and found.severity == "error" else found


# -------------------------------------------------------------------------------------------------- wording


@dataclass(frozen=True)
class _View:
    """The words for checks and cells of a system."""

    system: System
    table: ReportedTable
    facts: Facts
    units: dict[str, tuple[str, Fraction]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.units.update({one.id: (one.unit or "1", one.size) for one in first_rows(self.table).values()})
        for one in self.system.checks:  # a quantity of no row is told in the unit below the stroke of its ratio
            for ref in refs(one.expression):
                below = units.sides(self.units[one.row][0])[1]
                if ref.row not in self.units and one.target[0] in self.units and one.kind == "ratio" and below:
                    self.units[ref.row] = (below, units.measured(below)[0])

    def discrepancy(self, found: Inconsistency) -> Discrepancy:
        """Return what cannot be true, with its evidence and explanations."""
        system = found.system
        failing = sorted(found.checks)
        first = system.checks[failing[0]]
        best = found.slips[0] if found.slips else None
        evidence = tuple(self._evidence(system, system.checks[place]) for place in failing)
        code = f"reported-{first.kind}"
        unit = evidence[0].unit
        data: dict[str, Any] = {
            "check": evidence[0].check,
            "printed": between(evidence[0].printed, unit),
            "implied": between(evidence[0].implied, unit),
            "count": len(failing),
        }
        severity: Severity = "error"
        if best is not None and best.kind == "columns-transposed":
            code = best.kind
            data = {**best.detail, "count": len(best.resolves), "breaks": len(best.breaks), **self._reach(system, best)}
        elif best is not None and best.kind in _SOFT:
            severity = "warning"
        if first.kind == "share":
            told = (
                self.facts.shares.get((first.row.removesuffix(".share"), system.checks[one].column)) for one in failing
            )
            data["inventory"] = [percent(one, 1) for one in told if one is not None] or ["–"]
        data["explained"] = self._verdict(found)
        cells = dict.fromkeys(key for place in failing for key in system.checks[place].keys if key[0] in self.units)
        return Discrepancy(
            code=code,
            severity=severity,
            where=next((one.where for one in self.table.rows if one.id == first.row), None),
            data=data,
            cells=self._names(key for key in cells if key in system.values),
            evidence=evidence,
            explanations=tuple(self._explanation(system, one) for one in found.slips),
        )

    def judged(self, one: Judgement) -> Discrepancy:
        """Return a claim that does not stand, with its evidence and what would explain it."""
        evidence = (
            Evidence(
                check=two.check,
                unit=two.unit or "1",
                printed=_ends(two.printed, two.size),
                implied=_ends(two.implied, two.size),
                residual=_bound(_gap(two.printed, two.implied) / two.size),
            )
            for two in one.compared
        )
        told = (
            Explanation(kind=two.kind, cells=self._names(two.cells), detail=two.detail, resolves=(), breaks=())
            for two in one.suggestions
        )
        return Discrepancy(
            code=one.code,
            severity=one.severity,
            where=one.row.where,
            data=dict(one.data),
            cells=self._names(one.cells),
            evidence=tuple(evidence),
            explanations=tuple(told),
        )

    def mended(self, found: Iterable[Inconsistency]) -> dict[CellName, Interval]:
        """Return the cells that the best explanations read otherwise, unless they break what holds."""
        read: dict[Key, Interval] = {}
        for one in found:
            if one.slips and not one.slips[0].breaks:
                read |= one.slips[0].edit.values
        return {(row, self.table.periods[column]): held for (row, column), held in read.items()}

    def _verdict(self, found: Inconsistency) -> dict[str, str]:
        """Say what explains it, that several things would as well, or that nothing was found."""
        if not found.slips:
            return both("label.explained-not")
        best = self._explanation(found.system, found.slips[0])
        many = found.equally_good
        code = "label.explained-many" if many > 1 else "label.explained-one"
        return {lang: message(code, lang, edit=best.text(lang), count=many) for lang in LANGUAGES}

    def _explanation(self, system: System, slip: Slip) -> Explanation:
        return Explanation(
            kind=slip.kind,
            cells=self._names(slip.cells),
            detail=slip.detail,
            resolves=tuple(self._name(system.checks[one]) for one in sorted(slip.resolves)),
            breaks=tuple(self._name(system.checks[one]) for one in sorted(slip.breaks)),
        )

    def _evidence(self, system: System, check: Check) -> Evidence:
        unit, size = self.units[check.row]
        values = Values(system.values)
        for key in check.keys:
            if key in system.unknown:
                others = [place for place in system.of_key[key] if system.checks[place] != check]
                values.over[key] = system.solved(key, only=others)
        printed, implied = values[check.target], check.implied(check.target, values)
        gap = _gap(printed, implied)
        return Evidence(
            check=self._name(check),
            unit=unit,
            printed=_ends(printed, size),
            implied=_ends(implied, size),
            residual=_bound(gap / size),
        )

    def _reach(self, system: System, slip: Slip) -> dict[str, list[str]]:
        """
        Say how far a transposition reaches: rows that it is proved for, those that follow, those nothing tests.

        Proved are rows of the checks that it mends, and what disclosed figures tie to them; implied, what only an
        undisclosed quantity ties to those.
        """
        rows = list(dict.fromkeys(key[0] for key in slip.cells))
        holding = [
            place for place in range(len(system.checks)) if place not in system.failing or place in slip.resolves
        ]
        shown = [place for place in holding if not any(key in system.unknown for key in system.checks[place].keys)]
        start = {key[0] for place in slip.resolves for key in system.checks[place].keys}
        proved = self._tied(start, shown)
        implied = self._tied(proved, [place for place in holding if place not in system.disputed])
        return {
            "proved": [one for one in rows if one in proved],
            "implied": [one for one in rows if one in implied - proved] or ["–"],
            "untested": [one for one in rows if one not in implied] or ["–"],
        }

    def _tied(self, start: set[str], places: Sequence[int]) -> set[str]:
        reached, grown = set(start), True
        while grown:
            grown = False
            for place in places:
                rows = {key[0] for key in self.system.checks[place].keys}
                if rows & reached - self._known_besides and rows - reached:
                    reached |= rows
                    grown = True
        return reached

    @property
    def _known_besides(self) -> set[str]:
        """Rows that tie nothing: what is known apart from the table stands in every column by itself."""
        return set(self.system.dimensions)

    def differing(self) -> Iterator[Discrepancy]:
        """Yield the undisclosed quantities that cannot be one number, with what each use implies."""
        disputed: dict[str, list[int]] = {}
        for place in sorted(self.system.disputed):
            for key in self.system.checks[place].keys:
                if key in self.system.unknown:
                    disputed.setdefault(key[0], []).append(place)
        for row, places in disputed.items():
            unit, size = self.units.get(row, ("", Fraction(1)))
            told = []
            for place in places:
                check = self.system.checks[place]
                period = self.table.periods[check.column]
                implied = check.implied((row, check.column), Values(self.system.values))
                told.append(f"{check.row} {period}: {between(_ends(implied, size, 1), unit)}")
            cells = dict.fromkeys(key for place in places for key in self.system.checks[place].keys)
            yield Discrepancy(
                code="reported-denominators-differ",
                severity="warning",
                data={"id": row, "implied": told},
                cells=self._names(key for key in cells if key in self.system.values),
            )

    def implied(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield every undisclosed quantity that the checks agree on, by period."""
        for row, column in sorted(self.system.unknown):
            places = self.system.of_key.get((row, column), [])
            if places and not self.system.disputed.intersection(places):
                held = self.system.solved((row, column))
                if held != EVERYTHING:
                    low, high = _ends(held, self.units.get(row, ("", Fraction(1)))[1])
                    yield row, self.table.periods[column], low, high

    def _name(self, check: Check) -> str:
        return check.name(self.table.periods)

    def _names(self, keys: Iterable[Key]) -> tuple[CellName, ...]:
        return tuple((row, self.table.periods[column]) for row, column in keys if row in self.units)


def _gap(one: Interval, two: Interval) -> Fraction | float:
    """Return what lies between two intervals."""
    return max(one.lo - two.hi, two.lo - one.hi, Fraction(0))


def _cells_json(cells: Iterable[CellName]) -> list[dict[str, str]]:
    return [{"id": one, "period": period} for one, period in cells]


def _spoken(cells: Sequence[CellName]) -> str:
    """Return cells in few words: the row once, with its periods."""
    rows: dict[str, list[str]] = {}
    for one, period in cells:
        rows.setdefault(one, []).append(period)
    return ", ".join(f"{one} ({', '.join(periods)})" for one, periods in rows.items())


def _bound(value: Fraction | float, places: int = _PLACES) -> str:
    return str(value) if isinstance(value, float) else units.exact_text(Fraction(units.half_up(value, places)))


def _ends(interval: Interval, size: Fraction, places: int = _PLACES) -> tuple[str, str]:
    held = scaled(interval, 1 / size)
    return _bound(held.lo, places), _bound(held.hi, places)


def between(ends: tuple[str, str], unit: str = "1") -> str:
    """Return an interval in words, a point as the number that it is; a pure number has no unit."""
    return " – ".join(dict.fromkeys(ends)) + (f" {unit}" if unit != "1" else "")
