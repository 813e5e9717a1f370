"""A ufunc is known by the object: one of others that has a name of NumPy's runs its own loop."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("dagprop.program._tape")
special = pytest.importorskip("scipy.special")

from foreign_ufuncs import REORDERABLE, ZERO, foreign_ufunc  # noqa: E402
from tape_cases import UFUNCS, numbers, same_bits  # noqa: E402
from tape_writer import Writer  # noqa: E402

BINARY = [u.__name__ for u in UFUNCS if "dd->d" in u.types and u.signature is None]
UNARY = [u.__name__ for u in UFUNCS if "d->d" in u.types]


@pytest.mark.parametrize("shape", [(), (5,)])
@pytest.mark.parametrize("kind", ["loop", "scalar"])
@pytest.mark.parametrize("name", UNARY + BINARY)
def test_a_foreign_ufunc_with_a_name_of_numpys_runs_its_own_loop(name, kind, shape):
    arrays = tuple(numbers(shape, "f8") for _ in range(2 if name in BINARY else 1))
    ufunc = foreign_ufunc(name, lambda x, y=0.0: 100 * x + y, len(arrays))
    w = Writer()
    w.loop(ufunc, *[w.input(shape, "f8") for _ in arrays], w.output(shape, "f8"), kind=kind)
    same_bits(w.tape()(arrays)[0], np.asarray(100 * arrays[0] + (arrays[1] if name in BINARY else 0)))


@pytest.mark.parametrize("ufunc", [special.log1p, special.expm1, special.exp2, special.cbrt], ids=lambda u: u.__name__)
def test_scipys_function_of_one_number_has_scipys_bits(ufunc):
    w = Writer()
    w.loop(ufunc, w.input((), "f8"), w.output((), "f8"), kind="scalar")
    tape = w.tape()
    for x in np.linspace(0.01, 3, 300):
        same_bits(tape((np.array(x),))[0], np.asarray(ufunc(x)))


def test_a_foreign_reduction_runs_its_own_loop():
    ufunc = foreign_ufunc("add", lambda x, y: x + 2 * y, 2, ZERO)
    w = Writer()
    w.reduce(ufunc, w.input((50, 4), "f8"), w.output((1, 4), "f8"))
    x = numbers((50, 4), "f8")
    same_bits(w.tape()((x,))[0], 0 + sum(2 * row for row in x).reshape(1, 4))


def test_what_a_foreign_reduction_starts_from_is_what_it_says():
    x = -numbers((6, 4), "f8")
    w = Writer()
    w.reduce(foreign_ufunc("larger", max, 2, REORDERABLE), w.input((6, 4), "f8"), w.output((6, 1), "f8"))
    same_bits(w.tape()((x,))[0], x.max(1, keepdims=True))
    w = Writer()
    w.reduce(foreign_ufunc("maximum", lambda x, y: x - y, 2), w.input((6, 4), "f8"), w.output((6, 1), "f8"))
    with pytest.raises(ValueError, match="maximum does not reduce: it has no identity, and its order matters"):
        w.tape()
