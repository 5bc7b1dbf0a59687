"""The command line: parse, call one function, print. Results go to stdout, remarks to stderr."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.messages import catalogue, message, visible

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.factors import FactorLibrary
    from hsesg_carbon.inventory import Rung
    from hsesg_carbon.ledger import ExplainedLine, Explanation
    from hsesg_carbon.records import CatalogueEntry, EmissionFactor, FuelProperty, Gwp
    from hsesg_carbon.verification import Sample, Schedule, Verification
    from hsesg_carbon.workspace import Workspace

EXIT_FOUND = 1
EXIT_USAGE = 2
_MOST_HITS = 60
_NUMBER = {"id", "value", "unit"}
_PLAIN_WIDTH = 120
_WATER = ("withdrawal", "discharge", "consumption", "recycled")


class Lang(StrEnum):
    """Language of what is printed."""

    en = "en"
    zh = "zh"


app = typer.Typer(
    help="Greenhouse-gas and energy accounts: exact, unit-checked, traceable to their source.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
factors_app = typer.Typer(
    help="Search and show factors and fuel properties.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(factors_app, name="factors")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout and nothing else.")]
InLang = Annotated[Lang, typer.Option("--lang", help="Language of the output.")]
WorkspaceFolder = Annotated[Path, typer.Argument(metavar="WORKSPACE", help="Folder with inventory.toml.")]


def main() -> None:
    """Run the command line; every error ends in a sentence and exit code 2, never in a traceback."""
    _prepare_streams()
    lang = _lang_of(sys.argv)
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except CarbonError as error:
        code = _said(error.text(lang))
    except TyperException as error:  # a mistake in the command itself: typer words it
        error.show() if hasattr(error, "show") else _said(str(error))
        code = EXIT_USAGE
    except BrokenPipeError:  # the reader of the pipe has seen enough, e.g. head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = _said(message("file-system", lang, file=str(error.filename or "-"), why=error.strerror or str(error)))
    except Exception as error:
        if os.environ.get("HSESG_CARBON_DEBUG"):
            raise
        code = _said(message("unexpected", lang, why=f"{type(error).__name__}: {error}"))
    raise SystemExit(code if isinstance(code, int) else 0)


def _prepare_streams() -> None:
    """Make output possible whatever the terminal: characters that it lacks become codes, a closed stream a sink."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  (lives as long as the process)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Write an example workspace to DIR."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.demo(folder)
    if as_json:
        _print_json({"workspace": str(workspace.folder)})
    else:
        _console().print(message("label.demo-written", lang, folder=workspace.folder), soft_wrap=True, markup=False)


@app.command()
def footprint(workspace: WorkspaceFolder, as_json: AsJson = False, lang: InLang = Lang.en) -> None:
    """Print emissions, intensities and energy of WORKSPACE; write its out/ folder."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    result = accounts.footprint(lang)
    if as_json:
        _print_json(result)
    else:
        console = _console()
        _print_footprint(console, accounts, result, lang)
        for finding in accounts.findings:
            severity = message(f"label.severity-{finding.severity}", lang)
            console.print(f"{severity} {finding.line(lang)}", markup=False)
    sys.stdout.flush()
    written = accounts.write(result)  # last: a folder that cannot be written must not cost the results
    if not as_json:
        typer.echo(message("label.written", lang, files=[str(path) for path in written]), err=True)


@app.command()
def explain(
    workspace: WorkspaceFolder,
    activity_id: Annotated[str, typer.Argument(metavar="ACTIVITY_ID")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Show every step from a row to its emissions, with sources and pages."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    found = accounts.explain(activity_id)
    both = "market" in accounts.methodology.scope2 and found.lines
    rungs = accounts.inventory.seen(scope2="market").rungs(activity_id) if both else ()
    counted = [one.message(lang) for one in accounts.inventory.remarks(found.row)]
    if as_json:
        _print_json(_explanation_json(found, rungs, lang) | {"counted": counted})
        return
    console = _console()
    _print_explanation(console, found, lang)
    for remark in counted:
        console.print(visible(remark), markup=False)
    if rungs:
        rows = [
            (rung.period.label, rung.stands_for, str(rung.quantity), f"{rung.amount} {rung.flow}") for rung in rungs
        ]
        _print_table(console, lang, message("label.ladder", lang), ("period", "rung", "quantity", "result"), rows)


@app.command("verify")
def verify_reported(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A workspace, or a reported.csv or .xlsx.")],
    *,
    threshold: Annotated[str, typer.Option(metavar="PERCENT", help="Add differences, held to this threshold.")] = "",
    sample: Annotated[int | None, typer.Option(metavar="N", help="Add so many rows to examine; needs --seed.")] = None,
    confidence: Annotated[
        str, typer.Option(metavar="PERCENT", help="Instead of --sample: as many rows as show errors above --threshold.")
    ] = "",
    expected: Annotated[str, typer.Option(metavar="PERCENT", help="Error expected all the same.")] = "0",
    seed: Annotated[int | None, typer.Option(metavar="S", help="Any whole number; the same draws the same.")] = None,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="WORD=TIMES", help="Draw denser, e.g. estimated=2 or inferred=3.")
    ] = None,
    results: Annotated[Path | None, typer.Option(metavar="FILE", help="What the drawn rows are by evidence.")] = None,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Say what cannot be true in reported figures, and why; exit 1 where there are errors."""
    from hsesg_carbon.verification import ReportedTable, verify  # noqa: PLC0415
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(target) if target.is_dir() else None
    asked = _Engagement.of(
        threshold=threshold,
        size=sample,
        confidence=confidence,
        expected=expected,
        seed=seed,
        weights=weight or [],
        results=results,
    )
    if asked and accounts is None:
        raise InputError("materiality-needs-workspace", target=str(target))
    result = accounts.verification() if accounts else verify(ReportedTable.read(target))
    drawn, schedule = asked.apply(accounts, result) if asked and accounts else (None, None)
    if as_json:
        document = result.as_json(lang)
        document |= {"differences": schedule.as_json()} if schedule else {}
        document |= {"sample": drawn.as_json() | asked.sizing} if drawn and asked else {}
        _print_json(document)
    else:
        console = _console()
        _print_verification(console, result, lang)
        if schedule is not None:
            _print_schedule(console, schedule, lang)
        if drawn is not None and asked is not None:
            _print_sample(console, drawn, lang)
            if asked.sizing:
                console.print(message("label.sample-sizing", lang, size=drawn.size, **asked.sizing), markup=False)
    if not result.clean:
        raise typer.Exit(EXIT_FOUND)


@factors_app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="In English or Chinese.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """List activities, factors and properties that all WORDS fit."""
    from hsesg_carbon.factors import FactorLibrary  # noqa: PLC0415
    from hsesg_carbon.records import CatalogueEntry  # noqa: PLC0415

    library = FactorLibrary.shipped()
    found = library.search(" ".join(words))
    hits = found[:_MOST_HITS]
    if as_json:
        _print_json({"query": " ".join(words), "hits": [_record_json(one, library) for one in found]})
        return
    if not hits:
        suggestions = library.suggest(" ".join(words))
        key = "label.no-hits-near" if suggestions else "label.no-hits"
        typer.echo(message(key, lang, words=" ".join(words), suggestions=suggestions), err=True)
        return
    activities = [one for one in hits if isinstance(one, CatalogueEntry)]
    numbers = [one for one in hits if not isinstance(one, CatalogueEntry)]
    console = _console()
    if activities:
        _print_table(
            console,
            lang,
            "",
            ("activity", "scope", "name", "aliases"),
            [
                (one.activity, one.scope, one.name_zh if lang == Lang.zh else one.name_en, ", ".join(one.aliases))
                for one in activities
            ],
        )
    if numbers:
        _print_table(
            console,
            lang,
            "",
            ("id", "value", "region", "validity", "source"),
            [
                (
                    one.id,
                    f"{one.value} {one.unit}",
                    getattr(one, "region", ""),
                    _validity(one),
                    library.sources[one.source].title_zh or ""
                    if lang == Lang.zh and library.sources[one.source].title_zh
                    else library.sources[one.source].title,
                )
                for one in numbers
            ],
        )
    if len(found) > len(hits):
        typer.echo(message("label.more-hits", lang, shown=len(hits), count=len(found)), err=True)


@factors_app.command("show")
def show(
    one_id: Annotated[str, typer.Argument(metavar="ID", help="Of a factor, a property, a GWP or an activity.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Show one record of the library with its source, table, page, licence and how it was checked."""
    from hsesg_carbon.factors import FactorLibrary  # noqa: PLC0415

    library = FactorLibrary.shipped()
    record = _record_json(library.find(one_id), library)
    if as_json:
        _print_json(record)
        return
    rows = [
        (message(f"field.{name}", lang), "; ".join(value) if isinstance(value, list) else str(value))
        for name, value in record.items()
        if value not in (None, "", [])
    ]
    _print_table(_console(), lang, "", (), rows)


@factors_app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Id of a source, or a day: 2025-01-15.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Id of a source, or a later day.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Compare two editions of a publication, or what was known on two days."""
    from hsesg_carbon.editions import differences  # noqa: PLC0415
    from hsesg_carbon.factors import FactorLibrary  # noqa: PLC0415
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    found = differences(FactorLibrary.shipped(), before, after)
    if as_json:
        shown = [
            {
                "about": one.about,
                "before": one.before and one.before.model_dump(mode="json", include=_NUMBER),
                "after": one.after and one.after.model_dump(mode="json", include=_NUMBER),
                "percent": None if one.percent is None else str(half_up(one.percent, 4)),
            }
            for one in found
        ]
        _print_json({"before": before, "after": after, "differences": shown})
        return
    rows = [
        (
            "–" if one.percent is None else f"{half_up(one.percent, 2):+} %",
            *(f"{side.value} {side.unit}" if side else "–" for side in (one.before, one.after)),
            one.about,
        )
        for one in found
    ]
    if rows:
        _print_table(_console(), lang, "", ("change", "before", "after", "number"), rows)
    changed = sum(one.before is not None and one.after is not None for one in found)
    typer.echo(message("label.diff", lang, changed=changed, unpaired=len(found) - changed), err=True)


@factors_app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of an organisation's own factors.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Validate an organisation's own factors; exit 1 where they cannot be used."""
    from hsesg_carbon.factors import FactorLibrary  # noqa: PLC0415

    library = FactorLibrary.shipped()
    if not folder.is_dir():
        raise InputError("file-missing", file=str(folder))
    try:
        own = library.overlay(folder)
    except CarbonError as error:
        if as_json:
            lines = [one.line(lang) for one in error.problems] or [error.text(lang)]
            _print_json({"ok": False, "problems": lines})
        else:
            typer.echo(error.text(lang))
        raise typer.Exit(EXIT_FOUND) from error
    counts = {
        "factors": len(own.factors) - len(library.factors),
        "properties": len(own.properties) - len(library.properties),
        "gwps": len(own.gwps) - len(library.gwps),
    }
    if not sum(counts.values()):
        raise InputError("own-folder-empty", file=str(folder))
    if as_json:
        _print_json({"ok": True, **counts, "problems": []})
    else:
        typer.echo(message("label.own-factors-fine", lang, **counts))


# -------------------------------------------------------------------------------------------------- printing


def _print_verification(console: "Console", result: "Verification", lang: Lang) -> None:
    console.print(
        message("label.verified", lang, checks=result.checks, passed=result.passed), style="bold", markup=False
    )
    for finding in result.findings:
        severity = message(f"label.severity-{finding.severity}", lang)
        console.print(f"\n{severity} {finding.line(lang)}", markup=False, soft_wrap=True)
        for one in getattr(finding, "evidence", ()):
            data = {"printed": " – ".join(one.printed), "implied": " – ".join(one.implied)}
            console.print(
                message("label.evidence", lang, check=one.check, unit=one.unit, residual=one.residual, **data),
                markup=False,
                soft_wrap=True,
            )
        for number, one in enumerate(getattr(finding, "explanations", ()), start=1):
            told = message(
                "label.explanation", lang, edit=one.text(lang), resolves=len(one.resolves), breaks=len(one.breaks)
            )
            console.print(f"  {number}. {told}", markup=False, soft_wrap=True)
    if result.implied:
        rows = [(row, period, low, high) for row, period, low, high in result.implied]
        _print_table(console, lang, message("label.implied", lang), ("id", "period", "lowest", "highest"), rows)


@dataclass(frozen=True)
class _Engagement:
    """What a verifier asks for besides the findings: a threshold, a sample, its results."""

    threshold: Fraction | None
    size: int | None
    confidence: Fraction | None
    expected: Fraction
    seed: int | None
    weights: dict[str, Fraction]
    results: Path | None

    @classmethod
    def of(
        cls,
        *,
        threshold: str,
        size: int | None,
        confidence: str,
        expected: str,
        seed: int | None,
        weights: Sequence[str],
        results: Path | None,
    ) -> "_Engagement | None":
        """Read the options and refuse those that do not go together; ``None`` where nothing is asked."""
        drawing = size is not None or bool(confidence)
        if size is not None and confidence:
            raise InputError("sample-size-twice")
        if confidence and not threshold:
            raise InputError("option-needs", option="--confidence", other="--threshold")
        if results is not None and not threshold:
            raise InputError("option-needs", option="--results", other="--threshold")
        if drawing and seed is None:
            raise InputError("option-needs", option="--confidence" if confidence else "--sample", other="--seed")
        if not drawing and (seed is not None or weights or results is not None):
            raise InputError("option-needs", option="--seed, --weight, --results", other="--sample")
        if not confidence and expected != "0":
            raise InputError("option-needs", option="--expected", other="--confidence")
        if not (threshold or drawing):
            return None
        share = _share(threshold) if threshold else None
        sure = _share(confidence) if confidence else None
        return cls(share, size, sure, _share(expected), seed, dict(map(_weight, weights)), results)

    @property
    def sizing(self) -> dict[str, str]:
        """What the size of the sample follows from, besides the threshold; nothing where it is given."""
        from hsesg_carbon.units import exact_text  # noqa: PLC0415

        if self.confidence is None:
            return {}
        shares = {"confidence_percent": self.confidence, "expected_percent": self.expected}
        return {name: exact_text(share * 100) for name, share in shares.items()}

    def apply(self, accounts: "Workspace", result: "Verification") -> "tuple[Sample | None, Schedule | None]":
        """Return the sample and the schedule that are asked for."""
        drawn = None
        if self.seed is not None:
            population = accounts.population()
            size = self.size
            if size is None:
                assert self.threshold is not None  # options are checked
                assert self.confidence is not None
                size = population.size_for(self.threshold, self.confidence, self.expected)
            drawn = population.draw(size, self.seed, self.weights)
        if self.threshold is None:
            return drawn, None
        return drawn, accounts.schedule(result, self.threshold, drawn, self.results)


def _share(percent: str) -> Fraction:
    from hsesg_carbon.units import parse_number  # noqa: PLC0415

    return Fraction(parse_number(percent.strip().removesuffix("%"))) / 100


def _weight(option: str) -> tuple[str, Fraction]:
    from hsesg_carbon.units import parse_number  # noqa: PLC0415

    word, _, times = option.partition("=")
    return word.strip(), Fraction(parse_number(times))


def _print_schedule(console: "Console", schedule: "Schedule", lang: Lang) -> None:
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


def _print_differences(console: "Console", schedule: "Schedule", lang: Lang) -> None:
    bases = {(one.row, one.period): one for one in schedule.sums}
    rows = [
        (
            one.row,
            one.period,
            one.printed,
            _number(one.recomputed),
            message("label.within-rounding", lang) if one.agrees else _number(one.difference, signed=True),
            "" if one.agrees else _percent(bases[one.row, one.period].percent(one.difference), signed=True),
        )
        for one in schedule.lines
    ]
    _print_table(console, lang, "", ("id", "period", "reported", "recomputed", "difference", "percent"), rows)
    for difference in schedule.differences:
        data = {"id": difference.row, "period": difference.period, "amount": _number(difference.amount, signed=True)}
        told = f"label.difference-{'other-number' if difference.number else difference.source}"
        kind = message(f"label.difference-{difference.kind}", lang)
        console.print("  " + message(told, lang, kind=kind, number=difference.number, **data), markup=False)
    sums = []
    for total in schedule.sums:
        if total.gross:
            net = f"{_number(total.net, signed=True)} ({_percent(total.percent(total.net), signed=True)})"
            gross = f"{_number(total.gross)} ({_percent(total.percent(total.gross))})"
            exceeds = "both" if total.net_exceeds else "gross" if total.gross_exceeds else "not"
            sums.append((total.row, total.period, net, gross, message(f"label.exceeds-{exceeds}", lang)))
    if sums:
        _print_table(console, lang, "", ("id", "period", "net", "gross", "threshold"), sums)
    else:
        console.print(message("label.schedule-clean", lang), markup=False)


def _print_sample(console: "Console", sample: "Sample", lang: Lang) -> None:
    population = sample.population
    data = {"drawn": len(sample.drawn), "items": len(population.items), "seed": sample.seed}
    data |= {"certain": sum(one.certain for one in sample.drawn)}
    interval = "–" if sample.interval is None else _number(sample.interval)
    console.print()
    told = message("label.sample", lang, interval=interval, gross=_number(population.gross), **data)
    console.print(told, style="bold", markup=False)
    strata = [
        (quality or "–", checked or "–", str(items), _number(t), str(drawn))
        for quality, checked, items, t, drawn in sample.strata()
    ]
    _print_table(console, lang, "", ("quality", "checked", "rows", "emissions", "drawn"), strata)
    rows = [
        (
            one.item.activity_id,
            str(one.item.year),
            one.item.scope,
            _number(one.item.t_co2e),
            one.item.quality or "–",
            message("label.certain", lang) if one.certain else _percent(one.chance * 100),
            one.item.where.model_copy(update={"activity_id": None}).text(lang) or "–",
        )
        for one in sample.drawn
    ]
    _print_table(console, lang, "", ("id", "period", "scope", "emissions", "quality", "chance", "where"), rows)
    if population.silent:
        ids = [f"{one} ({year})" for one, year in population.silent]
        console.print(message("label.sample-silent", lang, count=len(ids), ids=ids), markup=False, soft_wrap=True)


def _number(value: Fraction, *, signed: bool = False) -> str:
    """Return an exact number as people read it, to two places; with its sign where it is a difference."""
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    return f"{half_up(value, 2):{'+' if signed else ''},}"


def _percent(value: Fraction | None, *, signed: bool = False) -> str:
    return "–" if value is None else f"{_number(value, signed=signed)} %"


def _print_footprint(console: "Console", accounts: "Workspace", result: dict[str, Any], lang: Lang) -> None:
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
    if len({one["method"] for one in result["scope2"]}) > 1:
        _print_methods(console, lang, result["scope2"])
    for per in dict.fromkeys(one["per"] for one in result["intensities"]):
        rows = [one for one in result["intensities"] if one["per"] == per]
        title = message("label.intensity", lang, per=_denominator_name(per, lang), unit=rows[0]["unit"])
        _print_scopes(console, lang, title, rows, {"total": 2})
    for flow in dict.fromkeys(one["flow"] for one in result["energy"]):
        _print_energy(console, accounts, result, flow, lang)
    _print_beside(console, result, lang)


def _print_scopes(
    console: "Console", lang: Lang, title: str, rows: list[dict[str, Any]], places: dict[str, int]
) -> None:
    """Print a table of scopes by year; ``places`` holds the decimals of each scope, three where it is silent."""
    years = sorted({one["year"] for one in rows})
    body = []
    for scope in sorted({one["scope"] for one in rows}):
        name = message("label.total" if scope == "total" else f"label.scope-{scope}", lang)
        own = [one for one in rows if one["scope"] == scope]
        body.append((name, *_across(own, years, places.get(scope, 3))))
    _print_table(console, lang, title, ("", *map(str, years)), body)


def _print_methods(console: "Console", lang: Lang, rows: list[dict[str, Any]]) -> None:
    """Print Scope 2 by both methods: beside each other, never added."""
    years = sorted({one["year"] for one in rows})
    body = [
        (
            message(f"label.scope2-{method}", lang),
            *_across([one for one in rows if one["method"] == method], years, 2),
        )
        for method in dict.fromkeys(one["method"] for one in rows)
    ]
    _print_table(console, lang, message("label.scope2-both", lang), ("", *map(str, years)), body)


def _print_energy(console: "Console", accounts: "Workspace", result: dict[str, Any], flow: str, lang: Lang) -> None:
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
    title = f"{record.name_zh if lang == Lang.zh else record.name_en} ({record.unit})"
    _print_table(console, lang, title, ("", *map(str, years)), body)


def _print_beside(console: "Console", result: dict[str, Any], lang: Lang) -> None:
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
            _rounded(one["value"], 2),
        )
        for one in result["offsets"] or ()
    ]
    if credits:
        _print_table(console, lang, message("label.offsets", lang), ("status", "kind", "vintage", "result"), credits)


def _print_by_year(
    console: "Console", lang: Lang, title: str, rows: list[tuple[str, dict[str, Any]]], places: int = 2
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
    _print_table(console, lang, title, ("", *map(str, years)), body)


def _across(rows: list[dict[str, Any]], years: list[int], places: int) -> list[str]:
    """Return the values of a row of a table, a dash for years that have none."""
    by_year = {row["year"]: _rounded(row["value"], places) for row in rows}
    return [by_year.get(year, "–") for year in years]


def _denominator_name(per: str, lang: Lang) -> str:
    """Return the name of a usual denominator in the language, any other as it is written."""
    code = f"label.denominator-{per}"
    return message(code, lang) if code in catalogue() else per


def _carrier_name(accounts: "Workspace", carrier: str, lang: Lang) -> str:
    """Return the first alias of a carrier in the language: 'natural gas', 天然气."""
    aliases = [alias for one in accounts.library.catalogue.values() if one.subject == carrier for alias in one.aliases]
    wanted = [alias for alias in aliases if alias.isascii() == (lang == Lang.en)]
    return wanted[0] if wanted and lang == Lang.zh else carrier.replace("_", " ")


def _print_explanation(console: "Console", found: "Explanation", lang: Lang) -> None:
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


def _print_line(console: "Console", found: "Explanation", line: "ExplainedLine", lang: Lang) -> None:
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    amount = f"{exact_text(line.amount.value)} {line.amount.unit}"
    name = line.flow.name_zh if lang == Lang.zh else line.flow.name_en
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
                f"{(lang == Lang.zh and step.record['title_zh']) or step.record['title']}, {step.record['locator']}",
                f"{message('field.checked', lang)}: {step.record['checked']}",
                step.record["note"],
            ]
            origin = "\n".join(str(part) for part in parts if part)
        rows.append((step.op, f"{exact_text(step.value)} {step.value_unit}", str(step.quantity), origin))
    method = f", {message(f'label.scope2-{line.scope2}', lang)}" if line.scope2 else ""
    title = f"{line.flow.flow} ({name}{method}): {amount}"
    _print_table(console, lang, title, ("step", "value", "result", "source"), rows)
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


def _print_table(
    console: "Console", lang: Lang, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    from rich import box  # noqa: PLC0415
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if title:
        console.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD if columns else box.SIMPLE, show_header=bool(columns))
    names = [message(f"field.{name}", lang) if name.isalpha() else name for name in columns]
    numbers = {place for place, name in enumerate(columns) if name.isdigit()}
    wide = numbers and any(cell_len(row[0]) > console.width // 2 for row in rows)  # names may wrap, numbers may not
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


def _console() -> "Console":
    """Return a console as wide as the terminal, and wide enough for every figure where there is none."""
    from rich.console import Console  # noqa: PLC0415

    class Pipe(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1, which means "findings" to scripts

    return Pipe(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False, emoji=False)


def _rounded(text: str, places: int) -> str:
    """Return an exact number as people read it: half up, thousands apart."""
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    return f"{half_up(Fraction(text), places):,}"


# -------------------------------------------------------------------------------------------------- JSON


def _explanation_json(found: "Explanation", rungs: "Sequence[Rung]", lang: Lang) -> dict[str, Any]:
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


def _record_json(
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


def _validity(one: Any) -> str:
    start, end = getattr(one, "valid_from", None), getattr(one, "valid_to", None)
    if start is None:
        return ""
    return f"{start.year}" if end is not None and end.year == start.year else f"{start.year}–{end.year if end else ''}"


def _print_json(document: dict[str, Any]) -> None:
    """Write JSON in UTF-8, as its standard has it, whatever the terminal's encoding."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(text)


def _said(text: str) -> int:
    """Print an error and return the exit code for it."""
    sys.stderr.write(text + "\n")
    return EXIT_USAGE


def _lang_of(arguments: list[str]) -> str:
    """Return the language asked for, for errors that end the command before it knows."""
    for before, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if before == "--lang=zh" or (before == "--lang" and after == "zh"):
            return "zh"
    return "en"


if __name__ == "__main__":
    main()
