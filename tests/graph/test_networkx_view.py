"""A graph as a NetworkX DAG: live, frozen, and checked where it was made by hand."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError, ShapeError, UnknownError


@pytest.fixture
def graph():
    graph = dp.Graph("model")
    x = graph.input("x", ("batch", 3))
    with graph.scope("layer"):
        w = graph.parameter("w", (3, 2))
        z = (x @ w).named("z")
    (np.tanh(z) * z).sum().named("E")
    return graph


def test_nodes_carry_what_they_are_and_edges_the_slot(graph):
    dag = graph.dag
    assert isinstance(dag, nx.MultiDiGraph)
    z = dag.nodes["layer/z"]
    assert (z["kind"], z["operator"].name, z["scope"], z["attributes"]) == ("operator", "matmul", "layer", {})
    assert str(z["spec"]) == "(batch, 2) float64"
    assert z["source"][0] == __file__
    assert dag.nodes["x"]["kind"] == "input"
    assert dag.nodes["E"]["attributes"]["axis"] is None
    assert set(dag.in_edges("layer/z", keys=True)) == {("x", "layer/z", 0), ("layer/w", "layer/z", 1)}


def test_one_value_may_fill_two_slots():
    graph = dp.Graph()
    x = graph.input("x")
    (x * x).named("y")
    assert sorted(graph.dag.edges(keys=True)) == [("x", "y", 0), ("x", "y", 1)]


def test_networkx_algorithms_apply(graph):
    assert nx.is_directed_acyclic_graph(graph.dag)
    assert nx.ancestors(graph.dag, "layer/z") == {"x", "layer/w"}
    assert nx.dag_longest_path_length(graph.dag) == 4
    assert nx.immediate_dominators(graph.dag, "x")["E"]


def test_it_is_live(graph):
    dag = graph.dag
    E = graph["E"]
    y = (E + 1).named("y")
    assert dag.has_edge("E", "y", 0)
    y.named("loss")
    assert "y" not in dag
    assert dag.has_edge("E", "loss", 0)
    before = set(dag)
    d = dp.gradient(y, "w")
    assert set(dag) - before
    assert dag.nodes[d.name]["primal"].of is graph["w"]
    assert set(dag) == {node.name for node in graph} == set(nx.MultiDiGraph(dag))
    fresh = dp.Graph.from_networkx(dag).dag
    assert set(dag.edges(keys=True)) == set(fresh.edges(keys=True))


def test_it_is_frozen_and_a_copy_is_not(graph):
    with pytest.raises(nx.NetworkXError, match="rozen"):
        graph.dag.remove_node("x")
    with pytest.raises(nx.NetworkXError, match="rozen"):
        graph.dag.add_edge("x", "E", 0)
    copied = graph.dag.copy()
    copied.remove_node("E")
    assert "E" in graph.dag


def test_there_and_back_again(graph):
    x = np.random.default_rng(0).normal(size=(4, 3))
    dp.gradient(graph["E"], "w").named("slope")
    again = dp.Graph.from_networkx(graph.dag, name="again")
    assert [(n.name, n.kind, n.what, n.spec, n.scope, n.source) for n in again] == [
        (n.name, n.kind, n.what, n.spec, n.scope, n.source)
        for n in sorted(graph, key=lambda n: [m.name for m in again].index(n.name))
    ]
    np.testing.assert_array_equal(dp.forward(again["E"], {"x": x}), dp.forward(graph["E"], {"x": x}))
    np.testing.assert_array_equal(dp.forward(again["slope"], {"x": x}), dp.forward(graph["slope"], {"x": x}))
    assert again["slope"].primal.of is again["w"]
    assert again["slope"].primal.kind == graph["slope"].primal.kind
    again["E"].named("F")
    assert "F" not in graph


def test_several_outputs_there_and_back():
    graph = dp.Graph()
    parts = np.split(graph.input("x", (4,)), 2)
    (parts[0] * parts[1]).named("y")
    again = dp.Graph.from_networkx(graph.dag)
    assert dp.forward(again["y"], {"x": [1, 2, 3, 4]}).tolist() == [3, 8]
    assert dp.backprop(again["y"], {"x": [1, 2, 3, 4]}).gradients["x"].tolist() == [3, 4, 1, 2]
    assert [n.name for n in again] == [n.name for n in graph]


def test_one_of_several_outputs_is_enough():
    graph = dp.Graph()
    parts = np.split(graph.input("x", (4,)), 2)
    parts[1].named("y")
    dag = nx.MultiDiGraph(graph.dag)
    dag.remove_node(parts[0].name)
    again = dp.Graph.from_networkx(dag)
    assert dp.backprop(again["y"], {"x": [1, 2, 3, 4]}).gradients["x"].tolist() == [0, 0, 1, 1]


# ---- made by hand -------------------------------------------------------------------------------------------------


def by_hand(nodes, edges):
    dag = nx.MultiDiGraph()
    for name, data in nodes.items():
        dag.add_node(name, **data)
    for source, target, slot in edges:
        dag.add_edge(source, target, key=slot)
    return dag


X = {"kind": "input", "shape": (2, 3)}


def test_a_dag_made_by_hand():
    dag = by_hand(
        {
            "y": {"operator": "sum", "attributes": {"axis": 1}},  # in any order
            "x": X,
            "w": {"kind": "parameter", "initial": [[1.0], [2.0], [3.0]], "spec": dp.Spec((3, 1))},
            "b": {"kind": "constant", "value": np.float64(0.5)},
            "free": {"kind": "parameter", "shape": (2,)},
            "z": {"operator": "core:matmul", "scope": "layer"},
            "s": {"operator": dp.add},
        },
        [("x", "z", 0), ("w", "z", 1), ("b", "s", 1), ("z", "s", 0), ("s", "y", 0)],
    )
    graph = dp.Graph.from_networkx(dag, name="hand")
    assert graph["y"].shape == (2,)
    assert graph["z"].scope == "layer"
    assert dp.forward(graph["y"], {"x": np.ones((2, 3))}).tolist() == [6.5, 6.5]
    assert dp.forward(graph["free"]).tolist() == [0, 0]
    assert dp.backprop(graph["y"], {"x": np.ones((2, 3))}).gradients["w"].tolist() == [[2], [2], [2]]
    assert dp.Graph.from_networkx(by_hand({"x": X}, []), dtype=np.float32)["x"].dtype == np.float32


def chain(*names):
    return [(a, b, 0) for a, b in pairwise(names)]


TANH = {"operator": "tanh"}
REFUSED = {
    "cycle": (
        {"x": X, "a": TANH, "b": TANH, "c": TANH},
        chain("a", "b", "c", "a"),
        GraphError,
        r"has a cycle: (a → b → c → a|b → c → a → b|c → a → b → c)",
    ),
    "itself": ({"a": TANH}, [("a", "a", 0)], GraphError, "has a cycle: a → a"),
    "misspelt operator": (
        {"x": X, "y": {"operator": "sigmiod"}},
        chain("x", "y"),
        UnknownError,
        r"the node 'y': there is no operator 'sigmiod'. Did you mean sigmoid",
    ),
    "operator of a package that is not installed": (
        {"x": X, "y": {"operator": "quantum:spin"}},
        chain("x", "y"),
        UnknownError,
        r"the node 'y': there is no operator 'quantum:spin'. No plugin named 'quantum' is installed: pip install",
    ),
    "not an operator": (
        {"x": X, "y": {"operator": np.tanh}},
        chain("x", "y"),
        GraphError,
        "'y' has the operator <ufunc",
    ),
    "missing slot": (
        {"x": X, "y": {"operator": "add"}},
        [("x", "y", 1)],
        GraphError,
        r"slot 0 of 'y' is not filled; these are: \[1\]",
    ),
    "doubled slot": (
        {"x": X, "v": X, "y": {"operator": "add"}},
        [("x", "y", 0), ("v", "y", 0)],
        GraphError,
        "slot 0 of 'y' is filled twice, by 'x' and by 'v'",
    ),
    "slot that is no number": (
        {"x": X, "y": TANH},
        [("x", "y", "first")],
        GraphError,
        "'x' → 'y' has the key 'first'; it is the operand slot: 0, 1, …",
    ),
    "too few operands": (
        {"x": X, "y": {"operator": "matmul"}},
        chain("x", "y"),
        GraphError,
        r"'y' has 1 operands; matmul\(x, y\) takes x, y",
    ),
    "too many operands": (
        {"x": X, "y": TANH},
        [("x", "y", 0), ("x", "y", 1)],
        GraphError,
        r"'y' has 2 operands; tanh\(x\) takes x",
    ),
    "no operand at all": ({"y": TANH}, [], GraphError, r"'y' has 0 operands; tanh\(x\) takes x"),
    "shapes": (
        {"x": X, "v": {"kind": "input", "shape": (4, 5)}, "y": {"operator": "matmul"}},
        [("x", "y", 0), ("v", "y", 1)],
        ShapeError,
        r"matmul cannot take these operands(.|\n)*y(.|\n)*x \(2, 3\) float64(.|\n)*v \(4, 5\) float64",
    ),
    "unknown attribute": (
        {"x": X, "y": {"operator": "sum", "attributes": {"axes": 0}}},
        chain("x", "y"),
        GraphError,
        "the node 'y': sum.* has no attribute 'axes'. Did you mean axis",
    ),
    "missing attribute": (
        {"x": X, "y": {"operator": "reshape"}},
        chain("x", "y"),
        GraphError,
        "the node 'y': reshape.* the attribute 'shape' is missing",
    ),
    "unknown kind": ({"x": {"kind": "imput", "shape": ()}}, [], GraphError, "'x' is of kind 'imput'"),
    "leaf with operands": (
        {"x": X, "y": X},
        chain("x", "y"),
        GraphError,
        "'y' is of kind 'input', yet an edge comes in from 'x'",
    ),
    "operands without an operator": (
        {"x": X, "y": {}},
        chain("x", "y"),
        GraphError,
        "'y' has no operator, yet an edge comes in from 'x'",
    ),
    "input without a shape": ({"x": {"kind": "input"}}, [], GraphError, "the input 'x' has no spec(.|\n)*shape="),
    "constant without a value": (
        {"x": {"kind": "constant", "shape": ()}},
        [],
        GraphError,
        "the constant 'x' has no value",
    ),
    "value of another shape": (
        {"x": {"kind": "parameter", "shape": (2,), "value": [1.0]}},
        [],
        GraphError,
        r"the parameter 'x' has shape \(2,\), its value \(1,\)",
    ),
    "parameter of no definite shape": (
        {"x": {"kind": "parameter", "shape": ("batch",)}},
        [],
        GraphError,
        r"the parameter 'x' needs a shape of numbers, not \(batch,\)",
    ),
    "name that is no string": ({1: X}, [], GraphError, "a node's name is a string, not 1"),
    "port of one value": (
        {"x": X, "y": {"operator": "output", "attributes": {"port": 0}}},
        chain("x", "y"),
        GraphError,
        "the node 'y' is output 0 of 'x', which has 0 outputs to choose from",
    ),
}


@pytest.mark.parametrize(("nodes", "edges", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(nodes, edges, error, told):
    with pytest.raises(error, match=told):
        dp.Graph.from_networkx(by_hand(nodes, edges))


@pytest.mark.parametrize("kind", [nx.MultiGraph, nx.DiGraph, nx.Graph])
def test_only_a_directed_multigraph_will_do(kind):
    with pytest.raises(GraphError, match=f"is a networkx.MultiDiGraph, not a {kind.__name__}"):
        dp.Graph.from_networkx(kind())


def test_nothing_is_no_dag():
    with pytest.raises(GraphError, match=r"is a networkx\.MultiDiGraph, not a NoneType"):
        dp.Graph.from_networkx(None)


@pytest.mark.parametrize("declared", [dp.Spec((4,)), dp.Spec((3,), "float32"), dp.Spec((3, 1))])
def test_an_operator_declared_as_something_else_is_refused(declared):
    dag = nx.MultiDiGraph()
    dag.add_node("x", kind="input", shape=(3,))
    dag.add_node("y", operator="tanh", spec=declared)
    dag.add_edge("x", "y", key=0)
    with pytest.raises(ShapeError, match=r"the node 'y' is declared as .* and its operands make"):
        dp.Graph.from_networkx(dag)


def test_an_operator_declared_as_what_it_is_is_taken():
    dag = nx.MultiDiGraph()
    dag.add_node("x", kind="input", shape=("batch", 3))
    dag.add_node("y", operator="tanh", spec=dp.Spec((None, 3)))
    dag.add_edge("x", "y", key=0)
    assert dp.Graph.from_networkx(dag)["y"].shape == ("batch", 3)
