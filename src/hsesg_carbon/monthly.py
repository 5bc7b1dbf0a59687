"""The months of an inventory: what each site used of each carrier, and in which months the bills say so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

from hsesg_carbon import units
from hsesg_carbon.activities import Bill
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Rate
from hsesg_carbon.months import BY_WIRE_AND_PIPE, Completeness, SeriesKey, Status, is_any
from hsesg_carbon.periods import Period, months_between, period_names
from hsesg_carbon.records import CatalogueEntry

Measure = Literal["quantity", "kwh", "tce", "tco2e"]
SCOPES = ("1", "2")
"""What a month's monitor is about; most of Scope 3 is known once a year."""

LONGEST = 45
"""
Days of the longest bill that says what was used in a month: a judgement, between a month whose readings came late and
two months. What longer bills say of single months is their average, not a use.
"""

_MEASURES: dict[str, Measure] = {"energy.gj": "kwh", "tce.dangliang": "tce", "tce.dengjia": "tce"}
_WORST = ("missing", "partial", "overlapping", "estimated", "complete")


class Place(NamedTuple):
    """A carrier (the catalogue's subject) at a site."""

    site: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Covered:
    """
    How bills cover a month: ``days`` of the ``of`` on which they are expected.

    ``long`` says that a bill is too long to tell of a month, ``known`` that all that was used in the month is known.
    """

    status: Status
    days: int
    of: int
    long: bool = False
    known: bool = False


@dataclass(frozen=True)
class Monthly:
    """
    What the rows of Scopes 1 and 2 come to by month: exact, and nothing where bills do not cover the month.

    Quantities, kWh and tce are of the whole bills; tCO2e are what the inventory's view counts of them.

    Args:
        inventory: The ledger with its boundary, GWP set and Scope 2 method.
        bills: What the rows state, with meter and quality.
        completeness: In which months bills are expected, and which they cover.
    """

    inventory: Inventory
    bills: Sequence[Bill] = field(repr=False)
    completeness: Completeness = field(repr=False)

    @property
    def catalogue(self) -> Mapping[str, CatalogueEntry]:
        """The kinds of activities."""
        return self.inventory.ledger.plan.library.catalogue

    @cached_property
    def months(self) -> tuple[Period, ...]:
        """The months of the reported years, from the first that a bill of Scope 1 or 2 touches to the last."""
        own = [one.period for bills in self._by_stream.values() for one in bills]
        first, last = min((one.start for one in own), default=date.max), max((one.end for one in own), default=date.min)
        return tuple(one for one in self.completeness.months if first <= one.end and one.start <= last)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every site and carrier with a bill, carriers in the order of the catalogue."""
        order = {
            subject: at for at, subject in enumerate(dict.fromkeys(one.subject for one in self.catalogue.values()))
        }
        found = set(self._streams)
        return tuple(sorted(found, key=lambda one: (one.site, order[one.carrier])))

    @cached_property
    def carriers(self) -> dict[str, str]:
        """The unit of every carrier: the catalogue's first of the kind in which most bills of it are."""
        found = {}
        for carrier in dict.fromkeys(one.carrier for one in self.places):
            activities = [code for code in self._activities if self.catalogue[code].subject == carrier]
            kinds = [units.kind(one.cell.unit) for one in self._bills if one.cell.activity in activities]
            most = max(dict.fromkeys(kinds), key=kinds.count)
            known = [unit for code in activities for unit in self.catalogue[code].measured_in]
            found[carrier] = next(unit for unit in known if units.kind(unit) == most)
        return found

    # --------------------------------------------------------------------------------------------- figures

    def value(self, measure: Measure, place: Place, month: Period) -> Fraction | None:
        """Return what was used of a carrier at a site in a month; ``None`` unless bills cover the whole month."""
        if not self.whole(place, month):
            return None
        return self.billed(measure, place, month)

    def billed(self, measure: Measure, place: Place, month: Period) -> Fraction | None:
        """Return what bills say of a month, whether or not they cover it; ``None`` where they say nothing of it."""
        own = self._held[measure].get(place, {})
        if month in own:
            return own[month]
        return Fraction(0) if self.measured(measure, place) and self.whole(place, month) else None

    def measured(self, measure: Measure, place: Place) -> bool:
        """Say whether a carrier at a site has a measure at all: a refrigerant has no tce."""
        return place in self._held[measure] and place not in self._mixed

    def total(
        self, measure: Measure, month: Period, site: str | None = None, carrier: str | None = None
    ) -> Fraction | None:
        """
        Return the sum over sites or carriers; ``None`` where a part of it is missing or nothing was expected.

        Carriers whose bills are all longer than a month are no part of it: ``findings`` name them.
        """
        expected, whole = self._expected, self._whole
        own = [one for one in self._parts(measure, site, carrier) if month in expected[one]]
        if not own or not all(month in whole[one] for one in own):
            return None
        return sum((self._held[measure][one].get(month, Fraction(0)) for one in own), Fraction(0))

    def to_date(
        self, measure: Measure, span: Sequence[Period], site: str | None = None, carrier: str | None = None
    ) -> tuple[Fraction | None, tuple[Period, ...]]:
        """
        Return the sum over the months of a span in which everything is known, and these months.

        Bills longer than a month count in it where they lie within it, as far as they cover it.
        """
        parts = self._parts(measure, site, carrier, longer=True)
        wanted, inside = set[Period](), set(span)
        for one in parts:
            wanted |= self._expected[one] & inside
        for one in parts:
            wanted -= self._expected[one] - self._known_in(one, inside)
        known = tuple(month for month in span if month in wanted)
        if not known:
            return None, ()
        amount = Fraction(0)
        for one in parts:
            held = self._held[measure][one]
            amount += sum((held[month] for month in known if month in held), Fraction(0))
            longer = [long for long in self._longer[one] if long in held]
            amount += sum((held[long] for long in longer if _is_in(long, wanted)), Fraction(0))
        return amount, known

    def expected(self, place: Place, month: Period) -> bool:
        """Say whether a carrier at a site has, or should have, bills in a month."""
        return month in self._expected.get(place, ())

    def by_months(self, place: Place) -> bool:
        """Say whether any bill of a carrier at a site is of about a month, so that it has months at all."""
        return place in self._by_months

    def whole(self, place: Place, month: Period) -> bool:
        """Say whether all that a site used of a carrier in a month is known from bills of about a month."""
        return month in self._whole.get(place, ())

    def status(self, place: Place, month: Period) -> Covered:
        """Return how the bills of all meters of a carrier at a site cover a month: as the worst of them does."""
        return self._statuses.get(place, {}).get(month) or Covered("not-expected", 0, month.days)

    def estimated(self, place: Place, month: Period) -> Fraction | None:
        """Return the share of a month's quantity that is estimated; ``None`` where no row states its quality."""
        own = [one for stream in self._streams.get(place, ()) for one in self._split[stream].get(month, ())]
        if not any(quality for quality, _ in own):
            return None
        whole = sum((abs(amount) for _, amount in own), Fraction(0))  # of a net sum a credit could make it more than 1
        share = sum((abs(amount) for quality, amount in own if quality == "estimated"), Fraction(0))
        return share / whole if whole else Fraction(any(quality == "estimated" for quality, _ in own))

    def of_stream(self, stream: SeriesKey, month: Period) -> Fraction | None:
        """Return what the bills of one meter say of a month, in the carrier's unit; ``None`` if not of all of it."""
        cover = self._cover.get(stream, {}).get(month)
        if cover is None or not cover.known:
            return None
        return sum((amount for _, amount in self._split[stream].get(month, ())), Fraction(0))

    def of_activity(self, measure: Measure, site: str, activity: str, month: Period) -> Fraction | None:
        """Return what was used for one activity of a site; ``None`` unless the carrier's month is whole."""
        if not self.whole(Place(site, self.catalogue[activity].subject), month):
            return None
        return self._by_activity[measure].get((site, activity), {}).get(month)

    def stream_expected(self, stream: SeriesKey, month: Period) -> bool:
        """Say whether a meter has, or should have, bills in a month."""
        cover = self._cover[stream].get(month)
        return cover is not None and cover.status != "not-expected"

    @property
    def streams(self) -> Mapping[Place, Sequence[SeriesKey]]:
        """The meters of every carrier at a site, or its activities where bills name no meter."""
        return self._streams

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Name what the months leave out: bills of several months, carriers in units that do not add up, Scope 3."""
        found = []
        for one in self.places:
            months = [month for month in self.months if self.status(one, month).long]
            longest = max((bill.period.days for bill in self._bills_of(one)), default=0)
            if months:
                data = {"site": one.site, "carrier": one.carrier, "days": longest, "months": period_names(months)}
                found.append(Finding(code="monitor-long-bills", severity="warning", data=data))
        for one in sorted(self._mixed):
            data = {"site": one.site, "carrier": one.carrier, "unit": self.carriers[one.carrier]}
            found.append(Finding(code="monitor-units-mixed", severity="warning", data=data))
        for one in self.places:
            if self.measured("kwh", one) and not self.measured("tce", one):
                data = {"site": one.site, "carrier": one.carrier}
                found.append(Finding(code="monitor-no-tce", severity="warning", data=data))
        left = sorted(
            {self.catalogue[one.cell.activity].subject for one in self.bills if self._scope(one.cell.activity) == "3"}
        )
        if left:
            found.append(Finding(code="monitor-scope-3", severity="info", data={"carriers": left}))
        return tuple(found)

    # ---------------------------------------------------------------------------------------------- inside

    def _scope(self, activity: str) -> str:
        return self.catalogue[activity].scope

    @cached_property
    def _bills(self) -> list[Bill]:
        return [one for one in self.bills if self._scope(one.cell.activity) in SCOPES]

    @cached_property
    def _activities(self) -> list[str]:
        used = {one.activity for one in self._by_stream}
        return [code for code in self.catalogue if code in used]

    def _bills_of(self, place: Place) -> Iterator[Bill]:
        for stream in self._streams[place]:
            yield from self._by_stream[stream]

    @cached_property
    def _by_stream(self) -> dict[SeriesKey, list[Bill]]:
        series = self.completeness.series
        return {key: bills for key, bills in series.items() if self._scope(key.activity) in SCOPES}

    @cached_property
    def _streams(self) -> dict[Place, list[SeriesKey]]:
        found: dict[Place, list[SeriesKey]] = {}
        for one in self._by_stream:
            found.setdefault(Place(one.site, self.catalogue[one.activity].subject), []).append(one)
        return found

    @cached_property
    def _split(self) -> dict[SeriesKey, dict[Period, list[tuple[str, Fraction]]]]:
        """The quantities of every stream by month, with their quality, split by days, in the carrier's unit."""
        found: dict[SeriesKey, dict[Period, list[tuple[str, Fraction]]]] = {}
        for stream, bills in self._by_stream.items():
            own = found.setdefault(stream, {})
            unit = self.carriers[self.catalogue[stream.activity].subject]
            for one in bills:
                if units.kind(one.cell.unit) == units.kind(unit):
                    amount = one.quantity * units.ratio(one.cell.unit, unit)
                    for month in months_between(one.period.start, one.period.end):
                        days = _shared(one.period, month)
                        own.setdefault(month, []).append((one.quality, amount * days / one.period.days))
        return found

    @cached_property
    def _by_activity(self) -> dict[Measure, dict[tuple[str, str], dict[Period, Fraction]]]:
        """What cells come to, by site, activity and month, or the longer period that they are of."""
        found: dict[Measure, dict[tuple[str, str], dict[Period, Fraction]]] = {
            measure: {} for measure in ("quantity", "kwh", "tce", "tco2e")
        }
        for measure, (site, activity), period, amount in self._amounts():
            own = found[measure].setdefault((site, activity), {})
            own[period] = own.get(period, 0) + amount
        return found

    def _amounts(self) -> Iterator[tuple[Measure, tuple[str, str], Period, Fraction]]:
        """Yield what cells come to: steps are summed as integers before they are multiplied, once for each rate."""
        steps: dict[tuple[str, str, Period, Rate], int] = {}
        cells: dict[Rate, str] = {}
        for place, own in self.inventory.ledger.held:
            if self._scope(place.cell.activity) in SCOPES:
                alike = (place.cell.site, place.cell.activity, place.period.folded(), place.rate)
                steps[alike] = steps.get(alike, 0) + own
                cells[place.rate] = place.cell.unit
        per_step = {rate: self._per_step(rate, unit) for rate, unit in cells.items()}
        for (site, activity, period, rate), own in steps.items():
            for measure, each in per_step[rate].items():
                yield measure, (site, activity), period, own * each
        periods = {one.period.label: one.period.folded() for one, _ in self.inventory.ledger.held}
        for row in self.inventory.by("site", "activity", "period"):
            site, activity = str(row["site"]), str(row["activity"])
            if self._scope(activity) in SCOPES:
                yield "tco2e", (site, activity), periods[str(row["period"])], row.amount.value

    def _per_step(self, rate: Rate, unit: str) -> dict[Measure, Fraction]:
        """Return what one step of a cell comes to: in the carrier's unit, kWh and tce, as far as it has them."""
        own = self.carriers[self.catalogue[rate.activity].subject]
        found: dict[Measure, Fraction] = {}
        if units.kind(own) == units.kind(unit):
            found["quantity"] = rate.step * units.ratio(unit, own)
        for line in rate.lines:
            measure = _MEASURES.get(line.flow.flow)
            if measure is not None:
                size = units.ratio(line.flow.unit, "kWh") if measure == "kwh" else Fraction(1)
                found[measure] = found.get(measure, Fraction(0)) + rate.step * line.multiplier * size
        return found

    @cached_property
    def _held(self) -> dict[Measure, dict[Place, dict[Period, Fraction]]]:
        """What cells come to by site, carrier and month, or the longer period that they are of."""
        found: dict[Measure, dict[Place, dict[Period, Fraction]]] = {}
        for measure, cells in self._by_activity.items():
            places = found.setdefault(measure, {})
            for (site, activity), own in cells.items():
                place = places.setdefault(Place(site, self.catalogue[activity].subject), {})
                for period, amount in own.items():
                    place[period] = place.get(period, Fraction(0)) + amount
        return found

    @cached_property
    def _mixed(self) -> set[Place]:
        """Carriers of which a site has bills in units that cannot be added."""
        return {
            place
            for place in self.places
            if any(
                units.kind(one.cell.unit) != units.kind(self.carriers[place.carrier]) for one in self._bills_of(place)
            )
        }

    def _parts(self, measure: Measure, site: str | None, carrier: str | None, *, longer: bool = False) -> list[Place]:
        """Return the places that a sum is over: those that have the measure, and bills of months unless ``longer``."""
        wanted = measure, site, carrier, longer
        if wanted not in self._found_parts:
            self._found_parts[wanted] = [
                one
                for one in (self._by_site.get(site, ()) if site else self.places)
                if carrier in {None, one.carrier} and self._has(measure, one) and (longer or one in self._by_months)
            ]
        return self._found_parts[wanted]

    @cached_property
    def _found_parts(self) -> dict[tuple[Measure, str | None, str | None, bool], list[Place]]:
        return {}

    def _has(self, measure: Measure, place: Place) -> bool:
        return place in self._held[measure] and not (measure == "quantity" and place in self._mixed)

    @cached_property
    def _by_site(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for one in self.places:
            found.setdefault(one.site, []).append(one)
        return found

    @cached_property
    def _by_months(self) -> set[Place]:
        """Carriers at a site with any bill of about a month."""
        return {one for one in self.places if any(bill.period.days <= LONGEST for bill in self._bills_of(one))}

    @cached_property
    def _whole(self) -> dict[Place, set[Period]]:
        """The months of every place in which the bills of each of its meters say what was used."""
        return {
            place: {month for month, one in months.items() if one.known} for place, months in self._statuses.items()
        }

    @cached_property
    def _statuses(self) -> dict[Place, dict[Period, Covered]]:
        """How bills cover the months of every place in which any are expected: as the worst of its meters has it."""
        found: dict[Place, dict[Period, Covered]] = {}
        for place, streams in self._streams.items():
            months: dict[Period, list[Covered]] = {}
            for stream in streams:
                for month, one in self._cover[stream].items():
                    if one.status != "not-expected":
                        months.setdefault(month, []).append(one)
            found[place] = {month: _worst(own) for month, own in months.items()}
        return found

    @cached_property
    def _expected(self) -> dict[Place, frozenset[Period]]:
        return {place: frozenset(months) for place, months in self._statuses.items()}

    @cached_property
    def _longer(self) -> dict[Place, list[Period]]:
        """The quarters, years and other periods of a carrier's cells that are no months."""
        held: dict[Place, set[Period]] = {one: set() for one in self.places}
        for places in self._held.values():
            for place, cells in places.items():
                held[place].update(cells)
        months = {one for own in held.values() for one in own if one.is_month}
        return {place: sorted(own - months) for place, own in held.items()}

    def _known_in(self, place: Place, span: set[Period]) -> set[Period]:
        """Return the months that bills cover, of whatever length, but for longer ones that end outside of a span."""
        outside = [long for long in self._longer[place] if not _is_in(long, span)]
        return {one for one in self._covered[place] if not any(one.within(long) for long in outside)}

    @cached_property
    def _covered(self) -> dict[Place, set[Period]]:
        """The months of which bills leave no day open, at any of a place's meters."""
        found: dict[Place, set[Period]] = {}
        for place, streams in self._streams.items():
            left_open = {
                month
                for stream in streams
                for month, one in self._cover[stream].items()
                if one.status == "missing" or (one.days < one.of and is_any(stream.activity, BY_WIRE_AND_PIPE))
            }
            found[place] = set(self._expected[place]) - left_open
        return found

    @cached_property
    def _cover(self) -> dict[SeriesKey, dict[Period, Covered]]:
        """How the bills of every stream cover each month."""
        sites = {one.id: one for one in self.completeness.sites}
        within = set(self.months)
        long = {
            (key, month)
            for key, bills in self._by_stream.items()
            for one in bills
            if one.period.days > LONGEST
            for month in months_between(one.period.start, one.period.end)
        }
        found: dict[SeriesKey, dict[Period, Covered]] = {key: {} for key in self._by_stream}
        for one in self.completeness.matrix:
            if one.key in found and one.month in within:
                is_long = (one.key, one.month) in long
                cut = one.key.site in sites and sites[one.key.site].cuts(one.month)
                enough = one.days >= one.of or not is_any(one.key.activity, BY_WIRE_AND_PIPE)
                known = bool(one.days) and enough and not is_long and not cut
                found[one.key][one.month] = Covered(one.status, one.days, one.of, is_long, known)
        return found


# -------------------------------------------------------------------------------------------------- private


def _is_in(period: Period, months: set[Period]) -> bool:
    """Say whether every month of a period is among some."""
    return months.issuperset(months_between(period.start, period.end))


def _worst(covers: Sequence[Covered]) -> Covered:
    """Return how several meters together cover a month: some without bills leave it partial."""
    worst = min(covers, key=lambda one: (_WORST.index(one.status), one.days))
    some = worst.status == "missing" and any(one.status != "missing" for one in covers)
    status: Status = "partial" if some else worst.status
    long, known = any(one.long for one in covers), all(one.known for one in covers)
    return Covered(status, worst.days, worst.of, long, known)


def _shared(period: Period, month: Period) -> int:
    return (min(period.end, month.end) - max(period.start, month.start)).days + 1
