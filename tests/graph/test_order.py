"""The order of work, and how long values live."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import dagprop as dp
from dagprop.graph.order import ancestors, last_uses


def diamond():
    graph = dp.Graph()
    x = graph.input("x")
    left, right = np.exp(x).named("left"), np.tanh(x).named("right")
    unused = np.sin(x).named("unused")
    return graph, (left * right).named("y"), unused


def names(nodes):
    return [node.name for node in nodes]


def test_ancestors_are_what_is_needed_operands_first():
    _, y, unused = diamond()
    assert names(ancestors([y])) == ["x", "left", "right", "y"]
    assert names(ancestors([y, unused])) == ["x", "left", "right", "unused", "y"]
    assert ancestors([]) == []


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=60))
def test_ancestors_of_any_graph_are_in_topological_order(pairs):
    graph = dp.Graph()
    nodes = [graph.input("x")]
    for a, b in pairs:
        nodes.append(nodes[a % len(nodes)] + nodes[b % len(nodes)])
    order = ancestors([nodes[-1]])
    position = {node: i for i, node in enumerate(order)}
    assert all(position[o] < position[n] for n in order for o in n.operands)
    assert len(position) == len(order)


def test_a_value_ends_with_its_last_reader_and_what_is_kept_never():
    _, y, _ = diamond()
    order = ancestors([y])
    ends = {step: names(gone) for step, gone in last_uses(order, keep=[y]).items()}
    assert ends == {2: ["x"], 3: ["left", "right"]}
    ends = {step: names(gone) for step, gone in last_uses(order).items()}
    assert ends == {2: ["x"], 3: ["left", "right", "y"]}
