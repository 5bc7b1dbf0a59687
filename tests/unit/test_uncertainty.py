"""Uncertainty of inventories: what is stated, what is published, what is shared. All stated ranges here are made up."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.categories import key_categories, trend_sizes
from hsesg_carbon.errors import InputError
from hsesg_carbon.ranges import UncertaintyRules
from hsesg_carbon.spreads import Spread, Z
from hsesg_carbon.uncertainty import Uncertainty

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
    found = Uncertainty(HUNDSUN.inventory, rules(), ("year",), 2**13, seed=3)
    outputs = found.drawn.outputs
    years = [dict(group)["year"] for group in found.groups]
    first, last = (outputs[:, years.index(year)] for year in (2023, 2024))
    assert np.std(last - first) < np.std(last) / 1.5
    assert np.corrcoef(first, last)[0, 1] > 0.8


def test_a_shared_factor_cancels_in_the_trend_and_bills_do_not() -> None:
    """Electricity of 2024 over 2023 is r; under one factor, bills of +-2 % alone give the trend +-2 r sqrt(2) %."""
    first, last = ((("scope", "2"), ("year", year)) for year in (2023, 2024))
    ratio = 8256.857376 / 8436.5561304
    only_factor = Uncertainty(HUNDSUN.inventory, rules(activity=[]), ("scope", "year"), 2**10)
    formulas, drawn = only_factor.trend(first, last)
    assert formulas.estimate == pytest.approx(100 * (ratio - 1))
    assert formulas.deviation == pytest.approx(0, abs=1e-9)
    assert drawn.deviation == pytest.approx(0, abs=1e-9)
    formulas, drawn = Uncertainty(HUNDSUN.inventory, rules(), ("scope", "year"), 2**15).trend(first, last)
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
    for shared, errors in (("meter", 2), ("period", 4)):
        found = Uncertainty(inventory(1, meters=2), rules(activity=[{**only, "shared": shared}], number=[]))
        assert sum(one.kind == "activity" for one in found.sources.values()) == errors
    by_meter = Uncertainty(inventory(1), rules(activity=[{**only, "shared": "meter"}], number=[]))
    by_month = Uncertainty(inventory(1), rules(activity=[{**only, "shared": "period"}], number=[]))
    assert percent(by_meter) == pytest.approx(10)
    assert percent(by_month) == pytest.approx(10 / math.sqrt(2))


def test_both_approaches_agree_on_hundsun() -> None:
    found = Uncertainty(HUNDSUN.inventory, rules(), draws=2**15, seed=1)
    drawn = found.approach2()
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
    def keys(**sizes: float) -> list[str]:
        return [one.category for one in key_categories(sizes) if one.key]

    assert keys(a=50.0, b=45.0, c=5.0) == ["a", "b"]
    assert keys(a=50.0, b=44.0, c=6.0) == ["a", "b", "c"]
    assert keys(a=-50.0, b=45.0, c=5.0) == ["a", "b"]
    assert keys() == []
    assert [one.cumulated for one in key_categories({"a": 3.0, "b": 1.0})] == [0.75, 1.0]


def test_the_trend_is_what_went_another_way_than_the_whole() -> None:
    """Of 100: coal 60 -> 30, gas 40 -> 40, new 0 -> 10: in all -20 %. |-30 + 12| = 18, |0 + 8| = 8, 10."""
    sizes = trend_sizes({"coal": 60.0, "gas": 40.0}, {"coal": 30.0, "gas": 40.0, "new": 10.0})
    assert sizes == pytest.approx({"coal": 0.18, "gas": 0.08, "new": 0.10})
    assert trend_sizes({"coal": 0.3}, {"coal": 0.1}) == {"coal": 0.0}
    assert trend_sizes({}, {"coal": 1.0}) == {}


def test_key_categories_of_hundsun_with_and_without_uncertainty() -> None:
    """2024: electricity 8,256.86 t of 8,544.84; its level weighs sqrt(2^2 + 5^2) %, gas more for its bills."""
    found = Uncertainty(HUNDSUN.inventory, rules())
    lists = {(one.years, one.weighed): one.categories for one in found.key_categories}
    assert set(lists) == {((2022,), False), ((2022,), True), ((2023,), False), ((2023,), True), ((2024,), False)} | {
        ((2024,), True),
        ((2022, 2024), False),
        ((2022, 2024), True),
    }
    level = lists[(2024,), False]
    assert dict(level[0].category) == {"activity": "electricity.grid", "gas": "CO2"}
    assert level[0].share == pytest.approx(8256.857376 / 8544.8404, rel=1e-4)
    assert [one.key for one in level] == [True, False, False]
    trend = lists[(2022, 2024), False]
    grown = 8544.8404 / 8666.7083 - 1
    apart = abs(8256.857376 - 8301.8454 - 8301.8454 * grown) / 8666.7083
    shares = {dict(one.category)["activity"]: one.share for one in trend}
    assert shares["electricity.grid"] * sum(trend_sizes_of(found).values()) == pytest.approx(apart, rel=1e-3)


def trend_sizes_of(found: Uncertainty) -> dict[Any, float]:
    amounts: dict[int, dict[Any, float]] = {2022: {}, 2024: {}}
    for row in found.inventory.by("year", "activity", "gas"):
        if row["year"] in amounts:
            amounts[int(row["year"])][row["activity"]] = float(row.amount.value)
    return trend_sizes(amounts[2022], amounts[2024])


def test_above_a_tenth_the_difference_of_the_approaches_is_told() -> None:
    """Bills and factor at a relative standard deviation of 0.3: 0.4243 by formula, 0.4337 drawn."""
    three = f"{100 * 0.3 * Z:.10f} %"
    wide = [{**BILLS, "activity": "electricity.*", "below": three, "above": three}]
    found = Uncertainty(
        HUNDSUN.inventory, rules(activity=wide, number=[{**FACTOR, "below": three, "above": three}]), ("scope", "year")
    )
    (told,) = [one for one in found.findings if one.code == "uncertainty-approaches"]
    assert told.data["count"] == 6
    assert {one.split(" (")[0] for one in told.data["totals"][:3]} == {
        f"2 {year}: 0.4243 / 0.4337" for year in (2022, 2023, 2024)
    }
    totals = found.as_json()["totals"]
    (one,) = [row for row in totals if (row["scope"], row["year"]) == ("2", 2022)]
    assert one["approach1"]["relative_deviation"] == pytest.approx(0.3 * math.sqrt(2))
    assert one["relative_difference"] == pytest.approx(math.sqrt(1.09**2 - 1) - 0.3 * math.sqrt(2), abs=2e-4)
    calm = {one.code for one in Uncertainty(HUNDSUN.inventory, rules()).findings}
    assert "uncertainty-approaches" not in calm


def test_conditions_of_approach_1_that_fail_are_named() -> None:
    codes = {one.code: one.data for one in Uncertainty(HUNDSUN.inventory, rules()).findings}
    assert codes["uncertainty-not-normal"]["inputs"] == ["ipcc2006.natural_gas.co2 (lognormal)"]
    assert GRID in codes["uncertainty-correlated"]["inputs"]
    assert "uncertainty-wide" not in codes
    (year,) = {row["year"] for row in inventory(1).by("year")}
    alone = Uncertainty(inventory(1), rules(activity=[{**BILLS, "shared": "meter"}]))
    assert year == 2022
    assert "uncertainty-correlated" not in {one.code for one in alone.findings}


def test_the_words_of_the_design_need_rules_and_an_approach() -> None:
    first = hc.Uncertainty.of(HUNDSUN.inventory, rules=rules(), approach=1)
    second = hc.Uncertainty.of(HUNDSUN.inventory, rules=rules(), approach=2, draws=100_000, seed=7)
    assert first.intervals() == first.approach1()
    assert second.intervals() == second.approach2()
    assert second.drawn.count == 102_400  # 25 blocks of 4096
    with pytest.raises(TypeError):
        hc.Uncertainty.of(HUNDSUN.inventory)  # type: ignore[call-arg]
    with pytest.raises(InputError):
        hc.Uncertainty.of(HUNDSUN.inventory, rules=rules(), approach=3)  # type: ignore[arg-type]


REVENUE = {"denominator": "revenue", "below": "4 %", "above": "4 %", "shape": "normal", "origin": "made up"}


def intensities(stated: UncertaintyRules, draws: int = 2**14) -> dict[Any, Any]:
    own = Uncertainty(
        HUNDSUN.inventory,
        stated,
        draws=draws,
        denominators=HUNDSUN.denominators,
        accept_boundary=tuple({one.boundary for one in HUNDSUN.denominators}),
    )
    return {dict(group)["year"]: both for one, group, both in own.intensities() if one.denominator == "revenue"}


def test_an_intensity_on_an_exact_denominator_is_as_uncertain_as_the_total() -> None:
    totals = Uncertainty(HUNDSUN.inventory, rules(), draws=2**14)
    exact = intensities(rules())
    for group, one in totals.approach1().items():
        first, second = exact[dict(group)["year"]]
        assert first.percent == pytest.approx(one.percent)
        assert second.percent == pytest.approx(totals.approach2()[group].percent)
    assert round(exact[2024][0].estimate, 2) == 1.30


def test_a_stated_range_of_a_denominator_widens_the_intensity() -> None:
    """Independent and normal: squares of the relative deviations add up, to first order."""
    exact, ranged = intensities(rules()), intensities(rules(denominator=[{**REVENUE, "period": "2024"}]))
    first, second = ranged[2024]
    want = math.sqrt(exact[2024][0].relative ** 2 + (0.04 / Z) ** 2)
    assert first.relative == pytest.approx(want)
    assert second.relative == pytest.approx(want, rel=0.01)
    assert ranged[2023][0] == exact[2023][0]
    remarks = {one.code for one in Uncertainty(HUNDSUN.inventory, rules(), denominators=HUNDSUN.denominators).findings}
    assert "uncertainty-denominator-exact" in remarks


def test_an_intensity_needs_its_boundary_accepted() -> None:
    with pytest.raises(hc.InventoryError):
        Uncertainty(HUNDSUN.inventory, rules(), denominators=HUNDSUN.denominators).intensities()


OLD = "stated-hypothesis.electricity.cn.ets-2022"


def change(stated: UncertaintyRules) -> Any:
    before = HUNDSUN.version("earlier-basis.toml")
    sides = [Uncertainty(one.inventory, stated, draws=2**14) for one in (before, HUNDSUN)]
    return Uncertainty.of_change(sides[0], sides[1], (2022, 2023))


def test_what_both_versions_rest_on_cancels_in_a_restatement() -> None:
    """Only the bills of electricity err, +-2 %: the change errs by 2 % of itself, not of the totals."""
    rows = change(rules(number=[], activity=[{**BILLS, "activity": "electricity.*"}])).rows
    assert [dict(one.group)["year"] for one in rows] == [2022, 2023]
    for one in rows:
        first, second = one.difference
        assert first.percent == pytest.approx((-2, 2))
        assert second.percent == pytest.approx((-2, 2), rel=0.02)
        assert one.before[0].deviation * Z > 100
        assert abs(first.deviation) * Z < 12


def test_factors_that_were_exchanged_err_apart_in_a_restatement() -> None:
    both = [FACTOR, {**FACTOR, "id": OLD}]
    (row, _) = change(rules(number=both, activity=[])).rows
    old, new = 8823.2248, 8301.8454  # Scope 2 of 2022 under 0.5703 and 0.5366 kg/kWh
    first, second = row.difference
    assert first.deviation == pytest.approx(0.05 / Z * math.hypot(old, new), rel=1e-6)
    assert second.deviation == pytest.approx(first.deviation, rel=0.01)
    assert row.percent is not None
    assert row.percent[0].estimate == pytest.approx(-5.67, abs=0.01)


def test_versions_under_different_rules_are_refused() -> None:
    sides = [Uncertainty(HUNDSUN.inventory, rules(number=own)) for own in ([], [FACTOR])]
    with pytest.raises(InputError):
        Uncertainty.of_change(sides[0], sides[1], (2022,))


def codes(uncertainty: Uncertainty) -> dict[str, dict[str, Any]]:
    return {one.code: one.data for one in uncertainty.findings}


def test_ranges_that_apply_to_nothing_are_named_with_their_place() -> None:
    """A misspelt id, a pattern that nothing fits, one that the first row leaves nothing to; nor is there a 1999."""
    stated = rules(
        activity=[BILLS, {**BILLS, "activity": "mobile.*"}, {**BILLS, "quality": "measured"}],
        number=[FACTOR, {**FACTOR, "id": "mee2022.electricity.cn.avarage"}],
    )
    found = codes(Uncertainty(HUNDSUN.inventory, stated))["uncertainty-idle"]
    assert found["rows"] == [
        "activity 2 (mobile.* *)",
        "activity 3 (* * measured)",
        "number 2 (mee2022.electricity.cn.avarage)",
    ]
    assert "uncertainty-idle" not in codes(Uncertainty(HUNDSUN.inventory, rules()))
    other = {**{key: value for key, value in FACTOR.items() if key != "id"}, "denominator": "revenue"}
    stated = rules(denominator=[{**other, "period": "1999"}, other])
    held = Uncertainty(HUNDSUN.inventory, stated, denominators=HUNDSUN.denominators)
    assert codes(held)["uncertainty-idle"]["rows"] == ["denominator 1 (revenue 1999)"]
    assert "uncertainty-idle" not in codes(Uncertainty(HUNDSUN.inventory, stated))  # nothing is divided


def test_a_number_that_is_stated_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        rules(number=[FACTOR, {**FACTOR, "below": "9 %", "above": "9 %"}])


def accounts(*rows: tuple[str, str, str, float, str, str]) -> hc.Inventory:
    """Return rows of activity, unit, period, quantity, site and meter; below 0 they are credits."""
    names = ["activity", "unit", "period", "quantity", "site", "meter"]
    table = pd.DataFrame(rows, columns=names).assign(region="CN", quality="invoiced")
    table["credit"] = ["yes" if one < 0 else "" for one in table["quantity"]]
    acts = hc.Activities(table.assign(activity_id=[str(place) for place in range(len(rows))]))
    plan = hc.Plan.compile(acts, hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024"))
    return hc.Inventory(plan.run(acts, ["meter", "quality"]))


def test_meters_of_one_number_under_different_ranges_are_different_inputs() -> None:
    """An electricity meter 1 and a gas meter 1: each keeps its own range, whichever row comes last."""
    own = accounts(
        ("electricity.grid", "MWh", "2024", 100, "hq", "1"), ("stationary.natural_gas", "m3", "2024", 5000, "hq", "1")
    )
    wide = {**BILLS, "shared": "meter", "below": "20 %", "above": "20 %"}
    stated = [{**BILLS, "shared": "meter", "activity": "electricity.*"}, wide]
    found = Uncertainty(own, rules(activity=stated, number=[]), ("activity",))
    assert {one.id: one.spread and one.spread.upper for one in found.sources.values() if one.kind == "activity"} == {
        "hq: 1 electricity.* invoiced": 1.02,
        "hq: 1 invoiced": 1.2,
    }
    assert percent(found, activity="electricity.grid") == pytest.approx(2)


def test_a_trend_from_zero_is_left_out_and_its_categories_keep_their_uncertainty() -> None:
    """Gas starts at nothing, electricity ends there: 53.66 t to 0 t is the whole trend, at its own +-2 %."""
    own = accounts(
        ("electricity.grid", "MWh", "2022", 100, "hq", "e"),
        ("electricity.grid", "MWh", "2024", 0, "hq", "e"),
        ("stationary.natural_gas", "m3", "2022", 0, "hq", "g"),
        ("stationary.natural_gas", "m3", "2024", 5000, "hq", "g"),
    )
    found = Uncertainty(own, rules(number=[]), ("year", "scope"), 256)
    assert [dict(first)["scope"] for (first, _), _ in found.trends()] == ["2"]
    assert found.as_json()["trends"]
    trends = [one for one in found.key_categories if len(one.years) == 2 and one.weighed]
    assert all(one.share > 0 for of in trends for one in of.categories)
    assert {dict(one.category)["activity"] for of in trends for one in of.categories} == {
        "electricity.grid",
        "stationary.natural_gas",
    }


def test_a_trend_out_of_credits_points_the_way_that_the_total_went() -> None:
    """-53.66 t become +26.83 t: 150 % of 53.66 t more, and no fall of 150 %."""
    own = accounts(
        ("electricity.grid", "MWh", "2022", -100, "hq", "e"), ("electricity.grid", "MWh", "2024", 50, "hq", "e")
    )
    found = Uncertainty(own, rules(number=[]), ("year",), 2**12)
    ((_, (formulas, drawn)),) = found.trends()
    assert formulas.estimate == drawn.estimate == pytest.approx(150)
    assert drawn.mean == pytest.approx(150, abs=0.2)


def test_what_may_be_0_is_warned_of_where_something_is_divided_by_it() -> None:
    """120 % about the grid's factor, made up: 2022, from which the trend starts, may be nothing at all."""
    wide = rules(number=[{**FACTOR, "below": "120 %", "above": "120 %"}])
    assert codes(Uncertainty(HUNDSUN.inventory, wide, draws=256))["uncertainty-maybe-0"]["divisors"] == ["2022"]
    other = {**{key: value for key, value in FACTOR.items() if key != "id"}, "denominator": "revenue"}
    wide = rules(denominator=[{**other, "below": "150 %", "above": "150 %", "period": "2023"}])
    held = Uncertainty(HUNDSUN.inventory, wide, draws=256, denominators=HUNDSUN.denominators)
    assert codes(held)["uncertainty-maybe-0"]["divisors"] == ["revenue 2023"]
    assert "uncertainty-maybe-0" not in codes(Uncertainty(HUNDSUN.inventory, rules(), draws=256))


def test_a_finding_names_twenty_inputs_and_counts_the_others() -> None:
    named = codes(Uncertainty(inventory(100), rules(number=[], activity=[])))["uncertainty-unstated-activity"]["inputs"]
    assert len(named) == 21
    assert named[-1] == "… +80"


def test_every_fault_of_a_file_says_at_which_key_it_is(tmp_path: Path) -> None:
    path = tmp_path / "uncertainty.toml"
    row = 'below = "nan %"\nabove = "5 %"\nshape = "normal"\norigin = "x"\n'
    path.write_text(
        f'published = "lognormal"\n[[number]]\nid = "a"\n{row.replace("nan", "6")}[[number]]\nid = "b"\n{row}'
    )
    with pytest.raises(InputError) as caught:
        UncertaintyRules.read(path)
    told = [one.line("en") for one in caught.value.problems]
    assert told[0].startswith("uncertainty.toml: number.1: a normal uncertainty is as wide below as above")
    assert told[1].startswith("uncertainty.toml: number.2.below: 'nan' is no quantity")


def test_what_a_step_divides_by_is_told_from_what_it_multiplies_by() -> None:
    """Petrol in GJ becomes coal equivalents by way of tonnes: divided by its heating value."""
    own = Uncertainty(accounts(("mobile.petrol", "GJ", "2024", 100, "hq", "p")), rules())
    told = {one.entry.line.flow.kind: own._inputs(one) for one in own.inventory.products()}
    times, over = told["coal-equivalent"]
    assert [one.id for one in over] == ["gbt2589-2020.petrol.ncv"]
    assert "gbt2589-2020.petrol.coal-equivalent" in [one.id for one in times]
    assert not told["gas"][1]
