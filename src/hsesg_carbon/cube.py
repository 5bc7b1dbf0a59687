"""The cube: integer sums by distinct key, formed by the engine that holds the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np

from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.periods import Period, plain
from hsesg_carbon.quantities import INT64

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
            if not rows[key] and not steps[key]:  # only what is added or taken out can empty a cell
                del steps[key], rows[key]
        return Cube(steps, rows)


@dataclass(frozen=True)
class Grouping:
    """
    A frame made ready to be grouped by some of its columns.

    Grouping text costs many times what grouping codes costs. Most engines code on their own; pandas does not. So where
    Arrow holds the text of a pandas frame, Arrow groups it, else the keys are packed into one integer.
    """

    frame: Any
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    raws: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, frame: Any, columns: Sequence[str]) -> "Grouping":
        """Make a frame ready, as its engine likes it."""
        columns = tuple(columns)
        if frame.implementation.is_polars():
            frame = frame.lazy()  # then all that is computed for a row is computed in one go
        if isinstance(frame, nw.LazyFrame) or not frame.implementation.is_pandas():
            return cls(frame, columns, columns, ())
        if all(_is_arrow_text(frame[name].to_native()) for name in columns):
            return cls(_arrow(frame, columns), columns, columns, ())
        return cls.coded(frame, columns)

    @classmethod
    def coded(cls, frame: Any, columns: Sequence[str]) -> "Grouping":
        """Pack the key columns of a pandas frame into one integer per row, where so many keys fit into one."""
        columns = tuple(columns)
        if isinstance(frame, nw.DataFrame) and frame.implementation.is_pandas():
            packed = _packed([frame[name].to_native() for name in columns])
            if packed is not None:
                codes, raws = packed
                native = frame.select(_numbers_of(frame)).to_native().assign(_key=codes)
                return cls(nw.from_native(native), columns, ("_key",), raws)
        return cls(frame, columns, columns, ())

    def sums(
        self, stages: Sequence[Sequence[nw.Expr]], aggregates: Sequence[nw.Expr]
    ) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
        """
        Add columns stage by stage, group, aggregate; yield the raw key and the aggregates of every group.

        Stages, because no engine that is eager notices that two expressions share a part.
        """
        frame = self.frame
        with engine_errors(frame):
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
        if not exponents:
            return nw.lit(1.0).alias("_scale")
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
            # None has its exponent as well, but equals nothing; its rows are at fault and not summed
            known = sorted(one for one in spellings if one is not None)
            if not known:
                continue
            chosen = nw.col("unit") == known[0] if len(known) == 1 else nw.col("unit").is_in(known)
            scale = nw.when(chosen).then(nw.lit(10.0**exponent)).otherwise(scale)
        return scale.alias("_scale")


def _numbers_of(frame: Any) -> list[str]:
    """Return the columns that are summed or compared."""
    return [name for name in ("quantity", "_steps") if name in frame.columns]


def _is_arrow_text(series: Any) -> bool:
    """Say whether Arrow holds a text column of pandas, as it does by default where it is installed."""
    kind = series.dtype
    return getattr(kind, "storage", None) == "pyarrow" and hasattr(series.array, "__arrow_array__")


def _arrow(frame: Any, columns: Sequence[str]) -> nw.DataFrame[Any]:
    """Return what is grouped and summed of a pandas frame as an Arrow table; its text is not copied."""
    import pyarrow as pa  # noqa: PLC0415  (there, for it holds the text)

    native = frame.to_native()
    numbers = [name for name in _numbers_of(frame) if native[name].dtype != object]
    held = {name: pa.array(native[name], from_pandas=True) for name in (*columns, *numbers)}
    with suppress(pa.ArrowInvalid):  # more text than 2 GiB has to stay as it is, grouped at a third of the speed
        held |= {name: held[name].cast(pa.string()) for name in columns}
    table: nw.DataFrame[Any] = nw.from_native(pa.table(held))
    return table


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
    if math.prod(max(len(values), 1) for _, values in coded) > INT64:
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


class EngineError(InputError):
    """The engine that holds the rows refused what it was asked."""


@contextmanager
def engine_errors(frame: Any) -> Iterator[None]:
    """Tell what an engine refuses as ``EngineError``: every engine has errors of its own."""
    try:
        with np.errstate(invalid="ignore"), _told_once(frame):  # what is no integer is found by its range
            yield
    except (CarbonError, MemoryError):
        raise
    except Exception as error:
        why = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise EngineError("engine-failed", engine=str(frame.implementation), why=why) from error


@contextmanager
def _told_once(frame: Any) -> Iterator[None]:
    """Keep PySpark from logging a failed query as well, with hundreds of lines of Java, when it raises its error."""
    if not frame.implementation.is_pyspark():
        yield
        return
    from pyspark.logger import PySparkLogger  # noqa: PLC0415  (there, for it holds the rows)

    loggers = [PySparkLogger.getLogger(f"{one}QueryContextLogger") for one in ("DataFrame", "SQL")]
    before = [one.disabled for one in loggers]
    try:
        for one in loggers:
            one.disabled = True
        yield
    finally:
        for one, was in zip(loggers, before, strict=True):
            one.disabled = was


def collected(frame: Any) -> nw.DataFrame[Any]:
    """Return an eager frame: small results only, never the rows."""
    if isinstance(frame, nw.DataFrame):
        return frame
    with engine_errors(frame):
        found: nw.DataFrame[Any] = frame.collect()
    return found


def _same(column: nw.Expr, value: Any) -> nw.Expr:
    """Return the test that a column has the value that its engine gave, nulls and NaN included."""
    if value is None or type(value).__name__ in {"NaTType", "NAType"}:
        return column.is_null()
    if isinstance(value, float) and math.isnan(value):
        return column.is_null() | column.is_nan()
    test: nw.Expr = column == value
    return test
