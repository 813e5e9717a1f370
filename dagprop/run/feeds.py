"""Feeds: what a run is given, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.casting import cast
from dagprop.dimension import Dim
from dagprop.errors import FeedError, UnknownError, report
from dagprop.graph.graph import Graph
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node
from dagprop.sealing import seal
from dagprop.spec import show_shape

Array = np.ndarray[Any, Any]


def bind_feeds(
    graph: Graph,
    leaves: Iterable[Node],
    feeds: Mapping[Any, ArrayLike] | None,
    parameters: Mapping[Any, ArrayLike] | None,
) -> tuple[dict[Node, Array], dict[str, int]]:
    """An array for each leaf, and a size for each named dimension.

    Feeds and parameters go by name (or by node); a parameter that is given neither way starts where its
    initialiser says.  Raises FeedError for what is missing, unknown, or of the wrong shape or dtype, and for a number
    that the leaf's dtype cannot hold.
    """
    given = {**by_node(graph, parameters, "parameters"), **by_node(graph, feeds, "feeds")}
    sizes: dict[str, int] = {}
    settled: dict[str, Node] = {}
    arrays: dict[Node, Array] = {}
    for leaf, value in given.items():  # what is not read tells the sizes of its named dimensions all the same
        arrays[leaf] = cast(value, leaf.dtype, f"the feed for {leaf.name!r}", leaf.describe)
        _settle(leaf, arrays[leaf].shape, sizes, settled)
    values: dict[Node, Array] = {}
    missing: list[Node] = []
    for leaf in leaves:
        if leaf.kind == CONSTANT:
            values[leaf] = leaf.value
        elif leaf in arrays:
            values[leaf] = arrays[leaf]
        elif leaf.kind == PARAMETER:
            values[leaf] = _initial(graph, leaf)
        else:
            missing.append(leaf)
    if missing:
        rows = [(node.name, str(node.spec)) for node in missing]
        raise FeedError(report("feeds are missing", rows, advice="Give each in feeds={...} by name."))
    return values, sizes


def by_node(
    graph: Graph, feeds: Mapping[Any, ArrayLike] | None, what: str, kinds: tuple[str, ...] = (INPUT, PARAMETER)
) -> dict[Node, ArrayLike]:
    """What is fed, by the leaf that it is for; FeedError for what goes by no name, or by that of another node."""
    if feeds is None:
        return {}
    if not isinstance(feeds, Mapping):
        raise FeedError(f"{what} go by name, as {{'x': array}}; a {type(feeds).__name__} has no names")
    given: dict[Node, ArrayLike] = {}
    for key, value in feeds.items():
        try:
            node = graph.resolve(key)
        except UnknownError as error:
            raise FeedError(f"one of the {what} has no place to go: {error}") from None
        if node.kind not in kinds:
            raise FeedError(f"only {' and '.join(f'{kind}s' for kind in kinds)} are fed; {node.name!r} is {node.what}")
        given[node] = value
    return given


def _initial(graph: Graph, leaf: Node) -> Array:
    known: Array | None = graph.derived.get(("initial", leaf))
    if known is None:
        known = graph.derived["initial", leaf] = seal(leaf.initial_value(seed=0))
    return known


def _settle(leaf: Node, shape: tuple[int, ...], sizes: dict[str, int], settled: dict[str, Node]) -> None:
    """Hold the feed's shape to the leaf's, and note the size of each named dimension."""
    if len(shape) != leaf.ndim:
        raise FeedError(
            report(
                f"the feed for {leaf.name!r} has shape {show_shape(shape)}, and {show_shape(leaf.shape)} is wanted",
                [("node", leaf.describe())],
            )
        )
    for axis, (n, size) in enumerate(zip(leaf.shape, shape, strict=True)):
        if isinstance(n, Dim):
            name = n.name
            assert name is not None  # a leaf's dimensions are plain
            if sizes.setdefault(name, size) != size:
                raise FeedError(
                    f"the dimension {name!r} is {sizes[name]} in {settled[name].name!r} and {size} in {leaf.name!r}"
                )
            settled.setdefault(name, leaf)
        elif n != size:
            raise FeedError(
                report(
                    f"the feed for {leaf.name!r} has shape {show_shape(shape)}, and {show_shape(leaf.shape)} is wanted",
                    [("node", leaf.describe()), ("axis", f"{axis}: {size} instead of {n}")],
                )
            )
