"""A NumPy function becomes a graph that computes the same."""

import functools

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError, OperandError, ShapeError


def layer(x, w, *, scale=1.0):
    z = np.tanh(x @ w) * scale
    return np.sqrt((z * z).sum(axis=1)), z


def test_a_function_becomes_a_graph():
    graph = dp.trace(layer, x=dp.Spec(("batch", 3)), w=dp.Spec((3, 2)))
    assert graph.name == "layer"
    assert [n.name for n in graph.inputs] == ["x", "w"]
    x, w = np.arange(6.0).reshape(2, 3), np.ones((3, 2)) / 7
    for node, expected in zip(graph.outputs, layer(x, w), strict=True):
        np.testing.assert_allclose(dp.forward(node, {"x": x, "w": w}), expected)
    norm, z = graph.outputs
    assert (norm.shape, z.shape) == (("batch",), ("batch", 2))
    assert dp.forward(dp.gradient(norm, "w"), {"x": x, "w": w}).shape == (3, 2)


def test_a_python_loop_is_unrolled_and_lines_are_kept():
    def power(x):
        y = x
        for _ in range(4):
            y = y * x
        return y

    graph = dp.trace(power, x=dp.Spec())
    assert [n.what for n in graph] == ["input"] + ["multiply"] * 4
    assert dp.forward(graph.outputs[0], {"x": 2.0}) == 32
    assert graph.outputs[0].source[0] == __file__


def test_dtypes_and_unknown_dimensions():
    def half(x, k):
        return x * k / 2

    graph = dp.trace(half, x=dp.Spec((None, 3), np.float32), k=dp.Spec((), int))
    assert graph.dtype == np.float32
    assert graph.outputs[0].shape[1] == 3
    assert dp.forward(graph.outputs[0], {"x": np.ones((4, 3)), "k": 3}).tolist() == [[1.5] * 3] * 4
    assert dp.trace(half, dtype=np.float64, x=dp.Spec((), np.float32), k=dp.Spec()).dtype == np.float64


def test_whatever_can_be_called():
    def rest(x, /, *, y, **more):
        return x * y + more["z"]

    graph = dp.trace(rest, x=dp.Spec(), y=dp.Spec(), z=dp.Spec())
    assert dp.forward(graph.outputs[0], {"x": 2, "y": 3, "z": 4}) == 10
    partial = functools.partial(layer, scale=2.0)
    graph = dp.trace(partial, x=dp.Spec((1, 1)), w=dp.Spec((1, 1)))
    assert dp.forward(graph.outputs[1], {"x": [[1.0]], "w": [[0.5]]}) == pytest.approx(2 * np.tanh(0.5))
    with pytest.raises(GraphError, match="layer needs a Spec for x, w"):
        dp.trace(partial)


@pytest.mark.parametrize(
    ("function", "specs", "error", "told"),
    [
        (layer, {"x": (2, 3)}, GraphError, r"layer needs a Spec for w: trace\(f, w=dp.Spec"),
        (layer, {"x": (2, 3), "weight": (3, 2)}, GraphError, "layer has no parameter 'weight'"),
        (lambda x: 3.0, {"x": ()}, GraphError, "returned float, not a node"),
        (lambda x: [x, None], {"x": ()}, GraphError, "returned NoneType, not a node"),
        (lambda x: x if x > 0 else -x, {"x": ()}, OperandError, r"no truth value(.|\n)*np.where"),
        (lambda x: x @ x, {"x": (2, 3)}, ShapeError, "matmul cannot take these operands"),
    ],
    ids=["missing", "unknown", "number", "nothing", "branch", "shape"],
)
def test_refused(function, specs, error, told):
    with pytest.raises(error, match=told):
        dp.trace(function, **{name: dp.Spec(shape) for name, shape in specs.items()})


def test_a_shape_is_no_spec():
    with pytest.raises(GraphError, match=r"layer needs a Spec for w, not \(3, 2\): trace\(f, w=dp.Spec"):
        dp.trace(layer, x=dp.Spec((2, 3)), w=(3, 2))
