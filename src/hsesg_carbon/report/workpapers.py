"""An auditor's workpapers (审计工作底稿): one workbook in which every figure is a live formula down to its source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.report.binder import (
    FIRST,
    HEADING,
    NOTHING,
    Binder,
    Formula,
    Kind,
    Leaf,
    Value,
)
from hsesg_carbon.report.schedules import (
    write_differences,
    write_energy,
    write_intensities,
    write_restatement,
    write_sample,
)
from hsesg_carbon.report.traced import MOST_LINES, Series, Traced
from hsesg_carbon.report.underlying import (
    series_name,
    write_activity_data,
    write_boundary,
    write_detail,
    write_factors,
    write_instruments,
    write_multipliers,
    write_potentials,
)
from hsesg_carbon.versions import Versions, stated
from hsesg_carbon.workspace import Workspace
from hsesg_carbon.writing import whole

TOTAL = "total"
MARKS = ("footed", "crossed", "recomputed", "read", "agreed")
_MOST_BARS = 15
_WIDE = 110
_ROWS = 1_000_000
"""A sheet has 1,048,576 rows."""

_WIDTHS = {"site": (28.0, 10.0, 44.0), "activity": (28.0, 26.0, 38.0)}
_COLOURS = ("#1F5C57", "#E8B04A", "#A9B7C0", "#7A3E12")
Figures = Mapping[tuple[Any, ...], Fraction]


@dataclass(frozen=True)
class Workpapers:
    """Workpapers that were written: where, and what they could not hold."""

    path: Path
    findings: tuple[Finding, ...]


def write_workpapers(
    workspace: Workspace,
    to: Path,
    lang: str = "en",
    *,
    root: str = "",
    restated: Versions | None = None,
    most: int = MOST_LINES,
) -> Workpapers:
    """
    Write the workpapers of a workspace, in ``en`` or ``zh``; the same accounts give the same bytes.

    Every figure is a formula, with the library's value beside it: lead schedule, by site and source, each line, each
    multiplier from the published numbers, each bill with file, sheet and row.

    Args:
        workspace: The accounts.
        to: The ``.xlsx`` file; it stands there whole, or as it was before.
        lang: Language.
        root: The root hash of the accounts, as a seal states it; blank where they are not sealed.
        restated: The accounts as reported before and as they are now, for the sheet on the restatement; by default what
            ``inventory.toml`` states under ``[restated]``.
        most: How many lines may stand row by row; above it the detail is by site, month, activity and unit, nothing is
            sampled, and a finding says so.

    Raises:
        InputError: The workspace has faults, there is no such language, or more lines than a sheet can hold.
        InventoryError: Nothing was computed.
    """
    if lang not in {"en", "zh"}:
        raise InputError("papers-language", lang=lang)
    traced = Traced(workspace, most)
    _need_fitting(traced)
    to = Path(to)
    with whole(to) as beside:
        binder = Binder.new(beside, lang)
        _write(binder, traced, root, restated or stated(workspace))
        binder.book.close()
    return Workpapers(to, _findings(traced))


def _findings(traced: Traced) -> tuple[Finding, ...]:
    if traced.by_row:
        return ()
    data = {"most": traced.most, "cells": len(traced.stated)}
    return (Finding(code="papers-by-cell", severity="warning", data=data),)


def _need_fitting(traced: Traced) -> None:
    """Refuse accounts of which nothing is computed, or of which there are more lines than a sheet has rows."""
    settings, method = traced.workspace.settings, traced.workspace.methodology
    if not {str(row["year"]) for row in traced.headline.by("year")} & set(settings.periods):
        raise InventoryError("nothing-to-report", periods=settings.periods, gases=method.gases)
    if not traced.by_row and (lines := sum(len(place.rate.lines) for place, _ in traced.headline.ledger.held)) > _ROWS:
        raise InputError("papers-too-large", lines=lines, most=_ROWS)


def _write(binder: Binder, traced: Traced, root: str, restated: Versions | None) -> None:
    """Write all sheets: they stand in the order in which people read them, and are written from the ground up."""
    leaves = {code: binder.leaf(code) for code in _codes(traced, restated)}
    write_factors(leaves["factors"], traced)
    write_potentials(leaves["gwp"], traced)
    write_boundary(leaves["boundary"], traced)
    if "instruments" in leaves:
        write_instruments(leaves["instruments"], traced)
    write_multipliers(leaves["multipliers"], traced)
    write_activity_data(leaves["activity"], traced)
    write_detail(leaves["detail"], traced)
    figures = _figures(traced)
    _write_lead(leaves["lead"], traced, figures)
    for code, dimension in (("sites", "site"), ("sources", "activity")):
        _Breakdown(leaves[code], traced, dimension).write(figures)
    write_energy(leaves["energy"], traced, _years(traced))
    if "intensities" in leaves:
        write_intensities(leaves["intensities"], traced)
    if restated is not None:
        write_restatement(leaves["restatement"], traced, restated)
    if "differences" in leaves:
        write_differences(leaves["differences"], traced)
    if "sample" in leaves:
        write_sample(leaves["sample"], traced)
    _note_counts(binder, traced, figures)
    _write_checks(leaves["checks"])
    _write_cover(leaves["cover"], traced, root)
    leaves["cover"].page.activate()


def _codes(traced: Traced, restated: Versions | None) -> list[str]:
    """Return the sheets that there is something to say on."""
    workspace = traced.workspace
    kept = {
        "intensities": bool(workspace.denominators),
        "instruments": bool(traced.headline.instruments and "market" in traced.views),
        "restatement": restated is not None,
        "differences": workspace.has_reported,
        "sample": traced.by_row and bool(traced.population.items),
    }
    order = ["cover", "lead", "sites", "sources", "intensities", "energy", "restatement", "differences", "sample"]
    order += ["checks", "detail", "activity", "multipliers", "factors", "gwp", "instruments", "boundary"]
    return [one for one in order if kept.get(one, True)]


def _years(traced: Traced) -> list[int]:
    return sorted(traced.workspace.settings.years)


# -------------------------------------------------------------------------------------------------- the lead schedule


def _figures(traced: Traced) -> dict[tuple[Series, int], Fraction]:
    """Return the library's totals by series and year, ``("total", method)`` among them; all years that there are."""
    found: dict[tuple[Series, int], Fraction] = {}
    for method, view in traced.views.items():
        for row in view.by("scope", "year"):
            scope = str(row["scope"])
            found[(scope, method if scope == "2" else ""), int(row["year"])] = row.amount.value
        for row in view.by("year"):
            found[(TOTAL, method), int(row["year"])] = row.amount.value
    return found


def _series(traced: Traced, figures: Figures) -> list[Series]:
    """Return the scopes in their order, then a total for each method of Scope 2."""
    scopes = sorted({series for series, _ in figures if series[0] != TOTAL})
    return [*scopes, *((TOTAL, method) for method in traced.views)]


def _of_total(series: Sequence[Series], method: str) -> list[Series]:
    """Return the scopes that a total by a method is the sum of."""
    return [one for one in series if one[0] != TOTAL and one[1] in {"", method}]


def _write_lead(leaf: Leaf, traced: Traced, figures: Figures) -> None:
    """Write totals by scope, method and year, each the sum of its lines, with the change on the year before."""
    binder, years = leaf.binder, _years(traced)
    base = traced.workspace.settings.base_year
    later = [year for year in years if base is not None and base in years and year > base]
    say = binder.say
    heads = [(say("lead-0"), 34.0), (say("mark"), 8.0), *((str(year), 15.0) for year in years)]
    heads += [(say("lead-change", year=year), 14.0) for _, year in _consecutive(years)]
    heads += [(say("lead-percent", year=year), 12.0) for _, year in _consecutive(years)]
    heads += [(say("lead-base", year=year, base=base), 14.0) for year in later]
    leaf.begin(heads, freeze=1, right=range(2, len(heads)))
    series, row = _series(traced, figures), FIRST
    for one in series:
        total = one[0] == TOTAL
        look = "total" if total else ""
        leaf.put(row, 0, series_name(binder, one), "t", look)
        leaf.put(row, 1, mark(binder, "footed" if total else "recomputed"), "t", look)
        for at, year in enumerate(years, start=2):
            value = figures.get((one, year))
            if value is None:
                leaf.put(row, at, NOTHING, "t", look)
                continue
            name = leaf.ref(row, 0)
            text = f"=SUMIFS(detail_t_co2e,detail_series,{name},detail_year,{year})"
            if total:
                parts = [binder.cells.get(("lead", part, year)) for part in _of_total(series, one[1])]
                text = f"={'+'.join(part for part in parts if part)}"
            leaf.put(row, at, Formula(text, float(value)), "n", look)
            binder.cells["lead", one, year] = leaf.ref(row, at)
            binder.check(say("of-lead"), f"{series_name(binder, one)} {year}", leaf.ref(row, at), value)
        _write_changes(leaf, row, one, (years, later, base), figures)
        row += 1
    row = _write_memo(leaf, traced, row + 1, years)
    _chart_totals(leaf, traced, series, row + 1, years)


def _consecutive(years: Sequence[int]) -> list[tuple[int, int]]:
    """Return each year with the year before: where that is not reported there is no yearly change to show."""
    return [(before, year) for before, year in pairwise(years) if year == before + 1]


def _write_changes(
    leaf: Leaf, row: int, series: Series, when: tuple[list[int], list[int], int | None], figures: Figures
) -> None:
    (years, later, base), cells = when, leaf.binder.cells
    look = "total" if series[0] == TOTAL else ""
    pairs = [(year, before, kind) for kind in ("n", "p") for before, year in _consecutive(years)]
    pairs += [(year, base, "p") for year in later if base is not None]
    for at, (year, before, kind) in enumerate(pairs, start=2 + len(years)):
        now, then = (figures.get((series, one)) for one in (year, before))
        if now is None or then is None or (kind == "p" and not then):
            leaf.put(row, at, NOTHING, "t", look)
            continue
        new, old = cells["lead", series, year], cells["lead", series, before]
        change = Formula(f"={new}-{old}", float(now - then))
        if kind == "p":
            change = Formula(f"=({new}-{old})/ABS({old})", float((now - then) / abs(then)))
        leaf.put(row, at, change, "p" if kind == "p" else "n", look)


def _write_memo(leaf: Leaf, traced: Traced, row: int, years: Sequence[int]) -> int:
    """Write what stands beside the totals: biogenic CO2 and the gases of the Montreal Protocol, in tonnes."""
    binder, view = leaf.binder, traced.headline
    known = {one.rated.series for one in traced.lines}
    found: dict[tuple[str, str], dict[int, Fraction]] = {}
    for kind, totals in (("biogenic", view.biogenic("year")), ("ozone-depleting", view.ozone_depleting("year"))):
        for one in totals:
            found.setdefault((kind, one.flow), {})[int(one["year"])] = one.amount.value
    if not found:
        return row
    leaf.section(row, "memo")
    for (kind, flow), own in found.items():
        row += 1
        leaf.put(row, 0, f"{series_name(binder, (kind, ''))}: {flow}, t")
        leaf.put(row, 1, mark(binder, "recomputed"))
        names = [series_name(binder, one) for one in sorted(known) if one[0] == kind and one[1] in {"", view.scope2}]
        for at, year in enumerate(years, start=2):
            if year in own:
                sums = (
                    f'SUMIFS(detail_amount,detail_series,"{name}",detail_flow,"{flow}",detail_year,{year})'
                    for name in names
                )
                text = f"={'+'.join(sums)}"
                leaf.put(row, at, Formula(text, float(own[year])), "n")
                binder.check(binder.say("of-memo"), f"{flow} {year}", leaf.ref(row, at), own[year])
            else:
                leaf.put(row, at, NOTHING)
    return row + 1


def _chart_totals(leaf: Leaf, traced: Traced, series: Sequence[Series], row: int, years: Sequence[int]) -> None:
    """Draw the totals by scope, on the method of Scope 2 that the totals are on."""
    binder = leaf.binder
    chart = binder.book.add_chart({"type": "column", "subtype": "stacked"})
    own = _of_total(series, traced.headline.scope2)
    for place, one in enumerate(own):
        at = FIRST + list(series).index(one)
        told = {"name": f"={leaf.ref(at, 0)}", "gap": 80, **_filled(place)}
        chart.add_series(
            told
            | {
                "categories": [leaf.name, HEADING, 2, HEADING, 1 + len(years)],
                "values": [leaf.name, at, 2, at, 1 + len(years)],
            }
        )
    _shape(binder, chart, binder.say("chart-totals"))
    leaf.page.insert_chart(row, 0, chart)


def _filled(place: int) -> dict[str, Any]:
    """Return a fill; from one to the next they differ in lightness, so that black-and-white print tells them apart."""
    return {"fill": {"color": _COLOURS[place % len(_COLOURS)]}, "border": {"none": True}}


def _shape(binder: Binder, chart: Any, title: str) -> None:
    font = {"name": "Calibri" if binder.lang == "en" else "Microsoft YaHei", "size": 9}
    chart.set_title({"name": title, "name_font": {**font, "size": 11}, "overlay": False})
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_x_axis({"num_font": font, "line": {"color": "#7A8B99"}})
    grid = {"visible": True, "line": {"color": "#E1E6E9", "width": 0.5}}
    chart.set_y_axis({"num_font": font, "num_format": "#,##0", "major_gridlines": grid, "line": {"none": True}})
    chart.set_size({"width": 620, "height": 320})


# -------------------------------------------------------------------------------------------------- by site, by source


@dataclass(frozen=True)
class _Breakdown:
    """The totals of every series by site or by activity: its rows foot to the lead schedule, its scopes across."""

    leaf: Leaf
    traced: Traced
    dimension: str

    def write(self, totals: Figures) -> None:
        """Write one block for each series, then the totals of both."""
        leaf, binder, years = self.leaf, self.leaf.binder, _years(self.traced)
        code, years_at = leaf.code, range(4, 4 + len(years))
        heads = [(binder.say(f"{code}-{at}"), width) for at, width in enumerate(_WIDTHS[self.dimension])]
        leaf.begin(
            [*heads, (binder.say("mark"), 8.0), *((str(year), 15.0) for year in years)], freeze=3, right=years_at
        )
        found = self._found()
        row, series = FIRST, _series(self.traced, totals)
        own_total = (TOTAL, self.traced.headline.scope2)
        order = self._order(found, own_total, years)
        charted = (row, row)
        for one in series:
            items = [item for item in order if any((one, item, year) in found for year in years)]
            if not items:
                continue
            for place, item in enumerate(items):
                self._row(row + place, one, item, found, series)
            if one == own_total:
                charted = (row, row + min(len(items), _MOST_BARS) - 1)
            row = self._foot((row, row + len(items) - 1), one, totals) + 2
        leaf.table(row - 2, 4 + len(years))
        self._cross(series, totals)
        if self.dimension == "site" and len(order) > 1:
            self._chart(charted, row + 1, credited=any(one < 0 for one in found.values()))

    def _found(self) -> dict[tuple[Series, str, int], Fraction]:
        found: dict[tuple[Series, str, int], Fraction] = {}
        for method, view in self.traced.views.items():
            for row in view.by("scope", self.dimension, "year"):
                scope, item, year = str(row["scope"]), str(row[self.dimension]), int(row["year"])
                found[(scope, method if scope == "2" else ""), item, year] = row.amount.value
                key = ((TOTAL, method), item, year)
                found[key] = found.get(key, Fraction(0)) + row.amount.value
        return found

    @staticmethod
    def _order(found: Mapping[tuple[Series, str, int], Fraction], own_total: Series, years: Sequence[int]) -> list[str]:
        """Return the items, the largest of the last year first."""
        items = dict.fromkeys(item for _, item, _ in found)
        return sorted(items, key=lambda item: (-found.get((own_total, item, years[-1]), Fraction(0)), item))

    def _row(
        self, row: int, one: Series, item: str, found: Mapping[tuple[Series, str, int], Fraction], series: list[Series]
    ) -> None:
        leaf, binder, total = self.leaf, self.leaf.binder, one[0] == TOTAL
        leaf.put(row, 0, series_name(binder, one))
        if self.dimension == "site":
            site = self.traced.workspace.boundary.site(item)
            number = [each.id for each in self.traced.workspace.boundary.sites].index(item) + 1
            leaf.put(row, 1, number, "i")
            name = f"{item}  {binder.both(site.name)}" if site and site.name else item
            leaf.put(row, 2, name, "t", "wrap")
            leaf.tall(row, [(name, _WIDTHS["site"][2])])
        else:
            entry = self.traced.headline.ledger.plan.library.catalogue[item]
            leaf.put(row, 1, item)
            leaf.put(row, 2, entry.name_zh if binder.lang == "zh" else entry.name_en)
        leaf.put(row, 3, mark(binder, "crossed" if total else "recomputed"))
        for at, year in enumerate(_years(self.traced), start=4):
            value = found.get((one, item, year))
            if value is None:
                leaf.put(row, at, NOTHING, "t", "mid")
                continue
            which = f"detail_{self.dimension},$B{row + 1},detail_series,$A{row + 1},detail_year,{year}"
            text = f"=SUMIFS(detail_t_co2e,{which})"
            if total:
                parts = [
                    binder.cells.get(("by", self.dimension, part, item, year)) for part in _of_total(series, one[1])
                ]
                text = f"={'+'.join(part.rpartition('!')[2] for part in parts if part)}"
            leaf.put(row, at, Formula(text, float(value)), "n")
            binder.cells["by", self.dimension, one, item, year] = leaf.ref(row, at)
            binder.check(leaf.name, f"{series_name(binder, one)}, {item} {year}", leaf.ref(row, at), value)

    def _foot(self, rows: tuple[int, int], one: Series, totals: Figures) -> int:
        """Write the sum of a block under it and hold it to the lead schedule."""
        leaf, binder = self.leaf, self.leaf.binder
        row, name = rows[1] + 1, series_name(binder, one)
        for at, text in enumerate((name, "", binder.say("sum"), mark(binder, "footed", "agreed"))):
            leaf.put(row, at, text, "t", "total")
        for at, year in enumerate(_years(self.traced), start=4):
            value = totals.get((one, year))
            if value is None:
                leaf.put(row, at, NOTHING, "t", "total")
                continue
            leaf.put(row, at, Formula(f"=SUM({leaf.cells(*rows, at)})", float(value)), "n", "total")
            binder.cells["foot", self.dimension, one, year] = leaf.ref(row, at)
            lead = Formula(f"={binder.cells['lead', one, year]}", float(value))
            binder.check(binder.say("of-foot", sheet=leaf.name), f"{name} {year}", leaf.ref(row, at), lead)
        return row

    def _cross(self, series: Sequence[Series], totals: Figures) -> None:
        """Hold the foot of each total to the feet of its scopes."""
        binder = self.leaf.binder
        for one in (each for each in series if each[0] == TOTAL):
            for year in _years(self.traced):
                key = ("foot", self.dimension, one, year)
                if key not in binder.cells:
                    continue
                parts = [binder.cells.get(("foot", self.dimension, part, year)) for part in _of_total(series, one[1])]
                across = Formula(f"={'+'.join(part for part in parts if part)}", float(totals[one, year]))
                what = binder.say("of-cross", sheet=self.leaf.name)
                binder.check(what, f"{series_name(binder, one)} {year}", binder.cells[key], across)

    def _chart(self, rows: tuple[int, int], at: int, *, credited: bool) -> None:
        """Draw the last year by site, the largest on top, from zero on unless there are credits below it."""
        leaf, binder, years = self.leaf, self.leaf.binder, _years(self.traced)
        chart = binder.book.add_chart({"type": "bar"})
        last = 3 + len(years)
        chart.add_series(
            {
                "name": str(years[-1]),
                "categories": [leaf.name, rows[0], 2, rows[1], 2],
                "values": [leaf.name, rows[0], last, rows[1], last],
                "gap": 60,
                **_filled(0),
            }
        )
        _shape(binder, chart, binder.say("chart-sites", year=years[-1], count=rows[1] - rows[0] + 1))
        chart.set_y_axis({"reverse": True, "num_font": {"size": 9}, "line": {"color": "#7A8B99"}})
        axis = {"num_format": "#,##0", "num_font": {"size": 9}, "major_gridlines": {"visible": False}}
        chart.set_x_axis(axis if credited else {**axis, "min": 0})
        chart.set_legend({"none": True})
        chart.set_size({"width": 720, "height": 90 + 26 * (rows[1] - rows[0] + 1)})
        leaf.page.set_h_pagebreaks([at])  # else it is cut where a page of paper ends
        leaf.page.insert_chart(at, 0, chart)


def mark(binder: Binder, *codes: str) -> str:
    """Return tick marks as they stand in a cell."""
    return " ".join(binder.say(f"mark-{one}") for one in codes)


# -------------------------------------------------------------------------------------------------- checks, cover


def _note_counts(binder: Binder, traced: Traced, figures: Figures) -> None:
    """Note that no row and no line was lost, and that all lines together are all totals."""
    ledger, cells, say = traced.headline.ledger, binder.cells, binder.say
    rows = sum(ledger.cube.rows.values()) if traced.by_row else len(ledger.cube.rows)
    counted = ledger.cube.rows if traced.by_row else dict.fromkeys(ledger.cube.rows, 1)
    lines = sum(counted[place.cell] * len(place.rate.lines) for place, _ in ledger.held)
    lines += sum(counted[rung.place[0]] for rung in traced.rungs if rung.instrument is not None)
    whole = sum((value for (series, _), value in figures.items() if series[0] != TOTAL), Fraction(0))
    binder.check(say("of-count"), say("tab-activity"), cells["rows",], rows)
    binder.check(say("of-count"), say("tab-detail"), cells["lines",], lines)
    binder.check(say("of-whole"), say("tab-detail"), cells["whole",], whole)


def _write_checks(leaf: Leaf) -> None:
    """Write every check: the figure of the workpapers, the library's, the difference, and what to make of it."""
    binder = leaf.binder
    say = binder.say
    widths = (32, 54, 20, 20, 16, 12)
    leaf.begin([(say(f"checks-{at}"), width) for at, width in enumerate(widths)], freeze=0, right={2, 3, 4})
    rows = []
    for number, one in enumerate(binder.checks, start=FIRST + 1):
        library = one.library if isinstance(one.library, Formula) else float(one.library)
        value = float(library.value) if isinstance(library, Formula) else library
        verdict = f'=IF(ABS(E{number})<=1E-9*MAX(1,ABS(D{number})),"{say("ok")}","{say("check")}")'
        cells: tuple[Value | Formula, ...] = (one.what, one.of, Formula(f"={one.cell}", value), library)
        rows.append((*cells, Formula(f"=C{number}-D{number}", 0), Formula(verdict, say("ok"))))
    last = HEADING + len(rows)
    kinds: list[tuple[Kind, str]] = [("t", ""), ("t", ""), ("q", ""), ("q", "library"), ("x", ""), ("t", "mid")]
    for row, told in enumerate(rows, start=FIRST):
        for at, ((kind, look), cell) in enumerate(zip(kinds, told, strict=True)):
            leaf.put(row, at, cell, kind, look)
    failed = f'COUNTIF({leaf.span(FIRST, last, 5)},"{say("check")}")'
    sound = f'COUNTIF({leaf.span(FIRST, last, 5)},"{say("ok")}")'
    leaf.put(2, 0, say("checks-failed"), "t", "bold")
    leaf.put(2, 2, Formula(f"={failed}", 0), "i", "bold")
    leaf.put(2, 3, Formula(f"={sound}", len(rows)), "i", "bold")
    text = f'=IF({leaf.ref(2, 3)}={len(rows)},"{say("ok")}","{say("check")}")'
    leaf.put(2, 5, Formula(text, say("ok")), "t", "bold")
    binder.cells["verdict",] = leaf.ref(2, 5)
    leaf.table(last, len(widths))
    leaf.judged((2, 5, last, 5))


def _write_cover(leaf: Leaf, traced: Traced, root: str) -> None:
    """Write whose accounts these are, on which basis, whether all checks hold, what the sheets and marks are."""
    binder, page = leaf.binder, leaf.page
    say = binder.say
    settings = traced.workspace.settings
    page.set_column(0, 0, 30)
    page.set_column(1, 1, _WIDE)
    leaf.print_setup()
    page.fit_to_pages(1, 1)
    title = {"bold": True, "font_size": 18, "font_color": "#1F5C57"}
    name = binder.both(settings.organisation.name, settings.organisation.id)
    page.write_string(0, 0, say("title-cover"), binder.format(**title))
    page.write_string(1, 0, f"{name} ", binder.format(bold=True, font_size=13))
    page.set_row(0, 28)
    row = 3
    for code, text in _basis(traced, binder, root):
        leaf.put(row, 0, say(f"cover-{code}"), "t", "bold")
        _sentence(leaf, row, text)
        row += 1
    leaf.put(row, 0, say("cover-verdict"), "t", "bold")
    leaf.put(row, 1, Formula(f"={binder.cells['verdict',]}", say("ok")), "t", "bold")
    leaf.judged((row, 1, row, 1))
    row += 2
    leaf.section(row, "cover-sheets")
    link = binder.format(font_color="#0B5394", underline=1)
    for code, other in binder.leaves.items():
        if code != "cover":
            row += 1
            page.write_url(row, 0, f"internal:'{other.name}'!A1", link, other.name)
            _sentence(leaf, row, say(f"help-{code}"))
    row = _write_legend(leaf, row + 2)
    page.print_area(0, 0, row, 1)


def _basis(traced: Traced, binder: Binder, root: str) -> Iterable[tuple[str, str]]:
    from importlib.metadata import version  # noqa: PLC0415

    settings, method, view = traced.workspace.settings, traced.headline.ledger.plan.methodology, traced.headline
    say = binder.say
    yield "periods", ", ".join(settings.periods)
    yield "methodology", f"{method.id}: {binder.both(method.title)}"
    yield "gases", ", ".join(method.gases)
    yield "gwp", say("gwp-none") if view.gwp == "none" else view.gwp
    yield "scope2", say("cover-headline", method=say(f"method-{view.scope2}"))
    yield "boundary", f"{settings.boundary}; {say(f'consolidation-{settings.consolidation}')}"
    yield "base", str(settings.base_year or NOTHING)
    yield "root", root or say("cover-unsealed")
    yield "software", f"hsesg_carbon {version('hsesg_carbon')}"
    yield "unit", say("cover-units")


def _sentence(leaf: Leaf, row: int, text: str) -> None:
    leaf.put(row, 1, text, "t", "wrap")
    leaf.tall(row, [(text, _WIDE)])


def _write_legend(leaf: Leaf, row: int) -> int:
    """Write what tick marks and colours mean, and what they do not claim."""
    binder = leaf.binder
    leaf.section(row, "cover-marks")
    for one in MARKS:
        row += 1
        leaf.put(row, 0, binder.say(f"mark-{one}"), "t", "bold")
        _sentence(leaf, row, binder.say(f"means-{one}"))
    row += 2
    leaf.section(row, "cover-colours")
    for look in ("stated", "published", "library", "ask", ""):
        row += 1
        leaf.put(row, 0, "1,234.56", "t", look)
        leaf.put(row, 1, binder.say(f"colour-{look or 'formula'}"))
    return row
