"""Programs of named sizes: at each combination of them they are what the interpreter is, or refuse it as it does."""

import numpy as np
import pytest
from alone import run_alone
from numpy.testing import assert_allclose

import dagprop as dp
from dagprop.errors import FeedError, GraphError, RuleError


def held(of, feeds, step):
    assert_allclose(step(feeds)[0], dp.forward(of, feeds), strict=True)
    assert_allclose(np.asarray(run_alone(step, feeds)[0]), dp.forward(of, feeds), strict=True)


@pytest.mark.parametrize(
    ("make", "shape", "bad", "told"),
    [
        (lambda x: dp.max_pool2d(x, 2), (1, 1, "n", "n"), (1, 1, 1, 1), "a window of size 2 does not fit"),
        (np.squeeze, ("n", "n"), (1, 1), r"makes \(\) float64 where \(1, 1\) float64 was inferred"),
        (lambda x: np.diff(x, 3), ("n",), (2,), "diff"),
    ],
    ids=["a window", "an axis that is dropped", "more differences than elements"],
)
def test_a_size_at_which_a_graph_is_another_is_refused_with_the_node(executor, make, shape, bad, told):
    g = dp.Graph()
    of = make(g.input("x", shape)).named("y")
    step = dp.compile(of, wrt=[], executor=executor)
    good = [4 if n == "n" else n for n in shape]
    fits = {"x": np.arange(float(np.prod(good))).reshape(good)}
    for _ in range(2):  # what fits goes on fitting, and what does not is refused every time
        assert_allclose(step(fits)[0], dp.forward(of, fits))
        with pytest.raises(RuleError, match=rf"'y'|y \((.|\n)*{told}|{told}") as failed:
            step({"x": np.ones(bad)})
        assert "test_sizes.py" in str(failed.value), "the user's line"
        with pytest.raises(RuleError):
            dp.forward(of, {"x": np.ones(bad)})


def test_an_input_of_which_nothing_is_read_but_its_size(executor):
    g = dp.Graph()
    x = g.input("x", ("n", 3))
    slope = dp.gradient(np.mean(np.log1p(x) * 0 + x), x)  # 1 / (3 n), whatever x
    linear = dp.gradient(np.mean(2 * x), x)
    for of in (slope, linear):
        step = dp.compile(of, wrt=[], executor=executor)
        for n in (1, 4, 7):
            held(of, {"x": np.ones((n, 3))}, step)
    with pytest.raises(FeedError, match="feeds are missing"):
        dp.compile(linear, wrt=[], executor=executor)({})


def test_a_size_that_nothing_tells_is_refused_when_the_program_is_made(executor):
    g = dp.Graph()
    x = g.input("x", (3,))
    with pytest.raises(GraphError, match=r"no input has the dimension 'n'(.|\n)*broadcast_to_0"):
        dp.compile(np.broadcast_to(x, (dp.Dim("n"), 3)), wrt=[], executor=executor)


@pytest.mark.parametrize("operator", [dp.softmax, dp.log_softmax])
def test_an_axis_that_may_be_empty_is_not_asked_for_its_largest(executor, operator):
    g = dp.Graph()
    x = g.input("x", (2, "m"))
    of = np.sum(operator(x, axis=1) * x)
    step = dp.compile(of, wrt=[], executor=executor)
    for m in (3, 0, 1):
        held(of, {"x": np.ones((2, m))}, step)


def test_one_program_of_source_serves_all_sizes():
    """And is held to each of them once: the second batch of a size is no longer looked at."""
    g = dp.Graph()
    of = np.mean(g.input("x", ("n", 2)) ** 2)
    step = dp.compile(of, wrt=[], executor="numpy")
    for n in (3, 5, 3, 8, 5):
        held(of, {"x": np.random.default_rng(n).normal(size=(n, 2))}, step)
    assert len(step._steps) == 3
