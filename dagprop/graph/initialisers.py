"""Initialisers: where a parameter starts.

An initialiser is a function of a shape and a random generator.  For the fans of a shape of n ≥ 2 dimensions,
the last axis is the output's, the one before it the input's, and the rest multiply both (a convolution's field).
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from dagprop.arguments import instance, number, refused, shown, whole_number
from dagprop.casting import as_array, cast
from dagprop.errors import RuleError, ShapeError, reason, report

Initialiser: TypeAlias = Callable[[tuple[int, ...], np.random.Generator], np.ndarray[Any, Any]]


GENERATOR = "a generator of NumPy's, such as np.random.default_rng(0)"


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if not isinstance(shape, tuple | list):
        raise refused("shape", "a tuple of numbers", shape)
    for n in shape:
        whole_number("each of shape", n, 0)
    if len(shape) < 2:
        return shape[0] if shape else 1, shape[0] if shape else 1
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def zeros(shape: tuple[int, ...], _rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """All zeros."""
    return np.zeros(shape)


def _normal(scale: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.normal(0.0, scale, shape)


def _uniform(low: float, high: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.uniform(low, high, shape)


def normal(scale: float = 1.0) -> Initialiser:
    """Normal with mean 0 and standard deviation `scale`.

    >>> normal(0.1)((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    return functools.partial(_normal, number("scale", scale, "a number, at least 0", lambda n: 0 <= n < math.inf))


def uniform(low: float = -1.0, high: float = 1.0) -> Initialiser:
    """Uniform on [low, high)."""
    number("low", low)
    number("high", high, "a number, at least low", lambda n: low <= n < math.inf)
    return functools.partial(_uniform, low, high)


def glorot(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Uniform on ±√(6 / (fan in + fan out)): keeps the variance of values and of gradients through tanh.

    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), eq. 16.
    """
    instance("rng", rng, np.random.Generator, GENERATOR)
    limit = math.sqrt(6 / max(1, sum(_fans(shape))))
    return rng.uniform(-limit, limit, shape)


def he(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Normal with variance 2 / fan in: keeps the variance through relu.

    He, Zhang, Ren & Sun, "Delving deep into rectifiers" (2015), eq. 10.
    """
    instance("rng", rng, np.random.Generator, GENERATOR)
    return rng.normal(0.0, math.sqrt(2 / max(1, _fans(shape)[0])), shape)


def default(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """What a parameter without `initial=` starts as: `glorot` for matrices and above, zeros for vectors and scalars."""
    return glorot(shape, rng) if len(shape) >= 2 else zeros(shape, rng)


def first_value(
    initial: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], seed: int
) -> np.ndarray[Any, Any]:
    """A parameter's first value; random ones depend on the seed and the parameter's name alone."""
    seed = whole_number("seed", seed, 0)
    if isinstance(initial, np.ndarray):
        return initial.copy()
    what = f"the initial value of {name!r}"
    rng = np.random.default_rng([seed, *name.encode()])
    if initial is None:
        initial = default if dtype.kind in "fc" else zeros
    try:
        made = _called(initial, shape, rng)
    except Exception as error:
        rows = [("initialiser", shown(initial)), ("shape", str(shape)), ("reason", reason(error))]
        raise RuleError(report(f"the initialiser of {name!r} failed", rows)) from error
    value = np.array(as_array(made, what, error=ShapeError))
    if value.shape != shape:
        raise ShapeError(f"{what} has shape {value.shape}, not {shape}")
    if value.dtype.kind == "f" and dtype.kind in "biu" and np.array_equal(value, value != 0):
        value = value != 0  # zeros and ones, of a function that is told no dtype: they are those of any
    return cast(value, dtype, what, error=ShapeError)


def _called(initial: Callable[..., Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """An initialiser takes the shape and a generator; any other function, such as `np.zeros`, the shape."""
    try:
        parameters = inspect.signature(initial).parameters.values()
    except ValueError:  # a builtin without a signature
        return initial(shape)
    required = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    return initial(shape, rng) if len(required) >= 2 else initial(shape)
