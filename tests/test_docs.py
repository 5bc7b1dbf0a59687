"""Every example in a docstring and in the README runs and gives what it says."""

import doctest
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from tests.commands import run, script

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in SOURCE.rglob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    failed, _ = doctest.testmod(import_module(f"hsesg_carbon.{module}"), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


README = SOURCE.parent.parent / "README.md"
FENCE = re.compile(r"```(python|text|console|csv)\n(.*?)```", re.DOTALL)


DOCS = README.parent / "docs"
EXPLAINED = [DOCS / "explanation" / f"{name}.md" for name in ("restatement", "uncertainty")]
HOW_TO = [
    page
    for page in (*sorted((DOCS / "tutorials").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md")), *EXPLAINED)
    if page.stem != "index" and not page.stem.startswith("a-company-from-nothing")  # test_front writes its files
]
CUT = "..."
FOUND = {"replay", "verify"}
"""Commands that exit 1 where they find errors."""


def blocks(page: Path = README) -> list[tuple[str, str]]:
    return FENCE.findall(page.read_text(encoding="utf-8"))


def tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_python_of_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [kind for kind, _ in blocks()]
    place = kinds.index("python")
    exec(compile(blocks()[place][1], "README.md", "exec"), {})
    assert tidy(capsys.readouterr().out) == tidy(blocks()[place + 1][1])


def printed(command: str, folder: Path, table: str = "") -> list[str]:
    """Return what a command prints, beside a copy of the examples and the table that the page shows before it."""
    program, *arguments = command.removeprefix("$ ").split()
    assert program == "hsesg-carbon"
    if not (folder / "examples").exists():  # the commands of a page go on from one another
        shutil.copytree(README.parent / "examples", folder / "examples", ignore=shutil.ignore_patterns("out", "seals"))
    for name in [one for one in arguments if one.endswith(".csv") and table]:
        (folder / name).write_text(table, encoding="utf-8")
    return said(run(*arguments, cwd=folder), {0, 1} if arguments[0] in FOUND else {0})


def said(done: subprocess.CompletedProcess[str], codes: set[int]) -> list[str]:
    """Return the lines that were printed."""
    assert done.returncode in codes, done.stderr
    return tidy(done.stdout)


def assert_said(got: list[str], want: list[str]) -> None:
    """Hold lines to what was printed: all of them, but for what ``...`` stands for."""
    while CUT in want:
        place = want.index(CUT)
        assert got[:place] == want[:place]
        got, want = got[place:], want[place + 1 :]
        if not want:
            return
        assert want[0] in got, want[0]
        got = got[got.index(want[0]) :]
    assert got == want


@pytest.mark.parametrize("block", [text for kind, text in blocks() if kind == "console"])
def test_the_commands_of_the_readme_print_what_it_says(block: str, tmp_path: Path) -> None:
    command, _, expected = block.partition("\n")
    assert_said(printed(command, tmp_path), tidy(expected))


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_the_output_on_a_how_to_page_is_real(page: Path, tmp_path: Path) -> None:
    """Every text block after a command, or after the Python of the page so far, is a piece of what it prints."""
    commands = 0
    table = text_so_far = ""
    got: list[str] = []
    for kind, text in blocks(page):
        if kind == "console":
            command, _, expected = text.partition("\n")
            got = printed(command, tmp_path, table)
            table = ""
            assert_said(got, tidy(expected))
            commands += 1
        elif kind == "python":
            text_so_far += text
            folder = tmp_path / "python" / str(commands)
            shutil.copytree(README.parent / "examples", folder / "examples")
            got = said(script(text_so_far, folder), {0})
            commands += 1
        elif kind == "csv":
            table = text
        elif kind == "text":
            want = [line.rstrip() for line in text.strip("\n").splitlines()]
            assert any(got[at : at + len(want)] == want for at in range(len(got))), want[0]
    assert commands
