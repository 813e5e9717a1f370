"""The passes: what is simplified when a program is made, and how.

A pass is a name that rules go by.  Operators declare rules for it (`op.simplify`, in the packs); those that follow
from facts alone stand here.  A rule is given the operator's operands and attributes and returns something simpler, in
NumPy code, or None.  It must give the same values: bit for bit, unless the pass says otherwise in its description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

PASSES: Mapping[str, str] = {
    "common subexpressions": "What is worked out twice is worked out once.",
    "constant folding": "What is made of small constants alone is worked out when the program is made.",
    "identities": "x + 0, x · 1, −(−x), a shape that a value has already, axes put back: left out.",
    "cheaper forms": "x² as x · x, factors put together, x · (1/n) as x / n: may change the last bits of a result.",
    "plain slopes": "Where a slope has no pole, the chain rule's product is a product.",
    "implicit broadcasting": "What an operator broadcasts by itself is not broadcast before.",
    "sums of broadcasts": "The sum over axes along which a value does not change is that value, times their length.",
    "stacked products": "A stack of products is one product of more rows.",
    "pooling before thresholds": "The largest of maximum(x, c) is maximum(the largest of x, c), with less to compare.",
    "dead code": "What nothing reads is left out.",
}
"""Every pass of dagprop's own, in the order its rules are tried, and what it does."""


def known_passes() -> list[str]:
    """The passes there are: dagprop's own, and others that an operator has a rule for."""
    return list(dict.fromkeys((*PASSES, *Operator.simplify.passes)))


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
    """An elementwise operator broadcasts by itself: no operand need be broadcast before, and its result is after."""
    repeated = [node.operator is not None and node.operator.repeats for node in nodes]
    if not any(repeated):
        return None
    shape = broadcast(*(node.shape for node in nodes))
    given = (node.operands[0] if is_repeated else node for node, is_repeated in zip(nodes, repeated, strict=True))
    made = operator(*given, **attributes)
    return made if made.shape == shape else broadcast_to(made, shape=shape)
