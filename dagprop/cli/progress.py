"""Training with a progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from numpy.typing import ArrayLike
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from dagprop.training.loop import Step, Training


def watched(
    training: Training, data: Mapping[str, ArrayLike], epochs: int, batch_size: int | None, console: Console
) -> Iterator[Step]:
    """The steps of a training, behind a bar that moves as they go by where there is a terminal to see it."""
    bar = Progress(
        TextColumn("[dim]           training[/]"),
        BarColumn(bar_width=24, complete_style="cyan", finished_style="green"),
        TextColumn("epoch {task.completed:.0f} of {task.total}"),
        TextColumn("[dim]loss[/] {task.fields[loss]}"),
        TextColumn("[dim]{task.elapsed:.1f} s[/]"),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("training", total=epochs, loss="")
        epoch, total, count = 0, 0.0, 0
        for step in training.steps(data, epochs=epochs, batch_size=batch_size):
            if step.epoch != epoch:
                bar.update(task, completed=step.epoch - 1)
                epoch, total, count = step.epoch, 0.0, 0
            total, count = total + step.loss, count + 1
            bar.update(task, loss=f"{total / count:.4g}")
            yield step
        bar.update(task, completed=epochs)
