"""What simplifications ask of a node: the number it holds, the shape it takes, how it is made of its operands.

A rule of `op.simplify` is given nodes.  It asks what an operator says of itself, never what it is called.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dagprop.dimension import Shape
from dagprop.plugin.operator import Operator
from dagprop.spec import broadcast

Node = Any
"""A node of a graph: that floor lies above this one."""


def number(node: Node) -> float | None:
    """The number that a constant, repeated or not, holds in every element, bit for bit, or None."""
    while node.operator is not None and node.operator.repeats:
        node = node.operands[0]
    if node.kind != "constant" or node.value.size == 0:
        return None
    first = _first(node.value)
    return first if node.value.size == 1 or is_one_number(node.value) else None


def is_one_number(value: np.ndarray[Any, Any]) -> bool:
    """Whether every element of an array that is not empty has the bits of the first: 0 and −0 are two numbers."""
    return bool(value.tobytes() == _first(value).tobytes() * value.size)


def _first(value: np.ndarray[Any, Any]) -> Any:
    return value[(0,) * value.ndim]  # `flat` has at most 32 dimensions


def calls(node: Node, *ufuncs: np.ufunc) -> bool:
    """Whether the node is one of these ufuncs applied, whoever brings the operator that is it."""
    return node.operator is not None and node.operator.ufunc in ufuncs


def applied(operator: Operator, node: Node) -> tuple[Node, ...] | None:
    """The operands, where the node is this operator applied; also where the program has only what that is made of."""
    if node.operator is operator:
        operands: tuple[Node, ...] = node.operands
        return operands
    whole = _whole(node)
    return (
        tuple(node.graph.made[o] for o in whole.operands) if whole is not None and whole.operator is operator else None
    )


def _whole(node: Node) -> Node | None:
    """The node of the user's graph that a node is the value of, where a program has put others in its place."""
    whole = node.origin
    return whole if whole is not None and node.graph.made.get(whole) is node else None


def is_like(node: Node, *others: Node) -> bool:
    """Whether the node has the shape that an elementwise operator of these operands gives, and all have one dtype."""
    return all(other.dtype == node.dtype and fits(other, node.shape) for other in others)


def fits(node: Node, shape: Shape) -> bool:
    """Whether the node broadcasts to the shape, without changing it."""
    return node.shape in ((), shape) or broadcast(node.shape, shape) == shape


def order(node: Node) -> tuple[int, ...] | None:
    """For each axis of the node the one of its operand that it is, where it is that operand with its axes permuted."""
    rule = Operator.permutes[node.operator]
    return None if rule is None else tuple(rule(*node.operands, out=node, attributes=node.attributes))


def lower_bound(node: Node, depth: int = 8) -> float:
    """A number that no value of the node is below, to its last place; -inf where nothing is known.

    It is about numbers: of what is NaN nothing is said.  Integers wrap around, so only constants of them have one.
    """
    if node.kind == "constant" and node.dtype.kind in "biuf":
        least = float(np.fmin.reduce(node.value, axis=None, initial=np.inf, dtype=np.float64))
        return math.inf if math.isnan(least) else least
    if depth == 0 or node.dtype.kind != "f":
        return -math.inf
    whole = _whole(node)  # what an operator was expanded to has the operator's bound as well
    return max(_own_bound(one, depth) for one in (node, whole) if one is not None)


def _own_bound(node: Node, depth: int) -> float:
    rule = Operator.bound[node.operator]
    if rule is None:
        return -math.inf

    def bound(operand: Node) -> float:
        return lower_bound(operand, depth - 1)

    least: float = rule(bound, *node.operands, out=node, attributes=node.attributes)
    with np.errstate(all="ignore"):
        return float(node.dtype.type(least))  # 10⁻⁶⁰ is 0 in float32
