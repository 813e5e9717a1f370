"""Exponentials and logarithms, trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce

import numpy as np

from dagprop.operators.activation import sigmoid
from dagprop.plugin.declaring import Value, elementwise

LN2, LN10 = float(np.log(2)), float(np.log(10))

# ---- exponentials -----------------------------------------------------------------------------------------------

exp = elementwise(
    np.exp,
    advice="exp overflows above about 709 (88 in float32): use logsumexp, softmax or softplus.",
    latex="e^{{{x:bare}}}",
    text="exp({x:bare})",
)


@exp.derivative
def _(x: Value, *, out: Value) -> Value:
    return out


@exp.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0


exp2 = elementwise(np.exp2, latex="2^{{{x:bare}}}", text="2^({x:bare})")


@exp2.derivative
def _(x: Value, *, out: Value) -> Value:
    return LN2 * out


@exp2.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0


expm1 = elementwise(np.expm1, latex="e^{{{x:bare}}} - 1", text="exp({x:bare}) − 1", binding="sum")


@expm1.derivative
def _(x: Value) -> Value:
    return np.exp(x)  # not out + 1, of which nothing is left at -40


# ---- logarithms -------------------------------------------------------------------------------------------------

log = elementwise(
    np.log,
    singular=True,
    advice="log needs a positive operand: clip it, or use log1p, logsumexp or a loss that takes logits.",
    latex=r"\ln({x:bare})",
    text="ln({x:bare})",
)


@log.derivative
def _(x: Value) -> Value:
    return 1 / x


log2 = elementwise(np.log2, singular=True, latex=r"\log_2({x:bare})", text="log₂({x:bare})")


@log2.derivative
def _(x: Value) -> Value:
    return 1 / (LN2 * x)


log10 = elementwise(np.log10, singular=True, latex=r"\log_{{10}}({x:bare})", text="log₁₀({x:bare})")


@log10.derivative
def _(x: Value) -> Value:
    return 1 / (LN10 * x)


log1p = elementwise(np.log1p, singular=True, latex=r"\ln(1 + {x:bare})", text="ln(1 + {x:bare})")


@log1p.derivative
def _(x: Value) -> Value:
    return 1 / (1 + x)


logaddexp = elementwise(
    np.logaddexp,
    singular=True,  # -inf - -inf is NaN
    latex=r"\ln(e^{{{x:bare}}} + e^{{{y:bare}}})",
    text="ln(exp({x:bare}) + exp({y:bare}))",
)


@logaddexp.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return sigmoid(x - y), sigmoid(y - x)


logaddexp2 = elementwise(
    np.logaddexp2,
    singular=True,
    latex=r"\log_2(2^{{{x:bare}}} + 2^{{{y:bare}}})",
    text="log₂(2^({x:bare}) + 2^({y:bare}))",
)


@logaddexp2.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return sigmoid(LN2 * (x - y)), sigmoid(LN2 * (y - x))


# ---- trigonometric functions ------------------------------------------------------------------------------------

sin = elementwise(np.sin, latex=r"\sin({x:bare})", text="sin({x:bare})")


@sin.derivative
def _(x: Value) -> Value:
    return np.cos(x)


cos = elementwise(np.cos, latex=r"\cos({x:bare})", text="cos({x:bare})")


@cos.derivative
def _(x: Value) -> Value:
    return -np.sin(x)


tan = elementwise(np.tan, latex=r"\tan({x:bare})", text="tan({x:bare})")


@tan.derivative
def _(x: Value, *, out: Value) -> Value:
    return 1 + np.square(out)


arcsin = elementwise(np.arcsin, singular=True, latex=r"\arcsin({x:bare})", text="arcsin({x:bare})")


@arcsin.derivative
def _(x: Value) -> Value:
    return 1 / np.sqrt((1 - x) * (1 + x))  # 1 - x² would lose digits near 1


arccos = elementwise(np.arccos, singular=True, latex=r"\arccos({x:bare})", text="arccos({x:bare})")


@arccos.derivative
def _(x: Value) -> Value:
    return -1 / np.sqrt((1 - x) * (1 + x))


arctan = elementwise(np.arctan, latex=r"\arctan({x:bare})", text="arctan({x:bare})")


@arctan.derivative
def _(x: Value) -> Value:
    return 1 / (1 + np.square(x))


arctan2 = elementwise(
    np.arctan2,
    singular=True,  # at the origin
    latex=r"\operatorname{{atan2}}({x:bare}, {y:bare})",
    text="atan2({x:bare}, {y:bare})",
)


@arctan2.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    square = np.square(x) + np.square(y)
    return y / square, -x / square


deg2rad = elementwise(np.deg2rad, latex=r"\frac{{\pi}}{{180}} {x}", text="π/180 · {x}", binding="product")
radians = elementwise(np.radians, latex=r"\frac{{\pi}}{{180}} {x}", text="π/180 · {x}", binding="product")


@deg2rad.derivative
@radians.derivative
def _(x: Value) -> Value:
    return np.pi / 180


rad2deg = elementwise(np.rad2deg, latex=r"\frac{{180}}{{\pi}} {x}", text="180/π · {x}", binding="product")
degrees = elementwise(np.degrees, latex=r"\frac{{180}}{{\pi}} {x}", text="180/π · {x}", binding="product")


@rad2deg.derivative
@degrees.derivative
def _(x: Value) -> Value:
    return 180 / np.pi


SINC_SLOPES = [(-1) ** k * np.pi ** (2 * k) * 2 * k / math.factorial(2 * k + 1) for k in range(8, 0, -1)]
"""The Taylor coefficients of sinc' at x¹⁵, …, x³, x: enough for 16 digits up to 0.2."""


@elementwise(numpy=[np.sinc], latex=r"\operatorname{{sinc}}({x:bare})", text="sinc({x:bare})")
def sinc(x: Value) -> Value:
    """The normalised sine cardinal sin(πx) / (πx), and 1 at 0."""
    return np.sinc(x)


@sinc.derivative
def _(x: Value, *, out: Value) -> Value:
    near = np.abs(x) < 0.2  # there cos(πx) and sinc(x) cancel
    close, away = np.where(near, x, 0), np.where(near, 1, x)
    series = close * reduce(lambda value, slope: value * np.square(close) + slope, SINC_SLOPES)
    return np.where(near, series, (np.cos(np.pi * x) - out) / away)


# ---- hyperbolic functions ---------------------------------------------------------------------------------------

sinh = elementwise(np.sinh, latex=r"\sinh({x:bare})", text="sinh({x:bare})")


@sinh.derivative
def _(x: Value) -> Value:
    return np.cosh(x)


cosh = elementwise(np.cosh, latex=r"\cosh({x:bare})", text="cosh({x:bare})")


@cosh.derivative
def _(x: Value) -> Value:
    return np.sinh(x)


tanh = elementwise(np.tanh, latex=r"\tanh({x:bare})", text="tanh({x:bare})")


@tanh.derivative
def _(x: Value, *, out: Value) -> Value:
    return 1 - np.square(out)


arcsinh = elementwise(np.arcsinh, latex=r"\operatorname{{arsinh}}({x:bare})", text="arsinh({x:bare})")


@arcsinh.derivative
def _(x: Value) -> Value:
    return 1 / np.hypot(1, x)


arccosh = elementwise(np.arccosh, singular=True, latex=r"\operatorname{{arcosh}}({x:bare})", text="arcosh({x:bare})")


@arccosh.derivative
def _(x: Value) -> Value:
    return 1 / np.sqrt((x - 1) * (x + 1))


arctanh = elementwise(np.arctanh, singular=True, latex=r"\operatorname{{artanh}}({x:bare})", text="artanh({x:bare})")


@arctanh.derivative
def _(x: Value) -> Value:
    return 1 / ((1 - x) * (1 + x))


# ---- in formulas and symbols --------------------------------------------------------------------------------------


@log1p.tidy
def _(x: Value) -> Value:
    return np.log(1 + x)


exp.symbol(lambda sympy, x: sympy.exp(x))
exp2.symbol(lambda _, x: 2**x)
expm1.symbol(lambda sympy, x: sympy.exp(x) - 1)
log.symbol(lambda sympy, x: sympy.log(x))
log2.symbol(lambda sympy, x: sympy.log(x, 2))
log10.symbol(lambda sympy, x: sympy.log(x, 10))
log1p.symbol(lambda sympy, x: sympy.log(1 + x))
logaddexp.symbol(lambda sympy, x, y: sympy.log(sympy.exp(x) + sympy.exp(y)))
sin.symbol(lambda sympy, x: sympy.sin(x))
cos.symbol(lambda sympy, x: sympy.cos(x))
tan.symbol(lambda sympy, x: sympy.tan(x))
arcsin.symbol(lambda sympy, x: sympy.asin(x))
arccos.symbol(lambda sympy, x: sympy.acos(x))
arctan.symbol(lambda sympy, x: sympy.atan(x))
arctan2.symbol(lambda sympy, x, y: sympy.atan2(x, y))
sinh.symbol(lambda sympy, x: sympy.sinh(x))
cosh.symbol(lambda sympy, x: sympy.cosh(x))
tanh.symbol(lambda sympy, x: sympy.tanh(x))
arcsinh.symbol(lambda sympy, x: sympy.asinh(x))
arccosh.symbol(lambda sympy, x: sympy.acosh(x))
arctanh.symbol(lambda sympy, x: sympy.atanh(x))

OPERATORS = (
    exp, exp2, expm1, log, log2, log10, log1p, logaddexp, logaddexp2,
    sin, cos, tan, arcsin, arccos, arctan, arctan2, deg2rad, radians, rad2deg, degrees,
    sinc, sinh, cosh, tanh, arcsinh, arccosh, arctanh,
)  # fmt: skip
