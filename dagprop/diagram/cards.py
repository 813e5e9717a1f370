"""Cards: a node as an HTML-like table of Graphviz."""

from __future__ import annotations

import math
from collections import Counter

from dagprop.diagram import palette
from dagprop.diagram.collapse import Unit, contents, count, title, within
from dagprop.diagram.diagnosis import diagnosis
from dagprop.diagram.markup import bold, cell, font, small, table
from dagprop.diagram.measure import Measure, flag, log_ratio
from dagprop.diagram.scene import Scene
from dagprop.diagram.text import figure, label, shape_text
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node
from dagprop.notation.reading import applied, leaf, read, render, symbol

BAR, HEIGHT = 5, 14
"""Width and height of a histogram's bars, in points."""

ROW = 26
"""The height of rows with numbers: the same on every card, so that edges between them are level."""


def card(scene: Scene, node: Node) -> str:
    """The card of a node."""
    rows = [_header(scene, node)]
    if node.operator is None:
        rows.append(row(small(str(node.dtype)), small(_shape(scene, node))))
    else:
        name, equation = local(node, node.scope), one_step(node)
        rows.append(row(f"{label(name, 20)} = {label(equation, 44, end=True)}", small(_shape(scene, node))))
    for part in scene.outputs_of.get(node, [node]):
        rows += _numbers(scene, part, named=part is not node)
    rows += [row(_strong(label(line))) for line in diagnosis(scene, node)]
    colour, width = _frame(scene, node)
    return framed(rows, colour, width)


def folded_card(scene: Scene, unit: Unit) -> str:
    """The card of several nodes that share one: what they are, their gradients, and what is wrong inside."""
    name, times = title(unit)
    rows = [header(label(name, 48), times, palette.FOLDED), row(small(contents(unit)))]
    found = [scene.gradient(node) for node in unit.nodes if node.operator is not None]
    norms = sorted((m for m in found if m is not None), key=lambda m: m.norm)
    if norms:
        middle = norms[len(norms) // 2]
        said = bold(f"‖∂‖ largest {figure(norms[-1].norm)} · median {figure(middle.norm)}")
        rows.append(row(said, port="g", paint=palette.tint(gradient_colour(middle, scene.reference)), height=ROW))
    inside = set(unit.nodes)
    words = Counter(word for edge, word in scene.flagged if within(scene, edge, inside))
    rows += [row(_strong(f"{count(n, 'edge')} {word} inside")) for word, n in words.items()]
    wrong = [(node, line) for node in unit.nodes for line in diagnosis(scene, node)]
    rows += [row(_strong(label(f"{local(node, unit.scope)}: {line}"))) for node, line in wrong[:2]]
    rows += [row(_strong(f"and {len(wrong) - 2} more"))] if len(wrong) > 2 else []
    return framed(rows, palette.FOLDED, 2)


def one_step(node: Node) -> str:
    """What a node's own step works out, its operands by the names they have in its scope."""
    sign, attributes = read(node)
    operands = tuple(
        term if (term := leaf(operand)).number is not None else symbol(local(operand, node.scope), operand.shape)
        for operand in node.operands
    )
    return render(applied(sign, operands, attributes, node.shape))


def local(node: Node, scope: str) -> str:
    """A node's name without the scope that it shares with its surroundings."""
    return node.name[len(scope) + 1 :] if scope and node.name.startswith(f"{scope}/") else node.name


def framed(rows: list[str], colour: str, width: int) -> str:
    """Rows as a card with a border."""
    return table(rows, BORDER=width, CELLPADDING=4, COLOR=colour, BGCOLOR=palette.PAPER)


# ---- rows -------------------------------------------------------------------------------------------------------


def _header(scene: Scene, node: Node) -> str:
    if node.operator is None:
        paint = palette.PARAMETER if node.kind == PARAMETER else palette.LEAF
        return header(label(local(node, node.scope), 28), node.kind, paint)
    return header(label(node.operator.name, 28), _order(scene, node), _frame(scene, node)[0])


def _order(scene: Scene, node: Node) -> str:
    """An operator's place in both passes; in a graph that holds gradients, what a node of the backward half is."""
    if scene.recording is None:
        primal = node.primal
        return "" if primal is None else f"{primal.kind} of {label(primal.of.name, 16)}"
    places = {"fwd": scene.forward_order.get(node.name), "bwd": scene.backward_order.get(node.name)}
    return " · ".join(f"{way} {place}" for way, place in places.items() if place)


def header(name: str, note: str, paint: str) -> str:
    """A card's first row, to which forward edges lead."""
    colour = palette.TEXT if paint == palette.LEAF else palette.PAPER
    right = font(note, 9, colour) if note else ""
    return row(font(bold(name), 12, colour), right, port="f", paint=paint)


def _numbers(scene: Scene, node: Node, *, named: bool) -> list[str]:
    """The rows of a value and of its gradient; where an operator has several outputs, named each."""
    rows = []
    name = local(node, node.scope)
    port = f"{node.attributes['port']}" if named else ""
    if named:
        rows.append(row(label(name, 28), small(_shape(scene, node)), port=f"f{port}"))
    if scene.recording is None:
        return rows
    value, gradient = scene.value(node), scene.gradient(node)
    if value is not None:
        rows.append(value_row(value))
    if gradient is not None:
        of = f"∂{label(scene.outputs[0].name.rpartition('/')[2], 10)}/∂{label(name, 14)}"
        rows.append(gradient_row(gradient, of, scene.reference, f"g{port}"))
        if node.kind == PARAMETER and value is not None:
            rows.append(row(small(_relative(gradient, value, label(name, 14)))))
    elif node.dtype.kind == "f" and not node.ports and node.kind != CONSTANT:
        rows.append(row(small("no gradient requested"), paint=palette.PLAIN_TINT))
    return rows


def value_row(value: Measure) -> str:
    """Mean, standard deviation and histogram of a value; the number itself where it is one."""
    if value.size == 1:
        said = "NaN" if value.nan else "infinite" if value.inf else figure(value.mean)
        return row(small("value"), bold(said), height=ROW)
    if not value.size:
        return row(small("value: no elements"))
    said = f"value μ {figure(value.mean)} · sd {figure(value.sd)}"
    return row(small(said), bars(value.histogram, palette.LINE), height=ROW)


def gradient_row(gradient: Measure, of: str, reference: float, port: str) -> str:
    """The row that backward edges lead to, tinted as they are coloured."""
    colour, word = gradient_colour(gradient, reference), flag(gradient, reference)
    what = of if gradient.size == 1 else f"‖{of}‖"
    number = figure(gradient.mean if gradient.size == 1 else gradient.norm) if gradient.finite else ""
    left = bold(f"{what} {number}")  # one run: Graphviz takes ∂ for wider than it is, and would leave a gap
    if word:
        left += "  " + font(bold(word), 10, palette.ink(colour))
    return row(left, bars(gradient.histogram, colour), port=port, paint=palette.tint(colour), height=ROW)


def gradient_colour(gradient: Measure, reference: float) -> str:
    """Magenta where something is not finite, else by the ratio to the gradient leaving the loss."""
    if not gradient.finite or math.isinf(gradient.norm):
        return palette.NOT_FINITE
    return palette.scale(log_ratio(gradient.norm, reference))


def _relative(gradient: Measure, value: Measure, name: str) -> str:
    if value.norm == 0:
        return f"‖{name}‖ = 0"
    return f"‖∂‖ / ‖{name}‖ = {figure(gradient.norm / value.norm)}"


# ---- pieces -----------------------------------------------------------------------------------------------------


def _frame(scene: Scene, node: Node) -> tuple[str, int]:
    """The colour and width of a card's border."""
    if node.operator is not None:
        return (palette.LOSS, 2) if scene.is_output(node) else (palette.OPERATOR, 1)
    if node.kind == PARAMETER:
        return palette.PARAMETER, 1
    return (palette.LINE if node.kind == INPUT else palette.LEAF), 1


def _shape(scene: Scene, node: Node) -> str:
    if node.ports:
        return f"{len(node.ports)} outputs"
    value = scene.value(node)
    return label(shape_text(node.shape if value is None else value.shape), 28)


def row(left: str, right: str = "", port: str = "", paint: str = "", height: int = 0) -> str:
    """A row with something at its left and its right edge."""
    look = {"PORT": port, "BGCOLOR": paint, "HEIGHT": height or ""}
    if not right:
        return cell(left, **look, ALIGN="LEFT")
    return cell(table([cell(left, ALIGN="LEFT") + cell(WIDTH=10) + cell(right, ALIGN="RIGHT")]), **look)


def bars(counts: tuple[int, ...], colour: str) -> str:
    """A histogram, as columns of coloured cells."""
    if not counts:
        return ""
    highest = max(counts)
    columns = []
    for tally in counts:
        height = max(1, round(HEIGHT * tally / highest))
        parts = [(part, paint) for part, paint in ((HEIGHT - height, ""), (height, colour)) if part]
        columns.append(table(cell(FIXEDSIZE="TRUE", WIDTH=BAR, HEIGHT=part, BGCOLOR=paint) for part, paint in parts))
    return table(["".join(map(cell, columns))], CELLSPACING=1, ALIGN="RIGHT")


def _strong(text: str) -> str:
    return font(bold(text), 9, palette.TEXT)
