"""Nodes read as mathematics, in the user's own names, as text and as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dagprop.arguments import word
from dagprop.graph.graph import graph_of
from dagprop.graph.node import CONSTANT, Node
from dagprop.notation.formula import STYLES, Style, Term, applied, number, render, symbol
from dagprop.notation.writing import Formula, sign_for, written
from dagprop.plugin.signs import Sign

__all__ = ["Style", "Term", "applied", "equation", "leaf", "number", "read", "render", "symbol", "term"]

LIMIT = 40
"""How many symbols a formula may hold before its largest parts go by their nodes' names."""


def leaf(node: Node) -> Term:
    """A node by its name; a number where it is one."""
    if node.kind == CONSTANT and node.value.ndim == 0 and node.dtype.kind in "biuf" and node.automatic:
        return number(node.value.item())
    return symbol(node.name, node.shape)


def term(
    node: Node,
    shown: Callable[[Node], Term | None] | None = None,
    *,
    tidy: bool = False,
    limit: int = LIMIT,
    cut: Callable[[Node], Term] = leaf,
) -> Term:
    """The formula of a node.

    Parameters
    ----------
    node : Node
        Its operator is always written out.
    shown : callable, optional
        The term for a node that goes by a name, None for one to write out; without it, nodes that dagprop
        named are written out.
    tidy : bool
        Whether to do trivial algebra on the way.
    limit : int, optional
        The largest formula: past it, its largest parts are cut.
    cut : callable, optional
        What stands for a part that was cut: its node's name, if left out.
    """
    shown = shown or (lambda n: None if n.automatic else leaf(n))
    if node.operator is None:
        return shown(node) or leaf(node)
    made: dict[Node, Term] = {}
    inside, stack = {node}, [node]
    while stack:
        for operand in stack.pop().operands:
            if operand in inside or operand in made:
                continue
            known = shown(operand) or (leaf(operand) if operand.operator is None else None)
            if known is not None:
                made[operand] = known
            else:
                inside.add(operand)
                stack.append(operand)
    for n in sorted(inside, key=lambda n: n.index):
        parts = [made[operand] for operand in n.operands]
        while sum(part.size for part in parts) >= limit and max(part.size for part in parts) > 1:
            largest = max(range(len(parts)), key=lambda i: parts[i].size)
            parts[largest] = cut(n.operands[largest])
        assert n.operator is not None
        formulas = [Formula(part, operand.spec) for part, operand in zip(parts, n.operands, strict=True)]
        made[n] = written(n.operator, formulas, n.attributes, n, tidy=tidy)
    return made[node]


def read(node: Node) -> tuple[Sign, Mapping[str, Any]]:
    """The sign of a node's operator, and what its strings show."""
    assert node.operator is not None
    return sign_for(node.operator, node.operands, node.attributes, node)


def equation(node: Node, style: Style = "text") -> str:
    """A node's equation in the user's names: nodes that dagprop named are written out, not mentioned.

    Parameters
    ----------
    node : Node
        Any node; a leaf is its own name.
    style : {"text", "latex"}
        Plain text with Unicode signs, or LaTeX for mathematics mode.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> X, w, b = g.input("X", ("n", 3)), g.parameter("w0", (3, 2)), g.parameter("b0", (2,))
    >>> z = (X @ w + b).named("z0")
    >>> equation(z), equation(z, "latex")
    ('z0 = X w0 + b0', 'z_{0} = X w_{0} + b_{0}')
    >>> equation(dp.tanh(z))
    'tanh_0 = tanh(z0)'
    """
    graph_of(node, "node")
    name = render(symbol(node.name), word("style", style, STYLES))
    if node.operator is None:
        value = leaf(node)
        return name if value.number is None else f"{name} = {render(value, style)}"
    return f"{name} = {render(term(node), style)}"
