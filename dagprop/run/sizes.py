"""Sizes of named dimensions: held to what was inferred while they were names, and what tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dagprop.dimension import bind, names_in, symbolic
from dagprop.errors import GraphError, report
from dagprop.graph.graph import Graph
from dagprop.graph.node import Node
from dagprop.operators.structure import output
from dagprop.plugin.calling import NOT_ITS_DOING
from dagprop.run.blame import broken, failed
from dagprop.spec import Spec


def hold_sizes(order: Sequence[Node], sizes: Mapping[str, int]) -> None:
    """Refuse sizes at which an operator cannot work, or makes another shape than it does at others.

    A window does not fit an axis that is too short, and `np.squeeze` of (n, n) drops both axes where n is 1.  The
    interpreter sees that when it runs; a program is held to it once for each combination of sizes, before it runs.

    Raises
    ------
    RuleError
        Which names the node, as the interpreter's does.
    """
    known: dict[Spec, Spec] = {}

    def at(spec: Spec) -> Spec:
        """The spec at these sizes; a graph has many nodes and few specs."""
        made = known.get(spec)
        if made is None:
            made = known[spec] = spec.bind(sizes)
        return made

    for node in order:
        operator = node.operator
        if operator is None or operator is output or not _depends(node):  # an output is held with those beside it
            continue
        try:
            wanted = tuple(map(at, node.ports)) if node.ports else at(node.spec)
            attributes = node.attributes
            if attributes:
                attributes = {name: bind(value, sizes) for name, value in attributes.items()}
            found = operator.specs([at(operand.spec) for operand in node.operands], attributes)
        except NOT_ITS_DOING:
            raise
        except Exception as error:
            raise failed(node, [_one(operand.spec, sizes) for operand in node.operands], error) from error
        if found != wanted:
            raise broken(node, f"makes {found} where {wanted} was inferred for sizes that have no number yet")


def settling(graph: Graph, order: Sequence[Node], leaves: Sequence[Node]) -> list[Node]:
    """Further inputs, of which nothing is read but a size: that of a dimension that no leaf has, and a node asks for.

    Raises
    ------
    GraphError
        Where no input has that dimension.
    """
    known = names_in([leaf.shape for leaf in leaves])
    inputs = sorted({node for one in graph.lineage for node in one.inputs}, key=lambda node: node.index)
    found: list[Node] = []
    looked = set[Spec]()
    for node in order:
        asked = set[str]()
        if not node.spec.concrete and node.spec not in looked:
            looked.add(node.spec)
            asked = names_in(node.shape)
        if node.attributes:
            asked = asked | names_in(list(node.attributes.values()))
        for name in sorted(asked - known):
            if name in known:  # of an input that was found for another
                continue
            settles = next((leaf for leaf in inputs if name in names_in(leaf.shape)), None)
            if settles is None:
                raise GraphError(
                    report(
                        f"no input has the dimension {name!r}: nothing that is fed tells its size",
                        [("node", node.describe())],
                    )
                )
            found.append(settles)
            known |= names_in(settles.shape)
    return found


def _depends(node: Node) -> bool:
    """Whether the node has to do with a named dimension."""
    if any(not spec.concrete for spec in node.ports or (node.spec,)):
        return True
    if any(not operand.spec.concrete for operand in node.operands):
        return True
    return bool(node.attributes) and symbolic(tuple(node.attributes.values()))


def _one(spec: Spec, sizes: Mapping[str, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """An array of that shape and dtype which takes no memory."""
    shape = tuple(map(int, spec.bind(sizes).shape))
    return np.broadcast_to(np.ones((), spec.dtype), shape)
