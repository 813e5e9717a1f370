import numpy as np
import pytest

import dagprop as dp
from dagprop.diagram.diagnosis import diagnosis
from dagprop.diagram.scene import Scene


def lines(function, values, **feeds):
    """What the card of `function` of these values says."""
    g = dp.Graph()
    x = g.parameter("x", initial=values)
    y = function(x).named("y")
    flow = dp.backprop(y.sum().named("E"), feeds, on_nonfinite="ignore")
    return diagnosis(Scene(flow), y)


@pytest.mark.parametrize("function", [dp.sigmoid, np.tanh])
def test_saturated_units_are_counted(function):
    assert lines(function, np.array([0.0] + [50.0] * 5 + [-50.0] * 4)) == ["saturated units: 90 %"]
    assert lines(function, np.linspace(-1, 1, 10)) == []


def test_dead_units_are_those_that_no_row_wakes():
    batch = np.array([[1.0, -1.0, -1.0], [-1.0, -2.0, 3.0]])
    assert lines(dp.relu, batch) == ["dead units: 1/3"]
    assert lines(dp.relu, batch[0]) == []


@pytest.mark.parametrize("function", [np.exp, np.square, np.sin, dp.softplus])
def test_others_are_left_alone(function):
    assert lines(function, np.linspace(-40, 40, 12).reshape(4, 3)) == []


def test_an_activation_of_a_plugin_is_diagnosed_too():
    @dp.elementwise
    def squash(x):
        return np.arctan(x * x * x)

    @squash.derivative
    def _(x):
        return 3 * x * x / (1 + x**6)

    @dp.elementwise
    def step_like(x):
        return 1 / (1 + np.exp(-4 * x))

    @step_like.derivative
    def _(x, *, out):
        return 4 * out * (1 - out)

    assert lines(step_like, np.array([0.0, 9.0, -9.0, 9.0])) == ["saturated units: 75 %"]
    assert lines(squash, np.array([1.0, 1.1, 0.9])) == []


def test_nan_is_counted_and_its_origin_named():
    found = lines(np.log, np.array([1.0, -1.0, -2.0]))
    assert found == ["2 NaN in the value", "the first NaN"]
