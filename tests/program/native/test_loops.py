"""Loops of ufuncs and of gufuncs, copies and casts, over any strides, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dagprop.program._tape")
special = pytest.importorskip("scipy.special")

from tape_cases import UFUNCS, numbers, quick, rearranged, same_bits, shapes, store  # noqa: E402
from tape_writer import Writer  # noqa: E402

from dagprop.program.instructions import has_cast  # noqa: E402

# ---- loops -----------------------------------------------------------------------------------------------------------


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


CASTS = [(a, b) for a in "?bBhHiIlLqQfdgFDG" for b in "?bBhHiIlLqQfdgFDG" if has_cast(np.dtype(a), np.dtype(b))]
EDGES = [0, -0.0, 1, -1, 0.5, 255, 256, 1e9, 2.0**62, -(2.0**63), 2.0**64, 1e300, -1e-310, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize(("dtype", "to"), CASTS)
def test_every_cast_gives_numpy_s_bits(dtype, to):
    kind = np.dtype(dtype).kind
    with np.errstate(all="ignore"):
        if kind in "fc":
            xs = np.array([complex(a, b) for a in EDGES for b in EDGES] if kind == "c" else EDGES).astype(dtype)
        elif kind == "b":
            xs = np.array([True, False, True])
        else:
            limits = np.iinfo(dtype)
            xs = np.array([0, 1, 100, limits.max, limits.max - 1, limits.min, limits.min + 1], dtype)
        want = xs.real.astype(to) if kind == "c" and np.dtype(to).kind == "f" else xs.astype(to)
    for step in (1, -1, 2):
        w = Writer()
        x, out = w.input(xs.shape, dtype), w.output(xs[::step].shape, to)
        w.copy(x[::step], out)
        (got,) = w.tape(checked=True)((xs,))
        np.testing.assert_array_equal(got, want[::step], strict=True)
        np.testing.assert_array_equal(np.signbit(got.real), np.signbit(want[::step].real))


@quick
@given(st.data(), shapes, st.sampled_from(CASTS))
def test_copy_and_cast_over_any_strides(data, shape, dtypes):
    dtype, to = dtypes
    w = Writer()
    x, look_x = store(w, "input", shape, dtype, data.draw(rearranged(shape)))
    out, look_out = store(w, "output", shape, to, data.draw(rearranged(shape)))
    w.copy(x, out)
    xs = numbers(w.buffers[0][1], dtype)
    (got,) = w.tape(checked=True)((xs,))
    xs = xs.real if np.dtype(dtype).kind == "c" and np.dtype(to).kind == "f" else xs
    np.testing.assert_array_equal(look_out(got), look_x(xs).astype(to))


@pytest.mark.parametrize("ufunc", [np.equal, np.add])
def test_integers_that_are_alike_are_one(ufunc):
    """`long` and `long long` are two dtypes of one width; np.equal has a loop for one of them and uint64."""
    w = Writer()
    x, y = w.input(4, "l"), w.input(4, "Q" if ufunc is np.equal else "q")
    w.loop(ufunc, x, y, w.output(4, "?" if ufunc is np.equal else "q"))
    xs, ys = np.array([-1, 0, 3, 2**40]).astype("l"), np.array([0, 0, 3, 1]).astype(y.pattern.dtype)
    np.testing.assert_array_equal(w.tape()((xs, ys))[0], ufunc(xs, ys))


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
