"""Programs give the interpreter's numbers, however they are made and run."""

import pickle
import threading

import numpy as np
import pytest
from hidden_layer import feeds, hidden_layer
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp
from dagprop.errors import FeedError
from dagprop.program import NumpySource
from dagprop.program.program import KEPT

rng = np.random.default_rng(0)


def test_a_step_gives_the_flow_s_numbers(executor):
    E, data = hidden_layer(), feeds()
    value, gradients = dp.compile(E, executor=executor)(data)
    flow = dp.backprop(E, data)
    assert_allclose(value, flow.values["E"], rtol=1e-12)
    assert list(gradients) == ["w0", "b0", "w1", "b1"]
    for name, gradient in gradients.items():
        assert_allclose(gradient, flow.gradients[name], rtol=1e-12, atol=1e-15, strict=True)


def test_the_source_is_what_a_teacher_would_write():
    lines = dp.compile(hidden_layer()).source.splitlines()
    assert "    z0 = X @ w0 + b0" in lines
    assert "    a0 = 1 / (1 + np.exp(-z0))" in lines
    assert "    d_w0 = X.T @ d_z0" in lines
    assert "dagprop" not in "\n".join(lines)


def test_the_source_runs_alone(executor):
    E, data = hidden_layer(), feeds()
    step = dp.compile(E, executor=executor)
    namespace = {}
    exec(step.source, namespace)
    value, gradients = namespace["step"](**data, **step.parameters)
    expected, by_name = step(data)
    assert_allclose(value, expected, rtol=1e-14)
    for name in gradients:
        assert_allclose(gradients[name], by_name[name], rtol=1e-12, atol=1e-16)


def test_one_program_serves_every_batch_size(executor):
    E = hidden_layer()
    step = dp.compile(E, executor=executor)
    for batch in (1, 8, 3, 8):
        data = feeds(batch)
        assert_allclose(step(data)[0], dp.backprop(E, data).values["E"], rtol=1e-12)


def test_what_a_step_returns_stays_valid(executor):
    step = dp.compile(hidden_layer(), executor=executor)
    value, gradients = step(feeds())
    kept = value.copy(), {name: g.copy() for name, g in gradients.items()}
    step(feeds())
    assert_array_equal(value, kept[0])
    for name, gradient in kept[1].items():
        assert_array_equal(gradients[name], gradient)


def test_reused_outputs_are_overwritten(tape):
    step = dp.compile(hidden_layer(), executor=tape, reuse_outputs=True)
    first = step(feeds())[1]["w0"]
    assert step(feeds())[1]["w0"] is first


def test_outputs_share_no_memory_with_feeds(executor):
    g = dp.Graph()
    x, w = g.input("x", (3,)), g.parameter("w", (3,), initial=np.ones(3))
    data = {"x": np.arange(3.0)}
    _, gradients = dp.compile((x * w).sum(), executor=executor)(data)
    assert_array_equal(gradients["w"], data["x"])
    assert not np.shares_memory(gradients["w"], data["x"])


def test_outputs_share_no_memory_with_each_other(executor):
    g = dp.Graph()
    a, b = (g.parameter(name, (3,), initial=np.ones(3)) for name in "ab")
    _, gradients = dp.compile(np.square(a + b).sum(), executor=executor)()
    gradients["a"][...] = 0
    assert gradients["b"].tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"X": np.zeros((8, 3))}, "missing"),
        ({**feeds(), "Z": 1.0}, "no node 'Z'"),
        ({**feeds(), "X": np.zeros((8, 2))}, "instead of 3"),
        ({**feeds(), "X": np.zeros((8, 3), complex)}, "complex128"),
        ({**feeds(), "X": np.zeros((8, 3), object)}, "object"),
        ({**feeds(), "y": np.zeros((7, 1))}, "'batch' is 8"),
    ],
    ids=["missing", "unknown", "shape", "complex", "object", "sizes"],
)
def test_bad_feeds_are_refused_before_anything_runs(executor, bad, message):
    step = dp.compile(hidden_layer(), executor=executor)
    step(feeds())
    with pytest.raises(FeedError, match=message):
        step(bad)


def test_any_array_of_the_right_numbers_will_do(executor):
    E, data = hidden_layer(), feeds()
    step = dp.compile(E, executor=executor)
    expected = step(data)[1]["w0"]
    read_only = data["X"].copy()
    read_only.setflags(write=False)
    wide = np.zeros((16, 6))
    wide[::2, ::2] = data["X"]
    unaligned = np.frombuffer(b"\0" + data["X"].tobytes(), np.uint8)[1:].view(np.float64).reshape(8, 3)
    swapped = data["X"].astype(data["X"].dtype.newbyteorder())
    for X in (read_only, wide[::2, ::2], np.asfortranarray(data["X"]), data["X"].tolist(), unaligned, swapped):
        assert_allclose(step({**data, "X": X})[1]["w0"], expected, rtol=1e-13)


def test_nan_passes_through(executor):
    data = feeds()
    data["X"][0, 0] = np.nan
    assert np.isnan(dp.compile(hidden_layer(), executor=executor)(data)[0])


def test_float32_stays_float32(executor):
    E, data = hidden_layer(np.float32), feeds(dtype=np.float32)
    value, gradients = dp.compile(E, executor=executor)(data)
    assert value.dtype == np.float32
    assert {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}
    assert_allclose(gradients["w0"], dp.backprop(E, data).gradients["w0"], rtol=1e-4, atol=1e-7)


def test_parameters_may_be_given_fed_or_left_as_they_start(executor):
    E, data = hidden_layer(), feeds()
    w0 = rng.normal(size=(3, 4))
    given = dp.compile(E, parameters={"w0": w0}, executor=executor)(data)[0]
    fed = dp.compile(E, executor=executor)({**data, "w0": w0})[0]
    assert_array_equal(given, fed)
    assert given != dp.compile(E, executor=executor)(data)[0]


def test_threads_may_share_a_program(executor):
    E = hidden_layer()
    step = dp.compile(E, executor=executor)
    batches = [feeds(batch) for batch in (4, 5, 4, 6)]
    expected = [step(data)[1]["w0"] for data in batches]
    wrong = []

    def work(i):
        same = [np.array_equal(step(batches[i])[1]["w0"], expected[i]) for _ in range(200)]
        wrong.extend([i] * same.count(False))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_same_bits_on_any_number_of_threads(tape):
    g = dp.Graph("wide", np.float32)
    x, w = g.input("x", (300_000,)), g.parameter("w", (300_000,), initial=dp.initialisers.normal())
    loss = np.tanh(x * w).sum()
    data = {"x": rng.normal(size=300_000).astype(np.float32)}
    results = [dp.compile(loss, executor=type(tape)(threads))(data) for threads in (1, 2, 3)]
    for value, gradients in results[1:]:
        assert_array_equal(value, results[0][0])
        assert_array_equal(gradients["w"], results[0][1]["w"])


def test_a_program_keeps_what_it_made_for_the_sizes_fed_last(tape):
    builds = []

    class Counting(type(tape)):
        name = "counting"

        def build(self, work):
            builds.append(work.leaves[0].shape[0])
            return super().build(work)

    step = dp.compile(hidden_layer(), executor=Counting(1))
    for batch in range(1, 3 * KEPT):
        step(feeds(batch))
        step(feeds(1))
    assert builds == list(range(1, 3 * KEPT)), "what is fed again and again stays"
    step(feeds(3 * KEPT - 2))
    assert len(builds) == 3 * KEPT - 1
    step(feeds(2))
    assert builds[-1] == 2, "what was let go is made again"
    assert len(step._steps) == KEPT


def test_the_plan_is_that_of_the_sizes_fed_last(tape):
    step = dp.compile(hidden_layer(), executor=tape)
    peaks = []
    for batch in (8, 16, 8):
        step(feeds(batch))
        peaks.append(step.plan.peak)
    assert peaks[0] == peaks[2] < peaks[1]


def test_no_gradient_need_be_asked_for(executor):
    value, gradients = dp.compile(hidden_layer(), wrt=[], executor=executor)(feeds())
    assert value.shape == ()
    assert gradients == {}


def test_without_gradients_anything_can_be_worked_out(executor):
    g = dp.Graph()
    x = g.input("x", ("n",))
    value, gradients = dp.compile(x > 0, wrt=[], executor=executor)({"x": [1, -1]})
    assert (value.tolist(), gradients) == ([True, False], {})


def test_an_operator_without_loops_is_called(executor):
    @dp.operator
    def median(x):
        """The middle element."""
        return np.median(x)

    @median.vjp(opaque=True)
    def _(grad, x):
        slope = np.zeros_like(x)
        slope[np.argsort(x)[len(x) // 2]] = grad
        return slope

    g = dp.Graph()
    x = g.input("x", (5,))
    value, gradients = dp.compile(median(x * 2), wrt=[x], executor=executor)({"x": [3, 1, 2, 5, 4]})
    assert value == 6
    assert gradients["x"].tolist() == [2, 0, 0, 0, 0]


def test_an_executor_may_be_anyone_s():
    class Counting(NumpySource):
        name = "counting"
        calls = 0

        def build(self, work):
            step = super().build(work)

            def counted(arrays):
                self.calls += 1
                return step(arrays)

            return counted

    counting = Counting()
    step = dp.compile(hidden_layer(), executor=counting)
    step(feeds())
    step(feeds())
    assert counting.calls == 2


def test_a_program_is_pickled_with_what_it_has_learnt(executor):
    step = dp.compile(module_loss(), update=dp.optim.Adam(0.05), executor=executor)
    data = feeds()
    step(data)
    copy = pickle.loads(pickle.dumps(step))
    for _ in range(3):
        assert_array_equal(copy(data)[0], step(data)[0])
    for name, value in step.parameters.items():
        assert_array_equal(copy.parameters[name], value)


def module_loss():
    return hidden_layer()


def test_a_plan_is_explained_in_one_look_at_its_lives(monkeypatch):
    """As often as the plan has steps would be quadratic: minutes for a chain of thousands."""
    step = dp.compile(hidden_layer())
    step(feeds())
    plan, looks = step.plan, []
    lives = type(plan).lives.fget
    monkeypatch.setattr(type(plan), "lives", property(lambda self: looks.append(1) or lives(self)))
    assert "← peak" in plan.explain()
    assert len(looks) <= 2


def test_a_rule_that_asks_for_a_size_is_told_the_size_that_is_fed(executor):
    @dp.operator
    def lonely(x):
        """Marks a single row."""
        return x * 100 if x.shape[0] == 1 else x * 1

    @lonely.vjp
    def _(grad, x):
        return grad

    g = dp.Graph()
    step = dp.compile(lonely(g.input("x", ("rows",))).sum(), wrt=[], executor=executor)
    assert step({"x": [1.0, 2.0]})[0] == 3
    assert step({"x": [1.0]})[0] == 100
