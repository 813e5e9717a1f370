"""Rows chosen and added to by indices."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("dagprop.program._tape")

from tape_cases import numbers, rng, same_bits
from tape_writer import Writer


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
