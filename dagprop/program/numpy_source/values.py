"""Plain values as Python writes them: numbers, dtypes, slices, arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dagprop.dimension import Dim, Writing


def written(value: Any, size: Callable[[str], str]) -> str:
    """A value as text; `size` says what stands for a dimension of this name.

    >>> written((3, np.dtype("f4"), slice(1, None), float("inf")), str)
    'np.s_[3, np.float32, 1:, np.inf]'
    """
    if isinstance(value, Dim):
        return value.written(Writing(size))[0]
    if isinstance(value, tuple):
        sliced = any(isinstance(part, slice) for part in value)
        parts = ", ".join(map(partial(index if sliced else written, size=size), value))
        comma = "," if len(value) == 1 else ""
        return f"np.s_[{parts}{comma}]" if sliced else f"({parts}{comma})"
    if isinstance(value, list):
        return f"[{', '.join(written(part, size) for part in value)}]"
    if isinstance(value, slice):
        return f"np.s_[{index(value, size)}]"
    if isinstance(value, np.dtype):
        return f"np.{value.name}" if value.isnative else f"np.dtype({value.str!r})"
    if isinstance(value, np.longdouble | np.clongdouble):
        return repr(value)  # with all its digits, as a text
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({written(value.item(), size)})"  # which keeps its dtype among others
    if isinstance(value, np.ndarray):
        return literal(value)
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__}([{', '.join(sorted(written(part, size) for part in value))}])"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{written(key, size)}: {written(part, size)}' for key, part in value.items())}}}"
    if isinstance(value, type) or callable(value):
        return numpy_name(value) or value.__name__
    if isinstance(value, complex):
        return f"complex({written(value.real, size)}, {written(value.imag, size)})"
    if isinstance(value, float) and not np.isfinite(value):
        return {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}[repr(value)]
    return "..." if value is Ellipsis else repr(value)


def index(entry: Any, size: Callable[[str], str]) -> str:
    """An entry of an index.

    >>> index(slice(None, None, 2), str)
    '::2'
    """
    if not isinstance(entry, slice):
        return written(entry, size)
    start, stop, step = ("" if part is None else written(part, size) for part in (entry.start, entry.stop, entry.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def numpy_name(function: Any) -> str:
    """What a function of NumPy's is called where `np` is NumPy; empty for any other.

    >>> numpy_name(np.sum), numpy_name(np.linalg.norm), numpy_name(len)
    ('np.sum', 'np.linalg.norm', '')
    """
    name = getattr(function, "__name__", "")
    if getattr(np, name, None) is function:
        return f"np.{name}"
    module = getattr(function, "__module__", None) or ""
    known = module.startswith("numpy.") and getattr(sys.modules.get(module), name, None) is function
    return f"np.{module.removeprefix('numpy.')}.{name}" if known else ""


SMALL = 64
"""Arrays of up to this many numbers are written out."""


def readable(value: np.ndarray[Any, Any]) -> bool:
    """Whether an array is written out: it is small, and its numbers are what Python calls numbers."""
    return not value.size or (value.size <= SMALL and value.dtype.char not in "gG")


def literal(value: np.ndarray[Any, Any]) -> str:
    """An array as one writes it.

    >>> literal(np.array([1.5, np.inf])), literal(np.zeros((0, 2), np.int64))
    ('np.array([1.5, np.inf], dtype=np.float64)', 'np.zeros((0, 2), dtype=np.int64)')
    """
    dtype = f"dtype={written(value.dtype, str)}"
    if not value.size:
        return f"np.zeros({value.shape!r}, {dtype})"
    return f"np.array({written(value.tolist(), str)}, {dtype})"
