"""Nodes: the nodes of a graph in order, by name, and as a live NetworkX DAG once one has been asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

from dagprop import arguments
from dagprop.callers import user_line
from dagprop.errors import GraphError, UnknownError, check_writable, report, suggestion
from dagprop.graph import networkx_view
from dagprop.graph.building import next_index, site
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node, Primal
from dagprop.plugin.operator import Operator

if TYPE_CHECKING:
    import networkx as nx


class Nodes:
    """A growing collection of nodes with unique names; `Graph` adds what makes them.

    It may stand on a base: the base's nodes belong to it too, and stay as they are.
    """

    def __init__(self, name: str, dtype: DTypeLike, base: Nodes | None = None) -> None:
        self.name = arguments.text("the name of a graph", name)
        self.dtype = arguments.dtype("dtype", dtype)
        check_writable(name, "graph", GraphError)
        self.base = base if base is None else arguments.instance("base", base, Nodes, "a graph")
        self.lineage: frozenset[Any] = frozenset((self,)) | (base.lineage if base is not None else frozenset())
        """The collections whose nodes may be used here: itself, and those it stands on."""
        self.derived: dict[Any, Any] = {}
        """What was worked out from the nodes and may be used again (gradients, schedules), by what it is of."""
        self._nodes: dict[str, Node] = {}
        self._order: list[Node] = []
        below = base._layers if base is not None else ()
        self._layers: tuple[tuple[dict[str, Node], list[Node]], ...] = (*below, (self._nodes, self._order))
        """The base's nodes under its own, as they are held now: an edit of the base puts others into their place."""
        self._counts: dict[str, int] = {}
        self._scalars: dict[Any, Node] = {}
        self._scope = ""
        self._dag: nx.MultiDiGraph[str] | None = None

    # ---- growing ------------------------------------------------------------------------------------------

    def _append(
        self,
        name: str,
        kind: str,
        spec: Any,
        operator: Operator | None = None,
        operands: tuple[Node, ...] = (),
        attributes: Any = None,
        value: Any = None,
        *,
        automatic: bool = False,
    ) -> Node:
        """Add a node of a name that is free; `automatic` says whether the name is dagprop's."""
        like = site.like
        scope, source = (like.scope, like.source) if like is not None else (self._scope, user_line())
        index = next_index()
        node = Node(self, name, kind, spec, operator, operands, attributes, value, automatic, scope, source, index)
        if self._nodes.setdefault(name, node) is not node:
            raise GraphError(f"the name {name!r} is taken")
        self._order.append(node)
        if self._dag is not None:
            networkx_view.add(self._dag, node)
        return node

    def made_since(self, mark: int) -> list[Node]:
        """The nodes added after the graph held `mark` of its own."""
        return self._order[mark:]

    @property
    def mark(self) -> int:
        """How many nodes this graph has added itself."""
        return len(self._order)

    def discard(self, mark: int, keep: set[Node]) -> None:
        """Take out the nodes added after `mark`, but for those to keep."""
        for node in self._order[mark:]:
            if node not in keep:
                del self._nodes[node.name]
                if node.kind == CONSTANT and not node.shape:
                    self._scalars.pop((node.dtype, node.value.tobytes()), None)
                if self._dag is not None:
                    type(self._dag).remove_node(self._dag, node.name)
        self._order[mark:] = [node for node in self._order[mark:] if node in keep]

    @contextmanager
    def undoing(self) -> Iterator[None]:
        """Where the block ends in an error, what was added inside is taken out again."""
        mark = self.mark
        try:
            yield
        except BaseException:
            self.discard(mark, set())
            raise

    def mean(self, node: Node, primal: Primal) -> None:
        """Note what a node of the backward half stands for; an adjoint goes into its primal's scope."""
        node.primal = primal
        if primal.kind == "adjoint":
            node.scope = primal.of.scope
        if self._dag is not None:
            self._dag.nodes[node.name].update(networkx_view.data_of(node))

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Nodes made inside belong to this part of the model; their names begin with it.  Scopes nest.

        >>> import dagprop as dp
        >>> g = dp.Graph()
        >>> with g.scope("layer1"):
        ...     g.input("x").name
        'layer1/x'
        """
        outer, self._scope = self._scope, self._scoped(_checked_name(name, "scope"))
        try:
            yield
        finally:
            self._scope = outer

    # ---- names --------------------------------------------------------------------------------------------

    def _claim(self, name: str) -> str:
        """The full name for a new node, in the scope that is open; refused where it is taken."""
        full = self._scoped(_checked_name(name, "node"))
        self._refuse_taken(full)
        return full

    def _scoped(self, name: str) -> str:
        return f"{self._scope}/{name}" if self._scope else name

    def _refuse_taken(self, name: str) -> None:
        other = self._find(name)
        if other is not None:
            raise GraphError(
                report(f"the name {name!r} is taken", [("by", other.describe())], advice="Choose another name.")
            )

    def _fresh(self, stem: str) -> str:
        scope = self._scope if site.like is None else site.like.scope
        if scope:
            stem = f"{scope}/{stem}"
        while True:
            number = self._counts[stem] = self._counts.get(stem, -1) + 1
            name = f"{stem}_{number}"
            if self._is_free(name):
                return name

    def _is_free(self, name: str) -> bool:
        """Whether dagprop may give a node this name."""
        return self._find(name) is None

    def _find(self, name: str) -> Node | None:
        for nodes, _ in self._layers:
            if name in nodes:
                return nodes[name]
        return None

    def rename(self, node: Node, name: str) -> None:
        """Give a node another name within its scope (that is what `node.named` does)."""
        name = _checked_name(name, "node")
        full = f"{node.scope}/{name}" if node.scope else name
        if full != node.name:
            self._refuse_taken(full)
            self._rename(node, full)
            self.derived.clear()
        node.automatic = False

    def rename_fresh(self, node: Node, stem: str) -> None:
        """Give a node the name `stem`, or that with a number behind it where another node has it."""
        full = f"{node.scope}/{stem}" if node.scope else stem
        self._rename(node, full if self._is_free(full) else self._fresh(stem))

    def _rename(self, node: Node, full: str) -> None:
        old, node.name = node.name, full
        self._nodes[full] = self._nodes.pop(old)
        if self._dag is not None:
            networkx_view.rename(self._dag, old, full)

    def resolve(self, node: Node | str) -> Node:
        """The node of a full name, or of the last part of one where only one node has it; a node is itself.

        Raises UnknownError for a name that no node, or several, answer to.
        """
        if isinstance(node, Node):
            if node.graph not in self.lineage and self._find(node.name) is not node:
                raise GraphError(f"the node {node.name!r} belongs to another graph, {node.graph.name!r}")
            return node
        if not isinstance(node, str):
            raise UnknownError(f"a node is found by its name, a string, not by {arguments.shown(node)}")
        found = self._find(node)
        if found is not None:
            return found
        short = [n for n in self if n.name.endswith(f"/{node}")]
        if len(short) == 1:
            return short[0]
        names = [n.name for n in self]
        hint = f"It could be {' or '.join(n.name for n in short)}." if short else suggestion(node, names)
        raise UnknownError(f"the graph {self.name!r} has no node {node!r}. {hint}".strip())

    def resolve_all(self, nodes: Any, name: str = "wrt") -> list[Node]:
        """The nodes that an argument of this name tells, each by itself or by its name: one, or several."""
        one = isinstance(nodes, Node | str)
        return [self.resolve(node) for node in ([nodes] if one else arguments.several(name, nodes, "nodes or names"))]

    # ---- reading ------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Node:
        """The node of this name."""
        return self.resolve(name)

    def __contains__(self, node: object) -> bool:
        """Whether it is one of the nodes, or the full name of one."""
        if isinstance(node, Node):
            return node.graph in self.lineage
        return isinstance(node, str) and self._find(node) is not None

    def __iter__(self) -> Iterator[Node]:
        """The nodes, operands before what uses them."""
        for _, order in self._layers:
            yield from order

    def __len__(self) -> int:
        return sum(len(order) for _, order in self._layers)

    def _of_kind(self, kind: str) -> tuple[Node, ...]:
        return tuple(n for n in self if n.kind == kind)

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The inputs, in the order they were added."""
        return self._of_kind(INPUT)

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The parameters, in the order they were added."""
        return self._of_kind(PARAMETER)

    @property
    def constants(self) -> tuple[Node, ...]:
        """The constants, in the order they were added."""
        return self._of_kind(CONSTANT)

    @property
    def dag(self) -> nx.MultiDiGraph[str]:
        """The graph as a live `networkx.MultiDiGraph`: nodes by name, an edge's key is the slot it fills.

        Data are plain, so that every writer of NetworkX takes them.  A node has `kind`, `shape`, `dtype`,
        `operator` (the id) and `attributes`, `initial` or `value`, `scope`, `source` (`file:line`), `automatic`
        where dagprop named it, and in a gradient `primal`, `of` and `edge`, where there is one to tell; what is no
        string is text that `Graph.from_networkx` reads.  An edge has `slot`.

        It grows as the graph does and is frozen against changes by hand: `graph.edit()` hands out a copy.
        """
        if self._dag is None:
            self._dag = networkx_view.build(self, self.name, self.dtype)
        return self._dag


def _checked_name(name: object, what: str) -> str:
    if not isinstance(name, str):
        raise GraphError(f"the name of a {what} is a string, not {arguments.shown(name)}")
    if not name:
        raise GraphError(f"a {what} needs a name, and this one is empty")
    check_writable(name, what, GraphError)
    return name
