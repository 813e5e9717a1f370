"""Graphs: nodes, the collection that holds them, the NetworkX view, and how new nodes are made."""
