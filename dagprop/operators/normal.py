"""The standard normal distribution: its density, and its cumulative function, which gelu needs.

NumPy has no error function, and a package that installs everywhere does without SciPy.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from dagprop.plugin.declaring import Value, elementwise

SQRT_HALF, SQRT_PI, SQRT_2PI = (float(np.sqrt(square)) for square in (0.5, np.pi, 2 * np.pi))

# erf and erfc as quotients of polynomials, highest power first: W. J. Cody, "Rational Chebyshev approximations for
# the error function", Mathematics of Computation 23 (1969): |y| < 0.46875, up to 4, and beyond, in 1 / y².
_ERF = (
    (
        1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_ERFC = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
        2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
_ERFC_TAIL = (
    (
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4,
    ),
    (
        1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)  # fmt: skip


def _quotient(polynomials: tuple[tuple[float, ...], tuple[float, ...]], t: Value) -> Value:
    above, below = (reduce(lambda value, factor: value * t + factor, factors) for factors in polynomials)
    return above / below


@elementwise(latex=r"\varphi({x:bare})", text="φ({x:bare})")
def normal_pdf(x: Value) -> Value:
    """φ(x) = exp(-x²/2) / √(2π), the density of a standard normal distribution."""
    return np.exp(-0.5 * np.square(x)) / SQRT_2PI


@normal_pdf.derivative
def _(x: Value, *, out: Value) -> Value:
    return -x * out


@elementwise(latex=r"\Phi({x:bare})", text="Φ({x:bare})")
def normal_cdf(x: Value) -> Value:
    """Φ(x), the share of a standard normal distribution below x, exact to a few units in the last place.

    >>> normal_cdf(np.array([-np.inf, 0.0, np.inf])).tolist()
    [0.0, 0.5, 1.0]
    """
    distance = np.minimum(np.abs(x), 40)  # Φ(-40) is less than the smallest number there is
    y = SQRT_HALF * distance
    centre = y < 0.46875
    low, mid, far = np.where(centre, y, 0), np.clip(y, 0.46875, 4), np.maximum(y, 4)
    near = 0.5 - 0.5 * low * _quotient(_ERF, np.square(low))
    t = 1 / np.square(far)
    tail = (1 / SQRT_PI - t * _quotient(_ERFC_TAIL, t)) / far
    beyond = 0.5 * _bell(distance) * np.where(y < 4, _quotient(_ERFC, mid), tail)
    below = np.where(centre, near, beyond)
    return np.where(x > 0, 1 - below, below)


def _bell(x: Value) -> Value:
    """exp(-x²/2), the square split in two so that its rounding does not grow with it."""
    coarse = np.trunc(16 * x) / 16
    return np.exp(-0.5 * np.square(coarse)) * np.exp(0.5 * (coarse - x) * (coarse + x))


@normal_cdf.derivative
def _(x: Value) -> Value:
    return normal_pdf(x)


@normal_cdf.symbol
def _(sympy: Any, x: Any) -> Any:
    return (1 + sympy.erf(x / sympy.sqrt(2))) / 2


OPERATORS = (normal_pdf, normal_cdf)
