"""Plain values as Python writes them: numbers, dtypes, slices, arrays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from dagprop.spec import Dim, Quotient


def written(value: Any, size: Callable[[str], str]) -> str:
    """A value as text; `size` says what stands for a dimension of this name.

    >>> written((3, np.dtype("f4"), slice(1, None), float("inf")), str)
    '(3, np.float32, slice(1, None, None), np.inf)'
    """
    if isinstance(value, Dim):
        return dimension(value, size)
    if isinstance(value, tuple):
        return f"({', '.join(written(part, size) for part in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(written(part, size) for part in value)}]"
    if isinstance(value, slice):
        return f"slice({', '.join(written(part, size) for part in (value.start, value.stop, value.step))})"
    if isinstance(value, np.dtype):
        return f"np.{value.name}"
    if isinstance(value, np.generic):
        return written(value.item(), size)
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


def dimension(dim: Dim, size: Callable[[str], str]) -> str:
    """Arithmetic on named dimensions."""

    def atom(part: str | Quotient) -> str:
        return size(part) if isinstance(part, str) else f"({dimension(part.dim, size)}) // {part.divisor}"

    terms = [
        "*".join([*([str(factor)] if factor != 1 or not term else []), *map(atom, term)])
        for term, factor in dim.terms.items()
    ]
    return " + ".join(terms)


def literal(value: np.ndarray[Any, Any]) -> str:
    """An array as one writes it.

    >>> literal(np.array([1.5, np.inf])), literal(np.zeros((0, 2), np.int64))
    ('np.array([1.5, np.inf], dtype=np.float64)', 'np.zeros((0, 2), dtype=np.int64)')
    """
    dtype = f"dtype=np.{value.dtype.name}"
    if not value.size:
        return f"np.zeros({value.shape!r}, {dtype})"
    numbers = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
    return f"np.array({numbers}, {dtype})"
