"""A call is written as a person writes it: with Python's signs, and without what is left out anyway."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.program.numpy_source.calls import call_of
from dagprop.program.numpy_source.expressions import ATOM, COMPARISON, UNARY, expression


def text(node):
    """The node's own call, its operands by name."""
    call = call_of(node.operator, node.operands, node.attributes)
    return expression(call, lambda operand, _: operand.name, str)


@pytest.fixture
def a():
    return dp.Graph().input("a", (2, 2))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda a: a @ a, ("a @ a", 6)),
        (lambda a: a > a, ("a > a", COMPARISON)),
        (lambda a: -a, ("-a", UNARY)),
        (lambda a: a.T, ("a.T", ATOM)),
        (lambda a: a[1:, 0], ("a[1:, 0]", ATOM)),
        (lambda a: a.astype(np.float32), ("a.astype(np.float32)", ATOM)),
        (np.sum, ("np.sum(a)", ATOM)),
        (lambda a: np.sum(a, axis=1, keepdims=True), ("np.sum(a, axis=1, keepdims=True)", ATOM)),
        (lambda a: np.concatenate([a, a]), ("np.concatenate([a, a])", ATOM)),
        (lambda a: np.where(a > 0, a, 1), ("np.where(greater_0, a, constant_1)", ATOM)),
    ],
)
def test_a_call_as_text_and_how_tightly_it_binds(a, make, expected):
    assert text(make(a)) == expected


def test_how_tightly_operands_must_bind(a):
    asked = []
    made = a - a
    expression(
        call_of(made.operator, made.operands, {}), lambda operand, level: asked.append(level) or operand.name, str
    )
    assert asked == [5, 6], "a - b - c needs no brackets, a - (b - c) does"
