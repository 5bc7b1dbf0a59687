"""The report in a real browser and on paper: what a reader of a GHG statement sees, with both hands on the figures."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.report.charts import installed
from hsesg_carbon.report.html import write_report
from hsesg_carbon.statement import Statement as GhgStatement
from hsesg_carbon.units import half_up
from hsesg_carbon.workspace import Workspace
from tests.e2e.fixture import SCRIPT
from tests.e2e.report_fixture import statement_json
from tests.e2e.watched import Watched

LANGUAGES = ("en", "zh")
WIDTHS = [(1280, 900), (390, 844)]
A4 = (595.0, 842.0)  # points
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def statement() -> Statement:
    return statement_json()


@pytest.fixture(scope="module")
def reports(statement: Statement, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return the report of the made-up statement in both languages, as files."""
    if not installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed: no page to open")
    folder = tmp_path_factory.mktemp("report")
    found = {lang: folder / f"report-{lang}.html" for lang in LANGUAGES}
    for lang, path in found.items():
        write_report(statement, path, lang)
    return found


class Opened(Watched):
    """The report in the browser."""

    def __init__(self, page: Any, path: Path) -> None:
        super().__init__(page)
        page.goto(path.as_uri())


@pytest.fixture
def opened(chromium: Any, reports: Mapping[str, Path]) -> Iterator[Callable[..., Opened]]:
    made = []

    def open_page(lang: str = "en", width: int = 1280, height: int = 900) -> Opened:
        made.append(chromium.new_page(viewport={"width": width, "height": height}))
        return Opened(made[-1], reports[lang])

    yield open_page
    for page in made:
        page.close()


# ---- it opens


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_report_opens_from_a_file_asks_for_nothing_and_complains_of_nothing(
    opened: Callable[..., Opened], lang: str, width: int, height: int
) -> None:
    seen = opened(lang, width, height)
    seen.page.wait_for_timeout(200)
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in seen.requests if url.startswith("file:")]) == 1
    assert seen.complaints == []
    assert seen.page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-Hans"}[lang]
    assert seen.page.locator("script").count() == 0


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_nothing_is_wider_than_the_window_but_tables_that_scroll(
    opened: Callable[..., Opened], lang: str, width: int
) -> None:
    page = opened(lang, width, 800).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((one) => !one.closest(".scroll table, .skip, svg") && one.getClientRects().length)
            .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


# ---- its figures


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_of_the_statement_is_on_the_page_exactly_and_rounded_half_up(
    opened: Callable[..., Opened], statement: Statement, lang: str
) -> None:
    shown = figures_of(opened(lang).page)
    expected = figures_in(statement)
    assert len(expected) > 150
    for name, value in expected.items():
        assert name in shown, name
        for exact, text in shown[name]:
            assert Fraction(exact) == Fraction(value), name
            places = len(text.partition(".")[2])
            assert Decimal(text.replace(",", "")) == half_up(Fraction(value), places), name


@pytest.mark.parametrize("example", ["hundsun-2024", "campus-monthly"])
def test_the_page_of_an_example_shows_the_figures_of_its_accounts(chromium: Any, tmp_path: Path, example: str) -> None:
    if not installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed: no page to open")
    stated = GhgStatement.of(Workspace.demo(tmp_path / "accounts", example)).as_json()
    path = tmp_path / "report.html"
    write_report(stated, path, "en")
    seen = Opened(chromium.new_page(), path)
    shown = figures_of(seen.page)
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
    assert seen.complaints == []
    for name, value in figures_in(stated).items():
        for exact, text in shown[name]:
            assert Fraction(exact) == Fraction(value), name
            places = len(text.partition(".")[2])
            assert Decimal(text.replace(",", "")) == half_up(Fraction(value), places), name
    seen.page.close()


def test_a_unit_has_the_same_number_of_places_all_over_the_page(opened: Callable[..., Opened]) -> None:
    shown = figures_of(opened().page)
    tables = ("totals/", "sources/", "sites/", "gases/", "calculation/", "restatement/", "drivers/")
    places = {len(text.partition(".")[2]) for name, own in shown.items() if name.startswith(tables) for _, text in own}
    assert places == {2}


def test_both_languages_show_the_same_figures(opened: Callable[..., Opened]) -> None:
    assert figures_of(opened("en").page) == figures_of(opened("zh").page)


def figures_of(page: Any) -> dict[str, list[tuple[str, str]]]:
    """Return every figure on the page by its name: what it is exactly, and as it is read."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = page.evaluate(
        """() => [...document.querySelectorAll("[data-figure]")]
            .map((one) => [one.dataset.figure, one.dataset.exact, one.textContent])"""
    )
    for name, exact, text in rows:
        if name.partition("/")[0] not in {"seal", "factors"}:
            found.setdefault(name, []).append((exact, text))
    return found


def figures_in(statement: Statement) -> dict[str, str]:
    """Return the figures of the statement by the names that the page gives them, read without any of its code."""

    def named(table: str, *names: str) -> dict[str, str]:
        return {
            "/".join([table, *("-" if row[one] is None else str(row[one]) for one in names)]): row["value"]
            for row in statement[table]
        }

    found = {
        **named("totals", "year", "scope", "method"),
        **named("gases", "gas", "year", "scope", "method"),
        **named("intensities", "denominator", "year", "scope", "method"),
        **named("consolidations", "consolidation", "scope", "year"),
        **named("national", "item", "year"),
        **named("measures", "measure", "scope", "source", "year"),
        **named("offsets", "kind", "registry", "vintage", "year", "status"),
    }
    several = len({row["site"] for row in statement["sites"]}) > 1  # of one site a table would say the totals again
    for table, name in (("sources", "activity"), *([("sites", "site")] if several else ())):
        parts = named(table, name, "year", "scope", "method")
        last = f"/{statement['years'][-1]}/"
        found |= {
            one: value for one, value in parts.items() if "/total/" not in one and (name != "site" or last in one)
        }
    for row in statement["energy"]:
        found |= {f"energy/{row['carrier']}/{row['year']}/{unit}": row[unit] for unit in ("gj", "mwh", "tce")}
    for row in statement["energy_totals"]:
        found |= {f"energy_totals/{row['year']}/{unit}": row[unit] for unit in ("gj", "mwh", "tce")}
    stated = [row for row in statement["targets"] if not row["interpolated"]]  # a path of decades is told by its points
    for row in stated:
        found[f"targets/{row['target']}/{row.get('site') or '-'}/{row['year']}"] = row["value"]
    for row in (statement["restatement"] or {"years": []})["years"]:
        found |= {f"restatement/{row['year']}/{one}": row[one] for one in ("before", "after", "difference")}
        found |= {f"restatement/{row['year']}/{one['cause']}": one["amount"] for one in row["causes"]}
    for row in statement["drivers"]:
        found |= {f"drivers/{row['from']}/{row['to']}/{one['part']}": one["amount"] for one in row["parts"]}
    found |= {f"quality/{row['year']}/{row['quality']}": row["percent"] for row in statement["quality"]}
    found |= {f"completeness/{name}": str(count) for name, count in (statement["completeness"] or {}).items()}
    found |= {f"calculation/{row['id']}": row["tco2e"] for row in statement["calculation"]}
    return found | {f"energy_calculation/{row['id']}": row["counted"] for row in statement["energy_calculation"]}


# ---- what explains them


def test_every_total_leads_to_the_rows_that_add_up_to_it_and_on_to_a_factor_and_back(
    opened: Callable[..., Opened], statement: Statement
) -> None:
    page = opened().page
    for row in statement["totals"]:
        name = f"totals/{row['year']}/{row['scope']}/{row['method'] or '-'}"
        href = page.get_attribute(f'#scopes [data-figure="{name}"]', "href")
        target = page.locator(f'[id="{href[1:]}"]')
        assert target.count() == 1, name
        own = target.locator("[data-figure^='calculation/']").evaluate_all(
            "(all) => all.map((one) => one.dataset.exact)"
        )
        if row["scope"] != "total":
            assert sum(map(Fraction, own)) == Fraction(row["value"]), name
            factor = target.locator(".steps .refs a").first.get_attribute("href")
            back = page.locator(f'[id="{factor[1:]}"] td:last-child a').evaluate_all(
                "(all) => all.map((one) => one.hash)"
            )
            rows = target.locator("tr[id]").evaluate_all("(all) => all.map((one) => '#' + one.id)")
            assert set(back) & set(rows), name


def test_every_figure_of_energy_leads_to_its_products_and_on_to_a_heating_value(
    opened: Callable[..., Opened], statement: Statement
) -> None:
    page = opened().page
    for row in statement["energy_totals"]:
        for measure in ("gj", "tce"):
            name = f"energy_totals/{row['year']}/{measure}"
            href = page.get_attribute(f'#energy [data-figure="{name}"]', "href")
            own = page.locator(f'[id="{href[1:]}"] [data-figure^="energy_calculation/"]').evaluate_all(
                "(all) => all.map((one) => one.dataset.exact)"
            )
            assert sum(map(Fraction, own)) == Fraction(row[measure]), name
    for row in statement["energy"]:
        href = page.get_attribute(f'#energy [data-figure="energy/{row["carrier"]}/{row["year"]}/mwh"]', "href")
        factor = page.get_attribute(f'[id="{href[1:]}"] + tr .refs a', "href")
        assert page.locator(f'[id="{factor[1:]}"]').count() == 1
    assert page.get_attribute("#figures [data-figure^='energy_totals/']", "href").startswith("#calc-")


def test_every_link_of_the_page_leads_to_a_place_on_it(opened: Callable[..., Opened]) -> None:
    page = opened().page
    hrefs = page.evaluate("() => [...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(hrefs) > 150
    assert {one for one in hrefs if not one.startswith("#") or one[1:] not in ids} == set()
    assert len(ids) == len(set(ids))


def test_key_figures_and_summary_tables_are_links_to_what_explains_them(opened: Callable[..., Opened]) -> None:
    page = opened().page
    assert page.locator("#figures .big a").count() == page.locator("#figures .tile").count() >= 6
    for section in ("scopes", "sources", "sites", "gases", "intensities"):
        table = page.locator(f"#{section} table").first
        shown = table.locator("td [data-figure]")
        assert table.locator("td a[data-figure]").count() == shown.count() > 0, section


# ---- its findings


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_of_the_statement_is_on_the_page_and_many_of_a_kind_are_folded_on_screen_alone(
    opened: Callable[..., Opened], statement: Statement, lang: str
) -> None:
    page = opened(lang).page
    listed = page.locator("#findings .each li").all_text_contents()
    every = page.text_content("#findings")
    names = {row["site"]: row["name"][lang] for row in statement["basis"]["boundary"]}
    for row in statement["findings"]:
        if "site" in row["data"]:
            name, year = names[row["data"]["site"]], row["data"]["year"]
            assert any(one.startswith(name) and year in one.removeprefix(name) for one in listed), row
        else:
            assert row["message"][lang][1:] in every, row  # its first letter may have become a capital
    counts = page.locator("#findings .gravity .count").all_text_contents()
    assert sum(map(int, counts)) == len(statement["findings"]) > 15
    folded = page.locator("#findings .each")
    assert folded.count() == 2
    assert not folded.first.is_visible()
    page.locator("#findings summary").first.click()
    assert [folded.nth(place).is_visible() for place in (0, 1)] == [True, False]
    page.emulate_media(media="print")
    assert [folded.nth(place).is_visible() for place in (0, 1)] == [True, True]


# ---- it can be read by everybody


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_table_has_a_caption_and_headings_and_every_chart_a_sentence(
    opened: Callable[..., Opened], lang: str
) -> None:
    page = opened(lang).page
    assert page.locator("table").count() > 20
    assert page.locator("table:not(:has(> caption)), table:not(:has(thead th[scope=col]))").count() == 0
    assert page.locator("tbody tr:not(.steps):not(:has(th[scope=row]))").count() == 0
    assert page.locator("figure").count() >= 8
    assert page.locator("figure:not(:has(> figcaption)), figure svg:not([aria-hidden=true])").count() == 0
    assert page.locator("section:not([aria-labelledby]), nav:not([aria-labelledby])").count() == 0
    assert page.locator("h1").count() == 1


def test_words_stand_out_from_their_ground(opened: Callable[..., Opened]) -> None:
    worst = opened().page.evaluate(CONTRAST)
    assert worst >= 4.5


CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = 21;
  for (const one of document.querySelectorAll("body *:not(svg):not(svg *):not(.anchor)")) {
    if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    worst = Math.min(worst, (a + 0.05) / (b + 0.05));
  }
  return worst;
}"""


def test_the_keyboard_reaches_the_figures_and_a_table_that_scrolls(opened: Callable[..., Opened]) -> None:
    page = opened("en", 390, 844).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#figures"
    page.focus("#scopes .scroll")
    before = page.evaluate("document.activeElement.scrollLeft")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.scrollLeft") > before


def test_a_telephone_sees_its_own_drawing_of_each_chart(opened: Callable[..., Opened]) -> None:
    for width, kind in ((1280, "desk"), (390, "phone")):
        page = opened("en", width, 844).page
        shown = page.locator(f".drawn.{kind} svg")
        boxes = shown.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().width)")
        assert len(boxes) >= 8
        assert all(0 < box <= width for box in boxes)
        assert page.locator(".drawn svg:visible").count() == len(boxes)
        out = page.evaluate(OUTSIDE)
        assert out == [], kind


OUTSIDE = """() => [...document.querySelectorAll(".drawn svg")].filter((svg) => svg.getClientRects().length)
  .flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter((one) => {
      const own = one.getBoundingClientRect();
      return own.width && (own.right > box.right + 6 || own.left < box.left - 6
        || own.top < box.top - 6 || own.bottom > box.bottom + 6);
    }).map((one) => `${svg.closest("figure").id}: ${one.textContent}`);
  })"""


# ---- hostile names


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hostile_name_is_shown_as_it_is_and_does_nothing(opened: Callable[..., Opened], lang: str) -> None:
    seen = opened(lang)
    seen.page.wait_for_timeout(200)
    assert seen.dialogs == []
    assert seen.page.locator("script, img, iframe, object").count() == 0
    assert SCRIPT in seen.page.inner_text("#sites table")
    assert SCRIPT in seen.page.text_content("#sites-chart")


# ---- on paper


@pytest.mark.parametrize("lang", LANGUAGES)
def test_printed_on_a4_no_table_is_cut_and_the_last_figure_of_each_section_is_there(
    opened: Callable[..., Opened], tmp_path: Path, lang: str
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext on this machine: the printed page is not read")
    page = opened(lang).page
    last = page.evaluate(
        """() => [...document.querySelectorAll("main > section")].map((one) => {
            const own = [...one.querySelectorAll("[data-exact]")];
            return own.length ? own[own.length - 1].textContent.split(" ")[0] : "";
        }).filter(Boolean)"""
    )
    pdf = tmp_path / "report.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True)
    words = words_of(pdf)
    assert len(words) > 1000
    outside = [word for word, left, right, wide in words if left < 20 or right > wide - 20]
    assert outside == []
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert len(last) >= 12
    assert [one for one in last if one not in text] == []


def words_of(pdf: Path) -> list[tuple[str, float, float, float]]:
    """Return the words of a PDF with where they begin and end and how wide their page is, in points."""
    page = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    found, width = [], 0.0
    for line in page.splitlines():
        if at := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            width = float(at[1])
            assert (width, float(at[2])) == pytest.approx(A4, abs=1)
        if at := re.search(r'xMin="([-\d.]+)".*xMax="([-\d.]+)".*>(.*)</word>', line):
            found.append((at[3], float(at[1]), float(at[2]), width))
    return found


@pytest.mark.parametrize("years", [3, 8])
def test_no_cell_of_a_printed_table_lies_beyond_its_page(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    if not installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed: no page to open")
    monkeypatch.setattr("tests.e2e.report_fixture.YEARS", tuple(range(2025 - years, 2025)))
    path = tmp_path / "report.html"
    write_report(statement_json(), path, "en")
    page = chromium.new_page(viewport={"width": 688, "height": 900})  # A4 less its margins, in CSS pixels
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("th, td, figure, li, dd")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width && (box.right > 689 || box.left < -1 || one.scrollWidth > one.clientWidth + 1);
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    page.close()
    assert beyond == []
