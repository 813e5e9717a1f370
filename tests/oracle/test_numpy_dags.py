"""Small graphs of NumPy functions, as autograd's tests made them: values and vector-Jacobian products.

They hold what single operators do not: fan-out, broadcasting, and (level 1) graphs that are gradients themselves.
"""

from __future__ import annotations

import operator
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from cases import Count, Store, hold_gradients

import dagprop as dp

STORE = Store("numpy_dags.npz")


def _linspace(start, stop, num):
    return start + (stop - start) * (np.arange(num) / max(num - 1, 1))


def _rollaxis(x, axis, start=0):
    return np.moveaxis(x, axis, start - 1 if start > axis else start)


def _make_diagonal(x, offset=0, axis1=0, axis2=1):
    side = x.shape[-1] + abs(offset)
    made = dp.from_diagonal(x, shape=(*x.shape[:-1], side, side), offset=offset, axis1=-2, axis2=-1)
    return np.moveaxis(made, (-2, -1), (axis1, axis2))


def _dot_adjoint(slot):
    """autograd's own names for what the rule of `dot` sends back, given the other operand and the operands' shapes."""

    def adjoint(other, grad, *metas):
        operands = [np.zeros(meta[0]) for meta in metas]
        operands[1 - slot] = other
        return dp.registry["dot"].rule.function(grad, *operands)[slot]

    return adjoint


def _logsumexp(x, axis=None, b=None, keepdims=False):
    return dp.logsumexp(x if b is None else x + np.log(b), axis=axis, keepdims=keepdims)


def _gradient(x, axis=None):
    """Central differences, one-sided at the ends: one output for each axis."""
    if axis is None and x.ndim > 1:
        return [_gradient(x, axis) for axis in range(x.ndim)]
    if isinstance(axis, tuple):
        return [_gradient(x, a) for a in axis]
    x = np.moveaxis(x, axis or 0, 0)
    slopes = np.concatenate([x[1:2] - x[:1], (x[2:] - x[:-2]) / 2, x[-1:] - x[-2:-1]])
    return np.moveaxis(slopes, 0, axis or 0)


def _rolled(way):
    def shift(x, axes=None):
        axes = tuple(range(x.ndim)) if axes is None else np.atleast_1d(axes)
        return np.roll(x, [way * (x.shape[axis] // 2) for axis in axes], tuple(map(int, axes)))

    return shift


PRIMITIVES = {
    "autograd.builtins.container_take": operator.getitem,
    "autograd.numpy.numpy_boxes.__getitem__": operator.getitem,
    "autograd.numpy.numpy_vjps.dot_adjoint_0": _dot_adjoint(0),
    "autograd.numpy.numpy_vjps.dot_adjoint_1": _dot_adjoint(1),
    "autograd.numpy.numpy_wrapper.concatenate_args": lambda axis, *arrays: np.concatenate(arrays, axis),
    "autograd.numpy.numpy_wrapper.make_diagonal": _make_diagonal,
    "erf": lambda x: 2 * dp.normal_cdf(np.sqrt(2) * x) - 1,
    "erfc": lambda x: 2 * dp.normal_cdf(-np.sqrt(2) * x),
    "expit": dp.sigmoid,
    "logit": lambda x: np.log(x) - np.log1p(-x),
    "numpy.conjugate": np.positive,  # everything here is real
    "numpy.fft.fftshift": _rolled(1),
    "numpy.fft.ifftshift": _rolled(-1),
    "numpy.gradient": _gradient,
    "numpy.linspace": _linspace,
    "numpy.real": np.positive,
    "numpy.rollaxis": _rollaxis,
    "scipy.special._logsumexp.logsumexp": _logsumexp,
}
"""What is no NumPy function that an operator answers to, and what it is then."""


def primitive(node: dict[str, Any]) -> Any:
    """The function that a node of the graph applies; None where dagprop has none."""
    name = f"{node['mod']}.{node['op']}".lstrip(".")
    if name == "numpy.linalg.norm" and node["kw"].get("ord") == "nuc":
        return None  # singular values
    if name in PRIMITIVES:
        return PRIMITIVES[name]
    module = {"numpy": np, "numpy.linalg": np.linalg}.get(node["mod"])
    function = getattr(module, node["op"], None)
    return function if any(function in op.numpy for op in dp.registry) else None


def run(dag: dict[str, Any], count: Count) -> None:
    """Build the same graph of nodes, and compare what it computes and its gradients."""
    graph = dp.Graph()
    values: dict[str, Any] = {}
    feeds = {}
    for i, packed in enumerate(dag["in"]):
        array = STORE.array(packed)
        values[f"in{i}"] = node = graph.input(f"in{i}", array.shape, array.dtype)
        feeds[node] = array
    for i, node in enumerate(dag["nodes"]):
        args = STORE.decode(node["args"], ref=values.__getitem__)
        kwargs = {name: STORE.decode(value, ref=values.__getitem__) for name, value in node["kw"].items()}
        for name in ("dtype", "out"):  # None: as NumPy has it anyway
            if kwargs.get(name, ...) is None:
                del kwargs[name]
        values[f"n{i}"] = primitive(node)(*args, **kwargs)
    out = values[dag["out"]]
    outs = list(out) if dag["multi_out"] else [out]
    for value, expected in zip(dp.forward(outs, feeds), dag["y"], strict=True):
        np.testing.assert_allclose(value, STORE.array(expected), rtol=1e-7, atol=1e-12, strict=True)
    total = sum(np.sum(y * STORE.array(gy)) for y, gy in zip(outs, dag["gy"], strict=True))
    hold_gradients(total, list(feeds), feeds, [STORE.array(gx) for gx in dag["gx"]], count)


def _origin(dag: dict[str, Any]) -> tuple[int, str]:
    return dag["level"], dag["test"].partition("::")[2]


DAGS = {key: list(dags) for key, dags in groupby(sorted(STORE.index["dags"], key=_origin), key=_origin)}


@pytest.mark.parametrize(("level", "name"), DAGS)
def test_agrees_with_autograd(level, name, counts, subtests):
    count = counts.setdefault(f"numpy dags, level {level}", Count())
    for dag in DAGS[level, name]:
        missing = {node["op"] for node in dag["nodes"] if primitive(node) is None}
        if missing:
            count.uncovered.update(missing)
            continue
        with subtests.test(dag["id"]):
            count.total += 1
            run(dag, count)
            count.passed += 1
