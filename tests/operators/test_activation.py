import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import dagprop as dp
from dagprop.errors import ShapeError

SMOOTH = [
    "sigmoid",
    "logsigmoid",
    "softplus",
    "silu",
    "mish",
    "softsign",
    "gelu",
    "gelu_tanh",
    "normal_pdf",
    "normal_cdf",
]
PIECEWISE = [  # with their attributes, and where their kinks are
    ("relu", {}, [0]), ("relu6", {}, [0, 6]), ("leaky_relu", {"slope": 0.2}, [0]), ("elu", {"alpha": 1.5}, [0]),
    ("celu", {"alpha": 0.7}, [0]), ("selu", {}, [0]), ("hardtanh", {"lower": -0.5, "upper": 0.8}, [-0.5, 0.8]),
    ("hardsigmoid", {}, [-3, 3]), ("hardswish", {}, [-3, 3]),
]  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_of_smooth_activations(verify, rng, shape, name):
    verify(dp.registry[name], rng.uniform(-3, 3, shape))


@pytest.mark.parametrize(("name", "attributes", "kinks"), PIECEWISE, ids=[name for name, *_ in PIECEWISE])
def test_derivatives_of_piecewise_activations(verify, rng, shape, name, attributes, kinks):
    x = rng.uniform(-8, 8, shape)
    x = np.where(np.min([np.abs(x - kink) for kink in kinks], axis=0) < 0.2, x + 0.3, x)
    verify(dp.registry[name], x, **attributes)


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_derivatives_of_softmax(verify, rng, name, axis):
    verify(dp.registry[name], rng.normal(size=(2, 3, 2)), axis=axis)


@settings(max_examples=25, deadline=None)
@given(
    shape=array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4), name=st.sampled_from(["softmax", "log_softmax"])
)
def test_derivatives_of_softmax_over_random_shapes(verify, shape, name):
    verify(dp.registry[name], np.random.default_rng(0).normal(size=shape))


# ---- against SciPy, and far out ---------------------------------------------------------------------------------

REFERENCES = {
    "sigmoid": scipy.special.expit,
    "logsigmoid": scipy.special.log_expit,
    "softplus": lambda x: np.logaddexp(x, 0),
    "silu": lambda x: x * scipy.special.expit(x),
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "normal_cdf": scipy.special.ndtr,
    "softmax": scipy.special.softmax,
    "log_softmax": scipy.special.log_softmax,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", REFERENCES)
def test_values_and_slopes_stay_finite_far_out(name, dtype):
    """No overflow, also none that NumPy would warn of, at any size of operand."""
    x = np.array([-1e30, -1000, -100, -30, -1, 0, 1, 30, 100, 1000, 1e30], dtype)
    value = dp.registry[name](x)
    assert value.dtype == dtype
    expected = REFERENCES[name](x.astype(np.float64))
    np.testing.assert_allclose(value, expected, rtol=1e-13 if dtype == np.float64 else 1e-5, atol=1e-37)
    g = dp.Graph(dtype=dtype)
    node = g.input("x", x.shape)
    out = dp.registry[name](node)
    first = dp.gradient(out, node)
    slopes = dp.forward([first, dp.gradient(first, node)], {"x": x})
    assert np.isfinite(slopes).all()


def test_the_normal_distributions_tails_keep_their_digits():
    x = np.linspace(-37, 8, 200)
    with mpmath.workdps(40):
        expected = [float(mpmath.ncdf(mpmath.mpf(float(number)))) for number in x]
    np.testing.assert_allclose(dp.normal_cdf(x), expected, rtol=2e-15)


def test_softmax_sums_to_one_over_its_axes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4), scale=100)
    for axis in (0, 1, -1, (0, 2)):
        np.testing.assert_allclose(dp.softmax(x, axis=axis).sum(axis=axis), 1)


def test_a_masked_class_has_probability_and_gradient_zero():
    x = np.array([0.5, -np.inf, 1.0])
    g = dp.Graph()
    node = g.input("x", (3,))
    value, slope = dp.forward([dp.softmax(node), dp.gradient(dp.softmax(node)[0], node)], {"x": x})
    assert value[1] == 0
    assert slope[1] == 0
    assert np.isfinite(slope).all()


# ---- kinks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "at", "slope"),
    [
        ("relu", 0, 0), ("relu6", 0, 0), ("relu6", 6, 0), ("leaky_relu", 0, 0.01), ("elu", 0, 1), ("celu", 0, 1),
        ("selu", 0, 1.0507009873554805 * 1.6732632423543772), ("hardtanh", 1, 0), ("hardsigmoid", 3, 0),
        ("hardswish", 3, 1.5), ("hardswish", -3, -0.5),
    ],
)  # fmt: skip
def test_the_slope_chosen_at_a_kink(name, at, slope):
    g = dp.Graph()
    x = g.input("x")
    assert dp.forward(dp.gradient(dp.registry[name](x), x), {"x": at}) == pytest.approx(slope)


def test_elu_is_smooth_where_alpha_is_one():
    g = dp.Graph()
    x = g.input("x", (2,))
    slope = dp.forward(dp.gradient(dp.elu(x), x), {"x": [-1e-9, 1e-9]})
    np.testing.assert_allclose(slope, 1, rtol=1e-8)


def test_an_axis_that_is_not_there_is_refused_where_it_is_written():
    g = dp.Graph()
    with pytest.raises(ShapeError, match="axis 2 is out of bounds"):
        dp.softmax(g.input("x", ("batch", 3)), axis=2)
