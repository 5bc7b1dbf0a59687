"""Fixtures that several kinds of tests share."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import hsesg_carbon as hc
from hsesg_carbon.methodology import Methodology

ROOT = Path(__file__).resolve().parent.parent
HUNDSUN = ROOT / "examples" / "hundsun-2024"
FIXTURES = Path(__file__).parent / "fixtures"

# Deadlines measure the machine, not the law; benchmarks measure speed.
CHANCE = [HealthCheck.too_slow, HealthCheck.filter_too_much]  # of a busy machine or of the draw: no law is broken
settings.register_profile("laws", deadline=None, max_examples=60, suppress_health_check=CHANCE)
settings.register_profile("long", settings.get_profile("laws"), max_examples=1200)  # make long
settings.load_profile("laws")


@pytest.fixture(scope="session")
def library() -> hc.FactorLibrary:
    return hc.FactorLibrary.shipped()


@pytest.fixture(scope="session")
def multigas_library(library: hc.FactorLibrary) -> hc.FactorLibrary:
    """The shipped library with made-up CH4 and N2O factors, published CO2e and a biofuel's properties."""
    return library.overlay(FIXTURES / "factors")


@pytest.fixture(scope="session")
def multigas() -> Methodology:
    """A methodology over CO2, CH4 and N2O on the made-up factors."""
    return Methodology.load(FIXTURES / "multigas.toml")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A writable copy of the Hundsun workspace."""
    folder = tmp_path / "hundsun"
    shutil.copytree(HUNDSUN, folder, ignore=shutil.ignore_patterns("out"))
    return folder
