import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import dagprop as dp
from dagprop.errors import RuleError, ShapeError
from dagprop.notation.reading import equation

PER_ELEMENT = [
    ("squared_error", {}), ("absolute_error", {}), ("huber", {"delta": 0.7}), ("hinge", {}),
    ("binary_cross_entropy_with_logits", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "attributes"), PER_ELEMENT, ids=[name for name, _ in PER_ELEMENT])
def test_derivatives_of_losses_of_numbers(verify, rng, shapes, name, attributes):
    verify(dp.registry[name], *(rng.uniform(-2, 2, shape) for shape in shapes), **attributes)


def test_derivatives_of_binary_cross_entropy(verify, rng, shapes):
    verify(dp.binary_cross_entropy, *(rng.uniform(0.1, 0.9, shape) for shape in shapes))


@settings(max_examples=25, deadline=None)
@given(
    shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
    loss=st.sampled_from(PER_ELEMENT),
)
def test_derivatives_over_random_shapes(verify, shapes, loss):
    rng = np.random.default_rng(0)
    verify(dp.registry[loss[0]], *(rng.uniform(-2, 2, shape) for shape in shapes.input_shapes), **loss[1])


@pytest.mark.parametrize(("shape", "axis"), [((3,), -1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((0, 3), -1)])
def test_derivatives_of_cross_entropies(verify, rng, shape, axis):
    """Along the prediction and along the target, which need not sum to 1."""
    target = rng.uniform(0.1, 1, shape)
    verify(dp.softmax_cross_entropy, rng.normal(size=shape), target, axis=axis)
    verify(dp.cross_entropy, rng.uniform(0.1, 1, shape), target, axis=axis)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_derivatives_of_cross_entropy_of_labels(verify, rng, shape):
    labels = rng.integers(0, 4, shape)
    batch = [0, 0] if shape else [None, None]
    logits = rng.normal(size=(*shape, 4))
    verify(dp.softmax_cross_entropy_labels, logits, labels, batch=batch)
    if len(shape) == 2:
        verify(dp.softmax_cross_entropy_labels, np.moveaxis(logits, -1, 1), labels, batch=batch, axis=1)


# ---- values -----------------------------------------------------------------------------------------------------


def test_values_of_losses_of_numbers():
    p, y = np.array([0.0, 0.5, 3.0]), np.zeros(3)
    assert dp.squared_error(p, y).tolist() == [0, 0.25, 9]
    assert dp.absolute_error(p, y).tolist() == [0, 0.5, 3]
    assert dp.huber(p, y, delta=2.0).tolist() == [0, 0.125, 4]
    assert dp.hinge(p, np.array([1, -1, 1])).tolist() == [1, 1.5, 0]


def test_the_three_cross_entropies_agree(rng):
    logits, labels = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    target = np.eye(4)[labels]
    expected = -scipy.special.log_softmax(logits, axis=1)[np.arange(5), labels]
    np.testing.assert_allclose(dp.softmax_cross_entropy(logits, target), expected)
    np.testing.assert_allclose(dp.cross_entropy(dp.softmax(logits), target), expected)
    np.testing.assert_allclose(dp.softmax_cross_entropy_labels(logits, labels), expected)


def test_binary_cross_entropy_with_and_without_logits_agree(rng):
    logits, target = rng.normal(size=5), rng.uniform(size=5)
    from_logits = dp.binary_cross_entropy_with_logits(logits, target)
    np.testing.assert_allclose(dp.binary_cross_entropy(dp.sigmoid(logits), target), from_logits)


def test_the_gradient_of_softmax_cross_entropy_is_p_minus_y(rng):
    g = dp.Graph()
    z, y = g.input("z", ("batch", 3)), g.input("y", ("batch", 3))
    gradient = dp.gradient(dp.softmax_cross_entropy(z, y), z)
    feeds = {"z": rng.normal(size=(4, 3)), "y": np.eye(3)[[0, 2, 1, 1]]}
    np.testing.assert_allclose(dp.forward(gradient, feeds), scipy.special.softmax(feeds["z"], axis=1) - feeds["y"])


# ---- far out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logits_of_any_size(dtype):
    """Where the probability rounds to 0 or 1, the loss from logits is exact, and its gradient finite."""
    x = np.array([-1e30, -1000, -40, 0, 40, 1000, 1e30], dtype)
    for target in (0, 1):
        g = dp.Graph(dtype=dtype)
        node = g.input("x", x.shape)
        loss = dp.binary_cross_entropy_with_logits(node, np.full(x.shape, target, dtype))
        value, slope = dp.forward([loss, dp.gradient(loss, node)], {"x": x})
        signed = x.astype(np.float64) * (1 - 2 * target)
        np.testing.assert_allclose(value, -scipy.special.log_expit(-signed), rtol=1e-6, atol=1e-37)
        np.testing.assert_allclose(slope, (1 - 2 * target) * scipy.special.expit(signed), rtol=1e-6, atol=1e-7)
        assert value.dtype == slope.dtype == dtype


def test_certain_and_right_costs_nothing():
    """0·ln 0 is 0, in the value and in its gradient; certain and wrong costs infinity."""
    g = dp.Graph()
    p, y = g.input("p", (3,)), g.input("y", (3,))
    loss = dp.binary_cross_entropy(p, y)
    value, slope = dp.forward([loss, dp.gradient(loss, p)], {"p": [0, 1, 0], "y": [0, 1, 1]})
    assert value.tolist() == [0, 0, np.inf]
    assert slope.tolist() == [1, -1, -np.inf]

    loss = dp.cross_entropy(p, y)
    value, slope = dp.forward([loss, dp.gradient(loss, p)], {"p": [0, 1, 0], "y": [0, 1, 0]})
    assert value == 0
    assert slope.tolist() == [0, -1, 0]


def test_a_masked_class_adds_nothing():
    g = dp.Graph()
    z, y = g.input("z", (3,)), g.input("y", (3,))
    loss = dp.softmax_cross_entropy(z, y)
    value, slope = dp.forward([loss, dp.gradient(loss, z)], {"z": [1.0, 1.0, -np.inf], "y": [1, 0, 0]})
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(slope, [-0.5, 0.5, 0])


# ---- kinks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "p", "y", "slope"), [("absolute_error", 2, 2, 0), ("huber", 3, 2, 1), ("hinge", 1, 1, 0)]
)
def test_the_slope_chosen_at_a_kink(name, p, y, slope):
    g = dp.Graph()
    node = g.input("p")
    assert dp.forward(dp.gradient(dp.registry[name](node, float(y)), node), {"p": p}) == slope


# ---- misuse -----------------------------------------------------------------------------------------------------


def test_labels_where_distributions_belong_are_refused():
    g = dp.Graph()
    z, labels = g.input("z", ("batch", 3)), g.input("labels", ("batch",), np.int64)
    with pytest.raises(ShapeError, match="labels go to softmax_cross_entropy_labels"):
        dp.softmax_cross_entropy(z, labels)
    with pytest.raises(ShapeError, match="distributions go to softmax_cross_entropy"):
        dp.softmax_cross_entropy_labels(z, g.input("y", ("batch",)))
    with pytest.raises(ShapeError, match="without the axis of the classes"):
        dp.softmax_cross_entropy_labels(z, g.input("other", (4,), np.int64))
    with pytest.raises(ShapeError, match="the number of classes is a number"):
        dp.softmax_cross_entropy_labels(g.input("any", ("batch", "classes")), labels)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_refused(label):
    g = dp.Graph()
    loss = dp.softmax_cross_entropy_labels(g.input("z", (1, 3)), g.input("labels", (1,), np.int64))
    with pytest.raises(RuleError, match="labels are 0 to 2"):
        dp.forward(loss, {"z": np.zeros((1, 3)), "labels": [label]})


# ---- notation ---------------------------------------------------------------------------------------------------


def test_a_loss_of_something_composed_is_written_with_its_brackets():
    g = dp.Graph()
    a, y = g.input("a"), g.input("y")
    assert equation(dp.squared_error(a + 1, y).named("E")) == "E = ((a + 1) − y)²"
    loss = dp.binary_cross_entropy(a + 1, y).named("L")
    assert equation(loss) == "L = −y · ln (a + 1) − (1 − y) · ln(1 − (a + 1))"
