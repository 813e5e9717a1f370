"""A program's parameters are set as strictly as anything is fed, and its executor reads what was set."""

import threading

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import FeedError, ShapeError, UnknownError


@pytest.fixture
def step(executor):
    g = dp.Graph()
    w = g.parameter("w", (2,), initial=[1.0, 2.0], dtype=np.float32)
    k = g.parameter("k", (2,), initial=[1, 2], dtype=np.int32)
    return dp.compile((w * k).sum(), wrt=[w], executor=executor)


def test_what_is_set_is_used(step):
    assert step()[0] == 5
    step.parameters["w"] = [2, 3]
    step.parameters["k"][...] = 10
    assert step()[0] == 50
    assert step.held["w"] is step.parameters["w"]


@pytest.mark.parametrize(
    ("name", "value", "error", "told"),
    [
        ("k", [1.9, 2.9], FeedError, "'k' has dtype float64, and int32 is wanted"),
        ("k", [1, 2**40], FeedError, r"'k' holds 1099511627776 at \(1,\)"),
        ("w", ["1", "2"], FeedError, "'w' has dtype <U1"),
        ("w", [1, 1e300], FeedError, r"'w' holds 1e\+300 at \(1,\), which float32 cannot hold"),
        ("w", [1, 2, 3], ShapeError, r"'w' is .*, and \(3,\) was given"),
        ("v", [1, 2], UnknownError, "no parameter 'v'"),
        ([], [1, 2], UnknownError, r"no parameter \[\]"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(step, name, value, error, told):
    before = {key: array.copy() for key, array in step.parameters.items()}
    with pytest.raises(error, match=told):
        step.parameters[name] = value
    for key, array in before.items():
        np.testing.assert_array_equal(step.parameters[key], array)


def test_they_are_a_mapping(step):
    assert list(step.parameters) == ["w", "k"]
    assert len(step.parameters) == 2
    assert "v" not in step.parameters
    assert repr(step.parameters).startswith("{'w': array(")


def test_what_is_given_is_copied():
    w = dp.Graph().parameter("w", (2,))
    given = np.ones(2)
    step = dp.compile((w * w).sum(), parameters={"w": given}, update=dp.optim.GradientDescent(0.25))
    step()
    assert given.tolist() == [1, 1]
    assert step.parameters["w"].tolist() == [0.5, 0.5]


def test_what_is_set_while_a_step_is_taken_waits_for_it(executor):
    """Else the step would write over it."""
    running, finish = threading.Event(), threading.Event()

    @dp.operator
    def slow(x):
        running.set()
        finish.wait(10)
        return x * 1

    slow.infer(lambda x: x)
    slow.vjp(lambda grad, x: grad)
    w = dp.Graph().parameter("w", (), initial=1.0)
    step = dp.compile(slow(w), update=dp.optim.GradientDescent(0.5), executor=executor)
    taking = threading.Thread(target=step)
    setting = threading.Thread(target=lambda: step.parameters.__setitem__("w", 9.0))
    taking.start()
    assert running.wait(10)
    setting.start()
    setting.join(0.1)
    assert setting.is_alive()
    finish.set()
    taking.join(10)
    setting.join(10)
    assert step.parameters["w"] == 9
