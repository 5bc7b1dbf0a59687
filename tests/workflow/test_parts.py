"""Rows that other rows contain: machine rooms and feedstock, end to end; every figure here is made up."""

import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.intake import read_activities
from tests.commands import as_json, edit, run
from tests.workflow.test_offices import Row, codes, office, totals

BILLS: list[Row] = [
    ("electricity.grid", 100, "MWh", ""),  # r0
    ("stationary.natural_gas", 10000, "m3", ""),  # r1
    ("electricity.onsite_solar", 20, "MWh", ""),  # r2
]
HEADING = "activity_id,site,period,activity,quantity,unit,part_of,role\n"


def accounts(folder: Path, parts: str, rows: list[Row] = BILLS) -> Path:
    office(folder, "ghgp-cn", "CN-ZJ", 2023, rows)
    (folder / "activity" / "parts.csv").write_text(HEADING + parts, encoding="utf-8")
    return folder


def footprint(folder: Path) -> dict[str, Any]:
    return hc.Workspace(folder).footprint()


def fault(folder: Path) -> str:
    """Return what is said against a workspace."""
    with pytest.raises(hc.CarbonError) as caught:
        footprint(folder)
    return str(caught.value)


def energy(result: dict[str, Any], carrier: str, key: str = "energy") -> Fraction:
    return next(
        Fraction(one["value"]) for one in result[key] if (one["carrier"], one["flow"]) == (carrier, "energy.gj")
    )


def test_feedstock_is_neither_burnt_nor_energy_used(tmp_path: Path) -> None:
    """10,000 m3 of which 2,500 are feedstock give what 7,500 m3 burnt give, to the last digit."""
    result = footprint(accounts(tmp_path / "a", "feed,hq,2023-03,stationary.natural_gas,2500,m3,r1,feedstock\n"))
    burnt = [BILLS[0], ("stationary.natural_gas", 7500, "m3", ""), BILLS[2]]
    same = footprint(office(tmp_path / "b", "ghgp-cn", "CN-ZJ", 2023, burnt))
    for key in ("totals", "energy", "energy_mwh", "energy_comprehensive", "consolidations", "national"):
        assert result[key] == same[key]
    assert energy(result, "natural_gas") == 7500 * Fraction(38931, 10**6)
    assert [(one["role"], one["value"]) for one in result["parts"]["shares"]] == [("feedstock", "25")]
    told = next(one for one in result["findings"] if one["code"] == "feedstock-left-out")
    assert "2500 m3" in told["message"]
    assert "part-of-memo" not in codes(result)


@given(st.lists(st.decimals(min_value=0, max_value=1000, places=6), min_size=1, max_size=4))
def test_any_feedstock_is_taken_off_exactly(taken: list[Decimal]) -> None:
    with tempfile.TemporaryDirectory() as name:
        parts = "".join(
            f"f{place},hq,2023,stationary.natural_gas,{one:f},m3,r1,feedstock\n" for place, one in enumerate(taken)
        )
        folder = accounts(Path(name) / "a", parts)
        batches, found = read_activities(folder, hc.Workspace(folder).settings.site, hc.FactorLibrary.shipped())
        left = sum(
            Fraction(steps, 10 ** hc.units.grid(cell.unit))
            for cell, steps in batches[0].cube().steps.items()
            if cell.activity == "stationary.natural_gas"
        )
        assert left == 10000 - sum(map(Fraction, taken))
        assert len(found) == len(taken)


def test_feedstock_takes_region_and_technology_of_its_bill_and_any_unit_of_its_kind(tmp_path: Path) -> None:
    folder = accounts(
        tmp_path / "a",
        "feed,hq,2023,stationary.diesel,250,L,r0,feedstock\n",
        [("stationary.diesel", 1, "m3", ""), ("electricity.grid", 1, "MWh", "")],
    )
    left = footprint(folder)
    same = footprint(
        office(
            tmp_path / "b",
            "ghgp-cn",
            "CN-ZJ",
            2023,
            [("stationary.diesel", 750, "L", ""), ("electricity.grid", 1, "MWh", "")],
        )
    )
    assert totals(left) == totals(same)


def test_feedstock_in_a_parquet_bill_and_of_a_meter(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = accounts(tmp_path / "a", "feed,hq,2023-02-10/2023-02-20,stationary.natural_gas,40,m3,gas-1,feedstock\n")
    pd.DataFrame(
        {
            "activity_id": ["p1", "p2"],
            "site": "hq",
            "period": ["2023-01", "2023-02"],
            "activity": "stationary.natural_gas",
            "quantity": [100.0, 50.0],
            "unit": "m3",
            "meter": "gas-1",
        }
    ).to_parquet(folder / "activity" / "bulk.parquet")
    book = hc.Workspace(folder)
    months = {
        row["month"]: row.amount.value
        for row in hc.EnergyAccount(book.inventory).by("month", "activity")
        if row.flow == "energy.gj" and row["activity"] == "stationary.natural_gas"
    }
    assert months["2023-02"] == 10 * Fraction(38931, 10**6)
    assert not {"meter-overlap", "meter-gap"} & codes(book.footprint())


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("hq,2023,stationary.natural_gas,10001,m3,r1,feedstock", "more than the 10000 m3"),
        ("hq,2023,stationary.natural_gas,10,GJ,r1,feedstock", "the unit of this row is GJ"),
        ("hq,2023,stationary.diesel,10,L,r1,feedstock", "the activity of this row is stationary.diesel"),
        ("hq,2023-12-01/2024-01-31,stationary.natural_gas,10,m3,r1,feedstock", "no single bill contains"),
        ("hq,2023,electricity.grid,10,MWh,r0,feedstock", "does not go with electricity.grid"),
        ("hq,2023,stationary.natural_gas,10,m3,r1,it", "does not go with stationary.natural_gas"),
        ("hq,2024-01,electricity.grid,10,MWh,r0,it", "the period of this row is 2024-01"),
        ("hq,2023,electricity.onsite_solar,10,MWh,r0,", "the activity of this row is electricity.onsite_solar"),
        ("lab,2023,electricity.grid,10,MWh,r0,it", "the site of this row is lab"),
        ("hq,2023,electricity.grid,10,MWh,,it", "needs part_of"),
    ],
)
def test_a_part_that_fits_nothing_is_an_error_at_its_place(tmp_path: Path, part: str, said: str) -> None:
    folder = accounts(tmp_path / "a", f"x,{part}\n")
    edit(folder / "inventory.toml", "[[site]]", '[[site]]\nid = "lab"\nregion = "CN"\n\n[[site]]')
    told = fault(folder)
    assert said in told
    assert "parts.csv, row 2" in told


@pytest.mark.parametrize(("days", "day"), [("from = 2023-03-10", "2023-03-10"), ("to = 2023-03-20", "2023-03-20")])
def test_a_part_within_which_its_site_joins_or_leaves_is_an_error_at_its_place(
    tmp_path: Path, days: str, day: str
) -> None:
    bills = [
        f"m{at},hq,2023-03-{first:02d}/2023-03-{last:02d},electricity.grid,10,MWh,,"
        for at, first, last in ((0, 1, 9), (1, 10, 20), (2, 21, 31))
    ]
    folder = accounts(tmp_path / "a", "x,hq,2023-03,electricity.grid,1,MWh,m1,it\n", [])
    (folder / "activity" / "bills.csv").write_text(HEADING + "\n".join(bills) + "\n", encoding="utf-8")
    edit(folder / "inventory.toml", 'id = "hq"', f'id = "hq"\n{days}')
    told = fault(folder)
    assert "parts.csv, row 2" in told and day in told


def test_a_negative_part_is_refused_even_with_a_credit_mark(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a", "")
    text = HEADING.replace("role", "role,credit") + "x,hq,2023,electricity.grid,-10,MWh,r0,it,yes\n"
    (folder / "activity" / "parts.csv").write_text(text, encoding="utf-8")
    assert "cannot be negative" in fault(folder)


def test_the_pue_has_all_electricity_of_the_site_above(tmp_path: Path) -> None:
    result = footprint(accounts(tmp_path / "a", "it,hq,2023,electricity.grid,50000,kWh,r0,it\n"))
    assert [one["value"] for one in result["parts"]["pue"]] == ["2.4"]  # (100 + 20) / 50
    assert [one["value"] for one in result["parts"]["shares"]] == ["50"]  # of what is bought


def test_a_machine_room_may_run_on_solar_power_alone(tmp_path: Path) -> None:
    rows = "s,hq,2023,electricity.onsite_solar,100,MWh,,\nit,hq,2023,electricity.onsite_solar,40,MWh,s,it\n"
    result = footprint(accounts(tmp_path / "a", rows, [BILLS[1]]))
    assert [one["value"] for one in result["parts"]["pue"]] == ["2.5"]


MONTHS = "m{0},hq,2023-{0:02d},electricity.grid,{1},MWh,,\n"


def test_it_rows_of_half_a_year_are_compared_with_the_same_half(tmp_path: Path) -> None:
    months = "".join(MONTHS.format(month, 10 if month <= 6 else 90) for month in range(1, 13))
    rooms = "".join(f"it{one},hq,2023-{one:02d},electricity.grid,5,MWh,m{one},it\n" for one in range(1, 7))
    result = footprint(accounts(tmp_path / "a", months + rooms, [BILLS[1]]))
    assert [one["value"] for one in result["parts"]["pue"]] == ["2"]
    assert "pue-part-year" in codes(result)


@pytest.mark.parametrize("period", ["2023-03", "2023-Q1", "2023-01-01/2023-12-30"])
def test_a_yearly_bill_gives_no_pue_for_a_part_of_the_year(tmp_path: Path, period: str) -> None:
    result = footprint(accounts(tmp_path / "a", f"it,hq,{period},electricity.grid,5,MWh,r0,it\n"))
    assert result["parts"]["pue"] == []
    assert "pue-days-differ" in codes(result)


def test_it_rows_of_days_are_not_compared_with_a_month(tmp_path: Path) -> None:
    rows = MONTHS.format(3, 10) + "it,hq,2023-03-01/2023-03-10,electricity.grid,2,MWh,m3,it\n"
    assert footprint(accounts(tmp_path / "a", rows, [BILLS[1]]))["parts"]["pue"] == []


def test_parts_outside_the_boundary_are_shown_nowhere(tmp_path: Path) -> None:
    site = '[[site]]\nid = "let"\nregion = "CN"\ncontrol = ["financial"]\n\n[[site]]'
    rows = "e,let,2023,electricity.grid,10,MWh,,\nit,let,2023,electricity.grid,5,MWh,e,it\n"
    folder = accounts(tmp_path / "a", rows)
    edit(folder / "inventory.toml", "[[site]]", site)
    result = footprint(folder)
    assert result["parts"] == {"shares": [], "pue": []}
    assert "site-outside-boundary" in codes(result)


def test_a_whole_in_units_that_cannot_be_added_has_no_share(tmp_path: Path) -> None:
    rows = "g,hq,2023,stationary.natural_gas,5,GJ,,\nx,hq,2023,stationary.natural_gas,10,m3,r1,\n"
    result = footprint(accounts(tmp_path / "a", rows))
    assert result["parts"]["shares"] == []
    assert "part-units-mixed" in codes(result)


def test_explain_says_what_a_part_does(tmp_path: Path) -> None:
    rows = "it,hq,2023,electricity.grid,50,MWh,r0,it\nfeed,hq,2023,stationary.natural_gas,2500,m3,r1,feedstock\n"
    folder = accounts(tmp_path / "a", rows)
    told = as_json("explain", folder, "it")
    assert (told["part_of"], told["role"], told["quantity"], told["lines"], told["ladder"]) == (
        "r0",
        "it",
        "50",
        [],
        [],
    )
    assert "enters no total" in run("explain", folder, "it").stdout
    told = as_json("explain", folder, "feed")
    assert (told["part_of"], told["quantity"], told["where"]["row"]) == ("r1", "-2500", 3)
    co2 = next(one for one in told["lines"] if one["flow"] == "CO2")
    assert Fraction(co2["amount"]) == -2500 * Fraction("38931") * 56100 / 10**12
    assert "原料" in run("explain", folder, "feed", "--lang", "zh").stdout


def test_rows_by_id_or_meter_are_found_on_every_engine() -> None:
    polars = pytest.importorskip("polars")
    frame = pd.DataFrame(
        {
            "activity_id": ["a", "b", "c"],
            "site": "hq",
            "region": "CN",
            "period": ["2023-01", "2023-02", "2023-03-05/2023-03-09"],
            "activity": "electricity.grid",
            "quantity": [1.0, 2.0, 3.0],
            "unit": "MWh",
            "meter": ["m", None, "m"],
        }
    )
    for native in (frame, polars.from_pandas(frame), polars.from_pandas(frame).lazy()):
        acts = hc.Activities(native)
        assert sorted(one.activity_id for one in acts.rows(["m"])) == ["a", "c"]
        assert [one.activity_id for one in acts.rows(["b"])] == ["b"]
        assert len(acts.rows()) == 3
        assert {one.label for _, one in acts.stated()} == {"2023-01", "2023-02", "2023-03-05/2023-03-09"}
