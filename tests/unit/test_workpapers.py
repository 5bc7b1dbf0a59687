"""The workpapers hold what the library computes: every line, every number, and nothing that could run."""

import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.report.binder import is_exact, number_text, times
from hsesg_carbon.report.traced import Traced
from hsesg_carbon.report.workpapers import write_workpapers
from hsesg_carbon.statement import Statement
from hsesg_carbon.verification import Population
from hsesg_carbon.workspace import Workspace
from tests.papers import NAMES, hostile, shared_sites

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FUNCTIONS = {"ABS", "COUNT", "COUNTIF", "IF", "ISNUMBER", "MAX", "ROUND", "SUM", "SUMIFS", "SUMPRODUCT"}
"""All that is used: each is in Excel 2007, none is volatile."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return shared_sites(tmp_path_factory.mktemp("shared") / "accounts")


@pytest.fixture(scope="module")
def papers(shared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workpapers(shared, tmp_path_factory.mktemp("papers") / "papers.xlsx").path


def stored(path: Path) -> Any:
    return load_workbook(path, data_only=True)


@pytest.mark.parametrize("name", ["shared", "campus-monthly", "hundsun-2024"])
def test_lines_add_up_to_the_totals_of_every_method_exactly(name: str, shared: Workspace) -> None:
    traced = Traced(shared if name == "shared" else Workspace(EXAMPLES / name))
    for method, view in traced.views.items():
        sums: dict[tuple[str, str, int], Fraction] = {}
        for one in traced.lines:
            if one.t_co2e is not None and one.rated.series[1] in {"", method}:
                key = one.stated.cell.site, one.rated.series[0], one.year
                sums[key] = sums.get(key, Fraction(0)) + one.t_co2e
        totals = {
            tuple(row[at] for at in ("site", "scope", "year")): row.amount.value
            for row in view.by("site", "scope", "year")
        }
        assert {key: value for key, value in sums.items() if value} == {key: one for key, one in totals.items() if one}


def test_every_line_is_the_product_that_its_cells_say(shared: Workspace) -> None:
    traced = Traced(shared)
    parts = [one.rated.rung.part if one.rated.rung else Fraction(1) for one in traced.lines]
    assert len(traced.lines) > 100
    for one, part in zip(traced.lines, parts, strict=True):
        rated = one.rated
        amount = one.stated.quantity * rated.share * rated.counted * part * rated.multiplier.line.multiplier
        assert one.amount == amount
        assert one.floats == (float(amount), None if one.t_co2e is None else float(one.t_co2e))
    (crossing,) = {
        one.rated.share
        for one in traced.lines
        if one.stated.activity_id == "whole-x2022" and one.period.label == "2022-08"
    }
    assert crossing == Fraction(20, 36)
    assert {one.rated.counted for one in traced.lines if one.stated.cell.site == "floor"} == {Fraction(2, 15)}
    counted = {one.stated.activity_id: one.rated.counted for one in traced.lines if "cut" in one.stated.activity_id}
    assert counted == {"third-cut": Fraction("0.333"), "sold-cut": Fraction(1, 2)}
    assert traced.whole == sum(one.t_co2e or 0 for one in traced.lines)
    before_or_after = {"third-before", "sold-after"}
    assert {one.rated.counted for one in traced.lines if one.stated.activity_id in before_or_after} == {0}


def test_instruments_cover_no_more_than_their_volume_and_leave_the_rest(shared: Workspace) -> None:
    traced = Traced(shared)
    covered: dict[str, Fraction] = {}
    for rung in traced.rungs:
        if rung.instrument is not None and rung.place[0].unit == "kWh":
            name = rung.instrument.instrument
            covered[name] = covered.get(name, Fraction(0)) + rung.covered
    assert (covered["gec-1"], covered["gec-2"]) == (7000, 3500)
    by_place: dict[Any, Fraction] = {}
    for rung in traced.rungs:
        by_place[rung.place] = by_place.get(rung.place, Fraction(0)) + rung.part
    assert set(by_place.values()) == {Fraction(1)}


@pytest.mark.parametrize("name", ["shared", "campus-monthly"])
def test_the_sample_is_drawn_from_the_population_of_the_inventory(name: str, shared: Workspace) -> None:
    workspace = shared if name == "shared" else Workspace(EXAMPLES / name)
    mine, theirs = Traced(workspace).population, workspace.population()
    assert sorted(mine.items, key=lambda one: one.key) == sorted(theirs.items, key=lambda one: one.key)
    assert sorted(mine.silent) == sorted(theirs.silent)
    assert isinstance(mine, Population)


def test_the_lead_schedule_stores_the_figures_of_the_library(papers: Path, shared: Workspace) -> None:
    page = stored(papers)["Lead"]
    rows = {row[0]: row for row in page.iter_rows(min_row=5, values_only=True) if row[0]}
    for method in ("location", "market"):
        view = shared.inventory.seen(scope2=method)
        for year, at in ((2022, 2), (2023, 3)):
            scope2 = view.by("scope", "year").value(scope="2", year=year)
            assert rows[f"Scope 2, {method}-based"][at] == pytest.approx(float(scope2.value), rel=1e-15)
            total = view.by("year").value(year=year)
            assert rows[f"Total, {method}-based"][at] == pytest.approx(float(total.value), rel=1e-15)
    change = rows["Total, market-based"]
    assert change[4] == pytest.approx(change[3] - change[2])
    assert change[5] == pytest.approx(change[3] / change[2] - 1) == pytest.approx(change[6])
    assert rows["Biogenic CO2 (beside): CO2-biogenic, t"][2] == pytest.approx(
        float(shared.inventory.biogenic("year").value(year=2022).value)
    )
    assert rows["Ozone-depleting gases (beside): HCFC-22, t"][2] == 0.0015


def test_every_row_of_the_files_is_there_with_its_place_and_its_digits(papers: Path, shared: Workspace) -> None:
    page = stored(papers)["Activity data"]
    rows = {row[1]: row for row in page.iter_rows(min_row=5, values_only=True)}
    assert len(rows) == sum(shared.inventory.ledger.cube.rows.values()) == page["A3"].value
    bill = rows["whole-x2022"]
    assert bill[8:11] == (36, 77.777, "kWh") and bill[11] == "estimated"
    assert bill[12:15] == ("bills.csv", None, 3) or bill[12:15] == ("bills.csv", "", 3)
    assert rows["whole-e2022"][15] == "invoice whole"
    assert "finer than the grid" in rows["whole-petrol"][16]


def test_a_multiplier_is_a_formula_of_printed_numbers(papers: Path, shared: Workspace) -> None:
    book = load_workbook(papers)
    formulas = {
        (row[1].value, row[3].value, row[4].value or ""): row[5].value
        for row in book["Multipliers"].iter_rows(min_row=5)
    }
    factors = {row[0].value: row[3] for row in book["Factors"].iter_rows(min_row=5)}
    gas = formulas["stationary.natural_gas", "CO2", ""]
    ncv, factor = (
        f"'Factors'!$D${factors[one].row}"
        for one in ("gbt2589-2008.natural_gas_oilfield.ncv", "ipcc2006.natural_gas.co2")
    )
    assert re.fullmatch(rf"={re.escape(ncv)}[/*\d]*\*{re.escape(factor)}[/*\d]*", gas), gas
    assert factors["gbt2589-2008.natural_gas_oilfield.ncv"].value == 38931
    assert all("'" in one for key, one in formulas.items() if one != "=1" and key[1] != "energy.gj")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_accounts_give_the_same_bytes(lang: str, shared: Workspace, tmp_path: Path) -> None:
    first = write_workpapers(shared, tmp_path / "first.xlsx", lang).path.read_bytes()
    second = write_workpapers(Workspace(shared.folder), tmp_path / "second.xlsx", lang).path.read_bytes()
    assert first == second
    assert sorted(one.name for one in tmp_path.iterdir()) == ["first.xlsx", "second.xlsx"]


def test_both_languages_have_the_same_sheets_and_figures(papers: Path, shared: Workspace, tmp_path: Path) -> None:
    chinese = stored(write_workpapers(shared, tmp_path / "zh.xlsx", "zh").path)
    english = stored(papers)
    assert chinese.sheetnames[:3] == ["封面", "汇总", "按站点"]
    for first, second in zip(english.worksheets, chinese.worksheets, strict=True):
        pairs = zip(
            first.iter_rows(min_row=5, values_only=True), second.iter_rows(min_row=5, values_only=True), strict=True
        )
        numbers = [[[one for one in row if isinstance(one, float)] for row in pair] for pair in pairs]
        assert all(one == other for one, other in numbers), first.title


def test_nothing_in_it_can_run_reach_outside_or_change_by_itself(tmp_path: Path) -> None:
    path = write_workpapers(hostile(tmp_path / "hostile"), tmp_path / "papers.xlsx").path
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert not [one for one in names if "vba" in one.lower() or "external" in one.lower()]
        text = {one: archive.read(one).decode() for one in names}
    assert "<r><t>x</t></r>" not in text["xl/sharedStrings.xml"]
    for name in (one for one in names if one.startswith("xl/worksheets/sheet")):
        for formula in re.findall(r"<f>(.*?)</f>", text[name]):
            assert set(re.findall(r"([A-Z.]+)\(", formula)) <= FUNCTIONS, formula
            assert "[" not in formula and "cmd" not in formula
    assert "http" not in "".join(re.findall(r'Target="([^"]*)"', text["xl/_rels/workbook.xml.rels"]))
    book = load_workbook(path)
    sites = {row[1].value: row[1] for row in book["Boundary"].iter_rows(min_row=5)}
    assert [one.strip() for one in sites] == list(NAMES)
    assert {one.data_type for one in sites.values()} == {"s"}
    assert {row[15].data_type for row in book["Activity data"].iter_rows(min_row=5)} == {"s"}
    assert book["Cover"]["A2"].value.strip() == "=1+1" and book["Cover"]["A2"].data_type == "s"


def test_too_many_lines_stand_by_cell_and_a_finding_says_so(shared: Workspace, tmp_path: Path) -> None:
    made = write_workpapers(shared, tmp_path / "papers.xlsx", most=50)
    assert [one.code for one in made.findings] == ["papers-by-cell"]
    book = stored(made.path)
    cells = len(shared.inventory.ledger.cube.steps)
    assert book["Activity data"]["A3"].value == cells == made.findings[0].data["cells"]
    assert "Sample" not in book.sheetnames
    whole = write_workpapers(shared, tmp_path / "whole.xlsx")
    assert whole.findings == ()
    assert book["Lead"]["C5"].value == stored(whole.path)["Lead"]["C5"].value


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    there = tmp_path / "papers.xlsx"
    there.write_bytes(b"as it was")
    with pytest.raises(InputError):
        write_workpapers(Workspace(tmp_path), there)
    with pytest.raises(InputError) as refused:
        write_workpapers(Workspace(EXAMPLES / "hundsun-2024"), there, "de")
    assert refused.value.code == "papers-language"
    assert [one.name for one in tmp_path.iterdir()] == ["papers.xlsx"] and there.read_bytes() == b"as it was"


def test_sheets_that_have_nothing_to_say_are_left_out(papers: Path, tmp_path: Path) -> None:
    assert not {"Intensities", "Restatement", "Differences"} & set(stored(papers).sheetnames)
    book = stored(write_workpapers(Workspace(EXAMPLES / "hundsun-2024"), tmp_path / "hundsun.xlsx").path)
    assert {"Intensities", "Differences", "Restatement", "Sample"} <= set(book.sheetnames)
    assert "Instruments" not in book.sheetnames


def test_the_cover_links_every_sheet_and_states_the_root(shared: Workspace, tmp_path: Path) -> None:
    book = load_workbook(write_workpapers(shared, tmp_path / "papers.xlsx", root="ab" * 32).path)
    cover = {row[0].value: row for row in book["Cover"].iter_rows()}
    assert cover["Root hash of the seal"][1].value == "ab" * 32
    for name in book.sheetnames[1:]:
        assert cover[name][0].hyperlink.location == f"'{name}'!A1"
    assert all(
        page.page_setup.paperSize == 9 and page.page_setup.orientation == "landscape" for page in book.worksheets
    )
    assert all(page.freeze_panes and page.print_title_rows for page in book.worksheets[1:])


def test_numbers_that_a_spreadsheet_cannot_hold_are_told(tmp_path: Path) -> None:
    assert times(Fraction(1)) == "" and times(Fraction(7, 2)) == "*7/2" and times(Fraction(1, 10**6)) == "/1000000"
    assert number_text(Fraction(10**18 + 1, 3)) == repr(float(Fraction(10**18 + 1, 3)))
    assert is_exact(Fraction("123456.789")) and not is_exact(Fraction("1234567890.1234567"))


def credited(folder: Path, periods: str = '"2022", "2023"') -> Workspace:
    """Return accounts whose 2022 is a credit beyond its bills, of petrol alone."""
    workspace = shared_sites(folder)
    settings, bills = folder / "inventory.toml", folder / "activity" / "bills.csv"
    text = settings.read_text(encoding="utf-8").replace('"2022", "2023"', periods)
    settings.write_text(text, encoding="utf-8")
    head, last = bills.read_text(encoding="utf-8").splitlines()[0], periods[-5:-1]
    rows = [f"{year},whole,{year}-05-01,{year}-05-31,mobile.petrol" for year in (2022, int(last))]
    told = [f"{rows[0]},-100,L,yes,,", f"{rows[1]},50,L,,,"]
    bills.write_text("\n".join([head, *told, ""]), encoding="utf-8")
    (folder / "instruments.csv").unlink()
    return Workspace(workspace.folder)


def test_a_rise_from_a_credit_is_a_rise_and_the_statement_says_the_same(tmp_path: Path) -> None:
    workspace = credited(tmp_path / "accounts")
    told = next(one for one in Statement.of(workspace).as_json()["totals"] if one["year"] == 2023)
    assert told["change_percent"] == told["since_base_percent"] == "150"
    path = write_workpapers(workspace, tmp_path / "papers.xlsx").path
    rows = [
        next(row for row in book["Lead"].iter_rows(values_only=True) if row[0] == "Scope 1")
        for book in (stored(path), load_workbook(path))
    ]
    assert rows[0][5] == pytest.approx(1.5) == pytest.approx(rows[0][6])
    assert "/ABS(" in rows[1][5] and "/ABS(" in rows[1][6]


def test_the_chart_by_site_begins_a_page_of_paper_and_its_bars_begin_at_zero(papers: Path) -> None:
    with zipfile.ZipFile(papers) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}
    (breaks,) = (re.findall(r'<brk id="(\d+)"', text) for text in parts.values() if "<rowBreaks" in text)
    anchors = [
        re.findall(r"<xdr:from>.*?<xdr:row>(\d+)</xdr:row>", text, re.DOTALL)
        for name, text in parts.items()
        if "drawings/drawing" in name
    ]
    assert breaks in anchors
    (bars,) = (text for text in parts.values() if '<c:barDir val="bar"/>' in text)
    assert '<c:min val="0"/>' in bars


def test_where_a_year_is_left_out_no_change_is_called_yearly(tmp_path: Path) -> None:
    workspace = credited(tmp_path / "accounts", '"2022", "2024"')
    told = Statement.of(workspace).as_json()
    assert {one["change_percent"] for one in told["totals"]} == {None}
    assert [(one["from"], one["to"]) for one in told["drivers"]] == [(2022, 2024)]
    page = stored(write_workpapers(workspace, tmp_path / "papers.xlsx").path)["Lead"]
    heads = [one.value for one in page[4] if one.value]
    assert heads[2:] == ["2022", "2024", "2024 since 2022"]
    row = next(row for row in page.iter_rows(values_only=True) if row[0] == "Scope 1")
    assert row[4] == pytest.approx(1.5)


def test_years_without_data_are_refused_and_years_without_a_scope_are_no_zeros(tmp_path: Path) -> None:
    workspace = shared_sites(tmp_path / "accounts")
    settings = workspace.folder / "inventory.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"2022", "2023"', '"2019"'), encoding="utf-8")
    with pytest.raises(InventoryError) as refused:
        write_workpapers(Workspace(workspace.folder), tmp_path / "papers.xlsx")
    assert refused.value.code == "nothing-to-report"
    settings.write_text(text.replace('"2022", "2023"', '"2021", "2022"'), encoding="utf-8")
    book = stored(write_workpapers(Workspace(workspace.folder), tmp_path / "papers.xlsx").path)
    row = next(row for row in book["Lead"].iter_rows(values_only=True) if row[0] == "Scope 1")
    assert row[2] == "–" and row[3] > 0 and row[4] == "–"
