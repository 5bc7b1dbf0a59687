"""What the claims of a table are judged on, and what a judgement says before it is put into words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from hsesg_carbon.findings import Severity
from hsesg_carbon.intensity import Denominator
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.verification.checks import System
from hsesg_carbon.verification.intervals import Interval, scaled
from hsesg_carbon.verification.published import Published
from hsesg_carbon.verification.reported import Cell, Key, ReportedRow, ReportedTable, trailing_zeros
from hsesg_carbon.verification.standard import first_rows

STATED, INDEX = "stated.", "index."
"""What ids begin with of sentences without a figure, and of entries of a content index."""


@dataclass(frozen=True)
class Compared:
    """Two intervals in the unit of a row that should have met: what is printed, and what it is held against."""

    check: str
    unit: str
    size: Fraction
    printed: Interval
    implied: Interval


@dataclass(frozen=True)
class Suggestion:
    """A slip that would explain a judgement: a kind of ``slips.toml``, the cells, and what its sentence needs."""

    kind: str
    cells: tuple[Key, ...]
    detail: Mapping[str, str]


@dataclass(frozen=True)
class Judgement:
    """A claim that does not stand: the row it is about first, then every cell that it leans on."""

    code: str
    severity: Severity
    row: ReportedRow
    cells: tuple[Key, ...]
    data: Mapping[str, Any]
    compared: tuple[Compared, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    count: int = 1
    """How many tests failed."""


Tests = Iterator[Judgement | None]
"""One item for each thing that was tested: ``None`` where it stands."""


@dataclass(frozen=True)
class Basis:
    """
    All that claims are judged on.

    Args:
        table: What was printed.
        system: Its checks, with what explains their failures put right.
        published: The numbers of the factor library.
        inventory: The accounts behind it, where there are any.
        denominators: With the boundaries that they state.
    """

    table: ReportedTable
    system: System
    published: Published
    inventory: Inventory | None = None
    denominators: Sequence[Denominator] = ()

    @cached_property
    def rows(self) -> dict[str, ReportedRow]:
        """The first row of each id."""
        return first_rows(self.table)

    @property
    def columns(self) -> range:
        """The places of the columns."""
        return range(len(self.table.periods))

    def value(self, row: str, column: int) -> Interval | None:
        """Return what a cell says in base units, as the explanations of the checks put it right."""
        return self.system.values.get((row, column))

    def said(self, row: ReportedRow) -> dict[int, Cell]:
        """Return the cells of a row that say anything, by column."""
        return {column: cell for column, cell in enumerate(row.cells) if cell.state not in {"blank", "absent"}}

    def name(self, row: str, column: int) -> str:
        """Return a cell as people name it."""
        return f"{row}[{self.table.periods[column]}]"


def widest(row: ReportedRow, column: int) -> Interval | None:
    """Return what a cell can be where zeros at its end may be the mark of a coarser rounding, in base units."""
    printed = row.cells[column].printed
    if printed is None:
        return row.interval(column)
    return scaled(printed.coarser(trailing_zeros(printed)), row.factor(column))
