"""
Checks of the shipped numbers against each other and against independent data: the proof of the numbers.

A ``Check`` names the rows it involves, so that a swapped digit in any of them shows; ``test_oracles.py`` counts them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

Values = Callable[[str], Decimal]
"""The value of a row by its id."""


@dataclass(frozen=True, slots=True)
class Check:
    """A relation that must hold between the values of some rows; ``about`` says it to a person."""

    about: str
    ids: tuple[str, ...]
    holds: Callable[[Values], bool]


def half_a_digit(value: Decimal) -> Decimal:
    """Return half a unit of the last digit in which a value is printed."""
    return Decimal((0, (5,), int(value.as_tuple().exponent) - 1))
