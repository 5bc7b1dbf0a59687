"""Laws of a restatement: the parts sum to the change, one cause takes all of it, order and direction do not matter."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hsesg_carbon.restate import Restatement
from tests.restated import Drawn, pairs

LEVELS = [(), ("scope",), ("site", "gas"), ("activity",)]


@given(pairs(), st.sampled_from(LEVELS), st.sampled_from(["shapley", "sequential"]))
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_change_at_every_level(drawn: Drawn, by: tuple[str, ...], method: str) -> None:
    restated = Restatement(drawn.before, drawn.after)
    assert set(restated.causes) <= drawn.causes
    ends = [{row.group: row.amount.value for row in one.by("year", *by)} for one in (restated.before, restated.after)]
    for row in restated.bridge(*by, method=method):  # type: ignore[arg-type]
        assert (row.before, row.after) == tuple(end.get(row.group, Fraction(0)) for end in ends)
        assert sum(row.parts.values(), row.before) == row.after
        assert sum(row.alone.values(), row.interaction) == row.difference
        shown = row.rounded(2)
        assert sum(shown.values()) - 2 * shown["after"] == 0


@given(pairs(most=1))
@settings(max_examples=60, deadline=None)
def test_one_cause_changed_alone_takes_the_whole_change(drawn: Drawn) -> None:
    (cause,) = drawn.causes
    restated = Restatement(drawn.before, drawn.after)
    for row in restated.bridge("scope"):
        assert row.parts == ({cause: row.difference} if restated.causes else {})
        assert row.interaction == 0


@given(pairs(most=4))
@settings(max_examples=40, deadline=None)
def test_shapley_is_the_mean_over_all_orders_and_turns_with_the_direction(drawn: Drawn) -> None:
    there = Restatement(drawn.before, drawn.after)
    back = Restatement(drawn.after, drawn.before)
    assert there.causes == back.causes
    orders = list(permutations(there.causes))
    for place, row in enumerate(there.bridge()):
        split = [there.bridge(method="sequential", order=order)[place].parts for order in orders]
        for cause, part in row.parts.items():
            assert part == sum((one[cause] for one in split), Fraction(0)) / len(orders)
            assert part == -back.bridge()[place].parts[cause]


@given(pairs(most=3))
@settings(max_examples=40, deadline=None)
def test_a_part_alone_is_what_the_inventory_would_have_been(drawn: Drawn) -> None:
    """Every cause of the draw can be changed for real, so the bridge can be held to inventories computed apart."""
    restated = Restatement(drawn.before, drawn.after)
    for cause in drawn.causes:
        totals = {row["year"]: row.amount.value for row in drawn.version({cause}).by("year")}
        for row in restated.bridge():
            assert row.before + row.alone.get(cause, 0) == totals[row["year"]]


@given(pairs(most=5), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_nothing_depends_on_the_order_of_rows(drawn: Drawn, seed: int) -> None:
    same = replace(drawn, causes=drawn.causes - {"activity", "unit", "lines"})  # these say by place which rows they hit
    turned = replace(same, rows=Random(seed).sample(drawn.rows, len(drawn.rows)))
    assert Restatement(same.before, same.after).bridge("site").rows == (
        Restatement(turned.before, turned.after).bridge("site").rows
    )
