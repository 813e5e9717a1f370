"""Einstein summation, in every way NumPy lets one write it."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, ShapeError

CASES = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("i,j->ij", (2,), (3,)),
    ("i,i", (3,), (3,)),
    ("ij->j", (2, 3)),
    ("ij->", (2, 3)),
    ("ba", (2, 3)),
    (" i j -> j i ", (2, 3)),
    (",i->i", (), (3,)),
    ("ijk,k->j", (2, 3, 4), (4,)),
    ("ij,kj,lk->il", (2, 3), (4, 3), (5, 4)),
    ("ij,ij->ij", (2, 3), (1, 3)),
    ("ij,j->i", (2, 1), (3,)),
    ("i,i->", (3,), (1,)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 2)),
    ("...ij,...jk->...ik", (5, 2, 3), (3, 4)),
    ("...ij,jk", (5, 2, 3), (3, 4)),
    ("i...->...", (2, 3, 4)),
    ("...,...", (3, 1), (2, 1, 4)),
    ("...i,...i->...", (2, 3), (3,)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (3, 3, 3)),
    ("iijj->ij", (3, 3, 2, 2)),
    ("i...i", (3, 2, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("ii,i", (3, 3), (3,)),
]


@pytest.mark.parametrize(("subscripts", "shapes"), [(s, shapes) for s, *shapes in CASES], ids=str)
def test_values_and_derivatives(rng, subscripts, shapes):
    """To second order, through whatever diagonals are taken beforehand."""
    arrays = [rng.normal(size=shape) for shape in shapes]
    graph = dp.Graph()
    nodes = [graph.input(f"x{i}", shape) for i, shape in enumerate(shapes)]
    feeds = dict(zip(nodes, arrays, strict=True))
    made = np.einsum(subscripts, *nodes)
    np.testing.assert_allclose(dp.forward(made, feeds), np.einsum(subscripts, *arrays), atol=1e-14)
    report = dp.check_gradient(np.sum(np.sin(made)), feeds, wrt=nodes)
    assert report.ok, report
    first = dp.gradient(np.sum(np.sin(made)), nodes)
    report = dp.check_gradient(sum(np.sum(gradient**2) for gradient in first), feeds, wrt=nodes)
    assert report.ok, report


@pytest.mark.parametrize(
    ("subscripts", "shapes", "batch"),
    [
        ("ij,jk->ik", ((2, 3), (3, 4)), [0, None]),
        ("...j,jk", ((5, 2, 3), (3, 4)), [0, None]),
        ("bi,bj->ij", ((4, 3), (4, 2)), [0, 0]),
        ("bi->", ((4, 3),), [0]),
    ],
)
def test_named_dimensions(verify, rng, subscripts, shapes, batch):
    verify(dp.einsum, subscripts, *(rng.normal(size=shape) for shape in shapes), batch=batch)


def test_axes_by_number():
    x, y = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    node = dp.Graph().input("x", ("batch", 3))
    for args in ([node, [0, 1], y, [1, 2], [0, 2]], [node, [..., 1], y, [1, 2]]):
        expected = np.einsum(*(x if arg is node else arg for arg in args))
        np.testing.assert_allclose(dp.forward(np.einsum(*args), {"x": x}), expected)


def test_a_graph_holds_the_subscripts_in_full():
    x = dp.Graph().input("x", (2, 3, 3))
    made = np.einsum("...ii", x)
    assert made.attributes == {"subscripts": "ai->a"}
    assert made.operands[0].what == "diagonal"


@pytest.mark.parametrize(
    ("subscripts", "error", "reason"),
    [
        ("ij,jk->ik", ValueError, "is about 2 operands, and there are 1"),
        ("i->i", ValueError, "labels other than the 2 dimensions"),
        ("i1->i", ValueError, "'1' in 'i1->i' is no label"),
        ("ij->ik", ShapeError, "each label of the output 'ik' comes from an operand"),
        ("ij->ii", ShapeError, "and once"),
        (3, OperandError, "a string such as"),
    ],
    ids=str,
)
def test_refused(subscripts, error, reason):
    x = dp.Graph().input("x", (2, 3))
    with pytest.raises(error, match=reason):
        dp.einsum(subscripts, x)


def test_sizes_that_differ():
    graph = dp.Graph()
    with pytest.raises(ShapeError, match="the label 'j' is 3 in one operand and 4 in another"):
        np.einsum("ij,jk", graph.input("x", (2, 3)), graph.input("y", (4, 2)))
