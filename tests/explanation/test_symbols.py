"""Rules run on SymPy's symbols; SymPy's own derivatives are the oracle."""

import math
import sys

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import MissingExtraError, OperandError
from dagprop.explanation import symbols
from dagprop.explanation.symbols import Symbolic, symbolic, symbolic_gradient

sympy = pytest.importorskip("sympy")
x, y = sympy.symbols("x y", real=True)


@pytest.fixture
def g():
    g = dp.Graph()
    g.input("x"), g.input("y")
    return g


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x, y: x**2, [2 * x, 0]),
        (lambda x, y: 3 * x**4 + 2 * x**2, [12 * x**3 + 4 * x, 0]),
        (lambda x, y: 8 * x, [8, 0]),
        (lambda x, y: 2 * x + 5 * y + 8, [2, 5]),
        (lambda x, y: (x**2 + x) ** 3, [3 * (x**2 + x) ** 2 * (2 * x + 1), 0]),
        (lambda x, y: 5 * x**3, [15 * x**2, 0]),
    ],
    ids=["x²", "3x⁴+2x²", "8x", "2x+5y+8", "(x²+x)³", "5x³"],
)
def test_the_textbooks_derivatives_in_the_textbooks_form(g, make, expected):
    assert symbolic_gradient(make(g["x"], g["y"]), ["x", "y"]) == expected


SMOOTH = {
    "add": lambda x, y: x + y,
    "divide": lambda x, y: x / y,
    "power": lambda x, y: x**y,
    "sqrt": lambda x, y: np.sqrt(x * y),
    "exp": lambda x, y: np.exp(x / y),
    "log": lambda x, y: np.log(x) * y,
    "sin": lambda x, y: np.sin(x * y),
    "tanh": lambda x, y: np.tanh(x - y),
    "arctan": lambda x, y: np.arctan(x * y),
    "sigmoid": lambda x, y: dp.sigmoid(x * y),
    "softplus": lambda x, y: dp.softplus(x) * y,
    "silu": lambda x, y: dp.silu(x * y),
    "gelu": lambda x, y: dp.gelu(x * y),
    "reciprocal": lambda x, y: np.reciprocal(x + y),
    "scalar sum": lambda x, y: (x * y).sum() + (x + y).mean(),
}


@pytest.mark.parametrize("make", SMOOTH.values(), ids=SMOOTH)
def test_the_rules_give_what_sympy_derives(g, make):
    f = make(g["x"], g["y"])
    at = {x: sympy.Rational(7, 10), y: sympy.Rational(13, 10)}
    for symbol, derived in zip((x, y), symbolic_gradient(f, ["x", "y"]), strict=True):
        expected = sympy.diff(symbolic(f), symbol)
        assert float(derived.subs(at)) == pytest.approx(float(expected.subs(at)), rel=1e-9)
    value = dp.forward(f, {"x": 0.7, "y": 1.3}).item()
    assert float(symbolic(f).subs(at)) == pytest.approx(value)


def test_choices_become_piecewise_and_max(g):
    node = g["x"]
    assert symbolic(dp.relu(node)) == sympy.Max(0, x)
    assert symbolic(np.where(node > 0, node, -2 * node)) == sympy.Piecewise((x, x > 0), (-2 * x, True))
    assert symbolic_gradient(dp.relu(node), "x") == sympy.Piecewise((1, x > 0), (0, True))


def test_constants_become_rationals_where_they_are_close_to_one(g):
    assert symbolic(g["x"] * 0.5 + 1 / 3) == x / 2 + sympy.Rational(1, 3)
    assert symbolic(g["x"] * np.pi) == x * sympy.Float(np.pi)


def test_second_derivatives(g):
    first = dp.gradient(g["x"] ** 4, "x")
    assert symbolic_gradient(first, "x") == 12 * x**2


def test_arrays_are_read_per_element_and_what_mixes_elements_is_refused():
    g = dp.Graph()
    v = g.input("v", ("n",))
    assert str(symbolic(v**2)) == "v**2"
    assert str(symbolic_gradient(v**2, "v")) == "2*v"
    with pytest.raises(OperandError, match="mixes elements"):
        symbolic((v**2).sum())


def test_operators_rules_and_numpy_functions_take_a_symbol():
    s = Symbolic("x")
    assert dp.sigmoid(s).expression == 1 / (1 + sympy.exp(-x))
    assert np.square(s + 1).expression == (x + 1) ** 2
    rule = dp.registry["sigmoid"].rule
    derivative = rule(s, out=dp.sigmoid(s), attributes={}).expression
    assert sympy.simplify(derivative - sympy.diff(1 / (1 + sympy.exp(-x)), x)) == 0


def test_a_plugins_operator_needs_nothing_more():
    @dp.elementwise
    def mish_like(x):
        return x * np.tanh(np.logaddexp(x, 0))

    assert mish_like(Symbolic("x")).expression == x * sympy.tanh(sympy.log(sympy.exp(x) + 1))


def test_an_operator_may_say_what_it_is_in_symbols(g):
    gamma = dp.elementwise(np.frompyfunc(math.gamma, 1, 1))

    @gamma.symbol
    def _(sympy, x):
        return sympy.gamma(x)

    assert gamma(Symbolic("x") ** 2).expression == sympy.gamma(x**2)


def test_what_it_says_may_depend_on_attributes_and_take_conditions():
    @dp.elementwise(conditions=[0])
    def chosen(condition, x, *, otherwise=0.0):
        return np.where(condition, x, otherwise)

    @chosen.symbol
    def _(sympy, condition, x, *, otherwise):
        return sympy.Piecewise((x, condition), (otherwise, True))

    s = Symbolic("x")
    assert chosen(s > 0, s > 1, otherwise=2).expression == sympy.Piecewise(
        (sympy.Piecewise((1, x > 1), (0, True)), x > 0), (2, True)
    )


ACME = {
    "power": (lambda x, y: x + y, x + y),
    "negative": (lambda x: 255 - x, 255 - x),
    "square": (lambda x: -x, -x),
    "log1p": (lambda x: 2 * x, 2 * x),
    "ones_like": (lambda x: 7 * x, 7 * x),
    "where": (lambda x, y: np.maximum(x, -y), sympy.Max(x, -y)),
    "sum": (lambda x: x + 1, x + 1),
}


@pytest.mark.parametrize(("name", "forward", "expected"), [(name, *rest) for name, rest in ACME.items()], ids=ACME)
def test_another_meaning_under_a_name_of_cores_is_what_its_rule_says(g, name, forward, expected):
    forward.__name__ = name
    op = dp.elementwise(forward)
    assert symbolic(op(*[g["x"], g["y"]][: len(op.operands)])) == expected


def test_what_an_operator_is_made_of_is_read_where_its_rule_cannot_be(g):
    assert symbolic(np.var(g["x"])) == 0


def test_a_function_of_arrays_alone_has_no_expression(g):
    foreign = dp.elementwise(np.frompyfunc(np.sin, 1, 1))
    first = dp.operator(lambda x: x[0])
    with pytest.raises(OperandError, match=r"its rule is a function of arrays. `@sin.* declares one"):
        symbolic(foreign(Symbolic("x")))
    with pytest.raises(OperandError, match=r"its rule takes no symbols, TypeError: .*not subscriptable"):
        first(Symbolic("x"))


def test_what_has_no_meaning_for_one_number_is_refused():
    s = Symbolic("x")
    with pytest.raises(OperandError, match=r"core:sort, from dagprop .* has no expression in symbols"):
        np.sort(s)
    with pytest.raises(OperandError, match="shape"):
        s + np.ones(3)
    with pytest.raises(OperandError, match=r"np\.add\.reduce"):
        np.add.reduce(s)
    with pytest.raises(OperandError, match="not an array"):
        np.asarray(s)


def test_an_expression_too_deep_for_sympy_is_refused(g):
    node = g["x"]
    for _ in range(600):
        node = np.tanh(node)
    with pytest.raises(OperandError, match="nested too deeply for SymPy"):
        symbolic(node)


def test_without_sympy_the_extra_is_named(monkeypatch, g):
    symbols._sympy.cache_clear()
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dagprop\[symbols\]'"):
        symbolic(g["x"])
    symbols._sympy.cache_clear()
