"""A graph as a NetworkX DAG: live, frozen, of plain data, which goes through NetworkX's own files."""

import json
import pickle

import networkx as nx
import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError


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
    file, line = graph["layer/z"].source
    assert z == {
        "kind": "operator",
        "operator": "core:matmul",
        "shape": "('batch', 2)",
        "dtype": "float64",
        "scope": "layer",
        "source": f"{file}:{line}",
    }
    assert dag.nodes["x"]["kind"] == "input"
    assert dag.nodes["E"]["attributes"] == "{'axis': None, 'keepdims': False}"
    assert set(dag.in_edges("layer/z", keys=True)) == {("x", "layer/z", 0), ("layer/w", "layer/z", 1)}
    assert dag.edges["layer/w", "layer/z", 1] == {"slot": 1}


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
    assert (dag.nodes[d.name]["primal"], dag.nodes[d.name]["of"]) == ("adjoint", "layer/w")
    graph["w"].named("weights")
    assert dag.nodes[d.name]["of"] == "layer/weights"
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


def everything(graph):
    """All that there is to know of a graph, for comparison."""
    return (graph.name, graph.dtype), [
        (n.name, n.kind, n.operator, [operand.name for operand in n.operands], n.attributes, n.spec, n.scope, n.source)
        + (n.value.tolist() if isinstance(n.value, np.ndarray) else n.value,)
        + ((n.primal.kind, n.primal.of.name, n.primal.edge) if n.primal is not None else ())
        for n in graph
    ]


def test_there_and_back_again(graph):
    x = np.random.default_rng(0).normal(size=(4, 3))
    dp.gradient(graph["E"], "w").named("slope")
    again = dp.Graph.from_networkx(graph.dag)
    assert everything(again) == everything(graph)
    np.testing.assert_array_equal(dp.forward(again["E"], {"x": x}), dp.forward(graph["E"], {"x": x}))
    np.testing.assert_array_equal(dp.forward(again["slope"], {"x": x}), dp.forward(graph["slope"], {"x": x}))
    assert again["slope"].primal.of is again["w"]
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


# ---- files --------------------------------------------------------------------------------------------------------


def as_json(data_of, graph_of):
    return lambda dag, _: graph_of(json.loads(json.dumps(data_of(dag))))


def as_file(write, read):
    def there_and_back(dag, path):
        write(dag, path)
        return read(path)

    return there_and_back


FORMATS = {
    "GraphML": as_file(nx.write_graphml_xml, nx.read_graphml),
    "GEXF": as_file(nx.write_gexf, nx.read_gexf),
    "GML": as_file(nx.write_gml, nx.read_gml),
    "node-link": as_json(nx.node_link_data, nx.node_link_graph),
    "adjacency": as_json(nx.adjacency_data, nx.adjacency_graph),
    "pickle": lambda dag, _: pickle.loads(pickle.dumps(dag)),
}


@pytest.fixture
def rich():
    """A graph with every sort of value in it: names, slices, arrays small and large, several outputs, a gradient."""
    graph = dp.Graph("rich", dtype=np.float32)
    x, n = graph.input("x", ("batch", 3)), graph.input("n", (None, 3), np.float64)
    with graph.scope("layer"):
        w = graph.parameter("w", (3, 2), dp.initialisers.normal(0.1))
        b = graph.parameter("b", initial=[0.1, -0.0])
        z = (x @ w + b).named("z")
    large = graph.constant(np.random.default_rng(0).normal(size=(200, 3)), "large")
    odd = graph.constant(np.array([np.nan, np.inf, -np.inf]), "odd")
    parts = np.split(x.T, 3)
    twice = np.concatenate([x, x])
    total = (np.tanh(z) * z).sum() + n[1:, ::2].sum() + large[[1, 2]].sum() + parts[1].sum() + twice.mean()
    (total + np.where(np.isfinite(odd), odd, 0).sum() + (x[::2] * 2).astype(np.float64).sum()).named("E")
    dp.gradient(graph["E"], "w").named("slope")
    return graph


@pytest.mark.parametrize("there_and_back", FORMATS.values(), ids=FORMATS)
def test_through_networkxs_own_files(rich, there_and_back, tmp_path):
    dag = there_and_back(rich.dag, tmp_path / "model")
    again = dp.Graph.from_networkx(dag, "rich", np.float32)
    feeds = {"x": np.arange(12.0).reshape(4, 3), "n": np.ones((3, 3))}
    assert str(everything(again)) == str(everything(rich))  # as text, since a NaN is not equal to itself
    assert again.initial_values()["layer/w"].tolist() == rich.initial_values()["layer/w"].tolist()
    for name in ("E", "slope"):
        np.testing.assert_array_equal(dp.forward(again[name], feeds), dp.forward(rich[name], feeds))
    assert dp.backprop(again["E"], feeds, on_nonfinite="ignore").gradients["layer/b"].dtype == np.float32


@dp.operator
def thirds(x):
    """An operator that no plugin brings."""
    return x / 3


def test_an_operator_of_a_module_is_found_there():
    graph = dp.Graph()
    thirds(graph.input("x")).named("y")
    assert dp.Graph.from_networkx(graph.dag)["y"].operator is thirds


def test_what_no_text_can_hold_is_said_and_may_be_given():
    graph = dp.Graph()
    graph.parameter("w", (2,), initial=lambda shape: np.full(shape, 7.0))
    dag = graph.dag.copy()
    with pytest.raises(GraphError, match=r"the node 'w': the value cannot be read: <.*lambda>> is nothing"):
        dp.Graph.from_networkx(dag)
    dag.nodes["w"]["initial"] = graph["w"].value
    assert dp.Graph.from_networkx(dag).initial_values()["w"].tolist() == [7, 7]
