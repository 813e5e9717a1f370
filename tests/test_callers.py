"""Nodes bear the user's line, and warnings point to it."""

import warnings
from pathlib import Path

import numpy as np

import dagprop as dp
from dagprop.callers import user_line, warn
from dagprop.errors import FallbackWarning, NonFiniteWarning


def test_a_line_is_the_users_even_through_numpy():
    x = dp.Graph().input("x")
    file, line = np.exp(x).source
    assert file == __file__
    assert "np.exp(x).source" in Path(file).read_text("utf-8").splitlines()[line - 1]
    assert user_line() is not None


def test_a_warning_points_to_the_users_line():
    g = dp.Graph()
    w = g.parameter("w", (), initial=0.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        dp.backprop(np.log(w))
        dp.compile(np.log(w), on_nonfinite="warn")()
        warn("here", FallbackWarning)
    assert [one.category for one in told] == [NonFiniteWarning, NonFiniteWarning, FallbackWarning]
    assert {one.filename for one in told} == {__file__}
