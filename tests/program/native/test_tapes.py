"""Whole tapes, drawn at random, do what their instructions mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

tape_module = pytest.importorskip("dagprop.program._tape")

from tape_cases import numbers  # noqa: E402

Tape = tape_module.Tape


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
