"""
The rows: bills made up from a seed, written to Parquet group by group, so that no size ever has to fit into memory.

Every group of rows is drawn from its own seed. Keys are drawn anew for every row, so the rows lie in no order.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 20241231
VERSION = b"1"
"""Raise it where a change draws other rows: files of another version are written anew."""

GROUP = 1_000_000
SITES = tuple(f"site-{number:02d}" for number in range(1, 21))
MONTHS = tuple(f"{year}-{month:02d}" for year, month in product((2023, 2024, 2025), range(1, 13)))
KINDS = (
    ("electricity.grid", "kWh"),
    ("stationary.natural_gas", "m3"),
    ("mobile.petrol", "L"),
    ("mobile.diesel", "L"),
)
METHODOLOGY = "ghgp-cn"
"""It rules all four, with CH4 and N2O, so that another set of GWPs changes something."""

KEYS = ("site", "period", "activity", "unit", "region")
DISTINCT = len(SITES) * len(MONTHS) * len(KINDS)

_TEXT = ("activity_id", *KEYS)
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXT), ("quantity", pa.float64())], {"version": VERSION})


def written(rows: int, folder: Path) -> Path:
    """Return the file with this many rows; it is written where it is not there yet."""
    path = folder / f"bills-{rows}.parquet"
    if path.exists() and _is_whole(path, rows):
        return path
    part = path.with_suffix(".part")
    with pq.ParquetWriter(part, _SCHEMA) as file:
        for start in range(0, rows, GROUP):
            file.write_table(bills(start, min(GROUP, rows - start)), row_group_size=GROUP)
    part.rename(path)
    return path


def bills(start: int, count: int) -> pa.Table:
    """Return ``count`` rows, numbered from ``start``."""
    random = np.random.default_rng([SEED, start])
    kinds = random.integers(0, len(KINDS), count)
    columns = [
        pc.utf8_lpad(pa.array(np.arange(start, start + count)).cast(pa.string()), 9, "0"),
        _picked(SITES, random.integers(0, len(SITES), count)),
        _picked(MONTHS, random.integers(0, len(MONTHS), count)),
        _picked([activity for activity, _ in KINDS], kinds),
        _picked([unit for _, unit in KINDS], kinds),
        _picked(["CN"], np.zeros(count, dtype=np.int64)),
        pa.array(random.integers(1, 1_000_000, count) / 100),
    ]
    return pa.table(columns, schema=_SCHEMA)


def each_key() -> pa.Table:
    """Return one row of every distinct key."""
    rows = [
        {"activity_id": f"{place:09d}", "site": site, "period": month, "activity": activity, "unit": unit}
        | {"region": "CN", "quantity": 1.0}
        for place, (site, month, (activity, unit)) in enumerate(product(SITES, MONTHS, KINDS))
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _picked(values: list[str] | tuple[str, ...], places: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places, type=pa.int32()), pa.array(values)).cast(pa.string())


def _is_whole(path: Path, rows: int) -> bool:
    """Whether a file of an earlier run can be used: written to its end, by the same rules."""
    known = pq.ParquetFile(path)
    return known.metadata.num_rows == rows and (known.schema_arrow.metadata or {}).get(b"version") == VERSION
