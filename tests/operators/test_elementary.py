import mpmath
import numpy as np
import pytest
import scipy.special

import dagprop as dp

ONE = {  # each over a range where it is smooth
    "exp": (-2, 2), "exp2": (-2, 2), "expm1": (-2, 2), "log": (0.2, 3), "log2": (0.2, 3), "log10": (0.2, 3),
    "log1p": (-0.7, 2), "sin": (-4, 4), "cos": (-4, 4), "tan": (-1, 1), "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8), "arctan": (-3, 3), "sinh": (-2, 2), "cosh": (-2, 2), "tanh": (-2, 2),
    "arcsinh": (-3, 3), "arccosh": (1.3, 3), "arctanh": (-0.8, 0.8), "deg2rad": (-90, 90), "radians": (-90, 90),
    "rad2deg": (-2, 2), "degrees": (-2, 2), "sinc": (-2, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_derivatives_along_one_operand(verify, rng, shape, name):
    verify(dp.registry[name], rng.uniform(*ONE[name], shape))


@pytest.mark.parametrize("name", ["arctan2", "logaddexp", "logaddexp2"])
def test_derivatives_along_two_operands(verify, rng, shapes, name):
    verify(dp.registry[name], *(rng.uniform(0.3, 2, shape) for shape in shapes))


@pytest.mark.parametrize("name", ONE)
def test_numpys_function_on_a_node_is_the_operator(name):
    g = dp.Graph()
    assert getattr(np, name)(g.input("x")).operator is dp.registry[name]


# ---- exact where the plain formula is not -----------------------------------------------------------------------


def test_the_slope_of_expm1_keeps_its_digits(derivatives):
    (slope,) = derivatives(np.expm1, [-40.0, -300.0])
    np.testing.assert_allclose(slope, [float(mpmath.exp(-40)), float(mpmath.exp(-300))], rtol=1e-15)


@pytest.mark.parametrize("name", ["arcsin", "arctanh"])
def test_slopes_beside_one_keep_their_digits(derivatives, name):
    x = 1 - 2.0**-40
    with mpmath.workdps(50):
        square = 1 - mpmath.mpf(x) ** 2
        expected = float(1 / mpmath.sqrt(square) if name == "arcsin" else 1 / square)
    (slope,) = derivatives(getattr(np, name), x)
    np.testing.assert_allclose(slope, expected, rtol=1e-14)


def test_logaddexp_far_apart():
    """The larger operand has slope 1, the other 0; two infinite ones have none."""
    g = dp.Graph()
    x, y = g.input("x", (3,)), g.input("y", (3,))
    slopes = dp.gradient(np.logaddexp(x, y), [x, y])
    along_x, along_y = dp.forward(slopes, {"x": [1000, -1000, np.inf], "y": [-1000, 1000, 0]})
    assert along_x.tolist() == [1, 0, 1]
    assert along_y.tolist() == [0, 1, 0]


def test_slopes_of_large_arguments_vanish_instead_of_overflowing(derivatives):
    (slope,) = derivatives(np.arcsinh, [-1e200, 1e200])
    np.testing.assert_allclose(slope, [1e-200, 1e-200])
    (slope,) = derivatives(np.tanh, [-1000.0, 1000.0])
    assert slope.tolist() == [0, 0]


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-4, 0.0999, 0.1999, 0.2001, 0.7, 1.0, 1e60])
def test_sinc_around_zero(derivatives, x):
    """sinc(x) is the spherical Bessel function j₀(πx), whose derivatives SciPy and its equation give."""
    first, second = derivatives(np.sinc, x, 2)
    slope = np.pi * scipy.special.spherical_jn(1, np.pi * x) * -1
    np.testing.assert_allclose(first, slope, rtol=1e-13, atol=1e-15)
    curvature = -(np.pi**2) / 3 if x < 1e-6 else -2 * slope / x - np.pi**2 * np.sinc(x)
    np.testing.assert_allclose(second, curvature, rtol=1e-6 if x < 0.01 else 1e-11, atol=1e-12)


# ---- 0 · ∞ ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "edge", "inside"),
    [
        ("log", 0, 2), ("log2", 0, 2), ("log10", 0, 2), ("log1p", -1, 2),
        ("arcsin", 1, 0.5), ("arccos", -1, 0.5), ("arccosh", 1, 2), ("arctanh", 1, 0.5),
    ],
)  # fmt: skip
def test_what_where_did_not_choose_gets_no_gradient(derivatives, name, edge, inside):
    """At its edge the function has an infinite slope, but its value there was not chosen."""
    function = getattr(np, name)
    first, second = derivatives(lambda x: np.where(x == edge, 0, function(x)), np.array([edge, inside], float), 2)
    assert first[0] == 0
    assert second[0] == 0
    assert np.isfinite([first[1], second[1]]).all()


def test_the_angle_at_the_origin_gets_no_gradient_where_it_was_not_chosen():
    g = dp.Graph()
    x, y = g.input("x", (2,)), g.input("y", (2,))
    angle = np.where((x == 0) & (y == 0), 0, np.arctan2(y, x))
    slopes = dp.forward(dp.gradient(angle, [x, y]), {"x": [0, 1], "y": [0, 1]})
    assert [d.tolist() for d in slopes] == [[0, -0.5], [0, 0.5]]
