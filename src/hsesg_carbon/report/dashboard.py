"""The monthly dashboard (能耗看板): one HTML file that opens from a disk, asks for nothing and holds both languages."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import LANGUAGES, catalogue, message
from hsesg_carbon.report.charts import chart_specs, vega_script
from hsesg_carbon.report.inlined import hash_of, text_of
from hsesg_carbon.writing import write_whole

_SCRIPTS = ("numbers", "data", "state", "parts", "sections", "start")
_WHOLE = ("organisation", "basis", "month", "months", "sites", "carriers", "targets", "findings")
_TABLES = (
    "series",
    "denominators",
    "indicators",
    "models",
    "baselines",
    "anomalies",
    "trajectory",
    "pue",
    "bands",
    "reconciliation",
    "recharges",
    "completeness",
    "estimated",
)
_WORDS = "label.dashboard-"
_LENT = ("label.scope2-", "label.consolidation-", "label.denominator-")
"""Words that other parts of the program say too; the page asks for them without ``label.``."""

_FIGURES = 6  # of a float: the band of an expectation is drawn, not added up


def write_dashboard(monitor: Mapping[str, Any], path: Path, lang: str) -> None:
    """
    Write the page of a monitor to ``path``, opening in ``lang`` (``en`` or ``zh``).

    Raises:
        InputError: The monitor lacks a part, or the extra ``report`` is not installed.
    """
    write_whole(path, dashboard_html(monitor, lang))


def dashboard_html(monitor: Mapping[str, Any], lang: str) -> str:
    """
    Return the page of a monitor as one self-contained HTML text.

    Every figure that the page shows is summed in the page from the series, exactly, under the filters set there; so the
    ``figures`` of the monitor, which are sums for no filter, are not in it. What is to run is named by its hash in the
    policy of the page: nothing else runs, whatever a name in the data says.

    Args:
        monitor: What ``monitor --json`` says.
        lang: The language that it opens in, ``en`` or ``zh``; the other one is a switch away.

    Raises:
        InputError: The monitor lacks a part, or the extra ``report`` is not installed.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    script = '(() => {\n"use strict";\n' + "\n".join(text_of(f"page/{name}.js") for name in _SCRIPTS) + "\n})();"
    vega = f"(() => {{{vega_script()}}})();"
    name = monitor.get("organisation", {}).get("name", {})
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(text_of("dashboard.html.j2"))
    return template.render(
        html_lang="zh-Hans" if lang == "zh" else "en",
        title=f"{name.get(lang, '')} {message('label.dashboard-title', lang)}".strip(),
        policy=_policy([vega, script]),
        noscript={one: message("label.dashboard-noscript", one) for one in LANGUAGES},
        css=Markup(text_of("page/page.css")),
        monitor=Markup(embedded(packed(monitor))),
        labels=Markup(embedded({one: _labels(one) for one in LANGUAGES})),
        charts=Markup(embedded({one: chart_specs(one) for one in LANGUAGES})),
        vega=Markup(_inline(vega)),
        script=Markup(_inline(script)),
    )


def packed(monitor: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what the page needs of a monitor, its long tables by columns.

    Three hundred sites over four years are half a million repeated words as rows; a column with few different words
    holds them once, and where each stands.

    Raises:
        InputError: A part of the monitor is missing, or it has no month or no site.
    """
    missing = [name for name in (*_WHOLE, *_TABLES) if name not in monitor]
    if missing:
        raise InputError("monitor-incomplete", missing=missing)
    if not (monitor["months"] and monitor["sites"]):
        raise InputError("monitor-empty")
    whole = {name: monitor[name] for name in _WHOLE}
    return {**whole, "tables": {name: _by_columns(monitor[name]) for name in _TABLES}}


def embedded(data: Any) -> str:
    r"""
    Return JSON that can stand in an HTML page: nothing in it can end the element that holds it.

    Example:
        >>> embedded({"site": "</script><b>&"})
        '{"site":"\\u003c/script\\u003e\\u003cb\\u003e\\u0026"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _by_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {"size": len(rows), "columns": {name: _column([_short(row.get(name)) for row in rows]) for name in names}}


def _column(values: list[Any]) -> Any:
    """Return a column as it is, or as its words and their places where that is shorter."""
    if not all(value is None or isinstance(value, str) for value in values):
        return values
    words = list(dict.fromkeys(values))
    if 2 * len(words) > len(values):
        return values
    place = {word: number for number, word in enumerate(words)}
    return {"words": words, "at": [place[value] for value in values]}


def _short(value: Any) -> Any:
    return float(f"{value:.{_FIGURES}g}") if isinstance(value, float) else value


def _labels(lang: str) -> dict[str, str]:
    """Return every word of the page in a language."""
    found = {}
    for code, texts in catalogue().items():
        if code.startswith(_WORDS):
            found[code.removeprefix(_WORDS)] = texts[lang]
        elif code.startswith(_LENT):
            found.setdefault(code.removeprefix("label."), texts[lang])
    return found


def _policy(scripts: Sequence[str]) -> str:
    """Return a content security policy under which these scripts run, and nothing else, and nothing is fetched."""
    allowed = " ".join(f"'{hash_of(one)}'" for one in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _inline(script: str) -> str:
    """Return our own script as it is, having made sure that it cannot end its element."""
    if "</script" in script.lower() or "<!--" in script:
        raise InputError("monitor-script")
    return script
