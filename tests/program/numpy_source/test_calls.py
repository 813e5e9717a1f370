"""A rule that is one call of NumPy's is known by the call, whoever brings it."""

import operator as python

import numpy as np
import pytest

import dagprop as dp
from dagprop.program.numpy_source.calls import call_of


@pytest.fixture
def x():
    return dp.Graph().input("x", (3, 4))


def called(op, *nodes, **attributes):
    """The function that the rule calls, and what it gives it: nodes, and plain values."""
    call = call_of(op, nodes, op.complete(attributes))
    return call and (call.function, [getattr(value, "node", value) for value in call.args], call.kwargs)


def test_a_ufunc_is_its_own_call(x):
    assert called(dp.elementwise(np.hypot), x, x) == (np.hypot, [x, x], {})


@pytest.mark.parametrize(
    ("rule", "call"),
    [
        (lambda x: np.median(x, axis=0), lambda x: (np.median, [x], {"axis": 0})),
        (lambda x: np.add.reduce(x, axis=1), lambda x: (np.add.reduce, [x], {"axis": 1})),
        (lambda x: x[1:], lambda x: (python.getitem, [x, slice(1, None)], {})),
        (lambda x: x.astype(int), lambda x: (np.ndarray.astype, [x, int], {})),
        (lambda x: -x, lambda x: (np.negative, [x], {})),
    ],
    ids=["function", "reduction", "index", "cast", "sign"],
)
def test_what_a_rule_calls(x, rule, call):
    rule.__name__ = "rule"
    assert called(dp.operator(rule), x) == call(x)


@pytest.mark.parametrize(
    "rule",
    [
        lambda x: np.exp(x) + 1,
        lambda x: np.exp(x) if x else x,
        lambda x: x.tobytes(),
        lambda x: x,
        lambda x: 3.0,
    ],
    ids=["two calls", "a choice", "bytes", "no call", "a number"],
)
def test_what_is_not_one_call(x, rule):
    rule.__name__ = "rule"
    assert called(dp.operator(rule), x) is None


def test_attributes_are_values_of_the_call(x):
    @dp.operator
    def spread(x, *, axis=None):
        return np.ptp(x, axis=axis)

    assert called(spread, x, axis=1) == (np.ptp, [x], {"axis": 1})
