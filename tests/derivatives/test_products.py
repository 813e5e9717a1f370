"""Products with derivatives of whole functions, against finite differences and against each other."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GradientError

RNG = np.random.default_rng(11)


@pytest.fixture
def graph():
    return dp.Graph("model")


def model(x, w):
    return np.tanh(x @ w) * np.exp(-(w * w).sum()) + (x**3).sum(axis=1)


def both(graph):
    x, w = graph.input("x", (4, 3)), graph.input("w", (3,))
    feeds = {"x": RNG.normal(size=(4, 3)), "w": RNG.normal(size=3)}
    return x, w, model(x, w), feeds


def test_jvp_is_how_it_changes_along_the_tangents(graph):
    x, w, y, feeds = both(graph)
    dx, dw = graph.input("dx", (4, 3)), graph.input("dw", (3,))
    along = {"dx": RNG.normal(size=(4, 3)), "dw": RNG.normal(size=3)}
    product = dp.jvp(y, [x, w], [dx, dw])
    assert product.shape == y.shape
    h = 1e-6
    high, low = (model(feeds["x"] + s * along["dx"], feeds["w"] + s * along["dw"]) for s in (h, -h))
    np.testing.assert_allclose(dp.forward(product, {**feeds, **along}), (high - low) / (2 * h), rtol=1e-6)


def test_jvp_and_vjp_are_transposes(graph):
    """⟨u, Jv⟩ = ⟨Jᵀu, v⟩."""
    _, w, y, feeds = both(graph)
    u, v = graph.input("u", (4,)), graph.input("v", (3,))
    feeds |= {"u": RNG.normal(size=4), "v": RNG.normal(size=3)}
    forward, back = dp.forward([dp.jvp(y, w, v), dp.gradient(y, w, cotangent=u)], feeds)
    np.testing.assert_allclose(feeds["u"] @ forward, back @ feeds["v"])


def test_jvp_with_named_dimensions_and_constants_along(graph):
    x = graph.input("x", ("batch", 2))
    product = dp.jvp((x**2).sum(axis=1), x, graph.constant(np.ones((1, 2))) + 0 * x)
    assert dp.forward(product, {"x": [[1, 2], [3, 4]]}).tolist() == [6, 14]


def test_a_vector_may_be_an_array(graph):
    x, y = graph.input("x", (3,)), graph.input("y")
    feeds = {"x": np.arange(3.0), "y": 2.0}
    f = (x**3).sum() * y
    for v in (np.array([1.0, 0, 1]), [1, 0, 1]):
        np.testing.assert_allclose(dp.forward(dp.jvp(x**2, x, v), feeds), [0, 0, 4])
        np.testing.assert_allclose(dp.forward(dp.hessian_vector_product(f, x, v), feeds), [0, 0, 24])
    both = dp.forward(dp.hessian_vector_product(f, [x, y], [np.ones(3), 1.0]), feeds)
    np.testing.assert_allclose(both[0], 6 * np.arange(3.0) * 2 + 3 * np.arange(3.0) ** 2)
    np.testing.assert_allclose(both[1], 3 * (0 + 1 + 4))


def test_a_hessian_times_a_vector(graph):
    _, w, y, feeds = both(graph)
    v = graph.input("v", (3,))
    feeds["v"] = RNG.normal(size=3)
    product = dp.forward(dp.hessian_vector_product(y.sum(), w, v), feeds)

    slope, h = dp.gradient(y.sum(), w), 1e-6
    high, low = (dp.forward(slope, {**feeds, "w": feeds["w"] + s * feeds["v"]}) for s in (h, -h))
    np.testing.assert_allclose(product, (high - low) / (2 * h), rtol=1e-5, atol=1e-7)


def test_a_hessian_over_several_nodes_is_symmetric(graph):
    x, w, y, feeds = both(graph)
    vs = [graph.input("vx", (4, 3)), graph.input("vw", (3,))]
    us = [RNG.normal(size=(4, 3)), RNG.normal(size=3)]
    feeds |= {"vx": RNG.normal(size=(4, 3)), "vw": RNG.normal(size=3)}
    product = dp.hessian_vector_product(y.sum(), [x, w], vs)
    there = sum((u * p).sum() for u, p in zip(us, dp.forward(product, feeds), strict=True))
    swapped = {**feeds, "vx": us[0], "vw": us[1]}
    back = sum((feeds[v.name] * p).sum() for v, p in zip(vs, dp.forward(product, swapped), strict=True))
    assert there == pytest.approx(back)


def test_the_jacobian(graph):
    x, _, y, feeds = both(graph)
    found = dp.forward(dp.jacobian(y, x), feeds)
    assert found.shape == (4, 4, 3)
    h = 1e-6
    for i in np.ndindex(4, 3):
        step = np.zeros((4, 3))
        step[i] = h
        column = (model(feeds["x"] + step, feeds["w"]) - model(feeds["x"] - step, feeds["w"])) / (2 * h)
        np.testing.assert_allclose(found[(slice(None), *i)], column, rtol=1e-5, atol=1e-8)


def test_jacobians_of_scalars_and_of_nothing(graph):
    x = graph.input("x", (2,))
    assert dp.forward(dp.jacobian(x.sum(), x), {"x": [1, 2]}).tolist() == [1, 1]
    assert dp.forward(dp.jacobian(x[:0], x), {"x": [1, 2]}).shape == (0, 2)


def test_the_hessian_is_the_jacobian_of_the_gradient(graph):
    x = graph.input("x", (3,))
    y = (x[0] * x[1] ** 2 * np.sin(x[2])).named("y")
    a, b, c = 0.3, -1.2, 0.7
    s, k = np.sin(c), np.cos(c)
    expected = [
        [0, 2 * b * s, b * b * k],
        [2 * b * s, 2 * a * s, 2 * a * b * k],
        [b * b * k, 2 * a * b * k, -a * b * b * s],
    ]
    np.testing.assert_allclose(dp.forward(dp.jacobian(dp.gradient(y, x), x), {"x": [a, b, c]}), expected, atol=1e-15)


def test_refusals(graph):
    x, v = graph.input("x", ("batch", 2)), graph.input("v", (3,))
    with pytest.raises(GradientError, match=r"Jacobian of 'x' has a row for each of its elements, and \(batch, 2\)"):
        dp.jacobian(x, x)
    with pytest.raises(GradientError, match=r"the vector 'v' has shape \(3,\), 'x' \(batch, 2\)"):
        dp.jvp(x, x, v)
    with pytest.raises(GradientError, match="number of nodes to differentiate by is 2, that of vectors 1"):
        dp.hessian_vector_product(x.sum(), [x, v], v)
    k = graph.input("k", (3,), dtype=int)
    with pytest.raises(GradientError, match="no derivative of 'k'"):
        dp.jvp(k, v, v)


@pytest.mark.parametrize("vector", [np.ones(3) * 1j, ["a", "b", "c"], [None] * 3], ids=["complex", "text", "objects"])
def test_a_vector_is_of_real_numbers(graph, vector):
    x = graph.input("x", (3,))
    for product in (dp.jvp, dp.hessian_vector_product):
        with pytest.raises(GradientError, match="the vector for 'x' has dtype"):
            product((x * x).sum(), x, vector)


def test_a_vector_fits_into_the_dtype():
    w = dp.Graph().parameter("w", (2,), dtype=np.float32, initial=[1, 1])
    with pytest.raises(GradientError, match=r"holds 1e\+300 at \(0,\), which float32 cannot hold"):
        dp.jvp((w * w).sum(), w, [1e300, 0])
