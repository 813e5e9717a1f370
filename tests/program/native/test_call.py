"""Calls of Python out of a tape."""

from __future__ import annotations

import gc

import numpy as np
import pytest

pytest.importorskip("dagprop.program._tape")

from tape_cases import call, numbers, same_bits
from tape_writer import Writer


def test_call_runs_python_on_views():
    x = numbers((3, 4), "f8")
    same_bits(call(lambda x: np.median(x, axis=0))((x,))[0], np.median(x, axis=0))
    two = call(lambda x: (x.sum(0), x.sum()), shapes_out=((4,), ()))
    same_bits(two((x,))[1], np.asarray(x.sum()))


@pytest.mark.parametrize("many", [0, 17, 300])
def test_call_takes_any_number_of_arrays(many):
    tape = call(lambda *xs: np.asarray(sum(xs, 0.0)), [()] * many, [()])
    same_bits(tape(tuple(np.asarray(float(i)) for i in range(many)))[0], np.asarray(many * (many - 1) / 2))
    tape = call(lambda x: tuple(x + i for i in range(many + 2)), [(2,)], [(2,)] * (many + 2))
    np.testing.assert_array_equal(tape((np.zeros(2),)), [[i, i] for i in range(many + 2)])


def test_call_is_given_arrays_of_nothing_as_numpy_makes_them():
    nothing = np.zeros((3, 0))
    seen = []
    w = Writer()
    x, out = w.input((3, 5), "f8")[:, :0], w.output((3, 0), "f8")
    w.emit("call", lambda x: seen.append(x.strides) or x, (x.code(),), (out.code(),))
    same_bits(w.tape()((np.ones((3, 5)),))[0], nothing)
    assert seen == [nothing.strides]


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
