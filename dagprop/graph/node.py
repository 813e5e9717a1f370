"""Node: a light handle to one value of a graph.

Python operators, indexing and NumPy functions on a node add nodes to its graph, through NumPy's own dispatch
protocols (NEP 13 and NEP 18): which operator answers a NumPy function, the registry knows.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dagprop import arguments
from dagprop.dimension import Dim
from dagprop.errors import GraphError, OperandError, source_line
from dagprop.graph.arithmetic import Arithmetic
from dagprop.graph.initialisers import first_value
from dagprop.operators.structure import astype
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.spec import Spec

INPUT, PARAMETER, CONSTANT, APPLIED = "input", "parameter", "constant", "operator"
"""The kinds of node: three kinds of leaf, and an operator applied."""

_PARTS = Spec((), np.dtype(object))
"""The Spec of a value of several parts, which are told by `ports`."""


class Edge(NamedTuple):
    """An edge of a graph: `source`'s value fills the operand `slot` of `target`."""

    source: str
    target: str
    slot: int


class Primal(NamedTuple):
    """What a node of the backward half stands for.

    `kind` is `"adjoint"` (the whole gradient that arrives at the node `of`), `"contribution"` (what one edge
    sends back) or `"step"` (work towards it); `edge` is that edge, for the last two where it is known.
    """

    kind: str
    of: Node
    edge: Edge | None = None


class Node(Arithmetic):
    """One value of a graph.

    Attributes
    ----------
    graph : Graph
        The graph that holds it.
    name : str
        Unique in the graph, its scope in front: `layer1/z0`.
    kind : str
        `"input"`, `"parameter"`, `"constant"` or `"operator"`.
    operator, operands, attributes
        The operator applied (None for a leaf), its operand nodes by slot, its attributes.
    spec : Spec
        The shape and dtype; `shape`, `dtype`, `ndim` and `size` read it.
    scope : str
        The part of the model it was made in.
    source : tuple of (str, int)
        The user's file and line that made it.
    value
        A constant's array, or a parameter's initial value.
    automatic : bool
        Whether dagprop named it, by its operator and a number: a formula then says what it is rather than its name.
    primal : Primal or None
        For a node of the backward half: whose adjoint, or which edge's contribution, it is.
    origin : Node or None
        For a node of a program's graph: the node of the user's graph (or its backward half) that it came from.
    index : int
        Greater than every operand's: sorting by it is a topological order.

    Examples
    --------
    >>> import numpy as np, dagprop as dp
    >>> g = dp.Graph("example")
    >>> x = g.input("x", (3,))
    >>> np.exp(x * 2).named("y")
    <Node y: exp (3,) float64>
    """

    __slots__ = (
        "__weakref__", "attributes", "automatic", "graph", "index", "kind", "name", "operands", "operator", "origin",
        "ports", "primal", "scope", "source", "spec", "value",
    )  # fmt: skip

    def __init__(
        self,
        graph: Any,
        name: str,
        kind: str,
        spec: Spec | tuple[Spec, ...],
        operator: Operator | None = None,
        operands: tuple[Node, ...] = (),
        attributes: dict[str, Any] | None = None,
        value: Any = None,
        automatic: bool = False,
        scope: str = "",
        source: tuple[str, int] | None = None,
        index: int = -1,
    ) -> None:
        self.graph: Any = graph  # a Graph: that module stands on this one, and `graph_of` tells the type checker
        self.name, self.kind, self.automatic = name, kind, automatic
        self.operator, self.operands, self.attributes = operator, operands, attributes or {}
        self.ports: tuple[Spec, ...] = spec if isinstance(spec, tuple) else ()
        self.spec = _PARTS if isinstance(spec, tuple) else spec
        self.value, self.scope, self.source, self.index = value, scope, source, index
        self.primal: Primal | None = None
        self.origin: Node | None = None

    def named(self, name: str) -> Node:
        """Give the node a name (within its scope) and return it; refused where another node has it."""
        self.graph.rename(self, name)
        return self

    def initial_value(self, seed: int = 0) -> np.ndarray[Any, Any]:
        """A parameter's first value; where it is random, it depends on the seed and the name alone."""
        if self.kind != PARAMETER:
            raise GraphError(f"only a parameter has a first value, and {self.name!r} is of kind {self.kind!r}")
        shape: tuple[int, ...] = self.shape  # type: ignore[assignment]  # a parameter's is concrete
        return first_value(self.value, self.name, shape, self.dtype, seed)

    # ---- what it is ---------------------------------------------------------------------------------------

    @property
    def differentiable(self) -> bool:
        """Whether a gradient can arrive here: the dtype is a real floating one."""
        return self.spec.dtype.kind == "f"

    @property
    def what(self) -> str:
        """The operator's name, or the kind of leaf."""
        return self.operator.name if self.operator is not None else self.kind

    def describe(self) -> str:
        """`name (shape) dtype, made at file:line  code`: how errors speak of a node."""
        made = source_line(self.source)
        return f"{self.name} {self.spec}" + (f"  made at {made}" if made else "")

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return python.getitem, (self.graph, self.name)  # a graph is pickled as a whole

    def __repr__(self) -> str:
        return f"<Node {self.name}: {self.what} {self.spec}>"

    # ---- NumPy's protocols --------------------------------------------------------------------------------

    def __dagprop_apply__(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        return self.graph.destination().apply(operator, operands, attributes)

    def __dagprop_mark__(self) -> tuple[Any, int]:
        graph = self.graph.destination()
        return graph, graph.mark

    def _no_number(self, *_: Any) -> NoReturn:
        raise OperandError(
            f"the node {self.name!r} has no number while the graph is built. NumPy's functions work on it, np.exp in "
            "place of math.exp; dp.forward gives its value"
        )

    __float__ = __int__ = __complex__ = __round__ = __trunc__ = __floor__ = __ceil__ = _no_number

    def __bool__(self) -> bool:
        raise OperandError(
            f"the node {self.name!r} has no truth value while the graph is built. Use np.where(condition, a, b) "
            "to choose between values, `is` to compare nodes"
        )

    def __getitem__(self, index: Any) -> Node:
        return _answered(python.getitem, self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise OperandError(f"the node {self.name!r} is a scalar: it has no length")
        return python.index(self.shape[0])

    def __iter__(self) -> Iterator[Node]:
        return (self[i] for i in range(len(self)))

    def __pow__(self, exponent: Any) -> Node:
        """The power; like NumPy, the square where the exponent is the number 2."""
        squared = (
            type(exponent) in (int, float) and exponent == 2 and np.result_type(self.dtype, exponent) == self.dtype
        )
        return _answered(np.square, self) if squared else _answered(np.power, self, exponent)

    __ipow__ = __pow__

    # ---- arrays' methods ----------------------------------------------------------------------------------

    @property
    def T(self) -> Node:  # noqa: N802  # NumPy's name
        """The axes reversed."""
        return _answered(np.transpose, self)

    @property
    def mT(self) -> Node:  # noqa: N802  # NumPy's name
        """The last two axes swapped."""
        return _answered(np.swapaxes, self, -1, -2)

    def sum(self, *args: Any, **kwargs: Any) -> Node:
        """`np.sum` of the node."""
        return _answered(np.sum, self, *args, **kwargs)

    def prod(self, *args: Any, **kwargs: Any) -> Node:
        """`np.prod` of the node."""
        return _answered(np.prod, self, *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Node:
        """`np.mean` of the node."""
        return _answered(np.mean, self, *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Node:
        """`np.max` of the node."""
        return _answered(np.max, self, *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Node:
        """`np.min` of the node."""
        return _answered(np.min, self, *args, **kwargs)

    def var(self, *args: Any, **kwargs: Any) -> Node:
        """`np.var` of the node."""
        return _answered(np.var, self, *args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Node:
        """`np.std` of the node."""
        return _answered(np.std, self, *args, **kwargs)

    def cumsum(self, *args: Any, **kwargs: Any) -> Node:
        """`np.cumsum` of the node."""
        return _answered(np.cumsum, self, *args, **kwargs)

    def clip(self, *args: Any, **kwargs: Any) -> Node:
        """`np.clip` of the node."""
        return _answered(np.clip, self, *args, **kwargs)

    def dot(self, *args: Any, **kwargs: Any) -> Node:
        """`np.dot` of the node."""
        return _answered(np.dot, self, *args, **kwargs)

    def diagonal(self, *args: Any, **kwargs: Any) -> Node:
        """`np.diagonal` of the node."""
        return _answered(np.diagonal, self, *args, **kwargs)

    def trace(self, *args: Any, **kwargs: Any) -> Node:
        """`np.trace` of the node."""
        return _answered(np.trace, self, *args, **kwargs)

    def squeeze(self, *args: Any, **kwargs: Any) -> Node:
        """`np.squeeze` of the node."""
        return _answered(np.squeeze, self, *args, **kwargs)

    def swapaxes(self, *args: Any, **kwargs: Any) -> Node:
        """`np.swapaxes` of the node."""
        return _answered(np.swapaxes, self, *args, **kwargs)

    def ravel(self, *args: Any, **kwargs: Any) -> Node:
        """`np.ravel` of the node."""
        return _answered(np.ravel, self, *args, **kwargs)

    flatten = ravel

    def reshape(self, *shape: Any) -> Node:
        """`np.reshape` of the node; the shape as one tuple, or as several ints."""
        return _answered(np.reshape, self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Node:
        """`np.transpose` of the node; the axes as one tuple, or as several ints."""
        return _answered(np.transpose, self, (axes[0] if len(axes) == 1 else axes) or None)

    def astype(self, dtype: DTypeLike) -> Node:
        """The node's value in another dtype."""
        node: Node = astype(self, dtype=arguments.dtype("dtype", dtype))
        return node


Operand: TypeAlias = Node | ArrayLike | Dim
"""What stands beside a node: a node, numbers, or the size of a dimension, such as `x.shape[0]`."""


def _answered(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Node:
    node: Node = registry.answering(function)(*args, **kwargs)
    return node
