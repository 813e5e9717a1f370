"""Models that put a plugin's operators together with core's, as functions of the plugin and of arrays or nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dagprop as dp

rng = np.random.default_rng(7)
FEEDS = {
    "x": rng.permutation(np.linspace(0.3, 1.4, 6)).reshape(2, 3),
    "y": rng.permutation(np.linspace(0.4, 1.7, 6)).reshape(2, 3),
    "w": rng.permutation(np.linspace(-1.1, 1.2, 9)).reshape(3, 3),
    "v": np.array([0.7, -0.4, 1.1]),
    "z": rng.permutation(np.linspace(-2, 2, 24)).reshape(2, 3, 4),
    "m": rng.permutation(np.linspace(-2, 2, 16)).reshape(4, 4),
}

ANY_SIZE: dict[str, Callable[..., Any]] = {
    "-negative": lambda a, x, y, **_: -a.negative(x) + a.negative(-y),
    "negative twice": lambda a, x, y, **_: a.negative(a.negative(x)) * a.negative(np.negative(y)),
    "positive": lambda a, x, y, **_: a.positive(x) * +a.positive(y),
    "power": lambda a, x, y, **_: a.power(x, 2.0) * a.power(x, 0.5) + a.power(x, 1.0) * a.power(y, 0.0) + a.power(x, y),
    "power is cheaper": lambda a, x, y, **_: a.power(x, -1.0) * a.power(y, 3.0),
    "square": lambda a, x, y, **_: a.square(x) * x - np.square(a.square(y)),
    "multiply": lambda a, x, y, **_: a.multiply(x, 1.0) * 2.0 + 3.0 * a.multiply(y, 0.0) + a.multiply(2.0, x),
    "multiply by numbers": lambda a, x, y, **_: 0.5 * a.multiply(a.multiply(4.0, x), 2.0) * a.multiply(1.0, y),
    "add": lambda a, x, y, **_: a.add(x, 0.0) * a.add(0.0, y) + a.add(a.add(x, y), y) + a.add(x, x),
    "subtract": lambda a, x, y, **_: a.subtract(x, 0.0) + a.subtract(x, x) * a.subtract(y, 1.0),
    "divide": lambda a, x, y, **_: (
        a.divide(x, 1.0) * a.divide(y, 2.0) + 4.0 * a.divide(1.0, y) + x * a.divide(1.0, 2.0)
    ),
    "reciprocal": lambda a, x, y, **_: a.reciprocal(x) * np.reciprocal(a.reciprocal(y)) + x / a.reciprocal(y),
    "exp": lambda a, x, y, **_: a.exp(x) * np.exp(a.exp(y)) + np.log(2 + a.exp(-x)),
    "sigmoid": lambda a, x, y, **_: a.sigmoid(x) * dp.registry["core:sigmoid"](a.sigmoid(y)),
    "bounds": lambda a, x, y, **_: np.sqrt(2 + a.exp(-x)) / (9 + a.sqrt(y)) + x / (4 + a.absolute(y)),
    "a slope that is not finite": lambda a, x, y, **_: np.where(x > 0.5, np.sqrt(np.abs(a.square(x) + 1)), y),
    "log and sqrt": lambda a, x, y, **_: (
        a.log(x) * a.sqrt(y) + np.log(a.log(a.log(x))) + a.log1p(x) * np.log1p(a.log1p(y))
    ),
    "relu": lambda a, x, y, **_: a.relu(x - 1) + np.maximum(a.relu(y - 1), -0.2) * x,
    "maximum": lambda a, x, y, **_: a.maximum(x, y) * a.minimum(x, 0.7) + np.maximum(a.maximum(x, 1.0), 0.0),
    "where": lambda a, x, y, **_: a.where(x > y, x, y) + np.where(x > y, a.where(x > 1, x, 0.0), 0.0),
    "greater": lambda a, x, y, **_: np.where(a.greater(x, y), x * x, y) + np.where(a.equal(x, y), y, -x),
    "logical_not": lambda a, x, y, **_: np.where(a.logical_not(x > y), x, y) * np.where(~a.logical_not(x > 1), x, y),
    "astype": lambda a, x, y, **_: (
        a.astype(x, dtype=np.dtype(np.float64)) * y + a.astype(x * y, dtype=np.dtype(np.float64))
    ),
    "like": lambda a, x, y, **_: x * a.ones_like(y) + a.zeros_like(x) + a.full_like(y, fill_value=2.5),
    "chain": lambda a, x, y, **_: a.chain(x, y) * a.chain(1.0, x),
    "contiguous": lambda a, x, y, **_: a.contiguous(x) * a.contiguous(y),
    "output": lambda a, x, y, **_: a.output(x, port=0) * a.output(y, port=1),
    "sum": lambda a, x, y, **_: (
        a.sum(x * y, axis=1) * np.sum(a.sum(x), axis=None) + a.sum(a.sum(x, axis=1, keepdims=True))
    ),
    "mean": lambda a, x, y, **_: np.mean(x * a.mean(y, axis=1, keepdims=True)) + a.mean(x) * np.mean(a.exp(y)),
    "max": lambda a, x, y, **_: a.max(x, axis=1) * np.max(y, axis=1),
    "softmax": lambda a, x, y, **_: a.softmax(x, axis=1) * y,
    "matmul": lambda a, x, w, **_: a.matmul(x, w) @ w + np.sum(a.matmul(x @ w, w)),
    "single numbers": lambda a, x, v, **_: (
        x * (a.exp(v[0]) + a.sqrt(v[1]) + a.log(v[2])) - a.square(v[0]) * a.power(v[1], 2.0)
    ),
    "a product of scalars": lambda a, x, v, **_: (
        x * a.multiply(v[0], 2.0) * 3.0 + x / a.dimension(v[1]) * a.divide(v[0], 4.0)
    ),
}
"""Models whose x and y may be of any number of rows."""

FIXED: dict[str, Callable[..., Any]] = {
    "dimension": lambda a, x, v, **_: 2.0 * (a.dimension(np.sum(v)) * x) + x * (1.0 / a.dimension(v[2])),
    "reshape": lambda a, x, y, **_: a.reshape(a.reshape(x, shape=(3, 2)), shape=(2, 3)) * y,
    "reshape of core's": lambda a, x, y, **_: (
        a.reshape(np.reshape(x, (3, 2)), shape=(6,)) * np.reshape(a.reshape(y, shape=(3, 2)), (6,))
    ),
    "reshape of nothing new": lambda a, x, m, **_: (
        a.reshape(m.T, shape=(4, 4)) * m + np.sum(a.reshape(x, shape=(2, 3)))
    ),
    "transpose": lambda a, w, **_: a.transpose(a.transpose(w)) * np.transpose(a.transpose(w)) + a.transpose(w.T),
    "swapaxes": lambda a, w, **_: (
        np.swapaxes(a.swapaxes(w, axis1=0, axis2=1), 0, 1) * a.swapaxes(w.T, axis1=1, axis2=0)
    ),
    "swapaxes twice": lambda a, w, m, **_: (
        np.sum(a.swapaxes(a.swapaxes(m, axis1=0, axis2=1), axis1=0, axis2=1) * m) * w
    ),
    "broadcast_to": lambda a, x, v, **_: (
        np.sum(a.broadcast_to(v, shape=(2, 3)) * x, axis=0) + np.sum(a.broadcast_to(v, shape=(4, 3)))
    ),
    "broadcast_to of core's": lambda a, x, v, **_: (
        np.exp(a.broadcast_to(np.sum(x, axis=0), shape=(2, 3)))
        + np.broadcast_to(a.broadcast_to(v, shape=(2, 3)), (5, 2, 3)).sum(axis=0)
    ),
    "a sum of a broadcast": lambda a, x, v, **_: (
        a.sum_to(np.broadcast_to(v, (2, 3)) * x, shape=(3,)) * v + a.sum_to(np.broadcast_to(v, (4, 3)), shape=(3,))
    ),
    "expand_dims": lambda a, x, v, **_: (
        a.expand_dims(v, axis=0) * x + np.expand_dims(a.expand_dims(v, axis=1), 0)[0, :2]
    ),
    "concatenate": lambda a, x, y, **_: np.concatenate([a.concatenate(x, y), x]) * 2.0,
    "getitem": lambda a, x, y, **_: a.getitem(x, index=(0,)) * x[0] + a.getitem(y, index=(0, slice(None))),
    "scatter_add": lambda a, v, y, **_: a.scatter_add(v, shape=(2, 3), index=(0,)) * y,
    "flip": lambda a, x, y, **_: a.flip(x, axis=0) * a.flip(a.flip(y, axis=0), axis=0) * a.flip(x * y),
    "stacked products": lambda a, z, m, **_: (
        np.sum(a.matmul(z, m) @ m, axis=0) + np.sum(a.matmul(z, z), axis=(0, 2))[:, None]
    ),
    "products of turned stacks": lambda a, z, **_: np.sum(
        a.swapaxes(z, axis1=1, axis2=2) @ np.swapaxes(z, 1, 2), axis=0
    ),
    "turned by name only": lambda a, m, **_: np.sum(a.transpose(m) @ m, axis=0),
    "pooling": lambda a, m, **_: a.max_pool2d(np.maximum(m, 0.0), size=(2, 2), stride=(2, 2)),
    "pooling of another threshold": lambda a, m, **_: dp.max_pool2d(a.maximum(m, 0.0), 2) + dp.max_pool2d(a.relu(m), 2),
    "slopes of pooling": lambda a, m, **_: np.where(
        a.maximum(m, 0.5) > 0.0, a.add_at_max(m, a.maximum(m, 0.0), np.maximum(m, 0.0), size=(2, 2), stride=(2, 2)), 0.0
    ),
    "windows": lambda a, m, **_: (
        a.windows(m, size=(2, 2), stride=(1, 1)) * a.add_windows(m, shape=(4, 4), stride=(1, 1))
    ),
}

MODELS = ANY_SIZE | FIXED


def loss_of(model: Callable[..., Any], a: Any, values: dict[str, Any]) -> Any:
    """The sum of what a model makes, each element weighed differently."""
    made = model(a, **values)
    return np.sum(made * np.cos(1.0 + made))


def build(model: Callable[..., Any], a: Any, *, named: bool = False) -> tuple[dp.Node, list[dp.Node], dict[str, Any]]:
    """The model's loss as a node, the leaves it has, and their feeds."""
    graph = dp.Graph("model")
    leaves = {
        name: graph.input(name, ("n", 3) if named and name in "xy" else value.shape) for name, value in FEEDS.items()
    }
    loss = loss_of(model, a, leaves).named("E")
    used = [leaf for leaf in leaves.values() if leaf.name in model.__code__.co_varnames[: model.__code__.co_argcount]]
    return loss, used, {leaf.name: FEEDS[leaf.name] for leaf in used}
