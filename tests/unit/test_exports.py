"""Plain exports by a stated mapping: what is taken, what is left aside and why, and every fault at its cell."""

from collections.abc import Callable
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.activities import Activities
from hsesg_carbon.errors import InputError
from hsesg_carbon.exports import Exported, read_export
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.layouts import letter
from hsesg_carbon.mappings import ColumnMapping, read_mapping
from hsesg_carbon.sites import Site

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "exports"
SITES = [Site(id="hangzhou", region="CN"), Site(id="wuhan", region="CN")]
LIBRARY = FactorLibrary.shipped()
POWER = {"activity": "electricity.grid", "unit": "kWh"}

BILLS: dict[str, Any] = {
    "kind": "bills",
    "date_format": "YYYY-MM-DD",
    "columns": {"meter": "meter", "period_start": "from", "period_end": "to", "quantity": "kWh"},
    "constants": {"site": "hangzhou", **POWER},
}
MONTHS: dict[str, Any] = {
    "kind": "bills",
    "period_format": "YYYY-MM",
    "columns": {"site": "site", "period": "month", "quantity": "kWh"},
    "constants": POWER,
}
READINGS: dict[str, Any] = {
    "kind": "readings",
    "date_format": "YYYY-MM-DD",
    "readings_at": "start-of-day",
    "columns": {"meter": "meter", "date": "date", "reading": "reading"},
    "constants": {"site": "hangzhou", **POWER},
}
HOURS: dict[str, Any] = {
    "kind": "intervals",
    "date_format": "YYYY-MM-DD HH:mm",
    "interval": "1h",
    "stamp_at": "start",
    "measures": "energy",
    "local_time": "+08:00",
    "columns": {"meter": "meter", "stamp": "time", "quantity": "kWh"},
    "constants": {"site": "hangzhou", **POWER},
}

Take = Callable[..., Exported]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    def taken(text: str, mapping: dict[str, Any], **more: Any) -> Exported:
        path = tmp_path / "export.csv"
        path.write_text(text, encoding="utf-8")
        return read_export(path, ColumnMapping.model_validate({**mapping, **more}), SITES, LIBRARY)

    return taken


def example(name: str) -> Exported:
    return read_export(EXAMPLES / f"{name}.csv", read_mapping(EXAMPLES / f"{name}.toml"), SITES, LIBRARY)


def faults(exported: Exported) -> list[tuple[str, int | None, str | None]]:
    """Return code, row and column of every error."""
    found = [one for one in exported.findings if one.severity == "error"]
    return [(one.code, one.where and one.where.row, one.where and one.where.column) for one in found]


def codes(exported: Exported, severity: str) -> list[str]:
    return [one.code for one in exported.findings if one.severity == severity]


def quantities(exported: Exported) -> dict[str, str]:
    return {str(one["activity_id"]): str(one["quantity"]) for one in exported.rows}


def adds_up(exported: Exported) -> bool:
    controls = exported.controls
    return controls.read == controls.taken + sum(controls.left_aside.values())


def hours(day: str, values: list[str], meter: str = "M1") -> str:
    return "".join(f"{meter},{day} {at:02d}:00,{value}\n" for at, value in enumerate(values))


# ------------------------------------------------------------------------------------------------ the examples


@pytest.mark.parametrize("name", ["utility-bill", "hourly-energy", "load-curve", "meter-readings"])
def test_an_example_becomes_activities_without_a_fault(name: str) -> None:
    import pandas as pd

    exported = example(name)
    assert not exported.faulty
    assert adds_up(exported)
    acts = Activities(pd.DataFrame(exported.rows).astype("str"), SITES, LIBRARY, unique_ids=True)
    total = sum((one.quantity for one in acts.rows()), F(0))
    assert total == sum(exported.controls.sums.values())
    assert {one.where.file for one in acts.rows()} == {f"{name}.csv"}


def test_the_bills_of_the_example_meet_their_own_total() -> None:
    exported = example("utility-bill")
    assert exported.controls.sums == {("electricity.grid", "kWh"): F(260874)}
    assert exported.controls.totals_met == 1
    assert dict(exported.controls.left_aside) == {"above": 1, "heading": 1, "skipped": 1, "total": 1, "remark": 1}
    assert exported.rows[0]["meter"] == "0330012345"
    assert exported.rows[0]["origin_row"] == "4"


def test_the_hours_of_the_example_fall_into_the_months_of_the_wall_clock() -> None:
    exported = example("hourly-energy")
    day = sum((F("82.5") + at * F("1.125") for at in range(24)), F(0))
    got = quantities(exported)
    assert F(got["hangzhou:M-101:electricity.grid:2024-02-29"]) == day
    assert F(got["hangzhou:M-101:electricity.grid:2024-03-01"]) == day


def test_the_load_curve_of_the_example_is_power_times_a_quarter_times_the_multiplier() -> None:
    exported = example("load-curve")
    points = sum((F(20) + F(abs(48 - at), 4) + F(2, 10) for at in range(96)), F(0))
    assert F(quantities(exported)["hangzhou:0001234567:electricity.grid:2024-02-01"]) == points / 4 * 10
    assert codes(exported, "warning") == ["intervals-missing", "intervals-blank"]
    missing = next(one for one in exported.findings if one.code == "intervals-missing")
    assert missing.data["count"] == 1
    assert missing.data["moments"] == ["2024-01-31 02:30"]


def test_the_book_of_readings_of_the_example_holds_a_rollover_a_replacement_and_an_estimate() -> None:
    exported = example("meter-readings")
    got = quantities(exported)
    assert F(got["hangzhou:E-01:electricity.grid:2024-02"]) == (100_000 - F("99804.15") + F("97.90")) * 80
    assert F(got["hangzhou:E-02:electricity.grid:2024-02"]) == (6511 - 6034) + (398 - 12)
    qualities = [(one["meter"], one["quality"]) for one in exported.rows]
    assert qualities == [("E-01", "measured")] * 2 + [("E-01", "estimated")] * 2 + [("E-02", "measured")] * 4


def test_a_second_export_of_the_same_gives_the_same_ids() -> None:
    assert quantities(example("utility-bill")) == quantities(example("utility-bill"))


def test_ids_do_not_depend_on_where_rows_stand(take: Take) -> None:
    first = take("meter,from,to,kWh\nA,2024-01-01,2024-01-31,5\nB,2024-01-01,2024-01-31,6\n", BILLS)
    other = take("title\n\nmeter,from,to,kWh\nB,2024-01-01,2024-01-31,6\nA,2024-01-01,2024-01-31,5\n", BILLS)
    assert quantities(first) == quantities(other)


# ------------------------------------------------------------------------------------------------- the mapping


def test_everything_that_a_mapping_lacks_is_named_at_once() -> None:
    mapping = ColumnMapping.model_validate({"kind": "intervals", "interval": "7min", "matrix": "HH:mm"})
    needed = [one.data.get("needed", one.code) for one in mapping.faults()]
    assert needed == [
        "columns.stamp + date_format",
        "columns.quantity",
        "stamp_at",
        "measures",
        "local_time",
        "columns.site | constants.site | meters.site",
        "columns.activity | constants.activity | meters.activity",
        "columns.unit | constants.unit | meters.unit",
        "mapping-unused",
        "mapping-interval",
    ]
    for one in mapping.faults():
        assert one.message("en") != one.message("zh")


def test_a_mapping_with_unknown_keys_is_refused_with_each_of_them(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('kind = "bill"\ncolums = {}\n[columns]\nmetre = "x"\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    text = caught.value.text()
    assert "colums" in text and "metre" in text and "kind" in text


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"date_format": "DD-MM"}, "mapping-pattern"),
        ({"date_format": "YYYY-MM-MM-DD"}, "mapping-pattern"),
        ({"decimal": ",", "thousands": ","}, "mapping-signs"),
        ({"interval": "1h"}, "mapping-unused"),
        ({"local_time": "Mars"}, "clock-unknown"),
        ({"meters": {"A": {"multiplier": 80}}}, "mapping-unused"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(changed: dict[str, Any], code: str, take: Take) -> None:
    with pytest.raises(InputError) as caught:
        take("meter,from,to,kWh\n", BILLS, **changed)
    assert code in [one.code for one in caught.value.problems]


def test_headings_that_are_not_there_are_all_named(take: Take) -> None:
    with pytest.raises(InputError) as caught:
        take("meter,from,until,MWh\nA,2024-01-01,2024-01-31,5\n", BILLS)
    assert [(one.code, one.data["heading"]) for one in caught.value.problems] == [  # type: ignore[attr-defined]
        ("export-heading-missing", "kWh"),
        ("export-heading-missing", "to"),
    ]


def test_a_heading_that_stands_twice_is_refused(take: Take) -> None:
    with pytest.raises(InputError) as caught:
        take("meter,from,to,kWh,kWh\nA,2024-01-01,2024-01-31,5,6\n", BILLS)
    assert [one.code for one in caught.value.problems] == ["export-heading-twice"]


def test_a_heading_is_found_below_titles_and_whatever_its_blanks(take: Take) -> None:
    exported = take('report of 2024,,,\n,,,\n meter ,"fr\nom",to,ｋＷｈ\nA,2024-01-01,2024-01-31,5\n', BILLS)
    assert [one["quantity"] for one in exported.rows] == ["5"]
    assert [one["origin_row"] for one in exported.rows] == ["5"]
    assert adds_up(exported)


def test_columns_that_nobody_mapped_are_named(take: Take) -> None:
    exported = take("meter,from,to,kWh,cost,tax\nA,2024-01-01,2024-01-31,5,1,2\n", BILLS)
    assert [one.data["columns"] for one in exported.findings] == [["cost", "tax"]]


def test_a_file_in_gb18030_is_read_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "账单.csv"
    path.write_bytes("户号,起,止,电量\nA,2024-01-01,2024-01-31,5\n".encode("gb18030"))
    columns = {"meter": "户号", "period_start": "起", "period_end": "止", "quantity": "电量"}
    exported = read_export(path, ColumnMapping.model_validate({**BILLS, "columns": columns}), SITES, LIBRARY)
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-01": "5"}
    assert codes(exported, "info") == ["read-as-gb18030"]


# --------------------------------------------------------------------------------------------------- workbooks


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.save(path)
    return path


def test_a_sheet_is_found_by_name_or_number_and_dates_of_cells_need_no_format(tmp_path: Path) -> None:
    from datetime import date

    rows = [["meter", "from", "to", "kWh"], ["0012", date(2024, 1, 1), date(2024, 1, 31), 33.3]]
    path = workbook(tmp_path / "b.xlsx", {"notes": [["hello"]], "data": rows})
    for sheet in ("data", 2):
        mapping = ColumnMapping.model_validate({**BILLS, "sheet": sheet, "date_format": "D/M/YYYY"})
        exported = read_export(path, mapping, SITES, LIBRARY)
        assert quantities(exported) == {"hangzhou:0012:electricity.grid:2024-01": "33.3"}
        assert exported.rows[0]["origin_sheet"] == "data"


@pytest.mark.parametrize("sheet", [None, "Data", 3, 0])
def test_a_sheet_is_never_guessed(tmp_path: Path, sheet: object) -> None:
    path = workbook(tmp_path / "b.xlsx", {"notes": [["hello"]], "data": [["meter"]]})
    with pytest.raises(InputError) as caught:
        read_export(path, ColumnMapping.model_validate({**BILLS, "sheet": sheet}), SITES, LIBRARY)
    assert caught.value.code in {"export-sheet-unstated", "export-sheet-missing"}


def test_quarters_of_an_hour_in_a_workbook_are_read(tmp_path: Path) -> None:
    from datetime import datetime, timedelta

    first = datetime(2024, 1, 1)
    rows: list[list[Any]] = [["meter", "time", "kWh"]]
    rows += [["M1", first + timedelta(minutes=15 * at), at / 10] for at in range(96)]
    path = workbook(tmp_path / "b.xlsx", {"data": rows})
    exported = read_export(path, ColumnMapping.model_validate({**HOURS, "interval": "15min"}), SITES, LIBRARY)
    assert quantities(exported) == {"hangzhou:M1:electricity.grid:2024-01-01": "456"}
    assert not exported.findings


# ------------------------------------------------------------------------------------------------------- bills


def test_every_fault_of_every_row_is_at_its_cell(take: Take) -> None:
    text = (
        "site,month,kWh\n"
        "hangzhou,2024-01,5\n"
        "paris,2024-02,5\n"
        "hangzhou,01/2024,5\n"
        "hangzhou,2024-03,5 kWh\n"
        "hangzhou,2024-04,\n"
        "hangzhou,2024-05,-5\n"
        "wuhan,2024-13,n/a\n"
        ",2024-06,5\n"
    )
    exported = take(text, MONTHS)
    assert sorted(faults(exported), key=str) == sorted(
        [
            ("unknown-site", 3, "A"),
            ("stamp-not-so", 4, "B"),
            ("number-with-unit", 5, "C"),
            ("quantity-blank", 6, "C"),
            ("quantity-negative", 7, "C"),
            ("period-broken", 8, "B"),
            ("number-not-a-number", 8, "C"),
            ("cell-blank", 9, "A"),
        ],
        key=str,
    )
    assert [one["origin_row"] for one in exported.rows] == ["2"]
    assert exported.controls.left_aside["fault"] == 7
    assert adds_up(exported)
    for one in exported.findings:
        assert one.line("en") != one.line("zh")


def test_a_fault_in_the_mapping_is_told_once_however_many_rows_it_concerns(take: Take) -> None:
    text = "meter,from,to,kWh\n" + "".join(f"M{at},2024-01-01,2024-01-31,5\n" for at in range(50))
    exported = take(text, BILLS, constants={"site": "atlantis", **POWER})
    assert [one[0] for one in faults(exported)] == ["unknown-site"]
    assert exported.controls.left_aside["fault"] == 50


def test_of_many_faults_of_a_kind_a_hundred_are_shown_and_all_are_counted(take: Take) -> None:
    text = "meter,from,to,kWh\n" + "".join(f"M{at},2024-01-01,2024-01-31,x\n" for at in range(250))
    exported = take(text, BILLS)
    assert len([one for one in faults(exported) if one[0] == "number-not-a-number"]) == 100
    assert next(one for one in exported.findings if one.code == "more-problems").data["count"] == 150
    assert exported.controls.left_aside["fault"] == 250


def test_a_unit_that_does_not_fit_the_activity_is_refused(take: Take) -> None:
    text = "meter,from,to,kWh,unit\nA,2024-01-01,2024-01-31,5,m3\n"
    exported = take(text, BILLS, columns={**BILLS["columns"], "unit": "unit"})
    assert faults(exported) == [("wrong-dimension", 2, "E")]


def test_words_of_the_export_mean_what_the_mapping_says_and_nothing_else(take: Take) -> None:
    text = "site,month,kWh\n杭州总部,2024-01,5\n武汉总部,2024-01,6\n"
    exported = take(text, MONTHS, values={"site": {"杭州总部": "hangzhou"}})
    assert [one["site"] for one in exported.rows] == ["hangzhou"]
    assert faults(exported) == [("export-value-unknown", 3, "A")]


def test_a_meter_that_the_mapping_does_not_know_is_refused(take: Take) -> None:
    text = "meter,from,to,kWh\n330012,2024-01-01,2024-01-31,5\n"
    exported = take(text, BILLS, meters={"0330012": {}})
    assert faults(exported) == [("export-meter-unknown", 2, "A")]
    assert exported.findings[0].data["known"] == ["0330012"]


def test_a_row_that_contradicts_its_meter_is_refused(take: Take) -> None:
    text = "meter,from,to,kWh,site\nA,2024-01-01,2024-01-31,5,wuhan\n"
    mapped = {"columns": {**BILLS["columns"], "site": "site"}, "meters": {"A": {"site": "hangzhou"}}}
    assert faults(take(text, BILLS, **mapped)) == [("export-meter-elsewhere", 2, "E")]


def test_parts_add_up_to_the_quantity_or_it_is_said_by_how_much_not(take: Take) -> None:
    text = "meter,from,to,kWh,尖,峰,平,谷\nA,2024-01-01,2024-01-31,10,1,2,3,4\nB,2024-01-01,2024-01-31,12,1,2,3,4\n"
    exported = take(text, BILLS, parts=["尖", "峰", "平", "谷"])
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-01": "10"}
    assert faults(exported) == [("export-parts-differ", 3, "D")]
    assert exported.findings[0].data == {"stated": "12", "summed": "10", "difference": "2"}
    assert not take(text, BILLS, parts=["尖", "峰", "平", "谷"], tolerance=2).faulty


def test_parts_alone_are_added_and_a_blank_one_is_no_zero(take: Take) -> None:
    text = "meter,from,to,峰,谷\nA,2024-01-01,2024-01-31,0.1,0.2\nB,2024-01-01,2024-01-31,7,\n"
    columns = {"meter": "meter", "period_start": "from", "period_end": "to"}
    exported = take(text, BILLS, columns=columns, parts=["峰", "谷"])
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-01": "0.3"}
    assert faults(exported) == [("quantity-blank", 3, "E")]


def test_rows_of_totals_are_left_aside_and_held_to_the_rows(take: Take) -> None:
    text = (
        "site,month,kWh\nhangzhou,2024-01,5\nhangzhou,2024-02,6\n小计：,,11\n"
        "wuhan,2024-01,7\nwuhan,2024-02,8\n小 计,,15\n合计（千瓦时）,,26\n"
    )
    exported = take(text, MONTHS)
    assert not exported.faulty
    assert exported.controls.totals_met == 3
    assert exported.controls.left_aside == {"heading": 1, "total": 3}


def test_a_total_that_its_rows_do_not_meet_is_a_fault_at_its_cell(take: Take) -> None:
    exported = take("site,month,kWh\nhangzhou,2024-01,5\nhangzhou,2024-02,6\nTotal,,12\n", MONTHS)
    assert faults(exported) == [("export-total-differs", 4, "C")]
    assert exported.findings[0].data == {"stated": "12", "summed": "11", "difference": "1"}
    assert exported.controls.taken == 2
    assert adds_up(exported)


def test_a_total_over_rows_that_are_no_numbers_is_told_to_be_unchecked(take: Take) -> None:
    exported = take("site,month,kWh\nhangzhou,2024-01,x\nTotal,,12\n", MONTHS)
    assert "export-total-unchecked" in codes(exported, "info")


def test_rows_are_skipped_by_a_stated_test_only_and_counted(take: Take) -> None:
    text = "site,month,kWh,state\nhangzhou,2024-01,5,ok\nhangzhou,2024-01,5,void\nhangzhou,2024-02,5,void?\n"
    skip = [{"column": "state", "equals": ["void"], "reason": "void"}]
    exported = take(text, MONTHS, skip=skip)
    assert len(exported.rows) == 2
    assert exported.controls.left_aside == {"heading": 1, "skipped": 1}
    assert [one.data for one in exported.findings] == [{"count": 1, "reason": "void"}]


def test_a_heading_that_is_printed_again_and_remarks_below_are_left_aside(take: Take) -> None:
    text = "site,month,kWh\nhangzhou,2024-01,5\nsite,month,kWh\nhangzhou,2024-02,6\n\nprinted by: Li,,\n"
    exported = take(text, MONTHS)
    assert exported.controls.left_aside == {"heading": 2, "remark": 1}
    assert [one.data["text"] for one in exported.findings] == ["printed by: Li"]
    assert not exported.faulty


def test_a_lone_site_without_a_value_is_a_missing_value_not_a_remark(take: Take) -> None:
    exported = take("site,month,kWh\nhangzhou,,\n", MONTHS)
    assert ("quantity-blank", 2, "C") in faults(exported)


def test_a_bill_that_stands_twice_is_a_fault_unless_a_column_tells_the_rows_apart(take: Take) -> None:
    text = "site,month,kWh,tariff\nhangzhou,2024-01,5,peak\nhangzhou,2024-01,6,valley\n"
    assert faults(take(text, MONTHS)) == [("export-row-twice", 3, "C")]
    exported = take(text, MONTHS, columns={**MONTHS["columns"], "part": "tariff"})
    assert list(quantities(exported)) == [
        "hangzhou:electricity.grid:2024-01:peak",
        "hangzhou:electricity.grid:2024-01:valley",
    ]


def test_one_column_per_month_gives_one_row_per_month_and_blanks_are_named(take: Take) -> None:
    text = "site,2024年1月,2024年2月,2024年12月,remark\nhangzhou,1.5,2.5,,x\nwuhan,3,,4,y\n合计,4.5,2.5,4,\n"
    mapped = {"columns": {"site": "site"}, "wide": True, "period_format": "YYYY年M月"}
    exported = take(text, MONTHS, **mapped)
    assert quantities(exported) == {
        "hangzhou:electricity.grid:2024-01": "1.5",
        "hangzhou:electricity.grid:2024-02": "2.5",
        "wuhan:electricity.grid:2024-01": "3",
        "wuhan:electricity.grid:2024-12": "4",
    }
    assert exported.controls.totals_met == 3
    blanks = [one.data["columns"] for one in exported.findings if one.code == "export-cells-blank"]
    assert blanks == [["2024年12月"], ["2024年2月"]]


def test_months_without_a_year_take_the_stated_one(take: Take) -> None:
    mapped = {"columns": {"site": "site"}, "wide": True, "period_format": "M月", "year": 2023}
    exported = take("site,1月,2月\nhangzhou,1,2\n", MONTHS, **mapped)
    assert list(quantities(exported)) == ["hangzhou:electricity.grid:2023-01", "hangzhou:electricity.grid:2023-02"]


def test_a_fault_in_one_month_leaves_the_row_aside_at_that_cell(take: Take) -> None:
    mapped = {"columns": {"site": "site"}, "wide": True, "period_format": "YYYY-MM"}
    exported = take("site,2024-01,2024-02\nhangzhou,1,zwei\nwuhan,3,4\n", MONTHS, **mapped)
    assert faults(exported) == [("number-not-a-number", 2, "C")]
    assert [one["site"] for one in exported.rows] == ["wuhan", "wuhan"]
    assert adds_up(exported)


@pytest.mark.parametrize(
    ("signs", "text", "quantity"),
    [
        ({"decimal": ",", "thousands": "."}, '"1.234,5"', "1234.5"),
        ({"decimal": ",", "thousands": " "}, '"1 234,5"', "1234.5"),
        ({"thousands": ","}, '"1,234.50"', "1234.5"),
        ({"thousands": "'"}, "1'234'567", "1234567"),
        ({"sign": "reversed"}, "-12", "12"),
    ],
)
def test_numbers_are_read_with_the_stated_signs(take: Take, signs: dict[str, str], text: str, quantity: str) -> None:
    exported = take(f"site,month,kWh\nhangzhou,2024-01,{text}\n", MONTHS, **signs)
    assert [one["quantity"] for one in exported.rows] == [quantity]


@pytest.mark.parametrize(
    ("signs", "text", "code"),
    [
        ({}, '"1,234"', "number-grouped"),
        ({"thousands": ","}, '"12,34"', "export-number-grouped"),
        ({"thousands": ","}, '"1,2345"', "export-number-grouped"),
        ({"decimal": ","}, "1.5", "export-number-point"),
        ({"decimal": ",", "thousands": "."}, "1.5", "export-number-grouped"),
        ({}, "#REF!", "number-excel-error"),
    ],
)
def test_numbers_with_other_signs_are_never_guessed(take: Take, signs: dict[str, str], text: str, code: str) -> None:
    exported = take(f"site,month,kWh\nhangzhou,2024-01,{text}\n", MONTHS, **signs)
    assert faults(exported) == [(code, 2, "C")]


def test_a_last_day_that_is_excluded_is_not_billed(take: Take) -> None:
    exported = take("meter,from,to,kWh\nA,2024-01-01,2024-02-01,5\n", BILLS, last_day="excluded")
    assert exported.rows[0]["period_end"] == "2024-01-31"


def test_bills_with_readings_give_their_quantity_and_are_held_to_it(take: Take) -> None:
    text = "meter,from,to,kWh,old,new,CT\nA,2024-01-01,2024-01-31,800,10,20,80\nB,2024-01-01,2024-01-31,801,10,20,80\n"
    columns = {**BILLS["columns"], "reading_start": "old", "reading_end": "new", "multiplier": "CT"}
    exported = take(text, BILLS, columns=columns)
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-01": "800"}
    assert faults(exported) == [("export-readings-differ", 3, "D")]
    del columns["quantity"]
    assert list(quantities(take(text, BILLS, columns=columns)).values()) == ["800", "800"]


def test_a_negative_bill_needs_a_credit_mark(take: Take) -> None:
    text = "site,month,kWh,credit\nhangzhou,2024-01,-5,\nwuhan,2024-01,-6,是\n"
    exported = take(text, MONTHS, columns={**MONTHS["columns"], "credit": "credit"})
    assert faults(exported) == [("quantity-negative", 2, "C")]
    assert [(one["quantity"], one["credit"]) for one in exported.rows] == [("-6", "是")]


# ---------------------------------------------------------------------------------------------------- readings


def test_readings_of_several_meters_are_taken_apart_and_a_lone_one_is_named(take: Take) -> None:
    text = "meter,date,reading\nA,2024-01-01,10\nB,2024-01-01,7\nA,2024-02-01,25\n"
    exported = take(text, READINGS)
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-01": "15"}
    assert codes(exported, "warning") == ["reading-alone"]
    assert exported.controls.left_aside == {"heading": 1, "alone": 1}
    assert adds_up(exported)


def test_a_falling_reading_is_a_fault_at_its_cell_and_the_mapping_can_explain_it(take: Take) -> None:
    text = "meter,date,reading\nA,2024-01-01,99990\nA,2024-02-01,5\n"
    assert faults(take(text, READINGS)) == [("reading-falls", 3, "C")]
    rolled = take(text, READINGS, meters={"A": {"digits": 5, "multiplier": 40}})
    assert [one["quantity"] for one in rolled.rows] == ["600"]
    change = {"at": "2024-01-15", "final": 99999, "first": 0}
    replaced = take(text, READINGS, meters={"A": {"replaced": [change]}})
    assert [one["quantity"] for one in replaced.rows] == ["14"]


def test_multipliers_from_a_day_on_apply_from_that_day(take: Take) -> None:
    text = "meter,date,reading\nA,2024-01-01,0\nA,2024-02-01,10\nA,2024-03-01,20\n"
    steps = [{"from": "2023-01-01", "multiplier": 1}, {"from": "2024-02-01", "multiplier": "1.5"}]
    exported = take(text, READINGS, meters={"A": {"multiplier": steps}})
    assert [one["quantity"] for one in exported.rows] == ["10", "15"]


def test_multipliers_that_differ_from_row_to_row_are_refused(take: Take) -> None:
    text = "meter,date,reading,CT\nA,2024-01-01,0,1\nA,2024-02-01,10,2\n"
    exported = take(text, READINGS, columns={**READINGS["columns"], "multiplier": "CT"})
    assert [one[0] for one in faults(exported)] == ["export-multipliers-differ"]
    assert not exported.rows


def test_readings_with_times_become_months_of_whole_days(take: Take) -> None:
    rows = [("2024-01-31 18:00", 1), ("2024-02-01 00:00", 4), ("2024-02-20 00:00", 9), ("2024-03-01 00:00", 20)]
    text = "meter,date,reading\n" + "".join(f"A,{at},{value}\n" for at, value in [*rows, ("2024-03-01 06:00", 21)])
    more = {"date_format": "YYYY-MM-DD HH:mm", "readings_at": "as-stamped", "records": "month"}
    exported = take(text, READINGS, **more)
    assert quantities(exported) == {"hangzhou:A:electricity.grid:2024-02": "16"}
    assert [one.data["quantity"] for one in exported.findings if one.code == "readings-part-day"] == ["3", "1"]


# --------------------------------------------------------------------------------------------------- intervals


def test_intervals_are_summed_exactly_by_month(take: Take) -> None:
    text = "meter,time,kWh\n" + hours("2024-01-31", ["0.1"] * 24) + hours("2024-02-01", ["0.2"] * 24)
    exported = take(text, HOURS)
    assert quantities(exported) == {
        "hangzhou:M1:electricity.grid:2024-01-31": "2.4",
        "hangzhou:M1:electricity.grid:2024-02-01": "4.8",
    }
    assert not exported.findings


def test_a_stamp_at_the_end_belongs_to_the_interval_before_it(take: Take) -> None:
    text = "meter,time,kWh\n" + "".join(f"M1,2024-01-31 {at:02d}:00,1\n" for at in range(1, 25))
    exported = take(text, HOURS, stamp_at="end")
    assert quantities(exported) == {"hangzhou:M1:electricity.grid:2024-01-31": "24"}
    assert not exported.findings


def test_power_counts_for_the_length_of_its_interval(take: Take) -> None:
    text = "meter,time,kWh\n" + "".join(f"M1,2024-01-31 {at // 4:02d}:{at % 4 * 15:02d},10\n" for at in range(96))
    constants = {"site": "hangzhou", "activity": "electricity.grid", "unit": "kW"}
    exported = take(text, HOURS, interval="15min", measures="power", constants=constants)
    assert [(one["quantity"], one["unit"]) for one in exported.rows] == [("240", "kWh")]


def test_missing_and_blank_intervals_are_counted_and_named_and_nothing_is_put_in_their_place(take: Take) -> None:
    values = ["1"] * 24
    values[5] = ""
    text = (
        "meter,time,kWh\n"
        + hours("2024-01-02", values)
        + hours("2024-01-05", ["1"] * 24)[: -len("M1,2024-01-05 23:00,1\n")]
    )
    exported = take(text, HOURS)
    assert quantities(exported) == {
        "hangzhou:M1:electricity.grid:2024-01-02": "23",
        "hangzhou:M1:electricity.grid:2024-01-05": "23",
    }
    told = {one.code: one.data for one in exported.findings if one.severity == "warning"}
    assert sorted(codes(exported, "warning")) == [
        "interval-days-missing",
        "intervals-blank",
        "intervals-missing",
        "intervals-missing",
    ]
    assert str(told["interval-days-missing"]["first"]) == "2024-01-03"
    assert str(told["interval-days-missing"]["last"]) == "2024-01-04"
    assert exported.controls.left_aside == {"heading": 1, "blank": 1}
    assert exported.rows[0]["note"] == "intervals 间隔 23/24"
    assert exported.rows[0]["quality"] == "measured"
    assert adds_up(exported)


def test_an_interval_that_stands_twice_is_a_fault_at_both_rows(take: Take) -> None:
    text = "meter,time,kWh\nM1,2024-01-01 00:00,1\nM1,2024-01-01 01:00,1\nM1,2024-01-01 01:00,2\n"
    assert faults(take(text, HOURS)) == [("interval-repeated", 3, "B"), ("interval-repeated", 4, "B")]


def test_a_stamp_off_the_grid_is_a_fault(take: Take) -> None:
    assert faults(take("meter,time,kWh\nM1,2024-01-01 00:10,1\n", HOURS)) == [("interval-off-grid", 2, "B")]


def test_a_negative_interval_is_a_fault_at_its_value(take: Take) -> None:
    assert faults(take("meter,time,kWh\nM1,2024-01-01 00:00,-1\n", HOURS)) == [("interval-negative", 2, "C")]


def test_a_named_zone_refuses_a_repeated_hour_and_takes_it_with_an_offset(take: Take) -> None:
    plain = "meter,time,kWh\nM1,2024-10-27 02:00,1\nM1,2024-10-27 03:00,1\n"
    assert faults(take(plain, HOURS, local_time="Europe/Berlin")) == [("stamp-repeated", 2, "B")]
    stamps = [f"2024-10-27 {at:02d}:00+02:00" for at in range(3)] + [
        f"2024-10-27 {at:02d}:00+01:00" for at in range(2, 24)
    ]
    text = "meter,time,kWh\n" + "".join(f"M1,{one},1\n" for one in stamps)
    exported = take(text, HOURS, local_time="Europe/Berlin", date_format="YYYY-MM-DD HH:mmZ")
    assert quantities(exported) == {"hangzhou:M1:electricity.grid:2024-10-27": "25"}
    assert not exported.findings


def test_a_day_with_an_estimated_interval_makes_its_sum_estimated(take: Take) -> None:
    rows = hours("2024-01-01", ["1"] * 24).splitlines()
    text = "meter,time,kWh,q\n" + "".join(f"{one},{'E' if at == 3 else 'A'}\n" for at, one in enumerate(rows))
    more = {"columns": {**HOURS["columns"], "quality": "q"}, "values": {"quality": {"A": "measured", "E": "estimated"}}}
    exported = take(text, HOURS, **more)
    assert [(one["quantity"], one["quality"]) for one in exported.rows] == [("24", "estimated")]
    assert [(one.code, one.data["count"]) for one in exported.findings] == [("intervals-estimated", 1)]


def test_a_matrix_with_ordinal_headings_is_read_and_its_blank_cells_are_missing(take: Take) -> None:
    text = "meter,day," + ",".join(map(str, range(1, 25))) + "\nM1,20240101," + ",".join(["1"] * 23) + ",\n"
    mapped = {
        "kind": "interval-matrix",
        "date_format": "YYYYMMDD",
        "matrix": "#",
        "columns": {"meter": "meter", "date": "day"},
    }
    exported = take(text, HOURS, **mapped)
    assert [one["quantity"] for one in exported.rows] == ["23"]
    missing = next(one for one in exported.findings if one.code == "intervals-missing")
    assert missing.data["moments"] == ["2024-01-01 23:00"]


def test_a_fault_in_a_matrix_is_at_its_own_cell(take: Take) -> None:
    heads = ",".join(f"{at:02d}:00" for at in range(24))
    values = ["1"] * 24
    values[23] = "--"
    text = f"meter,day,{heads}\nM1,2024-01-01,{','.join(values)}\nM1,2024-02-30,{','.join(['1'] * 24)}\n"
    mapped = {"kind": "interval-matrix", "date_format": "YYYY-MM-DD", "matrix": "HH:mm"}
    exported = take(text, HOURS, **mapped, columns={"meter": "meter", "date": "day"})
    assert faults(exported) == [("number-not-a-number", 2, "Z"), ("stamp-not-so", 3, "B")]
    assert not exported.rows
    assert adds_up(exported)


def test_a_matrix_that_is_no_whole_day_is_refused(take: Take) -> None:
    mapped = {"kind": "interval-matrix", "date_format": "YYYY-MM-DD", "matrix": "HH:mm"}
    with pytest.raises(InputError) as caught:
        take("meter,day,00:00,01:00\nM1,2024-01-01,1,1\n", HOURS, **mapped, columns={"meter": "meter", "date": "day"})
    assert caught.value.code == "export-matrix-columns"


def test_hostile_cells_are_only_text(take: Take) -> None:
    rows = ["=cmd|' /C calc'!A0,2024-01,5", "<script>alert(1)</script>,2024-01,5", "hangzhou,2024-01,\x1b[31m9"]
    text = "\n".join(["site,month,kWh", *rows, ""])
    exported = take(text, MONTHS)
    assert [one[:2] for one in faults(exported)] == [
        ("unknown-site", 2),
        ("unknown-site", 3),
        ("number-not-a-number", 4),
    ]
    assert "\x1b" not in "".join(one.line("en") for one in exported.findings)


def test_letters_of_columns_are_those_of_a_spreadsheet() -> None:
    assert [letter(at) for at in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_headings_that_are_times_and_dates_of_a_workbook_are_read(tmp_path: Path) -> None:
    from datetime import date, time

    heads = [time(at) for at in range(24)]
    path = workbook(tmp_path / "m.xlsx", {"data": [["meter", "day", *heads], ["M1", date(2024, 1, 1), *[1.5] * 24]]})
    mapped = {**HOURS, "kind": "interval-matrix", "date_format": "YYYY-MM-DD", "matrix": "HH:mm"}
    mapping = ColumnMapping.model_validate({**mapped, "columns": {"meter": "meter", "date": "day"}})
    assert [one["quantity"] for one in read_export(path, mapping, SITES, LIBRARY).rows] == ["36"]
    path = workbook(tmp_path / "w.xlsx", {"data": [["site", date(2024, 1, 1), date(2024, 2, 1)], ["hangzhou", 1, 2]]})
    mapped = {**MONTHS, "wide": True, "period_format": "YYYY年M月", "columns": {"site": "site"}}
    exported = read_export(path, ColumnMapping.model_validate(mapped), SITES, LIBRARY)
    assert list(quantities(exported).values()) == ["1", "2"]


def test_months_are_held_to_the_total_of_their_row(take: Take) -> None:
    mapped = {"columns": {"site": "site", "quantity": "合计"}, "wide": True, "period_format": "YYYY-MM"}
    exported = take("site,2024-01,2024-02,合计\nhangzhou,1,2,3\nwuhan,3,4,8\n", MONTHS, **mapped)
    assert faults(exported) == [("export-parts-differ", 3, "D")]
    assert [one["site"] for one in exported.rows] == ["hangzhou", "hangzhou"]


def test_a_repeated_interval_leaves_the_other_days_standing(take: Take) -> None:
    text = "meter,time,kWh\n" + hours("2024-01-01", ["1"] * 24) + hours("2024-01-03", ["1"] * 24)
    exported = take(text + "M1,2024-01-03 00:00,9\n", HOURS)
    assert [one[:2] for one in faults(exported)] == [("interval-repeated", 26), ("interval-repeated", 50)]
    assert quantities(exported)["hangzhou:M1:electricity.grid:2024-01-01"] == "24"
    assert quantities(exported)["hangzhou:M1:electricity.grid:2024-01-03"] == "23"
    assert adds_up(exported)


def test_an_offset_where_days_are_stated_is_refused(take: Take) -> None:
    exported = take("meter,from,to,kWh\nA,2024-01-01T00:00:00Z,2024-01-31,5\n", BILLS)
    assert faults(exported) == [("stamp-with-offset", 2, "B")]


def test_an_export_without_rows_is_a_fault(take: Take) -> None:
    for mapping, head in ((BILLS, "meter,from,to,kWh"), (READINGS, "meter,date,reading"), (HOURS, "meter,time,kWh")):
        assert [one[0] for one in faults(take(f"{head}\n", mapping))] == ["table-without-rows"]


def test_each_of_two_days_is_at_fault_at_its_own_cell(take: Take) -> None:
    text = "meter,from,to,kWh\nA,2024-01-01,31/01/2024,5\nB,1.1.24,,5\nC,2024-02-01,2024-01-31,5\n"
    assert faults(take(text, BILLS)) == [
        ("stamp-not-so", 2, "C"),
        ("stamp-not-so", 3, "B"),
        ("cell-blank", 3, "C"),
        ("period-reversed", 4, "C"),
    ]


def test_a_meter_that_is_unknown_is_the_only_fault_told_of_its_row(take: Take) -> None:
    mapped = {"constants": POWER, "meters": {"A": {"site": "hangzhou"}}}
    assert faults(take("meter,from,to,kWh\nB,2024-01-01,2024-01-31,5\n", BILLS, **mapped)) == [
        ("export-meter-unknown", 2, "A")
    ]


def test_a_reading_or_interval_without_its_meter_is_never_mixed_with_others(take: Take) -> None:
    assert faults(take("meter,date,reading\n,2024-01-01,4\nA,2024-02-01,9\n", READINGS)) == [("cell-blank", 2, "A")]
    assert faults(take("meter,time,kWh\n,2024-01-01 00:00,4\n", HOURS)) == [("cell-blank", 2, "A")]


@pytest.mark.parametrize("clock", ["+08:00", "Europe/Berlin"])
def test_years_that_cannot_be_are_faults_at_their_cell(take: Take, clock: str) -> None:
    text = "meter,time,kWh\nA,0001-01-01 00:00,1\nA,9999-12-31 24:00,1\n"
    assert faults(take(text, HOURS, local_time=clock)) == [("stamp-not-so", 2, "B"), ("stamp-not-so", 3, "B")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_progress_is_told_every_thousand_rows_of_an_export(kind: str, tmp_path: Path) -> None:
    rows = [["site", "month", "kWh"]]
    rows += [["hangzhou", f"{2000 + at // 12}-{at % 12 + 1:02d}", "1"] for at in range(1150)]
    path = tmp_path / f"b.{kind}"
    if kind == "csv":
        path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    else:
        workbook(path, {"data": rows})
    calls: list[tuple[int, int | None]] = []
    mapping = ColumnMapping.model_validate(MONTHS)
    read_export(path, mapping, SITES, LIBRARY, lambda done, total: calls.append((done, total)))
    assert calls[0][0] == 1000
    assert calls == ([(1000, 1150)] if kind == "csv" else [(1000, 1151), (1151, 1151)])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_row_that_ends_before_the_column_that_rows_are_skipped_by_is_taken(kind: str, tmp_path: Path) -> None:
    rows = [["site", "month", "kWh", "state"], ["hangzhou", "2024-01", "5"], ["hangzhou", "2024-02", "7", "void"]]
    path = tmp_path / f"b.{kind}"
    if kind == "csv":
        path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    else:
        workbook(path, {"data": rows})
    skip = {"column": "state", "equals": ["void"], "reason": "void bill"}
    exported = read_export(path, ColumnMapping.model_validate({**MONTHS, "skip": [skip]}), SITES, LIBRARY)
    assert list(quantities(exported).values()) == ["5"]
    assert not exported.faulty
    assert exported.controls.left_aside["skipped"] == 1


# ------------------------------------------------------------------------------------- faults, each at its cell

TIMED = {"date_format": "YYYY-MM-DD HH:mm", "readings_at": "as-stamped"}
CHANGED = {**READINGS["columns"], "old_final": "old", "new_first": "new"}
TIMES = {**READINGS["columns"], "multiplier": "CT"}
WIDE = {"site": "site", "months": "YYYY-MM"}
READ = {**BILLS["columns"], "reading_start": "old", "reading_end": "new"}
JANUARY = "2024-01-01,2024-01-31"


@pytest.mark.parametrize(
    ("mapping", "more", "text", "found"),
    [
        (READINGS, {}, "meter,date,reading\nA,,1\nA,2024-02-01,2\n", [("cell-blank", 2, "B")]),
        (READINGS, {}, "meter,date,reading\nA,2024-01-01,\nA,2024-02-01,2\n", [("quantity-blank", 2, "C")]),
        (READINGS, {}, "meter,date,reading\nA,2024-01-01,x\nA,2024-02-01,2\n", [("number-not-a-number", 2, "C")]),
        (
            READINGS,
            {**TIMED, "date_format": "YYYY-MM-DDTHH:mmZ"},
            "meter,date,reading\nA,2024-01-01T00:00+08:00,1\nA,2024-02-01T00:00+08:00,2\n",
            [("stamp-with-offset", 2, "B"), ("stamp-with-offset", 3, "B")],
        ),
        (
            READINGS,
            {"columns": CHANGED},
            "meter,date,reading,old,new\nA,2024-01-01,1,,\nA,2024-01-15,,9,\nA,2024-02-01,4,,\n",
            [("cell-blank", 3, "E")],
        ),
        (
            READINGS,
            {"columns": CHANGED},
            "meter,date,reading,old,new\nA,2024-01-01,1,,\nA,15 Jan,7,9,0\nA,2024-02-01,4,,\n",
            [("stamp-not-so", 3, "B")],
        ),
        (
            READINGS,
            {"columns": TIMES},
            "meter,date,reading,CT\nA,2024-01-01,1,ten\nA,2024-02-01,2,ten\n",
            [("number-not-a-number", 2, "D")],
        ),
        (
            READINGS,
            {"columns": TIMES, "meters": {"A": {"multiplier": 40}}},
            "meter,date,reading,CT\nA,2024-01-01,1,80\nA,2024-02-01,2,80\n",
            [("export-meter-elsewhere", 2, "D")],
        ),
        (
            BILLS,
            {"columns": READ},
            f"meter,from,to,kWh,old,new\nA,{JANUARY},800,,20\n",
            [("cell-blank", 2, "F")],
        ),
        (
            BILLS,
            {"columns": READ},
            f"meter,from,to,kWh,old,new\nA,{JANUARY},800,20,\n",
            [("cell-blank", 2, "F")],
        ),
        (
            BILLS,
            {"columns": READ},
            f"meter,from,to,kWh,old,new\nA,{JANUARY},,,\n",
            [("quantity-blank", 2, "D")],
        ),
        (
            BILLS,
            {"columns": READ, "meters": {"A": {"multiplier": [{"from": "2023-01-01", "multiplier": 2}]}}},
            f"meter,from,to,kWh,old,new\nA,{JANUARY},20,10,20\n",
            [("mapping-multiplier-dated", 2, "F")],
        ),
        (
            BILLS,
            {"columns": {**READ, "multiplier": "CT"}, "meters": {"A": {"multiplier": 40}}},
            f"meter,from,to,kWh,old,new,CT\nA,{JANUARY},800,10,20,80\n",
            [("export-meter-elsewhere", 2, "F")],
        ),
        (
            HOURS,
            {"interval": "1d", "date_format": "YYYY-MM-DD"},
            "meter,time,kWh\nA,2024-01-01,1\nA,,1\n",
            [("cell-blank", 3, "B")],
        ),
    ],
)
def test_a_fault_is_told_with_its_cell_and_its_row_is_left_aside(
    take: Take, mapping: dict[str, Any], more: dict[str, Any], text: str, found: list[tuple[str, int, str]]
) -> None:
    exported = take(text, mapping, **more)
    assert faults(exported) == found
    assert adds_up(exported)
    assert exported.controls.left_aside["fault"] >= 1


@pytest.mark.parametrize(
    ("mapping", "more", "code"),
    [
        (BILLS, {"meters": {"A": {"multiplier": 40}}}, "mapping-unused"),
        (BILLS, {"columns": {**BILLS["columns"], "multiplier": "CT"}}, "mapping-unused"),
        (HOURS, {"meters": {"A": {"replaced": [{"at": "2024-01-15", "final": 1, "first": 0}]}}}, "mapping-unused"),
        (READINGS, {"columns": {**READINGS["columns"], "old_final": "old"}}, "mapping-needs"),
        (READINGS, {"meters": {"A": {"multiplier": []}}}, "mapping-needs"),
        (
            READINGS,
            {"columns": {"date": "date", "reading": "reading"}, "meters": {"A": {"digits": 5}}},
            "mapping-needs",
        ),
        (HOURS, {"interval": "7min"}, "mapping-interval"),
        (HOURS, {"decimal": ",", "thousands": ","}, "mapping-signs"),
        (HOURS, {"measures": "power", "constants": {**HOURS["constants"], "unit": "kg"}}, "mapping-power"),
        (
            READINGS,
            {**TIMED, "meters": {"A": {"replaced": [{"at": "2024-01-15", "final": 1, "first": 0}]}}},
            "mapping-replaced-time",
        ),
        (
            READINGS,
            {"meters": {"A": {"multiplier": [{"from": "2024-01-01", "multiplier": at} for at in (1, 2)]}}},
            "mapping-multiplier-twice",
        ),
        (HOURS, {"local_time": "+8"}, "clock-unknown"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_before_a_row_is_read(
    mapping: dict[str, Any], more: dict[str, Any], code: str
) -> None:
    assert code in {one.code for one in ColumnMapping.model_validate({**mapping, **more}).faults()}


# ------------------------------------------------------------------------------------- what a label leaves open

YEARLY = {"columns": {"site": "site", "year": "year"}, "wide": True, "period_format": "M月"}
BY_YEAR = {"columns": {**MONTHS["columns"], "year": "year"}, "period_format": "M月"}


@pytest.mark.parametrize(
    ("more", "text", "found"),
    [
        (YEARLY, "site,year,1月,2月\nhangzhou,2024.5,1,2\n", [("period-broken", 2, "B")] * 2),
        (YEARLY, "site,year,1月,2月\nhangzhou,last,1,\n", [("period-broken", 2, "B")]),
        (YEARLY, "site,year,1月,13月\nhangzhou,2024,1,2\n", [("period-broken", 2, "D")]),
        (BY_YEAR, "site,month,year,kWh\nhangzhou,1月,,5\n", [("cell-blank", 2, "C")]),
        (BY_YEAR, "site,month,year,kWh\nhangzhou,1月,99999,5\n", [("period-broken", 2, "C")]),
        (BY_YEAR, "site,month,year,kWh\nhangzhou,1月,24,5\n", [("period-broken", 2, "C")]),
    ],
)
def test_a_year_that_is_none_is_a_fault_of_its_own_cell(
    take: Take, more: dict[str, Any], text: str, found: list[tuple[str, int, str]]
) -> None:
    exported = take(text, MONTHS, **more)
    assert faults(exported) == found
    assert not exported.rows
    assert adds_up(exported)


def test_the_year_of_a_row_makes_its_months(take: Take) -> None:
    exported = take("site,year,1月,2月\nhangzhou,2023,1,2\nhangzhou,2024,3,\nwuhan,2024,,\n", MONTHS, **YEARLY)
    periods = [(one["period_start"], one["period_end"], one["quantity"]) for one in exported.rows]
    assert periods == [
        ("2023-01-01", "2023-01-31", "1"),
        ("2023-02-01", "2023-02-28", "2"),
        ("2024-01-01", "2024-01-31", "3"),
    ]
    assert dict(exported.controls.left_aside) == {"heading": 1, "blank": 1}
    blanks = [one for one in exported.findings if one.code == "export-cells-blank"]
    assert [(one.where and one.where.row, one.data["columns"]) for one in blanks] == [(3, ["2月"]), (4, ["1月", "2月"])]


def test_a_label_may_be_a_year_or_a_quarter(take: Take) -> None:
    got = take("site,month,kWh\nhangzhou,2024,5\n", MONTHS, period_format="YYYY").rows
    assert [(one["period_start"], one["period_end"]) for one in got] == [("2024-01-01", "2024-12-31")]
    got = take("site,month,kWh\nhangzhou,2024-Q2,5\n", MONTHS, period_format="YYYY-Q").rows
    assert [(one["period_start"], one["period_end"]) for one in got] == [("2024-04-01", "2024-06-30")]


def test_the_first_day_of_a_month_in_a_cell_of_a_workbook_names_the_month(tmp_path: Path) -> None:
    from datetime import date

    rows = [["site", "month", "kWh"], ["hangzhou", date(2024, 2, 1), 7], ["hangzhou", date(2024, 3, 2), 8]]
    path = workbook(tmp_path / "b.xlsx", {"data": rows})
    mapped = {**MONTHS, "period_format": "YYYY年M月"}
    exported = read_export(path, ColumnMapping.model_validate(mapped), SITES, LIBRARY)
    got = [(one["period_start"], one["period_end"], one["quantity"]) for one in exported.rows]
    assert got == [("2024-02-01", "2024-02-29", "7")]
    assert faults(exported) == [("stamp-not-so", 3, "B")]  # another day does not name one


def test_midnight_behind_the_last_hour_is_the_end_of_the_day(take: Take) -> None:
    mapped = {**HOURS, "kind": "interval-matrix", "date_format": "YYYY-MM-DD", "matrix": "HH:mm", "stamp_at": "end"}
    heads = ",".join(f"{at:02d}:00" for at in [*range(1, 24), 0])
    values = ",".join(["1"] * 23 + ["10"])
    exported = take(f"meter,day,{heads}\nM1,2024-01-31,{values}\n", mapped, columns={"meter": "meter", "date": "day"})
    assert quantities(exported) == {"hangzhou:M1:electricity.grid:2024-01-31": "33"}
    assert not exported.faulty


def test_intervals_with_a_decimal_comma_are_summed_to_the_digit(take: Take) -> None:
    exported = take("meter;time;kWh\n".replace(";", ",") + hours("2024-01-01", ['"0,125"'] * 24), HOURS, decimal=",")
    assert quantities(exported) == {"hangzhou:M1:electricity.grid:2024-01-01": "3"}


def test_a_quantity_without_end_is_rounded_and_says_so(take: Take) -> None:
    power = {"interval": "5min", "measures": "power", "constants": {**HOURS["constants"], "unit": "kW"}}
    exported = take("meter,time,kWh\nM1,2024-01-01 00:00,1\n", HOURS, **power)
    assert [one["quantity"] for one in exported.rows] == ["0.083333333333"]  # 1 kW for a twelfth of an hour
    rounded = [one for one in exported.findings if one.code == "derived-rounded"]
    assert [(one.severity, one.data["quantity"], one.data["unit"]) for one in rounded] == [
        ("info", "0.083333333333", "kWh")
    ]


@pytest.mark.parametrize(
    ("mapping", "more", "text", "found"),
    [
        (
            HOURS,
            {"measures": "power", "columns": {**HOURS["columns"], "unit": "unit"}, "constants": {"site": "hangzhou"}},
            "meter,time,kWh,unit\nA,2024-01-01 00:00,1,kWh\n",
            ("export-power-unit", 2, "D"),
        ),
        (
            MONTHS,
            {"columns": {**MONTHS["columns"], "quality": "how"}},
            "site,month,kWh,how\nhangzhou,2024-01,5,guessed\n",
            ("quality-unknown", 2, "D"),
        ),
        (READINGS, {}, "meter,date,reading\nA,2024-01-01,1\n,2024-02-01,\n", ("cell-blank", 3, "A")),
        (MONTHS, {}, "site,month,kWh\nhangzhou,2024-01,5\n,2024-02,\n", ("cell-blank", 3, "A")),
    ],
)
def test_a_word_or_a_lone_cell_that_says_too_little_is_a_fault(
    take: Take, mapping: dict[str, Any], more: dict[str, Any], text: str, found: tuple[str, int, str]
) -> None:
    if "unit" in more.get("columns", {}):
        more = {**more, "constants": {"site": "hangzhou", "activity": "electricity.grid"}}
    exported = take(text, mapping, **more)
    assert found in faults(exported)
    assert adds_up(exported)


def test_an_export_of_blank_rows_or_without_the_columns_of_its_months_is_refused(take: Take, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        take(",,\n,,\n", MONTHS)
    assert raised.value.code == "file-empty"
    with pytest.raises(InputError) as raised:
        read_export(workbook(tmp_path / "b.xlsx", {"data": []}), ColumnMapping.model_validate(MONTHS), SITES, LIBRARY)
    assert raised.value.code == "file-empty"
    with pytest.raises(InputError) as raised:
        take("site,Jan,Feb\nhangzhou,1,2\n", MONTHS, columns={"site": "site"}, wide=True)
    assert (raised.value.code, raised.value.data["found"]) == ("export-no-such-columns", ["site", "Jan", "Feb"])


def test_a_file_of_a_mapping_that_cannot_be_meant_names_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('kind = "bills"\ndecimal = ","\nthousands = ","\n[columns]\nmeter = "meter"\n', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_mapping(path)
    found = [(one.code, one.where and one.where.file) for one in raised.value.problems]
    assert raised.value.code == "settings-broken"
    assert {("mapping-needs", "mapping.toml"), ("mapping-signs", "mapping.toml")} <= set(found)
