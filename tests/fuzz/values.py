"""Arrays of any dtype: ordinary, at the edges of what the dtype holds, or none of that; in any place in memory."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble",
)  # fmt: skip

FLAVOURS = ("alike",) * 8 + ("ordinary",) * 4 + ("few",) * 2 + ("special",) * 2 + ("edge", "zero")
"""How values are drawn: like an example's, from a normal distribution, ties of few, and what breaks rules."""


def draw(rng: random.Random, shape: tuple[int, ...], dtype: np.dtype[Any], like: np.ndarray, flavour: str) -> Any:
    """An array of random values; `like` holds values that the reader can take, and of integers only those are drawn."""
    bits = np.random.default_rng(rng.getrandbits(64))
    if flavour == "alike" or (like.dtype.kind in "iub" and flavour != "edge"):
        made = _alike(bits, shape, like)
    elif flavour == "ordinary":
        made = bits.normal(size=shape)
    elif flavour == "few":
        made = bits.choice([-1.0, 0.0, 1.0, 2.0], shape)
    elif flavour == "zero":
        made = np.zeros(shape)
    else:
        return _broken(bits, shape, dtype, flavour)
    with np.errstate(all="ignore"):
        if dtype.kind == "c" and bits.random() < 0.8:
            made = made + 1j * bits.permutation(made.ravel()).reshape(shape)
        return _cast(made, dtype)


def _alike(bits: np.random.Generator, shape: tuple[int, ...], like: np.ndarray) -> np.ndarray:
    if not like.size:
        return np.zeros(shape)
    if like.dtype.kind in "iub":
        return bits.choice(like.ravel(), shape)
    low, high = (np.clip(np.nan_to_num(end), -1e3, 1e3) for end in (like.real.min(), like.real.max()))
    return bits.uniform(low, high, shape)


def _broken(bits: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], flavour: str) -> np.ndarray:
    """Values for which rules are seldom thought through, among ordinary ones."""
    if dtype.kind == "b":
        return bits.random(shape) < 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        edges = [0, 1, info.min, info.max, info.max - 1, *([-1] if info.min else [])]
        return np.array([edges[i] for i in bits.integers(0, len(edges), int(np.prod(shape)))], dtype).reshape(shape)
    real = np.finfo(dtype)
    edges = [0.0, -0.0, np.nan, np.inf, -np.inf, real.smallest_subnormal, -real.tiny, 1.0]
    if flavour == "edge":
        large, small = np.ldexp(real.dtype.type(1), [real.maxexp * 3 // 4, real.minexp * 3 // 4])  # sums stay finite
        edges = [large, -large, small, real.tiny, real.smallest_subnormal, real.eps, 1.0, -0.0]
    parts = []
    for _ in range(2 if dtype.kind == "c" else 1):
        odd = np.array(edges, real.dtype)[bits.integers(0, len(edges), shape)]
        parts.append(np.where(bits.random(shape) < 0.4, odd, bits.normal(size=shape).astype(real.dtype)))
    made = np.zeros(shape, dtype)
    made.real = parts[0]
    if len(parts) > 1:
        made.imag = parts[1]
    return made


def _cast(made: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    if dtype.kind in "iu" and made.dtype.kind == "f":
        made = np.trunc(np.clip(made, 0 if dtype.kind == "u" else -100, 100))
    return np.asarray(made).astype(dtype)


def placed(rng: random.Random, array: np.ndarray) -> np.ndarray:
    """The same values elsewhere in memory: in another order, with gaps, backwards, at an odd address."""
    ways = ["as it is", "fortran", "gaps", "backwards", "odd address", "read-only", "bytes swapped", "broadcast"]
    way = rng.choice(ways)
    if way == "fortran":
        return np.asfortranarray(array) if array.ndim else array
    if way == "gaps" and array.ndim:
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if way == "backwards" and array.ndim:
        back = tuple(slice(None, None, -1) for _ in array.shape)
        return np.ascontiguousarray(array[back])[back]
    if way == "odd address":
        room = np.zeros(array.nbytes + 1, np.uint8)
        odd = room[1:].view(array.dtype)[: array.size].reshape(array.shape) if array.size else array
        odd[...] = array
        return odd
    if way == "read-only":
        array = array.copy()
        array.setflags(write=False)
    if way == "bytes swapped":
        return array.astype(array.dtype.newbyteorder())
    if way == "broadcast" and array.ndim and array.size and np.array_equal(array, array[:1].repeat(len(array), 0)):
        return np.broadcast_to(array[:1], array.shape)
    return array
