"""Ufuncs that NumPy did not make, whatever they are called: as Cython and Numba make them, through its C interface."""

from __future__ import annotations

import ctypes
import functools
import types
from typing import Any

import numpy as np

LOOP = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_ssize_t), ctypes.POINTER(ctypes.c_ssize_t),
    ctypes.c_void_p,
)  # fmt: skip
KEPT: list[Any] = []
"""What ufuncs point to."""


@functools.cache
def ufunc_of(function: Any) -> np.ufunc | None:
    """A ufunc of float64s that does what the function does, and bears its name; None where it has attributes."""
    code = function.__code__
    nin = code.co_argcount
    if code.co_kwonlyargcount or nin > 2:
        return None

    def loop(args: Any, dimensions: Any, steps: Any, _: Any) -> None:
        arrays = [strided(args[i], dimensions[0], steps[i]) for i in range(nin + 1)]
        arrays[-1][...] = function(*arrays[:-1])

    compiled, types_ = LOOP(loop), (ctypes.c_char * (nin + 1))(*[np.dtype(np.float64).num] * (nin + 1))
    loops, data = (ctypes.c_void_p * 1)(ctypes.cast(compiled, ctypes.c_void_p)), (ctypes.c_void_p * 1)(None)
    name = function.__name__.encode()
    KEPT.extend([compiled, types_, loops, data, name])
    return maker()(loops, data, types_, 1, nin, 1, -1, name, b"", 0)


def strided(address: int, count: int, step: int) -> np.ndarray:
    """The float64s from an address on, as an array."""
    interface = {"data": (address, False), "shape": (count,), "strides": (step,), "typestr": "<f8", "version": 3}
    return np.asarray(types.SimpleNamespace(__array_interface__=interface))


@functools.cache
def maker() -> Any:
    """NumPy's PyUFunc_FromFuncAndData."""
    from numpy._core import _multiarray_umath

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer(_multiarray_umath._UFUNC_API, None), ctypes.POINTER(ctypes.c_void_p))
    i, c, p = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
    return ctypes.PYFUNCTYPE(ctypes.py_object, p, p, p, i, i, i, i, c, c, i)(table[1])
