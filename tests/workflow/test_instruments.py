"""A workspace with contractual instruments, end to end."""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import hsesg_carbon as hc
from tests.commands import as_json, refused, run
from tests.workflow.test_offices import codes, office

HEADER = (
    "instrument,kind,period,market,volume,unit,factor,factor_unit,produced_from,produced_to,retired_for,retired_on,"
    "conveys_attribute,only_claim,tracked_and_retired,claim_transferred,ccer\n"
)
GOOD = "gec-1,certificate,2023,CN,40,MWh,0,kgCO2/kWh,2023-01-01,2023-12-31,us,2024-01-10,yes,yes,yes,,no\n"
POWER = [("electricity.grid", 100, "MWh", "")]


def with_instruments(folder: Path, rows: str, methodology: str = "ghgp-cn") -> Path:
    office(folder, methodology, "CN-ZJ-hangzhou", 2023, POWER)
    (folder / "instruments.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def test_certificates_lower_the_market_based_total_alone(tmp_path: Path) -> None:
    result = as_json("footprint", with_instruments(tmp_path / "us", GOOD))
    methods = {one["method"]: Fraction(one["value"]) for one in result["scope2"]}
    assert methods == {"location": 100 * Fraction("0.4974"), "market": 60 * Fraction("0.6096")}
    assert {one["scope"]: Fraction(one["value"]) for one in result["totals"]}["2"] == methods["location"]
    assert "residual-mix-used" in codes(result)
    ladder = as_json("explain", tmp_path / "us", "r0")["ladder"]
    assert [(one["stands_for"], one["quantity"], one["unit"]) for one in ladder] == [
        ("gec-1", "40", "MWh"),
        ("mee2023.electricity.cn.excluding-traded-nonfossil", "60", "MWh"),
    ]
    assert "gec-1" in run("explain", tmp_path / "us", "r0", "--lang", "zh").stdout


def test_a_certificate_that_also_earned_ccer_covers_nothing_and_says_why(tmp_path: Path) -> None:
    result = as_json("footprint", with_instruments(tmp_path / "us", GOOD.replace(",no\n", ",yes\n")))
    (finding,) = [one for one in result["findings"] if one["code"] == "instrument-falls"]
    assert "CCER" in finding["message"]
    assert {one["method"]: Fraction(one["value"]) for one in result["scope2"]}["market"] == 100 * Fraction("0.6096")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (GOOD.replace("40,MWh", "140,MWh"), "only 100 MWh of bought electricity is left"),
        (GOOD + GOOD, "stands more than once"),
        (GOOD.replace("40,MWh", "40,kg"), "row 2"),
        (GOOD.replace("kgCO2/kWh", "kgCO2/kg"), "row 2"),
        (GOOD.replace(",CN,", ",XX,"), "'XX'"),
        (GOOD.replace("certificate", "paper"), "certificate"),
        (GOOD.replace("2024-01-10", "soon"), "must be a day"),
        (GOOD.replace(",0,kgCO2", ",-1,kgCO2"), "≥ 0"),
        (GOOD.replace("40,MWh", ","), "volume"),
        (GOOD.replace(",2023,CN", ",2023-13,CN"), "2023-13"),
    ],
)
def test_what_cannot_be_claimed_is_refused_with_the_reason(tmp_path: Path, rows: str, words: str) -> None:
    assert words in refused("footprint", with_instruments(tmp_path / "us", rows))


def with_set(gwp_set: str, factor: str = "0.2", unit: str = "kgCO2e/kWh") -> tuple[str, str]:
    """Return a heading with a GWP set, and a certificate of CO2e on it."""
    row = GOOD.replace(",0,kgCO2/kWh,", f",{factor},{unit},").removesuffix("\n")
    return HEADER.replace("\n", ",gwp_set\n"), f"{row},{gwp_set}\n"


def market_based(folder: Path, heading: str, rows: str, more: str = "") -> Any:
    office(folder, "ghgp-cn", "CN-ZJ-hangzhou", 2023, POWER, more=more)
    (folder / "instruments.csv").write_text(heading + rows, encoding="utf-8")
    return folder


@pytest.mark.parametrize("gwp_set", ["", "AR4"])
def test_co2e_on_another_gwp_set_is_refused_at_its_row_or_kept_with_a_finding(tmp_path: Path, gwp_set: str) -> None:
    said = refused("footprint", market_based(tmp_path / "a", *with_set(gwp_set)))
    for words in ("instruments.csv, row 2", "gec-1", "AR6", "keep_published = true"):
        assert words in said.replace("\n", " ")
    result = as_json("footprint", market_based(tmp_path / "b", *with_set(gwp_set), "keep_published = true"))
    methods = {one["method"]: Fraction(one["value"]) for one in result["scope2"]}
    assert methods["market"] == 60 * Fraction("0.6096") + 40 * Fraction("0.2")
    (finding,) = [one for one in result["findings"] if one["code"] == "instrument-kept"]
    assert "gec-1" in finding["message"]


@pytest.mark.parametrize("unit", ["kgCO2e/kWh", "kgCO₂e/kWh", "kgCO2-eq/kWh"])
@pytest.mark.parametrize(("factor", "gwp_set"), [("0", ""), ("0.2", "AR6")])
def test_nothing_emitted_needs_no_gwp_set_and_co2e_is_known_however_it_is_spelt(
    tmp_path: Path, unit: str, factor: str, gwp_set: str
) -> None:
    result = as_json("footprint", market_based(tmp_path / "us", *with_set(gwp_set, factor, unit)))
    methods = {one["method"]: Fraction(one["value"]) for one in result["scope2"]}
    assert methods["market"] == 60 * Fraction("0.6096") + 40 * Fraction(factor)
    assert "instrument-kept" not in codes(result)


@pytest.mark.parametrize("unit", ["kgCO2", "kg/kWh", "kgCO2e"])
def test_a_factor_of_an_instrument_says_which_gas_per_what(tmp_path: Path, unit: str) -> None:
    said = refused("footprint", market_based(tmp_path / "us", *with_set("AR6", unit=unit)))
    assert "instruments.csv, row 2" in said
    assert "write e.g. kgCO2/kWh" in said


def test_the_lines_of_a_bill_show_its_instruments_and_add_up(tmp_path: Path) -> None:
    folder = with_instruments(tmp_path / "us", GOOD)
    methods = {one["method"]: float(one["value"]) for one in as_json("footprint", folder)["scope2"]}
    lines = list(csv.DictReader((folder / "out" / "lines.csv").read_text(encoding="utf-8").splitlines()))
    emitted = [one for one in lines if one["flow"] == "CO2"]
    for method, total in methods.items():
        own = [float(one["amount"]) * float(one["counted"]) for one in emitted if one["scope2"] == method]
        assert sum(own) == pytest.approx(total, rel=1e-12)
    market = [(one["rung"], float(one["amount"])) for one in emitted if one["scope2"] == "market"]
    assert market == [("", pytest.approx(60 * 0.6096)), ("gec-1", 0)]


def test_instruments_without_a_market_based_method_are_named(tmp_path: Path) -> None:
    result = as_json("footprint", with_instruments(tmp_path / "us", GOOD, "cn-public-building"))
    assert "instruments-not-used" in codes(result)


def test_how_far_production_may_lie_must_be_stated(tmp_path: Path) -> None:
    folder = with_instruments(tmp_path / "us", GOOD)
    (folder / "own.toml").write_text(
        'extends = "cn-public-building"\nid = "own"\ntitle = { en = "o", zh = "o" }\nscope2 = ["location", "market"]\n',
        encoding="utf-8",
    )
    text = (folder / "inventory.toml").read_text(encoding="utf-8")
    (folder / "inventory.toml").write_text(text.replace('"ghgp-cn"', '"own.toml"'), encoding="utf-8")
    assert "instrument_months" in refused("footprint", folder)


def test_an_instrument_covers_a_site_held_in_part_as_a_whole_and_its_part_counts_with_a_caveat(tmp_path: Path) -> None:
    """Of 100 MWh 60 % count, 60 MWh; certificates of 60 MWh cover 60 MWh of the 100, so that 36 of the 60 count."""
    rows = GOOD.replace("40,MWh", "60,MWh")
    folder = with_instruments(tmp_path / "us", rows)
    assert "caveat-instruments-shared" not in caveats(folder)
    share = folder / "inventory.toml"
    text = share.read_text(encoding="utf-8").replace("operational-control", "equity-share")
    share.write_text(f'{text}equity_share = "0.6"\n', encoding="utf-8")
    methods = {one["method"]: Fraction(one["value"]) for one in as_json("footprint", folder)["scope2"]}
    assert methods == {"location": 60 * Fraction("0.4974"), "market": (60 - 36) * Fraction("0.6096")}
    assert "gec-1 (60 %)" in caveats(folder)["caveat-instruments-shared"]
    (folder / "instruments.csv").write_text(HEADER + GOOD.replace("40,MWh", "101,MWh"), encoding="utf-8")
    assert "only 100 MWh of bought electricity is left" in refused("footprint", folder)


def caveats(folder: Path) -> dict[str, str]:
    return {one.code: one.text() for one in hc.Statement.of(hc.Workspace(folder)).caveats}
