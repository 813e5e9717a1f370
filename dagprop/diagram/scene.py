"""What a picture is drawn from: a graph's nodes in order and, where there is a recording, its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache, cached_property

from dagprop.arguments import refused, several, text
from dagprop.diagram.measure import Measure, flag, measure
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import CONSTANT, Edge, Node
from dagprop.graph.order import ancestors
from dagprop.operators.structure import output
from dagprop.run.recording import Recording


class Scene:
    """The nodes to draw and what is known of them; measured when asked, once.

    Parameters
    ----------
    subject : Graph, Recording, Node or iterable of Node
        A graph whole, a recorded run with its numbers, or nodes with all they depend on.
    title : str, optional
        Instead of the graph's name.
    """

    def __init__(self, subject: Graph | Recording | Node | Iterable[Node], title: str | None = None) -> None:
        self.recording = subject if isinstance(subject, Recording) else None
        self.outputs: tuple[Node, ...]
        if isinstance(subject, Recording):
            self.graph, self.nodes, self.outputs = subject.graph, subject.nodes, (subject.of,)
        elif isinstance(subject, Graph):
            self.graph, self.nodes, self.outputs = subject, tuple(subject), subject.outputs
        else:
            wanted = "what is drawn: a graph, a recorded flow, a node or some nodes"
            chosen = (subject,) if isinstance(subject, Node) else tuple(several("subject", subject, wanted))
            if not chosen or not all(isinstance(node, Node) for node in chosen):
                raise refused("subject", wanted, subject)
            self.graph = max(map(graph_of, chosen), key=len)
            for node in chosen:
                self.graph.resolve(node)
            self.nodes, self.outputs = tuple(ancestors(chosen)), chosen
        self.title = self.graph.name if title is None else text("title", title)
        self.gradient = cache(self._gradient)
        self.value = cache(self._value)
        self.sent = cache(self._sent)

    def _value(self, node: Node) -> Measure | None:
        if self.recording is None or node.ports or node.dtype.kind not in "biufc":
            return None
        return measure(self.recording.values[node])

    def _gradient(self, node: Node) -> Measure | None:
        """∂of/∂node, where it was worked out."""
        if self.recording is None or node not in self.recording.gradients:
            return None
        return measure(self.recording.gradients[node])

    def _sent(self, edge: Edge) -> Measure | None:
        """What the edge sent back."""
        if self.recording is None or tuple(edge) not in self._edges:
            return None
        return measure(self.recording.contributions[edge])

    @cached_property
    def _edges(self) -> frozenset[Edge]:
        return frozenset(self.recording.contributions) if self.recording is not None else frozenset()

    def is_output(self, node: Node) -> bool:
        """Whether the picture is about this node: a loss, or what a graph gives."""
        return any(node is chosen for chosen in self.outputs)  # `in` would compare nodes, and that adds one

    @cached_property
    def reference(self) -> float:
        """The norm of the gradient that leaves the loss."""
        seed = self.gradient(self.outputs[0]) if self.recording is not None else None
        return seed.norm if seed is not None and seed.norm > 0 else 1.0

    @cached_property
    def flagged(self) -> list[tuple[Edge, str]]:
        """The flagged edges with their words, in the order of the backward pass."""
        found: list[tuple[Edge, str]] = []
        for node in reversed(self.nodes):
            for slot, operand in enumerate(node.operands):
                edge = Edge(operand.name, node.name, slot)
                sent = self.sent(edge)
                if sent is not None and has_card(node) and (word := flag(sent, self.reference)):
                    found.append((edge, word))
        return found

    def arrived(self, node: Node) -> float | None:
        """The norm of all that arrives at an operator: of several outputs, that of all together."""
        if not node.ports:
            found = self.gradient(node)
            return None if found is None else found.norm
        outputs = [self.gradient(part) for part in self.outputs_of.get(node, ())]
        norms = [found.norm for found in outputs if found is not None]
        return math.hypot(*norms) if norms else None

    @cached_property
    def outputs_of(self) -> dict[Node, list[Node]]:
        """The outputs that are used, of operators that have several."""
        found: dict[Node, list[Node]] = {}
        for node in self.nodes:
            if node.operator is output:
                found.setdefault(node.operands[0], []).append(node)
        return found

    @cached_property
    def forward_order(self) -> dict[str, int]:
        """An operator's place in the forward pass, from 1; by node name."""
        return _places([node.name for node in self.nodes], self._operators)

    @cached_property
    def backward_order(self) -> dict[str, int]:
        """An operator's place in the backward pass, from 1; by node name."""
        if self.recording is None:
            return {}
        return _places([step.name for step in self.recording.schedule.backward], self._operators)

    @cached_property
    def _operators(self) -> frozenset[str]:
        return frozenset(node.name for node in self.nodes if node.operator not in (None, output))


def _places(names: Iterable[str], counted: frozenset[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate((n for n in names if n in counted), start=1)}


def home(node: Node) -> Node:
    """The node on whose card a node is shown: its operator's for one of several outputs."""
    return node.operands[0] if node.operator is output else node


def has_card(node: Node) -> bool:
    """Whether a node has a card of its own: numbers stand in equations, outputs on their operator's card."""
    return node.operator is not output and not (node.kind == CONSTANT and not node.shape)
