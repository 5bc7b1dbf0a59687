"""Every block and every command of the docs is run or read, or stands in a short list with the reason why not."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

import hsesg_carbon as hc
from hsesg_carbon.base_year import BaseYearPolicy
from hsesg_carbon.cli import app
from hsesg_carbon.gaps import GapRules
from hsesg_carbon.ranges import UncertaintyRules
from tests import test_docs, test_front
from tests.commands import script

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^[ \t]*(?P<mark>```+|~~~+)[ \t]*(?P<kind>[^\s`]*)[^\n]*\n(?P<text>.*?)^[ \t]*(?P=mark)[ \t]*$", re.S | re.M
)
LIVE = {"python", "py", "pycon", "toml", "console", "sh", "bash", "shell"}
"""Kinds of blocks that a reader would run, or copy into a file. Others show what is printed, or a table."""

INLINE = re.compile(r"`hsesg-carbon\s+([^`]+)`")
Place = tuple[str, str]
"""A page and the first line of a block on it."""


def inventory(folder: Path, text: str) -> None:
    """Read lines of an ``inventory.toml``, with the rest of one before them."""
    shutil.copytree(ROOT / "examples" / "hundsun-2024", folder / "accounts", ignore=shutil.ignore_patterns("out"))
    place = folder / "accounts" / "inventory.toml"
    told = place.read_text(encoding="utf-8")
    for key in re.findall(r"^(\w+) =", text.partition("[")[0], re.M):
        told = re.sub(rf"^{key} =.*\n", "", told, flags=re.M)
    place.write_text(text + told if not text.startswith("[") else told + text, encoding="utf-8")
    assert hc.Workspace(folder / "accounts").settings.organisation.id == "hundsun"


def own_factors(folder: Path, text: str) -> None:
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    assert hc.FactorLibrary.shipped().overlay(folder).sources["supplier-2024"].licence_class == "own"


def as_file(name: str, read: Callable[[Path], Any]) -> Callable[[Path, str], None]:
    """Return what reads a block as the file that it is said to be."""

    def reader(folder: Path, text: str) -> None:
        (folder / name).write_text(text, encoding="utf-8")
        assert read(folder / name)

    return reader


gaps = as_file("gaps.toml", GapRules.read)
policy = as_file("base_year.toml", BaseYearPolicy.read)
ranges = as_file("uncertainty.toml", UncertaintyRules.read)
methodology = as_file("ours.toml", hc.Methodology.load)
mapping = as_file("mapping.toml", hc.read_mapping)


def python(folder: Path, text: str) -> None:
    shutil.copytree(ROOT / "examples" / "hundsun-2024", folder / "examples" / "hundsun-2024")
    done = script(text, folder)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


READ: dict[Place, Callable[[Path, str], None]] = {
    ("docs/explanation/hundsun-under-ghgp-cn.md", 'methodology = "ghgp-cn"'): inventory,
    ("docs/how-to/decide-a-base-year-recalculation.md", "base_years = [2022]"): policy,
    ("docs/how-to/fill-gaps.md", "[[fill]]"): gaps,
    ("docs/how-to/fill-gaps.zh.md", "[[fill]]"): gaps,
    ("docs/how-to/take-in-an-export.md", 'kind = "bills"'): mapping,
    ("docs/how-to/take-in-an-export.zh.md", 'kind = "bills"'): mapping,
    ("docs/reference/formats.md", "[[entity]]"): inventory,
    ("docs/reference/formats.md", "[[fill]]"): gaps,
    ("docs/reference/formats.md", "[supplier-2024]"): own_factors,
    ("docs/reference/formats.md", 'id = "ours"'): methodology,
    ("docs/reference/formats.md", 'published = "lognormal"'): ranges,
    ("docs/reference/statement.md", "import hsesg_carbon as hc"): python,
}
"""What reads a block that is on no page whose blocks are run one after the other."""

NOT_READ: dict[Place, str] = {}
"""Blocks that nothing runs, each with the reason why that cannot be."""


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def first_line(text: str) -> str:
    """Return the first line that says something, without a remark behind it."""
    lines = (re.split(r"\s+#", line)[0].strip() for line in text.splitlines() if not line.startswith("#"))
    return next(filter(None, lines), "")


def live_blocks(page: Path) -> list[tuple[str, str]]:
    """Return the blocks of a page, however they are fenced, that somebody would run or copy."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [(one["kind"], one["text"]) for one in found if one["kind"].lower() in LIVE]


def run_elsewhere(page: Path) -> list[tuple[str, str]]:
    """Return the blocks of a page that its own test runs, by the pattern with which that test finds them."""
    if page in test_front.PAGES:
        pieces = test_front.PIECE.finditer(page.read_text(encoding="utf-8"))
        return [(one["kind"], one["text"]) for one in pieces if one["kind"] in {"console", "python"} or one["file"]]
    blocks = [one for one in test_docs.blocks(page) if one[0] in {"console", "python"}]
    if page == test_docs.README:
        pythons = [one for one in blocks if one[0] == "python"]
        return [one for one in blocks if one not in pythons[1:]]  # its test runs the first alone
    return blocks if page in test_docs.HOW_TO else []


BLOCKS = {
    (page_name(page), first_line(text)): text
    for page in PAGES
    for kind, text in live_blocks(page)
    if (kind, text) not in run_elsewhere(page)
}


def test_every_block_is_run_or_read_or_stands_in_the_list_with_its_reason() -> None:
    assert BLOCKS.keys() == READ.keys() | NOT_READ.keys()
    assert not READ.keys() & NOT_READ.keys()
    assert all(map(str.strip, NOT_READ.values()))


def test_no_two_blocks_that_are_read_are_told_apart_by_nothing() -> None:
    loose = [
        (page_name(page), first_line(text))
        for page in PAGES
        for kind, text in live_blocks(page)
        if (kind, text) not in run_elsewhere(page)
    ]
    assert sorted(loose) == sorted(set(loose))


@pytest.mark.parametrize("place", READ, ids=lambda place: f"{Path(place[0]).name} {place[1]}")
def test_a_block_can_be_read_by_what_would_read_it(place: Place, tmp_path: Path) -> None:
    READ[place](tmp_path, BLOCKS[place])


def test_a_console_block_is_one_command_and_what_it_prints() -> None:
    """A second command in a block would be taken for output, and an output that is cut off would hide it."""
    for page in PAGES:
        for kind, text in live_blocks(page):
            if kind == "console":
                commands = [line for line in text.splitlines() if line.startswith("$ ")]
                assert commands == text.splitlines()[:1], (page.name, commands)


def known_options(words: list[str]) -> tuple[set[str], list[str]]:
    """Return the options of the command that the words begin with, and the words behind it."""
    command: Any = typer.main.get_command(app)
    while inner := getattr(command, "commands", None):
        if not words or words[0].startswith("--"):
            break
        assert words[0] in inner, f"there is no command {words[0]}"
        command, words = inner[words[0]], words[1:]
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}, words


def commands_in_text() -> list[str]:
    """Return the commands that stand within sentences and cells of tables, each once."""
    told = (FENCE.sub("", page.read_text(encoding="utf-8")) for page in PAGES)
    return sorted({" ".join(one.split()) for text in told for one in INLINE.findall(text)})


@pytest.mark.parametrize("command", commands_in_text())
def test_a_command_within_a_sentence_exists_and_has_its_options(command: str) -> None:
    options, rest = known_options(command.split())
    assert {word for word in rest if word.startswith("--")} <= options


def test_a_page_with_an_unknown_option_or_a_new_block_would_be_noticed() -> None:
    assert len(commands_in_text()) > 20
    assert "--no-such-option" not in known_options(["intake"])[0]
    with pytest.raises(AssertionError, match="no command"):
        known_options(["chek", "accounts"])
    fenced = "text\n~~~toml title=x\na = 1\n~~~\n  ```sh\n  make\n  ```\n"
    assert [one["kind"] for one in FENCE.finditer(fenced)] == ["toml", "sh"]
