"""`dagprop ops`: the operators there are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import click
import numpy as np
from rich.table import Table
from rich.text import Text

from dagprop.cli.console import console, table
from dagprop.notation.reading import applied, render, symbol
from dagprop.plugin.operator import Operator
from dagprop.plugin.registry import registry

EXAMPLES = """\
\b
Examples:
  dagprop ops
  dagprop ops --search logsumexp
"""


@click.command(epilog=EXAMPLES)
@click.option("--search", metavar="TEXT", default="", help="Only those with TEXT in id, description or NumPy name.")
def ops(search: str) -> None:
    """List the operators, and who brought them."""
    screen = console()
    count = 0
    for plugin in registry.plugins:
        found = sorted((op for op in plugin.operators if search.lower() in _searched(op)), key=lambda op: op.name)
        if found:
            screen.print(Text(f"\n{plugin.name}", "bold"), f" {plugin.owner}")
            screen.print(_listed(found))
            count += len(found)
    if not count:
        raise click.ClickException(f"No operator has {search!r} in its id, its description or its NumPy name.")
    screen.print("1 operator" if count == 1 else f"{count} operators")


def _listed(operators: Sequence[Operator]) -> Table:
    rows = table("operator", "operands", "attributes", "equation", "answers")
    rows.columns[0].no_wrap = True
    for op in operators:
        rows.add_row(
            Text.assemble((f"{op.namespace}:", "dim"), (op.name, "bold")),
            ", ".join([*op.operands[:-1], f"*{op.operands[-1]}"] if op.variadic else op.operands),
            _attributes(op),
            equation(op),
            ", ".join(called(function) for function in op.numpy),
        )
    return rows


def _searched(op: Operator) -> str:
    return f"{op.id} {op.__doc__ or ''} {' '.join(map(called, op.numpy))}".lower()


def _attributes(op: Operator) -> str:
    return ", ".join(
        name if default is inspect.Parameter.empty else f"{name}={default!r}" for name, default in op.attributes.items()
    )


def equation(op: Operator) -> str:
    """The operator applied to its own operands' names, as text."""
    attributes = {
        name: name if default is inspect.Parameter.empty else default for name, default in op.attributes.items()
    }
    operands = [symbol(name) for name in op.operands]
    if op.variadic:
        operands[-1:] = [symbol(f"{op.operands[-1]}₀"), symbol(f"{op.operands[-1]}₁"), symbol("…")]
    return render(applied(op.sign, tuple(operands), attributes, ()))


def called(function: Callable[..., Any]) -> str:
    """A function by the name that it goes by: `np.sum`, `np.linalg.norm`, `operator.getitem`."""
    name = function.__name__
    if isinstance(function, np.ufunc):  # knows no module
        return f"np.{name}" if getattr(np, name, None) is function else name
    module = re.sub("^numpy", "np", function.__module__ or "").lstrip("_")
    return f"{module}.{name}" if module else name
