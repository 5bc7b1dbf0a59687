"""Totals do not depend on the engine, the order of rows or how they are cut: the same digits, those of a slow loop."""

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import hsesg_carbon as hc
from tests.engines import CSV, HERE, Engine, steps_of

SIZES = [10_000, pytest.param(100_000, marks=pytest.mark.long)]
"""How many bills: ten thousand in every run."""

GRIDS = {"kWh": 6, "MWh": 9, "万kWh": 10, "m3": 6, "L": 3}
"""Digits after the point on which quantities of a unit are summed."""

SPELT = {
    "electricity.grid": {"kWh": "kWh", "度": "kWh", "ｋＷｈ": "kWh", "MWh": "MWh", "万千瓦时": "万kWh"},
    "stationary.natural_gas": {"m3": "m3", "㎥": "m3"},
    "mobile.petrol": {"L": "L", "升": "L"},
}
MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]
Key = tuple[str, str, str, str]


def printed(draw: random.Random, grid: int) -> float:
    """Return hundredths, as bills print them."""
    return draw.randrange(10**7) / 100


def any_float(draw: random.Random, grid: int) -> float:
    """Return what may stand on a bill or a credit note: finer than the grid, halves of a step, near 2^50 steps."""
    size = draw.choice(
        [
            printed(draw, grid),
            draw.uniform(0, 1000),
            (draw.randrange(10**6) + 0.5) / 10**grid,
            2.0**50 / 10**grid * draw.uniform(0.999, 1.001),
            float(draw.randrange(2**52 // 10**grid)),
        ]
    )
    return draw.choice([1, 1, 1, -1]) * size


def integer(draw: random.Random, grid: int) -> int:
    return draw.randrange(-(10**6), 10**9)


def decimal(draw: random.Random, grid: int) -> Decimal:
    """Return a decimal on the grid of its unit, of up to 16 digits."""
    return Decimal(draw.randrange(-(10**9), 10**16)).scaleb(-grid)


def text(draw: random.Random, grid: int) -> str:
    """Return a number as it is typed: on the grid, or one digit finer."""
    return f"{Decimal(draw.randrange(-(10**6), 10**12)).scaleb(-grid - draw.choice([0, 0, 0, 1])):f}"


KINDS: dict[str, tuple[Callable[[random.Random, int], Any], Any]] = {
    "printed floats": (printed, pa.float64()),
    "floats": (any_float, pa.float64()),
    "integers": (integer, pa.int64()),
    "decimals": (decimal, pa.decimal128(38, 10)),
    "text": (text, pa.string()),
}


@cache
def bills(kind: str, rows: int) -> pa.Table:
    """Return bills in no order, all of them made up."""
    draw, (quantity, dtype) = random.Random(kind), KINDS[kind]
    columns: dict[str, list[Any]] = {name: [] for name in ("site", "period", "activity", "unit", "quantity")}
    for _ in range(rows):
        activity = draw.choice(list(SPELT))
        spelling, unit = draw.choice(list(SPELT[activity].items()))
        drawn = draw.choice(["north", "south", "分公司"]), draw.choice(MONTHS), activity, spelling
        for name, value in zip(columns, (*drawn, quantity(draw, GRIDS[unit])), strict=True):
            columns[name].append(value)
    fixed = {"activity_id": [f"b{place}" for place in range(rows)], "region": ["CN"] * rows, "credit": ["yes"] * rows}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in fixed.items()})
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values, dtype if name == "quantity" else pa.string()))
    return table


def rounded(number: Fraction) -> int:
    """Return a number to the nearest integer, halves away from zero."""
    size = (abs(number) + Fraction(1, 2)).__floor__()
    return size if number >= 0 else -size


@cache
def by_loop(kind: str, rows: int, start: int = 0) -> dict[Key, Fraction]:
    """Return what the rows from ``start`` on add up to, one by one, in fractions."""
    sums: dict[Key, Fraction] = {}
    for one in bills(kind, rows).slice(start).to_pylist():
        unit = SPELT[one["activity"]][one["unit"]]
        grid = GRIDS[unit]
        is_float = isinstance(one["quantity"], float)
        steps = steps_of(one["quantity"], grid) if is_float else rounded(Fraction(one["quantity"]) * 10**grid)
        key = one["site"], one["period"], one["activity"], unit
        sums[key] = sums.get(key, Fraction(0)) + Fraction(steps, 10**grid)
    return sums


def by_engine(cube: Any) -> dict[Key, Fraction]:
    return {
        (key.site, key.period.label, key.activity, key.unit): Fraction(steps, 10 ** GRIDS[key.unit])
        for key, steps in cube.steps.items()
    }


every_size = pytest.mark.parametrize("rows", SIZES)


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("kind", KINDS)
@every_size
def test_every_engine_gives_the_digits_of_the_loop(rows: int, kind: str, engine: Engine, tmp_path: Path) -> None:
    native = engine.frame(bills(kind, rows), tmp_path)
    if kind == "text" and engine.lazy:
        with pytest.raises(hc.InputError) as caught:
            hc.Activities(native)
        assert caught.value.code == "quantity-text-lazy"
    else:
        assert by_engine(hc.Activities(native).cube()) == by_loop(kind, rows)


@pytest.mark.parametrize("kind", ["printed floats", "floats"])
@every_size
def test_a_csv_file_of_floats_gives_the_same_digits(rows: int, kind: str, tmp_path: Path) -> None:
    assert by_engine(hc.Activities(CSV.frame(bills(kind, rows), tmp_path)).cube()) == by_loop(kind, rows)


@every_size
def test_what_was_printed_is_what_is_summed(rows: int) -> None:
    """No rule about binary numbers is needed where the decimal that was typed fits the grid."""
    table = bills("printed floats", rows)
    units = [
        SPELT[activity][unit]
        for activity, unit in zip(table["activity"].to_pylist(), table["unit"].to_pylist(), strict=True)
    ]
    for number, unit in zip(table["quantity"].to_pylist(), units, strict=True):
        assert steps_of(number, GRIDS[unit]) == Fraction(repr(number)) * 10 ** GRIDS[unit]


@pytest.mark.parametrize("engine", HERE)
@every_size
def test_parts_can_be_added_and_taken_out(rows: int, engine: Engine, tmp_path: Path) -> None:
    cuts, cubes = [0, rows * 3 // 10, rows * 3 // 10 + 1, rows], []
    for start, end in pairwise(cuts):
        folder = tmp_path / str(start)
        folder.mkdir()
        cubes.append(hc.Activities(engine.frame(bills("floats", rows).slice(start, end - start), folder)).cube())
    first, one, rest = cubes
    assert by_engine(rest + first + one) == by_loop("floats", rows)
    assert by_engine(rest + first + one - first) == by_loop("floats", rows, cuts[1])


@pytest.mark.parametrize("engine", HERE)
@every_size
def test_the_totals_of_the_ledger_are_those_of_the_loop(
    rows: int, engine: Engine, tmp_path: Path, library: hc.FactorLibrary
) -> None:
    acts = hc.Activities(engine.frame(bills("floats", rows), tmp_path))
    plan = hc.Plan.compile(acts, library, hc.Methodology.shipped("ghgp-cn"))
    expected: dict[Any, Fraction] = {}
    for key, lines in plan.lines.items():
        quantity = by_loop("floats", rows)[key.site, key.period.label, key.activity, key.unit]
        for line in lines:
            name = key.site, line.flow.flow, line.scope2
            expected[name] = expected.get(name, Fraction(0)) + quantity * line.multiplier
    totals = plan.run(acts).totals("site", "scope2")
    found = {(dict(row.group)["site"], row.flow, dict(row.group)["scope2"]): row.amount.value for row in totals}
    assert found == expected
