"""What the terminal shows of the accounts beside the totals; every figure here is made up."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hsesg_carbon.cli import app
from tests.commands import run
from tests.filled import FORM, Filling
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


def shown(*arguments: str | Path, code: int = 0) -> str:
    """Run a command and return what it prints, with one blank for many."""
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    return "\n".join(" ".join(line.split()) for line in done.stdout.splitlines())


def test_a_year_of_which_no_range_is_known_is_told_as_exact_and_without_a_trend(tmp_path: Path) -> None:
    folder = office(tmp_path / "a", "hundsun-2024", "CN-ZJ", 2023, [("electricity.grid", 100, "MWh", "")])
    (folder / "uncertainty.toml").write_text('published = "lognormal"\n', encoding="utf-8")
    text = shown("uncertainty", folder, "--draws", "128")
    assert "2023 53.7 0.0 % … 0.0 % 0.0 % … 0.0 %" in text  # 100 MWh x 0.5366
    assert "take 1024 or more" in text
    assert "Change from" not in text and "variance" not in text
    stated = 'published = "lognormal"\n[[activity]]\nactivity = "electricity.*"\nbelow = "3 %"\nabove = "3 %"\n'
    more = 'shape = "normal"\nshared = "period"\norigin = "made up"\n'
    more += '[[number]]\nid = "mee2022.electricity.cn.average"\n'
    more += 'below = "4 %"\nabove = "4 %"\nshape = "normal"\norigin = "made up"\n'
    (folder / "uncertainty.toml").write_text(stated + more, encoding="utf-8")
    lines = shown("footprint", folder, "--uncertainty").splitlines()
    place = next(at for at, one in enumerate(lines) if "95 %" in one)
    told = [one for one in lines[place:] if one.startswith(("Scope 2", "Total", "total"))]
    assert told and all("-5." in one and "+5." in one for one in told[:2])  # the root of 3 and 4 squared
    assert not any(one.startswith("warning") for one in lines[place:])


def test_the_energy_of_gas_alone_has_no_share_of_electricity(tmp_path: Path) -> None:
    gas = shown(
        "footprint", office(tmp_path / "a", "ghgp-cn", "CN-ZJ", 2023, [("stationary.natural_gas", 9, "m3", "")])
    )
    both = shown("footprint", office(tmp_path / "b", "ghgp-cn", "CN-ZJ", 2023, ROWS[:1]))
    assert "electricity, share" not in gas
    assert len(both.splitlines()) > len(gas.splitlines())


def test_a_quantity_finer_than_its_grid_is_explained_as_rounded(tmp_path: Path) -> None:
    folder = office(tmp_path / "a", "ghgp-cn", "CN-ZJ", 2023, [("electricity.grid", "33.33333333333333", "kWh", "")])
    assert "finer than the grid of its unit" in shown("explain", folder, "r0")
    exact = office(tmp_path / "b", "ghgp-cn", "CN-ZJ", 2023, [("electricity.grid", "33.25", "kWh", "")])
    assert "finer than" not in shown("explain", exact, "r0")


def test_a_search_shows_activities_or_numbers_as_far_as_there_are_any() -> None:
    numbers = shown("factors", "search", "mee2022.electricity.cn.average")
    assert "0.5366 kgCO2/kWh" in numbers and "also called" not in numbers
    activities = shown("factors", "search", "外购冷量")
    assert "cooling.purchased" in activities and "value" not in activities


def test_a_table_that_hides_nothing_implies_nothing(tmp_path: Path) -> None:
    (tmp_path / "reported.csv").write_text("id,unit,equals,2023\na,t,,1\nb,t,,2\nc,t,a + b,3\n", encoding="utf-8")
    assert "follows" not in shown("verify", tmp_path / "reported.csv")
    (tmp_path / "reported.csv").write_text("id,unit,equals,2023\na,t,,\nb,t,,2\nc,t,a + b,3\n", encoding="utf-8")
    assert "a 2023 0" in shown("verify", tmp_path / "reported.csv")


def test_a_workbook_without_a_row_is_said_to_hold_none(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "year.xlsx", "en")
    filling.form(**FORM)
    filling.row("sites", id="HQ", region="CN-ZJ")
    text = shown("intake", filling.save(), "--into", tmp_path / "a", "--check")
    assert "No rows of data are filled in." in text
