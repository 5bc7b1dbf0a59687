"""What newcomers read first runs as it stands: READMEs, pages by role, questions; both languages say the same."""

import re
import shutil
from pathlib import Path

import pytest

from tests.commands import script
from tests.test_docs import assert_said, printed, said, tidy

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ROLES = ["questions", "for-facilities", "for-auditors"]
FROM_NOTHING = "tutorials/a-company-from-nothing"
PAGES = [
    ROOT / "README.zh.md",
    DOCS / "for-programmers.md",
    *(DOCS / f"{name}{lang}.md" for name in (*ROLES, FROM_NOTHING) for lang in ("", ".zh")),
]
PAIRS = [
    (ROOT / "README.md", ROOT / "README.zh.md"),
    *((DOCS / f"{name}.md", DOCS / f"{name}.zh.md") for name in (*ROLES, FROM_NOTHING)),
]
PIECE = re.compile(
    r"^(?:(?P<add>Add to |加到)?`(?P<file>[^`\n]+)`[:：]\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$"
    r"|^(?:In |在)`(?P<where>[^`\n]+)` ?(?:write|中写) ?`(?P<line>[^`\n]+)`",
    re.DOTALL | re.MULTILINE,
)
"""A fenced block, after the name of the file that it is or is added to; or a line to write into a file."""
LINK = re.compile(r"\]\(([^)#\s]+?)(#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_for_newcomers_works_when_it_is_followed_word_by_word(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("out", "seals"))
    of_python: list[str] = []
    commands = 0
    for piece in PIECE.finditer(page.read_text(encoding="utf-8")):
        if piece["line"]:
            settle(tmp_path / piece["where"], piece["line"])
        elif piece["file"]:
            place = tmp_path / piece["file"]
            place.parent.mkdir(parents=True, exist_ok=True)
            kept = place.read_text(encoding="utf-8") if piece["add"] else ""
            place.write_text(kept + piece["text"], encoding="utf-8")
        elif piece["kind"] == "console":
            command, _, expected = piece["text"].partition("\n")
            assert_said(printed(command, tmp_path), tidy(expected))
            commands += 1
        elif piece["kind"] == "python":
            of_python = said(script(piece["text"], tmp_path), {0})
        elif piece["kind"] == "text":
            assert of_python == tidy(piece["text"])
    assert commands or of_python


def settle(file: Path, line: str) -> None:
    """Write a line into a file in place of the one with the same key."""
    key = line.partition(" =")[0]
    text, count = re.subn(rf"^{key} =.*$", line, file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1
    file.write_text(text, encoding="utf-8")


def shape(page: Path) -> list[str]:
    """Return the headings by depth, the blocks with the commands in them but for the language, pictures and tables."""
    parts: list[str] = []
    inside = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = "" if inside else line
            parts.append(line)
        elif inside and line.startswith("$ "):
            parts.append(re.sub(r" --lang \w+", "", line))
        elif not inside and line.startswith("#"):
            parts.append(line.split(" ")[0])
        elif not inside and line.startswith("!["):
            parts.append(line.partition("](")[2].replace(".zh.", "."))
        elif not inside and line.startswith("|"):
            parts.append("|" * line.count("|"))
    return parts


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].stem)
def test_a_page_has_the_same_headings_commands_pictures_and_tables_in_both_languages(pair: tuple[Path, Path]) -> None:
    english, chinese = map(shape, pair)
    assert english == chinese
    assert len(english) > 10


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "comparison.md", *PAGES], ids=lambda page: page.name)
def test_a_link_of_a_page_for_newcomers_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [found for found in LINK.findall(text) if not found[0].startswith("http")]
    assert links
    for target, anchor in links:
        place = (page.parent / target).resolve()
        assert place.exists(), target
        if anchor and place.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor[1:] in {slug(one) for one in headings}, (target, anchor)


def slug(heading: str) -> str:
    """Return the name of a heading as a link writes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_the_chinese_readme_links_to_chinese_pages_where_there_are_any() -> None:
    for target, _ in LINK.findall((ROOT / "README.zh.md").read_text(encoding="utf-8")):
        if target.endswith(".md") and not target.endswith(".zh.md") and target != "README.md":
            assert not (ROOT / target).with_suffix(".zh.md").exists(), target


def test_every_claim_about_another_tool_says_where_it_was_read() -> None:
    text = (DOCS / "comparison.md").read_text(encoding="utf-8")
    table, _, rest = text.partition("## What is particular here")
    heading, _, *rows = [line for line in table.splitlines() if line.startswith("|")]
    assert heading.startswith("| tool |")
    read = set(re.findall(r"^\| (\d+) \|", rest, re.MULTILINE))
    assert len(rows) >= 8
    for row in rows:
        cited = {one for group in re.findall(r"\[([\d, ]+)\]", row) for one in group.split(", ")}
        assert cited, row
        assert cited <= read, row
