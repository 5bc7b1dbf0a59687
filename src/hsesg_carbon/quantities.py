"""Quantities on the integer grid of their units: what engines add up, and how far such sums hold."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import narwhals as nw
import numpy as np

from hsesg_carbon import units
from hsesg_carbon.errors import InputError

Kind = Literal["float", "int", "decimal", "text"]

INT64 = 2**63 - 1
EXACT_FLOATS = 2**52
"""Floats from here on no longer hold every step of a half."""

_DIRECT = 2.0**50
"""Grid steps below which one product is rounded; from here on a float is taken apart at its point first."""

_DECIMALS = 10**38
"""Decimals of every engine have at most 38 digits."""


@dataclass(frozen=True, slots=True)
class Gridding:
    """
    How one pass of an engine turns quantities into integers and adds them up.

    Floats are rounded half away from zero to the grid of their unit by an explicit rule, because engines round halves
    differently: the product with 10^grid plus a half is cut off. That is one multiplication of doubles, the same in
    every engine. What a pass costs is mostly what it computes for each row, so it computes what the rows are likely to
    need, and ``holds`` says afterwards whether that was enough.

    Args:
        kind: What the quantities are.
        signed: Whether negative floats are provided for.
        wide: Whether whole units and parts of a unit are summed apart, which goes beyond 64-bit steps.
    """

    kind: Kind
    signed: bool = True
    wide: bool = True

    @property
    def column(self) -> str:
        """The column that is summed: text was read into steps before."""
        return "_steps" if self.kind == "text" else "quantity"

    @property
    def apart(self) -> bool:
        """Whether whole units and parts are summed apart."""
        return self.kind == "float" and self.wide

    def stages(self, scale: Any) -> list[list[Any]]:
        """
        Return, stage by stage, columns that end in ``_whole`` and ``_part``: units and steps of the grid.

        Where they are not kept ``apart``, ``_whole`` has all of it: steps of floats and of text, units of others.

        Args:
            scale: 10^grid of each row's unit, as an expression or a series named ``_scale``; used for floats only.
        """
        quantity = nw.col(self.column)
        if self.kind != "float":
            # engines sum narrow integers in narrow integers
            quantity = quantity.cast(nw.Int64) if self.kind == "int" else quantity
            return [[quantity.alias("_whole"), nw.lit(0).cast(nw.Int64).alias("_part")]]
        size = quantity.abs() if self.signed or self.wide else quantity
        if not self.wide:
            return self._direct(size, scale)
        floor, scaled, steps, whole = (nw.col(name) for name in ("_floor", "_scaled", "_direct", "_whole"))
        few = scaled < _DIRECT
        part = ((nw.col("_size") - whole) * nw.col("_scale") + 0.5).floor()
        stages = [
            [size.alias("_size"), scale],
            [(nw.col("_size") * nw.col("_scale")).alias("_scaled"), nw.col("_size").floor().alias("_floor")],
            # Spark refuses the floor of what 64 bits do not hold, though the other branch is taken
            [(nw.when(few).then(scaled).otherwise(nw.lit(0.0)) + 0.5).floor().alias("_direct")],
            [nw.when(few).then((steps / nw.col("_scale")).floor()).otherwise(floor).alias("_whole")],
            [nw.when(few).then(steps - whole * nw.col("_scale")).otherwise(part).alias("_part")],
        ]
        if self.signed:
            sign = nw.when(quantity < 0).then(nw.lit(-1.0)).otherwise(nw.lit(1.0))
            stages.append([sign.alias("_sign")])
            stages.append([(nw.col(name) * nw.col("_sign")).alias(name) for name in ("_whole", "_part")])
        stages.append([nw.col(name).cast(nw.Int64) for name in ("_whole", "_part")])
        return stages

    def _direct(self, size: nw.Expr, scale: Any) -> list[list[Any]]:
        stages: list[list[Any]] = []
        if isinstance(scale, nw.Series):
            stages, scale = [[scale]], nw.col("_scale")
        steps = (size * scale + 0.5).floor().cast(nw.Int64)
        if self.signed:
            steps = nw.when(nw.col("quantity") < 0).then(0 - steps).otherwise(steps)
        return [*stages, [steps.alias("_whole")]]

    @property
    def sums(self) -> list[nw.Expr]:
        """The sums to form of what ``stages`` made."""
        return [nw.col(name).sum() for name in (("_whole", "_part") if self.apart else ("_whole",))]

    def holds(self, least: Any, most: Any, rows: int, exponent: int) -> bool:
        """Say whether the sum of so many rows between two values is exact, whatever stands between them."""
        if self.kind == "decimal":
            return rows * _digits(least, most) < _DECIMALS
        if self.kind != "float":
            return rows * max(abs(int(least)), abs(int(most))) <= INT64
        if least < 0 and not self.signed:
            return False
        largest = float(max(-least, most))
        if self.wide:
            return rows * (math.ceil(largest) + 1) <= INT64 and rows * 10**exponent <= INT64
        steps = largest * 10.0**exponent
        return steps < _DIRECT and rows * (math.ceil(steps) + 1) <= INT64

    def total(self, group: Mapping[str, Any], exponent: int) -> int:
        """Return the sum of a group in steps of the grid."""
        if self.kind == "decimal":
            return int(Fraction(group["_whole"]) * 10**exponent)
        whole = int(group["_whole"])
        if self.kind == "text" or (self.kind == "float" and not self.wide):
            return whole
        steps: int = whole * 10**exponent
        return steps + (int(group["_part"]) if self.apart else 0)


def read_plain(frame: nw.DataFrame[Any], exponents: Mapping[Any, int]) -> tuple[Any, Any]:
    """
    Return steps for the quantities of a frame that are written plainly (``1234.5``), and which these are.

    That is most of them, and the engine reads them by the million. A double nearest to a number of so few digits that
    none is below the grid gives its steps exactly. All else is left for reading cell by cell.

    Args:
        frame: A frame in memory with the columns ``quantity`` and ``unit``, both text.
        exponents: The grid of every unit as it is spelt there.
    """
    steps, plain = np.zeros(len(frame), np.int64), np.zeros(len(frame), bool)
    if frame.collect_schema()["quantity"] != nw.String or not exponents:
        return steps, plain
    finest = min(exponents.values())
    fraction = rf"(?:\.[0-9]{{1,{finest}}})?" if finest else ""
    written = frame["quantity"].str.contains(rf"^[0-9]{{1,12}}{fraction}$").fill_null(value=False)
    plain = written.to_numpy().astype(bool)
    values = frame.filter(written)["quantity"].cast(nw.Float64).to_numpy()
    scales = np.array([10.0 ** exponents.get(unit, 0) for unit in frame["unit"].to_list()])[plain]
    few = values * scales < _DIRECT
    plain[plain] = few
    steps[plain] = np.floor(values[few] * scales[few] + 0.5).astype(np.int64)
    return steps, plain


def on_grid(quantity: Any, kind: Kind, exponent: int) -> tuple[int, bool]:
    """Return one quantity as the totals take it, by the same rule for its kind, and whether it was rounded."""
    if kind != "float":
        return units.to_grid(units.decimal_of(quantity) or Decimal(0), exponent)
    size, scale = abs(float(quantity)), 10.0**exponent
    if size * scale < _DIRECT:
        steps = math.floor(size * scale + 0.5)
    else:
        whole = math.floor(size)
        steps = whole * 10**exponent + math.floor((size - whole) * scale + 0.5)
    written = Fraction(repr(size)) * 10**exponent
    return (-steps if quantity < 0 else steps), written != steps


def split_decimals(quantities: Iterable[Any], grids: Iterable[Any]) -> tuple[Any, Any]:
    """Return decimals as whole units and steps of their unit's grid."""
    pairs = [
        divmod(int(Fraction(one) * 10 ** int(grid)), 10 ** int(grid))
        for one, grid in zip(quantities, grids, strict=True)
    ]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def kind_of(dtype: Any, *, lazy: bool) -> Kind:
    """Return what the quantities of a column are; raise ``InputError`` for what cannot be summed exactly."""
    if dtype.is_integer():
        return "int"
    if dtype.is_float() and dtype != nw.Float64:
        raise InputError("quantity-float32", dtype=str(dtype))
    if dtype.is_float():
        return "float"
    if dtype.is_decimal():
        return "decimal"
    if lazy:
        raise InputError("quantity-text-lazy", dtype=str(dtype))
    return "text"


def _digits(least: Any, most: Any) -> int:
    """Return the larger of two decimals as the integer that an engine holds it as."""
    sizes = (Decimal(one).as_tuple().digits for one in (least, most))
    return max(int("".join(map(str, digits))) for digits in sizes)
