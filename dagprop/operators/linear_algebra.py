"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from dagprop.operators.reduction import Axis, axes_of, reduced, restored
from dagprop.operators.reduction import sum as total
from dagprop.operators.shaping import sequence
from dagprop.operators.structure import sum_to
from dagprop.plugin.declaring import Spec, Value, broadcast, meet, operator
from dagprop.plugin.facts import calls, order
from dagprop.plugin.signs import MATMUL

Pair: TypeAlias = "tuple[tuple[int, ...], tuple[int, ...]]"


def _dtype(*operands: Spec) -> np.dtype[Any]:
    return np.result_type(*(x.dtype for x in operands))


def _contracts(a: Spec, i: int, b: Spec, j: int) -> None:
    """Refuse axes that are multiplied and summed, and differ."""
    if meet(a.shape[i], b.shape[j]) is None:
        raise ValueError(
            f"axis {i} of operand 0 is {a.shape[i]} and axis {j} of operand 1 is {b.shape[j]}: they must be equal"
        )


matmul = operator(np.matmul, numpy=[np.matmul, np.linalg.matmul], sign=MATMUL)


@matmul.infer
def _(a: Spec, b: Spec) -> Spec:
    if not a.ndim or not b.ndim:
        raise ValueError("a matrix product is of vectors, matrices and stacks of them; * multiplies by a number")
    _contracts(a, -1, b, -2 if b.ndim > 1 else -1)
    columns = b.shape[-1:] if b.ndim > 1 else ()
    return Spec((*broadcast(a.shape[:-2], b.shape[:-2]), *a.shape[-2:-1], *columns), _dtype(a, b))


@matmul.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    if a.ndim == 1 and b.ndim == 1:
        return grad * b, grad * a
    rows = np.expand_dims(a, 0) if a.ndim == 1 else a
    columns = np.expand_dims(b, 1) if b.ndim == 1 else b
    if a.ndim == 1:
        grad = np.expand_dims(grad, -2)
    if b.ndim == 1:
        grad = np.expand_dims(grad, -1)
    return (
        _collapsed(grad @ np.swapaxes(columns, -1, -2), rows, a),
        _collapsed(np.swapaxes(rows, -1, -2) @ grad, columns, b),
    )


@matmul.cost
def _(a: Value, b: Value) -> float:
    return float(a.shape[-1])


@matmul.lower
def _(to: Any, a: Any, b: Any) -> Any:
    """Rows and columns that a vector stands for are axes of size 1, and stacks broadcast by strides of 0."""
    out = to.result()
    rows, columns = a.shape[-2:-1] or (1,), b.shape[-1:] if b.ndim > 1 else (1,)
    stack = out.shape[: out.ndim - (a.ndim > 1) - (b.ndim > 1)]
    a = to.for_blas(to.cast(a) if a.ndim > 1 else to.cast(a).expanded(0))
    b = to.for_blas(to.cast(b) if b.ndim > 1 else to.cast(b).expanded(1))
    operands = (x.broadcast((*stack, *x.shape[-2:])) for x in (a, b))
    to.gufunc(np.matmul, tuple(operands), out.reshaped((*stack, *rows, *columns)))
    return out


@matmul.simplify("stacked products")
def _(a: Value, b: Value) -> Value | None:
    """A stack of matrices times one matrix is one product of more rows."""
    if a.ndim < 3 or b.ndim != 2:
        return None
    rows = np.reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
    return np.reshape(rows @ b, (*a.shape[:-1], b.shape[-1]))


@total.simplify("stacked products")
def _(x: Value, *, axis: Axis, keepdims: bool) -> Value | None:
    """The sum over a stack of products aᵀ b is one product, whose inner axis runs over the stack as well.

    Not so of integers, whose sum may be of a larger dtype.
    """
    if x.dtype.kind not in "fc" or not calls(x, np.matmul):
        return None
    if keepdims or x.ndim < 3 or axes_of(axis, x.ndim) != tuple(range(x.ndim - 2)):
        return None
    turned, b = x.operands
    if order(turned) != (*range(turned.ndim - 2), turned.ndim - 1, turned.ndim - 2):
        return None
    (a,) = turned.operands
    if a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2]:
        return None
    inner = math.prod(a.shape[:-1])
    return np.reshape(a, (inner, a.shape[-1])).T @ np.reshape(b, (inner, b.shape[-1]))


def _collapsed(piece: Value, matrix: Value, x: Value) -> Value:
    """Summed over the stacks that x was broadcast to, and in x's own shape."""
    if piece.shape != matrix.shape:
        piece = sum_to(piece, shape=matrix.shape)
    return piece if piece.shape == x.shape else np.reshape(piece, x.shape)


@operator(numpy=[np.dot], latex=r"{a} \cdot {b}", text="{a} · {b}", binding="product")
def dot(a: Value, b: Value) -> Value:
    """The sum over the last axis of a and the last but one of b (the only one of a vector); a number multiplies.

    >>> import dagprop as dp
    >>> dp.registry["dot"](np.array([1.0, 2.0]), np.array([3.0, 4.0])).item()
    11.0
    """
    return np.dot(a, b)


def _dot_axes(a: Any, b: Any) -> Pair:
    return ((a.ndim - 1,), (max(b.ndim - 2, 0),)) if a.ndim and b.ndim else ((), ())


@dot.infer
def _(a: Spec, b: Spec) -> Spec:
    return _contracted(a, b, _dot_axes(a, b))


@dot.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    return _uncontracted(grad, a, b, _dot_axes(a, b))


@operator(numpy=[np.inner], latex=r"\langle {a:bare}, {b:bare} \rangle", text="⟨{a:bare}, {b:bare}⟩")
def inner(a: Value, b: Value) -> Value:
    """The sum over the last axes of both; a number multiplies."""
    return np.inner(a, b)


def _inner_axes(a: Any, b: Any) -> Pair:
    return ((a.ndim - 1,), (b.ndim - 1,)) if a.ndim and b.ndim else ((), ())


@inner.infer
def _(a: Spec, b: Spec) -> Spec:
    return _contracted(a, b, _inner_axes(a, b))


@inner.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    return _uncontracted(grad, a, b, _inner_axes(a, b))


@operator(
    numpy=[np.tensordot, np.linalg.tensordot],
    latex=r"\operatorname{{tensordot}}({a:bare}, {b:bare}, {axes})",
    text="tensordot({a:bare}, {b:bare}, {axes})",
)
def tensordot(a: Value, b: Value, *, axes: Pair) -> Value:
    """The sum over these axes of a and those of b: `axes` is a pair of tuples, or how many last and first axes.

    >>> import dagprop as dp
    >>> dp.tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), ([2, 1], [0, 1])).shape
    (2, 5)
    """
    return np.tensordot(a, b, axes)


@tensordot.arguments
def _(a: Value, b: Value, axes: Any = 2) -> tuple[tuple[Value, Value], dict[str, Any]]:
    if isinstance(axes, int) and not 0 <= axes <= min(np.ndim(a), np.ndim(b)):
        raise ValueError(f"the number of axes is 0 to {min(np.ndim(a), np.ndim(b))}, not {axes}")
    last_and_first = (range(np.ndim(a) - axes, np.ndim(a)), range(axes)) if isinstance(axes, int) else sequence(axes)
    if not isinstance(last_and_first, tuple) or len(last_and_first) != 2:
        raise TypeError(f"axes is a number, or a pair: those of a and those of b; not {axes!r}")
    of_a, of_b = ((each,) if isinstance(each, int) else sequence(each) for each in last_and_first)
    return (a, b), {"axes": (normalize_axis_tuple(of_a, np.ndim(a)), normalize_axis_tuple(of_b, np.ndim(b)))}


@tensordot.infer
def _(a: Spec, b: Spec, *, axes: Pair) -> Spec:
    return _contracted(a, b, axes)


@tensordot.vjp
def _(grad: Value, a: Value, b: Value, *, axes: Pair) -> tuple[Value, Value]:
    return _uncontracted(grad, a, b, axes)


def _free(ndim: int, taken: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(axis for axis in range(ndim) if axis not in taken)


def _contracted(a: Spec, b: Spec, axes: Pair) -> Spec:
    of_a, of_b = axes
    if len(of_a) != len(of_b):
        raise ValueError(f"{len(of_a)} axes of operand 0 go with {len(of_b)} of operand 1")
    for i, j in zip(of_a, of_b, strict=True):
        _contracts(a, i, b, j)
    left = [a.shape[i] for i in _free(a.ndim, of_a)]
    return Spec((*left, *(b.shape[j] for j in _free(b.ndim, of_b))), _dtype(a, b))


def _uncontracted(grad: Value, a: Value, b: Value, axes: Pair) -> tuple[Value, Value]:
    """The gradients of both operands: the arriving one contracted with the other operand over its free axes."""
    of_a, of_b = axes
    free_a, free_b = _free(a.ndim, of_a), _free(b.ndim, of_b)
    from_a, from_b = tuple(range(len(free_a))), tuple(range(len(free_a), grad.ndim))
    to_a = np.tensordot(grad, b, (from_b, free_b))  # its axes: the free ones of a, then of_a as of_b is sorted
    to_b = np.tensordot(a, grad, (free_a, from_a))
    return (
        _ordered(to_a, (*free_a, *(of_a[i] for i in np.argsort(of_b)))),
        _ordered(to_b, (*(of_b[i] for i in np.argsort(of_a)), *free_b)),
    )


def _ordered(x: Value, axes: tuple[int, ...]) -> Value:
    """Give x its i-th axis at the place `axes[i]`."""
    return x if axes == tuple(range(len(axes))) else np.transpose(x, tuple(map(int, np.argsort(axes))))


@operator(numpy=[np.outer], latex=r"{a} \otimes {b}", text="{a} ⊗ {b}", binding="product")
def outer(a: Value, b: Value) -> Value:
    """aᵢ bⱼ of two vectors; other shapes are flattened.

    >>> import dagprop as dp
    >>> dp.outer(np.array([1, 2]), np.array([3, 4])).tolist()
    [[3, 4], [6, 8]]
    """
    return np.outer(a, b)


@outer.infer
def _(a: Spec, b: Spec) -> Spec:
    return Spec((a.size, b.size), _dtype(a, b))


@outer.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    return np.reshape(grad @ np.ravel(b), a.shape), np.reshape(np.ravel(a) @ grad, b.shape)


@operator(numpy=[np.vdot], latex=r"\langle {a:bare}, {b:bare} \rangle", text="⟨{a:bare}, {b:bare}⟩")
def vdot(a: Value, b: Value) -> Value:
    """Σ aᵢ bᵢ over all elements of both, flattened."""
    return np.vdot(a, b)


@vdot.infer
def _(a: Spec, b: Spec) -> Spec:
    if meet(a.size, b.size) is None:
        raise ValueError(f"operand 0 has {a.size} elements and operand 1 {b.size}: they must be equal")
    return Spec((), _dtype(a, b))


@vdot.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    return grad * np.reshape(b, a.shape), grad * np.reshape(a, b.shape)


@operator(numpy=[np.kron], latex=r"{a} \otimes {b}", text="{a} ⊗ {b}", binding="product")
def kron(a: Value, b: Value) -> Value:
    """The Kronecker product: each element of a times all of b; the shapes multiply, axis by axis.

    >>> import dagprop as dp
    >>> dp.kron(np.eye(2, dtype=int), np.array([[1, 2]])).tolist()
    [[1, 2, 0, 0], [0, 0, 1, 2]]
    """
    return np.kron(a, b)


@kron.infer
def _(a: Spec, b: Spec) -> Spec:
    ndim = max(a.ndim, b.ndim)
    sides = zip((1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape, strict=True)
    return Spec([m * n for m, n in sides], _dtype(a, b))


@kron.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    of_a, of_b = ((1,) * (grad.ndim - x.ndim) + x.shape for x in (a, b))
    blocks = np.reshape(grad, tuple(n for pair in zip(of_a, of_b, strict=True) for n in pair))
    evens, odds = tuple(range(0, 2 * grad.ndim, 2)), tuple(range(1, 2 * grad.ndim, 2))
    to_a = np.tensordot(blocks, np.reshape(b, of_b), (odds, range(grad.ndim)))
    to_b = np.tensordot(blocks, np.reshape(a, of_a), (evens, range(grad.ndim)))
    return np.reshape(to_a, a.shape), np.reshape(to_b, b.shape)


@operator(numpy=[np.cross, np.linalg.cross], latex=r"{a} \times {b}", text="{a} × {b}", binding="product")
def cross(a: Value, b: Value, *, axisa: int = -1, axisb: int = -1, axisc: int = -1) -> Value:
    """The cross product of vectors with three components, along these axes of a, b and the result.

    >>> import dagprop as dp
    >>> dp.cross(np.array([1, 0, 0]), np.array([0, 1, 0])).tolist()
    [0, 0, 1]
    """
    return np.cross(a, b, axisa, axisb, axisc)


@cross.arguments
def _(
    a: Value, b: Value, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> tuple[tuple[Value, Value], dict[str, Any]]:
    if axis is not None:
        axisa = axisb = axisc = axis
    return (a, b), {"axisa": axisa, "axisb": axisb, "axisc": axisc}


@cross.infer
def _(a: Spec, b: Spec, *, axisa: int, axisb: int, axisc: int) -> Spec:
    stacks = []
    for x, axis in ((a, axisa), (b, axisb)):
        axis = normalize_axis_index(axis, x.ndim)
        if x.shape[axis] != 3:
            raise ValueError(f"the cross product is of vectors with 3 components, not {x.shape[axis]}")
        stacks.append((*x.shape[:axis], *x.shape[axis + 1 :]))
    stack = list(broadcast(*stacks))
    stack.insert(normalize_axis_index(axisc, len(stack) + 1), 3)
    return Spec(stack, _dtype(a, b))


@cross.vjp
def _(grad: Value, a: Value, b: Value, *, axisa: int, axisb: int, axisc: int) -> tuple[Value, Value]:
    last_a, last_b, last = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1), np.moveaxis(grad, axisc, -1)
    to_a = sum_to(np.cross(last_b, last), shape=last_a.shape)
    to_b = sum_to(np.cross(last, last_a), shape=last_b.shape)
    return np.moveaxis(to_a, -1, axisa), np.moveaxis(to_b, -1, axisb)


@operator(numpy=[np.linalg.norm], latex=r"\left\lVert {x:bare} \right\rVert", text="‖{x:bare}‖")
def norm(x: Value, *, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Value:
    """The length (Σ |xᵢ|ᵖ)^(1/p) of vectors, p = `ord` (2 where None); of a matrix the Frobenius norm.

    `axis` is that of the vectors, a pair of axes for matrices, None for all elements.  At the origin the gradient
    is 0; for p = ±∞ it is split evenly among the elements that are largest (smallest).

    >>> import dagprop as dp
    >>> dp.norm(np.array([[3.0, 4.0], [5.0, 12.0]]), axis=1).tolist()
    [5.0, 13.0]
    """
    return np.linalg.norm(x, ord, axis, keepdims)  # type: ignore[arg-type]


@norm.requires
def _(_x: Value, *, ord: float | str | None) -> None:
    if ord != ord:
        raise ValueError("ord is a number, not NaN")


@norm.infer
def _(x: Spec, *, ord: float | str | None, axis: Axis, keepdims: bool) -> Spec:
    axes = axes_of(axis, x.ndim)
    if len(axes) != 1 and not (ord is None and axis is None) and ord not in ((None, "fro") if len(axes) == 2 else ()):
        raise ValueError(f"over {len(axes)} axes only the Frobenius norm has an operator, not ord={ord!r}")
    if len(axes) == 1 and (isinstance(ord, str) or ord == 0):
        raise ValueError(f"ord={ord!r} is no norm of vectors that has a derivative")
    return reduced(x, axis, keepdims, np.linalg.norm(np.ones(1, x.dtype)).dtype)


@norm.vjp
def _(grad: Value, x: Value, *, out: Value, ord: Any, axis: Axis, keepdims: bool) -> Value:
    length = restored(out, axis, keepdims)
    divisor = np.where(length == 0, 1, length)
    if ord in (None, 2, "fro"):
        slope = x / divisor
    elif np.isinf(ord):
        chosen = (np.abs(x) == length).astype(x.dtype)
        slope = np.sign(x) * chosen / np.sum(chosen, axis=axis, keepdims=True)
    else:
        slope = np.sign(x) * np.where(length == 0, 1, np.abs(x) / divisor) ** (ord - 1)
        slope = np.where(length == 0, 0, slope)
    return restored(grad, axis, keepdims) * slope


OPERATORS = (matmul, dot, inner, tensordot, outer, vdot, kron, cross, norm)
