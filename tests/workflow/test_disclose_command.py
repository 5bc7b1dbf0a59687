"""The command ``disclose``: lists, formats, files, languages, refusals."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hsesg_carbon.cli import app
from tests.commands import as_json, refused, run

SOFFICE = shutil.which("soffice")


@pytest.mark.parametrize("arguments", [[], ["--standard", "list"]])
def test_without_a_standard_all_are_listed(workspace: Path, arguments: list[str]) -> None:
    done = run("disclose", workspace, *arguments)
    assert done.returncode == 0, done.stderr
    for name in ("sse-14", "gri-305", "gri-102", "hkex-esg", "ifrs-s2", "csds-1", "iso-14064-1", "gbt-32150"):
        assert name in done.stdout
    listed = as_json("disclose", workspace, *arguments)["standards"]
    assert [one["id"] for one in listed][:2] == ["sse-14", "gri-2"]


def test_an_unknown_standard_is_refused_with_the_nearest(workspace: Path) -> None:
    assert "gri-305" in refused("disclose", workspace, "--standard", "gri305x")
    assert "sse-14" in refused("disclose", workspace, "--standard", "nothing like it")
    assert "没有披露标准" in refused("disclose", workspace, "--standard", "sse-15", "--lang", "zh")
    assert "earlier" in refused("disclose", workspace, "--standard", "gri-2", "--before", "earlier")


def test_the_formats_agree_and_go_where_they_are_asked_to(workspace: Path, tmp_path: Path) -> None:
    asked = ["disclose", str(workspace), "--standard", "gri-305"]
    document = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    printed = run(*asked)
    assert "8,301.85 | 8,436.56 | 8,256.86 | tCO2e |" in printed.stdout
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(app, [*asked, "--format", "csv"]).stdout)))
    told = {(row["datum"], row["year"]): row["value"] for row in rows if row["value"]}
    assert told["305-2-a", "2024"] == "8256.857376"
    for suffix in ("md", "csv", "json"):
        target = tmp_path / f"table.{suffix}"
        done = CliRunner().invoke(app, [*asked, "--out", str(target)])
        assert (done.exit_code, done.stdout) == (0, "")
        assert str(target) in done.stderr
    assert json.loads((tmp_path / "table.json").read_text(encoding="utf-8")) == document
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == printed.stdout
    assert ".docx" in refused("disclose", workspace, "--standard", "gri-305", "--out", tmp_path / "table.docx")


def test_a_workbook_lies_in_the_out_folder_unless_a_file_is_named(workspace: Path) -> None:
    done = run("disclose", workspace, "--standard", "sse-14", "--format", "xlsx", "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert (workspace / "out" / "disclosure-sse-14.xlsx").is_file()


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_reads_the_figures_of_the_workbook(workspace: Path, tmp_path: Path) -> None:
    target = tmp_path / "table.xlsx"
    run("disclose", workspace, "--standard", "sse-14", "--out", target)
    command = [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    subprocess.run(
        [
            *command,
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1",
            "--outdir",
            str(tmp_path),
            str(target),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    text = (tmp_path / "table.csv").read_text(encoding="utf-8")
    assert "8,301.85" in text
    assert "Err:" not in text
