"""Loops for what `windows` and pooling send back: adding to overlapping parts of one array.

Everything here runs row by row as one group, so each function puts the axes into the order of memory first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dagprop.program.layout import Ints, View

Part = tuple[Any, tuple[View, ...], tuple[View, ...]]
"""A loop: its function (None for a copy), what it reads and what it writes."""


def covers(shape: Ints, many: Ints, size: Ints, stride: Ints) -> bool:
    """Whether windows lie side by side and leave nothing out, so that each element is written once."""
    return size == stride and shape == tuple(n * k for n, k in zip(many, size, strict=True))


def add_windows(values: View, zero: View, out: View, stride: Ints, order: Ints | None) -> Iterator[Part]:
    """For every place in a window, the values there added to every `stride`-th element of `out`."""
    dims = len(stride)
    many, size = values.shape[-2 * dims : -dims], values.shape[-dims:]
    once = covers(out.shape[-dims:], many, size, stride)
    if not once:
        yield None, (zero.broadcast(out.shape).transposed(order),), (out.transposed(order),)
    for at in np.ndindex(*size):
        here = out.every(at, many, stride).transposed(order)
        value = values.item(at).transposed(order)
        yield (None, (value,), (here,)) if once else (np.add, (here, value), (here,))


def add_at_max(
    values: View, x: View, largest: View, zero: View, out: View, size: Ints, stride: Ints, order: Ints | None, room: Any
) -> Iterator[Part]:
    """The values moved to the first element of each window that equals the largest; what is left goes to the last.

    `room(dtype)` makes memory for one number per window, in the order of memory.
    """
    many = values.shape[-len(size) :]
    once = covers(out.shape[-len(size) :], many, size, stride)
    if not once:
        yield None, (zero.broadcast(out.shape).transposed(order),), (out.transposed(order),)
    values, largest = values.transposed(order), largest.transposed(order)
    nothing = zero.broadcast(values.shape)
    chosen, left = room(np.dtype(bool)), room(values.dtype)
    sent = None if once else room(values.dtype)
    places = list(np.ndindex(*size))
    for at in places[:-1]:
        here = out.every(at, many, stride).transposed(order)
        yield np.equal, (x.every(at, many, stride).transposed(order), largest), (chosen,)
        yield "where", (chosen, values, nothing), (sent or here,)
        if sent is not None:
            yield np.add, (here, sent), (here,)
        yield "where", (chosen, nothing, values), (left,)
        values = left
    here = out.every(places[-1], many, stride).transposed(order)
    yield (None, (values,), (here,)) if once else (np.add, (here, values), (here,))
