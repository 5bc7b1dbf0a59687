"""Tables beside the activity data: which file is read, what repeats and overlaps; every figure here is made up."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hsesg_carbon as hc
from tests.commands import edit
from tests.workflow.test_derived_data import LOSSES, write
from tests.workflow.test_offices import codes, totals
from tests.workflow.test_parts import fault
from tests.workflow.test_resources import MEASURES, OFFSETS, WASTE, WATER, accounts

BILL = "hq,{},withdrawal,third-party,100,m3,yes\n"


def footprint(folder: Path) -> Any:
    return hc.Workspace(folder).footprint()


def places(result: Any, code: str) -> list[Any]:
    return [one["where"] for one in result["findings"] if one["code"] == code]


def book(path: Path, sheets: dict[str, list[dict[str, str]]]) -> None:
    """Write a workbook; rows have a site and a period."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([row.get(name) for name in rows[0]])
    workbook.save(path)


@pytest.mark.parametrize("stem", ["water", "denominators", "refrigerants"])
def test_two_files_for_one_table_are_an_error(tmp_path: Path, stem: str) -> None:
    folder = accounts(tmp_path / "a", **{stem: WATER + BILL.format(2023)})
    book(folder / f"{stem}.xlsx", {"data": [{"site": "hq"}]})
    said = fault(folder)
    assert f"{stem}.csv, {stem}.xlsx are two files for one table" in said


def test_what_only_bears_a_tables_name_is_named_and_left_aside(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    (folder / "water").mkdir()
    (folder / "waste.txt").write_text("remarks", encoding="utf-8")
    (folder / "refrigerants.pdf").write_bytes(b"%PDF")
    result = footprint(folder)
    assert (result["water"], result["waste"]) == (None, None)
    assert {one["file"] for one in places(result, "side-not-read")} == {"water", "waste.txt", "refrigerants.pdf"}
    (folder / "measures.xls").write_bytes(b"x")
    assert "measures.xls is no kind of table that can be read; use one of .csv, .xlsx" in fault(folder)


def test_remarks_on_how_a_table_was_read_are_shown(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a", offsets=OFFSETS)
    text = WATER.replace("stressed", "stressed,note") + BILL.format(2023).replace("\n", ",自来水\n")
    (folder / "water.csv").write_bytes(text.encode("gb18030"))
    write(folder / "refrigerants.csv", LOSSES[1:2], period="2023")
    assert {one["file"] for one in places(footprint(folder), "read-as-gb18030")} == {"water.csv"}


def test_a_sheet_of_notes_is_left_aside_and_sheets_do_not_share_ids(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    before = totals(footprint(folder))["1"]
    loss = {"site": "hq", "period": "2023", "activity": "refrigerant.r134a", "method": "simplified", "recharged": "2"}
    book(folder / "refrigerants.xlsx", {"east": [loss], "read me": [{"remark": "x", "by": "y"}], "west": [loss]})
    result = footprint(folder)
    assert totals(result)["1"] - before == 2 * 2 * Fraction(1530, 1000)
    assert [one["sheet"] for one in places(result, "sheet-skipped")] == ["read me"]
    assert [(one["sheet"], one["row"]) for one in places(result, "row-repeated")] == [("west", 2)]
    ids = hc.Workspace(folder).batches[0].ids()
    assert {"refrigerants-east-2", "refrigerants-west-2"} <= ids


def test_a_sheet_of_notes_in_a_side_table_is_left_aside(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    row = dict(zip(WATER.strip().split(","), BILL.format(2023).strip().split(","), strict=True))
    book(folder / "water.xlsx", {"notes": [{"remark": "x", "by": "y"}], "2023": [row]})
    result = footprint(folder)
    assert {one["value"] for one in result["water"]["account"]} == {"0.1", "100"}
    assert [one["sheet"] for one in places(result, "sheet-skipped")] == ["notes"]


def test_identical_rows_are_named_with_both_places(tmp_path: Path) -> None:
    waste = "hq,2023,paper,no,recycling,500,kg,,,\n"
    folder = accounts(tmp_path / "a", water=WATER + BILL.format(2023) * 2, waste=WASTE + waste * 2, measures=MEASURES)
    edit(folder / "measures.csv", "LED,", MEASURES.splitlines()[1] + "\nLED,")
    found = [one for one in footprint(folder)["findings"] if one["code"] == "row-repeated"]
    assert {(one["where"]["file"], one["where"]["row"], one["data"]["row"]) for one in found} == {
        ("water.csv", 3, "2"),
        ("waste.csv", 3, "2"),
        ("measures.csv", 3, "2"),
    }


def test_a_year_beside_its_months_is_named(tmp_path: Path) -> None:
    waste = "hq,2023,paper,no,recycling,500,kg,,,\nhq,2023-05,paper,no,recycling,50,kg,,,\n"
    measures = MEASURES + "LED,2023-Q1,2,10,kWh,0.5366,kgCO2/kWh,made up\n"
    water = WATER + BILL.format(2023) + BILL.format("2023-03") + BILL.format("2023-04").replace("third-party", "ground")
    result = footprint(accounts(tmp_path / "a", water=water, waste=waste and WASTE + waste, measures=measures))
    told = {
        one["data"]["what"]: one["data"]["inner"] for one in result["findings"] if one["code"] == "side-periods-within"
    }
    assert told == {
        "hq, withdrawal, third-party": ["2023-03"],
        "hq, paper, recycling": ["2023-05"],
        "LED": ["2023-Q1"],
    }
    assert "side-year-partly-covered" not in codes(result)


def test_a_part_of_a_year_is_named_but_not_where_the_site_was_there_no_longer(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a", water=WATER + BILL.format("2023-01"), waste=WASTE)
    edit(folder / "waste.csv", WASTE, WASTE + "hq,2023-Q1,paper,no,recycling,500,kg,,,\n")
    found = [one["data"] for one in footprint(folder)["findings"] if one["code"] == "side-year-partly-covered"]
    assert [(one["what"], one["days"], one["of"]) for one in found] == [
        ("hq, withdrawal", "31", "365"),
        ("hq", "90", "365"),
    ]
    edit(folder / "inventory.toml", 'id = "hq"', 'id = "hq"\nto = 2023-03-31')
    edit(folder / "activity" / "bills.csv", ",2023,", ",2023-Q1,")
    found = [one["data"] for one in footprint(folder)["findings"] if one["code"] == "side-year-partly-covered"]
    assert [(one["what"], one["days"], one["of"]) for one in found] == [("hq, withdrawal", "31", "90")]
    assert "year-partly-covered" not in codes(footprint(folder))


def test_a_bill_of_a_site_that_left_does_not_cost_the_consumption(tmp_path: Path) -> None:
    """The lab leaves on 2023-07-05; its last withdrawal bill runs on for ten days, of which five count."""
    water = WATER + (
        "hq,2023,withdrawal,third-party,1200,m3,yes\nhq,2023,discharge,third-party,900,m3,yes\n"
        "lab,2023-07-01/2023-07-05,discharge,third-party,3,m3,no\n"
        "lab,2023-07-01/2023-07-05,withdrawal,third-party,5,m3,no\n"
        "lab,2023-07-06/2023-07-15,withdrawal,third-party,10,m3,no\n"
        "lab,2023-08,withdrawal,third-party,10,m3,no\n"
    )
    folder = accounts(tmp_path / "a", water=water)
    edit(folder / "inventory.toml", "[[site]]", '[[site]]\nid = "lab"\nregion = "CN"\nto = 2023-07-05\n\n[[site]]')
    result = footprint(folder)
    consumed = [
        one["value"] for one in result["water"]["account"] if (one["kind"], one["unit"]) == ("consumption", "m3")
    ]
    assert consumed == ["302"]
    assert "water-days-differ" not in codes(result)
    assert "site-outside-boundary" in codes(result)


def test_a_bill_across_the_day_of_leaving_is_cut_at_months_and_compared_within_the_boundary(tmp_path: Path) -> None:
    water = WATER + (
        "lab,2023-06-21/2023-07-10,withdrawal,third-party,20,m3,no\n"
        "lab,2023-06-21/2023-06-30,discharge,third-party,3,m3,no\n"
    )
    folder = accounts(tmp_path / "a", water=water)
    edit(folder / "inventory.toml", "[[site]]", '[[site]]\nid = "lab"\nregion = "CN"\nto = 2023-06-30\n\n[[site]]')
    held = {one["kind"]: one["value"] for one in footprint(folder)["water"]["account"] if one["unit"] == "m3"}
    assert held == {"withdrawal": "10", "discharge": "3", "consumption": "7"}


@pytest.mark.parametrize("period", ["2023", "2023-06-10/2023-06-20"])
def test_a_bill_that_its_site_left_within_is_an_error_at_its_row(tmp_path: Path, period: str) -> None:
    folder = accounts(tmp_path / "a", water=WATER + BILL.format("2022") + BILL.format(period).replace("hq", "lab"))
    edit(folder / "inventory.toml", "[[site]]", '[[site]]\nid = "lab"\nregion = "CN"\nto = 2023-06-15\n\n[[site]]')
    said = fault(folder)
    assert "water.csv, row 3" in said
    assert "split its rows at that day" in said
