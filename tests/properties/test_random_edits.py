"""Random graphs through NetworkX and back, and random edits of them: taken over whole, or not at all."""

import json
from io import BytesIO

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import as_graph, random_leaves, random_program

import dagprop as dp
from dagprop.errors import DagpropError

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)


def simple(dag):
    """The DAG without parallel edges: where there were several, one edge fills several slots."""
    found = nx.DiGraph(name=dag.graph["name"])
    found.add_nodes_from(dag.nodes(data=True))
    for source, target in dict.fromkeys(dag.edges()):
        found.add_edge(source, target, slot=tuple(dag[source][target]))
    return found


WAYS = {
    "MultiDiGraph": lambda dag: dag,
    "DiGraph": simple,
    "node-link": lambda dag: nx.node_link_graph(json.loads(json.dumps(nx.node_link_data(dag)))),
    "GraphML": lambda dag: nx.parse_graphml("".join(nx.generate_graphml(dag))),
    "GEXF": lambda dag: nx.read_gexf(BytesIO("\n".join(nx.generate_gexf(dag)).encode())),
}


@few
@given(seeds, st.integers(1, 100), st.sampled_from(sorted(WAYS)))
def test_any_way_there_and_back_gives_the_same_values_and_gradients(seed, length, way):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    graph, last = leaves[0].graph, nodes[-1]
    again = dp.Graph.from_networkx(WAYS[way](graph.dag))
    assert [(n.name, n.spec, n.attributes) for n in again] == [(n.name, n.spec, n.attributes) for n in graph]
    names = [leaf.name for leaf in leaves]
    before, after = (dp.backprop(g[last.name], feeds, wrt=names, on_nonfinite="ignore") for g in (graph, again))
    for name in names:
        np.testing.assert_array_equal(after.gradients[name], before.gradients[name])
    for node in graph:
        if node.name in before.values:
            np.testing.assert_array_equal(after.values[node.name], before.values[node.name])


def change(dag, rng):
    """One random change, sensible or not."""
    names = list(dag)
    other, one = (names[i] for i in sorted(rng.integers(len(names), size=2)))
    match rng.integers(8):
        case 0:
            alike = ["tanh", "negative", "exp"] if dag.in_degree(one) == 1 else ["add", "multiply", "matmul"]
            dag.nodes[one].update(operator=str(rng.choice([*alike, "nosuch"])), attributes=None)
        case 1:
            dag.remove_node(one)
        case 2:
            dag.add_edge(one, other, key=int(rng.integers(3)))
        case 3:
            dag.remove_edges_from(list(dag.in_edges(one))[:1])
        case 4:
            dag.nodes[one]["shape"] = (int(rng.integers(1, 4)), 3)
        case 5:
            dag.add_node("new", kind="input", shape=(3,))
            dag.add_edge("new", one, key=int(rng.integers(2)))
        case 6:
            dag.remove_edges_from(list(dag.in_edges(one)))
            dag.nodes[one].update(kind="input", operator=None)
        case 7:  # another value in the same slot
            edges = list(dag.in_edges(one, keys=True))
            if edges:
                dag.remove_edge(*edges[0])
                dag.add_edge(other, one, key=edges[0][2])


def described(graph):
    return [(n.name, n.kind, n.what, [o.name for o in n.operands], str(n.spec), n.scope, n.source) for n in graph]


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(1, 40), st.integers(1, 3))
def test_a_random_edit_is_taken_over_whole_or_not_at_all(seed, length, changes):
    rng = np.random.default_rng(seed)
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    graph, last = leaves[0].graph, nodes[-1]
    before, ids, at_first = described(graph), list(map(id, graph)), dp.forward(last, feeds)
    program = dp.compile(last, wrt=leaves)
    held = program(feeds)[0]
    try:
        with graph.edit() as dag:
            for _ in range(changes):
                change(dag, rng)
    except (DagpropError, nx.NetworkXError):
        assert described(graph) == before
        assert list(map(id, graph)) == ids
        np.testing.assert_array_equal(dp.forward(last, feeds), at_first)
    else:
        assert {name for name, *_ in described(graph)} == set(dag)
        position = {id(node): i for i, node in enumerate(graph)}
        for node in graph:
            assert node.graph is graph
            assert graph[node.name] is node
            for slot, operand in enumerate(node.operands):
                assert operand.index < node.index
                assert position[id(operand)] < position[id(node)]
                assert dag.has_edge(operand.name, node.name)
                assert graph.dag.has_edge(operand.name, node.name, slot)
        anew = dp.Graph.from_networkx(graph.dag)
        assert described(anew) == described(graph)
        given_now = {leaf.name: np.ones(leaf.shape) for leaf in graph.inputs}
        for one, same in zip(graph, anew, strict=True):
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(dp.forward(one, given_now), dp.forward(same, given_now))
    np.testing.assert_array_equal(program(feeds)[0], held)  # made before: it is what it was
