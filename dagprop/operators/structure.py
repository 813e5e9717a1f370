"""What the engine itself puts into a graph: ports, sizes, casts, the chain rule's product, broadcasting undone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dagprop.plugin.declaring import Dim, Shape, Spec, Value, elementwise, operator
from dagprop.plugin.facts import calls
from dagprop.plugin.signs import BINDINGS, INDICATOR, MULTIPLY, TOTAL, Sign, over


@operator(latex="{value}_{{{port}}}", text="{value}[{port}]")
def output(value: Value, *, port: int) -> Value:
    """One output of an operator that has several."""
    return value[port]


SIZES = {binding: Sign("size", (), "{size}", "{size}", binding) for binding in BINDINGS}
"""A size as arithmetic on names, by how tightly that binds."""


@operator(sign=SIZES["function"])
def dimension(*, size: int | Dim, dtype: Any) -> Value:
    """The size of a dimension that a feed settles, as a number to compute with."""
    return np.asarray(size, dtype)


@dimension.infer
def _(*, size: int | Dim, dtype: Any) -> Spec:
    return Spec((), dtype)


dimension.source(lambda *, size: size)  # a Python int, which takes the dtype of what it meets


LARGEST = 2.0**63
"""What the size of a dimension is below."""


def magnitude(node: Value) -> tuple[float, float]:
    """Between which numbers the absolute value of a node is known to lie before it is run; (0, ∞) where it is not.

    It is known of constants, and of quotients of a constant and a size.  Divided by a size of 0 it is taken for
    divided by 1: that is infinite, in whatever form it is written.
    """
    while node.operator is not None and (calls(node, np.negative) or node.operator.repeats):
        node = node.operands[0]
    above, below = node.operands if calls(node, np.divide) else (node, None)
    if above.kind != "constant" or not above.size or above.dtype.kind not in "biuf":
        return 0.0, math.inf
    size = np.abs(above.value.astype(np.float64))
    least, largest = float(size.min()), float(size.max())
    if below is None:
        return least, largest
    if below.operator is not dimension or least / LARGEST < np.finfo(node.dtype).tiny:
        return 0.0, math.inf
    return least / LARGEST, largest


@dimension.symbol
def _(sympy: Any, *, size: int | Dim) -> Any:
    return size.bind({name: sympy.Symbol(name, real=True) for name in size.names}) if isinstance(size, Dim) else size


@dimension.notation
def _(*, size: int | Dim) -> tuple[Sign, dict[str, Any]]:
    return SIZES[size.written()[1] if isinstance(size, Dim) else "function"], {"size": size}


@elementwise(conditions=[0], latex="{x}", text="{x}")
def astype(x: Value, *, dtype: Any) -> Value:
    """The same values in another dtype."""
    return x.astype(dtype)


@astype.notation
def _(x: Value) -> Sign | None:
    return INDICATOR if x.dtype == bool else None


@astype.tidy
def _(x: Value) -> Value:
    return None if x.dtype == bool else x


@astype.derivative
def _(x: Value) -> Value:
    return 1.0


@astype.lower
def _(to: Any, x: Any) -> Any:
    return to.copied(x)


@astype.simplify("identities")
def _(x: Value, *, dtype: Any) -> Value | None:
    return x if x.dtype == dtype else None


@astype.bound
def _(bound: Any, x: Value, *, dtype: Any) -> float:
    return bound(x) if np.dtype(dtype).kind == "f" else -np.inf


@elementwise(sign=MULTIPLY)
def chain(grad: Value, partial: Value) -> Value:
    """`grad · partial`, and 0 where no gradient arrives at an infinite slope: there 0 · ∞ is 0.

    So the gradient of `where(x > 0, sqrt(x), 0)` at 0 is 0 rather than NaN.
    """
    return np.where(grad == 0, grad, grad * partial)


@chain.derivative
def _(grad: Value, partial: Value) -> tuple[Value, Value]:
    return np.where((grad == 0) & ~np.isfinite(partial), np.zeros_like(partial), partial), grad


@chain.simplify("plain slopes")
def _(grad: Value, partial: Value) -> Value | None:
    """Where the slope is a finite number, or the gradient is never 0, the chain rule's product is a product.

    What a slope is before a run is not known of anything else: it is NaN where what it is made of is.
    """
    finite = magnitude(partial)[1] < math.inf
    return grad * partial if finite or magnitude(grad)[0] > 0 else None


@operator(latex=r"\sum {x}", text="Σ {x}")
def sum_to(x: Value, *, shape: Shape) -> Value:
    """The sum over the axes along which `shape` was broadcast to x's shape: broadcasting undone."""
    lead = x.ndim - len(shape)
    ones = tuple(lead + axis for axis, n in enumerate(shape) if n == 1 and x.shape[lead + axis] != 1)
    over = (*range(lead), *ones)
    return np.reshape(np.sum(x, axis=over) if over else x, shape)  # NumPy's sum over no axis turns −0 into 0


@sum_to.infer
def _(x: Spec, *, shape: Shape) -> Spec:
    return Spec(shape, x.dtype)


@sum_to.notation
def _(x: Value, *, out: Value) -> tuple[Sign, dict[str, Any]]:
    lead = x.ndim - out.ndim
    lost = [axis for axis in range(x.ndim) if axis < lead or out.shape[axis - lead] == 1 != x.shape[axis]]
    return TOTAL, {"over": over(x.shape, lost)}


@sum_to.vjp
def _(grad: Value, x: Value) -> Value:
    return np.broadcast_to(grad, x.shape)


sum_to.expand(sum_to.forward)  # which asks for sizes of 1, and would be told the same of any size that broadcasts


@sum_to.simplify("identities")
def _(x: Value, *, shape: Shape) -> Value | None:
    return x if tuple(shape) == x.shape else None


@sum_to.simplify("sums of broadcasts")
def _(x: Value, *, shape: Shape) -> Value | None:
    """The sum over axes along which a value does not change is that value, times their length.

    The length is to be known, and no 0: the sum of nothing is 0, also of an infinite value.  And it is to be a number
    of the dtype, which 100,000 is not in float16.
    """
    repeats = x.operator is not None and x.operator.repeats and x.dtype.kind == "f"
    if not repeats or x.operands[0].shape not in ((), tuple(shape)) or isinstance(x.size, Dim) or x.size == 0:
        return None
    count = x.size // math.prod(shape)
    held = count <= float(np.finfo(x.dtype).max)
    repeated: Any = x.operands[0] * count if held else None
    return repeated if repeated is None else np.broadcast_to(repeated, shape)  # type: ignore[arg-type]  # no Dims


OPERATORS = (output, dimension, astype, chain, sum_to)
