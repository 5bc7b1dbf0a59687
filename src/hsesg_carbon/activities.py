"""Activities: the validated table of what an organisation burnt, bought and drove, and its exact cube of sums."""

import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import narwhals as nw
import numpy as np

from hsesg_carbon import units
from hsesg_carbon.cells import Filing
from hsesg_carbon.cube import CellKey, Cube, EngineError, Grouping, collected, engine_errors, with_text_keys
from hsesg_carbon.errors import InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.periods import Period, plain, text_of, text_or_none
from hsesg_carbon.quantities import EXACT_FLOATS, INT64, Gridding, kind_of, on_grid, read_plain, split_decimals
from hsesg_carbon.sites import Site, repeated_sites

if TYPE_CHECKING:
    import pandas as pd

ABOUT = ("quality", "credit", "evidence", "note", "origin_file", "origin_sheet", "origin_row")
"""Columns that say how a quantity is known and where it was taken from."""
REQUIRED = ("activity_id", "site", "activity", "quantity", "unit")
OPTIONAL = (
    "period",
    "period_start",
    "period_end",
    "region",
    "meter",
    "instrument",
    "technology",
    *ABOUT,
)
KEY_DIMENSIONS = ("site", "activity", "region", "instrument", "technology")
"""Columns that every cube keeps apart."""

RESERVED_DIMENSIONS = ("scope", "iso14064", "subject", "year", "month", "period", "gas", "flow", "scope2")
"""Names that totals give a meaning of their own; a column of that name must be renamed to be a dimension."""

QUALITIES = ("measured", "invoiced", "estimated")

MAX_ROWS_PER_RULE = 100
"""How many rows of one fault are fetched and shown; all are counted."""

_Group = tuple[tuple[Any, ...], Mapping[str, Any]]
"""A distinct key as it stands in the frame, and what a pass says of its rows."""

_Rule = tuple[str, str, dict[str, Any], nw.Expr]
"""Code, column and data of a rule that rows break, and the test that finds them."""

ENGINES = (
    nw.Implementation.PANDAS,
    nw.Implementation.POLARS,
    nw.Implementation.PYARROW,
    nw.Implementation.DUCKDB,
    nw.Implementation.PYSPARK,
    nw.Implementation.PYSPARK_CONNECT,
)
"""Engines whose sums are held to exact ones by tests (Spark Connect runs what Spark runs)."""

_LOOKED_AT = 1000
"""Rows from which it is guessed which units and signs to expect; a guess that proves wrong costs another pass."""

CREDIT_WORDS = ("yes", "y", "true", "1", "1.0", "是")
"""What a cell of the column ``credit`` says to allow a quantity below zero."""


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


@dataclass(frozen=True, slots=True)
class Bill:
    """
    What rows state of one period, summed: all rows of a site that are alike but for their id and their remarks.

    ``cell`` has the month that holds the period; ``count`` says how many rows they are, ``filled`` names the gap that
    they fill. What is below zero is a credit and covers no days.
    """

    cell: CellKey
    period: Period
    quantity: Fraction
    count: int
    meter: str = ""
    quality: str = ""
    filled: str = ""

    @property
    def credit(self) -> bool:
        """Whether it takes something off other bills."""
        return self.quantity.numerator < 0


class Activities:
    """
    The table of activity data, checked at the door.

    Args:
        frame: pandas, Polars (eager or lazy), PyArrow, a DuckDB relation or PySpark, one row per bill or reading.
            Columns: activity_id, site, period (or period_start and period_end), activity, quantity, unit; optional
            region, meter, instrument, technology, quality, credit, evidence, note, origin_file, origin_sheet,
            origin_row. Others are kept.
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
        self._filing = Filing(self.raw_keys, self.library, self.sites)
        self.quantity_kind = kind_of(self._columns["quantity"], lazy=isinstance(self.frame, nw.LazyFrame))
        problems = _Problems()
        self._numbers = self.frame
        if self.quantity_kind == "text":
            self._read_text(problems)
        self._grouping = Grouping.of(self._numbers, self.raw_keys)
        self._distinct: dict[tuple[Any, ...], CellKey] = {}
        self._rows: dict[tuple[Any, ...], int] = {}
        self._survey(problems)
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
        Return the exact sums by cell: one group-by of the engine, nothing collected but the cells.

        Without further dimensions it is the pass that checked the rows, and costs nothing more.

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
        if not dimensions:
            return self._base
        more = (one for one in dimensions if one not in self.raw_keys)
        return self._summed(Grouping.of(self._numbers, (*self.raw_keys, *more)), dimensions)

    @cached_property
    def _base(self) -> Cube:
        guess = self._guess
        if guess and self._all_held(self._groups, guess, self._guessed):
            return self._cube_of(self._grouping, guess, self._groups, ())
        return self._summed(self._grouping, ())  # the rows were otherwise than expected

    def _summed(self, grouping: Grouping, dimensions: Sequence[str]) -> Cube:
        """Return the cube of a pass that provides for all that the survey saw."""
        gridding = self._fitting()
        groups = _passed(grouping, gridding, self._scales)
        if not self._all_held(groups, gridding, self._scales):
            raise InputError("frame-changed")
        return self._cube_of(grouping, gridding, groups, dimensions)

    def _fitting(self) -> Gridding:
        """Return the cheapest way to sum what the survey saw; refuse what would leave the range of integers."""
        signed = any(plain(one["_least"]) < 0 for _, one in self._groups)
        narrow, wide = (Gridding(self.quantity_kind, signed=signed, wide=one) for one in (False, True))
        if self._all_held(self._groups, narrow, self._scales):
            return narrow
        for raw, one in self._groups:
            if not self._held(raw, one, wide):
                self._refuse_overflow(self._distinct[raw], one)
        return wide

    def _cube_of(
        self,
        grouping: Grouping,
        gridding: Gridding,
        groups: Sequence[_Group],
        dimensions: Sequence[str],
    ) -> Cube:
        """Return the sums of a pass by cell, several spellings of one cell added."""
        self._need_same_rows(groups)
        steps: dict[CellKey, int] = {}
        rows: dict[CellKey, int] = {}
        for raw, group in groups:
            key = self._distinct[raw[: len(self.raw_keys)]]
            if dimensions:
                told = dict(zip(grouping.columns, raw, strict=True))
                key = replace(key, extra=tuple((name, text_of(told[name])) for name in dimensions))
            exponent = units.grid(key.unit)
            steps[key] = steps.get(key, 0) + gridding.total(group, exponent)
            rows[key] = rows.get(key, 0) + int(group["_rows"])
        return Cube(steps, rows)

    def _need_same_rows(self, groups: Sequence[_Group]) -> None:
        """Refuse a pass that met other rows than the survey did, by what they are of."""
        seen: dict[tuple[Any, ...], int] = {}
        for raw, group in groups:
            own = raw[: len(self.raw_keys)]
            seen[own] = seen.get(own, 0) + int(group["_rows"])
        if seen != self._rows:
            raise InputError("frame-changed")

    def _all_held(self, groups: Sequence[_Group], gridding: Gridding, scales: Mapping[Any, int]) -> bool:
        """Say whether all sums are exact that a pass formed, with the grids that it took the units to have."""
        if self.quantity_kind == "float" and any(scales.get(unit) != own for unit, own in self._scales.items()):
            return False
        least, most, rows = ([plain(one[name]) for _, one in groups] for name in ("_least", "_most", "_rows"))
        if None in least or None in most:
            raise InputError("frame-changed")
        if gridding.holds(min(least), max(most), max(rows), max(self._scales.values())):
            return True  # as if every group had the extremes of all, which most tables bear
        return all(self._held(raw[: len(self.raw_keys)], one, gridding) for raw, one in groups)

    def _held(self, raw: tuple[Any, ...], group: Mapping[str, Any], gridding: Gridding) -> bool:
        """Say whether the sum that a pass formed of a group is exact."""
        if raw not in self._distinct:
            raise InputError("frame-changed")
        exponent = units.grid(self._distinct[raw].unit)
        return gridding.holds(plain(group["_least"]), plain(group["_most"]), int(group["_rows"]), exponent)

    @cached_property
    def _scales(self) -> dict[Any, int]:
        """The grid of every unit as it is spelt in the frame."""
        return {raw[self._unit_at]: units.grid(key.unit) for raw, key in self._distinct.items()}

    @property
    def _unit_at(self) -> int:
        return self.raw_keys.index("unit")

    def _refuse_overflow(self, key: CellKey, group: Mapping[str, Any]) -> NoReturn:
        largest = max(abs(Fraction(plain(group[name]))) for name in ("_least", "_most"))
        shown = units.exact_text(largest / 10 ** units.grid(key.unit) if self.quantity_kind == "text" else largest)
        data: dict[str, Any] = {
            "unit": key.unit,
            "activity": key.activity,
            "rows": int(group["_rows"]),
            "largest": shown,
        }
        raise InputError("sum-overflow-decimals" if self.quantity_kind == "decimal" else "sum-overflow", **data)

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
            yield cell, self._filing.period(dict(zip(self.raw_keys, raw, strict=True)))

    def bills(self) -> Iterator[Bill]:
        """Yield the rows summed by what they are of and by the period that they state: one group-by of the engine."""
        kept = [name for name in ("meter", "quality", "filled") if name in self._columns]
        marks = [name for name in ("credit",) if name in self._columns]
        columns, guess = (*self.raw_keys, *kept, *marks), self._guess
        if columns == self.raw_keys and guess and self._all_held(self._groups, guess, self._guessed):
            gridding, groups = guess, self._groups  # the pass that checked the rows has it all
        else:
            gridding = self._fitting()
            groups = _passed(Grouping.of(self._numbers, columns), gridding, self._scales)
            if not self._all_held(groups, gridding, self._scales):
                raise InputError("frame-changed")
            self._need_same_rows(groups)
        for raw, group in groups:
            told = dict(zip(columns, raw, strict=True))
            cell = self._distinct[raw[: len(self.raw_keys)]]
            exponent = units.grid(cell.unit)
            quantity = Fraction(gridding.total(group, exponent), 10**exponent)
            labels = {name: text_of(told[name]) for name in kept}
            yield Bill(cell, self._filing.period(told), quantity, int(group["_rows"]), **labels)

    def _activity_row(self, one: Mapping[str, Any]) -> ActivityRow:
        raw = tuple(plain(one[name]) for name in self.raw_keys)
        if raw not in self._distinct:
            raise InputError("frame-changed")
        exponent = units.grid(self._distinct[raw].unit)
        steps, rounded = on_grid(one["quantity"], self.quantity_kind, exponent)
        return ActivityRow(
            activity_id=text_of(one["activity_id"]),
            key=self._distinct[raw],
            period=self._filing.period(one),
            quantity=Fraction(steps, 10**exponent),
            rounded=rounded,
            where=_where(one, None),
            **{
                name: text_or_none(one.get(name))
                for name in ("evidence", "note", "meter", "part_of", "role", "quality")
            },
        )

    @cached_property
    def _coded(self) -> Grouping:
        """The rows with their keys packed, for looking at single ones."""
        return self._grouping if self._grouping.raws else Grouping.coded(self._numbers, self.raw_keys)

    def unlike(self, other: "Activities") -> Any:
        """
        Return which rows differ from those of another version at the same place: an array of booleans.

        ``None`` where places say nothing (other ids, more rows, an engine without an order). Most corrections leave a
        table as it was but for a few rows, and then only these need be looked at.
        """
        sides = self, other
        if not all(one._coded.raws for one in sides) or self.quantity_kind != other.quantity_kind:
            return None
        ids = [one.frame["activity_id"].to_native().reset_index(drop=True) for one in sides]
        if len(ids[0]) != len(ids[1]) or not (ids[0] == ids[1]).all():
            return None
        numbers: dict[CellKey | None, int] = {}
        codes = [
            np.array([numbers.setdefault(one._distinct.get(raw), len(numbers)) for raw in one._coded.raws])
            for one in sides
        ]
        name = "_steps" if self.quantity_kind == "text" else "quantity"
        frames = [one._coded.frame for one in sides]
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
            whole, part = split_decimals(whole, grids[place])
        scale = 10 ** grids[place]
        whole, part = (whole // scale, whole % scale) if self.quantity_kind == "text" else (whole, part)
        ids = frame["activity_id"]
        names = ids.to_native() if frame.implementation.is_pandas() else pd.Series(ids.to_list(), dtype=object)
        exact = {"key": place, "whole": whole + part // scale, "part": part % scale}
        return pd.DataFrame({"activity_id": names.reset_index(drop=True), **exact})

    def _placed(self, cells: Container[CellKey], rows: Any) -> tuple[Any, Any]:
        """Return the rows of some cells on their integer grid, and the place of each one's key in ``stated()``."""
        wanted = {raw: place for place, (raw, cell) in enumerate(self._distinct.items()) if cell in cells}
        grouping = self._coded
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
        for stage in Gridding(self.quantity_kind).stages(grouping.scale(self._scales)):
            frame = frame.with_columns(*stage)
        return collected(frame.select("activity_id", *grouping.keys, "_whole", "_part"))

    def ids(self) -> set[str]:
        """Return the ids of all rows."""
        with engine_errors(self.frame):
            return {text_of(one) for one in collected(self.frame.select("activity_id"))["activity_id"].to_list()}

    def check(self) -> list[Finding]:
        """Return duplicate ids (unless the door proved them unique), overlaps and gaps between the bills of a meter."""
        problems = _Problems()
        with engine_errors(self.frame):  # DuckDB opens the file before anything is collected
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

    def _read_text(self, problems: "_Problems") -> None:
        """Make the column ``_steps`` of quantities that are text or Decimal objects; note what is no number."""
        frame = self.frame
        assert isinstance(frame, nw.DataFrame)  # kind_of refuses lazy text
        quantities, spelt = frame["quantity"].to_list(), frame["unit"].to_list()
        credits_ = frame["credit"].to_list() if "credit" in self._columns else None
        known = _grids_of(spelt)
        steps, plain = read_plain(frame, known)
        rounded: dict[str, int] = {}
        for place in np.flatnonzero(~plain).tolist():
            unit, credit = spelt[place], credits_[place] if credits_ else None
            wrong, data = "", dict[str, Any]()
            try:
                step, was_rounded, wrong = _read(quantities[place], known.get(unit, 0), credit)
                steps[place] = 0 if wrong else step
                if was_rounded:
                    rounded[unit] = rounded.get(unit, 0) + 1
            except InputError as error:
                wrong, data = error.code, error.data
            if wrong:
                rows = list(frame[[place]].iter_rows(named=True)) if problems.room(wrong) else []
                problems.add(wrong, "quantity", data, rows, 1)
        series = nw.new_series("_steps", steps, nw.Int64, backend=frame.implementation)
        self._numbers = frame.with_columns(series)
        self._note_rounded(rounded, known)

    def _note_rounded(self, rounded: Mapping[str, int], exponents: Mapping[str, int]) -> None:
        for unit, count in rounded.items():
            data = {"count": count, "unit": unit, "grid": f"1e-{exponents.get(unit, 0)}"}
            self.findings.append(Finding(code="rounded-to-grid", severity="info", data=data))

    def _survey(self, problems: "_Problems") -> None:
        """
        Look at all rows in one pass: what depends on the key once per distinct key, the numbers by their range.

        The same pass forms the sums, as ``_expected`` has it. Rows are fetched only for rules that somebody broke.
        """
        self._guess, self._guessed = self._expected()
        self._groups = self._ranged()
        for raw, found in self._groups:
            self._rows[raw] = self._rows.get(raw, 0) + int(found["_rows"])
            cell, misfits = self._filing.cell(raw)
            if cell is not None:
                self._distinct[raw] = cell
            wrong: list[tuple[str, str, dict[str, Any], Any]] = [(*one, None) for one in misfits]
            if self.quantity_kind != "text":  # _read_text has looked at every cell
                wrong += self._number_rules(raw, found)
            if wrong:
                self._note(problems, wrong, found)
        if not self._rows:
            problems.add("activities-empty", None, {}, [], 1)
        if self.quantity_kind == "decimal":
            self._check_decimals(problems)
        if "quality" in self._columns:
            self._check_qualities(problems)

    def _expected(self) -> tuple[Gridding | None, dict[Any, int]]:
        """
        Return how the quantities are probably to be summed, and the grids of the units that are expected.

        Coded keys tell all of them; of other frames the first rows are looked at.
        """
        column = Gridding(self.quantity_kind).column
        if self._grouping.raws:
            spelt, least = [raw[self._unit_at] for raw in self._grouping.raws], self._grouping.frame[column].min()
        else:
            first = collected(self._numbers.select("unit", nw.col(column).alias("_quantity")).head(_LOOKED_AT))
            spelt, least = first["unit"].to_list(), first["_quantity"].min()
        least = plain(least)
        signed = least is not None and least < 0
        return Gridding(self.quantity_kind, signed=signed, wide=False), dict.fromkeys(spelt, 0) | _grids_of(spelt)

    def _ranged(self) -> list[_Group]:
        """Return every distinct key with its rows, the range of its quantities and, as far as they have one, a sum."""
        guess = self._guess
        assert guess is not None
        try:
            return _passed(self._grouping, guess, self._guessed)
        except EngineError:  # NaN, infinity, too large a sum: which rows they are is for the rules to say
            self._guess = None
            bounds = _bounds(guess)
            if guess.kind != "float":
                return list(self._grouping.sums([bounds], _RANGES))
            bulk = nw.col(guess.column).alias("_bulk")
            return list(self._grouping.sums([[*bounds, bulk]], [nw.col("_bulk").sum(), *_RANGES]))

    def _note(
        self, problems: "_Problems", wrong: Sequence[tuple[str, str, dict[str, Any], Any]], group: Mapping[str, Any]
    ) -> None:
        """Note what is wrong with rows of a group, fetching the first of them."""
        with engine_errors(self.frame):
            own = None
            for code, column, data, broken in wrong:
                if broken is None and not problems.room(code):  # to look for rows takes as long as there are rows
                    problems.add(code, column, data, [], int(group["_rows"]))
                    continue
                own = self._grouping.rows_of(self.frame, group) if own is None else own
                if broken is None:
                    problems.add_rows(code, column, data, own, int(group["_rows"]))
                else:
                    problems.add_rows(code, column, data, own.filter(broken))

    def _check_decimals(self, problems: "_Problems") -> None:
        """Note decimals finer than the grid of their unit, where the column has digits for them."""
        spelt: dict[int, dict[str, list[Any]]] = {}
        for raw, cell in self._distinct.items():
            spelt.setdefault(units.grid(cell.unit), {}).setdefault(cell.unit, []).append(raw[self._unit_at])
        kind, quantity = self._columns["quantity"], nw.col("quantity")
        for exponent, by_unit in spelt.items():
            if getattr(kind, "scale", math.inf) <= exponent:
                continue
            # as the kind that it was, else Spark compares fewer digits
            finer = self.frame.filter(quantity.round(exponent).cast(kind) != quantity)
            for unit, names in by_unit.items():
                broken = finer.filter(nw.col("unit").is_in(names))
                data = {"unit": unit, "grid": f"1e-{exponent}"}
                problems.add_rows("decimal-finer-than-grid", "quantity", data, broken)

    def _check_qualities(self, problems: "_Problems") -> None:
        quality = nw.col("quality").cast(nw.String)
        spelt = collected(self.frame.select(quality).unique())["quality"].to_list()
        for word in sorted({text_of(one) for one in spelt} - {"", *QUALITIES}):
            broken = self.frame.filter(quality.str.strip_chars() == word)
            problems.add_rows("quality-unknown", "quality", {"quality": word[:80]}, broken)

    def _number_rules(self, raw: tuple[Any, ...], found: Mapping[str, Any]) -> list[_Rule]:
        """Return the rules on quantities that rows of a key break, each with the expression that finds these rows."""
        if self._ordinary(raw, found):
            return []
        floats = self.quantity_kind == "float"
        least, most = (one if isinstance(one, float) else plain(one) for one in (found["_least"], found["_most"]))
        bulk = plain(found.get("_bulk", 0.0))  # of a group with NaN or infinity it is neither
        finite = not floats or all(one is not None and math.isfinite(one) for one in (bulk, least, most))
        quantity = nw.col("quantity")
        # whether a number is finite DuckDB takes from the statistics of Parquet files, which leave NaN out
        usable = (quantity - quantity == 0).fill_null(value=False) if floats else ~quantity.is_null()
        wrong: list[_Rule] = []
        if not finite or plain(found["_known"]) < found["_rows"]:
            wrong.append(("quantity-not-finite" if floats else "quantity-blank", "quantity", {}, ~usable))
        if least is None or most is None:
            return wrong
        # among NaN and infinities the range says nothing, so every rule looks at the rows themselves
        if (not finite or least < 0) and self._unmarked_credits:
            wrong.append(("quantity-negative", "quantity", {}, self._unmarked() & usable))
        largest = max(-least, most) if finite else math.inf
        return wrong + (self._float_rules(raw, largest, usable) if floats else self._integer_rules(least, most, usable))

    def _integer_rules(self, least: Any, most: Any, usable: nw.Expr) -> list[_Rule]:
        """Return the rule on size that integers or decimals of a key break."""
        limit = INT64 // 2
        # an unsigned column is compared with its own kind, else Arrow makes it signed first
        kind = self._columns["quantity"] if self.quantity_kind == "int" else None
        tests = [nw.col("quantity") >= nw.lit(limit, kind)] if most >= limit else []
        tests += [nw.col("quantity") <= nw.lit(-limit, kind)] if least <= -limit else []
        return [("quantity-too-large", "quantity", {}, one & usable) for one in tests]

    def _float_rules(self, raw: tuple[Any, ...], largest: float, usable: nw.Expr) -> list[_Rule]:
        """Return the rules on size and precision that floats of a key break."""
        quantity, limit = nw.col("quantity"), float(EXACT_FLOATS)
        large = ((quantity >= limit) | (quantity <= -limit)) & usable
        wrong: list[_Rule] = [("quantity-too-large", "quantity", {}, large)] if largest >= limit else []
        if raw not in self._distinct or limit <= largest < math.inf:
            return wrong
        unit = self._distinct[raw].unit
        exponent = units.grid(unit)
        if largest * 10.0**exponent >= limit and self._large_fractions:
            data = {"unit": unit, "grid": f"1e-{exponent}"}
            wrong.append(("quantity-imprecise", "quantity", data, _imprecise(exponent)))
        return wrong

    @cached_property
    def _large_fractions(self) -> int:
        """How many rows of the frame may have lost digits: counted once, because whole numbers never have."""
        finest = max(_grids_of(raw[self._unit_at] for raw, _ in self._groups).values(), default=0)
        with engine_errors(self.frame):
            return _count(self.frame.filter(_imprecise(finest)))

    def _ordinary(self, raw: tuple[Any, ...], found: Mapping[str, Any]) -> bool:
        """Say whether all quantities of a key are known, not negative and far from every limit, as most are."""
        least, most = found["_least"], found["_most"]
        if least is None or most is None or found["_known"] < found["_rows"] or "_bulk" in found or not least >= 0:
            return False
        if self.quantity_kind != "float":
            return bool(most < INT64 // 2)
        return raw in self._distinct and bool(most * 10.0 ** units.grid(self._distinct[raw].unit) < EXACT_FLOATS)

    def _unmarked(self) -> nw.Expr:
        """Return the test that a quantity is negative without a credit mark."""
        quantity = nw.col("quantity")
        # Arrow compares no decimal of many places with an integer
        decimal = self.quantity_kind == "decimal"
        negative = quantity < (nw.lit(Decimal(0)).cast(self._columns["quantity"]) if decimal else 0)
        if "credit" not in self._columns:
            return negative
        marked = nw.col("credit").cast(nw.String).str.strip_chars().str.to_lowercase().is_in(CREDIT_WORDS)
        return negative & ~marked.fill_null(value=False)

    @cached_property
    def _unmarked_credits(self) -> int:
        """How many rows are negative without a credit mark; counted once, and only where a row is negative."""
        return _count(self.frame.filter(self._unmarked()))

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
            problems.add_rows(code, "activity_id", data, self.frame.filter(same), int(row["_rows"]))

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
            period = self._filing.period(row)
            owner = tuple(text_of(row[name]) for name in ("site", "meter", "activity"))
            bills.setdefault(owner, []).append((period, str(row["activity_id"])))
        findings = []
        for (site, meter, activity), periods in sorted(bills.items()):
            (before, first), *others = sorted(periods)
            for after, second in others:
                days = (after.start - before.end).days - 1  # below zero: billed twice
                if days:
                    code = "meter-gap" if days > 0 else "meter-overlap"
                    shared = days if days > 0 else Period(after.start, min(before.end, after.end)).days
                    data = {"meter": meter, "first": first, "second": second, "days": shared}
                    if days > 0:  # so that who knows of a heating season can tell whether a bill was due
                        last = date.fromordinal(after.start.toordinal() - 1)
                        gap = Period(date.fromordinal(before.end.toordinal() + 1), last)
                        data |= {"site": site, "activity": activity, "between": gap.label}
                    findings.append(Finding(code=code, severity="warning", data=data))
                if after.end > before.end:  # the latest end so far: a year's bill covers its months
                    before, first = after, second
        return findings

    def _fetch(self, predicate: nw.Expr | None, limit: int = MAX_ROWS_PER_RULE) -> list[dict[str, Any]]:
        """Return up to ``limit`` whole rows for which ``predicate`` holds."""
        with engine_errors(self.frame):
            return _some(self.frame if predicate is None else self.frame.filter(predicate), limit)


# ------------------------------------------------------------------------------------------ private


def _read(cell: Any, exponent: int, credit: Any) -> tuple[int, bool, str]:
    """Return a quantity in steps of its grid, whether it was rounded, and the code of the rule that it breaks."""
    value = units.decimal_of(cell)
    if value is None:
        return 0, False, "quantity-blank"
    step, was_rounded = units.to_grid(value, exponent)
    if abs(step) > INT64:
        return 0, was_rounded, "quantity-too-large"
    unmarked = value < 0 and text_of(credit).lower() not in CREDIT_WORDS
    return step, was_rounded, "quantity-negative" if unmarked else ""


def _grids_of(spelt: Iterable[Any]) -> dict[Any, int]:
    """Return the grids of the units that are known, by their spelling."""
    grids = units.grids()
    return {one: grids[name] for one in dict.fromkeys(spelt) if (name := units.normalise(text_of(one))) in grids}


def _imprecise(exponent: int) -> nw.Expr:
    """Return the test that a float no longer has the digits that were written, down to a grid: whole ones have none."""
    quantity, limit = nw.col("quantity"), float(EXACT_FLOATS)
    usable = ((quantity - quantity == 0) & (quantity < limit) & (quantity > -limit)).fill_null(value=False)
    size = nw.when(usable).then(quantity.abs()).otherwise(nw.lit(0.0))  # infinity has no floor in Spark
    return (size * 10.0**exponent >= limit) & (size.floor() < size)


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


_RANGES = (nw.col("_least").min(), nw.col("_most").max(), nw.col("_known").count(), nw.len().alias("_rows"))
"""What tells the range of a group, how many quantities it has and how many rows; a column for each aggregate."""


def _bounds(gridding: Gridding) -> list[nw.Expr]:
    return [nw.col(gridding.column).alias(name) for name in ("_least", "_most", "_known")]


def _passed(grouping: Grouping, gridding: Gridding, scales: Mapping[Any, int]) -> list[_Group]:
    """Return the sums and the ranges of all groups, formed in one pass with such grids of the units."""
    stages = gridding.stages(grouping.scale(scales))
    return list(grouping.sums([_bounds(gridding), *stages], [*gridding.sums, *_RANGES]))


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

    def add_rows(
        self, code: str, column: str | None, data: dict[str, Any], broken: Any, count: int | None = None
    ) -> None:
        """Note the rows of a frame, if there are any: all are counted, only those are fetched that will be shown."""
        count = _count(broken) if count is None else count
        if count:
            self.add(code, column, data, _some(broken, self.room(code)) if self.room(code) else [], count)

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
    except (TypeError, nw.exceptions.NarwhalsError) as error:
        raise InputError("frame-kind", found=type(frame).__name__, why=str(error).partition("\n")[0][:200]) from error
    if native.implementation not in ENGINES:  # another engine may lose rows: Dask drops those whose region is null
        raise InputError("frame-kind", found=type(frame).__name__, why=f"its engine is {native.implementation.name}")
    with engine_errors(native):  # of a lazy frame the file is opened only now
        columns = native.collect_schema().names()
    if len(columns) != len(set(columns)):
        raise InputError("frame-kind", found=type(frame).__name__, why="two columns have the same name")
    return native


def _count(frame: Any) -> int:
    return int(collected(frame.select(nw.len().alias("_rows"))).item())


def _some(frame: Any, limit: int) -> list[dict[str, Any]]:
    return list(collected(frame.head(limit)).iter_rows(named=True))
