"""What is wrong with an operator, read off its own local derivative at the values it met.

An operator is asked, not recognised by name: how steep it is far out tells a squashing function (sigmoid, tanh)
from a rectifying one (relu), so a plugin's activation is diagnosed as the built-in ones are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagprop.diagram.scene import Scene
from dagprop.graph.node import Node
from dagprop.plugin.operator import Operator

FLAT = 0.05
"""A unit is saturated where its slope is less than this part of the steepest one."""

MANY = 0.25
"""The share of saturated units from which it is worth a line."""


class Slopes(NamedTuple):
    """How steep an activation gets, and on which sides it goes flat."""

    steepest: float
    flat_left: bool
    flat_right: bool


def diagnosis(scene: Scene, node: Node) -> list[str]:
    """Lines for a card: NaN and infinities, saturated units, dead units."""
    found = []
    value = scene.value(node)
    if value is not None and not value.finite:
        found.append(" · ".join(_counts(value.nan, value.inf)) + " in the value")
    gradient = scene.gradient(node)
    if gradient is not None and not gradient.finite:
        found.append(" · ".join(_counts(gradient.nan, gradient.inf)) + " in the gradient")
    recording = scene.recording
    if recording is None:
        return found
    if recording.nonfinite is not None and recording.nonfinite.name == node.name:
        found.append(f"the first {recording.nonfinite.kind}")
    op = node.operator
    if op is None or not op.elementwise or len(node.operands) != 1 or op.rule is None or op.rule.opaque:
        return found
    slopes = _slopes(op, node.attributes)
    operand = recording.values[node.operands[0]]
    if slopes is None or operand.size < 2:
        return found
    steep = np.abs(_slope(op, operand, node.attributes))
    if slopes.flat_left and slopes.flat_right:
        share = float((steep < FLAT * slopes.steepest).mean())
        if share >= MANY:
            found.append(f"saturated units: {share:.0%}".replace("%", " %"))
    elif (slopes.flat_left or slopes.flat_right) and steep.ndim >= 2:
        dead = (steep < 1e-3 * slopes.steepest).all(axis=tuple(range(steep.ndim - 1)))
        if dead.any() and dead.size < steep.size:
            found.append(f"dead units: {int(dead.sum())}/{dead.size}")
    return found


def _counts(nan: int, inf: int) -> list[str]:
    return [f"{count} {word}" for count, word in ((nan, "NaN"), (inf, "Inf")) if count]


def _slopes(op: Operator, attributes: dict[str, Any]) -> Slopes | None:
    """Probe the operator between −30 and 30; None where it is no activation: not flat anywhere, or unbounded."""
    probe = np.linspace(-30.0, 30.0, 601)
    slope = np.abs(_slope(op, probe, attributes))
    steepest = float(slope.max())
    if not np.isfinite(slope).all() or not 0 < steepest < 10:
        return None
    return Slopes(steepest, bool(slope[0] < 1e-6 * steepest), bool(slope[-1] < 1e-6 * steepest))


def _slope(op: Operator, operand: np.ndarray[Any, Any], attributes: dict[str, Any]) -> np.ndarray[Any, Any]:
    assert op.rule is not None
    with np.errstate(all="ignore"):
        out = op.forward(operand, **attributes)
        slope = op.rule(operand, out=out, attributes=attributes)
    slope = slope[0] if isinstance(slope, tuple) else slope
    return np.broadcast_to(np.asarray(0.0 if slope is None else slope, np.float64), operand.shape)
