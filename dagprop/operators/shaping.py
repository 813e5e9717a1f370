"""Shapes: the same elements, arranged otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dagprop.operators.structure import sum_to
from dagprop.plugin.declaring import Dim, Dimension, Shape, Spec, Value, broadcast, operator

Axes: TypeAlias = "int | tuple[int, ...]"


def sequence(value: Any) -> Any:
    """A sequence as a tuple, so that an attribute can be looked up; an int (or None) as it is."""
    if isinstance(value, str | bytes):
        raise TypeError(f"numbers are wanted, not {value!r}")
    return tuple(value) if isinstance(value, Sequence | np.ndarray) else value


# ---- reshape ------------------------------------------------------------------------------------------------------


@operator(
    numpy=[np.reshape],
    view=True,
    reshapes=True,
    latex=r"\operatorname{{reshape}}({x:bare})",
    text="reshape({x:bare}, {shape})",
)
def reshape(x: Value, *, shape: Any) -> Value:
    """The elements, in order, in another shape.  One dimension may be -1: it takes what is left.

    A named dimension may stand in `shape`, so `np.reshape(grad, x.shape)` holds for any batch.

    >>> import dagprop as dp
    >>> dp.reshape(np.arange(6.0), (2, -1)).shape
    (2, 3)
    """
    return np.reshape(x, shape)


@reshape.arguments
def _(x: Value, shape: Any, order: str | None = "C") -> tuple[tuple[Value], dict[str, Any]]:
    return _in_rows(x, order), {"shape": sequence(shape)}


def _in_rows(x: Value, order: str | None) -> tuple[Value]:
    """The operand, once it is clear that its elements are read row by row."""
    if order not in ("C", None):
        raise ValueError(f"elements are read row by row, order='C', not {order!r}: transpose first")
    return (x,)


@reshape.infer
def _(x: Spec, *, shape: Any) -> Spec:
    wanted = (shape,) if isinstance(shape, int | np.integer | Dim) else tuple(shape)
    left = [axis for axis, n in enumerate(wanted) if n == -1]
    if len(left) > 1:
        raise ValueError("only one dimension of the new shape can be -1")
    if left:
        known = math.prod(n for n in wanted if n != -1)
        rest = _quotient(x.size, known)
        wanted = (*wanted[: left[0]], rest, *wanted[left[0] + 1 :])
    result = Spec(wanted, x.dtype)
    if result.size != x.size and not _undecided(result.size, x.size):
        raise ValueError(f"{x.size} elements do not fill the shape {result}")
    return result


def _quotient(size: Dimension, known: Dimension) -> Dimension:
    if isinstance(size, Dim):
        return size // known
    if isinstance(known, Dim):
        raise ValueError(f"the dimension -1 of {size} elements is not known while {known} is not")
    if known == 0 or size % known:
        raise ValueError(f"{size} elements cannot be laid out in rows of {known}")
    return size // known


def _undecided(a: Dimension, b: Dimension) -> bool:
    """Whether sizes that are not the same may turn out equal when feeds arrive; the first run holds them to it."""
    difference = a - b
    return isinstance(difference, Dim) and (len(difference.terms) > 1 or difference.anonymous)


@reshape.vjp
def _(grad: Value, x: Value) -> Value:
    return np.reshape(grad, x.shape)


@reshape.simplify("identities")
def _(x: Value, *, shape: Any) -> Value | None:
    if shape == x.shape:
        return x
    return reshape(x.operands[0], shape=shape) if x.operator is not None and x.operator.reshapes else None


@reshape.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return bound(x)


@operator(numpy=[np.ravel], view=True, reshapes=True, latex=r"\operatorname{{vec}}({x:bare})", text="ravel({x:bare})")
def ravel(x: Value) -> Value:
    """The elements, in order, in one dimension."""
    return np.ravel(x)


@ravel.arguments
def _(x: Value, order: str | None = "C") -> tuple[tuple[Value], dict[str, Any]]:
    return _in_rows(x, order), {}


@ravel.infer
def _(x: Spec) -> Spec:
    return Spec((x.size,), x.dtype)


@ravel.vjp
def _(grad: Value, x: Value) -> Value:
    return np.reshape(grad, x.shape)


@operator(numpy=[np.expand_dims], view=True, reshapes=True, latex="{x}", text="{x}")
def expand_dims(x: Value, *, axis: Axes) -> Value:
    """New axes of size 1, at these positions of the result.

    >>> import dagprop as dp
    >>> dp.expand_dims(np.zeros((2, 3)), axis=1).shape
    (2, 1, 3)
    """
    return np.expand_dims(x, axis)


@expand_dims.infer
def _(x: Spec, *, axis: Axes) -> Spec:
    ndim = x.ndim + (1 if isinstance(axis, int | np.integer) else len(axis))
    new, old = normalize_axis_tuple(axis, ndim), iter(x.shape)
    return Spec([1 if a in new else next(old) for a in range(ndim)], x.dtype)


@expand_dims.vjp
def _(grad: Value, x: Value) -> Value:
    return np.reshape(grad, x.shape)


@operator(numpy=[np.squeeze], view=True, reshapes=True, latex="{x}", text="{x}")
def squeeze(x: Value, *, axis: Axes | None = None) -> Value:
    """Without these axes, which are of size 1; without all such axes where axis is None.

    >>> import dagprop as dp
    >>> dp.squeeze(np.zeros((1, 3, 1)), axis=0).shape
    (3, 1)
    """
    return np.squeeze(x, axis)


@squeeze.infer
def _(x: Spec, *, axis: Axes | None) -> Spec:
    ones = tuple(a for a, n in enumerate(x.shape) if n == 1)
    gone = ones if axis is None else normalize_axis_tuple(axis, x.ndim)
    if not set(gone) <= set(ones):
        raise ValueError(f"only an axis of size 1 can be squeezed, and the shape is {x}")
    return Spec([n for a, n in enumerate(x.shape) if a not in gone], x.dtype)


@squeeze.vjp
def _(grad: Value, x: Value) -> Value:
    return np.reshape(grad, x.shape)


@operator(numpy=[np.atleast_1d], view=True, reshapes=True, latex="{x}", text="{x}")
def atleast_1d(x: Value) -> Value:
    """A scalar as a vector of one element; anything else as it is."""
    return np.atleast_1d(x)


@operator(numpy=[np.atleast_2d], view=True, reshapes=True, latex="{x}", text="{x}")
def atleast_2d(x: Value) -> Value:
    """A vector as a matrix of one row; anything of two dimensions or more as it is."""
    return np.atleast_2d(x)


@operator(numpy=[np.atleast_3d], view=True, reshapes=True, latex="{x}", text="{x}")
def atleast_3d(x: Value) -> Value:
    """A vector (n,) as (1, n, 1), a matrix (m, n) as (m, n, 1); anything of three dimensions or more as it is."""
    return np.atleast_3d(x)


@atleast_1d.infer
def _(x: Spec) -> Spec:
    return x if x.ndim >= 1 else Spec((1,), x.dtype)


@atleast_2d.infer
def _(x: Spec) -> Spec:
    return x if x.ndim >= 2 else Spec((1, *x.shape) if x.ndim else (1, 1), x.dtype)


@atleast_3d.infer
def _(x: Spec) -> Spec:
    return x if x.ndim >= 3 else Spec(((1, 1, 1), (1, *x.shape, 1), (*x.shape, 1))[x.ndim], x.dtype)


@atleast_1d.vjp
@atleast_2d.vjp
@atleast_3d.vjp
def _(grad: Value, x: Value) -> Value:
    return np.reshape(grad, x.shape)


# ---- broadcasting ---------------------------------------------------------------------------------------------------


@operator(numpy=[np.broadcast_to], view=True, repeats=True, latex="{x}", text="{x}")
def broadcast_to(x: Value, *, shape: Shape) -> Value:
    """Repeated, without a copy, to fill the shape by NumPy's rules.

    >>> import dagprop as dp
    >>> dp.broadcast_to(np.array([1.0, 2.0]), (2, 2)).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    return np.broadcast_to(x, shape)  # type: ignore[arg-type]  # it holds no Dim when it is run


@broadcast_to.infer
def _(x: Spec, *, shape: Any) -> Spec:
    result = Spec(shape, x.dtype)
    if x.ndim > result.ndim or broadcast(x.shape, result.shape) != result.shape:
        raise ValueError(f"{x} does not broadcast to {result}")
    return result


@broadcast_to.vjp
def _(grad: Value, x: Value) -> Value:
    return sum_to(grad, shape=x.shape)


@broadcast_to.simplify("identities")
def _(x: Value, *, shape: Any) -> Value | None:
    return x if tuple(shape) == x.shape else None


@broadcast_to.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return bound(x)


@operator(numpy=[np.broadcast_arrays], latex=r"\operatorname{{broadcast}}({arrays})", text="broadcast({arrays})")
def broadcast_arrays(*arrays: Value) -> tuple[Value, ...]:
    """Each array, repeated to the shape that all of them broadcast to: one output for each."""
    return tuple(np.broadcast_arrays(*arrays))


@broadcast_arrays.infer
def _(*arrays: Spec) -> tuple[Spec, ...]:
    shape = broadcast(*(x.shape for x in arrays))
    return tuple(Spec(shape, x.dtype) for x in arrays)


@broadcast_arrays.vjp
def _(grads: tuple[Value, ...], *arrays: Value) -> tuple[Value, ...]:
    return tuple(sum_to(grad, shape=x.shape) for grad, x in zip(grads, arrays, strict=True))


@operator(numpy=[np.meshgrid], latex=r"\operatorname{{meshgrid}}({arrays})", text="meshgrid({arrays})")
def meshgrid(*arrays: Value, indexing: str = "xy") -> tuple[Value, ...]:
    """The coordinates of a grid, one output for each vector: `"xy"` as one plots it, `"ij"` as one indexes it.

    >>> import dagprop as dp
    >>> [x.tolist() for x in dp.meshgrid(np.array([1, 2]), np.array([3, 4, 5]), indexing="ij")]
    [[[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]]]
    """
    return tuple(np.meshgrid(*arrays, indexing=indexing))  # type: ignore[call-overload]


def _places(count: int, indexing: str) -> list[int]:
    """The axis of the grid that each vector runs along."""
    return [1, 0, *range(2, count)][:count] if indexing == "xy" and count > 1 else list(range(count))


@meshgrid.infer
def _(*arrays: Spec, indexing: str) -> tuple[Spec, ...]:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing is 'xy' or 'ij', not {indexing!r}")
    places = _places(len(arrays), indexing)
    shape = [arrays[place].size for place in places]  # the swap of two is its own inverse
    return tuple(Spec(shape, x.dtype) for x in arrays)


@meshgrid.vjp
def _(grads: tuple[Value, ...], *arrays: Value, indexing: str) -> tuple[Value, ...]:
    places = _places(len(arrays), indexing)
    return tuple(
        np.reshape(np.sum(grad, axis=tuple(axis for axis in places if axis != place)), x.shape)
        for grad, x, place in zip(grads, arrays, places, strict=True)
    )


# ---- in formulas and symbols --------------------------------------------------------------------------------------


@broadcast_to.tidy
@expand_dims.tidy
def _(x: Value) -> Value:
    return x


@reshape.tidy
def _(x: Value, *, out: Value) -> Value:
    """Axes of size 1 come and go unmentioned."""
    return x if [n for n in x.shape if n != 1] == [n for n in out.shape if n != 1] else None


@reshape.symbol
@ravel.symbol
@expand_dims.symbol
@squeeze.symbol
@broadcast_to.symbol
def _(sympy: Any, x: Any) -> Any:
    return x


OPERATORS = (
    reshape, ravel, expand_dims, squeeze, atleast_1d, atleast_2d, atleast_3d,
    broadcast_to, broadcast_arrays, meshgrid,
)  # fmt: skip
