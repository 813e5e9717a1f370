"""dagprop: a graph-based dataflow engine with plugin operators, for backpropagation on NumPy.

Every operator that an installed plugin brings is an attribute too: `dagprop.sigmoid` is `registry["sigmoid"]`.
Where dagprop has a function of that name (`diff`, `dot`, `trace`), the registry alone has the operator.
"""

from typing import TYPE_CHECKING

from dagprop.check.gradients import check_gradient, check_operator
from dagprop.derivatives.backward import gradient
from dagprop.derivatives.products import hessian_vector_product, jacobian, jvp
from dagprop.diagram import dot, draw
from dagprop.diagram.diff import diff
from dagprop.dimension import Dim
from dagprop.errors import MissingError, UnknownError
from dagprop.explanation import explain, local_derivatives, partial_derivatives, update_equations
from dagprop.explanation.symbols import symbolic, symbolic_gradient
from dagprop.flow import Flow, backprop
from dagprop.graph import initialisers
from dagprop.graph.graph import Graph
from dagprop.graph.node import Edge, Node
from dagprop.graph.tracing import trace
from dagprop.notation.reading import equation
from dagprop.plugin import signs
from dagprop.plugin.declaring import Operator, elementwise, operator
from dagprop.plugin.hookspecs import hookimpl
from dagprop.plugin.pack import Pack
from dagprop.plugin.passes import Change, Pass
from dagprop.plugin.registry import registry
from dagprop.program import Program, compile  # noqa: A004  # what it is called everywhere
from dagprop.run.recording import forward
from dagprop.spec import Spec
from dagprop.training import optimisers as optim

if TYPE_CHECKING:
    from dagprop._operators import *  # noqa: F403  # the built-in ones; a plugin's are an `Operator`

prefer = registry.prefer

__all__ = [
    "Change", "Dim", "Edge", "Flow", "Graph", "Node", "Operator", "Pack", "Pass", "Program", "Spec", "backprop",
    "check_gradient", "check_operator", "compile", "diff", "dot", "draw", "elementwise", "equation", "explain",
    "forward", "gradient", "hessian_vector_product", "hookimpl", "initialisers", "jacobian", "jvp",
    "local_derivatives", "operator", "optim", "partial_derivatives", "prefer", "registry", "signs", "symbolic",
    "symbolic_gradient", "trace", "update_equations",
]  # fmt: skip


def __getattr__(name: str) -> Operator:
    if name.startswith("_") or name not in registry:
        hint = "" if name.startswith("_") else registry.hint(name)
        raise AttributeError(f"dagprop has no attribute, and no plugin an operator, named {name!r}. {hint}".strip())
    try:
        return registry[name]
    except UnknownError as error:  # claimed by several, or its pack cannot be loaded
        raise MissingError(str(error)) from None


def __dir__() -> list[str]:
    return sorted({*__all__, *registry.names})
