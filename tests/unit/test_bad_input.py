"""Bad input: every wrong row in one error, with its place and what to do; never a zero, never a traceback."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.intake import read_activities
from hsesg_carbon.tables import raw_sheets, read_bytes, read_tables, read_toml

GOOD = {
    "activity_id": "a1",
    "site": "hq",
    "period": "2024",
    "activity": "electricity.grid",
    "quantity": "1",
    "unit": "kWh",
    "region": "CN",
}
SITES = [hc.Site(id="hq", region="CN"), hc.Site(id="depot")]


def faults(rows: list[dict[str, Any]] | Any, **options: Any) -> list[hc.Finding]:
    """Return what is wrong with rows, without failing the test if something is."""
    native = pd.DataFrame(rows) if isinstance(rows, list) else rows
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(native, **{"sites": SITES, **options})
    assert caught.value.problems
    return list(caught.value.problems)


def with_(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


@pytest.mark.parametrize(
    ("changes", "code", "column", "says"),
    [
        ({"unit": "kwhh"}, "unknown-unit", "unit", "kWh"),
        ({"unit": "ton"}, "unknown-unit", "unit", "short_ton"),
        ({"unit": "zzzzqqq"}, "unknown-unit-nothing-near", "unit", "units.txt"),
        ({"unit": ""}, "cell-blank", "unit", "fill it in"),
        ({"unit": None}, "cell-blank", "unit", "fill it in"),
        ({"unit": "kWh/m2"}, "unit-no-grid", "unit", "plain unit"),
        ({"unit": "m3"}, "wrong-dimension", "unit", "kWh"),
        ({"unit": "10^99999999 kWh"}, "unknown-unit-nothing-near", "unit", "units.txt"),
        ({"unit": "__import__('os')"}, "unknown-unit-nothing-near", "unit", "units.txt"),
        ({"unit": "k" * 5000}, "unknown-unit-nothing-near", "unit", "units.txt"),
        ({"activity": "electricity.gird"}, "unknown-activity", "activity", "electricity.grid"),
        ({"activity": "外购电力"}, "unknown-activity", "activity", "electricity.grid"),
        ({"activity": "qqqqqq"}, "unknown-activity-nothing-near", "activity", "factors search"),
        ({"activity": None}, "cell-blank", "activity", "fill it in"),
        ({"site": "annex"}, "unknown-site", "site", "inventory.toml"),
        ({"site": None}, "cell-blank", "site", "fill it in"),
        ({"site": "depot", "region": None}, "region-missing", "region", "depot"),
        ({"region": "Atlantis"}, "unknown-region", "region", "nearest"),
        ({"period": "2024-13"}, "period-broken", "period", "2024-Q1"),
        ({"period": "2024-Q5"}, "period-broken", "period", "2024-Q1"),
        ({"period": "soon"}, "period-broken", "period", "2024-Q1"),
        ({"period": None}, "period-broken", "period", "2024-Q1"),
        ({"period": "2024-03-01/2024-02-01"}, "period-reversed", "period", "ends on"),
        ({"period": "1924-03-01/2024-02-01"}, "period-too-long", "period", "years"),
        ({"quantity": "twelve"}, "number-not-a-number", "quantity", "digits"),
        ({"quantity": "12 kWh"}, "number-with-unit", "quantity", "without unit"),
        ({"quantity": "1.25万"}, "number-in-tens", "quantity", "12500"),
        ({"quantity": "1,234.5"}, "number-grouped", "quantity", "1234.5"),
        ({"quantity": "#DIV/0!"}, "number-excel-error", "quantity", "formula"),
        ({"quantity": "nan"}, "number-not-finite", "quantity", "no quantity"),
        ({"quantity": "-inf"}, "number-not-finite", "quantity", "no quantity"),
        ({"quantity": None}, "quantity-blank", "quantity", "not zero"),
        ({"quantity": "-5"}, "quantity-negative", "quantity", "credit"),
        ({"quantity": "1e30"}, "quantity-too-large", "quantity", "larger unit"),
    ],
)
def test_a_wrong_cell_is_named_with_what_to_do(changes: dict[str, Any], code: str, column: str, says: str) -> None:
    origin = {"origin_file": "energy.csv", "origin_sheet": "2024", "origin_row": 7}
    found = faults([with_(activity_id="a0", **{**origin, "origin_row": 6}), with_(**changes, **origin)])
    assert [(one.code, one.severity) for one in found] == [(code, "error")]
    where = found[0].where
    assert where is not None
    assert (where.file, where.sheet, where.row, where.column) == ("energy.csv", "2024", 7, column)
    assert where.activity_id == "a1"
    value = changes.get(column)
    assert where.value == ("" if value is None else str(value))
    assert says in found[0].message("en")
    assert found[0].message("zh")


def test_all_wrong_rows_are_in_one_error() -> None:
    rows = [
        with_(activity_id="1", unit="kwhh"),
        with_(activity_id="2", quantity="x"),
        with_(activity_id="3"),
        with_(activity_id="3"),
        with_(activity_id="4", site="annex", activity="nothing", period="never"),
    ]
    found = faults(rows, unique_ids=True)
    assert {one.code for one in found} >= {
        "unknown-unit",
        "number-not-a-number",
        "duplicate-id",
        "unknown-site",
        "period-broken",
    }
    assert len([one for one in found if one.code == "duplicate-id"]) == 2
    assert len([one for one in found if one.where and one.where.activity_id == "4"]) == 3


def test_every_fault_is_counted_but_only_the_first_hundred_rows_of_a_rule_are_fetched() -> None:
    found = faults([with_(activity_id=str(place), unit="kwhh") for place in range(250)])
    assert [one.code for one in found[:100]] == ["unknown-unit"] * 100
    assert [(one.code, one.data) for one in found[100:]] == [("more-problems", {"count": 150})]


@pytest.mark.parametrize(
    "engine",
    [pd.DataFrame, pl.DataFrame, lambda c: pl.DataFrame(c).lazy(), pa.table, lambda c: duckdb.from_arrow(pa.table(c))],
    ids=["pandas", "polars", "polars-lazy", "pyarrow", "duckdb"],
)
@pytest.mark.parametrize(
    ("quantities", "codes"),
    [
        ([1.0, float("nan")], ["quantity-not-finite"]),
        ([1.0, float("inf")], ["quantity-not-finite"]),
        ([1.0, None], ["quantity-not-finite"]),
        ([-1.0, float("-inf")], ["quantity-not-finite"]),
        ([1.0, -2.5], ["quantity-negative"]),
        ([1.0, 2.0**53], ["quantity-too-large"]),
        ([1.0, 2.0**51 + 0.5], ["quantity-imprecise"]),
        ([1, -2], ["quantity-negative"]),
        ([1, 2**62], ["quantity-too-large"]),
        ([1, None], ["quantity-blank", "quantity-not-finite"]),
    ],
)
def test_numbers_that_are_no_quantities_are_refused_on_every_engine(
    engine: Any, quantities: list[Any], codes: list[str]
) -> None:
    columns = {name: [value, value] for name, value in GOOD.items()} | {"activity_id": ["a", "b"]}
    found = {"a": [], "b": []}
    for one in faults(engine({**columns, "quantity": quantities})):
        assert one.where is not None
        found[str(one.where.activity_id)].append(one.code)
    assert len(found["b"]) == 1
    assert found["b"][0] in codes
    # one bad number hides no other of the same key
    assert found["a"] == (["quantity-negative"] if quantities[0] < 0 else [])


@pytest.mark.parametrize("credit", ["yes", "是"])
def test_a_credit_note_may_be_negative(credit: str) -> None:
    rows = [with_(quantity="10.5", credit=None), with_(activity_id="a2", quantity="-0.5", credit=credit)]
    for quantity in (str, float, Decimal):
        native = pd.DataFrame([{**row, "quantity": quantity(row["quantity"])} for row in rows])
        cube = hc.Activities(native, sites=SITES).cube()
        assert list(cube.steps.values()) == [10_000_000]


@pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_a_sum_that_could_wrap_is_refused_before_any_total(engine: Any) -> None:
    columns = {name: [value] * 3 for name, value in GOOD.items()} | {"activity_id": ["a", "b", "c"]}
    activities = hc.Activities(engine({**columns, "quantity": [2**61] * 3}), sites=SITES)
    assert (
        sum(hc.Activities(engine({**columns, "quantity": [2**60] * 3}), sites=SITES).cube().steps.values())
        == 3 * 2**60 * 10**6
    )
    with pytest.raises(hc.InputError, match="64-bit"):
        hc.Activities(
            engine({name: [values[0]] * 5 for name, values in columns.items()} | {"quantity": [2**61] * 5}), sites=SITES
        ).cube()
    assert sum(activities.cube().steps.values()) == 3 * 2**61 * 10**6


def test_large_whole_floats_are_exact_and_large_broken_floats_are_refused() -> None:
    row = {name: [value] for name, value in GOOD.items()}
    whole = hc.Activities(pd.DataFrame({**row, "quantity": [1.5e15]}), sites=SITES)
    assert list(whole.cube().steps.values()) == [1_500_000_000_000_000 * 10**6]
    assert faults(pd.DataFrame({**row, "quantity": [9_007_199_254.75]}))[0].code == "quantity-imprecise"


def test_halves_of_the_grid_round_away_from_zero_whatever_the_type() -> None:
    for unit, half, steps in (
        ("kWh", "0.0000005", 1),
        ("kWh", "0.0000015", 2),
        ("kWh", "2.5e-7", 0),
        ("MWh", "0.0000000005", 1),
    ):
        for quantity in (half, float(half), Decimal(half)):
            native = pd.DataFrame([with_(quantity=quantity, unit=unit)])
            assert list(hc.Activities(native, sites=SITES).cube().steps.values()) == [steps], (
                unit,
                half,
                type(quantity),
            )
            credit = pd.DataFrame(
                [
                    with_(
                        quantity=-Decimal(half)
                        if isinstance(quantity, Decimal)
                        else (-quantity if isinstance(quantity, float) else f"-{half}"),
                        unit=unit,
                        credit="y",
                    )
                ]
            )
            assert list(hc.Activities(credit, sites=SITES).cube().steps.values()) == [-steps]


def test_text_finer_than_the_grid_is_rounded_with_a_finding() -> None:
    activities = hc.Activities(pd.DataFrame([with_(quantity="33.333333333")]), sites=SITES)
    assert list(activities.cube().steps.values()) == [33_333_333]
    assert [one.code for one in activities.findings] == ["rounded-to-grid"]


def test_full_width_digits_and_spellings_are_understood() -> None:
    activities = hc.Activities(pd.DataFrame([with_(quantity="１２．５", unit="度")]), sites=SITES)
    assert list(activities.cube().steps.values()) == [12_500_000]


@pytest.mark.parametrize("missing", ["activity_id", "site", "period", "activity", "quantity", "unit"])
def test_a_missing_column_is_named(missing: str) -> None:
    found = faults([{name: value for name, value in GOOD.items() if name != missing}])
    assert [(one.code, one.data["column"]) for one in found] == [("column-missing", missing)]


def test_no_rows_are_no_inventory() -> None:
    assert [one.code for one in faults(pd.DataFrame({name: pd.Series([], dtype="str") for name in GOOD}))] == [
        "activities-empty"
    ]


@pytest.mark.parametrize("kind", [dt.date, dt.datetime, str])
def test_periods_may_be_two_dates_in_any_type(kind: Any) -> None:
    start, end = dt.date(2024, 2, 20), dt.date(2024, 3, 10)
    if kind is dt.datetime:
        start, end = dt.datetime(2024, 2, 20), dt.datetime(2024, 3, 10)
    row = {
        **with_(quantity=1),
        "period_start": str(start) if kind is str else start,
        "period_end": str(end) if kind is str else end,
    }
    del row["period"]
    for native in (pd.DataFrame([row]), pl.DataFrame([row]), pa.Table.from_pylist([row])):
        key = hc.Activities(native, sites=SITES).keys[0]
        assert key.period.label == "2024-02-20/2024-03-10"


def test_meters_show_overlaps_and_gaps() -> None:
    rows = [
        with_(activity_id=name, meter="00123", period=f"2024-0{month}-01/2024-0{end}-{day}")
        for name, month, end, day in (("a", 1, 2, "10"), ("b", 2, 2, "29"), ("c", 4, 4, "30"))
    ]
    found = hc.Activities(pd.DataFrame(rows), sites=SITES).check()
    assert [(one.code, one.data["days"]) for one in found] == [("meter-overlap", 10), ("meter-gap", 31)]
    assert all(one.data["meter"] == "00123" for one in found)


# ------------------------------------------------------------------------------------------------------------- files


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", "", "file-empty"),
        ("a.csv", "\n\n , \n", "file-empty"),
        ("a.csv", 'id,unit\n1,"2\n', "csv-broken"),
        ("a.csv", b"id\0,unit\n", "file-encoding"),
        ("a.csv", "id\n1\n".encode("utf-16"), "file-encoding"),
        ("a.ods", "x", "file-kind"),
        ("a.xlsx", "no workbook", "excel-broken"),
        ("a.xlsx", b"PK\x03\x04 broken", "excel-broken"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, name: str, content: str | bytes, code: str) -> None:
    with pytest.raises(hc.InputError) as caught:
        read_tables(write(tmp_path / name, content))
    assert caught.value.code == code
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        ("id,ID\n1,2\n", "heading-repeated", 1),
        ("id,unit\n1,2\n1,2,3\n", "cell-without-heading", 3),
    ],
)
def test_a_table_with_cells_under_no_heading_says_where(tmp_path: Path, content: str, code: str, row: int) -> None:
    (table,) = read_tables(write(tmp_path / "a.csv", content))
    assert [(one.code, one.where and one.where.row) for one in table.problems] == [(code, row)]


def test_a_title_above_the_heading_and_empty_columns_are_no_obstacle(tmp_path: Path) -> None:
    (table,) = read_tables(write(tmp_path / "a.csv", "Bills of 2024,,\n\n,id,unit\n,1,kWh\n"))
    assert table.columns == ("id", "unit")
    assert [(row.number, row.cells) for row in table.rows] == [(4, {"id": "1", "unit": "kWh"})]
    assert table.problems == ()


def test_rows_beyond_a_wrong_dimension_of_a_sheet_are_read(tmp_path: Path) -> None:
    """Many exporters state a range that is too small; rows beyond it would be lost without a word."""
    import zipfile

    book = openpyxl.Workbook()
    book.active.append(["id", "quantity"])
    for place in range(20):
        book.active.append([f"r{place}", place])
    book.save(tmp_path / "right.xlsx")
    with zipfile.ZipFile(tmp_path / "right.xlsx") as right, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as wrong:
        for member in right.infolist():
            content = right.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:B21"' in content
                content = content.replace(b'<dimension ref="A1:B21"', b'<dimension ref="A1"')
            wrong.writestr(member, content)
    (table,) = read_tables(tmp_path / "a.xlsx")
    assert len(table.rows) == 20
    assert table.rows[-1].cells == {"id": "r19", "quantity": "19"}


def test_chinese_excel_csv_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        table = read_tables(write(tmp_path / "a.csv", "活动,单位\r\n电,度\r\n\r\n气,方\r\n".encode(encoding)))[0]
        assert table.columns == ("活动", "单位")
        assert [(row.number, row.cells["单位"]) for row in table.rows] == [(2, "度"), (4, "方")]


def test_workbook_cells_come_as_text_with_their_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "电力"
    sheet.append(["id", "meter", "quantity", "day", "formula", "broken"])
    sheet.append(["a", "00123", 33.3, dt.date(2024, 3, 1), "=1+1", "#DIV/0!"])
    sheet.append([None] * 6)
    sheet.append(["b", "7", 15722244, dt.datetime(2024, 3, 31), None, None])
    book.create_sheet("empty")
    book.save(tmp_path / "a.xlsx")
    (table,) = read_tables(tmp_path / "a.xlsx")
    assert table.sheet == "电力"
    assert [(row.number, row.cells) for row in table.rows] == [
        (
            2,
            {
                "id": "a",
                "meter": "00123",
                "quantity": "33.3",
                "day": "2024-03-01",
                "formula": "#UNCALCULATED",
                "broken": "#DIV/0!",
            },
        ),
        (4, {"id": "b", "meter": "7", "quantity": "15722244", "day": "2024-03-31"}),
    ]


@given(st.binary(max_size=300))
def test_random_bytes_are_a_table_or_an_error_with_a_name(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.csv", "a.xlsx", "a.toml"):
            path = write(Path(folder) / name, content)
            try:
                read_toml(path) if name.endswith("toml") else read_tables(path)
            except hc.InputError as error:
                assert name in str(error)


@given(st.text(max_size=40))
def test_random_text_is_a_unit_or_a_unit_error(text: str) -> None:
    from hsesg_carbon.units import canonical, kind

    try:
        assert kind(canonical(text))
    except hc.UnitError as error:
        assert error.text("zh")


@given(st.text(max_size=30))
def test_random_text_is_a_number_or_an_input_error(text: str) -> None:
    from hsesg_carbon.units import parse_number

    try:
        assert parse_number(text).is_finite()
    except hc.InputError as error:
        assert error.code.startswith("number-")


@given(st.text(max_size=30))
def test_random_text_is_a_period_or_an_input_error(text: str) -> None:
    try:
        period = hc.Period.parse(text)
        assert hc.Period.parse(period.label) == period
    except hc.InputError as error:
        assert error.code.startswith("period-")


@pytest.mark.parametrize("text", ["10²", "1①", "0_5", "٣", "1e400", "½", "1 2"])
def test_digits_that_are_no_plain_digits_make_no_number(text: str) -> None:
    """Compatibility normalisation would read 10² as 102."""
    assert [one.code for one in faults([with_(quantity=text)])] == ["number-not-a-number"]


def test_superscripts_in_units_are_powers() -> None:
    from hsesg_carbon.units import canonical, ratio

    assert canonical("m²") == "m2"
    assert ratio("10⁴ kWh", "kWh") == 10_000
    for unit in ("kWh/0", "0 kWh", "m①"):
        with pytest.raises(hc.UnitError):
            canonical(unit)


@pytest.mark.parametrize("word", ["no", "false", "-", "0"])
def test_only_a_yes_marks_a_credit(word: str) -> None:
    for quantity in ("-5", -5.0, -5):
        assert [one.code for one in faults([with_(quantity=quantity, credit=word)])] == ["quantity-negative"]


@pytest.mark.parametrize("activity", ["stationary.propane", "stationary.butane", "mobile.lpg", "mobile.lng"])
@pytest.mark.parametrize("unit", ["m3", "立方米", "万m3", "ft3"])
def test_a_cubic_metre_of_liquefied_gas_must_say_liquid_or_gas(activity: str, unit: str) -> None:
    row = {"activity_id": "a", "site": "hq", "period": "2024", "activity": activity, "quantity": "1", "region": "CN"}
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(pd.DataFrame([row | {"unit": unit}]))
    (problem,) = caught.value.problems
    assert problem.code == "volume-left-open"
    for known in ("L", "kL", "t"):
        assert hc.Activities(pd.DataFrame([row | {"unit": known}])).keys[0].unit == known


def test_a_cubic_metre_of_natural_gas_is_gas_and_of_diesel_liquid() -> None:
    row = {"activity_id": "a", "site": "hq", "period": "2024", "quantity": "1", "region": "CN", "unit": "m3"}
    for activity in ("stationary.natural_gas", "stationary.diesel"):
        assert hc.Activities(pd.DataFrame([row | {"activity": activity}])).keys[0].unit == "m3"


def test_a_workbook_without_cells_and_a_file_that_is_too_large_are_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(hc.InputError) as caught:
        read_tables(tmp_path / "a.xlsx")
    assert caught.value.code == "file-empty"
    (tmp_path / "a.csv").write_text("x" * 11, encoding="utf-8")
    assert read_bytes(tmp_path / "a.csv", 11) == b"x" * 11
    with pytest.raises(hc.InputError) as caught:
        read_bytes(tmp_path / "a.csv", 10)
    assert caught.value.code == "file-too-large"
    with pytest.raises(hc.InputError) as caught:
        raw_sheets((tmp_path / "a.csv").rename(tmp_path / "a.txt"))
    assert caught.value.code == "file-kind"


def test_activity_without_files_or_without_a_period_is_refused(tmp_path: Path) -> None:
    (tmp_path / "activity").mkdir()
    with pytest.raises(hc.InputError) as caught:
        read_activities(tmp_path, SITES, hc.FactorLibrary.shipped())
    assert caught.value.code == "no-activity-files"
    header = ",".join(one for one in GOOD if one != "period")
    text = ",".join(value for name, value in GOOD.items() if name != "period")
    (tmp_path / "activity" / "bills.csv").write_text(f"{header}\n{text}\n", encoding="utf-8")
    with pytest.raises(hc.InputError) as caught:
        read_activities(tmp_path, SITES, hc.FactorLibrary.shipped())
    (fault,) = caught.value.problems
    assert isinstance(fault, hc.Finding) and fault.where is not None
    assert (fault.code, fault.data["column"], fault.where.file) == ("column-missing", "period", "bills.csv")
    whole = ",".join(GOOD) + "\n" + ",".join(GOOD.values())
    (tmp_path / "activity" / "whole.csv").write_text(whole + "\n", encoding="utf-8")
    with pytest.raises(hc.InputError) as caught:  # beside a sound table its rows are not told one by one
        read_activities(tmp_path, SITES, hc.FactorLibrary.shipped())
    assert caught.value.problems == (fault,)


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([[*GOOD.values(), "2"]], columns=[*GOOD, "quantity"])
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(frame, sites=SITES)
    assert caught.value.code == "frame-kind"
