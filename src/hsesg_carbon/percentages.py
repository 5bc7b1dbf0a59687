"""Percent, exactly: what part one number is of another, by how much it changed, and a share as people write it."""

from collections.abc import Mapping
from fractions import Fraction

from hsesg_carbon.units import exact_text, parse_number


def part(value: Fraction | None, whole: Fraction | None) -> Fraction | None:
    """
    Return a number in percent of another; ``None`` where one of the two is missing, or the other is 0.

    Example:
        >>> part(Fraction(1), Fraction(4)), part(Fraction(1), Fraction(0)), part(None, Fraction(4))
        (Fraction(25, 1), None, None)
    """
    return None if value is None or not whole else 100 * value / whole


def parts(values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """
    Return each number in percent of all by size, from 0 to 100 and 100 together; nothing where all are 0.

    A credit is as much a figure as a bill: of the net sum, parts could be below 0 or above 100 %.

    Example:
        >>> {name: int(percent) for name, percent in parts({"a": Fraction(3), "b": Fraction(-1)}).items()}
        {'a': 75, 'b': 25}
    """
    whole = sum((abs(one) for one in values.values()), Fraction(0))
    return {name: 100 * abs(one) / whole for name, one in values.items()} if whole else {}


def change(value: Fraction | None, before: Fraction | None) -> Fraction | None:
    """
    Return a change in percent of the size of what was before; ``None`` as in ``part``.

    Example:
        >>> change(Fraction(3), Fraction(4)), change(Fraction(-3), Fraction(-4)), change(Fraction(3), Fraction(0))
        (Fraction(-25, 1), Fraction(25, 1), None)
    """
    return None if value is None or not before else 100 * (value - before) / abs(before)


def read_share(text: str) -> Fraction:
    """
    Return the share of 1 that a percentage or a plain number states.

    Raises:
        InputError: It is no number.

    Example:
        >>> read_share("3.5%"), read_share("3.5 ％"), read_share("0.1")
        (Fraction(7, 200), Fraction(7, 200), Fraction(1, 10))
    """
    plain = text.strip().replace("\N{FULLWIDTH PERCENT SIGN}", "%")
    number = Fraction(parse_number(plain.removesuffix("%").strip()))
    return number / 100 if plain.endswith("%") else number


def percent_text(share: Fraction) -> str:
    """
    Return a share of 1 in percent as what stands before the sign, with every digit that it has.

    Example:
        >>> percent_text(Fraction(1, 8)), percent_text(Fraction(1))
        ('12.5', '100')
    """
    return exact_text(share * 100)


def share_text(share: Fraction) -> str:
    """
    Return a share of 1 in percent as text, with every digit that it has.

    Example:
        >>> share_text(Fraction(1, 8)), share_text(Fraction(1))
        ('12.5 %', '100 %')
    """
    return f"{percent_text(share)} %"
