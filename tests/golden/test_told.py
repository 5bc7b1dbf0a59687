"""What the program tells of fixed cases is what it told when that was last read."""

import pytest

from tests.golden.told import HERE, NAMES, told


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_is_what_was_told(name: str) -> None:
    assert told(name) == (HERE / name).read_text(encoding="utf-8"), "if it is meant: python -m tests.golden.told"


def test_every_file_is_of_a_case() -> None:
    assert {one.name for one in HERE.iterdir()} == set(NAMES)
