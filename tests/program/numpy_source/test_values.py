"""Plain values are written so that Python reads the same value again."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dagprop.program.numpy_source.values import dimension, index, literal, written
from dagprop.spec import Dim


@pytest.mark.parametrize(
    "value",
    [3, 2.5, True, None, "edge", (1,), (1, (2, 3)), [1, [2]], slice(1, None, 2), ..., np.dtype("f4"), -float("inf")],
    ids=repr,
)
def test_a_value_is_read_again(value):
    assert eval(written(value, str), {"np": np}) == value


def test_a_number_of_numpy_s_is_a_plain_number():
    assert written((np.float64(0.5), np.int8(3)), str) == "(0.5, 3)"
    assert written(np.float32("nan"), str) == "np.nan"


def test_an_index_has_pythons_colons():
    assert [index(entry, str) for entry in (slice(None), slice(1, -1), slice(None, None, -1), 3, None)] == [
        ":", "1:-1", "::-1", "3", "None",
    ]  # fmt: skip


def test_a_dimension_is_arithmetic_on_sizes():
    batch, k = Dim("batch"), Dim("k")
    for dim in (batch, 2 * batch, batch * k + 1, (batch + 1) // 2, 3 * ((batch * k) // 4)):
        sizes = {"batch": 7, "k": 4}
        assert eval(dimension(dim, str), sizes.copy()) == dim.bind(sizes)


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1, 2], [3, 4]], np.int32),
        np.array([True, False]),
        np.array([np.inf, -np.inf, np.nan, -0.0, 1e-300, 0.1]),
        np.float32([0.1, 3.0]),
        np.zeros((2, 0), np.float32),
        np.array(7.5),
    ],
)
def test_a_literal_is_its_array(array):
    again = eval(literal(array), {"np": np})
    assert_array_equal(again, array, strict=True)
    assert_array_equal(np.signbit(again), np.signbit(array)) if array.dtype.kind == "f" else None
