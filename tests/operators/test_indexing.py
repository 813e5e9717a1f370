"""Indexing: everything NumPy takes as an index, and the gradient back to where it was taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

import dagprop as dp
from dagprop.errors import DagpropError, OperandError, RuleError, ShapeError
from dagprop.notation.reading import equation

S = slice(None)
MASK = np.array([[True, False, False, True], [False, False, False, False], [True, True, True, False]])

INDICES = [
    1,
    -1,
    (),
    None,
    ...,
    slice(1, None),
    slice(None, None, -1),
    slice(5, 1),
    (slice(None, None, 2), 0),
    (..., 1),
    (None, ..., None, slice(None, -1)),
    [0, 2, 2],
    ([0, 1], [2, 2]),
    (S, [0, 1, 0]),
    ([[0, 1], [2, 2]],),
    (0, [1, 2]),
    (np.int64(2), np.array(1)),
    [],
    MASK,
    (S, MASK[0]),
    (MASK[:, 0], 1),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_derivatives(verify, rng, index):
    verify(dp.getitem, rng.normal(size=(3, 4)), index=index)


APART = [
    (0, S, [1, 2]),
    (S, 0, [1, 2]),
    ([0, 1], S, [1, 2]),
    (S, [0, 1], [1, 2]),
    ([[0], [1]], None, [1, 2]),
    (None, [0, 1], [1, 2]),
    (..., MASK[:, :4]),
]


@pytest.mark.parametrize("index", APART, ids=repr)
def test_where_the_dimensions_of_index_arrays_go(verify, rng, index):
    """In the place of the arrays, or first where something stands between them."""
    verify(dp.getitem, rng.normal(size=(2, 3, 4)), index=index)


def agrees(x, index):
    """A node indexed has the shape, the values and the gradient that counting gives."""
    node = dp.Graph().input("x", x.shape)
    made = node[index]
    value, gradient = dp.forward([made, dp.gradient(np.sum(made), node)], {"x": x})
    np.testing.assert_array_equal(value, x[index])
    assert made.shape == x[index].shape
    counts = np.zeros(x.shape)
    np.add.at(counts, index, 1)
    np.testing.assert_array_equal(gradient, counts)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_basic_index(data):
    shape = data.draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    agrees(np.arange(float(np.prod(shape))).reshape(shape), data.draw(basic_indices(shape, allow_newaxis=True)))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_integer_arrays(data):
    shape = data.draw(array_shapes(max_dims=3, max_side=4))
    agrees(np.arange(float(np.prod(shape))).reshape(shape), data.draw(integer_array_indices(shape)))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(6, 9),
    *[st.none() | st.integers(-6, 5)] * 2,
    st.none() | st.integers(-3, 3).filter(bool),
)
def test_a_slice_of_a_batch_large_enough(n, start, stop, step):
    x = dp.Graph().input("x", ("batch",))
    part = slice(start, stop, step)
    expected = np.arange(float(n))[part]
    made = x[part]
    if len(expected):  # an empty slice of a named dimension is found out in the run
        np.testing.assert_array_equal(dp.forward(made, {"x": np.arange(float(n))}), expected)


def test_nodes_as_indices(verify, rng):
    verify(dp.getitem, rng.normal(size=(5, 3)), index=(np.array([4, 0, 4]), [0, 1, 1]))
    graph = dp.Graph()
    table, words = graph.parameter("table", initial=rng.normal(size=(5, 3))), graph.input("words", ("n",), np.int64)
    rows = table[words]
    assert rows.shape == ("n", 3)
    flow = dp.backprop(np.sum(rows), {"words": [4, 0, 4]})
    np.testing.assert_array_equal(flow.gradients["table"], [[1] * 3, [0] * 3, [0] * 3, [0] * 3, [2] * 3])


def test_a_batch_too_short_for_its_slice():
    x = dp.Graph().input("x", ("batch", 3))
    assert str(x[:4, 1:].spec) == "(4, 2) float64"
    with pytest.raises(RuleError, match=r"getitem returned \(2,\)"):
        dp.forward(x[:4, 0], {"x": np.ones((2, 3))})


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ((0, 0, 0), "3 axes are indexed, and there are 2"),
        ((..., ...), "one ellipsis"),
        (5, "index 5 is out of bounds for an axis of size 3"),
        (1.5, "not of float64"),
        (True, "a mask that is computed|known when the graph is built"),
        (np.ones(3, bool)[:2], r"boolean array of shape \(2,\) does not match the axes \(3,\)"),
        (([0, 1], [0, 1, 2]), "neither is 1"),
    ],
    ids=repr,
)
def test_refused(index, reason):
    x = dp.Graph().input("x", (3, 4))
    with pytest.raises((IndexError, ShapeError), match=reason):
        x[index]


def test_a_mask_that_is_computed_is_refused():
    x = dp.Graph().input("x", (3,))
    with pytest.raises(IndexError, match=r"use np.where\(mask, x, 0\)"):
        x[x > 0]


def test_an_index_reads_as_it_is_written():
    x = dp.Graph().input("x", ("batch", 3, 4))
    assert equation(x[1:, None, -1, :]) == "getitem_0 = x[1:, None, -1]"


@pytest.mark.parametrize(("indices", "axis"), [([0, 2, 2], None), ([[0, 2], [1, 1]], 1), (1, -1), ([], 0)], ids=str)
def test_take(verify, rng, indices, axis):
    verify(dp.take, rng.normal(size=(3, 4)), np.array(indices, int), axis=axis, batch=[None, None])


def test_take_refused():
    x = dp.Graph().input("x", (3, 4))
    with pytest.raises(IndexError, match="positions are integers, not float64"):
        np.take(x, [0.5])
    with pytest.raises(OperandError, match="mode"):
        np.take(x, [9], mode="clip")


@pytest.mark.parametrize(
    ("index", "arrays", "shape"),
    [
        ((S, 1), [], (3,)),
        ((0, slice(1, 3)), [], (2,)),
        (("array", "array"), [[0, 2, 2], [1, 1, 1]], (3,)),
        ((S, "array"), [[3, 0, 3]], (3, 3)),
    ],
    ids=str,
)
def test_scatter_add(verify, rng, index, arrays, shape):
    positions = [np.array(array) for array in arrays]
    batch = [None] * (1 + len(arrays))
    verify(dp.scatter_add, rng.normal(size=shape), *positions, shape=(3, 4), index=index, batch=batch)


def test_scatter_add_adds_where_a_position_repeats():
    added = dp.scatter_add(np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), shape=(4,), index=("array",))
    assert added.tolist() == [2, 0, 4, 0]


def test_an_edit_that_leaves_the_index_behind_is_refused():
    g = dp.Graph()
    x = g.input("x", (3, 4))
    x[1:, 0].named("y")
    with pytest.raises(DagpropError, match="the index is of 2 axes and 0 arrays, not 1 and 0"), g.edit() as dag:
        dag.nodes["x"]["shape"] = "(3,)"
