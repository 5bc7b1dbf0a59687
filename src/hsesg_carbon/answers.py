"""The answers that a disclosure index may ask for: one table of functions, each from the accounts to exact figures."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from fractions import Fraction

from hsesg_carbon import percentages, units
from hsesg_carbon.answering import (
    ACTIVITY,
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
from hsesg_carbon.basis_answers import BASIS
from hsesg_carbon.findings import Finding
from hsesg_carbon.indices import SCOPES, Question
from hsesg_carbon.inventory import NATIONAL_ITEMS
from hsesg_carbon.ledger import Total
from hsesg_carbon.measures import Measure
from hsesg_carbon.messages import both, denominator_name
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import covered_gases
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.units import CO2E

Function = Callable[[Accounts, Question, str], Answer]

KYOTO = ("CO2", "CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3")
"""The seven gases and groups of gases that the standards name."""

_CARRIERS: Mapping[str, tuple[str, ...]] = {
    "all": ("",),
    "fuel": ("stationary.", "mobile.", "vehicle."),
    "fuel-fossil": ("stationary.", "mobile.", "vehicle."),
    "fuel-renewable": ("stationary.", "mobile.", "vehicle."),
    "electricity": ("electricity.grid",),
    "heat": ("heat.purchased",),
    "cooling": ("cooling.purchased",),
    "bought": ("electricity.grid", "heat.purchased", "cooling.purchased"),
    "onsite": ("electricity.onsite_",),
}
_WATER_COLUMNS = ("site", "period", "kind", "source_or_destination", "quantity", "unit", "stressed")
_WASTE_COLUMNS = ("site", "period", "material", "hazardous", "treatment", "on_site", "quantity", "unit")
_MEASURE_COLUMNS = ("measure", "period", "scope", "quantity", "unit", "factor", "factor_unit", "source")
_OFFSET_COLUMNS = ("credit", "registry", "kind", "vintage", "volume", "retired_for", "retired_on")
_INSTRUMENT_COLUMNS = ("instrument", "kind", "period", "market", "volume", "unit", "factor", "factor_unit")
_DENOMINATOR_COLUMNS = ("denominator", "period", "value", "unit", "boundary", "source")


# ------------------------------------------------------------------------------------------------------- emissions


def emissions(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return gross emissions by year, and by what is asked besides."""
    scopes, dimension = SCOPES[asked["scope"]], asked["by"]
    totals = accounts.emissions(asked["method"], dimension)
    if totals is None:
        return _no_method(accounts, asked["method"])
    rows = [row for row in totals if not scopes or row["scope"] in scopes]
    sums: dict[tuple[int, str], Fraction] = {}
    for row in rows:
        part = str(dict(row.group).get(dimension, ""))
        key = int(row["year"]), _gas_group(accounts, part) if dimension == "gas" else part
        sums[key] = sums.get(key, Fraction(0)) + row.amount.value
    if not rows:
        return _no_activity(asked["scope"] or "1")
    figures = [
        Figure(
            year,
            _part_name(accounts, dimension, part),
            value * units.ratio(CO2E, unit),
            unit,
            origin=accounts.origin(year, _of_part(accounts, asked, part), further=_contracts(accounts, asked)),
        )
        for (year, part), value in sorted(sums.items())
    ]
    found = by_year(figures, accounts.years, ACTIVITY)
    extra = [*_absent_scopes(accounts, scopes, rows), *(_absent_gases(accounts) if dimension == "gas" else ())]
    return Answer(found.figures, (*found.missing, *extra))


def gas_masses(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return the mass of each gas by year, as far as gases are told apart."""
    scopes, view = SCOPES[asked["scope"]], accounts.views[""]
    wanted, sums, apart = accounts.of_scope(scopes), dict[tuple[int, str], Fraction](), False
    for entry, share in view.weighed():
        flow = entry.line.flow
        if not wanted(entry.cell.activity):
            continue
        if flow.kind == "gas":
            key = entry.period.start.year, flow.flow
            sums[key] = sums.get(key, Fraction(0)) + entry.amount * share * units.ratio(flow.unit, unit)
        apart = apart or flow.kind == "co2e"
    figures = [
        Figure(year, _flow_name(accounts, gas), value, unit, origin=accounts.origin(year, wanted))
        for (year, gas), value in sorted(sums.items())
    ]
    if not figures:
        return _no_activity(asked["scope"] or "1")
    found = by_year(figures, accounts.years, ACTIVITY)
    left = [lacking("disclose-gases-not-apart")] if apart else []
    return Answer(found.figures, (*found.missing, *left, *_absent_gases(accounts)))


def biogenic(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return biogenic CO2, which is in no total."""
    scopes = SCOPES[asked["scope"]]
    rows = [row for row in accounts.views[""].biogenic("year", "scope") if not scopes or row["scope"] in scopes]
    figures = _yearly(accounts, rows, unit, "biogenic", accounts.of_scope(scopes))
    if not figures:
        return Answer(missing=(lacking("disclose-missing-biogenic", example="stationary.other_solid_biomass"),))
    return by_year(figures, accounts.years, ACTIVITY)


def ozone_depleting(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the gases of the Montreal Protocol by mass."""
    figures = [
        Figure(
            int(row["year"]),
            _flow_name(accounts, row.flow),
            row.amount.value * units.ratio(row.amount.unit, unit),
            unit,
            note=both("label.disclose-mass-no-odp"),
            origin=accounts.origin(int(row["year"]), lambda code: True, "ozone-depleting"),
        )
        for row in accounts.views[""].ozone_depleting("year")
    ]
    if not figures:
        return _no_rows("refrigerant.r22")
    return by_year(figures, accounts.years, ACTIVITY)


def emission_intensity(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return emissions per denominator, in ``unit`` per its unit."""
    view, scopes = accounts.views.get(asked["method"]), SCOPES[asked["scope"]]
    if view is None:
        return _no_method(accounts, asked["method"])
    wanted = accounts.of_scope(scopes)
    emitted = [row for row in accounts.emissions(asked["method"]) or () if not scopes or row["scope"] in scopes]

    def of(per: str, accepted: list[str]) -> Iterable[Total]:
        rows = view.intensity(accounts.workspace.denominators, per, ("scope",), accepted, set(accounts.years))
        return [row for row in rows if not scopes or row["scope"] in scopes]

    def origin(year: int) -> Origin:
        return accounts.origin(year, wanted, further=(accounts.file("denominators"),))

    found = _per_denominator(accounts, of, CO2E, unit, origin)
    counted = scopes or {str(row["scope"]) for row in emitted}
    note = _numerator(accounts.workspace.methodology.gases, counted, view.scope2)
    figures = tuple(replace(one, note=note) for one in found.figures)
    return Answer(figures, (*found.missing, *(_absent_scopes(accounts, scopes, emitted) if figures else ())))


def emission_change(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return the change against the year before, in ``unit`` and in percent."""
    scopes = SCOPES[asked["scope"]]
    sums: dict[int, Fraction] = {}
    for row in accounts.emissions("") or ():
        if not scopes or row["scope"] in scopes:
            sums[int(row["year"])] = sums.get(int(row["year"]), Fraction(0)) + row.amount.value
    figures = []
    for before, year in zip(accounts.years, accounts.years[1:], strict=False):
        if before in sums and year in sums:
            change = sums[year] - sums[before]
            origin = accounts.origin(year, accounts.of_scope(scopes))
            what = both("label.disclose-against", year=before)
            figures.append(Figure(year, what, change, unit, origin=origin))
            percent = percentages.change(sums[year], sums[before])
            if percent is not None:
                figures.append(Figure(year, what, percent, "%", origin=origin))
    return Answer(tuple(figures)) if figures else Answer(missing=(lacking("disclose-missing-earlier"),))


def base_year(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return the emissions of the base year."""
    year = accounts.workspace.settings.base_year
    if year is None:
        return Answer(missing=(lacking("disclose-missing-setting", file=SETTINGS, key="base_year"),))
    scopes = SCOPES[asked["scope"]]
    rows = [row for row in accounts.emissions("") or () if row["year"] == year]
    values = [row.amount.value for row in rows if not scopes or row["scope"] in scopes]
    if not values:
        return Answer(missing=(lacking("disclose-missing-years", years=[year], file=ACTIVITY),))
    value = sum(values, Fraction(0)) * units.ratio(CO2E, unit)
    origin = accounts.origin(year, accounts.of_scope(scopes), further=(SETTINGS,))
    return Answer((Figure(year, both("label.disclose-base-year"), value, unit, origin=origin),))


def reductions(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return what reduction measures claim, by measure: never taken off an inventory."""
    file, measures = accounts.file("measures"), accounts.workspace.measures
    if measures is None:
        return _no_file(file, _MEASURE_COLUMNS)
    scopes = SCOPES[asked["scope"]]
    figures = [
        Figure(
            int(row["year"]),
            plain(f"{row['measure']} (Scope {row['scope']})"),
            row.amount.value * units.ratio(CO2E, unit),
            unit,
            note=plain(str(row["source"])),
            origin=Origin((file,)),
        )
        for row in measures.by("measure", "scope", "source", "year")
        if not scopes or row["scope"] in scopes
    ]
    return by_year(figures, accounts.years, file) if figures else _no_file(file, _MEASURE_COLUMNS)


def energy_reductions(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the energy that reduction measures claim to save: their rows in a unit of energy."""
    file, measures = accounts.file("measures"), accounts.workspace.measures
    own = [one for one in measures.items if _is_energy(one)] if measures else []
    if not own:
        return _no_file(file, _MEASURE_COLUMNS)
    figures: dict[tuple[int, str], Fraction] = {}
    for one in own:
        for part, days in Period.parse(one.period).parts():
            key = part.start.year, one.measure
            amount = Fraction(one.quantity) * days * units.ratio(one.unit, unit)
            figures[key] = figures.get(key, Fraction(0)) + amount
    told = [
        Figure(year, plain(measure), value, unit, origin=Origin((file,)))
        for (year, measure), value in sorted(figures.items())
    ]
    return by_year(told, accounts.years, file)


def credits(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return carbon credits by kind, registry and vintage: never netted."""
    file, offsets = accounts.file("offsets"), accounts.workspace.offsets
    if offsets is None:
        return _no_file(file, _OFFSET_COLUMNS)
    rows = [
        row
        for row in offsets.by("kind", "registry", "vintage", "year")
        if not asked["status"] or row["status"] == asked["status"]
    ]
    figures = tuple(
        Figure(
            int(row["year"]) if row["year"] != "-" else None,
            plain(f"{row['kind']}, {row['registry']}, {row['vintage']}, {row['status']}"),
            row.amount.value * units.ratio(CO2E, unit),
            unit,
            origin=Origin((file,)),
        )
        for row in rows
        if row["year"] == "-" or row["year"] in accounts.years
    )
    return Answer(figures) if figures else _no_file(file, _OFFSET_COLUMNS)


def instruments(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the contractual instruments of Scope 2 with their volume and factor."""
    file, held = accounts.file("instruments"), accounts.workspace.instruments
    if held is None:
        return _no_file(file, _INSTRUMENT_COLUMNS)
    figures = []
    for one in held.items:
        volume = None if one.volume is None else Fraction(one.volume) * units.ratio(one.unit or unit, unit)
        note = plain(f"{one.factor} {one.factor_unit}, {one.market}")
        text = both("label.disclose-all-that-is-left") if volume is None else None
        what = plain(f"{one.instrument} ({one.kind})")
        shown = None if volume is None else unit
        years = [year for year in one.claimed.years if year in accounts.years]
        figures += [Figure(year, what, volume, shown, text, note, Origin((file,))) for year in years[:1]]
    return Answer(tuple(figures)) if figures else _no_file(file, _INSTRUMENT_COLUMNS)


def national(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return the items of GB/T 32150, or their total: of the legal person, without scopes, net of what is sold."""
    items, totals = accounts.workspace.consolidations.national()
    figures = []
    for row in totals if asked["item"] == "total" else items:
        item, year = str(dict(row.group).get("item", "total")), int(row["year"])
        value = row.amount.value * units.ratio(CO2E, unit)
        origin = accounts.origin(year, _of_item(item))
        figures.append(Figure(year, both(f"label.disclose-item-{item}"), value, unit, origin=origin))
    if not figures:
        return Answer(missing=(lacking("disclose-no-national"),))
    return by_year(figures, accounts.years, ACTIVITY)


# --------------------------------------------------------------------------------------------------------- energy


def energy(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return the energy used, by carrier, in a unit of energy or in tonnes of coal equivalent."""
    wanted = _of_carrier(accounts, asked["carrier"] or "all")
    rows = [row for row in _energy_rows(accounts, unit) if wanted(str(row["activity"]))]
    sums: dict[tuple[int, str, str], Fraction] = {}
    for row in rows:
        subject = accounts.workspace.library.catalogue[str(row["activity"])].subject if asked["by"] else ""
        key = int(row["year"]), subject, row.flow
        sums[key] = sums.get(key, Fraction(0)) + row.amount.value
    figures = [
        Figure(
            year,
            accounts.workspace.library.carrier_name(subject) if subject else {},
            value * _energy_ratio(flow, unit),
            unit,
            note=both(f"label.disclose-{flow.replace('.', '-')}") if flow.startswith("tce.") else None,
            origin=accounts.origin(year, wanted, "energy"),
        )
        for (year, subject, flow), value in sorted(sums.items())
    ]
    if not figures:
        return _no_energy(accounts, asked["carrier"] or "all", unit)
    return by_year(figures, accounts.years, ACTIVITY)


def energy_sold(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return electricity or heat sold."""
    code = f"{asked['carrier'] or 'electricity'}.sold"
    rows = [row for row in accounts.energy.comprehensive("activity", "year", unit=unit) if row["activity"] == code]
    figures = [
        Figure(
            int(row["year"]),
            value=-row.amount.value,
            unit=unit,
            origin=accounts.origin(int(row["year"]), lambda one: one == code, "energy"),
        )
        for row in rows
    ]
    return by_year(figures, accounts.years, ACTIVITY) if figures else _no_rows(code)


def energy_renewable(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return renewable energy, or what is not shown to be renewable."""
    rows = [row for row in accounts.renewable if row["renewable"] == (asked["renewable"] or "yes")]
    figures = [
        Figure(
            int(row["year"]),
            value=row.amount.value * units.ratio("GJ", unit),
            unit=unit,
            note=both("label.disclose-renewable"),
            origin=accounts.origin(int(row["year"]), lambda code: True, "energy"),
        )
        for row in rows
    ]
    return by_year(figures, accounts.years, ACTIVITY) if figures else _no_energy(accounts, "all", unit)


def renewable_share(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the renewable part of the energy used, in percent."""
    parts: dict[int, dict[str, Fraction]] = {}
    for row in accounts.renewable:
        parts.setdefault(int(row["year"]), {})[str(row["renewable"])] = row.amount.value
    figures = [
        Figure(
            year,
            value=100 * own["yes"] / sum(own.values()) * units.ratio("%", unit),
            unit=unit,
            note=both("label.disclose-renewable"),
            origin=accounts.origin(year, lambda code: True, "energy"),
        )
        for year, own in sorted(parts.items())
        if sum(own.values())
    ]
    return by_year(figures, accounts.years, ACTIVITY) if figures else _no_energy(accounts, "all", "GJ")


def energy_intensity(accounts: Accounts, _: Question, unit: str) -> Answer:
    """Return the energy used per denominator, in ``unit`` per its unit."""
    coal = units.kind(unit) == units.kind("tce")

    def of(per: str, accepted: list[str]) -> Iterable[Total]:
        rows = accounts.energy.intensity(accounts.workspace.denominators, per, (), accepted, set(accounts.years))
        return [row for row in rows if row.flow.startswith("tce." if coal else "energy.")]

    def origin(year: int) -> Origin:
        return accounts.origin(year, lambda code: True, "energy", (accounts.file("denominators"),))

    return _per_denominator(accounts, of, "tce" if coal else "GJ", unit, origin)


# ------------------------------------------------------------------------------------------------- water and waste


def water(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return water taken, given off, consumed or used again."""
    file, account, kind = accounts.file("water"), accounts.workspace.water, asked["kind"] or "withdrawal"
    if account is None:
        return _no_file(file, _WATER_COLUMNS)
    if kind == "consumption":
        rows = [row for row in account.consumption(unit) if not asked["stressed"]]
    else:
        dimensions = [name for name in ("stressed", asked["by"]) if name and (name != "stressed" or asked["stressed"])]
        rows = [row for row in account.by("year", *dimensions, unit=unit) if row["kind"] == kind]
        if asked["stressed"]:
            if all(row["stressed"] == "-" for row in rows):
                return Answer(missing=(lacking("disclose-missing-column", file=file, column="stressed"),))
            rows = [row for row in rows if row["stressed"] == "yes"]
    figures = [
        Figure(
            int(row["year"]),
            _water_part(accounts, asked["by"], str(dict(row.group).get(asked["by"], ""))),
            row.amount.value,
            unit,
            origin=Origin((file,)),
        )
        for row in rows
    ]
    if not figures:
        return Answer(missing=(lacking("disclose-missing-water", file=file, kind=both(f"label.water-{kind}")),))
    return by_year(figures, accounts.years, file)


def water_intensity(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return water per denominator, in ``unit`` per its unit."""
    account, kind = accounts.workspace.water, asked["kind"] or "withdrawal"
    file = accounts.file("water")
    if account is None:
        return _no_file(file, _WATER_COLUMNS)

    def of(per: str, accepted: list[str]) -> Iterable[Total]:
        rows = account.intensity(accounts.workspace.denominators, per, unit, accepted, set(accounts.years))
        return [row for row in rows if row["kind"] == kind]

    origin = Origin((file, accounts.file("denominators")))
    return _per_denominator(accounts, of, unit, unit, lambda _: origin)


def waste(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return waste by mass: generated, diverted from disposal, or directed to it."""
    file, account = accounts.file("waste"), accounts.workspace.waste
    if account is None:
        return _no_file(file, _WASTE_COLUMNS)
    wanted = {"generated": {"yes", "no"}, "diverted": {"yes"}, "disposal": {"no"}}[asked["part"] or "generated"]
    sums: dict[tuple[int, str, str], Fraction] = {}
    for row in account.by("year", "diverted", "hazardous", *((asked["by"],) if asked["by"] else ())):
        if row["diverted"] in wanted and asked["hazardous"] in ("", row["hazardous"]):
            key = int(row["year"]), str(dict(row.group).get(asked["by"], "")), row.amount.unit
            sums[key] = sums.get(key, Fraction(0)) + row.amount.value
    figures = []
    for (year, part, counted), value in sorted(sums.items()):
        by_mass = units.kind(counted) == units.kind(unit)
        shown = value * units.ratio(counted, unit) if by_mass else value  # devices have no mass
        what = _waste_part(asked["by"], part)
        figures.append(Figure(year, what, shown, unit if by_mass else counted, origin=Origin((file,))))
    if not figures:
        return Answer(missing=(lacking("disclose-missing-waste", file=file),))
    return by_year(figures, accounts.years, file)


def waste_intensity(accounts: Accounts, asked: Question, unit: str) -> Answer:
    """Return waste by mass per denominator, in ``unit`` per its unit."""
    file, account = accounts.file("waste"), accounts.workspace.waste
    if account is None:
        return _no_file(file, _WASTE_COLUMNS)

    def of(per: str, accepted: list[str]) -> Iterable[Total]:
        rows = account.intensity(accounts.workspace.denominators, per, ("hazardous",), accepted, set(accounts.years))
        mass = [row for row in rows if row.amount.unit.startswith("t/")]
        return [row for row in mass if asked["hazardous"] in ("", row["hazardous"])]

    origin = Origin((file, accounts.file("denominators")))
    return _per_denominator(accounts, of, "t", unit, lambda _: origin)


ANSWERS: Mapping[str, Function] = {
    "emissions": emissions,
    "gas-masses": gas_masses,
    "biogenic": biogenic,
    "ozone-depleting": ozone_depleting,
    "emission-intensity": emission_intensity,
    "emission-change": emission_change,
    "base-year": base_year,
    "reductions": reductions,
    "energy-reductions": energy_reductions,
    "credits": credits,
    "instruments": instruments,
    "national": national,
    "energy": energy,
    "energy-sold": energy_sold,
    "energy-renewable": energy_renewable,
    "renewable-share": renewable_share,
    "energy-intensity": energy_intensity,
    "water": water,
    "water-intensity": water_intensity,
    "waste": waste,
    "waste-intensity": waste_intensity,
    **BASIS,
}
"""Every answer by its name in an index; the names are those of ``indices.VOCABULARY``."""


# -------------------------------------------------------------------------------------------------- private


def _no_file(file: str, columns: Iterable[str]) -> Answer:
    return Answer(missing=(lacking("disclose-missing-file", file=file, columns=list(columns)),))


def _no_method(accounts: Accounts, method: str) -> Answer:
    name = both(f"label.scope2-{method}")
    return Answer(
        missing=(lacking("disclose-missing-method", method=name, methodology=accounts.workspace.methodology.id),)
    )


def _no_activity(scope: str) -> Answer:
    return _no_rows(EXAMPLES.get(scope, EXAMPLES["1"]))


def _no_rows(example: str) -> Answer:
    """Say that no row of activity data is of a kind: that is not zero."""
    return Answer(missing=(lacking("disclose-missing-activity", example=example),))


def _no_energy(accounts: Accounts, carrier: str, unit: str) -> Answer:
    if units.kind(unit) == units.kind("tce") and accounts.workspace.methodology.coal_equivalent is None:
        return Answer(missing=(lacking("disclose-missing-coal", methodology=accounts.workspace.methodology.id),))
    examples = {"fuel-renewable": "stationary.other_solid_biomass", "onsite": "electricity.onsite_solar"}
    code = next((one for one in _CARRIERS[carrier] if one in accounts.workspace.library.catalogue), "")
    return _no_rows(code or examples.get(carrier, "stationary.natural_gas"))


def _absent_scopes(accounts: Accounts, scopes: frozenset[str], rows: Iterable[Total]) -> Iterator[Finding]:
    """Yield, of several scopes that are added, those of which a year has nothing."""
    present = {(row["year"], row["scope"]) for row in rows}
    for scope in sorted(scopes) if len(scopes) > 1 else ():
        if years := [year for year in accounts.years if (year, scope) not in present]:
            yield lacking("disclose-scope-absent", scope=both(f"label.scope-{scope}"), years=years)


def _absent_gases(accounts: Accounts) -> Iterator[Finding]:
    """Yield the gases that the methodology does not compute."""
    library, method = accounts.workspace.library, accounts.workspace.methodology
    covered = {library.flows[gas].group for gas in covered_gases(library, method)}
    if left := [one for one in KYOTO if one not in covered]:
        yield lacking("disclose-gases-left", gases=left, methodology=method.id)


def _gas_group(accounts: Accounts, gas: str) -> str:
    flow = accounts.workspace.library.flows.get(gas)
    return (flow.group if flow and flow.group else gas) if flow is None or flow.kind == "gas" else "CO2e"


def _flow_name(accounts: Accounts, flow: str) -> Texts:
    one = accounts.workspace.library.flows[flow]
    return {"en": f"{flow} ({one.name_en})" if one.name_en != flow else flow, "zh": f"{flow}（{one.name_zh}）"}


def _part_name(accounts: Accounts, dimension: str, part: str) -> Texts:
    """Return the name of what a figure is a part by: a gas, a site, an activity, a category of ISO 14064-1."""
    if not dimension:
        return {}
    if dimension == "gas":
        return both("label.disclose-gases-together") if part == "CO2e" else plain(part)
    if dimension == "site":
        return accounts.site(part)
    if dimension == "activity":
        return accounts.activity(part)
    if dimension == "accounting_group":
        return both(f"label.disclose-group-{part}")
    return both("label.disclose-category", category=part)


def _of_part(accounts: Accounts, asked: Question, part: str) -> Callable[[str], bool]:
    """Return what says whether an activity can be in a part of what is asked for."""
    of_scope, known = accounts.of_scope(SCOPES[asked["scope"]]), accounts.workspace.library.catalogue
    if asked["by"] == "activity":
        return lambda code: code == part
    if asked["by"] == "iso14064":
        return lambda code: of_scope(code) and known[code].iso14064 == part
    return of_scope


def _of_item(item: str) -> Callable[[str], bool]:
    """Return what says whether an activity is of an item of GB/T 32150, or of any of them."""
    likes = [like for like, name, _ in NATIONAL_ITEMS if item in (name, "total")]
    return lambda code: any(fnmatchcase(code, like) for like in likes)


def _contracts(accounts: Accounts, asked: Question) -> tuple[str, ...]:
    """Return the file of contractual instruments, where they bear on what is asked."""
    held = accounts.workspace.instruments is not None and accounts.views[asked["method"]].scope2 == "market"
    return (accounts.file("instruments"),) if held else ()


def _yearly(
    accounts: Accounts, rows: Iterable[Total], unit: str, kind: str, wanted: Callable[[str], bool]
) -> list[Figure]:
    """Return rows summed by year, in a unit."""
    sums: dict[int, Fraction] = {}
    for row in rows:
        amount = row.amount.value * units.ratio(row.amount.unit, unit)
        sums[int(row["year"])] = sums.get(int(row["year"]), Fraction(0)) + amount
    return [
        Figure(year, value=value, unit=unit, origin=accounts.origin(year, wanted, kind))
        for year, value in sorted(sums.items())
    ]


def _numerator(gases: Iterable[str], scopes: Collection[str], method: str) -> Texts:
    """Return what is divided: which scopes, Scope 2 by which method, and which gases."""
    told = [both(f"label.scope-{one}") for one in sorted(scopes)]
    if "2" in scopes:
        told[sorted(scopes).index("2")] = both("label.disclose-scope-2-by", method=both(f"label.scope2-{method}"))
    return both("label.disclose-numerator", scopes=told, gases=list(gases))


def _per_denominator(
    accounts: Accounts,
    intensity: Callable[[str, list[str]], Iterable[Total]],
    numerator: str,
    unit: str,
    origin: Callable[[int], Origin],
) -> Answer:
    """Return intensities on every denominator of the workspace, in ``unit`` per the denominator's own unit."""
    workspace = accounts.workspace
    file, figures = accounts.file("denominators"), []
    for per in dict.fromkeys(one.denominator for one in workspace.denominators):
        accepted = workspace.settings.accepted(per)
        sums: dict[tuple[int, str], Fraction] = {}
        for row in intensity(per, accepted):
            key = int(row["year"]), row.amount.unit.partition("/")[2]
            sums[key] = sums.get(key, Fraction(0)) + row.amount.value * units.ratio(numerator, unit)
        for (year, below), value in sorted(sums.items()):
            figures.append(
                Figure(
                    year,
                    both("label.disclose-per", per=denominator_name(per)),
                    value,
                    f"{unit}/{below}",
                    origin=origin(year),
                )
            )
    if not workspace.denominators:
        return _no_file(file, _DENOMINATOR_COLUMNS)
    return by_year(figures, accounts.years, file) if figures else _no_rows("electricity.grid")


def _is_energy(one: Measure) -> bool:
    return units.kind(one.unit) == units.kind("kWh")


def _of_carrier(accounts: Accounts, carrier: str) -> Callable[[str], bool]:
    """Return what says whether an activity is of a carrier; fuels are told apart by the origin of their carbon."""
    starts, known = _CARRIERS[carrier], accounts.workspace.library.catalogue

    def wanted(code: str) -> bool:
        if not code.startswith(starts):
            return False
        if carrier in ("fuel-fossil", "fuel-renewable"):
            return (known[code].origin == "biogenic") == (carrier == "fuel-renewable")
        return True

    return wanted


def _energy_rows(accounts: Accounts, unit: str) -> Iterator[Total]:
    """Yield energy, or coal equivalent, by activity and year."""
    start = "tce." if units.kind(unit) == units.kind("tce") else "energy."
    return (row for row in accounts.energy_by_activity if row.flow.startswith(start))


def _energy_ratio(flow: str, unit: str) -> Fraction:
    return units.ratio("tce" if flow.startswith("tce.") else "GJ", unit)


def _water_part(accounts: Accounts, by: str, part: str) -> Texts:
    if by == "site":
        return accounts.site(part)
    return both(f"label.disclose-water-{part}") if by and part != "-" else {}


def _waste_part(by: str, part: str) -> Texts:
    if by == "treatment":
        return both(f"label.disclose-treatment-{part}")
    if by == "on_site":
        return both("label.disclose-onsite-unstated" if part == "-" else f"label.disclose-onsite-{part}")
    return plain(part) if part else {}
