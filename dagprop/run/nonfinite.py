"""The first node that made a NaN, or an infinity, and what led up to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from dagprop.arguments import word
from dagprop.callers import warn
from dagprop.errors import NonFiniteError, NonFiniteWarning, report, source_line
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node

ARRAYS = np.ndarray, np.generic
"""What a value is an array or a NumPy number by."""


NAN, INF = "NaN", "Inf"


@dataclass(frozen=True, slots=True)
class NonFinite:
    """A NaN or an infinity: the node that made it first, and the nodes it was made of.

    Attributes
    ----------
    kind : str
        `"NaN"`, or `"Inf"` where there is an infinity and no NaN.
    node : Node
        The first node, in the order of the run, that made one of that kind: a NaN of operands without NaN, or an
        infinity of finite operands.
    infinity : Node or None
        For a NaN made of an infinity: the node that this one came from, which may be a leaf that was given so.
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

    kind: str
    node: Node
    infinity: Node | None
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
    word("on_nonfinite", on_nonfinite, get_args(OnNonFinite))


def tell(message: str, on_nonfinite: OnNonFinite, flow: Any = None) -> None:
    """Raise the message, or warn of it."""
    if on_nonfinite == "raise":
        error = NonFiniteError(message)
        error.flow = flow
        raise error
    if on_nonfinite == "warn":
        warn(message, NonFiniteWarning)


def find(order: Sequence[Node], values: Sequence[Any], asked: Iterable[Node] = ()) -> NonFinite | None:
    """The first node that made a NaN; where none did, the first that made an infinity; or None.

    An infinity that was given, in a feed or a constant (a mask of -inf, say), is the user's own choice: it is not
    reported unless what was asked for is not finite either.  What becomes NaN because of it is.  Nor is a slope
    reported at which no gradient arrives: a step on the way back is to blame only for what is not finite in the
    gradients and contributions made of it.
    """
    if all_finite(values):
        return None
    value_of = dict(zip(order, values, strict=True))
    kinds: dict[Node, str] = {}
    pending: dict[Node, Node] = {}  # for what is not finite on the way back, the first step that made it so
    infinity: Node | None = None
    for node, value in value_of.items():
        if all(map(_finite, _parts(value))):
            continue
        kind = kinds[node] = NAN if any(map(_has_nan, _parts(value))) else INF
        heirs = [operand for operand in node.operands if kinds.get(operand) in (kind, NAN)]
        maker = min((pending[o] for o in heirs if o in pending), key=lambda step: step.index, default=None)
        if not heirs and not _given(node, kind):
            maker = node
        if maker is None:
            continue
        if node.primal is not None and node.primal.kind == "step":
            pending[node] = maker
        elif kind == NAN:
            return _found(NAN, maker, value_of, _origin([o for o in maker.operands if o in kinds], kinds))
        elif infinity is None:
            infinity = maker
    if infinity is None:
        infinity = _origin([node for node in asked if node in kinds], kinds)
    return _found(INF, infinity, value_of) if infinity is not None else None


def _given(node: Node, kind: str) -> bool:
    """Whether it is a leaf that is infinite because the user has it so; nobody chooses a NaN."""
    return node.kind in (CONSTANT, INPUT) and kind == INF


def _origin(bad: list[Node], kinds: Mapping[Node, str]) -> Node | None:
    """Where the infinities in these nodes came from: the first that made one, else the first that was given so."""
    found, seen = [], set(bad)
    for node in bad:
        before = [operand for operand in node.operands if operand in kinds]
        if not before:
            found.append(node)
        bad += [operand for operand in dict.fromkeys(before) if operand not in seen]
        seen.update(before)
    return min(found, key=lambda node: (_given(node, kinds[node]), node.index), default=None)


def _parts(value: Any) -> tuple[Any, ...]:
    """The arrays of a value: one, or as many as its operator has outputs."""
    return value if isinstance(value, tuple) else (value,)


def _has_nan(value: Any) -> bool:
    return _is_float(value) and bool(np.isnan(value).any())


def _is_float(value: Any) -> bool:
    return isinstance(value, ARRAYS) and value.dtype.kind in "fc"


def _finite(value: Any) -> bool:
    """Whether all of it is finite: so is its sum of squares then, which is the fastest to find, or that overflows."""
    return not _is_float(value) or math.isfinite(np.vdot(value, value).real) or bool(np.isfinite(value).all())


def all_finite(values: Iterable[Any]) -> bool:
    """Whether there is no NaN and no infinity in any of the values."""
    return all(map(_finite, values))


def _found(kind: str, node: Node, values: dict[Node, Any], infinity: Node | None = None) -> NonFinite:
    value = _flat(values[node])
    count = int(np.count_nonzero(np.isnan(value) if kind == NAN else np.isinf(value)))
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
    rows += [("Inf first at", infinity.describe() if infinity is not None else "")]
    rows += [
        (f"operand {slot}", f"{operand.name} {operand.spec}  {_range(values[operand])}".rstrip())
        for slot, operand in enumerate(node.operands)
    ]
    rows += [("upstream", _written(upstream))]
    said = report(headline, rows, advice=_advice(node, infinity))
    return NonFinite(kind, node, infinity, direction, about, tuple(n.name for n in upstream), said)


def _advice(node: Node, infinity: Node | None) -> str:
    """What to do: what the operator itself advises, where it does."""
    if infinity is not None:
        made = infinity.operator.advice if infinity.operator is not None else ""
        return made or (
            f"∞ − ∞, 0 · ∞ and ∞ / ∞ are NaN: where they meet, {infinity.name!r} may be large, but not infinite."
        )
    if node.kind == INPUT:
        return "The feed itself is not finite."
    if node.kind == CONSTANT:
        return "The constant itself is not finite."
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
