"""Laws of LMDI-I drivers: they add up exactly, zeros too, turn with time, and know neither units nor order."""

from fractions import Fraction
from itertools import accumulate, product
from operator import mul
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.drivers import PLACES, lmdi

NANO = Fraction(1, 10**PLACES)
SHIPPED = hc.FactorLibrary.shipped()
above_zero = st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6)
factors = above_zero | st.just(Fraction(0))


@st.composite
def chains(draw: st.DrawFn, each: st.SearchStrategy[Fraction] = factors) -> tuple[list[Fraction], list[Fraction]]:
    """Draw the factors of two years; some do not change, some may be 0."""
    drawn = draw(st.lists(st.tuples(each, each, st.booleans()), min_size=1, max_size=7))
    return [one for one, _, _ in drawn], [one if same else other for one, other, same in drawn]


def levels(own: list[Fraction]) -> list[Fraction]:
    return list(accumulate(own, mul))


def spread(count: int) -> Fraction:
    """Rounding can leave over half a step for every part, and closing it moves one part by all of that."""
    return (count + 1) * NANO


@given(chains())
def test_parts_add_up_exactly_with_zeros(drawn: Any) -> None:
    before, after = map(levels, drawn)
    parts, residue, place = lmdi(before, after)
    assert sum(parts) == after[-1] - before[-1]
    assert abs(residue) <= len(parts) * NANO / 2
    for number, (part, then, now) in enumerate(zip(parts, *drawn, strict=True)):
        assert part == 0 or then != now
        rounded = part - (residue if number == place else 0)
        assert (rounded / NANO).denominator == 1 or not before[-1] or not after[-1]


@given(chains(above_zero))
def test_a_part_has_the_sign_of_its_factor(drawn: Any) -> None:
    parts, residue, _ = lmdi(*map(levels, drawn))
    for part, then, now in zip(parts, *drawn, strict=True):
        assert part * (now - then) >= 0 or abs(part) <= abs(residue)


@given(chains())
def test_backwards_every_sign_turns(drawn: Any) -> None:
    before, after = map(levels, drawn)
    there, residue, place = lmdi(before, after)
    back, again, same = lmdi(after, before)
    assert back == [-part for part in there]
    assert again == -residue
    assert same == place or not residue


@given(chains(), st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000))
def test_the_unit_of_the_first_factor_scales_the_parts_and_nothing_else(drawn: Any, times: Fraction) -> None:
    """As all levels scale: tonnes or kilograms, GJ or MWh within the chain."""
    before, after = map(levels, drawn)
    plain, *_ = lmdi(before, after)
    scaled, *_ = lmdi([one * times for one in before], [one * times for one in after])
    for one, other in zip(plain, scaled, strict=True):
        assert abs(one * times - other) <= spread(len(plain)) * (1 + times)


@given(chains(above_zero), st.randoms())
def test_the_order_of_the_factors_does_not_matter(drawn: Any, random: Random) -> None:
    order = list(range(len(drawn[0])))
    random.shuffle(order)
    plain, *_ = lmdi(*map(levels, drawn))
    shuffled, *_ = lmdi(*(levels([own[place] for place in order]) for own in drawn))
    for new, old in enumerate(order):
        assert abs(shuffled[new] - plain[old]) <= 2 * spread(len(order))


@given(chains(above_zero), st.data())
def test_a_single_change_has_all_of_it(drawn: Any, data: st.DataObject) -> None:
    before, _ = drawn
    place = data.draw(st.integers(min_value=0, max_value=len(before) - 1))
    after = [*before[:place], data.draw(factors), *before[place + 1 :]]
    parts, *_ = lmdi(levels(before), levels(after))
    change = levels(after)[-1] - levels(before)[-1]
    assert parts == [change if one == place else 0 for one in range(len(parts))]


# ------------------------------------------------------------------------------------------------ inventories

KINDS = [("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("mobile.petrol", "t")]
KINDS += [("refrigerant.r410a", "kg"), ("electricity.onsite_solar", "kWh")]
YEARS = (2022, 2023)
uses = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from(KINDS), st.sampled_from(YEARS)),
    st.integers(min_value=0, max_value=10**6),
    min_size=2,
    max_size=12,
)


def activities(drawn: Any) -> hc.Activities:
    """Return drawn uses as activity data."""
    rows = [
        {
            **{"activity_id": f"{site}-{activity}-{year}", "site": site, "period": str(year), "activity": activity},
            **{"quantity": quantity, "unit": unit, "region": "CN-ZJ"},
        }
        for (site, (activity, unit), year), quantity in drawn.items()
    ]
    return hc.Activities(pd.DataFrame(rows))


MOST = 3
EVERYTHING = {(f"{site}{part}", *what): 1 for site in "ab" for part in range(MOST) for what in product(KINDS, YEARS)}
PLAN = hc.Plan.compile(activities(EVERYTHING), SHIPPED, hc.Methodology.shipped("ghgp-cn"))


def inventory(drawn: dict[Any, int], split: int = 1) -> hc.Inventory:
    """Return the inventory of drawn uses; with ``split`` every site is so many equal ones."""
    parts = {(f"{site}{part}", *what): use for (site, *what), use in drawn.items() for part in range(split)}
    return hc.Inventory(PLAN.run(activities(parts)))


def explained(own: hc.Inventory, first: int, last: int, values: tuple[int, int] | None = None) -> hc.Drivers:
    stated = zip(YEARS, values or (), strict=False)
    rows = [
        hc.Denominator.model_validate(
            {
                **{"denominator": "area", "period": str(year), "value": value},
                "unit": "m2",
                "boundary": "-",
                "source": "-",
            }
        )
        for year, value in stated
    ]
    return hc.Drivers.of(own, first, last, rows, "area" if values else "")


def both_years(drawn: dict[Any, int]) -> bool:
    return {year for *_, year in drawn} == set(YEARS)


@given(uses, st.none() | st.tuples(*[st.integers(min_value=1, max_value=1000)] * 2))
def test_every_view_of_an_inventory_adds_up_exactly(drawn: dict[Any, int], values: Any) -> None:
    assume(both_years(drawn))
    own = inventory(drawn)
    found = explained(own, *YEARS, values)
    totals = own.by("year")
    first, last = (totals.value(year=year).value for year in YEARS)
    assert (found.start, found.end) == (first, last)
    for view in (("driver",), ("carrier", "driver"), ("site",), ("scope", "group", "driver"), ()):
        assert sum((row.amount.value for row in found.by(*view)), Fraction(0)) == last - first
    ends = {(row["site"], row["scope"], row["year"]): row.amount.value for row in own.by("site", "scope", "year")}
    for row in found.by("site", "scope"):  # each margin is the change of what it is of, not only all together
        before, after = (ends.get((row["site"], row["scope"], year), Fraction(0)) for year in YEARS)
        assert row.amount.value == after - before
    assert sum(one[1] for one in found.steps()[:-1]) == last


@given(uses)
def test_an_inventory_backwards_turns_every_sign(drawn: dict[Any, int]) -> None:
    assume(both_years(drawn))
    own = inventory(drawn)
    there, back = explained(own, *YEARS), explained(own, *reversed(YEARS))
    assert [(one.driver, one.amount) for one in there.effects] == [(one.driver, -one.amount) for one in back.effects]


@pytest.mark.parametrize("split", [2, MOST])
@given(uses)
def test_a_site_told_as_several_like_it_changes_no_driver(split: int, drawn: dict[Any, int]) -> None:
    """LMDI-I is consistent in aggregation: what is the same everywhere has the same parts, however finely told."""
    assume(both_years(drawn))
    one, many = (explained(inventory(drawn, count), *YEARS) for count in (1, split))
    parts = {row["driver"]: row.amount.value for row in one.by("driver")}
    for row in many.by("driver"):
        whole = split * parts.get(row["driver"], Fraction(0))
        if row["driver"] != "sites" or len({site for site, *_ in drawn}) > 1:
            assert abs(row.amount.value - whole) <= spread(8) * split * len(drawn)
        else:
            assert row.amount.value == 0
