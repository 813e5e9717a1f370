"""A gradient explained: its formula, the passes that made it step by step, and the chain rule behind it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dagprop.arguments import instance, truth, word
from dagprop.errors import UnknownError
from dagprop.explanation.local import partial, partial_derivatives
from dagprop.explanation.reading import Reading
from dagprop.explanation.values import written
from dagprop.graph.node import Node
from dagprop.notation.formula import STYLES, Style, Term, render
from dagprop.notation.reading import leaf, term
from dagprop.run.recording import Recording

WIDTH = 100
"""How wide a line of text may get before it is broken at its equals signs."""


class Line(NamedTuple):
    """One line of an explanation: what equals what, with numbers put in, and the number that gives."""

    left: str
    right: str
    substituted: str = ""
    value: str = ""


def explain(recording: Recording, name: str | Node, style: Style = "text", *, numbers: bool = True) -> str:
    """How a gradient comes about: its formula, both passes step by step, and the chain rule.

    Parameters
    ----------
    recording : Recording
        A recorded forward and backward pass, such as `dp.backprop` returns.
    name : str or Node
        Whose gradient: any node that one was recorded for.
    style : {"text", "latex"}
        Plain text, or LaTeX `aligned` blocks for mathematics mode.
    numbers : bool
        Whether to put in the recorded numbers; arrays of up to nine elements in full, larger ones by shape and
        norm.

    Returns
    -------
    str
        Nodes that dagprop named are written out; the others are called by their names.  ⊙ is the product
        element by element, [x > 0] is 1 where that holds and 0 elsewhere, Σ_batch a sum over that dimension.

    Raises
    ------
    UnknownError
        For a node without a recorded gradient.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, w, y = g.input("x"), g.parameter("w", (), initial=3.0), g.input("y")
    >>> a = dp.tanh(x * w).named("a")
    >>> E = (0.5 * (a - y) ** 2).named("E")
    >>> print(explain(dp.backprop(E, {"x": 0.0, "y": 2.0}), "w"))
    ∂E/∂w = (a − y) · (1 − a²) · x = (0 − 2) · (1 − 0²) · 0 = 0
    <BLANKLINE>
    forward
      a = tanh(x · w)  = tanh(0 · 3)  = 0
      E = 0.5 (a − y)² = 0.5 (0 − 2)² = 2
    <BLANKLINE>
    backward
      ∂E/∂a = a − y                = 0 − 2               = −2
      ∂E/∂w = ∂E/∂a · (1 − a²) · x = (−2) · (1 − 0²) · 0 = 0
    <BLANKLINE>
    chain rule
      ∂E/∂w = ∂E/∂a · ∂a/∂w
      ∂E/∂a = a − y
      ∂a/∂w = (1 − a²) · x
    """
    instance("recording", recording, Recording, "a recorded run, such as dp.backprop returns")
    word("style", style, STYLES)
    truth("numbers", numbers)
    node = recording.graph.resolve(name)
    if node not in recording.adjoints:
        known = ", ".join(n.name for n in recording.adjoints)
        raise UnknownError(f"no gradient of {node.name!r} was recorded; there are those of {known}")
    reading = Reading(recording.of, recording.nodes, recording.adjoints, recording if numbers else None)
    on_the_way = reading.on_the_way(node)

    def gradient(n: Node, *, in_steps: bool) -> Line:
        return _line(reading, reading.gradient_symbol(n), reading.adjoint(n, in_steps=in_steps), style)

    whole = gradient(node, in_steps=False)
    forward = [_line(reading, leaf(n), term(n), style) for n in on_the_way if n.operator is not None]
    backward = [gradient(n, in_steps=True) for n in reversed(on_the_way) if n is not reading.of]
    blocks = [("forward", forward), ("backward", backward), ("chain rule", _chain(reading, on_the_way, style))]
    if style == "latex":
        return "\n\n".join(_aligned(lines) for lines in ([whole], *(lines for _, lines in blocks)) if lines)
    return "\n\n".join([_table([whole], ""), *(f"{title}\n{_table(lines)}" for title, lines in blocks if lines)])


def _line(reading: Reading, left: Term, formula: Term, style: Style) -> Line:
    right, value = render(formula, style), reading.value(left)
    if value is None:
        return Line(render(left, style), right)
    result = written(value, style)
    substituted = reading.substituted(formula, style) or ""
    return Line(
        render(left, style),
        right,
        "" if substituted == result else substituted,
        "" if right == result else result,
    )


def _chain(reading: Reading, on_the_way: Sequence[Node], style: Style) -> list[Line]:
    """The chain rule in factors: one product where there is one path, otherwise a sum at every fan-out."""
    if len(on_the_way) < 2:
        return []
    start, of = on_the_way[0], reading.of
    factors = {n: partial_derivatives(n) for n in on_the_way if n is not start}
    users: dict[str, list[Node]] = {n.name: [] for n in on_the_way}
    for n, derivatives in factors.items():
        for source in derivatives:
            if source in users:
                users[source].append(n)
    dot = " · " if style == "text" else r" \, "
    lines: list[Line] = []
    if all(len(used_by) <= 1 for used_by in users.values()):
        path = [start.name]
        while users[path[-1]]:
            path.append(users[path[-1]][0].name)
        if len(path) < 3:
            return []
        product = dot.join(partial(a, b, style) for a, b in pairwise(path[::-1]))
        lines.append(Line(partial(of.name, start.name, style), product))
    else:
        for n in reversed(on_the_way[:-1]):
            if set(users[n.name]) == {of}:
                continue
            parts = [
                render(factors[of][n.name].formula, style)
                if user is of
                else partial(of.name, user.name, style) + dot + partial(user.name, n.name, style)
                for user in users[n.name]
            ]
            lines.append(Line(partial(of.name, n.name, style), " + ".join(parts)))
    for n in reversed(on_the_way[1:]):
        for source, derivative in factors[n].items():
            if len(users.get(source, ())) == 1 or (source in users and n is not of):
                left, _, right = derivative.written(style).partition(" = ")
                lines.append(Line(left, right))
    return lines


def _table(lines: Sequence[Line], indent: str = "  ") -> str:
    """Lines with their equals signs below one another; long ones broken at each of them."""
    equations = [line for line in lines if line.right]
    left, right, middle = (max((len(line[i]) for line in equations), default=0) for i in range(3))
    stacked = left + right + middle + max(len(line.value) for line in lines) > WIDTH
    rows = []
    for line in lines:
        parts = [part for part in line[1:] if part]
        if not parts:
            row = line.left
        elif stacked:
            row = f"{line.left:<{left}} = " + f"\n{indent}{'':<{left}} = ".join(parts)
        else:
            row = f"{line.left:<{left}} = {line.right:<{right}}"
            if middle:
                row += f" {'=' if line.substituted else ' '} {line.substituted:<{middle}}"
            row += f" = {line.value}" if line.value else ""
        rows.append(indent + row.rstrip())
    return "\n".join(rows)


def _aligned(lines: Sequence[Line]) -> str:
    rows = [
        f"{line.left} &= {' = '.join(part for part in line[1:] if part)}" if line.right else f"{line.left} &"
        for line in lines
    ]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"
