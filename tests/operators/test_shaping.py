"""Shapes: what stands where is the same, and the gradient finds its way back."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import RuleError, ShapeError


@pytest.fixture
def x():
    """A batch of rows."""
    return dp.Graph().input("x", ("batch", 6))


@pytest.mark.parametrize("shape", [(4, 3), (-1, 6), (2, 1, 6), 12, (-1,)], ids=str)
def test_reshape(verify, rng, shape):
    verify(dp.reshape, rng.normal(size=(2, 6)), shape=shape, batch=[None])


def test_reshape_of_nothing(verify):
    verify(dp.reshape, np.zeros((0, 3)), shape=(3, 0), batch=[None])


def test_reshape_with_named_dimensions(x):
    batch = x.shape[0]
    assert x.reshape(-1).shape == (6 * batch,)
    assert x.reshape(batch, 2, -1).shape == ("batch", 2, 3)
    assert np.reshape(x, (-1, 3)).shape == (2 * batch, 3)
    assert np.reshape(x, (2, -1)).shape == (2, 3 * batch)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((-1, -1), "only one dimension"),
        ((4, "batch"), r"6\*batch elements do not fill the shape \(4, batch\)"),
    ],
)
def test_reshape_refused(x, shape, reason):
    with pytest.raises(ShapeError, match=reason):
        np.reshape(x, shape)


def test_reshape_refused_where_numbers_tell():
    x = dp.Graph().input("x", (2, 3))
    for shape, reason in [((4, 2), "6 elements do not fill"), ((4, -1), "6 elements cannot be laid out in rows of 4")]:
        with pytest.raises(ShapeError, match=reason):
            x.reshape(shape)
    with pytest.raises(ValueError, match="row by row"):
        np.reshape(x, (3, 2), order="F")


def test_a_size_that_only_feeds_tell(x):
    reshaped = np.reshape(x, (4, 3))
    assert dp.forward(reshaped, {"x": np.ones((2, 6))}).shape == (4, 3)
    with pytest.raises(RuleError, match="reshape failed while running"):
        dp.forward(reshaped, {"x": np.ones((3, 6))})


def test_ravel(verify, rng, shape):
    verify(dp.ravel, rng.normal(size=shape))


@pytest.mark.parametrize("axis", [0, 1, -1, (0, -1), (1, 2)], ids=str)
def test_expand_dims(verify, rng, axis):
    verify(dp.expand_dims, rng.normal(size=(2, 3)), axis=axis)


@pytest.mark.parametrize("axis", [None, 1, (-1, 1)], ids=str)
def test_squeeze(verify, rng, axis):
    verify(dp.squeeze, rng.normal(size=(3, 1, 1)), axis=axis)


def test_squeeze_refused(x):
    with pytest.raises(ShapeError, match="only an axis of size 1 can be squeezed"):
        np.squeeze(x, axis=1)


@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3), (2, 3, 1, 2)], ids=str)
def test_at_least(verify, rng, name, shape):
    verify(dp.registry[name], rng.normal(size=shape))


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3), (1, 2, 3)], ids=str)
@pytest.mark.parametrize("own", [(2, 3), (3,), (2, 1), ()], ids=str)
def test_broadcast_to(verify, rng, own, shape):
    verify(dp.broadcast_to, rng.normal(size=own), shape=shape, batch=[None])


def test_broadcast_to_refused(x):
    with pytest.raises(ShapeError, match=r"axis -2 is batch in one operand and 2 in another"):
        np.broadcast_to(x, (2, 5))


def test_broadcast_arrays(verify, rng):
    verify(dp.broadcast_arrays, rng.normal(size=(3, 1)), rng.normal(size=(2, 1, 4)), rng.normal())


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_meshgrid(verify, rng, indexing):
    for sizes in [(3,), (3, 2), (2, 3, 4)]:
        verify(dp.meshgrid, *(rng.normal(size=n) for n in sizes), indexing=indexing)


def test_meshgrid_refused(x):
    with pytest.raises(ShapeError, match="'xy' or 'ij'"):
        np.meshgrid(x[0], x[1], indexing="yx")
