"""Sorting, and choosing along an axis."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError


@pytest.mark.parametrize("axis", [-1, 0, None])
def test_sort(verify, rng, axis):
    verify(dp.sort, rng.normal(size=(3, 4)), axis=axis)
    verify(dp.sort, np.zeros((0, 4)), axis=axis)


def test_argsort_keeps_the_order_of_equals():
    x = dp.Graph().input("x", ("batch",))
    order = np.argsort(x, kind="quicksort")
    assert dp.forward(order, {"x": [2.0, 1.0, 2.0, 1.0]}).tolist() == [1, 3, 0, 2]
    assert order.dtype == np.intp


def test_what_argsort_finds_sorts(rng):
    values = rng.normal(size=(3, 4))
    x = dp.Graph().input("x", ("batch", 4))
    chosen = np.take_along_axis(x, np.argsort(x, axis=0), axis=0)
    np.testing.assert_array_equal(dp.forward(chosen, {"x": values}), np.sort(values, axis=0))


@pytest.mark.parametrize(
    ("indices", "axis"), [([[0, 3], [1, 1], [2, 0]], 1), ([[0, 2, 2, 1]], 0), ([[3], [0], [0]], -1), ([0, 0, 5], None)]
)
def test_take_along_axis(verify, rng, indices, axis):
    verify(dp.take_along_axis, rng.normal(size=(3, 4)), np.array(indices), axis=axis, batch=[None, None])


def test_take_along_axis_of_a_batch(verify, rng):
    verify(dp.take_along_axis, rng.normal(size=(3, 4)), np.array([[3], [0], [0]]), axis=1, batch=[0, 0])


def test_the_other_way_adds_where_a_position_repeats(verify, rng):
    indices = np.array([[0, 0, 2]])
    placed = dp.add_along_axis(np.array([[1.0, 2.0, 3.0]]), indices, shape=(1, 4), axis=1)
    assert placed.tolist() == [[3, 0, 3, 0]]
    verify(dp.add_along_axis, rng.normal(size=(1, 3)), indices, shape=(1, 4), axis=1, batch=[None, None])


def test_refused():
    x = dp.Graph().input("x", (3, 4))
    with pytest.raises(ShapeError, match="the positions have 1 dimensions, and the values 2"):
        np.take_along_axis(x, np.array([0]), axis=0)
    with pytest.raises(ValueError, match="order of fields"):
        np.sort(x, order="name")
