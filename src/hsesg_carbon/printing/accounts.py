"""What a terminal shows of a footprint, of what is missing in it, and of months."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hsesg_carbon.messages import denominator_name, message, visible
from hsesg_carbon.printing.console import changed, print_table, reach
from hsesg_carbon.shown import number, percent

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.workspace import Workspace

_SIGNS = {"complete": "●", "estimated": "~", "partial": "◐", "overlapping": "×", "missing": "○", "not-expected": "·"}
_WATER = ("withdrawal", "discharge", "consumption", "recycled")


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
        title = message("label.intensity", lang, per=denominator_name(per)[lang], unit=rows[0]["unit"])
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
            body.append((f"{name} / {denominator_name(per)[lang]}" if per else name, *cells))
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
    return reach((interval["percent_below"], interval["percent_above"]))


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
        name = message("label.total", lang) if carrier == "total" else accounts.library.carrier_name(carrier)[lang]
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
    _print_credits(console, result["offsets"] or (), lang)


def _print_credits(console: "Console", offsets: Sequence[dict[str, Any]], lang: str) -> None:
    """Print carbon credits, which are in no total."""
    credits = [
        (
            message(f"label.offset-{one['status']}", lang, year=one["year"]),
            one["kind"],
            one["vintage"],
            number(one["value"], 2),
        )
        for one in offsets
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
            changed(_exact(one["mom_percent"])),
            changed(_exact(one["yoy_percent"])),
            number(one["ytd"], 2),
            changed(_exact(one["ytd_percent"])),
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
