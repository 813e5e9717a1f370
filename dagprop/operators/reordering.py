"""Order: axes exchanged, and elements reversed, rolled and turned along them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from dagprop.operators.shaping import Axes, sequence
from dagprop.plugin.declaring import Spec, Value, operator
from dagprop.plugin.ranges import whole
from dagprop.plugin.signs import TRANSPOSE, Sign


@operator(numpy=[np.transpose, np.permute_dims], view=True, sign=TRANSPOSE)
def transpose(x: Value, *, axes: tuple[int, ...] | None = None) -> Value:
    """The axes in another order: axis i of the result is `axes[i]` of x; reversed where axes is None.

    >>> import dagprop as dp
    >>> dp.transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    return np.transpose(x, axes)


@transpose.arguments
def _(x: Value, axes: Any = None) -> tuple[tuple[Value], dict[str, Any]]:
    return (x,), {"axes": sequence(axes)}


@transpose.infer
def _(x: Spec, *, axes: tuple[int, ...] | None) -> Spec:
    order = tuple(reversed(range(x.ndim))) if axes is None else normalize_axis_tuple(axes, x.ndim)
    if len(order) != x.ndim:
        raise ValueError(f"{len(order)} axes are named, and there are {x.ndim}")
    return Spec([x.shape[a] for a in order], x.dtype)


@transpose.notation
def _(x: Value, *, axes: tuple[int, ...] | None) -> Sign | None:
    matrix = x.ndim == 2 and (axes is None or [axis % 2 for axis in axes] == [1, 0])
    return None if matrix or x.ndim < 2 else Sign("transpose", ("x",))


@transpose.vjp
def _(grad: Value, x: Value, *, axes: tuple[int, ...] | None) -> Value:
    back = None if axes is None else tuple(map(int, np.argsort(normalize_axis_tuple(axes, x.ndim))))
    return np.transpose(grad, back)


@transpose.permutes
def _(x: Value, *, axes: tuple[int, ...] | None) -> tuple[int, ...]:
    return tuple(reversed(range(x.ndim))) if axes is None else normalize_axis_tuple(axes, x.ndim)


@operator(numpy=[np.swapaxes], view=True, sign=TRANSPOSE)
def swapaxes(x: Value, *, axis1: int, axis2: int) -> Value:
    """Two axes swapped."""
    return np.swapaxes(x, axis1, axis2)


@swapaxes.infer
def _(x: Spec, *, axis1: int, axis2: int) -> Spec:
    return Spec([x.shape[a] for a in _swapped(x, axis1=axis1, axis2=axis2)], x.dtype)


@swapaxes.notation
def _(x: Value, *, axis1: int, axis2: int) -> Sign | None:
    matrix = {axis1 % x.ndim, axis2 % x.ndim} == {x.ndim - 2, x.ndim - 1}
    return None if matrix or x.ndim < 2 else Sign("swapaxes", ("x",))


@swapaxes.vjp
def _(grad: Value, x: Value, *, axis1: int, axis2: int) -> Value:
    return np.swapaxes(grad, axis1, axis2)


@swapaxes.permutes
def _swapped(x: Value, *, axis1: int, axis2: int) -> tuple[int, ...]:
    order = list(range(x.ndim))
    a, b = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    order[a], order[b] = b, a
    return tuple(order)


@operator(numpy=[np.moveaxis], view=True, latex=r"{x}^\top", text="{x}ᵀ", binding="power")
def moveaxis(x: Value, *, source: Axes, destination: Axes) -> Value:
    """The axes `source` at the places `destination`; the others stay in order.

    >>> import dagprop as dp
    >>> dp.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return np.moveaxis(x, source, destination)


@moveaxis.arguments
def _(x: Value, source: Any, destination: Any) -> tuple[tuple[Value], dict[str, Any]]:
    return (x,), {"source": sequence(source), "destination": sequence(destination)}


@moveaxis.infer
def _(x: Spec, *, source: Axes, destination: Axes) -> Spec:
    return Spec([x.shape[axis] for axis in _moved(x, source=source, destination=destination)], x.dtype)


@moveaxis.permutes
def _moved(x: Value, *, source: Axes, destination: Axes) -> tuple[int, ...]:
    taken = normalize_axis_tuple(source, x.ndim, "source")
    places = normalize_axis_tuple(destination, x.ndim, "destination")
    if len(taken) != len(places):
        raise ValueError(f"{len(taken)} axes go to {len(places)} places")
    order = [axis for axis in range(x.ndim) if axis not in taken]
    for place, axis in sorted(zip(places, taken, strict=True)):
        order.insert(place, axis)
    return tuple(order)


@moveaxis.vjp
def _(grad: Value, x: Value, *, source: Axes, destination: Axes) -> Value:
    return np.moveaxis(grad, destination, source)


# ---- the order of the elements along an axis ------------------------------------------------------------------------


@operator(numpy=[np.flip], view=True, latex=r"\operatorname{{flip}}({x:bare})", text="flip({x:bare})")
def flip(x: Value, *, axis: Axes | None = None) -> Value:
    """The elements in reverse along the axes; along all where axis is None.

    >>> import dagprop as dp
    >>> dp.flip(np.array([1.0, 2.0, 3.0])).tolist()
    [3.0, 2.0, 1.0]
    """
    return np.flip(x, axis)


@flip.infer
def _(x: Spec, *, axis: Axes | None) -> Spec:
    if axis is not None:
        normalize_axis_tuple(axis, x.ndim)
    return x


@flip.vjp
def _(grad: Value, x: Value, *, axis: Axes | None) -> Value:
    return np.flip(grad, axis)


@operator(numpy=[np.fliplr], view=True, latex=r"\operatorname{{flip}}({x:bare})", text="fliplr({x:bare})")
def fliplr(x: Value) -> Value:
    """The columns in reverse: `flip` along axis 1."""
    return np.fliplr(x)


@operator(numpy=[np.flipud], view=True, latex=r"\operatorname{{flip}}({x:bare})", text="flipud({x:bare})")
def flipud(x: Value) -> Value:
    """The rows in reverse: `flip` along axis 0."""
    return np.flipud(x)


def _flipped(x: Spec, axis: int) -> Spec:
    normalize_axis_index(axis, x.ndim)
    return x


@fliplr.infer
def _(x: Spec) -> Spec:
    return _flipped(x, 1)


@fliplr.vjp
def _(grad: Value, x: Value) -> Value:
    return np.fliplr(grad)


@flipud.infer
def _(x: Spec) -> Spec:
    return _flipped(x, 0)


@flipud.vjp
def _(grad: Value, x: Value) -> Value:
    return np.flipud(grad)


@operator(numpy=[np.roll], latex=r"\operatorname{{roll}}({x:bare}, {shift})", text="roll({x:bare}, {shift})")
def roll(x: Value, *, shift: Axes, axis: Axes | None = None) -> Value:
    """The elements `shift` places further along the axes, round the end; as if flat where axis is None.

    >>> import dagprop as dp
    >>> dp.roll(np.array([1.0, 2.0, 3.0]), 1).tolist()
    [3.0, 1.0, 2.0]
    """
    return np.roll(x, shift, axis)


@roll.arguments
def _(x: Value, shift: Any, axis: Any = None) -> tuple[tuple[Value], dict[str, Any]]:
    return (x,), {"shift": sequence(shift), "axis": sequence(axis)}


@roll.requires
def _(_x: Value, *, shift: Axes) -> None:
    whole(shift=shift)


@roll.infer
def _(x: Spec, *, shift: Axes, axis: Axes | None) -> Spec:
    if axis is not None:
        normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    return x


@roll.vjp
def _(grad: Value, x: Value, *, shift: Axes, axis: Axes | None) -> Value:
    return np.roll(grad, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis)


@operator(numpy=[np.rot90], view=True, latex=r"\operatorname{{rot90}}({x:bare})", text="rot90({x:bare}, {k})")
def rot90(x: Value, *, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Value:
    """Turned k times by 90°, from the first of the axes towards the second.

    >>> import dagprop as dp
    >>> dp.rot90(np.array([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    return np.rot90(x, k, axes)


@rot90.requires
def _(_x: Value, *, k: int) -> None:
    whole(k=k)


@rot90.infer
def _(x: Spec, *, k: int, axes: tuple[int, int]) -> Spec:
    a, b = normalize_axis_tuple(axes, x.ndim)
    shape = list(x.shape)
    if k % 2:
        shape[a], shape[b] = shape[b], shape[a]
    return Spec(shape, x.dtype)


@rot90.vjp
def _(grad: Value, x: Value, *, k: int, axes: tuple[int, int]) -> Value:
    return np.rot90(grad, -k, axes)


@transpose.symbol
@swapaxes.symbol
def _(sympy: Any, x: Any) -> Any:
    return x


OPERATORS = (transpose, swapaxes, moveaxis, flip, fliplr, flipud, roll, rot90)
