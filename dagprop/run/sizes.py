"""Sizes of named dimensions: held to what was inferred while they were names, and what tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dagprop.dimension import bind, names_in, symbolic
from dagprop.errors import GraphError, report
from dagprop.graph.graph import Graph
from dagprop.graph.node import Node
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
    for node in order:
        if node.operator is None or not _depends(node):
            continue
        ones = [_one(operand.spec, sizes) for operand in node.operands if not operand.ports]
        if len(ones) < len(node.operands):  # the outputs of another, which is held itself
            continue
        try:
            wanted = tuple(spec.bind(sizes) for spec in node.ports) if node.ports else node.spec.bind(sizes)
            attributes = {name: bind(value, sizes) for name, value in node.attributes.items()}
            found = node.operator.specs([Spec(one.shape, one.dtype) for one in ones], attributes)
        except Exception as error:
            raise failed(node, ones, error) from error
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
    for node in order:
        for name in sorted(names_in([node.shape, *node.attributes.values()]) - known):
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
    specs = [*(node.ports or (node.spec,)), *(operand.spec for operand in node.operands)]
    return not all(spec.concrete for spec in specs) or symbolic(tuple(node.attributes.values()))


def _one(spec: Spec, sizes: Mapping[str, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """An array of that shape and dtype which takes no memory."""
    shape = tuple(map(int, spec.bind(sizes).shape))
    return np.broadcast_to(np.ones((), spec.dtype), shape)
