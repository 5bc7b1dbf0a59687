"""Restatements with three causes at once, computed by hand in restatements.toml."""

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon.versions import compared
from hsesg_carbon.workspace import Workspace

EXAMPLES = tomllib.loads((Path(__file__).parent / "restatements.toml").read_text(encoding="utf-8"))["example"]
RULES = {
    "electricity": ("electricity.grid", "CO2"),
    "petrol": ("*.petrol", "CO2"),
    "ch4": ("*.petrol", "CH4"),
    "gas": ("*.natural_gas", "CO2"),
}
HEADS = {
    "rows": "activity_id,site,period,activity,quantity,unit",
    "factors": "id,activity,flow,value,unit,supersedes,region,valid_from,published,source,locator,checked,basis",
    "properties": "id,subject,property,value,unit,region,source,locator,checked,basis",
}
SOURCE = """
[f1]
title = "made up"
publisher = "made up"
licence = "own"
licence_class = "own"

[f2]
title = "made up"
publisher = "made up"
licence = "own"
licence_class = "own"
"""


def write(folder: Path, example: dict[str, Any], side: str) -> None:
    """Write one version of an example as a workspace of its own; what a side does not state is as before."""
    stated = {**example["before"], **example[side]}
    method, site = stated["method"], dict(stated["site"])
    (folder / "activity").mkdir(parents=True)
    (folder / "factors").mkdir()
    (folder / "activity" / "bills.csv").write_text(HEADS["rows"] + "\n" + stated["rows"], encoding="utf-8")
    (folder / "factors" / "sources.toml").write_text(SOURCE, encoding="utf-8")
    factors = [line.split(",") for line in stated["factors"].split()]
    lines = [f"{','.join(one)},CN,2020-01-01,2020,{one[0]},made up,inferred,net" for one in factors]
    (folder / "factors" / "f.csv").write_text("\n".join([HEADS["factors"], *lines]), encoding="utf-8")
    if "properties" in stated:
        lines = [f"{line},CN,f1,made up,inferred,net" for line in stated["properties"].split()]
        (folder / "factors" / "p.csv").write_text("\n".join([HEADS["properties"], *lines]), encoding="utf-8")
    rules = ""
    for name, (activity, flow) in RULES.items():
        if name in method:
            rules += f'\n[[use]]\nactivity = "{activity}"\nflow = "{flow}"\nreason = "made up"\n'
            rules += f'source = ["{method[name]}"]\n'
            rules += f'properties = [{{ property = "ncv", id = "{method["ncv"]}" }}]\n' if "ncv" in method else ""
    head = f'id = "basis-{side}"\ntitle = {{ en = "made up", zh = "虚构" }}\ngases = {method["gases"]}\n'
    head += f'gwp = "{method["gwp"]}"\nscope2 = ["location"]\ncombustion_methane = "non-fossil"\n'
    (folder / "basis.toml").write_text(head + rules, encoding="utf-8")
    consolidation, other = site.pop("consolidation"), site.pop("other", None)
    share = f'equity_share = "{site["equity_share"]}"\n' if site else ""
    settings = 'organisation = { id = "us", name = { en = "Us", zh = "我们" } }\nmethodology = "basis.toml"\n'
    settings += f'consolidation = "{consolidation}"\nboundary = "all"\nperiods = ["2023"]\n'
    settings += f'\n[[site]]\nid = "plant"\nregion = "CN"\n{share}'
    settings += f'\n[[site]]\nid = "other"\nregion = "CN"\ncontrol = {other}\n' if other is not None else ""
    (folder / "inventory.toml").write_text(settings, encoding="utf-8")


def in_tonnes(parts: dict[str, str]) -> dict[str, Fraction]:
    return {cause: Fraction(kilograms) / 1000 for cause, kilograms in parts.items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["id"])
def test_a_restatement_of_three_causes_is_what_the_arithmetic_by_hand_says(
    example: dict[str, Any], tmp_path: Path
) -> None:
    write(tmp_path, example, "after")
    write(tmp_path / "versions" / "as-reported", example, "before")
    accounts, expected = Workspace(tmp_path), example["expected"]
    by_order = compared(accounts, "as-reported", method="sequential", order=expected["sequential"]).bridge()
    assert by_order.causes == tuple(expected["sequential"])
    (ordered,), (mean,) = by_order, compared(accounts, "as-reported").bridge()
    for row in (ordered, mean):
        assert row.before == Fraction(expected["before"]) / 1000
        assert row.after == Fraction(expected["after"]) / 1000
        assert row.alone == in_tonnes(expected["alone"])
        assert row.interaction == row.difference - sum(row.alone.values())
    assert ordered.parts == in_tonnes(expected["sequential"])
    assert mean.parts == in_tonnes(expected["shapley"])
    texts = mean.texts()
    assert sum(Fraction(texts[cause]) for cause in mean.parts) == Fraction(texts["after"]) - Fraction(texts["before"])
