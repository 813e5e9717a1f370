"""Each pass, on and off: what it makes of a graph, and that the numbers stay."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp
from dagprop.plugin.passes import PASSES


class Example:
    """A graph with inputs of its own for each test, and what programs make of it."""

    def __init__(self):
        self.graph = dp.Graph()
        rng = np.random.default_rng(0)
        shapes = {"x": (3, 4), "b": (4,), "X": (2, 5, 3), "w": (3, 2)}
        self.feeds = {name: rng.uniform(0.5, 2, shape) for name, shape in shapes.items()}
        self.x, self.b, self.X, self.w = (self.graph.input(name, shape) for name, shape in shapes.items())
        self.c = self.graph.constant(np.array([1.0, 2.0, 3.0, 4.0]), "c")


def operators(of, wrt, passes):
    graph = dp.compile(of, wrt=wrt, passes=passes).graph
    return [node.what for node in graph if node.kind == "operator"]


EXAMPLES = {
    "common subexpressions": (
        lambda e: (np.tanh(e.x) + np.tanh(e.x), []),
        ["tanh", "tanh", "add", "sum"],
        ["tanh", "add", "sum"],
    ),
    "constant folding": (
        lambda e: (e.x + (np.sqrt(e.c) + 1), []),
        ["sqrt", "add", "add", "sum"],
        ["add", "sum"],
    ),
    "identities": (
        lambda e: (np.negative(-e.x).T.T, []),
        ["negative", "negative", "transpose", "transpose", "sum"],
        ["sum"],
    ),
    "cheaper forms": (
        lambda e: (e.x**3 + np.abs(e.x) ** 0.5, []),
        ["power", "absolute", "power", "add", "sum"],
        ["multiply", "multiply", "absolute", "sqrt", "add", "sum"],
    ),
    "plain slopes": (
        lambda e: (np.sqrt(1 + e.x * e.x), [e.x]),
        ["multiply", "add", "sqrt", "sum", "divide", "where", "multiply", "add"],
        ["multiply", "add", "sqrt", "sum", "divide", "multiply", "add"],
    ),
    "implicit broadcasting": (
        lambda e: (np.broadcast_to(e.b, (3, 4)) * e.x, []),
        ["broadcast_to", "multiply", "sum"],
        ["multiply", "sum"],
    ),
    "sums of broadcasts": (
        lambda e: (np.exp(-(e.x + e.b).sum()), [e.b]),
        ["add", "sum", "negative", "exp", "sum", "negative", "broadcast_to", "sum"],
        ["add", "sum", "negative", "exp", "sum", "negative", "multiply", "broadcast_to"],
    ),
    "stacked products": (
        lambda e: (e.X @ e.w, [e.w]),
        ["matmul", "sum", "broadcast_to", "swapaxes", "matmul", "sum"],
        ["reshape", "matmul", "reshape", "sum", "transpose", "broadcast_to", "matmul"],
    ),
    "pooling before thresholds": (
        lambda e: (dp.max_pool2d(np.maximum(np.reshape(e.x, (1, 1, 3, 4)), 0.5), size=(1, 2)), []),
        ["reshape", "maximum", "getitem", "getitem", "getitem", "maximum", "sum"],  # of 12 and of 6 numbers
        ["reshape", "getitem", "getitem", "getitem", "maximum", "maximum", "sum"],  # both of 6
    ),
    "dead code": (
        lambda e: (np.reshape(np.reshape(e.x, (2, 6)), (12,)), []),
        ["reshape", "reshape", "sum"],
        ["reshape", "sum"],
    ),
}
"""By pass: a graph with its inputs to differentiate by, its operators without the pass, and with it."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_pass_does(name):
    build, without, with_it = EXAMPLES[name]
    example = Example()
    made, wrt = build(example)
    others = [other for other in PASSES if other != name]
    assert operators(made.sum(), wrt, others) == without
    assert operators(made.sum(), wrt, list(PASSES)) == with_it


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "left out"])
@pytest.mark.parametrize("name", PASSES)
def test_a_pass_changes_no_number(name, alone, executor):
    passes = [name] if alone else [other for other in PASSES if other != name]
    for build, _, _ in EXAMPLES.values():
        example = Example()
        made, wrt = build(example)
        loss = (made * np.exp(0.1 * made)).sum()
        step = dp.compile(loss, wrt=wrt or [example.x, example.b], executor=executor, passes=passes)
        assert step.passes == tuple(passes)
        value, gradients = step({node.name: example.feeds[node.name] for node in used(step)})
        flow = dp.backprop(loss, {node.name: example.feeds[node.name] for node in used(step)}, wrt=step.wrt)
        assert_allclose(value, flow.values[loss], rtol=1e-12)
        for node in step.wrt:
            assert_allclose(gradients[node.name], flow.gradients[node], rtol=1e-12, strict=True)


def used(step):
    return {*step.graph.inputs, *step.wrt}


def test_every_pass_has_an_example():
    assert set(EXAMPLES) == set(PASSES)


def test_no_pass_leaves_the_graph_as_it_was_differentiated():
    example = Example()
    loss = np.tanh(example.x * 1).sum()
    step = dp.compile(loss, wrt=[], passes=[])
    assert [node.what for node in step.graph if node.kind == "operator"] == ["multiply", "tanh", "sum"]


@pytest.mark.parametrize("passes", [[name for name in PASSES if name != "constant folding"], ["cheaper forms"]])
def test_numbers_that_are_not_folded_are_put_together_once(passes, executor):
    """Products of products of numbers: putting them together comes to an end."""
    g = dp.Graph()
    x = g.input("x", (3,))
    made = 2 * (3 * (x * (g.constant(5.0) * 7))) * (g.constant(0.5) * (g.constant(0.25) * g.constant(4.0)))
    value, _ = dp.compile(made.sum(), wrt=[], passes=passes, executor=executor)({"x": [1, 2, 3]})
    assert value == 6 * 105


def test_a_sum_over_named_dimensions_is_divided_once():
    g = dp.Graph()
    x = g.input("x", ("n", "m"))
    source = dp.compile(x.mean(), wrt=[x]).source
    assert "1 / np.float64(m*n)" in source


def test_identities_hold_for_what_is_not_finite():
    """x·0 stays: it is NaN for ∞."""
    g = dp.Graph()
    x = g.input("x", (2,))
    value, _ = dp.compile((x * 0).sum(), wrt=[])({"x": [np.inf, 1]})
    assert np.isnan(value)


def test_one_is_no_identity_where_it_widens_the_dtype_or_the_shape(executor):
    g = dp.Graph()
    x = g.input("x", (3,), np.float32)
    made = x * g.constant(np.ones((2, 3)))
    step = dp.compile(made.sum(axis=0)[0], wrt=[], executor=executor)
    value, _ = step({"x": np.float32([1, 2, 3])})
    assert (value, value.dtype) == (2, np.float64)


def test_negative_zero_and_zero_are_two_constants(executor):
    g = dp.Graph()
    x = g.input("x", (2,))
    made = np.maximum(1 / (x * g.constant(0.0)), 1 / (x * g.constant(-0.0)))
    assert dp.compile(made.sum(), wrt=[], executor=executor)({"x": [1, 2]})[0] == np.inf


def test_a_slope_with_a_pole_keeps_its_guard(executor):
    """The gradient of where(x > 0, sqrt(x), 0) at 0 is 0, not 0 · ∞."""
    g = dp.Graph()
    x = g.input("x", (3,))
    loss = np.where(x > 0, np.sqrt(x), 0).sum()
    _, gradients = dp.compile(loss, wrt=[x], executor=executor)({"x": [0, 1, 4]})
    assert_array_equal(gradients["x"], [0, 0.5, 0.25])


def test_every_node_of_a_program_says_where_it_came_from():
    g = dp.Graph()
    x, w = g.input("x", ("n", 2)), g.parameter("w", (2,))
    loss = np.tanh(x @ w).named("a").sum().named("E")
    step = dp.compile(loss)
    users = {node.name for node in (*g, *step._graph)}
    for node in step.graph:
        if node.kind != "constant":
            assert node.origin.name in users, node
    assert step.graph["a"].origin is g["a"]
    assert step.graph["x"].origin is x


def test_what_is_simplified_away_keeps_the_origin_of_what_takes_its_place():
    g = dp.Graph()
    x = g.input("x", (3,))
    named = (x**2).named("squared")
    step = dp.compile((named * 1).sum(), wrt=[])
    squared = step.graph["squared"]
    assert squared.what == "multiply"
    assert squared.origin is named


def test_an_operator_called_in_a_way_of_its_own_is_broadcast_too(executor):
    @dp.elementwise
    def power_of(x, *, order):
        return x**order

    power_of.derivative(lambda x, *, order: order * x ** (order - 1))
    power_of.arguments(lambda order, x: ((x,), {"order": order}))
    x = dp.Graph().input("x", ("n", 1))
    y = power_of(3, np.broadcast_to(x, (x.shape[0], 4)))
    step = dp.compile(y, wrt=[x], executor=executor, passes=["implicit broadcasting"])
    value, gradients = step({"x": [[1.0], [2.0]]})
    np.testing.assert_array_equal(value, [[1.0] * 4, [8.0] * 4])
    np.testing.assert_array_equal(gradients["x"], [[12.0], [48.0]])


def test_constants_of_more_than_32_dimensions_are_folded(executor):
    x = dp.Graph().constant(np.ones((2, *(1,) * 39)))
    step = dp.compile(np.isinf(x), wrt=[], executor=executor, passes=["constant folding"])
    np.testing.assert_array_equal(step()[0], np.zeros((2, *(1,) * 39), bool))
