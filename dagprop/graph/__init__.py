"""Graphs: nodes, what holds them, the NetworkX view and edits of it, and how new nodes are made."""
