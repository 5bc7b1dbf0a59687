"""The base-year policy (基准年政策) as data, and the decision that it makes of a list of events: exact, day by day."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from hsesg_carbon import units
from hsesg_carbon.errors import InputError, InventoryError, near
from hsesg_carbon.events import (
    KINDS,
    REAL_CHANGES,
    STRUCTURAL,
    BaseYearEvent,
    Effect,
    Event,
    Kind,
    ProForma,
    check_years,
    events_of,
)
from hsesg_carbon.events import label as kind_label
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.messages import LANGUAGES, both, message
from hsesg_carbon.percentages import percent_text
from hsesg_carbon.shown import number
from hsesg_carbon.tables import read_record
from hsesg_carbon.units import CO2E, Amount, known_text

if TYPE_CHECKING:
    import pandas as pd

FILE = "base_year.toml"
COLUMNS = ("date", "event", "kind", "scope", "effect", "share", "held", "verdict")
"""The headings of ``Decision.rows``."""

_THRESHOLD = re.compile(r"(\d{1,3}(?:\.\d{1,12})?) ?[%％]", re.ASCII)
_MEASURE = re.compile(r"[123](\+[123])*")
_PLACES = 4
"""Decimals of a percentage; more where it would look like the threshold and is not."""
_STATED = ("comparison", "scope2", "of", "accumulation", "cumulative")
_ZERO = Fraction(0)

Reasons = dict[str, str]


def _percentage(value: Any) -> Any:
    match = _THRESHOLD.fullmatch(value.strip()) if isinstance(value, str) else None
    share = Fraction(match[1]) / 100 if match else None
    if share is None or share > 1:
        raise InputError("base-year-threshold", value=str(value))
    return share


def _reasons(value: Any) -> Any:
    """Return a reason in both languages; one that is plain text is the same in both."""
    if isinstance(value, dict) and set(value) == set(LANGUAGES) and all(isinstance(one, str) for one in value.values()):
        return value
    if isinstance(value, str) and value.strip():
        return dict.fromkeys(LANGUAGES, value)
    raise InputError("base-year-reason")


class BaseYearPolicy(BaseModel):
    """
    When a base year is recalculated: the content of ``base_year.toml``. No key has a default.

    ``threshold`` is text such as ``"5 %"``; ``comparison`` says whether exactly so much is enough. Each of
    ``measured_against`` is a scope, or scopes taken together (``"1+2"``), which is held to the threshold by itself;
    ``scope2`` is the method of Scope 2 in them. ``of`` says whether a share is one of the base as it was first
    reported or as it was last restated. With ``cumulative`` all that came since the last recalculation is held to the
    threshold together: ``net``, where opposite effects cancel, or ``absolute``, where they do not; else each event by
    itself. ``triggers`` and ``non_triggers`` name every kind of event once, with the reason. Several ``base_years``
    are averaged.

    Example:
        >>> structure = dict.fromkeys(["acquisition", "divestment", "merger", "insourcing", "outsourcing"], "ch. 5")
        >>> made_up = {"base_years": [2022], "threshold": "5 %", "comparison": "above", "measured_against": ["1+2"],
        ...            "scope2": "location", "of": "as-reported", "accumulation": "net", "cumulative": True,
        ...            "triggers": structure, "non_triggers": {one: "-" for one in KINDS if one not in structure}}
        >>> policy = BaseYearPolicy.model_validate(made_up)
        >>> policy.exceeds(Fraction("50.018"), Fraction(1000)), policy.exceeds(Fraction(50), Fraction(1000))
        (True, False)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_years: tuple[int, ...] = Field(min_length=1)
    threshold: Annotated[Fraction, BeforeValidator(_percentage)]
    comparison: Literal["above", "at-or-above"]
    measured_against: tuple[str, ...] = Field(min_length=1)
    scope2: Literal["location", "market"]
    of: Literal["as-reported", "as-restated"]
    accumulation: Literal["net", "absolute"]
    cumulative: bool
    triggers: dict[str, Annotated[Reasons, BeforeValidator(_reasons)]]
    non_triggers: dict[str, Annotated[Reasons, BeforeValidator(_reasons)]]

    @field_validator("base_years")
    @classmethod
    def _once_each(cls, years: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(years)) < len(years):
            raise InputError("base-year-years-twice", years=years)
        return tuple(sorted(years))

    @field_validator("measured_against")
    @classmethod
    def _of_scopes(cls, measures: tuple[str, ...]) -> tuple[str, ...]:
        for one in measures:
            if not _MEASURE.fullmatch(one) or len(set(one.split("+"))) < len(one.split("+")):
                raise InputError("base-year-measure", value=one)
        tidy = tuple("+".join(sorted(one.split("+"))) for one in measures)
        if len(set(tidy)) < len(tidy):
            raise InputError("base-year-measure-twice", value=tidy)
        return tidy

    @model_validator(mode="after")
    def _every_kind_once(self) -> Self:
        stated = (*self.triggers, *self.non_triggers)
        if unknown := next((one for one in stated if one not in KINDS), None):
            raise InputError("base-year-kind-unknown", kind=unknown, known=near(unknown, KINDS) or KINDS)
        if both := sorted(set(self.triggers) & set(self.non_triggers)):
            raise InputError("base-year-kind-twice", kinds=both)
        if missing := [one for one in KINDS if one not in stated]:
            raise InputError("base-year-kinds-missing", kinds=missing)
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read a policy from a TOML file.

        Raises:
            InputError: Everything that does not fit, or is missing.
        """
        return read_record(path, cls)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that are measured, alone or with others."""
        return tuple(sorted({scope for measure in self.measured_against for scope in measure.split("+")}))

    def exceeds(self, amount: Fraction, base: Fraction) -> bool:
        """Say whether an amount is too large a share of a base, in either direction; nothing at all never is."""
        size, limit = abs(amount), self.threshold * abs(base)
        return size > limit or (self.comparison == "at-or-above" and size == limit and size > 0)

    def decide(
        self, base: Inventory | Totals, events: Iterable[BaseYearEvent], inventory: Inventory | None = None
    ) -> "Decision":
        """
        Return whether the base year is to be recalculated, from which event on, and how that follows.

        Events are taken day by day, those of one day together: their order within it decides nothing. A recalculation
        takes in all triggering events since the one before, whichever of them exceeded; then what has accumulated
        starts again at zero.

        Args:
            base: The base year as first reported: an inventory, or its totals by ``scope`` and ``year``, Scope 2 by
                the policy's method.
            events: What happened since.
            inventory: Where the base-year rows of sites stand from which structural events are computed; its rows hold
                the corrections among the events already. By default ``base``, if it is an inventory, without them.

        Raises:
            InputError: Rows of one event contradict or repeat each other.
            InventoryError: The base has no such year, scope or method; or an event cannot be computed.
        """
        own = base if inventory is None and isinstance(base, Inventory) else inventory
        totals = base.seen(scope2=self.scope2).by("scope", "year") if isinstance(base, Inventory) else base
        reported, findings = self._scopes(totals)
        state = ProForma(own and own.seen(scope2=self.scope2), self.base_years)
        judge = _Judge(self, reported, state, inventory is not None, [*self._departures(), *findings])
        return judge.decision(events_of(events))

    def _scopes(self, totals: Totals) -> tuple[dict[str, Fraction], list[Finding]]:
        """Return the base by measured scope, the average of the base years, and name scopes that it lacks."""
        if any(not {"scope", "year"} <= dict(row.group).keys() or row.amount.unit != CO2E for row in totals):
            raise InputError("base-year-totals")
        check_years(totals, self.base_years)
        sums: dict[str, Fraction] = {}
        present = set()
        for row in totals:
            scope, year = str(row["scope"]), int(row["year"])
            if year in self.base_years and scope in self.scopes:
                present.add((scope, year))
                sums[scope] = sums.get(scope, _ZERO) + row.amount.value / len(self.base_years)
        findings = []
        for measure in self.measured_against:
            scopes = measure.split("+")
            if not set(scopes) & set(sums):
                raise InventoryError("base-year-scope-none", measure=measure, years=self.base_years)
            findings += [
                Finding(code="base-year-scope-missing", severity="warning", data={"scope": scope, "year": year})
                for scope in scopes
                for year in self.base_years
                if (scope, year) not in present
            ]
        return sums, findings

    def _departures(self) -> Iterator[Finding]:
        """Name the kinds that the policy takes otherwise than the Corporate Standard does."""
        for kind in KINDS:
            if (kind in self.triggers) != (kind not in REAL_CHANGES):
                reason = self.triggers.get(kind) or self.non_triggers[kind]
                code = "base-year-trigger-unusual" if kind in self.triggers else "base-year-trigger-left-out"
                yield Finding(code=code, severity="warning", data={"kind": kind_label(kind), "reason": reason})


Status = Literal["counts", "non-trigger", "reported-elsewhere", "not-there", "not-measured"]
"""Whether an event has a part in the decision, and if not, why."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """
    An event held to one measure, in tCO2e: ``effect`` on its scopes, of ``base``.

    ``held`` is what is held to the threshold: all since the last recalculation to the end of the day, or, under a
    policy that is not cumulative, the effect itself. Where ``status`` is not ``counts`` there is none, and no
    measure: ``effect`` is then that on all scopes, ``None`` where no figure is stated.
    """

    event: str
    kind: Kind
    day: date
    status: Status
    reason: Reasons
    measure: str = ""
    effect: Fraction | None = None
    base: Fraction | None = None
    held: Fraction | None = None
    exceeds: bool = False

    def share(self, amount: Fraction | None) -> Fraction | None:
        """Return an amount as a share of the base; ``None`` where there is no base, or it is 0."""
        return amount / abs(self.base) if amount is not None and self.base else None


@dataclass(frozen=True, slots=True)
class Recalculation:
    """
    One recalculation of the base year: on which ``day``, ``by`` which events, and all that it takes in.

    ``before`` and ``after`` are the base by measured scope, in tCO2e.
    """

    day: date
    by: tuple[str, ...]
    takes_in: tuple[str, ...]
    before: Mapping[str, Fraction]
    after: Mapping[str, Fraction]


@dataclass(frozen=True)
class Decision:
    """
    What a base-year policy says of a list of events, with the arithmetic: ``str()`` gives it in sentences.

    ``pending`` are the events that count and that no recalculation has taken in. ``reported`` and ``restated`` are the
    base by measured scope, before all of them and after the last recalculation.
    """

    policy: BaseYearPolicy
    weighed: tuple[Weighed, ...]
    recalculations: tuple[Recalculation, ...]
    pending: tuple[str, ...]
    reported: Totals
    restated: Totals
    effects: tuple[Effect, ...]
    findings: tuple[Finding, ...]

    @property
    def recalculate(self) -> bool:
        """Whether the base year is to be recalculated."""
        return bool(self.recalculations)

    @property
    def since(self) -> tuple[str, ...]:
        """The events from which on, those of the first day that exceeded; none if the base year stands."""
        return self.recalculations[0].by if self.recalculations else ()

    def rows(self, lang: str = "en") -> list[tuple[str, ...]]:
        """Return the arithmetic as text, a row for each event and measure, under ``COLUMNS``."""
        return [
            (
                one.day.isoformat(),
                one.event,
                kind_label(one.kind)[lang],
                one.measure or "–",
                number(one.effect, signed=True),
                self._percent(one.share(one.effect)),
                self._percent(one.share(one.held), signed=self._signed),
                self._verdict(one, lang) if one.status == "counts" else one.reason[lang],
            )
            for one in self.weighed
        ]

    def sentences(self, lang: str = "en") -> list[str]:
        """Return the decision and its arithmetic in words, the decision first."""
        return [*self._conclusions(lang), *(self._sentence(one, lang) for one in self.weighed)]

    def frame(self) -> "pd.DataFrame":
        """Return the arithmetic as a pandas table, exact numbers as ``Decimal``, half up where they do not end."""
        import pandas as pd  # noqa: PLC0415

        def exact(value: Fraction | None) -> Decimal | None:
            return None if value is None else Decimal(units.exact_text(value))

        return pd.DataFrame(
            {
                "date": [one.day for one in self.weighed],
                "event": [one.event for one in self.weighed],
                "kind": [one.kind for one in self.weighed],
                "status": [one.status for one in self.weighed],
                "measure": [one.measure for one in self.weighed],
                **{
                    name: pd.Series([exact(value) for value in values], dtype=object)
                    for name, values in {
                        "effect": [one.effect for one in self.weighed],
                        "base": [one.base for one in self.weighed],
                        "share": [one.share(one.effect) for one in self.weighed],
                        "held": [one.held for one in self.weighed],
                        "share_held": [one.share(one.held) for one in self.weighed],
                    }.items()
                },
                "exceeds": [one.exceeds for one in self.weighed],
            }
        )

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data; exact numbers as text, half up to 12 places where their decimals do not end."""

        def percent(one: Weighed, amount: Fraction | None) -> str | None:
            share = one.share(amount)
            return None if share is None else percent_text(share)

        policy = self.policy
        return {
            "recalculate": self.recalculate,
            "since": list(self.since),
            "policy": {
                "base_years": list(policy.base_years),
                "threshold_percent": percent_text(policy.threshold),
                **{
                    name: getattr(policy, name) for name in ("comparison", "scope2", "of", "accumulation", "cumulative")
                },
                "measured_against": list(policy.measured_against),
            },
            "unit": CO2E,
            "events": [
                {
                    "event": one.event,
                    "date": one.day.isoformat(),
                    "kind": one.kind,
                    "status": one.status,
                    "reason": one.reason[lang],
                    "measure": one.measure or None,
                    "effect": known_text(one.effect),
                    "base": known_text(one.base),
                    "percent": percent(one, one.effect),
                    "held": known_text(one.held),
                    "held_percent": percent(one, one.held),
                    "exceeds": one.exceeds,
                }
                for one in self.weighed
            ],
            "recalculations": [
                {
                    "date": one.day.isoformat(),
                    "by": list(one.by),
                    "takes_in": list(one.takes_in),
                    "before": {scope: units.exact_text(value) for scope, value in one.before.items()},
                    "after": {scope: units.exact_text(value) for scope, value in one.after.items()},
                }
                for one in self.recalculations
            ],
            "pending": list(self.pending),
            "reported": {str(row["scope"]): units.exact_text(row.amount.value) for row in self.reported},
            "restated": {str(row["scope"]): units.exact_text(row.amount.value) for row in self.restated},
            "sentences": self.sentences(lang),
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def __str__(self) -> str:
        return "\n".join(self.sentences())

    def _conclusions(self, lang: str) -> Iterator[str]:
        facts: dict[str, Any] = {"years": self.policy.base_years}
        for one in self.recalculations:
            facts |= {"day": one.day, "by": one.by, "takes_in": one.takes_in}
            sums = {name: sum(side.values(), _ZERO) for name, side in (("before", one.before), ("after", one.after))}
            yield message("label.base-year-recalculate", lang, **facts, **{k: number(v) for k, v in sums.items()})
        if not self.recalculations:
            yield message("label.base-year-stands", lang, **facts)
        if self.pending:
            yield message("label.base-year-pending", lang, pending=self.pending)

    def _sentence(self, one: Weighed, lang: str) -> str:
        facts: dict[str, Any] = {"event": one.event, "kind": kind_label(one.kind), "day": one.day}
        if one.status != "counts":
            code = "label.base-year-no-part" if one.effect is None else "label.base-year-no-part-effect"
            return message(code, lang, **facts, effect=number(one.effect, signed=True), reason=one.reason)
        said = {
            "measure": one.measure,
            "effect": number(one.effect, signed=True),
            "percent": self._percent(one.share(one.effect)),
            "base": number(one.base),
            "verdict": self._verdict(one, lang),
        }
        if not self.policy.cumulative:
            return message("label.base-year-alone", lang, **facts, **said)
        percent = self._percent(one.share(one.held), signed=self._signed)
        held = {"held": number(one.held, signed=self._signed), "held_percent": percent}
        return message("label.base-year-together", lang, **facts, **said, **held)

    def _verdict(self, one: Weighed, lang: str) -> str:
        assert one.held is not None
        assert one.base is not None
        size, limit = abs(one.held), self.policy.threshold * abs(one.base)
        where = "above" if size > limit else "below" if size < limit else "reached" if one.exceeds else "at"
        return message(f"label.base-year-{where}", lang, threshold=percent_text(self.policy.threshold))

    @property
    def _signed(self) -> bool:
        """Whether what has accumulated has a direction."""
        return not (self.policy.cumulative and self.policy.accumulation == "absolute")

    def _percent(self, share: Fraction | None, *, signed: bool = True) -> str:
        """Return a share in percent, with as many places as tell it apart from the threshold."""
        if share is None:
            return "–"
        value, limit = abs(share), self.policy.threshold
        for places in range(_PLACES, units.SHOWN_PLACES + 1):
            shown = units.half_up(share * 100, places)
            if value == limit or abs(Fraction(shown)) != limit * 100:
                break
        return f"{shown:{'+' if signed else ''}} %"


# -------------------------------------------------------------------------------------------------- inside


@dataclass
class _Judge:
    """
    Goes through the events day by day, and keeps the base as it stands and what came since it was last set.

    ``corrected`` says that the rows of sites hold the corrections already: what is sold is then not corrected again.
    """

    policy: BaseYearPolicy
    base: dict[str, Fraction]
    state: ProForma
    corrected: bool
    findings: list[Finding]
    since: list[tuple[Event, tuple[Effect, ...]]] = field(default_factory=list)
    accumulated: dict[str, Fraction] = field(default_factory=dict)
    weighed: list[Weighed] = field(default_factory=list)
    recalculations: list[Recalculation] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def decision(self, events: Sequence[Event]) -> Decision:
        reported = dict(self.base)
        for day, own in groupby(events, key=lambda one: one.day):
            self._take(day, tuple(own), reported)
        return Decision(
            self.policy,
            tuple(self.weighed),
            tuple(self.recalculations),
            tuple(event.id for event, _ in self.since),
            _by_scope(reported),
            _by_scope(self.base),
            tuple(self.effects),
            (*self.findings, *self.state.findings),
        )

    def _take(self, day: date, events: Sequence[Event], reported: Mapping[str, Fraction]) -> None:
        """Weigh the events of a day, and recalculate the base if they exceed."""
        counted = []
        for event in events:
            status = self._barred(event)
            effects = () if status else self.state.effects(event)
            if (status := status or self._unmeasured(event, effects)) is None:
                counted.append((event, effects))
                self._accumulate(effects)
                self.effects += effects
                if event.kind in STRUCTURAL or not self.corrected:
                    self.state.apply(effects)
            else:
                self.weighed.append(self._aside(event, effects, status))
        self.since += counted
        base = self.base if self.policy.of == "as-restated" else reported
        found = [one for event, effects in counted for one in self._measured(event, effects, base)]
        self.weighed += found
        if exceeding := dict.fromkeys(one.event for one in found if one.exceeds):
            self._recalculate(day, tuple(exceeding))

    def _barred(self, event: Event) -> Status | None:
        """Return why an event has no part in the decision whatever its effect; ``None`` if it may have one."""
        if event.kind not in self.policy.triggers:
            return "non-trigger"
        return "reported-elsewhere" if event.reported_elsewhere else None

    def _unmeasured(self, event: Event, effects: Sequence[Effect]) -> Status | None:
        """Return why the effects of an event are none that the policy measures."""
        if event.not_there:
            return "not-there"
        return None if {one.scope for one in effects} & set(self.policy.scopes) else "not-measured"

    def _aside(self, event: Event, effects: Sequence[Effect], status: Status) -> Weighed:
        told = status == "non-trigger"
        reason = self.policy.non_triggers[event.kind] if told else both(f"label.base-year-{status}")
        stated = [one.amount for one in effects] or [row.effect for row in event.rows if row.effect is not None]
        effect = sum(stated, _ZERO) if stated else None
        return Weighed(event.id, event.kind, event.day, status, reason, effect=effect)

    def _measured(self, event: Event, effects: Sequence[Effect], base: Mapping[str, Fraction]) -> Iterator[Weighed]:
        """Yield an event held to every measure that has a scope of it."""
        for measure in self.policy.measured_against:
            scopes = measure.split("+")
            if {one.scope for one in effects}.isdisjoint(scopes):
                continue
            own, whole = _sum(effects, scopes), sum((base.get(scope, _ZERO) for scope in scopes), _ZERO)
            held = self.accumulated[measure] if self.policy.cumulative else own
            exceeds = self.policy.exceeds(held, whole)
            reason = self.policy.triggers[event.kind]
            yield Weighed(event.id, event.kind, event.day, "counts", reason, measure, own, whole, held, exceeds)

    def _accumulate(self, effects: Sequence[Effect]) -> None:
        for measure in self.policy.measured_against:
            own = _sum(effects, measure.split("+"))
            counted = abs(own) if self.policy.accumulation == "absolute" else own
            self.accumulated[measure] = self.accumulated.get(measure, _ZERO) + counted

    def _recalculate(self, day: date, by: tuple[str, ...]) -> None:
        before, taken = dict(self.base), [one for _, effects in self.since for one in effects]
        for scope in self.policy.scopes:
            self.base[scope] = self.base.get(scope, _ZERO) + _sum(taken, (scope,))
        takes_in = tuple(event.id for event, _ in self.since)
        self.recalculations.append(Recalculation(day, by, takes_in, before, dict(self.base)))
        self.since.clear()
        self.accumulated.clear()


def _sum(effects: Iterable[Effect], scopes: Sequence[str]) -> Fraction:
    return sum((one.amount for one in effects if one.scope in scopes), _ZERO)


def _by_scope(base: Mapping[str, Fraction]) -> Totals:
    rows = (Total((("scope", scope),), "CO2e", Amount(value, CO2E)) for scope, value in sorted(base.items()))
    return Totals(tuple(rows))
