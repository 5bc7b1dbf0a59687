"""Refrigerants, process carbon and wastewater of a workspace, end to end; every figure here is made up."""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hsesg_carbon as hc
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.tables import Row, Table
from tests.commands import as_json, refused, run
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


GAS: Cells = {
    "id": "gas",
    "quantity": "10000",
    "unit": "Nm3",
    "oxidation": "99%",
    "composition_source": "laboratory",
} | {
    "ch4": "90%",
    "c2h6": "5%",
    "co2": "2%",
    "n2": "0.03",
}
HEAT: Cells = {"ncv": "36", "ncv_unit": "MJ/Nm3", "ncv_source": "laboratory"}


def test_gas_by_composition_by_hand(folder: Path) -> None:
    """10,000 Nm3 are 446,150.334 mol; 0.9 + 2 x 0.05 + 0.02 = 1.02 carbon atoms each; 44 g of CO2 per atom."""
    before = totals(as_json("footprint", folder))["1"]
    write(folder / "gas_composition.csv", [GAS | HEAT])
    result = as_json("footprint", folder)
    moles = 10000 / (Fraction("8.31446261815324") * Fraction("273.15") / 101325)
    assert abs(moles - Fraction("446150.334")) < Fraction("0.001")
    co2 = moles * Fraction("1.02") * 44 * Fraction("0.99") / 10**6
    assert abs(co2 - Fraction("19.822995")) < Fraction("0.00001")
    others = 360 * (Fraction("5") * 27 + Fraction("0.1") * 273) / 10**6  # kg per TJ of natural gas, 360 GJ
    assert abs(totals(result)["1"] - before - co2 - others) < Fraction(1, 10**8)
    energy = {one["carrier"]: one["value"] for one in result["energy"] if one["flow"] == "energy.gj"}
    assert energy["fuel_gas"] == "360"
    burnt = {one["item"]: Fraction(one["value"]) for one in result["national"]}["fuel-combustion"]
    assert abs(burnt - co2 - others) < Fraction(1, 10**8)
    note = as_json("explain", folder, "gas")["note"]
    assert note.startswith(
        "carbon, 10000 Nm3 ÷ 22.413969545 L/mol (0 °C, 101.325 kPa) × 12 g/mol × oxidised 99% × sum of"
    )
    assert "ch4 90% × 1 + c2h6 5% × 2 + co2 2% × 1 ≈ 5.406" in note
    assert note.endswith("[laboratory]")
    assert as_json("explain", folder, "gas-energy")["note"] == "net energy: 10000 Nm3 × 36 MJ/Nm3 = 360 GJ [laboratory]"


def test_the_carbon_of_a_gas_is_that_of_the_guidelines_but_for_their_rounded_molar_volume(folder: Path) -> None:
    """The Chinese guidelines take 22.4 L/mol: 12 x 1.02 / 22.4 x 10 tC per 10^4 Nm3."""
    table = Table(
        "g.csv", None, ("site", "period", *GAS), (Row(2, {"site": "hq", "period": "2024"} | GAS | {"oxidation": "1"}),)
    )
    (row,) = DERIVATIONS["gas_composition"](table).rows
    ours, theirs = Fraction(row.cells["quantity"]), Fraction(12) * Fraction("1.02") / Fraction("22.4") * 10
    assert abs(ours / theirs - Fraction("22.4") / Fraction("22.413969545")) < Fraction(1, 10**8)


@pytest.mark.parametrize(
    ("unit", "reference", "litres"), [("m3", "0", "22.413970"), ("m3", "20", "24.055117"), ("Sm3", "", "23.644830")]
)
def test_the_reference_state_of_a_gas_matters(folder: Path, unit: str, reference: str, litres: str) -> None:
    write(folder / "gas_composition.csv", [GAS | {"unit": unit, "reference": reference, "oxidation": "1"}])
    result = as_json("footprint", folder)
    assert "gas-energy-unknown" in codes(result)
    co2 = Fraction(10000) / Fraction(litres) * Fraction("1.02") * 44 / 1000
    burnt = {one["item"]: Fraction(one["value"]) for one in result["national"]}["fuel-combustion"]
    assert abs(burnt / co2 - 1) < Fraction(1, 10**7)


def test_gas_under_a_methodology_of_co2_alone_is_covered_by_its_carbon(tmp_path: Path) -> None:
    bills: Any = [("electricity.grid", 100, "MWh", "")]
    folder = office(tmp_path / "office", "cn-public-building", "CN-BJ", 2024, bills)
    write(folder / "gas_composition.csv", [GAS | HEAT])
    result = as_json("footprint", folder)
    assert abs(totals(result)["1"] - Fraction("19.822995")) < Fraction("0.00001")
    assert "activity-not-covered" not in codes(result)
    assert "accounted-elsewhere" in codes(result)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n2": "4%"}, "add up to 101 %"),
        ({"n2": ""}, "add up to 97 %"),
        ({"ch4": "90"}, "write a percentage such as 5%"),
        ({"unit": "t"}, "no volume of gas"),
        ({"unit": "pood"}, "no volume of gas"),
        ({"unit": "m3"}, "must be one of 0, 15, 20 °C"),
        ({"reference": "15"}, "must be one of 0 °C"),
        ({"oxidation": "2"}, "column oxidation"),
        ({"ncv": "36"}, "ncv, ncv_unit and ncv_source together"),
        (HEAT | {"ncv_unit": "MJ/m3"}, "column ncv_unit"),
        (HEAT | {"ncv_unit": "MJ"}, "column ncv_unit"),
        ({"period": "2024-13"}, "2024-13"),
    ],
)
def test_a_gas_that_does_not_add_up_is_refused_at_its_row(folder: Path, change: Cells, said: str) -> None:
    write(folder / "gas_composition.csv", [GAS | change])
    told = refused("footprint", folder).replace("\n", " ")
    assert "gas_composition.csv, row 2" in told
    assert said in told
