"""From nodes to instructions: loops, products, reductions and copies over views, and calls for the rest.

An operator says itself what it becomes (`op.lower`), or what its result is: a ufunc of its operands, a view of the
first, a reduction.  What says none of it is called as it is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from dagprop.graph.node import Node
from dagprop.operators.structure import output
from dagprop.plugin.interpretation import Declared
from dagprop.plugin.operator import Operator
from dagprop.program.instructions import (
    CALL,
    COPY,
    FRAGILE,
    GUFUNC,
    LOOP,
    REDUCE,
    SCALAR,
    Instruction,
    has_cast,
    loop_dtypes,
)
from dagprop.program.layout import (
    CONSTANT,
    INPUT,
    OUTPUT,
    SCRATCH,
    Array,
    Ints,
    Storage,
    View,
    memory_order,
    packed,
    undone,
    view_of,
)
from dagprop.spec import Spec

Lowered: TypeAlias = "View | tuple[View, ...]"
"""Where a node's value lies; a tuple of views for an operator with several outputs."""


Kind: TypeAlias = "tuple[Operator | None, tuple[np.dtype[Any], ...]]"
"""What nodes have in common that are lowered alike: operator and operands' dtypes."""


def kind_of(node: Node) -> Kind:
    """The kind of a node."""
    return node.operator, tuple([operand.dtype for operand in node.operands])


def keeps(operator: Operator) -> bool:
    """Whether an operator is lowered as it is; others are expanded by their own rules first."""
    known = operator.ufunc is not None or operator.view or operator.reduces is not None or operator in Operator.lower
    return known or operator is output


class Lowering:
    """The instructions for a sequence of nodes, in order.

    A rule of `op.lower` is given this as `to`, and its methods are what it writes instructions with.  Nodes of
    the kinds `called` become calls of their forward rule.
    """

    def __init__(
        self,
        leaves: Sequence[Node],
        order: Sequence[Node],
        outputs: Sequence[Node],
        called: AbstractSet[Kind] = frozenset(),
    ) -> None:
        self.instructions: list[Instruction | list[Instruction]] = []
        self._are_called = called
        self.views: dict[Node, Lowered] = {}
        self.inputs = [self._leaf(node, number) for number, node in enumerate(leaves)]
        self._home = {node: number for number, node in reversed(list(enumerate(outputs)))}
        self.outputs: list[Storage | None] = [None] * len(outputs)
        for node in order:
            if node not in self.views:
                self._node = node
                self.views[node] = self._lowered(node)
        for number, node in enumerate(outputs):
            self._deliver(node, number)

    def _leaf(self, node: Node, number: int) -> Storage:
        view = self._made(INPUT, node.shape, node.dtype, node, number)
        self.views[node] = view
        return view.storage

    def _deliver(self, node: Node, number: int) -> None:
        """Copy an output that is an input, a view or another output's double to memory of its own."""
        view = self._view(node)
        if view.storage.kind == OUTPUT and view.storage.number == number and view.storage.node is node:
            return
        target = self._made(OUTPUT, view.shape, view.dtype, node, number)
        self.outputs[number] = target.storage
        self._node = node
        self.copy(view, target)

    def _view(self, node: Node) -> View:
        found = self.views[node]
        assert isinstance(found, View)
        return found

    # ---- memory -------------------------------------------------------------------------------------------------

    @staticmethod
    def _made(kind: str, shape: Sequence[Any], dtype: np.dtype[Any], node: Node, number: int = -1) -> View:
        strides = packed(shape, dtype.itemsize)  # every dimension is a number here
        return View(Storage(kind, math.prod(shape) * dtype.itemsize, node, number), 0, tuple(shape), strides, dtype)

    def result(self, like: View | None = None) -> View:
        """Memory for the result: an output where it is one, else scratch, laid out as an operand of its shape is."""
        node = self._node
        number = self._home.get(node)
        if number is None:
            order = memory_order((like,), like.shape) if like is not None else None
            return self._scratch(node.shape, node.dtype, order)
        view = self._made(OUTPUT, node.shape, node.dtype, node, number)
        self.outputs[number] = view.storage
        return view

    def temporary(self, shape: Ints, dtype: DTypeLike, like: View | None = None) -> View:
        """Scratch memory for a step on the way, laid out as another view's first axes are."""
        order = memory_order((like,), like.shape) if like is not None else None
        return self._scratch(shape, np.dtype(dtype), order)

    def _scratch(self, shape: Sequence[Any], dtype: np.dtype[Any], order: Ints | None) -> View:
        if order is None:
            return self._made(SCRATCH, shape, dtype, self._node)
        return self._made(SCRATCH, [shape[axis] for axis in order], dtype, self._node).transposed(undone(order))

    def constant(self, value: Array) -> View:
        """Memory that holds an array."""
        array = np.ascontiguousarray(value).reshape(value.shape)
        storage = Storage(CONSTANT, array.nbytes, self._node, array=array)
        return View(storage, 0, array.shape, array.strides, array.dtype)

    @property
    def zero(self) -> View:
        """A zero of the result's dtype."""
        return self.constant(np.zeros((), self._node.dtype))

    # ---- instructions -------------------------------------------------------------------------------------------

    def _emit(self, kind: str, function: Any, reads: tuple[View, ...], writes: tuple[View, ...]) -> None:
        if kind == COPY and not has_cast(reads[0].dtype, writes[0].dtype):
            kind, function = CALL, functools.partial(np.ndarray.astype, dtype=writes[0].dtype)
            reads = (reads[0].broadcast(writes[0].shape),)
        self.instructions.append(Instruction(kind, function, reads, writes, self._node))

    def copy(self, source: View, target: View) -> None:
        """Copy the values, repeated and cast as the target asks, to it."""
        self._emit(COPY, None, (source,), (target,))

    def pointwise(self, function: np.ufunc | str | None, *operands: View, kind: str = LOOP) -> View:
        """The result of a loop over operands that broadcast; laid out in memory as they are.

        The function is a ufunc, `"where"`, or None for a copy.
        """
        shape: Ints = self._node.shape  # type: ignore[assignment]
        reads = tuple([view.broadcast(shape) for view in operands])
        order = memory_order(reads, shape)
        number = self._home.get(self._node)
        out = self._scratch(shape, self._node.dtype, order) if number is None else self.result()
        if order is None:
            self._emit(kind, function, reads, (out,))
        else:
            self._emit(kind, function, tuple([view.transposed(order) for view in reads]), (out.transposed(order),))
        return out

    def copied(self, view: View) -> View:
        """The result, copied from a view and cast."""
        return self.pointwise(None, view, kind=COPY)

    def cast(self, view: View, dtype: np.dtype[Any] | None = None) -> View:
        """The view's values in another dtype; in the result's, where none is given."""
        dtype = self._node.dtype if dtype is None else dtype
        if view.dtype is dtype or view.dtype == dtype:
            return view
        made = self.temporary(view.shape, dtype)
        self.copy(view, made)
        return made

    def contiguous(self, view: View) -> View:
        """The same values one behind the other."""
        if view.contiguous:
            return view
        made = self.temporary(view.shape, view.dtype)
        self.copy(view, made)
        return made

    def laid_out(self, view: View, like: View) -> View:
        """The same values, their axes in the order in memory that another view's first axes have."""
        order = memory_order((like,), like.shape)
        return view if order is None else self.contiguous(view.transposed(order)).transposed(undone(order))

    def for_blas(self, view: View) -> View:
        """A matrix whose rows or whose columns are contiguous, as BLAS takes them; others are copied."""
        size, (rows, columns) = view.dtype.itemsize, view.shape[-2:]
        down, across = view.strides[-2:]
        by_rows = (across == size or columns == 1) and (down >= size * columns or rows == 1)
        by_columns = (down == size or rows == 1) and (across >= size * rows or columns == 1)
        return view if by_rows or by_columns else self.contiguous(view)

    def gufunc(self, function: np.ufunc, reads: tuple[View, ...], out: View) -> None:
        """A generalised ufunc, such as np.matmul; its operands have the result's outer axes."""
        self._emit(GUFUNC, function, reads, (out,))

    @contextmanager
    def by_blocks(self, out: View) -> Iterator[Group]:
        """Loops over a result that are run together, block by block, where they have rows in common."""
        group = Group(self._node, memory_order((out,), out.shape))
        yield group
        if len({instruction.writes[0].shape[0] for instruction in group.instructions}) == 1:
            self.instructions.append(group.instructions)
        else:
            self.instructions += group.instructions

    # ---- operators ----------------------------------------------------------------------------------------------

    def _lowered(self, node: Node) -> Lowered:
        op = node.operator
        if op is None:
            return self.constant(node.value)  # the other leaves have views from the start
        if op is output:
            ports = self.views[node.operands[0]]
            assert not isinstance(ports, View)
            port: int = node.attributes["port"]
            return ports[port]
        if self._are_called and kind_of(node) in self._are_called:
            return self._called(node, op)
        rule = Operator.lower[op]
        made = self._declared(node, rule) if rule is not None else None
        return made or self._derived(node, op) or self._called(node, op)

    def _declared(self, node: Node, rule: Declared) -> Lowered | None:
        """What the operator's own rule makes of its operands' views."""
        mark = len(self.instructions)
        made: Lowered | None = rule(self, *map(self._view, node.operands), out=node, attributes=node.attributes)
        if made is None:
            del self.instructions[mark:]
            return None
        views: Sequence[Any] = made if type(made) is tuple else (made,)  # a view is one by another name
        if not all(isinstance(view, View) for view in views) or not _fit(views, node):
            told = ", ".join(str(Spec(v.shape, v.dtype)) if isinstance(v, View) else f"{v!r:.60}" for v in views)
            rows = [("node", node.describe()), ("returned", told)]
            raise rule.wrong("returned a view that is not the result's", rows)
        return made

    def _derived(self, node: Node, op: Operator) -> Lowered | None:
        """What follows from the operator's facts."""
        if op.ufunc is not None and op.ufunc.signature is None and not node.ports:
            return self._loop(node, op.ufunc)
        if op.reduces is not None:
            return self._reduced(node, op.reduces)
        return self._viewed(node, op) if op.view and len(node.operands) == 1 else None

    def _loop(self, node: Node, ufunc: np.ufunc) -> View | None:
        reads = [self._view(o) for o in node.operands]
        dtypes = loop_dtypes(ufunc, tuple([view.dtype for view in reads]))
        if dtypes[-1] != node.dtype:
            return None
        operands = [
            view if view.dtype is dtype else self.cast(view, dtype) for view, dtype in zip(reads, dtypes, strict=False)
        ]
        if ufunc in FRAGILE:
            shape: Ints = node.shape  # type: ignore[assignment]
            operands = [self.contiguous(view.broadcast(shape)) for view in operands]
        # One number is worked out by libm, whose last bit may differ from NumPy's, and which is called faster.  But
        # NumPy's power takes the root for an exponent of 0.5 that has no axes, and for one that has some does not.
        single = node.size == 1 and not (ufunc is np.power and node.operands[1].ndim)
        return self.pointwise(ufunc, *operands, kind=SCALAR if single else LOOP)

    def _reduced(self, node: Node, ufunc: np.ufunc) -> View | None:
        source = self._view(node.operands[0])
        axis = node.attributes["axis"]
        axes = range(source.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        reduced = {a % max(1, source.ndim) for a in axes}
        if any(source.shape[a] == 0 for a in reduced) and ufunc.identity is None:
            return None
        source = self.cast(source)
        out = self.result()
        kept = tuple(1 if a in reduced else n for a, n in enumerate(source.shape))
        order = memory_order((source,), source.shape)
        self._emit(REDUCE, ufunc, (source.transposed(order),), (out.reshaped(kept).transposed(order),))
        return out

    def _viewed(self, node: Node, op: Operator) -> Lowered | None:
        """A view of the operand; where NumPy would copy, a copy."""
        source = self._view(node.operands[0])
        function = functools.partial(op.forward, **node.attributes)
        views = view_of(function, source)
        if views is None and not source.contiguous:
            views = view_of(function, self.contiguous(source))
        if views is None or not _fit(views, node):
            return None  # its rule breaks its word, which the call of it will say
        return views if node.ports else views[0]

    def _called(self, node: Node, op: Operator) -> Lowered:
        """A Python call, for what has no loop."""
        function = functools.partial(op.forward, **node.attributes) if node.attributes else op.forward
        reads = tuple(self._view(o) for o in node.operands)
        if node.ports:
            function = function if len(node.ports) > 1 else functools.partial(_only, function)
            made = tuple(self._made(SCRATCH, spec.shape, spec.dtype, node) for spec in node.ports)
            self._emit(CALL, function, reads, made)
            return made
        out = self.result()
        self._emit(CALL, function, reads, (out,))
        return out


class Group:
    """Loops that are run together, block by block: views are turned into the order that the result has in memory."""

    def __init__(self, node: Node, order: Ints | None) -> None:
        self.instructions: list[Instruction] = []
        self._node, self._order = node, order

    def copy(self, source: View, target: View) -> None:
        """Copy the values, repeated as the target asks, to it."""
        self._emit(COPY, None, (source,), target)

    def loop(self, function: np.ufunc | str, *operands: View, out: View) -> None:
        """A loop over operands: a ufunc, or `"where"`."""
        self._emit(LOOP, function, operands, out)

    def _emit(self, kind: str, function: Any, reads: tuple[View, ...], out: View) -> None:
        turned = tuple(view.broadcast(out.shape).transposed(self._order) for view in reads)
        self.instructions.append(Instruction(kind, function, turned, (out.transposed(self._order),), self._node))


def _fit(views: Sequence[View], node: Node) -> bool:
    """Whether the views have the shapes and dtypes of the node's values."""
    wanted = [(spec.shape, spec.dtype) for spec in node.ports or (node.spec,)]
    return [(view.shape, view.dtype) for view in views] == wanted


def _only(function: Callable[..., Sequence[Array]], *operands: Array) -> Array:
    (value,) = function(*operands)
    return value
