"""Arrays joined and split, along named axes as well."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import RuleError, ShapeError


@pytest.mark.parametrize("axis", [0, -2, None])
def test_concatenate(verify, rng, axis):
    parts = [rng.normal(size=(n, 3)) for n in (2, 1, 0)]
    verify(dp.concatenate, parts, axis=axis, batch=[None] * 3)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stack(verify, rng, axis):
    verify(dp.stack, [rng.normal(size=(2, 3)), rng.normal(size=(2, 3))], axis=axis)
    verify(dp.stack, [rng.normal(), rng.normal()], axis=0)


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2), (0, 3)], ids=str)
def test_stacks(verify, rng, name, shape):
    verify(dp.registry[name], [rng.normal(size=shape), rng.normal(size=shape)])


def test_vectors_beside_matrices(verify, rng):
    verify(dp.vstack, [rng.normal(size=3), rng.normal(size=(2, 3))])
    verify(dp.column_stack, [rng.normal(size=3), rng.normal(size=(3, 2))], batch=[0, 0])


def test_a_batch_behind_another():
    graph = dp.Graph()
    x, y = graph.input("x", ("m", 3)), graph.input("y", ("n", 3))
    both = np.concatenate([x, y, np.zeros((1, 3))])
    assert str(both.spec) == "(m + n + 1, 3) float64"
    feeds = {"x": np.ones((2, 3)), "y": np.ones((4, 3))}
    first, second = dp.forward(dp.gradient(np.sum(both**2 * both), [x, y]), feeds)
    assert first.shape == (2, 3)
    assert second.shape == (4, 3)


@pytest.mark.parametrize(
    ("join", "reason"),
    [
        (lambda x, y: np.concatenate([x, y]), "axis 1 is 3 in one array and 4 in another; only axis 0 may differ"),
        (lambda x, y: np.concatenate([x, y[0]]), "arrays of 2 and of 1 dimensions cannot be joined"),
        (lambda x, y: np.stack([x, y]), "axis 2 is 3 in one array"),
        (lambda x, y: np.stack([x, y[0]]), "arrays to be stacked are of one shape"),
        (lambda x, y: np.concatenate([x, x], axis=2), "axis 2 is out of bounds"),
    ],
)
def test_joins_refused(join, reason):
    graph = dp.Graph()
    with pytest.raises(ShapeError, match=reason):
        join(graph.input("x", (2, 3)), graph.input("y", (2, 4)))


@pytest.mark.parametrize(
    ("name", "cuts", "axis"),
    [
        ("split", 2, 1),
        ("split", [1, 3], -1),
        ("split", [1, 9], 1),
        ("split", [-1], 1),
        ("array_split", 3, 1),
        ("array_split", [2], 0),
        ("vsplit", 3, None),
        ("hsplit", [1], None),
        ("hsplit", 2, None),
    ],
)
def test_split(verify, rng, name, cuts, axis):
    where = {} if axis is None else {"axis": axis}
    verify(dp.registry[name], rng.normal(size=(3, 4)), indices_or_sections=cuts, batch=[None], **where)


def test_split_deep(verify, rng):
    verify(dp.dsplit, rng.normal(size=(3, 2, 4)), indices_or_sections=2)
    verify(dp.hsplit, rng.normal(size=4), indices_or_sections=[1, 2], batch=[None])


def test_a_split_batch(verify, rng):
    verify(dp.split, rng.normal(size=(4, 2)), indices_or_sections=2)
    verify(dp.array_split, rng.normal(size=(5, 2)), indices_or_sections=3)
    x = dp.Graph().input("x", ("batch", 2))
    head, tail = np.split(x, [3])
    assert head.shape == (3, 2)
    assert str(tail.spec) == "(batch - 3, 2) float64"
    with pytest.raises(RuleError, match="split failed while running"):
        dp.forward(np.split(x, 2)[0], {"x": np.ones((3, 2))})


@pytest.mark.parametrize(
    ("cuts", "reason"),
    [(3, "4 elements cannot be cut into 3"), (0, "one part or more"), ([3, 1], "1 stands behind 3")],
    ids=str,
)
def test_splits_refused(cuts, reason):
    x = dp.Graph().input("x", (4,))
    with pytest.raises(ShapeError, match=reason):
        np.split(x, cuts)
