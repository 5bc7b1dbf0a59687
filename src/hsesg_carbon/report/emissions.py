"""The sections of the report on emissions: by scope and year, against targets, by source, site and gas."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from hsesg_carbon.boundary import CONSOLIDATIONS
from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Block, Cell, Figure, Note, Row, Table
from hsesg_carbon.report.drawings import DARK, MORE, TONES
from hsesg_carbon.report.reading import TOTAL, Json, Reading
from hsesg_carbon.units import exact_text, known_text

_SCOPE_2 = "2"
_SHOWN = 15  # bars; a table beside them has all


def scopes(read: Reading) -> Iterable[Block]:
    """Yield the totals of all years by scope, with their trend."""
    yield Figure("trend", _trend_caption(read), partial(_trend, read))
    unit = read.statement["unit"]
    rows = []
    for scope, method in read.lines():
        own = {year: read.total(scope, method, year) for year in read.years}
        cells = [
            read.amount(row, "totals", "year", "scope", "method", href=read.explained(year, scope, method))
            if row
            else read.number(None, unit)
            for year, row in own.items()
        ]
        last = own[read.last] or {}
        moved = [read.percent(last.get(one), signed=True) for one in _compared(read)]
        rows.append(
            Row((Cell(read.scope(scope, method), "head"), *cells, *moved), None, "sum" if scope == TOTAL else "")
        )
    after = {
        "change_percent": read.say("column-change", year=read.last - 1),
        "since_base_percent": read.say("column-since", year=read.statement["base_year"]),
    }
    yield read.by_years(
        read.say("scopes-caption", unit=unit),
        read.heads("scope"),
        rows,
        [after[one] for one in _compared(read)],
    )
    yield Note(read.say("scopes-note"))


def _compared(read: Reading) -> list[str]:
    """Return what the last year can be compared with: the year before, and the base year where it is another."""
    base, found = read.statement["base_year"], []
    if read.last - 1 in read.years:
        found.append("change_percent")
    if base in read.years and base not in {read.last, read.last - 1}:
        found.append("since_base_percent")
    return found


def _trend_caption(read: Reading) -> str:
    said = [read.say("trend-caption", method=read.word(f"scope2-{read.head}", read.head), unit=read.statement["unit"])]
    if len(read.methods) > 1:
        said.append(read.say("trend-other", method=read.word(f"scope2-{read.methods[1]}", read.methods[1])))
    if _trend_target(read):
        said.append(read.say("trend-target"))
    return read.say("stop").join(said)


def _trend_target(read: Reading) -> list[dict[str, Any]]:
    """Return what a target on all emissions of all sites allows in the reported years."""
    unit = read.statement["unit"]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read.statement["targets"]:
        if (row["what"], row["unit"], row.get("site")) == ("emissions", unit, None) and row["year"] in read.years:
            found.setdefault(row["target"], []).append(
                {"year": str(row["year"]), "value": float(Fraction(row["value"]))}
            )
    return next((sorted(rows, key=lambda one: one["year"]) for rows in found.values()), [])


def _trend(read: Reading) -> drawings.Drawing:
    wholes = {method: [*_wholes(read, method)] for method in read.methods}
    parts, labels = _columns(read)
    others = [one for method in read.methods[1:] for one in wholes[method]]
    for method in read.methods[1:]:
        text = read.word(f"scope2-{method}", method)
        labels += [{**one, "text": f"{text} {one['text']}", "tone": drawings.INK} for one in wholes[method][-1:]]
    target = _trend_target(read)
    for one in target[-1:]:
        text = f"{read.say('target')} {read.numbers.text(one['value'], read.statement['unit'])}"
        labels.append({**one, "text": text, "tone": MORE})
    return drawings.trend(parts, wholes[read.head], others, target, labels)


def _wholes(read: Reading, method: str) -> Iterable[dict[str, Any]]:
    """Yield the totals of the years by a method."""
    for year in read.years:
        row = read.total(TOTAL, method, year)
        if row is not None:
            text = read.numbers.text(row["value"], read.statement["unit"])
            yield {"year": str(year), "value": float(Fraction(row["value"])), "text": text}


def _columns(read: Reading) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return where each scope begins and ends in the column of its year, and the labels of the last column."""
    parts: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for year in read.years:
        low = 0.0
        for scope in read.statement["scopes"]:
            row = read.total(scope, None, year) or read.total(scope, read.head, year)
            if row is None:
                continue
            high = low + float(Fraction(row["value"]))
            parts.append({"year": str(year), "low": low, "high": high, "tone": TONES.get(scope, DARK)})
            if year == read.last:
                text = f"{read.scope(scope)} {read.numbers.text(row['value'], read.statement['unit'])}"
                labels.append({"value": (low + high) / 2, "text": text, "tone": drawings.INK})
            low = high
    return parts, labels


def targets(read: Reading) -> Iterable[Block]:
    """Yield where targets lead, and what there was."""
    groups: dict[tuple[str, str | None, str, str], list[Json]] = {}
    for row in read.statement["targets"]:
        groups.setdefault((row["target"], row.get("site"), row["what"], row["unit"]), []).append(row)
    rows = []
    for number, ((target, site, what, unit), own) in enumerate(groups.items()):
        whats = read.say("target-what", what=_what(read, what), unit=unit)
        if len(own) > len(read.years) and max(one["year"] for one in own) > read.last:
            yield Figure(
                f"trajectory-{number}",
                read.say("trajectory-caption", target=target, what=whats),
                partial(_path, read, number, own),
            )
        for one in sorted(own, key=lambda row: row["year"]):
            if one["interpolated"] and one["year"] not in read.years:
                continue
            rows.append(
                _target_row(
                    read, target if site is None else read.say("with-id", name=target, id=read.site(site)), whats, one
                )
            )
    columns = read.heads("target", "year", "allowed", "actual", "of-target", "source")
    yield Table(read.say("targets-caption"), columns, tuple(rows), frozenset({2, 3, 4}))
    yield Note(read.say("targets-note"))


def _what(read: Reading, what: str) -> str:
    named = next((row["name"] for row in read.statement["energy"] if row["carrier"] == what), None)
    return read.name(named) if named else read.word(f"report-what-{what}", what.replace("_", " "))


def _target_row(read: Reading, target: str, what: str, row: Json) -> Row:
    unit, key = row["unit"], f"targets/{row['target']}/{row.get('site') or '-'}/{row['year']}"
    year = str(row["year"])
    allowed = read.number(row["value"], unit, key)
    share = None
    if row["actual"] is not None and Fraction(row["value"]):
        share = exact_text(100 * Fraction(row["actual"]) / Fraction(row["value"]))
    cells = (
        Cell(target, "head", note=what),
        Cell(year if not row["interpolated"] else read.say("between", year=year)),
        allowed,
        read.number(row["actual"], unit, f"{key}/actual"),
        read.percent(share),
        Cell(row.get("source") or ""),
    )
    return Row(cells)


def _path(read: Reading, number: int, rows: list[Json]) -> drawings.Drawing:
    drawn = [
        {
            "year": row["year"],
            "value": float(Fraction(row["value"])),
            "actual": None if row["actual"] is None else float(Fraction(row["actual"])),
            "stated": not row["interpolated"],
            "text": read.numbers.text(row["value"], row["unit"]) if row["year"] > read.last else "",  # the table has it
        }
        for row in rows
    ]
    return drawings.trajectory(f"trajectory-{number}", drawn)


@dataclass(frozen=True)
class _Bar:
    """A bar of a chart: what it is of, its tone, its value in the last year and in the year before."""

    name: str
    tone: str
    now: Fraction | None
    before: Fraction | None


def sources(read: Reading) -> Iterable[Block]:
    """Yield emissions by what emits."""
    own = {(row["scope"], row["method"], row["activity"], row["year"]): row for row in read.statement["sources"]}
    names = {row["activity"]: read.name(row["name"], row["activity"]) for row in read.statement["sources"]}
    there = dict.fromkeys(one[:3] for one in own if one[0] != TOTAL)
    if not there:
        yield read.nothing("no-sources")
        return
    places = {line: place for place, line in enumerate(read.lines())}
    order = sorted(there, key=lambda one: (places[one[0], one[1]], -(_value(own.get((*one, read.last))) or 0)))
    drawn = [
        _Bar(
            read.say("source-in", source=names[one[2]], scope=read.scope(one[0])),
            TONES.get(one[0], DARK),
            *(_value(own.get((*one, year))) for year in (read.last, read.last - 1)),
        )
        for one in order
        if one[1] in {None, read.head}
    ]
    unit = read.statement["unit"]
    if any(one.now for one in drawn):
        yield Figure(
            "sources-chart",
            read.say("sources-figure", year=read.last, unit=unit),
            partial(_bars, read, "sources", drawn),
        )
    rows = [
        Row(
            (
                Cell(names[one[2]], "head"),
                Cell(read.scope(one[0], one[1])),
                *(_source(read, own.get((*one, year))) for year in read.years),
            )
        )
        for one in order
    ]
    yield read.by_years(read.say("sources-caption", unit=unit), read.heads("source-of", "scope"), rows)


def _value(row: Json | None) -> Fraction | None:
    return Fraction(row["value"]) if row else None


def _source(read: Reading, row: Json | None) -> Cell:
    if row is None:
        return read.number(None, "")
    href = read.explained(row["year"], row["scope"], row["method"], row["activity"])
    return read.amount(row, "sources", "activity", "year", "scope", "method", href=href)


def _bars(read: Reading, name: str, rows: Sequence[_Bar]) -> drawings.Drawing:
    """Draw the greatest first, and those that do not fit as one."""
    known = sorted((one for one in rows if one.now is not None), key=lambda one: -(one.now or 0))
    shown, rest = (known, known[:0]) if len(known) <= _SHOWN + 1 else (known[:_SHOWN], known[_SHOWN:])
    if rest:
        before = [one.before for one in rest if one.before is not None]
        whole = sum(before, Fraction(0)) if len(before) == len(rest) else None
        now = sum((one.now or Fraction(0) for one in rest), Fraction(0))
        shown = [*shown, _Bar(read.say("others", count=len(rest)), TONES["other"], now, whole)]
    drawn = [
        {
            "name": one.name,
            "tone": one.tone,
            "value": float(one.now or 0),
            "before": None if one.before is None else float(one.before),
            "text": read.numbers.text(one.now or Fraction(0), read.statement["unit"]),
        }
        for one in shown
    ]
    return drawings.bars(name, drawn)


def sites(read: Reading) -> Iterable[Block]:
    """Yield emissions by site; a row for each."""
    names = {row["site"]: read.name(row["name"], row["site"]) for row in read.statement["basis"]["boundary"]}
    names |= {row["site"]: row["site"] for row in read.statement["sites"] if row["site"] not in names}
    own = {(row["site"], row["year"], row["scope"], row["method"]): row for row in read.statement["sites"]}
    sums = {(site, year): _whole(read, own, site, year) for site in names for year in read.years}
    order = sorted(names, key=lambda one: -(sums[one, read.last] or 0))
    unit = read.statement["unit"]
    drawn = [_Bar(names[one], DARK, sums[one, read.last], sums.get((one, read.last - 1))) for one in order]
    if any(one.now for one in drawn):
        yield Figure(
            "sites-chart", read.say("sites-figure", year=read.last, unit=unit), partial(_bars, read, "sites", drawn)
        )
    parts = [one for one in read.lines() if one[0] != TOTAL]
    rows = []
    for site in order:
        cells = [_site(read, own.get((site, read.last, *one))) for one in parts]
        cells += [_site_sum(read, site, year, sums[site, year]) for year in reversed(read.years)]
        rows.append(Row((Cell(names[site], "head"), *cells)))
    columns = (
        *read.heads("site"),
        *(read.say("in-year", what=read.scope(*one), year=read.last) for one in parts),
        *(read.say("in-year", what=read.scope(TOTAL), year=year) for year in reversed(read.years)),
    )
    caption = read.say("sites-caption", unit=unit, method=read.word(f"scope2-{read.head}", read.head))
    yield Table(caption, columns, (*rows, _all_sites(read, parts)), frozenset(range(1, len(columns))))


def _whole(read: Reading, own: Mapping[tuple[Any, ...], Json], site: str, year: int) -> Fraction | None:
    """Return what a site emits in all scopes by the method of the headline; nothing where it has no row."""
    found = [
        Fraction(row["value"])
        for scope in read.statement["scopes"]
        for method in (None, read.head)
        if (row := own.get((site, year, scope, method)))
    ]
    return sum(found, Fraction(0)) if found else None


def _site(read: Reading, row: Json | None) -> Cell:
    if row is None:
        return read.number(None, "")
    href = read.explained(row["year"], row["scope"], row["method"])
    return read.amount(row, "sites", "site", "year", "scope", "method", href=href)


def _site_sum(read: Reading, site: str, year: int, value: Fraction | None) -> Cell:
    text = known_text(value)
    figure = f"sites/{site}/{year}/total/{read.head}"
    return read.number(text, read.statement["unit"], figure, read.explained(year, TOTAL, read.head))


def _all_sites(read: Reading, parts: Sequence[tuple[str, str | None]]) -> Row:
    places = [(read.last, *one) for one in parts] + [(year, TOTAL, read.head) for year in reversed(read.years)]
    cells = [
        read.number((read.totals.get(one) or {}).get("value"), read.statement["unit"], None, read.explained(*one))
        for one in places
    ]
    return Row((Cell(read.say("all-sites"), "head"), *cells), None, "sum")


def gases(read: Reading) -> Iterable[Block]:
    """Yield emissions by gas, and what stands beside the scopes."""
    own = {(row["gas"], row["scope"], row["method"], row["year"]): row for row in read.statement["gases"]}
    rows = []
    for scope, method in read.lines():
        gases = dict.fromkeys(gas for gas, of, by, _ in own if (of, by) == (scope, method))
        for gas in gases:
            cells = [
                read.amount(row, "gases", "gas", "year", "scope", "method", href=read.explained(year, scope, method))
                if (row := own.get((gas, scope, method, year)))
                else read.number(None, "")
                for year in read.years
            ]
            rows.append(Row((Cell(gas, "head"), Cell(read.scope(scope, method)), *cells)))
    if rows:
        caption = read.say("gases-caption", unit=read.statement["unit"])
        yield read.by_years(caption, read.heads("gas", "scope"), rows)
    else:
        yield read.nothing("no-gases")
    memo = read.pivot("memo", read.statement["memo"], ("kind", "flow", "unit"))
    if memo:
        named = [
            Row(
                (
                    Cell(read.term(read.word(f"report-memo-{key[0]}", key[0])), "head"),
                    Cell(key[1] or ""),
                    Cell(key[2]),
                    *cells,
                )
            )
            for key, cells in memo
        ]
        yield read.by_years(read.say("memo-caption"), read.heads("what", "gas", "unit"), named)
    yield Note(read.say("memo-note" if memo else "no-memo"))


def boundaries(read: Reading) -> Iterable[Block]:
    """Yield the totals under every consolidation, and by the items of the national standard."""
    unit = read.statement["unit"]
    found = read.pivot("consolidations", read.statement["consolidations"], ("consolidation", "scope"))
    if found:
        own = read.statement["basis"]["consolidation"]
        rows = []
        for place, ((approach, scope), cells) in enumerate(found):
            name = read.term(read.word(f"consolidation-{approach}", approach))
            ruling = read.say("consolidation-ruling") if approach == own else None
            first = not place or found[place - 1][0][0] != approach
            head = Cell(name, "head", note=ruling) if first else Cell(name, "head")
            rows.append(Row((head, Cell(read.scope(scope, read.head if scope == _SCOPE_2 else None)), *cells)))
        yield read.by_years(read.say("consolidations-caption", unit=unit), read.heads("consolidation", "scope"), rows)
        approaches = {approach for (approach, _), _ in found}
        if len(approaches) < len(CONSOLIDATIONS) or any(cell.exact is None for _, cells in found for cell in cells):
            yield Note(read.say("consolidations-note"))
    found = read.pivot("national", read.statement["national"], ("item",))
    if found:
        rows = [
            Row(
                (Cell(read.term(read.word(f"disclose-item-{item}", item.replace("-", " "))), "head"), *cells),
                None,
                "sum" if item == TOTAL else "",
            )
            for (item,), cells in sorted(found, key=lambda one: one[0][0] == TOTAL)
        ]
        yield read.by_years(read.say("national-caption", unit=unit), read.heads("what"), rows)
        yield Note(read.say("national-note"))
