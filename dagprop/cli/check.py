"""`dagprop check MODEL.py`: whether the model's derivatives are right."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from dagprop.check.gradients import check_gradient
from dagprop.cli.console import console, table
from dagprop.cli.model import load, start
from dagprop.cli.options import TRUSTED, model_argument, parameters_option

HELP = f"""\
{TRUSTED}
\b
Examples:
  dagprop check digits.py
  dagprop check digits.py --parameters digits.npz
"""


@click.command(epilog=HELP)
@model_argument
@parameters_option
@click.pass_context
def check(context: click.Context, model: Path, parameters: Path | None) -> None:
    """Check the derivatives of a model.

    At the model's real values, over one minibatch of the file's data: the whole gradient, and what every operator
    sends back along each of its edges, against finite differences.  Exits with 1 if one is wrong.
    """
    defined = load(model)
    if not defined.fed:
        raise click.UsageError(f"{model} defines no `data` to check it at.")
    feeds, values = start(defined, parameters)
    report = check_gradient(defined.loss, feeds, values)
    rows = table("derivative", "element", "derived", "numeric", "relative error", "verdict")
    for row in report.rows:
        part = f" ({row.checked} of {row.size} elements)" if row.checked < row.size else ""
        element = ", ".join(map(str, row.element))
        numbers = (f"{row.derived:.8g}", f"{row.numeric:.8g}", f"{row.error:.1e}") if row.size else ("", "", "")
        verdict = Text.assemble((row.verdict, "green" if row.ok else "bold red"), (part, "dim"))
        rows.add_row(row.what, element, *numbers, verdict)
    screen = console()
    screen.print(rows)
    for blame in dict.fromkeys(row.blame for row in report.wrong if row.blame):
        screen.print(f"look at {blame}")
    if not report.ok:
        screen.print(f"{len(report.wrong)} of {len(report.rows)} are not right.", style="bold red")
        context.exit(1)
    screen.print(f"All {len(report.rows)} are right.")
