import re
from contextlib import nullcontext
from graphlib import TopologicalSorter

import numpy as np
import pytest

import dagprop as dp
from dagprop.diagram import to_svg
from dagprop.diagram.collapse import EDGES, LIMIT, REVEALED, collapse, contents, title, unit_of
from dagprop.diagram.scene import Scene, has_card


def layers(count, activation=np.tanh, weight=1.0):
    """A stack of scopes, each with a matrix, a bias and an activation; the identity's weight is given."""
    g = dp.Graph("layers")
    h = g.input("x", (4,))
    for i in range(count):
        with g.scope(f"layer{i}"):
            w, b = g.parameter("w", initial=weight * np.eye(4)), g.parameter("b", initial=np.zeros(4))
            h = activation(h @ w + b).named("a")
    return dp.backprop(h.sum().named("E"), {"x": np.full(4, 0.1)})


def chain(factors):
    """x · f₁ · f₂ …, without scopes."""
    g = dp.Graph("chain")
    y = g.parameter("x", (), initial=1.0)
    for i, factor in enumerate(factors):
        y = (y * factor).named(f"y{i}")
    return dp.backprop(y)


def dense(count, apply, scopes=0):
    """Operators whose two operands are any that came before, in scopes that take turns at random."""
    rng = np.random.default_rng(0)
    g = dp.Graph("dense")
    made = [g.parameter(f"p{i}", (), initial=0.3 + 0.1 * i) for i in range(5)]
    for _ in range(count):
        a, b = (made[i] for i in rng.integers(len(made), size=2))
        with g.scope(f"part{rng.integers(scopes)}") if scopes else nullcontext():
            made.append(apply(a, b))
    used = {operand for node in made for operand in node.operands}
    return dp.backprop(sum(node for node in made if node not in used).named("E"))


def units(subject, limit=LIMIT):
    scene = Scene(subject)
    found = collapse(scene, limit)
    nodes = [node for unit in found for node in unit.nodes]
    assert len(nodes) == len(set(nodes)) == sum(map(has_card, scene.nodes))
    return found


def cards(subject):
    """The ids of the cards drawn."""
    return re.findall(r'^\s*"((?:node|folded)-[^"]*)" \[', dp.dot(subject).source, re.MULTILINE)


def test_a_small_graph_is_drawn_whole():
    assert all(unit.single for unit in units(layers(10)))


def test_scopes_fold_into_a_card_each():
    found = units(layers(60))
    folded = [unit for unit in found if not unit.single]
    assert len(found) < LIMIT
    assert [title(unit) for unit in folded[:2]] == [("layer0", ""), ("layer1", "")]
    assert contents(folded[0]) == "3 operators · 2 parameters"


def test_the_outer_scopes_stay_open_where_there_is_room():
    g = dp.Graph()
    h = g.input("x", ())
    for part in ("encoder", "decoder"):
        with g.scope(part):
            for i in range(20):
                with g.scope(f"layer{i}"):
                    h = np.tanh(np.exp(-(h * 0.5)))
    assert len(collapse(Scene(g), limit=50)) == 41
    assert len(collapse(Scene(g), limit=10)) == 3
    dot = dp.dot(g).source
    assert "scope-encoder" in dot


def test_repeats_are_counted_and_their_ends_stay():
    found = units(chain([1.0] * 1000))
    assert [unit.first.name for unit in found] == ["x", "y0", "y1", "y998", "y999"]
    assert [title(unit) for unit in found if not unit.single] == [("multiply", "×997")]


def test_a_period_of_several_operators_is_found():
    g = dp.Graph()
    h = g.input("x", ())
    for _ in range(100):
        h = np.tanh(np.exp(h) * 0.1)
    titles = [title(unit) for unit in units(g) if not unit.single]
    assert titles == [("multiply → tanh → exp", "×99")]


def test_layers_that_repeat_fold_into_one_card():
    found = units(layers(400, activation=lambda z: z * 1.0))
    titles = [title(unit) for unit in found if not unit.single]
    assert titles == [("layer0", ""), ("layer1 … layer398", "×398"), ("layer399", "")]


def test_what_is_neither_scoped_nor_a_run_folds_by_stretches_of_the_order():
    g = dp.Graph()
    h = g.input("x", ())
    for _ in range(600):
        h = h + np.tanh(h)
    found = units(g)
    assert len(found) <= LIMIT
    assert re.fullmatch(r"tanh → add|add → tanh|\d+ operators", title(found[1])[0])


@pytest.mark.parametrize("scopes", [0, 120])
@pytest.mark.parametrize("apply", [np.add, np.multiply, lambda a, b: np.tanh(a - b)], ids=["sums", "products", "tanh"])
def test_few_edges_are_left_where_all_depends_on_all(apply, scopes):
    flow = dense(1_000, apply, scopes)
    units(flow)
    dot = dp.dot(flow).source
    assert 100 < dot.count(" -> ") <= EDGES
    assert re.search(r"largest of \d+.* median", dot)
    assert dot == dp.dot(flow).source


def test_few_edges_are_left_of_a_graph_without_a_flow():
    graph = dense(1_000, np.add).graph
    units(graph)
    assert 100 < dp.dot(graph).source.count(" -> ") <= EDGES


def test_flagged_edges_show_where_all_depends_on_all():
    flow = dense(500, lambda a, b: np.tanh(a - b))
    flagged = Scene(flow).flagged
    owner = unit_of(units(flow))
    assert 0 < len(flagged) <= REVEALED
    assert all(owner[flow.graph[edge.source]] is not owner[flow.graph[edge.target]] for edge, _ in flagged)
    assert "vanishing inside" not in dp.dot(flow).source


def test_no_card_leads_to_a_flagged_node_and_back():
    found = units(dense(1_000, np.multiply))
    owner = unit_of(found)
    order = TopologicalSorter()
    for unit in found:
        sources = {owner[operand] for node in unit.nodes for operand in node.operands if operand in owner}
        order.add(unit, *(sources - {unit}))
    order.prepare()  # would raise a CycleError
    assert sum(unit.single for unit in found) > REVEALED


def test_a_flagged_edge_is_never_inside_a_folded_card():
    factors = [1.0] * 400
    factors[200] = 1e-3  # vanishes for good: what is behind it is flagged as well, more edges than fit
    flow = chain(factors)
    assert {"node-y199", "node-y200"} <= set(cards(flow))
    dot = dp.dot(flow).source
    assert "edge-y199.to.y200.slot.0.backward" in dot
    assert "edges vanishing inside" in dot


def test_few_flagged_edges_are_all_shown():
    factors = [1.0] * 400
    factors[100], factors[105] = 1e-3, 1e3  # small from 105 back to 100 only, seen from the loss: exploding
    flow = chain(factors[::-1])
    scene = Scene(flow)
    assert 0 < len(scene.flagged) <= REVEALED
    lines = dp.dot(flow).source.splitlines()
    for edge, word in scene.flagged:
        identity = f'id="edge-{edge.source}.to.{edge.target}.slot.{edge.slot}.backward"'
        (line,) = [line for line in lines if identity in line]
        assert f"<B>{word}</B>" in line


def test_edges_between_folded_cards_tell_the_largest_and_the_median():
    g = dp.Graph()
    x = g.parameter("x", (), initial=1.0)
    with g.scope("left"):
        parts = [np.tanh(x * (1.0 + 0.1 * i)) for i in range(80)]
    with g.scope("right"):
        total = parts[0] * 1.0
        for i, part in enumerate(parts[1:]):
            total = total + part * (2.0 + i)
    flow = dp.backprop(np.square(total).named("E"))
    flow_dot = dp.dot(flow).source
    assert "folded-" in flow_dot
    assert re.search(r"largest of 80", flow_dot)
    assert "median" in flow_dot


def test_a_scope_that_is_left_and_entered_again():
    g = dp.Graph()
    h = g.parameter("x", (), initial=1.0)
    for i in range(200):
        with g.scope("even" if i % 2 == 0 else "odd"):
            h = np.tanh(h)
    flow = dp.backprop(h)
    assert len(units(flow, limit=1)) > 1
    assert "even" in dp.dot(flow).source


def test_a_loss_inside_a_scope_stays_visible():
    flow = layers(60)
    with flow.graph.scope("objective"):
        loss = np.square(flow.of * 2.0 + np.exp(flow.of)).named("loss")
    shown = dp.backprop(loss, {"x": np.full(4, 0.1)})
    assert "node-objective-loss" in cards(shown)


def test_folded_cards_tell_what_is_wrong_inside():
    def saturate(z):
        return dp.sigmoid(z * 0.0 + 60.0) + z * 1.0

    dot = dp.dot(layers(60, activation=saturate)).source
    assert "saturated units: 100 %" in dot


@pytest.mark.parametrize("count", [1_000, 3_000])
def test_long_chains_are_drawn(count, each_engine):
    svg = to_svg(chain(np.random.default_rng(0).uniform(0.9, 1.1, count)))
    assert svg.count('class="node') < 60


def test_a_folded_graph_without_a_flow(each_engine):
    flow = layers(60)
    assert "folded" in to_svg(flow.graph)
    assert "‖∂‖" not in dp.dot(flow.graph).source
