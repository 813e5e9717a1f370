"""Forward, backward and update in one program: every update is the optimiser's, and every one counts."""

import threading
import time

import numpy as np
import pytest
from hidden_layer import feeds, hidden_layer
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp
from dagprop.errors import ArgumentError, RuleError, ShapeError


def test_an_update_trains(executor):
    E, data = hidden_layer(), feeds(32)
    step = dp.compile(E, update=dp.optim.Adam(0.05), executor=executor)
    errors = [float(step(data)[0]) for _ in range(50)]
    assert errors[-1] < 0.9 * errors[0]
    assert not np.array_equal(step.parameters["w0"], dp.compile(E).parameters["w0"])


def test_parameters_are_apart_from_the_optimiser_s_state():
    step = dp.compile(hidden_layer(), update=dp.optim.Adam(0.05))
    assert list(step.parameters) == ["w0", "b0", "w1", "b1"]
    assert "w0.mean" in step.held
    dp.backprop(hidden_layer(), feeds(), step.parameters)
    step.parameters["b1"][...] = 5
    assert step.held["b1"] == 5


def test_an_update_is_the_optimiser_s(executor):
    E, data = hidden_layer(), feeds()
    optimiser = dp.optim.Momentum(0.1, 0.9)
    step = dp.compile(E, update=optimiser, executor=executor)
    values = {name: dp.compile(E).parameters[name] for name in ("w0", "b0", "w1", "b1")}
    state = {name: optimiser.initial(value) for name, value in values.items()}
    for _ in range(3):
        gradients = dp.backprop(E, data, values).gradients
        for name, value in list(values.items()):
            values[name], *state[name] = optimiser.update(value, gradients[name], *state[name])
        step(data)
    for name, value in values.items():
        assert_allclose(step.parameters[name], value, rtol=1e-10)


class Odd:
    """An optimiser that names no part of its state, keeps one as it is, and sets another to a number."""

    def initial(self, parameter):
        return np.zeros(parameter.shape), np.array(7.0), parameter

    def update(self, parameter, gradient, *state):
        return parameter, gradient, 3, state[2]


def test_an_update_may_keep_replace_or_pass_on_what_it_is_given(executor):
    E, data = hidden_layer(), feeds()
    step = dp.compile(E, update=Odd(), executor=executor)
    first = {name: value.copy() for name, value in step.parameters.items()}
    _, gradients = step(data)
    assert_array_equal(step.parameters["w0"], first["w0"])
    assert_array_equal(step.held["w0.state_0"], gradients["w0"])
    assert step.held["w0.state_1"] == 3
    assert_array_equal(step.held["w0.state_2"], first["w0"])


def test_an_update_keeps_a_parameter_s_dtype(executor):
    g = dp.Graph(dtype=np.float32)
    w = g.parameter("w", (3,), initial=1.0)
    step = dp.compile((w * w).sum(), update=dp.optim.GradientDescent(np.float64(0.25)), executor=executor)
    step()
    assert step.parameters["w"].tolist() == [0.5] * 3
    assert step.parameters["w"].dtype == np.float32


@pytest.mark.parametrize(
    ("becomes", "message"),
    [
        (lambda w, g: (w.sum(),), r"'w', \(3,\) float64, into the shape \(\)"),
        (lambda w, g: (w, g), "its 0 parts of state"),
    ],
    ids=["shape", "count"],
)
def test_an_update_that_does_not_fit_is_refused(becomes, message):
    class Wrong:
        def initial(self, parameter):
            return ()

        def update(self, parameter, gradient):
            return becomes(parameter, gradient)

    w = dp.Graph().parameter("w", (3,))
    with pytest.raises(ShapeError, match=message):
        dp.compile((w * w).sum(), update=Wrong())


@pytest.mark.parametrize(
    ("initial", "update", "error", "message"),
    [
        (lambda p: np.zeros(3), lambda p, g, *s: (p, *s), RuleError, "`initial` returned ndarray for 'w', not a tuple"),
        (lambda p: (), lambda p, g: p, RuleError, "`update` returned Node for 'w', not a tuple"),
        (
            lambda p: 1 / 0,
            lambda p, g: (p,),
            RuleError,
            r"`initial` failed for w\n  parameter  w \(\) float64 (.|\n)*ZeroDivisionError",
        ),
        (lambda p: (), lambda p: (p,), RuleError, "`update` failed for w(.|\n)*positional argument"),
        (
            lambda p: ("abc",),
            lambda p, g, s: (p, s),
            ArgumentError,
            "first state of 'w' is an array of numbers, not 'abc'",
        ),
    ],
)
def test_an_optimiser_that_is_wrong_is_told_of_its_method(initial, update, error, message):
    class Wrong:
        pass

    w = dp.Graph().parameter("w", ())
    optimiser = Wrong()
    optimiser.initial, optimiser.update = initial, update
    with pytest.raises(error, match=message):
        dp.compile(w * w, update=optimiser)


def test_a_proposed_step_changes_nothing(executor):
    E, data = hidden_layer(), feeds()
    step, other = (dp.compile(E, update=dp.optim.Adam(0.1), executor=executor) for _ in range(2))
    before = {name: value.copy() for name, value in step.parameters.items()}
    value, gradients, changed = step.proposed(data)
    assert_array_equal(value, other(data)[0])
    assert set(gradients) == {"w0", "b0", "w1", "b1"}
    for name, old in before.items():
        assert_array_equal(step.parameters[name], old)
        assert_array_equal(changed[name], other.parameters[name])


@dp.operator
def slowly(x):
    """The same, after other threads have had their turn."""
    time.sleep(0.001)
    return np.array(x)


class SlowDescent:
    def initial(self, parameter):
        return ()

    def update(self, parameter, gradient):
        return (slowly(parameter - gradient),)


def test_every_update_counts_when_threads_share_a_program(executor):
    g = dp.Graph()
    x, w = g.input("x", ("n",)), g.parameter("w", (), initial=0.0)
    step = dp.compile((x * w).sum(), update=SlowDescent(), executor=executor)
    threads = [
        threading.Thread(target=lambda count: [step({"x": np.ones(count)}) for _ in range(10)], args=(count,))
        for count in (1, 2, 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert step.parameters["w"] == -10 * (1 + 2 + 3 + 4)
