"""The workbook that people fill in, as data: its sheets, columns and lists. Writer and reader share it."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.methodology import Methodology, shipped_methodologies
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.spelling import nfkc

_BRACKETS = re.compile(r"\([^()]*\)")
_KIND_OF_PLACE = re.compile("(?<=..)(省|市|(壮族|回族|维吾尔)?自治区)$")

Texts = Mapping[str, str]
"""A text by language."""

Kind = Literal["text", "identifier", "date", "number", "choice"]

BOTH = "both"
SHOWN_IN = (*LANGUAGES, BOTH)
"""The languages of a workbook; with ``both`` every text stands there twice."""

HEADING_ROW = 4
"""The row of the headings, as a spreadsheet counts; title, help and totals stand above it, one cell each."""

PERIOD = ("period_start", "period_end")
READINGS = ("reading_start", "reading_end", "multiplier", "digits")
"""Columns of a sheet that stand for its column ``quantity``."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Record):
    """
    A column of a sheet, or a line of its form.

    ``list`` names what is chosen from; with ``open`` other words will do as well. ``unit`` is what the numbers of a
    column without units of their own are in. ``further`` columns are seldom needed.
    """

    name: str
    title: dict[str, str]
    help: dict[str, str]
    kind: Kind
    list: str | None = None
    open: bool = False
    unit: str | None = None
    required: bool = False
    further: bool = False


class Sheet(_Record):
    """A sheet of the workbook and the table of a workspace that it ``gives``."""

    id: str
    title: dict[str, str]
    help: dict[str, str]
    gives: str
    columns: tuple[Column, ...]
    entries: tuple[Column, ...] = ()
    optional: bool = False
    activities: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    stream: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(one.name for one in self.columns)

    def column(self, text: str) -> Column | None:
        """Return the column that a heading names, in whatever language; ``None`` if there is none."""
        return self._by_heading.get(normalised(text))

    def entry(self, text: str) -> Column | None:
        """Return the line of the form that a text names, in whatever language; ``None`` if there is none."""
        return _by_title(self.entries).get(normalised(text))

    @cached_property
    def _by_heading(self) -> dict[str, Column]:
        return _by_title(self.columns)

    def claims(self, activity: str) -> bool:
        """Say whether rows of an activity can stand on this sheet."""
        return any(fnmatchcase(activity, pattern) for pattern in self.activities)

    @property
    def has_readings(self) -> bool:
        """Whether a quantity may follow from meter readings."""
        return "reading_start" in self.names


@dataclass(frozen=True)
class Choices:
    """
    What a cell is chosen from: codes with their labels by language.

    Example:
        >>> answers = Choices({"yes": {"en": "yes", "zh": "是"}, "no": {"en": "no", "zh": "否"}})
        >>> answers.label("no", "both"), answers.code(" 是 "), answers.code("perhaps")
        ('否 / no', 'yes', None)
    """

    labels: Mapping[str, Texts]
    spelt: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spelt: dict[str, str] = {}
        for code, texts in self.labels.items():
            for text in (*(shown(texts, lang) for lang in SHOWN_IN), code):
                spelt.setdefault(normalised(text), code)
        object.__setattr__(self, "spelt", spelt)

    def label(self, code: str, lang: str) -> str:
        """Return what a person sees for a code; the code itself where it is none of the list."""
        return shown(self.labels[code], lang) if code in self.labels else code

    def code(self, text: str) -> str | None:
        """Return the code that a person means, by its label in whatever language or by itself."""
        return self.spelt.get(normalised(text))

    def meant(self, text: str) -> str | None:
        """
        Return the code that a person means who leaves out what stands in brackets, a hyphen or 省; of two none.

        Example:
            >>> gases = Choices({"gas.r410a": {"en": "refrigerant R-410A (fugitive)", "zh": "制冷剂R-410A（逸散）"}})
            >>> gases.code("R410A"), gases.meant("R410A"), gases.meant("R-404A")
            (None, 'gas.r410a', None)
        """
        return self.code(text) or self._bare.get(_bare(text))

    @cached_property
    def _bare(self) -> dict[str, str]:
        named: dict[str, set[str]] = {}
        for code, texts in self.labels.items():
            for lang in LANGUAGES:
                named.setdefault(_bare(texts[lang]), set()).add(code)
        return {name: next(iter(codes)) for name, codes in named.items() if len(codes) == 1 and name}


@dataclass(frozen=True)
class Workbook:
    """The whole description: sheets in their order, fixed lists, texts of the pages beside them."""

    sheets: tuple[Sheet, ...]
    lists: Mapping[str, Mapping[str, Texts]]
    units: Mapping[str, tuple[str, ...]]
    in_tables: Mapping[str, str]
    guide: Mapping[str, Any]
    completeness: Mapping[str, Any]
    words: Mapping[str, Texts]

    @classmethod
    def described(cls) -> "Workbook":
        """Return the description that comes with this version."""
        return _described()

    def sheet(self, text: str) -> Sheet | None:
        """Return the sheet of an id or of a title, in whatever language; ``None`` if there is none."""
        return self._by_name.get(normalised(text))

    @cached_property
    def _by_name(self) -> dict[str, Sheet]:
        named = {normalised(tab_name(one.title, lang)): one for one in self.sheets for lang in SHOWN_IN}
        return named | {one.id: one for one in self.sheets}

    def of_activity(self, activity: str) -> Sheet:
        """Return the sheet on which rows of an activity stand: the first that claims it."""
        return next(one for one in self.sheets if one.gives == "activity" and one.claims(activity))

    def table_name(self, column: str) -> str:
        """Return what a column is called in the table of a workspace."""
        return self.in_tables.get(column, column)

    def activities(self, sheet: Sheet, library: FactorLibrary) -> list[CatalogueEntry]:
        """Return the activities that a sheet offers, in the order of its patterns."""
        own = [one for pattern in sheet.activities for one in _matching(pattern, library)]
        elsewhere = [
            one for one in self.sheets if one.gives == "activity" and one.id != sheet.id and sheet.id == "other"
        ]
        taken = {entry.activity for entry in own if any(one.claims(entry.activity) for one in elsewhere)}
        return [one for one in dict.fromkeys(own) if one.activity not in taken]

    def offered(self, entry: CatalogueEntry) -> list[str]:
        """Return the units that are offered for an activity; more are understood."""
        return list(dict.fromkeys(name for one in entry.measured_in for name in self.units.get(one, (one,))))

    def choices(self, name: str, library: FactorLibrary) -> Choices:
        """Return what a list offers. Sites and units are no such lists: they depend on what stands in the workbook."""
        if name in self.lists:
            return Choices(self.lists[name])
        labels: dict[str, Texts]
        if name == "activity":
            labels = {one.activity: {"en": one.name_en, "zh": one.name_zh} for one in library.catalogue.values()}
        elif name == "region":
            labels = {
                code: {"en": f"{one.name_en} ({code})", "zh": f"{one.name_zh} ({code})"}
                for code, one in library.regions.items()
            }
        elif name == "methodology":
            labels = {one: _named(one, Methodology.shipped(one).title) for one in shipped_methodologies()}
        else:
            units = {"electricity-unit": self.units["kWh"]}[name]
            labels = {one: dict.fromkeys(LANGUAGES, one) for one in units}
        return Choices(labels)


def shown(texts: Texts, lang: str) -> str:
    """
    Return a text in the language of a workbook.

    Example:
        >>> shown({"en": "Site", "zh": "站点"}, "both")
        '站点 / Site'
    """
    if lang != BOTH:
        return texts[lang]
    return texts["en"] if texts["zh"] == texts["en"] else f"{texts['zh']} / {texts['en']}"


def tab_name(texts: Texts, lang: str) -> str:
    """Return the name of a sheet: no longer than a spreadsheet allows, without signs that it refuses."""
    return texts[lang] if lang != BOTH else f"{texts['zh']} {texts['en']}"


def normalised(text: str) -> str:
    """Return a heading or label as it is compared: without the mark of required columns, case and odd spaces."""
    return " ".join(text.replace("*", " ").split()).casefold()


def _bare(text: str) -> str:
    """Return a name without what people leave out: brackets, hyphens and blanks, the kind of thing or of place."""
    plain = _BRACKETS.sub("", nfkc(text).casefold())
    plain = "".join(one for one in plain if one.isalnum())
    return _KIND_OF_PLACE.sub("", plain.removeprefix("制冷剂").removeprefix("refrigerant"))


def _by_title(columns: Iterable[Column]) -> dict[str, Column]:
    named: dict[str, Column] = {}
    for one in columns:
        for text in (*(shown(one.title, lang) for lang in SHOWN_IN), tab_name(one.title, BOTH), one.name):
            named.setdefault(normalised(text), one)
    return named


def _named(code: str, title: Texts) -> Texts:
    return {lang: f"{title[lang]} ({code})" for lang in LANGUAGES}


def _matching(pattern: str, library: FactorLibrary) -> list[CatalogueEntry]:
    if pattern in library.catalogue:
        return [library.catalogue[pattern]]
    return [one for code, one in library.catalogue.items() if fnmatchcase(code, pattern)]


@cache
def _described() -> Workbook:
    told = tomllib.loads(files("hsesg_carbon").joinpath("sheets.toml").read_text(encoding="utf-8"))
    entries = tuple(Column(name=name, **one) for name, one in told["entry"].items())
    return Workbook(
        sheets=tuple(_sheet(name, one, told["column"], entries) for name, one in told["sheet"].items()),
        lists=told["list"],
        units={name: tuple(one) for name, one in told["units"].items()},
        in_tables=told["column_of_table"],
        guide=told["guide"],
        completeness=told["completeness"],
        words=told["words"],
    )


def _sheet(name: str, told: Mapping[str, Any], columns: Mapping[str, Any], entries: Sequence[Column]) -> Sheet:
    required, further, titles = (told.get(key, ()) for key in ("required", "further", "titles"))
    own = tuple(
        Column(
            **{"name": one, **columns[one], "required": one in required, "further": one in further}
            | ({"title": titles[one]} if one in titles else {})
        )
        for one in told["columns"]
    )
    plain = {
        key: told[key] for key in ("title", "help", "gives", "optional", "activities", "units", "stream") if key in told
    }
    return Sheet(id=name, columns=own, entries=tuple(entries) if told.get("form") else (), **plain)
