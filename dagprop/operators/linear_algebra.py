"""Products of matrices and tensors."""

from __future__ import annotations

import numpy as np

from dagprop.operator import Spec, Value, broadcast, operator
from dagprop.operators.structure import sum_to


@operator(numpy=[np.matmul], latex="{a} {b}", text="{a} {b}", binding="product")
def matmul(a: Value, b: Value) -> Value:
    """The matrix product, over stacks of matrices where there are more than two dimensions."""
    return np.matmul(a, b)


@matmul.infer
def _(a: Spec, b: Spec) -> Spec:
    from dagprop.operator import meet
    if not a.ndim or not b.ndim:
        raise ValueError("a matrix product needs operands of at least one dimension")
    inner = meet(a.shape[-1], b.shape[-2] if b.ndim > 1 else b.shape[0])
    if inner is None:
        raise ValueError(f"the last axis of operand 0 ({a.shape[-1]}) must equal the {'second to last' if b.ndim>1 else 'only'} axis of operand 1 ({b.shape[-2] if b.ndim > 1 else b.shape[0]})")
    stack = broadcast(a.shape[:-2], b.shape[:-2])
    return Spec((*stack, *a.shape[-2:-1], *(b.shape[-1:] if b.ndim > 1 else ())), np.result_type(a.dtype, b.dtype))


@matmul.vjp
def _(grad: Value, a: Value, b: Value) -> tuple[Value, Value]:
    if a.ndim == 1 and b.ndim == 1:
        return grad * b, grad * a
    if a.ndim == 1:
        return sum_to(np.matmul(b, np.expand_dims(grad,-1))[...,0], shape=a.shape), np.expand_dims(a, -1) * np.expand_dims(grad, -2)
    return grad @ np.swapaxes(b,-1,-2), np.swapaxes(a,-1,-2) @ grad


OPERATORS = (matmul,)
