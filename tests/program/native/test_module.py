"""Looking inside a tape."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("dagprop.program._tape")

from tape_cases import softmax_group
from tape_writer import Writer


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
