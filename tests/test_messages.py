"""The message catalogue is complete: both languages, the same placeholders, every code that is used and no other."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from hsesg_carbon.messages import LANGUAGES, catalogue, message
from tests.each import each

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"
CODE = re.compile(r"^[a-z]+(-[a-z0-9]+)+$|^(where|label|field)\.[a-z0-9_-]+$")
COMPOSED = {
    "where.",
    "field.",
    "label.severity-",
    "label.schedule-no-",
    "label.difference-",
    "label.exceeds-",
    "label.criterion-",
    "label.scope-",
    "label.scope2-",
    "label.consolidation-",
    "reason-empty-",
    "label.denominator-",
    "slip.",
    "reported-",
    "label.offset-",
    "label.waste-diverted-",
    "label.water-",
    "label.lease-",
    "label.cause-",
    "uncertainty-unstated-",
    "label.version-",
    "label.attribution-",
    "label.as-",
    "fit-",
    "label.base-year-",
    "label.driver-",
    "label.drivers-basis-",
    "label.drivers-degree-",
    "label.group-",
    "label.marked-",
    "label.seal-",
    "label.replay-",
    "label.month-",
    "label.dashboard-",
    "label.caveat-scope-",
    "label.property-",
    "caveat-",
    "label.papers-",
    "label.disclose-",
    "label.disclosed-",
    "label.report-",
}
"""Beginnings of codes that the source completes at run time."""


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.fixture(scope="module")
def nodes() -> list[ast.AST]:
    """Every node of the source, parsed once."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py"))
    return [node for tree in trees for node in ast.walk(tree)]


def test_a_message_exists_in_both_languages_with_the_same_placeholders() -> None:
    def law(code: str) -> None:
        entry = catalogue()[code]
        assert sorted(entry) == sorted(LANGUAGES)
        assert placeholders(entry["en"]) == placeholders(entry["zh"])
        if not code.startswith("field."):
            assert entry["zh"] != entry["en"] or code == "file-system"

    each(sorted(catalogue()), str, law)


def test_a_message_is_used_by_the_source(nodes: list[ast.AST]) -> None:
    used = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    beginnings = tuple(COMPOSED)
    assert [code for code in sorted(catalogue()) if code not in used and not code.startswith(beginnings)] == []


def test_every_error_and_finding_code_of_the_source_has_a_message(nodes: list[ast.AST]) -> None:
    raised = set()
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0] if node.args else None
        if (name.endswith("Error") or name == "message") and isinstance(first, ast.Constant):
            raised.add(first.value)
        raised |= {
            word.value.value
            for word in node.keywords
            if name == "Finding" and word.arg == "code" and isinstance(word.value, ast.Constant)
        }
    coded = {one for one in raised if isinstance(one, str) and CODE.match(one)}
    assert len(coded) > 50
    assert coded <= set(catalogue())


def test_every_field_that_a_record_shows_has_a_name() -> None:
    from hsesg_carbon.records import CatalogueEntry, EmissionFactor, FuelProperty, Gwp

    for model in (CatalogueEntry, EmissionFactor, FuelProperty, Gwp):
        for field in model.model_fields:
            assert f"field.{field}" in catalogue(), field


@pytest.mark.parametrize("count", [1, "1"])
def test_one_is_told_in_the_singular_and_other_counts_in_the_plural(count: object) -> None:
    data = {"warnings": 0, "checks": 78}
    one = message("caveat-verification", "en", errors=count, **data)
    assert one == "Verification of the reported figures found 1 error and 0 warnings in 78 checks."
    assert "found 2 errors and" in message("caveat-verification", "en", errors=2, **data)
    assert "1处错误、0处警告" in message("caveat-verification", "zh", errors=count, **data)


def test_no_sentence_leaves_the_plural_to_its_reader() -> None:
    left = {code for code, texts in catalogue().items() if "(s)" in texts["en"]}
    assert {one for one in left if not one.startswith("gap-note-")} == set()  # notes of rows are sealed as they are


def test_a_missing_placeholder_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        message("unknown-unit", "en", unit="x")
    with pytest.raises(KeyError):
        message("caveat-verification", "en", errors=1)
