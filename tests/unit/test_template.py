"""The description of the workbook holds together, and the template is written as it says."""

import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hsesg_carbon.activities import OPTIONAL, REQUIRED
from hsesg_carbon.derive import GasInEquipment
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.instruments import Instrument
from hsesg_carbon.intensity import Denominator
from hsesg_carbon.report.template import write_template
from hsesg_carbon.sheets import PERIOD, READINGS, SHOWN_IN, Sheet, Workbook, normalised, shown, tab_name
from hsesg_carbon.waste import WasteLoad
from hsesg_carbon.water import WaterFlow
from hsesg_carbon.workspace import Workspace

DESCRIBED = Workbook.described()
LIBRARY = FactorLibrary.shipped()
MODELS = {
    "refrigerants": GasInEquipment,
    "water": WaterFlow,
    "waste": WasteLoad,
    "denominators": Denominator,
    "instruments": Instrument,
}
LISTS = [*DESCRIBED.lists, "activity", "region", "methodology"]
LONGEST_TAB, LONGEST_SOURCE = 31, 255


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.xlsx"
    write_template(path, "both", rows=10)
    return path


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("lang", SHOWN_IN)
def test_every_word_of_a_list_reads_back_to_its_code(name: str, lang: str) -> None:
    choices = DESCRIBED.choices(name, LIBRARY)
    assert {code: choices.code(choices.label(code, lang)) for code in choices.labels} == {
        code: code for code in choices.labels
    }


@pytest.mark.parametrize("sheet", DESCRIBED.sheets, ids=lambda one: one.id)
def test_headings_and_names_of_a_sheet_are_found_again_in_every_language(sheet: Sheet) -> None:
    for lang in SHOWN_IN:
        assert DESCRIBED.sheet(tab_name(sheet.title, lang)) is sheet
        assert len(tab_name(sheet.title, lang)) <= LONGEST_TAB
        assert [sheet.column(f"{shown(one.title, lang)} *") for one in sheet.columns] == list(sheet.columns)


@pytest.mark.parametrize("sheet", DESCRIBED.sheets, ids=lambda one: one.id)
def test_the_columns_of_a_sheet_are_those_of_the_table_that_it_gives(sheet: Sheet) -> None:
    names = {DESCRIBED.table_name(one) for one in sheet.names}
    if sheet.gives == "activity":
        assert names - set(READINGS) <= {*REQUIRED, *OPTIONAL, "part_of", "role"}
        assert names >= {*REQUIRED, *PERIOD}
    elif sheet.gives in MODELS:
        fields = set(MODELS[sheet.gives].model_fields)
        assert (names - set(PERIOD)) | {"period"} == fields | {"period"}


def test_every_activity_has_a_sheet_and_every_offered_unit_measures_it() -> None:
    for entry in LIBRARY.catalogue.values():
        sheet = DESCRIBED.of_activity(entry.activity)
        assert entry in DESCRIBED.activities(sheet, LIBRARY)
        offered = DESCRIBED.offered(entry)
        assert offered and all(entry.accepts(unit) and not entry.leaves_open(unit) for unit in offered), entry.activity


def test_the_template_is_locked_but_for_its_cells_and_holds_no_macro(template: Path) -> None:
    with zipfile.ZipFile(template) as archive:
        assert not [one for one in archive.namelist() if "vba" in one.lower() or "external" in one.lower()]
    book = load_workbook(template)
    assert [one.title for one in book.worksheets if one.sheet_state != "visible"] == ["lists", "calc"]
    assert all(page.protection.sheet and not page.protection.password for page in book.worksheets)
    page = book[tab_name(DESCRIBED.sheets[2].title, "both")]
    assert page["A4"].protection.locked and page["A1"].protection.locked
    assert not page.column_dimensions["A"].protection.locked
    assert page["A4"].value == "站点\nSite *" and page["A4"].comment is not None
    assert page.freeze_panes == "B5"


def test_drop_downs_are_short_enough_for_every_spreadsheet_and_units_follow_what_was_chosen(template: Path) -> None:
    book = load_workbook(template)
    rules = [rule for page in book.worksheets for rule in page.data_validations.dataValidation]
    assert all(len(rule.formula1 or "") <= LONGEST_SOURCE for rule in rules)
    lists = book["lists"]
    gas = tab_name(next(one.title for one in DESCRIBED.sheets if one.id == "gas"), "both")
    (rule,) = [one for one in book[gas].data_validations.dataValidation if str(one.sqref).startswith("G5")]
    assert rule.formula1.startswith("OFFSET(lists!") and '$B5=""' in rule.formula1
    label = DESCRIBED.choices("activity", LIBRARY).label("stationary.natural_gas", "both")
    lines = [row for row in lists.iter_rows(values_only=True) if row[0] == label and row[1] is not None]
    assert list(lines[0][2 : 2 + lines[0][1]]) == DESCRIBED.offered(LIBRARY.catalogue["stationary.natural_gas"])


def test_a_heading_is_known_with_its_mark_and_odd_spaces() -> None:
    assert normalised("  From  (day) * ") == normalised("from (day)")
    assert normalised("站点\nSite *") == "站点 site"


def test_a_name_that_looks_like_the_xml_of_rich_text_stays_a_name(tmp_path: Path) -> None:
    workspace = Workspace.demo(tmp_path / "accounts")
    settings = workspace.folder / "inventory.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('en = "Hundsun Technologies Inc."', 'en = "<r><bad></r>"'), encoding="utf-8")
    path = tmp_path / "prefilled.xlsx"
    write_template(path, "en", Workspace(workspace.folder))
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                assert b"<r><bad>" not in archive.read(name)
    held = [cell.value for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row]
    assert any(str(one).strip() == "<r><bad></r>" for one in held)
