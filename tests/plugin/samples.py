"""Calls to try every built-in operator with: by subject, one or more for each operator."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dagprop as dp

rng = np.random.default_rng(6)
SIGNED = rng.permutation(np.linspace(-1.9, 1.8, 6)).reshape(2, 3)
OTHER = rng.permutation(np.linspace(-1.6, 2.1, 6)).reshape(2, 3)
SHARE = rng.permutation(np.linspace(0.1, 0.9, 6)).reshape(2, 3)
ROW, COLUMN = np.array([0.5, 1.25, -0.75]), np.array([[1.5], [-0.25]])
SQUARE = rng.permutation(np.linspace(-1, 2, 9)).reshape(3, 3)
STACK = rng.permutation(np.linspace(-2, 2, 24)).reshape(2, 3, 4)
IMAGE = rng.permutation(np.linspace(-2, 2, 48)).reshape(1, 3, 4, 4)
FLAGS = np.array([[True, False, True], [False, False, True]])
COUNTS, MASKS = np.array([[5, 3, 12], [7, 0, 9]]), np.array([[6, 3, 4], [1, 9, 8]])


ARRAY = "array"
"""What stands in an index for the next of the index arrays."""


def index(op: dp.Operator, *entries: Any) -> Any:
    """An index as the pack of the operator writes it."""
    return sys.modules[op.__module__].Index(entries)


@dataclass(frozen=True, eq=False)
class Sample:
    """Operands, and how an operator is called with nodes for them."""

    operands: tuple[np.ndarray, ...]
    call: Callable[..., Any]


def called(call: Callable[..., Any], *operands: Any) -> list[Sample]:
    """`call(op, *nodes)`."""
    return [Sample(tuple(map(np.asarray, operands)), call)]


def of(*operands: Any, **attributes: Any) -> list[Sample]:
    """`op(*nodes, **attributes)`."""
    return called(lambda op, *nodes: op(*nodes, **attributes), *operands)


def listed(*operands: Any, **attributes: Any) -> list[Sample]:
    """`op([*nodes], **attributes)`."""
    return called(lambda op, *nodes: op([*nodes], **attributes), *operands)


def each(names: str, *samples: list[Sample]) -> dict[str, list[Sample]]:
    return {name: [*itertools.chain(*samples)] for name in names.split()}


PAIRS = of(SIGNED, OTHER) + of(COLUMN, ROW)
POSITIVE_PAIRS = of(SHARE, np.abs(OTHER)) + of(SHARE, np.abs(ROW))

SAMPLES: dict[str, list[Sample]] = {
    # activations and losses
    **each("sigmoid logsigmoid softplus silu mish softsign relu relu6 leaky_relu elu celu selu", of(SIGNED)),
    **each("hardtanh hardsigmoid hardswish gelu gelu_tanh normal_pdf normal_cdf", of(SIGNED)),
    "leaky_relu": of(SIGNED, slope=0.2),
    "hardtanh": of(SIGNED) + of(SIGNED, lower=-0.5, upper=1.5),
    **each("softmax log_softmax", of(SIGNED), of(STACK, axis=1)),
    **each("squared_error absolute_error hinge", of(SIGNED, OTHER)),
    "huber": of(SIGNED, OTHER) + of(SIGNED, ROW, delta=0.5),
    **each("binary_cross_entropy", of(SHARE, FLAGS.astype(float))),
    **each("binary_cross_entropy_with_logits", of(SIGNED, FLAGS.astype(float))),
    "cross_entropy": of(SHARE, np.eye(3)[[2, 0]]),
    "softmax_cross_entropy": of(SIGNED, np.eye(3)[[2, 0]]),
    "softmax_cross_entropy_labels": of(SIGNED, np.array([2, 0])),
    # arithmetic
    **each("add subtract multiply divide", PAIRS),
    **each("floor_divide remainder fmod hypot", PAIRS),
    **each("negative positive conjugate real reciprocal square cbrt", of(SIGNED)),
    **each("power float_power", POSITIVE_PAIRS),
    "power": POSITIVE_PAIRS + of(SHARE, 2.0) + of(SHARE, 0.5),
    **each("sqrt rsqrt", of(SHARE)),
    # elementary and piecewise
    **each("exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh sinc", of(SIGNED)),
    **each("deg2rad radians rad2deg degrees", of(SIGNED)),
    **each("log log2 log10 log1p arcsin arccos arctanh", of(SHARE)),
    "arccosh": of(SHARE + 1),
    **each("logaddexp logaddexp2 arctan2", PAIRS),
    **each("absolute fabs sign floor ceil trunc rint nan_to_num", of(SIGNED)),
    **each("heaviside maximum minimum fmax fmin", PAIRS),
    "clip": of(SIGNED, -0.5, ROW + 1),
    # comparisons and choices
    **each("greater greater_equal less less_equal equal not_equal", PAIRS),
    **each("isfinite isinf isnan", of(SIGNED)),
    **each("logical_and logical_or logical_xor", of(FLAGS, ~FLAGS[::-1]), of(SIGNED, OTHER)),
    "logical_not": of(FLAGS) + of(SIGNED),
    **each("bitwise_and bitwise_or bitwise_xor", of(COUNTS, MASKS), of(FLAGS, ~FLAGS[::-1])),
    "invert": of(COUNTS) + of(FLAGS),
    "where": of(FLAGS, SIGNED, OTHER) + of(FLAGS, COLUMN, ROW),
    # of another dtype than the zeros that the engine sends back, which would be shared with core's
    **each("ones_like zeros_like", of(SIGNED, dtype=np.dtype(np.float32))),
    "full_like": of(SIGNED, fill_value=2.5),
    # reductions and running ones
    **each("sum mean prod max min logsumexp", of(SIGNED), of(STACK, axis=(0, 2)), of(STACK, axis=1, keepdims=True)),
    **each("var std", of(SIGNED), of(STACK, axis=1, ddof=1, keepdims=True)),
    **each("any all", of(FLAGS), of(FLAGS, axis=1)),
    **each("count_nonzero argmax argmin", of(SIGNED), of(STACK, axis=1, keepdims=True)),
    **each("cumsum cumprod", of(SIGNED), of(STACK, axis=1)),
    "diff": of(SIGNED) + of(STACK, n=2, axis=1),
    "shift": of(SIGNED, by=1, axis=1) + of(SIGNED, by=-1, axis=0, fill=2.0),
    "recurrence": of(SHARE, OTHER, axis=1) + of(SHARE, OTHER, axis=0, reverse=True),
    # linear algebra
    "matmul": of(SIGNED, SQUARE) + of(STACK, STACK[0].T) + of(STACK, np.swapaxes(STACK, 1, 2)) + of(ROW, SQUARE),
    "dot": of(SIGNED, SQUARE) + of(ROW, ROW + 1),
    "inner": of(SIGNED, SQUARE),
    "tensordot": of(STACK, STACK[0], axes=2) + of(SIGNED, STACK, axes=([0, 1], [0, 1])),
    **each("outer kron", of(ROW, SHARE)),
    "vdot": of(SIGNED, OTHER),
    "cross": of(SIGNED, OTHER) + of(ROW, OTHER),
    "norm": of(SIGNED) + of(STACK, axis=1, keepdims=True) + of(SIGNED, ord=1, axis=0),
    "einsum": called(lambda op, a, b: op("ij,jk->ik", a, b), SIGNED, SQUARE)
    + called(lambda op, a, b: op("nij,nij->n", a, b), STACK, STACK[::-1])
    + called(lambda op, a: op("ii->i", a), SQUARE),
    **each("tril triu", of(SIGNED), of(SQUARE, k=1)),
    "diagonal": of(SQUARE) + of(STACK, offset=1, axis1=1, axis2=2),
    "from_diagonal": of(ROW, shape=(3, 3)) + of(SIGNED, shape=(2, 4, 4), offset=1, axis1=1, axis2=2),
    "diag": of(ROW, k=1) + of(SQUARE),
    "trace": of(SQUARE) + of(STACK, axis1=1, axis2=2),
    # convolutions
    "contiguous": of(SIGNED),
    "windows": of(IMAGE, size=(2, 2), stride=(1, 1)),
    "add_windows": of(rng.normal(size=(1, 3, 2, 2, 2, 2)), shape=(4, 4), stride=(2, 2)),
    "conv1d": of(STACK, rng.normal(size=(2, 3, 2))) + of(STACK, rng.normal(size=(2, 3, 2)), stride=2, padding=1),
    "conv2d": of(IMAGE, rng.normal(size=(2, 3, 3, 3)), padding=1) + of(IMAGE, rng.normal(size=(2, 3, 2, 2)), stride=2),
    **each("max_pool2d avg_pool2d", of(IMAGE, size=2), of(IMAGE, size=(2, 3), stride=1)),
    "take_at_max": of(IMAGE[..., ::-1], IMAGE, dp.max_pool2d(IMAGE, 2), size=(2, 2), stride=(2, 2)),
    "add_at_max": of(
        SHARE[:, :2].reshape(1, 1, 2, 2), IMAGE[:, :1], dp.max_pool2d(IMAGE[:, :1], 2), size=(2, 2), stride=(2, 2)
    ),
    # indexing and sorting
    "getitem": called(lambda op, x: op(x, (slice(1, None), None, [0, 2])), SIGNED)
    + called(lambda op, x: op(x, (slice(None), slice(None, None, -2))), STACK)
    + called(lambda op, x, at: op(x, (Ellipsis, at)), STACK, np.array([3, 0, 3])),
    "scatter_add": called(lambda op, x: op(x, shape=(2, 5), index=index(op, slice(None), slice(0, 5, 2))), SIGNED)
    + called(lambda op, x, at: op(x, at, shape=(4,), index=index(op, ARRAY)), ROW, np.array([3, 0, 3])),
    "take": of(SIGNED, np.array([4, 0, 4])) + of(STACK, np.array([[1, 0], [2, 2]]), axis=1),
    "take_along_axis": of(SIGNED, np.array([[1], [2]])) + of(SIGNED, np.array([[1, 0, 1]]), axis=0),
    "add_along_axis": of(COLUMN, np.array([[1], [2]]), shape=(2, 3), axis=1),
    **each("argsort sort", of(SIGNED), of(STACK, axis=1)),
    # joining
    "concatenate": listed(SIGNED, OTHER) + listed(SIGNED, COLUMN, axis=1),
    "stack": listed(SIGNED, OTHER) + listed(SIGNED, OTHER, axis=-1),
    **each("vstack hstack dstack", listed(SIGNED, OTHER), listed(ROW, ROW + 1)),
    "column_stack": listed(ROW, SQUARE),
    **each("split array_split", of(STACK, indices_or_sections=2), of(STACK, indices_or_sections=(1, 2), axis=1)),
    **each("vsplit hsplit dsplit", of(STACK, indices_or_sections=(1,))),
    "broadcast_arrays": of(COLUMN, ROW),
    "meshgrid": of(ROW, SHARE[0]) + of(ROW, SHARE[0], indexing="ij"),
    # shapes
    "reshape": of(SIGNED, shape=(3, 2)) + of(STACK, shape=(2, -1)),
    **each("ravel atleast_1d atleast_2d atleast_3d", of(SIGNED), of(ROW)),
    "expand_dims": of(SIGNED, axis=1) + of(SIGNED, axis=(0, -1)),
    "squeeze": of(COLUMN) + of(IMAGE, axis=0),
    "broadcast_to": of(ROW, shape=(2, 3)) + of(COLUMN, shape=(2, 4)),
    "transpose": of(SIGNED) + of(STACK, axes=(2, 0, 1)),
    "swapaxes": of(SIGNED, axis1=0, axis2=1) + of(STACK, axis1=0, axis2=-1),
    "moveaxis": of(STACK, source=0, destination=-1),
    "flip": of(SIGNED) + of(STACK, axis=1),
    **each("fliplr flipud", of(SIGNED)),
    "roll": of(SIGNED, shift=1) + of(STACK, shift=(1, -1), axis=(0, 2)),
    "rot90": of(SIGNED) + of(STACK, k=2, axes=(1, 2)),
    "tile": of(ROW, reps=2) + of(SIGNED, reps=(2, 1)),
    "repeat": of(SIGNED, repeats=2, axis=1) + of(ROW, repeats=[1, 2, 0]),
    "pad": of(SIGNED, pad_width=1) + of(SIGNED, pad_width=((0, 1), (1, 0)), mode="edge"),
    # what the engine itself puts into a graph
    "astype": of(SIGNED, dtype=np.dtype(np.float32)),
    "chain": of(SIGNED, OTHER),
    "sum_to": of(SIGNED, shape=(1, 3)) + of(STACK, shape=(4,)),
    "dimension": called(lambda op, x: x * x.graph.apply(op, (), {"size": x.shape[0], "dtype": x.dtype}), SIGNED),
}
