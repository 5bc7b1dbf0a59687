"""
Move what stands in ``changelog.d/`` into ``CHANGELOG.md``, under its newest version.

A change that users notice adds one file ``NAME.KIND.md``; two changes at once then do not touch the same line. KIND is
``breaking`` (a number or a format changes), ``feat`` or ``fix``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("breaking", "feat", "fix")


@dataclass(frozen=True)
class Fragment:
    """What one change is to users, in one or more lines of Markdown."""

    path: Path
    kind: str
    text: str


def fragments(folder: Path) -> list[Fragment]:
    """
    Return what a folder holds, breaking changes first, else by name.

    Raises:
        ValueError: A file is not ``NAME.KIND.md``, or says nothing.
    """
    found = []
    for path in sorted(folder.glob("*.md")):
        kind, text = path.stem.rpartition(".")[2], path.read_text(encoding="utf-8").strip()
        if kind not in KINDS or not text:
            msg = f"{path.name}: write NAME.KIND.md with a sentence in it; KIND is one of {', '.join(KINDS)}."
            raise ValueError(msg)
        found.append(Fragment(path, kind, text))
    return sorted(found, key=lambda one: KINDS.index(one.kind))


def joined(changelog: str, found: Sequence[Fragment]) -> str:
    """Return a changelog with fragments as the first lines of its newest version."""
    marks = {"breaking": "**breaking** "}
    lines = [f"- {marks.get(one.kind, '')}{one.text}".replace("\n", "\n  ") + "\n" for one in found]
    head, newest, rest = changelog.partition("\n## ")
    title, gap, old = rest.partition("\n\n")
    return f"{head}{newest}{title}{gap}{''.join(lines)}{old}"


if __name__ == "__main__":
    told = fragments(ROOT / "changelog.d")
    page = ROOT / "CHANGELOG.md"
    page.write_text(joined(page.read_text(encoding="utf-8"), told), encoding="utf-8")
    for one in told:
        one.path.unlink()
