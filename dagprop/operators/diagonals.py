"""Triangles and diagonals of matrices, and of stacks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dagprop.plugin.declaring import Dimension, Shape, Spec, Value, meet, operator
from dagprop.plugin.ranges import whole


@operator(numpy=[np.tril], latex=r"\operatorname{{tril}}({x:bare})", text="tril({x:bare})")
def tril(x: Value, *, k: int = 0) -> Value:
    """The matrices with 0 above their k-th diagonal.

    >>> import dagprop as dp
    >>> dp.tril(np.ones((2, 2))).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return np.tril(x, k)


@operator(numpy=[np.triu], latex=r"\operatorname{{triu}}({x:bare})", text="triu({x:bare})")
def triu(x: Value, *, k: int = 0) -> Value:
    """The matrices with 0 below their k-th diagonal."""
    return np.triu(x, k)


@tril.requires
@triu.requires
def _(_x: Value, *, k: int) -> None:
    whole(k=k)


@tril.infer
@triu.infer
def _(x: Spec, *, k: int) -> Spec:
    if x.ndim < 2:
        raise ValueError(f"a triangle is part of a matrix, and the shape is {x}")
    return x


@tril.vjp
def _(grad: Value, x: Value, *, k: int) -> Value:
    return np.tril(grad, k)


@triu.vjp
def _(grad: Value, x: Value, *, k: int) -> Value:
    return np.triu(grad, k)


def _length(rows: Dimension, columns: Dimension, offset: int) -> Dimension:
    """How many elements the diagonal has."""
    if isinstance(rows, int) and isinstance(columns, int):
        return max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    side = meet(rows, columns)
    if side is None:
        raise ValueError(f"the length of the diagonal of a matrix of {rows} by {columns} is not known")
    return side - abs(offset)


@operator(numpy=[np.diagonal], view=True, latex=r"\operatorname{{diag}}({x:bare})", text="diagonal({x:bare})")
def diagonal(x: Value, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The elements with j = i + offset, i and j along the two axes, as a new last axis.

    >>> import dagprop as dp
    >>> dp.diagonal(np.array([[1, 2], [3, 4]])).tolist()
    [1, 4]
    """
    return np.diagonal(x, offset, axis1, axis2)


@diagonal.requires
def _(_x: Value, *, offset: int) -> None:
    whole(offset=offset)


@diagonal.infer
def _(x: Spec, *, offset: int, axis1: int, axis2: int) -> Spec:
    a, b = normalize_axis_tuple((axis1, axis2), x.ndim)
    rest = [n for axis, n in enumerate(x.shape) if axis not in (a, b)]
    return Spec((*rest, _length(x.shape[a], x.shape[b], offset)), x.dtype)


@diagonal.vjp
def _(grad: Value, x: Value, *, offset: int, axis1: int, axis2: int) -> Value:
    return from_diagonal(grad, shape=x.shape, offset=offset, axis1=axis1, axis2=axis2)


@operator(latex=r"\operatorname{{diag}}({values:bare})", text="from_diagonal({values:bare})")
def from_diagonal(values: Value, *, shape: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """Zeros of the shape with the values' last axis on the diagonal: `diagonal` undone.

    >>> import dagprop as dp
    >>> dp.from_diagonal(np.array([1.0, 2.0]), shape=(2, 2)).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    result = np.zeros(shape, values.dtype)
    rows = np.arange(values.shape[-1]) + max(-offset, 0)
    np.moveaxis(result, (axis1, axis2), (0, 1))[rows, rows + offset] = np.moveaxis(values, -1, 0)
    return result


@from_diagonal.infer
def _(values: Spec, *, shape: Shape, offset: int, axis1: int, axis2: int) -> Spec:
    return Spec(shape, values.dtype)


@from_diagonal.vjp
def _(grad: Value, values: Value, *, offset: int, axis1: int, axis2: int) -> Value:
    return np.diagonal(grad, offset, axis1, axis2)


@operator(numpy=[np.diag], latex=r"\operatorname{{diag}}({x:bare})", text="diag({x:bare})")
def diag(x: Value, *, k: int = 0) -> Value:
    """The k-th diagonal of a matrix, or the matrix that has a vector on its k-th diagonal.

    >>> import dagprop as dp
    >>> dp.diag(np.array([1, 2])).tolist()
    [[1, 0], [0, 2]]
    """
    return np.diag(x, k)


@diag.requires
def _(_x: Value, *, k: int) -> None:
    whole(k=k)


@diag.infer
def _(x: Spec, *, k: int) -> Spec:
    if x.ndim == 1:
        return Spec((x.shape[0] + abs(k),) * 2, x.dtype)
    if x.ndim == 2:
        rows, columns = x.shape
        return Spec((_length(rows, columns, k),), x.dtype)
    raise ValueError(f"np.diag is of a vector or a matrix, and the shape is {x}; np.diagonal takes stacks")


@diag.vjp
def _(grad: Value, x: Value, *, k: int) -> Value:
    return np.diagonal(grad, k) if x.ndim == 1 else from_diagonal(grad, shape=x.shape, offset=k)


@operator(numpy=[np.trace], latex=r"\operatorname{{tr}}({x:bare})", text="tr({x:bare})")
def trace(x: Value, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The sum of the diagonal."""
    return np.trace(x, offset, axis1, axis2)


@trace.requires
def _(_x: Value, *, offset: int) -> None:
    whole(offset=offset)


@trace.infer
def _(x: Spec, *, offset: int, axis1: int, axis2: int) -> Spec:
    axes = normalize_axis_tuple((axis1, axis2), x.ndim)
    rest = [n for axis, n in enumerate(x.shape) if axis not in axes]
    return Spec(rest, np.trace(np.ones((1, 1), x.dtype)).dtype)


@trace.vjp
def _(grad: Value, x: Value, *, offset: int, axis1: int, axis2: int) -> Value:
    rows, columns = (x.shape[axis] for axis in normalize_axis_tuple((axis1, axis2), x.ndim))
    length: Any = _length(rows, columns, offset)
    repeated = np.broadcast_to(np.expand_dims(grad, -1), (*grad.shape, length))
    return from_diagonal(repeated, shape=x.shape, offset=offset, axis1=axis1, axis2=axis2)


OPERATORS = (tril, triu, diagonal, from_diagonal, diag, trace)
