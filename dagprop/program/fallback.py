"""What is done where the tape cannot: a rule is called, or all rules are, and a warning says which and why."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagprop import callers
from dagprop.errors import FallbackWarning, report
from dagprop.graph.node import Node
from dagprop.plugin.hookspecs import Runnable
from dagprop.program.work import Work
from dagprop.run.interpreter import Run

Array = np.ndarray[Any, Any]


def interpreted(work: Work) -> Runnable:
    """The nodes one after the other, each by its operator's forward rule."""
    run = Run(work.order)
    position = {node: i for i, node in enumerate(run.order)}
    specs = [(leaf.dtype, leaf.shape) for leaf in work.leaves]
    outputs = [position[node] for node in work.outputs]

    def step(arrays: tuple[Array, ...]) -> list[Array]:
        if [(array.dtype, array.shape) for array in arrays] != specs:
            raise ValueError("the arrays do not fit")
        values = run.values(dict(zip(work.leaves, arrays, strict=True)), {})
        return [np.array(values[i]) for i in outputs]  # memory of its own: one may be a view, or an input

    return step


def warn(headline: str, node: Node, reason: str, advice: str) -> None:
    """Say which node and operator something slower stands for, whose they are, and why."""
    op = node.operator
    rows = [("node", node.describe()), ("operator", op.described if op is not None else ""), ("reason", reason)]
    callers.warn(report(headline, rows, advice=advice), FallbackWarning)
