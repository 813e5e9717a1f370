"""Losses: how far a prediction is from its target.

None of them averages: `dp.softmax_cross_entropy(z, y).mean()` does.  The losses of numbers are per element, those
of distributions per sample (they sum over the axis of the classes).  A target has a derivative like any operand.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from dagprop.operators.activation import log_softmax, sigmoid, softmax
from dagprop.operators.structure import chain
from dagprop.plugin.declaring import Dim, Spec, Value, elementwise, meet, operator
from dagprop.plugin.ranges import positive, probabilities

# ---- of numbers -------------------------------------------------------------------------------------------------


@elementwise(latex=r"\left({prediction} - {target}\right)^2", text="({prediction} − {target})²", binding="power")
def squared_error(prediction: Value, target: Value) -> Value:
    """(p - y)² per element.

    >>> squared_error(np.array([1.0, 5.0]), np.array([1.0, 2.0])).tolist()
    [0.0, 9.0]
    """
    return np.square(prediction - target)


@squared_error.derivative
def _(prediction: Value, target: Value) -> tuple[Value, Value]:
    return 2 * (prediction - target), 2 * (target - prediction)


@elementwise(latex=r"\left|{prediction} - {target}\right|", text="|{prediction} − {target}|")
def absolute_error(prediction: Value, target: Value) -> Value:
    """|p - y| per element, with slope 0 where they are equal."""
    return np.abs(prediction - target)


@absolute_error.derivative
def _(prediction: Value, target: Value) -> tuple[Value, Value]:
    return np.sign(prediction - target), np.sign(target - prediction)


@elementwise(
    latex=r"\operatorname{{huber}}_{{{delta}}}({prediction:bare}, {target:bare})",
    text="huber({prediction:bare}, {target:bare})",
)
def huber(prediction: Value, target: Value, *, delta: float = 1.0) -> Value:
    """½d² for errors d = p - y up to δ, and δ(|d| - ½δ) beyond, where it is straight (Huber, 1964).

    >>> huber(np.array([0.5, 3.0]), 0.0).tolist()
    [0.125, 2.5]
    """
    error = np.abs(prediction - target)
    square = np.minimum(error, delta)
    return square * (error - 0.5 * square)


@huber.requires
def _(_prediction: Value, _target: Value, *, delta: float) -> None:
    positive(delta=delta)


@huber.derivative
def _(prediction: Value, target: Value, *, delta: float) -> tuple[Value, Value]:
    slope = np.clip(prediction - target, -delta, delta)
    return slope, -slope


@elementwise(
    latex=r"\max(0, 1 - {target} \odot {prediction})",
    text="max(0, 1 − {target} · {prediction})",
)
def hinge(prediction: Value, target: Value) -> Value:
    """max(0, 1 - y·p) per element, for targets of -1 and 1; slope 0 where y·p is 1."""
    return np.maximum(1 - target * prediction, 0)


@hinge.derivative
def _(prediction: Value, target: Value) -> tuple[Value, Value]:
    inside = target * prediction < 1
    return np.where(inside, -target, 0), np.where(inside, -prediction, 0)


# ---- of probabilities of two classes ----------------------------------------------------------------------------


@elementwise(
    singular=True,
    latex=r"-{target} \ln {prediction} - (1 - {target}) \ln(1 - {prediction})",
    text="−{target} · ln {prediction} − (1 − {target}) · ln(1 − {prediction})",
    binding="sum",
)
def binary_cross_entropy(prediction: Value, target: Value) -> Value:
    """-y·ln p - (1 - y)·ln(1 - p) per element, where 0·ln 0 is 0.

    From a sigmoid's operand, `binary_cross_entropy_with_logits` is exact where p rounds to 0 or 1.

    >>> binary_cross_entropy(np.array([0.75, 0.5]), np.array([1.0, 0.0])).round(6).tolist()
    [0.287682, 0.693147]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -chain(target, np.log(prediction)) - chain(1 - target, np.log1p(-prediction))


@binary_cross_entropy.requires
def _(prediction: Value, target: Value) -> None:
    probabilities(prediction=prediction, target=target)


@binary_cross_entropy.derivative
def _(prediction: Value, target: Value) -> tuple[Value, Value]:
    return (
        chain(1 - target, 1 / (1 - prediction)) - chain(target, 1 / prediction),
        np.log1p(-prediction) - np.log(prediction),
    )


@elementwise(
    latex=r"\ln(1 + e^{{{logits:bare}}}) - {logits} \odot {target}",
    text="ln(1 + exp({logits:bare})) − {logits} · {target}",
    binding="sum",
)
def binary_cross_entropy_with_logits(logits: Value, target: Value) -> Value:
    """Binary cross-entropy of p = σ(x), from x: ln(1 + eˣ) - x·y, exact for any x.

    >>> binary_cross_entropy_with_logits(np.array([1000.0, -1000.0]), 1.0).tolist()
    [0.0, 1000.0]
    """
    return np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))


@binary_cross_entropy_with_logits.requires
def _(_logits: Value, target: Value) -> None:
    probabilities(target=target)


@binary_cross_entropy_with_logits.derivative
def _(logits: Value, target: Value) -> tuple[Value, Value]:
    return sigmoid(logits) - target, -logits


# ---- of distributions over classes ------------------------------------------------------------------------------


def _per_sample(scores: Spec, target: Spec, *, axis: int) -> Spec:
    axis = normalize_axis_index(axis, scores.ndim)
    shape = [meet(n, m) for n, m in zip(scores.shape, target.shape, strict=False)]
    if len(shape) != scores.ndim or len(shape) != target.ndim or None in shape:
        raise ValueError("prediction and target are of one shape; labels go to softmax_cross_entropy_labels")
    del shape[axis]
    return Spec(shape, np.result_type(scores.dtype, target.dtype, np.float16))


@operator(
    latex=r"-\sum {target} \odot \ln {prediction}",
    text="−Σ {target} · ln {prediction}",
    binding="sum",
)
def cross_entropy(prediction: Value, target: Value, *, axis: int = -1) -> Value:
    """-Σ y·ln p over the axis of the classes, of probabilities p and y; 0·ln 0 is 0.

    >>> cross_entropy(np.array([[0.25, 0.75]]), np.array([[1.0, 0.0]])).round(6).tolist()
    [1.386294]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.sum(chain(target, np.log(prediction)), axis=axis)


@cross_entropy.requires
def _(prediction: Value, target: Value) -> None:
    probabilities(prediction=prediction, target=target)


@cross_entropy.vjp
def _(grad: Value, prediction: Value, target: Value, *, axis: int) -> tuple[Value, Value]:
    sent = -np.expand_dims(grad, axis)
    return chain(sent * target, 1 / prediction), chain(sent, np.log(prediction))


@operator(
    latex=r"-\sum {target} \odot \ln \operatorname{{softmax}}({logits:bare})",
    text="−Σ {target} · ln softmax({logits:bare})",
    binding="sum",
)
def softmax_cross_entropy(logits: Value, target: Value, *, axis: int = -1) -> Value:
    """-Σ y·ln softmax(x) over the axis of the classes, from the logits x; y is one-hot, or any distribution.

    >>> softmax_cross_entropy(np.array([[1000.0, 0.0]]), np.array([[0.0, 1.0]])).tolist()
    [1000.0]
    """
    return -np.sum(chain(target, log_softmax(logits, axis=axis)), axis=axis)


@softmax_cross_entropy.requires
def _(_logits: Value, target: Value) -> None:
    probabilities(target=target)


@softmax_cross_entropy.vjp
def _(grad: Value, logits: Value, target: Value, *, axis: int) -> tuple[Value, Value]:
    grad, total = np.expand_dims(grad, axis), np.sum(target, axis=axis, keepdims=True)  # 1, of a distribution
    return grad * (softmax(logits, axis=axis) * total - target), -chain(grad, log_softmax(logits, axis=axis))


cross_entropy.infer(_per_sample)
softmax_cross_entropy.infer(_per_sample)


@operator(
    latex=r"-\ln \operatorname{{softmax}}({logits:bare})_{{{labels:bare}}}",
    text="−ln softmax({logits:bare})[{labels:bare}]",
    binding="sum",
)
def softmax_cross_entropy_labels(logits: Value, labels: Value, *, axis: int = -1) -> Value:
    """-ln softmax(x) at the right class, over the axis of the classes; a label is the number of a class, from 0.

    Raises ValueError for a label that is no class.

    >>> softmax_cross_entropy_labels(np.array([[1000.0, 0.0]]), np.array([1])).tolist()
    [1000.0]
    """
    classes = logits.shape[axis]
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"labels are 0 to {classes - 1}, not {labels.min()} to {labels.max()}")
    scores = np.take_along_axis(log_softmax(logits, axis=axis), np.expand_dims(labels, axis), axis)
    return -np.squeeze(scores, axis)


@softmax_cross_entropy_labels.infer
def _(logits: Spec, labels: Spec, *, axis: int) -> Spec:
    shape = list(logits.shape)
    classes = shape.pop(normalize_axis_index(axis, logits.ndim))
    if len(shape) != labels.ndim or None in map(meet, shape, labels.shape):
        raise ValueError("labels have the shape of the logits without the axis of the classes")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels are integers, not {labels.dtype}; distributions go to softmax_cross_entropy")
    if isinstance(classes, Dim):
        raise ValueError(f"the number of classes is a number, not {classes}")
    return Spec(shape, np.result_type(logits.dtype, np.float16))


@softmax_cross_entropy_labels.vjp
def _(grad: Value, logits: Value, labels: Value, *, axis: int) -> tuple[Value, None]:
    behind = logits.ndim - 1 - normalize_axis_index(axis, logits.ndim)
    classes = np.arange(logits.shape[axis]).reshape(-1, *[1] * behind)
    hit = np.expand_dims(labels, axis) == classes
    return np.expand_dims(grad, axis) * (softmax(logits, axis=axis) - hit), None


OPERATORS = (
    squared_error, absolute_error, huber, hinge, binary_cross_entropy, binary_cross_entropy_with_logits,
    cross_entropy, softmax_cross_entropy, softmax_cross_entropy_labels,
)  # fmt: skip
