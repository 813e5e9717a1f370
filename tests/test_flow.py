"""backprop as a user calls it: one call, then numbers by name, and a picture."""

import copy
import pickle

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    g = dp.Graph("one hidden layer")
    X, y = g.input("X", ("batch", 64)), g.input("y", ("batch", 10))
    w0, b0 = g.parameter("w0", (64, 32)), g.parameter("b0", (32,))
    w1, b1 = g.parameter("w1", (32, 10)), g.parameter("b1", (10,))
    a0 = dp.sigmoid(X @ w0 + b0).named("a0")
    E = dp.softmax_cross_entropy(a0 @ w1 + b1, y).mean().named("E")
    return E, {"X": rng.normal(size=(8, 64)), "y": np.eye(10)[rng.integers(0, 10, 8)]}


def test_the_designs_example(model, tmp_path):
    E, feeds = model
    flow = dp.backprop(E, feeds=feeds)
    assert flow.values["E"].shape == ()
    assert flow.gradients["w0"].shape == (64, 32)
    assert flow.contributions["a0", "matmul_1", 0].shape == (8, 32)
    np.testing.assert_array_equal(flow.contributions["a0", "matmul_1", 0], flow.gradients["a0"])
    logits = feeds["X"] @ flow.values["w0"]
    a0 = 1 / (1 + np.exp(-logits))
    z1 = a0 @ flow.values["w1"]
    p = np.exp(z1) / np.exp(z1).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(flow.gradients["b1"], ((p - feeds["y"]) / 8).sum(axis=0), rtol=1e-10)
    flow.draw(tmp_path / "flow.dot")
    assert "a0" in (tmp_path / "flow.dot").read_text("utf-8")


def test_a_flow_is_the_same_every_time(model):
    E, feeds = model
    first, second = dp.backprop(E, feeds), dp.backprop(E, feeds)
    for name, gradient in first.gradients.items():
        np.testing.assert_array_equal(gradient, second.gradients[name])


def test_float32_all_through(model):
    g = dp.Graph("m", dtype=np.float32)
    x, w = g.input("x", ("n", 3)), g.parameter("w", (3, 2))
    flow = dp.backprop(dp.sigmoid(x @ w).mean(), {"x": np.ones((2, 3))})
    assert (
        {v.dtype for v in flow.values.values()} == {v.dtype for v in flow.gradients.values()} == {np.dtype(np.float32)}
    )
    assert {v.dtype for v in flow.contributions.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("again", [lambda flow: pickle.loads(pickle.dumps(flow)), copy.deepcopy, copy.copy])
def test_a_flow_is_pickled_and_copied_whole(model, again):
    E, feeds = model
    flow = dp.backprop(E, feeds)
    other = again(flow)
    assert type(other) is dp.Flow
    for ours, theirs in (
        (flow.values, other.values),
        (flow.gradients, other.gradients),
        (flow.contributions, other.contributions),
    ):
        assert list(ours) == list(theirs)
        for key, array in ours.items():
            np.testing.assert_array_equal(theirs[key], array)
            assert not (theirs[key].ndim and theirs[key].flags.writeable)
    assert other.of is other.graph["E"]
    assert [node.name for node in other.wrt] == [node.name for node in flow.wrt]
    assert str(other.schedule) == str(flow.schedule)
    assert other.dot().source == flow.dot().source
    assert other.explain("w0") == flow.explain("w0")
    assert other.nonfinite is None


def test_a_flow_is_pickled_with_what_is_not_finite(model):
    x = dp.Graph("logarithm").input("x", (2,))
    flow = dp.backprop(np.log(x).sum(), {"x": [-1.0, 1.0]}, on_nonfinite="ignore")
    found = pickle.loads(pickle.dumps(flow)).nonfinite
    assert (found.kind, found.name, str(found)) == ("NaN", "log_0", str(flow.nonfinite))


def test_a_flow_of_a_graph_that_was_edited_since_says_why_it_is_not_pickled(model):
    E, feeds = model
    flow = dp.backprop(E, feeds)
    with E.graph.edit() as dag:
        dag.nodes["a0"]["operator"] = "tanh"
    with pytest.raises(GraphError, match="an edit of the graph 'one hidden layer' replaced"):
        pickle.dumps(flow)


def test_a_flow_however_deep_is_pickled_without_recursion():
    y = x = dp.Graph("deep").input("x")
    for _ in range(3000):
        y = np.tanh(y)
    flow = dp.backprop(y, {"x": 0.1}, wrt=[x])
    assert pickle.loads(pickle.dumps(flow)).gradients["x"] == flow.gradients["x"]
