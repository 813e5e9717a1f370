"""The values that a program holds for its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.arguments import shown
from dagprop.casting import cast
from dagprop.errors import ShapeError, UnknownError, suggestion
from dagprop.graph.graph import Graph
from dagprop.graph.node import PARAMETER, Node
from dagprop.run.feeds import by_node

Array = np.ndarray[Any, Any]


def first_values(
    graph: Graph, nodes: Sequence[Node], given: Mapping[Any, ArrayLike] | None, seed: int
) -> dict[str, Array]:
    """A value of its own for each of these parameters, by name: the one given, or that of its initialiser."""
    named = by_node(graph, given, "parameters", (PARAMETER,))
    values = {node: _fitting(node, value) for node, value in named.items()}
    return {node.name: values[node].copy() if node in values else node.initial_value(seed) for node in nodes}


def _fitting(node: Node, value: ArrayLike) -> Array:
    """The value as an array of the parameter's dtype and shape."""
    array = cast(value, node.dtype, f"the value for {node.name!r}", node.describe)
    if array.shape != node.shape:
        raise ShapeError(f"the parameter {node.name!r} is {node.spec}, and {array.shape} was given")
    return array


class Parameters(Mapping[str, Array]):
    """A program's parameters by name: the arrays themselves.  What is set is copied into them.

    >>> import dagprop as dp
    >>> w = dp.Graph().parameter("w", (2,), initial=[1.0, 2.0])
    >>> step = dp.compile((w * w).sum())
    >>> step.parameters["w"] = [3, 4]
    >>> step.parameters["w"], step()[0].item()
    (array([3., 4.]), 25.0)
    """

    def __init__(self, nodes: Sequence[Node], held: Mapping[str, Array], changing: AbstractContextManager[Any]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._held, self._changing = held, changing

    def __getitem__(self, name: str) -> Array:
        """The array that the program reads, and with `update=` changes."""
        self._node(name)
        return self._held[name]

    def __setitem__(self, name: str, value: ArrayLike) -> None:
        """Another value for a parameter, as strictly held to its shape and dtype as a feed.

        With `update=` it comes between two steps.
        """
        array = _fitting(self._node(name), value)
        with self._changing:
            self._held[name][...] = array

    def _node(self, name: object) -> Node:
        if not isinstance(name, str) or name not in self._nodes:
            raise UnknownError(
                f"the program has no parameter {shown(name)}. {suggestion(str(name), self._nodes)}".strip()
            )
        return self._nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return repr(dict(self))
