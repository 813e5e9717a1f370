"""The schedule of a run: forward in topological order, backward in reverse, and how long each step took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dagprop.graph.node import Node


class Scheduled(NamedTuple):
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
            Scheduled(i, node.name, node.what, seconds.get(node, (0.0, 0.0))[0]) for i, node in enumerate(forward)
        )
        self.backward = tuple(
            Scheduled(i, node.name, node.what, seconds.get(node, (0.0, 0.0))[1]) for i, node in enumerate(backward)
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
