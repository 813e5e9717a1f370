"""Slopes from differences of values, and derivatives held against them: no rule had a part in these.

Central differences of ever smaller steps, extrapolated to a step of 0 (L. F. Richardson, 1911); the step at which
two neighbouring extrapolations agree best gives the slope, and what they differ by its uncertainty (C. J. F. Ridders,
"Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# ---- slopes -----------------------------------------------------------------------------------------------------

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


# ---- derivatives held against them ------------------------------------------------------------------------------

Outputs = Callable[[Array], Sequence[Array]]
"""Values as a function of one array, all else held."""

ELEMENTS = 32
"""How many elements of an array are checked: all, or the steepest and a random choice of the others."""

RIGHT, KINK, WRONG, UNCLEAR, NOT_FINITE = "right", "kink", "WRONG", "unclear", "not finite"


@dataclass(frozen=True)
class Row:
    """One derivative checked: its worst element.

    Attributes
    ----------
    what : str
        What was differentiated by what.
    element : tuple of int
        The index of the element where derived and numeric differ most.
    derived, numeric : float
        The rule's answer, and the differences'.
    error : float
        How far they are apart, relative to the larger of them.
    verdict : str
        `"right"`; `"kink"` where the slopes to both sides differ and the derived one lies between them;
        `"WRONG"`; `"unclear"` where the differences do not settle; `"not finite"` where the derived one is not.
    checked, size : int
        How many elements were checked, of how many.
    blame : str
        The rule to mend.
    """

    what: str
    element: tuple[int, ...]
    derived: float
    numeric: float
    error: float
    verdict: str
    checked: int
    size: int
    blame: str = ""

    @property
    def ok(self) -> bool:
        """Whether the derived slope is right, or one of those that a kink has."""
        return self.verdict in (RIGHT, KINK)


@dataclass(frozen=True)
class Report:
    """What a gradient check found; printed, a table."""

    title: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every derivative is right."""
        return all(row.ok for row in self.rows)

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The rows that are not."""
        return tuple(row for row in self.rows if not row.ok)

    def __str__(self) -> str:
        verdict = f"all {len(self.rows)} right" if self.ok else f"{len(self.wrong)} of {len(self.rows)} not right"
        header = ("derivative", "element", "derived", "numeric", "rel. error", "verdict")
        cells = [header, *(_cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]
        blamed = dict.fromkeys(row.blame for row in self.wrong if row.blame)
        return "\n".join([f"{self.title}: {verdict}", *lines, *(f"look at {rule}" for rule in blamed)])

    __repr__ = __str__


def _cells(row: Row) -> tuple[str, ...]:
    part = f" ({row.checked} of {row.size} checked)" if row.checked < row.size else ""
    numbers = (f"{row.derived:.10g}", f"{row.numeric:.10g}", f"{row.error:.1e}") if row.size else ("", "", "")
    return (row.what, str(list(row.element)), *numbers, row.verdict + part)


def compare(
    what: str, derived: Array, outputs: Outputs, weights: Sequence[Array], at: Array, *, blame: str = ""
) -> Row:
    """Hold the gradient of a weighted sum of `outputs` at `at` against differences, element by element."""
    tolerance = max(1e-6, 1e3 * float(np.finfo(derived.dtype).eps))
    point = np.array(at, np.float64)
    worst = Row(what, (), 0.0, 0.0, 0.0, RIGHT, 0, point.size, blame)
    steepest = float(np.max(np.abs(derived), initial=0))
    chosen = _chosen(derived)
    for index in chosen:

        def moved(x: float, index: tuple[int, ...] = index) -> Sequence[Array]:
            trial = point.copy()
            trial[index] = x
            return outputs(trial)

        found = slope(moved, weights, float(point[index]))
        here = float(derived[index])
        scale = max(abs(here), abs(found.value), steepest / 100, found.magnitude * 1e-5)
        error = abs(here - found.value) / scale if scale else 0.0
        verdict = _verdict(here, found, error, scale, tolerance)
        row = Row(what, index, here, found.value, error, verdict, len(chosen), point.size, blame)
        worst = max(worst, row, key=lambda r: (not r.ok, r.checked > 0, np.nan_to_num(r.error, nan=np.inf)))
    return worst


def _chosen(derived: Array) -> list[tuple[int, ...]]:
    """The indices to check."""
    flat = np.arange(derived.size)
    if derived.size > ELEMENTS:
        order = np.argsort(-np.abs(derived), axis=None)
        rest = np.random.default_rng(0).choice(order[ELEMENTS // 2 :], ELEMENTS // 2, replace=False)
        flat = np.concatenate([order[: ELEMENTS // 2], rest])
    return [tuple(int(i) for i in np.unravel_index(n, derived.shape)) for n in flat]


def _verdict(derived: float, found: Slope, error: float, scale: float, tolerance: float) -> str:
    if not np.isfinite(derived):
        return NOT_FINITE
    doubt = found.uncertainty / scale if scale else 0.0
    if error <= tolerance + min(10 * doubt, 1e-3):
        return RIGHT
    slack = tolerance * scale
    if found.kinked and min(found.left, found.right) - slack <= derived <= max(found.left, found.right) + slack:
        return KINK
    return UNCLEAR if not doubt < 1e-2 else WRONG
