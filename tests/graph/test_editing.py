"""A graph edited as a NetworkX DAG: all of the edit is taken over, or nothing is."""

import pickle

import networkx as nx
import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError, ShapeError, UnknownError

X = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]])
W = np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.25]])


@pytest.fixture
def graph():
    graph = dp.Graph("model")
    x = graph.input("x", ("batch", 3))
    with graph.scope("layer"):
        w = graph.parameter("w", initial=W)
        z = (x @ w).named("z")
        a = dp.sigmoid(z).named("a")
    (a * 2).sum().named("E")
    return graph


def value(graph, name="E"):
    return dp.forward(graph[name], {"x": X})


def slope(graph):
    return dp.backprop(graph["E"], {"x": X}).gradients["layer/w"]


# ---- edits --------------------------------------------------------------------------------------------------------


def test_another_operator(graph):
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
    assert value(graph) == pytest.approx(2 * np.tanh(X @ W).sum())
    np.testing.assert_allclose(slope(graph), X.T @ (2 * (1 - np.tanh(X @ W) ** 2)))


def test_an_operator_that_is_given_itself(graph):
    @dp.elementwise
    def tripled(x):
        return 3 * x

    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = tripled
    assert value(graph) == pytest.approx(6 * (X @ W).sum())
    with graph.edit() as dag:  # what stays is not read from its text, in which no file could find the operator
        dag.nodes["E"].update(operator="max")
    assert value(graph) == pytest.approx(6 * (X @ W).max())


def test_other_attributes_and_another_shape_of_what_follows(graph):
    with graph.edit() as dag:
        dag.nodes["E"]["attributes"] = {"axis": 0}
    assert graph["E"].shape == (2,)
    with graph.edit() as dag:
        dag.nodes["x"]["shape"] = (7, 3)
    assert (graph["layer/z"].shape, graph["E"].shape) == ((7, 2), (2,))


def test_a_cut_puts_an_input_in_the_place_of_a_value(graph):
    with graph.edit() as dag:
        dag.remove_edges_from(list(dag.in_edges("layer/z")))
        dag.nodes["layer/z"].update(kind="input", operator=None)
    assert dp.forward(graph["E"], {"layer/z": np.zeros((4, 2))}) == 8
    assert [node.name for node in graph.inputs] == ["x", "layer/z"]


def test_a_graft(graph):
    other = dp.Graph("graft")
    y = other.input("y", (None, 2))
    (np.exp(-y) + y).named("grafted")
    with graph.edit() as dag:
        dag.add_nodes_from((name, data) for name, data in other.dag.nodes(data=True) if name != "y")
        for source, target, data in other.dag.edges(data=True):
            dag.add_edge("layer/z" if source == "y" else source, target, **data)
        dag.remove_edge("layer/z", "layer/a", 0)
        dag.add_edge("grafted", "layer/a")
    z = X @ W
    assert value(graph) == pytest.approx(2 * (1 / (1 + np.exp(-(np.exp(-z) + z)))).sum())


def test_a_leaf_more_and_one_less(graph):
    with graph.edit() as dag:
        dag.add_node("layer/b", kind="parameter", initial=[1.0, -1.0])
        dag.add_node("layer/zb", operator="add")
        dag.add_edge("layer/z", "layer/zb", slot="x")
        dag.add_edge("layer/b", "layer/zb", slot="y")
        dag.remove_edge("layer/z", "layer/a", 0)
        dag.add_edge("layer/zb", "layer/a", slot=0)
    assert [node.name for node in graph.parameters] == ["layer/w", "layer/b"]
    assert value(graph) == pytest.approx(2 * (1 / (1 + np.exp(-(X @ W + [1, -1])))).sum())
    with graph.edit() as dag:
        nx.relabel_nodes(dag, {"layer/zb": "layer/sum"}, copy=False)
        dag.nodes["layer/b"].update(kind="constant", value=np.zeros(2), initial=None)
    assert value(graph) == pytest.approx(2 * (1 / (1 + np.exp(-(X @ W)))).sum())
    assert "layer/zb" not in graph


def test_a_parameters_start(graph):
    with graph.edit() as dag:
        dag.nodes["layer/w"]["initial"] = np.zeros((3, 2))
    assert value(graph) == 4
    with graph.edit() as dag:
        del dag.nodes["layer/w"]["initial"]
    np.testing.assert_array_equal(graph.initial_values()["layer/w"], graph["w"].initial_value())
    assert graph.initial_values()["layer/w"].any()


def test_several_outputs(graph):
    parts = np.split(graph["x"], 3, axis=1)
    (parts[0] + parts[2]).named("sum")
    with graph.edit() as dag:
        dag.nodes["x"]["shape"] = ("rows", 6)
        dag.remove_nodes_from(["layer/z", "layer/w", "layer/a", "E", *nx.descendants(dag, "layer/z")])
    assert graph["sum"].shape == ("rows", 2)
    assert dp.forward(graph["sum"], {"x": [[1, 2, 3, 4, 5, 6]]}).tolist() == [[6, 8]]
    again = np.split(graph["x"], 3, axis=1)
    assert [part.name for part in again] != [part.name for part in parts]


def test_everything_may_go(graph):
    with graph.edit() as dag:
        dag.clear()
    assert len(graph) == 0
    assert graph.input("x").name == "x"


# ---- what stays, and what becomes of the rest ---------------------------------------------------------------------


def test_what_is_not_touched_stays_the_same_node(graph):
    before = {node.name: node for node in graph}
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
        dag.nodes["x"]["colour"] = "red"  # nothing that dagprop reads
    same = {name for name, node in before.items() if graph[name] is node}
    assert same == set(before) - {"layer/a", "E", "multiply_0"}
    assert (before["layer/z"] * 3).graph is graph
    with graph.edit():
        pass
    assert graph["layer/z"] is before["layer/z"]


def test_an_operands_index_is_smaller(graph):
    with graph.edit() as dag:
        dag.nodes["x"]["dtype"] = "float32"
        dag.add_node("late", kind="constant", value=3.0)
        dag.add_edge("late", "multiply_0", key=1)
        dag.remove_edge("constant_0", "multiply_0")
    assert all(operand.index < node.index for node in graph for operand in node.operands)
    order = [node.name for node in graph]
    assert all(order.index(o.name) < order.index(node.name) for node in graph for o in node.operands)


REPLACED = "an edit of the graph 'model' replaced 'E': use graph\\['E'\\], the new node"
USES = {
    "forward": lambda E, graph: dp.forward(E, {"x": X}),
    "backprop": lambda E, graph: dp.backprop(E, {"x": X}),
    "gradient": lambda E, graph: dp.gradient(E, "w"),
    "compile": lambda E, graph: dp.compile(E),
    "draw": lambda E, graph: dp.draw(E),
    "wrt": lambda E, graph: dp.gradient(graph["E"], E),
    "feed": lambda E, graph: dp.forward(graph["E"], {E: 1}),
    "operator": lambda E, graph: E + 1,
    "NumPy": lambda E, graph: np.exp(E),
    "second operand": lambda E, graph: graph["x"] + E,
    "first operand": lambda E, graph: E + graph["x"],
    "name": lambda E, graph: E.named("F"),
    "pickle": lambda E, graph: pickle.dumps(E),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_node_that_was_replaced_says_so(graph, use):
    E = graph["E"]
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
    with pytest.raises(GraphError, match=REPLACED):
        use(E, graph)
    assert repr(E) == "<Node E: sum () float64>"
    assert E not in graph


def test_a_node_that_was_removed_says_so(graph):
    E = graph["E"]
    with graph.edit() as dag:
        dag.remove_node("E")
    with pytest.raises(GraphError, match="an edit of the graph 'model' removed 'E'"):
        dp.forward(E, {"x": X})


def test_what_was_made_before_stays_what_it_was(graph):
    E = graph["E"]
    flow, program = dp.backprop(E, {"x": X}), dp.compile(E)
    extension = graph.extension()
    with extension.collecting():
        doubled = (E * 2).named("doubled")
    picture, text = flow.draw().svg, program.source
    before, gradient = program({"x": X})
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
        dag.nodes["x"]["shape"] = (2, 3)
    assert flow.draw().svg == picture
    assert flow.values["layer/a"].tolist() == (1 / (1 + np.exp(-X @ W))).tolist() == flow.values["a"].tolist()
    assert program.source == text
    with pytest.raises(GraphError, match=REPLACED):
        flow.explain("w")
    for feeds in (X, X, X[:1]):  # of another size, it is planned anew
        assert program({"x": feeds})[0] == pytest.approx(2 * (1 / (1 + np.exp(-feeds @ W))).sum())
    np.testing.assert_array_equal(program({"x": X})[1]["layer/w"], gradient["layer/w"])
    assert program({"x": X})[0] == before
    assert extension["E"] is E
    assert doubled.operands[0] is E
    assert [node.name for node in extension][-1] == "doubled"
    assert value(graph) == pytest.approx(2 * np.tanh(X @ W).sum())


def test_what_was_worked_out_before_is_worked_out_again(graph):
    slope(graph)
    value(graph)
    assert graph.derived
    with graph.edit() as dag:
        dag.nodes["layer/w"]["initial"] = -W
    assert not graph.derived
    assert value(graph) == pytest.approx(2 * (1 / (1 + np.exp(X @ W))).sum())


def test_the_dag_that_was_asked_for_follows(graph):
    dag = graph.dag
    with graph.edit() as edited:
        edited.nodes["layer/a"]["operator"] = "tanh"
        edited.remove_nodes_from(["E"])
    assert graph.dag is dag
    assert dag.nodes["layer/a"]["operator"] == "core:tanh"
    assert "E" not in dag
    (graph["layer/a"] + 1).named("more")
    assert dag.has_edge("layer/a", "more", 0)
    with pytest.raises(nx.NetworkXError, match="rozen"):
        dag.remove_node("more")


def test_an_edited_graph_is_pickled_and_goes_on(graph):
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
    again = pickle.loads(pickle.dumps(graph))
    assert value(again) == value(graph)
    assert (graph["layer/a"] * 2).name not in {node.name for node in again}  # 2 is the constant there was
    assert len(graph.constants) == 1


def test_where_a_node_was_made(graph):
    line = graph["layer/a"].source
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
        dag.add_node("new", kind="input", shape=())
    assert graph["layer/a"].source == line
    assert graph["new"].source[0] == __file__


def test_outputs_follow():
    graph = dp.trace(lambda x: (np.exp(x), np.sin(x)), x=dp.Spec((3,)))
    first, second = graph.outputs
    with graph.edit() as dag:
        dag.nodes[first.name]["operator"] = "cos"
    assert [node.what for node in graph.outputs] == ["cos", "sin"]
    assert graph.outputs[1] is second


# ---- nothing changes ----------------------------------------------------------------------------------------------


def cycle(dag):
    dag.remove_edge("x", "layer/z")
    dag.add_edge("E", "layer/z", key=0)


def misfit(dag):
    dag.nodes["layer/a"]["operator"] = "tanh"
    dag.nodes["layer/w"].update(shape=(5, 2), initial=None)


REFUSED = {
    "cycle": (cycle, GraphError, "the graph has a cycle: "),
    "edge to itself": (lambda dag: dag.add_edge("E", "E", key=1), GraphError, "has a cycle: E → E"),
    "missing slot": (
        lambda dag: dag.remove_edge("x", "layer/z"),
        GraphError,
        r"slot 0 of 'layer/z' is not filled; these are: \[1\]",
    ),
    "doubled slot": (
        lambda dag: dag.add_edge("E", "layer/a", key=1, slot=0),
        GraphError,
        "slot 0 of 'layer/a' is filled twice|cycle",
    ),
    "two in one slot": (
        lambda dag: dag.add_edge("layer/w", "layer/a", key=0),
        GraphError,
        "slot 0 of 'layer/a' is filled twice, by 'layer/w' and by 'layer/z'",
    ),
    "arity": (
        lambda dag: dag.nodes["layer/z"].update(operator="tanh"),
        GraphError,
        r"'layer/z' has 2 operands; tanh\(x\) takes x",
    ),
    "operand removed": (
        lambda dag: dag.remove_node("layer/z"),
        GraphError,
        r"'layer/a' has 0 operands; sigmoid\(x\) takes x",
    ),
    "unknown operator": (
        lambda dag: dag.nodes["layer/a"].update(operator="sigmiod"),
        UnknownError,
        "the node 'layer/a': there is no operator 'sigmiod'. Did you mean sigmoid",
    ),
    "attributes of another operator": (
        lambda dag: dag.nodes["E"].update(operator="tanh"),
        GraphError,
        "the node 'E': tanh.* has no attribute 'axis'",
    ),
    "shapes": (misfit, ShapeError, r"node +layer/z\n(.|\n)*x \(batch, 3\)(.|\n)*layer/w \(5, 2\)"),
    "declared": (
        lambda dag: dag.nodes["layer/z"].update(shape=(4, 2), dtype="float32"),
        ShapeError,
        r"'layer/z' is declared as \(4, 2\) float32, and its operands make \(batch, 2\) float64",
    ),
    "operator on a leaf": (
        lambda dag: dag.nodes["x"].update(operator="tanh"),
        GraphError,
        "'x' is of kind 'input', yet it has the operator 'tanh'",
    ),
    "edge into a leaf": (
        lambda dag: dag.add_edge("layer/w", "x", key=0),
        GraphError,
        "'x' is of kind 'input', yet an edge comes in from 'layer/w'",
    ),
    "edge from nowhere": (
        lambda dag: dag.add_edge("layer/v", "layer/a", key=1),
        GraphError,
        "the input 'layer/v' has no shape|'layer/a' has 2 operands",
    ),
    "name": (lambda dag: dag.add_node(3, kind="input", shape=()), GraphError, "a node's name is a string, not 3"),
}


def failing(graph, change):
    with graph.edit() as dag:
        dag.nodes["layer/w"]["initial"] = np.zeros((3, 2))  # right, and not taken over either
        change(dag)


@pytest.mark.parametrize(("change", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_and_nothing_changes(graph, change, error, told):
    edges, before, here = list(graph.dag.edges(keys=True)), list(map(id, graph)), value(graph)
    with pytest.raises(error, match=told):
        failing(graph, change)
    assert list(map(id, graph)) == before
    assert list(graph.dag.edges(keys=True)) == edges
    assert value(graph) == here
    assert all(node.graph is graph for node in graph)


def test_an_error_in_the_block_changes_nothing(graph):
    before = list(map(id, graph))
    with pytest.raises(nx.NetworkXError, match="nobody"):
        failing(graph, lambda dag: dag.remove_node("nobody"))
    assert list(map(id, graph)) == before
    assert value(graph) == pytest.approx(2 * (1 / (1 + np.exp(-(X @ W)))).sum())


def test_an_output_may_not_be_removed():
    graph = dp.trace(lambda x: np.exp(x), x=dp.Spec((3,)))  # noqa: PLW0108  # a ufunc has no names to give
    with pytest.raises(GraphError, match="the edit removes 'exp_0', an output of the graph"), graph.edit() as dag:
        dag.remove_node("exp_0")
    graph.outputs = ()
    with graph.edit() as dag:
        dag.remove_node("exp_0")
    assert len(graph) == 1


def test_a_gradient_taken_before_does_not_stay(graph):
    dp.gradient(graph["E"], "w").named("slope")
    with (
        pytest.raises(GraphError, match=r"changes 'layer/a', and the graph holds a gradient(.|\n)*made at"),
        graph.edit() as dag,
    ):
        dag.nodes["layer/a"]["operator"] = "tanh"
    with graph.edit() as dag:
        dag.nodes["layer/a"]["operator"] = "tanh"
        dag.remove_nodes_from([name for name, primal in dag.nodes(data="primal") if primal])
    again = dp.gradient(graph["E"], "w")
    np.testing.assert_allclose(dp.forward(again, {"x": X}), X.T @ (2 * (1 - np.tanh(X @ W) ** 2)))


def test_a_gradient_may_be_edited_itself(graph):
    slope = dp.gradient(graph["E"], "w").named("slope")
    with graph.edit() as dag:
        dag.add_node("sign", operator="sign", primal="adjoint", of="layer/w")
        dag.add_edge("layer/slope", "sign")
    assert graph["sign"].primal.of is graph["w"]
    assert graph["slope"] is slope
    assert value(graph, "sign").tolist() == np.sign(value(graph, "slope")).tolist()


def test_the_graph_may_not_grow_meanwhile(graph):
    with pytest.raises(GraphError, match="changed while it was edited"), graph.edit():
        graph.input("y")
    with pytest.raises(GraphError, match="changed while it was edited"), graph.edit():
        graph["E"].named("F")
    with pytest.raises(GraphError, match="changed while it was edited"), graph.edit(), graph.edit() as inner:
        inner.nodes["layer/a"]["operator"] = "tanh"
    assert graph["a"].what == "tanh"  # the inner edit was over


def test_what_stands_on_another_graph_is_not_edited(graph):
    with pytest.raises(GraphError, match="stands on another graph: edit that one"):
        graph.extension().edit()
