"""Derived activity data: the balances hold exactly, whatever the figures."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hsesg_carbon.derive import STAGES, process, rate, refrigerants, wastewater, years
from hsesg_carbon.errors import InputError
from hsesg_carbon.periods import Period
from hsesg_carbon.tables import Row, Table

Cells = dict[str, str]
MASS = st.decimals(0, 10**6, places=3)
SHARE = st.decimals(0, 1, places=4)


def table(*rows: Cells) -> Table:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table("figures.csv", None, columns, tuple(Row(place, row) for place, row in enumerate(rows, start=2)))


def gas(method: str, **figures: object) -> Table:
    place = {"site": "hq", "period": "2023", "activity": "refrigerant.r134a", "method": method}
    sources = {"rate_source": "made up"} if method == "screening" else {}
    return refrigerants(table({**place, **sources, **{name: str(figure) for name, figure in figures.items()}}))


def quantity(made: Table) -> Fraction:
    (row,) = made.rows
    return Fraction(row.cells["quantity"])


@given(st.lists(MASS, min_size=6, max_size=6), MASS)
def test_gas_is_conserved_in_a_material_balance(figures: list[Decimal], more: Decimal) -> None:
    stock_start, stock_end, acquired, disbursed, capacity_start, capacity_end = figures
    lost = stock_start + acquired + capacity_start - stock_end - disbursed - capacity_end
    assume(lost >= 0)
    names = [name for stage in STAGES["material-balance"] for name in stage]
    known = dict(zip(names, figures, strict=True))
    assert quantity(gas("material-balance", **known)) == Fraction(lost)
    bought_and_kept = {**known, "acquired": acquired + more, "stock_end": stock_end + more}
    assert quantity(gas("material-balance", **bought_and_kept)) == Fraction(lost)
    into_equipment = {**known, "disbursed": disbursed, "acquired": acquired + more, "capacity_end": capacity_end + more}
    assert quantity(gas("material-balance", **into_equipment)) == Fraction(lost)


@given(MASS, MASS, MASS)
def test_without_stock_the_two_balances_agree(new: Decimal, recharged: Decimal, retired: Decimal) -> None:
    """All that is bought goes into equipment; what is retired is recovered and given away."""
    simplified = gas(
        "simplified",
        charged_new=new,
        capacity_new=new,
        recharged=recharged,
        capacity_retired=retired,
        recovered=retired,
    )
    figures = {"stock_start": 0, "stock_end": 0, "acquired": new + recharged, "disbursed": retired}
    balance = gas("material-balance", **figures, capacity_start=retired, capacity_end=new)
    assert quantity(simplified) == quantity(balance) == Fraction(recharged)


@given(MASS, SHARE)
def test_screening_never_loses_more_than_was_there(capacity: Decimal, share: Decimal) -> None:
    lost = quantity(gas("screening", capacity=capacity, leak_rate=share))
    assert lost == quantity(gas("screening", capacity=capacity, leak_rate=f"{share * 100}%"))
    assert lost == Fraction(capacity) * Fraction(share)
    retired = gas("screening", capacity_retired=capacity, remaining_rate="1", recovery_rate=share)
    assert quantity(retired) + lost == Fraction(capacity)


@given(st.integers(2000, 2030), st.integers(1, 12))
def test_years_of_months_and_of_days(year: int, month: int) -> None:
    assert years(Period.parse(f"{year}-{month:02d}")) == Fraction(1, 12)
    assert years(Period.parse(str(year))) == 1
    assert years(Period.parse(f"{year}-07-01/{year + 1}-06-30")) == 1
    whole = Period.parse(str(year))
    assert years(whole, whole.days) == 1
    assert years(whole, month) == Fraction(month, whole.days)
    assert years(Period.parse(f"{year}-03-02/{year}-03-11")) == Fraction(10, whole.days)


@given(st.lists(st.tuples(MASS, SHARE), min_size=1, max_size=5), st.randoms())
def test_carbon_is_conserved_and_its_order_does_not_matter(
    streams: list[tuple[Decimal, Decimal]], random: object
) -> None:
    place = {"balance": "b", "site": "hq", "period": "2023", "unit": "kg", "content_source": "made up"}
    rows = [
        {**place, "role": "in", "material": f"m{number}", "quantity": str(mass), "carbon_content": str(share)}
        for number, (mass, share) in enumerate(streams)
    ]
    carbon = sum((Fraction(mass) * Fraction(share) for mass, share in streams), Fraction(0)) / 1000
    assert quantity(process(table(*rows))) == quantity(process(table(*reversed(rows)))) == carbon
    assert quantity(process(table(*rows, *({**row, "role": "out"} for row in rows)))) == 0


@given(MASS, MASS, MASS)
def test_cod_that_leaves_is_not_treated(treated: Decimal, out: Decimal, sludge: Decimal) -> None:
    row = {"site": "hq", "period": "2023", "treatment": "deep-lagoon", "cod_in": str(treated + out + sludge)}
    made = wastewater(table({**row, "cod_out": str(out), "cod_sludge": str(sludge)}))
    assert quantity(made) == Fraction(treated)
    assert quantity(wastewater(table(row))) == Fraction(treated + out + sludge)


@pytest.mark.parametrize("text", ["101%", "5", "-0.1", "-1%", "five", "", "%"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        rate(text)
