"""What runs a program: an executor turns a simplified graph into a function of arrays.

An executor is brought by a plugin (hook `dagprop_executors`), as operators are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from dagprop.node import Node
from dagprop.operator import Operator
from dagprop.program import numpy_source
from dagprop.spec import Dim

Array = np.ndarray[Any, Any]
Step: TypeAlias = Callable[[Sequence[Array]], Sequence[Array]]
"""From an array for each leaf to an array for each output; ValueError or TypeError for arrays that do not fit."""


@dataclass(frozen=True)
class Work:
    """What an executor is given: the leaves, all nodes with operands first, the outputs and their labels.

    `labels` names the outputs after the first.  What a step returns must stay valid after the next call unless
    `reuse_outputs`.
    """

    leaves: Sequence[Node]
    order: Sequence[Node]
    outputs: Sequence[Node]
    labels: Sequence[str]
    reuse_outputs: bool = False


class Executor(Protocol):
    """A way to run a program.

    `settled` says whether every dimension must be a number: the program is then made anew for each combination
    of sizes that is fed.
    """

    name: str
    settled: bool

    def keeps(self, operator: Operator) -> bool:
        """Whether the operator is run as it is; others are expanded by their own rules."""

    def build(self, work: Work) -> Step:
        """The function that runs the work."""


class NumpySource:
    """Runs a program as the NumPy source that it is written out to."""

    name = "numpy"
    settled = False

    def keeps(self, operator: Operator) -> bool:
        """What a NumPy function stands for."""
        return numpy_source.keeps(operator)

    def build(self, work: Work) -> Step:
        """The source, compiled by Python, behind a check of what it is fed."""
        function = numpy_source.write(work.leaves, work.order, work.outputs, work.labels).function()
        specs = [(leaf.dtype, leaf.shape) for leaf in work.leaves]

        def step(arrays: Sequence[Array]) -> Sequence[Array]:
            sizes: dict[Any, int] = {}
            for array, (dtype, shape) in zip(arrays, specs, strict=True):
                if type(array) is not np.ndarray or array.dtype != dtype or not _fits(array.shape, shape, sizes):
                    raise ValueError("the arrays do not fit")
            with np.errstate(all="ignore"):
                value, others = function(*arrays)
            return [np.asarray(value), *others.values()]

        return step


def _fits(given: tuple[int, ...], wanted: Sequence[int | Dim], sizes: dict[Any, int]) -> bool:
    return len(given) == len(wanted) and all(
        size == (sizes.setdefault(n, size) if isinstance(n, Dim) else n) for size, n in zip(given, wanted, strict=True)
    )
