"""Attribution: how a change that several causes make together is shared among them, to the last digit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import factorial

Table = tuple[int, tuple[Fraction, ...]]
"""A set of causes as a mask, and a value for every subset of it: the empty one first, in binary over its bits."""


def always(value: Fraction | int) -> Table:
    """Return the table of what no cause changes."""
    return 0, (Fraction(value),)


def switched(bit: int, before: Fraction, after: Fraction) -> Table:
    """Return the table of what one cause changes; of what it leaves as it is, that."""
    return always(before) if before == after else (1 << bit, (before, after))


def shifted(base: Fraction, changes: Iterable[tuple[int, Fraction]]) -> Table:
    """Return the table of a quantity to which each cause adds something of its own."""
    table = always(base)
    for bit, change in sorted(changes):
        mask, values = table
        table = mask | 1 << bit, (*values, *(one + change for one in values))
    return table


def times(*tables: Table) -> Table:
    """
    Return the product of tables, over all causes of any of them.

    Example:
        >>> times(switched(0, Fraction(2), Fraction(3)), switched(2, Fraction(5), Fraction(7)))
        (5, (Fraction(10, 1), Fraction(15, 1), Fraction(14, 1), Fraction(21, 1)))
    """
    scale, product = Fraction(1), None
    for one in tables:
        if not one[0]:
            scale *= one[1][0]
        else:
            product = one if product is None else _product(product, one)
    if product is None:
        return always(scale)
    return product if scale == 1 else (product[0], tuple(scale * value for value in product[1]))


def _product(one: Table, other: Table) -> Table:
    """Return the product of two tables: two by two costs less than all of them for every subset."""
    union = one[0] | other[0]
    pairs = ((packed(changed, one[0]), packed(changed, other[0])) for changed in subsets(union))
    return union, tuple(one[1][first] * other[1][second] for first, second in pairs)


def effective(table: Table) -> set[int]:
    """Return the causes that change something in a table, whatever it is that the others do."""
    mask, values = table
    return {
        bit
        for place, bit in enumerate(bits(mask))
        if any(values[one] != values[one | 1 << place] for one in range(len(values)) if not one >> place & 1)
    }


@cache
def subsets(mask: int) -> tuple[int, ...]:
    """Return every subset of a mask, in the order of a table."""
    found = [0]
    for bit in bits(mask):
        found += [one | 1 << bit for one in found]
    return tuple(found)


@cache
def packed(changed: int, mask: int) -> int:
    """Return the place in a table over ``mask`` of what is changed."""
    return sum((changed >> bit & 1) << place for place, bit in enumerate(bits(mask)))


@dataclass
class Game:
    """
    What a total is under every subset of the causes that were changed: nothing yet, one of them, all of them.

    A cause is a bit. A total is a sum of terms, and most terms hang on few causes, so a game holds one table per set of
    causes (``mask``): its value for every subset, the empty one first, counted in binary over the bits of the mask.

    Example:
        >>> game = Game()
        >>> game.add((0b11, (Fraction(6), Fraction(12), Fraction(9), Fraction(18))))  # 6 doubled, times 1.5, both
        >>> game.shapley()
        {0: Fraction(15, 2), 1: Fraction(9, 2)}
        >>> game.alone(), game.sequential([1, 0])
        ({0: Fraction(6, 1), 1: Fraction(3, 1)}, {1: Fraction(3, 1), 0: Fraction(9, 1)})
    """

    tables: dict[int, list[Fraction]] = field(default_factory=dict)

    def add(self, table: Table) -> None:
        """Add a term."""
        mask, values = table
        held = self.tables.get(mask)
        self.tables[mask] = (
            list(values) if held is None else [one + other for one, other in zip(held, values, strict=True)]
        )

    def value(self, changed: int) -> Fraction:
        """Return the total where the causes in ``changed`` are as after and the others as before."""
        return sum((values[packed(changed, mask)] for mask, values in self.tables.items()), Fraction(0))

    @property
    def terms(self) -> list[Table]:
        """The tables, one for each set of causes."""
        return [(mask, tuple(values)) for mask, values in self.tables.items()]

    @property
    def start(self) -> Fraction:
        """The total before any cause is changed."""
        return sum((values[0] for values in self.tables.values()), Fraction(0))

    @property
    def end(self) -> Fraction:
        """The total with every cause changed."""
        return sum((values[-1] for values in self.tables.values()), Fraction(0))

    @property
    def causes(self) -> list[int]:
        """The causes that change the total, whatever it is that the others do; in the order of their bits."""
        found: set[int] = set()
        for term in self.terms:
            found |= effective(term)
        return sorted(found)

    def alone(self) -> dict[int, Fraction]:
        """Return what each cause changes if it is the only one: these need not add up to the whole change."""
        start = self.start
        return {bit: self.value(1 << bit) - start for bit in self.causes}

    def sequential(self, order: Iterable[int]) -> dict[int, Fraction]:
        """Return what each cause changes when one after the other is changed, in this order; they add up exactly."""
        parts, changed, reached = {}, 0, self.start
        for bit in order:
            changed |= 1 << bit
            now = self.value(changed)
            parts[bit], reached = now - reached, now
        return parts

    def shapley(self) -> dict[int, Fraction]:
        """
        Return the mean of what each cause changes over all orders; they add up exactly, and no order is preferred.

        Term by term: a cause that a term does not hang on has no part in it, and the value of a sum is the sum of the
        values (Shapley 1953).
        """
        parts = {bit: Fraction(0) for bit in self.causes}
        for mask, values in self.tables.items():
            own = list(bits(mask))
            for place, bit in enumerate(own):
                if bit in parts:
                    parts[bit] += _mean_step(values, 1 << place, len(own))
        return parts


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set, lowest first."""
    place = 0
    while mask >> place:
        if mask >> place & 1:
            yield place
        place += 1


def _mean_step(values: Sequence[Fraction], step: int, count: int) -> Fraction:
    """Return what one cause changes in a table, averaged over the orders in which ``count`` causes can change."""
    total = Fraction(0)
    for subset in range(len(values)):
        if not subset & step:
            gone = subset.bit_count()
            weight = factorial(gone) * factorial(count - gone - 1)
            total += weight * (values[subset | step] - values[subset])
    return total / factorial(count)
