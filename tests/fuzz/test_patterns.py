"""No regular expression takes more than linear time, whatever it is fed: a ratio of times, not a clock."""

import ast
import importlib
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hsesg_carbon"
METHODS = {"match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
SOME, MANY = 3000, 100_000
"""Letters with which every attack is tried, and the slowest of a pattern once more: squares show at the first."""
BOUNDED = {
    "report.drawings._FONT.sub": "searches what the library drew itself",
    "verification.reported._MARKS.sub": "a cell is cut to 200 letters before its marks are looked for",
    "report.marked._OUTSIDE.search": "formulas of more letters than Excel has never come to it",
}
"""Patterns that may take longer, and why nobody can make use of it."""
FOUR_TIMES = 9
"""How much longer four times as much may take: 4 is linear, 16 quadratic."""
SLOW = 0.004
"""Seconds below which nothing can be told from noise."""

PIECES = (
    *"019 aeEqQxYdD-+*/.,;:'\"^_#%$~<>=(){}[]\\|\t\n０，年月日第季度至到约（）²́",
    "12", "1 ", "1,", "1，", "1.", "a.", "a ", ".a", "0:", "--", " -", "- ", "to", " to ", "00",
    "-0", "=\"", "<c ", "<c r=", " r='", "<row ",
    "<col ", " t=\"e\"", "<f>", "min='1", "<mergeCell ", "ref=", '"a"', "\\a", "CO2", "CO", "0-",
    "1年", "万", "jan", "jan ", "2024-", "2024年",
    '<c r="A1" ', '<c r="A1" s="1" t="e"><f>', '<text ', 'font-family="', "_x000", "clip1",
    "HYPERLINK(", ".checked", "x1", "C:", "(a", ")a",
)  # fmt: skip
ENDS = ("", "!")


@cache
def module(name: str) -> ast.Module:
    return ast.parse((SOURCE / (name.replace(".", "/") + ".py")).read_text(encoding="utf-8"))


MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for path in SOURCE.rglob("*.py")
    if re.search(r"\bre\.[a-z]+\(", path.read_text(encoding="utf-8"))
)


def patterns(name: str) -> Iterator[tuple[str, re.Pattern[Any], set[str]]]:
    """Yield what a module compiles at its top level: name, pattern, and how it is used there or in another module."""
    loaded = importlib.import_module(f"hsesg_carbon.{name}")
    for key, value in vars(loaded).items():
        found = value if isinstance(value, tuple) else (value,)
        for place, one in enumerate(found):
            if isinstance(one, re.Pattern):
                used = uses(key) if not isinstance(value, tuple) else {"fullmatch"}
                yield f"{key}[{place}]" if isinstance(value, tuple) else key, one, used or {"match", "search"}


@cache
def uses(key: str) -> set[str]:
    """Return the methods by which a pattern of this name is used anywhere."""
    found = set()
    for name in MODULES:
        for node in ast.walk(module(name)):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and ast.unparse(node.value) == key:
                found.add(node.attr)
    return found


def literals(name: str) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Yield patterns that stand in a call, such as ``re.sub(r"\\s+", ...)``."""
    for node in ast.walk(module(name)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        text = node.args[0]
        if isinstance(text, ast.Constant):
            yield f"line {node.lineno}", re.compile(text.value), {node.func.attr}
        else:  # built of fixed parts and of escaped words
            assert isinstance(text, ast.JoinedStr), f"{name}:{node.lineno} compiles what is not fixed"
            parts = [str(one.value) if isinstance(one, ast.Constant) else "a" for one in text.values]
            yield f"line {node.lineno}", re.compile("".join(parts)), {node.func.attr}


def taken(pattern: re.Pattern[Any], method: str, piece: str, end: str, size: int) -> float:
    """Return how long one use takes of this process's time, for a row of so many letters."""
    text: Any = piece * (size // len(piece)) + end
    if isinstance(pattern.pattern, bytes):
        text = text.encode()
    start = time.process_time()
    if method == "sub":
        pattern.sub(text[:0], text)
    elif method == "finditer":
        sum(1 for _ in pattern.finditer(text))
    else:
        getattr(pattern, method)(text)
    return time.process_time() - start


def superlinear(pattern: re.Pattern[Any], method: str) -> list[str]:
    """Return the first piece of which a long row takes this pattern more than linear time."""
    worst, slowest = 0.0, (PIECES[0], "")
    for piece in PIECES:
        for end in ENDS:
            now = taken(pattern, method, piece, end, SOME)
            if now > SLOW and grows(pattern, method, piece, end, SOME):
                return [f"{piece!r}…{end!r}"]
            if now > worst:
                worst, slowest = now, (piece, end)
    slow = taken(pattern, method, *slowest, MANY) > SLOW and grows(pattern, method, *slowest, MANY)
    return [f"{slowest[0]!r}…{slowest[1]!r}"] if slow else []


def grows(pattern: re.Pattern[Any], method: str, piece: str, end: str, size: int) -> bool:
    """Say whether four times as much takes many times as long, by the least of several measurements."""
    least = [min(taken(pattern, method, piece, end, one) for _ in range(3)) for one in (size // 4, size)]
    return least[1] > SLOW and least[1] > FOUR_TIMES * max(least[0], 1e-6)


@pytest.mark.long  # it measures time, which a busy machine gives unevenly
@pytest.mark.parametrize("name", MODULES)
def test_every_pattern_takes_linear_time(name: str) -> None:
    slow = {
        f"{key}.{method}": found
        for key, pattern, methods in (*patterns(name), *literals(name))
        for method in methods
        if f"{name}.{key}.{method}" not in BOUNDED and (found := superlinear(pattern, method))
    }
    assert slow == {}


def test_every_compiled_pattern_is_among_those_that_are_tried() -> None:
    inside = {"stamps": 1}  # of the tokens of a mapping's date_format: see the next test
    for name in MODULES:
        calls = [
            node
            for node in ast.walk(module(name))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
        ]
        top = {
            id(one)
            for statement in module(name).body
            for one in ast.walk(statement)
            if isinstance(statement, ast.Assign)
        }
        assert len([one for one in calls if id(one) not in top]) == inside.get(name, 0), name


def test_a_search_for_slow_patterns_finds_one() -> None:
    assert superlinear(re.compile(r"\s*,\s*"), "search")
    assert not superlinear(re.compile(r"[0-9]+"), "search")
