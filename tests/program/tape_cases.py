"""What tests of the tape run it on: values, ways to store them, views, and tapes that several tests use."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from tape_writer import Writer

rng = np.random.default_rng(0)
shapes = st.lists(st.integers(1, 6), min_size=0, max_size=4).map(tuple)
quick = settings(max_examples=60, deadline=None)
UFUNCS = sorted({getattr(np, n) for n in dir(np) if isinstance(getattr(np, n), np.ufunc)}, key=lambda u: u.__name__)


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


def call(function, shapes_in=((3, 4),), shapes_out=((4,),)):
    w = Writer()
    inputs, outputs = [w.input(s, "f8") for s in shapes_in], [w.output(s, "f8") for s in shapes_out]
    w.emit("call", function, tuple(v.code() for v in inputs), tuple(v.code() for v in outputs))
    return w.tape()


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


def view(buffer=0, offset=0, shape=(4,), strides=(4,), dtype="f4"):
    return (buffer, offset, shape, strides, np.dtype(dtype))


BUFFERS = [
    ("input", (4,), "f4"), ("output", (4,), "f4"), ("scratch", 64), ("constant", np.ones(4, "f4")), ("local", 4),
]  # fmt: skip
