"""Quantities that are text: those that the engine reads by the million are read as those that are read one by one."""

from decimal import Decimal

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hsesg_carbon import units
from hsesg_carbon.quantities import read_plain

GRIDS = {"kWh": 6, "L": 3, "mL": 0, "TWh": 15}
WRITTEN = st.one_of(
    st.decimals(0, 10**12, places=3).map(str),
    st.decimals(0, 1000, places=8).map(str),
    st.from_regex(r"[0-9]{1,16}(\.[0-9]{0,16})?", fullmatch=True),
    st.sampled_from(["", " 1", "1 ", "-1", "+1", "1e3", "１２", "1,000", ".5", "5.", "nan", "0x1", "1\n", "٣"]),
)


@pytest.mark.parametrize(
    "make", [lambda one: pd.DataFrame(one, dtype="str"), pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
)
@given(st.lists(st.tuples(WRITTEN, st.sampled_from(list(GRIDS))), min_size=1, max_size=20))
@example(
    [("1125899906.842624", "kWh"), ("1125899906.842623", "kWh"), ("999999999999.999", "L")]
)  # 2^50 steps, and near
def test_what_is_read_by_the_engine_is_read_exactly(make, rows: list[tuple[str, str]]) -> None:  # type: ignore[no-untyped-def]
    frame = nw.from_native(make({"quantity": [one for one, _ in rows], "unit": [unit for _, unit in rows]}))
    present = {unit: GRIDS[unit] for _, unit in rows}
    steps, plain = read_plain(frame, present)
    for (text, unit), step, read in zip(rows, steps.tolist(), plain.tolist(), strict=True):
        if read:
            assert (step, False) == units.to_grid(Decimal(text), GRIDS[unit])
        else:
            assert step == 0


def test_most_of_what_people_write_is_read_by_the_engine() -> None:
    frame = nw.from_native(pd.DataFrame({"quantity": ["120.5", "0", "8782.69", "-3"], "unit": "kWh"}, dtype="str"))
    assert read_plain(frame, {"kWh": 6})[1].tolist() == [True, True, True, False]


def test_other_than_text_is_left_for_reading_one_by_one() -> None:
    frame = nw.from_native(pd.DataFrame({"quantity": [Decimal("1.5"), None], "unit": "kWh"}))
    assert not read_plain(frame, {"kWh": 6})[1].any()
