"""The GHG statement (温室气体声明) of an organisation: everything that a report shows, as plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from typing import Any

from hsesg_carbon import percentages, units
from hsesg_carbon.attainment import Attainment
from hsesg_carbon.base_year import Decision
from hsesg_carbon.calculation import (
    Calculation,
    calculation_json,
    calculations,
    energy_calculation_json,
    energy_calculations,
    factor_rows,
)
from hsesg_carbon.caveats import Facts, SealState, caveats, finding_json
from hsesg_carbon.chain import Link, chain_faults, read_chain
from hsesg_carbon.drivers import Drivers
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import ruling_denominators
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.messages import LANGUAGES, both, denominator_name, named
from hsesg_carbon.monitor import Tables
from hsesg_carbon.propagation import Interval
from hsesg_carbon.seal import Seal
from hsesg_carbon.uncertainty import Uncertainty, finite
from hsesg_carbon.units import CO2E, known_text
from hsesg_carbon.verification import Verification
from hsesg_carbon.versions import Versions, stated
from hsesg_carbon.workspace import SEALS, Workspace

Json = dict[str, Any]
Names = dict[str, str]

TOTAL = "total"
_SCOPE_2 = "2"
_STATUSES = ("complete", "estimated", "partial", "overlapping", "missing")
_PASSED_ON = ("water", "waste", "measures", "offsets", "consolidations", "national")


@dataclass(frozen=True)
class Statement:
    """
    What an organisation states of its emissions and energy: figures, basis, calculation, and every reservation.

    Exact numbers are text, half up to 12 places where their decimals do not end; what is not known is null, never 0.
    Reservations (``caveats``) are computed from the accounts: there is no setting that leaves one out.

    Example: ``Statement.of(Workspace("examples/hundsun-2024")).as_json()["totals"]``.

    Args:
        workspace: The accounts.
    """

    workspace: Workspace
    _tables: Tables = field(repr=False)
    restated: Versions | None = field(repr=False)
    _root: str | None = field(repr=False)
    _no_root: Names | None = field(repr=False)

    @classmethod
    def of(cls, workspace: Workspace) -> "Statement":
        """
        Return the statement of a workspace, read anew: ``statement.workspace`` are the accounts that it rests on.

        Raises:
            InputError: The accounts, their targets or their earlier version cannot be read.
        """
        root, why = None, None
        try:
            root, accounts = Seal.now(workspace)
        except CarbonError as error:  # what is wrong with the figures themselves is raised below
            accounts, why = replace(workspace), {lang: error.text(lang) for lang in LANGUAGES}
        return cls(accounts, Tables.read(accounts), stated(accounts), root, why)

    def as_json(self) -> Json:
        """Return everything as plain data, texts for people as ``{"en", "zh"}``: docs/reference/statement.md."""
        settings = self.workspace.settings
        return {
            "organisation": settings.organisation.model_dump(),
            "years": list(self.years),
            "base_year": settings.base_year,
            "unit": CO2E,
            "scopes": list(self.scopes),
            "basis": self._basis(),
            "totals": [*self._totals()],
            "memo": self.memo,
            "gases": [*self._parts("gas")],
            "sites": [*self._parts("site")],
            "sources": [*self._sources()],
            "intensities": [*self._intensities()],
            "energy": [*self._energy()],
            "energy_totals": [*self._energy_totals()],
            **{name: self.footprint[name] or [] for name in _PASSED_ON},
            "targets": [*Attainment(self.workspace, self.years).rows(self._tables.targets)],
            "restatement": self.restatement,
            "drivers": [*self._drivers()],
            "verification": self._verified(),
            "uncertainty": self._uncertainty(),
            "quality": [*self._quality()],
            "completeness": self.completeness,
            "caveats": [one.as_json() for one in self.caveats],
            "calculation": [calculation_json(one, self.views[self.method]) for one in self.calculation],
            "energy_calculation": [
                energy_calculation_json(one, self.views[self.method]) for one in self.energy_calculation
            ],
            "factors": self.factors,
            "seal": self.seal.as_json(),
            "versions": {"hsesg_carbon": version("hsesg_carbon")},
            "findings": [finding_json(one) for one in self.findings],
        }

    # ---------------------------------------------------------------------------------------------- the basis

    @property
    def years(self) -> tuple[int, ...]:
        """The reported years."""
        return tuple(sorted(set(self.workspace.settings.years)))

    @property
    def method(self) -> str:
        """The method of Scope 2 of the headline figures."""
        return self.workspace.inventory.scope2

    @cached_property
    def views(self) -> dict[str, Inventory]:
        """The inventory by each method of Scope 2, the headline's first."""
        views = self.workspace.views
        return {self.method: views[self.method], **views}

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the totals are sums of."""
        return tuple(sorted({scope for _, scope, _ in self.amounts if scope != TOTAL}))

    def _basis(self) -> Json:
        settings, method = self.workspace.settings, self.workspace.methodology
        coal = method.coal_equivalent
        return {
            "methodology": {"id": method.id, "title": method.title},
            "notes": list(method.noted),
            "gases": list(method.gases),
            "gwp": self.workspace.inventory.gwp,
            "scope2": list(method.scope2),
            "headline_scope2": self.method,
            "consolidation": settings.consolidation,
            "boundary_id": settings.boundary,
            "known_at": settings.known_at and settings.known_at.isoformat(),
            "coal_equivalent": coal and {"source": coal.source, "electricity": coal.electricity},
            "boundary": [
                {
                    "site": one.id,
                    "name": named(one.name, one.id),
                    "region": one.region,
                    "share": units.exact_text(self.workspace.boundary.counting(one)),
                    "control": list(one.control),
                    "from": one.first and one.first.isoformat(),
                    "to": one.last and one.last.isoformat(),
                }
                for one in self.workspace.boundary.sites
            ],
        }

    # ---------------------------------------------------------------------------------------------- figures

    @cached_property
    def footprint(self) -> Json:
        """The document of ``footprint --json``."""
        return self.workspace.footprint("en")

    @cached_property
    def amounts(self) -> dict[tuple[int, str, str | None], Fraction]:
        """Emissions by year, scope (or ``total``) and method of Scope 2, in tCO2e."""
        found: dict[tuple[int, str, str | None], Fraction] = {}
        for method, row in self._rows():
            found[int(row["year"]), str(row["scope"]), method] = row.amount.value
        for own, view in self.views.items():
            for row in view.by("year"):
                if row["year"] in self.years:
                    found[int(row["year"]), TOTAL, own] = row.amount.value
        return dict(sorted(found.items(), key=lambda item: _place(*item[0])))

    def _rows(self, *dimensions: str) -> Iterator[tuple[str | None, Total]]:
        """Yield totals by scope, year and more, each with its method: those of no method once."""
        for place, (method, view) in enumerate(self.views.items()):
            for row in view.by("scope", "year", *dimensions):
                of_two = row["scope"] == _SCOPE_2
                if row["year"] in self.years and (of_two or not place):
                    yield (method if of_two else None), row

    def _totals(self) -> Iterator[Json]:
        base = self.workspace.settings.base_year
        for (year, scope, method), amount in self.amounts.items():
            before = self.amounts.get((year - 1, scope, method))
            then = None if base is None or base == year else self.amounts.get((base, scope, method))
            interval = self.intervals.get((year, scope)) if method in {None, self.method} else None
            yield {
                "year": year,
                "scope": scope,
                "method": method,
                "value": units.exact_text(amount),
                "estimated_percent": known_text(self.estimated.get((year, scope, method))),
                "change_percent": known_text(percentages.change(amount, before)),
                "since_base_percent": known_text(percentages.change(amount, then)),
                "low": interval.lower if interval else None,
                "high": interval.upper if interval else None,
            }

    def _parts(self, dimension: str) -> Iterator[Json]:
        """Yield the totals by one more dimension, in order of year, scope and method, then by it."""
        found: dict[tuple[int, str, str | None, str], Fraction] = {}
        for method, row in self._rows(dimension):
            found[int(row["year"]), str(row["scope"]), method, str(row[dimension])] = row.amount.value
        for place, amount in sorted(found.items(), key=lambda item: (*_place(*item[0][:3]), item[0][3])):
            year, scope, method, own = place
            told = {dimension: own, "year": year, "scope": scope, "method": method}
            yield {**told, "value": units.exact_text(amount), "unit": CO2E}

    def _sources(self) -> Iterator[Json]:
        known = self.workspace.library.catalogue
        for row in self._parts("activity"):
            entry = known[row["activity"]]
            yield {"activity": row["activity"], "name": {"en": entry.name_en, "zh": entry.name_zh}, **row}

    @cached_property
    def memo(self) -> list[Json]:
        """What stands beside the scopes: biogenic CO2 and the gases of the Montreal Protocol, in tonnes."""
        view = self.views[self.method]
        return [
            {"year": row["year"], "kind": kind, "flow": row.flow, **_amount(row)}
            for kind, totals in (("biogenic", view.biogenic("year")), ("ozone-depleting", view.ozone_depleting("year")))
            for row in totals
            if row["year"] in self.years
        ]

    def _intensities(self) -> Iterator[Json]:
        known, accepted = self.workspace.denominators, self.workspace.settings.accepted
        for per in dict.fromkeys(one.denominator for one in known):
            ruling = ruling_denominators(known, per)
            for place, (method, view) in enumerate(self.views.items()):
                for by in (("scope",), ()):
                    for row in view.intensity(known, per, by, accepted(per), self.years):
                        scope, one = str(dict(row.group).get("scope", TOTAL)), ruling[int(row["year"])]
                        if scope in {_SCOPE_2, TOTAL} or not place:
                            yield {
                                "denominator": per,
                                "name": denominator_name(per),
                                "year": row["year"],
                                "scope": scope,
                                "method": method if scope in {_SCOPE_2, TOTAL} else None,
                                **_amount(row),
                                "denominator_value": str(one.value),
                                "denominator_unit": one.unit,
                                "boundary": one.boundary,
                                "source": one.source,
                            }

    # ------------------------------------------------------------------------------------------------ energy

    @cached_property
    def _accounts(self) -> dict[str, EnergyAccount]:
        return {method: EnergyAccount(view) for method, view in self.views.items()}

    def _in_years(self, totals: Totals) -> Iterator[Total]:
        return (row for row in totals if row["year"] in self.years)

    def _energy(self) -> Iterator[Json]:
        account = self._accounts[self.method]
        found: dict[tuple[str, int], dict[str, Fraction]] = {}
        shares: dict[tuple[str, int], dict[str, Fraction]] = {}
        for row in self._in_years(account.by("subject", "year")):
            found.setdefault(_carrier(row), {})[_measure(row.flow)] = row.amount.value
        for row in self._in_years(account.shares()):
            shares.setdefault(_carrier(row), {})[_measure(row.flow)] = row.amount.value
        green = {
            _carrier(row): row.amount.value
            for row in self._in_years(account.renewable("subject", "year"))
            if row["renewable"] == "yes" and _measure(row.flow) == "gj"
        }
        for (carrier, year), own in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
            percent = shares.get((carrier, year), {})
            yield {
                "carrier": carrier,
                "name": self.workspace.library.carrier_name(carrier),
                "year": year,
                **_in_units(own),
                "renewable_percent": known_text(
                    percentages.part(green.get((carrier, year), Fraction(0)), own.get("gj"))
                ),
                "share_percent": known_text(percent.get("gj")),
                "tce_share_percent": known_text(percent.get("tce")),
            }

    def _energy_totals(self) -> Iterator[Json]:
        coal = self.workspace.methodology.coal_equivalent
        found: dict[int, dict[str, Fraction]] = {}
        for row in self._in_years(self._accounts[self.method].by("year")):
            found.setdefault(int(row["year"]), {})[_measure(row.flow)] = row.amount.value
        green = {
            (method, int(row["year"])): row.amount.value
            for method, account in self._accounts.items()
            for row in self._in_years(account.renewable("year"))
            if row["renewable"] == "yes" and _measure(row.flow) == "gj"
        }
        for year, own in sorted(found.items()):
            renewable = {
                method: known_text(percentages.part(green.get((method, year), Fraction(0)), own.get("gj")))
                for method in self.views
            }
            yield {
                "year": year,
                **_in_units(own),
                "tce_basis": coal.electricity if coal else None,
                "renewable_percent": renewable[self.method],
                "renewable_by_method": renewable,
            }

    # ----------------------------------------------------------------------------------- what moved the figures

    @cached_property
    def restatement(self) -> Json | None:
        """What changed against the version that was reported before; ``None`` where none is stated."""
        if self.restated is None or self.workspace.settings.restated is None:
            return None
        one = self.workspace.settings.restated
        sides = self.restated.before.methodology, self.restated.after.methodology
        return {
            **{
                name: {"id": side.id, "title": side.title}
                for name, side in zip(("before", "after"), sides, strict=True)
            },
            "method": self.restated.bridge().method,
            "years": [
                {
                    "year": row["year"],
                    **{name: row[name] for name in ("before", "after", "difference", "percent")},
                    "causes": [
                        {"cause": part["cause"], "name": both(f"label.cause-{part['cause']}"), "amount": part["value"]}
                        for part in row["parts"]
                    ],
                }
                for row in (change.as_json() for change in self.restated.bridge())
            ],
            "reason": {"en": one.reason, "zh": one.reason_zh or one.reason},
        }

    def _drivers(self) -> Iterator[Json]:
        """Yield what moved emissions from each year to the next, or why that cannot be told."""
        for first, last in zip(self.years, self.years[1:], strict=False):
            head = {"from": first, "to": last, "method": self.method}
            found, why = self._driven(first, last)
            parts = found.by("driver") if found else ()
            yield {
                **head,
                "parts": [
                    {
                        "part": row["driver"],
                        "name": both(f"label.driver-{row['driver']}"),
                        "amount": units.exact_text(row.amount.value),
                    }
                    for row in parts
                ],
                "why": why,
            }

    def _driven(self, first: int, last: int) -> tuple[Drivers | None, Names | None]:
        try:
            return self.workspace.drivers(first, last), None
        except CarbonError as error:
            return None, {lang: error.text(lang) for lang in LANGUAGES}

    # -------------------------------------------------------------------------------------- how sure the figures are

    @cached_property
    def verification(self) -> Verification | None:
        """What cannot be true in the reported table; ``None`` where there is none."""
        return self.workspace.verification() if self.workspace.has_reported else None

    def _verified(self) -> Json | None:
        found = self.verification
        if found is None:
            return None
        return {
            "checks": found.checks,
            "passed": found.passed,
            "findings": [finding_json(one) for one in found.findings],
        }

    @cached_property
    def _uncertainties(self) -> tuple[Uncertainty, ...]:
        """The uncertainty of scopes and of all, with a fixed seed; none where nothing is stated."""
        if not self.workspace.has_uncertainty:
            return ()
        return self.workspace.uncertainty("scope"), self.workspace.uncertainty()

    @cached_property
    def intervals(self) -> dict[tuple[int, str], Interval]:
        """The 95 % interval of every headline total by year and scope, in tCO2e."""
        return {
            (int(dict(group)["year"]), str(dict(group).get("scope", TOTAL))): interval
            for one in self._uncertainties
            for group, interval in one.approach2().items()
            if dict(group)["year"] in self.years
        }

    def _uncertainty(self) -> Json | None:
        if not self._uncertainties:
            return None
        whats = {one["id"]: one["what"] for one in self.factors}
        return {
            "method": "approach2",
            **self._uncertainties[-1].drawing(),
            "totals": [
                {
                    "year": year,
                    "scope": scope,
                    "low": one.lower,
                    "high": one.upper,
                    "percent_low": finite(one.percent[0]),
                    "percent_high": finite(one.percent[1]),
                }
                for (year, scope), one in sorted(self.intervals.items(), key=lambda item: item[0])
            ],
            "contributions": [
                {
                    "year": dict(group)["year"],
                    "scope": dict(group).get("scope", TOTAL),
                    "source": name,
                    "name": whats.get(name, dict.fromkeys(LANGUAGES, name)),
                    "share_percent": 100 * share,
                }
                for one in self._uncertainties
                for group, shares in one.contributions().items()
                for name, share in shares.items()
                if dict(group)["year"] in self.years
            ],
        }

    @cached_property
    def _qualities(self) -> dict[tuple[int, str, str | None], dict[str, Fraction]]:
        """What rows of each quality give of each total, in tCO2e."""
        found: dict[tuple[int, str, str | None], dict[str, Fraction]] = {}
        for method in self.views:
            for year, scope, own in self.workspace.qualities(method):
                found[year, scope, method if scope in {_SCOPE_2, TOTAL} else None] = own
        return found

    @cached_property
    def estimated(self) -> dict[tuple[int, str, str | None], Fraction]:
        """The percent of each total that rests on estimates; nothing where no row states a quality, or it is 0."""
        return {
            place: percents.get("estimated", Fraction(0))
            for place, own in self._qualities.items()
            if any(own) and (percents := percentages.parts(own))
        }

    def _quality(self) -> Iterator[Json]:
        for (year, scope, method), own in sorted(self._qualities.items(), key=lambda item: _place(*item[0])):
            if method in {None, self.method}:
                for quality, percent in sorted(percentages.parts(own).items()):
                    told = {"year": year, "scope": scope, "quality": quality or "not-stated"}
                    yield {**told, "percent": units.exact_text(percent)}

    @cached_property
    def completeness(self) -> dict[str, int] | None:
        """In how many months bills are expected of all series (site, carrier, meter), and how they cover them."""
        statuses: list[str] = [one.status for one in self.workspace.completeness.matrix if one.expected]
        if not statuses:
            return None
        return {"expected_months": len(statuses), **{name: statuses.count(name) for name in _STATUSES}}

    # --------------------------------------------------------------------------------------------- what stands behind

    @cached_property
    def calculation(self) -> tuple[Calculation, ...]:
        """Every product that a total is a sum of, by year and scope: exact."""
        return calculations(self.views, set(self.years))

    @cached_property
    def energy_calculation(self) -> tuple[Calculation, ...]:
        """Every product that the energy account is a sum of, by year and measure: exact."""
        return energy_calculations(self.views[self.method], set(self.years))

    @cached_property
    def factors(self) -> list[Json]:
        """Every published number that the figures rest on."""
        return factor_rows(self.views.values(), (*self.calculation, *self.energy_calculation))

    @cached_property
    def seal(self) -> SealState:
        """The root of the accounts as they are now, and the last seal; where they cannot be sealed, why."""
        folder, problem = self.workspace.folder / SEALS, self._no_root
        links: tuple[Link, ...] = ()
        faults: list[Finding] = []
        try:
            links = read_chain(folder)
            faults = [one for one in chain_faults(folder, links) if one.severity == "error"]
        except CarbonError as error:
            faults = [Finding(code=error.code, severity="error", data=error.data)]
        if not links:
            return SealState(self._root, problem=problem, faults=tuple(faults))
        last = links[-1]
        return SealState(self._root, last.number, last.time, last.root, problem, tuple(faults))

    @cached_property
    def decision(self) -> Decision | None:
        """What the base-year policy makes of the events; ``None`` without a policy."""
        if self.workspace.base_year_policy is None:
            return None
        return self.workspace.base_year_decision()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every judgement about the accounts, without repetitions; those about the reported table stand apart."""
        found = [*self.workspace.findings, *self._tables.notes]
        found += [note for one in self._uncertainties for note in one.findings]
        found += self.restated.findings if self.restated else ()
        found += self.decision.findings if self.decision else ()
        return tuple({one.model_dump_json(): one for one in found}.values())

    @cached_property
    def caveats(self) -> tuple[Any, ...]:
        """What a reader must know before using a figure, each with the figures that it bears on."""
        return caveats(
            Facts(
                methodology=self.workspace.methodology,
                years=self.years,
                scopes=self.scopes,
                findings=self.findings,
                estimated=self.estimated,
                unstated=self._unstated,
                completeness=self.completeness,
                memo=self.memo,
                numbers={one["id"]: one["checked"] for one in self.factors},
                covered=sorted({row.key.instrument for row in self.calculation} - {""}),
                shared=self._shared,
                verification=self.verification,
                uncertain=bool(self._uncertainties),
                restated=self.restatement,
                decision=self.decision,
                seal=self.seal,
            )
        )

    @property
    def _shared(self) -> list[tuple[str, Fraction]]:
        """The instruments that cover electricity of a site of which a part counts, each with that part."""
        found = {
            (part.instrument.instrument, share)
            for view in self.views.values()
            for place, share, parts in view.covered()
            if share != 1 and place.period.start.year in self.years
            for part in parts
        }
        return sorted(found)

    @property
    def _unstated(self) -> dict[tuple[int, str], Fraction]:
        """The percent of each total whose rows state no quality: of two methods the larger, as of estimates."""
        found: dict[tuple[int, str], Fraction] = {}
        for (year, scope, _), own in self._qualities.items():
            if own.get(""):
                found[year, scope] = max(percentages.parts(own)[""], found.get((year, scope), Fraction(0)))
        return found


# -------------------------------------------------------------------------------------------------- private


def _place(year: int, scope: str, method: str | None) -> tuple[int, str, str]:
    """Return where a figure stands: scopes in order, all of them last (``total`` comes after any digit)."""
    return year, scope, method or ""


def _amount(row: Total) -> dict[str, str]:
    return {"value": units.exact_text(row.amount.value), "unit": row.amount.unit}


def _carrier(row: Total) -> tuple[str, int]:
    return str(row["subject"]), int(row["year"])


def _measure(flow: str) -> str:
    """Return what a flow of energy measures: GJ, or tonnes of coal equivalent."""
    return "gj" if flow == "energy.gj" else "tce"


def _in_units(own: Mapping[str, Fraction]) -> dict[str, str | None]:
    energy = own.get("gj")
    megawatt_hours = None if energy is None else energy * units.ratio("GJ", "MWh")
    return {
        "gj": known_text(energy),
        "mwh": known_text(megawatt_hours),
        "tce": known_text(own.get("tce")),
    }
