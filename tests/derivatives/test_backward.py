"""The backward half: right numbers, only what is needed, and clear words where there is no derivative."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GradientError, RuleError

RNG = np.random.default_rng(7)


def differences(of, x, feeds, step=1e-6):
    """∂of/∂x by central differences, with x among the feeds."""
    array = np.asarray(feeds[x.name], float)
    slope = np.empty_like(array)
    for i in np.ndindex(array.shape):
        moved = [array.copy(), array.copy()]
        moved[0][i] += step
        moved[1][i] -= step
        high, low = (dp.forward(of, {**feeds, x.name: m}).sum() for m in moved)
        slope[i] = (high - low) / (2 * step)
    return slope


def check(of, feeds, rtol=1e-6):
    graph = of.graph
    for x in [n for n in graph.inputs if n.differentiable]:
        found = dp.forward(dp.gradient(of, x), feeds)
        np.testing.assert_allclose(found, differences(of, x, feeds), rtol=rtol, atol=1e-7)


@pytest.fixture
def graph():
    return dp.Graph("model")


# ---- numbers ------------------------------------------------------------------------------------------------------


def test_the_chain_rule(graph):
    x = graph.input("x", (2, 3))
    check(np.sum(np.tanh(np.exp(x) * 0.3) ** 2), {"x": RNG.normal(size=(2, 3))})


def test_backwards_meet_at_fan_out(graph):
    x = graph.input("x", (3,))
    y = np.tanh(x)
    check(np.sum(y * y + x * y + y / (2 + x * x)), {"x": RNG.normal(size=3)})


def test_one_value_in_two_slots(graph):
    x = graph.input("x", (3, 3))
    check(np.sum((x @ x) * (x - x.T) * x), {"x": RNG.normal(size=(3, 3))})


SHAPES = [
    ((3,), ()),
    ((), (3,)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((1, 1), (2, 2)),
    ((0, 2), (2,)),
]


@pytest.mark.parametrize(("a", "b"), SHAPES, ids=str)
def test_broadcasting_is_undone(graph, a, b):
    x, y = graph.input("x", a), graph.input("y", b)
    dx, dy = dp.gradient(x * np.exp(y), [x, y])
    assert (dx.shape, dy.shape) == (a, b)
    check(x * np.exp(y), {"x": RNG.normal(size=a), "y": RNG.normal(size=b)})


def test_broadcasting_over_named_and_unknown_dimensions_is_undone(graph):
    x, w = graph.input("x", ("batch", 3)), graph.input("w", (3,))
    r, u = graph.input("r", ("batch", 1)), graph.input("u", (None, 3))
    loss = np.sum(x * w + r * np.tanh(x) - u**2 * w)
    assert [str(d.shape) for d in dp.gradient(loss, [x, w, r])] == ["(batch, 3)", "(3,)", "(batch, 1)"]
    feeds = {
        "x": RNG.normal(size=(4, 3)),
        "w": RNG.normal(size=3),
        "r": RNG.normal(size=(4, 1)),
        "u": RNG.normal(size=(4, 3)),
    }
    check(loss, feeds)
    check(loss, {name: value[:1] if name != "w" else value for name, value in feeds.items()})
    check((x.mean(axis=0) * w).mean(), {name: feeds[name] for name in ("x", "w", "r", "u")})


def test_what_is_not_a_scalar_is_summed(graph):
    x = graph.input("x", (3,))
    np.testing.assert_allclose(dp.forward(dp.gradient(x**2, x), {"x": [1, 2, 3]}), [2, 4, 6])


def test_a_cotangent_may_arrive_instead_of_ones(graph):
    x, u = graph.input("x", (3,)), graph.input("u", (3,))
    d = dp.gradient(x**2, x, cotangent=u)
    assert dp.forward(d, {"x": [1, 2, 3], "u": [1, 0, -1]}).tolist() == [2, 0, -6]
    with pytest.raises(GradientError, match=r"the cotangent 'v' has shape \(2,\), 'square_1' \(3,\)"):
        dp.gradient(x**2, x, cotangent=graph.input("v", (2,)))


def test_with_respect_to_intermediate_nodes_names_and_constants(graph):
    x = graph.input("x", (2,))
    c = graph.constant([2.0, 3.0], name="c")
    y = (x * c).named("y")
    loss = (y**2).sum()
    found = dp.gradient(loss, ["y", x, "c", loss])
    assert isinstance(found, list)
    values = dp.forward(found, {"x": [1, 1]})
    assert [v.tolist() for v in values] == [[4, 6], [8, 18], [4, 6], 1]
    assert dp.gradient(loss, []) == []


def test_independence_is_a_zero_of_the_right_shape(graph):
    x, y = graph.input("x", (2,)), graph.input("y", ("batch", 3))
    d = dp.gradient(x.sum(), y)
    assert d.shape == ("batch", 3)
    assert dp.forward(d, {"x": [1, 2], "y": np.ones((2, 3))}).tolist() == [[0] * 3] * 2
    # through integers nothing passes: what they are made of is stepwise constant
    assert dp.forward(dp.gradient(x.astype(int).astype(float) * 2, x), {"x": [1, 2]}).tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_backwards_have_the_dtype_of_what_they_are_with_respect_to(dtype):
    graph = dp.Graph("m", dtype=dtype)
    x, y = graph.input("x", (3,)), graph.input("y", (3,), dtype=np.float64)
    half = 0.5 * x**2 / 3 + np.maximum(x, 0) - 1
    assert half.dtype == dtype
    loss = (half * y).mean()
    d = dp.gradient(loss, [x, y])
    assert [n.dtype for n in d] == [dtype, np.float64]
    found = dp.forward(d, {"x": [1, 2, 3], "y": [1, 1, 1]})
    np.testing.assert_allclose(found[0], (np.array([1, 2, 3]) / 3 + 1) / 3, rtol=1e-6)
    assert [f.dtype for f in found] == [dtype, np.float64]


def test_a_float32_model_stays_float32_all_the_way_back():
    graph = dp.Graph("m", dtype=np.float32)
    x, w = graph.input("x", ("batch", 3)), graph.parameter("w", (3, 2))
    h = np.maximum(x @ w, 0) * 0.1 + np.exp(-(x.sum(axis=1, keepdims=True) ** 2) / 2)
    loss = np.where(h > 0, np.sqrt(h), 0.0).mean()
    dp.gradient(loss, w)
    assert {n.dtype.name for n in graph} <= {"float32", "bool", "int64"}


def test_second_and_third_derivatives(graph):
    x = graph.input("x")
    y = 3 * x**4 + 2 * np.sin(x)
    derivatives = [y]
    for _ in range(3):
        derivatives.append(dp.gradient(derivatives[-1], x))
    found = dp.forward(derivatives, {"x": 0.7})
    s, c = np.sin(0.7), np.cos(0.7)
    expected = [3 * 0.7**4 + 2 * s, 12 * 0.7**3 + 2 * c, 36 * 0.7**2 - 2 * s, 72 * 0.7 - 2 * c]
    np.testing.assert_allclose(found, expected)


def test_second_derivatives_of_many_numbers(graph):
    x, w = graph.input("x", (4, 3)), graph.input("w", (3,))
    loss = np.mean(np.log(1 + np.exp(x @ w)) * np.tanh(x @ w))
    slope = dp.gradient(loss, w)
    check(np.sum(slope * slope), {"x": RNG.normal(size=(4, 3)), "w": RNG.normal(size=3)}, rtol=1e-5)


def test_no_gradient_is_zero_not_nan_where_the_value_was_not_chosen(graph):
    x = graph.input("x", (3,))
    y = np.where(x > 0, np.sqrt(x), 0)
    assert dp.forward(dp.gradient(y, x), {"x": [-1.0, 0, 4]}).tolist() == [0, 0, 0.25]
    z = np.where(x != 0, np.sin(x) / x, 1)
    assert dp.forward(dp.gradient(z, x), {"x": [0.0, 0, 0]}).tolist() == [0, 0, 0]
    second = dp.gradient(dp.gradient(y, x), x)
    assert dp.forward(second, {"x": [-1.0, 0, 4]}).tolist() == [0, 0, -1 / 32]


# ---- the graph it makes -------------------------------------------------------------------------------------------


def test_the_backward_half_is_nodes_of_the_graph_that_know_their_primal(graph):
    x, w = graph.input("x", (3,)), graph.parameter("w", (3,))
    with graph.scope("model"):
        z = (x * w).named("z")
        a = np.tanh(z).named("a")
    loss = (a * a).sum().named("loss")
    before = len(graph)
    d = dp.gradient(loss, w)
    assert d.name == "d_w"
    assert d in graph
    assert (d.primal.kind, d.primal.of) == ("adjoint", w)
    assert d.primal.edge == ("w", "model/z", 1)
    made = list(graph)[before:]
    assert all(n.primal is not None for n in made if n.kind == "operator")
    assert {n.primal.of.name for n in made if n.primal is not None} <= {"w", "model/z", "model/a", "multiply_0", "loss"}
    at_z = graph["model/d_z"]
    assert at_z.primal.of is z
    assert at_z.scope == "model"
    assert at_z.source == a.source  # work for the step back through tanh bears the line of tanh
    assert "x" not in {n.primal.of.name for n in made if n.primal and n.primal.kind == "adjoint"}


def test_only_what_is_needed_is_built(graph):
    x, w, v = graph.input("x", (3,)), graph.parameter("w", (3,)), graph.parameter("v", (3,))
    first = np.exp(x * w)
    loss = (np.tanh(first) * v).sum()
    before = len(graph)
    dp.gradient(loss, v)
    towards_v = len(graph) - before
    dp.gradient(loss, w)
    assert towards_v <= 3  # one, broadcast, times tanh
    assert len(graph) - before - towards_v > towards_v
    power = x ** graph.constant(3.0)
    before = len(graph)
    dp.gradient(power, x)
    assert "log" not in {n.what for n in list(graph)[before:]}  # which only the exponent's gradient needs


def test_backward_is_not_built_twice_over_shared_parts(graph):
    """At fan-out gradients are added first: 30 doublings are 30 steps, not 2³⁰."""
    x = graph.input("x")
    y = x
    for _ in range(30):
        y = y + y * 0.5
    before = len(graph)
    d = dp.gradient(y, x)
    assert len(graph) - before < 200
    assert dp.forward(d, {"x": 1.0}) == pytest.approx(1.5**30)


def test_the_same_numbers_are_shared_between_steps(graph):
    y = x = graph.input("x")
    for _ in range(50):
        y = np.tanh(y)
    dp.gradient(y, x)
    assert len(graph.constants) == 1


# ---- opaque rules -------------------------------------------------------------------------------------------------


@dp.operator
def smallest_first(x, *, reverse=False):
    return np.sort(x)[::-1] if reverse else np.sort(x)


@smallest_first.vjp(opaque=True)
def _(grad, x, *, reverse):
    back = np.empty_like(x)  # writes in place, as no rule on nodes could
    back[np.argsort(x)[::-1] if reverse else np.argsort(x)] = grad
    return back


def test_an_opaque_rule_is_one_node(graph):
    x = graph.input("x", (4,))
    y = smallest_first(x, reverse=True)
    before = len(graph)
    d = dp.gradient((y * np.arange(4.0)).sum(), x)
    assert [n.what for n in list(graph)[before:]].count("smallest_first_vjp") == 1
    assert dp.forward(d, {"x": [0.3, -1, 5, 2]}).tolist() == [2, 3, 0, 1]


def test_an_opaque_rule_has_a_first_derivative_only(graph):
    x = graph.input("x", (4,))
    d = dp.gradient((smallest_first(x) ** 2).sum(), x)
    told = "smallest_first has no second derivative: its local-derivative rule is declared opaque"
    with pytest.raises(GradientError, match=told) as caught:
        dp.gradient(d, x)
    assert "smallest_first(x)" in str(caught.value)
    assert "leave opaque=True out" in str(caught.value)


def test_an_opaque_rule_works_in_any_precision_with_integers_and_several_outputs():
    @dp.operator
    def both(x, k, y):
        return x * k, y + x

    @both.vjp(opaque=True)
    def _(grads, x, k, y, *, out):
        assert [o.tolist() for o in out] == [(x * k).tolist(), (y + x).tolist()]
        return np.float64(1) * grads[0] * k + grads[1], None, grads[1]

    graph = dp.Graph("m", dtype=np.float32)
    x, y, k = graph.input("x", (2,)), graph.input("y", (2,)), graph.input("k", (2,), dtype=np.int8)
    a, b = both(x, k, y)
    dx, dy = dp.gradient((a * 3 + b * 2).sum(), [x, y])
    found = dp.forward([dx, dy], {"x": [1, 2], "y": [3, 4], "k": [5, 6]})
    assert [f.tolist() for f in found] == [[17, 20], [2, 2]]
    assert [f.dtype for f in found] == [np.float32] * 2


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (np.ones(2), r"returned \(2,\) float64 where \(3,\) float64"),
        ((np.ones(3), np.ones(3)), "returned 2 gradients for 1"),
    ],
    ids=["shape", "count"],
)
def test_what_an_opaque_rule_returns_is_checked(graph, returned, told):
    @dp.operator
    def odd(x):
        return x + 1

    @odd.vjp(opaque=True)
    def _(grad, x):
        return returned

    d = dp.gradient(odd(graph.input("x", (3,))), "x")
    with pytest.raises(RuleError, match=told) as caught:
        dp.forward(d, {"x": [1, 2, 3]})
    assert "odd" in str(caught.value)


# ---- several outputs ----------------------------------------------------------------------------------------------


@dp.operator
def rotated(x, y, *, angle):
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


@rotated.vjp
def _(grads, x, y, *, angle):
    return grads[0] * np.cos(angle) + grads[1] * np.sin(angle), grads[1] * np.cos(angle) - grads[0] * np.sin(angle)


@pytest.mark.parametrize("used", [(0,), (1,), (0, 1)])
def test_several_outputs(graph, used):
    x, y = graph.input("x", (3,)), graph.input("y", (3,))
    ports = rotated(x, np.tanh(y), angle=0.3)
    loss = np.sum(sum(ports[i] ** (2 + i) for i in used))
    feeds = {"x": RNG.normal(size=3), "y": RNG.normal(size=3)}
    check(loss, feeds)
    d = dp.gradient(loss, "x")
    check(np.sum(d * d), feeds, rtol=1e-5)


# ---- nothing recurses ---------------------------------------------------------------------------------------------


def test_a_chain_of_100_000_operators_builds_differentiates_and_runs():
    graph = dp.Graph("deep")
    y = x = graph.input("x", (2,))
    for i in range(100_000):
        y = np.tanh(y) if i % 10 == 0 else y * 1.0001
    d = dp.gradient(y, x)
    value, slope = dp.forward([y, d], {"x": [0.1, -0.2]})
    flow = dp.backprop(y, {"x": [0.1, -0.2]}, wrt=[x])
    np.testing.assert_array_equal(flow.gradients["x"], slope)

    expected, expected_slope = np.array([0.1, -0.2]), 1.0
    for i in range(100_000):
        if i % 10 == 0:
            expected = np.tanh(expected)
            expected_slope = expected_slope * (1 - expected**2)
        else:
            expected, expected_slope = expected * 1.0001, expected_slope * 1.0001
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(slope, expected_slope)


def test_a_gradient_that_fails_leaves_the_graph_as_it_was():
    @dp.elementwise
    def broken(x):
        return x

    @broken.derivative
    def _(x):
        raise ZeroDivisionError

    g = dp.Graph()
    x = g.input("x", (3,))
    y = np.exp(broken(np.split(x, 3)[0]) * 2)
    before = list(map(id, g))
    for attempt in (dp.gradient, dp.jacobian, lambda of, wrt: dp.jvp(of, wrt, np.ones(3))):
        with pytest.raises(RuleError, match="ZeroDivisionError"):
            attempt(y, x)
        assert list(map(id, g)) == before
    assert dp.forward(np.split(x, 3)[1], {"x": [1, 2, 3]}).tolist() == [2]
