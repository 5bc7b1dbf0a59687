"""What is written by machine is what the data say."""

from pathlib import Path

import pytest

from tests import generated


@pytest.fixture(scope="module")
def everything() -> dict[Path, str]:
    return generated.everything()


@pytest.mark.parametrize(
    "name", ["resolved.csv", "factors.md", "datapackage.json", "disclosures.md", "hundsun-disclosure-index.md"]
)
def test_files_written_by_machine_are_up_to_date(everything: dict[Path, str], name: str) -> None:
    path, text = next((path, text) for path, text in everything.items() if path.name == name)
    assert path.read_text(encoding="utf-8") == text, "run: make generated"
