"""Laws of the statement: whatever the rows, the calculation adds up to the totals, and all that it uses is listed."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.calculation import calculation_json, calculations, energy_calculations, factor_rows
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.sites import Site
from tests.strategies import frame, rows

YEARS = {2022, 2023, 2024, 2025}
shares = st.decimals(min_value=0, max_value=1, places=3)


@pytest.fixture(scope="module")
def views_of(multigas_library: hc.FactorLibrary, multigas: hc.Methodology) -> Any:
    """Return what gives the views of rows at two sites with their shares."""

    def views(drawn: list[dict[str, Any]], north: Decimal, south: Decimal) -> dict[str, hc.Inventory]:
        sites = (Site(id="north", equity_share=north), Site(id="south", equity_share=south))
        boundary = hc.Boundary("all", sites, "equity-share")
        activities = hc.Activities(frame(drawn), boundary.sites, multigas_library)
        plan = hc.Plan.compile(activities, multigas_library, multigas)
        inventory = hc.Inventory(plan.run(activities), boundary)
        return {method: inventory.seen(scope2=method) for method in multigas.scope2}

    return views


@given(rows(), shares, shares)
def test_the_calculation_adds_up_to_the_totals_by_year_scope_and_method(
    views_of: Any, drawn: list[dict[str, Any]], north: Decimal, south: Decimal
) -> None:
    views = views_of(drawn, north, south)
    found = calculations(views, YEARS)
    for method, view in views.items():
        sums: dict[tuple[int, str], Fraction] = {}
        for row in found:
            if row.key.method in {None, method} and row.t_co2e is not None:
                place = row.key.year, row.key.scope
                sums[place] = sums.get(place, Fraction(0)) + row.t_co2e
        assert sums == {(row["year"], row["scope"]): row.amount.value for row in view.by("year", "scope")}
        beside = [row for row in found if row.gwp is None]
        tonnes = sum((row.amount * row.share for row in beside), Fraction(0))
        assert tonnes == sum((row.amount.value for row in view.biogenic()), Fraction(0))


@given(rows(), shares, shares)
def test_ids_are_unique_and_every_number_used_is_listed(
    views_of: Any, drawn: list[dict[str, Any]], north: Decimal, south: Decimal
) -> None:
    views = views_of(drawn, north, south)
    found = calculations(views, YEARS)
    assert len({row.id for row in found}) == len(found)
    listed = {one["id"]: set(one["used_by"]) for one in factor_rows(views.values(), found)}
    for row in found:
        told = calculation_json(row, views[row.key.method or next(iter(views))])
        assert all(row.id in listed[one] for one in (told["factor"], *told["properties"]) if one)
        ends = "tco2e" not in told["rounded"] and told["tco2e"] is not None
        assert not ends or Fraction(told["tco2e"]) == row.t_co2e


@given(rows(), shares, shares)
def test_the_calculation_of_energy_adds_up_to_the_energy_account_by_carrier(
    views_of: Any, drawn: list[dict[str, Any]], north: Decimal, south: Decimal
) -> None:
    for view in views_of(drawn, north, south).values():
        known, sums = view.ledger.plan.library.catalogue, dict[tuple[str, int, str], Fraction]()
        for row in energy_calculations(view, YEARS):
            place = known[row.key.activity].subject, row.key.year, row.line.flow.flow
            sums[place] = sums.get(place, Fraction(0)) + row.amount * row.share
        account = {
            (row["subject"], row["year"], row.flow): row.amount.value
            for row in EnergyAccount(view).by("subject", "year")
        }
        assert sums == account
