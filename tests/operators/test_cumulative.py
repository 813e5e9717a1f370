"""Running sums and products, differences, and the recurrence that differentiates them."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_derivatives(verify, rng, name, axis):
    verify(dp.registry[name], rng.normal(size=(3, 4)), axis=axis)
    verify(dp.registry[name], np.zeros((0, 4)), axis=axis)


def test_running_product_through_zeros(verify, rng):
    x = rng.normal(size=(2, 5))
    x[0, [1, 3]] = x[1, 0] = 0
    verify(dp.cumprod, x, axis=1)
    verify(dp.cumprod, x)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_differences(verify, rng, n):
    verify(dp.registry["diff"], rng.normal(size=(2, 4)), n=n, batch=[0])
    verify(dp.registry["diff"], rng.normal(size=(4, 2)), n=n, axis=0, batch=[1])


def test_differences_along_a_named_axis(verify, rng):
    verify(dp.registry["diff"], rng.normal(size=(4, 2)), n=2, axis=0)


def test_fewer_than_no_differences():
    x = dp.Graph().input("x", (3,))
    with pytest.raises(ShapeError, match="n is at least 0, not -1"):
        np.diff(x, -1)


@pytest.mark.parametrize("by", [1, -1])
def test_shift(verify, rng, by):
    verify(dp.shift, rng.normal(size=(3, 4)), by=by, axis=1, fill=2.0)
    moved = dp.shift(np.arange(1.0, 4.0), by=by, axis=0, fill=9.0)
    assert moved.tolist() == ([9, 1, 2] if by == 1 else [2, 3, 9])


@pytest.mark.parametrize("reverse", [False, True])
def test_recurrence(verify, rng, reverse):
    a, b = rng.normal(size=(2, 3, 4))
    verify(dp.recurrence, a, b, axis=1, reverse=reverse)
    y, expected = np.zeros(3), []
    for i in reversed(range(4)) if reverse else range(4):
        y = a[:, i] * y + b[:, i]
        expected.append(y)
    expected = expected[::-1] if reverse else expected
    np.testing.assert_allclose(dp.recurrence(a, b, axis=1, reverse=reverse), np.stack(expected, axis=1))
