"""Operators written as formulas: with the sign that they have, and tidied as they say.

What an operator says of its notation is NumPy code, run on formulas: they answer NumPy's protocols with formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from dagprop import arguments
from dagprop.dimension import Shape
from dagprop.errors import OperandError
from dagprop.notation.algebra import tidied
from dagprop.notation.formula import Term, applied, number, render, symbol
from dagprop.operators.structure import astype
from dagprop.plugin.operator import Operator
from dagprop.plugin.signs import INDICATOR, Sign
from dagprop.plugin.standin import StandIn
from dagprop.spec import Spec


class Shaped(Protocol):
    """What has a shape and a dtype: a node, a Spec, a formula."""

    @property
    def shape(self) -> Shape:
        """The shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""


class Formula(StandIn):
    """A term that NumPy code and operators take for an array: what they make of it is tidied and a formula again.

    Examples
    --------
    >>> np.log(1 + Formula(symbol("x"), Spec()) ** 2.0)
    the formula ln(1 + x²)
    """

    def __init__(self, term: Term, spec: Spec) -> None:
        self.term, self.spec = term, spec

    @classmethod
    def of(cls, value: Any) -> Formula:
        """A formula as it is, a number as one."""
        if isinstance(value, Formula):
            return value
        if np.ndim(value):
            raise OperandError(f"in a formula stand numbers, and no arrays: not one of shape {np.shape(value)}")
        return cls(number(value), Spec((), np.asarray(value).dtype))

    @property
    def number(self) -> float | None:
        """The number that it is, where it is one."""
        return self.term.number

    def astype(self, dtype: DTypeLike) -> Formula:
        """The same in another dtype; a condition as 1 where it holds and 0 elsewhere."""
        formula: Formula = astype(self, dtype=np.dtype(dtype))
        return formula

    def __dagprop_apply__(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Formula:
        formulas = [Formula.of(operand) for operand in operands]
        spec = operator.specs([formula.spec for formula in formulas], attributes)
        if isinstance(spec, tuple):
            raise OperandError(f"{operator.id} has several outputs, and a formula is of one")
        return Formula(written(operator, formulas, attributes, spec, tidy=True), spec)

    def __repr__(self) -> str:
        return f"the formula {render(self.term)}"


def sign_for(
    operator: Operator, operands: Sequence[Shaped], attributes: Mapping[str, Any], out: Shaped
) -> tuple[Sign, Mapping[str, Any]]:
    """The sign of an operator applied to such operands, and what its strings show."""
    rule = Operator.notation[operator]
    if rule is None:
        return operator.sign, attributes
    said = rule(*operands, out=out, attributes=attributes)
    if said is None:
        return operator.sign, attributes
    sign, shown = said if isinstance(said, tuple) else (said, attributes)
    if not isinstance(sign, Sign) or len(sign.operands) != len(operator.operands):
        raise rule.wrong(f"returned {arguments.shown(said)}, no sign of {len(operator.operands)} operands")
    return sign, shown


def written(
    operator: Operator, operands: Sequence[Formula], attributes: Mapping[str, Any], out: Shaped, *, tidy: bool
) -> Term:
    """An operator applied to formulas, as a term.

    A condition among numbers is written as 1 where it holds and 0 elsewhere, [x > 0], except where the operator
    takes one, or is written as a function.
    """
    operands = [
        _counted(operand, out.dtype) if operator.sign.text and slot not in operator.conditions else operand
        for slot, operand in enumerate(operands)
    ]
    rule = Operator.tidy[operator] if tidy else None
    found = rule(*operands, out=out, attributes=attributes) if rule is not None else None
    if found is not None:
        term = symbol(found) if isinstance(found, str) else Formula.of(found).term
        return term if term.shape == out.shape else replace(term, shape=out.shape)
    sign, shown = sign_for(operator, operands, attributes, out)
    make = tidied if tidy else applied
    return make(sign, tuple(operand.term for operand in operands), shown, out.shape)


def _counted(operand: Formula, dtype: np.dtype[Any]) -> Formula:
    if operand.dtype.kind != "b" or dtype.kind != "f":
        return operand
    return Formula(applied(INDICATOR, (operand.term,), {}, operand.shape), Spec(operand.shape, dtype))
