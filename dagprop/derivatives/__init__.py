"""Derivatives as graphs: the backward half, and the products made of it."""
