"""A recorded run read as mathematics: the formula of every value and every gradient, and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dagprop.explain.local import is_landmark, partial
from dagprop.explain.tidy import tidy
from dagprop.explain.values import SMALL, written
from dagprop.node import Node
from dagprop.notation import Style, Term, leaf, render, term
from dagprop.recording import Recording
from dagprop.spec import Dim


class Reading:
    """Formulas and numbers of one recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.of = recording.of
        self._adjoint_of: dict[Node, Node] = {}
        for node, adjoint in recording.adjoints.items():
            if is_landmark(node):
                self._adjoint_of.setdefault(adjoint, node)
        self._forward = set(recording.nodes)
        self._by_work = {_work(node): node for node in recording.nodes if node.operator and is_landmark(node)}
        self._symbols: dict[str, Any] = {}
        for node in recording.nodes:
            value = recording.values[node] if not node.ports else np.zeros(())
            self._symbols[node.name] = value
            for dim, n in zip(node.shape, value.shape, strict=False):
                if isinstance(dim, Dim):
                    self._symbols.setdefault(str(dim), np.asarray(n))
        for node in recording.adjoints:
            self._symbols[partial(self.of.name, node.name)] = recording.gradients[node]

    # ---- formulas ---------------------------------------------------------------------------------------------

    def adjoint(self, node: Node, *, in_steps: bool) -> Term:
        """∂of/∂node: in terms of the gradients that arrived before it, or of forward values alone."""
        root = self.recording.adjoints[node]

        def shown(n: Node) -> Term | None:
            owner = self._adjoint_of.get(n)
            if in_steps and owner is not None and owner is not node and n.operator is not None:
                return self.gradient_symbol(owner)
            return self._forward_symbol(n)

        return shown(root) or term(root, shown, tidy)

    def _forward_symbol(self, node: Node) -> Term | None:
        if node.operator is None:
            return leaf(node)
        if node not in self._forward:
            node = self._by_work.get(_work(node), node)  # a rule worked out anew what has a name
        return leaf(node) if node in self._forward and is_landmark(node) else None

    def gradient_symbol(self, node: Node) -> Term:
        """∂of/∂node as a symbol."""
        name = self.of.name
        text, latex = partial(name, node.name), partial(name, node.name, "latex")
        return Term(shape=node.shape, text=text, latex=latex)

    # ---- numbers ----------------------------------------------------------------------------------------------

    def substituted(self, formula: Term, style: Style) -> str | None:
        """The formula with numbers for its symbols; None where they are too many to write down."""
        names = {leaf.text for leaf in _leaves(formula) if leaf.number is None}
        values = [self._symbols[name] for name in names if name in self._symbols]
        if not names or len(values) < len(names) or any(value.ndim > 2 for value in values):
            return None
        if max(value.size for value in values) > SMALL or sum(value.size for value in values) > 2 * SMALL:
            return None

        def write(leaf: Term) -> str:
            if leaf.number is not None:
                return leaf.text if style == "text" else leaf.latex
            return written(self._symbols[leaf.text], style)

        return render(formula, style, write)

    def on_the_way(self, node: Node) -> list[Node]:
        """The nodes with names between `node` and what was differentiated, in the order of the run."""
        depends = {node}
        for n in self.recording.nodes:
            if any(operand in depends for operand in n.operands):
                depends.add(n)
        return [
            n
            for n in self.recording.nodes
            if n in depends and n in self.recording.adjoints and (is_landmark(n) or n in {node, self.of})
        ]


def _work(node: Node) -> Any:
    """What a node works out: nodes that have it equal have the same value."""
    return node.operator, node.operands, repr(node.attributes)


def _leaves(formula: Term) -> Sequence[Term]:
    if formula.sign is None:
        return [formula]
    return [leaf for operand in formula.operands for leaf in _leaves(operand)]
