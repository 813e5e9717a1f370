"""Pictures of a graph, or of a gradient flow."""

from dagprop.diagram.picture import FORMATS, Picture, draw, to_graphviz, to_svg
from dagprop.graph.graph import Graph

__all__ = ["FORMATS", "Picture", "draw", "to_graphviz", "to_svg"]

Graph.picture = to_svg
