"""A local-derivative rule: a function, called with what its signature asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from dagprop.errors import OperandError, source_line
from dagprop.plugin.calling import Called, parameters_of

Value: TypeAlias = Any
"""What a rule is fed and returns: an array, a node of a graph, or a symbol."""


def place_of(function: Callable[..., Any]) -> tuple[str, int] | None:
    """The file and line where a function stands; a ufunc, or a builtin, has none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else (code.co_filename, code.co_firstlineno)


def stands_at(function: Callable[..., Any]) -> str:
    """Where a rule's function stands, for a message: its line, or for one of NumPy's its name.

    >>> stands_at(np.cosh)
    'numpy.cosh'
    """
    module = getattr(function, "__module__", None) or "numpy"  # a ufunc has none before NumPy 2.3
    return source_line(place_of(function)) or f"{module}.{getattr(function, '__name__', function)}"


class Rule:
    """A rule's function, called with the attributes (and `out`) that its signature asks for."""

    __slots__ = ("attributes", "every_attribute", "function", "opaque", "positional", "wants_out")

    def __init__(self, function: Callable[..., Any], *, opaque: bool = False) -> None:
        plain = isinstance(function, np.ufunc)  # its options are not what it asks for
        parameters = [] if plain else parameters_of("a rule", function)
        asked = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
        self.function, self.opaque = function, opaque
        self.wants_out = "out" in asked
        self.attributes = asked - {"out"}
        self.every_attribute = any(p.kind is p.VAR_KEYWORD for p in parameters)
        count = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
        self.positional: tuple[int, bool] = (
            function.nin if isinstance(function, np.ufunc) else count,
            any(p.kind is p.VAR_POSITIONAL for p in parameters),
        )
        """How many positional parameters it has, and whether it takes any number more."""

    @property
    def place(self) -> str:
        """Where the function stands, for messages: its line, or the name of one of NumPy's."""
        return stands_at(self.function)

    def check(self, what: str, called: Called, before: str) -> None:
        """Refuse a rule that does not take what it is given, `before` and the operands, or asks for no attribute."""
        positional, takes_any = self.positional
        if not takes_any and (called.variadic or positional != bool(before) + len(called.operands)):
            given = f"{before} and one" if before else "one"
            raise OperandError(
                f"{what} takes {positional} positional parameters, not {given} for each of {', '.join(called.operands)}"
            )
        unknown = self.attributes - set(called.attributes)
        if unknown:
            raise OperandError(f"{what} asks for {min(unknown)!r}: no attribute")

    def __call__(self, *operands: Value, out: Value, attributes: Mapping[str, Any]) -> Any:
        """Call the function with the operands and what it asks for."""
        if self.every_attribute or self.attributes:
            chosen = dict(attributes) if self.every_attribute else {k: attributes[k] for k in self.attributes}
            return self.function(*operands, **chosen, **({"out": out} if self.wants_out else {}))
        return self.function(*operands, out=out) if self.wants_out else self.function(*operands)
