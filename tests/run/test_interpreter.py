"""The interpreter: what a forward rule returns is held to what was inferred, and failures name the node."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import RuleError


@pytest.fixture
def graph():
    return dp.Graph("model")


def made(graph, forward, infer=None):
    op = dp.operator(forward)
    if infer is not None:
        op.infer(infer)
    return op(graph.input("x", ("n", 2)))


def test_a_result_of_the_wrong_shape_is_named(graph):
    def transposed(x):
        return np.transpose(x)

    y = made(graph, transposed, lambda x: x)  # the .infer says it keeps the shape
    with pytest.raises(RuleError) as caught:
        dp.forward(y, {"x": np.ones((3, 2))})
    for part in (
        "the rule of transposed returned (2, 3) float64 where (3, 2) float64 was inferred ((n, 2))",
        "test_interpreter:transposed",
        "transposed_0 (n, 2) float64  made at",
        "operand 0  x (n, 2) float64  made at",
        "Mend the rule or its .infer",
    ):
        assert part in str(caught.value)


def test_a_result_of_the_wrong_dtype_is_named(graph):
    def halved(x):
        return (x / 2).astype(np.float32)

    y = made(graph, halved, lambda x: x)
    with pytest.raises(RuleError, match=r"halved returned \(3, 2\) float32 where \(3, 2\) float64"):
        dp.forward(y, {"x": np.ones((3, 2))})


def test_a_result_that_ones_did_not_foretell_asks_for_an_infer_rule(graph):
    def positive(x):
        return x[x > 0]

    y = dp.operator(positive)(graph.input("x", (3,)))
    with pytest.raises(RuleError, match=r"returned \(1,\)(.|\n)*was run on ones (.|\n)*declare @positive\.infer"):
        dp.forward(y, {"x": [1.0, -1.0, -2.0]})


def test_every_new_size_is_checked_once(graph):
    runs = []

    def odd(x):
        runs.append(x.shape)
        return x if len(x) < 3 else x[:3]

    y = made(graph, odd, lambda x: x)
    runs.clear()
    for n in (2, 2, 3):
        dp.forward(y, {"x": np.ones((n, 2))})
    with pytest.raises(RuleError, match=r"odd returned \(3, 2\) float64 where \(4, 2\)"):
        dp.forward(y, {"x": np.ones((4, 2))})
    assert len(runs) == 4


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda x: (x,), "returned tuple, not 2 outputs"),
        (lambda x: x, "returned ndarray, not 2 outputs"),
        (lambda x: (x, x[:1]), r"pair returned \(1, 2\) float64 where \(3, 2\)"),
    ],
    ids=["too few", "none", "shape"],
)
def test_several_outputs_are_checked_each(graph, returned, told):
    def pair(x):
        return returned(x)

    a, b = made(graph, pair, lambda x: (x, x))
    with pytest.raises(RuleError, match=told):
        dp.forward([a, b], {"x": np.ones((3, 2))})


def test_a_failing_rule_names_node_operands_attributes_and_reason(graph):
    @dp.operator
    def picky(x, *, limit=5):
        if x.shape[0] == 3:
            raise RuntimeError("three is too many")
        return x

    y = picky(graph.input("x", ("n", 2)), limit=4).named("y")
    with pytest.raises(RuleError) as caught:
        dp.forward(y, {"x": np.ones((3, 2))})
    for part in (
        "picky failed while running 'y'",
        "operand 0   x (3, 2) float64",
        "limit=4",
        "RuntimeError: three is too many",
        'y = picky(graph.input("x"',
    ):
        assert part in str(caught.value)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_rule_returns_an_array_since_numpy_promotes_a_python_number_otherwise(graph):
    def total(x):
        return float(np.sum(x))

    y = made(graph, total)
    with pytest.raises(RuleError, match="returned float, not an array"):
        dp.forward(y, {"x": np.ones((3, 2))})


def test_attributes_with_named_dimensions_are_bound_at_each_run(graph):
    x = graph.input("x", ("batch", 3))
    flat = np.reshape(x, (3 * dp.Dim("batch"),))
    for n in (1, 4):
        assert dp.forward(flat, {"x": np.ones((n, 3))}).shape == (3 * n,)


def test_memory_is_given_back_as_soon_as_nobody_reads_it(graph):
    """A forward run holds a few values at a time, however long the chain."""
    alive, most = set(), 0

    @dp.elementwise
    def tracked(x):
        nonlocal most
        out = np.empty_like(x).view(Tracked)
        alive.add(id(out))
        most = max(most, len(alive))
        return out

    class Tracked(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    y = graph.input("x", (5,))
    for _ in range(50):
        y = tracked(y)
    alive.clear()
    most = 0
    dp.forward(y, {"x": np.ones(5)})
    assert most <= 3


def test_an_operator_that_a_rule_calls_is_blamed_on_the_node():
    @dp.operator
    def looked_up(x, at):
        return dp.take(x, at)

    @looked_up.infer
    def _(x, at):
        return dp.Spec(at.shape, x.dtype)

    g = dp.Graph()
    y = looked_up(g.input("x", (3,)), g.input("at", (), int)).named("y")
    with pytest.raises(RuleError, match=r"looked_up failed while running 'y'[^$]*out of bounds"):
        dp.forward(y, {"x": [1, 2, 3], "at": 7})
