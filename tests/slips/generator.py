"""Consistent reported tables of random shape, from true values that obey every relation to the last digit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

SMALLEST, LARGEST = 3, 40
FEWEST, MOST = 2, 6

_SIZES = {  # in tonnes, GJ, litres and units of their own: what a print is multiplied by before quantities are compared
    "kWh": Fraction(36, 10_000),
    "MWh": Fraction(36, 10),
    "GJ": Fraction(1),
    "L": Fraction(1),
    "kg": Fraction(1, 1000),
    "t": Fraction(1),
    "kgCO2e": Fraction(1, 1000),
    "tCO2e": Fraction(1),
    "person": Fraction(1),
    "m2": Fraction(1),
    "million CNY": Fraction(1),
    "%": Fraction(1, 100),
    "1": Fraction(1),
}
ENERGY = ("kWh", "MWh", "GJ")
ELECTRICITY_FACTORS = ("0.5366", "0.5568", "0.5810", "0.5306")
"""National averages of China in kgCO2e/kWh, as published: of 2022, 2021 and 2023, and the trading scheme's of 2022."""
GWPS = {"CH4": ("28", "29.8", "25"), "N2O": ("265", "273", "298")}

Key = tuple[str, str]
"""A cell: row and period."""


def size_of(unit: str) -> Fraction:
    """Return what a number in ``unit`` is multiplied by to be in base units."""
    top, _, bottom = unit.partition("/")
    return _SIZES[top] / (_SIZES[bottom] if bottom else 1)


@dataclass(frozen=True)
class Cell:
    """A leaf of a relation: a row, in this period or (``back`` 1) the one before."""

    row: str
    back: int = 0


@dataclass(frozen=True)
class Number:
    """A leaf of a relation: a number without a unit."""

    value: int


@dataclass(frozen=True)
class Op:
    """Two expressions and the sign between them."""

    sign: str
    left: "Expr"
    right: "Expr"


Expr = Cell | Number | Op


def spelled(expr: Expr) -> str:
    """Return a relation as ``equals`` writes it."""
    if isinstance(expr, Cell):
        return f"prev({expr.row})" if expr.back else expr.row
    if isinstance(expr, Number):
        return str(expr.value)
    sides = [spelled(expr.left), spelled(expr.right)]
    if expr.sign in "*/":
        sides = [
            f"({text})" if isinstance(side, Op) else text
            for side, text in zip((expr.left, expr.right), sides, strict=True)
        ]
    elif isinstance(expr.right, Op):
        sides[1] = f"({sides[1]})"
    return f"{sides[0]} {expr.sign} {sides[1]}"


def leaves(expr: Expr) -> list[Cell]:
    """Return the cells of a relation, from left to right."""
    if isinstance(expr, Op):
        return leaves(expr.left) + leaves(expr.right)
    return [expr] if isinstance(expr, Cell) else []


def computed(expr: Expr, of: Callable[[Cell], Fraction]) -> Fraction:
    """Return the value of a relation where every cell has exactly one."""
    if isinstance(expr, Cell):
        return of(expr)
    if isinstance(expr, Number):
        return Fraction(expr.value)
    left, right = computed(expr.left, of), computed(expr.right, of)
    if expr.sign == "+":
        return left + right
    if expr.sign == "-":
        return left - right
    return left * right if expr.sign == "*" else left / right


def terms(expr: Expr | None) -> list[str]:
    """Return the rows that a total adds, where the relation is a plain sum of this period, else none."""
    if not isinstance(expr, Op) or expr.sign != "+" or not isinstance(expr.right, Cell):
        return []
    before = [expr.left.row] if isinstance(expr.left, Cell) else terms(expr.left)
    return [*before, expr.right.row] if before else []


def denominator(expr: Expr | None) -> str | None:
    """Return the row that a ratio of this period divides by."""
    if isinstance(expr, Op) and expr.sign == "/" and isinstance(expr.right, Cell) and not expr.right.back:
        return expr.right.row
    return None


@dataclass(frozen=True)
class Row:
    """One row: how it is printed and, where it follows from others, how. ``gas`` names what a factor row is of."""

    id: str
    table: str
    unit: str
    places: int
    grouped: bool = False
    relation: Expr | None = None
    disclosed: bool = True
    published: tuple[str, ...] = ()

    @cached_property
    def size(self) -> Fraction:
        """What a print of this row is multiplied by to be in base units."""
        return size_of(self.unit)


@dataclass(frozen=True)
class Table:
    """Rows, their true values in base units, and what is printed: blanks where a row is not disclosed."""

    periods: tuple[str, ...]
    rows: Mapping[str, Row]
    truth: Mapping[Key, Fraction]
    prints: Mapping[Key, str]

    def reported(self) -> list[dict[str, Any]]:
        """Return the rows as ``ReportedTable.of`` takes them."""
        return [
            {
                "table": row.table,
                "id": row.id,
                "label": f"row {row.id}",
                "unit": row.unit,
                "equals": spelled(row.relation) if row.relation else "",
                "source": "made up",
                "cells": {period: self.prints[row.id, period] for period in self.periods},
            }
            for row in self.rows.values()
        ]

    def printed_with(self, changes: Mapping[Key, str]) -> "Table":
        """Return the table with other prints in some cells."""
        return replace(self, prints={**self.prints, **changes})

    def before(self, period: str) -> str | None:
        """Return the period before one."""
        place = self.periods.index(period)
        return self.periods[place - 1] if place else None

    def at(self, cell: Cell, period: str) -> Key | None:
        """Return the cell that a leaf of a relation means in a period."""
        then = self.before(period) if cell.back else period
        return (cell.row, then) if then else None


def printed(number: Fraction, places: int, grouped: bool) -> str:
    """Return a number as a report prints it: rounded half-up, with commas where the row has them."""
    units = (abs(number) * 10**places * 2 + 1) // 2
    return dressed(int(units), places, grouped, number < 0 and units > 0)


def dressed(units: int, places: int, grouped: bool, negative: bool) -> str:
    """Return so many units of the last printed digit as text."""
    whole, rest = divmod(units, 10**places)
    text = f"{whole:,}" if grouped else str(whole)
    return ("-" if negative else "") + text + (f".{rest:0{places}d}" if places else "")


# ------------------------------------------------------------------------------------------------- making


def table_of(seed: int) -> Table:
    """Return the consistent table of a seed."""
    rng = Random(seed)
    years = rng.randint(FEWEST, MOST)
    first = rng.randint(2015, 2024)
    maker = _Maker(
        rng, tuple(str(first + step) for step in range(years)), round(SMALLEST * (LARGEST / SMALLEST) ** rng.random())
    )
    return maker.made()


class _Maker:
    """Adds parts (totals, ratios, products, changes) to a table until it has the number of rows that was drawn."""

    def __init__(self, rng: Random, periods: tuple[str, ...], wanted: int) -> None:
        self.rng = rng
        self.periods = periods
        self.wanted = wanted
        self.rows: dict[str, Row] = {}
        self.truth: dict[Key, Fraction] = {}
        self.count: dict[str, int] = {}
        self.grouped = rng.random() < 0.6

    def made(self) -> Table:
        parts = [self.emissions, self.energy, self.fuel, self.gases, self.intensities, self.shares, self.changes]
        weights = [3, 3, 2, 2, 6, 2, 4]
        first = self.rng.choice(
            [self.emissions, self.emissions, self.energy, self.fuel] + [self.gases] * (self.wanted > 5)
        )
        first()
        tries = 0
        while len(self.rows) < self.wanted and tries < 60:
            tries += 1
            self.rng.choices(parts, weights)[0]()
        rows = {row.id: row for row in sorted(self.rows.values(), key=lambda one: one.table)}
        prints = {
            (row.id, period): printed(self.truth[row.id, period] / row.size, row.places, row.grouped)
            if row.disclosed
            else ""
            for row in rows.values()
            for period in self.periods
        }
        return Table(self.periods, rows, self.truth, prints)

    @property
    def left(self) -> int:
        return self.wanted - len(self.rows)

    # ------------------------------------------------------------------------------------------- parts

    def emissions(self) -> None:
        """A total of scopes, some of them totals themselves, one of them perhaps electricity times its factor."""
        if self.left < 3:
            return
        places = self.rng.choice([0, 1, 2, 2, 2, 3])
        scopes = self.rng.randint(2, min(4, self.left - 1))
        names = []
        spare = self.left - 1 - scopes
        for _ in range(scopes):
            if spare >= 2 and self.rng.random() < 0.3:
                names.append(self.electricity(places))
                spare -= 2
            elif spare >= 2 and self.rng.random() < 0.35:
                parts = self.rng.randint(2, min(4, spare))
                names.append(
                    self.total(
                        "a", "tCO2e", places, [self.base("a", "tCO2e", places, self.level()) for _ in range(parts)]
                    )
                )
                spare -= parts
            else:
                names.append(self.base("a", "tCO2e", places, self.level()))
        self.total("a", "tCO2e", places, names)

    def electricity(self, places: int) -> str:
        unit = self.rng.choice(["MWh", "MWh", "kWh"])
        use = self.base(
            "b",
            unit,
            0 if unit == "kWh" else self.rng.choice([1, 2, 3]),
            Fraction(self.rng.randint(2000, 60_000)) * size_of("MWh"),
        )
        factor = self.constant("f", "kgCO2e/kWh", ELECTRICITY_FACTORS)
        return self.derived("a", "tCO2e", places, Op("*", Cell(use), Cell(factor)))

    def energy(self) -> None:
        """A total of energy, its terms all in its unit or in units of their own."""
        if self.left < 3:
            return
        unit = self.rng.choice(ENERGY)
        mixed = self.rng.random() < 0.3
        names = []
        for _ in range(self.rng.randint(2, min(5, self.left - 1))):
            own = self.rng.choice(ENERGY) if mixed else unit
            names.append(self.base("b", own, self.energy_places(own), self.level()))
        self.total("b", unit, self.energy_places(unit), names)

    def energy_places(self, unit: str) -> int:
        return 0 if unit == "kWh" else self.rng.choice([0, 1, 2])

    def fuel(self) -> None:
        """A total of litres, or of kilogrammes."""
        if self.left < 3:
            return
        unit = self.rng.choice(["L", "L", "kg", "t"])
        places = 2 if unit == "t" else self.rng.choice([0, 0, 1])
        names = [
            self.base("c", unit, places, self.level() * (100 if unit == "L" else 1))
            for _ in range(self.rng.randint(2, min(4, self.left - 1)))
        ]
        self.total("c", unit, places, names)

    def gases(self) -> None:
        """CH4 and N2O times their warming potential, and their sum."""
        if self.left < 7:
            return
        names = []
        for gas, values in GWPS.items():
            unit = self.rng.choice(["t", "kg"])
            mass = self.base("g", unit, 3 if unit == "t" else 1, Fraction(self.rng.randint(2_000, 900_000), 1000))
            potential = self.constant("g", "kgCO2e/kg", values)
            names.append(self.derived("g", "tCO2e", 1, Op("*", Cell(mass), Cell(potential))))
            del gas
        self.total("g", "tCO2e", 1, names)

    def intensities(self) -> None:
        """Ratios over a denominator that is printed, or that is not and must follow from several."""
        tops = self.quantities()
        if self.left < 2 or not tops:
            return
        disclosed = self.rng.random() < 0.65
        wanted = self.rng.randint(1 if disclosed else 2, 4)
        if self.left < wanted + 1 or len(tops) < wanted:
            return
        unit = self.rng.choice(["million CNY", "million CNY", "person", "m2"])
        level = Fraction(self.rng.randint(10**5, 10**7), 1000) * (10 if unit == "m2" else 1)
        below = self.base("d", unit, 2 if unit == "million CNY" else 0, level)
        if not disclosed:
            self.rows[below] = replace(self.rows[below], disclosed=False)
        for top in self.rng.sample(tops, wanted):
            self.ratio("r", f"{self.rows[top].unit}/{unit}", Op("/", Cell(top), Cell(below)))

    def shares(self) -> None:
        """Terms as shares of their total."""
        totals = [row for row in self.rows.values() if terms(row.relation)]
        if not totals or self.left < 1:
            return
        total = self.rng.choice(totals)
        parts = terms(total.relation)
        for part in self.rng.sample(parts, self.rng.randint(1, min(len(parts), self.left))):
            relation = Op("/", Cell(part), Cell(total.id))
            if all(row.relation != relation for row in self.rows.values()):
                self.ratio("r", self.rng.choice(["%", "%", "1"]), relation)

    def changes(self) -> None:
        """The change of a row against the period before, as a difference or in percent."""
        free = [
            one
            for one in self.quantities()
            if all(Cell(one, 1) not in leaves(row.relation) for row in self.rows.values() if row.relation)
        ]
        if self.left < 1 or not free:
            return
        row = self.rows[self.rng.choice(free)]
        if self.rng.random() < 0.5:
            self.derived(row.table, row.unit, row.places, Op("-", Cell(row.id), Cell(row.id, 1)))
        else:
            self.derived(
                row.table, "%", self.rng.choice([1, 2]), Op("-", Op("/", Cell(row.id), Cell(row.id, 1)), Number(1))
            )

    # ------------------------------------------------------------------------------------------- rows

    def quantities(self) -> list[str]:
        """Return the rows that may be divided or compared: printed amounts, not factors, ratios or changes."""
        return [
            row.id
            for row in self.rows.values()
            if row.disclosed and row.table[-1] in "abcg" and not row.published and not _changes(row)
        ]

    def level(self) -> Fraction:
        """Return an amount between about 30 and 100,000."""
        return Fraction(int(10 ** self.rng.uniform(4.5, 8)), 1000)

    def fresh(self, block: str) -> str:
        self.count[block] = self.count.get(block, 0) + 1
        return f"{block}.x{self.count[block]}"

    def base(self, block: str, unit: str, places: int, level: Fraction) -> str:
        """Add a row of its own values; they move by some percent a year and have more digits than are printed."""
        name = self.fresh(block)
        value = level
        for period in self.periods:
            self.truth[name, period] = value + Fraction(self.rng.randint(0, 999_999), 10**7) * level / 1000
            value = value * Fraction(self.rng.randint(800, 1250), 1000)
        self.add(Row(name, f"table {block}", unit, places, self.grouped))
        return name

    def constant(self, block: str, unit: str, values: tuple[str, ...]) -> str:
        """Add a row that holds one published number, the same in every period."""
        name = self.fresh(block)
        text = self.rng.choice(values)
        self.truth |= {(name, period): Fraction(text) * size_of(unit) for period in self.periods}
        self.add(Row(name, f"table {block}", unit, len(text.partition(".")[2]), published=values))
        return name

    def derived(self, block: str, unit: str, places: int, relation: Expr) -> str:
        """Add a row that follows from others; a change has no value in the first period, and prints none there."""
        block = block.removeprefix("table ")
        name = self.fresh(block)
        for period, before in zip(self.periods, (None, *self.periods), strict=False):
            lagged = any(one.back for one in leaves(relation))
            if lagged and before is None:
                self.truth[name, period] = self._first_change(relation)
                continue
            self.truth[name, period] = computed(
                relation, lambda one, now=period, then=before: self.truth[one.row, then if one.back else now]
            )  # type: ignore[misc]
        self.add(Row(name, f"table {block}", unit, places, self.grouped, relation))
        return name

    def _first_change(self, relation: Expr) -> Fraction:
        """Return a change against a period that the table does not show: nothing can contradict it."""
        share = Fraction(self.rng.randint(-200, 200) or 7, 1000)
        row = leaves(relation)[0].row
        return (
            share
            if isinstance(relation, Op) and isinstance(relation.left, Op)
            else share * self.truth[row, self.periods[0]]
        )

    def total(self, block: str, unit: str, places: int, names: Iterable[str]) -> str:
        relation: Expr | None = None
        for name in names:
            relation = Op("+", relation, Cell(name)) if relation else Cell(name)
        assert relation is not None
        return self.derived(block, unit, places, relation)

    def ratio(self, block: str, unit: str, relation: Expr) -> str:
        """Add a ratio with three to five significant digits."""
        name = self.derived(block, unit, 0, relation)
        row = self.rows[name]
        typical = abs(self.truth[name, self.periods[0]] / row.size)
        digits = self.rng.choice([3, 3, 4, 5])
        places = 0
        while typical * 10**places < 10 ** (digits - 1) and places < 8:
            places += 1
        self.rows[name] = replace(row, places=places)
        return name

    def add(self, row: Row) -> None:
        self.rows[row.id] = row


def _changes(row: Row) -> bool:
    return row.relation is not None and any(one.back for one in leaves(row.relation))
