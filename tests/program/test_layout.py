"""Views are what NumPy makes of arrays, without arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dagprop.program.layout import SCRATCH, Storage, View, memory_order, packed, undone, view_of

BASE = np.arange(24.0).reshape(2, 3, 4)


def whole(array):
    """The view of all of an array."""
    return View(Storage(SCRATCH, array.nbytes, None), 0, array.shape, array.strides, array.dtype)


def read(view, array):
    """What a view shows of an array's memory."""
    return np.ndarray(view.shape, view.dtype, array, view.offset, view.strides)


FUNCTIONS = {
    "transpose": lambda x: np.transpose(x, (2, 0, 1)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 2),
    "slice": lambda x: x[1:, ::2, 1:3],
    "backwards": lambda x: x[::-1, :, ::-1],
    "row": lambda x: x[1, 2],
    "new axis": lambda x: x[:, None, ..., 0],
    "diagonal": lambda x: np.diagonal(x, axis1=1, axis2=2, offset=1),
    "broadcast": lambda x: np.broadcast_to(x, (5, 2, 3, 4)),
    "reshape": lambda x: np.reshape(x, (6, 4)),
    "rot90": lambda x: np.rot90(x, axes=(0, 2)),
    "nothing": lambda x: x[:, :0],
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_view_shows_what_numpy_s_shows(function):
    (view,) = view_of(function, whole(BASE))
    assert_array_equal(read(view, BASE), function(BASE), strict=True)


def test_views_of_views():
    (turned,) = view_of(np.transpose, whole(BASE))
    (part,) = view_of(lambda x: x[1:3, ::-1], turned)
    assert_array_equal(read(part, BASE), BASE.T[1:3, ::-1])


def test_several_views_at_once():
    parts = view_of(lambda x: np.split(x, 2, axis=2), whole(BASE))
    for view, part in zip(parts, np.split(BASE, 2, axis=2), strict=True):
        assert_array_equal(read(view, BASE), part)


@pytest.mark.parametrize("shape", [(2, 0), (0, 2), (0,)])
def test_views_of_nothing_are_views(shape):
    nothing = np.zeros(shape)
    for function in (np.transpose, np.flip, lambda x: x[None], lambda x: np.reshape(x, (*shape, 1))):
        (view,) = view_of(function, whole(nothing)._replace(strides=packed(shape, 8)))
        assert view.shape == function(nothing).shape
        (turned,) = view_of(np.flip, view)
        assert view_of(np.transpose, turned)[0].shape == view.shape[::-1]


def test_axes_of_one_element_put_in_anywhere():
    view = whole(BASE).transposed((2, 0, 1)).lifted((1, 4, 2, 1, 3))
    assert_array_equal(read(view, BASE), BASE.transpose(2, 0, 1)[None, :, :, None])


def test_what_is_no_array_is_no_view():
    assert view_of(lambda x: 3.0, whole(BASE)) is None


@pytest.mark.parametrize(
    "function", [lambda x: x + 1, lambda x: x[[1, 0]], lambda x: np.reshape(x.T, (24,))], ids="123"
)
def test_what_numpy_copies_is_no_view(function):
    assert view_of(function, whole(BASE)) is None


@settings(max_examples=60, deadline=None)
@given(st.permutations([0, 1, 2]), st.lists(st.sampled_from([1, 2, -1]), min_size=3, max_size=3))
def test_transposed_and_strided(order, steps):
    view = whole(BASE).transposed(tuple(order))
    assert_array_equal(read(view, BASE), BASE.transpose(order))
    assert view.transposed(undone(tuple(order))) == whole_like(view)
    (strided,) = view_of(lambda x: x[tuple(slice(None, None, step) for step in steps)], view)
    assert_array_equal(read(strided, BASE), BASE.transpose(order)[tuple(slice(None, None, step) for step in steps)])
    assert strided.contiguous == (read(strided, BASE).flags.c_contiguous)


def whole_like(view):
    return View(view.storage, 0, BASE.shape, BASE.strides, BASE.dtype)


def test_broadcasting_repeats_by_strides_of_zero():
    row = np.arange(4.0)
    assert_array_equal(read(whole(row).broadcast((2, 3, 4)), row), np.broadcast_to(row, (2, 3, 4)))
    assert whole(row).broadcast((4,)).strides == (8,)


def test_every_so_manieth_and_one_of_the_last_axes():
    view = whole(BASE).every((1, 0), (2, 2), (1, 2))
    assert_array_equal(read(view, BASE), BASE[:, 1:3, ::2])
    assert_array_equal(read(whole(BASE).item((2, 1)), BASE), BASE[:, 2, 1])


def test_the_order_of_memory():
    view = whole(BASE)
    assert memory_order([view], BASE.shape) is None
    turned = view.transposed((2, 0, 1))
    order = memory_order([turned], turned.shape)
    assert turned.transposed(order).contiguous
    assert memory_order([view.broadcast((5, 2, 3, 4))], (5, 2, 3, 4)) is None  # it has none of its own


def test_packed_is_numpy_s():
    for shape in ((), (3,), (2, 3, 4), (2, 0, 4), (1, 1)):
        assert len(packed(shape, 8)) == len(shape)
        if 0 not in shape:
            assert packed(shape, 8) == np.zeros(shape).strides
