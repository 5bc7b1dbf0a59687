"""The made-up campus: its files are what its script writes, its sums are those published, its faults are as listed."""

import csv
import re
import runpy
import shutil
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.workspace import Workspace

ROOT = Path(__file__).parents[2]
CAMPUS = ROOT / "examples" / "campus-monthly"
HUNDSUN = ROOT / "examples" / "hundsun-2024"
OURS = {"README.md", "expected.csv", "inventory.toml", "make.py"}
"""What people wrote; the rest the script writes."""


@cache
def script() -> dict[str, Any]:
    return runpy.run_path(str(CAMPUS / "make.py"))


def table(name: str, folder: Path = CAMPUS) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def truth() -> tuple[Any, ...]:
    """Return the bills as they would be without faults."""
    made = script()
    use = made["uses"]()
    return tuple(bill for meter in made["METERS"] for bill in made["bills"](meter, use[made["_key"](meter)]))


@cache
def campus(folder: Path = CAMPUS) -> Workspace:
    return Workspace(folder)


def files(folder: Path) -> set[str]:
    kept = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in kept if not {"out", "seals", "__pycache__"} & set(path.parts)}


def test_the_script_writes_the_committed_files_to_the_byte(tmp_path: Path) -> None:
    script()["main"](tmp_path)
    assert files(tmp_path) | OURS == files(CAMPUS)
    for name in files(tmp_path):
        assert (tmp_path / name).read_bytes() == (CAMPUS / name).read_bytes(), name


def test_every_file_says_that_it_is_made_up() -> None:
    for name in files(CAMPUS) - {"faults.csv"}:
        assert "made up" in (CAMPUS / name).read_text(encoding="utf-8").replace("made-up", "made up").lower(), name
    for name in files(CAMPUS) - OURS - {"faults.csv"}:
        for row in table(name):
            assert (row.get("note") or row.get("source", "")).startswith("made up 虚构"), (name, row)


@pytest.mark.parametrize(
    ("carrier", "activity"),
    [("electricity", "electricity.grid"), ("gas", "stationary.natural_gas"), ("petrol", "mobile.petrol")],
)
def test_before_the_faults_the_yearly_use_is_what_was_published(carrier: str, activity: str) -> None:
    made = script()
    published = {
        int(row["period"]): int(row["quantity"])
        for row in table("activity/energy.csv", HUNDSUN)
        if row["activity"] == activity
    }
    assert made["PUBLISHED"][carrier] == published
    names = [made["_key"](meter) for meter in made["METERS"] if meter.carrier == carrier]
    use = made["uses"]()
    sums: Counter[int] = Counter()
    for name in names:
        for day, quantity in use[name].items():
            sums[day.year] += quantity
    assert sums == published
    assert sum(one.quantity for one in truth() if one.meter.carrier == carrier) == sum(published.values())


def test_the_water_is_what_was_published() -> None:
    printed = next(row for row in table("reported.csv", HUNDSUN) if row["id"] == "water.total")
    sums: Counter[str] = Counter()
    for row in table("water.csv"):
        if row["kind"] == "withdrawal":
            sums[row["period"][:4]] += int(row["quantity"])
    # the first two columns of the table are interchanged: the README of that example says why
    expected = {"2022": printed["2023"], "2023": printed["2022"], "2024": printed["2024"]}
    assert sums == {year: int(text.replace(",", "")) for year, text in expected.items()}


def test_the_machine_rooms_of_2024_are_what_was_published_before_the_servers_moved_in() -> None:
    made = script()
    rooms = made["ROOMS"]
    assert sum(made["room_use"](name, share, 2024) for _, name, _, _, share, _ in rooms) == 825_400


def test_the_bills_differ_from_the_truth_by_the_faults_that_are_listed_and_by_nothing_else() -> None:
    listed = table("faults.csv")
    unchanged = {"reconciliation"}
    entered = {one.key: one.quantity for one in script()["recorded"](truth())}
    differing = {
        (one.meter.site, one.meter.name, f"{one.end:%Y-%m}")
        for one in truth()
        if entered.get(one.key) != one.quantity or f"{one.key}-corrected" in entered
    }
    assert differing == {(row["site"], row["meter"], row["month"]) for row in listed if row["kind"] not in unchanged}


def test_the_faults_are_of_the_size_and_kind_that_they_say() -> None:
    by_kind: dict[str, list[dict[str, str]]] = {}
    for row in table("faults.csv"):
        by_kind.setdefault(row["kind"], []).append(row)
    assert by_kind.keys() == {
        *("decimal", "stuck", "change", "missing", "overlap", "step", "late", "reconciliation"),
    }

    def share(row: dict[str, str]) -> Fraction:
        return Fraction(row["entered_quantity"]) / Fraction(row["true_quantity"])

    assert [share(row) for row in by_kind["decimal"]] == [10]
    assert [round(float(share(row)), 2) for row in by_kind["change"]] == [0.67, 1.18, 1.24]
    assert {round(float(share(row)), 2) for row in by_kind["step"]} == {1.22}
    assert len({row["entered_quantity"] for row in by_kind["stuck"]}) == 1
    assert [row["entered_quantity"] for row in by_kind["missing"]] == [""]
    late = by_kind["late"]
    assert [row["entered_quantity"] for row in late] == ["", str(sum(int(row["true_quantity"]) for row in late))]


def test_the_own_meter_agrees_with_its_bills_but_in_one_month() -> None:
    bills = {
        row["period"]: int(row["quantity"]) for row in table("activity/electricity.csv") if row["meter"] == "00101"
    }
    off = {row["period"]: int(row["quantity"]) / bills[row["period"]] - 1 for row in table("meter_checks.csv")}
    assert [month for month, share in off.items() if abs(share) > 0.01] == ["2024-05"]
    assert off["2024-05"] == pytest.approx(-0.06, abs=0.01)


def test_the_degree_days_fit_the_climates() -> None:
    yearly: Counter[tuple[str, str]] = Counter()
    for row in table("weather.csv"):
        yearly[row["site"], "heating"] += float(row["heating_degree_days"])
        yearly[row["site"], "cooling"] += float(row["cooling_degree_days"])
    heating = [yearly[site, "heating"] for site in ("sz", "hz", "bj")]
    assert heating == sorted(heating)
    assert yearly["sz", "cooling"] > yearly["bj", "cooling"] > 0
    assert len(table("weather.csv")) == 5 * 36


def test_the_footprint_is_computed_and_names_what_is_wrong_with_the_bills(tmp_path: Path) -> None:
    shutil.copytree(CAMPUS, tmp_path / "campus", ignore=shutil.ignore_patterns("out", "seals", "__pycache__"))
    footprint = Workspace(tmp_path / "campus").footprint()
    totals = {(row["year"], row["scope"]): Fraction(row["value"]) for row in footprint["totals"]}
    for year in (2022, 2023, 2024):
        rounded = Fraction(1, 10**12)  # what does not end is shown to 12 places
        assert abs(totals[year, "total"] - totals[year, "1"] - totals[year, "2"]) <= 2 * rounded
        assert 8_000 < totals[year, "total"] < 9_500
    said = " ".join(one["message"] for one in footprint["findings"])
    assert re.search(r"00103.*overlap", said)
    assert re.search(r"0755-7.*no bill covers|no bill covers.*0755-7", said)


def test_the_accounts_hold_what_the_bills_say() -> None:
    """The exact total of the ledger is the sum of the bills, faults and all."""
    bills = [row for row in table("activity/electricity.csv") if not row["part_of"]]
    account = campus().inventory.ledger.totals("subject")
    energy = sum(
        (
            row.amount.value
            for row in account
            if row.flow == "energy.gj" and dict(row.group)["subject"] == "electricity"
        ),
        Fraction(0),
    )
    assert energy == sum(Fraction(row["quantity"]) for row in bills) * Fraction(36, 10_000)
