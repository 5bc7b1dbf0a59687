"""The relations that hold unasked: between rows of reserved ids, and between a table and an inventory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hsesg_carbon import units
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import Period
from hsesg_carbon.verification.checks import Check, System
from hsesg_carbon.verification.intervals import Interval, hull, point
from hsesg_carbon.verification.published import Published
from hsesg_carbon.verification.relations import (
    Constant,
    Dimensions,
    Expression,
    Operation,
    Ref,
    dimensions,
    parse,
    refs,
    said,
)
from hsesg_carbon.verification.reported import POINTS, Key, ReportedRow, ReportedTable

DENOMINATORS: Mapping[str, tuple[str, ...]] = {
    "revenue": ("revenue",),
    "area": ("floor_area", "area"),
    "person": ("headcount", "person"),
    "output": ("output",),
}
"""What ``<id>.per.<word>`` is divided by: the first of these rows that there is, or an undisclosed quantity."""

LENIENT = frozenset({"area", "person"})
"""Undisclosed denominators that may differ from row to row; the revenue of one company in one year is one number."""

SCOPES = ("ghg.scope1", "ghg.scope2")
HIGHEST_HEAT_RATE = Fraction(4)
"""
Electricity may be counted at what it took to make it (等价值). No fleet of power plants needs four times its output, so
a share that would need more is wrong by any convention. A bound chosen wide on purpose, not a published coefficient.
"""
_SHARE = ".share"
_LEAP = 3
"""Days by which a month or a quarter may be longer than the one before."""
_CHANGES = {
    ".change": "{x} - prev({x})",
    ".increase": "{x} - prev({x})",
    ".decrease": "prev({x}) - {x}",
    ".reduction": "prev({x}) - {x}",
}


@dataclass(frozen=True)
class Facts:
    """
    What is known apart from the table, by row id and column of it, in base units.

    Args:
        fixed: Values that are not the table's to be wrong: denominators, and an inventory's results
            (``inventory.ghg.scope1``) and factors (``inventory.factor.ghg.scope2.energy.electricity``).
        dimensions: What they measure.
        recomputed: Rows of emissions and the rows of activity whose products with the factors add up to them.
        shares: The shares of carriers in comprehensive energy use that the inventory has, in percent.
    """

    fixed: dict[Key, Interval] = field(default_factory=dict)
    dimensions: dict[str, Dimensions] = field(default_factory=dict)
    recomputed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shares: dict[Key, Fraction] = field(default_factory=dict)


NO_FACTS = Facts()


Relation = tuple[str, str, Expression]


def system_of(table: ReportedTable, published: Published, facts: Facts = NO_FACTS) -> System:
    """
    Return the checks of a table: its own relations, the standard ones, and those with what is known besides.

    Raises:
        InputError: A relation names a row that is not there, or adds things of different kinds; all in one error.
    """
    rows = first_rows(table)
    relations, problems = _stated(rows, facts)
    if problems:
        raise InputError("table-broken", problems, file=problems[0].where.file or "-" if problems[0].where else "-")
    relations += [one for one in _standard(rows, published) if _measures_alike(one, rows)]
    relations += _outside(rows, facts)
    values: dict[Key, Interval] = dict(facts.fixed)
    for row in rows.values():
        for column in range(len(table.periods)):
            if (held := row.interval(column)) is not None:
                values[row.id, column] = held
    named = {ref.row for _, _, expression in relations for ref in refs(expression)}
    hidden = {
        one
        for one in (*rows, *named)
        if (one in rows and rows[one].undisclosed) or (one in DENOMINATORS and one not in rows)
    }
    unknown = {(one, column) for one in hidden for column in range(len(table.periods))} - set(values)
    possible = (
        Check(kind, row, column, expression, f"{row.removesuffix(_SHARE)} / energy.*" if kind == "share" else "")
        for kind, row, expression in dict.fromkeys(relations)
        for column in range(len(table.periods))
    )
    gaps = _gaps(table.periods)
    checks = [
        one
        for one in possible
        if all(key in values or key in unknown for key in one.keys) and not gaps.intersection(one.columns_back)
    ]
    return System(values, unknown, _best_totals(checks, values), LENIENT - set(rows), facts.dimensions)


def _gaps(periods: Sequence[str]) -> frozenset[int]:
    """Return the columns that do not follow at once on one of equal length: ``prev`` of them is no comparison."""
    held = [Period.parse(one) for one in periods]
    return frozenset(
        at
        for at, (before, after) in enumerate(pairwise(held), start=1)
        if before.end + timedelta(days=1) != after.start or abs(before.days - after.days) > _LEAP
    )


def _measures_alike(relation: Relation, rows: Mapping[str, ReportedRow]) -> bool:
    """Say whether a standard relation comes out in the unit of its row; a unit that nobody knows is named elsewhere."""
    kind, row, expression = relation

    def measured(ref: Ref) -> Dimensions | None:
        return rows[ref.row].dimensions if ref.row in rows else None

    if kind == "share":  # of energy: the heating values carry the units
        return True
    try:
        found = dimensions(expression, measured)
    except InputError:
        return False
    return found is None or dict(found) == dict(rows[row].dimensions)


def first_rows(table: ReportedTable) -> dict[str, ReportedRow]:
    """Return the row that stands for each id: the first; the same id in another table is compared with it."""
    rows: dict[str, ReportedRow] = {}
    for one in table.rows:
        rows.setdefault(one.id, one)
    return rows


def _stated(rows: Mapping[str, ReportedRow], facts: Facts) -> tuple[list[Relation], list[Finding]]:
    """Return the relations of ``equals``, and what is wrong with them."""
    relations: list[Relation] = []
    problems: list[Finding] = []

    def measured(ref: Ref) -> Dimensions | None:
        if ref.row in rows:
            return rows[ref.row].dimensions
        if ref.row in facts.dimensions:
            return facts.dimensions[ref.row]
        raise InputError("relation-unknown-row", id=ref.row, known=sorted(rows)[:8])

    for row in rows.values():
        for expression in row.equals:
            place = row.where.model_copy(update={"column": "equals", "value": said(expression)})
            try:
                found = dimensions(expression, measured)
            except InputError as error:
                problems.append(Finding(code=error.code, severity="error", where=place, data=error.data))
                continue
            if Ref(row.id) in refs(expression):
                data = {"id": row.id, "relation": said(expression)}
                problems.append(Finding(code="relation-itself", severity="error", where=place, data=data))
            if found is not None and dict(found) != dict(row.dimensions):
                data = {"id": row.id, "unit": row.unit or "1", "relation": said(expression)}
                problems.append(Finding(code="relation-unit", severity="error", where=place, data=data))
            relations.append(("stated", row.id, expression))
    return relations, problems


def _standard(rows: Mapping[str, ReportedRow], published: Published) -> Iterator[Relation]:
    """Yield the relations of reserved ids; a row that states its own relation needs no other."""
    if "ghg.total" in rows and all(one in rows for one in SCOPES) and not rows["ghg.total"].equals:
        yield "footing", "ghg.total", parse(" + ".join(SCOPES))
        if "ghg.scope3" in rows and not rows["ghg.scope3"].undisclosed:
            yield "footing", "ghg.total", parse(" + ".join((*SCOPES, "ghg.scope3")))
    for row in rows.values():
        if row.equals:
            continue
        above, _, word = row.id.rpartition(".per.")
        if above in rows and word in DENOMINATORS:
            below = next((one for one in DENOMINATORS[word] if one in rows), word)
            yield "ratio", row.id, parse(f"{above} / {below}")
        for ending, form in _CHANGES.items():
            base = row.id.removesuffix(ending)
            if base != row.id and base in rows:
                change = form.format(x=base)
                same = dict(rows[base].dimensions) == dict(row.dimensions) and row.unit.strip() != "%"
                points = row.unit.strip() in POINTS and rows[base].unit.strip() == "%"
                if (row.unit.strip() == "%" == rows[base].unit.strip()) or (row.unit.strip() in POINTS and not points):
                    continue  # percent or percentage points: it does not say which
                yield "change", row.id, parse(change if same or points else f"({change}) / prev({base})")
        base = row.id.removesuffix(_SHARE)
        if base != row.id and base in rows and base.startswith("energy."):
            share = energy_share(base, rows, published)
            if share is not None:
                yield "share", row.id, share


def energy_share(carrier: str, rows: Mapping[str, ReportedRow], published: Published) -> Expression | None:
    """
    Return a carrier's share of comprehensive energy use, of all carriers that the table has.

    Heating values are everything that the library knows of the fuel (published lowest to highest), and electricity is
    counted anywhere from 3.6 MJ/kWh (当量值) up to ``HIGHEST_HEAT_RATE`` times that: so it fails only where no choice
    of convention could help.
    """
    terms: dict[str, Expression] = {}
    for one in rows.values():
        if one.id.startswith("energy.") and one.id.count(".") == 1:
            content = energy_content(one, published)
            if content is not None:
                terms[one.id] = Operation("*", Ref(one.id), Constant(content, f"[{one.id}: J]"))
    if carrier not in terms or len(terms) < 2:  # noqa: PLR2004  (a share of something)
        return None
    rest = [Operation("/", term, terms[carrier]) for name, term in terms.items() if name != carrier]
    summed: Expression = Constant(point(1), "1")
    for term in rest:
        summed = Operation("+", summed, term)
    return Operation("/", Constant(point(1), "1"), summed)


def energy_content(row: ReportedRow, published: Published) -> Interval | None:
    """Return the energy per base unit of a carrier's row, from the lowest to the highest that is published."""
    if dict(row.dimensions) == units.measured("MJ")[1]:
        return Interval(Fraction(1), HIGHEST_HEAT_RATE) if row.id == "energy.electricity" else point(1)
    contents = published.energy_per(row.id.removeprefix("energy."), row.dimensions)
    return hull(map(point, contents)) if contents else None


def _outside(rows: Mapping[str, ReportedRow], facts: Facts) -> list[Relation]:
    """Return the relations between the table and what is known besides."""
    relations: list[Relation] = []
    for row, activities in facts.recomputed.items():
        if row in rows and all(one in rows for one in activities):
            products = (f"{one} * inventory.factor.{row}.{one}" for one in activities)
            relations.append(("recomputed", row, parse(" + ".join(products))))
    for name in facts.dimensions:
        row = name.removeprefix("inventory.")
        if row != name and row in rows and dict(rows[row].dimensions) == dict(facts.dimensions[name]):
            relations.append(("agreed", row, Ref(name)))
    return relations


def _best_totals(checks: Sequence[Check], values: Mapping[Key, Interval]) -> list[Check]:
    """Of a total with and without Scope 3 keep the reading that fits in more columns: tables print both kinds."""
    readings: dict[Expression, list[Check]] = {}
    for one in checks:
        if one.kind == "footing":
            readings.setdefault(one.expression, []).append(one)
    if len(readings) < 2:  # noqa: PLR2004
        return list(checks)
    fits = {expression: System(values, (), held).failing for expression, held in readings.items()}
    kept = min(readings, key=lambda expression: (len(fits[expression]), -len(readings[expression])))
    return [one for one in checks if one.kind != "footing" or one.expression == kept]
