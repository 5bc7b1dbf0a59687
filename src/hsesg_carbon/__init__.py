"""
hsesg_carbon: unit-checked, exact and traceable greenhouse-gas and energy accounts of organisations.

``import hsesg_carbon as hc`` costs nothing: each name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsesg_carbon.activities import Activities
    from hsesg_carbon.base_year import BaseYearPolicy
    from hsesg_carbon.boundary import Boundary
    from hsesg_carbon.cube import Cube
    from hsesg_carbon.derive import Derived, Term
    from hsesg_carbon.disclose import Disclosure
    from hsesg_carbon.drivers import DegreeDays, Drivers, Effect
    from hsesg_carbon.energy import EnergyAccount
    from hsesg_carbon.equivalences import equivalent
    from hsesg_carbon.errors import (
        CarbonError,
        FactorError,
        InputError,
        InventoryError,
        MethodologyError,
        UnitError,
    )
    from hsesg_carbon.events import BaseYearEvent, backcast
    from hsesg_carbon.exports import read_export
    from hsesg_carbon.factors import FactorLibrary
    from hsesg_carbon.findings import Finding, Where
    from hsesg_carbon.instruments import Instrument, Instruments
    from hsesg_carbon.intensity import Denominator
    from hsesg_carbon.inventory import Inventory
    from hsesg_carbon.ledger import Explanation, Ledger, Total, Totals
    from hsesg_carbon.mappings import read_mapping
    from hsesg_carbon.measures import Measure, Measures, Offset, Offsets
    from hsesg_carbon.methodology import Methodology
    from hsesg_carbon.monitor import Monitor
    from hsesg_carbon.periods import Period
    from hsesg_carbon.plan import Plan, PlanLine
    from hsesg_carbon.ranges import UncertaintyRules
    from hsesg_carbon.records import EmissionFactor, Equivalence, FuelProperty, Gwp, Source
    from hsesg_carbon.restate import Bridge, Change, Restatement
    from hsesg_carbon.seal import Replay, Seal
    from hsesg_carbon.sites import Entity, Site
    from hsesg_carbon.statement import Statement
    from hsesg_carbon.uncertainty import Uncertainty
    from hsesg_carbon.units import Amount
    from hsesg_carbon.verification import Population, ReportedTable, Sample, Schedule, Verification, verify
    from hsesg_carbon.waste import WasteAccount, WasteLoad
    from hsesg_carbon.water import WaterAccount, WaterFlow
    from hsesg_carbon.workspace import Workspace

_HOMES = {
    "Activities": "activities",
    "Amount": "units",
    "BaseYearEvent": "events",
    "BaseYearPolicy": "base_year",
    "Boundary": "boundary",
    "Bridge": "restate",
    "CarbonError": "errors",
    "Change": "restate",
    "Cube": "cube",
    "DegreeDays": "drivers",
    "Denominator": "intensity",
    "Derived": "derive",
    "Disclosure": "disclose",
    "Drivers": "drivers",
    "Effect": "drivers",
    "EmissionFactor": "records",
    "EnergyAccount": "energy",
    "Entity": "sites",
    "Equivalence": "records",
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
    "Measure": "measures",
    "Measures": "measures",
    "Methodology": "methodology",
    "MethodologyError": "errors",
    "Monitor": "monitor",
    "Offset": "measures",
    "Offsets": "measures",
    "Period": "periods",
    "Plan": "plan",
    "PlanLine": "plan",
    "Population": "verification.sampling",
    "Replay": "seal",
    "ReportedTable": "verification.reported",
    "Restatement": "restate",
    "Sample": "verification.sampling",
    "Schedule": "verification.materiality",
    "Seal": "seal",
    "Site": "sites",
    "Source": "records",
    "Statement": "statement",
    "Term": "derive",
    "Total": "ledger",
    "Totals": "ledger",
    "Uncertainty": "uncertainty",
    "UncertaintyRules": "ranges",
    "UnitError": "errors",
    "Verification": "verification.verdict",
    "WasteAccount": "waste",
    "WasteLoad": "waste",
    "WaterAccount": "water",
    "WaterFlow": "water",
    "Where": "findings",
    "Workspace": "workspace",
    "backcast": "events",
    "equivalent": "equivalences",
    "read_export": "exports",
    "read_mapping": "mappings",
    "verify": "verification.verdict",
    "write_workpapers": "report.workpapers",
}

__all__ = [
    "Activities",
    "Amount",
    "BaseYearEvent",
    "BaseYearPolicy",
    "Boundary",
    "Bridge",
    "CarbonError",
    "Change",
    "Cube",
    "DegreeDays",
    "Denominator",
    "Derived",
    "Disclosure",
    "Drivers",
    "Effect",
    "EmissionFactor",
    "EnergyAccount",
    "Entity",
    "Equivalence",
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
    "Measure",
    "Measures",
    "Methodology",
    "MethodologyError",
    "Monitor",
    "Offset",
    "Offsets",
    "Period",
    "Plan",
    "PlanLine",
    "Population",
    "Replay",
    "ReportedTable",
    "Restatement",
    "Sample",
    "Schedule",
    "Seal",
    "Site",
    "Source",
    "Statement",
    "Term",
    "Total",
    "Totals",
    "Uncertainty",
    "UncertaintyRules",
    "UnitError",
    "Verification",
    "WasteAccount",
    "WasteLoad",
    "WaterAccount",
    "WaterFlow",
    "Where",
    "Workspace",
    "backcast",
    "equivalent",
    "read_export",
    "read_mapping",
    "verify",
    "write_workpapers",
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
