"""Instructions: what a tape is made of."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from dagprop.graph.node import Node
from dagprop.program.layout import View

LOOP, SCALAR, COPY, GUFUNC, REDUCE, CALL = "loop", "scalar", "copy", "gufunc", "reduce", "call"

FRAGILE = (np.negative, np.isfinite)
"""Ufuncs whose loops are wrong for strided results: in NumPy 2.4 on AVX-512, np.negative(x[::8], out=y[::2])."""


class Instruction(NamedTuple):
    """One instruction: what it does, with which function, what it reads and writes, and the node it is work for."""

    kind: str
    function: Any
    reads: tuple[View, ...]
    writes: tuple[View, ...]
    node: Node


@functools.lru_cache(maxsize=1024)
def has_cast(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether a copy may cast so: whether C says what the cast gives.

    It does not where a float may lie beyond an integer's range, and has no float16.  Such casts are calls of NumPy.
    """
    if source == target:
        return True
    return np.float16 not in (source, target) and not (source.kind in "fc" and target.kind in "iu")


@functools.lru_cache(maxsize=4096)
def loop_dtypes(ufunc: np.ufunc, operands: tuple[np.dtype[Any], ...]) -> tuple[np.dtype[Any], ...]:
    """The dtypes that the ufunc's inner loop takes and gives for operands of these dtypes."""
    return tuple(ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout)))
