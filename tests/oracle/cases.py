"""Reading the cases: one `.npz` holds a JSON index and, for each dtype, all arrays end to end."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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


@dataclass
class Count:
    """What the run has seen of one kind of case."""

    passed: int = 0
    total: int = 0
    uncovered: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        names = ", ".join(f"{name} {n}" for name, n in sorted(self.uncovered.items()))
        return f"{self.passed} of {self.total} covered cases pass; uncovered: {names or 'none'}"
