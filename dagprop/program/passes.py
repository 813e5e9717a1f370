"""The rules of the passes: what is simplified when a program is made, and how.

A pass is a name that rules go by, and says what these may change (`dagprop.plugin.passes`).  Operators declare rules
for it (`op.simplify`, in the packs); those that follow from facts alone stand here.  A rule is given the operator's
operands and attributes and returns something simpler, in NumPy code, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from dagprop.graph.node import Node
from dagprop.operators.shaping import broadcast_to
from dagprop.plugin.facts import order
from dagprop.plugin.interpretation import Declared
from dagprop.plugin.operator import Operator
from dagprop.spec import broadcast

Simplifier = tuple[Callable[..., Any], Declared]
"""A rule as a function of nodes and all attributes, and whose it is: what an error blames."""


def rules_of(operator: Operator, passes: tuple[str, ...]) -> tuple[Simplifier, ...]:
    """The rules that these passes have for an operator, in the order they are tried."""
    return _rules_of(operator, passes, (Operator.simplify.version, Operator.permutes.version))


@lru_cache(maxsize=4096)
def _rules_of(operator: Operator, passes: tuple[str, ...], _versions: tuple[int, int]) -> tuple[Simplifier, ...]:
    return tuple(_found(operator, passes))


def _found(operator: Operator, passes: tuple[str, ...]) -> Iterator[Simplifier]:
    declared = Operator.simplify[operator]
    for name in passes:
        yield from ((rule.with_all, rule) for rule in declared.get(name, ()))
        permutes = Operator.permutes[operator]
        if name == "identities" and permutes is not None:
            yield partial(_permuted, permutes), permutes
        if name == "implicit broadcasting" and operator.elementwise:
            yield partial(_broadcast, operator), Declared(operator.forward, operator, "elementwise")


def _permuted(permutes: Declared, x: Node, **attributes: Any) -> Any:
    """Axes that stay where they are, or are put back where they were."""
    identity = tuple(range(x.ndim))
    outer, inner = tuple(permutes(x, attributes=attributes)), order(x)
    if outer == identity:
        return x
    return x.operands[0] if inner is not None and tuple(inner[axis] for axis in outer) == identity else None


def _broadcast(operator: Operator, *nodes: Node, **attributes: Any) -> Any:
    """An elementwise operator broadcasts by itself: no operand need be broadcast before, and its result is after.

    What is repeated no times at all is not to be worked out: an operator may refuse its value.
    """
    repeated = [node.operator is not None and node.operator.repeats for node in nodes]
    if not any(repeated):
        return None
    shape = broadcast(*(node.shape for node in nodes))
    if 0 in shape:
        return None
    given = [node.operands[0] if is_repeated else node for node, is_repeated in zip(nodes, repeated, strict=True)]
    made = given[0].__dagprop_apply__(operator, given, attributes)  # a call may be written otherwise
    return made if made.shape == shape else broadcast_to(made, shape=shape)
