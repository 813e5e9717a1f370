"""Instructions, and the loops of NumPy that they run."""

import numpy as np

from dagprop.program.instructions import loop_dtypes


def test_the_dtypes_of_a_loop_are_numpy_s():
    f32, f64, i64 = (np.dtype(name) for name in ("f4", "f8", "i8"))
    assert loop_dtypes(np.add, (f32, f64)) == (f64, f64, f64)
    assert loop_dtypes(np.divide, (i64, i64)) == (f64, f64, f64)
    assert loop_dtypes(np.tanh, (f32,)) == (f32, f32)
