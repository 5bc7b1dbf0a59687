"""What a terminal shows: tables, sentences, bars. The one user of rich."""

import math
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from time import monotonic
from typing import TYPE_CHECKING

from hsesg_carbon.messages import message, visible

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.findings import Finding

_PLAIN_WIDTH = 120
_LONG_SECONDS = 1.0


def changed(percent: Fraction | None) -> str:
    """Return a change in percent with its sign and two decimals, a dash for none."""
    from hsesg_carbon.units import half_up  # noqa: PLC0415

    return "–" if percent is None else f"{decimal_text(half_up(percent, 2), signed=True)} %"


def decimal_text(value: Decimal, *, signed: bool = False) -> str:
    """Return a number with its thousands apart, with its sign where it is a change."""
    return f"{value:+,}" if signed and value else f"{value:,}"


def reach(percent: tuple[float, float]) -> str:
    """Return two limits in percent; a dash where the estimate is 0, so that there are none."""
    if not all(map(math.isfinite, percent)):
        return "–"
    return " … ".join(f"{decimal_text(tenths(one), signed=True)} %" for one in percent)


def tenths(value: float) -> Decimal:
    """Return a statistic with one decimal, halves away from zero."""
    return Decimal(repr(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def print_findings(console: "Console", findings: "Sequence[Finding]", lang: str, *, soft_wrap: bool = False) -> None:
    """Print findings, a paragraph each; with ``soft_wrap`` lines break where the terminal ends."""
    for one in findings:
        console.print(with_code(one, lang), markup=False, soft_wrap=soft_wrap)


def with_code(finding: "Finding", lang: str) -> str:
    """Return a finding as a terminal shows it: how grave, where, what, and the code to look it up by."""
    severity = message(f"label.severity-{finding.severity}", lang)
    return f"{severity} {finding.line(lang)} [{finding.code}]"


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
