"""The sheet of an export: found by the headings that a mapping names, its rows and columns as text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hsesg_carbon import workbooks
from hsesg_carbon.errors import InputError, near
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.mappings import ColumnMapping
from hsesg_carbon.spelling import nfkc
from hsesg_carbon.stamps import Pattern
from hsesg_carbon.tables import raw_sheets
from hsesg_carbon.workbooks import Progress

Cells = tuple[int, list[str]]
"""A row of the export: its number and its cells."""

_SEARCHED = 100
"""How many rows are looked through for the heading."""


@dataclass(frozen=True)
class Sheet:
    """The sheet of an export: where its heading stands, its titles, and the rows below it, as text."""

    file: str
    name: str | None
    heading: Cells
    above: tuple[Cells, ...]
    rows: tuple[Cells, ...] = field(repr=False)
    notes: tuple[Finding, ...] = ()

    @classmethod
    def found(cls, path: Path, mapping: ColumnMapping, progress: Progress | None = None) -> "Sheet":
        """Return the sheet that the mapping names, its heading found by the mapped headings."""
        name, rows, notes = _sheet_named(path, mapping, progress)
        filled = [one for one in rows if "".join(one[1]).strip()]
        wanted = {title(one) for one in mapping.headings()}
        best, most = 0, -1
        for place, (_, cells) in enumerate(filled):
            count = len(wanted & set(map(title, cells)))
            if count > most:
                best, most = place, count
            if count == len(wanted) or place > _SEARCHED:
                break
        if not filled:
            raise InputError("file-empty", file=path.name)
        sheet = cls(path.name, name, filled[best], tuple(filled[:best]), tuple(filled[best + 1 :]), tuple(notes))
        sheet.check(mapping)
        return sheet

    @property
    def titles(self) -> list[str]:
        """The headings, folded."""
        return [title(one) for one in self.heading[1]]

    def at(self, heading: str) -> int:
        """Return the place of a column."""
        return self.titles.index(title(heading))

    def where(self, row: int | None = None, column: str | None = None, value: str | None = None) -> Where:
        """Return a place of it; ``column`` is a letter."""
        return Where(file=self.file, sheet=self.name, row=row, column=column, value=value or None)

    def check(self, mapping: ColumnMapping) -> None:
        """Raise ``InputError`` for every mapped heading that is not there once."""
        titles = self.titles
        problems = []
        for heading, key in mapping.headings().items():
            count = titles.count(title(heading))
            if count != 1:
                shown = [one.strip() for one in self.heading[1] if one.strip()][:40]
                data = {"key": key, "heading": heading, "found": near(heading, shown) or shown}
                code = "export-heading-twice" if count else "export-heading-missing"
                where = self.where(self.heading[0])
                problems.append(Finding(code=code, severity="error", where=where, data=data))
        if problems:
            raise InputError("table-broken", problems, file=self.file)


def title(text: str) -> str:
    """
    Return a heading without what printing adds: blanks, line breaks, full-width forms.

    Example:
        >>> title(" 用电量 （ｋＷｈ）")
        '用电量(kWh)'
    """
    return re.sub(r"\s+", "", nfkc(text))


def letter(place: int) -> str:
    """
    Return the letters of a column by its place from 0.

    Example:
        >>> letter(0), letter(25), letter(96)
        ('A', 'Z', 'CS')
    """
    return workbooks.letter(place + 1)


def _sheet_named(
    path: Path, mapping: ColumnMapping, progress: Progress | None
) -> tuple[str | None, list[Cells], list[Finding]]:
    every = raw_sheets(path, progress)
    sheets = [one for one in every if one[1]]
    if not sheets:
        raise InputError("file-empty", file=path.name)
    wanted = mapping.sheet
    names = [name or "-" for name, _, _ in every]
    if wanted is None:
        if len(sheets) > 1:
            raise InputError("export-sheet-unstated", file=path.name, sheets=names)
        return sheets[0]
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(every) or not every[wanted - 1][1]:
            raise InputError("export-sheet-missing", file=path.name, sheet=str(wanted), sheets=names)
        return every[wanted - 1]
    for one in sheets:
        if one[0] == wanted:
            return one
    raise InputError("export-sheet-missing", file=path.name, sheet=wanted, sheets=names)


def matching(sheet: Sheet, pattern: Pattern, others: Iterable[int]) -> dict[int, str]:
    """Return the columns whose heading is written as a pattern says, and their headings."""
    taken = set(others)
    pattern = Pattern(title(pattern.text))
    found = {place: _as_written(one, pattern) for place, one in enumerate(sheet.titles) if place not in taken}
    found = {place: one for place, one in found.items() if pattern.read(one) is not None}
    if not found:
        shown = [one.strip() for one in sheet.heading[1] if one.strip()][:40]
        raise InputError("export-no-such-columns", file=sheet.file, pattern=pattern.text, found=shown)
    return found


def _as_written(heading: str, pattern: Pattern) -> str:
    """Return a heading as the pattern has it, where a spreadsheet's cell holds a time or the first of a month."""
    if pattern.read(heading) is not None:
        return heading
    if "second" not in pattern.fields and re.fullmatch(r"\d{2}:\d{2}:00", heading):
        return heading[:-3]
    if "day" not in pattern.fields and re.fullmatch(r"\d{4}-\d{2}-01", heading):
        year, month, _ = heading.split("-")
        written = {"YYYY": year, "MM": month, "M": str(int(month))}
        return re.sub("YYYY|MM|M", lambda token: written[token[0]], pattern.text)
    return heading
