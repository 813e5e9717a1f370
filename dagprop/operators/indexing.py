"""Indexing: elements chosen by position, and put back where they came from."""

from __future__ import annotations

import operator as python
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.plugin.declaring import Dim, Dimension, Shape, Spec, Value, broadcast, operator
from dagprop.plugin.index import ARRAY, Index, filled


@operator(numpy=[python.getitem], view=True, latex="{x}_{{[{index}]}}", text="{x}[{index}]")
def getitem(x: Value, *arrays: Value, index: Index) -> Value:
    """`x[index]`: ints, slices, None, an ellipsis, integer arrays (or nodes) and boolean arrays.

    A boolean array must be known when the graph is built, since the shape of the result depends on it.  A slice
    of a named dimension is taken to lie within it; the first run holds the values to that.

    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x", ("batch", 3))
    >>> x[1:, [0, 2]].shape, x[::2, None, -1].shape
    ((batch - 1, 2), ((batch + 1)//2, 1))
    """
    return x[filled(index, arrays)]


@getitem.arguments
def _(x: Value, index: Any) -> tuple[tuple[Value, ...], dict[str, Any]]:
    entries = list(index) if isinstance(index, tuple) else [index]
    entries = [entry if _plain(entry) else _array(entry) for entry in entries]
    used = sum(_width(entry) for entry in entries)
    ellipses = [i for i, entry in enumerate(entries) if entry is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can only have one ellipsis ('...')")
    if used > np.ndim(x):
        raise IndexError(f"{used} axes are indexed, and there are {np.ndim(x)}")
    at = ellipses[0] if ellipses else len(entries)
    entries[at : at + 1] = [slice(None)] * (np.ndim(x) - used)
    template: list[Any] = []
    arrays: list[Value] = []
    axis = 0
    for entry in entries:
        if _plain(entry):
            template.append(entry)
        else:
            found = _positions(entry, np.shape(x)[axis : axis + _width(entry)])
            template += [ARRAY] * len(found)
            arrays += found
        axis += _width(entry)
    return (x, *arrays), {"index": Index(template)}


def _plain(entry: Any) -> bool:
    return (
        entry is None
        or entry is Ellipsis
        or (isinstance(entry, int | np.integer | slice | Dim) and not isinstance(entry, bool))
    )


def _array(entry: Any) -> Value:
    """An index array: a node or an array, of integers or booleans."""
    node = hasattr(type(entry), "__dagprop_apply__")
    array = entry if node else np.asarray(entry)
    if not node and array.size == 0 and not isinstance(entry, np.ndarray):
        array = array.astype(np.intp)
    if array.dtype.kind == "b" and (node or not array.ndim):
        raise IndexError(
            "a mask that is computed makes a shape that depends on values: use np.where(mask, x, 0), or a boolean "
            "array that is known when the graph is built"
        )
    if array.dtype.kind not in "biu":
        raise IndexError(f"an index is made of ints, slices, None, '...', and arrays of them, not of {array.dtype}")
    return array


def _width(entry: Any) -> int:
    """How many axes the entry of an index stands for."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if getattr(entry, "dtype", None) == np.bool else 1


def _positions(array: Value, shape: Shape) -> list[Value]:
    """The integer arrays that say the same; a mask is turned into the positions of its true elements."""
    if array.dtype.kind != "b":
        return [array]
    if array.shape != tuple(shape):
        raise IndexError(f"the boolean array of shape {array.shape} does not match the axes {tuple(shape)} it indexes")
    return list(np.nonzero(array))


@getitem.infer
def _(x: Spec, *arrays: Spec, index: Index) -> Spec:
    axes = sum(entry is not None for entry in index)
    if axes != x.ndim or index.count(ARRAY) != len(arrays):
        raise IndexError(f"the index is of {axes} axes and {index.count(ARRAY)} arrays, not {x.ndim} and {len(arrays)}")
    rest, own = iter(arrays), iter(x.shape)
    kept: list[Dimension] = []
    places: list[int] = []  # where in the result the arrays' own dimensions may go
    apart = False  # NumPy puts them first where something stands between the arrays
    chosen: list[Shape] = []
    last = None
    for i, entry in enumerate(index):
        if entry is None:
            kept.append(1)
        elif isinstance(entry, slice):
            kept.append(extent(next(own), entry))
        else:
            n = next(own)
            if entry == ARRAY:
                chosen.append(next(rest).shape)
            else:
                _within(entry, n)
            apart = apart or (last is not None and last != i - 1)
            last = i
            places.append(len(kept))
    if not chosen:
        return Spec(kept, x.dtype)
    at = 0 if apart else places[0]
    return Spec((*kept[:at], *broadcast(*chosen), *kept[at:]), x.dtype)


def _within(position: Dimension, n: Dimension) -> None:
    if isinstance(position, int) and isinstance(n, int) and not -n <= position < n:
        raise IndexError(f"the index {position} is out of bounds for an axis of size {n}")


def extent(n: Dimension, part: slice) -> Dimension:
    """How many elements a slice takes of an axis of size n.

    >>> extent(10, slice(1, None, 3)), extent(Dim("batch"), slice(1, -1))
    (3, batch - 2)
    """
    step = 1 if part.step is None else python.index(part.step)
    if not any(isinstance(value, Dim) for value in (n, part.start, part.stop)):
        return len(range(*part.indices(python.index(n))))
    if step == 0:
        raise ValueError("a slice's step cannot be 0")
    if step > 0:
        first = _from_front(part.start, n, 0)
        length = (_from_front(part.stop, n, n) - first + (step - 1)) // step
    else:
        first = _from_front(part.start, n, n - 1)
        length = (first - _from_front(part.stop, n, -1) + (-step - 1)) // -step
    return length if isinstance(length, Dim) else max(length, 0)


def _from_front(position: Dimension | None, n: Dimension, default: Dimension) -> Dimension:
    if position is None:
        return default
    if isinstance(position, Dim):
        return position
    position = python.index(position)
    return position + n if position < 0 else position


@getitem.tidy
def _(x: Value, *arrays: Value, index: Index) -> Value | None:
    return x if x.number is not None else None  # the same at every place


@getitem.vjp
def _(grad: Value, x: Value, *arrays: Value, index: Index) -> tuple[Value | None, ...]:
    return scatter_add(grad, *arrays, shape=x.shape, index=index), *(None for _ in arrays)


@operator(latex=r"\operatorname{{scatter}}_{{[{index}]}}({values:bare})", text="scatter({values:bare}, [{index}])")
def scatter_add(values: Value, *arrays: Value, shape: Shape, index: Index) -> Value:
    """Zeros of the shape with the values added at the index, again where a position is repeated.

    What indexing does, undone: each is the other's vector-Jacobian product.
    """
    result = np.zeros(shape, values.dtype)
    if arrays:
        np.add.at(result, filled(index, arrays), values)
    else:
        result[tuple(index)] = values  # basic indexing repeats nothing
    return result


@scatter_add.infer
def _(values: Spec, *arrays: Spec, shape: Shape, index: Index) -> Spec:
    return Spec(shape, values.dtype)


@scatter_add.vjp
def _(grad: Value, values: Value, *arrays: Value, index: Index) -> tuple[Value | None, ...]:
    return grad[filled(index, arrays)], *(None for _ in arrays)


# ---- along one axis -------------------------------------------------------------------------------------------------


def integers(indices: Value) -> Value:
    """Positions, once it is clear that they are integers."""
    array = indices if hasattr(type(indices), "__dagprop_apply__") else np.asarray(indices)
    if array.dtype.kind not in "iu":
        raise IndexError(f"positions are integers, not {array.dtype}")
    return array


@operator(numpy=[np.take], latex="{x}_{{{indices:bare}}}", text="take({x:bare}, {indices:bare})")
def take(x: Value, indices: Value, *, axis: int | None = None) -> Value:
    """The elements at these positions of the axis; of the flattened array where axis is None.

    >>> import dagprop as dp
    >>> dp.take(np.array([5.0, 6.0, 7.0]), [2, 0]).tolist()
    [7.0, 5.0]
    """
    return np.take(x, indices, axis)


@take.arguments
def _(x: Value, indices: Value, axis: int | None = None) -> tuple[tuple[Value, Value], dict[str, Any]]:
    return (x, integers(indices)), {"axis": axis}


@take.infer
def _(x: Spec, indices: Spec, *, axis: int | None) -> Spec:
    if axis is None:
        return Spec(indices.shape, x.dtype)
    axis = normalize_axis_index(axis, x.ndim)
    return Spec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


@take.vjp
def _(grad: Value, x: Value, indices: Value, *, axis: int | None) -> tuple[Value, None]:
    if axis is None:
        flat = scatter_add(grad, indices, shape=(x.size,), index=Index((ARRAY,)))
        return np.reshape(flat, x.shape), None
    return scatter_add(grad, indices, shape=x.shape, index=along(axis, x.ndim)), None


def along(axis: int, ndim: int, entry: Any = ARRAY) -> Index:
    """The index that takes every axis whole but one."""
    axis = normalize_axis_index(axis, ndim)
    return Index((*(slice(None),) * axis, entry, *(slice(None),) * (ndim - axis - 1)))


OPERATORS = (getitem, scatter_add, take)
