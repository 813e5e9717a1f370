"""Comparisons, logic, choosing between values, and arrays filled like others.

What is true or false has no slope: these operators end where a gradient comes from, but for the values that
`where` chooses between.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dagprop.plugin.declaring import Spec, Value, broadcast, elementwise

# ---- comparisons ------------------------------------------------------------------------------------------------

greater = elementwise(np.greater, latex="{x} > {y}", text="{x} > {y}", binding="sum")
greater_equal = elementwise(np.greater_equal, latex=r"{x} \ge {y}", text="{x} ≥ {y}", binding="sum")
less = elementwise(np.less, latex="{x} < {y}", text="{x} < {y}", binding="sum")
less_equal = elementwise(np.less_equal, latex=r"{x} \le {y}", text="{x} ≤ {y}", binding="sum")
equal = elementwise(np.equal, latex="{x} = {y}", text="{x} = {y}", binding="sum")
not_equal = elementwise(np.not_equal, latex=r"{x} \ne {y}", text="{x} ≠ {y}", binding="sum")
isfinite = elementwise(np.isfinite, latex=r"\operatorname{{finite}}({x:bare})", text="finite({x:bare})")
isinf = elementwise(np.isinf, latex=r"\operatorname{{infinite}}({x:bare})", text="infinite({x:bare})")
isnan = elementwise(np.isnan, latex=r"\operatorname{{nan}}({x:bare})", text="nan({x:bare})")

# ---- logic ------------------------------------------------------------------------------------------------------

logical_and = elementwise(np.logical_and, conditions=[0, 1], latex=r"{x} \wedge {y}", text="{x} ∧ {y}", binding="sum")
logical_or = elementwise(np.logical_or, conditions=[0, 1], latex=r"{x} \vee {y}", text="{x} ∨ {y}", binding="sum")
logical_xor = elementwise(np.logical_xor, conditions=[0, 1], latex=r"{x} \oplus {y}", text="{x} ⊕ {y}", binding="sum")
logical_not = elementwise(np.logical_not, conditions=[0], latex=r"\neg {x}", text="¬{x}", binding="power")
bitwise_and = elementwise(np.bitwise_and, conditions=[0, 1], latex=r"{x} \wedge {y}", text="{x} ∧ {y}", binding="sum")
bitwise_or = elementwise(np.bitwise_or, conditions=[0, 1], latex=r"{x} \vee {y}", text="{x} ∨ {y}", binding="sum")
bitwise_xor = elementwise(np.bitwise_xor, conditions=[0, 1], latex=r"{x} \oplus {y}", text="{x} ⊕ {y}", binding="sum")
invert = elementwise(np.invert, conditions=[0], latex=r"\neg {x}", text="¬{x}", binding="power")

# ---- choosing ---------------------------------------------------------------------------------------------------


@elementwise(
    numpy=[np.where],
    conditions=[0],
    latex=r"\begin{{cases}} {x:bare} & {condition:bare} \\ {y:bare} & \text{{otherwise}} \end{{cases}}",
    text="{x} where {condition} else {y}",
    binding="sum",
)
def where(condition: Value, x: Value, y: Value) -> Value:
    """Choose x where the condition holds, y elsewhere.

    A gradient goes back to what was chosen, and exactly 0 to what was not, even where that has an infinite slope
    or is NaN.

    >>> where(np.array([True, False]), 1.0, -1.0).tolist()
    [1.0, -1.0]
    """
    return np.where(condition, x, y)


@where.arguments
def _(condition: Value, x: Value, y: Value) -> tuple[tuple[Value, Value, Value], dict[str, Any]]:
    if isinstance(condition, bool | int | float | list | tuple):
        condition = np.asarray(condition)
    dtype = getattr(condition, "dtype", None)  # symbols have none
    return (condition if dtype is None or dtype.kind == "b" else condition != 0, x, y), {}


@where.infer
def _(condition: Spec, x: Spec, y: Spec) -> Spec:
    if condition.dtype != bool:
        raise ValueError(f"the condition is of {condition.dtype}, not bool: write condition != 0")
    return Spec(broadcast(condition.shape, x.shape, y.shape), np.result_type(x.dtype, y.dtype))


@where.tidy
def _(condition: Value, x: Value, y: Value) -> Value:
    return x * condition.astype(x.dtype) if y.number == 0 else None


@where.derivative
def _(condition: Value, x: Value, y: Value) -> tuple[None, Value, Value]:
    return None, condition, ~condition


@where.lower
def _(to: Any, condition: Any, x: Any, y: Any) -> Any:
    return to.pointwise("where", condition, to.cast(x), to.cast(y))


# ---- arrays filled like others ----------------------------------------------------------------------------------


@elementwise(numpy=[np.ones_like], latex="1", text="1")
def ones_like(x: Value, *, dtype: Any = None) -> Value:
    """Ones of x's shape, and of its dtype where none is given."""
    return np.ones_like(x, dtype)


@elementwise(numpy=[np.zeros_like], latex="0", text="0")
def zeros_like(x: Value, *, dtype: Any = None) -> Value:
    """Zeros of x's shape, and of its dtype where none is given."""
    return np.zeros_like(x, dtype)


@elementwise(numpy=[np.full_like], latex="{fill_value}", text="{fill_value}")
def full_like(x: Value, *, fill_value: float, dtype: Any = None) -> Value:
    """One number in x's shape, and in its dtype where none is given."""
    return np.full_like(x, fill_value, dtype)


@ones_like.derivative
@zeros_like.derivative
@full_like.derivative
def _(x: Value) -> float:
    return 0.0


@ones_like.tidy
def _(x: Value) -> float:
    return 1.0


@zeros_like.tidy
def _(x: Value) -> float:
    return 0.0


@full_like.tidy
def _(x: Value, *, fill_value: float) -> float:
    return fill_value


# ---- in symbols ---------------------------------------------------------------------------------------------------

greater.symbol(lambda sympy, x, y: sympy.Gt(x, y))
greater_equal.symbol(lambda sympy, x, y: sympy.Ge(x, y))
less.symbol(lambda sympy, x, y: sympy.Lt(x, y))
less_equal.symbol(lambda sympy, x, y: sympy.Le(x, y))
equal.symbol(lambda sympy, x, y: sympy.Eq(x, y))
not_equal.symbol(lambda sympy, x, y: sympy.Ne(x, y))
isfinite.symbol(lambda sympy, _: sympy.true)
isinf.symbol(lambda sympy, _: sympy.false)
isnan.symbol(lambda sympy, _: sympy.false)
where.symbol(lambda sympy, condition, x, y: sympy.Piecewise((x, condition), (y, True)))
ones_like.symbol(lambda *_: 1)
zeros_like.symbol(lambda *_: 0)
full_like.symbol(lambda *_, fill_value: fill_value)


@logical_and.symbol
@bitwise_and.symbol
def _(sympy: Any, x: Any, y: Any) -> Any:
    return sympy.And(x, y)


@logical_or.symbol
@bitwise_or.symbol
def _(sympy: Any, x: Any, y: Any) -> Any:
    return sympy.Or(x, y)


@logical_xor.symbol
@bitwise_xor.symbol
def _(sympy: Any, x: Any, y: Any) -> Any:
    return sympy.Xor(x, y)


@logical_not.symbol
@invert.symbol
def _(sympy: Any, x: Any) -> Any:
    return sympy.Not(x)


OPERATORS = (
    greater, greater_equal, less, less_equal, equal, not_equal, isfinite, isinf, isnan,
    logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or, bitwise_xor, invert,
    where, ones_like, zeros_like, full_like,
)  # fmt: skip
