"""The command line: `dagprop demo`, `train`, `draw`, `check`, `export`, `ops`, `doctor`.

Exit codes: 0 for success, 1 for a failure that is explained, 2 for a command that is written wrongly,
130 after Ctrl-C.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import click

from dagprop.cli import check, demo, doctor, draw, export, ops, train
from dagprop.errors import DagpropError


class _Commands(click.Group):
    """Commands whose failures are told in a message: a traceback is for mistakes of dagprop's own."""

    def invoke(self, context: click.Context) -> Any:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]  # it needs no more
            try:
                return super().invoke(context)
            except (DagpropError, OSError) as error:
                raise click.ClickException(str(error)) from error
            except KeyboardInterrupt:
                click.echo("\nInterrupted.", err=True)
                return context.exit(130)

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.commands)


def _show_warning(message: Warning | str, *_: Any) -> None:
    click.secho("Warning: ", fg="yellow", nl=False, err=True)
    click.echo(str(message), err=True)


EXAMPLES = """\
\b
Examples:
  dagprop demo                       train on real digits, draw the gradient flow
  dagprop train model.py             train the model that a file defines
  dagprop draw model.py -o flow.svg  draw its gradient flow
  dagprop check model.py             check its derivatives
  dagprop export model.py --numpy -o step.py
                                     write its gradients as NumPy code
  dagprop ops --search soft          find operators
  dagprop doctor                     see what is installed and what works
"""


@click.group(cls=_Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dagprop", message="dagprop %(version)s")
def cli() -> None:
    """Backpropagation one can see."""


for command in (demo.demo, train.train, draw.draw, check.check, export.export, ops.ops, doctor.doctor):
    cli.add_command(command)


def main() -> None:
    """Run the command line, as the `dagprop` command does."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # an old code page has no ∂
    cli()
