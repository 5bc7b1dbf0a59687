"""The cube: integer sums by distinct key, formed by the engine that holds the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np

from hsesg_carbon.periods import Period, plain

_INT64 = 2**63 - 1
_MANY = 100_000


@dataclass(frozen=True, slots=True)
class CellKey:
    """
    What a cell of the cube is about: everything that can change a multiplier or is asked for in a view.

    ``cut`` says that its site joins or leaves within a month of the period, whose days must then be kept apart.
    """

    site: str
    period: Period
    activity: str
    unit: str
    region: str
    instrument: str
    technology: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Cube:
    """
    Integer sums by cell: ``steps[key]`` quantities in steps of 10^-grid of the unit, ``rows[key]`` rows behind them.

    Cubes add and subtract exactly, so batches can be merged and taken out again.
    """

    steps: Mapping[CellKey, int]
    rows: Mapping[CellKey, int]

    def __add__(self, other: "Cube") -> "Cube":
        return self._combined(other, 1)

    def __sub__(self, other: "Cube") -> "Cube":
        return self._combined(other, -1)

    def _combined(self, other: "Cube", sign: int) -> "Cube":
        steps, rows = dict(self.steps), dict(self.rows)
        for key in other.steps:
            steps[key] = steps.get(key, 0) + sign * other.steps[key]
            rows[key] = rows.get(key, 0) + sign * other.rows[key]
        kept = [key for key in steps if rows[key] or steps[key]]
        return Cube({key: steps[key] for key in kept}, {key: rows[key] for key in kept})


@dataclass(frozen=True)
class Grouping:
    """
    A frame made ready to be grouped by some of its columns.

    Grouping text costs many times what grouping codes costs, and rows are grouped twice (checks, totals). So pandas
    keys are packed into one integer, Polars keys become categories; lazy engines code on their own.
    """

    frame: Any
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    raws: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, frame: Any, columns: Sequence[str]) -> "Grouping":
        """Code the key columns of a frame, as its engine likes them."""
        columns = tuple(columns)
        if not isinstance(frame, nw.LazyFrame) and frame.implementation.is_pandas():
            packed = _packed([frame[name].to_native() for name in columns])
            if packed is not None:
                codes, raws = packed
                kept = [name for name in ("quantity", "_steps") if name in frame.columns]
                native = frame.select(kept).to_native().assign(_key=codes)
                return cls(nw.from_native(native), columns, ("_key",), raws)
        elif not isinstance(frame, nw.LazyFrame) and frame.implementation.is_polars():
            schema = frame.collect_schema()
            text = [nw.col(name).cast(nw.Categorical) for name in columns if schema[name] == nw.String]
            frame = frame.with_columns(*text) if text else frame
        return cls(frame, columns, columns, ())

    def sums(
        self, stages: Sequence[Sequence[nw.Expr]], aggregates: Sequence[nw.Expr]
    ) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
        """
        Add columns stage by stage, group, aggregate; yield the raw key and the aggregates of every group.

        Stages, because no engine that is eager notices that two expressions share a part.
        """
        frame = self.frame
        for stage in stages:
            frame = frame.with_columns(*stage)
        groups = collected(frame.group_by(list(self.keys)).agg(*aggregates))
        for row in groups.iter_rows(named=True):
            yield self.raws[row["_key"]] if self.raws else tuple(plain(row[name]) for name in self.columns), row

    def rows_of(self, frame: Any, group: Mapping[str, Any]) -> Any:
        """Return the rows of ``frame`` that a group was made of, found by the engine's own values."""
        if self.raws:
            return frame.filter(self.frame["_key"] == group["_key"])
        return frame.filter(*(_same(nw.col(name), group[name]) for name in self.columns))

    def scale(self, exponents: Mapping[Any, int]) -> nw.Expr | nw.Series[Any]:
        """Return 10^grid of each row's unit, given the grid of every spelling; one constant where all are equal."""
        groups: dict[int, list[Any]] = {}
        for spelling, exponent in exponents.items():
            groups.setdefault(exponent, []).append(spelling)
        (first, _), *others = sorted(groups.items(), key=lambda item: -len(item[1]))
        if others and self.raws:
            at = self.columns.index("unit")
            scales = np.array([10.0 ** exponents[raw[at]] for raw in self.raws])
            by_row = scales[self.frame["_key"].to_numpy()]
            return nw.new_series("_scale", by_row, nw.Float64, backend=self.frame.implementation)
        scale: nw.Expr = nw.lit(10.0**first)
        for exponent, spellings in others:
            chosen = nw.col("unit").is_in(sorted(spellings))
            scale = nw.when(chosen).then(nw.lit(10.0**exponent)).otherwise(scale)
        return scale.alias("_scale")


def _factorized(series: Any) -> tuple[Any, Sequence[Any]]:
    """Return a pandas column as codes and values; categories have their codes already."""
    if series.dtype.name == "category" and not series.isna().any():
        return series.cat.codes.to_numpy().astype("int64"), list(series.cat.categories)
    codes, values = series.factorize(use_na_sentinel=False)
    return codes, list(values)


def with_text_keys(frame: Any, columns: Sequence[str]) -> Any:
    """Return a pandas frame whose object columns among ``columns`` are text, nulls kept; other frames as they are."""
    if isinstance(frame, nw.LazyFrame) or not frame.implementation.is_pandas():
        return frame
    native = frame.to_native().copy(deep=False)  # what the caller does to his frame later must not reach this one
    for name in columns:
        if native[name].dtype == object:
            native[name] = native[name].map(str, na_action="ignore")
    return nw.from_native(native)


def _packed(series: Sequence[Any]) -> tuple[Any, tuple[tuple[Any, ...], ...]] | None:
    """
    Code pandas columns and pack the codes into one dense integer per row; nulls are a value of their own.

    Returns the codes and the raw key of every code, or ``None`` where so many keys are possible that packing overflows.
    """
    if len(series[0]) < _MANY:
        coded = [_factorized(one) for one in series]
    else:  # coding text lets other threads run, and is most of what the checks at the door cost
        with ThreadPoolExecutor() as threads:
            coded = list(threads.map(_factorized, series))
    if math.prod(max(len(values), 1) for _, values in coded) > _INT64:
        return None
    packed = coded[0][0].astype("int64")
    for codes, values in coded[1:]:
        packed = packed * max(len(values), 1) + codes
    dense, present = type(series[0])(packed).factorize()
    raws = []
    for code in present:
        left, raw = int(code), []
        for _, values in reversed(coded):
            left, place = divmod(left, max(len(values), 1))
            raw.append(plain(values[place]))
        raws.append(tuple(reversed(raw)))
    return dense, tuple(raws)


def collected(frame: Any) -> nw.DataFrame[Any]:
    """Return an eager frame: small results only, never the rows."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def _same(column: nw.Expr, value: Any) -> nw.Expr:
    """Return the test that a column has the value that its engine gave, nulls and NaN included."""
    if value is None or type(value).__name__ in {"NaTType", "NAType"}:
        return column.is_null()
    if isinstance(value, float) and math.isnan(value):
        return column.is_null() | column.is_nan()
    test: nw.Expr = column == value
    return test
