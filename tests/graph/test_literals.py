"""Values as text, and back."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import dagprop as dp
from dagprop.dimension import Dim
from dagprop.graph.literals import READABLE, read, show
from dagprop.plugin.index import Index

batch = Dim("batch")
TEXTS = {
    "None": None,
    "True": True,
    "-3": -3,
    "0.1": 0.1,
    "-inf": -np.inf,
    "'a \"word\"'": 'a "word"',
    "...": ...,
    "(1,)": (1,),
    "()": (),
    "[1, (2, 'x')]": [1, (2, "x")],
    "{'axis': None, 'size': (2, 3)}": {"axis": None, "size": (2, 3)},
    "complex(1.5, -0.0)": complex(1.5, -0.0),
    "slice(None, -1, 2)": slice(None, -1, 2),
    "Index((slice(1, None, None), None, 'array'))": Index((slice(1, None), None, "array")),
    "dtype('float32')": np.dtype("float32"),
    "dtype('>i4')": np.dtype(">i4"),
    "type('int8')": np.int8,
    "float": float,
    "scalar(3, 'uint8')": np.uint8(3),
    "Dim('batch')": batch,
    "2*Dim('batch') - 1": 2 * batch - 1,
    "Dim('a b')*Dim('batch')": Dim("a b") * batch,
    "(3*Dim('batch') + 1)//2 + 4": (3 * batch + 1) // 2 + 4,
    "he": dp.initialisers.he,
    "zeros": dp.initialisers.zeros,
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_value_and_its_text(text, value):
    assert show(value) == text
    back = read(text)
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value)  # which tells -0.0 from 0.0, and 3 from np.uint8(3)


@pytest.mark.parametrize("made", [dp.initialisers.normal(0.2), dp.initialisers.uniform(-2.0, 3.0)])
def test_an_initialiser_with_its_scale(made):
    back = read(show(made))
    assert (back.func, back.args) == (made.func, made.args)


def test_not_a_number_is_one_again():
    assert np.isnan(read(show(float("nan"))))
    assert np.isnan(read(show(complex(1, np.nan))).imag)


@given(
    arrays.arrays(
        st.one_of(arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.complex_number_dtypes(), st.just(np.bool_)),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7),
    )
)
def test_an_array_comes_back_the_same(array):
    back = read(show(array))
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert repr(back.tolist()) == repr(array.tolist())  # which tells -0.0 from 0.0


@pytest.mark.parametrize("size", [READABLE, READABLE + 1])
def test_a_large_array_is_not_written_out(size):
    text = show(np.arange(float(size)))
    assert text.startswith("array([0.0, 1.0, ") == (size <= READABLE)
    np.testing.assert_array_equal(read(text), np.arange(size))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros, "<numpy.zeros>"),
        (functools.partial(np.full, fill_value=3), "<partial of full>"),
        (functools.partial(dp.initialisers.normal(2.0), rng=None), "<partial of _normal>"),
        (object(), "<builtins.object>"),
    ],
    ids=["function", "partial", "partial of an initialiser", "object"],
)
def test_what_no_text_can_hold(value, text):
    shown = show(value)
    assert shown == text
    with pytest.raises(ValueError, match="is nothing that a text can hold: give the object itself"):
        read(shown)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 +", "this is not the text of a value: 1 +"),
        ("open('file')", "in a text, open means nothing"),
        ("__import__('os').system('ls')", r"in a text, __import__\('os'\).system means nothing"),
        ("().__class__", r"in a text, \(\).__class__ means nothing"),
        ("[x for x in (1,)]", "means nothing"),
        ("{**{}}", "means nothing"),
        ("'a' * 1000000000", "means nothing"),
        ("slice(*(1, 2))", "means nothing"),
        ("normal(scale=1)", "normal means nothing"),
    ],
)
def test_a_text_is_read_and_never_run(text, told):
    with pytest.raises(ValueError, match=told):
        read(text)
