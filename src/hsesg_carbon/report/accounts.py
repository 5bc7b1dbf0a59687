"""The sections of the report on intensities, energy, water and waste."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from hsesg_carbon.report import drawings
from hsesg_carbon.report.blocks import Block, Cell, Figure, Heading, Note, Row, Table, whole_number
from hsesg_carbon.report.drawings import DARK
from hsesg_carbon.report.reading import TOTAL, Json, Reading


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
            Row((Cell(read.scope(*line), "head"), *_intensity(read, [by.get((*line, year)) for year in read.years])))
            for line in dict.fromkeys(one[:2] for one in by)
        ]
        yield read.by_years(read.say("intensity-caption", name=per, unit=unit), read.heads("scope"), rows)
        yield _denominators(read, per, own)
    gases = read.say("comma").join(read.statement["basis"]["gases"])
    yield Note(read.say("intensity-numerator", gases=gases))
    if "3" in read.statement["scopes"]:
        yield Note(read.say("intensity-scope-3", scopes=read.scope(TOTAL)))
    yield Note(read.say("intensity-note"))


def _intensity(read: Reading, line: Sequence[Json | None]) -> list[Cell]:
    """Return the cells of a row, in places of its own: those of the total leave few digits of a small scope."""
    finer = read.numbers.finer((row["value"], row["unit"]) for row in line if row)
    cells = []
    for row in line:
        if row is None:
            cells.append(read.number(None, ""))
            continue
        href = read.explained(row["year"], row["scope"], row["method"])
        cell = read.amount(row, "intensities", "denominator", "year", "scope", "method", href=href)
        cells.append(replace(cell, text=finer.text(row["value"], row["unit"])))
    return cells


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
                Cell(read.boundary(row["boundary"] or "")),
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
    cells = _measures(read, row, f"energy/{row['carrier']}/{row['year']}", row["carrier"])
    shares = (read.percent(row["share_percent"]), read.percent(row["renewable_percent"]))
    return Row((Cell(read.term(row["name"], row["carrier"]), "head"), *cells, *shares))


def _measures(read: Reading, row: Json, key: str, carrier: str | None = None) -> list[Cell]:
    """Return energy in each measure, with a link to the products that it is the sum of; MWh are GJ over 3.6."""
    return [
        read.number(row[one], unit, f"{key}/{one}", read.energy_explained(row["year"], of, carrier))
        for one, unit, of in (("gj", "GJ", "gj"), ("mwh", "MWh", "gj"), ("tce", "tce", "tce"))
    ]


def _energy_sum(read: Reading, row: Json) -> Row:
    key = f"energy_totals/{row['year']}"
    cells = _measures(read, row, key)
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


def beside(read: Reading) -> Iterable[Block]:
    """Yield reduction measures and carbon credits, which no total is lowered by."""
    yield Note(read.say("beside-note"))
    unit = read.statement["unit"]
    found = read.pivot("measures", read.statement["measures"], ("measure", "scope", "source"))
    if found:
        rows = [
            Row((Cell(measure, "head"), Cell(read.scope(scope)), Cell(source), *cells))
            for (measure, scope, source), cells in found
        ]
        yield read.by_years(read.say("measures-caption", unit=unit), read.heads("measure", "scope", "source"), rows)
    credits = [_credit(read, row) for row in read.statement["offsets"]]
    if credits:
        columns = read.heads("credit", "registry", "vintage", "state", "volume")
        yield Table(read.say("offsets-caption", unit=unit), columns, tuple(credits), frozenset({4}))


def _credit(read: Reading, row: Json) -> Row:
    names = ("kind", "registry", "vintage", "year", "status")
    state = read.say(f"offset-{row['status']}", year=row["year"])
    volume = read.amount(row, "offsets", *names)
    return Row((Cell(row["kind"], "head"), Cell(row["registry"]), Cell(row["vintage"]), Cell(state), volume))
