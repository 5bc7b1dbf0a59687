"""
Write what was measured of the tests: ``python -m tests.quality --out docs/reference/quality.md``.

Counted here: the tests and the sizes of the source. Read from what other commands leave: the suite's time and coverage
(``make coverage``), the mutants (``make mutate``), the fuzzers (``make fuzz``). Every figure is kept with its date and
commit in the JSON file beside the page; where a command left nothing new, the figure kept there stays, with its date.
"""

import argparse
import ast
import json
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "hsesg_carbon"
LONG_FUNCTION, LONG_MODULE = 50, 600
NOT_MEASURED = "not measured"

Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=(__doc__ or "").splitlines()[1])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reference" / "quality.md")
    told = parser.parse_args()
    beside = told.out.with_suffix(".json")
    kept: Figures = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    found = {
        "tests": _dated(tests()),
        "suite": _dated(suite(ROOT / ".suite.xml"), ROOT / ".measured"),
        "coverage": _dated(coverage(ROOT / ".coverage.json"), ROOT / ".measured"),
        "mutants": _read(ROOT / "tests" / "mutation" / "results.json"),
        "fuzz": _read(ROOT / "tests" / "fuzz" / "results.json"),
        "source": _dated(sizes(PACKAGE)),
    }
    figures = {name: one or kept.get(name) for name, one in found.items()}
    beside.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    told.out.write_text(page(figures), encoding="utf-8")
    print(told.out)


def tests() -> Figures | None:
    """Count what pytest collects; a test with parameters counts once for each."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = [line for line in ran.stdout.splitlines() if line.startswith("tests/") and "::" in line]
    if ran.returncode or not names:
        return None
    return {"collected": len(names), "functions": len({name.partition("[")[0] for name in names})}


def suite(file: Path) -> Figures | None:
    if not file.exists():
        return None
    ran = ET.parse(file).getroot().find("testsuite")
    if ran is None:
        return None
    return {"tests": int(ran.get("tests", 0)), "seconds": round(float(ran.get("time", 0)))} | {
        what: int(ran.get(what, 0)) for what in ("failures", "errors", "skipped")
    }


def coverage(file: Path) -> Figures | None:
    if not file.exists():
        return None
    totals = json.loads(file.read_text(encoding="utf-8"))["totals"]
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches", "percent_covered")
    return {name: totals[name] for name in names}


def sizes(package: Path) -> Figures:
    """Count lines and functions, and name what is longer than a screen allows."""
    reasons = tomllib.loads((ROOT / "tests" / "quality.toml").read_text(encoding="utf-8"))
    modules, functions, long = {}, 0, []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8")
        modules[name] = len(text.splitlines())
        for inner, node in _functions(ast.parse(text)):
            functions += 1
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONG_FUNCTION:
                long.append({"name": f"{name}:{inner}", "lines": lines})
    return {
        "modules": len(modules),
        "lines": sum(modules.values()),
        "functions": functions,
        "long_functions": [one | {"why": reasons["functions"].get(one["name"], "")} for one in long],
        "long_modules": [
            {"name": name, "lines": lines, "why": reasons["modules"].get(name, "")}
            for name, lines in modules.items()
            if lines > LONG_MODULE
        ],
    }


def page(figures: Figures) -> str:
    tests, suite, cover = (figures[name] or {} for name in ("tests", "suite", "coverage"))
    mutants, fuzz, source = (figures[name] or {} for name in ("mutants", "fuzz", "source"))
    rows = [
        ("Tests collected", f"{tests['collected']:,} from {tests['functions']:,} functions" if tests else "", tests),
        ("Last run with coverage", _suite(suite, tests) if suite else "", suite),
        ("Lines covered", _share(cover["covered_lines"], cover["num_statements"]) if cover else "", cover),
        ("Branches covered", _share(cover["covered_branches"], cover["num_branches"]) if cover else "", cover),
        ("Mutants drawn", f"{mutants['sampled']:,}, of which {mutants['run']:,} ran" if mutants else "", mutants),
        ("Mutants killed", _share(mutants["killed"], mutants["run"]) if mutants.get("run") else "", mutants),
        ("Survivors", f"{mutants['survived']:,}, {mutants['explained']:,} explained" if mutants else "", mutants),
        ("Executions of the fuzzers", f"{fuzz['executions']:,}" if fuzz else "", fuzz),
        ("Failures of the fuzzers", f"{fuzz['failures']:,}" if fuzz else "", fuzz),
        (
            "Source",
            f"{source['lines']:,} lines, {source['modules']} modules, {source['functions']:,} functions",
            source,
        ),
    ]
    text = "# Quality, as measured\n\nWritten by `make quality`; the figures stand in `quality.json` beside this page. "
    text += "What was not measured says so.\n\n| What | Figure | Measured | Commit |\n|---|---|---|---|\n"
    for what, figure, of in rows:
        text += f"| {what} | {figure or NOT_MEASURED} | {of.get('date', '–')} | {of.get('commit', '–')} |\n"
    if mutants:
        text += "\n## Mutants by module\n\n| Module | Drawn | Ran | Killed |\n|---|---|---|---|\n"
        for name, found in mutants["by_module"].items():
            drawn = sum(found.values())
            ran = drawn - found.get("not run", 0) - found.get("invalid", 0)
            text += f"| {name} | {drawn} | {ran} | {found.get('killed', 0) + found.get('timeout', 0)} |\n"
    for title, name in (
        (f"Functions over {LONG_FUNCTION} lines", "long_functions"),
        (f"Modules over {LONG_MODULE} lines", "long_modules"),
    ):
        text += f"\n## {title}\n\n| Name | Lines | Why |\n|---|---|---|\n"
        for one in sorted(source[name], key=lambda each: -each["lines"]):
            text += f"| `{one['name']}` | {one['lines']} | {one['why'] or 'no reason given yet'} |\n"
    return text


def _suite(suite: Figures, tests: Figures) -> str:
    bad = suite["failures"] + suite["errors"]
    of = f" of {tests['collected']:,}" if tests else ""
    return f"{suite['tests']:,}{of} tests in {suite['seconds']:,} s, {bad} failed, {suite['skipped']} skipped"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)"


def _dated(figures: Figures | None, when: Path | None = None) -> Figures | None:
    """Put date and commit to the figures: of now, or those that the command wrote down when it measured."""
    if figures is None or (when and not when.exists()):
        return None  # figures of which nobody knows the commit are none
    if when:
        date, commit = when.read_text(encoding="utf-8").split()
    else:
        git = ["git", "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        date = datetime.now(UTC).date().isoformat()
    return {"date": date, "commit": commit} | figures


def _read(file: Path) -> Figures | None:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{within}{node.name}", node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")
        else:
            yield from _functions(node, within)


if __name__ == "__main__":
    main()
