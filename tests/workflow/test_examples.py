"""The examples that are scripts run, by public names alone, and their figures are held to figures found elsewhere."""

import ast
import runpy
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import hsesg_carbon as hc

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCRIPTS = ["audit_a_table", "hundsun_2024", "multi_site", "ten_million_rows"]


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run a script in this process, with arguments of its own, and return its names."""
    before, sys.argv = sys.argv, [f"{name}.py", *arguments]
    try:
        return runpy.run_path(str(EXAMPLES / f"{name}.py"))
    finally:
        sys.argv = before


def test_the_scripts_are_those_that_are_tested() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "__init__") == SCRIPTS


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_made_of_cells_and_uses_public_names_only(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert text.count("\n# %% ") >= 3
    tree = ast.parse(text)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    ours = [one for node in imported for one in node.names if one.name.startswith("hsesg_carbon")]
    assert [(one.name, one.asname) for one in ours] == [("hsesg_carbon", "hc")]
    assert not any(isinstance(node, ast.ImportFrom) and "hsesg" in (node.module or "") for node in imported)
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _of_hc(node)}
    assert names <= set(hc.__all__)
    private = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}
    assert not private


def _of_hc(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "hc"


def test_the_case_of_hundsun_gives_the_printed_figures(capsys: pytest.CaptureFixture[str]) -> None:
    names = run("hundsun_2024")
    emissions = names["emissions"]
    printed = {  # the report's own, with its first two columns put right
        ("1", 2022): "364.86", ("1", 2023): "346.13", ("1", 2024): "287.98",
        ("2", 2022): "8301.85", ("2", 2023): "8436.56", ("2", 2024): "8256.86",
    }  # fmt: skip
    for (scope, year), text in printed.items():
        assert emissions.value(scope=scope, year=year).rounded(2) == Decimal(text)
    assert (names["verification"].passed, names["verification"].checks) == (35, 78)
    assert names["exchanged"].code == "columns-transposed"
    told = {(one.year, one.amount) for one in names["restatement"].numbers()}
    assert told == {
        (2022, Fraction(15471207) * Fraction("-0.0337") / 1000),
        (2023, Fraction(15722244) * Fraction("-0.0337") / 1000),
    }
    assert "2022 scope 2 factor-choice -521.38 tCO2e" in capsys.readouterr().out


def test_the_company_of_several_sites_is_added_up_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    names = run("multi_site")
    view, market = names["inventory"], names["market"]
    guangdong = names["plan"].library.factor("mee2023.electricity.cn-gd.average").value
    own_days = Fraction(15, 30) * 240 + 1310  # 1 to 15 July of a bill of 30 days
    bought = own_days * Fraction(guangdong)
    assert view.by("site", "year").value(site="shenzhen", year=2024).value == bought
    assert names["equity"].by("site", "year").value(site="shenzhen", year=2024).value == bought * Fraction("0.8")
    assert names["pro_forma"].change.value == 3000 * Fraction(guangdong)
    residual = names["plan"].library.factor("mee2023.electricity.cn.excluding-traded-nonfossil").value
    bare = hc.Inventory(names["ledger"], names["boundary"], scope2="market")
    saved = bare.by("scope", "year").value(scope="2", year=2024).value
    saved -= market.by("scope", "year").value(scope="2", year=2024).value
    assert saved == 2000 * Fraction(residual)
    assert view.by("scope", "year").value(scope="2", year=2024) == names["location_based"]
    printed = capsys.readouterr().out
    assert "2024: Scope 1 127.04, Scope 2 3884.96 by location, 3509.66 by market, tCO2e" in printed
    assert "2023 with the plant 4836.67 tCO2e" in printed


def test_auditing_a_table_finds_the_three_slips_that_are_planted() -> None:
    found = [one for one in run("audit_a_table")["verification"].findings if one.severity == "error"]
    best = {one.cells[0]: one.explanations[0] for one in found}
    assert {cell: one.kind for cell, one in best.items()} == {
        ("ghg.total", "2023"): "digits-swapped",
        ("electricity.others", "2024"): "power-of-ten",
        ("ghg.total.decrease", "2024"): "stale-denominator",
    }
    assert best["ghg.total", "2023"].detail["instead"] == "9152.90"
    assert Fraction("1150.20") + Fraction("8002.70") == Fraction("9152.90")


def test_ten_million_rows_give_the_same_digits_by_hand_and_on_every_engine() -> None:
    """Run with fewer rows, which differ in nothing else."""
    pytest.importorskip("polars", reason="Polars is not installed")
    pytest.importorskip("duckdb", reason="DuckDB is not installed")
    names = run("ten_million_rows", "20000")
    assert names["rows"] == 20_000
    readings = sum(Fraction(n % 997, 100) for n in range(20_000))
    assert {one.value for one in names["totals"].values()} == {readings * Fraction("0.5306") / 1000}
    assert names["by_hand"] == readings * Fraction("0.5306") / 1000
