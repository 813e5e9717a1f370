"""Numbers come in as they are or not at all: through feeds, parameters, first values and constants."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.casting import cast
from dagprop.errors import ArgumentError, FeedError, ShapeError

HELD = {
    "smaller integers": ([1, -2], np.int8, [1, -2]),
    "integers without a sign": ([1, 255], np.uint8, [1, 255]),
    "truth values": ([True, False], np.int16, [1, 0]),
    "integers as floats": (np.array([1, 2]), np.float32, [1, 2]),
    "rounded floats": (np.array([0.1]), np.float32, [np.float32(0.1)]),
    "infinities": ([np.inf, -np.inf], np.float16, [np.inf, -np.inf]),
    "reals as complex": ([1.5], np.complex64, [1.5]),
    "swapped bytes": (np.array([1, 2], ">i4"), "<i4", [1, 2]),
}


@pytest.mark.parametrize(("value", "dtype", "expected"), HELD.values(), ids=HELD)
def test_what_a_dtype_holds_is_taken(value, dtype, expected):
    made = cast(value, np.dtype(dtype), "x")
    assert made.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(made, expected)


def test_nan_is_a_float_of_any_size():
    assert np.isnan(cast(np.nan, np.dtype(np.float16), "x"))


REFUSED = {
    "out of range": ([0, 2**40], np.int32, r"x holds 1099511627776 at \(1,\), which int32 cannot hold"),
    "below zero": ([[0, 0], [0, -1]], np.uint64, r"x holds -1 at \(1, 1\), which uint64 cannot hold"),
    "beyond the sign": (np.uint64(2**63), np.int64, "x holds 9223372036854775808, which int64 cannot hold"),
    "too large a float": ([1e300], np.float32, r"x holds 1e\+300 at \(0,\), which float32 cannot hold"),
    "too large an integer": (70_000, np.float16, "x holds 70000, which float16 cannot hold"),
    "float for int": ([1.9, 2.9], np.int64, "x has dtype float64, and int64 is wanted"),
    "int for bool": ([2], np.bool_, "x has dtype int64, and bool is wanted"),
    "complex for float": (1 + 2j, np.float64, "x has dtype complex128, and float64 is wanted"),
    "text": ("3.5", np.float64, "x has dtype <U3, and float64 is wanted"),
    "object": (2**70, np.float64, "x has dtype object, and float64 is wanted"),
    "text as text": ("3", "U1", "x is an array of numbers, not of <U1"),
    "ragged": ([[1], [1, 2]], np.float64, "x is no array"),
}


@pytest.mark.parametrize(("value", "dtype", "told"), REFUSED.values(), ids=REFUSED)
def test_what_a_dtype_cannot_hold_is_refused(value, dtype, told):
    with pytest.raises(FeedError, match=told):
        cast(np.asarray(value, np.int64) if told.endswith("bool is wanted") else value, np.dtype(dtype), "x")


def test_an_array_of_the_dtype_is_returned_as_it_is():
    array = np.ones(3)
    assert cast(array, array.dtype, "x") is array


def test_what_raises_when_it_is_asked_for_an_array_is_none():
    class Moody:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("not now")

    with pytest.raises(FeedError, match="x is no array: not now"):
        cast(Moody(), np.dtype(float), "x")


WAYS_IN = {
    "feed": (FeedError, lambda g, x, k, value: dp.forward(x * 1, {x: value})),
    "parameter of a run": (FeedError, lambda g, x, k, value: dp.forward(k * 1, None, {k: value})),
    "first value": (ShapeError, lambda g, x, k, value: g.parameter("other", initial=value, dtype=np.int32)),
    "initialiser": (
        ShapeError,
        lambda g, x, k, value: g.parameter("other", (), lambda _: value, np.int32).initial_value(),
    ),
    "constant": ((ShapeError, ArgumentError), lambda g, x, k, value: g.constant(value, dtype=np.int32)),
}


@pytest.mark.parametrize(("error", "gives"), WAYS_IN.values(), ids=WAYS_IN)
@pytest.mark.parametrize("value", [2**40, 2.5, 1 + 2j, "3"])
def test_every_way_in_is_as_strict(error, gives, value):
    g = dp.Graph()
    x, k = g.input("x", (), dtype=np.int32), g.parameter("k", (), dtype=np.int32)
    with pytest.raises(error):
        gives(g, x, k, value)


def test_a_graph_of_integers_keeps_a_float_constant():
    assert dp.Graph(dtype=np.int64).constant(1.5).value == 1.5


def test_zeros_and_ones_are_those_of_any_dtype():
    g = dp.Graph(dtype=np.int8)
    g.parameter("a", (2, 2))
    g.parameter("b", (2,), initial=np.ones)
    values = g.initial_values()
    assert (values["a"].dtype, values["b"].tolist()) == (np.int8, [1, 1])
    assert not values["a"].any()


def test_a_constant_is_in_the_machine_s_byte_order():
    c = dp.Graph().constant(np.array([1.0, 2.0], ">f8"))
    assert c.value.dtype.isnative
    assert c.value.tolist() == [1, 2]
