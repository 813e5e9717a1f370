"""Random programs of hundreds of nodes give the interpreter's numbers, however they are made and run."""

import subprocess
import sys
import textwrap

import numpy as np
from alone import run_alone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from random_programs import as_graph, random_leaves, random_program

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.plugin.passes import PASSES
from dagprop.program import NumpySource
from dagprop.program.recompute import MemoryLimitError

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 250)
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
subsets = st.lists(st.sampled_from(list(PASSES)), unique=True)


def example(seed, length, mixed):
    """The last value of a random program and its inputs, what to feed, and how near is near enough."""
    arrays = random_leaves(seed, (np.float32, np.float64) if mixed else (np.float64,))
    nodes, leaves, feeds = as_graph(random_program(seed, length, mixed=mixed), arrays)
    return nodes[-1], leaves, feeds, {"rtol": 1e-4, "atol": 1e-4} if mixed else {"rtol": 1e-9, "atol": 1e-10}


def hold(step, feeds, near):
    """A step's value and gradients are those of a recorded flow, in shape and dtype as well."""
    flow = dp.backprop(step.of, feeds, wrt=step.wrt)
    value, gradients = step(feeds)
    assert_allclose(value, flow.values[step.of], strict=True, **near)
    assert list(gradients) == [node.name for node in step.wrt]
    alone, by_name = run_alone(step, feeds)
    assert_allclose(np.asarray(alone), flow.values[step.of], strict=True, **near)
    for node in step.wrt:
        assert_allclose(gradients[node.name], flow.gradients[node], strict=True, **near)
        assert_allclose(np.asarray(by_name[node.name]), flow.gradients[node], strict=True, **near)


@few
@given(seeds, lengths, st.booleans())
def test_programs_give_the_interpreters_numbers(executor, seed, length, mixed):
    loss, leaves, feeds, near = example(seed, length, mixed)
    hold(dp.compile(loss, wrt=leaves, executor=executor), feeds, near)


@few
@given(seeds, st.integers(1, 120), st.booleans(), subsets)
def test_with_any_passes(executor, seed, length, mixed, passes):
    loss, leaves, feeds, near = example(seed, length, mixed)
    hold(dp.compile(loss, wrt=leaves, executor=executor, passes=passes), feeds, near)


@few
@given(seeds, st.integers(1, 80), st.booleans(), st.floats(0.3, 1))
def test_within_a_memory_limit_with_the_same_bits(executor, seed, length, mixed, share):
    loss, leaves, feeds, _ = example(seed, length, mixed)
    free = dp.compile(loss, wrt=leaves, executor=executor)
    value, gradients = free(feeds)
    limit = int(share * free.plan.peak)
    step = dp.compile(loss, wrt=leaves, executor=executor, memory_limit=limit)
    try:
        found, others = step(feeds)
    except MemoryLimitError:
        return
    assert step.plan.peak <= limit
    assert_array_equal(found, value)
    for name, gradient in gradients.items():
        assert_array_equal(others[name], gradient)


@few
@given(seeds, lengths, st.booleans())
def test_the_same_bits_on_one_thread_and_on_two(tape, seed, length, mixed):
    loss, leaves, feeds, _ = example(seed, length, mixed)
    one, two = (dp.compile(loss, wrt=leaves, executor=type(tape)(n, checked=True))(feeds) for n in (1, 2))
    assert_array_equal(one[0], two[0])
    for name, gradient in one[1].items():
        assert_array_equal(two[1][name], gradient)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds)
def test_large_values_too(tape, seed):
    """Work that is run block by block over threads: bits as on one thread, numbers as the interpreter's."""
    rng = np.random.default_rng(seed)
    g = dp.Graph()
    x, y = g.input("x", (150, 300)), g.input("y", (300,))
    made = [x, x * y]
    for _ in range(12):
        a, b = (made[i] for i in rng.integers(0, len(made), 2))
        choices = [a + b, a * np.tanh(b), np.exp(-a * a), np.where(a > 0, a, b), a - b.mean(axis=1, keepdims=True)]
        made.append(choices[rng.integers(len(choices))])
    feeds = {"x": rng.normal(size=(150, 300)), "y": rng.normal(size=300)}
    loss = np.tanh(made[-1]).mean()
    two = dp.compile(loss, wrt=[x, y], executor=tape)
    hold(two, feeds, {"rtol": 1e-9, "atol": 1e-13})
    one = dp.compile(loss, wrt=[x, y], executor=type(tape)(1, checked=True))
    for name, gradient in one(feeds)[1].items():
        assert_array_equal(two(feeds)[1][name], gradient)


@few
@given(seeds, st.integers(1, 60))
def test_a_step_of_training_is_the_optimisers(executor, seed, length):
    """Forward, backward and update in one program, twice, against `dp.backprop` and an update of arrays."""
    arrays = random_leaves(seed)
    graph = dp.Graph("random")
    leaves = [graph.parameter(f"w{i}", a.shape, initial=a) for i, a in enumerate(arrays)]
    loss = random_program(seed, length)(leaves)[-1]
    trained = [node for node in ancestors([loss]) if node.kind == "parameter"]
    if not trained:
        return
    optimiser = dp.optim.Adam(0.01)
    step = dp.compile(loss, wrt=trained, update=optimiser, executor=executor)
    values = {leaf.name: step.parameters[leaf.name].copy() for leaf in trained}
    state = {name: optimiser.initial(value) for name, value in values.items()}
    for _ in range(2):
        gradients = dp.backprop(loss, values, wrt=trained).gradients
        for name, value in list(values.items()):
            values[name], *state[name] = optimiser.update(value, gradients[name], *state[name])
        step({})
    for name, value in values.items():
        slope = np.abs(gradients[name])
        steady = slope > 1e-6  # where the gradient is but rounding, Adam's step is its sign
        assert_allclose(step.parameters[name][steady], value[steady], rtol=1e-6, atol=1e-7)


WITHOUT = """
import sys
sys.modules["dagprop.program._tape"] = None  # as where it was not built
sys.path[:0] = {path!r}
import numpy as np, pytest
import dagprop as dp
from dagprop.program.executor import executors
from test_random_programs import example, hold

assert list(executors()) == ["numpy"]
for seed in range(6):
    loss, leaves, feeds, near = example(seed, 30 * seed + 1, seed % 2 == 1)
    step = dp.compile(loss, wrt=leaves)
    assert step.executor.name == "numpy"
    hold(step, feeds, near)
    assert step.plan.peak > 0
with pytest.raises(dp.program.executor.UnknownError, match="no executor 'tape'.*was not built: `dagprop doctor`"):
    dp.compile(loss, executor="tape")

from click.testing import CliRunner
from dagprop.cli import cli
told = CliRunner().invoke(cli, ["doctor"])
assert told.exit_code == 0
print(told.output)
"""


def test_without_the_extension_programs_run_on_numpy_and_doctor_says_so():
    code = textwrap.dedent(WITHOUT).format(path=[p for p in sys.path if p])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "executors: numpy" in done.stdout
    assert "tape" in done.stdout


def test_the_built_in_executor_needs_nothing():
    loss, leaves, feeds, near = example(0, 40, mixed=False)
    step = dp.compile(loss, wrt=leaves, executor="numpy")
    assert isinstance(step.executor, NumpySource)
    hold(step, feeds, near)


def test_the_same_bits_at_every_call(executor):
    loss, leaves, feeds, _ = example(3, 200, mixed=True)
    first, second = (dp.compile(loss, wrt=leaves, executor=executor)(feeds) for _ in range(2))
    assert_array_equal(first[0], second[0])
    for name, gradient in first[1].items():
        assert_array_equal(second[1][name], gradient)
