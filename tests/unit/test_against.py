"""What a reported table is held to besides itself: an inventory, published orders of magnitude, shares of energy."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.verification import ReportedTable, Verification, verify
from hsesg_carbon.verification.published import Published

LIBRARY = hc.FactorLibrary.shipped()


def found(rows: Mapping[str, tuple[str, ...]], inventory: hc.Inventory | None = None) -> Verification:
    """Verify rows ``id: (unit, cell, cell ...)`` of as many years up to 2024."""
    columns = [str(2024 - back) for back in reversed(range(max(len(one) for one in rows.values()) - 1))]
    made = [
        {"id": name, "unit": unit, "cells": dict(zip(columns, cells, strict=True))}
        for name, (unit, *cells) in rows.items()
    ]
    return verify(ReportedTable.of(made, columns), inventory)


def told(result: Verification) -> list[tuple[str, str]]:
    return [(one.evidence[0].check, one.evidence[0].implied[0]) for one in result.findings if hasattr(one, "evidence")]


# ----------------------------------------------------------------------------------------------------- the inventory


@pytest.fixture(scope="module")
def inventory() -> hc.Inventory:
    """Return 10 t of Scope 2 (2024) and some Scope 3, of flights: made up."""
    base = {"site": "hq", "region": "GB", "period": "2025"}
    rows = [
        {"activity_id": "e", "activity": "electricity.grid", "quantity": "100000", "unit": "kWh"},
        {"activity_id": "d", "activity": "mobile.diesel", "quantity": "1000", "unit": "L"},
        {
            "activity_id": "f",
            "activity": "travel.flight",
            "quantity": "10000",
            "unit": "passenger_km",
            "technology": "short-haul.average",
        },
    ]
    acts = hc.Activities(pd.DataFrame([{**base, **one} for one in rows]))
    return hc.Inventory(hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("uk-desnz-2025")).run(acts))


def printed(inventory: hc.Inventory, *scopes: str) -> str:
    amounts = inventory.by("scope", "year")
    return f"{sum(float(amounts.value(scope=one, year=2025).value) for one in scopes):.3f}"


def table(cells: Mapping[str, str]) -> ReportedTable:
    made = [{"id": f"ghg.{name}", "unit": "tCO2e", "cells": {"2025": cell}} for name, cell in cells.items()]
    return ReportedTable.of(made, ["2025"])


@pytest.mark.parametrize(
    ("scopes", "of_total"),
    [
        (("1", "2"), ("1", "2")),  # the table tells nothing of Scope 3: its total is of 1 and 2
        (("1", "2", "3"), ("1", "2", "3")),
        (("1", "2", "3"), ("1", "2")),  # Scope 3 beside the total
        ((), ("1", "2", "3")),  # a total alone: of everything that the inventory has
    ],
)
def test_a_printed_total_is_held_to_the_scopes_that_it_is_of(
    inventory: hc.Inventory, scopes: tuple[str, ...], of_total: tuple[str, ...]
) -> None:
    cells = {f"scope{one}": printed(inventory, one) for one in scopes} | {"total": printed(inventory, *of_total)}
    result = verify(table(cells), inventory)
    assert [one.code for one in result.findings if one.severity == "error"] == []
    agreed = [one for one in result.findings if one.code == "reported-agreed"]
    assert agreed == []
    wrong = verify(table(cells | {"total": "999.000"}), inventory)
    checks = [two.check for one in wrong.findings for two in getattr(one, "evidence", ())]
    assert "ghg.total[2025] = inventory.ghg.total" in checks


def test_a_printed_scope_3_is_held_to_that_of_the_inventory(inventory: hc.Inventory) -> None:
    cells = {"scope1": printed(inventory, "1"), "scope2": printed(inventory, "2"), "scope3": "1.000"}
    (wrong,) = [one for one in verify(table(cells), inventory).findings if one.severity == "error"]
    assert wrong.code == "reported-agreed"
    assert wrong.evidence[0].check == "ghg.scope3[2025] = inventory.ghg.scope3"  # type: ignore[attr-defined]


def test_a_total_with_a_scope_3_that_the_inventory_does_not_compute_is_not_held_to_it(inventory: hc.Inventory) -> None:
    rows = [{"activity_id": "d", "activity": "mobile.diesel", "quantity": "1000", "unit": "L"}]
    base = {"site": "hq", "region": "GB", "period": "2025"}
    acts = hc.Activities(pd.DataFrame([{**base, **one} for one in rows]))
    small = hc.Inventory(hc.Plan.compile(acts, LIBRARY, hc.Methodology.shipped("uk-desnz-2025")).run(acts))
    one = str(small.total().rounded(3)).split()[0]
    cells = {"scope1": one, "scope2": "0.000", "scope3": "50.000", "total": f"{float(one) + 50:.3f}"}
    result = verify(table(cells), small)
    assert [one.code for one in result.findings if one.severity == "error"] == []
    assert verify(table(cells | {"scope3": ""}), small).passed < verify(table(cells | {"scope3": ""}), small).checks


# ------------------------------------------------------------------------------------------------- orders of magnitude


@pytest.mark.parametrize("other", ["", "energy.heat", "energy.steam", "energy.cooling"])
def test_scope_2_above_every_grid_is_told_unless_something_else_was_bought(other: str) -> None:
    """No grid emits 1.2345 kg/kWh; but heat is in Scope 2 as well, and no bound is known of it."""
    rows = {"ghg.scope2": ("tCO2e", "1.2345"), "energy.electricity": ("kWh", "1000")}
    beside = {other: ("GJ", "1")} if other else {}
    assert (found(rows | beside).findings == ()) == bool(other)
    assert found(rows | beside | {"ghg.scope2": ("tCO2e", "0.5366")}).findings == ()
    (wrong,) = found(rows | beside | {"ghg.scope2": ("tCO2e", "0.0012")}).findings
    assert wrong.message().count("it lies between 0.005997 and " + ("–." if other else "0.88474215 tCO2e.")) == 1


def test_the_fuels_that_scope_1_is_held_to_are_named() -> None:
    rows = {
        "ghg.scope1": ("tCO2e", "0.2183"),
        "energy.natural_gas": ("m3", "100000"),
        "energy.petrol": ("L", "1000"),
    }
    (wrong,) = found(rows).findings
    assert wrong.evidence[0].check == "ghg.scope1[2024]: energy.natural_gas, energy.petrol"  # type: ignore[attr-defined]
    assert wrong.data["others"] == ["energy.natural_gas[2024]", "energy.petrol[2024]"]
    assert (wrong.data["lowest"], wrong.data["highest"]) == ("198.09", "222.89 tCO2e")


def test_a_part_that_is_more_than_its_whole_is_told_without_a_unit_where_it_has_none() -> None:
    (wrong,) = found({"revenue": ("", "5"), "revenue.abroad": ("", "7")}).findings
    assert wrong.message().startswith(
        "revenue.abroad[2024] = 7 is out of range: with revenue[2024] and published figures"
    )
    assert "between – and 5.5. Check" in wrong.message()
    assert wrong.evidence[0].unit == "1"  # type: ignore[attr-defined]
    (other,) = found({"water.withdrawal": ("m3", "5"), "water.discharge": ("m3", "7")}).findings
    assert "water.discharge[2024] = 7 m3 is out of range" in other.message()
    assert "between – and 5.5 m3" in other.message()


def test_the_lowest_published_factor_is_none_of_0(tmp_path: Path) -> None:
    """A supplier's 0 is no grid: with it any Scope 2 would be in range."""
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "own"\n', encoding="utf-8"
    )
    (tmp_path / "own.csv").write_text(
        "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"
        "own.grid,electricity.grid,CO2,0,kgCO2/kWh,CN,2023-01-01,2023,own,x,primary\n",
        encoding="utf-8",
    )
    made = [
        {"id": "ghg.scope2", "unit": "tCO2e", "cells": {"2024": "0.001"}},
        {"id": "energy.electricity", "unit": "kWh", "cells": {"2024": "1000000"}},
    ]
    low = verify(ReportedTable.of(made, ["2024"]), library=LIBRARY.overlay(tmp_path)).findings
    assert [one.code for one in low] == ["reported-magnitude"]
    assert low[0].data["lowest"] == verify(ReportedTable.of(made, ["2024"])).findings[0].data["lowest"] != "0"


@pytest.mark.parametrize(
    ("fuel", "ends"),
    [("petrol", ("285.22", "312.01632 tCO2e")), ("coal", ("221.06379665", "291.94771017 tCO2e"))],
)
def test_a_fuel_by_mass_is_held_to_factors_per_mass_or_to_its_energy(fuel: str, ends: tuple[str, str]) -> None:
    """Petrol is published per GJ, coal of no named kind per tonne alone: 2,221.7467 kg, times 99.5 t."""
    (wrong,) = found({"ghg.scope1": ("tCO2e", "1.00"), f"energy.{fuel}": ("t", "100")}).findings
    assert (wrong.data["lowest"], wrong.data["highest"]) == ends


# ----------------------------------------------------------------------------------------------------- other relations


def test_the_share_of_a_carrier_is_told_with_what_it_can_be() -> None:
    rows = {
        "energy.electricity": ("kWh", "1000"),
        "energy.natural_gas": ("m3", "100"),
        "energy.electricity.share": ("%", "10"),
    }
    (wrong,) = found(rows).findings
    (evidence,) = wrong.evidence  # type: ignore[attr-defined]
    assert evidence.check == "energy.electricity.share[2024] = energy.electricity / energy.*"
    assert evidence.implied == ("47.671854", "78.789822")
    assert found(rows | {"energy.electricity.share": ("%", "60")}).findings == ()


@pytest.mark.parametrize(("change", "codes"), [("2", []), ("5", ["reported-change"])])
def test_a_change_of_a_percentage_in_points_is_a_difference(change: str, codes: list[str]) -> None:
    for unit in ("pp", "个百分点"):
        result = found({"x.green": ("%", "10", "12"), "x.green.change": (unit, "", change)})
        assert [one.code for one in result.findings] == codes
        assert result.checks == 1


@pytest.mark.parametrize(("change", "codes"), [("25", []), ("100", ["reported-change"])])
def test_a_change_in_percent_of_a_pure_number_is_relative(change: str, codes: list[str]) -> None:
    result = found({"pue.rooms": ("", "4.00", "5.00"), "pue.rooms.change": ("%", "", change)})
    assert ([one.code for one in result.findings], result.checks) == (codes, 1)


def test_tonnes_of_co2_are_compared_with_those_of_co2e() -> None:
    made = [{"id": f"ghg.scope{at}", "unit": "tCO2", "cells": {"2024": "1"}} for at in (1, 2)]
    made.append({"id": "ghg.total", "unit": "tCO2e", "cells": {"2024": "2"}})
    result = verify(ReportedTable.of(made, ["2024"]))
    assert (result.findings, result.checks) == ((), 1)


def test_numbers_of_a_gwp_set_are_exchanged_as_such() -> None:
    kinds = {one.slip for one in Published.of(LIBRARY).numbers if one.id.startswith("ar")}
    assert kinds == {"gwp-set"}
    assert {one.slip for one in Published.of(LIBRARY).numbers if one.id.startswith("mee")} == {"factor-vintage"}
