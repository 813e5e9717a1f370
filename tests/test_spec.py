"""Shapes whose dimensions may be names: arithmetic, broadcasting, and what settles them."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagprop.spec import Dim, Spec, Writing, bind, broadcast, meet, show_shape, symbolic

B, T = Dim("batch"), Dim("time")
SIZES = {"batch": 12, "time": 5}


def test_a_spec_reads_as_it_is_written():
    assert repr(Spec(("batch", 3), "float32")) == "Spec((batch, 3), float32)"
    assert str(Spec((2,))) == "(2,) float64"
    assert str(Spec((None, 3))) == "(?, 3) float64"
    assert Spec(3).shape == (3,)
    assert Spec("batch").shape == ("batch",)
    assert Spec([2, np.int64(3)]).shape == (2, 3)
    assert (Spec((2, 3)).size, Spec((2, 3)).ndim, Spec(()).size, Spec((0, 2)).size) == (6, 2, 1, 0)
    assert Spec(("batch", 3)).size == 3 * B


def test_specs_compare_and_hash_by_shape_and_dtype():
    assert Spec(("batch", 3)) == Spec((B, 3))
    assert hash(Spec(("batch", 3))) == hash(Spec((B, 3)))
    assert Spec((3,)) != Spec((3,), np.float32)
    assert Spec((3,)) != Spec((4,))
    assert Spec((3,)) != (3,)
    assert Spec((3,)).concrete
    assert not Spec((None,)).concrete


@pytest.mark.parametrize("shape", [(-1,), (1.5,), (True,), ((2,),)])
def test_what_is_no_dimension_is_refused(shape):
    with pytest.raises((TypeError, ValueError), match="a dimension is"):
        Spec(shape)


def test_binding_settles_names():
    assert Spec(("batch", 2 * T + 1)).bind(SIZES) == Spec((12, 11))
    assert bind((B, [T, 1], slice(None, B), "batch"), SIZES) == (12, [5, 1], slice(None, 12), "batch")
    assert symbolic((1, [2, slice(B)]))
    assert not symbolic((1, [2, slice(3)], "batch"))


def test_unnamed_dimensions_belong_to_their_owner():
    a, b = Spec((None, None)).named("a"), Spec((None,)).named("b")
    assert a.shape[0] != a.shape[1]
    assert a.shape[0] != b.shape[0]
    assert Spec((2,)).named("a") == Spec((2,))


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


def test_how_a_shape_is_shown():
    assert show_shape(()) == "()"
    assert show_shape((B,)) == "(batch,)"
    assert show_shape((2 * B + 1, 3, Dim("?x.0"))) == "(2*batch + 1, 3, ?)"


# ---- broadcasting -------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.sampled_from([0, 1, 2, 3]), max_size=4).map(tuple), min_size=1, max_size=4))
def test_numbers_broadcast_as_numpy_does(shapes):
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(ValueError, match="neither is 1"):
            broadcast(*shapes)
    else:
        assert broadcast(*shapes) == expected


def test_names_broadcast_with_themselves_and_one():
    assert broadcast((B, 1), (1, 3)) == (B, 3)
    assert broadcast((B,), (T, 1)) == (T, B)
    assert broadcast((2 * B,), (B + B,)) == (2 * B,)
    for clash in ((T,), (3,), (2 * B,)):
        with pytest.raises(ValueError, match="axis -1 is batch in one operand and"):
            broadcast((B,), clash)


def test_a_dimension_without_a_name_takes_what_is_known_of_the_other():
    free = Dim("?x.0")
    assert broadcast((free,), (3,)) == (3,)
    assert broadcast((B,), (free,)) == (B,)
    assert meet(free, 7) == 7
    assert meet(3, 4) is None
    assert (2 * free).anonymous
