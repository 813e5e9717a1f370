"""Graph: a model, held as a DAG of operators applied.

A graph is built by calling operators on its nodes.  Each node knows its operands, its Spec and the user's line,
so a mistake fails on that line.  `graph.dag` is the same as a `networkx.MultiDiGraph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dagprop import arguments
from dagprop.callers import user_line
from dagprop.casting import cast
from dagprop.dimension import Dim, ShapeLike
from dagprop.errors import GraphError, OperandError, ShapeError, source_line
from dagprop.graph import editing, networkx_view
from dagprop.graph.building import site
from dagprop.graph.initialisers import Initialiser
from dagprop.graph.node import APPLIED, CONSTANT, INPUT, PARAMETER, Node, Primal
from dagprop.graph.nodes import Nodes
from dagprop.operators.structure import dimension, output
from dagprop.plugin.calling import NOT_ITS_DOING
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.sealing import seal
from dagprop.spec import Spec, show_shape

if TYPE_CHECKING:
    import networkx as nx


class Graph(Nodes):
    """A model: inputs, parameters and constants, and operators applied to them.

    Parameters
    ----------
    name : str
        The model's name, for diagrams and messages.
    dtype : dtype, optional
        The dtype of inputs and parameters that state none; NumPy's promotion (NEP 50) gives the others theirs.

    Examples
    --------
    >>> import numpy as np, dagprop as dp
    >>> g = dp.Graph("line", dtype=np.float32)
    >>> x, w = g.input("x", ("batch", 3)), g.parameter("w", (3,), initial=[1, 2, 3])
    >>> y = (x @ w).named("y")
    >>> y
    <Node y: matmul (batch,) float32>
    >>> dp.forward(y, {"x": np.ones((2, 3))}).tolist()
    [6.0, 6.0]
    """

    base: Graph | None
    picture: ClassVar[Callable[[Graph], str] | None] = None
    """How a graph shows itself in a notebook, as SVG: told by the floor that draws."""

    def __init__(self, name: str = "graph", dtype: DTypeLike = np.float64, base: Graph | None = None) -> None:
        super().__init__(name, dtype, base)
        self._outputs: tuple[Node, ...] = ()
        self._ports: dict[Node, dict[int, Node]] = {}

    @property
    def outputs(self) -> tuple[Node, ...]:
        """What `dp.trace` found the function to return; it may be set, to nodes or their names."""
        return self._outputs

    @outputs.setter
    def outputs(self, nodes: Iterable[Node | str] | Node | str) -> None:
        self._outputs = tuple(self.resolve_all(nodes, "outputs"))

    def extension(self) -> Graph:
        """A graph that grows on top of this one: its nodes may use this one's, which stays as it is."""
        return Graph(self.name, self.dtype, base=self)

    # ---- leaves -------------------------------------------------------------------------------------------

    def input(self, name: str, shape: ShapeLike = (), dtype: DTypeLike | None = None) -> Node:
        """Add an input, to be fed.  A dimension is an int, a name such as `"batch"`, or None for any size."""
        spec = Spec(shape, self._dtype(dtype))
        full = self._claim(name)
        return self._append(full, INPUT, spec.named(full))

    def parameter(
        self,
        name: str,
        shape: ShapeLike | None = None,
        initial: ArrayLike | Initialiser | Callable[..., Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Node:
        """Add a parameter: what training changes.

        `initial` is an array (broadcast to `shape`, or giving it), a function of the shape, or an initialiser
        (a function of shape and random generator, such as `dp.initialisers.he`); without it matrices start
        by Glorot and vectors at zero.
        """
        full, dtype = self._claim(name), self._dtype(dtype)
        array = None
        if initial is not None and not callable(initial):
            array = np.array(cast(initial, dtype, f"the initial value of {name!r}", error=ShapeError))
        if shape is None:
            if array is None:
                raise ShapeError(f"the parameter {name!r} has neither a shape nor an array to take it from")
            shape = array.shape
        spec = Spec(shape, dtype)
        if not spec.concrete:
            raise ShapeError(f"the parameter {name!r} needs a shape of numbers, not {show_shape(spec.shape)}")
        if array is not None and array.shape != spec.shape:
            try:
                array = np.array(np.broadcast_to(array, spec.shape))  # type: ignore[arg-type]  # no Dims
            except ValueError:
                raise ShapeError(
                    f"the parameter {name!r} has shape {spec.shape}, its initial array {array.shape}"
                ) from None
        return self._append(full, PARAMETER, spec, value=initial if array is None else seal(array))

    def _dtype(self, dtype: DTypeLike | None) -> np.dtype[Any]:
        return self.dtype if dtype is None else arguments.dtype("dtype", dtype)

    def constant(self, value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> Node:
        """Add a constant: a copy of the array, which a gradient may be taken with respect to all the same."""
        what = "the constant" if name is None else f"the constant {arguments.shown(name)}"
        if dtype is not None:
            dtype = arguments.dtype("dtype", dtype)
        array = arguments.array(what, value)
        if dtype is None:
            plain = not isinstance(value, np.ndarray | np.generic) and array.dtype.kind == "f"
            dtype = self.dtype if plain and self.dtype.kind in "fc" else array.dtype
        array = np.array(cast(array, np.dtype(dtype).newbyteorder("="), what, error=ShapeError))
        full = self._fresh("constant") if name is None else self._claim(name)
        spec = Spec(array.shape, array.dtype)
        return self._append(full, CONSTANT, spec, value=seal(array), automatic=name is None)

    # ---- operators ----------------------------------------------------------------------------------------

    def discard(self, mark: int, keep: set[Node]) -> None:  # noqa: D102  # as the collection's
        for node in self._order[mark:] if self._ports else ():
            if node not in keep:
                self._ports.pop(node, None)
                if node.operator is output:
                    self._ports.get(node.operands[0], {}).pop(node.attributes["port"], None)
        super().discard(mark, keep)

    @contextmanager
    def collecting(self) -> Iterator[Callable[[Node | None], None]]:
        """Rules called inside add their nodes here; the function given sets the node whose line they bear."""
        outer = site.graph, site.like

        def like(node: Node | None) -> None:
            site.like = node

        site.graph = self
        try:
            yield like
        finally:
            site.graph, site.like = outer

    def destination(self) -> Graph:
        """Where a new node made from one of this graph's goes: here, or where a rule is being run."""
        return self if site.graph is None else site.graph

    def apply(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        """Add the operator applied to the operands (nodes, arrays or numbers): a node, or one for each output."""
        mark = self.mark
        try:
            nodes = tuple(
                [
                    o if type(o) is Node and o.graph in self.lineage else self._lift(o, operands, operator)
                    for o in operands
                ]
            )
            spec = self._spec(operator, nodes, attributes)
        except BaseException:
            self.discard(mark, set())  # what `undoing` does, for an eighth of the price of a node less
            raise
        if site.like is not None and operator.elementwise and all(n.kind == CONSTANT and not n.shape for n in nodes):
            return self._folded(operator, nodes, attributes)
        name = self._fresh(operator.name)
        node = self._append(name, APPLIED, spec, operator, nodes, attributes, automatic=True)
        return self.ports_of(node) if node.ports else node

    def _spec(self, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any], name: str = "") -> Any:
        """What the operator makes of these operands; where it cannot take them, an error with all that is known."""
        try:
            self._require(operator, nodes, attributes)
            return operator.specs([node.spec for node in nodes], attributes)
        except NOT_ITS_DOING:
            raise
        except Exception as error:
            like = site.like
            at = source_line(like.source if like is not None else user_line())
            raise operator.misfit([node.describe() for node in nodes], attributes, error, at=at, node=name) from error

    def _require(self, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any]) -> None:
        """Refuse what the operator says that it does not take."""
        operator.hold(nodes, attributes)

    def _folded(self, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any]) -> Any:
        """Numbers that a rule works out of numbers, done at once: `y - 1` of the constant 3 is the constant 2."""
        with np.errstate(all="ignore"):
            value = operator.forward(*(n.value for n in nodes), **attributes)
        return self._lift(np.asarray(value), (), operator)

    def ports_of(self, node: Node) -> tuple[Node, ...]:
        """The outputs of an operator that has several, each a node of its own."""
        known = self._ports.setdefault(node, {})
        for port, spec in enumerate(node.ports):
            if port not in known:
                name = f"{node.name}.{port}"
                free = name if self._is_free(name) else self._fresh(name)
                known[port] = self._append(free, APPLIED, spec, output, (node,), {"port": port}, automatic=True)
        return tuple(known[port] for port in range(len(node.ports)))

    def _lift(self, value: Any, operands: Sequence[Any], operator: Operator) -> Node:
        """A node for an operand that is none yet: a constant, typed as NEP 50 has it."""
        if type(value) is Node:
            if any(type(o) is Node and self in o.graph.lineage for o in operands):
                raise GraphError(f"{operator.name}: {value.name!r} belongs to another graph, {value.graph.name!r}")
            raise GraphError(f"{operator.name}: the operands belong to different graphs; {value.describe()}")
        dtypes = [o.dtype for o in operands if isinstance(o, Node | np.ndarray | np.generic)]
        if isinstance(value, Dim):
            dtype = np.result_type(*dtypes, 1)
            size: Node = self.apply(dimension, (), {"size": value, "dtype": dtype})
            return size
        if type(value) in (bool, int, float, complex) or (site.like is not None and np.ndim(value) == 0):
            if type(value) in (bool, int, float, complex):
                value = _weak(value, dtypes, operator)
            key = value.dtype, value.tobytes()
            known = self._scalars.get(key)
            if known is None:
                known = self._scalars[key] = self.constant(value)
            return known
        return self.constant(arguments.array(f"{operator.name}: an operand", value, "a node, or numbers"))

    def __repr__(self) -> str:
        return f"<Graph {self.name!r}: {len(self)} nodes, {len(self.inputs)} inputs, {len(self.parameters)} parameters>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        picture = type(self).picture
        return {"text/plain": repr(self), **({"image/svg+xml": picture(self)} if picture is not None else {})}

    def initial_values(self, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
        """A first value for every parameter, the same for the same seed and name whatever else the graph holds."""
        seed = arguments.whole_number("seed", seed, 0)
        return {node.name: node.initial_value(seed) for node in self.parameters}

    def __reduce__(self) -> tuple[Callable[..., Graph], tuple[Any, ...]]:
        """Pickled as a list of nodes, so that a chain of any length is pickled without recursion."""
        return _rebuilt, (
            self.name,
            self.dtype,
            self.base,
            [_flat(node) for node in self._order],
            [n.name for n in self.outputs],
        )

    # ---- NetworkX -----------------------------------------------------------------------------------------

    @classmethod
    def from_networkx(cls, dag: nx.DiGraph[Any], name: str | None = None, dtype: DTypeLike | None = None) -> Graph:
        """A graph of a DAG made by hand: a `networkx.DiGraph` or a `networkx.MultiDiGraph`.

        A node's data say what it is.  An operator applied: `operator=`, its short name, its id or itself, with
        `attributes=`.  A leaf: `kind="input"` with `shape=`, `kind="parameter"` with `initial=` or `shape=` or
        both, `kind="constant"` with `value=`; each may have a `dtype=`.  `scope=` is what stands before the last
        `/` of the name where it is left out.  Texts, as `graph.dag` has them, do as well as the values.

        An edge's `slot=` says which operand it is, by number or by name, several in a tuple; without it the key
        does (of a MultiDiGraph), and where only one edge comes in, it is operand 0.

        `name` and `dtype` are those in `dag.graph`, where they are left out.  What `graph.dag` writes of names
        and gradients (`automatic`, `primal`, `of`, `edge`) is read back; data of other names are not.

        Raises
        ------
        GraphError
            For a cycle (it is shown), a missing or doubled slot, a wrong arity, data that cannot be read.
        UnknownError
            For an operator that nobody brings.
        ShapeError
            For operands that do not fit.

        Examples
        --------
        >>> import networkx as nx, dagprop as dp
        >>> dag = nx.DiGraph()
        >>> dag.add_node("x", kind="input", shape=("batch", 3))
        >>> dag.add_node("w", kind="parameter", shape=(3, 2), initial="he")
        >>> dag.add_node("z", operator="matmul")
        >>> dag.add_edge("x", "z", slot="x")
        >>> dag.add_edge("w", "z", slot="y")
        >>> dp.Graph.from_networkx(dag)["z"]
        <Node z: matmul (batch, 2) float64>
        """
        about = getattr(dag, "graph", {})
        graph = cls(
            (about.get("name") or "graph") if name is None else name,
            (about.get("dtype") or np.float64) if dtype is None else dtype,
        )
        editing.enter(graph, dag, {})
        return graph

    def edit(self) -> editing.Edit:
        """The graph as a DAG to change, in a `with` block: checked and taken over when it ends, or nothing is.

        The DAG is a `networkx.MultiDiGraph`, a copy of `graph.dag`; what may stand in it is what `from_networkx`
        takes.  An error, in the block or in the check, leaves the graph as it was.

        A node is never changed.  Those that the edit does not touch, themselves or through an operand, stay the
        same objects.  The others are replaced: `graph[name]` is the new one, and the old one, or one that was
        removed, says so when it is used.  Programs and flows made before stay what they were.

        Raises
        ------
        GraphError, UnknownError, ShapeError
            As `from_networkx`; and where the edit removes one of `graph.outputs`, or changes the model and leaves
            a gradient in the graph that `dp.gradient` added before.

        Examples
        --------
        >>> import dagprop as dp
        >>> g = dp.Graph()
        >>> y = dp.tanh(g.input("x")).named("y")
        >>> with g.edit() as dag:
        ...     dag.nodes["y"]["operator"] = "exp"
        >>> g["y"]
        <Node y: exp () float64>
        """
        return editing.Edit(self)

    def _replace(self, fresh: Graph) -> None:
        """Hold the nodes of another graph instead; what stands on this one stays on those that it held."""
        self._scalars = {key: node for key, node in self._scalars.items() if fresh._nodes.get(node.name) is node}
        self._nodes, self._order, self._layers, self._ports = fresh._nodes, fresh._order, fresh._layers, fresh._ports
        self.derived.clear()
        if self._dag is not None:
            networkx_view.fill(self._dag, self)


def _weak(value: complex, dtypes: Sequence[np.dtype[Any]], operator: Operator) -> np.ndarray[Any, Any]:
    """A number of Python's beside operands of these dtypes, typed as NEP 50 has it."""
    try:
        return np.asarray(value, np.result_type(*dtypes, value))
    except OverflowError as error:
        raise ShapeError(f"{operator.name}: an operand is out of range: {error}") from None


def graph_of(node: Node, name: str = "node") -> Graph:
    """The graph that a node belongs to.  OperandError for what is no node, GraphError for one that was edited away."""
    if not isinstance(node, Node):
        raise OperandError(f"{name}: {arguments.shown(node)} is not a node: graph['name'] finds one by its name")
    if isinstance(node.graph, editing.Former):
        raise node.graph.error()
    graph: Graph = node.graph
    return graph


def _flat(node: Node) -> tuple[Any, ...]:
    """A node without other nodes in it: they are named."""
    primal = node.primal and (node.primal.kind, node.primal.of.name, node.primal.edge)
    spec = node.ports or node.spec
    operands = [operand.name for operand in node.operands]
    made = node.scope, node.source, node.automatic
    return node.name, node.kind, spec, node.operator, operands, node.attributes, node.value, made, primal


def _rebuilt(name: str, dtype: np.dtype[Any], base: Graph | None, nodes: list[Any], outputs: list[str]) -> Graph:
    registry.load()  # the operators are there, and may not know yet who brings them
    graph = base.extension() if base is not None else Graph(name, dtype)
    for own, kind, spec, operator, operands, attributes, value, made, primal in nodes:
        held = seal(value)  # as a pickle does not say
        node = graph._append(own, kind, spec, operator, tuple(graph[o] for o in operands), attributes, held)
        node.scope, node.source, node.automatic = made
        if primal is not None:
            node.primal = Primal(primal[0], graph[primal[1]], primal[2])
        if operator is output:
            graph._ports.setdefault(node.operands[0], {})[attributes["port"]] = node
    graph.outputs = tuple(graph[o] for o in outputs)
    return graph
