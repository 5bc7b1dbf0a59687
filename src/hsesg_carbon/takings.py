"""An export while it is taken in: what each row is, what its cells mean, what is wrong with them, what was counted."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.activities import ABOUT, MAX_ROWS_PER_RULE, QUALITIES
from hsesg_carbon.cells import Filing
from hsesg_carbon.errors import InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Severity
from hsesg_carbon.layouts import Cells, Sheet, letter, matching, title
from hsesg_carbon.mappings import ColumnMapping, Meter
from hsesg_carbon.periods import Period
from hsesg_carbon.readings import (
    ENERGY_OF_POWER,
)
from hsesg_carbon.sites import Site
from hsesg_carbon.stamps import Pattern

COLUMNS = (
    "activity_id",
    "site",
    "period_start",
    "period_end",
    "activity",
    "quantity",
    "unit",
    "meter",
    *ABOUT,
)
"""The columns of every row that comes of an export."""

SHOWN_TEXT = 80
_STEPS = 10**units.SHOWN_PLACES
"""A quantity of such a step, or of a whole number of them, is written as it is."""
_BRACKET = re.compile(r"[（(]")
_KEYS = ("site", "meter", "activity", "unit", "quality")

Place = tuple[int, str | None]
"""A row and the letter of a column."""

_Wrong = tuple[str, str, dict[str, Any]]
"""Code, field and data of what is wrong with what a row is of."""


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


@dataclass(frozen=True, slots=True)
class Holder:
    """What a row is of: the site, meter, activity and unit that its cells come to, and how its register is read."""

    site: str
    meter: str
    activity: str
    unit: str
    quality: str
    note: str | None


@dataclass(frozen=True)
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

    @cached_property
    def activity_id(self) -> str:
        """The id: what the row is of and when, never where it stands, so that the next export gives it again."""
        when = str(self.period.start) if self.period.days == 1 else self.period.label
        words = (self.holder.site, self.holder.meter, self.holder.activity, when, self.part)
        return ":".join(filter(None, words)).replace("/", "_")


@dataclass(frozen=True, slots=True)
class _Stated:
    """A row of totals: how many data rows and how many skipped ones stand above it, its number and its cells."""

    upto: int
    skipped: int
    row: int
    cells: list[str]


class Taking:
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
            self.wide_at = matching(sheet, pattern, {*self.at.values()})
        self.aside: dict[int, str] = {}
        self.totals_met = 0
        self._counts: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._filing = Filing(("site", "period", "activity", "unit"), library, self.sites)
        self.number = cache(self._number)
        self.value_at = self._value_columns()
        self._words = {_word(one) for one in mapping.total_words}
        self._skips = [(sheet.at(one.column), one) for one in mapping.skip]
        self._mapped = sorted({*self.at.values(), *self.value_at})
        self._titles = [sheet.titles[place] for place in self._mapped]
        skipped_by = (place for place, _ in self._skips)
        self.width = 1 + max([*self.at.values(), *self.parts_at, *self.wide_at, *self.value_at, *skipped_by])
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

    @cached_property
    def quantity_letter(self) -> str | None:
        """The letter of the column in which a bill states what is billed, or the first of its parts."""
        named = next((self.letter(one) for one in ("quantity", "reading_end") if one in self.at), None)
        return named or (letter(self.parts_at[0]) if self.parts_at else None)

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

    def fault(self, row: int, column: str | None, code: str, value: str = "", /, **data: Any) -> None:
        """Note an error at a cell; its row is left aside. Of a kind so many are shown, and all counted."""
        self.aside[row] = "fault"
        self._counts[code] = self._counts.get(code, 0) + 1
        if self._counts[code] <= MAX_ROWS_PER_RULE:
            where = self.sheet.where(row, column, value[:SHOWN_TEXT])
            self.findings.append(Finding(code=code, severity="error", where=where, data=data))

    def mapping_fault(self, row: int, code: str, /, **data: Any) -> None:
        """Note an error that lies in the mapping, once, however many rows it concerns."""
        self.aside[row] = "fault"
        if (code, str(data)) not in self._told:
            self._told.add((code, str(data)))
            self.findings.append(Finding(code=code, severity="error", where=self.sheet.where(), data=data))

    def note(self, code: str, severity: Severity, place: Place | None = None, /, **data: Any) -> None:
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
        width = self.width
        rows = [
            one if len(one[1]) >= width else (one[0], one[1] + [""] * (width - len(one[1]))) for one in self.sheet.rows
        ]
        doubtful = self._doubtful(rows)
        kept: list[Cells] = []
        skipped: list[Cells] = []
        totals: list[_Stated] = []
        since = 0
        for place in sorted(doubtful):
            number, cells = rows[place]
            kept += rows[since:place]
            since = place + 1
            kind = self._kind_of_row(cells)
            if kind == "total":
                totals.append(_Stated(len(kept), len(skipped), number, cells))
            elif kind == "skipped":
                skipped.append(rows[place])
            elif kind == "remark":
                first = next(at for at, one in enumerate(cells) if one.strip())
                text = cells[first].strip()[:SHOWN_TEXT]
                self.note("export-remark", "info", (number, letter(first)), text=text)
            elif not kind:
                kept.append(rows[place])
            if kind:
                self.aside[number] = kind
        kept += rows[since:]
        self._check_totals(kept, skipped, totals)
        self._tell_skipped(skipped)
        return kept

    def _doubtful(self, rows: Sequence[Cells]) -> set[int]:
        """Return the places of rows that may be other than data: a few columns tell, looked at text by text."""
        found: set[int] = set()
        tests: list[tuple[int, Callable[[str], bool]]] = [
            (0, lambda one: not one.strip() or _word(one) in self._words),
            (self.value_at[0], lambda one: not one.strip()),
            (self._mapped[0], lambda one: title(one) == self._titles[0]),
            *((place, skip.meets) for place, skip in self._skips),
        ]
        for place, test in tests:
            texts = [cells[place] for _, cells in rows]
            wanted = {one for one in set(texts) if test(one)}
            if wanted:
                found |= {row for row, one in enumerate(texts) if one in wanted}
        return found

    def _kind_of_row(self, cells: list[str]) -> str:
        """Return why a row is left aside, nothing if it has data."""
        filled = [place for place, one in enumerate(cells) if one.strip()]
        if _word(cells[filled[0]]) in self._words:
            return "total"
        if any(skip.meets(cells[place]) for place, skip in self._skips):
            return "skipped"
        if [title(cells[place]) for place in self._mapped[:3]] == self._titles[:3]:
            return "heading"  # printed again at the top of a page
        lone = len(filled) == 1 and filled[0] not in self.value_at
        return "remark" if lone and not self._recognised(filled[0], cells[filled[0]].strip()) else ""

    def _tell_skipped(self, skipped: Sequence[Cells]) -> None:
        for place, skip in self._skips:
            count = sum(skip.meets(cells[place]) for _, cells in skipped)
            if count:
                self.note("export-rows-skipped", "info", count=count, reason=skip.reason)

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

    def _check_totals(self, kept: Sequence[Cells], skipped: Sequence[Cells], totals: "Sequence[_Stated]") -> None:
        """Hold the totals that the export states to its rows: all above, or those since the total before."""
        since = 0
        for one in totals:
            for place in self.value_at if self.mapping.kind != "readings" else ():
                if not one.cells[place].strip():
                    continue
                stated = self.number(one.cells[place].strip())
                own = [self._sum(kept[first : one.upto], place) for first in dict.fromkeys((0, since))]
                sums = [two for two in own if two is not None]
                if isinstance(stated, InputError):
                    self.fault(one.row, letter(place), stated.code, one.cells[place], **stated.data)
                    self.aside[one.row] = "total"
                elif len(sums) < len(own):
                    self.note("export-total-unchecked", "info", (one.row, letter(place)))
                else:
                    more = self._sum(skipped[: one.skipped], place) or Fraction(0)
                    self._hold(stated, sums, more, (one.row, letter(place)), one.cells[place])
            since = one.upto

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
        texts = list(zip(*(self.column(name) for name in _KEYS), strict=True))
        known = {one: self._holder(*one) for one in dict.fromkeys(texts)}
        broken = {one for one, (_, wrong) in known.items() if wrong}
        for (number, _), own in zip(self.rows, texts, strict=True) if broken else ():
            for code, name, data in known[own][1] if own in broken else ():
                if name in self.at:
                    self.fault(number, self.letter(name), code, own[_KEYS.index(name)], **data)
                else:
                    self.mapping_fault(number, code, **data)
        found = {one: holder for one, (holder, _) in known.items()}
        return [found[one] for one in texts]

    def _holder(self, *texts: str) -> tuple[Holder | None, list[_Wrong]]:
        cell = dict(zip(_KEYS, texts, strict=True))
        meter_id = cell["meter"] or self.mapping.constants.meter or ""
        if wrong := self._meter_faults(meter_id):
            return None, wrong
        meter = self.mapping.meters.get(meter_id)
        said = {name: self._said(name, cell[name], meter, wrong) for name in ("site", "activity", "unit", "quality")}
        if self.mapping.measures == "power" and not wrong and said["unit"] not in ENERGY_OF_POWER:
            wrong.append(("export-power-unit", "unit", {"unit": said["unit"], "known": list(ENERGY_OF_POWER)}))
        quality = said["quality"] or ("invoiced" if self.mapping.kind == "bills" else "measured")
        if quality not in QUALITIES:
            wrong.append(("quality-unknown", "quality", {"quality": quality[:SHOWN_TEXT]}))
        if wrong:
            return None, wrong
        unit = ENERGY_OF_POWER[said["unit"]] if self.mapping.measures == "power" else said["unit"]
        key, misfits = self._filing.cell((said["site"], "2024", said["activity"], unit))
        if key is None:
            return None, [(code, "site" if name == "region" else name, data) for code, name, data in misfits]
        return Holder(key.site, meter_id, key.activity, key.unit, quality, meter.note if meter else None), []

    def _meter_faults(self, meter: str) -> list[_Wrong]:
        """Return what is wrong with a meter's number: nothing else is told of its row then."""
        if not meter and "meter" in self.at and (self.mapping.meters or self.mapping.kind != "bills"):
            return [("cell-blank", "meter", {"column": "meter"})]  # readings of several meters would be mixed
        if self.mapping.meters and meter not in self.mapping.meters:
            known = near(meter, list(self.mapping.meters)) or list(self.mapping.meters)[:8]
            return [("export-meter-unknown", "meter", {"meter": meter, "known": known})]
        return []

    def _said(self, name: str, text: str, meter: Meter | None, wrong: list[_Wrong]) -> str:
        """Return what cell, meter and constants say of a field; the first that says anything rules."""
        values: dict[str, str] = getattr(self.mapping.values, name)
        if text and values:
            if text not in values:
                data = {
                    "column": name,
                    "value": text[:SHOWN_TEXT],
                    "known": near(text, list(values)) or list(values)[:8],
                }
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
        if _STEPS % one.quantity.denominator and Fraction(text) != one.quantity:
            self.note("derived-rounded", "info", (one.row, None), quantity=text, unit=holder.unit)
        constants = self.mapping.constants
        notes = (one.part, one.note or constants.note, holder.note)
        return {
            "activity_id": one.activity_id,
            "site": holder.site,
            "period_start": one.period.start.isoformat(),
            "period_end": one.period.end.isoformat(),
            "activity": holder.activity,
            "quantity": text,
            "unit": holder.unit,
            "meter": holder.meter or None,
            "quality": "estimated" if one.estimated else holder.quality,
            "credit": one.credit or None,
            "evidence": one.evidence or constants.evidence or None,
            "note": "; ".join(filter(None, notes)) if any(notes) else None,
            "origin_file": self.sheet.file,
            "origin_sheet": self.sheet.name or None,
            "origin_row": str(one.row),
        }

    def _tell_unmapped(self) -> None:
        mapped = {*self.at.values(), *self.value_at, *(self.sheet.at(one.column) for one in self.mapping.skip)}
        names = [one.strip() for place, one in enumerate(self.sheet.heading[1]) if place not in mapped and one.strip()]
        if names:
            self.note("export-unmapped", "info", (self.sheet.heading[0], None), columns=names)

    def _controls(self, records: Sequence[Record]) -> Controls:
        counts = {"above": len(self.sheet.above), "heading": 1} if self.sheet.above else {"heading": 1}
        for reason in self.aside.values():
            counts[reason] = counts.get(reason, 0) + 1
        steps: dict[tuple[str, str, int], int] = {}  # by denominator: adding integers is far cheaper than fractions
        for one in records:
            key = (one.holder.activity, one.holder.unit, one.quantity.denominator)
            steps[key] = steps.get(key, 0) + one.quantity.numerator
        sums: dict[tuple[str, str], Fraction] = {}
        for (activity, unit, below), above in steps.items():
            sums[activity, unit] = sums.get((activity, unit), Fraction(0)) + Fraction(above, below)
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
            raise InputError("export-number-grouped", value=text[:SHOWN_TEXT], sign=sign)
        text = text.replace(sign, "")
    if point == ",":
        if "." in text:
            raise InputError("export-number-point", value=text[:SHOWN_TEXT])
        text = text.replace(",", ".")
    return text


def _word(text: str) -> str:
    """Return the word that says that a row is one of totals, without colons, blanks and what stands in brackets."""
    plain = title(text).rstrip(":")
    if plain.endswith((")", "）")):
        plain = _BRACKET.split(plain, maxsplit=1)[0]
    return plain.casefold()
