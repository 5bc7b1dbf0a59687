"""The calculation of every total, row by row: quantity x multiplier x share x GWP = tCO2e, with the numbers used."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.energy import ENERGY_KINDS
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.inventory import Inventory, Pool, Pooled
from hsesg_carbon.ledger import Place
from hsesg_carbon.messages import LANGUAGES, message
from hsesg_carbon.percentages import share_text
from hsesg_carbon.plan import EMITTED, PlanLine
from hsesg_carbon.records import EmissionFactor, FuelProperty, Gwp
from hsesg_carbon.units import CO2E, Amount

Json = dict[str, Any]
Names = dict[str, str]

_ZERO = Fraction(0)
_WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Key:
    """What the cells of one row of the calculation have in common, besides the line of the plan."""

    year: int
    scope: str
    method: str | None
    activity: str
    region: str
    technology: str
    unit: str
    instrument: str


@dataclass(slots=True)
class Calculation:
    """
    All cells of a year that one line of the plan multiplies: ``quantity`` x multiplier x ``share`` x ``gwp`` = tCO2e.

    ``share`` is what the boundary counts, ``gwp`` tCO2e per unit of the flow, ``None`` for what is in no total;
    ``sites`` those that the quantity is of, ``weigher`` the published potential, if one is used. ``id`` is unique, and
    the same whenever the accounts are the same.
    """

    key: Key
    line: PlanLine
    share: Fraction
    gwp: Fraction | None
    quantity: Fraction = _ZERO
    sites: set[str] = field(default_factory=set)
    weigher: Gwp | None = None
    id: str = ""

    @property
    def amount(self) -> Fraction:
        """What the whole quantity gives of the flow, in its unit."""
        return self.quantity * self.line.multiplier

    @property
    def t_co2e(self) -> Fraction | None:
        """What it adds to the total, in tCO2e."""
        return None if self.gwp is None else self.amount * self.share * self.gwp

    @property
    def order(self) -> tuple[Any, ...]:
        """Where the row stands: by year and scope, then by what and where."""
        key = self.key
        told = (key.year, key.scope, key.method or "", key.activity, self.line.flow.flow, key.region, key.technology)
        return (*told, key.unit, key.instrument, self.share, self.line.multiplier, self.gwp or _ZERO, self._numbers)

    @property
    def stem(self) -> str:
        """What the id begins with: year, scope with its method, activity, flow, region."""
        key = self.key
        scope = f"{key.scope}-{key.method}" if key.method else key.scope
        parts = (str(key.year), scope, key.activity, self.line.flow.flow, key.region, key.technology, key.instrument)
        return ".".join(one for one in parts if one)

    @property
    def _numbers(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.line.records)


def calculations(views: Mapping[str, Inventory], years: Container[int]) -> tuple[Calculation, ...]:
    """
    Return every product that the totals of some years are sums of, and those beside them (biogenic, ozone-depleting).

    Cells that differ in site and month alone are one row. Rows of Scope 2 stand once for each method in ``views``.
    """
    found: _Found = {}
    for place, (method, view) in enumerate(views.items()):
        for pool, one in _of_kinds(view, years, EMITTED):
            key = _key(view, method, pool, one)
            if not place or key.method is not None:  # of no method: it stands there already
                _take(found, view, key, pool, one)
    return _ordered(found)


def energy_calculations(view: Inventory, years: Container[int]) -> tuple[Calculation, ...]:
    """
    Return every product that the energy account of some years is a sum of: GJ, and tonnes of coal equivalent.

    What is sold is not in it, as it is not in ``EnergyAccount.by``. Rows have no method of Scope 2: energy is the same
    under each.
    """
    found: _Found = {}
    for pool, one in _of_kinds(view, years, ENERGY_KINDS):
        key = _key(view, None, pool, one)
        if key.scope != "beside":
            _take(found, view, key, pool, one)
    return _ordered(found)


def calculation_json(row: Calculation, view: Inventory) -> Json:
    """Return a row as plain data: exact numbers as text; ``rounded`` names those that do not end, told to 12 places."""
    library, line = view.ledger.plan.library, row.line
    entry = library.catalogue[row.key.activity]
    numbers = {
        "quantity": row.quantity,
        "multiplier": line.multiplier,
        "amount": row.amount,
        "share": row.share,
        "gwp": row.gwp,
        "tco2e": row.t_co2e,
    }
    texts = {name: units.known_text(one) for name, one in numbers.items()}
    return {
        "id": row.id,
        "year": row.key.year,
        "scope": row.key.scope,
        "method": row.key.method,
        "activity": row.key.activity,
        "name": {"en": entry.name_en, "zh": entry.name_zh},
        "region": row.key.region or None,
        "technology": row.key.technology or None,
        "unit": row.key.unit,
        "flow": line.flow.flow,
        "flow_unit": line.flow.unit,
        **texts,
        "rounded": [name for name, one in numbers.items() if one is not None and units.ending_text(one) is None],
        "factor": line.factor.id if line.factor else None,
        "properties": [one.id for one in line.properties],
        "gwp_id": row.weigher.id if row.weigher else None,
        "instrument": row.key.instrument or None,
        "steps": _steps(row, view),
        "sites": len(row.sites),
        "reason": line.reason,
        "fit": list(line.fit),
    }


def energy_calculation_json(row: Calculation, view: Inventory) -> Json:
    """Return a row of energy as plain data, like ``calculation_json``: ``counted`` is its amount times its share."""
    told = calculation_json(row, view)
    counted = row.amount * row.share
    rounded = [*told["rounded"], *(["counted"] if units.ending_text(counted) is None else [])]
    kept = {name: one for name, one in told.items() if name not in _OF_EMISSIONS}
    carrier = view.ledger.plan.library.catalogue[row.key.activity].subject
    return {**kept, "carrier": carrier, "counted": units.exact_text(counted), "rounded": rounded}


def factor_rows(views: Iterable[Inventory], rows: Iterable[Calculation]) -> list[Json]:
    """Return every published number that stands in some views, by its id, with source, place and who uses it."""
    used: dict[str, list[str]] = {}
    numbers: dict[str, EmissionFactor | FuelProperty | Gwp] = {}
    activities: dict[str, set[str]] = {}
    for row in rows:
        for record in (*row.line.records, *((row.weigher,) if row.weigher else ())):
            used.setdefault(record.id, []).append(row.id)
    library = None
    for view in views:
        library = view.ledger.plan.library
        for activity, line in view.ledger.used:
            for record in line.records if line.scope2 in {"", view.scope2} else ():
                numbers[record.id] = record
                activities.setdefault(record.id, set()).add(activity)
        numbers |= {one.id: one for one in view.gwps()}
    if library is None:
        return []
    return [
        _number(one, library, sorted(activities.get(one.id, ())), used.get(one.id, []))
        for _, one in sorted(numbers.items())
    ]


# -------------------------------------------------------------------------------------------------- private


_Found = dict[tuple[Any, ...], Calculation]
_OF_EMISSIONS = frozenset({"method", "gwp", "gwp_id", "instrument", "tco2e"})


def _of_kinds(view: Inventory, years: Container[int], kinds: Container[str]) -> Iterator[tuple[Pool, Pooled]]:
    """Yield what counts of a view, of some kinds of flows, in the years asked for; sites and months together."""
    for pool in view.pools(_alike, years):
        for one in pool.lines:
            if one.line.flow.kind in kinds:
                yield pool, one


def _take(found: _Found, view: Inventory, key: Key, pool: Pool, one: Pooled) -> None:
    """Add a part of a pool to the row that it is of."""
    line = one.line  # one object, however many cells it multiplies
    place = key, id(line), pool.share, one.weight
    row = found.get(place)
    if row is None:
        weigher = None if one.weight is None else view.potential(line.flow, key.activity)
        row = found[place] = Calculation(key, line, pool.share, one.weight, weigher=weigher)
    row.quantity += one.quantity
    row.sites.update(each.cell.site for each in pool.places)


def _ordered(found: _Found) -> tuple[Calculation, ...]:
    """Return rows in their order, each with an id of its own."""
    rows = sorted(found.values(), key=lambda one: one.order)
    seen: dict[str, int] = {}
    for row in rows:
        seen[row.stem] = seen.get(row.stem, 0) + 1
        row.id = row.stem if seen[row.stem] == 1 else f"{row.stem}.{seen[row.stem]}"
    return tuple(rows)


def _alike(one: Place) -> tuple[int, str, str, str, str]:
    cell = one.cell
    return one.period.start.year, cell.activity, cell.region, cell.technology, cell.unit


def _key(view: Inventory, method: str | None, pool: Pool, one: Pooled) -> Key:
    year, activity, region, technology, unit = _alike(pool.places[0])
    scope = view.ledger.plan.library.catalogue[activity].scope
    own = method if scope == "2" else None
    return Key(year, scope, own, activity, region, technology, unit, one.rung)


def _steps(row: Calculation, view: Inventory) -> list[str]:
    """Return the way from the quantity to tCO2e, a line for each step, in signs that need no language."""
    start = Amount(row.quantity, row.key.unit)
    steps, amount = view.ledger.walk(start, row.line)
    if row.key.instrument:  # its line is a factor alone
        amount = Amount(row.amount, row.line.flow.unit)
    text = [str(start)]
    text += [f"{one.op} {units.exact_text(one.value)} {one.value_unit} = {one.quantity}" for one in steps]
    if row.key.instrument:
        multiplier = units.exact_text(row.line.multiplier)
        text.append(f"× {multiplier} {row.line.flow.unit}/{row.key.unit} ({row.key.instrument}) = {amount}")
    if row.share != _WHOLE:
        amount = Amount(amount.value * row.share, amount.unit)
        text.append(f"× {share_text(row.share)} = {amount}")
    if row.gwp is not None and row.line.flow.kind != "co2e":
        weighed = Amount(amount.value * row.gwp, CO2E)
        text.append(f"× {units.exact_text(row.gwp)} {CO2E}/{amount.unit} {row.line.flow.flow} = {weighed}")
    return text


def _number(
    one: EmissionFactor | FuelProperty | Gwp, library: FactorLibrary, activities: list[str], used: list[str]
) -> Json:
    source = library.sources[one.source]
    first, last = getattr(one, "valid_from", None), getattr(one, "valid_to", None)
    return {
        "id": one.id,
        "kind": {EmissionFactor: "factor", FuelProperty: "property"}.get(type(one), "gwp"),
        "what": _what(one, library, activities),
        "value": str(one.value),
        "unit": one.unit,
        "basis": getattr(one, "basis", None),
        "region": getattr(one, "region", None),
        "valid": f"{first or ''}/{last or ''}" if first or last else None,
        "source": {
            "id": source.id,
            "title": source.titles,
            "publisher": source.publisher,
            "edition": source.edition,
            "published": one.published,
        },
        "locator": one.locator,
        "checked": one.checked,
        "note": one.note,
        "used_by": used,
    }


def _what(one: EmissionFactor | FuelProperty | Gwp, library: FactorLibrary, activities: list[str]) -> Names:
    """Return what a number is of, in words: the flow or the property, and the activities that it is used for."""
    found = {}
    for lang in LANGUAGES:
        names = [str(getattr(library.catalogue[name], f"name_{lang}")) for name in activities]
        if isinstance(one, FuelProperty):
            what = message(f"label.property-{one.property}", lang)
        elif isinstance(one, EmissionFactor):
            what = one.flow
        else:
            what = f"{one.metric} {one.flow} ({one.gwp_set})"
        found[lang] = f"{what}: {'、'.join(names) if lang == 'zh' else ', '.join(names)}" if names else what
    return found
