"""The sections of the report on what moved figures: restatements and drivers."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Block, Cell, Figure, Note, Row, Table
from hsesg_carbon.report.reading import TOTAL, Json, Reading
from hsesg_carbon.units import exact_text


def restatement(read: Reading) -> Iterable[Block]:
    """Yield what figures were before, what changed them, and what they are."""
    found = read.statement["restatement"]
    if not found or not found["years"]:
        yield read.nothing("no-restatement")
        return
    sides = {one: read.name(found[one]["title"], found[one]["id"]) for one in ("before", "after")}
    yield Note(read.say("restatement-note", **sides))
    if found["reason"]:
        yield Note(read.say("restatement-reason", reason=read.name(found["reason"])))
    last = found["years"][-1]
    parts = [(read.term(one["name"], one["cause"]), one["amount"]) for one in last["causes"]]
    ends = (read.say("as-before"), last["before"]), (read.say("as-after"), last["after"])
    caption = read.say("restatement-figure", year=last["year"], unit=read.statement["unit"])
    yield Figure("restatement-chart", caption, partial(_bridge, read, "restatement", ends, parts))
    yield _restated(read, found)


def _restated(read: Reading, found: Json) -> Table:
    unit, years = read.statement["unit"], found["years"]
    causes = dict.fromkeys(
        (one["cause"], read.term(one["name"], one["cause"])) for year in years for one in year["causes"]
    )
    rows = [Row((Cell(read.say("as-before"), "head"), *_told(read, years, "before")), None, "sum")]
    for cause, name in causes:
        amounts = [next((one["amount"] for one in year["causes"] if one["cause"] == cause), None) for year in years]
        cells = [
            read.number(amount, unit, f"restatement/{year['year']}/{cause}", signed=True)
            for amount, year in zip(amounts, years, strict=True)
        ]
        rows.append(Row((Cell(name, "head"), *cells)))
    rows.append(Row((Cell(read.say("as-after"), "head"), *_told(read, years, "after")), None, "sum"))
    rows.append(Row((Cell(read.say("difference"), "head"), *_told(read, years, "difference", signed=True))))
    changed = [read.percent(year["percent"], signed=True) for year in years]
    rows.append(Row((Cell(read.say("difference-percent"), "head"), *changed)))
    columns = (*read.heads("step"), *(str(year["year"]) for year in years))
    return Table(read.say("restatement-caption", unit=unit), columns, tuple(rows), frozenset(range(1, len(columns))))


def _told(read: Reading, years: Sequence[Json], name: str, *, signed: bool = False) -> list[Cell]:
    return [
        read.number(year[name], read.statement["unit"], f"restatement/{year['year']}/{name}", signed=signed)
        for year in years
    ]


def _bridge(
    read: Reading, name: str, ends: tuple[tuple[str, str], tuple[str, str]], parts: Sequence[tuple[str, str]]
) -> drawings.Drawing:
    """Draw what leads from one total to another."""
    unit = read.statement["unit"]

    def step(name: str, start: Fraction, end: Fraction, *, whole: bool) -> dict[str, Any]:
        text = read.numbers.text(end - start, unit, signed=not whole)
        return {"name": name, "start": float(start), "end": float(end), "text": text, "whole": whole}

    rows, at = [step(ends[0][0], Fraction(0), Fraction(ends[0][1]), whole=True)], Fraction(ends[0][1])
    for part, amount in parts:
        rows.append(step(part, at, at + Fraction(amount), whole=False))
        at += Fraction(amount)
    rows.append(step(ends[1][0], Fraction(0), Fraction(ends[1][1]), whole=True))
    return drawings.waterfall(name, rows)


def drivers(read: Reading) -> Iterable[Block]:
    """Yield what moved emissions from year to year."""
    found = read.statement["drivers"]
    if not any(one["parts"] for one in found):
        yield read.nothing("no-drivers")
        yield from (Note(f"{one['from']}–{one['to']}: {read.name(one['why'])}") for one in found if one.get("why"))
        return
    last = next(one for one in reversed(found) if one["parts"])
    ends = [(str(year), read.total(TOTAL, last["method"], year)) for year in (last["from"], last["to"])]
    if all(row for _, row in ends):
        parts = [(read.term(one["name"], one["part"]), one["amount"]) for one in last["parts"]]
        caption = read.say("drivers-figure", first=last["from"], last=last["to"], unit=read.statement["unit"])
        told = [(year, str(row["value"])) for year, row in ends if row]
        yield Figure("drivers-chart", caption, partial(_bridge, read, "drivers", (told[0], told[1]), parts))
    yield _driver_table(read, found)
    yield Note(read.say("drivers-note"))
    yield from (Note(f"{one['from']}–{one['to']}: {read.name(one['why'])}") for one in found if one.get("why"))


def _driver_table(read: Reading, found: Sequence[Json]) -> Table:
    unit, known = read.statement["unit"], [one for one in found if one["parts"]]
    names = dict.fromkeys(
        (part["part"], read.term(part["name"], part["part"])) for one in known for part in one["parts"]
    )
    rows = []
    for part, name in names:
        cells = []
        for one in known:
            amount = next((own["amount"] for own in one["parts"] if own["part"] == part), None)
            cells.append(read.number(amount, unit, f"drivers/{one['from']}/{one['to']}/{part}", signed=True))
        rows.append(Row((Cell(name, "head"), *cells)))
    sums = [exact_text(sum((Fraction(part["amount"]) for part in one["parts"]), Fraction(0))) for one in known]
    rows.append(
        Row((Cell(read.say("change"), "head"), *(read.number(one, unit, signed=True) for one in sums)), None, "sum")
    )
    columns = (*read.heads("driver"), *(f"{one['from']}–{one['to']}" for one in known))
    return Table(read.say("drivers-caption", unit=unit), columns, tuple(rows), frozenset(range(1, len(columns))))
