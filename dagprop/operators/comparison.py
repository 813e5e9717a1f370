"""Comparisons, and choosing between values."""

from __future__ import annotations

import numpy as np

from dagprop.operator import Value, elementwise

greater = elementwise(np.greater, latex="{x} > {y}", text="{x} > {y}", binding="sum")
less = elementwise(np.less, latex="{x} < {y}", text="{x} < {y}", binding="sum")
equal = elementwise(np.equal, latex="{x} = {y}", text="{x} = {y}", binding="sum")
isfinite = elementwise(np.isfinite, text="finite({x:bare})")
isnan = elementwise(np.isnan, text="nan({x:bare})")
logical_and = elementwise(np.bitwise_and, latex=r"{x} \wedge {y}", text="{x} ∧ {y}", binding="sum")
logical_not = elementwise(np.invert, latex=r"\neg {x}", text="¬{x}", binding="sum")


@elementwise(numpy=[np.where], text="{x} where {condition} else {y}", binding="sum")
def where(condition: Value, x: Value, y: Value) -> Value:
    """x where the condition holds, y elsewhere."""
    return np.where(condition, x, y)


@where.derivative
def _(condition: Value, x: Value, y: Value) -> tuple[None, Value, Value]:
    return None, np.where(condition, 1.0, 0.0), np.where(condition, 0.0, 1.0)


@elementwise(numpy=[np.ones_like], text="1")
def ones_like(x: Value) -> Value:
    """Ones of the same shape and dtype."""
    return np.ones_like(x)


@ones_like.derivative
def _(x: Value) -> None:
    return None


@elementwise(numpy=[np.zeros_like], text="0")
def zeros_like(x: Value) -> Value:
    """Zeros of the same shape and dtype."""
    return np.zeros_like(x)


@zeros_like.derivative
def _(x: Value) -> None:
    return None


OPERATORS = (greater, less, equal, isfinite, isnan, logical_and, logical_not, where, ones_like, zeros_like)
