"""The page of the made-up campus says what the monitor says: the same figures by Python and by the page."""

import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.monitor import Monitor
from hsesg_carbon.report.charts import installed
from hsesg_carbon.report.dashboard import write_dashboard
from hsesg_carbon.workspace import Workspace

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "campus-monthly"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the monitor says of the example; tenants play no part in the figures compared here."""
    folder = tmp_path_factory.mktemp("campus") / "campus"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("out", "tenants.csv"))
    return Monitor.of(Workspace(folder)).as_json("en")


def measure_of(figure: dict[str, Any]) -> str | None:
    """Return the tile that shows a figure, if one does."""
    if figure["measure"] == "quantity":
        return f"{figure['carrier']}|{figure['unit']}"
    return figure["measure"] if figure["carrier"] is None and figure["measure"] != "kwh" else None


def percent(text: str) -> Decimal:
    return Decimal(text.split()[-2].replace("−", "-").replace("+", ""))


@pytest.mark.parametrize("site", [None, "hz"])
def test_the_tiles_say_the_figures_of_the_monitor(
    chromium: Any, result: dict[str, Any], site: str | None, tmp_path: Path
) -> None:
    if not installed():
        pytest.skip("the extra report (altair, vl-convert-python) is not installed: no page to open")
    path = tmp_path / "campus.html"
    write_dashboard(result, path, "zh")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri() + (f"#sites={site}" if site else ""))
    page.wait_for_selector("#trend-chart svg")
    compared = 0
    for figure in [one for one in result["figures"] if one["site"] == site and one["this_month"] is not None]:
        measure = measure_of(figure)
        if measure is None:
            continue
        tile = page.locator(f'[data-measure="{measure}"]')
        assert Decimal(tile.locator('[data-figure="month"]').get_attribute("data-exact")) == Decimal(
            figure["this_month"]
        )
        shown = tile.locator(".changes dd:not(.aside)").all_inner_texts()
        for text, name in zip(shown, ("mom_percent", "yoy_percent"), strict=True):
            if figure[name] is not None:
                compared += 1
                assert percent(text) == Decimal(figure[name]).quantize(Decimal("0.1"), ROUND_HALF_UP), (measure, name)
    assert compared >= 5
    assert complaints == []
    page.close()
