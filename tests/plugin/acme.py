"""A plugin whose operators bear the short names of dagprop's own, and mean something else.

They are made of `meanings` in several ways: with rules that run on nodes, with opaque ones, of foreign ufuncs, and
with a notation of their own; and under other names.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import dagprop as dp
from tests.plugin.foreign import ufunc_of
from tests.plugin.meanings import MEANINGS, Meaning


def renamed(function: Any, name: str) -> Any:
    """The same function, called something else."""
    made = types.FunctionType(function.__code__, function.__globals__, name, None, function.__closure__)
    made.__kwdefaults__, made.__doc__ = function.__kwdefaults__, function.__doc__
    return made


def blind(function: Any) -> Any:
    """The same function, for arrays only."""

    @functools.wraps(function)
    def on_arrays(*operands: Any, **attributes: Any) -> Any:
        return function(*map(np.asarray, operands), **attributes)

    return on_arrays


def plain(meaning: Meaning, forward: Any, **notation: str) -> dp.Operator:
    """Rules that run on nodes."""
    make = dp.elementwise if meaning.elementwise else dp.operator
    op = make(**notation)(forward)
    if meaning.derivative is not None:
        (op.derivative if meaning.elementwise else op.vjp)(meaning.derivative)
    return op


def opaque(meaning: Meaning, forward: Any) -> dp.Operator:
    """Rules that only arrays get through."""
    op = dp.operator(blind(forward))
    derivative = meaning.derivative
    if derivative is None:
        return op
    if not meaning.elementwise:
        op.vjp(blind(derivative), opaque=True)
        return op

    def vjp(grad: Any, *operands: Any, **attributes: Any) -> Any:
        slopes = derivative(*operands, **attributes)
        slopes = slopes if isinstance(slopes, tuple) else (slopes,)
        return tuple(
            None if slope is None else summed(np.asarray(grad * slope), x)
            for slope, x in zip(slopes, operands, strict=True)
        )

    op.vjp(vjp, opaque=True)
    return op


def summed(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Broadcasting undone."""
    grad = grad.sum(axis=tuple(range(grad.ndim - x.ndim)))
    ones = tuple(axis for axis, n in enumerate(x.shape) if n == 1 and grad.shape[axis] != 1)
    return np.broadcast_to(grad.sum(axis=ones, keepdims=True), x.shape)


def foreign(meaning: Meaning, forward: Any) -> dp.Operator:
    """A ufunc that NumPy did not make, named as the function is, where one can stand for it; else rules on nodes."""
    if not meaning.elementwise or meaning.derivative is None or ufunc_of(forward) is None:
        return plain(meaning, forward)
    op = dp.elementwise(ufunc_of(forward), numpy=())
    op.derivative(meaning.derivative)
    return op


def noted(meaning: Meaning, forward: Any) -> dp.Operator:
    """With a notation of its own."""
    names = forward.__code__.co_varnames[: forward.__code__.co_argcount]
    operands = ", ".join(f"{{{name}:bare}}" for name in names)
    return plain(meaning, forward, text=f"⟪{operands}⟫", latex=rf"\langle {operands} \rangle")


MAKES: dict[str, Callable[[Meaning, Any], dp.Operator]] = {
    "rules on nodes": plain,
    "opaque": opaque,
    "foreign ufuncs": foreign,
    "own notation": noted,
}


@contextmanager
def plugin(make: str, rename: Callable[[str], str] = str, called: str = "acme") -> Iterator[types.SimpleNamespace]:
    """The operators of a plugin, made in a way and renamed, by their meanings' names; core's answer to those."""
    made = {n: MAKES[make](m, renamed(m.forward, rename(n))) for n, m in MEANINGS.items()}
    module = types.ModuleType("acme")
    module.dagprop_operators = dp.hookimpl(lambda: list(made.values()))
    module.dagprop_operators.__name__ = "dagprop_operators"
    preferred = set(dp.registry._preferred)
    dp.registry.register(called, module, "acme 1.0")
    try:
        for name in made:
            dp.prefer(f"core:{name}")
        yield types.SimpleNamespace(**made)
    finally:
        dp.registry.unregister(called)
        dp.registry._preferred = preferred
