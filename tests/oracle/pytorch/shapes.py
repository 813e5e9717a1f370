"""Shapes; joining and splitting."""

# the parameters are named as PyTorch names them
from __future__ import annotations

import numpy as np

import dagprop as dp
from pytorch.table import OPERATORS, named


@named
def expand(x, sizes):
    kept = (1,) * (len(sizes) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(m if n == -1 else n for m, n in zip(kept, sizes, strict=True)))


@named
def flip(x, dims):
    return np.flip(x, dims)


@named
def transpose(x, dim, other):
    return x if not x.ndim else np.swapaxes(x, dim, other)


@named
def flatten(x, start_dim=0, end_dim=-1):
    if not x.ndim:
        return np.reshape(x, (1,))
    start, end = start_dim % x.ndim, end_dim % x.ndim
    return np.reshape(x, (*x.shape[:start], -1, *x.shape[end + 1 :]))


@named
def unflatten(x, dim, sizes):
    dim %= x.ndim
    return np.reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


@named
def permute(x, dims):
    return np.transpose(x, dims)


@named
def squeeze(x, dim=None):
    if dim is None or not x.ndim:
        return np.squeeze(x)
    axes = [dim] if isinstance(dim, int) else dim
    return np.squeeze(x, axis=tuple(a for a in axes if x.shape[a] == 1))


@named
def roll(x, shifts, dims=None):
    return np.roll(x, shifts, dims if dims != () else None)


@named
def rot90(x, k=1, dims=(0, 1)):
    return np.rot90(x, k, tuple(dims))


@named
def tile(x, dims):
    return np.tile(x, dims)


@named
def repeat(x, repeats):
    return np.tile(x, repeats)


@named
def meshgrid(*tensors, indexing="ij"):
    tensors = tensors[0] if isinstance(tensors[0], list) else tensors
    return np.meshgrid(*(np.ravel(x) for x in tensors), indexing=indexing)


@named
def diag(x, diagonal=0):
    return np.diag(x, diagonal)


@named
def diagonal(x, offset=0, dim1=0, dim2=1):
    return np.diagonal(x, offset, dim1, dim2)


@named
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    side = x.shape[-1] + abs(offset)
    embedded = dp.from_diagonal(x, shape=(*x.shape[:-1], side, side), offset=offset, axis1=-2, axis2=-1)
    return np.moveaxis(embedded, (-2, -1), (dim1, dim2))


@named
def nn__pixel_shuffle(x, upscale_factor):
    *batch, channels, height, width = x.shape
    r = upscale_factor
    blocks = np.reshape(x, (*batch, channels // r**2, r, r, height, width))
    order = (*range(len(batch) + 1), *(len(batch) + i for i in (3, 1, 4, 2)))
    return np.reshape(np.transpose(blocks, order), (*batch, channels // r**2, height * r, width * r))


def _padded(x, pad, mode="constant", value=0):
    """PyTorch gives the padding of the last axis first, and a negative one cuts."""
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape, strict=True))
    grow = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if mode == "constant":
        return np.pad(x[cut], grow, constant_values=value or 0)
    if mode == "circular":
        return np.pad(x[cut], grow, "wrap")
    grown = np.pad(x, grow, {"replicate": "edge"}.get(mode, mode))
    return grown[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, grown.shape, strict=True))]


@named
def constant_pad_nd(x, pad, value=0):
    return _padded(x, pad, value=value)


OPERATORS["nn.functional.pad"] = _padded


@named
def cat(tensors, dim=0):
    joined = [x for x in tensors if x.shape != (0,)]
    return np.concatenate(joined or tensors, axis=dim)


@named
def stack(tensors, dim=0):
    return np.stack(tensors, axis=dim)


@named
def hstack(tensors):
    return np.hstack(tensors)


@named
def vstack(tensors):
    return np.vstack(tensors)


@named
def dstack(tensors):
    return np.dstack(tensors)


@named
def unbind(x, dim=0):
    return [np.take(x, i, axis=dim) for i in range(x.shape[dim])]


@named
def split(x, size, dim=0):
    if isinstance(size, int):
        return np.split(x, range(size, x.shape[dim], size), axis=dim)
    return np.split(x, np.cumsum(size)[:-1], axis=dim)


OPERATORS["split_with_sizes"] = split


@named
def chunk(x, chunks, dim=0):
    return split(x, -(-x.shape[dim] // chunks), dim)


@named
def tensor_split(x, indices_or_sections, dim=0):
    if isinstance(indices_or_sections, np.ndarray):
        indices_or_sections = indices_or_sections.tolist()
    return np.array_split(x, indices_or_sections, axis=dim)


@named
def nn__glu(x, dim=-1):
    value, gate = np.split(x, 2, axis=dim)
    return value * dp.sigmoid(gate)
