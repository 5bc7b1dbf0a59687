"""The vocabulary of units, read again by these tests themselves: sizes, steps, families, spellings, limits of texts."""

from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon import units
from hsesg_carbon.errors import CarbonError, InputError, UnitError

LINES = [
    [part.strip() for part in line.split("|")]
    for line in files("hsesg_carbon").joinpath("units.txt").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


@pytest.fixture(scope="module")
def sizes() -> dict[str, tuple[Fraction, str]]:
    """Size and base unit of every unit that is a multiple of one further up."""
    found: dict[str, tuple[Fraction, str]] = {}
    for name, definition, *_ in LINES:
        number, _, unit = definition.partition(" ")
        if definition.startswith("["):
            found[name] = Fraction(1), definition
        elif unit in found:
            found[name] = Fraction(number) * found[unit][0], found[unit][1]
    return found


def test_a_unit_is_as_large_as_its_line_says(sizes: dict[str, tuple[Fraction, str]]) -> None:
    assert len(sizes) > 50
    for name, (size, base) in sizes.items():
        assert units.measured(name) == (size, {} if base == "[one]" else {base: 1})


def test_a_step_is_the_power_of_ten_that_its_line_says_and_the_same_amount_in_every_unit_of_a_family() -> None:
    steps = {name: grid for name, _, grid, *_ in LINES if grid}
    assert len(steps) > 40
    amounts: dict[str, set[Fraction]] = {}
    for name, grid in steps.items():
        assert Fraction(1, 10 ** units.grid(name)) == Fraction(grid)
        amounts.setdefault(units.family(name), set()).add(Fraction(grid) * units.measured(name)[0])
    assert all(len(found) == 1 for found in amounts.values())
    for name in {name for name, *_ in LINES} - steps.keys():
        with pytest.raises(UnitError):
            units.grid(name)


def test_units_are_of_one_family_where_they_measure_the_same_and_differ_by_powers_of_ten_only() -> None:
    names = [name for name, *_ in LINES]
    for one in names:
        for two in names:
            same = units.kind(one) == units.kind(two) and _is_power_of_ten(
                units.measured(one)[0] / units.measured(two)[0]
            )
            assert (units.family(one) == units.family(two)) == same, (one, two)


def _is_power_of_ten(ratio: Fraction) -> bool:
    above, below = ratio.as_integer_ratio()
    return {str(above).rstrip("0"), str(below).rstrip("0")} == {"1"}


def test_every_spelling_means_its_unit_and_no_two_units_share_one() -> None:
    seen: set[str] = set()
    for name, _, _, spellings, _ in LINES:
        for spelling in (name, *(one.strip() for one in spellings.split(",") if one.strip())):
            assert units.canonical(spelling) == name
            assert units.canonical(f" {spelling}  ") == name
        own = {units.normalise(one) for one in (name, *spellings.split(",")) if one.strip()}
        assert not own & seen
        seen |= own


@pytest.mark.parametrize(
    ("spelt", "plain"),
    [("m³", "m^3"), ("m**3", "m^3"), ("kW·h", "kW*h"), ("kW⋅h", "kW*h"), ("a × b", "a*b"), ("kg / kWh", "kg/kWh")],
)
def test_powers_products_and_ratios_have_one_spelling(spelt: str, plain: str) -> None:
    assert units.normalise(spelt) == units.normalise(plain)
    assert units.normalise(plain) == plain.replace("m^3", units.normalise("m^3"))


def test_ratios_of_ratios_divide_by_each_side() -> None:
    assert units.measured("kg/kWh/person") == units.measured("kg/kWh person")
    assert units.measured("kWh/kWh") == (Fraction(1), {})
    assert units.kind("kWh/kWh") == "[one]"
    assert units.ratio("kWh/m^2", "MJ/m2") == Fraction(18, 5)


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([1, 3, 7]), st.integers(1, 10**6))
def test_a_decimal_ends_where_its_denominator_holds_twos_and_fives_only(
    twos: int, fives: int, other: int, above: int
) -> None:
    value = Fraction(above, 2**twos * 5**fives * other)
    text = units.ending_text(value)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    assert (text is None) == (rest != 1)
    if text is not None:
        assert Fraction(text) == value
        assert not ("." in text and text.endswith("0"))


def test_numbers_and_units_may_have_eighty_letters_and_no_more() -> None:
    for text in ("1" * 80, " " * 200 + "1" * 80, "１" * 80):
        assert units.parse_number(text) == int("1" * 80)
    for text in ("1" * 81, "１" * 81):
        with pytest.raises(InputError) as refused:
            units.parse_number(text)
        assert refused.value.code == "number-not-a-number"
    assert units.canonical("kWh" + " " * 100 + "/ m2") == "kWh/m2"
    longest = "kWh*" * 19 + "kWh/"[:4]
    with pytest.raises(UnitError):
        units.canonical(longest + "kWh")
    assert units.canonical("*".join(["kWh"] * 20)) == "*".join(["kWh"] * 20)
    with pytest.raises(InputError) as refused:
        units.parse_number("1" * 76 + " kWh")
    assert (refused.value.code, refused.value.data["unit"]) == ("number-with-unit", "kWh")
    with pytest.raises(InputError) as refused:
        units.parse_number("1" * 77 + " kWh")
    assert refused.value.code == "number-not-a-number"


@pytest.mark.parametrize("nothing", ["", " ", "/", "kWh/", "/kWh"])
def test_nothing_is_no_unit(nothing: str) -> None:
    with pytest.raises(CarbonError):
        units.canonical(nothing)


def test_what_is_like_a_unit_is_suggested_and_a_letter_is_like_none() -> None:
    assert "kWh" in units.near_units("kwH")
    assert "million_CNY" in units.near_units("CNY")
    assert "million_CNY" not in units.near_units("NY")
    assert len(units.near_units("CNY")) <= 5


def test_five_units_are_suggested_at_most() -> None:
    assert len([name for name in units._names() if "kwh" in name.lower()]) > 5
    assert len(units.near_units("kwh")) == 5
    assert len({units._names()[name] for name in units._names() if "立方米" in name}) > 5
    assert len(units.near_units("立方米")) == 5
    assert units.is_unit("kWh/m2")
    assert units.is_unit("度")
    assert not units.is_unit("furlong")
