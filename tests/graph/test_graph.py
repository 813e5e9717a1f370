"""A graph: leaves, names and scopes, operators applied, and what is refused on the user's own line."""

import copy
import math
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ArgumentError, DagpropError, GraphError, OperandError, ShapeError


@pytest.fixture
def graph():
    return dp.Graph("model")


# ---- leaves -------------------------------------------------------------------------------------------------------


def test_inputs_state_their_shape_and_dtype():
    graph = dp.Graph("m", dtype=np.float32)
    assert graph.input("a").spec == dp.Spec((), np.float32)
    assert graph.input("b", 3).shape == (3,)
    assert graph.input("c", ("batch", 2)).shape == ("batch", 2)
    assert graph.input("d", (2,), dtype=int).dtype == np.int64
    free = graph.input("e", (None, 3))
    assert str(free.spec) == "(?, 3) float32"
    assert [n.name for n in graph.inputs] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("shape", [(-1,), (1.5,), (True,)])
def test_a_dimension_is_a_size_or_a_name(graph, shape):
    with pytest.raises((TypeError, ValueError), match="a dimension is"):
        graph.input("x", shape)


def test_a_parameter_starts_at_an_array(graph):
    array = np.array([1.0, 2.0])
    w = graph.parameter("w", initial=array)
    array[0] = 9
    assert w.shape == (2,)
    assert dp.forward(w).tolist() == [1, 2]
    assert dp.forward(graph.parameter("b", (2, 2), initial=0.5)).tolist() == [[0.5, 0.5]] * 2
    assert graph.parameters == (w, graph["b"])


def test_a_parameter_starts_at_a_function_of_the_shape(graph):
    assert dp.forward(graph.parameter("a", (2,), initial=np.ones)).tolist() == [1, 1]
    assert dp.forward(graph.parameter("b", (2,), initial=lambda shape: np.full(shape, 3))).tolist() == [3, 3]
    assert dp.forward(graph.parameter("c", (2,), initial=lambda shape, rng: rng.integers(5, 6, shape))).tolist() == [
        5,
        5,
    ]


def test_a_parameter_is_refused_where_it_has_no_definite_shape(graph):
    with pytest.raises(ShapeError, match="'w' has neither a shape nor an array"):
        graph.parameter("w")
    with pytest.raises(ShapeError, match=r"'w' needs a shape of numbers, not \(batch, 2\)"):
        graph.parameter("w", ("batch", 2))
    with pytest.raises(ShapeError, match=r"'w' has shape \(2,\), its initial array \(3,\)"):
        graph.parameter("w", (2,), initial=[1, 2, 3])
    graph.parameter("w", (2,), initial=lambda shape: np.zeros(5))
    with pytest.raises(ShapeError, match=r"the initial value of 'w' has shape \(5,\), not \(2,\)"):
        dp.forward(graph["w"])


def test_constants(graph):
    array = np.array([1.0, 2.0], np.float32)
    c = graph.constant(array, name="c")
    array[0] = 9
    assert dp.forward(c).tolist() == [1, 2]
    assert c.dtype == np.float32
    assert graph.constant([1, 2]).dtype == np.int64
    assert graph.constant(1.5).dtype == np.float64
    assert dp.Graph(dtype=np.float32).constant([1.5, 2]).dtype == np.float32
    assert dp.Graph(dtype=np.float32).constant(1, dtype=float).dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        c.value[0] = 3
    with pytest.raises(ArgumentError, match="an array of numbers"):
        graph.constant(["a"])


def test_an_array_operand_becomes_a_constant_that_later_writing_does_not_change(graph):
    x, array = graph.input("x", (2,)), np.array([1.0, 2.0])
    y = x * array
    array[:] = 0
    assert dp.forward(y, {"x": [1, 1]}).tolist() == [1, 2]


def test_a_number_used_twice_is_one_constant(graph):
    x = graph.input("x")
    (2 * x) * (x + 2)
    assert len(graph.constants) == 1


# ---- operators applied --------------------------------------------------------------------------------------------


def test_shapes_and_dtypes_are_inferred_as_nodes_are_added(graph):
    x = graph.input("x", ("batch", 3))
    w = graph.parameter("w", (3, 4))
    z = x @ w + np.zeros(4)
    assert z.shape == ("batch", 4)
    assert (z > 0).dtype == bool
    assert z.sum(axis=0).shape == (4,)
    assert z.reshape(-1).shape == (4 * dp.Dim("batch"),)
    assert np.concatenate([x, x]).shape == (2 * dp.Dim("batch"), 3)


def test_a_shape_error_names_the_line_the_operator_its_owner_and_all_shapes(graph):
    a, b = graph.input("a", (2, 3)), graph.input("b", (4, 5))
    with pytest.raises(ShapeError) as caught:
        a @ b  # the line that is at fault
    told = str(caught.value)
    for part in (
        "matmul cannot take these operands",
        "a @ b  # the line that is at fault",
        "core:matmul, from dagprop 0",
        "a (2, 3) float64  made at ",
        "b (4, 5) float64  made at ",
        f"{__file__}:",
        "3",
        "4",
    ):
        assert part in told
    assert isinstance(caught.value, ValueError)
    assert len(graph) == 2  # nothing was added


def test_a_broadcasting_error_names_the_axis(graph):
    a, b = graph.input("a", ("batch", 3)), graph.input("b", ("time", 3))
    with pytest.raises(ShapeError, match="axis -2 is batch in one operand and time in another"):
        a + b


def test_named_dimensions_go_with_themselves_and_with_one_but_not_with_a_number(graph):
    a = graph.input("a", ("batch", 1))
    assert (a + graph.input("b", (1, 3))).shape == ("batch", 3)
    assert (a + graph.input("c", (None, 3))).shape == ("batch", 3)
    with pytest.raises(ShapeError):
        a + graph.input("d", (7, 1))


def test_graphs_do_not_mix(graph):
    x, other = graph.input("x"), dp.Graph("other").input("x")
    with pytest.raises(GraphError, match="add: 'x' belongs to another graph, 'other'"):
        x + other
    with pytest.raises(GraphError, match="'x' belongs to another graph, 'other'"):
        graph[other]


def test_wrong_calls_of_an_operator_are_refused(graph):
    x = graph.input("x", (2,))
    with pytest.raises(OperandError, match="takes 2 operands, not 1"):
        dp.add(x)
    with pytest.raises(OperandError, match=r"sigmoid\(x\) takes 1 operand, not 0"):
        dp.sigmoid()
    with pytest.raises(OperandError, match=r"^where: missing 1 required positional argument: 'y'$"):
        dp.where(x, x)
    with pytest.raises(OperandError, match=r"no attribute 'axes'\. Did you mean axis"):
        dp.sum(x, axes=0)


def test_several_outputs_are_nodes_of_their_own(graph):
    @dp.operator
    def halves(x):
        return x[: len(x) // 2], x[len(x) // 2 :]

    a, b = halves(graph.input("x", (5,)))
    assert (a.name, a.shape, b.shape) == ("halves_0.0", (2,), (3,))
    assert [v.tolist() for v in dp.forward([a, b], {"x": np.arange(5)})] == [[0, 1], [2, 3, 4]]


def test_a_line_of_a_package_whose_name_begins_like_ours_is_the_users(graph):
    filename = str(Path(dp.__file__).parent) + "_models/double.py"
    exec(compile("def double(x):\n    return x + x\n", filename, "exec"), package := {})
    assert package["double"](graph.input("x")).source == (filename, 2)


# ---- the whole graph ----------------------------------------------------------------------------------------------


def test_initial_values_depend_on_seed_and_name_alone():
    def values(seed, *names):
        graph = dp.Graph()
        for name in names:
            graph.parameter(name, (3, 3))
        return graph.initial_values(seed)

    assert np.array_equal(values(0, "w")["w"], values(0, "v", "w")["w"])
    assert not np.array_equal(values(0, "w")["w"], values(1, "w")["w"])
    assert not np.array_equal(values(0, "w")["w"], values(0, "v")["v"])


def test_threads_build_graphs_at_the_same_time():
    def build(results, seed):
        graph = dp.Graph(f"thread {seed}")
        with graph.scope(f"s{seed}"):
            y = x = graph.input("x", (3,))
            for _ in range(300):
                y = dp.tanh(y) * 1.5 + x
            d = dp.gradient(y.sum(), x)
        results[seed] = (
            [n.name for n in graph],
            dp.forward(d, {"x": [0.1, 0.2, 0.3]}),
            {n.graph for n in graph} == {graph},
        )

    results = {}
    threads = [threading.Thread(target=build, args=(results, seed)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    build(alone := {}, 0)
    assert results[0][0] == alone[0][0]
    for seed in range(3):
        np.testing.assert_array_equal(results[seed][1], alone[0][1])
        assert results[seed][2]


@pytest.mark.parametrize("again", ["copied", "pickled"])
def test_a_graph_is_copied_and_pickled_however_deep(again):
    graph = dp.Graph("m", dtype=np.float32)
    x, w = graph.input("x", ("batch", 2)), graph.parameter("w", (2,), initial=[2.0, 3.0])
    with graph.scope("layer"):
        parts = np.split(np.tanh(x) * w, 2, axis=1)
    y = (parts[0] + 2 * parts[1]).sum()
    for _ in range(3000):  # deeper than Python's stack
        y = y + 1
    y.named("E")
    slope = dp.gradient(y, w).named("slope")
    feeds = {"x": [[0.5, 0.25]]}
    dp.backprop(y, feeds)
    other = copy.deepcopy(graph) if again == "copied" else pickle.loads(pickle.dumps(graph))
    assert [(n.name, n.spec, n.scope, n.source) for n in other] == [(n.name, n.spec, n.scope, n.source) for n in graph]
    for node in (y, slope):
        assert other[node.name] is not node
        np.testing.assert_array_equal(dp.forward(other[node.name], feeds), dp.forward(node, feeds))
    assert other["slope"].primal.of is other["w"]
    assert not other["w"].value.flags.writeable
    grown = (other["E"] * 2).named("grown")
    assert "grown" not in graph
    assert dp.backprop(grown, feeds).gradients["w"] == pytest.approx(2 * dp.forward(slope, feeds))


def test_a_notebook_shows_a_graph_as_a_picture():
    g = dp.Graph("shown")
    np.exp(g.input("x"))
    bundle = g._repr_mimebundle_()
    assert bundle["text/plain"] == repr(g)
    assert bundle["image/svg+xml"].lstrip().startswith("<?xml")


def test_a_graph_computes_with_numbers():
    with pytest.raises(ArgumentError, match="a dtype of numbers, such as 'float32', not <class 'object'>"):
        dp.Graph("odd", dtype=object)


def test_constants_of_a_refused_call_are_taken_back():
    g = dp.Graph()
    x = g.input("x", (3,))
    with pytest.raises(ShapeError, match="add cannot take these operands"):
        x + np.ones(4)
    assert list(map(id, g)) == [id(x)]


def test_what_a_refused_call_made_of_its_operands_is_taken_back(graph):
    """`np.repeat` ravels first, and is refused after."""
    x = graph.input("m", (2, 2))
    count = len(graph)
    for refused in (lambda: np.repeat(x, -1), lambda: np.concatenate([x, x[:1], "no"], axis=None)):
        with pytest.raises(DagpropError):
            refused()
    assert [node.name for node in graph][count:] in ([], ["getitem_0"])


def test_a_node_is_no_number(graph):
    x = graph.input("number")
    for asked in (lambda: math.exp(x), lambda: float(x), lambda: int(x), lambda: round(x)):
        with pytest.raises(OperandError, match=r"no number while the graph is built(.|\n)*np.exp in place of math.exp"):
            asked()
