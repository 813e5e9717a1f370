"""A program as plain NumPy source, as a person would have derived and written it by hand.

One function, the user's names, no dagprop inside.  What is used once and bears no name of the user's is written
where it is used; operators that no NumPy function stands for are written out by their own forward rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.program.numpy_source.writer import Writer
from dagprop.program.work import Work


@dataclass(frozen=True)
class Source:
    """The text of a program, and what it needs that is not text: large constants, rules that cannot be written out.

    `arguments` are what the function `step` takes: for each leaf's name, what it is called there.
    """

    text: str
    needs: dict[str, Any]
    arguments: dict[str, str]

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The function `step` that the text defines."""
        namespace: dict[str, Any] = {"np": np, **self.needs}
        exec(compile(self.text, "<dagprop program>", "exec"), namespace)
        step: Callable[..., tuple[Any, ...]] = namespace["step"]
        return step


def keeps(operator: Operator) -> bool:
    """Whether source can call the operator as it is: it is a ufunc, answers a NumPy function, or says what it is."""
    stands = operator.ufunc is not None or bool(operator.numpy) or operator in Operator.source
    return stands or operator is output


def write(work: Work) -> Source:
    """The source of a program: a function of the leaves that returns the first output and a dict of the others."""
    writer = Writer(work)
    return Source(writer.text(), writer.needs, writer.arguments)
