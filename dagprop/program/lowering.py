"""From nodes to instructions: loops, products, reductions and copies over views, and calls for the rest."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from dagprop.graph.node import CONSTANT as CONSTANT_NODE
from dagprop.graph.node import INPUT as INPUT_NODE
from dagprop.graph.node import PARAMETER, Node
from dagprop.plugin.operator import Operator
from dagprop.program import windows
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
from dagprop.program.windows import Part

LOOP, SCALAR, COPY, GUFUNC, REDUCE = "loop", "scalar", "copy", "gufunc", "reduce"
TAKE, SCATTER_ADD, CALL = "take", "scatter_add", "call"


Lowered: TypeAlias = "View | tuple[View, ...]"
"""Where a node's value lies; a tuple of views for an operator with several outputs."""


class Instruction(NamedTuple):
    """One instruction: what it does, with which function, what it reads and writes, and the node it is work for."""

    kind: str
    function: Any
    reads: tuple[View, ...]
    writes: tuple[View, ...]
    node: Node


VIEWING = (
    "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "expand_dims", "squeeze", "broadcast_to", "getitem",
    "diagonal", "flip", "fliplr", "flipud", "rot90", "split", "array_split", "hsplit", "vsplit", "dsplit",
    "atleast_1d", "atleast_2d", "windows",
)  # fmt: skip
"""Operators whose result may be a view of their first operand."""

REDUCTIONS: dict[str, np.ufunc] = {
    "sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "any": np.logical_or,
    "all": np.logical_and,
}  # fmt: skip


FRAGILE = (np.negative, np.isfinite)
"""Ufuncs whose loops are wrong for strided results: in NumPy 2.4 on AVX-512, np.negative(x[::8], out=y[::2])."""


@functools.lru_cache(maxsize=4096)
def loop_dtypes(ufunc: np.ufunc, operands: tuple[np.dtype[Any], ...]) -> tuple[np.dtype[Any], ...]:
    """The dtypes that the ufunc's inner loop takes and gives for operands of these dtypes."""
    return tuple(ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout)))


def keeps(operator: Operator) -> bool:
    """Whether an operator is lowered as it is; others are expanded by their own rules first."""
    return isinstance(operator.forward, np.ufunc) or (operator.namespace == "core" and operator.name in _RULES)


class Lowering:
    """The instructions for a sequence of nodes, in order."""

    def __init__(self, leaves: Sequence[Node], order: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.instructions: list[Instruction | list[Instruction]] = []
        self.views: dict[Node, Lowered] = {}
        self.inputs = [self._leaf(node, number) for number, node in enumerate(leaves)]
        self._home = {node: number for number, node in reversed(list(enumerate(outputs)))}
        self.outputs: list[Storage | None] = [None] * len(outputs)
        for node in order:
            if node not in self.views:
                self.views[node] = self._lower(node)
        for number, node in enumerate(outputs):
            self._deliver(node, number)

    def view(self, node: Node) -> View:
        """Where a node's value lies."""
        found = self.views[node]
        assert isinstance(found, View)
        return found

    # ---- storages -----------------------------------------------------------------------------------------------

    def _leaf(self, node: Node, number: int) -> Storage:
        view = self._make(INPUT, node.shape, node.dtype, node, number)  # type: ignore[arg-type]
        self.views[node] = view
        return view.storage

    @staticmethod
    def _make(kind: str, shape: Ints, dtype: np.dtype[Any], node: Node, number: int = -1) -> View:
        strides = packed(shape, dtype.itemsize)
        return View(Storage(kind, math.prod(shape) * dtype.itemsize, node, number), 0, shape, strides, dtype)

    def fresh(self, node: Node, order: Ints | None = None) -> View:
        """A storage for the node's value: an output where it is one, else scratch, the axes in this order in memory."""
        shape: Ints = node.shape  # type: ignore[assignment]  # every dimension is a number here
        number = self._home.get(node)
        if number is None:
            if order is None:
                return self._make(SCRATCH, shape, node.dtype, node)
            turned = tuple([shape[axis] for axis in order])
            return self._make(SCRATCH, turned, node.dtype, node).transposed(undone(order))
        view = self._make(OUTPUT, shape, node.dtype, node, number)
        self.outputs[number] = view.storage
        return view

    def temporary(self, shape: Ints, dtype: np.dtype[Any], node: Node) -> View:
        """Scratch memory for a step on the way."""
        return self._make(SCRATCH, shape, dtype, node)

    @staticmethod
    def constant(value: Array, node: Node) -> View:
        """A storage that holds an array."""
        array = np.ascontiguousarray(value).reshape(value.shape)
        return View(Storage(CONSTANT, array.nbytes, node, array=array), 0, array.shape, array.strides, array.dtype)

    def _deliver(self, node: Node, number: int) -> None:
        """Copy an output that is an input, a view or another output's double to memory of its own."""
        view = self.view(node)
        if view.storage.kind == OUTPUT and view.storage.number == number and view.storage.node is node:
            return
        target = self._make(OUTPUT, view.shape, view.dtype, node, number)
        self.outputs[number] = target.storage
        self.emit(COPY, None, (view,), (target,), node)

    # ---- instructions -------------------------------------------------------------------------------------------

    def emit(self, kind: str, function: Any, reads: tuple[View, ...], writes: tuple[View, ...], node: Node) -> None:
        """Add an instruction."""
        self.instructions.append(Instruction(kind, function, reads, writes, node))

    def pointwise(self, kind: str, function: Any, operands: tuple[View, ...], node: Node) -> View:
        """A loop over operands of the node's shape; its result is laid out in memory as they are."""
        order = memory_order(operands, node.shape)  # type: ignore[arg-type]  # every dimension is a number here
        out = target = self.fresh(node, order)
        if order is not None:
            operands, target = tuple([view.transposed(order) for view in operands]), out.transposed(order)
        self.instructions.append(Instruction(kind, function, operands, (target,), node))
        return out

    def group(self, parts: Iterable[Part], node: Node) -> None:
        """Loops that are run block by block, as one instruction, where they have rows in common."""
        made = [
            Instruction(COPY if function is None else LOOP, function, reads, writes, node)
            for function, reads, writes in parts
        ]
        if len({instruction.writes[0].shape[0] for instruction in made}) == 1:
            self.instructions.append(made)
        else:
            self.instructions += made

    def cast(self, view: View, dtype: np.dtype[Any], node: Node) -> View:
        """The view's values in another dtype."""
        if view.dtype == dtype:
            return view
        made = self.temporary(view.shape, dtype, node)
        self.emit(COPY, None, (view,), (made,), node)
        return made

    def contiguous(self, view: View, node: Node) -> View:
        """The same values one behind the other."""
        if view.contiguous:
            return view
        made = self.temporary(view.shape, view.dtype, node)
        self.emit(COPY, None, (view,), (made,), node)
        return made

    def _lower(self, node: Node) -> Lowered:
        op = node.operator
        if op is None:
            assert node.kind == CONSTANT_NODE or node.kind in (INPUT_NODE, PARAMETER)
            return self.constant(node.value, node)
        if op.name == "output" and op.namespace == "core":
            ports = self.views[node.operands[0]]
            assert not isinstance(ports, View)
            port: int = node.attributes["port"]
            return ports[port]
        if isinstance(op.forward, np.ufunc) and not node.ports and op.forward.signature is None:
            return self._loop(node, op.forward)
        if op.namespace == "core":
            rule = _RULES.get(op.name)
            made: Lowered | None = rule(self, node) if rule is not None else None
            if made is not None:
                return made
        return self._call(node)

    def _loop(self, node: Node, ufunc: np.ufunc) -> Lowered:
        reads = [self.view(o) for o in node.operands]
        dtypes = loop_dtypes(ufunc, tuple([view.dtype for view in reads]))
        if dtypes[-1] != node.dtype:
            return self._call(node)
        shape: Ints = node.shape  # type: ignore[assignment]
        operands = tuple(
            [
                (view if view.dtype is dtype or view.dtype == dtype else self.cast(view, dtype, node)).broadcast(shape)
                for view, dtype in zip(reads, dtypes, strict=False)
            ]
        )
        if ufunc in FRAGILE:
            operands = tuple([self.contiguous(view, node) for view in operands])
        # one number is worked out by libm, whose last bit may differ from NumPy's, and which is called faster
        return self.pointwise(SCALAR if node.size == 1 else LOOP, ufunc, operands, node)

    def _call(self, node: Node) -> Lowered:
        """A Python call, for what has no loop."""
        op = node.operator
        assert op is not None
        function = functools.partial(op.forward, **node.attributes) if node.attributes else op.forward
        reads = tuple(self.view(o) for o in node.operands)
        if node.ports:
            function = function if len(node.ports) > 1 else functools.partial(_only, function)
            made = tuple(self._make(SCRATCH, spec.shape, spec.dtype, node) for spec in node.ports)  # type: ignore[arg-type]
            self.emit(CALL, function, reads, made, node)
            return made
        out = self.fresh(node)
        self.emit(CALL, function, reads, (out,), node)
        return out


def _only(function: Callable[..., Sequence[Array]], *operands: Array) -> Array:
    (value,) = function(*operands)
    return value


# ---- how operators are lowered --------------------------------------------------------------------------------------


def _viewing(to: Lowering, node: Node) -> Lowered | None:
    """A view of the operand; where NumPy would copy, a copy."""
    op = node.operator
    assert op is not None
    if len(node.operands) != 1:
        return None
    source = to.view(node.operands[0])
    function = functools.partial(op.forward, **node.attributes)
    views = view_of(function, source)
    if views is None and not source.contiguous:
        views = view_of(function, to.contiguous(source, node))
    if views is None:
        return None
    return views if node.ports else views[0]


def _astype(to: Lowering, node: Node) -> View:
    return to.pointwise(COPY, None, (to.view(node.operands[0]),), node)


def _where(to: Lowering, node: Node) -> View | None:
    condition, x, y = map(to.view, node.operands)
    if condition.dtype != np.bool_:
        return None
    shape: Ints = node.shape  # type: ignore[assignment]
    chosen = tuple(to.cast(view, node.dtype, node).broadcast(shape) for view in (x, y))
    return to.pointwise(LOOP, "where", (condition.broadcast(shape), *chosen), node)


def _matmul(to: Lowering, node: Node) -> View:
    a, b = (to.cast(to.view(o), node.dtype, node) for o in node.operands)
    out = to.fresh(node)
    target = out
    size = node.dtype.itemsize
    if len(a.shape) == 1:  # a row
        a = View(a.storage, a.offset, (1, *a.shape), (size, *a.strides), a.dtype)
        target = View(target.storage, 0, (*out.shape[:-1], 1, *out.shape[-1:]), (), out.dtype)
    if len(b.shape) == 1:  # a column
        b = View(b.storage, b.offset, (*b.shape, 1), (*b.strides, size), b.dtype)
        target = View(target.storage, 0, (*target.shape, 1), (), out.dtype)
    if len(target.shape) < 2:
        target = View(target.storage, 0, (1,) * (2 - len(target.shape)) + target.shape, (), out.dtype)
    target = target.reshaped((*target.shape[:-2], a.shape[-2], b.shape[-1]))
    stack = target.shape[:-2]
    a, b = (_for_blas(to, view, node) for view in (a, b))
    to.emit(
        GUFUNC,
        np.matmul,
        (a.broadcast((*stack, *a.shape[-2:])), b.broadcast((*stack, *b.shape[-2:]))),
        (target,),
        node,
    )
    return out


def _for_blas(to: Lowering, view: View, node: Node) -> View:
    """BLAS takes a matrix whose rows or whose columns are contiguous; others are copied."""
    size, (rows, columns) = view.dtype.itemsize, view.shape[-2:]
    down, across = view.strides[-2:]
    by_rows = (across == size or columns == 1) and (down >= size * columns or rows == 1)
    by_columns = (down == size or rows == 1) and (across >= size * rows or columns == 1)
    return view if by_rows or by_columns else to.contiguous(view, node)


def _reduce(to: Lowering, node: Node) -> View | None:
    assert node.operator is not None
    ufunc = REDUCTIONS[node.operator.name]
    source = to.view(node.operands[0])
    axis = node.attributes["axis"]
    axes = range(len(source.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = {a % max(1, len(source.shape)) for a in axes}
    if any(source.shape[a] == 0 for a in reduced) and ufunc.identity is None:
        return None
    source = to.cast(source, node.dtype, node)
    out = to.fresh(node)
    kept = tuple(1 if a in reduced else n for a, n in enumerate(source.shape))
    order = memory_order((source,), source.shape)
    to.emit(REDUCE, ufunc, (source.transposed(order),), (out.reshaped(kept).transposed(order),), node)
    return out


def _concatenate(to: Lowering, node: Node) -> View:
    axis = node.attributes["axis"] % len(node.shape)
    out = to.fresh(node)
    at = 0
    for operand in node.operands:
        view = to.view(operand)
        part = View(out.storage, out.offset + at * out.strides[axis], view.shape, out.strides, out.dtype)
        to.emit(COPY, None, (view,), (part,), node)
        at += view.shape[axis]
    return out


def _contiguous(to: Lowering, node: Node) -> View:
    return to.contiguous(to.view(node.operands[0]), node)


def _add_windows(to: Lowering, node: Node) -> View:
    values, stride = to.view(node.operands[0]), node.attributes["stride"]
    first = values.item((0,) * len(stride))
    out = to.fresh(node, memory_order((first,), first.shape))
    order = memory_order((out,), out.shape)
    zero = to.constant(np.zeros((), node.dtype), node)
    to.group(windows.add_windows(values, zero, out, stride, order), node)
    return out


def _add_at_max(to: Lowering, node: Node) -> View:
    values, x, largest = map(to.view, node.operands)
    size, stride = node.attributes["size"], node.attributes["stride"]
    out = to.fresh(node, memory_order((x,), x.shape))
    order = memory_order((out,), out.shape)
    turned = values.transposed(order)
    if order is not None:
        values = to.contiguous(turned, node).transposed(undone(order))
    zero = to.constant(np.zeros((), node.dtype), node)

    def room(dtype: np.dtype[Any]) -> View:
        return to.temporary(turned.shape, dtype, node)

    to.group(windows.add_at_max(values, x, largest, zero, out, size, stride, order, room), node)
    return out


_RULES: dict[str, Callable[[Lowering, Node], Any]] = {
    **dict.fromkeys(VIEWING, _viewing),
    **dict.fromkeys(REDUCTIONS, _reduce),
    "astype": _astype,
    "where": _where,
    "matmul": _matmul,
    "concatenate": _concatenate,
    "output": _viewing,
    "contiguous": _contiguous,
    "add_windows": _add_windows,
    "add_at_max": _add_at_max,
}
