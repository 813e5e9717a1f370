"""Running sums and products along an axis, and what their derivatives are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.plugin.declaring import Spec, Value, operator
from dagprop.plugin.ranges import at_least, whole


def _running(function: Callable[..., Any], x: Spec, axis: int | None) -> Spec:
    if axis is not None:
        normalize_axis_index(axis, x.ndim)
    return Spec((x.size,) if axis is None else x.shape, function(np.ones(1, x.dtype)).dtype)


@operator(numpy=[np.cumsum], latex=r"\operatorname{{cumsum}}({x:bare})", text="cumsum({x:bare})")
def cumsum(x: Value, *, axis: int | None = None) -> Value:
    """The sum of each element and all before it along the axis; of the flattened array where axis is None.

    >>> import dagprop as dp
    >>> dp.cumsum(np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 3.0, 6.0]
    """
    return np.cumsum(x, axis=axis)


@cumsum.infer
def _(x: Spec, *, axis: int | None) -> Spec:
    return _running(np.cumsum, x, axis)


@cumsum.vjp
def _(grad: Value, x: Value, *, axis: int | None) -> Value:
    along = 0 if axis is None else axis
    back = np.flip(np.cumsum(np.flip(grad, along), axis=along), along)
    return np.reshape(back, x.shape) if axis is None else back


@operator(numpy=[np.cumprod], latex=r"\operatorname{{cumprod}}({x:bare})", text="cumprod({x:bare})")
def cumprod(x: Value, *, axis: int | None = None) -> Value:
    """The product of each element and all before it along the axis; of the flattened array where axis is None.

    Its gradient does not divide by the elements: it holds for zeros too.

    >>> import dagprop as dp
    >>> dp.cumprod(np.array([2.0, 3.0, 4.0])).tolist()
    [2.0, 6.0, 24.0]
    """
    return np.cumprod(x, axis=axis)


@cumprod.infer
def _(x: Spec, *, axis: int | None) -> Spec:
    return _running(np.cumprod, x, axis)


@cumprod.vjp
def _(grad: Value, x: Value, *, out: Value, axis: int | None) -> Value:
    # ∂L/∂xⱼ = (x₀ … xⱼ₋₁) sⱼ, where sⱼ = gⱼ + xⱼ₊₁ sⱼ₊₁ gathers the gradients of all products with xⱼ in them
    along, flat = (0, np.reshape(x, out.shape)) if axis is None else (axis, x)
    gathered = recurrence(shift(flat, by=-1, axis=along), grad, axis=along, reverse=True)
    back = shift(out, by=1, axis=along, fill=1.0) * gathered
    return np.reshape(back, x.shape) if axis is None else back


@operator(numpy=[np.diff], latex=r"\Delta {x}", text="Δ {x}")
def diff(x: Value, *, n: int = 1, axis: int = -1) -> Value:
    """The differences between neighbours along the axis, taken n times.

    >>> import dagprop as dp
    >>> dp.registry["diff"](np.array([1.0, 4.0, 9.0])).tolist()  # dp.diff compares graphs
    [3.0, 5.0]
    """
    return np.diff(x, n, axis)


@diff.requires
def _(_x: Value, *, n: int) -> None:
    whole(n=n)
    at_least(0, n=n)


@diff.arguments
def _(x: Value, n: Any = 1, axis: int = -1) -> tuple[tuple[Value], dict[str, Any]]:
    length = np.shape(x)[normalize_axis_index(axis, np.ndim(x))]
    counts = isinstance(n, int | np.integer) and isinstance(length, int)
    return (x,), {"n": min(n, length) if counts else n, "axis": axis}  # then nothing is left


@diff.infer
def _(x: Spec, *, n: int, axis: int) -> Spec:
    axis = normalize_axis_index(axis, x.ndim)
    length = x.shape[axis] - n
    left = max(length, 0) if isinstance(length, int) else length
    return Spec((*x.shape[:axis], left, *x.shape[axis + 1 :]), x.dtype)


@diff.vjp
def _(grad: Value, x: Value, *, n: int, axis: int) -> Value:
    # each difference takes from the left and gives to the right: a difference again, of the gradient set in zeros
    length = x.shape[axis]
    for _ in range(min(n, length) if isinstance(length, int) else n):
        grad = -np.diff(_between_zeros(grad, axis), axis=axis)
    return grad


def _between_zeros(x: Value, axis: int) -> Value:
    widths = [(0, 0)] * x.ndim
    widths[axis] = (1, 1)
    return np.pad(x, widths)


@operator(latex=r"\operatorname{{shift}}({x:bare}, {by})", text="shift({x:bare}, {by})")
def shift(x: Value, *, by: int, axis: int, fill: float = 0.0) -> Value:
    """The elements moved `by` places (1 or −1) along the axis, `fill` where none came.

    >>> import dagprop as dp
    >>> dp.shift(np.array([1.0, 2.0, 3.0]), by=1, axis=0).tolist()
    [0.0, 1.0, 2.0]
    """
    moved = np.roll(x, by, axis)
    np.moveaxis(moved, axis, 0)[slice(by) if by > 0 else slice(by, None)] = fill
    return moved


@shift.requires
def _(_x: Value, *, by: int) -> None:
    if by not in (1, -1):
        raise ValueError(f"elements move by 1 or -1, not by {by}")


@shift.infer
def _(x: Spec, *, by: int, axis: int, fill: float) -> Spec:
    return x


@shift.vjp
def _(grad: Value, x: Value, *, by: int, axis: int) -> Value:
    return shift(grad, by=-by, axis=axis)


@operator(latex=r"\operatorname{{recurrence}}({a:bare}, {b:bare})", text="recurrence({a:bare}, {b:bare})")
def recurrence(a: Value, b: Value, *, axis: int, reverse: bool = False) -> Value:
    """yᵢ = aᵢ yᵢ₋₁ + bᵢ along the axis, from y₋₁ = 0; with `reverse`, yᵢ = aᵢ yᵢ₊₁ + bᵢ from the end.

    >>> import dagprop as dp
    >>> dp.recurrence(np.array([0.5, 0.5, 0.5]), np.array([8.0, 0.0, 1.0]), axis=0).tolist()
    [8.0, 4.0, 3.0]
    """
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    y = np.empty(b.shape, np.result_type(a, b))
    last = np.zeros(b.shape[1:], y.dtype)
    for i in reversed(range(len(b))) if reverse else range(len(b)):
        last = y[i] = a[i] * last + b[i]
    return np.moveaxis(y, 0, axis)


@recurrence.infer
def _(a: Spec, b: Spec, *, axis: int, reverse: bool) -> Spec:
    normalize_axis_index(axis, b.ndim)
    if a.shape != b.shape:
        raise ValueError("a recurrence needs two operands of one shape")
    return Spec(b.shape, np.result_type(a.dtype, b.dtype))


@recurrence.vjp
def _(grad: Value, a: Value, b: Value, *, out: Value, axis: int, reverse: bool) -> tuple[Value, Value]:
    step = -1 if reverse else 1
    back = recurrence(shift(a, by=-step, axis=axis), grad, axis=axis, reverse=not reverse)
    return back * shift(out, by=step, axis=axis), back


@cumsum.symbol
@cumprod.symbol
def _(sympy: Any, x: Any) -> Any:
    return x


OPERATORS = (cumsum, cumprod, diff, shift, recurrence)
