"""What is said of a rule that failed while it ran, or made something else than was inferred.

The rule of an opaque vjp is a node of its own in the backward half; what is said names the operator that declared it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dagprop.errors import RuleError, reason, report
from dagprop.graph.node import Node
from dagprop.plugin.opaque import declared_of
from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import stands_at
from dagprop.spec import show_shape

WRITES = "A rule must not write into what it is given, which others read as well: let it write into a copy."


def failed(node: Node, values: Sequence[Any], error: Exception) -> RuleError:
    """For a rule that raised an error when it was given these values."""
    op = _operator(node)
    rows = [("operator", (declared_of(op) or op).described), ("node", node.describe())]
    rows += [
        (f"operand {slot}", f"{operand.name} {_shape_of(operand, value)}")
        for slot, (operand, value) in enumerate(zip(node.operands, values, strict=True))
    ]
    rows += [("attributes", ", ".join(f"{k}={v!r}" for k, v in node.attributes.items()))]
    rows += [("rule", stands_at(op.forward)), ("reason", reason(error))]
    advice = WRITES if isinstance(error, ValueError) and "read-only" in str(error) else ""
    return RuleError(report(f"{rule_of(op)} failed while running {node.name!r}", rows, advice=advice))


def broken(node: Node, what: str, port: int = 0) -> RuleError:
    """For a rule that made something else than its Spec says, at an output of several where `port` says which."""
    op = _operator(node)
    declared = declared_of(op)
    rows = [("operator", (declared or op).described)]
    if declared is None:
        rows += [("node", node.describe())]
        rows += [(f"operand {i}", operand.describe()) for i, operand in enumerate(node.operands)]
        advice = "Mend the rule or its .infer; a dimension given as None must not turn out to be 1 beside another size."
        if op.runs_to_infer:
            advice = f"The rule was run on ones to find its shape and dtype; declare @{op.name}.infer, which says both."
    else:
        slot = node.attributes["wanted"][port]
        operand = node.operands[max(1, node.attributes["ports"]) + slot]  # behind what arrives at each output
        rows += [(f"operand {slot}", f"{declared.operand(slot)}: {operand.describe()}"), ("node", node.describe())]
        advice = "A gradient has its operand's shape, and a real floating dtype."
    rows += [("rule", stands_at(op.forward))]
    return RuleError(report(f"{rule_of(op)} {what}", rows, advice=advice))


def unsteady(node: Node, rule: str, where: str) -> RuleError:
    """For a rule that made other numbers of the same ones."""
    op = _operator(node)
    return RuleError(
        report(
            f"{rule} of {op.name} made other numbers when it was run again on the same ones",
            [("operator", op.described), ("node", node.describe()), ("rule", where)],
            advice="A rule depends on its operands and attributes alone: feed what is random, and keep nothing "
            "between calls.",
        )
    )


def rule_of(op: Operator) -> str:
    """What an error calls the rule that runs."""
    declared = declared_of(op)
    return f"the rule of {op.name}" if declared is None else f"the local-derivative rule of {declared.name}"


def _shape_of(operand: Node, value: Any) -> str:
    if operand.ports:
        return f"{len(operand.ports)} outputs"
    return f"{show_shape(np.shape(value))} {getattr(value, 'dtype', '')}".rstrip()


def _operator(node: Node) -> Operator:
    assert node.operator is not None
    return node.operator
