"""Drivers of a year-on-year change: published numbers, the example, and what each driver is told apart by."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon import drivers
from hsesg_carbon.drivers import lmdi
from hsesg_carbon.instruments import Instrument, Instruments
from hsesg_carbon.methodology import Vintage
from tests.conftest import HUNDSUN

NANO = Fraction(1, 10**9)
SHIPPED = hc.FactorLibrary.shipped()
METHOD = hc.Methodology.shipped("hundsun-2024")
BASIS = [METHOD.use[0].model_copy(update={"source": ("mee-2025-47", "mee-2024-33"), "vintage": "latest-known"})]
DATA_YEAR = METHOD.model_copy(update={"id": "data-year", "use": (*BASIS, *METHOD.use[1:])})
"""Hundsun's basis with the grid factor of each year, or the latest known before it."""
GHGP = hc.Methodology.shipped("ghgp-cn")
FIXED = GHGP.model_copy(
    update={
        "use": tuple(
            one.model_copy(update={"vintage": Vintage(fixed=2022)}) if one.activity.startswith("electricity") else one
            for one in GHGP.use
        )
    }
)
"""The grid factors of 2022 in all years, by province."""


def levels(*factors: Any) -> list[Fraction]:
    return list(accumulate(map(Fraction, factors), mul))


def parts_of(before: Sequence[Any], after: Sequence[Any]) -> list[Fraction]:
    return lmdi(levels(*before), levels(*after))[0]


# LMDIR, log-mean Divisia index decomposition in R, by M. K. Heun (MIT licence), tests/testthat/test_lmdi.R: two
# subcategories of three factors in four years, the parts to eight decimals, and two zeros after B. W. Ang, F. Q. Zhang
# and K.-H. Choi, Energy 23 (1998) 489-495, table 2, as it cites it.
LMDIR = [
    (((1, 10, 2), (4, 5, 3)), ("50.47438029", "-25.23719014", "14.76280986")),
    (((4, 5, 3), (8, 2, 4)), ("42.96021467", "-56.79031473", "17.83010006")),
    (((8, 2, 4), (10, 1, 5)), ("12.6549815", "-39.30996299", "12.6549815")),
    (((4, 5, 3), (5, 6, 4)), ("19.31568569", "15.78206435", "24.90224996")),
    (((5, 6, 4), (5, 7, 5)), ("0", "22.47128816", "32.52871184")),
    (((5, 7, 5), (6, 8, 6)), ("41.35566084", "30.28867832", "41.35566084")),
    (((0, 10, 2), (4, 5, 3)), ("60", "0", "0")),
    (((4, 5, 3), (5, 6, 0)), ("0", "0", "-60")),
]


@pytest.mark.parametrize(("factors", "printed"), LMDIR)
def test_the_parts_are_those_of_another_program(factors: Any, printed: Sequence[str]) -> None:
    for part, text in zip(parts_of(*factors), printed, strict=True):
        half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
        assert abs(part - Fraction(text)) <= half + NANO


def test_a_factor_that_did_not_change_has_exactly_nothing_and_a_single_one_has_all() -> None:
    third = Fraction(1, 3)
    assert parts_of((7, third, 5), (7, third + Fraction(1, 10**15), 5)) == [0, 35 * Fraction(1, 10**15), 0]
    assert parts_of((7, 2, 5), (7, 2, 5)) == [0, 0, 0]
    assert parts_of((2, 3), (3, 2)) == [Fraction("2.432790649"), -Fraction("2.432790649")]  # 6 x ln 1.5


def test_of_equally_large_parts_the_first_takes_the_residue() -> None:
    parts, residue, place = lmdi(levels(2, 2), levels(3, 3))
    assert (parts, residue, place) == ([Fraction("2.5"), Fraction("2.5")], 0, 0)
    parts, residue, place = lmdi(levels(1, 1, 1), levels(2, 2, 2))  # 7/3 three times
    assert residue == 7 - 3 * Fraction("2.333333333")
    assert (place, parts) == (0, [Fraction("2.333333334"), Fraction("2.333333333"), Fraction("2.333333333")])


@pytest.mark.parametrize("digits", [20, 200, 2000, 20_000])
def test_small_numbers_in_place_of_zero_tend_to_what_the_limits_give(digits: int) -> None:
    """They tend slowly, as 1 / ln(1/small): at 10^-20, the usual choice, several percent are still amiss."""
    small = Fraction(1, 10**digits)
    limit = parts_of((10, 0, 3), (12, 5, 4))
    assert limit == [0, 240, 0]
    tending = parts_of((10, small, 3), (12, 5, 4))
    errors = [abs(float(one - two)) for one, two in zip(tending, limit, strict=True)]
    bound = 240 * 10 / (digits * math.log(10))
    assert 0 < max(errors) < bound
    gone = parts_of((12, 5, 4), (10, small, 3))
    assert abs(gone[1] + 240) < bound


# ------------------------------------------------------------------------------------------------ the example


def hundsun(method: hc.Methodology = METHOD) -> hc.Inventory:
    accounts = hc.Workspace(HUNDSUN)
    (batch,) = accounts.batches
    return hc.Inventory(hc.Plan.compile(batch, SHIPPED, method).run(batch), accounts.boundary)


def by_driver(found: hc.Drivers, **group: str) -> dict[str, Fraction]:
    rows = found.by("driver", *group)
    return {
        str(row["driver"]): row.amount.value for row in rows if all(row[name] == value for name, value in group.items())
    }


def floats(quantities: dict[str, tuple[float, float]], revenue: tuple[float, float], grid: tuple[float, float]) -> Any:
    """Return the parts of the example in floating point, by a formula of its own: arrays of (carrier, year)."""
    gas, petrol = 38.931e-3, 0.737 * 43124e-6  # GJ/m3, GJ/L
    use = np.array([quantities["electricity"], quantities["gas"], quantities["petrol"]])
    energy = use * np.array([[0.0036], [gas], [petrol]])
    emitted = np.array([use[0] * np.array(grid) / 1000, use[1] * gas * 0.0561, use[2] * petrol * 0.0693])
    whole = energy.sum(axis=0)
    weights = np.diff(emitted)[:, 0] / np.diff(np.log(emitted))[:, 0]
    factors = {
        "activity": np.broadcast_to(revenue, (3, 2)),
        "intensity": np.broadcast_to(whole / revenue, (3, 2)),
        "mix": energy / whole,
        "factor": emitted / energy,
    }
    return {name: weights * np.diff(np.log(one))[:, 0] for name, one in factors.items()}


QUANTITIES = {
    2022: {"electricity": 15471207, "gas": 160036, "petrol": 6963},
    2023: {"electricity": 15722244, "gas": 147699, "petrol": 10694},
    2024: {"electricity": 15387360, "gas": 123278, "petrol": 8508},
}
REVENUE = {2022: 6502, 2023: 7281, 2024: 6581}


@pytest.mark.parametrize(("first", "last"), [(2022, 2023), (2023, 2024), (2022, 2024)])
@pytest.mark.parametrize(
    ("method", "grid"),
    [(METHOD, {2022: 0.5366, 2023: 0.5366, 2024: 0.5366}), (DATA_YEAR, {2022: 0.5366, 2023: 0.5306, 2024: 0.5306})],
)
def test_the_example_agrees_with_a_computation_of_its_own(
    method: hc.Methodology, grid: dict[int, float], first: int, last: int
) -> None:
    denominators = hc.Workspace(HUNDSUN).denominators
    inventory = hundsun(method)
    found = hc.Drivers.of(inventory, first, last, denominators, "revenue", accept_boundary=["group"])
    years = (first, last)
    quantities = {name: (QUANTITIES[first][name], QUANTITIES[last][name]) for name in ("electricity", "gas", "petrol")}
    expected = floats(quantities, (REVENUE[first], REVENUE[last]), (grid[first], grid[last]))
    own = by_driver(found)
    for name in ("activity", "intensity", "mix"):
        assert float(own[name]) == pytest.approx(expected[name].sum(), abs=1e-7)
    assert float(own["factor-real"] + own["factor-choice"]) == pytest.approx(expected["factor"][0], abs=1e-7)
    gas = by_driver(found, carrier="natural_gas")
    assert float(gas["mix"]) == pytest.approx(expected["mix"][1], abs=1e-7)
    totals = inventory.by("year")
    assert (found.start, found.end) == tuple(totals.value(year=year).value for year in years)
    assert sum(own.values()) == found.change


def test_a_fixed_year_of_the_factor_has_no_part_at_all() -> None:
    own = by_driver(hc.Drivers.of(hundsun(), 2022, 2024))
    assert (own["factor-real"], own["factor-choice"]) == (0, 0)
    assert "intensity" not in own  # without a denominator


def test_a_grid_that_got_cleaner_is_told_apart_from_a_number_that_stands_in() -> None:
    inventory = hundsun(DATA_YEAR)
    real = hc.Drivers.of(inventory, 2022, 2023)
    own = by_driver(real)
    assert own["factor-choice"] == 0
    weight = (15722244 * 0.5306e-3 - 15471207 * 0.5366e-3) / math.log(15722244 * 0.5306 / (15471207 * 0.5366))
    assert float(own["factor-real"]) == pytest.approx(weight * math.log(0.5306 / 0.5366), abs=1e-6)
    (note,) = [one for one in real.findings if one.code.startswith("drivers-factor")]
    assert (note.code, note.severity) == ("drivers-factor-real", "info")
    assert note.data["before"] == ("mee2022.electricity.cn.average",)
    assert note.data["after"] == ("mee2023.electricity.cn.average",)
    same = by_driver(hc.Drivers.of(inventory, 2023, 2024))  # 2024 has none yet: 2023's stands in, and is the same
    assert (same["factor-real"], same["factor-choice"]) == (0, 0)
    stands_in = hc.Drivers.of(inventory, 2022, 2024)
    own = by_driver(stands_in)
    assert own["factor-real"] == 0
    assert own["factor-choice"] < -90
    (note,) = [one for one in stands_in.findings if one.code.startswith("drivers-factor")]
    assert note.severity == "warning"
    assert "stands in" in note.message()
    assert "代替" in note.message("zh")


def test_what_was_published_is_restated_before_anything_is_explained() -> None:
    """Made up: 2022 was published with the factor of 2021, 0.5568."""
    old = METHOD.use[0].model_copy(update={"source": ("mee-2024-12",), "vintage": "latest-known"})
    published = hundsun(METHOD.model_copy(update={"id": "old", "use": (old, *METHOD.use[1:])}))
    found = hc.Drivers.of(hundsun(), 2022, 2024, published=published)
    assert found.restatement == 15471207 * (Fraction("0.5366") - Fraction("0.5568")) / 1000
    bars = found.waterfall()
    assert list(bars["label"]) == [
        *("2022 as published", "restatement", "activity", "energy mix"),
        *("factor, really changed", "factor, chosen otherwise", "2024"),
    ]
    assert bars["to"].iloc[-2] == bars["value"].iloc[-1]
    assert sum(bars["value"].iloc[:-1]) == bars["value"].iloc[-1]
    assert found.as_json()["restatement"] == "-312.5183814"


def test_tables_and_json_add_up_to_the_last_digit() -> None:
    found = hc.Drivers.of(hundsun(), 2022, 2024)
    change = Decimal("-121.869949248222")
    assert found.frame()["value"].sum() == change
    assert set(found.frame()["flow"]) == {"CO2e"}
    document = found.as_json("zh")
    assert sum(Decimal(one["value"]) for one in document["drivers"]) == change
    assert sum(Decimal(one["value"]) for one in document["effects"]) == change == Decimal(document["change"])
    assert document["drivers"][0] == {"driver": "activity", "name": "活动水平", "value": "-236.322213921"}
    by_scope = {row["scope"]: row.amount.value for row in found.by("scope")}
    assert by_scope["2"] == (15387360 - 15471207) * Fraction("0.5366") / 1000
    assert abs(found.residue) <= 3 * 5 * NANO / 2


# ------------------------------------------------------------------------------------------------ made-up cases


Row = tuple[str, int, str, Any, str, str, str]


def made_up(rows: Sequence[Row], method: hc.Methodology | str, **view: Any) -> hc.Inventory:
    """Return an inventory of rows (site, year, activity, quantity, unit, region, technology)."""
    frame = pd.DataFrame(
        [
            {
                "activity_id": str(place),
                "site": site,
                "period": str(year),
                "activity": activity,
                "quantity": str(quantity),
                "unit": unit,
                "region": region,
                "technology": technology,
                "credit": "yes" if str(quantity).startswith("-") else "",
            }
            for place, (site, year, activity, quantity, unit, region, technology) in enumerate(rows)
        ]
    )
    activities = hc.Activities(frame)
    method = hc.Methodology.shipped(method) if isinstance(method, str) else method
    return hc.Inventory(hc.Plan.compile(activities, SHIPPED, method).run(activities), **view)


def grid(site: str, year: int, quantity: Any, region: str = "CN-ZJ") -> Row:
    return site, year, "electricity.grid", quantity, "MWh", region, ""


def gas(site: str, year: int, quantity: Any) -> Row:
    return site, year, "stationary.natural_gas", quantity, "m3", "CN-ZJ", ""


def test_a_carrier_that_appears_is_mix_and_a_site_that_vanishes_is_a_shift_between_sites() -> None:
    rows = [grid("a", 2022, 100), grid("a", 2023, 100), gas("a", 2023, 1000), grid("b", 2022, 40)]
    inventory = made_up(rows, "hundsun-2024")
    found = hc.Drivers.of(inventory, 2022, 2023)
    new = by_driver(found, carrier="natural_gas")
    assert new["mix"] == inventory.by("subject", "year").value(subject="natural_gas", year=2023).value
    assert {name for name, value in new.items() if value} == {"mix"}
    gone = by_driver(found, site="b")
    assert gone["sites"] == -40 * Fraction("0.5366")
    assert {name for name, value in gone.items() if value} == {"sites"}
    assert sum(by_driver(found).values()) == found.change


def test_a_region_chosen_otherwise_is_no_real_change() -> None:
    found = hc.Drivers.of(
        made_up([grid("a", 2022, 100, "CN-ZJ"), grid("a", 2023, 100, "CN-JS")], "ghgp-cn"), 2022, 2023
    )
    own = by_driver(found)
    assert (own["mix"], own["factor-real"]) == (0, 0)
    assert own["factor-choice"] == found.change
    (note,) = [one for one in found.findings if one.code == "drivers-factor-choice"]
    assert note.data["apart"] == [{"en": "region", "zh": "地区"}]


def test_regions_that_are_there_in_both_years_are_mix_and_their_grids_real() -> None:
    rows = [
        grid("a", year, quantity, region)
        for year, *own in ((2022, 60, 40), (2023, 40, 60))
        for quantity, region in zip(own, ("CN-ZJ", "CN-JS"), strict=True)
    ]
    own = by_driver(hc.Drivers.of(made_up(rows, "ghgp-cn"), 2022, 2023))
    assert own["factor-choice"] == 0
    assert own["factor-real"] < 0 < own["mix"]  # Jiangsu's grid is the dirtier one, both got cleaner
    assert own["activity"] == 0


def test_a_shift_between_regions_under_other_names_is_mix_and_no_real_change() -> None:
    """Hangzhou and Zhejiang have one factor: so what moved is the share of Jiangsu."""
    rows = [("CN-ZJ", 2022, 100), ("CN-JS", 2022, 10), ("CN-ZJ-hangzhou", 2023, 10), ("CN-JS", 2023, 100)]
    inventory = made_up([grid("a", year, quantity, region) for region, year, quantity in rows], FIXED)
    found = hc.Drivers.of(inventory, 2022, 2023)
    own = by_driver(found)
    assert (own["factor-real"], own["factor-choice"], own["activity"]) == (0, 0, 0)
    assert own["mix"] == found.change > 0
    own = by_driver(hc.Drivers.of(made_up([grid("a", y, q, r) for r, y, q in rows], "ghgp-cn"), 2022, 2023))
    assert own["factor-real"] < 0 < own["mix"]


def test_numbers_in_other_shares_are_no_real_change_where_mix_cannot_be_told() -> None:
    """A third region joins, so all are one."""
    rows = [grid("a", 2022, 100), grid("a", 2022, 10, "CN-JS"), grid("a", 2023, 10), grid("a", 2023, 100, "CN-JS")]
    inventory = made_up([*rows, grid("a", 2023, 1, "CN-AH")], FIXED)
    found = hc.Drivers.of(inventory, 2022, 2023)
    assert by_driver(found)["factor-real"] == 0
    one = drivers._Carrier(
        drivers._Piece("a", "2", "electricity", "electricity.grid", "CN-ZJ", "", "energy"),
        tuple(drivers._Sums(F1, F1, F1, F1, lines) for lines in _lines_of_both_years(inventory)),
        energy=True,
        covered=False,
    )
    change = one.factor_change(inventory)
    assert (change.apart, change.driver) == (("shares",), "factor-choice")
    (note,) = change.findings(one, (2022, 2023), [drivers.Effect("a", "2", "e", "e", "energy", "factor-choice", F1)])
    assert note.code == "drivers-factor-shares"


F1 = Fraction(1)


def _lines_of_both_years(inventory: hc.Inventory) -> list[dict[int, Any]]:
    """Return the numbers of Zhejiang and Jiangsu, as both years have them."""
    lines = {id(one.line): one.line for one, _ in inventory.counted() if one.cell.region != "CN-AH"}
    return [lines, lines]


def certificate(volume: int, factor: str = "0") -> Instruments:
    answers = dict.fromkeys(("conveys_attribute", "only_claim", "tracked_and_retired"), "yes")
    one = Instrument.model_validate(
        {
            **{"instrument": "gec", "kind": "certificate", "period": "2023", "market": "CN", "volume": volume},
            **{"unit": "MWh", "factor": factor, "factor_unit": "kgCO2/kWh", "retired_for": "us", "ccer": "no"},
            **{"produced_from": "2023-01-01", "produced_to": "2023-12-31", "retired_on": "2024-01-10"},
            **answers,
        }
    )
    return Instruments((one,), "us", 12)


@pytest.mark.parametrize("volume", [40, 100])
def test_certificates_stand_apart_from_the_grid_that_they_displace(volume: int) -> None:
    rows = [grid("a", 2022, 100), grid("a", 2023, 100)]
    inventory = made_up(rows, "ghgp-cn", scope2="market", instruments=certificate(volume))
    found = hc.Drivers.of(inventory, 2022, 2023)
    own = by_driver(found)
    plain = by_driver(hc.Drivers.of(replace(inventory, instruments=None), 2022, 2023))
    assert "instruments" not in plain
    assert sum(own.values()) == found.change
    assert own["factor-choice"] == 0
    if volume == 100:  # a factor that becomes 0 takes everything
        assert own["instruments"] == found.change == -inventory.by("year").value(year=2022).value
    else:
        ratio = float(found.end / found.start)
        weight = float(found.change) / math.log(ratio)
        assert float(own["instruments"]) == pytest.approx(weight * math.log(0.6), abs=1e-6)
        assert float(own["factor-real"]) == pytest.approx(weight * math.log(60.96 / float(found.start)), abs=1e-6)


def test_an_instrument_dirtier_than_a_grid_of_nothing_takes_all_of_the_factor() -> None:
    solar = [("a", year, "electricity.onsite_solar", 10, "MWh", "CN-ZJ", "") for year in (2022, 2023)]
    rows = [grid("a", 2022, 100), grid("a", 2023, 100), *solar]
    inventory = made_up(rows, "ghgp-cn", scope2="market", instruments=certificate(100, "0.9"))
    found = hc.Drivers.of(inventory, 2022, 2023)
    assert sum(by_driver(found).values()) == found.change
    assert by_driver(found)["instruments"] > 0
    assert by_driver(found)["mix"] == 0  # solar power burns nothing, and its share did not change


def test_what_has_no_energy_has_a_quantity_and_a_factor() -> None:
    rows = [("a", 2022, "refrigerant.r410a", 2, "kg", "CN", ""), ("a", 2023, "refrigerant.r410a", 3, "kg", "CN", "")]
    inventory = made_up([*rows, grid("a", 2022, 100), grid("a", 2023, 90)], "ghgp-cn")
    own = by_driver(hc.Drivers.of(inventory, 2022, 2023), group="other")
    assert own == {"activity": inventory.by("subject", "year").value(subject=subject(inventory), year=2022).value / 2,
                   "factor-real": 0, "factor-choice": 0}  # fmt: skip
    revenue = [denominator(2022, 10), denominator(2023, 30)]
    own = by_driver(hc.Drivers.of(inventory, 2022, 2023, revenue, "revenue"), group="other")
    assert own["activity"] > 0 > own["intensity"]
    assert own["activity"] + own["intensity"] == inventory_change(inventory)


def subject(inventory: hc.Inventory) -> str:
    return inventory.ledger.plan.library.catalogue["refrigerant.r410a"].subject


def inventory_change(inventory: hc.Inventory) -> Fraction:
    own = inventory.by("subject", "year")
    return (
        own.value(subject=subject(inventory), year=2023).value - own.value(subject=subject(inventory), year=2022).value
    )


def denominator(year: int, value: Any, boundary: str = "-") -> hc.Denominator:
    return hc.Denominator(
        denominator="revenue", period=str(year), value=Decimal(value), unit="CNY", boundary=boundary, source="made up"
    )


# ------------------------------------------------------------------------------------------------ weather


def degree_days(year: int, value: str, **other: Any) -> hc.DegreeDays:
    stated = {"carrier": "natural_gas", "kind": "heating", "base": "18", "source": "made up"}
    return hc.DegreeDays.model_validate({**stated, "period": str(year), "value": value, **other})


WINTERS = (degree_days(2022, "2000"), degree_days(2023, "1600"))


def test_gas_that_follows_its_degree_days_is_weather_and_nothing_else() -> None:
    rows = [grid("a", 2022, 100), grid("a", 2023, 100), gas("a", 2022, 5000), gas("a", 2023, 4000)]
    found = hc.Drivers.of(made_up(rows, "hundsun-2024"), 2022, 2023, weather=WINTERS)
    own = by_driver(found)
    assert own["weather"] == found.change
    assert {name for name, value in own.items() if value} == {"weather"}
    plain = by_driver(hc.Drivers.of(made_up(rows, "hundsun-2024"), 2022, 2023))
    assert plain["activity"] < 0
    (note,) = [one for one in found.findings if one.code == "drivers-weather"]
    assert "2000" in note.message()


def test_weather_of_a_site_rules_there_and_the_years_can_change_places() -> None:
    rows = [gas(site, year, quantity) for site in "ab" for year, quantity in ((2022, 5000), (2023, 4000))]
    inventory = made_up([*rows, grid("a", 2022, 9), grid("a", 2023, 8)], "hundsun-2024")
    mild = (degree_days(2022, "2000", site="b"), degree_days(2023, "2000", site="b"))
    found = hc.Drivers.of(inventory, 2022, 2023, weather=(*WINTERS, *mild))
    assert by_driver(found, site="b")["weather"] == 0 > by_driver(found, site="a")["weather"]
    back = by_driver(hc.Drivers.of(inventory, 2023, 2022, weather=(*WINTERS, *mild)))
    assert back == {name: -value for name, value in by_driver(found).items()}


def test_degree_days_that_no_carrier_has_are_named() -> None:
    other = [degree_days(year, "100", carrier="heat") for year in (2022, 2023)]
    inventory = made_up([grid("a", 2022, 1), grid("a", 2023, 2)], "hundsun-2024")
    found = hc.Drivers.of(inventory, 2022, 2023, weather=other)
    assert ("drivers-weather-unused", "warning") in {(one.code, one.severity) for one in found.findings}


@pytest.mark.parametrize(
    ("weather", "code"),
    [
        (WINTERS[:1], "drivers-weather-missing"),
        ((*WINTERS, WINTERS[0]), "drivers-weather-twice"),
        ((WINTERS[0], degree_days(2023, "1600", base="15")), "drivers-weather-differs"),
        ((WINTERS[0], degree_days(2023, "1600", kind="cooling")), "drivers-weather-differs"),
    ],
)
def test_weather_that_explains_nothing_is_refused(weather: Sequence[hc.DegreeDays], code: str) -> None:
    inventory = made_up([gas("a", 2022, 1), gas("a", 2023, 2)], "hundsun-2024")
    with pytest.raises(hc.InventoryError) as error:
        hc.Drivers.of(inventory, 2022, 2023, weather=weather)
    assert error.value.code == code


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("rows", "more", "code", "words"),
    [
        ([grid("a", 2022, 1)], {}, "drivers-year-empty", "not zero"),
        ([grid("a", 2022, 1), grid("a", 2023, -1)], {}, "drivers-negative", "site a, electricity, 2023"),
        ([grid("a", 2022, 1), grid("a", 2023, 2)], {"per": "revenue"}, "unknown-denominator", "revenue"),
        (
            [grid("a", 2022, 1), grid("a", 2023, 2)],
            {"denominators": [denominator(2022, 1)], "per": "revenue"},
            "drivers-denominator-missing",
            "2023",
        ),
        (
            [grid("a", 2022, 1), grid("a", 2023, 2)],
            {"denominators": [denominator(year, 1, "group") for year in (2022, 2023)], "per": "revenue"},
            "denominator-boundary-differs",
            "group",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_reason(rows: Any, more: Any, code: str, words: str) -> None:
    with pytest.raises(hc.InventoryError) as error:
        hc.Drivers.of(made_up(rows, "hundsun-2024"), 2022, 2023, **more)
    assert error.value.code == code
    assert words in str(error.value)


def test_one_year_is_no_change_and_part_of_a_year_no_degree_days() -> None:
    inventory = made_up([grid("a", 2022, 1)], "hundsun-2024")
    with pytest.raises(hc.InventoryError, match="two years"):
        hc.Drivers.of(inventory, 2022, 2022)
    with pytest.raises(hc.InventoryError, match="2022-01"):
        degree_days(2022, "100", period="2022-01").check()


def test_a_share_that_counts_scales_every_part() -> None:
    rows = [grid("a", 2022, 100), grid("a", 2023, 90), gas("a", 2022, 5000), gas("a", 2023, 6000)]
    half = hc.Boundary("half", (hc.Site(id="a", region="CN-ZJ", equity_share=Decimal("0.5")),), "equity-share")
    whole, part = (made_up(rows, "ghgp-cn", boundary=one) for one in (None, half))
    parts = by_driver(hc.Drivers.of(part, 2022, 2023))
    for name, value in by_driver(hc.Drivers.of(whole, 2022, 2023)).items():
        assert abs(2 * parts[name] - value) <= 10 * NANO


def test_emissions_of_no_energy_are_refused() -> None:
    """Made up: a credit note of another province than the bill."""
    rows = [grid("a", 2022, 9), grid("a", 2023, 1, "CN-JS"), grid("a", 2023, -1, "CN-ZJ")]
    with pytest.raises(hc.InventoryError, match="site a, electricity, 2023: there are emissions, but no energy"):
        hc.Drivers.of(made_up(rows, "ghgp-cn"), 2022, 2023)


def test_a_new_use_of_a_carrier_is_mix_and_no_choice() -> None:
    rows = [("a", 2022, "mobile.diesel", 1, "t", "CN", ""), ("a", 2023, "mobile.diesel", 1, "t", "CN", "")]
    found = hc.Drivers.of(made_up([*rows, ("a", 2023, "stationary.diesel", 1, "t", "CN", "")], "ghgp-cn"), 2022, 2023)
    own = by_driver(found)
    assert (own["factor-real"], own["factor-choice"]) == (0, 0)
    assert own["activity"] > 0
