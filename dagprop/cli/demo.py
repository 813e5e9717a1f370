"""`dagprop demo`: a network learns to read handwritten digits, and shows how."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.text import Text

from dagprop.cli.console import console, facts
from dagprop.cli.options import seed_option
from dagprop.cli.progress import watched
from dagprop.flow import backprop
from dagprop.graph.graph import Graph
from dagprop.graph.node import Node
from dagprop.operators.activation import sigmoid
from dagprop.operators.loss import softmax_cross_entropy
from dagprop.run.recording import forward
from dagprop.training.digits import Digits, load_digits
from dagprop.training.loop import Training
from dagprop.training.optimisers import Adam

EPOCHS, BATCH_SIZE, LEARNING_RATE = 60, 32, 0.01


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the diagrams.  [default: the current one]",
)
@seed_option
def demo(out: Path, seed: int) -> None:
    """Train on real handwritten digits, and draw how.

    1,797 images of 8×8 pixels, a fifth of them held out; one hidden layer of 32 sigmoid units.  Prints the
    accuracy and draws the gradient flow of the first and of the last step.
    """
    screen = console()
    training_part, held_out = load_digits().split(seed=seed)
    loss, logits = network()
    training = Training(loss, Adam(LEARNING_RATE), seed=seed)
    screen.print(
        Text.assemble(("\nReading handwritten digits", "bold"), "  64 pixels → 32 sigmoid units → 10 digits\n")
    )
    data = {"X": training_part.images, "y": training_part.one_hot}
    steps = watched(training, data, EPOCHS, BATCH_SIZE, screen)
    first, last = next(steps), deque(steps, maxlen=1).pop()

    def read(part: Digits) -> Any:
        return forward(logits, {"X": part.images}, training.parameters).argmax(axis=1)

    seen, unseen = read(training_part) == training_part.labels, read(held_out) == held_out.labels
    rows: list[tuple[str, str | Text]] = [
        ("trained", f"{last.number:,} steps of Adam, {last.epoch} epochs in minibatches of {BATCH_SIZE}"),
        ("training accuracy", _share(seen)),
        ("held-out accuracy", Text(_share(unseen), "bold green")),
    ]
    screen.print(facts(rows), "")
    if screen.is_terminal:
        screen.print(pictures(held_out, read(held_out)))
    rows = []
    for which, step in (("first", first), ("last", last)):
        path = out / f"demo-{which}-step.svg"
        flow = backprop(loss, step.feeds, step.parameters)
        flow.draw(path, title=f"reading digits: step {step.number:,}, epoch {step.epoch}")
        rows.append((f"flow of {which} step", Text(str(path), "bold")))
    screen.print(facts(rows), "")


def network() -> tuple[Node, Node]:
    """The loss and the logits of the demonstration's network."""
    g = Graph("reading digits")
    X, y = g.input("X", ("batch", 64)), g.input("y", ("batch", 10))
    w0, b0 = g.parameter("w0", (64, 32)), g.parameter("b0", (32,))
    w1, b1 = g.parameter("w1", (32, 10)), g.parameter("b1", (10,))
    z0 = (X @ w0 + b0).named("z0")
    a0 = sigmoid(z0).named("a0")
    z1 = (a0 @ w1 + b1).named("z1")
    return softmax_cross_entropy(z1, y).named("cross_entropy").mean().named("E"), z1


def _share(right: Any) -> str:
    return f"{right.mean():.1%}  ({right.sum():,} of {right.size:,})"


def pictures(digits: Digits, read: Any, columns: int = 7) -> Text:
    """Images as the network read them: a row of different digits read rightly, and a row read wrongly."""
    right = np.flatnonzero(read == digits.labels)
    different = np.sort(np.unique(digits.labels[right], return_index=True)[1])
    wrong = np.flatnonzero(read != digits.labels)
    text = Text()
    for rows in (right[different[:columns]], wrong[:columns]):
        if rows.size:
            text.append_text(_row(digits.images[rows].reshape(-1, 8, 8)))
            for said, meant in zip(read[rows], digits.labels[rows], strict=True):
                caption = f"{said}" if said == meant else f"{said}, not {meant}"
                text.append(caption.center(8) + "  ", style="bold" if said == meant else "bold red")
            text.append("\n\n")
    text.right_crop(1)
    return text


def _row(images: Any) -> Text:
    """Images side by side; a character holds two pixels: the upper half block in one's grey, on the other's."""
    text = Text()
    for upper in range(0, 8, 2):
        for image in images:
            for top, bottom in zip(image[upper], image[upper + 1], strict=True):
                text.append("▀", style=f"{_grey(top)} on {_grey(bottom)}")
            text.append("  ")
        text.append("\n")
    return text


def _grey(ink: float) -> str:
    level = round(255 * (1 - ink))
    return f"rgb({level},{level},{level})"
