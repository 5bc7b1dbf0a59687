"""Corrections: row by row, how the activity data of one version became that of another; summed by cell, exactly."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hsesg_carbon import units
from hsesg_carbon.activities import Activities
from hsesg_carbon.cube import CellKey, Cube
from hsesg_carbon.errors import InputError
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Site

if TYPE_CHECKING:
    import pandas as pd

SAME, ACTIVITY, LINES, UNIT, BOUNDARY = "", "activity", "lines", "unit", "boundary"
_SHOWN = 8

Version = tuple[Cube, Sequence[Activities]]
"""The sums of activity data, and the rows behind them."""


@dataclass(frozen=True)
class Corrections:
    """
    How the sums of one version become those of another.

    ``quantities[cell]`` is the quantity before, in the unit of the cell; ``changes[cause][cell]`` what a cause adds to
    it, so that all of them together give the quantity after. ``rows[cause]`` counts the rows that it concerns by the
    years that they touch. Causes: ``lines`` (rows added or removed), ``boundary`` (the same, at a site that only one
    version lists), ``unit`` (the number stayed, its unit did not) and ``activity`` (anything else about a row). An
    amount that is only spelt in another unit (1 MWh, 1000 kWh) is no correction: it stands under the later spelling
    from the start.
    """

    quantities: dict[CellKey, Fraction]
    changes: dict[str, dict[CellKey, Fraction]]
    rows: dict[str, Counter[frozenset[int]]]

    @classmethod
    def between(cls, before: Version, after: Version, sites: Sequence[Mapping[str, Site] | None]) -> "Corrections":
        """
        Compare two versions.

        Rows belong together by their id, and are read only where the sums of a cell differ that they stand or stood in.

        Args:
            before: The earlier sums and rows.
            after: The later ones.
            sites: The sites of either version, ``None`` where it takes any. Rows of a site that only one version lists
                come and go with the boundary; where one version keeps the days of a month apart, the other must too.

        Raises:
            InputError: Ids repeat among the rows that differ, so that nobody can say which became which.
        """
        first, second = before[0], after[0]
        found = cls({cell: _quantity(steps, cell) for cell, steps in first.steps.items()}, {}, {})
        differing = {
            cell
            for cell in {*first.steps, *second.steps}
            if (first.steps.get(cell), first.rows.get(cell)) != (second.steps.get(cell), second.rows.get(cell))
        }
        if not differing:
            return found
        old, new, places = _read(before[1], after[1], differing, sites)
        if old.stated != old.cells:  # days that only the later version keeps apart
            for key, quantity in _summed(old.frame, old.cells):
                _add(found.quantities, old.stated[key], -quantity)
                _add(found.quantities, old.cells[key], quantity)
        for moved in _moves(old, new, places):
            found._book(moved, sites)
        return found

    def _book(self, moved: "_Moved", sites: Sequence[Mapping[str, Site] | None]) -> None:
        """Book rows that went from one cell to another."""
        old, new = moved.old, moved.new
        cause, sums = moved.cause, self.quantities
        if cause != SAME:
            listed = all(own is None or cell is None or cell.site in own for own in sites for cell in (old, new))
            cause = BOUNDARY if cause == LINES and not listed else cause
            sums = self.changes.setdefault(cause, {})
            years = frozenset(year for cell in (old, new) if cell for year in cell.period.years)
            self.rows.setdefault(cause, Counter())[years] += moved.rows
        if old:
            _add(sums, old, -moved.before)
        if new:
            _add(sums, new, moved.after)


# -------------------------------------------------------------------------------------------------- private


@dataclass(frozen=True, slots=True)
class _Moved:
    """So many rows that went from one cell to another for one cause; no cell where they came or went."""

    cause: str
    old: CellKey | None
    new: CellKey | None
    before: Fraction
    after: Fraction
    rows: int


@dataclass(frozen=True)
class _Rows:
    """The rows of one version that are compared: the cell of every ``key`` as it was ``stated``, and as compared."""

    frame: "pd.DataFrame"
    stated: list[CellKey]
    cells: list[CellKey]

    @classmethod
    def of(
        cls,
        batches: Sequence[Activities],
        wanted: Collection[CellKey],
        unlike: Any,
        sites: Sequence[Mapping[str, Site] | None],
    ) -> "_Rows":
        import pandas as pd  # noqa: PLC0415

        frames, stated, cells = [], list[CellKey](), list[CellKey]()
        for batch in batches:
            rows = batch.steps_by_row(wanted, unlike)
            text = pd.api.types.infer_dtype(rows["activity_id"], skipna=False) == "string"
            ids = rows["activity_id"] if text else rows["activity_id"].map(str)  # a number there may be text here
            frames.append(rows.assign(activity_id=ids.str.strip(), key=rows["key"] + len(cells)))
            for cell, period in batch.stated():
                stated.append(cell)
                cells.append(_by_days(cell, period, sites))
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        return cls(frame, stated, cells)

    def picked(self, places: Any) -> "_Rows":
        """Return some of the rows, in the order of ``places``; their ids have done their work."""
        return _Rows(self.frame.drop(columns="activity_id").take(places), self.stated, self.cells)

    def column(self, name: str) -> Any:
        """Return a column as an array of integers."""
        return self.frame[name].to_numpy(dtype=np.int64)

    def grids(self) -> Any:
        """Return the grid of the unit of each row."""
        return np.array([units.grid(cell.unit) for cell in self.cells], dtype=np.int64)[self.column("key")]


def _read(
    before: Sequence[Activities],
    after: Sequence[Activities],
    differing: set[CellKey],
    sites: Sequence[Mapping[str, Site] | None],
) -> tuple[_Rows, _Rows, Any]:
    """
    Read the rows of the cells that differ, and of every cell that one of these rows came from or went to; pair them.

    A cell can have lost a row and got another of the same amount; its sums are then as they were, but a row that went
    from there to where sums do differ was moved, and is not new.
    """
    unlike = before[0].unlike(after[0]) if len(before) == len(after) == 1 else None
    while True:
        old, new = (_Rows.of(batches, differing, unlike, sites) for batches in (before, after))
        places = _partners(old, new)
        lost, come = (
            set(rows.frame["activity_id"].take(own)) for rows, own in zip((old, new), _alone(places, new), strict=True)
        )
        found = _cells_of(before, come) | _cells_of(after, lost)
        if found <= differing:
            return old, new, places
        differing = differing | found


def _cells_of(batches: Sequence[Activities], ids: set[str]) -> set[CellKey]:
    """Return the cells in which rows of some ids stand; ids that no row has stand nowhere."""
    return {row.key for batch in batches for row in batch.rows(ids) if row.activity_id in ids} if ids else set()


def _by_days(cell: CellKey, stated: Period, sites: Sequence[Mapping[str, Site] | None]) -> CellKey:
    """Return a cell with the days of its rows kept apart, where its site joins or leaves within them in any version."""
    for own in sites:
        site = own.get(cell.site) if own and not cell.cut else None
        if site is not None and any(site.cuts(month) for month, _ in stated.folded().parts()):
            return replace(cell, period=stated, cut=True)
    return cell


def _moves(old: _Rows, new: _Rows, places: Any) -> Iterator[_Moved]:
    """Pair the rows of two versions by their id and sum what happened to them, by pair of cells and cause."""
    lost, come = _alone(places, new)
    for rows, gone in ((old.picked(lost), True), (new.picked(come), False)):
        counts = rows.frame["key"].value_counts()
        for key, quantity in _summed(rows.frame, rows.cells):
            cell, count, none = rows.cells[key], int(counts[key]), Fraction(0)
            yield (
                _Moved(LINES, cell, None, quantity, none, count)
                if gone
                else _Moved(LINES, None, cell, none, quantity, count)
            )
    kept = np.flatnonzero(places >= 0)
    yield from _changed(old.picked(kept), new.picked(places[kept]))


def _partners(old: _Rows, new: _Rows) -> Any:
    """Return for each old row the place of the new row with its id, -1 where there is none."""
    import pandas as pd  # noqa: PLC0415

    first, second = (rows.frame["activity_id"] for rows in (old, new))
    if len(first) == len(second) and (first == second).all():  # the usual case: the same rows, some of them corrected
        return np.arange(len(first))
    codes, names = pd.concat([first, second], ignore_index=True).factorize()  # ids hash but once
    sides = codes[: len(first)], codes[len(first) :]
    for side in sides:
        if (repeated := np.flatnonzero(np.bincount(side) > 1)).size:
            raise InputError("restate-ids-repeat", ids=sorted(names[repeated])[:_SHOWN], count=len(repeated))
    places = np.full(len(names), -1, dtype=np.int64)
    places[sides[1]] = np.arange(len(second))
    return places[sides[0]]


def _alone(places: Any, new: _Rows) -> tuple[Any, Any]:
    """Return the places of the old rows that have no partner, and of the new rows that have none."""
    return np.flatnonzero(places < 0), np.setdiff1d(np.arange(len(new.frame)), places[places >= 0], assume_unique=True)


def _summed(frame: "pd.DataFrame", cells: Sequence[CellKey]) -> Iterator[tuple[int, Fraction]]:
    """Yield the sum of the rows of every key, in the unit of its cell."""
    sums = frame.groupby("key", sort=True)[["whole", "part"]].sum()
    for key, whole, part in zip(sums.index.tolist(), sums["whole"].tolist(), sums["part"].tolist(), strict=True):
        yield key, _of(whole, part, cells[key])


def _changed(old: _Rows, new: _Rows) -> Iterator[_Moved]:
    """Yield what happened to rows that both versions have, those that are as they were left aside."""
    import pandas as pd  # noqa: PLC0415

    first, second = old.column("key"), new.column("key")
    same_number = _same_number(old, new)
    codes = dict[CellKey, int]()
    same_cell = _codes(old.cells, codes)[first] == _codes(new.cells, codes)[second]
    different = np.flatnonzero(~(same_number & same_cell))
    if not different.size:
        return
    joined = pd.DataFrame({"old": first[different], "new": second[different], "number": same_number[different]})
    for side, rows in (("before", old), ("after", new)):
        for name in ("whole", "part"):
            joined[f"{side}_{name}"] = rows.column(name)[different]
    joined["cause"] = _causes(joined, old.cells, new.cells)
    sums = joined.drop(columns="number").assign(rows=1).groupby(["old", "new", "cause"], sort=True).sum()
    for pair, row in zip(sums.index.tolist(), sums.to_numpy().tolist(), strict=True):
        key, other, word = pair
        cells = old.cells[key], new.cells[other]
        yield _Moved(word, *cells, _of(row[0], row[1], cells[0]), _of(row[2], row[3], cells[1]), row[4])


def _causes(joined: "pd.DataFrame", old: Sequence[CellKey], new: Sequence[CellKey]) -> Any:
    """Return for every row why it went from one cell to another; where only the unit differs, its number tells."""
    words = np.full(len(joined), ACTIVITY, dtype=object)
    pairs, places = np.unique(joined["old"].to_numpy() * len(new) + joined["new"].to_numpy(), return_inverse=True)
    order = np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1])
    for pair, rows in zip(pairs.tolist(), order, strict=True):
        first, last = old[pair // len(new)], new[pair % len(new)]
        if first.unit != last.unit and replace(first, unit=last.unit) == last:
            words[rows] = _unit_causes(first, last, joined.iloc[rows])
    return words


def _unit_causes(old: CellKey, new: CellKey, group: "pd.DataFrame") -> Any:
    """Return, for rows of which only the unit is another, whether it was corrected, respelt, or the amount changed."""
    respelt = np.zeros(len(group), dtype=bool)
    if units.kind(old.unit) == units.kind(new.unit):
        ratio = units.ratio(old.unit, new.unit)
        first, second = (_amounts(group, side, cell) for side, cell in (("before", old), ("after", new)))
        respelt = np.array([one * ratio == other for one, other in zip(first, second, strict=True)], dtype=bool)
    return np.where(respelt, SAME, np.where(group["number"].to_numpy(), UNIT, ACTIVITY))


def _amounts(group: "pd.DataFrame", side: str, cell: CellKey) -> Iterator[Fraction]:
    pairs = zip(group[f"{side}_whole"].tolist(), group[f"{side}_part"].tolist(), strict=True)
    return (_of(whole, part, cell) for whole, part in pairs)


def _same_number(old: _Rows, new: _Rows) -> Any:
    """Say, row by row, whether the number is the same, whatever its unit, as far as the coarser grid tells."""
    grids = old.grids(), new.grids()
    finest = np.maximum(*grids)
    first, second = (rows.column("part") * 10 ** (finest - grid) for rows, grid in zip((old, new), grids, strict=True))
    wholes = np.clip(old.column("whole") - new.column("whole"), -2, 2)  # further apart is unlike in any case
    return np.abs(wholes * 10**finest + first - second) * 2 <= 10 ** (finest - np.minimum(*grids))


def _codes(cells: Sequence[CellKey], known: dict[CellKey, int]) -> Any:
    """Return a number for each cell, the same for cells that are the same; ``known`` grows."""
    return np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int64)


def _of(whole: int, part: int, cell: CellKey) -> Fraction:
    return whole + _quantity(part, cell)


def _quantity(steps: int, cell: CellKey) -> Fraction:
    return Fraction(steps, 10 ** units.grid(cell.unit))


def _add(sums: dict[CellKey, Fraction], cell: CellKey, change: Fraction) -> None:
    sums[cell] = sums.get(cell, Fraction(0)) + change
