import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import dagprop as dp

ONE = {  # each over a range where it is smooth
    "negative": (-2, 2), "positive": (-2, 2), "conjugate": (-2, 2), "real": (-2, 2), "reciprocal": (0.5, 2),
    "square": (-2, 2), "sqrt": (0.2, 3), "cbrt": (0.2, 3), "rsqrt": (0.2, 3),
}  # fmt: skip

TWO = {
    "add": (-2, 2), "subtract": (-2, 2), "multiply": (-2, 2), "divide": (0.5, 2), "power": (0.3, 2),
    "float_power": (0.3, 2), "hypot": (0.2, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_derivatives_along_one_operand(verify, rng, shape, name):
    verify(dp.registry[name], rng.uniform(*ONE[name], shape))


@pytest.mark.parametrize("name", TWO)
def test_derivatives_along_two_operands(verify, rng, shapes, name):
    verify(dp.registry[name], *(rng.uniform(*TWO[name], shape) for shape in shapes))


@settings(max_examples=40, deadline=None)
@given(
    shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
    name=st.sampled_from(sorted(TWO)),
    seed=st.integers(0, 100),
)
def test_derivatives_over_random_shapes(verify, shapes, name, seed):
    rng = np.random.default_rng(seed)
    verify(dp.registry[name], *(rng.uniform(*TWO[name], shape) for shape in shapes.input_shapes))


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_derivatives_of_division_with_remainder(verify, shapes, name):
    x, y = (np.full(shape, value) for shape, value in zip(shapes, (7.3, -2.0), strict=True))
    verify(dp.registry[name], x, y)


def test_fmod_counts_how_often_the_divisor_went(slopes):
    """1.0 / 0.1 rounds to 10, yet fmod takes 0.1 away 9 times."""
    assert slopes(dp.fmod, 1.0, 0.1) == (1.0, -9.0)


# ---- powers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_power_of_a_constant_exponent(derivatives, rng, shape, exponent):
    def raised(x):
        return np.power(x, exponent)

    x = rng.uniform(0.5, 2, shape)
    first, second, third = derivatives(raised, x, 3)
    n = exponent
    np.testing.assert_allclose(first, n * x ** (n - 1))
    np.testing.assert_allclose(second, n * (n - 1) * x ** (n - 2))
    np.testing.assert_allclose(third, n * (n - 1) * (n - 2) * x ** (n - 3))


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (0, 2, 0)), (3, (0, 0, 6)), (0.5, (np.inf, -np.inf, np.inf))],
)
def test_power_at_zero(derivatives, exponent, expected):
    """x², say, has second derivative 2 at 0: no 0 · ∞ on the way may make it NaN."""
    assert tuple(derivatives(lambda x: np.power(x, float(exponent)), 0.0, 3)) == expected


def test_power_of_negative_numbers(derivatives, slopes):
    """Whole exponents have slopes there; along the exponent there is none, and NaN says so."""
    x = np.array([-2.0, -0.5, -1.0])
    first, second = derivatives(lambda x: np.power(x, 3.0), x, 2)
    np.testing.assert_array_equal(first, 3 * x**2)
    np.testing.assert_array_equal(second, 6 * x)
    along_x, along_y = slopes(dp.power, -2.0, 3.0)
    assert along_x == 12
    assert np.isnan(along_y)


def test_zero_to_a_power_does_not_change_with_it(slopes):
    assert slopes(dp.power, 0.0, 2.0) == (0.0, 0.0)
    assert slopes(dp.power, 0.0, 1.0) == (1.0, 0.0)


def test_power_to_zero_changes_along_both():
    """∂²xʸ/∂x∂y = xʸ⁻¹(1 + y·ln x), which is 1/x at y = 0."""
    g = dp.Graph()
    x, y = g.input("x"), g.input("y")
    mixed = dp.gradient(dp.gradient(x**y, x), y)
    assert dp.forward(mixed, {"x": 4.0, "y": 0.0}) == 0.25
    assert dp.forward(dp.gradient(dp.gradient(x**y, y), x), {"x": 4.0, "y": 0.0}) == 0.25


def test_a_constant_exponent_costs_two_operators():
    """3x² needs a power and a product: what the rule says about varying exponents leaves no trace."""
    g = dp.Graph()
    x = g.input("x")
    cube = x**3
    before = len(g)
    dp.gradient(cube, x)
    assert [node.what for node in list(g)[before:] if node.kind == "operator"] == ["power", "multiply"]


# ---- 0 · ∞ ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [np.sqrt, np.cbrt, np.log, np.reciprocal, dp.rsqrt, lambda x: x**0.5, lambda x: x**-1.0, lambda x: 1 / x],
    ids=["sqrt", "cbrt", "log", "reciprocal", "rsqrt", "power 0.5", "power -1", "divide"],
)
def test_what_where_did_not_choose_gets_no_gradient(derivatives, function):
    """The slope at 0 is infinite, but the value there was not chosen: also for the second derivative."""
    first, second = derivatives(lambda x: np.where(x > 0, function(x), 0), np.array([0.0, 4.0]), 2)
    assert first[0] == 0
    assert second[0] == 0
    assert np.isfinite(first[1])
    assert np.isfinite(second[1])
    assert second[1] != 0


def test_the_distance_from_the_origin_has_no_slope_there(slopes):
    assert slopes(dp.hypot, 0.0, 0.0) == (0, 0)
