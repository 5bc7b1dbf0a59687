"""Disclosure tables for people: Markdown, CSV and an Excel workbook, of what ``Disclosure.as_json`` returns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from hsesg_carbon.messages import message, visible
from hsesg_carbon.report.binder import cell_text
from hsesg_carbon.shown import number
from hsesg_carbon.tables import table_text
from hsesg_carbon.writing import whole

if TYPE_CHECKING:
    from xlsxwriter import Workbook as Book
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CSV_COLUMNS = (
    *("standard", "clause", "datum", "asked", "obligation", "status", "year", "part", "value", "unit", "text", "note"),
    *("missing", "files", "rows", "rows_in_all", "numbers", "checked", "source"),
)

_HEAD, _INK = "#1F5C57", "#FFFFFF"
_FILLS = {"answered": "#FFFFFF", "partly": "#FFF3C4", "missing": "#F9D9D6", "narrative": "#EEF1F4"}
_BLANKS = re.compile(r"\n{3,}")
_MOST_ORIGINS = 3
_EPOCH = datetime(2000, 1, 1)
"""What a workbook says of its own making, so that the same accounts give the same bytes."""
_MARKDOWN = re.compile(r"([\\`*\[\]|#~])")
_MOST_PLACES, _DIGITS, _LARGE = 8, 4, 100
_WIDTHS = {
    **{"clause": 13, "datum": 20, "asked": 42, "part": 24, "value": 14, "unit": 15, "words": 48},
    **{"status": 11, "checked": 13, "from": 110},
}
_YEAR_WIDTH, _ABOUT_WIDTH = 13, 120
_POINTS, _TALLEST, _A4 = 9, 400, 9
_HEAD_HEIGHT = 24  # points


@dataclass
class Line:
    """
    One line of a table: a part of an answer across the years, or what stands for all years, or what is missing.

    Values are exact text; ``value`` is of no single reported year.
    """

    row: Mapping[str, Any]
    part: str = ""
    unit: str = ""
    years: dict[int, str] = field(default_factory=dict)
    value: str = ""
    text: str = ""
    notes: list[str] = field(default_factory=list)
    origin: dict[str, Any] = field(default_factory=dict)
    first: bool = False

    @property
    def places(self) -> int:
        """With how many decimals its numbers are shown: all alike."""
        return max((_places(one) for one in (*self.years.values(), self.value) if _is_number(one)), default=0)


def lines(document: Mapping[str, Any], lang: str) -> Iterator[Line]:
    """
    Yield the lines of a disclosure: years of one part and unit side by side, a line for every other answer.

    Of a requirement that nothing answers there is one line, which has no figures.
    """
    for row in document["rows"]:
        own = _of_row(row, document["years"], lang) or [Line(row)]
        own[0].first = True
        own[-1].notes += [one["message"] for one in row["missing"]]
        yield from own


def markdown(document: Mapping[str, Any], lang: str = "en") -> str:
    """Return the disclosure as Markdown; what a workspace says can neither break a table nor become HTML."""
    text = [*_title(document, lang), ""]
    standard = clause = ""
    for row in document["rows"]:
        if row["standard"] != standard:
            standard, clause = row["standard"], ""
            told = next(one for one in document["standards"] if one["id"] == standard)
            text += [f"## {_plain(told['title'][lang])} ({_plain(told['edition'])})", ""]
            text += [f"{_plain(told['note'][lang])}", ""] if told["note"] else []
        if row["clause"] != clause:
            clause = row["clause"]
            text += [f"### {_plain(row['cited'][lang])}", ""]
        text += [*_heading(row, lang), "", *_tables(document, row, lang), ""]
    return _BLANKS.sub("\n\n", "\n".join(text)).rstrip() + "\n"


def csv_text(document: Mapping[str, Any], lang: str = "en") -> str:
    """Return the disclosure as CSV, a row for every figure with its exact value, and one for all that is missing."""
    rows = []
    for row in document["rows"]:
        told = [row["standard"], row["cited"][lang], row["datum"], row["asked"][lang]]
        told += [_word("obligation", row["obligation"], lang), _word("status", row["status"], lang)]
        rested = [_word("checked", row["checked"], lang), row["source"]]
        for one in row["figures"]:
            origin = one["from"]
            cells = [str(one["year"] or ""), _in(one["what"], lang), one["value"] or "", one["unit"] or ""]
            cells += [_in(one["text"], lang), _in(one["note"], lang), "", "; ".join(origin["files"])]
            cells += ["; ".join(origin["rows"]), str(origin["rows_in_all"] or ""), "; ".join(origin["numbers"])]
            rows.append([*told, *cells, *rested])
        for one in row["missing"]:
            rows.append([*told, *[""] * 6, one["message"], *[""] * 4, *rested])
    return table_text(CSV_COLUMNS, ([visible(cell) for cell in row] for row in rows))


def write_workbook(document: Mapping[str, Any], to: Path, lang: str = "en") -> None:
    """
    Write the disclosure as an Excel workbook: the tables, and a sheet about them.

    Numbers are numbers, all else is text: nothing that a workspace says can become a formula or a link.
    """
    from xlsxwriter import Workbook as Book  # noqa: PLC0415

    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    title = " / ".join(one["title"][lang] for one in document["standards"])
    with whole(to) as beside:
        book = Book(str(beside), plain)
        book.set_properties({"title": title, "created": _EPOCH})
        _write_tables(book, document, lang)
        _write_about(book, document, lang)
        book.close()


def shown(value: str) -> str:
    """
    Return an exact number as people read it: two decimals, or four digits of what is small, and thousands commas.

    Example:
        >>> shown("8301.8496762"), shown("0.00034512"), shown("0")
        ('8,301.85', '0.0003451', '0')
    """
    return number(value, _places(value))


# -------------------------------------------------------------------------------------------------- private


def _of_row(row: Mapping[str, Any], years: Sequence[int], lang: str) -> list[Line]:
    """Return the figures of a requirement as lines, the years of one part and unit in one of them."""
    found: list[Line] = []
    held: dict[tuple[str, str], Line] = {}
    for one in row["figures"]:
        part, unit = visible(_in(one["what"], lang)), one["unit"] or ""
        note, text = visible(_in(one["note"], lang)), visible(_in(one["text"], lang))
        across = one["year"] in years
        if not across and one["year"]:
            part = f"{one['year']}: {part}" if part else str(one["year"])
        key = part, unit
        line = held.get(key) if across else None
        if line is None or one["year"] in line.years:
            line = Line(row, part, unit)
            found.append(line)
            if across:
                held[key] = line
        line.origin = _joined(line.origin, one["from"])
        if across:
            line.years[one["year"]] = one["value"] if one["value"] is not None else text
        elif one["value"] is not None:
            line.value = one["value"]
            line.text = text
        else:
            line.text = text
        if note and note not in line.notes:
            line.notes.append(note)
    return found


def _title(document: Mapping[str, Any], lang: str) -> list[str]:
    name = document["organisation"]["name"]
    who = name.get(lang) or next(iter(name.values()), document["organisation"]["id"])
    years = ", ".join(map(str, document["years"]))
    counts = _counts(document, lang)
    remarks = [f"- {_plain(one['message'])}" for one in document["findings"]]
    told = [message("label.disclosed-basis", lang, years=years, methodology=document["methodology"])]
    return [
        f"# {_plain(who)}: {message('label.disclosed-title', lang)}",
        "",
        *map(_plain, told),
        "",
        counts,
        "",
        *remarks,
    ]


def _counts(document: Mapping[str, Any], lang: str) -> str:
    return message("label.disclosed-counts", lang, **document["counts"])


def _heading(row: Mapping[str, Any], lang: str) -> list[str]:
    how = [_word(name, row[name], lang) for name in ("obligation", "status")]
    if row["checked"] != "read":
        how.append(message("label.disclosed-clause", lang, checked=_word("checked", row["checked"], lang)))
    said = message("label.disclosed-how", lang, how=how)
    told = [f"**{_plain(row['datum'])}** {_plain(row['asked'][lang])}{said}"]
    return [*told, "", f"*{_plain(row['note'][lang])}*"] if row["note"] else told


def _tables(document: Mapping[str, Any], row: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Yield the answer to one requirement: a table of figures, then texts, then what is missing, then where from."""
    own = [one for one in lines({**document, "rows": [row]}, lang) if one.years or one.value or one.text]
    across = [one for one in own if one.years]
    years = [year for year in document["years"] if across]
    if across:
        yield _table_row(["", *map(str, years), message("field.unit", lang)])
        yield "|---|" + "---:|" * len(years) + "---|"
        for one in across:
            yield _table_row([one.part, *(_cell(one.years.get(year, "–"), one.places) for year in years), one.unit])
        yield ""
    for one in own:
        if not one.years:
            told = f"{shown(one.value)} {one.unit}" if one.value else one.text
            also = f" ({one.text})" if one.value and one.text else ""
            yield f"- {_plain(f'{one.part}: ' if one.part else '')}{_plain(told + also)}{_noted(one, row)}"
    notes = dict.fromkeys(note for one in across for note in one.notes if note not in _said(row))
    yield from (f"- {_plain(note)}" for note in notes)
    yield from (f"- **{_plain(one['message'])}**" for one in row["missing"])
    origins = dict.fromkeys(told for one in own if (told := _origin(one.origin, lang)))
    if origins:
        yield ""
        yield _plain(message("label.disclosed-from", lang, origin="; ".join(list(origins)[:_MOST_ORIGINS])))


def _said(row: Mapping[str, Any]) -> set[str]:
    return {one["message"] for one in row["missing"]}


def _noted(line: Line, row: Mapping[str, Any]) -> str:
    notes = [note for note in line.notes if note not in _said(row)]
    return f" – {_plain('; '.join(notes))}" if notes else ""


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _cell(value: str, places: int) -> str:
    """Return a number as it is shown; a text as it is."""
    return number(value, places) if _is_number(value) else value


def _places(value: str) -> int:
    """Return with how many decimals a number is shown."""
    size = abs(Fraction(value))
    if size.denominator == 1:
        return 0
    places = 2
    while size * 10**places < 10 ** (_DIGITS - 1) and size < _LARGE and places < _MOST_PLACES:
        places += 1
    return places


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is: no table cell, emphasis, link or HTML of its own."""
    safe = _MARKDOWN.sub(r"\\\1", visible(text))
    return safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in(texts: Mapping[str, str] | None, lang: str) -> str:
    return texts[lang] if texts else ""


def _word(kind: str, value: str, lang: str) -> str:
    return message(f"label.disclosed-{kind}-{value}", lang)


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return two origins as one: the same figure in several years."""
    told = {name: list(dict.fromkeys([*first.get(name, ()), *second[name]])) for name in ("files", "rows", "numbers")}
    return {**told, "rows_in_all": first.get("rows_in_all", 0) + second["rows_in_all"]}


def _origin(origin: Mapping[str, Any], lang: str) -> str:
    """Return in a line where a figure is from: files, rows, numbers."""
    if not origin:
        return ""
    told = [", ".join(origin["files"])] if origin["files"] else []
    if origin["rows_in_all"]:
        rows = ", ".join(origin["rows"])
        more = origin["rows_in_all"] > len(origin["rows"])
        code = "label.disclosed-rows-more" if more else "label.disclosed-rows"
        told.append(message(code, lang, rows=rows, count=origin["rows_in_all"]))
    if origin["numbers"]:
        told.append(message("label.disclosed-numbers", lang, numbers=origin["numbers"]))
    return visible("; ".join(told))


def _write_tables(book: "Book", document: Mapping[str, Any], lang: str) -> None:
    """Write the sheet of the tables, and the sheet that says where each figure is from."""
    own = list(lines(document, lang))
    apart = ["value"] if any(line.value for line in own) else []
    names = ("clause", "datum", "asked", "part", *apart, *document["years"], "unit", "words", "status", "checked")
    formats = _formats(book)
    table = _Table(book.add_worksheet(message("label.disclosed-sheet", lang)), names, formats, lang)
    table.head(2)
    sources = _Table(
        book.add_worksheet(message("label.disclosed-sources", lang)), ("datum", "part", "from"), formats, lang
    )
    sources.head(1)
    told = 0
    for count, line in enumerate(own, start=1):
        table.write(count, line)
        if line.origin:
            told += 1
            sources.write(told, line)
    table.page.autofilter(0, 0, len(own), len(names) - 1)


def _formats(book: "Book") -> dict[tuple[str, str], "Format"]:
    """Return the formats by status and kind of cell: texts, and numbers by their places."""
    edge = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#D5DBDB", "font_size": _POINTS}
    kinds: dict[str, dict[str, Any]] = {"text": {}, "strong": {"bold": True}, "unit": {"align": "left", "indent": 1}}
    for places in range(_MOST_PLACES + 1):
        kinds[str(places)] = {"num_format": "#,##0" + "." * (places > 0) + "0" * places, "align": "right"}
    fills = {**_FILLS, "": _HEAD}
    head = {"bold": True, "font_color": _INK, "valign": "vcenter"}
    return {
        (status, kind): book.add_format({**edge, "bg_color": fill, **told, **(head if not status else {})})
        for status, fill in fills.items()
        for kind, told in kinds.items()
    }


@dataclass(frozen=True)
class _Table:
    """A sheet of lines while it is written: a column for each name, and one for each year."""

    page: "Worksheet"
    names: tuple[str | int, ...]
    formats: Mapping[tuple[str, str], "Format"]
    lang: str

    def head(self, frozen: int) -> None:
        """Write the headings, and set widths, what stays in sight, and paper."""
        for place, name in enumerate(self.names):
            year = isinstance(name, int)
            heading = str(name) if year else message(f"label.disclosed-column-{name}", self.lang)
            self.page.write_string(0, place, heading, self.formats["", "0" if year else "text"])
            self.page.set_column(place, place, self._width(name))
        self.page.set_row(0, _HEAD_HEIGHT)
        self.page.freeze_panes(1, frozen)
        self.page.repeat_rows(0)
        _for_paper(self.page)

    def write(self, at: int, line: Line) -> None:
        """Write a line of the disclosure; what holds for the whole requirement stands in its first line."""
        told, status, deep = self._texts(line), line.row["status"], 1
        for place, name in enumerate(self.names):
            cell = line.years.get(name, "") if isinstance(name, int) else told[name]
            if (isinstance(name, int) or name == "value") and _is_number(cell):
                self.page.write_number(at, place, float(Fraction(cell)), self.formats[status, str(line.places)])
                continue
            kind = "strong" if name == "datum" and line.first else "unit" if name == "unit" else "text"
            self.page.write_string(at, place, cell_text(cell), self.formats[status, kind])
            deep = max(deep, _deep(cell, self._width(name)))
        self.page.set_row(at, min(deep * _POINTS * 1.35 + 3, _TALLEST))

    @staticmethod
    def _width(name: str | int) -> int:
        return _YEAR_WIDTH if isinstance(name, int) else _WIDTHS[name]

    def _texts(self, line: Line) -> dict[str, str]:
        row, lang = line.row, self.lang
        note = f"\n{row['note'][lang]}" if row["note"] else ""
        asked = f"{row['asked'][lang]} [{_word('obligation', row['obligation'], lang)}]{note}"
        return {
            "clause": row["cited"][lang],
            "datum": row["datum"],
            "asked": asked if line.first else "",
            "part": line.part,
            "value": line.value,
            "unit": line.unit,
            "words": "\n".join(one for one in (line.text, *line.notes) if one),
            "status": _word("status", row["status"], lang) if line.first else "",
            "checked": _word("checked", row["checked"], lang) if line.first else "",
            "from": _origin(line.origin, lang),
        }


def _deep(text: str, width: int) -> int:
    """Return how many lines a text takes in a column; Chinese characters are two wide."""
    parts = (sum(1 + (east_asian_width(one) in "WF") for one in part) for part in text.split("\n"))
    return sum(max(1, -(-size // width)) for size in parts)


def _write_about(book: "Book", document: Mapping[str, Any], lang: str) -> None:
    page = book.add_worksheet(message("label.disclosed-about", lang))
    page.set_column(0, 0, _ABOUT_WIDTH)
    bold = book.add_format({"bold": True, "font_size": 14, "font_color": _HEAD, "text_wrap": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    title, *rest = (one for one in _about(document, lang) if one)
    page.write_string(0, 0, cell_text(title), bold)
    for at, text in enumerate(rest, start=1):
        page.write_string(at, 0, cell_text(text), wrap)
        page.set_row(at, min(_deep(text, _ABOUT_WIDTH) * _POINTS * 1.8, _TALLEST))
    _for_paper(page)


def _about(document: Mapping[str, Any], lang: str) -> Iterator[str]:
    name = document["organisation"]["name"]
    who = name.get(lang) or next(iter(name.values()), document["organisation"]["id"])
    yield f"{visible(who)}: {message('label.disclosed-title', lang)}"
    years = ", ".join(map(str, document["years"]))
    yield visible(message("label.disclosed-basis", lang, years=years, methodology=document["methodology"]))
    yield _counts(document, lang)
    for one in document["standards"]:
        note = f" – {one['note'][lang]}" if one["note"] else ""
        yield f"{one['title'][lang]}, {one['publisher'][lang]}, {one['edition']}{note}"
    yield from (visible(one["message"]) for one in document["findings"])


def _for_paper(page: "Worksheet") -> None:
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(0.4, 0.4, 0.5, 0.5)
    page.set_footer("&C&P / &N")
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
