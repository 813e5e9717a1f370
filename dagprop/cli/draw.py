"""`dagprop draw MODEL.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dagprop import diagram
from dagprop.cli.console import console
from dagprop.cli.model import load
from dagprop.flow import backprop
from dagprop.training.checkpoints import load_parameters
from dagprop.training.loop import Training

EXAMPLES = """\
\b
Examples:
  dagprop draw digits.py -o flow.svg
  dagprop draw digits.py -o trained.pdf --parameters digits.npz
"""


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; its suffix says the format: .svg, .png, .pdf, .dot.",
)
@click.option(
    "--parameters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Saved parameters (.npz), instead of those that training begins with.",
)
def draw(model: Path, out: Path, parameters: Path | None) -> None:
    """Draw the gradient flow of a model.

    One forward and one backward pass, over a minibatch of the file's data; without data, the graph alone.
    """
    defined = load(model)
    given = load_parameters(parameters) if parameters else None
    drawn: Any = defined.loss.graph
    if defined.data:
        training = Training(defined.loss, parameters=given)
        feeds = next(training.minibatches(defined.data, defined.batch_size))
        drawn = backprop(defined.loss, feeds, training.parameters)
    diagram.draw(drawn, out)
    console().print(f"[bold]{out}[/]")
