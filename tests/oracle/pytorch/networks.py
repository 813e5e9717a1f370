"""Activations and normalisation."""

# the parameters are named as PyTorch names them
from __future__ import annotations

import math

import numpy as np

import dagprop as dp
from pytorch.table import named


@named
def nn__relu(x, inplace=False):
    return dp.relu(x)


@named
def nn__leaky_relu(x, negative_slope=0.01):
    return dp.leaky_relu(x, slope=negative_slope)


@named
def nn__prelu(x, weight):
    if weight.ndim and weight.shape != (1,):
        weight = np.reshape(weight, (-1, *(1,) * max(x.ndim - 2, 0)))
    return np.where(x > 0, x, weight * x)


@named
def nn__elu(x, alpha=1.0):
    return dp.elu(x, alpha=alpha)


@named
def nn__celu(x, alpha=1.0):
    return dp.celu(x, alpha=alpha)


@named
def nn__gelu(x, approximate="none"):
    return dp.gelu(x) if approximate == "none" else dp.gelu_tanh(x)


@named
def erf(x):
    return 2 * dp.normal_cdf(math.sqrt(2) * x) - 1


@named
def erfc(x):
    return 2 * dp.normal_cdf(-math.sqrt(2) * x)


@named
def nn__silu(x, inplace=False):
    return dp.silu(x)


@named
def nn__softplus(x, beta=1, threshold=20):
    return np.where(beta * x > threshold, x, dp.softplus(beta * x) / beta)


@named
def nn__threshold(x, threshold, value):
    return np.where(x > threshold, x, value)


@named
def nn__hardtanh(x, min_val=-1.0, max_val=1.0):
    return dp.hardtanh(x, lower=min_val, upper=max_val)


@named
def nn__hardsigmoid(x, inplace=False):
    return dp.hardsigmoid(x)


@named
def nn__hardswish(x, inplace=False):
    return dp.hardswish(x)


@named
def softmax(x, dim, dtype=None):
    return dp.softmax(x, axis=dim)


@named
def log_softmax(x, dim, dtype=None):
    return dp.log_softmax(x, axis=dim)


@named
def nn__softmin(x, dim, dtype=None):
    return dp.softmax(-x, axis=dim)


# ---- normalisation ---


def _standardised(x, axes, eps):
    centred = x - np.mean(x, axis=axes, keepdims=True)
    return centred / np.sqrt(np.var(x, axis=axes, keepdims=True) + eps)


def _affine(x, weight, bias, shape=None):
    for parameter, apply in ((weight, np.multiply), (bias, np.add)):
        if parameter is not None:
            x = apply(x, parameter if shape is None else np.reshape(parameter, shape))
    return x


@named
def nn__layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    return _affine(_standardised(x, tuple(range(-len(normalized_shape), 0)), eps), weight, bias)


@named
def nn__rms_norm(x, normalized_shape, weight=None, eps=None):
    eps = np.finfo(float).eps if eps is None else eps
    axes = tuple(range(-len(normalized_shape), 0))
    return _affine(x / np.sqrt(np.mean(x**2, axis=axes, keepdims=True) + eps), weight, None)


def _channels(x):
    return (-1, *(1,) * (x.ndim - 2))


@named
def nn__group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    groups = np.reshape(x, (x.shape[0], num_groups, -1))
    return _affine(np.reshape(_standardised(groups, -1, eps), x.shape), weight, bias, _channels(x))


@named
def nn__instance_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    return _affine(_standardised(x, tuple(range(2, x.ndim)), eps), weight, bias, _channels(x))


@named
def nn__batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training:
        normal = _standardised(x, (0, *range(2, x.ndim)), eps)
    else:
        shape = _channels(x)
        normal = (x - np.reshape(running_mean, shape)) / np.sqrt(np.reshape(running_var, shape) + eps)
    return _affine(normal, weight, bias, _channels(x))


@named
def nn__local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    padded = np.pad(x**2, [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))
    windows = [padded[:, i : i + x.shape[1]] for i in range(size)]
    return x / (k + alpha * np.mean(np.stack(windows), axis=0)) ** beta
