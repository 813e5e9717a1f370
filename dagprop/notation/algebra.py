"""Trivial algebra done on the way: a formula that a rule made reads as one that a person would write.

1·x is x, −(−x) is x, x¹ is x, x·x is x², a transpose undone is not mentioned, numbers stand in front.  It goes by the
signs, so it holds for every operator that is written with them; what else is tidied, operators say themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from dagprop.dimension import Shape
from dagprop.notation.formula import Term, applied, number, render
from dagprop.plugin.signs import (
    ADD,
    DIVIDE,
    HADAMARD,
    MATMUL,
    MULTIPLY,
    NEGATIVE,
    POWER,
    SQUARE,
    SUBTRACT,
    TOTAL,
    TRANSPOSE,
    Sign,
)

ONES = Term(text="𝟏", latex=r"\mathbf{1}")

Rule: TypeAlias = Callable[[tuple[Term, ...], Mapping[str, Any], Shape], "Term | None"]


def tidied(sign: Sign, operands: tuple[Term, ...], attributes: Mapping[str, Any], shape: Shape) -> Term:
    """The sign applied to the operands, trivial algebra done."""
    rule = RULES.get(sign)
    found = rule(operands, attributes, shape) if rule is not None else None
    return applied(sign, operands, attributes, shape) if found is None else found


def same(x: Term, y: Term) -> bool:
    """Whether two terms read the same."""
    return x is y or (x.size == y.size and render(x) == render(y))


# ---- a term as a number times the rest --------------------------------------------------------------------------


def factored(x: Term) -> tuple[float, Term | None]:
    """The number in front, and what it multiplies (None where the term is that number)."""
    if x.number is not None:
        return x.number, None
    if x.is_a(NEGATIVE):
        factor, rest = factored(x.operands[0])
        return -factor, rest
    if x.is_a(MULTIPLY) and x.operands[0].number is not None:
        return x.operands[0].number, x.operands[1]
    if x.is_a(DIVIDE):
        (p, above), (q, below) = map(factored, x.operands)
        if below is None:
            return p / q, above
        if (p, q) != (1, 1):
            return p / q, applied(DIVIDE, (above or number(1), below), {}, x.shape)
    return 1.0, x


def scaled(factor: float, rest: Term | None, shape: Shape) -> Term:
    """A number times a term, as one writes it: −x, x / 2, 3 x."""
    if rest is None or factor == 0:
        return replace(number(factor), shape=shape)
    if factor == 1:
        return rest
    if factor < 0:
        if rest.is_a(SUBTRACT):
            return scaled(-factor, applied(SUBTRACT, rest.operands[::-1], {}, rest.shape), shape)
        if rest.is_a(DIVIDE) and rest.operands[0].is_a(SUBTRACT):
            above = scaled(-1, rest.operands[0], shape)
            return scaled(-factor, applied(DIVIDE, (above, rest.operands[1]), {}, shape), shape)
        return applied(NEGATIVE, (scaled(-factor, rest, shape),), {}, shape)
    below = round(1 / factor)
    if below > 1 and abs(below * factor - 1) < 1e-12:
        if rest.is_a(DIVIDE):
            return applied(DIVIDE, (rest.operands[0], scaled(below, rest.operands[1], shape)), {}, shape)
        return applied(DIVIDE, (rest, number(below)), {}, shape)
    if rest.is_a(DIVIDE) and rest.operands[0].number == 1:
        return applied(DIVIDE, (number(factor), rest.operands[1]), {}, shape)
    return applied(MULTIPLY, (number(factor), rest), {}, shape)


# ---- the rules --------------------------------------------------------------------------------------------------


def _multiply(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    (p, x), (q, y) = map(factored, operands)
    if x is None or y is None:
        return scaled(p * q, x or y, shape)
    return scaled(p * q, _product(x, y, shape), shape)


def _product(x: Term, y: Term, shape: Shape) -> Term:
    for above, below in ((x, y), (y, x)):
        if below.is_a(DIVIDE) and below.operands[0].number == 1:
            return _divide((above, below.operands[1]), {}, shape)
    if same(x, y):
        return applied(SQUARE, (x,), {}, shape)
    return applied(HADAMARD if x.shape and y.shape else MULTIPLY, (x, y), {}, shape)


def _divide(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    (p, x), (q, y) = map(factored, operands)
    if q == 0:
        return applied(DIVIDE, operands, {}, shape)
    if y is None:
        return scaled(p / q, x, shape)
    if x is None:
        return scaled(p / q, applied(DIVIDE, (number(1), y), {}, shape), shape)
    if same(x, y):
        return scaled(p / q, None, shape)
    if x.is_a(DIVIDE):
        x, y = x.operands[0], _multiply((x.operands[1], y), {}, shape)
    return scaled(p / q, applied(DIVIDE, (x, y), {}, shape), shape)


def _negative(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    factor, rest = factored(operands[0])
    return scaled(-factor, rest, shape)


def _add(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    (p, x), (q, y) = map(factored, operands)
    if x is None and y is None:
        return scaled(p + q, None, shape)
    for (factor, rest), other in (((p, x), operands[1]), ((q, y), operands[0])):
        if rest is None and factor == 0:
            return other
    if x is not None and y is not None and same(x, y):
        return scaled(p + q, x, shape)
    if x is not None and x.is_a(ADD) and p == 1:  # a + b + b is a + 2 b
        first, (r, last) = x.operands[0], factored(x.operands[1])
        if last is not None and y is not None and same(last, y):
            return _add((first, scaled(r + q, y, shape)), {}, shape)
    if q < 0:
        return applied(SUBTRACT, (operands[0], scaled(-q, y, shape)), {}, shape)
    if p < 0:
        return applied(SUBTRACT, (operands[1], scaled(-p, x, shape)), {}, shape)
    return applied(ADD, operands, {}, shape)


def _subtract(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    x, y = operands
    return _add((x, _flipped(y)), {}, shape)


def _flipped(x: Term) -> Term:
    """−x, never as a difference turned round: `a − (b − c)` stays as it was meant."""
    factor, rest = factored(x)
    if rest is None:
        return number(-factor)
    return scaled(-factor, rest, x.shape) if factor < 0 else applied(NEGATIVE, (x,), {}, x.shape)


def _power(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term | None:
    x, exponent = operands
    if exponent.number == 0:
        return replace(number(1), shape=shape)
    if exponent.number == 1:
        return x
    return applied(SQUARE, (x,), {}, shape) if exponent.number == 2 else None


def _transpose(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    factor, x = factored(operands[0])
    if x is None or len(x.shape) < 2:
        return scaled(factor, x, shape)
    return scaled(factor, x.operands[0] if x.is_a(TRANSPOSE) else applied(TRANSPOSE, (x,), {}, shape), shape)


def _total(operands: tuple[Term, ...], attributes: Mapping[str, Any], shape: Shape) -> Term | None:
    factor, x = factored(operands[0])
    if x is None:
        return None
    if not x.shape:
        return operands[0]
    if x.is_a(TOTAL) and not attributes["over"]:
        x = x.operands[0]
    return scaled(factor, applied(TOTAL, (x,), attributes, shape), shape)


def _matmul(operands: tuple[Term, ...], _: Mapping[str, Any], shape: Shape) -> Term:
    (p, a), (q, b) = map(factored, operands)
    return scaled(p * q, applied(MATMUL, (a or ONES, b or ONES), {}, shape), shape)


RULES: dict[Sign, Rule] = {
    ADD: _add, SUBTRACT: _subtract, NEGATIVE: _negative, MULTIPLY: _multiply, DIVIDE: _divide, POWER: _power,
    MATMUL: _matmul, TRANSPOSE: _transpose, TOTAL: _total,
}  # fmt: skip
