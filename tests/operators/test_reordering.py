"""Axes exchanged; elements reversed, rolled and turned."""

from __future__ import annotations

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError

CASES = [
    ("transpose", {}),
    ("transpose", {"axes": (1, 2, 0)}),
    ("transpose", {"axes": (-1, 0, 1)}),
    ("swapaxes", {"axis1": 0, "axis2": -1}),
    ("moveaxis", {"source": 0, "destination": -1}),
    ("moveaxis", {"source": (0, 1), "destination": (-1, 0)}),
    ("flip", {}),
    ("flip", {"axis": 1}),
    ("flip", {"axis": (0, -1)}),
    ("fliplr", {}),
    ("flipud", {}),
    ("roll", {"shift": 2}),
    ("roll", {"shift": -1, "axis": 1}),
    ("roll", {"shift": (1, 2), "axis": (0, -1)}),
    ("roll", {"shift": 3, "axis": (0, 1)}),
    *(("rot90", {"k": k, "axes": (1, 2)}) for k in (0, 1, 2, 3, -1)),
    ("rot90", {}),
]


@pytest.mark.parametrize(("name", "attributes"), CASES, ids=str)
def test_derivatives(verify, rng, name, attributes):
    verify(dp.registry[name], rng.normal(size=(2, 3, 4)), **attributes)
    verify(dp.registry[name], np.zeros((2, 0, 4)), **attributes)


def test_a_node_has_arrays_properties(rng):
    x = dp.Graph().input("x", ("batch", 3, 4))
    assert x.T.shape == (4, 3, "batch")
    assert x.mT.shape == ("batch", 4, 3)
    assert x.transpose(1, 0, 2).shape == x.swapaxes(0, 1).shape == (3, "batch", 4)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda x: np.transpose(x, (0, 1)), "2 axes are named, and there are 3"),
        (lambda x: np.transpose(x, (0, 1, 1)), "repeated axis"),
        (lambda x: np.swapaxes(x, 0, 3), "axis 3 is out of bounds"),
        (lambda x: np.moveaxis(x, (0, 1), 2), "2 axes go to 1 places"),
        (lambda x: np.flip(x, 4), "axis 4 is out of bounds"),
        (lambda x: np.fliplr(x[0, 0]), "axis 1 is out of bounds"),
        (lambda x: np.rot90(x, 1, (0, 3)), "axis 3 is out of bounds for array"),
    ],
)
def test_refused(make, reason):
    with pytest.raises(ShapeError, match=reason):
        make(dp.Graph().input("x", ("batch", 3, 4)))
