"""Propagation: how inputs that many lines share make sums uncertain: by formula (Approach 1), by draws (2)."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from hsesg_carbon.errors import InputError
from hsesg_carbon.spreads import TAIL, Spread, Z

DRAWS = 2**16
"""Draws of Approach 2 where nothing else is asked for."""

Sampling = Literal["sobol", "plain"]
_SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)
_CHUNK = 2**14
"""Draws that are computed at once, at most."""

_CELLS = 2**23
"""Numbers that they may take up at once: with thousands of inputs fewer draws are computed at once."""

_MOST = 2**29
"""Numbers that all draws of all outputs may be: 4 GiB."""

_NEXT_TO_0 = 2.0**-40
"""Points closer to 0 or 1 are moved there: no distribution has a value at 0."""

_MANY = 30
"""Errors of a group are summed as one normal one (central limit) where each has at most 1 / this of their variance."""

_MOST_TOGETHER = 32
"""Outputs whose covariances are cheaper to factor in every draw than more points are to draw."""

_BLOCKS = 16
"""Draws are made in so many independent blocks or more: how far these differ tells how far the result may be off."""

_LEAST = 64
"""Draws that a block needs for its own limits of 95 % to mean anything; with fewer in all there is but one block."""

FIRST_ORDER = 0.3
"""Relative standard deviation up to which IPCC's Approach 1 is held to be good (2006 Guidelines vol. 1, 3.2.3.1)."""

SMALL = 0.1
"""Relative standard deviation up to which a product of four is within 1 % by formula: 0.2 for sqrt(1.01^4 - 1)."""


@dataclass(frozen=True, slots=True)
class Line:
    """
    An amount for each output, e.g. each year, and the ids of the inputs that it is a product of.

    ``divisors`` are those that it was divided by: a density that turned litres into tonnes in one line and tonnes into
    litres in another moves the two against each other. An id that is there twice counts twice.
    """

    amounts: tuple[float, ...]
    inputs: tuple[str, ...]
    divisors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardErrors:
    """How far the numbers of an interval may be off because draws are finite: one standard error each, in its unit."""

    mean: float
    deviation: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Interval:
    """
    What an output may be: its estimate, mean and standard deviation, and the limits of 95 %, all in its unit.

    ``errors`` are those of drawing, where there were enough draws to tell; formulas have none.
    """

    estimate: float
    mean: float
    deviation: float
    lower: float
    upper: float
    errors: StandardErrors | None = None

    @property
    def relative(self) -> float:
        """The standard deviation as a multiple of the estimate; not a number where that is 0."""
        return self.deviation / (abs(self.estimate) or math.nan)

    @property
    def percent(self) -> tuple[float, float]:
        """The limits as percent of the estimate, below and above it; not a number where that is 0."""
        size = abs(self.estimate) or math.nan
        return 100 * (self.lower - self.estimate) / size, 100 * (self.upper - self.estimate) / size


@dataclass(frozen=True)
class Propagation:
    """
    Outputs that are sums of products of uncertain inputs.

    Inputs are independent of each other; all correlation comes from lines that share one: a hundred sites under one
    factor of +-10 % are as uncertain as the factor. Lines with the same shared inputs are one group, so that nothing
    below depends on how many lines there are. What only one line has (its own meter) is drawn with its group.

    Args:
        lines: The amounts, all with the same number of outputs.
        spreads: The spread of every input by its id; one that is not here is taken as exact.

    Example:
        >>> sites = [Line((1.0,), ("factor", f"meter-{place}")) for place in range(100)]
        >>> shared = Propagation(sites, {"factor": Spread(0.9, 1.1, "normal")})
        >>> [round(one) for one in shared.approach1()[0].percent]
        [-10, 10]
    """

    lines: Sequence[Line]
    spreads: Mapping[str, Spread]
    _groups: tuple["_Group", ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_groups", tuple(_grouped(self.lines, self.spreads)))

    @cached_property
    def estimates(self) -> Any:
        """The outputs without any error; shape ``(outputs,)``."""
        return np.sum([group.amounts for group in self._groups], axis=0)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The ids of the uncertain inputs that more than one group or line moves with."""
        return tuple(dict.fromkeys(name for group in self._groups for name, _ in group.shared))

    def contributions(self) -> dict[str, Any]:
        """
        Return the first-order variance that each input gives to each output, shape ``(outputs,)``; they add up.

        Lines that share an input are added before they are squared: they move together.
        """
        return {name: moved**2 for name, moved in self._moved.items()}

    def deviation(self, weights: Sequence[float]) -> float:
        """Return the first-order standard deviation of the outputs times ``weights``, added up."""
        return math.sqrt(sum(float(moved @ np.asarray(weights)) ** 2 for moved in self._moved.values()))

    @cached_property
    def _moved(self) -> dict[str, Any]:
        """What one standard deviation of each input does to the outputs."""
        moved: dict[str, Any] = {}
        for group in self._groups:
            for name, power in group.shared:
                moved[name] = moved.get(name, 0) + power * group.amounts
            moved |= {name: power * amounts for (name, power), amounts in group.own}
        return {name: amounts * self.spreads[name].deviation for name, amounts in moved.items()}

    def approach1(self) -> list[Interval]:
        """
        Return the interval of every output by the rules for products and sums (IPCC 2006 Guidelines vol. 1, 3.2.3.1).

        First order and normal: estimate -+ 1.96 standard deviations.
        """
        variances = sum(self.contributions().values(), np.zeros_like(self.estimates))
        pairs = zip(self.estimates.tolist(), np.asarray(variances).tolist(), strict=True)
        return [normal_interval(estimate, math.sqrt(variance)) for estimate, variance in pairs]

    def approach2(self, draws: int = DRAWS, seed: int = 0, sampling: Sampling = "sobol") -> "Drawn":
        """
        Draw the inputs and return what the outputs are (Monte Carlo, IPCC 2006 Guidelines vol. 1, 3.2.3.2).

        Args:
            draws: At least so many: they come in whole blocks, each with a power of two, without which Sobol points
                are not even.
            seed: Any whole number from 0; the same gives the same draws.
            sampling: ``sobol`` (each block scrambled anew) or ``plain`` (independent pseudo-random numbers).

        Raises:
            InputError: There are no draws or more than memory should hold, the seed is negative, the sampling unknown,
                or there are more inputs than Sobol points have dimensions.
        """
        blocks, size = self._checked(draws, seed, sampling)
        outputs = np.empty((blocks * size, len(self.estimates)))
        done = 0
        width = self._dimensions + len(self._groups) + len(self.estimates)
        for points in _points(self._dimensions, (blocks, size, _at_once(width)), seed, sampling):
            outputs[done : done + len(points)] = self._outputs(points)
            done += len(points)
        return Drawn(self.estimates, outputs, blocks)

    def _checked(self, draws: int, seed: int, sampling: Sampling) -> tuple[int, int]:
        """Return how many blocks of how many draws there will be, if they can be drawn at all."""
        if draws < 1:
            raise InputError("draws-none", draws=draws)
        if seed < 0:
            raise InputError("draws-seed", seed=seed)
        if sampling not in _SAMPLINGS:
            raise InputError("draws-sampling", sampling=sampling, known=list(_SAMPLINGS))
        blocks, size = _blocks(draws)
        if blocks * size * len(self.estimates) > _MOST:
            raise InputError("draws-many", draws=draws, totals=len(self.estimates), most=_MOST // len(self.estimates))
        return blocks, size

    @property
    def _dimensions(self) -> int:
        own = [len(group.drawn) + (0 if self._together else len(group.normal)) for group in self._groups]
        return len(self.shared) + sum(own) + (len(self.estimates) if self._together else 0)

    @cached_property
    def _together(self) -> bool:
        """
        Whether the normal errors that groups have of their own are drawn as one for each output.

        Given the shared inputs their sum is normal, with a covariance that follows from these: the same distribution,
        for which a few points do instead of some for each group. With many outputs the covariances would cost more.
        """
        return _MOST_TOGETHER >= len(self.estimates) < sum(len(group.normal) for group in self._groups)

    @cached_property
    def _amounts(self) -> tuple[Any, Any]:
        """The groups' amounts on average, shape ``(groups, outputs)``, and covariances of their own normal errors."""
        covariances = [(group.normal.T @ group.normal).ravel() for group in self._groups]
        return np.array([group.amounts + group.shift for group in self._groups]), np.array(covariances)

    def _outputs(self, points: Any) -> Any:
        """Return the outputs for points of the unit cube, shape ``(draws, outputs)``."""
        from scipy.special import ndtri  # noqa: PLC0415

        columns = np.ascontiguousarray(points.T)
        values = {name: self.spreads[name].at(columns[place]) for place, name in enumerate(self.shared)}
        moved = np.ones((len(self._groups), len(points)))
        for own, group in zip(moved, self._groups, strict=True):
            for name, power in group.shared:
                np.multiply(own, _raised(values[name], power), out=own)
        amounts, covariances = self._amounts
        found = moved.T @ amounts
        place = len(self.shared)
        for own, group in zip(moved, self._groups, strict=True):
            if group.drawn:
                errors = np.empty((len(group.drawn), len(points)))
                for each, ((name, power), _) in zip(errors, group.drawn, strict=True):
                    np.multiply(_raised(self.spreads[name].at(columns[place]), power) - 1, own, out=each)
                    place += 1
                found += errors.T @ np.array([single for _, single in group.drawn])
            if not self._together and (rank := len(group.normal)):
                found += (ndtri(columns[place : place + rank]) * own).T @ group.normal
                place += rank
        if self._together:
            found += _errors(covariances.T @ moved**2, ndtri(columns[place:])).T
        return found


@dataclass(frozen=True)
class Drawn:
    """Outputs as they were drawn, shape ``(draws, outputs)``: so many independent ``blocks``, one after another."""

    estimates: Any
    outputs: Any = field(repr=False)
    blocks: int = 1

    @property
    def count(self) -> int:
        """How many draws there are."""
        return len(self.outputs)

    def intervals(self) -> list[Interval]:
        """Return mean, standard deviation and the limits of 95 % of every output."""
        return [self.interval(float(one), own) for one, own in zip(self.estimates, self.outputs.T, strict=True)]

    def interval(self, estimate: float, values: Any) -> Interval:
        """Return the interval of what was computed from the outputs of each draw, shape ``(draws,)``."""
        mean, deviation, lower, upper = (float(one) for one in _described(values))
        errors = None
        if self.blocks > 1:
            own = np.stack(_described(values.reshape(self.blocks, -1)))
            errors = StandardErrors(*(own.std(axis=1, ddof=1) / math.sqrt(self.blocks)).tolist())
        return Interval(estimate, mean, deviation, lower, upper, errors)


def normal_interval(estimate: float, deviation: float) -> Interval:
    """Return the interval of a normal distribution: the estimate -+ 1.96 standard deviations."""
    reach = deviation * Z
    return Interval(estimate, estimate, deviation, estimate - reach, estimate + reach)


# -------------------------------------------------------------------------------------------------- private


_Term = tuple[str, int]
"""An input and its power: 2 where it is there twice, -1 where it divides."""


@dataclass(frozen=True, slots=True)
class _Group:
    """
    Lines with the same shared inputs, added up.

    ``own`` are the inputs that one line alone has, with its amounts; ``drawn`` those of them that are drawn one by one,
    ``normal`` what the others give together: so many independent normal errors, and what each does to every output.
    ``shift`` is how far the means of these others lie from their estimates.
    """

    shared: tuple[_Term, ...]
    amounts: Any
    own: tuple[tuple[_Term, Any], ...]
    drawn: tuple[tuple[_Term, Any], ...]
    normal: Any
    shift: Any


def _described(values: Any) -> tuple[Any, ...]:
    """Return mean, standard deviation and the limits of 95 % along the last axis."""
    lower, upper = np.quantile(values, [TAIL, 1 - TAIL], axis=-1)
    spread = values.shape[-1] > 1
    return values.mean(axis=-1), values.std(axis=-1, ddof=1) if spread else np.zeros_like(lower), lower, upper


def _grouped(lines: Iterable[Line], spreads: Mapping[str, Spread]) -> Iterator[_Group]:
    uncertain = {name for name, spread in spreads.items() if not spread.exact}
    told = [(np.asarray(one.amounts, dtype=float), _terms(one, uncertain)) for one in lines]
    counts = Counter(name for _, terms in told for name, _ in terms)
    held: dict[tuple[_Term, ...], list[tuple[Any, _Term | None]]] = {}
    for amounts, terms in told:
        # of several inputs that only this line has, one is drawn with the group; the others make a group of their own
        own = next((term for term in terms if counts[term[0]] == 1), None)
        held.setdefault(tuple(sorted(term for term in terms if term != own)), []).append((amounts, own))
    for shared, members in held.items():
        total = np.sum([amounts for amounts, _ in members], axis=0)
        private = tuple((own, amounts) for amounts, own in members if own)
        yield _Group(shared, total, private, *_drawn(private, spreads, len(total)))


def _terms(line: Line, uncertain: Container[str]) -> list[_Term]:
    """Return the uncertain inputs of a line with their powers, without those that it both has and is divided by."""
    powers = Counter(line.inputs)
    powers.subtract(line.divisors)
    return [(name, power) for name, power in powers.items() if power and name in uncertain]


def _raised(values: Any, power: int) -> Any:
    return values if power == 1 else values**power


def _drawn(
    private: Sequence[tuple[_Term, Any]], spreads: Mapping[str, Spread], width: int
) -> tuple[tuple[tuple[_Term, Any], ...], Any, Any]:
    """Return which inputs are drawn one by one, the few normal errors that stand for the others, and their shift."""
    if not private:
        return (), np.zeros((0, width)), np.zeros(width)
    errors = np.array([amounts * spreads[name].deviation for (name, _), amounts in private])
    large = (errors**2 * _MANY > (errors**2).sum(axis=0)).any(axis=1)
    uneven = np.array([spreads[name].shape != "normal" for (name, _), _ in private])
    apart = uneven & large | np.array([power != 1 for (_, power), _ in private])
    shift = sum(
        (
            amounts * (spreads[name].mean - 1)
            for own, ((name, _), amounts) in zip(apart, private, strict=True)
            if not own
        ),
        np.zeros(width),
    )
    alone = tuple(term for own, term in zip(apart, private, strict=True) if own)
    return alone, _independent(errors[~apart]) if not apart.all() else np.zeros((0, width)), shift


def _independent(errors: Any) -> Any:
    """
    Return as few independent normal errors as give the same covariance, shape ``(rank, outputs)``.

    What errs in one year says nothing of another, and a meter that was read in both errs in both: a sum for each output
    alone would not tell the two apart.
    """
    sizes, axes = np.linalg.eigh(errors.T @ errors)
    kept = sizes > sizes.max() * _NEXT_TO_0
    rows = np.sqrt(sizes[kept])[:, None] * axes.T[kept]
    largest = np.abs(rows).argmax(axis=1)
    return rows * np.sign(rows[np.arange(len(rows)), largest])[:, None]  # the sign of an axis is the machine's whim


def _errors(covariances: Any, normal: Any) -> Any:
    """
    Return normal errors of such covariances, shape ``(outputs, draws)``, out of independent ones of the same shape.

    By Cholesky's factors, all draws at once. An output that the ones before it leave no variance adds none: what one
    meter reads in every year errs once.

    Args:
        covariances: Shape ``(outputs * outputs, draws)``.
        normal: Independent standard normal errors.
    """
    width = len(normal)
    cells = covariances.reshape(width, width, -1)
    factors, found = np.zeros_like(cells), np.zeros_like(normal)
    for column in range(width):
        whole = cells[column, column]
        left = whole - (factors[column, :column] ** 2).sum(axis=0)
        root = np.sqrt(np.where(left > whole * _NEXT_TO_0, left, 0))
        inverse = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
        factors[column, column] = root
        for row in range(column + 1, width):
            rest = cells[row, column] - (factors[row, :column] * factors[column, :column]).sum(axis=0)
            factors[row, column] = rest * inverse
        found[column] = (factors[column, : column + 1] * normal[: column + 1]).sum(axis=0)
    return found


def _blocks(draws: int) -> tuple[int, int]:
    """Return how many blocks of how many draws make up at least so many; each a power of two, 16 to 32 of them."""
    if draws < _BLOCKS * _LEAST:
        return 1, 1 << (draws - 1).bit_length()
    size = 1 << ((draws // _BLOCKS).bit_length() - 1)
    return -(-draws // size), size


def _at_once(width: int) -> int:
    """Return how many draws of so many numbers each are computed at once: a power of two, as Sobol points need."""
    return min(_CHUNK, 1 << max((_CELLS // width).bit_length() - 1, 0))


def _points(dimensions: int, blocks: tuple[int, int, int], seed: int, sampling: Sampling) -> Iterator[Any]:
    """Yield points of the unit cube, never 0 or 1: so many blocks of so many, not more than so many at once."""
    from scipy.stats import qmc  # noqa: PLC0415

    random = np.random.default_rng(seed)
    if sampling == "sobol" and dimensions > qmc.Sobol.MAXDIM:
        raise InputError("draws-dimensions", count=dimensions, most=qmc.Sobol.MAXDIM)
    count, size, most = blocks
    for _ in range(count):
        sobol = qmc.Sobol(max(dimensions, 1), scramble=True, rng=random) if sampling == "sobol" else None
        for done in range(0, size, most):
            wanted = min(most, size - done)
            points = sobol.random(wanted) if sobol else random.random((wanted, dimensions))
            yield np.clip(points, _NEXT_TO_0, 1 - _NEXT_TO_0, out=points)
