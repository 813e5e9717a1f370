"""Reductions: one value for all the elements along some axes.

`axis` is an int, a tuple of ints or None for all axes; `keepdims` leaves a 1 where an axis was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike

from dagprop.operators.cumulative import shift
from dagprop.plugin.declaring import Dim, Dimension, Spec, Value, operator
from dagprop.plugin.ranges import finite
from dagprop.plugin.signs import MEAN, TOTAL, Sign, over

Axis: TypeAlias = "int | tuple[int, ...] | None"


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes meant, each counted from the front."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def reduced(x: Spec, axis: Axis, keepdims: bool, dtype: DTypeLike | None = None) -> Spec:
    """The Spec of a reduction of x."""
    axes = axes_of(axis, x.ndim)
    shape = [1 if a in axes else n for a, n in enumerate(x.shape) if keepdims or a not in axes]
    return Spec(shape, x.dtype if dtype is None else dtype)


def result_dtype(function: Callable[..., Any], x: Spec) -> np.dtype[Any]:
    """The dtype that NumPy gives the function's result: sums of booleans count, means of ints are floats."""
    return np.asarray(function(np.ones(1, x.dtype))).dtype


def restored(value: Value, axis: Axis, keepdims: bool) -> Value:
    """A reduction's result, to be broadcast against what was reduced."""
    return value if keepdims or axis is None else np.expand_dims(value, axis)


def count(x: Value, axis: Axis) -> Dimension:
    """How many elements each result is made of."""
    sizes: tuple[Dimension, ...] = x.shape
    return math.prod(sizes[a] for a in axes_of(axis, x.ndim))


@operator(numpy=[np.sum], reduces=np.add, latex=r"\sum {x}", text="Σ {x}")
def sum(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """The sum of the elements; 0 of none.

    >>> import dagprop as dp
    >>> dp.sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1).tolist()
    [3.0, 7.0]
    """
    return np.sum(x, axis=axis, keepdims=keepdims)


@sum.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, result_dtype(np.sum, x))


@sum.notation
def _(x: Value, *, axis: Axis) -> tuple[Sign, dict[str, Any]]:
    return TOTAL, {"over": over(x.shape, axes_of(axis, x.ndim))}


@sum.vjp
def _(grad: Value, x: Value, *, axis: Axis, keepdims: bool) -> Value:
    return np.broadcast_to(restored(grad, axis, keepdims), x.shape)


@operator(numpy=[np.mean], latex=r"\operatorname{{mean}}({x:bare})", text="mean({x:bare})")
def mean(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """The sum of the elements over their number; NaN of none.

    >>> import dagprop as dp
    >>> dp.mean(np.array([[1.0, 2.0], [3.0, 5.0]]), axis=0).tolist()
    [2.0, 3.5]
    """
    return np.mean(x, axis=axis, keepdims=keepdims)


@mean.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, result_dtype(np.mean, x))


@mean.notation
def _(x: Value, *, axis: Axis) -> tuple[Sign, dict[str, Any]]:
    return MEAN, {"over": over(x.shape, axes_of(axis, x.ndim))}


@mean.vjp
def _(grad: Value, x: Value, *, axis: Axis, keepdims: bool) -> Value:
    return np.broadcast_to(restored(grad, axis, keepdims) / count(x, axis), x.shape)


@mean.expand
def _(x: Value, *, axis: Axis, keepdims: bool) -> Value:
    x = x.astype(np.float64) if x.dtype.kind in "biu" else x  # a sum of integers may not fit into one
    return np.sum(x, axis=axis, keepdims=keepdims) / count(x, axis)


@sum.bound
@mean.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0 if bound(x) >= 0 else -math.inf


@operator(numpy=[np.prod], reduces=np.multiply, latex=r"\prod {x}", text="Π {x}")
def prod(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """The product of the elements; 1 of none.

    Its gradient, for each element the product of all others, is not found by division: it holds for zeros too.

    >>> import dagprop as dp
    >>> dp.prod(np.array([2.0, 3.0, 4.0])).item()
    24.0
    """
    return np.prod(x, axis=axis, keepdims=keepdims)


@prod.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, result_dtype(np.prod, x))


@prod.vjp
def _(grad: Value, x: Value, *, axis: Axis, keepdims: bool) -> Value:
    axes = axes_of(axis, x.ndim)
    order = (*(a for a in range(x.ndim) if a not in axes), *axes)
    moved = np.transpose(x, order)
    rows = np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], count(x, axes)))
    before = shift(np.cumprod(rows, axis=-1), by=1, axis=-1, fill=1.0)
    behind = np.flip(shift(np.cumprod(np.flip(rows, -1), axis=-1), by=1, axis=-1, fill=1.0), -1)
    others = np.transpose(np.reshape(before * behind, moved.shape), tuple(map(int, np.argsort(order))))
    return restored(grad, axis, keepdims) * others


def _among(x: Spec, axis: Axis, keepdims: bool) -> Spec:
    if count(x, axis) == 0:
        raise ValueError("of no elements there is no largest and no smallest one")
    return reduced(x, axis, keepdims)


@operator(numpy=[np.max, np.amax], reduces=np.maximum, latex=r"\max {x}", text="max({x:bare})")
def max(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """The largest element.  Where several are largest, the gradient is split evenly among them.

    >>> import dagprop as dp
    >>> dp.max(np.array([[1.0, 5.0], [7.0, 2.0]]), axis=1).tolist()
    [5.0, 7.0]
    """
    return np.max(x, axis=axis, keepdims=keepdims)


@operator(numpy=[np.min, np.amin], reduces=np.minimum, latex=r"\min {x}", text="min({x:bare})")
def min(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """The smallest element.  Where several are smallest, the gradient is split evenly among them."""
    return np.min(x, axis=axis, keepdims=keepdims)


@max.infer
@min.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return _among(x, axis, keepdims)


@max.vjp
@min.vjp
def _(grad: Value, x: Value, *, out: Value, axis: Axis, keepdims: bool) -> Value:
    chosen = (x == restored(out, axis, keepdims)).astype(x.dtype)
    return restored(grad, axis, keepdims) * chosen / np.sum(chosen, axis=axis, keepdims=True)


@operator(numpy=[np.var], latex=r"\operatorname{{var}}({x:bare})", text="var({x:bare})")
def var(x: Value, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Value:
    """The mean squared deviation from the mean; the sum is divided by the number of elements less `ddof`.

    >>> import dagprop as dp
    >>> dp.var(np.array([1.0, 3.0]), ddof=1).item()
    2.0
    """
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


@var.vjp
def _(grad: Value, x: Value, *, axis: Axis, ddof: int, keepdims: bool) -> Value:
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    return restored(grad, axis, keepdims) * 2 * deviation / (count(x, axis) - ddof)


@var.expand
def _(x: Value, *, axis: Axis, ddof: int, keepdims: bool) -> Value:
    away = x - np.mean(x, axis=axis, keepdims=True)
    squared = np.real(away * np.conjugate(away)) if x.dtype.kind == "c" else away * away
    left = count(x, axis) - ddof
    enough = isinstance(left, Dim) or left > 0  # of a named axis there may be fewer: NumPy divides by 0
    return np.sum(squared, axis=axis, keepdims=keepdims) / (left if enough else 0)


@operator(numpy=[np.std], latex=r"\operatorname{{std}}({x:bare})", text="std({x:bare})")
def std(x: Value, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Value:
    """The square root of the variance.  Where all elements are equal the gradient is 0, one of many that fit."""
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)


@std.vjp
def _(grad: Value, x: Value, *, out: Value, axis: Axis, ddof: int, keepdims: bool) -> Value:
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    scale = restored(out, axis, keepdims)
    slope = deviation / np.where(scale == 0, 1, scale)  # where scale is 0, so is every deviation
    return restored(grad, axis, keepdims) * slope / (count(x, axis) - ddof)


@var.arguments
@std.arguments
def _(
    x: Value, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False, correction: int | None = None
) -> tuple[tuple[Value], dict[str, Any]]:
    """NumPy has two names for what is subtracted from the number of elements."""
    return (x,), {"axis": axis, "ddof": ddof if correction is None else correction, "keepdims": keepdims}


@var.requires
@std.requires
def _(x: Value, *, axis: Axis, ddof: float) -> None:
    """NumPy makes NaN or infinities of what no number of elements is left for."""
    finite(ddof=ddof)
    shape: tuple[Dimension, ...] = np.shape(x)
    elements = math.prod(shape[a] for a in axes_of(axis, len(shape)))
    if isinstance(elements, Dim):
        if ddof != int(ddof):
            raise ValueError(f"ddof is a whole number where the number of elements is {elements}, not {ddof}")
    elif 0 < ddof >= elements:
        raise ValueError(f"ddof is less than the number of elements, {elements}: {ddof} is not")


@var.infer
@std.infer
def _(x: Spec, *, axis: Axis, ddof: int, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, result_dtype(np.var, x))


@operator(latex=r"\ln \sum e^{{{x:bare}}}", text="logsumexp({x:bare})")
def logsumexp(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """Log Σ eˣ without overflow: the largest element is taken out first.  −∞ where every element is.

    >>> import dagprop as dp
    >>> float(dp.logsumexp(np.array([1000.0, 1000.0])).round(4))
    1000.6931
    """
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


@logsumexp.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return Spec(_among(x, axis, keepdims).shape, result_dtype(np.exp, x))


@logsumexp.vjp
def _(grad: Value, x: Value, *, out: Value, axis: Axis, keepdims: bool) -> Value:
    total = restored(out, axis, keepdims)
    return restored(grad, axis, keepdims) * np.exp(x - np.where(total == -np.inf, 0, total))


# ---- without a derivative: what these return is no real number ---------------------------------------------------


@operator(numpy=[np.any], reduces=np.logical_or, latex=r"\bigvee {x}", text="any({x:bare})")
def any(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """Whether any element is true (not 0)."""
    return np.any(x, axis=axis, keepdims=keepdims)


@operator(numpy=[np.all], reduces=np.logical_and, latex=r"\bigwedge {x}", text="all({x:bare})")
def all(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """Whether all elements are true (not 0)."""
    return np.all(x, axis=axis, keepdims=keepdims)


@operator(numpy=[np.count_nonzero], latex=r"\#({x:bare} \neq 0)", text="count({x} ≠ 0)")
def count_nonzero(x: Value, *, axis: Axis = None, keepdims: bool = False) -> Value:
    """How many elements are true (not 0)."""
    return np.count_nonzero(x, axis=axis, keepdims=keepdims)


@operator(numpy=[np.argmax], latex=r"\operatorname{{argmax}}({x:bare})", text="argmax({x:bare})")
def argmax(x: Value, *, axis: int | None = None, keepdims: bool = False) -> Value:
    """The position of the largest element; the first of several.

    >>> import dagprop as dp
    >>> dp.argmax(np.array([[1.0, 5.0], [7.0, 2.0]]), axis=1).tolist()
    [1, 0]
    """
    return np.argmax(x, axis=axis, keepdims=keepdims)


@operator(numpy=[np.argmin], latex=r"\operatorname{{argmin}}({x:bare})", text="argmin({x:bare})")
def argmin(x: Value, *, axis: int | None = None, keepdims: bool = False) -> Value:
    """The position of the smallest element; the first of several."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@any.infer
@all.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, np.bool)


@count_nonzero.infer
def _(x: Spec, *, axis: Axis, keepdims: bool) -> Spec:
    return reduced(x, axis, keepdims, np.intp)


@argmax.infer
@argmin.infer
def _(x: Spec, *, axis: int | None, keepdims: bool) -> Spec:
    if isinstance(axis, tuple):
        raise TypeError("a position is along one axis, or in all elements one after the other, not along several axes")
    return Spec(_among(x, axis, keepdims).shape, np.intp)


# ---- in symbols: a single number is its own sum -------------------------------------------------------------------


@sum.symbol
@mean.symbol
@prod.symbol
@max.symbol
@min.symbol
def _(sympy: Any, x: Any) -> Any:
    return x


OPERATORS = (
    sum, mean, prod, max, min, var, std, logsumexp, any, all, count_nonzero, argmax, argmin,
)  # fmt: skip
