"""Events that can make a base year unlike later years, and the base year as if they had held in it (back-cast)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hsesg_carbon import units
from hsesg_carbon.boundary import Boundary
from hsesg_carbon.coverage import Labels, open_years
from hsesg_carbon.derive import rate
from hsesg_carbon.errors import InputError, InventoryError, near
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.messages import both
from hsesg_carbon.percentages import percent_text
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Site
from hsesg_carbon.tables import misfits
from hsesg_carbon.units import CO2E, Amount

Structural = Literal["acquisition", "divestment", "merger", "insourcing", "outsourcing"]
Correction = Literal["method", "factor-correction", "activity-correction", "error"]
RealChange = Literal["organic-growth", "organic-decline", "opening", "closure", "grid-change", "scope-shift"]
Kind = Literal[Structural, Correction, RealChange]
Scope = Literal["1", "2", "3"]

STRUCTURAL: tuple[Kind, ...] = get_args(Structural)
"""What moves emissions from one organisation to another."""
CORRECTIONS: tuple[Kind, ...] = get_args(Correction)
"""What makes the figures of the base year other ones, or better ones."""
REAL_CHANGES: tuple[Kind, ...] = get_args(RealChange)
"""What truly happened after the base year, or moves emissions between scopes that are reported both."""
KINDS: tuple[Kind, ...] = (*STRUCTURAL, *CORRECTIONS, *REAL_CHANGES)

KIND_OF_CAUSE: Mapping[str, Kind] = {
    "activity": "activity-correction",
    "lines": "error",  # a source of the base year that was forgotten, or counted and not there
    "unit": "error",
    "factor-value": "factor-correction",
    "property": "factor-correction",
    "factor-choice": "method",
    "gases": "method",
    "gwp": "method",
    "scope2": "method",
}
"""What a part of a restatement is, by its cause."""
OPEN_CAUSES = ("boundary", "ownership")
"""Causes that can be an acquisition, a sale, or another method of consolidation: only who restates knows."""
NO_EMISSIONS = ("denominator",)
"""Causes that change intensities and no emissions."""

_LEAVING = {"divestment", "outsourcing"}
_SOURCED = {"insourcing", "outsourcing"}
_ONE_OF_ALL = ("effective", "known", "kind", "other_scope")
"""What all rows of one event have in common."""
_ZERO = Fraction(0)

Cell = tuple[str, str]
"""A site (nothing, where none is named) and a scope."""


def _exact(value: Any) -> Any:
    """Return a number of any exact kind as a fraction; a float is none."""
    if isinstance(value, float):
        raise InputError("base-year-float", value=value)
    if isinstance(value, str):
        return Fraction(units.parse_number(value))
    return Fraction(value) if isinstance(value, int | Decimal) and value == value else value  # noqa: PLR0124  (NaN)


def _share(value: Any) -> Any:
    return rate(value) if isinstance(value, str) else value


class BaseYearEvent(BaseModel):
    """
    A row of ``base_year_events.csv``: something that happened, and what it makes of the base year.

    An event of several sites or scopes stands in several rows with one ``event``. ``effective`` is the first day on
    which it holds, ``known`` the day on which it was decided or found; it counts from the later of the two.

    What it makes of base-year emissions is either stated, ``effect`` in tCO2e (signed, exact) in ``scope``; or, of a
    structural event, computed from the base-year rows of a ``site``. ``share_after`` is the share of the site that
    counts afterwards, where the boundary does not tell. ``other_scope`` says in which scope the emissions are reported
    before an insourcing or after an outsourcing. ``in_base_year`` is ``no`` for what did not exist then.

    Example:
        >>> plant = BaseYearEvent(event="plant", effective="2024-07-01", known="2024-03-11", kind="acquisition",
        ...                       site="plant", source="contract, made up")
        >>> plant.day.isoformat()
        '2024-07-01'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str = Field(min_length=1)
    effective: date
    known: date
    kind: Kind
    site: str | None = Field(default=None, min_length=1)
    scope: Scope | None = None
    effect: Annotated[Fraction, BeforeValidator(_exact)] | None = None
    share_after: Annotated[Fraction, BeforeValidator(_share)] | None = None
    other_scope: Literal["none", "1", "2", "3"] | None = None
    in_base_year: Literal["yes", "no"] | None = None
    quality: Literal["measured", "invoiced", "estimated"] | None = None
    source: str = Field(min_length=1)
    note: str | None = None

    @model_validator(mode="after")
    def _says_what_it_must(self) -> Self:
        if (self.effect is None) != (self.scope is None):
            raise InputError("base-year-effect-scope")
        if self.kind in _SOURCED and self.other_scope is None:
            raise InputError("base-year-other-scope", kind=label(self.kind))
        for column in self._meaningless():
            raise InputError("base-year-cell-unused", column=column, kind=label(self.kind))
        if self.kind in CORRECTIONS and self.effect is None:
            raise InputError("base-year-effect-missing", kind=label(self.kind))
        if self.structural:
            self._check_structure()
        return self

    def _meaningless(self) -> Iterator[str]:
        """Yield the columns that are filled in and mean nothing here."""
        computed = self.structural and self.effect is None
        unused = {
            "share_after": not computed or self.in_base_year == "no",
            "other_scope": self.kind not in _SOURCED,
            "in_base_year": not self.structural,
        }
        yield from (name for name, none in unused.items() if none and getattr(self, name) is not None)

    def _check_structure(self) -> None:
        """Hold a structural event to one way of saying what it makes of the base year, in the right direction."""
        if self.effect is None:
            if self.site is None:
                raise InputError("base-year-structure-silent", kind=label(self.kind))
            return
        if self.effect and (self.effect < 0) != (self.kind in _LEAVING):
            effect = units.exact_text(self.effect)
            raise InputError("base-year-direction", kind=label(self.kind), effect=effect)
        if self.effect and self.in_base_year == "no":
            raise InputError("base-year-not-there-effect", effect=units.exact_text(self.effect))
        if self.quality is None or (self.quality == "estimated" and self.note is None):
            raise InputError("base-year-estimate-unsaid")

    @property
    def day(self) -> date:
        """The day from which it counts: it holds, and it is known."""
        return max(self.effective, self.known)

    @property
    def structural(self) -> bool:
        """Whether it moves emissions from one organisation to another."""
        return self.kind in STRUCTURAL

    @classmethod
    def of_parts(
        cls,
        parts: Iterable[tuple[str, str, Fraction]],
        event: str,
        day: date,
        source: str,
        *,
        kinds: Mapping[str, Kind] | None = None,
        quality: str | None = None,
    ) -> "tuple[BaseYearEvent, ...]":
        """
        Return the events that the parts of a restatement of the base year are: one for each cause.

        Args:
            parts: Cause, scope and exact amount in tCO2e, as a bridge of the base year splits them; 0 is left out, and
                so is ``denominator``, which changes no emissions.
            event: What the ids begin with.
            day: When the restatement was known, and took effect.
            source: The evidence.
            kinds: The kind of a cause, where ``KIND_OF_CAUSE`` does not say or does not fit; ``boundary`` and
                ``ownership`` must be told here, unless nothing of the change is theirs.
            quality: Of what is told to be structural, ``measured`` or ``invoiced``; what is estimated needs a note, and
                stands in the file of events.

        Raises:
            InputError: A cause is unknown, or it can be of several kinds and none is told, or a part cannot be an event
                of its kind.

        Example:
            >>> made_up = [("factor-value", "2", Fraction(-3, 7)), ("unit", "1", Fraction(0))]
            >>> one, = BaseYearEvent.of_parts(made_up, "r1", date(2024, 3, 1), "restatement of 2024, made up")
            >>> one.event, one.kind, one.effect
            ('r1-factor-value', 'factor-correction', Fraction(-3, 7))
        """
        own = {**KIND_OF_CAUSE, **(kinds or {})}
        sums: dict[tuple[str, str], Fraction] = {}
        for cause, scope, amount in parts:
            sums[cause, scope] = sums.get((cause, scope), _ZERO) + amount
        rows = []
        for (cause, scope), amount in sorted(sums.items()):
            if cause in NO_EMISSIONS or not amount:
                continue
            if cause not in own:
                code = "base-year-cause-open" if cause in OPEN_CAUSES else "base-year-cause-unknown"
                raise InputError(code, cause=cause, known=near(cause, list(own)) or [*own, *OPEN_CAUSES])
            row: dict[str, Any] = {"event": f"{event}-{cause}", "effective": day, "known": day, "kind": own[cause]}
            row |= {"scope": scope, "effect": amount, "source": source}
            row |= {"quality": quality} if own[cause] in STRUCTURAL else {}
            try:
                rows.append(cls.model_validate(row))
            except ValidationError as error:
                raise InputError("base-year-part-broken", misfits(error, cls), cause=cause) from error
        return tuple(rows)

    def check_beside(self, others: Iterable["BaseYearEvent"]) -> None:
        """
        Hold a row to the other rows of its event.

        Raises:
            InputError: It differs from them in what belongs to the whole event, or says what one of them says.
        """
        for one in others:
            for name in _ONE_OF_ALL:
                if getattr(one, name) != getattr(self, name):
                    here, there = str(getattr(self, name)), str(getattr(one, name))
                    raise InputError("base-year-rows-differ", event=self.event, column=name, here=here, there=there)
            if one.site == self.site and (one.scope == self.scope or None in {one.scope, self.scope}):
                raise InputError("base-year-row-twice", event=self.event)


@dataclass(frozen=True, slots=True)
class Event:
    """All rows of one event."""

    rows: tuple[BaseYearEvent, ...]

    @property
    def id(self) -> str:
        """Its name."""
        return self.rows[0].event

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.rows[0].kind

    @property
    def day(self) -> date:
        """The day from which it counts."""
        return self.rows[0].day

    @property
    def effective(self) -> date:
        """The first day on which it holds."""
        return self.rows[0].effective

    @property
    def sites(self) -> set[str]:
        """The sites of which it sets the share anew."""
        return {row.site for row in self.rows if row.structural and row.site and row.effect is None}

    @property
    def reported_elsewhere(self) -> bool:
        """Whether the emissions are reported before and after, in one scope or the other."""
        return self.rows[0].other_scope in get_args(Scope)

    @property
    def not_there(self) -> bool:
        """Whether nothing of it existed in the base year."""
        return all(row.in_base_year == "no" for row in self.rows)


def events_of(rows: Iterable[BaseYearEvent]) -> tuple[Event, ...]:
    """
    Return rows as events, in the order of their days; what else orders those of one day decides nothing.

    Raises:
        InputError: Rows of one event contradict or repeat each other, or two events change the share of one site and
            did not take effect in the order in which they count.
    """
    held: dict[str, list[BaseYearEvent]] = {}
    for row in rows:
        row.check_beside(held.get(row.event, ()))
        held.setdefault(row.event, []).append(row)
    events = sorted(map(Event, map(tuple, held.values())), key=_order)
    last: dict[str, Event] = {}
    for one in events:
        for site in one.sites:
            if (before := last.get(site)) and before.effective >= one.effective:
                raise InputError("base-year-site-order", first=before.id, second=one.id, site=site)
            last[site] = one
    return tuple(events)


def _order(one: Event) -> tuple[date, bool, date, bool, str]:
    """Within a day a site is corrected before it is sold, and comes before it goes: no name may decide that."""
    return one.day, one.kind in STRUCTURAL, one.effective, bool(one.sites), one.id


@dataclass(frozen=True, slots=True)
class Effect:
    """
    What an event makes of one site's base-year emissions in one scope, in tCO2e per year; ``basis`` says how.

    ``stated`` is so much of ``after`` as no row gives.
    """

    event: str
    site: str
    scope: str
    before: Fraction
    after: Fraction
    basis: Literal["rows", "stated"]
    stated: Fraction = _ZERO

    @property
    def amount(self) -> Fraction:
        """After less before."""
        return self.after - self.before


@dataclass
class ProForma:
    """
    The base year while events are applied to it one after another: what each site has in each scope.

    ``years`` may be several: the base is then their average. Without an inventory no event can be computed from rows.
    """

    inventory: Inventory | None
    years: tuple[int, ...]
    held: dict[Cell, Fraction] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _whole: dict[Cell, Fraction] = field(default_factory=dict)
    _corrected: dict[Cell, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.inventory is None:
            return
        self.held |= _cells(self.inventory, self.years)
        self._whole = _cells(self.inventory.seen(boundary=_everything(self.inventory)), self.years)

    def effects(self, event: Event) -> tuple[Effect, ...]:
        """
        Return what an event makes of the base year as it now stands; remarks on it are kept as findings.

        Raises:
            InventoryError: A site has no rows of the base year, or has rows that contradict what is stated.
        """
        if event.kind in STRUCTURAL and event.effective <= date(min(self.years), 1, 1):
            data = {"event": event.id, "day": event.effective, "years": self.years}
            self.findings.append(Finding(code="base-year-before", severity="warning", data=data))
        return tuple(effect for row in event.rows for effect in self._of_row(event, row))

    def apply(self, effects: Iterable[Effect]) -> None:
        """Take in what an event makes of it."""
        for one in effects:
            self.held[one.site, one.scope] = one.after
            self._corrected[one.site, one.scope] = one.stated

    def _of_row(self, event: Event, row: BaseYearEvent) -> Iterator[Effect]:
        if row.effect is not None and row.scope is not None:
            yield self._stated(event, row, row.scope, row.effect)
        elif row.structural and row.site is not None:
            yield from self._computed(event, row, row.site)

    def _stated(self, event: Event, row: BaseYearEvent, scope: str, effect: Fraction) -> Effect:
        if row.structural and self._has_rows(row.site):
            raise InventoryError("base-year-rows-and-effect", event=event.id, site=row.site)
        if row.structural and effect:
            facts = {"event": event.id, "effect": units.exact_text(effect), "scope": scope, "source": row.source}
            code = "base-year-estimated" if row.quality == "estimated" else "base-year-stated"
            severity: Literal["warning", "info"] = "warning" if row.quality == "estimated" else "info"
            self.findings.append(Finding(code=code, severity=severity, data={**facts, "note": row.note or "-"}))
        if not row.structural and effect and row.site and self._has_rows(row.site) and not self._counts(row.site):
            data = {"event": event.id, "site": row.site, "effect": units.exact_text(effect)}
            self.findings.append(Finding(code="base-year-corrects-nothing", severity="warning", data=data))
        cell = (row.site or "", scope)
        before, stated = self.held.get(cell, _ZERO), self._corrected.get(cell, _ZERO) + effect
        return Effect(event.id, *cell, before, before + effect, "stated", stated)

    def _computed(self, event: Event, row: BaseYearEvent, site: str) -> Iterator[Effect]:
        """Yield what the whole base year of a site becomes at the share that counts after, scope by scope."""
        if row.in_base_year == "no":
            if self._has_rows(site):
                raise InventoryError("base-year-was-there", event=event.id, site=site, years=self.years)
            return
        if self.inventory is None:
            raise InventoryError("base-year-needs-inventory", event=event.id, site=site)
        share = self._share_after(self.inventory, event, row, site)
        cells = sorted({cell for cell in (*self.held, *self._whole) if cell[0] == site})
        if not cells or (share and not self._has_rows(site)):
            raise InventoryError("base-year-no-rows", event=event.id, site=site, years=self.years)
        stated = self._stated_after(cells, share)
        effects = [
            Effect(event.id, site, cell[1], self.held.get(cell, _ZERO), value + stated[cell], "rows", stated[cell])
            for cell in cells
            for value in [self._whole.get(cell, _ZERO) * share]
        ]
        self._remark(event, site, sum((one.amount for one in effects), _ZERO))
        if share:
            self.findings += _gaps(self.inventory, site, self.years)
        yield from effects

    def _stated_after(self, cells: Sequence[Cell], share: Fraction) -> dict[Cell, Fraction]:
        """Return what corrections that were stated for a site come to at its new share, in proportion."""
        stated = {cell: self._corrected.get(cell, _ZERO) for cell in cells}
        whole = sum((self._whole.get(cell, _ZERO) for cell in cells), _ZERO)
        counted = sum((self.held.get(cell, _ZERO) - stated[cell] for cell in cells), _ZERO)
        if whole and counted:
            return {cell: value * share * whole / counted for cell, value in stated.items()}
        return stated if share else dict.fromkeys(cells, _ZERO)  # nothing counted yet: it stands as stated

    def _share_after(self, inventory: Inventory, event: Event, row: BaseYearEvent, site: str) -> Fraction:
        """Return the share of a site that counts after an event, before any lease, which the rows know."""
        leaves = event.kind in _LEAVING
        known = _share_on(inventory.boundary, site, event.effective)
        share = row.share_after
        if share is None:
            share = _ZERO if leaves else known
        facts: dict[str, Any] = {"event": event.id, "site": site, "day": event.effective}
        if not leaves and not share:
            raise InventoryError("base-year-share-none", **facts)
        if inventory.boundary is not None and share != known:
            percents = {"share": percent_text(share), "known": percent_text(known)}
            data = {**facts, **percents}
            self.findings.append(Finding(code="base-year-share-differs", severity="warning", data=data))
        return share

    def _remark(self, event: Event, site: str, amount: Fraction) -> None:
        """Name an event that changes nothing, or in the other direction than its kind."""
        data = {"event": event.id, "site": site, "kind": label(event.kind), "effect": units.exact_text(amount)}
        if not amount:
            self.findings.append(Finding(code="base-year-unchanged", severity="warning", data=data))
        elif (amount < 0) != (event.kind in _LEAVING):
            self.findings.append(Finding(code="base-year-other-way", severity="warning", data=data))

    def _counts(self, site: str) -> bool:
        return any(value for (one, _), value in self.held.items() if one == site)

    def _has_rows(self, site: str | None) -> bool:
        return any(one == site for one, _ in self._whole)


@dataclass(frozen=True)
class Backcast:
    """
    The base year as it was counted (``before``) and as it would have been with every structural event (``after``).

    Both are in tCO2e by site and scope; the ``effects`` add up to their difference, exactly. What is stated for no site
    stands under the site ``-``.
    """

    years: tuple[int, ...]
    before: Totals
    after: Totals
    effects: tuple[Effect, ...]
    findings: tuple[Finding, ...]

    @property
    def change(self) -> Amount:
        """What all events together make of the base year."""
        return Amount(sum((one.amount for one in self.effects), _ZERO), CO2E)


def backcast(inventory: Inventory, events: Iterable[BaseYearEvent], years: Iterable[int]) -> Backcast:
    """
    Return the base year pro forma: every structural event as if it had held on all days of it.

    The whole year counts, not the days since the event: what was acquired in July is added with all twelve months, at
    the share that counts afterwards; what was sold is taken out wholly, or but for the share that is kept. In- and
    outsourced emissions that are reported in another scope as well do not move. Corrections and real changes are no
    matter of structure: they are left aside. Years between the base year and now can be named as well.

    Raises:
        InputError: Rows of one event contradict or repeat each other.
        InventoryError: A year has no data, a site no rows of it, or rows that contradict what is stated.
    """
    wanted = tuple(sorted(set(years)))
    check_years(inventory.by("year"), wanted)
    state = ProForma(inventory, wanted)
    before = _totals(state.held)
    effects: list[Effect] = []
    for event in events_of(events):
        if event.kind in STRUCTURAL and not event.reported_elsewhere:
            found = state.effects(event)
            state.apply(found)
            effects += found
    return Backcast(wanted, before, _totals(state.held), tuple(effects), tuple(state.findings))


def check_years(totals: Totals, years: Sequence[int]) -> None:
    """Hold a base to its years: one without any emissions computed is no zero."""
    present = {int(dict(row.group)["year"]) for row in totals}
    if missing := [year for year in years if year not in present]:
        raise InventoryError("base-year-no-data", years=missing, known=sorted(present) or ["-"])


def label(kind: str) -> dict[str, str]:
    """Return the name of a kind in every language."""
    return both(f"label.base-year-{kind}")


# -------------------------------------------------------------------------------------------------- private


def _cells(inventory: Inventory, years: Sequence[int]) -> dict[Cell, Fraction]:
    """Return what each site has in each scope, in tCO2e: the average of the years."""
    sums: dict[Cell, Fraction] = {}
    for row in inventory.by("site", "scope", "year"):
        if int(row["year"]) in years:
            cell = str(row["site"]), str(row["scope"])
            sums[cell] = sums.get(cell, _ZERO) + row.amount.value / len(years)
    return sums


def _everything(inventory: Inventory) -> Boundary:
    """Return a boundary in which every site counts wholly and on all days; of a leased building, the leased part."""
    if inventory.boundary is not None:
        sites = tuple(Site(id=one.id, lease=one.lease) for one in inventory.boundary.sites)
    else:
        sites = tuple(Site(id=one) for one in sorted({cell.site for cell in inventory.ledger.cube.steps}))
    return Boundary("everything", sites, "operational-control")


def _share_on(boundary: Boundary | None, site_id: str, day: date) -> Fraction:
    """Return the share of a site that the boundary counts on a day, but for a lease."""
    if boundary is None:
        return Fraction(1)
    share = boundary.share(site_id, Period(day, day))
    site = boundary.site(site_id)
    return share / site.used if site else share


def _gaps(inventory: Inventory, site: str, years: Sequence[int]) -> list[Finding]:
    """Name base years that the rows of a site leave open: what is missing is not zero."""
    held: dict[Labels, set[Period]] = {}
    for cell, key, _ in inventory.ledger.quantities():
        if cell.site == site:
            held.setdefault((("site", site), ("activity", cell.activity)), set()).add(key.period)
    covered = {year for periods in held.values() for one in periods for year in one.years}
    found = [
        Finding(code="base-year-rows-missing", severity="warning", data={"site": site, "year": year})
        for year in years
        if year not in covered
    ]
    return found + open_years("base-year-rows-partly", held, years, ())


def _totals(held: Mapping[Cell, Fraction]) -> Totals:
    return Totals(
        tuple(
            Total((("site", site or "-"), ("scope", scope)), "CO2e", Amount(value, CO2E))
            for (site, scope), value in sorted(held.items())
        )
    )
