"""What runs a program: an executor turns a simplified graph into a function of arrays.

An executor is brought by a plugin (hook `dagprop_executors`), as operators are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dagprop.arguments import shown
from dagprop.dimension import Dim
from dagprop.errors import ArgumentError, UnknownError, suggestion
from dagprop.plugin.hookspecs import BUILT_IN_EXECUTORS, Executor, Runnable, check_executor, hookimpl
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry
from dagprop.program import numpy_source
from dagprop.program.work import Work
from dagprop.sealing import sealed

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
                value, others = function(*map(sealed, arrays))  # they are the user's
            return list(map(np.asarray, (value, *others.values())))

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
        return _checked(wanted)
    known = executors()
    if wanted == "auto":
        return known.get("tape", known["numpy"])
    if wanted not in known:
        why = " The native module was not built: `dagprop doctor` says more." if wanted == "tape" else ""
        hint = suggestion(wanted, known) or f"There are auto, {', '.join(known)}."
        raise UnknownError(f"there is no executor {shown(wanted)}. {hint}{why}")
    return known[wanted]


def _checked(wanted: Any) -> Executor:
    """An executor that is given itself, once it is whole and does not bear the name of one of dagprop's own."""
    if isinstance(wanted, type) or not hasattr(wanted, "build"):
        raise UnknownError(f"{shown(wanted)} is neither an executor nor the name of one")
    check_executor(wanted)
    if wanted.name in BUILT_IN_EXECUTORS and type(wanted) not in map(type, dagprop_executors()):
        raise ArgumentError(
            f"the executor {shown(wanted)} is named {wanted.name!r}, as one of dagprop's own: name it otherwise"
        )
    made: Executor = wanted
    return made
