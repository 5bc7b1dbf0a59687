"""Laws of sums: totals, formed from sums of integers, are what adding up all entries gives, to the last digit."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.instruments import Instruments
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Entry, Totals
from hsesg_carbon.sites import Site
from tests.properties.test_market import certificate
from tests.strategies import KINDS, as_text, frame, on_grid, quantities

JOINED = "2024-03-03"
PERIODS = {
    "north": ["2022", "2024-03-01/2024-03-02", "2024-03-03/2024-04-10", "2024-Q3", "2024-12"],  # joins within March
    "south": ["2022", "2024-Q1", "2024-02-27/2024-03-05", "2024-11-20/2025-01-10", "2024-12"],
    "other": ["2023-12", "2024-12"],  # of which nothing counts
}
OF_LEDGER = ["scope", "iso14064", "subject", "year", "period", "month", "site", "activity", "region", "instrument"]
OF_LEDGER += ["technology", "scope2", "team"]
OF_VIEW = [*OF_LEDGER, "gas", "accounting_group"]

places = st.sampled_from([(site, period) for site, own in PERIODS.items() for period in own])
drawn_rows = st.lists(st.tuples(places, st.sampled_from(KINDS), quantities, st.sampled_from("ab")), max_size=20)


def names(known: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(known), max_size=3, unique=True)


@pytest.fixture(scope="module")
def view(multigas_library: hc.FactorLibrary, multigas: hc.Methodology) -> Callable[[list[Any], str, int], Inventory]:
    """Return the inventory of some rows: of a site wholly, of one in part and from a day, of one not at all."""
    south = {"id": "south", "equity_share": "0.3", "control": ["financial"], "accounting_group": "other"}
    sites = tuple(
        Site.model_validate(one)
        for one in (
            {"id": "north", "equity_share": "0.7", "control": ["operational"], "first": JOINED},
            south,
            {"id": "other", "equity_share": "0", "control": []},
        )
    )
    method = multigas.model_copy(update={"scope2": ("location", "market"), "instrument_months": 12})

    def made(drawn: list[Any], consolidation: Any, volume: int) -> Inventory:
        bill = (("south", "2024-12"), KINDS[0], 10**6, "a")  # large enough for the certificate
        rows = [
            {
                **{"activity_id": f"r{number}", "site": site, "period": period, "activity": activity, "unit": unit},
                **{"quantity": on_grid(quantity, unit), "region": "CN", "team": team},
            }
            for number, ((site, period), (activity, unit), quantity, team) in enumerate([bill, *drawn])
        ]
        acts = hc.Activities(frame(as_text(rows)), sites=sites, library=multigas_library)
        ledger = hc.Plan.compile(acts, multigas_library, method).run(acts, dimensions=["team"])
        of_year = {"period": "2024-12", "produced_from": "2024-12-01", "produced_to": "2024-12-31"}
        green = [certificate("green", str(volume), factor="0.1", retired_on="2025-01-15", **of_year)] if volume else []
        items = Instruments(tuple(green), "us", 12)
        boundary = hc.Boundary("all", sites, consolidation) if consolidation else None
        return Inventory(ledger, boundary, instruments=items)

    return made


def added(
    amounts: Iterable[tuple[Entry, str, str, Fraction]], tells: Mapping[str, Callable[[Entry], str | int]]
) -> dict[Any, Fraction]:
    sums: dict[Any, Fraction] = {}
    for entry, flow, unit, amount in amounts:
        name = tuple((name, tell(entry)) for name, tell in tells.items()), flow, unit
        sums[name] = sums.get(name, Fraction(0)) + amount
    return sums


def rows_of(totals: Totals) -> dict[Any, Fraction]:
    found = {(row.group, row.flow, row.amount.unit): row.amount.value for row in totals}
    assert len(found) == len(totals)
    return found


@given(drawn_rows, names(OF_LEDGER))
def test_the_totals_of_a_ledger_are_the_sums_of_its_entries(view: Any, drawn: list[Any], by: list[str]) -> None:
    ledger = view(drawn, "", 0).ledger
    told = by if "scope2" in by else [*by, "scope2"]
    entries = ((one, one.line.flow.flow, one.line.flow.unit, one.amount) for one in ledger.entries())
    assert rows_of(ledger.totals(*by)) == added(entries, ledger.dimensions(told))


@given(
    drawn_rows,
    names(OF_VIEW),
    st.sampled_from(["", "equity-share", "operational-control", "legal-entity"]),
    st.tuples(st.sampled_from(["location", "market"]), st.integers(0, 10**6)),
)
def test_the_totals_of_an_inventory_are_the_sums_of_its_entries_as_they_count(
    view: Any, drawn: list[Any], by: list[str], consolidation: str, bought: tuple[str, int]
) -> None:
    scope2, volume = bought
    inventory = view(drawn, consolidation, volume).seen(scope2=scope2)
    tells = inventory.dimensions(by)
    counted = ((one, "CO2e", "tCO2e", one.amount * weight) for one, weight in inventory.counted())
    assert rows_of(inventory.by(*by)) == added(counted, tells)
    products = [(one.entry, "CO2e", "tCO2e", one.t_co2e) for one in inventory.products() if one.share]
    assert rows_of(inventory.by(*by)) == added((one for one in products if one[-1] is not None), tells)
    biogenic = (
        (one, "CO2-biogenic", "t", one.amount * share)
        for one, share in inventory.weighed()
        if one.line.flow.kind == "biogenic"
    )
    assert rows_of(inventory.biogenic(*by)) == added(biogenic, tells)
    if scope2 == "market" and volume:
        assert inventory.matching.parts


@given(drawn_rows, drawn_rows, names(OF_LEDGER))
def test_a_batch_compiled_by_itself_adds_and_can_be_taken_out(
    view: Any, drawn: list[Any], batch: list[Any], by: list[str]
) -> None:
    one, other = view(drawn, "", 0).ledger, view(batch, "", 0).ledger
    both = one + other
    expected = rows_of(one.totals(*by))
    for name, value in rows_of(other.totals(*by)).items():
        expected[name] = expected.get(name, Fraction(0)) + value
    assert rows_of(both.totals(*by)) == expected
    entries = ((one, one.line.flow.flow, one.line.flow.unit, one.amount) for one in both.entries())
    told = by if "scope2" in by else [*by, "scope2"]
    assert rows_of(both.totals(*by)) == added(entries, both.dimensions(told))
    assert rows_of((both - other).totals(*by)) == rows_of(one.totals(*by))


@given(drawn_rows)
def test_what_holds_for_many_keys_is_one_line(view: Any, drawn: list[Any]) -> None:
    """Sites and months that share factors share the objects, else sums would be formed apart."""
    plan = view(drawn, "", 0).ledger.plan
    own: dict[Any, set[int]] = {}
    for key, lines in plan.lines.items():
        told = [(one.flow.flow, one.scope2, one.multiplier, one.rule, one.fit) for one in lines]
        own.setdefault((key.activity, key.unit, str(told)), set()).add(id(lines))
    assert all(len(ids) == 1 for ids in own.values())
