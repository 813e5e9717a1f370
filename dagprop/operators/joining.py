"""Arrays joined and split."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.operators.indexing import along
from dagprop.operators.shaping import sequence
from dagprop.plugin.declaring import Dim, Dimension, Operator, Shape, Spec, Value, meet, operator

# ---- joining --------------------------------------------------------------------------------------------------------


def _in_a_list(arrays: Sequence[Value]) -> tuple[tuple[Value, ...], dict[str, Any]]:
    """NumPy takes the arrays to join in one sequence."""
    return tuple(arrays), {}


def _joined(shapes: Sequence[Shape], axis: int, dtypes: Sequence[np.dtype[Any]]) -> Spec:
    """Shapes that agree but for one axis, along which they are put one behind the other."""
    if not shapes:
        raise ValueError("there is no array to join")
    axis = normalize_axis_index(axis, len(shapes[0]))
    joined = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(joined):
            raise ValueError(f"arrays of {len(joined)} and of {len(shape)} dimensions cannot be joined")
        for a, (m, n) in enumerate(zip(joined, shape, strict=True)):
            both = m + n if a == axis else meet(m, n)
            if both is None:
                raise ValueError(f"axis {a} is {m} in one array and {n} in another; only axis {axis} may differ")
            joined[a] = both
    return Spec(joined, np.result_type(*dtypes))


def _pieces(grad: Value, arrays: Sequence[Value], widths: Sequence[Dimension], axis: int) -> tuple[Value, ...]:
    """The gradient cut along the axis where the arrays were joined."""
    edges = list(itertools.accumulate(widths, initial=0))
    cuts = [grad[along(axis, grad.ndim, slice(a, b))] for a, b in itertools.pairwise(edges)]
    return tuple(cut if cut.shape == x.shape else np.reshape(cut, x.shape) for cut, x in zip(cuts, arrays, strict=True))


@operator(
    numpy=[np.concatenate, np.concat], latex=r"\operatorname{{concatenate}}({arrays})", text="concatenate({arrays})"
)
def concatenate(*arrays: Value, axis: int = 0) -> Value:
    """The arrays, given in a list, one behind the other along an axis; each flattened first where axis is None.

    >>> import dagprop as dp
    >>> dp.concatenate([np.zeros(2), np.ones(1)]).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.concatenate(arrays, axis)


@concatenate.arguments
def _(arrays: Sequence[Value], axis: int | None = 0) -> tuple[tuple[Value, ...], dict[str, Any]]:
    if axis is None:
        return tuple(np.ravel(x) for x in arrays), {"axis": 0}
    return tuple(arrays), {"axis": axis}


@concatenate.infer
def _(*arrays: Spec, axis: int) -> Spec:
    return _joined([x.shape for x in arrays], axis, [x.dtype for x in arrays])


@concatenate.vjp
def _(grad: Value, *arrays: Value, axis: int) -> tuple[Value, ...]:
    return _pieces(grad, arrays, [x.shape[axis] for x in arrays], axis)


def _copied_into_place(to: Any, views: Sequence[Any], widths: Sequence[Any], axis: int) -> Any:
    """The result, each view copied to its part of it, which has this width along the axis."""
    out, at = to.result(), 0  # every size is a number here
    for view, width in zip(views, widths, strict=True):
        to.copy(view, out.part(axis, at, width))
        at += width
    return out


@concatenate.lower
def _(to: Any, *arrays: Any, axis: int) -> Any:
    return _copied_into_place(to, arrays, [x.shape[axis] for x in arrays], axis)


@operator(numpy=[np.stack], latex=r"\operatorname{{stack}}({arrays})", text="stack({arrays})")
def stack(*arrays: Value, axis: int = 0) -> Value:
    """Arrays of one shape, given in a list, side by side along a new axis at this position of the result.

    >>> import dagprop as dp
    >>> dp.stack([np.zeros(2), np.ones(2)], axis=1).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    return np.stack(arrays, axis)


@stack.arguments
def _(arrays: Sequence[Value], axis: int = 0) -> tuple[tuple[Value, ...], dict[str, Any]]:
    return tuple(arrays), {"axis": axis}


@stack.infer
def _(*arrays: Spec, axis: int) -> Spec:
    if len({x.ndim for x in arrays}) > 1:
        raise ValueError("arrays to be stacked are of one shape")
    axis = normalize_axis_index(axis, arrays[0].ndim + 1) if arrays else 0
    shapes = [(*x.shape[:axis], 1, *x.shape[axis:]) for x in arrays]
    return _joined(shapes, axis, [x.dtype for x in arrays])


@stack.lower
def _(to: Any, *arrays: Any, axis: int) -> Any:
    axis %= arrays[0].ndim + 1
    return _copied_into_place(to, [x.expanded(axis) for x in arrays], [1] * len(arrays), axis)


@stack.vjp
def _(grad: Value, *arrays: Value, axis: int) -> tuple[Value, ...]:
    return tuple(grad[along(axis, grad.ndim, i)] for i in range(len(arrays)))


@operator(numpy=[np.vstack], latex=r"\operatorname{{vstack}}({arrays})", text="vstack({arrays})")
def vstack(*arrays: Value) -> Value:
    """Matrices, given in a list, below each other; a vector is a row."""
    return np.vstack(arrays)


@operator(numpy=[np.hstack], latex=r"\operatorname{{hstack}}({arrays})", text="hstack({arrays})")
def hstack(*arrays: Value) -> Value:
    """Arrays, given in a list, beside each other: along axis 1, vectors along their only axis."""
    return np.hstack(arrays)


@operator(numpy=[np.dstack], latex=r"\operatorname{{dstack}}({arrays})", text="dstack({arrays})")
def dstack(*arrays: Value) -> Value:
    """Arrays, given in a list, behind each other along axis 2; (n,) counts as (1, n, 1), (m, n) as (m, n, 1)."""
    return np.dstack(arrays)


@operator(numpy=[np.column_stack], latex=r"\operatorname{{columns}}({arrays})", text="columns({arrays})")
def column_stack(*arrays: Value) -> Value:
    """Matrices, given in a list, beside each other; a vector is a column.

    >>> import dagprop as dp
    >>> dp.column_stack([np.array([1, 2]), np.array([3, 4])]).tolist()
    [[1, 3], [2, 4]]
    """
    return np.column_stack(arrays)


def _joins(op: Operator, axis: int, lift: Callable[[Shape], Shape]) -> None:
    """Declare how an operator joins its operands along `axis`, once `lift` has given them enough dimensions."""
    op.arguments(_in_a_list)

    def place(ndim: int) -> int:
        return min(axis, ndim - 1)

    @op.infer
    def _(*arrays: Spec) -> Spec:
        shapes = [lift(x.shape) for x in arrays]
        return _joined(shapes, place(len(shapes[0])) if shapes else 0, [x.dtype for x in arrays])

    @op.vjp
    def _(grad: Value, *arrays: Value) -> tuple[Value, ...]:
        at = place(grad.ndim)
        return _pieces(grad, arrays, [lift(x.shape)[at] for x in arrays], at)

    @op.lower
    def _(to: Any, *arrays: Any) -> Any:
        shapes = [lift(x.shape) for x in arrays]
        at = place(len(shapes[0]))
        lifted = [x.lifted(shape) for x, shape in zip(arrays, shapes, strict=True)]
        return _copied_into_place(to, lifted, [shape[at] for shape in shapes], at)


_joins(vstack, 0, lambda shape: shape if len(shape) > 1 else (1, *shape) if shape else (1, 1))
_joins(hstack, 1, lambda shape: shape or (1,))
_joins(column_stack, 1, lambda shape: shape if len(shape) > 1 else (*shape, 1) if shape else (1, 1))
_joins(dstack, 2, lambda shape: shape if len(shape) > 2 else (*((1,) * (2 - len(shape))), *shape, 1))


# ---- splitting ------------------------------------------------------------------------------------------------------


@operator(numpy=[np.split], view=True, latex=r"\operatorname{{split}}({x:bare})", text="split({x:bare})")
def split(x: Value, *, indices_or_sections: Any, axis: int = 0) -> tuple[Value, ...]:
    """Cut along an axis, into this many equal parts, or at these positions: one output for each part.

    >>> import dagprop as dp
    >>> [part.tolist() for part in dp.split(np.arange(5), [1, 3])]
    [[0], [1, 2], [3, 4]]
    """
    return tuple(np.split(x, indices_or_sections, axis))


@operator(numpy=[np.array_split], view=True, latex=r"\operatorname{{split}}({x:bare})", text="split({x:bare})")
def array_split(x: Value, *, indices_or_sections: Any, axis: int = 0) -> tuple[Value, ...]:
    """Cut as `split` does; parts need not be equal, the first ones may be one longer.

    >>> import dagprop as dp
    >>> [part.tolist() for part in dp.array_split(np.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    return tuple(np.array_split(x, indices_or_sections, axis))


MOST = 10_000
"""How many parts an array may be cut into that has fewer elements: those that are left over are empty."""


def _parts(x: Spec, cuts: Any, axis: int, equal: bool) -> tuple[Spec, ...]:
    axis = normalize_axis_index(axis, x.ndim)
    n = x.shape[axis]
    sizes: list[Dimension]
    if isinstance(cuts, tuple):
        edges = [0, *(_clamped(cut, n) for cut in cuts), n]
        sizes = [_gap(a, b) for a, b in itertools.pairwise(edges)]
    elif cuts <= 0:
        raise ValueError("an array is cut into one part or more")
    elif cuts > (max(n, MOST) if isinstance(n, int) else MOST):
        raise ValueError(f"an array is cut into at most {MOST:,} parts, or as many as it has elements; each is a node")
    elif equal and isinstance(n, int) and n % cuts:
        raise ValueError(f"{n} elements cannot be cut into {cuts} equal parts; np.array_split makes unequal ones")
    else:
        sizes = [(n if equal else n + (cuts - 1 - i)) // cuts for i in range(cuts)]
    return tuple(Spec((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype) for size in sizes)


def _gap(start: Dimension, stop: Dimension) -> Dimension:
    gap = stop - start
    if isinstance(gap, int) and gap < 0:
        raise ValueError(f"the positions of cuts ascend; {stop} stands behind {start}")
    return gap


def _clamped(cut: Dimension, n: Dimension) -> Dimension:
    """The position of a cut from the front; where a size is known, not beyond the end."""
    if isinstance(cut, Dim) or isinstance(n, Dim):
        return cut + n if isinstance(cut, int) and cut < 0 else cut
    return slice(cut).indices(n)[1]


@operator(numpy=[np.vsplit], view=True, latex=r"\operatorname{{vsplit}}({x:bare})", text="vsplit({x:bare})")
def vsplit(x: Value, *, indices_or_sections: Any) -> tuple[Value, ...]:
    """Cut along axis 0, as `split` does."""
    return tuple(np.vsplit(x, indices_or_sections))


@operator(numpy=[np.hsplit], view=True, latex=r"\operatorname{{hsplit}}({x:bare})", text="hsplit({x:bare})")
def hsplit(x: Value, *, indices_or_sections: Any) -> tuple[Value, ...]:
    """Cut along axis 1, vectors along their only axis, as `split` does."""
    return tuple(np.hsplit(x, indices_or_sections))


@operator(numpy=[np.dsplit], view=True, latex=r"\operatorname{{dsplit}}({x:bare})", text="dsplit({x:bare})")
def dsplit(x: Value, *, indices_or_sections: Any) -> tuple[Value, ...]:
    """Cut along axis 2, as `split` does."""
    return tuple(np.dsplit(x, indices_or_sections))


def _splits(op: Operator, fixed: int | None = None, *, equal: bool = True) -> None:
    """Declare how an operator cuts its operand: along the attribute `axis`, or along a fixed one."""

    def place(ndim: int, attributes: Mapping[str, Any]) -> int:
        return attributes["axis"] if fixed is None else min(fixed, ndim - 1)

    @op.arguments
    def _(x: Value, indices_or_sections: Any, *axis: int, **named: int) -> tuple[tuple[Value], dict[str, Any]]:
        given = dict(zip(("axis",), axis, strict=False)) | named
        return (x,), {"indices_or_sections": sequence(indices_or_sections), **given}

    @op.infer
    def _(x: Spec, *, indices_or_sections: Any, **attributes: int) -> tuple[Spec, ...]:
        return _parts(x, indices_or_sections, place(x.ndim, attributes), equal)

    @op.vjp
    def _(grads: tuple[Value, ...], x: Value, **attributes: int) -> Value:
        joined = np.concatenate(grads, place(x.ndim, attributes))
        return joined if joined.shape == x.shape else np.reshape(joined, x.shape)  # 2 * (batch // 2) is batch


_splits(split)
_splits(array_split, equal=False)
_splits(vsplit, 0)
_splits(hsplit, 1)
_splits(dsplit, 2)


OPERATORS = (
    concatenate, stack, vstack, hstack, dstack, column_stack, split, array_split, vsplit, hsplit, dsplit,
)  # fmt: skip
