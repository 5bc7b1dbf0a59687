"""One slip of each kind, made where people make them: when true values are printed. Nothing else changes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from tests.slips.generator import ENERGY, Cell, Key, Row, Table, computed, denominator, dressed, leaves, printed, terms

POWERS = tuple(Fraction(10) ** sign for step in (1, 2, 3, 4, 6, 8) for sign in (step, -step))
ENERGY_FACTORS = tuple(
    one for factor in (Fraction(36, 10), Fraction(3600), Fraction(36, 10_000)) for one in (factor, 1 / factor)
)
DENSITIES = (Fraction(72, 100), Fraction(845, 1000))
"""kg/L, from the lightest petrol to the heaviest diesel that is published."""
COARSER = (1, 2, 3, 4)
"""How many of its printed digits a term may lose on the way."""


@dataclass(frozen=True)
class Slip:
    """What went wrong where: ``cells`` and ``detail`` identify it as an explanation of ``verify`` would name it."""

    kind: str
    cells: frozenset[Key]
    table: Table
    detail: Mapping[str, str] = field(default_factory=dict)


Made = tuple[Mapping[Key, str], Mapping[str, str]]
"""New prints, and the details of a slip."""


def slip_of(table: Table, kind: str, seed: int) -> Slip | None:
    """Return the table with one slip of a kind at a place drawn at random; none where no cell can have it."""
    rng = Random(f"{kind} {seed}")
    for _ in range(40):
        made = KINDS[kind](table, rng)
        if made is None:
            continue
        changes, detail = made
        changed = {cell for cell, text in changes.items() if text != table.prints[cell]}
        if changed and (kind == "columns-transposed" or changed == set(changes)):
            return Slip(kind, frozenset(changes), table.printed_with(changes), detail)
    return None


# ------------------------------------------------------------------------------------------------- prints


def number_of(text: str) -> Fraction:
    """Return the number that is printed."""
    return Fraction(text.replace(",", ""))


def places_of(text: str) -> int:
    """Return how many decimals are printed."""
    return len(text.partition(".")[2])


def redressed(text: str, digits: str) -> str | None:
    """Return a print with other digits in its places; ``None`` where it would begin with a zero that nobody prints."""
    supply = iter(digits)
    new = "".join(next(supply) if one.isdigit() else one for one in text)
    whole = new.lstrip("-").partition(".")[0]
    if whole[0] == "0" and whole != "0":
        return None
    return new if number_of(new) else None


def digits_of(text: str) -> str:
    """Return the digits of a print."""
    return "".join(filter(str.isdigit, text))


def swaps(text: str) -> Iterator[str]:
    """Yield the prints that differ by two adjacent digits in the other order."""
    digits = digits_of(text)
    for place in range(len(digits) - 1):
        one, two = digits[place : place + 2]
        new = redressed(text, digits[:place] + two + one + digits[place + 2 :])
        if new is not None and one != two:
            yield new


def misprints(text: str) -> Iterator[str]:
    """Yield the prints that differ in one digit."""
    digits = digits_of(text)
    for place, old in enumerate(digits):
        for digit in "0123456789":
            new = redressed(text, digits[:place] + digit + digits[place + 1 :])
            if new is not None and digit != old:
                yield new


def rescaled(table: Table, row: Row, period: str, factor: Fraction) -> str:
    """Return the true value times a factor with the decimals of its row, or as many as two digits need."""
    value = table.truth[row.id, period] / row.size * factor
    places = row.places
    while value and abs(value) * 10**places < 10:
        places += 1
    return printed(value, places, row.grouped)


def reprinted(row: Row, value: Fraction) -> str:
    """Return a value in base units as its row prints it."""
    return printed(value / row.size, row.places, row.grouped)


def coarse(value: Fraction, places: int) -> Fraction:
    """Return a number rounded half-up to so many decimals (before the point where negative)."""
    scale = Fraction(10) ** places
    units = (abs(value) * scale * 2 + 1) // 2
    return units / scale * (-1 if value < 0 else 1)


# ------------------------------------------------------------------------------------------------- neighbours


def neighbours(table: Table, cell: Key) -> Iterator[Key]:
    """Yield the printed cells left, right, above and below, within the same printed table."""
    row, period = cell
    place = table.periods.index(period)
    for then in (place - 1, place + 1):
        if 0 <= then < len(table.periods):
            yield row, table.periods[then]
    names = [one.id for one in table.rows.values() if one.table == table.rows[row].table and one.disclosed]
    at = names.index(row)
    for then in (at - 1, at + 1):
        if 0 <= then < len(names):
            yield names[then], period


def siblings(table: Table, row: str) -> Iterator[str]:
    """Yield the other terms of the totals that a row is a term of."""
    for total in table.rows.values():
        parts = terms(total.relation)
        if row in parts:
            yield from (one for one in parts if one != row and table.rows[one].disclosed)


# ------------------------------------------------------------------------------------------------- the kinds


def _row(table: Table, rng: Random, wanted: Callable[[Row], bool] = lambda row: True) -> Row | None:
    rows = [row for row in table.rows.values() if row.disclosed and wanted(row)]
    return rng.choice(rows) if rows else None


def _where(table: Table, rng: Random, row: Row) -> list[Key]:
    """Return one cell of a row, or, three times in ten, all of them."""
    if rng.random() < 0.3:
        return [(row.id, period) for period in table.periods]
    return [(row.id, rng.choice(table.periods))]


def _transposed(table: Table, rng: Random) -> Made | None:
    block = rng.choice(sorted({row.table for row in table.rows.values() if row.disclosed}))
    first, second = sorted(rng.sample(table.periods, 2))
    other = {first: second, second: first}
    rows = [row.id for row in table.rows.values() if row.table == block]
    changes = {(row, period): table.prints[row, other[period]] for row in rows for period in other}
    return changes, {"table": block, "first": first, "second": second}


def _power(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng)
    assert row is not None
    factor = rng.choice(POWERS)
    cells = [cell for cell in _where(table, rng, row) if number_of(table.prints[cell])]
    return {cell: rescaled(table, row, cell[1], factor) for cell in cells}, {"factor": str(factor)}


def _swapped(table: Table, rng: Random) -> Made | None:
    return _retyped(table, rng, swaps)


def _wrong_digit(table: Table, rng: Random) -> Made | None:
    return _retyped(table, rng, misprints)


def _retyped(table: Table, rng: Random, ways: Callable[[str], Iterator[str]]) -> Made | None:
    row = _row(table, rng)
    assert row is not None
    cell = (row.id, rng.choice(table.periods))
    texts = list(ways(table.prints[cell])) if number_of(table.prints[cell]) else []
    return ({cell: rng.choice(texts)}, {"instead": table.prints[cell]}) if texts else None


def _copied(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng)
    assert row is not None
    cell = (row.id, rng.choice(table.periods))
    name, period = rng.choice(list(neighbours(table, cell)))
    return {cell: table.prints[name, period]}, {"from": f"{name}[{period}]"}


def _stale(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng, lambda one: denominator(one.relation) is not None)
    if row is None or row.relation is None:
        return None
    below = denominator(row.relation)
    period = rng.choice(table.periods[1:])
    before = table.before(period)
    assert below is not None
    assert before is not None
    value = computed(row.relation, lambda one: table.truth[one.row, before if one.row == below else period])
    return {(row.id, period): reprinted(row, value)}, {"denominator": below}


def _energy_unit(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng, lambda one: one.unit in ENERGY)
    if row is None:
        return None
    factor = rng.choice(ENERGY_FACTORS)
    cells = [cell for cell in _where(table, rng, row) if number_of(table.prints[cell])]
    return {cell: rescaled(table, row, cell[1], factor) for cell in cells}, {"factor": str(factor)}


def _litres(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng, lambda one: one.unit in {"L", "kg"})
    if row is None:
        return None
    density = Fraction(rng.randint(*(int(one * 1000) for one in DENSITIES)), 1000)
    factor = density if row.unit == "L" else 1 / density
    cells = [cell for cell in _where(table, rng, row) if number_of(table.prints[cell])]
    return {cell: rescaled(table, row, cell[1], factor) for cell in cells}, {"factor": str(factor)}


def _wrong_label(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng, lambda one: any(siblings(table, one.id)))
    if row is None:
        return None
    also = rng.choice(sorted(set(siblings(table, row.id))))
    cells = _where(table, rng, row)
    return {cell: reprinted(row, table.truth[cell] + table.truth[also, cell[1]]) for cell in cells}, {"also": also}


def _counted(table: Table, rng: Random, times: int) -> Made | None:
    row = _row(table, rng, lambda one: bool(terms(one.relation)))
    if row is None:
        return None
    term = rng.choice(terms(row.relation))
    cells = _where(table, rng, row)
    return {cell: reprinted(row, table.truth[cell] + times * table.truth[term, cell[1]]) for cell in cells}, {
        "term": term
    }


def _twice(table: Table, rng: Random) -> Made | None:
    return _counted(table, rng, 1)


def _left_out(table: Table, rng: Random) -> Made | None:
    return _counted(table, rng, -1)


def _sign(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng)
    assert row is not None
    cell = (row.id, rng.choice(table.periods))
    return {cell: negated(table.prints[cell])}, {}


def negated(text: str) -> str:
    """Return a print with the other sign."""
    return text.removeprefix("-") if text.startswith("-") or not number_of(text) else f"-{text}"


def _vintage(table: Table, rng: Random) -> Made | None:
    return _other_factor(table, rng, "kgCO2e/kWh")


def _gwp(table: Table, rng: Random) -> Made | None:
    return _other_factor(table, rng, "kgCO2e/kg")


def product_of(table: Table, row: Row) -> tuple[Row, Row] | None:
    """Return the activity and the published factor that a row multiplies."""
    if row.relation is None or getattr(row.relation, "sign", "") != "*":
        return None
    one, factor = (table.rows[leaf.row] for leaf in leaves(row.relation))
    return (one, factor) if factor.published else None


def _other_factor(table: Table, rng: Random, unit: str) -> Made | None:
    row = _row(table, rng, lambda one: (held := product_of(table, one)) is not None and held[1].unit == unit)
    if row is None:
        return None
    activity, factor = product_of(table, row) or (row, row)
    period = rng.choice(table.periods)
    other = rng.choice(
        [text for text in factor.published if number_of(text) * factor.size != table.truth[factor.id, period]]
    )
    value = table.truth[activity.id, period] * number_of(other) * factor.size
    return {(row.id, period): reprinted(row, value)}, {"factor": other}


def _truncated(table: Table, rng: Random) -> Made | None:
    ratios = rng.random() < 0.6  # elsewhere a truncated print is mostly within what rounding allows
    row = _row(table, rng, lambda one: denominator(one.relation) is not None or not ratios)
    if row is None:
        return None
    cell = (row.id, rng.choice(table.periods))
    value = table.truth[cell] / row.size
    units = int(abs(value) * 10**row.places)
    return {cell: dressed(units, row.places, row.grouped, value < 0 and units > 0)}, {}


def _midway(table: Table, rng: Random) -> Made | None:
    row = _row(table, rng, lambda one: any(table.rows[leaf.row].disclosed for leaf in roundable(one)))
    if row is None or row.relation is None:
        return None
    period = rng.choice(table.periods)
    leaf = rng.choice([one for one in roundable(row) if table.rows[one.row].disclosed])
    term = table.rows[leaf.row]
    drop = rng.choice(COARSER[:3])

    at = table.at(leaf, period)
    rounded = coarse(table.truth[at] / term.size, term.places - drop) * term.size if at else Fraction(0)
    if not rounded:  # a term that is rounded to nothing is left out
        return None

    def value(one: Cell) -> Fraction:
        return rounded if one == leaf else table.truth[table.at(one, period) or (one.row, period)]

    return {(row.id, period): reprinted(row, computed(row.relation, value))}, {"term": leaf.row}


def roundable(row: Row) -> list[Cell]:
    """Return the cells of a sum or a ratio that may be rounded on the way."""
    if row.relation is None:
        return []
    found = leaves(row.relation)
    return found if len({one.row for one in found}) == len(found) else []


KINDS: Mapping[str, Callable[[Table, Random], Made | None]] = {
    "columns-transposed": _transposed,
    "power-of-ten": _power,
    "digits-swapped": _swapped,
    "digit-wrong": _wrong_digit,
    "copied": _copied,
    "stale-denominator": _stale,
    "energy-unit": _energy_unit,
    "litres-as-kg": _litres,
    "wrong-label": _wrong_label,
    "counted-twice": _twice,
    "left-out": _left_out,
    "sign": _sign,
    "factor-vintage": _vintage,
    "gwp-set": _gwp,
    "truncated": _truncated,
    "rounded-midway": _midway,
}
