"""What hypothesis draws: quantities a meter can say, spellings of units, rows of activity data."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from hsesg_carbon.units import grid

quantities = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False)
"""What a meter can say: up to a billion, to the millionth."""

meter_floats = st.integers(min_value=0, max_value=10**11).map(lambda hundredths: hundredths / 100)
"""What a spreadsheet hands over: hundredths as binary floats."""

periods = st.sampled_from(["2022", "2023", "2024", "2024-02", "2024-Q3", "2024-12", "2024-02-27/2024-03-05"])

SPELLINGS = {
    "kWh": ["kWh", "度", "千瓦时", "ｋＷｈ", "kwh"],
    "MWh": ["MWh", "兆瓦时"],
    "万kWh": ["万kWh", "万千瓦时", "10^4 kWh"],
    "m3": ["m3", "m³", "㎥", "立方米"],
    "L": ["L", "升", "litre"],
}
"""Spellings of one unit. MWh and 万kWh are spellings of an amount in kWh, with the point moved."""

KINDS = [
    ("electricity.grid", "kWh"),
    ("stationary.natural_gas", "m3"),
    ("mobile.petrol", "L"),
    ("mobile.biodiesels", "L"),
]

sites = st.sampled_from(["north", "south"])


@st.composite
def rows(draw: st.DrawFn, quantity: st.SearchStrategy[Any] = quantities, min_size: int = 1, max_size: int = 25) -> Any:
    """Draw rows of activity data, one dict each."""
    drawn = draw(
        st.lists(st.tuples(sites, periods, st.sampled_from(KINDS), quantity), min_size=min_size, max_size=max_size)
    )
    return [
        {
            "activity_id": f"r{place}",
            "site": site,
            "period": period,
            "activity": activity,
            "quantity": on_grid(amount, unit),
            "unit": unit,
            "region": "CN",
        }
        for place, (site, period, (activity, unit), amount) in enumerate(drawn)
    ]


def on_grid(amount: Any, unit: str) -> Any:
    """Return a drawn decimal without digits below the grid of its unit (a millilitre, for litres)."""
    if not isinstance(amount, Decimal):
        return amount
    return amount.quantize(Decimal(1).scaleb(-grid(unit)), rounding=ROUND_DOWN)


def frame(drawn: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a pandas frame."""
    return pd.DataFrame(drawn)


def as_text(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with their quantities as the text a CSV file would hold."""
    return [{**row, "quantity": f"{Decimal(str(row['quantity'])):f}"} for row in drawn]
