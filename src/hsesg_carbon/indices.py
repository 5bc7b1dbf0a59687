"""The indices of disclosure standards as data: what each clause asks, and by which figure of the accounts it is met."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hsesg_carbon import units
from hsesg_carbon.errors import InputError, near
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.tables import read_tables, read_toml

HOME = "disclosures"
NARRATIVE, UNACCOUNTED = "narrative", "unaccounted"
SCOPES: Mapping[str, frozenset[str]] = {
    "1": frozenset("1"),
    "2": frozenset("2"),
    "3": frozenset("3"),
    "1+2": frozenset("12"),
    "total": frozenset(),
    "": frozenset(),
}
"""The scopes that an option names; none are all of them."""
_SCOPES = tuple(name for name in SCOPES if name)
_HAZARD = ("yes", "no")

VOCABULARY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "emissions": {
        "scope": _SCOPES,
        "method": ("location", "market"),
        "by": ("gas", "site", "activity", "accounting_group", "iso14064"),
    },
    "gas-masses": {"scope": _SCOPES},
    "biogenic": {"scope": _SCOPES},
    "ozone-depleting": {},
    "emission-intensity": {"scope": _SCOPES, "method": ("location", "market")},
    "denominators": {},
    "emission-change": {"scope": _SCOPES},
    "base-year": {"scope": _SCOPES},
    "recalculation": {},
    "restatement": {},
    "reductions": {"scope": _SCOPES},
    "energy-reductions": {},
    "credits": {"status": ("retired", "held", "for-others")},
    "instruments": {},
    "targets": {},
    "energy": {
        "carrier": (
            "all",
            "fuel",
            "fuel-fossil",
            "fuel-renewable",
            "electricity",
            "heat",
            "cooling",
            "bought",
            "onsite",
        ),
        "by": ("subject",),
    },
    "energy-sold": {"carrier": ("electricity", "heat")},
    "energy-renewable": {"renewable": ("yes", "no")},
    "renewable-share": {},
    "energy-intensity": {},
    "water": {
        "kind": ("withdrawal", "discharge", "consumption", "recycled"),
        "stressed": ("yes",),
        "by": ("source_or_destination", "site"),
    },
    "water-intensity": {"kind": ("withdrawal", "consumption")},
    "waste": {
        "part": ("generated", "diverted", "disposal"),
        "hazardous": _HAZARD,
        "by": ("material", "treatment", "on_site"),
    },
    "waste-intensity": {"hazardous": _HAZARD},
    "national": {"item": ("all", "total")},
    "activity-data": {},
    "emission-factors": {"scope": _SCOPES},
    "fuel-properties": {},
    "heating-values": {},
    "organisation": {},
    "periods": {},
    "boundary": {},
    "consolidation": {},
    "outside": {},
    "methodology": {"scope": _SCOPES},
    "gases": {},
    "gwp": {},
    "factor-sources": {"scope": _SCOPES},
    "conversions": {},
    "uncertainty": {},
    "data-quality": {},
    NARRATIVE: {},
    UNACCOUNTED: {},
}
"""
Every answer that an index may ask for, and the options it takes; nothing else is read from an index.

``narrative`` is for what people must write; ``unaccounted`` for figures of which this software keeps no account.
"""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Standard(_Record):
    """
    A disclosure standard, or a part of one that is reported by itself, such as GRI 305.

    It rules from the day ``first`` until the day before its successors do (``replaced_by``, from ``replaced_from``).
    ``early`` says that it may be used before. ``draft`` marks an index whose clauses nobody has compared to the text.
    """

    id: str
    family: str | None = None
    title: dict[str, str]
    publisher: dict[str, str]
    edition: str
    first: date
    early: bool = False
    replaced_by: tuple[str, ...] = ()
    replaced_from: date | None = None
    draft: bool = False
    note: dict[str, str] | None = None

    def rules(self, year: int) -> bool:
        """Say whether the standard rules for the accounts of a calendar year, at its end."""
        over = self.replaced_from is not None and self.replaced_from <= date(year, 12, 31)
        return self.first <= date(year, 12, 31) and not over


@dataclass(frozen=True, slots=True)
class Question:
    """
    How a requirement is met: the name of an answer and its options, read from a whitelist.

    Example:
        >>> Question.parse("emissions scope=1 by=gas")
        Question(name='emissions', options=(('scope', '1'), ('by', 'gas')))
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read an answer as an index names it.

        Raises:
            InputError: The name, an option or its value is none of ``VOCABULARY``.
        """
        name, *words = text.split() or [""]
        if name not in VOCABULARY:
            raise InputError("disclose-answer-unknown", answer=name, known=near(name, list(VOCABULARY)) or [NARRATIVE])
        options = tuple((key, value) for key, _, value in (word.partition("=") for word in words))
        known = VOCABULARY[name]
        for key, value in options:
            if value not in known.get(key, ()):
                allowed = [f"{one}={each}" for one, values in known.items() for each in values]
                raise InputError("disclose-option-unknown", answer=name, option=f"{key}={value}", known=allowed)
        return cls(name, options)

    def __getitem__(self, option: str) -> str:
        return dict(self.options).get(option, "")


class Requirement(_Record):
    """
    One thing that a clause asks for, in our own words.

    ``answer`` names the figure that meets it (``VOCABULARY``), ``unit`` the unit that it is told in (of an intensity
    the numerator's). ``checked`` says what the clause number and the demand rest on: ``read`` in the source named,
    ``from-knowledge`` of the standard, or ``unverified``.
    """

    standard: str
    edition: str
    clause: str
    clause_zh: str | None = None
    datum: str
    asked_en: str = Field(min_length=1)
    asked_zh: str = Field(min_length=1)
    kind: Literal["quantity", "text", "table", "narrative"]
    answer: str
    unit: str | None = None
    obligation: Literal["mandatory", "comply-or-explain", "voluntary"]
    checked: Literal["read", "from-knowledge", "unverified"]
    source: str
    note_en: str | None = None
    note_zh: str | None = None

    @field_validator("answer")
    @classmethod
    def _is_known(cls, answer: str) -> str:
        Question.parse(answer)
        return answer

    @field_validator("unit")
    @classmethod
    def _is_unit(cls, unit: str | None) -> str | None:
        if unit is not None:
            units.ratio(unit, unit)
        return unit

    @property
    def question(self) -> Question:
        """How it is met."""
        return Question.parse(self.answer)

    @property
    def place(self) -> dict[str, str]:
        """The clause as it is cited, by language."""
        return {"en": self.clause, "zh": self.clause_zh or self.clause}

    @property
    def asked(self) -> dict[str, str]:
        """What is asked, by language."""
        return {"en": self.asked_en, "zh": self.asked_zh}

    @property
    def note(self) -> dict[str, str] | None:
        """A remark, by language."""
        return {"en": self.note_en, "zh": self.note_zh or self.note_en} if self.note_en else None


@cache
def standards() -> Mapping[str, Standard]:
    """
    Return the standards of which an index ships, by id.

    Example:
        >>> standards()["gri-305"].replaced_by
        ('gri-102',)
    """
    body = read_toml(files("hsesg_carbon").joinpath(HOME, "standards.toml"))
    return {name: Standard.model_validate({"id": name, **one}) for name, one in body.items()}


@cache
def index(standard: str) -> tuple[Requirement, ...]:
    """
    Return what a standard asks for, in its order.

    Raises:
        InputError: There is no such index, or a row of it does not fit.

    Example:
        >>> index("gri-305")[0].clause
        '305-1'
    """
    if standard not in standards():
        raise InputError("disclose-standard", standard=standard, known=suggested(standard))
    file = files("hsesg_carbon").joinpath(HOME, f"{standard}.csv")
    (table,) = read_tables(file)
    rows, problems = table.records(Requirement)
    for row, place in zip(rows, table.rows, strict=False):
        own = standards()[standard]
        if (row.standard, row.edition) != (own.id, own.edition):
            where = Where(file=table.file, row=place.number, column="standard", value=f"{row.standard} {row.edition}")
            data = {"standard": own.id, "edition": own.edition}
            problems.append(Finding(code="disclose-row-elsewhere", severity="error", where=where, data=data))
    if problems:
        raise InputError("table-broken", problems, file=table.file)
    return tuple(rows)


def chosen(word: str, year: int) -> tuple[Standard, ...]:
    """
    Return the standard of an id, or those of a family (``gri``) that rule for the accounts of a year.

    Raises:
        InputError: There is neither such a standard nor such a family; the nearest names are told.

    Example:
        >>> [one.id for one in chosen("gri", 2027)]
        ['gri-2', 'gri-303', 'gri-306', 'gri-102', 'gri-103']
    """
    name = word.strip().lower().replace("_", "-").replace(" ", "-")
    if name in standards():
        return (standards()[name],)
    own = tuple(one for one in standards().values() if one.family == name and one.rules(year))
    if not own:
        raise InputError("disclose-standard", standard=word, known=suggested(name))
    return own


def suggested(word: str) -> list[str]:
    """Return the ids most like a word; all of them where none is."""
    known = list(dict.fromkeys(_names()))
    return near(word, known) or known


def _names() -> Iterator[str]:
    for one in standards().values():
        if one.family:
            yield one.family
        yield one.id
