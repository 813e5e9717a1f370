"""Work: what an executor is given to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dagprop.graph.node import Node


@dataclass(frozen=True)
class Work:
    """What an executor is given: the leaves, all nodes with operands first, the outputs and their labels.

    `labels` names the outputs after the first.  What a step returns must stay valid after the next call unless
    `reuse_outputs`.  `recomputed` names what is made more than once, to save memory: the order is then to be kept.
    """

    leaves: Sequence[Node]
    order: Sequence[Node]
    outputs: Sequence[Node]
    labels: Sequence[str]
    reuse_outputs: bool = False
    recomputed: tuple[str, ...] = ()
