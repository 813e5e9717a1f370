"""Sorting, and choosing by positions along one axis, which is what undoes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.operators.indexing import integers
from dagprop.plugin.declaring import Shape, Spec, Value, broadcast, operator


def _positions_along(shape: Shape, indices: Value, axis: int) -> tuple[Value, ...]:
    """The index arrays for positions along one axis: those, and every position of the other axes."""
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return tuple(indices if a == axis % len(shape) else grid[a] for a in range(len(shape)))


@operator(
    numpy=[np.take_along_axis],
    latex=r"\operatorname{{take}}({x:bare}, {indices:bare})",
    text="take({x:bare}, {indices:bare})",
)
def take_along_axis(x: Value, indices: Value, *, axis: int | None = -1) -> Value:
    """At each place, the element at that place's position along the axis: what `argsort` and `argmax` find.

    >>> import dagprop as dp
    >>> dp.take_along_axis(np.array([[5, 6], [7, 8]]), np.array([[1], [0]]), axis=1).tolist()
    [[6], [7]]
    """
    return np.take_along_axis(x, indices, axis)


@take_along_axis.arguments
def _(x: Value, indices: Value, axis: int | None = -1) -> tuple[tuple[Value, Value], dict[str, Any]]:
    indices = integers(indices)
    if axis is None and np.ndim(indices) != 1:
        raise ValueError(f"the positions in a flattened array have one dimension, not {np.ndim(indices)}")
    return (np.ravel(x) if axis is None else x, indices), {"axis": 0 if axis is None else axis}


@take_along_axis.infer
def _(x: Spec, indices: Spec, *, axis: int) -> Spec:
    axis = normalize_axis_index(axis, x.ndim)
    if indices.ndim != x.ndim:
        raise ValueError(f"the positions have {indices.ndim} dimensions, and the values {x.ndim}")
    whole = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    return Spec(broadcast(whole, indices.shape), x.dtype)


@take_along_axis.vjp
def _(grad: Value, x: Value, indices: Value, *, axis: int) -> tuple[Value, None]:
    return add_along_axis(grad, indices, shape=x.shape, axis=axis), None


@operator(
    latex=r"\operatorname{{scatter}}({values:bare}, {indices:bare})", text="scatter({values:bare}, {indices:bare})"
)
def add_along_axis(values: Value, indices: Value, *, shape: Shape, axis: int) -> Value:
    """Zeros of the shape with each value added at its position along the axis: `take_along_axis` undone."""
    result = np.zeros(shape, values.dtype)
    np.add.at(result, _positions_along(shape, indices, axis), values)
    return result


@add_along_axis.infer
def _(values: Spec, indices: Spec, *, shape: Shape, axis: int) -> Spec:
    return Spec(shape, values.dtype)


@add_along_axis.vjp
def _(grad: Value, values: Value, indices: Value, *, axis: int) -> tuple[Value, None]:
    return np.take_along_axis(grad, indices, axis), None


def _sorting(
    x: Value, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
) -> tuple[tuple[Value], dict[str, Any]]:
    """NumPy's arguments: all kinds of sorting give the same here, where equal elements keep their order."""
    if order is not None:
        raise ValueError("only arrays with fields are sorted in an order of fields")
    return (np.ravel(x) if axis is None else x,), {"axis": -1 if axis is None else axis}


@operator(numpy=[np.argsort], latex=r"\operatorname{{argsort}}({x:bare})", text="argsort({x:bare})")
def argsort(x: Value, *, axis: int = -1) -> Value:
    """The positions that sort the axis; equal elements keep their order.

    >>> import dagprop as dp
    >>> dp.argsort(np.array([3.0, 1.0, 2.0])).tolist()
    [1, 2, 0]
    """
    return np.argsort(x, axis=axis, kind="stable")


argsort.arguments(_sorting)


@argsort.infer
def _(x: Spec, *, axis: int) -> Spec:
    normalize_axis_index(axis, x.ndim)
    return Spec(x.shape, np.intp)


@operator(numpy=[np.sort], latex=r"\operatorname{{sort}}({x:bare})", text="sort({x:bare})")
def sort(x: Value, *, axis: int = -1) -> Value:
    """The elements in ascending order along the axis.  The gradient goes to where each element came from."""
    return np.sort(x, axis=axis)


sort.arguments(_sorting)


@sort.infer
def _(x: Spec, *, axis: int) -> Spec:
    normalize_axis_index(axis, x.ndim)
    return x


@sort.vjp
def _(grad: Value, x: Value, *, axis: int) -> Value:
    return add_along_axis(grad, np.argsort(x, axis=axis), shape=x.shape, axis=axis)


OPERATORS = (take_along_axis, add_along_axis, argsort, sort)
