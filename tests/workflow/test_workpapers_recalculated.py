"""LibreOffice computes the workpapers anew: every cell is the library's figure, and what is tampered with shows."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.report.workpapers import write_workpapers
from hsesg_carbon.versions import compared
from hsesg_carbon.workspace import Workspace
from tests.papers import hostile, shared_sites
from tests.recalculated import NEEDS_OFFICE, formulas, recalculated
from tests.sealed import everything

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
pytestmark = NEEDS_OFFICE

Make = Callable[[Path], Workspace]
ACCOUNTS: dict[str, Make] = {
    "everything": lambda folder: everything(folder / "everything"),
    "shares": lambda folder: shared_sites(folder / "shares"),
}


def near(first: Any, second: Any) -> bool:
    """Say whether two cells are equal to 1e-9; of what a difference leaves of near numbers fewer digits are left."""
    if isinstance(first, str) or first is None or isinstance(second, str) or second is None:
        return (first or "") == (second or "")
    return abs(first - second) <= 1e-9 * max(1e-2, abs(first))


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


@pytest.mark.parametrize("name", ACCOUNTS)
def test_libreoffice_gets_every_stored_value(name: str, tmp_path: Path, profiles: Path) -> None:
    workspace = ACCOUNTS[name](tmp_path)
    book = write_workpapers(workspace, tmp_path / "papers.xlsx", "en" if name != "shares" else "zh").path
    cells = list(formulas(book, recalculated(book, profiles)))
    assert len(cells) > 200
    assert [one for one in cells if not near(one.stored, one.computed)] == []
    words = {one.computed for one in cells if one.formula.startswith("=IF(ABS(E")}
    assert words in ({"OK"}, {"相符"})


def test_the_recalculated_sheets_have_the_figures_of_the_library(tmp_path: Path, profiles: Path) -> None:
    workspace = Workspace(EXAMPLES / "hundsun-2024")
    restated = compared(workspace, "earlier-basis.toml", years=(2022, 2023))
    book = write_workpapers(workspace, tmp_path / "papers.xlsx", restated=restated).path
    file = recalculated(book, profiles)
    assert [one for one in formulas(book, file) if not near(one.stored, one.computed)] == []
    copy, inventory = load_workbook(file, data_only=True), workspace.inventory
    rows = {row[0]: row for row in copy["Lead"].iter_rows(min_row=5, values_only=True) if row[0]}
    for year, at in ((2022, 2), (2023, 3), (2024, 4)):
        for scope, name in (("1", "Scope 1"), ("2", "Scope 2, location-based")):
            assert near(rows[name][at], float(inventory.by("scope", "year").value(scope=scope, year=year).value))
        assert near(rows["Total, location-based"][at], float(inventory.by("year").value(year=year).value))
    gj = {row[1]: row[4:7] for row in copy["Energy"].iter_rows(min_row=5, values_only=True) if row[0] == "energy.gj GJ"}
    energy = EnergyAccount(inventory).by("subject", "year")
    for year, at in ((2022, 0), (2023, 1), (2024, 2)):
        assert near(gj["electricity"][at], float(energy.value("energy.gj", subject="electricity", year=year).value))
    found = list(copy["Intensities"].iter_rows(min_row=5, values_only=True))
    wanted = [float(row.amount.value) for _, _, totals in workspace.intensities() for row in totals]
    assert [near(row[8], one) for row, one in zip(found, wanted, strict=True)] == [True] * 9
    bridge = restated.bridge()
    for row, one in zip(copy["Restatement"].iter_rows(min_row=5, values_only=True), bridge, strict=True):
        assert row[0] == one["year"] and near(row[3], float(one.after)) and near(row[5], float(one.difference))
        assert near(row[4], row[3])
    printed = {(row[0], row[1]): row for row in copy["Differences"].iter_rows(min_row=5, max_row=13, values_only=True)}
    assert printed["ghg.total", "2024"][2:4] == ("8,544.84", 8544.84)
    assert printed["ghg.total", "2024"][7:9] == (8544.84, "agrees")
    assert printed["ghg.scope1", "2022"][8] == "differs"


def test_a_tampered_factor_changes_the_total_and_trips_its_checks(tmp_path: Path, profiles: Path) -> None:
    workspace = Workspace(EXAMPLES / "hundsun-2024")
    book = write_workpapers(workspace, tmp_path / "papers.xlsx").path
    opened = load_workbook(book)
    (cell,) = [
        row[3] for row in opened["Factors"].iter_rows(min_row=5) if row[0].value == "mee2022.electricity.cn.average"
    ]
    assert cell.value == 0.5366
    cell.value = 0.5466
    opened.save(tmp_path / "tampered.xlsx")
    copy = load_workbook(recalculated(tmp_path / "tampered.xlsx", profiles), data_only=True)
    total = workspace.inventory.by("scope", "year").value(scope="2", year=2024).value
    assert near(copy["Lead"]["E6"].value, float(total * Fraction("0.5466") / Fraction("0.5366")))
    verdicts = {(row[0], row[1]): row[5] for row in copy["Checks"].iter_rows(min_row=5, values_only=True)}
    assert verdicts["Lead schedule", "Scope 2, location-based 2024"] == "CHECK"
    assert verdicts["Lead schedule", "Scope 1 2024"] == "OK"
    assert copy["Checks"]["F3"].value == "CHECK"
    cover = {row[0]: row[1] for row in copy["Cover"].iter_rows(values_only=True)}
    assert cover["All checks"] == "CHECK"


def test_a_tampered_bill_a_lost_row_and_a_changed_sum_show_as_well(tmp_path: Path, profiles: Path) -> None:
    book = write_workpapers(Workspace(EXAMPLES / "hundsun-2024"), tmp_path / "papers.xlsx").path
    opened = load_workbook(book)
    opened["Activity data"]["J5"].value = 1
    opened["Activity data"]["A7"].value = None
    opened["By source"]["E7"].value = 400
    opened.save(tmp_path / "tampered.xlsx")
    copy = load_workbook(recalculated(tmp_path / "tampered.xlsx", profiles), data_only=True)
    wrong = {(row[0], row[1]) for row in copy["Checks"].iter_rows(min_row=5, values_only=True) if row[5] == "CHECK"}
    assert ("Lead schedule", "Scope 2, location-based 2022") in wrong
    assert ("Nothing lost: number of rows", "Activity data") in wrong
    assert ("By source: foots to the lead schedule", "Scope 1 2022") in wrong


def test_hostile_names_neither_become_formulas_nor_mix_up_sums(tmp_path: Path, profiles: Path) -> None:
    workspace = hostile(tmp_path / "hostile")
    book = write_workpapers(workspace, tmp_path / "papers.xlsx").path
    cells = list(formulas(book, recalculated(book, profiles)))
    assert [one for one in cells if not near(one.stored, one.computed)] == []
    assert all("cmd" not in one.formula and "HYPERLINK" not in one.formula for one in cells)
    copy = load_workbook(book.parent / "recalculated" / book.name, data_only=True)
    assert copy["Checks"]["F3"].value == "OK"
    sites = {
        row[2].split("  ")[0]: row[4]
        for row in copy["By site"].iter_rows(min_row=5, values_only=True)
        if row[1] and row[0] == "Scope 1"
    }
    assert sites["HQ"] != sites["hq"] and len(sites) == 6
