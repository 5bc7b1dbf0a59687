"""A template is filled in, handed in and computed: the same figures as typed, and every fault at its cell."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook as ExcelFile
from openpyxl import load_workbook

from hsesg_carbon.deliveries import received, register, take_in
from hsesg_carbon.delivery import Delivery, read_workbook
from hsesg_carbon.errors import InputError
from hsesg_carbon.report.template import write_template
from hsesg_carbon.sheets import SHOWN_IN, tab_name
from hsesg_carbon.workspace import Workspace
from tests.commands import as_json, run
from tests.filled import DESCRIBED, FORM, Filling, fill_year, months, typed_year

HUNDSUN = Path(__file__).resolve().parents[2] / "examples" / "hundsun-2024"
EXPORTS = HUNDSUN.parent / "exports"
MARCH = {"period_start": date(2024, 3, 1), "period_end": date(2024, 3, 31)}
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return figures(typed_year(tmp_path_factory.mktemp("typed") / "accounts"))


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean year, filled in English."""
    filling = Filling(tmp_path_factory.mktemp("year") / "year.xlsx", "en")
    fill_year(filling)
    return filling.save()


def figures(folder: Path) -> dict[str, Any]:
    """Return all that ``footprint --json`` says, but for remarks on the data."""
    footprint = Workspace(folder).footprint()
    del footprint["findings"]
    return footprint


def take(file: Path, folder: Path) -> Delivery:
    """Take a file in and return it, with what was found."""
    delivery, _ = take_in(folder, received(file, folder), file)
    return delivery


def at(delivery: Delivery, *codes: str) -> list[tuple[str, str | None, int | None, str | None]]:
    """Return what was found, as code and place."""
    return [
        (one.code, one.where.sheet, one.where.row, one.where.column)
        for one in delivery.findings
        if one.where and (not codes or one.code in codes)
    ]


@pytest.mark.parametrize("lang", SHOWN_IN)
def test_a_filled_year_gives_the_very_figures_of_the_same_rows_typed_as_csv(
    lang: str, tmp_path: Path, typed: dict[str, Any]
) -> None:
    filling = Filling(tmp_path / "year.xlsx", lang)
    fill_year(filling)
    delivery = take(filling.save(), tmp_path / "accounts")
    assert delivery.findings == ()
    assert figures(tmp_path / "accounts") == typed
    assert [one["value"] for one in typed["water"]["account"]][:2] == ["3.003", "3.72"]  # ML: 12 x 250.25 and 12 x 310


@pytest.mark.parametrize("lang", SHOWN_IN)
def test_a_workspace_comes_back_through_its_prefilled_workbook_to_the_last_digit(lang: str, tmp_path: Path) -> None:
    file = tmp_path / "hundsun.xlsx"
    write_template(file, lang, Workspace(HUNDSUN), rows=20)
    assert take(file, tmp_path / "accounts").findings == ()
    assert Workspace(tmp_path / "accounts").footprint() == Workspace(HUNDSUN).footprint()


def test_the_campus_with_its_sub_meters_and_overlapping_bills_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    campus = Workspace(HUNDSUN.parent / "campus-monthly")
    write_template(tmp_path / "campus.xlsx", "zh", campus, rows=20)
    assert take(tmp_path / "campus.xlsx", tmp_path / "accounts").faults == ()
    assert figures(tmp_path / "accounts") == figures(campus.folder)


def test_a_row_leads_back_to_its_cell_in_the_delivered_file(year: Path, tmp_path: Path) -> None:
    take(year, tmp_path / "accounts")
    accounts = Workspace(tmp_path / "accounts")
    bill = accounts.explain("year-electricity-6").row
    assert (bill.where.file, bill.where.sheet, bill.where.row) == ("year.xlsx", "Electricity", 6)
    assert bill.quantity == 60000
    lost = accounts.explain("year-refrigerants-5").row
    assert (lost.where.file, lost.where.sheet, lost.where.row) == ("year.xlsx", "Refrigerants", 5)
    assert (tmp_path / "accounts" / "deliveries" / "year.xlsx").read_bytes() == year.read_bytes()
    assert [(one["file"], one["kind"], one["rows"]) for one in register(tmp_path / "accounts")] == [
        ("year.xlsx", "workbook", "58")
    ]


def test_control_totals_count_rows_and_add_quantities(year: Path) -> None:
    controls = {one.sheet: one for one in read_workbook(year).controls}
    power = controls["Electricity"]
    assert (power.read, power.taken, dict(power.left_aside)) == (24, 24, {})
    assert power.sums == {("electricity.grid", "MWh"): 12000 + 78 / 8, ("electricity.grid", "kWh"): 720030}
    assert (power.first, power.last) == (date(2024, 1, 1), date(2024, 12, 31))


# ------------------------------------------------------------------------------------------------------------ faults


def planted(filling: Filling) -> Iterator[tuple[str, str, int, str | None]]:
    """Fill in rows with one fault each; yield the code and the cell of each."""

    def row(sheet: str, code: str, column: str | None, **cells: Any) -> tuple[str, str, int, str | None]:
        number = filling.row(sheet, **cells)
        letter = filling.letter(sheet, column) if column else None
        return code, tab_name(filling.sheet(sheet).title, filling.lang), number, letter

    bill = {"site": "HQ", "activity": "electricity.grid", **MARCH, "quantity": 10, "unit": "kWh"}
    yield row("electricity", "delivery-site-unknown", "site", **bill | {"site": "nowhere"})
    yield row("electricity", "unknown-activity-nothing-near", "activity", **bill | {"activity": "qqqq"})
    yield row("electricity", "unknown-unit", "unit", **bill | {"unit": "kwhh"})
    yield row("electricity", "wrong-dimension", "unit", **bill | {"unit": "L"})
    yield row("electricity", "period-reversed", "period_end", **bill | {"period_end": date(2024, 2, 1)})
    yield row("electricity", "date-ambiguous", "period_start", **bill | {"period_start": "03/04/2024"})
    yield row("electricity", "cell-blank", "period_end", **bill | {"period_end": None})
    yield row("electricity", "cell-blank", "quantity", **bill | {"quantity": None})
    yield row("electricity", "number-with-unit", "quantity", **bill | {"quantity": "12 kWh"})
    yield row("electricity", "number-grouped", "quantity", **bill | {"quantity": "1,234"})
    yield row("electricity", "number-excel-error", "quantity", **bill | {"quantity": "#REF!"})
    yield row("electricity", "quantity-negative", "quantity", **bill | {"quantity": -5})
    yield row("electricity", "export-readings-differ", "quantity", **bill, reading_start=0, reading_end=11)
    yield row("electricity", "delivery-reading-half", "reading_end", **bill | {"quantity": None}, reading_start=5)
    fallen = bill | {"quantity": None, "reading_start": 9998, "reading_end": 12}
    yield row("electricity", "reading-falls", "reading_end", **fallen)
    yield row("electricity", "delivery-not-listed", "credit", **bill | {"credit": "perhaps"})
    filling.row("gas", **bill | {"activity": "stationary.natural_gas", "unit": "m3", "meter": "G1"})
    half = {"period_start": date(2024, 3, 20), "period_end": date(2024, 4, 19), "meter": "G1"}
    yield row(
        "gas", "meter-overlap", "period_start", **bill | {"activity": "stationary.natural_gas", "unit": "m3"} | half
    )
    filling.row("vehicle_fuel", **bill | {"activity": "mobile.petrol", "unit": "L"})
    yield row("vehicle_fuel", "row-repeated", "quantity", **bill | {"activity": "mobile.petrol", "unit": "L"})
    water = {
        "site": "HQ",
        "kind": "withdrawal",
        "source_or_destination": "ground",
        **MARCH,
        "quantity": 3,
        "unit": "m3",
    }
    yield row("water", "water-no-volume", "unit", **water | {"unit": "kWh"})
    yield row("water", "delivery-not-listed", "kind", **water | {"kind": "drunk"})
    gas = {
        "site": "HQ",
        "activity": "refrigerant.r22",
        "method": "screening",
        **MARCH,
        "capacity": 4,
        "leak_rate": "5%",
    }
    yield row("refrigerants", "derive-rate-source-missing", "rate_source", **gas)
    share = {"denominator": "revenue", "period": "2024", "value": 1, "unit": "CNY", "source": "x"}
    yield row("denominators", "denominator-twice", "value", **share)
    yield row("denominators", "cell-blank", "source", **share | {"source": None, "denominator": "floor_area"})
    yield row("sites", "key-out-of-range", "equity_share", id="new", region="CN", equity_share=1.5)
    yield row("sites", "delivery-site-twice", "id", id="HQ", region="CN")
    yield row("sites", "delivery-site-formula", "id", id="=cmd|' /C calc'!A0", region="CN")
    yield row("sites", "delivery-not-listed", "region", id="moon", region="Moon")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_planted_fault_is_told_at_its_cell_and_no_other(lang: str, tmp_path: Path) -> None:
    filling = Filling(tmp_path / "faults.xlsx", lang)
    fill_year(filling)
    wanted = set(planted(filling))
    found = read_workbook(filling.save())
    told = {(code.removesuffix("-nothing-near"), *place) for code, *place in at(found)}
    assert {(code.removesuffix("-nothing-near"), *place) for code, *place in wanted} - told == set()
    assert told - {(code.removesuffix("-nothing-near"), *place) for code, *place in wanted} == set()
    assert len(wanted) == 27


def test_faults_come_as_json_and_as_a_coloured_copy_and_nothing_is_written(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "faults.xlsx", "zh")
    fill_year(filling)
    number = filling.row("gas", site="HQ", activity="stationary.natural_gas", **MARCH, quantity="many", unit="m3")
    done = run("intake", filling.save(), "--into", tmp_path / "accounts", "--json", "--lang", "zh")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    (fault,) = [one for one in told["findings"] if one["severity"] == "error"]
    assert (fault["where"]["row"], fault["where"]["column"]) == (number, "F")
    assert "不是数字" in fault["message"]
    assert not (tmp_path / "accounts").exists()
    marked = load_workbook(tmp_path / "faults.checked.xlsx")
    comment = marked["燃气及锅炉燃料"].cell(number, 6).comment
    assert comment is not None and "不是数字" in comment.text
    assert "Traceback" not in done.stderr


def test_a_coloured_copy_that_was_corrected_counts_as_the_file_that_it_is_a_copy_of(
    tmp_path: Path, typed: dict[str, Any]
) -> None:
    filling = Filling(tmp_path / "year.xlsx", "en")
    fill_year(filling)
    number = filling.row("gas", site="HQ", activity="stationary.natural_gas", **MARCH, quantity="many", unit="m3")
    assert run("intake", filling.save(), "--into", tmp_path / "accounts").returncode == 2
    copy = tmp_path / "year.checked.xlsx"
    book = load_workbook(copy)
    for column in range(1, 8):
        book["Gas and boilers"].cell(number, column).value = None
    book.save(copy)
    assert take(copy, tmp_path / "accounts").faults == ()
    assert figures(tmp_path / "accounts") == typed
    assert [one["file"] for one in register(tmp_path / "accounts")] == ["year.xlsx"]


def test_a_clean_workbook_is_taken_in_by_the_command_and_counts_are_held_to_what_is_stated(
    year: Path, tmp_path: Path, typed: dict[str, Any]
) -> None:
    folder = tmp_path / "accounts"
    looked = as_json("intake", year, "--into", folder, "--check", "--rows", "56", "--total", "12729.78 MWh")
    assert looked["findings"] == [] and not folder.exists()
    assert [one["read"] for one in looked["controls"]][:2] == [24, 1]
    wrong = run("intake", year, "--into", folder, "--check", "--rows", "57", "--total", "12729.79 MWh", "--json")
    assert wrong.returncode == 2
    faults = {one["code"]: one["data"] for one in json.loads(wrong.stdout)["findings"]}
    assert faults["delivery-rows-differ"] == {"stated": "57", "taken": "56"}
    assert faults["delivery-total-differs"]["difference"] == "0.01"
    assert as_json("intake", year, "--into", folder)["written"][0] == "inventory.toml"
    assert figures(folder) == typed
    assert not (year.parent / "year.checked.xlsx").exists()


def test_headings_and_sheets_that_are_gone_are_named(year: Path, tmp_path: Path) -> None:
    book = load_workbook(year)
    book["Electricity"]["E4"] = "Until"
    del book["Waste"]
    book["Completeness"]["F5"] = "ok"
    book.save(tmp_path / "changed.xlsx")
    found = read_workbook(tmp_path / "changed.xlsx")
    assert ("delivery-heading-lost", "Electricity", 4, "E") in at(found)
    assert [one.data["title"]["en"] for one in found.findings if one.code == "delivery-sheet-lost"] == ["Waste"]


def test_another_workbook_is_no_workbook_to_fill_in(tmp_path: Path) -> None:
    book = load_workbook(Filling(tmp_path / "a.xlsx", "en").save())
    for name in book.sheetnames[1:]:
        del book[name]
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(InputError) as raised:
        read_workbook(tmp_path / "b.xlsx")
    assert raised.value.code == "delivery-no-workbook"


# ---------------------------------------------------------------------------------------------------- later deliveries


def test_a_later_delivery_of_the_same_name_replaces_what_it_gave_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    first = Filling(tmp_path / "year.xlsx", "en")
    fill_year(first)
    take(first.save(), folder)
    (folder / "activity" / "own.csv").write_text(
        "activity_id,site,period,activity,quantity,unit\nmine,HQ,2024,mobile.diesel,7,L\n", encoding="utf-8"
    )
    with (folder / "water.csv").open("a", encoding="utf-8") as file:
        file.write("HQ,recycled,,5,m3,2024,,,\n")
    before = {one: (folder / one).read_bytes() for one in ("activity/own.csv", "instruments.csv")}
    second = Filling(tmp_path / "year.xlsx", "en")
    second.form(**FORM)
    second.row("sites", id="HQ", name_en="Head office", name_zh="总部", region="CN-ZJ")
    second.row(
        "sites", id="分部", region="CN-BJ", equity_share=0.6, control="operational", **{"from": date(2024, 1, 1)}
    )
    second.row("electricity", site="HQ", activity="electricity.grid", **MARCH, quantity=1, unit="kWh")
    assert take(second.save(), folder).findings == ()
    accounts = Workspace(folder)
    assert {row.activity_id for batch in accounts.batches for row in batch.rows()} == {"mine", "year-electricity-5"}
    assert (folder / "activity/own.csv").read_bytes() == before["activity/own.csv"]
    assert accounts.water is not None and [one.kind for one in accounts.water.items] == ["recycled"]
    assert accounts.waste is None and accounts.instruments is None and not (folder / "instruments.csv").exists()
    assert len(register(folder)) == 1


def test_a_prefilled_workbook_taken_into_its_own_workspace_counts_nothing_twice(year: Path, tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    take(year, folder)
    before = figures(folder)
    again = tmp_path / "again.xlsx"
    write_template(again, "both", Workspace(folder), rows=20)
    delivery = take(again, folder)
    assert [(one.code, one.data) for one in delivery.findings if one.data.get("table") == "activity"] == [
        ("delivery-rows-known", {"count": 28, "table": "activity"})
    ]
    assert figures(folder) == before
    book = load_workbook(again)
    book[tab_name(DESCRIBED.sheets[2].title, "both")]["F5"] = 4711
    book.save(again)
    changed = take(again, folder)
    assert [(one.code, one.data["columns"]) for one in changed.faults] == [("delivery-row-elsewhere", ["quantity"])]
    assert figures(folder) == before


def test_a_workbook_under_another_name_adds_what_is_new_and_counts_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"

    def workbook(name: str, bills: int) -> Path:
        filling = Filling(tmp_path / name, "en")
        filling.form(**FORM)
        filling.row("sites", id="HQ", region="CN-ZJ", floor_area=1200, persons=35)
        for _ in range(bills):  # receipts of one day, as alike as they come
            filling.row("vehicle_fuel", site="HQ", activity="mobile.petrol", **MARCH, quantity=50, unit="L")
        topped = {"activity": "refrigerant.r410a", "method": "simplified", "unit": "kg", "recharged": 2}
        filling.row("refrigerants", site="HQ", **topped, **MARCH)
        return filling.save()

    first = workbook("quarter 1.xlsx", 2)
    take(first, folder)
    before = figures(folder)
    tables = {one: (folder / one).read_bytes() for one in ("denominators.csv", "refrigerants.csv")}
    copy = take(shutil.copy(first, tmp_path / "quarter 1 (1).xlsx"), folder)
    known = {one.data["table"]: one.data["count"] for one in copy.findings if one.code == "delivery-rows-known"}
    assert known == {"activity": 2, "refrigerants": 1, "denominators": len(FORM["periods"].split(";")) * 2}
    assert figures(folder) == before
    assert {one: (folder / one).read_bytes() for one in tables} == tables
    half = workbook("half a year.xlsx", 3)
    for file in (half, first, half, first):
        take(file, folder)
        rows = [row.activity_id for batch in Workspace(folder).batches for row in batch.rows()]
        receipts = [one.partition("-")[0] for one in rows if "vehicle" in one]
        assert sorted(receipts) == ["half a year", "quarter 1", "quarter 1"]


def test_sites_that_differ_from_those_of_the_workspace_are_refused_but_from_their_maker(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"

    def workbook(name: str, region: str) -> Path:
        filling = Filling(tmp_path / name, "en")
        filling.form(**FORM)
        filling.row("sites", id="HQ", region=region)
        filling.row("electricity", site="HQ", activity="electricity.grid", **MARCH, quantity=1, unit="kWh")
        return filling.save()

    take(workbook("first.xlsx", "CN-ZJ"), folder)
    (fault,) = take(workbook("other.xlsx", "CN-BJ"), folder).faults
    assert fault.code == "delivery-setting-differs"
    assert [fault.data[one] for one in ("key", "stated", "there")] == ["sites HQ region", "CN-BJ", "CN-ZJ"]
    assert "Sites · HQ · Region" in fault.message("en") and "站点 · HQ · 地区" in fault.message("zh")
    assert take(workbook("first.xlsx", "CN-BJ"), folder).faults == ()
    assert Workspace(folder).settings.site[0].region == "CN-BJ"
    path = folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    assert [one.code for one in take(workbook("first.xlsx", "CN-ZJ"), folder).faults] == ["delivery-setting-differs"]


def test_a_table_that_somebody_typed_is_never_written_over(year: Path, tmp_path: Path) -> None:
    folder = typed_year(tmp_path / "accounts")
    (folder / "activity" / "typed.csv").rename(folder / "activity" / "year.csv")
    before = (folder / "activity" / "year.csv").read_bytes()
    with pytest.raises(InputError) as raised:
        take(year, folder)
    assert raised.value.code == "delivery-name-taken"
    assert (folder / "activity" / "year.csv").read_bytes() == before
    assert not (folder / "deliveries").exists()


def test_an_export_comes_in_by_its_mapping_and_leads_back_to_its_row(year: Path, tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    filling = Filling(tmp_path / "sites.xlsx", "en")
    filling.form(**FORM)
    for site in ("hangzhou", "wuhan"):
        filling.row("sites", id=site, region="CN")
    filling.row("vehicle_fuel", site="wuhan", activity="mobile.petrol", **MARCH, quantity=1, unit="L")
    take(filling.save(), folder)
    bill = EXPORTS / "utility-bill.csv"
    delivery = received(bill, folder, EXPORTS / "utility-bill.toml")
    delivery, taken = take_in(folder, delivery, bill)
    assert delivery.faults == () and taken is not None
    (controls,) = delivery.controls
    rows = [row for batch in Workspace(folder).batches for row in batch.rows() if row.where.file == bill.name]
    assert len(rows) == controls.records > 0
    assert sum(row.quantity for row in rows) == sum(controls.sums.values())


@pytest.fixture
def export(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A workspace of one site, a bill of it and the mapping of the bill."""
    folder = tmp_path / "accounts"
    (folder / "activity").mkdir(parents=True)
    shutil.copy(HUNDSUN / "inventory.toml", folder)
    (tmp_path / "bills.csv").write_text("month,kWh\n2024-01,5\n", encoding="utf-8")
    site = Workspace(folder).boundary.sites[0].id
    constants = f'[constants]\nsite = "{site}"\nactivity = "electricity.grid"\nunit = "kWh"\n'
    columns = 'kind = "bills"\nperiod_format = "YYYY-MM"\n[columns]\nperiod = "month"\nquantity = "kWh"\n'
    (tmp_path / "map.toml").write_text(columns + constants, encoding="utf-8")
    return folder, tmp_path / "bills.csv", tmp_path / "map.toml"


def files_in(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def test_a_delivery_with_a_fault_writes_nothing(export: tuple[Path, Path, Path]) -> None:
    folder, bill, mapping = export
    bill.write_text("month,kWh\n2024-01,five\n", encoding="utf-8")
    delivery, taken = take_in(folder, received(bill, folder, mapping), bill)
    assert (taken, [one.code for one in delivery.faults]) == (None, ["number-not-a-number"])
    assert files_in(folder) == ["inventory.toml"]


@pytest.mark.parametrize("name", [".bills.csv", "~$bills.csv"])
def test_a_file_that_spreadsheets_and_listings_hide_is_no_delivery(name: str, export: tuple[Path, Path, Path]) -> None:
    folder, bill, mapping = export
    hidden = bill.rename(bill.with_name(name))
    with pytest.raises(InputError) as raised:
        take_in(folder, received(hidden, folder, mapping), hidden)
    assert raised.value.code == "delivery-name-hidden"
    assert files_in(folder) == ["inventory.toml"]


def test_an_export_makes_no_workspace(export: tuple[Path, Path, Path], tmp_path: Path) -> None:
    folder, bill, mapping = export
    delivery = received(bill, folder, mapping)
    with pytest.raises(InputError) as raised:
        take_in(tmp_path / "new", delivery, bill)
    assert raised.value.code == "no-workspace"
    assert not (tmp_path / "new").exists()


def test_a_table_that_is_broken_already_is_told_with_its_own_name(export: tuple[Path, Path, Path]) -> None:
    folder, bill, mapping = export
    typed = folder / "activity" / "typed.csv"
    typed.write_text("activity_id,site,period,activity,quantity,unit\nx,nowhere,2024,electricity.grid,1,kWh\n")
    delivery, taken = take_in(folder, received(bill, folder, mapping), bill)
    assert taken is None
    assert [(one.code, one.where and (one.where.file, one.where.row)) for one in delivery.faults] == [
        ("unknown-site", ("typed.csv", 2))
    ]
    assert files_in(folder) == ["activity/typed.csv", "inventory.toml"]


def test_where_the_system_makes_no_links_the_accounts_are_read_from_copies(
    export: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, bill, mapping = export
    (folder / "evidence").mkdir()
    (folder / "evidence" / "bill.pdf").write_bytes(b"x")
    shutil.copy(HUNDSUN / "activity" / "energy.csv", folder / "activity")

    def refuse(*_: object, **__: object) -> None:
        raise OSError("links are not allowed here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    delivery, taken = take_in(folder, received(bill, folder, mapping), bill)
    assert delivery.faults == () and taken is not None
    assert taken.written == ("activity/bills.csv", "deliveries.csv", "deliveries/bills.csv")
    assert {one.where.file for batch in Workspace(folder).batches for one in batch.rows()} == {
        "energy.csv",
        "bills.csv",
    }


def test_a_later_delivery_without_activity_takes_its_earlier_rows_away(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    drawn = {"kind": "withdrawal", "source_or_destination": "third-party", **MARCH, "quantity": 310, "unit": "m3"}
    for place in range(2):
        filling = Filling(tmp_path / "year.xlsx", "en")
        filling.form(**FORM)
        filling.row("sites", id="HQ", region="CN-ZJ")
        filling.row("water", site="HQ", **drawn)
        if not place:
            filling.row("electricity", site="HQ", activity="electricity.grid", **MARCH, quantity=1, unit="kWh")
        assert take(filling.save(), folder).faults == ()
        assert (folder / "activity" / "year.csv").is_file() == (not place)
    water = Workspace(folder).water
    assert water is not None and [one.kind for one in water.items] == ["withdrawal"]
    assert [one["rows"] for one in register(folder)] == ["1"]


@pytest.mark.parametrize("broken", [False, True])
def test_a_side_table_that_cannot_be_added_to_is_named(broken: bool, tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    folder.mkdir()
    shutil.copy(HUNDSUN / "inventory.toml", folder)
    site = Workspace(folder).boundary.sites[0].id
    if broken:
        (folder / "water.csv").write_text("site,kind,kind\na,b,c\n", encoding="utf-8")
    else:
        book = ExcelFile()
        book.active.append(["site", "kind"])
        book.active.append([site, "withdrawal"])
        book.save(folder / "water.xlsx")
    there = files_in(folder)
    write_template(tmp_path / "year.xlsx", "en", Workspace(HUNDSUN), rows=20)
    filling = Filling(tmp_path / "year.xlsx", "en")
    filling.book = load_workbook(tmp_path / "year.xlsx")
    filling.row(
        "water", site=site, kind="withdrawal", source_or_destination="third-party", **MARCH, quantity=1, unit="m3"
    )
    delivery = received(filling.save(), folder)
    if broken:
        told, taken = take_in(folder, delivery, tmp_path / "year.xlsx")
        assert taken is None
        assert {one.where.file for one in told.faults if one.where} == {"water.csv"}
    else:
        with pytest.raises(InputError) as raised:
            take_in(folder, delivery, tmp_path / "year.xlsx")
        assert (raised.value.code, raised.value.data["file"]) == ("delivery-table-excel", "water.xlsx")
    assert files_in(folder) == there


@pytest.mark.parametrize("name", ["bills.csv", "bills.xlsx"])
def test_progress_of_an_export_that_is_taken_in_is_told(name: str, tmp_path: Path) -> None:
    folder = typed_year(tmp_path / "accounts")
    site = Workspace(folder).boundary.sites[0].id
    rows = [["month", "kWh"], *([f"{2000 + at // 12}-{at % 12 + 1:02d}", "1"] for at in range(1150))]
    if name.endswith("csv"):
        (tmp_path / name).write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    else:
        book = ExcelFile()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / name)
    columns = '[columns]\nperiod = "month"\nquantity = "kWh"\n'
    constants = f'[constants]\nsite = "{site}"\nactivity = "electricity.grid"\nunit = "kWh"\nmeter = "m1"\n'
    (tmp_path / "map.toml").write_text(f'kind = "bills"\nperiod_format = "YYYY-MM"\n{columns}{constants}')
    calls: list[tuple[int, int | None]] = []
    received(tmp_path / name, folder, tmp_path / "map.toml", lambda done, total: calls.append((done, total)))
    assert calls[0] == ((1000, 1150) if name.endswith("csv") else (1000, 1151))


# ------------------------------------------------------------------------------------------------------------ hostile

HOSTILE = ("<script>alert(1)</script>", 'say "no", please', "two\nlines", "' or 1=1 --"[2:], "a*b?~c", "x" * 200)


def test_hostile_names_do_no_harm_and_come_back_as_they_were(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "hostile.xlsx", "en")
    filling.form(**FORM | {"name_en": "=cmd|' /C calc'!A0"})
    for name in HOSTILE:
        filling.row("sites", id=name, region="CN", name_en="=cmd|' /C calc'!A0", name_zh="@SUM(1)")
        filling.row("electricity", site=name, activity="electricity.grid", **MARCH, quantity=1, unit="kWh", note="=1+1")
    assert take(filling.save(), tmp_path / "accounts").findings == ()
    accounts = Workspace(tmp_path / "accounts")
    assert [one.id for one in accounts.settings.site] == list(HOSTILE)
    assert accounts.settings.site[0].name == {"en": "=cmd|' /C calc'!A0", "zh": "@SUM(1)"}
    text = (tmp_path / "accounts" / "activity" / "hostile.csv").read_text(encoding="utf-8")
    assert ",'=1+1," in text and ",=1+1," not in text
    write_template(tmp_path / "again.xlsx", "en", accounts, rows=20)
    book = load_workbook(tmp_path / "again.xlsx")
    assert book["Sites"]["B5"].data_type == "s" and book["Sites"]["B5"].value == "=cmd|' /C calc'!A0"
    assert book["Sites"]["A5"].value == HOSTILE[0]


def test_two_hundred_sites_fit(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "many.xlsx", "zh")
    filling.form(**FORM)
    for number in range(200):
        filling.row("sites", id=f"站点{number}", region="CN")
        filling.row(
            "electricity", site=f"站点{number}", activity="electricity.grid", **MARCH, quantity=number, unit="kWh"
        )
    assert take(filling.save(), tmp_path / "accounts").findings == ()
    assert len(Workspace(tmp_path / "accounts").settings.site) == 200
    write_template(tmp_path / "again.xlsx", "zh", Workspace(tmp_path / "accounts"), rows=20)
    assert take(tmp_path / "again.xlsx", tmp_path / "new").findings == ()
    total = sum(row.quantity for batch in Workspace(tmp_path / "new").batches for row in batch.rows())
    assert total == 199 * 100


# -------------------------------------------------------------------------------------------------------- LibreOffice


def recalculated(file: Path, folder: Path) -> Path:
    """Open a workbook in LibreOffice, compute every formula anew and save it as a workbook."""
    assert SOFFICE is not None
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
        "<value>0</value></prop></item></oor:items>",
        encoding="utf-8",
    )
    command = [SOFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(folder), str(file)], check=True, capture_output=True, timeout=300)
    return folder / file.name


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_computes_completeness_and_keeps_the_drop_downs(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "year.xlsx", "en")
    filling.form(**FORM)
    filling.row("sites", id="HQ", region="CN")
    filling.row("sites", id="<5*?~", region="CN", **{"from": date(2024, 3, 1)})
    filling.row("sites", id="none", region="CN")
    for number, (first, last) in enumerate(months(), start=1):
        days = {"period_start": first, "period_end": last}
        bill = {"site": "HQ", "activity": "electricity.grid", **days, "quantity": 1, "unit": "kWh"}
        if number != 9:
            filling.row("electricity", **bill, meter="00123")
        if number not in {4, 9}:  # a meter that a spreadsheet would take for the same number
            filling.row("electricity", **bill | {"unit": "MWh"}, meter="123")
    twice = {"period_start": date(2024, 12, 10), "period_end": date(2024, 12, 20), "quantity": 5}
    filling.row("electricity", site="HQ", activity="electricity.grid", meter="123", unit="kWh", **twice)
    part = {"period_start": date(2024, 3, 1), "period_end": date(2024, 4, 15)}
    filling.row(
        "gas", site="<5*?~", activity="stationary.natural_gas", **part, reading_start=9990, reading_end=20, digits=4,
        multiplier=10, unit="m3",
    )  # fmt: skip
    filling.book["Completeness"]["A3"] = 2024
    book = load_workbook(recalculated(filling.save(), tmp_path / "out"), data_only=True)
    page = book["Completeness"]
    rows = {(row[0], row[1]): row[5:17] for row in page.iter_rows(min_row=5, max_row=24, values_only=True)}
    assert rows["Electricity", "HQ"] == (1, 1, 1, 0.5, 1, 1, 1, 1, 0, 1, 1, "!")
    assert rows["Gas and boilers", "<5*?~"] == ("–", "–", 1, 0.5, 0, 0, 0, 0, 0, 0, 0, 0)
    assert rows["Electricity", "none"] == ("–",) * 12
    assert book["Electricity"]["A3"].value == "rows filled: 22   total: 16 kWh;  10 MWh;  "
    assert book["Gas and boilers"]["A3"].value == "rows filled: 1   total: 300 m3;  "
    told = load_workbook(tmp_path / "out" / "year.xlsx")["Electricity"].data_validations.dataValidation
    lists = {str(one.sqref).split(":")[0]: one.formula1 for one in told if one.type == "list"}
    assert set(lists) >= {"A5", "B5", "G5", "K5"}
    assert lists["A5"] == "site_list" and lists["G5"].startswith("OFFSET(lists!")
    assert {str(one.sqref).split(":")[0] for one in told if one.type == "date"} == {"D5", "E5"}
    assert read_workbook(tmp_path / "out" / "year.xlsx").faults == ()
