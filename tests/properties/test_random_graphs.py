"""What holds of any graph, tried on random ones of hundreds of nodes.

A random program is NumPy code: run on arrays it is the oracle, run on nodes it makes the graph.
"""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import as_graph, random_leaves, random_program

import dagprop as dp
from dagprop.errors import GraphError

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 250)
few = settings(max_examples=15, deadline=None)


@few
@given(seeds, lengths)
def test_a_graph_computes_what_the_numpy_code_does(seed, length):
    program, arrays = random_program(seed, length), random_leaves(seed)
    nodes, _, feeds = as_graph(program, arrays)
    expected = program(arrays)
    for found, node, value in zip(dp.forward(nodes, feeds), nodes, expected, strict=True):
        np.testing.assert_array_equal(found, value)
        assert node.shape == np.shape(value)


@few
@given(seeds, lengths)
def test_gradients_are_directional_derivatives(seed, length):
    program, arrays = random_program(seed, length), random_leaves(seed)
    nodes, leaves, feeds = as_graph(program, arrays)
    slopes = dp.forward(dp.gradient(nodes[-1], leaves), feeds)
    rng = np.random.default_rng([seed, 2])
    directions = [rng.normal(size=a.shape) for a in arrays]
    along = sum(np.sum(s * d) for s, d in zip(slopes, directions, strict=True))

    def at(step):
        return program([a + step * d for a, d in zip(arrays, directions, strict=True)])[-1]

    # Richardson's extrapolation of two central differences: an error of step⁴
    wide, narrow = ((at(h) - at(-h)) / (2 * h) for h in (2e-4, 1e-4))
    scale = sum(np.sum(abs(s * d)) for s, d in zip(slopes, directions, strict=True))
    assert along == pytest.approx((4 * narrow - wide) / 3, rel=1e-5, abs=1e-6 * (1 + scale))


@few
@given(seeds, lengths)
def test_what_edges_send_back_adds_up_to_each_gradient(seed, length):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    flow = dp.backprop(nodes[-1], feeds, wrt=leaves)
    sent = {}
    for (source, _, _), contribution in flow.contributions.items():
        sent[source] = sent.get(source, 0) + contribution
    for name, gradient in flow.gradients.items():
        assert gradient.shape == leaves[0].graph[name].shape
        if name != nodes[-1].name:
            np.testing.assert_allclose(gradient, sent.get(name, 0), rtol=1e-9, atol=1e-12)


@few
@given(seeds, lengths)
def test_recording_changes_no_number(seed, length):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    flow = dp.backprop(nodes[-1], feeds, wrt=leaves)
    for leaf, slope in zip(leaves, dp.forward(dp.gradient(nodes[-1], leaves), feeds), strict=True):
        np.testing.assert_array_equal(flow.gradients[leaf], slope)


@few
@given(seeds, st.integers(2, 150), st.floats(-2, 2), st.floats(-2, 2))
def test_the_gradient_is_linear_in_what_is_differentiated(seed, length, a, b):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    f, g = nodes[-1], np.sum(nodes[len(nodes) // 2])
    both, of_f, of_g = (dp.forward(dp.gradient(y, leaves), feeds) for y in (a * f + b * g, f, g))
    for together, one, other in zip(both, of_f, of_g, strict=True):
        np.testing.assert_allclose(together, a * one + b * other, rtol=1e-8, atol=1e-9)


@few
@given(seeds, st.integers(1, 60))
def test_forward_mode_is_the_transpose_of_reverse_mode(seed, length):
    program, arrays = random_program(seed, length), random_leaves(seed)
    nodes, leaves, feeds = as_graph(program, arrays)
    y, graph = nodes[-2], leaves[0].graph
    rng = np.random.default_rng([seed, 3])
    tangents = [graph.input(f"v{i}", a.shape) for i, a in enumerate(arrays)]
    feeds |= {v.name: rng.normal(size=v.shape) for v in tangents}
    u = graph.input("u", y.shape)
    feeds["u"] = rng.normal(size=y.shape)
    forward = dp.forward(dp.jvp(y, leaves, tangents), feeds)
    back = dp.forward(dp.gradient(y, leaves, cotangent=u), feeds)
    expected = sum(np.sum(feeds[v.name] * b) for v, b in zip(tangents, back, strict=True))
    assert np.sum(feeds["u"] * forward) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@few
@given(seeds, st.integers(1, 25))
def test_hessians_are_symmetric(seed, length):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    graph, rng = leaves[0].graph, np.random.default_rng([seed, 4])
    us, vs = ([graph.input(f"{name}{i}", leaf.shape) for i, leaf in enumerate(leaves)] for name in "uv")
    feeds |= {node.name: rng.normal(size=node.shape) for node in (*us, *vs)}
    there, back = (dp.forward(dp.hessian_vector_product(nodes[-1], leaves, w), feeds) for w in (us, vs))
    left = sum(np.sum(feeds[v.name] * h) for v, h in zip(vs, there, strict=True))
    right = sum(np.sum(feeds[u.name] * h) for u, h in zip(us, back, strict=True))
    assert left == pytest.approx(right, rel=1e-7, abs=1e-8)


@few
@given(seeds, lengths)
def test_mixed_precision_keeps_every_nodes_dtype(seed, length):
    """Values have NumPy's dtypes, gradients those of their values, and the numbers agree with double precision."""
    program = random_program(seed, length, mixed=True)
    mixed = random_leaves(seed, (np.float32, np.float64))
    nodes, leaves, feeds = as_graph(program, mixed)
    expected = program(mixed)
    flow = dp.backprop(nodes[-1], feeds, wrt=leaves)
    assert [node.dtype for node in nodes[:-1]] == [value.dtype for value in expected[:-1]]
    for name, gradient in flow.gradients.items():
        assert gradient.dtype == leaves[0].graph[name].dtype
    for (source, _, _), sent in flow.contributions.items():
        assert sent.dtype == flow.values[source].dtype
    for value, found in zip(expected, dp.forward(nodes, feeds), strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-4)


@few
@given(seeds, lengths)
def test_a_graph_goes_to_networkx_and_back(seed, length):
    nodes, leaves, feeds = as_graph(random_program(seed, length), random_leaves(seed))
    graph = leaves[0].graph
    slope = dp.gradient(nodes[-1], leaves[0])
    again = dp.Graph.from_networkx(graph.dag)
    assert len(again) == len(graph)
    for node in (nodes[-1], slope):
        np.testing.assert_array_equal(dp.forward(again[node.name], feeds), dp.forward(node, feeds))


@few
@given(seeds, st.integers(1, 60))
def test_a_batch_of_any_size_runs_through_the_same_graph(seed, size):
    """A named dimension: the graph is made once, and its gradient is the sum of each row's."""
    rng = np.random.default_rng([seed, 5])
    graph = dp.Graph()
    x, w = graph.input("x", ("batch", 3)), graph.input("w", (3, 2))
    loss = np.sum(np.tanh(x @ w) * np.sin(x[:, :1]) + np.cumsum(x @ w, axis=1) ** 2)
    slope = dp.gradient(loss, w)
    feeds = {"x": rng.normal(size=(size, 3)), "w": rng.normal(size=(3, 2))}
    rows = [dp.forward(slope, {**feeds, "x": feeds["x"][i : i + 1]}) for i in range(size)]
    np.testing.assert_allclose(dp.forward(slope, feeds), np.sum(rows, axis=0), rtol=1e-9, atol=1e-10)


@few
@given(seeds, st.integers(2, 80))
def test_any_cycle_is_shown(seed, length):
    nodes, leaves, _ = as_graph(random_program(seed, length), random_leaves(seed))
    dag = nx.MultiDiGraph(leaves[0].graph.dag)
    last = nodes[-1].name
    first = next(n for n in dag if "operator" in dag.nodes[n] and n in nx.ancestors(dag, last))
    dag.add_edge(last, first, key=len(dag.in_edges(first)))
    with pytest.raises(GraphError, match="the graph has a cycle: ") as caught:
        dp.Graph.from_networkx(dag)
    cycle = str(caught.value).partition(": ")[2].split(" → ")
    assert cycle[0] == cycle[-1]
    assert all(dag.has_edge(a, b) for a, b in pairwise(cycle))
