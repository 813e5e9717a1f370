"""Operators as expressions of NumPy code: the call that a rule makes, in Python's signs where there are any."""

from __future__ import annotations

import inspect
import operator as python
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dagprop.graph.node import Node
from dagprop.program.numpy_source.calls import Call, Watching, watching
from dagprop.program.numpy_source.values import index, numpy_name, written

LOWEST, COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = 0, 1, 5, 6, 7, 8, 10
"""How tightly an expression binds: one of any kind, a comparison, `a + b`, `a * b`, `-x`, `a ** b`, what can stand
anywhere."""

INFIX: Mapping[Callable[..., Any], tuple[str, int]] = {
    np.greater: (">", COMPARISON), np.less: ("<", COMPARISON), np.greater_equal: (">=", COMPARISON),
    np.less_equal: ("<=", COMPARISON), np.equal: ("==", COMPARISON), np.not_equal: ("!=", COMPARISON),
    np.bitwise_or: ("|", 2), np.bitwise_and: ("&", 4), np.add: ("+", SUM), np.subtract: ("-", SUM),
    np.multiply: ("*", PRODUCT), np.divide: ("/", PRODUCT), np.matmul: ("@", PRODUCT), np.remainder: ("%", PRODUCT),
    np.floor_divide: ("//", PRODUCT), np.power: ("**", POWER),
}  # fmt: skip
"""What Python's operators call, and how tightly they bind."""

Operand = Callable[[Node, int], str]
"""An operand's text, in brackets where it binds less tightly than that."""


def expression(call: Call, operand: Operand, size: Callable[[str], str]) -> tuple[str, int] | None:
    """A call as text, and how tightly it binds; None where the function goes by no name of NumPy's."""
    function, args = call.function, call.args
    if function in INFIX and not _is_square_root(call):
        sign, level = INFIX[function]
        left, right = args
        # what does not associate goes into brackets at its own level: on the right, of comparisons on both sides
        before = level + (function is np.power or level == COMPARISON)
        return f"{operand(left.node, before)} {sign} {operand(right.node, level + 1)}", level
    if function is np.negative:
        return f"-{operand(args[0].node, UNARY)}", UNARY
    if function in (np.invert, np.logical_not) and args[0].node.dtype == bool:
        return f"~{operand(args[0].node, UNARY)}", UNARY
    if function is np.ndarray.astype:
        return f"{operand(args[0].node, ATOM)}.astype({written(np.dtype(args[1]), size)})", ATOM
    if function is python.getitem:
        return f"{operand(args[0].node, ATOM)}[{_index(args[1], operand, size)}]", ATOM
    if function in (np.swapaxes, np.transpose) and _turns(call):
        return f"{operand(args[0].node, ATOM)}.T", ATOM
    name = numpy_name(function)
    return (f"{name}({', '.join(_arguments(call, operand, size))})", ATOM) if name else None


def _is_square_root(call: Call) -> bool:
    """Whether it is a power of 0.5: `**` then takes the square root, which is another number of −0 and −∞."""
    return call.function is np.power and np.array_equal(call.args[1].node.value, 0.5)


def _turns(call: Call) -> bool:
    """Whether a permutation of axes is the transpose of a matrix."""
    x, *axes = call.args
    turned: tuple[int, ...] = call.function(np.empty((2, 3)), *axes, **call.kwargs).shape if x.node.ndim == 2 else ()
    return turned == (3, 2)


def _index(key: Any, operand: Operand, size: Callable[[str], str]) -> str:
    entries = key if isinstance(key, tuple) else (key,)
    texts = [
        operand(entry.node, LOWEST) if isinstance(entry, Watching) and entry.node is not None else index(entry, size)
        for entry in entries
    ]
    return ", ".join(texts) or "()"


def _arguments(call: Call, operand: Operand, size: Callable[[str], str]) -> list[str]:
    """Operands by position, all else by name; what is left out anyway is left out."""

    def text(value: Any) -> str:
        if isinstance(value, Watching):
            assert value.node is not None
            return operand(value.node, LOWEST)
        if isinstance(value, tuple | list) and any(True for _ in watching(value)):
            return f"[{', '.join(map(text, value))}]"
        return written(value, size)

    try:
        parameters = list(inspect.signature(call.function).parameters.values())
    except ValueError:  # it tells nothing of its arguments
        parameters = []
    last = max((i for i, value in enumerate(call.args) if any(True for _ in watching(value))), default=-1)
    given: list[str] = []
    named: dict[str, Any] = {}
    for i, value in enumerate(call.args):
        parameter = parameters[i] if i < len(parameters) else None
        if i <= last or parameter is None or parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            given.append(text(value))
        else:
            named[parameter.name] = value
    defaults = {parameter.name: parameter.default for parameter in parameters}
    for name, value in {**named, **call.kwargs}.items():
        single = name == "axis" and type(value) is tuple and len(value) == 1
        if not _is_default(value, defaults.get(name, inspect.Parameter.empty)):
            given.append(f"{name}={text(value[0] if single else value)}")
    return given


def _is_default(value: Any, default: Any) -> bool:
    """Whether a NumPy function takes this value where the argument is left out."""
    if default is np._NoValue:
        return value is False or value is None
    return default is value or (
        type(default) is type(value) and isinstance(value, int | float | str) and default == value
    )
