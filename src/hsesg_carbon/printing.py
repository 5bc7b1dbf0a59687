"""What a terminal shows: tables and sentences for people, plain documents for ``--json``. The one user of rich."""

import math
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from time import monotonic
from typing import TYPE_CHECKING, Any

from hsesg_carbon.messages import catalogue, message, visible
from hsesg_carbon.shown import number, percent

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.categories import Assessed
    from hsesg_carbon.chain import Link
    from hsesg_carbon.delivery import Delivery
    from hsesg_carbon.drivers import Drivers
    from hsesg_carbon.factors import FactorLibrary
    from hsesg_carbon.findings import Finding
    from hsesg_carbon.inventory import Rung
    from hsesg_carbon.ledger import ExplainedLine, Explanation, Group
    from hsesg_carbon.records import CatalogueEntry, EmissionFactor, FuelProperty, Gwp
    from hsesg_carbon.restate import Bridge
    from hsesg_carbon.seal import Replay, Seal
    from hsesg_carbon.uncertainty import ChangeUncertainty, Uncertainty
    from hsesg_carbon.verification import Sample, Schedule, Verification
    from hsesg_carbon.versions import Versions
    from hsesg_carbon.workspace import Workspace

_PLAIN_WIDTH = 120
_MOST_INPUTS = 5
_LONG_SECONDS = 1.0
_MOST_ALIKE = 3
_HEADINGS = {"year": "period"}
_SIGNS = {"complete": "●", "estimated": "~", "partial": "◐", "overlapping": "×", "missing": "○", "not-expected": "·"}
_WATER = ("withdrawal", "discharge", "consumption", "recycled")


def print_verification(console: "Console", result: "Verification", lang: str) -> None:
    """Print what a verification found, with its evidence and explanations."""
    from hsesg_carbon.verification.verdict import between  # noqa: PLC0415

    console.print(
        message("label.verified", lang, checks=result.checks, passed=result.passed), style="bold", markup=False
    )
    for finding in result.findings:
        severity = message(f"label.severity-{finding.severity}", lang)
        console.print(f"\n{severity} {finding.line(lang)}", markup=False, soft_wrap=True)
        for one in getattr(finding, "evidence", ()):
            data = {"printed": between(one.printed), "implied": between(one.implied, one.unit)}
            console.print(
                message("label.evidence", lang, check=one.check, residual=one.residual, **data),
                markup=False,
                soft_wrap=True,
            )
        for place, one in enumerate(getattr(finding, "explanations", ()), start=1):
            told = message(
                "label.explanation", lang, edit=one.text(lang), resolves=len(one.resolves), breaks=len(one.breaks)
            )
            console.print(f"  {place}. {told}", markup=False, soft_wrap=True)
    if result.implied:
        rows = [(row, period, low, high) for row, period, low, high in result.implied]
        print_table(console, lang, message("label.implied", lang), ("id", "period", "lowest", "highest"), rows)


def print_restatement(
    console: "Console", versions: "Versions", names: tuple[str, str], levels: Sequence[str], lang: str
) -> None:
    """Print how one version of the accounts became the other: by year, by cause, by ``levels``, number by number."""
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    console.print(message("label.restated", lang, before=names[0], after=names[1]), style="bold", markup=False)
    _print_bridge(console, versions.bridge(), lang, 2)
    for level in levels:
        rows = [
            (
                str(row[level]),
                str(row["year"]),
                *(_decimal(half_up(one, 2)) for one in (row.before, row.after)),
                _decimal(half_up(row.difference, 2), signed=True),
                _changed(row.percent),
            )
            for row in versions.bridge(level)
        ]
        figures = ("reported", "restated", "change", "changed")
        print_table(console, lang, "", (level, "period", *figures), rows, figures=figures)
    for per, bridge in versions.intensities().items():
        title = message("label.restated-intensity", lang, per=_denominator_name(per, lang), unit=bridge[0].unit)
        console.print(title, style="bold", markup=False)
        _print_bridge(console, bridge, lang, 4)
    exchanged = [
        (
            str(one.year),
            one.activity,
            *(_numbers(side) for side in (one.before, one.after)),
            _decimal(half_up(one.amount, 2), signed=True),
        )
        for one in versions.numbers()
    ]
    if exchanged:
        title = message("label.restated-numbers", lang)
        columns = ("period", "activity", "before", "after", "emissions")
        print_table(console, lang, title, columns, exchanged, figures=columns[-1:])
    if versions.decision is not None:
        console.print(message("label.base-year", lang), style="bold", markup=False)
        for sentence in versions.decision.sentences(lang):
            console.print(sentence, markup=False)
        console.print()
    print_findings(console, versions.findings, lang)


def _print_bridge(console: "Console", bridge: "Bridge", lang: str, places: int) -> None:
    """Print changes of years side by side; with several causes also what each would have changed alone."""
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    shown = [
        {name: half_up(one, places) for name, one in {"before": row.before, **row.parts, "after": row.after}.items()}
        for row in bridge
    ]
    columns = ("step", *(str(row["year"]) for row in bridge))
    steps = [("as-reported", "before"), *((f"cause-{one}", one) for one in bridge.causes), ("as-restated", "after")]
    rows = [
        (message(f"label.{code}", lang), *(_decimal(one[name], signed=name in bridge.causes) for one in shown))
        for code, name in steps
    ]
    changes = (_changed(row.percent) for row in bridge)
    print_table(console, lang, "", columns, [*rows, (message("label.change-percent", lang), *changes)])
    if len(bridge.causes) > 1:
        alone = [
            (
                message(f"label.cause-{one}", lang),
                *(_decimal(half_up(row.alone[one], places), signed=True) for row in bridge),
            )
            for one in bridge.causes
        ]
        left = (_decimal(half_up(row.interaction, places), signed=True) for row in bridge)
        title = message("label.restated-alone", lang, method=message(f"label.attribution-{bridge.method}", lang))
        print_table(console, lang, title, columns, [*alone, (message("label.interaction", lang), *left)])


def _numbers(records: "Sequence[EmissionFactor | FuelProperty]") -> str:
    """Return numbers with their unit and id, one per line."""
    return "\n".join(f"{one.value} {one.unit} ({one.id})" for one in records) or "–"


def _changed(percent: Fraction | None) -> str:
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    return "–" if percent is None else f"{_decimal(half_up(percent, 2), signed=True)} %"


def _decimal(value: Decimal, *, signed: bool = False) -> str:
    return f"{value:+,}" if signed and value else f"{value:,}"


def print_uncertainty(console: "Console", result: "Uncertainty", lang: str) -> None:
    """Print intervals by both approaches, what gives the variance, key categories, and how good the draws are."""
    first, second, drawn = result.approach1(), result.approach2(), result.drawn
    console.print(message("label.uncertainty", lang, draws=drawn.count, seed=result.seed), style="bold", markup=False)
    levels = tuple(_HEADINGS.get(one, one) for one in result.by)
    rows = [
        (
            *(str(value) for _, value in group),
            _decimal(_tenths(first[group].estimate)),
            *(_reach(own[group].percent) for own in (first, second)),
        )
        for group in result.groups
    ]
    figures = ("estimate", "formulas", "draws")
    print_table(console, lang, "", (*levels, *figures), rows, figures=figures)
    trends = [
        (
            " ".join(str(value) for name, value in groups[0] if name != "year") or "–",
            f"{dict(groups[0])['year']}–{dict(groups[1])['year']}",
            *(_reach((one.lower, one.upper)) for one in both),
        )
        for groups, both in result.trends()
    ]
    if trends:
        title = message("label.uncertainty-trend", lang)
        print_table(console, lang, title, ("group", "period", "formulas", "draws"), trends, figures=figures[1:])
    _print_ratios(console, result, levels, lang)
    _print_converged(console, result, lang)
    for group, given in result.contributions().items():
        name = " ".join(str(value) for _, value in group)
        parts = [
            (name, f"{_decimal(_tenths(100 * share))} %", result.sources[name].origin)
            for name, share in list(given.items())[:_MOST_INPUTS]
        ]
        if parts:
            title = message("label.uncertainty-given", lang, group=name)
            print_table(console, lang, title, ("input", "variance", "source"), parts, figures=("variance",))
    _print_key_categories(console, result, lang)
    print_findings(console, result.findings, lang)


def _print_ratios(console: "Console", result: "Uncertainty", levels: tuple[str, ...], lang: str) -> None:
    """Print the intervals of intensities, a table for each denominator."""
    tables: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for one, group, both in result.intensities():
        values = (f"{both[0].estimate:.4g}", *(_reach(own.percent) for own in both))
        rows = tables.setdefault((one.denominator, one.unit), [])
        rows.append((*(str(value) for _, value in group), *values))
    figures = ("intensity", "formulas", "draws")
    for (per, unit), rows in tables.items():
        title = message("label.intensity", lang, per=_denominator_name(per, lang), unit=f"tCO2e/{unit}")
        print_table(console, lang, title, (*levels, *figures), rows, figures=figures)


def _print_converged(console: "Console", result: "Uncertainty", lang: str) -> None:
    """Print the largest standard errors of Approach 2 of all totals, in percent of their estimates."""
    found = [(one.errors, abs(one.estimate)) for one in result.approach2().values() if one.errors and one.estimate]
    if not found:
        console.print(message("label.uncertainty-few", lang), markup=False)
    else:
        worst = {
            name: f"{Decimal(f'{100 * max(getattr(errors, name) / size for errors, size in found):.2g}'):f}"
            for name in ("mean", "deviation", "lower", "upper")
        }
        console.print(message("label.uncertainty-converged", lang, blocks=result.drawn.blocks, **worst), markup=False)
    console.print()


def _print_key_categories(console: "Console", result: "Uncertainty", lang: str) -> None:
    """Print the categories that are key in the last year's level or in the trend, by size or with uncertainty."""
    last = max((one.years for one in result.key_categories if len(one.years) == 1), default=(0,))
    lists = {
        ("level" if len(one.years) == 1 else "trend") + ("weighed" if one.weighed else ""): one
        for one in result.key_categories
        if len(one.years) > 1 or one.years == last
    }
    columns = [name for name in ("level", "levelweighed", "trend", "trendweighed") if name in lists]
    shares = {name: {each.category: each for each in lists[name].categories} for name in columns}
    names = dict.fromkeys(each.category for name in columns for each in lists[name].categories if each.key)
    rows = [
        (" ".join(str(value) for _, value in category), *(_share_of(shares[name].get(category)) for name in columns))
        for category in names
    ]
    if rows:
        title = message("label.key-categories", lang, year=last[0])
        print_table(console, lang, title, ("category", *columns), rows, figures=columns)


def _share_of(one: "Assessed[Group] | None") -> str:
    """Return a category's share, with a star where it is key."""
    return "–  " if one is None else f"{_decimal(_tenths(100 * one.share))}{' *' if one.key else '  '}"


def print_change_uncertainty(console: "Console", result: "ChangeUncertainty", lang: str) -> None:
    """Print the intervals of what a restatement changed."""
    title = message("label.uncertainty-change", lang, **result.drawing())
    rows = [
        (
            " ".join(str(value) for _, value in one.group),
            _decimal(_tenths(one.difference[0].estimate), signed=True),
            *(_between(own.lower, own.upper) for own in one.difference),
            "–" if one.percent is None else _reach((one.percent[1].lower, one.percent[1].upper)),
        )
        for one in result.rows
    ]
    columns = ("period", "change", "formulas", "draws", "changed")
    print_table(console, lang, title, columns, rows, figures=columns[1:])
    print_findings(console, result.findings, lang)


def _reach(percent: tuple[float, float]) -> str:
    """Return two limits in percent; a dash where the estimate is 0, so that there are none."""
    if not all(map(math.isfinite, percent)):
        return "–"
    return " … ".join(f"{_decimal(_tenths(one), signed=True)} %" for one in percent)


def _between(lower: float, upper: float) -> str:
    return " … ".join(_decimal(_tenths(one), signed=True) for one in (lower, upper))


def _tenths(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def print_schedule(console: "Console", schedule: "Schedule", lang: str) -> None:
    """Print the schedule of differences."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    threshold = exact_text(schedule.threshold * 100)
    console.print()
    console.print(message("label.schedule", lang, threshold=threshold), style="bold", markup=False)
    _print_differences(console, schedule, lang)
    if schedule.undone is not None:
        code = "label.schedule-undone" if schedule.undone.differences else "label.schedule-undone-none"
        console.print(message(code, lang), style="bold", markup=False)
        if schedule.undone.differences:
            _print_differences(console, schedule.undone, lang)
    for row, period, side in schedule.missing:
        console.print(message(f"label.schedule-no-{side}", lang, id=row, period=period), markup=False)


def _print_differences(console: "Console", schedule: "Schedule", lang: str) -> None:
    bases = {(one.row, one.period): one for one in schedule.sums}
    rows = [
        (
            one.row,
            one.period,
            one.printed,
            number(one.recomputed),
            message("label.within-rounding", lang) if one.agrees else number(one.difference, signed=True),
            "" if one.agrees else percent(bases[one.row, one.period].percent(one.difference), signed=True),
        )
        for one in schedule.lines
    ]
    print_table(console, lang, "", ("id", "period", "reported", "recomputed", "difference", "percent"), rows)
    for difference in schedule.differences:
        data = {"id": difference.row, "period": difference.period, "amount": number(difference.amount, signed=True)}
        told = f"label.difference-{'other-number' if difference.number else difference.source}"
        kind = message(f"label.difference-{difference.kind}", lang)
        console.print("  " + message(told, lang, kind=kind, number=difference.number, **data), markup=False)
    sums = []
    for total in schedule.sums:
        if total.gross:
            net = f"{number(total.net, signed=True)} ({percent(total.percent(total.net), signed=True)})"
            gross = f"{number(total.gross)} ({percent(total.percent(total.gross))})"
            exceeds = "both" if total.net_exceeds else "gross" if total.gross_exceeds else "not"
            sums.append((total.row, total.period, net, gross, message(f"label.exceeds-{exceeds}", lang)))
    if sums:
        print_table(console, lang, "", ("id", "period", "net", "gross", "threshold"), sums)
    else:
        console.print(message("label.schedule-clean", lang), markup=False)


def print_sample(console: "Console", sample: "Sample", lang: str) -> None:
    """Print the rows that a sample has drawn."""
    population = sample.population
    data = {"drawn": len(sample.drawn), "items": len(population.items), "seed": sample.seed}
    data |= {"certain": sum(one.certain for one in sample.drawn)}
    interval = "–" if sample.interval is None else number(sample.interval)
    console.print()
    told = message("label.sample", lang, interval=interval, gross=number(population.gross), **data)
    console.print(told, style="bold", markup=False)
    strata = [
        (quality or "–", checked or "–", str(items), number(t), str(drawn))
        for quality, checked, items, t, drawn in sample.strata()
    ]
    print_table(console, lang, "", ("quality", "checked", "rows", "emissions", "drawn"), strata)
    rows = [
        (
            one.item.activity_id,
            str(one.item.year),
            one.item.scope,
            number(one.item.t_co2e),
            one.item.quality or "–",
            message("label.certain", lang) if one.certain else percent(one.chance * 100),
            one.item.where.model_copy(update={"activity_id": None}).text(lang) or "–",
        )
        for one in sample.drawn
    ]
    print_table(console, lang, "", ("id", "period", "scope", "emissions", "quality", "chance", "where"), rows)
    if population.silent:
        ids = [f"{one} ({year})" for one, year in population.silent]
        console.print(message("label.sample-silent", lang, count=len(ids), ids=ids), markup=False, soft_wrap=True)


def print_seal(console: "Console", seal: "Seal", lang: str) -> None:
    """Print what was sealed, or that nothing has changed."""
    told = "unchanged" if seal.unchanged else "alone" if seal.number is None else "made"
    data = {"number": seal.number, "time": seal.time}
    console.print(message(f"label.seal-{told}", lang, **data), style="bold", markup=False)
    console.print(message("label.seal-root", lang, root=seal.root), markup=False, soft_wrap=True)
    console.print(message("label.seal-pack", lang, pack=str(seal.pack)), markup=False, soft_wrap=True)
    console.print(message("label.seal-members", lang, members=seal.members), markup=False)
    print_findings(console, seal.findings, lang, soft_wrap=True)


def print_replay(console: "Console", replay: "Replay", lang: str) -> None:
    """Print whether a pack replays, and every difference."""
    told = "identical" if replay.ok and replay.identical else "equal" if replay.ok else "different"
    told = told if replay.recomputed else "impossible"
    errors = sum(one.severity == "error" for one in replay.findings)
    console.print(
        message(f"label.replay-{told}", lang, engine=replay.engine, count=errors),
        style="bold",
        markup=False,
    )
    if replay.root is not None:
        console.print(message("label.seal-root", lang, root=replay.root), markup=False, soft_wrap=True)
    print_findings(console, replay.findings, lang, soft_wrap=True)


def print_chain(console: "Console", links: "Sequence[Link]", findings: "Sequence[Finding]", lang: str) -> None:
    """Print the seals of a workspace and what is wrong with their chain."""
    rows = [(str(one.number), one.time, one.root) for one in links]
    if rows:
        print_table(console, lang, "", ("seal", "time", "root"), rows)
    errors = sum(one.severity == "error" for one in findings)
    told = message("label.chain-broken" if errors else "label.chain-sound", lang, seals=len(links), count=errors)
    console.print(told, style="bold", markup=False)
    print_findings(console, findings, lang, soft_wrap=True)


def print_findings(console: "Console", findings: "Sequence[Finding]", lang: str, *, soft_wrap: bool = False) -> None:
    """Print findings, a paragraph each; with ``soft_wrap`` lines break where the terminal ends."""
    for one in findings:
        severity = message(f"label.severity-{one.severity}", lang)
        console.print(f"{severity} {one.line(lang)}", markup=False, soft_wrap=soft_wrap)


def print_caveats(console: "Console", statement: dict[str, Any], lang: str) -> None:
    """Print every reservation of a statement, as the page tells them."""
    for one in statement["caveats"]:
        severity = message(f"label.severity-{one['severity']}", lang)
        console.print(f"{severity} {visible(one['message'][lang])}", markup=False)


def print_footprint(console: "Console", accounts: "Workspace", result: dict[str, Any], lang: str) -> None:
    """Print the accounts of a workspace."""
    name = accounts.settings.organisation.name.get(lang) or accounts.settings.organisation.id
    title = accounts.methodology.title.get(lang) or accounts.methodology.id
    console.print(message("label.footprint", lang, organisation=name), style="bold", markup=False)
    console.print(
        message(
            "label.basis",
            lang,
            title=title,
            methodology=result["methodology"],
            gases=result["gases"],
            gwp=result["gwp"],
            scope2=message(f"label.scope2-{result['scope2_method']}", lang),
            consolidation=message(f"label.consolidation-{result['consolidation']}", lang),
            boundary=result["boundary"],
        ),
        markup=False,
    )
    if result["known_at"]:
        console.print(message("label.known-at", lang, day=result["known_at"]), markup=False)
    _print_scopes(
        console, lang, message("label.emissions", lang), result["totals"], {"total": 2, "1": 2, "2": 2, "3": 2}
    )
    _print_estimated(console, lang, result["estimated"])
    if len({one["method"] for one in result["scope2"]}) > 1:
        _print_methods(console, lang, result["scope2"])
    for per in dict.fromkeys(one["per"] for one in result["intensities"]):
        rows = [one for one in result["intensities"] if one["per"] == per]
        title = message("label.intensity", lang, per=_denominator_name(per, lang), unit=rows[0]["unit"])
        _print_scopes(console, lang, title, rows, {"total": 2})
    _print_intervals(console, result, lang)
    for flow in dict.fromkeys(one["flow"] for one in result["energy"]):
        _print_energy(console, accounts, result, flow, lang)
    _print_beside(console, result, lang)


def _print_scopes(
    console: "Console", lang: str, title: str, rows: list[dict[str, Any]], places: dict[str, int]
) -> None:
    """Print a table of scopes by year; ``places`` holds the decimals of each scope, three where it is silent."""
    years = sorted({one["year"] for one in rows})
    body = []
    for scope in sorted({one["scope"] for one in rows}):
        name = message("label.total" if scope == "total" else f"label.scope-{scope}", lang)
        own = [one for one in rows if one["scope"] == scope]
        body.append((name, *_across(own, years, places.get(scope, 3))))
    print_table(console, lang, title, ("", *map(str, years)), body)


def print_completeness(console: "Console", rows: Sequence[dict[str, Any]], lang: str) -> None:
    """Print the matrix of sites, activities and meters by month, a table for each year, and what its signs mean."""
    signs = {one: f"label.month-{one}" for one in _SIGNS}
    shown = [one for one in rows if one["activity"]]
    for year in sorted({one["month"][:4] for one in shown}):
        table: dict[tuple[str, ...], dict[str, str]] = {}
        for one in shown:
            if one["month"].startswith(year):
                name = (one["site"], one["activity"], one["meter"] or "–")
                table.setdefault(name, {})[one["month"][5:]] = _SIGNS[one["status"]]
        months = sorted({month for cells in table.values() for month in cells})
        body = [(*name, *(cells.get(month, "") for month in months)) for name, cells in table.items()]
        print_table(console, lang, year, ("site", "activity", "meter", *months), body)
    told = "  ".join(f"{sign} {message(signs[status], lang)}" for status, sign in _SIGNS.items())
    console.print(told, markup=False)
    console.print()


def _print_estimated(console: "Console", lang: str, rows: list[dict[str, Any]]) -> None:
    """Print what share of each total is estimated, where any row says whether it is; 0 % is not a dash."""
    if all(one["percent"] is None for one in rows):
        return
    years = sorted({one["year"] for one in rows})
    body = []
    for scope in sorted({one["scope"] for one in rows}):
        name = message("label.total" if scope == "total" else f"label.scope-{scope}", lang)
        known = {one["year"]: one["percent"] for one in rows if one["scope"] == scope}
        body.append((name, *(percent(known.get(year)) for year in years)))
    unstated = {one["year"]: one["unstated_percent"] for one in rows if one["scope"] == "total"}
    if any(one not in {None, "0"} for one in unstated.values()):
        name = message("label.estimated-unstated", lang)
        body.append((name, *(percent(unstated.get(year)) for year in years)))
    print_table(console, lang, message("label.estimated", lang), ("", *map(str, years)), body)


def _print_intervals(console: "Console", result: dict[str, Any], lang: str) -> None:
    """Print the intervals of totals and intensities by scope and year, where they were asked for, with warnings."""
    if "uncertainty" not in result:
        return
    years = sorted({one["year"] for one in result["totals"]})
    body = []
    for per in (None, *dict.fromkeys(one["per"] for one in result["intensities"])):
        rows = [one for one in result["intensities"] if one["per"] == per] if per else result["totals"]
        for scope in sorted({one["scope"] for one in rows}):
            name = message("label.total" if scope == "total" else f"label.scope-{scope}", lang)
            known = {one["year"]: one["uncertainty"]["approach2"] for one in rows if one["scope"] == scope}
            cells = [_of_estimate(known.get(year)) for year in years]
            body.append((f"{name} / {_denominator_name(per, lang)}" if per else name, *cells))
    print_table(console, lang, message("label.intervals", lang, **result["uncertainty"]), ("", *map(str, years)), body)
    told = [one for one in result["uncertainty"]["findings"] if one["severity"] != "info"]  # notes are in the JSON
    for one in told:
        severity = message(f"label.severity-{one['severity']}", lang)
        console.print(f"{severity} {one['message']}", markup=False)
    if told:
        console.print()


def _of_estimate(interval: dict[str, Any] | None) -> str:
    """Return the limits of an interval in percent of its estimate; a dash where there is none."""
    if interval is None or interval["percent_below"] is None:
        return "–"
    return _reach((interval["percent_below"], interval["percent_above"]))


def _print_methods(console: "Console", lang: str, rows: list[dict[str, Any]]) -> None:
    """Print Scope 2 by both methods: beside each other, never added."""
    years = sorted({one["year"] for one in rows})
    body = [
        (
            message(f"label.scope2-{method}", lang),
            *_across([one for one in rows if one["method"] == method], years, 2),
        )
        for method in dict.fromkeys(one["method"] for one in rows)
    ]
    print_table(console, lang, message("label.scope2-both", lang), ("", *map(str, years)), body)


def _print_energy(console: "Console", accounts: "Workspace", result: dict[str, Any], flow: str, lang: str) -> None:
    """Print one energy flow by carrier and year, with the share of electricity."""
    rows = [one for one in result["energy"] if one["flow"] == flow]
    years = sorted({one["year"] for one in result["totals"]})
    body = []
    for carrier in sorted({one["carrier"] for one in rows}, key=lambda one: (one == "total", one)):
        name = message("label.total", lang) if carrier == "total" else _carrier_name(accounts, carrier, lang)
        body.append((name, *_across([one for one in rows if one["carrier"] == carrier], years, 2)))
    shares = [one for one in result["energy_shares"] if one["flow"] == flow and one["carrier"] == "electricity"]
    if shares:
        body.append((message("label.electricity-share", lang), *(f"{one} %" for one in _across(shares, years, 1))))
    net = [one for one in result["energy_comprehensive"] if (one["flow"], one["carrier"]) == (flow, "total")]
    if {one["year"]: one["value"] for one in net} != {
        one["year"]: one["value"] for one in rows if one["carrier"] == "total"
    }:
        body.append((message("label.net-of-sold", lang), *_across(net, years, 2)))
    record = accounts.library.flows[flow]
    title = f"{record.name_zh if lang == 'zh' else record.name_en} ({record.unit})"
    print_table(console, lang, title, ("", *map(str, years)), body)


def _print_beside(console: "Console", result: dict[str, Any], lang: str) -> None:
    """Print the accounts beside the totals that the workspace has, and nothing of those that it lacks."""
    gases = [("label.biogenic", one) for one in result["biogenic"] if one["scope"] == "total"]
    gases += [(one["flow"], one) for one in result["ozone_depleting"]]
    _print_by_year(
        console,
        lang,
        message("label.gases-beside", lang),
        [(message(name, lang) if name.startswith("label.") else name, one) for name, one in gases],
        places=4,
    )
    account = (result["water"] or {}).get("account", ())
    water = [one for kind in _WATER for one in account if (one["kind"], one["unit"]) == (kind, "m3")]
    _print_by_year(
        console,
        lang,
        message("label.water", lang),
        [(message(f"label.water-{one['kind']}", lang), one) for one in water],
    )
    waste = reversed((result["waste"] or {}).get("diverted", ()))  # what was diverted first
    _print_by_year(
        console,
        lang,
        message("label.waste", lang),
        [(message(f"label.waste-diverted-{one['diverted']}", lang, unit=one["unit"]), one) for one in waste],
    )
    parts = result["parts"] or {"shares": (), "pue": ()}
    _print_by_year(
        console,
        lang,
        message("label.parts", lang),
        [(message("label.part-share", lang, **one), one) for one in parts["shares"]]
        + [(message("label.pue", lang, **one), one) for one in parts["pue"]],
    )
    _print_by_year(
        console,
        lang,
        message("label.measures", lang),
        [
            (
                message("label.measure", lang, measure=one["measure"], of=message(f"label.scope-{one['scope']}", lang)),
                one,
            )
            for one in result["measures"] or ()
        ],
        places=3,
    )
    credits = [
        (
            message(f"label.offset-{one['status']}", lang, year=one["year"]),
            one["kind"],
            one["vintage"],
            number(one["value"], 2),
        )
        for one in result["offsets"] or ()
    ]
    if credits:
        print_table(console, lang, message("label.offsets", lang), ("status", "kind", "vintage", "result"), credits)


def _print_by_year(
    console: "Console", lang: str, title: str, rows: list[tuple[str, dict[str, Any]]], places: int = 2
) -> None:
    """Print named values, a line for each name (its sum) and a column for each year; nothing where there are none."""
    from fractions import Fraction  # noqa: PLC0415

    if not rows:
        return
    sums: dict[str, dict[int, Fraction]] = {}
    for name, one in rows:
        own = sums.setdefault(name, {})
        own[one["year"]] = own.get(one["year"], Fraction(0)) + Fraction(one["value"])
    years = sorted({one["year"] for _, one in rows})
    body = [
        (name, *_across([{"year": year, "value": str(value)} for year, value in own.items()], years, places))
        for name, own in sums.items()
    ]
    print_table(console, lang, title, ("", *map(str, years)), body)


def _across(rows: list[dict[str, Any]], years: list[int], places: int) -> list[str]:
    """Return the values of a row of a table, a dash for years that have none."""
    by_year = {row["year"]: number(row["value"], places) for row in rows}
    return [by_year.get(year, "–") for year in years]


def _denominator_name(per: str, lang: str) -> str:
    """Return the name of a usual denominator in the language, any other as it is written."""
    code = f"label.denominator-{per}"
    return message(code, lang) if code in catalogue() else per


def _carrier_name(accounts: "Workspace", carrier: str, lang: str) -> str:
    """Return the first alias of a carrier in the language: 'natural gas', 天然气."""
    aliases = [alias for one in accounts.library.catalogue.values() if one.subject == carrier for alias in one.aliases]
    wanted = [alias for alias in aliases if alias.isascii() == (lang == "en")]
    return wanted[0] if wanted and lang == "zh" else carrier.replace("_", " ")


def print_explanation(console: "Console", found: "Explanation", lang: str) -> None:
    """Print every step from a row to its emissions."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    row = found.row
    place = row.where.model_copy(update={"activity_id": None}).text(lang)
    heading = f"{row.activity_id}: {exact_text(row.quantity)} {row.key.unit} {row.key.activity}"
    console.print(visible(heading), style="bold", markup=False)
    console.print(
        message(
            "label.row-of", lang, site=row.key.site, region=row.key.region, period=row.period.label, place=place or "-"
        ),
        markup=False,
    )
    for key, text in (("field.evidence", row.evidence), ("field.note", row.note)):
        if text:
            console.print(visible(f"{message(key, lang)}: {text}"), markup=False)
    if row.part_of:
        code = "label.part-of-feedstock" if row.role == "feedstock" else "label.part-of"
        console.print(visible(message(code, lang, part_of=row.part_of, role=row.role or "–")), markup=False)
    if row.rounded:
        console.print(message("row-rounded", lang), markup=False)
    for line in found.lines:
        _print_line(console, found, line, lang)


def _print_line(console: "Console", found: "Explanation", line: "ExplainedLine", lang: str) -> None:
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    amount = f"{exact_text(line.amount.value)} {line.amount.unit}"
    name = line.flow.name_zh if lang == "zh" else line.flow.name_en
    rows = [
        (
            "",
            "",
            str(line.start),
            ""
            if line.share == 1
            else message("label.share-of-days", lang, share=exact_text(line.share), period=line.period.label),
        )
    ]
    for step in line.steps:
        origin = message("label.unit-change", lang)
        if step.record:
            parts = [
                step.record["id"],
                f"{(lang == 'zh' and step.record['title_zh']) or step.record['title']}, {step.record['locator']}",
                f"{message('field.checked', lang)}: {step.record['checked']}",
                step.record["note"],
            ]
            origin = "\n".join(str(part) for part in parts if part)
        rows.append((step.op, f"{exact_text(step.value)} {step.value_unit}", str(step.quantity), origin))
    method = f", {message(f'label.scope2-{line.scope2}', lang)}" if line.scope2 else ""
    title = f"{line.flow.flow} ({name}{method}): {amount}"
    print_table(console, lang, title, ("step", "value", "result", "source"), rows)
    console.print(
        message(
            "label.rule",
            lang,
            methodology=found.methodology,
            rule=line.rule or "–",
            reason=line.reason.get(lang) or "-",
            fit=list(line.fit),
        ),
        markup=False,
    )


def print_drivers(console: "Console", accounts: "Workspace", found: "Drivers", by: str, lang: str) -> None:
    """Print what moved emissions from one year to another: as a waterfall, and apart by one more word."""
    name = accounts.settings.organisation.name.get(lang) or accounts.settings.organisation.id
    data = {"organisation": name, "first": found.first_year, "last": found.last_year}
    console.print(message("label.drivers", lang, **data), style="bold", markup=False)
    code = "label.drivers-per" if found.per else "label.drivers-per-energy"
    activity = message(code, lang, per=_denominator_name(found.per, lang))
    method = message(f"label.scope2-{found.scope2}", lang)
    console.print(message("label.drivers-basis", lang, activity=activity, scope2=method), markup=False)
    bars = found.steps(lang)
    ends = {0, len(bars) - 1}
    values = [number(bar[1]) if place in ends else _part(bar[1]) for place, bar in enumerate(bars)]
    shares = [
        "" if place in ends or not bars[0][1] else _part(100 * bar[1] / bars[0][1], " %")
        for place, bar in enumerate(bars)
    ]
    rows = zip((bar[0] for bar in bars), _flushed(values), _flushed(shares), strict=True)
    print_table(console, lang, "", ("driver", "emissions", "change"), list(rows))
    sums = found.by(by) if by != "driver" else ()
    if len(sums) > 1:
        parts = []
        for whole in sums:
            own = [row for row in found.by(by, "driver") if row[by] == whole[by] and row.amount.value]
            names = [message(f"label.driver-{row['driver']}", lang) for row in own] + [message("label.total", lang)]
            whose = [_driven_name(accounts, by, str(whole[by]), lang), *[""] * len(own)]
            parts += list(zip(whose, names, (_part(row.amount.value) for row in (*own, whole)), strict=True))
        amounts = _flushed([amount for *_, amount in parts])
        body = [(whose, name, amount) for (whose, name, _), amount in zip(parts, amounts, strict=True)]
        print_table(console, lang, "", (by, "driver", "emissions"), body)
    print_findings(console, found.findings, lang)


def print_monitor(console: "Console", result: dict[str, Any], lang: str) -> None:
    """Print the month by site in tce and tCO2e, plans, what went wrong, and how many bills are missing."""
    names = {one["id"]: one["name"].get(lang) or one["id"] for one in result["sites"]}
    names[None] = message("label.total", lang)
    organisation = result["organisation"]["name"].get(lang) or result["organisation"]["id"]
    title = message("label.monitor", lang, organisation=organisation, month=result["month"])
    rows = [
        (
            names[one["site"]],
            one["unit"],
            number(one["this_month"], 2),
            _changed(_exact(one["mom_percent"])),
            _changed(_exact(one["yoy_percent"])),
            number(one["ytd"], 2),
            _changed(_exact(one["ytd_percent"])),
        )
        for one in sorted(result["figures"], key=lambda one: (one["site"] is not None, one["site"] or ""))
        if one["carrier"] is None and one["measure"] in {"tce", "tco2e"}
    ]
    headings = ("site", "unit", "thismonth", "mom", "yoy", "ytd", "ytdyoy")
    print_table(console, lang, title, headings, rows)
    plans = [
        (
            one["target"],
            names[one["site"]],
            f"{one['plan']} {one['unit']}",
            number(one["actual_to_date"], 2),
            str(one["months_covered"]),
            *(percent(_exact(one[name])) for name in ("completion_percent", "pace_percent")),
        )
        for one in result["targets"]
        if str(one["year"]) == result["month"][:4]
    ]
    if plans:
        print_table(console, lang, "", ("target", "site", "plan", "actual", "knownmonths", "completion", "pace"), plans)
    anomalies = [one for one in result["anomalies"] if one["month"] == result["month"]]
    console.print(message("label.monitor-anomalies", lang, count=len(anomalies)), style="bold", markup=False)
    for one in anomalies:
        console.print(f"  {visible(names[one['site']])}: {visible(one['reason'][lang])}", markup=False, soft_wrap=True)
    cells = [one for one in result["completeness"] if one["status"] != "not-expected"]
    count = sum(one["status"] in {"missing", "partial"} for one in cells)
    console.print(message("label.monitor-missing", lang, count=count, of=len(cells)), markup=False)


def _exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _part(value: Fraction, after: str = "") -> str:
    """Return a part of a change with its sign; one that is exactly 0 has none, nor decimals."""
    return f"{number(value, signed=True)}{after}" if value else f"0{after}"


def _driven_name(accounts: "Workspace", by: str, one: str, lang: str) -> str:
    if by == "carrier":
        return _carrier_name(accounts, one, lang)
    if by == "scope":
        return message(f"label.scope-{one}", lang)
    return message(f"label.group-{one}", lang) if by == "group" else one


def _flushed(texts: Sequence[str]) -> list[str]:
    """Return numbers padded so that their last digits stand below each other."""
    wide = max(len(one) for one in texts)
    return [one.rjust(wide) for one in texts]


def print_table(
    console: "Console",
    lang: str,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    figures: Collection[str] = (),
) -> None:
    """Print a table with its headings in the language; years and ``figures`` to the right. Without columns a list."""
    from rich import box  # noqa: PLC0415
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if title:
        console.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD if columns else box.SIMPLE, show_header=bool(columns))
    names = [message(f"field.{name}", lang) if name.isalpha() else name for name in columns]
    numbers = {place for place, name in enumerate(columns) if name.isdigit() or name in figures}
    taken = sum(
        max(cell_len(names[place]), *(cell_len(row[place]) for row in rows if place < len(row))) + 3
        for place in numbers
    )
    room = min(console.width // 2, console.width - taken - 4)
    wide = numbers and any(cell_len(row[0]) > room for row in rows)  # names may wrap, numbers may not
    for place in range(max(len(row) for row in rows)):
        table.add_column(
            Text(names[place]) if names else "",
            justify="right" if place in numbers else "left",
            overflow="fold",
            no_wrap=place in numbers or (place == 0 and not wide),
        )
    for row in rows:
        table.add_row(*(Text("\n".join(visible(line) for line in cell.split("\n"))) for cell in row))
    console.print(table)


def open_console() -> "Console":
    """Return a console as wide as the terminal, and wide enough for every figure where there is none."""
    from rich.console import Console  # noqa: PLC0415

    class Pipe(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1, which means "findings" to scripts

    return Pipe(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False, emoji=False)


# -------------------------------------------------------------------------------------------------- JSON


def explanation_json(found: "Explanation", rungs: "Sequence[Rung]", lang: str) -> dict[str, Any]:
    """Return an explanation as plain data."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    return {
        "activity_id": found.row.activity_id,
        "activity": found.row.key.activity,
        "site": found.row.key.site,
        "region": found.row.key.region,
        "period": found.row.period.label,
        "quantity": exact_text(found.row.quantity),
        "unit": found.row.key.unit,
        "where": found.row.where.model_dump(exclude_none=True),
        "evidence": found.row.evidence,
        "note": found.row.note,
        "part_of": found.row.part_of,
        "role": found.row.role,
        "methodology": found.methodology,
        "lines": [
            {
                "period": line.period.label,
                "share": exact_text(line.share),
                "flow": line.flow.flow,
                "scope2": line.scope2,
                "amount": exact_text(line.amount.value),
                "unit": line.amount.unit,
                "rule": line.rule,
                "reason": line.reason[lang],
                "fit": list(line.fit),
                "steps": [
                    {
                        "op": step.op,
                        "value": exact_text(step.value),
                        "value_unit": step.value_unit,
                        "result": exact_text(step.quantity.value),
                        "unit": step.quantity.unit,
                        "record": step.record,
                    }
                    for step in line.steps
                ],
            }
            for line in found.lines
        ],
        "ladder": [
            {
                "period": rung.period.label,
                "stands_for": rung.stands_for,
                "quantity": exact_text(rung.quantity.value),
                "unit": rung.quantity.unit,
                "flow": rung.flow,
                "amount": exact_text(rung.amount.value),
                "amount_unit": rung.amount.unit,
            }
            for rung in rungs
        ],
    }


def record_json(
    one: "CatalogueEntry | EmissionFactor | FuelProperty | Gwp", library: "FactorLibrary"
) -> dict[str, Any]:
    """Return a record with what stands behind its source: title, licence, address."""
    record: dict[str, Any] = one.model_dump(mode="json")
    source = library.sources.get(record.get("source", ""))
    if source is not None:
        record |= {
            "title": source.title,
            "title_zh": source.title_zh,
            "publisher": source.publisher,
            "edition": source.edition,
            "address": source.address,
            "licence": source.licence,
            "licence_class": source.licence_class,
        }
    return record


def validity(one: Any) -> str:
    """Return from when to when a number holds."""
    start, end = getattr(one, "valid_from", None), getattr(one, "valid_to", None)
    if start is None:
        return ""
    return f"{start.year}" if end is not None and end.year == start.year else f"{start.year}–{end.year if end else ''}"


def print_delivery(console: "Console", delivery: "Delivery", lang: str) -> None:
    """Print what was counted in a delivered file, sheet by sheet and by activity and unit, and what was found."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    title = message("label.delivery", lang, file=visible(delivery.file))
    rows = [
        (
            one.sheet or one.file,
            str(one.read),
            str(one.taken),
            str(sum(one.left_aside.values())),
            one.first.isoformat() if one.first else "–",
            one.last.isoformat() if one.last else "–",
        )
        for one in delivery.controls
        if one.read
    ]
    counts = ("rowsread", "rowstaken", "rowsleft")
    if rows:
        print_table(console, lang, title, ("sheet", *counts, "firstday", "lastday"), rows, figures=counts)
    else:
        console.print(title, style="bold", markup=False)
        console.print(message("label.delivery-empty", lang), markup=False)
    sums = [(what, unit, exact_text(total)) for one in delivery.controls for (what, unit), total in one.sums.items()]
    if sums:
        print_table(
            console, lang, message("label.delivery-sums", lang), ("activity", "unit", "total"), sums, figures=("total",)
        )
    _print_alike(console, delivery.findings, lang)
    faults = len(delivery.faults)
    if faults:
        console.print(message("label.delivery-faults", lang, count=faults), style="bold", markup=False)


def _print_alike(console: "Console", findings: "Sequence[Finding]", lang: str) -> None:
    """Print findings; of one kind in one column the first few, then the cells of the others."""
    alike: dict[tuple[str | None, ...], list[Finding]] = {}
    for at, one in enumerate(findings):
        place = one.where
        alone = str(at) if place is None or place.row is None else None
        sheet, column = (place.sheet, place.column) if place else (None, None)
        alike.setdefault((one.code, one.severity, sheet, column, alone), []).append(one)
    for group in alike.values():
        shown = group if len(group) <= _MOST_ALIKE + 1 else group[:_MOST_ALIKE]
        print_findings(console, shown, lang)
        if rest := group[len(shown) :]:
            cells = [f"{one.where.column or ''}{one.where.row}" for one in rest if one.where]
            sheet = group[0].where.sheet if group[0].where else None
            told = message("label.delivery-more", lang, count=len(rest), sheet=sheet or "–", cells=cells)
            console.print(told, markup=False)


@contextmanager
def progress(title: str) -> "Iterator[Callable[[int, int | None], None]]":
    """
    Give what is told how many rows are done, and of how many; a bar shows it on a terminal, once the work takes long.

    The bar goes to stderr, and vanishes when the work is done.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, console=console, transient=True)
    begun, started = monotonic(), False
    task = shown.add_task(visible(title), total=None)

    def tell(done: int, of: int | None) -> None:
        nonlocal started
        if console.is_terminal and not started and monotonic() - begun > _LONG_SECONDS:
            shown.start()
            started = True
        shown.update(task, completed=done, total=of)

    try:
        yield tell
    finally:
        if started:
            shown.stop()
