"""What is said of a plugin's operators is what would be said of them under other names: nothing is read out of a name.

The operators of `acme` bear core's names and mean something else. Whatever took one for core's would say something
else of the same operator called Negative, or Power.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError
from tests.plugin import acme
from tests.plugin.models import MODELS, build


def anew(text: str) -> str:
    """Without what differs between names that begin with a capital and those that do not: that, and numbering."""
    return re.sub(r"\\?_\{?\d+\}?", "", text.lower())


def said(model: Callable[..., Any], a: Any) -> dict[str, str]:
    """All that is said of a model."""
    loss, leaves, feeds = build(model, a)
    flow = dp.backprop(loss, feeds, wrt=leaves)
    step = dp.compile(loss, wrt=leaves)
    updates = dp.update_equations(loss, wrt=leaves)
    nodes = [node for node in loss.graph if node.operator is not None]
    partials = [outcome(lambda node=node: texts(dp.partial_derivatives(node))) for node in nodes]
    return {
        "equations": "\n".join(dp.equation(node, style) for node in nodes for style in ("text", "latex")),
        "partial derivatives": "\n".join(partials),
        "local derivatives": outcome(lambda: texts(dp.local_derivatives(loss.graph))),
        "update equations": texts(updates),
        "walkthrough": "\n".join(str(dp.explain(flow, leaf)) for leaf in leaves),
        "source": step.source,
        "plan": " ".join(step.plan.explain().split()),
        "picture": dp.draw(flow).dot,
    }


def texts(derivatives: Any) -> str:
    return "\n".join(f"{key}: {derivative.text} / {derivative.latex}" for key, derivative in derivatives.items())


def outcome(say: Callable[[], str]) -> str:
    """What is said, or why nothing is."""
    try:
        return say()
    except (OperandError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module", params=list(acme.MAKES))
def both(request: pytest.FixtureRequest) -> Iterator[tuple[SimpleNamespace, SimpleNamespace]]:
    """The plugin, and the same under names that nobody knows."""
    with acme.plugin(request.param) as known, acme.plugin(request.param, str.capitalize, "Acme") as unknown:
        yield known, unknown


@pytest.mark.parametrize("name", MODELS)
def test_under_other_names_the_same_is_said(both, name):
    known, unknown = (said(MODELS[name], a) for a in both)
    for what, text in known.items():
        assert anew(text) == anew(unknown[what]), f"{what}: a name was read, not an operator"


# ---- as a reader sees it --------------------------------------------------------------------------------------------


@pytest.fixture
def g():
    g = dp.Graph()
    g.input("x", (2, 3)), g.parameter("w", (2, 3)), g.input("s"), g.input("t")
    return g


FORMULAS = {
    "power(w, 2)": lambda a, x, w: a.power(w, 2.0),
    "−negative(x)": lambda a, x, w: -a.negative(x),
    "negative(−x)": lambda a, x, w: a.negative(-x),
    "square(x) · x": lambda a, x, w: a.square(x) * x,
    "multiply(x, w)": lambda a, x, w: a.multiply(x, w),
    "add(x, w) · 2": lambda a, x, w: a.add(x, w) * 2.0,
    "x − subtract(x, w)": lambda a, x, w: x - a.subtract(x, w),
    "divide(x, 2)": lambda a, x, w: a.divide(x, 2.0),
    "reciprocal(w)": lambda a, x, w: a.reciprocal(w),
    "sum(x)": lambda a, x, w: a.sum(x),
    "mean(x) + mean(w)": lambda a, x, w: a.mean(x) + a.mean(w),
    "matmul(x, w)": lambda a, x, w: a.matmul(x, w),
    "transpose(xᵀ)": lambda a, x, w: a.transpose(x.T),
    "swapaxes(x, axis1=0, axis2=1)ᵀ": lambda a, x, w: a.swapaxes(x, axis1=0, axis2=1).T,
    "where(x > w, x, 0)": lambda a, x, w: a.where(x > w, x, 0.0),
    "log1p(x)": lambda a, x, w: a.log1p(x),
    "ones_like(x) · w": lambda a, x, w: a.ones_like(x) * w,
    "full_like(x, fill_value=2)": lambda a, x, w: a.full_like(x, fill_value=2),
    "chain(x, w)": lambda a, x, w: a.chain(x, w),
    "dimension(x)": lambda a, x, w: a.dimension(x),
}


@pytest.mark.parametrize("make", ["rules on nodes", "opaque", "foreign ufuncs"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_without_a_notation_an_operator_is_written_as_a_function(g, formula, make):
    with acme.plugin(make, called="apex") as a:
        made = FORMULAS[formula](a, g["x"], g["w"]).named("y")
        written = dp.equation(made).removeprefix("y = ")
    assert re.sub(r"(?<=, )shape=\S+|, ax[ei]s=None|, keepdims=False", "", written) == formula


def test_with_one_it_is_written_so(g):
    with acme.plugin("own notation", called="apex") as a:
        assert dp.equation(a.power(g["w"], 2.0).named("y")) == "y = ⟪w, 2⟫"
        assert dp.equation(a.matmul(g["w"], g["x"]).named("z"), "latex") == r"z = \langle w, x \rangle"
        assert dp.equation((-a.negative(-g["x"])).named("q")) == "q = −⟪−x⟫"


# ---- symbols and advice ---------------------------------------------------------------------------------------------

NUMBERS = [
    name
    for name, meaning in acme.MEANINGS.items()
    if meaning.elementwise and meaning.derivative is not None and not meaning.forward.__code__.co_kwonlyargcount
]


@pytest.mark.parametrize("make", acme.MAKES)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_symbol_is_right_or_refused(name, make):
    sympy = pytest.importorskip("sympy")
    g = dp.Graph()
    point = {"s": 0.7, "t": -1.3}
    with acme.plugin(make, called="apex") as a:
        op = getattr(a, name)
        leaves = [g.input(leaf) for leaf in point][: len(op.operands)]
        out = op(*leaves) if len(op.operands) < 3 else op(leaves[0] > 0, *leaves)
        slopes = dp.forward(dp.gradient(out, leaves), point)
        for symbol, expected in [
            (symbol_of(out), dp.forward(out, point)),
            *zip(slopes_of(out, leaves), slopes, strict=True),
        ]:
            if symbol is not None:
                at = {sympy.Symbol(leaf, real=True): value for leaf, value in point.items()}
                assert float(symbol.subs(at)) == pytest.approx(float(expected)), f"{name} is {symbol}"


def symbol_of(out: dp.Node) -> Any:
    try:
        return dp.symbolic(out)
    except OperandError:
        return None


def slopes_of(out: dp.Node, leaves: list[dp.Node]) -> list[Any]:
    try:
        return dp.symbolic_gradient(out, leaves)
    except OperandError:
        return [None] * len(leaves)


def test_rules_on_nodes_need_no_symbol():
    """What runs on nodes runs on symbols: most of these are not refused."""
    g = dp.Graph()
    s = g.input("s")
    with acme.plugin("rules on nodes", called="apex") as a:
        assert [str(dp.symbolic(op(s))) for op in (a.negative, a.square, a.exp, a.sigmoid, a.log, a.sqrt)] == [
            "255 - s", "-s**2", "sin(s)", "3*s", "2 - s", "s - 5",
        ]  # fmt: skip
        assert str(dp.symbolic(-a.negative(s))) == "s - 255"
        assert str(dp.symbolic(a.power(s, 2.0))) == "s + 2"


@pytest.mark.parametrize("name", ["log", "sqrt", "divide", "exp", "reciprocal", "power", "input", "parameter"])
def test_the_advice_at_an_infinity_is_not_that_for_core_s(name):
    def said_of(called: str) -> str:
        @dp.elementwise
        def bad(x):
            return x / np.zeros_like(x)

        bad.derivative(lambda x: 1.0)
        bad.name = called
        x = dp.Graph().input("x", (2,))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dp.backprop(np.sum(bad(x)), {"x": [1.0, 2.0]}, on_nonfinite="warn")
        return "\n".join(str(warning.message) for warning in caught)

    told = said_of(name)
    assert "Inf in the value of" in told
    assert anew(told) == anew(said_of(name.capitalize()))
