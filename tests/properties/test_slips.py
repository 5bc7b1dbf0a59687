"""Slips in consistent tables are found, and named first where they can be named; what is right raises nothing."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.slips.brute import Judge, edits, judged, same
from tests.slips.generator import FEWEST, LARGEST, MOST, SMALLEST, Table, computed, leaves, table_of
from tests.slips.score import DETECTED, FIRST, THREE, counts, missed, some
from tests.slips.slips import KINDS, number_of, places_of, slip_of

SEEDS = [100, pytest.param(2000, marks=pytest.mark.long)]
seeds = st.integers(min_value=0, max_value=10**9)


# ------------------------------------------------------------------------------------------------- the proof itself


@given(seeds)
def test_a_table_without_a_slip_is_consistent_and_of_the_stated_shape(seed: int) -> None:
    table = table_of(seed)
    assert SMALLEST <= len(table.rows) <= LARGEST
    assert FEWEST <= len(table.periods) <= MOST
    assert Judge(table).instances
    assert Judge(table).loss == 0


@given(seeds)
def test_true_values_obey_every_relation_exactly_and_prints_are_within_half_a_digit(seed: int) -> None:
    table = table_of(seed)
    for row in table.rows.values():
        for period in table.periods:
            places = [table.at(leaf, period) for leaf in leaves(row.relation)] if row.relation else [None]
            if row.relation and None not in places:
                assert table.truth[row.id, period] == computed(
                    row.relation, lambda one, p=period: table.truth[table.at(one, p)]
                )  # type: ignore[index,misc]
            text = table.prints[row.id, period]
            assert bool(text) == row.disclosed
            if text:
                off = abs(number_of(text) - table.truth[row.id, period] / row.size)
                assert off <= Fraction(1, 2 * 10 ** places_of(text))


def test_the_same_seed_gives_the_same_table_and_slips() -> None:
    assert table_of(7) == table_of(7)
    assert slip_of(table_of(7), "copied", 7) == slip_of(table_of(7), "copied", 7)


def test_small_and_large_tables_undisclosed_rows_and_every_kind_of_slip_occur() -> None:
    tables = [table_of(seed) for seed in range(150)]
    sizes = {len(table.rows) for table in tables}
    assert min(sizes) == SMALLEST
    assert max(sizes) >= LARGEST - 4
    assert {len(table.periods) for table in tables} == set(range(FEWEST, MOST + 1))
    assert any(not row.disclosed for table in tables for row in table.rows.values())
    assert any(
        leaf.back for table in tables for row in table.rows.values() if row.relation for leaf in leaves(row.relation)
    )
    for kind in KINDS:
        assert sum(slip_of(table, kind, seed) is not None for seed, table in enumerate(tables)) >= 10, kind


@given(seeds, st.sampled_from(sorted(KINDS)))
def test_undoing_a_slip_mends_all_that_it_broke(seed: int, kind: str) -> None:
    truth = table_of(seed)
    slip = slip_of(truth, kind, seed)
    if slip is None:
        return
    assert any(slip.table.prints[cell] != truth.prints[cell] for cell in slip.cells)
    assert all(slip.table.prints[cell] == text for cell, text in truth.prints.items() if cell not in slip.cells)
    judge = Judge(slip.table)
    if judge.failing:
        mine = [one for one in edits(judge) if one.kind == kind and same(one, slip, truth)]
        assert any(judge.repairs(one) for one in mine)


@settings(max_examples=12)  # every edit at every place is what the pruning is for
@given(
    st.integers(min_value=0, max_value=10**9).filter(lambda seed: len(table_of(seed).rows) <= 8),
    st.sampled_from(sorted(KINDS)),
)
def test_leaving_out_places_that_touch_no_failing_relation_loses_no_repair(seed: int, kind: str) -> None:
    slip = slip_of(table_of(seed), kind, seed)
    if slip is None or not Judge(slip.table).failing:
        return
    judge = Judge(slip.table)
    every, fewer = ([one for one in edits(judge, pruned=way) if judge.repairs(one)] for way in (False, True))
    assert every == fewer


def hand_made(**prints: str) -> Table:
    """A total of two terms in one period, printed as told; the true values are 100.2 + 20.3 = 120.5 (made up)."""
    table = next(one for seed in range(1000) if (one := table_of(seed)) and len(one.rows) == 3 and "a.x3" in one.rows)
    period = table.periods[0]
    return table.printed_with({(f"a.{row}", period): text for row, text in prints.items()})


@pytest.mark.parametrize(("total", "loss"), [("120", 0), ("121", 0), ("119", 0), ("122", 1), ("118", 1)])
def test_the_judge_allows_half_a_digit_of_each_cell_and_no_more(total: str, loss: int) -> None:
    # 99.5 to 100.5 and 19.95 to 20.05: 119.45 to 120.55
    assert Judge(hand_made(x1="100", x2="20.0", x3=total)).loss == loss


def test_a_slip_in_a_lonely_total_is_ambiguous() -> None:
    truth = hand_made(x1="100", x2="20", x3="120")
    slip = slip_of(truth, "digit-wrong", 3)
    assert slip is not None
    verdict = judged(slip, truth)
    assert not verdict.identifiable


# ------------------------------------------------------------------------------------------------- the engine


@pytest.mark.parametrize("number", SEEDS)
def test_slips_are_found_the_true_repair_comes_first_and_what_is_right_raises_nothing(number: int) -> None:
    """One slip a seed, the kinds in turn; ``python -m tests.slips.score`` is the whole of it."""
    held = [one for seed in range(number) for one in some(seed, 1)]
    assert [one for one in held if one.kind == "none" and one.detected] == []
    total = counts(held)[-1]
    misses = [one for one in held if missed(one)]
    assert total.identifiable >= 0.4 * number
    assert total.detected >= DETECTED * total.identifiable, misses
    assert total.first >= FIRST * total.detected, misses
    assert total.three >= THREE * total.detected, misses
