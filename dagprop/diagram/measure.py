"""What a picture says of an array: its size, its centre and spread, its shape as a small histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 12
SAMPLE = 1 << 16
"""A histogram of more elements than this looks at every n-th one."""

VANISHING, EXPLODING = 1e-2, 1e2
"""The ratios to the gradient leaving the loss below and above which a gradient is flagged."""


@dataclass(frozen=True)
class Measure:
    """An array in a few numbers; where some elements are not finite, those of the others.

    Attributes
    ----------
    shape, size
        As the array's.
    norm, mean, sd : float
        The Euclidean norm, mean and standard deviation.
    histogram : tuple of int
        Counts between the smallest and the largest element; empty for a single element.
    nan, inf : int
        How many elements are NaN, or infinite.
    """

    shape: tuple[int, ...]
    size: int
    norm: float
    mean: float
    sd: float
    histogram: tuple[int, ...]
    nan: int = 0
    inf: int = 0

    @property
    def finite(self) -> bool:
        """Whether every element is a finite number."""
        return not self.nan and not self.inf


def measure(array: Any) -> Measure:
    """Measure an array; complex ones by their magnitude.

    >>> m = measure([3.0, -4.0, np.nan])
    >>> m.norm, m.mean, m.nan
    (5.0, -0.5, 1)
    """
    array = np.asarray(array)
    values = (np.abs(array) if array.dtype.kind == "c" else array).astype(np.float64, copy=False).ravel()
    finite = np.isfinite(values)
    nan = inf = 0
    if not finite.all():
        nan = int(np.isnan(values).sum())
        inf = values.size - int(finite.sum()) - nan
        values = values[finite]
    largest = float(np.abs(values).max()) if values.size else 0.0
    if largest == 0:
        return Measure(array.shape, array.size, 0.0, 0.0, 0.0, histogram(values), nan, inf)
    scaled = values / largest  # squares of the largest and smallest numbers there are would overflow, or be lost
    with np.errstate(under="ignore"):
        norm, mean, sd = math.sqrt(float(scaled @ scaled)), float(scaled.mean()), float(scaled.std())
    return Measure(array.shape, array.size, norm * largest, mean * largest, sd * largest, histogram(scaled), nan, inf)


def histogram(values: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """Counts in equal bins from the smallest to the largest of some finite numbers."""
    if values.size < 2:
        return ()
    if values.size > SAMPLE:
        values = values[:: -(-values.size // SAMPLE)]
    low, high = values.min(), values.max()
    if low == high:
        return tuple(values.size if i == BINS // 2 else 0 for i in range(BINS))
    bins = np.minimum(((values - low) / (high - low) * BINS).astype(int), BINS - 1)
    return tuple(np.bincount(bins, minlength=BINS).tolist())


def log_ratio(norm: float, reference: float) -> float:
    """log₁₀ of a norm over the one at the loss: −∞ for nothing at all."""
    if norm == 0 or reference == 0:
        return -math.inf if norm == 0 else math.inf
    return math.log10(norm) - math.log10(reference)


def flag(gradient: Measure, reference: float) -> str:
    """A word for a gradient that needs a look, or nothing: NaN, Inf, zero, vanishing, exploding."""
    if gradient.nan:
        return "NaN"
    if gradient.inf or math.isinf(gradient.norm):
        return "Inf"
    if gradient.norm == 0:
        return "zero"
    ratio = log_ratio(gradient.norm, reference)
    if ratio < math.log10(VANISHING):
        return "vanishing"
    return "exploding" if ratio > math.log10(EXPLODING) else ""
