"""A rule that cannot run on nodes becomes one node of the backward graph."""

import pickle
import re

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


def test_a_rule_that_is_declared_again_is_the_one_that_runs():
    @dp.operator
    def scaled(x):
        return 3 * x

    scaled.vjp(lambda grad, x: 2 * grad, opaque=True)
    x = dp.Graph().input("x")
    assert dp.forward(dp.gradient(scaled(x), x), {"x": 1.0}) == 2
    scaled.vjp(lambda grad, x: 3 * grad, opaque=True)
    x = dp.Graph().input("x")
    assert dp.forward(dp.gradient(scaled(x), x), {"x": 1.0}) == 3


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda grad, x, y: (grad, (grad * x).astype(int)), r"returned \(2,\) int64 where \(2,\) float64 was inferred"),
        (lambda grad, x, y: (grad, grad[:1]), r"returned \(1,\) float64 where \(2,\) float64"),
        (lambda grad, x, y: (grad, None), r"the rule has no gradient for 'y', operand 1"),
        (lambda grad, x, y: grad, r"the rule returned 1 gradients for 2 operands"),
    ],
    ids=["dtype", "shape", "none", "number"],
)
def test_what_it_returns_wrongly_is_blamed_on_the_rule_and_on_the_operator_that_declared_it(returned, told):
    @dp.operator
    def product(x, y):
        return x * y

    product.vjp(returned, opaque=True)
    g = dp.Graph()
    x, y = g.input("x", (2,)), g.input("y", (2,))
    with pytest.raises(RuleError) as caught:
        dp.forward(dp.gradient(product(x, y), [x, y]), {"x": [1, 2], "y": [3, 4]})
    said = str(caught.value)
    assert said.startswith("the local-derivative rule of product ")
    assert re.search(told, said)
    assert re.search(r"operand 1 +(y: )?y \(2,\) float64|operand 2 +y \(2,\) float64", said)
    assert f":product, from {__name__}" in said
    assert re.search(r"rule +\S+test_opaque.py:\d+  \(lambda grad, x, y:", said)
