"""Arithmetic and products."""

# ruff: noqa: A002  # the parameters are named as PyTorch names them
from __future__ import annotations

import math

import numpy as np

import dagprop as dp
from pytorch.table import OPERATORS, named


@named
def add(x, other, *, alpha=1):
    return x + alpha * other


@named
def sub(x, other, *, alpha=1):
    return x - alpha * other


@named
def div(x, other, *, rounding_mode=None):
    return {None: np.divide, "floor": np.floor_divide, "trunc": lambda a, b: np.trunc(a / b)}[rounding_mode](x, other)


@named
def rsqrt(x):
    return 1 / np.sqrt(x)


@named
def clamp(x, min=None, max=None):
    return np.clip(x, min, max)


@named
def clamp_min(x, min):
    return np.maximum(x, min)


@named
def clamp_max(x, max):
    return np.minimum(x, max)


@named
def lerp(x, end, weight):
    return x + weight * (end - x)


@named
def addcmul(x, first, second, *, value=1):
    return x + value * first * second


@named
def addcdiv(x, first, second, *, value=1):
    return x + value * first / second


@named
def xlogy(x, other):
    return x * np.log(other)


# ---- products ---


@named
def addmm(x, first, second, *, beta=1, alpha=1):
    return beta * x + alpha * (first @ second)


OPERATORS["baddbmm"] = addmm


@named
def tensordot(x, other, dims=2):
    for i, j in zip(*dims, strict=True) if not isinstance(dims, int) else ():  # a size of 1 goes with any
        if x.shape[i] != other.shape[j]:
            x, other = np.sum(x, axis=i, keepdims=True), np.sum(other, axis=j, keepdims=True)
    return np.tensordot(x, other, dims)


@named
def einsum(operands, equation):
    return np.einsum(equation, *operands)


@named
def cross(x, other, dim=None):
    if dim is None:  # the first dimension of size 3
        dim = x.shape.index(3)
    return np.cross(x, other, axis=dim)


@named
def nn__linear(x, weight, bias=None):
    product = x @ weight.T
    return product if bias is None else product + bias


@named
def nn__bilinear(x, other, weight, bias=None):
    product = np.einsum("...i,oij,...j->...o", x, weight, other)
    return product if bias is None else product + bias


@named
def linalg__multi_dot(matrices):
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return product


@named
def linalg__matrix_power(x, n):
    if n < 0:
        raise NotImplementedError("the inverse of a matrix")
    power = np.broadcast_to(np.eye(x.shape[-1]), x.shape) + 0 * x
    for _ in range(n):
        power = power @ x
    return power


@named
def nn__scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    elif isinstance(attn_mask, np.ndarray) and attn_mask.dtype == bool:
        scores = np.where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return dp.softmax(scores, axis=-1) @ value
