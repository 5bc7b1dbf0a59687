"""What is written by machine is what the data say."""

import tomllib

import hsesg_carbon as hc
from hsesg_carbon.messages import catalogue
from tests import findings_page, generated


def test_files_written_by_machine_are_up_to_date() -> None:
    everything = generated.everything()
    assert len(everything) >= 7
    stale = [path.name for path, text in everything.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make generated"


def test_every_sentence_stands_once_in_a_group_of_the_page_of_findings() -> None:
    """A section of the catalogue without a title in docs/reference/findings.toml stands under "Everything else"."""
    held = findings_page.sentences()
    assert set(held) == {code for code in catalogue() if not code.startswith(findings_page.NAMES)}
    for lang in ("en", "zh"):
        _, _, groups = findings_page.findings_page(lang).partition("\n## ")[2].partition("\n## ")
        listed = [line.split("`")[1] for line in groups.splitlines() if line.startswith("| `")]
        assert sorted(listed) == sorted(held)


def test_what_happens_to_a_finding_is_told_as_the_source_says_it() -> None:
    severities = findings_page.severities()
    assert severities["numbers-weakly-checked"] == "info"
    assert severities["denominator-boundary-accepted"] == "warning"
    assert severities["units-differ"] == "stops"


def test_the_severity_that_is_told_of_frequent_findings_is_the_one_that_the_examples_meet() -> None:
    root = findings_page.ROOT
    told = tomllib.loads((root / "docs" / "reference" / "findings.toml").read_text(encoding="utf-8"))["met"]
    stated = {one["code"]: one["severity"] for one in told if "severity" in one}
    assert {one["code"] for one in told} <= set(catalogue())
    case = hc.Workspace(root / "examples" / "hundsun-2024")
    found = [*case.findings, *case.verification().findings, *hc.Workspace(root / "examples" / "base-year").findings]
    met = {one.code: one.severity for one in found if one.code in stated}
    assert len(met) >= 8
    assert met == {code: stated[code] for code in met}
