"""Laws of consolidation: the approaches order as they must, and reconcile exactly, site by site."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.boundary import CONSOLIDATIONS
from hsesg_carbon.consolidations import reconciled
from hsesg_carbon.sites import Site

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
    equity, financial, operational, legal = (
        hc.Inventory(book, one).by("scope") for one in boundaries([(share, ("financial", "operational"))])
    )
    whole = {row["scope"]: row.amount.value for row in operational}
    for other in (financial, legal):
        assert {row["scope"]: row.amount.value for row in other} == whole
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


links = st.tuples(shares, st.sampled_from(["financial", "joint-financial", None]), st.booleans())
chains = st.lists(links, min_size=1, max_size=9)
Link = tuple[Decimal, str | None, bool]


def chained(drawn: list[Link], name: str = "link") -> tuple[hc.Entity, ...]:
    """Return a chain of entities; the organisation itself holds the first."""
    return tuple(
        hc.Entity.model_validate(
            {"id": f"{name}-{place}", "equity_share": share, "held_by": f"{name}-{place - 1}" if place else "us"}
            | {"control": [one for one in (financial, "operational" if operated else None) if one]}
        )
        for place, (share, financial, operated) in enumerate(drawn)
    )


def under_all(book: hc.Ledger, site: Site, entities: tuple[hc.Entity, ...] = ()) -> list[Fraction]:
    """Return the total of a ledger of one site under equity share, financial and operational control."""
    boundaries = [hc.Boundary("all", (site,), approach, "us", entities) for approach in CONSOLIDATIONS[:3]]
    return [sum((row.amount.value for row in hc.Inventory(book, one).by()), Fraction(0)) for one in boundaries]


@given(quantities, chains)
def test_a_chain_of_entities_counts_as_its_flattened_share(amounts: list[int], drawn: list[Link]) -> None:
    book = ledger(amounts, 1)
    whole = hc.Inventory(book).total().value
    equity, financial, operational = under_all(book, Site(id="site-0", entity=f"link-{len(drawn) - 1}"), chained(drawn))
    product, joint = Fraction(1), Fraction(1)
    for share, control, _ in drawn:
        product *= Fraction(share)
        joint *= {"financial": Fraction(1), "joint-financial": Fraction(share), None: Fraction(0)}[control]
    assert equity == whole * product
    assert financial == whole * joint
    assert operational == whole * all(operated for _, _, operated in drawn)
    if all(control for _, control, _ in drawn):
        assert 0 <= equity <= financial <= whole
    if operational:
        assert 0 <= equity <= operational


@given(quantities, st.lists(shares, min_size=1, max_size=4))
def test_a_site_of_one_entity_or_more_counts_like_one_that_states_the_product(
    amounts: list[int], drawn: list[Decimal]
) -> None:
    """Under sole control: the site without entities, as it was always stated."""
    book = ledger(amounts, 1)
    product = Decimal(1)
    for share in drawn:
        product *= share  # at most 16 digits: exact
    own = chained([(share, "financial", True) for share in drawn])
    stated = Site(id="site-0", entity=own[-1].id, equity_share=product)
    assert under_all(book, stated, own) == under_all(book, Site(id="site-0", equity_share=product))


@given(quantities, chains, chains)
def test_consolidations_of_sites_held_through_entities_reconcile_exactly(
    amounts: list[int], first: list[Link], second: list[Link]
) -> None:
    book = ledger(amounts, 2)
    entities = chained(first, "one") + chained(second, "other")
    held = (
        Site(id="site-0", entity=f"one-{len(first) - 1}"),
        Site(id="site-1", entity=f"other-{len(second) - 1}"),
    )
    views = [hc.Inventory(book, hc.Boundary("all", held, approach, "us", entities)) for approach in CONSOLIDATIONS]
    for one in views:
        for other in views:
            totals = [sum((row.amount.value for row in view.by()), Fraction(0)) for view in (one, other)]
            assert sum((row.difference for row in reconciled(one, other)), Fraction(0)) == totals[1] - totals[0]


SOLD = [
    ("electricity.grid", 1000, "MWh"),
    ("electricity.sold", 200, "MWh"),
    ("heat.purchased", 500, "GJ"),
    ("heat.sold", 100, "GJ"),
    ("stationary.natural_gas", 10000, "Nm3"),
    ("refrigerant.r32", 1, "kg"),
    ("co2.recovered", 2, "t"),
]


def books() -> hc.Ledger:
    rows = [
        {"activity_id": f"{site}-{activity}", "site": site, "region": "CN", "period": "2023"}
        | {"activity": activity, "quantity": str(quantity), "unit": unit}
        for site in ("own", "daughter")
        for activity, quantity, unit in SOLD
    ]
    acts = hc.Activities(pd.DataFrame(rows))
    return hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("ghgp-cn")).run(acts)


def test_the_legal_person_is_counted_as_chinese_standards_do() -> None:
    """One total net of what is sold and recovered, of the legal person alone; the scopes keep everything gross."""
    held = (
        Site(id="own", accounting_group="consolidated"),
        Site(id="daughter", legal_entity="daughter-ltd", accounting_group="other"),
    )
    view = hc.Inventory(books(), hc.Boundary("all", held, "legal-entity", "us"))
    gas = Fraction("389.31") * (56100 + 5 * 27 + Fraction("0.1") * 273) / 10**6
    wanted = {
        "fuel-combustion": gas,
        "process": Fraction("0.771"),
        "electricity-bought": 1000 * Fraction("0.5306"),
        "electricity-sold": -200 * Fraction("0.5306"),
        "heat-bought": Fraction(55),
        "heat-sold": Fraction(-11),
        "recovered": Fraction(-2),
    }
    assert {row["item"]: row.amount.value for row in view.national()} == wanted
    gross = {row["scope"]: row.amount.value for row in view.by("scope")}
    assert gross == {
        "1": wanted["fuel-combustion"] + wanted["process"],
        "2": wanted["electricity-bought"] + wanted["heat-bought"],
    }
    control = view.seen(boundary=hc.Boundary("all", held, "operational-control", "us"))
    assert control.total().value == 2 * view.total().value
    groups = {row["accounting_group"]: row.amount.value for row in control.by("accounting_group")}
    assert groups == {"consolidated": view.total().value, "other": view.total().value}


def test_of_a_building_that_is_leased_in_part_the_part_counts() -> None:
    lease = {"share": "0.35", "basis": "area", "note": "35,000 of 100,000 m2 (made up)"}
    held = tuple(Site.model_validate({"id": name, "lease": lease}) for name in ("own", "daughter"))
    plain = (Site(id="own"), Site(id="daughter"))
    for approach in CONSOLIDATIONS:
        whole = hc.Inventory(books(), hc.Boundary("all", plain, approach)).total().value
        assert hc.Inventory(books(), hc.Boundary("all", held, approach)).total().value == whole * Fraction("0.35")


def test_only_boundaries_are_reconciled() -> None:
    one, other = ledger([1, 2, 3, 4], 1), ledger([1, 2, 3, 4], 1)
    with pytest.raises(hc.InventoryError) as caught:
        reconciled(hc.Inventory(one), hc.Inventory(other))
    assert caught.value.code == "reconcile-differs"
