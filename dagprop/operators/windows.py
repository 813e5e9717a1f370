"""Windows that slide over the last axes of an array, and what is added where they came from.

What `windows` reads, `add_windows` writes: each is the other's vector-Jacobian product.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

import numpy as np

from dagprop.plugin.declaring import Dimension, Shape, Spec, Value, operator

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


def fit(given: Spec, wanted: Spec) -> None:
    """Refuse another shape than the one that goes with the windows."""
    if not Spec(given.shape, wanted.dtype).agrees(wanted):
        raise ValueError(f"the shape {wanted.shape} goes with these windows, not {given.shape}")


def covers(shape: Shape, many: Shape, size: Sizes, stride: Sizes) -> bool:
    """Whether windows lie side by side and leave nothing out, so that each element is written once."""
    return size == stride and shape == tuple(n * k for n, k in zip(many, size, strict=True))


def each(value: int | Sequence[int], dims: int) -> Sizes:
    """One number for each axis: the number given, or the numbers."""
    numbers = (value,) * dims if isinstance(value, int | np.integer) else tuple(value)
    if len(numbers) != dims:
        raise ValueError(f"{dims} numbers are wanted, one for each axis, not {numbers}")
    return tuple(map(index, numbers))


@operator(view=True, latex="{x}", text="{x}")
def contiguous(x: Value) -> Value:
    """The same values, one behind the other in memory: worth it where they are read many times."""
    return np.asarray(x, order="C")


contiguous.infer(lambda x: x)
contiguous.vjp(lambda grad, _: grad)
contiguous.lower(lambda to, x: to.contiguous(x))
contiguous.source(lambda x: f"np.asarray({x}, order='C')")


@operator(view=True, latex=r"\operatorname{{windows}}({x:bare})", text="windows({x:bare})")
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
    size = values.shape[-dims:]
    many = counts(shape, size, stride)
    total = np.zeros_like(values[(..., *(0,) * dims)], shape=(*values.shape[: -2 * dims], *shape))
    for at in np.ndindex(*size):
        place: Any = (..., *(slice(k, k + step * n, step) for k, step, n in zip(at, stride, many, strict=True)))
        total[place] += values[(..., *at)]
    return total


@add_windows.infer
def _(values: Spec, *, shape: Shape, stride: Sizes) -> Spec:
    dims = len(stride)
    lead, size = values.shape[: -2 * dims], values.shape[-dims:]
    fit(values, Spec((*lead, *counts(shape, size, stride), *size), values.dtype))
    return Spec((*lead, *shape), values.dtype)


@add_windows.vjp
def _(grad: Value, values: Value, *, shape: Shape, stride: Sizes) -> Value:
    return windows(grad, size=values.shape[-len(stride) :], stride=stride)


@add_windows.lower
def _(to: Any, values: Any, *, shape: Shape, stride: Sizes) -> Any:
    """For every place in a window, the values there added to every `stride`-th element of the result."""
    dims = len(stride)
    many, size = values.shape[-2 * dims : -dims], values.shape[-dims:]
    out = to.result(like=values.item((0,) * dims))
    once = covers(out.shape[-dims:], many, size, stride)
    with to.by_blocks(out) as group:
        if not once:
            group.copy(to.zero, out)
        for at in np.ndindex(*size):
            here, value = out.every(at, many, stride), values.item(at)
            group.copy(value, here) if once else group.loop(np.add, here, value, out=here)
    return out


OPERATORS = (contiguous, windows, add_windows)
