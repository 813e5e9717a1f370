"""What is refused when a tape is made: nothing leaves its memory."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

tape_module = pytest.importorskip("dagprop.program._tape")

from tape_cases import BUFFERS, view  # noqa: E402

Tape = tape_module.Tape


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
        (("loop", np.negative, (view(shape=(1,) * 65, strides=(4,) * 65), view(1))), "at most 64"),
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
        (("copy", (view(), view(1, dtype="i2", strides=(2,)))), "C does not say"),
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
