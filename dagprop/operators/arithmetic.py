"""Arithmetic, powers and roots, rounding, and the larger and smaller of two values.

Where a derivative does not exist, a choice is made and its docstring or a comment states it: |x| has slope 0 at 0,
steps have slope 0 everywhere, and two equal values share the slope of their maximum and of their minimum evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dagprop.operator import Value, elementwise
from dagprop.operators.structure import chain


def _varies(x: Value) -> bool:
    """Whether an operand is anything but a constant."""
    return getattr(x, "kind", "") != "constant"


# ---- the four operations ----------------------------------------------------------------------------------------

add = elementwise(np.add, latex="{x} + {y}", text="{x} + {y}", binding="sum")


@add.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, 1.0


subtract = elementwise(np.subtract, latex="{x} - {y}", text="{x} − {y}", binding="sum")


@subtract.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, -1.0


multiply = elementwise(np.multiply, latex=r"{x} \odot {y}", text="{x} · {y}", binding="product")


@multiply.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return y, x


divide = elementwise(
    np.divide,
    singular=lambda _, y: _varies(y),
    latex=r"\frac{{{x:bare}}}{{{y:bare}}}",
    text="{x} / {y}",
    binding="product",
)


@divide.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    return 1 / y, -out / y


negative = elementwise(np.negative, latex="-{x}", text="−{x}", binding="sum")


@negative.derivative
def _(x: Value) -> Value:
    return -1.0


positive = elementwise(np.positive, latex="{x}", text="{x}", binding="sum")


@positive.derivative
def _(x: Value) -> Value:
    return 1.0


reciprocal = elementwise(
    np.reciprocal, singular=True, latex=r"\frac{{1}}{{{x:bare}}}", text="1 / {x}", binding="product"
)


@reciprocal.derivative
def _(x: Value, *, out: Value) -> Value:
    return -out / x  # not -out², whose own slope is infinite at 0


# ---- division with a remainder ----------------------------------------------------------------------------------

floor_divide = elementwise(np.floor_divide, latex=r"\lfloor {x:bare} / {y} \rfloor", text="⌊{x} / {y}⌋")


@floor_divide.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 0.0, 0.0


remainder = elementwise(np.remainder, latex=r"{x} \bmod {y}", text="{x} mod {y}", binding="product")


@remainder.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, -np.floor_divide(x, y)


fmod = elementwise(np.fmod, latex=r"\operatorname{{fmod}}({x:bare}, {y:bare})", text="fmod({x:bare}, {y:bare})")


@fmod.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    return 1.0, np.rint((out - x) / y)  # x / y may round up to the next integer: 1.0 / 0.1 is 10, yet 0.1 goes 9 times


# ---- powers and roots -------------------------------------------------------------------------------------------


def _steep(x: Value, y: Value) -> bool:
    """Whether a power may have an infinite slope: at 0, for an exponent below 1."""
    return _varies(y) or not bool((y.value >= 1).all())


power = elementwise(np.power, singular=_steep, latex="{x}^{{{y:bare}}}", text="{x}^{y}", binding="power")


@power.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    """y·xʸ⁻¹ and xʸ·ln x.

    The first is 0 where y is 0, also at x = 0; `chain` sees to that where y varies.  The second is 0 at x = 0,
    where xʸ does not change with a positive y, and NaN for negative x, where it has no slope along y.
    """
    along_x = chain(y, np.power(x, y - 1)) if _varies(y) else y * np.power(x, np.where(y == 0, 1, y - 1))
    return along_x, out * np.log(np.where(x == 0, 1, x))


float_power = elementwise(np.float_power, singular=_steep, latex="{x}^{{{y:bare}}}", text="{x}^{y}", binding="power")


@float_power.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    along_x = chain(y, np.float_power(x, y - 1)) if _varies(y) else y * np.float_power(x, np.where(y == 0, 1, y - 1))
    return along_x, out * np.log(np.where(x == 0, 1, x))


square = elementwise(np.square, latex="{x}^2", text="{x}²", binding="power")


@square.derivative
def _(x: Value) -> Value:
    return 2 * x


sqrt = elementwise(np.sqrt, singular=True, latex=r"\sqrt{{{x:bare}}}", text="√({x:bare})")


@sqrt.derivative
def _(x: Value, *, out: Value) -> Value:
    return 0.5 / out


cbrt = elementwise(np.cbrt, singular=True, latex=r"\sqrt[3]{{{x:bare}}}", text="∛({x:bare})")


@cbrt.derivative
def _(x: Value, *, out: Value) -> Value:
    return 1 / (3 * np.square(out))


@elementwise(singular=True, latex=r"\frac{{1}}{{\sqrt{{{x:bare}}}}}", text="1 / √({x:bare})", binding="product")
def rsqrt(x: Value) -> Value:
    """1/√x, infinite at 0.

    >>> float(rsqrt(4.0))
    0.5
    """
    return 1 / np.sqrt(x)


@rsqrt.derivative
def _(x: Value, *, out: Value) -> Value:
    return -0.5 * out / x


hypot = elementwise(np.hypot, latex=r"\sqrt{{{x}^2 + {y}^2}}", text="√({x}² + {y}²)")


@hypot.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    length = np.where(out == 0, 1, out)  # no direction is steepest at the origin: its slopes are 0
    return x / length, y / length


# ---- sign and rounding ------------------------------------------------------------------------------------------

absolute = elementwise(np.absolute, latex=r"\left|{x:bare}\right|", text="|{x:bare}|")


@absolute.derivative
def _(x: Value) -> Value:
    return np.sign(x)


fabs = elementwise(np.fabs, latex=r"\left|{x:bare}\right|", text="|{x:bare}|")


@fabs.derivative
def _(x: Value) -> Value:
    return np.sign(x)


sign = elementwise(np.sign, latex=r"\operatorname{{sign}}({x:bare})", text="sign({x:bare})")
floor = elementwise(np.floor, latex=r"\lfloor {x:bare} \rfloor", text="⌊{x:bare}⌋")
ceil = elementwise(np.ceil, latex=r"\lceil {x:bare} \rceil", text="⌈{x:bare}⌉")
trunc = elementwise(np.trunc, latex=r"\operatorname{{trunc}}({x:bare})", text="trunc({x:bare})")
rint = elementwise(np.rint, latex=r"\operatorname{{round}}({x:bare})", text="round({x:bare})")


@sign.derivative
@floor.derivative
@ceil.derivative
@trunc.derivative
@rint.derivative
def _(x: Value) -> Value:
    return 0.0


heaviside = elementwise(np.heaviside, latex=r"\operatorname{{H}}({x:bare}; {y:bare})", text="H({x:bare}; {y:bare})")


@heaviside.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 0.0, x == 0


# ---- the larger, the smaller, and between -----------------------------------------------------------------------

maximum = elementwise(np.maximum, latex=r"\max({x:bare}, {y:bare})", text="max({x:bare}, {y:bare})")


@maximum.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    half = np.full_like(out, 0.5)
    return np.where(x == y, half, x > y), np.where(x == y, half, x < y)


minimum = elementwise(np.minimum, latex=r"\min({x:bare}, {y:bare})", text="min({x:bare}, {y:bare})")


@minimum.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    half = np.full_like(out, 0.5)
    return np.where(x == y, half, x < y), np.where(x == y, half, x > y)


fmax = elementwise(np.fmax, latex=r"\max({x:bare}, {y:bare})", text="max({x:bare}, {y:bare})")


@fmax.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    half = np.full_like(out, 0.5)
    return np.where(x == y, half, (x > y) | np.isnan(y)), np.where(x == y, half, (x < y) | np.isnan(x))


fmin = elementwise(np.fmin, latex=r"\min({x:bare}, {y:bare})", text="min({x:bare}, {y:bare})")


@fmin.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    half = np.full_like(out, 0.5)
    return np.where(x == y, half, (x < y) | np.isnan(y)), np.where(x == y, half, (x > y) | np.isnan(x))


@elementwise(
    numpy=[np.clip],
    latex=r"\operatorname{{clip}}({x:bare}, {lower:bare}, {upper:bare})",
    text="clip({x:bare}, {lower:bare}, {upper:bare})",
)
def clip(x: Value, lower: Value, upper: Value) -> Value:
    """Hold x between two bounds: min(max(x, lower), upper).  A bound may be None, or vary.

    The slope is 1 along x between the bounds and on them, and along a bound where x is beyond it.

    >>> clip(np.array([-2.0, 0.5, 2.0]), -1, None).tolist()
    [-1.0, 0.5, 2.0]
    """
    return np.clip(x, lower, upper)


@clip.arguments
def _(
    x: Value, a_min: Value = None, a_max: Value = None, *, min: Value = None, max: Value = None
) -> tuple[Value, dict[str, Any]]:
    lower, upper = a_min if min is None else min, a_max if max is None else max
    return (x, _bound(x, lower, -1), _bound(x, upper, 1)), {}


def _bound(x: Value, bound: Value, side: int) -> Value:
    """A bound as a number: what is left out is the end of x's range, infinity unless x holds integers."""
    if bound is not None:
        return bound
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind not in "iu":
        return side * np.inf
    return dtype.type(np.iinfo(dtype).min if side < 0 else np.iinfo(dtype).max)


@clip.derivative
def _(x: Value, lower: Value, upper: Value) -> tuple[Value, Value, Value]:
    crossed = lower > upper  # then the upper bound wins, as in NumPy
    return (x >= lower) & (x <= upper), (x < lower) & ~crossed, (x > upper) | crossed


@elementwise(numpy=[np.nan_to_num], text="finite({x:bare})", latex=r"\operatorname{{finite}}({x:bare})")
def nan_to_num(x: Value, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Value:
    """Put numbers in place of NaN and the infinities; where it replaces x, it has slope 0.

    >>> nan_to_num(np.array([np.nan, 1.0])).tolist()
    [0.0, 1.0]
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.derivative
def _(x: Value) -> Value:
    return np.isfinite(x)


OPERATORS = (
    add, subtract, multiply, divide, negative, positive, reciprocal, floor_divide, remainder, fmod,
    power, float_power, square, sqrt, cbrt, rsqrt, hypot,
    absolute, fabs, sign, floor, ceil, trunc, rint, heaviside,
    maximum, minimum, fmax, fmin, clip, nan_to_num,
)  # fmt: skip
