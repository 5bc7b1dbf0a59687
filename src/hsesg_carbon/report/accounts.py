"""The sections of the report on intensities, energy, water and waste."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial

from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Block, Cell, Figure, Heading, Note, Row, Table, whole_number
from hsesg_carbon.report.drawings import DARK
from hsesg_carbon.report.reading import Json, Reading


def intensities(read: Reading) -> Iterable[Block]:
    """Yield emissions per denominator, and the denominators."""
    groups: dict[str, list[Json]] = {}
    for row in read.statement["intensities"]:
        groups.setdefault(row["denominator"], []).append(row)
    if not groups:
        yield read.nothing("no-intensities")
        return
    for number, (denominator, own) in enumerate(groups.items()):
        per, unit = read.name(own[0]["name"], denominator), own[0]["unit"]
        yield Heading(read.say("per", name=per), f"intensity-{number}")
        by = {(row["scope"], row["method"], row["year"]): row for row in own}
        rows = [
            Row(
                (
                    Cell(read.scope(scope, method), "head"),
                    *(_intensity(read, by.get((scope, method, year))) for year in read.years),
                )
            )
            for scope, method in dict.fromkeys(one[:2] for one in by)
        ]
        yield read.by_years(read.say("intensity-caption", name=per, unit=unit), read.heads("scope"), rows)
        yield _denominators(read, per, own)
    yield Note(read.say("intensity-note"))


def _intensity(read: Reading, row: Json | None) -> Cell:
    if row is None:
        return read.number(None, "")
    href = read.explained(row["year"], row["scope"], row["method"])
    return read.amount(row, "intensities", "denominator", "year", "scope", "method", href=href)


def _denominators(read: Reading, per: str, own: list[Json]) -> Table:
    years = {row["year"]: row for row in own}
    rows = [
        Row(
            (
                Cell(str(year), "head"),
                Cell(
                    f"{whole_number(row['denominator_value'])} {row['denominator_unit']}",
                    "number",
                    row["denominator_value"],
                ),
                Cell(row["boundary"] or ""),
                Cell(row["source"] or ""),
            )
        )
        for year, row in sorted(years.items())
    ]
    columns = (read.say("column-year"), read.term(per), *read.heads("boundary", "source"))
    return Table(read.say("denominators-caption", name=per), columns, tuple(rows), frozenset({1}))


def energy(read: Reading) -> Iterable[Block]:
    """Yield the energy account of each year."""
    if not read.statement["energy_totals"]:
        yield read.nothing("no-energy")
        return
    last = [row for row in read.statement["energy"] if row["year"] == read.last and row["gj"] is not None]
    before = {row["carrier"]: row["gj"] for row in read.statement["energy"] if row["year"] == read.last - 1}
    if last:
        yield Figure(
            "energy-chart", read.say("energy-figure", year=read.last), partial(_energy_bars, read, last, before)
        )
    for year in reversed(read.years):
        own = [row for row in read.statement["energy"] if row["year"] == year]
        rows = [_energy_row(read, row) for row in own]
        rows += [_energy_sum(read, row) for row in read.statement["energy_totals"] if row["year"] == year]
        columns = read.heads("carrier", "gj", "mwh", "tce", "share", "renewable")
        if rows:
            yield Table(read.say("energy-caption", year=year), columns, tuple(rows), frozenset({1, 2, 3, 4, 5}))
    basis = read.statement["energy_totals"][-1].get("tce_basis")
    yield Note(read.say(f"energy-note-{basis or 'none'}"))
    if len(read.methods) > 1:
        yield _renewable(read)


def _energy_bars(read: Reading, rows: list[Json], before: dict[str, str]) -> drawings.Drawing:
    drawn = [
        {
            "name": read.term(row["name"], row["carrier"]),
            "tone": DARK,
            "value": float(Fraction(row["gj"])),
            "before": float(Fraction(then)) if (then := before.get(row["carrier"])) else None,
            "text": read.numbers.text(row["gj"], "GJ") + _share(read, row["share_percent"]),
        }
        for row in sorted(rows, key=lambda one: -Fraction(one["gj"]))
    ]
    return drawings.bars("energy", drawn)


def _share(read: Reading, percent: str | None) -> str:
    return "" if percent is None else f" · {read.numbers.text(percent, '%')} %"


def _energy_row(read: Reading, row: Json) -> Row:
    key = f"energy/{row['carrier']}/{row['year']}"
    cells = [
        read.number(row[one], unit, f"{key}/{one}") for one, unit in (("gj", "GJ"), ("mwh", "MWh"), ("tce", "tce"))
    ]
    shares = (read.percent(row["share_percent"]), read.percent(row["renewable_percent"]))
    return Row((Cell(read.term(row["name"], row["carrier"]), "head"), *cells, *shares))


def _energy_sum(read: Reading, row: Json) -> Row:
    key = f"energy_totals/{row['year']}"
    cells = [
        read.number(row[one], unit, f"{key}/{one}") for one, unit in (("gj", "GJ"), ("mwh", "MWh"), ("tce", "tce"))
    ]
    shares = (read.percent("100"), read.percent(row["renewable_percent"], f"{key}/renewable"))
    return Row((Cell(read.say("all"), "head"), *cells, *shares), f"energy-{row['year']}", "sum")


def _renewable(read: Reading) -> Table:
    rows = [
        Row(
            (
                Cell(read.term(read.word(f"scope2-{method}", method)), "head"),
                *(read.percent(_by_year(read, year).get("renewable_by_method", {}).get(method)) for year in read.years),
            )
        )
        for method in read.methods
    ]
    return read.by_years(read.say("renewable-caption"), read.heads("method"), rows)


def _by_year(read: Reading, year: int) -> Json:
    return next((row for row in read.statement["energy_totals"] if row["year"] == year), {})


def water(read: Reading) -> Iterable[Block]:
    """Yield the account of water."""
    found = read.pivot("water", _one_unit(read.statement["water"].get("account", ())), ("kind", "unit"))
    rows = [
        Row((Cell(read.term(read.word(f"water-{kind}", kind)), "head"), Cell(unit), *cells))
        for (kind, unit), cells in found
    ]
    yield read.by_years(read.say("water-caption"), read.heads("what", "unit"), rows)


def _one_unit(rows: Sequence[Json]) -> list[Json]:
    """Return the rows in the first unit that they are told in: the same water in m3 and ML is one figure."""
    rows = list(rows)
    return [row for row in rows if row["unit"] == rows[0]["unit"]]


def waste(read: Reading) -> Iterable[Block]:
    """Yield the account of waste."""
    account = read.statement["waste"].get("account", ())
    found = read.pivot("waste", account, ("hazardous", "treatment", "unit"))
    rows = [
        Row(
            (
                Cell(read.term(read.word(f"report-waste-{treatment}", treatment.replace("-", " "))), "head"),
                Cell(read.say(f"hazardous-{hazardous}")),
                Cell(unit),
                *cells,
            )
        )
        for (hazardous, treatment, unit), cells in found
    ]
    yield read.by_years(read.say("waste-caption"), read.heads("treatment", "hazardous", "unit"), rows)
