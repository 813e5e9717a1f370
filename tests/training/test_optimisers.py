"""Optimisers against their published recurrences, on arrays and as a graph."""

import dataclasses

import numpy as np
import pytest

import dagprop as dp
from dagprop.training.optimisers import Adam, GradientDescent, Momentum

OPTIMISERS = [GradientDescent(0.1), Momentum(0.1, 0.9), Momentum(0.1, 0.9, nesterov=True), Adam(0.1)]


def path(optimiser, parameter, gradient, steps):
    """The parameter after each step down `gradient`, a function of the parameter."""
    state, visited = optimiser.initial(parameter), []
    for _ in range(steps):
        parameter, *state = optimiser.update(parameter, gradient(parameter), *state)
        visited.append(parameter)
    return visited


def test_gradient_descent_on_x_squared_shrinks_by_a_constant_factor():
    visited = path(GradientDescent(0.1), np.array([5.0, -2.0]), lambda x: 2 * x, 3)
    assert np.allclose(visited, np.outer([0.8, 0.64, 0.512], [5, -2]))


def test_momentum_is_the_heavy_ball():
    """Polyak's form, x₊ = x − η∇f + μ(x − x₋), without a velocity."""
    before = now = 4.0
    expected = []
    for _ in range(6):
        before, now = now, now - 0.1 * 2 * now + 0.9 * (now - before)
        expected.append(now)
    assert np.allclose(path(Momentum(0.1, 0.9), np.array(4.0), lambda x: 2 * x, 6), expected)


def test_nesterov_is_the_look_ahead_gradient():
    """Nesterov's own form takes the gradient at θ + μv; the parameter here is that point."""
    theta, velocity = 4.0, 0.0
    expected = []
    for _ in range(6):
        velocity = 0.9 * velocity - 0.1 * 2 * (theta + 0.9 * velocity)
        theta += velocity
        expected.append(theta + 0.9 * velocity)
    assert np.allclose(path(Momentum(0.1, 0.9, nesterov=True), np.array(4.0), lambda x: 2 * x, 6), expected)


def test_adam_is_algorithm_1():
    x, m, v = 3.0, 0.0, 0.0
    expected = []
    for t in range(1, 8):
        g = 4 * x**3
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        x -= 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        expected.append(x)
    assert np.allclose(path(Adam(0.1), np.array(3.0), lambda x: 4 * x**3, 7), expected, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_adams_steps_do_not_depend_on_the_size_of_the_gradient(scale):
    visited = path(Adam(0.1), np.array(3.0), lambda x: scale * 2 * x, 20)
    assert np.allclose(visited, path(Adam(0.1), np.array(3.0), lambda x: 2 * x, 20), rtol=1e-4)


def test_adam_keeps_its_precision_in_float32():
    """1 − β₂ is 0.001: as a difference in float32 it would have an error of 1e-5 of itself."""
    (wide,) = path(Adam(0.1), np.array(3.0), lambda x: 2 * x, 1)
    (narrow,) = path(Adam(0.1), np.array(3.0, np.float32), lambda x: 2 * x, 1)
    assert narrow == pytest.approx(float(wide), rel=1e-7)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay(optimiser, dtype):
    w = np.ones((2, 3), dtype)
    state = optimiser.initial(w)
    new, *after = optimiser.update(w, w, *state)
    assert (new.shape, new.dtype) == (w.shape, w.dtype)
    assert [(s.shape, s.dtype) for s in after] == [(s.shape, s.dtype) for s in state]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_writes_into_nothing(optimiser):
    w, g = np.ones(3), np.full(3, 2.0)
    state = optimiser.initial(w)
    for array in (w, g, *state):
        array.setflags(write=False)
    optimiser.update(w, g, *state)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_rule_writes_the_step_as_a_graph(optimiser):
    w, gradient = np.array([1.0, -2.0]), np.array([0.5, 4.0])
    arrays = {"w": w, "g": gradient} | {f"s{i}": s + 0.25 for i, s in enumerate(optimiser.initial(w))}
    graph = dp.Graph("a step")
    nodes = [graph.input(name, array.shape) for name, array in arrays.items()]
    as_graph = dp.forward(optimiser.update(*nodes), arrays)
    assert all(map(np.array_equal, as_graph, optimiser.update(*arrays.values())))


@pytest.mark.parametrize(
    ("optimiser", "setting", "value"),
    [
        (GradientDescent, "learning_rate", 0),
        (GradientDescent, "learning_rate", float("nan")),
        (Momentum, "learning_rate", float("inf")),
        (Momentum, "momentum", 1.0),
        (Adam, "learning_rate", -1),
        (Adam, "beta1", -0.1),
        (Adam, "beta2", 1.0),
        (Adam, "epsilon", 0),
    ],
)
def test_settings_that_cannot_work_are_refused(optimiser, setting, value):
    with pytest.raises(ValueError, match=setting):
        optimiser(**{setting: value})


def test_a_changed_copy_is_checked_too():
    with pytest.raises(ValueError, match="learning_rate"):
        dataclasses.replace(Adam(), learning_rate=0)


def test_adam_without_memory_follows_the_sign():
    visited = path(Adam(0.1, beta1=0.0, beta2=0.0), np.array([3.0, -2.0]), lambda x: 2 * x, 2)
    assert np.allclose(visited, [[2.9, -1.9], [2.8, -1.8]])
