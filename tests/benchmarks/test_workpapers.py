"""The workpapers of fifty sites and three years of bills, 27,000 lines in live formulas, are written in seconds."""

import random
import time
from pathlib import Path

import pytest

from hsesg_carbon.report.workpapers import write_workpapers
from hsesg_carbon.workspace import Workspace

SITES, MONTHS = 50, 36
SECONDS = 5.0
KINDS = (("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("mobile.petrol", "L"))
TOP = """organisation = { id = "made-up", name = { en = "Made up", zh = "虚构" } }
methodology = "ghgp-cn"
consolidation = "equity-share"
boundary = "all"
base_year = 2022
periods = ["2022", "2023", "2024"]
"""


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Made-up bills, a tenth of which cross months."""
    folder, chance = tmp_path_factory.mktemp("accounts"), random.Random(7)
    rows = ["activity_id,site,period,activity,quantity,unit"]
    settings = TOP
    for site in range(SITES):
        settings += f'\n[[site]]\nid = "s{site}"\nregion = "CN-ZJ"\nequity_share = "{("1", "0.51")[site % 2]}"\n'
        for month in range(MONTHS):
            year, number = 2022 + month // 12, month % 12 + 1
            for activity, unit in KINDS:
                crossing = chance.random() < 0.1 and number < 12
                period = f"{year}-{number:02}-16/{year}-{number + 1:02}-15" if crossing else f"{year}-{number:02}"
                quantity = chance.randint(10**4, 10**7) / 1000
                rows.append(f"{activity}-{site}-{month},s{site},{period},{activity},{quantity},{unit}")
    (folder / "activity").mkdir()
    (folder / "activity" / "bills.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "inventory.toml").write_text(settings, encoding="utf-8")
    workspace = Workspace(folder)
    assert workspace.inventory.total().value > 0
    return workspace


def test_fifty_sites_and_three_years_are_written_in_seconds(accounts: Workspace, tmp_path: Path) -> None:
    times = []
    for _ in range(2):  # the least of two: what else the machine does is no cost of ours
        start = time.process_time()
        made = write_workpapers(accounts, tmp_path / "papers.xlsx")
        times.append(time.process_time() - start)
    assert made.findings == ()
    assert min(times) < SECONDS
