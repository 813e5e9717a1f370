"""Writes tapes by hand: buffers are declared as they are met, and views are taken as from arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagprop.program._tape import Tape


class View:
    """A view of a buffer, sliced, transposed and broadcast as a NumPy array is."""

    def __init__(self, buffer: int, pattern: np.ndarray, origin: int) -> None:
        self.buffer, self.pattern, self.origin = buffer, pattern, origin

    def __getitem__(self, key: Any) -> View:
        return View(self.buffer, self.pattern[key], self.origin)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.pattern.shape

    @property
    def T(self) -> View:  # noqa: N802
        return View(self.buffer, self.pattern.T, self.origin)

    def to(self, *shape: int) -> View:
        return View(self.buffer, np.broadcast_to(self.pattern, shape), self.origin)

    def reshape(self, *shape: int) -> View:
        pattern = self.pattern.reshape(shape)
        assert np.shares_memory(pattern, self.pattern) or not pattern.size
        return View(self.buffer, pattern, self.origin)

    def code(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...], np.dtype[Any]]:
        offset = self.pattern.__array_interface__["data"][0] - self.origin
        return (self.buffer, offset, self.pattern.shape, self.pattern.strides, self.pattern.dtype)


class Writer:
    """Collects buffers and instructions, then makes a Tape of them."""

    def __init__(self) -> None:
        self.buffers: list[tuple[Any, ...]] = []
        self.instructions: list[tuple[Any, ...]] = []
        self.target = self.instructions

    def _view(self, declaration: tuple[Any, ...], pattern: np.ndarray) -> View:
        self.buffers.append(declaration)
        return View(len(self.buffers) - 1, pattern, pattern.__array_interface__["data"][0])

    def input(self, shape: Any, dtype: Any = "f4") -> View:
        return self._view(("input", np.empty(shape).shape, np.dtype(dtype)), np.empty(shape, dtype))

    def inout(self, shape: Any, dtype: Any = "f4") -> View:
        return self._view(("inout", np.empty(shape).shape, np.dtype(dtype)), np.empty(shape, dtype))

    def output(self, shape: Any, dtype: Any = "f4") -> View:
        return self._view(("output", np.empty(shape).shape, np.dtype(dtype)), np.empty(shape, dtype))

    def scratch(self, shape: Any, dtype: Any = "f4") -> View:
        pattern = np.empty(shape, dtype)
        return self._view(("scratch", pattern.nbytes), pattern)

    def local(self, shape: Any, dtype: Any = "f4") -> View:
        pattern = np.empty(shape, dtype)
        return self._view(("local", pattern[:1].nbytes), pattern)

    def constant(self, value: Any, dtype: Any = "f4") -> View:
        array = np.array(value, dtype)
        return self._view(("constant", array), array)

    def emit(self, kind: str, *rest: Any) -> None:
        self.target.append((kind, *rest))

    def loop(self, ufunc: np.ufunc, *views: View, kind: str = "loop") -> None:
        self.emit(kind, ufunc, self._spread(views, ufunc.nout))

    def where(self, *views: View) -> None:
        self.emit("where", self._spread(views, 1))

    @staticmethod
    def _spread(views: tuple[View, ...], outputs: int) -> tuple[Any, ...]:
        shape = np.broadcast_shapes(*(v.shape for v in views))
        return tuple(v.code() for v in (*(v.to(*shape) for v in views[:-outputs]), *views[-outputs:]))

    def copy(self, source: View, target: View) -> None:
        self.emit("copy", (source.to(*target.shape).code(), target.code()))

    def matmul(self, *views: View) -> None:
        self.emit("gufunc", np.matmul, tuple(v.code() for v in views))

    def reduce(self, ufunc: np.ufunc, source: View, target: View) -> None:
        self.emit("reduce", ufunc, (source.code(), target.code()))

    def begin_group(self) -> None:
        self.target = []

    def end_group(self, block: int = 0) -> None:
        self.instructions.append(("group", self.target, block))
        self.target = self.instructions

    def tape(self, **options: Any) -> Tape:
        return Tape(self.buffers, self.instructions, **options)
