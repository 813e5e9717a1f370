"""The update equations of gradient descent, w ← w − η ∂E/∂w, with the gradient written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dagprop.arguments import number
from dagprop.derivatives.backward import differentiate
from dagprop.explanation.reading import Reading
from dagprop.explanation.values import rounded, written
from dagprop.graph.graph import graph_of
from dagprop.graph.node import Node
from dagprop.graph.order import ancestors
from dagprop.notation.algebra import factored, scaled
from dagprop.notation.formula import STYLES, Style, Term, bracket, render, symbol
from dagprop.notation.reading import leaf
from dagprop.run.recording import Recording, targets_of


@dataclass(frozen=True)
class UpdateEquation:
    """How gradient descent changes one parameter.

    Attributes
    ----------
    parameter : str
        The parameter's name.
    text, latex : str
        `w0 ← w0 − η · Xᵀ (…)`, in the names of forward values alone.
    numbers_text, numbers_latex : str
        The same with recorded numbers; empty without a recording.
    gradient, updated : array or None
        The recorded gradient, and the parameter after the step where the learning rate is a number.
    """

    parameter: str
    text: str
    latex: str
    numbers_text: str = ""
    numbers_latex: str = ""
    gradient: np.ndarray[Any, Any] | None = None
    updated: np.ndarray[Any, Any] | None = None

    def __str__(self) -> str:
        indent = " " * (len(self.parameter) + 1)
        return self.text + "".join(f"\n{indent}{line}" for line in self.numbers_text.splitlines())


def update_equations(
    of: Node | Recording,
    wrt: Sequence[Node | str] | Node | str | None = None,
    learning_rate: float | str = "η",
) -> dict[str, UpdateEquation]:
    """The update equation of every parameter, by its name.

    Parameters
    ----------
    of : Node or Recording
        The loss; or a recorded run of it, whose numbers are put in.
    wrt : nodes or names, optional
        The parameters; without it, those that a run would take: all that the loss depends on.
    learning_rate : float or str
        A number, or the symbol to write for it.

    Raises
    ------
    UnknownError
        For a parameter that there is not, or whose gradient was not recorded.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, w, y = g.input("x"), g.parameter("w", (), initial=3.0), g.input("y")
    >>> E = (0.5 * (x * w - y) ** 2).named("E")
    >>> print(update_equations(E)["w"])
    w ← w − η · (x · w − y) · x
    >>> print(update_equations(dp.backprop(E, {"x": 2.0, "y": 1.0}), learning_rate=0.1)["w"])
    w ← w − 0.1 · (x · w − y) · x
      = 3 − 0.1 · (2 · 3 − 1) · 2
      = 3 − 0.1 · 10
      = 2
    """
    if not isinstance(learning_rate, str):
        learning_rate = number("learning_rate", learning_rate, "a number, or the symbol to write for it")
    rate = symbol(learning_rate) if isinstance(learning_rate, str) else None
    rates = {style: render(rate, style) if rate else rounded(learning_rate, style) for style in STYLES}
    if isinstance(of, Recording):
        targets = targets_of(of.of, of.wrt if wrt is None else wrt)
        reading = Reading(of.of, of.nodes, of.adjoints, of)
        gradients = {node: of.gradients[node] for node in targets}
    else:
        targets = targets_of(of, wrt)
        adjoints = differentiate(of, targets, graph_of(of).extension()).adjoints
        reading, gradients = Reading(of, ancestors([of]), adjoints), {}
    equations = {}
    for node in targets:
        formula = reading.adjoint(node, in_steps=False)
        plain = {style: _equation(leaf(node), rates[style], formula, style) for style in STYLES}
        if node not in gradients:
            equations[node.name] = UpdateEquation(node.name, plain["text"], plain["latex"])
            continue
        before, gradient = reading.value(leaf(node)), gradients[node]
        assert before is not None
        after = None if isinstance(learning_rate, str) else before - learning_rate * gradient
        lines = {style: _numbers(reading, before, rates[style], formula, gradient, after, style) for style in STYLES}
        equations[node.name] = UpdateEquation(
            node.name,
            plain["text"],
            plain["latex"],
            "\n".join(f"= {line}" for line in lines["text"]),
            " = ".join(lines["latex"]),
            gradient,
            after,
        )
    return equations


def _equation(parameter: Term, rate: str, formula: Term, style: Style) -> str:
    name, arrow = render(parameter, style), "←" if style == "text" else r"\leftarrow"
    return f"{name} {arrow} {name} {_change(rate, formula, render(_positive(formula), style), style)}"


def _positive(formula: Term) -> Term:
    factor, rest = factored(formula)
    return scaled(abs(factor), rest, formula.shape)


def _change(rate: str, formula: Term, written_formula: str, style: Style) -> str:
    """`− η · gradient`; with a plus where the gradient has a minus in front."""
    positive = _positive(formula)
    minus, dot = ("−", "·") if style == "text" else ("-", r"\cdot")
    if positive.sign is not None and positive.sign.binding == "sum":
        written_formula = bracket(written_formula, style)
    return f"{minus if factored(formula)[0] >= 0 else '+'} {rate} {dot} {written_formula}"


def _numbers(
    reading: Reading,
    before: np.ndarray[Any, Any],
    rate: str,
    formula: Term,
    gradient: np.ndarray[Any, Any],
    after: np.ndarray[Any, Any] | None,
    style: Style,
) -> list[str]:
    """The right side with numbers: in every place, with the gradient worked out, and all worked out."""
    start, minus, dot = written(before, style), *(("−", "·") if style == "text" else ("-", r"\cdot"))
    result = written(gradient, style)
    lines = [f"{start} {minus} {rate} {dot} {bracket(result, style) if result[0] in '-−' else result}"]
    substituted = reading.substituted(_positive(formula), style)
    if substituted is not None:
        lines.insert(0, f"{start} {_change(rate, formula, substituted, style)}")
    if after is not None:
        lines.append(written(after, style))
    return list(dict.fromkeys(lines))
