"""The checks that hold arguments against what is asked for."""

import itertools
from collections import UserDict
from pathlib import Path

import numpy as np
import pytest

from dagprop import arguments
from dagprop.errors import ArgumentError


def refusal(check, *args, **kwargs):
    """What a check says against a value."""
    with pytest.raises(ArgumentError) as caught:
        check(*args, **kwargs)
    return str(caught.value)


def test_a_value_is_shown_on_one_short_line():
    class Hostile:
        def __repr__(self):
            raise RuntimeError

    assert arguments.shown(np.ones((2, 2))) == "array([[1., 1.], [1., 1.]])"
    assert len(arguments.shown(["x" * 1000] * 1000)) < 1000
    assert "Hostile" in arguments.shown(Hostile())
    assert arguments.shown(10**10_000) == "a int"


def test_whole_numbers():
    assert arguments.whole_number("n", np.int8(3), 0) == 3
    assert type(arguments.whole_number("n", np.int8(3), 0)) is int
    for value in (-1, 1.0, True, "1", None, np.float64(1)):
        assert refusal(arguments.whole_number, "n", value, 0).startswith("n is a whole number, at least 0, not ")


def test_numbers():
    half = np.float32(0.5)
    assert arguments.number("rate", half) is half
    for value in (float("nan"), float("inf"), 10**400, True, 1j, "0.5", None):
        assert refusal(arguments.number, "rate", value).startswith("rate is a number, not ")


def test_truths_are_no_numbers():
    assert arguments.truth("flag", np.True_) is True
    assert refusal(arguments.truth, "flag", 1) == "flag is True or False, not 1"


def test_words():
    assert arguments.word("style", "text", ["text", "latex"]) == "text"
    assert refusal(arguments.word, "style", "LaTeX", ["text", "latex"]).endswith("'LaTeX'. Did you mean latex?")
    assert refusal(arguments.word, "style", ["text"], ["text", "latex"]).endswith("not ['text']")


def test_paths():
    assert arguments.path("path", "a.svg") == Path("a.svg")
    assert arguments.path("path", Path("a.svg")) == Path("a.svg")
    for value in ("", "a\0b", b"a.svg", 3, None):
        assert refusal(arguments.path, "path", value).startswith("path is the path of a file, not ")


def test_several_parts_are_gone_through_one_by_one():
    assert next(arguments.several("nodes", itertools.count(), "nodes")) == 0
    for value in ("abc", b"abc", {"a": 1}, UserDict(a=1), 3, None):
        assert refusal(arguments.several, "nodes", value, "nodes, in a list").startswith("nodes is nodes, in a list,")


def test_dtypes():
    assert arguments.dtype("dtype", "f4") == arguments.dtype("dtype", np.float32) == np.dtype(np.float32)
    for value in (None, "flaot", "f4,f4", object, np.ones(2), [("a", int)], 3):
        assert refusal(arguments.dtype, "dtype", value).startswith("dtype is a dtype of numbers, such as 'float32'")


def test_arrays():
    assert arguments.array("x", [1, 2]).tolist() == [1, 2]
    for value in ("a", None, [[1], [2, 3]], np.array([object()]), {1}):
        assert refusal(arguments.array, "x", value).startswith("x is an array of numbers, not ")
