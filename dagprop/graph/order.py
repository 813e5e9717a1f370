"""The order of work, and how long each value lives.

A node's index is greater than its operands', so a topological order is the nodes sorted, and nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from dagprop.graph.node import Node


def ancestors(of: Iterable[Node]) -> list[Node]:
    """The nodes and all they depend on, in topological order."""
    stack = list(of)
    seen = set(stack)
    while stack:
        for operand in stack.pop().operands:
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return sorted(seen, key=attrgetter("index"))


def last_uses(order: Sequence[Node], keep: Iterable[Node] = ()) -> dict[int, list[Node]]:
    """By position in the order: the values nobody reads after that step.  Those to keep never end.

    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> y = dp.tanh(dp.exp(g.input("x")))
    >>> {step: [node.name for node in ends] for step, ends in last_uses(ancestors([y]), [y]).items()}
    {1: ['x'], 2: ['exp_0']}
    """
    last: dict[Node, int] = {}
    for position, node in enumerate(order):
        last[node] = position
        for operand in node.operands:
            last[operand] = position
    for node in keep:
        last.pop(node, None)
    ends: dict[int, list[Node]] = {}
    for node, position in last.items():
        ends.setdefault(position, []).append(node)
    return ends
