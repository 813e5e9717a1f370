import operator as python

import networkx as nx
import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError


@pytest.mark.parametrize(
    "name", ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_xor"]
)
def test_comparisons_compare_as_numpy_does(name):
    x, y = np.array([1.0, 2.0, np.nan]), np.array([2.0, 2.0, 0.0])
    g = dp.Graph()
    node = g.input("x", (3,))
    compared = getattr(np, name)(node, y)
    assert compared.dtype == bool
    np.testing.assert_array_equal(dp.forward(compared, {"x": x}), getattr(np, name)(x, y))


@pytest.mark.parametrize("name", ["isfinite", "isinf", "isnan", "logical_not"])
def test_questions_are_answered_as_numpy_does(name):
    x = np.array([1.0, 0.0, np.inf, np.nan])
    g = dp.Graph()
    asked = getattr(np, name)(g.input("x", (4,)))
    np.testing.assert_array_equal(dp.forward(asked, {"x": x}), getattr(np, name)(x))


@pytest.mark.parametrize("function", [python.and_, python.or_, python.xor])
def test_pythons_operators_join_conditions(function):
    g = dp.Graph()
    x = g.input("x", (3,))
    joined = ~function(x > 0, x < 2)
    assert dp.forward(joined, {"x": [-1, 1, 3]}).tolist() == [not function(a, b) for a, b in [(0, 1), (1, 1), (1, 0)]]


@pytest.mark.parametrize("condition", [lambda x, y: x > y, lambda x, y: True], ids=["by values", "by the caller"])
def test_derivatives_of_a_choice(rng, shapes, condition):
    g = dp.Graph()
    x, y = (g.parameter(name, initial=rng.normal(size=s)) for name, s in zip("xy", shapes, strict=True))
    report = dp.check_gradient(np.sum(np.where(condition(x, y), x * y, y) ** 2))
    assert report.ok, report


def test_derivatives_of_where(verify, rng, shapes):
    condition = rng.normal(size=shapes[0]) > 0
    verify(dp.where, condition, rng.normal(size=shapes[0]), rng.normal(size=shapes[1]))


def test_a_condition_of_numbers_holds_where_it_is_not_zero():
    g = dp.Graph()
    count, x = g.input("count", (3,), np.int64), g.input("x", (3,))
    chosen = np.where(count, x, -x)
    feeds = {"count": [0, 1, 2], "x": [1, 1, 1]}
    assert dp.forward(chosen, feeds).tolist() == [-1, 1, 1]
    assert dp.forward(dp.gradient(chosen, x), feeds).tolist() == [-1, 1, 1]


def test_in_a_dag_made_by_hand_a_condition_must_be_boolean():
    dag = nx.MultiDiGraph()
    for slot, name in enumerate("cxy"):
        dag.add_node(name, kind="input", shape=(3,))
        dag.add_edge(name, "chosen", key=slot)
    dag.add_node("chosen", operator="where")
    with pytest.raises(ShapeError, match="the condition is of float64, not bool: write condition != 0"):
        dp.Graph.from_networkx(dag)


def test_no_gradient_passes_where_a_value_was_not_chosen():
    """log has slope infinity at 0; through the value not chosen that is still nothing."""
    g = dp.Graph()
    x = g.input("x", (2,))
    y = np.log(np.where(x > 0, x, 0))
    gradient = dp.forward(dp.gradient(y, x), {"x": [-1, 2]})
    assert gradient.tolist() == [0, 0.5]


def test_arrays_filled_like_others_have_no_slope(verify, shape):
    g = dp.Graph()
    x = g.input("x", shape)
    for made, value in [(np.ones_like(x), 1), (np.zeros_like(x), 0), (np.full_like(x, 7.5), 7.5)]:
        total, gradient = dp.forward([made, dp.gradient(made + x, x)], {"x": np.zeros(shape)})
        np.testing.assert_array_equal(total, np.full(shape, value))
        np.testing.assert_array_equal(gradient, np.ones(shape))
    assert np.zeros_like(x, dtype=np.int64).dtype == np.int64
