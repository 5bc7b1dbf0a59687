"""Uncertainty of inventories: what is stated, what is published, what is shared. All stated ranges here are made up."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.errors import InputError
from hsesg_carbon.spreads import Spread, Z
from hsesg_carbon.uncertainty import Uncertainty, UncertaintyRules, key_categories

HUNDSUN = hc.Workspace(Path(__file__).parents[2] / "examples" / "hundsun-2024")
GRID = "mee2022.electricity.cn.average"
BILLS = {"below": "2 %", "above": "2 %", "shape": "normal", "origin": "made up", "shared": "period"}
FACTOR = {"id": GRID, "below": "5 %", "above": "5 %", "shape": "normal", "origin": "made up"}


def rules(**stated: Any) -> UncertaintyRules:
    return UncertaintyRules.model_validate(
        {"published": "lognormal", "activity": [BILLS], "number": [FACTOR], **stated}
    )


def percent(uncertainty: Uncertainty, **group: Any) -> float:
    (interval,) = [
        one
        for key, one in uncertainty.approach1().items()
        if all(dict(key)[name] == value for name, value in group.items())
    ]
    return interval.percent[1]


def test_scope_2_is_as_uncertain_as_the_bill_and_the_factor_together() -> None:
    found = Uncertainty(HUNDSUN.inventory, rules(), ("scope", "year"))
    assert percent(found, scope="2", year=2024) == pytest.approx(math.sqrt(2**2 + 5**2))
    shares = found.contributions()
    (group,) = [key for key in shares if dict(key) == {"scope": "2", "year": 2024}]
    assert shares[group][GRID] == pytest.approx(25 / 29)
    assert sum(shares[group].values()) == pytest.approx(1)


def test_published_limits_that_were_checked_are_used_with_their_origin() -> None:
    """IPCC 2006 vol. 2, Table 1.4: natural gas 56,100 kg/TJ, 95 % between 54,300 and 58,300."""
    found = Uncertainty(HUNDSUN.inventory, rules(), ("scope", "year"))
    source = found.sources["ipcc2006.natural_gas.co2"]
    assert source.spread == Spread(54300 / 56100, 58300 / 56100, "lognormal")
    assert "Table 1.4" in source.origin
    assert found.sources["cn-practice.petrol95.density"].spread is None  # nothing is published, nothing is assumed


def test_what_nothing_is_stated_of_is_taken_as_exact_and_named_with_its_share() -> None:
    codes = {one.code: one.data for one in Uncertainty(HUNDSUN.inventory, rules(number=[])).findings}
    assert GRID in codes["uncertainty-unstated-number"]["inputs"]
    assert float(codes["uncertainty-unstated-number"]["percent"]) > 95
    assert "uncertainty-unstated-activity" not in codes
    bare = Uncertainty(HUNDSUN.inventory, rules(activity=[]))
    assert "uncertainty-unstated-activity" in {one.code for one in bare.findings}


def test_a_shared_factor_moves_years_together_so_that_their_difference_is_surer_than_either() -> None:
    found = Uncertainty(HUNDSUN.inventory, rules(), ("year",))
    outputs = found.drawn(2**13, seed=3).outputs
    years = [dict(group)["year"] for group in found.groups]
    first, last = (outputs[:, years.index(year)] for year in (2023, 2024))
    assert np.std(last - first) < np.std(last) / 1.5
    assert np.corrcoef(first, last)[0, 1] > 0.8


def test_a_shared_factor_cancels_in_the_trend_and_bills_do_not() -> None:
    """Electricity of 2024 over 2023 is r; under one factor, bills of +-2 % alone give the trend +-2 r sqrt(2) %."""
    first, last = ((("scope", "2"), ("year", year)) for year in (2023, 2024))
    ratio = 8256.857376 / 8436.5561304
    only_factor = Uncertainty(HUNDSUN.inventory, rules(activity=[]), ("scope", "year"))
    formulas, drawn = only_factor.trend(first, last, 2**10)
    assert formulas.estimate == pytest.approx(100 * (ratio - 1))
    assert formulas.deviation == pytest.approx(0, abs=1e-9)
    assert drawn.deviation == pytest.approx(0, abs=1e-9)
    formulas, drawn = Uncertainty(HUNDSUN.inventory, rules(), ("scope", "year")).trend(first, last, 2**15)
    assert formulas.deviation * Z == pytest.approx(2 * ratio * math.sqrt(2), rel=1e-6)
    assert drawn.deviation == pytest.approx(formulas.deviation, rel=0.01)
    with pytest.raises(hc.InventoryError):
        only_factor.trend(first, (("scope", "2"), ("year", 1999)))


def inventory(sites: int, meters: int = 1) -> hc.Inventory:
    table = pd.DataFrame(
        [
            {
                "activity_id": f"{site}-{month}-{meter}",
                "site": f"s{site}",
                "period": f"2022-{month:02d}",
                "activity": "electricity.grid",
                "quantity": 1000,
                "unit": "kWh",
                "region": "CN",
                "meter": f"m{meter}",
                "quality": "invoiced",
            }
            for site in range(sites)
            for month in (1, 2)
            for meter in range(meters)
        ]
    )
    acts = hc.Activities(table)
    plan = hc.Plan.compile(acts, hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024"))
    return hc.Inventory(plan.run(acts, ["meter", "quality"]))


def test_a_hundred_sites_under_one_factor_of_ten_percent_are_uncertain_by_ten_percent() -> None:
    ten = {**FACTOR, "below": "10 %", "above": "10 %"}
    assert percent(Uncertainty(inventory(100), rules(activity=[], number=[ten]))) == pytest.approx(10)


def test_months_of_one_meter_err_together_and_meters_apart() -> None:
    only = {**BILLS, "below": "10 %", "above": "10 %"}
    for shared, errors in (("meter", 2), ("period", 2)):
        found = Uncertainty(inventory(1, meters=2), rules(activity=[{**only, "shared": shared}], number=[]))
        assert sum(one.kind == "activity" for one in found.sources.values()) == errors
    by_meter = Uncertainty(inventory(1), rules(activity=[{**only, "shared": "meter"}], number=[]))
    by_month = Uncertainty(inventory(1), rules(activity=[{**only, "shared": "period"}], number=[]))
    assert percent(by_meter) == pytest.approx(10)
    assert percent(by_month) == pytest.approx(10 / math.sqrt(2))


def test_both_approaches_agree_on_hundsun() -> None:
    found = Uncertainty(HUNDSUN.inventory, rules())
    drawn = found.approach2(2**15, seed=1)
    for group, first in found.approach1().items():
        assert drawn[group].deviation == pytest.approx(first.deviation, rel=0.01)
        assert drawn[group].mean == pytest.approx(first.estimate, rel=1e-3)
        assert first.upper == pytest.approx(first.estimate + Z * first.deviation)


def test_wide_inputs_are_warned_of() -> None:
    wide = {**FACTOR, "below": "70 %", "above": "70 %"}
    assert "uncertainty-wide" in {one.code for one in Uncertainty(HUNDSUN.inventory, rules(number=[wide])).findings}


def test_a_file_with_faults_names_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "uncertainty.toml"
    path.write_text(
        'published = "gauss"\n[[activity]]\nbelow = 5\nabove = "5 %"\nshape = "normal"\n'
        'shared = "meter"\norigin = "x"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        UncertaintyRules.read(path)
    assert len(caught.value.problems) == 2
    assert "write" in caught.value.text("en")


@pytest.mark.parametrize("shape", ["lognormal", "triangular"])
def test_all_limits_that_ship_are_spreads(shape: Any) -> None:
    library = hc.FactorLibrary.shipped()
    limited = [one for one in (*library.factors, *library.properties) if one.lower95 is not None]
    assert len(limited) > 100
    for one in limited:
        assert one.upper95 is not None
        assert Spread(float(one.lower95 / one.value), float(one.upper95 / one.value), shape).deviation >= 0


def test_a_range_that_its_shape_cannot_have_is_refused_where_it_is_stated() -> None:
    with pytest.raises(ValueError, match="lognormal"):
        rules(number=[{**FACTOR, "shape": "lognormal", "below": "100 %"}])


def test_key_categories_make_up_95_percent() -> None:
    assert key_categories({"a": 50.0, "b": 45.0, "c": 5.0}) == ["a", "b"]
    assert key_categories({"a": 50.0, "b": 44.0, "c": 6.0}) == ["a", "b", "c"]
    assert key_categories({}) == []
