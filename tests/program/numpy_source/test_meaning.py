"""Source means what the graph means, whatever is written in it."""

import enum

import numpy as np
import pytest
from alone import run_alone
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp


class Kind(enum.Enum):
    NARROW = 3


EXPRESSIONS = {
    "signs": lambda a, b, c: a - (b - c) + -(a - b),
    "powers": lambda a, b, c: -(a**2) + (-a) ** 2 - 2 ** -(b * b) + (b * b) ** c,
    "choices": lambda a, b, c: np.where((a > b) & ~(b > c) | (c < 0), a % (c * c + 1), b // (a * a + 1)),
    "products": lambda a, b, c: (a @ b.T @ c).T[::-1, 1:] @ a[:1],
    "casts": lambda a, b, c: (a * b).astype(np.float32).astype(np.float64),
    "joins": lambda a, b, c: np.concatenate([a, b], axis=1)[:, :2] * np.stack([a, c])[1],
    "einsum": lambda a, b, c: np.einsum("ij,jk->ik", a, b) + np.repeat(np.repeat(c[:1], 2, axis=0)[:, :1], 2, axis=1),
    "reductions": lambda a, b, c: np.sum(a, axis=(0,)) + np.max(b, axis=-1, keepdims=True) + np.cumsum(c)[:2],
    "extremes": lambda a, b, c: np.maximum(a, np.float64(-0.0)) / np.where(b > 0, np.inf, 1) + c * 1e-30,
}


@pytest.mark.parametrize("made", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_every_way_to_write_an_expression_means_the_same(made):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(2, 2)) for name in "abc"}
    g = dp.Graph()
    nodes = [g.input(name, (2, 2)) for name in "abc"]
    value, _ = run_alone(dp.compile(np.sum(made(*nodes) ** 2), wrt=[]), arrays)
    assert_allclose(value, np.sum(made(*arrays.values()) ** 2), rtol=1e-12)


SIGNED, OTHER = np.array([-1.0, 0.0, 2.0]), np.array([1.0, -0.0, -3.0])


LONG = np.array([1, 2, 3], np.longdouble) / 3


EDGES = {
    "comparisons of comparisons": (lambda x: ((x > 0) == (OTHER > 0)) != (x < OTHER), SIGNED),
    "a negative zero to a power": (lambda x: np.power(-0.0, x), SIGNED),
    "a power that is no square root": (lambda x: x**0.5, np.array([-0.0, -np.inf, 4.0])),
    "nothing of a scalar": (lambda x: x[()] + x[...], np.float64(2)),
    "complex numbers": (lambda x: np.abs(x * (1 + 2j) + np.array([1j, complex(np.nan, np.inf), -2])), SIGNED),
    "long numbers": (lambda x: x * np.longdouble("0.1") + LONG, LONG),
    "axes that stay": (lambda x: np.swapaxes(x, 0, 0) + np.transpose(x, (0, 1)), np.ones((2, 1))),
    "numbers that wrap": (lambda x: x * np.int8(100) + np.int8(100), np.arange(3, dtype=np.int8)),
    "by no rows": (lambda x: 1 / (np.sum(x) * 0 + x.size), np.zeros((0, 3))),
    "by a size that is three": (lambda x: (2 * x.shape[0] - 1) * np.sum(x) / (x.shape[0] - 3), np.ones((3, 3))),
}


@pytest.mark.parametrize("passes", [[], None], ids=["as it stands", "simplified"])
@pytest.mark.parametrize(("make", "value"), EDGES.values(), ids=EDGES)
def test_at_the_edges_it_means_the_same(make, value, passes):
    g = dp.Graph()
    made = make(g.input("x", ("n", 3) if value.shape[1:] == (3,) else value.shape, value.dtype))
    step = dp.compile(made, wrt=[], executor="numpy", passes=passes)
    expected = dp.forward(made, {"x": value})
    assert_array_equal(step({"x": value})[0], expected, strict=True)
    assert_array_equal(np.asarray(run_alone(step, {"x": value})[0]), expected, strict=True)


def test_a_loop_of_somebody_else_s_is_not_given_python_s_numbers():
    """Such a loop takes 0 for an integer, and is then run in double precision."""
    special = pytest.importorskip("scipy.special")
    xlogy = dp.elementwise(special.xlogy)
    g = dp.Graph()
    step = dp.compile(xlogy(np.float32(0), g.input("x", (2,), np.float32)), wrt=[], executor="numpy", passes=[])
    assert step({"x": np.float32([1, 2])})[0].dtype == np.float32
    assert "from scipy.special import xlogy" in step.source
    assert run_alone(step, {"x": np.float32([1, 2])})[0].dtype == np.float32


ATTRIBUTES = [np.tanh, float, np.float64, np.array([1, 2]), np.float64(0.3), Kind.NARROW, (1, 2)]


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=repr)
def test_any_attribute_can_be_written(attribute):
    @dp.operator
    def told(x, *, what):
        """Opaque: not to be run on nodes."""
        if x.sum() > 1e9:
            return x
        return x * len(repr(what)) + (what(0.0) if callable(what) else 0)

    told.vjp(lambda grad, x, *, what: grad * len(repr(what)), opaque=True)
    g = dp.Graph()
    x = g.input("x", (2,))
    step = dp.compile(told(x, what=attribute).sum(), wrt=[x], executor="numpy")
    expected = step({"x": [1.0, 2.0]})
    alone = run_alone(step, {"x": [1.0, 2.0]})
    assert alone[0] == expected[0]
    assert_array_equal(alone[1]["x"], expected[1]["x"])
