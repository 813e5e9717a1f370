"""Packs: the operators of a module that is imported when one of them is first asked for, and not before."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from dagprop.arguments import shown, text
from dagprop.errors import OperandError
from dagprop.plugin.operator import Operator


@dataclass(frozen=True, eq=False)
class Pack:
    """The operators of a module that takes long to import, as `dagprop_operators` may return them.

    What they are called is known before, so that a clash of names is told before; and so is where the functions are
    from that they answer: those of a library nobody can call on a node before it is imported.  So the pack's module
    is imported when one of its names is asked for, or as soon as such a library has been.

    Parameters
    ----------
    module : str
        The module that defines the operators.
    names : sequence of str
        Their names, in it and as operators.
    answers : sequence of str, optional
        The modules that have the functions which they answer.

    Examples
    --------
    >>> import dagprop as dp
    >>> class Special:
    ...     @dp.hookimpl
    ...     def dagprop_operators(self):
    ...         return [dp.Pack("acme.special", ["erf", "gamma"], answers=["scipy.special"])]
    """

    module: str
    names: Sequence[str]
    answers: Sequence[str] = ()

    def __post_init__(self) -> None:
        text("the module of a pack", self.module)
        for what, names in (("names", self.names), ("answers", self.answers)):
            if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
                raise OperandError(f"the pack {self.module!r}: {what}= is a list of strings, not {shown(names)}")

    @property
    def awaited(self) -> tuple[str, ...]:
        """The modules after whose import its operators must be known."""
        return (self.module, *self.answers)

    def load(self) -> tuple[Operator, ...]:
        """Import the module: its operators, held to what the pack says of them.

        Raises
        ------
        ValueError, TypeError
            Where a name is none of an operator's, or an operator answers a function from elsewhere: it would answer
            or not by what had been imported before.
        """
        module = importlib.import_module(self.module)
        known = {id(value) for name in self.answers for value in vars(importlib.import_module(name)).values()}
        operators: list[Operator] = []
        for name in self.names:
            op = getattr(module, name, None)
            if not isinstance(op, Operator) or op.name != name:
                raise TypeError(f"the pack says that {self.module} has an operator {name!r}, and it has {shown(op)}")
            for function in op.numpy:
                if id(function) not in known:
                    known_as = f"none of {', '.join(self.answers)}'s" if self.answers else "not said"
                    raise ValueError(
                        f"{name} answers {function!r}, which is {known_as}: the pack says in answers= which modules "
                        "have the functions that its operators answer"
                    )
            operators.append(op)
        return tuple(operators)
