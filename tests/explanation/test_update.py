"""The update equations of gradient descent, against gradients and steps taken by hand."""

import numpy as np
import pytest
from formulas import worked_out

import dagprop as dp
from dagprop.errors import UnknownError
from dagprop.explanation import update_equations


@pytest.fixture
def network():
    g = dp.Graph("one hidden layer")
    X, y = g.input("X", ("batch", 2)), g.input("y", ("batch", 1))
    w0, b0 = g.parameter("w0", (2, 2), initial=[[0.5, -1], [1, 2]]), g.parameter("b0", (2,), initial=[0.1, 0])
    w1, b1 = g.parameter("w1", (2, 1), initial=[[1], [-2]]), g.parameter("b1", (1,))
    a0 = dp.sigmoid((X @ w0 + b0).named("z0")).named("a0")
    z1 = (a0 @ w1 + b1).named("z1")
    return (0.5 * (z1 - y) ** 2).mean().named("E")


@pytest.fixture
def flow(network):
    return dp.backprop(network, {"X": [[1.0, 2.0], [0.0, -1.0]], "y": [[1.0], [0.0]]})


def test_one_equation_for_each_parameter(network):
    equations = update_equations(network)
    assert [str(equation) for equation in equations.values()] == [
        "w0 ← w0 − η · Xᵀ ((((z1 − y) / batch) w1ᵀ) ⊙ a0 ⊙ (1 − a0))",
        "b0 ← b0 − η · Σ_batch (((z1 − y) / batch) w1ᵀ) ⊙ a0 ⊙ (1 − a0)",
        "w1 ← w1 − η · a0ᵀ ((z1 − y) / batch)",
        "b1 ← b1 − η · Σ_batch (z1 − y) / batch",
    ]
    assert equations["b1"].latex == (
        r"b_{1} \leftarrow b_{1} - \eta \cdot \sum_{\text{batch}} \frac{z_{1} - y}{\text{batch}}"
    )


def test_with_a_recording_they_hold_its_numbers(flow):
    equations = update_equations(flow, learning_rate=0.5)
    for name, equation in equations.items():
        np.testing.assert_array_equal(equation.gradient, flow.gradients[name])
        np.testing.assert_allclose(equation.updated, flow.values[name] - 0.5 * flow.gradients[name])
    z1, y = flow.values["z1"], flow.values["y"]
    np.testing.assert_allclose(equations["b1"].gradient, np.sum((z1 - y) / 2, axis=0))
    *_, gradient, result = equations["b1"].numbers_text.splitlines()
    assert gradient == f"= [0] − 0.5 · [{equations['b1'].gradient.item():.4g}]".replace("-", "−")
    assert result == f"= [{equations['b1'].updated.item():.4g}]"


def test_a_rate_without_a_number_stays_a_symbol(flow):
    equation = update_equations(flow, "b1", learning_rate="alpha")["b1"]
    assert equation.text.startswith("b1 ← b1 − alpha · ")
    assert r"- \alpha \cdot" in equation.latex
    assert equation.updated is None


def test_a_minus_in_front_of_the_gradient_becomes_a_plus():
    g = dp.Graph()
    x, w = g.input("x"), g.parameter("w", (), initial=1.0)
    E = (-(x * w)).named("E")
    assert update_equations(E)["w"].text == "w ← w + η · x"
    assert update_equations(dp.backprop(E, {"x": 2.0}), learning_rate=0.5)["w"].numbers_text.splitlines() == [
        "= 1 + 0.5 · 2",
        "= 1 − 0.5 · (−2)",
        "= 2",
    ]


def test_a_gradient_that_is_a_sum_stands_in_brackets():
    g = dp.Graph()
    w = g.parameter("w", (), initial=1.0)
    E = (w**3 + w**2).named("E")
    assert update_equations(E)["w"].text == "w ← w − η · (2 w + 3 w²)"


def test_a_parameter_that_there_is_not_is_refused(network, flow):
    with pytest.raises(UnknownError, match="w2"):
        update_equations(network, ["w2"])
    with pytest.raises(UnknownError, match="no gradient of 'X' was recorded"):
        update_equations(flow, ["X"])


def parts(x, w):
    xw = x * w
    taken = [x[::2] * w, x[1:] * w, np.tanh(x[::-3] * w)]
    return [xw, np.tanh(xw), np.exp(xw) / 2, xw - x, *taken, np.concatenate([xw, 2 * xw])]


LOSSES = {
    "mean of squares": lambda z, _: np.mean(z**2),
    "mean times size": lambda z, _: np.mean(z) * z.size,
    "sum by rows": lambda z, x: np.mean(np.sum(z, axis=1) ** 2) / x.shape[0],
    "sum of squares": lambda z, x: np.sum(z**2) / (2 * x.shape[0] + 1),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("part", range(8))
def test_the_formula_of_a_gradient_is_worth_the_gradient_at_any_size(loss, part):
    g = dp.Graph()
    x, w = g.input("x", ("n", 2)), g.parameter("w", (2,))
    made = loss(parts(x, w)[part], x)
    equation = dp.update_equations(made)["w"].text.partition(" ← ")[2]
    for n in (4, 5, 8, 13):
        rng = np.random.default_rng(n)
        values = {"x": rng.normal(size=(n, 2)), "w": rng.normal(size=2)}
        flow = dp.backprop(made, {"x": values["x"]}, {"w": values["w"]})
        changed = worked_out(equation, {**values, "η": 1.0}, {"n": n}).reshape(2)
        np.testing.assert_allclose(values["w"] - changed, flow.gradients["w"], rtol=1e-5)
