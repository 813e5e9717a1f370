"""Pictures of a graph, or of a gradient flow."""

from dagprop.diagram.picture import FORMATS, Picture, dot, draw, to_svg
from dagprop.graph.graph import Graph

__all__ = ["FORMATS", "Picture", "dot", "draw", "to_svg"]

Graph.picture = to_svg
