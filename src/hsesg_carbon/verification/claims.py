"""Claims of a report beyond its relations: figures told twice, shares, pictures, boundaries, gases, index entries."""

import re
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.percentages import part
from hsesg_carbon.records import Equivalence
from hsesg_carbon.shown import percent
from hsesg_carbon.units import CO2E
from hsesg_carbon.verification.completeness import silent_sources
from hsesg_carbon.verification.intervals import Interval, point
from hsesg_carbon.verification.judgement import INDEX, Basis, Compared, Judgement, Tests, widest
from hsesg_carbon.verification.magnitude import magnitudes
from hsesg_carbon.verification.reported import Key, ReportedRow, ReportedTable
from hsesg_carbon.verification.standard import DENOMINATORS, first_rows

PICTURES = {"car": "mile", "forest": "acre yr"}
"""What ``<id>.as.<word>`` shows an amount as: the thing that editions of the equivalences count."""

EMPLOYEES, HEADS = "people.employees", "person"
_LABEL = re.compile(r"CO2-?e|CO2 ?eq|当量", re.I)
_CONSUMPTION = "303_5"
_OF_THE_BOUNDARY = ("ghg.", "energy.", "water.", "waste.")
_SUPPOSED = ("inferred", "推断")


def claims(basis: Basis) -> Tests:
    """Yield one item for each claim that was tested: ``None`` where it stands."""
    yield from _told_twice(basis)
    yield from _shares(basis)
    yield from magnitudes(basis)
    yield from _pictures(basis)
    yield from _gases(basis)
    yield from _boundaries(basis)
    yield from _heads(basis)
    yield from _consumption(basis)
    yield from silent_sources(basis)


def _told_twice(basis: Basis) -> Tests:
    """The same figure of the same period in two tables or reports."""
    for again in basis.table.rows:
        first = basis.rows[again.id]
        if again is first:
            continue
        if dict(again.dimensions) != dict(first.dimensions):
            told = {"id": again.id, "first": first.unit or "1", "second": again.unit or "1"}
            yield Judgement("reported-units-differ", "warning", again, (), told | _tables(first, again))
            continue
        for column in basis.columns:
            one, two = first.interval(column), again.interval(column)
            if one is None or two is None:
                continue
            name, period = basis.name(again.id, column), basis.table.periods[column]
            data = {"id": again.id, "period": period, **_tables(first, again)}
            data |= {"first": first.told(first.cells[column].text), "second": again.told(again.cells[column].text)}
            compared = Compared(name, first.unit, first.size, two, one)
            yield (
                None
                if one.meets(two)
                else Judgement("reported-restated", "warning", again, ((again.id, column),), data, (compared,))
            )


def _tables(first: ReportedRow, again: ReportedRow) -> dict[str, str]:
    return {"table": first.table or "-", "again": again.table or "-"}


def _shares(basis: Basis) -> Tests:
    """Rows ``<base>.share.<part>`` are all parts of one whole."""
    groups: dict[tuple[str, str], list[ReportedRow]] = {}
    for row in basis.rows.values():
        base, _, part = row.id.rpartition(".share.")
        if base and part and _is_pure(row):
            groups.setdefault((row.table, base), []).append(row)
    for (_, base), rows in groups.items():
        for column in basis.columns:
            held = {row.id: basis.value(row.id, column) for row in rows}
            known = [one for one in held.values() if one is not None]
            if len(rows) > 1 and known:
                yield _summed(basis, base, rows, column, known)


def _is_pure(row: ReportedRow) -> bool:
    """Say whether a row is a pure number: a percentage is 1/100 of one."""
    return dict(row.dimensions) in ({}, units.measured("%")[1])


def _summed(basis: Basis, base: str, rows: list[ReportedRow], column: int, known: list[Interval]) -> Judgement | None:
    total = point(0)
    for one in known:
        total = total + one
    complete = len(known) == len(rows)
    if not (total.lo > 1 or (complete and total.hi < 1)):
        return None
    side = "above" if total.lo > 1 else "below"
    hundredth = Fraction(1, 100)
    compared = Compared(f"{base}.share.*[{basis.table.periods[column]}]", "%", hundredth, total, point(1))
    cells: tuple[Key, ...] = tuple((row.id, column) for row in rows)
    low, high = (f"{units.half_up(Fraction(one) * 100, 2)}" for one in (total.lo, total.hi))
    data = {"base": base, "period": basis.table.periods[column], "lowest": low, "highest": high}
    return Judgement(f"reported-shares-{side}", "warning", rows[0], cells, data, (compared,))


# -------------------------------------------------------------------------------------------------- pictures


def _pictures(basis: Basis) -> Tests:
    """Kilometres by car and square metres of forest, against every edition of the equivalences."""
    for row in basis.rows.values():
        amount_id, _, word = row.id.rpartition(".as.")
        amount = basis.rows.get(amount_id)
        if word not in PICTURES or amount is None or dict(amount.dimensions) != units.measured(CO2E)[1]:
            continue
        editions = _editions(basis.published.library, PICTURES[word])
        if dict(row.dimensions) != units.measured(PICTURES[word].split(" ")[0])[1]:
            continue
        for column in basis.columns:
            shown, meant = widest(row, column), widest(amount, column)
            if shown is not None and meant is not None and shown.lo > 0:
                yield _pictured(basis, row, amount, column, editions)


def _editions(library: FactorLibrary, per: str) -> list[tuple[Equivalence, Fraction]]:
    """Return the editions of an equivalence, with what one thing is in base units: kgCO2e per metre or square metre."""
    thing = units.measured(per.split(" ", maxsplit=1)[0])[0]
    size = units.measured(CO2E)[0]
    return [(one, Fraction(one.value) * size / thing) for one in library.equivalences.values() if one.per == per]


def _pictured(
    basis: Basis, row: ReportedRow, amount: ReportedRow, column: int, editions: list[tuple[Equivalence, Fraction]]
) -> Judgement | None:
    shown, meant = widest(row, column), widest(amount, column)
    assert shown is not None
    assert meant is not None
    if any((meant / point(value)).meets(shown) for _, value in editions):
        return None
    implied = (amount.interval(column) or meant) / (row.interval(column) or shown)
    told = [f"{one.id}: {_rounded(meant.middle / value / row.size)} {row.unit}" for one, value in editions]
    data = {
        "id": row.id,
        "period": basis.table.periods[column],
        "printed": f"{row.cells[column].text.strip()} {row.unit}",
        "amount": f"{amount.cells[column].text.strip()} {amount.unit}",
        "implied": _per_thing(implied.middle, row.id.rpartition(".")[2]),
        "editions": told or ["–"],
    }
    compared = tuple(
        Compared(
            f"{basis.name(row.id, column)} = {amount.id} / {one.id}", row.unit, row.size, shown, meant / point(value)
        )
        for one, value in editions
    )
    return Judgement("reported-picture", "warning", row, ((row.id, column), (amount.id, column)), data, compared)


def _per_thing(value: Fraction, word: str) -> str:
    """Return what one thing is implied to be, in the units that people compare: g per km, t per acre and year."""
    size = units.measured(CO2E)[0]
    if word == "car":
        return f"{units.half_up(value / size * units.measured('km')[0] * 10**6, 0)} gCO2e/km"
    return f"{units.half_up(value / size * units.measured('acre')[0], 2)} tCO2e/acre/yr"


def _rounded(value: Fraction) -> str:
    return f"{units.half_up(value, 0):,}"


# -------------------------------------------------------------------------------------------------- what is covered


def _gases(basis: Basis) -> Tests:
    """Totals labelled CO2e while the inventory behind them covers CO2 alone."""
    if basis.inventory is None:
        return
    plan = basis.inventory.ledger.plan
    rows = [
        row
        for row in basis.rows.values()
        if row.id in {"ghg.total", "ghg.scope1", "ghg.scope2", "ghg.scope3"} and basis.said(row)
    ]
    if not rows:
        return
    labelled = [row for row in rows if _LABEL.search(units.normalise(row.unit))]
    if set(plan.library.gases(plan.methodology.gases)) != {"CO2"} or not labelled:
        yield None
        return
    cells = tuple((row.id, column) for row in labelled for column in basis.said(row))
    data = {"rows": [row.id for row in labelled], "unit": labelled[0].unit, "methodology": plan.methodology.id}
    yield Judgement("reported-gases", "warning", labelled[0], cells, data)


def _boundaries(basis: Basis) -> Tests:
    """Intensities that divide the emissions of one boundary by a denominator of another."""
    boundary = basis.inventory.boundary if basis.inventory is not None else None
    if boundary is None:
        return
    for name in dict.fromkeys(one.denominator for one in basis.denominators):
        words = {word for word, ids in DENOMINATORS.items() if name == word or name in ids}
        rows = [row for row in basis.rows.values() if _divided(row.id) in words and basis.said(row)]
        rows = [row for row in rows if row.id.startswith(_OF_THE_BOUNDARY)]
        if not rows:
            continue
        stated = dict.fromkeys(one.boundary for one in basis.denominators if one.denominator == name)
        others = [one for one in stated if one != boundary.id]
        cells = tuple((row.id, column) for row in rows for column in basis.said(row))
        data = {"rows": [row.id for row in rows], "boundary": boundary.id, "denominator": name, "stated": others}
        yield Judgement("reported-boundaries", "warning", rows[0], cells, data) if others else None


def _divided(row: str) -> str:
    return row.rpartition(".per.")[2] if ".per." in row else ""


def _heads(basis: Basis) -> Tests:
    """The head count that per-person rows imply, against the employees that the report states."""
    if EMPLOYEES not in basis.rows:
        return
    row = basis.rows[EMPLOYEES]
    known = [column for column in basis.columns if _implied_heads(basis, column) and row.interval(column)]
    wrong = [column for column in known if not _agrees(basis, row, column)]
    yield from (None for column in known if column not in wrong)
    if not wrong:
        return
    told, compared = [], []
    for column in wrong:
        heads, stated = _implied_heads(basis, column), row.interval(column)
        assert heads is not None
        assert stated is not None
        share = percent(part(heads.middle, stated.middle), 1)
        period = basis.table.periods[column]
        told.append(f"{period}: {_rounded(heads.middle / row.size)} / {row.cells[column].text.strip()} = {share}")
        compared.append(Compared(f"{basis.name(EMPLOYEES, column)} = {HEADS}", row.unit, row.size, stated, heads))
    cells = tuple((EMPLOYEES, column) for column in wrong)
    yield Judgement(
        "reported-heads", "warning", row, cells, {"id": EMPLOYEES, "told": told}, tuple(compared), count=len(wrong)
    )


def _agrees(basis: Basis, row: ReportedRow, column: int) -> bool:
    heads, stated = _implied_heads(basis, column), widest(row, column)
    return heads is None or stated is None or heads.meets(stated)


def _implied_heads(basis: Basis, column: int) -> Interval | None:
    """Return the solved head count, where the rows that use it agree on one."""
    key = (HEADS, column)
    places = basis.system.of_key.get(key, [])
    if key not in basis.system.unknown or not places or basis.system.disputed.intersection(places):
        return None
    held = basis.system.solved(key)
    return held if held.bounded and held.lo > 0 else None


def _consumption(basis: Basis) -> Tests:
    """GRI 303-5 asks for consumption: withdrawal less discharge."""
    for row in basis.rows.values():
        if row.id.startswith(INDEX) and row.id.endswith(_CONSUMPTION) and basis.said(row):
            answered = "water.consumption" in basis.rows
            used = [one for one in basis.rows if one in {"water.total", "water.withdrawal"}]
            if used or answered:
                cells = tuple((one, column) for one in used for column in basis.said(basis.rows[one]))
                data = {"id": row.id, "rows": used}
                yield None if answered else Judgement("reported-consumption", "warning", row, cells, data)


def supposed(table: ReportedTable) -> frozenset[str]:
    """Return the rows that are no print but a supposition of whoever copied the table: their source says so."""
    rows = first_rows(table).values()
    return frozenset(row.id for row in rows if row.source.casefold().startswith(_SUPPOSED))
