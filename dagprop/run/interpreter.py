"""The interpreter: runs nodes one after the other, in the order of the schedule, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from dagprop.dimension import bind, symbolic
from dagprop.errors import RuleError
from dagprop.graph.node import CONSTANT, Node
from dagprop.plugin.calling import NOT_ITS_DOING
from dagprop.run.blame import broken, failed
from dagprop.sealing import seal, sealed
from dagprop.spec import Spec, show_shape

NOTHING: dict[int, Any] = {}
"""Nothing is handed out."""


class Run:
    """A sequence of nodes made ready to run: forward rule, operands by position, attributes.

    Every result's shape and dtype is held to its Spec the first time that a combination of dimension sizes is
    run; after that the rules are trusted.
    """

    def __init__(self, order: Sequence[Node]) -> None:
        self.order = tuple(order)
        position = {node: i for i, node in enumerate(self.order)}
        self._steps = [
            (
                node.operator.forward if node.operator is not None else None,
                tuple([position[operand] for operand in node.operands]),
                node.attributes,
                bool(node.attributes) and symbolic(tuple(node.attributes.values())),
            )
            for node in self.order
        ]
        self._leaves = [(i, node) for i, node in enumerate(self.order) if node.operator is None]
        self._checked: set[frozenset[tuple[str, int]]] = set()

    def start(self, leaves: Mapping[Node, np.ndarray[Any, Any]]) -> list[Any]:
        """A list of values by position, with the leaves in their places, to be read only; constants are known."""
        values: list[Any] = [None] * len(self.order)
        for position, leaf in self._leaves:
            values[position] = leaf.value if leaf.kind == CONSTANT else sealed(leaves[leaf])
        return values

    def values(self, leaves: Mapping[Node, np.ndarray[Any, Any]], sizes: Mapping[str, int]) -> list[Any]:
        """Everything run: the value of each node, in their order."""
        values = self.start(leaves)
        self.execute(values, [0.0] * len(values), sizes)
        return values

    def execute(
        self,
        values: list[Any],
        seconds: list[float],
        sizes: Mapping[str, int],
        start: int = 0,
        stop: int | None = None,
        ends: Mapping[int, Sequence[int]] | None = None,
        handed: dict[int, Any] = NOTHING,
    ) -> None:
        """Run the steps from `start` to `stop`, filling `values` and `seconds`; drop what `ends` at a step.

        Rules may only read what others made.  A value whose position is in `handed` is put there as it was made, to
        be handed out and written to.
        """
        stop = len(self._steps) if stop is None else stop
        key = frozenset(sizes.items())
        check = key not in self._checked
        i = start
        array, scalar = np.ndarray, np.generic
        set_flags: Callable[..., None] = array.setflags  # by position, which takes half the time
        then = perf_counter()
        try:
            with np.errstate(all="ignore"):  # what is not finite is found afterwards, and blamed on its node
                for i in range(start, stop):
                    forward, operands, attributes, unsettled = self._steps[i]
                    if forward is not None:
                        if unsettled:
                            attributes = {name: bind(value, sizes) for name, value in attributes.items()}
                        value = forward(*[values[j] for j in operands], **attributes)
                        if check:
                            value = self._held(i, value, sizes)
                        if type(value) is array:
                            if i in handed:
                                handed[i], value = value, value.view()
                            set_flags(value, False)  # what `seal` does, without a call
                            if value.base is None:
                                value = value.view()
                        elif not isinstance(value, scalar):
                            value = seal(value)
                        values[i] = value
                    now = perf_counter()
                    seconds[i] = now - then
                    then = now
                    if ends is not None:
                        for j in ends.get(i, ()):
                            values[j] = None
        except (RuleError, *NOT_ITS_DOING):
            raise
        except Exception as error:  # an operator that a rule calls may have refused its operands
            raise failed(self.order[i], [values[j] for j in self._steps[i][1]], error) from error
        if check and stop == len(self._steps):
            self._checked.add(key)

    def _held(self, i: int, value: Any, sizes: Mapping[str, int]) -> Any:
        """The value, once its shape and dtype are what the node's Spec says."""
        node = self.order[i]
        if not node.ports:
            return self._fitting(node, node.spec, value, sizes)
        if not isinstance(value, tuple | list) or len(value) != len(node.ports):
            raise broken(node, f"returned {type(value).__name__}, not {len(node.ports)} outputs")
        parts = enumerate(zip(node.ports, value, strict=True))
        return tuple(self._fitting(node, spec, part, sizes, port) for port, (spec, part) in parts)

    def _fitting(self, node: Node, inferred: Spec, value: Any, sizes: Mapping[str, int], port: int = 0) -> Any:
        if not isinstance(value, np.ndarray | np.generic):  # a Python number would be promoted as a weak one
            raise broken(node, f"returned {type(value).__name__}, not an array", port)
        spec = inferred.bind(sizes)
        if value.shape != spec.shape or value.dtype != spec.dtype:
            was = f"returned {show_shape(value.shape)} {value.dtype} where {show_shape(spec.shape)} {spec.dtype}"
            raise broken(node, f"{was} was inferred ({show_shape(inferred.shape)})", port)
        return value
