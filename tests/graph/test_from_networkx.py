"""A graph made of a NetworkX DAG that was written by hand: operators, slots and leaves, and what is refused."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GraphError, ShapeError, UnknownError


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
        "the node 'x': dtype is a dtype of numbers, such as 'float32', not 'flaot'",
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
