"""The workbook that people fill in: written from its description, empty or prefilled from a workspace."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding
from hsesg_carbon.layouts import letter as _letter
from hsesg_carbon.periods import iso_day
from hsesg_carbon.report.binder import cell_text, quoted, serial, wide
from hsesg_carbon.report.prefill import Prefill
from hsesg_carbon.sheets import BOTH, HEADING_ROW, Choices, Column, Sheet, Workbook, shown, tab_name
from hsesg_carbon.writing import whole

if TYPE_CHECKING:
    from xlsxwriter import Workbook as Book
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from hsesg_carbon.workspace import Workspace

ROWS = 2000
"""Rows for input that are guarded on every sheet; a prefilled one has at least 500 more than it holds."""
_MORE_ROWS = 500
_SITES, _MORE_SITES = 50, 20
_FIRST = HEADING_ROW  # the first row of data, counted from 0 as xlsxwriter does
_LISTS, _CALC = "lists", "calc"
_LINE = 90
_LONGEST_SOURCE = 255
_ROW = "\N{SECTION SIGN}"
_CALC_COLUMNS = ("key", "site", "stream", "overlap", "read")
_COLOURS = {
    "required": "#FFF3C4",
    "free": "#E6F4E6",
    "further": "#EEF1F4",
    "fault": "#F7B2AD",
    "complete": "#BFE5C1",
    "partial": "#FFE08A",
    "missing": "#F7B2AD",
    "overlap": "#D9B8E8",
    "none": "#EEF1F4",
}
_HEAD, _HEAD_FURTHER, _INK = "#1F5C57", "#6B7F8C", "#FFFFFF"


@dataclass(frozen=True)
class Template:
    """A workbook that was written: where, and what of the workspace it could not hold."""

    path: Path
    findings: tuple[Finding, ...]


def write_template(path: Path, lang: str, workspace: "Workspace | None" = None, rows: int = ROWS) -> Template:
    """
    Write the workbook to fill in, in ``en``, ``zh`` or ``both``; with a ``Workspace`` it is prefilled from that.

    Nothing a user wrote becomes a formula: all of it is written as text, numbers and days.

    Raises:
        InputError: The workspace has faults, so that it cannot be read.
    """
    from xlsxwriter import Workbook as Book  # noqa: PLC0415

    prefill = Prefill.of(workspace) if workspace is not None else Prefill.empty()
    with whole(path) as beside:
        book = Book(str(beside), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
        _Writing(book, lang, prefill, rows).write()
        book.close()
    return Template(path, prefill.findings)


@dataclass(frozen=True)
class _Writing:
    """One workbook while it is written."""

    book: "Book"
    lang: str
    prefill: Prefill
    least: int
    described: Workbook = field(default_factory=Workbook.described)

    def write(self) -> None:
        """Write all sheets in the order in which people read them; hidden ones come last."""
        self.book.set_calc_mode("auto")
        names = [self.word(self.described.guide["name"]), *(self.tab(one) for one in self.sheets)]
        names.insert(len(names), self.word(self.described.completeness["name"]))
        pages = {name: self.book.add_worksheet(name, _page_class()) for name in (*names, _LISTS, _CALC)}
        self.book.define_name("site_list", f"={self.site_list}")
        self._lists(pages[_LISTS])
        for sheet in self.sheets:
            page = pages[self.tab(sheet)]
            self._head(page, sheet)
            if sheet.entries:
                self._form(page, sheet)
            else:
                self._table(page, sheet)
        self._calc(pages[_CALC])
        self._completeness(pages[names[-1]])
        self._guide(pages[names[0]])
        for name in (_LISTS, _CALC):
            pages[name].hide()
            pages[name].protect()
        pages[names[0]].activate()

    # ---------------------------------------------------------------------------------------------- what is known

    @property
    def library(self) -> FactorLibrary:
        return self.prefill.library

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The sheets of this workbook: optional ones only where there is something to show."""
        return [one for one in self.described.sheets if not one.optional or self.prefill.rows.get(one.id)]

    def word(self, texts: Mapping[str, str]) -> str:
        return shown(texts, self.lang) if self.lang != BOTH else tab_name(texts, BOTH)

    def words(self, name: str) -> str:
        return shown(self.described.words[name], self.lang)

    def tab(self, sheet: Sheet) -> str:
        return tab_name(sheet.title, self.lang)

    def rows_of(self, sheet: Sheet) -> Sequence[Mapping[str, str]]:
        return self.prefill.rows.get(sheet.id, ())

    def last(self, sheet: Sheet) -> int:
        """The last row for input of a sheet, as a spreadsheet counts."""
        held = len(self.rows_of(sheet))
        return HEADING_ROW + max(self.least, held + _MORE_ROWS if held else 0)

    @property
    def slots(self) -> int:
        """For how many sites the completeness sheet has lines."""
        return max(min(_SITES, self.least), len(self.prefill.rows.get("sites", ())) + _MORE_SITES)

    @cached_property
    def streams(self) -> list[Sheet]:
        return [one for one in self.sheets if one.stream]

    def range(self, sheet: Sheet, column: str) -> str:
        """Return the cells of a column, as a formula names them from another sheet."""
        letter = _letter(sheet.names.index(column))
        return f"{quoted(self.tab(sheet))}!${letter}${_FIRST + 1}:${letter}${self.last(sheet)}"

    @property
    def site_range(self) -> str:
        name = quoted(self.tab(self.described.sheet("sites") or self.sheets[0]))
        return f"{name}!$A${_FIRST + 1}:$A${_FIRST + self.slots}"

    @property
    def site_list(self) -> str:
        """The filled cells of the list of sites, so that the drop-down has no blank end."""
        first = self.site_range.partition(":")[0]
        return f"OFFSET({first},0,0,MAX(1,COUNTA({self.site_range})),1)"

    # ---------------------------------------------------------------------------------------------- formats

    @cached_property
    def _formats(self) -> dict[Any, "Format"]:
        return {}

    def format(self, **told: Any) -> "Format":
        """Return a format, made once for each kind."""
        key = tuple(sorted(told.items()))
        if key not in self._formats:
            font = "Calibri" if self.lang == "en" else "Microsoft YaHei"
            self._formats[key] = self.book.add_format({"font_name": font, "font_size": 10, **told})
        return self._formats[key]

    def input_format(self, column: Column, **told: Any) -> "Format":
        colour = _COLOURS["required" if column.required else "further" if column.further else "free"]
        shape = {"date": "yyyy-mm-dd", "number": "General"}.get(column.kind, "@")
        line: dict[str, Any] = {"border": 1, "border_color": "#D5DBDB", "bg_color": colour, "locked": False}
        return self.format(**line, num_format=shape, valign="top", **told)

    # ---------------------------------------------------------------------------------------------- the sheets

    def _head(self, page: "Worksheet", sheet: Sheet) -> None:
        """Write title, help and headings, locked; set up view, protection and print."""
        plain = self.format()
        for place, column in enumerate(sheet.columns):
            own = self.input_format(column) if not sheet.entries else plain
            page.set_column(place, place, self._width(column), own)
            for row in range(HEADING_ROW):
                page.write_blank(row, place, None, plain)
        page.write_string(0, 0, shown(sheet.title, self.lang), self.format(bold=True, font_size=16, font_color=_HEAD))
        page.write_string(1, 0, shown(sheet.help, self.lang), self.format(font_color="#555555"))
        page.set_row(0, 24)
        page.set_row(HEADING_ROW - 1, 15 * (3 if self.lang == BOTH else 2))
        for place, column in enumerate(sheet.columns):
            mark = " *" if column.required else ""
            text = (
                f"{column.title['zh']}\n{column.title['en']}" if self.lang == BOTH else column.title[self.lang]
            ) + mark
            colour = _HEAD_FURTHER if column.further else _HEAD
            told = {"bold": True, "bg_color": colour, "font_color": _INK, "text_wrap": True, "valign": "vcenter"}
            page.write_string(HEADING_ROW - 1, place, text, self.format(**told, border=1, border_color="#D5DBDB"))
            page.write_comment(HEADING_ROW - 1, place, self._comment(column), {"author": "", "x_scale": 2})
        page.freeze_panes(_FIRST, 1)
        allowed = ("format_columns", "format_rows", "sort", "autofilter")
        page.protect("", dict.fromkeys(allowed, True))
        self._print_setup(page)

    def _comment(self, column: Column) -> str:
        unit = f" [{column.unit}]" if column.unit else ""
        required = f" ({self.words('required')})" if column.required else ""
        return f"{shown(column.help, self.lang)}{unit}{required}"

    def _print_setup(self, page: "Worksheet") -> None:
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(HEADING_ROW - 1)
        page.set_footer("&L&F&C&A&R&P / &N")
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)

    def _width(self, column: Column) -> float:
        longest = (
            max(wide(text) for text in column.title.values()) if self.lang == BOTH else wide(column.title[self.lang])
        )
        least = {"date": 12, "number": 13, "choice": 14, "identifier": 14, "text": 22}[column.kind]
        if column.list in {"activity", "methodology"}:
            least = 34
        return max(least, min(longest + 3, 24))

    def _form(self, page: "Worksheet", sheet: Sheet) -> None:
        """Write the form: what is asked, the cell to fill in, what it means."""
        told = self.prefill.entries
        page.set_column(0, 0, 30 if self.lang != BOTH else 40, self.format())
        page.set_column(1, 1, 46, self.format())
        page.set_column(2, 2, 90, self.format())
        for place, entry in enumerate(sheet.entries):
            row = _FIRST + place
            mark = " *" if entry.required else ""
            page.write_string(row, 0, shown(entry.title, self.lang) + mark, self.format(bold=True, valign="top"))
            self._cell(page, row, 1, entry, told.get(entry.name, ""), form=True)
            page.write_string(row, 2, shown(entry.help, self.lang), self.format(font_color="#555555"))
            self._validate(page, sheet, entry, (row, 1, row, 1))
        page.print_area(0, 0, _FIRST + len(sheet.entries), 2)

    def _table(self, page: "Worksheet", sheet: Sheet) -> None:
        """Write the rows that are known, and what guards the rows to come."""
        rows, last = self.rows_of(sheet), self.last(sheet) - 1
        for number, row in enumerate(rows, start=_FIRST):
            for place, column in enumerate(sheet.columns):
                if text := row.get(column.name, ""):
                    self._cell(page, number, place, column, text)
        for place, column in enumerate(sheet.columns):
            self._validate(page, sheet, column, (_FIRST, place, last, place))
        self._watch(page, sheet, last)
        page.write_formula(2, 0, self._totals(sheet), self.format(bold=True, font_color=_HEAD), "")
        page.autofilter(_FIRST - 1, 0, last, len(sheet.columns) - 1)
        printed = [place for place, one in enumerate(sheet.columns) if not one.further or any(map(_has(one), rows))]
        page.print_area(0, 0, _FIRST + max(len(rows), 30), max(printed))

    def _cell(self, page: "Worksheet", row: int, place: int, column: Column, text: str, *, form: bool = False) -> None:
        """Write what a user stated: days as days, numbers as numbers where they keep their digits, the rest as text."""
        own = self.input_format(column)
        if column.kind == "date" and (day := iso_day(text)):
            page.write_datetime(row, place, day, own)
        elif column.kind == "number" and _is_exact(text):
            page.write_number(row, place, float(text), own)
        elif column.kind == "choice" and column.list not in {"site", "unit"}:
            page.write_string(row, place, cell_text(self.choices(str(column.list)).label(text, self.lang)), own)
        elif text:
            page.write_string(row, place, cell_text(text), own)
        elif form:
            page.write_blank(row, place, None, own)

    @cached_property
    def _choices(self) -> dict[str, Choices]:
        return {}

    def choices(self, name: str) -> Choices:
        if name not in self._choices:
            self._choices[name] = self.described.choices(name, self.library)
        return self._choices[name]

    # ---------------------------------------------------------------------------------------------- guards

    def _validate(self, page: "Worksheet", sheet: Sheet, column: Column, cells: tuple[int, int, int, int]) -> None:
        """Guard the cells of a column: lists, days and numbers, with a message that says what to do."""
        told: dict[str, Any] = {"error_title": self.words("wrong"), "ignore_blank": True}
        if column.kind == "choice":
            told |= {"validate": "list", "source": self._source(sheet, column), "error_message": self.words("choose")}
            if column.list == "unit" or column.open:
                word = "unit_not_listed" if column.list == "unit" else "other_word"
                told |= {"error_type": "warning", "error_message": self.words(word)}
        elif column.kind == "date":
            first, last = date(1990, 1, 1), date(2200, 12, 31)
            told |= {"validate": "date", "criteria": "between", "minimum": first, "maximum": last}
            told["error_message"] = self.words("date")
        elif column.kind == "number":
            told |= {"validate": "decimal", "criteria": "between", "minimum": -(10**15), "maximum": 10**15}
            told["error_message"] = self.words("number")
        else:
            return
        page.data_validation(*cells, told)

    def _source(self, sheet: Sheet, column: Column) -> str:
        """Return the formula of the cells that a column is chosen from."""
        if column.list == "site":
            return "=site_list"
        if column.list == "unit" and sheet.activities:
            first, last = self._blocks[f"units.{sheet.id}"]
            cell = f"${_letter(sheet.names.index('activity'))}{_FIRST + 1}"
            keys = f"{_LISTS}!$A${first}:$A${last}"
            line = f'IF({cell}="",1,MATCH({cell},{keys},0))'
            counts = f"{_LISTS}!$B${first}:$B${last}"
            source = f"=OFFSET({_LISTS}!$C${first - 1},{line},0,1,INDEX({counts},{line}))"
            assert len(source) <= _LONGEST_SOURCE
            return source
        name = {"unit": f"units.{sheet.id}", "activity": f"activity.{sheet.id}"}.get(str(column.list), str(column.list))
        first, last = self._blocks[name]
        return f"={_LISTS}!$A${first}:$A${last}"

    @cached_property
    def _blocks(self) -> dict[str, tuple[int, int]]:
        """Where each list stands on the hidden sheet: its first and last row."""
        return {}

    def _lists(self, page: "Worksheet") -> None:
        """Write what is chosen from: a label a row, and beside an activity the units that fit it."""
        row = 0
        lists = {str(one.list) for sheet in self.sheets for one in (*sheet.columns, *sheet.entries) if one.list}
        for name in sorted(lists - {"site", "unit", "activity"}):
            choices = self.choices(name)
            row = self._block(page, name, row, [[choices.label(code, self.lang)] for code in choices.labels])
        labels = self.choices("activity")
        for sheet in self.sheets:
            if sheet.units:
                row = self._block(page, f"units.{sheet.id}", row, [[one] for one in sheet.units])
            if not sheet.activities:
                continue
            entries = self.described.activities(sheet, self.library)
            offered = [self.described.offered(one) for one in entries]
            every = list(dict.fromkeys(unit for units in offered for unit in units))
            lines = [
                ["-", every],
                *([labels.label(one.activity, self.lang), own] for one, own in zip(entries, offered, strict=True)),
            ]
            first = row + 1
            row = self._block(
                page, f"units.{sheet.id}", row, [[str(line[0]), len(line[1]), *line[1]] for line in lines]
            )
            self._blocks[f"activity.{sheet.id}"] = (first + 2, first + len(lines))

    def _block(self, page: "Worksheet", name: str, row: int, lines: Sequence[Sequence[str | int]]) -> int:
        """Write a list below a line with its name; return the first row that is free."""
        page.write_string(row, 0, name, self.format(bold=True))
        for number, line in enumerate(lines, start=row + 1):
            for place, one in enumerate(line):
                if isinstance(one, int):
                    page.write_number(number, place, one)
                else:
                    page.write_string(number, place, cell_text(one))
        self._blocks[name] = (row + 2, row + 1 + len(lines))
        return row + len(lines) + 1

    def _watch(self, page: "Worksheet", sheet: Sheet, last: int) -> None:
        """Colour what is missing or cannot be, while the row is filled in."""
        fault = self.format(bg_color=_COLOURS["fault"])
        wide = f"$A{_FIRST + 1}:${_letter(len(sheet.columns) - 1)}{_FIRST + 1}"
        cells = {name: f"${_letter(place)}{_FIRST + 1}" for place, name in enumerate(sheet.names)}
        for place, column in enumerate(sheet.columns):
            cell = cells[column.name]
            tests = []
            if column.required:
                read = f",COUNT({cells['reading_start']},{cells['reading_end']})<2" if sheet.has_readings else ""
                tests.append(f"AND(COUNTA({wide})>0,ISBLANK({cell}){read if column.name == 'quantity' else ''})")
            if column.list == "site":
                tests.append(f'AND({cell}<>"",ISNA(MATCH({_literal(cell)},{self.site_range},0)))')
            if column.kind in {"date", "number"}:
                tests.append(f"ISTEXT({cell})")
            if column.name in {"period_end", "to"}:
                start = cells["period_start" if column.name == "period_end" else "from"]
                tests.append(f"AND(ISNUMBER({start}),ISNUMBER({cell}),{cell}<{start})")
            if column.name == "period_start" and sheet.stream:
                tests.append(f"{_CALC}!${self._calc_letter(sheet, 'overlap')}{_FIRST + 1}>0")
            for test in tests:
                page.conditional_format(
                    _FIRST, place, last, place, {"type": "formula", "criteria": f"={test}", "format": fault}
                )

    # ---------------------------------------------------------------------------------------------- live sums

    def _calc_letter(self, sheet: Sheet, name: str) -> str:
        return _letter(self.streams.index(sheet) * len(_CALC_COLUMNS) + _CALC_COLUMNS.index(name))

    def _calc_range(self, sheet: Sheet, name: str) -> str:
        letter = self._calc_letter(sheet, name)
        return f"{_CALC}!${letter}${_FIRST + 1}:${letter}${self.last(sheet)}"

    def _totals(self, sheet: Sheet) -> str:
        """Return the formula of the line of totals: rows, and the sum of each unit that is offered."""
        filled = self.range(sheet, sheet.names[0]).partition("!")[2]
        rows = f'"{self.words("rows")}: "&COUNTA({filled})'
        if "quantity" not in sheet.names:
            return f"={rows}"
        offered = sheet.units or [
            unit for one in self.described.activities(sheet, self.library) for unit in self.described.offered(one)
        ]
        quantity, unit = (self.range(sheet, name).partition("!")[2] for name in ("quantity", "unit"))
        parts = []
        for name in list(dict.fromkeys(offered))[:12]:
            total = f'SUMIFS({quantity},{unit},"{name}")'
            if sheet in self.streams and sheet.has_readings:
                total += f'+SUMIFS({self._calc_range(sheet, "read")},{unit},"{name}")'
            parts.append(f'IF({total}=0,"",TEXT({total},"#,##0.##")&" {name};  ")')
        return f'={rows}&"   {self.words("total")}: "&{"&".join(parts)}'

    def _calc(self, page: "Worksheet") -> None:
        """Write, for every row of a sheet with bills, its site, its stream, overlaps, and what its readings give."""
        for sheet in self.streams:
            base = self.streams.index(sheet) * len(_CALC_COLUMNS)
            for place, name in enumerate(_CALC_COLUMNS):
                page.write_string(HEADING_ROW - 1, base + place, f"{sheet.id}.{name}")
            line = self._calc_line(sheet)
            for row in range(_FIRST + 1, self.last(sheet) + 1):
                for place, formula in enumerate(line):
                    page.write_formula(
                        row - 1, base + place, formula.replace(_ROW, str(row)), None, "" if place == 0 else 0
                    )

    def _calc_line(self, sheet: Sheet) -> tuple[str, ...]:
        """Return the formulas of a row, the row itself left open."""
        row = _ROW
        name = quoted(self.tab(sheet))
        at = {one: f"{name}!{_letter(place)}{row}" for place, one in enumerate(sheet.names)}
        start, end, quantity = at["period_start"], at["period_end"], at["quantity"]
        own = {one: f"{self._calc_letter(sheet, one)}{row}" for one in _CALC_COLUMNS}
        read = "0"
        given = f"ISNUMBER({quantity})"
        if sheet.has_readings:
            first, second, times, digits = (at[one] for one in ("reading_start", "reading_end", "multiplier", "digits"))
            turned = f"IF({second}<{first},IF(ISNUMBER({digits}),10^{digits},0),0)"
            read = (
                f"IF(AND(ISBLANK({quantity}),ISNUMBER({first}),ISNUMBER({second})),"
                f"({second}-{first}+{turned})*IF(ISNUMBER({times}),{times},1),0)"
            )
            given = f"OR({given},COUNT({first},{second})=2)"
        sound = f"AND(ISNUMBER({start}),ISNUMBER({end}),{end}>={start},{given})"
        key = '&"|"&'.join(at[one] for one in sheet.stream)
        ranges = {one: self._calc_range(sheet, one).partition("!")[2] for one in _CALC_COLUMNS}
        starts, ends = (self.range(sheet, one) for one in ("period_start", "period_end"))
        return (
            f'=IF({at["site"]}="","",IF({sound},{key},""))',
            f'=IF({own["key"]}="",0,IFERROR(MATCH({_literal(at["site"])},{self.site_range},0),0))',
            f"=IF({own['site']}=0,0,IFERROR(MATCH({_literal(own['key'])},{ranges['key']},0),0))",
            f'=IF({own["stream"]}=0,0,COUNTIFS({ranges["stream"]},{own["stream"]},{starts},"<="&{end},{ends},">="&{start})-1)',
            f"={read}",
        )

    def _completeness(self, page: "Worksheet") -> None:
        """Write the matrix of sites and months, live."""
        self._matrix_head(page)
        row = _FIRST
        for slot in range(1, self.slots + 1):
            for sheet in self.streams:
                self._matrix_line(page, row, slot, sheet)
                row += 1
        self._matrix_colours(page, row - 1)
        page.freeze_panes(_FIRST, 2)
        page.protect("", {"format_columns": True, "autofilter": True})
        self._print_setup(page)
        used = max(len(self.prefill.rows.get("sites", ())), 4) * len(self.streams)
        page.print_area(0, 0, _FIRST + used - 1, 19)

    def _matrix_head(self, page: "Worksheet") -> None:
        """Write what stands above and beside the matrix: title, year, legend, months."""
        told = self.described.completeness
        plain = self.format()
        page.set_column(0, 0, 30 if self.lang != BOTH else 50, plain)
        page.set_column(1, 1, 24, plain)
        page.set_column(2, 2, 9 if self.lang != BOTH else 16, plain)
        page.set_column(3, 4, 12, plain)
        page.set_column(5, 16, 9, plain)
        page.set_column(17, 17, 3, plain)
        page.set_column(19, 19, 24, plain)
        page.write_string(0, 0, shown(told["title"], self.lang), self.format(bold=True, font_size=16, font_color=_HEAD))
        page.write_string(1, 0, shown(told["help"], self.lang), self.format(font_color="#555555"))
        year = self.format(
            bold=True,
            bg_color=_COLOURS["required"],
            border=1,
            locked=False,
            num_format=f'"{shown(told["year"], self.lang)}"0',
            align="left",
        )
        page.write_number(2, 0, self.prefill.year, year)
        between = {"validate": "integer", "criteria": "between", "minimum": 1990, "maximum": 2200}
        page.data_validation(2, 0, 2, 0, between)
        page.set_row(0, 24)
        for place, one in enumerate(told["legend"]):
            colour = self.format(bg_color=_COLOURS[one["kind"]], border=1, border_color="#D5DBDB", align="center")
            page.write_string(_FIRST + place, 18, one["shown"], colour)
            page.write_string(_FIRST + place, 19, shown(one, self.lang), plain)
        head = {
            "bold": True,
            "bg_color": _HEAD,
            "font_color": _INK,
            "align": "center",
            "border": 1,
            "border_color": "#D5DBDB",
        }
        for place, name in enumerate(("carrier", "site", "streams", "first", "last")):
            page.write_string(HEADING_ROW - 1, place, shown(told[name], self.lang), self.format(**head))
        for month in range(1, 13):
            page.write_formula(
                HEADING_ROW - 1,
                4 + month,
                f"=DATE($A$3,{month},1)",
                self.format(**head, num_format="yyyy-mm"),
                serial(date(self.prefill.year, month, 1)),
            )

    def _matrix_line(self, page: "Worksheet", row: int, slot: int, sheet: Sheet) -> None:
        sites = self.described.sheet("sites")
        assert sites is not None
        number, name = row + 1, quoted(self.tab(sites))
        line = _FIRST + slot
        first, last = (f"{name}!{_letter(sites.names.index(one))}{line}" for one in ("from", "to"))
        cell, day = (
            self.format(border=1, border_color="#D5DBDB"),
            self.format(border=1, border_color="#D5DBDB", num_format="yyyy-mm-dd"),
        )
        own, streams = self._calc_range(sheet, "site"), self._calc_range(sheet, "stream")
        site = f"{name}!$A{line}"
        page.write_formula(row, 0, f'=IF({site}="","","{self.tab(sheet)}")', cell, "")
        page.write_formula(row, 1, f'=IF({site}="","",{site})', cell, "")
        page.write_formula(
            row, 2, f'=IF($B{number}="","",SUMPRODUCT(({own}={slot})*({streams}=ROW({streams})-{_FIRST})))', cell, ""
        )
        page.write_formula(row, 3, f'=IF($B{number}="","",MAX(DATE($A$3,1,1),N({first})))', day, "")
        page.write_formula(
            row, 4, f'=IF($B{number}="","",IF(N({last})=0,DATE($A$3,12,31),MIN(DATE($A$3,12,31),{last})))', day, ""
        )
        share = self.format(border=1, border_color="#D5DBDB", num_format="0%", align="center")
        for month in range(12):
            page.write_formula(row, 5 + month, self._covered(sheet, slot, number, _letter(5 + month)), share, "")

    def _covered(self, sheet: Sheet, slot: int, number: int, letter: str) -> str:
        """Return the formula of the share of a month's days that the bills of a site cover, of all its meters."""
        first, last = f"MAX({letter}${HEADING_ROW},$D{number})", f"MIN(EOMONTH({letter}${HEADING_ROW},0),$E{number})"
        own, overlap = self._calc_range(sheet, "site"), self._calc_range(sheet, "overlap")
        starts, ends = self.range(sheet, "period_start"), self.range(sheet, "period_end")
        begun, over = f'{starts},"<="&{last}', f'{ends},">="&{first}'
        days = (  # of every bill that touches the month: its last day there, less its first, and one
            f'SUMIFS({ends},{own},{slot},{over},{ends},"<="&{last})'
            f'+{last}*COUNTIFS({own},{slot},{begun},{ends},">"&{last})'
            f'-SUMIFS({starts},{own},{slot},{starts},">="&{first},{begun})'
            f'-{first}*COUNTIFS({own},{slot},{starts},"<"&{first},{over})'
            f"+COUNTIFS({own},{slot},{begun},{over})"
        )
        twice = f'COUNTIFS({own},{slot},{overlap},">0",{begun},{over})'
        return (
            f'=IF($B{number}="","",IF($C{number}=0,"–",IF({last}<{first},"–",'
            f'IF({twice}>0,"!",({days})/(({last}-{first}+1)*$C{number})))))'
        )

    def _matrix_colours(self, page: "Worksheet", last: int) -> None:
        cell = f"F{_FIRST + 1}"
        tests = {
            "none": f'{cell}="–"',
            "overlap": f'{cell}="!"',
            "complete": f"AND(ISNUMBER({cell}),ABS({cell}-1)<0.000001)",
            "missing": f"AND(ISNUMBER({cell}),{cell}=0)",
            "partial": f"AND(ISNUMBER({cell}),{cell}>0,{cell}<1)",
        }
        for kind, test in tests.items():
            colour = self.format(bg_color=_COLOURS[kind])
            page.conditional_format(
                _FIRST, 5, last, 16, {"type": "formula", "criteria": f"={test}", "format": colour, "stop_if_true": True}
            )

    # ---------------------------------------------------------------------------------------------- instructions

    def _guide(self, page: "Worksheet") -> None:
        """Write what to do, in short numbered steps, what the colours mean and what the sheets are for."""
        told = self.described.guide
        wrap = self.format(text_wrap=True, valign="top")
        page.hide_gridlines(2)
        page.set_column(0, 0, 6, self.format())
        page.set_column(1, 1, 34, self.format())
        page.set_column(2, 2, _LINE, wrap)
        page.write_string(0, 0, shown(told["title"], self.lang), self.format(bold=True, font_size=18, font_color=_HEAD))
        page.set_row(0, 30)
        row = 2
        if self.prefill.origin:
            page.write_string(1, 0, f"{self.words('made_for')}: {self.prefill.origin}", self.format(italic=True))
        for number, step in enumerate(told["steps"], start=1):
            page.write_number(
                row, 0, number, self.format(bold=True, font_size=12, font_color=_HEAD, align="center", valign="top")
            )
            for lang in ("zh", "en") if self.lang == BOTH else (self.lang,):
                page.write_string(row, 1, step[lang], self.format(font_size=11))
                row += 1
        row += 1
        for one in told["legend"]:
            page.write_blank(
                row, 1, None, self.format(bg_color=_COLOURS[one["kind"]], border=1, border_color="#D5DBDB")
            )
            page.write_string(row, 2, shown(one, self.lang), wrap)
            row += 1
        row += 1
        page.write_string(row, 1, shown(told["sheets"], self.lang), self.format(bold=True, font_color=_HEAD))
        for sheet in self.sheets:
            row += 1
            page.write_url(
                row,
                1,
                f"internal:{quoted(self.tab(sheet))}!A1",
                self.format(font_color="#0B5394", underline=1, valign="top"),
                self.tab(sheet),
            )
            page.write_string(row, 2, shown(sheet.help, self.lang), wrap)
            if wide(shown(sheet.help, self.lang)) > _LINE:
                page.set_row(row, 28)
        page.protect()
        self._print_setup(page)
        page.print_area(0, 0, row, 2)


@cache
def _page_class() -> "type[Worksheet]":
    """Return a page that writes formulas as they stand: none is newer than Excel 2010, and looking for such is slow."""
    from xlsxwriter.worksheet import Worksheet  # noqa: PLC0415

    class Page(Worksheet):  # type: ignore[misc]
        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
            return formula.removeprefix("=")

    return Page


def _has(column: Column) -> "Callable[[Mapping[str, str]], bool]":
    """Return the test whether a row states a column."""
    return lambda row: bool(row.get(column.name))


def _literal(cell: str) -> str:
    """Return a text cell as MATCH takes it literally: its wildcards escaped."""
    text = cell
    for sign in "~*?":
        text = f'SUBSTITUTE({text},"{sign}","~{sign}")'
    return text


def _is_exact(text: str) -> bool:
    """Say whether a spreadsheet, which counts in floats of 15 digits, keeps a number as it is written."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415

    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and Decimal(repr(float(value))) == value and len(value.normalize().as_tuple().digits) <= 15  # noqa: PLR2004
