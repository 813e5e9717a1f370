"""A backward half read as mathematics: the formula of every gradient, and its numbers where it was recorded."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from dagprop.dimension import Dim
from dagprop.explanation.local import is_landmark, partial
from dagprop.explanation.values import SMALL, written
from dagprop.graph.graph import graph_of
from dagprop.graph.node import Node
from dagprop.notation.formula import Style, Term, render
from dagprop.notation.reading import leaf, term
from dagprop.run.recording import Recording


class Reading:
    """Formulas, and where there is a recording the numbers, of a backward half."""

    def __init__(
        self,
        of: Node,
        nodes: Sequence[Node],
        adjoints: Mapping[Node, Node],
        recording: Recording | None = None,
    ) -> None:
        self.of, self.nodes, self.adjoints = of, nodes, adjoints
        self._adjoint_of: dict[Node, Node] = {}
        for node, adjoint in adjoints.items():
            if is_landmark(node):
                self._adjoint_of.setdefault(adjoint, node)
        named = [node for node in graph_of(of) if node.operator is not None and is_landmark(node)]
        self._named = set(named)
        self._by_work = {_work(node): node for node in named}
        self._symbols = self._numbers(recording) if recording is not None else {}

    def _numbers(self, recording: Recording) -> dict[str, np.ndarray[Any, Any]]:
        """Values, gradients and the sizes of named dimensions, by what formulas call them."""
        found: dict[str, np.ndarray[Any, Any]] = {}
        for node in self.nodes:
            if not node.ports:
                value = found[node.name] = recording.values[node]
                for dim, n in zip(node.shape, value.shape, strict=True):
                    if isinstance(dim, Dim):
                        found.setdefault(str(dim), np.asarray(n))
        for node in self.adjoints:
            found[partial(self.of.name, node.name)] = recording.gradients[node]
        return found

    # ---- formulas ---------------------------------------------------------------------------------------------

    def adjoint(self, node: Node, *, in_steps: bool) -> Term:
        """∂of/∂node: in terms of the gradients that arrived before it, or of forward values alone."""
        root = self.adjoints[node]

        def shown(n: Node) -> Term | None:
            owner = self._adjoint_of.get(n)
            if in_steps and owner is not None and owner not in {node, self.of} and n.operator is not None:
                return self.gradient_symbol(owner)
            return self._forward_symbol(n)

        return shown(root) or term(root, shown, tidy=True)

    def _forward_symbol(self, node: Node) -> Term | None:
        if node.operator is None:
            return leaf(node)
        if node not in self._named:  # a rule may have worked out anew what has a name
            node = self._by_work.get(_work(node), node)
        return leaf(node) if node in self._named else None

    def gradient_symbol(self, node: Node) -> Term:
        """∂of/∂node as a symbol."""
        name = self.of.name
        text, latex = partial(name, node.name), partial(name, node.name, "latex")
        return Term(shape=node.shape, text=text, latex=latex)

    # ---- numbers ----------------------------------------------------------------------------------------------

    def value(self, symbol: Term) -> np.ndarray[Any, Any] | None:
        """The recorded number that a symbol stands for."""
        return self._symbols.get(symbol.text)

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
        for n in self.nodes:
            if any(operand in depends for operand in n.operands):
                depends.add(n)
        return [
            n for n in self.nodes if n in depends and n in self.adjoints and (is_landmark(n) or n in {node, self.of})
        ]


def _work(node: Node) -> Hashable:
    """What a node works out: nodes that have it equal have the same value."""
    work = node.operator, node.operands, tuple(node.attributes.items())
    try:
        hash(work)
    except TypeError:  # an attribute such as an index array: it is like no other
        return node
    return work


def _leaves(formula: Term) -> Sequence[Term]:
    if formula.sign is None:
        return [formula]
    return [leaf for operand in formula.operands for leaf in _leaves(operand)]
