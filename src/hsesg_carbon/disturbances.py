"""Disturbances of a time series: single values, changed levels, ramps and shifted amounts, searched together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, permutations
from typing import Any, Literal

import numpy as np

Shape = Literal["single", "level", "late", "ramp"]
LASTING = frozenset({"level", "ramp"})

_MOST = 0.25
"""The greatest number of disturbances, as a share of the values; beyond it there is no rule left to depart from."""

_PATIENCE = 4
"""How many disturbances are added on trial: several that widen the noise together may be likely only together."""

_SWEEPS = 4
_TINY = 1e-9
_RISE = 12
_RAMP = 8
"""Values that a ramp must last: a shorter one is a level."""

_LASTING = 5.0
_SPAN = 4.0
_LATE = 5.0
_RAMPS = 6.0
"""What other shapes cost beyond a single value: there are more of them, and they are rarer."""

_TIE = 4.0
"""What a likelier reading must gain over one that accuses fewer sound values; see ``_untangled``."""

_TRIM = 4.0
"""The same for a reading that accuses one value less."""

_BEFORE = 3
"""Values before a level that lasts to the end; with fewer it is the beginning that differs."""

_ANY = 1e3
_NEAR = 3
"""Values within which two disturbances may be one that was split."""


@dataclass(frozen=True)
class Disturbance:
    """
    What a series does beside its rule, in its values from ``first`` to before ``after``; ``size`` is on its scale.

    A ``single`` value, or all of a ``level``, is off by ``size``; ``late`` adds an amount to one value and takes it
    from the next; a ``ramp`` grows by ``size`` every twelve values, to the end. On a logarithmic scale sizes are
    logarithms of ratios.
    """

    shape: Shape
    first: int
    after: int
    size: float = 0.0
    score: float = 0.0


@dataclass(frozen=True)
class Odds:
    """
    What is held likely before a series is seen, all in standard deviations of its noise.

    ``cost`` is twice the logarithm of the odds against a disturbance that begins at a given value, ``size`` the
    standard deviation of its size; ``scale`` is the noise of like series, worth ``weight`` values.
    """

    cost: float
    size: float
    scale: float = 1.0
    weight: float = 0.0

    def limit(self, error: Any, freedom: float) -> Any:
        """Return how many of its standard deviations ``error`` a single value must be off to be held disturbed."""
        occam = self.cost + np.log1p((self.size / error) ** 2)
        odd = freedom * np.expm1(occam / freedom)
        return np.sqrt(odd * (1 + (error / self.size) ** 2))


@dataclass(frozen=True)
class Projected:
    """
    Values with what a linear rule explains taken off, in generalised least squares.

    For a covariance ``C`` and a design ``D``, ``matrix`` is ``P = C^-1 - C^-1 D (D' C^-1 D)^-1 D' C^-1``, shape
    ``(n, n)``, and ``values`` is ``P z``, shape ``(n,)``. All follows from the two: the residual of value i when it is
    left out is ``values[i] / matrix[i, i]`` with variance ``1 / matrix[i, i]``, and one more column is an update of
    rank one. ``squares`` is ``z' P z``, and ``volume`` the logarithm of what the columns added to the determinant.
    """

    matrix: Any
    values: Any
    squares: float
    volume: float = 0.0

    @classmethod
    def of(cls, covariance: Any, design: Any, values: Any) -> "Projected":
        """Project ``values`` (shape ``(n,)``) on what ``design`` (shape ``(n, p)``) leaves."""
        inverse = np.linalg.inv(covariance)
        if design.shape[1]:
            weighted = inverse @ design
            normal = design.T @ weighted
            ridge = _TINY * np.trace(normal) * np.eye(design.shape[1])
            inverse = inverse - weighted @ np.linalg.solve(normal + ridge, weighted.T)
        matrix = (inverse + inverse.T) / 2
        left = matrix @ values
        return cls(matrix, left, float(values @ left))

    def without(self, column: Any, size: float) -> "Projected":
        """Return the projection with a column (shape ``(n,)``) whose coefficient has standard deviation ``size``."""
        moved = self.matrix @ column
        own = float(column @ moved)
        whole, total = own + size**-2, float(column @ self.values)
        return Projected(
            self.matrix - np.outer(moved, moved) / whole,
            self.values - moved * (total / whole),
            self.squares - total**2 / whole,
            self.volume + float(np.log1p(own * size**2)),
        )


def column(one: Disturbance, late: Any) -> Any:
    """Return the column of a disturbance; ``late``, shape ``(n,)``, is what a unit of quantity is worth at each."""
    out = np.zeros(len(late))
    if one.shape == "late":
        out[one.first], out[one.first + 1] = late[one.first], -late[one.first + 1]
    elif one.shape == "ramp":
        out[one.first :] = np.arange(1, len(late) - one.first + 1) / _RISE
    else:
        out[one.first : one.after] = 1.0
    return out


@lru_cache(64)
def _shapes(count: int) -> tuple[tuple[Disturbance, ...], Any]:
    """Return what can be, and what the length of each adds to its cost: a short level is likelier than a given long."""
    spans = [Disturbance("single", at, at + 1) for at in range(count)]
    lengths = [0.0] * count
    for first in range(count - 1):
        for after in range(first + 2, count + 1):
            ends = after == count
            if (ends and first > _BEFORE) or (not ends and 2 * (after - first) <= count):
                spans.append(Disturbance("level", first, after))
                lengths.append(_LASTING if ends else 2 * float(np.log(after - first)) + _SPAN)
    late = [Disturbance("late", at, at + 2) for at in range(count - 1)]
    ramp = [Disturbance("ramp", at, count) for at in range(_RAMP, count - _RAMP)]
    more = [*lengths, *[_LATE] * len(late), *[_RAMPS] * len(ramp)]
    return (*spans, *late, *ramp), np.array(more)


@dataclass(frozen=True)
class Search:
    """
    A search for the likeliest set of disturbances, sizes and the scale of the noise integrated out.

    Args:
        start: The series in standard deviations, with its rule projected out.
        usable: Which values may be judged, shape ``(n,)``, bool.
        late: What one unit of quantity is worth on the scale of each value, shape ``(n,)``.
        odds: What is held likely beforehand.
        freedom: Degrees of freedom of the series.
        known: Disturbances of any size that are there.
    """

    start: Projected
    usable: Any
    late: Any
    odds: Odds
    freedom: float
    known: tuple[Disturbance, ...] = ()

    def run(self) -> tuple[Disturbance, ...]:
        """Return the disturbances in order of time, each with its size and score."""
        found = self._grown()
        for _ in range(_SWEEPS):
            before = found
            found = self._exchanged(found)
            if found == before:
                break
        return self._measured(self._untangled(found))

    def scale(self, state: Projected) -> float:
        """Return the standard deviation of the noise, with that of like series as a prior."""
        return float((self._whole(state) / (self.odds.weight + self.freedom)) ** 0.5)

    def project(self, found: Sequence[Disturbance]) -> Projected:
        """Return the series with disturbances taken off."""
        state = self.start
        for one in self.known:
            state = state.without(column(one, self.late), _ANY)
        for one in found:
            state = state.without(column(one, self.late), self.odds.size)
        return state

    def _whole(self, state: Projected) -> float:
        return max(self.odds.weight * self.odds.scale**2 + state.squares, _TINY)

    def _loss(self, found: frozenset[int]) -> float:
        """Return twice the negative logarithm of the posterior, but for a constant (Student's t over the scale)."""
        every, costs = self.candidates
        state = self.project([every[at] for at in sorted(found)])
        return self._of(state, found, costs)

    def _of(self, state: Projected, found: frozenset[int], costs: Any) -> float:
        known = (self.odds.weight + self.freedom) * float(np.log(self._whole(state)))
        return known + state.volume + float(sum(costs[at] for at in found))

    @property
    def candidates(self) -> tuple[tuple[Disturbance, ...], Any]:
        """All disturbances there can be, and what each costs."""
        every, more = _shapes(len(self.late))
        return every, more + self.odds.cost

    def _grown(self) -> frozenset[int]:
        """Add what gains most, again and again, and go back to the likeliest: the largest hide the others."""
        every, costs = self.candidates
        found: frozenset[int] = frozenset()
        state = self.project(())
        best, least = found, self._of(state, found, costs)
        while len(found) < min(len(best) + _PATIENCE, _MOST * self.usable.sum() + _PATIENCE):
            place, _ = self._best(state)
            if place in found:
                break
            found = found | {place}
            state = state.without(column(every[place], self.late), self.odds.size)
            loss = self._of(state, found, costs)
            if loss < least:
                best, least = found, loss
        return best

    def _exchanged(self, found: frozenset[int]) -> frozenset[int]:
        """Leave out, replace or join disturbances, and add more, while that is likelier."""
        every, _ = self.candidates
        loss = self._loss(found)
        ordered = sorted(found, key=lambda at: every[at].first)
        groups = [{one} for one in ordered] + [
            {one, other} for one, other in pairwise(ordered) if every[other].first - every[one].after < _NEAR
        ]
        for group in [set[int](), *groups]:
            if not group <= found:
                continue
            rest = found - group
            place, _ = self._best(self.project([every[at] for at in sorted(rest)]))
            for option in (rest, rest | {place}):
                new = self._loss(option)
                if new < loss - _TINY:
                    found, loss = option, new
        return found

    def _untangled(self, found: frozenset[int]) -> frozenset[int]:
        """
        Choose, of readings that are about as likely, the one that accuses fewer sound values.

        A level with a hole in it is two levels, because the rule holds in the hole. A level begins, and ends, with a
        value that is off by itself; an amount is shifted only where both values say so.
        """
        every, _ = self.candidates
        places = _places(len(self.late))
        pairs = [(frozenset(two), _cut(every[two[0]], every[two[1]]), _TIE) for two in permutations(sorted(found), 2)]
        alone = [(frozenset({one}), (span,), _TRIM) for one in sorted(found) for span in _trimmed(every[one])]
        loss = self._loss(found)
        for group, spans, slack in [*pairs, *alone]:
            others = {places[span] for span in spans if span in places}
            if not group <= found or not spans or len(others) < len(spans) or others & found:
                continue
            option = found - group | others
            if (new := self._loss(option)) < loss + slack:
                found, loss = option, new
        return found

    def _best(self, state: Projected) -> tuple[int, float]:
        """Return which further disturbance is likeliest, and how the loss changes with it."""
        _, costs = self.candidates
        own, total = self._products(state)
        size = self.odds.size**-2
        whole = self._whole(state)
        share = np.minimum(total**2 / (own + size) / whole, 1 - _TINY)
        change = (self.odds.weight + self.freedom) * np.log1p(-share) + np.log1p(own / size) + costs
        change = np.where(own > _TINY, change, np.inf)
        place = int(change.argmin())
        return place, float(change[place])

    def _products(self, state: Projected) -> tuple[Any, Any]:
        """Return of each column there can be its square in the projection, and its product with the values."""
        matrix, values = state.matrix, state.values
        sums = np.concatenate([[0.0], np.cumsum(values)])
        block = np.zeros((len(values) + 1, len(values) + 1))
        block[1:, 1:] = matrix.cumsum(axis=0).cumsum(axis=1)
        first, after = _spans(len(values))
        inside = block[after, after] - 2 * block[first, after] + block[first, first]
        seen = np.concatenate([[0], np.cumsum(self.usable)])
        inside = np.where(seen[after] - seen[first] >= np.minimum(after - first, 2), inside, 0.0)
        one, other = self.late[:-1], self.late[1:]
        diagonal = matrix.diagonal()
        both = one**2 * diagonal[:-1] + other**2 * diagonal[1:] - 2 * one * other * np.diagonal(matrix, 1)
        both = np.where(self.usable[:-1] & self.usable[1:], both, 0.0)
        ramps = slice(_RAMP, max(len(values) - _RAMP, _RAMP))
        risen = matrix[:, ::-1].cumsum(axis=1).cumsum(axis=1)[:, ::-1] / _RISE
        risen = (risen[::-1].cumsum(axis=0).cumsum(axis=0)[::-1] / _RISE).diagonal()[ramps]
        grown = (values[::-1].cumsum().cumsum()[::-1] / _RISE)[ramps]
        moved = one * values[:-1] - other * values[1:]
        return np.concatenate([inside, both, risen]), np.concatenate([sums[after] - sums[first], moved, grown])

    def _measured(self, found: frozenset[int]) -> tuple[Disturbance, ...]:
        """Return the disturbances with their sizes and scores, each with all others known."""
        every, _ = self.candidates
        whole = [*self.known, *(every[at] for at in found)]
        scale = self.scale(self.project([every[at] for at in found]))
        out = []
        for one in sorted(whole, key=lambda one: (one.first, one.after)):
            known = tuple(other for other in self.known if other is not one)
            state = replace(self, known=known).project([every[at] for at in found if every[at] is not one])
            own = column(one, self.late)
            square, total = float(own @ state.matrix @ own), float(own @ state.values)
            if square > _TINY:
                out.append(replace(one, size=total / square, score=abs(total) / square**0.5 / scale))
        return tuple(out)


def _cut(one: Disturbance, other: Disturbance) -> tuple[tuple[int, int], ...]:
    """Return the spans in which just one of two levels holds, where they overlap; else nothing."""
    if not {one.shape, other.shape} <= {"level", "single"} or not one.first <= other.first < one.after:
        return ()
    spans = (one.first, other.first), (min(one.after, other.after), max(one.after, other.after))
    return tuple(span for span in spans if span[0] < span[1])


def _trimmed(one: Disturbance) -> tuple[tuple[int, int], ...]:
    """Return the spans of a level, or of a shifted amount, without its first value and without its last."""
    if one.shape not in {"level", "late"}:
        return ()
    return (one.first + 1, one.after), (one.first, one.after - 1)


@lru_cache(64)
def _places(count: int) -> dict[tuple[int, int], int]:
    """Return the place of each single value and level that there can be, by first and after."""
    every = _shapes(count)[0]
    return {(one.first, one.after): at for at, one in enumerate(every) if one.shape in {"single", "level"}}


@lru_cache(64)
def _spans(count: int) -> tuple[Any, Any]:
    """Return first and after of the single values and levels that there can be, in the order of all shapes."""
    every = [one for one in _shapes(count)[0] if one.shape in {"single", "level"}]
    return np.array([one.first for one in every]), np.array([one.after for one in every])
