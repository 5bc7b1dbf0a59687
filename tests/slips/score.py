"""
What ``verify`` makes of slips: ``python -m tests.slips.score --seeds 2000`` writes ``docs/reference/slips.md``.

One table a seed, one slip of every kind in it (or, with ``--kinds 1``, the kinds in turn). A slip that no relation
shows, or that another single edit explains as well, is counted apart: nobody could name it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.slips.brute import Edit, Judge, Verdict, edits, judged, same
from tests.slips.generator import Table, table_of
from tests.slips.slips import KINDS, Slip, number_of, slip_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "slips.md"
DETECTED, FIRST, THREE = Fraction(97, 100), Fraction(80, 100), Fraction(93, 100)
"""What is asked of the engine: of the identifiable slips, and of the detected ones among them."""


@dataclass(frozen=True)
class Outcome:
    """One slip: what can be known of it, whether it was found, and at which place its repair stands (0: nowhere)."""

    seed: int
    kind: str
    state: str
    detected: bool = False
    place: int = 0
    named: int = 0
    said: tuple[str, ...] = ()
    wrong: str = ""


def outcomes(seed: int, kinds: Sequence[str]) -> Iterator[Outcome]:
    """Yield what becomes of slips of these kinds, each alone in the table of a seed; the clean table comes first."""
    truth = table_of(seed)
    found = findings(truth)
    yield Outcome(seed, "none", "clean", bool(found), said=tuple(map(summary, found)))
    for kind in kinds:
        slip = slip_of(truth, kind, seed)
        if slip is not None:
            yield outcome(seed, slip, truth)


def outcome(seed: int, slip: Slip, truth: Table) -> Outcome:
    """Hold what verify says of a slip to what can be known of it."""
    verdict = judged(slip, truth)
    found = findings(slip.table)
    told = list(getattr(found[0], "explanations", ())) if found else []
    judge = Judge(slip.table)
    place = next((at for at, one in enumerate(told, start=1) if repairs(one, judge, slip, truth)), 0)
    named = next((at for at, one in enumerate(told, start=1) if names(one, slip)), 0)
    said = tuple(f"{one.kind} {_cells(one.cells)} {dict(one.detail)}" for one in told)
    wrong = f"{_cells(sorted(slip.cells))} {dict(slip.detail)}"
    return Outcome(seed, slip.kind, state(verdict), bool(found), place or named, named, said, wrong)


def state(verdict: Verdict) -> str:
    if not verdict.visible:
        return "invisible"
    return "identifiable" if verdict.identifiable else "ambiguous"


def findings(table: Table) -> Sequence[Any]:
    """Return what verify finds in a table."""
    from hsesg_carbon.verification import ReportedTable, verify

    return verify(ReportedTable.of(table.reported(), list(table.periods))).findings


def summary(finding: Any) -> str:
    return f"{finding.code} {_cells(getattr(finding, 'cells', ()))}"


def _cells(cells: Iterable[tuple[str, str]]) -> str:
    shown = [f"{row}[{period}]" for row, period in cells]
    return ", ".join(shown[:4]) + (" ..." if len(shown) > 4 else "")


# ------------------------------------------------------------------------------------------------- matching


def names(explanation: Any, slip: Slip) -> bool:
    """Return whether an explanation is the slip itself: its kind, its cells, its details."""
    if explanation.kind != slip.kind:
        return False
    if slip.kind == "columns-transposed":
        return _agree(explanation.detail, slip.detail)
    exact = slip.kind not in {
        "digit-wrong",
        "litres-as-kg",
    }  # another digit may fit as well; a density is not known exactly
    return frozenset(explanation.cells) == slip.cells and (not exact or _agree(explanation.detail, slip.detail))


def repairs(explanation: Any, judge: Judge, slip: Slip, truth: Table) -> bool:
    """Return whether an explanation changes the cells of the slip so that they may read what they should have."""
    if slip.kind == "columns-transposed":
        return names(explanation, slip)
    if frozenset(explanation.cells) != slip.cells:
        return False
    return any(same(edit, slip, truth) for edit in edits(judge) if _means(explanation, edit))


def _means(explanation: Any, edit: Edit) -> bool:
    if (explanation.kind, frozenset(explanation.cells)) != (edit.kind, edit.cells):
        return False
    return edit.kind == "litres-as-kg" or _agree(explanation.detail, edit.detail)


def _agree(said: Mapping[str, str], meant: Mapping[str, str]) -> bool:
    """Return whether an explanation says the details that identify an edit; columns may stand in either order."""
    if {"first", "second"} <= meant.keys():
        columns = {meant["first"], meant["second"]} == {said.get("first"), said.get("second")}
        return columns and said.get("table") == meant["table"]
    return all(_alike(name, said.get(name, ""), text) for name, text in meant.items())


def _alike(name: str, said: str, meant: str) -> bool:
    """Return whether a detail says what is meant; where several numbers fit one cell, they are told side by side."""
    if " / " in said:
        return any(one == "…" or _alike(name, one, meant) for one in said.split(" / "))
    if not said:
        return False
    if name == "factor":
        value = number(said)
        return value is not None and abs(value / Fraction(meant) - 1) < Fraction(1, 1000)
    if name == "denominator":  # "d.x1[2023]" is the row with the period that it was taken from
        return said.partition("[")[0] == meant
    return number_of(said) == number_of(meant) if name == "instead" else said == meant


def number(text: str) -> Fraction | None:
    """Return the number of ``3.6``, ``5/18`` or of the id of a published factor."""
    if text in published():
        return published()[text]
    above, _, below = text.partition("/")
    try:
        return Fraction(above) / Fraction(below or 1)
    except ValueError:
        return None


@cache
def published() -> dict[str, Fraction]:
    """Return the published factors and potentials by id; those of electricity are per kWh or per MWh alike."""
    import hsesg_carbon as hc

    library = hc.FactorLibrary.shipped()
    return {one.id: Fraction(one.value) for one in (*library.factors, *library.gwps)}


# ------------------------------------------------------------------------------------------------- counting


@dataclass(frozen=True)
class Count:
    """How slips of one kind, or of all, fared."""

    kind: str
    applied: int
    invisible: int
    ambiguous: int
    identifiable: int
    detected: int
    first: int
    three: int
    named: int
    unseen: int
    """Ambiguous slips that were not found at all: the relations fail, so each should be."""

    @classmethod
    def of(cls, kind: str, held: Sequence[Outcome]) -> "Count":
        states = Counter(one.state for one in held)
        known = [one for one in held if one.state == "identifiable" and one.detected]
        return cls(
            kind,
            len(held),
            states["invisible"],
            states["ambiguous"],
            states["identifiable"],
            len(known),
            sum(one.place == 1 for one in known),
            sum(1 <= one.place <= 3 for one in known),
            sum(one.named == 1 for one in known),
            sum(one.state == "ambiguous" and not one.detected for one in held),
        )

    @property
    def enough(self) -> bool:
        """Whether the engine does what is asked of it."""
        return (
            self.detected >= DETECTED * self.identifiable
            and self.first >= FIRST * self.detected
            and self.three >= THREE * self.detected
        )


def counts(held: Sequence[Outcome]) -> list[Count]:
    """Return the count of every kind, and last of all of them."""
    slips = [one for one in held if one.kind != "none"]
    return [*(Count.of(kind, [one for one in slips if one.kind == kind]) for kind in KINDS), Count.of("all", slips)]


def some(seed: int, wanted: int) -> list[Outcome]:
    """Return the outcomes of so many kinds in the table of a seed, in turn, skipping those that it cannot have."""
    kinds = list(KINDS)
    turn = seed * wanted % len(kinds)
    truth = table_of(seed)
    able = [kind for kind in kinds[turn:] + kinds[:turn] if slip_of(truth, kind, seed) is not None]
    return list(outcomes(seed, able[:wanted]))


# ------------------------------------------------------------------------------------------------- the page

WHY = {
    "columns-transposed": "a block whose relations all lie within it reads as well in the other order, and two blocks\n"
    "  that only a ratio ties cannot be told apart. Change rows and a third block decide.",
    "digit-wrong": "in a total of which no other relation holds a part, any of its cells may have the wrong digit.",
    "digits-swapped": "as `digit-wrong`, less often: fewer prints are a swap of others.",
    "copied": "two neighbours that print the same may each be the copy; one relation alone does not say which.",
    "wrong-label": "the total may have left out the other term just as well, unless another relation holds either.",
    "left-out": "the mirror of `wrong-label`; and where there are two terms, one is copied into the total.",
    "litres-as-kg": "any published density of a fuel may be behind it, so that other slips of that size fit as well.",
    "truncated": "half of all prints are the same cut off or rounded, and a last digit is mostly within what the\n"
    "  rounding of the other cells allows: visible almost only in ratios and shares.",
    "rounded-midway": "it moves a print by few of its last digits; one digit of a term may explain that as well.",
    "sign": "in a difference or a ratio that stands alone, either cell may have lost its sign.",
    "gwp-set": "a GWP printed as 28 is anything from 27.5 to 28.5, so that a value within shows only in a sum.",
}

PAGE_TEXT = """\
# How well slips are found and named

Written by `python -m tests.slips.score`; do not edit.

{tables} consistent tables of random shape (3 to 40 rows, 2 to 6 periods; totals, ratios with known and undisclosed
denominators, products with published factors, shares, changes; figures made up) are printed with rounding. Each gets
{each} slips of the kinds below, one at a time, made when true values are printed, and goes to `verify` without a hint.

- Tables without a slip in which something was found: {false} of {tables}.
- Identifiable slips detected: {detected} (asked: 97 %).
- Of those, the true repair is the first explanation: {first} (asked: 80 %);
  it is among the first three: {three} (asked: 93 %).
- First under the very name of the slip, with its details: {named}.
- Ambiguous slips detected: {seen}; several repairs fit, so none is counted as right.

| slip | applied | invisible | ambiguous | identifiable | detected | first | in first three | first by name |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
{lines}

- **invisible**: every relation still holds within the rounding of what is printed; no reader could see it.
- **ambiguous**: a relation fails, and an edit of another cell, or to another print, makes all relations hold as well.
  All single edits of all kinds at all places are tried, with interval arithmetic that shares no code with the engine
  (`tests/slips/brute.py`).
- **identifiable**: nothing but the true repair makes all relations hold. Two kinds that give the same cell the same
  print are one repair under two names: *first* counts repairs, *first by name* asks for the kind and its details too.
- A factor that would leave nothing of a number at the decimals of its row (8,000 was 0.00) counts as no edit.
- Percentages are of identifiable slips for *detected*, of detected ones for the columns after it.

## Why some slips cannot be told

{why}

More relations are the cure: a second denominator, a change row or a share tells apart what a total alone does not.
"""


def page(held: Sequence[Outcome], each: int) -> str:
    """Return the page of the docs; ``each`` is how many slips a table got, at most."""
    table = counts(held)
    total = table[-1]
    clean = [one for one in held if one.kind == "none"]
    return PAGE_TEXT.format(
        tables=f"{len(clean):,}",
        each=f"up to {each}",
        false=sum(one.detected for one in clean),
        detected=share(total.detected, total.identifiable),
        first=share(total.first, total.detected),
        three=share(total.three, total.detected),
        named=share(total.named, total.detected),
        seen=share(total.ambiguous - total.unseen, total.ambiguous),
        lines="\n".join(map(line, table)),
        why="\n".join(f"- `{kind}`: {why}" for kind, why in WHY.items()),
    )


def line(one: Count) -> str:
    cells: list[object] = [
        f"`{one.kind}`" if one.kind != "all" else "**all**",
        one.applied,
        one.invisible,
        one.ambiguous,
    ]
    cells += [one.identifiable, share(one.detected, one.identifiable)]
    cells += [share(part, one.detected) for part in (one.first, one.three, one.named)]
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def share(part: int, whole: int) -> str:
    """Return a share in percent, rounded down: 96.99 % is not 97 %."""
    if not whole:
        return "-"
    tenths = part * 1000 // whole
    return f"{part:,} ({tenths // 10}.{tenths % 10} %)"


# ------------------------------------------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the score, write the page, and say on stderr which slips were missed, and what was said instead."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--kinds", type=int, default=len(KINDS), help="how many kinds a seed, in turn (all)")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="print the page, write nothing")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    seeds = range(asked.first, asked.first + asked.seeds)
    held: list[Outcome] = []
    with ProcessPoolExecutor(asked.jobs, get_context("spawn")) as pool:
        for part in pool.map(some, seeds, repeat(asked.kinds)):
            held += part
            for one in filter(missed, part):
                said = "; ".join(one.said[:4]) or "nothing found"
                sys.stderr.write(f"seed {one.seed} {one.kind} {one.wrong}: {said}\n")
    text = page(held, asked.kinds)
    if asked.dry:
        sys.stdout.write(text)
    else:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    sys.stderr.write(f"{sum(map(missed, held))} misses, {time.monotonic() - started:.0f} s\n")
    right = counts(held)[-1].enough and not any(one.kind == "none" and one.detected for one in held)
    return 0 if right else 1


def missed(one: Outcome) -> bool:
    """Return whether an outcome is wrong: a false finding, or an identifiable slip whose repair is not first."""
    if one.kind == "none":
        return one.detected
    return one.state == "identifiable" and (not one.detected or one.place != 1)


if __name__ == "__main__":
    sys.exit(main())
