"""Products with derivatives of whole functions, all made of `gradient`: forward mode, Hessians, Jacobians."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from dagprop.casting import cast
from dagprop.derivatives.backward import gradient
from dagprop.errors import GradientError
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import Node
from dagprop.operators.arithmetic import add, multiply
from dagprop.operators.joining import stack
from dagprop.operators.reduction import sum as total
from dagprop.operators.shaping import broadcast_to, reshape
from dagprop.spec import show_shape

Vectors: TypeAlias = Node | ArrayLike | Sequence[Node | ArrayLike]
"""One vector, or as many as there are nodes to differentiate by: nodes, or arrays, which become constants."""


def jvp(of: Node, wrt: Node | Sequence[Node], tangents: Vectors) -> Node:
    """The Jacobian-vector product: how `of` changes as `wrt` moves along the tangents.

    Forward mode, by differentiating the vjp: Jᵀu is linear in u, and the derivative of ⟨Jᵀu, v⟩ by u is Jv.

    Parameters
    ----------
    of : Node
        Any shape.
    wrt : Node or sequence of Node
        What moves.
    tangents : Node or array, or as many
        How it moves.  A tangent has the shape of its node; an array becomes a constant.

    Returns
    -------
    Node
        Of the shape of `of`.

    Raises
    ------
    GradientError
        For tangents of another number or shape than the nodes, or of other than real numbers; and as `dp.gradient`.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, v = g.input("x", (3,)), g.input("v", (3,))
    >>> dp.forward(dp.jvp(x**2, x, v), {"x": [1, 2, 3], "v": [1, 0, 1]}).tolist()
    [2.0, 0.0, 6.0]
    """
    graph = graph_of(of, "of")
    with graph.undoing():
        along = _pairs(graph, wrt, tangents)
        # any u will do, since the product does not depend on it; it must be a node to be differentiated by
        one = graph.constant(np.ones((), of.dtype))
        u: Node = broadcast_to(one, shape=of.shape)
        back = gradient(of, [node for node, _ in along], cotangent=u)
        inner = _inner(back, [tangent for _, tangent in along])
        return gradient(inner, u)


@overload
def hessian_vector_product(of: Node, wrt: Node, vectors: Vectors) -> Node: ...
@overload
def hessian_vector_product(of: Node, wrt: Sequence[Node], vectors: Vectors) -> list[Node]: ...
def hessian_vector_product(of: Node, wrt: Node | Sequence[Node], vectors: Vectors) -> Node | list[Node]:
    """The Hessian of a scalar `of`, times vectors: the gradient of ⟨gradient, vectors⟩.

    Returns nodes shaped as `wrt`: one where one node was given, else a list.  A vector that is an array becomes a
    constant.  Raises GradientError for vectors of another number or shape than the nodes.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, v = g.input("x", (2,)), g.input("v", (2,))
    >>> f = x[0] ** 2 * x[1]
    >>> dp.forward(dp.hessian_vector_product(f, x, v), {"x": [1, 2], "v": [1, 0]}).tolist()
    [4.0, 2.0]
    """
    graph = graph_of(of, "of")
    with graph.undoing():
        along = _pairs(graph, wrt, vectors)
        first = gradient(of, [node for node, _ in along])
        second = gradient(_inner(first, [vector for _, vector in along]), [node for node, _ in along])
    return second[0] if isinstance(wrt, Node | str) else second


def jacobian(of: Node, wrt: Node) -> Node:
    """The matrix of all ∂of[i]/∂wrt[j], of shape `of.shape + wrt.shape`; one vjp for each element of `of`.

    Raises GradientError where the shape of `of` has a dimension that only a feed settles.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x", (2,))
    >>> dp.forward(dp.jacobian(x * x[0], x), {"x": [2, 3]}).tolist()
    [[4.0, 0.0], [3.0, 2.0]]
    """
    graph, _ = graph_of(of, "of"), graph_of(wrt, "wrt")
    graph.resolve(wrt)
    if not of.spec.concrete:
        raise GradientError(
            f"the Jacobian of {of.name!r} has a row for each of its elements, and {show_shape(of.shape)} does not "
            "say how many there are: give its dimensions as numbers"
        )
    with graph.undoing():
        flat = reshape(of, shape=(of.size,))
        rows = [gradient(flat[i], wrt) for i in range(int(of.size))]
        if not rows:
            empty = graph.constant(np.zeros((), wrt.dtype))
            nothing: Node = broadcast_to(empty, shape=(*of.shape, *wrt.shape))
            return nothing
        whole: Node = reshape(stack(rows), shape=(*of.shape, *wrt.shape))
        return whole


def _pairs(graph: Graph, wrt: Node | Sequence[Node], vectors: Any) -> list[tuple[Node, Node]]:
    nodes = graph.resolve_all(wrt)
    if not nodes:
        raise GradientError("wrt names no node: there is nothing that moves")
    listed = isinstance(vectors, list | tuple) and (
        not isinstance(wrt, Node | str) or any(isinstance(v, Node) for v in vectors)
    )
    given = list(vectors) if listed else [vectors]
    if len(nodes) != len(given):
        raise GradientError(f"the number of nodes to differentiate by is {len(nodes)}, that of vectors {len(given)}")
    along = [
        graph.resolve(vector)
        if isinstance(vector, Node)
        else graph.constant(cast(vector, node.dtype, f"the vector for {node.name!r}", error=GradientError))
        for node, vector in zip(nodes, given, strict=True)
    ]
    for node, vector in zip(nodes, along, strict=True):
        if node.shape != vector.shape:
            raise GradientError(
                f"the vector {vector.name!r} has shape {show_shape(vector.shape)}, {node.name!r} "
                f"{show_shape(node.shape)}"
            )
    return list(zip(nodes, along, strict=True))


def _inner(left: Sequence[Node], right: Sequence[Node]) -> Node:
    products: list[Node] = [total(multiply(a, b)) for a, b in zip(left, right, strict=True)]
    result = products[0]
    for product in products[1:]:
        result = add(result, product)
    return result
