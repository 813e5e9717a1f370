"""A call's arguments become operands and attributes, by position or by name, as NumPy lets one write."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError


@dp.operator
def scaled_sum(x, y, *, axis=None, scale=1.0):
    return np.sum(x * y, axis=axis) * scale


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scaled_sum(x, x, axis=1, scale=2),
        lambda x: scaled_sum(x, y=x, axis=1, scale=2),
        lambda x: scaled_sum(x=x, y=x, axis=1, scale=2),
        lambda x: scaled_sum(x, x, 1, 2),
        lambda x: scaled_sum(x, x, 1, scale=2),
    ],
    ids=["keywords", "operand by name", "all by name", "positions", "mixed"],
)
def test_operands_and_attributes_go_by_position_or_name(call):
    x = np.arange(6.0).reshape(2, 3)
    node = call(dp.Graph().input("x", (2, 3)))
    assert node.attributes == {"axis": 1, "scale": 2}
    assert call(x).tolist() == dp.forward(node, {"x": x}).tolist() == [10, 100]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (scaled_sum, r"scaled_sum\(x, y, \*, axis=None, scale=1.0\) takes 2 operands, not 1"),
        (lambda x: scaled_sum(x, x, axes=1), "no attribute 'axes'. Did you mean axis"),
        (lambda x: scaled_sum(x, x, 1, axis=1), "the attribute 'axis' is given twice"),
        (lambda x: scaled_sum(x, x, 1, 2, 3), "got 5 positional arguments"),
        (dp.reshape, "the attribute 'shape' is missing|missing .*'shape'"),
    ],
    ids=["too few", "unknown", "twice", "too many", "missing"],
)
def test_wrong_calls_are_refused(call, told):
    with pytest.raises(OperandError, match=told):
        call(dp.Graph().input("x", (2, 3)))


def test_a_signature_must_be_definite():
    with pytest.raises(OperandError, match=r"operator f: name each attribute"):

        @dp.operator
        def f(x, **attributes):
            return x

    with pytest.raises(OperandError, match=r"operator g: an operand has no default"):

        @dp.operator
        def g(x, y=1):
            return x


def test_any_number_of_operands():
    @dp.operator
    def total(*parts):
        return np.sum(np.stack(parts), axis=0)

    @total.vjp
    def _(grad, *parts):
        return (grad,) * len(parts)

    assert total.signature == "total(*parts)"
    graph = dp.Graph()
    x = graph.input("x", (2,))
    y = total(x, x * 2, x)
    assert dp.forward([y, dp.gradient(y, x)], {"x": [1, 2]})[1].tolist() == [4, 4]


def test_a_call_may_be_written_in_its_own_way():
    @dp.operator
    def joined(*parts, axis=0):
        return np.concatenate(parts, axis)

    @joined.arguments
    def _(parts, axis=0):
        return parts, {"axis": axis}

    x = dp.Graph().input("x", (2, 3))
    assert joined([x, np.ones((1, 3))]).shape == (3, 3)
    assert joined([np.ones(2), np.zeros(1)]).tolist() == [1, 1, 0]
    with pytest.raises(OperandError, match=r"joined: .*unexpected keyword"):
        joined([x], axes=1)


def test_operands_have_names():
    assert (dp.matmul.operand(0), dp.concatenate.operand(2)) == ("x", "arrays[2]")
