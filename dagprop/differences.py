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
    span = max(abs(at), 1e-3)
    with np.errstate(all="ignore"):  # a step may leave the domain; a shorter one will not
        here = function(at)
        steps = [_step(function, weights, at, here, LARGEST * span / SHRINK**k) for k in range(STEPS)]
    central, left, right = ([getattr(step, which) for step in steps] for which in ("central", "left", "right"))
    refined = [fine + (fine - coarse) / (SHRINK**2 - 1) for coarse, fine in pairwise(central)]
    apart = [(abs(fine - coarse), fine) for coarse, fine in pairwise(refined)]
    uncertainty, value = min((pair for pair in apart if np.isfinite(pair[0])), default=(np.inf, np.nan))
    magnitude = max(steps[-1].size, _weighed(weights, here)) / span
    return Slope(value, uncertainty, *_sides(central, left, right, value, 1e-7 * magnitude), magnitude)


class _Step(NamedTuple):
    """The slopes from one step to each side, and the size of the values that were subtracted."""

    central: float
    left: float
    right: float
    size: float


def _step(
    function: Callable[[float], Sequence[Array]],
    weights: Sequence[Array],
    at: float,
    here: Sequence[Array],
    step: float,
) -> _Step:
    above, below = at + step, at - step
    up, down = function(above), function(below)

    def rise(upper: Sequence[Array], lower: Sequence[Array]) -> float:
        return float(sum(np.sum(w * (u - v)) for w, u, v in zip(weights, upper, lower, strict=True)))

    size = max(_weighed(weights, up), _weighed(weights, down))
    return _Step(rise(up, down) / (above - below), rise(here, down) / (at - below), rise(up, here) / (above - at), size)


def _weighed(weights: Sequence[Array], values: Sequence[Array]) -> float:
    return float(sum(np.sum(np.abs(w * v)) for w, v in zip(weights, values, strict=True)))


def _sides(
    central: Sequence[float], left: Sequence[float], right: Sequence[float], smooth: float, noise: float
) -> tuple[float, float]:
    """The slopes to both sides: the same where they come closer as the step shrinks, or differ by rounding alone."""
    before, last = abs(right[-3] - left[-3]), abs(right[-1] - left[-1])
    steeper = SHRINK**2 / 2  # what leaps over a jump grows as the step shrinks, twice by SHRINK
    if last > max(steeper * before, noise) or abs(central[-1]) > max(steeper * abs(central[-3]), noise):
        return -np.inf, np.inf
    if last > max(before / 2, noise, 1e-4 * (abs(right[-1]) + abs(left[-1]))):
        return left[-1], right[-1]
    return smooth, smooth
