"""The tape runs what the interpreter runs, with its numbers: any dtype, any number of operands, nothing, and 0-d."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp
from dagprop.errors import FallbackWarning
from dagprop.program.instructions import CALL

DTYPES = "?bBhHiIlLqQefdgFDG"


def both(tape, function, *arrays):
    """What a function of nodes is in a program on the tape, without passes, and in the interpreter."""
    g = dp.Graph()
    nodes = [g.input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(arrays)]
    of = function(*nodes)
    feeds = {node.name: x for node, x in zip(nodes, arrays, strict=True)}
    return dp.compile(of, wrt=[], executor=tape, passes=[])(feeds)[0], dp.forward(of, feeds)


def hold_gradients(tape, of, feeds):
    """The gradients of a program on the tape are those of the interpreter."""
    flow = dp.backprop(of, feeds, on_nonfinite="ignore")
    _, gradients = dp.compile(of, executor=tape)(feeds)
    for name, gradient in gradients.items():
        assert_allclose(gradient, flow.gradients[name], rtol=1e-12, strict=True)


def some(shape, dtype):
    """Numbers of either sign where the dtype has one."""
    rng = np.random.default_rng(0)
    imaginary = rng.normal(size=shape) * 1j if dtype in "FDG" else 0
    with np.errstate(all="ignore"):
        return np.asarray(rng.normal(size=shape) * 3 + imaginary).astype(dtype)


# ---- dtypes ----------------------------------------------------------------------------------------------------------

EDGES = [0.0, -0.0, 1.5, -1.5, 127.5, 128.0, -129.0, 255.9, 256.0, 70000.0, 2.0**31, -(2.0**40), 2.0**63, -(2.0**63),
         2.0**64, 1e30, 1e300, 1e-7, np.inf, -np.inf, np.nan]  # fmt: skip


def extremes(dtype):
    """Every kind of number that a cast may find hard, among them NaN and what is out of range."""
    if np.dtype(dtype).kind in "fc":
        with np.errstate(all="ignore"):
            return np.array(EDGES).astype(dtype)
    if dtype == "?":
        return np.array([True, False])
    limits = np.iinfo(dtype)
    return np.array([0, 1, limits.max, limits.min, limits.max - 1, 2049 % limits.max], dtype)


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("dtype", DTYPES)
def test_casts_are_numpys(tape, dtype):
    for to in map(np.dtype, DTYPES):
        x = extremes(dtype)
        for view in (lambda x: x, lambda x: x[::-1], lambda x: x[::2]):
            got, want = both(tape, lambda x, view=view, to=to: view(x).astype(to), x)
            assert_array_equal(got, want, strict=True)
        got, want = both(tape, lambda x, to=to: x.astype(to), np.asarray(x[-1]))
        assert_array_equal(got, want, strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_operands_of_two_dtypes_meet_as_numpys_do(tape, dtype):
    for other in DTYPES:
        x, y = some((2, 3), dtype), some((3,), other)
        for function in (np.multiply, np.equal, lambda x, y: np.where(x > 0, x, y), lambda x, y: np.stack([x[0], y])):
            got, want = both(tape, function, x, y)
            assert_array_equal(got, want, strict=True)
        got, want = both(tape, np.matmul, x, y)
        assert_allclose(got, want, rtol=1e-2 if "e" in (dtype, other) else 1e-5, strict=True)


def test_an_image_of_bytes_and_labels_of_bytes(tape):
    g = dp.Graph()
    image, labels = g.input("image", (5, 4), np.uint8), g.input("labels", (5,), np.uint8)
    w = g.parameter("w", (4, 3), initial=some((4, 3), "d"))
    rng = np.random.default_rng(0)
    feeds = {"image": rng.integers(0, 256, (5, 4), np.uint8), "labels": rng.integers(0, 3, 5, np.uint8)}
    hold_gradients(tape, dp.softmax_cross_entropy_labels((image.astype(float) / 255) @ w, labels), feeds)
    hold_gradients(tape, (image.astype(np.int8) * w.sum(axis=1)).sum(), feeds)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_the_variance_of_complex_numbers_is_real(tape, shape):
    for dtype in "FDG":
        x = some(shape, dtype)
        got, want = both(tape, np.var, x)
        assert_allclose(got, want, rtol=1e-5, strict=True)


# ---- how many, and how large -----------------------------------------------------------------------------------------

JOINS = {
    "concatenate": np.concatenate,
    "stack": np.stack,
    "stack behind": lambda xs: np.stack(xs, axis=-1),
    "vstack": np.vstack,
    "hstack": np.hstack,
    "dstack": np.dstack,
    "column_stack": np.column_stack,
}


@pytest.mark.parametrize("join", JOINS.values(), ids=JOINS)
@pytest.mark.parametrize("shape", [(), (2,), (3, 2), (2, 1, 3), (0,), (2, 0)])
@pytest.mark.parametrize("many", [1, 16, 200])
def test_any_number_of_arrays_are_joined_by_copying_each_into_place(tape, join, shape, many):
    if join is np.concatenate and not shape:
        pytest.skip("arrays of 0 dimensions are not concatenated")
    arrays = [some(shape, "d") + i for i in range(many)]
    g = dp.Graph()
    nodes = [g.input(f"x{i}", shape) for i in range(many)]
    step = dp.compile(join(nodes), wrt=[], executor=tape, passes=[])
    value, _ = step({node.name: x for node, x in zip(nodes, arrays, strict=True)})
    assert_array_equal(value, join(arrays), strict=True)
    assert CALL not in {instruction.kind for instruction in step.plan.steps}


def test_a_rule_may_have_any_number_of_operands(tape):
    @dp.operator
    def all_of(*xs):
        return np.asarray(sum(float(x) for x in xs))

    @all_of.infer
    def _(*xs):
        return dp.Spec((), np.float64)

    arrays = [np.asarray(float(i)) for i in range(40)]
    got, want = both(tape, all_of, *arrays)
    assert got == want == 780


def test_a_jacobian_of_many_rows(tape):
    g = dp.Graph()
    x = g.input("x", (20,))
    got, want = (run(dp.jacobian(np.tanh(x) * x.sum(), x), tape) for run in (compiled, interpreted))
    assert got.shape == (20, 20)
    assert_allclose(got, want, rtol=1e-12)


def compiled(of, tape):
    return dp.compile(of, wrt=[], executor=tape)({"x": np.arange(20.0)})[0]


def interpreted(of, tape):
    return dp.forward(of, {"x": np.arange(20.0)})


EXACT = {
    "negative": lambda x: -x,
    "product": lambda x: x * x.sum(axis=-1, keepdims=True),
    "transpose": lambda x: x.T * 2,
    "index": lambda x: x[..., None] + 1,
    "flat": lambda x: np.reshape(x, (x.size,)),
    "slice": lambda x: x[..., 1:] * 2,
    "nothing": lambda x: x[..., :0] * 2,
    "where": lambda x: np.where(x > 0, x, 0 * x),
    "clip": lambda x: np.clip(x, 0, 1),
    "sum": lambda x: np.sum(x, axis=0),
    "prod": lambda x: np.prod(x, axis=-1),
    "max": lambda x: np.max(x, axis=-1),
    "min": lambda x: np.min(x, axis=0),
    "largest": np.max,
    "any": lambda x: np.any(x > 0, axis=-1),
    "cumsum": lambda x: np.cumsum(x, axis=-1),
    "sort": lambda x: np.sort(x, axis=0),
    "flip": np.flip,
    "roll": lambda x: np.roll(x, 1),
    "tile": lambda x: np.tile(x, 2),
    "pad": lambda x: np.pad(x, 1),
    "joined": lambda x: np.concatenate([x, 2 * x], axis=-1),
    "split": lambda x: np.split(x, 2)[1] * 2,
    "cut": lambda x: np.array_split(x, 3, axis=-1)[2] * 2,
    "repeated": lambda x: np.broadcast_to(x, (2, *x.shape)) + 1,
    "contiguous": lambda x: dp.contiguous(x.T) * 2,
    "diagonal": lambda x: np.diagonal(x) * 2,
    "rows": lambda x: x[np.array([0, -1, 0])],
    "no rows": lambda x: x[np.array([], int)],
    "gram": lambda x: x @ np.swapaxes(x, -1, -2),
    "outer": lambda x: np.outer(x, x),
    "variance": lambda x: np.var(x, axis=-1),
    "softmax": dp.softmax,
}
SHAPES = [(), (1,), (0,), (4, 0), (0, 4), (5, 0), (0, 0), (2, 0, 3), (0, 2, 3), (1, 1), (4, 3), (2, 4, 1)]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:Degrees of freedom:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Mean of empty:RuntimeWarning")
@pytest.mark.parametrize("function", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("dtype", "dfBi")
def test_nothing_and_single_numbers(tape, function, dtype):
    """Where the interpreter has a value the tape has the same, and where it has none, nor has the tape."""
    for shape in SHAPES:
        x, data = dp.Graph().input("x", shape, dtype), some(shape, dtype)
        try:
            of = function(x)
        except (dp.errors.DagpropError, TypeError, ValueError, IndexError):
            continue  # no graph, no program
        step = dp.compile(of, wrt=[], executor=tape, passes=[])
        try:
            want = dp.forward(of, {"x": data})
        except dp.errors.RuleError as error:
            with pytest.raises((dp.errors.RuleError, type(error.__cause__))):
                step({"x": data})
            continue
        assert_allclose(step({"x": data})[0], want, rtol=1e-5 if dtype == "f" else 1e-12, strict=True)


@pytest.mark.parametrize("name", ["product", "slice", "split", "cut", "joined", "gram"])
@pytest.mark.parametrize("shape", [(4, 0), (0, 4), (2, 0, 3), (4, 3)])
def test_gradients_of_nothing(tape, name, shape):
    x = dp.Graph().input("x", shape)
    hold_gradients(tape, EXACT[name](x).sum(), {"x": some(shape, "d")})


@pytest.mark.parametrize("shape", [(0, 2, 4, 4), (2, 0, 4, 4), (1, 2, 4, 4)])
def test_pooling_and_convolution_without_rows(tape, shape):
    g = dp.Graph()
    x, w = g.input("x", shape), g.input("w", (3, shape[1], 2, 2))
    feeds = {"x": some(shape, "d"), "w": some(w.shape, "d")}
    hold_gradients(tape, dp.max_pool2d(x, 2).sum(), feeds)
    hold_gradients(tape, dp.max_pool2d(x, 3, stride=1).sum(), feeds)
    hold_gradients(tape, dp.conv2d(x, w).sum(), feeds)


@pytest.mark.parametrize("ndim", [16, 17, 32, 33, 64])
def test_as_many_dimensions_as_an_array_may_have(tape, ndim):
    shape = (2, 1) * 4 + (1,) * (ndim - 10) + (2, 3)
    for function in ("negative", "product", "transpose", "sum", "max", "slice", "where", "gram", "joined"):
        got, want = both(tape, EXACT[function], some(shape, "d"))
        assert_allclose(got, want, rtol=1e-12, strict=True)
    x = dp.Graph().input("x", shape)
    hold_gradients(tape, (np.tanh(x) * x.sum(axis=0, keepdims=True)).sum(), {"x": some(shape, "d")})


# ---- what it cannot run ----------------------------------------------------------------------------------------------


@pytest.fixture
def overlapping():
    """An operator whose instructions the native module refuses: they write every element to one place."""

    @dp.operator
    def doubled(x):
        return 2 * x

    @doubled.infer
    def _(x):
        return x

    @doubled.vjp
    def _(grad, x):
        return 2 * grad

    @doubled.lower
    def _(to, x):
        out = to.result()
        to.copy(x, out._replace(strides=(0,) * out.ndim))
        return out

    return doubled


def test_what_the_tape_refuses_is_called_and_a_warning_names_it(tape, overlapping):
    g = dp.Graph()
    x = g.input("x", (3,))
    y = overlapping(x).named("y")
    of = np.stack([np.tanh(y), overlapping(y)]).sum()
    feeds = {"x": np.arange(3.0)}
    step = dp.compile(of, executor=tape)
    with pytest.warns(FallbackWarning) as told:
        value, gradients = step(feeds)
    (warning,) = told
    text = str(warning.message)
    assert "calls its forward rule" in text
    assert "y (3,) float64" in text
    assert "doubled, from" in text
    assert "overlap" in text
    assert_allclose(value, dp.forward(of, feeds))
    assert_allclose(gradients["x"], dp.backprop(of, feeds).gradients["x"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(feeds)


def test_in_a_group_the_part_is_named(tape, overlapping):
    @overlapping.lower
    def _(to, x):
        out = to.result()
        with to.by_blocks(out) as group:
            group.copy(x, out)
            group.copy(x, out._replace(strides=(8, 0)))
        return out

    g = dp.Graph()
    x = g.input("x", (4, 3))
    of = overlapping(np.negative(x)).named("y")
    with pytest.warns(FallbackWarning, match="doubled"):
        value, _ = dp.compile(of, wrt=[], executor=tape)({"x": np.ones((4, 3))})
    assert_array_equal(value, np.full((4, 3), -2.0))


def test_a_program_that_no_tape_holds_is_interpreted_and_a_warning_says_why(tape, monkeypatch):
    def full(*_, **__):
        raise ValueError("buffer 0: too much memory")

    monkeypatch.setattr("dagprop.program.tape.NativeTape", full)
    g = dp.Graph()
    x = g.input("x", (2,))
    of = (x * 2).named("y")
    step = dp.compile(of, wrt=[], executor=tape)
    feeds = {"x": np.array([1.0, 2.0])}
    with pytest.warns(FallbackWarning, match="calls the forward rule of every operator") as told:
        first, _ = step(feeds)
    assert "y (2,) float64" in str(told[0].message)
    assert "too much memory" in str(told[0].message)
    second, _ = step(feeds)
    assert first is not second
    assert first.tolist() == second.tolist() == [2.0, 4.0]


def test_what_is_interpreted_gives_arrays_of_ones_own_and_takes_what_a_tape_takes(tape, monkeypatch):
    def full(*_, **__):
        raise ValueError("buffer 0: too much memory")

    monkeypatch.setattr("dagprop.program.tape.NativeTape", full)
    x = dp.Graph().input("x", ("n",))
    step = dp.compile(x[::-1], wrt=[], executor=tape, passes=[])
    fed = np.array([1.0, 2.0])
    with pytest.warns(FallbackWarning):
        reversed_, longer = [step({"x": x})[0] for x in (fed, np.arange(3.0))]
    reversed_[...] = 7
    assert fed.tolist() == [1, 2]
    assert longer.tolist() == [2, 1, 0]
    assert_array_equal(step({"x": np.arange(3)})[0], np.array([2.0, 1.0, 0.0]), strict=True)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("value", [-np.inf, -0.0, 0.0, 4.0, np.nan])
def test_a_power_of_one_half_is_a_square_root_of_one_number_too(tape, shape, value):
    g = dp.Graph()
    x = g.input("x", shape)
    for of in (x**0.5, 1 / x**0.5):
        feeds = {"x": np.full(shape, value)}
        made = dp.compile(of, wrt=[], executor=tape, passes=[])(feeds)[0]
        assert_array_equal(made, dp.forward(of, feeds))


@pytest.mark.parametrize("shapes", [((), ()), ((1,), ()), ((), (1,)), ((1,), (1,)), ((3,), (1,)), ((3,), (3,))])
def test_how_an_exponent_lies_decides_as_it_does_for_numpy(tape, shapes):
    g = dp.Graph()
    x, p = g.input("x", shapes[0]), g.input("p", shapes[1])
    of = x**p
    for value in (-np.inf, -0.0, 4.0):
        feeds = {"x": np.full(shapes[0], value), "p": np.full(shapes[1], 0.5)}
        made = dp.compile(of, wrt=[], executor=tape, passes=[])(feeds)[0]
        assert_array_equal(made, dp.forward(of, feeds), err_msg=str((shapes, value)))
        assert_array_equal(np.signbit(made), np.signbit(dp.forward(of, feeds)))
