"""At the edges of numbers every engine gives the exact sum, or a named error before any; never a wrapped number."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

import hsesg_carbon as hc
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.units import grid
from tests.engines import HERE, ON_SPARK, Engine, spark, steps_of
from tests.properties.test_engine_digits import bills, by_engine, by_loop

on_every_engine = pytest.mark.parametrize("engine", HERE)

POINT = 2.0**50 / 10**6  # kWh from which a float is taken apart at its point
LAST = 2.0**52 / 10**6  # kWh from which a float has lost digits
HALF = 5e-7
LARGEST = "9" * 38


def below(number: float) -> float:
    return math.nextafter(number, -math.inf)


def above(number: float) -> float:
    return math.nextafter(number, math.inf)


def around(number: float) -> list[float]:
    return [below(number), number, above(number)]


def mirrored(numbers: Sequence[float]) -> list[float]:
    """Return numbers and, for other digits to be left, most of them below zero as well."""
    return [*numbers, *(-one for one in numbers[1:])]


def rows(quantities: Any, kind: Any = None, **columns: Any) -> pa.Table:
    """Return rows of one key with ids 0, 1, ...; all may be negative."""
    numbers = pa.array(quantities, kind or pa.float64())
    fixed = {"site": "hq", "period": "2024-03", "activity": "electricity.grid", "unit": "kWh", "region": "CN"}
    fixed |= {"credit": "yes"}
    texts = {name: pa.array(columns.get(name, [value] * len(numbers)), pa.string()) for name, value in fixed.items()}
    ids = pa.array([str(place) for place in range(len(numbers))], pa.string())
    return pa.table({"activity_id": ids, **texts, "quantity": numbers})


def decimals(quantities: Sequence[Any], digits: int = 38, scale: int = 0, **columns: Any) -> pa.Table:
    return rows([None if one is None else Decimal(one) for one in quantities], pa.decimal128(digits, scale), **columns)


def exact(table: pa.Table) -> dict[str, Fraction]:
    """Return the sum of each unit, row by row."""
    sums: dict[str, Fraction] = {}
    for unit, quantity in zip(table["unit"].to_pylist(), table["quantity"].to_pylist(), strict=True):
        steps = steps_of(quantity, grid(unit)) if isinstance(quantity, float) else Fraction(quantity) * 10 ** grid(unit)
        sums[unit] = sums.get(unit, Fraction(0)) + Fraction(steps) / 10 ** grid(unit)
    return sums


EXACT = {
    "at the point": rows(mirrored(around(POINT))),
    "at the point, none negative": rows(around(POINT)),
    "a step beside the point": rows(mirrored([POINT, POINT - 1e-6, POINT + 1e-6])),
    "the last float with digits": rows(mirrored([below(LAST), 0.1])),
    "whole beyond the digits": rows(mirrored([math.floor(LAST) + 1.0, 2.0**52 - 1, 0.5])),
    "halves of a step": rows(mirrored([*around(HALF), *around(3 * HALF), *around(5 * HALF), 1.0000005])),
    "halves of a step, none negative": rows([*around(HALF), *around(3 * HALF)]),
    "zeros of both signs": rows([-0.0, 0.0, -0.0]),
    "zero below zero": rows([-0.0]),
    "the smallest floats": rows(mirrored([5e-324, 2.2e-308, 1e-300])),
    "an outlier in a large cell": rows([0.1] * 3000 + [2.0**51]),
    "other units after the first thousand": rows([0.123456789] * 1500, unit=["kWh"] * 1000 + ["MWh"] * 500),
    "credits after the first thousand": rows([1.5] * 1000 + [-0.0000015] * 500),
    "the finest grid": rows([0.1, 40.25, 11.2589990684262, 11.2589990684263], unit=["亿kWh"] * 4),
    "narrow integers": rows([127] * 1000 + [-128] * 10, pa.int8()),
    "the least narrow integer": rows([-128], pa.int8()),
    "narrow unsigned integers": rows([255] * 1000, pa.uint8()),
    "integers of 32 bits": rows([-(2**31)] * 1000, pa.int32()),
    "unsigned integers of 32 bits": rows([2**32 - 1] * 1000, pa.uint32()),
    "integers of 64 bits": rows([2**60] * 7 + [-(2**60)] * 7, pa.int64())[:7],
    "the largest integer allowed": rows([2**62 - 2, -1], pa.int64()),
    "unsigned integers": rows([2**40, 7], pa.uint64()),
    "decimals": decimals(["1.25", "-0.000001", "99999999999.123456"], 18, 6),
    "narrow decimals": decimals(["999.99"] * 1000, 5, 2),
    "decimals with more places than digits": decimals(["1.5", "-0.000001"], 38, 30),
    "decimals of 38 digits": decimals(["49999999.123456", "-2.5"], 38, 30),
}

TOO_LARGE, NOT_FINITE, IMPRECISE = "quantity-too-large", "quantity-not-finite", "quantity-imprecise"
BLANK = {"quantity-blank", NOT_FINITE}  # pandas has floats where an integer is missing
BROKEN: dict[str, tuple[pa.Table, dict[str, str | set[str]]]] = {
    "NaN": (rows([1.0, math.nan]), {"1": NOT_FINITE}),
    "infinity": (rows([1.0, math.inf]), {"1": NOT_FINITE}),
    "infinity below zero": (rows([1.0, -math.inf]), {"1": NOT_FINITE}),
    "null": (rows([1.0, None]), {"1": NOT_FINITE}),
    "all null": (rows([None, None]), dict.fromkeys("01", NOT_FINITE)),
    "several at once": (
        rows([1.0, None, math.nan, math.inf, -math.inf, 1e300, -(2.0**53), 2.0**51 + 0.5]),
        {**dict.fromkeys("1234", NOT_FINITE), **dict.fromkeys("56", TOO_LARGE), "7": IMPRECISE},
    ),
    "1e300": (rows([1.0, 1e300]), {"1": TOO_LARGE}),
    "-1e300": (rows([1.0, -1e300]), {"1": TOO_LARGE}),
    "2^52": (rows([2.0**52, 2.0**53, 2.0**53 + 2, -(2.0**52)]), dict.fromkeys("0123", TOO_LARGE)),
    "digits that are lost": (rows([LAST, above(LAST), 2.0**52 - 0.5]), dict.fromkeys("012", IMPRECISE)),
    "digits that are lost, in a large cell": (rows([0.1] * 3000 + [-(2.0**51) - 0.5]), {"3000": IMPRECISE}),
    "the largest integer": (rows([2**63 - 1, 1], pa.int64()), {"0": TOO_LARGE}),
    "the least integer": (rows([-(2**63), 1], pa.int64()), {"0": TOO_LARGE}),
    "integers of both ends": (rows([-(2**63), 2**63 - 1], pa.int64()), dict.fromkeys("01", TOO_LARGE)),
    "the first integer refused": (rows([2**62 - 1, 2**62 - 2], pa.int64()), {"0": TOO_LARGE}),
    "unsigned beyond signed": (rows([2**63 + 5, 1, 2**64 - 1], pa.uint64()), dict.fromkeys("02", TOO_LARGE)),
    "an integer is missing": (rows([1, None], pa.int64()), {"1": BLANK}),
    "all integers are missing": (rows([None, None], pa.int64()), dict.fromkeys("01", BLANK)),
    "38 digits": (decimals([LARGEST, "1", "-" + LARGEST]), dict.fromkeys("02", TOO_LARGE)),
    "decimals beyond 38 digits": (decimals([LARGEST] * 3), dict.fromkeys("012", TOO_LARGE)),
    "a decimal of 38 digits without a mark": (
        decimals(["-9999999.123456", "99999999.123456"], 38, 30, credit=[None, None]),
        {"0": "quantity-negative"},
    ),
    "a decimal is missing": (decimals(["1", None], 18, 6), {"1": "quantity-blank"}),
    "a credit without a mark after the first thousand": (
        rows([1.5] * 1000 + [-0.25, -0.25], credit=[None] * 1001 + ["yes"]),
        {"1000": "quantity-negative"},
    ),
    "a unit that is none": (rows([1.0, 2.0], unit=["kWh", None]), {"1": "cell-blank"}),
    "no rows": (rows([]), {"": "activities-empty"}),
}

OVERFLOWING = {
    "would wrap": rows([2**61] * 9, pa.int64()),
    "would wrap below zero": rows([-(2**61)] * 9, pa.int64()),
    "would wrap halfway": rows([2**61] * 9 + [-(2**61)] * 9, pa.int64()),
    "could wrap": rows([2**62 - 2] * 3, pa.int64()),
    "whole floats": rows([2.0**52 - 1] * 2049),
    "a large cell of the finest grid": rows([0.1] * 92_233 + [40.25], unit=["亿kWh"] * 92_234),
}

UNSUITABLE = {
    "single precision": (rows([33.3], pa.float32()), "quantity-float32"),
    "truth": (rows([True], pa.bool_()), "quantity-text-lazy"),
    "days": (rows([19_000], pa.date32()), "quantity-text-lazy"),
    "text": (rows(["33.3"], pa.string()), "quantity-text-lazy"),
}


def sums(acts: hc.Activities) -> dict[str, Fraction]:
    return {key.unit: Fraction(steps, 10 ** grid(key.unit)) for key, steps in acts.cube().steps.items()}


def refused(native: Any) -> CarbonError:
    with pytest.raises(hc.InputError) as caught:
        hc.Activities(native).cube()
    assert caught.value.text("en") != caught.value.text("zh")
    return caught.value


@on_every_engine
@pytest.mark.parametrize("case", EXACT)
def test_the_sum_at_an_edge_is_exact(case: str, engine: Engine, tmp_path: Path) -> None:
    table = EXACT[case]
    acts = hc.Activities(engine.frame(table, tmp_path))
    assert sums(acts) == exact(table)
    by_row: dict[str, Fraction] = {}
    for one in acts.rows():
        by_row[one.key.unit] = by_row.get(one.key.unit, Fraction(0)) + one.quantity
    assert by_row == sums(acts)
    stated = [cell for cell, _ in acts.stated()]
    by_place = acts.steps_by_row(acts.keys)
    of_unit = {one.unit: Fraction(0) for one in stated}
    for place, whole, part in by_place[["key", "whole", "part"]].itertuples(index=False):
        of_unit[stated[place].unit] += int(whole) + Fraction(int(part), 10 ** grid(stated[place].unit))
    assert of_unit == sums(acts)


@on_every_engine
@pytest.mark.parametrize("case", BROKEN)
def test_every_number_that_is_none_is_named_by_row(case: str, engine: Engine, tmp_path: Path) -> None:
    table, expected = BROKEN[case]
    found = [
        ("" if one.where is None else str(one.where.activity_id), one.code)
        for one in refused(engine.frame(table, tmp_path)).problems
    ]
    assert sorted(place for place, _ in found) == sorted(expected)
    for place, code in found:
        allowed = expected[place]
        assert code in (allowed if isinstance(allowed, set) else {allowed})


@on_every_engine
@pytest.mark.parametrize("case", OVERFLOWING)
def test_a_sum_that_could_leave_the_integers_is_refused(case: str, engine: Engine, tmp_path: Path) -> None:
    table = OVERFLOWING[case]
    error = refused(engine.frame(table, tmp_path))
    assert (error.code, error.data["rows"]) == ("sum-overflow", len(table))


@on_every_engine
def test_decimals_whose_sum_has_more_than_38_digits_are_refused(engine: Engine, tmp_path: Path) -> None:
    table = decimals(["0.5"] * 3, 38, 38)
    native = engine.frame(table, tmp_path)
    if engine.name in PYTHON_DECIMALS:
        assert sums(hc.Activities(native)) == {"kWh": Fraction(3, 2)}
    else:
        assert refused(native).code == "sum-overflow-decimals"


PYTHON_DECIMALS = {"pandas", "pandas-object", "pandas-category"}
"""Where decimals are Python's, and are read as text is: rounded to the grid, with a finding."""


@on_every_engine
def test_decimals_finer_than_the_grid_never_add_up_silently(engine: Engine, tmp_path: Path) -> None:
    """Twice half a step is one step, but two roundings are two."""
    table = decimals(["0.0000005", "0.0000005", "7.25", "0.0000000005"], 30, 18, unit=["kWh", "kWh", "kWh", "MWh"])
    native = engine.frame(table, tmp_path)
    if engine.name in PYTHON_DECIMALS:
        acts = hc.Activities(native)
        assert sums(acts) == {"kWh": Fraction("7.250002"), "MWh": Fraction("0.000000001")}
        assert {one.code for one in acts.findings} == {"rounded-to-grid"}
    else:
        found = {one.where.activity_id: one.code for one in refused(native).problems if one.where}  # type: ignore[attr-defined]
        assert found == dict.fromkeys(["0", "1", "3"], "decimal-finer-than-grid")


@on_every_engine
@pytest.mark.parametrize("case", UNSUITABLE)
def test_columns_that_are_no_numbers_are_named(case: str, engine: Engine, tmp_path: Path) -> None:
    table, code = UNSUITABLE[case]
    native = engine.frame(table, tmp_path)
    if code == "quantity-text-lazy" and not engine.lazy:
        if case == "text":
            assert sums(hc.Activities(native)) == {"kWh": Fraction("33.3")}
        else:
            assert [one.code for one in refused(native).problems] == ["number-not-a-number"]
    else:
        assert refused(native).code == code


def test_half_precision_and_integers_of_128_bits() -> None:
    assert refused(rows([33.3]).to_pandas().astype({"quantity": "float16"})).code == "quantity-float32"
    half = rows([33.3]).set_column(7, "quantity", rows([33.3], pa.float32())["quantity"].cast(pa.float16()))
    assert refused(half).code == "quantity-float32"
    bills = rows([5, 7], pa.int64())
    assert bills.num_rows == 2  # DuckDB finds them by their name
    wide = "SELECT * REPLACE (quantity::HUGEINT AS quantity) FROM bills"
    assert sums(hc.Activities(duckdb.sql(wide))) == {"kWh": Fraction(12)}
    huge = duckdb.sql(wide.replace("::HUGEINT", "::HUGEINT * 10::HUGEINT ** 0 + 9223372036854775808::HUGEINT"))
    assert {one.code for one in refused(huge).problems} == {TOO_LARGE}


@pytest.mark.parametrize("column", ["Int64", "Float64"])
def test_pandas_numbers_with_nulls_of_their_own(column: str) -> None:
    native = rows([5.0, 7.0]).to_pandas().astype({"quantity": column})
    assert sums(hc.Activities(native)) == {"kWh": Fraction(12)}
    native.loc[1, "quantity"] = None
    assert [(one.where and one.where.activity_id) for one in refused(native).problems] == ["1"]  # type: ignore[attr-defined]


def broken_files(folder: Path) -> dict[str, Any]:
    """Return what opens a file that is no Parquet, and frames that fail only when they are computed."""
    path = folder / "rows.parquet"
    path.write_bytes(b"PAR1 this is none PAR1")

    def fails(_: Any) -> Any:
        msg = "the disk is gone"
        raise RuntimeError(msg)

    bills = rows([1.0, 2.0])
    late = "SELECT * REPLACE (CAST(activity_id || 'x' AS DOUBLE) AS quantity) FROM bills"
    lazy = pl.from_arrow(bills).lazy()  # type: ignore[union-attr]
    return {
        "polars, no Parquet": pl.scan_parquet(path),
        "polars, no file": pl.scan_parquet(folder / "none.parquet"),
        "polars, at collect": lazy.map_batches(fails, schema=lazy.collect_schema()),
        "duckdb, at collect": duckdb.sql(late),
    }


@pytest.mark.parametrize("case", ["polars, no Parquet", "polars, no file", "polars, at collect", "duckdb, at collect"])
def test_what_an_engine_cannot_do_is_told_as_an_error_of_ours(case: str, tmp_path: Path) -> None:
    error = refused(broken_files(tmp_path)[case])
    assert (error.code, error.data["engine"]) == ("engine-failed", case.partition(",")[0])
    assert "Traceback" not in str(error)


@pytest.mark.parametrize(
    "engine", [one for one in HERE if one.values[0].name in {"polars-lazy", "duckdb-parquet", "spark"}]
)
def test_a_file_that_goes_after_the_check_is_told_before_any_total(engine: Engine, tmp_path: Path) -> None:
    acts = hc.Activities(engine.frame(rows([1.0, 2.0]), tmp_path))
    (tmp_path / "rows.parquet").unlink()
    for ask in (lambda: acts.cube(["credit"]), acts.check, acts.ids, acts.rows, lambda: acts.row("1")):
        with pytest.raises(hc.InputError) as caught:
            ask()
        assert caught.value.code == "engine-failed"


@pytest.mark.parametrize("engine", [ON_SPARK])
def test_spark_is_asked_for_a_few_sums(engine: Engine, tmp_path: Path) -> None:
    """The whole of the edges, kinds and sizes is asked of it in ``make long``."""
    for place, case in enumerate(["at the point", "halves of a step", "decimals"]):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert sums(hc.Activities(engine.frame(EXACT[case], folder))) == exact(EXACT[case])
    given = bills("floats", 10_000)
    assert by_engine(hc.Activities(engine.frame(given, tmp_path)).cube()) == by_loop("floats", 10_000)


@pytest.mark.parametrize("engine", [ON_SPARK])
def test_spark_says_what_it_cannot_do_once(engine: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """PySpark logs every failed query by itself, with hundreds of lines of Java."""
    table = rows([1.0, math.nan, 1e300])
    assert {one.code for one in refused(engine.frame(table, tmp_path)).problems} == {NOT_FINITE, TOO_LARGE}
    assert "ARITHMETIC_OVERFLOW" not in "".join(capfd.readouterr())
    wrapping = spark().conf.get("spark.sql.ansi.enabled")
    spark().conf.set("spark.sql.ansi.enabled", "false")  # then it wraps, and makes zeros of NaN
    try:
        (tmp_path / "other").mkdir()
        assert refused(engine.frame(OVERFLOWING["would wrap"], tmp_path / "other")).code == "sum-overflow"
        assert {one.code for one in refused(engine.frame(table, tmp_path)).problems} == {NOT_FINITE, TOO_LARGE}
    finally:
        spark().conf.set("spark.sql.ansi.enabled", wrapping)
