"""Laws of consolidation: the approaches order as they must, and reconcile exactly, site by site."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.activities import Site
from hsesg_carbon.inventory import CONSOLIDATIONS, reconciled

LIBRARY, METHOD = hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024")

shares = st.decimals(min_value=0, max_value=1, places=4)
controls = st.lists(st.sampled_from(["financial", "operational"]), unique=True).map(tuple)
sites = st.lists(st.tuples(shares, controls), min_size=1, max_size=4)
quantities = st.lists(st.integers(min_value=1, max_value=10**9), min_size=4, max_size=12)


def ledger(amounts: list[int], count: int) -> hc.Ledger:
    rows = [
        {
            "activity_id": str(place),
            "site": f"site-{place % count}",
            "region": "CN",
            "period": str(2022 + place % 3),
            "activity": ("electricity.grid", "stationary.natural_gas")[place // count % 2],
            "quantity": amount,
            "unit": ("kWh", "m3")[place // count % 2],
        }
        for place, amount in enumerate(amounts)
    ]
    acts = hc.Activities(pd.DataFrame(rows))
    return hc.Plan.compile(acts, LIBRARY, METHOD).run(acts)


def boundaries(held: list[tuple[Decimal, tuple[str, ...]]]) -> list[hc.Boundary]:
    own = tuple(
        Site.model_validate({"id": f"site-{place}", "equity_share": share, "control": control})
        for place, (share, control) in enumerate(held)
    )
    return [hc.Boundary("all", own, approach) for approach in CONSOLIDATIONS]


@given(quantities, shares)
def test_of_one_partly_owned_site_under_control_equity_counts_less_than_control(
    amounts: list[int], share: Decimal
) -> None:
    book = ledger(amounts, 1)
    equity, financial, operational = (
        hc.Inventory(book, one).by("scope") for one in boundaries([(share, ("financial", "operational"))])
    )
    whole = {row["scope"]: row.amount.value for row in operational}
    assert {row["scope"]: row.amount.value for row in financial} == whole
    for row in equity:
        assert 0 <= row.amount.value == Fraction(share) * whole[row["scope"]] <= whole[row["scope"]]


@given(quantities, sites)
def test_any_two_consolidations_reconcile_exactly(
    amounts: list[int], held: list[tuple[Decimal, tuple[str, ...]]]
) -> None:
    book = ledger(amounts, len(held))
    views = [hc.Inventory(book, one) for one in boundaries(held)]
    for first in views:
        for second in views:
            rows = reconciled(first, second)
            totals = [sum((row.amount.value for row in view.by()), Fraction(0)) for view in (first, second)]
            assert sum((row.difference for row in rows), Fraction(0)) == totals[1] - totals[0]
            for row in rows:
                if len(row.shares[0]) == len(row.shares[1]) == 1 and row.shares[0][0]:
                    assert row.second == row.first * row.shares[1][0] / row.shares[0][0]


def test_only_boundaries_are_reconciled() -> None:
    one, other = ledger([1, 2, 3, 4], 1), ledger([1, 2, 3, 4], 1)
    with pytest.raises(hc.InventoryError) as caught:
        reconciled(hc.Inventory(one), hc.Inventory(other))
    assert caught.value.code == "reconcile-differs"
