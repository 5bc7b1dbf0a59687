"""Refrigerants, process carbon and wastewater of a workspace, end to end; every figure here is made up."""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hsesg_carbon as hc
from tests.workflow.test_command_line import as_json, refused, run
from tests.workflow.test_offices import codes, office, totals

Cells = dict[str, str]

BALANCE = {"stock_start": "30", "stock_end": "20", "acquired": "30", "disbursed": "5"} | {
    "capacity_start": "100",
    "capacity_end": "105",
}
LOSSES: list[Cells] = [
    {"activity": "refrigerant.r134a", "method": "material-balance", "unit": "lb", **BALANCE},
    {"activity": "refrigerant.r410a", "method": "simplified", "recharged": "12", "id": "chiller-1", "evidence": "log"},
    {"activity": "fugitive.sf6", "method": "screening", "unit": "kg", "capacity": "60", "leak_rate": "0.5%"}
    | {"rate_source": "the maker", "note": "switchgear"},
]
FURNACE: list[Cells] = [
    {"role": "in", "material": "coke", "quantity": "100", "unit": "t", "carbon_content": "0.85"},
    {
        "role": "out",
        "material": "steel",
        "quantity": "2000",
        "unit": "t",
        "carbon_content": "0.2",
        "carbon_unit": "kgC/t",
    },
]


def write(path: Path, rows: list[Cells], **common: str) -> None:
    """Write rows as CSV, with the site, the period and what else they have in common."""
    rows = [{"site": "hq", "period": "2024", **common, **row} for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bills: Any = [("electricity.grid", 100, "MWh", ""), ("process.carbonate_caco3", 3, "t", "")]
    return office(tmp_path / "office", "ghgp-cn", "CN-ZJ-hangzhou", 2024, bills)


def test_what_is_derived_is_counted_with_the_bills(folder: Path) -> None:
    before = totals(as_json("footprint", folder))["1"]
    assert before == 3 * Fraction("0.43971")
    write(folder / "refrigerants.csv", LOSSES)
    write(folder / "process.csv", FURNACE, balance="furnace", content_source="assay")
    write(folder / "wastewater.csv", [{"treatment": "deep-lagoon", "cod_in": "12", "cod_sludge": "2", "unit": "t"}])
    result = as_json("footprint", folder)
    r134a = (10 + 25 - 5) * Fraction("0.45359237") * 1530
    r410a = 12 * (Fraction("0.5") * 771 + Fraction("0.5") * 3740)
    sf6 = 60 * Fraction("0.005") * 25200
    furnace = (100 * Fraction("0.85") - 2000 * Fraction("0.2") / 1000) * Fraction(44, 12)
    assert furnace == Fraction("310.2")
    methane = 10 * Fraction("0.25") * Fraction("0.8") * 27
    assert totals(result)["1"] - before == (r134a + r410a + sf6) / 1000 + furnace + methane
    lines = (folder / "out" / "lines.csv") if run("footprint", folder).returncode == 0 else folder
    ids = {one["activity_id"] for one in csv.DictReader(lines.read_text(encoding="utf-8").splitlines())}
    assert ids == {"r0", "r1", "refrigerants-2", "chiller-1", "refrigerants-4", "furnace", "wastewater-2"}


def test_explain_shows_the_derivation(folder: Path) -> None:
    write(folder / "refrigerants.csv", LOSSES)
    write(folder / "process.csv", FURNACE, balance="furnace", content_source="assay")
    told = as_json("explain", folder, "refrigerants-2")
    assert told["note"] == (
        "material-balance: (stock_start 30 − stock_end 20) + (acquired 30 − disbursed 5)"
        " + (capacity_start 100 − capacity_end 105) = 30 lb"
    )
    assert as_json("explain", folder, "chiller-1")["note"] == "simplified: recharged 12 = 12 kg"
    shown = run("explain", folder, "refrigerants-4").stdout
    assert "refrigerants.csv, row 4" in shown
    assert "capacity 60 × leak_rate 0.5%/year × 1 year = 0.3 kg [the maker]; switchgear" in " ".join(shown.split())
    note = as_json("explain", folder, "furnace")["note"]
    assert note.startswith("carbon in − carbon out: coke 100 t × 0.85 tC/t − steel 2000 t × 0.2 kgC/t = 84.6 t")


def test_derived_data_alone_are_enough_also_from_a_workbook(folder: Path) -> None:
    for bill in (folder / "activity").iterdir():
        bill.unlink()
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["site", "period", "activity", "method", "capacity", "leak_rate", "rate_source"])
    sheet.append(["hq", 2024, "refrigerant.r134a", "screening", 100, 0.05, "made up"])
    book.save(folder / "Refrigerants.xlsx")
    inventory = hc.Workspace(folder).inventory
    assert inventory.total().value == Fraction(5 * 1530, 1000)


def test_part_of_a_year_that_does_not_end_as_a_decimal_is_rounded_with_a_remark(folder: Path) -> None:
    days = {"capacity": "60", "leak_rate": "5%", "days": "100", "rate_source": "made up"}
    write(folder / "refrigerants.csv", [{"activity": "refrigerant.r134a", "method": "screening", **days}])
    result = as_json("footprint", folder)
    assert "derived-rounded" in codes(result)
    assert "≈ 0.819672 kg" in as_json("explain", folder, "refrigerants-2")["note"]


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"stock_end": ""}, "stock_end", "blank is not 0"),
        ({"stock_end": "-1"}, "stock_end", "≥ 0"),
        ({"stock_end": "50"}, "", "look at (stock_start 30 − stock_end 50) first, which is -20 lb"),
        ({"capacity": "50"}, "capacity", "clear it, or change the method"),
        ({"rate_source": "x"}, "rate_source", "clear it, or change the method"),
        ({"days": "5"}, "days", "clear it, or change the method"),
        ({"unit": "L"}, "unit", "not measure the same"),
        ({"unit": "pood"}, "unit", "pood"),
        ({"period": "last year"}, "period", "last year"),
        ({"activity": "stationary.diesel"}, "activity", "no gas in equipment"),
        ({"activity": "refrigerant.r999"}, "activity", "not in the catalogue"),
        ({"method": "guess"}, "method", "guess"),
        ({"method": "screening", "unit": "kg"}, "", "needs some of"),
    ],
)
def test_what_does_not_fit_is_named_by_row_and_column(folder: Path, change: Cells, column: str, said: str) -> None:
    balance = LOSSES[0] | ({"acquired": "10"} if said.startswith("look") else {})
    if change.get("method") == "screening":
        balance = {"activity": "refrigerant.r134a"}
    write(folder / "refrigerants.csv", [LOSSES[1], balance | change])
    told = refused("footprint", folder)
    assert "refrigerants.csv, row 3" in told
    assert f"column {column}" in told if column else "column" not in told.partition("row 3")[2][:10]
    assert said in told.replace("\n", " ")
    assert "refrigerants.csv" in refused("footprint", folder, "--lang", "zh")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"method": "simplified", "charged_new": "5"}, "column capacity_new"),
        ({"method": "simplified", "charged_new": "5", "capacity_new": "6"}, "is -1 kg, and a loss cannot be negative"),
        (
            {"method": "simplified", "recharged": "9", "capacity_retired": "5", "recovered": "6"},
            "recovered 6) is -1 kg",
        ),
        (
            {"method": "screening", "capacity": "5", "leak_rate": "5", "rate_source": "x"},
            "write a percentage such as 5%",
        ),
        ({"method": "screening", "capacity": "5", "leak_rate": "5%"}, "say where the rates come from"),
        ({"method": "screening", "capacity": "5", "rate_source": "x"}, "column leak_rate"),
        (
            {"method": "screening", "capacity": "5", "leak_rate": "5%", "rate_source": "x", "days": "400"},
            "400 days are more than the period has (366)",
        ),
    ],
)
def test_each_method_says_what_it_needs(folder: Path, cells: Cells, said: str) -> None:
    write(folder / "refrigerants.csv", [{"activity": "refrigerant.r134a", **cells}])
    told = refused("footprint", folder)
    assert "refrigerants.csv, row 2" in told
    assert said in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"carbon_content": "1200"}, "more carbon than mass"),
        ({"quantity": "600000"}, "look at −steel 600000 t"),
        ({"period": "2023"}, "another period further up"),
        ({"carbon_unit": "tC"}, "no unit of carbon content"),
        ({"unit": "m3"}, "column unit"),
        ({"role": "beside"}, "column role"),
    ],
)
def test_a_carbon_balance_that_does_not_close_is_refused(folder: Path, change: Cells, said: str) -> None:
    write(folder / "process.csv", [FURNACE[0], FURNACE[1] | change], balance="furnace", content_source="assay")
    told = refused("footprint", folder)
    assert "process.csv, row" in told
    assert said in told


def test_wastewater_must_say_how_it_is_treated_and_not_lose_more_than_it_has(folder: Path) -> None:
    write(folder / "wastewater.csv", [{"treatment": "pond", "cod_in": "12"}])
    assert "deep-lagoon" in refused("footprint", folder)
    write(folder / "wastewater.csv", [{"treatment": "deep-lagoon", "cod_in": "12", "cod_out": "13"}])
    assert "look at −cod_out 13 first" in refused("footprint", folder)


def test_an_id_that_a_bill_has_already_is_refused(folder: Path) -> None:
    write(folder / "refrigerants.csv", [LOSSES[1] | {"id": "r0"}])
    assert "r0" in refused("footprint", folder)
