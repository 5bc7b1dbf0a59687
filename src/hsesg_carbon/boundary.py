"""The boundary: which sites count, with which share, under which approach to consolidation."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from hsesg_carbon.errors import InputError, InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.messages import both
from hsesg_carbon.percentages import percent_text, share_text
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Entity, Holding, Site, Tree, repeated_sites

Consolidation = Literal["equity-share", "financial-control", "operational-control", "legal-entity"]
CONSOLIDATIONS: tuple[Consolidation, ...] = (
    "equity-share",
    "financial-control",
    "operational-control",
    "legal-entity",
)


@dataclass(frozen=True)
class Boundary:
    """
    Which sites count and with which share (GHG Protocol Corporate Standard, ch. 3).

    Args:
        id: A name for this boundary; denominators must state the same to be divided by.
        sites: The sites, with equity share and control. Afterwards they have the days of their chain of entities, and
            it is these that ``Activities`` should know.
        consolidation: ``equity-share``, ``financial-control``, ``operational-control``, or ``legal-entity``: the legal
            person itself, as Chinese standards count.
        entity: The legal person that reports; sites that name another do not count under ``legal-entity``.
        entities: The entities that hold sites which name one; their shares multiply, exactly.

    Raises:
        InventoryError: A site stands there twice, or the consolidation is unknown.
        InputError: All that is wrong with the entities, or that sites state against them.
    """

    id: str
    sites: tuple[Site, ...]
    consolidation: Consolidation
    entity: str = ""
    entities: tuple[Entity, ...] = ()
    _by_id: dict[str, Site] = field(init=False, repr=False, compare=False)
    _holdings: dict[str, Holding] = field(init=False, repr=False, compare=False)
    _shares: dict[tuple[str, Period], Fraction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if repeated := repeated_sites(self.sites):
            raise InventoryError("site-twice", file="sites", sites=repeated)
        if self.consolidation not in CONSOLIDATIONS:
            raise InventoryError("unknown-consolidation", consolidation=self.consolidation, known=CONSOLIDATIONS)
        if faults := self._tree.faults(self.sites):
            raise InputError("settings-broken", faults, file="sites")
        object.__setattr__(self, "sites", tuple(self._tree.dated(one) for one in self.sites))
        object.__setattr__(self, "_by_id", {one.id: one for one in self.sites})
        object.__setattr__(self, "_holdings", {one.id: self._tree.holding(one) for one in self.sites})
        object.__setattr__(self, "_shares", {})

    def site(self, site_id: str) -> Site | None:
        """Return a site by its id, ``None`` if it is not listed."""
        return self._by_id.get(site_id)

    def holding(self, site_id: str) -> Holding | None:
        """Return what counts of a site under each approach, down its chain of entities; ``None`` if not listed."""
        return self._holdings.get(site_id)

    def share(self, site_id: str, period: Period) -> Fraction:
        """
        Return the share of a site's emissions that counts in a period.

        Raises:
            InventoryError: The site is not listed, or it joined or left within the period.
        """
        share = self._shares.get((site_id, period))  # every cell of a site asks, in every view
        if share is None:
            share = self._shares[site_id, period] = self._share(site_id, period)
        return share

    def _share(self, site_id: str, period: Period) -> Fraction:
        site = self.site(site_id)
        if site is None:
            raise InventoryError("site-not-in-boundary", site=site_id, known=[one.id for one in self.sites] or ["-"])
        if (site.first and period.end < site.first) or (site.last and period.start > site.last):
            return Fraction(0)
        if site.first and period.start < site.first:
            raise InventoryError("boundary-within-period", site=site_id, day=site.first, period=period.label)
        if site.last and period.end > site.last:
            raise InventoryError("boundary-within-period", site=site_id, day=site.last, period=period.label)
        return self.counting(site)

    def counting(self, site: Site) -> Fraction:
        """Return the share of a site's bills that counts while it belongs to the organisation."""
        return self._held(site) * site.used

    def _held(self, site: Site) -> Fraction:
        """Return the share of a site that counts while it belongs to the organisation."""
        if self.consolidation == "legal-entity":
            person = site.entity if site.legal_entity is None else site.legal_entity
            return Fraction(person in {None, self.entity})
        held = self._holdings[site.id]
        if self.consolidation == "equity-share":
            return held.equity
        return held.financial if self.consolidation == "financial-control" else held.operational

    @property
    def _tree(self) -> Tree:
        return Tree(self.entities, self.entity)

    @property
    def idle(self) -> list[str]:
        """The entities of which no site is listed: nothing of them can be in the accounts."""
        return self._tree.idle(self.sites)

    def counted(self, site_id: str, period: Period) -> Iterator[tuple[int, Fraction]]:
        """Yield, by calendar year, the part of what a site has in a period that counts: by days, times its share."""
        for part, days in period.parts(
            folded=False
        ):  # the days themselves: a site may join or leave within their month
            if share := self.share(site_id, part):
                yield part.start.year, days * share

    def findings(self, held: Iterable[tuple[str, Period]]) -> list[Finding]:
        """Name every site of which a year's data do not count, or count in part, and on which basis a lease is."""
        held = set(held)
        shares = {
            (site, part.start.year, self.share(site, part))
            for site, period in held
            for part, _ in period.parts(folded=False)
        }
        return [
            *self._origins({site for site, _ in held}),
            *(
                Finding(
                    code="site-share-applied" if share else "site-outside-boundary",
                    severity="info" if share else "warning",
                    data={"site": site, "year": year, "percent": percent_text(share)},
                )
                for site, year, share in sorted(shares)
                if share != 1
            ),
        ]

    def _origins(self, present: set[str]) -> Iterator[Finding]:
        """Yield where the shares of sites come from: their chain of entities, their lease."""
        for site in self.sites:
            if site.id not in present:
                continue
            if links := self._tree.chain(site.entity):
                shares = {name: percent_text(share) for name, share in asdict(self._holdings[site.id]).items()}
                chain = " < ".join(f"{one.id} ({share_text(Fraction(one.equity_share))})" for one in links)
                data: dict[str, Any] = {"site": site.id, "chain": chain, **shares}
                yield Finding(code="site-held-through", severity="info", data=data)
            if site.lease:
                basis = both(f"label.lease-{site.lease.basis}")
                data = {"site": site.id, "percent": percent_text(site.used), "basis": basis, "note": site.lease.note}
                yield Finding(code="site-leased", severity="info", data=data)
