"""Disclosure tables: indices that are sound, answers that say where they are from, tables that hold no harm."""

import csv
import io
import shutil
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hsesg_carbon as hc
from hsesg_carbon import units
from hsesg_carbon.answers import ANSWERS
from hsesg_carbon.disclose import listed
from hsesg_carbon.errors import InputError
from hsesg_carbon.indices import VOCABULARY, Question, Requirement, chosen, index, standards
from hsesg_carbon.report.disclosed import csv_text, markdown, shown, write_workbook
from tests.conftest import ROOT

CAMPUS = ROOT / "examples" / "campus-monthly"
ROWS = [row for name in standards() for row in index(name)]
HOSTILE = {"cell": "=cmd|' /C calc'!A0", "tag": "<script>alert(1)</script>", "pipe": "a|b*c`d[e](f)"}


@pytest.fixture(scope="module")
def campus() -> hc.Workspace:
    return hc.Workspace(CAMPUS)


@pytest.fixture(scope="module")
def documents(campus: hc.Workspace) -> dict[str, dict[str, Any]]:
    return {name: hc.Disclosure.of(campus, name).as_json() for name in standards()}


def found(document: dict[str, Any], datum: str) -> dict[str, Any]:
    return next(row for row in document["rows"] if row["datum"] == datum)


def values(row: dict[str, Any], what: str | None = None) -> dict[int, Fraction]:
    own = [one for one in row["figures"] if what is None or (one["what"] or {}).get("en") == what]
    return {one["year"]: Fraction(one["value"]) for one in own}


# ------------------------------------------------------------------------------------------------- the indices


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.standard}:{row.datum}")
def test_every_requirement_names_an_answer_that_exists_and_a_unit_that_goes_with_it(row: Requirement) -> None:
    assert row.question.name in ANSWERS
    told = row.kind == "quantity" and row.question.name not in {"unaccounted", "denominators", "targets"}
    if told:
        assert row.unit, "a quantity needs a unit"
    assert (row.kind == "narrative") == (row.question.name == "narrative")
    assert row.asked_en != row.asked_zh
    assert any("\u4e00" <= one <= "\u9fff" for one in row.asked_zh)
    assert (row.note_en is None) == (row.note_zh is None)
    if row.checked == "read":
        assert "knowledge" not in row.source


def test_the_answers_are_those_that_an_index_may_name() -> None:
    assert set(ANSWERS) == set(VOCABULARY)
    assert {row.question.name for row in ROWS} == set(VOCABULARY) - {"narrative"} | {"narrative"}


def test_every_datum_stands_once_in_its_index_and_every_index_file_is_listed() -> None:
    for name in standards():
        data = [row.datum for row in index(name)]
        assert len(data) == len(set(data)), name
    folder = ROOT / "src" / "hsesg_carbon" / "disclosures"
    assert {path.stem for path in folder.glob("*.csv")} == set(standards())


def test_the_indices_are_packaged() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "disclosures/*" in settings["tool"]["setuptools"]["package-data"]["hsesg_carbon"]


def test_the_standards_that_the_project_asks_for_are_there() -> None:
    assert {row.clause for row in index("sse-14")} == {
        f"Art. {number}" for number in (*range(21, 29), *range(30, 34), *range(35, 38))
    }
    mandatory = [row for row in index("hkex-esg") if row.obligation == "mandatory"]
    assert [row.answer for row in mandatory] == ["emissions scope=1", "emissions scope=2 method=location"]
    assert {row.checked for row in index("csds-1")} == {"unverified"}
    assert standards()["csds-1"].draft
    assert {row.clause for row in index("ndrc-building")} >= {f"Annex table {number}" for number in (1, 2, 3)}


def test_an_index_cannot_ask_for_anything_but_the_vocabulary() -> None:
    with pytest.raises(InputError, match="emissions"):
        Question.parse("emisions scope=1")
    with pytest.raises(InputError, match="scope=1"):
        Question.parse("emissions scope=9")
    with pytest.raises(InputError, match="__import__"):
        Question.parse("__import__('os')")


def test_a_family_is_what_rules_in_the_year() -> None:
    assert [one.id for one in chosen("gri", 2026)] == ["gri-2", "gri-302", "gri-303", "gri-305", "gri-306"]
    assert [one.id for one in chosen("gri", 2027)] == ["gri-2", "gri-303", "gri-306", "gri-102", "gri-103"]
    assert chosen("GRI 305", 2024)[0].id == "gri-305"
    with pytest.raises(InputError, match="gri-305"):
        chosen("gri-350", 2024)


def test_early_use_and_replacement_are_remarked(campus: hc.Workspace, tmp_path: Path) -> None:
    early = {one.code for one in hc.Disclosure.of(campus, "gri-102").findings}
    assert {"disclose-early", "disclose-unread"} <= early
    assert "disclose-replaced" not in {one.code for one in hc.Disclosure.of(campus, "gri-305").findings}
    for year in (2026, 2027):  # what is on 2026 is published in 2027
        later = written(tmp_path / str(year), year)
        assert "disclose-replaced" in {one.code for one in hc.Disclosure.of(later, "gri-305").findings}
    remarked = {one.code: one.data for one in hc.Disclosure.of(later, "gri-305").findings}
    assert remarked["disclose-replaced"]["others"]["en"] == ["GRI 102: Climate Change"]
    assert "disclose-early" not in {one.code for one in hc.Disclosure.of(later, "gri-102").findings}
    assert "disclose-draft" in {one.code for one in hc.Disclosure.of(later, "csds-1").findings}


# ------------------------------------------------------------------------------------------------- the answers


def test_totals_are_those_of_the_footprint(campus: hc.Workspace, documents: dict[str, dict[str, Any]]) -> None:
    totals = campus.footprint()
    told = {(one["year"], one["scope"]): Fraction(one["value"]) for one in totals["totals"]}
    methods = {(one["year"], one["method"]): Fraction(one["value"]) for one in totals["scope2"]}
    for year, value in values(found(documents["gri-305"], "305-1-a")).items():
        assert value == told[year, "1"]
    for method, datum in (("location", "305-2-a"), ("market", "305-2-b")):
        own = values(found(documents["gri-305"], datum))
        assert own == {year: methods[year, method] for year in (2022, 2023, 2024)}


def test_parts_add_up_to_what_they_are_parts_of(campus: hc.Workspace) -> None:
    rows = exactly(campus, "sse-14")
    whole = rows["sse-24-total"]
    for datum in ("sse-25-gases", "sse-26-facility", "sse-26-source"):
        assert len(rows[datum]) > len(whole) == 3
        assert summed(rows[datum]) == summed(whole)


def test_units_of_energy_and_water_convert_exactly(campus: hc.Workspace) -> None:
    sse, gri = exactly(campus, "sse-14"), exactly(campus, "gri")
    mwh, gj = summed(sse["sse-35-total-mwh"]), summed(gri["302-1-e"])
    assert {year: value * Fraction(18, 5) for year, value in mwh.items()} == gj
    assert summed(gri["302-3-c"]) == gj
    assert {year: value * 1000 for year, value in summed(gri["303-3-a-x"]).items()} == summed(sse["sse-36-withdrawal"])
    assert summed(gri["306-4-a"])[2024] + summed(gri["306-5-a"])[2024] == summed(gri["306-3-a"])[2024]


def exactly(workspace: hc.Workspace, standard: str) -> dict[str, list[tuple[int, Fraction]]]:
    return {
        row.requirement.datum: [(one.year or 0, one.value) for one in row.answer.figures if one.value is not None]
        for row in hc.Disclosure.of(workspace, standard).rows
    }


def summed(figures: list[tuple[int, Fraction]]) -> dict[int, Fraction]:
    return {year: sum((value for own, value in figures if own == year), Fraction(0)) for year, _ in figures}


def test_a_figure_says_which_rows_files_and_factors_it_is_from(
    campus: hc.Workspace, documents: dict[str, dict[str, Any]]
) -> None:
    row = found(documents["gri-305"], "305-1-a")
    origin = next(one["from"] for one in row["figures"] if one["year"] == 2024)
    assert {"activity/gas.csv", "activity/petrol.csv", "refrigerants.csv"} == set(origin["files"])
    assert origin["rows_in_all"] > len(origin["rows"]) == 5
    for one in origin["numbers"]:
        campus.library.find(one)
    bought = found(documents["gri-305"], "305-2-b")["figures"][-1]["from"]
    assert "instruments.csv" in bought["files"]
    campus.explain(origin["rows"][0])


def test_what_is_not_there_is_missing_with_the_place_that_would_answer_it(
    documents: dict[str, dict[str, Any]],
) -> None:
    cases = {
        ("gri-305", "305-3-a"): ("disclose-missing-activity", "travel.flight"),
        ("gri-305", "305-1-c"): ("disclose-missing-biogenic", "stationary.other_solid_biomass"),
        ("gri-305", "305-5-a"): ("disclose-missing-file", "measures.csv"),
        ("gri-102", "102-10"): ("disclose-missing-file", "offsets.csv"),
        ("gri-2", "2-4-a-ii"): ("disclose-missing-version", "--before"),
        ("iso-14064-1", "iso-p"): ("disclose-missing-uncertainty", "uncertainty.toml"),
        ("gri-305", "305-1-d-iii"): ("disclose-missing-policy", "base_year.toml"),
        ("gri-302", "302-1-c-iii"): ("disclose-missing-activity", "cooling.purchased"),
    }
    for (standard, datum), (code, place) in cases.items():
        row = found(documents[standard], datum)
        assert row["status"] == "missing", datum
        assert row["missing"][0]["code"] == code
        assert place in row["missing"][0]["message"]


def test_intensities_name_their_denominator_and_are_the_quotient(
    campus: hc.Workspace, documents: dict[str, dict[str, Any]]
) -> None:
    row = found(documents["gri-305"], "305-4-a")
    areas = {int(one.period): Fraction(one.value) for one in campus.denominators if one.denominator == "floor_area"}
    whole = values(found(documents["sse-14"], "sse-24-total"))
    own = values(row, "per floor area")
    assert {year: float(value) for year, value in own.items()} == {
        year: pytest.approx(float(whole[year] / areas[year])) for year in whole
    }
    assert {one["unit"] for one in row["figures"]} == {"tCO2e/m2", "tCO2e/person"}


def test_one_plain_year_without_any_side_table_answers_or_says_what_is_missing(tmp_path: Path) -> None:
    accounts = written(tmp_path, year=2024)
    for name in standards():
        for row in hc.Disclosure.of(accounts, name).rows:
            assert row.answer.figures or row.answer.missing
            assert row.status != "answered" or not row.answer.missing
            for lang in ("en", "zh"):
                row.as_json(lang)


def test_a_view_that_the_accounts_refuse_is_missing_and_says_why(tmp_path: Path) -> None:
    accounts = written(tmp_path, year=2024)
    text = "denominator,period,value,unit,boundary,source\nrevenue,2024,10,million CNY,another,made up\n"
    (accounts.folder / "denominators.csv").write_text(text, encoding="utf-8")
    row = next(one for one in hc.Disclosure.of(accounts, "gri-305").rows if one.requirement.datum == "305-4-a")
    assert [one.code for one in row.answer.missing] == ["disclose-refused"]
    assert "another" in row.answer.missing[0].message()


# -------------------------------------------------------------------------------------------------- the tables


def test_a_number_is_shown_as_people_read_it() -> None:
    assert [shown(one) for one in ("8301.8496762", "0.00034512", "0", "-237.85", "12", "9.473", "0.5")] == [
        *("8,301.85", "0.0003451", "0", "-237.85", "12", "9.473", "0.5000"),
    ]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The tables of a workspace whose names and notes are attacks."""
    folder = tmp_path_factory.mktemp("hostile") / "campus"
    shutil.copytree(CAMPUS, folder, ignore=shutil.ignore_patterns("out", "seals"))
    settings = (folder / "inventory.toml").read_text(encoding="utf-8")
    settings = settings.replace('en = "Beijing office"', f'en = "{HOSTILE["tag"]}"').replace(
        'en = "A made-up software company"', f'en = "{HOSTILE["cell"]}"'
    )
    (folder / "inventory.toml").write_text(settings, encoding="utf-8")
    waste = (folder / "waste.csv").read_text(encoding="utf-8")
    (folder / "waste.csv").write_text(waste.replace("paper and cardboard", HOSTILE["pipe"]), encoding="utf-8")
    targets = (folder / "targets.csv").read_text(encoding="utf-8")
    (folder / "targets.csv").write_text(targets.replace("made up", HOSTILE["cell"]), encoding="utf-8")
    return {name: hc.Disclosure.of(hc.Workspace(folder), name).as_json() for name in ("sse-14", "gri")}


def test_names_that_attack_do_no_harm_in_markdown(hostile: dict[str, Any]) -> None:
    for document in hostile.values():
        text = markdown(document)
        assert "<script" not in text
        for line in text.splitlines():
            if line.startswith("|"):
                cells = line.replace("\\|", "").count("|")
                assert cells == 2 + len(document["years"]) + 1, line
    assert "a\\|b\\*c\\`d\\[e\\](f)" in markdown(hostile["gri"])


def test_no_cell_of_the_csv_can_become_a_formula(hostile: dict[str, Any]) -> None:
    for document in hostile.values():
        rows = list(csv.reader(io.StringIO(csv_text(document))))
        assert len({len(row) for row in rows}) == 1
        cells = [cell for row in rows for cell in row]
        assert not [one for one in cells if one.startswith(("=", "+", "@", "\t", "\r"))]
        assert not [one for one in cells if one.startswith("-") and not one[1:].replace(".", "").isdigit()]


def test_the_workbook_holds_no_formula_and_its_numbers_are_those_of_the_json(
    hostile: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "table.xlsx"
    write_workbook(hostile["sse-14"], target)
    book = openpyxl.load_workbook(target)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert not [cell for cell in cells if cell.hyperlink]
    page = book.worksheets[0]
    heads = [cell.value for cell in page[1]]
    by_datum = {str(row[heads.index("Datum")].value): row for row in page.iter_rows(min_row=2)}
    row = by_datum["sse-24-total"]
    for year, value in values(found(hostile["sse-14"], "sse-24-total")).items():
        assert row[heads.index(str(year))].value == float(value)


def test_the_workbook_is_the_same_bytes_twice(documents: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_workbook(documents["gri-305"], tmp_path / f"{name}.xlsx", "zh")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_requirement_and_every_exact_figure_stands_in_the_csv(
    documents: dict[str, dict[str, Any]], lang: str
) -> None:
    for document in documents.values():
        rows = list(csv.DictReader(io.StringIO(csv_text(document, lang))))
        assert {row["datum"] for row in rows} == {row["datum"] for row in document["rows"]}
        wanted = sorted(one["value"] for row in document["rows"] for one in row["figures"] if one["value"])
        assert sorted(row["value"] for row in rows if row["value"]) == wanted


def test_the_list_tells_every_standard_with_how_much_it_asks() -> None:
    assert {one["id"]: one["requirements"] for one in listed()} == {name: len(index(name)) for name in standards()}


def test_the_markdown_is_wholly_in_its_language(campus: hc.Workspace) -> None:
    document = hc.Disclosure.of(campus, "sse-14").as_json("zh")
    text = markdown(document, "zh")
    assert all(row["asked"]["zh"].replace("|", "") in text.replace("\\", "") for row in document["rows"])
    assert not [word for word in english(document) if word in text]


def english(document: dict[str, Any]) -> Iterator[str]:
    """Yield what only the English page says."""
    yield from (row["asked"]["en"] for row in document["rows"])
    yield from ("narrative: ", "missing: ", "(mandatory", "From: ")


def written(folder: Path, year: int) -> hc.Workspace:
    """Write a workspace of one site and three bills, and nothing beside them."""
    (folder / "activity").mkdir(parents=True, exist_ok=True)
    (folder / "inventory.toml").write_text(
        'organisation = { id = "one", name = { en = "One", zh = "一" } }\n'
        'methodology = "hundsun-2024"\nconsolidation = "operational-control"\nboundary = "all"\n'
        f'periods = ["{year}"]\n[[site]]\nid = "hq"\nregion = "CN"\n',
        encoding="utf-8",
    )
    (folder / "activity" / "bills.csv").write_text(
        "activity_id,site,period,activity,quantity,unit\n"
        f"e,hq,{year},electricity.grid,1000,kWh\ng,hq,{year},stationary.natural_gas,10,m3\n"
        f"p,hq,{year},mobile.petrol,5,L\n",
        encoding="utf-8",
    )
    return hc.Workspace(folder)


def test_the_only_year_of_a_small_office_is_told_exactly(tmp_path: Path) -> None:
    document = hc.Disclosure.of(written(tmp_path, 2024), "gri-305").as_json()
    (figure,) = found(document, "305-2-a")["figures"]
    assert (figure["value"], figure["unit"], figure["from"]["rows"]) == ("0.5366", "tCO2e", ["e"])
    assert units.exact_text(Fraction(figure["value"])) == figure["value"]


def test_a_denominator_stands_there_however_its_year_is_written(tmp_path: Path) -> None:
    accounts = written(tmp_path, 2024)
    told = []
    for period in ("2024", "2024年"):
        (accounts.folder / "denominators.csv").write_text(
            f"denominator,period,value,unit,boundary,source\nrevenue,{period},10,million CNY,all,made up\n",
            encoding="utf-8",
        )
        rows = hc.Disclosure.of(hc.Workspace(accounts.folder), "gri-305").rows
        told.append([row.answer for row in rows if row.requirement.datum == "305-4-b"])
    assert told[0] == told[1]
    assert [figure.year for answer in told[0] for figure in answer.figures] == [2024] * len(told[0])
    assert told[0]


def test_the_stated_uncertainty_is_told_as_an_interval_of_each_scope(tmp_path: Path) -> None:
    accounts = written(tmp_path, 2024)
    ranges = '{ below = "3 %", above = "3 %", shape = "normal", origin = "made up"'
    number = '{ below = "4 %", above = "4 %", shape = "normal", origin = "made up"'
    (accounts.folder / "uncertainty.toml").write_text(
        'published = "lognormal"\n'
        f'activity = [{ranges}, activity = "electricity.*", shared = "period" }}]\n'
        f'number = [{number}, id = "mee2022.electricity.cn.average" }}]\n',
        encoding="utf-8",
    )
    told = found(hc.Disclosure.of(accounts, "iso-14064-1").as_json(), "iso-p")
    scope2 = next(one for one in told["figures"] if "2" in one["what"]["en"])
    assert scope2["year"] == 2024
    assert "-5.0 %" in scope2["text"]["en"] and "+5.0 %" in scope2["text"]["zh"]  # the root of 3 and 4 squared


def test_a_change_from_nothing_has_an_amount_and_no_percent(tmp_path: Path) -> None:
    accounts = written(tmp_path, 2024)
    path = accounts.folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('["2024"]', '["2023", "2024"]'), encoding="utf-8")
    with (accounts.folder / "activity" / "bills.csv").open("a", encoding="utf-8") as file:
        file.write("z,hq,2023,electricity.grid,0,kWh\n")
    row = found(hc.Disclosure.of(hc.Workspace(tmp_path), "gri-305").as_json(), "305-5-x")
    assert [one["unit"] for one in row["figures"]] == ["tCO2e"]
    assert Fraction(row["figures"][0]["value"]) == hc.Workspace(tmp_path).inventory.by("year").value(year=2024).value


def test_activity_data_are_those_of_the_legal_person_alone(tmp_path: Path) -> None:
    accounts = written(tmp_path, 2024)
    with (accounts.folder / "inventory.toml").open("a", encoding="utf-8") as file:
        file.write('[[site]]\nid = "theirs"\nregion = "CN"\nlegal_entity = "another"\n')
    with (accounts.folder / "activity" / "bills.csv").open("a", encoding="utf-8") as file:
        file.write("t,theirs,2024,electricity.grid,70,kWh\n")
    row = found(hc.Disclosure.of(hc.Workspace(tmp_path), "gbt-32150").as_json(), "gbt-activity")
    power = [Fraction(one["value"]) for one in row["figures"] if one["unit"] == "kWh"]
    assert power == [1000]


def test_an_unknown_standard_is_named_with_those_like_it() -> None:
    with pytest.raises(InputError) as caught:
        index("gri-350")
    assert caught.value.code == "disclose-standard"
    assert "gri-305" in str(caught.value)
