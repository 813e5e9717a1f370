"""Notation: nodes read as formulas, formulas written as text and LaTeX, graphs compared."""
