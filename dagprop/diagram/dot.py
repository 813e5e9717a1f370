"""A diagram in DOT: cards, edges both ways, scopes as clusters, a title and a legend.

The text depends on the subject alone, so that diagrams can be compared line by line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from dagprop.diagram import palette
from dagprop.diagram.cards import card, gradient_colour
from dagprop.diagram.legend import heading
from dagprop.diagram.measure import Measure, flag, log_ratio
from dagprop.diagram.reading import Reading, has_card, home
from dagprop.diagram.text import edge_id, figure, label, node_id, quoted
from dagprop.node import Edge, Node
from dagprop.operators.structure import output

DEFAULTS = f"""\
graph [rankdir="LR", newrank="true", splines="spline", nodesep="0.38", ranksep="0.78", pad="0.3",
  fontname="Helvetica", fontsize="11", fontcolor="{palette.TEXT}", labelloc="t", labeljust="l"];
node [shape="plain", fontname="Helvetica", fontsize="10", fontcolor="{palette.TEXT}"];
edge [fontname="Helvetica", fontsize="10", color="{palette.LINE}", arrowsize="0.7"];"""


def to_dot(reading: Reading) -> str:
    """The diagram of a reading."""
    lines = [f"digraph {quoted(reading.title)} {{", DEFAULTS, f"label=<{heading(reading)}>;"]
    nodes = [node for node in reading.nodes if has_card(node)]
    lines += _clusters(reading, nodes)
    for node in nodes:
        for slot, operand in enumerate(node.operands):
            if has_card(home(operand)):
                lines += _edges(reading, Edge(operand.name, node.name, slot), operand, node)
    return "\n".join([*lines, "}", ""])


def _clusters(reading: Reading, nodes: list[Node]) -> Iterator[str]:
    """The cards, those of a scope inside a cluster of it."""
    tree: dict[str, list[Node]] = {"": []}
    inside: dict[str, list[str]] = {"": []}
    for node in nodes:
        scope = node.scope
        while scope not in tree:
            tree[scope] = []
            inside.setdefault(scope, [])
            outer = scope.rpartition("/")[0]
            inside.setdefault(outer, []).append(scope)
            scope = outer
        tree[node.scope].append(node)
    opened: list[tuple[str, bool]] = [("", True)]
    while opened:
        scope, start = opened.pop()
        if not start:
            yield "}"
            continue
        if scope:
            name = scope.rpartition("/")[2]
            yield f"subgraph {quoted('cluster_' + node_id(scope, 'scope'))} {{"
            yield (
                f'id="{node_id(scope, "scope")}"; class="scope"; label=<<B>{label(name, 40)}</B>>; '
                f'style="rounded"; color="{palette.LINE}"; bgcolor="#FAFBFC"; penwidth="1"; margin="14";'
            )
            opened.append((scope, False))
        for node in tree[scope]:
            yield _node(reading, node)
        opened += [(child, True) for child in reversed(inside[scope])]


def _node(reading: Reading, node: Node) -> str:
    said = f"{node.name}: {node.what}" + ("" if node.ports else f" {node.spec}")
    return _statement(
        quoted(node_id(node.name)),
        {
            "id": node_id(node.name),
            "class": node.kind,
            "tooltip": said,
        },
        card(reading, node),
    )


def _edges(reading: Reading, edge: Edge, source: Node, target: Node) -> list[str]:
    """The edge forward and, where something was sent back along it, backward.

    The backward one is drawn from source to target as well, with its arrow at the tail: the layers stay in order.
    """
    way = f"{edge.source} to {edge.target}"
    forward = {"id": edge_id(*edge, "forward"), "class": "forward", "edgetooltip": way, "penwidth": "0.9"}
    backward = {
        "id": edge_id(*edge, "backward"), "edgetooltip": f"back from {way}", "dir": "back", "arrowtail": "normal",
    }  # fmt: skip
    tail, head = quoted(node_id(home(source).name)), quoted(node_id(target.name))
    port = f"{source.attributes['port']}" if source.operator is output else ""
    into = "f" if target.ports else "g"
    if source.operator is not None:  # straight lines from operator to operator before all others
        forward["weight"] = backward["weight"] = "100"
    if source.scope != target.scope:  # leaves a column for the target's parameters, so that clusters stand in a row
        forward["minlen"] = backward["minlen"] = "2"
    lines = [_statement(f'{tail}:"f{port}":e -> {head}:"f":w', forward)]
    sent = reading.sent(edge)
    if sent is not None:
        look = backward_look(sent, reading.reference)
        label = contribution_label(sent, reading.arrived(target), reading.reference)
        lines.append(_statement(f'{tail}:"g{port}":e -> {head}:"{into}":w', backward | look, label))
    return lines


def _statement(what: str, attributes: dict[str, str], html: str = "") -> str:
    """A statement of DOT about a node or an edge; `html` is an HTML-like label."""
    written = [f"{name}={quoted(value)}" for name, value in attributes.items()]
    return f"{what} [{', '.join(written + [f'label=<{html}>'] * bool(html))}];"


def backward_look(sent: Measure, reference: float) -> dict[str, str]:
    """Class, colour, width and stroke of a backward edge."""
    colour, word = gradient_colour(sent, reference), flag(sent, reference)
    width = min(max(4.6 + 1.15 * log_ratio(sent.norm, reference), 1.0), 7.0)
    look = {"class": f"backward {word.lower()}".rstrip(), "color": colour, "penwidth": f"{width:.2f}"}
    if word == "exploding":  # two bands side by side; the arrow is painted in the second colour of the list
        return look | {"color": ":".join([colour, colour, palette.PAPER, colour, colour]), "penwidth": "2"}
    if word in ("NaN", "Inf"):
        return look | {"penwidth": "4"}
    return look | {"style": "dashed"} if word in ("vanishing", "zero") else look


def contribution_label(sent: Measure, arrived: float | None, reference: float) -> str:
    """Norm, sign of the mean, the flag's word, and the gain: how much the operator let through."""
    colour = palette.ink(gradient_colour(sent, reference))
    sign = "" if sent.mean == 0 or not sent.finite else " (+)" if sent.mean > 0 else " (−)"
    word = flag(sent, reference)
    norm = word if word in ("NaN", "Inf") else figure(sent.norm)
    rows = [f'<FONT COLOR="{colour}"><B>{norm}</B></FONT>{sign}']
    if word in ("vanishing", "zero", "exploding"):
        rows.append(f'<FONT COLOR="{colour}" POINT-SIZE="9"><B>{word}</B></FONT>')
    if arrived and math.isfinite(arrived) and sent.finite:
        gain = sent.norm / arrived
        mark = "▼" if gain < 0.5 else "▲" if gain > 2 else ""
        rows.append(f'<FONT COLOR="{palette.FAINT}" POINT-SIZE="9">{mark}×{figure(gain)}</FONT>')
    lines = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    above = '<TR><TD HEIGHT="6"></TD></TR>'  # Graphviz lets a label touch its edge, which may be wide
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{lines}{above}</TABLE>'
