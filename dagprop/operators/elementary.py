"""Exponentials and logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from dagprop.operator import Value, elementwise

exp = elementwise(np.exp, latex="e^{{{x:bare}}}", text="exp({x:bare})")


@exp.derivative
def _(x: Value, *, out: Value) -> Value:
    return out


log = elementwise(np.log, singular=True, latex=r"\ln({x:bare})", text="ln({x:bare})")


@log.derivative
def _(x: Value) -> Value:
    return 1 / x


sqrt = elementwise(np.sqrt, singular=True, latex=r"\sqrt{{{x:bare}}}", text="√({x:bare})")


@sqrt.derivative
def _(x: Value, *, out: Value) -> Value:
    return 0.5 / out


tanh = elementwise(np.tanh, latex=r"\tanh({x:bare})", text="tanh({x:bare})")


@tanh.derivative
def _(x: Value, *, out: Value) -> Value:
    return 1 - out * out


OPERATORS = (exp, log, sqrt, tanh)
