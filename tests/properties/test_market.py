"""Laws of market-based Scope 2: volumes are conserved along the ladder, no instrument changes nothing, 0 counts."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.boundary import CONSOLIDATIONS
from hsesg_carbon.instruments import Instrument, Instruments

LIBRARY = hc.FactorLibrary.shipped()
METHOD = """
id = "both"
title = { en = "Both", zh = "两种方法" }
gases = ["CO2"]
gwp = "none"
scope2 = ["location", "market"]
instrument_months = 12

[[use]]
activity = "electricity.grid"
flow = "CO2"
source = ["mee-2025-47"]
variant = "average"
region = "CN"
reason = "the grid average"
"""
RESIDUAL = """
[[use]]
activity = "electricity.grid"
flow = "CO2"
scope2 = "market"
source = ["mee-2025-47"]
variant = "excluding-traded-nonfossil"
region = "CN"
reason = "a proxy of the residual mix"
"""
AVERAGE, PROXY = Fraction("0.5306"), Fraction("0.6096")


def method(folder: Path, *, residual: bool) -> hc.Methodology:
    path = folder / f"both-{residual}.toml"
    head, mark, rules = METHOD.partition("\n[[use]]")
    path.write_text(head + (RESIDUAL if residual else "") + mark + rules, encoding="utf-8")
    return hc.Methodology.load(path)


def ledger(quantities: list[int], basis: hc.Methodology) -> hc.Ledger:
    rows = [
        {
            "activity_id": str(place),
            "site": f"site-{place % 2}",
            "region": "CN-ZJ",
            "period": f"2023-{1 + place % 12:02d}",
            "activity": "electricity.grid",
            "quantity": quantity,
            "unit": ("kWh", "MWh")[place % 2],
        }
        for place, quantity in enumerate(quantities)
    ]
    acts = hc.Activities(pd.DataFrame(rows))
    return hc.Plan.compile(acts, LIBRARY, basis).run(acts)


def certificate(name: str, volume: str | None, **changes: Any) -> Instrument:
    return Instrument.model_validate(
        {
            "instrument": name,
            "kind": "certificate",
            "period": "2023",
            "market": "CN",
            "volume": volume,
            "unit": "kWh" if volume else None,
            "factor": "0",
            "factor_unit": "kgCO2/kWh",
            "produced_from": "2023-01-01",
            "produced_to": "2023-12-31",
            "retired_for": "us",
            "retired_on": "2024-01-15",
            "conveys_attribute": "yes",
            "only_claim": "yes",
            "tracked_and_retired": "yes",
            **changes,
        }
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> hc.Methodology:
    return method(tmp_path_factory.mktemp("plain"), residual=False)


@pytest.fixture(scope="module")
def with_residual(tmp_path_factory: pytest.TempPathFactory) -> hc.Methodology:
    return method(tmp_path_factory.mktemp("residual"), residual=True)


bills = st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=8)


def bought(quantities: list[int]) -> int:
    return sum(quantity * (1000 if place % 2 else 1) for place, quantity in enumerate(quantities))


@given(bills)
def test_without_instruments_and_residual_mix_both_methods_give_the_same(
    plain: hc.Methodology, quantities: list[int]
) -> None:
    inventory = hc.Inventory(ledger(quantities, plain))
    assert inventory.seen(scope2="market").total() == inventory.total()
    assert inventory.total().value == bought(quantities) * AVERAGE / 1000


@given(bills, st.lists(st.fractions(min_value=Fraction(1, 100), max_value=Fraction(1, 2)), min_size=1, max_size=4))
def test_volumes_are_conserved_along_the_ladder(
    with_residual: hc.Methodology, quantities: list[int], shares: list[Fraction]
) -> None:
    """What instruments cover and what is left is what was bought; the rest stands at the residual mix."""
    left, items = Fraction(bought(quantities)), []
    for place, share in enumerate(shares):
        volume = Decimal(int(left * share * 1000)) / 1000
        if volume > 0:
            items.append(certificate(f"c{place}", str(volume), factor="0.1"))
            left -= Fraction(volume)
    view = hc.Inventory(
        ledger(quantities, with_residual), scope2="market", instruments=Instruments(tuple(items), "us", 12)
    )
    covered = sum((Fraction(one.volume or 0) for one in items), Fraction(0))
    assert view.total().value == (covered * Fraction("0.1") + left * PROXY) / 1000
    assert view.seen(scope2="location").total().value == bought(quantities) * AVERAGE / 1000


@given(bills)
def test_a_factor_of_zero_is_a_factor(with_residual: hc.Methodology, quantities: list[int]) -> None:
    everything = certificate("all", str(bought(quantities)))
    view = hc.Inventory(
        ledger(quantities, with_residual), scope2="market", instruments=Instruments((everything,), "us", 12)
    )
    assert view.total().value == 0
    assert "residual-mix-used" not in {one.code for one in view.findings}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conveys_attribute": "unknown"}, "criterion 1"),
        ({"only_claim": "no"}, "criterion 2"),
        ({"ccer": "yes"}, "criterion 2"),
        ({"retired_for": "others"}, "criterion 3"),
        ({"retired_on": None}, "criterion 3"),
        ({"valid_until": "2023-12-31"}, "while it was valid"),
        ({"produced_from": "2021-01-01", "produced_to": "2021-06-30"}, "criterion 4"),
        ({"produced_from": None}, "criterion 4"),
        ({"market": "US"}, "criterion 5"),
        ({"period": "2022"}, "criterion 5"),
        ({"site": "site-9"}, "criterion 5"),
        ({"kind": "ppa"}, "criterion 7"),
        ({"kind": "supplier"}, "criterion 6"),
    ],
)
def test_what_fails_a_criterion_falls_to_the_next_rung_with_the_reason(
    with_residual: hc.Methodology, changes: dict[str, Any], words: str
) -> None:
    instruments = Instruments((certificate("c", "100", **changes),), "us", 12)
    view = hc.Inventory(ledger([1000], with_residual), scope2="market", instruments=instruments)
    assert view.total().value == PROXY
    (finding,) = [one for one in view.findings if one.code == "instrument-falls"]
    assert words in finding.line("en")
    assert finding.line("zh")


def test_a_suppliers_rate_covers_what_certificates_leave(with_residual: hc.Methodology) -> None:
    rate = certificate("rate", None, kind="supplier", delivered_mix="yes", factor="0.3", site="site-0")
    instruments = Instruments((rate, certificate("c", "250")), "us", 12)
    view = hc.Inventory(ledger([1000, 2], with_residual), scope2="market", instruments=instruments)
    # 250 kWh in proportion over 1000 kWh at site-0 and 2 MWh at site-1, then the rate at site-0, the proxy at site-1
    left = [1000 - Fraction(250, 3), 2000 - Fraction(500, 3)]
    assert view.total().value == (left[0] * Fraction("0.3") + left[1] * PROXY) / 1000


@given(bills, st.fractions(min_value=0, max_value=1))
def test_the_rungs_of_all_rows_add_up_to_the_total(
    with_residual: hc.Methodology, quantities: list[int], share: Fraction
) -> None:
    volume = Decimal(int(bought(quantities) * share))
    items = (certificate("c", str(volume), factor="0.1"),) if volume else ()
    book = ledger(quantities, with_residual)
    view = hc.Inventory(book, scope2="market", instruments=Instruments(items, "us", 12))
    rungs = [rung for place in range(len(quantities)) for rung in view.rungs(str(place))]
    assert sum((rung.amount.value for rung in rungs), Fraction(0)) == view.total().value
    by_instrument = sum(
        (
            rung.quantity.value * (1000 if rung.quantity.unit == "MWh" else 1)
            for rung in rungs
            if rung.stands_for == "c"
        ),
        Fraction(0),
    )
    assert by_instrument == Fraction(volume)
    assert view.seen(scope2="location").rungs("0") == ()


def book_of(rows: list[dict[str, Any]], basis: hc.Methodology) -> hc.Ledger:
    plain = {"region": "CN", "activity": "electricity.grid", "unit": "MWh"}
    acts = hc.Activities(pd.DataFrame([{**plain, "activity_id": str(at), **row} for at, row in enumerate(rows)]))
    return hc.Plan.compile(acts, LIBRARY, basis).run(acts)


def test_credits_count_against_what_can_be_claimed(with_residual: hc.Methodology) -> None:
    """100 MWh bought and 60 credited are 40: a certificate of 40 covers all, one of 41 claims too much."""
    book = book_of(
        [
            {"site": "hq", "period": "2023-01", "quantity": 100, "credit": ""},
            {"site": "hq", "period": "2023-02", "quantity": -60, "credit": "yes"},
        ],
        with_residual,
    )
    view = hc.Inventory(book, scope2="market", instruments=Instruments((certificate("c", "40000"),), "us", 12))
    assert view.total().value == 0
    with pytest.raises(hc.InventoryError):
        hc.Inventory(book, scope2="market", instruments=Instruments((certificate("c", "41000"),), "us", 12))


def test_of_a_building_leased_in_part_only_the_part_can_be_covered(with_residual: hc.Methodology) -> None:
    book = book_of([{"site": "hq", "period": "2023", "quantity": 1000}], with_residual)
    lease = {"share": "0.35", "basis": "area", "note": "made up"}
    boundary = hc.Boundary("all", (hc.Site.model_validate({"id": "hq", "lease": lease}),), "operational-control")
    asked = {"scope2": "market", "boundary": boundary}
    view = hc.Inventory(book, **asked, instruments=Instruments((certificate("c", "350000"),), "us", 12))  # type: ignore[arg-type]
    assert view.total().value == 0
    assert [(rung.stands_for, rung.quantity.value) for rung in view.rungs("0")] == [("c", Fraction(350))]
    with pytest.raises(hc.InventoryError):
        hc.Inventory(book, **asked, instruments=Instruments((certificate("c", "351000"),), "us", 12))  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("a", "z"), ("z", "a")])
def test_instruments_of_one_site_go_before_those_of_any(with_residual: hc.Methodology, names: tuple[str, str]) -> None:
    book = book_of([{"site": site, "period": "2023", "quantity": 50} for site in ("hq", "br")], with_residual)
    items = (certificate(names[0], "60000"), certificate(names[1], "40000", site="hq"))
    assert hc.Inventory(book, scope2="market", instruments=Instruments(items, "us", 12)).total().value == 0


def test_ownership_does_not_move_what_a_certificate_covers(with_residual: hc.Methodology) -> None:
    """All consolidations rest on one matching, and none refuses what another accepts."""
    book = book_of([{"site": site, "period": "2023", "quantity": 100} for site in ("hq", "jv")], with_residual)
    sites = (hc.Site(id="hq"), hc.Site(id="jv", legal_entity="jvco", control=("operational",)))
    instruments = Instruments((certificate("c", "150000"),), "us", 12)
    totals = [
        hc.Inventory(book, hc.Boundary("all", sites, approach, "us"), scope2="market", instruments=instruments)
        .by("site")
        .value(site="hq")
        .value
        for approach in CONSOLIDATIONS
    ]
    assert set(totals) == {25 * PROXY}


def test_a_bill_longer_than_the_claim_is_told_apart_from_nothing_bought(with_residual: hc.Methodology) -> None:
    book = book_of([{"site": "hq", "period": "2023-Q2", "quantity": 100}], with_residual)
    instruments = Instruments((certificate("c", "10", period="2023-05"),), "us", 12)
    (finding,) = [
        one
        for one in hc.Inventory(book, scope2="market", instruments=instruments).findings
        if one.code == "instrument-falls"
    ]
    assert "longer than the period" in finding.line("en")


@given(
    st.lists(st.tuples(st.sampled_from(["hq", "br"]), st.integers(1, 9999)), min_size=1, max_size=6),
    st.lists(st.fractions(min_value=Fraction(1, 100), max_value=Fraction(1, 3)), max_size=3),
    st.sampled_from(["1", "0.6", "0"]),
)
def test_lines_add_up_to_the_market_based_total(
    with_residual: hc.Methodology, bills_: list[tuple[str, int]], claims: list[Fraction], share: str
) -> None:
    """Line by line, instruments, leases and shares included; lines are floats, so as far as these go."""
    rows = [
        {"site": site, "period": f"2023-{1 + place % 2:02d}", "quantity": one}
        for place, (site, one) in enumerate(bills_)
    ]
    rows.append({"site": "hq", "period": "2023-02-20/2023-03-10", "quantity": 1000})  # a bill that crosses months
    sites = (
        hc.Site.model_validate({"id": "hq", "equity_share": share}),
        hc.Site.model_validate({"id": "br", "lease": {"share": "0.4", "basis": "area", "note": "made up"}}),
    )
    used = sum(
        (Fraction(int(str(row["quantity"])) * 1000) * (Fraction("0.4") if row["site"] == "br" else 1) for row in rows),
        Fraction(0),
    )
    items = tuple(
        certificate(f"c{place}", str(volume), factor=("0", "0.1", "0.2")[place])
        for place, claim in enumerate(claims)
        if (volume := Decimal(int(used * claim)) / 1) > 0
    )
    view = hc.Inventory(
        book_of(rows, with_residual),
        hc.Boundary("all", sites, "equity-share", "us"),
        scope2="market",
        instruments=Instruments(items, "us", 12),
    )
    for one, other in ((view, "location"), (view.seen(scope2="location"), "market")):
        lines = one.lines()
        held = lines[(lines["flow"] == "CO2") & (lines["scope2"] != other)]
        total = float(sum((row.amount.value for row in one.by()), Fraction(0)))
        assert (held["amount"] * held["counted"]).sum() == pytest.approx(total, rel=1e-9)
    assert set(view.lines()["rung"]) == {"", *(item.instrument for item in items)}


def test_claiming_more_than_was_bought_and_claiming_twice_are_errors(with_residual: hc.Methodology) -> None:
    for items in ([certificate("c", "1001")], [certificate("a", "600"), certificate("b", "401")]):
        with pytest.raises(hc.InventoryError) as caught:
            hc.Inventory(
                ledger([1000], with_residual), scope2="market", instruments=Instruments(tuple(items), "us", 12)
            )
        assert caught.value.code == "instrument-over-claimed"
    with pytest.raises(hc.InventoryError) as caught:
        Instruments((certificate("a", "1"), certificate("a", "2")), "us", 12)
    assert caught.value.code == "instrument-twice"


def test_the_two_methods_are_never_added(plain: hc.Methodology) -> None:
    totals = ledger([1000], plain).totals("scope")
    assert [(dict(row.group)["scope2"], row.amount.value) for row in totals if row.flow == "CO2"] == [
        ("location", AVERAGE),
        ("market", AVERAGE),
    ]
    with pytest.raises(hc.InventoryError):
        totals.value("CO2", scope="2")


def test_a_method_that_was_not_computed_is_an_error() -> None:
    inventory = hc.Inventory(ledger([1000], hc.Methodology.shipped("hundsun-2024")))
    with pytest.raises(hc.InventoryError) as caught:
        inventory.seen(scope2="market")
    assert caught.value.code == "scope2-not-computed"
