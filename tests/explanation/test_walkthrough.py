"""A gradient explained, formula and numbers."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import UnknownError
from dagprop.explanation import explain

RNG = np.random.default_rng(3)


def network(batch=20):
    g = dp.Graph("classifier")
    X, y = g.input("X", ("batch", 8)), g.input("y", ("batch", 3))
    w0, b0 = g.parameter("w0", (8, 5)), g.parameter("b0", (5,))
    w1, b1 = g.parameter("w1", (5, 3)), g.parameter("b1", (3,))
    a0 = dp.sigmoid(X @ w0 + b0).named("a0")
    p = (a0 @ w1 + b1).named("p")
    E = (0.5 * np.square(p - y)).mean(axis=0).sum().named("E")
    return dp.backprop(E, {"X": RNG.normal(size=(batch, 8)), "y": RNG.normal(size=(batch, 3))})


def blocks(text):
    return [block.splitlines() for block in text.split("\n\n")]


def test_the_formula_is_the_textbooks():
    flow = network()
    assert explain(flow, "w0", numbers=False).splitlines()[0] == (
        "∂E/∂w0 = Xᵀ ((((p − y) / batch) w1ᵀ) ⊙ a0 ⊙ (1 − a0))"
    )
    assert explain(flow, "b1", numbers=False).splitlines()[0] == "∂E/∂b1 = Σ_batch (p − y) / batch"
    assert explain(flow, "w0", "latex", numbers=False).splitlines()[1] == (
        r"\frac{\partial E}{\partial w_{0}} &= X^{T} "
        r"\left(\left(\left(\frac{p - y}{\text{batch}}\right) w_{1}^{T}\right) \odot a_{0} "
        r"\odot \left(1 - a_{0}\right)\right)"
    )


def test_the_formula_is_worth_the_gradient():
    flow = network()
    X, y = flow.values["X"], flow.values["y"]
    p, w1, a0 = flow.values["p"], flow.values["w1"], flow.values["a0"]
    by_hand = X.T @ ((((p - y) / len(X)) @ w1.T) * a0 * (1 - a0))
    np.testing.assert_allclose(flow.gradients["w0"], by_hand)


def test_both_passes_step_by_step():
    _, forward, backward, chain = blocks(explain(network(), "w0", numbers=False))
    assert forward == [
        "forward",
        "  a0 = σ(X w0 + b0)",
        "  p  = a0 w1 + b1",
        "  E  = Σ mean_batch(0.5 (p − y)²)",
    ]
    assert backward == [
        "backward",
        "  ∂E/∂p  = (p − y) / batch",
        "  ∂E/∂a0 = ∂E/∂p w1ᵀ",
        "  ∂E/∂w0 = Xᵀ (∂E/∂a0 ⊙ a0 ⊙ (1 − a0))",
    ]
    assert chain[:2] == ["chain rule", "  ∂E/∂w0 = ∂E/∂p · ∂p/∂a0 · ∂a0/∂w0"]


def test_small_numbers_are_put_in_and_large_ones_summarised():
    g = dp.Graph()
    x, w = g.input("x"), g.parameter("w", (), initial=3.0)
    E = (x * w**2).named("E")
    first = explain(dp.backprop(E, {"x": 2.0}), "w").splitlines()[0]
    assert first == "∂E/∂w = 2 x · w = 2 · 2 · 3 = 12"
    norm = np.linalg.norm(network().gradients["w0"])
    assert "⟨(8, 5), norm " in explain(network(), "w0")
    assert np.isfinite(norm)


def test_gradients_add_up_where_a_value_is_used_twice():
    g = dp.Graph()
    x = g.input("x")
    h = (x * x).named("h")
    k = (h + x).named("k")
    E = (k * h).named("E")
    text = explain(dp.backprop(E, {"x": 2.0}), "x")
    assert text.splitlines()[0] == "∂E/∂x = h + 2 (k + h) · x = 4 + 2 (6 + 4) · 2 = 44"
    assert "  ∂E/∂h = ∂E/∂k · ∂k/∂h + k" in text
    assert "  ∂E/∂x = ∂E/∂h · ∂h/∂x + ∂E/∂k · ∂k/∂x" in text


@pytest.mark.parametrize(
    ("source", "formula"),
    [
        ("np.negative(-x)", "1"),
        ("x**1", "1"),
        ("0.5 * (y - x) ** 2", "x − y"),
        ("x / 2 + x / 2", "1"),
        ("-1 * x * y", "−y"),
        ("np.where(x > 0, 3 * x, 0.0)", "3 [x > 0]"),
        ("np.log(x)", "1 / x"),
        ("y / x", "−f / x"),
        ("x * x * x", "3 x²"),
        ("np.sqrt(x)", "1 / (2 f)"),
    ],
)
def test_trivial_algebra_is_done(source, formula):
    g = dp.Graph()
    f = eval(source, {"np": np, "x": g.input("x"), "y": g.input("y")}).named("f")
    flow = dp.backprop(f, {"x": 2.0, "y": 1.0}, wrt=["x"])
    assert explain(flow, "x", numbers=False).splitlines()[0] == f"∂f/∂x = {formula}"


def test_a_value_that_a_rule_works_out_anew_goes_by_the_users_name():
    g = dp.Graph()
    z, y = g.input("z", ("batch", 3)), g.input("y", ("batch", 3))
    dp.softmax(z).named("p")
    E = dp.softmax_cross_entropy(z, y).mean().named("E")
    flow = dp.backprop(E, {"z": np.ones((2, 3)), "y": np.eye(3)[:2]}, wrt=["z"])
    assert explain(flow, "z", numbers=False).splitlines()[0] == "∂E/∂z = (p ⊙ (Σ_axis1 y) − y) / batch"


def test_a_vector_and_a_column_read_alike():
    g = dp.Graph()
    X, w, y = g.input("X", ("n", 3)), g.parameter("w", (3,)), g.input("y", ("n",))
    p = (X @ w).named("p")
    E = (0.5 * (p - y) ** 2).sum().named("E")
    flow = dp.backprop(E, {"X": np.ones((4, 3)), "y": np.ones(4)})
    assert explain(flow, "w", numbers=False).splitlines()[0] == "∂E/∂w = Xᵀ (p − y)"


def test_a_deep_model_is_explained_in_lines_that_grow_with_it():
    g = dp.Graph()
    x = g.input("x")
    for i in range(200):
        x = (dp.tanh(x) + x).named(f"h{i}")
    text = explain(dp.backprop(x, {"x": 0.1}), "x", numbers=False)
    assert 600 < len(text.splitlines()) < 1500
    assert len(text.splitlines()[0]) < 2000


def test_latex_has_an_aligned_block_for_each_part():
    text = explain(network(), "w0", "latex")
    assert text.count(r"\begin{aligned}") == text.count(r"\end{aligned}") == 4
    assert text.count("{") == text.count("}")


def test_values_and_gradients_keep_their_names_where_they_are_equal():
    g = dp.Graph()
    h = np.exp(g.input("x")).named("h")
    k = np.tanh(h).named("k")
    E = (k * h).named("E")
    text = explain(dp.backprop(E, {"x": 0.5}), "x", numbers=False)
    assert "  ∂E/∂k = h\n  ∂E/∂h = k + ∂E/∂k · (1 − k²)\n  ∂E/∂x = ∂E/∂h · h\n" in text


def test_what_the_loss_does_not_depend_on():
    g = dp.Graph()
    x, v = g.parameter("x", (), initial=1.0), g.parameter("v", (), initial=1.0)
    flow = dp.backprop((x * 2).named("E"), wrt=[x, v])
    assert explain(flow, "v") == "∂E/∂v = 0"


def test_values_are_not_mistaken_for_one_another_where_attributes_differ():
    g = dp.Graph()
    x = g.input("x", (2000,))
    first, last = np.arange(2000), np.arange(2000)
    last[1000] = 0  # NumPy prints both alike
    x[first].named("first")
    E = (x[last] ** 2).sum().named("E")
    flow = dp.backprop(E, {"x": np.ones(2000)})
    assert "first" not in explain(flow, "x", numbers=False)


def test_a_gradient_that_was_not_recorded_is_refused():
    with pytest.raises(UnknownError, match=r"no gradient of 'X' was recorded; there are those of .*w0"):
        explain(network(), "X")
