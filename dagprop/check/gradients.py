"""Gradient checks: what rules derive, held against differences of values.

`check_operator` checks one operator to second order, `check_gradient` a model at its real values: the gradient as a
whole, and every operator's part in it on its own, so that a wrong rule is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.arguments import array, shown
from dagprop.check.differences import Outputs, Report, Row, compare
from dagprop.derivatives.backward import gradient
from dagprop.dimension import bind
from dagprop.errors import GradientError, OperandError
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import Edge, Node
from dagprop.graph.order import ancestors
from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.plugin.rule import stands_at
from dagprop.run.blame import failed, unsteady
from dagprop.run.feeds import bind_feeds
from dagprop.run.recording import Prepared, Recording, forward, record, targets_of
from dagprop.sealing import seal, sealed

Array = np.ndarray[Any, Any]


# ---- an operator ------------------------------------------------------------------------------------------------


def check_operator(operator: Operator | str | Callable[..., Any], *operands: Any, **attributes: Any) -> Report:
    """Check an operator's rule to first and second order, at the operands given.

    Parameters
    ----------
    operator : Operator, str or NumPy function
        The operator, its name, or the NumPy function that it answers.
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
    RuleError
        Where a rule does not do what a rule must: it fails, returns another shape or dtype or too few gradients,
        writes into what it is given, or makes other numbers the second time.

    Examples
    --------
    >>> import dagprop as dp
    >>> report = dp.check_operator("power", [0.5, 2.0], [3.0, -1.0])
    >>> report.ok
    True
    """
    op = _found(operator)
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
    _steady(first, feeds, None, list(moving.values()))
    gradients = gradient(first, moving.values())
    rows = _order("∂", first, gradients, moving, feeds, _blame(op))
    if not (op.rule and op.rule.opaque):
        second = _weighted(gradients, rng)
        rows += _order("∂²", second, gradient(second, moving.values()), moving, feeds, f"an operator in {_blame(op)}")
    return Report(f"gradient check of {op.id}", tuple(rows))


def _found(operator: Operator | str | Callable[..., Any]) -> Operator:
    if isinstance(operator, Operator):
        return operator
    if isinstance(operator, str):
        return registry[operator]
    if callable(operator):
        return registry.answering(operator)
    raise OperandError(f"{shown(operator)} is no operator, nor the name of one, nor a NumPy function")


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
    return f"the local-derivative rule of {op.described}: {op.rule.place}"


# ---- steadiness -------------------------------------------------------------------------------------------------


def _steady(of: Node, feeds: Any, parameters: Any, wrt: Sequence[Node]) -> Recording:
    """A recording, made twice; RuleError for the first rule that made other numbers the second time.

    The backward half is built anew for it: a rule that is asked once while a graph is built may answer otherwise, too.
    """
    flow, again = (Recording(*record(Prepared(of, wrt), feeds, parameters)) for _ in range(2))
    for node in flow.nodes:
        if node.operator is not None and not _same(flow.values[node], again.values[node]):
            raise unsteady(node, "the rule", stands_at(node.operator.forward))
    for edge, sent in flow.contributions.items():
        if edge not in again.contributions or not _same(sent, again.contributions[edge]):
            node = flow.graph[edge.target]
            rule = node.operator.rule if node.operator is not None else None
            raise unsteady(node, "the local-derivative rule", rule.place if rule is not None else "")
    return flow


def _same(value: Any, again: Any) -> bool:
    """Whether two values, each an array or a tuple of them, agree in every bit that counts; a NaN is a NaN."""
    if isinstance(value, tuple):
        return all(map(_same, value, again))
    return np.array_equal(value, again, equal_nan=value.dtype.kind in "fc")


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
                    operands = [values[operand] for operand in node.operands]
                    try:
                        values[node] = seal(node.operator.forward(*operands, **attributes))
                    except Exception as error:
                        raise failed(node, operands, error) from error

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


def _wide(value: Array) -> Any:
    """What floats of any width are, in float64; read-only, as all that rules are given."""
    return seal(value.astype(np.float64)) if value.dtype.kind == "f" else sealed(value)


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

    Raises
    ------
    RuleError
        As `dp.check_operator`; and as `dp.backprop`.

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
    flow = _steady(of, feeds, parameters, targets)
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
