"""The monthly monitor of energy and emissions (能耗看板): every figure of the dashboard as plain data."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from hsesg_carbon import percentages, units
from hsesg_carbon.detection import detect
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intake import SideTable, read_records
from hsesg_carbon.intensity import Denominator
from hsesg_carbon.monitoring import (
    TOLERANCE,
    Benchmark,
    Building,
    MeterCheck,
    Target,
    Tenant,
    Weather,
    benchmarks,
    month_of,
)
from hsesg_carbon.monthly import Measure, Monthly, Place
from hsesg_carbon.periods import Period, months_later, months_of
from hsesg_carbon.recharges import Recharges, readings_of, reconciled, sub_metered
from hsesg_carbon.submeters import IT
from hsesg_carbon.targets import Point, Progress, path, progress
from hsesg_carbon.units import CO2E, known_text
from hsesg_carbon.workspace import Workspace

R = TypeVar("R", bound=BaseModel)
Json = dict[str, Any]

_YEAR = 12
_POWER = ("electricity", "electricity_onsite")
_AREA, _PERSON = "m2", "person"
_USUAL = ("floor_area", "persons")
"""Which denominator of that unit rules, where a site has several."""
_UNITS: dict[Measure, str] = {"kwh": "kWh", "tce": "tce", "tco2e": CO2E}


@dataclass(frozen=True)
class Tables:
    """The tables of a workspace that only its monitor reads; each may be absent."""

    weather: tuple[Weather, ...] = ()
    targets: tuple[Target, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    meter_checks: tuple[MeterCheck, ...] = ()
    buildings: tuple[Building, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    notes: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, workspace: Workspace) -> "Tables":
        """
        Read ``weather``, ``targets``, ``tenants``, ``meter_checks``, ``buildings`` and ``benchmarks``, .csv or .xlsx.

        Raises:
            InputError: Everything that is wrong in any of them, at its row.
        """
        reading = _Reading(workspace)
        found = cls(
            weather=reading.weather(),
            targets=reading.table("targets", Target, reading.check_target),
            tenants=reading.table("tenants", Tenant, reading.check_tenant),
            meter_checks=reading.table("meter_checks", MeterCheck, reading.check_reading),
            buildings=reading.table("buildings", Building, reading.check_building),
            benchmarks=(*benchmarks(), *reading.table("benchmarks", Benchmark, Benchmark.check)),
            notes=tuple(reading.notes),
        )
        if reading.problems:
            raise InputError("monitor-tables-broken", reading.problems, count=len(reading.problems))
        return found


@dataclass(frozen=True)
class Monitor:
    """
    What a facilities team looks at each month: figures against last month and last year, plans, anomalies, gaps.

    Every amount is exact; where bills do not cover a month it is ``None``, and so is all that needs it. Baselines and
    anomalies are statistics. Quantities and tce are of the whole bills, tCO2e what the inventory counts of them.

    Args:
        workspace: The accounts.
        month: The month looked at.
        tables: Targets, tenants, weather and the like.
        monthly: What the bills of Scopes 1 and 2 come to by month.
        tolerance: Percent by which a bill may differ from an own meter.

    Example: ``Monitor.of(Workspace("examples/campus-monthly")).as_json("zh")``.
    """

    workspace: Workspace
    month: Period
    tables: Tables = field(repr=False)
    monthly: Monthly = field(repr=False)
    tolerance: Fraction = TOLERANCE

    @classmethod
    def of(cls, workspace: Workspace, month: str = "", tolerance: Fraction = TOLERANCE) -> "Monitor":
        """
        Return the monitor of a workspace for a month, by default the last one of which there is a monthly bill.

        Raises:
            InputError: A table is broken, there are no monthly bills, or none that touch the month or come before it.
        """
        tables = Tables.read(workspace)
        bills = tuple(bill for batch in workspace.batches for bill in batch.bills())
        monthly = Monthly(workspace.inventory, bills, workspace.completeness)
        whole = [one for one in monthly.months if any(monthly.whole(place, one) for place in monthly.places)]
        if not whole:
            raise InputError("monitor-no-months", folder=str(workspace.folder))
        wanted = month_of(month) if month else whole[-1]
        if wanted not in monthly.months:
            raise InputError("monitor-month", month=month, first=monthly.months[0].label, last=monthly.months[-1].label)
        return cls(workspace, wanted, tables, monthly, tolerance)

    def as_json(self, lang: str = "en") -> Json:
        """Return everything as plain data; exact numbers are text, statistics are floats, what is missing is null."""
        settings, inventory = self.workspace.settings, self.workspace.inventory
        return {
            "organisation": settings.organisation.model_dump(),
            "basis": {
                "methodology": settings.methodology,
                "gwp": inventory.gwp,
                "scope2_method": inventory.scope2,
                "consolidation": settings.consolidation,
                "boundary": settings.boundary,
                "tolerance_percent": known_text(self.tolerance),
            },
            "month": self.month.label,
            "months": [one.label for one in self.monthly.months],
            "years": sorted({one.start.year for one in self.monthly.months}),
            "sites": [{"id": one.id, "name": one.name, "region": one.region} for one in settings.site],
            "carriers": [
                {"id": carrier, "name": self.workspace.library.carrier_name(carrier), "unit": unit}
                for carrier, unit in self.monthly.carriers.items()
                if any(one.carrier == carrier for one in self._places)
            ],
            "series": list(self._series()),
            "figures": list(self._figures()),
            "denominators": [_of_denominator(one) for one in self._denominators],
            "indicators": list(self._indicators()),
            **self._detected(),
            "targets": [_of_progress(one) for one in self._progress()],
            "trajectory": [_of_point(one) for one in self._path()],
            "pue": list(self._pue()),
            "bands": list(self._bands()),
            "reconciliation": list(self._reconciliation()),
            "recharges": list(self._recharges()),
            "completeness": list(self._completeness()),
            "estimated": self.workspace.estimated(),
            "findings": [one.as_json(lang) for one in self.findings],
        }

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every judgement about the workspace, and about what its months can say."""
        found = [*self.workspace.findings, *self.tables.notes, *self.monthly.findings, *self._recharging.findings]
        found += [*self._share_findings(), *self._weather_findings(), *self._denominator_findings()]
        found += self._band_findings()
        found += [
            Finding(
                code="monitor-target-unit",
                severity="warning",
                data={"target": one.target, "what": one.what, "unit": one.unit},
            )
            for one in self.tables.targets
            if one.what in self.monthly.carriers
            and units.kind(one.unit) not in {units.kind("kWh"), units.kind(self.monthly.carriers[one.what])}
        ]
        return tuple({one.model_dump_json(): one for one in found}.values())

    # --------------------------------------------------------------------------------------------- figures

    def _series(self) -> Iterator[Json]:
        """Yield what every site used of every carrier in every month in which bills are expected."""
        catalogue = self.monthly.catalogue
        for place in self._places:
            scopes = sorted({catalogue[one.activity].scope for one in self.monthly.streams[place]})
            for month in self.monthly.months:
                if self.monthly.expected(place, month):
                    yield {
                        "site": place.site,
                        "carrier": place.carrier,
                        "scope": scopes[0] if len(scopes) == 1 else None,
                        "month": month.label,
                        "quantity": self._told("quantity", place, month),
                        "unit": self.monthly.carriers[place.carrier],
                        "kwh": self._told("kwh", place, month),
                        "tce": self._told("tce", place, month),
                        "tco2e": self._told("tco2e", place, month),
                        "estimated": known_text(self.monthly.estimated(place, month)),
                        "billed": known_text(self._billed(place, month)),
                    }

    @cached_property
    def _places(self) -> list[Place]:
        """Every carrier at a site that has months: a refrigerant that is weighed once a year has none."""
        return [one for one in self.monthly.places if self.monthly.by_months(one)]

    def _told(self, measure: Measure, place: Place, month: Period) -> str | None:
        known = self.monthly.measured(measure, place) or measure == "tco2e"
        return known_text(self.monthly.value(measure, place, month)) if known else None

    def _billed(self, place: Place, month: Period) -> Fraction | None:
        return self.monthly.billed("quantity", place, month) if self.monthly.measured("quantity", place) else None

    def _figures(self) -> Iterator[Json]:
        """Yield this month beside last month, the same month last year and the year to date, by site and in all."""
        carriers = self.monthly.carriers
        for site in (None, *(one.id for one in self.workspace.settings.site)):
            places = [one for one in self._places if site in {None, one.site}]
            own = [one.carrier for one in places]
            for carrier in dict.fromkeys(own):
                yield self._figure("quantity", site, carrier, carriers[carrier])
            for measure in ("kwh", "tce", "tco2e"):
                for name in (None, *dict.fromkeys(own)):
                    yield self._figure(measure, site, name, _UNITS[measure])

    def _figure(self, measure: Measure, site: str | None, carrier: str | None, unit: str) -> Json:
        def at(month: Period) -> Fraction | None:
            return self.monthly.total(measure, month, site, carrier)

        this, last, year_ago = at(self.month), at(months_later(self.month, -1)), at(months_later(self.month, -_YEAR))
        own = {month: at(month) for month in _year_to(self.month)}
        known = {month: amount for month, amount in own.items() if amount is not None}
        before = {month: amount for month in known if (amount := at(months_later(month, -_YEAR))) is not None}
        counted = list(before or known)
        now = sum((known[one] for one in counted), Fraction(0)) if counted else None
        then = sum(before.values(), Fraction(0)) if before else None
        return {
            "site": site,
            "measure": measure,
            "carrier": carrier,
            "unit": unit,
            "this_month": known_text(this),
            "last_month": known_text(last),
            "same_month_last_year": known_text(year_ago),
            "mom_percent": known_text(percentages.change(this, last)),
            "yoy_percent": known_text(percentages.change(this, year_ago)),
            "ytd": known_text(now),
            "ytd_last_year": known_text(then),
            "ytd_percent": known_text(percentages.change(now, then)),
            "ytd_months": [month.label for month in counted],
        }

    # ------------------------------------------------------------------------------------------ indicators

    @property
    def _denominators(self) -> list[Denominator]:
        return [*self.workspace.site_denominators, *self.workspace.denominators]

    @cached_property
    def _divisors(self) -> dict[tuple[str | None, str], dict[str, Denominator]]:
        """The ruling rows of each site, and of the organisation, by unit, then by period: one denominator for each."""
        own = self.workspace.settings
        accepted = {(one.denominator, one.boundary) for one in own.accept}
        rows = [
            one
            for one in self._denominators
            if one.site or one.boundary == own.boundary or (one.denominator, one.boundary) in accepted
        ]
        found: dict[tuple[str | None, str], dict[str, Denominator]] = {}
        for one in sorted(rows, key=lambda one: (one.denominator not in _USUAL, one.denominator, one.version)):
            for unit in (_AREA, _PERSON):
                if units.kind(one.unit) == units.kind(unit):
                    held = found.setdefault((one.site, unit), {})
                    if all(other.denominator == one.denominator for other in held.values()):
                        held[Period.parse(one.period).label] = one
        return found

    def _divisor(self, site: str | None, unit: str, months: Sequence[Period]) -> Fraction | None:
        """Return the mean of a denominator over some months; of all sites their sum, else the organisation's own."""
        if site is None:
            sites = dict.fromkeys(one.site for one in self.monthly.places)
            parts = [self._divisor(one, unit, months) for one in sites]
            known = [one for one in parts if one is not None]
            if known and len(known) == len(parts):
                return sum(known, Fraction(0))
        own = self._divisors.get((site, unit), {})
        rows = [own.get(one.label) or own.get(str(one.start.year)) for one in months]
        values = [Fraction(one.value) * units.ratio(one.unit, unit) for one in rows if one is not None]
        return sum(values, Fraction(0)) / len(values) if values and len(values) == len(rows) else None

    def _indicators(self) -> Iterator[Json]:
        """Yield energy performance indicators (EnPI) of years and of the last 12 months, against their baseline."""
        kinds: tuple[tuple[str, Measure, str], ...] = (
            ("energy-per-area", "kwh", _AREA),
            ("energy-per-person", "kwh", _PERSON),
            ("emissions-per-area", "tco2e", _AREA),
            ("emissions-per-person", "tco2e", _PERSON),
        )
        for site in (None, *dict.fromkeys(one.site for one in self.monthly.places)):
            own = dict.fromkeys(one.carrier for one in self.monthly.places if site in {None, one.site})
            for name, measure, unit in kinds:
                for carrier in (None, *own):
                    yield from self._indicator(name, measure, unit, site, carrier)

    def _indicator(
        self, name: str, measure: Measure, unit: str, site: str | None, carrier: str | None
    ) -> Iterator[Json]:
        years = {str(year): months_of(year) for year in sorted({one.start.year for one in self.monthly.months})}
        last = [months_later(self.month, -back) for back in reversed(range(_YEAR))]
        spans = {**years, f"{last[0].label}/{last[-1].label}": last}
        values: dict[str, Fraction] = {}
        for label, months in spans.items():
            divisor = self._divisor(site, unit, months)
            amount, known = self.monthly.to_date(measure, months, site, carrier) if divisor else (None, ())
            if amount is not None and divisor and len(known) == len(months):
                values[label] = amount / divisor
        wanted = self.workspace.settings.base_year
        base = next((one for one in years if one in values and (wanted is None or int(one) == wanted)), None)
        for label, value in values.items():
            reference = values.get(base) if base else None
            yield {
                "indicator": name,
                "site": site,
                "carrier": carrier,
                "period": label,
                "value": known_text(value),
                "unit": f"{_UNITS[measure]}/{unit}",
                "baseline": known_text(reference),
                "baseline_period": base,
                "change_percent": known_text(percentages.change(value, reference)),
            }

    def _bands(self) -> Iterator[Json]:
        """Yield where the electricity per area of the last 12 months lies among the values of a standard."""
        months = [months_later(self.month, -back) for back in reversed(range(_YEAR))]
        for building in self.tables.buildings:
            kind = building.building, building.climate_zone
            for one in (one for one in self.tables.benchmarks if (one.building, one.climate_zone) == kind):
                amounts = [self._power(building.site, month) for month in months]
                known = [amount for amount in amounts if amount is not None]
                area = self._divisor(building.site, _AREA, months)
                actual = None
                if len(known) == len(months) and area:
                    actual = sum(known, Fraction(0)) / area * units.ratio("kWh/m2", one.unit)
                yield {
                    "site": building.site,
                    "standard": one.standard,
                    "building": one.building,
                    "climate": one.climate_zone,
                    "unit": one.unit,
                    "constraint": str(one.constraint),
                    "guide": str(one.guide),
                    "period": f"{months[0].label}/{months[-1].label}",
                    "actual": known_text(actual),
                    "position": None if actual is None else one.position(actual),
                    "source": one.source,
                    "locator": one.locator,
                    "checked": one.checked,
                }

    # -------------------------------------------------------------------------------------------- sections

    def _progress(self) -> Iterator[Progress]:
        """Yield the plans of years that have begun, with what is known of them."""
        for one in self.tables.targets:
            if one.kind == "plan" and one.year <= self.month.start.year:
                yield progress(self.monthly, one, self.month)

    def _path(self) -> Iterator[Point]:
        rows: dict[tuple[str, str | None, str], list[Target]] = {}
        for one in self.tables.targets:
            if one.kind == "trajectory":
                rows.setdefault((one.target, one.site, one.what), []).append(one)
        for own in rows.values():
            yield from path(self.monthly, own)

    def _power(self, site: str, month: Period) -> Fraction | None:
        """Return all electricity that a site used in a month, bought or made there, in kWh."""
        own = [one for one in self.monthly.places if one.site == site and one.carrier in _POWER]
        own = [one for one in own if self.monthly.expected(one, month)]
        amounts = [self.monthly.value("kwh", one, month) for one in own]
        known = [one for one in amounts if one is not None]
        return sum(known, Fraction(0)) if own and len(known) == len(own) else None

    def _pue(self) -> Iterator[Json]:
        """Yield the PUE of sites with a machine room: all electricity of a month over that of the room."""
        parts = self.workspace.parts
        rooms: dict[tuple[str, Period], list[tuple[int, Fraction]]] = {}
        for key, read in sub_metered(
            self.monthly, [one for one in parts.parts if one.row.role == IT] if parts else []
        ).items():
            rooms.setdefault((key[0], key[3]), []).append(read)
        for (site, month), own in sorted(rooms.items()):
            unit = self.monthly.carriers.get(_POWER[0], "kWh")
            used = sum((amount for _, amount in own), Fraction(0)) * units.ratio(unit, "kWh")
            power = self._power(site, month) if all(days == month.days for days, _ in own) else None
            value = power / used if power is not None and used else None
            yield {"site": site, "month": month.label, "value": known_text(value)}

    def _reconciliation(self) -> Iterator[Json]:
        for one in reconciled(self.monthly, self.tables.meter_checks):
            carrier = self.monthly.catalogue[one.check.activity].subject
            yield {
                "site": one.check.site,
                "carrier": carrier,
                "meter": one.check.meter,
                "month": one.month.label,
                "bill": known_text(one.bill),
                "metered": known_text(one.metered),
                "unit": self.monthly.carriers.get(carrier),
                "difference_percent": known_text(one.difference),
                "within": one.within(self.tolerance),
            }

    @cached_property
    def _recharging(self) -> Recharges:
        parts = self.workspace.parts
        readings = readings_of(self.monthly, parts.parts if parts else (), self.tables.meter_checks)
        return Recharges(self.monthly, self.tables.tenants, readings)

    def _recharges(self) -> Iterator[Json]:
        for one in self._recharging.rows():
            carrier = self.monthly.catalogue[one.activity].subject
            yield {
                "site": one.site,
                "tenant": one.tenant,
                "carrier": carrier,
                "activity": one.activity,
                "month": one.month.label,
                "quantity": known_text(one.quantity),
                "unit": self.monthly.carriers.get(carrier),
                "tco2e": known_text(one.t_co2e),
            }

    def _completeness(self) -> Iterator[Json]:
        """Yield how the bills of every carrier at a site cover each month."""
        for place in self._places:
            for month in self.monthly.months:
                one = self.monthly.status(place, month)
                yield {
                    "site": place.site,
                    "carrier": place.carrier,
                    "month": month.label,
                    "status": one.status,
                    "days": one.days,
                    "of": one.of,
                }

    def _detected(self) -> Json:
        """Return models, baselines with their band, and anomalies: statistics, of months that bills cover."""
        found = detect(self.monthly, self.workspace.settings.site, self.tables.weather)
        return {"models": found.models, "baselines": found.baselines, "anomalies": found.anomalies}

    # -------------------------------------------------------------------------------------------- findings

    def _share_findings(self) -> Iterator[Finding]:
        """Name sites that count in part: their quantities are whole, their emissions are not."""
        boundary = self.workspace.boundary
        for site in dict.fromkeys(one.site for one in self.monthly.places):
            known = boundary.site(site)
            days = [one for one in self.monthly.months if known is None or not known.cuts(one)]
            shares = {boundary.share(site, one) for one in days} - {Fraction(0)}
            if shares - {Fraction(1)}:
                percent = sorted({percentages.percent_text(one) for one in shares}, key=str)
                yield Finding(code="monitor-share", severity="info", data={"site": site, "percent": percent})

    def _weather_findings(self) -> Iterator[Finding]:
        """Name regions whose weather no site has."""
        regions = {one.region for one in self.workspace.settings.site}
        idle = sorted({one.region for one in self.tables.weather if one.region is not None} - regions)
        if idle:
            yield Finding(code="weather-idle", severity="warning", data={"regions": idle})

    def _denominator_findings(self) -> Iterator[Finding]:
        """Name years in which a site that has a floor area or a headcount at all has none: no indicator is formed."""
        years = sorted({one.start.year for one in self.monthly.months})
        for (site, unit), own in sorted(self._divisors.items(), key=lambda item: (item[0][0] or "", item[0][1])):
            name = next(iter(own.values())).denominator
            if site is None:
                continue  # the footprint says so
            open_years = [year for year in years if self._divisor(site, unit, self._billed_months(year)) is None]
            if open_years:
                data = {"site": site, "denominator": name, "years": open_years}
                yield Finding(code="monitor-denominator-missing", severity="warning", data=data)

    def _billed_months(self, year: int) -> list[Period]:
        return [one for one in self.monthly.months if one.start.year == year]

    def _band_findings(self) -> list[Finding]:
        """Say what bands compare, and name buildings of which no band is known."""
        found = []
        kinds = {(one.building, one.climate_zone) for one in self.tables.benchmarks}
        for one in self.tables.buildings:
            if (one.building, one.climate_zone) not in kinds:
                data = {"site": one.site, "building": one.building, "climate_zone": one.climate_zone}
                found.append(Finding(code="monitor-no-band", severity="warning", data=data))
        if any(True for _ in self._bands()):
            found.append(Finding(code="monitor-band-basis", severity="info"))
        return found


# -------------------------------------------------------------------------------------------------- private


class _Reading:
    """Reads tables one after another and keeps what is wrong with each, so that one error tells all."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.problems: list[Any] = []
        self.notes: list[Finding] = []
        self._tenants: list[Tenant] = []
        self._readings: list[MeterCheck] = []
        self._targets: set[tuple[Any, ...]] = set()
        self._units: dict[tuple[Any, ...], str] = {}
        self._buildings: set[str] = set()

    def weather(self) -> tuple[Weather, ...]:
        try:
            return self.workspace.weather
        except InputError as error:
            self._keep(error)
            return ()

    def table(self, stem: str, model: type[R], check: Callable[[R], None]) -> tuple[R, ...]:
        try:
            found: SideTable[R] = read_records(self.workspace.folder, stem, model, check)
        except InputError as error:
            self._keep(error)
            return ()
        self.notes += found.notes
        return found.items

    def _keep(self, error: InputError) -> None:
        self.problems += error.problems or [Finding(code=error.code, severity="error", data=error.data)]

    def check_target(self, one: Target) -> None:
        one.check(self.workspace.library.catalogue)
        self.workspace.check_site(one.site)
        same = (one.target, one.site, one.what, one.kind)
        alike = units.kind(one.unit) if one.kind == "plan" else ""  # a plan may state energy in tce and in kWh
        self._once(self._targets, (*same, one.year, alike), one.period)
        if one.kind == "trajectory":
            units.ratio(one.unit, self._units.setdefault(same, one.unit))

    def check_tenant(self, one: Tenant) -> None:
        one.check()
        self.workspace.check_site(one.site)
        self._activity(one.activity)
        one.check_beside(self._tenants)
        self._tenants.append(one)

    def check_reading(self, one: MeterCheck) -> None:
        self.workspace.check_site(one.site)
        self._activity(one.activity, one.unit)
        one.check_beside(self._readings)
        self._readings.append(one)

    def check_building(self, one: Building) -> None:
        self.workspace.check_site(one.site)
        if one.site in self._buildings:
            raise InputError("monitor-row-twice", period=one.site)
        self._buildings.add(one.site)

    @staticmethod
    def _once(seen: set[tuple[Any, ...]], key: tuple[Any, ...], period: str) -> None:
        if key in seen:
            raise InputError("monitor-row-twice", period=period)
        seen.add(key)

    def _activity(self, activity: str, unit: str | None = None) -> None:
        library = self.workspace.library
        if activity not in library.catalogue:
            raise InputError("unknown-activity", activity=activity, suggestions=library.suggest(activity))
        entry = library.catalogue[activity]
        if unit is not None and not entry.accepts(unit):
            raise InputError("monitor-unit", activity=activity, unit=unit, known=entry.measured_in)


@lru_cache(2**12)
def _year_to(month: Period) -> list[Period]:
    return [months_later(month, -back) for back in reversed(range(month.start.month))]


def _of_denominator(one: Denominator) -> Json:
    period = Period.parse(one.period).label
    return {
        "site": one.site,
        "denominator": one.denominator,
        "period": period,
        "value": str(one.value),
        "unit": one.unit,
    }


def _of_progress(one: Progress) -> Json:
    return {
        "target": one.target.target,
        "site": one.target.site,
        "what": one.target.what,
        "year": one.target.year,
        "plan": str(one.target.value),
        "unit": one.target.unit,
        "actual_to_date": known_text(one.actual),
        "months_covered": len(one.months),
        "months": [month.label for month in one.months],
        "completion_percent": known_text(one.completion),
        "plan_to_date": known_text(one.to_date),
        "plan_by": one.by,
        "pace_percent": known_text(one.pace),
        "source": one.target.source,
    }


def _of_point(one: Point) -> Json:
    return {
        "target": one.target.target,
        "site": one.target.site,
        "what": one.target.what,
        "year": one.year,
        "value": known_text(one.value),
        "unit": one.target.unit,
        "actual": known_text(one.actual),
        "interpolated": one.interpolated,
    }
