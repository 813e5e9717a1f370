"""A NumPy function turned into a graph."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import DTypeLike

from dagprop import arguments
from dagprop.errors import GraphError, suggestion
from dagprop.graph.graph import Graph
from dagprop.graph.node import Node
from dagprop.plugin.calling import parameters_of
from dagprop.spec import Spec


def trace(function: Callable[..., Any], /, *, dtype: DTypeLike | None = None, **specs: Any) -> Graph:
    """The graph of a NumPy function.

    Parameters
    ----------
    function : callable
        Is called once, with a node for each parameter that has a Spec.
    dtype : dtype, optional
        The graph's dtype; without it, that of the first Spec.
    **specs : Spec
        A Spec for each parameter, by name; parameters with a default may be left out.

    Raises
    ------
    GraphError
        For a parameter without a Spec, a Spec without a parameter, and a result that is no node.

    Returns
    -------
    Graph
        Named as the function; `graph.outputs` holds what it returned.

    Examples
    --------
    >>> import numpy as np, dagprop as dp
    >>> def norm(x):
    ...     return np.sqrt(np.sum(x**2, axis=1))
    >>> g = dp.trace(norm, x=dp.Spec((None, 3)))
    >>> dp.forward(g.outputs[0], {"x": [[3, 4, 0]]}).tolist()
    [5.0]
    """
    whole = function.func if isinstance(function, functools.partial) else function
    name: str = getattr(whole, "__name__", type(whole).__name__)
    parameters = {parameter.name: parameter for parameter in parameters_of("function", function)}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for key in specs:
        if key not in parameters and not takes_any:
            raise GraphError(f"{name} has no parameter {key!r}. {suggestion(key, parameters)}".strip())
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name not in specs
    ]
    if missing:
        raise GraphError(f"{name} needs a Spec for {', '.join(missing)}: trace(f, {missing[0]}=dp.Spec(…))")
    for key, spec in specs.items():
        if not isinstance(spec, Spec):
            advice = f"trace(f, {key}=dp.Spec(shape, dtype))"
            raise GraphError(f"{name} needs a Spec for {key}, not {arguments.shown(spec)}: {advice}")
    first = next(iter(specs.values()), Spec())
    graph = Graph(name, first.dtype if dtype is None else dtype)
    nodes = {key: graph.input(key, spec.shape, spec.dtype) for key, spec in specs.items()}
    positional = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_ONLY and p.name in nodes]
    result = function(*(nodes.pop(key) for key in positional), **nodes)
    graph.outputs = tuple(_outputs(name, result))
    return graph


def _outputs(name: str, result: Any) -> Sequence[Node]:
    results = result if isinstance(result, tuple | list) else (result,)
    for value in results:
        if not isinstance(value, Node):
            raise GraphError(
                f"{name} returned {type(value).__name__}, not a node: what it returns must come from "
                "its operands through operators or NumPy functions"
            )
    return list(results)
