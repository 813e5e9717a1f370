"""A diagram in DOT: cards, edges both ways, scopes as clusters, a title and a legend.

The text depends on the subject alone, so that diagrams can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dagprop.diagram import palette
from dagprop.diagram.cards import card, folded_card
from dagprop.diagram.collapse import Unit, collapse, contents, unit_of
from dagprop.diagram.edges import edges, unit_id
from dagprop.diagram.legend import heading
from dagprop.diagram.scene import Scene
from dagprop.diagram.statement import statement
from dagprop.diagram.text import label, node_id, quoted

DEFAULTS = f"""\
graph [rankdir="LR", newrank="true", splines="spline", nodesep="0.38", ranksep="0.78", pad="0.3",
  fontname="Helvetica", fontsize="11", fontcolor="{palette.TEXT}", labelloc="t", labeljust="l"];
node [shape="plain", fontname="Helvetica", fontsize="10", fontcolor="{palette.TEXT}"];
edge [fontname="Helvetica", fontsize="10", color="{palette.LINE}", arrowsize="0.7"];"""


def write(scene: Scene) -> str:
    """The diagram of a scene."""
    units = collapse(scene)
    lines = [f"digraph {quoted(scene.title)} {{", DEFAULTS, f"label=<{heading(scene)}>;"]
    lines += _clusters(scene, units)
    lines += edges(scene, units, unit_of(units))
    return "\n".join([*lines, "}", ""])


def _clusters(scene: Scene, units: Sequence[Unit]) -> Iterator[str]:
    """The cards, those of a scope inside a cluster of it."""
    cards: dict[str, list[Unit]] = {"": []}
    inside: dict[str, list[str]] = {"": []}
    for unit in units:
        scope = unit.scope
        while scope not in cards:
            cards[scope] = []
            inside.setdefault(scope, [])
            outer = scope.rpartition("/")[0]
            inside.setdefault(outer, []).append(scope)
            scope = outer
        cards[unit.scope].append(unit)
    opened: list[tuple[str, bool]] = [("", True)]
    while opened:
        scope, start = opened.pop()
        if not start:
            yield "}"
            continue
        if scope:
            yield from _cluster(scope)
            opened.append((scope, False))
        for unit in cards[scope]:
            yield _card(scene, unit)
        opened += [(child, True) for child in reversed(inside[scope])]


def _cluster(scope: str) -> Iterator[str]:
    """The opening of a cluster."""
    identity = node_id(scope, "scope")
    yield f"subgraph {quoted(f'cluster_{identity}')} {{"
    yield (
        f'id={quoted(identity)}; class="scope"; label=<<B>{label(scope.rpartition("/")[2], 40)}</B>>; '
        f'style="rounded"; color="{palette.LINE}"; bgcolor="{palette.SCOPE}"; penwidth="1"; margin="14";'
    )


def _card(scene: Scene, unit: Unit) -> str:
    identity, node = unit_id(unit), unit.first
    if unit.single:
        kind = node.kind if node.primal is None else f"{node.kind} {node.primal.kind}"
        said = f"{node.name}: {node.what}" + ("" if node.ports else f" {node.spec}")
    else:
        kind, said = "folded", f"{node.name} … {unit.nodes[-1].name}: {contents(unit)}"
    html = card(scene, node) if unit.single else folded_card(scene, unit)
    return statement(quoted(identity), {"id": identity, "class": kind, "tooltip": said}, html)
