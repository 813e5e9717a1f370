"""Pictures of what two graphs have in common, and what not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dagprop.diagram import palette
from dagprop.diagram.cards import framed, header, row
from dagprop.diagram.digraph import blank
from dagprop.diagram.legend import heading
from dagprop.diagram.markup import font, small
from dagprop.diagram.picture import Picture, draw
from dagprop.diagram.text import label, node_id, shape_text, tooltip
from dagprop.graph.graph import Graph
from dagprop.graph.node import CONSTANT, Node
from dagprop.notation.comparison import ADDED, CHANGED, REMOVED, SAME, Comparison, Entry, one_step

if TYPE_CHECKING:
    from graphviz import Digraph

PAINT = {ADDED: "#1F5FA8", REMOVED: "#B0420A", CHANGED: "#5B4B8A", SAME: palette.LEAF}
"""Blue, brown and violet differ in lightness and hue; the words say what they mean."""

MOST = 100
"""With more nodes than this, those that are the same and touch nothing that differs are left out."""


class Difference(Comparison):
    """Two graphs compared: its text is a diff, `draw` a picture of it.  Made by `dp.diff`."""

    def draw(self, path: str | os.PathLike[str] | None = None) -> Picture:
        """Draw both graphs in one: every card says whether its node was added, removed, changed or is the same.

        Written to `path` as well, if given: its suffix says whether as svg, png, pdf or dot.
        """
        return draw(self.dot(), path)

    def dot(self) -> Digraph:
        """That picture as a `graphviz.Digraph`, to be extended."""
        shown = _shown(self)
        digraph = blank(self.after.name, _heading(self, len(shown)))
        name = {node: f"{node_id(entry.node.name)}.{i}" for i, entry in enumerate(shown) for node in _nodes(entry)}
        for entry in shown:
            identity = name[entry.node]
            said = {"id": identity, "class": entry.word, "tooltip": tooltip(str(entry))}
            digraph.node(identity, f"<{_card(entry)}>", **said)
        _add_edges(digraph, shown, name)
        return digraph

    def _repr_svg_(self) -> str:
        return self.draw().svg


def diff(before: Graph, after: Graph) -> Difference:
    """Compare two graphs: what was added, removed, changed.

    Nodes belong together by the names of those that they came from (a program's graph tells), else by their own.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph("power")
    >>> y = (g.input("x", (3,)) ** 2).named("y")
    >>> print(dp.diff(g, dp.compile(y.sum(), wrt=[]).graph))
    power: 1 changed, 2 the same
    ~ y = x · x: (3,) float64
          was y = x²: (3,) float64
    """
    return Difference(before, after)


def _shown(difference: Comparison) -> Sequence[Entry]:
    entries = difference.entries
    if len(entries) <= MOST:
        return entries
    near = set[Node]()
    for entry in entries:
        if entry.word != SAME:
            for node in _nodes(entry):
                near |= {node, *node.operands}
    return [entry for entry in entries if entry.word != SAME or not near.isdisjoint(_nodes(entry))]


def _nodes(entry: Entry) -> list[Node]:
    return [node for node in (entry.before, entry.after) if node is not None]


def _heading(difference: Comparison, shown: int) -> str:
    left_out = len(difference.entries) - shown
    summary = difference.summary + (f", of which {left_out} are left out" if left_out else "")
    key = "full lines: the graph as it is now · broken lines: as it was"
    return heading("Difference", difference.after.name, font(summary, 10), small(key))


def _card(entry: Entry) -> str:
    node, paint = entry.node, PAINT[entry.word]
    rows = [header(label(node.name, 28), entry.word, paint)]
    shape = small(f"{len(node.ports)} outputs" if node.ports else label(shape_text(node.shape), 28))
    rows.append(row(small(node.kind) if node.operator is None else label(one_step(node), 44, end=True), shape))
    if entry.word != SAME:
        rows += [row(small(label(change, 52, end=True))) for change in entry.changes]
    return framed(rows, palette.LINE if entry.word == SAME else paint, 1 if entry.word == SAME else 2)


def _add_edges(digraph: Digraph, shown: Sequence[Entry], name: dict[Node, str]) -> None:
    """The edges as they are now, and, broken, those that are no more."""
    gone = {"class": "before", "style": "dashed", "color": PAINT[REMOVED]}
    for entry in shown:
        now = list(_sources(entry.after, name))
        head = f"{name[entry.node]}:f:w"
        for source in now:
            digraph.edge(f"{source}:f:e", head, **{"class": "now"})
        for source in _sources(entry.before, name):
            if entry.after is None or source not in now:
                digraph.edge(f"{source}:f:e", head, **gone)


def _sources(node: Node | None, name: dict[Node, str]) -> Iterator[str]:
    for operand in node.operands if node is not None else ():
        if operand in name and not (operand.kind == CONSTANT and not operand.shape):
            yield name[operand]
