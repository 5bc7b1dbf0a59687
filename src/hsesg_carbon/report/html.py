"""The report of a GHG statement: one HTML file that opens offline, needs no script, and prints on A4."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.report.annex import annex, gwp, seal_state
from hsesg_carbon.report.blocks import Section, Tile
from hsesg_carbon.report.drawings import drawable
from hsesg_carbon.report.inlined import hash_of, text_of
from hsesg_carbon.report.reading import TOTAL, Json, Reading
from hsesg_carbon.report.sections import caveats, figures
from hsesg_carbon.writing import write_whole

_PARTS = (
    "organisation",
    "years",
    "base_year",
    "unit",
    "scopes",
    "basis",
    "totals",
    "memo",
    "gases",
    "sites",
    "sources",
    "intensities",
    "energy",
    "energy_totals",
    "water",
    "waste",
    "measures",
    "offsets",
    "consolidations",
    "national",
    "targets",
    "restatement",
    "drivers",
    "verification",
    "uncertainty",
    "quality",
    "completeness",
    "caveats",
    "calculation",
    "energy_calculation",
    "factors",
    "seal",
    "versions",
    "findings",
)


def write_report(statement: Mapping[str, Any], to: Path, lang: str) -> None:
    """
    Write the report of a statement to ``to``, in ``lang`` (``en`` or ``zh``).

    Raises:
        InputError: The statement lacks a part or has no year, or the extra ``report`` is not installed.
    """
    write_whole(to, report_html(statement, lang))


def report_html(statement: Mapping[str, Any], lang: str) -> str:
    """
    Return the report of a statement as one self-contained HTML text without any script.

    Every figure is in it as text, half up, with what it is exactly in ``data-exact``; nothing in it depends on the day
    or the machine, so the same statement gives the same bytes.

    Args:
        statement: What ``Statement.as_json`` says.
        lang: The language of the page, ``en`` or ``zh``.

    Raises:
        InputError: The statement lacks a part or has no year, or the extra ``report`` is not installed.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    _require(statement)
    read = Reading(statement, lang)
    css = text_of("page/report.css")
    loader = FunctionLoader(text_of)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["svg"] = Markup  # ours: drawn from escaped texts by drawings
    organisation = read.name(statement["organisation"]["name"], statement["organisation"]["id"])
    state, sentence = seal_state(read)
    shown = tiles(read)
    return environment.get_template("report.html.j2").render(
        html_lang="zh-Hans" if lang == "zh" else "en",
        policy=f"default-src 'none'; style-src '{hash_of(css)}'; img-src data:; base-uri 'none'; form-action 'none'",
        css=Markup(css),
        title=read.say("title", organisation=organisation),
        organisation=organisation,
        years=_years(read),
        basis=_basis(read),
        seal={"state": state, "text": sentence},
        key_figures=read.say("key-figures", year=read.last),
        tiles=shown,
        across=_across(len(shown) - 1),
        sections=numbered(read),
        say=read.say,
    )


def numbered(read: Reading) -> tuple[tuple[int, Section], ...]:
    """Return the sections of the page with their numbers."""
    return tuple(enumerate((caveats(read), *figures(read), *annex(read)), 1))


def tiles(read: Reading) -> tuple[Tile, ...]:
    """Return the key figures of the last year: totals, scopes, an intensity, energy."""
    made = [_tile(read, TOTAL, read.head)]
    made += [_tile(read, scope, method) for scope, method in read.lines() if (scope, method) != (TOTAL, read.head)]
    return tuple(one for one in (*made, _intensity(read), _energy(read)) if one is not None)


def _tile(read: Reading, scope: str, method: str | None) -> Tile | None:
    row = read.total(scope, method)
    if row is None:
        return None
    href = read.explained(read.last, scope, method)
    value = read.amount(row, "totals", "year", "scope", "method", href=href)
    lines = [*_moved(read, row)]
    if row["low"] is not None and row["high"] is not None:
        ends = {name: read.numbers.text(row[name], read.statement["unit"]) for name in ("low", "high")}
        lines.append(read.say("interval", **ends))
    if row.get("estimated_percent") is not None:
        lines.append(read.say("estimated-of", percent=read.numbers.text(row["estimated_percent"], "%")))
    return Tile(
        f"tile-{scope}-{method or 'only'}", read.scope(scope, method), value, read.statement["unit"], tuple(lines)
    )


def _moved(read: Reading, row: Json) -> list[str]:
    """Return how a total moved on the year before and on the base year, in words."""
    base, found = read.statement["base_year"], []
    compared = [("change_percent", read.last - 1)]
    if base not in {None, read.last - 1, read.last}:
        compared.append(("since_base_percent", base))
    for name, year in compared:
        if row[name] is not None:
            code = "base" if year == base else "year"
            found.append(_direction(read, row[name], code, year))
    return found


def _direction(read: Reading, percent: str, code: str, year: int) -> str:
    text = read.numbers.text(abs(Fraction(percent)), "%")
    way = "same" if not Fraction(percent) else ("more" if Fraction(percent) > 0 else "less")
    return read.say(f"{way}-than-{code}", percent=text, year=year)


def _intensity(read: Reading) -> Tile | None:
    found = [one for one in read.statement["intensities"] if one["year"] == read.last and one["scope"] == TOTAL]
    row = next((one for one in found if one["method"] in {None, read.head}), None)
    if row is None:
        return None
    per = read.name(row["name"], row["denominator"])
    place = list(dict.fromkeys(one["denominator"] for one in read.statement["intensities"])).index(row["denominator"])
    value = read.amount(row, "intensities", "denominator", "year", "scope", "method", href=f"#intensity-{place}")
    lines = [read.say("intensity-of", scope=read.scope(TOTAL, row["method"]))]
    if row["boundary"]:
        lines.append(read.say("denominator-boundary", boundary=read.boundary(row["boundary"])))
    return Tile("tile-intensity", read.say("per", name=per), value, row["unit"], tuple(lines))


def _energy(read: Reading) -> Tile | None:
    row = next((one for one in read.statement["energy_totals"] if one["year"] == read.last), None)
    if row is None:
        return None
    lines = [
        f"{read.numbers.text(row[one], unit)} {unit}"
        for one, unit in (("mwh", "MWh"), ("tce", "tce"))
        if row[one] is not None
    ]
    if row["renewable_percent"] is not None:
        lines.append(read.say("renewable-of", percent=read.numbers.text(row["renewable_percent"], "%")))
    href = read.energy_explained(row["year"], "gj")
    value = read.number(row["gj"], "GJ", f"energy_totals/{row['year']}/gj", href or f"#energy-{row['year']}")
    return Tile("tile-energy", read.say("energy-used"), value, "GJ", tuple(lines))


def _across(count: int) -> int:
    """Return how many of the lesser key figures stand beside each other, so that none stands alone below."""
    return 4 if count % 3 == 1 else 3


def _years(read: Reading) -> str:
    return str(read.last) if len(read.years) == 1 else f"{read.years[0]}–{read.last}"


def _basis(read: Reading) -> str:
    basis = read.statement["basis"]
    count = len(basis["boundary"])
    return read.say(
        "basis",
        scopes=read.scope(TOTAL),
        methodology=read.name(basis["methodology"]["title"], basis["methodology"]["id"]),
        gases=read.say("comma").join(basis["gases"]),
        gwp=gwp(read),
        scope2=read.word(f"scope2-{read.head}", read.head),
        consolidation=read.word(f"consolidation-{basis['consolidation']}", str(basis["consolidation"])),
        sites=read.say("site-one" if count == 1 else "site-many", count=count),
    )


def _require(statement: Mapping[str, Any]) -> None:
    missing = [name for name in _PARTS if name not in statement]
    if missing:
        raise InputError("statement-incomplete", missing=missing)
    if not (statement["years"] and statement["totals"]):
        raise InputError("statement-empty")
    drawable()
