"""Ufuncs that are not NumPy's but have native loops, as Cython, Numba and SciPy make them: here of Python functions."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
from numpy._core import _multiarray_umath

NO_IDENTITY, REORDERABLE, ZERO = -1, -2, 0
FROM_FUNC_AND_DATA = 1  # where NumPy's table of C functions has PyUFunc_FromFuncAndData

_Loop = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_ssize_t), ctypes.POINTER(ctypes.c_ssize_t),
    ctypes.c_void_p,
)  # fmt: skip
_kept: list[object] = []  # a ufunc refers to what it is made of, and may live as long as the process


def _make_function() -> Callable[..., np.ufunc]:
    pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer_of(_multiarray_umath._UFUNC_API, None), ctypes.POINTER(ctypes.c_void_p))
    prototype = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, *(ctypes.c_int,) * 4, ctypes.c_char_p,
        ctypes.c_char_p, ctypes.c_int,
    )  # fmt: skip
    return prototype(table[FROM_FUNC_AND_DATA])


def foreign_ufunc(name: str, function: Callable[..., float], nin: int, identity: int = NO_IDENTITY) -> np.ufunc:
    """A ufunc with this name and one loop, over float64."""

    def loop(args, dims, steps, data):
        for i in range(dims[0]):
            *inputs, output = [ctypes.c_double.from_address(args[k] + i * steps[k]) for k in range(nin + 1)]
            output.value = function(*[number.value for number in inputs])

    loops, data = (_Loop * 1)(_Loop(loop)), (ctypes.c_void_p * 1)()
    types = ctypes.create_string_buffer(bytes([np.dtype("f8").num] * (nin + 1)))
    text = ctypes.c_char_p(name.encode())
    _kept.append((loops, data, types, text))
    return _make_function()(loops, data, types, 1, nin, 1, identity, text, b"", 0)
