"""Feeds are checked before anything runs, and refused in words that say what is wanted."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import FeedError


@pytest.fixture
def graph():
    graph = dp.Graph("model")
    x, y = graph.input("x", ("batch", 3)), graph.input("y", ("batch",))
    k = graph.input("k", ("batch",), dtype=int)
    (((x @ graph.parameter("w", (3,), initial=[1, 2, 3])) - y) * k).sum().named("E")
    return graph


GOOD = {"x": np.ones((2, 3)), "y": np.ones(2), "k": np.array([1, 2])}

REFUSED = {
    "missing": ({"y": None}, r"feeds are missing\n  y +\(batch,\) float64\n(.|\n)*feeds=\{...\} by name"),
    "unknown": ({"z": 1.0}, r"one of the feeds has no place to go: the graph 'model' has no node 'z'"),
    "misspelt": ({"E_": 1.0}, "has no place to go"),
    "no leaf": ({"E": 1.0}, "only inputs and parameters are fed; 'E' is sum"),
    "too few dimensions": ({"x": np.ones(3)}, r"'x' has shape \(3,\), and \(batch, 3\) is wanted(.|\n)*made at"),
    "too many dimensions": ({"y": np.ones((2, 1))}, r"'y' has shape \(2, 1\), and \(batch,\) is wanted"),
    "size": (
        {"x": np.ones((2, 4))},
        r"'x' has shape \(2, 4\), and \(batch, 3\) is wanted(.|\n)*axis +1: 4 instead of 3",
    ),
    "named dimension": ({"y": np.ones(5)}, "the dimension 'batch' is 2 in 'x' and 5 in 'y'"),
    "float for int": (
        {"k": np.array([1.0, 2.0])},
        r"'k' has dtype float64, and int64 is wanted(.|\n)*np.asarray\(value, np.int64\)",
    ),
    "complex for float": ({"y": np.array([1j, 2])}, "'y' has dtype complex128, and float64 is wanted"),
    "object": ({"y": np.array([1, None])}, "'y' has dtype object, and float64 is wanted"),
    "strings": ({"y": ["1", "2"]}, "'y' has dtype <U1"),
    "ragged": ({"x": [[1, 2, 3], [1]]}, "the feed for 'x' is no array"),
    "none": ({"y": None, "k": None}, "feeds are missing"),
    "parameter's shape": ({"w": np.ones(4)}, r"'w' has shape \(4,\), and \(3,\) is wanted"),
}


@pytest.mark.parametrize("run", [dp.forward, dp.backprop])
@pytest.mark.parametrize(("wrong", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(graph, run, wrong, told):
    feeds = {name: value for name, value in {**GOOD, **wrong}.items() if value is not None}
    with pytest.raises(FeedError, match=told):
        run(graph["E"], feeds)


@pytest.mark.parametrize("run", [dp.forward, dp.backprop, lambda of, feeds: dp.compile(of)(feeds)])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [([1.0], "feeds go by name(.|\n)*a list has no names"), ({3: 1.0}, "found by its name, a string, not by 3")],
)
def test_feeds_that_go_by_no_name_are_refused(graph, run, wrong, told):
    with pytest.raises(FeedError, match=told):
        run(graph["E"], wrong)


def test_every_missing_feed_is_named_at_once(graph):
    with pytest.raises(FeedError, match=r"x(.|\n)*y(.|\n)*k"):
        dp.forward(graph["E"])


def test_parameters_are_held_to_their_shape_too(graph):
    with pytest.raises(FeedError, match="'w' has shape"):
        dp.forward(graph["E"], GOOD, {"w": np.ones((3, 1))})


def test_values_of_the_same_kind_are_converted(graph):
    expected = dp.forward(graph["E"], GOOD)
    given = {"x": [[1, 1, 1], [1, 1, 1]], "y": np.ones(2, np.float32), "k": np.array([1, 2], np.int8)}
    assert dp.forward(graph["E"], given) == expected
    assert dp.forward(graph["y"], {"y": [True, False]}).dtype == np.float64


def test_a_dimension_without_a_name_takes_any_size():
    graph = dp.Graph()
    x, y = graph.input("x", (None,)), graph.input("y", (None,))
    both = x.sum() + y.sum()
    assert dp.forward(both, {"x": [1, 2], "y": [1, 2, 3]}) == 9
    assert dp.forward(x + y, {"x": [1, 2], "y": [3, 4]}).tolist() == [4, 6]


def test_zero_size_and_scalar_feeds():
    graph = dp.Graph()
    x, s = graph.input("x", ("n",)), graph.input("s")
    assert dp.forward((x * s).sum(), {"x": [], "s": 2}) == 0
    assert dp.forward(s, {"s": np.float64(3)}) == 3
    assert dp.backprop((x * s).sum(), {"x": [], "s": 2}).gradients["x"].shape == (0,)


def test_feeds_go_by_node_and_by_last_part_of_a_name():
    graph = dp.Graph()
    with graph.scope("data"):
        x = graph.input("x")
    for key in ("data/x", "x", x):
        assert dp.forward(x * 2, {key: 3}) == 6


def test_what_is_fed_is_not_written_to(graph):
    feeds = {name: value.copy() for name, value in GOOD.items()}
    for value in feeds.values():
        value.setflags(write=False)
    dp.backprop(graph["E"], feeds)
