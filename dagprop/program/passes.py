"""The passes: what is simplified when a program is made, and how.

A pass is a table from an operator's id to a rule.  A rule is given the operator's operands and attributes and
returns something simpler, in NumPy code, or None.  It must give the same values: bit for bit, unless the pass says
otherwise in its description.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dagprop.node import CONSTANT, Node
from dagprop.operator import Operator
from dagprop.operators.arithmetic import multiply
from dagprop.spec import Shape, broadcast

Rule = Callable[..., Any]


def number(node: Node) -> float | None:
    """The number that a constant holds in every element, or None."""
    if node.kind != CONSTANT or node.value.size == 0:
        return None
    first = node.value.flat[0]
    return first if node.value.size == 1 or (node.value == first).all() else None


def is_like(node: Node, *others: Node) -> bool:
    """Whether the node has the shape and dtype that an elementwise operator of these operands gives."""
    return all(other.dtype == node.dtype and fits(other, node.shape) for other in others)


def fits(node: Node, shape: Shape) -> bool:
    """Whether the node broadcasts to the shape, without changing it."""
    return node.shape in ((), shape) or broadcast(node.shape, shape) == shape


# ---- identities -------------------------------------------------------------------------------------------------


def _multiply(x: Node, y: Node) -> Any:
    if number(y) == 1 and is_like(x, y):
        return x
    if number(x) == 1 and is_like(y, x):
        return y
    return None


def _add(x: Node, y: Node) -> Any:
    if number(y) == 0 and is_like(x, y):
        return x
    if number(x) == 0 and is_like(y, x):
        return y
    return None


def _subtract(x: Node, y: Node) -> Any:
    return x if number(y) == 0 and is_like(x, y) else None


def _divide(x: Node, y: Node) -> Any:
    return x if number(y) == 1 and is_like(x, y) else None


def _power(x: Node, y: Node) -> Any:
    return x if number(y) == 1 and is_like(x, y) else None


def _negative(x: Node) -> Any:
    return x.operands[0] if x.what == "negative" else None


def _same_shape(x: Node, **_: Any) -> Any:
    return x


def _to_shape(x: Node, *, shape: Any) -> Any:
    return x if tuple(shape) == x.shape else None


def _reshape(x: Node, *, shape: Any) -> Any:
    if tuple(shape) == x.shape:
        return x
    return np.reshape(x.operands[0], shape) if x.what == "reshape" else None


def _swapaxes(x: Node, *, axis1: int, axis2: int) -> Any:
    axes = {axis1 % x.ndim, axis2 % x.ndim}
    if len(axes) == 1:
        return x
    if x.what == "swapaxes" and {x.attributes["axis1"] % x.ndim, x.attributes["axis2"] % x.ndim} == axes:
        return x.operands[0]
    return None


def _transpose(x: Node, *, axes: Any) -> Any:
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(axis % x.ndim for axis in axes)
    if order == tuple(range(x.ndim)):
        return x
    if x.what == "transpose":
        inner = x.attributes["axes"]
        inner = tuple(reversed(range(x.ndim))) if inner is None else tuple(axis % x.ndim for axis in inner)
        if tuple(inner[axis] for axis in order) == tuple(range(x.ndim)):
            return x.operands[0]
    return None


def _astype(x: Node, *, dtype: Any) -> Any:
    return x if x.dtype == dtype else None


# ---- cheaper forms ----------------------------------------------------------------------------------------------


def _square_by_product(x: Node) -> Any:
    return x * x


def _cheaper_power(x: Node, y: Node) -> Any:
    exponent = number(y)
    if exponent is None or not is_like(x, y):
        return None
    return {2.0: lambda: x * x, 3.0: lambda: x * x * x, 0.5: lambda: np.sqrt(x), -1.0: lambda: 1 / x}.get(
        float(exponent), lambda: None
    )()


def is_number(node: Node) -> bool:
    """Whether the node is a number, or the size of a dimension."""
    return not node.shape and (node.kind == CONSTANT or node.what == "dimension")


def settled(node: Node) -> bool:
    """Whether the node is a number, or a product or quotient of two."""
    return is_number(node) or (
        not node.shape and node.what in ("multiply", "divide") and all(map(is_number, node.operands))
    )


def _factors_together(x: Node, y: Node) -> Any:
    """c·(d·x) is (c·d)·x, and x·(1/n) is x/n, for numbers c, d and n."""
    for factor, rest in ((x, y), (y, x)):
        if not settled(factor) or factor.dtype != rest.dtype:
            continue
        if rest.what == "multiply":
            a, b = rest.operands
            for inner, other in ((a, b), (b, a)):
                if settled(inner) and inner.dtype == factor.dtype:
                    return other * (inner * factor)
        if factor.what == "divide":
            above, below = factor.operands
            return above * rest / below if not settled(rest) or rest.kind == CONSTANT else None
    return None


# ---- broadcasting -----------------------------------------------------------------------------------------------


def implicit(operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
    """An elementwise operator broadcasts by itself: no operand need have been broadcast before."""
    if not any(node.what == "broadcast_to" for node in nodes):
        return None
    bare = [node.operands[0] if node.what == "broadcast_to" else node for node in nodes]
    if broadcast(*(node.shape for node in bare)) != broadcast(*(node.shape for node in nodes)):
        return None
    return operator(*bare, **attributes)


def _sum_of_broadcast(x: Node, *, shape: Any) -> Any:
    """The sum over axes along which a value does not change is that value, times their length."""
    if x.what != "broadcast_to" or x.operands[0].shape not in ((), tuple(shape)):
        return None
    inner = x.operands[0]
    if 0 in shape:
        return None
    count = x.size // math.prod(shape)
    return np.broadcast_to(multiply(inner, count), shape)


# ---- stable and cheaper slopes ----------------------------------------------------------------------------------


def lower_bound(node: Node, depth: int = 4) -> float:
    """A number that no value of the node is below; -inf where nothing is known."""
    what, operands = node.what, node.operands
    if node.kind == CONSTANT:
        return float(node.value.min()) if node.value.size else np.inf
    if depth == 0:
        return -np.inf
    if what in ("exp", "exp2", "square", "absolute", "sqrt", "sigmoid"):
        return 0.0
    if what == "multiply":
        if operands[0] is operands[1]:
            return 0.0
        bounds = [lower_bound(o, depth - 1) for o in operands]
        return bounds[0] * bounds[1] if min(bounds) >= 0 and max(bounds) < np.inf else -np.inf
    if what == "add":
        return lower_bound(operands[0], depth - 1) + lower_bound(operands[1], depth - 1)
    if what == "maximum":
        return max(lower_bound(o, depth - 1) for o in operands)
    if what in ("sum", "mean", "broadcast_to", "reshape") and lower_bound(operands[0], depth - 1) >= 0:
        return 0.0
    return -np.inf


def _plain_product(grad: Node, partial: Node) -> Any:
    """Where the slope cannot be infinite, the chain rule's product is a product."""
    quotient = partial.what in ("divide", "reciprocal")
    numerator = partial.operands[0] if partial.what == "divide" else None
    finite = partial.kind == CONSTANT and bool(np.isfinite(partial.value).all())
    bounded = (
        quotient and lower_bound(partial.operands[-1]) > 0 and (numerator is None or number(numerator) is not None)
    )
    return multiply(grad, partial) if finite or bounded else None


PASSES: Mapping[str, Mapping[str, Rule]] = {
    "common subexpressions": {},
    "constant folding": {},
    "identities": {
        "core:multiply": _multiply,
        "core:add": _add,
        "core:subtract": _subtract,
        "core:divide": _divide,
        "core:power": _power,
        "core:negative": _negative,
        "core:positive": _same_shape,
        "core:broadcast_to": _to_shape,
        "core:sum_to": _to_shape,
        "core:reshape": _reshape,
        "core:swapaxes": _swapaxes,
        "core:transpose": _transpose,
        "core:astype": _astype,
    },
    "cheaper forms": {
        "core:square": _square_by_product,
        "core:power": _cheaper_power,
        "core:multiply": _factors_together,
    },
    "plain slopes": {"core:chain": _plain_product},
    "implicit broadcasting": {},
    "sums of broadcasts": {"core:sum_to": _sum_of_broadcast},
    "dead code": {},
}
"""Every pass, in the order its rules are tried.  "cheaper forms" may change the last bits of a result."""
