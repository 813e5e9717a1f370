import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import dagprop as dp

ONE = {  # each over a range where it is smooth
    "absolute": (0.1, 2), "fabs": (-2, -0.1), "sign": (0.1, 2), "floor": (0.1, 0.9), "ceil": (-0.9, -0.1),
    "trunc": (1.1, 1.9), "rint": (-0.4, 0.4), "nan_to_num": (-2, 2),
}  # fmt: skip

TWO = ["maximum", "minimum", "fmax", "fmin", "heaviside"]


@pytest.mark.parametrize("name", ONE)
def test_derivatives_along_one_operand(verify, rng, shape, name):
    verify(dp.registry[name], rng.uniform(*ONE[name], shape))


@pytest.mark.parametrize("name", TWO)
def test_derivatives_along_two_operands(verify, rng, shapes, name):
    verify(dp.registry[name], *(rng.uniform(0.1, 2, shape) for shape in shapes))


@settings(max_examples=25, deadline=None)
@given(
    shapes=mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3),
    seed=st.integers(0, 100),
)
def test_derivatives_of_clip_over_random_shapes(verify, shapes, seed):
    """Three operands, all of which vary; the lower bound may exceed the upper."""
    rng = np.random.default_rng(seed)
    verify(dp.clip, *(rng.uniform(-2, 2, shape) for shape in shapes.input_shapes))


# ---- choices ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("absolute", (0.0,), (0.0,)),
        ("sign", (0.0,), (0.0,)),
        ("floor", (1.0,), (0.0,)),
        ("rint", (0.5,), (0.0,)),
        ("maximum", (1.0, 1.0), (0.5, 0.5)),
        ("maximum", (np.inf, np.inf), (0.5, 0.5)),
        ("minimum", (1.0, 1.0), (0.5, 0.5)),
        ("fmax", (1.0, 1.0), (0.5, 0.5)),
        ("fmax", (1.0, np.nan), (1.0, 0.0)),
        ("fmin", (np.nan, 1.0), (0.0, 1.0)),
        ("heaviside", (0.0, 0.5), (0.0, 1.0)),
        ("heaviside", (2.0, 0.5), (0.0, 0.0)),
        ("nan_to_num", (np.inf,), (0.0,)),
        ("clip", (1.0, 1.0, 3.0), (1.0, 0.0, 0.0)),
        ("clip", (3.0, 1.0, 3.0), (1.0, 0.0, 0.0)),
        ("clip", (0.0, 1.0, 3.0), (0.0, 1.0, 0.0)),
        ("clip", (9.0, 1.0, 3.0), (0.0, 0.0, 1.0)),
        ("clip", (2.0, 5.0, 3.0), (0.0, 0.0, 1.0)),
    ],
)
def test_the_choice_where_there_is_no_derivative(slopes, name, operands, expected):
    assert slopes(dp.registry[name], *operands) == expected


# ---- clip -------------------------------------------------------------------------------------------------------


def test_derivatives_of_clip(verify, shapes):
    x = np.linspace(-2, 2, int(np.prod(shapes[0]))).reshape(shapes[0])
    lower = np.full(shapes[1], -0.9)
    verify(dp.clip, x, lower, 1.1)
    verify(dp.clip, x, None, lower)
    verify(dp.clip, x, 0.3, None)


def test_clip_is_called_as_in_numpy():
    g = dp.Graph()
    x = g.input("x", (3,))
    calls = [np.clip(x, -1, 1), x.clip(-1, 1), np.clip(x, a_min=-1, a_max=1), np.clip(x, min=-1, max=1)]
    for value in dp.forward(calls, {"x": [-2, 0, 2]}):
        assert value.tolist() == [-1, 0, 1]
    assert dp.forward(np.clip(x, None, 1), {"x": [-2, 0, 2]}).tolist() == [-2, 0, 1]


def test_clip_with_one_bound_leaves_integers_integers():
    g = dp.Graph()
    index = g.input("index", (3,), np.int32)
    clipped = np.clip(index, 0, None)
    assert clipped.dtype == np.int32
    assert dp.forward(clipped, {"index": [-1, 0, 7]}).tolist() == [0, 0, 7]
