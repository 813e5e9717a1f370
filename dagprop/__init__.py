"""dagprop: a graph-based dataflow engine with plugin operators, for backpropagation on NumPy.

Every operator that an installed plugin brings is an attribute too: `dagprop.sigmoid` is `registry["sigmoid"]`.
"""

from dagprop import initialisers
from dagprop.check import check_gradient, check_operator
from dagprop.derivatives import hessian_vector_product, jacobian, jvp
from dagprop.diagram import draw
from dagprop.diagram.difference import diff
from dagprop.explain import explain, local_derivatives, partial_derivatives, update_equations
from dagprop.explain.symbols import symbolic, symbolic_gradient
from dagprop.flow import Flow, backprop
from dagprop.gradient import gradient
from dagprop.graph import Graph
from dagprop.hookspecs import hookimpl
from dagprop.node import Edge, Node
from dagprop.notation import equation
from dagprop.operator import Operator, elementwise, operator
from dagprop.program import Program, compile  # noqa: A004  # what it is called everywhere
from dagprop.recording import forward
from dagprop.registry import registry
from dagprop.spec import Dim, Spec
from dagprop.trace import trace
from dagprop.training import optimisers as optim

prefer = registry.prefer

__all__ = [
    "Dim", "Edge", "Flow", "Graph", "Node", "Operator", "Program", "Spec", "backprop", "check_gradient",
    "check_operator", "compile", "diff", "draw", "elementwise", "equation", "explain", "forward", "gradient",
    "hessian_vector_product", "hookimpl", "initialisers", "jacobian", "jvp", "local_derivatives", "operator",
    "optim", "partial_derivatives", "prefer", "registry", "symbolic", "symbolic_gradient", "trace",
    "update_equations",
]  # fmt: skip


def __getattr__(name: str) -> Operator:
    if name.startswith("_") or name not in registry:
        raise AttributeError(f"dagprop has no attribute, and no plugin an operator, named {name!r}")
    return registry[name]


def __dir__() -> list[str]:
    return sorted({*__all__, *(op.name for op in registry)})
