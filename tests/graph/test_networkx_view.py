"""A graph as a NetworkX DAG: live, frozen, of plain data, and checked where it was made by hand."""

import json
import pickle
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
        r"'x' → 'y' has the slot 'first'; it is a number, 0, 1, …, or the name of an operand of tanh\(x\)",
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
    "input without a shape": ({"x": {"kind": "input"}}, [], GraphError, "the input 'x' has no shape: give shape="),
    "constant without a value": (
        {"x": {"kind": "constant", "shape": ()}},
        [],
        GraphError,
        "the constant 'x' has no value",
    ),
    "value of another shape": (
        {"x": {"kind": "parameter", "shape": (2,), "value": [1.0, 2.0, 3.0]}},
        [],
        ShapeError,
        r"the parameter 'x' has shape \(2,\), its initial array \(3,\)",
    ),
    "constant of another shape": (
        {"x": {"kind": "constant", "shape": (2,), "value": 1.0}},
        [],
        ShapeError,
        r"the node 'x' is declared as \(2,\) float64, and its value is \(\) float64",
    ),
    "input with a value": (
        {"x": {"kind": "input", "value": 1.0}},
        [],
        GraphError,
        "the input 'x' has a value, and an input is fed",
    ),
    "leaf with an operator": (
        {"x": {"kind": "input", "shape": (), "operator": "exp"}},
        [],
        GraphError,
        "the node 'x' is of kind 'input', yet it has the operator 'exp'",
    ),
    "kind without its operator": (
        {"x": {"kind": "operator"}},
        [],
        GraphError,
        "the node 'x' has the operator None",
    ),
    "no such dtype": (
        {"x": {"kind": "input", "shape": (), "dtype": "flaot"}},
        [],
        GraphError,
        "the node 'x': data type 'flaot' not understood",
    ),
    "no such dimension": (
        {"x": {"kind": "input", "shape": (2.5,)}},
        [],
        GraphError,
        "the node 'x': a dimension is an int, a name or None, not 2.5",
    ),
    "shape that cannot be read": (
        {"x": {"kind": "input", "shape": "(3, batch)"}},
        [],
        GraphError,
        "the node 'x': shape cannot be read: in a text, batch means nothing",
    ),
    "attributes that cannot be read": (
        {"x": X, "y": {"operator": "sum", "attributes": "axis=1"}},
        chain("x", "y"),
        GraphError,
        "the node 'y': what stands in attributes cannot be read: this is not the text of a value: axis=1",
    ),
    "function that no text can hold": (
        {"w": {"kind": "parameter", "shape": (2,), "initial": "<numpy.zeros>"}},
        [],
        GraphError,
        "the node 'w': the value cannot be read: <numpy.zeros> is nothing that a text can hold: give the",
    ),
    "source that is none": ({"x": {**X, "source": 12}}, [], GraphError, "the node 'x' has source=12; it is the file"),
    "scope that is no string": ({"x": {**X, "scope": 1}}, [], GraphError, "the node 'x' has scope=1; it is a string"),
    "adjoint of nothing": (
        {"x": {**X, "primal": "adjoint"}},
        [],
        GraphError,
        "has primal='adjoint' and of=None; it is",
    ),
    "edge of two": (
        {"x": {**X, "primal": "step", "of": "x", "edge": ("x", "y")}},
        [],
        GraphError,
        r"the node 'x' has edge=\('x', 'y'\); it is \(source, target, slot\)",
    ),
    "source without a line": (
        {"x": {**X, "source": "model.py"}},
        [],
        GraphError,
        "the node 'x' has source='model.py'; it is the file and line that made it: model.py:12",
    ),
    "parameter of no definite shape": (
        {"x": {"kind": "parameter", "shape": ("batch",)}},
        [],
        ShapeError,
        r"the parameter 'x' needs a shape of numbers, not \(batch,\)",
    ),
    "name that is no string": ({1: X}, [], GraphError, "a node's name is a string, not 1: nx.relabel_nodes"),
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


@pytest.mark.parametrize("given", [nx.MultiGraph(), nx.Graph(), None], ids=["MultiGraph", "Graph", "None"])
def test_only_a_directed_graph_will_do(given):
    with pytest.raises(GraphError, match=f"is a .*DiGraph or a .*MultiDiGraph, not a {type(given).__name__}"):
        dp.Graph.from_networkx(given)


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


# ---- slots --------------------------------------------------------------------------------------------------------


def joined(kind, operator, edges):
    """A DAG of the inputs a (2, 3) and b (3, 4), of a node y, and of edges into it with their data."""
    dag = kind()
    dag.add_node("a", kind="input", shape=(2, 3))
    dag.add_node("b", kind="input", shape=(3, 4))
    dag.add_node("y", operator=operator)
    for source, data in edges:
        dag.add_edge(source, "y", **data)
    return dag


A = np.arange(6.0).reshape(2, 3)
B = np.arange(12.0).reshape(3, 4)
SLOTS = {
    "numbers": ("matmul", [("b", {"slot": 1}), ("a", {"slot": 0})], A @ B),
    "names": ("matmul", [("b", {"slot": "y"}), ("a", {"slot": "x"})], A @ B),
    "one value in two slots": ("multiply", [("a", {"slot": (0, 1)})], A * A),
    "one value in two slots, by name": ("multiply", [("a", {"slot": ["x", "y"]})], A * A),
    "the only edge": ("tanh", [("a", {})], np.tanh(A)),
    "the only edge, by name": ("tanh", [("a", {"slot": "x"})], np.tanh(A)),
}


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize(("operator", "edges", "expected"), SLOTS.values(), ids=SLOTS)
def test_an_edge_says_which_operand_it_is(kind, operator, edges, expected):
    graph = dp.Graph.from_networkx(joined(kind, operator, edges))
    np.testing.assert_array_equal(dp.forward(graph["y"], {"a": A, "b": B}), expected)


MISFITS = {
    "none is said": ("matmul", [("a", {}), ("b", {})], r"'a' → 'y' does not say which .* matmul\(x, y\) takes x, y"),
    "one is said": ("matmul", [("a", {"slot": 0}), ("b", {})], "'b' → 'y' does not say which operand it is"),
    "one edge, two slots": ("multiply", [("a", {})], r"'y' has 1 operands; .* says so: slot=\(0, 1\)"),
    "misspelt": ("softmax_cross_entropy", [("a", {"slot": "logit"})], "has the slot 'logit'.* Did you mean logits"),
    "negative": ("tanh", [("a", {"slot": -1})], "'a' → 'y' has the slot -1"),
    "truth": ("tanh", [("a", {"slot": True})], "'a' → 'y' has the slot True"),
    "twice": ("multiply", [("a", {"slot": 0}), ("b", {"slot": (0, 1)})], "slot 0 of 'y' is filled twice, by 'a' and"),
}


@pytest.mark.parametrize(("operator", "edges", "told"), MISFITS.values(), ids=MISFITS)
def test_an_edge_that_does_not_say_so_is_refused(operator, edges, told):
    with pytest.raises(GraphError, match=told):
        dp.Graph.from_networkx(joined(nx.DiGraph, operator, edges))


def test_edges_without_slots_fill_none_by_their_order():
    dag = joined(nx.MultiDiGraph, "matmul", [("a", {}), ("b", {})])  # NetworkX gives both the key 0
    with pytest.raises(GraphError, match="slot 0 of 'y' is filled twice, by 'a' and by 'b'"):
        dp.Graph.from_networkx(dag)


def test_many_operands_in_a_digraph():
    dag = joined(nx.DiGraph, "concatenate", [("a", {"slot": (0, 2)}), ("c", {"slot": 1})])
    dag.add_node("c", kind="constant", value=[[1.0, 2.0, 3.0]])
    graph = dp.Graph.from_networkx(dag)
    np.testing.assert_array_equal(dp.forward(graph["y"], {"a": A}), np.concatenate([A, [[1, 2, 3]], A]))


# ---- leaves -------------------------------------------------------------------------------------------------------


def test_leaves_are_what_the_graphs_own_methods_make():
    dag = nx.DiGraph(name="leaves", dtype="float32")
    dag.add_node("x", kind="input", shape=("batch", None))
    dag.add_node("ids", kind="input", shape="batch", dtype="int64")
    dag.add_node("w", kind="parameter", shape=(2, 3), initial=0.5)
    dag.add_node("v", kind="parameter", initial="[1, 2]")
    dag.add_node("u", kind="parameter", shape=(4, 4), initial="normal(0.1)")
    dag.add_node("t", kind="parameter", shape=(2,), initial=np.ones)
    dag.add_node("layer/c", kind="constant", value=2)
    graph = dp.Graph.from_networkx(dag)
    assert (graph.name, graph.dtype) == ("leaves", np.float32)
    assert [str(graph[name].spec) for name in ("x", "ids", "w", "v")] == [
        "(batch, ?) float32",
        "(batch,) int64",
        "(2, 3) float32",
        "(2,) float32",
    ]
    first = graph.initial_values()
    assert (first["w"] == 0.5).all()
    assert first["v"].tolist() == [1, 2]
    assert 0 < np.abs(first["u"]).max() < 1
    assert first["t"].tolist() == [1, 1]
    assert graph["layer/c"].value == 2
    assert graph["layer/c"].scope == "layer"
    assert graph["x"].source[0] == __file__


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


@pytest.mark.parametrize(
    ("operator", "attributes", "made"),
    [
        ("pad", {"pad_width": 1}, lambda x: np.pad(x, 1)),
        ("tile", {"reps": 2}, lambda x: np.tile(x, 2)),
        ("transpose", {"axes": [1, 0]}, np.transpose),
        ("getitem", {"index": 0}, lambda x: x[0]),
        ("sum", {"axis": 1}, lambda x: np.sum(x, axis=1)),
    ],
)
def test_attributes_are_written_as_in_a_call(operator, attributes, made):
    dag = nx.DiGraph()
    dag.add_node("x", kind="input", shape=(2, 3))
    dag.add_node("y", operator=operator, attributes=attributes)
    dag.add_edge("x", "y")
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(dp.forward(dp.Graph.from_networkx(dag)["y"], {"x": x}), made(x))
