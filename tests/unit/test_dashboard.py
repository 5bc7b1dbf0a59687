"""The dashboard as a file: what is in it, what it may do, and that every word of it stands in both languages."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import catalogue
from hsesg_carbon.report import charts
from hsesg_carbon.report.charts import chart_specs, vega_script
from hsesg_carbon.report.dashboard import dashboard_html, embedded, packed, write_dashboard
from tests.e2e.fixture import CLOSING, SCRIPT, monitor_json

REPORT = Path(__file__).resolve().parents[2] / "src" / "hsesg_carbon" / "report"
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((REPORT / "page").glob("*.js"))}
TEMPLATE = (REPORT / "dashboard.html.j2").read_text(encoding="utf-8")
LABEL = "label.dashboard-"
needs_charts = pytest.mark.skipif(
    not charts.installed(), reason="the extra report (altair, vl-convert-python) is not installed"
)

Table = dict[str, Any]


@pytest.fixture(scope="module")
def monitor() -> dict[str, Any]:
    return monitor_json()


@pytest.fixture(scope="module")
def html(monitor: dict[str, Any]) -> str:
    if not charts.installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed")
    return dashboard_html(monitor, "en")


def unpacked(table: Table) -> list[dict[str, Any]]:
    columns = {
        name: column if isinstance(column, list) else [column["words"][place] for place in column["at"]]
        for name, column in table["columns"].items()
    }
    return [{name: column[row] for name, column in columns.items()} for row in range(table["size"])]


# ---- data


texts = st.one_of(st.none(), st.sampled_from(["", "a", "b", "12.50"]), st.text(max_size=5))


@given(st.lists(st.fixed_dictionaries({"site": texts, "quantity": texts, "within": st.booleans()}), max_size=12))
def test_packing_loses_no_row_no_text_and_no_gap(rows: list[dict[str, Any]]) -> None:
    whole = {**monitor_json(sites=1, months=1), "series": rows}
    assert unpacked(packed(whole)["tables"]["series"]) == rows


def test_packing_keeps_exact_figures_as_they_are_and_rounds_statistics_only(monitor: dict[str, Any]) -> None:
    made = packed(monitor)
    assert unpacked(made["tables"]["series"]) == monitor["series"]
    assert unpacked(made["tables"]["recharges"]) == monitor["recharges"]
    for before, after in zip(monitor["baselines"], unpacked(made["tables"]["baselines"]), strict=True):
        assert after["expected"] == pytest.approx(before["expected"], rel=1e-5)
    assert len(embedded(made)) < 0.5 * len(json.dumps(monitor))


@pytest.mark.parametrize("part", ["series", "months", "basis", "recharges"])
def test_a_monitor_that_lacks_a_part_is_refused_by_its_name(monitor: dict[str, Any], part: str) -> None:
    less = {name: value for name, value in monitor.items() if name != part}
    with pytest.raises(InputError, match=part) as caught:
        packed(less)
    assert caught.value.code == "monitor-incomplete"


@pytest.mark.parametrize("part", ["months", "sites"])
def test_a_monitor_without_months_or_sites_is_refused(monitor: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError, match="no month and no site"):
        packed({**monitor, part: []})


@given(
    st.recursive(
        st.text() | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_data_is_the_same_data_and_holds_no_markup(data: Any) -> None:
    text = embedded(data)
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")


def test_a_float_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded({"expected": float("nan")})


# ---- the page


def scripts_of(html: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def test_only_the_scripts_of_the_page_may_run(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts_of(html)
    }
    assert len(hashes) == 2
    assert set(rules["script-src"].split()) == hashes
    assert rules["img-src"] == "data:"


def test_the_page_names_no_address_to_load_from(html: str) -> None:
    page = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    without_data = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert re.findall(r"(?:https?:)?//[a-z]", without_data) == []
    assert re.findall(r'(?:src|href)="(?!#|data:)', without_data) == []
    assert "@import" not in without_data
    assert "url(" not in without_data


def test_hostile_names_stand_in_the_data_alone_and_not_as_markup(html: str) -> None:
    assert SCRIPT not in html
    assert CLOSING not in html
    data = re.search(r'<script type="application/json" id="monitor">(.*?)</script>', html, re.DOTALL)
    assert data
    names = [site["name"] for site in json.loads(data[1])["sites"]]
    assert SCRIPT in names[-1]["en"]
    assert CLOSING in names[-1]["zh"]


@needs_charts
def test_a_hostile_organisation_is_harmless_in_the_title(monitor: dict[str, Any]) -> None:
    made = deepcopy(monitor)
    made["organisation"]["name"] = {"en": "</title><script>alert(3)</script>", "zh": "&"}
    page = dashboard_html(made, "en")
    assert "<script>alert(3)" not in page
    assert "&lt;/title&gt;" in page


@pytest.mark.parametrize(
    "word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("]
)
def test_the_scripts_never_read_data_as_markup_or_as_code(word: str) -> None:
    assert [name for name, text in SCRIPTS.items() if word in text] == []


def test_the_page_is_small(html: str) -> None:
    assert len(html.encode()) < 1_500_000


@needs_charts
def test_the_same_monitor_gives_the_same_file(monitor: dict[str, Any], tmp_path: Path) -> None:
    write_dashboard(monitor, tmp_path / "a.html", "zh")
    write_dashboard(monitor, tmp_path / "b.html", "zh")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith('<!DOCTYPE html>\n<html lang="zh-Hans">')


# ---- words


CALLED = re.compile(r'\b(?:t|amount|column\.(?:text|exact|percent|float))\("([a-z0-9-]+)"')
CHOSEN = re.compile(r'\bt\([^()"`]*\? "([a-z0-9-]+)" : "([a-z0-9-]+)"')
QUOTED = re.compile(r'\b(?:nothing|knownNote)\("([a-z0-9-]+)"\)|\|\| t\([^()]*\? "([a-z0-9-]+)" : "([a-z0-9-]+)"')
IN_TEMPLATE = re.compile(r'data-t(?:-label)?="([a-z0-9-]+)"')
LISTED = re.compile(r"for id in \[([^\]]*)\]")
COMPOSED = re.compile(r"`((?:[a-z]+-)+)\$\{[^}]*\}((?:-[a-z]+)?)`|wordOr\(\"([a-z]+-)\"|\"([a-z0-9]+-)\"")


def words_asked() -> set[str]:
    asked = set(IN_TEMPLATE.findall(TEMPLATE)) | set(re.findall(r'"([a-z]+)"', LISTED.findall(TEMPLATE)[0]))
    for text in SCRIPTS.values():
        asked |= set(CALLED.findall(text))
        for pattern in (CHOSEN, QUOTED):
            asked |= {word for found in pattern.findall(text) for word in found if word}
    return asked


def test_every_word_that_the_page_asks_for_is_there_in_both_languages() -> None:
    known = {code.removeprefix(LABEL) for code in catalogue() if code.startswith(LABEL)}
    assert len(words_asked()) > 100
    assert words_asked() <= known


def test_every_word_of_the_catalogue_is_asked_for_by_the_page() -> None:
    source = TEMPLATE + "".join(SCRIPTS.values()) + (REPORT / "charts.py").read_text(encoding="utf-8")
    source += (REPORT / "dashboard.py").read_text(encoding="utf-8")
    beginnings = (
        "kind-",
        "group-",
        "status-",
        "bill-",
        "measure-",
        "position-",
        "indicator-",
        "model-",
        "denominator-",
        "severity-",
        "basis-",
        "where-",
    )
    for code in catalogue():
        if code.startswith(LABEL):
            word = code.removeprefix(LABEL)
            assert word.startswith(beginnings) or f'"{word}"' in source or f"{LABEL}{word}" in source, word


def test_the_words_that_are_put_together_have_all_their_ends() -> None:
    known = {code.removeprefix(LABEL) for code in catalogue() if code.startswith(LABEL)}
    for status in ("complete", "partial", "missing", "overlapping", "estimated", "not-expected"):
        assert f"status-{status}" in known
    for status in ("partial", "missing", "overlapping"):
        assert f"bill-{status}" in known
    for group in ("consumption", "meter-fault", "data"):
        assert {f"group-{group}", f"group-{group}-note", f"group-{group}-none"} <= known


# ---- charts


TOLD = {"text": "t", "expectation": "e", "reason": "r"}
ROWS: dict[str, list[dict[str, Any]]] = {
    "trend": [
        {
            "month": f"2024-{month:02d}",
            "actual": None if month == 3 else 10.0 + month,
            **{"expected": 11.0, "low": 9.0, "high": 13.0},
            "group": "consumption" if month == 2 else None,
            "whole": month != 4,
            **TOLD,
        }
        for month in range(1, 7)
    ],
    "parts": [{"month": "2024-01", "name": "gas", "value": 3.0, "order": 1, "colour": "#0b5394", **TOLD}],
    "heat": [
        {"site": SCRIPT, "month": month, "value": value, "missing": value is None, "anomaly": True, "order": 0, **TOLD}
        for month, value in (("2024-01", None), ("2024-02", 12.0))
    ],
    "ranking": [{"site": "a", "order": 0, "value": 90.0, "guide": 70.0, "constraint": None, **TOLD}],
    "trajectory": [
        {"target": "t", "name": "t", "year": year, "value": 9.0, "actual": None, "interpolated": year == 2031, **TOLD}
        for year in (2030, 2031)
    ],
    "pue": [{"site": "a", "month": "2024-01", "value": 1.3, "colour": "#0b5394", **TOLD}],
}


@needs_charts
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_chart_draws_the_rows_that_it_is_given(name: str, lang: str) -> None:
    import vl_convert

    spec = deepcopy(chart_specs(lang)[name])
    places = [one for one in spec["data"] if one["name"] == charts.ROWS]
    assert len(places) == 1
    places[0]["values"] = ROWS[name]
    drawn = vl_convert.vega_to_svg(spec)
    assert drawn.count("<path") > 3
    assert "<script>alert" not in drawn


@needs_charts
def test_the_words_under_the_pointer_are_in_the_language_of_the_page() -> None:
    assert "预期" in json.dumps(chart_specs("zh")["trend"], ensure_ascii=False)
    assert "expected" in json.dumps(chart_specs("en")["trend"])


@pytest.mark.parametrize("asked", [lambda: chart_specs("en"), vega_script])
def test_without_the_extra_the_error_says_what_to_install(
    asked: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda name: None)
    chart_specs.cache_clear()
    vega_script.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'hsesg_carbon\[report\]'"):
        asked()
