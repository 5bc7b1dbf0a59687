"""Every example in a docstring runs and gives what it says."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"
MODULES = sorted(path.stem for path in SOURCE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    failed, _ = doctest.testmod(import_module(f"hsesg_carbon.{module}"), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0
