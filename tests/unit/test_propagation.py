"""Propagation where lines divide, square, have many errors of their own, or ask for more than can be drawn."""

import math
from typing import Any

import numpy as np
import pytest

from hsesg_carbon.errors import InputError
from hsesg_carbon.propagation import Line, Propagation, _at_once, _points
from hsesg_carbon.spreads import Spread, Z

TEN = Spread(0.9, 1.1, "normal")
DOUBLE = Spread(0.5, 2.0, "lognormal")
"""From half to double: the logarithm has the deviation ln 2 / 1.96, the median is the estimate."""

WIDTH = math.log(2) / Z


def apart(count: int, spread: Spread, amount: float = 1.0) -> tuple[list[Line], dict[str, Spread]]:
    names = [f"m{place}" for place in range(count)]
    return [Line((amount,), (name,)) for name in names], dict.fromkeys(names, spread)


def test_what_multiplies_in_one_line_and_divides_in_another_moves_them_against_each_other() -> None:
    """D and 1/D of a lognormal D of width w: variance of the sum 2 var + 2 cov, with cov = 1 - e^(w^2)."""
    model = Propagation([Line((1.0,), ("d",)), Line((1.0,), (), ("d",))], {"d": Spread(0.9, 1 / 0.9, "lognormal")})
    assert model.approach1()[0].deviation == pytest.approx(0, abs=1e-12)
    square = (math.log(1 / 0.9) / Z) ** 2
    exact = 2 * math.exp(square) * math.expm1(square) + 2 * (1 - math.exp(square))
    assert model.approach2(2**15).intervals()[0].deviation == pytest.approx(math.sqrt(exact), rel=0.01)


def test_a_divided_input_has_the_spread_of_its_reciprocal() -> None:
    """One over a lognormal from 0.8 to 1.6 is a lognormal from 1 / 1.6 to 1 / 0.8."""
    for lines in ([Line((1.0,), (), ("d",))], [Line((1.0,), (), ("d",)), Line((1.0,), ("e",), ("d",))]):
        model = Propagation(lines, {"d": Spread(0.8, 1.6, "lognormal")})
        interval = model.approach2(2**16).intervals()[0]
        assert interval.lower / interval.estimate == pytest.approx(1 / 1.6, rel=2e-3)
        assert interval.upper / interval.estimate == pytest.approx(1 / 0.8, rel=2e-3)


def test_an_input_that_is_there_twice_is_squared_and_one_that_cancels_is_exact() -> None:
    """A squared lognormal has twice the width; by formula twice the relative deviation."""
    squared = Propagation([Line((1.0,), ("a", "a"))], {"a": DOUBLE})
    assert squared.approach1()[0].deviation == pytest.approx(2 * DOUBLE.deviation)
    interval = squared.approach2(2**16).intervals()[0]
    assert (interval.lower, interval.upper) == pytest.approx((0.25, 4.0), rel=5e-3)
    assert interval.mean == pytest.approx(math.exp(2 * WIDTH**2), rel=1e-3)
    still = Propagation([Line((3.0,), ("a",), ("a",))], {"a": DOUBLE})
    assert still.approach1()[0].deviation == 0
    assert still.approach2(64).intervals()[0].upper == 3.0


@pytest.mark.parametrize("count", [2, 29, 30, 31, 200])
def test_the_mean_of_skewed_errors_does_not_depend_on_how_many_there_are(count: int) -> None:
    lines, spreads = apart(count, DOUBLE)
    interval = Propagation(lines, spreads).approach2(2**14).intervals()[0]
    assert interval.mean / count == pytest.approx(math.exp(WIDTH**2 / 2), rel=1e-3)
    assert interval.deviation == pytest.approx(DOUBLE.deviation * math.sqrt(count), rel=0.02)


def test_one_large_skewed_error_among_many_small_ones_keeps_its_shape() -> None:
    """99 % is one meter from half to double, so that the total is nearly from half to double as well."""
    lines, spreads = apart(40, DOUBLE, 0.25)
    model = Propagation([*lines, Line((990.0,), ("large",))], {**spreads, "large": DOUBLE})
    below, above = model.approach2(2**14).intervals()[0].percent
    assert below == pytest.approx(-49.4, abs=0.5)
    assert above == pytest.approx(99.1, abs=1.0)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"draws": 0}, "draws-none"),
        ({"draws": -5}, "draws-none"),
        ({"draws": 10**9}, "draws-many"),
        ({"seed": -1}, "draws-seed"),
        ({"sampling": "sobel"}, "draws-sampling"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_memory_is_taken(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        Propagation([Line((1.0,), ("a",))], {"a": TEN}).approach2(**asked)
    assert caught.value.code == code


def test_thousands_of_inputs_are_drawn_a_few_at_a_time_and_the_draws_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _at_once(100) == 2**14
    assert _at_once(20_000) * 20_000 <= 2**23
    assert _at_once(2**30) == 1
    lines, spreads = apart(5, DOUBLE)
    model = Propagation(lines, spreads)
    for sampling in ("sobol", "plain"):
        whole = model.approach2(2**12, 3, sampling).outputs  # type: ignore[arg-type]
        monkeypatch.setattr("hsesg_carbon.propagation._CELLS", 2**7)
        assert np.allclose(model.approach2(2**12, 3, sampling).outputs, whole, rtol=1e-13)  # type: ignore[arg-type]
        monkeypatch.undo()


def test_the_truth_lies_within_the_standard_errors_as_often_as_it_should() -> None:
    """Within 2.13 of them in 95 % (Student's t, 16 blocks) of 60 runs of a product of two lognormals; 85 % is held."""
    pair = {"a": Spread(0.8, 1.4, "lognormal"), "b": Spread(0.9, 1.2, "lognormal")}
    model = Propagation([Line((1.0,), ("a", "b"))], pair)
    place = sum((math.log(one.lower) + math.log(one.upper)) / 2 for one in pair.values())
    width = math.hypot(*((math.log(one.upper) - math.log(one.lower)) / (2 * Z) for one in pair.values()))
    mean = math.exp(place + width**2 / 2)
    truth = {"mean": mean, "deviation": mean * math.sqrt(math.expm1(width**2))}
    truth |= {"lower": math.exp(place - Z * width), "upper": math.exp(place + Z * width)}
    runs = [model.approach2(2**14, seed).intervals()[0] for seed in range(60)]
    for name, exact in truth.items():
        held = [abs(getattr(one, name) - exact) <= 2.13 * getattr(one.errors, name) for one in runs]
        assert sum(held) >= 0.85 * len(runs), name


def test_more_inputs_than_the_sequence_has_dimensions_are_refused() -> None:
    from scipy.stats import qmc

    with pytest.raises(InputError) as caught:
        next(_points(qmc.Sobol.MAXDIM + 1, (1, 2, 2), 7, "sobol"))
    assert (caught.value.code, caught.value.data["most"]) == ("draws-dimensions", qmc.Sobol.MAXDIM)
