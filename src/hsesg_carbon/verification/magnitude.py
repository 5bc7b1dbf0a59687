"""Orders of magnitude: figures against what published factors allow, and parts against their whole."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.units import CO2E
from hsesg_carbon.verification.checks import System
from hsesg_carbon.verification.intervals import Bound, Interval, hull, point, scaled
from hsesg_carbon.verification.judgement import Basis, Compared, Judgement, Suggestion, Tests
from hsesg_carbon.verification.published import Published
from hsesg_carbon.verification.relations import Dimensions
from hsesg_carbon.verification.reported import Key, ReportedRow
from hsesg_carbon.verification.standard import energy_content

_POWERS = 8
"""The largest power of ten that is suggested: 万 for 亿 is 4, g for t is 6, kWh for 亿kWh is 8."""

_WHOLES = re.compile(r"(ghg|energy|water|waste|revenue)(\.|$)")
_NO_PART = re.compile(
    r"\.(per|share|as)\.|\.(share|change|decrease|increase|target|goal|baseline)$|_(rate|ratio|target)$|reduc|avoid|saved|offset"
    r"|\.(location|market|sold|biogenic|recycled|base_year)$"
)
_AT_MOST = {"water.discharge": "water.withdrawal", "water.consumption": "water.withdrawal"}


def magnitudes(basis: Basis) -> Tests:
    """Yield one item for each order of magnitude that was tested."""
    yield from _electricity(basis)
    yield from _fuels(basis)
    yield from _parts(basis)


def _electricity(basis: Basis) -> Tests:
    """
    Scope 2 per kWh lies between the cleanest and the dirtiest grid of the library; 0 may be bought green power.

    It may be any amount more where heat, steam or cooling was bought as well.
    """
    above, below = "ghg.scope2", "energy.electricity"
    if not _measures(basis, above, CO2E) or not _measures(basis, below, "kWh"):
        return
    factors = _factors(basis.published, "electricity", basis.rows[below].dimensions)
    if factors is None:
        return
    others = any(one in basis.rows for one in ("energy.heat", "energy.steam", "energy.cooling"))
    for column in basis.columns:
        emitted, used = basis.value(above, column), basis.value(below, column)
        if emitted is not None and used is not None and emitted.lo > 0 and used.lo > 0:
            allowed = used * factors
            held = Interval(allowed.lo, _INF) if others else allowed
            yield _within(basis, (above, column), [(below, column)], held)


def _fuels(basis: Basis) -> Tests:
    """
    Scope 1 is at least what the reported fuels emit by the lowest published factors.

    It may well be more, because other sources belong to it too; unless a power of ten makes it the fuels' own.
    """
    above = "ghg.scope1"
    if not _measures(basis, above, CO2E):
        return
    fuels = {row.id: range_ for row in basis.rows.values() if (range_ := _burnt(basis, row)) is not None}
    for column in basis.columns:
        emitted = basis.value(above, column)
        held = {fuel: basis.value(fuel, column) for fuel in fuels}
        if emitted is None or not fuels or any(one is None or one.lo < 0 for one in held.values()):
            continue
        allowed = point(0)
        for fuel, used in held.items():
            allowed = allowed + (used or point(0)) * fuels[fuel]
        if allowed.lo > 0 and emitted.lo > 0:
            yield _within(basis, (above, column), [(fuel, column) for fuel in fuels], allowed, open_above=True)


def _burnt(basis: Basis, row: ReportedRow) -> Interval | None:
    """Return what a unit of a fuel's row emits, lowest to highest published; ``None`` for what is no fossil fuel."""
    subject = row.id.removeprefix("energy.")
    catalogue = basis.published.library.catalogue
    fossil = any(one.subject == subject and one.origin == "fossil" and one.scope == "1" for one in catalogue.values())
    if subject == row.id or not fossil:
        return None
    energy = units.measured("MJ")[1]
    content = energy_content(row, basis.published)
    per_energy = _factors(basis.published, subject, energy)
    direct = _factors(basis.published, subject, row.dimensions) if dict(row.dimensions) != energy else None
    found = [direct] if direct is not None else []
    if content is not None and per_energy is not None:
        found.append(content * per_energy)
    return hull(found) if found else None


def _factors(published: Published, subject: str, below: Dimensions) -> Interval | None:
    """Return the lowest and the highest published factor of CO2 or CO2e of a subject, per base unit of ``below``."""
    kind = dict(units.measured(CO2E)[1])
    for name, power in below.items():
        kind[name] = kind.get(name, 0) - power
    wanted = tuple(sorted((name, power) for name, power in kind.items() if power))
    wording = ("electricity.grid",) if subject == "electricity" else tuple(f"{one}.{subject}" for one in _BURNING)
    values = [
        point(one.value)
        for one in published.numbers
        if one.value > 0 and one.dimensions == wanted and one.family[0] in wording
    ]
    return hull(values) if values else None


_BURNING = ("*", "stationary", "mobile")


def _parts(basis: Basis) -> Tests:
    """A part is not more than its whole: ``<whole>.<part>`` of the same unit, water discharged or consumed."""
    pairs = dict(_AT_MOST)
    for row in basis.rows.values():
        whole = row.id.rpartition(".")[0]
        if whole in basis.rows and _WHOLES.match(whole) and not _NO_PART.search(row.id):
            pairs[row.id] = whole
    for part, whole in pairs.items():
        if part not in basis.rows or whole not in basis.rows:
            continue
        if dict(basis.rows[part].dimensions) != dict(basis.rows[whole].dimensions):
            continue
        for column in basis.columns:
            less, more = basis.value(part, column), basis.value(whole, column)
            if less is not None and more is not None:
                yield _within(basis, (part, column), [(whole, column)], Interval(-_INF, more.hi))


_INF = float("inf")


# -------------------------------------------------------------------------------------------------- inside


def _measures(basis: Basis, row: str, unit: str) -> bool:
    return row in basis.rows and dict(basis.rows[row].dimensions) == units.measured(unit)[1]


def _within(
    basis: Basis, key: Key, others: Sequence[Key], allowed: Interval, *, open_above: bool = False
) -> Judgement | None:
    """Hold a cell to a range that follows from other cells; name the powers of ten that would bring it there."""
    held = basis.value(*key)
    assert held is not None
    if held.meets(allowed):
        return None
    slips = list(_slips(basis.system, key, others, held, allowed))
    if open_above and held.lo > allowed.hi and not slips:
        return None
    row = basis.rows[key[0]]
    low, high = (_shown(one, row.size) for one in (allowed.lo, allowed.hi))
    data = {
        "cell": basis.name(*key),
        "printed": row.told(row.cells[key[1]].text.strip()),
        "lowest": low,
        "highest": high if isinstance(allowed.hi, float) else row.told(high),
        "others": [basis.name(*one) for one in others],
    }
    compared = Compared(
        f"{basis.name(*key)}: {', '.join(name for name, _ in others)}", row.unit, row.size, held, allowed
    )
    return Judgement("reported-magnitude", "warning", row, (key, *others), data, (compared,), tuple(slips))


def _slips(system: System, key: Key, others: Sequence[Key], held: Interval, allowed: Interval) -> Iterator[Suggestion]:
    """Yield the smallest power of ten that fits, of the cell itself or of what it leans on; the less tested first."""
    for power in sorted((one for one in range(-_POWERS, _POWERS + 1) if one), key=abs):
        factor = Fraction(10) ** power
        if not scaled(held, 1 / factor).meets(allowed):
            continue
        found = [Suggestion("power-of-ten", (key,), {"factor": units.exact_text(factor)})]
        if len(others) == 1:
            found.append(Suggestion("power-of-ten", tuple(others), {"factor": units.exact_text(1 / factor)}))
        yield from sorted(found, key=lambda one: _tested(system, one.cells[0]))
        return


def _tested(system: System, key: Key) -> int:
    """Return how many checks hold with a cell as it is."""
    return sum(place not in system.failing for place in system.of_key.get(key, ()))


def _shown(bound: Bound, size: Fraction) -> str:
    return "–" if isinstance(bound, float) else units.exact_text(bound / size, 2)
