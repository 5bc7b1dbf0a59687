"""Common factors of a panel: what many series share each month, robustly, such as weather that nobody wrote down."""

from dataclasses import dataclass
from typing import Any

import numpy as np

_ROUNDS = 14
_CLIP = 1.5
"""Huber's weights begin to fall at this many robust standard deviations: none is ever nothing, see ``_weights``."""

_LEAST = 0.003
_ALIKE = 0.7
"""No series counts as steadier than this share of the middle one: else a factor can settle on one series alone."""

_RIDGE = 1e-3


@dataclass(frozen=True)
class CommonFactors:
    """
    Values of ``(n, t)`` as ``loadings @ scores.T``, with the weight that each value was given; floats.

    Outlying values weigh little (Huber's weights in alternating least squares), so that no fault of one series bends
    what is common to all.
    """

    panel: Any
    loadings: Any
    scores: Any
    weights: Any

    @classmethod
    def of(cls, panel: Any, count: int) -> "CommonFactors":
        """Return ``count`` factors of a panel of positive values about 1, shape ``(n, t)``, NaN where there is none."""
        known = np.isfinite(panel)
        filled = _filled(panel)
        _, _, right = np.linalg.svd(filled, full_matrices=False)
        scores = right[:count].T * np.sqrt(panel.shape[1])
        values = np.where(known, panel, 0.0)
        weights = known / np.maximum(filled, 0.1) ** 2
        loadings = _solved(values, weights, scores)
        for _ in range(_ROUNDS):
            centre = np.maximum(loadings @ scores.T, 0.1)
            weights = known * _weights(np.where(known, values / centre - 1, np.nan)) / centre**2
            loadings = _solved(values, weights, scores)
            scores = _solved(values.T, weights.T, loadings)
        return cls(panel, loadings, scores, weights)

    def without(self, place: int) -> Any:
        """Return the factors as all series but one know them, shape ``(t, count)``: no series foretells itself."""
        weights = self.weights.copy()
        weights[place] = 0.0
        values = np.where(np.isfinite(self.panel), self.panel, 0.0)
        return _solved(values.T, weights.T, self.loadings, self.scores)


def _weights(error: Any) -> Any:
    """
    Return the weights of relative errors, by Huber, over each series' squared scale.

    A weight of nothing (Tukey's) would leave out the few months of odd weather, which are what the factors are for.
    A month in which many series err together is no fault of theirs: it widens the scale of all in that month.
    """
    scale = np.maximum(1.4826 * _middle(np.abs(error), 1)[:, None], _LEAST)
    scale = np.maximum(scale, _ALIKE * np.median(scale))
    ratio = np.abs(error) / scale
    ratio = np.where(np.isfinite(error), ratio / np.maximum(1.4826 * _middle(ratio, 0), 1.0), 0.0)
    return 1 / np.maximum(ratio / _CLIP, 1.0) / scale**2


def _middle(values: Any, axis: int) -> Any:
    """Return the medians along an axis of what is known; 0 where nothing is."""
    known = np.isfinite(values)
    if known.all():
        return np.median(values, axis=axis)
    ordered = np.sort(np.where(known, values, np.inf), axis=axis)
    count = np.expand_dims(known.sum(axis=axis), axis)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis)
    return np.where(count > 0, (low + high) / 2, 0.0).squeeze(axis)


def _filled(panel: Any) -> Any:
    """Return a panel with the gaps filled by the middle of the month and the series, and no value far from both."""
    whole = float(np.nanmedian(panel))
    columns = _middle(panel, 0)
    guess = np.where(columns > 0, columns, whole) * _middle(panel, 1)[:, None] / whole
    return np.where(np.isfinite(panel), np.clip(panel, guess / 5, guess * 5), guess)


def _solved(values: Any, weights: Any, columns: Any, prior: Any = None) -> Any:
    """Return the weighted regression of the rows of ``values``, shape ``(n, t)``, on ``columns``, shape ``(t, k)``."""
    normal = np.einsum("nt,ti,tj->nij", weights, columns, columns, optimize=True)
    right = np.einsum("nt,ti->ni", weights * values, columns, optimize=True)
    ridge = _RIDGE * np.maximum(np.trace(normal, axis1=1, axis2=2), 1e-9)[:, None, None] * np.eye(columns.shape[1])
    if prior is not None:
        right = right + np.einsum("nij,nj->ni", ridge, prior)
    out: Any = np.linalg.solve(normal + ridge, right[:, :, None])[:, :, 0]
    return out
