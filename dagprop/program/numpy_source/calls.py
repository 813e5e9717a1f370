"""Which NumPy call an operator is: its forward rule is run on operands that watch, and tells.

`sum(x, axis=0)` calls `np.sum` on its operand and returns what that gives, so source may say `np.sum(x, axis=0)`.
Nothing else has to declare it, and nothing can declare it wrongly.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from dagprop.dimension import undecided
from dagprop.graph.node import Node
from dagprop.plugin.calling import NOT_ITS_DOING
from dagprop.plugin.opaque import declared_of
from dagprop.plugin.operator import Operator


class Call(NamedTuple):
    """A function that is called, with operands (each a `Watching`) and plain values."""

    function: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]


class Watching(NDArrayOperatorsMixin):
    """An operand that knows its shape and dtype, and makes another of it that knows the call; `parts` of one, too."""

    __hash__ = object.__hash__

    def __init__(self, node: Node | None = None, call: Call | None = None, *, parts: bool = False) -> None:
        self.node, self.call, self.parts = node, call, parts

    def __getattr__(self, name: str) -> Any:
        if self.node is None or name not in ("shape", "ndim", "dtype", "size"):
            raise AttributeError(name)
        return getattr(self.node, name)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Watching:
        return Watching(call=Call(getattr(ufunc, method) if method != "__call__" else ufunc, args, kwargs))

    def __array_function__(
        self, function: Callable[..., Any], _types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Watching:
        return Watching(call=Call(function, args, kwargs))

    def __getitem__(self, index: Any) -> Watching:
        return Watching(call=Call(python.getitem, (self, index), {}))

    def __iter__(self) -> Iterator[Watching]:
        yield Watching(call=self.call, parts=True)

    def astype(self, dtype: Any) -> Watching:
        """The cast, as a call."""
        return Watching(call=Call(np.ndarray.astype, (self, dtype), {}))

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("an operand that watches is not an array")

    def __bool__(self) -> NoReturn:
        raise TypeError("an operand that watches has no truth value")


def call_of(operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any]) -> Call | None:
    """The call that the operator's forward rule makes of these nodes; None where it does more than one."""
    if declared_of(operator) is not None:  # an opaque rule: it runs on arrays alone
        return None
    operands = [Watching(node) for node in nodes]
    if operator.ufunc is not None:
        return Call(operator.ufunc, operands, {})
    asked = undecided.count
    try:
        made = operator.forward(*operands, **attributes)
    except NOT_ITS_DOING:
        raise
    except Exception:  # noqa: BLE001  # it cannot run on what only watches: it is written out as a function
        return None
    if isinstance(made, tuple | list) and len(made) == 1 and getattr(made[0], "parts", False):
        (made,) = made
    call: Call | None = getattr(made, "call", None)
    if call is None or undecided.count != asked:
        return None
    return call if all(inside.call is None for inside in watching((call.args, call.kwargs))) else None


def watching(value: Any) -> Iterator[Watching]:
    """The operands inside the arguments of a call."""
    if isinstance(value, Watching):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from watching(item)
    elif isinstance(value, Mapping):
        yield from watching(tuple(value.values()))
