"""
Worked examples of publications come out as printed: rounded half up to the last printed digit, never nearer than print.

The figures and how they were seen stand in ``worked_examples.toml``. ``epa_calculator.csv`` holds
outputs of atomic6ghg 1.1.1, which rebuilds EPA's Simplified GHG Emissions Calculator: frozen, for the reasons in
``docs/decisions/0006-oracles.md``.
"""

import ast
import csv
import json
import operator
import tomllib
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon import units
from hsesg_carbon.derive import DERIVATIONS
from hsesg_carbon.instruments import Instrument, Instruments
from hsesg_carbon.tables import Row, Table

HERE = Path(__file__).parent
DATA = tomllib.loads((HERE / "worked_examples.toml").read_text(encoding="utf-8"))
PUBLICATIONS: dict[str, dict[str, str]] = DATA["publication"]
EXAMPLES: dict[str, dict[str, Any]] = DATA["example"]
SOURCE = "worked-example"
PRINTED = [(name, place) for name, one in EXAMPLES.items() for place in range(len(one["expected"]))]


# ------------------------------------------------------------------------------------------------ reading the data

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def exactly(text: str) -> Fraction:
    """Work out sums and products of decimals as they stand in the data."""

    def of(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return Fraction(_OPERATORS[type(node.op)](of(node.left), of(node.right)))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -of(node.operand)
        return Fraction(ast.get_source_segment(text, node) or "")  # the digits as written, not a float

    return of(ast.parse(text, mode="eval").body)


def as_printed(value: Fraction, printed: str, *, truncated: bool = False) -> bool:
    """Say whether a number is what ``printed`` shows of it."""
    plain = printed.replace(",", "")
    places = len(plain.partition(".")[2])
    if truncated:
        return 0 <= value - Fraction(plain) < Fraction(1, 10**places)
    return units.half_up(value, places) == Decimal(plain)


def toml(value: object) -> str:
    """Write a value of the data as TOML again."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ------------------------------------------------------------------------------------- an example as a small library


def library_of(example: dict[str, Any], folder: Path) -> hc.FactorLibrary:
    """Lay what the example brings over the shipped library."""
    shipped = hc.FactorLibrary.shipped()
    if not example.keys() & {"factors", "properties", "activities"}:
        return shipped
    folder /= "factors"
    folder.mkdir()
    publication = PUBLICATIONS[example["publication"]]
    texts = {"title": publication["title"], "publisher": publication["publisher"], "licence": publication["licence"]}
    lines = [f"[{SOURCE}]", *(f"{name} = {toml(text)}" for name, text in texts.items()), 'licence_class = "facts-only"']
    (folder / "sources.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    common = {"region": "world", "valid_from": "1900-01-01", "published": publication["published"], "source": SOURCE}
    common |= {"locator": example["locator"], "checked": "one-transcription"}
    factors = [
        {**common, "flow": "CO2e", "gwp_set": example.get("gwp", "") if one.get("flow", "CO2e") == "CO2e" else ""}
        | {**one, "id": f"{SOURCE}.{one['id']}"}
        for one in example.get("factors", [])
    ]
    properties = [{**common, **one, "id": f"{SOURCE}.{one['id']}"} for one in example.get("properties", [])]
    activities = [{**one, "name_zh": one["name_en"]} for one in example.get("activities", [])]
    if factors:
        write_csv(folder / "factors.csv", factors)
    if properties:
        write_csv(folder / "properties.csv", properties)
    if activities:
        write_csv(folder / "catalogue.csv", activities)
    return shipped.overlay(folder)


def method_of(name: str, example: dict[str, Any], folder: Path, variant: str | None) -> hc.Methodology:
    """Write the methodology of an example and read it; ``variant`` takes the place of the rules' own."""
    if "method" in example:
        return hc.Methodology.shipped(example["method"])
    lines = [
        f"id = {toml(name)}",
        f"title = {toml({'en': PUBLICATIONS[example['publication']]['title']})}",
        f"gases = {toml(example.get('gases', ['CO2', 'CH4', 'N2O', 'HFCs']))}",
        f"gwp = {toml(example.get('gwp', 'AR5'))}",
        f"scope2 = {toml(example.get('scope2', ['location']))}",
        "instrument_months = 12",
    ]
    rules: list[dict[str, Any]] = example.get("use") or [{"activity": "*", "flow": "CO2e", "source": [SOURCE]}]
    for rule in rules:
        body = {**rule, "reason": example["locator"]} | ({"variant": variant} if variant else {})
        if "properties" in body:
            own = {one["id"] for one in example.get("properties", [])}
            body["properties"] = [
                {**one, "id": f"{SOURCE}.{one['id']}" if one["id"] in own else one["id"]} for one in body["properties"]
            ]
        lines += ["[[use]]", *(f"{key} = {toml(value)}" for key, value in body.items())]
    lines += [
        "[[use]]",
        'activity = "*"',
        'flow = "energy.gj"',
        "omit = true",
        'reason = "the example is of emissions"',
    ]
    path = folder / "method.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return hc.Methodology.load(path)


def derived(example: dict[str, Any]) -> list[dict[str, str]]:
    """Return the activity rows of an example; where it says ``derive``, they follow from its figures."""
    rows: list[dict[str, str]] = example["rows"]
    if "derive" not in example:
        return rows
    cells = [{"site": "hq", "period": example["period"], **row} for row in rows]
    columns = tuple(dict.fromkeys(name for row in cells for name in row))
    table = Table("example.csv", None, columns, tuple(Row(place, row) for place, row in enumerate(cells, start=2)))
    return [row.cells for row in DERIVATIONS[example["derive"]](table).rows]


def inventory_of(name: str, example: dict[str, Any], folder: Path, expected: dict[str, Any]) -> hc.Inventory:
    """Compute the rows of an example; where a variant is wanted, only those that the result is of."""
    variant = expected.get("variant")
    where = expected.get("where", {})
    rows = [
        {"site": "hq", "region": "world", "period": example["period"], "activity_id": str(place), **row}
        | {"quantity": units.exact_text(exactly(row["quantity"]))}
        for place, row in enumerate(derived(example))
        if variant is None or row["activity"] == where["activity"]
    ]
    library = library_of(example, folder)
    acts = hc.Activities(pd.DataFrame(rows).fillna(""), library=library)
    method = method_of(name, example, folder, variant)
    plan = hc.Plan.compile(acts, library, method)
    sites = tuple(hc.Site.model_validate(one) for one in example.get("sites", []))
    return hc.Inventory(
        plan.run(acts),
        hc.Boundary("all", sites, "operational-control", "us") if sites else None,
        gwp=method.gwp,
        instruments=instruments_of(example),
        keep_published=True,
    )


def instruments_of(example: dict[str, Any]) -> Instruments | None:
    """Return the instruments of an example; all of them meet the quality criteria, for it says nothing of them."""
    met: dict[str, Any] = dict.fromkeys(
        ("conveys_attribute", "only_claim", "tracked_and_retired", "delivered_mix", "claim_transferred"), "yes"
    )
    first, _, last = example["period"].partition("/")
    days = {"produced_from": first, "produced_to": last, "retired_on": last} if last else {}
    items = [
        Instrument.model_validate(
            met
            | {"period": example["period"], "retired_for": "us", **days, **one}
            | {name: units.exact_text(exactly(one[name])) for name in ("volume", "factor") if name in one}
        )
        for one in example.get("instruments", [])
    ]
    return Instruments(tuple(items), "us", 12) if items else None


def share_of(example: dict[str, Any], expected: dict[str, Any]) -> Fraction:
    """Return the share of a site that counts under a consolidation, with its chain of entities."""
    sites = tuple(hc.Site.model_validate(one) for one in example["sites"])
    entities = tuple(hc.Entity.model_validate(one) for one in example["entities"])
    boundary = hc.Boundary("all", sites, expected["consolidation"], example["organisation"], entities)
    return boundary.share(expected["share_of"], hc.Period.parse(example["period"]))


def left_of(inventory: hc.Inventory, activity: str, unit: str) -> Fraction:
    """Return how much of an activity counts and no instrument covers."""
    boundary, left = inventory.boundary, Fraction(0)
    for cell, key, quantity in inventory.ledger.quantities():
        if cell.activity == activity:
            share = boundary.share(cell.site, key.period) if boundary else Fraction(1)
            left += (quantity - inventory.matching.covered(cell, key.period)) * share * units.ratio(cell.unit, unit)
    return left


# ------------------------------------------------------------------------------------------------------- the tests


@pytest.mark.parametrize(("name", "place"), PRINTED, ids=str)
def test_a_worked_example_comes_out_as_printed(name: str, place: int, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    expected = example["expected"][place]
    where = expected.get("where", {})
    if "share_of" in expected:
        value = 100 * share_of(example, expected)
    elif "left_of" in expected:
        value = left_of(inventory_of(name, example, tmp_path, expected), expected["left_of"], expected["unit"])
    else:
        inventory = inventory_of(name, example, tmp_path, expected)
        amount = inventory.by(*where).value(**where)
        value = amount.value * units.ratio(amount.unit, expected["unit"])
    assert as_printed(value, expected["value"], truncated=expected.get("truncated", False)), float(value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_printed_result_follows_from_the_printed_inputs(name: str) -> None:
    for expected in EXAMPLES[name]["expected"]:
        value = exactly(expected["by_hand"])
        assert as_printed(value, expected["value"], truncated=expected.get("truncated", False)), expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_says_where_it_stands_and_how_it_was_seen(name: str) -> None:
    example = EXAMPLES[name]
    assert PUBLICATIONS[example["publication"]]["seen"].strip()
    assert example["locator"].strip()


def test_no_publication_stands_here_without_an_example() -> None:
    assert {one["publication"] for one in EXAMPLES.values()} == set(PUBLICATIONS)


def test_a_printed_number_is_met_rounded_half_up_and_no_nearer() -> None:
    assert as_printed(Fraction("2364.25"), "2,364.3")
    assert not as_printed(Fraction("2364.25"), "2,364.2")
    assert not as_printed(Fraction("2364.24"), "2,364.3")
    assert as_printed(Fraction("6677.8"), "6,677", truncated=True)
    assert not as_printed(Fraction("6677.8"), "6,677")
    assert exactly("1 / 3 * (4 - 1) + -0.5") == Fraction(1, 2)


# -------------------------------------------------------------------------------- EPA's simplified calculator, frozen


def epa_cases() -> dict[str, list[dict[str, str]]]:
    cases: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (HERE / "epa_calculator.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cases[row["case"]].append(row)
    return dict(cases)


@pytest.mark.parametrize("rows", epa_cases().values(), ids=epa_cases())
def test_our_epa_methodology_agrees_with_the_calculator(rows: list[dict[str, str]]) -> None:
    names = ("activity", "quantity", "unit", "technology")
    table = [
        {
            "activity_id": str(place),
            "site": "hq",
            "region": "US",
            "period": "2022",
            **{name: row[name] for name in names},
        }
        for place, row in enumerate(rows)
    ]
    acts = hc.Activities(pd.DataFrame(table))
    method = hc.Methodology.shipped("us-epa-2025")
    ledger = hc.Plan.compile(acts, hc.FactorLibrary.shipped(), method).run(acts)
    inventory = hc.Inventory(ledger, gwp="AR4")  # the only set that the calculator knows
    expected, tolerance = Fraction(rows[0]["tco2e"]), Fraction(rows[0]["relative_tolerance"])
    assert abs(inventory.total().value - expected) <= expected * tolerance
    biogenic = Fraction(rows[0]["biogenic_tco2"])
    assert abs(sum(one.amount.value for one in inventory.biogenic()) - biogenic) <= biogenic * tolerance
