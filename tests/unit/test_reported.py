"""Hostile reported tables: a clear error or a finding, never a traceback. All figures here are made up."""

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.cli import main
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.verification.relations import parse
from hsesg_carbon.verification.reported import read_cell

HEAD = "id,unit,equals,2023,2024\n"


def table(text: str, folder: Path) -> hc.ReportedTable:
    path = folder / "reported.csv"
    path.write_text(text, encoding="utf-8")
    return hc.ReportedTable.read(path)


# -------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("8,782.69", "8782.685", "8782.695"),
        ("８，７８２．６９", "8782.685", "8782.695"),
        ("1.30", "1.295", "1.305"),
        ("<0.01", "0", "0.01"),
        ("3%", "0.025", "0.035"),
        ("137.8万", "1377500", "1378500"),
        ("1.5-2.5", "1.45", "2.55"),
        ("(1,234)", "-1234.5", "-1233.5"),
        ("1 234 567", "1234566.5", "1234567.5"),
        ("2,501¹", "2500.5", "2501.5"),
    ],
)
def test_a_print_is_half_a_unit_of_its_last_digit_either_side(text: str, low: str, high: str) -> None:
    held = read_cell(text).interval
    assert held is not None
    assert (held.lo, held.hi) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize("text", ["9,500+", "超过9,500", "逾9,500", ">9,500", "more than 9,500", "Over 9,500"])
def test_more_than_so_many_has_no_upper_end(text: str) -> None:
    held = read_cell(text).interval
    assert held is not None
    assert (held.lo, held.hi) == (9500, float("inf"))


@pytest.mark.parametrize("text", ["不适用", "n/a", "-", "—", "不适用（见注）", "nil", "N/A"])
def test_absent_is_not_zero(text: str) -> None:
    assert (read_cell(text).state, read_cell(text).interval) == ("absent", None)


@pytest.mark.parametrize("text", ["1.234,5", "1,23", "1..2", "--5-", "1,2,3", "12,34,567", "0x1F", "1e999", "+-3"])
def test_what_has_no_one_meaning_is_unreadable_or_text_and_never_a_number(text: str) -> None:
    assert read_cell(text).interval is None


@given(st.text(max_size=60))
def test_any_text_is_read_as_some_cell(text: str) -> None:
    cell = read_cell(text)
    assert (cell.interval is None) == (cell.state != "number")
    if cell.interval is not None:
        assert cell.interval.lo <= cell.interval.hi


def test_ten_thousand_random_byte_strings_as_cells() -> None:
    chance = random.Random(20240501)
    alphabet = "0123456789.,-–%<>≤≥~≈()+eE 　万亿千百不适用na/注①¹*'’\x00\x1b\t=@{}"
    cells = [bytes(chance.randrange(256) for _ in range(chance.randrange(24))).decode("latin-1") for _ in range(5000)]
    cells += ["".join(chance.choice(alphabet) for _ in range(chance.randrange(12))) for _ in range(5000)]
    rows: list[dict[str, Any]] = [
        {"id": f"row{at}", "unit": "t", "cells": {"2023": cells[2 * at], "2024": cells[2 * at + 1]}}
        for at in range(len(cells) // 2)
    ]
    rows.append({"id": "sum", "unit": "t", "equals": "row1 + row2 / row3 * row4", "cells": {"2023": "1", "2024": "2"}})
    read = hc.ReportedTable.of(rows, ["2023", "2024"])
    assert sum(len(row.cells) for row in read.rows) == len(cells) + 2
    outcome = hc.verify(read)
    for one in (*read.notes, *outcome.findings):
        for lang in ("en", "zh"):
            assert "\x1b" not in one.line(lang)


# -------------------------------------------------------------------------------------------------- relations


CODE = [
    "__import__('os').system('true')",
    "exec(open('x'))",
    "a if a else b",
    "lambda: a",
    "a ** 9 ** 9 ** 9",
    "a // b",
    "[a for a in b]",
    "a; b",
    "a = b",
    "=SUM(A1:A9)",
    "=cmd|' /C calc'!A0",
    "{{a}}",
    "${a}",
    "a\n+\nb)",
    "prev(1)",
    "prev(a + b)",
    "prev()",
    "()",
    "a +",
    "* a",
    "1e5",
    "0x10",
    "a..b",
    "A",
    "a@b",
    "sum(a, b)",
    "，",
]


@pytest.mark.parametrize("text", CODE)
def test_a_formula_that_is_no_relation_is_refused(text: str) -> None:
    with pytest.raises(hc.InputError) as caught:
        parse(text)
    assert "relation" in caught.value.text("en")
    assert caught.value.text("zh") != caught.value.text("en")


def test_a_relation_that_is_too_long_or_too_deep_is_refused() -> None:
    for text in ("a + " * 1000 + "a", "(" * 300 + "a" + ")" * 300, "-" * 500 + "a", "prev(" * 200 + "a" + ")" * 200):
        with pytest.raises(hc.InputError):
            parse(text)


@given(st.text(alphabet="ab.19 +-*/()prev_;=", max_size=40))
def test_any_formula_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except hc.InputError as error:
        assert error.text("en")


# -------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file-empty"),
        ("unit,2024\nt,1\n", "table-broken"),
        ("id,unit\na,t\n", "reported-no-period"),
        ("id,unit,2024\n", "reported-no-row"),
        ("id,unit,last year\na,t,1\n", "reported-column"),
        ("id,unit,2024,2024\na,t,1,2\n", "table-broken"),
        ("id,unit,2024,2024年\na,t,1,2\n", "reported-period-twice"),
        ("id,unit,2024,2024-01-01/2024-12-31\na,t,1,1\n", "reported-period-twice"),
        ("id,unit,2024\nA b,t,1\n", "reported-id"),
        ("id,unit,2024\n=1+1,t,1\n", "reported-id"),
        ("id,unit,2024\na,t,1\na,t,2\n", "reported-id-twice"),
        ("id,unit,equals,2024\na,t,b,1\n", "relation-unknown-row"),
        ("id,unit,equals,2024\na,t,b,1\nb,kWh,,1\n", "relation-unit"),
        ("id,unit,equals,2024\na,t,b + c,1\nb,kWh,,1\nc,t,,1\n", "relation-adds-unlike"),
        ("id,unit,equals,2024\na,t,b * c,1\nb,t,,1\nc,t,,1\n", "relation-unit"),
        ("id,unit,equals,2024\na,t,import os,1\n", "relation-not-grammar"),
        ("id,unit,equals,2024\na,t,a.__class__,1\n", "relation-unknown-row"),
        ("id,unit,equals,2024\na,t,prev(prev),1\n", "relation-unknown-row"),
    ],
)
def test_a_malformed_table_is_one_clear_error(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(hc.InputError) as caught:
        hc.verify(table(text, tmp_path))
    told = {caught.value.code, *(one.code for one in caught.value.problems)}
    assert code in told, told
    for lang in ("en", "zh"):
        assert caught.value.text(lang)


def test_a_year_is_the_same_however_its_column_is_headed(tmp_path: Path) -> None:
    """Headed 2024年 a column was read, and nothing in it compared with the inventory."""
    bill = {"activity_id": "e", "site": "hq", "activity": "electricity.grid", "unit": "MWh", "region": "CN"}
    activities = hc.Activities(pd.DataFrame([{**bill, "period": "2024", "quantity": "100"}]))
    plan = hc.Plan.compile(activities, hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024"))
    inventory = hc.Inventory(plan.run(activities))
    plain, spelt = (
        hc.verify(table(f"id,unit,{headings}\nghg.scope2,tCO2e,50,60\n", tmp_path), inventory=inventory)
        for headings in ("2023,2024", "2023年,2024年")
    )
    assert spelt.as_json() == plain.as_json()
    assert (("ghg.scope2", "2024"),) in [one.cells for one in plain.findings]  # it is 53.66 tCO2


def test_periods_that_are_one_are_not_made_twice() -> None:
    row = {"id": "a", "unit": "t", "cells": {"2024": "1", "2024年": "2", "2023": "3"}}
    assert hc.ReportedTable.of([row], ["2024年", "2023"]).periods == ("2023", "2024")
    with pytest.raises(hc.InputError) as caught:
        hc.ReportedTable.of([row], ["2024", "2024年", "2023"])
    assert caught.value.code == "reported-period-twice"
    assert caught.value.data == {"period": "2024", "columns": ["2024", "2024年"]}


def test_sheets_that_spell_a_year_apart_share_its_column(tmp_path: Path) -> None:
    """What cannot be read is told by the heading of its own sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, heading, cell in (("one", "2024", "1"), ("two", "2024年", "1.2.3")):
        sheet = book.create_sheet(name)
        for line in (["id", "unit", heading], [f"a.{name}", "t", cell]):
            sheet.append(line)
    book.save(tmp_path / "reported.xlsx")
    read = hc.ReportedTable.read(tmp_path / "reported.xlsx")
    assert read.periods == ("2024",)
    assert [row.cells[0].text for row in read.rows] == ["1", "1.2.3"]
    (note,) = [one for one in read.notes if one.code == "cell-unreadable"]
    assert note.where is not None
    assert (note.where.sheet, note.where.column) == ("two", "2024年")


def test_all_faults_of_a_table_are_told_together_with_their_places(tmp_path: Path) -> None:
    text = "id,unit,equals,2024\nA,t,,1\nb,t,c +,1\nb,t,,1\n"
    with pytest.raises(hc.InputError) as caught:
        table(text, tmp_path)
    places = {(one.code, one.where.row if one.where else None) for one in caught.value.problems}
    assert places == {("reported-id", 2), ("relation-not-grammar", 3), ("reported-id-twice", 4)}


def test_relations_in_a_ring_end(tmp_path: Path) -> None:
    text = HEAD + "b,t,c,1,2\nc,t,d,3,4\nd,t,b,,\ne,t,f,,\nf,t,e - b,1,1\n"
    assert hc.verify(table(text, tmp_path)).checks >= 0


def test_dividing_by_what_may_be_zero_says_nothing(tmp_path: Path) -> None:
    outcome = hc.verify(table(HEAD + "a,1,b / c,5,5\nb,t,,1,1\nc,t,,0,0\n", tmp_path))
    assert outcome.clean


def test_a_cell_that_is_unreadable_is_named_with_its_place(tmp_path: Path) -> None:
    read = table(HEAD + "a,t,,1.234.5,2\n", tmp_path)
    (note,) = read.notes
    assert (note.code, note.where and note.where.row, note.where and note.where.column) == (
        "cell-unreadable",
        2,
        "2023",
    )


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6), st.text(max_size=12), st.text(max_size=20))
def test_any_row_is_read_or_refused(cells: list[str], unit: str, equals: str) -> None:
    periods = [str(2000 + at) for at in range(len(cells))]
    ids = ("ghg.total", "ghg.scope1", "ghg.scope2", "energy.electricity", "energy.electricity.share", "energy.petrol")
    rows = [{"id": one, "unit": unit, "cells": dict(zip(periods, cells, strict=True))} for one in ids]
    rows[0]["equals"] = equals
    try:
        outcome = hc.verify(hc.ReportedTable.of(rows, periods))
    except CarbonError as error:
        assert error.text("en")
    else:
        json.dumps(outcome.as_json("zh"))


# -------------------------------------------------------------------------------------------------- command line


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe\x01",
        b"id,unit,2024\na,t,\x80\x81\n",
        b"id,unit,equals,2024\na,t,__import__('os'),1\n",
        b'id,unit,2024\n"a,t,1\n',
        b"id;unit;2024\na;t;1\n",
    ],
)
def test_the_command_line_answers_hostile_files_without_a_traceback(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reported.csv"
    path.write_bytes(content)
    code, said = answered(path, monkeypatch, capsys)
    assert code in {0, 2}
    assert said


def test_the_command_line_answers_an_excel_file_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reported.xlsx"
    path.write_bytes(b"no workbook")
    assert answered(path, monkeypatch, capsys)[0] == 2


def answered(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and everything that ``verify`` says of a file."""
    monkeypatch.setattr("sys.argv", ["hsesg-carbon", "verify", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    assert "Unexpected" not in told.err
    return int(ended.value.code or 0), told.out + told.err


def test_a_workbook_without_ids_and_a_table_of_too_many_cells_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["name", "2024"])
    book.active.append(["power", 5])
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(hc.InputError) as caught:
        hc.ReportedTable.read(tmp_path / "r.xlsx")
    assert caught.value.code == "reported-no-table"
    months = [f"{year}-{month:02d}" for year in range(2000, 2030) for month in range(1, 13)]
    with pytest.raises(hc.InputError) as caught:
        hc.ReportedTable.of([{}] * 278, months)
    assert (caught.value.code, caught.value.data["cells"]) == ("reported-too-large", 100_080)


@pytest.mark.parametrize(
    ("text", "state"),
    [("1.5-2.5", "number"), ("2.5-1.5", "unreadable"), ("2.5-2.5", "number"), ("X1", "text"), (".5.5", "unreadable")],
)
def test_a_range_goes_up_and_words_are_no_figures(text: str, state: str) -> None:
    assert read_cell(text).state == state


def test_what_is_wrong_with_a_row_is_told_at_its_column() -> None:
    rows = [
        {"id": "", "unit": "t", "cells": {"2024": "1"}},
        {"id": "a", "unit": "t", "equals": "import os", "cells": {"2024": "1"}},
    ]
    with pytest.raises(hc.InputError) as caught:
        hc.ReportedTable.of(rows, ["2024"])
    told = [(one.code, one.where.column, one.data.get("id")) for one in caught.value.problems]
    assert told == [("reported-id", None, "-"), ("relation-not-grammar", "equals", None)]
