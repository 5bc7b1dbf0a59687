"""Exact numbers as people read them: rounded half up, thousands apart, a dash where nothing is known."""

from fractions import Fraction

from hsesg_carbon.units import half_up


def number(value: Fraction | str | None, places: int = 2, *, signed: bool = False) -> str:
    """
    Return an exact number, or the text of one, as people read it; with its sign where it is a difference.

    Example:
        >>> number(Fraction(16667, 2)), number("1234.565"), number(Fraction(1, 8), 1, signed=True), number(None)
        ('8,333.50', '1,234.57', '+0.1', '–')
        >>> number(Fraction(3, 10**8), 8)
        '0.00000003'
    """
    return "–" if value is None else f"{half_up(Fraction(value), places):{'+' if signed else ''},f}"


def percent(value: Fraction | str | None, places: int = 2, *, signed: bool = False) -> str:
    """
    Return a number of percent as people read it.

    Example:
        >>> percent(Fraction(25, 2)), percent("-0.005", signed=True), percent(None)
        ('12.50 %', '-0.01 %', '–')
    """
    return "–" if value is None else f"{number(value, places, signed=signed)} %"
