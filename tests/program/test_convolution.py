"""Programs of convolution and pooling give the interpreter's numbers, on either executor."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp
from dagprop.plugin.passes import PASSES
from dagprop.program.instructions import CALL
from dagprop.program.lowering import Lowering

rng = np.random.default_rng(0)


def network(dtype=np.float64):
    """Two convolutions, each with relu and pooling, and a linear layer."""
    g = dp.Graph("convolutional", dtype)
    start = dp.initialisers.normal(0.3)
    X, y = g.input("X", ("batch", 1, 12, 13)), g.input("y", ("batch", 3))
    k0, c0 = g.parameter("k0", (2, 1, 3, 3), initial=start), g.parameter("c0", (2, 1, 1), initial=start)
    k1, c1 = g.parameter("k1", (3, 2, 2, 2), initial=start), g.parameter("c1", (3, 1, 1), initial=start)
    w = g.parameter("w", (12, 3), initial=start)
    h = dp.max_pool2d(dp.relu(dp.conv2d(X, k0) + c0), 2)
    h = dp.avg_pool2d(dp.relu(dp.conv2d(h, k1) + c1), 2)
    scores = np.reshape(h, (h.shape[0], 12)) @ w
    return dp.softmax_cross_entropy(scores, y).mean().named("E")


def feeds(batch, dtype=np.float64):
    y = np.eye(3)[rng.integers(0, 3, batch)]
    return {"X": rng.normal(size=(batch, 1, 12, 13)).astype(dtype), "y": y.astype(dtype)}


def agrees(of, data, executor, wrt=None, rtol=1e-10):
    """The program's value and gradients are the flow's."""
    value, gradients = dp.compile(of, wrt, executor=executor)(data)
    flow = dp.backprop(of, data, wrt=wrt)
    assert_allclose(value, flow.values[of.name], rtol=rtol)
    for name, gradient in gradients.items():
        scale = np.max(np.abs(flow.gradients[name]), initial=1e-300)
        assert_allclose(gradient, flow.gradients[name], rtol=rtol, atol=rtol * scale, strict=True)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_network_gives_the_flow_s_numbers(executor, batch):
    agrees(network(), feeds(batch), executor)


def test_in_float32(executor):
    agrees(network(np.float32), feeds(4, np.float32), executor, rtol=2e-5)


def test_when_loops_are_large_and_run_block_by_block(executor):
    g = dp.Graph()
    x, k = g.input("x", ("batch", 3, 24, 24)), g.parameter("k", (4, 3, 5, 5), initial=dp.initialisers.normal())
    y = dp.max_pool2d(dp.relu(dp.conv2d(x, k)), 2)
    agrees((y * y).sum(), {"x": rng.normal(size=(64, 3, 24, 24))}, executor, ["x", "k"], rtol=1e-9)


@pytest.mark.parametrize("attributes", [{}, {"stride": 2}, {"stride": (1, 3), "padding": (2, 1)}], ids=str)
def test_strides_and_padding(executor, attributes):
    g = dp.Graph()
    x, k = g.input("x", ("batch", 2, 9, 8)), g.input("k", (3, 2, 3, 3))
    y = dp.conv2d(x, k, **attributes)
    agrees((y * y * y).sum(), {"x": rng.normal(size=(3, 2, 9, 8)), "k": rng.normal(size=k.shape)}, executor)


@pytest.mark.parametrize("pool", [dp.max_pool2d, dp.avg_pool2d], ids=["max", "avg"])
@pytest.mark.parametrize("size", [2, 3, (1, 4)], ids=str)
@pytest.mark.parametrize("stride", [None, 1, 2, (3, 1)], ids=str)
def test_pools_that_overlap_or_leave_gaps(executor, pool, size, stride):
    g = dp.Graph()
    x = g.input("x", ("batch", 7, 8))
    y = pool(x, size, stride)
    agrees((y * y).sum(), {"x": rng.integers(0, 4, (3, 7, 8)).astype(float)}, executor)  # with ties


def test_second_derivatives(executor):
    g = dp.Graph()
    x, k = g.input("x", (2, 1, 6, 6)), g.input("k", (2, 1, 2, 2))
    y = dp.max_pool2d(np.tanh(dp.conv2d(x, k)), 2, 1)
    d_x, d_k = dp.gradient((y * y).sum(), [x, k])
    agrees(
        (d_x * d_x).sum() + (d_k * d_k).sum(), {"x": rng.normal(size=x.shape), "k": rng.normal(size=k.shape)}, executor
    )


def test_windows_themselves(executor):
    g = dp.Graph()
    x = g.input("x", ("batch", 6))
    y = dp.windows(x, size=(3,), stride=(1,))
    agrees(np.exp(y).sum(), {"x": rng.normal(size=(4, 6))}, executor)


def test_what_is_returned_is_the_caller_s_own(executor):
    g = dp.Graph()
    x, data = g.input("x", (2, 6)), rng.normal(size=(2, 6))
    for node in (dp.windows(x, size=(3,), stride=(1,)), dp.contiguous(x)):
        value, _ = dp.compile(node, [x], executor=executor)({"x": data})
        assert not np.shares_memory(value, data)


def test_pooling_before_thresholds_changes_no_number():
    g = dp.Graph()
    x, data = g.input("x", ("batch", 6, 6)), {"x": rng.integers(-2, 3, (4, 6, 6)).astype(float)}  # with ties
    y = dp.max_pool2d(dp.relu(x), 2)
    passes = [name for name in PASSES if name != "pooling before thresholds"]
    made = [dp.compile((y * y).sum(), [x], passes=chosen) for chosen in (passes, [*PASSES])]
    counted = [sum(node.what == "maximum" and node.shape[-1] == 6 for node in step.graph) for step in made]
    assert counted == [2, 1]  # without it relu is of every element
    (value, gradients), (other, others) = (step(data) for step in made)
    assert value == other
    assert_array_equal(gradients["x"], others["x"])


def test_the_source_runs_alone():
    E, data = network(), feeds(3)
    step = dp.compile(E)
    namespace = {}
    exec(compile(step.source, "step.py", "exec", dont_inherit=True), namespace)
    value, gradients = namespace["step"](**data, **step.parameters)
    expected, by_name = step(data)
    assert_allclose(value, expected, rtol=1e-12)
    for name, gradient in gradients.items():
        assert_allclose(gradient, by_name[name], rtol=1e-10, atol=1e-14)


def test_a_network_has_a_loop_for_everything(monkeypatch):
    tape = pytest.importorskip("dagprop.program.tape")
    kinds = set()

    class Watched(Lowering):
        def __init__(self, *args):
            super().__init__(*args)
            parts = [p for made in self.instructions for p in (made if isinstance(made, list) else [made])]
            kinds.update(part.kind for part in parts)

    monkeypatch.setattr("dagprop.program.plan.Lowering", Watched)
    dp.compile(network(), executor=tape.Tape())(feeds(2))
    assert "gufunc" in kinds
    assert CALL not in kinds


def test_the_number_of_threads_changes_nothing():
    tape = pytest.importorskip("dagprop.program.tape")
    g = dp.Graph(dtype=np.float32)
    x = g.input("x", ("batch", 4, 28, 28))
    y = dp.max_pool2d(np.tanh(x), 2)
    data = {"x": rng.normal(size=(32, 4, 28, 28)).astype(np.float32)}
    one, two = (dp.compile((y * y).sum(), executor=tape.Tape(threads))(data) for threads in (1, 2))
    assert_array_equal(one[0], two[0])
    assert_array_equal(one[1]["x"], two[1]["x"])
