"""What simplifications ask of a node is answered by what its operator says, not by its name."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.plugin.facts import calls, fits, is_like, lower_bound, number, order


@pytest.fixture
def g():
    return dp.Graph()


def test_the_number_that_a_constant_holds(g):
    assert number(g.constant(3.0)) == 3
    assert number(g.constant(np.full((2, 2), 0.5))) == 0.5
    assert number(np.broadcast_to(g.constant(2.0), (3, 4))) == 2, "repeated or not"
    assert np.isnan(number(g.constant([np.nan, np.nan])))
    for node in (g.constant([1.0, 2.0]), g.constant([0.0, -0.0]), g.constant(np.ones(0)), g.input("x")):
        assert number(node) is None


def test_a_ufunc_is_known_whoever_brings_it(g):
    x = g.input("x")
    plus = dp.elementwise(np.add)
    assert calls(plus(x, x), np.add)
    assert calls(x + x, np.multiply, np.add)
    assert not calls(x * x, np.add)
    assert not calls(x, np.add)


def test_shapes_and_dtypes(g):
    row, whole, single = g.input("row", (3,)), g.input("whole", (2, 3)), g.input("single", (3,), "float32")
    assert fits(row, (2, 3))
    assert not fits(whole, (3,))
    assert is_like(whole, row, whole)
    assert not is_like(row, whole)
    assert not is_like(row, single)


def test_the_order_of_axes(g):
    x = g.input("x", (2, 3, 4))
    assert order(np.transpose(x, (2, 0, 1))) == (2, 0, 1)
    assert order(np.swapaxes(x, 0, -1)) == (2, 1, 0)
    assert order(np.exp(x)) is None
    assert order(x) is None


def test_bounds_that_are_known(g):
    x = g.input("x", (3,))
    assert lower_bound(g.constant([3.0, -1.0])) == -1
    assert lower_bound(g.constant(np.ones(0))) == np.inf, "nothing is not below anything"
    assert lower_bound(np.exp(x)) == 0
    assert lower_bound(x * x + 1) == 1
    assert lower_bound(np.sqrt(4 + np.exp(x))) == 2
    assert lower_bound(np.exp(x) * np.tanh(x)) == -np.inf, "nothing is known of tanh"
    assert lower_bound(np.maximum(x, 3)) == 3
    assert lower_bound(x) == -np.inf


def test_a_bound_is_a_number_of_the_dtype():
    single = dp.Graph(dtype=np.float32)
    x = single.input("x", (3,))
    assert lower_bound((1e-30 + np.exp(x)) * (1e-30 + np.exp(x))) == 0, "10⁻⁶⁰ is 0 in float32"
    assert lower_bound((np.exp(x) + 1e-10).astype(np.float16)) == 0


def test_integers_that_wrap_around_have_no_bound(g):
    n = g.input("n", (3,), np.int8)
    assert lower_bound(n * n) == -np.inf, "12 · 12 is −112"
    assert lower_bound(np.abs(n)) == -np.inf, "|−128| is −128"
    assert lower_bound(np.square(n)) == -np.inf
    assert lower_bound(g.constant(np.int8([3, 4]))) == 3


def test_a_bound_says_nothing_of_nan(g):
    assert lower_bound(g.constant([np.nan, 2.0, 3.0])) == 2
    assert lower_bound(g.constant(1 + 2j)) == -np.inf, "complex numbers have no order"
