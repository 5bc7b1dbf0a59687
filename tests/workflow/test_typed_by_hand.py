"""What people type where a list, a day or a plain number was asked for: understood, or told once and in their words."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon import deliveries
from hsesg_carbon.deliveries import received, register, take_in
from hsesg_carbon.delivery import Delivery, read_workbook
from hsesg_carbon.errors import InputError
from hsesg_carbon.workspace import Workspace
from tests.commands import as_json, run
from tests.filled import FORM, Filling

JANUARY = {"period_start": date(2024, 1, 1), "period_end": date(2024, 1, 31)}
BILL = {"site": "总部", "activity": "electricity.grid", **JANUARY, "quantity": 100, "unit": "kWh"}


def filling(folder: Path, lang: str = "zh", name: str = "年度.xlsx", **site: object) -> Filling:
    """A workbook with its form and one site."""
    made = Filling(folder / name, lang)
    made.form(**FORM)
    made.row("sites", **{"id": "总部", "region": "浙江", **site})
    return made


def told(delivery: Delivery) -> list[tuple[str, int | None, str | None]]:
    return [(one.code, one.where.row, one.where.column) for one in delivery.findings if one.where]


@pytest.mark.parametrize("region", ["浙江", "浙江省", "Zhejiang", "CN-ZJ", "浙江 (CN-ZJ)"])
def test_a_name_without_its_brackets_is_understood_where_one_thing_only_can_be_meant(
    tmp_path: Path, region: str
) -> None:
    made = filling(tmp_path, region=region)
    made.row("gas", site="总部", activity="天然气", **JANUARY, quantity=30, unit="m3")
    made.row("vehicle_fuel", site="总部", activity="汽油", **JANUARY, quantity=40, unit="L")
    made.row("refrigerants", site="总部", activity="R410A", method="simplified", **JANUARY, unit="kg", recharged=2)
    delivery = read_workbook(made.save())
    assert told(delivery) == []
    assert delivery.inventory is not None and delivery.inventory["site"][0]["region"] == "CN-ZJ"
    columns, rows = delivery.tables["activity"]
    assert [row[columns.index("activity")] for row in rows] == ["stationary.natural_gas", "mobile.petrol"]
    columns, rows = delivery.tables["refrigerants"]
    assert rows[0][columns.index("activity")] == "refrigerant.r410a"


def test_a_name_that_several_things_have_is_answered_with_them_in_the_language_of_the_reader(tmp_path: Path) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL | {"activity": "电力"})
    (fault,) = read_workbook(made.save()).faults
    assert fault.code == "delivery-not-listed"
    assert "外购电力（电网）" in fault.message("zh") and "electricity.grid" not in fault.message("zh")


def test_a_total_and_remarks_below_the_table_are_told_once_each(tmp_path: Path) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL)
    made.row("electricity", site="合计", quantity=100)
    made.row("electricity", site="注：3月为估算")
    made.row("electricity", site="填表人：张三", period_start="审核：李四")
    made.row("electricity", **BILL | {"quantity": None})
    assert told(read_workbook(made.save())) == [
        ("delivery-row-total", 6, "A"),
        ("delivery-row-remark", 7, "A"),
        ("delivery-row-remark", 8, "A"),
        ("cell-blank", 9, "F"),
    ]


def test_a_site_that_is_faulty_is_told_there_and_not_again_at_each_of_its_bills(tmp_path: Path) -> None:
    made = filling(tmp_path, region="nowhere at all", persons=0, floor_area="800平方米")
    lease = {"lease_basis": "area", "lease_share": "60%", "lease_note": "contract"}
    made.row("sites", id="分部", region="北京市", **lease)
    made.row("electricity", **BILL)
    made.row("electricity", **BILL | {"site": "分部"})
    delivery = read_workbook(made.save())
    assert told(delivery) == [
        ("delivery-not-listed", 5, "D"),
        ("delivery-number-only", 5, "I"),
        ("delivery-not-above-zero", 5, "J"),
        ("delivery-percent", 6, "R"),
    ]
    assert delivery.faults[-1].data["plain"] == "0.6"


def test_a_month_in_place_of_a_day_is_answered_with_its_day(tmp_path: Path) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL | {"period_start": "2024年2月", "period_end": "2024年2月"})
    delivery = read_workbook(made.save())
    assert told(delivery) == [("delivery-not-a-day", 5, "D"), ("delivery-not-a-day", 5, "E")]
    assert [one.data["day"] for one in delivery.faults] == ["2024-02-01", "2024-02-29"]


def test_a_use_of_no_bill_is_told_at_its_cell_with_all_else(tmp_path: Path) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL | {"meter": "1"})
    made.row("electricity", **BILL | {"role": "it", "quantity": "50 kWh"})
    assert told(read_workbook(made.save())) == [("number-with-unit", 6, "F"), ("delivery-role-alone", 6, "Q")]


def test_what_only_the_accounts_show_is_found_when_looking_and_marked_in_a_corrected_copy(tmp_path: Path) -> None:
    made = filling(tmp_path, name="年度.checked.xlsx")
    made.row("electricity", **BILL | {"part_of": "no such meter"})
    file, folder = made.save(), tmp_path / "accounts"
    for only_look in (True, False):
        delivery, taken = take_in(folder, received(file, folder), file, only_look=only_look)
        assert taken is None and not folder.exists()
        assert [(one.code, one.where and one.where.file) for one in delivery.faults] == [("part-of-unknown", file.name)]
    assert run("intake", file, "--into", folder, "--check").returncode == 2
    made.page("electricity")["Q5"] = None
    made.save()
    assert as_json("intake", file, "--into", folder, "--check")["written"] == []
    assert not folder.exists()
    assert take_in(folder, received(file, folder), file)[1] is not None
    assert [row["file"] for row in register(folder)] == ["年度.xlsx"] and Workspace(folder).batches


def test_spellings_of_one_unit_are_one_control_total(tmp_path: Path) -> None:
    made = filling(tmp_path)
    for meter, unit in enumerate(("kWh", "度", "千瓦时")):
        made.row("electricity", **BILL | {"unit": unit, "meter": str(meter)})
    controls = next(one for one in read_workbook(made.save()).controls if one.sums)
    assert {key: int(total) for key, total in controls.sums.items()} == {("electricity.grid", "kWh"): 300}


def test_a_habit_is_printed_with_its_first_cells_and_the_places_of_the_others(tmp_path: Path) -> None:
    made = filling(tmp_path)
    for meter in range(9):
        made.row("electricity", **BILL | {"quantity": f"{meter + 1} kWh", "meter": str(meter)})
    said = run("intake", made.save(), "--into", tmp_path / "accounts", "--check", "--lang", "zh").stdout
    assert said.count("'3 kWh'") == 1 and "'4 kWh'" not in said
    assert "另有6处同类问题：F8、F9、F10、F11、F12、F13" in said.replace("\n", "")


def test_an_intake_that_was_cut_off_before_its_register_can_be_done_again(tmp_path: Path) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL)
    file, folder = made.save(), tmp_path / "accounts"
    take_in(folder, received(file, folder), file)
    whole = {one.name: one.read_bytes() for one in folder.rglob("*.*") if one.name != "deliveries.csv"}
    (folder / "deliveries.csv").unlink()
    assert take_in(folder, received(file, folder), file)[1] is not None
    assert {one.name: one.read_bytes() for one in folder.rglob("*.*") if one.name != "deliveries.csv"} == whole
    (folder / "deliveries.csv").unlink()
    (folder / "activity" / "年度.csv").write_text("activity_id,site,period,activity,quantity,unit\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        take_in(folder, received(file, folder), file)
    assert refused.value.code == "delivery-name-taken"


def test_what_another_intake_writes_meanwhile_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = filling(tmp_path)
    made.row("electricity", **BILL)
    file, folder = made.save(), tmp_path / "accounts"
    take_in(folder, received(file, folder), file)
    rehearse = deliveries._rehearse

    def with_company(*given: Any, **more: Any) -> Any:
        (folder / "minutes.txt").write_text("of somebody else", encoding="utf-8")
        return rehearse(*given, **more)

    monkeypatch.setattr(deliveries, "_rehearse", with_company)
    before = (folder / "deliveries.csv").read_bytes()
    with pytest.raises(InputError) as refused:
        take_in(folder, received(file, folder), file)
    assert refused.value.code == "delivery-meanwhile"
    assert (folder / "minutes.txt").read_text(encoding="utf-8") == "of somebody else"
    assert (folder / "deliveries.csv").read_bytes() == before


def test_the_workbook_of_another_year_adds_its_year_and_sites_and_neither_takes_away_what_the_other_gave(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "accounts"

    def year(number: int, sites: dict[str, str]) -> Path:
        made = Filling(tmp_path / f"{number}.xlsx", "zh")
        made.form(**FORM | {"periods": str(number)})
        for site, region in sites.items():
            made.row("sites", id=site, region=region, persons=10)
            days = {"period_start": date(number, 1, 1), "period_end": date(number, 1, 31)}
            made.row("electricity", **BILL | {"site": site, **days})
        return made.save()

    def take(file: Path) -> list[str]:
        delivery, _ = take_in(folder, received(file, folder), file)
        return [one.code for one in delivery.findings]

    assert take(year(2024, {"总部": "浙江"})) == []
    assert take(year(2023, {"总部": "浙江", "旧址": "上海"})) == ["delivery-inventory-added"]
    for again in (2024, 2023, 2024):
        assert take(year(again, {"总部": "浙江"})) == []
        settings = Workspace(folder).settings
        assert settings.periods == ("2023", "2024")
        assert {one.id: one.region for one in settings.site} == {"总部": "CN-ZJ", "旧址": "CN-SH"}
    assert take(year(2023, {"总部": "北京"})) == ["delivery-setting-differs"]
    assert take(year(2024, {"总部": "北京"})) == []  # the file that made the accounts may change what it said
    settings = Workspace(folder).settings
    assert {one.id: one.region for one in settings.site} == {"总部": "CN-BJ", "旧址": "CN-SH"}
    assert settings.periods == ("2023", "2024")
    path = folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    assert take(year(2025, {"总部": "北京"})) == ["delivery-setting-differs"]
    assert path.read_text(encoding="utf-8").endswith("# by hand\n")
