"""A browser for the pages: Debian's Chromium, headless, driven by Playwright; without them, tests are skipped."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.report.charts import installed
from hsesg_carbon.report.dashboard import write_dashboard
from tests.e2e.fixture import monitor_json

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def monitor() -> dict[str, Any]:
    return monitor_json()


@pytest.fixture(scope="session")
def dashboard(monitor: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the made-up monitor, as a file."""
    if not installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed: no page to open")
    path = tmp_path_factory.mktemp("page") / "monitor.html"
    write_dashboard(monitor, path, "en")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return a running browser."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine: pages are not opened in a browser")
    if find_spec("playwright") is None:
        pytest.skip("playwright is not installed: pages are not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
