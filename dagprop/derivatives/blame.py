"""What is said of a local-derivative rule that is missing or wrong."""

from __future__ import annotations

from dagprop.errors import GradientError, RuleError, report
from dagprop.graph.node import Node
from dagprop.plugin.opaque import declared_of
from dagprop.plugin.operator import Operator


def ruleless(node: Node, op: Operator, of: Node, towards: Node) -> GradientError:
    """For an operator without a rule, on the way from `of` to an operand that wants a gradient."""
    headline = f"the operator {op.name} has no local-derivative rule"
    advice = f"Declare @{op.name}.{'derivative' if op.elementwise else 'vjp'}."
    declared = declared_of(op)
    if declared is not None:
        headline = f"{declared.name} has no second derivative: its local-derivative rule is declared opaque"
        advice = "Write the rule as NumPy code, which runs on nodes as well, and leave opaque=True out."
    rows = [*_rows(node, op), ("between", f"{of.name} and {towards.name}")]
    return GradientError(report(headline, rows, advice=advice))


def complex_operand(node: Node, op: Operator, of: Node, slot: int) -> GradientError:
    """For a gradient of `of` that would have to pass a complex value."""
    return GradientError(
        report(
            f"the gradient of {of.name!r} would have to pass a complex value, {node.operands[slot].name!r}",
            [*_rows(node, op), _operand(node, op, slot)],
            advice="Write it in real numbers, the real and the imaginary part each a node of its own; or leave what "
            "it is made of out of wrt.",
        )
    )


def no_derivative(node: Node, op: Operator, slot: int) -> GradientError:
    """For a rule that says None of an operand."""
    return GradientError(
        report(
            f"the operator {op.name} has no derivative by its operand {op.operand(slot)!r}",
            [*_rows(node, op), _operand(node, op, slot)],
            advice="Hold it constant: leave what it is made of out of wrt, or feed it as integers.",
        )
    )


def broken(node: Node, op: Operator, what: str, slot: int | None = None) -> RuleError:
    """For a rule that did what it must not."""
    assert op.rule is not None
    headline, *rest = f"the local-derivative rule of {op.name} {what}".splitlines()
    rows = [("operator", op.described)]
    if slot is not None:
        rows.append(_operand(node, op, slot))
    rows += [("node", node.describe()), ("rule", op.rule.place), *(("", line.strip()) for line in rest)]
    return RuleError(report(headline, rows))


def _rows(node: Node, op: Operator) -> list[tuple[str, str]]:
    return [("node", node.describe()), ("operator", op.described)]


def _operand(node: Node, op: Operator, slot: int) -> tuple[str, str]:
    return f"operand {slot}", f"{op.operand(slot)}: {node.operands[slot].describe()}"
