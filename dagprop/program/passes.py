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

from dagprop.graph.node import CONSTANT, Node
from dagprop.operators.arithmetic import multiply
from dagprop.operators.convolution import add_at_max, max_pool2d
from dagprop.operators.shaping import broadcast_to, reshape
from dagprop.plugin.operator import Operator
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
    return reshape(x.operands[0], shape=shape) if x.what == "reshape" else None


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
    if exponent in (2, 3):
        return x * x if exponent == 2 else x * x * x
    return np.sqrt(x) if exponent == 0.5 else 1 / x if exponent == -1 else None


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
                if settled(inner) and not settled(other) and inner.dtype == factor.dtype:
                    return other * (inner * factor)
        if factor.what == "divide":
            above, below = factor.operands
            return above * rest / below if not settled(rest) or rest.kind == CONSTANT else None
    return None


# ---- broadcasting -----------------------------------------------------------------------------------------------


def implicit(operator: Operator, nodes: tuple[Node, ...], attributes: Mapping[str, Any]) -> Any:
    """An elementwise operator broadcasts by itself: no operand need be broadcast before, and its result is after."""
    if not any(node.operator is broadcast_to for node in nodes):
        return None
    shape = broadcast(*(node.shape for node in nodes))
    made = operator(*(node.operands[0] if node.what == "broadcast_to" else node for node in nodes), **attributes)
    return made if made.shape == shape else broadcast_to(made, shape=shape)


def _sum_of_broadcast(x: Node, *, shape: Any) -> Any:
    """The sum over axes along which a value does not change is that value, times their length."""
    if x.what != "broadcast_to" or x.operands[0].shape not in ((), tuple(shape)):
        return None
    inner = x.operands[0]
    if 0 in shape:
        return None
    count = x.size // math.prod(shape)
    return broadcast_to(multiply(inner, count), shape=shape)


# ---- stable and cheaper slopes ----------------------------------------------------------------------------------


def lower_bound(node: Node, depth: int = 8) -> float:
    """A number that no value of the node is below; -inf where nothing is known."""
    if node.kind == CONSTANT:
        return float(node.value.min()) if node.value.size else math.inf
    rule = BOUNDS.get(node.what)
    if rule is None or depth == 0:
        return -math.inf
    return rule(node, *(lower_bound(operand, depth - 1) for operand in node.operands))


def _bound_of_product(node: Node, x: float, y: float) -> float:
    if node.operands[0] is node.operands[1]:
        return 0.0
    return x * y if min(x, y) >= 0 and max(x, y) < math.inf else -math.inf


BOUNDS: Mapping[str, Callable[..., float]] = {
    **dict.fromkeys(("exp", "exp2", "square", "absolute", "sigmoid"), lambda *_: 0.0),
    **dict.fromkeys(("sum", "mean"), lambda _, x: 0.0 if x >= 0 else -math.inf),
    **dict.fromkeys(("broadcast_to", "reshape", "astype"), lambda _, x: x),
    "sqrt": lambda _, x: math.sqrt(max(x, 0.0)),
    "add": lambda _, x, y: x + y,
    "maximum": lambda _, x, y: max(x, y),
    "multiply": _bound_of_product,
    "divide": lambda _, x, y: 0.0 if x >= 0 and y > 0 else -math.inf,
}
"""How the lower bounds of operands bound what an operator makes of them."""


def _plain_product(grad: Node, partial: Node) -> Any:
    """Where the slope has no pole, the chain rule's product is a product."""
    finite = partial.kind == CONSTANT and bool(np.isfinite(partial.value).all())
    no_pole = partial.what in ("divide", "reciprocal") and lower_bound(partial.operands[-1]) > 0
    return multiply(grad, partial) if finite or no_pole else None


# ---- products of stacks ---------------------------------------------------------------------------------------------


def _one_product(a: Node, b: Node) -> Any:
    """A stack of matrices times one matrix is one product of more rows."""
    if a.ndim < 3 or b.ndim != 2:
        return None
    rows = reshape(a, shape=(math.prod(a.shape[:-1]), a.shape[-1]))
    return reshape(rows @ b, shape=(*a.shape[:-1], b.shape[-1]))


def _sum_of_products(x: Node, *, axis: Any, keepdims: bool) -> Any:
    """The sum over a stack of products aᵀ b is one product, whose inner axis runs over the stack as well."""
    if x.what != "matmul" or keepdims or x.ndim < 3 or x.operands[0].what not in ("swapaxes", "transpose"):
        return None
    turned, b = x.operands
    (a,) = turned.operands
    k, m = turned.shape[-1], turned.shape[-2]
    if a.shape != (*turned.shape[:-2], k, m) or a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2]:
        return None
    if _axes(axis, x.ndim) != set(range(x.ndim - 2)) or not _swaps_last(turned):
        return None
    inner = math.prod(a.shape[:-1])
    return reshape(a, shape=(inner, m)).T @ reshape(b, shape=(inner, b.shape[-1]))


def _axes(axis: Any, ndim: int) -> set[int]:
    if axis is None:
        return set(range(ndim))
    return {a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))}


def _swaps_last(node: Node) -> bool:
    if node.what == "swapaxes":
        return {node.attributes["axis1"] % node.ndim, node.attributes["axis2"] % node.ndim} == {
            node.ndim - 2,
            node.ndim - 1,
        }
    axes = node.attributes["axes"]
    return axes is not None and tuple(a % node.ndim for a in axes) == (
        *range(node.ndim - 2),
        node.ndim - 1,
        node.ndim - 2,
    )


# ---- pooling ----------------------------------------------------------------------------------------------------


def _threshold(node: Node) -> tuple[Node, float] | None:
    """The x and c of a node maximum(x, c), where c is a number."""
    if node.what != "maximum":
        return None
    x, c = node.operands
    least = number(c)
    return None if least is None or not is_like(x, c) else (x, least)


def _threshold_after_pooling(x: Node, *, size: Any, stride: Any) -> Any:
    """The largest of maximum(x, c) is maximum(the largest of x, c), with fewer elements to compare."""
    found = _threshold(x)
    return None if found is None else np.maximum(max_pool2d(found[0], size, stride), x.operands[1])


def _slope_before_pooling(condition: Node, x: Node, y: Node) -> Any:
    """The slope of a threshold before pooling, asked for where it is now: where the largest is above it."""
    if x.what != "add_at_max" or condition.what != "greater" or number(y) != 0:
        return None
    values, elements, largest = x.operands
    before, after = _threshold(elements), _threshold(largest)
    if before is None or after is None or number(condition.operands[1]) != before[1] or before[1] != after[1]:
        return None
    if condition.operands[0] is not before[0] or max_pool2d(before[0], **x.attributes) is not after[0]:
        return None
    return add_at_max(np.where(after[0] > before[1], values, 0), before[0], after[0], **x.attributes)


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
    "stacked products": {"core:matmul": _one_product, "core:sum": _sum_of_products},
    "pooling before thresholds": {"core:max_pool2d": _threshold_after_pooling, "core:where": _slope_before_pooling},
    "dead code": {},
}
"""Every pass, in the order its rules are tried.  "cheaper forms" may change the last bits of a result."""
