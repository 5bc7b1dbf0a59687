"""The dashboard in a real browser: what a facilities manager sees and does, at a desk and on a telephone."""

import csv
import io
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.e2e.fixture import CLOSING, FORMULA, SCRIPT, monitor_json
from tests.e2e.watched import Watched

PAGE = Path(__file__).resolve().parents[2] / "src" / "hsesg_carbon" / "report" / "page"
WIDTHS = [(1280, 900), (390, 844)]
LAST = "2024-12"
Monitor = dict[str, Any]


class Seen(Watched):
    """The dashboard in the browser."""

    def open(self, path: Path, state: str = "") -> Any:
        self.page.goto(path.as_uri() + state)
        self.page.wait_for_selector("html[data-ready]")
        self.page.wait_for_selector("#trend-chart svg")
        return self.page


@pytest.fixture
def opened(chromium: Any, dashboard: Path) -> Iterator[Callable[..., Seen]]:
    """Return a function that opens the page: width, height and what stands after ``#`` can be given."""
    made = []

    def open_page(width: int = 1280, height: int = 900, state: str = "") -> Seen:
        page = chromium.new_page(viewport={"width": width, "height": height})
        made.append(page)
        seen = Seen(page)
        seen.open(dashboard, state)
        return seen

    yield open_page
    for page in made:
        page.close()


# ---- what the figures must be, computed here with Decimal and without any of the page's code


def summed(
    monitor: Monitor, measure: str, months: set[str], sites: set[str] | None = None, carrier: str | None = None
) -> Decimal:
    return sum(
        (
            Decimal(row[measure])
            for row in monitor["series"]
            if row["month"] in months
            and (sites is None or row["site"] in sites)
            and (carrier is None or row["carrier"] == carrier)
            and row[measure] is not None
        ),
        Decimal(0),
    )


def like_for_like(monitor: Monitor, measure: str, month: str, before: str, carrier: str) -> Decimal:
    """Return the change in per cent over the sites whose figures are known and whole in both months."""
    partial = {
        (row["site"], row["carrier"], row["month"]) for row in monitor["completeness"] if row["status"] == "partial"
    }
    figures = {(row["site"], row["month"]): row[measure] for row in monitor["series"] if row["carrier"] == carrier}
    both = [
        site["id"]
        for site in monitor["sites"]
        if figures.get((site["id"], month)) and figures.get((site["id"], before))
        if not {(site["id"], carrier, month), (site["id"], carrier, before)} & partial
    ]
    now, then = (sum(Decimal(figures[site, one]) for site in both) for one in (month, before))
    return ((now - then) * 100 / then).quantize(Decimal("0.1"), ROUND_HALF_UP)


def exact_of(page: Any, measure: str, part: str) -> str:
    return str(page.get_attribute(f'[data-measure="{measure}"] [data-figure="{part}"]', "data-exact"))


def text_of(page: Any, selector: str) -> str:
    return str(page.inner_text(selector))


def choose_only(page: Any, site: str) -> None:
    page.click("#site-picker summary")
    page.click("#sites-none")
    page.check(f'#site-list input[value="{site}"]')
    page.keyboard.press("Escape")


# ---- the contract


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_page_opens_from_a_file_asks_for_nothing_and_complains_of_nothing(
    opened: Callable[..., Seen], width: int, height: int, tmp_path: Path
) -> None:
    seen = opened(width, height)
    seen.page.click("[data-lang=zh]")
    seen.page.wait_for_timeout(300)
    outside = [url for url in seen.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert len([url for url in seen.requests if url.startswith("file:")]) == 1
    assert seen.complaints == []
    assert seen.page.is_hidden("#broken")
    shot = tmp_path / "page.png"
    seen.page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 100_000


@pytest.mark.parametrize(("width", "height"), [*WIDTHS, (320, 640)])
def test_nothing_is_wider_than_the_screen(opened: Callable[..., Seen], width: int, height: int) -> None:
    page = opened(width, height).page
    for button in ("en", "zh"):
        page.click(f"[data-lang={button}]")
        page.evaluate("document.querySelectorAll('details.figures').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = page.evaluate(
            """() => [...document.querySelectorAll('main *, header *, form *')].filter((one) => {
              if (one.closest('.scroll, .sheet, .unseen, svg')) return false;
              const box = one.getBoundingClientRect();
              return box.width > 0 && box.right > window.innerWidth + 1;
            }).map((one) => one.outerHTML.slice(0, 90))"""
        )
        assert beyond == []


def test_every_chart_is_drawn(opened: Callable[..., Seen]) -> None:
    page = opened().page
    for chart in ("trend", "heat", "ranking", "trajectory", "rooms"):
        page.wait_for_selector(f"#{chart}-chart svg path")
        box = page.locator(f"#{chart}-chart svg").bounding_box()
        assert box["width"] > 250
        assert box["height"] > 60
        assert page.get_attribute(f"#{chart}-chart", "aria-label")
        assert page.get_attribute(f"#{chart}-chart", "role") == "img"


def test_the_tiles_hold_the_exact_sums_of_all_sites(opened: Callable[..., Seen], monitor: Monitor) -> None:
    page = opened().page
    year = {month for month in monitor["months"] if month.startswith("2024")}
    for measure in ("tce", "tco2e"):
        assert Decimal(exact_of(page, measure, "month")) == summed(monitor, measure, {LAST})
        assert Decimal(exact_of(page, measure, "year")) == summed(monitor, measure, year)
        assert Decimal(exact_of(page, measure, "period")) == summed(monitor, measure, set(monitor["months"]))
    heat = summed(monitor, "kwh", {LAST}).quantize(Decimal(1), ROUND_HALF_UP)
    assert f"{heat:,} kWh" in text_of(page, '[data-measure="tce"]')
    for carrier in monitor["carriers"]:
        shown = exact_of(page, f"{carrier['id']}|{carrier['unit']}", "month")
        assert Decimal(shown) == summed(monitor, "quantity", {LAST}, carrier=carrier["id"])


def test_filters_change_the_figures_to_exactly_the_right_ones(opened: Callable[..., Seen], monitor: Monitor) -> None:
    seen = opened()
    page = seen.page
    before = text_of(page, '[data-measure="tce"] [data-figure="month"]')
    choose_only(page, "hangzhou-hq")
    own = summed(monitor, "tce", {LAST}, {"hangzhou-hq"})
    assert Decimal(exact_of(page, "tce", "month")) == own
    after = text_of(page, '[data-measure="tce"] [data-figure="month"]')
    assert after == f"{own.quantize(Decimal('0.1' if own >= 100 else '0.01'), ROUND_HALF_UP):,}" != before

    page.uncheck('#carrier-list input[value="natural-gas"]')
    less = own - summed(monitor, "tce", {LAST}, {"hangzhou-hq"}, "natural-gas")
    assert Decimal(exact_of(page, "tce", "month")) == less
    assert page.locator('[data-measure^="natural-gas"]').count() == 0

    page.select_option("#month", "2023-07")
    july = summed(monitor, "quantity", {"2023-07"}, {"hangzhou-hq"}, "electricity")
    assert Decimal(exact_of(page, "electricity|kWh", "month")) == july

    page.select_option("#from", "2023-03")
    page.select_option("#to", "2023-08")
    span = {f"2023-{month:02d}" for month in range(3, 9)}
    assert Decimal(exact_of(page, "electricity|kWh", "period")) == summed(
        monitor, "quantity", span, {"hangzhou-hq"}, "electricity"
    )
    rows = page.locator("#trend-table tbody tr")
    assert rows.count() == 6

    page.click("#reset")
    assert text_of(page, '[data-measure="tce"] [data-figure="month"]') == before
    assert seen.complaints == []


def test_comparisons_are_like_for_like(opened: Callable[..., Seen], monitor: Monitor) -> None:
    page = opened().page
    changes = page.locator('[data-measure="electricity|kWh"] .changes dd:not(.aside)').all_inner_texts()
    expected = [like_for_like(monitor, "quantity", LAST, before, "electricity") for before in ("2024-11", "2023-12")]
    shown = [Decimal(text.split()[1].replace("−", "-").replace("+", "")) for text in changes]
    assert shown == expected
    notes = page.locator('[data-measure="electricity|kWh"] .changes .aside').all_inner_texts()
    assert notes == ["like for like: 3 of 5 figures"] * 2


def test_heat_that_starts_in_november_is_part_of_the_change(opened: Callable[..., Seen], monitor: Monitor) -> None:
    page = opened().page
    page.select_option("#month", "2024-11")
    status = {(row["site"], row["carrier"], row["month"]): row["status"] for row in monitor["completeness"]}
    tce = {(row["site"], row["carrier"], row["month"]): row["tce"] for row in monitor["series"]}
    now = then = Decimal(0)
    for site in monitor["sites"]:
        for carrier in monitor["carriers"]:
            after, before = ((site["id"], carrier["id"], month) for month in ("2024-11", "2024-10"))
            known = [tce.get(key) or ("0" if status[key] == "not-expected" else None) for key in (after, before)]
            if None not in known:
                now, then = now + Decimal(known[0]), then + Decimal(known[1])
    assert any(status[site["id"], "heat", "2024-10"] == "not-expected" for site in monitor["sites"])
    change = ((now - then) * 100 / then).quantize(Decimal("0.1"), ROUND_HALF_UP)
    shown = page.locator('[data-measure="tce"] .changes dd:not(.aside)').first.inner_text()
    assert shown == f"▲ +{change} %"


def test_a_sum_that_misses_a_bill_says_so_and_a_missing_figure_is_never_zero(
    opened: Callable[..., Seen], monitor: Monitor
) -> None:
    page = opened().page
    assert "4 of 5 monthly figures in" in text_of(page, '[data-measure="electricity|kWh"]')
    choose_only(page, "beijing-office")
    tile = '[data-measure="electricity|kWh"]'
    assert text_of(page, f'{tile} [data-figure="month"]') == "–"
    assert exact_of(page, "electricity|kWh", "month") == ""
    assert page.locator(f"{tile} .changes .even").all_inner_texts() == ["no comparison", "no comparison"]
    known = [row for row in monitor["series"] if row["site"] == "beijing-office" and row["carrier"] == "electricity"]
    year = [row for row in known if row["month"].startswith("2024")]
    have = sum(row["quantity"] is not None for row in year)
    assert f"{have} of 12 monthly figures in" in text_of(page, tile)


def test_the_plan_is_told_where_it_fits_what_is_shown(opened: Callable[..., Seen], monitor: Monitor) -> None:
    page = opened().page
    year = {month for month in monitor["months"] if month.startswith("2024")}
    done = (summed(monitor, "tce", year) * 100 / 4300).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert f"{done} % of 4,300" in text_of(page, '[data-measure="tce"]')
    assert f"{done} %" in text_of(page, "#plans")
    choose_only(page, "hangzhou-hq")
    assert "4,300" not in text_of(page, '[data-measure="tce"]')


def test_what_went_wrong_follows_the_month_and_tells_faults_from_real_change(
    opened: Callable[..., Seen], monitor: Monitor
) -> None:
    page = opened().page
    for group in ("consumption", "meter-fault"):
        rows = [row for row in monitor["anomalies"] if row["month"] == LAST and row["group"] == group]
        cards = page.locator(f'[data-group="{group}"] li.card').all_inner_texts()
        assert len(cards) == len(rows) > 0
        for row in rows:
            assert any(row["reason"]["en"] in card for card in cards)
    missing = page.locator('[data-group="data"] li.card', has_text="No bill of 2024-12")
    assert missing.count() == sum(
        row["status"] == "missing" and row["month"] == LAST for row in monitor["completeness"]
    )
    page.click("#earlier")
    assert page.input_value("#month") == "2024-11"
    assert page.locator('[data-group="meter-fault"] li.card').count() == 0
    assert "No meter looks faulty." in text_of(page, '[data-group="meter-fault"]')


def test_the_view_is_in_the_address_and_comes_back_from_it(
    opened: Callable[..., Seen], dashboard: Path, monitor: Monitor
) -> None:
    first = opened().page
    choose_only(first, "hostile")
    first.uncheck('#carrier-list input[value="heat"]')
    first.select_option("#month", "2024-08")
    first.click("[data-lang=zh]")
    address = first.evaluate("location.href")
    again = opened(state="#" + address.split("#")[1]).page
    assert again.get_attribute("html", "lang") == "zh-Hans"
    assert again.input_value("#month") == "2024-08"
    assert not again.is_checked('#carrier-list input[value="heat"]')
    assert Decimal(exact_of(again, "tce", "month")) == sum(
        summed(monitor, "tce", {"2024-08"}, {"hostile"}, carrier) for carrier in ("electricity", "natural-gas")
    )
    nonsense = opened(state="#month=1999-01&sites=nowhere&from=%E0%A4%A&lang=xx").page
    assert nonsense.input_value("#month") == LAST
    assert "Choose at least one site" in text_of(nonsense, "#tiles")


def test_both_languages_are_inside_and_say_the_same_figures(opened: Callable[..., Seen]) -> None:
    page = opened().page
    figures = "[...document.querySelectorAll('[data-figure]')].map((one) => one.textContent)"
    english = page.evaluate(figures)
    assert "What went wrong this month" in text_of(page, "#wrong")
    page.click("[data-lang=zh]")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.evaluate(figures) == english
    assert "本月异常" in text_of(page, "#wrong")
    assert "杭州总部" in text_of(page, "#wrong")
    assert "能耗看板" in page.title()
    left = page.evaluate(
        "[...document.querySelectorAll('[data-t]')].filter((one) => /^[A-Za-z ,.]+$/.test(one.textContent)).length"
    )
    assert left == 0
    page.wait_for_function("document.querySelector('#heat-chart svg').textContent.includes('杭州总部')")


def test_every_control_is_reached_by_the_tab_key_in_the_order_of_the_page(opened: Callable[..., Seen]) -> None:
    page = opened().page
    wanted = page.evaluate(
        """() => {
          const controls = 'a[href], button, select, input, summary, [tabindex="0"]';
          const all = [...document.querySelectorAll(controls)].filter((one) => !one.disabled && one.tabIndex >= 0
            && one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }));
          all.forEach((one, place) => { one.dataset.place = place; });
          return all.length;
        }"""
    )
    assert wanted > 40
    page.evaluate("document.body.focus()")
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("Number(document.activeElement.dataset.place ?? -1)"))
    assert reached == list(range(wanted))


def test_focus_is_visible(opened: Callable[..., Seen]) -> None:
    page = opened().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    for _ in range(6):
        page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{outline}.outlineStyle") == "solid"
        assert page.evaluate(f"parseFloat({outline}.outlineWidth)") >= 2


def test_filters_are_worked_by_keyboard_alone(opened: Callable[..., Seen], monitor: Monitor) -> None:
    page = opened().page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert "lang=" in page.evaluate("location.hash")

    page.focus("#site-picker summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("shenzhen")
    assert page.locator("#site-list label:visible").count() == 1
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    others = {site["id"] for site in monitor["sites"]} - {"shenzhen-dc"}
    assert Decimal(exact_of(page, "tce", "month")) == summed(monitor, "tce", {LAST}, others)

    page.focus("#month")
    page.keyboard.press("ArrowDown")
    assert page.input_value("#month") == "2024-11"
    assert page.evaluate("document.activeElement.id") == "month"
    assert Decimal(exact_of(page, "tce", "month")) == summed(monitor, "tce", {"2024-11"}, others)


def test_every_control_has_a_name(opened: Callable[..., Seen]) -> None:
    nameless = opened().page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, summary, a[href], [role=region], [role=img]')]
          .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.[0]?.textContent)
            || (one.tagName === 'SELECT' && !one.labels[0] && !one.getAttribute('aria-label')))
          .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_text_stands_out_from_its_ground(opened: Callable[..., Seen]) -> None:
    """WCAG 2 asks for a contrast of 4.5 of all text."""
    page = opened().page
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    faint = page.evaluate(
        r"""() => {
          const parts = (text) => text.match(/[\d.]+/g).map(Number);
          const linear = (one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
          const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
          const skipped = 'svg, script, style, noscript, .unseen, [aria-hidden=true], :disabled';
          const ground = (one) => {
            for (; one; one = one.parentElement) {
              const style = getComputedStyle(one);
              const stops = style.backgroundImage.match(/rgb\([^)]*\)/g);
              if (stops) return parts(stops.pop());
              const colour = parts(style.backgroundColor);
              if (colour.length === 3 || colour[3] > 0.9) return colour;
            }
            return [255, 255, 255];
          };
          const found = new Set();
          for (const one of document.body.querySelectorAll('*')) {
            const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || one.closest(skipped) || !one.checkVisibility()) continue;
            const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
            const contrast = (a + 0.05) / (b + 0.05);
            if (contrast < 4.5) found.add(`${one.tagName}.${one.className} ${contrast.toFixed(2)}`);
          }
          return [...found];
        }"""
    )
    assert faint == []


def test_hostile_names_are_texts_and_nothing_else(opened: Callable[..., Seen]) -> None:
    seen = opened()
    page = seen.page
    scripts = page.locator("script").count()
    for language, name in (("en", SCRIPT), ("zh", CLOSING)):
        page.click(f"[data-lang={language}]")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert name in text_of(page, "#site-list")
        assert name in text_of(page, "#completeness-matrix")
    page.hover("#heat-chart svg", position={"x": 400, "y": 150})
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("script").count() == scripts == 5
    assert page.locator("[onerror], [onclick], [onload]").count() == 0
    assert seen.dialogs == []
    assert seen.complaints == []


def test_even_a_script_that_got_in_would_not_run(opened: Callable[..., Seen]) -> None:
    seen = opened()
    ran = seen.page.evaluate(
        """() => new Promise((done) => {
          const script = document.createElement('script');
          script.textContent = 'window.stolen = true';
          document.body.append(script);
          const end = () => done(window.stolen === true ? 'ran' : 'refused');
          fetch('https://example.org/').then(() => done('fetched'), end);
        })"""
    )
    assert ran == "refused"


def downloaded(page: Any, name: str) -> list[list[str]]:
    with page.expect_download() as waiting:
        page.click(f'[data-file="{name}"]')
    assert waiting.value.suggested_filename == f"{name}.csv"
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def test_the_recharges_are_taken_away_as_a_file_that_runs_nothing(
    opened: Callable[..., Seen], monitor: Monitor
) -> None:
    page = opened().page
    heading, *rows = downloaded(page, "recharges")
    tenants = {row["tenant"] for row in monitor["recharges"]}
    assert {row[0] for row in rows} == {f"'{name}" if name[0] in "=+-@" else name for name in tenants}
    assert f"'{FORMULA}" in {row[0] for row in rows}
    for row in rows:
        own = [one for one in monitor["recharges"] if one["tenant"] == row[0].removeprefix("'")]
        assert Decimal(row[heading.index("quantity")]) == sum(Decimal(one["quantity"]) for one in own)
        assert Decimal(row[heading.index("tCO2e")]) == sum(Decimal(one["tco2e"]) for one in own)
    monthly = downloaded(page, "recharges-by-month")
    assert len(monthly) == 1 + len(monitor["recharges"])


def test_no_cell_of_any_download_is_a_formula(opened: Callable[..., Seen]) -> None:
    page = opened().page
    page.evaluate("document.querySelectorAll('details.figures').forEach((one) => { one.open = true; })")
    files = page.evaluate(  # what each button would save: a browser asks before it saves a dozen files at once
        """async () => {
          const made = [];
          URL.createObjectURL = (blob) => { made.push(blob.text()); return 'blob:none'; };
          HTMLAnchorElement.prototype.click = () => {};
          document.querySelectorAll('[data-file]').forEach((one) => one.click());
          return Promise.all(made);
        }"""
    )
    assert len(files) >= 12
    for text in files:
        table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert len({len(row) for row in table}) == 1, table[0]
        for cell in (cell for row in table for cell in row):
            assert is_number(cell) or not cell.lstrip().startswith(("=", "+", "-", "@", "＝")), (table[0], cell)


def test_the_page_prints(opened: Callable[..., Seen], tmp_path: Path) -> None:
    page = opened().page
    path = tmp_path / "page.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(content) > 50_000
    page.emulate_media(media="print")
    assert page.is_hidden(".filters")
    assert page.is_visible("#tiles")
    assert "month 2024-12" in text_of(page, "#showing")


def test_a_workspace_that_knows_little_shows_what_it_knows(chromium: Any, tmp_path: Path) -> None:
    """No targets, tenants, baselines; one carrier with figures by year alone, as refrigerants have."""
    from hsesg_carbon.report.dashboard import write_dashboard

    made = monitor_json(sites=1, months=3)
    kept = ("organisation", "basis", "month", "months", "sites", "carriers", "series", "completeness")
    made = {name: value if name in kept else [] for name, value in made.items()}
    for row in made["series"]:
        if row["carrier"] == "natural-gas":
            row.update(quantity=None, kwh=None, tce=None, tco2e=None, estimated=None)
    for row in made["completeness"]:
        row["status"] = "complete"
    path = tmp_path / "little.html"
    write_dashboard(made, path, "en")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    seen = Seen(page)
    seen.open(path)
    assert Decimal(exact_of(page, "tce", "month")) == summed(made, "tce", {"2022-03"})
    assert "figures in" not in text_of(page, '[data-measure="tce"] .note').replace("all figures in", "")
    assert page.locator('[data-measure^="natural-gas"]').count() == 0
    assert "in no figure here: Natural gas." in text_of(page, "#tiles")
    assert page.locator("#tiles .up, #tiles .down").count() > 0
    for absent in ("#targets", "#rooms", "#meters", "#tenants", "#ranking"):
        assert page.is_hidden(absent)
        assert page.is_hidden(f'.jumps a[href="{absent}"]')
    assert seen.complaints == []
    page.close()


def test_many_sites_are_still_one_small_and_quick_page(chromium: Any, tmp_path: Path) -> None:
    from hsesg_carbon.report.dashboard import write_dashboard

    made = monitor_json(sites=60, months=48)
    path = tmp_path / "many.html"
    write_dashboard(made, path, "en")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    Seen(page).open(path)
    assert Decimal(exact_of(page, "tco2e", "period")) == summed(made, "tco2e", set(made["months"]))
    assert "40 of 60 sites" in text_of(page, "#heat-note")
    assert page.locator("#completeness-matrix tbody tr").count() <= 40
    page.click("#completeness-matrix button")
    assert page.locator("#completeness-matrix tbody tr").count() == 180
    page.close()


# ---- the numbers of the page against Decimal


def test_the_arithmetic_of_the_page_is_that_of_decimals(chromium: Any) -> None:
    random = Random(8)

    def number() -> str:
        digits = "".join(random.choice("0123456789") for _ in range(random.randint(1, 22)))
        point = random.randint(0, 12)
        sign = random.choice(["", "-"])
        return (
            f"{sign}{digits}.{''.join(random.choice('0123456789') for _ in range(point))}" if point else sign + digits
        )

    pairs = [(number(), number()) for _ in range(400)] + [
        ("2.5", "0"),
        ("-0.05", "100"),
        ("0.125", "1"),
        ("1e3", "-2E-3"),
    ]
    page = chromium.new_page()
    script = (PAGE / "numbers.js").read_text(encoding="utf-8")
    got = page.evaluate(
        f"""(pairs) => {{ {script}
          return pairs.map(([a, b]) => [exact(a), exact(b)]).map(([a, b]) => [
            asText(plus(a, b)), asText(times(a, b)), asText(roundedTo(a, 2)), asText(change(a, b)), asShown(a, 1)]);
        }}""",
        pairs,
    )
    page.close()
    from decimal import Context, localcontext

    with localcontext(Context(prec=120, rounding=ROUND_HALF_UP)):
        for (left, right), (total, product, rounded, changed, shown) in zip(pairs, got, strict=True):
            a, b = Decimal(left), Decimal(right)
            assert Decimal(total) == a + b
            assert Decimal(product) == a * b
            assert Decimal(rounded) == a.quantize(Decimal("0.01"))
            assert Decimal(shown.replace(",", "").replace("−", "-")) == a.quantize(Decimal("0.1"))
            if b == 0:
                assert changed == ""
            else:
                assert Decimal(changed) == ((a - b) * 100 / abs(b)).quantize(Decimal("0.1"))


def test_a_text_that_is_no_number_is_refused_rather_than_taken_for_zero(chromium: Any) -> None:
    page = chromium.new_page()
    script = (PAGE / "numbers.js").read_text(encoding="utf-8")
    tried = ["", "abc", "1/3", "1,000", ".", "NaN", "--1"]
    refused = page.evaluate(
        f"""(texts) => {{ {script}
          const tried = (text) => {{ try {{ exact(text); return 'taken'; }} catch (at) {{ return at.message; }} }};
          return texts.map(tried);
        }}""",
        tried,
    )
    assert refused == [f"not a decimal number: {text}" for text in tried]
    assert page.evaluate(f"() => {{ {script} return [exact(null), asShown(null), asText(null)]; }}") == [None, "–", ""]
    page.close()
