"""Groups: instructions that are run block by block while what they work on is in the cache."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dagprop.program._tape")

from tape_cases import numbers, quick, rng, same_bits, softmax_group
from tape_writer import Writer


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
