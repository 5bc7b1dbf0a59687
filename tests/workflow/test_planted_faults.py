"""
Faults planted in a filled workbook, one by one and all together: each is told at its cell, and nothing is invented.

The workbook is written by a script and then made to look calculated, as a spreadsheet would have saved it.
"""

import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import escape

import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel

from hsesg_carbon.delivery import read_workbook
from hsesg_carbon.report.marked import COLOURS, write_marked
from hsesg_carbon.sheets import HEADING_ROW, tab_name
from tests.commands import run
from tests.filled import DESCRIBED, Filling, fill_year, months

Place = tuple[str | None, int | None, str | None]
"""Sheet, row and column letter; ``None`` for what a finding does not name: the whole row, sheet or file."""

MAY = {"period_start": date(2024, 5, 1), "period_end": date(2024, 5, 31)}
SOUND: Mapping[str, Mapping[str, Any]] = {
    "sites": {"region": "CN"},
    "electricity": {"site": "HQ", "activity": "electricity.grid", **MAY, "quantity": 10, "unit": "kWh"},
    "vehicle_fuel": {"site": "HQ", "activity": "mobile.diesel", **MAY, "quantity": 10, "unit": "L"},
    "refrigerants": {
        "site": "分部", "activity": "refrigerant.r22", "method": "simplified", **MAY, "unit": "kg", "recharged": 1,
    },
    "water": {
        "site": "HQ", "kind": "withdrawal", "source_or_destination": "ground", **MAY, "quantity": 3, "unit": "m3",
    },
    "waste": {
        "site": "HQ", "material": "paper", "hazardous": "no", "treatment": "landfill", **MAY,
        "quantity": 1, "unit": "t",
    },
    "denominators": {"denominator": "visitors", "period": "2024", "value": 9, "unit": "person", "source": "gate"},
    "instruments": {
        "instrument_kind": "certificate", "period": "2024", "market": "CN", "volume": 5, "volume_unit": "MWh",
        "factor": 0, "factor_unit": "kgCO2/kWh", "produced_from": date(2024, 1, 1), "produced_to": date(2024, 6, 30),
        "valid_until": date(2025, 12, 31), "retired_for": "acme", "retired_on": date(2024, 12, 1),
        "conveys_attribute": "yes", "only_claim": "yes", "tracked_and_retired": "yes",
    },
}  # fmt: skip
"""A row of each sheet with nothing wrong."""
NAMED = {
    "sites": "id", "electricity": "meter", "vehicle_fuel": "meter", "instruments": "instrument_id",
    "denominators": "denominator",
}  # fmt: skip
"""What keeps the rows of a sheet apart."""


@cache
def _clean() -> bytes:
    """Return a year with nothing wrong, in English: filled in once for all that spoil it."""
    with TemporaryDirectory() as folder:
        filling = Filling(Path(folder) / "clean.xlsx", "en")
        fill_year(filling)
        for first, last in months():
            filling.row("vehicle_fuel", **SOUND["vehicle_fuel"] | {"period_start": first, "period_end": last})
        for note in ("=cmd|' /C calc'!A0", "@SUM(1)\nand a _x0007_ sign"):  # text, which does nothing
            filling.row("electricity", **SOUND["electricity"], meter=f"of {len(note)}", note=note)
        for row in range(HEADING_ROW + 1, filling.next["vehicle_fuel"]):
            filling.page("vehicle_fuel")[f"F{row}"] = f"={row}*25"
        for name in ("lists", "calc"):  # hidden, long to write, and not read
            filling.book.remove(filling.book[name])
            filling.book.create_sheet(name).sheet_state = "hidden"
        filling.book["Completeness"].delete_rows(21, 200)  # of sites that there are not
        return filling.save().read_bytes()


class Hand(Filling):
    """The clean workbook in somebody's hand; it is saved with the values of its formulas, as a spreadsheet does."""

    def __init__(self, path: Path) -> None:
        self.path, self.lang = path, "en"
        self.book = load_workbook(BytesIO(_clean()))
        self.computed: dict[tuple[str, str], Any] = {}
        self.next = {}
        for sheet in (one for one in DESCRIBED.sheets if not one.optional):
            page = self.page(sheet.id)
            filled = [row for row in range(HEADING_ROW + 1, page.max_row + 1) if page.cell(row, 1).value is not None]
            self.next[sheet.id] = max(filled, default=HEADING_ROW) + 1
        for row in range(HEADING_ROW + 1, self.next["vehicle_fuel"]):
            self.computed[self.tab("vehicle_fuel"), f"F{row}"] = row * 25

    def tab(self, sheet: str) -> str:
        return tab_name(self.sheet(sheet).title, self.lang)

    def place(self, sheet: str, row: int, column: str | None = None) -> Place:
        return self.tab(sheet), row, self.letter(sheet, column) if column else None

    def sound(self, sheet: str, **cells: Any) -> int:
        """Fill in a row that is sound but for the cells given; return its number."""
        named = {NAMED[sheet]: f"own {self.next.get(sheet, 0)}"} if sheet in NAMED else {}
        return self.row(sheet, **{**SOUND[sheet], **named, **cells})

    def formula(self, sheet: str, row: int, column: str, text: str, value: Any) -> Place:
        place = self.place(sheet, row, column)
        cell = self.page(sheet)[f"{place[2]}{row}"]
        cell.value = text
        self.computed[self.tab(sheet), cell.coordinate] = value
        return place

    def save(self) -> Path:
        super().save()
        months_of_matrix = {f"{column}{HEADING_ROW}": date(2024, at, 1) for at, column in enumerate("FGHIJKLMNOPQ", 1)}
        shares = {f"{column}{row}": 1 for column in "FGHIJKLMNOPQ" for row in range(5, 13)}
        matrix = {("Completeness", cell): value for cell, value in (months_of_matrix | shares).items()}
        _calculated(self.path, self.book.sheetnames, matrix | self.computed)
        return self.path


_FORMULA = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?)(?: t="\w+")?>(<f[^<>]*>[^<]*</f>)<v ?/?>(?:</v>)?</c>')


def _calculated(path: Path, sheets: list[str], values: Mapping[tuple[str, str], Any]) -> None:
    """Write the values of formulas into a workbook whose formulas have none; ``None`` leaves them so."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for number, sheet in enumerate(sheets, start=1):

        def valued(found: re.Match[str], sheet: str = sheet) -> str:
            value = values.get((sheet, found[1]), "")
            if isinstance(value, date):
                value = to_excel(value)
            kind = "" if not isinstance(value, str) else ' t="e"' if value.startswith("#") else ' t="str"'
            held = "" if value is None else f"<v>{escape(str(value))}</v>"
            return f'<c r="{found[1]}"{found[2]}{kind if held else ""}>{found[3]}{held}</c>'

        name = f"xl/worksheets/sheet{number}.xml"
        parts[name] = _FORMULA.sub(valued, parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


# ------------------------------------------------------------------------------------------------------- the faults


@dataclass(frozen=True)
class Fault:
    """
    A fault: how it is planted, what is told of it with which severity, and what else of necessity.

    ``plant`` returns the place where it must be told; ``also`` are places, with codes, of what follows from it.
    """

    name: str
    code: str
    plant: Callable[[Hand], Place]
    severity: str = "error"
    also: Callable[[Place], list[tuple[str, str, Place]]] = field(default=lambda _: [])


def cell(sheet: str, column: str, **cells: Any) -> Callable[[Hand], Place]:
    """Plant a row that is sound but for the cells given; the fault is in ``column``."""
    return lambda hand: hand.place(sheet, hand.sound(sheet, **cells), column)


def formula(sheet: str, column: str, text: str, value: Any) -> Callable[[Hand], Place]:
    return lambda hand: hand.formula(sheet, hand.sound(sheet), column, text, value)


def typed_over(hand: Hand) -> Place:
    """Type a number over one of a column of formulas."""
    hand.page("vehicle_fuel")["F8"] = 77
    return hand.tab("vehicle_fuel"), 8, "F"


def hidden_row(hand: Hand) -> Place:
    row = hand.sound("electricity")
    hand.page("electricity").row_dimensions[row].hidden = True
    return hand.place("electricity", row)


def hidden_column(hand: Hand) -> Place:
    place = hand.place("vehicle_fuel", HEADING_ROW, "note")
    hand.page("vehicle_fuel").column_dimensions[str(place[2])].hidden = True
    return place


def merged(column: str) -> Callable[[Hand], Place]:
    """Merge the cells of a column in two rows: only the upper one keeps its value."""

    def plant(hand: Hand) -> Place:
        row = hand.sound("electricity", evidence="one bill")
        hand.sound("electricity", evidence="one bill")
        place = hand.place("electricity", row, column)
        hand.page("electricity").merge_cells(f"{place[2]}{row}:{place[2]}{row + 1}")
        return place

    return plant


def below(code: str) -> Callable[[Place], list[tuple[str, str, Place]]]:
    return lambda place: [(code, "error", (place[0], (place[1] or 0) + 1, place[2]))]


def matrix(at: str, value: Any) -> Callable[[Hand], Place]:
    def plant(hand: Hand) -> Place:
        hand.book["Completeness"][at] = value
        return "Completeness", int(at[1:]), at[0]

    return plant


def leading_zeros(hand: Hand) -> Place:
    place = hand.place("electricity", hand.sound("electricity", meter=4711), "meter")
    hand.page("electricity")[f"{place[2]}{place[1]}"].number_format = "00000000"
    return place


def overlapping(hand: Hand) -> Place:
    hand.sound("electricity", meter="M1")
    later = {"period_start": date(2024, 5, 31), "period_end": date(2024, 6, 30)}
    return hand.place("electricity", hand.sound("electricity", meter="M1", **later), "period_start")


def twice(sheet: str, column: str, **cells: Any) -> Callable[[Hand], Place]:
    def plant(hand: Hand) -> Place:
        hand.sound(sheet, **cells)
        return hand.place(sheet, hand.sound(sheet, **cells), column)

    return plant


def entry(name: str, value: Any) -> Callable[[Hand], Place]:
    """Write something into the form of the organisation."""

    def plant(hand: Hand) -> Place:
        hand.form(**{name: value})
        names = [one.name for one in hand.sheet("organisation").entries]
        return hand.place("organisation", HEADING_ROW + 1 + names.index(name), "entry")

    return plant


def heading(hand: Hand) -> Place:
    place = hand.place("gas", HEADING_ROW, "period_end")
    hand.page("gas")[f"{place[2]}{place[1]}"] = "Until"
    return place


def deleted(hand: Hand) -> Place:
    del hand.book[hand.tab("other")]
    return None, None, None


def renamed(hand: Hand) -> Place:
    hand.page("heat").title = "Heating"
    return None, None, None


FAULTS = [
    Fault("hidden row", "rows-hidden", hidden_row, "warning"),
    Fault("hidden column", "column-hidden", hidden_column, "warning"),
    Fault("merged notes", "cells-merged", merged("evidence")),
    Fault("merged quantities", "cells-merged", merged("quantity"), also=below("cell-blank")),
    Fault("number over a formula", "formula-overwritten", typed_over, "warning"),
    Fault("share typed into the matrix", "formula-overwritten", matrix("G6", 0.5), "info"),
    Fault(
        "word typed into the matrix", "delivery-formula-changed", matrix("H5", "ok"), "info",
        also=lambda place: [("formula-overwritten", "info", place)],
    ),
    Fault("#REF!", "number-excel-error", formula("vehicle_fuel", "quantity", "=#REF!*2", "#REF!")),
    Fault("#DIV/0!", "number-excel-error", formula("vehicle_fuel", "quantity", "=1/0", "#DIV/0!")),
    Fault("formula never calculated", "number-excel-error", formula("vehicle_fuel", "quantity", "=2+3", None)),
    Fault("full-width digits", "full-width-read", cell("electricity", "quantity", quantity="１２３"), "info"),
    Fault("two readings of a date", "date-ambiguous", cell("electricity", "period_start", period_start="03/04/2024")),
    Fault("serial number for a date", "date-serial", cell("electricity", "period_start", period_start=45352)),
    Fault(
        "time of day", "period-time-of-day",
        cell("electricity", "period_end", period_end=datetime(2024, 5, 31, 13, 30)),
    ),
    Fault("no such day", "date-broken", cell("electricity", "period_end", period_end="2024-02-30")),
    Fault("meter in scientific notation", "identifier-rounded", cell("electricity", "meter", meter="1.23457E+11")),
    Fault("meter too long for a number", "digits-lost", cell("electricity", "meter", meter=330102400001234567)),
    Fault("leading zeros by number format", "read-as-shown", leading_zeros, "info"),
    Fault("unknown site", "delivery-site-unknown", cell("electricity", "site", site="nowhere")),
    Fault("unknown site of water", "delivery-site-unknown", cell("water", "site", site="nowhere")),
    Fault("unknown carrier", "unknown-activity-nothing-near", cell("electricity", "activity", activity="qqqq")),
    Fault("unknown unit", "unknown-unit", cell("electricity", "unit", unit="kwhh")),
    Fault("unit that does not fit", "wrong-dimension", cell("electricity", "unit", unit="L")),
    Fault("end before start", "period-reversed", cell("electricity", "period_end", period_end=date(2024, 4, 1))),
    Fault("overlapping bills", "meter-overlap", overlapping, "warning"),
    Fault("a bill twice", "row-repeated", twice("electricity", "quantity", meter="card"), "warning"),
    Fault("blank quantity", "cell-blank", cell("electricity", "quantity", quantity=None)),
    Fault("blank site", "cell-blank", cell("electricity", "site", site=None)),
    Fault("negative quantity", "quantity-negative", cell("electricity", "quantity", quantity=-5)),
    Fault("unit behind the number", "number-with-unit", cell("electricity", "quantity", quantity="12 kWh")),
    Fault("share in percent", "delivery-percent", cell("sites", "equity_share", equity_share="50 %")),
    Fault("a percentage of 5,000 digits", "number-not-a-number", cell("water", "quantity", quantity="1" * 5000 + "%")),
    Fault("ten thousands", "number-in-tens", cell("electricity", "quantity", quantity="1.2万")),
    Fault("thousands separator", "number-grouped", cell("electricity", "quantity", quantity="1,234")),
    Fault(
        "readings and quantity differ", "export-readings-differ",
        cell("electricity", "quantity", reading_start=100, reading_end=111),
    ),
    Fault(
        "falling reading", "reading-falls",
        cell("electricity", "reading_end", quantity=None, reading_start=998, reading_end=12),
    ),
    Fault(
        "one reading of two", "delivery-reading-half",
        cell("electricity", "reading_end", quantity=None, reading_start=998),
    ),
    Fault("unknown refrigerant", "delivery-not-listed", cell("refrigerants", "activity", activity="R999")),
    Fault("unknown kind of water", "delivery-not-listed", cell("water", "kind", kind="drunk")),
    Fault("unknown treatment of waste", "delivery-not-listed", cell("waste", "treatment", treatment="thrown away")),
    Fault("denominator of nothing", "key-out-of-range", cell("denominators", "value", value=0)),
    Fault("denominator of no year", "period-broken", cell("denominators", "period", period="last year")),
    Fault("denominator of a month", "denominator-not-a-year", cell("denominators", "period", period="2024-03")),
    Fault("certificate of no volume", "instrument-without-volume", cell("instruments", "volume", volume=None)),
    Fault("volume without unit", "key-missing", cell("instruments", "volume_unit", volume_unit=None)),
    Fault("unknown method", "delivery-not-listed", entry("methodology", "our own way")),
    Fault("no year", "delivery-not-a-year", entry("periods", "twenty-four")),
    Fault("a site twice", "delivery-site-twice", cell("sites", "id", id="HQ")),
    Fault("unknown region", "delivery-not-listed", cell("sites", "region", region="Moon")),
    Fault("share above one", "key-out-of-range", cell("sites", "equity_share", equity_share=1.5)),
    Fault("site that is a formula", "delivery-site-formula", cell("sites", "id", id="=cmd|' /C calc'!A0")),
    Fault("heading typed over", "delivery-heading-lost", heading),
    Fault("sheet deleted", "delivery-sheet-lost", deleted),
    Fault(
        "sheet renamed", "delivery-sheet-lost", renamed,
        also=lambda _: [("sheet-skipped", "warning", ("Heating", None, None))],
    ),
    Fault("command as a formula", "number-excel-error", formula("electricity", "note", "=cmd|' /C calc'!A0", None)),
]  # fmt: skip


# -------------------------------------------------------------------------------------------------------- the tests


Told = list[tuple[str, str, Place]]
"""Code, severity and place of everything that is told, in order."""


def places(findings: list[dict[str, Any]]) -> Told:
    """Return what the JSON output tells."""
    found = [(one, one["where"] or {}) for one in findings]
    return _ordered(
        [(one["code"], one["severity"], tuple(map(at.get, ("sheet", "row", "column")))) for one, at in found]
    )


def _ordered(told: list[Any]) -> Told:
    return sorted(told, key=repr)


def expected(fault: Fault, place: Place) -> Told:
    return [(fault.code, fault.severity, place), *fault.also(place)]


def marks(file: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the cells that a coloured copy marks, with colour and comment; its list in front is none of them."""
    book = load_workbook(file)
    return {
        (sheet.title, cell.coordinate): (cell.fill.fgColor.rgb, cell.comment.text if cell.comment else "")
        for sheet in book.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in COLOURS.values()
    }


def test_nothing_is_invented_on_the_clean_workbook(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "clean.xlsx")
    done = run("intake", hand.save(), "--into", tmp_path / "accounts", "--json")
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (0, [])
    assert (tmp_path / "accounts" / "inventory.toml").is_file()
    assert not (tmp_path / "clean.checked.xlsx").exists()
    assert write_marked(hand.path, (), {}, tmp_path / "copy.xlsx") == 0
    assert marks(tmp_path / "copy.xlsx") == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
def test_a_fault_alone_is_told_at_its_cell_and_nothing_else_is(fault: Fault, tmp_path: Path) -> None:
    hand = Hand(tmp_path / "fault.xlsx")
    place = fault.plant(hand)
    told = read_workbook(hand.save()).as_json()["findings"]
    assert places(told) == _ordered(expected(fault, place))


@pytest.mark.parametrize(("sheet", "cell_"), [("sites", "A4"), ("electricity", "A4"), ("refrigerants", "B4")])
def test_a_heading_that_is_lost_is_told_once_and_not_again_at_every_row(sheet: str, cell_: str, tmp_path: Path) -> None:
    hand = Hand(tmp_path / "heading.xlsx")
    hand.page(sheet)[cell_] = "mine"
    told = read_workbook(hand.save()).as_json()["findings"]
    assert places(told) == [("delivery-heading-lost", "error", (hand.tab(sheet), HEADING_ROW, cell_[0]))]


def test_what_is_proposed_for_an_unknown_refrigerant_is_a_refrigerant(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "refrigerant.xlsx")
    hand.sound("refrigerants", activity="R410")
    (fault,) = read_workbook(hand.save()).findings
    assert fault.data["known"]["en"]
    assert all(one.startswith("Refrigerant ") for one in fault.data["known"]["en"])


def test_without_the_sheet_of_sites_no_site_is_called_unknown(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "sites.xlsx")
    del hand.book[hand.tab("sites")]
    told = read_workbook(hand.save()).as_json()["findings"]
    assert places(told) == [("delivery-sheet-lost", "error", (None, None, None))]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Told]:
    """All faults in one workbook: its coloured copy, what intake says of it, and what was planted."""
    folder = tmp_path_factory.mktemp("together")
    hand = Hand(folder / "faults.xlsx")
    wanted = [one for fault in FAULTS for one in expected(fault, fault.plant(hand))]
    done = run("intake", hand.save(), "--into", folder / "accounts", "--json")
    assert done.returncode == 2, done.stderr
    assert not (folder / "accounts").exists()
    return folder / "faults.checked.xlsx", json.loads(done.stdout), _ordered(wanted)


def test_all_faults_together_are_told_each_at_its_cell_and_none_beside(
    together: tuple[Path, dict[str, Any], Told],
) -> None:
    _, told, wanted = together
    assert len(FAULTS) >= 50
    assert places(told["findings"]) == wanted


def test_the_coloured_copy_marks_the_very_cells_that_were_planted(together: tuple[Path, dict[str, Any], Told]) -> None:
    copy, told, wanted = together
    severities: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, severity, (sheet, row, column) in wanted:
        if sheet and row:  # a sheet that is gone has no cell: the list in front tells it
            severities[sheet, f"{column or 'A'}{row}"].add(severity)
    upper, lower = _merged_quantities(wanted)
    severities[upper] |= severities.pop(lower)  # of merged cells only the first can be marked
    marked = marks(copy)
    assert marked.keys() == severities.keys()
    for cell_, kinds in severities.items():
        worst = next(one for one in ("error", "warning", "info") if one in kinds)
        assert marked[cell_][0] == COLOURS[worst], cell_
    for one in told["findings"]:
        at = one["where"]
        if at.get("row"):
            place = at["sheet"], f"{at.get('column', 'A')}{at['row']}"
            assert one["message"] in marked[upper if place == lower else place][1]


def _merged_quantities(wanted: Told) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the two cells that were merged into one."""
    (place,) = [at for code, _, at in wanted if code == "cells-merged" and at[2] == "F"]
    return (str(place[0]), f"F{place[1]}"), (str(place[0]), f"F{(place[1] or 0) + 1}")


def test_the_coloured_copy_lists_every_fault_in_front(together: tuple[Path, dict[str, Any], Told]) -> None:
    copy, told, _ = together
    page = load_workbook(copy).worksheets[0]
    listed = {(row[5], row[6]) for row in page.iter_rows(values_only=True)}
    assert {(one["message"], one["code"]) for one in told["findings"]} <= listed
