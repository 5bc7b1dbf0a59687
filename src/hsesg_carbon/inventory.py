"""The inventory: whose emissions, weighted how. What people argue about is applied here, as a view of the ledger."""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from hsesg_carbon import units
from hsesg_carbon.activities import Activities, ActivityRow
from hsesg_carbon.boundary import Boundary
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import FactorError, InputError, InventoryError
from hsesg_carbon.findings import Finding, Severity
from hsesg_carbon.instruments import Instrument, Instruments, Matching, Part
from hsesg_carbon.intensity import Denominator, divided
from hsesg_carbon.ledger import (
    Counting,
    Dimensions,
    Entry,
    Held,
    Ledger,
    OfPlace,
    Place,
    Totals,
    by_year,
    held_by_year,
    ordered,
    summed,
)
from hsesg_carbon.lines import Stood, lines_of
from hsesg_carbon.messages import both
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import EMITTED, PlanKey, PlanLine, covered_gases, plan_keys
from hsesg_carbon.records import COUNTED, Flow, Gwp
from hsesg_carbon.units import CO2E, Amount

_WHOLE = Fraction(1)

Covered = tuple[Place, PlanLine, Fraction]
"""A place that instruments cover, one of its lines, and how much of the line's flow counts there."""
NATIONAL_ITEMS = (  # pattern of activities, item of GB/T 32150, sign
    ("stationary.*", "fuel-combustion", 1),
    ("mobile.*", "fuel-combustion", 1),
    ("vehicle.*", "fuel-combustion", 1),
    ("process.*", "process", 1),
    ("wastewater.*", "process", 1),
    ("refrigerant.*", "process", 1),
    ("fugitive.*", "process", 1),
    ("fire_suppression.*", "process", 1),
    ("electricity.grid", "electricity-bought", 1),
    ("heat.purchased", "heat-bought", 1),
    ("cooling.purchased", "heat-bought", 1),
    ("electricity.sold", "electricity-sold", -1),
    ("heat.sold", "heat-sold", -1),
    ("co2.recovered", "recovered", -1),
)
"""GB/T 32150: fuel + process + power and heat bought - power and heat sold - CO2 recovered; nothing else is in it."""


@dataclass(frozen=True)
class Inventory:
    """
    Emissions of an organisation (温室气体清单): a ledger seen with a boundary, a GWP set and a Scope 2 method.

    Args:
        ledger: Exact sums and multipliers.
        boundary: Whose emissions; without it every site counts wholly.
        gwp: GWP set (``AR5``, ``AR6`` ...); by default the methodology's. ``none`` is for inventories of CO2 alone.
        scope2: ``location`` or ``market``; by default the first that the methodology names.
        instruments: Contractual instruments, which the market-based method walks by volume before the plan's rules.
        keep_published: Keep amounts that are published as CO2e only on their publisher's GWP set, with a finding, where
            another set is asked for. Without it they raise.

    Raises:
        InventoryError: The basis does not allow what is asked, or a gas has no GWP in the set.
    """

    ledger: Ledger = field(repr=False)
    boundary: Boundary | None = None
    gwp: str = ""
    scope2: str = ""
    instruments: Instruments | None = field(default=None, repr=False)
    keep_published: bool = False
    _matching: Matching = field(default_factory=Matching, repr=False, compare=False)
    _weights: dict[tuple[str, str | None], Fraction] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        method = self.ledger.plan.methodology
        object.__setattr__(self, "gwp", self.gwp or method.gwp)
        object.__setattr__(self, "scope2", self.scope2 or method.scope2[0])
        if self.scope2 not in method.scope2:
            raise InventoryError(
                "scope2-not-computed", asked=self.scope2, methodology=method.id, computed=method.scope2
            )
        if method.gwp == "none" and self.gwp != "none":
            raise InventoryError("gwp-not-needed", methodology=method.id, asked=self.gwp)
        matching = Matching()  # never another view's, which replace() hands over
        if self.scope2 == "market" and self.instruments is not None:
            matched = self.instruments.match(self._bought_electricity(), self.ledger.plan.library)
            parts = {  # in units of the bills, of which the boundary takes the leased part like everything else
                (cell, period): tuple(Part(one.instrument, one.quantity / self._own_use(cell.site)) for one in own)
                for (cell, period), own in matched.parts.items()
            }
            matching = Matching(parts, matched.findings)
        object.__setattr__(self, "_matching", matching)
        object.__setattr__(self, "_weights", self._all_weights())

    def total(self) -> Amount:
        """
        Return all emissions of all periods, in tCO2e.

        Raises:
            InventoryError: Nothing was computed: no gas covered, or no site counted. That is not zero.
        """
        return self.by().value()

    def by(self, *dimensions: str) -> Totals:
        """
        Return emissions in tCO2e by any of the ledger's dimensions, and ``gas``.

        Example: ``inventory.by("scope", "year")``.
        """

        def counting(activity: str, line: PlanLine) -> tuple[str, str, Fraction] | None:
            totalled = self._is_totalled(line.flow, activity)
            return ("CO2e", CO2E, self._weights[self._gas_key(line.flow.flow, activity)]) if totalled else None

        return self.summed(self._telling(dimensions), counting)

    def national(self, *dimensions: str) -> Totals:
        """
        Return the items of GB/T 32150 in tCO2e: ``item`` stands first in a group, what is sold or recovered below 0.

        One total without scopes, net of what is sold; see it under a boundary of ``legal-entity``. Scope 2 stands at
        this view's method: the standard knows the location-based one.
        """
        catalogue = self.ledger.plan.library.catalogue

        def item(activity: str) -> tuple[str, int]:
            return next(((name, sign) for like, name, sign in NATIONAL_ITEMS if fnmatchcase(activity, like)), ("", 0))

        def counting(activity: str, line: PlanLine) -> tuple[str, str, Fraction] | None:
            sign = item(activity)[1]
            if not sign or line.flow.kind not in COUNTED or catalogue[activity].scope == "3":
                return None
            return "CO2e", CO2E, self._weights[self._gas_key(line.flow.flow, activity)] * sign

        items: dict[str, OfPlace] = {"item": lambda one: item(one.cell.activity)[0]}
        return self.summed(self.ledger.telling(("item", *dimensions), items), counting)

    def biogenic(self, *dimensions: str) -> Totals:
        """Return biogenic CO2 in t: reported beside the totals, never in them."""
        return self.summed(self._telling(dimensions), lambda _, line: _in_tonnes(line, "biogenic", "CO2-biogenic"))

    def ozone_depleting(self, *dimensions: str) -> Totals:
        """Return the gases of the Montreal Protocol in t, by gas: reported beside the scopes, never in the totals."""
        telling = self.ledger.telling(dimensions)
        return self.summed(telling, lambda _, line: _in_tonnes(line, "ozone-depleting", line.flow.flow))

    def remarks(self, row: ActivityRow) -> tuple[Finding, ...]:
        """Return what the boundary makes of a row: a part that counts, the basis of a lease, or nothing to remark."""
        if self.boundary is None:
            return ()
        return tuple(self.boundary.findings((row.key.site, key.period) for key, _ in plan_keys(row.key)))

    def lines(self, activities: Activities | None = None) -> Any:
        """
        Return one line per row, period, flow and rung, as ``Ledger.lines`` does: a view for people and spreadsheets.

        Under the market-based method a row has a line for what each instrument covers of it (``rung`` names it) and one
        for what is left, in proportion within its cell. ``counted`` is the share that the boundary counts, so that per
        flow the sum of ``amount`` times ``counted`` is this view's amount, as far as floating point goes. Lines of the
        other method of Scope 2 stand there as well, marked in ``scope2``.

        Args:
            activities: One batch of the ledger; the only one by default.

        Raises:
            InputError: The frame's engine cannot join (named), or rows of several batches were merged.
        """
        if activities is None:
            if len(self.ledger.activities) != 1:
                raise InputError("lines-of-batches")
            activities = self.ledger.activities[0]
        bought: dict[tuple[CellKey, Period], Fraction] = {}
        parts: dict[tuple[CellKey, Period], list[Part]] = {}
        for (cell, period), quantity in self._bought_electricity().items():
            place = replace(cell, extra=()), period  # rows do not know the dimensions of the cube
            bought[place] = bought.get(place, Fraction(0)) + quantity / self._own_use(cell.site)
            parts.setdefault(place, []).extend(self._matching.parts.get((cell, period), ()))

        def standing(cell: CellKey, key: PlanKey) -> Iterator[Stood]:
            share = self._share(cell.site, key.period)
            own = parts.get((cell, key.period), ())
            whole = bought[cell, key.period] if own else Fraction(1)
            if not whole:  # dimensions kept bills and their credit notes apart, and instruments covered the bills
                raise InputError("lines-of-credits", site=cell.site, period=key.period.label)
            covered = sum((part.quantity for part in own), Fraction(0)) / whole
            for line in self.ledger.plan.lines_of(key):
                market = line.scope2 == "market" and line.flow.kind in EMITTED
                yield Stood(line, 1 - covered if market else Fraction(1), counted=share)
            for part in own:
                line = self.instrument_line(part.instrument, key)
                yield Stood(line, part.quantity / whole, part.instrument.instrument, share)

        return lines_of(activities, self.ledger.plan, standing)

    def rungs(self, activity_id: str) -> tuple["Rung", ...]:
        """
        Return on which rungs of the market-based ladder a row stands: instruments, then what the rules say.

        Rows of one cell of the cube share its instruments in proportion to their quantities. Of a building leased in
        part the part is shown; ownership is not applied.

        Raises:
            InputError: No row has this id, or several have.
        """
        row = self.ledger.row(activity_id)
        bought = self._bought_electricity()
        found = []
        for key, share in plan_keys(row.key):
            used = self._own_use(row.key.site)
            cell = bought.get((row.key, key.period), Fraction(0)) / used
            if not cell or self.scope2 != "market":
                continue
            own = row.quantity * share * used  # what the site uses of its bill
            parts = self._matching.parts.get((row.key, key.period), ())
            for part in parts:
                quantity = part.quantity * own / cell
                line = self.instrument_line(part.instrument, key)
                amount = Amount(quantity * line.multiplier, line.flow.unit)
                found.append(
                    Rung(key.period, part.instrument.instrument, Amount(quantity, key.unit), line.flow.flow, amount)
                )
            left = own - self._matching.covered(row.key, key.period) * own / cell
            for line in self.ledger.plan.lines_of(key):
                if left and line.scope2 == "market" and line.flow.kind in EMITTED:
                    amount = Amount(left * line.multiplier, line.flow.unit)
                    number = line.factor.id if line.factor else "-"
                    found.append(Rung(key.period, number, Amount(left, key.unit), line.flow.flow, amount))
        return tuple(found)

    def seen(
        self,
        gwp: str | None = None,
        scope2: str | None = None,
        boundary: Boundary | None = None,
        *,
        keep_published: bool | None = None,
    ) -> "Inventory":
        """Return the same ledger seen another way: a what-if that costs no pass over the rows."""
        return replace(
            self,
            gwp=gwp or self.gwp,
            scope2=scope2 or self.scope2,
            boundary=boundary or self.boundary,
            keep_published=self.keep_published if keep_published is None else keep_published,
        )

    def intensity(
        self,
        denominators: Iterable[Denominator],
        per: str,
        by: tuple[str, ...] = (),
        accept_boundary: Iterable[str] = (),
        years: Container[int] | None = None,
    ) -> Totals:
        """
        Return emissions per denominator and year, in tCO2e per its unit; a year without a value is left out.

        Args:
            denominators: Values by period; only whole years divide yearly emissions.
            per: Which denominator, e.g. ``revenue``.
            by: Dimensions to keep apart besides the year, e.g. ``("scope",)``.
            accept_boundary: Boundaries that may differ from the inventory's: the caller knows and says so.
            years: The years wanted; all that have emissions by default.

        Raises:
            InventoryError: Nothing has such a denominator, a year has two values, units differ, or a boundary differs
                and was not accepted.
        """
        own = self.boundary.id if self.boundary else "-"
        return divided(self.by(*by, "year"), denominators, per, own, accept_boundary=accept_boundary, years=years)

    @property
    def matching(self) -> Matching:
        """What contractual instruments cover under this view: nothing but under the market-based one."""
        return self._matching

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Judgements about data, factors and this view."""
        method = self.ledger.plan.methodology
        covered = covered_gases(self.ledger.plan.library, method)
        findings = [*self.ledger.findings, *self._boundary_findings()]
        left_out = sorted({gas for line in self._catalogue_gases() for gas in line} - covered)
        if left_out:
            findings.append(
                Finding(
                    code="gases-left-out",
                    severity="info",
                    data={"gases": left_out, "covered": method.gases, "methodology": method.id},
                )
            )
        findings += [*self._matching.findings, *self._residual_findings()]
        kept = {
            (line.factor.id, line.factor.gwp_set or "-")
            for _, line in self._used()
            if line.flow.kind == "co2e" and line.factor and line.factor.gwp_set != self.gwp
        }
        findings += [
            Finding(code="co2e-kept", severity="warning", data={"factor": one, "gwp_set": own, "asked": self.gwp})
            for one, own in sorted(kept)
        ]
        parts = {part.instrument for own in self._matching.parts.values() for part in own}
        findings += [
            Finding(
                code="instrument-kept",
                severity="warning",
                data={"instrument": one.instrument, "gwp_set": one.gwp_set or "-", "asked": self.gwp},
            )
            for one in sorted(parts, key=lambda one: one.instrument)
            if one.on_other_set(self.gwp)
        ]
        return tuple(findings)

    def entries(self, years: Container[int] | None = None) -> Iterator[Entry]:
        """Yield the ledger's entries of this Scope 2 method; under the market's, instruments come before the rules."""
        for place, steps in self.ledger.held:
            if years is not None and place.period.start.year not in years:
                continue
            for line, quantity, _ in self._lines_at(place, steps * place.rate.step):
                yield Entry(place.cell, place.key, line, quantity * line.multiplier)

    def counted(self, years: Container[int] | None = None) -> Iterator[tuple[Entry, Fraction]]:
        """Yield every entry that counts in the scopes with what one unit of its flow counts for, in tCO2e."""
        for entry, share in self.weighed(years):
            activity, flow = entry.cell.activity, entry.line.flow
            if self._is_totalled(flow, activity):
                yield entry, share * self._weights[self._gas_key(flow.flow, activity)]

    def weight(self, flow: Flow, activity: str) -> Fraction:
        """
        Return what one unit of a gas from an activity counts for, in tCO2e; published CO2e counts as it is.

        Raises:
            InventoryError: The gas has no GWP in the set of this view.
        """
        if flow.kind == "co2e":
            return units.ratio(flow.unit, CO2E)
        gas, origin = key = self._gas_key(flow.flow, activity)
        held = self._weights.get(key)
        return self._weight(gas, origin, flow.unit) if held is None else held

    def weighed(self, years: Container[int] | None = None) -> Iterator[tuple[Entry, Fraction]]:
        """Yield every entry of this view, of some years or all, with the share of it that counts."""
        for entry in self.entries(years):
            if share := self._share(entry.cell.site, entry.period):
                yield entry, share

    def products(self) -> Iterator["Product"]:
        """Yield every entry of this view as the product that it is, those of which nothing counts included."""
        for place, steps in self.ledger.held:
            cell = place.cell
            share = self._share(cell.site, place.period)
            for line, own, rung in self._lines_at(place, steps, place.rate.step):
                weight = self._weight_in_total(line.flow, cell.activity)
                yield Product(place, line, own, rung, share, weight)

    def pools(self, alike: Callable[[Place], Hashable], years: Container[int]) -> Iterator["Pool"]:
        """
        Yield the lines of this view that count in some years, places together that ``alike`` says the same of.

        What is multiplied alike is first summed as integers: exact fractions are slow. What instruments cover goes
        place by place, for each is covered in its way.
        """
        found: dict[tuple[Hashable, ...], tuple[list[Place], list[int]]] = {}
        parts = self._matching.parts
        for place, steps in self.ledger.held:
            if place.period.start.year not in years:
                continue
            share = self._share(place.cell.site, place.period)
            if share:
                single = bool(parts) and (place.cell, place.period) in parts
                name = place if single else alike(place), place.rate, share.as_integer_ratio()
                places, own = found.setdefault(name, ([], []))
                places.append(place)
                own.append(steps)
        for places, own in found.values():
            first = places[0]
            whole, share = sum(own) * first.rate.step, self._share(first.cell.site, first.period)
            lines = [
                Pooled(line, quantity, rung, self._weight_in_total(line.flow, first.cell.activity))
                for line, quantity, rung in self._lines_at(first, whole)
            ]
            yield Pool(tuple(places), whole, share, tuple(lines))

    def _lines_at(
        self, place: Place, whole: int | Fraction, each: Fraction = _WHOLE
    ) -> Iterator[tuple[PlanLine, int | Fraction, str]]:
        """
        Yield what stands for a quantity at a place: lines of the rules, then of the instruments that cover it.

        Args:
            place: A cell in a period.
            whole: The quantity, as a multiple of ``each``; what is yielded is such a multiple, too.
            each: A quantity in the unit of the cell.
        """
        parts = self._matching.parts.get((place.cell, place.period), ()) if self._matching.parts else ()
        left = whole - self._matching.covered(place.cell, place.period) / each if parts else whole
        for line in place.rate.lines:
            if line.scope2 in {"", self.scope2}:
                yield line, left if line.flow.kind in EMITTED else whole, ""
        for part in parts:
            yield self.instrument_line(part.instrument, place.key), part.quantity / each, part.instrument.instrument

    def gwps(self) -> tuple[Gwp, ...]:
        """Return the global warming potentials that weigh this view's gases, by id."""
        used = {self.potential(line.flow, activity) for activity, line in self._used()}
        return tuple(sorted((one for one in used if one), key=lambda one: one.id))

    def potential(self, flow: Flow, activity: str) -> Gwp | None:
        """Return the global warming potential that weighs a gas of an activity; ``None`` where none is needed."""
        if self.gwp == "none" or flow.kind != "gas":
            return None
        return self.ledger.plan.library.gwp(self.gwp, *self._gas_key(flow.flow, activity))

    def summed(self, dimensions: Dimensions, counting: Counting) -> Totals:
        """Sum what counts of this view; what instruments cover goes place by place, for each is covered in its way."""
        methods = {"", self.scope2}
        held, covered = self._counting if dimensions.by_month else self._counting_years

        def of_view(activity: str, line: PlanLine) -> tuple[str, str, Fraction] | None:
            return counting(activity, line) if line.scope2 in methods else None

        sums = summed(held, dimensions, of_view)
        for place, line, amount in covered:
            if counted := counting(place.cell.activity, line):
                flow, unit, each = counted
                group = dimensions.group(
                    [tell(place) for tell in dimensions.by_place], [tell(line) for tell in dimensions.by_line]
                )
                sums[group, flow, unit] = sums.get((group, flow, unit), 0) + amount * each
        return ordered(sums)

    def covered(self) -> Iterator[tuple[Place, Fraction, tuple[Part, ...]]]:
        """Yield every place of which instruments cover something, with the share of it that counts."""
        for place, _ in self.ledger.held if self._matching.parts else ():
            parts = self._matching.parts.get((place.cell, place.period), ())
            share = self._share(place.cell.site, place.period) if parts else Fraction(0)
            if share:
                yield place, share, parts

    # ---------------------------------------------------------------------------------------------- inside

    def _bought_electricity(self) -> dict[tuple[CellKey, Period], Fraction]:
        """
        Return the electricity that instruments can cover: bought and used by the sites, leased parts of buildings.

        Whoever owns or controls the sites: instruments are matched once, and ownership weighs what they cover.
        """
        catalogue = self.ledger.plan.library.catalogue
        return {
            (cell, key.period): quantity * self._own_use(cell.site)
            for cell, key, quantity in self.ledger.quantities()
            if (catalogue[cell.activity].scope, catalogue[cell.activity].subject) == ("2", "electricity")
        }

    def _own_use(self, site_id: str) -> Fraction:
        """Return the part of a site's bills that is its own use."""
        site = self.boundary.site(site_id) if self.boundary else None
        return site.used if site else Fraction(1)

    def instrument_line(self, one: Instrument, key: PlanKey) -> PlanLine:
        """Return the line of what an instrument covers: its own factor, 0 included."""
        line = self._instrument_lines.get((one.instrument, key.unit))
        if line is None:
            line = self._instrument_lines[one.instrument, key.unit] = self._line_of(one, key.unit)
        return line

    @cached_property
    def _instrument_lines(self) -> dict[tuple[str, str], PlanLine]:
        """The lines of instruments by unit, each made once: one may cover thousands of cells."""
        return {}

    def _line_of(self, one: Instrument, unit: str) -> PlanLine:
        flow = self.ledger.plan.library.flows[one.flow]
        if not self.keep_published:
            one.hold_to(self.gwp)
        above, below = one.per
        multiplier = Fraction(one.factor) * units.ratio(above, flow.unit) * units.ratio(unit, below)
        reason = both("reason-instrument", instrument=one.instrument)
        return PlanLine(flow, multiplier, (), 0, reason, ("instrument",), "market")

    def _residual_findings(self) -> list[Finding]:
        """Say what stands for the residual mix, where instruments leave electricity uncovered (criterion 8)."""
        if self.scope2 != "market":
            return []
        used: dict[tuple[str, str, str], Finding] = {}
        for (cell, period), quantity in self._bought_electricity().items():
            if quantity <= self._matching.covered(cell, period) * self._own_use(cell.site):
                continue
            for line in self.ledger.plan.lines_of(_plan_key(cell, period)):
                if line.scope2 != "market" or not line.rule:
                    continue
                rule = self.ledger.plan.methodology.use[line.rule - 1]
                code = "residual-mix-used" if rule.scope2 == "market" else "residual-mix-missing"
                number = line.factor.id if line.factor else "-"
                data = {"activity": cell.activity, "factor": number, "reason": rule.reasons}
                severity: Severity = "info" if rule.scope2 == "market" else "warning"
                used.setdefault((code, cell.activity, number), Finding(code=code, severity=severity, data=data))
        return list(used.values())

    def _boundary_findings(self) -> list[Finding]:
        """Name every site of which a year's activities do not count, or count in part: left out is not zero."""
        if self.boundary is None:
            return []
        idle = [Finding(code="entity-idle", severity="warning", data={"entity": one}) for one in self.boundary.idle]
        held = ((one.cell.site, one.period) for one, _ in self.ledger.held if one.rate.lines)
        return [*self.boundary.findings(held), *idle]

    @cached_property
    def _counting(self) -> tuple[dict[Fraction, list[Held]], list[Covered]]:
        """The places that count, by their share; of those that instruments cover, what each line amounts to."""
        parts, methods = self._matching.parts, {"", self.scope2}
        standing = {rate for rate in self.ledger.rates if any(line.scope2 in methods for line in rate.lines)}
        by_share: dict[Fraction, list[Held]] = {}
        lists: dict[tuple[str, Period], list[Held]] = {}  # fractions are slow to look up, and a site has many places
        covered: list[Held] = []
        for one in self.ledger.held:
            place = one[0]
            single = bool(parts) and (place.cell, place.period) in parts
            if not single and place.rate not in standing:
                continue
            where = place.cell.site, place.period
            own = lists.get(where)
            if own is None:
                own = lists[where] = by_share.setdefault(self._share(*where), [])
            (covered if single else own).append(one)
        by_share.pop(Fraction(0), None)
        amounts = [
            (place, line, quantity * line.multiplier * share)
            for place, steps in covered
            if (share := self._share(place.cell.site, place.period))
            for line, quantity, _ in self._lines_at(place, steps * place.rate.step)
        ]
        return by_share, amounts

    @cached_property
    def _counting_years(self) -> tuple[dict[Fraction, list[Held]], list[Covered]]:
        """``_counting`` with the places of a year as one where they differ in nothing else."""
        held, covered = self._counting
        return {share: held_by_year(own) for share, own in held.items()}, list(by_year(covered))

    def _share(self, site: str, period: Period) -> Fraction:
        """Return the share of a site that counts in a period: all of it where there is no boundary."""
        return _WHOLE if self.boundary is None else self.boundary.share(site, period)

    def _used(self) -> Iterator[tuple[str, PlanLine]]:
        """Yield the distinct lines of this view, each with its activity."""
        for activity, line in self.ledger.used:
            if line.scope2 in {"", self.scope2}:
                yield activity, line
        parts = {
            (cell.activity, cell.unit, part.instrument): key
            for (cell, period), own in self._matching.parts.items()
            for part in own
            for key in (_plan_key(cell, period),)
        }
        for (activity, _, instrument), key in parts.items():
            yield activity, self.instrument_line(instrument, key)

    def dimensions(self, names: Sequence[str]) -> dict[str, Callable[[Entry], str | int]]:
        """Return, for each name, how an entry tells its value: those of the ledger, ``gas``, ``accounting_group``."""
        return self._telling(names).tells()

    def _telling(self, names: Sequence[str]) -> Dimensions:
        groups: dict[str, OfPlace] = {"accounting_group": lambda one: self._accounting_group(one.cell.site)}
        return self.ledger.telling(names, groups, {"gas": lambda line: line.flow.flow})

    def _is_totalled(self, flow: Flow, activity: str) -> bool:
        """Say whether a flow of an activity adds up to the totals of the scopes."""
        return flow.kind in COUNTED and self.ledger.plan.library.catalogue[activity].scope != "beside"

    def _weight_in_total(self, flow: Flow, activity: str) -> Fraction | None:
        """Return what one unit of a flow adds to the totals, in tCO2e; ``None`` where it is in none of them."""
        return self.weight(flow, activity) if self._is_totalled(flow, activity) else None

    def _accounting_group(self, site_id: str) -> str:
        site = self.boundary.site(site_id) if self.boundary else None
        return site.accounting_group if site else "consolidated"

    def _gas_key(self, gas: str, activity: str) -> tuple[str, str | None]:
        """Return the gas and, for CH4, the origin by which its GWP is chosen where a report states two."""
        if gas != "CH4":
            return gas, None
        origin = self.ledger.plan.library.catalogue[activity].origin
        if origin == "fossil":
            return gas, self.ledger.plan.methodology.combustion_methane
        return gas, "fossil" if origin == "released" else origin

    def _all_weights(self) -> dict[tuple[str, str | None], Fraction]:
        """Return tCO2e per unit of every gas in the ledger; missing ones raise before any total is formed."""
        library = self.ledger.plan.library
        weights: dict[tuple[str, str | None], Fraction] = {}
        for activity, line in self._used():
            flow, origin = key = self._gas_key(line.flow.flow, activity)
            if line.flow.kind == "co2e":
                factor = line.factor
                if factor is not None and factor.gwp_set != self.gwp and not self.keep_published:
                    set_ = factor.gwp_set or "-"
                    raise InventoryError("co2e-of-other-set", factor=factor.id, gwp_set=set_, asked=self.gwp)
                weights[key] = units.ratio(line.flow.unit, CO2E)
            elif line.flow.kind == "gas" and key not in weights:
                weights[key] = self._weight(flow, origin, line.flow.unit)
        if self.gwp not in {"none"}:
            library.gwp(self.gwp, "CO2")  # an unknown set is refused even where nothing needs it
        return weights

    def _weight(self, flow: str, origin: str | None, unit: str) -> Fraction:
        """Return tCO2e per ``unit`` of a gas."""
        if self.gwp == "none":
            if flow != "CO2":
                raise InventoryError("gwp-needed", flow=flow, methodology=self.ledger.plan.methodology.id)
            return units.ratio(unit, "t")  # the reference gas: 1 by definition
        try:
            record = self.ledger.plan.library.gwp(self.gwp, flow, origin)
        except FactorError as error:
            raise InventoryError(error.code, **error.data) from error
        above, below = units.sides(record.unit)
        return Fraction(record.value) * units.ratio(above, CO2E) * units.ratio(unit, below)

    def _catalogue_gases(self) -> Iterator[tuple[str, ...]]:
        """Yield the gases of every activity that is computed gas by gas; published CO2e holds its gases already."""
        library = self.ledger.plan.library
        published = {activity for activity, line in self._used() if line.flow.kind == "co2e"}
        for activity in {cell.activity for cell in self.ledger.cube.steps} - published:
            yield tuple(flow for flow in library.catalogue[activity].flows if library.flows[flow].kind == "gas")


class Product(NamedTuple):
    """
    An entry and what it is the product of: tCO2e = ``quantity`` x the line's multiplier x ``share`` x ``weight``.

    ``steps`` are those of the place's rate, whole ones where no instrument covers any. ``weight`` is tCO2e per unit of
    the flow, ``None`` for what is in no total; ``rung`` the instrument, if one stands.
    """

    place: Place
    line: PlanLine
    steps: int | Fraction
    rung: str
    share: Fraction
    weight: Fraction | None

    @property
    def quantity(self) -> Fraction:
        """What it stands for, in the unit of the cell."""
        return self.steps * self.place.rate.step

    @property
    def entry(self) -> Entry:
        """The entry."""
        return Entry(self.place.cell, self.place.key, self.line, self.quantity * self.line.multiplier)

    @property
    def t_co2e(self) -> Fraction | None:
        """What the entry adds to the totals, in tCO2e."""
        return None if self.weight is None else self.quantity * self.line.multiplier * self.share * self.weight


@dataclass(frozen=True, slots=True)
class Pool:
    """
    Places of one rate and one share that counts, and all that they hold, ``quantity`` in the unit of their cells.

    ``lines`` are those that stand for it.
    """

    places: tuple[Place, ...]
    quantity: Fraction
    share: Fraction
    lines: tuple["Pooled", ...]


@dataclass(frozen=True, slots=True)
class Pooled:
    """
    A line and how much of a pool it stands for, in the unit of the cells; ``rung`` is the instrument, if one stands.

    ``weight`` is tCO2e per unit of the flow, ``None`` for what is in no total.
    """

    line: PlanLine
    quantity: int | Fraction
    rung: str
    weight: Fraction | None


@dataclass(frozen=True, slots=True)
class Rung:
    """So much of a row's electricity that an instrument, or a factor of the rules, stands for (market-based)."""

    period: Period
    stands_for: str
    quantity: Amount
    flow: str
    amount: Amount


def _in_tonnes(line: PlanLine, kind: str, flow: str) -> tuple[str, str, Fraction] | None:
    """Return how a line of one kind of flow counts in tonnes."""
    return (flow, "t", units.ratio(line.flow.unit, "t")) if line.flow.kind == kind else None


def _plan_key(cell: CellKey, period: Period) -> PlanKey:
    """Return the key that a cell has in one of the periods that it falls into."""
    return next(key for key, _ in plan_keys(cell) if key.period == period)
