"""The charts of the pages as Vega specifications; rows and width are given where they are shown. The user of altair."""

from functools import cache
from importlib.util import find_spec
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import message

ROWS = "rows"
"""The name under which a chart asks for its rows."""

# Blue, orange and their like are told apart by eyes that do not tell red from green; shapes say the same again.
ACTUAL, EXPECTED, BAND = "#0b5394", "#5b6673", "#cfd9e4"
CHANGE, FAULT, DOUBT = "#b5400a", "#6a3d9a", "#7a5c00"
LOW, EVEN, HIGH, UNKNOWN = "#2166ac", "#f4f4f2", "#b2182b", "#e4e7eb"
_FONT = "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
_INK, _GRID = "#46505c", "#e6e9ed"
_SATURATED = 30  # per cent above or below the expectation, at which the heat map is darkest
_GROUPS = ("consumption", "meter-fault", "data")

LOOKS: dict[str, Any] = {
    "aria": False,  # the page names each chart and gives its figures as a table
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "labelFontSize": 12,
        "gridColor": _GRID,
        "domainColor": "#aab2bc",
        "tickColor": "#aab2bc",
        "title": None,
    },
    "legend": {"labelColor": _INK, "labelFontSize": 12, "title": None},
}
"""What the charts of all pages have in common."""

Spec = dict[str, Any]


def installed() -> bool:
    """Return whether the extra ``report`` is there."""
    return find_spec("altair") is not None and find_spec("vl_convert") is not None


@cache
def vega_script() -> str:
    """
    Return Vega and Vega-Embed as one script without outside requests; it sets ``window.vegaEmbed``.

    Raises:
        InputError: The extra ``report`` is not installed.
    """
    if not installed():
        raise InputError("charts-missing")
    import vl_convert  # noqa: PLC0415

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


@cache
def chart_specs(lang: str) -> dict[str, Spec]:
    """
    Return the Vega specification of every chart of the dashboard, its words in ``lang``.

    Each asks for rows named ``rows`` and takes the width of its place. Texts beside a figure are made where the rows
    are made, in the field ``text``, so that they show exact figures; numbers in the rows are floats, for drawing alone.

    Raises:
        InputError: The extra ``report`` is not installed.

    Example:
        >>> sorted(chart_specs("en")) if installed() else ["heat", "parts", "pue", "ranking", "trajectory", "trend"]
        ['heat', 'parts', 'pue', 'ranking', 'trajectory', 'trend']
    """
    if not installed():
        raise InputError("charts-missing")
    drawn = {
        "trend": _trend,
        "parts": _parts,
        "heat": _heat,
        "ranking": _ranking,
        "trajectory": _trajectory,
        "pue": _pue,
    }
    return {name: _finished(draw(lang)) for name, draw in drawn.items()}


def _finished(chart: Any) -> Spec:
    """Return a chart with the looks that all share, compiled as far as Vega, so that the page need not do it."""
    import vl_convert  # noqa: PLC0415

    spec: Spec = chart.to_dict()
    spec["background"] = None
    spec["config"] = LOOKS
    return dict(vl_convert.vegalite_to_vega(spec))


def _base() -> Any:
    """Return an empty chart that asks for its rows."""
    import altair  # noqa: PLC0415

    return altair.Chart(altair.NamedData(name=ROWS), width="container")


def _months(**more: Any) -> Any:
    """Return a horizontal axis of months, named as text so that no time zone can move them."""
    import altair  # noqa: PLC0415

    axis = altair.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=14, labelPadding=6, **more)
    return altair.X("month:O", axis=axis, scale=altair.Scale(paddingOuter=0.05))


def _texts(*names: str, lang: str) -> list[Any]:
    """Return what is shown under the pointer: fields of the rows that are texts already."""
    import altair  # noqa: PLC0415

    words = {
        "month": message("label.dashboard-month", lang),
        "year": message("label.dashboard-year", lang),
        "site": message("label.dashboard-site", lang),
        "name": message("label.dashboard-what", lang),
        "text": message("label.dashboard-actual", lang),
        "expectation": message("label.dashboard-expected", lang),
        "reason": message("label.dashboard-reason", lang),
    }
    return [altair.Tooltip(f"{name}:N", title=words[name]) for name in names]


def _trend(lang: str) -> Any:
    """Draw one quantity over months: what was used, what was expected with its band, and the anomalies."""
    import altair  # noqa: PLC0415

    base = _base().encode(x=_months(grid=False))
    band = base.mark_area(color=BAND, opacity=0.75, interpolate="monotone").encode(
        y=altair.Y("low:Q", scale=altair.Scale(zero=False), axis=altair.Axis(format="~s", tickCount=5)), y2="high:Q"
    )
    expected = base.mark_line(color=EXPECTED, strokeDash=[5, 4], strokeWidth=1.5, interpolate="monotone")
    actual = base.mark_line(color=ACTUAL, strokeWidth=2.5, point={"size": 26, "color": ACTUAL})
    parts = base.transform_filter("!datum.whole").mark_point(
        size=60, filled=True, color="white", stroke=ACTUAL, opacity=1
    )
    marks = base.transform_filter("datum.group !== null").mark_point(size=170, filled=True, opacity=1, stroke="white")
    return altair.layer(
        band,
        expected.encode(y="expected:Q"),
        actual.encode(y="actual:Q"),
        parts.encode(y="actual:Q"),
        marks.encode(
            y="actual:Q",
            color=altair.Color(
                "group:N", scale=altair.Scale(domain=_GROUPS, range=[CHANGE, FAULT, DOUBT]), legend=None
            ),
            shape=altair.Shape(
                "group:N", scale=altair.Scale(domain=_GROUPS, range=["triangle-up", "diamond", "square"]), legend=None
            ),
        ),
        base.mark_rule(opacity=0, strokeWidth=14).encode(
            tooltip=_texts("month", "text", "expectation", "reason", lang=lang)
        ),
    ).properties(height=280, width="container")


def _parts(lang: str) -> Any:
    """Draw what a total of each month is made of."""
    import altair  # noqa: PLC0415

    return (
        _base()
        .mark_bar()
        .encode(
            x=_months(grid=False),
            y=altair.Y("value:Q", axis=altair.Axis(format="~s", tickCount=5)),
            color=altair.Color("colour:N", scale=None),
            order=altair.Order("order:Q"),
            tooltip=_texts("month", "name", "text", lang=lang),
        )
        .properties(height=280)
    )


def _heat(lang: str) -> Any:
    """Draw how far each site was from its expectation in each month; crosses are missing, dots are anomalies."""
    import altair  # noqa: PLC0415

    limit, signed = _SATURATED, "(datum.value > 0 ? '+' : '') + datum.value + ' %'"
    colour = altair.Color(
        "value:Q",
        scale=altair.Scale(domain=[-limit, 0, limit], range=[LOW, EVEN, HIGH], clamp=True, interpolate="rgb"),
        legend=altair.Legend(
            orient="top", gradientLength=220, gradientThickness=10, values=[-limit, 0, limit], labelExpr=signed
        ),
    )
    axis = altair.Axis(labelLimit=190, ticks=False, domain=False, labelPadding=8)
    base = _base().encode(
        x=_months(), y=altair.Y("site:N", axis=axis, sort=altair.EncodingSortField("order", op="min"))
    )
    under = _texts("site", "month", "text", "expectation", lang=lang)
    tiles = base.mark_rect(color=UNKNOWN, stroke="white", strokeWidth=1.5, cornerRadius=2).encode(tooltip=under)
    known = base.transform_filter("isValid(datum.value)")
    cells = known.mark_rect(stroke="white", strokeWidth=1.5, cornerRadius=2).encode(color=colour, tooltip=under)
    crosses = base.transform_filter("datum.missing").mark_text(text="×", fontSize=13, color=_INK)
    dots = base.transform_filter("datum.anomaly").mark_point(filled=True, size=22, color="#10161d", opacity=1)
    return altair.layer(tiles, cells, crosses, dots).properties(height={"step": 24}, width="container")


def _ranking(lang: str) -> Any:
    """Draw the consumption per area of each site, with the two values of its band where one is known."""
    import altair  # noqa: PLC0415

    axis = altair.Axis(labelLimit=190, ticks=False, domain=False, labelPadding=8)
    base = _base().encode(y=altair.Y("site:N", axis=axis, sort=altair.EncodingSortField("order", op="min")))
    bars = base.mark_bar(height={"band": 0.62}, color="#5f8fbf", cornerRadiusEnd=3).encode(
        x=altair.X("value:Q", axis=altair.Axis(tickCount=5)), tooltip=_texts("site", "text", lang=lang)
    )
    values = base.mark_text(align="left", dx=6, fontSize=12, color="#1c2430").encode(x="value:Q", text="text:N")
    halo = base.mark_text(align="left", dx=6, fontSize=12, stroke="white", strokeWidth=5).encode(
        x="value:Q", text="text:N"
    )
    guide = base.mark_tick(thickness=3, height={"band": 0.9}, color="#1b7a5a").encode(x="guide:Q")
    constraint = base.mark_tick(thickness=3, height={"band": 0.9}, color=CHANGE).encode(x="constraint:Q")
    return altair.layer(bars, guide, constraint, halo, values).properties(height={"step": 30}, width="container")


def _trajectory(lang: str) -> Any:
    """Draw where a target leads, year by year, and what there was."""
    import altair  # noqa: PLC0415

    axis = altair.Axis(format="d", grid=False, tickCount=8)
    base = _base().encode(x=altair.X("year:Q", axis=axis, scale=altair.Scale(zero=False, nice=False)))
    y_axis = altair.Axis(format="~s", tickCount=5)
    line = base.mark_line(strokeWidth=2, color=EXPECTED, strokeDash=[5, 4]).encode(
        y=altair.Y("value:Q", axis=y_axis), detail="target:N"
    )
    stated = base.transform_filter("!datum.interpolated").mark_point(size=80, filled=True, color=EXPECTED, opacity=1)
    actual = base.mark_line(strokeWidth=2.5, color=ACTUAL, point={"size": 40, "color": ACTUAL}).encode(
        y="actual:Q", detail="target:N"
    )
    under = base.mark_rule(opacity=0, strokeWidth=12).encode(
        tooltip=_texts("year", "name", "text", "expectation", lang=lang)
    )
    return altair.layer(line, stated.encode(y="value:Q"), actual, under).properties(height=240, width="container")


def _pue(lang: str) -> Any:
    """Draw the PUE of each machine room by month."""
    import altair  # noqa: PLC0415

    return (
        _base()
        .mark_line(strokeWidth=2.5, point={"size": 30})
        .encode(
            x=_months(grid=False),
            y=altair.Y("value:Q", scale=altair.Scale(zero=False), axis=altair.Axis(tickCount=5)),
            color=altair.Color("colour:N", scale=None),
            detail="site:N",
            tooltip=_texts("site", "month", "text", lang=lang),
        )
        .properties(height=220)
    )
