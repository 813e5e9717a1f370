"""Notation: nodes read as formulas, formulas tidied and written as text and LaTeX, graphs compared."""
