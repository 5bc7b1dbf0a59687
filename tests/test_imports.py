"""Importing costs nothing: neither pandas nor pint, and the help of the command line answers at once."""

import subprocess
import sys

import pytest

import hsesg_carbon as hc


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after ``code``."""
    script = f"import sys\n{code}\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_neither_pandas_nor_pint_nor_numpy() -> None:
    assert not {"pandas", "pint", "numpy", "narwhals", "pydantic"} & modules_after("import hsesg_carbon")


def test_the_library_of_factors_loads_neither_pandas_nor_pint() -> None:
    loaded = modules_after("import hsesg_carbon as hc\nhc.FactorLibrary.shipped()")
    assert not {"pandas", "pint", "openpyxl"} & loaded


def test_help_loads_nothing_heavy() -> None:
    code = "import hsesg_carbon.cli as cli\ntry:\n    cli.app(['--help'])\nexcept SystemExit:\n    pass"
    quiet = f"import sys, io\nout, sys.stdout = sys.stdout, io.StringIO()\n{code}\nsys.stdout = out"
    script = f"{quiet}\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"pandas", "pint", "narwhals", "openpyxl", "numpy"} & set(done.stdout.split())


@pytest.mark.parametrize("name", hc.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(hc, name)
    assert found.__doc__
    assert found.__module__ == f"hsesg_carbon.{hc._HOMES[name]}"


def test_public_names_are_sorted_and_complete() -> None:
    assert hc.__all__ == sorted(hc._HOMES)
    assert set(hc.__all__) < set(dir(hc))
    assert hc.__version__.count(".") == 2


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Footprint'"):
        hc.Footprint  # noqa: B018


def test_the_package_run_as_a_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hsesg_carbon", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"hsesg-carbon {hc.__version__}\n"
