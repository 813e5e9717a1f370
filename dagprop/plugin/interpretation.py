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

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, update_wrapper
from typing import Any, Self, overload

from dagprop.errors import DagpropError, RuleError, reason, report
from dagprop.plugin.calling import NOT_ITS_DOING, Called
from dagprop.plugin.passes import Pass, the_pass
from dagprop.plugin.rule import Rule

Function = Callable[..., Any]


class Declared(Rule):
    """A rule that an operator declared for an interpretation: it asks for attributes as a derivative rule does."""

    __slots__ = ("operator", "what")

    def __init__(self, function: Function, operator: Called, what: str) -> None:
        super().__init__(function)
        self.operator, self.what = operator, f"the rule @{operator.name}.{what}"

    def __call__(self, *operands: Any, out: Any = None, attributes: Mapping[str, Any]) -> Any:
        """Call the function with the operands and what it asks for; what it raises is blamed on it."""
        try:
            return Rule.__call__(self, *operands, out=out, attributes=attributes)
        except (DagpropError, *NOT_ITS_DOING):
            raise
        except Exception as error:
            raise self.failed(error) from error

    def failed(self, error: Exception) -> RuleError:
        """The error for a rule that raised another."""
        return self.wrong("failed", [("reason", reason(error))])

    def wrong(self, how: str, rows: Iterable[tuple[str, str]] = ()) -> RuleError:
        """The error for a rule that failed, or returned what it should not: by operator, owner and line."""
        blamed = [("operator", self.operator.described), ("rule", self.place)]
        return RuleError(report(f"{self.what} {how}", [*blamed, *rows]))

    @property
    def with_all(self) -> Function:
        """The rule as a function that is given every attribute."""
        if self.wants_out or self.attributes != set(self.operator.attributes):
            return update_wrapper(partial(_with_attributes, self), self.function)
        return self.function


def _with_attributes(rule: Declared, *operands: Any, **attributes: Any) -> Any:
    return rule(*operands, attributes=attributes)


class Interpretation:
    """A table from operators to rules, and the decorator on every operator that fills it.

    Those of dagprop are attributes of `Operator`: `Operator.lower[op]` is what `op.lower` declared, or None.

    Parameters
    ----------
    doc : str
        What is declared, and what the rule is given.
    before : str
        What a rule is given before the operands, where it is given something.

    Attributes
    ----------
    version : int
        How often something was declared: what follows from the table may be kept until that changes.

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

    def __init__(self, doc: str, *, before: str = "") -> None:
        self.__doc__ = doc
        self.name = "of"
        self.before = before
        self.version = 0
        self.rules: dict[Called | None, Declared] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, operator: None, owner: type) -> Self: ...
    @overload
    def __get__(self, operator: Called, owner: type) -> Callable[[Function], Function]: ...
    def __get__(self, operator: Called | None, owner: type) -> Any:
        return self if operator is None else self.of(operator)

    def of(self, operator: Called) -> Callable[[Function], Function]:
        """The decorator that declares an operator's rule: what `op.lower` is, for a table that is no attribute."""

        def declare(function: Function) -> Function:
            self.rules[operator] = Declared(function, operator, self.name)
            self.version += 1
            return function

        return declare

    def __getitem__(self, operator: Called | None) -> Declared | None:
        """What the operator declared, or None; a leaf, which has none, declares nothing."""
        return self.rules.get(operator)

    def __contains__(self, operator: object) -> bool:
        return operator in self.rules

    def __iter__(self) -> Iterator[Called | None]:
        return iter(self.rules)

    def check(self, operator: Called) -> None:
        """Refuse a rule that does not take the operator's operands, or asks for attributes that it has not."""
        rule = self.rules.get(operator)
        if rule is not None:
            rule.check(rule.what, operator, self.before)


class Simplification:
    """The simplifications: for each pass that an operator has named, as many interpretations as one has rules."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc
        self.version = 0
        self.during: dict[str, list[Interpretation]] = {}

    @overload
    def __get__(self, operator: None, owner: type) -> Self: ...
    @overload
    def __get__(self, operator: Called, owner: type) -> Callable[[str | Pass], Callable[[Function], Function]]: ...
    def __get__(self, operator: Called | None, owner: type) -> Any:
        return self if operator is None else partial(self.of, operator)

    def of(self, operator: Called, during: str | Pass) -> Callable[[Function], Function]:
        """The decorator that declares a rule of an operator for a pass, beside those that it has."""
        name = the_pass(during).name

        def declare(function: Function) -> Function:
            tables = self.during.setdefault(name, [])
            free = next((table for table in tables if operator not in table), None)
            if free is None:
                free = Interpretation(self.__doc__ or "")
                free.name = f'simplify("{name}")'
                tables.append(free)
            self.version += 1
            return free.of(operator)(function)

        return declare

    def __getitem__(self, operator: Called) -> dict[str, list[Declared]]:
        """The operator's rules in the order they were declared, by the pass that they belong to."""
        found = {name: [table[operator] for table in tables] for name, tables in self.during.items()}
        return {name: [r for r in rules if r is not None] for name, rules in found.items() if any(rules)}

    def check(self, operator: Called) -> None:
        """Refuse rules that do not take the operator's operands, or ask for attributes that it has not."""
        for tables in self.during.values():
            for table in tables:
                table.check(operator)
