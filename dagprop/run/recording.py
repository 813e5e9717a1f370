"""A recorded run: every value, every gradient, and what every edge contributed.

Pictures and equations are made of a recording; `flow.Flow` is one that knows how to show itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from dagprop import arguments
from dagprop.derivatives.backward import Backward, differentiate
from dagprop.errors import UnknownError, suggestion
from dagprop.graph.building import without_full_collections
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import INPUT, PARAMETER, Edge, Node
from dagprop.graph.order import ancestors, last_uses
from dagprop.plugin.registry import registry
from dagprop.run.feeds import bind_feeds
from dagprop.run.interpreter import NOTHING, Run
from dagprop.run.nonfinite import NonFinite, find
from dagprop.run.schedule import Schedule
from dagprop.sealing import kept, own, seal

Array = np.ndarray[Any, Any]


class _Found:
    """What a run made; read-only where it is, and where it has been pickled and copied to."""

    _found: Mapping[Any, Any]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for value in self._found.values():
            seal(value)

    def __len__(self) -> int:
        return len(self._found)


class Recorded(_Found, Mapping[str, Array]):
    """Arrays by the name of a node; a node itself, or an unambiguous last part of a name, will do as well."""

    def __init__(self, graph: Graph, found: Mapping[Node, Any], what: str) -> None:
        self._graph, self._found, self._what = graph, found, what

    def __getitem__(self, key: str | Node) -> Array:
        node = self._graph.resolve(key)
        if node not in self._found:
            why = "name it in wrt= to have it" if self._what == "gradient" else "it is not part of this run"
            raise UnknownError(f"no {self._what} of {node.name!r} was recorded: {why}")
        value = self._found[node]
        return value if node.ports else np.asarray(value)  # several outputs are a tuple

    def __iter__(self) -> Iterator[str]:
        return (node.name for node in self._found)

    def __contains__(self, key: object) -> bool:
        try:
            return isinstance(key, str | Node) and self._graph.resolve(key) in self._found
        except UnknownError:
            return False

    def __repr__(self) -> str:
        return f"<{len(self)} {self._what}s: {', '.join(list(self)[:8])}{', …' if len(self) > 8 else ''}>"


class Contributions(_Found, Mapping[Edge, Array]):
    """What each edge sent back, by `(source, target, slot)`; the source's gradient is their sum."""

    def __init__(self, graph: Graph, found: Mapping[Edge, Any]) -> None:
        self._graph, self._found = graph, found

    def __getitem__(self, key: Any) -> Array:
        if not isinstance(key, tuple | list) or len(key) != len(Edge._fields):
            raise UnknownError(f"a contribution is found by (source, target, slot), not by {arguments.shown(key)}")
        source, target = (self._graph.resolve(node).name for node in key[:2])
        edge = Edge(source, target, arguments.whole_number("slot", key[2], 0))
        if edge not in self._found:
            known = [f"{e.source} → {e.target} [{e.slot}]" for e in self._found]
            wanted = f"{edge.source} → {edge.target} [{edge.slot}]"
            raise UnknownError(f"nothing was sent back along {wanted}. {suggestion(wanted, known)}".strip())
        return np.asarray(self._found[edge])

    def __iter__(self) -> Iterator[Edge]:
        return iter(self._found)

    def __repr__(self) -> str:
        return f"<{len(self)} contributions>"


class Recording:
    """A forward and a backward pass, with everything they made.

    It is pickled and copied as a whole, its graph with it.

    Attributes
    ----------
    of : Node
        What was differentiated.
    wrt : tuple of Node
        With respect to what.
    graph, backward
        The user's graph; the backward half on top of it, as a graph.
    values, gradients : Recorded
        Every forward value and every gradient ∂of/∂node, by node name; read-only, as contributions are.
    contributions : Contributions
        What each edge sent back, by (source, target, slot).
    nodes : tuple of Node
        The forward nodes, in the order they ran.
    schedule : Schedule
        The order of both passes, with the time each step took.
    nonfinite : NonFinite or None
        The first NaN, or the first infinity where there was none; see `dagprop.run.nonfinite`.
    """

    def __init__(self, ready: Prepared, values: list[Any], seconds: list[float]) -> None:
        found = dict(zip(ready.run.order, values, strict=True))
        backward = ready.backward
        self.of, self.wrt, self.graph, self.backward = backward.of, ready.wrt, ready.graph, backward.graph
        self.values = Recorded(ready.names, {node: found[node] for node in ready.forward}, "value")
        self.gradients = Recorded(ready.names, {n: found[d] for n, d in backward.adjoints.items()}, "gradient")
        self.contributions = Contributions(ready.names, {e: found[n] for e, n in backward.contributions.items()})
        self.adjoints: Mapping[Node, Node] = backward.adjoints
        asked = [self.of, *(backward.adjoints[node] for node in self.wrt)]
        self.nonfinite: NonFinite | None = find(ready.run.order, values, asked)
        self.nodes = ready.forward
        self._steps_back, self._seconds = ready.steps_back, seconds

    def __repr__(self) -> str:
        held = f"{len(self.values)} values, {len(self.gradients)} gradients"
        return f"<{type(self).__name__} of {self.of.name!r}: {held}>"

    @property
    def schedule(self) -> Schedule:
        """The order of both passes: forward topological, backward its reverse."""
        forward = dict(zip(self.nodes, self._seconds, strict=False))
        back = {node: sum(self._seconds[start:stop]) for node, start, stop in self._steps_back}
        seconds = {node: (forward.get(node, 0.0), back.get(node, 0.0)) for node in self.nodes}
        return Schedule(self.nodes, list(back), seconds)


class Prepared:
    """What to run for one `of` and `wrt`: worked out once, kept by the graph, run with any feeds."""

    def __init__(self, of: Node, wrt: Sequence[Node]) -> None:
        graph = graph_of(of)
        self.graph, self.wrt = graph, tuple(wrt)
        self.names = graph.extension()  # where the graph is edited, a recording's names are still those of its nodes
        self.forward = tuple(ancestors([of]))
        self.backward: Backward = differentiate(of, wrt, graph.extension())
        wanted = [*self.backward.adjoints.values(), *self.backward.contributions.values()]
        forward = set(self.forward)
        rest = [node for node in ancestors(wanted) if node not in forward]
        self.run = Run([*self.forward, *rest])
        self.leaves = [node for node in self.run.order if node.operator is None]
        self.steps_back = self._steps_back()

    def _steps_back(self) -> list[tuple[Node, int, int]]:
        """The backward half cut into steps: for each forward node, where its part of the run starts and stops."""
        backward, order = self.backward, self.run.order
        stops = [bisect_left(order, end, key=lambda node: node.index) for end in backward.ends]
        if stops:
            stops[-1] = len(order)  # zeros for what is not depended on come last
        starts = [len(self.forward), *stops][: len(stops)]
        return list(zip(backward.order, starts, stops, strict=True))


def prepared(of: Node, wrt: Sequence[Node]) -> Prepared:
    """What to run for `of` and `wrt`, from what the graph keeps, or made now."""
    derived = of.graph.derived
    key = ("ready", of, tuple(wrt))
    ready: Prepared | None = derived.get(key)
    if ready is None:
        with without_full_collections():
            ready = derived[key] = Prepared(of, wrt)
    return ready


def targets_of(of: Node, wrt: Iterable[Node | str] | Node | str | None = None) -> list[Node]:
    """What to differentiate by: what is chosen, else the parameters, else the floating inputs that `of` depends on."""
    graph = graph_of(of, "of")
    if wrt is not None:
        return graph.resolve_all(wrt)
    nodes = ancestors([of])
    parameters = [node for node in nodes if node.kind == PARAMETER]
    return parameters or [node for node in nodes if node.kind == INPUT and node.differentiable]


def record(
    ready: Prepared,
    feeds: Mapping[Any, ArrayLike] | None,
    parameters: Mapping[Any, ArrayLike] | None,
) -> tuple[Prepared, list[Any], list[float]]:
    """Run forward, then back, and return what was run with all values and step times."""
    leaves, sizes = bind_feeds(ready.graph, ready.leaves, feeds, parameters)
    # what was fed may be written to afterwards, a recording stays what it was
    values = ready.run.start({leaf: kept(array) for leaf, array in leaves.items()})
    seconds = [0.0] * len(values)
    _run_forward(ready.run, values, seconds, sizes, len(ready.forward))
    tell = registry.watchers("dagprop_backward_step")
    if tell is None:
        ready.run.execute(values, seconds, sizes, len(ready.forward))
        return ready, values, seconds
    position = {node: i for i, node in enumerate(ready.run.order)}
    contributions, adjoints = ready.backward.contributions, ready.backward.adjoints
    for node, start, stop in ready.steps_back:
        ready.run.execute(values, seconds, sizes, start, stop)
        if node in adjoints:
            sent = {
                f"{operand.name}[{slot}]": values[position[contributions[edge]]]
                for slot, operand in enumerate(node.operands)
                if (edge := Edge(operand.name, node.name, slot)) in contributions
            }
            arrived = values[position[adjoints[node]]]
            tell(name=node.name, gradient=arrived, contributions=sent, seconds=sum(seconds[start:stop]))
    return ready, values, seconds


def _run_forward(
    run: Run,
    values: list[Any],
    seconds: list[float],
    sizes: Mapping[str, int],
    stop: int,
    ends: Mapping[int, Sequence[int]] | None = None,
    handed: dict[int, Any] = NOTHING,
) -> None:
    """Run the steps up to `stop`, and tell those who watch of each; unwatched, drop the values that end."""
    tell = registry.watchers("dagprop_forward_step")
    if tell is None:
        run.execute(values, seconds, sizes, 0, stop, ends, handed)
        return
    position = {node: i for i, node in enumerate(run.order)}
    for i, node in enumerate(run.order[:stop]):
        run.execute(values, seconds, sizes, i, i + 1, None, handed)
        operands = [values[position[operand]] for operand in node.operands]
        tell(name=node.name, operands=operands, value=values[i], seconds=seconds[i])


Feeds: TypeAlias = Mapping[Any, ArrayLike] | None


@overload
def forward(nodes: Node, feeds: Feeds = None, parameters: Feeds = None) -> Array: ...  # type: ignore[overload-overlap]
@overload  # a node is iterable too
def forward(nodes: Iterable[Node], feeds: Feeds = None, parameters: Feeds = None) -> list[Array]: ...
def forward(nodes: Node | Iterable[Node], feeds: Feeds = None, parameters: Feeds = None) -> Array | list[Array]:
    """The values of nodes, for these feeds.

    Parameters
    ----------
    nodes : Node or sequence of Node
        What to work out; one node gives one array, a sequence a list.  The arrays are yours, to be written to.
    feeds : mapping, optional
        An array for each input, by name or node.
    parameters : mapping, optional
        A value for each parameter; those left out start where their initialiser says.

    Raises
    ------
    FeedError
        For a feed that is missing, unknown, or of the wrong shape or dtype; nothing has run then.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x", ("n",))
    >>> dp.forward((x * x).sum(), {"x": [1, 2, 3]}).item()
    14.0
    """
    if isinstance(nodes, Node):
        return forward([nodes], feeds, parameters)[0]
    nodes = list(arguments.several("nodes", nodes, "a node, or several: graph['name'] finds one by its name"))
    if not nodes:
        return []
    graph = max((graph_of(node, "nodes") for node in nodes), key=len)
    for node in nodes:
        graph.resolve(node)
    key = ("forward", *nodes)
    if key not in graph.derived:
        order = ancestors(nodes)
        position = {node: i for i, node in enumerate(order)}
        ends = {i: [position[n] for n in gone] for i, gone in last_uses(order, nodes).items()}
        graph.derived[key] = Run(order), ends, [position[node] for node in nodes]
    run, ends, wanted = graph.derived[key]
    leaves, sizes = bind_feeds(graph, [n for n in run.order if n.operator is None], feeds, parameters)
    values = run.start(leaves)
    seconds = [0.0] * len(values)
    handed = dict.fromkeys(wanted)
    _run_forward(run, values, seconds, sizes, len(values), ends, handed)
    return [own(values[i] if handed[i] is None else handed[i]) for i in wanted]
