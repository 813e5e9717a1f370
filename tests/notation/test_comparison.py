"""Two graphs compared: as text and as a picture."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import dagprop as dp
from dagprop.plugin.passes import PASSES


def model(power=2, bias=0.0):
    g = dp.Graph("model")
    x, w = g.input("x", ("n", 3)), g.parameter("w", (3,))
    c = g.constant(np.full(3, bias), "c")
    return ((x @ w).named("z") ** power + c.sum()).sum(axis=0).named("E")


def texts(difference):
    return str(difference).splitlines()


def test_a_graph_is_no_different_from_itself():
    difference = dp.diff(model().graph, model().graph)
    assert not difference
    assert texts(difference) == ["model: the same"]
    assert difference.count("same") == 8


def test_what_was_added_stands_behind_what_was_there():
    E = model()
    before = dp.Graph.from_networkx(E.graph.dag, "model")
    np.tanh(E).named("squashed")
    difference = dp.diff(before, E.graph)
    assert texts(difference) == ["model: 1 added, 8 the same", "+ squashed = tanh(E): () float64"]
    assert texts(dp.diff(E.graph, before)) == ["model: 1 removed, 8 the same", "− squashed = tanh(E): () float64"]


def test_what_was_removed_stands_where_it_was():
    g, h = dp.Graph("g"), dp.Graph("h")
    x = g.input("x")
    np.exp(np.tanh(x).named("middle")).named("end")
    np.exp(h.input("x")).named("end")
    assert texts(dp.diff(g, h)) == [
        "g → h: 1 removed, 1 changed, 1 the same",
        "− middle = tanh(x): () float64",
        "~ end = exp(x): () float64",
        "      was end = exp(middle): () float64",
    ]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda: model(power=3), "was power_0 = z²"),
        (lambda: model(bias=1.0), "another value"),
    ],
    ids=["number", "constant"],
)
def test_a_number_that_changed_is_told(other, told):
    difference = dp.diff(model().graph, other().graph)
    assert told.partition(" = ")[0].split()[-1] in str(difference)
    assert difference.count("changed") == 1


def test_attributes_and_dtypes_are_told():
    def sums(axis, dtype):
        g = dp.Graph("sums")
        g.input("x", (2, 2), dtype).sum(axis=axis).named("total")
        return g

    assert "      axis: 0 → 1" in texts(dp.diff(sums(0, float), sums(1, float)))
    assert "      (2, 2) float64 → (2, 2) float32" in texts(dp.diff(sums(0, float), sums(0, np.float32)))


def test_a_program_against_its_graph():
    E = model()
    step = dp.compile(E, wrt=[])
    difference = dp.diff(E.graph, step.graph)
    assert "      was square_0 = z²: (n,) float64" in texts(difference)
    assert "− c: (3,) float64, constant" in texts(difference)


def test_what_a_pass_does():
    with_it, without = (dp.compile(model(), passes=p).graph for p in (list(PASSES), ["dead code"]))
    difference = dp.diff(without, with_it)
    assert difference.count("added") < difference.count("removed")
    assert difference.count("same") > 5


def test_an_operator_written_out_ends_in_its_own_name():
    g = dp.Graph()
    a = dp.sigmoid(g.input("x")).named("a")
    difference = dp.diff(g, dp.compile(a, wrt=[]).graph)
    assert [entry.word for entry in difference.entries] == ["same", "added", "added", "added", "changed"]
    assert texts(difference)[-2:] == ["~ a = 1 / add_0: () float64", "      was a = σ(x): () float64"]
    assert "      from a" in texts(difference)


def test_the_picture_tells_in_words(tmp_path):
    E = model()
    picture = dp.diff(E.graph, dp.compile(E, wrt=[]).graph).draw(tmp_path / "difference.svg")
    tree = ET.parse(tmp_path / "difference.svg")
    words = [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"changed", "removed", "same"} <= set(words)
    assert {node.get("class") for node in tree.iter("{http://www.w3.org/2000/svg}g")} >= {"node changed", "node same"}
    assert picture.svg.startswith("<")


def test_edges_that_are_no_more_are_broken():
    E = model()
    dot = dp.diff(E.graph, dp.compile(E, wrt=[]).graph).draw().dot
    assert re.search("class=before .*style=dashed", dot)
    assert dp.diff(E.graph, E.graph).draw().dot.count("dashed") == 0


def test_of_large_graphs_only_what_differs_is_drawn_with_its_surroundings():
    def chain(last):
        g = dp.Graph("chain")
        x = g.input("x")
        for _ in range(300):
            x = np.tanh(x)
        last(x).named("end")
        return g

    difference = dp.diff(chain(np.exp), chain(np.sin))
    dot = difference.draw().dot
    assert dot.count("class=same") == 1
    assert "of which 300 are left out" in dot
    assert len(difference.entries) == 302


def test_any_name_can_be_drawn():
    g = dp.Graph('<b> "graph" & \\')
    np.tanh(g.input('<x> "&" \\ é')).named("]]>")
    assert ET.fromstring(dp.diff(dp.Graph(), g).draw().svg).tag.endswith("svg")
