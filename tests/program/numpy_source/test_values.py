"""Plain values are written so that Python reads the same value again."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dagprop.dimension import Dim
from dagprop.program.numpy_source.values import index, literal, numpy_name, readable, written


@pytest.mark.parametrize(
    "value",
    [
        3,
        2.5,
        True,
        None,
        "edge",
        (1,),
        (1, (2, 3)),
        [1, [2]],
        slice(1, None, 2),
        ...,
        np.dtype("f4"),
        -float("inf"),
        2 + 3j,
        complex(-0.0, np.inf),
        np.dtype(">f4"),
        np.longdouble("0.1"),
        (slice(1, None), 0, None),
        (slice(2),),
    ],
    ids=repr,
)
def test_a_value_is_read_again(value):
    assert eval(written(value, str), {"np": np}) == value


def test_a_number_of_numpy_s_keeps_its_dtype():
    assert written((np.float64(0.5), np.int8(3)), str) == "(np.float64(0.5), np.int8(3))"
    assert written(np.float32("nan"), str) == "np.float32(np.nan)"


def test_an_index_has_pythons_colons():
    assert [index(entry, str) for entry in (slice(None), slice(1, -1), slice(None, None, -1), 3, None)] == [
        ":", "1:-1", "::-1", "3", "None",
    ]  # fmt: skip


def test_a_dimension_is_arithmetic_on_sizes():
    batch, k = Dim("batch"), Dim("k")
    for dim in (batch, 2 * batch, batch * k + 1, (batch + 1) // 2, 3 * ((batch * k) // 4)):
        sizes = {"size_of_batch": 7, "size_of_k": 4}
        assert eval(written(dim, lambda name: f"size_of_{name}"), sizes) == dim.bind({"batch": 7, "k": 4})


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1, 2], [3, 4]], np.int32),
        np.array([True, False]),
        np.array([np.inf, -np.inf, np.nan, -0.0, 1e-300, 0.1]),
        np.float32([0.1, 3.0]),
        np.zeros((2, 0), np.float32),
        np.array(7.5),
        np.array([1 + 2j, complex(np.inf, -0.0)]),
        np.array([1.5], ">f8"),
    ],
)
def test_a_literal_is_its_array(array):
    again = eval(literal(array), {"np": np})
    assert_array_equal(again, array, strict=True)
    assert_array_equal(np.signbit(again), np.signbit(array)) if array.dtype.kind == "f" else None


def test_what_python_has_no_numbers_for_is_not_written_out():
    assert readable(np.zeros(64))
    assert not readable(np.zeros(65))
    assert not readable(np.zeros(2, np.longdouble))


def test_a_function_of_nobody_s_has_no_name():
    assert numpy_name(np.fft.fft) == "np.fft.fft"
    assert numpy_name(lambda x: x) == ""
