"""Edges: thin and grey forward; backward in the colour, width and stroke of what was sent back."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dagprop.diagram import palette
from dagprop.diagram.cards import gradient_colour
from dagprop.diagram.collapse import Unit
from dagprop.diagram.markup import bold, cell, element, small, table
from dagprop.diagram.measure import Measure, flag, log_ratio
from dagprop.diagram.scene import Scene, has_card, home
from dagprop.diagram.text import edge_id, figure, node_id, tooltip
from dagprop.graph.node import Edge, Node
from dagprop.operators.structure import output

if TYPE_CHECKING:
    from graphviz import Digraph


class Wire(NamedTuple):
    """An edge of the graph between two cards."""

    edge: Edge
    source: Node
    target: Node


def add_edges(digraph: Digraph, scene: Scene, units: Sequence[Unit], owner: dict[Node, Unit]) -> None:
    """The edges between the cards, both ways; those between folded cards drawn as one, but for the flagged."""
    wires: dict[tuple[Unit, Unit], list[Wire]] = {}
    for unit in units:
        for node in unit.nodes:
            for slot, operand in enumerate(node.operands):
                source = home(operand)
                if has_card(source) and owner[source] is not unit:
                    wire = Wire(Edge(operand.name, node.name, slot), operand, node)
                    wires.setdefault((owner[source], unit), []).append(wire)
    for (source_unit, target_unit), between in wires.items():
        if len(between) == 1 or (source_unit.single and target_unit.single):
            for wire in between:
                _add_edge(digraph, scene, wire, source_unit, target_unit)
        else:
            _add_bundle(digraph, scene, between, source_unit, target_unit)


def unit_id(unit: Unit) -> str:
    """The id of a card: its node's, or for a folded one its first node's."""
    return node_id(unit.first.name, "node" if unit.single else "folded")


def _add_edge(digraph: Digraph, scene: Scene, wire: Wire, source: Unit, target: Unit) -> None:
    way = f"{wire.edge.source} to {wire.edge.target}"
    forward, backward = _ends(wire, source, target)
    common = _placing(wire, source, target)
    named = {"id": edge_id(*wire.edge, "forward"), "class": "forward", "edgetooltip": tooltip(way)}
    digraph.edge(*forward, **named, **common)
    sent = scene.sent(wire.edge)
    if sent is not None:
        named = {"id": edge_id(*wire.edge, "backward"), "edgetooltip": tooltip(f"back from {way}")}
        html = _label(sent, _rows(sent, scene.reference, scene.arrived(wire.target)), scene.reference)
        digraph.edge(*backward, html, **named, **common, **backward_look(sent, scene.reference))


def _add_bundle(digraph: Digraph, scene: Scene, wires: list[Wire], source: Unit, target: Unit) -> None:
    """Many edges between two cards: one forward, and backward one for each word that they are flagged with."""
    first, last = source.first.name, target.first.name
    way = f"{len(wires)} edges from {first} … to {last} …"
    forward, backward = _ends(wires[0], source, target)
    common = _placing(wires[0], source, target)
    named = {"id": edge_id(first, last, "all", "forward"), "class": "forward folded", "edgetooltip": tooltip(way)}
    digraph.edge(*forward, **named, **common)
    by_word: dict[str, list[Measure]] = {}
    for wire in wires:
        sent = scene.sent(wire.edge)
        if sent is not None:
            by_word.setdefault(flag(sent, scene.reference), []).append(sent)
    for word, sents in by_word.items():
        largest = max(sents, key=lambda sent: sent.norm)
        rows = [f"{bold(figure(largest.norm))} largest of {len(sents)}"]
        rows += [f"{bold(figure(statistics.median(sent.norm for sent in sents)))} median"] * (len(sents) > 1)
        rows += [bold(word)] if word else []
        look = backward_look(largest, scene.reference)
        look |= {"class": f"{look['class']} folded", "edgetooltip": tooltip(f"back from {way}")}
        identity = edge_id(first, last, word.lower() or "healthy", "backward")
        digraph.edge(*backward, _label(largest, rows, scene.reference), **look, **common, id=identity)


def _ends(wire: Wire, source: Unit, target: Unit) -> tuple[tuple[str, str], tuple[str, str]]:
    """Where the edge forward and the one backward start and end; both are drawn from source to target."""
    port = f"{wire.source.attributes['port']}" if wire.source.operator is output and source.single else ""
    into = "f" if wire.target.ports and target.single else "g"
    tail, head = unit_id(source), unit_id(target)
    return (f"{tail}:f{port}:e", f"{head}:f:w"), (f"{tail}:g{port}:e", f"{head}:{into}:w")


def _placing(wire: Wire, source: Unit, target: Unit) -> dict[str, str]:
    """What makes the picture orderly: straight lines between operators, and scopes side by side."""
    placing = {}
    if wire.source.operator is not None:
        placing["weight"] = "100"
    if source.scope != target.scope:  # leaves a column for the target's parameters
        placing["minlen"] = "2"
    return placing


def backward_look(sent: Measure, reference: float) -> dict[str, str]:
    """Class, colour, width and stroke of a backward edge.

    It is drawn from source to target with its arrow at the tail, so that the layers stay in order.
    """
    colour, word = gradient_colour(sent, reference), flag(sent, reference)
    width = min(max(4.6 + 1.15 * log_ratio(sent.norm, reference), 1.0), 7.0)
    look = {
        "class": f"backward {word.lower()}".rstrip(), "dir": "back", "arrowtail": "normal", "color": colour,
        "penwidth": f"{width:.2f}",
    }  # fmt: skip
    if word == "exploding":  # two bands side by side; the arrow is painted in the second colour of the list
        bands = ":".join([colour, colour, palette.PAPER, colour, colour])
        return look | {"color": bands, "penwidth": "2", "arrowsize": "1.4"}
    if word in ("NaN", "Inf"):
        return look | {"penwidth": "4"}
    return look | {"style": "dashed"} if word in ("vanishing", "zero") else look


def _rows(sent: Measure, reference: float, arrived: float | None) -> list[str]:
    """Norm, sign of the mean, the flag's word, and the gain: how much the operator let through."""
    sign = "" if sent.mean == 0 or not sent.finite else " (+)" if sent.mean > 0 else " (−)"
    word = flag(sent, reference)
    if word in ("NaN", "Inf"):
        return [bold(word)]
    rows = [f"{bold(figure(sent.norm))}{sign}"]
    if word:
        rows.append(bold(word))
    if arrived and math.isfinite(arrived):
        gain = sent.norm / arrived
        mark = "▼" if gain < 0.5 else "▲" if gain > 2 else ""
        rows.append(small(f"{mark}×{figure(gain)}"))
    return rows


def _label(sent: Measure, rows: Sequence[str], reference: float) -> str:
    colour = palette.ink(gradient_colour(sent, reference))
    cells = [cell(element("FONT", row, COLOR=colour)) for row in rows]
    return f"<{table([*cells, cell(HEIGHT=6)])}>"  # room below: Graphviz lets a label touch its edge, which may be wide
