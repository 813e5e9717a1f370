"""Products of numbers, vectors, matrices and stacks of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import dagprop as dp
from dagprop.errors import ShapeError

NUMBERS = [((), ()), ((), (3,)), ((2, 3), ())]
MATRICES = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 2))]
STACKS = [((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((4, 1, 2, 3), (5, 3, 2))]


def operands(rng, shapes):
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("shapes", MATRICES + STACKS, ids=str)
def test_matmul(verify, rng, shapes):
    verify(dp.matmul, *operands(rng, shapes), batch=[None, None])


@pytest.mark.parametrize(
    ("shapes", "batch"),
    [(((4, 3), (3, 2)), [0, None]), (((4, 2, 3), (4, 3, 5)), [0, 0]), (((2, 3), (4, 3, 5)), [None, 0])],
    ids=str,
)
def test_matmul_of_a_batch(verify, rng, shapes, batch):
    verify(dp.matmul, *operands(rng, shapes), batch=batch)


@settings(max_examples=25, deadline=None)
@given(
    stacks=mutually_broadcastable_shapes(num_shapes=2, max_dims=2, min_side=0, max_side=3),
    sides=st.tuples(*[st.integers(0, 3)] * 3),
)
def test_matmul_of_any_stacks(verify, stacks, sides):
    rng = np.random.default_rng(0)
    a, b = stacks.input_shapes
    rows, inner, columns = sides
    verify(dp.matmul, *operands(rng, ((*a, rows, inner), (*b, inner, columns))), batch=[None, None])


def test_a_batch_times_a_matrix_costs_two_products():
    """No transposes stored, nothing reshaped: the gradient a person would write."""
    graph = dp.Graph()
    x, w = graph.input("x", ("batch", 3)), graph.parameter("w", (3, 2))
    made = dp.gradient(np.sum(x @ w), [x, w])
    assert [node.what for node in made] == ["matmul", "matmul"]


@pytest.mark.parametrize("name", ["dot", "inner"])
@pytest.mark.parametrize("shapes", NUMBERS, ids=str)
def test_numbers_multiply(verify, rng, name, shapes):
    verify(dp.registry[name], *operands(rng, shapes))


@pytest.mark.parametrize("shapes", [*MATRICES, *STACKS[:4]], ids=str)
def test_dot(verify, rng, shapes):
    verify(dp.registry["dot"], *operands(rng, shapes), batch=[None, None])


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (4, 3)), ((2, 3), (3,)), ((2, 5, 3), (4, 3))], ids=str)
def test_inner(verify, rng, shapes):
    verify(dp.inner, *operands(rng, shapes), batch=[None, None])


@pytest.mark.parametrize("shapes", [*NUMBERS, ((3,), (2,)), ((2, 3), (2,)), ((0,), (2,))], ids=str)
def test_outer(verify, rng, shapes):
    verify(dp.outer, *operands(rng, shapes))


@pytest.mark.parametrize("shapes", [((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (6,))], ids=str)
def test_vdot(verify, rng, shapes):
    verify(dp.vdot, *operands(rng, shapes), batch=[None, None])


@pytest.mark.parametrize(
    "shapes", [*NUMBERS, ((3,), (2,)), ((2, 3), (4, 5)), ((3,), (2, 2)), ((2, 1, 3), (2,))], ids=str
)
def test_kron(verify, rng, shapes):
    verify(dp.kron, *operands(rng, shapes))


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        (((2, 3, 4), (3, 4, 5)), 2),
        (((2, 3), (4,)), 0),
        (((2, 3, 4), (2, 3, 4)), 3),
        (((2, 3, 4), (4, 2, 5)), ([2, 0], [0, 1])),
        (((2, 3, 4), (5, 4, 2)), ((0, 2), (2, 1))),
        (((2, 3, 4), (5, 3)), (1, -1)),
        (((2, 0), (0, 3)), 1),
    ],
    ids=str,
)
def test_tensordot(verify, rng, shapes, axes):
    verify(dp.tensordot, *operands(rng, shapes), axes=axes, batch=[None, None])


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        (((3,), (3,)), {}),
        (((4, 2, 3), (2, 3)), {}),
        (((3, 2), (3, 2)), {"axis": 0}),
        (((2, 3), (3, 2)), {"axisb": 0, "axisc": 0}),
        (((4, 1, 3), (2, 3)), {"axisc": 1}),
    ],
    ids=str,
)
def test_cross(verify, rng, shapes, axes):
    verify(dp.cross, *operands(rng, shapes), batch=[None, None], **axes)


@pytest.mark.parametrize(
    ("order", "axis"),
    [(None, None), (None, 0), (2, 1), ("fro", (0, 2)), (None, (-1, 0)), (1, 0), (3, 1), (2.5, 2), (-1.5, 0),
     (np.inf, 1), (-np.inf, -1)],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("keepdims", [False, True])
def test_norm(verify, rng, order, axis, keepdims):
    verify(dp.norm, rng.normal(size=(2, 3, 4)), ord=order, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("order", [None, 1, 3, np.inf, -2.0])
def test_no_direction_at_the_origin(order):
    x = dp.Graph().input("x", (3,))
    first = dp.gradient(np.linalg.norm(x, order), x)
    assert dp.forward(first, {"x": np.zeros(3)}).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("multiply", "reason"),
    [
        (lambda x, y: x @ y, "axis -1 of operand 0 is 3 and axis -2 of operand 1 is 4: they must be equal"),
        (np.dot, "axis 1 of operand 0 is 3 and axis 0 of operand 1 is 4"),
        (lambda x, y: x @ np.sum(y), "multiplies by a number"),
        (lambda x, y: np.tensordot(x, y, ((0, 1), (0,))), "2 axes of operand 0 go with 1 of operand 1"),
        (lambda x, y: np.vdot(y, y[:2]), "they must be equal"),
        (lambda x, y: np.cross(y, y), "3 components, not 2"),
        (lambda x, y: np.linalg.norm(y, 2), "only the Frobenius norm"),
        (lambda x, y: np.linalg.norm(y, 0, axis=0), "ord=0 is no norm"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused(multiply, reason):
    graph = dp.Graph()
    with pytest.raises(ShapeError, match=reason):
        multiply(graph.input("x", ("batch", 3)), graph.input("y", (4, 2)))
