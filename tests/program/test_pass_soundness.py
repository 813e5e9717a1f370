"""What each pass says that it may change is all that it changes: held at the edges of every dtype.

Every rule of every pass meets NaN, infinities, zeros of both signs, the smallest and the largest numbers, and is
compared with the same program without passes.  Where a step of that one overflows or underflows on the way, it is the
exact result, worked out in fractions, that what is simplified must be near to.
"""

import numpy as np
import pytest
from edges import ALL, FLOATS, REALS, edges, hold, same_bits, simplified
from hypothesis import given, settings
from hypothesis import strategies as st

import dagprop as dp
from dagprop.errors import RuleError
from dagprop.graph.order import ancestors
from dagprop.operators.structure import chain, sum_to
from dagprop.plugin.passes import PASSES, Change
from dagprop.program.passes import rules_of

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


def test_a_number_stays_out_of_a_quotient_by_a_size_that_it_would_overflow(executor):
    g = dp.Graph()
    x = g.input("x", ("n",))
    step = dp.compile(g.constant(1e300) / x.shape[0] * 1e10, wrt=[], executor=executor)
    assert step({"x": np.ones(1000)})[0] == 1e307


def test_a_reciprocal_of_integers_stays_refused_as_numpy_refuses_it(executor):
    x = dp.Graph().input("x", (2,), int)
    step = dp.compile(np.power(x, np.int64(-1)), wrt=[], executor=executor)
    with pytest.raises(RuleError, match="Integers to negative integer powers are not allowed"):
        step({"x": [1, 2]})


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
