"""Reading the cases: one `.npz` holds a JSON index and, for each dtype, all arrays end to end."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from alone import run_alone

import dagprop as dp
from dagprop.program import NumpySource

DATA = Path(__file__).parent / "data"


class Store:
    """The arrays of a file, and its index decoded: `{"a": [dtype, offset, shape]}` stands for an array."""

    def __init__(self, name: str) -> None:
        with np.load(DATA / name) as file:
            self.buffers = {key: file[key] for key in file.files}
        self.index: dict[str, Any] = json.loads(self.buffers.pop("index").tobytes())

    def array(self, value: dict[str, Any]) -> np.ndarray:
        dtype, offset, shape = value["a"]
        size = int(np.prod(shape, dtype=np.int64))
        return self.buffers[dtype][offset : offset + size].reshape(shape).copy()

    def decode(self, value: Any, array: Any = None, ref: Any = None) -> Any:
        """A value of the index; `array` and `ref` say what an array and a reference to a node become."""
        if isinstance(value, list):
            return [self.decode(item, array, ref) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        if kind == "a":
            found = self.array(value)
            return found if array is None else array(found)
        if kind == "ref":
            return ref(content)
        if kind in ("list", "tuple", "slice"):
            items = [self.decode(item, array, ref) for item in content]
            return {"list": list, "tuple": tuple, "slice": lambda parts: slice(*parts)}[kind](items)
        return {"ellipsis": lambda _: Ellipsis, "dtype": np.dtype, "float": float}[kind](content)


def _executors() -> list[Any]:
    """What programs are run by: NumPy source, and the tape, checking itself, where it was built."""
    try:
        from dagprop.program.tape import Tape
    except ImportError:
        return [NumpySource()]
    return [NumpySource(), Tape(2, checked=True)]


EXECUTORS = _executors()


@dataclass
class Count:
    """What the run has seen of one kind of case."""

    passed: int = 0
    total: int = 0
    programs: Counter[str] = field(default_factory=Counter)
    uncovered: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        names = ", ".join(f"{name} {n}" for name, n in sorted(self.uncovered.items()))
        programs = ", ".join(f"{name} {n}" for name, n in self.programs.items())
        return (
            f"{self.passed} of {self.total} covered cases pass; as programs: {programs}; uncovered: {names or 'none'}"
        )


def hold_gradients(
    total: Any, wrt: list[Any], feeds: dict[Any, np.ndarray], expected: list[np.ndarray], count: Count
) -> None:
    """Compare the gradients that the interpreter finds with the answers, and then those of compiled programs."""
    value, *gradients = dp.forward([total, *dp.gradient(total, wrt)], feeds)
    for answer, found in zip(expected, gradients, strict=True):
        np.testing.assert_allclose(found, answer, rtol=1e-7, atol=1e-9, strict=True)
    for executor in EXECUTORS:
        step = dp.compile(total, wrt=wrt, executor=executor)
        result, by_name = step({node.name: array for node, array in feeds.items()})
        np.testing.assert_allclose(result, value, rtol=1e-9, atol=1e-12, strict=True)
        for node, answer in zip(wrt, expected, strict=True):
            np.testing.assert_allclose(by_name[node.name], answer, rtol=1e-7, atol=1e-9, strict=True)
        count.programs[executor.name] += 1
    alone, by_name = run_alone(step, feeds)
    np.testing.assert_allclose(np.asarray(alone), value, rtol=1e-9, atol=1e-12, strict=True)
    for node, answer in zip(wrt, expected, strict=True):
        np.testing.assert_allclose(np.asarray(by_name[node.name]), answer, rtol=1e-7, atol=1e-9, strict=True)
