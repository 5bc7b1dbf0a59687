"""How long a table of 40 rows and 6 columns takes to verify, explanations included."""

from functools import cache
from typing import Any

import pytest

from hsesg_carbon.verification import ReportedTable, Verification, verify
from tests.slips.generator import table_of
from tests.slips.slips import KINDS, slip_of

ROWS, COLUMNS = 40, 6


@cache
def largest() -> int:
    """Return the first seed whose table is of the full size."""
    sizes = ((seed, table_of(seed)) for seed in range(2000))
    return next(seed for seed, table in sizes if len(table.rows) >= ROWS and len(table.periods) == COLUMNS)


@pytest.mark.parametrize("kind", ["none", *sorted(KINDS)])
def test_a_table_of_40_rows_and_6_columns(benchmark: Any, kind: str) -> None:
    seed = largest()
    table = table_of(seed)
    slip = None if kind == "none" else slip_of(table, kind, seed)
    if kind != "none" and slip is None:
        pytest.skip(f"the table has no cell for the slip {kind}")
    reported = ReportedTable.of((slip.table if slip else table).reported(), table.periods)
    verify(reported)  # the library is read once

    result: Verification = benchmark.pedantic(verify, args=(reported,), rounds=5)
    assert bool(result.findings) is (kind != "none") or kind in {"truncated", "rounded-midway", "columns-transposed"}
