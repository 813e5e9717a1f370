"""Reductions, against NumPy: any axes, and the same bits on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dagprop.program._tape")

from tape_cases import numbers, quick, rearranged, rng, same_bits, shapes, store
from tape_writer import Writer

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
