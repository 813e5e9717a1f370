"""A rule that cannot run on nodes becomes one node of the backward graph."""

import pickle

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GradientError, RuleError
from dagprop.plugin.opaque import opaque_vjp


@dp.operator
def tripled(x, y):
    return 3 * x + y


@tripled.vjp(opaque=True)
def _(grad, x, y):
    back = np.empty_like(grad)  # written in place, as nodes cannot be
    back[...] = 3 * grad
    return back, grad


def test_it_is_one_node_and_computes_what_is_wanted():
    g = dp.Graph()
    x, y = g.input("x", (2,)), g.input("y", (2,))
    slope = dp.gradient(tripled(x, y), x)
    assert slope.operator is opaque_vjp(tripled)
    assert slope.attributes["wanted"] == (0,)
    assert dp.forward(slope, {"x": [1, 2], "y": [0, 0]}).tolist() == [3, 3]


def test_it_has_no_second_derivative_and_the_report_says_why():
    g = dp.Graph()
    x, y = g.input("x"), g.input("y")
    first = dp.gradient(tripled(x, y) * x, x)
    with pytest.raises(GradientError, match=r"tripled has no second derivative: .* is declared opaque"):
        dp.gradient(first, x)


def test_a_gradient_too_few_is_refused_when_it_runs():
    @dp.operator
    def short(x, y):
        return x + y

    short.vjp(lambda grad, x, y: (grad,), opaque=True)
    g = dp.Graph()
    made = short(g.input("x"), g.input("y"))
    with pytest.raises(RuleError, match="the rule returned 1 gradients for 2 operands"):
        dp.forward(dp.gradient(made, ["x", "y"]), {"x": 1, "y": 2})


def test_it_is_pickled_by_the_operator_it_is_of():
    assert pickle.loads(pickle.dumps(opaque_vjp(tripled))) is opaque_vjp(tripled)
