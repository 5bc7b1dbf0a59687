"""The shipped numbers agree with each other and with independent data, and a swapped digit shows."""

from random import Random

import pytest

import hsesg_carbon as hc
from tests.each import each
from tests.oracles import Check, Values, harness

CAUGHT_AT_LEAST = 0.60
"""Share of swapped digits that must show, over all shipped files."""
SAMPLE, SEED = 200, 20261122


@pytest.fixture(scope="module")
def values(library: hc.FactorLibrary) -> Values:
    return harness.values_of(library)


@pytest.fixture(scope="module")
def checks(library: hc.FactorLibrary) -> list[Check]:
    return list(harness.every_check(library))


def test_every_check_holds(checks: list[Check], values: Values) -> None:
    def law(check: Check) -> None:
        assert check.holds(values), {one: str(values(one)) for one in check.ids}

    each(checks, lambda check: check.about, law)


def test_checks_are_told_apart_by_what_they_are_about(checks: list[Check]) -> None:
    assert {"china", "grids", "gwp", "ipcc"} <= set(harness.modules())
    abouts = [check.about for check in checks]
    assert len(abouts) == len(set(abouts))
    assert all(len(check.ids) == len(set(check.ids)) for check in checks)


def test_a_swapped_digit_is_caught(library: hc.FactorLibrary, checks: list[Check], values: Values) -> None:
    """One digit of 200 random rows is replaced; most of it must break a check that names the row."""
    by_row: dict[str, list[Check]] = {}
    for check in checks:
        for one in check.ids:
            by_row.setdefault(one, []).append(check)
    random = Random(SEED)
    rows = sorted(one for ids in harness.ids_by_file().values() for one in ids)
    sample = random.sample(rows, SAMPLE)
    caught = [
        harness.is_caught(one, harness.swapped(values(one), random), by_row.get(one, ()), values) for one in sample
    ]
    share = sum(caught) / SAMPLE
    print(f"{share:.0%} of {SAMPLE} swapped digits are caught, of {len(rows)} numbers in all")
    for file, ids in harness.unchecked_by_file(library).items():
        print(f"{file}: {len(ids)} rows rest on no check")
    assert share >= CAUGHT_AT_LEAST, [one for one, found in zip(sample, caught, strict=True) if not found]
