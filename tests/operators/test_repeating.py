"""Arrays repeated and padded."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError


@pytest.mark.parametrize("reps", [2, (2,), (2, 3), (3, 1, 2), ()], ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)], ids=str)
def test_tile(verify, rng, shape, reps):
    verify(dp.tile, rng.normal(size=shape), reps=reps)


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), (3, 1), (0, 0), ([1, 0, 2], 1), (np.array([2]), -1)], ids=str)
def test_repeat(verify, rng, repeats, axis):
    verify(dp.repeat, rng.normal(size=(2, 3)), repeats=repeats, axis=axis)


def test_repeat_refused():
    x = dp.Graph().input("x", (2, 3))
    with pytest.raises(ShapeError, match="2 numbers of repeats for an axis of 3 elements"):
        np.repeat(x, [1, 2], axis=1)


@pytest.mark.parametrize("width", [1, (2, 1), ((0, 2), (1, 0)), ((4, 5),)], ids=str)
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
def test_pad(verify, rng, width, mode):
    verify(dp.pad, rng.normal(size=(2, 3)), pad_width=width, mode=mode, batch=[None])


def test_pad_around_a_batch(verify, rng):
    verify(dp.pad, rng.normal(size=(2, 3)), pad_width=((1, 2), (0, 1)), constant_values=7.0)
    verify(dp.pad, rng.normal(size=(2, 3)), pad_width=((0, 0), (2, 1)), mode="reflect")


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("width", [((2, 1), (0, 0)), ((0, 3), (1, 0)), ((1, 0), (2, 2))], ids=str)
def test_the_edges_of_a_batch_are_repeated(verify, rng, size, width):
    verify(dp.pad, rng.normal(size=(size, 3)), pad_width=width, mode="edge")


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "wrap"])
def test_what_else_is_repeated_of_a_batch_depends_on_its_size(mode):
    x = dp.Graph().input("x", ("n", 3))
    with pytest.raises(ShapeError, match=f"which elements mode='{mode}' repeats depends on the size n"):
        np.pad(x, 1, mode)


def test_pad_refused():
    x = dp.Graph().input("x", (2, 3))
    with pytest.raises(ShapeError, match="pad: mode='maximum' has no derivative"):
        np.pad(x, 1, "maximum")
    with pytest.raises(ShapeError, match="pad_width is at least 0, not -1"):
        np.pad(x, -1)


def test_a_named_size_may_say_how_often():
    g = dp.Graph()
    x, y = g.input("x", ("n", 2)), g.input("y", (1, 3))
    feeds = {"x": np.ones((4, 2)), "y": np.arange(3.0)[None]}
    for made, shape in ((np.tile(y, (x.shape[0], 1)), (4, 3)), (np.repeat(y, x.shape[0], axis=0), (4, 3))):
        assert dp.forward(made * 1 + 0 * np.sum(x), feeds).shape == shape
