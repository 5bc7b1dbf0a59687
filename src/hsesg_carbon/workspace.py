"""A workspace: one folder that holds one organisation's accounts. Reads its files, writes ``out/``."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hsesg_carbon import percentages, units
from hsesg_carbon.activities import Activities
from hsesg_carbon.base_year import FILE as BASE_YEAR
from hsesg_carbon.base_year import BaseYearPolicy, Decision
from hsesg_carbon.boundary import CONSOLIDATIONS, Boundary
from hsesg_carbon.consolidations import Consolidations
from hsesg_carbon.coverage import Labels, held_periods, open_years, unlike_years
from hsesg_carbon.drivers import DegreeDays, Drivers
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.errors import InputError, InventoryError, MethodologyError
from hsesg_carbon.events import BaseYearEvent
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.gaps import FILE as GAPS
from hsesg_carbon.gaps import Filled, GapFilling, GapRules
from hsesg_carbon.instruments import Instrument, Instruments
from hsesg_carbon.intake import Engine, SideTable, read_activities, read_records
from hsesg_carbon.intensity import Denominator, denominators_missing, ruling_denominators
from hsesg_carbon.inventory import Inventory, Rung
from hsesg_carbon.ledger import Explanation, Group, Ledger, Total, Totals
from hsesg_carbon.measures import Measure, Measures, Offset, Offsets
from hsesg_carbon.methodology import Methodology, shipped_methodologies
from hsesg_carbon.monitoring import Weather
from hsesg_carbon.months import Completeness, Expected
from hsesg_carbon.periods import Period, is_year, iso_day
from hsesg_carbon.plan import Plan
from hsesg_carbon.propagation import DRAWS
from hsesg_carbon.ranges import FILE as UNCERTAINTY
from hsesg_carbon.ranges import UncertaintyRules
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.settings import Settings
from hsesg_carbon.sites import Tree, repeated_sites
from hsesg_carbon.submeters import Part, Submeters
from hsesg_carbon.tables import FORMULA_STARTS, misfits, read_tables, read_toml
from hsesg_carbon.uncertainty import Uncertainty, plain
from hsesg_carbon.verification import Population, ReportedTable, Sample, Schedule, Verification, verify
from hsesg_carbon.vetting import near_regions
from hsesg_carbon.waste import WasteAccount, WasteLoad
from hsesg_carbon.water import WaterAccount, WaterFlow
from hsesg_carbon.writing import write_whole

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R", bound=BaseModel)
S = TypeVar("S", WaterFlow, WasteLoad, Measure, Offset)

OUT = "out"
SEALS = "seals"
VERSIONS = "versions"
_BY_CARRIER = (("subject", "year"), ("year",))


class Audited(BaseModel):
    """What a drawn row emits by its evidence, in tCO2e; ``period`` is the year of the sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    activity_id: str = Field(min_length=1)
    period: int
    audited: Decimal
    evidence: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Workspace:
    """
    One organisation's accounts in a folder: ``inventory.toml``, ``activity/``, ``denominators.csv``, own factors.

    Example: ``Workspace("examples/hundsun-2024").inventory.by("scope", "year")``.

    Args:
        folder: Where the files are.
        basis: Another methodology than the one that ``inventory.toml`` names: for a version of the same accounts.
        known: Another ``known_at`` than that of ``inventory.toml``.
        engine: What sums the activity data; the totals are the same to the last digit on each.
        shipped: The published factors to take, such as those of a sealed pack; by default those of this version.
    """

    folder: Path
    basis: str = ""
    known: date | None = None
    engine: Engine = "pandas"
    shipped: FactorLibrary | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @classmethod
    def demo(cls, folder: Path, example: str = "hundsun-2024") -> "Workspace":
        """
        Write an example to ``folder`` and return it: Hundsun's yearly figures, or the made-up bills ``campus-monthly``.

        Raises:
            InputError: There is no such example, or ``folder`` is there and not empty.
        """
        shelf = files("hsesg_carbon.examples")
        known = sorted(one.name for one in shelf.iterdir() if one.joinpath(SETTINGS).is_file())
        if example not in known:
            raise InputError("example-unknown", example=example, known=known)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError("folder-not-empty", folder=str(folder))
        with as_file(shelf.joinpath(example)) as written:
            shutil.copytree(
                written, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(OUT, SEALS, "__pycache__")
            )
        return cls(folder)

    def version(self, name: str) -> "Workspace":
        """
        Return another version of these accounts.

        Args:
            name: A folder under ``versions/`` or another workspace's folder, each with its own ``inventory.toml``; or
                a methodology (shipped, or a ``.toml`` file of this workspace), which changes nothing else. With
                ``@2024-06-30`` behind it the factors are those known on that day.

        Raises:
            InputError: There is no such version.
        """
        stem, at, day = name.rpartition("@")
        known = iso_day(day) if at else None
        stem = stem if known else name
        for words, day_of_it in ((name, None), (stem, known)):  # a folder may have an @ in its own name
            if folder := self._version_folder(words):
                return replace(self, folder=folder, basis="", known=day_of_it)
        shelf = shipped_methodologies(self.shipped.home if self.shipped else None)
        if (stem.endswith(".toml") and (self.folder / stem).is_file()) or stem in shelf:
            return replace(self, basis=stem, known=known or self.known)
        own = self.folder / VERSIONS
        listed = sorted(one.name for one in own.iterdir() if one.is_dir()) if own.is_dir() else []
        raise InputError("restate-version", version=name, known=[*listed, *shelf])

    def _version_folder(self, words: str) -> Path | None:
        """Return the folder that a version names: under ``versions/``, else a workspace by its path from here."""
        own, path = self.folder / VERSIONS / words, Path(words)
        kept = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
        if kept and own.is_dir():
            if not (own / SETTINGS).is_file():
                raise InputError("restate-version-empty", folder=str(own))
            return own
        return path if words and (path / SETTINGS).is_file() else None

    @cached_property
    def settings(self) -> Settings:
        """The content of ``inventory.toml``; every key that does not fit is named in one error."""
        stated = self._stated_settings
        update = {"methodology": self.basis or stated.methodology, "known_at": self.known or stated.known_at}
        return stated.model_copy(update=update)

    @cached_property
    def _stated_settings(self) -> Settings:
        path = self.folder / SETTINGS
        if not path.is_file():
            raise InputError("no-workspace", folder=str(self.folder))
        try:
            settings = Settings.model_validate(read_toml(path))
        except ValidationError as error:
            found = misfits(error, Settings)
            if len(found) > 1:  # a broken site also makes the list of sites look empty
                found = [one for one in found if one.data.get("key") != "site"]
            problems = [one.model_copy(update={"where": Where(file=path.name)}) for one in found]
            raise InputError("settings-broken", problems, file=path.name) from error
        if repeated := repeated_sites(settings.site):
            raise InputError("site-twice", file=path.name, sites=repeated)
        if faults := Tree(settings.entity, settings.organisation.id).faults(settings.site):
            problems = [one.model_copy(update={"where": Where(file=path.name)}) for one in faults]
            raise InputError("settings-broken", problems, file=path.name)
        for one in settings.periods:
            if not is_year(one):
                raise InputError("period-not-a-year", file=path.name, value=one)
        regions = self.library.regions
        strange = dict.fromkeys(one.region for one in settings.site if one.region and one.region not in regions)
        if strange:
            place = Where(file=path.name)
            problems = [
                Finding(
                    code="unknown-region",
                    severity="error",
                    where=place,
                    data={"region": region, "known": near_regions(region, regions)},
                )
                for region in strange
            ]
            raise InputError("settings-broken", problems, file=path.name)
        return settings

    @cached_property
    def library(self) -> FactorLibrary:
        """The shipped factors, with the organisation's own from ``factors/`` added."""
        own = self.folder / "factors"
        shipped = self.shipped or FactorLibrary.shipped()
        library = shipped.overlay(own) if own.is_dir() and any(own.iterdir()) else shipped
        day = self._known_at
        return library if day is None else library.known_at(day)

    @property
    def _known_at(self) -> date | None:
        """The day of ``known_at``, read apart: the settings are checked against the library that it shapes."""
        if self.known is not None:
            return self.known
        path = self.folder / SETTINGS
        stated = read_toml(path).get("known_at") if path.is_file() else None
        return stated if isinstance(stated, date) else None  # anything else the settings refuse

    @cached_property
    def methodology(self) -> Methodology:
        """The methodology that ``inventory.toml`` names: a shipped one, or a file of the workspace."""
        name, home = self.settings.methodology, self.library.home
        own = name.endswith(".toml")
        return Methodology.load(self.folder / name, home) if own else Methodology.shipped(name, home)

    @property
    def batches(self) -> tuple[Activities, ...]:
        """
        All activity data: the tables of people as one batch, each Parquet file as one more.

        Rows with ``part_of`` are not among them, but for feedstock, which is taken off: see ``parts``.

        Raises:
            InputError: Everything that is wrong in all tables, with file, sheet, row and column.
        """
        return self._activity_data[0]

    @cached_property
    def parts(self) -> Submeters | None:
        """The rows that another row contains (``part_of``); ``None`` if there are none."""
        parts = self._activity_data[1]
        return Submeters(parts, self.inventory) if parts else None

    @cached_property
    def _activity_data(self) -> tuple[tuple[Activities, ...], tuple[Part, ...]]:
        return read_activities(self.folder, self.boundary.sites, self.library, self.engine, self._fill)

    def _fill(self, batches: Sequence[Activities]) -> list[dict[str, str]]:
        """Return rows for the gaps of some batches, where ``gaps.toml`` says how they are filled."""
        path = self.folder / GAPS
        if not path.is_file():
            return []
        rules, areas = GapRules.read(path), self.site_denominators
        filling = GapFilling(self._completeness_of(batches), rules, self.boundary.sites, areas, self.weather)
        self._fillings.append(filling)
        return [one.cells() for one in filling.filled]

    @cached_property
    def _fillings(self) -> list[GapFilling]:
        """What filled the gaps of the activity data, once these are read."""
        return []

    @property
    def filled(self) -> tuple[Filled, ...]:
        """The rows that fill gaps, each with its method and its error; none without a ``gaps.toml``."""
        return tuple(one for filling in self._gap_fillings for one in filling.filled)

    @property
    def _gap_fillings(self) -> list[GapFilling]:
        self._activity_data  # noqa: B018  (reading it fills the gaps)
        return self._fillings

    @cached_property
    def completeness(self) -> Completeness:
        """Which months the bills of each site, carrier and meter cover, with what fills gaps as estimated."""
        return self._completeness_of(self.batches)

    def completeness_rows(self) -> list[dict[str, Any]]:
        """
        Return the matrix of sites, carriers, meters and months as plain data.

        Keys: site, carrier, activity, meter, month, status, days, of, twice; where a gap was filled also ``method`` and
        ``uncertainty_percent``, the half-width at 95 % as text, null where it is not known.
        """
        told = {
            (*one.key, one.month.label): {
                "method": one.method,
                "uncertainty_percent": None if one.half_width is None else f"{one.half_width:f}",
            }
            for one in self.filled
        }
        rows = self.completeness.rows()
        return [{**one, **told.get(_place_in_matrix(one), {})} for one in rows]

    @cached_property
    def completeness_findings(self) -> tuple[Finding, ...]:
        """What is missing, covered twice or filled, without repetitions: of meters, of years and of months."""
        return (*self._meter_findings(), *self._cover_findings, *self._coverage_findings())

    def _meter_findings(self) -> list[Finding]:
        """Return what the checks of each batch find, but for gaps between bills when none is expected."""
        found = [one for batch in self.batches for one in batch.check()]
        return [due for one in found if (due := self.completeness.due(one) if one.code == "meter-gap" else one)]

    def _coverage_findings(self) -> list[Finding]:
        return [*self.completeness.findings, *(one for filling in self._gap_fillings for one in filling.findings)]

    def _completeness_of(self, batches: Sequence[Activities]) -> Completeness:
        bills = [bill for one in batches for bill in one.bills()]
        return Completeness(bills, self.boundary.sites, self.settings.years, self.library.catalogue, self._expected)

    @cached_property
    def _expected(self) -> tuple[Expected, ...]:
        """Where bills are not expected in every month, from ``expected.csv`` or ``.xlsx``; nowhere without it."""
        return self._records("expected", Expected, Expected.check)

    @cached_property
    def weather(self) -> tuple[Weather, ...]:
        """The degree days of ``weather.csv`` or ``.xlsx``; none without such a file."""
        seen: set[tuple[str | None, str | None, Period]] = set()

        def check(one: Weather) -> None:
            one.check()
            self.check_site(one.site)
            place = one.site, one.region, Period.parse(one.month)
            if place in seen:
                raise InputError("weather-twice", place=one.site or one.region, month=one.month)
            seen.add(place)

        return self._records("weather", Weather, check)

    def explain(self, activity_id: str) -> Explanation:
        """Return what stands behind a row; one that is part of another and enters no total has no lines."""
        memo = self.parts.memo(activity_id) if self.parts else None
        return Explanation(memo, self.methodology.id, ()) if memo else self.inventory.ledger.explain(activity_id)

    def rungs(self, found: Explanation) -> tuple[Rung, ...]:
        """Return on which rungs of the market-based ladder a row stands; none where the methodology has no ladder."""
        if "market" not in self.methodology.scope2 or not found.lines:
            return ()
        return self.inventory.seen(scope2="market").rungs(found.row.activity_id)

    @cached_property
    def boundary(self) -> Boundary:
        """Whose emissions count."""
        settings = self.settings
        return Boundary(
            settings.boundary, settings.site, settings.consolidation, settings.organisation.id, settings.entity
        )

    @cached_property
    def inventory(self) -> Inventory:
        """The inventory of all activity data under the workspace's methodology."""
        plan = Plan.compile([key for batch in self.batches for key in batch.keys], self.library, self.methodology)
        kept = self.settings.keep_published
        return Inventory(self._ledger(plan), self.boundary, instruments=self.instruments, keep_published=kept)

    @cached_property
    def consolidations(self) -> Consolidations:
        """The inventory under all four consolidations, and the total of GB/T 32150."""
        return Consolidations(self.inventory)

    @cached_property
    def views(self) -> dict[str, Inventory]:
        """The inventory by each method of Scope 2 that the methodology has."""
        return {method: self.inventory.seen(scope2=method) for method in self.methodology.scope2}

    @cached_property
    def instruments(self) -> Instruments | None:
        """The contractual instruments of ``instruments.csv`` or ``.xlsx``; ``None`` if there is no such file."""
        items = self._records("instruments", Instrument, self._check_instrument)
        if not items:
            return None
        months = self.methodology.instrument_months
        if months is None and "market" in self.methodology.scope2:
            raise MethodologyError("instrument-months-missing", methodology=self.methodology.id)
        return Instruments(items, self.settings.organisation.id, months or 0)

    def _check_instrument(self, one: Instrument) -> None:
        """Hold an instrument to what it can state, to a site, and to the GWP set of the accounts."""
        one.check(self.library)
        self.check_site(one.site)
        if "market" in self.methodology.scope2 and not self.settings.keep_published:
            one.hold_to(self.methodology.gwp)

    @cached_property
    def denominators(self) -> tuple[Denominator, ...]:
        """The denominators of intensities, from ``denominators.csv`` or ``.xlsx``; none if there is no such file."""
        return tuple(one for one in self._all_denominators if one.site is None)

    @property
    def site_denominators(self) -> tuple[Denominator, ...]:
        """The denominators that are of one site each, such as its floor area."""
        return tuple(one for one in self._all_denominators if one.site is not None)

    @cached_property
    def _all_denominators(self) -> tuple[Denominator, ...]:
        return self._records("denominators", Denominator, self._check_denominator)

    def _check_denominator(self, one: Denominator) -> None:
        """Hold a denominator to a plain unit and a whole year, or, of a site, to a month or a year."""
        self.check_site(one.site)
        month = one.site is not None and Period.parse(one.period).is_month
        if one.year is None and not month:
            code = "denominator-not-a-year" if one.site is None else "denominator-not-a-month"
            raise InventoryError(code, denominator=one.denominator, period=one.period)
        units.grid(one.unit)

    @cached_property
    def water(self) -> WaterAccount | None:
        """The water account of ``water.csv`` or ``.xlsx``; ``None`` if there is no such file."""
        items = self._side_records("water", WaterFlow)
        return WaterAccount(items, self.boundary) if items else None

    @cached_property
    def waste(self) -> WasteAccount | None:
        """The waste account of ``waste.csv`` or ``.xlsx``; ``None`` if there is no such file."""
        items = self._side_records("waste", WasteLoad)
        return WasteAccount(items, self.boundary) if items else None

    @cached_property
    def measures(self) -> Measures | None:
        """The reduction measures of ``measures.csv`` or ``.xlsx``, beside the totals; ``None`` without such a file."""
        items = self._side_records("measures", Measure)
        return Measures(items) if items else None

    @cached_property
    def offsets(self) -> Offsets | None:
        """The carbon credits of ``offsets.csv`` or ``.xlsx``, never netted; ``None`` if there is no such file."""
        items = self._side_records("offsets", Offset)
        return Offsets(items, self.settings.organisation.id) if items else None

    def uncertainty(self, *by: str, draws: int = DRAWS, seed: int = 0) -> Uncertainty:
        """
        Return the uncertainty of the totals by any dimensions besides the year, as ``uncertainty.toml`` states it.

        Intensities are of the same dimensions, on the denominators of this workspace.

        Raises:
            InputError: There is no such file, or it does not fit.
        """
        self.intensities()  # holds every denominator's boundary to what is accepted of that denominator
        accepted = tuple(dict.fromkeys(one.boundary for one in self.denominators))
        found = self.uncertainty_beside(self, *by, rules=self.uncertainty_rules, draws=draws, seed=seed)
        return replace(found, denominators=self.denominators, accept_boundary=accepted)

    def uncertainty_beside(
        self, other: "Workspace", *by: str, rules: UncertaintyRules, draws: int = DRAWS, seed: int = 0
    ) -> Uncertainty:
        """Return the uncertainty of the totals by such rules, with inputs told apart only as ``other`` can as well."""
        # what fills a gap has an error of its own, whatever the other version can tell apart
        names = [name for name in self._labels if name in {*other._labels, "filled"}]
        fills = {one.id: (one.spread, one.origin) for one in self.filled if one.spread is not None}
        by = tuple(dict.fromkeys(("year", *by)))
        return Uncertainty(self._told_apart(tuple(names)), rules, by, draws, seed, fills=fills)

    @cached_property
    def _told_apart(self) -> "Callable[[tuple[str, ...]], Inventory]":
        """Return what gives the inventory with further columns kept apart: once for each, for it looks at all rows."""
        ledger = self.inventory.ledger
        return cache(lambda names: replace(self.inventory, ledger=self._ledger(ledger.plan, names)))

    def _ledger(self, plan: Plan, dimensions: Sequence[str] = ()) -> Ledger:
        """Return the ledger of all batches."""
        first, *others = (Ledger.of(plan, batch, dimensions) for batch in self.batches)
        for one in others:
            first = first + one
        return first

    @property
    def has_uncertainty(self) -> bool:
        """Whether there is an ``uncertainty.toml``."""
        return (self.folder / UNCERTAINTY).is_file()

    @cached_property
    def uncertainty_rules(self) -> UncertaintyRules:
        """What ``uncertainty.toml`` states; ``InputError`` where there is none."""
        if not self.has_uncertainty:
            raise InputError("uncertainty-no-rules", folder=str(self.folder), file=UNCERTAINTY)
        return UncertaintyRules.read(self.folder / UNCERTAINTY)

    @cached_property
    def _labels(self) -> list[str]:
        """Which of meter and quality all tables of activity data state, and whether rows among them fill gaps."""
        columns = [set(batch.frame.collect_schema().names()) for batch in self.batches]
        return [name for name in ("meter", "quality", "filled") if all(name in own for own in columns)]

    @cached_property
    def base_year_policy(self) -> BaseYearPolicy | None:
        """When the base year is recalculated, from ``base_year.toml``; ``None`` if there is no such file."""
        path = self.folder / BASE_YEAR
        if not path.is_file():
            return None
        policy, stated = BaseYearPolicy.read(path), self.settings.base_year
        if stated is not None and stated not in policy.base_years:
            raise InputError("base-year-other-than-inventory", file=BASE_YEAR, years=policy.base_years, stated=stated)
        return policy

    @property
    def base_year_events(self) -> tuple[BaseYearEvent, ...]:
        """What happened since the base year, from ``base_year_events.csv`` or ``.xlsx``; none without such a file."""
        return self._base_year_table.items

    @cached_property
    def _base_year_table(self) -> SideTable[BaseYearEvent]:
        """The events with the remarks on their file, which belong to the decision and not to the footprint."""
        read: dict[str, list[BaseYearEvent]] = {}

        def check(one: BaseYearEvent) -> None:
            self.check_site(one.site)
            own = read.setdefault(one.event, [])
            one.check_beside(own)
            own.append(one)

        return read_records(self.folder, "base_year_events", BaseYearEvent, check)

    def base_year_decision(
        self, base: Inventory | Totals | None = None, further: Iterable[BaseYearEvent] = ()
    ) -> Decision:
        """
        Return whether the base year is to be recalculated, by the policy and the events of this workspace.

        Args:
            base: The base year as first reported, where the rows of this workspace have been corrected since; by
                default what they give, at the shares of that time.
            further: Events besides those of the file, such as the parts of a restatement (``of_parts``).

        Raises:
            InputError: There is no policy, or an event cannot be one.
            InventoryError: An event cannot be computed from the rows.
        """
        if self.base_year_policy is None:
            raise InputError("base-year-no-policy", folder=str(self.folder), file=BASE_YEAR)
        events = (*self.base_year_events, *further)
        own = self.inventory
        decision = self.base_year_policy.decide(own if base is None else base, events, None if base is None else own)
        return replace(decision, findings=(*self._base_year_table.notes, *decision.findings))

    @property
    def degree_days(self) -> tuple[DegreeDays, ...]:
        """The degree days of carriers that follow the weather, from ``degree_days.csv`` or ``.xlsx``; none without."""
        return self._degree_day_table.items

    @cached_property
    def _degree_day_table(self) -> SideTable[DegreeDays]:
        """The degree days with the remarks on their file, which belong to the drivers and not to the footprint."""

        def check(one: DegreeDays) -> None:
            one.check()
            self.check_site(one.site)

        return read_records(self.folder, "degree_days", DegreeDays, check)

    def drivers(
        self, first_year: int, last_year: int, per: str = "", scope2: str = "", published: "Workspace | None" = None
    ) -> Drivers:
        """
        Return what moved emissions from one year to another, by LMDI-I; ``per`` is a denominator, e.g. ``revenue``.

        Boundaries of denominators are accepted as for intensities. A year that the data cover in part is named. Without
        ``scope2`` it is the method of the totals. ``published`` is the version as which the first year was published:
        its restatement comes before the drivers.

        Raises:
            InventoryError: As ``Drivers.of``.
        """
        accepted = self.settings.accepted(per)
        found = Drivers.of(
            self.inventory.seen(scope2=scope2 or None),
            first_year,
            last_year,
            self.denominators,
            per,
            accept_boundary=accepted,
            weather=self.degree_days,
            published=published.inventory.seen(scope2=scope2 or None) if published else None,
        )
        notes = [one for one in self._accepted_findings() if one.data["denominator"] == per]
        years = {str(first_year), str(last_year)}
        notes += [one for one in self._cover_findings if str(one.data.get("year")) in years]
        notes += self._degree_day_table.notes
        return replace(found, findings=(*found.findings, *notes))

    def _side_records(self, stem: str, model: type[S]) -> tuple[S, ...]:
        """Read a table of an account beside the inventory."""

        def check(one: S) -> None:
            one.check()
            if isinstance(one, WaterFlow | WasteLoad):
                self.check_site(one.site)
                tuple(self.boundary.counted(one.site, Period.parse(one.period)))  # told at its row, not of the whole

        return self._records(stem, model, check)

    def check_site(self, site: str | None) -> None:
        """Raise ``InputError`` where a row names a site that ``inventory.toml`` does not have."""
        sites = [one.id for one in self.settings.site]
        if site is not None and site not in sites:
            raise InputError("unknown-site", site=site, known=sites)

    def _records(self, stem: str, model: type[R], check: Callable[[R], None]) -> tuple[R, ...]:
        """Read a table beside the activity data; remarks on it are kept for ``findings``."""
        table = read_records(self.folder, stem, model, check)
        self._side_notes[stem] = table.notes
        return table.items

    @cached_property
    def _side_notes(self) -> dict[str, tuple[Finding, ...]]:
        """What was remarked on each table beside the activity data that was read."""
        return {}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every judgement about the data, the factors and the view, without repetitions."""
        found = self._meter_findings()
        if self.instruments is not None and "market" not in self.methodology.scope2:
            data = {"count": len(self.instruments.items), "methodology": self.methodology.id}
            found.append(Finding(code="instruments-not-used", severity="warning", data=data))
        found += [
            *(one for view in self.views.values() for one in view.findings),
            *self._cover_findings,
            *self.consolidations.findings(self.settings.years),
            *denominators_missing(self.denominators, self.settings.years),
            *self._accepted_findings(),
            *self._coverage_findings(),
            *self._side_findings(),
        ]
        return tuple({one.model_dump_json(): one for one in found}.values())

    def intensities(self) -> list[tuple[str, Denominator, Totals]]:
        """Return each denominator of each year with the intensities per scope and in total on it."""
        results = []
        years = self.settings.years
        for per in dict.fromkeys(one.denominator for one in self.denominators):
            accepted = self.settings.accepted(per)
            ruling = ruling_denominators(self.denominators, per)
            both = [self.inventory.intensity(self.denominators, per, by, accepted, years) for by in (("scope",), ())]
            for year, one in sorted(ruling.items()):
                rows = tuple(row for totals in both for row in totals if row["year"] == year)
                if rows:
                    results.append((per, one, Totals(rows)))
        return results

    def footprint(self, lang: str = "en", *, uncertainty: bool = False) -> dict[str, Any]:
        """
        Return the footprint as plain data for JSON: totals, intensities, energy and findings, exact numbers as text.

        The keys are the contract of ``footprint --json``; ``scope`` is ``1``, ``2`` or ``total``. With ``uncertainty``
        totals and intensities have their 95 % intervals (floats), as ``uncertainty.toml`` states them.
        """
        result = dict(self._footprint(lang))
        return self._with_intervals(result, lang) if uncertainty else result

    def _with_intervals(self, result: dict[str, Any], lang: str) -> dict[str, Any]:
        """Add the intervals of totals and intensities by scope and in all, and what was remarked on them."""
        sides = self.uncertainty("scope"), self.uncertainty()
        totals: dict[tuple[int, str], dict[str, Any]] = {}
        ratios: dict[tuple[tuple[int, str], str], dict[str, Any]] = {}
        found: list[Finding] = []
        for one in sides:
            first, second = one.approach1(), one.approach2()
            for group in one.groups:
                totals[_scope_of(group)] = plain((first[group], second[group]))
            ratios |= {(_scope_of(group), by.denominator): plain(both) for by, group, both in one.intensities()}
            found += one.findings
        keys = {one.model_dump_json(): one for one in found if one.code != "uncertainty-approaches"}
        remarks = [*keys.values(), *(one for one in found if one.code == "uncertainty-approaches")]
        places = [(row["year"], row["scope"]) for row in result["totals"]]
        result["totals"] = [
            {**row, "uncertainty": totals[place]} for row, place in zip(result["totals"], places, strict=True)
        ]
        result["intensities"] = [
            {**row, "uncertainty": ratios[(row["year"], row["scope"]), row["per"]]} for row in result["intensities"]
        ]
        result["uncertainty"] = sides[1].drawing() | {"findings": [one.as_json(lang) for one in remarks]}
        return result

    @cached_property
    def _footprint(self) -> Callable[[str], dict[str, Any]]:
        """Return what gives the footprint in a language: computed once, for seals and reports rest on it as well."""
        return cache(self._computed)

    def _computed(self, lang: str) -> dict[str, Any]:
        inventory, energy = self.inventory, EnergyAccount(self.inventory)
        totals = self._reported("scope", "scope", inventory.by("scope", "year"), inventory.by("year"))
        if not totals:
            raise InventoryError("nothing-to-report", periods=self.settings.periods, gases=self.methodology.gases)
        account = self._reported("carrier", "subject", energy.by("subject", "year"), energy.by("year"))
        return {
            "organisation": self.settings.organisation.model_dump(),
            "methodology": self.methodology.id,
            "gases": list(self.methodology.gases),
            "gwp": inventory.gwp,
            "known_at": self.settings.known_at and self.settings.known_at.isoformat(),
            "scope2_method": inventory.scope2,
            "consolidation": self.settings.consolidation,
            "boundary": self.settings.boundary,
            "totals": sorted(totals, key=lambda one: (one["year"], one["scope"])),
            "estimated": self.estimated(),
            "intensities": [
                {
                    "year": row["year"],
                    "scope": dict(row.group).get("scope", "total"),
                    "per": per,
                    **_exact(row.amount),
                    "denominator": _exact(units.Amount(Fraction(one.value), one.unit)),
                    "denominator_boundary": one.boundary,
                    "denominator_source": one.source,
                }
                for per, one, rows in self.intensities()
                for row in rows
            ],
            "energy": sorted(account, key=lambda one: (one["year"], one["flow"], one["carrier"] == "total")),
            "energy_shares": self._reported("carrier", "subject", energy.shares()),
            "scope2": [
                {"method": method, **row}
                for method, view in self.views.items()
                for row in self._reported("scope", "scope", view.by("scope", "year"))
                if row["scope"] == "2"
            ],
            "consolidations": [
                {"consolidation": approach, **row}
                for approach in CONSOLIDATIONS
                for row in self._reported("scope", "scope", self.consolidations.under(approach).by("scope", "year"))
            ],
            "national": self._reported("item", "item", *self.consolidations.national()),
            "biogenic": self._reported("scope", "scope", inventory.biogenic("year")),
            "ozone_depleting": self._reported("scope", "scope", inventory.ozone_depleting("year")),
            **self._energy_views(energy),
            **self._side_accounts(),
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def estimated(self) -> list[dict[str, Any]]:
        """
        Return how much of each total by year and scope rests on rows of quality ``estimated``, filled gaps among them.

        ``value`` and ``percent`` are exact text. ``unstated_percent`` is the part that rests on rows without a quality:
        where it is all of it, nothing is known, and ``value`` and ``percent`` are null, which is not 0.
        """
        return [{"year": year, "scope": scope, **_share_of_estimates(own)} for year, scope, own in self.qualities()]

    def qualities(self, scope2: str = "") -> list[tuple[int, str, dict[str, Fraction]]]:
        """
        Return what rows of each quality give of the total of every reported year and scope (``total``: all), in tCO2e.

        Rows that state no quality stand under a blank. ``scope2`` is another method than that of the totals.
        """
        labels = tuple(name for name in self._labels if name == "quality")
        view = (self._told_apart(labels) if labels else self.inventory).seen(scope2=scope2 or None)
        parts: dict[tuple[int, str], dict[str, Fraction]] = {}
        for dimensions in (("scope", "year"), ("year",)):
            for row in view.by(*dimensions, *labels):
                own = parts.setdefault(_scope_of(row.group), {})
                own[str(dict(row.group).get("quality", ""))] = row.amount.value
        return [(*place, own) for place, own in sorted(parts.items()) if str(place[0]) in self.settings.periods]

    def _energy_views(self, energy: EnergyAccount) -> dict[str, Any]:
        """Return energy in MWh, renewable and not (by each method of Scope 2), and per denominator."""
        views = {method: EnergyAccount(view) for method, view in self.views.items()}
        return {
            "energy_comprehensive": self._reported(
                "carrier", "subject", *(energy.comprehensive(*one) for one in _BY_CARRIER)
            ),
            "energy_mwh": self._reported("carrier", "subject", *(energy.by(*one, unit="MWh") for one in _BY_CARRIER)),
            "energy_renewable": [
                {"method": method, **row}
                for method, view in views.items()
                for row in self._rows(view.renewable("year"), view.renewable("year", unit="MWh"))
            ],
            "energy_intensities": self._per_denominator(energy.intensity),
        }

    def _side_accounts(self) -> dict[str, Any]:
        """Return water, waste, measures and offsets: each ``None`` without its file, none of them in the totals."""
        water, waste, measures, offsets = self.water, self.waste, self.measures, self.offsets
        parts = self.parts
        return {
            "water": water
            and {
                "account": self._rows(
                    *(view for unit in ("ML", "m3") for view in (water.by("year", unit=unit), water.consumption(unit)))
                ),
                "by_source": self._rows(water.by("source_or_destination", "stressed", "year")),
                "intensities": self._per_denominator(water.intensity),
            },
            "waste": waste
            and {
                "account": self._rows(waste.by("hazardous", "treatment", "year")),
                "by_material": self._rows(waste.by("material", "year")),
                "diverted": self._rows(waste.by("diverted", "year")),
                "avoided_outside_totals": self._rows(waste.avoided("material", "source", "year")),
                "intensities": self._per_denominator(waste.intensity),
            },
            "measures": measures and self._rows(measures.by("measure", "scope", "source", "year")),
            "parts": parts and {"shares": self._rows(parts.shares()), "pue": self._rows(parts.pue())},
            "offsets": offsets and [_plain_row(row) for row in offsets.by("kind", "registry", "vintage", "year")],
        }

    def _per_denominator(self, intensity: Callable[..., Totals]) -> list[dict[str, Any]]:
        """Return the intensities of an account on every denominator, in the years that both have."""
        rows = []
        for per in dict.fromkeys(one.denominator for one in self.denominators):
            accepted = self.settings.accepted(per)
            totals = intensity(self.denominators, per, accept_boundary=accepted, years=self.settings.years)
            rows += [{"per": per, **row} for row in self._rows(totals)]
        return rows

    def _rows(self, *views: Totals) -> list[dict[str, Any]]:
        """Return the reported years of some totals as plain rows, with every dimension they have."""
        return [_plain_row(row) for view in views for row in view if str(row["year"]) in self.settings.periods]

    def _side_findings(self) -> list[Finding]:
        """Return the remarks of the accounts beside the inventory, and that nothing was netted."""
        found = [
            one for account in (self.water, self.waste, self.offsets, self.parts) if account for one in account.findings
        ]
        found += [note for notes in self._side_notes.values() for note in notes]
        for name, one in (("water", self.water), ("waste", self.waste), ("measures", self.measures)):
            if one and (years := one.years - set(self.settings.years)):
                data = {"file": name, "years": sorted(years)}
                found.append(Finding(code="side-year-not-reported", severity="warning", data=data))
        if self.measures or self.offsets:
            found.append(Finding(code="beside-never-netted", severity="info"))
        return found

    def _reported(self, column: str, dimension: str, *views: Totals) -> list[dict[str, Any]]:
        """Return the reported years of some totals as plain rows; where a view lacks the dimension it is the total."""
        return [
            {
                "year": row["year"],
                column: dict(row.group).get(dimension, "total"),
                "flow": row.flow,
                **_exact(row.amount),
            }
            for view in views
            for row in view
            if str(row["year"]) in self.settings.periods
        ]

    def verification(self) -> Verification:
        """
        Return what cannot be true in ``reported.csv`` (or ``.xlsx``), held to the inventory and the denominators.

        Raises:
            InputError: There is no reported table, or it cannot be read.
        """
        return self._verification

    @cached_property
    def _verification(self) -> Verification:
        return verify(self.reported, self.inventory, self.denominators)

    @cached_property
    def reported(self) -> ReportedTable:
        """The printed figures of ``reported.csv`` (or ``.xlsx``)."""
        path = self._reported_file
        if path is None:
            raise InputError("no-reported-table", folder=str(self.folder))
        return ReportedTable.read(path)

    @property
    def has_reported(self) -> bool:
        """Whether there is a reported table to verify."""
        return self._reported_file is not None

    @property
    def _reported_file(self) -> Path | None:
        return next((one for one in sorted(self.folder.glob("reported.*")) if one.suffix in {".csv", ".xlsx"}), None)

    def population(self) -> Population:
        """Return the rows that a verifier's sample is drawn from: those of the reported years."""
        return Population.of(self.inventory, self.settings.years)

    def schedule(
        self, verification: Verification, threshold: Fraction, sample: Sample | None = None, results: Path | None = None
    ) -> Schedule:
        """
        Return the schedule of differences between the reported table and the inventory.

        Args:
            verification: What ``verification()`` found.
            threshold: Share of the recomputed emissions.
            sample: The rows that were drawn, where errors found in them are to be projected.
            results: A table with ``activity_id``, ``period`` (the year) and ``audited`` (tCO2e) of every drawn row.

        Raises:
            InputError: A table cannot be used, or the results are not those of the sample.
        """
        found = sample.projected(_audited(results)) if sample is not None and results is not None else ()
        return Schedule.of(self.reported, self.inventory, verification, threshold, found)

    def write(self, footprint: Mapping[str, Any]) -> list[Path]:
        """
        Write ``out/footprint.json``, ``out/plan.csv`` and ``out/lines.csv``; an interrupted write leaves the old files.

        ``lines.csv`` holds the rows of people's tables; Parquet batches are too large for it and stay in the library.
        """
        if self.engine != "pandas":  # lines are a view for people, of the tables as people keep them
            return replace(self, engine="pandas").write(footprint)
        plan = self.inventory.ledger.plan
        view = self.views.get("market", self.inventory)  # the one that knows instruments
        lines = [view.lines(batch) for batch in self.batches if batch.quantity_kind == "text"]
        texts = {
            "footprint.json": json.dumps(footprint, ensure_ascii=False, indent=2) + "\n",
            "plan.csv": csv_text(plan.table()),
            **{f"lines{number or ''}.csv": csv_text(one) for number, one in enumerate(lines)},
        }
        written = self.write_texts(texts)
        for old in set((self.folder / OUT).glob("lines*.csv")) - set(written):
            old.unlink()  # of an earlier run: it would not belong to this one
        return written

    def write_texts(self, texts: "Mapping[str, str | pd.DataFrame]") -> list[Path]:
        """Write files to ``out/``, tables as CSV; each stands there whole or as it was before."""
        out = self.folder / OUT
        out.mkdir(exist_ok=True)
        for name, text in texts.items():
            write_whole(out / name, text if isinstance(text, str) else csv_text(text))
        return [out / name for name in texts]

    @cached_property
    def _cover_findings(self) -> tuple[Finding, ...]:
        """Name years with no data or not reported, covered in part, and periods that hold others of the same thing."""
        held: dict[Labels, set[Period]] = {}
        for place, _ in self.inventory.ledger.held:
            if place.rate.lines:
                held.setdefault((("site", place.cell.site), ("activity", place.cell.activity)), set()).add(place.period)
        years, sites = self.settings.years, self.boundary.sites
        found = unlike_years(held, years)
        found += open_years("year-partly-covered", held, years, sites, self._expected_days)
        found += held_periods("periods-within-periods", held, years)
        for covered in (one.covered for one in (self.water, self.waste) if one):
            found += open_years("side-year-partly-covered", covered, years, sites)
        for entered in (one.entered for one in (self.water, self.waste, self.measures) if one):
            found += held_periods("side-periods-within", entered, years)
        return tuple(found)

    def _expected_days(self, labels: Labels) -> set[date] | None:
        """Return the days on which an activity of a site is expected; ``None`` where that is always."""
        if not self._expected:
            return None
        own = dict(labels)
        return self.completeness.expected_days(own["site"], own["activity"])

    def _accepted_findings(self) -> list[Finding]:
        """Show every denominator whose boundary differs from the inventory's and was accepted."""
        differing = {
            (one.denominator, one.boundary) for one in self.denominators if one.boundary != self.settings.boundary
        }
        return [
            Finding(
                code="denominator-boundary-accepted",
                severity="warning",
                data={
                    "denominator": one.denominator,
                    "stated": one.boundary,
                    "boundary": self.settings.boundary,
                    "reason": {"en": one.reason, "zh": one.reason_zh or one.reason},
                },
            )
            for one in self.settings.accept
            if (one.denominator, one.boundary) in differing
        ]


# -------------------------------------------------------------------------------------------------- private


def _scope_of(group: Group) -> tuple[int, str]:
    """Return year and scope of a total; one without a scope is of all."""
    labels = dict(group)
    return int(labels["year"]), str(labels.get("scope", "total"))


def _place_in_matrix(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["site"], row["activity"], row["meter"] or "", row["month"]


def _share_of_estimates(parts: Mapping[str, Fraction]) -> dict[str, Any]:
    """Return what of a total is estimated, by quality; nothing is said where no row states a quality."""
    value = parts.get("estimated", Fraction(0)) if any(parts) else None
    percents = percentages.parts(parts)
    told = {"percent": "estimated" if any(parts) else None, "unstated_percent": ""}
    return {
        "value": units.known_text(value),
        "unit": units.CO2E,
        **{
            name: units.exact_text(percents.get(one, Fraction(0))) if percents and one is not None else None
            for name, one in told.items()
        },
    }


def _plain_row(row: Total) -> dict[str, Any]:
    return {**dict(row.group), "flow": row.flow, **_exact(row.amount)}


def _exact(amount: units.Amount) -> dict[str, str]:
    return {"value": units.exact_text(amount.value), "unit": amount.unit}


def _audited(path: Path) -> dict[tuple[str, int], Fraction]:
    """Read the results of a sample; every fault in one error, with its place."""
    found: dict[tuple[str, int], Fraction] = {}
    for table in read_tables(path):

        def check(one: Audited) -> None:
            if (one.activity_id, one.period) in found:
                raise InputError("activity-id-repeated", activity_id=one.activity_id)
            found[one.activity_id, one.period] = Fraction(one.audited)

        _, problems = table.records(Audited, check=check)
        if problems:
            raise InputError("table-broken", problems, file=path.name)
    return found


def csv_text(frame: "pd.DataFrame") -> str:
    """Return a table as CSV in which no cell can become a formula when a spreadsheet opens it."""
    safe = frame.rename(columns=lambda name: f"'{name}" if str(name).startswith(FORMULA_STARTS) else name)
    for name in safe.columns[[dtype.kind in "OTU" for dtype in safe.dtypes]]:
        text = safe[name]
        risky = text.str.match(r"[=+\-@\t\r]").fillna(value=False).astype(bool)
        risky &= ~text.str.fullmatch(r"[+-]?[\d.]+").fillna(value=False).astype(bool)  # a negative number is none
        if risky.any():
            safe = safe.assign(**{name: text.where(~risky, "'" + text)})
    return safe.to_csv(index=False, lineterminator="\n")
