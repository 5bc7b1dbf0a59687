"""A group with a daughter and a joint venture, from inventory.toml to footprint; all figures are made up."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import hsesg_carbon as hc
from tests.commands import refused

GROUP = """
[[entity]]
id = "daughter"
held_by = "us"
equity_share = "0.83"
from = 2023-05-16

[[entity]]
id = "venture"
name = { en = "The venture", zh = "合资公司" }
held_by = "daughter"
equity_share = "0.5"
control = ["joint-financial"]
to = 2023-10-31
"""
SITES = """
[[site]]
id = "hq"
region = "CN"

[[site]]
id = "plant"
region = "CN"
entity = "venture"
"""
FLAT = """
[[site]]
id = "hq"
region = "CN"

[[site]]
id = "plant"
region = "CN"
equity_share = "0.415"
control = []
legal_entity = "venture"
from = 2023-05-16
to = 2023-10-31
"""
BILLS = """activity_id,site,period,activity,quantity,unit
hq,hq,2023,electricity.grid,100,MWh
before,plant,2023-04-16/2023-05-15,electricity.grid,7,MWh
first,plant,2023-05-16/2023-06-15,electricity.grid,10,MWh
second,plant,2023-06-16/2023-10-31,electricity.grid,50,MWh
after,plant,2023-11-01/2023-12-31,electricity.grid,9,MWh
"""
GRID = Fraction("0.5306")
"""tCO2/MWh that cn-public-building applies in 2023."""


def group(folder: Path, tree: str, bills: str = BILLS) -> hc.Workspace:
    (folder / "activity").mkdir(parents=True)
    (folder / "inventory.toml").write_text(
        """organisation = { id = "us", name = { en = "Us", zh = "我们" } }
methodology = "cn-public-building"
consolidation = "financial-control"
boundary = "all"
periods = ["2023"]
"""
        + tree,
        encoding="utf-8",
    )
    (folder / "activity" / "bills.csv").write_text(bills, encoding="utf-8")
    return hc.Workspace(folder)


def scope2(footprint: dict[str, Any]) -> dict[str, Fraction]:
    rows = [one for one in footprint["consolidations"] if one["scope"] == "2"]
    return {one["consolidation"]: Fraction(one["value"]) for one in rows}


def test_a_group_counts_its_chain_under_every_consolidation(tmp_path: Path) -> None:
    footprint = group(tmp_path / "group", SITES + GROUP).footprint()
    assert scope2(footprint) == {
        "equity-share": (100 + 60 * Fraction("0.415")) * GRID,
        "financial-control": (100 + 60 * Fraction("0.5")) * GRID,
        "operational-control": 100 * GRID,
        "legal-entity": 100 * GRID,
    }
    (total,) = [one["value"] for one in footprint["totals"] if one["scope"] == "total"]
    assert Fraction(total) == 130 * GRID
    (chain,) = [one["message"] for one in footprint["findings"] if one["code"] == "site-held-through"]
    assert "venture (50 %) < daughter (83 %): equity share 41.5 %" in chain


def test_a_chain_equals_the_site_that_states_what_holds_in_the_end(tmp_path: Path) -> None:
    tree, flat = (group(tmp_path / name, text) for name, text in (("tree", SITES + GROUP), ("flat", FLAT)))
    equal = {"equity-share", "operational-control", "legal-entity"}  # joint control of a daughter has no flat form
    first, second = scope2(tree.footprint()), scope2(flat.footprint())
    assert {one: first[one] for one in equal} == {one: second[one] for one in equal}
    days = [one for one in tree.findings if one.code == "year-partly-covered"]
    assert days == [one for one in flat.findings if one.code == "year-partly-covered"]


def test_explain_shows_the_chain_of_a_row(tmp_path: Path) -> None:
    workspace = group(tmp_path / "group", SITES + GROUP)
    told = workspace.inventory.remarks(workspace.explain("first").row)
    assert [one.code for one in told] == ["site-held-through", "site-share-applied"]
    assert told[1].data["percent"] == "50"


def test_water_counts_by_the_chain_as_well(tmp_path: Path) -> None:
    workspace = group(tmp_path / "group", SITES + GROUP)
    (workspace.folder / "water.csv").write_text(
        "site,period,kind,source_or_destination,quantity,unit,stressed\n"
        "plant,2023-06,withdrawal,third-party,40,m3,no\n",
        encoding="utf-8",
    )
    assert workspace.water is not None
    assert [row.amount.value for row in workspace.water.by("year", unit="m3")] == [20]


def test_an_entity_without_a_site_is_named(tmp_path: Path) -> None:
    workspace = group(tmp_path / "group", SITES + GROUP + '[[entity]]\nid = "asleep"\n')
    (idle,) = [one for one in workspace.findings if one.code == "entity-idle"]
    assert (idle.severity, idle.data) == ("warning", {"entity": "asleep"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('held_by = "daughter"', 'held_by = "daugther"', "entity venture: held_by 'daugther' is neither an"),
        ('held_by = "us"', 'held_by = "venture"', "entity daughter: held_by leads back to itself"),
        ('entity = "venture"', 'entity = "ventures"', "site plant: entity 'ventures'"),
        ('entity = "venture"', 'entity = "venture"\nequity_share = "0.5"', "equity_share is 0.5, but through"),
        ('control = ["joint-financial"]', 'control = ["joint"]', "entity.2.control.1 must be one of"),
        ('equity_share = "0.83"', 'equity_share = "83"', "entity.1.equity_share must be"),
        ("from = 2023-05-16", "from = 2023-11-16", "site plant: no day is left"),
        ('control = ["joint-financial"]', 'control = ["joint-financial", "financial"]', "not both"),
    ],
)
def test_a_tree_that_cannot_be_is_an_error_of_inventory_toml(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SITES + GROUP
    assert old in text
    workspace = group(tmp_path / "group", text.replace(old, new, 1))
    with pytest.raises(hc.InputError) as caught:
        workspace.footprint()
    assert said in str(caught.value)
    assert "inventory.toml" in str(caught.value)


def test_the_command_line_refuses_a_broken_tree_without_a_traceback(tmp_path: Path) -> None:
    workspace = group(tmp_path / "group", SITES + GROUP.replace('held_by = "us"', 'held_by = "venture"'))
    assert "leads back to itself" in refused("footprint", workspace.folder)


def test_a_bill_across_the_day_of_purchase_must_be_split(tmp_path: Path) -> None:
    bills = BILLS.replace("2023-04-16/2023-05-15", "2023-04-16/2023-05-20")
    with pytest.raises(hc.InventoryError) as caught:
        group(tmp_path / "group", SITES + GROUP, bills).footprint()
    assert caught.value.code == "boundary-within-period"
