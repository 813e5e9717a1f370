"""Rules and those who watch may read what a run works with, and write to none of it."""

import pickle

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import RuleError
from dagprop.sealing import kept, own, reading, sealed


@dp.operator
def doubled(x):
    return 2 * x


@doubled.vjp(opaque=True)
def _(grad, x):
    grad *= 2
    return grad


@dp.operator
def emptied(x):
    out = x.copy()
    x[...] = 0
    return out


@emptied.infer
def _(x):  # without it the rule would be run on ones that nobody can write to, and refused when the graph is built
    return x


@emptied.vjp
def _(grad, x):
    return grad


@pytest.fixture
def x():
    return dp.Graph("model").input("x", (2,))


# ---- rules ------------------------------------------------------------------------------------------------------


def test_a_rule_that_writes_into_the_gradient_is_stopped_and_named(x):
    E = (doubled(x).named("y") * [3.0, 4.0]).sum().named("E")
    with pytest.raises(RuleError) as caught:
        dp.backprop(E, {"x": [1.0, 2.0]})
    for part in (
        "the local-derivative rule of doubled failed while running",
        'doubled(x).named("y")',
        "rule",
        "@doubled.vjp(opaque=True)",
        "read-only",
        "let it write into a copy",
    ):
        assert part in str(caught.value)


def test_a_rule_that_writes_into_an_operand_is_stopped_and_named(x):
    y = emptied(x * 2).named("y")
    with pytest.raises(RuleError, match=r"emptied failed while running 'y'(.|\n)*rule (.|\n)*@dp.operator"):
        dp.forward(y, {"x": [1.0, 2.0]})


@pytest.mark.parametrize("executor", ["interpreter", "numpy", "tape"])
def test_what_was_fed_cannot_be_written_to_by_a_rule(x, executor):
    mine = np.array([1.0, 2.0])
    E = emptied(x).sum().named("E")
    if executor == "interpreter":
        run = lambda: dp.forward(E, {"x": mine})  # noqa: E731
    else:
        pytest.importorskip("dagprop.program._tape")
        run = lambda: dp.compile(E, wrt=[x], executor=executor)({"x": mine})  # noqa: E731
    with pytest.raises((RuleError, ValueError), match="read-only"):
        run()
    assert mine.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("executor", ["numpy", "tape"])
def test_a_program_stops_a_rule_that_writes_into_the_gradient_too(x, executor):
    pytest.importorskip("dagprop.program._tape")
    step = dp.compile((doubled(x) * [3.0, 4.0]).sum(), wrt=[x], executor=executor)
    with pytest.raises((RuleError, ValueError), match="read-only"):
        step({"x": np.array([1.0, 2.0])})


def test_a_rule_that_returns_the_same_array_each_time_cannot_change_what_was_recorded(x):
    buffer = np.zeros(2)

    @dp.operator
    def reusing(x):
        buffer[...] = x
        return buffer

    @reusing.infer
    def _(x):
        return x

    reusing.vjp(lambda grad, x: grad)
    E = reusing(x).named("y").sum()
    flow = dp.backprop(E, {"x": [1.0, 2.0]})
    with pytest.raises(RuleError, match="reusing failed while running 'y'"):
        dp.backprop(E, {"x": [3.0, 4.0]})
    assert flow.values["y"].tolist() == [1.0, 2.0]


# ---- recordings and watchers --------------------------------------------------------------------------------------


def test_what_is_recorded_is_read_only(x):
    w = x.graph.parameter("w", (), initial=2.0)
    parts = np.split((x * w).named("product"), 2)
    E = (parts[0] * np.exp(parts[1])).sum().named("E")
    flow = dp.backprop(E, {"x": np.array([1.0, 2.0])}, wrt=["x", "w"])
    recorded = [*flow.values.values(), *flow.gradients.values(), *flow.contributions.values()]
    arrays = [part for value in recorded for part in (value if isinstance(value, tuple) else (value,))]
    owned = [array for array in arrays if array.ndim]  # a NumPy scalar is handed out as a new array each time
    assert len(owned) > 8
    assert not any(array.flags.writeable for array in owned)


def test_each_of_several_outputs_is_read_only_before_it_is_taken(x):
    @dp.operator
    def halves(x):
        return x[:1] * 1, x[1:] * 1  # arrays of their own, no views of what is read-only already

    halves.vjp(lambda grads, x: np.concatenate(grads))
    first, _ = halves(x)
    flow = dp.backprop((first * 2).sum(), {"x": [1.0, 2.0]}, wrt="x")
    assert [part.flags.writeable for part in flow.values[first.operands[0]]] == [False, False]


def test_watchers_may_only_read(x):
    met = []

    class Watching:
        @dp.hookimpl
        def dagprop_forward_step(self, operands, value):
            met.extend([*operands, value])

        @dp.hookimpl
        def dagprop_backward_step(self, gradient, contributions):
            met.extend([gradient, *contributions.values()])

    mine = np.array([1.0, 2.0])
    dp.registry.register("watching", Watching())
    try:
        dp.backprop((np.exp(x) * x).named("y"), {"x": mine})
        dp.forward(np.exp(x), {"x": mine})
    finally:
        dp.registry.unregister("watching")
    assert len(met) > 10
    assert not any(array.flags.writeable for array in met)
    assert mine.flags.writeable


# ---- what dp.forward hands out --------------------------------------------------------------------------------------


def test_what_forward_returns_is_the_callers_to_write_to(x):
    mine = np.array([1.0, 2.0])
    twice = x * 2
    nodes = [x, x.graph.constant(np.array([5.0, 6.0]), "c"), twice, twice[::-1], np.exp(twice), twice, twice.sum()]
    given = dp.forward(nodes, {"x": mine})
    expected = [array.copy() for array in given]
    for array in given:
        array[...] = 7.0
    assert mine.tolist() == [1.0, 2.0]
    for array, again in zip(expected, dp.forward(nodes, {"x": mine}), strict=True):
        np.testing.assert_array_equal(array, again)
    assert expected[3].tolist() == [4.0, 2.0]


# ---- parts --------------------------------------------------------------------------------------------------------


def test_a_sealed_array_is_the_same_memory():
    mine = np.zeros(2)
    view = sealed(mine)
    mine[0] = 5
    assert view[0] == 5
    assert not view.flags.writeable
    assert np.shares_memory(sealed(view), view)


def test_what_is_kept_stays_what_it_is():
    mine = np.zeros(2)
    held = [kept(mine), kept(sealed(mine))]
    mine[0] = 5
    assert [array[0] for array in held] == [0, 0]
    assert kept(held[0]) is held[0]


def test_ones_own_is_copied_only_where_others_read_it():
    mine = np.zeros(2)
    assert own(mine) is mine
    assert not np.shares_memory(own(sealed(mine)), mine)
    assert own(np.float64(3)).flags.writeable


def test_a_reading_function_is_given_its_operands_read_only():
    @reading
    def tampered(x, *, by):
        x += by

    with pytest.raises(ValueError, match="read-only"):
        tampered(np.zeros(2), by=1)


def test_nobody_switches_writing_on_again():
    """A view of what is read-only: its own flag cannot be turned."""
    g = dp.Graph()
    w = g.parameter("w", (2,), initial=[1.0, 2.0])
    c = g.constant([3.0, 4.0])
    flow = dp.backprop((np.tanh(w) * c).sum())
    for made in (flow.values["w"], flow.values["tanh_0"], flow.gradients["w"], c.value):
        with pytest.raises(ValueError, match="WRITEABLE"):
            made.flags.writeable = True


def test_a_rule_that_switches_writing_on_is_found():
    @dp.operator
    def twice(x):
        return 2 * x

    @twice.vjp(opaque=True)
    def _(grad, x):
        grad.flags.writeable = True
        grad *= 2
        return grad

    with pytest.raises(RuleError, match="the local-derivative rule of twice"):
        dp.check_operator(twice, np.ones(3))


def test_what_broadcast_arrays_made_is_sealed_without_a_warning():
    made = np.broadcast_arrays(np.ones(3), np.ones((2, 1)))[0]
    assert not sealed(made).flags.writeable


def test_constants_and_first_values_stay_what_they_are_through_a_pickle():
    g = dp.Graph()
    g.parameter("w", (2,), initial=[1.0, 2.0])
    g.constant([3.0, 4.0], "c")
    for graph in (g, pickle.loads(pickle.dumps(g))):
        for name in ("w", "c"):
            with pytest.raises(ValueError, match="WRITEABLE"):
                graph[name].value.flags.writeable = True
