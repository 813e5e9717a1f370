"""What went wrong in a program, told of the user's own nodes.

An executor runs a graph that was rewritten, often in one piece.  What it cannot know, the interpreter does: it runs
the program's graph again, as the user built it, on the same values, node by node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dagprop.errors import DagpropError, RuleError, reason, report
from dagprop.graph.node import Node
from dagprop.plugin.calling import NOT_ITS_DOING
from dagprop.plugin.hookspecs import Executor, Runnable
from dagprop.program.work import Work
from dagprop.run.interpreter import Run
from dagprop.run.nonfinite import find
from dagprop.spec import show_shape

Array = np.ndarray[Any, Any]


def build(executor: Executor, work: Work) -> Runnable:
    """What the executor makes of the work; a failure of its own is told with its name."""
    try:
        step = executor.build(work)
    except (DagpropError, Warning, *NOT_ITS_DOING):
        raise
    except Exception as error:
        raise RuleError(f"the executor {executor.name!r} failed to build the program: {reason(error)}") from error
    if not callable(step):
        raise RuleError(f"the executor {executor.name!r} built a {type(step).__name__}, which cannot be called")
    return step


def hold(executor: Executor, outputs: Sequence[Node], sizes: Mapping[str, int], made: Any) -> None:
    """Refuse what an executor returned and is not an array of the right shape and dtype for each output."""
    by = f"the executor {executor.name!r} returned"
    if not isinstance(made, tuple | list) or len(made) != len(outputs):
        what = f"{len(made)} of them" if isinstance(made, tuple | list) else f"a {type(made).__name__}"
        raise RuleError(f"{by} {what} where a list of {len(outputs)} arrays is wanted")
    for node, array in zip(outputs, made, strict=True):
        spec = node.spec.bind(sizes)
        if not isinstance(array, np.ndarray):
            raise RuleError(report(f"{by} a {type(array).__name__}, not an array", [("node", node.describe())]))
        if array.shape != spec.shape or array.dtype != spec.dtype:
            was = f"{show_shape(array.shape)} {array.dtype} where {spec} is wanted"
            raise RuleError(report(f"{by} {was}", [("node", node.describe())]))


def explained(
    order: Sequence[Node], leaves: Mapping[Node, Array], sizes: Mapping[str, int], executor: Executor, error: Exception
) -> DagpropError:
    """What to raise for an executor's error: what the interpreter raises, which knows the node, or that it does not."""
    try:
        Run(order).values(leaves, sizes)
    except DagpropError as known:
        return known
    if isinstance(error, DagpropError):
        return error
    made = RuleError(
        report(
            f"the executor {executor.name!r} failed where the interpreter does not",
            [("reason", reason(error))],
            advice="Run it by another executor=, and tell who made this one.",
        )
    )
    made.__cause__ = error
    return made


def first_nonfinite(
    order: Sequence[Node], leaves: Mapping[Node, Array], sizes: Mapping[str, int], outputs: Sequence[Node]
) -> str:
    """Where the NaN or infinity in an output comes from, in the words of a recording."""
    found = find(order, Run(order).values(leaves, sizes), outputs)
    if found is not None:
        return found.message
    return (
        "an output is not finite, though every node is where the interpreter runs them: the passes made something of "
        "them that leaves the range of its dtype, or the executor did. dp.compile(..., passes=[]) leaves them as they "
        "are."
    )
