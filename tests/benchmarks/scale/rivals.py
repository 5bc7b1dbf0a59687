"""
What else people do: multiply by hand in pandas, use pint-pandas, or loop over rows with a package for it.

Each takes the bills as a pandas frame and returns tonnes of CO2 by site and year, Scope 2 by location, as floats. That
is less than ours computes from the same rows (CH4, N2O, market-based Scope 2 and two accounts of energy as well).
"""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

TONNES = {
    ("electricity.grid", "kWh"): 0.0005306,
    ("stationary.natural_gas", "m3"): 0.0021840291,
    ("mobile.petrol", "L"): 0.002163944475,
    ("mobile.diesel", "L"): 0.002654831088,
}
"""Tonnes of CO2 per unit, typed in by hand, as the plain way has them. A test holds them to the plan's."""

COLUMNS = ["site", "period", "activity", "unit", "quantity"]
"""What these ways need of the file; the others are not read."""

_PINT = {"kWh": "kWh", "m3": "m**3", "L": "L"}
_ESGCALC = {"kWh": "kWh", "m3": "m3", "L": "litre"}
_SCF_PER_M3, _GALLONS_PER_LITRE = 35.3146667, 0.264172052


@dataclass(frozen=True)
class Rival:
    """A way to compute the same, and the package that it needs."""

    name: str
    module: str
    run: Callable[[pd.DataFrame], "pd.Series[float]"]
    by_row: bool = False

    @property
    def missing(self) -> str:
        """Why it cannot run here; blank if it can."""
        return "" if importlib.util.find_spec(self.module) else f"{self.module} is not installed (extra 'bench')"


def plain_pandas(frame: pd.DataFrame) -> "pd.Series[float]":
    """Merge a table of multipliers, multiply, group: floats, no units, no checks."""
    table = pd.DataFrame([(*key, factor) for key, factor in TONNES.items()], columns=["activity", "unit", "factor"])
    merged = frame.merge(table, on=["activity", "unit"])
    merged["tonnes"] = merged["quantity"] * merged["factor"]
    merged["year"] = merged["period"].str[:4]
    return _by_site_and_year(merged)


def pint_kept(frame: pd.DataFrame) -> "pd.Series[float]":
    """Keep the pint column to the end: the group-by sums quantities with units."""
    amounts = pd.concat([part.assign(tonnes=amount) for part, amount in _with_units(frame)])
    amounts["year"] = amounts["period"].str[:4]
    return _by_site_and_year(amounts).pint.magnitude.astype("float64")


def pint_dropped(frame: pd.DataFrame) -> "pd.Series[float]":
    """Let pint convert to tonnes, go on with bare numbers."""
    amounts = pd.concat([part.assign(tonnes=amount.pint.magnitude) for part, amount in _with_units(frame)])
    amounts["year"] = amounts["period"].str[:4]
    return _by_site_and_year(amounts)


def _with_units(frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, Any]]:
    """Yield the rows of every activity with their emissions as a pint column in tonnes: a column has one unit."""
    import pint_pandas

    registry = pint_pandas.PintType.ureg
    for (activity, unit), part in frame.groupby(["activity", "unit"]):
        quantity = pd.Series(part["quantity"].to_numpy(), index=part.index, dtype=f"pint[{_PINT[unit]}]")
        factor = registry.Quantity(TONNES[activity, unit] * 1000, f"kg/({_PINT[unit]})")
        yield part, (quantity * factor).pint.to("t")


def esgcalc_rows(frame: pd.DataFrame) -> "pd.Series[float]":
    """``esgcalc.environment.emissions_from_activity``: a list of mappings, factors as told, contributions by row."""
    from esgcalc import environment

    rows = [
        {
            "activity_id": str(place),
            "quantity": row.quantity,
            "activity_unit": _ESGCALC[row.unit],
            "factor": TONNES[row.activity, row.unit],
            "factor_activity_unit": _ESGCALC[row.unit],
            "factor_emission_unit": "tCO2e",
            "factor_source": "typed in by hand",
        }
        for place, row in enumerate(frame.itertuples(index=False))
    ]
    shares = environment.emissions_from_activity(rows).details["contributions"]
    amounts = frame[["site"]].assign(year=frame["period"].str[:4], tonnes=[shares[row["activity_id"]] for row in rows])
    return _by_site_and_year(amounts)


def atomic6ghg_rows(frame: pd.DataFrame) -> "pd.Series[float]":
    """
    Worksheets of ``atomic6ghg``, one of each kind for every site and year.

    It takes a supplier's factor for electricity, which is ours here. For fuels it has its own, of the US EPA, per
    standard cubic foot and gallon: so its tonnes are other tonnes, and only its time can be compared.
    """
    parts = frame.assign(year=frame["period"].str[:4]).groupby(["site", "year"])
    return pd.Series({key: sum(atomic6ghg_worksheets(part)) for key, part in parts})


def atomic6ghg_worksheets(part: pd.DataFrame) -> tuple[float, float, float]:
    """Return tonnes of CO2 of electricity, of stationary and of mobile sources."""
    from atomic6ghg.formulas.electricity import Electricity
    from atomic6ghg.formulas.mobile_sources import MobileSources
    from atomic6ghg.formulas.stationary_combustion import StationaryCombustion

    bought, burnt, driven = [], [], []
    for row in part.itertuples(index=False):
        if row.activity == "electricity.grid":
            bought.append(_bought(row.quantity, TONNES[row.activity, row.unit] * 1000))
        elif row.activity == "stationary.natural_gas":
            cubic_feet = row.quantity * _SCF_PER_M3
            burnt.append({"fuelCombusted": "naturalGas", "quantityCombusted": cubic_feet, "units": "scf"})
        else:
            driven.append(_driven(row.quantity, "gasoline" if row.activity == "mobile.petrol" else "diesel"))
    power = Electricity({"totalElectricityPurchased": bought}).to_dict()["totalEmissionsForAllSources"]
    fuels = StationaryCombustion({"stationarySourceFuelConsumption": burnt}).to_dict()
    fuel = fuels["totalGhgEmissionsFromStationarySourceFuelCombustion"][-1]
    cars = MobileSources({"mobileSourcesFuelConsumption": driven}).to_dict()
    travelled = sum(one["CO2"] for one in cars["totalMobileSourcesFuelUsageAndCO2Emissions"])
    return power["marketBasedEmissionsCO2Emissions"], fuel["CO2"] / 1000, travelled / 1000


def _bought(quantity: float, tonnes_per_mwh: float) -> dict[str, Any]:
    factors = {f"marketBasedEmissionFactors{gas}Emissions": 0.0 for gas in ("CH4", "N2O")}
    supplier = {"marketBasedEmissionFactorsCO2Emissions": tonnes_per_mwh, **factors}
    return {"eGridSubregion": "camx", "electricityPurchased": quantity, **supplier}


def _driven(litres: float, fuel: str) -> dict[str, Any]:
    row = {"fuelType": fuel, "fuelUsage": litres * _GALLONS_PER_LITRE}
    return {**row, "vehicleType": "", "vehicleYear": "", "milesTraveled": 0.0}


def _by_site_and_year(amounts: pd.DataFrame) -> "pd.Series[float]":
    return amounts.groupby(["site", "year"])["tonnes"].sum()


PLAIN = Rival("plain pandas", "pandas", plain_pandas)
PINT = (
    Rival("pint-pandas, units kept", "pint_pandas", pint_kept),
    Rival("pint-pandas, units dropped after the conversion", "pint_pandas", pint_dropped),
)
ROW_LOOPS = (
    Rival("esgcalc", "esgcalc", esgcalc_rows, by_row=True),
    Rival("atomic6ghg", "atomic6ghg", atomic6ghg_rows, by_row=True),
)
RIVALS = (PLAIN, *PINT, *ROW_LOOPS)
