"""Bills by month for tests of completeness and gaps; every figure is made up."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from hsesg_carbon.activities import Bill
from hsesg_carbon.cube import CellKey
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.gaps import Fill, GapFilling, GapRules, Method
from hsesg_carbon.intensity import Denominator
from hsesg_carbon.monitoring import Weather
from hsesg_carbon.months import Completeness, Expected
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Site

CATALOGUE = FactorLibrary.shipped().catalogue
GRID = "electricity.grid"


def months(*years: int) -> list[str]:
    """Return the labels of all months of some years."""
    return [f"{year}-{month:02d}" for year in years for month in range(1, 13)]


def bill(
    period: str,
    quantity: object = 100,
    *,
    site: str = "hq",
    activity: str = GRID,
    unit: str = "kWh",
    meter: str = "",
    quality: str = "invoiced",
    count: int = 1,
) -> Bill:
    """Return one bill."""
    stated = Period.parse(period)
    cell = CellKey(site, stated.folded(), activity, unit, "CN", "")
    return Bill(cell, stated, Fraction(str(quantity)), count, meter, quality)


def steady(*labels: str, per_day: object = 10, site: str = "hq", meter: str = "", activity: str = GRID) -> list[Bill]:
    """Return a bill for each month, the same for each day."""
    each = Fraction(str(per_day))
    return [bill(one, each * Period.parse(one).days, site=site, meter=meter, activity=activity) for one in labels]


def matrix(
    bills: Sequence[Bill], *years: int, sites: Sequence[Site] = (), exceptions: Sequence[Expected] = ()
) -> Completeness:
    """Return the completeness of bills in some years."""
    own = sites or [Site(id=one, region="CN") for one in dict.fromkeys(one.cell.site for one in bills)]
    return Completeness(bills, own, years, CATALOGUE, exceptions)


def statuses(found: Completeness, site: str = "hq", meter: str = "") -> dict[str, str]:
    """Return the status of every month of a site and meter."""
    return {one.month.label: one.status for one in found.matrix if (one.key.site, one.key.meter) == (site, meter)}


def filling(
    bills: Sequence[Bill],
    years: Sequence[int],
    method: Method,
    *,
    areas: Mapping[str, int] | None = None,
    weather: Mapping[str, tuple[object, object]] | None = None,
    **patterns: str,
) -> GapFilling:
    """Return the gaps of bills filled by one rule; areas are of every year, the weather is of the region."""
    rules = GapRules(
        fill=(Fill.model_validate({"activity": "*", **patterns, "method": method, "reason": "a bill is lost"}),)
    )
    found = matrix(bills, *years)
    floors = [
        Denominator(
            denominator="floor_area",
            site=site,
            period=str(year),
            value=Decimal(area),
            unit="m2",
            boundary="all",
            source="made up",
        )
        for site, area in (areas or {}).items()
        for year in years
    ]
    days = [
        Weather(
            region="CN",
            month=month,
            heating_degree_days=Decimal(str(heating)),
            cooling_degree_days=Decimal(str(cooling)),
            base_heating=Decimal(18),
            base_cooling=Decimal(26),
            source="made up",
        )
        for month, (heating, cooling) in (weather or {}).items()
    ]
    return GapFilling(found, rules, found.sites, floors, days)
