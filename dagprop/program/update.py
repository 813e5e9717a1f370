"""How each call changes the parameters: an optimiser's rule, traced into the program's own graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from dagprop.arguments import array, refused
from dagprop.errors import ArgumentError, RuleError, ShapeError, reason, report
from dagprop.graph.graph import Graph
from dagprop.graph.node import PARAMETER, Node
from dagprop.operators.structure import astype
from dagprop.plugin.calling import parameters_of
from dagprop.spec import show_shape

Array = np.ndarray[Any, Any]


class Optimiser(Protocol):
    """How a parameter changes with its gradient, as NumPy code: see `dagprop.training.optimisers`."""

    def initial(self, parameter: Array) -> Sequence[Array]:
        """The state that goes with a parameter, before the first step."""

    def update(self, parameter: Any, gradient: Any, *state: Any) -> tuple[Any, ...]:
        """The parameter and the state after a step; on arrays or on nodes."""


class Update(NamedTuple):
    """What becomes of a parameter: the leaves that change (it and its state, where that starts), and into what."""

    state: Mapping[str, Array]
    changed: Mapping[str, Node]


def check_optimiser(name: str, optimiser: Any) -> None:
    """Refuse what is no optimiser."""
    rules = [getattr(optimiser, rule, None) for rule in ("initial", "update")]
    if isinstance(optimiser, type) or not all(map(callable, rules)):  # a class has them too
        wanted = "one of dp.optim, such as dp.optim.Adam(0.01), or an object with initial and update as they have"
        raise refused(name, wanted, optimiser)


def updates(
    optimiser: Optimiser, wrt: Sequence[Node], gradients: Sequence[Node], held: Mapping[str, Array], graph: Graph
) -> Iterator[Update]:
    """The optimiser's rule traced into the graph, for each parameter; `held` are their values."""
    for node in wrt:
        if node.kind != PARAMETER:
            raise ArgumentError(f"update= changes parameters, and {node.name!r} in wrt= is {node.what}")
    with graph.collecting() as like:
        for node, gradient in zip(wrt, gradients, strict=True):
            like(node)
            yield _update(optimiser, node, gradient, held[node.name], graph)


def _update(optimiser: Optimiser, node: Node, gradient: Node, value: Array, graph: Graph) -> Update:
    what = f"the optimiser's first state of {node.name!r}"
    state = [np.array(array(what, part)) for part in _asked(optimiser, "initial", node, value)]
    leaves = [
        graph.parameter(f"{node.name}.{name}", part.shape, initial=part, dtype=part.dtype)
        for name, part in zip(_state_names(optimiser, len(state)), state, strict=True)
    ]
    mark = graph.mark
    changed = _asked(optimiser, "update", node, node, gradient, *leaves)
    if len(changed) != 1 + len(leaves):
        raise ShapeError(f"{optimiser!r} returns what is not the parameter and its {len(leaves)} parts of state")
    fresh = set(graph.made_since(mark))
    made = {leaf.name: _becomes(leaf, new, optimiser) for leaf, new in zip([node, *leaves], changed, strict=True)}
    for name, new in made.items():
        if new in fresh:
            graph.rename_fresh(new, f"new_{name.rpartition('/')[2]}")
            new.automatic = False
    return Update({leaf.name: part for leaf, part in zip(leaves, state, strict=True)}, made)


def _asked(optimiser: Optimiser, method: str, node: Node, *arguments: Any) -> Sequence[Any]:
    """What one of its methods returns for a parameter: several things, in a tuple or a list."""
    try:
        made = getattr(optimiser, method)(*arguments)
    except Exception as error:
        rows = [("parameter", node.describe()), ("reason", reason(error))]
        raise RuleError(report(f"{optimiser!r}: `{method}` failed for {node.name}", rows)) from error
    if not isinstance(made, tuple | list):
        raise RuleError(f"{optimiser!r}: `{method}` returned {type(made).__name__} for {node.name!r}, not a tuple")
    return made


def _state_names(optimiser: Optimiser, count: int) -> list[str]:
    """What the parts of an optimiser's state are called: as `update` calls them, where it names each."""
    parameters = parameters_of("an optimiser's update", optimiser.update)
    names = [p.name for p in parameters[2:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    return names if len(names) == count else [f"state_{number}" for number in range(count)]


def _becomes(leaf: Node, new: Any, optimiser: Optimiser) -> Node:
    """What an optimiser makes of a parameter, or of a part of its state: of the same shape and dtype."""
    shape = np.shape(new) if not isinstance(new, Node) else new.shape
    if shape != leaf.shape:
        raise ShapeError(f"{optimiser!r} turns {leaf.name!r}, {leaf.spec}, into the shape {show_shape(shape)}")
    if isinstance(new, Node):
        return new if new.dtype == leaf.dtype else astype(new, dtype=leaf.dtype)
    constant: Node = leaf.graph.destination().constant(new, dtype=leaf.dtype)
    return constant
