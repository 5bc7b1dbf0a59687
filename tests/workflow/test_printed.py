"""What the terminal shows of the accounts beside the totals; every figure here is made up."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hsesg_carbon.cli import app
from tests.workflow.test_offices import Row, office
from tests.workflow.test_resources import MEASURES, OFFSETS, WASTE, WATER

ROWS: list[Row] = [
    ("electricity.grid", 100, "MWh", ""),
    ("stationary.biodiesels", 3, "GJ", ""),
    ("refrigerant.r22", 10, "kg", ""),
    ("electricity.sold", 5, "MWh", ""),
]
FILES = {
    "water": WATER + "hq,2023,withdrawal,third-party,1200,m3,yes\nhq,2023,discharge,surface,900,m3,yes\n",
    "waste": WASTE + "hq,2023,paper,no,recycling,500,kg,,,\nhq,2023,mixed,no,landfill,2,t,,,\n",
    "measures": MEASURES + "LED,2023,2,1000,kWh,1,kgCO2e/kWh,elsewhere\n",
    "offsets": OFFSETS,
    "activity/parts": "activity_id,site,period,activity,quantity,unit,part_of,role\n"
    "it,hq,2023,electricity.grid,40,MWh,r0,it\n",
}


def printed(folder: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["footprint", str(folder), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def full(tmp_path: Path) -> Path:
    folder = office(tmp_path / "full", "ghgp-cn", "CN-ZJ", 2023, ROWS)
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_the_accounts_that_a_workspace_has_are_printed(full: Path) -> None:
    lines = [" ".join(line.split()) for line in printed(full).splitlines()]
    for line in (
        "location-based 49.74",
        "market-based 60.96",
        "net of energy sold 345.00",
        "biogenic CO2 0.2124",
        "HCFC-22 0.0100",
        "Water (m3)",
        "withdrawal 1,200.00",
        "consumption 300.00",
        "diverted from disposal (t) 0.50",
        "directed to disposal (t) 2.00",
        "hq: it of electricity.grid (%) 40.00",
        "hq: PUE 2.50",
        "Reduction measures (tCO2e), beside the totals, never netted",
        "LED (Scope 2) 1.537",
        "retired for us in 2023 CCER 2021 60.00",
        "held, not retired CCER 2021 40.00",
    ):
        assert line in lines


def test_they_are_printed_in_chinese_and_fit_a_narrow_terminal(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsesg_carbon.printing.console._PLAIN_WIDTH", 80)
    text = printed(full, "--lang", "zh")
    for words in (
        "水（m3）",
        "耗水",
        "送往处置（t）",
        "PUE",
        "减排措施",
        "LED（范围二）",
        "碳信用",
        "持有未注销",
        "扣除外供能源后",
        "生物源CO2",
    ):
        assert words in text
    assert max(sum(2 if ord(one) > 0x2E80 else 1 for one in line) for line in text.splitlines()) <= 80


def test_long_names_wrap_and_numbers_do_not(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsesg_carbon.printing.console._PLAIN_WIDTH", 80)
    text = MEASURES.replace("LED", "a replacement of every lamp of every floor of the whole headquarters by LED")
    (full / "measures.csv").write_text(text, encoding="utf-8")
    lines = printed(full).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("Reduction measures"))
    assert any(line.rstrip().endswith(" 0.537") for line in lines[place : place + 6])


def test_nothing_is_printed_of_what_is_absent(tmp_path: Path) -> None:
    text = printed(office(tmp_path / "bare", "ghgp-cn", "CN-ZJ", 2023, ROWS[:1]))
    for words in ("Water", "Waste", "PUE", "measures", "credits", "beside the scopes", "net of"):
        assert words not in text
