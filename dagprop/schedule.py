"""The order of work, and how long each value lives.

Forward is a topological order: every operator after its operands.  Backward is its reverse.  A node's index is
greater than its operands', so a topological order is the nodes sorted, and nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from dagprop.node import Node


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


class Step(NamedTuple):
    """One step of a run: its number, the node it is about, its operator, and how long it took in seconds."""

    number: int
    name: str
    operator: str
    seconds: float


class Schedule:
    """The order of a run: forward in topological order, backward in reverse.

    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> y = dp.tanh(dp.exp(g.input("x")))
    >>> flow = dp.backprop(y, {"x": 0.5}, wrt=["x"])
    >>> [step.name for step in flow.schedule.forward], [step.name for step in flow.schedule.backward]
    (['x', 'exp_0', 'tanh_0'], ['tanh_0', 'exp_0', 'x'])
    """

    def __init__(
        self, forward: Sequence[Node], backward: Sequence[Node], seconds: Mapping[Node, tuple[float, float]]
    ) -> None:
        self.forward = tuple(
            Step(i, node.name, node.what, seconds.get(node, (0.0, 0.0))[0]) for i, node in enumerate(forward)
        )
        self.backward = tuple(
            Step(i, node.name, node.what, seconds.get(node, (0.0, 0.0))[1]) for i, node in enumerate(backward)
        )

    def __repr__(self) -> str:
        return f"<Schedule: {len(self.forward)} steps forward, {len(self.backward)} back>"

    def __str__(self) -> str:
        rows = [("forward", step) for step in self.forward] + [("backward", step) for step in self.backward]
        width = max((len(step.name) for _, step in rows), default=0)
        kind = max((len(step.operator) for _, step in rows), default=0)
        return "\n".join(
            f"{way:<8} {step.number:>4}  {step.name:<{width}}  {step.operator:<{kind}}  {step.seconds * 1e6:9.1f} µs"
            for way, step in rows
        )
