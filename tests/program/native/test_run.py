"""Running a tape: what it is given, what it gives back, many callers at once."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import warnings

import numpy as np
import pytest

tape_module = pytest.importorskip("dagprop.program._tape")
special = pytest.importorskip("scipy.special")

from tape_cases import BUFFERS, call, numbers, same_bits, view  # noqa: E402
from tape_writer import Writer  # noqa: E402

Tape = tape_module.Tape


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


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps what is freed")
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
