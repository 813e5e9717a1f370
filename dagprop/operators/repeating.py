"""Arrays repeated, and padded."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.operators.indexing import along, scatter_add
from dagprop.operators.shaping import sequence
from dagprop.plugin.declaring import Dim, Dimension, Shape, Spec, Value, operator
from dagprop.plugin.ranges import at_least, whole


@operator(numpy=[np.tile], latex=r"\operatorname{{tile}}({x:bare}, {reps})", text="tile({x:bare}, {reps})")
def tile(x: Value, *, reps: int | tuple[int, ...]) -> Value:
    """The whole array, this many times along each axis; the last numbers go to the last axes.

    >>> import dagprop as dp
    >>> dp.tile(np.array([1, 2]), 2).tolist()
    [1, 2, 1, 2]
    """
    return np.tile(x, reps)


@tile.arguments
def _(x: Value, reps: Any) -> tuple[tuple[Value], dict[str, Any]]:
    return (x,), {"reps": sequence(reps)}


def _tiles(shape: Shape, reps: int | tuple[int, ...]) -> list[tuple[int, Dimension]]:
    """For each axis of the result, how often and how much."""
    times = (reps,) if isinstance(reps, int | np.integer) else reps
    ndim = max(len(shape), len(times))
    return list(zip((1,) * (ndim - len(times)) + times, (1,) * (ndim - len(shape)) + shape, strict=True))


@tile.requires
def _(_x: Value, *, reps: int | tuple[int, ...]) -> None:
    whole(reps=reps)
    at_least(0, reps=reps)


@tile.infer
def _(x: Spec, *, reps: int | tuple[int, ...]) -> Spec:
    return Spec([times * n for times, n in _tiles(x.shape, reps)], x.dtype)


@tile.vjp
def _(grad: Value, x: Value, *, reps: int | tuple[int, ...]) -> Value:
    tiles = _tiles(x.shape, reps)
    apart = np.reshape(grad, tuple(itertools.chain.from_iterable(tiles)))
    return np.reshape(np.sum(apart, axis=tuple(range(0, 2 * len(tiles), 2))), x.shape)


@operator(numpy=[np.repeat], latex=r"\operatorname{{repeat}}({x:bare}, {repeats})", text="repeat({x:bare}, {repeats})")
def repeat(x: Value, *, repeats: int | tuple[int, ...], axis: int = 0) -> Value:
    """Each element this many times in a row along the axis; flattened first where axis is None.

    `repeats` is one number, or one for each element.

    >>> import dagprop as dp
    >>> dp.repeat(np.array([1, 2]), [3, 1]).tolist()
    [1, 1, 1, 2]
    """
    return np.repeat(x, repeats, axis)


@repeat.arguments
def _(x: Value, repeats: Any, axis: int | None = None) -> tuple[tuple[Value], dict[str, Any]]:
    repeats = sequence(repeats)
    if isinstance(repeats, tuple) and len(repeats) == 1:
        (repeats,) = repeats
    return (np.ravel(x) if axis is None else x,), {"repeats": repeats, "axis": 0 if axis is None else axis}


@repeat.requires
def _(_x: Value, *, repeats: int | tuple[int, ...]) -> None:
    whole(repeats=repeats)
    at_least(0, repeats=repeats)


@repeat.infer
def _(x: Spec, *, repeats: int | tuple[int, ...], axis: int) -> Spec:
    axis = normalize_axis_index(axis, x.ndim)
    n = x.shape[axis]
    if isinstance(repeats, tuple) and len(repeats) != n:
        raise ValueError(f"{len(repeats)} numbers of repeats for an axis of {n} elements")
    size = sum(map(int, repeats)) if isinstance(repeats, tuple) else repeats * n
    return Spec((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)


@repeat.vjp
def _(grad: Value, x: Value, *, repeats: int | tuple[int, ...], axis: int) -> Value:
    axis = normalize_axis_index(axis, x.ndim)
    if isinstance(repeats, tuple):
        origin = np.repeat(np.arange(len(repeats)), repeats)
        return scatter_add(grad, origin, shape=x.shape, index=along(axis, x.ndim))
    apart = np.reshape(grad, (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
    return np.sum(apart, axis=axis + 1)


# ---- padding --------------------------------------------------------------------------------------------------------


@operator(numpy=[np.pad], latex=r"\operatorname{{pad}}({x:bare}, {pad_width})", text="pad({x:bare}, {pad_width})")
def pad(x: Value, *, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Value:
    """Longer along each axis, by `pad_width` = ((before, after), …), or one pair or number for all axes.

    `mode` is `"constant"` (filled with `constant_values`), or one of those that repeat elements: `"edge"`,
    `"reflect"`, `"symmetric"`, `"wrap"`, of which a named dimension takes only the first.

    >>> import dagprop as dp
    >>> dp.pad(np.array([1, 2, 3]), (0, 2), mode="reflect").tolist()
    [1, 2, 3, 2, 1]
    """
    filling = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pad_width, mode, **filling)  # type: ignore[call-overload]


@pad.arguments
def _(
    x: Value, pad_width: Any, mode: str = "constant", *, constant_values: float = 0
) -> tuple[tuple[Value], dict[str, Any]]:
    if type(mode) is not str or mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"mode={mode!r} has no derivative")
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2)).tolist()
    pairs = tuple((before, after) for before, after in widths)
    return (x,), {"pad_width": pairs, "mode": mode, "constant_values": constant_values}


@pad.requires
def _(x: Value, *, pad_width: Any, mode: str) -> None:
    for width, n in zip(pad_width, np.shape(x), strict=True):
        whole(pad_width=width)
        at_least(0, pad_width=width)
        if mode == "constant" or not any(width):
            continue
        if n == 0:
            raise ValueError(f"of no elements there is none to repeat, as mode={mode!r} does")
        if isinstance(n, Dim) and mode != "edge":
            raise ValueError(
                f"which elements mode={mode!r} repeats depends on the size {n}: give it as a number, or pad by "
                "'edge' or 'constant'"
            )


@pad.infer
def _(x: Spec, *, pad_width: Any, mode: str, constant_values: float) -> Spec:
    return Spec([before + n + after for (before, after), n in zip(pad_width, x.shape, strict=True)], x.dtype)


@pad.vjp
def _(grad: Value, x: Value, *, pad_width: Any, mode: str) -> Value:
    if mode == "constant":
        inside = (slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True))
        return grad[tuple(inside)]
    for axis, (width, n) in enumerate(zip(pad_width, x.shape, strict=True)):
        if any(width) and mode == "edge":
            grad = _from_edges(grad, axis, width, (*grad.shape[:axis], n, *grad.shape[axis + 1 :]))
        elif any(width):
            origin = np.pad(np.arange(n), width, mode)  # type: ignore[call-overload]
            shape = (*grad.shape[:axis], n, *grad.shape[axis + 1 :])
            grad = scatter_add(grad, origin, shape=shape, index=along(axis, x.ndim))
    return grad


def _from_edges(grad: Value, axis: int, width: tuple[int, int], shape: Shape) -> Value:
    """What arrived inside, and at the first and the last element what arrived at those that repeat it."""
    (before, behind), ndim = width, len(shape)
    inside = grad[along(axis, ndim, slice(before, before + shape[axis]))]
    for count, part, at in ((before, slice(before), 0), (behind, slice(-behind, None), -1)):
        if count:
            sent = np.sum(grad[along(axis, ndim, part)], axis=axis)
            inside = inside + scatter_add(sent, shape=shape, index=along(axis, ndim, at))
    return inside


OPERATORS = (tile, repeat, pad)
