"""The vjp of an operator whose rule cannot run on nodes, as an operator of its own."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import Rule
from dagprop.spec import Spec


def opaque_vjp(op: Operator) -> Operator:
    """The rule of an operator as one node of the backward graph, of first order only.

    Its operands are the arriving gradients (one per output), the operands, and the outputs where the rule asks
    for them; its outputs are the gradients of the operands `wanted`, by slot.
    """
    assert op.rule is not None
    return _made(op, op.rule)


@cache
def _made(op: Operator, rule: Rule) -> Operator:
    wants_out, names = rule.wants_out, op.operands  # plain values, which a source can write

    def parts(values: Sequence[Any], ports: int) -> tuple[Any, Sequence[Any], Any]:
        count = max(ports, 1)
        grads, operands, outs = values[:count], values[count:], values[-count:]
        operands = operands[: len(operands) - count] if wants_out else operands
        return (grads, operands, outs) if ports else (grads[0], operands, outs[0])

    def forward(*values: Any, ports: int, wanted: tuple[int, ...], **attributes: Any) -> Any:
        grad, operands, out = parts(values, ports)
        given = rule(grad, *operands, out=out, attributes=attributes)
        given = given if isinstance(given, tuple | list) else (given,)
        if len(given) != len(operands):
            raise ValueError(f"the rule returned {len(given)} gradients for {len(operands)} operands")
        for slot in wanted:
            if given[slot] is None:
                name = names[min(slot, len(names) - 1)]
                raise ValueError(f"the rule has no gradient for operand {slot}, {name!r}, and one is wanted")
        kept = [_cast(np.asarray(given[slot]), operands[slot].dtype) for slot in wanted]
        return kept[0] if len(kept) == 1 else tuple(kept)

    keyword = inspect.Parameter.KEYWORD_ONLY
    forward.__name__ = f"{op.name}_vjp"
    forward.__dict__["__wrapped__"] = rule.function  # where errors say that it stands
    forward.__dict__["__signature__"] = inspect.Signature(
        [
            inspect.Parameter("values", inspect.Parameter.VAR_POSITIONAL),
            inspect.Parameter("ports", keyword),
            inspect.Parameter("wanted", keyword),
            *(inspect.Parameter(name, keyword, default=default) for name, default in op.attributes.items()),
        ]
    )
    made = Operator(forward, module=op.__module__)
    made.namespace, made.owner, made.recipe = op.namespace, op.owner, (opaque_vjp, (op,))

    @made.infer
    def _(*values: Spec, ports: int, wanted: tuple[int, ...], **_attributes: Any) -> Any:
        operands = parts(values, ports)[1]
        kept = tuple(operands[slot] for slot in wanted)
        return kept[0] if len(kept) == 1 else kept

    return made


def declared_of(op: Operator) -> Operator | None:
    """The operator whose opaque rule this one runs; None where it runs none."""
    if op.recipe is None or op.recipe[0] is not opaque_vjp:
        return None
    (declared,) = op.recipe[1]
    assert isinstance(declared, Operator)
    return declared


def _cast(piece: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A gradient in its operand's precision; what is not a real floating array is left to be refused."""
    return piece.astype(dtype, copy=False) if piece.dtype.kind == "f" else piece
