"""A program as plain NumPy source, as a person would have derived and written it by hand.

One function, the user's names, no dagprop inside.  What is used once and bears no name of the user's is written
where it is used; operators that no NumPy function stands for are written out by their own forward rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.program.numpy_source.definitions import Array, packed
from dagprop.program.numpy_source.writer import Writer
from dagprop.program.work import Work
from dagprop.sealing import reading

IMPORT = "import numpy as np"


@dataclass(frozen=True)
class Source:
    """The source of a program.

    Attributes
    ----------
    imports : list of str
        The lines that import what the code uses.
    code : str
        Rules that no expression stands for, small constants, and the function `step`.
    constants : dict
        Arrays of many numbers, by name.
    needs : dict
        What cannot be written and must be given: rules that stand in no file, say.
    rules : dict
        What the functions in the code that are operators' rules were written from.
    arguments : dict
        What `step` takes: for each leaf's name, what it is called there.
    """

    imports: list[str]
    code: str
    constants: dict[str, Array]
    needs: dict[str, Any]
    rules: dict[str, Callable[..., Any]]
    arguments: dict[str, str]

    @cached_property
    def text(self) -> str:
        """All of it as one text; large constants stand at its end, packed."""
        lines = [*self.imports, *(["import base64"] if self.constants else [])]
        text = "\n".join([*sorted(lines), "", "", self.code])
        constants = [packed(name, value) for name, value in self.constants.items()]
        return "\n".join([text, "", "# large constants", *constants, ""]) if constants else text

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The function `step` that the text defines, calling the operators' own rules, which may only read."""
        namespace: dict[str, Any] = {**self.constants, **self.needs}
        code = "\n".join([*self.imports, self.code])
        exec(compile(code, "<dagprop program>", "exec"), namespace)
        namespace |= {name: reading(rule) for name, rule in self.rules.items()}
        step: Callable[..., tuple[Any, ...]] = namespace["step"]
        return step


def keeps(operator: Operator) -> bool:
    """Whether source can call the operator as it is: it is a ufunc, answers a NumPy function, or says what it is."""
    stands = operator.ufunc is not None or bool(operator.numpy) or operator in Operator.source
    return stands or operator is output


def write(work: Work) -> Source:
    """The source of a program: a function of the leaves that returns the first output and a dict of the others."""
    writer = Writer(work)
    code, made = writer.code(), writer.definitions
    return Source([IMPORT, *made.imports], code, made.constants, made.needs, writer.rules, writer.arguments)
