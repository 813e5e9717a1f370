"""Equations and symbols: what a graph and its gradient say, written as mathematics."""

from dagprop.explain.local import LocalDerivative, local_derivatives, partial_derivatives
from dagprop.explain.walkthrough import explain

__all__ = ["LocalDerivative", "explain", "local_derivatives", "partial_derivatives"]
