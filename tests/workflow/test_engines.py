"""A workspace on every engine: the same totals, findings and explanations, in the engine's own frames."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.factors import data_folder
from hsesg_carbon.intake import Engine


@pytest.mark.parametrize("engine", get_args(Engine))
def test_a_workspace_is_the_same_on_every_engine(workspace: Path, engine: Engine) -> None:
    energy = workspace / "activity" / "energy.csv"
    text = energy.read_text(encoding="utf-8")
    heading = text.splitlines()[0]
    more = dict.fromkeys(heading.split(","), "")
    more |= {"activity_id": "fine", "site": "reporting-boundary", "period": "2024-03-16/2024-04-15"}
    more |= {"activity": "electricity.grid", "quantity": "33.333333333333", "unit": "度"}
    energy.write_text(f"{text.rstrip()}\n{','.join(more.values())}\n", encoding="utf-8")
    bulk = pd.DataFrame({"activity_id": ["b1", "b2"], "site": "reporting-boundary", "period": ["2024-03", "2024-04"]})
    bulk = bulk.assign(activity="mobile.petrol", quantity=[10.1, 0.25], unit="L")
    bulk.to_parquet(workspace / "activity" / "bulk.parquet")
    first, again = hc.Workspace(workspace), hc.Workspace(workspace, engine=engine)
    kinds = {type(batch.frame.to_native()).__module__.split(".")[0].strip("_") for batch in again.batches}
    assert kinds == {engine}
    assert again.footprint() == first.footprint()
    assert "rounded-to-grid" in {one.code for one in again.findings}
    assert str(again.explain("fine")) == str(first.explain("fine"))
    assert again.verification().as_json() == first.verification().as_json()
    assert [path.name for path in again.write(again.footprint())] == [
        one.name for one in first.write(first.footprint())
    ]


def test_faults_are_told_before_another_engine_has_the_rows(workspace: Path) -> None:
    energy = workspace / "activity" / "energy.csv"
    energy.write_text(energy.read_text(encoding="utf-8").replace("kWh", "kWhh", 1), encoding="utf-8")
    told = []
    for engine in ("pandas", "duckdb"):
        with pytest.raises(CarbonError) as caught:
            hc.Workspace(workspace, engine=engine).footprint()
        told.append(caught.value.text())
    assert told[0] == told[1]
    assert "kWhh" in told[0]


def test_an_engine_that_is_unknown_or_missing_is_named(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CarbonError, match="spark"):
        hc.Workspace(workspace, engine="spark").footprint()  # type: ignore[arg-type]
    monkeypatch.setattr("hsesg_carbon.intake.find_spec", lambda _: None)
    with pytest.raises(CarbonError, match=r"hsesg_carbon\[polars\]"):
        hc.Workspace(workspace, engine="polars").footprint()


def test_accounts_can_rest_on_another_library_than_the_shipped_one(workspace: Path, tmp_path: Path) -> None:
    home = tmp_path / "library"
    shutil.copytree(Path(str(data_folder())), home, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    path = home / "methodologies" / "hundsun-2024.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('variant = "average"', 'variant = "fossil"'), encoding="utf-8"
    )
    pictures = home / "equivalences.csv"
    pictures.write_text("\n".join(pictures.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    other = hc.Workspace(workspace, shipped=hc.FactorLibrary.load(home))
    shares = hc.Workspace(workspace).inventory.by("scope", "year"), other.inventory.by("scope", "year")
    assert shares[0].value(scope="2", year=2024) != shares[1].value(scope="2", year=2024)
    assert len(other.library.equivalences) == 1 < len(hc.FactorLibrary.shipped().equivalences)
    assert replace(other, shipped=None).library is not other.library
