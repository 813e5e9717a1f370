"""What each pass says that it may change is all that it changes: held at the edges of every dtype.

Every rule of every pass meets NaN, infinities, zeros of both signs, the smallest and the largest numbers, and is
compared with the same program without passes.  Where a step of that one overflows or underflows on the way, it is the
exact result, worked out in fractions, that what is simplified must be near to.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.operators.structure import chain, sum_to
from dagprop.plugin.passes import PASSES, Change
from dagprop.program import numpy_source
from dagprop.program.passes import rules_of
from dagprop.program.rewrite import Rewriting

FLOATS = ("float16", "float32", "float64")
REALS = (*FLOATS, "int8", "int64", "uint8", "bool")
ALL = (*REALS, "complex64", "complex128")


def edges(dtype):
    """Numbers at which something happens in a dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.array([info.min, info.min + 1, 0, 1, 2, 3, 7, info.max // 2 + 1, info.max], dtype)
    if dtype.kind == "c":
        parts = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.0], dtype.type(0).real.dtype)
        made = np.empty((7, 7), dtype)
        made.real, made.imag = parts[:, None], parts
        return made.ravel()
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        sizes = [info.smallest_subnormal, 3 * info.smallest_subnormal, info.tiny, info.max, info.max / 3]
        sizes += [np.sqrt(info.max), np.cbrt(info.max), np.sqrt(info.tiny), 1, 1 + info.eps, 0.3, 7, 0, np.inf, np.nan]
        sizes = np.array(sizes, dtype)
    return np.concatenate([sizes, -sizes])


# ---- how near two results are -------------------------------------------------------------------------------------


def same_bits(a, b):
    """Where two arrays of one dtype hold the same bits, or both NaN (of complex numbers: in the same part)."""
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) & same_bits(a.imag, b.imag)
    if a.dtype.kind != "f":
        return a == b
    return (np.isnan(a) & np.isnan(b)) | ((a == b) & (np.signbit(a) == np.signbit(b)))


def same_numbers(a, b):
    """As `same_bits`, where 0 and −0 are one."""
    if a.dtype.kind == "c":
        return same_numbers(a.real, b.real) & same_numbers(a.imag, b.imag)
    return (a == b) | (np.isnan(a) & np.isnan(b)) if a.dtype.kind == "f" else a == b


def near(a, b, steps=4):
    """Where there are at most so many numbers of the dtype between two; infinity stands behind the largest."""
    if a.dtype.kind != "f":
        return same_numbers(a, b)
    integers = f"i{a.dtype.itemsize}"
    places = [np.ascontiguousarray(x).view(integers).astype(object) for x in (a, b)]
    places = [np.where(place < 0, int(np.iinfo(integers).min) - place, place) for place in places]
    apart = np.abs(places[0] - places[1]) <= steps
    return np.where(np.isnan(a) | np.isnan(b), np.isnan(a) & np.isnan(b), apart).astype(bool)


HOLDS = {Change.NOTHING: same_bits, Change.ZERO_SIGNS: same_numbers, Change.LAST_BITS: near}


def exactly(build, x):
    """What an expression of real numbers is, worked out in fractions and rounded once; the rest is NaN."""
    made = np.full(x.shape, np.nan, x.dtype)
    for i, value in enumerate(x):
        if np.isfinite(value):
            try:
                found = build(Fraction(float(value)), lambda c: Fraction(float(x.dtype.type(c))))
                made[i] = x.dtype.type(float(found))
            except OverflowError:
                made[i] = np.inf if found > 0 else -np.inf
            except ZeroDivisionError:
                pass
    return made


def simplified(node, passes):
    """What these passes make of a node, as a node."""
    graph = Rewriting(node.graph, passes, numpy_source.keeps)
    graph.take(ancestors([node]), {})
    return graph.made[node]


def hold(build, x, passes, change, rational=False):
    """What passes make of an expression gives what the expression gives, as nearly as they say."""
    g = dp.Graph(dtype=x.dtype)
    node = build(g.input("x", x.shape), lambda c: g.constant(np.array(c, x.dtype)))
    written, found = (dp.forward(one, {"x": x}) for one in (node, simplified(node, passes)))
    assert (found.dtype, found.shape) == (written.dtype, written.shape)
    good = HOLDS[change](found, written)
    if rational and change is Change.LAST_BITS:
        good |= near(found, exactly(build, x))
    assert good.all(), list(zip(x[~good], found[~good], written[~good], strict=True))[:5]


# ---- every rule, at the edges -------------------------------------------------------------------------------------

FORMS = {
    "identities": {
        "x + 0": (lambda x, c: x + c(0), REALS),
        "0 + x": (lambda x, c: c(0) + x, REALS),
        "x + -0": (lambda x, c: x + c(-0.0), ALL),
        "-0 + x": (lambda x, c: c(-0.0) + x, FLOATS),
        "x + zeros": (lambda x, c: x + c([0.0, -0.0] * (x.size // 2)), FLOATS),
        "x - 0": (lambda x, c: x - c(0), (*FLOATS, "int8", "uint8", "complex64")),
        "x - -0": (lambda x, c: x - c(-0.0), (*FLOATS, "complex64")),
        "x - zeros": (lambda x, c: x - c([0.0, -0.0] * (x.size // 2)), FLOATS),
        "x · 1": (lambda x, c: x * c(1), ALL),
        "1 · x": (lambda x, c: c(1) * x, ALL),
        "x / 1": (lambda x, c: x / c(1), ALL),
        "-(-x)": (lambda x, c: np.negative(np.negative(x)), (*FLOATS, "int8", "uint8", "complex64")),
        "+x": (lambda x, c: np.positive(x), (*FLOATS, "int8", "uint8", "complex64")),
        "astype": (lambda x, c: x.astype(x.dtype), ALL),
        "reshape": (lambda x, c: np.reshape(np.reshape(x, (-1, 1)), x.shape), ALL),
        "the same shape": (lambda x, c: np.reshape(x, x.shape), ALL),
        "sum_to": (lambda x, c: sum_to(x, shape=x.shape), FLOATS),
        "broadcast_to": (lambda x, c: np.broadcast_to(x, x.shape), ALL),
        "transpose": (lambda x, c: np.reshape(np.reshape(x, (1, -1)).T.T, x.shape), ALL),
    },
    "cheaper forms": {
        "x + 0": (lambda x, c: x + c(0), ALL),
        "x + -0": (lambda x, c: x + c(-0.0), ALL),
        "x - 0": (lambda x, c: x - c(0), (*FLOATS, "int8", "uint8", "complex64")),
        "x - -0": (lambda x, c: x - c(-0.0), (*FLOATS, "complex64")),
        "x¹": (lambda x, c: np.power(x, c(1)), (*REALS, "complex64")),
        "x²": (lambda x, c: np.power(x, c(2)), (*FLOATS, "int8", "int64", "uint8", "complex64")),
        "x³": (lambda x, c: np.power(x, c(3)), (*FLOATS, "int8", "int64", "uint8", "complex64")),
        "x⁻¹": (lambda x, c: np.power(x, c(-1)), (*FLOATS, "complex64")),
        "√": (lambda x, c: np.power(x, c(0.5)), (*FLOATS, "complex64")),
        "√, each": (lambda x, c: np.power(x, c([0.5] * x.size)), FLOATS),
        "√ of what is not negative": (lambda x, c: np.power(np.abs(x), c(0.5)), FLOATS),
        "square": (lambda x, c: np.square(x), ALL),
    },
    "implicit broadcasting": {
        f.__name__: (lambda x, c, f=f: np.broadcast_to(f(np.broadcast_to(x, (2, x.size))), (2, x.size))[1], FLOATS)
        for f in (np.exp, np.tanh, np.log, np.sqrt, np.sin, np.negative, np.isnan)
    }
    | {"x · y": (lambda x, c: (np.broadcast_to(x, (2, x.size)) * c(3))[0], ALL)},
    "common subexpressions": {
        "two zeros": (lambda x, c: np.maximum(1 / (x * c(0.0)), 1 / (x * c(-0.0))), FLOATS),
        "two pads": (lambda x, c: 1 / np.concatenate([np.pad(x, 1, constant_values=z) for z in (0.0, -0.0)]), FLOATS),
        "pads of NumPy's": (
            lambda x, c: 1 / np.concatenate([np.pad(x, 1, constant_values=x.dtype.type(z)) for z in (0.0, -0.0)]),
            FLOATS,
        ),
        "twice": (lambda x, c: np.tanh(x) - np.tanh(x), FLOATS),
    },
    "constant folding": {
        f.__name__: (lambda x, c, f=f: np.where(x == 0, *2 * [f(c(edges(x.dtype)))[: x.size]]), FLOATS)
        for f in (np.exp, np.tanh, np.log, np.sqrt, np.negative, np.square, np.sign, np.cumsum)
    }
    | {
        "of one number": (lambda x, c: x * np.exp(c(0.3) * c(0.7)), FLOATS),
        "of zeros": (lambda x, c: x * (1 / (c(-0.0) * c(3))), FLOATS),
        "of a NaN": (lambda x, c: x + (c(np.nan) + c(1)), FLOATS),
        "of equal numbers": (lambda x, c: x + np.exp(np.broadcast_to(c(0.3), x.shape)), FLOATS),
        "of integers": (lambda x, c: x + c(100) * c(7), ("int8", "uint8", "int64")),
        "of truths": (lambda x, c: x & (c(True) ^ c(True)), ("bool",)),
    },
    "dead code": {"reshape": (lambda x, c: np.exp(np.reshape(np.reshape(x, (1, -1)), x.shape)), FLOATS)},
    "plain slopes": {
        "finite": (lambda x, c: chain(x, c(-0.3)), FLOATS),
        "infinite": (lambda x, c: chain(x, c(np.inf)), FLOATS),
        "not a number": (lambda x, c: chain(x, c(np.nan)), FLOATS),
        "of a gradient": (lambda x, c: chain(c(-2), x), FLOATS),
        "of no gradient": (lambda x, c: chain(c(0), x), FLOATS),
        "of a quotient": (lambda x, c: chain(x, c(1) / (1 + np.sqrt(x))), FLOATS),
    },
}
"""By pass: expressions that its rules are for, or look like it, and the dtypes that they are of."""

CASES = [
    pytest.param(name, build, dtype, id=f"{name}: {form} of {dtype}")
    for name, forms in FORMS.items()
    for form, (build, dtypes) in forms.items()
    for dtype in dtypes
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "build", "dtype"), CASES)
def test_a_rule_keeps_to_what_its_pass_says(name, build, dtype):
    x = edges(dtype)
    hold(build, x, [name], PASSES[name].changes)
    hold(build, x, list(PASSES), Change.LAST_BITS)
    hold(build, x[:0], [name], PASSES[name].changes)


NUMBERS = [1e-30, -1e-4, 0.3, 1, -2, 7.5, 1e30, 1e200, 1e-200, 0, -0.0, np.inf, np.nan]
PRODUCTS = {
    "c·(d·x)": lambda x, c, d: c * (d * x),
    "(x·d)·c": lambda x, c, d: (x * d) * c,
    "(c/d)·x": lambda x, c, d: (c / d) * x,
    "(x·c)·(1/d)": lambda x, c, d: (x * c) * (d / d / d),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("folding", [True, False], ids=["folded", "not folded"])
@pytest.mark.parametrize("form", PRODUCTS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_are_put_together_where_their_product_has_all_its_digits(form, dtype, folding):
    passes = ["cheaper forms", *(["constant folding"] if folding else [])]
    x = edges(dtype)
    for c in NUMBERS:
        for d in NUMBERS:
            hold(
                lambda x, of, c=c, d=d: PRODUCTS[form](x, of(c), of(d)), x, passes, Change.LAST_BITS,
                rational=bool(np.isfinite([x.dtype.type(c), x.dtype.type(d)]).all()),
            )  # fmt: skip


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


# ---- together -------------------------------------------------------------------------------------------------------

STEPS = [
    lambda x, c: x + c, lambda x, c: c + x, lambda x, c: x - c, lambda x, c: x * c, lambda x, c: c * x,
    lambda x, c: x / c, lambda x, c: -x, lambda x, c: np.positive(x), lambda x, c: 1 / x, lambda x, c: x * x - x * x,
    lambda x, c: np.where(x > c, x, c), np.maximum, lambda x, c: np.exp(x), lambda x, c: np.sqrt(x),
    lambda x, c: np.reshape(np.reshape(x, (2, -1)), (-1,)), lambda x, c: x.astype(x.dtype),
    lambda x, c: np.broadcast_to(x, (2, x.size))[0], lambda x, c: np.reshape(x, (2, -1)).T.T.ravel(),
    lambda x, c: np.tanh(x) + np.tanh(x), lambda x, c: x + c * c, lambda x, c: x * np.full_like(x, 0.5),
]  # fmt: skip
EXACT = [name for name, one in PASSES.items() if one.changes is Change.NOTHING]
numbers = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 0.3, np.inf, -np.inf, np.nan, 5e-324, 6e4, 1e30, 1e300])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(FLOATS),
    st.lists(st.tuples(st.integers(0, len(STEPS) - 1), numbers, st.booleans()), min_size=1, max_size=8),
    st.lists(st.sampled_from(EXACT), min_size=1, unique=True),
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_passes_that_change_nothing_change_no_bit(dtype, steps, passes):
    """Whatever is put together, values and gradients."""
    x = edges(dtype)
    g = dp.Graph(dtype=dtype)
    value = node = g.input("x", x.shape)
    for number, constant, wide in steps:
        with np.errstate(all="ignore"):
            value = STEPS[number](value, g.constant(np.full(x.shape if wide else (), constant, dtype)))
    slope = dp.gradient((value * 0.5).sum(), node)
    for made in (value, slope):
        feeds = {"x": x} if any(one is node for one in ancestors([made])) else {}
        written, found = (dp.forward(one, feeds) for one in (made, simplified(made, passes)))
        assert found.dtype == written.dtype
        assert same_bits(found, written).all()


def test_every_rule_is_met(monkeypatch):
    """Each rule that a pack declares makes something simpler in one of the cases above."""
    met = set()

    def watched(operator, passes):
        def watch(apply, rule):
            def run(*nodes, **attributes):
                made = apply(*nodes, **attributes)
                if made is not None:
                    met.add(rule.function)
                return made

            return run, rule

        return [watch(*one) for one in rules_of(operator, passes)]

    monkeypatch.setattr("dagprop.program.rewrite.rules_of", watched)
    for name, forms in FORMS.items():
        for build, dtypes in forms.values():
            g = dp.Graph(dtype=dtypes[0])
            x = edges(dtypes[0])
            simplified(build(g.input("x", x.shape), lambda c: g.constant(np.array(c, dtypes[0]))), [name])  # noqa: B023
    g = dp.Graph()
    x, X, w = g.input("x", (1, 4, 4)), g.input("X", (2, 3, 4)), g.input("w", (4, 2))
    simplified(dp.gradient(dp.max_pool2d(dp.relu(x), 2).sum(), x), list(PASSES))
    simplified(dp.gradient(np.tanh(X @ w).sum(), w), list(PASSES))
    simplified(2 * (3 * (x * 5)), ["cheaper forms"])
    simplified(sum_to(np.broadcast_to(w, (3, 4, 2)), shape=(4, 2)), ["sums of broadcasts"])
    for op in dp.registry:
        for name, rules in dp.Operator.simplify[op].items():
            if name in PASSES and op.namespace == "core":
                for rule in rules:
                    assert rule.function in met, (op.id, name, rule.place)
