"""Sites, and the entities through which an organisation holds them: what share of a place counts, and on which days."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hsesg_carbon import units
from hsesg_carbon.errors import near
from hsesg_carbon.findings import Finding, fault
from hsesg_carbon.periods import Period
from hsesg_carbon.units import Exact


class Lease(BaseModel):
    """
    The part of a building that an organisation uses, where its bills are of the whole building.

    ``basis`` says how the part is found, ``note`` the evidence behind it. It is ``area`` over ``building_area``, both
    in one unit; by ``occupancy`` over the area that is let, ``building_area`` times ``occupied`` (Technical Guidance
    for Calculating Scope 3 Emissions, formula 8.2); or a ``share`` that is known already. With a ``sub-meter`` the rows
    are the leased floor's own, and all of them count, unless a ``share`` is stated.

    Example:
        >>> floor = {"basis": "occupancy", "area": 200, "building_area": 2000, "occupied": "0.75", "note": "contract"}
        >>> Lease.model_validate(floor).part
        Fraction(2, 15)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: Literal["area", "sub-meter", "occupancy"]
    note: str = Field(min_length=1)
    share: Exact | None = Field(default=None, gt=0, le=1)
    area: Exact | None = Field(default=None, gt=0)
    building_area: Exact | None = Field(default=None, gt=0)
    occupied: Exact | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _states_one_way(self) -> "Lease":
        stated = {name for name in ("share", "area", "building_area", "occupied") if getattr(self, name) is not None}
        ways: dict[str, tuple[set[str], ...]] = {
            "area": ({"area", "building_area"}, {"share"}),
            "occupancy": ({"area", "building_area", "occupied"}, {"share"}),
            "sub-meter": (set(), {"share"}),
        }
        if stated not in ways[self.basis]:
            wanted = " or ".join(", ".join(sorted(way)) or "nothing more" for way in ways[self.basis])
            msg = f"with basis {self.basis} state {wanted}"
            raise ValueError(msg)
        if self.part > 1:
            msg = "area is larger than the part of the building that it is a part of"
            raise ValueError(msg)
        return self

    @property
    def part(self) -> Fraction:
        """The exact part of the bills."""
        if self.area is not None and self.building_area is not None:
            return Fraction(self.area) / (Fraction(self.building_area) * Fraction(self.occupied or 1))
        return Fraction(self.share or 1)


@dataclass(frozen=True, slots=True)
class Holding:
    """
    What counts of something that is held, under equity share, financial and operational control; links multiply.

    Example:
        >>> from fractions import Fraction as F
        >>> Holding(F("0.83"), F(1), F(1)) * Holding(F("0.5"), F("0.5"), F(0))  # a joint venture of a subsidiary
        Holding(equity=Fraction(83, 200), financial=Fraction(1, 2), operational=Fraction(0, 1))
    """

    equity: Fraction = Fraction(1)
    financial: Fraction = Fraction(1)
    operational: Fraction = Fraction(1)

    def __mul__(self, other: "Holding") -> "Holding":
        return Holding(
            self.equity * other.equity, self.financial * other.financial, self.operational * other.operational
        )


class Held(BaseModel):
    """
    What an organisation holds, wholly or in part: a site or an entity.

    ``equity_share`` is exact text between 0 and 1. ``control`` holds ``operational``, and ``financial`` or, where
    partners have it together, ``joint-financial``: then financial control counts the equity share (GHG Protocol
    Corporate Standard, ch. 3, table 1). ``from`` and ``to`` are the first and last day of belonging.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str = Field(min_length=1)
    name: dict[str, str] = Field(default_factory=dict)
    equity_share: Exact = Field(default=Decimal(1), ge=0, le=1)
    control: tuple[Literal["financial", "joint-financial", "operational"], ...] = ("financial", "operational")
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Held":
        if self.first and self.last and self.last < self.first:
            msg = f"it leaves on {self.last}, before it joins on {self.first}"
            raise ValueError(msg)
        if {"financial", "joint-financial"} <= set(self.control):
            msg = "control is financial or joint-financial, not both"
            raise ValueError(msg)
        return self

    @property
    def holding(self) -> Holding:
        """What its own figures say."""
        equity = Fraction(self.equity_share)
        financial = equity if "joint-financial" in self.control else Fraction("financial" in self.control)
        return Holding(equity, financial, Fraction("operational" in self.control))


class Entity(Held):
    """
    A company or venture through which an organisation holds sites.

    ``held_by`` is another entity; without it, the organisation itself. Share, control and days are those of the holder.

    Example: ``Entity(id="venture", held_by="daughter", equity_share=Decimal("0.5"), control=("joint-financial",))``.
    """

    held_by: str | None = Field(default=None, min_length=1)


class Site(Held):
    """
    A place whose emissions are counted, and how it belongs to the organisation in the end.

    With ``entity`` share, control and days follow from the chain of entities; what the site states beside it is held
    to that: an equity share must be the chain's, control may be less, days may be fewer. ``legal_entity`` is the legal
    person that it belongs to, where that is neither ``entity`` nor the organisation itself; ``accounting_group``
    whether it is consolidated in the accounts (IFRS S2, 29(a)(iv)). ``lease`` is for bills of a whole building of which
    a part is used.
    """

    region: str | None = None
    entity: str | None = Field(default=None, min_length=1)
    legal_entity: str | None = None
    accounting_group: Literal["consolidated", "other"] = "consolidated"
    lease: Lease | None = None

    @property
    def used(self) -> Fraction:
        """The part of its bills that is its own use."""
        return self.lease.part if self.lease else Fraction(1)

    def cuts(self, period: "Period") -> bool:
        """Say whether the site joins or leaves within a period."""
        joins = self.first is not None and period.start < self.first <= period.end
        return joins or (self.last is not None and period.start <= self.last < period.end)


def repeated_sites(sites: Iterable[Site]) -> list[str]:
    """Return the ids that more than one site has."""
    return _repeated(sites)


@dataclass(frozen=True)
class Tree:
    """
    The entities that an organisation holds, each by one holder.

    Example:
        >>> tree = Tree((Entity(id="daughter", equity_share=Decimal("0.83")),
        ...              Entity(id="venture", held_by="daughter", equity_share=Decimal("0.5"))), "us")
        >>> tree.holding(Site(id="plant", entity="venture")).equity
        Fraction(83, 200)
    """

    entities: tuple[Entity, ...]
    organisation: str = ""

    def chain(self, entity: str | None) -> tuple[Entity, ...]:
        """Return the entities from one up to what the organisation holds itself; a chain that goes round ends."""
        known = {one.id: one for one in self.entities}
        links: list[Entity] = []
        while (one := known.get(entity or "")) and one not in links:
            links.append(one)
            entity = one.held_by
        return tuple(links)

    def holding(self, site: Site) -> Holding:
        """Return what counts of a site: the product down its chain, without the control that the site disclaims."""
        if site.entity is None:
            return site.holding
        held = Holding()
        for link in self.chain(site.entity):
            held *= link.holding
        if "control" not in site.model_fields_set:
            return held
        financial = held.financial if {"financial", "joint-financial"} & set(site.control) else Fraction(0)
        return Holding(held.equity, financial, held.operational if "operational" in site.control else Fraction(0))

    def dated(self, site: Site) -> Site:
        """Return a site with the days on which every link of its chain is held."""
        links = (site, *self.chain(site.entity))
        first = max((one.first for one in links if one.first), default=None)
        last = min((one.last for one in links if one.last), default=None)
        same = (first, last) == (site.first, site.last)
        return site if same else site.model_copy(update={"first": first, "last": last})

    def idle(self, sites: Iterable[Site]) -> list[str]:
        """Return the entities of which no site is listed, nor of any that they hold."""
        used = {link.id for site in sites for link in self.chain(site.entity)}
        return sorted(one.id for one in self.entities if one.id not in used)

    def faults(self, sites: Iterable[Site]) -> list[Finding]:
        """Return all that is wrong with the entities, then what the sites state against them."""
        found = [fault("entity-twice", entity=one) for one in _repeated(self.entities)]
        found += [fault for one in self.entities for fault in self._entity_faults(one)]
        return found or [fault for one in sites if one.entity for fault in self._site_faults(one)]

    def _entity_faults(self, one: Entity) -> list[Finding]:
        if one.id == self.organisation:
            return [fault("entity-is-organisation", entity=one.id)]
        links = self.chain(one.id)
        if links and links[-1].held_by == one.id:
            return [fault("entity-cycle", entity=one.id, chain=" < ".join([*(link.id for link in links), one.id]))]
        return [] if self._knows(one.held_by) else [self._unknown("unknown-holder", str(one.held_by), entity=one.id)]

    def _site_faults(self, site: Site) -> list[Finding]:
        if not self._knows(site.entity):
            return [self._unknown("unknown-entity", str(site.entity), site=site.id)]
        links = self.chain(site.entity)
        held = self.holding(site)
        facts = {"site": site.id, "entity": site.entity}
        found = []
        if "equity_share" in site.model_fields_set and Fraction(site.equity_share) != held.equity:
            found.append(
                fault("site-share-differs", stated=site.equity_share, share=units.exact_text(held.equity), **facts)
            )
        control = _control(links)
        if "control" in site.model_fields_set and (more := [one for one in site.control if one not in control]):
            found.append(fault("site-control-differs", stated=more, control=sorted(control) or ["-"], **facts))
        dated = self.dated(site)
        if dated.first and dated.last and dated.last < dated.first:
            found.append(fault("site-never-held", first=dated.first, last=dated.last, **facts))
        return found

    def _knows(self, holder: str | None) -> bool:
        return holder in {None, self.organisation, *(one.id for one in self.entities)}

    def _unknown(self, code: str, holder: str, **facts: str) -> Finding:
        listed = [one.id for one in self.entities]
        known = near(holder, listed) or listed[:8] or ["-"]
        return fault(code, holder=holder, known=known, organisation=self.organisation or "-", **facts)


# -------------------------------------------------------------------------------------------------- private


def _control(links: Sequence[Entity]) -> set[str]:
    """Return the control that every link has: jointly where one of them has it so."""
    words = {"operational"} if all("operational" in one.control for one in links) else set()
    joint = any("joint-financial" in one.control for one in links)
    if all({"financial", "joint-financial"} & set(one.control) for one in links):
        words.add("joint-financial" if joint else "financial")
    return words


def _repeated(held: Iterable[Held]) -> list[str]:
    return sorted(one for one, count in Counter(one.id for one in held).items() if count > 1)
