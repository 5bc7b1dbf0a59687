"""Key categories: those few that a total, or its change, mostly consists of (IPCC 2006 Guidelines vol. 1, ch. 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

BY_SIZE = 0.95
"""What key categories make up together where their uncertainty is not looked at (Approach 1)."""

BY_UNCERTAINTY = 0.90
"""What they make up together where sizes are weighed by their uncertainty (Approach 2)."""

_DUST = 1e-12
"""What floats leave of a difference that is none, as a share of what was subtracted."""


@dataclass(frozen=True, slots=True)
class Assessed(Generic[K]):
    """A category, its share of what all categories have, the shares down to it added up, and whether it is key."""

    category: K
    share: float
    cumulated: float
    key: bool


def key_categories(sizes: Mapping[K, float], covered: float = BY_SIZE) -> list[Assessed[K]]:
    """
    Return all categories by size, the largest first; those that make up ``covered`` of the whole together are key.

    Example:
        >>> [one.category for one in key_categories({"electricity": 90.0, "gas": 8.0, "petrol": 2.0}) if one.key]
        ['electricity', 'gas']
    """
    whole, reached, found = sum(map(abs, sizes.values())), 0.0, list[Assessed[K]]()
    for name, size in sorted(sizes.items(), key=lambda item: (-abs(item[1]), str(item[0]))):
        if not size:
            continue
        share = abs(size) / whole
        found.append(Assessed(name, share, min(reached + share, 1.0), reached < covered - _DUST))
        reached += share
    return found


def trend_sizes(first: Mapping[K, float], last: Mapping[K, float]) -> dict[K, float]:
    """
    Return how much each category moved the trend: how far it went another way than the whole did.

    |(Et - E0) - |E0| x G| / sum of all |E0|, where G is by what share of itself the whole changed. That is
    |E0| / sum |E0| x |(Et - E0) / |E0| - G|, and |Et| / sum |E0| of what was not there at first. Nothing where the
    first year has no emissions, or adds up to 0.

    Source:
        IPCC 2006 Guidelines, vol. 1, ch. 4, eq. 4.2 and 4.3, as recalled: the text was not at hand.

    Example:
        >>> trend_sizes({"coal": 60.0, "gas": 40.0}, {"coal": 30.0, "gas": 40.0})  # all: -30 %; coal -50 %, gas 0 %
        {'coal': 0.12, 'gas': 0.12}
    """
    size, whole = sum(map(abs, first.values())), sum(first.values())
    if not size or not whole:
        return {}
    grown = (sum(last.values()) - whole) / abs(whole)
    names = dict.fromkeys([*first, *last])
    found = {}
    for name in names:
        start, end = first.get(name, 0.0), last.get(name, 0.0)
        apart = abs(end - start - abs(start) * grown)
        found[name] = apart / size if apart > _DUST * (abs(start) + abs(end)) else 0.0
    return found
