"""Functions made of pieces: signs and rounding, the larger and the smaller of two values, and bounds.

Where the pieces meet there is no derivative, and a choice is made: |x| has slope 0 at 0, what rounds has slope 0
everywhere, and two equal values share the slope of their maximum, and of their minimum, evenly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dagprop.plugin.declaring import Value, elementwise

# ---- sign and rounding ------------------------------------------------------------------------------------------

absolute = elementwise(np.absolute, latex=r"\left|{x:bare}\right|", text="|{x:bare}|")


@absolute.derivative
def _(x: Value) -> Value:
    return np.sign(x)


@absolute.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0


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


@maximum.bound
def _(bound: Callable[[Value], float], x: Value, y: Value) -> float:
    return max(bound(x), bound(y))


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


# ---- in symbols ---------------------------------------------------------------------------------------------------

absolute.symbol(lambda sympy, x: sympy.Abs(x))
fabs.symbol(lambda sympy, x: sympy.Abs(x))
sign.symbol(lambda sympy, x: sympy.sign(x))
floor.symbol(lambda sympy, x: sympy.floor(x))
ceil.symbol(lambda sympy, x: sympy.ceiling(x))
heaviside.symbol(lambda sympy, x, y: sympy.Heaviside(x, y))
maximum.symbol(lambda sympy, x, y: sympy.Max(x, y))
minimum.symbol(lambda sympy, x, y: sympy.Min(x, y))
fmax.symbol(lambda sympy, x, y: sympy.Max(x, y))
fmin.symbol(lambda sympy, x, y: sympy.Min(x, y))
clip.symbol(lambda sympy, x, lower, upper: sympy.Min(sympy.Max(x, lower), upper))

OPERATORS = (
    absolute, fabs, sign, floor, ceil, trunc, rint, heaviside, maximum, minimum, fmax, fmin, clip, nan_to_num,
)  # fmt: skip
