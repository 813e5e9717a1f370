"""Gradient checks: what rules derive, held against differences of values.

`check_operator` checks one operator to second order, `check_gradient` a model at its real values: the gradient as a
whole, and every operator's part in it on its own, so that a wrong rule is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.arguments import array, instance
from dagprop.check.differences import Outputs, Report, Row, compare
from dagprop.derivatives.backward import gradient
from dagprop.errors import GradientError, source_line
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import Edge, Node
from dagprop.graph.order import ancestors
from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.run.feeds import bind_feeds
from dagprop.run.recording import Recording, forward, record, targets_of
from dagprop.spec import bind

Array = np.ndarray[Any, Any]


# ---- an operator ------------------------------------------------------------------------------------------------


def check_operator(operator: Operator | str, *operands: Any, **attributes: Any) -> Report:
    """Check an operator's rule to first and second order, at the operands given.

    Parameters
    ----------
    operator : Operator or str
        The operator, or its name.
    *operands, **attributes
        A call of it, with arrays; those of a floating dtype are differentiated.

    Returns
    -------
    Report
        `report.ok`, and printed a table: `∂ x` rows of first order, `∂² x` rows of second (unless the rule is
        opaque), in the direction of random weights.

    Raises
    ------
    GradientError
        Where no operand is floating, or there is no rule.

    Examples
    --------
    >>> import dagprop as dp
    >>> report = dp.check_operator("power", [0.5, 2.0], [3.0, -1.0])
    >>> report.ok
    True
    """
    op = registry[operator] if isinstance(operator, str) else instance("operator", operator, Operator, "an operator")
    given, settled = op.bind_arguments(operands, attributes)
    values = [array(f"the operand {op.operand(slot)}", value) for slot, value in enumerate(given)]
    graph = Graph(f"check of {op.name}")
    nodes = [graph.input(f"operand_{slot}", v.shape, v.dtype) for slot, v in enumerate(values)]
    feeds = dict(zip(nodes, values, strict=True))
    made = graph.apply(op, nodes, settled)
    outs = [out for out in (made if isinstance(made, tuple) else (made,)) if out.differentiable]
    moving = {op.operand(slot): node for slot, node in enumerate(nodes) if node.differentiable}
    if not moving or not outs:
        raise GradientError(f"{op.name} has nothing to differentiate here: no operand, or no output, is floating")
    rng = np.random.default_rng(0)
    first = _weighted(outs, rng)
    gradients = gradient(first, moving.values())
    rows = _order("∂", first, gradients, moving, feeds, _blame(op))
    if not (op.rule and op.rule.opaque):
        second = _weighted(gradients, rng)
        rows += _order("∂²", second, gradient(second, moving.values()), moving, feeds, f"an operator in {_blame(op)}")
    return Report(f"gradient check of {op.id}", tuple(rows))


def _weighted(nodes: Iterable[Node], rng: np.random.Generator) -> Node:
    """The sum of all elements, each with a random weight: its gradient tells every element's part."""
    terms = [np.sum(rng.uniform(0.5, 1.5, node.shape) * rng.choice([-1.0, 1.0], node.shape) * node) for node in nodes]
    total: Node = sum(terms[1:], start=terms[0])
    return total


def _order(
    sign: str, of: Node, gradients: Sequence[Node], moving: Mapping[str, Node], feeds: Mapping[Node, Array], blame: str
) -> list[Row]:
    """The rows of one order: the gradients of a scalar, held against differences of it."""
    replay = _Replay(of, feeds, None)
    one = [np.ones(())]
    return [
        compare(f"{sign} {name}", derived, replay.along(node), one, feeds[node], blame=blame)
        for (name, node), derived in zip(moving.items(), forward(gradients, feeds), strict=True)
    ]


def _blame(op: Operator) -> str:
    assert op.rule is not None  # or there would have been no gradient to check
    return f"the local-derivative rule of {op.described}: {source_line(op.rule.place)}"


# ---- a model ----------------------------------------------------------------------------------------------------


class _Replay:
    """A node's value worked out again in float64, with one leaf moved."""

    def __init__(self, of: Node, feeds: Any, parameters: Any) -> None:
        self.of, self.order = of, ancestors([of])
        leaves = (node for node in self.order if node.operator is None)
        given, self.sizes = bind_feeds(graph_of(of), leaves, feeds, parameters)
        self.values: dict[Node, Any] = {node: _wide(value) for node, value in given.items()}
        self._run(self.order, self.values)

    def _run(self, nodes: Iterable[Node], values: dict[Node, Any]) -> None:
        with np.errstate(all="ignore"):
            for node in nodes:
                if node.operator is not None:
                    attributes = {name: bind(value, self.sizes) for name, value in node.attributes.items()}
                    values[node] = node.operator.forward(*(values[o] for o in node.operands), **attributes)

    def along(self, leaf: Node) -> Outputs:
        """The value as a function of one leaf: only what depends on it is worked out again."""
        moving, steps = {leaf}, []
        for node in self.order:
            if any(operand in moving for operand in node.operands):
                moving.add(node)
                steps.append(node)

        def outputs(moved: Array) -> Sequence[Array]:
            values = {**self.values, leaf: moved}
            self._run(steps, values)
            return [np.asarray(values[self.of])]

        return outputs


def _wide(value: Array) -> Array:
    return value.astype(np.float64) if value.dtype.kind == "f" else value


def check_gradient(
    of: Node,
    feeds: Mapping[Any, ArrayLike] | None = None,
    parameters: Mapping[Any, ArrayLike] | None = None,
    wrt: Iterable[Node | str] | Node | str | None = None,
) -> Report:
    """Check the gradient of a model at its real values.

    The gradient with respect to each of `wrt` is held against differences of the whole model; and along every edge
    on the way, what the operator's rule sent back against differences of that operator alone.

    Parameters
    ----------
    of, feeds, parameters, wrt
        As for `dp.backprop`.

    Returns
    -------
    Report
        `report.ok`, and printed a table that names the wrong rule where there is one.

    Examples
    --------
    >>> import numpy as np, dagprop as dp
    >>> g = dp.Graph()
    >>> x, w = g.input("x", ("n", 3)), g.parameter("w", (3,), initial=[0.1, -0.2, 0.3])
    >>> E = np.sum(dp.sigmoid(x @ w)).named("E")
    >>> dp.check_gradient(E, {"x": np.eye(3)}).ok
    True
    """
    targets = targets_of(of, wrt)
    flow = Recording(*record(of, feeds, parameters, targets))
    replay = _Replay(of, feeds, parameters)
    one = [np.ones(of.spec.bind(replay.sizes).shape)]
    rows = []
    for node in targets:
        if node.operator is None:
            what = f"{of.name} by {node.name}"
            rows.append(compare(what, flow.gradients[node], replay.along(node), one, flow.values[node]))
    for node in flow.nodes:
        if node.operator is not None:
            rows += _edges(flow, node, node.operator, replay.sizes)
    return Report(f"gradient check of {of.name}", tuple(rows))


def _edges(flow: Recording, node: Node, op: Operator, sizes: Mapping[str, int]) -> list[Row]:
    """What an operator sent back along each of its edges, held against differences of that operator alone."""
    outs = graph_of(node).ports_of(node) if node.ports else (node,)
    if op is output or not any(out in flow.gradients for out in outs):
        return []
    arrived = [_wide(flow.gradients[out]) if out in flow.gradients else np.zeros(()) for out in outs]
    attributes = {name: bind(value, sizes) for name, value in node.attributes.items()}
    values = [_wide(flow.values[operand]) for operand in node.operands]
    rows = []
    for slot, operand in enumerate(node.operands):
        edge = Edge(operand.name, node.name, slot)
        if edge not in flow.contributions:
            continue

        def outputs(moved: Array, slot: int = slot) -> Sequence[Array]:
            made = op.forward(*values[:slot], moved, *values[slot + 1 :], **attributes)
            return [np.asarray(out) for out in (made if node.ports else (made,))]

        what = f"{node.name} by {operand.name} [{slot}]"
        rows.append(compare(what, flow.contributions[edge], outputs, arrived, values[slot], blame=_blame(op)))
    return rows
