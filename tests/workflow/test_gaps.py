"""A workspace with gaps: what is missing is named, what is filled is marked and counted; every figure is made up."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from hsesg_carbon.cli import app
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.workspace import Workspace
from tests.billed import months

INVENTORY = """organisation = { id = "us", name = { en = "Us", zh = "我们" } }
methodology = "ghgp-cn"
consolidation = "operational-control"
boundary = "all"
periods = ["2022", "2023"]
[[site]]
id = "hq"
region = "CN-ZJ"
[[site]]
id = "lab"
region = "CN-ZJ"
"""
HEADER = "activity_id,site,period,activity,quantity,unit,meter,quality"
FILL = """[[fill]]
site = "hq"
activity = "electricity.*"
month = "2023-04"
method = "interpolation"
reason = "the bill was lost"

[[fill]]
activity = "electricity.grid"
method = "per-area"
reason = "no reading"
"""
AREAS = "denominator,site,period,value,unit,boundary,version,source\n" + "".join(
    f"floor_area,{site},{year},{area},m2,all,1,lease\n"
    for site, area in (("hq", 1000), ("lab", 500))
    for year in (2022, 2023)
)
GONE = {("hq", "2023-04"), ("lab", "2023-09")}


def rows(gone: set[tuple[str, str]] = GONE) -> list[str]:
    return [
        f"{site}-{month},{site},{month},electricity.grid,{size * (100 + place % cycle)},kWh,m-{site},invoiced"
        for site, size, cycle in (("hq", 20, 7), ("lab", 10, 5))
        for place, month in enumerate(months(2022, 2023))
        if (site, month) not in gone
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "activity").mkdir()
    write(tmp_path, "inventory.toml", INVENTORY)
    write(tmp_path, "activity/bills.csv", "\n".join([HEADER, *rows()]) + "\n")
    write(tmp_path, "denominators.csv", AREAS)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def footprint(folder: Path) -> Any:
    return json.loads(run("footprint", folder, "--json"))


def of_code(findings: tuple[Finding, ...], code: str) -> list[dict[str, Any]]:
    return [one.data for one in findings if one.code == code]


def test_without_rules_gaps_are_named_and_nothing_is_filled(folder: Path) -> None:
    accounts = Workspace(folder)
    found = accounts.findings
    assert [one["days"] for one in of_code(found, "meter-gap")] == [30, 30]
    assert [one["months"] for one in of_code(found, "year-partly-covered")] == [["2023-04"], ["2023-09"]]
    assert not of_code(found, "bills-missing")  # it was said already
    assert accounts.filled == ()
    missing = {(one["site"], one["month"]) for one in accounts.completeness_rows() if one["status"] == "missing"}
    assert missing == GONE


def test_filled_rows_are_ordinary_rows_that_explain_themselves(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    row = json.loads(run("explain", folder, "gap:hq:electricity.grid:m-hq:2023-04", "--json"))
    assert "按日插值估算" in row["note"]
    assert "by interpolation per day between 2023-03 (64.516129 kWh/day) and 2023-05" in row["note"]
    text = run("explain", folder, "gap:lab:electricity.grid:m-lab:2023-09")
    assert "from gaps.toml" in text
    assert "evidence: no reading" in text
    assert "hq used 2120 kWh on 1000 m2" in " ".join(text.split())
    assert "gap:lab:electricity.grid:m-lab:2023-09: 1060 kWh" in text


def test_filling_adds_the_filled_rows_to_the_totals_and_taking_the_rules_away_takes_them_out(folder: Path) -> None:
    before = footprint(folder)["totals"]
    write(folder, "gaps.toml", FILL)
    accounts = Workspace(folder)
    with_fills = footprint(folder)["totals"]
    lines = pd.read_csv(folder / "out" / "lines.csv")
    assert set(lines[lines["filled"].notna()]["activity_id"]) == {one.id for one in accounts.filled}
    added = sum(
        (
            line.amount.value
            for one in accounts.filled
            for line in accounts.explain(one.id).lines
            if line.flow.flow == "CO2" and line.scope2 == "location"
        ),
        Fraction(0),
    )
    assert added > 0
    totals = [{(one["year"], one["scope"]): Fraction(one["value"]) for one in side} for side in (before, with_fills)]
    assert totals[1][2023, "2"] - totals[0][2023, "2"] == added
    assert totals[1][2022, "2"] == totals[0][2022, "2"]
    (folder / "gaps.toml").unlink()
    assert footprint(folder)["totals"] == before


def test_filled_gaps_are_no_longer_told_as_gaps_but_as_filled(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    found = Workspace(folder).findings
    assert not {"meter-gap", "year-partly-covered", "bills-missing"} & {one.code for one in found}
    told = {one["site"]: one for one in of_code(found, "gaps-filled")}
    assert {site: (one["count"], one["quantity"], one["rule"]) for site, one in told.items()} == {
        "hq": (1, "1954.83871", 1),  # 30 days between 2000/31 and 2040/31 a day
        "lab": (1, "1060", 2),  # half of the 2120 kWh on twice the area
    }
    hq = sum(20 * (100 + place % 7) for place in range(12, 24) if place != 15)
    assert abs(
        Fraction(told["hq"]["percent"]) - 100 * Fraction("1954.83871") / (hq + Fraction("1954.83871"))
    ) < Fraction(1, 100)


def test_the_share_of_estimated_data_stands_beside_every_total(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    result = footprint(folder)
    totals = {(one["year"], one["scope"]): Fraction(one["value"]) for one in result["totals"]}
    rows = {(one["year"], one["scope"]): one for one in result["estimated"]}
    assert rows.keys() == totals.keys()
    assert (rows[2022, "total"]["value"], rows[2022, "total"]["percent"]) == ("0", "0")
    one = rows[2023, "total"]
    assert one["unit"] == "tCO2e"
    percent = 100 * Fraction(one["value"]) / totals[2023, "total"]
    assert abs(percent - Fraction(one["percent"])) < Fraction(1, 10**11)
    assert one["unstated_percent"] == "0"
    text = " ".join(run("footprint", folder).split())
    assert "of which from estimated data (%)" in text
    assert "Total 0.00 %" in text


def test_nought_percent_is_told_apart_from_no_quality_stated(folder: Path) -> None:
    write(folder, "activity/bills.csv", "\n".join(one.rsplit(",", 1)[0] for one in [HEADER, *rows()]) + "\n")
    for one in footprint(folder)["estimated"]:
        assert (one["value"], one["percent"], one["unstated_percent"]) == (None, None, "100")
    assert "estimated data" not in run("footprint", folder)
    write(folder, "gaps.toml", FILL)
    one = {(row["year"], row["scope"]): row for row in footprint(folder)["estimated"]}[2023, "total"]
    assert Fraction(one["percent"]) + Fraction(one["unstated_percent"]) == pytest.approx(100)
    assert "of which without a stated quality" in run("footprint", folder)


def test_rows_that_people_estimated_count_as_well(folder: Path) -> None:
    text = "\n".join([HEADER, *rows(set())])
    (bill,) = [one for one in text.splitlines() if one.startswith("hq-2023-04")]
    write(folder, "activity/bills.csv", text.replace(bill, bill.replace("invoiced", "estimated")))
    result = footprint(folder)
    told = {(one["year"], one["scope"]): one for one in result["estimated"]}
    total = next(one for one in result["totals"] if (one["year"], one["scope"]) == (2023, "total"))
    used = sum(Fraction(one.split(",")[4]) for one in text.splitlines() if ",2023-" in one)
    share = Fraction(bill.split(",")[4]) / used  # one factor holds for all, so emissions go with use
    assert Fraction(told[2023, "total"]["value"]) == Fraction(total["value"]) * share
    assert told[2022, "total"]["value"] == "0"


def test_each_filled_row_has_an_uncertainty_of_its_own_that_a_rule_may_override(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    general = (
        'published = "lognormal"\n[[activity]]\nbelow = "1 %"\nabove = "1 %"\nshape = "normal"\n'
        'shared = "meter"\norigin = "class of the meter"\n'
    )
    write(folder, "uncertainty.toml", general)
    accounts = Workspace(folder)
    sources = accounts.uncertainty(draws=64).sources
    for one in accounts.filled:
        assert one.half_width is not None
        assert sources[one.id].spread == one.spread
        assert f"[[fill]] {one.rule}" in sources[one.id].origin
        assert sources["hq: m-hq invoiced"].origin == "class of the meter"
    own = general + general.partition("\n")[2].replace("1 %", "30 %").replace("shared", 'filled = "gap:hq:*"\nshared')
    write(folder, "uncertainty.toml", own)
    result = Workspace(folder).uncertainty(draws=64)
    spreads = {name: one.spread and one.spread.upper for name, one in result.sources.items() if name.startswith("gap:")}
    assert spreads["gap:hq:electricity.grid:m-hq:2023-04"] == pytest.approx(1.3)
    assert spreads["gap:lab:electricity.grid:m-lab:2023-09"] == accounts.filled[1].spread.upper  # type: ignore[union-attr]
    assert "uncertainty-idle" not in {one.code for one in result.findings}


def test_the_matrix_shows_method_and_uncertainty_of_what_was_filled(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    result = json.loads(run("completeness", folder, "--json"))
    told = {one["site"]: one for one in result["completeness"] if one["status"] == "estimated"}
    assert {site: (one["month"], one["method"]) for site, one in told.items()} == {
        "hq": ("2023-04", "interpolation"),
        "lab": ("2023-09", "per-area"),
    }
    assert all(Fraction(one["uncertainty_percent"]) > 0 for one in told.values())
    assert {one["code"] for one in result["findings"]} == {"gaps-filled"}


@pytest.mark.parametrize(("lang", "word"), [("en", "days billed twice"), ("zh", "有天数重复")])
def test_the_matrix_is_printed_in_both_languages(folder: Path, lang: str, word: str) -> None:
    text = run("completeness", folder, "--lang", lang)
    (line,) = [one for one in text.splitlines() if "m-hq" in one and "○" in one and "electricity.grid" in one]
    assert line.split()[3:] == ["●"] * 3 + ["○"] + ["●"] * 8
    assert word in text


def test_a_rule_that_cannot_be_applied_stops_and_says_why(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    write(folder, "denominators.csv", AREAS.replace("floor_area,lab,2023", "floor_area,lab,2021"))
    with pytest.raises(InputError, match="site lab has no floor_area of 2023"):
        Workspace(folder).footprint()


def test_degree_days_of_a_month_stand_there_once(folder: Path) -> None:
    header = "region,month,heating_degree_days,cooling_degree_days,base_heating,base_cooling,source\n"
    write(folder, "gaps.toml", FILL)
    write(folder, "weather.csv", header + "CN-ZJ,2023-04,10,0,18,26,a\nCN-ZJ,2023-04,12,0,18,26,b\n")
    with pytest.raises(InputError, match="stand there twice"):
        Workspace(folder).footprint()


def test_summer_between_the_bills_of_a_heat_meter_is_no_gap_and_a_lost_winter_is(folder: Path) -> None:
    winter = ["2022-01", "2022-02", "2022-12", "2023-01", "2023-12"]
    heat = [f"h-{one},hq,{one},heat.purchased,50,GJ,H-1," for one in winter]
    write(folder, "activity/bills.csv", "\n".join([HEADER, *rows(set()), *heat]) + "\n")
    write(folder, "expected.csv", "activity,season,note\nheat.*,12/02,city heating\n")
    assert [one["days"] for one in of_code(Workspace(folder).findings, "meter-gap")] == [28]


def test_a_misspelt_method_is_named(folder: Path) -> None:
    write(folder, "gaps.toml", FILL.replace("per-area", "per-aera"))
    with pytest.raises(InputError, match=r"fill\.2\.method"):
        Workspace(folder).footprint()


def test_gaps_in_a_parquet_table_are_filled_beside_it(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    whole = footprint(folder)
    frame = pd.DataFrame([one.split(",") for one in rows()], columns=HEADER.split(","))
    hq = frame["site"] == "hq"
    frame[hq].astype({"quantity": float}).to_parquet(folder / "activity" / "hq.parquet")
    write(folder, "activity/bills.csv", frame[~hq].to_csv(index=False))
    assert footprint(folder)["totals"] == whole["totals"]
    assert footprint(folder)["estimated"] == whole["estimated"]
    (folder / "activity" / "bills.csv").unlink()
    frame[~hq].astype({"quantity": float}).to_parquet(folder / "activity" / "lab.parquet")
    assert footprint(folder)["totals"] == whole["totals"]


def test_other_engines_fill_the_same_gaps(folder: Path) -> None:
    write(folder, "gaps.toml", FILL)
    pytest.importorskip("polars")
    one, other = (Workspace(folder, engine=engine) for engine in ("pandas", "polars"))
    assert one.footprint()["totals"] == other.footprint()["totals"]
    assert one.footprint()["estimated"] == other.footprint()["estimated"]


def test_bills_with_two_days_are_filled_with_two_days(folder: Path) -> None:
    header = "activity_id,site,period_start,period_end,activity,quantity,unit"
    bills = [
        "a,hq,2023-01-01,2023-01-31,electricity.grid,310,kWh",
        "b,hq,2023-02-01,2023-02-10,electricity.grid,90,kWh",
        "c,hq,2023-03-01,2023-03-31,electricity.grid,310,kWh",
    ]
    write(folder, "activity/bills.csv", "\n".join([header, *bills]) + "\n")
    write(folder, "gaps.toml", FILL.replace("2023-04", "2023-*").partition("\n\n")[0])
    (one,) = Workspace(folder).filled
    assert (one.period.label, one.quantity) == ("2023-02-11/2023-02-28", 180)


def test_a_season_in_expected_csv_silences_summer_and_nothing_else(folder: Path) -> None:
    heat = [f"h-{one},hq,{one},heat.purchased,50,GJ,," for one in months(2022, 2023) if one[5:] in {"01", "02", "12"}]
    write(folder, "activity/bills.csv", "\n".join([HEADER, *rows(set()), *heat]) + "\n")
    assert of_code(Workspace(folder).findings, "year-partly-covered")
    write(folder, "expected.csv", "activity,season,note\nheat.*,12/02,city heating\n")
    accounts = Workspace(folder)
    assert not of_code(accounts.findings, "year-partly-covered")
    assert {one["status"] for one in accounts.completeness_rows()} == {"complete", "not-expected"}
    write(folder, "expected.csv", "activity,season,note\nheat.*,12/02,city heating\nheta.*,12/02,misspelt\n")
    assert [one["activity"] for one in of_code(Workspace(folder).findings, "expected-idle")] == ["heta.*"]
    write(folder, "expected.csv", "activity,season,note\nheat.*,winter,city heating\n")
    with pytest.raises(InputError, match="no season"):
        _ = Workspace(folder).findings


def test_organisations_intensities_ignore_what_is_of_one_site(folder: Path) -> None:
    one = "floor_area,,2022,2000,m2,all,1,sum of the leases\nfloor_area,,2023,2000,m2,all,1,sum of the leases\n"
    write(folder, "denominators.csv", AREAS + one)
    per = {(row["year"], row["scope"]): row for row in footprint(folder)["intensities"]}
    assert per[2022, "total"]["denominator"]["value"] == "2000"
    write(folder, "denominators.csv", AREAS.replace(",lab,", ",cellar,"))
    with pytest.raises(InputError, match="cellar"):
        Workspace(folder).footprint()


def test_reasons_that_look_like_formulas_stay_text(folder: Path) -> None:
    write(folder, "gaps.toml", FILL.replace("the bill was lost", "=cmd|' /C calc'!A0"))
    run("footprint", folder)
    assert "'=cmd" in (folder / "out" / "lines.csv").read_text(encoding="utf-8")
