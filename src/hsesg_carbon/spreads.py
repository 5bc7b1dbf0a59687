"""Spreads: how far a value may lie from its estimate, from its 95 % limits, in four shapes."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal, get_args

import numpy as np

from hsesg_carbon.errors import InputError, near

Shape = Literal["normal", "lognormal", "triangular", "uniform"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
COVERED = 0.95
TAIL = (1 - COVERED) / 2
"""What lies beyond either limit."""

Z = NormalDist().inv_cdf(1 - TAIL)
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution."""

_STEPS = 60


@dataclass(frozen=True)
class Spread:
    """
    How far a value may lie from its estimate: 95 % between ``lower`` and ``upper``, as multiples of the estimate.

    A range of -5 % to +10 % is ``Spread(0.95, 1.10, "lognormal")``. The estimate is 1: the centre of a ``normal`` or
    ``uniform`` spread, the mode of a ``triangular`` one. A ``lognormal`` one goes through both limits, so that its mean
    and its median lie where the limits put them.

    Raises:
        InputError: The limits do not enclose the estimate, are not finite, or do not fit the shape.

    Example:
        >>> round(Spread(0.9, 1.1, "normal").deviation, 5)
        0.05102
    """

    lower: float
    upper: float
    shape: Shape

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise InputError("spread-shape", shape=self.shape, known=near(self.shape, SHAPES) or list(SHAPES))
        limits: dict[str, Any] = {"lower": self.lower, "upper": self.upper}
        if not all(math.isfinite(one) for one in limits.values()) or not self.lower <= 1 <= self.upper:
            raise InputError("spread-limits", **limits)
        if self.shape in {"normal", "uniform"} and not math.isclose(1 - self.lower, self.upper - 1, rel_tol=1e-9):
            raise InputError("spread-not-symmetric", shape=self.shape, **limits)
        if self.shape == "lognormal" and self.lower <= 0:
            raise InputError("spread-not-positive", **limits)

    @property
    def exact(self) -> bool:
        """Whether there is nothing between the limits but the estimate."""
        return self.lower == self.upper

    @property
    def mean(self) -> float:
        """The mean, as a multiple of the estimate."""
        if self.shape == "lognormal" and not self.exact:
            place, width = self._logs
            return math.exp(place + width**2 / 2)
        if self.shape == "triangular":
            low, high = self._ends
            return (low + 1 + high) / 3
        return 1.0

    @property
    def deviation(self) -> float:
        """The standard deviation, as a multiple of the estimate."""
        if self.exact:
            return 0.0
        if self.shape == "normal":
            return (self.upper - self.lower) / (2 * Z)
        if self.shape == "uniform":
            return (self.upper - self.lower) / COVERED / math.sqrt(12)
        if self.shape == "lognormal":
            return self.mean * math.sqrt(math.expm1(self._logs[1] ** 2))
        low, high = self._ends
        return math.sqrt((low**2 + 1 + high**2 - low - high - low * high) / 18)

    def at(self, share: Any) -> Any:
        """Return the multiples below which a ``share`` of all values lies: an array of shares, shape ``(n,)``."""
        if self.exact:
            return np.ones_like(share)
        if self.shape == "uniform":
            return 1 + (share - 0.5) * (self.upper - self.lower) / COVERED
        if self.shape == "triangular":
            return self._triangular(share)
        from scipy.special import ndtri  # noqa: PLC0415  (only who draws needs it)

        standard = ndtri(share)
        if self.shape == "normal":
            return 1 + standard * self.deviation
        place, width = self._logs
        return np.exp(place + standard * width)

    @cached_property
    def _logs(self) -> tuple[float, float]:
        """Place and width of the logarithm of a lognormal spread."""
        low, high = math.log(self.lower), math.log(self.upper)
        return (low + high) / 2, (high - low) / (2 * Z)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """
        The ends of a triangular spread with its mode at 1, such that each limit cuts off 2.5 %.

        With arms a below and b above the mode, (a - d)^2 = 2.5 % a (a + b) on the side where the limit lies d away.
        """
        below, above = 1 - self.lower, self.upper - 1
        first, second = below, above
        for _ in range(_STEPS):  # converges by a factor of about four a step
            whole = first + second
            first, second = (_arm(away, whole - own) for away, own in ((below, first), (above, second)))
        return 1 - first, 1 + second

    def _triangular(self, share: Any) -> Any:
        low, high = self._ends
        whole = high - low
        left = low + np.sqrt(share * whole * (1 - low))
        right = high - np.sqrt((1 - share) * whole * (high - 1))
        return np.where(share * whole < 1 - low, left, right)


def _arm(away: float, other: float) -> float:
    """Return the arm of a triangle of which 2.5 % of the whole lies beyond ``away``; ``other`` is its other arm."""
    if not away:
        return 0.0
    # (a - away)^2 = tail x a x (a + other), the larger root
    square, linear, rest = 1 - TAIL, 2 * away + TAIL * other, away**2
    return (linear + math.sqrt(linear**2 - 4 * square * rest)) / (2 * square)
