"""Edges: thin and grey forward; backward in the colour, width and stroke of what was sent back."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dagprop.diagram import palette
from dagprop.diagram.cards import gradient_colour
from dagprop.diagram.collapse import Unit
from dagprop.diagram.measure import Measure, flag, log_ratio
from dagprop.diagram.scene import Scene, has_card, home
from dagprop.diagram.statement import statement
from dagprop.diagram.text import edge_id, figure, node_id, quoted
from dagprop.graph.node import Edge, Node
from dagprop.operators.structure import output


class Wire(NamedTuple):
    """An edge of the graph between two cards."""

    edge: Edge
    source: Node
    target: Node


def edges(scene: Scene, units: Sequence[Unit], owner: dict[Node, Unit]) -> Iterator[str]:
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
                yield from _edge(scene, wire, source_unit, target_unit)
        else:
            yield from _bundle(scene, between, source_unit, target_unit)


def unit_id(unit: Unit) -> str:
    """The id of a card: its node's, or for a folded one its first node's."""
    return node_id(unit.first.name, "node" if unit.single else "folded")


def _edge(scene: Scene, wire: Wire, source: Unit, target: Unit) -> Iterator[str]:
    way = f"{wire.edge.source} to {wire.edge.target}"
    from_to, back = _ends(wire, source, target)
    common = _placing(wire, source, target)
    yield statement(
        from_to,
        {"id": edge_id(*wire.edge, "forward"), "class": "forward", "edgetooltip": way, "penwidth": "0.9"} | common,
    )
    sent = scene.sent(wire.edge)
    if sent is not None:
        yield statement(
            back,
            {"id": edge_id(*wire.edge, "backward"), "edgetooltip": f"back from {way}"}
            | common
            | backward_look(sent, scene.reference),
            _label(sent, _rows(sent, scene.reference, scene.arrived(wire.target)), scene.reference),
        )


def _bundle(scene: Scene, wires: list[Wire], source: Unit, target: Unit) -> Iterator[str]:
    """Many edges between two cards: one forward, and backward one for each word that they are flagged with."""
    way = f"{len(wires)} edges from {source.first.name} … to {target.first.name} …"
    from_to, back = _ends(wires[0], source, target)
    common = _placing(wires[0], source, target)
    name = edge_id(source.first.name, target.first.name, "all", "forward")
    yield statement(from_to, {"id": name, "class": "forward folded", "edgetooltip": way, "penwidth": "0.9"} | common)
    by_word: dict[str, list[Measure]] = {}
    for wire in wires:
        sent = scene.sent(wire.edge)
        if sent is not None:
            by_word.setdefault(flag(sent, scene.reference), []).append(sent)
    for word, sents in by_word.items():
        largest = max(sents, key=lambda sent: sent.norm)
        rows = [f"<B>{figure(largest.norm)}</B> largest of {len(sents)}"]
        rows += [f"<B>{figure(statistics.median(sent.norm for sent in sents))}</B> median"] * (len(sents) > 1)
        rows += [f"<B>{word}</B>"] if word else []
        look = backward_look(largest, scene.reference)
        yield statement(
            back,
            {
                "id": edge_id(source.first.name, target.first.name, word.lower() or "healthy", "backward"),
                "edgetooltip": f"back from {way}",
            }
            | common
            | look
            | {"class": f"{look['class']} folded"},
            _label(largest, rows, scene.reference),
        )


def _ends(wire: Wire, source: Unit, target: Unit) -> tuple[str, str]:
    """Where the edge forward and the one backward start and end; both are drawn from source to target."""
    port = f"{wire.source.attributes['port']}" if wire.source.operator is output and source.single else ""
    into = "f" if wire.target.ports and target.single else "g"
    tail, head = quoted(unit_id(source)), quoted(unit_id(target))
    return f'{tail}:"f{port}":e -> {head}:"f":w', f'{tail}:"g{port}":e -> {head}:"{into}":w'


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
        return [f"<B>{word}</B>"]
    rows = [f"<B>{figure(sent.norm)}</B>{sign}"]
    if word:
        rows.append(f"<B>{word}</B>")
    if arrived and math.isfinite(arrived):
        gain = sent.norm / arrived
        mark = "▼" if gain < 0.5 else "▲" if gain > 2 else ""
        rows.append(f'<FONT COLOR="{palette.FAINT}" POINT-SIZE="9">{mark}×{figure(gain)}</FONT>')
    return rows


def _label(sent: Measure, rows: Sequence[str], reference: float) -> str:
    colour = palette.ink(gradient_colour(sent, reference))
    lines = "".join(f'<TR><TD><FONT COLOR="{colour}">{row}</FONT></TD></TR>' for row in rows)
    above = '<TR><TD HEIGHT="6"></TD></TR>'  # Graphviz lets a label touch its edge, which may be wide
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{lines}{above}</TABLE>'
