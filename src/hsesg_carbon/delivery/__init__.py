"""A delivered file: what it says for which table of a workspace, what is wrong at which cell, what was counted."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.delivery.cells import read_page
from hsesg_carbon.delivery.form import inventory_document, read_form, read_sites, settings_cells
from hsesg_carbon.delivery.holding import hold_activities, hold_table
from hsesg_carbon.delivery.pages import Book, strange_sheets
from hsesg_carbon.delivery.rows import Rows, boundary_of, controls, tables_of
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.exports import COLUMNS as EXPORT_COLUMNS
from hsesg_carbon.exports import Controls, read_export
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.mappings import read_mapping
from hsesg_carbon.sheets import Workbook
from hsesg_carbon.tables import read_bytes, read_tables
from hsesg_carbon.units import exact_text, parse_number
from hsesg_carbon.workbooks import Progress
from hsesg_carbon.workspace import Workspace

__all__ = ["Delivery", "Rows", "checked_copy", "delivered_name", "read_mapped", "read_workbook", "settings_cells"]

_CHECKED = re.compile(r"(?:\.checked(?:-(\d+))?)+(?=\.[^.]+$)", re.ASCII)


@dataclass(frozen=True)
class Delivery:
    """
    What a delivered file holds.

    ``tables`` are what goes to which table of a workspace (``activity``, ``water`` ...), each row with its origin;
    ``inventory`` is what ``inventory.toml`` is made of, ``None`` where the file says nothing of it. ``controls`` count
    rows and sums sheet by sheet; ``letters`` give the column of a sheet for the headings that findings may name.
    """

    file: str
    sha256: str
    kind: str
    tables: Mapping[str, Rows] = field(repr=False)
    findings: tuple[Finding, ...]
    controls: tuple[Controls, ...]
    inventory: Mapping[str, Any] | None = field(default=None, repr=False)
    letters: Mapping[tuple[str | None, str], str] = field(default_factory=dict, repr=False)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What keeps it from being taken in."""
        return tuple(one for one in self.findings if one.severity == "error")

    def held_to(self, rows: int | None, totals: Sequence[str]) -> "Delivery":
        """
        Return the delivery with a fault for every stated count or total that it does not come to.

        Args:
            rows: How many rows must have been taken; ``None`` where nothing is stated.
            totals: What the rows must add up to, such as ``12345.6 kWh``: held to all rows in units of that family.

        Raises:
            InputError: A total is no number and unit.
        """
        found: list[Finding] = []
        taken = sum(one.taken for one in self.controls)
        place = Where(file=self.file)
        if rows is not None and taken != rows:
            counts = {"stated": rows, "taken": taken}
            found.append(Finding(code="delivery-rows-differ", severity="error", where=place, data=counts))
        for text in totals:
            value, _, unit = text.strip().partition(" ")
            try:
                stated, family = Fraction(parse_number(value)), units.family(unit.strip())
            except CarbonError as error:
                raise InputError("delivery-total-broken", value=text) from error
            summed = sum(
                (
                    total * units.ratio(own, unit.strip())
                    for one in self.controls
                    for (_, own), total in one.sums.items()
                    if units.family(own) == family
                ),
                Fraction(0),
            )
            if summed != stated:
                data = {"stated": exact_text(stated), "summed": exact_text(summed), "unit": unit.strip()}
                data["difference"] = exact_text(abs(summed - stated))
                found.append(Finding(code="delivery-total-differs", severity="error", where=place, data=data))
        return replace(self, findings=(*self.findings, *found))

    def at_cell(self, one: Finding) -> Finding:
        """Return a finding about a row of this file with the letter of its column, where it has a name of a table's."""
        place, described = one.where, Workbook.described()
        if place is None or place.file != self.file or place.column is None:
            return one
        sheet = described.sheet(place.sheet or "")
        for (name, heading), at in self.letters.items():
            column = sheet.column(heading) if sheet and name == place.sheet else None
            if column is not None and described.table_name(column.name) == place.column:
                return one.model_copy(update={"where": place.model_copy(update={"column": at})})
        return one

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return a plain dict for JSON output."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "kind": self.kind,
            "controls": [one.as_json() for one in self.controls],
            "findings": [one.as_json(lang) for one in self.findings],
        }


def read_workbook(path: Path, workspace: Workspace | None = None, progress: Progress | None = None) -> Delivery:
    """
    Read a filled workbook, in whatever language it was written.

    Args:
        path: The workbook.
        workspace: Where it is to be taken in, if that is there: then its sites and settings need not be repeated.
        progress: Told how many rows are read.

    Returns:
        What it holds; everything that is wrong stands in ``findings``, each at its cell.

    Raises:
        InputError: The file cannot be read, or is no such workbook.
    """
    raw = read_bytes(path)
    described = Workbook.described()
    found_tables = read_tables(path, progress)
    tables = {sheet.id: table for table in found_tables if (sheet := described.sheet(table.sheet or ""))}
    if not tables:
        raise InputError("delivery-no-workbook", file=path.name)
    others = [one for one in found_tables if described.sheet(one.sheet or "") is None]
    book = Book(path, delivered_name(path), workspace, described, tables)
    form, known = read_form(book), read_sites(book)
    for page in book.pages:
        if page.sheet.id not in {"sites", "entities"} and not page.sheet.entries:
            read_page(book, page, known.ids)
    inventory = inventory_document(book, form)
    taken = hold_activities(book, known)
    for page in book.pages:
        if page.sheet.gives not in {"inventory", "activity"}:
            hold_table(book, page, known, boundary_of(book, form))
    found = [*book.findings, *strange_sheets(others, described)]
    return Delivery(
        book.name,
        hashlib.sha256(raw).hexdigest(),
        "workbook",
        tables_of(book, taken, form),
        tuple(sorted(found, key=partial(_order, [table.sheet for table in found_tables]))),
        tuple(controls(book, found)),
        inventory,
        {(table.sheet, name): at for table in found_tables for name, at in table.letters.items()},
    )


def delivered_name(path: Path) -> str:
    """
    Return the name under which a file counts: a coloured copy that was corrected is the file that it is a copy of.

    Example:
        >>> delivered_name(Path("bills/year.checked.xlsx"))
        'year.xlsx'
    """
    return _CHECKED.sub("", path.name)


def checked_copy(path: Path) -> Path:
    """
    Return where the coloured copy of a file goes: beside it; copies of corrected copies are counted.

    Example:
        >>> [checked_copy(Path(name)).name for name in ("year.xlsx", "year.checked.xlsx", "year.checked-2.xlsx")]
        ['year.checked.xlsx', 'year.checked-2.xlsx', 'year.checked-3.xlsx']
        >>> delivered_name(Path("year.checked-3.xlsx"))
        'year.xlsx'
    """
    earlier = _CHECKED.search(path.name)
    count = f"-{int(earlier[1] or 1) + 1}" if earlier else ""
    return path.with_name(f"{Path(delivered_name(path)).stem}.checked{count}.xlsx")


def read_mapped(path: Path, mapping: Path, workspace: Workspace, progress: Progress | None = None) -> Delivery:
    """
    Read an export of a utility or a meter system by a mapping, into rows of ``activity``.

    ``progress`` is told how many rows are read.

    Raises:
        InputError: The file or the mapping cannot be read, or they do not fit each other.
    """
    raw = read_bytes(path)
    told = read_export(path, read_mapping(mapping), workspace.boundary.sites, workspace.library, progress)
    cells = itemgetter(*EXPORT_COLUMNS)
    rows = tuple([tuple([one or "" for one in cells(row)]) for row in told.rows])
    sha256 = hashlib.sha256(raw).hexdigest()
    return Delivery(path.name, sha256, "export", {"activity": (EXPORT_COLUMNS, rows)}, told.findings, (told.controls,))


def _order(sheets: Sequence[str | None], one: Finding) -> tuple[int, int, str]:
    """Sort findings by sheet, in the order in which a person turns the sheets, row and column."""
    place = one.where or Where()
    sheet = sheets.index(place.sheet) if place.sheet in sheets else -1
    return sheet, place.row or 0, f"{len(place.column or ''):3}{place.column or ''}"
