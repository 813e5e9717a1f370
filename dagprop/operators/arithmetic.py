"""Arithmetic, division with a remainder, powers and roots."""

from __future__ import annotations

import numpy as np

from dagprop.operators.structure import chain
from dagprop.plugin.operator import Value, elementwise
from dagprop.plugin.signs import ADD, DIVIDE, MULTIPLY, NEGATIVE, POWER, SQUARE, SUBTRACT


def _varies(x: Value) -> bool:
    """Whether an operand is anything but a constant."""
    return getattr(x, "kind", "") != "constant"


# ---- the four operations ----------------------------------------------------------------------------------------

add = elementwise(np.add, sign=ADD)


@add.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, 1.0


subtract = elementwise(np.subtract, sign=SUBTRACT)


@subtract.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, -1.0


multiply = elementwise(np.multiply, sign=MULTIPLY)


@multiply.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return y, x


divide = elementwise(np.divide, singular=lambda _, y: _varies(y), sign=DIVIDE)


@divide.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    return 1 / y, -out / y


negative = elementwise(np.negative, sign=NEGATIVE)


@negative.derivative
def _(x: Value) -> Value:
    return -1.0


positive = elementwise(np.positive, latex="{x:bare}", text="{x:bare}", binding="sum")
conjugate = elementwise(np.conjugate, latex="{x:bare}", text="{x:bare}", binding="sum")  # a real number is its own


@elementwise(numpy=[np.real], latex="{x:bare}", text="{x:bare}", binding="sum")
def real(x: Value) -> Value:
    """Take the real part: of a real number, the number itself, so that code written for complex ones runs."""
    return np.real(x)


@positive.derivative
@conjugate.derivative
@real.derivative
def _(x: Value) -> Value:
    return 1.0


reciprocal = elementwise(
    np.reciprocal, singular=True, latex=r"\frac{{1}}{{{x:bare}}}", text="1 / {x}", binding="product"
)


@reciprocal.derivative
def _(x: Value, *, out: Value) -> Value:
    return -out / x  # not -out², whose own slope is infinite at 0


# ---- division with a remainder ----------------------------------------------------------------------------------

floor_divide = elementwise(np.floor_divide, latex=r"\lfloor {x} / {y} \rfloor", text="⌊{x} / {y}⌋")


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


power = elementwise(np.power, singular=_steep, sign=POWER)


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


square = elementwise(np.square, sign=SQUARE)


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


# ---- in symbols ---------------------------------------------------------------------------------------------------

add.symbol(lambda _, x, y: x + y)
subtract.symbol(lambda _, x, y: x - y)
multiply.symbol(lambda _, x, y: x * y)
divide.symbol(lambda _, x, y: x / y)
negative.symbol(lambda _, x: -x)
positive.symbol(lambda _, x: x)
reciprocal.symbol(lambda _, x: 1 / x)
power.symbol(lambda _, x, y: x**y)
float_power.symbol(lambda _, x, y: x**y)
square.symbol(lambda _, x: x**2)
sqrt.symbol(lambda sympy, x: sympy.sqrt(x))
cbrt.symbol(lambda sympy, x: sympy.cbrt(x))
hypot.symbol(lambda sympy, x, y: sympy.sqrt(x**2 + y**2))

OPERATORS = (
    add, subtract, multiply, divide, negative, positive, conjugate, real, reciprocal, floor_divide, remainder, fmod,
    power, float_power, square, sqrt, cbrt, rsqrt, hypot,
)  # fmt: skip
