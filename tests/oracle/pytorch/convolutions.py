"""Convolution and pooling.

PyTorch takes a bare image for a batch of one, dilates and groups kernels, and may let a last window stand out.
"""

# the parameters are named as PyTorch names them
from __future__ import annotations

import math

import numpy as np

import dagprop as dp
from pytorch.table import OPERATORS


def _each(value, dims):
    return (value,) * dims if isinstance(value, int) else tuple(value) * (dims if len(value) == 1 else 1)


def _batched(function, dims):
    """A bare image is a batch of one."""

    def called(x, *args, **kwargs):
        if x.ndim == dims + 2:
            return function(dims, x, *args, **kwargs)
        return function(dims, np.expand_dims(x, 0), *args, **kwargs)[0]

    return called


def _dilated(kernel, dilation):
    """The kernel with zeros between its elements."""
    dims = len(dilation)
    grown = [(n - 1) * d + 1 for n, d in zip(kernel.shape[-dims:], dilation, strict=True)]
    index = (slice(None), slice(None), *(slice(None, None, d) for d in dilation))
    return dp.scatter_add(kernel, shape=(*kernel.shape[:2], *grown), index=index)


def _biased(x, bias):
    return x if bias is None else x + np.reshape(bias, (-1, *(1,) * (x.ndim - 2)))


def _convolution(dims, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    stride, dilation = _each(stride, dims), _each(dilation, dims)
    kernel = _dilated(weight, dilation)
    if padding == "same":
        sides = [((k - 1) // 2, k // 2) for k in kernel.shape[2:]]
    else:
        sides = [(p, p) for p in _each(0 if padding == "valid" else padding, dims)]
    x = np.pad(x, [(0, 0), (0, 0), *sides])
    convolve = (dp.conv1d, dp.conv2d, _convolution_of_volumes)[dims - 1]
    parts = zip(np.split(x, groups, axis=1), np.split(kernel, groups), strict=True)
    return _biased(np.concatenate([convolve(a, b, stride=stride) for a, b in parts], axis=1), bias)


def _convolution_of_volumes(x, kernel, stride):
    places = dp.windows(x, size=kernel.shape[2:], stride=stride)
    return np.einsum("ncxyzijk,ocijk->noxyz", places, kernel)


def _transposed(dims, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Every element of x puts a kernel into the result: what the gradient of a convolution does."""
    stride, kernel = _each(stride, dims), _dilated(weight, _each(dilation, dims))
    whole = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], stride, kernel.shape[2:], strict=True)]
    letters = {1: "nox,oci->ncxi", 2: "noxy,ocij->ncxyij"}[dims]
    parts = zip(np.split(x, groups, axis=1), np.split(kernel, groups), strict=True)
    placed = np.concatenate([np.einsum(letters, a, b) for a, b in parts], axis=1)
    added = dp.add_windows(placed, shape=tuple(whole), stride=stride)
    longer, cut = _each(output_padding, dims), _each(padding, dims)
    added = np.pad(added, [(0, 0), (0, 0), *((0, n) for n in longer)])
    inside = (slice(p, n + more - p) for n, more, p in zip(whole, longer, cut, strict=True))
    return _biased(added[(..., *inside)], bias)


def _framed(x, spans, stride, padding, ceil_mode, fill):
    """x set in `fill`, with room for a last window that stands out, if it begins inside."""
    dims = len(spans)
    sides = []
    for n, span, step, p in zip(x.shape[-dims:], spans, stride, padding, strict=True):
        count = (n + 2 * p - span) // step + 1
        if ceil_mode and (n + 2 * p - span) % step and count * step < n + p:
            count += 1
        sides.append((p, max((count - 1) * step + span - n - p, p)))
    return np.pad(x, [(0, 0)] * (x.ndim - dims) + sides, constant_values=fill)


def _windows(x, size, stride, padding, dilation, ceil_mode, fill):
    spans = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    places = dp.windows(_framed(x, spans, stride, padding, ceil_mode, fill), size=spans, stride=stride)
    return places[(..., *(slice(None, None, d) for d in dilation))]


def _max_pool(dims, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    size, padding, dilation = (_each(value, dims) for value in (kernel_size, padding, dilation))
    stride = _each(stride, dims) if stride else size
    if dims == 2 and dilation == (1, 1):
        return dp.max_pool2d(_framed(x, size, stride, padding, ceil_mode, -np.inf), size, stride)
    axes = tuple(range(-dims, 0))
    return np.max(_windows(x, size, stride, padding, dilation, ceil_mode, -np.inf), axis=axes)


def _avg_pool(
    dims, x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    size, padding = _each(kernel_size, dims), _each(padding, dims)
    stride = _each(stride, dims) if stride else size
    axes, once = tuple(range(-dims, 0)), (1,) * dims

    def totals(values, padding):
        return np.sum(_windows(values, size, stride, padding, once, ceil_mode, 0.0), axis=axes)

    if divisor_override:
        return totals(x, padding) / divisor_override
    if not count_include_pad:
        return totals(x, padding) / totals(np.ones(x.shape), padding)
    framed = tuple(n + 2 * p for n, p in zip(x.shape[-dims:], padding, strict=True))
    return totals(x, padding) / totals(np.ones(framed), (0,) * dims)


def _unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    size, dilation, padding, stride = (_each(value, 2) for value in (kernel_size, dilation, padding, stride))
    places = _windows(x, size, stride, padding, dilation, False, 0.0)
    columns = np.transpose(places, (0, 1, 4, 5, 2, 3))
    return np.reshape(columns, (x.shape[0], x.shape[1] * math.prod(size), -1))


def _adaptive(reduce):
    """As many windows as are asked for, as even as can be, along the last two axes."""

    def pool(x, output_size, return_indices=False):
        for axis, count in zip((-2, -1), _each(output_size, 2), strict=True):
            n = x.shape[axis]
            edges = [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)] if count else []
            if edges:
                moved = np.moveaxis(x, axis, -1)
                parts = [reduce(moved[..., start:stop], axis=-1) for start, stop in edges]
                x = np.moveaxis(np.stack(parts, axis=-1), -1, axis)
        return x

    return pool


OPERATORS |= {
    "nn.functional.adaptive_avg_pool2d": _adaptive(np.mean),
    "nn.functional.adaptive_max_pool2d": _adaptive(np.max),
    "nn.functional.avg_pool1d": _batched(_avg_pool, 1),
    "nn.functional.avg_pool2d": _batched(_avg_pool, 2),
    "nn.functional.conv1d": _batched(_convolution, 1),
    "nn.functional.conv2d": _batched(_convolution, 2),
    "nn.functional.conv3d": _batched(_convolution, 3),
    "nn.functional.conv_transpose1d": _batched(_transposed, 1),
    "nn.functional.conv_transpose2d": _batched(_transposed, 2),
    "nn.functional.max_pool1d": _batched(_max_pool, 1),
    "nn.functional.max_pool2d": _batched(_max_pool, 2),
    "nn.functional.unfold": _unfold,
}
