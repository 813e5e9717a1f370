"""A graph that simplifies as it grows.

A program is made by building the user's graph (and its backward half) anew inside a `Rewriting` graph, with every
named dimension settled.  Whatever is added to it goes through the passes first, so a pass is a small rule in
NumPy code, and what a rule makes is simplified in its turn.  Each node knows which of the user's it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from dagprop.errors import DagpropError
from dagprop.graph.graph import Graph
from dagprop.graph.node import APPLIED, CONSTANT, Node
from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.program.passes import PASSES, implicit
from dagprop.spec import Spec, bind

FOLDABLE = 1024
"""Constants of up to this many elements are worked out when the program is made."""


class Rewriting(Graph):
    """A graph whose every new node is simplified by the passes that are on.

    Parameters
    ----------
    keeps : function of an operator
        Whether the executor runs this operator as it is.  Others are expanded: their forward rule, being NumPy
        code, is run on nodes, down to operators that are kept or cannot be expanded.
    """

    def __init__(self, graph: Graph, passes: Collection[str], keeps: Callable[[Operator], bool]) -> None:
        super().__init__(graph.name, graph.dtype)
        self._rules: dict[str, list[Callable[..., Any]]] = {}
        for name in PASSES:
            if name in passes:
                for operator, rule in PASSES[name].items():
                    self._rules.setdefault(operator, []).append(rule)
        self._shares, self._folds = "common subexpressions" in passes, "constant folding" in passes
        self._unbroadcasts = "implicit broadcasting" in passes
        self._keeps = keeps
        self._known: dict[Any, Any] = {}
        self._opaque: set[Operator] = set()
        self.origin: dict[Node, Node] = {}
        self.made: dict[Node, Any] = {}
        self._current: Node | None = None

    # ---- taking a graph over ------------------------------------------------------------------------------

    def take(self, order: Sequence[Node], sizes: Mapping[str, int]) -> None:
        """Build these nodes (operands first) anew, named dimensions bound to their sizes where these are given."""
        made = self.made
        with self.building() as like:
            for node in order:
                like(node)
                self._current = node
                operator = node.operator
                if operator is None:
                    made[node] = self._leaf(node, sizes)
                elif operator is output:
                    made[node] = made[node.operands[0]][node.attributes["port"]]
                else:
                    attributes = node.attributes
                    if sizes:
                        attributes = {name: bind(value, sizes) for name, value in attributes.items()}
                    made[node] = new = self.apply(operator, [made[operand] for operand in node.operands], attributes)
                    if type(new) is Node and new.kind == APPLIED and not is_automatic(node):
                        self._call_it(new, node)
            self._current = None

    def _leaf(self, node: Node, sizes: Mapping[str, int]) -> Node:
        if node.kind == CONSTANT and not node.shape:
            return self._lift(node.value, (), output)
        new = self._append(node.name, node.kind, node.spec.bind(sizes) if sizes else node.spec, value=node.value)
        self.origin[new] = node
        return new

    def _call_it(self, new: Node, old: Node) -> None:
        """Give the user's name to what became of the user's node, unless it already bears another of theirs."""
        if is_automatic(new) and self._find(old.name) is None:
            self._rename(new, old.name)
            self.origin[new] = old

    # ---- growing ------------------------------------------------------------------------------------------

    def apply(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        """The operator applied, simplified."""
        nodes = tuple([o if type(o) is Node else self._lift(o, operands, operator) for o in operands])
        for rule in self._rules.get(operator.id, ()):
            simpler = rule(*nodes, **attributes)
            if simpler is not None:
                return simpler
        if operator.elementwise and self._unbroadcasts:
            simpler = implicit(operator, nodes, attributes)
            if simpler is not None:
                return simpler
        if not self._keeps(operator) and operator not in self._opaque and _may_expand(operator, nodes):
            expanded = self._expanded(operator, nodes, attributes)
            if expanded is not None:
                return expanded
        key: Any = None
        if self._shares:
            try:
                key = (operator, nodes, *attributes.values())
                known = self._known.get(key)
            except TypeError:  # an attribute that cannot be hashed
                key = known = None
            if known is not None:
                return known
        new = self._new(operator, nodes, attributes)
        if key is not None:
            self._known[key] = new
        return new

    def _new(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        spec = operator.specs([n.spec for n in nodes], attributes)
        constant = nodes and all(n.kind == CONSTANT for n in nodes)
        if self._folds and constant and isinstance(spec, Spec) and spec.concrete and int(spec.size) <= FOLDABLE:
            with np.errstate(all="ignore"):
                value = np.array(operator.forward(*(n.value for n in nodes), **attributes), spec.dtype)
            return self._lift(value, (), operator)
        new = self._append(self._fresh(operator.name), APPLIED, spec, operator, nodes, attributes)
        if self._current is not None:
            self.origin[new] = self._current
        return self.ports_of(new) if new.ports else new

    def _expanded(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        """What the operator's forward rule makes of nodes, or None where it cannot run on them."""
        mark, known = self.mark, len(self._known)
        self._opaque.add(operator)  # a rule that calls its own NumPy function ends here
        try:
            rule = Operator.expand[operator] or operator.forward
            result = rule(*nodes, **attributes)
        except (DagpropError, TypeError, ValueError, AttributeError, IndexError):
            self._forget(mark, known)
            return None
        if not isinstance(result, Node) or result.operator is not operator:
            self._opaque.discard(operator)
        return result

    def _forget(self, mark: int, known: int) -> None:
        self._known = dict(list(self._known.items())[:known])
        self.discard(mark, set())


def _may_expand(operator: Operator, nodes: Sequence[Node]) -> bool:
    """Whether the rule may be run on these nodes: one that asks for a size would be told none of a named dimension.

    Core's rules do not ask.
    """
    return operator.namespace == "core" or all(node.spec.concrete for node in nodes)


def is_automatic(node: Node) -> bool:
    """Whether the node bears the name that its graph gave it: its operator's, and a number."""
    stem, _, number = node.name.rpartition("/")[2].rpartition("_")
    return node.operator is not None and stem == node.operator.name and number.isdigit()
