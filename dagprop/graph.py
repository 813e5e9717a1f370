"""Graph: a model, held as a DAG of operators applied.

A graph is built by calling operators on its nodes.  Each node knows its operands, its Spec and the user's line,
so a mistake fails on that line.  `graph.dag` is the same as a `networkx.MultiDiGraph`.
"""

from __future__ import annotations

import inspect
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dagprop import dag as networkx_dag
from dagprop.errors import GraphError, OperandError, ShapeError, UnknownError, report, source_line, suggestion
from dagprop.initialisers import Initialiser, default
from dagprop.node import APPLIED, CONSTANT, INPUT, PARAMETER, Node, Primal
from dagprop.operator import Operator
from dagprop.operators.structure import dimension, output
from dagprop.spec import Dim, ShapeLike, Spec, show_shape

if TYPE_CHECKING:
    import networkx as nx

_NOT_THE_USERS = tuple(str(Path(file).parent) + os.sep for file in (__file__, np.__file__))
_indices = itertools.count()  # of nodes, over all graphs: sorting by it is a topological order of any of them


class _Building(threading.local):
    """Where nodes made by a rule go, and whose line and scope they bear: set while a gradient is built."""

    graph: Graph | None = None
    like: Node | None = None


_building = _Building()


class Graph:
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

    def __init__(self, name: str = "graph", dtype: DTypeLike = np.float64) -> None:
        self.name = name
        self.dtype = np.dtype(dtype)
        self.base: Graph | None = None
        self.outputs: tuple[Node, ...] = ()
        self.derived: dict[Any, Any] = {}
        """What was worked out from this graph and may be used again (gradients, schedules), by what it is of."""
        self.lineage: frozenset[Graph] = frozenset((self,))
        """The graphs whose nodes may be used here: itself, and those it extends."""
        self._nodes: dict[str, Node] = {}
        self._order: list[Node] = []
        self._counts: dict[str, int] = {}
        self._scalars: dict[Any, Node] = {}
        self._ports: dict[Node, dict[int, Node]] = {}
        self._scope = ""
        self._dag: nx.MultiDiGraph[str] | None = None

    def extension(self) -> Graph:
        """A graph that grows on top of this one: its nodes may use this one's, which stays as it is."""
        graph = Graph(self.name, self.dtype)
        graph.base, graph.lineage = self, self.lineage | {graph}
        return graph

    # ---- leaves -------------------------------------------------------------------------------------------

    def input(self, name: str, shape: ShapeLike = (), dtype: DTypeLike | None = None) -> Node:
        """Add an input, to be fed.  A dimension is an int, a name such as `"batch"`, or None for any size."""
        spec = Spec(shape, self.dtype if dtype is None else dtype)
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
        given = initial is not None and not callable(initial)
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        array = np.array(initial, dtype) if given else None
        if shape is None:
            if array is None:
                raise ShapeError(f"the parameter {name!r} has neither a shape nor an array to take it from")
            shape = array.shape
        spec = Spec(shape, dtype)
        if not spec.concrete:
            raise ShapeError(f"the parameter {name!r} needs a shape of numbers, not {show_shape(spec.shape)}")
        if array is not None:
            if array.shape != spec.shape:
                try:
                    array = np.array(np.broadcast_to(array, spec.shape))  # type: ignore[arg-type]
                except ValueError:
                    raise ShapeError(
                        f"the parameter {name!r} has shape {spec.shape}, its initial array {array.shape}"
                    ) from None
            array.setflags(write=False)
        return self._append(self._claim(name), PARAMETER, spec, value=initial if array is None else array)

    def constant(self, value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> Node:
        """Add a constant: a copy of the array, which a gradient may be taken with respect to all the same."""
        if dtype is None and not isinstance(value, np.ndarray | np.generic):
            dtype = np.result_type(np.asarray(value), self.dtype) if np.asarray(value).dtype.kind == "f" else None
            dtype = self.dtype if dtype is not None else None
        array = np.array(value, dtype)
        if array.dtype.kind not in "biufc":
            raise ShapeError(f"a constant is an array of numbers, not of {array.dtype}: {value!r:.60}")
        array.setflags(write=False)
        full = self._fresh("constant") if name is None else self._claim(name)
        return self._append(full, CONSTANT, Spec(array.shape, array.dtype), value=array)

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Nodes made inside belong to this part of the model; their names begin with it.  Scopes nest.

        >>> g = Graph()
        >>> with g.scope("layer1"):
        ...     g.input("x").name
        'layer1/x'
        """
        if not name:
            raise GraphError("a scope needs a name")
        outer, self._scope = self._scope, f"{self._scope}/{name}" if self._scope else name
        try:
            yield
        finally:
            self._scope = outer

    # ---- operators ----------------------------------------------------------------------------------------

    @contextmanager
    def building(self) -> Iterator[Callable[[Node | None], None]]:
        """Rules called inside add their nodes here; the function given sets the node whose line they bear."""
        outer = _building.graph, _building.like

        def like(node: Node | None) -> None:
            _building.like = node

        _building.graph = self
        try:
            yield like
        finally:
            _building.graph, _building.like = outer

    def destination(self) -> Graph:
        """Where a new node made from one of this graph's goes: here, or where a rule is being run."""
        return _building.graph or self

    def apply(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        """Add the operator applied to the operands (nodes, arrays or numbers): a node, or one for each output."""
        nodes = tuple(
            [o if type(o) is Node and o.graph in self.lineage else self._lift(o, operands, operator) for o in operands]
        )
        try:
            spec = operator.specs([n.spec for n in nodes], attributes)
        except Exception as error:
            raise self._misfit(operator, nodes, attributes, error) from error
        if (
            _building.like is not None
            and operator.elementwise
            and all(n.kind == CONSTANT and not n.shape for n in nodes)
        ):
            return self._folded(operator, nodes, attributes)
        node = self._append(self._fresh(operator.name), APPLIED, spec, operator, nodes, attributes)
        return self.ports_of(node) if node.ports else node

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
                free = name if self._find(name) is None else self._fresh(name)
                known[port] = self._append(free, APPLIED, spec, output, (node,), {"port": port})
        return tuple(known[port] for port in range(len(node.ports)))

    def _append(
        self,
        name: str,
        kind: str,
        spec: Any,
        operator: Operator | None = None,
        operands: tuple[Node, ...] = (),
        attributes: Any = None,
        value: Any = None,
    ) -> Node:
        node = Node.__new__(Node)
        node.graph, node.name, node.kind, node.operator = self, name, kind, operator
        node.operands, node.attributes, node.value = operands, attributes or {}, value
        node.ports = spec if type(spec) is tuple else ()
        node.spec = spec if not node.ports else Spec((), np.dtype(object))  # a value of several parts
        like = _building.like
        if like is not None:
            node.scope, node.source = like.scope, like.source
        else:
            node.scope, node.source = self._scope, _user_line()
        node.primal, node.index = None, next(_indices)
        self._nodes[name] = node
        self._order.append(node)
        if self._dag is not None:
            networkx_dag.add(self._dag, node)
        return node

    def _lift(self, value: Any, operands: Sequence[Any], operator: Operator) -> Node:
        """A node for an operand that is none yet: a constant, typed as NEP 50 has it."""
        if type(value) is Node:
            if any(type(o) is Node and self in o.graph.lineage for o in operands):
                raise GraphError(f"{operator.name}: {value.name!r} belongs to another graph, {value.graph.name!r}")
            raise GraphError(f"{operator.name}: the operands belong to different graphs; {value.describe()}")
        dtypes = [o.dtype for o in operands if isinstance(o, Node | np.ndarray | np.generic)]
        if isinstance(value, Dim):
            dtype = np.result_type(*dtypes, 1)
            return self.apply(dimension, (), {"size": value, "dtype": dtype})  # type: ignore[no-any-return]
        if type(value) in (bool, int, float, complex) or (_building.like is not None and np.ndim(value) == 0):
            if type(value) in (bool, int, float, complex):
                value = np.asarray(value, np.result_type(*dtypes, value))
            key = value.dtype, value.tobytes()
            known = self._scalars.get(key)
            if known is None:
                known = self._scalars[key] = self.constant(value)
            return known
        try:
            return self.constant(np.asarray(value))
        except (TypeError, ValueError) as error:
            raise ShapeError(f"{operator.name}: an operand is neither a node nor numbers: {value!r:.60}") from error

    def _misfit(
        self, operator: Operator, nodes: Sequence[Node], attributes: Mapping[str, Any], error: Exception
    ) -> Exception:
        owner = f", from {operator.owner}" if operator.owner else ""
        like = _building.like
        rows = [("at", source_line(like.source if like is not None else _user_line()))]
        rows += [("operator", f"{operator.id}{owner}")]
        rows += [(f"operand {i}", node.describe()) for i, node in enumerate(nodes)]
        rows += [("attributes", ", ".join(f"{k}={v!r}" for k, v in attributes.items()))]
        rows += [("reason", f"{error}")]
        return ShapeError(report(f"{operator.name} cannot take these operands", rows))

    def made_since(self, mark: int) -> list[Node]:
        """The nodes added after the graph held `mark` of its own."""
        return self._order[mark:]

    @property
    def mark(self) -> int:
        """How many nodes this graph has added itself."""
        return len(self._order)

    def next_index(self) -> int:
        """An index greater than that of every node there is."""
        return next(_indices)

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

    def mean(self, node: Node, primal: Primal) -> None:
        """Note what a node of the backward half stands for; an adjoint goes into its primal's scope."""
        node.primal = primal
        if primal.kind == "adjoint":
            node.scope = primal.of.scope
        if self._dag is not None:
            self._dag.nodes[node.name].update(primal=primal, scope=node.scope)

    # ---- names --------------------------------------------------------------------------------------------

    def _claim(self, name: str) -> str:
        """The full name for a new node, in the scope that is open; refused where it is taken."""
        if not name:
            raise GraphError("a node needs a name")
        full = f"{self._scope}/{name}" if self._scope else name
        self._refuse_taken(full)
        return full

    def _refuse_taken(self, name: str) -> None:
        other = self._find(name)
        if other is not None:
            raise GraphError(
                report(f"the name {name!r} is taken", [("by", other.describe())], advice="Choose another name.")
            )

    def _fresh(self, stem: str) -> str:
        scope = self._scope if _building.like is None else _building.like.scope
        if scope:
            stem = f"{scope}/{stem}"
        while True:
            number = self._counts[stem] = self._counts.get(stem, -1) + 1
            name = f"{stem}_{number}"
            if self._find(name) is None:
                return name

    def _find(self, name: str) -> Node | None:
        found = self._nodes.get(name)
        return found if found is not None or self.base is None else self.base._find(name)

    def rename(self, node: Node, name: str) -> None:
        """Give a node another name within its scope (that is what `node.named` does)."""
        if not name:
            raise GraphError("a node needs a name")
        full = f"{node.scope}/{name}" if node.scope else name
        if full != node.name:
            self._refuse_taken(full)
            self._rename(node, full)
            self.derived.clear()

    def rename_fresh(self, node: Node, stem: str) -> None:
        """Give a node the name `stem`, or that with a number behind it where another node has it."""
        full = f"{node.scope}/{stem}" if node.scope else stem
        self._rename(node, full if self._find(full) is None else self._fresh(stem))

    def _rename(self, node: Node, full: str) -> None:
        old, node.name = node.name, full
        self._nodes[full] = self._nodes.pop(old)
        if self._dag is not None:
            networkx_dag.rename(self._dag, old, full)

    def resolve(self, node: Node | str) -> Node:
        """The node of a full name, or of the last part of one where only one node has it; a node is itself.

        Raises UnknownError for a name that no node, or several, answer to.
        """
        if isinstance(node, Node):
            if node.graph not in self.lineage:
                raise GraphError(f"the node {node.name!r} belongs to another graph, {node.graph.name!r}")
            return node
        found = self._find(node)
        if found is not None:
            return found
        short = [n for n in self if n.name.endswith(f"/{node}")]
        if len(short) == 1:
            return short[0]
        names = [n.name for n in self]
        hint = f"It could be {' or '.join(n.name for n in short)}." if short else suggestion(node, names)
        raise UnknownError(f"the graph {self.name!r} has no node {node!r}. {hint}".strip())

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
        if self.base is not None:
            yield from self.base
        yield from self._order

    def __len__(self) -> int:
        return len(self._order) + (len(self.base) if self.base is not None else 0)

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

    def __repr__(self) -> str:
        return f"<Graph {self.name!r}: {len(self)} nodes, {len(self.inputs)} inputs, {len(self.parameters)} parameters>"

    def initial_values(self, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
        """A first value for every parameter, the same for the same seed and name whatever else the graph holds."""
        return {node.name: initial_value(node, seed) for node in self.parameters}

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

    @property
    def dag(self) -> nx.MultiDiGraph[str]:
        """The graph as a live `networkx.MultiDiGraph`: nodes by name, an edge's key is the slot it fills.

        Node data: `kind`, `operator`, `attributes`, `spec`, `scope`, `source`, `value`, `primal`.  It grows as
        the graph does and is frozen against changes by hand: change a copy, and `Graph.from_networkx` checks it.
        """
        if self._dag is None:
            self._dag = networkx_dag.build(self)
        return self._dag

    @classmethod
    def from_networkx(cls, dag: nx.MultiDiGraph[Any], name: str = "graph", dtype: DTypeLike = np.float64) -> Graph:
        """A graph of a DAG made by hand.

        A node's data says what it is: `operator=` an operator, its id or its short name (with `attributes=`), or
        `kind="input"`/`"parameter"` with `spec=` (a Spec, or `shape=` and `dtype=`) and a parameter's `value=`
        or `initial=`, or `kind="constant"` with `value=`.  An edge's key is the operand slot it fills.

        Raises
        ------
        GraphError
            For a cycle (it is shown), a missing or doubled slot, a wrong arity.
        UnknownError
            For an operator that nobody brings.
        ShapeError
            For operands that do not fit.

        Examples
        --------
        >>> import networkx as nx, dagprop as dp
        >>> dag = nx.MultiDiGraph()
        >>> dag.add_node("x", kind="input", shape=(3,))
        >>> dag.add_node("y", operator="sigmoid")
        >>> dag.add_edge("x", "y", key=0)
        0
        >>> dp.Graph.from_networkx(dag)["y"]
        <Node y: sigmoid (3,) float64>
        """
        graph = cls(name, dtype)
        entries = list(networkx_dag.read(dag, graph.dtype))
        for entry in entries:
            graph._enter(entry)
        for entry in entries:
            if entry.primal is not None and entry.primal.of.name in graph:
                graph._nodes[entry.name].primal = entry.primal._replace(of=graph[entry.primal.of.name])
        return graph

    def _enter(self, entry: networkx_dag.Entry) -> None:
        operands = tuple(self._nodes[name] for name in entry.operands)
        if entry.operator is None:
            value = entry.value
            if entry.kind == CONSTANT:
                value = np.array(value)
                value.setflags(write=False)
            node = self._append(entry.name, entry.kind, entry.spec.named(entry.name), value=value)
        elif entry.operator is output:
            (parent,), port = operands, entry.attributes["port"]
            if port not in range(len(parent.ports)):
                raise GraphError(
                    f"the node {entry.name!r} is output {port!r} of {parent.name!r}, which has {len(parent.ports)} "
                    "outputs to choose from"
                )
            node = self._append(entry.name, APPLIED, parent.ports[port], output, operands, entry.attributes)
            self._ports.setdefault(parent, {})[port] = node
        else:
            try:
                spec = entry.operator.specs([n.spec for n in operands], entry.attributes)
            except Exception as error:
                raise self._misfit(entry.operator, operands, entry.attributes, error) from error
            node = self._append(entry.name, APPLIED, spec, entry.operator, operands, entry.attributes)
        node.scope, node.source = entry.scope, entry.source


def initial_value(node: Node, seed: int) -> np.ndarray[Any, Any]:
    """A parameter's first value; random ones depend on the seed and the parameter's name alone."""
    initial = node.value
    if isinstance(initial, np.ndarray):
        return initial.copy()
    shape: tuple[int, ...] = node.shape  # type: ignore[assignment]  # a parameter's is concrete
    rng = np.random.default_rng([seed, *node.name.encode()])
    made = default(shape, rng) if initial is None else _call_initial(initial, shape, rng)
    value = np.array(made, node.dtype)
    if value.shape != shape:
        raise ShapeError(f"the initial value of {node.name!r} has shape {value.shape}, not {shape}")
    return value


def _call_initial(initial: Callable[..., Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """An initialiser takes the shape and a generator; any other function, such as `np.zeros`, the shape."""
    try:
        parameters = inspect.signature(initial).parameters.values()
    except ValueError:  # a builtin without a signature
        return initial(shape)
    required = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    return initial(shape, rng) if len(required) >= 2 else initial(shape)


def _user_line() -> tuple[str, int] | None:
    """File and line of the nearest caller outside dagprop and NumPy."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def graph_of(node: Node) -> Graph:
    """The graph that a node belongs to.  OperandError for what is no node."""
    if not isinstance(node, Node):
        raise OperandError(f"{node!r:.60} is not a node: graph['name'] finds one by its name")
    assert isinstance(node.graph, Graph)
    return node.graph


def _flat(node: Node) -> tuple[Any, ...]:
    """A node without other nodes in it: they are named."""
    primal = node.primal and (node.primal.kind, node.primal.of.name, node.primal.edge)
    spec = node.ports or node.spec
    operands = [operand.name for operand in node.operands]
    made = node.scope, node.source
    return node.name, node.kind, spec, node.operator, operands, node.attributes, node.value, made, primal


def _rebuilt(name: str, dtype: np.dtype[Any], base: Graph | None, nodes: list[Any], outputs: list[str]) -> Graph:
    graph = base.extension() if base is not None else Graph(name, dtype)
    for own, kind, spec, operator, operands, attributes, value, (scope, source), primal in nodes:
        node = graph._append(own, kind, spec, operator, tuple(graph[o] for o in operands), attributes, value)
        node.scope, node.source = scope, source
        if primal is not None:
            node.primal = Primal(primal[0], graph[primal[1]], primal[2])
        if operator is output:
            graph._ports.setdefault(node.operands[0], {})[attributes["port"]] = node
    graph.outputs = tuple(graph[o] for o in outputs)
    return graph
