"""The interpreter: runs nodes one after the other, in the order of the schedule, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from dagprop.errors import RuleError, report
from dagprop.graph.node import Node
from dagprop.spec import Spec, bind, show_shape, symbolic


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
        self._checked: set[frozenset[tuple[str, int]]] = set()

    def start(self, leaves: Mapping[Node, np.ndarray[Any, Any]]) -> list[Any]:
        """A list of values by position, with the leaves in their places."""
        return [leaves.get(node) for node in self.order]

    def execute(
        self,
        values: list[Any],
        seconds: list[float],
        sizes: Mapping[str, int],
        start: int = 0,
        stop: int | None = None,
        ends: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """Run the steps from `start` to `stop`, filling `values` and `seconds`; drop what `ends` at a step."""
        stop = len(self._steps) if stop is None else stop
        key = frozenset(sizes.items())
        check = key not in self._checked
        i = start
        then = perf_counter()
        try:
            with np.errstate(all="ignore"):  # what is not finite is found afterwards, and blamed on its node
                for i in range(start, stop):
                    forward, operands, attributes, unsettled = self._steps[i]
                    if forward is not None:
                        if unsettled:
                            attributes = {name: bind(value, sizes) for name, value in attributes.items()}
                        values[i] = forward(*[values[j] for j in operands], **attributes)
                        if check:
                            values[i] = self._held(i, values[i], sizes)
                    now = perf_counter()
                    seconds[i] = now - then
                    then = now
                    if ends is not None:
                        for j in ends.get(i, ()):
                            values[j] = None
        except RuleError:
            raise
        except Exception as error:  # an operator that a rule calls may have refused its operands
            raise self._blamed(i, [values[j] for j in self._steps[i][1]], error) from error
        if check and stop == len(self._steps):
            self._checked.add(key)

    def _held(self, i: int, value: Any, sizes: Mapping[str, int]) -> Any:
        """The value, once its shape and dtype are what the node's Spec says."""
        node = self.order[i]
        if not node.ports:
            return self._fitting(node, node.spec, value, sizes)
        if not isinstance(value, tuple | list) or len(value) != len(node.ports):
            raise self._broken(node, f"returned {type(value).__name__}, not {len(node.ports)} outputs")
        return tuple(self._fitting(node, spec, part, sizes) for spec, part in zip(node.ports, value, strict=True))

    def _fitting(self, node: Node, inferred: Spec, value: Any, sizes: Mapping[str, int]) -> Any:
        if not isinstance(value, np.ndarray | np.generic):  # a Python number would be promoted as a weak one
            raise self._broken(node, f"returned {type(value).__name__}, not an array")
        spec = inferred.bind(sizes)
        if value.shape != spec.shape or value.dtype != spec.dtype:
            was = f"returned {show_shape(value.shape)} {value.dtype} where {show_shape(spec.shape)} {spec.dtype}"
            raise self._broken(node, f"{was} was inferred ({show_shape(inferred.shape)})")
        return value

    def _broken(self, node: Node, what: str) -> RuleError:
        op = node.operator
        assert op is not None
        rows = [("operator", op.described), ("node", node.describe())]
        rows += [(f"operand {i}", operand.describe()) for i, operand in enumerate(node.operands)]
        return RuleError(
            report(
                f"the rule of {op.name} {what}",
                rows,
                advice="Mend the rule or its .infer; a dimension given as None must not turn out to be 1 beside "
                "another size.",
            )
        )

    def _blamed(self, i: int, operands: Sequence[Any], error: Exception) -> RuleError:
        node = self.order[i]
        op = node.operator
        assert op is not None
        rows = [("operator", op.described), ("node", node.describe())]
        rows += [
            (f"operand {slot}", f"{operand.name} {show_shape(np.shape(value))} {getattr(value, 'dtype', '')}")
            for slot, (operand, value) in enumerate(zip(node.operands, operands, strict=True))
        ]
        rows += [("attributes", ", ".join(f"{k}={v!r}" for k, v in node.attributes.items()))]
        rows += [("reason", f"{type(error).__name__}: {error}")]
        return RuleError(report(f"{op.name} failed while running {node.name!r}", rows))
