"""The mypy plugin: a NumPy function called on a node makes a node, as it does when it is run.

    [tool.mypy]
    plugins = ["dagprop.mypy"]

NumPy's stubs know arrays, and what can be turned into one.  They have no word for a class that answers NumPy's
functions itself (NEP 13 and NEP 18): by them, what takes a node is an error or makes Any.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from mypy.nodes import Expression, ListExpr, TupleExpr
from mypy.plugin import FunctionSigContext, MethodSigContext, Plugin
from mypy.types import AnyType, CallableType, FunctionLike, Instance, TupleType, Type, TypeOfAny, UnionType
from mypy.types import get_proper_type as proper

from dagprop.plugin.registry import registry

Call: TypeAlias = FunctionSigContext | MethodSigContext

NODE = "dagprop.graph.node.Node"
ANSWERED = {function for op in registry for function in op.numpy}
"""What an operator answers.  Any other function fails when a node is given to it, and so mypy may refuse it."""


class NumPyOnNodes(Plugin):
    """Lets NumPy's functions take nodes, and says what they make of them."""

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        """For a function that an operator answers."""
        module, _, name = fullname.rpartition(".")
        return _on_nodes if getattr(sys.modules.get(module), name, None) in ANSWERED else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        """For a ufunc, which to mypy is an object with a method."""
        return _on_nodes if fullname.startswith("numpy._typing._ufunc.") and fullname.endswith(".__call__") else None


def _on_nodes(call: Call) -> CallableType:
    """The signature with nodes let in where nodes are given."""
    given = [list(_nodes(map(call.api.get_expression_type, _parts(actuals)))) for actuals in call.args]
    nodes = [node for found in given for node in found]
    if not nodes:
        return call.default_signature
    anything = AnyType(TypeOfAny.special_form)
    formals = zip(given, call.default_signature.arg_types, strict=True)
    made = proper(call.default_signature.ret_type)
    several = isinstance(made, TupleType) or (isinstance(made, Instance) and made.type.name in ("list", "tuple"))
    return call.default_signature.copy_modified(
        arg_types=[anything if found else formal for found, formal in formals],
        ret_type=call.api.named_generic_type("builtins.tuple", nodes[:1]) if several else nodes[0],
    )


def _parts(given: Iterable[Expression]) -> Iterator[Expression]:
    """What is given, and of `[node, array]`, which as a whole is a list of objects, each part."""
    for expression in given:
        if isinstance(expression, ListExpr | TupleExpr):
            yield from _parts(expression.items)
        else:
            yield expression


def _nodes(types: Iterable[Type]) -> Iterator[Type]:
    """The nodes among these types, and in the lists and tuples among them."""
    for typ in map(proper, types):
        if isinstance(typ, Instance):
            yield from [typ] if typ.type.fullname == NODE else _nodes(typ.args)
        elif isinstance(typ, TupleType | UnionType):
            yield from _nodes(typ.items)


def plugin(_: str) -> type[Plugin]:
    """What mypy asks for."""
    return NumPyOnNodes
