"""The native tape against NumPy: every kind of instruction, every way to get one wrong, many callers at once."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

tape_module = pytest.importorskip("dagprop.program._tape")
special = pytest.importorskip("scipy.special")

from foreign_ufuncs import REORDERABLE, ZERO, foreign_ufunc  # noqa: E402
from tape_writer import Writer  # noqa: E402

Tape = tape_module.Tape
rng = np.random.default_rng(0)
shapes = st.lists(st.integers(1, 6), min_size=0, max_size=4).map(tuple)
quick = settings(max_examples=60, deadline=None)


def numbers(shape, dtype):
    """Values on which every ufunc has something to say, none of them special."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.asarray(rng.random(shape) > 0.5)
    if dtype.kind in "iu":
        return np.asarray(rng.integers(1, 9, shape)).astype(dtype)
    return np.asarray(rng.uniform(0.1, 0.9, shape)).astype(dtype)


def same_bits(got, want):
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    np.testing.assert_array_equal(got.view(np.uint8) if got.ndim else got, want.view(np.uint8) if want.ndim else want)


@st.composite
def rearranged(draw, shape):
    """Ways to store an array of this shape: its axes permuted, reversed, with gaps, or repeated."""
    order = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from([1, 1, 1, 2, -1, 0])) for _ in shape]
    return order, steps


def store(w, kind, shape, dtype, layout):
    """A view of a new buffer in a layout, and what turns an array of the buffer's shape into that of the view."""
    order, steps = layout
    if kind == "output":  # what is written has each element once
        steps = [s or 1 for s in steps]
    stored = [1 if s == 0 else n * abs(s) for n, s in zip(shape, steps, strict=True)]
    slices = tuple(slice(None, None, s or 1) for s in steps)

    def look(x):
        x = x.transpose(np.argsort(order)) if stored else x
        return x[slices]

    view = getattr(w, kind)(tuple(stored[i] for i in order), dtype)
    view.pattern = look(view.pattern)
    return view.to(*shape) if kind == "input" else view, lambda x: np.broadcast_to(look(x), shape)


# ---- loops -----------------------------------------------------------------------------------------------------------

UFUNCS = sorted({getattr(np, n) for n in dir(np) if isinstance(getattr(np, n), np.ufunc)}, key=lambda u: u.__name__)
DTYPES = {"?": "?", "l": "i8", "q": "i8", "f": "f4", "d": "f8", "i": "i4"}


def has_tape_types(types):
    return all(c in DTYPES and np.dtype(c) == np.dtype(DTYPES[c]) for c in types.replace("->", ""))


ALL_LOOPS = [
    (u, t)
    for u in [*UFUNCS, special.expit, special.erf, special.gammaln, special.xlogy, special.ndtr, special.log_ndtr]
    if u.signature is None
    for t in sorted(set(u.types))
    if has_tape_types(t)
]


@pytest.mark.parametrize(("ufunc", "types"), ALL_LOOPS, ids=lambda v: getattr(v, "__name__", v))
def test_every_loop_of_every_ufunc_gives_its_result(ufunc, types):
    ins, outs = types.split("->")
    for shape in [(), (7,), (3, 50)]:
        arrays = tuple(numbers(shape, c) for c in ins)
        w = Writer()
        inputs = [w.input(shape, c) for c in ins]
        outputs = [w.output(shape, c) for c in outs]
        w.emit("loop", ufunc, tuple(v.code() for v in [*inputs, *outputs]))
        with np.errstate(all="ignore"):
            want = ufunc(*arrays, signature=tuple(np.dtype(c) for c in (*ins, *outs)))
        for got, expected in zip(w.tape()(arrays), want if ufunc.nout > 1 else (want,), strict=True):
            same_bits(got, np.asarray(expected))


@quick
@given(st.data(), shapes, st.sampled_from(["f4", "f8"]))
def test_loop_over_any_strides(data, shape, dtype):
    w = Writer()
    x, look_x = store(w, "input", shape, dtype, data.draw(rearranged(shape)))
    y, look_y = store(w, "input", shape, dtype, data.draw(rearranged(shape)))
    out, look_out = store(w, "output", shape, dtype, data.draw(rearranged(shape)))
    w.loop(np.arctan2, x, y, out)
    xs, ys = (numbers(b[1], dtype) for b in w.buffers[:2])
    (got,) = w.tape(checked=True)((xs, ys))
    np.testing.assert_allclose(look_out(got), np.arctan2(look_x(xs), look_y(ys)), rtol=1e-6)


def test_loop_over_much_data_is_cut_into_blocks_with_the_same_bits_on_any_number_of_threads():
    w = Writer()
    x, y, out = w.input((700, 1300)), w.input(1300), w.output((700, 1300))
    w.loop(np.multiply, x, y, out)
    arrays = numbers((700, 1300), "f4"), numbers(1300, "f4")
    assert "blocks" in w.tape().disassemble()[0]
    for threads in (1, 2, 3):
        same_bits(w.tape(threads=threads)(arrays)[0], arrays[0] * arrays[1])


def test_where_chooses_without_touching_what_is_not_chosen():
    w = Writer()
    c, x, y, out = w.input(9, "?"), w.input(9), w.input(9), w.output(9)
    w.where(c, x, y, out)
    arrays = numbers(9, "?"), numbers(9, "f4"), np.full(9, np.nan, "f4")
    same_bits(w.tape()(arrays)[0], np.where(*arrays))


@quick
@given(
    st.data(), shapes, st.sampled_from(["?", "i4", "i8", "f4", "f8"]), st.sampled_from(["?", "i4", "i8", "f4", "f8"])
)
def test_copy_and_cast_over_any_strides(data, shape, dtype, to):
    w = Writer()
    x, look_x = store(w, "input", shape, dtype, data.draw(rearranged(shape)))
    out, look_out = store(w, "output", shape, to, data.draw(rearranged(shape)))
    w.copy(x, out)
    xs = numbers(w.buffers[0][1], dtype)
    (got,) = w.tape(checked=True)((xs,))
    np.testing.assert_array_equal(look_out(got), look_x(xs).astype(to))


@pytest.mark.parametrize("dtype", ["?", "i2", "f4", "f8", "c16"])
def test_fill(dtype):
    w = Writer()
    w.copy(w.constant(1, dtype), w.output((3, 5), dtype))
    same_bits(w.tape()(())[0], np.ones((3, 5), dtype))


# ---- gufuncs ---------------------------------------------------------------------------------------------------------


@quick
@given(st.data(), st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.sampled_from(["f4", "f8", "i8"]))
def test_matmul_takes_transposed_and_batched_views(data, n, m, k, dtype):
    batch = data.draw(st.sampled_from([(), (3,), (2, 3)]))
    flip_a, flip_b = data.draw(st.booleans()), data.draw(st.booleans())
    w = Writer()
    a, b = w.input((*batch, k, n) if flip_a else (*batch, n, k), dtype), w.input((m, k) if flip_b else (k, m), dtype)
    out = w.output((*batch, n, m), dtype)
    if flip_a:
        a.pattern = np.swapaxes(a.pattern, -1, -2)
    w.matmul(a, (b.T if flip_b else b).to(*batch, k, m), out)
    xs, ys = numbers(w.buffers[0][1], dtype), numbers(w.buffers[1][1], dtype)
    (got,) = w.tape(checked=True)((xs, ys))
    np.testing.assert_allclose(got, (np.swapaxes(xs, -1, -2) if flip_a else xs) @ (ys.T if flip_b else ys), rtol=1e-5)


def test_other_gufuncs_have_loops_too():
    w = Writer()
    a, b, out = w.input((4, 3), "f8"), w.input((4, 3), "f8"), w.output(4, "f8")
    w.emit("gufunc", np.vecdot, (a.code(), b.code(), out.code()))
    x, y = numbers((4, 3), "f8"), numbers((4, 3), "f8")
    np.testing.assert_allclose(w.tape()((x, y))[0], np.vecdot(x, y))


def test_many_matrices_spread_over_threads():
    w = Writer()
    a, b, out = w.input((64, 20, 30)), w.input((64, 30, 20)), w.output((64, 20, 20))
    w.matmul(a, b, out)
    x, y = numbers((64, 20, 30), "f4"), numbers((64, 30, 20), "f4")
    assert "on 2 threads" in w.tape(threads=2).disassemble()[0]
    np.testing.assert_allclose(w.tape(threads=2)((x, y))[0], x @ y, rtol=1e-5)


# ---- reductions ------------------------------------------------------------------------------------------------------

REDUCTIONS = [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp]


@quick
@given(st.data(), shapes, st.sampled_from(REDUCTIONS), st.sampled_from(["f4", "f8"]))
def test_reduce_over_any_axes_and_strides(data, shape, ufunc, dtype):
    axes = tuple(i for i in range(len(shape)) if data.draw(st.booleans()))
    w = Writer()
    x, look = store(w, "input", shape, dtype, data.draw(rearranged(shape)))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    w.reduce(ufunc, x, w.output(kept, dtype))
    xs = numbers(w.buffers[0][1], dtype)
    (got,) = w.tape(checked=True)((xs,))
    np.testing.assert_allclose(got, ufunc.reduce(look(xs), axis=axes, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["?", "i8"])
@pytest.mark.parametrize("ufunc", [np.logical_or, np.logical_and, np.add, np.bitwise_xor])
def test_reduce_bools_and_integers(ufunc, dtype):
    if ufunc in (np.logical_or, np.logical_and) and dtype != "?":
        dtype = "?"
    w = Writer()
    w.reduce(ufunc, w.input((4, 6), dtype), w.output((4, 1), dtype))
    x = numbers((4, 6), dtype)
    same_bits(w.tape()((x,))[0], ufunc.reduce(x, axis=1, keepdims=True, dtype=dtype))


@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
@pytest.mark.parametrize("shape", [(32, 4), (128, 10), (5, 1000)])
def test_sum_has_the_bits_of_numpys(shape, axis):
    x = rng.normal(size=shape).astype("f4")
    want = x.sum(axis, keepdims=True)
    w = Writer()
    w.reduce(np.add, w.input(shape), w.output(want.shape))
    same_bits(w.tape()((x,))[0], want)


@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
@pytest.mark.parametrize("shape", [(1_000_000, 1), (1, 1_000_000), (1000, 1000), (300_000, 3), (3, 300_000)])
def test_large_sums_are_pairwise_and_the_same_on_any_number_of_threads(shape, axis):
    x = rng.uniform(size=shape).astype("f4")
    want = x.sum(axis, keepdims=True, dtype="f8")
    w = Writer()
    w.reduce(np.add, w.input(shape), w.output(want.shape))
    (one,) = w.tape(threads=1)((x,))
    np.testing.assert_allclose(one, want, rtol=3e-6)
    for threads in (2, 3):
        same_bits(w.tape(threads=threads)((x,))[0], one)


def test_reduce_nothing():
    w = Writer()
    w.reduce(np.add, w.input((0, 3)), w.output((1, 3)))
    same_bits(w.tape()((np.empty((0, 3), "f4"),))[0], np.zeros((1, 3), "f4"))
    w = Writer()
    w.reduce(np.maximum, w.input((0, 3)), w.output((1, 3)))
    with pytest.raises(ValueError, match="maximum of nothing"):
        w.tape()


# ---- indexing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5, 50_000])
@pytest.mark.parametrize("item", [(), (4,), (2, 3)])
@pytest.mark.parametrize("dtype", ["?", "f4", "f8", "c16"])
def test_take_chooses_rows(item, dtype, count):
    w = Writer()
    rows, index, out = w.input((7, *item), dtype), w.input((count, 2), "i8"), w.output((count, 2, *item), dtype)
    w.emit("take", (rows.code(), index.code(), out.code()))
    x, i = numbers((7, *item), dtype), rng.integers(-7, 7, (count, 2))
    same_bits(w.tape(threads=2)((x, i))[0], x[i])


@pytest.mark.parametrize("item", [(), (4,)])
@pytest.mark.parametrize("dtype", ["i4", "i8", "f4", "f8"])
def test_scatter_add_adds_to_rows(item, dtype):
    w = Writer()
    index, values, rows = w.input(20, "i8"), w.input((20, *item), dtype), w.output((7, *item), dtype)
    w.copy(w.constant(0, dtype), rows)
    w.emit("scatter_add", (index.code(), values.code(), rows.code()))
    i, v, want = rng.integers(-7, 7, 20), numbers((20, *item), dtype), np.zeros((7, *item), dtype)
    np.add.at(want, i, v)
    same_bits(w.tape()((i, v))[0], want)


@pytest.mark.parametrize("count", [3, 200_000])
@pytest.mark.parametrize("bad", [7, -8, 2**62, -(2**63)])
def test_index_out_of_bounds_stops_the_run(bad, count):
    w = Writer()
    rows, index, out = w.input((7, 2)), w.input(count, "i8"), w.output((count, 2))
    w.copy(w.constant(0), out)
    w.emit("take", (rows.code(), index.code(), out.code()))
    tape, x, i = w.tape(threads=2), numbers((7, 2), "f4"), np.zeros(count, "i8")
    i[1] = bad
    with pytest.raises(IndexError, match=f"instruction 1: index {bad} is out of bounds") as error:
        tape((x, i))
    assert error.value.instruction == 1
    i[1] = 6
    same_bits(tape((x, i))[0], x[i])


# ---- calls -----------------------------------------------------------------------------------------------------------


def call(function, shapes_in=((3, 4),), shapes_out=((4,),)):
    w = Writer()
    inputs, outputs = [w.input(s, "f8") for s in shapes_in], [w.output(s, "f8") for s in shapes_out]
    w.emit("call", function, tuple(v.code() for v in inputs), tuple(v.code() for v in outputs))
    return w.tape()


def test_call_runs_python_on_views():
    x = numbers((3, 4), "f8")
    same_bits(call(lambda x: np.median(x, axis=0))((x,))[0], np.median(x, axis=0))
    two = call(lambda x: (x.sum(0), x.sum()), shapes_out=((4,), ()))
    same_bits(two((x,))[1], np.asarray(x.sum()))


def test_call_may_not_write_its_inputs_and_may_keep_them():
    kept = []

    def keep(x):
        kept.append(x)
        assert not x.flags.writeable
        return x[0]

    w = Writer()
    x, t, out = w.input((3, 4), "f8"), w.scratch((3, 4), "f8"), w.output(4, "f8")
    w.loop(np.negative, x, t)
    w.emit("call", keep, (t.code(),), (out.code(),))
    a = numbers((3, 4), "f8")
    same_bits(w.tape()((a,))[0], -a[0])
    gc.collect()
    same_bits(kept[0], -a)


@pytest.mark.parametrize(
    ("result", "error"),
    [(np.zeros(5), ValueError), (np.zeros(4, "f4"), ValueError), (None, TypeError), (np.array([None] * 4), ValueError)],
)
def test_call_that_returns_something_else_is_refused(result, error):
    with pytest.raises(error, match="instruction 0"):
        call(lambda x: result)((np.zeros((3, 4)),))


def test_error_of_a_call_passes_through_and_the_tape_still_works():
    fail = True

    def function(x):
        if fail:
            raise KeyError("mine")
        return x[0]

    tape = call(function)
    with pytest.raises(KeyError, match="mine"):
        tape((np.ones((3, 4)),))
    fail = False
    same_bits(tape((np.ones((3, 4)),))[0], np.ones(4))


def test_call_may_call_its_own_tape():
    depth = []

    def function(x):
        depth.append(None)
        return tape((x + 1,))[0] if len(depth) < 4 else x[0]

    tape = call(function)
    same_bits(tape((np.ones((3, 4)),))[0], np.full(4, 4.0))


# ---- groups ----------------------------------------------------------------------------------------------------------


def softmax_group(rows, cols, block):
    """Softmax along rows and the sum of it all, in one pass over memory."""
    w = Writer()
    x, bias, p, total = w.input((rows, cols)), w.input(cols), w.output((rows, cols)), w.output((1, 1))
    z, stat = w.local((rows, cols)), w.local((rows, 1))
    w.begin_group()
    w.loop(np.add, x, bias, z)
    w.reduce(np.maximum, z, stat)
    w.loop(np.subtract, z, stat, z)
    w.loop(np.exp, z, z)
    w.reduce(np.add, z, stat)
    w.loop(np.divide, z, stat, p)
    w.loop(np.square, p, z)
    w.reduce(np.add, z, total)
    w.end_group(block)
    return w


@quick
@given(st.integers(1, 300), st.integers(1, 40), st.sampled_from([0, 1, 3, 64, 1000]))
def test_group_with_statistics_of_rows_and_a_sum(rows, cols, block):
    x, b = rng.normal(size=(rows, cols)).astype("f4"), rng.normal(size=cols).astype("f4")
    p, total = softmax_group(rows, cols, block).tape(checked=True)((x, b))
    e = np.exp(x + b - (x + b).max(1, keepdims=True))
    want = e / e.sum(1, keepdims=True)
    np.testing.assert_allclose(p, want, rtol=1e-5)
    np.testing.assert_allclose(total, (want**2).sum(keepdims=True), rtol=1e-5)


def test_group_has_the_same_bits_on_any_number_of_threads():
    x, b = rng.normal(size=(20_000, 17)).astype("f4"), rng.normal(size=17).astype("f4")
    w = softmax_group(20_000, 17, 0)
    one = w.tape(threads=1)((x, b))
    for threads in (2, 3, 8):
        for got, want in zip(w.tape(threads=threads)((x, b)), one, strict=True):
            same_bits(got, want)


def test_group_over_a_matrix_without_gaps_runs_as_one_long_row():
    w = Writer()
    x, y, t = w.input((3, 100_000)), w.output((3, 100_000)), w.local((3, 100_000))
    w.begin_group()
    w.loop(np.exp, x, t)
    w.loop(np.multiply, t, x, y)
    w.end_group()
    assert "300000 rows" in w.tape().disassemble()[0]
    a = numbers((3, 100_000), "f4")
    same_bits(w.tape(threads=2)((a,))[0], np.exp(a) * a)


def test_group_sums_over_rows_for_each_column():
    w = Writer()
    x, y, out, high = w.input((5000, 7)), w.input((5000, 1)), w.output((1, 7)), w.output((1, 7))
    t = w.local((5000, 7))
    w.begin_group()
    w.loop(np.multiply, x, y, t)
    w.reduce(np.add, t, out)
    w.reduce(np.maximum, t, high)
    w.end_group()
    a, b = numbers((5000, 7), "f4"), numbers((5000, 1), "f4")
    got, highest = w.tape(threads=2)((a, b))
    np.testing.assert_allclose(got, (a * b).sum(0, keepdims=True), rtol=1e-5)
    same_bits(highest, (a * b).max(0, keepdims=True))


def test_group_of_matrices_runs_matmul_and_softmax_on_each_while_it_is_in_cache():
    w = Writer()
    q, k, out, s = w.input((32, 16, 8)), w.input((32, 16, 8)), w.output((32, 16, 16)), w.local((32, 16, 16))
    w.begin_group()
    k.pattern = np.swapaxes(k.pattern, 1, 2)
    w.matmul(q, k, s)
    w.loop(np.exp, s, out)
    w.end_group(2)
    a, b = numbers((32, 16, 8), "f4"), numbers((32, 16, 8), "f4")
    np.testing.assert_allclose(w.tape(threads=2)((a, b))[0], np.exp(a @ np.swapaxes(b, 1, 2)), rtol=1e-5)


def test_group_may_not_see_rows_that_other_blocks_write():
    w = Writer()
    x, y, t = w.input(1000), w.output(999), w.scratch(1000)
    w.begin_group()
    w.loop(np.negative, x[1:], t[1:])
    w.loop(np.exp, t[:-1], y)
    w.end_group()
    with pytest.raises(ValueError, match="part 0: writes rows that part 1 sees as other rows"):
        w.tape()
    w = Writer()
    x, y, total = w.input(1000), w.output(1000), w.output(1)
    w.begin_group()
    w.reduce(np.add, x, total)
    w.loop(np.divide, x, total, y)
    w.end_group()
    with pytest.raises(ValueError, match="sees as other rows"):
        w.tape()
    w = Writer()
    x, total = w.input(1000), w.local(1)
    w.begin_group()
    w.reduce(np.add, x, total.to(1000))
    w.end_group()
    with pytest.raises(ValueError, match="cannot be local"):
        w.tape()


def test_rows_of_a_local_cannot_be_chosen_by_index():
    w = Writer()
    index, rows, out = w.input(8, "i8"), w.local(8), w.output(8)
    w.begin_group()
    w.emit("take", (rows.code(), index.code(), out.code()))
    w.end_group()
    with pytest.raises(ValueError, match="a local has only those of one block"):
        w.tape()


# ---- single numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nout == 1 and u.signature is None], ids=lambda u: u.__name__)
def test_single_numbers(ufunc, dtype):
    code = np.dtype(dtype).char
    if code * ufunc.nin + "->" + code not in ufunc.types:
        pytest.skip("has no such loop")
    arrays = tuple(np.array(v, dtype) for v in (0.7, 0.3)[: ufunc.nin])
    for kind, tolerance in (("loop", 0), ("scalar", 4 * np.finfo(dtype).eps)):
        w = Writer()
        w.loop(ufunc, *[w.input((), dtype) for _ in arrays], w.output((), dtype), kind=kind)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(w.tape()(arrays)[0], ufunc(*arrays), rtol=tolerance)


def test_single_numbers_form_stretches():
    w = Writer()
    x, t, out = w.input((), "f8"), w.scratch((), "f8"), w.output((), "f8")
    for _ in range(3):
        w.loop(np.add, x, x, t)
    w.loop(np.tanh, t, t)
    w.loop(np.multiply, t, t, out)
    tape = w.tape()
    assert tape.info["ops"] == 3
    assert tape.disassemble() == [
        "0: scalar add  b0+0, b0+0 -> b1+0",
        "1: scalar add  b0+0, b0+0 -> b1+0",
        "2: scalar add  b0+0, b0+0 -> b1+0",
        "3: tanh (1,)  b1+0 -> b1+0",
        "4: scalar multiply  b1+0, b1+0 -> b2+0",
    ]
    assert tape((np.array(0.5),))[0] == np.tanh(1.0) ** 2


# ---- ufuncs of others ------------------------------------------------------------------------------------------------

BINARY = [u.__name__ for u in UFUNCS if "dd->d" in u.types and u.signature is None]
UNARY = [u.__name__ for u in UFUNCS if "d->d" in u.types]


@pytest.mark.parametrize("shape", [(), (5,)])
@pytest.mark.parametrize("kind", ["loop", "scalar"])
@pytest.mark.parametrize("name", UNARY + BINARY)
def test_a_foreign_ufunc_with_a_name_of_numpys_runs_its_own_loop(name, kind, shape):
    arrays = tuple(numbers(shape, "f8") for _ in range(2 if name in BINARY else 1))
    ufunc = foreign_ufunc(name, lambda x, y=0.0: 100 * x + y, len(arrays))
    w = Writer()
    w.loop(ufunc, *[w.input(shape, "f8") for _ in arrays], w.output(shape, "f8"), kind=kind)
    same_bits(w.tape()(arrays)[0], np.asarray(100 * arrays[0] + (arrays[1] if name in BINARY else 0)))


@pytest.mark.parametrize("ufunc", [special.log1p, special.expm1, special.exp2, special.cbrt], ids=lambda u: u.__name__)
def test_scipys_function_of_one_number_has_scipys_bits(ufunc):
    w = Writer()
    w.loop(ufunc, w.input((), "f8"), w.output((), "f8"), kind="scalar")
    tape = w.tape()
    for x in np.linspace(0.01, 3, 300):
        same_bits(tape((np.array(x),))[0], np.asarray(ufunc(x)))


def test_a_foreign_reduction_runs_its_own_loop():
    ufunc = foreign_ufunc("add", lambda x, y: x + 2 * y, 2, ZERO)
    w = Writer()
    w.reduce(ufunc, w.input((50, 4), "f8"), w.output((1, 4), "f8"))
    x = numbers((50, 4), "f8")
    same_bits(w.tape()((x,))[0], 0 + sum(2 * row for row in x).reshape(1, 4))


def test_what_a_foreign_reduction_starts_from_is_what_it_says():
    x = -numbers((6, 4), "f8")
    w = Writer()
    w.reduce(foreign_ufunc("larger", max, 2, REORDERABLE), w.input((6, 4), "f8"), w.output((6, 1), "f8"))
    same_bits(w.tape()((x,))[0], x.max(1, keepdims=True))
    w = Writer()
    w.reduce(foreign_ufunc("maximum", lambda x, y: x - y, 2), w.input((6, 4), "f8"), w.output((6, 1), "f8"))
    with pytest.raises(ValueError, match="maximum does not reduce: it has no identity, and its order matters"):
        w.tape()


# ---- what is refused when a tape is made -----------------------------------------------------------------------------


def view(buffer=0, offset=0, shape=(4,), strides=(4,), dtype="f4"):
    return (buffer, offset, shape, strides, np.dtype(dtype))


BUFFERS = [
    ("input", (4,), "f4"), ("output", (4,), "f4"), ("scratch", 64), ("constant", np.ones(4, "f4")), ("local", 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (("loop", np.negative, (view(), view(1, 4))), "a view reaches out of buffer 1, which has 16 bytes"),
        (("loop", np.negative, (view(), view(1, -4))), "reaches out"),
        (("loop", np.negative, (view(0, 0, (5,)), view(2, 0, (5,)))), "reaches out of buffer 0"),
        (("loop", np.negative, (view(strides=(2**62,)), view(1))), "reaches out"),
        (("loop", np.negative, (view(strides=(-(2**63),)), view(1))), "reaches out"),
        (("loop", np.negative, (view(offset=2), view(1))), "not aligned"),
        (("loop", np.negative, (view(shape=(3,), strides=(2,)), view(1, shape=(3,)))), "not aligned"),
        (("loop", np.negative, (view(), view(0))), "buffer 0 is not to be written"),
        (("loop", np.negative, (view(), view(3))), "buffer 3 is not to be written"),
        (("loop", np.negative, (view(), view(9))), "there is no buffer 9"),
        (("loop", np.negative, (view(), view(5))), "there is no buffer 5"),
        (("loop", np.negative, (view(), view(4))), "local to groups"),
        (("loop", np.negative, (view(), view(1, shape=(3,)))), "one shape"),
        (("loop", np.negative, (view(), view(1, shape=(4, 1), strides=(4, 4)))), "one shape"),
        (("loop", np.negative, (view(), view(1, strides=(0,)))), "overlap each other"),
        (("loop", np.negative, (view(2), view(2, 4))), "operand 1 is written over operand 0"),
        (("loop", np.negative, (view(), view(1, dtype="i4"))), "no inner loop"),
        (("loop", np.negative, (view(dtype="O"), view(1))), "not a plain number"),
        (("loop", np.negative, (view(dtype=">f4"), view(1))), "not a plain number"),
        (("loop", np.negative, (view(dtype="M8[s]"), view(1))), "not a plain number"),
        (("loop", np.negative, (view(),)), "a tuple of 2 views"),
        (("loop", np.negative, (view(shape=(-1,)), view(1))), "no view has the shape"),
        (("loop", np.negative, (view(shape=(2**40, 2**40), strides=(0, 0)), view(1))), "no view has the shape"),
        (("loop", np.negative, (view(shape=(4.0,)), view(1))), "shape and strides tuples"),
        (("loop", np.negative, (view(shape=(2**70,)), view(1))), "shape and strides tuples"),
        (("loop", np.negative, (view(shape=(1,) * 17, strides=(4,) * 17), view(1))), "at most 16"),
        (("loop", np.matmul, (view(), view(), view(1))), "is not a ufunc"),
        (("loop", np.frompyfunc(abs, 1, 1), (view(), view(1))), "no inner loop"),
        (("loop", len, (view(), view(1))), "is not a ufunc"),
        (("where", (view(), view(), view(), view(1))), "where takes a bool"),
        (("loop", "where", (view(), view(), view(), view(1))), "is not a ufunc"),
        (("gufunc", np.add, (view(), view(), view(1))), "is not a generalised ufunc"),
        (("gufunc", np.matmul, (view(), view(), view(1))), "operand 0 of matmul has 1 dimensions"),
        (
            ("gufunc", np.vecdot, (view(), view(shape=(3,)), view(1, shape=(), strides=()))),
            "does not fit the signature",
        ),
        (("reduce", np.subtract, (view(), view(1, shape=(1,)))), "subtract does not reduce"),
        (("reduce", np.negative, (view(), view(1, shape=(1,)))), "two operands"),
        (("reduce", np.add, (view(), view(1, shape=(3,)))), "another shape"),
        (("reduce", np.add, (view(2), view(2, shape=(1,)))), "written over"),
        (("copy", (view(), view(1, dtype="i2", strides=(2,)))), "no cast"),
        (("take", (view(), view(), view(1))), "int64 indices"),
        (("take", (view(), view(2, dtype="i8", strides=(8,), shape=(2,)), view(1))), "the shape must be"),
        (("call", len, (), ()), "a call is"),
        (("call", 3, (view(),), (view(1),)), "a call is"),
        (("group", [], 0), "a group is"),
        (("group", [("copy", (view(), view(1)))], -1), "a group is"),
        (("group", [("copy", (view(), view(1)))], 2**62), "a group is"),
        (("group", [("call", len, (view(),), (view(1),))], 0), "no such instruction in a group"),
        (("group", [("copy", (view(), view(4, 4)))], 2), "part 0: a view reaches out of buffer 4, which has 8 bytes"),
        (("jump", 3), "no such instruction"),
        ((), "no such instruction"),
        (None, "no such instruction"),
    ],
)
def test_what_would_leave_its_memory_or_makes_no_sense_is_refused(instruction, message):
    fine = ("copy", (view(), view(1)))
    with pytest.raises(ValueError, match=message) as error:
        Tape(BUFFERS, [fine, instruction])
    assert str(error.value).startswith("instruction 1")
    assert error.value.instruction == 1


@pytest.mark.parametrize(
    "buffer",
    [
        ("scratch", -1), ("scratch", 2**60), ("scratch", "x"), ("input", (2**40, 2**40), "f4"), ("input", 3, "f4"),
        ("input", (3,), "O"), ("input", (3,), "nonsense"), ("constant", [1, 2]), ("constant", np.array([None])),
        ("stack", 3), (), None, ("input", (-1,), "f4"), ("output", (3,)),
    ],
)  # fmt: skip
def test_buffers_that_cannot_be_are_refused(buffer):
    with pytest.raises(ValueError, match="buffer 0"):
        Tape([buffer], [])


anything = st.integers(-100, 100) | st.sampled_from([0, 4, 8, 16, 2**31, 2**62, -(2**63), 2**63 - 1])
wild_views = st.tuples(
    st.integers(-1, 6),
    anything,
    st.lists(st.integers(-1, 9) | anything, max_size=3).map(tuple),
    st.lists(anything, max_size=3).map(tuple),
    st.sampled_from([np.dtype(c) for c in ("f4", "f8", "?", "i8", "c8")]),
)
wild_parts = st.one_of(
    st.tuples(
        st.just("loop"),
        st.sampled_from([np.add, np.exp, np.modf]),
        st.lists(wild_views, max_size=4).map(tuple),
    ),
    st.tuples(st.just("gufunc"), st.just(np.matmul), st.tuples(wild_views, wild_views, wild_views)),
    st.tuples(st.just("reduce"), st.sampled_from([np.add, np.maximum]), st.tuples(wild_views, wild_views)),
    st.tuples(st.just("copy"), st.tuples(wild_views, wild_views)),
    st.tuples(st.just("where"), st.tuples(wild_views, wild_views, wild_views, wild_views)),
    st.tuples(st.sampled_from(["take", "scatter_add"]), st.tuples(wild_views, wild_views, wild_views)),
)
wild_instructions = wild_parts | st.tuples(st.just("group"), st.lists(wild_parts, max_size=3), st.integers(-1, 5))
WILD_BUFFERS = [
    ("input", (8,), "f4"), ("output", (8,), "f4"), ("scratch", 256), ("constant", np.ones(8)), ("inout", (8,), "f4"),
    ("local", 32), ("input", (2,), "i8"),
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(wild_instructions, min_size=1, max_size=2))
def test_wild_instructions_are_refused_or_run(instructions):
    try:
        tape = Tape(WILD_BUFFERS, instructions, checked=True, threads=2)
    except ValueError:
        return
    with contextlib.suppress(IndexError):
        tape((np.ones(8, "f4"), np.ones(8, "f4"), np.zeros(2, "i8")))


# ---- whole programs --------------------------------------------------------------------------------------------------

ITEMS = 96
SEEN = np.dtype("f4")


@st.composite
def places(draw, rows, cols, written):
    """A matrix somewhere in one scratch buffer: without gaps or with, transposed, reversed, repeated, overlapping."""
    strides = [(cols, 1), (cols + 1, 1), (1, rows), (2 * cols, 2), (-cols, 1), (cols, -1)]
    strides = draw(st.sampled_from(strides if written else [*strides, (0, 1), (1, 0), (0, 0), (1, 1)]))
    low = sum(min(0, s * (n - 1)) for s, n in zip(strides, (rows, cols), strict=True))
    high = sum(max(0, s * (n - 1)) for s, n in zip(strides, (rows, cols), strict=True))
    offset = draw(st.integers(-low, ITEMS - 1 - high))
    return (1, 4 * offset, (rows, cols), tuple(4 * s for s in strides), SEEN)


def reduced(place, axes):
    buffer, offset, shape, strides, dtype = place
    return (buffer, offset, tuple(1 if i in axes else n for i, n in enumerate(shape)), strides, dtype)


@st.composite
def parts(draw, rows, cols):
    kind = draw(st.sampled_from(["loop", "copy", "reduce", "where"]))
    x, y, out = (draw(places(rows, cols, written)) for written in (False, False, True))
    if kind == "loop":
        return ("loop", draw(st.sampled_from([np.subtract, np.maximum, np.multiply])), (x, y, out))
    if kind == "copy":
        return ("copy", (x, out))
    if kind == "where":
        truth = (2, draw(st.integers(0, 8)), (rows, cols), (cols, 1), np.dtype("?"))
        return ("where", (truth, x, y, out))
    axes = draw(st.sampled_from([(), (0,), (1,), (0, 1)]))
    return ("reduce", draw(st.sampled_from([np.add, np.maximum])), (x, reduced(out, axes)))


@st.composite
def programs(draw):
    instructions = []
    for _ in range(draw(st.integers(1, 4))):
        rows, cols = draw(st.integers(1, 8)), draw(st.integers(1, 4))
        if draw(st.booleans()):
            instructions.append(draw(parts(rows, cols)))
        else:
            group = draw(st.lists(parts(rows, cols), min_size=1, max_size=4))
            instructions.append(("group", group, draw(st.integers(0, 4))))
    return instructions


def simulate(instruction, memory):
    """What an instruction means, in NumPy."""
    kind, *rest, views = instruction if instruction[0] != "group" else (*instruction[:2], ())
    if kind == "group":
        for part in rest[0]:
            simulate(part, memory)
        return
    *inputs, out = [np.ndarray(shape, dtype, memory[b], offset, strides) for b, offset, shape, strides, dtype in views]
    inputs = [x.copy() for x in inputs]
    if kind == "copy":
        out[...] = inputs[0]
    elif kind == "where":
        out[...] = np.where(*inputs)
    elif kind == "reduce":
        axes = tuple(i for i in range(2) if out.shape[i] != inputs[0].shape[i])
        out[...] = rest[0].reduce(inputs[0], axis=axes, keepdims=True)
    else:
        out[...] = rest[0](*inputs)


def accepted(buffers, instructions):
    """The instructions that a tape takes, among those made at random."""
    for instruction in instructions:
        try:
            Tape(buffers, [instruction])
        except ValueError:
            continue
        yield instruction


@settings(max_examples=500, deadline=None)
@given(programs())
def test_programs_do_what_their_instructions_mean(instructions):
    whole = (0, (ITEMS,), (4,), SEEN)
    memory = {1: numbers(ITEMS, "f4"), 2: numbers(ITEMS, "?")}
    buffers = [("input", (ITEMS,), "f4"), ("scratch", 4 * ITEMS), ("input", (ITEMS,), "?"), ("output", (ITEMS,), "f4")]
    kept = list(accepted(buffers, instructions))
    tape = Tape(buffers, [("copy", ((0, *whole), (1, *whole))), *kept, ("copy", ((1, *whole), (3, *whole)))],
                threads=2, checked=True)  # fmt: skip
    start = memory[1].copy()
    for instruction in kept:
        simulate(instruction, memory)
    np.testing.assert_allclose(tape((start, memory[2]))[0], memory[1], rtol=1e-4, atol=1e-5)


# ---- what is refused when a tape is called ---------------------------------------------------------------------------


def doubling(kind="input", **options):
    w = Writer()
    x, out = getattr(w, kind)((3, 4)), w.output((3, 4))
    w.loop(np.add, x, x, out)
    return w.tape(**options)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ((np.ones((3, 4)),), TypeError, "input 0 has dtype float64, not float32"),
        ((np.ones((4, 3), "f4"),), ValueError, "input 0 does not have the shape"),
        ((np.ones(3, "f4"),), ValueError, "input 0 does not have the shape"),
        (([[1.0]],), TypeError, "input 0 is no array"),
        ((), TypeError, "a tuple of 1 arrays"),
        ([np.ones((3, 4), "f4")], TypeError, "a tuple of 1 arrays"),
    ],
)
def test_wrong_inputs_are_refused(inputs, error, message):
    tape = doubling()
    with pytest.raises(error, match=message):
        tape(inputs)
    same_bits(tape((np.ones((3, 4), "f4"),))[0], np.full((3, 4), 2, "f4"))


@pytest.mark.parametrize(
    "misuse", [lambda t: t(), lambda t: t((), ()), lambda t: t(inputs=())], ids=["none", "two", "by name"]
)
def test_a_tape_takes_one_tuple(misuse):
    with pytest.raises(TypeError, match="one tuple"):
        misuse(doubling())


def test_inputs_of_any_layout_are_taken():
    x = numbers((4, 3), "f4")
    unaligned = np.frombuffer(b"\0" + x.T.tobytes(), "u1")[1:].view("f4").reshape(3, 4)
    tape = doubling()
    for layout in (x.T, np.asfortranarray(x.T), np.repeat(x.T, 2, 1)[:, ::2], x[::-1, ::-1].T[::-1, ::-1], unaligned):
        same_bits(tape((layout,))[0], np.ascontiguousarray(x.T * 2))
    same_bits(tape((x.T.astype(">f4").astype("f4"),))[0], np.ascontiguousarray(x.T * 2))


# ---- memory of the caller --------------------------------------------------------------------------------------------


def test_outputs_are_new_unless_reused():
    ones, twos = np.ones((3, 4), "f4"), np.full((3, 4), 2, "f4")
    tape = doubling()
    first = tape((ones,))[0]
    assert tape((twos,))[0][0, 0] == 4
    assert first[0, 0] == 2
    tape = doubling(reuse_outputs=True)
    first = tape((ones,))
    assert tape((twos,)) is first
    assert first[0][0, 0] == 4


def test_reused_output_may_be_the_next_input():
    tape = doubling(reuse_outputs=True)
    x = np.ones((3, 4), "f4")
    for _ in range(5):
        (x,) = tape((x,))
    assert x[0, 0] == 32


def sgd():
    w = Writer()
    p, g, t = w.inout(5), w.input(5), w.scratch(5)
    w.loop(np.multiply, g, w.constant(0.1), t)
    w.loop(np.subtract, p, t, p)
    return w.tape()


def test_inout_is_updated_in_place():
    tape, p, g = sgd(), np.ones(5, "f4"), np.ones(5, "f4")
    assert tape((p, g)) == ()
    same_bits(p, np.ones(5, "f4") - np.float32(0.1))
    tape((p, g))
    np.testing.assert_allclose(p, 0.8, rtol=1e-6)


def test_inout_must_be_writable_contiguous_and_apart():
    tape, p, g = sgd(), np.ones(9, "f4"), np.ones(5, "f4")
    frozen = p[:5].copy()
    frozen.flags.writeable = False
    for bad in (frozen, p[:5][::-1], np.ones(10, "f4")[::2]):
        with pytest.raises(ValueError, match="input 0 is updated in place, so it must be"):
            tape((bad, g))
    for a, b in ((p[:5], p[4:]), (p[:5], p[:5])):
        for _ in range(2):
            with pytest.raises(ValueError, match="share memory"):
                tape((a, b))
    tape((p[:5], g))
    with pytest.raises(ValueError, match="share memory"):
        tape((p[:5], p[2:7]))
    assert (p[5:] == 1).all()


def test_arrays_may_move_between_calls():
    tape = doubling()
    for value in range(20):
        x = np.full((3, 4), value, "f4")
        assert tape((x,))[0][2, 3] == 2 * value


# ---- floating point, threads, processes, leaks -----------------------------------------------------------------------


def test_floating_point_errors_do_not_warn():
    w = Writer()
    x, out = w.input(3), w.output(3)
    w.loop(np.log, x, out)
    w.loop(np.divide, out, x, out)
    w.emit("loop", special.xlogy, (out.code(), x.code(), w.output(3).code()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = w.tape()((np.array([0, -1, 1], "f4"),))[0]
        np.add(got, 1)
    assert np.isinf(got[0])
    assert np.isnan(got[1])


@pytest.mark.parametrize("count", [3, 500_000])
def test_what_an_inner_loop_raises_passes_through(count):
    w = Writer()
    x, y, out = w.input(count, "i8"), w.input(count, "i8"), w.output(count, "i8")
    w.loop(np.power, x, y, out)
    tape, twos = w.tape(threads=2), np.full(count, 2)
    with pytest.raises(ValueError, match="negative integer powers"):
        tape((twos, -twos))
    same_bits(tape((twos, twos))[0], twos * 2)


def big():
    w = Writer()
    x, t, out, total = w.input(300_000), w.local(300_000), w.output(300_000), w.output(1)
    w.begin_group()
    w.loop(np.tanh, x, t)
    w.loop(np.multiply, t, x, out)
    w.reduce(np.add, t, total)
    w.end_group()
    return w


def test_many_threads_may_call_one_tape():
    tape, x = big().tape(threads=2), [numbers(300_000, "f4") for _ in range(4)]
    want, wrong = [tape((a,)) for a in x], []

    def hammer(which):
        for _ in range(15):
            for got, expected in zip(tape((x[which],)), want[which], strict=True):
                if not np.array_equal(got, expected):
                    wrong.append(which)

    threads = [threading.Thread(target=hammer, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert 1 <= tape.info["states"] <= 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    tape, x = big().tape(threads=2), numbers(300_000, "f4")
    want = tape((x,))
    child = os.fork()
    if child == 0:
        same = all(np.array_equal(a, b) for a, b in zip(tape((x,)), want, strict=True))
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert np.array_equal(tape((x,))[1], want[1])


def resident_bytes():
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc")  # noqa: PTH110
def test_nothing_leaks():
    tape, x = doubling(), numbers((3, 4), "f4")
    failing = call(lambda x: None)
    indexing = Writer()
    rows, index, out = indexing.input(3), indexing.input(1, "i8"), indexing.output(1)
    indexing.emit("take", (rows.code(), index.code(), out.code()))
    bounds = indexing.tape()

    mistakes = [
        lambda: failing((np.ones((3, 4)),)),
        lambda: bounds((np.ones(3, "f4"), np.full(1, 5))),
        lambda: tape((x, x)),
        lambda: doubling()((x,)),
        lambda: Tape([("input", (3,), "O")], []),
        lambda: Tape(BUFFERS, [("group", [("loop", np.negative, (view(), view(4)))] * 3, 0)]),
    ]

    def work(times):
        for _ in range(times):
            tape((x,))
            tape((x.T.copy().T,))
        for _ in range(times // 10):
            for mistake in mistakes:
                with contextlib.suppress(TypeError, ValueError, IndexError):
                    mistake()

    work(20_000)
    gc.collect()
    before = resident_bytes()
    work(100_000)
    gc.collect()
    assert resident_bytes() - before < 2_000_000


def test_a_tape_in_a_circle_is_collected():
    class Program:
        def run(self, x):
            return x[0]

    alive = []
    program = Program()
    program.tape = call(program.run)
    program.watch = type("Watch", (), {"__del__": lambda self: alive.append("gone")})()
    del program
    gc.collect()
    assert alive == ["gone"]


# ---- looking inside --------------------------------------------------------------------------------------------------


def test_disassemble_says_what_runs():
    tape = softmax_group(20_000, 17, 0).tape(threads=2)
    lines = tape.disassemble()
    assert lines[0] == "0: 20000 rows in 105 blocks of 192, on 2 threads"
    assert lines[1] == "    0: add (192, 17)  b0+0, b1+0 -> b4+0"
    assert tape.info["threads"] == 2
    assert tape.info["scratch_bytes"] > 0


def test_disassemble_shows_how_axes_are_merged():
    w = Writer()
    w.loop(np.add, w.input((5, 1, 3, 64)), w.input(64), w.output((5, 1, 3, 64)))
    assert w.tape().disassemble() == ["0: add (15, 64)  b0+0, b1+0 -> b2+0"]


def test_disassemble_shows_the_axes_of_a_block():
    w = Writer()
    x, y, z, total = w.input((1000, 3, 64)), w.input(64), w.output((1000, 3, 64)), w.output((1000, 1, 1))
    w.begin_group()
    w.loop(np.add, x, y, z)
    w.reduce(np.add, z, total)
    w.end_group(block=100)
    assert w.tape().disassemble()[:2] == [
        "0: 1000 rows in 10 blocks of 100, on 1 threads",
        "    0: add (300, 64)  b0+0, b1+0 -> b2+0",
    ]
