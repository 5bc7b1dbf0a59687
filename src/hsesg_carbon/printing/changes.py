"""What a terminal shows of restatements, of what drove a change, and of what is uncertain."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hsesg_carbon.messages import denominator_name, message
from hsesg_carbon.printing.console import (
    changed,
    decimal_text,
    print_findings,
    print_table,
    reach,
    tenths,
)
from hsesg_carbon.shown import number

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.categories import Assessed
    from hsesg_carbon.drivers import Drivers
    from hsesg_carbon.ledger import Group
    from hsesg_carbon.records import EmissionFactor, FuelProperty
    from hsesg_carbon.restate import Bridge
    from hsesg_carbon.uncertainty import ChangeUncertainty, Uncertainty
    from hsesg_carbon.versions import Versions
    from hsesg_carbon.workspace import Workspace

_MOST_INPUTS = 5
_HEADINGS = {"year": "period"}


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
                *(decimal_text(half_up(one, 2)) for one in (row.before, row.after)),
                decimal_text(half_up(row.difference, 2), signed=True),
                changed(row.percent),
            )
            for row in versions.bridge(level)
        ]
        figures = ("reported", "restated", "change", "changed")
        print_table(console, lang, "", (level, "period", *figures), rows, figures=figures)
    for per, bridge in versions.intensities().items():
        title = message("label.restated-intensity", lang, per=denominator_name(per)[lang], unit=bridge[0].unit)
        console.print(title, style="bold", markup=False)
        _print_bridge(console, bridge, lang, 4)
    exchanged = [
        (
            str(one.year),
            one.activity,
            *(_numbers(side) for side in (one.before, one.after)),
            decimal_text(half_up(one.amount, 2), signed=True),
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
        (message(f"label.{code}", lang), *(decimal_text(one[name], signed=name in bridge.causes) for one in shown))
        for code, name in steps
    ]
    changes = (changed(row.percent) for row in bridge)
    print_table(console, lang, "", columns, [*rows, (message("label.change-percent", lang), *changes)])
    if len(bridge.causes) > 1:
        alone = [
            (
                message(f"label.cause-{one}", lang),
                *(decimal_text(half_up(row.alone[one], places), signed=True) for row in bridge),
            )
            for one in bridge.causes
        ]
        left = (decimal_text(half_up(row.interaction, places), signed=True) for row in bridge)
        title = message("label.restated-alone", lang, method=message(f"label.attribution-{bridge.method}", lang))
        print_table(console, lang, title, columns, [*alone, (message("label.interaction", lang), *left)])


def _numbers(records: "Sequence[EmissionFactor | FuelProperty]") -> str:
    """Return numbers with their unit and id, one per line."""
    return "\n".join(f"{one.value} {one.unit} ({one.id})" for one in records) or "–"


def print_uncertainty(console: "Console", result: "Uncertainty", lang: str) -> None:
    """Print intervals by both approaches, what gives the variance, key categories, and how good the draws are."""
    first, second, drawn = result.approach1(), result.approach2(), result.drawn
    console.print(message("label.uncertainty", lang, draws=drawn.count, seed=result.seed), style="bold", markup=False)
    levels = tuple(_HEADINGS.get(one, one) for one in result.by)
    rows = [
        (
            *(str(value) for _, value in group),
            decimal_text(tenths(first[group].estimate)),
            *(reach(own[group].percent) for own in (first, second)),
        )
        for group in result.groups
    ]
    figures = ("estimate", "formulas", "draws")
    print_table(console, lang, "", (*levels, *figures), rows, figures=figures)
    trends = [
        (
            " ".join(str(value) for name, value in groups[0] if name != "year") or "–",
            f"{dict(groups[0])['year']}–{dict(groups[1])['year']}",
            *(reach((one.lower, one.upper)) for one in both),
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
            (name, f"{decimal_text(tenths(100 * share))} %", result.sources[name].origin)
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
        values = (f"{both[0].estimate:.4g}", *(reach(own.percent) for own in both))
        rows = tables.setdefault((one.denominator, one.unit), [])
        rows.append((*(str(value) for _, value in group), *values))
    figures = ("intensity", "formulas", "draws")
    for (per, unit), rows in tables.items():
        title = message("label.intensity", lang, per=denominator_name(per)[lang], unit=f"tCO2e/{unit}")
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
    return "–  " if one is None else f"{decimal_text(tenths(100 * one.share))}{' *' if one.key else '  '}"


def print_change_uncertainty(console: "Console", result: "ChangeUncertainty", lang: str) -> None:
    """Print the intervals of what a restatement changed."""
    title = message("label.uncertainty-change", lang, **result.drawing())
    rows = [
        (
            " ".join(str(value) for _, value in one.group),
            decimal_text(tenths(one.difference[0].estimate), signed=True),
            *(_between(own.lower, own.upper) for own in one.difference),
            "–" if one.percent is None else reach((one.percent[1].lower, one.percent[1].upper)),
        )
        for one in result.rows
    ]
    columns = ("period", "change", "formulas", "draws", "changed")
    print_table(console, lang, title, columns, rows, figures=columns[1:])
    print_findings(console, result.findings, lang)


def _between(lower: float, upper: float) -> str:
    return " … ".join(decimal_text(tenths(one), signed=True) for one in (lower, upper))


def print_drivers(console: "Console", accounts: "Workspace", found: "Drivers", by: str, lang: str) -> None:
    """Print what moved emissions from one year to another: as a waterfall, and apart by one more word."""
    name = accounts.settings.organisation.name.get(lang) or accounts.settings.organisation.id
    data = {"organisation": name, "first": found.first_year, "last": found.last_year}
    console.print(message("label.drivers", lang, **data), style="bold", markup=False)
    code = "label.drivers-per" if found.per else "label.drivers-per-energy"
    activity = message(code, lang, per=denominator_name(found.per)[lang])
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


def _part(value: Fraction, after: str = "") -> str:
    """Return a part of a change with its sign; one that is exactly 0 has none, nor decimals."""
    return f"{number(value, signed=True)}{after}" if value else f"0{after}"


def _driven_name(accounts: "Workspace", by: str, one: str, lang: str) -> str:
    if by == "carrier":
        return accounts.library.carrier_name(one)[lang]
    if by == "scope":
        return message(f"label.scope-{one}", lang)
    return message(f"label.group-{one}", lang) if by == "group" else one


def _flushed(texts: Sequence[str]) -> list[str]:
    """Return numbers padded so that their last digits stand below each other."""
    wide = max(len(one) for one in texts)
    return [one.rjust(wide) for one in texts]
