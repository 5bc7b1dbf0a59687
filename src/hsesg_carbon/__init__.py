"""
hsesg_carbon: unit-checked, exact and traceable greenhouse-gas and energy accounts of organisations.

``import hsesg_carbon as hc`` costs nothing: each name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsesg_carbon.activities import Activities, Site
    from hsesg_carbon.cube import Cube
    from hsesg_carbon.derive import Derived, Term
    from hsesg_carbon.energy import EnergyAccount
    from hsesg_carbon.errors import (
        CarbonError,
        FactorError,
        InputError,
        InventoryError,
        MethodologyError,
        UnitError,
    )
    from hsesg_carbon.factors import FactorLibrary
    from hsesg_carbon.findings import Finding, Where
    from hsesg_carbon.instruments import Instrument, Instruments
    from hsesg_carbon.inventory import Boundary, Denominator, Inventory
    from hsesg_carbon.ledger import Explanation, Ledger, Total, Totals
    from hsesg_carbon.methodology import Methodology
    from hsesg_carbon.periods import Period
    from hsesg_carbon.plan import Plan, PlanLine
    from hsesg_carbon.records import EmissionFactor, FuelProperty, Gwp, Source
    from hsesg_carbon.units import Amount
    from hsesg_carbon.workspace import Workspace

_HOMES = {
    "Activities": "activities",
    "Amount": "units",
    "Boundary": "inventory",
    "CarbonError": "errors",
    "Cube": "cube",
    "Denominator": "inventory",
    "Derived": "derive",
    "EmissionFactor": "records",
    "EnergyAccount": "energy",
    "Explanation": "ledger",
    "FactorError": "errors",
    "FactorLibrary": "factors",
    "Finding": "findings",
    "FuelProperty": "records",
    "Gwp": "records",
    "InputError": "errors",
    "Instrument": "instruments",
    "Instruments": "instruments",
    "Inventory": "inventory",
    "InventoryError": "errors",
    "Ledger": "ledger",
    "Methodology": "methodology",
    "MethodologyError": "errors",
    "Period": "periods",
    "Plan": "plan",
    "PlanLine": "plan",
    "Site": "activities",
    "Source": "records",
    "Term": "derive",
    "Total": "ledger",
    "Totals": "ledger",
    "UnitError": "errors",
    "Where": "findings",
    "Workspace": "workspace",
}

__all__ = [
    "Activities",
    "Amount",
    "Boundary",
    "CarbonError",
    "Cube",
    "Denominator",
    "Derived",
    "EmissionFactor",
    "EnergyAccount",
    "Explanation",
    "FactorError",
    "FactorLibrary",
    "Finding",
    "FuelProperty",
    "Gwp",
    "InputError",
    "Instrument",
    "Instruments",
    "Inventory",
    "InventoryError",
    "Ledger",
    "Methodology",
    "MethodologyError",
    "Period",
    "Plan",
    "PlanLine",
    "Site",
    "Source",
    "Term",
    "Total",
    "Totals",
    "UnitError",
    "Where",
    "Workspace",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("hsesg_carbon")
    if name not in _HOMES:
        msg = f"module 'hsesg_carbon' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"hsesg_carbon.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
