"""The report as text: the same bytes, its numbers, what it says where there is nothing, and what it refuses."""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon.caveats import Caveat, finding_json
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.messages import message
from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Numbers, Table
from hsesg_carbon.report.charts import installed
from hsesg_carbon.report.drawings import _over
from hsesg_carbon.report.html import _across, numbered, report_html, tiles, write_report
from hsesg_carbon.report.reading import Reading
from tests.e2e.fixture import FORMULA, SCRIPT
from tests.e2e.report_fixture import statement_json

LANGUAGES = ("en", "zh")
drawn = pytest.mark.skipif(not installed(), reason="the extra report is not installed: no chart is drawn")


@pytest.fixture
def statement() -> dict[str, Any]:
    return statement_json()


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page of the made-up statement in English: its charts take a while to draw."""
    return report_html(statement_json(), "en")


@drawn
def test_the_same_statement_gives_the_same_bytes(page: str, tmp_path: Path) -> None:
    write_report(statement_json(), tmp_path / "again.html", "en")
    assert (tmp_path / "again.html").read_bytes() == page.encode()


@drawn
def test_nothing_on_the_page_comes_from_elsewhere_or_runs(page: str) -> None:
    assert not re.search(r"<script|<img|<iframe|\son\w+=|javascript:|<link(?! rel=\"icon\" href=\"data:,\")", page)
    assert not re.search(r"\sstyle=", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src &#39;none&#39;" in page


@drawn
def test_hostile_names_are_text_in_tables_and_charts(page: str) -> None:
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10
    svg = page[page.index('<figure id="sites-chart">') :].partition("</figure>")[0]
    assert svg.count("&lt;script&gt;") == 2
    assert svg.count(FORMULA) == 2


@pytest.mark.parametrize(
    ("part", "empty", "section"),
    [
        ("restatement", None, "restatement"),
        ("uncertainty", None, "uncertainty"),
        ("verification", None, "verification"),
        ("drivers", [], "drivers"),
        ("quality", [], "quality"),
        ("completeness", None, "quality"),
        ("caveats", [], "caveats"),
        ("findings", [], "findings"),
        ("intensities", [], "intensities"),
        ("energy_totals", [], "energy"),
        ("factors", [], "factors"),
        ("calculation", [], "calculation"),
        ("gases", [], "gases"),
        ("sources", [], "sources"),
    ],
)
def test_a_section_without_data_says_so_in_a_line(
    statement: dict[str, Any], part: str, empty: Any, section: str
) -> None:
    for lang in LANGUAGES:
        found = {one.id: one for _, one in numbered(Reading({**statement, part: empty}, lang))}
        said = [one for one in found[section].blocks if one.kind == "note" and getattr(one, "tone", "") == "nothing"]
        assert len(said) == 1
        full = {one.id: one for _, one in numbered(Reading(statement, lang))}
        assert not any(getattr(one, "tone", "") == "nothing" for one in full[section].blocks)


@pytest.mark.parametrize("part", ["targets", "water", "waste"])
def test_a_section_that_does_not_apply_is_left_out(statement: dict[str, Any], part: str) -> None:
    ids = [one.id for _, one in numbered(Reading({**statement, part: []}, "en"))]
    assert part not in ids
    assert [number for number, _ in numbered(Reading(statement, "en"))] == list(
        range(1, 1 + len(ids) + (part != "waste"))
    )


@pytest.mark.parametrize(
    ("section", "parts"), [("boundaries", ("consolidations", "national")), ("beside", ("measures", "offsets"))]
)
def test_other_boundaries_and_what_stands_beside_are_tables_where_there_are_any_and_nowhere_else(
    statement: dict[str, Any], section: str, parts: tuple[str, str]
) -> None:
    for lang in LANGUAGES:
        found = {one.id: one for _, one in numbered(Reading(statement, lang))}[section]
        assert len([one for one in found.blocks if one.kind == "table"]) == 2
        (one,) = parts[:1]
        found = {one.id: one for _, one in numbered(Reading({**statement, one: []}, lang))}[section]
        assert len([one for one in found.blocks if one.kind == "table"]) == 1
        none = statement | {one: [] for one in parts}
        assert section not in {one.id for _, one in numbered(Reading(none, lang))}


def test_a_caveat_leads_only_to_sections_that_the_page_has(statement: dict[str, Any]) -> None:
    caveat = {"code": "beside-never-netted", "severity": "info", "message": {"en": "No.", "zh": "否。"}, "count": 1}
    statement |= {"caveats": [{**caveat, "figures": ["water", "waste", "measures", "offsets"]}]}
    (remarks,) = (one for one in numbered(Reading(statement, "en"))[0][1].blocks if one.kind == "remarks")
    assert [one.href for one in remarks.rows[0].about] == ["#water", "#beside"]


@drawn
def test_an_organisation_of_one_method_one_year_and_one_site_has_a_report(statement: dict[str, Any]) -> None:
    last = statement["years"][-1]
    for name in (
        "totals",
        "gases",
        "sites",
        "sources",
        "intensities",
        "energy",
        "energy_totals",
        "energy_calculation",
        "quality",
        "calculation",
    ):
        statement[name] = [
            row for row in statement[name] if row["year"] == last and row.get("method") in {None, "location"}
        ]
    statement |= {"years": [last], "base_year": None, "drivers": [], "restatement": None, "targets": []}
    statement["basis"] |= {"scope2": ["location"], "boundary": statement["basis"]["boundary"][:1]}
    page = report_html(statement, "zh")
    assert 'id="sites"' not in page
    assert 'id="drivers"' not in page
    assert "基于市场" not in page


def test_every_caveat_is_on_the_page_the_gravest_first_with_its_weight_in_a_word(statement: dict[str, Any]) -> None:
    section = {one.id: one for _, one in numbered(Reading(statement, "en"))}["caveats"]
    (remarks,) = (one for one in section.blocks if one.kind == "remarks")
    assert [row.word for row in remarks.rows] == ["Error", "Caution", "Note"]
    assert [row.text for row in remarks.rows] == [one["message"]["en"] for one in statement["caveats"]]


def test_a_sentence_calls_things_by_their_names_and_stays_as_it_is_where_its_facts_do_not_give_it(
    statement: dict[str, Any],
) -> None:
    read = Reading(statement, "zh")
    shared = Finding(code="site-share-applied", severity="info", data={"site": "s0", "year": 2024, "percent": "60"})
    assert "s0" in finding_json(shared)["message"]["zh"]
    assert read.sentence(finding_json(shared)) == message("site-share-applied", "zh", **shared.data | {"site": "园区1"})
    accepted = Finding(
        code="denominator-boundary-accepted",
        severity="warning",
        data={"denominator": "revenue", "stated": "group", "boundary": "five-locations", "reason": "-"},
    )
    caveat = Caveat(accepted.code, accepted.severity, ("intensities",), accepted.data, 2).as_json()
    assert read.sentence(caveat).startswith("营业收入强度以'five locations'的排放除以'整个集团'的分母。")
    assert read.sentence(caveat).endswith("另有1条同类说明。")
    edited = {**finding_json(shared), "message": {"en": "s0 counts in part.", "zh": "s0部分计入。"}}
    assert read.sentence(edited) == "s0部分计入。"
    assert read.sentence({**edited, "data": {}}) == "s0部分计入。"
    assert read.sentence({**edited, "code": "of-another-version"}) == "s0部分计入。"


def test_findings_of_one_kind_are_told_once_with_every_place_and_time(statement: dict[str, Any]) -> None:
    (block,) = (one for one in _section(statement, "findings") if one.kind == "remarks")
    gap, meter, shares = block.rows
    assert (gap.count, meter.count, shares.count) == (5, 1, 15)
    assert gap.alike == "All 5 of this kind"
    assert gap.each[0] == f"20 days of {SCRIPT} have no bill. (bills.csv, row 20)"
    assert shares.each[0] == "Campus 1: 2022, 2023, 2024"
    assert len(shares.each) == 5
    assert (gap.short, shares.short) == (False, True)
    statement["findings"] = statement["findings"][:3]
    (block,) = (one for one in _section(statement, "findings") if one.kind == "remarks")
    assert [row.count for row in block.rows] == [1, 1, 1]
    assert {row.each for row in block.rows} == {()}


@drawn
def test_of_fifty_sites_a_chart_shows_fifteen_and_the_rest_as_one_and_the_table_all() -> None:
    read = Reading(statement_json(50), "en")
    section = {one.id: one for _, one in numbered(read)}["sites"]
    figure, table = section.blocks
    wide = figure.draw().wide
    assert wide.count("Campus") > 10
    assert "35 others" in wide
    assert isinstance(table, Table)
    assert len(table.rows) == 51
    sums = [Fraction(cell.exact) for cell in table.rows[-1].cells[1:]]
    for place, whole in enumerate(sums, 1):
        assert sum(Fraction(row.cells[place].exact) for row in table.rows[:-1]) == whole


@drawn
def test_the_page_of_fifty_sites_is_written_within_seconds() -> None:
    statement = statement_json(50)
    report_html(statement, "en")  # the drawing library starts
    start = process_time()
    report_html(statement, "en")
    assert process_time() - start < 8


def test_an_intensity_shows_three_digits_in_every_row_and_the_total_its_own_places(statement: dict[str, Any]) -> None:
    values = {"1": "0.0437587", "2": "1.2546508", "total": "1.2984095"}
    for row in statement["intensities"]:
        row["value"] = "0.000987" if (row["scope"], row["year"]) == ("1", 2022) else values[row["scope"]]
    table = next(one for one in _section(statement, "intensities") if isinstance(one, Table))
    shown = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}
    assert shown["Scope 1"] == ["0.000987", "0.043759", "0.043759"]
    assert shown["Scope 2, location-based"] == ["1.25"] * 3
    assert shown["Scope 1+2, location-based"] == ["1.30"] * 3


def _section(statement: dict[str, Any], section: str) -> tuple[Any, ...]:
    return next(one.blocks for _, one in numbered(Reading(statement, "en")) if one.id == section)


def test_a_total_that_is_not_known_is_a_dash_and_never_zero(statement: dict[str, Any]) -> None:
    cell = Reading(statement, "en").number(None, "tCO2e")
    assert (cell.text, cell.exact, cell.note) == ("–", None, "no figure")


def test_key_figures_say_how_they_moved_in_words(statement: dict[str, Any]) -> None:
    found = {one.id: one for one in tiles(Reading(statement, "en"))}
    assert list(found) == [
        "tile-total-location",
        "tile-1-only",
        "tile-2-location",
        "tile-2-market",
        "tile-total-market",
        "tile-intensity",
        "tile-energy",
    ]
    first = found["tile-total-location"]
    assert first.lines[0].endswith("% more than in 2023")
    assert first.lines[1].endswith("% more than in the base year 2022")
    assert first.lines[2].startswith("95 % interval: ")


def test_a_year_before_that_is_the_base_year_is_compared_with_once(statement: dict[str, Any]) -> None:
    statement["base_year"] = statement["years"][-2]
    lines = tiles(Reading(statement, "en"))[0].lines
    assert [one for one in lines if "than in" in one] == [lines[0]]
    assert "base year 2023" in lines[0]


@pytest.mark.parametrize("part", ["totals", "caveats", "seal"])
def test_a_statement_that_lacks_a_part_is_refused(statement: dict[str, Any], part: str) -> None:
    del statement[part]
    with pytest.raises(InputError, match=part):
        report_html(statement, "en")


def test_a_statement_without_years_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no year"):
        report_html({**statement, "years": []}, "en")


def test_without_the_libraries_of_charts_a_report_says_what_to_install(
    statement: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawings, "installed", lambda: False)
    with pytest.raises(InputError, match=r"hsesg_carbon\[report\]"):
        report_html(statement, "en")


@given(st.fractions(max_denominator=10**9), st.sampled_from(["tCO2e", "GJ", "%", "tCO2e/m2"]))
def test_a_figure_is_rounded_half_up_and_read_back_within_half_a_unit_of_its_last_place(
    value: Fraction, unit: str
) -> None:
    numbers = Numbers({"tCO2e/m2": 5})
    text = numbers.text(value, unit).replace(",", "")
    assert abs(Fraction(text) - value) <= Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    assert not text.startswith("-0.") or Decimal(text) != 0


@given(st.lists(st.floats(0, 1e6), max_size=6), st.floats(0.001, 1e5))
def test_labels_stand_apart_in_the_order_of_their_values(values: list[float], gap: float) -> None:
    places = drawings.apart(values, gap)
    order = sorted(range(len(values)), key=lambda one: values[one])
    for before, here in pairwise(order):
        assert places[here] >= (places[before] + gap) * (1 - 1e-12)
    assert all(place >= value for place, value in zip(places, values, strict=True))


def test_the_figure_over_a_column_makes_way_for_a_target_that_would_cross_it_out() -> None:
    totals = [{"year": str(year), "value": value} for year, value in ((2022, 91.0), (2023, 85.0), (2024, 60.0))]
    target = [{"year": str(year), "value": 87.5} for year in (2022, 2023, 2024)]
    assert [row["value"] for row in _over(totals, target, 8.0)] == [91.0, 87.5, 60.0]


def test_no_lesser_key_figure_stands_alone_below_the_others() -> None:
    alone = {count for count in range(2, 12) if count % _across(count) == 1}
    assert alone == set()
