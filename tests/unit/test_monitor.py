"""The monthly monitor, held to figures worked out by hand: two sites, 26 months; every figure here is made up."""

import json
import re
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.monitor import Monitor
from hsesg_carbon.monitoring import TOLERANCE, MeterCheck, benchmarks
from hsesg_carbon.percentages import change
from hsesg_carbon.periods import Period
from hsesg_carbon.recharges import Reconciliation
from hsesg_carbon.restate import Change

HEADING = "activity_id,site,period,activity,quantity,unit,meter,quality,part_of,role\n"
MONTHS = [f"{2022 + place // 12}-{place % 12 + 1:02d}" for place in range(26)]
LAST = "2024-02"

CO2_POWER = F("0.0005366")
"""tCO2/kWh: the announcement that the methodology hundsun-2024 fixes."""
CO2_GAS = F(56100, 1000) * F(38931, 10**9)
"""tCO2/m3: 56.1 t/TJ x 38.931 MJ/m3."""
TCE_POWER, TCE_GAS = F("0.0001229"), F("0.00133")
"""tce/kWh and tce/m3: 0.1229 and 1.3300 kgce."""


def power_a(place: int) -> int:
    """What site a uses in a month: 1000 kWh and 10 more each month."""
    return 1000 + 10 * place


def bills(skip: tuple[str, ...] = ()) -> list[str]:
    """Site a: growing electricity by meter M1 and 100 m3 of gas; site b: 2000 kWh, with no bill for May 2023."""
    rows = []
    for place, month in enumerate(MONTHS):
        rows.append(f"a-{month},a,{month},electricity.grid,{power_a(place)},kWh,M1,invoiced,,")
        rows.append(f"g-{month},a,{month},stationary.natural_gas,100,m3,,invoiced,,")
        if month not in {"2023-05", *skip}:
            rows.append(f"b-{month},b,{month},electricity.grid,2,MWh,,,,")
    return rows


def write(folder: Path, rows: list[str], *, site: str = "", sites: str = "ab", more: str = "", **tables: str) -> Path:
    (folder / "activity").mkdir(parents=True)
    stated = "".join(
        f'[[site]]\nid = "{one}"\nname = {{ en = "Site {one}", zh = "场所{one}" }}\nregion = "CN"\n{site}\n'
        for one in sites
    )
    (folder / "inventory.toml").write_text(
        f"""organisation = {{ id = "us", name = {{ en = "Us", zh = "我们" }} }}
methodology = "hundsun-2024"
consolidation = "operational-control"
boundary = "all"
periods = ["2022", "2023", "2024"]
{more}
{stated}""",
        encoding="utf-8",
    )
    (folder / "activity" / "bills.csv").write_text(HEADING + "\n".join(rows) + "\n", encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def monitor(folder: Path, month: str = "") -> Any:
    return Monitor.of(hc.Workspace(folder), month).as_json()


def picked(rows: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    return [one for one in rows if all(one[name] == value for name, value in wanted.items())]


def one(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    found = picked(rows, **wanted)
    assert len(found) == 1, (wanted, found)
    return found[0]


def codes(result: Any) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


def told(value: F | None, places: int = 12) -> str | None:
    """Return a number as the monitor shows it."""
    return None if value is None else hc.units.exact_text(value, places)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return monitor(write(tmp_path_factory.mktemp("golden") / "a", bills()))


FIGURES: list[tuple[str | None, str, str | None, tuple[F | int, ...]]] = [
    # this month, last month, the same month last year, this year to date, last year to date
    ("a", "quantity", "electricity", (1250, 1240, 1130, 2490, 2250)),
    ("a", "quantity", "natural_gas", (100, 100, 100, 200, 200)),
    ("b", "quantity", "electricity", (2000, 2000, 2000, 4000, 4000)),
    (None, "quantity", "electricity", (3250, 3240, 3130, 6490, 6250)),
    ("a", "tce", "electricity", tuple(TCE_POWER * kwh for kwh in (1250, 1240, 1130, 2490, 2250))),
    ("a", "tce", None, (F("0.286625"), F("0.285396"), F("0.271877"), F("0.572021"), F("0.542525"))),
    ("a", "tco2e", None, tuple(CO2_POWER * kwh + CO2_GAS * gas for kwh, gas in zip(
        (1250, 1240, 1130, 2490, 2250), (100, 100, 100, 200, 200), strict=True))),
    (None, "tco2e", "electricity", tuple(CO2_POWER * kwh for kwh in (3250, 3240, 3130, 6490, 6250))),
    ("b", "kwh", None, (2000, 2000, 2000, 4000, 4000)),
    ("a", "kwh", "natural_gas", tuple(F(38931, 3600) * gas for gas in (100, 100, 100, 200, 200))),
]  # fmt: skip


@pytest.mark.parametrize(("site", "measure", "carrier", "amounts"), FIGURES)
def test_every_figure_is_the_one_worked_out_by_hand(
    golden: Any, site: str | None, measure: str, carrier: str | None, amounts: tuple[F, ...]
) -> None:
    row = one(golden["figures"], site=site, measure=measure, carrier=carrier)
    names = ("this_month", "last_month", "same_month_last_year", "ytd", "ytd_last_year")
    assert [row[name] for name in names] == [told(F(amount)) for amount in amounts]
    this, last, year_ago, to_date, before = map(F, amounts)
    assert row["mom_percent"] == told(100 * (this - last) / last)
    assert row["yoy_percent"] == told(100 * (this - year_ago) / year_ago)
    assert row["ytd_percent"] == told(100 * (to_date - before) / before)
    assert row["ytd_months"] == ["2024-01", "2024-02"]


def test_the_month_looked_at_is_the_last_with_a_whole_bill(golden: Any) -> None:
    assert (golden["month"], golden["months"][0], len(golden["months"])) == (LAST, "2022-01", 26)
    assert golden["years"] == [2022, 2023, 2024]
    assert [one["unit"] for one in golden["carriers"]] == ["m3", "kWh"]
    assert one(golden["carriers"], id="natural_gas")["name"] == {"en": "natural gas", "zh": "天然气"}


def test_a_missing_month_is_null_and_so_is_all_that_needs_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", bills())
    may, june = monitor(folder, "2023-05"), monitor(folder, "2023-06")
    for result, unknown in ((may, ("this_month", "mom_percent", "yoy_percent")), (june, ("last_month", "mom_percent"))):
        for site in ("b", None):
            row = one(result["figures"], site=site, measure="quantity", carrier="electricity")
            assert [row[name] for name in unknown] == [None] * len(unknown)
    assert one(may["figures"], site="a", measure="quantity", carrier="electricity")["this_month"] == "1160"
    row = one(june["figures"], site="b", measure="quantity", carrier="electricity")
    assert (row["ytd"], row["ytd_last_year"]) == ("10000", "10000")  # five months of each year: not May
    assert row["ytd_months"] == ["2023-01", "2023-02", "2023-03", "2023-04", "2023-06"]
    place = {"site": "b", "carrier": "electricity", "month": "2023-05"}
    assert one(may["completeness"], **place)["status"] == "missing"
    assert one(may["series"], **place)["quantity"] is None


def test_a_first_year_has_a_year_to_date_and_nothing_to_compare_it_with(tmp_path: Path) -> None:
    row = one(
        monitor(write(tmp_path / "a", bills()), "2022-03")["figures"], site="a", measure="kwh", carrier="electricity"
    )
    assert (row["ytd"], row["ytd_last_year"], row["ytd_percent"], row["yoy_percent"]) == ("3030", None, None, None)


def test_bills_that_cross_months_are_split_by_days_and_open_ends_are_unknown(tmp_path: Path) -> None:
    """3100 kWh from 16 March to 15 April: 16 days of 100 kWh in March; 3000 from 16 April to 15 May."""
    rows = [
        "r1,a,2024-03-16/2024-04-15,electricity.grid,3100,kWh,M,,,",
        "r2,a,2024-04-16/2024-05-15,electricity.grid,6000,kWh,M,,,",
    ]
    result = monitor(write(tmp_path / "a", rows, sites="a"))
    series = {one["month"]: (one["quantity"], one["billed"]) for one in result["series"]}
    assert series == {"2024-03": (None, "1600"), "2024-04": ("4500", "4500"), "2024-05": (None, "3000")}
    assert result["month"] == "2024-04"
    states = {one["month"]: (one["status"], one["days"], one["of"]) for one in result["completeness"]}
    assert states == {"2024-03": ("partial", 16, 31), "2024-04": ("complete", 30, 30), "2024-05": ("partial", 15, 31)}


@pytest.mark.parametrize("period", ["2024-Q1", "2024-01-01/2024-02-29"])
def test_bills_of_several_months_are_not_cut_into_months(tmp_path: Path, period: str) -> None:
    rows = [f"r1,a,{period},electricity.grid,3000,kWh,M,,,", "r2,a,2024-04,electricity.grid,900,kWh,M,,,"]
    rows += ["r3,b,2024-01,electricity.grid,10,kWh,,,,", "r4,b,2024-04,electricity.grid,10,kWh,,,,"]
    result = monitor(write(tmp_path / "a", rows))
    assert {row["quantity"] for row in picked(result["series"], site="a") if row["month"] < "2024-04"} == {None}
    assert one(result["figures"], site="a", measure="quantity", carrier="electricity")["last_month"] is None
    told_of = one(result["findings"], code="monitor-long-bills")
    assert told_of["data"]["months"] == (["2024-01–2024-03"] if period == "2024-Q1" else ["2024-01–2024-02"])


def test_a_quarterly_bill_counts_in_the_plan_once_its_quarter_is_over(tmp_path: Path) -> None:
    targets = "target,site,what,period,value,unit,kind,source\np,,electricity,2024,10000,kWh,plan,made up\n"
    rows = ["r1,a,2024-Q1,electricity.grid,3000,kWh,M,,,", "r2,a,2024-04,electricity.grid,900,kWh,M,,,"]
    folder = write(tmp_path / "a", rows, sites="a", targets=targets)
    april, february = monitor(folder)["targets"][0], monitor(folder, "2024-02")["targets"][0]
    assert (april["actual_to_date"], april["months_covered"]) == ("3900", 4)
    assert (february["actual_to_date"], february["months_covered"], february["completion_percent"]) == (None, 0, None)


def test_a_meter_that_replaced_another_leaves_no_month_open(tmp_path: Path) -> None:
    rows = [
        f"r{place},a,2024-{place:02d},electricity.grid,100,kWh,{'OLD' if place < 3 else 'NEW'},,,"
        for place in range(1, 6)
    ]
    result = monitor(write(tmp_path / "a", rows, sites="a"))
    assert [row["quantity"] for row in result["series"]] == ["100"] * 5


def test_one_meter_without_a_bill_makes_the_month_of_its_site_unknown(tmp_path: Path) -> None:
    rows = [
        f"r{meter}{month},a,2024-{month:02d},electricity.grid,100,kWh,{meter},,,"
        for meter in "MN"
        for month in (1, 2, 3)
    ]
    result = monitor(write(tmp_path / "a", [row for row in rows if not row.startswith("rN2")], sites="a"))
    assert [row["quantity"] for row in result["series"]] == ["200", None, "200"]
    assert [row["billed"] for row in result["series"]] == ["200", "100", "200"]
    assert [row["status"] for row in result["completeness"]] == ["complete", "partial", "complete"]


def test_a_refill_of_refrigerant_is_expected_in_no_month_and_a_tank_of_petrol_is_a_month(tmp_path: Path) -> None:
    rows = [f"r{month},a,2024-{month:02d},electricity.grid,100,kWh,M,,," for month in (1, 2, 3)]
    rows += [f"p{month},a,2024-{month:02d}-10/2024-{month:02d}-10,mobile.petrol,40,L,,,," for month in (1, 3)]
    result = monitor(write(tmp_path / "a", rows, sites="a"))
    assert [row["quantity"] for row in picked(result["series"], carrier="petrol")] == ["40", None, "40"]


def test_what_is_zero_is_zero_and_a_change_from_zero_is_unknown(tmp_path: Path) -> None:
    rows = ["r1,a,2024-01,electricity.grid,0,kWh,M,,,", "r2,a,2024-02,electricity.grid,5,kWh,M,,,"]
    row = one(
        monitor(write(tmp_path / "a", rows, sites="a"))["figures"], site="a", measure="quantity", carrier="electricity"
    )
    assert (row["this_month"], row["last_month"], row["mom_percent"]) == ("5", "0", None)


def test_the_months_of_all_sites_add_up_to_the_ledgers_totals(golden: Any, tmp_path: Path) -> None:
    totals = hc.Workspace(write(tmp_path / "a", bills())).inventory.by("scope", "month")
    for row in totals:
        own = [one for one in golden["series"] if (one["month"], one["scope"]) == (row["month"], row["scope"])]
        if all(one["tco2e"] is not None for one in own):
            assert sum(F(one["tco2e"]) for one in own) == row.amount.value
        else:
            assert (row["month"], row["scope"]) == ("2023-05", "2")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)), min_size=14, max_size=14))
def test_sums_over_sites_are_the_whole_and_changes_are_of_the_ledgers_figures(uses: list[tuple[int, int]]) -> None:
    rows = [
        f"{site}{month},{site},{month},electricity.grid,{use},kWh,,,,"
        for month, pair in zip(MONTHS, uses, strict=False)
        for site, use in zip("ab", pair, strict=True)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name) / "a", rows)
        result, ledger = monitor(folder), hc.Workspace(folder).inventory.ledger
    figures = {row["site"]: row for row in picked(result["figures"], measure="tco2e", carrier="electricity")}
    for key in ("this_month", "last_month", "same_month_last_year", "ytd", "ytd_last_year"):
        assert F(figures[None][key]) == F(figures["a"][key]) + F(figures["b"][key])
    by_month = {row["month"]: row.amount.value for row in ledger.totals("month") if row.flow == "CO2"}
    this, last, year_ago = (by_month[month] for month in ("2023-02", "2023-01", "2022-02"))
    assert figures[None]["mom_percent"] == told(100 * (this - last) / last)
    assert figures[None]["yoy_percent"] == told(100 * (this - year_ago) / year_ago)


DENOMINATORS = "denominator,period,value,unit,boundary,source,site\n"


def test_indicators_divide_years_and_the_last_twelve_months_by_floor_area_and_people(tmp_path: Path) -> None:
    """Site a uses 12660 kWh in 2022 and 14100 in 2023, with 100 m2 in both years and 10 people, 20 from July 2023."""
    rows = "".join(f"floor_area,{year},100,m2,all,made up,a\n" for year in (2022, 2023, 2024))
    rows += (
        "staff,2022,10,person,all,made up,a\nstaff,2023,10,person,all,made up,a\nstaff,2024,20,person,all,made up,a\n"
    )
    rows += "".join(f"staff,2023-{month:02d},20,person,all,made up,a\n" for month in range(7, 13))
    result = monitor(write(tmp_path / "a", bills(), denominators=DENOMINATORS + rows, more="base_year = 2022"))
    own = picked(result["indicators"], site="a", carrier="electricity")
    area = {row["period"]: row for row in picked(own, indicator="energy-per-area")}
    assert {period: row["value"] for period, row in area.items()} == {
        "2022": "126.6",
        "2023": "141",
        "2023-03/2024-02": told(F(1140 * 12 + 10 * 66, 100)),
    }
    assert area["2023"]["change_percent"] == told(100 * (F("141") - F("126.6")) / F("126.6"))
    assert {row["baseline"] for row in area.values()} == {"126.6"}
    assert area["2023"]["unit"] == "kWh/m2"
    people = one(own, indicator="energy-per-person", period="2023")
    assert people["value"] == "940"  # 14100 kWh over a mean of 15 people
    emitted = one(own, indicator="emissions-per-area", period="2023")
    assert emitted["value"] == told(14100 * CO2_POWER / 100)
    assert not picked(result["indicators"], site="b")
    assert not picked(result["indicators"], site=None)  # site b has no floor area: no sum of both
    assert one(result["denominators"], period="2023-07", site="a")["value"] == "20"


def test_rows_of_a_site_change_no_intensity_of_the_organisation(tmp_path: Path) -> None:
    own = DENOMINATORS + "floor_area,2023,300,m2,all,made up,\n"
    without = hc.Workspace(write(tmp_path / "a", bills(), denominators=own)).footprint()
    sites = "floor_area,2023,100,m2,all,made up,a\nfloor_area,2023-05,110,m2,all,made up,a\n"
    with_sites = hc.Workspace(write(tmp_path / "b", bills(), denominators=own + sites)).footprint()
    assert with_sites["intensities"] == without["intensities"]
    assert with_sites["findings"] == without["findings"]
    assert len(with_sites["intensities"]) == 3


def test_a_site_denominator_of_a_quarter_is_refused_at_its_row(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", bills(), denominators=DENOMINATORS + "floor_area,2023-Q1,100,m2,all,made up,a\n")
    with pytest.raises(hc.CarbonError, match=r"denominators\.csv, row 2.*2023-Q1"):
        hc.Workspace(folder).site_denominators  # noqa: B018


TARGETS = "target,site,what,period,value,unit,kind,source\n"


def test_a_plan_to_date_follows_last_years_profile(tmp_path: Path) -> None:
    """Site a used 2250 of 14100 kWh in the first two months of 2023, so of 15000 kWh planned 2393.6 are due."""
    plan = TARGETS + "save,a,electricity,2024,15,MWh,plan,made up\n"
    row = monitor(write(tmp_path / "a", bills(), targets=plan))["targets"][0]
    assert (row["actual_to_date"], row["months_covered"], row["plan_by"]) == ("2.49", 2, "profile")
    assert row["plan_to_date"] == told(F(15) * F(2250, 14100))
    assert row["completion_percent"] == told(100 * F("2.49") / 15)
    assert row["pace_percent"] == told(100 * F("2.49") / (F(15) * F(2250, 14100)))


def test_a_plan_to_date_goes_by_days_where_last_year_is_not_whole(tmp_path: Path) -> None:
    plan = TARGETS + "save,b,energy,2024,3.66,tce,plan,made up\n"
    row = monitor(write(tmp_path / "a", bills(), targets=plan))["targets"][0]
    assert (row["plan_by"], row["plan_to_date"]) == ("days", told(F("3.66") * 60 / 366))
    assert row["actual_to_date"] == told(4000 * TCE_POWER)


def test_a_target_of_a_carrier_in_energy_or_in_a_unit_that_no_bill_has(tmp_path: Path) -> None:
    """Of the gas, billed in m3, MWh are known by its heating value; tonnes are not, and stay unknown."""
    plan = TARGETS + "gas,a,natural_gas,2022,9,MWh,plan,made up\ngas-t,a,natural_gas,2022,9,t,plan,made up\n"
    folder = write(tmp_path / "a", bills(), targets=plan)
    rows = {row["target"]: row for row in monitor(folder, "2022-12")["targets"]}
    assert rows["gas"]["actual_to_date"] == told(1200 * F("38.931") / 3600)
    assert rows["gas-t"]["actual_to_date"] is None
    stated = {row["target"]: row["actual"] for row in hc.Statement.of(hc.Workspace(folder)).as_json()["targets"]}
    assert stated == {"gas": told(1200 * F("38.931") / 3600), "gas-t": None}


def test_a_path_is_straight_between_its_years_and_shows_the_actual_of_whole_years(tmp_path: Path) -> None:
    rows = "peak,,emissions,2022,20,tCO2e,trajectory,made up\npeak,,emissions,2030,12,tCO2e,trajectory,made up\n"
    rows += "peak,,emissions,2060,0,tCO2e,trajectory,made up\n"
    result = monitor(write(tmp_path / "a", bills(), targets=TARGETS + rows))
    points = {row["year"]: row for row in result["trajectory"]}
    assert sorted(points) == list(range(2022, 2061))
    assert [points[year]["value"] for year in (2022, 2023, 2026, 2030, 2045, 2060)] == [
        "20",
        "19",
        "16",
        "12",
        "6",
        "0",
    ]
    assert [points[year]["interpolated"] for year in (2022, 2023, 2030)] == [False, True, False]
    assert points[2022]["actual"] == told(CO2_POWER * (12660 + 24000) + CO2_GAS * 1200)
    assert points[2023]["actual"] is None  # May is missing at site b
    assert points[2024]["actual"] is None


def test_parts_of_the_recharges_add_up_to_the_bills(tmp_path: Path) -> None:
    tenants = (
        "tenant,site,activity,basis,share,meter,from,to,note\n"
        "cafe,a,electricity.grid,share,30%,,2024-01-01,,made up\n"
        "bank,a,electricity.grid,share,0.5,,,2024-02-10,left on the 10th\n"
        "shop,a,electricity.grid,share,0.7,,2024-02-11,,came on the 11th\n"
        "lab,b,electricity.grid,meter,,L,2024-02-01,,made up\n"
    )
    checks = "site,activity,meter,period,quantity,unit,note\nb,electricity.grid,L,2024-02,0.25,MWh,made up\n"
    result = monitor(write(tmp_path / "a", bills(), tenants=tenants, meter_checks=checks))
    own = {row["tenant"]: row for row in picked(result["recharges"], site="a", month=LAST)}
    assert {name: row["quantity"] for name, row in own.items()} == {
        "cafe": "375",
        "bank": told(F(1250, 2) * F(10, 29)),
        "shop": told(1250 * F(7, 10) * F(19, 29)),
        None: told(1250 - 375 - F(1250, 2) * F(10, 29) - 875 * F(19, 29)),
    }
    assert own["cafe"]["tco2e"] == told(375 * CO2_POWER)
    lab = {row["tenant"]: row["quantity"] for row in picked(result["recharges"], site="b", month=LAST)}
    assert lab == {"lab": "250", None: "1750"}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 250), min_size=1, max_size=4))
def test_recharged_and_own_use_are_the_whole_exactly(shares: list[int]) -> None:
    tenants = "tenant,site,activity,basis,share,meter,from,to,note\n" + "".join(
        f"t{place},a,electricity.grid,share,{share / 1000},,,,\n" for place, share in enumerate(shares)
    )
    with tempfile.TemporaryDirectory() as name:
        found = Monitor.of(hc.Workspace(write(Path(name) / "a", bills(), tenants=tenants)))
        rows = list(found._recharging.rows())
    for place, month in enumerate(MONTHS):
        own = [row for row in rows if row.month.label == month]
        assert sum(row.quantity or 0 for row in own) == power_a(place)
        assert sum(row.t_co2e or 0 for row in own) == power_a(place) * CO2_POWER


def test_own_meters_are_held_to_the_bills_within_a_tolerance(tmp_path: Path) -> None:
    checks = "site,activity,meter,period,quantity,unit,note\n" + "".join(
        f"{site},electricity.grid,{meter},{month},{quantity},kWh,\n"
        for site, meter, month, quantity in (
            ("a", "M1", "2024-01", 1260),  # 1240 billed: 1.6 % less
            ("a", "M1", "2024-02", 1200),  # 1250 billed: 4.2 % more
            ("b", "", "2023-05", 2000),  # no bill
            ("b", "", "2024-02", 2000),
        )
    )
    folder = write(tmp_path / "a", bills(), meter_checks=checks)
    rows = monitor(folder)["reconciliation"]
    assert [row["difference_percent"] for row in rows] == [told(F(-2000, 1260)), told(F(5000, 1200)), None, "0"]
    assert [row["within"] for row in rows] == [True, False, None, True]
    strict = Monitor.of(hc.Workspace(folder), tolerance=F(1)).as_json()["reconciliation"]
    assert [row["within"] for row in strict] == [False, False, None, True]
    assert TOLERANCE == 2


@pytest.mark.parametrize(
    ("bill", "metered", "percent"), [(110, 100, 10), (90, 100, -10), (-90, -100, 10), (-110, -100, -10), (1, 0, None)]
)
def test_more_billed_than_read_is_above_zero_for_a_meter_of_what_is_fed_in_too(
    bill: int, metered: int, percent: int | None
) -> None:
    """Power that is fed in is read below 0: its bill of -90 is 10 more than its reading of -100."""
    check = MeterCheck(site="a", activity="electricity.grid", period="2024-01", quantity=Decimal(metered), unit="kWh")
    assert Reconciliation(check, Period.parse("2024-01"), F(bill), F(metered)).difference == percent


def test_the_pue_of_a_month_is_all_electricity_over_that_of_the_machine_room(tmp_path: Path) -> None:
    rooms = [f"it-{month},a,{month},electricity.grid,500,kWh,,,M1,it" for month in ("2024-01", "2024-02")]
    rooms += ["it-12,a,2023-12-02/2023-12-31,electricity.grid,500,kWh,,,M1,it"]
    result = monitor(write(tmp_path / "a", [*bills(), *rooms]))
    assert {row["month"]: row["value"] for row in result["pue"]} == {
        "2023-12": None,
        "2024-01": "2.48",
        "2024-02": "2.5",
    }


BUILDINGS = "site,building,climate_zone,source\na,office-a,hot-summer-cold-winter,made up\n"


@pytest.mark.parametrize(("area", "position"), [(250, "below-guide"), (190, "between"), (100, "above-constraint")])
def test_a_building_lies_below_between_or_above_the_values_of_a_standard(
    tmp_path: Path, area: int, position: str
) -> None:
    """The last 12 months are 14340 kWh; GB/T 51161 has 70 and 85 kWh/m2 for such an office."""
    rows = DENOMINATORS + "".join(f"area,{year},{area},m2,all,made up,a\n" for year in (2023, 2024))
    result = monitor(write(tmp_path / "a", bills(), buildings=BUILDINGS, denominators=rows))
    band = result["bands"][0]
    assert (band["actual"], band["position"]) == (told(F(14340, area)), position)
    assert (band["guide"], band["constraint"], band["checked"]) == ("70", "85", "one-transcription")
    assert "monitor-band-basis" in codes(result)


def test_a_building_without_a_known_benchmark_is_named_and_own_benchmarks_are_taken(tmp_path: Path) -> None:
    buildings = BUILDINGS.replace("office-a", "school")
    assert "monitor-no-band" in codes(monitor(write(tmp_path / "a", bills(), buildings=buildings)))
    own = (
        "id,standard,building,climate_zone,constraint,guide,unit,source,locator,checked\n"
        "own.school,City rule,school,hot-summer-cold-winter,0.3,0.2,GJ/m2,city,table 1,primary\n"
    )
    rows = DENOMINATORS + "".join(f"area,{year},200,m2,all,made up,a\n" for year in (2023, 2024))
    result = monitor(write(tmp_path / "b", bills(), buildings=buildings, benchmarks=own, denominators=rows))
    assert (result["bands"][0]["actual"], result["bands"][0]["position"]) == (
        told(F(14340, 200) * F(36, 10000)),
        "between",
    )


def test_a_benchmark_whose_guide_is_above_its_constraint_is_refused() -> None:
    one = next(iter(benchmarks()))
    one.check()
    with pytest.raises(hc.InputError) as caught:
        one.model_copy(update={"guide": one.constraint + 1}).check()
    assert caught.value.code == "benchmark-reversed"


def test_shipped_benchmarks_name_a_source_that_is_listed() -> None:
    library = hc.FactorLibrary.shipped()
    assert {one.source for one in benchmarks()} <= set(library.sources)
    assert all(one.guide < one.constraint and one.locator for one in benchmarks())


def test_a_site_that_counts_in_part_has_whole_quantities_and_its_part_of_the_emissions(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", bills(), sites="ab", site='equity_share = "0.4"')
    path = folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("operational-control", "equity-share"), encoding="utf-8")
    result = monitor(folder)
    rows = {
        name: one(result["figures"], site="b", measure=name, carrier="electricity")
        for name in ("quantity", "tce", "tco2e")
    }
    assert [row["this_month"] for row in rows.values()] == ["2000", told(2000 * TCE_POWER), told(800 * CO2_POWER)]
    assert one(result["findings"], code="monitor-share", data={"site": "b", "percent": ["40"]})


def test_a_tenant_who_used_more_than_the_bill_is_named_and_a_bill_of_nothing_is_shared_as_nothing(
    tmp_path: Path,
) -> None:
    tenants = (
        "tenant,site,activity,basis,share,meter,from,to,note\n"
        "lab,b,electricity.grid,meter,,L,,,\nshop,a,electricity.grid,share,0.5,,,,\n"
    )
    checks = (
        "site,activity,meter,period,quantity,unit,note\nb,electricity.grid,L,2024-02,2.5,MWh,\n"
        "b,electricity.grid,L,2024-01,1,MWh,\na,stationary.natural_gas,,2024-02,3.9,GJ,\n"
    )
    rows = [one.replace("1250,kWh", "0,kWh") for one in bills()]
    result = monitor(write(tmp_path / "a", rows, tenants=tenants, meter_checks=checks))
    (over,) = [one for one in result["findings"] if one["code"] == "recharge-exceeds"]
    assert "2024-02" in over["message"] and "2024-01" not in over["message"]
    nothing = {row["tenant"]: row for row in picked(result["recharges"], site="a", month=LAST)}
    assert {name: (row["quantity"], row["tco2e"]) for name, row in nothing.items()} == {
        "shop": ("0", "0"),
        None: ("0", "0"),
    }
    gas = one(result["reconciliation"], carrier="natural_gas")
    assert (gas["metered"], gas["difference_percent"]) == (None, None)  # GJ are not held to m3


def test_bills_in_units_that_cannot_be_added_have_no_quantity_and_their_energy_and_emissions(tmp_path: Path) -> None:
    rows = [one.replace("100,m3", "3.9,GJ") if one.startswith("g-2024") else one for one in bills()]
    result = monitor(write(tmp_path / "a", rows))
    (mixed,) = [one for one in result["findings"] if one["code"] == "monitor-units-mixed"]
    assert "natural_gas" in mixed["message"] and "a" in mixed["message"]
    gas = picked(result["figures"], site="a", carrier="natural_gas")
    told_of = {row["measure"]: row["this_month"] for row in gas}
    assert told_of["tco2e"] == told(F("3.9") * F("56.1") / 1000)
    assert told_of["kwh"] == told(F("3900") / F("3.6"))
    assert told_of.get("quantity") is None


def test_weather_of_a_region_without_a_site_is_named(tmp_path: Path) -> None:
    weather = (
        "site,region,month,heating_degree_days,cooling_degree_days,base_heating,base_cooling,source\n"
        ",CN-BJ,2024-01,300,0,18,26,x\n,CN,2024-01,200,0,18,26,x\n"
    )
    result = monitor(write(tmp_path / "a", bills(), weather=weather))
    (idle,) = [one for one in result["findings"] if one["code"] == "weather-idle"]
    assert "CN-BJ" in idle["message"]


def test_the_share_of_estimates_is_told_apart_from_what_nobody_stated(tmp_path: Path) -> None:
    rows = bills()
    rows[0] = rows[0].replace("invoiced", "estimated")
    result = monitor(write(tmp_path / "a", rows))
    shares = {(row["site"], row["carrier"], row["month"]): row["estimated"] for row in result["series"]}
    assert shares["a", "electricity", "2022-01"] == "1"
    assert shares["a", "electricity", "2022-02"] == "0"
    assert shares["b", "electricity", "2022-02"] is None
    assert one(result["completeness"], site="a", carrier="electricity", month="2022-01")["status"] == "estimated"
    assert one(result["estimated"], scope="2", year=2022)["percent"] == told(F(100 * 1000, 12660 + 24000))


BROKEN: Mapping[str, tuple[str, str]] = {
    "weather": (
        "site,region,month,heating_degree_days,cooling_degree_days,base_heating,base_cooling,source\n"
        "a,CN,2024-01,300,0,18,26,x\na,,2024-Q1,300,0,18,26,x\nnowhere,,2024-01,1,1,18,26,x\n"
        "b,,2024-01,1,1,18,26,x\nb,,2024-01,2,1,18,26,x\n",
        "weather.csv, row 2: .*weather.csv, row 3: .*2024-Q1.*weather.csv, row 4: .*nowhere.*row 6: .*2024-01",
    ),
    "targets": (
        TARGETS
        + "t,,electricty,2024,1,kWh,plan,x\nt,,electricity,2024-03,1,kWh,plan,x\nt,,emissions,2024,1,kWh,plan,x\n",
        "row 2: .*electricity.*row 3: .*2024-03.*row 4: .*tCO2e",
    ),
    "tenants": (
        "tenant,site,activity,basis,share,meter,from,to,note\n"
        "t,a,electricity.grid,share,0.6,,,,\nu,a,electricity.grid,share,0.5,,2024-03-01,,\nv,a,electricity.grid,meter,0.1,,,,\n"
        "w,b,electricity.grid,share,6,,,,\nx,b,electricity.grid,share,0.1,,2024-03-02,2024-03-01,\n"
        "y,nowhere,electricity.grid,share,0.1,,,,\n",
        "row 3: .*110 %.*row 4: .*row 5: .*0.06.*row 6: .*2024-03-02.*row 7: .*nowhere",
    ),
    "meter_checks": (
        "site,activity,meter,period,quantity,unit,note\n"
        "a,electricity.grid,M1,2024-01,1,m3,\na,electricity.gird,M1,2024-01,1,kWh,\n"
        "a,electricity.grid,M1,2024-02,1,kWh,\na,electricity.grid,M1,2024-02,2,kWh,\n",
        "row 2: .*kWh.*row 3: .*electricity.grid.*row 5: .*2024-02",
    ),
    "buildings": ("site,building,climate_zone,source\na,x,y,z\na,x,y,z2\n", "row 3: "),
}


def test_all_faults_of_all_tables_are_told_at_once_each_at_its_row(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", bills(), **{name: text for name, (text, _) in BROKEN.items()})
    with pytest.raises(hc.CarbonError) as caught:
        monitor(folder)
    said = str(caught.value).replace("\n", " ")
    for name, (_, pattern) in BROKEN.items():
        own = said[said.index(f"{name}.csv") :]
        assert re.search(pattern, own), (name, own)
    assert "16 faults" in said
    assert "16处" in caught.value.text("zh")


def test_a_month_without_bills_is_refused_and_so_are_accounts_without_months(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", bills())
    for month, words in (("2030-01", "2022-01 to 2024-02"), ("2024", "calendar month")):
        with pytest.raises(hc.CarbonError, match=words):
            monitor(folder, month)
    yearly = write(tmp_path / "b", ["r,a,2024,electricity.grid,1,kWh,,,,"], sites="a")
    with pytest.raises(hc.CarbonError, match="no month whose use is known"):
        monitor(yearly)


def test_the_document_is_plain_json_with_exact_numbers_as_text(golden: Any) -> None:
    assert json.loads(json.dumps(golden)) == golden
    amounts = [row[name] for row in golden["figures"] for name in ("this_month", "ytd", "mom_percent")]
    assert {type(amount) for amount in amounts} <= {str, type(None)}


EXPECTED = "site,activity,season,note\n*,stationary.*,11/03,boiler of the heating\n"


def test_a_summer_without_heating_is_no_gap_where_the_season_is_stated(tmp_path: Path) -> None:
    winter = [month for month in MONTHS if month[5:] in {"11", "12", "01", "02", "03"}]
    rows = [
        f"h-{month},a,{month},stationary.natural_gas,{300 + place % 5},m3,H,,," for place, month in enumerate(winter)
    ]
    rows += [f"e-{month},a,{month},electricity.grid,{power_a(place)},kWh,M1,,," for place, month in enumerate(MONTHS)]
    result = monitor(write(tmp_path / "a", rows, sites="a", expected=EXPECTED), "2023-07")
    assert one(result["figures"], site=None, measure="kwh", carrier=None)["this_month"] == "1180"
    assert not picked(result["anomalies"], carrier="natural_gas", kind="missing")
    without = monitor(write(tmp_path / "b", rows, sites="a"), "2023-07")
    assert one(without["figures"], site=None, measure="kwh", carrier=None)["this_month"] is None
    assert picked(without["anomalies"], carrier="natural_gas", kind="missing")


def test_a_rise_from_a_credit_is_a_rise_in_the_monitor_and_in_a_restatement() -> None:
    assert change(F(50), F(-100)) == Change((), "tCO2e", F(-100), F(50), {}, {}).percent == 150
    assert change(F(50), F(0)) is None and change(None, F(1)) is None
