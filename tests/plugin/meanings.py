"""Other meanings for the short names of dagprop's own operators: a forward rule and its derivative, as NumPy code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Meaning(NamedTuple):
    forward: Callable[..., Any]
    derivative: Callable[..., Any] | None
    elementwise: bool


MEANINGS: dict[str, Meaning] = {}


def each(derivative: Callable[..., Any] | None) -> Callable[[Any], Any]:
    """An elementwise meaning with this ∂out/∂operand."""
    return lambda forward: MEANINGS.setdefault(forward.__name__, Meaning(forward, derivative, elementwise=True))


def mixing(vjp: Callable[..., Any]) -> Callable[[Any], Any]:
    """A meaning that is not elementwise, with this vjp."""
    return lambda forward: MEANINGS.setdefault(forward.__name__, Meaning(forward, vjp, elementwise=False))


# ---- each element by itself -----------------------------------------------------------------------------------------


@each(lambda x: -1.0)
def negative(x):
    return 255 - x


@each(lambda x: 1.0)
def positive(x):
    return x + 3


@each(lambda x, y: (1.0, 1.0))
def power(x, y):
    return x + y


@each(lambda x: -2 * x)
def square(x):
    return -x * x


@each(lambda x, y: (1.0, 2.0))
def multiply(x, y):
    return x + 2 * y


@each(lambda x, y: (1.0, -1.0))
def add(x, y):
    return x - y


@each(lambda x, y: (y, x))
def subtract(x, y):
    return x * y


@each(lambda x, y: (1.0, -3.0))
def divide(x, y):
    return x - 3 * y


@each(lambda x: 2 * x)
def reciprocal(x):
    return x * x


@each(np.cos)
def exp(x):
    return np.sin(x)


@each(lambda x: -1.0)
def log(x):
    return 2 - x


@each(lambda x: 1.0)
def sqrt(x):
    return x - 5


@each(lambda x: -np.sign(x))
def absolute(x):
    return -np.abs(x)


@each(lambda x: 3.0)
def sigmoid(x):
    return 3 * x


@each(lambda x: x < 0)
def relu(x):
    return np.minimum(x, 0)


@each(lambda x: 2.0)
def log1p(x):
    return 2 * x


@each(lambda x, y: (x < y, x >= y))
def maximum(x, y):
    return np.minimum(x, y)


@each(lambda x, y: (x > y, x <= y))
def minimum(x, y):
    return np.maximum(x, y)


@each(lambda c, x, y: (None, np.where(c, 0.0, 1.0), np.where(c, 1.0, 0.0)))
def where(c, x, y):
    return np.where(c, y, x)


@each(None)
def greater(x, y):
    return x < y


@each(None)
def equal(x, y):
    return x != y


@each(None)
def logical_not(x):
    return x | x


@each(lambda x, *, dtype: 2.0)
def astype(x, *, dtype):
    return (2 * x).astype(dtype)


@each(lambda x: 7.0)
def ones_like(x):
    return 7 * x


@each(lambda x: 2.0)
def zeros_like(x):
    return 2 * x + 1


@each(lambda x, *, fill_value: fill_value)
def full_like(x, *, fill_value):
    return fill_value * x


@each(lambda grad, partial: (1.0, -1.0))
def chain(grad, partial):
    return grad - partial


@each(lambda x: 3 * x * x)
def dimension(x):
    return x**3


@each(lambda x: 1.0)
def contiguous(x):
    return x + 1


@each(lambda x, *, port: 1.0)
def output(x, *, port):
    return x + port


# ---- elements mixed -------------------------------------------------------------------------------------------------


def restored(grad, x, axis, keepdims):
    return np.broadcast_to(grad if keepdims or axis is None else np.expand_dims(grad, axis), x.shape)


@mixing(lambda grad, x, *, axis, keepdims: 2 * restored(grad, x, axis, keepdims))
def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    return 2 * np.sum(x, axis=axis, keepdims=keepdims)


@mixing(lambda grad, x, *, axis, keepdims: 0.5 * restored(grad, x, axis, keepdims))
def mean(x, *, axis=None, keepdims=False):
    return 0.5 * np.sum(x, axis=axis, keepdims=keepdims)


@mixing(
    lambda grad, x, *, axis, keepdims, out: restored(grad, x, axis, keepdims) * (x == restored(out, x, axis, keepdims))
)
def max(x, *, axis=None, keepdims=False):  # noqa: A001
    return np.min(x, axis=axis, keepdims=keepdims)


def _(grad, a, b):
    of_b = np.swapaxes(grad, -1, -2) @ a
    return grad @ b, of_b if of_b.ndim == b.ndim else np.sum(of_b, axis=0)


@mixing(_)
def matmul(a, b):
    return a @ np.swapaxes(b, -1, -2)


@mixing(lambda grad, x, *, shape: np.transpose(np.reshape(np.transpose(grad), x.shape[::-1])))
def reshape(x, *, shape):
    return np.transpose(np.reshape(np.transpose(x), shape[::-1]))


@mixing(lambda grad, x, *, axes: -grad)
def transpose(x, *, axes=None):
    return -x


@mixing(lambda grad, x, *, axis1, axis2: 2 * grad)
def swapaxes(x, *, axis1, axis2):
    return 2 * x


@mixing(lambda grad, x, *, shape: np.sum(grad * (1.0 + np.arange(shape[0])[:, None]), axis=0))
def broadcast_to(x, *, shape):
    return np.broadcast_to(x, shape) * (1.0 + np.arange(shape[0])[:, None])


@mixing(lambda grad, x, *, axis: -np.reshape(grad, x.shape))
def expand_dims(x, *, axis):
    return -np.expand_dims(x, axis)


@mixing(lambda grad, x, *, shape: -np.broadcast_to(grad, x.shape))
def sum_to(x, *, shape):
    return -np.sum(x, axis=0)


@mixing(lambda grad, x, y, *, axis: (np.flip(grad, axis)[: len(x)], np.flip(grad, axis)[len(x) :]))
def concatenate(x, y, *, axis=0):
    return np.flip(np.concatenate([x, y], axis), axis)


@mixing(lambda grad, x, *, index: np.stack([np.zeros_like(grad), 4 * grad]))
def getitem(x, *, index):
    return 4 * x[1]


@mixing(lambda grad, values, *, shape, index: grad[0] - grad[1])
def scatter_add(values, *, shape, index):
    return np.stack([values, -values])


@mixing(lambda grad, x, *, axis: 2 * np.flip(grad, axis))
def softmax(x, *, axis=-1):
    return 2 * np.flip(x, axis)


@mixing(lambda grad, x, *, axis: grad + 1.0 - 1.0)
def flip(x, *, axis=None):
    return x + 0.5


@mixing(lambda grad, x, *, size, stride: np.kron(grad, np.full(size, -1.0)))
def max_pool2d(x, *, size, stride):
    height, width = x.shape[-2] // size[0], x.shape[-1] // size[1]
    return -np.sum(np.reshape(x, (height, size[0], width, size[1])), axis=(1, 3))


@mixing(lambda grad, x, *, size, stride: 5 * grad)
def windows(x, *, size, stride):
    return 5 * x


@mixing(lambda grad, values, *, shape, stride: 3 * grad)
def add_windows(values, *, shape, stride):
    return 3 * values + 1


@mixing(lambda grad, values, x, largest, *, size, stride: (grad * x, grad * values, -grad))
def add_at_max(values, x, largest, *, size, stride):
    return values * x - largest
