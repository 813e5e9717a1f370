"""A DAG made by hand taken into a graph: as a graph of its own, or as an edit of one that there is.

The graph is Any to a type checker: its class stands on this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from dagprop.errors import ArgumentError, GraphError, OperandError, ShapeError, report
from dagprop.graph import networkx_view
from dagprop.graph.networkx_view import KEYS, Declaration
from dagprop.graph.node import APPLIED, INPUT, PARAMETER, Node, Primal
from dagprop.operators.structure import output
from dagprop.plugin.calling import MISFITS
from dagprop.plugin.operator import Operator
from dagprop.spec import Spec

if TYPE_CHECKING:
    import networkx as nx


def enter(graph: Any, dag: nx.DiGraph[Any], kept: Mapping[str, Node]) -> None:
    """Fill an empty graph with what a DAG declares; of the nodes kept, those with the same operands as they are."""
    declarations = list(networkx_view.read(dag))
    for declared in declarations:
        operands = tuple(graph._nodes[name] for name in declared.operands)
        node = kept.get(declared.name)
        if node is None or tuple(map(id, node.operands)) != tuple(map(id, operands)):
            node = _made(graph, declared, operands)
        else:
            graph._nodes[node.name] = node
            graph._order.append(node)
        if node.operator is output:
            graph._ports.setdefault(node.operands[0], {})[node.attributes["port"]] = node
    for declared in declarations:
        node = graph._nodes[declared.name]
        if node is not kept.get(node.name) and declared.primal is not None and declared.primal[1] in graph:
            kind, of, edge = declared.primal
            node.primal = Primal(kind, graph[of], edge)


def _made(graph: Any, declared: Declaration, operands: tuple[Node, ...]) -> Node:
    name = declared.name
    try:
        node: Node = _leaf(graph, declared) if declared.operator is None else _applied(graph, declared, operands)
        shape = node.shape if declared.shape is None else declared.shape
        said = Spec(shape, node.dtype if declared.dtype is None else declared.dtype)
    except ArgumentError as error:
        raise GraphError(f"the node {name!r}: {error}") from None
    if not node.ports and not said.agrees(node.spec):
        what = "its operands make" if declared.kind == APPLIED else "its value is"
        raise ShapeError(f"the node {name!r} is declared as {said}, and {what} {node.spec}")
    node.scope, node.source, node.automatic = declared.scope, declared.source or node.source, declared.automatic
    return node


def _leaf(graph: Any, declared: Declaration) -> Any:
    name, kind, value = declared.name, declared.kind, declared.value
    if kind == PARAMETER:
        return graph.parameter(name, declared.shape, value, declared.dtype)
    if kind == INPUT:
        if value is not None:
            raise GraphError(f"the input {name!r} has a value, and an input is fed: make it a parameter or a constant")
        if declared.shape is None:
            raise GraphError(f"the input {name!r} has no shape: give shape=(…), a dimension a number, a name or None")
        return graph.input(name, declared.shape, declared.dtype)
    if value is None:
        raise GraphError(f"the constant {name!r} has no value: give value=")
    return graph.constant(value, name, declared.dtype)


def _applied(graph: Any, declared: Declaration, operands: tuple[Node, ...]) -> Any:
    operator, attributes = declared.operator, _attributes(declared, operands)
    assert operator is not None
    if operator is output:
        (parent,), port = operands, attributes["port"]
        if port not in range(len(parent.ports)):
            raise GraphError(
                f"the node {declared.name!r} is output {port!r} of {parent.name!r}, which has {len(parent.ports)} "
                "outputs to choose from"
            )
        return graph._append(declared.name, APPLIED, parent.ports[port], operator, operands, attributes)
    spec = graph._spec(operator, operands, attributes, declared.name)
    return graph._append(declared.name, APPLIED, spec, operator, operands, attributes)


def _attributes(declared: Declaration, operands: tuple[Node, ...]) -> dict[str, Any]:
    """Every attribute: as the operator's signature has them, or else as a call of it may write them."""
    operator, given = declared.operator, declared.attributes
    assert operator is not None
    try:
        attributes = operator.complete(given)
    except OperandError as error:
        called = _as_called(operator, operands, given)
        if called is None:
            raise GraphError(f"the node {declared.name!r}: {error}") from None
        return called
    if operator is output or _fit(operator, operands, attributes):
        return attributes
    return _as_called(operator, operands, given) or attributes


def _as_called(operator: Operator, operands: tuple[Node, ...], given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The attributes of a call: of `pad_width=1` it makes a pair for each axis; None where it is no call either."""
    try:
        bound, attributes = operator.bind_arguments(operands, given)
    except MISFITS:
        return None
    same = [id(node) for node in bound] == [id(node) for node in operands]
    return attributes if same and _fit(operator, operands, attributes) else None


def _fit(operator: Operator, operands: tuple[Node, ...], attributes: Mapping[str, Any]) -> bool:
    try:
        operator.specs([node.spec for node in operands], attributes)
    except MISFITS:
        return False
    return True


class Edit:
    """A graph as a DAG that may be changed: taken over when the block ends, or nothing is."""

    def __init__(self, graph: Any) -> None:
        if graph.base is not None:
            raise GraphError(f"{graph!r} stands on another graph: edit that one")
        self.graph = graph

    def __enter__(self) -> nx.MultiDiGraph[Any]:
        self.before = {node.name: node for node in self.graph}
        dag: nx.MultiDiGraph[Any] = self.graph.dag.copy()
        self.dag = dag
        return dag

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            return
        graph = self.graph
        if [(node.name, id(node)) for node in graph] != [(name, id(node)) for name, node in self.before.items()]:
            raise GraphError(f"{graph!r} changed while it was edited: inside the block, change the DAG alone")
        fresh = type(graph)(graph.name, graph.dtype)
        enter(fresh, *self._told_apart())
        self._check(fresh)
        self._take_over(fresh)

    def _told_apart(self) -> tuple[nx.MultiDiGraph[Any], dict[str, Node]]:
        """The DAG with the objects in place of the texts that were not touched, and the nodes whose data were not."""
        dag, kept = self.dag.copy(), {}
        for name, node in self.before.items():
            if name in dag:
                data, before = dag.nodes[name], self.graph.dag.nodes[name]
                touched = {key for key in (*KEYS, "spec") if not _same(data.get(key), before.get(key))}
                if not touched:
                    kept[name] = node
                objects = {"operator": node.operator, "attributes": node.attributes}
                objects |= {"initial": node.value, "value": node.value}
                data.update({key: objects[key] for key in objects.keys() & before.keys() - touched})
                if node.kind == data.get("kind") == APPLIED and touched.isdisjoint({"shape", "dtype"}):
                    data.update(shape=None, dtype=None)  # nobody declared them: they were inferred
        return dag, kept

    def _check(self, fresh: Any) -> None:
        """Refuse what the graph holds beside its nodes and the edit would leave wrong: outputs, gradients."""
        for node in self.graph.outputs:
            if node.name not in fresh:
                raise GraphError(
                    report(
                        f"the edit removes {node.name!r}, an output of the graph",
                        [("node", node.describe())],
                        advice="Keep it, or set graph.outputs before.",
                    )
                )
        changed = [
            node for node in self.before.values() if node.primal is None and fresh._nodes.get(node.name) is not node
        ]
        gradients = [node for node in fresh if node.primal is not None]
        if changed and gradients:
            raise GraphError(
                report(
                    f"the edit changes {changed[0].name!r}, and the graph holds a gradient taken before",
                    [("gradient", gradients[0].describe())],
                    advice="Remove what has primal= in its data as well, and take the gradient again afterwards.",
                )
            )

    def _take_over(self, fresh: Any) -> None:
        graph = self.graph
        for node in self.before.values():
            if fresh._nodes.get(node.name) is not node:
                node.graph = Former(graph.name, node.name, node.name in fresh)
        for node in fresh:
            node.graph = graph
            if node.primal is not None and node.primal.of.name in fresh:
                node.primal = node.primal._replace(of=fresh[node.primal.of.name])
        graph.outputs = tuple(fresh[node.name] for node in graph.outputs)
        graph._replace(fresh)


def _same(now: Any, before: Any) -> bool:
    return now is before or (isinstance(now, str) and now == before)  # it may be an array now


class Former:
    """In place of the graph of a node that an edit replaced or removed: whoever asks it for anything is told so."""

    def __init__(self, graph: str, node: str, replaced: bool) -> None:
        self._told = graph, node, replaced

    def error(self) -> GraphError:
        """What became of the node, and what to do."""
        graph, node, replaced = self._told
        if replaced:
            return GraphError(f"an edit of the graph {graph!r} replaced {node!r}: use graph[{node!r}], the new node")
        return GraphError(f"an edit of the graph {graph!r} removed {node!r}")

    def __reduce__(self) -> NoReturn:
        raise self.error()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.error()
