"""Plain exports of utilities and meter systems -> activity rows, by a stated mapping; every fault at its cell."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.activities import MAX_ROWS_PER_RULE, QUALITIES
from hsesg_carbon.cells import Filing
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Severity, Where
from hsesg_carbon.mappings import ColumnMapping, Meter
from hsesg_carbon.periods import Period
from hsesg_carbon.readings import (
    ENERGY_OF_POWER,
    Day,
    Intervals,
    Reading,
    Register,
    Replacement,
    Use,
    by_month,
    consumption,
    moment_text,
    read_on,
    spans,
    uses_of,
    whole_days,
)
from hsesg_carbon.sites import Site
from hsesg_carbon.stamps import DAY, Clock, Pattern, day_at
from hsesg_carbon.tables import raw_sheets

COLUMNS = (
    "activity_id",
    "site",
    "period_start",
    "period_end",
    "activity",
    "quantity",
    "unit",
    "meter",
    "quality",
    "credit",
    "evidence",
    "note",
    "origin_file",
    "origin_sheet",
    "origin_row",
)
"""The columns of every row that comes of an export."""

_SHOWN_TEXT = 80
_BRACKETED = re.compile(r"[（(].*[)）]$")
_KEYS = ("site", "meter", "activity", "unit", "quality")

Cells = tuple[int, list[str]]
"""A row of the export: its number and its cells."""

Place = tuple[int, str | None]
"""A row and the letter of a column."""


@dataclass(frozen=True)
class Controls:
    """
    What was read of one sheet, to be held against the export itself.

    ``read`` are all rows of the sheet that are not blank: each was ``taken`` or ``left_aside``, by reason: ``above``
    the heading, ``heading``, ``total``, ``skipped``, ``remark``, ``repeated``, ``blank``, ``alone``, ``fault``.
    ``sums`` are exact, by activity and unit; ``totals_met`` counts the totals of the export that its rows add up to.
    """

    file: str
    sheet: str | None
    read: int
    taken: int
    left_aside: Mapping[str, int]
    records: int
    sums: Mapping[tuple[str, str], Fraction]
    first: date | None
    last: date | None
    totals_met: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict for JSON output, exact numbers as text."""
        sums = [
            {"activity": activity, "unit": unit, "quantity": units.exact_text(total)}
            for (activity, unit), total in self.sums.items()
        ]
        days = {"first": self.first and self.first.isoformat(), "last": self.last and self.last.isoformat()}
        counts = {"read": self.read, "taken": self.taken, "left_aside": dict(self.left_aside), "records": self.records}
        return {"file": self.file, "sheet": self.sheet, **counts, "sums": sums, **days, "totals_met": self.totals_met}


@dataclass(frozen=True)
class Exported:
    """
    What an export comes to: activity rows with the columns ``COLUMNS``, findings and control totals.

    Where ``faulty``, rows with faults were left aside, so the others must not be taken for the whole.
    """

    rows: tuple[dict[str, str | None], ...] = field(repr=False)
    findings: tuple[Finding, ...]
    controls: Controls

    @property
    def faulty(self) -> bool:
        """Whether any finding is an error."""
        return any(one.severity == "error" for one in self.findings)


def read_export(path: Path, mapping: ColumnMapping, sites: Sequence[Site], library: FactorLibrary) -> Exported:
    """
    Return the activity rows that a CSV or Excel export holds.

    Args:
        path: The export as it was delivered.
        mapping: What is stated about it (``read_mapping``).
        sites: The sites that rows may name.
        library: Where activity codes, units and regions are looked up.

    Raises:
        InputError: The file cannot be read at all, or the mapping does not fit it: no such sheet, headings that are
            not there. What is wrong with rows comes as findings, all of it at once.

    Source:
        Bills and meters as utilities and meter systems write them out; no format of a publisher is followed.
    """
    if faults := mapping.faults():
        raise InputError("settings-broken", faults, file="mapping")
    sheet = Sheet.found(path, mapping)
    export = _Export(sheet, mapping, sites, library)
    makers: dict[str, Callable[[_Export], Iterator[Record]]] = {
        "bills": _bills,
        "readings": _metered,
        "intervals": _listed_intervals,
        "interval-matrix": _matrix_intervals,
    }
    records = list(makers[mapping.kind](export))
    return export.told(records)


# ---------------------------------------------------------------------------------------------------- the sheet


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
    def found(cls, path: Path, mapping: ColumnMapping) -> "Sheet":
        """Return the sheet that the mapping names, its heading found by the mapped headings."""
        name, rows, notes = _sheet_named(path, mapping)
        filled = [(number, cells) for number, cells in rows if any(map(str.strip, cells))]
        wanted = {title(one) for one in mapping.headings()}
        best, most = 0, -1
        for place, (_, cells) in enumerate(filled):
            count = len(wanted & set(map(title, cells)))
            if count > most:
                best, most = place, count
            if count == len(wanted) or place - best > MAX_ROWS_PER_RULE:
                break
        if not filled:
            raise InputError("file-empty", file=path.name)
        sheet = cls(path.name, name, filled[best], tuple(filled[:best]), tuple(filled[best + 1 :]), tuple(notes))
        sheet._check(mapping)
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

    def _check(self, mapping: ColumnMapping) -> None:
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
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def letter(place: int) -> str:
    """
    Return the letters of a column by its place from 0.

    Example:
        >>> letter(0), letter(25), letter(96)
        ('A', 'Z', 'CS')
    """
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def _sheet_named(path: Path, mapping: ColumnMapping) -> tuple[str | None, list[Cells], list[Finding]]:
    sheets = [one for one in raw_sheets(path) if one[1]]
    if not sheets:
        raise InputError("file-empty", file=path.name)
    wanted = mapping.sheet
    names = [name or "-" for name, _, _ in sheets]
    if wanted is None:
        if len(sheets) > 1:
            raise InputError("export-sheet-unstated", file=path.name, sheets=names)
        return sheets[0]
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(sheets):
            raise InputError("export-sheet-missing", file=path.name, sheet=str(wanted), sheets=names)
        return sheets[wanted - 1]
    for one in sheets:
        if one[0] == wanted:
            return one
    raise InputError("export-sheet-missing", file=path.name, sheet=wanted, sheets=names)


# ------------------------------------------------------------------------------------------------- the taking in


@dataclass(frozen=True, slots=True)
class Holder:
    """What a row is of: the site, meter, activity and unit that its cells come to, and how its register is read."""

    site: str
    meter: str
    activity: str
    unit: str
    quality: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One activity row to be, and the row of the export that it comes from."""

    holder: Holder
    period: Period
    quantity: Fraction
    row: int
    estimated: bool = False
    part: str = ""
    credit: str = ""
    evidence: str = ""
    note: str = ""
    column: str | None = None

    @property
    def activity_id(self) -> str:
        """The id: what the row is of and when, never where it stands, so that the next export gives it again."""
        words = (self.holder.site, self.holder.meter, self.holder.activity, self.period.label, self.part)
        return ":".join(one.replace("/", "_") for one in words if one)


class _Export:
    """One export while it is taken in: its data rows by column, and what was noted of rows and cells."""

    def __init__(self, sheet: Sheet, mapping: ColumnMapping, sites: Sequence[Site], library: FactorLibrary) -> None:
        self.sheet, self.mapping, self.library = sheet, mapping, library
        self.sites = {one.id: one for one in sites}
        self.findings: list[Finding] = list(sheet.notes)
        self.at = {name: sheet.at(heading) for name, heading in mapping.columns.stated().items()}
        self.parts_at = [sheet.at(one) for one in mapping.parts]
        self.wide_at: dict[int, str] = {}
        if mapping.wide or mapping.matrix:
            pattern = Pattern(mapping.matrix or mapping.period_format or "")
            self.wide_at = _matching(sheet, pattern, {*self.at.values()})
        self.aside: dict[int, str] = {}
        self.totals_met = 0
        self._counts: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._filing = Filing(("site", "period", "activity", "unit"), library, self.sites)
        self.number = cache(self._number)
        self.holder = cache(self._holder)
        self.value_at = self._value_columns()
        self.width = 1 + max([*self.at.values(), *self.parts_at, *self.wide_at, *self.value_at])
        self.rows = self._data_rows()

    # ------------------------------------------------------------------------------------------ cells

    def column(self, name: str) -> list[str]:
        """Return the cells of a field, row by row; blank text where it is not mapped."""
        return [""] * len(self.rows) if name not in self.at else self.cells(self.at[name])

    def cells(self, place: int) -> list[str]:
        """Return the cells of a column, row by row."""
        return [cells[place].strip() for _, cells in self.rows]

    def place(self, name: str) -> int:
        """Return the place of a field's column."""
        return self.at[name]

    def letter(self, name: str) -> str | None:
        """Return the letter of a field's column, ``None`` where it has none."""
        return letter(self.at[name]) if name in self.at else None

    def _number(self, text: str) -> Fraction | InputError:
        """Return the exact number that a cell states, with the signs that the mapping names."""
        try:
            plain = _without_signs(text, self.mapping.thousands, self.mapping.decimal)
            return Fraction(units.parse_number(plain))
        except InputError as error:
            return error

    def quantity(self, text: str) -> Fraction | InputError:
        """Return the number of a cell with the sign that it counts with."""
        value = self.number(text)
        return -value if self.mapping.sign == "reversed" and isinstance(value, Fraction) else value

    # ------------------------------------------------------------------------------------------ notes

    def fault(self, row: int, column: str | None, code: str, value: str = "", **data: Any) -> None:
        """Note an error at a cell; its row is left aside. Of a kind so many are shown, and all counted."""
        self.aside[row] = "fault"
        self._counts[code] = self._counts.get(code, 0) + 1
        if self._counts[code] <= MAX_ROWS_PER_RULE:
            where = self.sheet.where(row, column, value[:_SHOWN_TEXT])
            self.findings.append(Finding(code=code, severity="error", where=where, data=data))

    def mapping_fault(self, row: int, code: str, **data: Any) -> None:
        """Note an error that lies in the mapping, once, however many rows it concerns."""
        self.aside[row] = "fault"
        if (code, str(data)) not in self._told:
            self._told.add((code, str(data)))
            self.findings.append(Finding(code=code, severity="error", where=self.sheet.where(), data=data))

    def note(self, code: str, severity: Severity, place: Place | None = None, **data: Any) -> None:
        """Note a remark or a warning."""
        where = self.sheet.where(*place) if place else self.sheet.where()
        self.findings.append(Finding(code=code, severity=severity, where=where, data=data))

    # ------------------------------------------------------------------------------------------ rows

    def _value_columns(self) -> list[int]:
        names = ("quantity", "reading", "reading_start", "reading_end", "old_final", "new_first")
        own = [self.at[name] for name in names if name in self.at]
        return [*own, *self.parts_at, *self.wide_at]

    def _data_rows(self) -> list[Cells]:
        """Return the rows with data; leave aside what is none, each with its reason, and check totals."""
        words = {_word(one) for one in self.mapping.total_words}
        skips = [(self.sheet.at(one.column), one) for one in self.mapping.skip]
        mapped = sorted({*self.at.values(), *self.value_at})
        titles = [self.sheet.titles[place] for place in mapped]
        kept: list[Cells] = []
        skipped: list[tuple[int, list[str]]] = []
        totals: list[tuple[int, int, int, list[str]]] = []
        known: dict[str, bool] = {}
        for number, short in self.sheet.rows:
            cells = short if len(short) >= self.width else short + [""] * (self.width - len(short))
            first = next(one for one in cells if one and not one.isspace())
            if (is_total := known.get(first)) is None:
                is_total = known[first] = _word(first) in words
            reason = next((one.reason for place, one in skips if one.meets(cells[place].strip())), None)
            if is_total:
                totals.append((len(kept), len(skipped), number, cells))
                self.aside[number] = "total"
            elif reason is not None:
                skipped.append((number, cells))
                self._skip(number, reason)
            elif cells[mapped[0]].strip() and [title(cells[place]) for place in mapped[:3]] == titles[:3]:
                self.aside[number] = "heading"  # printed again at the top of a page
            elif not any(cells[place].strip() for place in self.value_at):
                self._without_value(number, cells, kept, titles, mapped)
            else:
                kept.append((number, cells))
        self._check_totals(kept, skipped, totals)
        self._tell_skipped()
        return kept

    def _skip(self, number: int, reason: str) -> None:
        self.aside[number] = "skipped"
        self._counts[f"skip {reason}"] = self._counts.get(f"skip {reason}", 0) + 1

    def _tell_skipped(self) -> None:
        for key in [one for one in self._counts if one.startswith("skip ")]:
            self.note("export-rows-skipped", "info", count=self._counts.pop(key), reason=key.removeprefix("skip "))

    def _without_value(
        self, number: int, cells: list[str], kept: list[Cells], titles: list[str], mapped: list[int]
    ) -> None:
        """Tell a remark below the table and a missing value apart."""
        filled = [place for place, one in enumerate(cells) if one.strip()]
        if len(filled) == 1 and not self._recognised(filled[0], cells[filled[0]].strip()):
            self.aside[number] = "remark"
            text = cells[filled[0]].strip()[:_SHOWN_TEXT]
            self.note("export-remark", "info", (number, letter(filled[0])), text=text)
        else:
            kept.append((number, cells))

    def _recognised(self, place: int, text: str) -> bool:
        """Say whether the lone cell of a row is what its column holds, so that the row lacks its value."""
        names = [name for name, at in self.at.items() if at == place]
        known = {
            "meter": self.mapping.meters.keys(),
            "site": {*self.sites, *self.mapping.values.site},
            "activity": {*self.library.catalogue, *self.mapping.values.activity},
        }
        for name in names:
            if name in known and text in known[name]:
                return True
            if name in {"date", "stamp", "period_start", "period_end"} and self.mapping.dates.read(text) is not None:
                return True
            if name == "period" and self.mapping.periods.read(text) is not None:
                return True
        return False

    def _check_totals(
        self,
        kept: Sequence[Cells],
        skipped: Sequence[Cells],
        totals: Sequence[tuple[int, int, int, list[str]]],
    ) -> None:
        """Hold the totals that the export states to its rows: all above, or those since the total before."""
        since = 0
        for upto, skipped_upto, number, cells in totals:
            for place in self.value_at if self.mapping.kind != "readings" else ():
                if not cells[place].strip():
                    continue
                stated = self.number(cells[place].strip())
                own = [self._sum(kept[first:upto], place) for first in dict.fromkeys((0, since))]
                if isinstance(stated, InputError):
                    self.fault(number, letter(place), stated.code, cells[place], **stated.data)
                    self.aside[number] = "total"
                elif None in own:
                    self.note("export-total-unchecked", "info", (number, letter(place)))
                else:
                    sums = [one for one in own if one is not None]
                    more = self._sum(skipped[:skipped_upto], place) or Fraction(0)
                    self._hold(stated, sums, more, (number, letter(place)), cells[place])
            since = upto

    def _hold(self, stated: Fraction, sums: list[Fraction], more: Fraction, place: Place, value: str) -> None:
        if any(abs(stated - one) <= self.mapping.tolerance for one in (*sums, *(one + more for one in sums))):
            self.totals_met += 1
            return
        closest = min(sums, key=lambda one: abs(stated - one))
        data = {"stated": units.exact_text(stated), "summed": units.exact_text(closest)}
        data["difference"] = units.exact_text(stated - closest)
        self.fault(place[0], place[1], "export-total-differs", value, **data)
        self.aside[place[0]] = "total"

    def _sum(self, rows: Sequence[Cells], place: int) -> Fraction | None:
        """Return the sum of a column as it stands, ``None`` where a cell is no number."""
        total = Fraction(0)
        for _, cells in rows:
            text = cells[place].strip()
            value = self.number(text) if text else Fraction(0)
            if isinstance(value, InputError):
                return None
            total += value
        return total

    # ------------------------------------------------------------------------------------------ meaning

    def holders(self) -> list[Holder | None]:
        """Return what each data row is of; ``None``, and a fault at the cell, where that cannot be told."""
        columns = [self.column(name) for name in _KEYS]
        found: list[Holder | None] = []
        for (number, _), *texts in zip(self.rows, *columns, strict=True):
            holder, wrong = self.holder(*texts)
            for code, name, data in wrong:
                if name in self.at:
                    self.fault(number, self.letter(name), code, texts[_KEYS.index(name)], **data)
                else:
                    self.mapping_fault(number, code, **data)
            found.append(holder)
        return found

    def _holder(self, *texts: str) -> tuple[Holder | None, list[tuple[str, str, dict[str, Any]]]]:
        cell = dict(zip(_KEYS, texts, strict=True))
        wrong: list[tuple[str, str, dict[str, Any]]] = []
        meter_id = cell["meter"] or self.mapping.constants.meter or ""
        meter = self.mapping.meters.get(meter_id)
        if self.mapping.meters and meter is None:
            known = near(meter_id, list(self.mapping.meters)) or list(self.mapping.meters)[:8]
            code = "export-meter-unknown" if meter_id else "cell-blank"
            wrong.append((code, "meter", {"meter": meter_id, "known": known, "column": "meter"}))
        said = {name: self._said(name, cell[name], meter, wrong) for name in ("site", "activity", "unit", "quality")}
        if wrong:
            return None, wrong
        unit = said["unit"]
        if self.mapping.measures == "power":
            if unit not in ENERGY_OF_POWER:
                return None, [("export-power-unit", "unit", {"unit": unit, "known": list(ENERGY_OF_POWER)})]
            unit = ENERGY_OF_POWER[unit]
        key, misfits = self._filing.cell((said["site"], "2024", said["activity"], unit))
        if key is None:
            return None, [(code, "site" if name == "region" else name, data) for code, name, data in misfits]
        quality = said["quality"] or ("invoiced" if self.mapping.kind == "bills" else "measured")
        if quality not in QUALITIES:
            return None, [("quality-unknown", "quality", {"quality": quality[:_SHOWN_TEXT]})]
        return Holder(key.site, meter_id, key.activity, key.unit, quality, meter.note if meter else None), []

    def _said(self, name: str, text: str, meter: Meter | None, wrong: list[tuple[str, str, dict[str, Any]]]) -> str:
        """Return what cell, meter and constants say of a field; the first that says anything rules."""
        values: dict[str, str] = getattr(self.mapping.values, name)
        if text and values:
            if text not in values:
                data = {"column": name, "value": text[:_SHOWN_TEXT], "known": near(text, list(values)) or list(values)}
                wrong.append(("export-value-unknown", name, data))
                return ""
            text = values[text]
        of_meter = str(getattr(meter, name, None) or "")
        if text and of_meter and text != of_meter:
            wrong.append(("export-meter-elsewhere", name, {"column": name, "stated": text, "mapped": of_meter}))
        said = text or of_meter or str(getattr(self.mapping.constants, name) or "")
        if not said and name != "quality":
            wrong.append(("cell-blank", name, {"column": name}))
        return said

    # ------------------------------------------------------------------------------------------ the end

    def told(self, records: Sequence[Record]) -> Exported:
        """Return rows, findings and controls; ids that stand twice are faults."""
        records = [one for one in records if self.aside.get(one.row) != "fault"]
        first: dict[str, Record] = {}
        for one in records:
            before = first.setdefault(one.activity_id, one)
            if before is not one:
                self.fault(one.row, one.column, "export-row-twice", id=one.activity_id, first=before.row)
        records = [one for one in records if self.aside.get(one.row) != "fault"]
        rows = tuple(self._row(one) for one in records)
        self._tell_unmapped()
        if more := sum(max(0, count - MAX_ROWS_PER_RULE) for count in self._counts.values()):
            self.findings.append(Finding(code="more-problems", severity="error", data={"count": more}))
        findings = sorted(self.findings, key=lambda one: (one.where.row or 0) if one.where else 0)
        return Exported(rows, tuple(findings), self._controls(records))

    def _row(self, one: Record) -> dict[str, str | None]:
        holder = one.holder
        text = units.exact_text(one.quantity)
        if Fraction(text) != one.quantity:
            self.note("derived-rounded", "info", (one.row, None), quantity=text, unit=holder.unit)
        constants = self.mapping.constants
        said = {
            "activity_id": one.activity_id,
            "site": holder.site,
            "period_start": one.period.start.isoformat(),
            "period_end": one.period.end.isoformat(),
            "activity": holder.activity,
            "quantity": text,
            "unit": holder.unit,
            "meter": holder.meter,
            "quality": "estimated" if one.estimated else holder.quality,
            "credit": one.credit,
            "evidence": one.evidence or constants.evidence,
            "note": "; ".join(filter(None, (one.part, one.note or constants.note, holder.note))),
            "origin_file": self.sheet.file,
            "origin_sheet": self.sheet.name,
            "origin_row": str(one.row),
        }
        return {name: said[name] or None for name in COLUMNS}

    def _tell_unmapped(self) -> None:
        mapped = {*self.at.values(), *self.value_at, *(self.sheet.at(one.column) for one in self.mapping.skip)}
        names = [one.strip() for place, one in enumerate(self.sheet.heading[1]) if place not in mapped and one.strip()]
        if names:
            self.note("export-unmapped", "info", (self.sheet.heading[0], None), columns=names)

    def _controls(self, records: Sequence[Record]) -> Controls:
        counts = {"above": len(self.sheet.above), "heading": 1} if self.sheet.above else {"heading": 1}
        for reason in self.aside.values():
            counts[reason] = counts.get(reason, 0) + 1
        sums: dict[tuple[str, str], Fraction] = {}
        for one in records:
            key = (one.holder.activity, one.holder.unit)
            sums[key] = sums.get(key, Fraction(0)) + one.quantity
        return Controls(
            file=self.sheet.file,
            sheet=self.sheet.name,
            read=len(self.sheet.above) + 1 + len(self.sheet.rows),
            taken=sum(number not in self.aside for number, _ in self.rows),
            left_aside=counts,
            records=len(records),
            sums=dict(sorted(sums.items())),
            first=min((one.period.start for one in records), default=None),
            last=max((one.period.end for one in records), default=None),
            totals_met=self.totals_met,
        )


def _without_signs(text: str, sign: str, point: str) -> str:
    """Return a number as ``parse_number`` takes it, its stated thousands sign and decimal comma replaced."""
    if sign and sign in text:
        if not re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(sign)}\d{{3}})+({re.escape(point)}\d*)?", text):
            raise InputError("export-number-grouped", value=text[:_SHOWN_TEXT], sign=sign)
        text = text.replace(sign, "")
    if point == ",":
        if "." in text:
            raise InputError("export-number-point", value=text[:_SHOWN_TEXT])
        text = text.replace(",", ".")
    return text


def _word(text: str) -> str:
    """Return the word that says that a row is one of totals, without colons, blanks and what stands in brackets."""
    return _BRACKETED.sub("", title(text).rstrip(":")).casefold()


def _matching(sheet: Sheet, pattern: Pattern, others: Iterable[int]) -> dict[int, str]:
    """Return the columns whose heading is written as a pattern says, and their headings."""
    taken = set(others)
    pattern = Pattern(title(pattern.text))
    found = {
        place: one for place, one in enumerate(sheet.titles) if place not in taken and pattern.read(one) is not None
    }
    if not found:
        shown = [one.strip() for one in sheet.heading[1] if one.strip()][:40]
        raise InputError("export-no-such-columns", file=sheet.file, pattern=pattern.text, found=shown)
    return found


# ------------------------------------------------------------------------------------------------------- bills


def _bills(export: _Export) -> Iterator[Record]:
    """Yield the bills of a list, or of a table with a column for each month."""
    holders = export.holders()
    names = ("part", "credit", "evidence", "note")
    more = list(zip(*(export.column(name) for name in names), strict=True))
    period_of = cache(lambda *texts: _period(export, *texts))
    periods = list(
        zip(*(export.column(name) for name in ("period", "period_start", "period_end", "year")), strict=True)
    )
    for place, (row, holder) in enumerate(zip(export.rows, holders, strict=True)):
        found = list(_billed(export, row, holder, periods[place], period_of))
        if holder is None or export.aside.get(row[0]) == "fault":
            continue
        for period, quantity, column in found:
            if quantity < 0 and not more[place][1]:
                export.fault(row[0], column, "quantity-negative")
                break
            part, credit, evidence, note = more[place]
            yield Record(holder, period, quantity, row[0], False, part, credit, evidence, note, column)
        else:
            if not found:
                export.aside[row[0]] = "blank"


def _billed(
    export: _Export, row: Cells, holder: Holder | None, texts: tuple[str, ...], period_of: Callable[..., Any]
) -> Iterator[tuple[Period, Fraction, str | None]]:
    """Yield period, quantity and column of what a row bills; note what is wrong with its cells."""
    number, cells = row
    if export.mapping.wide:
        blank = []
        for place, heading in export.wide_at.items():
            text = cells[place].strip()
            if not text:
                blank.append(heading)
                continue
            period = period_of(heading, "", "", texts[3])
            value = export.quantity(text)
            if isinstance(value, CarbonError):
                export.fault(number, letter(place), value.code, text, **value.data)
            elif isinstance(period, CarbonError):
                export.fault(number, letter(place), period.code, heading, **period.data)
            else:
                yield period, value, letter(place)
        if blank:
            export.note("export-cells-blank", "warning", (number, None), columns=blank)
        return
    period = period_of(*texts)
    if isinstance(period, CarbonError):
        name = next(one for one in ("period", "period_start") if one in export.at)
        export.fault(number, export.letter(name), period.code, cells[export.at[name]].strip(), **period.data)
    quantity = _quantity(export, number, cells, holder)
    if quantity is not None and not isinstance(period, CarbonError):
        yield period, quantity, _quantity_letter(export)


def _quantity_letter(export: _Export) -> str | None:
    return next((export.letter(one) for one in ("quantity", "reading_end") if one in export.at), None) or (
        letter(export.parts_at[0]) if export.parts_at else None
    )


def _period(export: _Export, label: str, start: str, end: str, year: str) -> Period | CarbonError:
    """Return the period that the cells state, or what is wrong with them."""
    mapping = export.mapping
    try:
        if mapping.period_format and (label or "period" in export.at):
            if re.fullmatch(r"\d{4}-\d{2}-01", label) and "day" not in mapping.periods.fields:
                label_month = Pattern("YYYY-MM-DD").day(label)  # a spreadsheet's cell that holds the first of a month
                return Period.parse(f"{label_month:%Y-%m}")
            stated = mapping.year
            if year:
                value = export.number(year)
                stated = int(value) if isinstance(value, Fraction) and value.denominator == 1 else None
            if stated is None and "year" not in mapping.periods.fields:
                raise InputError("cell-blank", column="year")
            return mapping.periods.period(title(label) if mapping.wide else label, stated)
        first, last = mapping.dates.day(start), mapping.dates.day(end)
        if mapping.last_day == "excluded":
            last = date.fromordinal(last.toordinal() - 1)
        return Period.of(first, last)
    except CarbonError as error:
        return error


def _quantity(export: _Export, number: int, cells: list[str], holder: Holder | None) -> Fraction | None:
    """Return the quantity of a bill: as it stands, held to its parts and to its readings where there are any."""
    stated = _cell(export, number, cells, export.at.get("quantity"), needed=not _has_other(export))
    parts = [_cell(export, number, cells, place, needed="quantity" not in export.at) for place in export.parts_at]
    read = _read_quantity(export, number, cells, holder)
    if export.aside.get(number) == "fault":
        return None
    sums = (
        {"parts": sum((one or Fraction(0) for one in parts), Fraction(0))}
        if any(one is not None for one in parts)
        else {}
    )
    if read is not None:
        sums["readings"] = read
    for code, other in (("export-parts-differ", sums.get("parts")), ("export-readings-differ", sums.get("readings"))):
        quantity = stated if stated is not None else next(iter(sums.values()), None)
        if other is not None and quantity is not None and abs(quantity - other) > export.mapping.tolerance:
            data = {"stated": units.exact_text(quantity), "summed": units.exact_text(other)}
            data["difference"] = units.exact_text(quantity - other)
            export.fault(number, _quantity_letter(export), code, "", **data)
    quantity = stated if stated is not None else next(iter(sums.values()), None)
    if quantity is None:
        export.fault(number, _quantity_letter(export), "quantity-blank")
    return quantity


def _has_other(export: _Export) -> bool:
    return bool(export.parts_at) or "reading_start" in export.at


def _cell(export: _Export, number: int, cells: list[str], place: int | None, *, needed: bool) -> Fraction | None:
    """Return the quantity in a cell; note what is wrong with it."""
    if place is None:
        return None
    text = cells[place].strip()
    if not text:
        if needed:
            export.fault(number, letter(place), "quantity-blank")
        return None
    value = export.quantity(text)
    if isinstance(value, InputError):
        export.fault(number, letter(place), value.code, text, **value.data)
        return None
    return value


def _read_quantity(export: _Export, number: int, cells: list[str], holder: Holder | None) -> Fraction | None:
    """Return what the readings on a bill come to, with its multiplier; ``None`` where it has none."""
    if "reading_start" not in export.at or holder is None:
        return None
    places = [export.at.get(name) for name in ("reading_start", "reading_end", "multiplier")]
    start, end, factor = (_cell(export, number, cells, place, needed=False) for place in places)
    if start is None and end is None:
        return None
    try:
        return _product(export, holder, start, end, factor)
    except InputError as error:
        export.fault(number, export.letter("reading_end"), error.code, cells[export.at["reading_end"]], **error.data)
        return None


def _product(
    export: _Export, holder: Holder, start: Fraction | None, end: Fraction | None, factor: Fraction | None
) -> Fraction:
    """Return the consumption between two readings on a bill."""
    meter = export.mapping.meters.get(holder.meter, Meter())
    if start is None or end is None:
        raise InputError("cell-blank", column="reading_start" if start is None else "reading_end")
    if isinstance(meter.multiplier, tuple):
        raise InputError("mapping-multiplier-dated", meter=holder.meter)
    own = None if meter.multiplier is None else Fraction(meter.multiplier)
    if factor is not None and own is not None and factor != own:
        data: dict[str, Any] = {"stated": units.exact_text(factor), "mapped": units.exact_text(own)}
        raise InputError("export-meter-elsewhere", column="multiplier", **data)
    return consumption(start, end, next((one for one in (factor, own) if one is not None), 1), meter.digits)


# ---------------------------------------------------------------------------------------------------- readings


def _metered(export: _Export) -> Iterator[Record]:
    """Yield what the readings of each register come to, between readings or month by month."""
    groups: dict[Holder, list[int]] = {}
    for place, holder in enumerate(export.holders()):
        if holder is not None and export.aside.get(export.rows[place][0]) != "fault":
            groups.setdefault(_of_quality(export, holder), []).append(place)
    read = _Readings(export)
    for holder, places in groups.items():
        yield from read.records(holder, places)


def _of_quality(export: _Export, holder: Holder) -> Holder:
    """Return what a sum of several rows is of: it is measured unless one of them is estimated."""
    return replace(holder, quality=export.mapping.constants.quality or "measured")


class _Readings:
    """The readings of an export, register by register."""

    def __init__(self, export: _Export) -> None:
        self.export = export
        names = ("date", "reading", "multiplier", "quality", "old_final", "new_first")
        self.texts = {name: export.column(name) for name in names}
        self.moment = cache(self._moment)

    def records(self, holder: Holder, places: Sequence[int]) -> Iterator[Record]:
        """Yield the records of one register."""
        export = self.export
        changes = [self._change(place) for place in places if self.texts["old_final"][place]]
        readings = [one for place in places if (one := self._reading(place)) is not None]
        try:
            register = self._register(holder, places, [one for one in changes if one is not None])
        except InputError as error:
            export.fault(export.rows[places[0]][0], export.letter("multiplier"), error.code, "", **error.data)
            return
        if len(readings) < 2:  # noqa: PLR2004  (a use has two ends)
            for one in readings:
                export.aside.setdefault(one.row or 0, "alone")
                export.note("reading-alone", "warning", (one.row or 0, export.letter("reading")), meter=holder.meter)
            return
        said = uses_of(readings, register)
        self._tell(said.findings, said.aside)
        for use in self._grouped(said.uses, holder):
            yield Record(
                holder=holder,
                period=use.period,
                quantity=use.quantity,
                row=use.rows[1] or 0,
                estimated=use.estimated,
                column=export.letter("reading"),
            )

    def _grouped(self, uses: Sequence[Use], holder: Holder) -> Sequence[Use]:
        export = self.export
        if export.mapping.readings_at == "as-stamped":
            uses, left = whole_days(uses)
            for one in left:
                data = {"start": moment_text(one.start), "end": moment_text(one.end), "meter": holder.meter}
                data |= {"quantity": units.exact_text(one.quantity), "unit": holder.unit}
                export.note("readings-part-day", "warning", (one.rows[0] or 0, export.letter("date")), **data)
        return by_month(uses) if export.mapping.records == "month" else uses

    def _moment(self, text: str) -> datetime | CarbonError:
        pattern, at = self.export.mapping.dates, self.export.mapping.readings_at
        try:
            if at != "as-stamped":
                return read_on(pattern.day(text), at_end=at == "end-of-day")
            wall, _ = pattern.moment(text)
            return datetime.combine(day_at(wall // DAY), time(wall % DAY // 3600, wall % 3600 // 60, wall % 60))
        except CarbonError as error:
            return error

    def _reading(self, place: int) -> Reading | None:
        """Return the reading of a row; ``None`` where it has a fault, or only tells of a replacement."""
        export, row = self.export, self.export.rows[place][0]
        text = self.texts["reading"][place]
        at = self.moment(self.texts["date"][place])
        if isinstance(at, CarbonError):
            export.fault(row, export.letter("date"), at.code, self.texts["date"][place], **at.data)
            return None
        if not text:
            if not self.texts["old_final"][place]:
                export.fault(row, export.letter("reading"), "quantity-blank")
            return None
        value = export.number(text)
        if isinstance(value, InputError):
            export.fault(row, export.letter("reading"), value.code, text, **value.data)
            return None
        quality = self.texts["quality"][place]
        said = export.mapping.values.quality.get(quality, quality) or export.mapping.constants.quality
        return Reading(at, value, said == "estimated", row)

    def _change(self, place: int) -> Replacement | None:
        """Return the replacement that a row tells of: on its day, at midday, or at the moment that it states."""
        export, row = self.export, self.export.rows[place][0]
        values = []
        for name in ("old_final", "new_first"):
            text = self.texts[name][place]
            value = export.number(text) if text else InputError("cell-blank", column=name)
            if isinstance(value, InputError):
                export.fault(row, export.letter(name), value.code, text, **value.data)
            else:
                values.append(value)
        try:
            wall, _ = export.mapping.dates.moment(self.texts["date"][place])
        except CarbonError:
            return None  # told with the reading
        stated = export.mapping.readings_at == "as-stamped"
        at = datetime.combine(day_at(wall // DAY), time(wall % DAY // 3600, wall % 3600 // 60) if stated else time(12))
        if len(values) < 2:  # noqa: PLR2004  (a replacement has two readings)
            return None
        return Replacement(at, values[0], values[1])

    def _register(self, holder: Holder, places: Sequence[int], changes: Sequence[Replacement]) -> Register:
        """Return the register: as the mapping states it, with the replacements and the multiplier of the rows."""
        meter = self.export.mapping.meters.get(holder.meter, Meter())
        register = meter.register()
        texts = sorted({self.texts["multiplier"][place] for place in places} - {""})
        values = []
        for text in texts:
            value = self.export.number(text)
            if isinstance(value, InputError):
                raise value
            values.append(value)
        if len(set(values)) > 1:
            raise InputError("export-multipliers-differ", meter=holder.meter, found=texts)
        if values and meter.multiplier is not None and register.multipliers != ((datetime.min, values[0]),):
            raise InputError(
                "export-meter-elsewhere", column="multiplier", stated=texts[0], mapped=str(meter.multiplier)
            )
        multipliers = ((datetime.min, values[0]),) if values else register.multipliers
        together = sorted((*register.replacements, *changes), key=lambda one: one.at)
        return Register(register.digits, multipliers, tuple(together))

    def _tell(self, findings: Iterable[Finding], aside: Mapping[int | None, str]) -> None:
        """Add what the register says, at the cells of its readings."""
        export = self.export
        rows = {number: place for place, (number, _) in enumerate(export.rows)}
        for one in findings:
            row = one.where.row if one.where and one.where.row else 0
            text = self.texts["reading"][rows[row]] if row in rows else ""
            if one.severity == "error":
                export.fault(row, export.letter("reading"), one.code, text, **one.data)
            else:
                where = export.sheet.where(row, export.letter("reading"), text)
                export.findings.append(one.model_copy(update={"where": where}))
        for number, reason in aside.items():
            export.aside.setdefault(number or 0, reason)


# --------------------------------------------------------------------------------------------------- intervals


@dataclass(frozen=True)
class _Cellwise:
    """
    Interval values as they stand, one entry each: row numbers, columns, holders' codes, stamps and texts.

    ``stamps`` are numbers of distinct stamps, ``texts`` numbers of distinct texts: what is read once for each.
    """

    rows: Any
    columns: Any
    holders: Any
    stamps: Any
    texts: Any
    distinct_stamps: Sequence[tuple[int, int] | CarbonError]
    distinct_texts: Sequence[str]
    stamp_texts: Sequence[str]
    stamp_column: str | None
    estimated: Any


def _listed_intervals(export: _Export) -> Iterator[Record]:
    """Yield what a list of intervals adds up to."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    holders, codes = _coded_holders(export)
    stamps, stamp_texts = pd.factorize(np.array(export.column("stamp"), dtype=object))
    texts, distinct = pd.factorize(np.array(export.column("quantity"), dtype=object))
    rows = np.array([number for number, _ in export.rows], dtype=np.int64)
    columns = np.full(len(rows), export.place("quantity"))
    moments = [_moment_of(export, one) for one in stamp_texts]
    estimated = _estimated(export, holders, codes)
    cells = _Cellwise(
        rows,
        columns,
        codes,
        stamps,
        texts,
        moments,
        list(distinct),
        list(stamp_texts),
        export.letter("stamp"),
        estimated,
    )
    yield from _summed(export, cells, holders)


def _matrix_intervals(export: _Export) -> Iterator[Record]:
    """Yield what a table of days down and intervals across adds up to."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    holders, codes = _coded_holders(export)
    across = _across(export)
    days, day_texts = pd.factorize(np.array(export.column("date"), dtype=object))
    moments: list[tuple[int, int] | CarbonError] = []
    for text in day_texts:
        try:
            day = export.mapping.dates.day(text)
        except CarbonError as error:
            moments += [error] * len(across)
            continue
        first = (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
        moments += [_local(export, first + seconds) for seconds in across.values()]
    wide = np.array([export.cells(place) for place in across], dtype=object).T.reshape(-1)
    texts, distinct = pd.factorize(wide)
    rows = np.repeat(np.array([number for number, _ in export.rows], dtype=np.int64), len(across))
    columns = np.tile(np.array(list(across)), len(export.rows))
    stamps = (days[:, None] * len(across) + np.arange(len(across))[None, :]).reshape(-1)
    cells = _Cellwise(
        rows,
        columns,
        np.repeat(codes, len(across)),
        stamps,
        texts,
        moments,
        list(distinct),
        [text for text in day_texts for _ in across],
        export.letter("date"),
        np.repeat(_estimated(export, holders, codes), len(across)),
    )
    yield from _summed(export, cells, holders)


def _coded_holders(export: _Export) -> tuple[list[Holder], Any]:
    """Return the distinct holders, whatever their quality, and the number of each row's; -1 where it has a fault."""
    import numpy as np  # noqa: PLC0415

    numbers: dict[Holder, int] = {}
    codes = [-1 if one is None else numbers.setdefault(one, len(numbers)) for one in export.holders()]
    return list(numbers), np.array(codes, dtype=np.int64)


def _estimated(export: _Export, holders: Sequence[Holder], codes: Any) -> Any:
    import numpy as np  # noqa: PLC0415

    flags = np.array([*(one.quality == "estimated" for one in holders), False])
    return flags[codes]


def _across(export: _Export) -> dict[int, int]:
    """Return where the interval of each column starts or ends, in seconds after the midnight of its row's day."""
    mapping = export.mapping
    pattern = Pattern(title(mapping.matrix or ""))
    found: dict[int, int] = {}
    for place, heading in export.wide_at.items():
        part = {name: int(value) for name, value in (pattern.read(heading) or {}).items()}
        if "place" in part:
            seconds = (part["place"] - (mapping.stamp_at == "start")) * mapping.length
        else:
            seconds = part["hour"] * 3600 + part["minute"] * 60 + part.get("second", 0)
        if seconds == 0 and mapping.stamp_at == "end" and found and max(found.values()) == DAY - mapping.length:
            seconds = DAY  # 00:00 behind 23:45 is the end of the day
        found[place] = seconds
    if len(found) * mapping.length != DAY or len(set(found.values())) < len(found):
        data: dict[str, Any] = {"found": len(found), "needed": DAY // mapping.length, "interval": mapping.interval}
        raise InputError("export-matrix-columns", file=export.sheet.file, **data)
    return found


def _moment_of(export: _Export, text: str) -> tuple[int, int] | CarbonError:
    """Return the start of the interval that a stamp names: in UTC, and as the local clock shows it."""
    mapping = export.mapping
    try:
        if not text:
            raise InputError("cell-blank", column="stamp")
        if mapping.length == DAY:
            first = mapping.dates.day(text)
            return _local(export, (first.toordinal() - date(1970, 1, 1).toordinal()) * DAY)
        wall, offset = mapping.dates.moment(text)
    except CarbonError as error:
        return error
    return _local(export, wall, offset)


def _local(export: _Export, wall: int, offset: int | None = None) -> tuple[int, int] | CarbonError:
    mapping = export.mapping
    local = Clock(mapping.local_time or "Z")
    written = Clock(mapping.stamp_time or mapping.local_time or "Z")
    back = mapping.length if mapping.stamp_at == "end" else 0
    try:
        if mapping.length == DAY and offset is None:  # a day is named, not a moment
            return local.utc(wall - back), wall - back
        utc = (wall - offset if offset is not None else written.utc(wall)) - back
        return utc, local.wall(utc)
    except CarbonError as error:
        return error


def _summed(export: _Export, cells: _Cellwise, holders: Sequence[Holder]) -> Iterator[Record]:
    """Yield the exact sums of intervals by meter and month; note what is wrong with cells and what is missing."""
    import numpy as np  # noqa: PLC0415

    good = _good_stamps(export, cells)
    steps, places, numbers = _steps(export, cells)
    blank = np.array([not one for one in cells.distinct_texts])[cells.texts]
    _tell_blank(export, cells, blank)
    good &= numbers & ~blank & (cells.holders >= 0)
    moments = np.array(
        [(0, 0) if isinstance(one, CarbonError) else one for one in cells.distinct_stamps], dtype=np.int64
    )
    kept = np.flatnonzero(good)
    same = _merged(holders)
    intervals = Intervals(
        meters=same[cells.holders[kept]],
        starts=moments[cells.stamps[kept], 1],
        moments=moments[cells.stamps[kept], 0],
        steps=steps[kept],
        estimated=cells.estimated[kept],
        places=places,
        length=export.mapping.length,
        clock=Clock(export.mapping.local_time or "Z"),
    )
    repeated, off = intervals.repeated(), intervals.off_grid()
    for code, found in (("interval-repeated", repeated), ("interval-off-grid", off)):
        _each(export, cells, kept[found], code, interval=export.mapping.interval)
    if not (repeated.any() or off.any()):
        yield from _monthly(export, cells, intervals, kept, holders)


def _merged(holders: Sequence[Holder]) -> Any:
    """Return the number of each holder's meter: those that differ in quality only have one."""
    import numpy as np  # noqa: PLC0415

    numbers: dict[tuple[str, ...], int] = {}
    return np.array(
        [numbers.setdefault((one.site, one.meter, one.activity, one.unit), place) for place, one in enumerate(holders)],
        dtype=np.int64,
    )


def _each(export: _Export, cells: _Cellwise, wrong: Any, code: str, **data: Any) -> None:
    for at in wrong.tolist():
        text = cells.stamp_texts[cells.stamps[at]]
        export.fault(int(cells.rows[at]), cells.stamp_column, code, text, moment=text, **data)


def _good_stamps(export: _Export, cells: _Cellwise) -> Any:
    """Return which entries have a moment; note the others."""
    import numpy as np  # noqa: PLC0415

    broken = np.array([isinstance(one, CarbonError) for one in cells.distinct_stamps])[cells.stamps]
    told: set[tuple[int, int]] = set()
    for at in np.flatnonzero(broken).tolist():
        error = cells.distinct_stamps[cells.stamps[at]]
        key = (int(cells.rows[at]), int(cells.stamps[at]) if error is None else 0)
        if isinstance(error, CarbonError) and key not in told:
            told.add(key)
            text = cells.stamp_texts[cells.stamps[at]]
            export.fault(int(cells.rows[at]), cells.stamp_column, error.code, text, **error.data)
    return ~broken


def _steps(export: _Export, cells: _Cellwise) -> tuple[Any, int, Any]:
    """Return every quantity in whole steps of 10^-places, the places, and which are numbers; note the others."""
    import numpy as np  # noqa: PLC0415

    values = [export.quantity(one) if one else Fraction(0) for one in cells.distinct_texts]
    numbers = [one for one in values if isinstance(one, Fraction)]
    places = len(str(max((one.denominator for one in numbers), default=1)))
    places = next(k for k in range(4 * places + 1) if all(10**k % one.denominator == 0 for one in numbers))
    exact = [int(one * 10**places) if isinstance(one, Fraction) else 0 for one in values]
    small = max(map(abs, exact), default=0) < 2**62
    steps = np.array(exact, dtype=np.int64 if small else object)[cells.texts]
    negative = np.array([isinstance(one, Fraction) and one < 0 for one in values])[cells.texts]
    broken = np.array([isinstance(one, InputError) for one in values])[cells.texts]
    for at in np.flatnonzero(broken | negative).tolist():
        value = values[cells.texts[at]]
        text, place = cells.distinct_texts[cells.texts[at]], (int(cells.rows[at]), letter(int(cells.columns[at])))
        if isinstance(value, InputError):
            export.fault(*place, value.code, text, **value.data)
        else:
            export.fault(*place, "interval-negative", text)
    return steps, places, ~(broken | negative)


def _tell_blank(export: _Export, cells: _Cellwise, blank: Any) -> None:
    """Say how many values are blank, row by row in a matrix, where a row may be blank in part."""
    import numpy as np  # noqa: PLC0415

    if not blank.any():
        return
    rows, counts = np.unique(cells.rows[blank], return_counts=True)
    width = len(cells.rows) // max(1, len(export.rows))
    for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
        if count == width:
            export.aside.setdefault(row, "blank")
    first = int(np.flatnonzero(blank)[0])
    place = (int(cells.rows[first]), letter(int(cells.columns[first])))
    export.note("intervals-blank", "warning", place, count=int(counts.sum()), rows=len(rows))


def _monthly(
    export: _Export, cells: _Cellwise, intervals: Intervals, kept: Any, holders: Sequence[Holder]
) -> Iterator[Record]:
    """Yield a record for each run of days within a month; name the intervals that are missing."""
    last: Day | None = None
    hours = Fraction(export.mapping.length, 3600) if export.mapping.measures == "power" else Fraction(1)
    registers = {place: export.mapping.meters.get(one.meter, Meter()).register() for place, one in enumerate(holders)}
    for run in spans(intervals.days()):
        holder = _of_quality(export, holders[run[0].meter])
        period = Period.of(day_at(run[0].number), day_at(run[-1].number))
        row = int(cells.rows[kept[run[0].index]])
        if last is not None and last.meter == run[0].meter and last.number + 1 < run[0].number:
            data = {"first": day_at(last.number + 1), "last": day_at(run[0].number - 1), "meter": holder.meter}
            export.note("interval-days-missing", "warning", (row, cells.stamp_column), **data, site=holder.site)
        last = run[-1]
        total = Fraction(0)
        try:
            for day in run:
                midnight = datetime.combine(day_at(day.number), time())
                total += day.total * registers[day.meter].multiplier(midnight, read_on(midnight.date(), at_end=True))
        except InputError as error:
            export.fault(row, cells.stamp_column, error.code, "", **error.data)
            continue
        note = _tell_missing(export, intervals, run, holder, (row, cells.stamp_column))
        guessed = sum(day.estimated for day in run)
        if guessed:
            of = sum(day.count for day in run)
            data = {"meter": holder.meter, "period": period.label, "count": guessed, "of": of}
            export.note("intervals-estimated", "info", (row, cells.stamp_column), **data)
        yield Record(holder, period, total * hours, row, guessed > 0, note=note, column=cells.stamp_column)


def _tell_missing(export: _Export, intervals: Intervals, run: Sequence[Day], holder: Holder, place: Place) -> str:
    """Say how many intervals of some days are missing, and return it as a note."""
    wanted = sum(intervals.expected(day.number) for day in run)
    missing = wanted - sum(day.count for day in run)
    if missing <= 0:
        return ""
    first, last = run[0].number, run[-1].number
    shown = list(intervals.missing(run[0].meter, first, last))
    data = {"meter": holder.meter, "site": holder.site, "start": day_at(first), "end": day_at(last)}
    export.note("intervals-missing", "warning", place, count=missing, of=wanted, moments=shown, **data)
    return f"{missing} of {wanted} intervals missing"
