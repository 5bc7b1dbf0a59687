"""A statement as it is read in one language: its words, its numbers as people read them, and what explains a figure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from hsesg_carbon.messages import catalogue, message
from hsesg_carbon.report.blocks import Cell, Link, Note, Numbers, Row, Table, figure_text

Json = Mapping[str, Any]

TOTAL = "total"
_APPLIES = {
    "targets": ("targets",),
    "boundaries": ("consolidations", "national"),
    "water": ("water",),
    "waste": ("waste",),
    "beside": ("measures", "offsets"),
}
"""Sections that are left out where an organisation has none of these parts of the statement."""

_ALIKE = {"sites": "site", "denominators": "denominator", "before": "methodology", "after": "methodology"}
"""Facts of sentences that are named as others are."""

_CHECKED = re.compile(r"(primary|two-transcriptions|one-transcription|computed|inferred)(?=\)?$)")


@dataclass(frozen=True)
class Reading:
    """
    A statement read in ``lang``.

    Args:
        statement: What ``Statement.as_json`` says.
        lang: ``en`` or ``zh``.
    """

    statement: Json
    lang: str

    # ---- words

    def say(self, code: str, /, **data: Any) -> str:
        """Return a sentence of the report."""
        return message(f"label.report-{code}", self.lang, **data)

    def word(self, code: str, otherwise: str) -> str:
        """Return a word that other parts of the program say too, or what stands in for it where it has no name."""
        found = catalogue().get(f"label.{code}")
        return found[self.lang] if found else otherwise

    def name(self, names: Any, otherwise: str = "") -> str:
        """Return a text in the language read, or in the one that there is."""
        if isinstance(names, Mapping):
            return str(names.get(self.lang) or next((one for one in names.values() if one), otherwise))
        return str(names) if names else otherwise

    def term(self, names: Any, otherwise: str = "") -> str:
        """Return a name as it begins a line: with a capital, unless it begins with an id, which is what it is."""
        name = self.name(names, otherwise)
        return name if set("._:") & set(name.split(" ")[0]) else name[:1].upper() + name[1:]

    def scope(self, scope: str, method: str | None = None) -> str:
        """Return the name of a scope, or of all of them, with the method of Scope 2."""
        if scope == TOTAL:
            name = self.say("scopes", scopes="+".join(self.statement["scopes"]))
        else:
            name = self.word(f"scope-{scope}", scope)
        return (
            name if method is None else self.say("by-method", name=name, method=self.word(f"scope2-{method}", method))
        )

    # ---- names

    def site(self, site: str) -> str:
        """Return the name of a site, or its id where it has none."""
        return self._names["site"].get(site, site)

    def boundary(self, boundary: str) -> str:
        """Return what a boundary is called: it has an id alone, whose words are read."""
        return self.word(f"report-boundary-{boundary}", boundary.replace("-", " "))

    def sentence(self, row: Json) -> str:
        """
        Return what a finding or a caveat says, sites and activities by their names.

        The statement tells them by the ids that its files have. Where the sentence cannot be formed again from its
        facts to the letter, it stays as it is.
        """
        told, data = self.name(row["message"]), row.get("data") or {}
        try:
            before = message(row["code"], self.lang, **data)
            after = message(row["code"], self.lang, **{key: self._called(key, one) for key, one in data.items()})
        except (KeyError, ValueError, TypeError):
            return told
        return told.replace(before, after, 1)

    def _called(self, key: str, value: Any) -> Any:
        """Return a fact of a sentence with the name of what it is of."""
        if isinstance(value, list):
            return [self._called(key, one) for one in value]
        if not isinstance(value, str):
            return value
        if key in {"boundary", "stated"}:
            return self.boundary(value)
        if key == "numbers":
            return _CHECKED.sub(lambda found: self.word(f"report-checked-{found[0]}", found[0]), value)
        return self._names.get(_ALIKE.get(key, key), {}).get(value, value)

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """The names of what sentences know by its id, by the word for what it is."""
        told, basis = self.statement, self.statement["basis"]
        bases = [basis["methodology"], *((told["restatement"] or {}).get(one) for one in ("before", "after"))]
        return {
            "site": {row["site"]: self.name(row["name"], row["site"]) for row in basis["boundary"]},
            "activity": {row["activity"]: self.name(row["name"], row["activity"]) for row in told["calculation"]},
            "denominator": {row["denominator"]: self.name(row["name"]) for row in told["intensities"]},
            "methodology": {one["id"]: f"“{self.name(one['title'], one['id'])}”" for one in bases if one},
        }

    # ---- what there is

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The reported years."""
        return tuple(self.statement["years"])

    @property
    def last(self) -> int:
        """The year that the key figures are of."""
        return self.years[-1]

    @property
    def head(self) -> str:
        """The Scope 2 method of the headline figures."""
        return str(self.statement["basis"]["headline_scope2"])

    @property
    def methods(self) -> tuple[str, ...]:
        """The Scope 2 methods, the headline's first."""
        return tuple(dict.fromkeys((self.head, *self.statement["basis"]["scope2"])))

    def lines(self) -> Iterator[tuple[str, str | None]]:
        """Yield the scopes with their methods, then all scopes by each method: the rows of a table of totals."""
        there = {(row["scope"], row["method"]) for row in self.statement["totals"]}
        for scope in (*self.statement["scopes"], TOTAL):
            yield from ((scope, method) for method in (None, *self.methods) if (scope, method) in there)

    @cached_property
    def totals(self) -> dict[tuple[int, str, str | None], Json]:
        """The totals by year, scope and method."""
        return {(row["year"], row["scope"], row["method"]): row for row in self.statement["totals"]}

    def total(self, scope: str, method: str | None, year: int | None = None) -> Json | None:
        """Return a total of a year, by default the last."""
        return self.totals.get((year or self.last, scope, method))

    def applies(self, section: str) -> bool:
        """Return whether a section of the page has anything to be about; most always have."""
        if section == "sites":
            return len(self.statement["basis"]["boundary"]) > 1
        if section == "drivers":
            return len(self.years) > 1
        parts = _APPLIES.get(section)
        return parts is None or any(self.statement[one] for one in parts)

    # ---- numbers

    @cached_property
    def numbers(self) -> Numbers:
        """How the figures of this statement are written."""
        return Numbers.of((row["value"], row["unit"]) for row in self.statement["intensities"] if row["scope"] == TOTAL)

    def number(self, value: Any, unit: str, figure: str | None = None, href: str | None = None, **more: Any) -> Cell:
        """Return the cell of a figure; an unknown one is a dash that says so."""
        if value is None:
            return Cell("–", kind="number", note=self.say("not-known"))
        exact = str(value)
        signed = more.pop("signed", False)
        return Cell(self.numbers.text(value, unit, signed=signed), "number", exact, figure, href, **more)

    def percent(self, value: Any, figure: str | None = None, *, signed: bool = False, bar: bool = False) -> Cell:
        """Return the cell of a percentage, without its sign."""
        if value is None:
            return Cell("–", kind="number", note=self.say("not-known"))
        shown = str(max(0.0, min(100.0, float(Fraction(value))))) if bar else None
        return Cell(self.numbers.text(value, "%", signed=signed), "number", str(value), figure, bar=shown)

    def amount(self, row: Json, table: str, *names: str, unit: str | None = None, href: str | None = None) -> Cell:
        """Return the cell of a row's value, named by its table and what the row says."""
        figure = f"{table}/{figure_text(row, *names)}"
        return self.number(row["value"], unit or row.get("unit", self.statement["unit"]), figure, href)

    # ---- tables

    def heads(self, *codes: str) -> tuple[str, ...]:
        """Return headings of columns."""
        return tuple(self.say(f"column-{one}") for one in codes)

    def by_years(self, caption: str, first: Sequence[str], rows: Sequence[Row], after: Sequence[str] = ()) -> Table:
        """Return a table with a column a year; what stands before the years is text, what stands after is figures."""
        columns = (*first, *(str(year) for year in self.years), *after)
        return Table(caption, columns, tuple(rows), frozenset(range(len(first), len(columns))))

    def pivot(self, table: str, rows: Sequence[Json], names: Sequence[str]) -> list[tuple[tuple[Any, ...], list[Cell]]]:
        """Return the rows of a table with a column a year: what a row is of, and its cells."""
        own = {(*(row.get(one) for one in names), row["year"]): row for row in rows}
        return [
            (
                key,
                [
                    self.amount(row, table, *names, "year", href=self.beside(year, row.get("flow")))
                    if (row := own.get((*key, year)))
                    else self.number(None, "")
                    for year in self.years
                ],
            )
            for key in dict.fromkeys(one[:-1] for one in own)
        ]

    def nothing(self, code: str) -> Note:
        """Return the line that says why a section is empty."""
        return Note(self.say(code), "nothing")

    # ---- what explains what

    @cached_property
    def calculations(self) -> dict[tuple[int, str, str | None], list[tuple[str, Json]]]:
        """The rows of the calculation by year, scope and method, each with its number on the page."""
        found: dict[tuple[int, str, str | None], list[tuple[str, Json]]] = {}
        for place, row in enumerate(self.statement["calculation"], 1):
            found.setdefault((row["year"], row["scope"], row["method"]), []).append((f"C{place}", row))
        return found

    @cached_property
    def energy_calculations(self) -> dict[tuple[int, str], list[tuple[str, Json]]]:
        """The rows of the calculation of energy by year and measure (``gj``, ``tce``), each with its number."""
        found: dict[tuple[int, str], list[tuple[str, Json]]] = {}
        rows = sorted(self.statement["energy_calculation"], key=lambda row: (row["year"], row["flow_unit"]))
        for place, row in enumerate(rows, 1):
            measure = "gj" if row["flow_unit"] == "GJ" else "tce"
            found.setdefault((row["year"], measure), []).append((f"E{place}", row))
        return found

    @cached_property
    def calculated(self) -> dict[str, str]:
        """The number on the page of each row of the calculations, by its id."""
        every = (*self.calculations.values(), *self.energy_calculations.values())
        return {row["id"]: number for rows in every for number, row in rows}

    @cached_property
    def factors(self) -> dict[str, str]:
        """The number on the page of each factor, by its id."""
        return {row["id"]: f"F{place}" for place, row in enumerate(self.statement["factors"], 1)}

    def explained(self, year: int, scope: str, method: str | None, activity: str | None = None) -> str | None:
        """Return where the calculation of a figure stands; ``None`` where there is none."""
        if scope == TOTAL:
            return f"#calc-{year}-total-{method}" if any(one[0] == year for one in self.calculations) else None
        rows = self.calculations.get((year, scope, method), [])
        if activity is not None:
            rows = [one for one in rows if one[1]["activity"] == activity]
            return f"#{rows[0][0]}" if rows else None
        return f"#calc-{year}-{scope}-{method or 'only'}" if rows else None

    def energy_explained(self, year: int, measure: str, carrier: str | None = None) -> str | None:
        """Return where the products of a figure of energy stand, of a carrier the first; ``None`` without any."""
        rows = self.energy_calculations.get((year, measure), [])
        if carrier is not None:
            return next((f"#{number}" for number, row in rows if row["carrier"] == carrier), None)
        return f"#calc-{year}-energy-{measure}" if rows else None

    def beside(self, year: int, flow: str | None) -> str | None:
        """Return where the first product of what is in no total stands, such as biogenic CO2."""
        for (of, _, _), rows in self.calculations.items():
            for number, row in rows:
                if (of, row["flow"], row["tco2e"]) == (year, flow, None):
                    return f"#{number}"
        return None

    def factor_link(self, one: str) -> Link:
        """Return a link to a factor, or its id where it is not in the list."""
        number = self.factors.get(one)
        return Link(one, f"#{number}" if number else "")

    def calculation_links(self, ids: list[str]) -> tuple[Link, ...]:
        """Return links to rows of the calculation."""
        return tuple(Link(self.calculated[one], f"#{self.calculated[one]}") for one in ids if one in self.calculated)
