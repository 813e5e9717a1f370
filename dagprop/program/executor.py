"""What runs a program: an executor turns a simplified graph into a function of arrays.

An executor is brought by a plugin (hook `dagprop_executors`), as operators are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dagprop.errors import UnknownError, suggestion
from dagprop.plugin.hookspecs import Executor, Runnable, hookimpl
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.program import numpy_source
from dagprop.program.work import Work
from dagprop.spec import Dim

Array = np.ndarray[Any, Any]


class NumpySource:
    """Runs a program as the NumPy source that it is written out to."""

    name = "numpy"
    settled = False

    def keeps(self, operator: Operator) -> bool:
        """What a NumPy function stands for."""
        return numpy_source.keeps(operator)

    def build(self, work: Work) -> Runnable:
        """The source, compiled by Python, behind a check of what it is fed."""
        function = numpy_source.write(work).function()
        specs = [(leaf.dtype, leaf.shape) for leaf in work.leaves]

        def step(arrays: tuple[Array, ...]) -> Sequence[Array]:
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


@hookimpl
def dagprop_executors() -> Sequence[Executor]:
    """The built-in executors: NumPy source always, the tape where its native module was built."""
    try:
        from dagprop.program.tape import Tape
    except ImportError:
        return [NumpySource()]
    return [NumpySource(), Tape()]


def executors() -> dict[str, Executor]:
    """Every executor there is, by name."""
    return {executor.name: executor for executor in registry.executors}


def find_executor(wanted: str | Executor) -> Executor:
    """The executor of a name; for `"auto"` the tape where there is one, else NumPy source."""
    if not isinstance(wanted, str):
        if not hasattr(wanted, "build"):
            raise UnknownError(f"{wanted!r:.60} is neither an executor nor the name of one")
        return wanted
    known = executors()
    if wanted == "auto":
        return known.get("tape", known["numpy"])
    if wanted not in known:
        why = " The native module was not built: `dagprop doctor` says more." if wanted == "tape" else ""
        hint = suggestion(wanted, known) or f"There are auto, {', '.join(known)}."
        raise UnknownError(f"there is no executor {wanted!r}. {hint}{why}")
    return known[wanted]
