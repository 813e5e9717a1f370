"""What becomes of nodes: loops and views, and calls only for what has none."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.program import lowering
from dagprop.program.instructions import CALL, COPY, FRAGILE, GUFUNC, LOOP, REDUCE
from dagprop.program.lowering import Lowering


def lowered(of, leaves):
    return Lowering(leaves, ancestors([of, *leaves]), [of]).instructions


def kinds(of, leaves):
    return [instruction.kind for instruction in lowered(of, leaves)]


@pytest.fixture
def x():
    return dp.Graph().input("x", (3, 4))


VIEWS = {
    "transpose": lambda x: x.T,
    "slice": lambda x: x[1:, ::-1],
    "reshape": lambda x: np.reshape(x, (2, 6)),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "diagonal": np.diagonal,
    "flip": lambda x: np.flip(x, axis=1),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_costs_nothing(x, view):
    assert kinds(np.tanh(view(x)), [x]) == [LOOP]


def test_a_view_that_is_an_output_is_copied_once(x):
    assert kinds(x.T, [x]) == [COPY]


def test_a_view_that_numpy_would_copy_is_copied(x):
    assert kinds(np.tanh(np.reshape(x.T, (12,))), [x]) == [COPY, LOOP]
    assert kinds(np.tanh(x[[0, 2]]), [x]) == [CALL, LOOP]


def test_ufuncs_are_loops_and_casts_are_copies():
    g = dp.Graph()
    x, y = g.input("x", (3,), np.float32), g.input("y", (3,), np.float64)
    assert kinds(np.tanh(x) * y, [x, y]) == [LOOP, COPY, LOOP]
    assert kinds(np.where(x > 0, x, y), [x, y]) == [LOOP, COPY, LOOP]
    assert kinds(x.astype(np.float64), [x]) == [COPY]


def test_casts_that_c_leaves_open_are_calls_of_numpy():
    g = dp.Graph()
    x, n = g.input("x", (3,), np.float32), g.input("n", (3,), np.int8)
    assert kinds(n * x, [n, x]) == [COPY, LOOP]
    assert kinds(x.astype(np.int8), [x]) == [CALL]
    assert kinds(x.astype(np.float16), [x]) == [CALL]
    assert kinds(np.concatenate([x, n.astype(np.float16)]), [x, n]) == [CALL, COPY, CALL]


def test_a_view_that_is_not_what_was_promised_is_left_to_the_call(x):
    @dp.operator(view=True)
    def row(x):
        return x[:1]

    row.infer(lambda x: dp.Spec((3, 4), x.dtype))
    assert kinds(row(x), [x]) == [CALL]


def test_kinds_of_nodes_can_be_called_instead(x):
    y = np.tanh(x) + 1
    nodes = ancestors([y, x])
    called = {lowering.kind_of(node) for node in nodes if node.what == "tanh"}
    made = Lowering([x], nodes, [y], called).instructions
    assert [instruction.kind for instruction in made] == [CALL, LOOP]


def test_products_read_transposed_matrices_where_they_lie():
    g = dp.Graph()
    a, b, v = g.input("a", (3, 4)), g.input("b", (3, 4)), g.input("v", (4,))
    assert kinds(a @ b.T, [a, b]) == [GUFUNC]
    assert kinds(a.T @ b, [a, b]) == [GUFUNC]
    assert kinds(a @ v, [a, v]) == [GUFUNC]
    assert kinds(v @ v, [v]) == [GUFUNC]
    assert kinds(a[:, ::2] @ b[:, ::2].T, [a, b]) == [COPY, COPY, GUFUNC]  # no matrix that BLAS knows


REDUCTIONS = {
    "sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "any": np.logical_or,
    "all": np.logical_and,
}  # fmt: skip


@pytest.mark.parametrize(("name", "ufunc"), REDUCTIONS.items())
def test_reductions_are_reductions_of_a_ufunc(x, name, ufunc):
    of = x > 0 if name in ("any", "all") else x
    made = lowered(getattr(np, name)(of, axis=1), [x])
    assert (made[-1].kind, made[-1].function) == (REDUCE, ufunc)


def test_the_largest_of_nothing_is_numpy_s_to_refuse():
    g = dp.Graph()
    x = g.input("x", (0, 3))
    assert kinds(np.max(x, axis=1), [x]) == [REDUCE]
    assert kinds(np.sum(x, axis=0), [x]) == [REDUCE]


def test_joining_copies_into_place(x):
    made = lowered(np.concatenate([x, x, x], axis=1), [x])
    assert [i.kind for i in made] == [COPY] * 3
    assert [i.writes[0].offset for i in made] == [0, 32, 64]
    assert len({i.writes[0].storage for i in made}) == 1


def test_what_has_no_loop_is_called_with_its_attributes():
    g = dp.Graph()
    x = g.input("x", (4,))
    (call,) = lowered(np.cumsum(x, axis=0), [x])
    assert call.kind == CALL
    assert call.function(np.arange(4.0)).tolist() == [0, 1, 3, 6]


def test_an_output_that_is_an_input_or_doubled_is_a_copy():
    g = dp.Graph()
    x = g.input("x", (3,))
    y = np.tanh(x)
    made = Lowering([x], ancestors([y, x]), [y, y, x]).instructions
    assert [i.kind for i in made] == [LOOP, COPY, COPY]


def test_values_are_laid_out_as_their_operands_are(x):
    (loop, _) = lowered(np.tanh(x.T) @ np.ones((3, 1)), [x])
    assert loop.kind == LOOP
    assert loop.writes[0].contiguous
    assert loop.reads[0].contiguous


def test_which_operators_are_lowered_as_they_are():
    core = {op.name: op for op in dp.registry if op.namespace == "core"}
    assert lowering.keeps(core["tanh"])
    assert lowering.keeps(core["matmul"])
    assert not lowering.keeps(core["sigmoid"])
    assert not lowering.keeps(core["softmax"])


@pytest.mark.parametrize("ufunc", FRAGILE, ids=lambda ufunc: ufunc.__name__)
def test_fragile_loops_read_packed_operands(ufunc, tape):
    g = dp.Graph()
    x = g.input("x", (64,))
    made = np.stack([ufunc(x[::8]), ufunc(x[::-8])], axis=1).sum(axis=1)
    data = np.arange(64.0)
    value, _ = dp.compile(made.sum(), wrt=[], executor=tape)({"x": data})
    assert_allclose(value, np.stack([ufunc(data[::8]), ufunc(data[::-8])], axis=1).sum())
    assert all(i.reads[0].contiguous for i in lowered(made, [x]) if i.function is ufunc)


def test_a_ufunc_of_anyones_is_a_loop():
    special = pytest.importorskip("scipy.special")

    erf = dp.elementwise(special.erf, text="erf({x})")

    @erf.derivative
    def _(x):
        return 2 / np.sqrt(np.pi) * np.exp(-x * x)

    g = dp.Graph()
    x = g.input("x", (5,))
    step = dp.compile(erf(x).sum(), wrt=[x])
    data = np.linspace(-1, 1, 5)
    _, gradients = step({"x": data})
    assert_allclose(gradients["x"], 2 / np.sqrt(np.pi) * np.exp(-data * data))
    assert CALL not in kinds(erf(x).sum(), [x])


@pytest.mark.filterwarnings("ignore:Degrees of freedom", "ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_the_variance_of_too_few_is_numpys(size, tape):
    x = dp.Graph().input("x", ("n", 2))
    values = np.arange(2.0 * size).reshape(size, 2)
    expected = np.var(values, axis=0, ddof=2)
    step = dp.compile(np.var(x, axis=0, ddof=2), wrt=[], executor=tape)
    np.testing.assert_array_equal(step({"x": values})[0], expected)


@pytest.mark.filterwarnings("ignore:Degrees of freedom")
@pytest.mark.parametrize("name", ["var", "std"])
def test_what_is_required_of_operands_is_not_asked_again_at_the_sizes_that_are_fed(name, executor):
    x = dp.Graph().input("x", ("n", 0))
    y = getattr(np, name)(x, axis=0, ddof=1)
    feeds = {"x": np.zeros((1, 0))}
    np.testing.assert_array_equal(dp.compile(y, wrt=[], executor=executor)(feeds)[0], dp.forward(y, feeds))


def test_windows_that_do_not_fit_what_is_fed_are_refused_by_all(tape):
    x = dp.Graph().input("x", ("n",))
    slope = dp.gradient(np.sum(dp.windows(x, size=(2,), stride=(1,))), x)
    feeds = {"x": np.zeros(1)}
    with pytest.raises(dp.errors.DagpropError, match="a window of size 2 does not fit an axis of size 1"):
        dp.forward(slope, feeds)
    with pytest.raises(dp.errors.DagpropError, match="a window of size 2 does not fit an axis of size 1"):
        dp.compile(slope, wrt=[], executor=tape)(feeds)
