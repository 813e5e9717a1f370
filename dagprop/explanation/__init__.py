"""Equations and symbols: what a graph and its gradient say, written as mathematics."""

from dagprop.explanation.local import LocalDerivative, local_derivatives, partial_derivatives
from dagprop.explanation.symbols import Symbolic, symbolic, symbolic_gradient
from dagprop.explanation.update import UpdateEquation, update_equations
from dagprop.explanation.walkthrough import explain

__all__ = [
    "LocalDerivative", "Symbolic", "UpdateEquation", "explain", "local_derivatives", "partial_derivatives",
    "symbolic", "symbolic_gradient", "update_equations",
]  # fmt: skip
