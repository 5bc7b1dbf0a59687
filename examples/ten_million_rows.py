# Meter readings by the million: Polars and DuckDB add up integers, the same digits come out of both, and of any order.
#
#     python examples/ten_million_rows.py              # ten million rows
#     python examples/ten_million_rows.py 100000       # as many as you say
#
# The readings are MADE UP. Needs polars, duckdb and pyarrow: pip install 'hsesg_carbon[polars,duckdb]'.

# %% A file of readings, written by Polars: 200 meters at 20 sites in China, twelve months.
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl

import hsesg_carbon as hc

rows = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 10_000_000
file = Path(tempfile.mkdtemp()) / "readings.parquet"
number = pl.col("n")
pl.LazyFrame({"n": pl.int_range(rows, eager=True)}).select(
    activity_id=pl.format("r{}", number),
    site=pl.format("site-{}", number % 20),
    meter=pl.format("m-{}", number % 200),
    region=pl.lit("CN"),
    period=pl.format("2024-{}", (number % 12 + 1).cast(pl.String).str.zfill(2)),
    activity=pl.lit("electricity.grid"),
    quantity=(number % 997) * 0.01,
    unit=pl.lit("kWh"),
).sink_parquet(file)
print(f"{rows:,} rows, {file.stat().st_size / 1e6:.1f} MB")

# %% The same accounts on two engines. Rows stay where they are: only the sums come to Python. The first run is slower,
# because it also loads the vocabulary of units.
library, method = hc.FactorLibrary.shipped(), hc.Methodology.shipped("ghgp-cn")


def account(frame: object) -> hc.Inventory:
    """Return the inventory of a frame, of whatever engine."""
    activities = hc.Activities(frame)
    return hc.Inventory(hc.Plan.compile(activities, library, method).run(activities))


totals = {}
for engine, frame in {
    "polars": pl.scan_parquet(file),
    "duckdb": duckdb.read_parquet(str(file)),
    "polars, rows shuffled": pl.read_parquet(file).sample(fraction=1, shuffle=True, seed=7),
}.items():
    began = time.perf_counter()
    totals[engine] = account(frame).total()
    print(f"{engine}: {totals[engine]} in {time.perf_counter() - began:.2f} s")

assert len(set(map(str, totals.values()))) == 1, "every engine and every order gives the same digits"

# %% By hand: the readings are 0.00 to 9.96 kWh over and over; the latest average known of China is 0.5306 kgCO2/kWh.
hundredths = sum(rows // 997 * step + (step if step < rows % 997 else 0) for step in range(997))
by_hand = Fraction(hundredths, 100) * Fraction("0.5306") / 1000
print("by hand:", hc.Amount(by_hand, "tCO2e"), "- the same:", by_hand == totals["polars"].value)

# %% Another batch is added, and taken out again, without a look at the first.
activities = hc.Activities(pl.scan_parquet(file))
plan = hc.Plan.compile(activities, library, method)
ledger = plan.run(activities)
late = plan.run(
    hc.Activities(pl.read_parquet(file, n_rows=1000).with_columns(activity_id=pl.format("late-{}", "activity_id")))
)
print("with a late batch:", hc.Inventory(ledger + late).total())
print("taken out again:", hc.Inventory(ledger + late - late).total() == totals["polars"])
