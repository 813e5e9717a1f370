"""The backward half of a graph, as a graph.

Reverse mode walks the operators in reverse topological order and adds to the graph what each one's
local-derivative rule makes of the gradient that arrives.  Gradients meet at fan-out and are added; what every
edge contributed, and whose adjoint a node is, stays known.  The result is a graph like any other: it is drawn,
made fast, and differentiated again by the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from dagprop.derivatives.blame import broken, complex_operand, no_derivative, ruleless
from dagprop.dimension import Shape
from dagprop.errors import GradientError, reason, report
from dagprop.graph.building import next_index, without_full_collections
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import Edge, Node, Primal
from dagprop.graph.order import ancestors
from dagprop.operators.arithmetic import add, multiply, negative
from dagprop.operators.comparison import where, zeros_like
from dagprop.operators.shaping import broadcast_to
from dagprop.operators.structure import astype, chain, output, sum_to
from dagprop.plugin.opaque import opaque_vjp
from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import Rule
from dagprop.spec import broadcast, show_shape


@dataclass
class Backward:
    """The backward half: adjoints by node, contributions by edge, and the nodes in the order they were passed.

    What the walk made up to the end of the step at `order[i]` has an index below `ends[i]`.
    """

    of: Node
    graph: Graph
    adjoints: dict[Node, Node] = field(default_factory=dict)
    contributions: dict[Edge, Node] = field(default_factory=dict)
    order: list[Node] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


@overload
def gradient(of: Node, wrt: Node | str, cotangent: Node | None = None) -> Node: ...  # type: ignore[overload-overlap]
@overload  # a node is iterable too, and a str
def gradient(of: Node, wrt: Iterable[Node | str], cotangent: Node | None = None) -> list[Node]: ...
def gradient(of: Node, wrt: Node | str | Iterable[Node | str], cotangent: Node | None = None) -> Node | list[Node]:
    """∂of/∂wrt as nodes of the same graph.

    Parameters
    ----------
    of : Node
        What to differentiate.  Where it is not a scalar, the gradient is that of its sum.
    wrt : Node, str, or a sequence of them
        With respect to what: any nodes of real floating dtype.  One node gives one node, a sequence a list.
    cotangent : Node, optional
        What arrives at `of` instead of ones; of its shape, and cast to its dtype.

    Returns
    -------
    Node or list of Node
        Shaped as `wrt`; zeros where `of` does not depend on it.

    Raises
    ------
    GradientError
        Where `of` or `wrt` is no real floating value, an operator on the way has no derivative, or the gradient would
        have to pass a complex value.
    RuleError
        Where a rule returns too few gradients, or one of the wrong shape.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x")
    >>> first = dp.gradient(3 * x**4 + 2 * x**2, x)
    >>> second = dp.gradient(first, x)
    >>> [float(v) for v in dp.forward([first, second], {"x": 2.0})]
    [104.0, 148.0]
    """
    graph = graph_of(of, "of")
    targets = graph.resolve_all(wrt)
    if cotangent is not None:
        graph_of(cotangent, "cotangent")
        graph.resolve(cotangent)
    with graph.undoing():
        backward = differentiate(of, targets, graph, cotangent)
    found = [backward.adjoints[node] for node in targets]
    return found[0] if isinstance(wrt, Node | str) else found


def differentiate(of: Node, wrt: Sequence[Node], graph: Graph, cotangent: Node | None = None) -> Backward:
    """Add the backward half for `wrt` to `graph` (that of `of`, or an extension of it)."""
    _check(of, wrt)
    order = ancestors([of])
    needed = _depending(order, wrt)
    walk = _Walk(Backward(of, graph), needed)
    with without_full_collections(), graph.collecting() as like:
        like(of)
        walk.seed(cotangent)
        for node in reversed(order):
            if node in needed and node in walk.arrived:
                like(node)
                walk.step(node)
                walk.result.order.append(node)
                walk.result.ends.append(next_index())
        for node in wrt:
            if node not in walk.result.adjoints:
                like(node)
                walk.result.adjoints[node] = _zeros(node)
    return walk.result


def _check(of: Node, wrt: Iterable[Node]) -> None:
    for node, role in [(of, "of"), *((node, "with respect to") for node in wrt)]:
        if not node.differentiable:
            raise GradientError(
                report(
                    f"there is no derivative {role} {node.name!r}: its dtype is {node.dtype}",
                    [("node", node.describe())],
                    advice="Only real floating values have gradients: give it a float dtype, or leave it out of wrt.",
                )
            )


def _depending(order: Sequence[Node], wrt: Sequence[Node]) -> set[Node]:
    """The nodes that depend on `wrt` through values that change without jumps.

    Complex ones are among them, though no gradient passes them yet: where one would have to, it is refused.
    """
    needed = set(wrt)
    for node in order:
        if node not in needed and (node.dtype.kind in "fc" or node.ports):
            for operand in node.operands:
                if operand in needed:
                    needed.add(node)
                    break
    return needed


def _number(value: float, like: Node) -> Node:
    """A constant of the dtype of `like`."""
    number: Node = like.graph.destination()._lift(value, (like,), astype)
    return number


def _zeros(node: Node) -> Node:
    """The gradient of what does not depend on the node; the node is read only where a feed settles its shape."""
    zeros: Node = broadcast_to(_number(0, node), shape=node.shape) if node.spec.concrete else zeros_like(node)
    return zeros


def _fits(shape: Shape, result: Shape) -> bool:
    """Whether a local derivative of this shape broadcasts to the result's."""
    try:
        return shape == result or broadcast(shape, result) == result
    except ValueError:
        return False


class _Walk:
    """One walk back through a graph: what has arrived so far at each node, and what is known in the end."""

    def __init__(self, result: Backward, needed: set[Node]) -> None:
        self.result, self.needed, self.graph = result, needed, result.graph
        self.arrived: dict[Node, Any] = {}
        self.unit: Node | None = None
        self.first = next_index()

    def fresh(self, node: Any) -> bool:
        """Whether this walk made the node, so that it may be named and labelled."""
        return (
            isinstance(node, Node) and node.operator is not None and node.index > self.first and node is not self.unit
        )

    def seed(self, cotangent: Node | None) -> None:
        """What arrives at the node that is differentiated: ones, or the cotangent."""
        of = self.result.of
        if cotangent is None:
            one = _number(1, of)
            self.unit = cotangent = one if not of.shape else broadcast_to(one, shape=of.shape)
        elif cotangent.shape != of.shape:
            raise GradientError(
                f"the cotangent {cotangent.name!r} has shape {show_shape(cotangent.shape)}, "
                f"{of.name!r} {show_shape(of.shape)}"
            )
        elif cotangent.dtype.kind == "c":
            raise GradientError(
                f"the cotangent {cotangent.name!r} has dtype {cotangent.dtype}, {of.name!r} {of.dtype}: "
                "a gradient is real"
            )
        elif cotangent.dtype != of.dtype:
            cotangent = astype(cotangent, dtype=of.dtype)
        self.arrived[of] = cotangent

    def step(self, node: Node) -> None:
        """Close the node's adjoint and send it back along its edges."""
        grad = self.arrived.pop(node)
        if node.ports:
            grad = tuple(
                grad[port] if port in grad else _zeros(value) for port, value in enumerate(node.graph.ports_of(node))
            )
        else:
            self._adjoint(node, grad)
        if node.operator is None or self.needed.isdisjoint(node.operands):  # the walk ends here
            return
        if node.operator is output:
            (parent,) = node.operands
            self.arrived.setdefault(parent, {})[node.attributes["port"]] = grad
            self.result.contributions[Edge(parent.name, node.name, 0)] = grad
            return
        mark = self.graph.mark
        pieces = self._pieces(node, node.operator, grad)
        self._label(node, mark, [piece for piece in pieces if piece is not None])
        for slot, (operand, piece) in enumerate(zip(node.operands, pieces, strict=True)):
            if piece is None:
                continue
            edge = Edge(operand.name, node.name, slot)
            self.result.contributions[edge] = piece
            if self.fresh(piece) and (piece.primal is None or piece.primal.kind == "step"):
                self.graph.mean(piece, Primal("contribution", node, edge))
            before = self.arrived.get(operand)
            if before is None:
                self.arrived[operand] = piece
            else:
                self.arrived[operand] = total = add(before, piece)
                self.graph.mean(total, Primal("step", operand))

    def _adjoint(self, node: Node, grad: Node) -> None:
        self.result.adjoints[node] = grad
        if self.fresh(grad) and (grad.primal is None or grad.primal.kind != "adjoint"):
            edge = grad.primal.edge if grad.primal is not None else None
            self.graph.mean(grad, Primal("adjoint", node, edge))
            self.graph.rename_fresh(grad, f"d_{node.name.rpartition('/')[2]}")
            grad.automatic = node.automatic

    def _label(self, node: Node, mark: int, pieces: Sequence[Node]) -> None:
        """Take out what the rule made for operands that need no gradient; the rest is work for `node`."""
        made = self.graph.made_since(mark)
        if len(pieces) < len(node.operands):
            fresh, live = set(made), set[Node]()
            stack = [piece for piece in pieces if piece in fresh]
            while stack:
                top = stack.pop()
                if top not in live:
                    live.add(top)
                    stack += [operand for operand in top.operands if operand in fresh]
            if len(live) < len(made):
                self.graph.discard(mark, live)
                made = self.graph.made_since(mark)
        primal = Primal("step", node)
        for new in made:
            self.graph.mean(new, primal)

    def _pieces(self, node: Node, op: Operator, grad: Any) -> list[Node | None]:
        """What the node sends back along each edge; None where nothing is asked for, or nothing comes."""
        rule = op.rule
        wanted = [operand in self.needed for operand in node.operands]
        for slot, (operand, want) in enumerate(zip(node.operands, wanted, strict=True)):
            if want and operand.dtype.kind == "c":
                raise complex_operand(node, op, self.result.of, slot)
        if rule is None:
            raise ruleless(node, op, self.result.of, node.operands[wanted.index(True)])
        try:
            pieces = self._run(node, op, rule, grad)
        except Exception as error:
            raise broken(node, op, f"failed: {reason(error)}") from error
        if not isinstance(pieces, tuple | list):
            pieces = (pieces,)
        if len(pieces) != len(node.operands):
            raise broken(node, op, f"returned {len(pieces)} gradients for {len(node.operands)} operands")
        return [
            self._piece(node, op, slot, grad, piece) if want else None
            for slot, (want, piece) in enumerate(zip(wanted, pieces, strict=True))
        ]

    def _run(self, node: Node, op: Operator, rule: Rule, grad: Any) -> Any:
        """The rule, called on nodes; an opaque one as a node of its own."""
        out: Any = node if not node.ports else node.graph.ports_of(node)
        if rule.opaque:
            grads, outs = (grad, out) if node.ports else ((grad,), (out,))
            operands = (*grads, *node.operands, *(outs if rule.wants_out else ()))
            wanted = tuple(slot for slot, operand in enumerate(node.operands) if operand in self.needed)
            given = opaque_vjp(op)(*operands, ports=len(node.ports), wanted=wanted, **node.attributes)
            pieces = dict(zip(wanted, given if isinstance(given, tuple) else (given,), strict=True))
            return tuple(pieces.get(slot) for slot in range(len(node.operands)))
        if op.elementwise:
            return rule(*node.operands, out=out, attributes=node.attributes)
        return rule(grad, *node.operands, out=out, attributes=node.attributes)

    def _piece(self, node: Node, op: Operator, slot: int, grad: Any, piece: Any) -> Node | None:
        """What is sent back along one edge, of the operand's shape and dtype; None for a plain 0."""
        operand = node.operands[slot]
        if piece is None:
            raise no_derivative(node, op, slot)
        if not isinstance(piece, Node) and np.ndim(piece) == 0 and piece == 0:
            return None
        if op.elementwise:
            piece = self._product(node, op, slot, grad, piece)
            if piece.shape != operand.shape:
                piece = sum_to(piece, shape=operand.shape)
        elif not isinstance(piece, Node):
            raise broken(node, op, f"returned {type(piece).__name__} instead of a gradient", slot)
        if piece.shape != operand.shape:
            raise broken(
                node,
                op,
                f"returned shape {show_shape(piece.shape)} for an operand of {show_shape(operand.shape)}",
                slot,
            )
        if piece.dtype != operand.dtype:
            if piece.dtype.kind != "f":
                raise broken(node, op, f"returned dtype {piece.dtype} for an operand of {operand.dtype}", slot)
            piece = astype(piece, dtype=operand.dtype)
        sent: Node = piece
        return sent

    def _product(self, node: Node, op: Operator, slot: int, grad: Node, partial: Any) -> Node:
        """The chain rule at an elementwise operator: gradient times local derivative."""
        if not isinstance(partial, Node) and np.asarray(partial).dtype.kind not in "biufc":
            raise broken(node, op, f"returned {type(partial).__name__} instead of a slope", slot)
        if not isinstance(partial, Node) and np.ndim(partial) == 0:
            if partial == 1:
                return grad
            if partial == -1:
                product: Node = negative(grad)
                return product
        shape = partial.shape if isinstance(partial, Node) else np.shape(partial)
        if not _fits(shape, node.shape):
            raise broken(node, op, f"returned shape {show_shape(shape)} for a result of {show_shape(node.shape)}", slot)
        if isinstance(partial, Node) and partial.dtype == bool:  # 0 where it does not hold, even of ∞ or NaN
            passed: Node = where(partial, grad, 0)
            return passed
        if grad is self.unit and isinstance(partial, Node) and self.fresh(partial) and shape == grad.shape:
            return partial
        rule: Operator = chain if op.singular(*node.operands) else multiply
        scaled: Node = rule(grad, partial)
        return scaled
