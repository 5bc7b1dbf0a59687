"""A sampling plan (抽样方案): which rows of activity data to trace to their evidence, drawn by what they emit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from hashlib import sha256
from math import lcm
from typing import Any, get_args

from hsesg_carbon import units
from hsesg_carbon.activities import QUALITIES
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Where
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.percentages import share_text
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import plan_keys
from hsesg_carbon.records import Checked
from hsesg_carbon.units import CO2E

CHECKED: tuple[str, ...] = get_args(Checked)
"""How numbers are checked, best first."""

ItemKey = tuple[str, int]
"""A row as a sample knows it: its id, and the year that this part of it falls into."""

_FACTOR_STEPS = 10**6
_PRECISION = 60
_MOST = 100_000
"""The largest sample that is still one; where more is needed, examine everything or expect less error."""
_STARTS = 2**64
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Item:
    """
    A row of activity data within a year, as the inventory counts it: ``t_co2e`` may be below 0 (a credit note).

    ``checked`` is the weakest check among the published numbers that the row is multiplied by.
    """

    activity_id: str
    year: int
    scope: str
    t_co2e: Fraction
    quality: str
    checked: str
    where: Where

    @property
    def key(self) -> ItemKey:
        """Id and year."""
        return self.activity_id, self.year


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item of the sample and the chance that it had to be drawn: 1 where it was taken with certainty."""

    item: Item
    chance: Fraction

    @property
    def certain(self) -> bool:
        """Whether the item was taken for its size, not by chance."""
        return self.chance == 1


@dataclass(frozen=True, slots=True)
class Projection:
    """
    What the errors of a sample come to in one scope and year, booked less audited, in tCO2e.

    ``known`` are the errors found; ``further`` is what they stand for in the rows that were not drawn.
    """

    scope: str
    year: int
    known: Fraction
    further: Fraction


@dataclass(frozen=True)
class Population:
    """
    The rows that a sample is drawn from: those of an inventory that emit something.

    ``silent`` names rows of the same years that emit nothing in this view: no sample by emissions can reach them.
    """

    items: tuple[Item, ...]
    silent: tuple[ItemKey, ...] = ()

    @classmethod
    def of(cls, inventory: Inventory, years: Iterable[int] | None = None) -> "Population":
        """
        Return the rows of an inventory, in all years or some.

        Raises:
            InputError: No row of these years emits anything, or an id stands there twice.
        """
        wanted = None if years is None else frozenset(years)
        rates, weakest = _rates(inventory)
        catalogue = inventory.ledger.plan.library.catalogue
        items: dict[ItemKey, Item] = {}
        silent: dict[ItemKey, None] = {}
        seen: set[ItemKey] = set()
        for activities in inventory.ledger.activities:
            for row in activities.rows():
                parts: dict[int, tuple[Fraction, str]] = {}
                for key, share in plan_keys(row.key):
                    held, checked = parts.get(key.period.start.year, (_ZERO, ""))
                    place = (row.key, key.period)
                    held += row.quantity * share * rates.get(place, _ZERO)
                    parts[key.period.start.year] = held, max(checked, weakest.get(place, ""), key=_laxity)
                for year, (amount, checked) in parts.items():
                    name = (row.activity_id, year)
                    if name in seen:
                        raise InputError("activity-id-repeated", activity_id=row.activity_id)
                    seen.add(name)
                    if wanted is not None and year not in wanted:
                        continue
                    if amount:
                        scope = catalogue[row.key.activity].scope
                        items[name] = Item(row.activity_id, year, scope, amount, row.quality or "", checked, row.where)
                    else:
                        silent[name] = None
        if not items:
            raise InputError("sample-nothing", years=sorted(wanted) if wanted else ["–"])
        return cls(tuple(items.values()), tuple(silent))

    @property
    def net(self) -> Fraction:
        """What the items emit together, in tCO2e."""
        return sum((one.t_co2e for one in self.items), _ZERO)

    @property
    def gross(self) -> Fraction:
        """What they emit, credits counted as if they were emissions: an error can hide in either."""
        return sum((abs(one.t_co2e) for one in self.items), _ZERO)

    def size_for(self, threshold: Fraction, confidence: Fraction, expected: Fraction = _ZERO) -> int:
        """
        Return the sample size by which errors above a threshold show, with some confidence.

        Monetary-unit sampling: the smallest number of draws n for which ``poisson_factor(k, confidence)`` is at most
        n times the threshold, where k is the number of wholly wrong draws that the expected error comes to, rounded up.

        Args:
            threshold: Share of the net emissions that errors must not exceed, e.g. 1/20.
            confidence: Between 0 and 1, e.g. 19/20.
            expected: Share of the net emissions that is expected to be wrong; below the threshold.

        Raises:
            InputError: A share is out of range, or the expected error is so near the threshold that no sample tells.

        Source:
            Sample size = book value x reliability factor / tolerable misstatement, as the AICPA Audit Guide "Audit
            Sampling" has it for monetary-unit sampling. Its expansion factors for expected error are approximations;
            here the factor of the expected number of errors stands in their place. The factors themselves are
            computed, see ``poisson_factor``.
        """
        _within("threshold", threshold)
        _within("confidence", confidence)
        if not 0 <= expected < threshold:
            raise InputError("sample-expected", expected=share_text(expected), threshold=share_text(threshold))
        tolerable, wrong = (one * abs(self.net) / self.gross for one in (threshold, expected))
        errors, size = 0, 0
        while tolerable and size <= _MOST:
            size = _up(poisson_factor(errors, confidence) / tolerable)
            if size * wrong <= errors:
                return size
            errors = _up(size * wrong)
        raise InputError("sample-too-large", most=_MOST)

    def draw(self, size: int, seed: int, weights: Mapping[str, Fraction] | None = None) -> "Sample":
        """
        Draw a sample by emissions: a row with twice the emissions has twice the chance.

        Rows at or above the sampling interval are taken with certainty; of the others every interval of the
        cumulated emissions gives one. The list is ordered by quality (``estimated`` first), by how the numbers behind
        the row were checked (weakest first), by year, and by chance within: each of these strata is drawn from in
        proportion to its emissions. The order and the start come from SHA-256 of the seed: the same on any machine.

        Args:
            size: How many rows to draw; of fewer rows all are taken.
            seed: Any whole number; the plan states it.
            weights: How many times denser rows are drawn, by word of ``quality`` or ``checked``
                (``{"estimated": Fraction(2)}``); where both have a weight they multiply. Nothing is denser by default.

        Raises:
            InputError: The size is not positive, or a word or weight cannot be.
        """
        if size < 1:
            raise InputError("sample-size", size=size)
        dense = _dense(weights or {})
        sized = [(one, abs(one.t_co2e) * dense(one)) for one in self.items]
        scale = lcm(*(part.denominator for _, part in sized))  # whole numbers from here on: exact, and fast
        certain, rest = _parted([(one, int(part * scale)) for one, part in sized], size)
        drawn = [Drawn(one, Fraction(1)) for one in certain]
        draws, whole = size - len(certain), sum(part for _, part in rest)
        if rest:
            ordered = sorted(rest, key=lambda pair: _order(pair[0], seed))
            chosen = _systematic(ordered, _hashed(seed, "start"), draws)
            drawn += [Drawn(one, Fraction(part * draws, whole)) for one, part in chosen]
        drawn.sort(key=lambda one: (one.item.year, -abs(one.item.t_co2e), one.item.activity_id))
        return Sample(
            self, size, seed, dict(weights or {}), Fraction(whole, scale * draws) if rest else None, tuple(drawn)
        )


@dataclass(frozen=True)
class Sample:
    """
    The rows to examine. ``interval`` is in tCO2e, times the weight where rows are weighted; none where all is taken.

    Example:
        >>> rows = [Item(f"r{n}", 2024, "1", Fraction(n), "", "primary", Where()) for n in range(1, 11)]
        >>> sample = Population(tuple(rows)).draw(size=3, seed=1)
        >>> len(sample.drawn), sample.interval
        (3, Fraction(55, 3))
    """

    population: Population = field(repr=False)
    size: int
    seed: int
    weights: Mapping[str, Fraction]
    interval: Fraction | None
    drawn: tuple[Drawn, ...]

    def strata(self) -> list[tuple[str, str, int, Fraction, int]]:
        """Return ``(quality, checked, items, gross emissions, drawn)`` for each stratum, in the order of drawing."""
        found: dict[tuple[str, str], list[Any]] = {}
        for one in sorted(self.population.items, key=_stratum):
            held = found.setdefault((one.quality, one.checked), [0, _ZERO, 0])
            held[0] += 1
            held[1] += abs(one.t_co2e)
        for other in self.drawn:
            found[other.item.quality, other.item.checked][2] += 1
        return [(*key, *held) for key, held in found.items()]

    def projected(self, audited: Mapping[ItemKey, Fraction]) -> tuple[Projection, ...]:
        """
        Return what the errors of the sample come to in the population, by scope and year.

        Args:
            audited: What each drawn row emits by its evidence, in tCO2e, by id and year. An error counts as often as
                the chance of its row says: once where it was certain, four times where the chance was a quarter.

        Raises:
            InputError: A drawn row has no result, or a result belongs to no drawn row; all in one error.
        """
        wanted = {one.item.key: one for one in self.drawn}
        lists = (_less(wanted, audited), _less(audited, wanted))
        spoken = [", ".join(f"{one} ({year})" for one, year in keys) for keys in lists]
        if any(spoken):
            raise InputError("sample-results", missing=spoken[0] or "–", surplus=spoken[1] or "–")
        found: dict[tuple[str, int], tuple[Fraction, Fraction]] = {}
        for key, one in wanted.items():
            error = one.item.t_co2e - audited[key]
            known, further = found.get((one.item.scope, one.item.year), (_ZERO, _ZERO))
            found[one.item.scope, one.item.year] = known + error, further + error / one.chance - error
        return tuple(Projection(*key, *sums) for key, sums in sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """Return plain data; exact numbers as text."""
        population = self.population
        return {
            "size": self.size,
            "seed": self.seed,
            "weights": {word: units.exact_text(one) for word, one in self.weights.items()},
            "unit": CO2E,
            "interval": units.known_text(self.interval),
            "population": {
                "items": len(population.items),
                "net": units.exact_text(population.net),
                "gross": units.exact_text(population.gross),
                "silent": [{"activity_id": one, "year": year} for one, year in population.silent],
            },
            "strata": [
                {"quality": quality, "checked": checked, "items": items, "gross": units.exact_text(t), "drawn": drawn}
                for quality, checked, items, t, drawn in self.strata()
            ],
            "items": [
                {
                    "activity_id": one.item.activity_id,
                    "year": one.item.year,
                    "scope": one.item.scope,
                    "value": units.exact_text(one.item.t_co2e),
                    "quality": one.item.quality,
                    "checked": one.item.checked,
                    "certain": one.certain,
                    "chance": units.exact_text(one.chance),
                    "where": one.item.where.model_dump(exclude_none=True, exclude={"activity_id"}),
                }
                for one in self.drawn
            ],
        }


def poisson_factor(errors: int, confidence: Fraction) -> Fraction:
    """
    Return the confidence factor of monetary-unit sampling: how many errors there may be where so many were found.

    It is the least number, in steps of a millionth, of which a Poisson count is at most ``errors`` with a probability
    of no more than ``1 - confidence``. Computed with 60 digits, not copied: no published table is needed, and those
    that there are (3.00, 4.75, 6.30 ... at 95 %) round it up.

    Example:
        >>> float(poisson_factor(0, Fraction(95, 100))), float(poisson_factor(1, Fraction(95, 100)))
        (2.995733, 4.743865)
    """
    _within("confidence", confidence)
    low, high = 0, _FACTOR_STEPS
    while not _covers(Fraction(high, _FACTOR_STEPS), errors, confidence):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _covers(Fraction(middle, _FACTOR_STEPS), errors, confidence):
            high = middle
        else:
            low = middle
    return Fraction(high, _FACTOR_STEPS)


# -------------------------------------------------------------------------------------------------- inside


def _covers(mean: Fraction, errors: int, confidence: Fraction) -> bool:
    """Say whether a Poisson count of this mean is at most ``errors`` with a probability within the risk."""
    with localcontext(prec=_PRECISION):
        at = Decimal(mean.numerator) / Decimal(mean.denominator)
        term = total = Decimal(1)
        for count in range(1, errors + 1):
            term = term * at / count
            total += term
        risk = 1 - confidence
        return total * (-at).exp() <= Decimal(risk.numerator) / Decimal(risk.denominator)


def _rates(inventory: Inventory) -> tuple[dict[tuple[CellKey, Period], Fraction], dict[tuple[CellKey, Period], str]]:
    """
    Return tCO2e per unit of quantity for every cell and period, and the weakest check of the numbers behind it.

    Instruments cover a cell in proportion, so all rows of it share one rate. Where bills and credits cancel there is
    nothing to cover, and the rate is that of the plan.
    """
    quantities: dict[tuple[CellKey, Period], Fraction] = {}
    for cell, key, quantity in inventory.ledger.quantities():
        place = (replace(cell, extra=()), key.period)
        quantities[place] = quantities.get(place, _ZERO) + quantity
    rates: dict[tuple[CellKey, Period], Fraction] = {}
    weakest: dict[tuple[CellKey, Period], str] = {}
    lines = set()
    for entry, weight in inventory.counted():
        place = (replace(entry.cell, extra=()), entry.period)
        if quantities[place]:
            rates[place] = rates.get(place, _ZERO) + entry.amount * weight / quantities[place]
        elif (name := (place, entry.line.flow.flow, entry.line.rule)) not in lines:
            lines.add(name)
            rates[place] = rates.get(place, _ZERO) + entry.line.multiplier * weight
        told = (weakest.get(place, ""), *(one.checked for one in entry.line.records))
        weakest[place] = max(told, key=_laxity)
    return rates, weakest


def _laxity(checked: str) -> int:
    """Return how weakly a number is checked; one that rests on no published number is the least of worries."""
    return CHECKED.index(checked) if checked in CHECKED else -1


def _stratum(one: Item) -> tuple[int, int]:
    """Return where an item stands in the list: rows that say nothing of their quality before measured ones."""
    quality = (*reversed(QUALITIES[1:]), "", QUALITIES[0]).index(one.quality)
    return quality, -_laxity(one.checked)


def _order(one: Item, seed: int) -> tuple[tuple[int, int], int, int]:
    return _stratum(one), one.year, _hashed(seed, f"{one.year} {one.activity_id}")


def _hashed(seed: int, text: str) -> int:
    """Return a whole number from 0 to ``_STARTS`` that looks like chance and is the same everywhere."""
    return int.from_bytes(sha256(f"{seed} {text}".encode()).digest()[:8], "big")


def _dense(weights: Mapping[str, Fraction]) -> Callable[[Item], Fraction]:
    """Return how many times denser an item is to be drawn."""
    for word, weight in weights.items():
        if word not in {*QUALITIES, *CHECKED}:
            raise InputError("sample-weight-word", word=word, known=[*QUALITIES, *CHECKED])
        if weight <= 0:
            raise InputError("sample-weight", word=word, weight=units.exact_text(weight))
    one = Fraction(1)
    return lambda item: weights.get(item.quality, one) * weights.get(item.checked, one)


def _parted(sized: Sequence[tuple[Item, int]], size: int) -> tuple[list[Item], list[tuple[Item, int]]]:
    """Return what is taken with certainty, and the rest: as items leave, the interval shrinks."""
    certain: list[Item] = []
    rest = list(sized)
    while rest:
        whole, draws = sum(part for _, part in rest), size - len(certain)
        top = [one for one, part in rest if part * draws >= whole]
        if not top:
            break
        certain += top
        rest = [(one, part) for one, part in rest if part * draws < whole]
    return certain, rest


def _systematic(ordered: Sequence[tuple[Item, int]], start: int, draws: int) -> Iterator[tuple[Item, int]]:
    """
    Yield the items in which the points of a systematic sample lie, each with its size: no item holds two.

    The line of cumulated sizes has one point in each of so many equal intervals, all as far from its beginning as
    ``start`` is from 0 on the way to ``_STARTS``.
    """
    whole = sum(part for _, part in ordered)
    passed, point = 0, start
    for one, part in ordered:
        passed += part
        if point * whole < passed * draws * _STARTS:
            yield one, part
            point += _STARTS


def _less(one: Mapping[ItemKey, Any], other: Mapping[ItemKey, Any]) -> list[ItemKey]:
    return [key for key in one if key not in other]


def _within(name: str, share: Fraction) -> None:
    if not 0 < share < 1:
        raise InputError("share-out-of-range", name=name, share=share_text(share))


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
