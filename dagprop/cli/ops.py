"""`dagprop ops`: the operators there are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import click

from dagprop.cli.console import console, table
from dagprop.notation import applied, render, sign_of, symbol
from dagprop.operator import Operator
from dagprop.registry import registry

EXAMPLES = """\
\b
Examples:
  dagprop ops
  dagprop ops --search logsumexp
"""


@click.command(epilog=EXAMPLES)
@click.option("--search", metavar="TEXT", default="", help="Only those whose id, text or NumPy name has TEXT in it.")
def ops(search: str) -> None:
    """List the operators, and who brought them."""
    found = [op for op in registry if search.lower() in _searched(op)]
    if search and not found:
        raise click.ClickException(f"No operator has {search!r} in its id or its description.")
    rows = table("operator", "operands", "attributes", "equation", "NumPy", "from")
    for op in sorted(found, key=lambda op: (op.namespace != "core", op.id)):
        rows.add_row(
            f"[dim]{op.namespace}:[/][bold]{op.name}[/]",
            ", ".join([*op.operands[:-1], f"*{op.operands[-1]}"] if op.variadic else op.operands),
            _attributes(op),
            equation(op),
            ", ".join(_numpy_name(function) for function in op.numpy),
            f"[dim]{op.owner}[/]",
        )
    screen = console()
    screen.print(rows)
    screen.print(f"[dim]{len(found)} operators[/]")


def _searched(op: Operator) -> str:
    return f"{op.id} {op.__doc__ or ''} {' '.join(map(_numpy_name, op.numpy))}".lower()


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
    return render(applied(sign_of(op), tuple(operands), attributes, ()))


def _numpy_name(function: Callable[..., Any]) -> str:
    module = (getattr(function, "__module__", None) or "numpy").partition(".")[0]
    return f"{'np' if module == 'numpy' else module}.{function.__name__}"
