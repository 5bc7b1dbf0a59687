"""Caveats: what a reader must know before using a figure. All are computed, so that none can be left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hsesg_carbon import shown
from hsesg_carbon.base_year import Decision
from hsesg_carbon.findings import GRAVITY, Finding, Severity, plain_data
from hsesg_carbon.messages import LANGUAGES, both, message
from hsesg_carbon.methodology import Methodology
from hsesg_carbon.percentages import share_text
from hsesg_carbon.verification import Verification

Json = dict[str, Any]
Names = dict[str, str]

_MOST_NAMED = 12
_EMISSIONS = ("totals", "gases", "sites", "sources", "intensities", "drivers", "calculation")
_ENERGY = ("energy", "energy_totals")
_BASE = ("since_base_percent", "restatement")

_TOLD = frozenset(
    {
        *("activity-not-covered", "beside-never-netted", "elsewhere-missing", "flow-omitted", "gaps-filled"),
        *("gases-left-out", "residual-mix-used", "site-leased", "site-share-applied", "uncertainty-denominator-exact"),
    }
)
"""Findings that are a caveat although they are mere information; errors and warnings always are."""

_FITS = ("fit-fixed-year", "fit-earlier-year", "fit-other-time", "fit-region-parent")
"""Findings that are told in one sentence for all numbers of a kind, whatever their severity."""

_BEARS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("denominator", ("intensities",)),
    ("side-", ("water", "waste", "measures")),
    ("water-", ("water",)),
    ("waste-", ("waste",)),
    ("avoided-", ("waste",)),
    ("beside-", ("measures", "offsets")),
    ("offset-", ("offsets",)),
    ("uncertainty-", ("uncertainty", "low", "high")),
    ("restate", ("restatement",)),
    ("base-year", _BASE),
    ("weather", ("targets", "drivers")),
    ("monitor-", ("targets",)),
    ("benchmark-", ("targets",)),
    ("part-", ("calculation",)),
    ("pue-", ("energy",)),
    ("feedstock-", (*_EMISSIONS, *_ENERGY)),
    ("expected-", ("completeness",)),
    ("rounded-", ("calculation",)),
)
"""What findings bear on, by how their codes begin; others bear on emissions and energy."""


@dataclass(frozen=True)
class Caveat:
    """
    A reservation: ``code`` names it, ``data`` holds the facts of its sentence, ``figures`` the parts that it bears on.

    ``count`` is the number of findings that it stands for.

    Example:
        >>> Caveat("caveat-no-uncertainty", "info", ("totals",)).text("en")
        'No uncertainty is stated: how far the figures may be off is not known.'
    """

    code: str
    severity: Severity
    figures: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1

    def text(self, lang: str = "en") -> str:
        """Return the sentence, with how many more of its kind there are."""
        own = message(self.code, lang, **self.data)
        more = self.count - 1
        return (
            own if not more or self.code.startswith("caveat-") else message("caveat-more", lang, first=own, more=more)
        )

    def as_json(self) -> Json:
        """Return plain data."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": {lang: self.text(lang) for lang in LANGUAGES},
            "data": plain_data(self.data),
            "figures": list(self.figures),
            "count": self.count,
        }


@dataclass(frozen=True)
class SealState:
    """
    The root of accounts as they are now, and that of their last seal (``number``, ``time``, ``sealed``), if any.

    ``problem`` says why there is no root, ``faults`` what is wrong with the chain of seals.
    """

    root: str | None
    number: int | None = None
    time: str | None = None
    sealed: str | None = None
    problem: Names | None = None
    faults: tuple[Finding, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the accounts are as they were sealed."""
        return self.sealed is not None and self.sealed == self.root

    def as_json(self) -> Json:
        """Return plain data."""
        sealed = {"number": self.number, "time": self.time, "root": self.sealed, "same": self.same}
        return {"root": self.root, "sealed": sealed if self.sealed else None, "problem": self.problem}


@dataclass(frozen=True)
class Facts:
    """
    What caveats are computed from: all of it follows from the accounts.

    ``estimated`` and ``unstated`` are percents of totals by year and scope; ``numbers`` says of each number used how it
    was checked; ``covered`` names the instruments that cover electricity, ``shared`` those that do so at a site of
    which a part counts, with that part.
    """

    methodology: Methodology
    years: tuple[int, ...]
    scopes: tuple[str, ...]
    findings: tuple[Finding, ...]
    estimated: Mapping[tuple[int, str, str | None], Fraction]
    unstated: Mapping[tuple[int, str], Fraction]
    completeness: Mapping[str, int] | None
    memo: Sequence[Json]
    numbers: Mapping[str, str]
    covered: Sequence[str]
    shared: Sequence[tuple[str, Fraction]]
    verification: Verification | None
    uncertain: bool
    restated: Json | None
    decision: Decision | None
    seal: SealState


def caveats(facts: Facts) -> tuple[Caveat, ...]:
    """Return every caveat, the gravest first; there is one for each kind of error and warning among the findings."""
    found = [
        *_of_data(facts),
        *_of_numbers(facts),
        *_of_scope(facts),
        *_of_assurance(facts),
        *_of_base_year(facts),
        *_of_findings(facts.findings),
    ]
    return tuple(sorted(found, key=lambda one: GRAVITY.index(one.severity)))


def finding_json(one: Finding) -> Json:
    """Return a finding as plain data, with its sentences, and those of what explains it, in both languages."""
    told = [one.as_json(lang) for lang in LANGUAGES]
    result = {**told[0], "message": _both([own["message"] for own in told])}
    if "explanations" in result:
        pairs = zip(*(own["explanations"] for own in told), strict=True)
        result["explanations"] = [{**pair[0], "edit": _both([own["edit"] for own in pair])} for pair in pairs]
    return result


# -------------------------------------------------------------------------------------------------- private


def _both(texts: Iterable[str]) -> Names:
    return dict(zip(LANGUAGES, texts, strict=True))


def _of_data(facts: Facts) -> Iterator[Caveat]:
    """Yield what part of the figures is estimated or of unstated quality, and what is missing."""
    by_scope: dict[str, dict[int, Fraction]] = {}
    for (year, scope, _), percent in facts.estimated.items():
        if percent:  # of two methods the larger share is told
            own = by_scope.setdefault(scope, {})
            own[year] = max(own.get(year, percent), percent)
    for scope, own in sorted(by_scope.items()):
        yield _percents("caveat-estimated", "warning", scope, own)
    unstated: dict[str, dict[int, Fraction]] = {}
    for (year, scope), percent in facts.unstated.items():
        unstated.setdefault(scope, {})[year] = percent
    if "total" in unstated:
        yield _percents("caveat-quality-unstated", "info", "total", unstated["total"])
    matrix = facts.completeness or {}
    missing, partial = matrix.get("missing", 0), matrix.get("partial", 0)
    if missing or partial:
        data = {"missing": missing, "partial": partial, "expected": matrix["expected_months"]}
        yield Caveat("caveat-months-missing", "warning", (*_EMISSIONS, *_ENERGY, "completeness"), data)


def _percents(code: str, severity: Severity, scope: str, own: Mapping[int, Fraction]) -> Caveat:
    percents = [f"{year}: {shown.percent(percent)}" for year, percent in sorted(own.items())]
    name = both(f"label.caveat-scope-{scope}")
    return Caveat(code, severity, (*_EMISSIONS, "quality"), {"scope": name, "percents": percents})


def _of_numbers(facts: Facts) -> Iterator[Caveat]:
    """Yield how well the published numbers were checked, and for which other times and places they stand."""
    weak = {name: checked for name, checked in sorted(facts.numbers.items()) if checked != "primary"}
    if weak:
        named = [f"{name} ({checked})" for name, checked in weak.items()]
        if len(named) > _MOST_NAMED:  # the list of all numbers says of each how it was checked
            named = [f"{count} {checked}" for checked, count in sorted(Counter(weak.values()).items())]
        data = {"count": len(weak), "of": len(facts.numbers), "numbers": named}
        yield Caveat("caveat-numbers-not-primary", "info", (*_EMISSIONS, "factors"), data)
    inferred = sorted(name for name, checked in facts.numbers.items() if checked == "inferred")
    if inferred:
        yield Caveat("caveat-numbers-inferred", "warning", (*_EMISSIONS, "factors"), {"numbers": inferred})
    for code in _FITS:
        own = [one for one in facts.findings if one.code == code]
        periods = [str(period) for one in own for period in one.data["periods"]]
        years = sorted({year for one in periods for year in _years_in(one)} & set(facts.years))
        if years:
            numbers = sorted({str(one.data["number"]) for one in own})
            data = {"count": len(numbers), "numbers": numbers, "years": [str(year) for year in years]}
            yield Caveat(f"caveat-{code}", "info", (*_EMISSIONS, "factors"), data, len(own))


def _years_in(periods: str) -> range:
    """Return the years that a period, or a span of them, touches: ``2023``, ``2022-01–2024-12``, two days."""
    ends = [int(one[:4]) for one in periods.replace("/", "–").split("–")]
    return range(ends[0], ends[-1] + 1)


def _of_scope(facts: Facts) -> Iterator[Caveat]:
    """Yield what the figures do not cover."""
    method = facts.methodology
    for note in method.noted:
        yield Caveat("caveat-methodology-note", "warning", _EMISSIONS, {"note": note})
    if set(method.gases) == {"CO2"}:
        yield Caveat("caveat-co2-only", "warning", _EMISSIONS, {"methodology": method.id})
    if "3" not in facts.scopes:
        yield Caveat("caveat-no-scope-3", "info", ("totals", "intensities"))
    else:
        yield Caveat("caveat-scope-3-partial", "info", ("totals", "intensities"))
    if len(method.scope2) == 1:
        yield Caveat(f"caveat-{method.scope2[0]}-only", "info", ("totals",))
    if facts.covered:
        data = {"instruments": list(facts.covered)}
        yield Caveat("caveat-instruments", "info", ("totals", "energy_totals"), data)
    if facts.shared:
        told = [f"{name} ({share_text(share)})" for name, share in facts.shared]
        yield Caveat("caveat-instruments-shared", "info", ("totals", "energy_totals"), {"instruments": told})
    for kind in dict.fromkeys(str(one["kind"]) for one in facts.memo):
        yield Caveat(f"caveat-{kind}", "info", ("memo",))


def _of_assurance(facts: Facts) -> Iterator[Caveat]:
    """Yield what was not held against anything: uncertainty, verification, expected sources, the seal."""
    if not facts.uncertain:
        yield Caveat("caveat-no-uncertainty", "info", ("totals", "uncertainty"))
    yield from _of_verification(facts.verification)
    seal = facts.seal
    if seal.problem:
        yield Caveat("caveat-seal-none", "warning", ("seal",), {"why": seal.problem})
    elif seal.sealed is None and not seal.faults:
        yield Caveat("caveat-not-sealed", "info", ("seal",))
    elif not seal.same and seal.sealed:
        yield Caveat("caveat-changed", "warning", ("seal",), {"number": seal.number, "time": seal.time})
    if seal.faults:
        why = {lang: [one.line(lang) for one in seal.faults] for lang in LANGUAGES}
        yield Caveat("caveat-chain-broken", "error", ("seal",), {"why": why}, len(seal.faults))


def _of_verification(verification: Verification | None) -> Iterator[Caveat]:
    if verification is None:
        yield Caveat("caveat-not-verified", "info", ("verification",))
        return
    counts = {name: sum(one.severity == name for one in verification.findings) for name in GRAVITY}
    if counts["error"] or counts["warning"]:
        severity: Severity = "error" if counts["error"] else "warning"
        data = {"errors": counts["error"], "warnings": counts["warning"], "checks": verification.checks}
        yield Caveat("caveat-verification", severity, ("verification",), data)
    for one in verification.findings:
        if one.code == "reported-silent-sources":
            yield Caveat(one.code, one.severity, ("totals", "sources"), one.data)


def _of_base_year(facts: Facts) -> Iterator[Caveat]:
    """Yield which years were restated, and what the base-year policy asks for."""
    if facts.restated is not None:
        rows = facts.restated["years"]
        data = {
            "years": [str(one["year"]) for one in rows],
            "before": facts.restated["before"]["title"],
            "after": facts.restated["after"]["title"],
            "reason": facts.restated["reason"],
        }
        yield Caveat("caveat-restated", "warning", ("restatement", "change_percent", "since_base_percent"), data)
    if facts.decision is not None and facts.decision.recalculate:
        data = {"years": list(facts.decision.policy.base_years), "events": list(facts.decision.since)}
        yield Caveat("caveat-base-year-recalculate", "warning", _BASE, data)
    if facts.decision is not None and facts.decision.pending:
        data = {"years": list(facts.decision.policy.base_years), "events": list(facts.decision.pending)}
        yield Caveat("caveat-base-year-pending", "info", _BASE, data)


def _of_findings(findings: Iterable[Finding]) -> Iterator[Caveat]:
    """Yield one caveat for each kind of error and warning, and of the information that changes what figures mean."""
    kinds: dict[str, list[Finding]] = {}
    for one in findings:
        if one.code not in _FITS and (one.severity != "info" or one.code in _TOLD):
            kinds.setdefault(one.code, []).append(one)
    for code, own in kinds.items():
        gravest = min(own, key=lambda one: GRAVITY.index(one.severity))
        yield Caveat(code, gravest.severity, _bearing(code), gravest.data, len(own))


def _bearing(code: str) -> tuple[str, ...]:
    return next((figures for start, figures in _BEARS if code.startswith(start)), (*_EMISSIONS, *_ENERGY))
