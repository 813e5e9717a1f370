"""Pooling: the largest element, or the mean, of every window of the last two axes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dagprop.operators.comparison import where
from dagprop.operators.windows import Sizes, add_windows, counts, covers, each, fit
from dagprop.plugin.declaring import Spec, Value, operator
from dagprop.plugin.facts import calls, is_like, number


def elements(x: Value, size: Sizes, stride: Sizes) -> list[Value]:
    """For each place in a window, row by row, what stands there in every window: views of x."""
    many = counts(x.shape[-len(size) :], size, stride)
    return [
        x[(..., *(slice(k, k + step * (n - 1) + 1, step) for k, step, n in zip(at, stride, many, strict=True)))]
        for at in np.ndindex(*size)
    ]


def pooled(function: Callable[..., Value], x: Value, size: Sizes, stride: Sizes) -> Value:
    """A function of two elements over all of each window: down the columns first, which lie in longer stretches."""
    columns = functools.reduce(function, elements(x, (size[0], 1), (stride[0], 1)))
    return functools.reduce(function, elements(columns, (1, size[1]), (1, stride[1])))


def pool_arguments(x: Value, size: Any, stride: Any = None) -> Any:
    """How a call is written: windows lie side by side unless a stride is given."""
    size = each(size, 2)
    return (x,), {"size": size, "stride": size if stride is None else each(stride, 2)}


def pool_spec(x: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    """The Spec of pooling."""
    if x.ndim < 2:
        raise ValueError("there is no height and width to pool over")
    return Spec((*x.shape[:-2], *counts(x.shape[-2:], size, stride)), x.dtype)


@operator(latex=r"\operatorname{{maxpool}}({x:bare})", text="max_pool2d({x:bare}, {size})")
def max_pool2d(x: Value, *, size: Sizes, stride: Sizes) -> Value:
    """The largest element of every window of the last two axes; windows lie side by side without a stride.

    `size` and `stride` are an int, or one for the height and one for the width.  The gradient goes to the largest
    element, to the first one, row by row, where several are.  Where a window holds NaN its largest is NaN, which none
    is equal to: no gradient goes there.

    >>> import dagprop as dp
    >>> dp.max_pool2d(np.arange(16.0).reshape(4, 4), size=2).tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    return pooled(np.maximum, x, size, stride)


@max_pool2d.vjp
def _(grad: Value, x: Value, *, out: Value, size: Sizes, stride: Sizes) -> Value:
    return add_at_max(grad, x, out, size=size, stride=stride)


@max_pool2d.simplify("pooling before thresholds")
def _(x: Value, *, size: Sizes, stride: Sizes) -> Value | None:
    """The largest of maximum(x, c) is maximum(the largest of x, c), with fewer elements to compare."""
    found = threshold(x)
    return None if found is None else np.maximum(max_pool2d(found[0], size, stride), found[1])


def threshold(node: Value) -> tuple[Value, float] | None:
    """The x and c of a node maximum(x, c), where c is a number."""
    if not calls(node, np.maximum):
        return None
    x, c = node.operands
    least = number(c)
    return None if least is None or not is_like(x, c) else (x, least)


@operator(latex=r"\operatorname{{take}}_{{\max {x:bare}}}({values:bare})", text="take_at_max({values:bare}, {x:bare})")
def take_at_max(values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Value:
    """In every window the value where x is `largest`: how `max_pool2d` changes with x."""
    chosen = np.zeros((), values.dtype)
    for value, element in reversed([*zip(elements(values, size, stride), elements(x, size, stride), strict=True)]):
        chosen = np.where(element == largest, value, chosen)
    return chosen


@take_at_max.infer
def _(values: Spec, x: Spec, largest: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    fit(values, x)
    fit(largest, pool_spec(x, size=size, stride=stride))
    return Spec(largest.shape, values.dtype)


@take_at_max.vjp
def _(grad: Value, values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Any:
    return add_at_max(grad, x, largest, size=size, stride=stride), 0.0, 0.0


@operator(latex=r"\operatorname{{add}}_{{\max {x:bare}}}({values:bare})", text="add_at_max({values:bare}, {x:bare})")
def add_at_max(values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Value:
    """Each window's value added where x is `largest` in it, in zeros of x's shape: `take_at_max` undone."""
    total, nothing = np.zeros_like(x, values.dtype), np.zeros((), values.dtype)
    many = values.shape[-len(size) :]
    for at in np.ndindex(*size):
        place = (..., *(slice(k, k + step * n, step) for k, step, n in zip(at, stride, many, strict=True)))
        here = x[place] == largest
        total[place] += np.where(here, values, nothing)
        values = np.where(here, nothing, values)
    return total


@add_at_max.infer
def _(values: Spec, x: Spec, largest: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    for spec in (values, largest):
        fit(spec, pool_spec(x, size=size, stride=stride))
    return Spec(x.shape, values.dtype)


@add_at_max.vjp
def _(grad: Value, values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Any:
    return take_at_max(grad, x, largest, size=size, stride=stride), 0.0, 0.0


@add_at_max.lower
def _(to: Any, values: Any, x: Any, largest: Any, *, size: Sizes, stride: Sizes) -> Any:
    """The values moved to the first element of each window that equals the largest."""
    out = to.result(like=x)
    many, last = values.shape[-len(size) :], tuple(n - 1 for n in size)
    once = covers(out.shape[-len(size) :], many, size, stride)
    values = to.laid_out(values, like=out)
    nothing = to.zero.broadcast(values.shape)
    chosen, left, sent = (to.temporary(values.shape, dtype, like=out) for dtype in (bool, values.dtype, values.dtype))
    with to.by_blocks(out) as group:
        if not once:
            group.copy(to.zero, out)
        for at in np.ndindex(*size):
            here = out.every(at, many, stride)
            group.loop(np.equal, x.every(at, many, stride), largest, out=chosen)
            group.loop("where", chosen, values, nothing, out=here if once else sent)
            if not once:
                group.loop(np.add, here, sent, out=here)
            if at != last:
                group.loop("where", chosen, nothing, values, out=left)
                values = left
    return out


@where.simplify("pooling before thresholds")
def _(condition: Value, x: Value, y: Value) -> Value | None:
    """The slope of a threshold before pooling, asked for where it is now: where the largest is above it."""
    if x.operator is not add_at_max or not calls(condition, np.greater) or number(y) != 0:
        return None
    if not is_like(x, y) or condition.shape != x.shape:
        return None
    values, elements, largest = x.operands
    before, after = threshold(elements), threshold(largest)
    if before is None or after is None or number(condition.operands[1]) != before[1] or before[1] != after[1]:
        return None
    if condition.operands[0] is not before[0] or max_pool2d(before[0], **x.attributes) is not after[0]:
        return None
    return add_at_max(np.where(after[0] > before[1], values, 0), before[0], after[0], **x.attributes)


@operator(latex=r"\operatorname{{avgpool}}({x:bare})", text="avg_pool2d({x:bare}, {size})")
def avg_pool2d(x: Value, *, size: Sizes, stride: Sizes) -> Value:
    """The mean of every window of the last two axes; `size` and `stride` as for `max_pool2d`.

    Of integers it is float64, as `np.mean` is.

    >>> import dagprop as dp
    >>> dp.avg_pool2d(np.arange(16.0).reshape(4, 4), size=2).tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    numbers = x if x.dtype.kind in "fc" else x.astype(np.float64)  # sums of uint8 would wrap around
    return pooled(np.add, numbers, size, stride) / math.prod(size)


@avg_pool2d.infer
def _(x: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    spec = pool_spec(x, size=size, stride=stride)
    return spec if x.dtype.kind in "fc" else Spec(spec.shape, np.float64)


@avg_pool2d.vjp
def _(grad: Value, x: Value, *, size: Sizes, stride: Sizes) -> Value:
    share = np.expand_dims(grad / math.prod(size), (-2, -1))
    return add_windows(np.broadcast_to(share, (*grad.shape, *size)), shape=x.shape[-2:], stride=stride)


max_pool2d.infer(pool_spec)
max_pool2d.arguments(pool_arguments)
avg_pool2d.arguments(pool_arguments)

OPERATORS = (max_pool2d, take_at_max, add_at_max, avg_pool2d)
