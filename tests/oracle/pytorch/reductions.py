"""Reductions, norms, running sums and products."""

# ruff: noqa: A002  # the parameters are named as PyTorch names them
from __future__ import annotations

import numpy as np

import dagprop as dp
from pytorch.table import named


def _axis(dim):
    return tuple(dim) if isinstance(dim, list) else None if dim == () else dim


@named
def torch_sum(x, dim=None, keepdim=False):
    return np.sum(x, axis=_axis(dim), keepdims=keepdim)


@named
def nansum(x, dim=None, keepdim=False):
    return np.sum(np.where(np.isnan(x), 0, x), axis=_axis(dim), keepdims=keepdim)


@named
def mean(x, dim=None, keepdim=False):
    return np.mean(x, axis=_axis(dim), keepdims=keepdim)


@named
def prod(x, dim=None, keepdim=False):
    return np.prod(x, axis=_axis(dim), keepdims=keepdim)


@named
def amax(x, dim=None, keepdim=False):
    return np.max(x, axis=_axis(dim), keepdims=keepdim)


@named
def amin(x, dim=None, keepdim=False):
    return np.min(x, axis=_axis(dim), keepdims=keepdim)


def _extremum(x, dim, keepdim, value, position, elementwise):
    """PyTorch's max and min: of all elements, along a dimension (with the position), or of two tensors."""
    if isinstance(dim, dp.Node):
        return elementwise(x, dim)
    if dim is None:
        return value(x)
    return value(x, axis=dim, keepdims=keepdim), position(x, axis=dim, keepdims=keepdim)


@named
def torch_max(x, dim=None, keepdim=False):
    return _extremum(x, dim, keepdim, np.max, np.argmax, np.maximum)


@named
def torch_min(x, dim=None, keepdim=False):
    return _extremum(x, dim, keepdim, np.min, np.argmin, np.minimum)


@named
def var(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = int(unbiased) if correction is None else correction
    return np.var(x, axis=_axis(dim), ddof=ddof, keepdims=keepdim)


@named
def std(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = int(unbiased) if correction is None else correction
    return np.std(x, axis=_axis(dim), ddof=ddof, keepdims=keepdim)


def _and_mean(spread, x, dim=None, *rest, **kwargs):
    axis = None if isinstance(dim, bool) else _axis(dim)
    return spread(x, dim, *rest, **kwargs), np.mean(x, axis=axis, keepdims=kwargs.get("keepdim", False))


@named
def var_mean(x, dim=None, *rest, **kwargs):
    return _and_mean(var, x, dim, *rest, **kwargs)


@named
def std_mean(x, dim=None, *rest, **kwargs):
    return _and_mean(std, x, dim, *rest, **kwargs)


@named
def logsumexp(x, dim, keepdim=False):
    return dp.logsumexp(x, axis=_axis(dim), keepdims=keepdim)


@named
def cumsum(x, dim):
    return np.cumsum(x, axis=dim)


@named
def cumprod(x, dim, dtype=None):
    return np.cumprod(x, axis=dim)


@named
def logcumsumexp(x, dim):
    top = np.max(x, axis=dim, keepdims=True)
    return np.log(np.cumsum(np.exp(x - top), axis=dim)) + top


@named
def diff(x, n=1, dim=-1, prepend=None, append=None):
    if n == 0:
        return x
    x = np.concatenate([part for part in (prepend, x, append) if part is not None], axis=dim)
    return np.diff(x, n=n, axis=dim)


@named
def trace(x):
    return np.trace(x)


@named
def linalg__vector_norm(x, ord=2, dim=None, keepdim=False):
    axes = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if ord == 0:
        return np.count_nonzero(x, axis=axes, keepdims=keepdim).astype(x.dtype)
    if len(axes) == 1:
        return np.linalg.norm(x, ord, axes[0], keepdim)
    flat = np.moveaxis(x, axes, range(-len(axes), 0))
    length = np.linalg.norm(np.reshape(flat, (*flat.shape[: x.ndim - len(axes)], -1)), ord, axis=-1)
    return np.expand_dims(length, axes) if keepdim else length


@named
def linalg__matrix_norm(x, ord="fro", dim=(-2, -1), keepdim=False):
    rows, columns = (axis % x.ndim for axis in dim)
    if ord in ("fro", None):
        return np.linalg.norm(x, "fro", (rows, columns), keepdim)
    if ord == "nuc" or abs(ord) == 2:
        raise NotImplementedError("singular values")
    within, across = (rows, columns) if abs(ord) == 1 else (columns, rows)
    totals = np.sum(np.abs(x), axis=within, keepdims=True)
    found = (np.max if ord > 0 else np.min)(totals, axis=across, keepdims=True)
    return found if keepdim else np.squeeze(found, (rows, columns))


@named
def linalg__norm(x, ord=None, dim=None, keepdim=False):
    if ord is not None and (x.ndim > 1 if dim is None else not isinstance(dim, int)):
        return linalg__matrix_norm(x, ord, dim or (-2, -1), keepdim)
    return linalg__vector_norm(x, 2 if ord is None else ord, dim, keepdim)


@named
def norm(x, p="fro", dim=None, keepdim=False):
    if p == "nuc":
        raise NotImplementedError("singular values")
    return linalg__vector_norm(x, 2 if p in ("fro", None) else p, dim, keepdim)


@named
def cdist(x, other, p=2.0, compute_mode=None):
    return linalg__vector_norm(np.expand_dims(x, -2) - np.expand_dims(other, -3), p, -1)


@named
def nn__normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / np.maximum(linalg__vector_norm(x, p, dim, True), eps)


@named
def nn__cosine_similarity(x, other, dim=1, eps=1e-8):
    product = np.sum(x * other, axis=dim)
    sizes = np.maximum(np.sum(x**2, axis=dim), eps**2) * np.maximum(np.sum(other**2, axis=dim), eps**2)
    return product / np.sqrt(sizes)
