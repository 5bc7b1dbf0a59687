"""What runs the checks of this package: it finds them, and says which rows rest on none."""

import csv
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from random import Random

from hsesg_carbon.factors import FactorLibrary
from tests.oracles import Check, Values

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "emission_factors"


def modules() -> list[str]:
    """Return the names of the modules that have checks."""
    names = sorted(one.name for one in iter_modules([str(HERE)]))
    return [name for name in names if hasattr(import_module(f"tests.oracles.{name}"), "checks")]


def every_check(library: FactorLibrary) -> Iterator[Check]:
    """Yield the checks of every module of this package."""
    for name in modules():
        yield from import_module(f"tests.oracles.{name}").checks(library)


def values_of(library: FactorLibrary) -> Values:
    """Return the value of a row by its id: factors, fuel properties and GWPs."""
    values = {one.id: one.value for one in (*library.factors, *library.properties)}
    values |= {one.id: one.value for one in library.gwps}
    return values.__getitem__


def frozen(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of independent data beside this module."""
    return list(csv.DictReader((HERE / name).read_text(encoding="utf-8").splitlines()))


@cache
def ids_by_file() -> dict[str, tuple[str, ...]]:
    """Return the ids of every shipped number by file, such as ``factors/cn_mee_2024_12.csv``."""
    paths = [*sorted(DATA.glob("factors/*.csv")), *sorted(DATA.glob("fuel_properties/*.csv")), DATA / "gwp.csv"]
    return {
        path.relative_to(DATA).as_posix(): tuple(
            row["id"] for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        )
        for path in paths
    }


def unchecked_by_file(library: FactorLibrary) -> dict[str, tuple[str, ...]]:
    """Return the ids that no check names, by file; files without such rows are left out."""
    named = {one for check in every_check(library) for one in check.ids}
    missing = {file: tuple(one for one in ids if one not in named) for file, ids in ids_by_file().items()}
    return {file: ids for file, ids in missing.items() if ids}


def swapped(value: Decimal, random: Random) -> Decimal:
    """Return ``value`` with one digit of its printed form replaced by another."""
    text = f"{value:f}"
    place = random.choice([at for at, sign in enumerate(text) if sign.isdigit()])
    other = random.choice([digit for digit in "0123456789" if digit != text[place]])
    return Decimal(text[:place] + other + text[place + 1 :])


def holds(check: Check, values: Values) -> bool:
    """Say whether a check holds; one that cannot be computed (a swapped digit made a zero) does not."""
    try:
        return check.holds(values)
    except ArithmeticError:
        return False


def is_caught(row: str, value: Decimal, checks: Sequence[Check], values: Values) -> bool:
    """Say whether ``row`` with another ``value`` breaks one of the checks that name it."""

    def mistaken(one: str) -> Decimal:
        return value if one == row else values(one)

    return any(not holds(check, mistaken) for check in checks)


# ----------------------------------------------------------------------------------------------- forms that checks have


def same(about: str, *ids: str) -> Check:
    """Return the check that rows have one value."""
    return Check(about, ids, lambda v: len({v(one) for one in ids}) == 1)


def stated(about: str, row: str, value: str) -> Check:
    """Return the check that a row has the value that an independent place states."""
    return Check(about, (row,), lambda v: v(row) == Decimal(value))


def near(about: str, first: str, second: str, ratio: str) -> Check:
    """Return the check that two rows differ by a factor of ``ratio`` at most."""
    most = Decimal(ratio)
    return Check(about, (first, second), lambda v: v(first) <= most * v(second) and v(second) <= most * v(first))


def step(about: str, first: str, second: str, most: str) -> Check:
    """Return the check that two rows differ by ``most`` at most."""
    return Check(about, (first, second), lambda v: abs(v(first) - v(second)) <= Decimal(most))


def between(about: str, whole: str, parts: tuple[str, ...]) -> Check:
    """Return the check that a row lies between the lowest and the highest of others."""
    return Check(about, (whole, *parts), lambda v: min(map(v, parts)) < v(whole) < max(map(v, parts)))


def rising(about: str, *ids: str) -> Check:
    """Return the check that no row is lower than the one before it."""
    return Check(about, ids, lambda v: list(map(v, ids)) == sorted(map(v, ids)))


def cut(about: str, row: str, value: Decimal) -> Check:
    """Return the check that a row is an exact value, rounded to the decimals that the row prints."""
    return Check(about, (row,), lambda v: rounded(value, v(row)) == v(row))


def fixed(about: str, holds: bool) -> Check:
    """Return a check of something other than a value, such as limits: no swapped digit shows in it."""
    return Check(about, (), lambda _: holds)


def rounded(value: Decimal, like: Decimal) -> Decimal:
    """Return ``value`` with as many decimals as ``like``, halves away from zero."""
    return value.quantize(Decimal((0, (1,), int(like.as_tuple().exponent))), ROUND_HALF_UP)


def shortened(first: Decimal, second: Decimal) -> bool:
    """Say whether the coarser of two numbers is a rounding of the finer one, or the finer one cut off."""
    coarse, fine = sorted((first.normalize(), second.normalize()), key=lambda one: -int(one.as_tuple().exponent))
    unit = Decimal((0, (1,), int(coarse.as_tuple().exponent)))
    return coarse in {fine.quantize(unit, ROUND_HALF_UP), fine.quantize(unit, ROUND_DOWN)}
