"""Calls: the operands and attributes that an operator takes, and how it is told them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dagprop.arguments import function, refused, shown
from dagprop.errors import (
    ArgumentError,
    DagpropError,
    OperandError,
    PositionError,
    ShapeError,
    check_writable,
    reason,
    report,
    suggestion,
)

NOT_ITS_DOING = (MemoryError, RecursionError)
"""What may be raised while a rule runs, and says nothing of the rule."""

MISFITS = (TypeError, ValueError, LookupError, AttributeError, OverflowError, ZeroDivisionError)
"""What a rule raises for operands or attributes that it cannot take."""


def kind_of(error: Exception) -> type[DagpropError]:
    """Dagprop's error for one that a rule raised, such that who expects a built-in one is not disappointed."""
    kinds = ((ValueError, ShapeError), (LookupError, PositionError), (TypeError, OperandError))
    return next((ours for builtin, ours in kinds if isinstance(error, builtin)), ShapeError)


def exact(values: Iterable[Any]) -> tuple[Any, ...]:
    """Plain values as a key that tells apart what arithmetic does: 2 from 2.0 and from True, 0.0 from −0.0.

    >>> exact([2]) == exact([2.0]), exact([(0.0,)]) == exact([(-0.0,)]), exact([None, "a"]) == exact([None, "a"])
    (False, False, True)
    >>> exact([np.float32(0.0)]) == exact([np.float32(-0.0)]), exact([0j]) == exact([-0j])
    (False, False)
    """
    return tuple([_exact(value) for value in values])


_PLAIN = frozenset({int, bool, str, type(None)})
"""What is the same where it compares equal and is of one type."""


def _exact(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if isinstance(value, slice):  # before Python 3.12 it has no hash
        value = value.start, value.stop, value.step
    if isinstance(value, tuple):
        return (kind, *map(_exact, value))
    if isinstance(value, float | np.floating):
        return kind, value, math.copysign(1.0, value)
    if isinstance(value, complex | np.complexfloating):
        return kind, _exact(value.real), _exact(value.imag)
    return kind, value


def parameters_of(name: str, rule: Any) -> list[inspect.Parameter]:
    """What a function asks for; refused where it is none, or does not say."""
    wanted = "a function that says what its parameters are"
    try:
        return list(inspect.signature(function(name, rule, wanted)).parameters.values())
    except ArgumentError:
        raise
    except (TypeError, ValueError):
        raise refused(name, wanted, rule) from None


class Called:
    """What is called with operands and attributes: it sorts the arguments of a call into them.

    Attributes
    ----------
    forward : callable
        The function that is called in the end.
    name, namespace, owner : str
        What it is called, whose it is, and the distribution and version that it came from.
    operands : tuple of str
        The names of the operands; the last one takes any number where `variadic`.
    attributes : dict
        The names of the attributes, each with its default (`inspect.Parameter.empty` where there is none).

    Examples
    --------
    >>> def scaled(x, *, by=2):
    ...     return x * by
    >>> called = Called(scaled)
    >>> called.signature, called.bind_arguments([3.0], {})
    ('scaled(x, *, by=2)', ([3.0], {'by': 2}))
    """

    def __init__(self, forward: Callable[..., Any], module: str = "") -> None:
        self.forward = function("an operator's rule", forward)
        self.name: str = getattr(forward, "__name__", "")
        if not self.name:
            raise refused("an operator's rule", "a function with a name", forward)
        check_writable(self.name, "operator", OperandError)
        self.__module__: str = module or forward.__module__
        self.namespace: str = self.__module__
        self.owner: str = ""
        self._arguments: Callable[..., tuple[Sequence[Any], dict[str, Any]]] | None = None
        if isinstance(self.forward, np.ufunc):
            self.operands: tuple[str, ...] = ("x", "y", "z")[: self.forward.nin]
            self.variadic, self.attributes = False, dict[str, Any]()
            return
        parameters = parameters_of(f"the rule of {self.name}", forward)
        positional = [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            raise OperandError(f"operator {self.name}: name each attribute, `**attributes` cannot be checked")
        if any(p.default is not p.empty for p in positional):
            raise OperandError(
                f"operator {self.name}: an operand has no default; what has one is an attribute (after `*`)"
            )
        self.operands = tuple(p.name for p in positional)
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in positional)
        self.attributes = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    @property
    def id(self) -> str:
        """`namespace:name`."""
        return f"{self.namespace}:{self.name}"

    @property
    def described(self) -> str:
        """Its id and whose it is: how errors speak of an operator."""
        return f"{self.id}, from {self.owner or self.__module__}"

    @property
    def signature(self) -> str:
        """How it is called: `sum(x, *, axis=None, keepdims=False)`."""
        operands = [*self.operands[:-1], "*" * self.variadic + self.operands[-1]] if self.operands else []
        attributes = [
            name if default is inspect.Parameter.empty else f"{name}={default!r}"
            for name, default in self.attributes.items()
        ]
        return f"{self.name}({', '.join(operands + ['*'] * bool(attributes) + attributes)})"

    @property
    def plain(self) -> bool:
        """Whether a call of it is a call of its forward rule: no rule of its own sorts the arguments."""
        return self._arguments is None

    def operand(self, slot: int) -> str:
        """The name of the operand that a slot fills; where one name stands for several, with an index."""
        last = len(self.operands) - 1
        return f"{self.operands[last]}[{slot - last}]" if self.variadic and slot >= last else self.operands[slot]

    def bind_arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Operands, and every attribute with its value, of a call; what does not fit is refused."""
        if self._arguments is not None:
            try:
                operands, given = self._arguments(*args, **kwargs)
            except DagpropError:
                raise
            except MISFITS as error:
                what = str(error).removeprefix(f"{self._arguments.__qualname__}() ")  # Python's own complaint names it
                raise kind_of(error)(f"{self.name}: {what}") from error
        else:
            operands, given = self._split(args, kwargs)
        if not self.takes(len(operands)):
            count = f"{len(self.operands)} operand{'s' if len(self.operands) != 1 else ''}"
            raise OperandError(f"{self.signature} takes {count}, not {len(operands)}")
        return operands, self.complete(given)

    def misfit(
        self, operands: Sequence[str], attributes: Mapping[str, Any], error: Exception, *, at: str = "", node: str = ""
    ) -> DagpropError:
        """The error for operands, each described, and attributes that a rule cannot take, by what the rule raised."""
        while isinstance(error, DagpropError) and isinstance(error.__cause__, Exception):
            error = error.__cause__  # an operator that the rule calls could not take them
        rows = [("at", at), ("node", node), ("operator", self.described)]
        rows += [(f"operand {i}", operand) for i, operand in enumerate(operands)]
        rows += [("attributes", ", ".join(f"{name}={shown(value)}" for name, value in attributes.items()))]
        notes = getattr(error, "__notes__", ())  # of inference, where it ran the rule, and whatever that raised
        said = str(error) or type(error).__name__
        rows += [("reason", reason(error) if notes else said)]
        return kind_of(error)(report(f"{self.name} cannot take these operands", rows, advice=" ".join(notes)))

    def takes(self, count: int) -> bool:
        """Whether it takes this many operands."""
        return count >= len(self.operands) - 1 if self.variadic else count == len(self.operands)

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every attribute with its value, defaults filled in; an unknown or missing one is refused."""
        attributes = {**self.attributes, **given}
        if len(attributes) > len(self.attributes):
            unknown = next(name for name in given if name not in self.attributes)
            raise OperandError(
                f"{self.signature} has no attribute {unknown!r}. {suggestion(unknown, self.attributes)}".strip()
            )
        for name, value in attributes.items():
            if value is inspect.Parameter.empty:
                raise OperandError(f"{self.signature}: the attribute {name!r} is missing")
            if hasattr(type(value), "__dagprop_apply__"):
                raise OperandError(f"{self.signature}: the attribute {name!r} is a plain value, not {shown(value)}")
        return attributes

    def _split(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Operands by position or name, and behind them attributes by position or name, as NumPy lets one write."""
        given = dict(kwargs)
        if self.variadic:
            return args, given
        operands = list(args[: len(self.operands)])
        for name in self.operands[len(operands) :]:
            if name not in given:
                break
            operands.append(given.pop(name))
        for name, value in zip(self.attributes, args[len(self.operands) :], strict=False):
            if name in given:
                raise OperandError(f"{self.signature}: the attribute {name!r} is given twice")
            given[name] = value
        if len(args) > len(self.operands) + len(self.attributes):
            raise OperandError(f"{self.signature} got {len(args)} positional arguments")
        return operands, given
