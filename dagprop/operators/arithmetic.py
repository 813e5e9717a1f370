"""Arithmetic, division with a remainder, powers and roots."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dagprop.operators.structure import chain, magnitude
from dagprop.plugin.declaring import Value, elementwise
from dagprop.plugin.facts import calls, is_like, lower_bound, number
from dagprop.plugin.signs import ADD, DIVIDE, MULTIPLY, NEGATIVE, POWER, SQUARE, SUBTRACT


def _varies(x: Value) -> bool:
    """Whether an operand is anything but a constant."""
    return getattr(x, "kind", "") != "constant"


# ---- the four operations ----------------------------------------------------------------------------------------

add = elementwise(np.add, sign=ADD)


@add.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, 1.0


@add.simplify("identities")
def _(x: Value, y: Value) -> Value | None:
    """Of real numbers, x + −0 and x − 0 are x, but not x + 0: −0 + 0 is 0."""
    if _is_zero(y, negative=True) and is_like(x, y):
        return x
    return y if _is_zero(x, negative=True) and is_like(y, x) else None


@add.simplify("cheaper forms")
def _(x: Value, y: Value) -> Value | None:
    """But for the sign of a zero, x + 0 is x."""
    if number(y) == 0 and is_like(x, y):
        return x
    return y if number(x) == 0 and is_like(y, x) else None


def _is_zero(node: Value, *, negative: bool) -> bool:
    """Whether it is a constant 0, which has this sign where it has one."""
    value, kind = number(node), node.dtype.kind
    return bool(value == 0 and (kind in "biu" or (kind == "f" and np.signbit(value) == negative)))


@add.bound
def _(bound: Callable[[Value], float], x: Value, y: Value) -> float:
    return bound(x) + bound(y)


subtract = elementwise(np.subtract, sign=SUBTRACT)


@subtract.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return 1.0, -1.0


@subtract.simplify("identities")
def _(x: Value, y: Value) -> Value | None:
    return x if _is_zero(y, negative=False) and is_like(x, y) else None


@subtract.simplify("cheaper forms")
def _(x: Value, y: Value) -> Value | None:
    return x if number(y) == 0 and is_like(x, y) else None


multiply = elementwise(np.multiply, sign=MULTIPLY)


@multiply.derivative
def _(x: Value, y: Value) -> tuple[Value, Value]:
    return y, x


@multiply.simplify("identities")
def _(x: Value, y: Value) -> Value | None:
    """Not of complex numbers, where 1 is 1 + 0i, and 0 · ∞ is NaN."""
    if x.dtype.kind == "c":
        return None
    if number(y) == 1 and is_like(x, y):
        return x
    return y if number(x) == 1 and is_like(y, x) else None


@multiply.simplify("cheaper forms")
def _(x: Value, y: Value) -> Value | None:
    """c·(d·x) is (c·d)·x, and x·(1/n) is x/n, for numbers c, d and n.

    What is new is one step of x, which rounds once, and a number.  So it is as exact as what was written, and
    overflows or underflows only where the result does, if that number is neither too large nor too small.
    """
    for factor, rest in ((x, y), (y, x)):
        if not _settled(factor) or factor.dtype != rest.dtype or rest.dtype.kind == "c":
            continue
        if calls(rest, np.multiply):
            a, b = rest.operands
            for inner, other in ((a, b), (b, a)):
                if _settled(inner) and not _settled(other) and _multiplies(inner, factor):
                    return other * (inner * factor)
        if calls(factor, np.divide):
            above, below = factor.operands
            if number(above) == 1 and rest.kind != "constant":
                return rest / below
            return above * rest / below if rest.kind == "constant" and _multiplies(above, rest) else None
    return None


def _multiplies(x: Value, y: Value) -> bool:
    """Whether two numbers are known to have a product of their dtype that has all its digits; any integers have."""
    if x.dtype != y.dtype or x.dtype.kind != "f":
        return bool(x.dtype == y.dtype)
    least, largest = (a * b for a, b in zip(magnitude(x), magnitude(y), strict=True))
    dtype = np.finfo(x.dtype)
    return bool(dtype.tiny <= least and largest <= dtype.max)


def _settled(node: Value) -> bool:
    """Whether the node is a number, or a product or quotient of two."""
    return _is_number(node) or (
        not node.shape and calls(node, np.multiply, np.divide) and all(map(_is_number, node.operands))
    )


def _is_number(node: Value) -> bool:
    """Whether the node is a number, or made of nothing but attributes, as the size of a dimension is."""
    return not node.shape and (node.kind == "constant" or (node.operator is not None and not node.operands))


@multiply.bound
def _(bound: Callable[[Value], float], x: Value, y: Value) -> float:
    if x is y:
        return 0.0
    least = bound(x), bound(y)
    return least[0] * least[1] if min(least) >= 0 and max(least) < np.inf else -np.inf


divide = elementwise(
    np.divide,
    singular=lambda _, y: _varies(y),
    advice="the denominator is zero somewhere: add a small number, or choose with np.where.",
    sign=DIVIDE,
)


@divide.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    return 1 / y, -out / y


@divide.simplify("identities")
def _(x: Value, y: Value) -> Value | None:
    """Not of integers, whose quotient is a real number."""
    return x if x.dtype.kind == "f" and number(y) == 1 and is_like(x, y) else None


@divide.bound
def _(bound: Callable[[Value], float], x: Value, y: Value) -> float:
    return 0.0 if bound(x) >= 0 and bound(y) > 0 else -np.inf


negative = elementwise(np.negative, sign=NEGATIVE)


@negative.derivative
def _(x: Value) -> Value:
    return -1.0


@negative.simplify("identities")
def _(x: Value) -> Value | None:
    return x.operands[0] if calls(x, np.negative) else None


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


@positive.simplify("identities")
def _(x: Value) -> Value:
    return x


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


@power.simplify("cheaper forms")
def _(x: Value, y: Value) -> Value | None:
    """x¹ is x, and x², x³, √x and 1/x are what they are.  A root only of what is not −∞, whose power ½ is ∞."""
    exponent = number(y)
    if exponent is None or x.dtype.kind not in "iuf" or not is_like(x, y):
        return None
    if exponent in (1, 2, 3):
        return x if exponent == 1 else x * x if exponent == 2 else x * x * x
    if exponent == 0.5 and lower_bound(x) >= 0:
        return np.sqrt(x)
    return 1 / x if exponent == -1 and x.dtype.kind == "f" else None


float_power = elementwise(np.float_power, singular=_steep, latex="{x}^{{{y:bare}}}", text="{x}^{y}", binding="power")


@float_power.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    along_x = chain(y, np.float_power(x, y - 1)) if _varies(y) else y * np.float_power(x, np.where(y == 0, 1, y - 1))
    return along_x, out * np.log(np.where(x == 0, 1, x))


square = elementwise(np.square, sign=SQUARE)


@square.derivative
def _(x: Value) -> Value:
    return 2 * x


@square.simplify("cheaper forms")
def _(x: Value) -> Value | None:
    return None if x.dtype.kind in "bc" else x * x  # the square of a truth value is an integer


@square.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0


sqrt = elementwise(
    np.sqrt,
    singular=True,
    advice="sqrt needs an operand that is not negative, and has no slope at 0.",
    latex=r"\sqrt{{{x:bare}}}",
    text="√({x:bare})",
)


@sqrt.derivative
def _(x: Value, *, out: Value) -> Value:
    return 0.5 / out


@sqrt.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return float(np.sqrt(max(bound(x), 0.0)))


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
