"""One check that every operator passes, over shapes that broadcast, hold nothing, or are a single number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dagprop as dp
from dagprop.check.gradients import check_operator


def build(
    op: dp.Operator, values: list[np.ndarray], attributes: dict[str, Any], batch: list[int | None]
) -> tuple[Any, ...]:
    """The operator applied to inputs, the axes in `batch` named, and the gradient of the sum of its squares."""
    graph = dp.Graph()
    nodes = []
    for slot, value in enumerate(values):
        shape = ["batch" if axis == batch[slot] else n for axis, n in enumerate(value.shape)]
        nodes.append(graph.input(f"x{slot}", shape, value.dtype))
    made = graph.apply(op, nodes, attributes)
    outs = list(made) if isinstance(made, tuple) else [made]
    floats = [node for node in nodes if node.differentiable]
    total: Any = sum((np.sum(out * out) for out in outs if out.differentiable), start=0.0)
    gradients = dp.gradient(total, floats) if floats and isinstance(total, dp.Node) else []
    feeds = dict(zip((node.name for node in nodes), values, strict=True))
    return outs, floats, gradients, feeds


def same(op: dp.Operator, values: list[np.ndarray], attributes: dict[str, Any], batch: list[int | None]) -> None:
    """With a named dimension, an operator infers and computes what it does with a number."""
    concrete, _, gradients, feeds = build(op, values, attributes, [None] * len(batch))
    named, _, named_gradients, _ = build(op, values, attributes, batch)
    size = next(x.shape[axis] for x, axis in zip(values, batch, strict=True) if axis is not None)
    assert [out.spec.bind({"batch": size}) for out in named] == [out.spec for out in concrete]
    expected = dp.forward([*concrete, *gradients], feeds)
    for value, reference in zip(dp.forward([*named, *named_gradients], feeds), expected, strict=True):
        np.testing.assert_array_equal(value, reference)


def narrow(x: np.ndarray) -> np.ndarray:
    """The same in float32, where it is floating."""
    return x.astype(np.float32) if x.dtype.kind == "f" else x


def check(op: dp.Operator, *operands: Any, batch: list[int | None] | None = None, **attributes: Any) -> None:
    """Check an operator at float64 operands.

    - its derivatives, first and second, against differences of its values;
    - float32 operands give float32 values and gradients, close to those of float64, and nothing between is float64;
    - with the axes in `batch` (one per operand array; None for none) named, inference and values stay the same.
      Without it, the first axis is named of those operands that have all dimensions.
    """
    report = check_operator(op, *operands, **attributes)
    assert report.ok, report

    given, attributes = op.bind_arguments(operands, attributes)
    arrays = [np.asarray(x) for x in given]
    outs, _, gradients, feeds = build(op, arrays, attributes, [None] * len(arrays))
    wide = dp.forward([*outs, *gradients], feeds)
    outs, floats, gradients, feeds = build(op, [narrow(x) for x in arrays], attributes, [None] * len(arrays))
    assert all(g.dtype == node.dtype for g, node in zip(gradients, floats, strict=True))
    if op.name != "float_power":  # whose purpose it is
        assert [node for node in outs[0].graph if node.dtype == np.float64] == []
    for value, reference in zip(dp.forward([*outs, *gradients], feeds), wide, strict=True):
        scale = np.max(np.abs(reference), initial=1)
        np.testing.assert_allclose(value, reference, rtol=2e-4, atol=2e-5 * scale)

    if batch is None:
        ndim, length = max(x.ndim for x in arrays), max((x.shape[0] for x in arrays if x.ndim), default=0)
        batch = [0 if x.ndim == ndim > 0 and x.shape[0] == length != 1 else None for x in arrays]
    if any(axis is not None for axis in batch):
        same(op, arrays, attributes, batch)


@pytest.fixture(params=[(), (3,), (2, 3), (0, 3), (1,)], ids=str)
def shape(request: pytest.FixtureRequest) -> tuple[int, ...]:
    """A shape: a number, a vector, a matrix, nothing, a single element."""
    return request.param


@pytest.fixture(
    params=[((), ()), ((3,), ()), ((2, 1), (3,)), ((0, 3), (1, 3)), ((2, 3), (2, 3)), ((2, 1, 3), (2, 1))], ids=str
)
def shapes(request: pytest.FixtureRequest) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast."""
    return request.param


@pytest.fixture(scope="session")
def verify() -> Callable[..., None]:
    """`verify(op, *operands, batch=None, **attributes)`: see `check`."""
    return check


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def slopes() -> Callable[..., tuple[float, ...]]:
    """`slopes(op, *operands)`: ∂op/∂operand for each of the operands, which are numbers."""

    def slopes(op: dp.Operator, *operands: float) -> tuple[float, ...]:
        g = dp.Graph()
        nodes = [g.input(f"x{slot}") for slot in range(len(operands))]
        feeds = {node.name: x for node, x in zip(nodes, operands, strict=True)}
        return tuple(float(d) for d in dp.forward(dp.gradient(op(*nodes), nodes), feeds))

    return slopes


@pytest.fixture(scope="session")
def derivatives() -> Callable[..., list[np.ndarray]]:
    """`derivatives(function, x, order=1)`: the first derivatives, up to `order`, of an elementwise function."""

    def derivatives(function: Callable[..., Any], x: Any, order: int = 1) -> list[np.ndarray]:
        g = dp.Graph()
        node = g.input("x", np.shape(x))
        found = [function(node)]
        for _ in range(order):
            found.append(dp.gradient(found[-1], node))
        return dp.forward(found[1:], {"x": x})

    return derivatives
