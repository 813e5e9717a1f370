"""Sizes that may be names: arithmetic, and how it is written."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagprop.dimension import Dim, Writing, bind
from dagprop.spec import Spec

B, T = Dim("batch"), Dim("time")
SIZES = {"batch": 12, "time": 5}


def test_a_name_is_its_string():
    assert B == "batch"
    assert hash(B) == hash("batch")
    assert B.name == "batch"
    assert (2 * B).name is None
    assert 2 * B != "batch"


def test_a_dimension_without_a_size_is_no_number():
    for number in (int, range, [0].__mul__, (1, 2).__getitem__):
        with pytest.raises(TypeError, match="the dimension batch has no size yet"):
            number(B)


def test_arithmetic_with_numbers_ends_in_numbers():
    assert B - B == 0
    assert type(B - B) is int
    assert (B + 3) - B == 3
    assert (6 * B) // B == 6
    assert (B * 0) == 0
    assert -1 * -B == B
    assert 1 - B == -B + 1
    assert math.prod((B, T, 2)) // (2 * T) == B


def test_a_quotient_of_sizes_is_no_number_yet():
    for wrong in (lambda: 1 / B, lambda: B / 2, lambda: B / T, lambda: 1.5 / B):
        with pytest.raises(TypeError, match=r"the dimension batch has no size yet(.|\n)*np.sum\(x\) / x.shape\[0\]"):
            wrong()


def test_division_that_leaves_a_rest():
    assert (B // np.int64(2)) == B // 2
    assert (B // 2).bind({"batch": 5}) == 2
    with pytest.raises(TypeError, match="the dimension batch is not a multiple of time"):
        B // T
    for wrong in (lambda: B + 0.5, lambda: B * "a", lambda: B + None):
        with pytest.raises(TypeError):
            wrong()


expressions = st.recursive(
    st.sampled_from([("batch", B), ("time", T), ("2", 2), ("3", 3)]),
    lambda parts: st.tuples(parts, st.sampled_from("+-*"), parts).map(
        lambda p: (f"({p[0][0]} {p[1]} {p[2][0]})", eval(f"a {p[1]} b", {"a": p[0][1], "b": p[2][1]}))
    ),
    max_leaves=6,
)


@given(expressions, st.integers(0, 9), st.integers(0, 9))
def test_arithmetic_on_names_is_arithmetic_on_their_sizes(expression, batch, time):
    text, dim = expression
    assert bind(dim, {"batch": batch, "time": time}) == eval(text, {"batch": batch, "time": time})


@given(expressions, expressions)
def test_equal_polynomials_are_equal_and_hash_alike(a, b):
    a, b = a[1], b[1]
    assert a + b == b + a
    assert hash(a + b) == hash(b + a)
    assert a * b == b * a
    assert (a + b) - b == a


@given(expressions, st.integers(1, 5), st.integers(0, 9), st.integers(0, 9))
def test_division_rounds_down(expression, divisor, batch, time):
    sizes = {"batch": batch, "time": time}
    assert bind(expression[1] // divisor, sizes) == bind(expression[1], sizes) // divisor


@given(expressions, st.integers(1, 5), st.integers(-3, 3), expressions, st.integers(0, 9), st.integers(0, 9))
def test_a_dimension_reads_as_it_is_worked_out(dividend, divisor, factor, other, batch, time):
    """Whatever stands in it, its text is Python that gives the size, and so is a size that is divided by it."""
    sizes = {"batch": batch, "time": time}
    dim = factor * (dividend[1] // divisor) * other[1] + other[1] // 2
    assert eval(str(dim), dict(sizes)) == bind(dim, sizes)
    if isinstance(dim, Dim):
        text, binding = dim.written()
        text = text if binding == "function" else f"({text})"
        assert eval(f"2**{text}", dict(sizes)) == 2 ** bind(dim, sizes)
        assert dim.names <= sizes.keys()


def test_how_a_dimension_is_written():
    assert [str(d) for d in (3 * ((B + 1) // 2), 1 - B, -B, B // 2, (2 * B) // 3 - 1, (B // 2) * (T // 3))] == [
        "3*((batch + 1)//2)", "1 - batch", "-batch", "batch//2", "(2*batch)//3 - 1", "(batch//2)*(time//3)",
    ]  # fmt: skip
    formula = Writing(str.upper, " ", "−", "⌊{}/{}⌋", closed=True)
    assert (3 * ((B + 1) // 2)).written(formula) == ("3 ⌊(BATCH + 1)/2⌋", "product")
    assert (B // 2).written(formula) == ("⌊BATCH/2⌋", "function")
    assert (B - 1).written(formula) == ("BATCH − 1", "sum")


def test_dimensions_are_copied_and_pickled():
    for dim in (B, 2 * B + T * 3 - 1, B // 2):
        for again in (copy.deepcopy(dim), pickle.loads(pickle.dumps(dim))):
            assert again == dim
            assert hash(again) == hash(dim)
    assert pickle.loads(pickle.dumps(Spec(("batch", 3)))) == Spec(("batch", 3))
