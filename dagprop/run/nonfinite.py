"""The first node that made a NaN or an infinity, and what led up to it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from dagprop.errors import ArgumentError, NonFiniteError, NonFiniteWarning, report, source_line
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node

ARRAYS = np.ndarray, np.generic
"""What a value is an array or a NumPy number by."""


@dataclass(frozen=True)
class NonFinite:
    """A NaN or an infinity: the node that made it first, and the nodes it was made of.

    Attributes
    ----------
    node : Node
        The first node, in the order of the run, whose value is not finite though its operands' are.
    direction : str
        `"forward"` or `"backward"`.
    name : str
        The user's node that it is about: the node itself, or the one whose gradient it is.
    upstream : tuple of str
        The names of the smallest upstream graph: the node, its operands, and theirs back to the leaves or, for
        a backward node, to the forward values it reads.
    message : str
        All of it as text.
    """

    node: Node
    direction: str
    name: str
    upstream: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return self.message


OnNonFinite: TypeAlias = Literal["raise", "warn", "ignore"]
"""What to do about a NaN or an infinity."""


def check_choice(on_nonfinite: object) -> None:
    """Refuse what is none of the choices."""
    if not isinstance(on_nonfinite, str) or on_nonfinite not in get_args(OnNonFinite):
        raise ArgumentError(f"on_nonfinite is 'raise', 'warn' or 'ignore', not {on_nonfinite!r:.60}")


def tell(message: str, on_nonfinite: OnNonFinite, flow: Any = None, *, stacklevel: int) -> None:
    """Raise the message, or warn of it; `stacklevel` is that of the user's line, seen from who calls this."""
    if on_nonfinite == "raise":
        error = NonFiniteError(message)
        error.flow = flow
        raise error
    if on_nonfinite == "warn":
        warnings.warn(message, NonFiniteWarning, stacklevel=stacklevel + 1)


def find(order: Sequence[Node], values: Sequence[Any]) -> NonFinite | None:
    """The first node that made a NaN or an infinity out of finite operands, or None.

    An infinite constant is the user's own choice (a mask of -inf, say) and is not reported; what becomes NaN
    because of it is.  Nor is a slope at which no gradient arrives: a step on the way back is to blame only for
    what is not finite in the gradients and contributions made of it.
    """
    if all_finite(values):
        return None
    bad: set[Node] = set()
    suspect: dict[Node, Node] = {}  # for what is not finite on the way back, the first step that made it so
    value_of = dict(zip(order, values, strict=True))
    for node, value in value_of.items():
        if all(map(_finite, _parts(value))):
            continue
        bad.add(node)
        meant = node.kind == CONSTANT and not _has_nan(value)
        inherited = any(operand in bad for operand in node.operands)
        turned = _has_nan(value) and not any(_has_nan(value_of[operand]) for operand in node.operands)
        blamed = not meant and (turned or not inherited)
        earlier = [suspect[operand] for operand in node.operands if operand in suspect]
        if earlier or blamed:
            first = min(earlier, key=lambda step: step.index, default=node)
            if node.primal is None or node.primal.kind != "step":
                return _found(first, value_of)
            suspect[node] = first
    return None


def _parts(value: Any) -> tuple[Any, ...]:
    """The arrays of a value: one, or as many as its operator has outputs."""
    return value if isinstance(value, tuple) else (value,)


def _has_nan(value: Any) -> bool:
    return any(_is_float(part) and bool(np.isnan(part).any()) for part in _parts(value))


def _is_float(value: Any) -> bool:
    return isinstance(value, ARRAYS) and value.dtype.kind in "fc"


def _finite(value: Any) -> bool:
    """Whether all of it is finite: so is its sum of squares then, which is the fastest to find, or that overflows."""
    return not _is_float(value) or math.isfinite(np.vdot(value, value).real) or bool(np.isfinite(value).all())


def all_finite(values: Iterable[Any]) -> bool:
    """Whether there is no NaN and no infinity in any of the values."""
    return all(map(_finite, values))


def _found(node: Node, values: dict[Node, Any]) -> NonFinite:
    value = _flat(values[node])
    kind = "NaN" if np.isnan(value).any() else "Inf"
    count = int((~np.isfinite(value)).sum())
    primal = node.primal
    if primal is None:
        about, direction = node.name, "forward"
        headline = f"{kind} in the value of {node.name!r} ({node.what}): {count} of {value.size} elements"
    else:
        about, direction = primal.of.name, "backward"
        way = f"on its way from {primal.edge.target!r} back to {primal.edge.source!r}" if primal.edge else ""
        headline = (
            f"{kind} in the gradient at {about!r} ({primal.of.what}) {way}".rstrip()
            + f": {count} of {value.size} elements"
        )
    upstream = _upstream(node)
    rows = [("made at", source_line(node.source))]
    rows += [
        (f"operand {slot}", f"{operand.name} {operand.spec}  {_range(values[operand])}".rstrip())
        for slot, operand in enumerate(node.operands)
    ]
    rows += [("upstream", _written(upstream))]
    said = report(headline, rows, advice=_advice(node))
    return NonFinite(node, direction, about, tuple(n.name for n in upstream), said)


def _advice(node: Node) -> str:
    """What to do: what the operator itself advises, where it does."""
    if node.kind == INPUT:
        return "The feed itself is not finite."
    if node.kind == PARAMETER:
        return "The parameter itself is not finite: a smaller learning rate may keep it so."
    said = node.operator.advice if node.operator is not None else ""
    return said or "Look at the operands' ranges: the node is the first that is not finite."


def _flat(value: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(part) for part in _parts(value)])


def _range(value: Any) -> str:
    array = _flat(value)
    if array.size == 0:
        return "no elements"
    if array.dtype.kind not in "biuf":
        return ""
    finite = array[np.isfinite(array)]
    span = f"{finite.min():.3g} … {finite.max():.3g}" if finite.size else "nothing finite"
    return span + (f", {array.size - finite.size} not finite" if finite.size < array.size else "")


def _written(upstream: Sequence[Node]) -> str:
    """The upstream graph, nearest first: `y ← (a, b), a ← x`."""
    shown = set(upstream)
    made = [(node.name, [o.name for o in dict.fromkeys(node.operands) if o in shown]) for node in upstream]
    parts = [f"{name} ← {of[0] if len(of) == 1 else '(' + ', '.join(of) + ')'}" for name, of in made if of]
    return ", ".join(parts) or upstream[0].name


def _upstream(node: Node, limit: int = 12) -> list[Node]:
    """The node and what it was made of, nearest first."""
    found, seen = [node], {node}
    for current in found:
        for operand in current.operands:
            if operand not in seen and (node.primal is None or operand.primal is not None or current is node):
                seen.add(operand)
                found.append(operand)
                if len(found) == limit:
                    return found
    return found
