"""A graph that simplifies as it grows.

A program is made by building the user's graph (and its backward half) anew inside a `Rewriting` graph, with every
named dimension settled.  Whatever is added to it goes through the passes first, so a pass is a small rule in
NumPy code, and what a rule makes is simplified in its turn.  Each node knows which of the user's it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from dagprop.dimension import Dim, bind, undecided
from dagprop.errors import DagpropError, RuleError
from dagprop.graph.graph import Graph
from dagprop.graph.node import APPLIED, CONSTANT, Node
from dagprop.operators.shaping import broadcast_to
from dagprop.operators.structure import output
from dagprop.plugin.calling import NOT_ITS_DOING, exact
from dagprop.plugin.facts import is_one_number
from dagprop.plugin.interpretation import Declared
from dagprop.plugin.opaque import declared_of
from dagprop.plugin.operator import Operator
from dagprop.plugin.passes import known_passes
from dagprop.program.passes import Simplifier, rules_of
from dagprop.spec import Spec

FOLDABLE = 1024
"""Constants of up to this many elements are worked out when the program is made."""


class Rewriting(Graph):
    """A graph whose every new node is simplified by the passes that are on.

    Parameters
    ----------
    keeps : function of an operator
        Whether the executor runs this operator as it is.  Others are expanded: what they say they are made of, or
        their forward rule, being NumPy code, is run on nodes, down to operators that are kept or cannot be expanded.
    """

    def __init__(self, graph: Graph, passes: Collection[str], keeps: Callable[[Operator], bool]) -> None:
        super().__init__(graph.name, graph.dtype)
        self._passes = tuple([name for name in known_passes() if name in passes])
        self._keeps = keeps
        self._shares, self._folds = "common subexpressions" in passes, "constant folding" in passes
        self._rules: dict[Operator, tuple[Simplifier, ...]] = {}
        self._known: dict[Any, Any] = {}
        self._opaque: set[Operator] = set()
        self._reserved: set[str] = set()
        self.made: dict[Node, Any] = {}
        self._current: Node | None = None

    # ---- taking a graph over ------------------------------------------------------------------------------

    def take(self, order: Sequence[Node], sizes: Mapping[str, int]) -> None:
        """Build these nodes (operands first) anew, named dimensions bound to their sizes where these are given."""
        made = self.made
        self._reserved = {node.name for node in order if not node.automatic}
        with self.collecting() as like:
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
                    if type(new) is Node and new.kind == APPLIED:
                        self._take_over(new, node)
            self._current = None

    def _leaf(self, node: Node, sizes: Mapping[str, int]) -> Node:
        if node.kind == CONSTANT and not node.shape:
            return self._lift(node.value, (), output)
        name = node.name if self._find(node.name) is None else self._fresh("constant")  # a rule may have made one
        spec = node.spec.bind(sizes) if sizes else node.spec
        new = self._append(name, node.kind, spec, value=node.value, automatic=node.automatic)
        new.origin = node
        return new

    def _take_over(self, new: Node, old: Node) -> None:
        """Give what became of a node its name and what it stands for, unless it already bears another's of the user."""
        adjoint = old.primal is not None and old.primal.kind == "adjoint"
        if (old.automatic and not adjoint) or not new.automatic or self._find(old.name) is not None:
            return
        self._rename(new, old.name)
        new.automatic, new.primal, new.origin = old.automatic, old.primal, old

    def _is_free(self, name: str) -> bool:
        return name not in self._reserved and name not in self._nodes

    # ---- growing ------------------------------------------------------------------------------------------

    def apply(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        """The operator applied, simplified."""
        asked = undecided.count
        nodes = tuple([o if type(o) is Node else self._lift(o, operands, operator) for o in operands])
        made = self._simpler(operator, nodes, attributes)
        if made is None and operator not in self._opaque and not self._keeps(operator):
            made = self._expanded(operator, nodes, attributes)
        if made is None:
            made = (self._shared if self._shares else self._new)(operator, nodes, attributes)
        undecided.count = asked  # what was asked on the way, passes and inference asked, and not the rule that calls
        return made

    def _require(self, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any]) -> None:
        """Nothing: that was asked when the user applied it, and at the sizes that are fed the rule itself says."""

    def _simpler(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        """What the first rule that finds something simpler makes of it; None where none does."""
        rules = self._rules.get(operator)
        if rules is None:
            rules = self._rules[operator] = rules_of(operator, self._passes)
        for apply, rule in rules:
            try:
                simpler = apply(*nodes, **attributes)
            except (DagpropError, *NOT_ITS_DOING):
                raise
            except Exception as error:
                raise rule.failed(error) from error
            if simpler is not None:
                self._hold(simpler, operator, nodes, attributes, rule)
                return simpler
        return None

    @staticmethod
    def _hold(
        made: Any, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any], rule: Declared
    ) -> None:
        """Refuse what a rule made in place of an operator and is not like it."""
        wanted = operator.specs([node.spec for node in nodes], attributes)
        if _alike(made, wanted):
            return
        what = f"{made.spec}" if isinstance(made, Node) else f"{made!r:.60}, no node"
        rows = [(f"operand {slot}", node.describe()) for slot, node in enumerate(nodes)]
        raise rule.wrong(f"makes {what}", [("wanted", f"{wanted}, as {operator.name} does"), *rows])

    def _shared(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        """What was made before by the same operator of the same nodes, or else is made now."""
        key: Any = (operator.ufunc or operator, nodes)
        if attributes:
            key = (*key, *exact(attributes.values()))
        try:
            known = self._known.get(key)
        except TypeError:  # an attribute that cannot be hashed
            return self._new(operator, nodes, attributes)
        if known is None:
            known = self._known[key] = self._new(operator, nodes, attributes)
        return known

    def _new(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        spec = self._spec(operator, nodes, attributes)
        folded = self._folded_now(operator, nodes, attributes, spec) if self._folds and nodes else None
        if folded is not None:
            return folded
        name = self._fresh(operator.name)
        new = self._append(name, APPLIED, spec, operator, nodes, attributes, automatic=True)
        if self._current is not None:
            new.origin, new.primal = self._current, self._current.primal
        return self.ports_of(new) if new.ports else new

    def _folded_now(
        self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any], spec: Any
    ) -> Node | None:
        """The constant that an operator makes of small constants; None where they are not, or it only repeats one.

        What is one number throughout is that number, repeated: it is not written out, nor kept, a thousand times.
        """
        operands = []
        for node in nodes:
            operands.append(_known_value(node))
            if operands[-1] is None:
                return None
        if operator.repeats or not isinstance(spec, Spec) or not spec.concrete or int(spec.size) > FOLDABLE:
            return None
        try:
            with np.errstate(all="ignore"):
                value = np.array(operator.forward(*operands, **attributes), spec.dtype)
        except Exception:  # noqa: BLE001  # what cannot be worked out says so when it is run, with the node's name
            return None
        if value.size > 1 and is_one_number(value):
            one = self._lift(value[(0,) * value.ndim], (), operator)
            repeated: Node = self.apply(broadcast_to, (one,), {"shape": spec.shape})
            return repeated
        return self._lift(value, (), operator)

    def _expanded(self, operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
        """What the operator is made of, or None where it cannot run on nodes.

        Nor may its forward rule go by the size of a named dimension, which is none yet: what it makes of nodes would
        hold for some sizes alone.
        """
        if declared_of(operator) is not None:  # an opaque rule, which says that it cannot
            return None
        mark, known = self.mark, len(self._known)
        self._opaque.add(operator)  # a rule that calls its own NumPy function ends here
        declared = Operator.expand[operator]
        undecided.count = 0
        try:
            if declared is not None:
                result = declared(*nodes, attributes=attributes)
                if result is not None:
                    self._hold(result, operator, nodes, attributes, declared)
            else:
                result = operator.forward(*nodes, **attributes)
                asked = undecided.count  # before inference asks
                if isinstance(result, np.ndarray | np.generic):  # of no operands: the size of a dimension, say
                    result = self._lift(result, (), operator)
                wanted = operator.specs([node.spec for node in nodes], attributes)
                result = result if _alike(result, wanted) and not asked else None
        except (RuleError, *NOT_ITS_DOING):
            raise
        except Exception:  # noqa: BLE001  # it cannot run on nodes: it is called, and says then what is wrong
            result = None
        if result is None:
            self._forget(mark, known)
            return None
        if not isinstance(result, Node) or result.operator is not operator:
            self._opaque.discard(operator)
        return result

    def _forget(self, mark: int, known: int) -> None:
        self._known = dict(list(self._known.items())[:known])
        self.discard(mark, set())


def _known_value(node: Node) -> Any:
    """The value of a constant, or of one that is repeated a little; None of any other node."""
    if node.kind == CONSTANT:
        return node.value
    operator = node.operator
    if operator is None or not operator.repeats or node.operands[0].kind != CONSTANT:
        return None
    small = node.spec.concrete and int(node.size) <= FOLDABLE
    return operator.forward(node.operands[0].value, **node.attributes) if small else None


def _alike(made: Any, wanted: Spec | tuple[Spec, ...]) -> bool:
    """Whether a node (or a node for each output) has this spec, as far as its dimensions are numbers."""
    if isinstance(wanted, tuple):
        parts = made if isinstance(made, tuple) else ()
        return len(parts) == len(wanted) and all(map(_alike, parts, wanted))
    if not isinstance(made, Node) or made.dtype != wanted.dtype or made.ndim != wanted.ndim:
        return False
    sizes = zip(made.shape, wanted.shape, strict=True)
    return all(n == m or isinstance(n, Dim) or isinstance(m, Dim) for n, m in sizes)
