"""Energy views, water, waste, measures and offsets of a workspace, end to end; every figure here is made up."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.commands import as_json, refused
from tests.workflow.test_offices import codes, office, totals

BILLS = [("electricity.grid", 100, "MWh", ""), ("stationary.biodiesels", 100, "GJ", "")]
WATER = "site,period,kind,source_or_destination,quantity,unit,stressed\n"
DENOMINATORS = "denominator,period,value,unit,boundary,source\nheadcount,2023,50,person,{},made up\n"


def accounts(folder: Path, methodology: str = "ghgp-cn", **files: str) -> Path:
    office(folder, methodology, "CN-ZJ", 2023, BILLS)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def values(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Fraction]:
    fitting = [row for row in rows if all(row[name] == one for name, one in wanted.items())]
    return {f"{row['flow']} {row['unit']}": Fraction(row["value"]) for row in fitting}


def test_energy_in_mwh_renewable_and_per_person(tmp_path: Path) -> None:
    result = as_json("footprint", accounts(tmp_path / "a", denominators=DENOMINATORS.format("all")))
    mwh = values(result["energy_mwh"], carrier="electricity", year=2023)
    assert mwh == {"energy MWh": 100}
    for method in ("location", "market"):
        yes = values(result["energy_renewable"], method=method, renewable="yes")
        no = values(result["energy_renewable"], method=method, renewable="no")
        assert (yes["energy.gj GJ"], no["energy.gj GJ"]) == (100, 360)
        assert no["energy MWh"] == 100
    assert values(result["energy_intensities"], per="headcount")["energy.gj GJ/person"] == Fraction(460, 50)


def test_certificates_make_electricity_renewable_under_the_market_view_only(tmp_path: Path) -> None:
    heading = (
        "instrument,kind,period,market,volume,unit,factor,factor_unit,produced_from,produced_to,retired_for,retired_on,"
        "conveys_attribute,only_claim,tracked_and_retired,claim_transferred\n"
    )
    row = "{},{},2023,CN,{},MWh,0,kgCO2/kWh,2023-01-01,2023-12-31,us,2023-12-31,yes,yes,yes,yes\n"
    text = heading + row.format("gec-1", "certificate", 30) + row.format("ppa-1", "ppa", 20)
    result = as_json("footprint", accounts(tmp_path / "a", instruments=text))
    held = {
        (one["method"], one["renewable"]): Fraction(one["value"])
        for one in result["energy_renewable"]
        if one["unit"] == "GJ"
    }
    assert held["location", "yes"] == 100
    assert held["market", "yes"] == 100 + 30 * Fraction("3.6")  # the PPA may be of any power
    assert held["market", "yes"] + held["market", "no"] == held["location", "yes"] + held["location", "no"] == 460


def test_energy_water_and_waste_refuse_a_denominator_of_another_boundary(tmp_path: Path) -> None:
    said = refused("footprint", accounts(tmp_path / "a", denominators=DENOMINATORS.format("group")))
    assert "boundary 'group'" in said


def test_water_by_hand(tmp_path: Path) -> None:
    text = WATER + (
        "hq,2023,withdrawal,third-party,1200,m3,yes\n"
        "hq,2023,discharge,third-party,900,m3,yes\n"
        "hq,2023,recycled,,50,m3,\n"
        "hq,2023-12-31/2024-01-01,recycled,,20,m3,\n"  # one day of two falls into 2023
    )
    result = as_json("footprint", accounts(tmp_path / "a", water=text, denominators=DENOMINATORS.format("all")))
    held = {(one["kind"], one["unit"]): Fraction(one["value"]) for one in result["water"]["account"]}
    assert held["withdrawal", "m3"] == 1200
    assert held["discharge", "ML"] == Fraction("0.9")
    assert held["consumption", "ML"] == Fraction("0.3")
    assert held["recycled", "m3"] == 60
    per = {one["kind"]: Fraction(one["value"]) for one in result["water"]["intensities"]}
    assert (per["withdrawal"], per["consumption"]) == (24, 6)
    assert "side-year-not-reported" in codes(result)


def test_water_that_is_missing_is_not_zero_and_a_negative_consumption_is_named(tmp_path: Path) -> None:
    taken = WATER + "hq,2023,withdrawal,third-party,1200,m3,\n"
    result = as_json("footprint", accounts(tmp_path / "a", water=taken))
    assert "consumption" not in {one["kind"] for one in result["water"]["account"]}
    assert {"water-days-differ", "water-stress-unstated"} <= codes(result)
    result = as_json("footprint", accounts(tmp_path / "b", water=taken + "hq,2023,discharge,surface,1300,m3,no\n"))
    assert "-0.1" in {one["value"] for one in result["water"]["account"] if one["kind"] == "consumption"}
    assert "water-consumption-negative" in codes(result)


def test_water_faults_are_named_with_row_and_advice(tmp_path: Path) -> None:
    text = WATER + (
        "hq,2023,withdrawal,third-party,1200,t,yes\nelsewhere,2023,withdrawal,ground,1,m3,yes\n"
        "hq,2023,discharge,produced,1,m3,yes\nhq,2023,withdrawal,well,1,m3,yes\n"
    )
    said = refused("footprint", accounts(tmp_path / "a", water=text))
    for part in ("row 2", "write m3", "row 3", "elsewhere", "row 4", "cannot have produced", "row 5", "third-party"):
        assert part in said


WASTE = "site,period,material,hazardous,treatment,quantity,unit,avoided_factor,avoided_factor_unit,avoided_source\n"


def test_waste_by_hand_and_what_it_avoids_outside_the_totals(tmp_path: Path) -> None:
    bare = as_json("footprint", accounts(tmp_path / "bare"))
    text = WASTE + (
        "hq,2023,paper,no,recycling,500,kg,,,\n"
        "hq,2023,mixed,no,landfill,2,t,,,\n"
        "hq,2023,batteries,yes,other-disposal,10,kg,,,\n"
        "hq,2023,laptops,no,preparation-for-reuse,40,台,100,kgCO2e/台,made up\n"
    )
    result = as_json("footprint", accounts(tmp_path / "a", waste=text))
    held = {(one["diverted"], one["unit"]): Fraction(one["value"]) for one in result["waste"]["diverted"]}
    assert held == {("yes", "t"): Fraction("0.5"), ("no", "t"): Fraction("2.01"), ("yes", "台"): 40}
    assert values(result["waste"]["avoided_outside_totals"]) == {"CO2e-avoided tCO2e": 4}
    assert result["totals"] == bare["totals"]
    assert "avoided-beside" in codes(result)


def test_waste_faults_are_named(tmp_path: Path) -> None:
    text = WASTE + (
        "hq,2023,mixed,no,landfill,2,m3,,,\nhq,2023,mixed,no,landfill,2,t,1,kgCO2e/kg,made up\n"
        "hq,2023,paper,no,recycling,2,t,1,,\n"
    )
    said = refused("footprint", accounts(tmp_path / "a", waste=text))
    for part in ("row 2", "write t, kg or 台", "row 3", "not landfill", "row 4", "avoided_source together"):
        assert part in said


MEASURES = (
    "measure,period,scope,quantity,unit,factor,factor_unit,source\nLED,2023,2,1000,kWh,0.5366,kgCO2/kWh,made up\n"
)
OFFSETS = (
    "credit,registry,kind,vintage,volume,retired_for,retired_on\n"
    "c1,CCER,CCER,2021,60,us,2023-06-30\nc2,CCER,CCER,2021,40,,\nc3,CCER,CCER,2021,5,them,2023-06-30\n"
)


def test_measures_and_offsets_never_change_a_digit_of_the_totals(tmp_path: Path) -> None:
    bare = as_json("footprint", accounts(tmp_path / "bare"))
    result = as_json("footprint", accounts(tmp_path / "a", measures=MEASURES, offsets=OFFSETS))
    beside = {"measures", "offsets", "findings"}
    assert {key: one for key, one in result.items() if key not in beside} == {
        key: one for key, one in bare.items() if key not in beside
    }
    assert totals(result) == totals(bare)
    assert [one["value"] for one in result["measures"]] == ["0.5366"]
    assert {one["status"]: one["value"] for one in result["offsets"]} == {
        "retired": "60",
        "held": "40",
        "for-others": "5",
    }
    assert {"beside-never-netted", "offset-for-others"} <= codes(result)


def test_credits_of_one_vintage_are_one_line_however_it_is_spelt(tmp_path: Path) -> None:
    spelt = OFFSETS.splitlines(keepends=True)[0] + "".join(
        f"c{at},CCER,CCER,{vintage},{at},us,2023-06-30\n" for at, vintage in ((1, "2021"), (2, "2021年"), (4, "2022"))
    )
    result = as_json("footprint", accounts(tmp_path, offsets=spelt))
    assert [(one["vintage"], one["value"]) for one in result["offsets"]] == [("2021", "3"), ("2022", "4")]


def test_a_credit_can_be_retired_once_and_wholly(tmp_path: Path) -> None:
    twice = OFFSETS + "c1,CCER,CCER,2021,60,us,2023-06-30\n"
    assert "c1 stands more than once" in refused("footprint", accounts(tmp_path / "a", offsets=twice))
    half = OFFSETS + "c4,CCER,CCER,2021,60,us,\nc5,CCER,CCER,2023,60,us,2022-06-30\n"
    said = refused("footprint", accounts(tmp_path / "b", offsets=half))
    assert "both retired_for and retired_on" in said
    assert "before its vintage 2023" in said


PARTS = (
    "activity_id,site,period,activity,quantity,unit,part_of,role\n"
    "room-1,hq,2023,electricity.grid,50,MWh,r0,it\nroom-2,hq,2023,electricity.grid,12500,kWh,r0,it\n"
)


def test_parts_of_a_row_enter_no_total_and_give_the_pue(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    bare = as_json("footprint", folder)
    (folder / "activity" / "parts.csv").write_text(PARTS, encoding="utf-8")
    result = as_json("footprint", folder)
    for key in ("totals", "energy", "energy_mwh"):
        assert result[key] == bare[key]
    assert [(one["role"], one["value"], one["unit"]) for one in result["parts"]["shares"]] == [("it", "62.5", "%")]
    assert [one["value"] for one in result["parts"]["pue"]] == ["1.6"]
    assert "part-of-memo" in codes(result)
    (folder / "activity" / "parts.csv").write_text(PARTS.replace(",r0,it", ",r9,it", 1), encoding="utf-8")
    assert "'r9'" in refused("footprint", folder)
    (folder / "activity" / "parts.csv").write_text(PARTS.replace(",r0,it", ",r0,cat", 1), encoding="utf-8")
    assert "'cat'" in refused("footprint", folder)


def test_a_year_without_a_denominator_is_left_out_of_every_account(tmp_path: Path) -> None:
    """One rule for emissions, energy, water and waste: a warning, and the accounts stand."""
    text = WATER + "hq,2023,withdrawal,third-party,1200,m3,yes\n"
    folder = accounts(tmp_path / "a", water=text, denominators=DENOMINATORS.format("all").replace(",2023,", ",2022,"))
    result = as_json("footprint", folder)
    assert result["intensities"] == result["energy_intensities"] == result["water"]["intensities"] == []
    (finding,) = [one for one in result["findings"] if one["code"] == "denominator-missing"]
    assert finding["severity"] == "warning"
    assert "headcount has no value for 2023" in finding["message"]


@pytest.mark.parametrize("unit", ["kgCO2", "kg/kWh", "tCO2e"])
def test_a_factor_of_a_measure_says_which_gas_per_what(tmp_path: Path, unit: str) -> None:
    said = refused("footprint", accounts(tmp_path / "a", measures=MEASURES.replace("kgCO2/kWh", unit)))
    assert "measures.csv, row 2" in said
    assert "write e.g. kgCO2/kWh" in said


@pytest.mark.parametrize("unit", ["kgCO₂/kWh", "kgCO₂e/kWh", "kgCO2eq/kWh", "tCO2e/MWh"])
def test_co2_of_a_measure_is_known_however_it_is_spelt(tmp_path: Path, unit: str) -> None:
    folder = accounts(tmp_path / "a", measures=MEASURES.replace("kgCO2/kWh", unit))
    assert [one["value"] for one in as_json("footprint", folder)["measures"]] == ["0.5366"]
