"""A graph as a `networkx.MultiDiGraph` of plain data, and a DAG made by hand checked on its way in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dagprop.arguments import shown
from dagprop.dimension import Dim, Shape
from dagprop.errors import GraphError, UnknownError, check_writable, suggestion
from dagprop.graph import literals
from dagprop.graph.node import APPLIED, CONSTANT, INPUT, PARAMETER, Edge, Node
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry

if TYPE_CHECKING:  # NetworkX takes a tenth of a second or more to import: only who asks for a DAG waits for it
    import networkx as nx

KEYS = (
    "kind", "operator", "attributes", "shape", "dtype", "initial", "value", "scope", "source", "automatic", "primal",
    "of", "edge",
)  # fmt: skip
"""What dagprop reads of a node's data; anything else in there is the user's."""


class Declaration(NamedTuple):
    """What a DAG says of a node, checked as far as that goes without its operands."""

    name: str
    kind: str
    operator: Operator | None
    operands: tuple[str, ...]
    attributes: dict[str, Any]
    shape: Any
    dtype: Any
    """What is declared, None where nothing is; an operator's are held to what its operands make."""
    value: Any
    scope: str
    source: tuple[str, int] | None
    automatic: bool
    primal: tuple[str, str, Edge | None] | None
    """As `Primal`, the node by its name."""


# ---- out ----------------------------------------------------------------------------------------------------------


def build(nodes: Iterable[Node], name: str, dtype: np.dtype[Any]) -> nx.MultiDiGraph[str]:
    """The DAG of a graph of this name and dtype, frozen against changes by hand."""
    import networkx as nx

    dag: nx.MultiDiGraph[str] = nx.freeze(nx.MultiDiGraph(name=name, dtype=literals.show_dtype(dtype)))
    fill(dag, nodes)
    return dag


def fill(dag: nx.MultiDiGraph[str], nodes: Iterable[Node]) -> None:
    """Let a frozen DAG hold these nodes and no others."""
    type(dag).remove_nodes_from(dag, list(dag))
    for node in nodes:
        add(dag, node)


def add(dag: nx.MultiDiGraph[str], node: Node) -> None:
    """Add a node and the edges from its operands: by the class's methods, since the instance refuses changes."""
    add_node, add_edge = type(dag).add_node, type(dag).add_edge
    add_node(dag, node.name, **data_of(node))
    for slot, operand in enumerate(node.operands):
        add_edge(dag, operand.name, node.name, key=slot, slot=slot)


def data_of(node: Node) -> dict[str, str]:
    """All that a node is but its operands, as text, which every writer of NetworkX takes."""
    data = {"kind": node.kind}
    if node.operator is not None:
        data["operator"] = node.operator.id
    if node.attributes:
        data["attributes"] = literals.show(node.attributes)
    if not node.ports:
        data |= {"shape": _show_shape(node.shape), "dtype": literals.show_dtype(node.dtype)}
    if node.value is not None:
        data["initial" if node.kind == PARAMETER else "value"] = literals.show(node.value)
    if node.scope or "/" in node.name:
        data["scope"] = node.scope
    if node.source is not None:
        data["source"] = f"{node.source[0]}:{node.source[1]}"
    if node.automatic:
        data["automatic"] = "true"
    if node.primal is not None:
        data |= {"primal": node.primal.kind, "of": node.primal.of.name}
        if node.primal.edge is not None:
            data["edge"] = literals.show(tuple(node.primal.edge))
    return data


@lru_cache(maxsize=4096)
def _show_shape(shape: Shape) -> str:
    return literals.show(tuple(n.name or n if isinstance(n, Dim) else n for n in shape))


def rename(dag: nx.MultiDiGraph[str], old: str, new: str) -> None:
    """Give a node of a frozen DAG another name, where it stands."""
    kind = type(dag)
    edges_in = list(dag.in_edges(old, keys=True))
    edges_out = list(dag.out_edges(old, keys=True))
    kind.add_node(dag, new, **dag.nodes[old])
    for source, _, slot in edges_in:
        kind.add_edge(dag, source, new, key=slot, slot=slot)
    for _, target, slot in edges_out:
        kind.add_edge(dag, new, target, key=slot, slot=slot)
    kind.remove_node(dag, old)
    for data in dag.nodes.values():
        if data.get("of") == old:
            data["of"] = new


# ---- in -----------------------------------------------------------------------------------------------------------


def read(dag: nx.DiGraph[Any]) -> Iterator[Declaration]:
    """The nodes of a hand-made DAG, checked, operands before what uses them and otherwise in the DAG's order."""
    import networkx as nx

    if not isinstance(dag, nx.DiGraph):
        raise GraphError(f"a model is a networkx.DiGraph or a networkx.MultiDiGraph, not a {type(dag).__name__}")
    for name in dag:
        if not isinstance(name, str):
            raise GraphError(f"a node's name is a string, not {shown(name)}: nx.relabel_nodes(dag, str) makes strings")
        check_writable(name, "node", GraphError)
    position = {name: i for i, name in enumerate(dag)}
    try:
        order = list(nx.lexicographical_topological_sort(dag, key=position.__getitem__))
    except nx.NetworkXUnfeasible:
        cycle = [str(edge[0]) for edge in nx.find_cycle(dag)]
        raise GraphError(f"the graph has a cycle: {' → '.join([*cycle, cycle[0]])}") from None
    for name in order:
        yield _declaration(dag, name, dag.nodes[name])


def _declaration(dag: nx.DiGraph[Any], name: str, data: Mapping[str, Any]) -> Declaration:
    given = {key: data[key] for key in (*KEYS, "spec") if data.get(key) is not None}
    operator = given.get("operator")
    sources = [source for source, _ in dag.in_edges(name)]
    if operator is None and "kind" not in given and sources:
        raise GraphError(f"the node {name!r} has no operator, yet an edge comes in from {sources[0]!r}")
    kind = given.get("kind", INPUT if operator is None else APPLIED)
    if not isinstance(kind, str) or kind not in (INPUT, PARAMETER, CONSTANT, APPLIED):
        raise GraphError(
            f"the node {name!r} is of kind {shown(kind)}; there are {INPUT}, {PARAMETER}, {CONSTANT} and {APPLIED}"
        )
    if kind != APPLIED and operator is not None:
        raise GraphError(
            f"the node {name!r} is of kind {kind!r}, yet it has the operator {shown(operator)}: give one of them"
        )
    if kind != APPLIED and sources:
        raise GraphError(f"the node {name!r} is of kind {kind!r}, yet an edge comes in from {sources[0]!r}")
    attributes = _read(name, "what stands in attributes", given.get("attributes", {}))
    if not isinstance(attributes, dict) or not all(isinstance(attribute, str) for attribute in attributes):
        raise GraphError(f"the node {name!r} has attributes={shown(attributes)}; they are a dict, each by its name")
    operands: tuple[str, ...] = ()
    if kind == APPLIED:
        operator = _operator(name, operator)
        operands = _operands(dag, name, operator)
    spec = given.get("spec")
    return Declaration(
        name,
        kind,
        operator,
        operands,
        attributes,
        _shape(name, given.get("shape", spec and spec.shape)),
        given.get("dtype", spec and spec.dtype),
        _read(name, "the value", given.get("initial", given.get("value"))),
        _scope(name, given.get("scope", name.rpartition("/")[0])),
        _source(name, given.get("source")),
        isinstance(given.get("automatic"), str | bool) and given["automatic"] in (True, "true"),
        _primal(name, given),
    )


def _operator(name: str, operator: Any) -> Operator:
    if isinstance(operator, str):
        try:
            return registry[operator]
        except UnknownError as error:
            module, _, short = operator.rpartition(":")  # one that no plugin brought goes by its module
            found = getattr(sys.modules.get(module), short, None)
            if not isinstance(found, Operator):
                raise UnknownError(f"the node {name!r}: {error}") from None
            return found
    if not isinstance(operator, Operator):
        raise GraphError(
            f"the node {name!r} has the operator {shown(operator)}, which is neither an operator nor a name"
        )
    return operator


def _operands(dag: nx.DiGraph[Any], name: str, operator: Operator) -> tuple[str, ...]:
    """The operands by slot; refused where a slot is filled twice or left out, and where an edge names none."""
    import networkx as nx

    if isinstance(dag, nx.MultiDiGraph):
        edges = [(source, key, data) for source, _, key, data in dag.in_edges(name, keys=True, data=True)]
    else:
        edges = [(source, None, data) for source, _, data in dag.in_edges(name, data=True)]
    filled: dict[int, str] = {}
    for source, key, data in edges:
        said = data.get("slot", key)
        if said is None and len(edges) == 1:
            said = 0  # the one edge fills the one slot; an operator of several is refused below
        if said is None:
            raise GraphError(
                f"the edge {source!r} → {name!r} does not say which operand it is: give it slot=0, 1, …, or by name; "
                f"{operator.signature} takes {', '.join(operator.operands)}"
            )
        for one in said if isinstance(said, tuple | list) else (said,):
            slot = _slot(one, source, name, operator)
            if slot in filled:
                raise GraphError(f"slot {slot} of {name!r} is filled twice, by {filled[slot]!r} and by {source!r}")
            filled[slot] = source
    missing = sorted(set(range(len(filled))) - set(filled))
    if missing:
        raise GraphError(f"slot {missing[0]} of {name!r} is not filled; these are: {sorted(filled)}")
    if not operator.takes(len(filled)):
        raise GraphError(
            f"the node {name!r} has {len(filled)} operands; {operator.signature} takes {', '.join(operator.operands)}"
            + ("; an edge that fills several slots says so: slot=(0, 1)" if len(edges) == 1 else "")
        )
    return tuple(filled[slot] for slot in range(len(filled)))


def _slot(said: Any, source: str, name: str, operator: Operator) -> int:
    if isinstance(said, str) and said in operator.operands:
        return operator.operands.index(said)
    if isinstance(said, int | np.integer) and not isinstance(said, bool) and said >= 0:
        return int(said)
    hint = suggestion(said, operator.operands) if isinstance(said, str) else ""
    raise GraphError(
        f"the edge {source!r} → {name!r} has the slot {shown(said)}; it is a number, 0, 1, …, or the name of an "
        f"operand of {operator.signature}. {hint}".strip()
    )


def _shape(name: str, shape: Any) -> Any:
    """A shape as given, or from its text; a text that is a name is that of the one dimension."""
    return shape if isinstance(shape, str) and shape.isidentifier() else _read(name, "shape", shape)


def _scope(name: str, scope: Any) -> str:
    if not isinstance(scope, str):
        raise GraphError(
            f"the node {name!r} has scope={shown(scope)}; it is a string, the part of the model: block/layer1"
        )
    check_writable(scope, "scope", GraphError)
    return scope


def _source(name: str, source: Any) -> tuple[str, int] | None:
    if source is None:
        return None
    file, _, line = source.rpartition(":") if isinstance(source, str) else ("", "", "")
    if not file or not line.isdecimal():
        raise GraphError(
            f"the node {name!r} has source={shown(source)}; it is the file and line that made it: model.py:12"
        )
    return file, int(line)


def _primal(name: str, given: Mapping[str, Any]) -> tuple[str, str, Edge | None] | None:
    if "primal" not in given:
        return None
    kind, of, edge = given["primal"], given.get("of"), _read(name, "edge", given.get("edge"))
    kinds = "adjoint", "contribution", "step"
    if not isinstance(kind, str) or kind not in kinds or not isinstance(of, str):
        raise GraphError(
            f"the node {name!r} has primal={shown(kind)} and of={shown(of)}; it is the 'adjoint' of a node, by name, "
            "or a 'contribution' or a 'step' towards one"
        )
    if edge is not None and not (isinstance(edge, tuple | list) and len(edge) == len(Edge._fields)):
        raise GraphError(f"the node {name!r} has edge={shown(edge)}; it is (source, target, slot)")
    return kind, of, None if edge is None else Edge(*edge)


def _read(name: str, key: str, value: Any) -> Any:
    """A value, from its text where it is one."""
    if not isinstance(value, str):
        return value
    try:
        return literals.read(value)
    except (TypeError, ValueError) as error:
        raise GraphError(f"the node {name!r}: {key} cannot be read: {error}") from None
