"""The explanation of Hundsun's footprint under ghgp-cn says what the library computes, line by line."""

import re
from fractions import Fraction

import pytest

import hsesg_carbon as hc
from hsesg_carbon.units import half_up
from tests.conftest import HUNDSUN, ROOT

PAGE = (ROOT / "docs" / "explanation" / "hundsun-under-ghgp-cn.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z_. A-Z0-9]+) \| (\d{4}) \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)


def under(name: str) -> hc.Inventory:
    workspace = hc.Workspace(HUNDSUN)
    (batch,) = workspace.batches
    plan = hc.Plan.compile(batch, workspace.library, hc.Methodology.shipped(name))
    return hc.Inventory(plan.run(batch), workspace.boundary)


@pytest.fixture(scope="module")
def both() -> tuple[hc.Inventory, hc.Inventory]:
    return under("hundsun-2024"), under("ghgp-cn")


def amounts(inventory: hc.Inventory) -> dict[tuple[str, str], Fraction]:
    found = {
        (f"{row['activity']} {row['gas']}", str(row["year"])): row.amount.value
        for row in inventory.by("activity", "gas", "year")
    }
    return found | {("total", str(row["year"])): row.amount.value for row in inventory.by("year")}


def test_every_line_of_the_page_is_computed_and_every_computed_line_is_on_the_page(
    both: tuple[hc.Inventory, hc.Inventory],
) -> None:
    before, after = map(amounts, both)
    assert {(line, year) for line, year, *_ in ROWS} == {*before, *after}
    for line, year, *printed in ROWS:
        first, second = before.get((line, year), Fraction(0)), after.get((line, year), Fraction(0))
        assert [f"{half_up(one, 2):,}" for one in (first, second, second - first)] == printed, (line, year)


def test_the_market_based_totals_of_the_page(both: tuple[hc.Inventory, hc.Inventory]) -> None:
    totals = [f"{half_up(row.amount.value, 2):,}" for row in both[1].seen(scope2="market").by("year")]
    assert "{}, {} and {} tCO2e".format(*totals) in re.sub(r"\s+", " ", PAGE)
