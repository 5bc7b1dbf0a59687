"""Lines: one per row, period and flow, joined by the engine that holds the rows. A view for people and spreadsheets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import narwhals as nw

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.cube import CellKey, collected, engine_errors
from hsesg_carbon.errors import InputError
from hsesg_carbon.plan import Plan, PlanKey, PlanLine, plan_keys

NO_FLOW = "-"
"""What ``flow`` reads in the line of a row that yields none: its emissions are left out, not zero."""

_NUMBERS = ("counted", "multiplier")
_COLUMNS = ("line_period", "flow", "scope2", "rung", "factor_id", "property_ids", *_NUMBERS, "amount_unit")


@dataclass(frozen=True, slots=True)
class Stood:
    """
    A line of the plan and the part of a cell that it stands for; ``rung`` is the instrument that gives it, if one does.

    ``counted`` is the share of it that a boundary counts.
    """

    line: PlanLine
    part: Fraction = Fraction(1)
    rung: str = ""
    counted: Fraction = Fraction(1)


_Cells = tuple[Any, ...]
Standing = Callable[[CellKey, PlanKey], Iterable[Stood]]


def lines_of(activities: Activities, plan: Plan, standing: Standing | None = None) -> Any:
    """
    Return the lines of one batch, as ``Ledger.lines`` does; no sums are needed for them.

    They are joined to the rows on their raw key, lazily where the frame is; a row without a partner raises, for it
    would lose emissions.

    Args:
        activities: The batch.
        plan: The plan that it was compiled into.
        standing: What stands for a cell in a period: by default the lines of the plan.
    """
    frame = activities.frame
    taken = {*_COLUMNS, "amount"} & set(frame.collect_schema().names())
    frame = frame.rename({name: f"{name}_input" for name in sorted(taken)}) if taken else frame
    raws, made = _made(activities, plan, standing or (lambda _, key: map(Stood, plan.lines_of(key))))
    by = {name: _join_column(frame, activities, name) for name in activities.raw_keys}
    held = {by[name]: [raw[place] for raw in raws] for place, name in enumerate(by)}
    held |= {by[name]: [_join_text(one) for one in held[by[name]]] for name in by if by[name] != name}
    derived = [_join_key(frame, name).alias(by[name]) for name in by if by[name] != name]
    with engine_errors(frame):
        keyed = frame.with_columns(*derived) if derived else frame
        added = dict(zip(_COLUMNS, map(list, zip(*made, strict=True)), strict=True))
        lines = _joined(keyed, held | added, list(held))
        lines = lines.with_columns(_amounts(lines, activities))
        return lines.drop([by[name] for name in by if by[name] != name]).to_native()


def _made(activities: Activities, plan: Plan, standing: Standing) -> tuple[list[_Cells], list[_Cells]]:
    """Return for every line of every distinct raw key the key, and the values of the columns that lines add."""
    raws: list[_Cells] = []
    made: list[_Cells] = []
    alike: dict[int, tuple[PlanLine, str, str, float]] = {}  # by identity, for keys share their lines; which it keeps
    for raw, cell in activities.raw_cells.items():
        for key, share in plan_keys(cell):
            before = len(made)
            for one in standing(cell, key):
                line, part = one.line, share * one.part
                if id(line) not in alike:
                    alike[id(line)] = (line, *_ids_of(line), float(line.multiplier))
                _, *ids, weight = alike[id(line)]
                weight = weight if part == 1 else float(part * line.multiplier)
                start = (key.period.label, line.flow.flow, line.scope2, one.rung)
                made.append((*start, *ids, float(one.counted), weight, line.flow.unit))
            if len(made) == before:
                made.append((key.period.label, NO_FLOW, *[""] * 4, None, None, ""))
            raws += [raw] * (len(made) - before)
    return raws, made


def _ids_of(line: PlanLine) -> tuple[str, str]:
    """Return the ids of the factor and of the properties of a line."""
    return line.factor.id if line.factor else "", " ".join(used.id for used in line.properties)


def _joined(keyed: Any, table: dict[str, list[Any]], keys: list[str]) -> Any:
    """
    Return the rows with their lines.

    A lazy engine cannot say afterwards that a row was lost, so it is asked before: for the keys alone, which costs a
    fraction of the join.
    """
    plan_frame = _frame_like(keyed, table)
    joined = keyed.join(plan_frame, on=keys, how="left")
    if isinstance(keyed, nw.LazyFrame):
        lost = keyed.select(keys).join(plan_frame, on=keys, how="anti").select(nw.len().alias("_rows"))
        count = int(collected(lost).item())
    else:
        count = int(joined["flow"].null_count())
    if count:
        raise InputError("lines-lost", count=count)
    return joined


def _frame_like(frame: Any, table: dict[str, list[Any]]) -> Any:
    """Return a table of lines as a frame that can be joined to the rows: of their engine, in their session."""
    engine = frame.implementation
    if isinstance(frame, nw.DataFrame) or engine.is_polars():
        kinds = {name: nw.Float64() if name in _NUMBERS else nw.String() for name in table}
        lines = nw.from_dict(table, kinds, backend=engine)
        return lines.lazy() if isinstance(frame, nw.LazyFrame) else lines
    if engine.is_duckdb():
        import pyarrow as pa  # noqa: PLC0415  (the extra duckdb brings it)

        schema = pa.schema([(name, pa.float64() if name in _NUMBERS else pa.string()) for name in table])
        lines = pa.table(table, schema=schema)
        return nw.from_native(frame.to_native().query("_hc_rows", "select * from lines"))  # which is the table above
    if engine.is_pyspark():
        from pyspark.sql.functions import broadcast  # noqa: PLC0415

        ddl = ", ".join(f"`{name}` {'double' if name in _NUMBERS else 'string'}" for name in table)
        rows = list(zip(*table.values(), strict=True))
        return nw.from_native(broadcast(frame.to_native().sparkSession.createDataFrame(rows, ddl)))
    raise InputError("lines-engine", engine=str(engine))


def _amounts(lines: Any, activities: Activities) -> Any:
    """Return the column ``amount``: quantities as floats, times their multipliers."""
    if activities.quantity_kind == "text":
        floats = [float(units.decimal_of(one) or 0) for one in lines["quantity"].to_list()]
        quantities = nw.new_series("amount", floats, nw.Float64, backend=lines.implementation)
        return (quantities * lines["multiplier"]).alias("amount")
    quantity = nw.col("quantity") if activities.quantity_kind == "float" else nw.col("quantity").cast(nw.Float64)
    return (quantity * nw.col("multiplier")).alias("amount")


def _join_column(frame: Any, activities: Activities, name: str) -> str:
    """Return the column to join a key on: itself where it is text without nulls, which spares copying it."""
    place = activities.raw_keys.index(name)
    told = all(isinstance(raw[place], str) for raw in activities.raw_cells)
    plain = told and frame.collect_schema()[name] == nw.String
    if plain and isinstance(frame, nw.DataFrame) and not frame.implementation.is_polars():
        series = frame[name]
        kind = nw.new_series(name, ["text"], nw.String, backend=frame.implementation).to_native()
        native = series.to_native()
        plain = native.type == kind.type if frame.implementation.is_pyarrow() else native.dtype == kind.dtype
    return name if plain else f"_hc_key{place}"


def _join_key(frame: Any, name: str) -> nw.Expr:
    """Return a key column as the text that the plan's table has: ISO dates, and nothing for nulls."""
    dtype = frame.collect_schema()[name]
    if dtype == nw.Date or dtype == nw.Datetime:  # noqa: PLR1714  (types compare equal, but hash apart)
        return nw.col(name).dt.to_string("%Y-%m-%d").fill_null("")
    return nw.col(name).cast(nw.String).fill_null("")


def _join_text(value: Any) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else str(value)
