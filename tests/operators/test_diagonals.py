"""Triangles and diagonals, of matrices that are square or not, and of stacks."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError


@pytest.mark.parametrize("k", [-2, 0, 1, 5])
@pytest.mark.parametrize("name", ["tril", "triu"])
def test_triangles(verify, rng, name, k):
    verify(dp.registry[name], rng.normal(size=(2, 3, 4)), k=k)
    verify(dp.registry[name], rng.normal(size=(3, 0)), k=k)


@pytest.mark.parametrize("offset", [-1, 0, 2, 7])
@pytest.mark.parametrize("name", ["diagonal", "trace"])
@pytest.mark.parametrize("axes", [(0, 1), (2, 0), (-1, -2)], ids=str)
def test_diagonals(verify, rng, name, offset, axes):
    attributes = {"offset": offset, "axis1": axes[0], "axis2": axes[1]}
    verify(dp.registry[name], rng.normal(size=(2, 3, 4)), batch=[None], **attributes)


@pytest.mark.parametrize("k", [-2, 0, 1])
def test_diag_of_a_vector_and_of_a_matrix(verify, rng, k):
    verify(dp.diag, rng.normal(size=3), k=k)
    verify(dp.diag, rng.normal(size=(3, 4)), k=k, batch=[None])


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_from_diagonal(verify, rng, offset):
    x = rng.normal(size=(2, 3))
    side = 3 + abs(offset)
    placed = dp.from_diagonal(x, shape=(2, side, side), offset=offset, axis1=1, axis2=2)
    np.testing.assert_array_equal(placed, [np.diag(row, offset) for row in x])
    verify(dp.from_diagonal, x, shape=(2, side, side), offset=offset, axis1=1, axis2=2, batch=[None])


def test_a_square_of_a_named_size():
    x = dp.Graph().input("x", ("n", "n", 3))
    assert x.diagonal().shape == (3, "n")
    assert str(x.diagonal(offset=-1).spec) == "(3, n - 1) float64"
    gradient = dp.forward(dp.gradient(np.sum(np.trace(x)), x), {"x": np.ones((2, 2, 3))})
    np.testing.assert_array_equal(gradient[..., 0], np.eye(2))


def test_refused():
    graph = dp.Graph()
    x = graph.input("x", ("m", "n"))
    with pytest.raises(ShapeError, match="diagonal of a matrix of m by n is not known"):
        np.diagonal(x)
    with pytest.raises(ShapeError, match="a triangle is part of a matrix"):
        np.tril(x[0])
    with pytest.raises(ShapeError, match=r"np\.diagonal takes stacks"):
        np.diag(graph.input("y", (2, 2, 2)))
