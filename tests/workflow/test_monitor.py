"""The monitor from the command line, as a facilities team uses it; every figure here is made up."""

import json
from pathlib import Path

import hsesg_carbon as hc
from tests.commands import as_json, refused, run
from tests.unit.test_monitor import BUILDINGS, DENOMINATORS, TARGETS, bills, write

HOSTILE = "<script>alert(1)</script>"


def accounts(folder: Path) -> Path:
    rows = DENOMINATORS + "".join(f"floor_area,{year},100,m2,all,made up,a\n" for year in (2022, 2023, 2024))
    plan = TARGETS + "=cmd,a,electricity,2024,15,MWh,plan,made up\n"
    return write(folder, bills(), denominators=rows, targets=plan, buildings=BUILDINGS)


def test_the_command_gives_what_the_library_gives(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    own = hc.Monitor.of(hc.Workspace(folder), "2023-12").as_json("zh")
    assert as_json("monitor", folder, "--month", "2023-12", "--lang", "zh") == json.loads(json.dumps(own))
    assert not (folder / "out").exists()  # data on stdout is all that was asked for


def test_the_command_prints_the_month_in_both_languages_and_writes_one_page(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    english, chinese = (
        run("monitor", folder),
        run("monitor", folder, "--lang", "zh", "--out", tmp_path / "b" / "page.html"),
    )
    assert "Us: energy and emissions in 2024-02" in english.stdout
    assert "我们：2024-02能耗与排放" in chinese.stdout
    row = next(line for line in english.stdout.splitlines() if "Site a" in line and "tCO2e" in line)
    assert row.split() == ["Site", "a", "tCO2e", "0.89", "+0.61", "%", "+7.81", "%", "1.77", "+7.83", "%"]
    assert "16.60 %" in english.stdout  # 2.49 of 15 MWh
    assert (folder / "out" / "monitor.html").stat().st_size > 10_000
    assert (tmp_path / "b" / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_hostile_name_does_no_harm_in_the_page(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    path = folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("Site a", HOSTILE), encoding="utf-8")
    assert run("monitor", folder).returncode == 0
    assert HOSTILE not in (folder / "out" / "monitor.html").read_text(encoding="utf-8")


def test_what_cannot_be_shown_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "a")
    assert "2022-01 to 2024-02" in refused("monitor", folder, "--month", "1999-01")
    (folder / "tenants.csv").write_text(
        "tenant,site,activity,basis,share,meter,from,to,note\nt,a,electricity.grid,share,110%,,,,\n", encoding="utf-8"
    )
    assert "tenants.csv, row 2" in refused("monitor", folder)
