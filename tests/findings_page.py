"""The pages that list every sentence of the message catalogue by its code, with what to do about the frequent ones."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hsesg_carbon.messages import catalogue

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hsesg_carbon"
NAMES = ("label.", "field.", "where.")
"""Beginnings of codes that are names of things, no sentences."""

_SECTION = re.compile(r"^# --- (.+)$")
_CODE = re.compile(r"^\"?([\w.-]+)\"? = \{")
_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^}|]*\|([^}]*))?[^}]*\}")
"""A value to be filled in, and of a count the words that stand behind more than one."""

_SAYS: dict[str, dict[str, Any]] = {
    "en": {
        "intro": """\
# What a finding means

Written by `make generated`; do not edit. 中文：[各类发现的含义](findings.zh.md)。

Errors stop; judgements about data are findings and stand beside the figures. `--json` gives each its code,
and this page lists all by code. Without the code, search this page for a few words of the sentence; what stands here in
‹› is filled in.

| severity | what it means |
|---|---|
| stops | nothing is computed until it is mended; the command exits with 2 |
| error | cannot be right whatever was rounded; `verify`, `replay` and the checks exit with 1 |
| warning | figures were computed; a reader has to know this, or somebody has to answer a question |
| note | how it was computed; nothing to do, unless you do not like it |

Where no severity stands, it depends on the place where the sentence is met.
""",
        "met": "## Met most often, and what to do",
        "columns": ["code", "severity", "what it says", "what to do"],
        "all": ["code", "severity", "what it says"],
        "other": "Everything else",
        "severity": {"stops": "stops", "error": "error", "warning": "warning", "info": "note"},
    },
    "zh": {
        "intro": """\
# 各类发现的含义

由`make generated`生成，请勿直接修改。English: [What a finding means](findings.md).

错误会中止计算；对数据的判断称为“发现”，与数值一同列出。`--json`给出每条的代码（`"code"`），本页按代码列出全部。没有代码时，请以句中词语在本页
搜索。‹›中的内容由程序填入。

| 程度 | 含义 |
|---|---|
| 中止 | 更正之前不计算；命令退出码为2 |
| 错误 | 无论如何舍入都不可能正确；`verify`、`replay`和各项检查退出码为1 |
| 警告 | 已计算；读者必须知悉，或需有人答复 |
| 提示 | 说明如何计算；无异议则无需处理 |

未标程度的，取决于出现的位置。
""",
        "met": "## 最常见的发现与处理办法",
        "columns": ["代码", "程度", "内容", "处理"],
        "all": ["代码", "程度", "内容"],
        "other": "其他",
        "severity": {"stops": "中止", "error": "错误", "warning": "警告", "info": "提示"},
    },
}


def findings_page(lang: str) -> str:
    """Return the page in one language."""
    says = _SAYS[lang]
    told = tomllib.loads((ROOT / "docs" / "reference" / "findings.toml").read_text(encoding="utf-8"))
    rows = ([*_row(one["code"], lang, one.get("severity", "")), one[lang]] for one in told["met"])
    lines = [says["intro"], says["met"], "", *_table(says["columns"], rows), ""]
    groups = {one["comment"]: one[lang] for one in told["group"]}
    for title, codes in _grouped(groups, says["other"]).items():
        lines += [f"## {title}", "", *_table(says["all"], (_row(code, lang) for code in codes)), ""]
    return "\n".join(lines)


def sentences() -> dict[str, str]:
    """Return the section of the catalogue's file that each sentence stands in, by its code."""
    section, found = "", {}
    for line in (SOURCE / "messages.toml").read_text(encoding="utf-8").splitlines():
        if heading := _SECTION.match(line):
            section = heading[1]
        elif (code := _CODE.match(line)) and not code[1].startswith(NAMES):
            found[code[1]] = section
    return found


@cache
def severities() -> dict[str, str]:
    """Return the severity of every code that the source states in one way everywhere."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code, severity in _stated(node):
                    found.setdefault(code, set()).add(severity)
    return {code: next(iter(held)) for code, held in found.items() if len(held) == 1}


def _stated(call: ast.Call) -> Iterator[tuple[str, str]]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "Finding":
        words = {word.arg: word.value for word in call.keywords}
        severity = words.get("severity")
        told = severity.value if isinstance(severity, ast.Constant) else ""
        codes = ast.walk(words["code"]) if "code" in words else ()
        yield from (
            (one.value, str(told)) for one in codes if isinstance(one, ast.Constant) and one.value in catalogue()
        )
    elif name.endswith("Error") and call.args and isinstance(call.args[0], ast.Constant):
        yield str(call.args[0].value), "stops"


def _grouped(groups: dict[str, str], other: str) -> dict[str, list[str]]:
    """Return the codes by title, in the order of the catalogue; what has no title of its own stands last."""
    found: dict[str, list[str]] = {title: [] for title in (*groups.values(), other)}
    for code, section in sentences().items():
        found[groups.get(section, other)].append(code)
    return {title: codes for title, codes in found.items() if codes}


def _row(code: str, lang: str, severity: str = "") -> list[str]:
    sentence = _PLACEHOLDER.sub(
        lambda found: f"‹{found[1]}› {found[2]}" if found[2] else f"‹{found[1]}›", catalogue()[code][lang]
    )
    told = _SAYS[lang]["severity"].get(severity or severities().get(code, ""), "")
    return [f"`{code}`", told, _plain(sentence)]


def _plain(sentence: str) -> str:
    """Return a sentence whose signs mean nothing in Markdown."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("*", "\\*"), ("[", "\\["), ("{", "\\{")):
        sentence = sentence.replace(sign, written)
    return sentence.replace("\n", " ")


def _table(columns: list[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
