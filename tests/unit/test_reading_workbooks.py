"""Workbooks as people keep them: what is hidden, merged, typed over or rounded is read rightly or named at its cell."""

import datetime as dt
import io
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import openpyxl.chart
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon import workbooks
from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.tables import Table, parse_csv, read_tables
from hsesg_carbon.units import parse_number

HEADING = ["activity_id", "site", "period", "activity", "quantity", "unit", "meter"]


def bills(rows: int = 8, name: str = "bills") -> tuple[openpyxl.Workbook, Any]:
    """Return a clean sheet of bills."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    sheet.append(HEADING)
    for place in range(rows):
        row = [f"b{place}", "hq", f"2024-{place % 12 + 1:02d}", "electricity.grid", 100.5 + place, "kWh", "M-7"]
        sheet.append(row)
    return book, sheet


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(tmp_path: Path, content: openpyxl.Workbook | bytes, name: str = "a.xlsx") -> Table:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else saved(content))
    (table,) = read_tables(path)
    return table


def told(table: Table) -> list[tuple[str, str, int | None, str | None]]:
    """Return code, severity, row and column of everything that is named."""
    found = []
    for one in (*table.problems, *table.notes):
        assert one.where is not None
        assert one.where.file == table.file
        assert one.where.sheet == table.sheet
        assert one.message("en")
        assert one.message("zh")
        found.append((one.code, one.severity, one.where.row, one.where.column))
    return found


def rewritten(raw: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a workbook with the parts of its archive changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, change(member.filename, old.read(member)))
    return stream.getvalue()


def both_ways(raw: bytes) -> list[workbooks.Sheet]:
    """Read a workbook quickly and carefully, and hold the two against each other."""
    quick = list(workbooks.sheets(raw, "a.xlsx"))
    assert quick == list(workbooks.sheets(raw, "a.xlsx", quickly=False))
    return quick


# ------------------------------------------------------------------------------------------ what is named


def test_a_clean_workbook_has_nothing_to_name(tmp_path: Path) -> None:
    book, _ = bills()
    table = read(tmp_path, book)
    assert told(table) == []
    assert [row.cells["quantity"] for row in table.rows] == [f"{100.5 + place}" for place in range(8)]


def test_hidden_rows_are_read_and_named_block_by_block(tmp_path: Path) -> None:
    book, sheet = bills()
    for number in (3, 4, 7):
        sheet.row_dimensions[number].hidden = True
    table = read(tmp_path, book)
    assert len(table.rows) == 8
    assert told(table) == [("rows-hidden", "warning", 3, None), ("rows-hidden", "warning", 7, None)]
    assert "3 to 4" in table.notes[0].message()


def test_rows_that_a_filter_hides_are_read_and_named(tmp_path: Path) -> None:
    """A filter hides rows as a hand does, and the totals below it leave them out."""
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for number, row in enumerate([["site", "quantity"], ["hq", 1], ["lab", 2], ["hq", 3]]):
        sheet.write_row(number, 0, row)
    sheet.autofilter("A1:B4")
    sheet.filter_column("A", "x == hq")
    sheet.set_row(2, options={"hidden": True})
    book.close()
    (table,) = read_tables(path)
    assert [row.cells["quantity"] for row in table.rows] == ["1", "2", "3"]
    assert told(table) == [("rows-hidden", "warning", 3, None)]


def test_a_hidden_column_is_read_and_named_by_its_name(tmp_path: Path) -> None:
    book, sheet = bills()
    sheet.column_dimensions["E"].hidden = True
    sheet.column_dimensions["K"].hidden = True  # holds nothing
    table = read(tmp_path, book)
    assert told(table) == [("column-hidden", "warning", 1, "quantity")]
    assert table.rows[0].cells["quantity"] == "100.5"


def test_a_hidden_sheet_is_read_and_named(tmp_path: Path) -> None:
    book, sheet = bills()
    book.create_sheet("empty")
    sheet.sheet_state = "hidden"
    assert told(read(tmp_path, book)) == [("sheet-hidden", "warning", None, None)]


def test_a_merged_title_is_no_fault_but_a_merged_block_over_data_is(tmp_path: Path) -> None:
    book, sheet = bills()
    sheet.insert_rows(1)
    sheet["A1"] = "Bills of 2024"
    sheet.merge_cells("A1:G1")
    assert told(read(tmp_path, book)) == []
    sheet.merge_cells("E4:E6")
    table = read(tmp_path, book)
    assert told(table) == [("cells-merged", "error", 4, "quantity")]
    assert "E4:E6" in table.problems[0].message()
    assert ["quantity" in row.cells for row in table.rows[1:5]] == [True, False, False, True]


def test_a_merged_block_that_holds_nothing_is_no_fault(tmp_path: Path) -> None:
    book, sheet = bills(3)
    sheet.merge_cells("A8:G9")
    sheet.merge_cells("J2:K3")
    assert told(read(tmp_path, book)) == []


def calculated(formulas: dict[str, tuple[str, Any]]) -> bytes:
    """Return a sheet of bills of which some cells are formulas with their values."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("bills")
    sheet.write_row(0, 0, HEADING)
    for place in range(8):
        row = [f"b{place}", "hq", f"2024-{place + 1:02d}", "electricity.grid", 100 + place, "kWh", "M-7"]
        sheet.write_row(place + 1, 0, row)
    for cell, (formula, value) in formulas.items():
        sheet.write_formula(cell, formula, None, value)
    book.close()
    return stream.getvalue()


def test_a_number_typed_over_a_formula_is_named_at_its_cell(tmp_path: Path) -> None:
    formulas = {f"E{number}": (f"=50+{number}", 50 + number) for number in range(2, 10) if number != 6}
    table = read(tmp_path, calculated(formulas))
    assert told(table) == [("formula-overwritten", "warning", 6, "quantity")]
    assert table.notes[0].where is not None
    assert table.notes[0].where.value == "104"
    assert [row.cells["quantity"] for row in table.rows] == ["52", "53", "54", "55", "104", "57", "58", "59"]


def test_a_formula_alone_among_numbers_is_remarked_as_a_possible_total(tmp_path: Path) -> None:
    table = read(tmp_path, calculated({"E9": ("=SUM(E2:E8)", 721)}))
    assert told(table) == [("formula-alone", "info", 9, "quantity")]


def test_columns_that_are_all_formulas_or_half_of_them_are_nothing_to_name(tmp_path: Path) -> None:
    every = {f"E{number}": ("=1", 1) for number in range(2, 10)}
    half = {f"E{number}": ("=1", 1) for number in range(2, 6)}
    assert told(read(tmp_path, calculated(every))) == told(read(tmp_path, calculated(half))) == []


def test_errors_and_uncalculated_formulas_are_told_apart_from_formulas_that_give_nothing(tmp_path: Path) -> None:
    formulas = {"E2": ("=#REF!*2", "#REF!"), "E4": ("=TRIM(B1)", "gone"), "E5": ("=NA()", "#N/A")}
    raw = calculated(formulas)
    table = read(tmp_path, rewritten(raw, lambda _, part: part.replace(b"<v>gone</v>", b"<v></v>")))
    quantities = {row.number: row.cells.get("quantity") for row in table.rows}
    assert [quantities[number] for number in (2, 3, 4, 5)] == ["#REF!", "101", None, "#N/A"]
    book, sheet = bills()
    sheet["E4"] = "=1+1"  # openpyxl writes no value
    sheet["E5"] = "=#REF!"
    assert [row.cells["quantity"] for row in read(tmp_path, book).rows[2:4]] == ["#UNCALCULATED"] * 2


def test_leading_zeros_that_a_number_format_shows_are_read_as_shown(tmp_path: Path) -> None:
    book, sheet = bills(4)
    for number, (value, number_format) in enumerate(
        [("00042", "@"), (42, "00000"), (42, '"EM"0000'), (202403, "0000-00")], start=2
    ):
        sheet[f"G{number}"] = value
        sheet[f"G{number}"].number_format = number_format
    table = read(tmp_path, book)
    assert [row.cells["meter"] for row in table.rows] == ["00042", "00042", "EM0042", "2024-03"]
    assert told(table) == [("read-as-shown", "info", number, "meter") for number in (3, 4, 5)]


def test_a_number_format_that_shows_a_unit_or_decimals_does_not_change_the_number(tmp_path: Path) -> None:
    book, sheet = bills(3)
    for number, number_format in enumerate(['0.00" kWh"', "#,##0", "00.00"], start=2):
        sheet[f"E{number}"].number_format = number_format
    table = read(tmp_path, book)
    assert [row.cells["quantity"] for row in table.rows] == ["100.5", "101.5", "102.5"]
    assert told(table) == []


def test_many_cells_alike_are_one_remark_that_counts_them(tmp_path: Path) -> None:
    book, sheet = bills(40)
    for number in range(2, 42):
        sheet[f"G{number}"] = number
        sheet[f"G{number}"].number_format = "0000"
    table = read(tmp_path, book)
    assert told(table) == [("read-as-shown", "info", 2, "meter")]
    assert "40" in table.notes[0].message()


def test_a_day_that_is_shown_as_a_month_is_that_month_in_the_column_period_only(tmp_path: Path) -> None:
    book, sheet = bills(2)
    sheet["H1"] = "period_start"
    for cell in ("C2", "H2"):
        sheet[cell] = dt.date(2024, 3, 1)
        sheet[cell].number_format = 'yyyy"年"m"月"'
    sheet["C3"] = dt.date(2024, 4, 2)  # not the first: nobody typed just a month
    sheet["C3"].number_format = "mmm-yy"
    table = read(tmp_path, book)
    assert (table.rows[0].cells["period"], table.rows[0].cells["period_start"]) == ("2024-03", "2024-03-01")
    assert table.rows[1].cells["period"] == "2024-04-02"
    assert told(table) == [("read-as-shown", "info", 2, "period")]


def test_built_in_chinese_date_formats_are_days_and_not_numbers(tmp_path: Path) -> None:
    """Excel in Chinese writes only the number of the format, 31, which other software takes for a plain number."""
    book, sheet = bills(2)
    sheet["C2"] = sheet["C3"] = 45352
    sheet["C2"].number_format = "0.000"
    sheet["C3"].number_format = "0.0000"
    raw = rewritten(
        saved(book),
        lambda name, part: (
            part.replace(b'numFmtId="164" fontId', b'numFmtId="31" fontId').replace(
                b'numFmtId="165" fontId', b'numFmtId="57" fontId'
            )
            if name == "xl/styles.xml"
            else part
        ),
    )
    table = read(tmp_path, raw)
    assert [row.cells["period"] for row in table.rows] == ["2024-03-01", "2024-03"]


def test_numbers_too_long_for_excel_are_an_error_and_the_same_digits_as_text_are_not(tmp_path: Path) -> None:
    book, sheet = bills(3)
    sheet["G2"] = 3300012345678901234
    sheet["G3"] = "3300012345678901234"
    sheet["G4"] = 123456789012345  # 15 digits are exact, however Excel shows them
    table = read(tmp_path, book)
    assert told(table) == [("digits-lost", "error", 2, "meter")]
    assert [row.cells["meter"] for row in table.rows[1:]] == ["3300012345678901234", "123456789012345"]


def test_an_identifier_in_scientific_notation_is_an_error_and_a_quantity_is_not() -> None:
    table = parse_csv(b"meter,quantity\n1.23457E+11,1.2E+03\n12E05,5\n", "a.csv")
    assert told(table) == [("identifier-rounded", "error", 2, "meter")]


def test_full_width_numbers_are_read_and_named_and_text_stays(tmp_path: Path) -> None:
    book, sheet = bills(3)
    sheet["E2"] = "１２３，４５６．７"
    sheet["E3"] = "－１２．５"
    sheet["E4"] = "1２,345"  # an ASCII comma may be a decimal one
    sheet["F2"] = "ｋＷｈ"
    table = read(tmp_path, book)
    assert [row.cells["quantity"] for row in table.rows] == ["123456.7", "-12.5", "12,345"]
    assert table.rows[0].cells["unit"] == "ｋＷｈ"
    assert told(table) == [("full-width-read", "info", number, "quantity") for number in (2, 3, 4)]
    assert table.notes[0].where is not None
    assert table.notes[0].where.value == "１２３，４５６．７"


def test_spaces_and_invisible_characters_around_a_cell_are_not_part_of_it(tmp_path: Path) -> None:
    book, sheet = bills(2)
    sheet["G2"] = "\u200bM-7\u00a0"
    sheet["E2"] = " 12.5\u3000"
    cells = read(tmp_path, book).rows[0].cells
    assert (cells["meter"], cells["quantity"]) == ("M-7", "12.5")


def test_columns_have_the_letters_of_the_user_s_own_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "Bills"
    sheet["B4"], sheet["D4"], sheet["AB4"] = "site", "quantity", "unit"
    sheet["B5"], sheet["D5"], sheet["AB5"] = "hq", 1, "kWh"
    table = read(tmp_path, book)
    assert (dict(table.letters), table.heading) == ({"site": "B", "quantity": "D", "unit": "AB"}, 4)
    assert table.check_columns(["meter"], table.columns)[0].where == hc.findings.Where(
        file="a.xlsx", sheet="Sheet", row=4
    )
    table = parse_csv("账单,,\n,site,quantity\n,hq,1,9\n".encode(), "a.csv")
    assert (dict(table.letters), table.heading) == ({"site": "B", "quantity": "C"}, 2)
    assert told(table) == [("cell-without-heading", "error", 3, "D")]


def test_a_workbook_that_counts_days_from_1904_is_read_so_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"date_1904": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["site", "day"])
    sheet.write_string(1, 0, "hq")
    sheet.write_datetime(1, 1, dt.datetime(2024, 3, 1), day)
    book.close()
    (table,) = read_tables(path)
    assert table.rows[0].cells["day"] == "2024-03-01"
    assert told(table) == [("dates-from-1904", "info", None, None)]


# ------------------------------------------------------------------------------------------ numbers and days


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("1,234 kWh", "number-with-unit", "write 1234 here"),
        ("1234.50度", "number-with-unit", "1234.50"),
        ("12 kg", "number-with-unit", "kg"),
        ("1.25万", "number-in-tens", "12500"),
        ("1.25万千瓦时", "number-in-tens", "12500"),
        ("0.3亿", "number-in-tens", "30000000"),
        ("1 234.5", "number-grouped", "1234.5"),
        ("12\u00a0345", "number-grouped", "12345"),
        ("5%", "number-not-a-number", "5%"),
        ("12 zorkmids", "number-not-a-number", "zorkmids"),
    ],
)
def test_a_number_that_is_more_than_a_number_is_refused_with_what_to_write(text: str, code: str, says: str) -> None:
    with pytest.raises(hc.InputError) as caught:
        parse_number(text)
    assert caught.value.code == code
    assert says in str(caught.value)


MARCH = dt.date(2024, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01",
        "2024-3-1",
        "2024/3/1",
        "2024.3.1",
        "2024.03.01",
        "2024年3月1日",
        "2024 年 3 月 1 日",
        "20240301",
        "1-Mar-24",
        "01 March 2024",
        "Mar 1, 2024",
        "２０２４／０３／０１",
        "2024/3/1 0:00",
        "2024-03-01 00:00:00",
    ],
)
def test_a_day_in_a_spelling_with_one_reading_is_that_day(text: str) -> None:
    assert day_of(text) == MARCH


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/04/2024", "date-ambiguous"),
        ("3.4.2024", "date-ambiguous"),
        ("45352", "date-serial"),
        ("45352.25", "date-serial"),
        ("2024-03-01 08:30", "period-time-of-day"),
        ("2024/2/30", "period-broken"),
        ("24/3/1", "period-broken"),
        ("1234567", "period-broken"),
        ("", "period-broken"),
    ],
)
def test_a_day_with_two_readings_or_none_is_never_guessed(text: str, code: str) -> None:
    with pytest.raises(hc.InputError) as caught:
        day_of(text)
    assert caught.value.code == code
    assert caught.value.text("zh")


def test_the_refusal_of_a_serial_number_names_the_day_that_it_would_be() -> None:
    with pytest.raises(hc.InputError, match="2024-03-01"):
        Period.parse("45352")


def test_a_day_above_twelve_has_one_reading() -> None:
    assert day_of("25/12/2024") == day_of("12/25/2024") == dt.date(2024, 12, 25)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
def test_every_spelling_of_every_day_is_that_day(day: dt.date) -> None:
    year, month, number = day.year, day.month, day.day
    for text in (f"{year}/{month}/{number}", f"{year}.{month:02d}.{number:02d}", f"{year}年{month}月{number}日"):
        assert day_of(text) == day
    assert day_of(f"{day:%Y%m%d}") == day
    assert day_of(f"{number} {day:%b} {year}") == day


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2024/3", "2024-03"),
        ("202403", "2024-03"),
        ("2024.03", "2024-03"),
        ("2024.10", "2024-10"),
        ("2024年3月", "2024-03"),
        ("Mar 2024", "2024-03"),
        ("2024年一季度", "2024-Q1"),
        ("2024年第4季度", "2024-Q4"),
        ("2024/3/15-2024/4/14", "2024-03-15/2024-04-14"),
        ("2024.3.15-2024.4.14", "2024-03-15/2024-04-14"),
        ("2024年3月15日至2024年4月14日", "2024-03-15/2024-04-14"),
        ("2024-03-15 to 2024-04-14", "2024-03-15/2024-04-14"),
        ("2024-03-15/2024-04-14", "2024-03-15/2024-04-14"),
    ],
)
def test_a_period_in_a_spelling_with_one_reading_is_that_period(text: str, label: str) -> None:
    assert Period.parse(text).label == label


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024.1", "date-ambiguous"),  # what a spreadsheet makes of 2024.10
        ("2024/3/15", "period-one-day"),
        ("20240315", "period-one-day"),
        ("03/04/2024", "date-ambiguous"),
        ("2024/13", "period-broken"),
        ("Mar-24", "period-broken"),
        ("1月", "period-broken"),
    ],
)
def test_a_period_with_two_readings_or_none_is_never_guessed(text: str, code: str) -> None:
    with pytest.raises(hc.InputError) as caught:
        Period.parse(text)
    assert caught.value.code == code


def test_days_of_side_tables_are_read_in_the_same_spellings() -> None:
    from hsesg_carbon.instruments import Instrument

    dated = [name for name, one in Instrument.model_fields.items() if "date" in str(one.annotation)]
    table = parse_csv(f"{dated[0]},{dated[1]}\n03/04/2024,45352\n".encode(), "instruments.csv")
    found = list(table._days(table.rows[0], dict(table.rows[0].cells), dated))
    assert [(one.code, one.where and one.where.column) for one in found] == [
        ("date-ambiguous", dated[0]),
        ("date-serial", dated[1]),
    ]
    cells: dict[str, Any] = {dated[0]: "2024/3/1", dated[1]: "never"}
    assert list(table._days(table.rows[0], cells, dated)) == []
    assert cells == {dated[0]: MARCH, dated[1]: "never"}  # the record refuses what is no day at all


# ------------------------------------------------------------------------------------------ two readers, one reading

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
NUMBERS = st.one_of(
    st.integers(-(10**16), 10**16),
    st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False),
    st.decimals(-(10**6), 10**6, places=2).map(float),
)
DAYS = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(2100, 1, 1)).map(lambda one: one.replace(microsecond=0))
FORMATS = ["General", "0.00", "#,##0", "00000", "yyyy-mm-dd", "yyyy/m/d h:mm", 'yyyy"年"m"月"', "0.0%", '0"度"', "@"]
CELLS = st.one_of(
    st.none(),
    st.tuples(NAMES, st.sampled_from(FORMATS)),
    st.tuples(NUMBERS, st.sampled_from(FORMATS[:4] + FORMATS[7:])),
    st.tuples(DAYS, st.sampled_from(FORMATS[4:7])),
    st.tuples(st.booleans(), st.just("General")),
    st.tuples(st.sampled_from(["#REF!", "#N/A"]), st.just("General")),
    st.tuples(st.sampled_from(["=1+1", '="x"', '=""', "=1/0", "=TRUE()", "=45352"]), st.sampled_from(FORMATS[:5])),
)
GRIDS = st.lists(st.lists(CELLS, max_size=5), max_size=6)
HIDDEN = st.sets(st.integers(0, 5), max_size=2)


@given(GRIDS, HIDDEN, HIDDEN, st.booleans())
def test_both_readers_give_the_same_of_what_xlsxwriter_writes(
    grid: list[list[Any]], rows: set[int], columns: set[int], inline: bool
) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": inline, "in_memory": True})
    sheet = book.add_worksheet("数据")
    formats = {name: book.add_format({"num_format": name}) for name in FORMATS}
    for number, row in enumerate(grid):
        for place, cell in enumerate(row):
            if cell is not None:
                write_cell(sheet, number, place, cell[0], formats[cell[1]])
    for number in rows:
        sheet.set_row(number, options={"hidden": True})
    for place in columns:
        sheet.set_column(place, place, None, None, {"hidden": True})
    book.add_worksheet("empty")
    book.close()
    both_ways(stream.getvalue())


def write_cell(sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
    """Write a cell by its kind: xlsxwriter would guess at text."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell_format)
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value, cell_format)
    elif isinstance(value, str) and value.startswith("="):
        results = {"=1+1": 2, '="x"': "x", '=""': "", "=1/0": "#DIV/0!", "=TRUE()": True, "=45352": 45352}
        sheet.write_formula(row, column, value, cell_format, results[value])
    elif isinstance(value, str):
        sheet.write_string(row, column, value, cell_format)
    else:
        sheet.write_number(row, column, value, cell_format)


@given(GRIDS)
def test_both_readers_give_the_same_of_what_openpyxl_writes(grid: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(grid, start=2):
        for place, cell in enumerate(row, start=2):
            if cell is not None:
                sheet.cell(number, place).value = cell[0]
                sheet.cell(number, place).number_format = cell[1]
    both_ways(saved(book))


def test_a_plain_workbook_never_meets_the_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the two tests above would hold openpyxl against itself."""
    book, sheet = bills(5)
    for number, number_format in enumerate(["yyyy-mm-dd", "yyyy/m/d h:mm", 'yyyy"年"m"月"d"日"'], start=2):
        sheet[f"C{number}"] = dt.datetime(2024, 3, 1, 6)
        sheet[f"C{number}"].number_format = number_format
    sheet.merge_cells("A9:B9")
    sheet.row_dimensions[3].hidden = True
    raw = saved(book)
    expected = both_ways(raw)
    monkeypatch.setattr(workbooks, "_Careful", None)
    assert list(workbooks.sheets(raw, "a.xlsx")) == expected
    assert expected[0].rows[1][1][2] == "2024-03-01 06:00:00"


def test_formulas_with_their_values_never_meet_the_slow_reader_either(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = {f"E{number}": (f"=2*{number}", 2 * number) for number in range(2, 9)} | {"F5": ('="k"&"Wh"', "kWh")}
    raw = calculated(formulas)
    expected = both_ways(raw)
    assert expected[0].formulas == {*((number, 5) for number in range(2, 9)), (5, 6)}
    monkeypatch.setattr(workbooks, "_Careful", None)
    assert list(workbooks.sheets(raw, "a.xlsx")) == expected


def test_errors_and_formats_of_other_sheets_do_not_slow_down_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = bills(5)
    sheet["E3"], sheet["E4"] = "#REF!", "#DIV/0!"
    other = book.create_sheet("zeros")
    other["A1"] = 42
    other["A1"].number_format = "00000"
    expected = both_ways(saved(book))
    assert [cells[4] for _, cells in expected[0].rows] == ["quantity", "100.5", "#REF!", "#DIV/0!", "103.5", "104.5"]
    asked = []
    careful = workbooks._Careful.sheet
    monkeypatch.setattr(
        workbooks._Careful, "sheet", lambda self, name, *rest: asked.append(name) or careful(self, name, *rest)
    )
    assert list(workbooks.sheets(saved(book), "a.xlsx")) == expected
    assert asked == ["zeros"]


def test_formulas_without_a_value_do_not_slow_down_a_sheet_either(monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = bills(3)
    sheet["E3"] = "=1+1"
    sheet["H9"] = "=A1"  # beyond everything that has a value
    blank = calculated({"E2": ("=TRIM(B1)", "gone"), "E3": ("=1", 1), "H12": ("=TRIM(B1)", "gone")})
    blank = rewritten(blank, lambda _, part: part.replace(b"<v>gone</v>", b"<v></v>"))
    expected = [both_ways(raw) for raw in (saved(book), blank)]
    assert [cells[4] for _, cells in expected[0][0].rows[:4]] == ["quantity", "100.5", "#UNCALCULATED", "102.5"]
    assert expected[0][0].rows[-1] == (9, [""] * 7 + ["#UNCALCULATED"])
    assert [cells[4] for _, cells in expected[1][0].rows[:3]] == ["quantity", "", "1"]
    monkeypatch.setattr(workbooks, "_Careful", None)
    assert [list(workbooks.sheets(raw, "a.xlsx")) for raw in (saved(book), blank)] == expected


def test_parts_with_a_prefix_or_without_references_are_read_all_the_same(tmp_path: Path) -> None:
    """Some exporters write <x:row> and leave out which cell is which."""
    book, sheet = bills(3)
    sheet.row_dimensions[3].hidden = True
    raw = saved(book)

    def prefixed(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        return re.sub(rb"<(/?)(\w)", rb"<\1x:\2", part).replace(b"xmlns=", b"xmlns:x=")

    def unreferenced(name: str, part: bytes) -> bytes:
        return re.sub(rb'<c r="[A-Z]+\d+"', b"<c", part) if name == "xl/worksheets/sheet1.xml" else part

    plain = both_ways(raw)[0].rows
    assert read(tmp_path, rewritten(raw, unreferenced)).rows[0].cells["quantity"] == "100.5"
    assert both_ways(rewritten(raw, unreferenced))[0].rows == plain
    (found,) = both_ways(rewritten(raw, prefixed))
    assert (found.rows, found.hidden_rows) == (plain, (3,))


# ------------------------------------------------------------------------------------------ hostile files


def bomb(claimed: int, real: int) -> bytes:
    """Return a workbook with a part that unpacks to more than the archive says."""
    raw = saved(bills(2)[0])
    stream = io.BytesIO(raw)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b"\0" * real)
    with zipfile.ZipFile(stream) as archive:
        info = archive.getinfo("xl/media/image1.png")
    data = bytearray(stream.getvalue())
    crc = struct.pack("<I", zlib.crc32(b"\0" * claimed))
    entry = data.rfind(b"xl/media/image1.png") - 46
    data[entry + 16 : entry + 20] = crc
    data[entry + 24 : entry + 28] = struct.pack("<I", claimed)
    data[info.header_offset + 14 : info.header_offset + 18] = crc
    data[info.header_offset + 22 : info.header_offset + 26] = struct.pack("<I", claimed)
    return bytes(data)


@pytest.mark.parametrize("claimed", [10, 50_000_000])
def test_an_archive_that_lies_about_its_size_is_refused_before_anyone_unpacks_it(claimed: int) -> None:
    with pytest.raises(hc.InputError, match="sizes differ"):
        list(workbooks.sheets(bomb(claimed, 1_000_000), "a.xlsx"))


def test_an_archive_that_says_it_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BYTES", 1000)
    with pytest.raises(hc.InputError) as caught:
        list(workbooks.sheets(saved(bills()[0]), "a.xlsx"))
    assert caught.value.code == "file-too-large"


def test_two_far_corners_do_not_take_all_memory() -> None:
    """calamine lays out every cell between them: 17 billion."""
    book, sheet = bills(2)
    sheet["XFD1048576"] = 1
    found = list(workbooks.sheets(saved(book), "a.xlsx"))
    assert [number for number, _ in found[0].rows] == [1, 2, 3, 1048576]


def test_entities_and_other_definitions_are_refused() -> None:
    entity = b'<!DOCTYPE a [<!ENTITY x "y">]><worksheet'
    for part_name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/theme/theme1.xml"):
        raw = rewritten(
            saved(bills(2)[0]),
            lambda name, part, own=part_name: entity + part if name == own else part,  # type: ignore[misc]
        )
        with pytest.raises(hc.InputError, match="document type"):
            list(workbooks.sheets(raw, "a.xlsx"))


def packed(raw: bytes, how: int) -> bytes:
    """Return a workbook whose archive is packed in another way."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w", how) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    return stream.getvalue()


def test_an_archive_that_is_not_packed_is_read_and_one_that_lies_or_is_packed_otherwise_refused() -> None:
    raw = saved(bills(2)[0])
    stored = packed(raw, zipfile.ZIP_STORED)
    assert both_ways(stored) == both_ways(raw)
    entry = stored.rfind(b"xl/workbook.xml") - 46  # of the list at the end, where the size stands 24 bytes in
    (size,) = struct.unpack("<I", stored[entry + 24 : entry + 28])
    lying = stored[: entry + 24] + struct.pack("<I", size - 1) + stored[entry + 28 :]
    for bad, why in ((lying, "sizes differ"), (packed(raw, zipfile.ZIP_BZIP2), "Excel does not use")):
        with pytest.raises(hc.InputError, match=why):
            list(workbooks.sheets(bad, "a.xlsx"))


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"_MAX_BLOCKS": 1}, "has more than 1 merged blocks or links in one sheet. Delete rows"),
        ({"_MAX_WIDTH": 10}, "has more than 10 cells in the rectangle from A1 to the last one used"),
        ({"_MAX_TAGGED": 10}, "has more than 10 (cells|texts)"),
        ({"_MAX_ROW": 2}, "has more than 2 rows in one sheet"),
        ({"_MAX_PART": 100}, "is too large"),
        ({"_MAX_PART": 20_000, "_CHUNK": 4096}, "a single row is too large"),
    ],
)
def test_what_would_take_all_memory_is_refused(
    limits: dict[str, int], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, sheet = bills(4)
    sheet["A3"] = "x" * 32_000
    sheet.merge_cells("I1:I2")
    sheet.merge_cells("J1:J2")
    raw = saved(book)
    assert len(list(workbooks.sheets(raw, "a.xlsx"))) == 1
    for name, value in limits.items():
        monkeypatch.setattr(workbooks, name, value)
    with pytest.raises(hc.InputError, match=why):
        list(workbooks.sheets(raw, "a.xlsx"))


def test_parts_of_another_kind_of_document_or_without_a_sheet_are_refused() -> None:
    raw = saved(bills(2)[0])

    def foreign(name: str, part: bytes) -> bytes:
        return re.sub(rb'xmlns="[^"]*"', b'xmlns="urn:other"', part) if name.startswith("xl/worksheets/sheet") else part

    def bare(name: str, part: bytes) -> bytes:
        return re.sub(rb"<sheet [^>]*/>", b"", part) if name == "xl/workbook.xml" else part

    for change, why in ((foreign, "another kind of document"), (bare, "no sheets")):
        with pytest.raises(hc.InputError, match=why):
            list(workbooks.sheets(rewritten(raw, change), "a.xlsx"))


def test_a_sheet_that_is_a_chart_is_passed_over() -> None:
    book, _ = bills(2)
    chart = openpyxl.chart.BarChart()
    book.create_chartsheet("chart").add_chart(chart)
    assert [one.name for one in both_ways(saved(book))] == ["bills"]


def test_a_workbook_without_styles_is_read_all_the_same() -> None:
    stream = io.BytesIO()
    raw = saved(bills(2)[0])
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != "xl/styles.xml":
                new.writestr(member.filename, re.sub(rb' s="\d+"', b"", old.read(member)))
    assert both_ways(stream.getvalue())[0].rows == both_ways(raw)[0].rows


def test_days_before_1901_and_more_numbers_than_are_remembered_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = bills(4)
    for place in range(2, 6):
        sheet.cell(place, 8, dt.date(2024, 1, place))
    expected = both_ways(saved(book))[0].rows
    assert [cells[7] for _, cells in expected[1:]] == [f"2024-01-{place:02d}" for place in range(2, 6)]
    monkeypatch.setattr(workbooks, "_MANY", 1)
    assert both_ways(saved(book))[0].rows == expected
    sheet.cell(2, 9, 102).number_format = "yyyy-mm-dd"
    assert both_ways(saved(book))[0].rows[1] == (2, [*expected[1][1], "1900-04-11"])


def test_an_interruption_is_not_taken_for_a_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import python_calamine

    raw = saved(bills(2)[0])
    expected = both_ways(raw)

    class Failing:
        error: BaseException = ValueError("broken")

        @classmethod
        def from_filelike(cls, _: object) -> None:
            raise cls.error

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Failing)
    assert list(workbooks.sheets(raw, "a.xlsx")) == expected  # the careful reader has it
    Failing.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        list(workbooks.sheets(raw, "a.xlsx"))


def test_a_workbook_with_a_password_says_so() -> None:
    with pytest.raises(hc.InputError) as caught:
        list(workbooks.sheets(b"\xd0\xcf\x11\xe0" + bytes(600), "a.xlsx"))
    assert caught.value.code == "excel-protected"


@given(st.data())
def test_a_workbook_with_bytes_turned_over_is_read_or_refused_by_name(data: st.DataObject) -> None:
    raw = bytearray(_RAW)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        list(workbooks.sheets(bytes(raw), "a.xlsx"))
    except hc.InputError as error:
        assert "a.xlsx" in str(error)


_RAW = saved(bills(3)[0])


# ------------------------------------------------------------------------------------------ many rows


@pytest.mark.parametrize("formula", [False, True])
def test_progress_is_told_every_thousand_rows_and_ends_at_the_last(tmp_path: Path, formula: bool) -> None:
    book, sheet = bills(3500)
    if formula:
        sheet["E5"] = "=1+1"
    (tmp_path / "a.xlsx").write_bytes(saved(book))
    calls: list[tuple[int, int | None]] = []
    read_tables(tmp_path / "a.xlsx", lambda done, total: calls.append((done, total)))
    assert calls == [(1000, 3501), (2000, 3501), (3000, 3501), (3501, 3501)]


def test_progress_of_a_csv_file_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("site,quantity\n" + "hq,1\n" * 2500, encoding="utf-8")
    calls: list[tuple[int, int | None]] = []
    read_tables(tmp_path / "a.csv", lambda done, total: calls.append((done, total)))
    assert calls == [(1000, 2501), (2000, 2501)]


def test_twenty_thousand_plain_rows_come_in_within_seconds(tmp_path: Path) -> None:
    """100,000 take about five; the bound leaves room for a busy machine."""
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADING)
    for number in range(1, 20_001):
        sheet.write_row(number, 0, [f"b{number}", "hq", "2024-03", "electricity.grid", number * 1.5, "kWh", "0042"])
    book.close()
    before = time.process_time()
    (table,) = read_tables(tmp_path / "a.xlsx")
    assert time.process_time() - before < 6
    assert len(table.rows) == 20_000
    assert table.rows[-1].cells["quantity"] == "30000"


def test_notes_of_raw_sheets_name_columns_by_letter(tmp_path: Path) -> None:
    """Exports have headings of their own; those who map them read the rows before any heading is known."""
    from hsesg_carbon.tables import _excel_sheets

    book, sheet = bills(4)
    sheet.column_dimensions["E"].hidden = True
    sheet.row_dimensions[3].hidden = True
    sheet.merge_cells("B2:B3")
    ((name, rows, notes),) = _excel_sheets(saved(book), "a.xlsx")
    assert (name, len(rows)) == ("bills", 5)
    places: list[tuple[str, str, Any]] = [(one.code, one.severity, one.where and one.where.column) for one in notes]
    assert places == [
        ("column-hidden", "warning", "E"),
        ("rows-hidden", "warning", None),
        ("cells-merged", "warning", "B"),
    ]
    assert all(isinstance(one, Finding) for one in notes)
