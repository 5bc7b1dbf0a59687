"""Spreads go through their 95 % limits, and their mean and deviation are those of their quantiles."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon.errors import InputError
from hsesg_carbon.spreads import SHAPES, Shape, Spread

COUNT = 400_000
SHARES = (np.arange(COUNT) + 0.5) / COUNT

reach = st.floats(min_value=0.01, max_value=0.9)


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    shape: Shape = draw(st.sampled_from(SHAPES))
    below = draw(reach)
    above = below if shape in {"normal", "uniform"} else draw(reach)
    return Spread(1 - below, 1 + above, shape)


@given(spreads())
def test_a_spread_has_95_percent_between_its_limits(spread: Spread) -> None:
    assert spread.at(np.array([0.025, 0.975])) == pytest.approx([spread.lower, spread.upper], rel=1e-9)


@given(spreads())
def test_mean_and_deviation_are_those_of_the_quantiles(spread: Spread) -> None:
    values = spread.at(SHARES)
    assert (np.diff(values) >= 0).all()
    assert values.mean() == pytest.approx(spread.mean, rel=1e-4)
    assert values.std() == pytest.approx(spread.deviation, rel=2e-3)


def test_known_deviations() -> None:
    """Of +-10 %: normal 0.1 / 1.959964, uniform 0.1 / 0.95 / sqrt(3), triangular 0.1 / (1 - sqrt(0.05)) / sqrt(6)."""
    assert Spread(0.9, 1.1, "normal").deviation == pytest.approx(0.1 / 1.959963984540054)
    assert Spread(0.9, 1.1, "uniform").deviation == pytest.approx(0.1 / 0.95 / math.sqrt(3))
    assert Spread(0.9, 1.1, "triangular").deviation == pytest.approx(0.1 / (1 - math.sqrt(0.05)) / math.sqrt(6))


def test_a_triangle_with_one_arm_has_its_mode_at_the_end() -> None:
    one = Spread(1.0, 1.3, "triangular")
    assert one.at(np.array([0.0]))[0] == pytest.approx(1.0)
    assert one.at(np.array([0.975]))[0] == pytest.approx(1.3)


def test_what_is_exact_does_not_spread() -> None:
    for shape in SHAPES:
        one = Spread(1.0, 1.0, shape)
        assert (one.exact, one.mean, one.deviation) == (True, 1.0, 0.0)
        assert (one.at(SHARES[:5]) == 1).all()


@pytest.mark.parametrize(
    ("lower", "upper", "shape", "code"),
    [
        (1.1, 1.2, "normal", "spread-limits"),
        (0.8, 0.9, "lognormal", "spread-limits"),
        (float("nan"), 1.1, "normal", "spread-limits"),
        (0.5, float("inf"), "lognormal", "spread-limits"),
        (0.9, 1.2, "normal", "spread-not-symmetric"),
        (0.9, 1.2, "uniform", "spread-not-symmetric"),
        (-0.1, 2.0, "lognormal", "spread-not-positive"),
        (0.9, 1.1, "gauss", "spread-shape"),
    ],
)
def test_limits_that_do_not_fit_are_refused(lower: float, upper: float, shape: Shape, code: str) -> None:
    with pytest.raises(InputError) as caught:
        Spread(lower, upper, shape)
    assert caught.value.code == code
