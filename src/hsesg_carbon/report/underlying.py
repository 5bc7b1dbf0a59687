"""What the totals of the workpapers rest on: published numbers, boundary, instruments, activity data and every line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from hsesg_carbon import units
from hsesg_carbon.messages import message
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import CO2_PER_CARBON, Step, plan_keys
from hsesg_carbon.records import EmissionFactor
from hsesg_carbon.report.binder import (
    FIRST,
    HEADING,
    NOTHING,
    ROW,
    Binder,
    Formula,
    Kind,
    Leaf,
    Value,
    is_exact,
    printed_shape,
    serial,
    times,
)
from hsesg_carbon.report.traced import Line, Multiplier, Rung, Series, Stated, Traced

_MOST_TERMS = 200
"""So many addresses fit into a formula: it has at most 8,192 characters."""

_VALUE = 3
"""The column of the printed value of a factor."""

QUANTITY, DAYS = 9, 8
"""Columns of the activity data that the detail refers to."""

_LONG = (1, 7, 8, 10, 11)
"""Columns of the multipliers with long text."""

DETAIL = {"stated": 0, "site": 2, "activity": 4, "year": 6, "series": 7, "flow": 8, "amount": 15, "t_co2e": 17}
"""Columns of the detail that have a name for formulas: ``detail_year`` and so on."""


def series_name(binder: Binder, series: Series) -> str:
    """Return what a series of lines is called."""
    kind, method = series
    scope = kind in {"1", "2", "3"}
    name = message(f"label.scope-{kind}", binder.lang) if scope else binder.say(f"series-{kind}")
    return binder.say("series-by", name=name, method=binder.say(f"method-{method}")) if method else name


def write_factors(leaf: Leaf, traced: Traced) -> None:
    """Write every factor and property used: its value as printed, where it is printed, and how it was checked."""
    binder, library = leaf.binder, traced.headline.ledger.plan.library
    widths = (30, 24, 13, 15, 14, 8, 9, 22, 46, 32, 17, 46)
    leaf.begin([(binder.say(f"factors-{at}"), width) for at, width in enumerate(widths)], right={_VALUE})
    for row, one in enumerate(traced.records, start=FIRST):
        source = library.sources[one.source]
        printed = (source.titles[binder.lang], source.publisher, source.edition or "", one.published or "")
        what = (one.activity, one.flow) if isinstance(one, EmissionFactor) else (one.subject, one.property)
        valid = f"{one.valid_from or ''} / {one.valid_to or ''}" if one.valid_from or one.valid_to else ""
        cells: list[Value] = [one.id, *what, one.value, one.unit, one.basis or "", one.region, valid]
        told = [", ".join(each for each in printed if each), one.locator, one.checked, one.note or ""]
        for at, value in enumerate([*cells, *told]):
            number = at == _VALUE
            shape = printed_shape(one.value) if number else ""
            leaf.put(row, at, value, "x" if number else "t", "published" if number else "wrap", shape=shape)
        leaf.tall(row, [(str(value), widths[at]) for at, value in enumerate([*cells, *told])])
        binder.cells["record", one.id] = leaf.ref(row, _VALUE)
    leaf.table(HEADING + len(traced.records), len(widths))


def write_potentials(leaf: Leaf, traced: Traced) -> None:
    """Write what one unit of every flow counts for, in tCO2e."""
    binder, library = leaf.binder, traced.headline.ledger.plan.library
    widths = (12, 26, 10, 16, 12, 14, 16, 44, 36, 17)
    leaf.begin([(binder.say(f"gwp-{at}"), width) for at, width in enumerate(widths)], right={4, 6})
    for row, one in enumerate(traced.potentials, start=FIRST):
        record, name = one.record, one.flow.name_zh if binder.lang == "zh" else one.flow.name_en
        weight = float(one.weight)
        if record is None:
            note = binder.say("gwp-published" if one.flow.kind == "co2e" else "gwp-reference")
            cells: list[Value | Formula] = [one.flow.flow, name, one.flow.unit, "", weight, "", weight, note, "", ""]
        else:
            formula = Formula(f"={leaf.ref(row, 4)}{times(one.convert)}", weight)
            cells = [one.flow.flow, name, one.flow.unit, record.gwp_set, record.value, record.unit, formula]
            cells += [library.sources[record.source].titles[binder.lang], record.locator, record.checked]
        for at, value in enumerate(cells):
            kind: Kind = "x" if at in {4, 6} else "t"
            leaf.put(row, at, value, kind, "published" if at == 4 else "")  # noqa: PLR2004
        binder.cells["potential", one.number] = leaf.ref(row, 6)


def write_boundary(leaf: Leaf, traced: Traced) -> None:
    """Write the sites: the share that is held, the part that is used, and what counts of each."""
    binder, boundary = leaf.binder, traced.workspace.boundary
    widths = (6, 20, 40, 18, 11, 11, 13, 13, 13, 12, 13, 12, 12)
    leaf.begin([(binder.say(f"boundary-{at}"), width) for at, width in enumerate(widths)], right=range(6, 13), freeze=2)
    for row, site in enumerate(boundary.sites, start=FIRST):
        counted = boundary.counting(site)
        lease = site.lease
        stated: list[Value] = [
            row - FIRST + 1,
            site.id,
            binder.both(site.name),
            site.region or "",
            site.first,
            site.last,
        ]
        stated += [counted / site.used]
        stated += [lease.area, lease.building_area, lease.occupied, lease.share] if lease else [None] * 4
        kinds: tuple[Kind, ...] = ("i", "t", "t", "t", "d", "d", "p", "x", "x", "p", "p")
        for at, (value, kind) in enumerate(zip(stated, kinds, strict=True)):
            leaf.put(row, at, value, kind, "stated" if at >= 6 else "")  # noqa: PLR2004
        area, building, occupied, share = (leaf.ref(row, at) for at in (7, 8, 9, 10))
        text = "=1"
        if lease and lease.area and lease.building_area:
            text = f"={area}/({building}*{occupied})" if lease.occupied else f"={area}/{building}"
        elif lease and lease.share:
            text = f"={share}"
        leaf.put(row, 11, Formula(text, float(site.used)), "p")
        leaf.put(row, 12, Formula(f"={leaf.ref(row, 6)}*{leaf.ref(row, 11)}", float(counted)), "p")
        binder.cells["used", site.id], binder.cells["site", site.id] = leaf.ref(row, 11), leaf.ref(row, 12)


# -------------------------------------------------------------------------------------------------- instruments


def write_instruments(leaf: Leaf, traced: Traced) -> None:
    """Write the instruments as stated, then what each covers of every site and month, in the order of the ladder."""
    binder = leaf.binder
    items = traced.headline.instruments.items if traced.headline.instruments else ()
    widths = (7, 22, 16, 18, 22, 16, 16, 16, 16, 14, 14)
    leaf.begin([(binder.say(f"instruments-{at}"), width) for at, width in enumerate(widths)], right={6, 8}, freeze=0)
    for row, one in enumerate(items, start=FIRST):
        cells: list[Value] = [row - FIRST + 1, one.instrument, one.kind, one.period, one.market, one.site or ""]
        cells += [one.volume, one.unit or "", one.factor, one.factor_unit, one.evidence or one.note or ""]
        for at, value in enumerate(cells):
            leaf.put(row, at, value, "x" if at in {6, 8} else "t" if at else "i", "stated" if at in {6, 8} else "")
        binder.cells["volume", one.instrument] = leaf.ref(row, 6)
        binder.cells["instrument", one.instrument] = leaf.ref(row, 8)
    _Ladder(leaf, traced, FIRST + len(items) + 2).write()


@dataclass(frozen=True)
class _Ladder:
    """What each instrument covers, from row ``start`` on: a row for each rung, those of an instrument together."""

    leaf: Leaf
    traced: Traced
    start: int

    def write(self) -> None:
        """Write headings and rows."""
        leaf, binder = self.leaf, self.leaf.binder
        leaf.section(self.start - 1, "ladder")
        leaf.heads(self.start, [binder.say(f"ladder-{at}") for at in range(10)], range(5, 10))
        bills = _bills(binder, self.traced)
        for rung in self.traced.rungs:
            row, (cell, period) = self._row(rung), rung.place
            name = rung.instrument.instrument if rung.instrument else binder.say("ladder-left")
            cells: list[Value | Formula] = [rung.number, cell.site, period.label, cell.activity, name]
            available = f"={leaf.ref(row, 5)}"
            if rung.before:
                earlier = self._row(rung.before[-1])
                available = f"={leaf.ref(earlier, 6)}-{leaf.ref(earlier, 8)}"
            cells += [self._consumed(rung, bills[rung.place]), Formula(available, float(rung.available))]
            cells += self._covered(rung)
            cells += [Formula(f"={leaf.ref(row, 8)}/{leaf.ref(row, 5)}", float(rung.part))]
            for at, value in enumerate(cells):
                kind: Kind = "i" if at == 0 else "t" if at < 5 else "q"  # noqa: PLR2004
                leaf.put(row, at, value, kind, shape="0.00000000" if at == 9 else "")  # noqa: PLR2004
            binder.cells["rung", rung.number] = leaf.ref(row, 9)

    def _row(self, rung: Rung) -> int:
        return self.start + rung.number

    def _consumed(self, rung: Rung, bill: str) -> Value | Formula:
        """Return the consumption: of the bills at the first rung of a place, there for the others."""
        if rung.before:
            return Formula(f"={self.leaf.ref(self._row(rung.before[0]), 5)}", float(rung.consumed))
        if not bill:  # more rows than a formula can name
            return rung.consumed
        used = self.leaf.binder.cells["used", rung.place[0].site]
        return Formula(f"=({bill})*{used}", float(rung.consumed))

    def _covered(self, rung: Rung) -> list[Value | Formula]:
        """Return what is still uncovered in the unit of the instrument, and its share of the volume."""
        leaf, row, one = self.leaf, self._row(rung), rung.instrument
        if one is None or one.unit is None:
            return [None, Formula(f"={leaf.ref(row, 6)}", float(rung.covered))]
        ratio = units.ratio(rung.place[0].unit, one.unit)
        rows = self._blocks[one.instrument]
        volume = leaf.binder.cells["volume", one.instrument]
        share = f"={leaf.ref(row, 6)}*{volume}/SUM({leaf.span(rows[0], rows[-1], 7)})"
        in_unit = Formula(f"={leaf.ref(row, 6)}{times(ratio)}", float(rung.available * ratio))
        return [in_unit, Formula(share, float(rung.covered))]

    @cached_property
    def _blocks(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for rung in self.traced.rungs:
            if rung.instrument:
                found.setdefault(rung.instrument.instrument, []).append(self._row(rung))
        return found


def _bills(binder: Binder, traced: Traced) -> dict[object, str]:
    """Return for every cell and period that instruments cover the sum of its rows, as a formula; blank if too long."""
    places = {rung.place for rung in traced.rungs}
    found: dict[object, list[str]] = {place: [] for place in places}
    for one in traced.stated:
        for key, share in plan_keys(one.cell):
            if (place := (one.cell, key.period)) in places:
                found[place].append(_stated_ref(binder, one, QUANTITY) + _of_days(binder, one, share))
    return {place: "+".join(own) if len(own) <= _MOST_TERMS else "" for place, own in found.items()}


# -------------------------------------------------------------------------------------------------- multipliers


def write_multipliers(leaf: Leaf, traced: Traced) -> None:
    """Write every multiplier as a live formula of published numbers and conversions of units."""
    binder, plan = leaf.binder, traced.headline.ledger.plan
    widths = (6, 26, 9, 13, 15, 16, 15, 48, 36, 7, 18, 44)
    leaf.begin([(binder.say(f"multipliers-{at}"), width) for at, width in enumerate(widths)], right={5}, freeze=2)
    for row, one in enumerate(traced.multipliers, start=FIRST):
        line = one.line
        formula = Formula(_multiplier_formula(binder, one), float(line.multiplier))
        method = binder.say(f"method-{line.scope2}") if line.scope2 else ""
        ids = " ".join(record.id for record in line.records) or (one.instrument.instrument if one.instrument else "")
        cells: list[Value | Formula] = [one.number, one.activity, one.unit, line.flow.flow, method, formula]
        cells += [f"{line.flow.unit}/{one.unit}", _steps_text(one), ids, line.rule or "", " ".join(line.fit)]
        cells += [binder.both(line.reason)]
        for at, value in enumerate(cells):
            whole = at in {0, 9} and bool(value)
            look = "wrap" if at in _LONG else ""
            leaf.put(row, at, value, "i" if whole else "x" if at == 5 else "t", look)  # noqa: PLR2004
        leaf.tall(row, [(str(cells[at]), widths[at]) for at in _LONG])
        binder.cells["multiplier", one.number] = leaf.ref(row, 5)
    leaf.table(HEADING + len(traced.multipliers), len(widths))
    leaf.note(2, binder.say("multipliers-basis", methodology=plan.methodology.id))


def _multiplier_formula(binder: Binder, one: Multiplier) -> str:
    if one.instrument is not None:
        above, below = one.instrument.per
        convert = units.ratio(above, one.line.flow.unit) * units.ratio(one.unit, below)
        return f"={binder.cells['instrument', one.instrument.instrument]}{times(convert)}"
    text = "".join(_step_formula(binder, step) for step in one.line.steps)
    return f"={text[1:]}" if text.startswith("*") else f"=1{text}"


def _step_formula(binder: Binder, step: Step) -> str:
    text = times(step.convert)
    if step.record is not None:
        return text + ("*" if step.op == "×" else "/") + binder.cells["record", step.record.id]
    return text + ("*44/12" if step.value == CO2_PER_CARBON else times(step.value))


def _steps_text(one: Multiplier) -> str:
    """Return the steps in words: ``kWh ×1/1000 → MWh, ×0.5366 kgCO2/kWh``."""
    if one.instrument is not None:
        return f"{one.unit} × {one.instrument.factor} {one.instrument.factor_unit}"
    parts, have = [one.unit], one.unit
    for step in one.line.steps:
        if step.convert != 1:
            parts.append(f"× {units.exact_text(step.convert)} {step.needs}/{have}")
        if step.record is not None:
            parts.append(f"{step.op} {step.record.value} {step.unit}")
        elif step.value != 1:
            parts.append(f"× {'44/12' if step.value == CO2_PER_CARBON else units.exact_text(step.value)} {step.unit}")
        have = step.gives
    return " ".join(parts)


# -------------------------------------------------------------------------------------------------- activity data


def write_activity_data(leaf: Leaf, traced: Traced) -> None:
    """Write what was read: one row per row of the files, with file, sheet and row."""
    binder = leaf.binder
    widths = (7, 22, 6, 16, 26, 14, 11, 11, 7, 15, 9, 11, 24, 14, 7, 22, 26)
    leaf.begin([(binder.say(f"activity-{at}"), width) for at, width in enumerate(widths)], right={QUANTITY}, freeze=2)
    numbers = _site_numbers(traced)
    kinds: list[Kind] = ["i", "t", "i", "t", "t", "t", "d", "d", "i", "q", "t", "t", "t", "t", "i", "t", "t"]
    looks = [(kind, "stated" if at == QUANTITY else "") for at, kind in enumerate(kinds)]
    last = leaf.fill(FIRST, looks, (_stated_row(binder, one, numbers) for one in traced.stated)) - 1
    leaf.table(last, len(widths))
    count = f"COUNT({leaf.span(FIRST, last, 0)})"
    leaf.put(2, 0, Formula(f"={count}", len(traced.stated)), "i", "bold")
    leaf.note(2, binder.say("activity-count" if traced.by_row else "activity-cells"), 1)
    binder.cells["rows",] = leaf.ref(2, 0)


def _stated_row(binder: Binder, one: Stated, numbers: dict[str, int]) -> Sequence[Value | Formula]:
    """Return a row of activity data; days are those of the period that its shares are of."""
    where, row = one.where, one.number + FIRST
    days = Formula(f"=H{row}-G{row}+1", one.cell.period.days)
    period = one.cell.period if "/" in one.cell.period.label else one.period
    if period.days != one.cell.period.days:  # within a month: its days say when, the month is what is counted
        days = Formula(f"=H{row}-G{row}+1", period.days)
    value = float(one.quantity)
    remark = binder.say("activity-rounded") if one.rounded else ""
    if not is_exact(one.quantity):
        remark = f"{remark} {binder.say('activity-digits', quantity=units.exact_text(one.quantity))}".strip()
    if one.rows > 1 or not one.activity_id:
        remark = binder.say("activity-of-rows", rows=one.rows)
    cell = one.cell
    return (
        *(one.number, one.activity_id or NOTHING, numbers[cell.site], cell.site, cell.activity, one.meter),
        *(serial(period.start), serial(period.end), days, value, cell.unit, one.quality),
        *(where.file or "", where.sheet or "", where.row, one.evidence, remark),
    )


def _site_numbers(traced: Traced) -> dict[str, int]:
    return {site.id: number for number, site in enumerate(traced.workspace.boundary.sites, start=1)}


def _stated_ref(binder: Binder, one: Stated, column: int) -> str:
    return binder.leaves["activity"].ref(one.number + HEADING, column)


def _of_days(binder: Binder, one: Stated, share: Fraction) -> str:
    """Return what a formula appends for the share of days of a bill that crosses months; nothing where it does not."""
    days = share * one.cell.period.days
    return "" if share == 1 else f"*{days}/{_stated_ref(binder, one, DAYS)}"


# -------------------------------------------------------------------------------------------------- the detail


def write_detail(leaf: Leaf, traced: Traced) -> None:
    """Write every line: quantity x share of days x what counts x part x multiplier, then x potential."""
    binder = leaf.binder
    widths = (7, 22, 6, 16, 26, 11, 7, 26, 13, 15, 8, 9, 10, 11, 14, 16, 10, 16)
    leaf.begin(
        [(binder.say(f"detail-{at}"), width) for at, width in enumerate(widths)], right={9, *range(11, 18)}, freeze=2
    )
    kinds: list[Kind] = ["i", "t", "i", "t", "t", "t", "i", "t", "t", "q", "t", "x", "p", "x", "x", "q", "x", "q"]
    styles = leaf.styles([(kind, "") for kind in kinds])
    last = leaf.lay(FIRST, len(kinds), _detail_rows(leaf, styles, traced)) - 1
    leaf.table(last, len(widths))
    for name, column in DETAIL.items():
        binder.book.define_name(f"detail_{name}", f"={leaf.span(FIRST, last, column)}")
    leaf.put(2, 0, Formula("=COUNT(detail_stated)", len(traced.lines)), "i", "bold")
    leaf.note(2, binder.say("detail-count"), 1)
    leaf.put(2, DETAIL["t_co2e"], Formula("=SUM(detail_t_co2e)", float(traced.whole)), "q", "bold")
    binder.cells["lines",], binder.cells["whole",] = leaf.ref(2, 0), leaf.ref(2, DETAIL["t_co2e"])


def _detail_rows(leaf: Leaf, styles: Sequence[int], traced: Traced) -> Iterator[str]:
    """Yield the cells of every line, from column A to R; what many lines have in common is made once."""
    common = _Common(leaf, styles, traced)
    for stated, group in groupby(traced.lines, key=lambda one: one.stated):
        first, quantity = common.of_row(stated)
        for one in group:
            named, multiplied, weight = common.of_line(one)
            amount, t_co2e = one.floats
            counted = common.counted(stated.cell.site, one.rated.counted)
            days: Value | Formula = 1
            if one.rated.share != 1:
                days = Formula(f"=1{_of_days(leaf.binder, stated, one.rated.share)}", float(one.rated.share))
            product = leaf.run(styles, 15, (Formula(f"=J{ROW}*L{ROW}*M{ROW}*N{ROW}*O{ROW}", amount),))
            last = None if t_co2e is None else Formula(f"=P{ROW}*Q{ROW}", t_co2e)
            yield "".join(
                (
                    *(first, named, quantity, leaf.run(styles, 11, (days,)), counted, multiplied, product, weight),
                    leaf.run(styles, 17, (last,)),
                )
            )


class _Common:
    """Cells of the detail that thousands of lines have in common, each made once."""

    def __init__(self, leaf: Leaf, styles: Sequence[int], traced: Traced) -> None:
        self._leaf, self._styles = leaf, styles
        self._numbers = _site_numbers(traced)
        binder = leaf.binder
        self._names = {series: series_name(binder, series) for series in {one.rated.series for one in traced.lines}}
        self._sheet = binder.leaves["activity"].ref(0, QUANTITY).rpartition("$")[0]
        self._of_line: dict[tuple[int, Period], tuple[str, str, str]] = {}
        self._counted: dict[tuple[str, bool], str] = {}

    def of_row(self, one: Stated) -> tuple[str, str]:
        """Return what stands before the period, and the quantity with its unit."""
        cell = one.cell
        first = (one.number, one.activity_id or NOTHING, self._numbers[cell.site], cell.site, cell.activity)
        quantity = Formula(f"={self._sheet}${one.number + FIRST}", float(one.quantity))
        return self._leaf.run(self._styles, 0, first), self._leaf.run(self._styles, 9, (quantity, cell.unit))

    def of_line(self, one: Line) -> tuple[str, str, str]:
        """Return the period and what it adds to, part and multiplier, and the potential."""
        rated = one.rated
        name = id(rated), one.period
        if name not in self._of_line:
            cells, of, potential = self._leaf.binder.cells, rated.multiplier, rated.potential
            named = (one.period.label, one.year, self._names[rated.series], of.line.flow.flow)
            part = Formula(f"={cells['rung', rated.rung.number]}", float(rated.rung.part)) if rated.rung else 1
            multiplier = Formula(f"={cells['multiplier', of.number]}", float(of.line.multiplier))
            weight = None
            if potential:
                weight = Formula(f"={cells['potential', potential.number]}", float(potential.weight))
            runs: tuple[tuple[int, Sequence[Value | Formula]], ...] = (
                (5, named),
                (13, (part, multiplier)),
                (16, (weight,)),
            )
            first, second, third = (self._leaf.run(self._styles, at, values) for at, values in runs)
            self._of_line[name] = first, second, third
        return self._of_line[name]

    def counted(self, site: str, share: Fraction) -> str:
        """Return the cell of what the boundary counts of a site."""
        name = site, bool(share)
        if name not in self._counted:
            value = Formula(f"={self._leaf.binder.cells['site', site]}", float(share)) if share else 0
            self._counted[name] = self._leaf.run(self._styles, 12, (value,))
        return self._counted[name]
