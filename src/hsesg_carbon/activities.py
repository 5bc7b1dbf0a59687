"""Activities: the validated table of what an organisation burnt, bought and drove, and its exact cube of sums."""

import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np

from hsesg_carbon import units
from hsesg_carbon.cube import CellKey, Cube, Grouping, collected, with_text_keys
from hsesg_carbon.errors import CarbonError, InputError, UnitError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.periods import Period, day_of, plain, text_of, text_or_none
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.sites import Site, repeated_sites

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("activity_id", "site", "activity", "quantity", "unit")
OPTIONAL = (
    "period",
    "period_start",
    "period_end",
    "region",
    "meter",
    "instrument",
    "technology",
    "quality",
    "credit",
    "evidence",
    "note",
    "origin_file",
    "origin_sheet",
    "origin_row",
)
KEY_DIMENSIONS = ("site", "activity", "region", "instrument", "technology")
"""Columns that every cube keeps apart."""

RESERVED_DIMENSIONS = ("scope", "iso14064", "subject", "year", "month", "period", "gas", "flow", "scope2")
"""Names that totals give a meaning of their own; a column of that name must be renamed to be a dimension."""

QUALITIES = ("measured", "invoiced", "estimated")

MAX_ROWS_PER_RULE = 100
"""How many rows of one fault are fetched and shown; all are counted."""

_INT64 = 2**63 - 1
_EXACT_FLOATS = 2**52
_CREDIT_WORDS = ("yes", "y", "true", "1", "1.0", "是")


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """
    One row, found by its id: the cell it falls into, its quantity as it is summed and where it comes from.

    ``rounded`` says that the row is finer than the grid of its unit, ``part_of`` by what another row contains it.
    """

    activity_id: str
    key: CellKey
    period: Period
    quantity: Fraction
    rounded: bool
    where: Where
    evidence: str | None
    note: str | None
    meter: str | None = None
    part_of: str | None = None
    role: str | None = None
    quality: str | None = None


class Activities:
    """
    The table of activity data, checked at the door.

    Args:
        frame: pandas, Polars (eager or lazy), PyArrow or a DuckDB relation, one row per bill or reading. Columns:
            activity_id, site, period (or period_start and period_end), activity, quantity, unit; optional region,
            meter, instrument, technology, quality, credit, evidence, note, origin_file, origin_sheet, origin_row.
            Others are kept.
        sites: The sites that rows may name, with their region; where entities hold them, those of the ``Boundary``.
            Without it every site is accepted and each row needs a region.
        library: Where activity codes and regions are looked up; the shipped one by default.
        unique_ids: Whether ids must be unique; costs a pass over the ids, so bulk users run ``check()`` instead.

    Raises:
        InputError: Rows that cannot be used, all of them, each with file, sheet, row, column, value and what to do.

    Example:
        >>> import pandas as pd
        >>> bill = {"activity_id": "e1", "site": "hq", "period": "2024", "activity": "electricity.grid",
        ...         "quantity": 1000, "unit": "度", "region": "CN"}
        >>> Activities(pd.DataFrame([bill])).keys[0].unit
        'kWh'
    """

    def __init__(
        self,
        frame: Any,
        sites: Iterable[Site] | None = None,
        library: FactorLibrary | None = None,
        *,
        unique_ids: bool = False,
    ) -> None:
        self.library = library or FactorLibrary.shipped()
        listed = None if sites is None else tuple(sites)
        if repeated := repeated_sites(listed or ()):
            raise InputError("site-twice", file="sites", sites=repeated)
        self.sites = None if listed is None else {site.id: site for site in listed}
        self.findings: list[Finding] = []
        self.frame = _narwhals(frame)
        self._columns = self.frame.collect_schema()
        self.period_columns = self._check_columns()
        optional = [name for name in ("region", "instrument", "technology") if name in self._columns]
        self.raw_keys = ("site", *self.period_columns, "activity", "unit", *optional)
        self.frame = with_text_keys(self.frame, self.raw_keys)
        self.quantity_kind = self._quantity_kind()
        problems = _Problems()
        self._numbers = self.frame
        if self.quantity_kind == "text":
            self._read_text(problems)
        self._grouping = Grouping.of(self._numbers, self.raw_keys)
        self._distinct: dict[tuple[Any, ...], CellKey] = {}
        self._rows: dict[tuple[Any, ...], int] = {}
        self._has_negative = False
        self._check_rows(problems)
        if unique_ids:
            self._duplicates(problems)
        self._ids_are_unique = unique_ids
        problems.raise_any()

    @property
    def keys(self) -> list[CellKey]:
        """The distinct cells that the rows fall into."""
        return list(dict.fromkeys(self._distinct.values()))

    @property
    def raw_cells(self) -> dict[tuple[Any, ...], CellKey]:
        """The cell for every distinct combination of ``raw_keys`` as they stand in the frame."""
        return dict(self._distinct)

    # ----------------------------------------------------------------------------------------------------- the totals

    def cube(self, dimensions: Sequence[str] = ()) -> Cube:
        """
        Return the exact sums by cell: one pass of the engine, one group-by, nothing collected but the cells.

        Args:
            dimensions: Further columns of the frame to keep apart.

        Raises:
            InputError: A dimension is no column, or a sum could leave the range of 64-bit integers.
        """
        wanted = (dimensions,) if isinstance(dimensions, str) else dimensions
        dimensions = [name for name in dict.fromkeys(wanted) if name not in KEY_DIMENSIONS]
        for name in dimensions:
            if name in RESERVED_DIMENSIONS or name.startswith("_"):
                raise InputError("dimension-reserved", dimension=name, reserved=RESERVED_DIMENSIONS)
            if name not in self._columns:
                raise InputError("dimension-missing", dimension=name, found=list(self._columns))
        grouping = self._grouping
        if dimensions:
            grouping = Grouping.of(
                self._numbers, (*self.raw_keys, *(one for one in dimensions if one not in self.raw_keys))
            )
        sums = grouping.sums(
            self._steps(grouping),
            [nw.col("_whole").sum(), nw.col("_part").sum(), nw.col("_size").max(), nw.len().alias("_rows")],
        )
        steps: dict[CellKey, int] = {}
        rows: dict[CellKey, int] = {}
        seen: dict[tuple[Any, ...], int] = {}
        for raw, row in sums:
            cells = dict(zip(grouping.columns, raw, strict=True))
            own = tuple(cells[name] for name in self.raw_keys)
            seen[own] = seen.get(own, 0) + int(row["_rows"])
            if own not in self._distinct:
                raise InputError("frame-changed")
            key = self._distinct[own]
            if dimensions:
                extra = tuple((name, text_of(cells[name])) for name in dimensions)
                key = replace(key, extra=extra)
            exponent = units.grid(key.unit)
            self._exclude_overflow(key, row, exponent)
            scale = 1 if self.quantity_kind == "text" else 10**exponent
            total = Fraction(row["_whole"]) * scale + int(row["_part"])
            if total.denominator != 1:
                raise InputError("decimal-finer-than-grid", unit=key.unit, grid=f"1e-{exponent}")
            steps[key] = steps.get(key, 0) + int(total)
            rows[key] = rows.get(key, 0) + int(row["_rows"])
        if seen != self._rows:
            raise InputError("frame-changed")
        return Cube(steps, rows)

    def _steps(self, grouping: Grouping) -> list[list[Any]]:
        """
        Return, stage by stage, the columns of the integer grid: ``_whole`` units and ``_part`` of a unit in steps.

        Floats are rounded half away from zero to their unit's grid by an explicit rule, because engines round halves
        differently. The part is exact before it is scaled, so nothing above the comma can disturb it.
        """
        quantity = nw.col("_steps" if self.quantity_kind == "text" else "quantity")
        if self.quantity_kind == "int":
            quantity = quantity.cast(nw.Int64)  # engines sum narrow integers in narrow integers
        if self.quantity_kind != "float":
            nothing = nw.lit(0).cast(nw.Int64)
            return [[quantity.alias("_whole"), nothing.alias("_part"), quantity.abs().alias("_size")]]
        size, whole, scaled, below = (nw.col(name) for name in ("_size", "_whole", "_scaled", "_below"))
        stages: list[list[Any]] = [
            [quantity.abs().alias("_size"), grouping.scale(self._exponents())],
            [size.floor().alias("_whole")],
            [((size - whole) * nw.col("_scale")).alias("_scaled")],
            [scaled.floor().alias("_below")],
            [(below + ((scaled - below) * 2).floor()).alias("_part")],  # exact, unlike adding a half before the floor
        ]
        part = nw.col("_part")
        if self._has_negative:
            sign = nw.when(quantity < 0).then(nw.lit(-1.0)).otherwise(nw.lit(1.0))
            stages.append([sign.alias("_sign")])
            whole, part = whole * nw.col("_sign"), part * nw.col("_sign")
        stages.append([whole.cast(nw.Int64).alias("_whole"), part.cast(nw.Int64).alias("_part")])
        return stages

    def _exponents(self) -> dict[Any, int]:
        """Return the grid of every unit as it is spelt in the frame."""
        at = self.raw_keys.index("unit")
        return {raw[at]: units.grid(key.unit) for raw, key in self._distinct.items()}

    def _exclude_overflow(self, key: CellKey, row: Mapping[str, Any], exponent: int) -> None:
        """Refuse a sum whose 64-bit integers could have wrapped, before any total is returned."""
        if self.quantity_kind == "decimal":
            return
        count, largest = int(row["_rows"]), math.ceil(row["_size"] or 0)
        parts = 10**exponent if self.quantity_kind == "float" else 0
        if count * (largest + 1) > _INT64 or count * parts > _INT64:
            steps = 10**exponent if self.quantity_kind == "text" else 1
            shown = units.exact_text(Fraction(largest, steps))
            raise InputError("sum-overflow", unit=key.unit, activity=key.activity, rows=count, largest=shown)

    # ------------------------------------------------------------------------------------------------- single rows

    def row(self, activity_id: str) -> ActivityRow:
        """
        Return the row with this id.

        Raises:
            InputError: There is none (near ids are named), or there are several.
        """
        activity_id = str(activity_id)
        found = self._fetch(nw.col("activity_id").cast(nw.String) == activity_id)
        if len(found) != 1:
            ids = [str(one["activity_id"]) for one in self._fetch(None, 1000)]
            code = "activity-id-repeated" if found else "activity-id-unknown"
            raise InputError(code, activity_id=activity_id, suggestions=near(activity_id, ids) or ids[:4])
        return self._activity_row(found[0])

    def rows(self, names: Iterable[str] | None = None) -> list[ActivityRow]:
        """Return the rows whose id or meter is one of ``names``, or all: for the few rows that a person looks at."""
        if names is None:
            return [self._activity_row(one) for one in collected(self.frame).iter_rows(named=True)]
        wanted = sorted(set(names))
        columns = [name for name in ("activity_id", "meter") if name in self._columns]
        tests = [
            nw.col(name).cast(nw.String).str.strip_chars().is_in(wanted).fill_null(value=False) for name in columns
        ]
        found = collected(self.frame.filter(nw.any_horizontal(*tests, ignore_nulls=True)))
        return [self._activity_row(one) for one in found.iter_rows(named=True)]

    def stated(self) -> Iterator[tuple[CellKey, Period]]:
        """Yield every distinct cell with a period as its rows state it, which the cell may hold within a month."""
        for raw, cell in self._distinct.items():
            yield cell, self._stated_period(dict(zip(self.raw_keys, raw, strict=True)))

    def _activity_row(self, one: Mapping[str, Any]) -> ActivityRow:
        raw = tuple(plain(one[name]) for name in self.raw_keys)
        if raw not in self._distinct:
            raise InputError("frame-changed")
        exponent = units.grid(self._distinct[raw].unit)
        steps, rounded = self._one_on_grid(one["quantity"], exponent)
        return ActivityRow(
            activity_id=text_of(one["activity_id"]),
            key=self._distinct[raw],
            period=self._stated_period(one),
            quantity=Fraction(steps, 10**exponent),
            rounded=rounded,
            where=_where(one, None),
            **{
                name: text_or_none(one.get(name))
                for name in ("evidence", "note", "meter", "part_of", "role", "quality")
            },
        )

    def _one_on_grid(self, quantity: Any, exponent: int) -> tuple[int, bool]:
        """Return one quantity as the totals take it, by the same rule for its type, and whether it was rounded."""
        if self.quantity_kind != "float":
            return units.to_grid(units.decimal_of(quantity) or Decimal(0), exponent)
        size = abs(float(quantity))
        whole = math.floor(size)
        scaled = (size - whole) * 10.0**exponent
        below = math.floor(scaled)
        steps = whole * 10**exponent + below + math.floor((scaled - below) * 2)
        written = Fraction(repr(size)) * 10**exponent
        return (-steps if quantity < 0 else steps), written != steps

    def unlike(self, other: "Activities") -> Any:
        """
        Return which rows differ from those of another version at the same place: an array of booleans.

        ``None`` where places say nothing (other ids, more rows, an engine without an order). Most corrections leave a
        table as it was but for a few rows, and then only these need be looked at.
        """
        sides = self, other
        if not all(one._grouping.raws for one in sides) or self.quantity_kind != other.quantity_kind:
            return None
        ids = [one.frame["activity_id"].to_native().reset_index(drop=True) for one in sides]
        if len(ids[0]) != len(ids[1]) or not (ids[0] == ids[1]).all():
            return None
        numbers: dict[CellKey | None, int] = {}
        codes = [
            np.array([numbers.setdefault(one._distinct.get(raw), len(numbers)) for raw in one._grouping.raws])
            for one in sides
        ]
        name = "_steps" if self.quantity_kind == "text" else "quantity"
        frames = [one._grouping.frame for one in sides]
        quantities = [frame[name].to_numpy() for frame in frames]
        cells = [own[frame["_key"].to_numpy()] for own, frame in zip(codes, frames, strict=True)]
        return (cells[0] != cells[1]) | (quantities[0] != quantities[1])

    def steps_by_row(self, cells: Container[CellKey], rows: Any = None) -> "pd.DataFrame":
        """
        Return the rows that fall into some cells, as they are summed: ``activity_id``, ``key``, ``whole`` and ``part``.

        ``key`` is the place of the row's cell and period in ``stated()``; the quantity is ``whole`` units and ``part``
        steps of the unit's grid, 0 <= part. For comparing two versions of a table: exact, and no loop over rows.

        Args:
            cells: The cells wanted.
            rows: Which rows to look at, as ``unlike`` says; all by default.
        """
        import pandas as pd  # noqa: PLC0415

        grids = np.array([units.grid(cell.unit) for cell in self._distinct.values()], dtype=np.int64)
        frame, place = self._placed(cells, rows)
        whole, part = (frame[name].to_numpy() for name in ("_whole", "_part"))
        if self.quantity_kind == "decimal":
            whole, part = _split_decimals(whole, grids[place])
        scale = 10 ** grids[place]
        whole, part = (whole // scale, whole % scale) if self.quantity_kind == "text" else (whole, part)
        ids = frame["activity_id"]
        names = ids.to_native() if frame.implementation.is_pandas() else pd.Series(ids.to_list(), dtype=object)
        exact = {"key": place, "whole": whole + part // scale, "part": part % scale}
        return pd.DataFrame({"activity_id": names.reset_index(drop=True), **exact})

    def _placed(self, cells: Container[CellKey], rows: Any) -> tuple[Any, Any]:
        """Return the rows of some cells on their integer grid, and the place of each one's key in ``stated()``."""
        wanted = {raw: place for place, (raw, cell) in enumerate(self._distinct.items()) if cell in cells}
        grouping = self._grouping
        if grouping.raws:  # the codes say which rows are wanted before anything is computed for them
            by_code = np.array([wanted.get(raw, -1) for raw in grouping.raws], dtype=np.int64)
            place = by_code[grouping.frame["_key"].to_numpy()]
            kept = place >= 0 if rows is None else (place >= 0) & rows
            frame = grouping.frame.with_columns(self.frame["activity_id"])
            if not kept.all():
                mask = nw.new_series("_kept", kept, nw.Boolean, backend=frame.implementation)
                frame = frame.filter(mask)
            return self._on_grid(replace(grouping, frame=frame)), place[kept]
        at = self.raw_keys.index("activity")
        named = nw.col("activity").cast(nw.String).is_in(sorted({text_of(raw[at]) for raw in wanted}))
        frame = self._on_grid(replace(grouping, frame=grouping.frame.filter(named)))
        raws = zip(*(frame[name].to_list() for name in grouping.keys), strict=True)
        place = np.array([wanted.get(tuple(map(plain, raw)), -1) for raw in raws], dtype=np.int64)
        return frame.filter((place >= 0).tolist()), place[place >= 0]

    def _on_grid(self, grouping: Grouping) -> nw.DataFrame[Any]:
        frame = grouping.frame
        for stage in self._steps(grouping):
            frame = frame.with_columns(*stage)
        return collected(frame.select("activity_id", *grouping.keys, "_whole", "_part"))

    def ids(self) -> set[str]:
        """Return the ids of all rows."""
        return {text_of(one) for one in collected(self.frame.select("activity_id"))["activity_id"].to_list()}

    def check(self) -> list[Finding]:
        """Return duplicate ids (unless the door proved them unique), overlaps and gaps between the bills of a meter."""
        problems = _Problems()
        if not self._ids_are_unique:
            self._duplicates(problems)
        return problems.findings + self._meter_findings()

    # ------------------------------------------------------------------------------------------------- the checks

    def _check_columns(self) -> tuple[str, ...]:
        """Return the columns that state the period; raise for every needed column that is missing."""
        columns = list(self._columns)
        missing = [name for name in REQUIRED if name not in columns]
        if {"period_start", "period_end"} <= set(columns):
            period: tuple[str, ...] = ("period_start", "period_end")
            period = ("period", *period) if "period" in columns else period
        elif "period" in columns:
            period = ("period",)
        else:
            missing.append("period")
            period = ()
        if missing:
            problems = [
                Finding(code="column-missing", severity="error", data={"column": one, "found": columns})
                for one in missing
            ]
            raise InputError("activities-broken", problems, count=len(problems))
        return period

    def _quantity_kind(self) -> Literal["float", "int", "decimal", "text"]:
        dtype = self._columns["quantity"]
        if dtype.is_integer():
            return "int"
        if dtype == nw.Float32:
            raise InputError("quantity-float32")
        if dtype.is_float():
            return "float"
        if dtype.is_decimal():
            return "decimal"
        if isinstance(self.frame, nw.LazyFrame):
            raise InputError("quantity-text-lazy", dtype=str(dtype))
        return "text"

    def _read_text(self, problems: "_Problems") -> None:
        """Make the column ``_steps`` of quantities that are text or Decimal objects; note what is no number."""
        frame = self.frame
        assert isinstance(frame, nw.DataFrame)  # _quantity_kind refuses lazy text
        grids = units.grids()
        quantities, spelt = frame["quantity"].to_list(), frame["unit"].to_list()
        credits_ = frame["credit"].to_list() if "credit" in self._columns else [None] * len(quantities)
        exponents = {unit: grids.get(units.normalise(text_of(unit)), 0) for unit in set(spelt)}
        steps: list[int] = []
        rounded: dict[str, int] = {}
        for place, (cell, unit, credit) in enumerate(zip(quantities, spelt, credits_, strict=True)):
            step, wrong = 0, ""
            data: dict[str, Any] = {}
            try:
                value = units.decimal_of(cell)
                if value is None:
                    wrong = "quantity-blank"
                else:
                    step, was_rounded = units.to_grid(value, exponents[unit])
                    if was_rounded:
                        rounded[unit] = rounded.get(unit, 0) + 1
                    if value < 0 and text_of(credit).lower() not in _CREDIT_WORDS:
                        wrong = "quantity-negative"
                    if abs(step) > _INT64:
                        step, wrong = 0, "quantity-too-large"
            except InputError as error:
                wrong, data = error.code, error.data
            steps.append(step)
            if wrong:
                rows = list(frame[[place]].iter_rows(named=True)) if problems.room(wrong) else []
                problems.add(wrong, "quantity", data, rows, 1)
        series = nw.new_series("_steps", steps, nw.Int64, backend=frame.implementation)
        self._numbers = frame.with_columns(series)
        self._note_rounded(rounded, exponents)

    def _note_rounded(self, rounded: Mapping[str, int], exponents: Mapping[str, int]) -> None:
        for unit, count in rounded.items():
            data = {"count": count, "unit": unit, "grid": f"1e-{exponents[unit]}"}
            self.findings.append(Finding(code="rounded-to-grid", severity="info", data=data))

    def _check_rows(self, problems: "_Problems") -> None:
        """
        Check all rows in one pass: what depends on the key once per distinct key, the numbers by their range.

        Rows are fetched only for rules that somebody broke; a rule that is broken is reported even if none is found.
        """
        for raw, found in self._ranges():
            self._rows[raw] = self._rows.get(raw, 0) + int(found["_rows"])
            wrong: list[tuple[str, str, dict[str, Any], Any]] = [(*one, None) for one in self._resolve(raw)]
            if self.quantity_kind != "text":
                wrong += self._number_rules(raw, found)
            if not wrong:
                continue
            own = self._grouping.rows_of(self.frame, found)
            for code, column, data, broken in wrong:
                chosen = own if broken is None else own.filter(broken)
                count = int(found["_rows"]) if broken is None else _count(chosen)
                rows = _some(chosen, problems.room(code)) if problems.room(code) else []
                if count:
                    problems.add(code, column, data, rows, count)
        if not self._rows:
            problems.add("activities-empty", None, {}, [], 1)
        if "quality" in self._columns:
            quality = nw.col("quality").cast(nw.String)
            spelt = collected(self.frame.select(quality).unique())["quality"].to_list()
            for word in sorted({text_of(one) for one in spelt} - {"", *QUALITIES}):
                broken = self.frame.filter(quality.str.strip_chars() == word)
                shown = _some(broken, problems.room("quality-unknown")) if problems.room("quality-unknown") else []
                problems.add("quality-unknown", "quality", {"quality": word[:80]}, shown, _count(broken))

    def _ranges(self) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
        """Yield every distinct raw key with the range of its quantities and their sum, which tells NaN and infinity."""
        if self.quantity_kind == "text":  # _read_text has looked at every cell
            return iter(self._grouping.sums((), [nw.len().alias("_rows")]))
        quantity = nw.col("quantity")
        columns = [quantity.alias("_least"), quantity.alias("_most"), quantity.alias("_sum"), quantity.alias("_known")]
        aggregates = [nw.col("_least").min(), nw.col("_most").max(), nw.col("_known").count(), nw.len().alias("_rows")]
        if self.quantity_kind == "float":
            aggregates.append(nw.col("_sum").sum())
        return iter(self._grouping.sums([columns], aggregates))

    def _number_rules(
        self, raw: tuple[Any, ...], found: Mapping[str, Any]
    ) -> list[tuple[str, str, dict[str, Any], Any]]:
        """Return the rules on quantities that rows of a key break, each with the expression that finds these rows."""
        quantity = nw.col("quantity")
        least, most, known = plain(found["_least"]), plain(found["_most"]), plain(found["_known"])
        wrong: list[tuple[str, str, dict[str, Any], Any]] = []
        usable: Any = ~quantity.is_null()
        finite = True
        if self.quantity_kind == "float":
            usable = quantity.is_finite().fill_null(value=False)
            finite = all(one is not None and math.isfinite(one) for one in (plain(found["_sum"]), least, most))
            if not finite or known < found["_rows"]:
                wrong.append(("quantity-not-finite", "quantity", {}, ~usable))
        elif known < found["_rows"]:
            wrong.append(("quantity-blank", "quantity", {}, ~usable))
        if least is None or most is None:
            return wrong
        # among NaN and infinities the range says nothing, so every rule looks at the rows themselves
        negative = not finite or least < 0
        if negative:
            self._has_negative = True
            if self._unmarked_credits:
                wrong.append(("quantity-negative", "quantity", {}, self._unmarked() & usable))
        largest = max(-least, most) if finite else math.inf
        limit = _EXACT_FLOATS if self.quantity_kind == "float" else _INT64 // 2
        size = (quantity >= limit) | (quantity <= -limit) if negative else quantity >= limit
        if largest >= limit:
            wrong.append(("quantity-too-large", "quantity", {}, size & usable))
        if self.quantity_kind == "float" and raw in self._distinct and (largest < limit or not finite):
            unit = self._distinct[raw].unit
            exponent = units.grid(unit)
            if largest * 10.0**exponent >= _EXACT_FLOATS:
                # the digits that were written are no longer in such a float, unless it is whole
                steps = quantity.abs() * 10.0**exponent
                imprecise = (steps >= float(_EXACT_FLOATS)) & (quantity.abs().floor() < quantity.abs())
                data = {"unit": unit, "grid": f"1e-{exponent}"}
                wrong.append(("quantity-imprecise", "quantity", data, imprecise & ~size & usable))
        return wrong

    def _unmarked(self) -> nw.Expr:
        """Return the test that a quantity is negative without a credit mark."""
        negative = nw.col("quantity") < 0
        if "credit" not in self._columns:
            return negative
        marked = nw.col("credit").cast(nw.String).str.strip_chars().str.to_lowercase().is_in(_CREDIT_WORDS)
        return negative & ~marked.fill_null(value=False)

    @cached_property
    def _unmarked_credits(self) -> int:
        """How many rows are negative without a credit mark; counted once, and only where a row is negative."""
        return _count(self.frame.filter(self._unmarked()))

    def _resolve(self, raw: tuple[Any, ...]) -> list[tuple[str, str, dict[str, Any]]]:
        """File a distinct raw key under its cell; return what is wrong with it as (code, column, data)."""
        cells = dict(zip(self.raw_keys, raw, strict=True))
        wrong: list[tuple[str, str, dict[str, Any]]] = []
        activity, unit, site = (text_of(cells[name]) for name in ("activity", "unit", "site"))
        entry = self.library.catalogue.get(activity)
        if not activity:
            wrong.append(("cell-blank", "activity", {"column": "activity"}))
        elif entry is None:
            suggestions = self.library.suggest(activity)
            code = "unknown-activity" if suggestions else "unknown-activity-nothing-near"
            wrong.append((code, "activity", {"activity": activity[:80], "suggestions": suggestions}))
        name, unit_wrong = _unit_of(unit, activity, entry)
        wrong += unit_wrong
        if not site:
            wrong.append(("cell-blank", "site", {"column": "site"}))
        elif self.sites is not None and site not in self.sites:
            wrong.append(("unknown-site", "site", {"site": site[:80], "known": sorted(self.sites)[:8] or ["-"]}))
        region, cut = "", False
        if site and (self.sites is None or site in self.sites):
            region, region_wrong = self._region(text_of(cells.get("region")), site)
            wrong += region_wrong
        try:
            period = self._stated_period(cells)
            known = self.sites.get(site) if self.sites else None
            cut = known is not None and any(known.cuts(month) for month, _ in period.folded().parts())
            period = period if cut else period.folded()
        except CarbonError as error:
            wrong.append((error.code, self.period_columns[0], error.data))
        technology = text_of(cells.get("technology"))
        if technology and entry is not None and technology not in (told := self.library.technologies(activity)):
            shown = near(technology, told) or told[:8] or ["-"]
            data = {"technology": technology[:80], "activity": activity, "known": shown}
            wrong.append(("unknown-technology", "technology", data))
        if not wrong:
            instrument = text_of(cells.get("instrument"))
            self._distinct[raw] = CellKey(site, period, activity, name, region, instrument, technology, cut=cut)
        return wrong

    def _stated_period(self, row: Mapping[str, Any]) -> Period:
        """Return the period that a row states: a label, two days, or both where they agree."""
        label = text_of(row.get("period"))
        start, end = row.get("period_start"), row.get("period_end")
        if not text_of(start) and not text_of(end):
            return Period.parse(label)
        days = Period.of(day_of(start), day_of(end))
        if label and Period.parse(label) != days:
            raise InputError("period-conflict", label=label, start=days.start, end=days.end)
        return days

    def _region(self, stated: str, site: str) -> tuple[str, list[tuple[str, str, dict[str, Any]]]]:
        known = self.sites.get(site) if self.sites else None
        region = stated or (known.region if known else None) or ""
        if not region:
            return "", [("region-missing", "region", {"site": site})]
        if region not in self.library.regions:
            suggestions = near(region, list(self.library.regions)) or sorted(self.library.regions)[:8]
            return "", [("unknown-region", "region", {"region": region, "known": suggestions})]
        return region, []

    def _duplicates(self, problems: "_Problems") -> None:
        ids = nw.col("activity_id")
        spelt = ids.cast(nw.String).str.strip_chars()
        counts = self.frame.select(spelt).group_by("activity_id").agg(nw.len().alias("_rows"))
        repeated = collected(counts.filter((nw.col("_rows") > 1) | ids.is_null() | (ids == "")))
        for row in repeated.iter_rows(named=True):
            one = text_of(row["activity_id"])
            code = "duplicate-id" if one else "cell-blank"
            data = {"activity_id": one, "count": row["_rows"]} if one else {"column": "activity_id"}
            same = spelt == one if one else ids.is_null() | (spelt == "")
            rows = self._fetch(same, problems.room(code)) if problems.room(code) else []
            problems.add(code, "activity_id", data, rows, int(row["_rows"]))

    def _meter_findings(self) -> list[Finding]:
        """Return bills of one meter that overlap, and days between two of its bills that no bill covers."""
        if "meter" not in self._columns:
            return []
        wanted = ["meter", "activity", "site", *self.period_columns, "activity_id"]
        rows = collected(self.frame.filter(~nw.col("meter").is_null()).select(wanted)).iter_rows(named=True)
        bills: dict[tuple[str, ...], list[tuple[Period, str]]] = {}
        for row in rows:
            if not text_of(row["meter"]):
                continue
            period = self._stated_period(row)
            owner = tuple(text_of(row[name]) for name in ("site", "meter", "activity"))
            bills.setdefault(owner, []).append((period, str(row["activity_id"])))
        findings = []
        for (_, meter, _), periods in sorted(bills.items()):
            (before, first), *others = sorted(periods)
            for after, second in others:
                days = (after.start - before.end).days - 1  # below zero: billed twice
                if days:
                    code = "meter-gap" if days > 0 else "meter-overlap"
                    shared = days if days > 0 else Period(after.start, min(before.end, after.end)).days
                    data = {"meter": meter, "first": first, "second": second, "days": shared}
                    findings.append(Finding(code=code, severity="warning", data=data))
                if after.end > before.end:  # the latest end so far: a year's bill covers its months
                    before, first = after, second
        return findings

    def _fetch(self, predicate: nw.Expr | None, limit: int = MAX_ROWS_PER_RULE) -> list[dict[str, Any]]:
        """Return up to ``limit`` whole rows for which ``predicate`` holds."""
        return _some(self.frame if predicate is None else self.frame.filter(predicate), limit)


# ------------------------------------------------------------------------------------------ private


def _where(row: Mapping[str, Any], column: str | None) -> Where:
    number = text_of(row.get("origin_row"))
    return Where(
        file=text_or_none(row.get("origin_file")),
        sheet=text_or_none(row.get("origin_sheet")),
        row=int(float(number)) if re.fullmatch(r"\d{1,9}(\.0+)?", number) else None,
        column=column,
        value=None if column is None else text_of(row.get(column)),
        activity_id=text_or_none(row.get("activity_id")),
    )


def _unit_of(
    unit: str, activity: str, entry: CatalogueEntry | None
) -> tuple[str, list[tuple[str, str, dict[str, Any]]]]:
    """Return the canonical unit of a cell and what is wrong with it as (code, column, data)."""
    if not unit:
        return "", [("cell-blank", "unit", {"column": "unit"})]
    try:
        name = units.canonical(unit)
        units.grid(name)
    except UnitError as error:
        return "", [(error.code, "unit", error.data)]
    if entry is not None and not entry.accepts(name):
        data = {"activity": activity, "unit": unit, "accepted": entry.measured_in}
        return name, [("wrong-dimension", "unit", data)]
    if entry is not None and entry.leaves_open(name):
        return name, [("volume-left-open", "unit", {"activity": activity, "unit": unit})]
    return name, []


def _split_decimals(quantities: Any, grids: Any) -> tuple[Any, Any]:
    """Return decimals as whole units and steps of their unit's grid."""
    pairs = [
        divmod(int(Fraction(one) * 10 ** int(grid)), 10 ** int(grid))
        for one, grid in zip(quantities, grids, strict=True)
    ]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


class _Problems:
    """What is wrong, rule by rule: all of it counted, the first rows of each rule kept."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.counts: dict[str, int] = {}
        self.shown: dict[str, int] = {}

    def room(self, code: str) -> int:
        """Return how many more rows of a rule are worth fetching."""
        return MAX_ROWS_PER_RULE - self.shown.get(code, 0)

    def add(
        self, code: str, column: str | None, data: dict[str, Any], rows: Sequence[Mapping[str, Any]], count: int
    ) -> None:
        """Note ``count`` faults of a rule, of which ``rows`` are shown."""
        self.counts[code] = self.counts.get(code, 0) + count
        places: list[Where | None] = [_where(row, column) for row in rows]
        if not places and self.room(code):
            places = [None]
        self.shown[code] = self.shown.get(code, 0) + len(places)
        self.findings += [Finding(code=code, severity="error", where=one, data=data) for one in places]

    def raise_any(self) -> None:
        """Raise one error with everything that was noted, in the order of files and rows."""
        if not self.findings:
            return
        nowhere = Where()
        order: dict[tuple[str | None, str | None], int] = {}
        for one in self.findings:
            place = one.where or nowhere
            order.setdefault((place.file, place.sheet), len(order))
        self.findings.sort(key=lambda one: _reading_order(one.where or nowhere, order))
        more = sum(self.counts.values()) - len(self.findings)
        if more > 0:
            self.findings.append(Finding(code="more-problems", severity="error", data={"count": more}))
        raise InputError("activities-broken", self.findings, count=sum(self.counts.values()))


def _reading_order(place: Where, order: Mapping[tuple[str | None, str | None], int]) -> tuple[int, int]:
    return order[place.file, place.sheet], place.row or 0


def _narwhals(frame: Any) -> "nw.DataFrame[Any] | nw.LazyFrame[Any]":
    """Return the frame as Narwhals sees it, or say which kinds can be used."""
    try:
        native: nw.DataFrame[Any] | nw.LazyFrame[Any] = nw.from_native(frame)
        columns = native.collect_schema().names()
    except (TypeError, nw.exceptions.NarwhalsError) as error:
        raise InputError("frame-kind", found=type(frame).__name__, why=str(error).partition("\n")[0][:200]) from error
    if len(columns) != len(set(columns)):
        raise InputError("frame-kind", found=type(frame).__name__, why="two columns have the same name")
    return native


def _count(frame: Any) -> int:
    return int(collected(frame.select(nw.len().alias("_rows"))).item())


def _some(frame: Any, limit: int) -> list[dict[str, Any]]:
    return list(collected(frame.head(limit)).iter_rows(named=True))
