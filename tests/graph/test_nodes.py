"""Names and scopes: what nodes are called, and how they are found."""

import types

import networkx as nx
import pytest

import dagprop as dp
from dagprop.errors import DagpropError, GraphError, UnknownError


@pytest.fixture
def graph():
    return dp.Graph("model")


def test_nodes_are_found_by_name(graph):
    x = graph.input("x")
    y = (x + 1).named("y")
    assert graph["x"] is x
    assert graph["y"] is y
    assert graph[y] is y
    assert "x" in graph
    assert y in graph
    assert "z" not in graph
    assert dp.Graph().input("x") not in graph
    assert list(graph) == [x, graph.constants[0], y]
    assert len(graph) == 3
    assert repr(graph) == "<Graph 'model': 3 nodes, 1 inputs, 0 parameters>"


def test_unnamed_nodes_are_counted_by_operator(graph):
    x = graph.input("x")
    assert [(x + x).name, (x + x).name, dp.tanh(x).name] == ["add_0", "add_1", "tanh_0"]
    graph.input("add_2")
    assert (x + x).name == "add_3"


def test_scopes_prefix_names(graph):
    x = graph.input("x")
    with graph.scope("encoder"):
        with graph.scope("layer1"):
            w = graph.parameter("w", ())
            z = (x * w).named("z")
            assert dp.tanh(z).name == "encoder/layer1/tanh_0"
        b = graph.parameter("b", ())
    y = (z + b).named("y")
    assert [n.name for n in (w, z, b, y)] == ["encoder/layer1/w", "encoder/layer1/z", "encoder/b", "y"]
    assert [n.scope for n in (w, z, b, y)] == ["encoder/layer1", "encoder/layer1", "encoder", ""]
    assert z.named("zz").name == "encoder/layer1/zz"


def test_the_last_part_of_a_name_will_do_where_only_one_node_has_it(graph):
    for layer in ("a", "b"):
        with graph.scope(layer):
            graph.parameter("w", ())
    with graph.scope("b"):
        bias = graph.parameter("bias", ())
    assert graph["bias"] is bias
    with pytest.raises(UnknownError, match=r"no node 'w'. It could be a/w or b/w."):
        graph["w"]


def test_a_scope_closes_after_an_error(graph):
    with pytest.raises(ZeroDivisionError), graph.scope("s"):
        1 / 0  # noqa: B018
    assert graph.input("x").name == "x"


def test_an_unknown_name_comes_with_a_suggestion(graph):
    graph.input("weights")
    with pytest.raises(UnknownError, match=r"no node 'weigths'\. Did you mean weights\?"):
        graph["weigths"]
    with pytest.raises(KeyError):
        graph["weigths"]


def test_a_name_is_given_once(graph):
    x = graph.input("x")
    y = (x + 1).named("y")
    for again in (lambda: graph.input("x"), lambda: graph.parameter("y", ()), lambda: (x * 2).named("y")):
        with pytest.raises(GraphError, match=r"the name '[xy]' is taken\n  by     [xy] \(\) float64  made at "):
            again()
    assert y.named("y") is y
    assert (x * 3).named("z").named("u").name == "u"
    graph.input("z")  # the name that was given up is free again


@pytest.mark.parametrize(
    "nameless", [lambda g: g.input(""), lambda g: (g.input("x") + 1).named("")], ids=["new", "old"]
)
def test_a_name_is_not_empty(graph, nameless):
    with pytest.raises(GraphError, match="a node needs a name"):
        nameless(graph)


@pytest.mark.parametrize("name", [3, b"x", ("x",), None])
def test_names_are_strings(graph, name):
    for give in (graph.input, graph.parameter, (graph.input("x") + 1).named):
        with pytest.raises(GraphError, match="the name of a node is a string, not"):
            give(*([name] if give.__name__ == "named" else [name, ()]))
    with pytest.raises(GraphError, match="the name of a scope is a string, not"), graph.scope(name):
        pass


def test_a_scope_is_not_nameless(graph):
    with pytest.raises(GraphError, match="a scope needs a name"), graph.scope(""):
        pass


UNWRITABLE = [("x\0", "a NUL character"), ("\ud800x", "half of a surrogate pair")]


def hand_made(**data):
    dag = nx.DiGraph()
    dag.add_node("x", **{"kind": "input", "shape": (), **data})
    return dag


NAMED = {
    "an input": ("node", lambda g, name: g.input(name)),
    "a parameter": ("node", lambda g, name: g.parameter(name, ())),
    "a constant": ("node", lambda g, name: g.constant(1.0, name)),
    "a node": ("node", lambda g, name: (g.input("x") + 1).named(name)),
    "a scope": ("scope", lambda g, name: g.scope(name).__enter__()),
    "a graph": ("graph", lambda g, name: dp.Graph(name)),
    "a shape": ("dimension", lambda g, name: g.input("x", (name, 3))),
    "a dimension": ("dimension", lambda g, name: dp.Dim(name)),
    "an operator": ("operator", lambda g, name: dp.elementwise(types.FunctionType((lambda x: x).__code__, {}, name))),
    "a DAG's node": ("node", lambda g, name: dp.Graph.from_networkx(nx.DiGraph({name: []}))),
    "a DAG's scope": ("scope", lambda g, name: dp.Graph.from_networkx(hand_made(scope=name))),
    "a DAG's shape": ("dimension", lambda g, name: dp.Graph.from_networkx(hand_made(shape=(name,)))),
    "a DAG": ("graph", lambda g, name: dp.Graph.from_networkx(nx.DiGraph(name=name))),
}


@pytest.mark.parametrize(("name", "has"), UNWRITABLE, ids=["NUL", "surrogate"])
@pytest.mark.parametrize(("what", "give"), NAMED.values(), ids=NAMED)
def test_a_name_that_no_file_can_hold_is_refused_where_it_is_given(graph, name, has, what, give):
    with pytest.raises(DagpropError, match=f"the {what} .*: its name has {has}, which no file or picture can hold"):
        give(graph, name)


def test_names_in_any_script_are_names(graph):
    x = graph.input("größe 大小 😀", ("ñ",))
    assert graph["größe 大小 😀"] is x


def test_renaming_keeps_what_runs(graph):
    x = graph.input("x")
    y = (x * x).named("y")
    before = dp.backprop(y, {"x": 3.0})
    y.named("loss")
    after = dp.backprop(y, {"x": 3.0})
    assert after.values["loss"] == before.values["loss"] == 9
    assert after.contributions["x", "loss", 0] == 3
    assert "y" not in graph
