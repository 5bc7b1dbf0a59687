"""Every example in a docstring and in the README runs and gives what it says."""

import doctest
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"
MODULES = sorted(path.stem for path in SOURCE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    failed, _ = doctest.testmod(import_module(f"hsesg_carbon.{module}"), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


README = SOURCE.parent.parent / "README.md"
FENCE = re.compile(r"```(python|text|console)\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    return FENCE.findall(README.read_text(encoding="utf-8"))


def tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_python_of_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [kind for kind, _ in blocks()]
    place = kinds.index("python")
    exec(compile(blocks()[place][1], "README.md", "exec"), {})
    assert tidy(capsys.readouterr().out) == tidy(blocks()[place + 1][1])


@pytest.mark.parametrize("block", [text for kind, text in blocks() if kind == "console"])
def test_the_commands_of_the_readme_print_what_it_says(block: str, tmp_path: Path) -> None:
    command, _, expected = block.partition("\n")
    program, *arguments = command.removeprefix("$ ").split()
    assert program == "hsesg-carbon"
    shutil.copytree(README.parent / "examples", tmp_path / "examples")
    done = subprocess.run(
        [sys.executable, "-m", "hsesg_carbon.cli", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
    )
    got, want = tidy(done.stdout), tidy(expected)
    if want[-1] == "...":
        want = want[:-1]
        got = got[: len(want)]
    assert got == want
