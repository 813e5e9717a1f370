"""A graph as a `networkx.MultiDiGraph`, and a hand-made one checked on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dagprop.errors import GraphError, OperandError, UnknownError, report
from dagprop.graph.node import APPLIED, CONSTANT, INPUT, PARAMETER, Node, Primal
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.spec import Spec, show_shape

if TYPE_CHECKING:  # NetworkX takes a third of a second to import: only who asks for a DAG waits for it
    import networkx as nx

DATA = ("kind", "operator", "attributes", "spec", "scope", "source", "value", "primal")


class Entry(NamedTuple):
    """A node of a hand-made DAG that has been checked: operands come before what uses them."""

    name: str
    kind: str
    operator: Operator | None
    operands: tuple[str, ...]
    attributes: dict[str, Any]
    spec: Any
    """A leaf's Spec; of an operator, the one that the DAG declares, if any, to be held to what is inferred."""
    value: Any
    scope: str
    source: tuple[str, int] | None
    primal: Primal | None


def build(nodes: Iterable[Node]) -> nx.MultiDiGraph[str]:
    """The DAG of the nodes, frozen against changes by hand."""
    import networkx as nx

    dag: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in nodes:
        add(dag, node)
    frozen: nx.MultiDiGraph[str] = nx.freeze(dag)
    return frozen


def add(dag: nx.MultiDiGraph[str], node: Node) -> None:
    """Add a node and the edges from its operands: by the class's methods, since the instance refuses changes."""
    add_node, add_edge = type(dag).add_node, type(dag).add_edge
    add_node(dag, node.name, **{key: getattr(node, key) for key in DATA})
    for slot, operand in enumerate(node.operands):
        add_edge(dag, operand.name, node.name, key=slot)


def rename(dag: nx.MultiDiGraph[str], old: str, new: str) -> None:
    """Give a node of a frozen DAG another name, where it stands."""
    kind = type(dag)
    edges_in = list(dag.in_edges(old, keys=True))
    edges_out = list(dag.out_edges(old, keys=True))
    kind.add_node(dag, new, **dag.nodes[old])
    for source, _, slot in edges_in:
        kind.add_edge(dag, source, new, key=slot)
    for _, target, slot in edges_out:
        kind.add_edge(dag, new, target, key=slot)
    kind.remove_node(dag, old)


def read(dag: nx.MultiDiGraph[Any], dtype: np.dtype[Any]) -> Iterator[Entry]:
    """The nodes of a hand-made DAG, checked, operands before what uses them."""
    import networkx as nx

    if not isinstance(dag, nx.MultiDiGraph):
        raise GraphError(
            f"a graph of operators is a networkx.MultiDiGraph, not a {type(dag).__name__}: "
            "one value may fill two slots of an operator"
        )
    try:
        order = list(nx.topological_sort(dag))
    except nx.NetworkXUnfeasible:
        cycle = [str(edge[0]) for edge in nx.find_cycle(dag)]
        raise GraphError(f"the graph has a cycle: {' → '.join([*cycle, cycle[0]])}") from None
    for name in order:
        if not isinstance(name, str):
            raise GraphError(f"a node's name is a string, not {name!r}")
        yield _entry(dag, name, dag.nodes[name], dtype)


def _entry(dag: nx.MultiDiGraph[Any], name: str, data: Mapping[str, Any], dtype: np.dtype[Any]) -> Entry:
    operator = data.get("operator")
    kind = data.get("kind") or (APPLIED if operator is not None else INPUT)
    if operator in (INPUT, PARAMETER, CONSTANT):
        kind, operator = operator, None
    place = data.get("scope", ""), data.get("source"), data.get("primal")
    operands = _slots(dag, name)
    if operator is None and "kind" not in data and operands:
        raise GraphError(f"the node {name!r} has no operator, yet an edge comes in from {operands[0]!r}")
    if kind == APPLIED:
        op, attributes = _operator(name, operator, data.get("attributes") or {}, operands)
        return Entry(name, kind, op, operands, attributes, data.get("spec"), None, *place)
    if kind not in (INPUT, PARAMETER, CONSTANT):
        raise GraphError(f"the node {name!r} is of kind {kind!r}; there are {INPUT}, {PARAMETER} and {CONSTANT}")
    if operands:
        raise GraphError(f"the node {name!r} is of kind {kind!r}, yet an edge comes in from {operands[0]!r}")
    value = data.get("value", data.get("initial"))
    spec = data.get("spec")
    if spec is None and (value is None or callable(value)) and "shape" not in data:
        raise GraphError(
            report(f"the {kind} {name!r} has no spec", advice="Give spec=dp.Spec(shape, dtype), or shape=.")
        )
    if not isinstance(spec, Spec):
        shape = data["shape"] if "shape" in data else spec if spec is not None else np.shape(value)
        spec = Spec(shape, data.get("dtype") or (np.asarray(value).dtype if kind == CONSTANT else dtype))
    if kind == PARAMETER and not spec.concrete:
        raise GraphError(f"the parameter {name!r} needs a shape of numbers, not {show_shape(spec.shape)}")
    if kind == CONSTANT and value is None:
        raise GraphError(f"the constant {name!r} has no value")
    if value is not None and not callable(value):
        value = np.array(value, spec.dtype)
        if value.shape != spec.shape:
            raise GraphError(f"the {kind} {name!r} has shape {spec.shape}, its value {value.shape}")
        value.setflags(write=False)
    return Entry(name, kind, None, (), {}, spec, value, *place)


def _slots(dag: nx.MultiDiGraph[Any], name: str) -> tuple[str, ...]:
    """The operands by slot; refused where a slot is filled twice, or left out."""
    filled: dict[Any, str] = {}
    for source, _, slot in dag.in_edges(name, keys=True):
        if slot in filled:
            raise GraphError(f"slot {slot} of {name!r} is filled twice, by {filled[slot]!r} and by {source!r}")
        if not isinstance(slot, int) or slot < 0:
            raise GraphError(f"the edge {source!r} → {name!r} has the key {slot!r}; it is the operand slot: 0, 1, …")
        filled[slot] = source
    missing = sorted(set(range(len(filled))) - set(filled))
    if missing:
        raise GraphError(f"slot {missing[0]} of {name!r} is not filled; these are: {sorted(filled)}")
    return tuple(filled[slot] for slot in range(len(filled)))


def _operator(
    name: str, operator: Any, given: Mapping[str, Any], operands: tuple[str, ...]
) -> tuple[Operator, dict[str, Any]]:
    if isinstance(operator, str):
        try:
            operator = registry[operator]
        except UnknownError as error:
            raise UnknownError(f"the node {name!r}: {error}") from None
    if not isinstance(operator, Operator):
        raise GraphError(f"the node {name!r} has the operator {operator!r}, which is neither an operator nor a name")
    if not operator.takes(len(operands)):
        raise GraphError(
            f"the node {name!r} has {len(operands)} operands; {operator.signature} takes {', '.join(operator.operands)}"
        )
    try:
        return operator, operator.complete(given)
    except OperandError as error:
        raise GraphError(f"the node {name!r}: {error}") from None
