"""Methodologies: which publications rule, in which order, for which activities, gases and years. Data, not code."""

import re
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from hsesg_carbon.errors import MethodologyError, near
from hsesg_carbon.factors import data_folder
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.records import PropertyKind
from hsesg_carbon.tables import misfits, read_toml

_MAX_ANCESTORS = 8
_ENERGY = ("energy.", "tce.")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Vintage(_Record):
    """A factor of one stated year, whatever the year of the activity."""

    fixed: int = Field(ge=1900, le=2200)


class PropertyChoice(_Record):
    """A fuel property that a rule uses: by ``id``, or the one that ``source`` states for the activity's fuel."""

    property: PropertyKind
    id: str | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "PropertyChoice":
        if (self.id is None) == (self.source is None):
            msg = "give either id or source"
            raise ValueError(msg)
        return self


class CoalEquivalent(_Record):
    """Where coefficients of coal equivalent come from, and whether electricity counts at 当量值 or 等价值."""

    source: str
    electricity: Literal["dangliang", "dengjia"]


class Use(_Record):
    """
    One rule: for activities and flows that match its patterns, these sources rule, in this order.

    ``activity``, ``flow``, ``site`` and ``stated`` (the technology that a row states) are patterns with ``*``; a bare
    ``*`` as ``flow`` holds for everything emitted, not for energy. ``region`` overrides the region of the activity.
    ``technology`` is for rows that state none or one that the source does not know. ``basis`` says on which heating
    value the energy of the activity is stated, where the source gives factors on both.
    ``vintage`` is ``activity-year`` (the factor describes the time of the activity), ``latest-known`` or a fixed year.
    A rule for one gas by name, CO2 apart, computes it even where the catalogue does not demand it. ``elsewhere`` says,
    by patterns, with which other activities of the site and year a flow is accounted: a car's CO2 with its fuel.
    ``by`` names the activity whose numbers are used instead (diesel at the numbers of fuel oil No. 2), with a finding.
    ``omit`` leaves a flow out, with the reason in a finding. ``scope2`` holds a rule to one method of Scope 2: under
    ``market`` it rules what no contractual instrument covers (the residual mix, or what stands in for it).
    """

    activity: str
    flow: str
    site: str = "*"
    stated: str = "*"
    scope2: Literal["location", "market"] | None = None
    source: tuple[str, ...] = ()
    variant: str | None = None
    technology: str | None = None
    basis: Literal["net", "gross"] | None = None
    lifecycle: str | None = None
    region: str | None = None
    vintage: Vintage | Literal["activity-year", "latest-known"] = "activity-year"
    properties: tuple[PropertyChoice, ...] = ()
    elsewhere: tuple[str, ...] = ()
    by: str | None = None
    omit: bool = False
    reason: str
    reason_zh: str | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "Use":
        kinds = [one.property for one in self.properties]
        if sum(map(bool, (self.source, self.elsewhere, self.omit))) > 1:
            msg = "give one of source, elsewhere and omit"
            raise ValueError(msg)
        if any(kinds.count(one) > 1 for one in ("carbon-content", "oxidation")):
            msg = "carbon-content and oxidation can be stated once"
            raise ValueError(msg)
        return self

    def rules(self, activity: str, flow: str, site: str, technology: str = "", scope2: str = "") -> bool:
        """Say whether this rule speaks for a flow of an activity at a site, a stated technology, a Scope 2 method."""
        if self.scope2 is not None and scope2 != self.scope2:
            return False
        if self.flow == "*" and flow.startswith(_ENERGY):
            return False  # heating values belong to the rule for CO2, so that both accounts tie
        pairs = ((activity, self.activity), (flow, self.flow), (site, self.site), (technology, self.stated))
        return all(fnmatchcase(one, pattern) for one, pattern in pairs)

    @property
    def reasons(self) -> dict[str, str]:
        """The reason by language; Chinese falls back to English."""
        return {"en": self.reason, "zh": self.reason_zh or self.reason}

    @property
    def wanted_vintage(self) -> str | int:
        """The vintage as ``FactorLibrary.choose`` takes it."""
        return self.vintage.fixed if isinstance(self.vintage, Vintage) else self.vintage


class Methodology(_Record):
    """
    The basis of an inventory (核算方法): everything about it that people could have chosen otherwise, with the reason.

    ``combustion_methane`` says which GWP rules for CH4 from burning fossil fuel where a report states two: ``fossil``
    includes the CO2 that the methane becomes, ``non-fossil`` leaves it out, because CO2 factors that assume full
    oxidation hold it already. It must be stated when the answer depends on it. ``instrument_months`` says how many
    months a certificate's production may lie from the consumption that it is claimed for.

    Example:
        >>> Methodology.shipped("hundsun-2024").gases
        ('CO2',)
    """

    id: str
    title: dict[str, str]
    gases: tuple[str, ...] = Field(min_length=1)
    gwp: str
    scope2: tuple[Literal["location", "market"], ...] = Field(min_length=1)
    coal_equivalent: CoalEquivalent | None = None
    combustion_methane: Literal["fossil", "non-fossil"] | None = None
    instrument_months: int | None = Field(default=None, ge=0, le=60)
    notes: tuple[str, ...] = ()
    notes_zh: tuple[str, ...] = ()
    use: tuple[Use, ...]

    @model_validator(mode="after")
    def _notes_in_step(self) -> "Methodology":
        if self.notes_zh and len(self.notes_zh) != len(self.notes):
            msg = (
                f"notes_zh has {len(self.notes_zh)} of the {len(self.notes)} notes; write one for each, in their order"
            )
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _as_sealed(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave ``notes_zh`` out where there are none: what was sealed before there were any stays byte for byte."""
        told: dict[str, Any] = dump(self)
        if not self.notes_zh:
            told.pop("notes_zh", None)
        return told

    @property
    def noted(self) -> tuple[dict[str, str], ...]:
        """The notes by language; Chinese falls back to English."""
        pairs = zip(self.notes, self.notes_zh or self.notes, strict=True)
        return tuple({"en": english, "zh": chinese} for english, chinese in pairs)

    @classmethod
    def shipped(cls, name: str, home: Traversable | None = None) -> "Methodology":
        """
        Return a methodology that comes with this version; an unknown name raises ``MethodologyError``.

        ``home`` is the folder of another version's library to take it from, such as the one inside a sealed pack.
        """
        known = shipped_methodologies(home)
        if name not in known:
            raise MethodologyError("unknown-methodology", name=name, known=near(name, known) or known)
        return cls.load(_shelf(home) / f"{name}.toml", home)

    @classmethod
    def load(cls, path: Path | Traversable | str, home: Traversable | None = None) -> "Methodology":
        """
        Read a methodology; what it ``extends`` is read first, its own rules come before those inherited.

        ``id``, ``title`` and the notes are never inherited: they speak of one basis only. ``home`` as for ``shipped``.

        Raises:
            InputError: The file is missing or is no TOML.
            MethodologyError: A key is missing, unknown or does not fit.
        """
        place = Path(path) if isinstance(path, str) else path
        return cls._validated(_resolved(place, home, depth=0), place.name)

    @classmethod
    def _validated(cls, body: dict[str, Any], file: str) -> "Methodology":
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            problems = [one.model_copy(update={"where": Where(file=file)}) for one in misfits(error, cls)]
            raise MethodologyError("methodology-broken", problems, file=file) from error

    def place(self, activity: str, flow: str, site: str, technology: str = "", scope2: str = "") -> int:
        """Return the place of the first rule that matches, counted from 1; 0 if none does."""
        places = enumerate(self.use, start=1)
        return next((place for place, use in places if use.rules(activity, flow, site, technology, scope2)), 0)


def shipped_methodologies(home: Traversable | None = None) -> list[str]:
    """Return the names of the methodologies that come with this version, or stand in the library at ``home``."""
    folder = _shelf(home)
    paths = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name.removesuffix(".toml") for path in paths if path.name.endswith(".toml"))


def _shelf(home: Traversable | None) -> Traversable:
    return (home or data_folder()) / "methodologies"


def _resolved(path: Path | Traversable, home: Traversable | None, depth: int) -> dict[str, Any]:
    """Return the TOML body with what it extends merged in: own keys win, own rules come first."""
    body = read_toml(path)
    parent = body.pop("extends", None)
    if parent is None:
        return body
    if not re.fullmatch(r"[A-Za-z0-9._-]+", str(parent)):  # a name, never a path that leaves the folder
        raise MethodologyError("unknown-methodology", name=str(parent), known=shipped_methodologies(home))
    if depth >= _MAX_ANCESTORS:
        raise MethodologyError("methodology-circular", file=path.name)
    beside = path.parent / f"{parent}.toml" if isinstance(path, Path) else None
    origin = beside if beside is not None and beside.is_file() else _shelf(home) / f"{parent}.toml"
    if not origin.is_file():
        raise MethodologyError("unknown-methodology", name=str(parent), known=shipped_methodologies(home))
    inherited = _resolved(origin, home, depth + 1)
    own = body.get("use", [])
    if not isinstance(own, list):
        problem = Finding(
            code="key-misfit",
            severity="error",
            where=Where(file=path.name),
            data={"key": "use", "why": "write rules as [[use]]"},
        )
        raise MethodologyError("methodology-broken", [problem], file=path.name)
    for name in ("id", "title", "notes", "notes_zh"):
        inherited.pop(name, None)
    return {**inherited, **body, "use": [*own, *inherited.get("use", [])]}
