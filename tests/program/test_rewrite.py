"""A graph built anew, simplified as it grows: names, origins, sizes, and operators written out."""

import numpy as np

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.plugin.passes import PASSES
from dagprop.program import lowering, numpy_source
from dagprop.program.rewrite import FOLDABLE, Rewriting


def rewritten(of, sizes=None, keeps=numpy_source.keeps, passes=tuple(PASSES)):
    graph = Rewriting(of.graph, passes, keeps)
    graph.take(ancestors([of]), sizes or {})
    return graph, graph.made[of]


def whats(graph):
    return [node.what for node in graph if node.kind == "operator"]


def test_the_users_names_stay():
    g = dp.Graph()
    with g.scope("layer"):
        z = (g.input("x", (3,)) * 2).named("z")
        a = dp.sigmoid(z).named("a")
    graph, made = rewritten(a)
    assert made.name == "layer/a"
    assert graph["layer/z"].scope == "layer"
    assert {node.origin.name for node in graph if node.origin is not None} <= {"layer/x", "layer/z", "layer/a"}


def test_two_of_the_users_that_are_one_have_the_first_name():
    g = dp.Graph()
    x = g.input("x", (3,))
    a, b = np.tanh(x).named("a"), np.tanh(x).named("b")
    graph, _ = rewritten(a + b)
    assert "a" in graph
    assert "b" not in graph
    assert graph.made[a] is graph.made[b]


def test_sizes_settle_dimensions():
    g = dp.Graph()
    x = g.input("x", ("n", 3))
    graph, made = rewritten(np.reshape(x, (x.shape[0] * 3,)).mean(), {"n": 4})
    assert graph["x"].shape == (4, 3)
    assert not any(node.what == "dimension" for node in graph)
    assert made.shape == ()


def test_without_sizes_dimensions_keep_their_names():
    g = dp.Graph()
    graph, _ = rewritten(g.input("x", ("n", 3)).mean())
    assert str(graph["x"].shape[0]) == "n"


def test_an_operator_that_is_kept_stays_and_others_are_written_out():
    g = dp.Graph()
    x = g.input("x", (3,))
    assert whats(rewritten(dp.sigmoid(x))[0]) == ["negative", "exp", "add", "divide"]
    assert whats(rewritten(dp.sigmoid(x), keeps=lambda _: True)[0]) == ["sigmoid"]
    assert whats(rewritten(np.mean(x))[0]) == ["mean"]
    assert whats(rewritten(np.mean(x), keeps=lowering.keeps)[0]) == ["sum", "divide"]


def test_a_rule_that_cannot_run_on_nodes_leaves_nothing_behind():
    @dp.operator
    def fickle(x):
        y = np.tanh(x)
        return y if y.item() > 0 else -y

    g = dp.Graph()
    graph, _ = rewritten(fickle(g.input("x")), passes=())
    assert whats(graph) == ["fickle"]


def test_a_rule_that_calls_its_own_numpy_function_ends_there():
    g = dp.Graph()
    graph, _ = rewritten(np.cumsum(g.input("x", (3,))), keeps=lambda _: False)
    assert whats(graph) == ["cumsum"]


def test_large_constants_are_not_worked_out():
    g = dp.Graph()
    small, large = (g.constant(np.arange(n, dtype=float)) for n in (FOLDABLE, FOLDABLE + 1))
    assert whats(rewritten(np.sqrt(small))[0]) == []
    assert whats(rewritten(np.sqrt(large))[0]) == ["sqrt"]


def test_folding_neither_warns_nor_changes_the_dtype():
    g = dp.Graph(dtype=np.float32)
    c = g.constant([0.0, -0.0])
    _, made = rewritten(1 / c)
    assert made.dtype == c.dtype
    assert made.value.tolist() == [np.inf, -np.inf]


def test_an_operator_with_several_outputs():
    g = dp.Graph()
    a, b = np.split(g.input("x", (4,)), 2)
    graph, _ = rewritten(a * b)
    assert whats(graph) == ["split", "output", "output", "multiply"]


def test_attributes_that_cannot_be_hashed_are_not_shared():
    g = dp.Graph()
    x = g.input("x", (3,))
    index = [0, 2]
    graph, _ = rewritten(x[index] + x[index])
    assert whats(graph)[-1] == "add"


def test_a_name_of_the_users_stays_though_it_looks_like_one_of_dagprop_s():
    g = dp.Graph()
    x = g.input("x", (3,))
    first = np.tanh(np.exp(x))
    mine = np.exp(first).named("exp_0_")
    graph, made = rewritten(mine * np.exp(x + 1).named("multiply_0"))
    assert {"exp_0_", "multiply_0"} <= {node.name for node in graph}
    assert graph["multiply_0"].what == "exp"
    assert made.name != "multiply_0"


def test_zeros_of_two_signs_and_numbers_of_two_kinds_are_not_shared():
    g = dp.Graph()
    x = g.input("x", (3,))
    pads = [np.pad(x, 1, constant_values=zero) for zero in (0.0, -0.0)]
    value, _ = dp.compile(np.concatenate([1 / pads[0], 1 / pads[1]]), wrt=[])({"x": [1, 2, 3]})
    assert value[[0, 5]].tolist() == [np.inf, -np.inf]

    @dp.operator
    def scaled(x, *, by):
        return np.asarray(x) * by

    n = g.input("n", (3,), np.int64)
    value, _ = dp.compile(np.concatenate([scaled(n, by=2), scaled(n, by=2.0)]) / 3, wrt=[])({"n": [1, 2, 3]})
    assert value.tolist() == [2 / 3, 4 / 3, 2, 2 / 3, 4 / 3, 2]
