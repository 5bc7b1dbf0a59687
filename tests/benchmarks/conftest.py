"""What the benchmarks share: a million rows."""

import numpy as np
import pandas as pd
import pytest

ROWS = 1_000_000
KINDS = [("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("mobile.petrol", "L")]
KEYS = ["site", "period", "activity", "unit", "region"]


@pytest.fixture(scope="session")
def million() -> pd.DataFrame:
    """One million rows of 60 distinct keys: 5 sites, 4 years, 3 kinds of activity."""
    random = np.random.default_rng(20241231)
    keys = [
        (f"site-{site}", str(year), activity, unit, "CN")
        for site in range(5)
        for year in range(2021, 2025)
        for activity, unit in KINDS
    ]
    picked = random.integers(0, len(keys), ROWS)
    columns = np.array(keys, dtype=object)[picked]
    frame = pd.DataFrame(columns, columns=KEYS).astype("str")
    frame.insert(0, "activity_id", np.arange(ROWS).astype(str))
    frame["quantity"] = np.round(random.random(ROWS) * 10_000, 2)
    return frame
