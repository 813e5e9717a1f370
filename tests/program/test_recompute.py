"""Memory for time: the same bits within a limit, at a stated price."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dagprop as dp
from dagprop.program.recompute import MemoryLimitError

SIZE = 1000


def chain(length=40):
    """A chain of tanh, whose rule reads its output: backward needs every one of them."""
    g = dp.Graph("chain")
    x = g.input("x", (SIZE,))
    made = x
    for _ in range(length):
        made = np.tanh(made * 1.25)
    return made.sum(), {"x": np.random.default_rng(0).normal(size=SIZE)}


def perceptron(layers=6):
    g = dp.Graph("perceptron")
    a = x = g.input("x", ("batch", 32))
    for i in range(layers):
        w, b = g.parameter(f"w{i}", (32, 32)), g.parameter(f"b{i}", (32,))
        a = dp.sigmoid(a @ w + b)
    return (a * a).mean(), {x.name: np.random.default_rng(1).normal(size=(64, 32))}


@pytest.mark.parametrize("model", [chain, perceptron])
@pytest.mark.parametrize("share", [0.8, 0.5])
def test_the_same_bits_in_less_memory(model, share, executor):
    loss, feeds = model()
    free = dp.compile(loss, executor=executor)
    value, gradients = free(feeds)
    limit = int(share * free.plan.peak)
    step = dp.compile(loss, executor=executor, memory_limit=limit)
    found, others = step(feeds)
    assert step.plan.peak <= limit < free.plan.peak
    assert_array_equal(found, value)
    for name, gradient in gradients.items():
        assert_array_equal(others[name], gradient)


def test_the_arena_is_smaller_too(tape):
    loss, feeds = chain()
    arenas = []
    for limit in (None, "100 kB", "60 kB"):
        step = dp.compile(loss, executor=tape, memory_limit=limit)
        step(feeds)
        arenas.append(step.plan.arena)
    assert arenas[0] > arenas[1] > arenas[2]


def test_the_price_is_stated(executor):
    loss, feeds = chain()
    step = dp.compile(loss, executor=executor, memory_limit="100 kB")
    step(feeds)
    plan = step.plan
    values, price = re.search(r"recomputed: (\d+) values \((\d+) % more steps\): \w+_\d+", plan.explain()).groups()
    assert int(values) == len(plan.recomputed) > 0
    assert 0 < int(price) < 100


def test_enough_memory_costs_nothing(executor):
    loss, feeds = chain()
    step = dp.compile(loss, executor=executor, memory_limit="1GB")
    step(feeds)
    assert step.plan.recomputed == ()
    assert "recomputed" not in step.plan.explain()


def test_what_is_impossible_is_refused_with_what_is_possible(executor):
    loss, feeds = chain()
    with pytest.raises(
        MemoryLimitError, match=r"limit +100 bytes\n +lowest +[\d,]+ bytes: \w+\n.*Allow more"
    ) as caught:
        dp.compile(loss, executor=executor, memory_limit=100)(feeds)
    lowest = int(re.search(r"lowest +([\d,]+)", str(caught.value))[1].replace(",", ""))
    step = dp.compile(loss, executor=executor, memory_limit=lowest)
    step(feeds)
    assert step.plan.peak <= lowest


def test_a_limit_holds_for_each_batch_size(executor):
    loss, feeds = perceptron()
    step = dp.compile(loss, executor=executor, memory_limit="150 kB")
    for rows in (16, 64):
        step({"x": feeds["x"][:rows]})
        assert step.plan.peak <= 150_000
    with pytest.raises(MemoryLimitError):
        step({"x": np.ones((100_000, 32))})


def test_instructions_own_copies_count(tape):
    """A product of matrices that BLAS cannot take copies them: the limit holds for the copies as well."""
    g = dp.Graph()
    x = g.input("x", (40, 40, 40))
    made = x
    for _ in range(3):
        made = np.tanh(np.swapaxes(made, 0, 2)[::2, ::2, ::2] @ made[::2, ::2, ::2])
        made = np.concatenate([made, made], axis=0)
        made = np.concatenate([made, made], axis=1)
        made = np.concatenate([made, made], axis=2)
    loss = made.sum()
    feeds = {"x": np.random.default_rng(0).normal(size=(40, 40, 40)) / 10}
    free = dp.compile(loss, wrt=[x], executor=tape)
    value, gradients = free(feeds)
    limit = free.plan.peak * 9 // 10
    step = dp.compile(loss, wrt=[x], executor=tape, memory_limit=limit)
    found, others = step(feeds)
    assert step.plan.peak <= limit
    assert_array_equal(found, value)
    assert_array_equal(others["x"], gradients["x"])


def test_an_operator_with_several_outputs_is_made_once(executor):
    g = dp.Graph()
    x = g.input("x", (SIZE,))
    made = x
    for _ in range(10):
        a, b = np.split(np.tanh(made), 2)
        made = np.concatenate([a * b, np.sin(a)])
    feeds = {"x": np.random.default_rng(0).normal(size=SIZE)}
    free = dp.compile(made.sum(), executor=executor)
    expected = free(feeds)[1]["x"]
    limit = int(0.7 * free.plan.peak)
    step = dp.compile(made.sum(), executor=executor, memory_limit=limit)
    assert_array_equal(step(feeds)[1]["x"], expected)
    assert step.plan.peak <= limit
