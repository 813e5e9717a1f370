"""What passes may change holds of sums, products of matrices, pooling, and slopes with poles, whatever is fed."""

import numpy as np
import pytest
from edges import FLOATS, edges, near, same_numbers, simplified
from numpy.testing import assert_allclose

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.operators.structure import sum_to
from dagprop.plugin.passes import PASSES

# ---- sums, products of matrices, pooling ----------------------------------------------------------------------------


def scattered(shape, dtype, seed=0):
    """Numbers of many sizes, some of them 0."""
    rng = np.random.default_rng(seed)
    made = rng.normal(size=shape) * 10.0 ** rng.integers(-2, 2, shape)
    made[rng.random(shape) < 0.1] = 0
    return made.astype(dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("count", [1, 3, 2000, 70_000])
def test_sums_of_broadcasts(dtype, count):
    x = edges(dtype)
    info = np.finfo(dtype)
    g = dp.Graph(dtype=dtype)
    node = sum_to(np.broadcast_to(g.input("x", x.shape), (count, x.size)), shape=x.shape)
    found = dp.forward(simplified(node, ["sums of broadcasts"]), {"x": x})
    with np.errstate(all="ignore"):
        exact = (x.astype(np.longdouble) * count).astype(dtype)
    written = dp.forward(node, {"x": x})
    assert (near(found, exact) | near(found, written)).all()
    made = ancestors([simplified(node, ["sums of broadcasts"])])
    assert ("multiply" in [one.what for one in made]) == (count <= float(info.max))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_the_sum_of_nothing_is_0_though_its_terms_were_infinite(shape):
    g = dp.Graph()
    x = g.input("x", shape[1:])
    node = sum_to(np.broadcast_to(x, shape), shape=x.shape)
    assert not dp.forward(simplified(node, list(PASSES)), {"x": np.full(shape[1:], np.inf)}).any()


def test_a_batch_may_turn_out_to_be_empty():
    """Then the mean's 1/n is infinite, and the gradient of what was broadcast is still the sum of nothing, 0."""
    g = dp.Graph()
    x, b = g.input("x", ("n", 2)), g.parameter("b", (2,))
    slope = dp.gradient((x + b).mean() + (x * x).sum() * b.sum(), b)
    found = simplified(slope, list(PASSES))
    for n in (0, 3):
        written = dp.forward(slope, {"x": np.ones((n, 2))})
        assert near(dp.forward(found, {"x": np.ones((n, 2))}), written).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "int8", "int64", "bool"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 1, 4), (0, 2, 3), (2, 3, 0)])
@pytest.mark.parametrize("edge", [0, np.inf, -np.inf, np.nan])
def test_stacked_products(dtype, shape, edge):
    a = scattered(shape, dtype)
    if a.dtype.kind in "fc" and a.size:
        a.flat[a.size // 2] = edge
    b = scattered((shape[-1], 3), dtype, 1)
    c = scattered((*shape[:-1], 2), dtype, 2)
    g = dp.Graph()
    A, B, C = (g.input(name, value.shape, dtype) for name, value in (("a", a), ("b", b), ("c", c)))
    rows = A @ B
    over = tuple(range(len(shape) - 2))
    grams = (np.swapaxes(A, -1, -2) @ C).sum(axis=over)
    for node, feeds in ((rows, {"a": a, "b": b}), (grams, {"a": a, "c": c})):
        written = dp.forward(node, feeds)
        found = dp.forward(simplified(node, ["stacked products"]), feeds)
        assert (found.dtype, found.shape) == (written.dtype, written.shape)
        if a.dtype.kind in "iub":
            assert np.array_equal(found, written)
            continue
        magnitudes = {name: np.nan_to_num(np.abs(value), posinf=0) for name, value in feeds.items()}
        first, second = magnitudes.values()
        terms = first @ second if node is rows else (np.swapaxes(first, -1, -2) @ second).sum(axis=over)
        bad = ~np.isfinite(written)
        assert np.array_equal(np.isnan(found), np.isnan(written))
        assert np.array_equal(found[bad], written[bad], equal_nan=True)
        apart = np.abs(np.where(bad, 0, found) - np.where(bad, 0, written))
        assert (apart <= 64 * np.finfo(a.dtype).eps * terms + np.finfo(a.dtype).tiny).all()


POOLS = {"side by side": (2, 2), "over one another": (2, 1), "apart": (2, 3), "one": (1, 1)}


@pytest.mark.parametrize("threshold", [0.0, -0.0, 0.5, -np.inf, np.inf, np.nan])
@pytest.mark.parametrize("pool", POOLS)
def test_pooling_before_thresholds(pool, threshold):
    """Values and gradients are the same numbers, whatever is in the windows and whatever arrives at them."""
    size, stride = POOLS[pool]
    rng = np.random.default_rng(3)
    x = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, 1, 1, -1, 2], (40, 5, 5))
    g = dp.Graph()
    node = g.input("x", x.shape)
    for bound in (threshold, np.full(x.shape, threshold)):
        largest = dp.max_pool2d(np.maximum(node, bound), size, stride)
        arriving = g.input("w", largest.shape) if "w" not in g else g["w"]
        w = rng.choice([np.nan, np.inf, 0.0, -0.0, 1, -3], largest.shape)
        slope = dp.gradient((largest * arriving).sum(), node)
        for made in (largest, slope):
            feeds = {"x": x, "w": w} if made is slope else {"x": x}
            written, found = (
                dp.forward(one, feeds) for one in (made, simplified(made, [p for p in PASSES if p != "dead code"]))
            )
            assert same_numbers(found, written).all()


@pytest.mark.filterwarnings("ignore::dagprop.errors.NonFiniteWarning")
def test_a_window_that_holds_nan_sends_nothing_back(executor):
    """The largest is NaN, which no element is equal to: no place would be the right one."""
    g = dp.Graph()
    x = g.input("x", (1, 2, 4))
    fed = np.array([[[np.nan, 1, 5, 2], [3, 4, 0, 1]]])
    pooled = dp.max_pool2d(x, 2)
    _, gradients = dp.compile(np.where(np.isnan(pooled), 0, pooled).sum(), wrt=[x], executor=executor)({"x": fed})
    assert gradients["x"].tolist() == [[[0, 0, 1, 0], [0, 0, 0, 0]]]
    assert dp.backprop(pooled.sum(), {"x": fed}).gradients["x"].tolist() == [[[0, 0, 1, 0], [0, 0, 0, 0]]]


# ---- slopes with poles ----------------------------------------------------------------------------------------------

GUARDED = {
    "√x": np.sqrt,
    "ln x": np.log,
    "1/x": lambda x: 1 / x,
    "√(1 + x²)": lambda x: np.sqrt(1 + x * x),
    "√(1 + √x)": lambda x: np.sqrt(1 + np.sqrt(x)),
    "ln(1 + √x)": lambda x: np.log1p(np.sqrt(x)),
    "ln(2 + √x)": lambda x: np.log(2 + np.sqrt(x)),
    "1/(1 + √x)": lambda x: 1 / (1 + np.sqrt(x)),
    "1/(1 + ln² x)": lambda x: 1 / (1 + np.log(x) ** 2),
    "ln(1 + eˣ)": lambda x: np.log(1 + np.exp(x)),
    "ln(1 + e^√x)": lambda x: np.log(1 + np.exp(np.sqrt(x))),
    "√(x/(1 + x²))": lambda x: np.sqrt(x / (1 + x * x)),
    "x/√(1 + x²)": lambda x: x / np.sqrt(1 + x**2),
    "√x/(1 + √x)": lambda x: np.sqrt(x) / (1 + np.sqrt(x)),
    "x^½": lambda x: x**0.5,
    "(1 + x²)^-½": lambda x: (1 + x * x) ** -0.5,
    "(1 + √x)^½": lambda x: (1 + np.sqrt(x)) ** 0.5,
    "1/√(1 + ln x)": lambda x: dp.rsqrt(1 + np.log(x)),
    "arcsin": np.arcsin,
    "artanh √x": lambda x: np.arctanh(np.sqrt(x)),
    "xˣ": lambda x: x**x,
    "ln max(√x, 1)": lambda x: np.log(np.maximum(np.sqrt(x), 1)),
    "1/(1 + σ(√x))": lambda x: 1 / (1 + dp.sigmoid(np.sqrt(x))),
    "1/(10⁻³⁰⁰ · |x|)": lambda x: 1 / (1e-300 * np.abs(x)),
    "layer norm": lambda x: (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean() + 1e-5),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("passes", [["plain slopes"], None], ids=["alone", "together"])
@pytest.mark.parametrize("form", GUARDED)
def test_where_nothing_arrives_nothing_goes_on(form, passes, executor):
    """A branch that is not taken sends back the 0 that backprop sends, whatever its slope would be."""
    x = np.array([-1.0, -0.0, 0, 5e-324, 1e-310, 0.25, 4, 1e308, -1e308, np.inf, -np.inf, np.nan])
    g = dp.Graph()
    node = g.input("x", x.shape)
    for taken in (node > 0, node > 1, node < -5, np.isfinite(node) & (node > 0)):
        loss = np.where(taken, GUARDED[form](node), 0).sum()
        wanted = dp.backprop(loss, {"x": x}).gradients["x"]
        _, found = dp.compile(loss, wrt=[node], passes=passes, executor=executor)({"x": x})
        assert_allclose(found["x"], wanted, rtol=1e-12)
