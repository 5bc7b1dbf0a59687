"""The relations of a reported table: what they measure, and how sums are taken apart and put together."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from hsesg_carbon.errors import InputError
from hsesg_carbon.verification.intervals import Interval, point
from hsesg_carbon.verification.relations import Ref, added, dimensions, parse, said, simplified, summed, value

MASS, ENERGY = {"[mass]": 1}, {"[energy]": 1}


def measured(ref: Ref) -> Mapping[str, int] | None:
    return {"coal": MASS, "ash": MASS, "heat": ENERGY, "share": {}, "unsaid": None}[ref.row]


@pytest.mark.parametrize(
    ("relation", "kind"),
    [
        ("2", {}),
        ("coal", MASS),
        ("prev(coal)", MASS),
        ("-coal", MASS),
        ("-coal + ash", MASS),
        ("0 + coal", MASS),
        ("coal * 2", MASS),
        ("share * coal", MASS),
        ("1 - share", {}),
        ("coal * heat", MASS | ENERGY),
        ("coal * coal", {"[mass]": 2}),
        ("heat / coal", {"[energy]": 1, "[mass]": -1}),
        ("heat / coal * ash", ENERGY),
        ("coal / ash", {}),
        ("unsaid", None),
        ("coal + unsaid", MASS),  # what is added measures the same
        ("unsaid + coal", MASS),
        ("coal - unsaid", MASS),
        ("unsaid - coal", MASS),
        ("-unsaid", None),
        ("unsaid + unsaid", None),
        ("coal * unsaid", None),
        ("coal / unsaid", None),
        ("unsaid / coal", None),
    ],
)
def test_what_a_relation_measures(relation: str, kind: Mapping[str, int] | None) -> None:
    assert dimensions(parse(relation), measured) == kind


@pytest.mark.parametrize(
    ("relation", "left", "right"),
    [
        ("coal + heat", "coal", "heat"),
        ("coal - heat", "coal", "heat"),
        ("unsaid + coal + heat", "unsaid + coal", "heat"),
        ("-coal + heat", "-coal", "heat"),
        ("2 + coal", "2", "coal"),
        ("coal - 2", "coal", "2"),
        ("heat / coal + heat", "heat / coal", "heat"),
    ],
)
def test_things_of_different_kinds_are_not_added(relation: str, left: str, right: str) -> None:
    with pytest.raises(InputError) as refused:
        dimensions(parse(relation), measured)
    assert refused.value.code == "relation-adds-unlike"
    assert (refused.value.data["left"], refused.value.data["right"]) == (left, right)


@pytest.mark.parametrize(
    ("relation", "terms"),
    [
        ("a", ["+a"]),
        ("a - b + c", ["+a", "-b", "+c"]),
        ("a - (b - c)", ["+a", "-b", "+c"]),
        ("-(a + b) + c", ["+0", "-a", "-b", "+c"]),
        ("a * b - c / d", ["+a * b", "-c / d"]),
        ("(a + b) * c", ["+(a + b) * c"]),
        ("(a + c) / d", ["+(a + c) / d"]),
    ],
)
def test_a_sum_taken_apart_and_put_together_is_the_same(relation: str, terms: list[str]) -> None:
    found = added(parse(relation))
    assert [f"{'+' if sign == 1 else '-'}{said(term)}" for sign, term in found] == terms
    assert value(summed(found), number) == value(parse(relation), number)
    turned = [(-sign, term) for sign, term in found]
    assert value(summed(turned), number) == value(parse(f"-({relation})"), number)


def number(ref: Ref) -> Interval:
    return point(Fraction({"a": 7, "b": 3, "c": 2, "d": 5}[ref.row]))


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        ("(a + b) / a", "1 + b / a"),
        ("(b - a) / a", "b / a - 1"),
        ("(a * b) / a", "a * b / a"),
        ("a / (a + b)", "1 / (1 + b / a)"),
    ],
)
def test_a_cell_that_stands_above_and_below_a_line_is_told_once(text: str, shorter: str) -> None:
    assert said(parse(text)) == shorter
    assert simplified(parse(text)) == parse(text)


@pytest.mark.parametrize("number", ["7", "12", "1.5", "0.25", "3."])
def test_a_number_in_a_relation_is_read_with_its_decimals(number: str) -> None:
    if number.endswith("."):
        with pytest.raises(InputError):
            parse(f"a * {number}")
        return
    assert said(parse(f"a * {number}")) == f"a * {number}"
    assert value(parse(number), lambda ref: point(Fraction(0))) == point(Fraction(number))
