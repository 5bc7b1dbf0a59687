"""The engines: how each opens the file, and its own bare work, written as somebody would who knows that engine."""

import importlib.util
import shutil
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.benchmarks.scale.data import KEYS


class Engine(ABC):
    """What the benchmark asks of an engine. ``in_memory``: the frame is read before anything is timed."""

    name = ""
    module = ""
    in_memory = False

    def missing(self) -> str:
        """Return why this engine cannot run here; blank if it can."""
        return "" if importlib.util.find_spec(self.module) else f"{self.module} is not installed"

    @abstractmethod
    def open(self, path: Path) -> Any:
        """Return the frame as a user would hand it in."""

    @abstractmethod
    def bare(self, frame: Any) -> Any:
        """Group by the keys, sum the quantities: the floor under any total."""

    @abstractmethod
    def joined(self, frame: Any, table: pa.Table) -> Any:
        """Join a table of multipliers on the keys and multiply: the floor under the lines."""

    @abstractmethod
    def kept(self, lines: Any, path: Path) -> Any:
        """Make the lines real: lazy ones are written to Parquet, the others are there already."""


class PolarsLazy(Engine):
    """Polars, scanning the file, on its streaming engine."""

    name, module = "Polars (scan)", "polars"

    def open(self, path: Path) -> Any:
        import polars as pl

        return pl.scan_parquet(path)

    def bare(self, frame: Any) -> Any:
        import polars as pl

        return frame.group_by(KEYS).agg(pl.col("quantity").sum()).collect(engine="streaming")

    def joined(self, frame: Any, table: pa.Table) -> Any:
        import polars as pl

        lines = frame.join(pl.from_arrow(table).lazy(), on=KEYS)
        return lines.with_columns((pl.col("quantity") * pl.col("multiplier")).alias("amount"))

    def kept(self, lines: Any, path: Path) -> Any:
        lines.sink_parquet(path)


class PolarsEager(PolarsLazy):
    """Polars, the frame in memory."""

    name, in_memory = "Polars (frame)", True

    def open(self, path: Path) -> Any:
        import polars as pl

        return pl.read_parquet(path)

    def bare(self, frame: Any) -> Any:
        import polars as pl

        return frame.group_by(KEYS).agg(pl.col("quantity").sum())

    def joined(self, frame: Any, table: pa.Table) -> Any:
        import polars as pl

        lines = frame.join(pl.from_arrow(table), on=KEYS)
        return lines.with_columns((pl.col("quantity") * pl.col("multiplier")).alias("amount"))

    def kept(self, lines: Any, path: Path) -> Any:
        return lines


class DuckDB(Engine):
    """DuckDB, a relation over the file."""

    name, module = "DuckDB (scan)", "duckdb"

    def open(self, path: Path) -> Any:
        import duckdb

        return duckdb.read_parquet(str(path))

    def bare(self, frame: Any) -> Any:
        return frame.aggregate(f"{', '.join(KEYS)}, sum(quantity) as quantity").to_arrow_table()

    def joined(self, frame: Any, table: pa.Table) -> Any:
        import duckdb

        kept = duckdb.from_arrow(table)
        lines = frame.set_alias("bills").join(kept.set_alias("plan"), ", ".join(KEYS))
        return lines.select("*, quantity * multiplier as amount")

    def kept(self, lines: Any, path: Path) -> Any:
        lines.write_parquet(str(path))


class Pandas(Engine):
    """pandas, the frame in memory."""

    name, module, in_memory = "pandas (frame)", "pandas", True

    def open(self, path: Path) -> Any:
        import pandas as pd

        return pd.read_parquet(path)

    def bare(self, frame: Any) -> Any:
        return frame.groupby(list(KEYS), as_index=False)["quantity"].sum()

    def joined(self, frame: Any, table: pa.Table) -> Any:
        lines = frame.merge(table.to_pandas(), on=list(KEYS))
        lines["amount"] = lines["quantity"] * lines["multiplier"]
        return lines

    def kept(self, lines: Any, path: Path) -> Any:
        return lines


class Arrow(Engine):
    """PyArrow, the table in memory."""

    name, module, in_memory = "PyArrow (table)", "pyarrow", True

    def open(self, path: Path) -> Any:
        import pyarrow.parquet as pq

        return pq.read_table(path)

    def bare(self, frame: Any) -> Any:
        summed = frame.group_by(list(KEYS)).aggregate([("quantity", "sum")])
        return summed.rename_columns([*KEYS, "quantity"])

    def joined(self, frame: Any, table: pa.Table) -> Any:
        import pyarrow.compute as pc

        lines = frame.join(table, list(KEYS))
        return lines.append_column("amount", pc.multiply(lines["quantity"], lines["multiplier"]))

    def kept(self, lines: Any, path: Path) -> Any:
        return lines


class Spark(Engine):
    """PySpark in local mode, two threads, over the file."""

    name, module = "PySpark (scan)", "pyspark"

    def missing(self) -> str:
        return super().missing() or ("" if shutil.which("java") else "Java is not installed")

    def open(self, path: Path) -> Any:
        return _spark().read.parquet(str(path))

    def bare(self, frame: Any) -> Any:
        return frame.groupBy(*KEYS).sum("quantity").withColumnRenamed("sum(quantity)", "quantity").toArrow()

    def joined(self, frame: Any, table: pa.Table) -> Any:
        lines = frame.join(_spark().createDataFrame(table.to_pandas()), list(KEYS))
        return lines.withColumn("amount", lines["quantity"] * lines["multiplier"])

    def kept(self, lines: Any, path: Path) -> Any:
        lines.write.mode("overwrite").parquet(str(path))


@cache
def _spark() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.shuffle.partitions", "4")
    session = builder.config("spark.driver.memory", "4g").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


ENGINES: tuple[Engine, ...] = (PolarsLazy(), DuckDB(), PolarsEager(), Pandas(), Arrow(), Spark())
BY_NAME = {engine.name: engine for engine in ENGINES}
