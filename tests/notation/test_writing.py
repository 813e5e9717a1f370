"""Operators as formulas: what a plugin's say of their notation, and that a name alone says nothing."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ArgumentError, OperandError
from dagprop.notation.formula import render, symbol
from dagprop.notation.reading import term
from dagprop.notation.writing import Formula
from dagprop.spec import Spec


@pytest.fixture
def g():
    g = dp.Graph()
    g.input("x"), g.input("y"), g.input("v", ("n",)), g.input("X", ("n", 3))
    return g


def said(node, style="text", *, tidy=False):
    return render(term(node, tidy=tidy), style)


# ---- signs ------------------------------------------------------------------------------------------------------


def test_an_operator_that_is_a_power_is_written_and_tidied_as_one(g):
    raised = dp.elementwise(sign=dp.signs.POWER)(lambda base, exponent: base**exponent)
    assert said(raised(g["x"], 3.0)) == said(np.power(g["x"], 3.0)) == "x³"
    assert said(raised(g["x"] + 1, g["y"]), "latex") == r"\left(x + 1\right)^{y}"
    assert said(raised(g["x"], 1.0), tidy=True) == "x"


def test_whatever_multiplies_is_told_apart_by_shapes_and_tidied(g):
    times = dp.elementwise(sign=dp.signs.MULTIPLY)(lambda a, b: a * b)
    x, v = g["x"], g["v"]
    assert [said(times(a, b), "latex") for a, b in [(x, v), (v, v), (2.0, v)]] == [r"x \cdot v", r"v \odot v", "2 v"]
    assert said(times(times(v, 2.0), v), tidy=True) == "2 v²"


ACME = {
    "power": (lambda x, y: x + y, "power(x, y)"),
    "multiply": (lambda x, y: x - y, "multiply(x, y)"),
    "add": (lambda x, y: x * y, "add(x, y)"),
    "negative": (lambda x: 255 - x, "negative(x)"),
    "square": (lambda x: -x, "square(x)"),
    "log1p": (lambda x: 2 * x, "log1p(x)"),
    "astype": (lambda x: x + 1, "astype(x)"),
    "ones_like": (lambda x: 7 * x, "ones_like(x)"),
    "expand_dims": (lambda x: 3 * x, "expand_dims(x)"),
    "where": (lambda x, y, z: x + y - z, "where(x, y, 0)"),
}


@pytest.mark.parametrize(("name", "forward", "text"), [(name, *rest) for name, rest in ACME.items()], ids=ACME)
def test_another_meaning_under_a_name_of_cores_is_nothing_but_a_function(g, name, forward, text):
    forward.__name__ = name
    op = dp.elementwise(forward)
    operands = [g["x"], g["y"], 0.0][: len(op.operands)]
    for tidy in (False, True):
        assert said(op(*operands), tidy=tidy) == text
    inner, outer = op(*operands), [op(*operands), *operands[1:]]
    assert said(-inner, tidy=True) == f"−{text}"
    assert said(op(*outer), tidy=True) == f"{name}({', '.join([text, *text[:-1].split(', ')[1:]])})"


def test_another_sum_is_no_sum(g):
    @dp.operator
    def sum(x, *, axis=None):  # noqa: A001  # as core's is called
        return np.max(x, axis=axis)

    assert said(sum(g["X"], axis=0), tidy=True) == "sum(X, axis=0)"


def test_a_sign_of_ones_own(g):
    integral = dp.signs.Sign("integral", ("f",), "∫ {f}", r"\int {f}", "product", reaches=True)
    integrated = dp.operator(sign=integral)(lambda f: f.sum())
    assert said(integrated(g["v"] * g["v"])) == "∫ v · v"
    assert said(integrated(g["v"] + 1.0), "latex") == r"\int \left(v + 1\right)"


def test_brackets_keep_a_leading_minus_off_a_sign(g):
    assert said(g["x"] + (-1.0 + g["y"])) == "x + (−1 + y)"
    assert said(g["x"] - g["y"] - g["x"]) == "x − y − x"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sign": dp.signs.POWER}, "the sign 'power' is of 2 operands, and there are 1"),
        ({"text": "{x}!", "binding": "tight"}, "binding is 'sum', 'product', 'power' or 'function', not 'tight'"),
    ],
)
def test_notation_that_cannot_be_is_refused(options, why):
    with pytest.raises((ArgumentError, OperandError), match=why):
        dp.elementwise(**options)(lambda x: x)


def test_an_operand_is_written_in_known_ways(g):
    loud = dp.elementwise(text="{x:loud}")(lambda x: x)
    with pytest.raises(OperandError, match=r"written {x}, {x:bare}, {x:raised} or {x:times}, not {x:loud}"):
        said(loud(g["x"]))


# ---- notation ---------------------------------------------------------------------------------------------------


def test_a_sign_may_depend_on_shapes_and_attributes(g):
    @dp.operator
    def flipped(x, *, axis=0):
        return np.flip(x, axis)

    @flipped.notation
    def _(x, *, axis):
        if x.ndim == 1:
            return dp.signs.Sign("reversed", ("x",), "{x}ʳ", "{x}^r", "power")
        return None

    assert said(flipped(g["v"])) == "vʳ"
    assert said(flipped(g["X"], axis=1)) == "flipped(X, axis=1)"


def test_a_sum_names_its_axes(g):
    @dp.operator
    def folded(x, *, axes=(0,)):
        return np.sum(x, axis=axes)

    @folded.notation
    def _(x, *, axes):
        return dp.signs.TOTAL, {"over": dp.signs.over(x.shape, axes)}

    assert said(folded(2.0 * g["X"])) == "Σ_n 2 X"
    assert said(folded(g["X"], axes=(1,)), "latex") == r"\sum_{\text{axis1}} X"
    assert said(folded(g["X"], axes=(0, 1))) == "Σ X"


def test_a_condition_counts_as_a_number_but_where_one_is_taken(g):
    chosen = dp.elementwise(conditions=[0])(lambda condition, x: np.where(condition, x, 0.0))
    scaled = dp.elementwise(text="{condition} ⊗ {x}")(lambda condition, x: condition * x)
    called = dp.elementwise(lambda condition, x: condition * x)
    assert said(chosen(g["x"] > 0, g["y"])).endswith("(x > 0, y)")
    assert said(scaled(g["x"] > 0, g["y"])) == "[x > 0] ⊗ y"
    assert said(called(g["x"] > 0, g["y"])).endswith("(x > 0, y)"), "a function takes what it is given"


# ---- tidying ----------------------------------------------------------------------------------------------------


def test_a_rule_writes_something_shorter(g):
    @dp.elementwise
    def gain(x, *, factor=1.0):
        return factor * x

    @gain.tidy
    def _(x, *, factor):
        return x if factor == 1 else factor * x + 0.0

    assert said(gain(g["v"])) == "gain(v, factor=1.0)"
    assert said(gain(g["v"]), tidy=True) == "v"
    assert said(gain(gain(g["v"], factor=2.0), factor=3.0), tidy=True) == "6 v"


def test_a_rule_may_return_a_number_a_name_or_nothing(g):
    @dp.operator
    def counted(x, *, what="rows"):
        return np.asarray(float(len(x)))

    @counted.tidy
    def _(x, *, what, out):
        return {"rows": str(x.shape[0]), "columns": x.shape[-1]}.get(what) if out.shape == () else None

    assert said(counted(g["X"]), tidy=True) == "n"
    assert said(counted(g["X"], what="columns"), tidy=True) == "3"
    assert said(counted(g["X"], what="all"), tidy=True) == "counted(X, what=all)"


def test_formulas_answer_numpy():
    spec = Spec(("n",))
    x = Formula(symbol("x", spec.shape), spec)
    assert render(np.log(1 + x * x).term) == "ln(1 + x²)"
    assert render(np.sum(2 * dp.tanh(x)).term) == "2 Σ tanh(x)"
    assert render((x * (x > 0)).term) == render((x * (x > 0).astype(float)).term) == "x ⊙ [x > 0]"
    with pytest.raises(OperandError, match=r"no arrays: not one of shape \(3,\)"):
        x + np.ones(3)
    with pytest.raises(OperandError, match=r"np\.add\.reduce"):
        np.add.reduce(x)
    with pytest.raises(OperandError, match="several outputs"):
        np.split(x, [1])
    with pytest.raises(OperandError, match="not an array"):
        np.asarray(x)
