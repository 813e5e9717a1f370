"""A recorded run: every value, gradient and contribution, in an order one can look at, watched by hooks."""

from types import SimpleNamespace

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import FeedError, GraphError, OperandError, UnknownError
from dagprop.run.recording import targets_of

FEEDS = {"x": np.array([[0.5, -1.0], [2.0, 0.25], [-0.5, 1.5]]), "y": np.array([1.0, 0.0, -1.0])}


@pytest.fixture
def graph():
    """One hidden layer; what a0 is used twice for makes a fan-out."""
    graph = dp.Graph("model")
    x, y = graph.input("x", ("batch", 2)), graph.input("y", ("batch",))
    with graph.scope("hidden"):
        w0 = graph.parameter("w0", (2, 3), initial=[[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])
        b0 = graph.parameter("b0", (3,), initial=0.1)
        a0 = np.tanh((x @ w0 + b0).named("z0")).named("a0")
    w1 = graph.parameter("w1", (3,), initial=[1.0, -1.0, 0.5])
    z1 = (a0 @ w1 + (a0 * a0).sum(axis=1)).named("z1")
    (0.5 * (z1 - y) ** 2).mean().named("E")
    return graph


# ---- forward ------------------------------------------------------------------------------------------------------


def test_forward_gives_arrays_as_it_was_given_nodes(graph):
    E, z1 = graph["E"], graph["z1"]
    alone = dp.forward(E, FEEDS)
    assert isinstance(alone, np.ndarray)
    together = dp.forward([z1, E, graph["x"]], FEEDS)
    assert [v.shape for v in together] == [(3,), (), (3, 2)]
    assert together[1] == alone
    assert dp.forward([]) == []


def test_forward_runs_with_any_size_of_a_named_dimension(graph):
    for n in (1, 2, 3, 0):
        assert dp.forward(graph["z1"], {"x": FEEDS["x"][:n], "y": FEEDS["y"][:n]}).shape == (n,)


def test_only_what_is_asked_for_needs_feeds(graph):
    assert dp.forward(graph["a0"], {"x": FEEDS["x"]}).shape == (3, 3)


def test_parameters_may_be_given(graph):
    feeds = {"x": FEEDS["x"]}
    bias = dp.forward(graph["z0"], feeds, {"w0": np.zeros((2, 3))})
    np.testing.assert_array_equal(bias, np.full((3, 3), 0.1))
    np.testing.assert_array_equal(dp.forward(graph["z0"], {**feeds, "hidden/w0": np.zeros((2, 3))}), bias)
    np.testing.assert_array_equal(dp.forward(graph["z0"], {**feeds, graph["w0"]: np.zeros((2, 3))}), bias)
    assert not np.array_equal(dp.forward(graph["z0"], feeds), bias)


def test_forward_takes_nodes_of_one_graph(graph):
    with pytest.raises(GraphError, match="belongs to another graph"):
        dp.forward([graph["E"], dp.Graph().input("x")], FEEDS)


@pytest.mark.parametrize("wrong", ["E", ["E"], [3.0]], ids=str)
def test_only_nodes_are_run(wrong):
    with pytest.raises(TypeError, match=r"nodes.*a node.*graph\['name'\]"):
        dp.forward(wrong, FEEDS)
    with pytest.raises(OperandError, match="is not a node: graph"):
        dp.backprop(wrong, FEEDS)
    with pytest.raises(OperandError, match="is not a node: graph"):
        dp.gradient(wrong, "x")


def test_a_leaf_runs(graph):
    assert dp.forward(graph["w1"]).tolist() == [1, -1, 0.5]
    assert dp.forward(graph["y"], {"y": [1, 2]}).tolist() == [1, 2]


# ---- backprop -----------------------------------------------------------------------------------------------------


def by_hand():
    x, y = FEEDS["x"], FEEDS["y"]
    w0, w1 = np.array([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]), np.array([1.0, -1.0, 0.5])
    a0 = np.tanh(x @ w0 + 0.1)
    z1 = a0 @ w1 + (a0 * a0).sum(axis=1)
    dz1 = (z1 - y) / 3
    da0 = dz1[:, None] * w1 + dz1[:, None] * 2 * a0
    dz0 = da0 * (1 - a0 * a0)
    return {
        "E": 1.0,
        "z1": dz1,
        "w1": dz1 @ a0,
        "hidden/a0": da0,
        "hidden/z0": dz0,
        "hidden/w0": x.T @ dz0,
        "hidden/b0": dz0.sum(0),
    }


def test_every_value_and_every_gradient(graph):
    flow = dp.backprop(graph["E"], FEEDS)
    for name, expected in by_hand().items():
        np.testing.assert_allclose(flow.gradients[name], expected, err_msg=name)
    for node in flow.nodes:
        np.testing.assert_array_equal(flow.values[node], dp.forward(node, FEEDS))
    assert set(flow.values) == {node.name for node in flow.nodes}
    assert {"E", "z1", "w1", "hidden/w0"} <= set(flow.gradients)
    assert flow.of is graph["E"]
    assert flow.wrt == graph.parameters


def test_what_every_edge_sent_back_adds_up_to_the_gradient(graph):
    flow = dp.backprop(graph["E"], FEEDS)
    expected = by_hand()
    into = {}
    for (source, _, _), sent in flow.contributions.items():
        into[source] = into.get(source, 0) + sent
    assert set(into) == set(flow.gradients) - {"E"}
    for name, total in into.items():
        np.testing.assert_allclose(total, flow.gradients[name], err_msg=name)
    product = next(n.name for n in graph if n.what == "multiply" and n.operands[0] is n.operands[1])
    half = expected["z1"][:, None] * flow.values["a0"]
    for slot in (0, 1):
        np.testing.assert_allclose(flow.contributions["a0", product, slot], half)
    np.testing.assert_allclose(flow.contributions[graph["b0"], graph["z0"], 1], expected["hidden/b0"])


def test_names_and_nodes_and_last_parts_of_names_find_what_was_recorded(graph):
    flow = dp.backprop(graph["E"], FEEDS, wrt=["w0"])
    for key in ("hidden/w0", "w0", graph["w0"]):
        assert key in flow.gradients
        np.testing.assert_array_equal(flow.gradients[key], flow.gradients["hidden/w0"])
    assert "w1" not in flow.gradients
    assert "nonsense" not in flow.gradients
    with pytest.raises(UnknownError, match="no gradient of 'w1' was recorded: name it in wrt="):
        flow.gradients["w1"]
    with pytest.raises(UnknownError, match=r"has no node 'hiden/w0'\. Did you mean hidden/w0"):
        flow.values["hiden/w0"]
    with pytest.raises(UnknownError, match=r"nothing was sent back along w1 → z1 \[0\]. Did you mean"):
        flow.contributions["w1", "z1", 0]
    for key in (None, 3):
        with pytest.raises(UnknownError, match=f"found by its name, a string, not by {key}"):
            flow.values[key]
    for key in ("w0", 3, ("w0", "E")):
        with pytest.raises(UnknownError, match=r"found by \(source, target, slot\), not by"):
            flow.contributions[key]
    assert "gradients: " in repr(flow.gradients)
    assert repr(flow).startswith("<Flow of 'E': ")
    assert "contributions" in repr(flow.contributions)


def test_with_respect_to_what(graph):
    E = graph["E"]
    assert targets_of(E) == list(graph.parameters)
    assert targets_of(graph["z0"] * 2) == [graph["w0"], graph["b0"]]
    plain = dp.Graph()
    x, _ = plain.input("x"), plain.input("k", dtype=int)
    assert targets_of(x * 2 + plain["k"]) == [x]
    np.testing.assert_allclose(dp.backprop(E, FEEDS, wrt="a0").gradients["a0"], by_hand()["hidden/a0"])
    np.testing.assert_allclose(dp.backprop(E, FEEDS, wrt=graph["z1"]).gradients["z1"], by_hand()["z1"])
    both = dp.backprop(E, FEEDS, wrt=[graph["x"], "w1"])
    assert both.gradients["x"].shape == (3, 2)
    assert both.wrt == (graph["x"], graph["w1"])


def test_with_respect_to_what_it_does_not_depend_on():
    graph = dp.Graph()
    x, y, z = graph.input("x", (2,)), graph.input("y", ("n",)), graph.parameter("z", (3,))
    flow = dp.backprop(x.sum(), {"x": [1, 2], "y": [1, 2, 3, 4]}, wrt=[y, z])
    assert flow.gradients["y"].tolist() == [0] * 4
    assert flow.gradients["z"].tolist() == [0] * 3
    assert flow.schedule.backward == ()
    with pytest.raises(FeedError, match=r"feeds are missing\n  y +\(n,\)"):
        dp.backprop(x.sum(), {"x": [1, 2]}, wrt=[y])


def test_the_users_graph_stays_as_it_is(graph):
    before = [n.name for n in graph]
    flow = dp.backprop(graph["E"], FEEDS)
    assert [n.name for n in graph] == before
    assert flow.graph is graph
    assert len(flow.backward) > len(graph)
    assert graph["E"] in flow.backward


def test_a_gradient_is_recorded_like_anything_else():
    graph = dp.Graph()
    x = graph.input("x")
    slope = dp.gradient(x**3, x).named("slope")
    flow = dp.backprop(slope, {"x": 2.0})
    assert (flow.values["slope"], flow.gradients["x"]) == (12, 12)
    assert all(step.seconds > 0 for step in flow.schedule.forward)


def test_several_outputs_are_recorded_each():
    graph = dp.Graph()
    x = graph.input("x", (5,))
    short, long = np.split(x, [2])
    flow = dp.backprop((short.sum() * long).sum(), {"x": np.arange(5.0)})
    assert flow.values[short].tolist() == [0, 1]
    assert flow.gradients["x"].tolist() == [9, 9, 1, 1, 1]
    assert flow.contributions["x", short.operands[0], 0].tolist() == [9, 9, 1, 1, 1]
    assert [len(v) for v in flow.values[short.operands[0]]] == [2, 3]
    assert len(dict(flow.values)) == len(flow.values)


def test_a_recording_does_not_change_when_what_was_fed_does(graph):
    x, w1 = FEEDS["x"].copy(), np.ones(3)
    flow = dp.backprop(graph["E"], {**FEEDS, "x": x}, {"w1": w1}, wrt=["x", "w1"])
    x[:], w1[:] = 0, 0  # as a loop that reuses its buffers, or trains in place, does
    np.testing.assert_array_equal(flow.values["x"], FEEDS["x"])
    assert flow.values["w1"].tolist() == [1, 1, 1]


def test_a_second_run_may_have_other_sizes(graph):
    whole = dp.backprop(graph["E"], FEEDS).gradients["w1"]
    parts = [dp.backprop(graph["E"], {k: v[i : i + 1] for k, v in FEEDS.items()}).gradients["w1"] for i in range(3)]
    np.testing.assert_allclose(np.mean(parts, axis=0), whole)


def test_nothing_runs_when_a_feed_is_wrong(graph):
    calls = []

    @dp.elementwise
    def watched(x):
        calls.append(np.shape(x))
        return x * 1.0

    y = watched(graph["x"])
    calls.clear()
    with pytest.raises(FeedError):
        dp.forward([y, graph["E"]], {"x": FEEDS["x"]})
    assert calls == []


# ---- the schedule -------------------------------------------------------------------------------------------------


def test_forward_is_topological_and_backward_its_reverse(graph):
    flow = dp.backprop(graph["E"], FEEDS)
    forward = [step.name for step in flow.schedule.forward]
    assert set(forward) == {n.name for n in flow.nodes}
    for node in flow.nodes:
        assert all(forward.index(operand.name) < forward.index(node.name) for operand in node.operands)
    backward = [step.name for step in flow.schedule.backward]
    assert backward == [name for name in reversed(forward) if name in flow.gradients]
    assert backward[0] == "E"
    assert [step.number for step in flow.schedule.forward] == list(range(len(forward)))


def test_every_step_is_timed_and_steps_back_come_with_their_own_work(graph):
    flow = dp.backprop(graph["E"], FEEDS)
    assert all(step.seconds > 0 for step in flow.schedule.forward)
    by_name = {step.name: step.seconds for step in flow.schedule.backward}
    assert all(by_name[name] > 0 for name in ("E", "hidden/a0", "hidden/z0"))
    assert "forward     0  x" in str(flow.schedule)
    assert str(flow.schedule).count("\n") + 1 == len(flow.schedule.forward) + len(flow.schedule.backward)


# ---- hooks --------------------------------------------------------------------------------------------------------


class Watcher:
    def __init__(self):
        self.forward, self.backward = [], []

    @dp.hookimpl
    def dagprop_forward_step(self, name, operands, value, seconds):
        self.forward.append((name, [np.array(o) for o in operands], np.array(value), seconds))

    @dp.hookimpl
    def dagprop_backward_step(self, name, gradient, contributions, seconds):
        self.backward.append((name, np.array(gradient), {k: np.array(v) for k, v in contributions.items()}, seconds))


@pytest.fixture
def watch():
    names = []

    def register(plugin):
        names.append(f"watcher {len(names)}")
        dp.registry.register(names[-1], plugin)
        return plugin

    yield register
    for name in names:
        dp.registry.unregister(name)


def test_hooks_are_told_of_each_step_in_order(graph, watch):
    watcher = watch(Watcher())
    flow = dp.backprop(graph["E"], FEEDS)
    assert [told[0] for told in watcher.forward] == [step.name for step in flow.schedule.forward]
    assert [told[0] for told in watcher.backward] == [step.name for step in flow.schedule.backward]
    for name, operands, value, seconds in watcher.forward:
        np.testing.assert_array_equal(value, flow.values[name])
        for operand, told in zip(graph[name].operands, operands, strict=True):
            np.testing.assert_array_equal(told, flow.values[operand])
        assert seconds > 0
    told_of = 0
    for name, gradient, contributions, _ in watcher.backward:
        np.testing.assert_array_equal(gradient, flow.gradients[name])
        for key, sent in contributions.items():
            source, slot = key[:-1].split("[")
            np.testing.assert_array_equal(sent, flow.contributions[source, name, int(slot)])
            told_of += 1
    assert told_of == len(flow.contributions)


def test_hooks_are_told_of_forward_runs(graph, watch):
    watcher = watch(Watcher())
    value = dp.forward(graph["z1"], FEEDS)
    assert [told[0] for told in watcher.forward][-1] == "z1"
    np.testing.assert_array_equal(watcher.forward[-1][2], value)
    assert watcher.backward == []


def test_watching_changes_no_number(graph, watch):
    alone = dp.backprop(graph["E"], FEEDS)
    watch(Watcher())
    watched = dp.backprop(graph["E"], FEEDS)
    for name, gradient in alone.gradients.items():
        np.testing.assert_array_equal(watched.gradients[name], gradient)


def test_a_hook_may_ask_for_some_of_what_it_is_told(graph, watch):
    class Names:
        def __init__(self):
            self.seen = []

        @dp.hookimpl
        def dagprop_backward_step(self, name):
            self.seen.append(name)

        @dp.hookimpl
        def dagprop_forward_step(self, seconds, name):
            self.seen.append((name, seconds > 0))

    names = watch(Names())
    flow = dp.backprop(graph["E"], FEEDS)
    assert names.seen == [
        *((step.name, True) for step in flow.schedule.forward),
        *(step.name for step in flow.schedule.backward),
    ]


def test_several_watchers_are_all_told(graph, watch):
    first, second = watch(Watcher()), watch(Watcher())
    dp.backprop(graph["E"], FEEDS)
    assert len(first.forward) == len(second.forward) > 0


def test_whether_anybody_watches_is_asked_once_per_run(graph, monkeypatch):
    asked = []
    monkeypatch.setattr("dagprop.run.recording.registry", SimpleNamespace(watchers=asked.append))
    dp.backprop(graph["E"], FEEDS)
    dp.forward(graph["E"], FEEDS)
    assert asked == ["dagprop_forward_step", "dagprop_backward_step", "dagprop_forward_step"]
