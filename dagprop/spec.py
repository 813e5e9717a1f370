"""Spec: the shape and dtype of a value, known before there is a value.

Its dimensions may be names still, so a rule may say `np.reshape(grad, x.shape)` for arrays and for nodes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from dagprop import arguments
from dagprop.dimension import Dim, Dimension, Shape, ShapeLike, bind


class Spec:
    """The shape and dtype of a value.

    `shape` takes ints, names (`"batch"`) and `None` (any size); `dtype` is float64 where it is left out.

    >>> Spec(("batch", 3), "float32")
    Spec((batch, 3), float32)
    >>> Spec((2, 3)).size
    6
    """

    __slots__ = ("_hash", "concrete", "dtype", "shape")

    def __init__(self, shape: ShapeLike = (), dtype: DTypeLike = np.float64) -> None:
        items: Iterable[Any] = shape if isinstance(shape, tuple | list) else _dimensions(shape)
        self.shape: Shape = tuple(map(_dimension, items))
        made = dtype if isinstance(dtype, np.dtype) else arguments.dtype("dtype", dtype)
        self.dtype: np.dtype[Any] = made if made.isnative else made.newbyteorder("=")  # values are this machine's
        self.concrete: bool = all(type(n) is int for n in self.shape)
        self._hash = hash((self.shape, self.dtype))

    @property
    def ndim(self) -> int:
        """How many dimensions."""
        return len(self.shape)

    @property
    def size(self) -> Dimension:
        """How many elements: an int, or a `Dim`."""
        return math.prod(self.shape)

    def named(self, owner: str) -> Spec:
        """The same, each `None` turned into a dimension of its own that belongs to `owner`."""
        if "?" not in self.shape:
            return self
        shape = [Dim(f"?{owner}.{axis}") if n == "?" else n for axis, n in enumerate(self.shape)]
        return Spec(shape, self.dtype)

    def bind(self, sizes: Mapping[str, int]) -> Spec:
        """The same with every name replaced by its size."""
        return self if self.concrete else Spec([bind(n, sizes) for n in self.shape], self.dtype)

    def agrees(self, other: Spec) -> bool:
        """Whether both can be of one value: the same dtype, and in each dimension one size."""
        same = self.dtype == other.dtype and self.ndim == other.ndim
        return same and all(meet(a, b) is not None for a, b in zip(self.shape, other.shape, strict=True))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Spec)
            and self._hash == other._hash
            and self.dtype == other.dtype
            and self.shape == other.shape
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Spec({show_shape(self.shape)}, {self.dtype})"

    def __str__(self) -> str:
        return f"{show_shape(self.shape)} {self.dtype}"


def _dimensions(shape: Any) -> Iterable[Any]:
    """The dimensions of what is no tuple and no list: of one dimension, or of whatever else has them in order."""
    if isinstance(shape, int | str):
        return (shape,)
    if isinstance(shape, bytes) or not isinstance(shape, Sequence | Iterator | np.ndarray):
        raise arguments.refused("a shape", "a dimension, or several in a tuple", shape)
    return shape


def _dimension(n: int | str | Dim | None) -> Dimension:
    if isinstance(n, bool) or not isinstance(n, int | np.integer | str | Dim | None):
        raise arguments.refused("a dimension", "an int, a name or None", n)
    if n is None or isinstance(n, str):
        return Dim(n or "?")
    if not isinstance(n, Dim) and not 0 <= n <= sys.maxsize:
        raise arguments.refused("a dimension", f"at least 0 and at most {sys.maxsize}", n)
    return n if isinstance(n, Dim) else int(n)


def show_shape(shape: Iterable[Dimension]) -> str:
    """A shape as NumPy shows it, names unquoted, `?` for a dimension without one."""
    dims = ["?" if isinstance(n, Dim) and n.anonymous else str(n) for n in shape]
    return f"({', '.join(dims)}{',' if len(dims) == 1 else ''})"


def meet(a: Dimension, b: Dimension) -> Dimension | None:
    """The dimension that two operands share, or None where they cannot.

    A dimension without a name may turn out to be any size: what is known of the other one is taken, and
    the first run holds the values to it.
    """
    if a == b:
        return a
    if isinstance(a, Dim) and a.anonymous:
        return b
    if isinstance(b, Dim) and b.anonymous:
        return a
    return None


def broadcast(*shapes: Shape) -> Shape:
    """The shape that the shapes broadcast to, by NumPy's rules; a name goes with itself and with 1.

    >>> broadcast((Dim("batch"), 1), (3,))
    (batch, 3)
    """
    if len(set(shapes)) == 1:
        return shapes[0]
    ndim = max(map(len, shapes))
    result: list[Dimension] = []
    for axis in range(-ndim, 0):
        merged: Dimension = 1
        for shape in shapes:
            n = shape[axis] if -axis <= len(shape) else 1
            if n == 1:
                continue
            both = n if merged == 1 else meet(merged, n)
            if both is None:
                raise ValueError(f"axis {axis} is {merged} in one operand and {n} in another, and neither is 1")
            merged = both
        result.append(merged)
    return tuple(result)
