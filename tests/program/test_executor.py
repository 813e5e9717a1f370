"""Executors: found by name, brought by plugins, and alike in what they take and give."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dagprop as dp
from dagprop.errors import ArgumentError, RuleError, UnknownError
from dagprop.program import Executor, NumpySource
from dagprop.program.executor import executors, find_executor


def test_numpy_source_is_always_there():
    assert isinstance(executors()["numpy"], NumpySource)
    assert isinstance(find_executor("numpy"), NumpySource)


def test_auto_is_the_tape_where_there_is_one():
    known = executors()
    assert find_executor("auto").name == ("tape" if "tape" in known else "numpy")


def test_without_the_tape_auto_is_numpy_source(monkeypatch):
    monkeypatch.setattr("dagprop.program.executor.executors", lambda: {"numpy": NumpySource()})
    assert find_executor("auto").name == "numpy"
    with pytest.raises(UnknownError, match=r"no executor 'tape'.*was not built: `dagprop doctor`"):
        find_executor("tape")


def test_a_plugin_brings_an_executor():
    class Backwards(NumpySource):
        name = "backwards"

    class Plugin:
        @dp.hookimpl
        def dagprop_executors(self):
            return [Backwards()]

    dp.registry.register("backwards", Plugin())
    try:
        g = dp.Graph()
        step = dp.compile(g.input("x") * 2, wrt=[], executor="backwards")
        assert (step.executor.name, step({"x": 4.0})[0]) == ("backwards", 8)
    finally:
        dp.registry.unregister("backwards")


def test_an_executor_itself_will_do(executor):
    assert find_executor(executor) is executor


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "lacks name"),
        ({"name": None, "settled": None}, "lacks settled, name"),
        ({"keeps": 3}, "lacks keeps: an executor has a name"),
        ({"name": "tape"}, "is named 'tape', as one of dagprop's own"),
        ({"name": "numpy"}, "is named 'numpy', as one of dagprop's own"),
        ({"name": "auto"}, "is named 'auto', as one of dagprop's own"),
    ],
)
def test_an_executor_that_is_not_whole_or_bears_another_s_name_is_refused(change, told):
    wrong = type("Wrong", (NumpySource,), {"name": "wrong", **change})()
    with pytest.raises(ArgumentError, match=told):
        find_executor(wrong)
    with pytest.raises(UnknownError, match="neither an executor nor the name of one"):
        find_executor(type(wrong))


def test_a_scalar_comes_as_an_array(executor):
    w = dp.Graph().parameter("w", (), initial=3.0)
    value, gradients = dp.compile(w * w, executor=executor)()
    assert (type(value), type(gradients["w"])) == (np.ndarray, np.ndarray)


def step_of(executor):
    g = dp.Graph()
    x, y = g.input("x", ("n",)), g.input("y", ("n",))
    return dp.compile((x * y).sum(), wrt=[x], executor=executor)


@pytest.mark.parametrize(
    "feeds",
    [
        {"x": np.ones(3), "y": np.ones(4)},
        {"x": np.ones((3, 1)), "y": np.ones(3)},
        {"x": np.ones(3)},
        {"x": np.ones(3), "y": np.array(["a", "b", "c"])},
        {"x": np.ones(3), "y": np.ones(3), "z": np.ones(3)},
    ],
    ids=["sizes", "dimensions", "missing", "text", "unknown"],
)
def test_what_does_not_fit_is_refused_first_and_later(executor, feeds):
    step = step_of(executor)
    with pytest.raises(dp.errors.FeedError):
        step(feeds)
    step({"x": np.ones(3), "y": np.ones(3)})
    with pytest.raises(dp.errors.FeedError):
        step(feeds)


def test_feeds_may_be_one_array(executor):
    step = step_of(executor)
    x = np.arange(4.0)
    for _ in range(2):
        value, gradients = step({"x": x, "y": x})
        assert value == 14
        assert_array_equal(gradients["x"], x)
        assert not np.shares_memory(gradients["x"], x)


def test_masked_and_other_subclasses_are_arrays(executor):
    step = step_of(executor)
    step({"x": np.ones(2), "y": np.ones(2)})
    matrix_like = np.ones(2).view(np.recarray)
    assert step({"x": matrix_like, "y": np.ones(2)})[0] == 2


def test_neither_warns_of_floating_point_errors(executor):
    g = dp.Graph()
    x = g.input("x", (2,))

    @dp.operator
    def called(x):
        return np.array([1 / v for v in x])

    value, _ = dp.compile((np.log(x) + called(x)).sum(), wrt=[], executor=executor)({"x": np.zeros(2)})
    assert np.isnan(value)


def test_each_keeps_what_it_has_functions_or_loops_for(executor):
    assert isinstance(executor.name, str)
    assert executor.settled == (executor.name == "tape")
    core = {op.name: op for op in dp.registry if op.namespace == "core"}
    assert executor.keeps(core["tanh"])
    assert not executor.keeps(core["sigmoid"])
    assert not hasattr(Executor, "run")


def test_source_that_writes_into_what_was_fed_is_stopped():
    @dp.elementwise
    def turned(x):
        return -x

    turned.source(lambda x: f"np.negative({x}, out={x})")
    mine = np.array([1.0, 2.0])
    step = dp.compile(turned(dp.Graph().input("x", (2,))), wrt=[], executor="numpy")
    with pytest.raises(RuleError, match="read-only"):
        step({"x": mine})
    assert mine.tolist() == [1, 2]
