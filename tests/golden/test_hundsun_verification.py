"""The first real case: what cannot be true in the tables and sentences of Hundsun's 2024 report, and why."""

import csv
from pathlib import Path

import pytest

import hsesg_carbon as hc
from hsesg_carbon.verification.verdict import Discrepancy
from tests.conftest import HUNDSUN

IN_WORDS = {"ghg.total.decrease", "ghg.total.decrease_rate"}


@pytest.fixture(scope="module")
def outcome() -> hc.Verification:
    return hc.Workspace(HUNDSUN).verification()


def of(outcome: hc.Verification, severity: str) -> list[Discrepancy]:
    return [one for one in outcome.findings if one.severity == severity and isinstance(one, Discrepancy)]


def test_the_errors_are_the_transposition_and_the_share_of_electricity(outcome: hc.Verification) -> None:
    assert [one.code for one in of(outcome, "error")] == ["columns-transposed", "reported-share"]
    assert not outcome.clean


def test_one_edit_resolves_the_intensities_and_the_sentence_and_breaks_nothing(outcome: hc.Verification) -> None:
    told = of(outcome, "error")[0]
    best = told.explanations[0]
    assert best.kind == "columns-transposed"
    assert best.detail == {"table": "environment", "first": "2022", "second": "2023"}
    assert best.breaks == ()
    mended = {one.split("[")[0] for one in best.resolves}
    assert mended >= {f"ghg.{one}.per.revenue" for one in ("total", "scope1", "scope2")} | IN_WORDS
    assert len(best.resolves) == 20


def test_it_is_proved_for_climate_and_energy_follows_for_water_and_cannot_be_tested_for_waste(
    outcome: hc.Verification,
) -> None:
    data = of(outcome, "error")[0].data
    assert set(data["proved"]) >= {"ghg.total", "ghg.scope1", "ghg.scope2"}
    assert set(data["proved"]) >= {"energy.petrol", "energy.natural_gas", "energy.electricity"}
    assert set(data["implied"]) >= {"water.total", "water.total.per.person"}
    assert set(data["untested"]) >= {"waste.devices", "waste.recyclables"}
    assert "inspect the PDF" in of(outcome, "error")[0].message()


def test_without_the_inventory_the_edit_is_still_first(outcome: hc.Verification) -> None:
    workspace = hc.Workspace(HUNDSUN)
    alone = hc.verify(hc.ReportedTable.read(HUNDSUN / "reported.csv"), denominators=workspace.denominators)
    assert [one.code for one in of(alone, "error")] == ["columns-transposed", "reported-share"]
    best = of(alone, "error")[0].explanations[0]
    assert (best.kind, best.detail["table"], len(best.resolves), best.breaks) == (
        "columns-transposed",
        "environment",
        8,
        (),
    )


def test_electricity_cannot_be_all_of_the_energy(outcome: hc.Verification) -> None:
    told = of(outcome, "error")[1]
    assert {one for one, _ in told.cells} >= {"energy.electricity.share", "energy.petrol", "energy.natural_gas"}
    assert told.data["inventory"] == ["89.6 %", "90.3 %", "91.6 %"]
    assert told.explanations[0].kind == "left-out"


def test_the_warnings_are_questions_to_the_company(outcome: hc.Verification) -> None:
    assert sorted(one.code for one in of(outcome, "warning")) == [
        "reported-boundaries",
        "reported-consumption",
        "reported-denominators-differ",
        "reported-gases",
        "reported-heads",
        "reported-picture",
        "reported-picture",
        "reported-silent-sources",
        "reported-stated",
        "reported-stated",
        "reported-stated",
    ]


def one(outcome: hc.Verification, code: str) -> Discrepancy:
    return next(found for found in of(outcome, "warning") if found.code == code)


def test_each_per_area_row_has_its_own_area(outcome: hc.Verification) -> None:
    implied = " ".join(one(outcome, "reported-denominators-differ").data["implied"])
    for row in ("ghg.total", "energy.electricity", "water.total"):
        assert f"{row}.per.area 2024" in implied


def test_emissions_of_five_locations_are_divided_by_the_revenue_of_the_group(outcome: hc.Verification) -> None:
    assert "'five-locations'" in one(outcome, "reported-boundaries").message()
    heads = one(outcome, "reported-heads").message()
    assert all(share in heads for share in ("53.7 %", "58.3 %", "62.6 %"))


def test_no_row_mentions_refrigerants_generators_heat_or_the_power_of_the_panels(outcome: hc.Verification) -> None:
    assert one(outcome, "reported-silent-sources").data["sources"] == ["refrigerants", "generators", "heat", "solar"]


def test_truncation_is_told_from_rounding(outcome: hc.Verification) -> None:
    told = {found.evidence[0].check.split("[")[0]: found for found in of(outcome, "warning") if found.evidence}
    assert told["contracts.sheets"].explanations[0].kind == "truncated"
    tree = told["contracts.trees"].explanations
    assert any((one.kind, one.detail.get("instead")) == ("digit-wrong", "459") for one in tree)
    assert told["fund_contracts.wood"].evidence[0].implied[0].startswith("12.4")


def test_with_the_columns_put_right_only_the_share_of_electricity_remains(workspace: Path) -> None:
    path = workspace / "reported.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["table"] == "environment":
            row["2022"], row["2023"] = row["2023"], row["2022"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    outcome = hc.Workspace(workspace).verification()
    (remains,) = of(outcome, "error")
    assert remains.code == "reported-share"
    assert {cell.split("[")[0] for cell in (check.check for check in remains.evidence)} == {"energy.electricity.share"}


def test_every_footing_and_recomputation_holds(outcome: hc.Verification) -> None:
    failing = {check.check for found in of(outcome, "error") for check in found.evidence}
    assert not any("inventory.factor" in check or "ghg.scope1 + ghg.scope2" in check for check in failing)


def test_the_environment_table_is_as_it_was_extracted() -> None:
    table = hc.ReportedTable.read(HUNDSUN / "reported.csv")
    rows = {row.id: [cell.text for cell in row.cells] for row in table.rows if row.table == "environment"}
    assert len(rows) == 20
    assert rows["ghg.total"] == ["8,782.69", "8,666.71", "8,544.84"]
    assert table.notes == ()
