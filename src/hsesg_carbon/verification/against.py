"""What an inventory and the denominators of a workspace say about the cells of a reported table."""

from collections.abc import Iterable
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.intensity import Denominator, ruling_denominators
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.units import CO2E
from hsesg_carbon.verification.intervals import Interval, point, scaled
from hsesg_carbon.verification.relations import Dimensions, ratio_of
from hsesg_carbon.verification.reported import Key, ReportedTable, read_cell
from hsesg_carbon.verification.standard import SCOPES, Facts, first_rows

BESIDE = "inventory."
"""What the ids of an inventory's own values begin with."""
_SCOPE_3 = "ghg.scope3"


def facts_of(
    table: ReportedTable, inventory: Inventory | None = None, denominators: Iterable[Denominator] = ()
) -> Facts:
    """
    Return what is known apart from the table: only columns that are calendar years can be compared.

    Args:
        table: What was printed.
        inventory: Gives totals by scope, quantities by carrier (``energy.petrol``), and the factors that it applies.
            Its total is of the scopes that the printed one is of.
        denominators: Stand for rows of their name that the table leaves blank or does not have; rows that it prints
            are compared with them.
    """
    years = {int(label): column for column, label in enumerate(table.periods) if label.isdigit()}
    facts = Facts({}, {}, {}, {})
    if inventory is not None:
        _of_inventory(inventory, table, years, facts)
    rows = first_rows(table)
    held = tuple(denominators)
    for per in dict.fromkeys(one.denominator for one in held):
        printed = per in rows and not rows[per].undisclosed
        for year, one in ruling_denominators(held, per).items():
            if year in years:
                size, kind = units.measured(one.unit)
                name = f"{BESIDE}{per}" if printed else per
                told = read_cell(f"{one.value:f}").interval or point(Fraction(one.value))
                _put(facts, (name, years[year]), scaled(told, size), kind)
    return facts


def _of_inventory(inventory: Inventory, table: ReportedTable, years: dict[int, int], facts: Facts) -> None:
    size, kind = units.measured(CO2E)
    amounts: dict[int, dict[str, Fraction]] = {}
    for row in inventory.by("scope", "year"):
        if row["year"] in years:
            amounts.setdefault(int(row["year"]), {})[f"ghg.scope{row['scope']}"] = row.amount.value
    whole = _holds_scope_3(table)
    for year, by_scope in amounts.items():
        if whole is None or (whole and _SCOPE_3 in by_scope):
            by_scope["ghg.total"] = sum(by_scope.values(), Fraction(0))
        elif not whole:
            by_scope["ghg.total"] = sum((by_scope.get(one, Fraction(0)) for one in SCOPES), Fraction(0))
        for name, amount in by_scope.items():
            _put(facts, (BESIDE + name, years[year]), point(amount * size), kind)
    used = _quantities(inventory)
    recomputed: dict[str, dict[str, None]] = {}
    for row in inventory.by("scope", "subject", "year"):
        scope, carrier, year = f"ghg.scope{row['scope']}", f"energy.{row['subject']}", int(row["year"])
        if year not in years:
            continue
        recomputed.setdefault(scope, {})[carrier] = None
        held = used.get((str(row["scope"]), str(row["subject"]), year), {})
        if len(held) == 1:
            ((measured, quantity),) = held.items()
            column = years[year]
            _put(facts, (BESIDE + carrier, column), point(quantity), dict(measured))
            if quantity:
                factor = row.amount.value * size / quantity
                name = f"{BESIDE}factor.{scope}.{carrier}"
                _put(facts, (name, column), point(factor), ratio_of(kind, dict(measured)))
    facts.recomputed.update({scope: tuple(carriers) for scope, carriers in recomputed.items()})
    for row in EnergyAccount(inventory).shares():
        if row["year"] in years:
            facts.shares[f"energy.{row['subject']}", years[int(row["year"])]] = row.amount.value


def _holds_scope_3(table: ReportedTable) -> bool | None:
    """
    Say whether the printed total holds Scope 3, by the scopes printed beside it; ``None`` where they are not.

    Where a table prints Scope 3 and a total, both readings are in use: the one that adds up in more columns is meant.
    """
    rows = first_rows(table)
    if "ghg.total" not in rows or any(one not in rows or rows[one].undisclosed for one in SCOPES):
        return None
    if _SCOPE_3 not in rows or rows[_SCOPE_3].undisclosed:
        return False
    fits = {True: 0, False: 0}
    for column in range(len(table.periods)):
        total, one, two, three = (rows[name].interval(column) for name in ("ghg.total", *SCOPES, _SCOPE_3))
        if total is not None and one is not None and two is not None:
            fits[False] += total.meets(one + two)
            fits[True] += three is not None and total.meets(one + two + three)
    return fits[True] >= fits[False]


def _quantities(inventory: Inventory) -> dict[tuple[str, str, int], dict[tuple[tuple[str, int], ...], Fraction]]:
    """Return what the boundary used by scope, subject and year, in base units by what they measure."""
    catalogue = inventory.ledger.plan.library.catalogue
    found: dict[tuple[str, str, int], dict[tuple[tuple[str, int], ...], Fraction]] = {}
    for cell, key, quantity in inventory.ledger.quantities():
        one = catalogue[cell.activity]
        share = inventory.boundary.share(cell.site, key.period) if inventory.boundary else Fraction(1)
        size, kind = units.measured(cell.unit)
        held = found.setdefault((one.scope, one.subject, key.period.start.year), {})
        measured = tuple(sorted(kind.items()))
        held[measured] = held.get(measured, Fraction(0)) + quantity * share * size
    return found


def _put(facts: Facts, key: Key, value: Interval, kind: Dimensions) -> None:
    facts.fixed[key] = value
    facts.dimensions[key[0]] = kind
