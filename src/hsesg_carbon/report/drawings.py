"""The charts of the report as SVG, drawn when it is written, once for a desk and once for a telephone."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.report.charts import LOOKS, installed

WIDE, NARROW = 888, 345
"""The widths that a chart is drawn in, in pixels: the column of a desk and of A4, and that of a telephone."""

# Dark and light are told apart without colour too, and every mark is named beside it; there are no legends.
INK, SOFT, DARK, LIGHT, PALE, MORE, LESS = "#18212b", "#53606d", "#0b5394", "#8fb4d9", "#dbe3ec", "#a63a09", "#17694d"
TONES = {"1": LIGHT, "2": DARK, "3": "#5b6673", "total": DARK, "other": "#aab2bc"}
_WORDS = 12.5  # pixels high
_NAMES = 340  # pixels that names beside bars may take
_EDGE = 18  # pixels left free for a figure over the first column
_DIAMOND = 22  # pixels from a column to the words beside its diamond
_NEAR = 0.09  # of the height of a plot: a line this close above a column crosses the words over it
_RIM = 4  # pixels of white around words
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_CLIP = re.compile(r"\bclip(\d+)\b")
_PLAIN = "sans-serif"  # measuring words in a list of fonts takes five times as long, and nothing is placed by it
_FONT = re.compile(rf'(<text [^>]*font-family="){_PLAIN}"')

Spec = dict[str, Any]
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Drawing:
    """A chart as SVG text in two widths; both show the same figures."""

    wide: str
    narrow: str


def drawable() -> None:
    """
    Make sure that charts can be drawn.

    Raises:
        InputError: The extra ``report`` is not installed.
    """
    if not installed():
        raise InputError("charts-missing")


def apart(values: Sequence[float], gap: float) -> list[float]:
    """
    Return places for labels near ``values``, at least ``gap`` from each other, in the order of the values.

    Example:
        >>> apart([5.0, 1.0, 1.2], 1.0)
        [5.0, 1.0, 2.0]
    """
    places = list(values)
    order = sorted(range(len(values)), key=lambda one: values[one])
    for before, here in pairwise(order):
        places[here] = max(places[here], places[before] + gap)
    return places


def wide(text: str, size: float = _WORDS) -> float:
    """
    Return about how many pixels a text takes, Chinese characters being as wide as they are high.

    Example:
        >>> wide("electricity", 10.0), wide("外购电力", 10.0)
        (66.0, 40.0)
    """
    return round(sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.6 for one in text) * size, 1)


def trend(parts: Rows, totals: Rows, others: Rows, target: Rows, labels: Rows) -> Drawing:
    """
    Draw emissions by year: the scopes on each other, the other Scope 2 method as diamonds, the target as a dashed line.

    Args:
        parts: Of each year and scope ``year, low, high, tone``: where its part of the column begins and ends.
        totals: Of each year ``year, value, text``.
        others: The total by the other method: ``year, value, text``.
        target: What the target allows: ``year, value``.
        labels: What stands beside the last column: ``value, text, tone``.
    """
    years = [str(row["year"]) for row in totals]
    top = max([row["value"] for row in (*totals, *others, *target)] or [1.0]) or 1.0
    named = apart([row["value"] for row in labels], top * 0.085)
    beside = [{**row, "value": place, "year": years[-1]} for row, place in zip(labels, named, strict=True)]
    side = max([wide(row["text"]) for row in labels] or [0.0]) + 24

    def draw(narrow: bool) -> Spec:
        room = ((NARROW if narrow else WIDE) - side - _EDGE) / len(years)
        words = "totals" if all(1.1 * wide(row["text"]) < room for row in totals) else "ends"
        between = "named" if all(wide(row["text"]) + _DIAMOND < room / 2 for row in others) else None
        layers = _trend(years, [0, max([top, *named])], words, between)
        return _layers(layers, 300, narrow, left=_EDGE, top=26, bottom=28, right=side)

    over = _over(totals, target, top * _NEAR)
    tables = {"totals": over, "ends": [*over[:1], *over[-1:]], "others": others, "named": others[:-1]}
    return _drawn("trend", draw, parts=parts, **tables, target=target, beside=beside)


def _over(totals: Rows, target: Rows, near: float) -> list[dict[str, Any]]:
    """Return the totals where their words stand: over the column, or over the target that would cross them out."""
    allowed = {str(row["year"]): row["value"] for row in target}
    places = [(row, allowed.get(str(row["year"]), 0.0)) for row in totals]
    return [{**row, "value": line} if 0 < line - row["value"] < near else row for row, line in places]


def _trend(years: Sequence[str], domain: Sequence[float], over: str, between: str | None) -> list[Any]:
    """Return the layers of a trend; ``over`` and ``between`` are the tables of the figures that have room."""
    import altair  # noqa: PLC0415

    def x(place: float = 0.5) -> Any:
        axis = altair.Axis(labelAngle=0, labelPadding=8, ticks=False, labelFontWeight="bold", labelOverlap=True)
        band = altair.Scale(domain=list(years), paddingInner=0.5, paddingOuter=0.04)
        return altair.X("year:N", axis=axis, scale=band, bandPosition=place)

    scale, tone = altair.Scale(domain=list(domain), nice=False), altair.Color("tone:N", scale=None)
    y, low = (altair.Y(field, axis=None, scale=scale) for field in ("value:Q", "low:Q"))
    columns = _of("parts").mark_bar(stroke="white", strokeWidth=1)
    line = _of("target").encode(x=x(), y=y)
    diamond = {"shape": "diamond", "size": 110, "filled": True, "color": INK, "opacity": 1, "xOffset": 12}
    words = _of("beside").mark_text(align="left", dx=_DIAMOND, fontSize=_WORDS, clip=False)
    return [
        columns.encode(x=x(), y=low, y2=altair.Y2("high:Q"), color=tone),
        line.mark_line(color="white", strokeWidth=6),
        line.mark_line(strokeDash=[6, 4], strokeWidth=2.5, color=MORE),
        *_label(_of(over).encode(x=x(), y=y), -14, bold=True),
        _of("others").mark_point(**diamond).encode(x=x(1), y=y),
        *(_label(_of(between).encode(x=x(1), y=y), dx=_DIAMOND) if between else ()),
        words.encode(x=x(1), y=y, text=altair.Text("text:N"), color=tone),
    ]


def bars(name: str, rows: Rows) -> Drawing:
    """
    Draw one bar a row, as long as its value, its figure at its end; a thin upright line is the year before.

    Args:
        name: What makes the ids of this drawing its own.
        rows: ``name, value, text, tone`` and ``before``, which may be None.
    """
    ends = [row[one] or 0 for row in rows for one in ("value", "before")]
    told = [{**row, "start": 0, "end": row["value"]} for row in rows]

    def draw(narrow: bool) -> Spec:
        base, x = _beside(narrow), _across("before:Q", ends)
        marks = base.transform_filter("isValid(datum.before)").encode(x=x)
        upright = marks.mark_tick(thickness=2, color=INK, height=20, yOffset=9 if narrow else 0)
        return _rows(told, ends, narrow, [upright])

    return _drawn(name, draw, rows=_ordered(told))


def waterfall(name: str, rows: Rows) -> Drawing:
    """
    Draw what leads from one total to another, a step a row, from zero on: a cut axis would mislead.

    Args:
        name: What makes the ids of this drawing its own.
        rows: ``name, start, end, text, whole``: a whole stands on zero, a part hangs between its start and its end.
    """
    ends = [row[one] for row in rows for one in ("start", "end")]
    told = [{**row, "tone": DARK if row["whole"] else (MORE if row["end"] > row["start"] else LESS)} for row in rows]
    return _drawn(name, lambda narrow: _rows(told, ends, narrow, []), rows=_ordered(told))


def intervals(rows: Rows) -> Drawing:
    """
    Draw the range that each total lies in, and the total.

    Args:
        rows: ``name, start, end, value, text``.
    """
    ends = [row[one] for row in rows for one in ("start", "end")]
    told = [{**row, "tone": LIGHT} for row in rows]

    def draw(narrow: bool) -> Spec:
        marks = _beside(narrow).encode(x=_across("value:Q", ends))
        return _rows(
            told, ends, narrow, [marks.mark_tick(thickness=3, color=DARK, height=20, yOffset=9 if narrow else 0)]
        )

    return _drawn("intervals", draw, rows=_ordered(told))


def trajectory(name: str, rows: Rows) -> Drawing:
    """
    Draw where a target leads, and what there was.

    Args:
        name: What makes the ids of this drawing its own.
        rows: ``year, value, actual, stated, text``; ``text`` stands beside the years that were stated.
    """
    import altair  # noqa: PLC0415

    ticks = [row["year"] for row in rows if row["stated"]]
    ends = [row[one] for row in rows for one in ("value", "actual") if row[one] is not None]

    def draw(narrow: bool) -> Spec:
        axis = altair.Axis(
            format="d", grid=False, values=ticks, labelPadding=6, labelOverlap="greedy", labelSeparation=8
        )
        x = altair.X("year:Q", axis=axis, scale=altair.Scale(zero=False, nice=False))
        scale = altair.Scale(domain=[min(0, *ends), max(ends) or 1], nice=False)
        y = altair.Y("value:Q", axis=None, scale=scale)
        base = _of("rows").encode(x=x)
        line = base.mark_line(color=MORE, strokeDash=[6, 4], strokeWidth=2.5).encode(y=y)
        stated = base.transform_filter("datum.stated").encode(y=y)
        known = base.transform_filter("isValid(datum.actual)").encode(y=altair.Y("actual:Q", axis=None, scale=scale))
        actual = known.mark_line(color=DARK, strokeWidth=3, point={"size": 50, "color": DARK})
        points = stated.mark_point(size=70, filled=True, color=MORE, opacity=1)
        words = _label(stated, -12, dx=6)
        return _layers([line, actual, points, *words], 200, narrow, left=8, top=26, bottom=26, right=96)

    return _drawn(name, draw, rows=rows)


def shares(rows: Rows) -> Drawing:
    """
    Draw what each year is made of, as shares of a whole bar.

    Args:
        rows: ``year, low, high, tone, ink, text``: from and to in per cent; ``text`` is left out where it has no room.
    """
    import altair  # noqa: PLC0415

    told = [{**row, "year": str(row["year"]), "middle": (row["low"] + row["high"]) / 2} for row in rows]

    def draw(narrow: bool) -> Spec:
        scale = altair.Scale(domain=[0, 100], nice=False)
        axis = altair.Axis(ticks=False, domain=False, labelPadding=8, labelFontWeight="bold")
        y = altair.Y("year:N", axis=axis, scale=altair.Scale(paddingInner=0.25))
        x, tone = altair.X("low:Q", axis=None, scale=scale), altair.Color("tone:N", scale=None)
        base = _of("rows").encode(y=y)
        parts = base.mark_bar(stroke="white", strokeWidth=1.5).encode(x=x, x2=altair.X2("high:Q"), color=tone)
        room = (NARROW if narrow else WIDE) - 60
        fitting = base.transform_filter(f"(datum.high - datum.low) * {room / 100} >= datum.room")
        middle = altair.X("middle:Q", axis=None, scale=scale)
        words = fitting.mark_text(fontSize=_WORDS).encode(
            x=middle, text=altair.Text("text:N"), color=altair.Color("ink:N", scale=None)
        )
        return _layers([parts, words], {"step": 36}, narrow, left=48, top=4, bottom=4, right=4)

    return _drawn("shares", draw, rows=[{**row, "room": wide(row["text"]) + 12} for row in told])


# ------------------------------------------------------------------------------------------------------------ private


def _drawn(name: str, draw: Callable[[bool], Spec], **tables: Rows) -> Drawing:
    """Return a chart in both widths; ``tables`` are the rows that it asks for by name."""
    drawable()
    return Drawing(_svg(f"{name}-wide", draw(False), tables), _svg(f"{name}-narrow", draw(True), tables))


def _svg(name: str, chart: Spec, tables: Mapping[str, Rows]) -> str:
    """Return a chart as SVG whose ids are its own on the page and the same on every run."""
    import vl_convert  # noqa: PLC0415

    datasets = {one: list(rows) for one, rows in tables.items()}
    svg = str(vl_convert.vegalite_to_svg({"$schema": _SCHEMA, **chart, "datasets": datasets}))
    seen: dict[str, int] = {}  # vl_convert counts through all charts of a process
    svg = _CLIP.sub(lambda found: f"{name}-clip{seen.setdefault(found[1], len(seen))}", svg)
    svg = _FONT.sub(lambda found: f'{found[1]}{LOOKS["font"]}"', svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _layers(layers: Sequence[Any], height: Any, narrow: bool, **padding: float) -> Spec:
    """
    Return drawings on each other as one specification; altair's own way copies every one of them many times.

    Nothing is measured when it is drawn: the plot takes what the paddings leave, whatever fonts a machine has.
    """
    drawn = []
    for one in layers:
        spec = one.to_dict(validate=False)  # Vega-Lite itself refuses what is wrong
        drawn.append({name: part for name, part in spec.items() if name not in {"$schema", "config"}})
    width = (NARROW if narrow else WIDE) - padding["left"] - padding["right"]
    looks = {"config": {**LOOKS, "font": _PLAIN}, "background": None, "autosize": {"type": "none"}}
    return {"layer": drawn, "width": max(width, 40), "height": height, "padding": padding, **looks}


def _of(table: str) -> Any:
    """Return an empty chart that asks for a table by its name: altair copies rows many times over."""
    import altair  # noqa: PLC0415

    return altair.Chart(altair.NamedData(name=table))


def _label(base: Any, dy: float = 0, *, dx: float = 0, bold: bool = False) -> tuple[Any, Any]:
    """Return the field ``text`` as words, and before them their white rim, so that no line behind crosses them out."""
    import altair  # noqa: PLC0415

    looks = {"fontSize": _WORDS, "clip": False, "dy": dy, "fontWeight": "bold" if bold else "normal"}
    looks |= {"align": "left", "dx": dx} if dx else {}
    base = base.encode(text=altair.Text("text:N"))
    return base.mark_text(**looks, stroke="white", strokeWidth=_RIM, strokeJoin="round"), base.mark_text(
        **looks, color=INK
    )


def _ordered(rows: Rows) -> Rows:
    return [
        {**row, "order": place, "right": max(row["start"], row["end"], row.get("before") or 0)}
        for place, row in enumerate(rows)
    ]


def _beside(narrow: bool) -> Any:
    """Return an empty chart of rows below each other."""
    import altair  # noqa: PLC0415

    pad: dict[str, Any] = (
        {"paddingInner": 0.0, "paddingOuter": 0.0} if narrow else {"paddingInner": 0.3, "paddingOuter": 0.1}
    )
    return _of("rows").encode(y=altair.Y("order:O", axis=None, scale=altair.Scale(**pad)))


def _across(field: str, ends: Sequence[float]) -> Any:
    """Return the axis of lengths, which begins at zero."""
    import altair  # noqa: PLC0415

    return altair.X(field, axis=None, scale=altair.Scale(domain=[min(0, *ends), max(0, *ends) or 1], nice=False))


def _rows(rows: Rows, ends: Sequence[float], narrow: bool, more: Sequence[Any]) -> Spec:
    """Return bars with their names, beside them at a desk and above them on a telephone, and a figure at their ends."""
    import altair  # noqa: PLC0415

    base, tone = _beside(narrow), altair.Color("tone:N", scale=None)
    thick = {"height": 13, "yOffset": 9} if narrow else {"height": 18}
    span = base.mark_bar(**thick).encode(x=_across("start:Q", ends), x2=altair.X2("end:Q"), color=tone)
    figure = _label(base.encode(x=_across("right:Q", ends)), 9 if narrow else 0, dx=9)
    room = min(_NAMES, max(wide(row["name"], _WORDS + 0.5) for row in rows) + 16)
    left = altair.value(0 if narrow else -room)
    limit = NARROW - 8 if narrow else room - 12
    looks = {"align": "left", "fontSize": _WORDS + 0.5, "color": INK, "limit": limit, "clip": False}
    names = base.mark_text(**looks, dy=-9 if narrow else 0).encode(x=left, text=altair.Text("name:N"))
    side = max(wide(row["text"]) for row in rows) + 12
    drawn = [span, *more, *figure, names]
    step = {"step": 42 if narrow else 30}
    return _layers(drawn, step, narrow, left=2 if narrow else room, top=4, bottom=4, right=side)
