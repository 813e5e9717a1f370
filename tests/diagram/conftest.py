"""Two networks to draw, and the Graphvizes that there are."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.diagram import engine


def network(scale=1.0, name="one hidden layer"):
    """A hidden layer of sigmoids; with large weights most of them are saturated."""
    rng = np.random.default_rng(0)
    g = dp.Graph(name)
    X, y = g.input("X", ("batch", 3)), g.input("y", ("batch", 1))
    w0 = g.parameter("w0", (3, 5), initial=scale * rng.normal(size=(3, 5)))
    b0 = g.parameter("b0", (5,), initial=scale * rng.normal(size=5))
    w1 = g.parameter("w1", (5, 1), initial=rng.normal(size=(5, 1)))
    a0 = dp.sigmoid((X @ w0 + b0).named("z0")).named("a0")
    E = (0.5 * ((a0 @ w1).named("z1") - y) ** 2).mean().named("E")
    return dp.backprop(E, {"X": rng.normal(size=(8, 3)), "y": rng.normal(size=(8, 1))})


@pytest.fixture
def flow():
    return network()


@pytest.fixture
def saturated():
    return network(scale=100.0)


@pytest.fixture(params=[engine.PURE, engine.SYSTEM])
def each_engine(request, monkeypatch):
    """Every Graphviz that this machine has, in turn."""
    monkeypatch.delenv("DAGPROP_DOT", raising=False)
    found = [each for each in engine.engines() if each.origin == request.param]
    if not found:
        pytest.skip(f"no {request.param} on this machine")
    monkeypatch.setenv("DAGPROP_DOT", found[0].binary)
    return found[0]
