"""Where parameters start: the right spread, and the same for the same seed and name."""

import math

import numpy as np
import pytest

import dagprop as dp
from dagprop.graph import initialisers


def rng():
    return np.random.default_rng(3)


def test_glorot_is_uniform_within_its_limit():
    w = initialisers.glorot((300, 200), rng())
    limit = math.sqrt(6 / 500)
    assert abs(w).max() <= limit
    assert w.std() == pytest.approx(limit / math.sqrt(3), rel=0.02)


def test_he_is_normal_with_variance_two_over_fan_in():
    w = initialisers.he((300, 200), rng())
    assert w.std() == pytest.approx(math.sqrt(2 / 300), rel=0.02)
    assert abs(w.mean()) < 1e-3


def test_fans_of_other_shapes():
    """A convolution's field multiplies both fans; a vector's fan is its size; nothing divides by zero."""
    assert abs(initialisers.glorot((3, 3, 16, 32), rng())).max() <= math.sqrt(6 / (9 * 48))
    assert abs(initialisers.glorot((50,), rng())).max() <= math.sqrt(6 / 100)
    for shape in ((), (0,), (0, 4), (4, 0)):
        assert initialisers.he(shape, rng()).shape == shape
        assert np.shape(initialisers.glorot(shape, rng())) == shape


def test_normal_uniform_and_zeros():
    assert initialisers.normal(0.1)((10_000,), rng()).std() == pytest.approx(0.1, rel=0.05)
    u = initialisers.uniform(2, 3)((1000,), rng())
    assert 2 <= u.min() < 2.01 < 2.99 < u.max() < 3
    assert not initialisers.zeros((3,), rng()).any()


def test_a_parameter_without_initial_starts_by_glorot_or_at_zero():
    graph = dp.Graph(dtype=np.float32)
    graph.parameter("w", (30, 20))
    graph.parameter("b", (20,))
    values = graph.initial_values()
    assert 0 < abs(values["w"]).max() <= math.sqrt(6 / 50)
    assert not values["b"].any()
    assert values["w"].dtype == np.float32


def start(seed=0, name="w", before=(), scope=""):
    graph = dp.Graph()
    for other in before:
        graph.parameter(other, (2, 2))
    if scope:
        with graph.scope(scope):
            w = graph.parameter(name, (2, 2), initial=initialisers.he)
    else:
        w = graph.parameter(name, (2, 2), initial=initialisers.he)
    return graph.initial_values(seed)[w.name]


def test_the_start_depends_on_seed_and_full_name_and_on_nothing_else():
    np.testing.assert_array_equal(start(), start(before=["a", "b"]))
    for other in (start(seed=1), start(name="v"), start(scope="layer")):
        assert not np.array_equal(start(), other)


def test_a_run_starts_where_seed_zero_says():
    graph = dp.Graph()
    w = graph.parameter("w", (2, 2))
    np.testing.assert_array_equal(dp.forward(w), graph.initial_values()["w"])
    graph.initial_values()["w"][:] = 7  # a copy
    np.testing.assert_array_equal(dp.forward(w), graph.initial_values(0)["w"])


def test_the_start_of_known_bytes_stays_the_same_over_versions():
    """Saved experiments name a seed: what it gives is part of the interface."""
    expected = np.random.default_rng([5, *b"layer/w"]).normal(0, 1, (2, 2))  # he: fan in 2
    np.testing.assert_array_equal(start(seed=5, scope="layer"), expected)
