"""`dagprop export MODEL.py`: the training step as a module of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from dagprop.cli.console import console
from dagprop.cli.model import load
from dagprop.cli.options import TRUSTED, model_argument, parameters_option
from dagprop.errors import DagpropError, report
from dagprop.files import whole
from dagprop.plugin.rule import place_of
from dagprop.program import Program
from dagprop.program import compile as compiled
from dagprop.program.layout import Array
from dagprop.program.numpy_source.values import SMALL, literal
from dagprop.training.checkpoints import load_parameters, save_parameters

HELP = f"""\
{TRUSTED}
\b
Examples:
  dagprop export digits.py --numpy -o step.py
  dagprop export digits.py --numpy -o step.py --parameters digits.npz
"""


class ExportError(DagpropError):
    """A step that cannot be written out whole."""


@click.command(epilog=HELP)
@model_argument
@click.option("--numpy", "form", flag_value="numpy", required=True, help="As a module of NumPy code.")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The module to write, a .py file: MODEL_step.py, if left out.  Many numbers go into an .npz file beside it.",
)
@parameters_option
def export(model: Path, form: str, out: Path | None, parameters: Path | None) -> None:  # noqa: ARG001  # there is one form yet
    """Write a model's loss and gradients as code that runs alone.

    The module defines `step`, a function of the inputs and parameters, and `parameters`, their first values.
    """
    out = out or Path(f"{model.stem}_step.py")
    if out.suffix != ".py":
        raise click.BadParameter(f"{out} does not end in .py.", param_hint="--out")
    program = compiled(load(model).loss, parameters=load_parameters(parameters) if parameters else None)
    text, arrays = module(program)
    beside = out.with_suffix(".npz")
    written = [out, beside] if arrays else [out]
    with whole(out) as code:
        code.write_text(text, encoding="utf-8")
        if arrays:
            save_parameters(beside, arrays)
    for path in written:
        console().print(str(path), style="bold")


def module(program: Program) -> tuple[str, dict[str, Array]]:
    """The text of a module that runs a program alone, and the arrays that are saved beside it, by name.

    Raises ExportError where an operator's rule needs more than NumPy.
    """
    source = program.written
    if source.needs:
        raise ExportError(
            report(
                "the step needs what cannot be written out: rules of operators, or what they use",
                [(name, _where(value)) for name, value in source.needs.items()],
                advice="Write the rule as one function in a file, which uses nothing but NumPy and what can be "
                "imported.",
            )
        )
    of_dagprop = [line for line in source.imports if line.split()[1].partition(".")[0] == "dagprop"]
    if of_dagprop:
        raise ExportError(
            report(
                "the step needs dagprop: a rule calls its operators, or uses what it has",
                [("import", line) for line in of_dagprop],
                advice="Write the rule with NumPy's functions alone, or run step.source where dagprop is installed.",
            )
        )
    first = {source.arguments[name]: value for name, value in program.held.items()}
    small = sum(value.size for value in first.values()) <= SMALL
    arrays: dict[str, Array] = source.constants | ({} if small else first)
    lines = []
    if arrays:
        lines.append('with np.load(__file__.removesuffix(".py") + ".npz") as _file:')
        lines += [f"    {name} = _file[{name!r}]" for name in source.constants]
    if small:
        lines += ["parameters = {", *(f"    {name!r}: {literal(value)}," for name, value in first.items()), "}"]
    else:
        lines.append(f"    parameters = {{name: _file[name] for name in {list(first)!r}}}")
    said = _docstring(program, beside=not small)
    start = "\n".join([f'"""{said}\n"""', "", *sorted(source.imports), "", *lines])
    return f"{start}\n\n\n{source.code}", arrays


def _docstring(program: Program, *, beside: bool) -> str:
    """What the module does, and what its function takes."""
    arguments = program.written.arguments
    inputs = [node for node in program.graph.inputs if node.name in arguments]
    given = ", ".join([*(arguments[node.name] for node in inputs), "**parameters"])
    lines = [
        f"{program.of.graph.name}: the value of {program.of.name} and its gradients, as NumPy code.",
        "",
        f"    value, gradients = step({given})",
        "",
        *_table("Inputs", [(arguments[node.name], str(node.spec)) for node in inputs]),
        *_table("Parameters", [(arguments[node.name], str(node.spec)) for node in program.graph.parameters]),
        "`parameters` holds their first values" + (", read from the .npz file beside this one." if beside else "."),
        "Written by dagprop.",
    ]
    return "\n".join(lines).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _table(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f"{title}:"
        for name, spec in rows:
            yield f"    {name} : {spec}"
        yield ""


def _where(rule: Any) -> str:
    """Where a rule is defined."""
    place = place_of(rule)
    return f"{Path(place[0]).name}:{place[1]}" if place is not None else f"{rule!r}"
