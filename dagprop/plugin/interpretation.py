"""Interpretations: what operators say of themselves to the other parts of dagprop, in open tables.

An interpretation is one reading of an operator: the instructions it becomes, the source it is written as, the
expression it stands for.  It owns one table, keyed by the operator itself, and each `Operator` has a decorator of its
name that fills it, from any package:

    @softplus.symbol
    def _(sympy, x):
        return sympy.log(1 + sympy.exp(x))

Most operators say nothing: their forward rule, run on what the interpretation works with, says it already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, overload

if TYPE_CHECKING:
    from dagprop.plugin.operator import Operator

Declared = Callable[..., Any]


class Interpretation:
    """A table from operators to rules, and the decorator on every operator that fills it.

    Made as an attribute of `Operator`: `Operator.lower[op]` is what `op.lower` declared, or None.

    Examples
    --------
    >>> import dagprop as dp
    >>> @dp.elementwise
    ... def cube(x):
    ...     return x * x * x
    >>> @cube.symbol
    ... def _(sympy, x):
    ...     return x**3
    >>> cube in dp.Operator.symbol, dp.sigmoid in dp.Operator.symbol
    (True, False)
    """

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc
        self.rules: dict[Operator, Declared] = {}

    @overload
    def __get__(self, operator: None, owner: type) -> Self: ...
    @overload
    def __get__(self, operator: Operator, owner: type) -> Callable[[Declared], Declared]: ...
    def __get__(self, operator: Operator | None, owner: type) -> Any:
        if operator is None:
            return self

        def declare(rule: Declared) -> Declared:
            self.rules[operator] = rule
            return rule

        return declare

    def __getitem__(self, operator: Operator) -> Declared | None:
        """What the operator declared, or None."""
        return self.rules.get(operator)

    def __contains__(self, operator: object) -> bool:
        return operator in self.rules

    def __iter__(self) -> Iterator[Operator]:
        return iter(self.rules)


class Simplification:
    """The table of simplifications: by operator, a rule for each pass that names one."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc
        self.rules: dict[Operator, dict[str, Declared]] = {}

    @overload
    def __get__(self, operator: None, owner: type) -> Self: ...
    @overload
    def __get__(self, operator: Operator, owner: type) -> Callable[[str], Callable[[Declared], Declared]]: ...
    def __get__(self, operator: Operator | None, owner: type) -> Any:
        if operator is None:
            return self

        def simplify(during: str) -> Callable[[Declared], Declared]:
            def declare(rule: Declared) -> Declared:
                self.rules.setdefault(operator, {})[during] = rule
                return rule

            return declare

        return simplify

    def __getitem__(self, operator: Operator) -> dict[str, Declared]:
        """The operator's rules, by the pass that they belong to."""
        return self.rules.get(operator, {})

    @property
    def passes(self) -> list[str]:
        """The passes that some operator has a rule for."""
        return list(dict.fromkeys(name for rules in self.rules.values() for name in rules))
