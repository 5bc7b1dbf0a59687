"""The shipped numbers agree with each other and with independent data, and a swapped digit shows."""

from random import Random

import pytest

import hsesg_carbon as hc
from tests.oracles import Check, harness

LIBRARY = hc.FactorLibrary.shipped()
CHECKS = list(harness.every_check(LIBRARY))
VALUES = harness.values_of(LIBRARY)

CAUGHT_AT_LEAST = 0.60
"""Share of swapped digits that must show, over all shipped files."""
SAMPLE, SEED = 200, 20261122


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.about)
def test_a_check_holds(check: Check) -> None:
    assert check.holds(VALUES), {one: str(VALUES(one)) for one in check.ids}


def test_checks_are_told_apart_by_what_they_are_about() -> None:
    assert {"china", "grids", "gwp", "ipcc"} <= set(harness.modules())
    abouts = [check.about for check in CHECKS]
    assert len(abouts) == len(set(abouts))
    assert all(len(check.ids) == len(set(check.ids)) for check in CHECKS)


def test_a_swapped_digit_is_caught() -> None:
    """One digit of 200 random rows is replaced; most of it must break a check that names the row."""
    by_row: dict[str, list[Check]] = {}
    for check in CHECKS:
        for one in check.ids:
            by_row.setdefault(one, []).append(check)
    random = Random(SEED)
    rows = sorted(one for ids in harness.ids_by_file().values() for one in ids)
    sample = random.sample(rows, SAMPLE)
    caught = [
        harness.is_caught(one, harness.swapped(VALUES(one), random), by_row.get(one, ()), VALUES) for one in sample
    ]
    share = sum(caught) / SAMPLE
    print(f"{share:.0%} of {SAMPLE} swapped digits are caught, of {len(rows)} numbers in all")
    for file, ids in harness.unchecked_by_file(LIBRARY).items():
        print(f"{file}: {len(ids)} rows rest on no check")
    assert share >= CAUGHT_AT_LEAST, [one for one, found in zip(sample, caught, strict=True) if not found]
