"""Instructions of single numbers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("dagprop.program._tape")

from tape_cases import UFUNCS
from tape_writer import Writer


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nout == 1 and u.signature is None], ids=lambda u: u.__name__)
def test_single_numbers(ufunc, dtype):
    code = np.dtype(dtype).char
    if code * ufunc.nin + "->" + code not in ufunc.types:
        pytest.skip("has no such loop")
    arrays = tuple(np.array(v, dtype) for v in (0.7, 0.3)[: ufunc.nin])
    for kind, tolerance in (("loop", 0), ("scalar", 4 * np.finfo(dtype).eps)):
        w = Writer()
        w.loop(ufunc, *[w.input((), dtype) for _ in arrays], w.output((), dtype), kind=kind)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(w.tape()(arrays)[0], ufunc(*arrays), rtol=tolerance)


def test_single_numbers_form_stretches():
    w = Writer()
    x, t, out = w.input((), "f8"), w.scratch((), "f8"), w.output((), "f8")
    for _ in range(3):
        w.loop(np.add, x, x, t)
    w.loop(np.tanh, t, t)
    w.loop(np.multiply, t, t, out)
    tape = w.tape()
    assert tape.info["ops"] == 3
    assert tape.disassemble() == [
        "0: scalar add  b0+0, b0+0 -> b1+0",
        "1: scalar add  b0+0, b0+0 -> b1+0",
        "2: scalar add  b0+0, b0+0 -> b1+0",
        "3: tanh (1,)  b1+0 -> b1+0",
        "4: scalar multiply  b1+0, b1+0 -> b2+0",
    ]
    assert tape((np.array(0.5),))[0] == np.tanh(1.0) ** 2
