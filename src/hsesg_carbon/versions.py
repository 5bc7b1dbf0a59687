"""Two versions of a workspace's accounts, as reported and as restated, with everything a restatement must tell."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsesg_carbon import units
from hsesg_carbon.base_year import Decision
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.events import KINDS, BaseYearEvent, Kind
from hsesg_carbon.findings import Finding, Severity
from hsesg_carbon.intensity import ruling_denominators
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.messages import LANGUAGES, both, message
from hsesg_carbon.plan import describe
from hsesg_carbon.propagation import DRAWS
from hsesg_carbon.restate import Attribution, Bridge, NumberChange, Restatement, attribution, known_cause
from hsesg_carbon.uncertainty import ChangeUncertainty, Uncertainty
from hsesg_carbon.workspace import VERSIONS, Workspace

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("scope", "site", "gas", "activity")
"""The breakdowns that ``as_json`` gives of every bridge."""


@dataclass(frozen=True)
class Versions:
    """
    The accounts as reported and as restated.

    Args:
        before: As reported: see ``Workspace.version``.
        after: As restated.
        years: The years to compare; by default those that both versions report.
        method: ``shapley`` or ``sequential``.
        order: Causes in their order, for ``sequential``.
        kinds: What kind of event a cause is to the base-year policy, where that is not known: ``boundary`` and
            ``ownership`` can be a purchase, a sale, or another method of consolidation.

    Example: ``Versions(accounts.version("ghgp-cn"), accounts).bridge("scope").frame(2)``.
    """

    before: Workspace
    after: Workspace
    years: tuple[int, ...] = ()
    method: Attribution = "shapley"
    order: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @cached_property
    def restatement(self) -> Restatement:
        """The two inventories, compared."""
        before, after = _computed(self.before), _computed(self.after)
        reported = [set(one.settings.years) for one in (self.before, self.after)]
        for year in self.years:
            if year not in reported[0] & reported[1]:
                raise InputError("restate-year", year=year, before=sorted(reported[0]), after=sorted(reported[1]))
        years = tuple(sorted(reported[0] & reported[1] & set(self.years or reported[0])))
        if not years:
            raise InputError("restate-no-year", before=sorted(reported[0]), after=sorted(reported[1]))
        return Restatement(before, after, years)

    def bridge(self, *by: str) -> Bridge:
        """Return the change of each year, split into its causes, by any dimensions besides."""
        return self.restatement.bridge(*by, method=self.method, order=self.order)

    def intensities(self) -> dict[str, Bridge]:
        """Return the change of every intensity that both versions have a denominator for."""
        found = {}
        sides = self.before.denominators, self.after.denominators
        accepted = {
            (one.denominator, one.boundary) for each in (self.before, self.after) for one in each.settings.accept
        }
        for per in dict.fromkeys(one.denominator for one in sides[1]):
            boundaries = [boundary for name, boundary in accepted if name == per]
            bridge = self.restatement.intensity(
                *sides, per, method=self.method, order=self.order, accept_boundary=boundaries
            )
            if bridge:
                found[per] = bridge
        return found

    def uncertainty(self, *by: str, draws: int = DRAWS, seed: int = 0) -> ChangeUncertainty:
        """
        Return the uncertainty of the change of each year, by any dimensions besides.

        One ``uncertainty.toml`` holds for both versions: that of ``after``, or of ``before`` where it has none.

        Raises:
            InputError: There is no such file, or it does not fit.
        """
        stated = self.before if self.before.has_uncertainty and not self.after.has_uncertainty else self.after
        years, rules = self.restatement.years, stated.uncertainty_rules
        first = self.before.uncertainty_beside(self.after, *by, rules=rules, draws=draws, seed=seed)
        last = self.after.uncertainty_beside(self.before, *by, rules=rules, draws=draws, seed=seed)
        return Uncertainty.of_change(first, last, years)

    def numbers(self) -> tuple[NumberChange, ...]:
        """Return the factors and properties that were exchanged, and what each exchange changed."""
        return self.restatement.numbers(self.method, self.order)

    @cached_property
    def decision(self) -> Decision | None:
        """
        What the base-year policy makes of the change, held to the base year as reported; ``None`` without a policy.

        The parts of the base year's change count as events of the last day of what is compared, after those of
        ``base_year_events.csv``. Where a part cannot be an event there is none, and a finding says why.
        """
        return self._decided[0]

    @cached_property
    def _decided(self) -> tuple[Decision | None, tuple[Finding, ...]]:
        policy, restated = self.after.base_year_policy, self.restatement
        if policy is None or not set(policy.base_years) <= set(restated.years):
            return None, ()
        before, after = (one.seen(scope2=policy.scope2) for one in (restated.before, restated.after))
        bridge = Restatement(before, after, policy.base_years).bridge("scope", method=self.method, order=self.order)
        count = len(policy.base_years)  # of several base years the policy takes the average
        parts = [(cause, str(row["scope"]), part / count) for row in bridge for cause, part in row.parts.items()]
        days = [one.day for one in self.after.base_year_events]
        try:
            further = BaseYearEvent.of_parts(
                parts, "restated", max([date(restated.years[-1], 12, 31), *days]), _basis(self), kinds=self.kinds
            )
            return self.after.base_year_decision(before, further), ()
        except CarbonError as error:
            why = {lang: error.text(lang) for lang in LANGUAGES}
            return None, (Finding(code="restate-decision-open", severity="warning", data={"why": why}),)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Say what each version is, what differs, and what was left out."""
        decided, open_ = self._decided
        found = (*self._differing(), *self.restatement.findings, *self._denominators_left())
        return (*found, *open_, *(decided.findings if decided else ()))

    def _differing(self) -> Iterator[Finding]:
        """Yield what differs between the settings of the versions; another organisation is likely a mistake."""
        sides = [one.settings for one in (self.before, self.after)]
        pairs: tuple[tuple[str, Severity, list[str]], ...] = (
            ("organisation", "warning", [one.organisation.id for one in sides]),
            ("known-at", "info", [str(one.known_at or "-") for one in sides]),
        )
        for name, severity, (before, after) in pairs:
            if before != after:
                what = both(f"label.version-{name}")
                data = {"what": what, "before": before, "after": after}
                yield Finding(code="restated-basis", severity=severity, data=data)

    def _denominators_left(self) -> Iterator[Finding]:
        """Name every denominator that has no value in one of the versions: that intensity is in no bridge."""
        sides = [one.denominators for one in (self.before, self.after)]
        for per in dict.fromkeys(one.denominator for own in sides for one in own):
            known = [ruling_denominators(own, per).keys() for own in sides]
            for side, own, other in zip(("before", "after"), known, reversed(known), strict=True):
                if years := [year for year in self.restatement.years if year in other - own]:
                    which = both(f"label.version-{side}")
                    data = {"denominator": per, "years": years, "version": which}
                    yield Finding(code="restate-no-denominator", severity="warning", data=data)

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return everything as plain data; numbers as text. The keys are the contract of ``restate --json``."""
        bridge = self.bridge()
        return {
            "before": _described(self.before),
            "after": _described(self.after),
            "method": self.method,
            "causes": [{"cause": one, "label": message(f"label.cause-{one}", lang)} for one in bridge.causes],
            "totals": [row.as_json() for row in bridge],
            **{f"by_{level}": [row.as_json() for row in self.bridge(level)] for level in LEVELS},
            "intensities": [{"per": per, **row.as_json()} for per, rows in self.intensities().items() for row in rows],
            "numbers": [
                {
                    "year": one.year,
                    "activity": one.activity,
                    "gas": one.gas or None,
                    "cause": one.cause,
                    "value": units.exact_text(one.amount),
                    "before": self._told(one.before, self.before),
                    "after": self._told(one.after, self.after),
                }
                for one in self.numbers()
            ],
            "base_year": self.decision and self.decision.as_json(lang),
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def write(self, result: dict[str, Any], accounts: Workspace) -> list[Path]:
        """
        Write ``restatement.json``, ``restatement.csv`` (for a waterfall) and ``restatement-lines.csv``.

        They go to the ``out/`` of ``accounts``, whichever versions of them were compared.
        """
        texts: dict[str, str | pd.DataFrame] = {
            "restatement.json": json.dumps(result, ensure_ascii=False, indent=2) + "\n",
            "restatement.csv": _as_text(self.bridge("scope").frame()),
            "restatement-lines.csv": self.restatement.lines(),
        }
        return accounts.write_texts(texts)

    @staticmethod
    def _told(records: Sequence[Any], workspace: Workspace) -> list[dict[str, Any]]:
        return [describe(one, workspace.library) for one in records]


def compared(
    accounts: Workspace,
    before: str | Workspace,
    after: str | Workspace = "",
    *,
    years: Iterable[int] = (),
    method: str = "shapley",
    order: Iterable[str] = (),
    kinds: Mapping[str, str] | None = None,
) -> Versions:
    """
    Return two versions of a workspace's accounts, by name or themselves; ``after`` is the workspace as it stands.

    Raises:
        InputError: A version or a method is unknown, or both names are the same.
    """
    if before == after:
        raise InputError("restate-same", version=before)
    first, second = (
        one if isinstance(one, Workspace) else accounts.version(one) if one else accounts for one in (before, after)
    )
    told = {known_cause(cause): _kind(kind) for cause, kind in (kinds or {}).items()}
    return Versions(first, second, tuple(years), attribution(method), tuple(order), told)


def stated(accounts: Workspace) -> Versions | None:
    """
    Return the restatement that ``inventory.toml`` states under ``[restated]``; ``None`` where it states none.

    Raises:
        InputError: There is no such version, or it lies outside the workspace: what is reported rests on its own files.
    """
    one = accounts.settings.restated
    if one is None or accounts.basis or accounts.known:  # another version of these accounts was not restated itself
        return None
    before = accounts.version(one.before)
    if before.folder != accounts.folder and before.folder.parent != accounts.folder / VERSIONS:
        raise InputError("restated-outside", version=one.before)
    return Versions(before, accounts, one.years)


# -------------------------------------------------------------------------------------------------- private


def _computed(one: Workspace) -> Inventory:
    """Return the inventory of a version; what is wrong is told with its folder, because both have files of a name."""
    try:
        return one.inventory
    except CarbonError as error:
        problems = [Finding(code=error.code, severity="error", data=error.data), *error.problems]
        raise InputError("restate-version-broken", problems, folder=str(one.folder)) from error


def _kind(word: str) -> Kind:
    """Return a kind of base-year event by its name; one that is not known raises ``InputError``."""
    if word not in KINDS:
        raise InputError("restate-kind", kind=word, known=near(word, KINDS) or list(KINDS))
    return KINDS[KINDS.index(word)]


def _basis(versions: Versions) -> str:
    before, after = (one.settings.methodology for one in (versions.before, versions.after))
    return f"restatement: {before} -> {after}"


def _as_text(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table with its decimals as plain text, without exponents."""
    return frame.assign(**{name: frame[name].map(lambda one: f"{one:f}") for name in ("value", "start", "end")})


def _described(one: Workspace) -> dict[str, Any]:
    settings = one.settings
    return {
        "methodology": settings.methodology,
        "known_at": settings.known_at and settings.known_at.isoformat(),
        "gases": list(one.methodology.gases),
        "gwp": one.inventory.gwp,
        "scope2_method": one.inventory.scope2,
        "consolidation": settings.consolidation,
        "boundary": settings.boundary,
    }
