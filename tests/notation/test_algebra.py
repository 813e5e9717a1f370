"""What tidying must not change is what a formula is worth: it is worked out, and held to the engine's numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dagprop as dp
from dagprop.explanation import local_derivatives
from dagprop.notation.algebra import factored, scaled
from dagprop.notation.formula import render, symbol
from dagprop.notation.reading import leaf, term
from dagprop.plugin.signs import HADAMARD, INDICATOR, TRANSPOSE

SIGNS = {
    HADAMARD: np.multiply,
    INDICATOR: lambda x, **_: np.asarray(x, float),
    TRANSPOSE: lambda x: np.swapaxes(x, -1, -2) if np.ndim(x) > 1 else x,
}

OF_SIGN = {op.sign: op for op in dp.registry}


def worth(formula, values):
    """A term worked out with NumPy, sign by sign."""
    if formula.number is not None:
        return formula.number
    if formula.sign is None:
        return values[formula.text]
    operands = [worth(operand, values) for operand in formula.operands]
    rule = SIGNS.get(formula.sign) or OF_SIGN[formula.sign].forward
    with np.errstate(all="ignore"):
        return rule(*operands, **formula.attributes)


LEAVES = st.sampled_from(["x", "y", 0.0, 1.0, -1.0, 2.0, 0.5])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["negative", "square", "tanh", "exp"]), inner)
        | st.tuples(st.sampled_from(["add", "subtract", "multiply", "divide"]), inner, inner)
        | st.tuples(st.just("power"), inner, st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0]))
    ),
    max_leaves=10,
)


def built(tree, leaves):
    if not isinstance(tree, tuple):
        return leaves.get(tree, tree)
    operator, *operands = tree
    with np.errstate(all="ignore"):
        return getattr(np, operator)(*(built(operand, leaves) for operand in operands))


@given(TREES)
def test_values_and_gradients_are_worth_what_the_engine_computes(tree):
    values = {"x": np.array([0.7, -0.4]), "y": np.array([1.3, 0.6])}
    g = dp.Graph()
    f = built(tree, {"x": g.input("x", (2,)), "y": g.input("y", (2,))})
    if not isinstance(f, dp.Node) or f.operator is None:
        return
    gradients = dp.gradient(f, ["x", "y"])
    for node, computed in zip([f, *gradients], dp.forward([f, *gradients], values), strict=True):
        if node.operator is not None and np.isfinite(computed).all() and np.abs(computed).max() < 1e6:
            formula = term(node, lambda n: leaf(n) if n.operator is None else None, tidy=True, limit=10_000)
            found = worth(formula, values)
            np.testing.assert_allclose(np.broadcast_to(found, (2,)), computed, rtol=1e-9, atol=1e-9)


OPERATORS = [
    op
    for op in dp.registry
    if op.elementwise and op.rule is not None and not op.attributes and op.owner.startswith("dagprop ")
    if op.name != "where"  # whose condition is no number
]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_local_derivatives_of_all_elementwise_operators(operator):
    """∂out/∂operand by its formula, against what the edge sent back of a gradient of 1."""
    g = dp.Graph()
    names = [f"x{i}" for i in range(len(operator.operands))]
    out = operator(*(g.input(name, (3,)) for name in names)).named("out")
    feeds = {name: np.array([0.3, 0.6, 0.45]) + 0.05 * i for i, name in enumerate(names)}
    flow = dp.backprop(out, feeds, wrt=names, on_nonfinite="ignore")
    values = {**feeds, "out": flow.values["out"]}
    for edge, derivative in local_derivatives(out).items():
        assert derivative.is_factor, derivative.text
        found = np.broadcast_to(worth(derivative.formula, values), (3,))
        expected = flow.contributions[edge] if edge in flow.contributions else np.zeros(3)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("factor", "text"),
    [(1, "x"), (-1, "−x"), (2, "2 x"), (-0.5, "−x / 2"), (1 / 3, "x / 3"), (0.3, "0.3 x"), (0, "0")],
)
def test_a_number_in_front(factor, text):
    x = symbol("x")
    scaled_x = scaled(factor, x, ())
    assert render(scaled_x) == text
    if factor:
        back, rest = factored(scaled_x)
        assert math.isclose(back, factor)
        assert rest is x
