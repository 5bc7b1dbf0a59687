"""The plan: rules turned into numbers. One exact multiplier per distinct key and flow, with every step to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import CarbonError, FactorError, MethodologyError, near
from hsesg_carbon.factors import FactorLibrary, asked_of
from hsesg_carbon.findings import Finding, Severity
from hsesg_carbon.messages import both
from hsesg_carbon.methodology import Methodology, PropertyChoice, Use
from hsesg_carbon.periods import Period, period_names
from hsesg_carbon.records import WELL_CHECKED, CatalogueEntry, EmissionFactor, Flow, FuelProperty, Wanted
from hsesg_carbon.vetting import BASES

if TYPE_CHECKING:
    import pandas as pd

    from hsesg_carbon.ledger import Ledger

ENERGY_FLOW = "energy.gj"
EMITTED = ("gas", "co2e", "biogenic", "ozone-depleting")
"""Kinds of flows that are emitted."""

_STANDS_IN = ("earlier-year", "fixed-year", "other-region", "other-technology", "other-activity")
_OF_PROPERTIES = ("other-fuel", "other-time")

LINKS = ("ncv", "gcv", "density", "coal-equivalent")
"""Properties that link two ways of measuring a fuel."""

_CARBON = ("carbon-content", "oxidation")
"""Properties that together give CO2: a rule that names them needs no factor."""

_SHOWN = 8
"""How many candidates an error names."""

CO2_PER_CARBON = Fraction(44, 12)
"""Molar masses as the IPCC guidelines and the Chinese ones take them."""


class PlanKey(NamedTuple):
    """Everything that can change a multiplier; a named tuple, for these are made and looked up by the thousand."""

    activity: str
    unit: str
    region: str
    site: str
    period: Period
    technology: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One multiplication or division: first into ``needs`` (times ``convert``), then by ``value``, giving ``gives``.

    ``record`` is the factor or property that ``value`` comes from, ``None`` where only the unit changes.
    """

    op: str
    value: Fraction
    unit: str
    needs: str
    convert: Fraction
    gives: str
    record: EmissionFactor | FuelProperty | None

    @property
    def multiplier(self) -> Fraction:
        """What this step multiplies a quantity by."""
        return self.convert * (self.value if self.op == "×" else 1 / self.value)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """
    The multiplier of one flow, in ``flow.unit`` per unit of the quantity, and how it came about.

    It knows no key: what holds for many sites and months is one object, so that sums can be formed before they are
    multiplied.

    ``rule`` is the place of the methodology's rule, counted from 1 (0: no rule was needed, ``reason`` says why).
    ``scope2`` is the method of Scope 2 that the line belongs to, nothing where it belongs to both: the two are never
    added.
    """

    flow: Flow
    multiplier: Fraction
    steps: tuple[Step, ...]
    rule: int
    reason: dict[str, str] = field(hash=False)
    fit: tuple[str, ...]
    scope2: str = ""

    @property
    def factor(self) -> EmissionFactor | None:
        """The emission factor used, if the flow has one."""
        return next((step.record for step in self.steps if isinstance(step.record, EmissionFactor)), None)

    @property
    def records(self) -> tuple[EmissionFactor | FuelProperty, ...]:
        """The factor and the properties used, in order."""
        return tuple(step.record for step in self.steps if step.record is not None)

    @property
    def properties(self) -> tuple[FuelProperty, ...]:
        """The fuel properties used, in order."""
        return tuple(step.record for step in self.steps if isinstance(step.record, FuelProperty))


@dataclass(frozen=True)
class Plan:
    """
    A methodology compiled for the keys of some activities.

    Example:
        >>> import pandas as pd
        >>> from hsesg_carbon.activities import Activities
        >>> bill = {"activity_id": "e1", "site": "hq", "period": "2024", "activity": "electricity.grid",
        ...         "quantity": 1000, "unit": "kWh", "region": "CN"}
        >>> plan = Plan.compile(Activities(pd.DataFrame([bill])), FactorLibrary.shipped(),
        ...                     Methodology.shipped("hundsun-2024"))
        >>> [(line.flow.flow, line.multiplier) for line in plan.lines_of(plan.keys[0])][0]
        ('CO2', Fraction(2683, 5000000))
    """

    lines: dict[PlanKey, tuple[PlanLine, ...]] = field(repr=False)
    library: FactorLibrary = field(repr=False)
    methodology: Methodology = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)

    @classmethod
    def compile(
        cls, activities: "Activities | Iterable[CellKey]", library: FactorLibrary, method: Methodology
    ) -> "Plan":
        """
        Choose factors and properties for every distinct key and multiply them into one exact number each.

        Raises:
            FactorError: A factor or property is missing or ties, or a rule is missing: all of them in one error.
        """
        cells = activities.keys if isinstance(activities, Activities) else list(activities)
        compiler = _Compiler(library, method)
        if unknown := sorted({cell.activity for cell in cells} - library.catalogue.keys()):
            raise FactorError("unknown-activity", activity=unknown[0], suggestions=library.suggest(unknown[0]))
        lines = {key: compiler.lines(key) for cell in cells for key, _ in plan_keys(cell)}
        errors = list(compiler.errors.values())
        if len(errors) == 1:
            raise errors[0]
        if problems := _over_time(errors):
            raise FactorError("plan-broken", problems, methodology=method.id, count=len(problems))
        uses = _used(lines)
        return cls(
            lines,
            library,
            method,
            tuple(
                _fit_findings(uses, library)
                + _coverage_findings(uses, compiler.not_here)
                + _elsewhere_findings(uses, compiler.not_here)
                + _distance_findings(uses)
                + compiler.unsaid_findings()
                + _checking_findings(uses)
            ),
        )

    @property
    def keys(self) -> list[PlanKey]:
        """The distinct keys."""
        return list(self.lines)

    def lines_of(self, key: PlanKey) -> tuple[PlanLine, ...]:
        """Return the lines of a key; one that was not compiled raises ``FactorError``: a lost row loses emissions."""
        if key not in self.lines:
            raise FactorError("key-not-planned", activity=key.activity, unit=key.unit, period=key.period.label)
        return self.lines[key]

    def run(self, activities: Activities, dimensions: Sequence[str] = ()) -> "Ledger":
        """Return the ledger of ``activities``: their exact sums times this plan, ``dimensions`` kept apart."""
        from hsesg_carbon.ledger import Ledger  # noqa: PLC0415  (the ledger stands above the plan)

        return Ledger.of(self, activities, dimensions)

    def table(self) -> "pd.DataFrame":
        """Return the plan as a table: key, flow, multiplier (exact text), factor, properties, rule and fit."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(
            [
                {
                    "activity": key.activity,
                    "unit": key.unit,
                    "region": key.region,
                    "site": key.site,
                    "period": key.period.label,
                    "flow": line.flow.flow,
                    "scope2": line.scope2,
                    "multiplier": units.exact_text(line.multiplier, 30),
                    "multiplier_unit": f"{line.flow.unit}/{key.unit}",
                    "factor_id": line.factor.id if line.factor else "",
                    "property_ids": " ".join(one.id for one in line.properties),
                    "checked": " ".join(f"{one.id}={one.checked}" for one in line.records),
                    "locator": "; ".join(f"{one.id}: {one.locator}" for one in line.records),
                    "rule": line.rule,
                    "fit": " ".join(line.fit),
                    "reason": line.reason["en"],
                }
                for key, lines in self.lines.items()
                for line in lines
            ]
        )


def covered_gases(library: FactorLibrary, method: Methodology) -> set[str]:
    """Return the gases that a methodology's totals cover, and biogenic CO2, which is shown beside them."""
    try:
        gases = set(library.gases(method.gases))
    except FactorError as error:
        raise MethodologyError(error.code, **error.data) from error
    return gases | ({"CO2-biogenic"} if "CO2" in gases else set())


def plan_keys(cell: CellKey) -> list[tuple[PlanKey, Fraction]]:
    """Return the keys that a cell of the cube falls into, each with its share of the cell's days."""
    return [
        (PlanKey(cell.activity, cell.unit, cell.region, cell.site, period, cell.technology), share)
        for period, share in cell.period.parts(folded=not cell.cut)
    ]


class _Compiler:
    """
    Chooses and multiplies; the state is the library and the methodology, and what went wrong.

    Keys that differ in site or period mostly share their rules, factors and steps, so each of these is found once, and
    equal lines are one object. What could not be made stands in ``errors``, each only once.
    """

    def __init__(self, library: FactorLibrary, method: Methodology) -> None:
        self.library = library
        self.method = method
        self._covered = covered_gases(library, method)
        self.not_here: dict[tuple[str, str, str], Use] = {}
        """The rule that leaves a flow of an activity out, or accounts it with others, by activity, flow, technology."""
        self._refuse_mistyped()
        self._rule = _remembered(method.place)
        self._choice = _remembered(library.choose)
        self._flows = _remembered(self._flows_of)
        self._emission = _remembered(self._emission_steps)
        self._carbon = _remembered(self._carbon_steps)
        self._energy = _remembered(self._energy_steps)
        self._units = _remembered(self._units_of)
        self._path_of = _remembered(library.region_path)
        self._site_matters = any(use.site != "*" for use in method.use)
        self._asked = _remembered(self._asks)
        self._line = _remembered(self._line_of)
        self._lines_of: dict[tuple[str | Period, ...], tuple[PlanLine, ...]] = {}
        self._tuples: dict[tuple[int, ...], tuple[PlanLine, ...]] = {}
        self._single: dict[tuple[int, str, tuple[str, ...]], PlanLine] = {}
        self.errors: dict[str, CarbonError] = {}
        self._unsaid: dict[tuple[str, str, int], tuple[dict[str, Any], set[Period]]] = {}

    def _refuse_mistyped(self) -> None:
        """Refuse rules with a source, an activity or a flow that nothing has: they would rule nothing, silently."""
        problems = [
            Finding(code=code, severity="error", data={"methodology": self.method.id, "rule": place, **data})
            for place, use in enumerate(self.method.use, start=1)
            for code, data in _mistyped(use, self.library)
        ]
        if len(problems) == 1:
            raise MethodologyError(problems[0].code, **problems[0].data)
        if problems:
            raise MethodologyError("methodology-mistyped", problems, methodology=self.method.id, count=len(problems))

    def lines(self, key: PlanKey) -> tuple["PlanLine", ...]:
        """Return the lines of a key that can be made; a site matters only where a rule names sites."""
        site = key.site if self._site_matters else ""
        alike = key.activity, key.unit, key.region, key.technology, key.period, site
        if alike not in self._lines_of:
            self._lines_of[alike] = self._compiled(key, site)
        return self._lines_of[alike]

    def _compiled(self, key: PlanKey, site: str) -> tuple["PlanLine", ...]:
        made = []
        for ask in self._asked(key.activity, site, key.technology):
            try:
                use = self._use(ask.rule)
                ruled = use.region if use is not None else None
                apart = ruled is not None and ruled not in self._path_of(key.region)
                what = _What(key.activity, key.unit, ruled or key.region, key.technology, key.period, apart)
                made.append(self._line(what, ask))
            except CarbonError as error:
                self.errors.setdefault(str(error), error)
        return self._tuples.setdefault(tuple(map(id, made)), tuple(made))

    def _asks(self, activity: str, site: str, technology: str) -> tuple["_Ask", ...]:
        """Return what is to be computed under each method of Scope 2; energy, which belongs to both, once."""
        first, *others = self.method.scope2 if self.library.catalogue[activity].scope == "2" else ("",)
        asks = []
        for scope2 in (first, *others):
            ruled = [
                (flow, self._rule(activity, flow.flow, site, technology, scope2))
                for flow in self._flows(activity, site, technology, scope2)
            ]
            gas_rule = next((place for flow, place in ruled if flow.kind in EMITTED and place), 0)
            asks += [
                _Ask(flow.flow, scope2, place, gas_rule)
                for flow, place in ruled
                if scope2 == first or flow.kind in EMITTED
            ]
        return tuple(asks)

    def _flows_of(self, activity: str, site: str, technology: str, scope2: str) -> list[Flow]:
        """
        Return the flows to compute: the gases covered, those beside the scopes, energy, coal equivalent.

        A rule for flow CO2e that stands before the rules for gases takes their place: its publisher gives no gases.
        """
        entry = self.library.catalogue[activity]
        coal = f"tce.{self.method.coal_equivalent.electricity}" if self.method.coal_equivalent else None
        wanted = self._emitted(entry, site, technology, scope2) + [name for name in entry.flows if name == ENERGY_FLOW]
        if coal and any(self.library.flows[name].kind == "coal-equivalent" for name in entry.flows):
            wanted.append(coal)
        here = []
        for name in wanted:
            use = self._use(self.method.place(activity, name, site, technology, scope2))
            if use is not None and (use.elsewhere or use.omit):
                self.not_here[activity, name, technology] = use
            else:
                here.append(self.library.flows[name])
        return here

    def _emitted(self, entry: CatalogueEntry, site: str, technology: str, scope2: str) -> list[str]:
        """
        Return the gases of an activity that the methodology covers, or CO2e where a rule says so first.

        A gas that the catalogue does not demand is computed where a rule names it; one that depletes ozone, beside the
        scopes, where a rule speaks for it.
        """
        ruling = (use for use in self.method.use if use.flow in self._covered - {"CO2", "CO2-biogenic"})
        asked = [use.flow for use in ruling if use.rules(entry.activity, use.flow, site, technology, scope2)]
        beside = [name for name in entry.flows if self.library.flows[name].kind == "ozone-depleting"]
        beside = [name for name in beside if self.method.place(entry.activity, name, site, technology, scope2)]
        gases = [name for name in dict.fromkeys((*entry.flows, *asked)) if name in self._covered or name in beside]
        places = [self.method.place(entry.activity, name, site, technology, scope2) for name in (*gases, "CO2e")]
        *ruled, published = places
        ruled = [place for place in ruled if place]
        named = published and self.method.use[published - 1].flow == "CO2e"
        return ["CO2e"] if named and published < min(ruled, default=published + 1) else gases

    def _line_of(self, what: "_What", ask: "_Ask") -> PlanLine:
        """Return the line of one flow."""
        use, activity, unit = self._use(ask.rule), what.activity, what.unit
        if self.library.flows[ask.flow].kind in {"energy", "coal-equivalent"}:
            made: _Made = self._energy(activity, unit, ask.flow, ask.rule, ask.gas_rule)
            return self._single_line(made, "", what.period, ("exact",))
        if use is not None and not use.source and ask.flow in {"CO2", "CO2-biogenic"}:
            made = self._carbon(activity, unit, ask.flow, ask.rule)
            return self._single_line(made, ask.scope2, what.period, ("exact",))
        if use is None or not use.source:
            raise MethodologyError("no-rule", methodology=self.method.id, activity=activity, flow=ask.flow)
        wanted = Wanted(
            activity=use.by or activity,
            flow=ask.flow,
            region=what.region,
            start=what.period.start,
            end=what.period.end,
            sources=use.source,
            variant=use.variant,
            technology=use.technology,
            stated_technology=what.technology or None,
            basis=use.basis,
            lifecycle=use.lifecycle,
            vintage=use.wanted_vintage,
            units=self._units(activity, unit, ask.rule),
        )
        choice = self._choice(wanted)
        self._note_unsaid(wanted, ask.rule, choice.factor, what.period)
        made = self._emission(activity, unit, ask.flow, ask.rule, choice.factor.id)
        stands_in = (*(("other-region",) if what.apart else ()), *(("other-activity",) if use.by else ()))
        fit = (*(one for one in choice.fit if one != "exact" or not stands_in), *stands_in)
        return self._single_line(made, ask.scope2, what.period, fit)

    def _note_unsaid(self, wanted: Wanted, rule: int, ruling: EmissionFactor, period: Period) -> None:
        """Keep a factor that is passed over only because cells of its row are blank."""
        passed = self.library.unsaid(wanted)
        if passed is None:
            return
        blank = {name: value for name, value in asked_of(wanted).items() if getattr(passed, name) is None}
        data = {"activity": wanted.activity, "passed": passed.id, "number": ruling.id, "rule": rule}
        data |= {"methodology": self.method.id, "unsaid": [f"{name} {value}" for name, value in blank.items()]}
        self._unsaid.setdefault((passed.id, wanted.activity, rule), (data, set()))[1].add(period)

    def unsaid_findings(self) -> list[Finding]:
        """Name the factors that are passed over only because cells of their rows are blank."""
        return [
            Finding(code="factor-unsaid", severity="warning", data={**data, "periods": period_names(periods)})
            for _, (data, periods) in sorted(self._unsaid.items(), key=lambda item: item[0])
        ]

    def _single_line(self, made: "_Made", scope2: str, period: Period, fit: tuple[str, ...]) -> PlanLine:
        """Return the one line of what was made; it is not exact where a property describes another time."""
        properties = (step.record for step in made.steps if isinstance(step.record, FuelProperty))
        if not all(one.covers(period.start, period.end) for one in properties):
            fit = (*(one for one in fit if one != "exact"), "property-of-other-time")
        known = id(made), scope2, fit  # what is made is remembered, so no other object can get its id
        if known not in self._single:
            line = PlanLine(made.flow, made.multiplier, made.steps, made.rule, made.reason, fit, scope2)
            self._single[known] = line
        return self._single[known]

    def _use(self, place: int) -> Use | None:
        return self.method.use[place - 1] if place else None

    def _units_of(self, activity: str, unit: str, place: int) -> tuple[str, ...]:
        return _reachable(unit, self._pool(self.library.catalogue[activity], self._use(place)))

    def _emission_steps(self, activity: str, unit: str, flow: str, place: int, factor_id: str) -> "_Made":
        factor = self.library.factor(factor_id)
        above, below = units.sides(factor.plain_unit)
        if not below:
            raise FactorError("factor-unit-no-ratio", id=factor.id, unit=factor.unit)
        use = self.method.use[place - 1]
        pool = self._pool(self.library.catalogue[activity], use)
        steps = self._path(activity, unit, below, pool, factor.basis or "")
        have = steps[-1].gives if steps else unit
        steps.append(Step("×", Fraction(factor.value), factor.unit, below, units.ratio(have, below), above, factor))
        return _multiplied(unit, self.library.flows[flow], steps, place, use.reasons)

    def _carbon_steps(self, activity: str, unit: str, flow: str, place: int) -> "_Made":
        """Carbon content times the share that oxidises times 44/12: the method of the Chinese guidelines."""
        use, entry = self.method.use[place - 1], self.library.catalogue[activity]
        stated: dict[str, FuelProperty] = {
            one.property: self._property(entry, one) for one in use.properties if one.property in _CARBON
        }
        missing = [name for name in _CARBON if name not in stated]
        if missing:
            raise MethodologyError("carbon-not-stated", methodology=self.method.id, activity=activity, missing=missing)
        carbon, oxidation = (stated[name] for name in _CARBON)
        above, below = units.sides(carbon.unit)
        steps = self._path(activity, unit, below, self._pool(entry, use), carbon.basis or "")
        have = steps[-1].gives if steps else unit
        steps.append(Step("×", Fraction(carbon.value), carbon.unit, below, units.ratio(have, below), above, carbon))
        steps.append(Step("×", Fraction(oxidation.value), oxidation.unit, above, Fraction(1), above, oxidation))
        steps.append(Step("×", CO2_PER_CARBON, "CO2/C", above, Fraction(1), above, None))
        return _multiplied(unit, self.library.flows[flow], steps, place, use.reasons)

    def _energy_steps(self, activity: str, unit: str, flow_name: str, place: int, gas_rule: int) -> "_Made":
        """Energy follows from the same heating values and densities as the gases, so that the two accounts tie."""
        entry, flow, use = self.library.catalogue[activity], self.library.flows[flow_name], self._use(place)
        own = self._pool(entry, use)
        kinds = {one.property for one in own}
        pool = own + [one for one in self._pool(entry, self._use(gas_rule)) if one.property not in kinds]
        coal = self.method.coal_equivalent
        default = (
            flow.kind == "coal-equivalent"
            and coal is not None
            and all(one.property != "coal-equivalent" for one in pool)
        )
        if default and coal:
            if coal.electricity == "dengjia" and entry.subject == "electricity":
                raise MethodologyError("dengjia-not-stated", methodology=self.method.id, activity=activity)
            choice = PropertyChoice(property="coal-equivalent", source=coal.source)
            pool.append(self._property(entry, choice))
        steps = self._path(activity, unit, flow.unit, pool, None)
        ruled, reason = 0, both("reason-own-unit")
        if use is not None:
            ruled, reason = place, use.reasons
        elif default and coal:
            reason = both("reason-coal-equivalent", source=coal.source)
        elif steps and gas_rule:
            ruled, reason = gas_rule, both("reason-as-gas-rule", rule=gas_rule)
        return _multiplied(unit, flow, steps, ruled, reason)

    def _pool(self, entry: CatalogueEntry, use: Use | None) -> list[FuelProperty]:
        """Return the properties of a rule by which a quantity can be measured otherwise."""
        if use is not None and use.source and (other := [one for one in use.properties if one.property not in LINKS]):
            raise MethodologyError(
                "property-not-applied", methodology=self.method.id, property=other[0].property, applied=LINKS
            )
        stated = use.properties if use else ()
        burnt = self.library.catalogue[use.by] if use and use.by else entry
        return [self._property(burnt, choice) for choice in stated if choice.property not in _CARBON]

    def _property(self, entry: CatalogueEntry, choice: PropertyChoice) -> FuelProperty:
        if choice.property not in {*LINKS, *_CARBON}:
            raise MethodologyError(
                "property-not-applied", methodology=self.method.id, property=choice.property, applied=LINKS
            )
        if choice.id is None:
            return self.library.property_of(choice.source or "", entry.subject, choice.property)
        found = self.library.fuel_property(choice.id)
        if found.property != choice.property:
            raise MethodologyError(
                "property-kind-differs",
                methodology=self.method.id,
                id=found.id,
                stated=choice.property,
                found=found.property,
            )
        return found

    def _path(
        self, activity: str, unit: str, target: str, pool: Sequence[FuelProperty], basis: str | None
    ) -> list[Step]:
        """
        Return the shortest chain of properties from the quantity's unit to what ``target`` measures.

        Raises:
            MethodologyError: There is no chain, or there are two of the same length: which one rules must be stated.
        """
        goal = units.kind(target)
        fitting = [one for one in pool if not _of_other_basis(one, basis)]
        reached: list[tuple[str, list[Step]]] = [(unit, [])]
        while reached:
            arrived = [steps for have, steps in reached if units.kind(have) == goal]
            if len(arrived) > 1:
                chains = [" ".join(step.record.id for step in steps if step.record) for steps in arrived]
                raise MethodologyError(
                    "property-chain-tie",
                    methodology=self.method.id,
                    activity=activity,
                    unit=unit,
                    target=target,
                    chains=chains,
                )
            if arrived:
                self._need_basis(activity, arrived[0], basis)
                return arrived[0]
            reached = [
                (step.gives, [*steps, step])
                for have, steps in reached
                for one in fitting
                if all(one is not step.record for step in steps) and (step := _by(have, one)) is not None
            ]
        excluded = next((one for one in pool if one not in fitting), None)
        if excluded is not None:
            raise MethodologyError(
                "basis-differs",
                methodology=self.method.id,
                activity=activity,
                id=excluded.id,
                stated=excluded.basis or "-",
                wanted=basis,
            )
        raise MethodologyError(
            "property-chain-missing",
            methodology=self.method.id,
            activity=activity,
            unit=unit,
            target=target,
            have=[one.id for one in pool] or ["-"],
            known=self._that_would_lead(activity, unit) or ["-"],
        )

    def _that_would_lead(self, activity: str, unit: str) -> list[str]:
        """Return published properties of the activity's fuel that measure ``unit`` otherwise, heating values first."""
        subject = self.library.catalogue[activity].subject
        fitting = [
            one
            for one in self.library.properties
            if one.subject == subject and one.property in LINKS and _by(unit, one) is not None
        ]
        fitting.sort(key=lambda one: (LINKS.index(one.property), one.id))
        return [one.id for one in fitting][:_SHOWN]

    def _need_basis(self, activity: str, steps: Sequence[Step], basis: str | None) -> None:
        """Refuse a heating value under a factor that does not say whether its energy is net or gross."""
        for step in steps:
            if isinstance(step.record, FuelProperty) and step.record.property in BASES and basis == "":
                raise MethodologyError(
                    "basis-not-stated", methodology=self.method.id, activity=activity, id=step.record.id
                )


def _mistyped(use: Use, library: FactorLibrary) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sources and patterns of a rule that nothing in the library has."""
    for source in use.source:
        if source not in library.sources:
            yield "rule-source-unknown", {"source": source, "suggestions": near(source, list(library.sources))}
    if not any(fnmatchcase(one, use.activity) for one in library.catalogue):
        suggestions = library.suggest(use.activity) or near(use.activity, list(library.catalogue))
        yield "rule-activity-unknown", {"activity": use.activity, "suggestions": suggestions}
    if not any(fnmatchcase(one, use.flow) for one in library.flows):
        yield "rule-flow-unknown", {"flow": use.flow, "suggestions": near(use.flow, list(library.flows))}


def _of_other_basis(record: FuelProperty, basis: str | None) -> bool:
    """Say whether a heating value is on another basis than the factor; no basis is asked of energy accounts."""
    return bool(basis) and record.property in BASES and (record.basis or BASES[record.property]) != basis


def _reachable(unit: str, pool: Sequence[FuelProperty]) -> tuple[str, ...]:
    """Return the units in which a quantity can be stated by way of its fuel's properties: its own first."""
    reached = [unit]
    for have in reached:  # grows while it is walked
        known = {units.kind(one) for one in reached}
        steps = [step for one in pool if (step := _by(have, one)) is not None]
        reached += [step.gives for step in steps if units.kind(step.gives) not in known]
    return tuple(reached)


def _by(unit: str, record: FuelProperty) -> Step | None:
    """Return the step from ``unit`` through a property, forwards or backwards, or ``None`` if it does not fit."""
    above, below = units.sides(record.unit)
    if not below:
        return None
    have = units.kind(unit)
    if have == units.kind(below):
        return Step("×", Fraction(record.value), record.unit, below, units.ratio(unit, below), above, record)
    if have == units.kind(above):
        return Step("÷", Fraction(record.value), record.unit, above, units.ratio(unit, above), below, record)
    return None


@dataclass(frozen=True, slots=True)
class _Ask:
    """A flow to compute under a method of Scope 2: the place of its rule, and of that for the gases it ties to."""

    flow: str
    scope2: str
    rule: int
    gas_rule: int


@dataclass(frozen=True, slots=True)
class _What:
    """What of a key matters for one flow; ``region`` is the rule's own, which may lie ``apart`` from the key's."""

    activity: str
    unit: str
    region: str
    technology: str
    period: Period
    apart: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """What a line is, whatever its site and period."""

    flow: Flow
    steps: tuple[Step, ...]
    multiplier: Fraction
    rule: int
    reason: dict[str, str]


def _multiplied(unit: str, flow: Flow, steps: list[Step], rule: int, reason: dict[str, str]) -> _Made:
    """Close the chain in the unit in which the flow is counted, and multiply it out."""
    have = steps[-1].gives if steps else unit
    if units.canonical(have) != units.canonical(flow.unit):
        steps = [*steps, Step("×", Fraction(1), flow.unit, flow.unit, units.ratio(have, flow.unit), flow.unit, None)]
    multiplier = Fraction(1)
    for step in steps:
        multiplier *= step.multiplier
    return _Made(flow, tuple(steps), multiplier, rule, reason)


def _remembered(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Return ``function`` with its answers kept, refusals too: looking for what is near is what takes long."""

    @cache
    def answer(*asked: Any) -> tuple[Any, CarbonError | None]:
        try:
            return function(*asked), None
        except CarbonError as error:
            return None, error

    def ask(*asked: Any) -> Any:
        result, refusal = answer(*asked)
        if refusal is not None:
            raise refusal
        return result

    return ask


@dataclass(frozen=True, slots=True)
class _Used:
    """Lines, and where they are used: keys are many, and most of them share theirs."""

    activity: str
    technology: str
    lines: tuple[PlanLine, ...]
    periods: set[Period] = field(default_factory=set)
    places: set[tuple[str, int]] = field(default_factory=set)


def _over_time(errors: Iterable[CarbonError]) -> list[Finding]:
    """Return what is open, once for all periods for which it is: bills by month lack the same factor every month."""
    periods: dict[str, list[Period]] = {}
    problems: dict[str, Finding] = {}
    for one in errors:
        alike = str([one.code, {**one.data, "period": ""}])
        problems.setdefault(alike, Finding(code=one.code, severity="error", data=one.data))
        if "period" in one.data:
            periods.setdefault(alike, []).append(Period.parse(one.data["period"]))
    return [
        found.model_copy(update={"data": found.data | {"period": period_names(periods[alike])}})
        if len(periods.get(alike, ())) > 1
        else found
        for alike, found in problems.items()
    ]


def _used(lines: Mapping[PlanKey, tuple[PlanLine, ...]]) -> list[_Used]:
    """Return the distinct lines of each activity and technology with the periods, and the sites and years, of each."""
    uses: dict[tuple[str, str, int], _Used] = {}
    for key, made in lines.items():
        name = key.activity, key.technology, id(made)
        use = uses.get(name)
        if use is None:
            use = uses[name] = _Used(key.activity, key.technology, made)
        use.periods.add(key.period)
        use.places.add((key.site, key.period.start.year))
    return list(uses.values())


def _fit_findings(uses: Iterable[_Used], library: FactorLibrary) -> list[Finding]:
    """Name every number that stands in for another year, place or fuel than the activity's, with the periods."""
    found: dict[tuple[str, str, str], set[Period]] = {}
    fuels = {entry.subject for entry in library.catalogue.values()}
    for use in uses:
        for line in use.lines:
            if line.factor is not None:
                for fit in line.fit:
                    if fit in _STANDS_IN or (fit == "region-parent" and line.factor.region != "world"):
                        found.setdefault((fit, line.factor.id, use.activity), set()).update(use.periods)
            for one in line.properties:
                if not _of_fuel(one.subject, library.catalogue[use.activity].subject, fuels):
                    found.setdefault(("other-fuel", one.id, use.activity), set()).update(use.periods)
                if apart := {period for period in use.periods if not one.covers(period.start, period.end)}:
                    found.setdefault(("other-time", one.id, use.activity), set()).update(apart)
    severity: dict[str, Severity] = dict.fromkeys(("other-fuel", "other-region", "other-technology"), "warning")
    findings = []
    for (fit, number_id, activity), periods in sorted(found.items()):
        number = library.fuel_property(number_id) if fit in _OF_PROPERTIES else library.factor(number_id)
        data = {
            "number": number_id,
            "activity": activity,
            "periods": period_names(periods),
            "region": number.region,
            "subject": getattr(number, "subject", "-"),
            "technology": getattr(number, "technology", None) or "-",
            "year": number.valid_from.year if number.valid_from else "-",
            "described": f"{number.valid_from or ''}/{number.valid_to or ''}",
        }
        findings.append(Finding(code=f"fit-{fit}", severity=severity.get(fit, "info"), data=data))
    return findings


def _of_fuel(stated: str, burnt: str, fuels: set[str]) -> bool:
    """Say whether a property is of the fuel that was burnt, a variety of it (natural_gas_oilfield) or any energy."""
    if stated == "electricity" and burnt.startswith("electricity_"):
        return True  # whatever generated it
    return stated in {burnt, "energy"} or (stated.startswith(f"{burnt}_") and stated not in fuels)


def _coverage_findings(uses: Iterable[_Used], not_here: Mapping[tuple[str, str, str], Use]) -> list[Finding]:
    """Name activities from which the methodology's gases take nothing: they are left out, not zero."""
    bare = {use.activity for use in uses if not any(line.flow.kind in EMITTED for line in use.lines)}
    bare -= {activity for (activity, _, _), use in not_here.items() if use.elsewhere}  # a finding of its own says where
    return [Finding(code="activity-not-covered", severity="warning", data={"activity": one}) for one in sorted(bare)]


def _elsewhere_findings(uses: Iterable[_Used], not_here: Mapping[tuple[str, str, str], Use]) -> list[Finding]:
    """Name flows that rules leave out or account with other activities, and warn where a site and year has none."""
    present: dict[tuple[str, int], set[str]] = {}
    held: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for one in uses if not_here else ():
        held.setdefault((one.activity, one.technology), set()).update(one.places)
        for place in one.places:
            present.setdefault(place, set()).add(one.activity)
    found: dict[str, Finding] = {}
    for (activity, flow, technology), use in sorted(not_here.items(), key=lambda item: item[0]):
        for site, year in sorted(held.get((activity, technology), ())):
            data: dict[str, Any] = {"activity": activity, "flow": flow, "reason": use.reasons}
            data["elsewhere"] = use.elsewhere
            if use.omit:
                finding = Finding(code="flow-omitted", severity="info", data=data)
            elif any(fnmatchcase(other, pattern) for other in present[site, year] for pattern in use.elsewhere):
                finding = Finding(code="accounted-elsewhere", severity="info", data=data)
            else:
                data |= {"site": site, "year": year}
                finding = Finding(code="elsewhere-missing", severity="warning", data=data)
            found[finding.model_dump_json()] = finding
    return list(found.values())


def _distance_findings(uses: Iterable[_Used]) -> list[Finding]:
    """Warn where a site has CO2 of its vehicles by fuel and by distance: the same journeys may count twice."""
    found: dict[tuple[str, int], dict[str, set[str]]] = {}
    for use in uses:
        kind = use.activity.partition(".")[0]
        if kind in {"mobile", "vehicle"} and any(line.flow.flow in {"CO2", "CO2e"} for line in use.lines):
            for place in use.places:
                found.setdefault(place, {}).setdefault(kind, set()).add(use.activity)
    return [
        Finding(
            code="fuel-and-distance",
            severity="warning",
            data={"site": site, "year": year, "fuels": sorted(kinds["mobile"]), "distances": sorted(kinds["vehicle"])},
        )
        for (site, year), kinds in sorted(found.items())
        if len(kinds) > 1
    ]


def _checking_findings(uses: Iterable[_Used]) -> list[Finding]:
    """Say how many of the numbers used rest on one transcription, on arithmetic or on inference, and which."""
    used = {record.id: record.checked for use in uses for line in use.lines for record in line.records}
    weak = sorted(f"{name} ({checked})" for name, checked in used.items() if checked not in WELL_CHECKED)
    if not weak:
        return []
    return [
        Finding(
            code="numbers-weakly-checked", severity="info", data={"count": len(weak), "of": len(used), "numbers": weak}
        )
    ]


def describe(record: "EmissionFactor | FuelProperty", library: FactorLibrary) -> dict[str, Any]:
    """Return what an auditor asks of a number: value, unit, source, table and page, and how it was checked."""
    source = library.sources[record.source]
    return {
        "id": record.id,
        "value": str(record.value),
        "unit": record.unit,
        "basis": record.basis,
        "region": record.region,
        "source": record.source,
        "title": source.title,
        "title_zh": source.title_zh,
        "locator": record.locator,
        "published": record.published,
        "checked": record.checked,
        "note": record.note,
    }
