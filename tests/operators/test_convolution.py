import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import dagprop as dp
from dagprop.errors import OperandError, ShapeError


def distinct(rng, shape):
    """Numbers that are far enough apart for differences not to change which is the largest."""
    return rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape) / 4


# ---- derivatives ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "kernel", "attributes"),
    [
        ((2, 1, 4, 5), (1, 1, 2, 3), {}),
        ((2, 2, 5, 5), (3, 2, 3, 2), {"stride": 2}),
        ((1, 2, 4, 6), (2, 2, 2, 2), {"stride": (2, 3), "padding": (1, 0)}),
        ((3, 1, 2, 2), (2, 1, 2, 2), {"padding": 1}),
        ((0, 2, 3, 3), (2, 2, 2, 2), {}),
    ],
)
def test_derivatives_of_conv2d(verify, rng, shape, kernel, attributes):
    x, k = rng.normal(size=shape), rng.normal(size=kernel)
    verify(dp.conv2d, x, k, batch=[0, None], **attributes)


@pytest.mark.parametrize("attributes", [{}, {"stride": 2, "padding": 1}])
def test_derivatives_of_conv1d(verify, rng, attributes):
    verify(dp.conv1d, rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 3, 3)), batch=[0, None], **attributes)


@settings(max_examples=20, deadline=None)
@given(
    batch=st.integers(1, 3), channels=st.integers(1, 2), filters=st.integers(1, 3),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)), stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)), extra=st.tuples(st.integers(0, 2), st.integers(0, 2)),
)  # fmt: skip
def test_derivatives_over_random_shapes(verify, batch, channels, filters, size, stride, padding, extra):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, channels, size[0] + extra[0], size[1] + extra[1]))
    k = rng.normal(size=(filters, channels, *size))
    verify(dp.conv2d, x, k, batch=[0, None], stride=stride, padding=padding)


POOLS = [{"size": 2}, {"size": (1, 3)}, {"size": 3, "stride": 1}, {"size": 2, "stride": (1, 3)}, {"size": 1}]


@pytest.mark.parametrize("pool", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("attributes", POOLS, ids=str)
@pytest.mark.parametrize("shape", [(2, 4, 6), (3, 5), (1, 2, 3, 3), (0, 2, 3, 4)], ids=str)
def test_derivatives_of_pooling(verify, rng, pool, attributes, shape):
    verify(dp.registry[pool], distinct(rng, shape), batch=[0 if len(shape) > 2 else None], **attributes)


@pytest.mark.parametrize(("size", "stride"), [((2,), (1,)), ((2, 2), (2, 1)), ((1, 3), (3, 2))], ids=str)
def test_windows_and_what_undoes_them_are_each_other_s_derivative(verify, rng, size, stride):
    x = rng.normal(size=(2, 4, 5))
    verify(dp.windows, x, batch=[0], size=size, stride=stride)
    values = dp.windows(x, size=size, stride=stride)
    verify(dp.add_windows, values, batch=[None], shape=x.shape[-len(size) :], stride=stride)
    # ⟨windows(x), v⟩ = ⟨x, add_windows(v)⟩
    v = rng.normal(size=values.shape)
    back = dp.add_windows(v, shape=x.shape[-len(size) :], stride=stride)
    assert np.isclose(np.sum(values * v), np.sum(x * back))


def test_taking_at_the_largest_and_adding_there_are_each_other_s_derivative(verify, rng):
    x = distinct(rng, (2, 4, 6))
    attributes = {"size": (2, 3), "stride": (2, 2)}
    largest = dp.max_pool2d(x, **attributes)
    values, sent = rng.normal(size=x.shape), rng.normal(size=largest.shape)
    taken = dp.take_at_max(values, x, largest, **attributes)
    added = dp.add_at_max(sent, x, largest, **attributes)
    assert np.isclose(np.sum(taken * sent), np.sum(values * added))
    np.testing.assert_array_equal(dp.take_at_max(x, x, largest, **attributes), largest)


# ---- values -----------------------------------------------------------------------------------------------------


def test_conv2d_is_scipy_s_correlation_of_every_channel(rng):
    x, k = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
    expected = [[sum(map(lambda a, b: scipy.signal.correlate2d(a, b, "valid"), c, f)) for f in k] for c in x]
    np.testing.assert_allclose(dp.conv2d(x, k), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dp.conv2d(x, k, stride=(2, 3)), np.array(expected)[:, :, ::2, ::3], atol=1e-14)
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (1, 1)))
    np.testing.assert_array_equal(dp.conv2d(x, k, padding=(2, 1)), dp.conv2d(padded, k))


def test_conv1d_is_numpy_s_correlation(rng):
    x, k = rng.normal(size=(1, 1, 9)), rng.normal(size=(1, 1, 4))
    np.testing.assert_allclose(dp.conv1d(x, k)[0, 0], np.correlate(x[0, 0], k[0, 0]), rtol=1e-12)
    np.testing.assert_allclose(dp.conv1d(x, k, padding=3)[0, 0], np.correlate(x[0, 0], k[0, 0], "full"), rtol=1e-12)


def test_pooling_leaves_out_what_does_not_fill_a_window(rng):
    x = rng.normal(size=(5, 7))
    inside = x[:4, :6].reshape(2, 2, 3, 2)
    np.testing.assert_array_equal(dp.max_pool2d(x, 2), inside.max(axis=(1, 3)))
    np.testing.assert_allclose(dp.avg_pool2d(x, 2), inside.mean(axis=(1, 3)), rtol=1e-14)


def test_the_first_of_several_largest_elements_takes_the_gradient():
    """As in PyTorch: the first row by row."""
    g = dp.Graph()
    x = g.input("x", (4, 4))
    gradient = dp.gradient(dp.max_pool2d(x, 2), x)
    ties = np.array([[0, 1, 2, 2], [1, 0, 2, 2], [3, 0, 0, 0], [0, 3, 0, 5]], float)
    expected = np.array([[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    np.testing.assert_array_equal(dp.forward(gradient, {"x": ties}), expected)


def test_a_gradient_that_is_infinite_goes_to_one_element():
    values = dp.add_at_max(np.array([[np.inf]]), np.eye(2), np.ones((1, 1)), size=(2, 2), stride=(2, 2))
    assert values.tolist() == [[np.inf, 0], [0, 0]]


def test_nan_in_a_window_is_its_largest():
    x = np.array([[1.0, np.nan, 2.0, 3.0]])
    np.testing.assert_array_equal(dp.max_pool2d(x, (1, 2)), [[np.nan, 3]])


def test_windows_are_a_view():
    x = np.zeros((4, 5))
    assert np.shares_memory(dp.windows(x, size=(2, 2), stride=(1, 1)), x)


# ---- shapes -----------------------------------------------------------------------------------------------------


def test_shapes_with_named_dimensions():
    g = dp.Graph()
    x = g.input("x", ("batch", 3, "height", 8))
    y = dp.conv2d(x, np.ones((4, 3, 3, 3)), stride=2, padding=1)
    assert y.shape[:2] == ("batch", 4)
    assert y.shape[3] == 4
    assert [n.bind({"height": 7}) for n in y.shape[2:3]] == [4]
    assert dp.max_pool2d(x, 2).spec.bind({"batch": 2, "height": 6}).shape == (2, 3, 3, 4)
    assert dp.forward(y, {"x": np.ones((2, 3, 7, 8))}).shape == (2, 4, 4, 4)


def test_truth_values_go_to_the_largest():
    x = np.array([[1.0, 3.0], [2.0, 0.0]])
    sent = dp.add_at_max(np.array([[True]]), x, dp.max_pool2d(x, 2), size=(2, 2), stride=(2, 2))
    np.testing.assert_array_equal(sent, [[False, True], [False, False]])


def test_the_mean_of_whole_numbers_is_a_float_and_does_not_wrap_around():
    x = np.array([[200, 100], [250, 250]], np.uint8)
    assert dp.avg_pool2d(x, 2) == 200
    node = dp.avg_pool2d(dp.Graph().input("x", x.shape, x.dtype), 2)
    assert node.dtype == np.float64
    assert dp.forward(node, {"x": x}) == 200
    assert dp.compile(node, wrt=[])({"x": x})[0] == 200


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: dp.conv2d(x, np.ones((1, 2, 2, 2))), "3 channels"),
        (lambda x: dp.conv2d(x, np.ones((1, 3, 9, 2))), "size 9 does not fit an axis of size 4"),
        (lambda x: dp.conv2d(x, np.ones((1, 3, 2))), r"\(batch, channels, height, width\)"),
        (lambda x: dp.conv2d(x, np.ones((1, 3, 2, 2)), stride=0), "stride is at least 1"),
        (lambda x: dp.conv2d(x, np.ones((1, 3, 2, 2)), padding=-1), "padding is at least 0"),
        (lambda x: dp.max_pool2d(x, 5), "size 5 does not fit an axis of size 4"),
        (lambda x: dp.take_at_max(x, x, x, size=(2, 2), stride=(2, 2)), r"\(2, 3, 2, 2\) goes with these windows"),
        (lambda x: dp.add_at_max(x, x, x, size=(1, 0), stride=(1, 1)), "size 0 does not fit an axis of size 4"),
        (lambda x: dp.add_windows(x, shape=(4,), stride=(0,)), "a stride is at least 1, not 0"),
        (lambda x: dp.add_windows(x, shape=(9,), stride=(1,)), r"\(2, 3, 6, 4\) goes with these windows"),
        (lambda x: dp.windows(x, size=(1,) * 5, stride=(1,) * 5), "a window has 5 dimensions"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(call, says):
    with pytest.raises(ShapeError, match=says):
        call(dp.Graph().input("x", (2, 3, 4, 4)))


def test_one_number_or_one_for_each_axis():
    x = dp.Graph().input("x", (2, 3, 4, 4))
    assert dp.max_pool2d(x, (2, 1), stride=1).shape == (2, 3, 3, 4)
    with pytest.raises((OperandError, ValueError), match="2 numbers are wanted"):
        dp.max_pool2d(x, (1, 2, 3))
