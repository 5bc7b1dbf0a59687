"""
What can be had at all on the made-up sites, at as many false alarms as are allowed: by whom the truth is known in part.

``best`` knows each site's expected use and noise. ``fitted`` knows only which months are sound and what use follows;
it has to fit that to the sound months, as any finder has to, and loses a little by it. A finder that is to find the
faults as well cannot be expected to reach either.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tests.benchmarks.anomalies.generator import Floats, MadeUp, away_days, days_of, working_days

Distances = Callable[[MadeUp], Floats]
"""How far each month of a site lies off what was to be expected, in standard deviations."""


def flagged(made_up: Sequence[MadeUp], distances: Distances, allowed: float) -> list[tuple[str, int]]:
    """Return site and month of all that lies farther off than the allowed number of sound months per site."""
    far = [distances(site) for site in made_up]
    sound = np.concatenate([own[_sound(site)] for site, own in zip(made_up, far, strict=True)])
    beyond = np.sort(sound)[::-1][int(allowed * len(made_up))]
    return [
        (site.site, int(place))
        for site, own in zip(made_up, far, strict=True)
        for place in np.flatnonzero(own > beyond)
    ]


def best(site: MadeUp) -> Floats:
    """Return the distances from the true expected use."""
    return _off(site, site.expected, np.asarray(site.noise))


def unweathered(site: MadeUp) -> Floats:
    """Return the distances from what is usual in the month, for one who does not know the weather of the year."""
    usual, spread = site.usual
    return _off(site, usual, np.hypot(site.noise, spread))


def fitted(site: MadeUp) -> Floats:
    """Return the distances from a regression on the sound months, each as of a month that is not among them."""
    sound, known = _sound(site), _followed(site)
    use = site.quantities / np.median(site.quantities[sound])
    level = np.ones(len(use))
    for _ in range(4):  # errors are in proportion to the use: weighted by what was fitted before
        weights, *_ = np.linalg.lstsq((known / level[:, None])[sound], (use / level)[sound], rcond=None)
        level = np.maximum(known @ weights, 0.1)
    shape = known / level[:, None]
    own = np.einsum("ij,jk,ik->i", shape, np.linalg.pinv(shape[sound].T @ shape[sound]), shape)
    rest = use / level - 1
    spread = np.sqrt(rest[sound] @ rest[sound] / (sound.sum() - known.shape[1]))
    return np.asarray(np.abs(rest) / spread / np.sqrt(np.where(sound, np.maximum(1 - own, 0.05), 1 + own)))


def _off(site: MadeUp, expected: Floats, deviation: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.abs(np.log(site.quantities / expected)) / deviation, nan=np.inf, posinf=np.inf)


def _sound(site: MadeUp) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    sound = np.ones(len(site.quantities), bool)
    for fault in site.faults:
        sound[list(fault.months)] = False
    return sound


def _followed(site: MadeUp) -> Floats:
    """Return what use follows: days, working days, days away, the trend, degree days; shape (months, 6)."""
    every = [len(days_of(*month)) / 30 for month in site.months]
    worked = [working_days(*month) / 20 for month in site.months]
    away = [away_days(*month) / 12 for month in site.months]
    trend = np.arange(len(site.months)) / 12
    return np.column_stack([every, worked, away, trend - trend.mean(), site.weather / 100])
