import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dagprop as dp
from dagprop.notation.formula import escape, latex_name, number
from dagprop.notation.reading import equation, term
from dagprop.plugin.signs import ADD

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def right(node, style="text"):
    return equation(node, style).partition(" = ")[2]


def evaluated(text, **values):
    """A formula as text, read back by Python: an independent judge of brackets."""
    python = text.replace("−", "-").replace("·", "*").replace("⊙", "*")
    python = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: f"**({m[0].translate(SUPERSCRIPTS)})", python)
    python = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", python)
    return eval(python, {"tanh": np.tanh, "exp": np.exp}, values)


@pytest.fixture
def g():
    g = dp.Graph()
    g.input("x"), g.input("y"), g.input("X", ("batch", 3))
    g.parameter("w0", (3, 2)), g.parameter("b0", (2,))
    return g


class TestEquation:
    def test_it_is_in_the_users_names(self, g):
        z0 = (g["X"] @ g["w0"] + g["b0"]).named("z0")
        assert equation(z0) == "z0 = X w0 + b0"
        assert equation(dp.sigmoid(z0).named("a0")) == "a0 = σ(z0)"

    def test_nodes_without_a_name_of_their_own_are_written_out(self, g):
        assert equation((dp.tanh(g["X"] @ g["w0"]).sum()).named("E")) == "E = Σ tanh(X w0)"

    def test_a_leaf_is_its_name(self, g):
        assert equation(g["x"]) == "x"
        assert equation(g.constant(2.0)) == "constant_0 = 2"

    def test_scopes_belong_to_the_name(self, g):
        with g.scope("layer1"):
            z = (g["x"] + 1).named("z")
        assert equation(z) == "layer1/z = x + 1"
        assert equation(z, "latex") == r"\text{layer1/}z = x + 1"

    @pytest.mark.parametrize(
        ("make", "text", "latex"),
        [
            (lambda x, y: x - (y - x), "x − (y − x)", r"x - \left(y - x\right)"),
            (lambda x, y: x - y - x, "x − y − x", "x - y - x"),
            (lambda x, y: -(x + y), "−(x + y)", r"-\left(x + y\right)"),
            (lambda x, y: (x + y) * x, "(x + y) · x", r"\left(x + y\right) \cdot x"),
            (lambda x, y: x / (x * y), "x / (x · y)", r"\frac{x}{x \cdot y}"),
            (lambda x, y: (x + y) / y, "(x + y) / y", r"\frac{x + y}{y}"),
            (lambda x, _: (x**2) ** 2, "(x²)²", r"\left(x^2\right)^2"),
            (lambda x, _: 3 * x**4 + 2 * x**2, "3 x⁴ + 2 x²", "3 x^{4} + 2 x^2"),
            (lambda x, y: x ** (y + 1), "x^(y + 1)", "x^{y + 1}"),
            (lambda x, _: x * -2, "x · (−2)", r"x \cdot \left(-2\right)"),
            (lambda x, _: np.exp(-x), "exp(−x)", "e^{-x}"),
        ],
    )
    def test_brackets_stand_where_they_are_needed(self, g, make, text, latex):
        node = make(g["x"], g["y"])
        assert right(node) == text
        assert right(node, "latex") == latex

    def test_matrix_products_and_products_of_elements_are_told_apart(self, g):
        X, w, b = g["X"], g["w0"], g["b0"]
        assert right((X @ w) * b) == "(X w0) · b0"
        assert right(X @ (w * b)) == "X (w0 · b0)"
        assert right((X @ w) * b, "latex") == r"\left(X w_{0}\right) \odot b_{0}"

    def test_shapes_say_what_is_a_transpose_and_which_axes_are_summed(self, g):
        X = g["X"]
        assert right(X.T) == right(np.swapaxes(X, -1, -2)) == right(np.transpose(X, (1, 0))) == "Xᵀ"
        assert right(X.sum(axis=0)) == "Σ_batch X"
        assert right(X.sum(axis=1), "latex") == r"\sum_{\text{axis1}} X"
        assert right(X.mean()) == "mean(X)"

    def test_an_operator_without_a_sign_is_written_as_a_function(self, g):
        @dp.operator
        def centred(x, *, axis=0):
            return x - np.mean(x, axis=axis, keepdims=True)

        node = centred(g["X"], axis=1)
        assert right(node) == "centred(X, axis=1)"
        assert right(node, "latex") == r"\operatorname{centred}\left(X, \text{axis=1}\right)"

    def test_a_long_formula_falls_back_on_names_and_stays_short(self, g):
        y = g["x"]
        for _ in range(40):
            y = y + y * 0.5  # 2⁴⁰ symbols, written out
        assert len(equation(y)) < 500
        assert "add_" in equation(y)

    def test_a_chain_of_thousands_does_not_recurse(self, g):
        y = g["x"]
        for _ in range(5000):
            y = dp.tanh(y)
        assert len(equation(y)) < 1000


def expressions(x, y):
    leaves = st.sampled_from(["x", "y", 2.0, -3.0, 0.5])
    unary = st.sampled_from(["negative", "square", "tanh"])
    binary = st.sampled_from(["add", "subtract", "multiply", "divide"])
    return st.recursive(
        leaves,
        lambda inner: st.tuples(unary, inner) | st.tuples(binary, inner, inner),
        max_leaves=8,
    )


def built(tree, **leaves):
    if isinstance(tree, str):
        return leaves[tree]
    if isinstance(tree, float):
        return tree
    operator, *operands = tree
    with np.errstate(all="ignore"):
        return getattr(np, operator)(*(built(operand, **leaves) for operand in operands))


@given(expressions("x", "y"))
def test_what_is_written_means_what_is_computed(tree):
    g = dp.Graph()
    node = built(tree, x=g.input("x"), y=g.input("y"))
    if not isinstance(node, dp.Node):
        return
    feeds = {"x": np.float64(0.7), "y": np.float64(-1.3)}  # Python's own numbers do not divide by zero
    with np.errstate(all="ignore"):
        computed = dp.forward(node, feeds).item()
        if math.isfinite(computed):
            assert evaluated(right(node) or equation(node), **feeds) == pytest.approx(computed, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"), ("w0", "w_{0}"), ("w_12", "w_{12}"), ("θ₀", r"\theta_{0}"), ("theta1", r"\theta_{1}"),
        ("a'", "a'"), ("loss", r"\text{loss}"), ("50% off", r"\text{50\% off}"),
        (r"\alpha{", r"\text{\textbackslash{}alpha\{}"),
    ],
)  # fmt: skip
def test_any_name_can_be_written_in_latex(name, latex):
    assert latex_name(name) == latex


def test_latex_specials_are_escaped():
    assert escape("a_b & c") == r"a\_b \& c"


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (3.0, "3", "3"), (-0.5, "−0.5", "-0.5"), (1 / 3, "0.333333", "0.333333"), (123456789, "123456789", "123456789"),
        (2.5e-7, "2.5e-07", r"2.5 \cdot 10^{-7}"), (math.inf, "∞", r"\infty"), (-math.inf, "−∞", r"-\infty"),
        (math.nan, "NaN", r"\text{NaN}"),
    ],
)  # fmt: skip
def test_numbers(value, text, latex):
    assert (number(value).text, number(value).latex) == (text, latex)


def test_a_name_is_the_users_whatever_it_looks_like(g):
    y = np.exp(g["x"])
    assert equation(y + 1) == "add_0 = exp(x) + 1"
    assert equation(y.named("exp_7") + 1) == "add_1 = exp_7 + 1"


def test_what_goes_by_a_name_can_be_chosen(g):
    y = g["x"] + 1
    z = np.exp(y)
    assert term(z).operands[0].is_a(ADD)
    assert term(z, shown=lambda n: number(7.0) if n is y else None).operands[0].text == "7"
