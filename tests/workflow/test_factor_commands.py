"""The factor commands end to end: search and show in both languages, diff of editions and days, check of own files."""

import json
from pathlib import Path

import pytest

from tests.commands import as_json, refused, run

OWN = "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"
SOURCES = '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "own"\n'
FINE = "own.a,electricity.grid,CO2,0.5,kg/kWh,CN,2024-01-01,2024,own,meter,primary\n"
BROKEN = "own.b,electricity.gird,CO2,0.5,kg/kWx,CX,2024-01-01,2024,own,meter,primary\n"


@pytest.mark.parametrize(
    ("chinese", "english"), [("天然气", "natural gas"), ("汽油", "petrol"), ("外购电力", "electricity")]
)
def test_both_languages_find_the_same_codes(chinese: str, english: str) -> None:
    codes = [
        [hit.get("id") or hit["activity"] for hit in as_json("factors", "search", words)["hits"]]
        for words in (chinese, english)
    ]
    assert sorted(codes[0]) == sorted(codes[1])
    assert len(codes[0]) > 10


def test_show_prints_everything_that_an_auditor_asks() -> None:
    shown = run("factors", "show", "ipcc2006.natural_gas.co2").stdout
    for what in (
        "56100",
        "kgCO2/TJ",
        "net",
        "world",
        "2006-01-01",
        "2006-04",
        "ipcc-2006-v2",
        "Table 1.4, pp. 1.23-1.24",
        "facts-only",
        "two-transcriptions",
    ):
        assert what in shown, what
    chinese = run("factors", "show", "mee2022.electricity.cn.average", "--lang", "zh").stdout
    for what in ("0.5366", "公布日期", "2024-12-26", "表1", "许可", "核对方式", "CN", "2022-12-31"):
        assert what in chinese, what


def test_diff_of_editions_and_of_days() -> None:
    editions = as_json("factors", "diff", "mee-2024-12", "mee-2024-33")["differences"]
    national = next(one for one in editions if one["before"]["id"] == "mee2021.electricity.cn.average")
    assert (national["before"]["value"], national["after"]["value"], national["percent"]) == (
        "0.5568",
        "0.5366",
        "-3.6279",
    )
    days = as_json("factors", "diff", "2024-12-25", "2024-12-26")["differences"]
    assert {one["after"]["id"] for one in days} == {one["after"]["id"] for one in editions}
    done = run("factors", "diff", "mee-2024-12", "mee-2024-33")
    assert "-3.63 %" in done.stdout
    assert "40 numbers differ" in done.stderr
    assert "40个数值不同" in run("factors", "diff", "mee-2024-12", "mee-2024-33", "--lang", "zh").stderr
    assert "mee-2024-33" in refused("factors", "diff", "mee-2024-12", "mee-2024-34")
    assert "not one with the other" in refused("factors", "diff", "2024-12-25", "mee-2024-33")


def test_check_passes_good_files_and_names_every_fault_by_row(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "own.csv").write_text(OWN + FINE, encoding="utf-8")
    done = run("factors", "check", tmp_path)
    assert (done.returncode, done.stdout) == (0, "Fine: 1 factors, 0 fuel properties, 0 GWPs.\n")
    (tmp_path / "own.csv").write_text(OWN + FINE + BROKEN, encoding="utf-8")
    done = run("factors", "check", tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("own.csv, row 3: ") == 3
    for what in ("kWx", "'CX'", "electricity.grid"):
        assert what in done.stdout
    done = run("factors", "check", tmp_path, "--json", "--lang", "zh")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["ok"], len(found["problems"])) == (False, 3)
    (tmp_path / "own.csv").write_text(OWN + FINE.replace("0.5", "half"), encoding="utf-8")
    done = run("factors", "check", tmp_path)
    assert (done.returncode, "own.csv, row 2, column value" in done.stdout) == (1, True)


def test_check_refuses_what_is_no_folder_of_factors(tmp_path: Path) -> None:
    refused("factors", "check", tmp_path / "nothing")
    assert "nothing was checked" in refused("factors", "check", tmp_path)
