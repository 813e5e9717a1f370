import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dagprop.diagram.measure import BINS, flag, log_ratio, measure


@given(arrays.arrays(np.float64, arrays.array_shapes(min_dims=0), elements=st.floats(-1e6, 1e6)))
def test_measure_agrees_with_numpy(array):
    m = measure(array)
    assert m.norm == pytest.approx(np.linalg.norm(array.ravel()), rel=1e-9)
    assert m.mean == pytest.approx(array.mean(), rel=1e-6, abs=1e-9)
    assert m.sd == pytest.approx(array.std(), rel=1e-6, abs=1e-6)
    assert sum(m.histogram) == (array.size if array.size > 1 else 0)
    assert m.shape == array.shape


@pytest.mark.parametrize("size", [1e200, 1e-200, 5e-324, 1.7e308])
def test_squares_neither_overflow_nor_vanish(size):
    assert measure([size, 0.0]).norm == size
    assert measure([size, 0.0]).mean == size / 2


def test_what_is_not_finite_is_counted_and_left_out():
    m = measure([3.0, np.nan, -4.0, np.inf, -np.inf])
    assert (m.norm, m.nan, m.inf, m.finite) == (5.0, 1, 2, False)


def test_integers_booleans_complex_numbers_and_nothing():
    assert measure(np.array([3, 4])).norm == 5.0
    assert measure(np.array([True, False])).mean == 0.5
    assert measure(np.array([3 + 4j])).norm == 5.0
    assert measure(np.zeros((0, 3))).norm == 0.0
    assert measure(np.array([np.nan])).nan == 1


def test_histogram_of_equal_numbers_and_of_neighbouring_floats():
    assert measure([2.0, 2.0, 2.0]).histogram[BINS // 2] == 3
    assert sum(measure([1e16, 1e16 + 2]).histogram) == 2
    assert measure(np.arange(1e6)).histogram[0] > 0


@pytest.mark.parametrize(
    ("norm", "word"),
    [(1.0, ""), (0.011, ""), (0.009, "vanishing"), (99.0, ""), (101.0, "exploding"), (0.0, "zero"), (np.inf, "Inf")],
)
def test_flags_compare_with_the_gradient_that_leaves_the_loss(norm, word):
    assert flag(measure([norm]), 1.0) == word
    if 0 < norm < np.inf:
        assert flag(measure([norm * 1e-250]), 1e-250) == word


def test_nan_is_flagged_before_anything_else():
    assert flag(measure([np.nan, np.inf, 1e9]), 1.0) == "NaN"


def test_log_ratio():
    assert log_ratio(100.0, 1.0) == 2.0
    assert log_ratio(0.0, 1.0) == -math.inf
    assert log_ratio(1e-300, 1e300) == pytest.approx(-600)
