"""Convolution and pooling: every window of an array, multiplied, averaged, or its largest element taken.

A window slides over the last axes of an array.  What `windows` reads, `add_windows` writes: each is the other's
vector-Jacobian product, and convolution is a matrix product with the windows' elements as columns (Chellapilla,
Puri and Simard, "High performance convolutional neural networks for document processing", 2006).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from dagprop.operators.repeating import pad
from dagprop.plugin.operator import Dimension, Shape, Spec, Value, meet, operator

Sizes: TypeAlias = "tuple[int, ...]"
"""One number for each axis that a window slides along."""


def counts(shape: Shape, size: Sequence[Dimension], stride: Sizes) -> Shape:
    """How many windows lie along each axis.

    >>> counts((28, 10), (5, 4), (1, 2))
    (24, 4)
    """
    for n, k, step in zip(shape, size, stride, strict=True):
        if k == 0 or (isinstance(n, int) and isinstance(k, int) and k > n):
            raise ValueError(f"a window of size {k} does not fit an axis of size {n}")
        if step < 1:
            raise ValueError(f"a stride is at least 1, not {step}")
    return tuple((n - k) // step + 1 for n, k, step in zip(shape, size, stride, strict=True))


def each(value: int | Sequence[int], dims: int) -> Sizes:
    """One number for each axis: the number given, or the numbers."""
    numbers = (value,) * dims if isinstance(value, int | np.integer) else tuple(value)
    if len(numbers) != dims:
        raise ValueError(f"{dims} numbers are wanted, one for each axis, not {numbers}")
    return tuple(map(int, numbers))


# ---- windows ----------------------------------------------------------------------------------------------------


@operator(latex="{x}", text="{x}")
def contiguous(x: Value) -> Value:
    """The same values, one behind the other in memory: worth it where they are read many times."""
    return np.ascontiguousarray(x)


contiguous.infer(lambda x: x)
contiguous.vjp(lambda grad, _: grad)


@operator(latex=r"\operatorname{{windows}}({x:bare})", text="windows({x:bare})")
def windows(x: Value, *, size: Sizes, stride: Sizes) -> Value:
    """Every window of this size over the last axes, `stride` apart: a view of x.

    (..., H, W) becomes (..., i, j, k, l): the element (k, l) of the window at (i, j).

    >>> windows(np.arange(5), size=(3,), stride=(2,)).tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    every = np.lib.stride_tricks.sliding_window_view(x, size, axis=tuple(range(-len(size), 0)))
    steps: tuple[Any, ...] = tuple(slice(None, None, step) for step in stride)
    return every[(..., *steps, *(slice(None) for _ in size))]


@windows.infer
def _(x: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    lead = x.ndim - len(size)
    if lead < 0:
        raise ValueError(f"a window has {len(size)} dimensions, and the array {x.ndim}")
    return Spec((*x.shape[:lead], *counts(x.shape[lead:], size, stride), *size), x.dtype)


@windows.vjp
def _(grad: Value, x: Value, *, size: Sizes, stride: Sizes) -> Value:
    return add_windows(grad, shape=x.shape[-len(size) :], stride=stride)


@operator(latex=r"\operatorname{{add}}({values:bare})", text="add_windows({values:bare})")
def add_windows(values: Value, *, shape: Shape, stride: Sizes) -> Value:
    """Every element of every window added where `windows` reads it, in zeros of (..., *shape).

    >>> add_windows(np.ones((2, 3)), shape=(5,), stride=(2,)).tolist()
    [1.0, 1.0, 2.0, 1.0, 1.0]
    """
    dims = len(stride)
    many, size = values.shape[-2 * dims : -dims], values.shape[-dims:]
    total = np.zeros_like(values[(..., *(0,) * dims)], shape=(*values.shape[: -2 * dims], *shape))
    for at in np.ndindex(*size):
        place: Any = (..., *(slice(k, k + step * n, step) for k, step, n in zip(at, stride, many, strict=True)))
        total[place] += values[(..., *at)]
    return total


@add_windows.infer
def _(values: Spec, *, shape: Shape, stride: Sizes) -> Spec:
    return Spec((*values.shape[: -2 * len(stride)], *shape), values.dtype)


@add_windows.vjp
def _(grad: Value, values: Value, *, shape: Shape, stride: Sizes) -> Value:
    return windows(grad, size=values.shape[-len(stride) :], stride=stride)


# ---- convolution ------------------------------------------------------------------------------------------------


def columns(x: Value, size: Sizes, stride: Sizes, padding: Sizes) -> Value:
    """The elements of every window below each other: (channels · size, windows · batch).

    The batch comes last in memory, where it makes long stretches for reading and adding.
    """
    dims = len(size)
    if any(padding):
        x = pad(x, ((0, 0), (0, 0), *((n, n) for n in padding)))
    batch_last = contiguous(np.transpose(x, (*range(1, dims + 2), 0)))
    every = windows(np.transpose(batch_last, (dims + 1, *range(dims + 1))), size=size, stride=stride)
    every = np.transpose(every, (1, *range(dims + 2, 2 * dims + 2), *range(2, dims + 2), 0))
    return np.reshape(every, (math.prod(every.shape[: dims + 1]), math.prod(every.shape[dims + 1 :])))


def filters(kernel: Value) -> Value:
    """A kernel as a matrix: a row for each filter."""
    return np.reshape(kernel, (kernel.shape[0], math.prod(kernel.shape[1:])))


def convolution(x: Value, kernel: Value, *, stride: Sizes, padding: Sizes) -> Value:
    """What each filter of the kernel finds in each window of x."""
    size, dims = kernel.shape[2:], len(stride)
    inside = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
    found = filters(kernel) @ columns(x, size, stride, padding)
    found = np.reshape(found, (kernel.shape[0], *counts(inside, size, stride), x.shape[0]))
    return np.transpose(found, (dims + 1, *range(dims + 1)))


def convolution_vjp(grad: Value, x: Value, kernel: Value, *, stride: Sizes, padding: Sizes) -> tuple[Value, Value]:
    """The gradients: a product with the columns, and a product added where the columns came from."""
    size, dims = kernel.shape[2:], len(stride)
    rows = np.transpose(grad, (*range(1, dims + 2), 0))
    rows = np.reshape(rows, (kernel.shape[0], math.prod(rows.shape[1:])))
    to_filters = columns(x, size, stride, padding) @ np.transpose(rows)
    to_kernel = np.reshape(np.transpose(to_filters), kernel.shape)

    to_columns = np.reshape(np.transpose(filters(kernel)) @ rows, (*kernel.shape[1:], *grad.shape[2:], grad.shape[0]))
    order = (2 * dims + 1, 0, *range(dims + 1, 2 * dims + 1), *range(1, dims + 1))
    inside = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
    to_x = add_windows(np.transpose(to_columns, order), shape=inside, stride=stride)
    if any(padding):
        to_x = to_x[(..., *(slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True)))]
    return to_x, to_kernel


def convolution_spec(x: Spec, kernel: Spec, *, stride: Sizes, padding: Sizes) -> Spec:
    """The Spec of a convolution."""
    if x.ndim != len(stride) + 2 or kernel.ndim != len(stride) + 2:
        axes = ", ".join(("height", "width")[-len(stride) :])
        raise ValueError(f"x is (batch, channels, {axes}) and the kernel (filters, channels, {axes})")
    if meet(x.shape[1], kernel.shape[1]) is None:
        raise ValueError(f"x has {x.shape[1]} channels, and the kernel is for {kernel.shape[1]}")
    if min(padding) < 0:
        raise ValueError(f"padding is at least 0, not {min(padding)}")
    inside = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
    places = counts(inside, kernel.shape[2:], stride)
    return Spec((x.shape[0], kernel.shape[0], *places), np.result_type(x.dtype, kernel.dtype))


@operator(latex=r"{x} \star {kernel}", text="{x} ⋆ {kernel}", binding="product")
def conv1d(x: Value, kernel: Value, *, stride: Sizes = (1,), padding: Sizes = (0,)) -> Value:
    """The cross-correlation of x (batch, channels, n) with a kernel (filters, channels, k), as `conv2d`'s.

    >>> conv1d(np.array([[[1.0, 2.0, 4.0, 8.0]]]), np.array([[[-1.0, 1.0]]])).tolist()
    [[[1.0, 2.0, 4.0]]]
    """
    return convolution(x, kernel, stride=stride, padding=padding)


@operator(latex=r"{x} \star {kernel}", text="{x} ⋆ {kernel}", binding="product")
def conv2d(x: Value, kernel: Value, *, stride: Sizes = (1, 1), padding: Sizes = (0, 0)) -> Value:
    """The cross-correlation of x (batch, channels, height, width) with a kernel (filters, channels, k, l).

    What neural networks call convolution: the kernel is not flipped.  `stride` is how far apart the windows lie,
    `padding` how many zeros surround x; each an int, or one for the height and one for the width.  The result is
    (batch, filters, (height + 2·padding − k) // stride + 1, likewise for the width).

    >>> import dagprop as dp
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> dp.conv2d(x, np.ones((1, 1, 2, 2)), stride=1).tolist()
    [[[[8.0, 12.0], [20.0, 24.0]]]]
    """
    return convolution(x, kernel, stride=stride, padding=padding)


def convolution_arguments(dims: int) -> Callable[..., Any]:
    """How a call is written: one number stands for all axes."""

    def arguments(x: Value, kernel: Value, stride: Any = 1, padding: Any = 0) -> Any:
        return (x, kernel), {"stride": each(stride, dims), "padding": each(padding, dims)}

    return arguments


for dims, convolve in ((1, conv1d), (2, conv2d)):
    convolve.arguments(convolution_arguments(dims))
    convolve.infer(convolution_spec)
    convolve.vjp(convolution_vjp)


# ---- pooling ----------------------------------------------------------------------------------------------------


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
    element, to the first one, row by row, where several are.  NaN where a window holds one.

    >>> import dagprop as dp
    >>> dp.max_pool2d(np.arange(16.0).reshape(4, 4), size=2).tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    return pooled(np.maximum, x, size, stride)


@max_pool2d.vjp
def _(grad: Value, x: Value, *, out: Value, size: Sizes, stride: Sizes) -> Value:
    return add_at_max(grad, x, out, size=size, stride=stride)


@operator(latex=r"\operatorname{{take}}_{{\max {x:bare}}}({values:bare})", text="take_at_max({values:bare}, {x:bare})")
def take_at_max(values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Value:
    """In every window the value where x is `largest`: how `max_pool2d` changes with x."""
    every = zip(elements(values, size, stride), elements(x, size, stride), strict=True)
    *others, (chosen, _) = every
    for value, element in reversed(others):
        chosen = np.where(element == largest, value, chosen)
    return chosen


@take_at_max.infer
def _(values: Spec, x: Spec, largest: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    return Spec(largest.shape, values.dtype)


@take_at_max.vjp
def _(grad: Value, values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Any:
    return add_at_max(grad, x, largest, size=size, stride=stride), 0.0, 0.0


@operator(latex=r"\operatorname{{add}}_{{\max {x:bare}}}({values:bare})", text="add_at_max({values:bare}, {x:bare})")
def add_at_max(values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Value:
    """Each window's value added where x is `largest` in it, in zeros of x's shape: `take_at_max` undone."""
    total = np.zeros_like(x, values.dtype)
    many = values.shape[-len(size) :]
    for at in np.ndindex(*size):
        place = (..., *(slice(k, k + step * n, step) for k, step, n in zip(at, stride, many, strict=True)))
        here = x[place] == largest if at != tuple(k - 1 for k in size) else True
        total[place] += np.where(here, values, 0)
        values = np.where(here, 0, values)
    return total


@add_at_max.infer
def _(values: Spec, x: Spec, largest: Spec, *, size: Sizes, stride: Sizes) -> Spec:
    return Spec(x.shape, values.dtype)


@add_at_max.vjp
def _(grad: Value, values: Value, x: Value, largest: Value, *, size: Sizes, stride: Sizes) -> Any:
    return take_at_max(grad, x, largest, size=size, stride=stride), 0.0, 0.0


@operator(latex=r"\operatorname{{avgpool}}({x:bare})", text="avg_pool2d({x:bare}, {size})")
def avg_pool2d(x: Value, *, size: Sizes, stride: Sizes) -> Value:
    """The mean of every window of the last two axes; `size` and `stride` as for `max_pool2d`.

    >>> import dagprop as dp
    >>> dp.avg_pool2d(np.arange(16.0).reshape(4, 4), size=2).tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    return pooled(np.add, x, size, stride) / math.prod(size)


@avg_pool2d.vjp
def _(grad: Value, x: Value, *, size: Sizes, stride: Sizes) -> Value:
    share = np.expand_dims(grad / math.prod(size), (-2, -1))
    return add_windows(np.broadcast_to(share, (*grad.shape, *size)), shape=x.shape[-2:], stride=stride)


for pooling in (max_pool2d, avg_pool2d):
    pooling.arguments(pool_arguments)
    pooling.infer(pool_spec)

OPERATORS = (
    contiguous, windows, add_windows, conv1d, conv2d, max_pool2d, take_at_max, add_at_max, avg_pool2d,
)  # fmt: skip
