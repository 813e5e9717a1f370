"""A diagram in DOT: cards, edges both ways, scopes as clusters, a title and a legend.

The text depends on the subject alone, so that diagrams can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagprop.diagram import palette
from dagprop.diagram.cards import card, folded_card
from dagprop.diagram.collapse import Unit, collapse, contents, unit_of
from dagprop.diagram.edges import add_edges, unit_id
from dagprop.diagram.legend import scene_heading
from dagprop.diagram.markup import bold
from dagprop.diagram.scene import Scene
from dagprop.diagram.text import label, literal, node_id, tooltip

if TYPE_CHECKING:
    from graphviz import Digraph

GRAPH = {
    "rankdir": "LR", "newrank": "true", "splines": "spline", "nodesep": "0.38", "ranksep": "0.78", "pad": "0.3",
    "fontname": "Helvetica", "fontsize": "11", "fontcolor": palette.TEXT, "labelloc": "t", "labeljust": "l",
}  # fmt: skip
NODE = {"shape": "plain", "fontname": "Helvetica", "fontsize": "10", "fontcolor": palette.TEXT}
EDGE = {"fontname": "Helvetica", "fontsize": "10", "color": palette.LINE, "penwidth": "0.9", "arrowsize": "0.7"}
CLUSTER = {"style": "rounded", "color": palette.LINE, "bgcolor": palette.SCOPE, "penwidth": "1", "margin": "14"}


def write(scene: Scene) -> Digraph:
    """The diagram of a scene."""
    digraph = blank(scene.title, scene_heading(scene))
    units = collapse(scene)
    _add_cards(digraph, scene, units)
    add_edges(digraph, scene, units, unit_of(units))
    return digraph


def blank(title: str, heading: str) -> Digraph:
    """A diagram of nothing but its heading."""
    from graphviz import Digraph  # when something is drawn, not when dagprop is imported

    return Digraph(
        literal(title) or " ",  # without a name, Graphviz calls it %3
        filename="diagram.gv",  # for `render`: a title may hold slashes
        graph_attr=GRAPH | {"label": f"<{heading}>"},
        node_attr=NODE,
        edge_attr=EDGE,
    )


def _add_cards(digraph: Digraph, scene: Scene, units: Sequence[Unit]) -> None:
    """The cards, those of a scope inside a cluster of it."""
    clusters = {"": digraph}
    for unit in units:
        scope = unit.scope
        while scope not in clusters:
            clusters[scope] = _cluster(scope)
            scope = scope.rpartition("/")[0]
        _add_card(clusters[unit.scope], scene, unit)
    del clusters[""]
    for scope, cluster in sorted(clusters.items(), key=lambda item: -item[0].count("/")):  # filled before it is nested
        clusters.get(scope.rpartition("/")[0], digraph).subgraph(cluster)


def _cluster(scope: str) -> Digraph:
    from graphviz import Digraph

    identity, title = node_id(scope, "scope"), label(scope.rpartition("/")[2], 40)
    named = {"id": identity, "class": "scope", "label": f"<{bold(title)}>"}
    return Digraph(f"cluster_{identity}", graph_attr=CLUSTER | named)


def _add_card(digraph: Digraph, scene: Scene, unit: Unit) -> None:
    identity, node = unit_id(unit), unit.first
    if unit.single:
        kind = node.kind if node.primal is None else f"{node.kind} {node.primal.kind}"
        said = f"{node.name}: {node.what}" + ("" if node.ports else f" {node.spec}")
    else:
        kind, said = "folded", f"{node.name} … {unit.nodes[-1].name}: {contents(unit)}"
    html = card(scene, node) if unit.single else folded_card(scene, unit)
    digraph.node(identity, f"<{html}>", **{"id": identity, "class": kind, "tooltip": tooltip(said)})
