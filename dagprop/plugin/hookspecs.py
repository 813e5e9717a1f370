"""The hooks that a plugin may implement.

A plugin is a module (or any object) named by an entry point of the group `dagprop`; the functions in it marked
with `@dp.hookimpl` implement hooks.  The built-in packs are such a plugin, named `core`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import pluggy

from dagprop.arguments import shown
from dagprop.errors import ArgumentError
from dagprop.plugin.operator import Operator
from dagprop.plugin.pack import Pack

Array: TypeAlias = np.ndarray[Any, Any]
Runnable: TypeAlias = Callable[[tuple[Array, ...]], Sequence[Array]]
"""From an array for each leaf to one for each output, in a list or a tuple; an error for arrays that do not fit."""


BUILT_IN_EXECUTORS = ("auto", "numpy", "tape")
"""Names of executors that are dagprop's own, whether or not its native module was built."""


class Executor(Protocol):
    """A way to run a program.

    `name` is what `dp.compile(executor=)` is given: no two have the same, and dagprop's own are its own.  `settled`
    says whether every dimension must be a number: the program is then made anew for each combination of sizes that is
    fed, and kept for the last of them.
    """

    name: str
    settled: bool

    def keeps(self, operator: Operator) -> bool:
        """Whether the operator is run as it is; others are expanded by their own rules."""

    def build(self, work: Any) -> Runnable:
        """The function that runs a `dagprop.program.work.Work`."""


def check_executor(executor: Any) -> None:
    """Refuse what does not have all that an executor has.  ArgumentError says what is missing."""
    name = getattr(executor, "name", None)
    lacks = [method for method in ("build", "keeps") if not callable(getattr(executor, method, None))]
    if not isinstance(getattr(executor, "settled", None), bool):
        lacks.append("settled")
    if type(name) is not str or not name:
        lacks.append("name")
    if lacks:
        raise ArgumentError(
            f"the executor {shown(executor)} lacks {', '.join(lacks)}: an executor has a name, says whether it is "
            "settled (True or False), and has methods `keeps` and `build`"
        )


hookspec = pluggy.HookspecMarker("dagprop")
hookimpl = pluggy.HookimplMarker("dagprop")


@hookspec
def dagprop_operators() -> Sequence[Operator | Pack]:  # type: ignore[empty-body]
    """Return the operators that the plugin brings, in a list; those of a module that takes long to import, in a `Pack`.

    They get the entry point's name as their namespace.  Two of one name, something that is not an operator, or what
    is no list (a generator might never end) quarantine the plugin.

    Examples
    --------
    >>> import dagprop as dp
    >>> @dp.hookimpl
    ... def dagprop_operators():
    ...     return [erf, gamma]
    """


@hookspec
def dagprop_executors() -> Sequence[Executor]:  # type: ignore[empty-body]
    """Return the executors that the plugin brings, in a list: ways to run a program, each with a name for `dp.compile`.

    Examples
    --------
    >>> import dagprop as dp
    >>> @dp.hookimpl
    ... def dagprop_executors():
    ...     return [MyExecutor()]
    """


@hookspec
def dagprop_forward_step(name: str, operands: Sequence[np.ndarray[Any, Any]], value: Any, seconds: float) -> None:
    """Watch a forward step of `dp.backprop` or `dp.forward`: the node's name, its operands' values, its own.

    Bound once per run: a run nobody watches pays nothing.  The arrays are the run's own; do not write to them.  A
    hook that raises is set aside with a warning that names its plugin, and the run goes on without it.
    """


@hookspec
def dagprop_backward_step(
    name: str,
    gradient: np.ndarray[Any, Any],
    contributions: Mapping[str, np.ndarray[Any, Any]],
    seconds: float,
) -> None:
    """Watch a backward step of `dp.backprop`.

    `gradient` is what arrived at the node of this name, `contributions` what it sent back along each of its
    edges, by the operand's name and slot (`"w0[1]"`).  A hook that raises is set aside, as for a forward step.
    """
