"""Local derivatives as formulas, and what they are worth in numbers."""

import re

import numpy as np
import pytest

import dagprop as dp
from dagprop.explanation import local_derivatives, partial_derivatives


@pytest.fixture
def network():
    g = dp.Graph("one hidden layer")
    X, y = g.input("X", ("batch", 3)), g.input("y", ("batch", 1))
    w0, b0 = g.parameter("w0", (3, 2)), g.parameter("b0", (2,))
    w1, b1 = g.parameter("w1", (2, 1)), g.parameter("b1", (1,))
    z0 = (X @ w0 + b0).named("z0")
    a0 = dp.sigmoid(z0).named("a0")
    z1 = (a0 @ w1 + b1).named("z1")
    (0.5 * (z1 - y) ** 2).named("E")
    return g


def texts(derivatives):
    return [derivative.text for derivative in derivatives.values()]


def test_the_textbook_network(network):
    assert texts(partial_derivatives(network["z0"])) == ["∂z0/∂X = w0", "∂z0/∂w0 = X", "∂z0/∂b0 = 1"]
    assert texts(partial_derivatives(network["a0"])) == ["∂a0/∂z0 = a0 ⊙ (1 − a0)"]
    assert texts(partial_derivatives(network["z1"])) == ["∂z1/∂a0 = w1", "∂z1/∂w1 = a0", "∂z1/∂b1 = 1"]
    assert texts(partial_derivatives(network["E"])) == ["∂E/∂z1 = z1 − y", "∂E/∂y = y − z1"]


def test_latex(network):
    latex = partial_derivatives(network["a0"])["z0"].latex
    assert latex == r"\frac{\partial a_{0}}{\partial z_{0}} = a_{0} \odot \left(1 - a_{0}\right)"


def test_every_edge_that_carries_a_gradient_has_one(network):
    E = network["E"]
    flow = dp.backprop(E, {"X": np.ones((4, 3)), "y": np.ones((4, 1))}, wrt=["X", "y", "w0", "b0", "w1", "b1"])
    assert set(local_derivatives(flow)) == set(flow.contributions)


def test_a_value_used_twice_has_one_for_each_slot():
    g = dp.Graph()
    x = g.input("x")
    y = (x * x).named("y")
    z = (x - x).named("z")
    assert texts(local_derivatives(y)) == ["∂y/∂x = x", "∂y/∂x = x"]
    assert texts(local_derivatives(z)) == ["∂z/∂x = 1", "∂z/∂x = −1"]
    assert texts(partial_derivatives(y)) == ["∂y/∂x = 2 x"]


def test_what_is_no_factor_is_given_as_what_becomes_of_the_gradient():
    g = dp.Graph()
    p = dp.softmax(g.input("z", ("batch", 3))).named("p")
    (derivative,) = partial_derivatives(p).values()
    assert not derivative.is_factor
    assert derivative.text == "∂p/∂z: g ↦ p ⊙ (g − Σ_axis1 g ⊙ p)"
    assert r"\mapsto" in derivative.latex


def test_a_condition_is_written_in_brackets():
    g = dp.Graph()
    assert texts(local_derivatives(dp.relu(g.input("x")).named("a"))) == ["∂a/∂x = [x > 0]"]


def test_nothing_comes_back_along_constants_integers_and_operators_without_a_rule():
    g = dp.Graph()
    n = g.input("n", ("batch",), dtype=np.int64)
    (g.input("x", ("batch", 3)) * 2.0 + g.constant(np.ones(3), "ones") + np.expand_dims(n, 1)).named("y")
    assert [edge.source for edge in local_derivatives(g)] == ["x", "multiply_0", "add_0"]


@pytest.mark.parametrize(
    "operator",
    [np.tanh, np.exp, np.sqrt, np.log, np.square, np.sin, np.negative, dp.sigmoid, dp.softplus, dp.silu],
    ids=lambda operator: getattr(operator, "__name__", None) or operator.name,
)
def test_elementwise_formulas_are_worth_what_the_edge_multiplied_by(operator):
    """The formula, read by Python, against what flowed along the edge."""
    g = dp.Graph()
    x = g.input("x")
    out = operator(x).named("out")
    flow = dp.backprop(out, {"x": 0.7})
    (derivative,) = local_derivatives(flow).values()
    formula = derivative.text.partition(" = ")[2]
    python = formula.replace("−", "-").replace("·", "*").replace("²", "**2").replace("σ", "sigmoid")
    python = re.sub(r"(?<=\d) (?=\w)", " * ", python)
    names = {"x": 0.7, "out": flow.values["out"], "sigmoid": dp.sigmoid, "exp": np.exp, "cos": np.cos}
    assert eval(python, names) == pytest.approx(flow.contributions["x", "out", 0])


def test_a_long_stretch_without_names_is_cut_and_does_not_recurse():
    g = dp.Graph()
    y = g.input("x")
    for _ in range(1000):
        y = np.tanh(y)
    (derivative,) = partial_derivatives(y.named("y")).values()
    assert derivative.text.startswith("∂y/∂x: g ↦ … · ")
    assert len(derivative.text) < 5000


def test_of_several_outputs_each_has_derivatives():
    g = dp.Graph()
    w = g.parameter("w", (4,), initial=[1.0, 2.0, 3.0, 4.0])
    p, q = np.split(w, 2)
    E = (p.named("p") * q.named("q")).sum().named("E")
    assert [d.text for d in partial_derivatives(E).values()] == ["∂E/∂p = q", "∂E/∂q = p"]
    assert "w" in partial_derivatives(p)
    assert "∂E/∂w" in dp.explain(dp.backprop(E), "w")
