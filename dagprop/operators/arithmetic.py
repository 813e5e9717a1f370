"""Arithmetic, powers and roots."""

from __future__ import annotations

import numpy as np

from dagprop.operator import Value, elementwise

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
    singular=lambda x, y: y.kind != "constant",
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


power = elementwise(
    np.power,
    singular=lambda x, y: y.kind != "constant" or not (y.value >= 1).all(),
    latex="{x}^{{{y:bare}}}",
    text="{x}^{y}",
    binding="power",
)


@power.derivative
def _(x: Value, y: Value, *, out: Value) -> tuple[Value, Value]:
    positive = x > 0
    return (
        y * np.power(x, np.where(y == 0, np.ones_like(y), y - 1)),
        np.where(positive, out * np.log(np.where(positive, x, np.ones_like(x))), np.zeros_like(out)),
    )


square = elementwise(np.square, latex="{x}^2", text="{x}²", binding="power")


@square.derivative
def _(x: Value) -> Value:
    return 2 * x


OPERATORS = (add, subtract, multiply, divide, negative, power, square)
