"""Convolution: every window of an array multiplied with filters.

It is a matrix product with the windows' elements as columns (Chellapilla, Puri and Simard, "High performance
convolutional neural networks for document processing", 2006).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dagprop.operators.windows import Sizes, add_windows, contiguous, counts, each, windows
from dagprop.plugin.declaring import Spec, Value, meet, operator


def columns(x: Value, size: Sizes, stride: Sizes, padding: Sizes) -> Value:
    """The elements of every window below each other: (channels · size, windows · batch).

    The batch comes last in memory, where it makes long stretches for reading and adding.
    """
    dims = len(size)
    if any(padding):
        x = np.pad(x, ((0, 0), (0, 0), *((n, n) for n in padding)))
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


OPERATORS = (conv1d, conv2d)
