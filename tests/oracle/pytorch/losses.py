"""Losses."""

# the parameters are named as PyTorch names them
from __future__ import annotations

import math

import numpy as np

import dagprop as dp
from pytorch.table import named


def _reduced(loss, reduction):
    return {"none": lambda x: x, "mean": np.mean, "sum": np.sum, "batchmean": lambda x: np.sum(x) / x.shape[0]}[
        reduction
    ](loss)


@named
def nn__mse_loss(x, target, reduction="mean"):
    return _reduced(dp.squared_error(x, target), reduction)


@named
def nn__l1_loss(x, target, reduction="mean"):
    return _reduced(dp.absolute_error(x, target), reduction)


@named
def nn__huber_loss(x, target, reduction="mean", delta=1.0):
    return _reduced(dp.huber(x, target, delta=delta), reduction)


@named
def nn__smooth_l1_loss(x, target, reduction="mean", beta=1.0):
    return _reduced(dp.huber(x, target, delta=beta) / beta, reduction)


@named
def nn__hinge_embedding_loss(x, target, margin=1.0, reduction="mean"):
    similar = np.where(target == 1, x, 0)
    return _reduced(similar + np.where(target == -1, np.maximum(margin - x, 0), 0), reduction)


@named
def nn__binary_cross_entropy(x, target, weight=None, reduction="mean"):
    loss = dp.binary_cross_entropy(x, target)
    return _reduced(loss if weight is None else weight * loss, reduction)


@named
def nn__binary_cross_entropy_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    if pos_weight is None:
        loss = dp.binary_cross_entropy_with_logits(x, target)
    else:
        loss = (1 - target) * dp.softplus(x) + pos_weight * target * dp.softplus(-x)
    return _reduced(loss if weight is None else weight * loss, reduction)


@named
def nn__nll_loss(x, target, weight=None, ignore_index=-100, reduction="mean"):
    axis = 1 if x.ndim > 1 else 0
    labels = np.where(target == ignore_index, 0, target)
    chosen = np.squeeze(np.take_along_axis(x, np.expand_dims(labels, axis), axis), axis)
    weights = np.where(target == ignore_index, 0.0, 1.0 if weight is None else weight[labels])
    loss = -weights * chosen
    return np.sum(loss) / np.sum(weights) if reduction == "mean" else _reduced(loss, reduction)


@named
def nn__cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    axis = 1 if x.ndim > 1 else 0
    scores = dp.log_softmax(x, axis=axis)
    if isinstance(target, np.ndarray) and target.dtype.kind in "iu":
        if label_smoothing:
            raise NotImplementedError("smoothed labels")
        return nn__nll_loss(scores, target, weight, ignore_index, reduction)
    classes = x.shape[axis]
    target = (1 - label_smoothing) * target + label_smoothing / classes
    weighted = scores if weight is None else scores * np.reshape(weight, (-1, *(1,) * (x.ndim - axis - 1)))
    loss = -np.sum(weighted * target, axis=axis)
    return np.sum(loss) / (x.size // classes) if reduction == "mean" else _reduced(loss, reduction)


@named
def nn__gaussian_nll_loss(x, target, var, full=False, eps=1e-6, reduction="mean"):
    if isinstance(var, dp.Node) and var.ndim == x.ndim - 1:
        var = np.expand_dims(var, -1)
    var = np.maximum(var, eps)
    loss = 0.5 * (np.log(var) + (x - target) ** 2 / var)
    return _reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@named
def nn__poisson_nll_loss(x, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = np.exp(x) - target * x if log_input else x - target * np.log(x + eps)
    if full:
        safe = np.where(target > 1, target, 1)
        stirling = safe * np.log(safe) - safe + 0.5 * np.log(2 * math.pi * safe)
        loss = loss + np.where(target > 1, stirling, 0)
    return _reduced(loss, reduction)


@named
def nn__kl_div(x, target, reduction="mean", log_target=False):
    if log_target:
        return _reduced(np.exp(target) * (target - x), reduction)
    return _reduced(target * np.log(target) - target * x, reduction)
