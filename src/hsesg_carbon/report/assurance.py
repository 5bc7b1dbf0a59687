"""The sections of the report on how sure its figures are: intervals, quality, completeness, verification."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from hsesg_carbon.percentages import percent_text
from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Block, Cell, Figure, Heading, Note, Row, Table
from hsesg_carbon.report.drawings import DARK, LIGHT, MORE, PALE
from hsesg_carbon.report.reading import TOTAL, Json, Reading
from hsesg_carbon.report.remarks import remarks

_SHOWN = 15  # numbers that an uncertainty comes from; the rest hardly matters
_QUALITIES = ("measured", "invoiced", "estimated", "not-stated")


def uncertainty(read: Reading) -> Iterable[Block]:
    """Yield the 95 % intervals, and what they come from."""
    found = read.statement["uncertainty"]
    if not found or not found["totals"]:
        yield read.nothing("no-uncertainty")
        return
    unit = read.statement["unit"]
    last = [
        row
        for row in found["totals"]
        if row["year"] == read.last and row["low"] is not None and row["high"] is not None
    ]
    if last:
        yield Figure(
            "intervals-chart", read.say("intervals-figure", year=read.last, unit=unit), partial(_intervals, read, last)
        )
    rows = [
        Row(
            (
                Cell(str(row["year"]), "head"),
                Cell(read.scope(row["scope"], _head_of(read, row["scope"]))),
                read.number(row["low"], unit, f"uncertainty/{row['year']}/{row['scope']}/low"),
                read.number(row["high"], unit, f"uncertainty/{row['year']}/{row['scope']}/high"),
                read.percent(row["percent_low"], signed=True),
                read.percent(row["percent_high"], signed=True),
            )
        )
        for row in found["totals"]
    ]
    columns = read.heads("year", "scope", "low", "high", "percent-low", "percent-high")
    yield Table(read.say("intervals-caption", unit=unit), columns, tuple(rows), frozenset({2, 3, 4, 5}))
    most = [one for one in found["contributions"] if (one["year"], one["scope"]) == (read.last, TOTAL)]
    most = sorted(most, key=lambda one: -one["share_percent"])[:_SHOWN]
    if most:
        rows = [
            Row((Cell(read.name(one["name"], one["source"]), "head"), read.percent(one["share_percent"], bar=True)))
            for one in most
        ]
        caption = read.say("contributions-caption", year=read.last)
        yield Table(caption, read.heads("what", "contribution"), tuple(rows), frozenset({1}))
    yield Note(read.say("uncertainty-note", draws=f"{found['draws']:,}", seed=found["seed"]))


def _head_of(read: Reading, scope: str) -> str | None:
    return read.head if scope in {"2", TOTAL} else None


def _intervals(read: Reading, rows: Sequence[Json]) -> drawings.Drawing:
    unit, drawn = read.statement["unit"], []
    for row in rows:
        total = read.total(row["scope"], _head_of(read, row["scope"]))
        drawn.append(
            {
                "name": read.scope(row["scope"], None),
                "start": row["low"],
                "end": row["high"],
                "value": float(Fraction(total["value"])) if total else (row["low"] + row["high"]) / 2,
                "text": read.say(
                    "range", low=read.numbers.text(row["low"], unit), high=read.numbers.text(row["high"], unit)
                ),
            }
        )
    return drawings.intervals(drawn)


def quality(read: Reading) -> Iterable[Block]:
    """Yield what the figures rest on, and which months bills cover."""
    own = {(row["year"], row["quality"]): row["percent"] for row in read.statement["quality"] if row["scope"] == TOTAL}
    if own:
        yield Figure("quality-chart", read.say("quality-figure"), partial(_qualities, read, own))
        rows = [
            Row(
                (
                    Cell(read.term(read.say(f"quality-{one}")), "head"),
                    *(
                        read.percent(own.get((year, one), _none_of(own, year)), f"quality/{year}/{one}")
                        for year in read.years
                    ),
                )
            )
            for one in _QUALITIES
            if any((year, one) in own for year in read.years)
        ]
        yield read.by_years(read.say("quality-caption"), read.heads("quality"), rows)
    else:
        yield read.nothing("no-quality")
    estimated = _estimated(read)
    if estimated:
        yield read.by_years(read.say("estimated-caption"), read.heads("scope"), estimated)
    yield from _complete(read)


def _none_of(own: dict[tuple[int, str], str], year: int) -> str | None:
    """Return the share of a quality that no row has: none, in a year whose other shares add up to all."""
    return "0" if any(one[0] == year for one in own) else None


def _qualities(read: Reading, own: dict[tuple[int, str], str]) -> drawings.Drawing:
    tones = {"measured": (DARK, "white"), "invoiced": (LIGHT, drawings.INK), "estimated": (MORE, "white")}
    rows: list[dict[str, Any]] = []
    for year in read.years:
        low = 0.0
        for one in _QUALITIES:
            part = float(Fraction(own.get((year, one), 0)))
            tone, ink = tones.get(one, (PALE, drawings.INK))
            text = f"{read.say(f'quality-{one}')} {read.numbers.text(part, '%')} %"
            rows.append({"year": year, "low": low, "high": low + part, "tone": tone, "ink": ink, "text": text})
            low += part
    return drawings.shares([one for one in rows if one["high"] > one["low"]])


def _estimated(read: Reading) -> list[Row]:
    rows = []
    for scope, method in read.lines():
        own = [read.total(scope, method, year) or {} for year in read.years]
        if any(row.get("estimated_percent") is not None for row in own):
            cells = [
                read.percent(row.get("estimated_percent"), f"estimated/{year}/{scope}/{method or '-'}")
                for year, row in zip(read.years, own, strict=True)
            ]
            rows.append(Row((Cell(read.scope(scope, method), "head"), *cells), None, "sum" if scope == TOTAL else ""))
    return rows


def _complete(read: Reading) -> Iterable[Block]:
    found = read.statement["completeness"]
    if not found:
        yield read.nothing("no-completeness")
        return
    yield Heading(read.say("head-completeness"), "completeness")
    expected, rows = found["expected_months"], []
    for one in ("complete", "estimated", "partial", "overlapping", "missing"):
        if found.get(one) is not None:
            share = percent_text(Fraction(found[one], expected)) if expected else None
            count = Cell(f"{found[one]:,}", "number", str(found[one]), f"completeness/{one}")
            rows.append(Row((Cell(read.term(read.say(f"months-{one}")), "head"), count, read.percent(share))))
    sums = Cell(f"{expected:,}", "number", str(expected), "completeness/expected_months")
    rows.append(Row((Cell(read.say("months-expected"), "head"), sums, read.percent("100")), None, "sum"))
    columns = read.heads("months-are", "months", "share")
    yield Table(read.say("completeness-caption"), columns, tuple(rows), frozenset({1, 2}))


def verification(read: Reading) -> Iterable[Block]:
    """Yield what cannot be true in the reported figures."""
    found = read.statement["verification"]
    if not found:
        yield read.nothing("no-verification")
        return
    yield Note(
        read.say(
            "verification-note",
            checks=found["checks"],
            passed=found["passed"],
            failed=found["checks"] - found["passed"],
        )
    )
    if found["findings"]:
        yield remarks(read, found["findings"])
    else:
        yield read.nothing("verification-none")
