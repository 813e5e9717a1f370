"""Reductions: axes, ties, zeros, nothing at all."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, ShapeError

AXES = [None, 0, -1, (0, 2), (-1, 0, 1), ()]
DIFFERENTIABLE = ["sum", "mean", "prod", "max", "min", "var", "std", "logsumexp"]


def gradient(function, x):
    """∂ Σ function(x) / ∂x."""
    node = dp.Graph().input("x", np.shape(x))
    return dp.forward(dp.gradient(np.sum(function(node)), node), {"x": x})


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("name", "axis"),
    [(name, axis) for name in DIFFERENTIABLE for axis in AXES if (name, axis) != ("std", ())],  # a kink everywhere
    ids=str,
)
def test_derivatives(verify, rng, name, axis, keepdims):
    verify(dp.registry[name], rng.normal(size=(3, 2, 4)), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_number(verify, rng, name):
    if name != "std":  # its slope jumps at 0, which is where the spread of one number is
        verify(dp.registry[name], rng.normal())


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "logsumexp"])
def test_results_of_nothing_at_all(verify, name):
    verify(dp.registry[name], np.zeros((0, 3)), axis=1)


def test_neutral_elements(verify):
    verify(dp.sum, np.zeros((3, 0)), axis=1)
    verify(dp.prod, np.zeros((3, 0)), axis=1)


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "logsumexp"])
def test_no_largest_of_nothing(name):
    x = dp.Graph().input("x", (2, 0))
    with pytest.raises(ShapeError, match="no largest"):
        dp.registry[name](x, axis=1)


@pytest.mark.parametrize(("name", "values"), [("max", [[3, 1, 3], [2, 2, 2]]), ("min", [[1, 3, 1], [2, 2, 2]])])
def test_ties_share_evenly(name, values):
    np.testing.assert_allclose(
        gradient(lambda x: dp.registry[name](x, axis=1), np.array(values, float)),
        [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]],
    )


@pytest.mark.parametrize("zeros", [[], [1], [0, 2], [0, 1, 2, 3]], ids=lambda z: f"{len(z)} zeros")
def test_product_with_zeros(verify, rng, zeros):
    x = rng.normal(size=(2, 4))
    x[:, zeros] = 0
    verify(dp.prod, x, axis=1)
    verify(dp.prod, x)
    others = [[np.prod(np.delete(row, i)) for i in range(4)] for row in x]
    np.testing.assert_allclose(gradient(lambda x: np.prod(x, axis=1), x), others)


def test_spread_divides_by_the_number_less_ddof(verify, rng):
    x = rng.normal(size=(3, 4))
    for op in (dp.var, dp.std):
        verify(op, x, axis=1, ddof=1)
    node = dp.Graph().input("x", ("batch", 4))
    expected = np.var(x, axis=0, ddof=2)
    for made in (np.var(node, axis=0, ddof=2), np.var(node, 0, correction=2)):
        np.testing.assert_allclose(dp.forward(made, {"x": x}), expected)


def test_no_spread_no_gradient():
    assert gradient(lambda x: np.std(x, axis=1), np.ones((2, 3))).tolist() == np.zeros((2, 3)).tolist()


def test_logsumexp_does_not_overflow():
    x = np.array([[1000.0, 1000.0], [-1000.0, -2000.0], [-np.inf, -np.inf], [-np.inf, 3.0]])
    with np.errstate(divide="ignore"):  # the logarithm of nothing is −∞, and meant
        np.testing.assert_allclose(dp.logsumexp(x, axis=1), [1000 + np.log(2), -1000, -np.inf, 3.0])
    np.testing.assert_allclose(gradient(lambda x: dp.logsumexp(x, axis=1), x), [[0.5, 0.5], [1, 0], [0, 0], [0, 1]])
    assert dp.logsumexp(np.array([1, 2])).dtype == np.float64


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_a_position_is_along_one_axis(name):
    with pytest.raises(OperandError, match="not along several axes"):
        getattr(dp, name)(dp.Graph().input("x", (2, 3)), axis=(0,))


@pytest.mark.parametrize("name", ["any", "all", "count_nonzero", "argmax", "argmin"])
@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (1, False), (0, True), (None, True)])
def test_questions_are_answered_as_numpy_does(name, axis, keepdims, rng):
    x = rng.normal(size=(3, 4)) * (rng.random((3, 4)) > 0.5)
    node = dp.Graph().input("x", ("batch", 4))
    made = getattr(np, name)(node, axis=axis, keepdims=keepdims)
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    found = dp.forward(made, {"x": x})
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == made.dtype == expected.dtype
    assert not made.differentiable


@pytest.mark.parametrize(("dtype", "total"), [(np.bool, np.intp), (np.int32, np.intp), (np.float32, np.float32)])
def test_dtypes_are_numpys(dtype, total):
    x = dp.Graph().input("x", (3,), dtype)
    assert np.sum(x).dtype == np.prod(x).dtype == total
    assert np.max(x).dtype == dtype


def test_a_wrong_axis_is_refused_on_the_users_line():
    x = dp.Graph().input("x", ("batch", 3))
    with pytest.raises(ShapeError, match=r"test_reduction.py:\d+  np.sum[\s\S]*axis 2 is out of bounds"):
        np.sum(x, axis=2)
    with pytest.raises(ShapeError, match="repeated axis"):
        np.sum(x, axis=(0, -2))


@pytest.mark.parametrize("executor", ["numpy", "auto"])
def test_the_mean_of_integers_that_have_no_sum(executor):
    g = dp.Graph()
    x = g.input("x", (3,), np.int64)
    large = np.array([2**63 - 1, 2**63 - 1, 5])
    made = dp.compile(np.mean(x), wrt=[], executor=executor, passes=[])({"x": large})[0]
    np.testing.assert_allclose(made, np.mean(large))
