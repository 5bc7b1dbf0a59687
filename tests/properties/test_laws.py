"""Laws: true for every input, to the last digit."""

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.ledger import Totals
from hsesg_carbon.units import exact_text, grid, half_up, kind, ratio, to_grid
from tests.strategies import KINDS, SPELLINGS, as_text, frame, meter_floats, quantities, rows

BY = ("site", "period", "activity")

ENGINES = {
    "pandas": lambda df: df,
    "polars": pl.from_pandas,
    "polars-lazy": lambda df: pl.from_pandas(df).lazy(),
    "pyarrow": lambda df: pa.Table.from_pandas(df, preserve_index=False),
    "duckdb": duckdb.from_df,
}


@pytest.fixture(scope="module")
def totals_of(multigas_library: hc.FactorLibrary, multigas: hc.Methodology) -> Any:
    """Compute the exact totals of any frame under the methodology with three gases."""

    def ledger(native: Any) -> hc.Ledger:
        activities = hc.Activities(native, library=multigas_library)
        return hc.Plan.compile(activities, multigas_library, multigas).run(activities)

    return ledger


def shuffled(drawn: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    return random.sample(drawn, len(drawn))


def summed(totals: Totals) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = {}
    for row in totals:
        sums[row.flow] = sums.get(row.flow, Fraction(0)) + row.amount.value
    return sums


@given(rows(quantity=meter_floats), st.sampled_from(sorted(ENGINES)), st.randoms(use_true_random=False))
def test_engine_and_row_order_never_change_a_total(
    totals_of: Any, drawn: list[dict[str, Any]], engine: str, random: Random
) -> None:
    expected = totals_of(frame(drawn)).totals(*BY)
    got = totals_of(ENGINES[engine](frame(shuffled(drawn, random)))).totals(*BY)
    assert got == expected


@given(rows(), st.randoms(use_true_random=False))
def test_decimal_text_float_and_integer_quantities_give_the_same_total(
    totals_of: Any, drawn: list[dict[str, Any]], random: Random
) -> None:
    """Whatever type holds a number, the number is the same. Whole quantities, so that integers can hold them too."""
    whole = [{**row, "quantity": int(row["quantity"])} for row in drawn]
    expected = totals_of(frame(as_text(whole))).totals(*BY)
    assert totals_of(frame(whole)).totals(*BY) == expected
    assert totals_of(frame([{**row, "quantity": float(row["quantity"])} for row in whole])).totals(*BY) == expected
    assert totals_of(frame([{**row, "quantity": Decimal(row["quantity"])} for row in whole])).totals(*BY) == expected
    decimals = pl.from_pandas(frame(whole)).with_columns(pl.col("quantity").cast(pl.Decimal(38, 6)))
    assert totals_of(decimals).totals(*BY) == expected


@given(rows(), st.integers(0, 25), st.randoms(use_true_random=False))
def test_chunks_add_up_to_the_whole_and_can_be_taken_out_again(
    totals_of: Any, drawn: list[dict[str, Any]], cut: int, random: Random
) -> None:
    drawn = as_text(drawn)
    whole = totals_of(frame(drawn))
    first, second = drawn[:cut], drawn[cut:]
    if first and second:
        one, other = totals_of(frame(first)), totals_of(frame(second))
        assert (one + other).totals(*BY) == whole.totals(*BY)
        assert (other + one).cube == whole.cube
        assert ((one + other) - other).totals(*BY) == one.totals(*BY)


@given(rows(), st.integers(1, 1000))
def test_totals_are_linear_in_the_quantities(totals_of: Any, drawn: list[dict[str, Any]], times: int) -> None:
    once = totals_of(frame(as_text(drawn)))
    many = totals_of(frame(as_text([{**row, "quantity": row["quantity"] * times} for row in drawn])))
    for before, after in zip(once.totals(*BY), many.totals(*BY), strict=True):
        assert after.amount.value == times * before.amount.value


@given(quantities, st.sampled_from(KINDS), st.randoms(use_true_random=False))
def test_the_spelling_of_a_unit_never_changes_a_total(
    totals_of: Any, quantity: Decimal, kind_of: tuple[str, str], random: Random
) -> None:
    activity, unit = kind_of
    row = {"activity_id": "a", "site": "s", "period": "2024", "activity": activity, "region": "CN"}
    expected = totals_of(frame([{**row, "quantity": f"{quantity:f}", "unit": unit}])).totals()
    for spelling in SPELLINGS[unit]:
        assert totals_of(frame([{**row, "quantity": f"{quantity:f}", "unit": spelling}])).totals() == expected
    if unit == "kWh":
        for larger, places in (("MWh", 3), ("万kWh", 4)):
            text = f"{quantity.scaleb(-places):f}"
            for spelling in SPELLINGS[larger]:
                assert totals_of(frame([{**row, "quantity": text, "unit": spelling}])).totals() == expected


@given(rows())
def test_the_parts_sum_to_the_total(totals_of: Any, drawn: list[dict[str, Any]]) -> None:
    ledger = totals_of(frame(as_text(drawn)))
    whole = summed(ledger.totals())
    for dimensions in (("site",), ("period",), ("year", "activity"), ("scope", "region", "instrument"), BY):
        assert summed(ledger.totals(*dimensions)) == whole
    inventory = hc.Inventory(ledger)
    total = inventory.total().value
    for dimensions in (("scope", "year"), ("gas",), ("site", "gas", "period")):
        assert sum((row.amount.value for row in inventory.by(*dimensions)), Fraction(0)) == total


@given(rows())
def test_the_parts_of_a_bill_that_crosses_months_sum_to_the_bill(totals_of: Any, drawn: list[dict[str, Any]]) -> None:
    crossing = as_text([{**row, "period": "2023-11-20/2024-02-10"} for row in drawn])
    yearly = as_text([{**row, "period": "2024"} for row in drawn if row["activity"] != "electricity.grid"])
    split = totals_of(frame(crossing))
    assert {row["period"] for row in split.totals("period")} == {"2023-11", "2023-12", "2024-01", "2024-02"}
    if yearly:  # electricity's factor differs between the years, everything else's does not
        only = [row for row in crossing if row["activity"] != "electricity.grid"]
        assert summed(totals_of(frame(only)).totals("period")) == summed(totals_of(frame(yearly)).totals())


@given(rows())
def test_a_what_if_gwp_equals_a_recomputation(
    totals_of: Any, multigas: hc.Methodology, multigas_library: hc.FactorLibrary, drawn: list[dict[str, Any]]
) -> None:
    native = frame(as_text(drawn))
    seen = hc.Inventory(totals_of(native))
    for gwp in ("SAR", "AR4", "AR5", "AR6"):
        activities = hc.Activities(native, library=multigas_library)
        other = hc.Plan.compile(activities, multigas_library, multigas.model_copy(update={"gwp": gwp}))
        recomputed = hc.Inventory(other.run(activities))
        assert seen.seen(gwp=gwp).by("scope", "year", "gas") == recomputed.by("scope", "year", "gas")


@given(rows())
def test_energy_ties_to_the_rows_that_make_the_emissions(totals_of: Any, drawn: list[dict[str, Any]]) -> None:
    ledger = totals_of(frame(as_text(drawn)))
    account = EnergyAccount(hc.Inventory(ledger)).by("activity")
    for row in ledger.totals("activity"):
        if row.flow == "CO2" and row["activity"] != "electricity.grid":
            factor = {"stationary.natural_gas": "56.1", "mobile.petrol": "69.3"}[str(row["activity"])]
            energy = account.value(activity=row["activity"]).value
            assert row.amount.value == energy * Fraction(factor) / 1000  # t per TJ, energy in GJ


@given(rows(quantity=meter_floats, min_size=2))
def test_lines_add_up_to_the_totals_within_float_precision(totals_of: Any, drawn: list[dict[str, Any]]) -> None:
    for make in (ENGINES["pandas"], ENGINES["polars"], ENGINES["pyarrow"], ENGINES["polars-lazy"]):
        ledger = totals_of(make(frame(drawn)))
        lines = ledger.lines()
        native = lines.collect() if isinstance(lines, pl.LazyFrame) else lines
        table = native if isinstance(native, pd.DataFrame) else native.to_pandas()
        for row in ledger.totals():
            amount = table.loc[table["flow"] == row.flow, "amount"].sum()
            assert amount == pytest.approx(float(row.amount.value), rel=1e-9)


@given(st.fractions(), st.integers(0, 9))
def test_half_up_is_within_half_a_digit_and_rounds_halves_away_from_zero(value: Fraction, places: int) -> None:
    shown = half_up(value, places)
    step = Fraction(1, 10**places)
    assert abs(Fraction(shown) - value) <= step / 2
    assert -shown.as_tuple().exponent == places
    assert half_up(-value, places) == shown.copy_negate()
    assert abs(Fraction(half_up(Fraction(shown) + step / 2, places))) >= abs(Fraction(shown))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**12), max_value=10**12))
def test_a_number_that_ends_is_shown_as_it_is(value: Decimal) -> None:
    assert Fraction(exact_text(Fraction(value))) == Fraction(value)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(0, 15))
def test_the_grid_takes_the_nearest_step_and_says_when_it_rounded(value: Decimal, exponent: int) -> None:
    if abs(value.adjusted()) < 300:
        steps, rounded = to_grid(value, exponent)
        error = abs(Fraction(value) * 10**exponent - steps)
        assert error <= Fraction(1, 2)
        assert rounded == (error > 0)
        assert to_grid(value.copy_negate(), exponent) == (-steps, rounded)


@given(st.sampled_from(sorted(SPELLINGS)), st.sampled_from(sorted(SPELLINGS)))
def test_units_of_one_kind_convert_back_and_forth_exactly(one: str, other: str) -> None:
    if kind(one) == kind(other):
        assert ratio(one, other) * ratio(other, one) == 1
    for spelling in SPELLINGS[one]:
        assert ratio(spelling, one) == 1
        assert grid(spelling) == grid(one)
