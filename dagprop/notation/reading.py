"""Notation: nodes read as mathematics, in the user's own names, as text and as LaTeX.

An operator's sign is its own; what can only be said with shapes known (a transpose, the axes a sum runs over) is
said here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dagprop.graph.node import CONSTANT, Node
from dagprop.notation.formula import (
    INDICATOR,
    MEAN,
    TOTAL,
    TRANSPOSE,
    Maker,
    Over,
    Sign,
    Style,
    Term,
    applied,
    number,
    render,
    symbol,
)  # fmt: skip
from dagprop.plugin.operator import Operator
from dagprop.spec import Dim, Shape

__all__ = [
    "Sign", "Style", "Term", "applied", "built_in", "equation", "leaf", "number", "read", "render",
    "sign_of", "symbol", "term",
]  # fmt: skip

LIMIT = 40
"""How many symbols a formula may hold before its largest parts go by their nodes' names."""


def leaf(node: Node) -> Term:
    """A node by its name; a number where it is one."""
    if node.kind == CONSTANT and node.value.ndim == 0 and node.dtype.kind in "biuf" and node.automatic:
        return number(node.value.item())
    return symbol(node.name, node.shape)


def sign_of(operator: Operator) -> Sign:
    """The sign that an operator declares; without one it is written as a function."""
    return Sign(operator.name, operator.operands, operator.text, operator.latex, operator.binding, operator.variadic)


def built_in(operator: Operator) -> bool:
    """Whether a pack of dagprop's own brings the operator."""
    return operator.__module__.startswith("dagprop.operators.")


WHERE = "where", 0
"""The one operand that is a condition by rights; a condition anywhere else among numbers counts as 1 or 0."""


def term(
    node: Node,
    shown: Callable[[Node], Term | None] | None = None,
    make: Maker = applied,
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
    make : callable, optional
        Makes the term of a sign applied to terms: it may tidy.
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
        sign, attributes = read(n)
        for slot, operand in enumerate(n.operands):
            if (
                operand.dtype.kind == "b"
                and n.dtype.kind == "f"
                and sign is not INDICATOR
                and (sign.name, slot) != WHERE
            ):
                parts[slot] = applied(INDICATOR, (parts[slot],), {}, operand.shape)
        made[n] = make(sign, tuple(parts), attributes, n.shape)
    return made[node]


def read(node: Node) -> tuple[Sign, Mapping[str, Any]]:
    """The sign of a node's operator, where its shapes say more than the operator alone can."""
    op = node.operator
    assert op is not None
    if built_in(op):
        if op.name == "astype" and node.operands[0].dtype.kind == "b":
            return INDICATOR, {}
        if op.name in ("swapaxes", "transpose"):
            return (TRANSPOSE, {}) if _transposes(node) else (sign_of(op)._replace(text="", latex=""), node.attributes)
        if op.name == "sum_to":
            return TOTAL, {"over": _lost_axes(node)}
        if op.name in ("sum", "mean"):
            return (TOTAL if op.name == "sum" else MEAN), {"over": _axes(node)}
    return sign_of(op), node.attributes


def _over(names: Iterable[str]) -> Over:
    return Over(",".join(names))


def _transposes(node: Node) -> bool:
    """Whether the axes are those of a matrix (or a stack of them), swapped."""
    ndim = node.ndim
    if ndim < 2:
        return True
    last_two = {ndim - 1, ndim - 2}
    if "axis1" in node.attributes:
        return {node.attributes["axis1"] % ndim, node.attributes["axis2"] % ndim} == last_two
    axes = node.attributes.get("axes")
    return ndim == 2 and (axes is None or [axis % 2 for axis in axes] == [1, 0])


def _axis_name(shape: Shape, axis: int) -> str:
    n = shape[axis]
    return n.name if isinstance(n, Dim) and n.name is not None and not n.anonymous else f"axis{axis}"


def _lost_axes(node: Node) -> Over:
    (x,) = node.operands
    lead = x.ndim - node.ndim
    lost = [axis for axis in range(x.ndim) if axis < lead or (node.shape[axis - lead] == 1 != x.shape[axis])]
    return _over(() if len(lost) == x.ndim else (_axis_name(x.shape, axis) for axis in lost))


def _axes(node: Node) -> Over:
    (x,) = node.operands
    axis = node.attributes.get("axis")
    if axis is None:
        return Over()
    axes = [a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    return _over(() if len(axes) == x.ndim else (_axis_name(x.shape, a) for a in axes))


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
    name = render(symbol(node.name), style)
    if node.operator is None:
        value = leaf(node)
        return name if value.number is None else f"{name} = {render(value, style)}"
    return f"{name} = {render(term(node), style)}"
