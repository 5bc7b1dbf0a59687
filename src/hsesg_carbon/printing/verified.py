"""What a terminal shows of verifications, samples, seals and their chains."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsesg_carbon.messages import message
from hsesg_carbon.printing.console import print_findings, print_table, with_code
from hsesg_carbon.shown import number, percent

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.chain import Link
    from hsesg_carbon.findings import Finding
    from hsesg_carbon.seal import Replay, Seal
    from hsesg_carbon.verification import Sample, Schedule, Verification


def print_verification(console: "Console", result: "Verification", lang: str) -> None:
    """Print what a verification found, with its evidence and explanations."""
    from hsesg_carbon.verification.verdict import between  # noqa: PLC0415

    console.print(
        message("label.verified", lang, checks=result.checks, passed=result.passed), style="bold", markup=False
    )
    for finding in result.findings:
        console.print(f"\n{with_code(finding, lang)}", markup=False, soft_wrap=True)
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


def print_schedule(console: "Console", schedule: "Schedule", lang: str) -> None:
    """Print the schedule of differences."""
    from hsesg_carbon.percentages import percent_text  # noqa: PLC0415

    threshold = percent_text(schedule.threshold)
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
