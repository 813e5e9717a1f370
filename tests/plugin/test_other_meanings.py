"""A plugin whose operators bear core's short names and mean something else is taken at its word.

What is worked out is what its rules say, against plain NumPy and differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dagprop as dp
from dagprop.plugin.passes import PASSES
from dagprop.program.executor import executors
from tests.plugin import acme
from tests.plugin.models import ANY_SIZE, FEEDS, MODELS, build, loss_of


@pytest.fixture(scope="module", params=list(acme.MAKES))
def a(request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    """The plugin, its operators made in every way."""
    with acme.plugin(request.param) as made:
        yield made


def slopes(model: Callable[..., Any], a: Any, name: str) -> np.ndarray:
    """The gradient by differences, of plain arrays."""
    found = np.zeros_like(FEEDS[name])
    for at in np.ndindex(found.shape):
        near = []
        for step in (1e-6, -1e-6):
            moved = FEEDS[name].copy()
            moved[at] += step
            near.append(loss_of(model, a, {**FEEDS, name: moved}))
        found[at] = (near[0] - near[1]) / 2e-6
    return found


# ---- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_the_interpreter_works_out_what_the_rules_say(a, name):
    loss, leaves, feeds = build(MODELS[name], a)
    flow = dp.backprop(loss, feeds, wrt=leaves)
    np.testing.assert_allclose(flow.values[loss], loss_of(MODELS[name], a, FEEDS), rtol=1e-12)
    for leaf in leaves:
        expected = slopes(MODELS[name], a, leaf.name)
        np.testing.assert_allclose(flow.gradients[leaf], expected, rtol=1e-5, atol=1e-6 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("passes", [tuple(PASSES), ()], ids=["all passes", "no passes"])
@pytest.mark.parametrize("name", MODELS)
def test_so_do_programs(a, name, passes):
    loss, leaves, feeds = build(MODELS[name], a)
    hold(loss, leaves, feeds, passes)


@pytest.mark.parametrize("name", ANY_SIZE)
def test_so_do_programs_of_any_size(a, name):
    loss, leaves, feeds = build(MODELS[name], a, named=True)
    hold(loss, leaves, feeds, tuple(PASSES))


def hold(
    loss: dp.Node, leaves: list[dp.Node], feeds: dict[str, Any], passes: tuple[str, ...], rtol: float = 1e-9
) -> None:
    """Every executor's program gives the interpreter's numbers."""
    flow = dp.backprop(loss, feeds, wrt=leaves)
    for executor in executors().values():
        value, gradients = dp.compile(loss, wrt=leaves, executor=executor, passes=passes)(feeds)
        np.testing.assert_allclose(value, flow.values[loss], rtol=rtol, err_msg=f"the value by {executor.name}")
        for leaf in leaves:
            expected = flow.gradients[leaf]
            near = {"rtol": rtol, "atol": 0.1 * rtol * (1 + np.abs(expected).max())}
            told = f"∂E/∂{leaf.name} by {executor.name}"
            np.testing.assert_allclose(gradients[leaf.name], expected, **near, err_msg=told)


def test_on_large_values_too(a):
    """Work that is run block by block, in loops of the tape's own."""
    graph = dp.Graph()
    x = graph.input("x", (200, 300))
    made = a.exp(x) * a.sqrt(x) - a.negative(a.power(x, a.absolute(x))) + np.exp(-a.add(x, 0.5)) * a.log1p(x)
    values = {"x": np.random.default_rng(0).normal(size=(200, 300))}
    hold(np.mean(np.tanh(0.01 * made)), [x], values, tuple(PASSES))


UNARY = ["negative", "positive", "square", "reciprocal", "exp", "log", "sqrt", "absolute", "sigmoid", "log1p"]
BINARY = ["power", "multiply", "add", "subtract", "divide", "maximum", "minimum", "chain"]
STEPS = st.lists(
    st.tuples(st.sampled_from(UNARY + BINARY), st.booleans(), st.integers(0, 7), st.integers(0, 7)), max_size=14
)


def composed(steps: list[tuple[str, bool, int, int]], a: Any, values: list[Any]) -> Any:
    """Operators applied one after the other, the plugin's or core's of the same name, to what was made before."""
    for name, foreign, i, j in steps:
        op = getattr(a, name) if foreign else dp.registry[f"core:{name}"]
        operands = [values[-1 - i % len(values)], values[j % len(values)]][: len(op.operands)]
        made = op(*operands)
        values.append(made if len(values) % 3 else np.tanh(made))
    return np.sum(np.tanh(0.1 * values[-1]) + np.sin(np.tanh(values[-1 - len(values) // 2])))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_composition_of_both(a, steps):
    graph = dp.Graph()
    x, y = graph.input("x", (2, 3)), graph.input("y", (3,))
    feeds = {"x": FEEDS["x"], "y": FEEDS["v"]}
    loss = composed(steps, a, [x, y, graph.constant(2.0), graph.constant(1.0)])
    with np.errstate(all="ignore"):
        expected = composed(steps, a, [*feeds.values(), np.float64(2.0), np.float64(1.0)])
        flow = dp.backprop(loss, feeds, wrt=[x, y], on_nonfinite="ignore")
    np.testing.assert_allclose(flow.values[loss], expected, rtol=1e-9)
    steep = max(np.max(np.abs(flow.gradients[leaf])) for leaf in (x, y))
    if np.isfinite(expected) and steep < 1e6:  # else rounding is all that is left
        hold(loss, [x, y], feeds, tuple(PASSES), rtol=1e-6)
