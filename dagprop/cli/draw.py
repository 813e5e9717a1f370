"""`dagprop draw MODEL.py`."""

from __future__ import annotations

from pathlib import Path

import click

from dagprop import diagram
from dagprop.cli.console import console
from dagprop.cli.model import load, start
from dagprop.cli.options import TRUSTED, model_argument, parameters_option
from dagprop.flow import backprop
from dagprop.graph.graph import graph_of

HELP = f"""\
{TRUSTED}
\b
Examples:
  dagprop draw digits.py -o flow.svg
  dagprop draw digits.py -o trained.pdf --parameters digits.npz
"""


@click.command(epilog=HELP)
@model_argument
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; its suffix says the format: .svg, .png, .pdf, .dot.",
)
@parameters_option
def draw(model: Path, out: Path, parameters: Path | None) -> None:
    """Draw the gradient flow of a model.

    One forward and one backward pass, over a minibatch of the file's data; without data, the graph alone.
    """
    if out.suffix.lstrip(".").lower() not in diagram.FORMATS:
        raise click.BadParameter(f"{out} does not end in one of {', '.join(diagram.FORMATS)}.", param_hint="--out")
    defined = load(model)
    if defined.fed:
        diagram.draw(backprop(defined.loss, *start(defined, parameters)), out)
    else:
        diagram.draw(graph_of(defined.loss), out)
    console().print(str(out), style="bold")
