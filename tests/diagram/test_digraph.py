import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import dagprop as dp
from dagprop.diagram import to_svg

SVG = "{http://www.w3.org/2000/svg}"


def statement(dot, identity):
    """The line of DOT about the node or edge with this id."""
    (line,) = [line for line in dot.splitlines() if f'id="{identity}"' in line]
    return line


def attribute(line, name):
    quoted, plain = re.search(rf'\b{name}=(?:"([^"]*)"|([\w.]+))', line).groups()
    return plain or quoted


def test_every_node_and_edge_has_an_id_and_a_class(flow, each_engine):
    groups = {
        group.get("id"): group.get("class").split()
        for group in ET.fromstring(to_svg(flow)).iter(f"{SVG}g")
        if group.get("class")
    }
    assert groups["node-a0"] == ["node", "operator"]
    assert groups["node-w0"] == ["node", "parameter"]
    assert groups["node-X"] == ["node", "input"]
    assert groups["edge-z0.to.a0.slot.0.forward"] == ["edge", "forward"]
    assert groups["edge-z0.to.a0.slot.0.backward"] == ["edge", "backward"]
    backward = {identity for identity, classes in groups.items() if "backward" in classes}
    assert len(backward) == len([edge for edge in flow.contributions if not edge.source.startswith("constant")])


DRAW_BOTH = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import network
from test_collapse import layers
from dagprop.diagram import dot
sys.stdout.buffer.write((dot(network()).source + dot(layers(60)).source).encode())
"""


def test_the_dot_is_the_same_in_every_process():
    folder = str(Path(__file__).parent)
    texts = {
        subprocess.run(
            [sys.executable, "-c", DRAW_BOTH, folder],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    (text,) = texts
    assert text.count(b"digraph") == 2


def test_a_card_tells_equation_order_shape_and_norms(flow):
    card = statement(dp.dot(flow).source, "node-a0")
    assert "a0 = σ(z0)" in card
    assert "8×5" in card
    assert "fwd 3 · bwd 6" in card
    assert f"‖∂E/∂a0‖ {np.linalg.norm(flow.gradients['a0']):#.3g}" in card
    assert f"μ {flow.values['a0'].mean():#.3g}" in card


def test_a_parameter_is_compared_with_its_gradient(flow):
    ratio = np.linalg.norm(flow.gradients["w1"]) / np.linalg.norm(flow.values["w1"])
    assert f"‖∂‖ / ‖w1‖ = {ratio:#.3g}" in statement(dp.dot(flow).source, "node-w1")


def test_inputs_have_no_gradient_and_numbers_no_card(flow):
    dot = dp.dot(flow).source
    assert "no gradient requested" in statement(dot, "node-X")
    assert "constant" not in dot
    assert "0.5 square_0" in dot


def test_an_edge_tells_norm_sign_and_gain_of_its_own_contribution(flow):
    sent = flow.contributions["a0", "z1", 0]
    gain = np.linalg.norm(sent) / np.linalg.norm(flow.gradients["z1"])
    line = statement(dp.dot(flow).source, "edge-a0.to.z1.slot.0.backward")
    assert f"<B>{np.linalg.norm(sent):#.3g}</B>" in line
    assert ("(+)" if sent.mean() > 0 else "(−)") in line
    assert f"×{gain:#.3g}" in line
    assert attribute(line, "dir") == "back"


def test_where_the_signal_dies_shows(saturated):
    dot = dp.dot(saturated).source
    line = statement(dot, "edge-z0.to.a0.slot.0.backward")
    assert attribute(line, "style") == "dashed"
    assert attribute(line, "class") == "backward vanishing"
    assert "<B>vanishing</B>" in line
    assert "▼×" in line
    assert "saturated units: " in statement(dot, "node-a0")


def scaled(*factors):
    """E = x · f₁ · f₂ …: what arrives at each node is the product of the factors behind it."""
    g = dp.Graph("product")
    y = g.parameter("x", (), initial=1.0)
    for i, factor in enumerate(factors):
        y = (y * factor).named(f"y{i}")
    return dp.backprop(y, on_nonfinite="ignore")


@pytest.mark.parametrize(
    ("factor", "word", "look"),
    [
        (1e-3, "vanishing", {"style": "dashed"}),
        (0.0, "zero", {"style": "dashed"}),
        (1e3, "exploding", {"penwidth": "2"}),
        (np.inf, "Inf", {"color": "#C2188F"}),
        (np.nan, "NaN", {"color": "#C2188F"}),
    ],
)
def test_flags_are_words_as_well_as_colours(factor, word, look):
    line = statement(dp.dot(scaled(factor)).source, "edge-x.to.y0.slot.0.backward")
    assert f"<B>{word}</B>" in line
    assert attribute(line, "class") == f"backward {word.lower()}"
    assert {name: attribute(line, name) for name in look} == look


def test_an_exploding_edge_is_a_double_line():
    line = statement(dp.dot(scaled(1e3)).source, "edge-x.to.y0.slot.0.backward")
    colours = attribute(line, "color").split(":")
    assert colours[2] == "#FFFFFF"
    assert len(set(colours)) == 2


@pytest.mark.parametrize(("factor", "width"), [(1.0, 4.6), (10.0, 5.75), (0.1, 3.45)])
def test_width_follows_the_logarithm(factor, width):
    line = statement(dp.dot(scaled(factor)).source, "edge-x.to.y0.slot.0.backward")
    assert float(attribute(line, "penwidth")) == pytest.approx(width)


def test_ratios_are_to_the_gradient_that_leaves_the_loss():
    g = dp.Graph()
    x = g.parameter("x", (10_000,), initial=np.ones(10_000))
    line = statement(dp.dot(dp.backprop(x * 1.0)).source, "edge-x.to.multiply_0.slot.0.backward")
    assert float(attribute(line, "penwidth")) == pytest.approx(4.6)


def test_fan_out_shows_what_each_path_sent():
    g = dp.Graph()
    x = g.parameter("x", (), initial=3.0)
    dot = dp.dot(dp.backprop((x * x + 5 * x).named("E"))).source
    square = [statement(dot, f"edge-x.to.multiply_0.slot.{slot}.backward") for slot in (0, 1)]
    assert all("<B>3.00</B>" in line for line in square)
    assert "<B>5.00</B>" in statement(dot, "edge-x.to.multiply_1.slot.1.backward")
    assert "∂E/∂x 11.0" in statement(dot, "node-x")


def test_scopes_are_nested_clusters():
    g = dp.Graph("scopes")
    x = g.input("x", (2,))
    with g.scope("encoder"):
        with g.scope("layer1"):
            y = np.exp(x).named("y")
        np.tanh(y).named("z")
    dot = dp.dot(g).source
    assert re.search(
        r'"cluster_scope-encoder".*"cluster_scope-encoder-layer1".*"node-encoder-layer1-y".*?\}.*\}', dot, re.DOTALL
    )
    assert "y = " in statement(dot, "node-encoder-layer1-y")
    assert "tanh(layer1/y)" in statement(dot, "node-encoder-z")


def test_a_graph_without_a_flow_has_forward_edges_and_no_numbers(flow):
    dot = dp.dot(flow.graph).source
    assert "backward" not in dot
    assert "fwd" not in dot
    assert "value μ" not in dot
    assert "batch×5" in dot


def test_the_backward_half_of_a_graph_says_what_it_is():
    g = dp.Graph()
    x = g.input("x")
    dp.gradient(np.exp(3 * x).named("y"), x)
    dot = dp.dot(g).source
    assert "adjoint of x" in dot
    assert 'class="operator adjoint"' in statement(dot, "node-d_x")


def test_some_nodes_are_drawn_with_what_they_depend_on(flow):
    dot = dp.dot(flow.graph["z0"]).source
    assert "node-w0" in dot
    assert "node-w1" not in dot
    assert dp.dot([flow.graph["z0"]]).source == dot


def test_only_what_can_be_drawn_is_drawn():
    for nothing in ([], ["x"], 3):
        with pytest.raises(TypeError):
            dp.dot(nothing)


def test_an_empty_graph_is_a_title(each_engine):
    assert "empty" in to_svg(dp.Graph("empty"))


def test_outputs_stand_on_the_card_of_their_operator():
    g = dp.Graph()
    x = g.parameter("x", (2, 4), initial=np.ones((2, 4)))
    left, right = np.split(x, 2, axis=1)
    flow = dp.backprop((left.named("left") * right).sum().named("E"))
    dot = dp.dot(flow).source
    card = statement(dot, "node-split_0")
    assert "2 outputs" in card
    assert "left" in card
    assert "‖∂E/∂left‖ 2.00" in card
    assert '":g0:e ->' in statement(dot, "edge-left.to.multiply_0.slot.0.backward")
    assert "‖∂E/∂x‖ 2.83" in statement(dot, "node-x")
    assert "×1.00" in statement(dot, "edge-x.to.split_0.slot.0.backward")


def test_the_legend_says_all_signs_in_words(flow):
    dot = dp.dot(flow).source
    for word in ("vanishing", "healthy", "exploding", "NaN, Inf", "width", "gain", "1e-4", "1e4"):
        assert word in dot
    assert "Colour of a backward edge" not in dp.dot(flow.graph).source


def test_a_loss_that_is_nan_can_be_drawn(each_engine):
    g = dp.Graph()
    x = g.parameter("x", (2,), initial=np.array([1.0, -1.0]))
    flow = dp.backprop(np.log(x).sum().named("E"), on_nonfinite="ignore")
    assert "1 NaN in the value" in to_svg(flow)
    assert "the first NaN" in statement(dp.dot(flow).source, "node-log_0")
