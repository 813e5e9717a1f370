"""Specs found by running a forward rule on ones that take no memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from dagprop.dimension import Dim, Dimension, bind, names_in
from dagprop.spec import Spec, broadcast

Result: TypeAlias = "Spec | tuple[Spec, ...]"
"""What inference returns: one Spec, or one for each output port."""

Forward: TypeAlias = Callable[..., Any]


def per_element(forward: Forward, operands: Sequence[Spec], attributes: Mapping[str, Any]) -> Result:
    """The Spec of an elementwise rule: the operands' shapes broadcast, the dtype that it gives for one element."""
    shape = broadcast(*(spec.shape for spec in operands))
    like = _run(forward, [Spec((1,) * spec.ndim, spec.dtype) for spec in operands], attributes)
    if isinstance(like, tuple):
        return tuple(Spec(shape, value.dtype) for value in like)
    return Spec(shape, like.dtype)


def by_shapes(forward: Forward, operands: Sequence[Spec], attributes: Mapping[str, Any]) -> Result:
    """Run shapes through; a named dimension is tried at two sizes, and the result's is matched against them."""
    names = sorted(names_in([*(spec.shape for spec in operands), *attributes.values()]))
    trials = [{name: base + step * i + i * i for i, name in enumerate(names)} for base, step in ((7, 10), (11, 17))]
    results = [
        _run(forward, [spec.bind(sizes) for spec in operands], {k: bind(v, sizes) for k, v in attributes.items()})
        for sizes in (trials if names else trials[:1])
    ]
    if isinstance(results[0], tuple):
        return tuple(_matched(ports, trials, operands) for ports in zip(*results, strict=True))
    return _matched(results, trials, operands)


def _run(forward: Forward, operands: Sequence[Spec], attributes: Mapping[str, Any]) -> Any:
    ones = [np.broadcast_to(np.ones((), spec.dtype), spec.shape) for spec in operands]  # type: ignore[arg-type]
    try:
        with np.errstate(all="ignore"):
            result = forward(*ones, **attributes)
    except Exception as error:
        error.add_note(
            f"The rule of {forward.__name__} was run on ones of these shapes, to find the shape and dtype of its "
            f"result. If it is ones that it cannot take, declare @{forward.__name__}.infer, which says both."
        )
        raise
    if result is None:
        raise TypeError("the rule returned None, not an array")
    return tuple(map(np.asarray, result)) if isinstance(result, tuple | list) else np.asarray(result)


def _matched(values: Sequence[Any], trials: Sequence[Mapping[str, int]], operands: Sequence[Spec]) -> Spec:
    """The Spec whose dimensions took the sizes that the trials gave."""
    shapes = [value.shape for value in values]
    if len(set(map(len, shapes))) > 1:
        raise ValueError("the number of dimensions of the result depends on a named dimension")
    known = [n for spec in operands for n in spec.shape if isinstance(n, Dim)]
    known += [Dim(name) for name in trials[0]]
    dims: list[Dimension] = []
    for sizes in zip(*shapes, strict=True):
        if len(set(sizes)) == 1:
            dims.append(sizes[0])
            continue
        found = next((n for n in known if all(n.bind(t) == s for t, s in zip(trials, sizes, strict=True))), None)
        if found is None:
            raise ValueError("a dimension that is no operand's is made out of a named one: declare the rule's .infer")
        dims.append(found)
    return Spec(dims, values[0].dtype)
