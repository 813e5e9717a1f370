"""Slopes from differences of values: what a derivative is held against, since no rule had a part in it.

Central differences of ever smaller steps, extrapolated to a step of 0 (L. F. Richardson, 1911); the step at which
two neighbouring extrapolations agree best gives the slope, and what they differ by its uncertainty (C. J. F. Ridders,
"Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

LARGEST, SHRINK, STEPS = 1 / 32, 4, 8
"""The first step, relative to where it is taken; how much smaller the next is; how many there are."""


class Slope(NamedTuple):
    """A slope, how far it may be off, the slopes to both sides, and the size of what was subtracted per unit of x.

    The sides are minus and plus infinity where the function jumps.
    """

    value: float
    uncertainty: float
    left: float
    right: float
    magnitude: float

    @property
    def kinked(self) -> bool:
        """Whether the two sides differ: at a smooth place they meet as the step shrinks."""
        return self.left != self.right


def slope(function: Callable[[float], Sequence[Array]], weights: Sequence[Array], at: float) -> Slope:
    """The slope at `at` of the weighted sum of what `function` returns.

    >>> found = slope(lambda x: [np.array(x**3)], [np.array(1.0)], 2.0)
    >>> round(found.value, 9), found.kinked
    (12.0, False)
    >>> slope(lambda x: [np.array(abs(x))], [np.array(1.0)], 0.0)[2:4]
    (-1.0, 1.0)
    """

    def between(upper: Sequence[Array], lower: Sequence[Array]) -> float:
        return float(sum(np.sum(w * (u - v)) for w, u, v in zip(weights, upper, lower, strict=True)))

    span = max(abs(at), 1e-3)
    here = function(at)
    central, left, right = [], [], []
    for k in range(STEPS):
        above, below = at + LARGEST * span / SHRINK**k, at - LARGEST * span / SHRINK**k
        up, down = function(above), function(below)
        central.append(between(up, down) / (above - below))
        right.append(between(up, here) / (above - at))
        left.append(between(here, down) / (at - below))
    refined = [fine + (fine - coarse) / (SHRINK**2 - 1) for coarse, fine in pairwise(central)]
    apart = [abs(fine - coarse) for coarse, fine in pairwise(refined)]
    known = [(gap, value) for gap, value in zip(apart, refined[1:], strict=True) if np.isfinite(gap)]
    uncertainty, value = min(known, default=(np.inf, np.nan))
    magnitude = float(sum(np.sum(np.abs(w * v)) for w, v in zip(weights, here, strict=True))) / span
    return Slope(value, uncertainty, *_sides(left, right, value), magnitude)


def _sides(left: Sequence[float], right: Sequence[float], smooth: float) -> tuple[float, float]:
    """The slopes to both sides: the same where they come closer as the step shrinks, or differ by rounding alone."""
    before, last = abs(right[-3] - left[-3]), abs(right[-1] - left[-1])
    if last > SHRINK**2 / 2 * before:
        return -np.inf, np.inf
    if last > max(before / 2, 1e-4 * (abs(right[-1]) + abs(left[-1]))):
        return left[-1], right[-1]
    return smooth, smooth
