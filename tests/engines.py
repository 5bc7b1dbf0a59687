"""The same rows in the hands of every engine, and the rule by which floats are summed, written from its statement."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest


@dataclass(frozen=True)
class Engine:
    """One way to hold rows: ``frame(table, folder)`` makes a frame of an Arrow table; files go into ``folder``."""

    name: str
    frame: Callable[[pa.Table, Path], Any]
    lazy: bool = False


def _object(table: pa.Table, folder: Path) -> pd.DataFrame:
    native = table.to_pandas()
    return native.astype({name: object for name in native.columns if name != "quantity"})


def _categories(table: pa.Table, folder: Path) -> pd.DataFrame:
    native = table.to_pandas()
    return native.astype({name: "category" for name in native.columns if name not in {"quantity", "activity_id"}})


def _duckdb_parquet(table: pa.Table, folder: Path) -> Any:
    pq.write_table(table, folder / "rows.parquet", row_group_size=10_000)
    return duckdb.connect().from_parquet(str(folder / "rows.parquet"))


def _duckdb_table(table: pa.Table, folder: Path) -> Any:
    connection = duckdb.connect()
    connection.register("given", table)
    connection.execute("CREATE TABLE bills AS SELECT * FROM given")
    return connection.table("bills")


def _duckdb_csv(table: pa.Table, folder: Path) -> Any:
    pa.csv.write_csv(table, folder / "rows.csv")
    return duckdb.connect().read_csv(str(folder / "rows.csv"), dtype={"quantity": "DOUBLE"})


def _polars_scan(table: pa.Table, folder: Path) -> pl.LazyFrame:
    pq.write_table(table, folder / "rows.parquet", row_group_size=10_000)
    return pl.scan_parquet(folder / "rows.parquet")


@cache
def spark() -> Any:
    """Return the one Spark session of a test run: two threads, no page, quiet."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.shuffle.partitions", "2")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def _spark_parquet(table: pa.Table, folder: Path) -> Any:
    pq.write_table(table, folder / "rows.parquet", row_group_size=10_000)
    return spark().read.parquet(str(folder / "rows.parquet"))


def spark_missing() -> str:
    """Return why Spark cannot be tested here, or nothing."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed: pip install '.[spark]'"
    return "" if shutil.which("java") else "Java, which Spark runs on, is not installed"


ENGINES = (
    Engine("pandas", lambda table, _: table.to_pandas()),
    Engine("pandas-object", _object),
    Engine("pandas-category", _categories),
    Engine("pandas-arrow", lambda table, _: table.to_pandas(types_mapper=pd.ArrowDtype)),
    Engine("polars", lambda table, _: pl.from_arrow(table)),
    Engine("polars-lazy", _polars_scan, lazy=True),
    Engine("pyarrow", lambda table, _: table),
    Engine("duckdb-parquet", _duckdb_parquet, lazy=True),
    Engine("duckdb-table", _duckdb_table, lazy=True),
    Engine("spark", _spark_parquet, lazy=True),
)
CSV = Engine("duckdb-csv", _duckdb_csv, lazy=True)
"""DuckDB over a CSV file, which holds floats only."""


def _marked(one: Engine) -> Any:
    if one.name != "spark":
        return pytest.param(one, id=one.name)
    missing = spark_missing()
    return pytest.param(one, marks=[pytest.mark.skipif(bool(missing), reason=missing), pytest.mark.long], id=one.name)


HERE = [_marked(one) for one in ENGINES]
"""The engines as parameters of a test. Spark, which takes seconds for each, is asked all of them in ``make long``."""

ON_SPARK = pytest.param(
    ENGINES[-1],
    marks=[pytest.mark.skipif(bool(spark_missing()), reason=spark_missing()), pytest.mark.spark],
    id="spark",
)
"""Spark as the parameter of one of the few tests of ``make spark``; skipped, with why, where it is missing."""


def steps_of(quantity: float, grid: int) -> int:
    """
    Return a float in steps of 10^-grid by the rule, in fractions alone.

    Its product with 10^grid, as a double, and a half are cut off; where the product reaches 2^50, that is done with
    what stands behind the point, and the whole units are exact. The sign is put back afterwards.
    """
    size = Fraction(abs(quantity))
    whole = 0 if _double(size * 10**grid) < 2**50 else math.floor(size)
    steps = whole * 10**grid + math.floor(_double(_double((size - whole) * 10**grid) + Fraction(1, 2)))
    return -steps if quantity < 0 else steps


def _double(exact: Fraction) -> Fraction:
    """Return the double next to a number: Python rounds a fraction correctly."""
    return Fraction(float(exact))
