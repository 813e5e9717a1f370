"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

_a_file = click.Path(exists=True, dir_okay=False, path_type=Path)

TRUSTED = """\
\b
MODEL is Python code, and this command runs it with all your rights:
give it a file that you trust.
"""
"""What the help of every command says that takes a MODEL.py."""

model_argument = click.argument("model", type=_a_file)
parameters_option = click.option(
    "--parameters", type=_a_file, help="Saved parameters (.npz), instead of those that training begins with."
)
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Deals out rows and weights."
)
