"""Whoever is killed while writing leaves every file as it was, and the command can be given again."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hsesg_carbon as hc
from tests.commands import run
from tests.conftest import HUNDSUN
from tests.fuzz.exported import MAPPING

KILLED = """
import os, sys
from pathlib import Path
from hsesg_carbon.cli import app
left, replace = int(sys.argv.pop(1)), Path.replace
def fatal(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), 9)
    left -= 1
    return replace(self, target)
Path.replace = fatal
app()
"""
"""A command that is killed, by a signal that nothing can catch, before its Nth file takes its place."""

CLI = ("-m", "hsesg_carbon.cli")
COMMANDS = {
    "report": ["report", "{folder}"],
    "footprint": ["footprint", "{folder}"],
    "seal": ["seal", "{folder}"],
    "template": ["template", "{folder}/form.xlsx"],
    "disclose": ["disclose", "{folder}", "--standard", "gri-305", "--format", "json", "--out", "{folder}/gri.json"],
    "intake": ["intake", "{folder}/export.csv", "--into", "{folder}", "--map", "{folder}/map.toml"],
}


def words(folder: Path, name: str) -> list[str]:
    return [one.format(folder=folder) for one in COMMANDS[name]]


def command(folder: Path, name: str, *before: str) -> list[str]:
    return [sys.executable, *before, *words(folder, name)]


def accounts(folder: Path) -> Path:
    shutil.copytree(HUNDSUN, folder, ignore=shutil.ignore_patterns("out", "seals"))
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    for name, month, quantity in (("export", "2024-01", 100), ("other", "2024-02", 23)):
        text = f"month,site,kWh\n{month},reporting-boundary,{quantity}\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return what people see of a workspace: files that begin with a dot are rests of those that were killed."""
    found = [one for one in folder.rglob("*") if one.is_file() and not one.name.startswith(".")]
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


@pytest.mark.parametrize(
    ("name", "after"), [*((name, 0) for name in sorted(COMMANDS)), ("report", 1), ("intake", 1), ("intake", 2)]
)
def test_a_command_that_is_killed_leaves_every_file_whole(tmp_path: Path, name: str, after: int) -> None:
    folder = accounts(tmp_path / "hundsun")
    if name == "disclose":
        (folder / "gri.json").write_bytes(b"old")
    before = files(folder)
    done = subprocess.run(
        command(folder, name, "-c", KILLED, str(after)), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == -9, done.stderr
    found = files(folder)
    if after == 0:
        assert found == before  # nothing had taken its place yet
    assert all(found[one] == content for one, content in before.items())
    (folder / "seals" / ".lock").unlink(missing_ok=True)  # as its message says
    again = run(*words(folder, name))
    assert again.returncode == 0, again.stderr
    if name == "intake":
        whole = accounts(tmp_path / "whole")
        assert run(*words(whole, name)).returncode == 0
        assert files(folder)["activity/export.csv"] == files(whole)["activity/export.csv"]


def at_once(*commands: list[str]) -> list[tuple[int, str]]:
    """Run commands side by side; return how each ended, and what it said."""
    running = [
        subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
        for one in commands
    ]
    said = [child.communicate(timeout=300)[0] for child in running]
    return [(child.returncode, text) for child, text in zip(running, said, strict=True)]


def test_two_intakes_at_once_lose_no_row(tmp_path: Path) -> None:
    folder = accounts(tmp_path / "hundsun")
    one = command(folder, "intake", *CLI)
    other = [word.replace("export.csv", "other.csv") for word in one]
    ended = at_once(one, other)
    assert 0 in {code for code, _ in ended}
    for (code, said), given in zip(ended, (one, other), strict=True):
        if code:  # the other one was first: handed in again, it goes in
            assert "another intake" in " ".join(said.split())
            subprocess.run(given, capture_output=True, check=True, timeout=300)
    register = (folder / "deliveries.csv").read_text(encoding="utf-8")
    assert {"export.csv", "other.csv"} <= set(register.replace("\n", ",").split(","))
    rows = hc.Workspace(folder).inventory.ledger
    assert {rows.row(f"reporting-boundary:electricity.grid:2024-0{month}").quantity for month in (1, 2)} == {100, 23}
    assert not [path for path in folder.rglob(".*") if path.is_file()]


@pytest.mark.parametrize("name", ["report", "seal"])
def test_a_reader_beside_an_intake_reads_it_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    folder, without, within = (accounts(tmp_path / one) for one in ("hundsun", "without", "within"))
    assert run(*words(within, "intake")).returncode == 0
    totals = {hc.Workspace(one).inventory.total().value for one in (without, within)}
    assert len(totals) == 2
    (taken, said), (code, told) = at_once(command(folder, "intake", *CLI), command(folder, name, *CLI))
    assert taken == 0, said
    assert code == 0 or "changed while" in " ".join(told.split()), told
    assert hc.Workspace(folder).inventory.total() == hc.Workspace(within).inventory.total()
    if name == "seal" and code == 0:
        (pack,) = (folder / "seals").glob("*.zip")
        replayed = subprocess.run([sys.executable, *CLI, "replay", str(pack)], capture_output=True, check=False)
        assert replayed.returncode == 0, replayed.stdout
