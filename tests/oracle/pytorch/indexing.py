"""Indexing and sorting."""

# ruff: noqa: A002  # the parameters are named as PyTorch names them
from __future__ import annotations

import numpy as np

import dagprop as dp
from pytorch.table import named


def _along(x, dim, index):
    return x[(*(slice(None),) * (dim % x.ndim), index)]


@named
def select(x, dim, index):
    return _along(x, dim, index)


@named
def torch_slice(x, *parts):
    return x[slice(*parts[1:])] if len(parts) > 1 else x[:]


@named
def narrow(x, dim, start, length):
    start = int(start)
    return _along(x, dim, slice(start, start + length or None))


@named
def index_select(x, dim, index):
    return np.take(x, index, axis=dim)


@named
def nn__embedding(weight, index):
    return weight[index]


@named
def gather(x, dim, index):
    rest = tuple(slice(n) for n in index.shape)
    return np.take_along_axis(x[(*rest[: dim % x.ndim], slice(None), *rest[dim % x.ndim + 1 :])], index, dim)


@named
def take_along_dim(x, index, dim=None):
    return np.take_along_axis(x, index, axis=dim)


def _scattered(x, dim, index, source):
    """The source's elements added into zeros like x, each at its position along the dimension."""
    source = source[tuple(slice(n) for n in index.shape)]
    whole = tuple(n if a == dim % x.ndim else m for a, (n, m) in enumerate(zip(x.shape, index.shape, strict=True)))
    added = dp.add_along_axis(source, index, shape=whole, axis=dim)
    return np.pad(added, [(0, n - m) for n, m in zip(x.shape, whole, strict=True)])


@named
def scatter_add(x, dim, index, source):
    return x + _scattered(x, dim, index, source)


@named
def scatter(x, dim, index, source):
    """Elements replaced, not added: what is replaced is zeroed first."""
    source = source if isinstance(source, dp.Node) else source * np.ones(index.shape)
    with np.errstate(all="raise"):
        hits = np.zeros(x.shape)
        grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
        grid[dim] = index
        hits[tuple(grid)] = 1
    return np.where(hits > 0, _scattered(x, dim, index, source), x)


@named
def index_add(x, dim, index, source, *, alpha=1):
    place = (*(slice(None),) * (dim % x.ndim), "array", *(slice(None),) * (x.ndim - dim % x.ndim - 1))
    return x + alpha * dp.scatter_add(source, index, shape=x.shape, index=place)


@named
def index_put(x, indices, values, accumulate=False):
    place = ("array",) * len(indices) + (slice(None),) * (x.ndim - len(indices))
    added = dp.scatter_add(values, *indices, shape=x.shape, index=place)
    if accumulate:
        return x + added
    hits = np.zeros(x.shape, bool)
    hits[tuple(indices)] = True
    return np.where(hits, added, x)


@named
def masked_fill(x, mask, value):
    return np.where(mask, value, x)


@named
def masked_select(x, mask):
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return np.ravel(np.broadcast_to(x, shape))[np.ravel(np.broadcast_to(mask, shape))]


@named
def sort(x, dim=-1, descending=False, stable=False):
    order = np.argsort(x, axis=dim)
    found = np.sort(x, axis=dim)
    return (np.flip(found, dim), np.flip(order, dim)) if descending else (found, order)


@named
def msort(x):
    return np.sort(x, axis=0)


@named
def topk(x, k, dim=-1, largest=True, sorted=True):
    return tuple(_along(part, dim, slice(k)) for part in sort(x, dim, descending=largest))


@named
def kthvalue(x, k, dim=-1, keepdim=False):
    place = slice(k - 1, k) if keepdim else k - 1
    return tuple(_along(part, dim, place) for part in sort(x, dim))


@named
def median(x, dim=None, keepdim=False):
    if dim is None:
        return np.sort(np.ravel(x))[(x.size - 1) // 2]
    return kthvalue(x, (x.shape[dim] - 1) // 2 + 1, dim, keepdim)
