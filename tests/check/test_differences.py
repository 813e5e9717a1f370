import numpy as np
import pytest

from dagprop.check.differences import slope

ONE = [np.ones(())]


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (np.exp, 1.0, np.e),
        (np.log, 1e-5, 1e5),
        (np.sin, 100.0, np.cos(100.0)),
        (np.square, 0.0, 0.0),
        (lambda x: 1e6 + x, 3.0, 1.0),
        (lambda x: x**7, -20.0, 7 * 20.0**6),
    ],
)
def test_smooth_functions(function, at, expected):
    found = slope(lambda x: [np.asarray(function(x))], ONE, at)
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert abs(found.value - expected) <= 100 * found.uncertainty + 1e-12 * abs(expected)
    assert not found.kinked


def test_a_weighted_sum_of_several_outputs():
    found = slope(lambda x: [np.array([x, x * x]), np.array(x**3)], [np.array([1.0, 10.0]), np.array(100.0)], 1.0)
    assert found.value == pytest.approx(1 + 20 + 300)


def test_both_sides_of_a_kink():
    found = slope(lambda x: [np.asarray(max(x, 3 * x))], ONE, 0.0)
    assert found.kinked
    assert (found.left, found.right) == pytest.approx((1, 3))


def test_a_jump_has_any_slope():
    found = slope(lambda x: [np.floor(x)], ONE, 1.0)
    assert (found.left, found.right) == (-np.inf, np.inf)


def test_beyond_the_edge_of_its_domain_a_function_is_left_alone():
    """The first steps around 1e-6 leave the logarithm's domain; the smaller ones stay inside."""
    with np.errstate(invalid="ignore"):
        found = slope(lambda x: [np.log(x)], ONE, 1e-6)
    assert found.value == pytest.approx(1e6, rel=1e-6)
