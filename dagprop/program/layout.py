"""Where values lie: storages, and views of them.

A view of a value costs nothing: it is the same storage with another offset, shape and strides.  Which view an
operator such as `swapaxes` makes, NumPy itself says: the operator is run on an array that nobody reads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dagprop.graph.node import Node

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

SCRATCH, LOCAL, CONSTANT, INPUT, OUTPUT = "scratch", "local", "constant", "input", "output"


class Storage:
    """Memory for one value, and where it comes from: scratch, a constant, an input or an output.

    `place` is its offset in the scratch arena once that is planned; `node` the value it was made for.  A group of
    instructions cuts its first axis: `row` is the bytes of one row of a value that is local to it.
    """

    __slots__ = ("array", "kind", "nbytes", "node", "number", "place", "row")

    def __init__(self, kind: str, nbytes: int, node: Node, number: int = -1, array: Array | None = None) -> None:
        self.kind, self.nbytes, self.node, self.number, self.array = kind, nbytes, node, number, array
        self.place = self.row = -1


class View(NamedTuple):
    """A part of a storage, read as an array: offset and strides in bytes."""

    storage: Storage
    offset: int
    shape: Ints
    strides: Ints
    dtype: np.dtype[Any]

    @property
    def contiguous(self) -> bool:
        """Whether the elements lie one behind the other in the order of the indices."""
        wanted = packed(self.shape, self.dtype.itemsize)
        return self.strides == wanted or all(
            n == 1 or own == stride for n, own, stride in zip(self.shape, self.strides, wanted, strict=True)
        )

    @property
    def size(self) -> int:
        """How many elements."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    def broadcast(self, shape: Ints) -> View:
        """The view repeated to a shape, by strides of 0."""
        if shape == self.shape:
            return self
        lead = len(shape) - len(self.shape)
        strides = (0,) * lead + tuple(
            0 if n == 1 and wanted != 1 else stride
            for n, wanted, stride in zip(self.shape, shape[lead:], self.strides, strict=True)
        )
        return View(self.storage, self.offset, shape, strides, self.dtype)

    def reshaped(self, shape: Ints) -> View:
        """A contiguous view in another shape."""
        return View(self.storage, self.offset, shape, packed(shape, self.dtype.itemsize), self.dtype)

    def transposed(self, order: Ints | None) -> View:
        """The view with its axes in another order; as it is for None."""
        if order is None:
            return self
        shape, strides = tuple([self.shape[a] for a in order]), tuple([self.strides[a] for a in order])
        return View(self.storage, self.offset, shape, strides, self.dtype)

    def expanded(self, axis: int) -> View:
        """The view with an axis of size 1 put in."""
        shape, strides = list(self.shape), list(self.strides)
        shape.insert(axis, 1)
        strides.insert(axis, self.dtype.itemsize)
        return View(self.storage, self.offset, tuple(shape), tuple(strides), self.dtype)

    def lifted(self, shape: Ints) -> View:
        """The view in a shape that has axes of size 1 more: reshaping so copies nothing."""
        views = view_of(lambda array: array.reshape(shape), self)
        assert views is not None
        return views[0]

    def part(self, axis: int, start: int, length: int) -> View:
        """So many elements along an axis, from a start on."""
        axis %= self.ndim
        shape = (*self.shape[:axis], length, *self.shape[axis + 1 :])
        return View(self.storage, self.offset + start * self.strides[axis], shape, self.strides, self.dtype)

    def every(self, start: Ints, shape: Ints, step: Ints) -> View:
        """Every `step`-th element along the last axes, so many of them, from a start on."""
        lead, own = len(self.strides) - len(start), self.strides[-len(start) :]
        offset = self.offset + sum(k * stride for k, stride in zip(start, own, strict=True))
        strides = (*self.strides[:lead], *(n * stride for n, stride in zip(step, own, strict=True)))
        return View(self.storage, offset, (*self.shape[:lead], *shape), strides, self.dtype)

    def item(self, at: Ints) -> View:
        """The elements at a position of the last axes."""
        lead, own = len(self.strides) - len(at), self.strides[-len(at) :]
        offset = self.offset + sum(k * stride for k, stride in zip(at, own, strict=True))
        return View(self.storage, offset, self.shape[:lead], self.strides[:lead], self.dtype)


def memory_order(views: Sequence[View], shape: Ints) -> Ints | None:
    """The order of the axes in memory, the longest strides first, of the first view that has this shape.

    None where that is their own order.  So a result is laid out as its operands are, which NumPy does too.
    """
    if len(shape) < 2:
        return None
    for view in views:
        strides = view.strides
        if view.shape == shape and 0 not in strides:
            if all(a >= b for a, b in itertools.pairwise(strides)):
                return None
            long = [axis for axis, n in enumerate(shape) if n != 1]
            order = sorted(long, key=lambda axis: -strides[axis])
            return None if order == long else (*order, *(axis for axis, n in enumerate(shape) if n == 1))
    return None


def undone(order: Ints) -> Ints:
    """The order of the axes that undoes an order of the axes."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def packed(shape: Sequence[int], itemsize: int) -> Ints:
    """The strides of a contiguous array."""
    if not shape:
        return ()
    if len(shape) == 1:
        return (itemsize,)
    strides = [itemsize]
    for n in reversed(shape[1:]):
        strides.append(strides[-1] * max(n, 1))
    return tuple(reversed(strides))


_ground = np.empty(1 << 16, np.uint8)


def view_of(function: Callable[[Array], Any], view: View) -> tuple[View, ...] | None:
    """The views that a function of an array returns, or None where it returns something else than views."""
    global _ground  # noqa: PLW0603  # memory that is never read; it only grows
    low = sum(min(0, stride * (n - 1)) for n, stride in zip(view.shape, view.strides, strict=True)) if view.size else 0
    if view.storage.nbytes > _ground.nbytes:
        _ground = np.empty(view.storage.nbytes, np.uint8)
    if view.offset + low < 0:
        return None
    array = np.ndarray(view.shape, view.dtype, _ground, view.offset, view.strides)
    start = _ground.__array_interface__["data"][0]
    made: list[View] = []
    results = function(array)
    for result in results if isinstance(results, tuple | list) else (results,):
        if not isinstance(result, np.ndarray):
            return None
        offset = result.__array_interface__["data"][0] - start
        if not np.may_share_memory(result, _ground) and result.size:
            return None
        made.append(View(view.storage, offset if result.size else 0, result.shape, result.strides, result.dtype))
    return tuple(made)
