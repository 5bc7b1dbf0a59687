"""The shipped methodologies give, to the last digit, what their publications give by hand."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.methodology import shipped_methodologies

# methodology, region, activity, quantity, unit, year, exact tCO2e as it follows from the printed numbers
CASES = [
    # 389.31 GJ/10^4 Nm3 x 0.01530 tC/GJ x 0.99 x 44/12: the 2.1622 t per 1000 Nm3 that users of the guideline quote
    (
        "cn-public-building",
        "CN",
        "stationary.natural_gas",
        1000,
        "Nm3",
        2024,
        "0.38931 * 15.30 * 0.99 * 44 / 12 / 10 / 1",
    ),
    ("cn-public-building", "CN", "mobile.petrol", 1, "t", 2024, "44.80 * 0.0189 * 0.98 * 44 / 12"),
    ("cn-public-building", "CN", "heat.purchased", 100, "GJ", 2024, "100 * 0.11"),
    ("cn-public-building", "CN-ZJ-hangzhou", "electricity.grid", 1000, "kWh", 2023, "0.4974"),
    ("ghgp-cn", "CN-ZJ-hangzhou", "electricity.grid", 1000, "kWh", 2022, "0.5153"),
    ("ghgp-cn", "CN", "electricity.grid", 1000, "kWh", 2024, "0.5306"),
    (
        "ghgp-cn",
        "CN",
        "stationary.natural_gas",
        10000,
        "Nm3",
        2024,
        "389.31 * (56100 + 5*27.0 + 0.1*273) / 1000000",
    ),
    ("ghgp-cn", "CN", "mobile.diesel", 1, "t", 2024, "42.652 * (74100 + 3.9*27.0 + 3.9*273) / 1000000"),
    ("ghgp-cn", "CN", "refrigerant.r410a", 10, "kg", 2024, "(0.5*771 + 0.5*3740) / 100"),
    ("ghgp-cn", "CN", "fugitive.ch4", 1, "t", 2024, "29.8"),
    ("us-epa-2025", "US", "mobile.petrol", 1000, "US_gal", 2025, "8.78"),
    (
        "us-epa-2025",
        "US",
        "stationary.natural_gas",
        1,
        "mmBtu",
        2024,
        "0.05306 + 0.001*0.001*28 + 0.0001*0.001*265",
    ),
    (
        "us-epa-2025",
        "US",
        "stationary.natural_gas",
        1000,
        "scf",
        2024,
        "0.05444 + 0.00103*0.001*28 + 0.0001*0.001*265",
    ),
    ("uk-desnz-2025", "GB", "electricity.grid", 1000, "kWh", 2025, "0.177"),
    ("uk-desnz-2025", "GB", "stationary.natural_gas", 1000, "kWh", 2025, "0.18296"),
    ("uk-desnz-2025", "GB", "stationary.natural_gas", 1000, "m3", 2025, "2.06672"),
    ("uk-desnz-2025", "CN", "travel.hotel_stay", 10, "room_night", 2025, "0.535"),
]


def exactly(sum_of_products: str) -> Fraction:
    """Work out sums, products and quotients of decimals as they stand in the table above."""
    text = sum_of_products.replace(" ", "")
    while "(" in text:
        start = text.rindex("(")
        end = text.index(")", start)
        value = exactly(text[start + 1 : end])
        text = f"{text[:start]}{value.numerator}/{value.denominator}{text[end + 1 :]}"
    total = Fraction(0)
    for term in text.split("+"):
        product = Fraction(1)
        for factor in term.split("*"):
            first, *divisors = factor.split("/")
            product *= Fraction(Decimal(first))
            for one in divisors:
                product /= Fraction(Decimal(one))
        total += product
    return total


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}-{case[1]}-{case[5]}-{case[4]}")
def test_a_shipped_methodology_gives_what_its_publication_gives(
    case: tuple[str, str, str, int, str, int, str],
) -> None:
    name, region, activity, quantity, unit, year, expected = case
    row = {"activity_id": "a", "site": "hq", "region": region, "period": str(year)}
    row |= {"activity": activity, "quantity": str(quantity), "unit": unit}
    method = hc.Methodology.shipped(name)
    acts = hc.Activities(pd.DataFrame([row]))
    inventory = hc.Inventory(hc.Plan.compile(acts, hc.FactorLibrary.shipped(), method).run(acts), gwp=method.gwp)
    assert inventory.total().value == exactly(expected)


def test_every_shipped_methodology_has_a_case() -> None:
    assert {case[0] for case in CASES} | {"hundsun-2024"} == set(shipped_methodologies())
