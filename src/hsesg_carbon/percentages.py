"""Percent, exactly: what part one number is of another, by how much it changed, and a share as text."""

from fractions import Fraction

from hsesg_carbon.units import exact_text


def part(value: Fraction | None, whole: Fraction | None) -> Fraction | None:
    """
    Return a number in percent of another; ``None`` where one of the two is missing, or the other is 0.

    Example:
        >>> part(Fraction(1), Fraction(4)), part(Fraction(1), Fraction(0)), part(None, Fraction(4))
        (Fraction(25, 1), None, None)
    """
    return None if value is None or not whole else 100 * value / whole


def change(value: Fraction | None, before: Fraction | None) -> Fraction | None:
    """
    Return a change in percent of the size of what was before; ``None`` as in ``part``.

    Example:
        >>> change(Fraction(3), Fraction(4)), change(Fraction(-3), Fraction(-4)), change(Fraction(3), Fraction(0))
        (Fraction(-25, 1), Fraction(25, 1), None)
    """
    return None if value is None or not before else 100 * (value - before) / abs(before)


def share_text(share: Fraction) -> str:
    """
    Return a share of 1 in percent as text, with every digit that it has.

    Example:
        >>> share_text(Fraction(1, 8)), share_text(Fraction(1))
        ('12.5 %', '100 %')
    """
    return f"{exact_text(share * 100)} %"
