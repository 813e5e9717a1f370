"""`dagprop train MODEL.py`."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from numpy.typing import ArrayLike
from rich.text import Text

from dagprop.cli.console import console, facts
from dagprop.cli.model import CONVENTION, Model, load
from dagprop.cli.options import TRUSTED, model_argument, parameters_option, seed_option
from dagprop.cli.progress import watched
from dagprop.run.recording import forward
from dagprop.training.checkpoints import check_suffix, load_parameters, save_parameters
from dagprop.training.loop import Training
from dagprop.training.optimisers import Optimiser

HELP = f"""\
\b
MODEL is a Python file that defines
{CONVENTION}

{TRUSTED}
\b
Examples:
  dagprop train digits.py
  dagprop train digits.py --epochs 5 --learning-rate 0.01 --save digits.npz
  dagprop train digits.py --parameters digits.npz --save digits.npz
"""


@click.command(epilog=HELP)
@model_argument
@click.option("--epochs", type=click.IntRange(1), help="How often to go through the data.")
@click.option("--batch-size", type=click.IntRange(1), help="How many rows a step sees.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="The optimiser's learning rate.")
@seed_option
@parameters_option
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the parameters (.npz).")
def train(
    model: Path,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    seed: int,
    parameters: Path | None,
    save: Path | None,
) -> None:
    """Train the model that a Python file defines.

    Options override what the file says.  Ctrl-C ends the training early; the parameters so far are kept.
    """
    defined = load(model)
    if not defined.fed:
        raise click.UsageError(f"{model} defines no `data` to train on.")
    if save:
        check_suffix(save)  # before the work of hours
    optimiser = _with_rate(defined.optimiser, learning_rate)
    training = Training(
        defined.loss, optimiser, parameters=load_parameters(parameters) if parameters else None, seed=seed
    )
    screen = console()
    ended = "trained"
    steps = watched(training, defined.data, epochs or defined.epochs, batch_size or defined.batch_size, screen)
    try:
        deque(steps, maxlen=0)
    except KeyboardInterrupt:
        ended = "interrupted after"
    rows: list[tuple[str, str | Text]] = [(ended, f"{training.taken:,} steps of {optimiser}")]
    if save:
        save_parameters(save, training.parameters)
        rows.append(("parameters saved in", str(save)))
    rows.append(_measured("training data", defined, defined.data, training))
    if defined.test_data:
        rows.append(_measured("held-out data", defined, defined.test_data, training))
    screen.print(facts(rows))
    if ended != "trained":
        raise KeyboardInterrupt


def _with_rate(optimiser: Optimiser, learning_rate: float | None) -> Optimiser:
    if learning_rate is None:
        return optimiser
    settings: Any = optimiser
    if not dataclasses.is_dataclass(settings) or not hasattr(settings, "learning_rate"):
        raise click.UsageError(f"The optimiser {optimiser!r} has no learning rate to set.")
    changed: Any = dataclasses.replace(settings, learning_rate=learning_rate)  # type: ignore[type-var]
    return changed  # type: ignore[no-any-return]


def _measured(where: str, model: Model, data: Mapping[str, ArrayLike], training: Training) -> tuple[str, str]:
    """The loss, and the accuracy where there is one, over all of the data."""
    measures = {"loss": model.loss} | ({"accuracy": model.accuracy} if model.accuracy is not None else {})
    values = forward(measures.values(), data, training.parameters)
    said = "  ".join(f"{name} {float(value):.4g}" for name, value in zip(measures, values, strict=True))
    return where, said
