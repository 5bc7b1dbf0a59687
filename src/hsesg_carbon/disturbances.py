"""Disturbances of a time series: single values, changed levels, ramps and shifted amounts, searched together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

Shape = Literal["single", "level", "late", "ramp"]
LASTING = frozenset({"level", "ramp"})
_SHAPES: tuple[Shape, ...] = ("single", "level", "late", "ramp")
Place = tuple[Shape, int]
"""A disturbance but for its size."""

_SHORTEST = 2
"""Values that a changed level must last to be told from a single one."""

_CLIP = 2.0
_CLIPPED = 0.9205
"""What the clipped square of a standard normal value is on average: E min(z^2, 2^2)."""

_FLAT = 1e-9
_STEPS = 8
_MOST = 0.34
"""The greatest share of the values that disturbances may explain; beyond it there is no rule left to depart from."""

_TINY = 1e-9
_LOOSE = 0.7
_RISE = 12
_RAMP = 8
"""Values that a ramp must last: a shorter one is a level."""

_RARER = 1.3
"""How much more a ramp must explain than a level: growth is usual, and most of it is in the rule."""

_SWEEPS = 4
_SLIDE = 2


@dataclass(frozen=True)
class Disturbance:
    """
    What a series does beside its rule, from its value ``first`` on; ``size`` is a float on the scale of the series.

    A ``single`` value is off by ``size``; from a ``level`` on all values are, to the end; ``late`` adds an amount to
    one value and takes it from the next; a ``ramp`` grows by ``size`` every twelve values. On a logarithmic scale sizes
    are logarithms of ratios.
    """

    shape: Shape
    first: int
    size: float = 0.0
    score: float = 0.0


@dataclass(frozen=True)
class Limits:
    """How many standard deviations a disturbance of each shape must show; ``prior`` and ``weight`` steady the scale."""

    single: float
    level: float
    prior: float = 1.0
    weight: float = 0.0


@dataclass(frozen=True)
class Projected:
    """
    Values with what a linear rule explains taken off, in generalised least squares.

    For a covariance ``C`` and a design ``D``, ``matrix`` is ``P = C^-1 - C^-1 D (D' C^-1 D)^-1 D' C^-1``, shape
    ``(n, n)``, and ``values`` is ``P z``, shape ``(n,)``. All follows from the two: the residual of value i when it is
    left out is ``values[i] / matrix[i, i]`` with variance ``1 / matrix[i, i]``, and one more column is an update of
    rank one.
    """

    matrix: Any
    values: Any

    @classmethod
    def of(cls, covariance: Any, design: Any, values: Any) -> "Projected":
        """Project ``values`` (shape ``(n,)``) on what ``design`` (shape ``(n, p)``) leaves."""
        inverse = np.linalg.inv(covariance)
        if design.shape[1]:
            weighted = inverse @ design
            normal = design.T @ weighted
            ridge = _TINY * np.trace(normal) * np.eye(design.shape[1])
            inverse = inverse - weighted @ np.linalg.solve(normal + ridge, weighted.T)
        return cls((inverse + inverse.T) / 2, inverse @ values)

    def without(self, column: Any) -> "Projected":
        """Return the projection with one more column (shape ``(n,)``) in the design."""
        moved = self.matrix @ column
        whole = float(column @ moved)
        if whole <= _FLAT:
            return self
        return Projected(
            self.matrix - np.outer(moved, moved) / whole, self.values - moved * (float(column @ self.values) / whole)
        )

    @property
    def standardised(self) -> Any:
        """Residuals with each value left out in turn, over their standard deviations; 0 where nothing is left."""
        diagonal = self.matrix.diagonal()
        return np.where(diagonal > _FLAT, self.values / np.sqrt(np.maximum(diagonal, _FLAT)), 0.0)

    def scale(self, usable: Any, prior: float = 1.0, weight: float = 0.0) -> float:
        """
        Return the robust scale of the standardised residuals (Huber's proposal 2, clipped at 2).

        With a ``weight`` it is pulled towards ``prior``, worth that many values (Smyth 2004).
        """
        judged = usable & (self.matrix.diagonal() > _FLAT)
        found = np.abs(self.standardised[judged])
        if len(found) == 0:
            return prior
        count = len(found)
        found.sort()
        squares = found**2
        scale = max(float(found[(count - 1) // 2] + found[count // 2]) / 2 * 1.4826, 1e-6)
        for _ in range(_STEPS):
            within = int(found.searchsorted(_CLIP * scale))
            clipped = float(squares[:within].sum()) + (count - within) * (_CLIP * scale) ** 2
            scale = max((clipped / count / _CLIPPED) ** 0.5, 1e-6)
        return float(((weight * prior**2 + count * scale**2) / (weight + count)) ** 0.5)


def column(one: Disturbance, late: Any) -> Any:
    """Return the column of a disturbance; ``late``, shape ``(n,)``, is what a unit of quantity is worth at each."""
    out = np.zeros(len(late))
    if one.shape == "late":
        out[one.first], out[one.first + 1] = late[one.first], -late[one.first + 1]
    elif one.shape == "ramp":
        out[one.first :] = np.arange(1, len(late) - one.first + 1) / _RISE
    else:
        out[one.first : one.first + 1 if one.shape == "single" else None] = 1.0
    return out


@dataclass(frozen=True)
class Search:
    """
    A search for the set of disturbances that explains most for its size.

    A set is judged by the weighted squares that it leaves plus the square of the limit of each disturbance: a penalised
    likelihood (as in the automatic outliers of X-13ARIMA-SEATS, after Chen and Liu 1993, and in segmentation).

    Args:
        start: The series, with its rule projected out.
        usable: Which values may be judged, shape ``(n,)``, bool.
        late: What one unit of quantity is worth on the scale of each value, shape ``(n,)``.
        limits: How many standard deviations a disturbance must stand out.
    """

    start: Projected
    usable: Any
    late: Any
    limits: Limits

    def run(self, known: Sequence[Disturbance] = ()) -> tuple[Disturbance, ...]:
        """Return the disturbances in order of time, each with its size and score; ``known`` ones are where to begin."""
        found = frozenset((one.shape, one.first) for one in known)
        for _ in range(_SWEEPS):
            before = found
            found = self._exchanged(self._grown(found))
            if found == before:
                break
        return self._measured(found)

    def unmasked(self, known: Sequence[Disturbance] = ()) -> tuple[Disturbance, ...]:
        """
        Search with full caution, then with less from there on, and return what explains clearly more.

        Several disturbances widen the scale by which each is judged and so hide one another; a larger set is the better
        one if it makes the scale smaller than chance would (the profile of the same likelihood), by a limit more.
        """
        limits = self.limits
        loose = replace(limits, single=_LOOSE * limits.single, level=_LOOSE * limits.level)
        careful = self.run(known)
        begun = frozenset((one.shape, one.first) for one in careful)
        more = replace(self, limits=loose)._grown(begun)
        if more == begun:
            return careful
        bold = self._measured(self._exchanged(more))
        margin = self._cost("single")
        return bold if self._profile(bold) + margin < self._profile(careful) else careful

    def _profile(self, found: Sequence[Disturbance]) -> float:
        places = frozenset((one.shape, one.first) for one in found)
        scale = self._scale(self.project(places))
        return float(2 * self.usable.sum() * np.log(scale)) + sum(self._cost(shape) for shape, _ in places)

    @cached_property
    def _gram(self) -> tuple[Any, Any, Any]:
        """What is left of all columns there can be, shape ``(n, 4 n)``, their products, and those with the values."""
        left = self._against(self.start.matrix)
        return left, self._against(left.T), self._against(self.start.values[None, :])[0]

    def _against(self, rows: Any) -> Any:
        """Return rows (shape ``(m, n)``) times every column there can be, shape ``(m, 4 n)``, by running sums."""
        onward = rows[:, ::-1].cumsum(axis=1)
        late = rows * self.late
        late[:, :-1] -= rows[:, 1:] * self.late[1:]
        return np.hstack([rows, onward[:, ::-1], late, onward.cumsum(axis=1)[:, ::-1] / _RISE])

    def _indices(self, found: Iterable[Place]) -> list[int]:
        return [_SHAPES.index(shape) * len(self.late) + first for shape, first in sorted(found)]

    def project(self, found: Iterable[Place]) -> Projected:
        """Return the series with disturbances projected out as well."""
        at = self._indices(found)
        if not at:
            return self.start
        left, products, with_values = self._gram
        beside = left[:, at]
        solved = np.linalg.solve(
            products[np.ix_(at, at)] + _TINY * np.eye(len(at)), np.column_stack([beside.T, with_values[at]])
        )
        return Projected(self.start.matrix - beside @ solved[:, :-1], self.start.values - beside @ solved[:, -1])

    def _cost(self, shape: Shape) -> float:
        limit = self.limits.single if shape == "single" else self.limits.level
        return limit**2 * (_RARER if shape == "ramp" else 1)

    def _loss(self, found: frozenset[Place], scale: float) -> float:
        at = self._indices(found)
        if not at:
            return 0.0
        _, products, with_values = self._gram
        some = with_values[at]
        drop = float(some @ np.linalg.solve(products[np.ix_(at, at)] + _TINY * np.eye(len(at)), some))
        return sum(self._cost(shape) for shape, _ in found) - drop / scale**2

    def _scale(self, state: Projected) -> float:
        return state.scale(self.usable, self.limits.prior, self.limits.weight)

    def _grown(self, found: frozenset[Place]) -> frozenset[Place]:
        """Add what gains most, again and again: the largest hides the others."""
        state = self.project(found)
        while len(found) < max(1, int(_MOST * self.usable.sum())):
            gain, more = self._best(state, self._scale(state))
            if gain <= 0 or more <= found:
                break
            found = found | more
            state = self.project(found)
        return found

    def _exchanged(self, found: frozenset[Place]) -> frozenset[Place]:
        """Leave out, replace and slide each disturbance while that lowers the loss."""
        scale = self._scale(self.project(found))
        loss = self._loss(found, scale)
        for one in sorted(found):
            if one not in found:
                continue
            rest = found - {one}
            _, more = self._best(self.project(rest), scale)
            options = [rest, rest | more, *self._slid(found, one)]
            losses = [self._loss(option, scale) for option in options]
            best = int(np.argmin(losses))
            if losses[best] < loss - 1e-9:
                found, loss = options[best], losses[best]
        return found

    def _slid(self, found: frozenset[Place], one: Place) -> list[frozenset[Place]]:
        """Return the sets in which a level begins a little earlier or later, values between single ones or not."""
        shape, first = one
        if shape != "level":
            return []
        out: list[frozenset[Place]] = []
        for step in range(-_SLIDE, _SLIDE + 1):
            new = first + step
            if step and _SHORTEST <= new <= len(self.usable) - _SHORTEST:
                between: frozenset[Place] = frozenset(("single", at) for at in range(min(first, new), max(first, new)))
                new_level: Place = ("level", new)
                moved = (found - {one}) | {new_level}
                out += [moved, moved ^ between]
        return out

    def _best(self, state: Projected, scale: float) -> tuple[float, frozenset[Place]]:
        """Return the gain of the best further disturbance, and what it consists of."""
        judged = self.usable & (state.matrix.diagonal() > _FLAT)
        single = np.where(judged, np.abs(state.standardised), 0.0)
        place = int(single.argmax())
        options: list[tuple[float, frozenset[Place]]] = [
            ((single[place] / scale) ** 2 - self._cost("single"), frozenset({("single", place)}))
        ]
        options += self._best_levels(state, scale)
        options += self._best_late(state, judged, scale)
        options += self._best_ramp(state, scale)
        return max(options, key=lambda one: one[0])

    def _best_levels(self, state: Projected, scale: float) -> list[tuple[float, frozenset[Place]]]:
        """Return the best new level and the best span at another level, by running sums over all spans."""
        count = len(self.usable)
        sums = np.concatenate([[0.0], np.cumsum(state.values)])
        block = np.zeros((count + 1, count + 1))
        block[1:, 1:] = state.matrix.cumsum(axis=0).cumsum(axis=1)
        first, after, span = _spans(count)
        seen = np.concatenate([[0], np.cumsum(self.usable)])
        number = seen[after] - seen[first]
        inside = block[after, after] - block[first, after] - block[after, first] + block[first, first]
        sound = (inside > _FLAT) & (number >= _SHORTEST) & (seen[-1] - number >= _SHORTEST)
        total = sums[after] - sums[first]
        gain = np.where(sound, total**2 / np.maximum(inside, _FLAT), 0.0) / scale**2 - self._cost("level") * (1 + span)
        place = int(gain.argmax()) if len(gain) else 0
        if not len(gain):
            return []
        where: set[Place] = {("level", int(first[place]))}
        if span[place]:
            where.add(("level", int(after[place])))
        return [(float(gain[place]), frozenset(where))]

    def _best_late(self, state: Projected, judged: Any, scale: float) -> list[tuple[float, frozenset[Place]]]:
        """Return the neighbours between which an amount was shifted most clearly."""
        both = judged[:-1] & judged[1:]
        if not both.any():
            return []
        one, other = self.late[:-1], -self.late[1:]
        total = one * state.values[:-1] + other * state.values[1:]
        diagonal = state.matrix.diagonal()
        whole = one**2 * diagonal[:-1] + other**2 * diagonal[1:] + 2 * one * other * np.diagonal(state.matrix, 1)
        gain = np.where(both & (whole > _FLAT), total**2 / np.maximum(whole, _FLAT), 0.0) / scale**2
        place = int(gain.argmax())
        return [(float(gain[place]) - self._cost("late"), frozenset({("late", place)}))]

    def _best_ramp(self, state: Projected, scale: float) -> list[tuple[float, frozenset[Place]]]:
        count = len(self.usable)
        if count < 2 * _RAMP:
            return []
        onward = state.matrix[:, ::-1].cumsum(axis=1).cumsum(axis=1)[:, ::-1] / _RISE
        whole = (onward[::-1].cumsum(axis=0).cumsum(axis=0)[::-1] / _RISE).diagonal()[_RAMP : count - _RAMP]
        total = (state.values[::-1].cumsum().cumsum()[::-1] / _RISE)[_RAMP : count - _RAMP]
        gain = np.where(whole > _FLAT, total**2 / np.maximum(whole, _FLAT), 0.0) / scale**2
        place = int(gain.argmax())
        return [(float(gain[place]) - self._cost("ramp"), frozenset({("ramp", place + _RAMP)}))]

    def _measured(self, found: frozenset[Place]) -> tuple[Disturbance, ...]:
        """Return the disturbances with their sizes and scores, each with all others known."""
        scale = self._scale(self.project(found))
        out = []
        for shape, first in sorted(found, key=lambda one: (one[1], one[0])):
            state = self.project(found - {(shape, first)})
            one = column(Disturbance(shape, first), self.late)
            whole, total = float(one @ state.matrix @ one), float(one @ state.values)
            if whole > _FLAT:
                out.append(Disturbance(shape, first, total / whole, abs(total) / whole**0.5 / scale))
        return tuple(out)


@lru_cache(256)
def _spans(count: int) -> tuple[Any, Any, Any]:
    """Return first, after-last and whether it ends before the end, of all new levels and all spans of a series."""
    first, after = np.triu_indices(count + 1, _SHORTEST)
    inner = (first >= _SHORTEST) & (after <= count - _SHORTEST)
    ending = (first >= _SHORTEST) & (after == count)
    keep = inner | ending
    return first[keep], after[keep], inner[keep].astype(float)
