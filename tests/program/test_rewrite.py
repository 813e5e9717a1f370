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


def test_what_only_repeats_is_not_written_out():
    """A gradient of a mean is one number, however many elements it has."""
    g = dp.Graph()
    q, w = g.input("q", (32, 8)), g.parameter("w", (8, 4))
    for loss in ((dp.sigmoid(q @ w) ** 2).mean(), (q @ w).mean(), np.tanh(q @ w).sum()):
        sizes = [node.size for node in dp.compile(loss).graph if node.kind == "constant"]
        assert max(sizes, default=1) == 1
    nine = g.constant(np.arange(9.0))
    for made in (np.full_like(nine, 2), np.tile(g.constant([3.0]), 9), np.ones(9) * g.constant(2.0)):
        graph, made = rewritten(np.exp(made))
        assert [node.size for node in graph if node.kind == "constant" and node is made.operands[0]] == [1]


def test_what_repeats_a_constant_is_worked_out_with_it():
    g = dp.Graph()
    repeated = np.broadcast_to(g.constant([1.0, 2.0]), (3, 2))
    _, made = rewritten(np.cumsum(repeated, axis=0))
    assert made.value.tolist() == [[1, 2], [2, 4], [3, 6]]


def test_a_constant_that_cannot_be_worked_out_fails_when_it_is_run():
    """Integers have no negative powers: the interpreter says so of the node, when it is asked for it."""
    g = dp.Graph()
    power = np.power(g.constant(np.int64([2, 3])), g.constant(np.int64([-1, 1])))
    assert whats(rewritten(power)[0]) == ["power"]
    inverse = np.power(g.input("n", (2,), np.int64), g.constant(np.int64(-1)))
    assert whats(rewritten(inverse)[0]) == ["power"]


def test_what_is_repeated_no_times_is_not_worked_out():
    g = dp.Graph()
    n, exponents = g.input("n", (1,), np.int64), np.broadcast_to(g.constant(np.int64(-1)), (0,))
    assert dp.compile(np.power(n, exponents), wrt=[], executor="numpy")({"n": [3]})[0].shape == (0,)


def test_a_threshold_that_widens_the_shape_is_no_slope_of_pooling():
    g = dp.Graph()
    x = g.input("x", (1, 2, 4))
    slope = dp.gradient(dp.max_pool2d(dp.relu(x), 2).sum(), x).operands[1]
    assert slope.what == "add_at_max"
    wide = np.where(x > np.zeros((3, 1, 1)), slope, 0)
    assert rewritten(wide)[1].shape == (3, 2, 4)
