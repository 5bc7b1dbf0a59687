"""Typical offices under every shipped methodology: it runs, the figures are right, what is left out is named."""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.commands import as_json, refused, run

Row = tuple[str, object, str, str]
"""Activity, quantity, unit, technology."""

CHINA: list[Row] = [
    ("electricity.grid", 100, "MWh", ""),
    ("stationary.natural_gas", 10000, "m3", ""),
    ("stationary.diesel", 100, "L", ""),
    ("mobile.petrol", 2000, "L", ""),
    ("mobile.diesel", 500, "L", ""),
    ("heat.purchased", 100, "GJ", ""),
    ("stationary.lpg", 50, "kg", ""),
    ("refrigerant.r410a", 5, "kg", ""),
    ("refrigerant.r22", 10, "kg", ""),
    ("fugitive.co2", 20, "kg", ""),
]
AMERICA: list[Row] = [
    ("electricity.grid", 100, "MWh", ""),
    ("stationary.natural_gas", 500, "therm", ""),
    ("stationary.diesel", 100, "US_gal", ""),
    ("mobile.petrol", 200, "US_gal", ""),
    ("vehicle.car", 5000, "mile", "petrol.model-year-2015"),
    ("refrigerant.r22", 10, "kg", ""),
    ("waste.food", 1, "t", "landfilled"),
    ("water.supply", 100, "m3", ""),
]
BRITAIN: list[Row] = [
    ("electricity.grid", 100, "MWh", ""),
    ("stationary.natural_gas", 5000, "kWh", ""),
    ("vehicle.car", 1000, "mile", "average.petrol"),
    ("travel.flight", 10000, "passenger_km", "long-haul.economy"),
    ("waste.food", 1, "t", "landfill"),
    ("water.supply", 100, "m3", ""),
    ("refrigerant.r22", 10, "kg", ""),
]


def office(folder: Path, methodology: str, region: str, year: int, rows: list[Row], *, more: str = "") -> Path:
    (folder / "activity").mkdir(parents=True)
    (folder / "inventory.toml").write_text(
        f'''organisation = {{ id = "us", name = {{ en = "Us", zh = "我们" }} }}
methodology = "{methodology}"
consolidation = "operational-control"
boundary = "all"
periods = ["{year}"]
{more}
[[site]]
id = "hq"
region = "{region}"
''',
        encoding="utf-8",
    )
    with (folder / "activity" / "bills.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["activity_id", "site", "period", "activity", "quantity", "unit", "technology"])
        for place, (activity, quantity, unit, technology) in enumerate(rows):
            writer.writerow([f"r{place}", "hq", year, activity, quantity, unit, technology])
    return folder


def totals(result: Any) -> dict[str, Fraction]:
    return {one["scope"]: Fraction(one["value"]) for one in result["totals"]}


def codes(result: Any) -> set[str]:
    return {one["code"] for one in result["findings"]}


@pytest.mark.parametrize(
    ("methodology", "region", "year", "rows"),
    [
        ("ghgp-cn", "CN-ZJ-hangzhou", 2023, CHINA),
        ("cn-public-building", "CN-BJ", 2023, CHINA),
        ("us-epa-2025", "US-egrid-CAMX", 2024, AMERICA),
        ("uk-desnz-2025", "GB", 2025, BRITAIN),
    ],
)
def test_a_typical_office_runs_to_the_end(
    tmp_path: Path, methodology: str, region: str, year: int, rows: list[Row]
) -> None:
    folder = office(tmp_path / "office", methodology, region, year, rows)
    for lang in ("en", "zh"):
        done = run("footprint", folder, "--lang", lang)
        assert done.returncode == 0, done.stderr
    assert (folder / "out" / "lines.csv").is_file()
    lines = list(csv.DictReader((folder / "out" / "lines.csv").read_text(encoding="utf-8").splitlines()))
    assert {one["activity_id"] for one in lines} == {f"r{place}" for place in range(len(rows))}


def test_the_chinese_office_by_hand(tmp_path: Path) -> None:
    result = as_json("footprint", office(tmp_path / "office", "ghgp-cn", "CN-ZJ-hangzhou", 2023, CHINA))
    gas, petrol, diesel, lpg = Fraction("38931") * 10000, Fraction("43070"), Fraction("42652"), Fraction("47300")
    burnt = {  # kJ and kg per TJ: CO2, CH4, N2O
        gas: ("56100", "5", "0.1"),
        diesel * 100 * Fraction("0.84"): ("74100", "10", "0.6"),
        petrol * 2000 * Fraction("0.725"): ("69300", "3.8", "5.7"),
        diesel * 500 * Fraction("0.84"): ("74100", "3.9", "3.9"),
        lpg * 50: ("63100", "5", "0.1"),
    }
    weights = (Fraction(1), Fraction("27.0"), Fraction(273))
    scope1 = sum(
        kilojoules * sum(Fraction(one) * weight for one, weight in zip(factors, weights, strict=True)) / 10**12
        for kilojoules, factors in burnt.items()
    )
    scope1 += (Fraction("0.5") * 771 + Fraction("0.5") * 3740) * 5 / 1000 + Fraction(20, 1000)
    assert totals(result)["1"] == scope1
    assert totals(result)["2"] == 100 * Fraction("0.4974") + 100 * Fraction("0.11")
    assert [(one["flow"], one["value"]) for one in result["ozone_depleting"]] == [("HCFC-22", "0.01")]
    methods = {one["method"]: Fraction(one["value"]) for one in result["scope2"]}
    assert methods == {"location": totals(result)["2"], "market": 100 * Fraction("0.6096") + 11}


def test_the_british_office_by_hand(tmp_path: Path) -> None:
    result = as_json("footprint", office(tmp_path / "office", "uk-desnz-2025", "GB", 2025, BRITAIN))
    assert totals(result)["2"] == Fraction("17.7")
    assert totals(result)["1"] == (5000 * Fraction("0.18296") + 1000 * Fraction("0.26187")) / 1000


def test_a_foreign_site_is_not_given_the_grid_of_the_methodology(tmp_path: Path) -> None:
    said = refused("footprint", office(tmp_path / "office", "uk-desnz-2025", "CN-ZJ", 2025, BRITAIN))
    assert "electricity.grid in CN-ZJ" in said
    travel = [("travel.flight", 10000, "passenger_km", "long-haul.economy")]
    result = as_json("footprint", office(tmp_path / "travel", "uk-desnz-2025", "CN-ZJ", 2025, travel))
    assert "fit-other-region" in codes(result)


def test_roads_in_america_need_fuel_and_miles(tmp_path: Path) -> None:
    both = as_json("footprint", office(tmp_path / "both", "us-epa-2025", "US", 2024, AMERICA))
    assert "elsewhere-missing" not in codes(both)
    jet = [("mobile.jet_kerosene", 10, "US_gal", ""), ("vehicle.motorbike", 100, "mile", "petrol.model-year-1996-2005")]
    apart = as_json("footprint", office(tmp_path / "apart", "us-epa-2025", "US", 2024, jet))
    missing = [one for one in apart["findings"] if one["code"] == "elsewhere-missing"]
    assert ["vehicle.motorbike" in one["message"] for one in missing] == [True]


def test_fuel_and_kilometres_of_the_same_cars_are_questioned(tmp_path: Path) -> None:
    rows = [("vehicle.car", 1000, "km", "average.petrol"), ("mobile.petrol", 80, "L", "")]
    result = as_json("footprint", office(tmp_path / "office", "uk-desnz-2025", "GB", 2025, rows))
    assert "fuel-and-distance" in codes(result)


def test_a_technology_that_the_source_lacks_is_named(tmp_path: Path) -> None:
    rows = [("mobile.diesel", 100, "L", "nonroad.locomotives")]
    result = as_json("footprint", office(tmp_path / "office", "ghgp-cn", "CN", 2023, rows))
    assert "fit-other-technology" in codes(result)


def test_a_tie_names_the_technologies_to_type(tmp_path: Path) -> None:
    said = refused("footprint", office(tmp_path / "a", "uk-desnz-2025", "GB", 2025, [("vehicle.car", 1, "km", "")]))
    assert "technology: average." in said
    assert len(said) < 3000
    said = refused("footprint", office(tmp_path / "b", "us-epa-2025", "US", 2024, [("stationary.lpg", 1, "kg", "")]))
    assert "printed per US_gal, mmBtu" in said


def test_accounts_can_be_held_to_what_was_known(tmp_path: Path) -> None:
    rows = [("electricity.grid", 100, "MWh", "")]
    for day, factor in (("2024-06-30", "0.5568"), ("2025-01-15", "0.5366"), ("2026-02-01", "0.5306")):
        folder = office(tmp_path / day, "cn-public-building", "CN", 2024, rows, more=f"known_at = {day}\n")
        result = as_json("footprint", folder)
        assert totals(result)["2"] == 100 * Fraction(factor)
        assert result["known_at"] == day
    assert "known on 2024-06-30" in run("footprint", tmp_path / "2024-06-30").stdout


@pytest.mark.parametrize(
    ("site", "empty"),
    [
        ('legal_entity = "other"', {"legal entity"}),
        ('equity_share = "0"', {"equity share"}),
        ('control = ["operational"]', {"financial control"}),
        ("", set()),
    ],
)
def test_a_consolidation_without_anything_in_it_says_why(tmp_path: Path, site: str, empty: set[str]) -> None:
    folder = office(tmp_path / "us", "ghgp-cn", "CN-ZJ-hangzhou", 2023, CHINA)
    with (folder / "inventory.toml").open("a", encoding="utf-8") as file:
        file.write(site + "\n")
    result = as_json("footprint", folder)
    told = [one for one in result["findings"] if one["code"] == "consolidation-empty"]
    assert {one["data"]["consolidation"]["en"] for one in told} == empty
    assert len({one["consolidation"] for one in result["consolidations"]}) == 4 - len(empty)
    of_nation = [one["message"] for one in result["findings"] if one["code"] == "national-empty"]
    assert len(of_nation) == ("legal entity" in empty) == (not result["national"])
    for one in [*[one["message"] for one in told], *of_nation]:
        assert "2023" in one
        assert "'us'" in one or "legal" not in one


def test_the_national_total_needs_the_location_based_method(tmp_path: Path) -> None:
    folder = office(tmp_path / "us", "own.toml", "CN-ZJ-hangzhou", 2023, CHINA[:1])
    (folder / "own.toml").write_text(
        'extends = "ghgp-cn"\nid = "own"\ntitle = { en = "o", zh = "o" }\nscope2 = ["market"]\n', encoding="utf-8"
    )
    result = as_json("footprint", folder)
    assert len({one["consolidation"] for one in result["consolidations"]}) == 4
    (finding,) = [one for one in result["findings"] if one["code"] == "national-empty"]
    assert result["national"] == []
    assert "location-based" in finding["message"]
    assert "own" in finding["message"]


@pytest.mark.parametrize(
    ("methodology", "region", "year"),
    [
        ("ghgp-cn", "CN", 2023),
        ("cn-public-building", "CN", 2023),
        ("us-epa-2025", "US", 2024),
        ("uk-desnz-2025", "GB", 2025),
    ],
)
def test_solar_power_of_ones_own_emits_nothing_and_is_energy(
    tmp_path: Path, methodology: str, region: str, year: int
) -> None:
    rows: list[Row] = [("electricity.onsite_solar", 100, "MWh", ""), ("electricity.grid", 300, "MWh", "")]
    result = as_json("footprint", office(tmp_path / "office", methodology, region, year, rows))
    assert totals(result)["1"] == 0
    energy = {one["carrier"]: one["value"] for one in result["energy"] if one["flow"] == "energy.gj"}
    assert energy == {"electricity": "1080", "electricity_onsite": "360", "total": "1440"}
    shares = {one["carrier"]: one["value"] for one in result["energy_shares"] if one["flow"] == "energy.gj"}
    assert shares == {"electricity": "75", "electricity_onsite": "25"}
    renewable = [one for one in result["energy_renewable"] if one["method"] == "location" and one["unit"] == "GJ"]
    assert {one["renewable"]: one["value"] for one in renewable} == {"yes": "360", "no": "1080"}
    assert not {"fit-other-fuel", "activity-not-covered"} & codes(result)


@pytest.mark.parametrize(
    ("lease", "part", "words"),
    [
        ('basis = "area", area = 200, building_area = 2000', Fraction(1, 10), "by floor area: contract 7"),
        ('basis = "occupancy", area = 200, building_area = 2000, occupied = "0.75"', Fraction(2, 15), "that is let"),
        ('basis = "sub-meter"', Fraction(1), "100 % of the building's bills are its own use, by sub-meter"),
        ('basis = "area", share = "0.35"', Fraction("0.35"), "35 %"),
    ],
)
def test_a_leased_floor_counts_by_its_basis_and_explain_names_it(
    tmp_path: Path, lease: str, part: Fraction, words: str
) -> None:
    folder = office(tmp_path / "us", "cn-public-building", "CN", 2023, [("electricity.grid", 150, "MWh", "")])
    with (folder / "inventory.toml").open("a", encoding="utf-8") as file:
        file.write(f'lease = {{ {lease}, note = "contract 7" }}\n')
    result = as_json("footprint", folder)
    assert abs(totals(result)["2"] - 150 * Fraction("0.5306") * part) < Fraction(1, 10**12)
    (finding,) = [one["message"] for one in result["findings"] if one["code"] == "site-leased"]
    assert words in finding
    assert finding in as_json("explain", folder, "r0")["counted"]
    assert words in " ".join(run("explain", folder, "r0").stdout.split())


@pytest.mark.parametrize(
    ("lease", "said"),
    [
        ('basis = "area", area = 200', "state area, building_area or share"),
        ('basis = "area", area = 200, building_area = 100', "larger"),
        ('basis = "occupancy", area = 200, building_area = 2000', "occupied"),
        ('basis = "area", area = 200, building_area = 2000, occupied = "0.75"', "state area, building_area or share"),
        ('basis = "guess"', "sub-meter"),
    ],
)
def test_a_lease_states_its_part_in_one_way(tmp_path: Path, lease: str, said: str) -> None:
    folder = office(tmp_path / "us", "cn-public-building", "CN", 2023, [("electricity.grid", 150, "MWh", "")])
    with (folder / "inventory.toml").open("a", encoding="utf-8") as file:
        file.write(f'lease = {{ {lease}, note = "contract 7" }}\n')
    assert said in refused("footprint", folder)
