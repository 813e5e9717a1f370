"""Writes `dagprop/_operators.pyi`: how each built-in operator is called, for type checkers and editors.

    python tests/typing/make_stub.py

Everything is read off the operators' rules: parameters, defaults, annotations, the first lines of the docstring.
"""

import inspect
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dagprop as dp
from dagprop import dimension
from dagprop.dimension import Dim
from dagprop.operators import dagprop_operators

STUB = Path(dp.__file__).with_name("_operators.pyi")

HEAD = '''\
"""How each built-in operator is called.  Written by tests/typing/make_stub.py: do not edit."""

# mypy: disable-error-code="overload-overlap"
# A list of arrays is a list of operands too: what is given no node is an array all the same.

from collections.abc import Sequence
from typing import Any, overload

from numpy.typing import ArrayLike

from dagprop.dimension import Dim
from dagprop.graph.node import Node, Operand
from dagprop.plugin.hookspecs import Array
from dagprop.plugin.operator import Operator
'''


class Value:
    """What stands for `Value` in an annotation, until it is known who is fed: `Node`, `Operand` or `ArrayLike`."""


def stub():
    """The text of the stub."""
    operators = [op for op in dagprop_operators() if op.name not in dp.__all__]
    return "\n".join([HEAD, *(written(op) for op in sorted(operators, key=lambda op: op.name))])


def written(op):
    """One operator: the class that its calls are typed by, and itself."""
    name = "_" + "".join(part.capitalize() for part in op.name.split("_"))
    return "\n".join(
        [f"class {name}(Operator):", f'    """{described(op)}"""', "", *calls(op), "", f"{op.name}: {name}", ""]
    )


def described(op):
    """The docstring's first paragraph."""
    if isinstance(op.forward, np.ufunc):
        return f"NumPy's `{op.forward.__name__}`."
    return inspect.getdoc(op.forward).partition("\n\n")[0].replace("\n", "\n    ")


def calls(op):
    """The overloads: a node in the place of each operand in turn makes a node, arrays alone make an array."""
    parameters, result = signature(op)
    places = [i for i, p in enumerate(parameters) if holds_value(p.annotation)]
    if not places:
        return [call(parameters, result, "Array", "Array")]
    arrays = call(parameters, result, "ArrayLike", "Array")
    if any(parameters[i].annotation is not Value or parameters[i].kind is parameters[i].VAR_POSITIONAL for i in places):
        calls = [arrays, call(parameters, result, "Operand", "Node")]
    else:
        calls = [*(call(parameters, result, "Operand", "Node", node=place) for place in places), arrays]
    return [line for text in calls for line in ("    @overload", text)]


def signature(op):
    """The parameters as a call has them, and what is returned."""
    rule = op._arguments or op.forward
    if isinstance(rule, np.ufunc):
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in op.operands]
        return [p.replace(annotation=Value) for p in parameters], Value
    parameters = []
    for p in inspect.signature(rule).parameters.values():
        if not op._arguments and not op.variadic and p.kind is p.KEYWORD_ONLY:
            p = p.replace(kind=p.POSITIONAL_OR_KEYWORD)  # as NumPy has it, an attribute is given by position too
        parameters.append(p.replace(annotation=evaluated(p.annotation, rule.__globals__)))
    return parameters, evaluated(inspect.signature(op.forward).return_annotation, op.forward.__globals__)


def evaluated(annotation, names):
    """The annotation as an object, `Value` as our own."""
    return eval(annotation, {}, Names(names)) if isinstance(annotation, str) else annotation


class Names(dict):
    """The names that an annotation may use; an alias written as a string is what it says."""

    def __getitem__(self, name):
        return Value if name == "Value" else evaluated(super().__getitem__(name), self)


def holds_value(annotation):
    return annotation is Value or any(map(holds_value, typing.get_args(annotation)))


def call(parameters, result, operand, made, node=None):
    """One signature."""
    shown = []
    for i, p in enumerate(parameters):
        text = "Node" if i == node else shown_type(p.annotation, operand)
        optional = p.annotation is Value and p.default is None and i != node
        before = node is not None and i < node and parameters[node].kind is not p.KEYWORD_ONLY
        default = p.empty if i == node or before else p.default  # what stands before what is required is required
        default = Text(f'"{default}"') if isinstance(default, str) else default
        shown.append(p.replace(annotation=Text(text + " | None" * optional), default=default))
    shown.insert(0, inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD))
    whole = inspect.Signature(shown, return_annotation=Text(shown_type(result, made)))
    line = f"    def __call__{whole}: ..."
    if len(line) <= 120:
        return line
    parts = [str(p) for p in shown]
    named = [p.kind is p.KEYWORD_ONLY for p in shown]
    if any(named) and not any(p.kind is p.VAR_POSITIONAL for p in shown):
        parts.insert(named.index(True), "*")
    together = f"        {', '.join(parts)}\n"
    listed = together if len(together) <= 121 else "".join(f"        {part},\n" for part in parts)
    return f"    def __call__(\n{listed}    ) -> {shown_type(result, made)}: ..."


class Text(str):
    """Source, which a signature shows as it is."""

    __repr__ = str.__str__


def shown_type(annotation, operand):
    """An annotation as source."""
    if annotation is Value:
        return operand
    if annotation in (None, types.NoneType):
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, str):
        return shown_type(evaluated(annotation, vars(dimension)), operand)
    parts = [shown_type(part, operand) for part in typing.get_args(annotation)]
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return " | ".join(parts)
    plain = typing.get_origin(annotation) or annotation
    name = plain.__name__ if plain in (Any, Sequence, Dim) or plain.__module__ == "builtins" else "Any"
    return f"{name}[{', '.join(parts)}]" if parts else name


if __name__ == "__main__":
    STUB.write_text(stub(), "utf-8")
