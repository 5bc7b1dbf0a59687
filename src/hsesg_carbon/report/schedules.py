"""The schedules beside the lead: energy, intensities, restatement, differences from what was published, the sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, cast

from hsesg_carbon import percentages, units
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import both, message
from hsesg_carbon.report.binder import FIRST, HEADING, NOTHING, Binder, Formula, Kind, Leaf, Value
from hsesg_carbon.report.traced import Series, Traced
from hsesg_carbon.report.underlying import series_name
from hsesg_carbon.verification import Sample, Schedule
from hsesg_carbon.verification.materiality import Line
from hsesg_carbon.versions import Versions

THRESHOLD = Fraction(1, 20)
"""Materiality that the schedule of differences starts from; the cell can be changed, and all follows it."""

CONFIDENCE, SEED, FALLBACK = Fraction(19, 20), 20, 60
"""Of the sample: confidence, the seed of the draw, and how many rows where no size can be computed."""

_GJ_PER_MWH = Fraction(18, 5)
_ROWS = {"ghg.scope1": "1", "ghg.scope2": "2", "ghg.total": "total"}


def lead_series(traced: Traced, scope: str) -> Series:
    """Return the series of a scope, or of the total, on the method of Scope 2 that the totals are on."""
    return scope, traced.headline.scope2 if scope in {"2", "total"} else ""


# -------------------------------------------------------------------------------------------------- energy


def write_energy(leaf: Leaf, traced: Traced, years: Sequence[int]) -> None:
    """Write energy by activity from the same lines, then by carrier in GJ, MWh and tonnes of coal equivalent."""
    binder = leaf.binder
    heads = [(binder.say(f"energy-{at}"), width) for at, width in enumerate((22.0, 24.0, 32.0, 40.0))]
    leaf.begin([*heads, *((str(year), 16.0) for year in years)], freeze=3, right=range(4, 4 + len(years)))
    found: dict[tuple[str, str, str, int], Fraction] = {}
    for one in EnergyAccount(traced.headline).by("subject", "activity", "year"):
        found[one.flow, str(one["subject"]), str(one["activity"]), int(one["year"])] = one.amount.value
    row = FIRST
    for flow in dict.fromkeys(flow for flow, *_ in found):
        own = {key[1:]: value for key, value in found.items() if key[0] == flow}
        row = _Energy(leaf, traced, flow, row, own, years).write()


@dataclass(frozen=True)
class _Energy:
    """One flow of the energy account, in its unit: activities from row ``first`` on, then sums of them."""

    leaf: Leaf
    traced: Traced
    flow: str
    first: int
    found: Mapping[tuple[str, str, int], Fraction]
    years: Sequence[int]

    def write(self) -> int:
        """Write the activities, their sum, and the carriers; return the row after them."""
        binder, library = self.leaf.binder, self.traced.headline.ledger.plan.library
        row = self.first
        for carrier, activity in self._activities:
            entry = library.catalogue[activity]
            name = entry.name_zh if binder.lang == "zh" else entry.name_en
            for column, text in enumerate((self.flow, carrier, activity, name)):
                self.leaf.put(row, column, text)
            for column, year in enumerate(self.years, start=4):
                value = self.found.get((carrier, activity, year))
                which = f"detail_activity,$C{row + 1},detail_flow,$A{row + 1},detail_year,{year}"
                formula = Formula(f"=SUMIFS(detail_amount,{which})", 0.0 if value is None else float(value))
                self.leaf.put(row, column, *((NOTHING, "t", "mid") if value is None else (formula, "n", "")))
            row += 1
        unit = library.flows[self.flow].unit
        row = self._sums(row, f"{self.flow} {unit}", "=", [""])
        carriers = list(dict.fromkeys(carrier for carrier, _ in self._activities))
        row = self._sums(row + 1, f"{self.flow} {unit}", "=", carriers)
        if unit == "GJ":
            row = self._sums(row + 1, "MWh", "=1/3.6*", [*carriers, ""])
        return row + 1

    @cached_property
    def _activities(self) -> list[tuple[str, str]]:
        return list(dict.fromkeys((carrier, activity) for carrier, activity, _ in self.found))

    def _sums(self, row: int, unit: str, start: str, carriers: Sequence[str]) -> int:
        """Write sums of the activities: of one carrier each, or of all where the carrier is blank."""
        leaf, binder = self.leaf, self.leaf.binder
        for carrier in carriers:
            look = "" if carrier else "total"
            for column, text in enumerate((unit, carrier, "", "" if carrier else binder.say("sum"))):
                leaf.put(row, column, text, "t", look)
            for column, year in enumerate(self.years, start=4):
                value = _sum(self.found, year, carrier)
                if value is None:
                    leaf.put(row, column, NOTHING, "t", look or "mid")
                    continue
                value = value / _GJ_PER_MWH if unit == "MWh" else value
                last = self.first + len(self._activities) - 1
                cells, names = (leaf.cells(self.first, last, at) for at in (column, 1))
                text = f"{start}SUMIFS({cells},{names},$B{row + 1})" if carrier else f"{start}SUM({cells})"
                leaf.put(row, column, Formula(text, float(value)), "n", look)
                told = f"{unit} {carrier or binder.say('sum')} {year}"
                binder.check(leaf.name, told, leaf.ref(row, column), value)
            row += 1
        return row


def _sum(found: Mapping[tuple[str, str, int], Fraction], year: int, carrier: str = "") -> Fraction | None:
    own = [value for (name, _, of), value in found.items() if of == year and carrier in {"", name}]
    return sum(own, Fraction(0)) if own else None


# -------------------------------------------------------------------------------------------------- intensities


def write_intensities(leaf: Leaf, traced: Traced) -> None:
    """Write each denominator of each year, and the emissions of the lead schedule over it."""
    binder = leaf.binder
    widths = (18, 8, 16, 15, 16, 46, 28, 15, 13, 20)
    leaf.begin([(binder.say(f"intensities-{at}"), width) for at, width in enumerate(widths)], right={2, 7, 8}, freeze=2)
    scopes = sorted({"1", "2", "3"} & {str(key[1][0]) for key in binder.cells if key[0] == "lead"})
    numerator = {"scopes": [both(f"label.scope-{one}") for one in scopes], "gases": traced.workspace.methodology.gases}
    leaf.note(2, binder.say("intensities-numerator", **numerator))
    row = FIRST
    for per, one, totals in traced.workspace.intensities():
        for total in totals:
            scope = str(dict(total.group).get("scope", "total"))
            series, year = lead_series(traced, scope), int(total["year"])
            lead = binder.cells["lead", series, year]
            emitted = total.amount.value * Fraction(one.value)
            cells: list[Value | Formula] = [per, year, one.value, one.unit, one.boundary, one.source]
            cells += [series_name(binder, series), Formula(f"={lead}", float(emitted))]
            cells += [Formula(f"=H{row + 1}/C{row + 1}", float(total.amount.value)), total.amount.unit]
            kinds: dict[int, Kind] = {1: "i", 2: "q", 7: "n", 8: "r"}
            for at, value in enumerate(cells):
                leaf.put(row, at, value, kinds.get(at, "t"), {2: "stated", 5: "wrap"}.get(at, ""))
            leaf.tall(row, [(one.source, widths[5])])
            told = f"{series_name(binder, series)} / {per} {year}"
            binder.check(leaf.name, told, leaf.ref(row, 8), total.amount.value)
            row += 1
    leaf.table(row - 1, len(widths))


# -------------------------------------------------------------------------------------------------- restatement


def write_restatement(leaf: Leaf, traced: Traced, restated: Versions) -> None:
    """Write each year as reported before, the causes of the change, and what they add up to: the lead schedule."""
    binder, bridge = leaf.binder, restated.bridge()
    causes = bridge.causes
    heads = [(binder.say("restatement-year"), 9.0), (binder.say("restatement-before"), 16.0)]
    heads += [(message(f"label.cause-{one}", binder.lang), 20.0) for one in causes]
    heads += [(binder.say(f"restatement-{one}"), 16.0) for one in ("after", "lead", "difference", "percent")]
    leaf.begin(heads, freeze=1, right=range(1, len(heads)))
    before, after = (one.settings.methodology for one in (restated.before, restated.after))
    leaf.note(2, binder.say("restatement-basis", before=before, after=after, method=bridge.method))
    same = restated.after.inventory.total() == traced.headline.total()
    for row, one in enumerate(bridge, start=FIRST):
        year, at = int(one["year"]), 2 + len(causes)
        leaf.put(row, 0, year, "i")
        leaf.put(row, 1, one.before, "n", "library")
        for column, cause in enumerate(causes, start=2):
            leaf.put(row, column, one.parts.get(cause), "n", "library")
        old, new = leaf.here(row, 1), leaf.here(row, at)
        leaf.put(row, at, Formula(f"=SUM({old}:{leaf.here(row, at - 1)})", float(one.after)), "n", "bold")
        leaf.put(row, at + 2, Formula(f"={new}-{old}", float(one.difference)), "n")
        if one.percent is not None:
            leaf.put(row, at + 3, Formula(f"=({new}-{old})/ABS({old})", float(one.percent / 100)), "p")
        binder.check(leaf.name, f"{binder.say('restatement-after')} {year}", leaf.ref(row, at), one.after)
        lead = binder.cells.get(("lead", lead_series(traced, "total"), year))
        if same and lead is not None:
            leaf.put(row, at + 1, Formula(f"={lead}", float(one.after)), "n")
            held = Formula(f"={leaf.ref(row, at + 1)}", float(one.after))
            binder.check(binder.say("of-foot", sheet=leaf.name), str(year), leaf.ref(row, at), held)


# -------------------------------------------------------------------------------------------------- differences


def write_differences(leaf: Leaf, traced: Traced) -> None:
    """Write what was published beside what the lines give, the differences with their materiality, and the findings."""
    binder, workspace = leaf.binder, traced.workspace
    widths = (18, 26, 16, 18, 18, 18, 16, 18, 18)
    leaf.begin(
        [(binder.say(f"differences-{at}"), width) for at, width in enumerate(widths)], right=range(3, 8), freeze=2
    )
    verification = workspace.verification()
    leaf.put(2, 0, binder.say("threshold"), "t", "bold")
    leaf.put(2, 1, THRESHOLD, "p", "ask")
    row = FIRST
    try:
        schedule = workspace.schedule(verification, THRESHOLD)
    except InputError as error:  # the table has none of the totals
        leaf.note(row, error.text(binder.lang))
        row += 1
    else:
        row = _write_schedule(leaf, traced, schedule, row)
    row += 1
    leaf.section(row, "differences-findings", checks=verification.checks, passed=verification.passed)
    leaf.heads(row + 1, [binder.say(f"finding-{at}") for at in range(3)])
    for number, one in enumerate(verification.findings, start=row + 2):
        leaf.put(number, 0, message(f"label.severity-{one.severity}", binder.lang).rstrip(":："))
        leaf.put(number, 1, one.code)
        leaf.across(number, (2, 8), one.line(binder.lang), sum(widths[2:]))


def _write_schedule(leaf: Leaf, traced: Traced, schedule: Schedule, row: int) -> int:
    """Write the figures, then the entries of the schedule, then their sums against the threshold."""
    places = {(one.row, one.period): at for at, one in enumerate(schedule.lines, start=row)}
    for one in schedule.lines:
        _write_figure(leaf, traced, one, places[one.row, one.period])
    first = row + len(schedule.lines) + 2
    row = _write_entries(leaf, schedule, places, first)
    row = _write_sums(leaf, traced, schedule, (first + 1, max(row - 1, first + 1)), row + 1)
    return row if schedule.undone is None else _write_undone(leaf, schedule.undone, row + 1)


def _write_figure(leaf: Leaf, traced: Traced, one: Line, row: int) -> None:
    """Write a figure as printed and as recomputed; they agree where half a unit of the last digit is between them."""
    binder, number = leaf.binder, row + 1
    cells: list[Value | Formula] = [one.row, one.period, one.printed, one.reported]
    cells += [_recomputed(binder, traced, one.row, one.period, one.recomputed)]
    cells += [Formula(f"=D{number}-E{number}", float(one.difference))]
    percent = percentages.part(one.difference, abs(one.recomputed))
    cells += [_percent(f"=F{number}/ABS(E{number})", percent)]
    agrees, differs, decimals = binder.say("agrees"), binder.say("differs"), _decimals(one.printed)
    word = agrees if one.agrees else differs
    if decimals is None:
        cells += [None, word]
    else:
        rounded = float(units.half_up(one.recomputed, decimals))
        cells += [Formula(f"=ROUND(E{number},{decimals})", rounded)]
        cells += [Formula(f'=IF(ABS(F{number})<=0.5*10^-{decimals}*(1+1E-9),"{agrees}","{differs}")', word)]
    kinds: dict[int, Kind] = {3: "q", 4: "n", 5: "n", 6: "p", 7: "q"}
    for at, value in enumerate(cells):
        leaf.put(row, at, value, kinds.get(at, "t"), "stated" if at in {2, 3} else "")
    binder.check(leaf.name, f"{one.row} {one.period}", leaf.ref(row, 4), one.recomputed)


def _write_entries(leaf: Leaf, schedule: Schedule, places: Mapping[tuple[str, str], int], row: int) -> int:
    """Write the differences that are more than rounding; return the row after them."""
    binder, lines = leaf.binder, {(one.row, one.period): one.difference for one in schedule.lines}
    leaf.section(row - 1, "entries")
    leaf.heads(row, [binder.say(f"entry-{at}") for at in range(6)], {3})
    for entry in schedule.differences:
        row += 1
        key, amount = (entry.row, entry.period), cast("Value | Formula", entry.amount)
        if lines.get(key) == entry.amount:
            amount = Formula(f"={leaf.here(places[key], 5)}", float(entry.amount))
        kind, source = message(f"label.difference-{entry.kind}", binder.lang), binder.say(f"from-{entry.source}")
        for at, value in enumerate((*key, kind, amount, entry.number, source)):
            leaf.put(row, at, value, "n" if at == 3 else "t")  # noqa: PLR2004
    return row + 1


def _write_sums(leaf: Leaf, traced: Traced, schedule: Schedule, entries: tuple[int, int], row: int) -> int:
    binder = leaf.binder
    leaf.section(row, "sums")
    leaf.heads(row + 1, [binder.say(f"sums-{at}") for at in range(9)], {2, 3, 4, 6, 7})
    row += 2
    rows, periods, amounts = (leaf.cells(*entries, at) for at in (0, 1, 3))
    for one in schedule.sums:
        number = row + 1
        every = one.row == "ghg.total"
        which = f"({periods}=B{number})" + ("" if every else f"*({rows}=A{number})")
        net = f"=SUMPRODUCT({which}*1,{amounts})"
        gross = f"=SUMPRODUCT({which}*1,ABS({amounts}))"
        base = _recomputed(binder, traced, one.row, one.period, one.base)
        cells: list[Value | Formula] = [one.row, one.period, base, Formula(net, float(one.net))]
        cells += [_percent(f"=D{number}/ABS(C{number})", one.percent(one.net))]
        cells += [_exceeds(binder, f"ABS(D{number})", number, exceeds=one.net_exceeds)]
        cells += [Formula(gross, float(one.gross)), _percent(f"=G{number}/ABS(C{number})", one.percent(one.gross))]
        cells += [_exceeds(binder, f"G{number}", number, exceeds=one.gross_exceeds)]
        kinds: dict[int, Kind] = {2: "n", 3: "n", 4: "p", 6: "n", 7: "p"}
        for at, value in enumerate(cells):
            leaf.put(row, at, value, kinds.get(at, "t"))
        row += 1
    return row


def _write_undone(leaf: Leaf, schedule: Schedule, row: int) -> int:
    """Write what is left of the differences once the best explanations are undone: values, as verification has them."""
    lang = leaf.binder.lang
    leaf.note(row, message("label.schedule-undone" if schedule.differences else "label.schedule-undone-none", lang))
    for entry in schedule.differences:
        row += 1
        kind = message(f"label.difference-{entry.kind}", lang)
        cells: tuple[Value, ...] = (entry.row, entry.period, kind, entry.amount, entry.number)
        for at, value in enumerate(cells):
            leaf.put(row, at, value, "n" if at == 3 else "t", "library")  # noqa: PLR2004
    return row + 1


def _percent(text: str, percent: Fraction | None) -> Formula | None:
    return None if percent is None else Formula(text, float(percent / 100))


def _exceeds(binder: Binder, amount: str, number: int, *, exceeds: bool) -> Formula:
    above, within = binder.say("above"), binder.say("within")
    return Formula(f'=IF({amount}>$B$3*ABS(C{number}),"{above}","{within}")', above if exceeds else within)


def _recomputed(binder: Binder, traced: Traced, row: str, period: str, value: Fraction) -> Value | Formula:
    """Return a figure as the lead schedule has it, where it has it."""
    year = int(period) if period.isdecimal() else 0
    lead = binder.cells.get(("lead", lead_series(traced, _ROWS.get(row, "")), year))
    return value if lead is None else Formula(f"={lead}", float(value))


def _decimals(printed: str) -> int | None:
    """Return with how many decimals a figure is printed; ``None`` for a bound, a range or a word."""
    plain = printed.replace(",", "").lstrip("-")
    whole, _, decimals = plain.partition(".")
    return len(decimals) if whole.isdecimal() and (not decimals or decimals.isdecimal()) else None


# -------------------------------------------------------------------------------------------------- the sample


def write_sample(leaf: Leaf, traced: Traced) -> None:
    """Write which rows to trace to their evidence, drawn by what they emit, with room for what is found."""
    binder, sample = leaf.binder, _drawn(traced)
    widths = (7, 26, 8, 30, 18, 12, 18, 10, 12, 26, 18, 8, 30, 18, 16, 10)
    leaf.begin([(binder.say(f"sample-{at}"), width) for at, width in enumerate(widths)], right={4, 7, 14, 15}, freeze=2)
    told: dict[str, Any] = {"size": len(sample.drawn), "seed": sample.seed, "items": len(sample.population.items)}
    leaf.note(2, binder.say("sample-basis", threshold="5 %", confidence="95 %", **told))
    by_id = {one.activity_id: one for one in traced.stated}
    for row, one in enumerate(sample.drawn, start=FIRST):
        item, number = one.item, row + 1
        own = by_id[item.activity_id]
        series = lead_series(traced, item.scope)
        text = f"=SUMIFS(detail_t_co2e,detail_stated,$A{number},detail_year,$C{number},detail_series,$D{number})"
        cells: list[Value | Formula] = [own.number, item.activity_id, item.year, series_name(binder, series)]
        cells += [Formula(text, float(item.t_co2e)), item.quality or NOTHING, item.checked or NOTHING]
        cells += [one.chance, binder.say("certain") if one.certain else binder.say("by-chance")]
        cells += [item.where.file or "", item.where.sheet or "", item.where.row, own.evidence, None, None]
        cells += [Formula(f'=IF(ISNUMBER(O{number}),E{number}-O{number},"")', "")]
        kinds: dict[int, Kind] = {0: "i", 2: "i", 4: "n", 7: "p", 11: "i", 14: "n", 15: "n"}
        for at, value in enumerate(cells):
            leaf.put(row, at, value, kinds.get(at, "t"), "ask" if at in {13, 14} else "")
        binder.check(leaf.name, f"{item.activity_id} {item.year}", leaf.ref(row, 4), item.t_co2e)
    leaf.table(HEADING + len(sample.drawn), len(widths))


def _drawn(traced: Traced) -> Sample:
    """Return the sample: as many rows as find an error above the threshold with some confidence, seed fixed."""
    population = traced.population
    try:
        size = population.size_for(THRESHOLD, CONFIDENCE)
    except InputError:  # credits outweigh what they are credits of: no size follows from the net
        size = FALLBACK
    return population.draw(size, SEED)
