"""The training loop, on models small enough to be followed by hand."""

import itertools
from collections import deque

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import FeedError, GradientError, NonFiniteError, ShapeError
from dagprop.training.loop import Training, batches
from dagprop.training.optimisers import Adam, GradientDescent


def slope_model():
    """The mean of ½(wx² − y)², whose derivative in w is the mean of (wx² − y)x²."""
    g = dp.Graph("slope")
    x, y, w = g.input("x", ("batch",)), g.input("y", ("batch",)), g.parameter("w", (), initial=0.0)
    return (0.5 * (w * x**2 - y) ** 2).mean().named("E")


SAMPLES = {"x": [-1.0, 0.0, 1.0], "y": [3.0, 0.0, 3.0]}


def rows(count):
    return {"x": np.linspace(-1, 1, count), "y": 3 * np.linspace(-1, 1, count) ** 2}


def test_one_step_over_all_rows():
    training = Training(slope_model(), GradientDescent(1.0))
    (step,) = training.steps(SAMPLES)
    assert (step.number, step.epoch, step.loss) == (1, 1, pytest.approx(3.0))
    assert (step.parameters["w"], step.gradients["w"]) == (0, pytest.approx(-2.0))
    assert training.parameters["w"] == pytest.approx(2.0)


def test_training_learns():
    training = Training(slope_model(), Adam(0.1))
    losses = [step.loss for step in training.steps(rows(20), epochs=60, batch_size=8)]
    assert training.parameters["w"] == pytest.approx(3, abs=0.01)
    assert losses[-1] < 1e-3 * losses[0]


def test_a_record_is_enough_to_repeat_its_step():
    training = Training(slope_model(), GradientDescent(0.5))
    for step in training.steps(rows(7), epochs=2, batch_size=3):
        flow = dp.backprop(training.loss, step.feeds, step.parameters)
        assert flow.values["E"] == pytest.approx(step.loss, rel=1e-12)
        assert flow.gradients["w"] == pytest.approx(step.gradients["w"], rel=1e-12)


def test_an_epoch_sees_every_row_once_and_the_last_minibatch_is_smaller():
    training = Training(slope_model())
    for _, epoch in itertools.groupby(training.steps(rows(10), epochs=3, batch_size=4), lambda step: step.epoch):
        parts = [step.feeds["x"] for step in epoch]
        assert [len(part) for part in parts] == [4, 4, 2]
        assert sorted(np.concatenate(parts)) == pytest.approx(rows(10)["x"])


def test_rows_of_different_inputs_stay_together():
    training = Training(slope_model())
    for step in training.steps(rows(10), batch_size=4):
        assert step.feeds["y"] == pytest.approx(3 * step.feeds["x"] ** 2)


def orders(seed, epochs=2):
    steps = Training(slope_model(), seed=seed).steps(rows(10), epochs=epochs, batch_size=10)
    return [step.feeds["x"].tolist() for step in steps]


def test_the_order_depends_on_seed_and_epoch_alone():
    first, second = orders(0)
    assert first != second
    assert orders(0) == [first, second]
    assert orders(1) != [first, second]


def test_the_seed_is_that_of_the_initialisers():
    def start(seed):
        g = dp.Graph()
        x, w = g.input("x", ("batch", 3)), g.parameter("w", (3, 2))
        return Training((x @ w).sum(), seed=seed).parameters["w"]

    assert np.array_equal(start(1), start(1))
    assert not np.array_equal(start(1), start(2))


def test_called_again_training_goes_on():
    once, twice = (Training(slope_model(), Adam(0.1)) for _ in range(2))
    deque(once.steps(rows(10), epochs=4, batch_size=4))
    for _ in range(2):
        (step,) = deque(twice.steps(rows(10), epochs=2, batch_size=4), maxlen=1)
    assert (step.number, step.epoch, twice.taken) == (12, 4, 12)
    assert once.parameters["w"] == twice.parameters["w"]


def test_whoever_runs_the_loop_may_stop_it():
    training = Training(slope_model())
    for step in training.steps(rows(10), epochs=1000, batch_size=2):
        if step.number == 3:
            break
    assert training.taken == 3


def test_an_input_without_a_named_dimension_is_fed_whole():
    g = dp.Graph()
    x, table, w = g.input("x", ("batch", 2)), g.input("table", (2,)), g.parameter("w", (2,))
    training = Training((x @ (table * w)).sum())
    data = {"x": np.ones((5, 2)), "table": [1.0, 2.0]}
    assert [step.feeds["table"].shape for step in training.steps(data, batch_size=2)] == [(2,)] * 3
    assert [len(step.feeds["x"]) for step in training.steps(data, batch_size=2)] == [2, 2, 1]


def test_a_model_without_rows_takes_one_step_an_epoch():
    g = dp.Graph("x²")
    w = g.parameter("w", (), initial=5.0)
    training = Training(w**2, GradientDescent(0.1))
    assert [step.loss for step in training.steps({}, epochs=3)] == pytest.approx([25, 16, 10.24])


def test_start_from_given_parameters():
    training = Training(slope_model(), parameters={"w": 1})
    assert training.parameters["w"].dtype == np.float64
    assert training.parameters["w"] == 1


def test_only_what_the_loss_depends_on_is_trained():
    g = dp.Graph()
    w = g.parameter("w", (), initial=1.0)
    g.parameter("unused", (3,))
    assert list(Training(w * 2).parameters) == ["w"]


def test_a_diverging_loss_stops_at_the_step_and_names_the_node():
    training = Training(slope_model(), GradientDescent(1e100))
    with pytest.raises(NonFiniteError, match=r"step 3 \(epoch 3\).*\n.*'square_\d'") as caught:
        deque(training.steps(SAMPLES, epochs=50))
    assert training.taken == 2
    assert np.isfinite(training.parameters["w"])
    assert caught.value.flow.nonfinite is not None


def test_an_infinity_that_does_not_reach_the_loss_is_no_reason_to_stop():
    g = dp.Graph()
    x, w = g.input("x", ("batch",)), g.parameter("w", (), initial=1.0)
    safe = np.where(x > 0, np.log(x), 0.0)  # the logarithm of 0 is computed, and not chosen
    training = Training((w * safe).sum(), GradientDescent(0.1))
    (step,) = training.steps({"x": [0.0, 1.0, np.e]})
    assert step.loss == pytest.approx(1)


@dp.operator
def interrupted_at_3(x):
    """The identity; Ctrl-C is pressed while it runs on three point something."""
    if 3 < x.item() < 4:
        raise KeyboardInterrupt
    return x * 1


@interrupted_at_3.vjp
def _(grad, x):
    return grad


def test_an_interrupt_within_a_step_leaves_the_parameters_of_the_last_whole_one():
    g = dp.Graph()
    a, b = g.parameter("a", (), initial=1.0), g.parameter("b", (), initial=2.0)
    training = Training(interrupted_at_3(a**2 + b**2), GradientDescent(0.1))
    with pytest.raises(KeyboardInterrupt):
        deque(training.steps({}, epochs=10))
    assert (training.parameters["a"], training.parameters["b"]) == pytest.approx((0.8, 1.6))
    assert training.taken == 1


def test_a_step_makes_new_arrays():
    g = dp.Graph()
    w = g.parameter("w", (3,), initial=1.0)
    training = Training((w * w).sum(), Adam(0.1))
    steps = list(training.steps({}, epochs=3))
    assert [float(step.parameters["w"][0]) for step in steps] == pytest.approx([1.0, 0.9, 0.8], abs=0.01)
    assert training.parameters["w"][0] == pytest.approx(0.7, abs=0.01)


def test_the_compiled_step_is_the_optimiser_s():
    """The same numbers as a step of `dp.backprop` and an update of arrays."""
    optimiser, loss = Adam(0.1), slope_model()
    training = Training(loss, optimiser)
    value, state = np.array(0.0), optimiser.initial(np.array(0.0))
    for step in training.steps(rows(10), epochs=5, batch_size=4):
        gradient = dp.backprop(loss, step.feeds, {"w": value}).gradients["w"]
        assert step.gradients["w"] == pytest.approx(gradient, rel=1e-10)
        value, *state = optimiser.update(value, gradient, *state)
        assert training.parameters["w"] == pytest.approx(value, rel=1e-10)


def test_float32_stays_float32():
    g = dp.Graph(dtype=np.float32)
    x, w = g.input("x", ("batch",)), g.parameter("w", (), initial=1.0)
    training = Training((w * x).sum(), Adam())
    deque(training.steps({"x": np.ones(4, np.float32)}, epochs=2, batch_size=3))
    assert training.parameters["w"].dtype == np.float32


def test_a_loss_that_is_not_a_scalar_is_refused():
    g = dp.Graph()
    with pytest.raises(ShapeError, match="scalar"):
        Training(g.parameter("w", (3,)) * 2)


def test_a_loss_without_parameters_is_refused():
    g = dp.Graph()
    with pytest.raises(GradientError, match="nothing to train"):
        Training(g.input("x") * 2)


def test_parameters_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"'w'.*\(2,\)"):
        Training(slope_model(), parameters={"w": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"x": np.ones(4), "y": np.ones(3)}, "4 in 'x', 3 in 'y'"),
        ({"x": np.ones(0), "y": np.ones(0)}, "no rows"),
        ({"x": 1.0, "y": np.ones(3)}, "number of rows"),
        ({"x": np.ones(3)}, "missing"),
    ],
)
def test_data_that_do_not_fit_are_refused(data, complaint):
    with pytest.raises(FeedError, match=complaint):
        next(Training(slope_model()).steps(data))


def test_a_batch_has_rows():
    with pytest.raises(ValueError, match="batch_size"):
        next(Training(slope_model()).steps(SAMPLES, batch_size=0))


@pytest.mark.parametrize(("count", "size"), [(1, 1), (7, 3), (6, 3), (5, 100), (4, None)])
def test_batches_deal_out_every_row_once(count, size):
    dealt = list(batches(count, size, np.random.default_rng(0)))
    assert sorted(np.concatenate(dealt)) == list(range(count))
    assert {len(batch) for batch in dealt[:-1]} <= {size}


def test_a_step_that_would_leave_the_range_of_numbers_is_not_taken():
    w = dp.Graph().parameter("w", (), initial=1e200)
    training = Training(w * 1e200, GradientDescent(1e200))
    with pytest.raises(NonFiniteError, match=r"step 1 \(epoch 1\).*what the step makes is not finite(.|\n)*Inf in"):
        next(training.steps({}))
    assert training.parameters["w"] == 1e200


def test_data_is_for_inputs():
    g = dp.Graph()
    x, w = g.input("x", ("b",)), g.parameter("w", (), initial=1.0)
    with pytest.raises(FeedError, match="data is for inputs, and 'w' is parameter"):
        Training(((x * w) ** 2).mean()).steps({"x": np.arange(3.0), "w": 5.0})


def test_an_epoch_of_which_no_step_was_taken_has_not_begun():
    def training():
        g = dp.Graph()
        x, y, w = g.input("x", ("b",)), g.input("y", ("b",)), g.parameter("w", (), initial=1.0)
        return Training(((x * w - y) ** 2).mean(), seed=3)

    data = {"x": np.arange(6.0), "y": np.ones(6)}
    refused, fresh = training(), training()
    with pytest.raises(FeedError):
        next(refused.steps({"x": data["x"]}, batch_size=2))
    for ours, theirs in zip(refused.steps(data, batch_size=2), fresh.steps(data, batch_size=2), strict=True):
        np.testing.assert_array_equal(ours.feeds["x"], theirs.feeds["x"])
        assert ours.epoch == theirs.epoch == 1
