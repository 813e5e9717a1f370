"""Shapes and dtypes known before there is a value: what they say, and how they broadcast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dagprop as dp
from dagprop.dimension import Dim, bind, symbolic
from dagprop.spec import Spec, broadcast, meet, show_shape

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


def test_values_are_in_the_byte_order_of_the_machine():
    swapped = np.dtype(np.float32).newbyteorder()
    assert Spec((2,), swapped).dtype.isnative
    g = dp.Graph()
    x, c = g.input("x", (2,), swapped), g.constant(np.array([1, 2], swapped))
    assert dp.forward((x * c)[1], {"x": np.array([3, 4], swapped)}) == 8
    assert x.dtype == c.dtype == np.float32


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
