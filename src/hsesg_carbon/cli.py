"""The command line: parse, call one function, print. Results go to stdout, remarks to stderr."""

import gc
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.messages import message
from hsesg_carbon.printing.accounts import print_caveats, print_completeness, print_footprint, print_monitor
from hsesg_carbon.printing.changes import print_change_uncertainty, print_drivers, print_restatement, print_uncertainty
from hsesg_carbon.printing.console import open_console, print_findings, print_table, progress
from hsesg_carbon.printing.delivered import print_delivery
from hsesg_carbon.printing.explained import (
    explanation_json,
    print_differences,
    print_explanation,
    print_hits,
    print_record,
    record_json,
)
from hsesg_carbon.printing.verified import (
    print_chain,
    print_replay,
    print_sample,
    print_schedule,
    print_seal,
    print_verification,
)
from hsesg_carbon.writing import write_whole

if TYPE_CHECKING:
    from hsesg_carbon.statement import Statement
    from hsesg_carbon.verification import Sample, Schedule, Verification
    from hsesg_carbon.workspace import Workspace

EXIT_FOUND = 1
EXIT_USAGE = 2
_MOST_HITS = 60
_NEW_OBJECTS = 2_000_000
"""
New objects after which the garbage collector looks for cycles. A command makes millions that live until its end: with
Python's own 700 that looking was a seventh of the time in which a large workbook is taken in.
"""


class Lang(StrEnum):
    """Language of what is printed."""

    en = "en"
    zh = "zh"


app = typer.Typer(
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
WithUncertainty = Annotated[
    bool, typer.Option("--uncertainty", help="Add 95 % intervals, as uncertainty.toml states them.")
]
WorkspaceFolder = Annotated[Path, typer.Argument(metavar="WORKSPACE", help="Folder with inventory.toml.")]


def _tell_version(asked: bool) -> None:
    """Print which version this is and end, where that is asked."""
    if asked:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"hsesg-carbon {version('hsesg_carbon')}")
        raise typer.Exit


@app.callback()
def _before_the_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Greenhouse-gas and energy accounts: exact, unit-checked, traceable to their source."""


def main() -> None:
    """Run the command line; every error ends in a sentence and exit code 2, never in a traceback."""
    gc.set_threshold(_NEW_OBJECTS)
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
    *,
    example: Annotated[
        str, typer.Option(metavar="NAME", help="hundsun-2024 (yearly) or campus-monthly (made-up bills).")
    ] = "hundsun-2024",
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Write an example workspace to DIR."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.demo(folder, example)
    if as_json:
        _print_json({"workspace": str(workspace.folder)})
    else:
        open_console().print(message("label.demo-written", lang, folder=workspace.folder), soft_wrap=True, markup=False)


@app.command()
def footprint(
    workspace: WorkspaceFolder,
    *,
    uncertainty: WithUncertainty = False,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Print emissions, intensities and energy of WORKSPACE; write its out/ folder."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    result = accounts.footprint(lang, uncertainty=uncertainty)
    if as_json:
        _print_json(result)
    else:
        console = open_console()
        print_footprint(console, accounts, result, lang)
        print_findings(console, accounts.findings, lang)
    sys.stdout.flush()
    written = accounts.write(result)  # last: a folder that cannot be written must not cost the results
    if not as_json:
        typer.echo(message("label.written", lang, files=[str(path) for path in written]), err=True)


@app.command()
def completeness(workspace: WorkspaceFolder, as_json: AsJson = False, lang: InLang = Lang.en) -> None:
    """Show which months the bills of WORKSPACE cover, by site, activity and meter, and what fills the gaps."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    rows, findings = accounts.completeness_rows(), accounts.completeness_findings
    if as_json:
        _print_json({"completeness": rows, "findings": [one.as_json(lang) for one in findings]})
        return
    console = open_console()
    print_completeness(console, rows, lang)
    print_findings(console, findings, lang)


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
    told = found, accounts.rungs(found), accounts.inventory.remarks(found.row)
    if as_json:
        _print_json(explanation_json(*told, lang))
    else:
        print_explanation(open_console(), *told, lang)


@app.command("monitor")
def monitor(
    workspace: WorkspaceFolder,
    *,
    month: Annotated[str, typer.Option(metavar="MONTH", help="The month looked at, as 2024-11; else the last.")] = "",
    page: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The page; else out/monitor.html of the workspace.")
    ] = None,
    tolerance: Annotated[
        str, typer.Option(metavar="PERCENT", help="How far bill and own meter may be apart, in percent.")
    ] = "",
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Write the monthly dashboard of WORKSPACE, one HTML file that opens offline; print its main figures."""
    from hsesg_carbon.monitor import Monitor  # noqa: PLC0415
    from hsesg_carbon.monitoring import TOLERANCE  # noqa: PLC0415
    from hsesg_carbon.workspace import OUT, Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    found = Monitor.of(accounts, month, 100 * _share(tolerance) if tolerance else TOLERANCE)
    result = found.as_json(lang)
    if as_json:
        _print_json(result)
        return
    print_monitor(open_console(), result, lang)
    print_findings(open_console(), found.findings, lang)
    target = page or accounts.folder / OUT / "monitor.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    told = [one.as_json(lang) | {"message": {each.value: one.message(each) for each in Lang}} for one in found.findings]
    _write_page(result | {"findings": told}, target, lang)  # the page can be read in both languages
    typer.echo(message("label.written", lang, files=[str(target)]), err=True)


class DisclosureFormat(StrEnum):
    """Format of disclosure tables."""

    md = "md"
    csv = "csv"
    xlsx = "xlsx"
    json = "json"


@app.command("disclose")
def disclose(
    workspace: WorkspaceFolder,
    *,
    standard: Annotated[
        str, typer.Option(metavar="ID", help="sse-14, gri-305, gri ...; list, or nothing, tells them all.")
    ] = "list",
    shape: Annotated[
        DisclosureFormat | None, typer.Option("--format", help="Else that of FILE's name, or Markdown.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to FILE, not to stdout.")] = None,
    before: Annotated[
        str,
        typer.Option(metavar="M", help="The version reported before: tells of restatements."),
    ] = "",
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Fill the tables of a disclosure standard from WORKSPACE; say plainly what is missing."""
    from hsesg_carbon.disclose import Disclosure  # noqa: PLC0415
    from hsesg_carbon.workspace import OUT, Workspace  # noqa: PLC0415

    if standard == "list":
        _list_disclosures(workspace, lang, as_json=as_json or shape is DisclosureFormat.json)
        return
    shaped = DisclosureFormat.json if as_json else shape or _format_of(out)
    accounts = Workspace(workspace)
    found = Disclosure.of(accounts, standard, before)
    if shaped is DisclosureFormat.xlsx and out is None:
        out = accounts.folder / OUT / f"disclosure-{'-'.join(one.id for one in found.standards)}.xlsx"
        out.parent.mkdir(exist_ok=True)
    _write_disclosure(found.as_json(lang), shaped, out, lang)
    if out is not None:
        typer.echo(message("label.written", lang, files=[str(out)]), err=True)


def _format_of(out: Path | None) -> DisclosureFormat:
    """Return the format that a file's name asks for; Markdown where there is no file."""
    if out is None:
        return DisclosureFormat.md
    suffix, known = out.suffix.lower().removeprefix("."), [one.value for one in DisclosureFormat]
    if suffix not in known:
        raise InputError("disclose-format", format=out.suffix or out.name, known=known)
    return DisclosureFormat(suffix)


def _write_disclosure(document: dict[str, Any], shape: DisclosureFormat, out: Path | None, lang: str) -> None:
    from hsesg_carbon.report.disclosed import csv_text, markdown, write_workbook  # noqa: PLC0415

    if shape is DisclosureFormat.xlsx:
        assert out is not None  # the caller names a file
        write_workbook(document, out, lang)
        return
    if shape is DisclosureFormat.json and out is None:
        _print_json(document)
        return
    if shape is DisclosureFormat.json:
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    else:
        text = csv_text(document, lang) if shape is DisclosureFormat.csv else markdown(document, lang)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)


def _list_disclosures(workspace: Path, lang: str, *, as_json: bool) -> None:
    from hsesg_carbon.disclose import listed  # noqa: PLC0415

    found = listed()
    if as_json:
        _print_json({"standards": found})
        return
    rows = [
        (
            one["id"],
            one["title"][lang],
            one["edition"],
            one["from"],
            one["replaced_from"] or "–",
            str(one["requirements"]),
        )
        for one in found
    ]
    columns = ("id", "standard", "edition", "rulesfrom", "replaced", "requirements")
    print_table(open_console(), lang, message("label.disclosures", lang), columns, rows)
    typer.echo(message("label.disclose-listed", lang, workspace=str(workspace)), err=True)


@app.command("report")
def report(
    workspace: WorkspaceFolder,
    *,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Else the folder out of the workspace.")
    ] = None,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Write report.html and workpapers.xlsx of WORKSPACE; print what a reader must know before using its figures."""
    from hsesg_carbon.statement import Statement  # noqa: PLC0415
    from hsesg_carbon.workspace import OUT, Workspace  # noqa: PLC0415

    statement = Statement.of(Workspace(workspace))
    result = statement.as_json()
    if as_json:
        _print_json(result)
        return
    target = folder or statement.workspace.folder / OUT
    target.mkdir(parents=True, exist_ok=True)
    written = _write_report(statement, result, target, lang)
    print_caveats(open_console(), result, lang)
    typer.echo(message("label.written", lang, files=[str(one) for one in written]), err=True)


@app.command("drivers")
def drivers(
    workspace: WorkspaceFolder,
    *,
    first: Annotated[int, typer.Option("--from", metavar="YEAR", help="The year from which.")],
    last: Annotated[int, typer.Option("--to", metavar="YEAR", help="The year to which.")],
    per: Annotated[str, typer.Option(metavar="DENOMINATOR", help="The activity, e.g. revenue; else energy use.")] = "",
    by: Annotated[
        str, typer.Option(metavar="WORD", help="Also by carrier, activity, site, scope or group.")
    ] = "carrier",
    scope2: Annotated[str, typer.Option(metavar="METHOD", help="location or market; else that of the totals.")] = "",
    basis: Annotated[str, typer.Option(metavar="M", help="Both years in this version: see restate.")] = "",
    published: Annotated[
        str,
        typer.Option(metavar="M", help="The first year was published in this version: its restatement comes first."),
    ] = "",
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Say what moved emissions from one year to another; the parts add up."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    before = accounts.version(published) if published else None
    found = (accounts.version(basis) if basis else accounts).drivers(first, last, per, scope2, before)
    found.by(by)  # a word that is none is refused, whatever is printed
    if as_json:
        _print_json(found.as_json(lang))
    else:
        print_drivers(open_console(), accounts, found, by, lang)


@app.command("uncertainty")
def uncertainty(
    workspace: WorkspaceFolder,
    *,
    by: Annotated[
        list[str] | None, typer.Option(metavar="LEVEL", help="scope, site, activity ... besides year.")
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", help="Draws of Approach 2, at least.", min=2)] = 2**16,
    seed: Annotated[int, typer.Option(metavar="S", help="Any whole number; the same draws the same.", min=0)] = 0,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Print 95 % intervals of the totals and what they come from, as uncertainty.toml states it."""
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    result = Workspace(workspace).uncertainty(*(by or ()), draws=draws, seed=seed)
    if as_json:
        _print_json(result.as_json(lang))
    else:
        print_uncertainty(open_console(), result, lang)


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

    if not target.exists():
        raise InputError("file-missing", file=str(target))
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
        console = open_console()
        print_verification(console, result, lang)
        if schedule is not None:
            print_schedule(console, schedule, lang)
        if drawn is not None and asked is not None:
            print_sample(console, drawn, lang)
            if asked.sizing:
                console.print(message("label.sample-sizing", lang, size=drawn.size, **asked.sizing), markup=False)
    if not result.clean:
        raise typer.Exit(EXIT_FOUND)


@app.command()
def restate(
    workspace: WorkspaceFolder,
    *,
    before: Annotated[
        str, typer.Option(metavar="M", help="As reported: a version, a methodology (either with @DAY), a pack.")
    ],
    after: Annotated[str, typer.Option(metavar="M", help="As restated; WORKSPACE as it stands by default.")] = "",
    year: Annotated[list[int] | None, typer.Option(metavar="Y", help="Only these years.")] = None,
    by: Annotated[list[str] | None, typer.Option(metavar="LEVEL", help="scope, site, gas, activity ...")] = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="shapley (all orders alike) or sequential (in the order stated).")
    ] = "shapley",
    order: Annotated[list[str] | None, typer.Option(metavar="CAUSE", help="What is changed first, then next.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="CAUSE=KIND", help="To the base-year policy, e.g. boundary=method.")
    ] = None,
    uncertainty: WithUncertainty = False,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Split the change between two versions of the accounts into its causes."""
    from hsesg_carbon.seal import unsealed  # noqa: PLC0415
    from hsesg_carbon.versions import compared  # noqa: PLC0415
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    told = (one.partition("=") for one in kind or ())
    kinds = {cause: event for cause, _, event in told}
    with ExitStack() as packs:
        sides = [packs.enter_context(unsealed(Path(one))) if one.endswith(".zip") else one for one in (before, after)]
        versions = compared(accounts, *sides, years=year or (), method=method, order=order or (), kinds=kinds)
        result = versions.as_json(lang)
        spread = versions.uncertainty() if uncertainty else None
        if spread is not None:
            result["uncertainty"] = spread.as_json(lang)
        if as_json:
            _print_json(result)
        else:
            names = before, after or workspace.resolve().name
            print_restatement(open_console(), versions, names, by or ["scope"], lang)
            if spread is not None:
                print_change_uncertainty(open_console(), spread, lang)
        sys.stdout.flush()
        written = versions.write(result, accounts)
    if not as_json:
        typer.echo(message("label.written", lang, files=[str(path) for path in written]), err=True)


class On(StrEnum):
    """What sums the activity data."""

    pandas = "pandas"
    polars = "polars"
    pyarrow = "pyarrow"
    duckdb = "duckdb"


@app.command("seal")
def seal_accounts(
    workspace: WorkspaceFolder,
    *,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one pack there, and leave the chain alone.")
    ] = None,
    check_chain: Annotated[bool, typer.Option("--check", help="Seal nothing; check the chain and its packs.")] = False,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Seal WORKSPACE: one pack of all inputs, factors and figures, in seals/ and its chain."""
    from hsesg_carbon.seal import Seal  # noqa: PLC0415
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    accounts = Workspace(workspace)
    if check_chain:
        if to is not None:
            raise InputError("options-apart", options=["--check", "--to"])
        links, found = Seal.check(accounts)
        sound = all(one.severity != "error" for one in found)
        if as_json:
            seals = [one.model_dump() for one in links]
            _print_json({"ok": sound, "seals": seals, "findings": [one.as_json(lang) for one in found]})
        else:
            print_chain(open_console(), links, found, lang)
        if not sound:
            raise typer.Exit(EXIT_FOUND)
        return
    sealed = Seal.of(accounts, to)
    if as_json:
        _print_json(sealed.as_json(lang))
    else:
        print_seal(open_console(), sealed, lang)


@app.command("replay")
def replay_pack(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="A pack that seal wrote, from anybody.")],
    *,
    engine: Annotated[On, typer.Option(help="What sums the activity data.")] = On.pandas,
    root: Annotated[
        str | None, typer.Option(metavar="ROOT", help="The root as published elsewhere, to be compared.")
    ] = None,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Compute PACK again from itself alone and compare every figure; exit 1 where one differs."""
    from hsesg_carbon.seal import Replay  # noqa: PLC0415

    result = Replay.of(pack, engine.value, root)
    if as_json:
        _print_json(result.as_json(lang))
    else:
        print_replay(open_console(), result, lang)
    if not result.ok:
        raise typer.Exit(EXIT_FOUND)


@factors_app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="In English or Chinese.")],
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """List activities, factors and properties that all WORDS fit."""
    from hsesg_carbon.factors import FactorLibrary  # noqa: PLC0415

    library = FactorLibrary.shipped()
    found = library.search(" ".join(words))
    hits = found[:_MOST_HITS]
    if as_json:
        _print_json({"query": " ".join(words), "hits": [record_json(one, library) for one in found]})
        return
    if not hits:
        suggestions = library.suggest(" ".join(words))
        key = "label.no-hits-near" if suggestions else "label.no-hits"
        typer.echo(message(key, lang, words=" ".join(words), suggestions=suggestions), err=True)
        return
    print_hits(open_console(), hits, library, lang)
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
    record = record_json(library.find(one_id), library)
    if as_json:
        _print_json(record)
    else:
        print_record(open_console(), record, lang)


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

    found = differences(FactorLibrary.shipped(), before, after)
    if as_json:
        _print_json({"before": before, "after": after, "differences": [one.as_json() for one in found]})
        return
    print_differences(open_console(), found, lang)
    paired = sum(one.before is not None and one.after is not None for one in found)
    typer.echo(message("label.diff", lang, changed=paired, unpaired=len(found) - paired), err=True)


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


class TemplateLang(StrEnum):
    """Language of a workbook."""

    en = "en"
    zh = "zh"
    both = "both"


@app.command("template")
def write_template_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="A new workbook.")],
    *,
    lang: Annotated[TemplateLang, typer.Option("--lang", help="Language of the workbook.")] = TemplateLang.en,
    workspace: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Prefill it from this workspace.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the workbook to fill in: sites, bills, refrigerants, water, waste, denominators."""
    from hsesg_carbon.report.template import write_template  # noqa: PLC0415
    from hsesg_carbon.workspace import Workspace  # noqa: PLC0415

    said = "zh" if lang is TemplateLang.zh else "en"
    if file.suffix.lower() != ".xlsx":
        raise InputError("file-kind", file=file.name, known=[".xlsx"])
    if file.exists():
        raise InputError("file-there", file=str(file))
    made = write_template(file, lang, Workspace(workspace) if workspace is not None else None)
    if as_json:
        _print_json({"workbook": str(made.path), "findings": [one.as_json(said) for one in made.findings]})
        return
    console = open_console()
    console.print(message("label.template-written", said, file=made.path), soft_wrap=True, markup=False)
    print_findings(console, made.findings, said)


@app.command("intake")
def intake_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A filled workbook, or with --map an export.")],
    *,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The workspace; a new folder becomes one.")],
    mapping: Annotated[
        Path | None, typer.Option("--map", metavar="MAP.toml", help="Which column is what, for an export.")
    ] = None,
    marked: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="The coloured copy; else FILE.checked.xlsx.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Look only; write nothing.")] = False,
    rows: Annotated[int | None, typer.Option(metavar="N", help="So many rows must have been taken.")] = None,
    total: Annotated[
        list[str] | None, typer.Option(metavar="QUANTITY", help='What the rows must add up to: "12345.6 kWh".')
    ] = None,
    as_json: AsJson = False,
    lang: InLang = Lang.en,
) -> None:
    """Take a filled workbook or an export into a workspace, or say everything that is wrong with it."""
    from hsesg_carbon.deliveries import received, take_in  # noqa: PLC0415
    from hsesg_carbon.delivery import checked_copy  # noqa: PLC0415

    with progress(message("label.reading", lang, file=file.name)) as told:
        delivery = received(file, into, mapping, told).held_to(rows, total or ())
        delivery, taken = (delivery, None) if delivery.faults else take_in(into, delivery, file, only_look=check)
    copy = marked or (None if check else checked_copy(file))
    if copy is not None and any(one.severity != "info" for one in delivery.findings):
        from hsesg_carbon.report.marked import write_marked  # noqa: PLC0415

        try:
            write_marked(file, delivery.findings, delivery.letters, copy, lang)
        except InputError as error:
            if taken is None:
                raise
            typer.echo(error.text(lang), err=True)  # the rows are in, whatever becomes of their copy
            copy = None
    else:
        copy = None
    if as_json:
        written = list(taken.written) if taken else []
        _print_json(delivery.as_json(lang) | {"written": written, "marked": copy and str(copy)})
    else:
        console = open_console()
        print_delivery(console, delivery, lang)
        if copy is not None:
            console.print(message("label.marked-copy", lang, file=copy), soft_wrap=True, markup=False)
        if taken is not None:
            paths = [str(into / one) for one in taken.written]
            typer.echo(message("label.written", lang, files=paths), err=True)
    if delivery.faults:
        raise typer.Exit(EXIT_USAGE)


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
        from hsesg_carbon.percentages import percent_text  # noqa: PLC0415

        if self.confidence is None:
            return {}
        shares = {"confidence_percent": self.confidence, "expected_percent": self.expected}
        return {name: percent_text(share) for name, share in shares.items()}

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


def _write_page(result: dict[str, Any], target: Path, lang: str) -> None:
    """Write the dashboard; what draws charts is loaded only here."""
    from hsesg_carbon.report.dashboard import write_dashboard  # noqa: PLC0415

    write_dashboard(result, target, lang)


def _write_report(statement: "Statement", result: dict[str, Any], target: Path, lang: str) -> list[Path]:
    """Write the page and the workpapers of one statement; what draws and writes them is loaded only here."""
    from hsesg_carbon.report.html import write_report  # noqa: PLC0415
    from hsesg_carbon.report.workpapers import write_workpapers  # noqa: PLC0415

    page, papers = target / "report.html", target / "workpapers.xlsx"
    write_report(result, page, lang)
    made = write_workpapers(
        statement.workspace, papers, lang, root=statement.seal.root or "", restated=statement.restated
    )
    print_findings(open_console(), made.findings, lang)
    return [page, papers]


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
