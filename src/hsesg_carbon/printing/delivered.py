"""What a terminal shows of a workbook or an export that was taken in, or not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsesg_carbon.messages import message, visible
from hsesg_carbon.printing.console import print_findings, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.delivery import Delivery
    from hsesg_carbon.findings import Finding

_MOST_ALIKE = 3


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
