"""What the engine itself puts into a graph: ports, sizes, casts, the chain rule's product, broadcasting undone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dagprop.plugin.declaring import Dim, Shape, Spec, Value, elementwise, operator
from dagprop.plugin.facts import calls, lower_bound
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
    product = np.multiply(grad, partial)
    return np.where((grad == 0) & np.isnan(product), np.zeros((), product.dtype), product)


@chain.derivative
def _(grad: Value, partial: Value) -> tuple[Value, Value]:
    return np.where((grad == 0) & ~np.isfinite(partial), np.zeros_like(partial), partial), grad


@chain.simplify("plain slopes")
def _(grad: Value, partial: Value) -> Value | None:
    """Where the slope has no pole, the chain rule's product is a product."""
    finite = partial.kind == "constant" and bool(np.isfinite(partial.value).all())
    no_pole = calls(partial, np.divide, np.reciprocal) and lower_bound(partial.operands[-1]) > 0
    return grad * partial if finite or no_pole else None


@operator(latex=r"\sum {x}", text="Σ {x}")
def sum_to(x: Value, *, shape: Shape) -> Value:
    """The sum over the axes along which `shape` was broadcast to x's shape: broadcasting undone."""
    lead = x.ndim - len(shape)
    ones = tuple(lead + axis for axis, n in enumerate(shape) if n == 1 and x.shape[lead + axis] != 1)
    return np.reshape(np.sum(x, axis=(*range(lead), *ones)), shape)


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
    """The sum over axes along which a value does not change is that value, times their length."""
    if x.operator is None or not x.operator.repeats or x.operands[0].shape not in ((), tuple(shape)) or 0 in shape:
        return None
    repeated: Any = x.operands[0] * (x.size // math.prod(shape))
    return np.broadcast_to(repeated, shape)  # type: ignore[arg-type]  # it may hold a Dim


OPERATORS = (output, dimension, astype, chain, sum_to)
