"""Answers about the basis of the accounts: boundary, rules, sources, restatement, uncertainty, tables of a report."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from operator import eq

from hsesg_carbon import units
from hsesg_carbon.answering import (
    ACTIVITY,
    ACTIVITY_COLUMNS,
    EXAMPLES,
    Accounts,
    Answer,
    Figure,
    Origin,
    Texts,
    by_year,
    lacking,
    plain,
)
from hsesg_carbon.energy import ENERGY_KINDS
from hsesg_carbon.errors import FactorError
from hsesg_carbon.findings import Finding
from hsesg_carbon.indices import NARRATIVE, SCOPES, UNACCOUNTED, Question
from hsesg_carbon.messages import LANGUAGES, both, named
from hsesg_carbon.monitor import Tables
from hsesg_carbon.monitoring import EMISSIONS, ENERGY
from hsesg_carbon.percentages import share_text
from hsesg_carbon.plan import PlanLine
from hsesg_carbon.records import EmissionFactor, FuelProperty
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.versions import compared

_LEFT_OUT = frozenset(
    {
        "site-outside-boundary",
        "site-share-applied",
        "gases-left-out",
        "flow-omitted",
        "activity-not-covered",
        "entity-idle",
    }
)
_TARGET_COLUMNS = ("target", "what", "period", "value", "unit", "kind", "source")
_HEATING = frozenset({"ncv", "gcv", "density", "net-to-gross"})
_CARBON = frozenset({"carbon-content", "oxidation"})


def organisation(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return who reports."""
    own = accounts.workspace.settings.organisation
    return _text(named(own.name, own.id), SETTINGS)


def periods(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the years that are reported."""
    return _text(plain(", ".join(map(str, accounts.years))), SETTINGS)


def boundary(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the sites within the boundary, with the share of each that counts."""
    own = accounts.workspace.boundary
    figures = []
    for site in own.sites:
        held = own.holding(site.id)
        days = f"{site.first or '…'} – {site.last or '…'}" if site.first or site.last else ""
        equity = "" if held is None else share_text(held.equity)
        told = both(
            "label.disclose-site",
            region=site.region or "–",
            equity=equity,
            control=", ".join(site.control) or "–",
            days=days or "–",
        )
        figures.append(Figure(what=accounts.site(site.id), text=told, origin=Origin((SETTINGS,))))
    return Answer(tuple(figures))


def consolidation(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the approach by which the boundary is drawn."""
    return _text(both(f"label.consolidation-{accounts.workspace.settings.consolidation}"), SETTINGS)


def outside(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return what is known to be left out: sites, gases, flows."""
    found = [one for one in accounts.workspace.findings if one.code in _LEFT_OUT]
    if not found:
        return _text(both("label.disclose-nothing-left-out"), SETTINGS)
    texts = ({lang: one.message(lang) for lang in LANGUAGES} for one in found)
    return Answer(tuple(Figure(text=text, origin=Origin((SETTINGS,))) for text in texts))


def methodology(accounts: Accounts, asked: Question, _: str) -> Answer:
    """Return the methodology and the reason of each of its rules that was used."""
    method = accounts.workspace.methodology
    told = {lang: f"{named(method.title, method.id)[lang]} ({method.id})" for lang in LANGUAGES}
    wanted = accounts.of_scope(SCOPES[asked["scope"]])
    pairs = accounts.workspace.inventory.ledger.used
    used = {line.rule: activity for activity, line in pairs if line.rule and wanted(activity) and _emits(line)}
    reasons = [
        Figure(what=accounts.activity(activity), text=method.use[rule - 1].reasons, origin=Origin((method.id,)))
        for rule, activity in sorted(used.items())
        if rule <= len(method.use)
    ]
    return Answer((Figure(text=told, origin=Origin((SETTINGS,))), *reasons))


def gases(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the gases that the totals cover."""
    return _text(plain(", ".join(accounts.workspace.methodology.gases)), accounts.workspace.methodology.id)


def gwp(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the set of global warming potentials and where it is published."""
    own, library = accounts.workspace.inventory.gwp, accounts.workspace.library
    if own == "none":
        return _text(both("label.disclose-gwp-none"), accounts.workspace.methodology.id)
    try:
        source = library.sources[library.gwp(own, "CH4", "fossil").source]
    except FactorError:
        source = library.sources[library.gwp(own, "CO2").source]
    told = {"en": f"{own}: {source.titles['en']}", "zh": f"{own}：{source.titles['zh']}"}
    return _text(told, accounts.workspace.methodology.id)


def factor_sources(accounts: Accounts, asked: Question, _: str) -> Answer:
    """Return the publications of all factors and properties that were used, with their ids."""
    by_source: dict[str, dict[str, None]] = {}
    for record in _used(accounts, asked["scope"], emitted=True):
        by_source.setdefault(record.source, {})[record.id] = None
    figures = []
    for name, ids in sorted(by_source.items()):
        source = accounts.workspace.library.sources[name]
        text = {lang: f"{source.publisher}: {title}" for lang, title in source.titles.items()}
        figures.append(Figure(what=plain(name), text=text, origin=Origin(numbers=tuple(ids))))
    return Answer(tuple(figures)) if figures else Answer(missing=(_no_rows(asked["scope"]),))


def conversions(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return by what energy is converted: heating values, 3.6 GJ per MWh, coefficients of coal equivalent."""
    coal = accounts.workspace.methodology.coal_equivalent
    told = [Figure(text=both("label.disclose-energy-units"), origin=Origin(("units.txt",)))]
    if coal is not None:
        text = both(
            "label.disclose-coal-basis", source=coal.source, basis=both(f"label.disclose-tce-{coal.electricity}")
        )
        told.append(Figure(text=text, origin=Origin((accounts.workspace.methodology.id,))))
    return Answer((*told, *heating_values(accounts, _, __).figures))


def uncertainty(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the 95 % interval of each year's total, by propagation of errors."""
    if not accounts.workspace.has_uncertainty:
        return Answer(missing=(lacking("disclose-missing-uncertainty", file="uncertainty.toml"),))
    figures = []
    for group, interval in accounts.workspace.uncertainty("scope").approach1().items():
        told = dict(group)
        below, above = (f"{one:+.1f} %" for one in interval.percent)
        text = both("label.disclose-interval", below=below, above=above)
        what = both(f"label.scope-{told['scope']}")
        figures.append(Figure(int(told["year"]), what, text=text, origin=Origin(("uncertainty.toml",))))
    return by_year(figures, accounts.years, "uncertainty.toml")


def data_quality(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the share of each year's total that rests on estimates; nothing where no row states a quality."""
    rows = [row for row in accounts.workspace.estimated() if row["scope"] == "total"]
    known = [row for row in rows if row["percent"] is not None]
    figures = [
        Figure(
            row["year"],
            both("label.disclose-estimated"),
            Fraction(row["percent"]),
            "%",
            note=both("label.disclose-unstated", percent=row["unstated_percent"]),
            origin=accounts.origin(row["year"], accounts.of_scope(())),
        )
        for row in known
    ]
    if not figures:
        return Answer(missing=(lacking("disclose-missing-column", file=ACTIVITY, column="quality"),))
    return by_year(figures, accounts.years, ACTIVITY)


def denominators(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return what intensities are divided by: value, boundary and source."""
    file = accounts.file("denominators")
    figures = [
        Figure(
            one.year,
            plain(f"{one.denominator} ({one.boundary})"),
            Fraction(one.value),
            one.unit,
            note=plain(one.source),
            origin=Origin((file,)),
        )
        for one in accounts.workspace.denominators
        if one.year in accounts.years
    ]
    if not figures:
        columns = ["denominator", "period", "value", "unit", "boundary", "source"]
        return Answer(missing=(lacking("disclose-missing-file", file=file, columns=columns),))
    return by_year(figures, accounts.years, file)


def recalculation(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the policy of recalculating the base year, and what it makes of the events so far."""
    policy = accounts.workspace.base_year_policy
    if policy is None:
        return Answer(missing=(lacking("disclose-missing-policy", file="base_year.toml"),))
    told = both(
        "label.disclose-policy",
        years=list(policy.base_years),
        threshold=share_text(policy.threshold),
        measures=list(policy.measured_against),
        triggers=sorted(policy.triggers),
    )
    decision = accounts.workspace.base_year_decision()
    sentences = {lang: decision.sentences(lang) for lang in LANGUAGES}
    files = Origin(("base_year.toml", *accounts.there("base_year_events")))
    own = [dict(zip(LANGUAGES, pair, strict=True)) for pair in zip(*sentences.values(), strict=True)]
    return Answer(tuple(Figure(text=text, origin=files) for text in (told, *own)))


def restatement(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the effect of restating: the difference of every year, and its causes, which add up to it."""
    stated, before = accounts.workspace.settings.restated, accounts.before
    years: tuple[int, ...] = ()
    note = None
    if before is None and stated is not None:
        before, years = accounts.workspace.version(stated.before), stated.years
        note = {"en": stated.reason, "zh": stated.reason_zh or stated.reason}
    if before is None:
        return Answer(missing=(lacking("disclose-missing-version"),))
    versions = compared(accounts.workspace, before, years=years)
    origin = Origin((versions.before.settings.methodology, versions.after.settings.methodology))
    figures = []
    for row in versions.bridge():
        told = [(both(f"label.disclose-{name}"), getattr(row, name)) for name in ("before", "after", "difference")]
        told += [(both(f"label.cause-{cause}"), part) for cause, part in row.parts.items()]
        figures += [
            Figure(int(row["year"]), what, value * units.ratio(row.unit, unit), unit, note=note, origin=origin)
            for what, value in told
        ]
    return Answer(tuple(figures))


def targets(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the targets of emissions and energy as they are stated."""
    file = accounts.file("targets")
    own = [one for one in Tables.read(accounts.workspace).targets if one.what in (EMISSIONS, ENERGY)]
    if not own:
        return Answer(missing=(lacking("disclose-missing-file", file=file, columns=list(_TARGET_COLUMNS)),))
    return Answer(
        tuple(
            Figure(
                one.year,
                plain(f"{one.target} ({one.what}, {one.kind})"),
                Fraction(one.value),
                one.unit,
                note=plain(one.source),
                origin=Origin((file,)),
            )
            for one in own
        )
    )


def activity_data(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the quantity of every activity by year, of the legal person."""
    own = accounts.workspace.consolidations.under("legal-entity").boundary
    sums: dict[tuple[int, str, str], Fraction] = {}
    for cell, key, quantity in accounts.workspace.inventory.ledger.quantities():
        share = own.share(cell.site, key.period) if own else Fraction(1)
        if share:
            name = key.period.start.year, cell.activity, cell.unit
            sums[name] = sums.get(name, Fraction(0)) + quantity * share
    figures = [
        Figure(year, accounts.activity(code), value, unit, origin=accounts.origin(year, partial(eq, code)))
        for (year, code, unit), value in sorted(sums.items())
    ]
    return by_year(figures, accounts.years, ACTIVITY) if figures else Answer(missing=(_no_rows(),))


def emission_factors(accounts: Accounts, asked: Question, _: str) -> Answer:
    """Return every emission factor used, as it is printed."""
    return _numbers(accounts, lambda one: isinstance(one, EmissionFactor), "emission-factor", asked["scope"])


def heating_values(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return every heating value and density used, as it is printed."""
    return _numbers(accounts, lambda one: isinstance(one, FuelProperty) and one.property in _HEATING, "heating-value")


def fuel_properties(accounts: Accounts, _: Question, __: str) -> Answer:
    """Return the carbon contents and shares of oxidation used, as they are printed."""
    return _numbers(accounts, lambda one: isinstance(one, FuelProperty) and one.property in _CARBON, "property")


def narrative(_: Accounts, __: Question, ___: str) -> Answer:
    """Say that people must write this."""
    return Answer(missing=(lacking("disclose-narrative"),))


def unaccounted(_: Accounts, __: Question, ___: str) -> Answer:
    """Say that this software keeps no account of it."""
    return Answer(missing=(lacking("disclose-unaccounted"),))


BASIS: Mapping[str, Callable[[Accounts, Question, str], Answer]] = {
    "organisation": organisation,
    "periods": periods,
    "boundary": boundary,
    "consolidation": consolidation,
    "outside": outside,
    "methodology": methodology,
    "gases": gases,
    "gwp": gwp,
    "factor-sources": factor_sources,
    "conversions": conversions,
    "uncertainty": uncertainty,
    "data-quality": data_quality,
    "denominators": denominators,
    "recalculation": recalculation,
    "restatement": restatement,
    "targets": targets,
    "activity-data": activity_data,
    "emission-factors": emission_factors,
    "heating-values": heating_values,
    "fuel-properties": fuel_properties,
    NARRATIVE: narrative,
    UNACCOUNTED: unaccounted,
}


# -------------------------------------------------------------------------------------------------- private


def _text(text: Texts, *files: str) -> Answer:
    return Answer((Figure(text=text, origin=Origin(files)),))


def _no_rows(scope: str = "") -> Finding:
    if scope in EXAMPLES:
        return lacking("disclose-missing-activity", example=EXAMPLES[scope])
    return lacking("disclose-missing-file", file=ACTIVITY, columns=list(ACTIVITY_COLUMNS))


def _emits(line: PlanLine) -> bool:
    return line.flow.kind not in ENERGY_KINDS


def _used(accounts: Accounts, scope: str = "", *, emitted: bool = False) -> Iterable[EmissionFactor | FuelProperty]:
    """Return the distinct factors and properties behind emissions and energy, or behind emissions of some scopes."""
    wanted, pairs = accounts.of_scope(SCOPES[scope]), accounts.workspace.inventory.ledger.used
    lines = (line for code, line in pairs if (_emits(line) or not emitted) and (not scope or wanted(code)))
    return {record.id: record for line in lines for record in line.records}.values()


def _numbers(
    accounts: Accounts, wanted: Callable[[EmissionFactor | FuelProperty], bool], kind: str, scope: str = ""
) -> Answer:
    figures = [
        Figure(
            what=plain(one.id),
            value=Fraction(one.value),
            unit=one.unit,
            note=_of_source(accounts, one),
            origin=Origin(numbers=(one.id,)),
        )
        for one in sorted(_used(accounts, scope), key=lambda one: one.id)
        if wanted(one)
    ]
    if not figures:
        return Answer(missing=(lacking("disclose-none-used", what=both(f"label.disclose-{kind}")),))
    return Answer(tuple(figures))


def _of_source(accounts: Accounts, one: EmissionFactor | FuelProperty) -> Texts:
    titles = accounts.workspace.library.sources[one.source].titles
    return {"en": f"{titles['en']}, {one.locator}", "zh": f"{titles['zh']}，{one.locator}"}
